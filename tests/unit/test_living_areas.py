"""Living areas on cases that are solved by hand, and what is refused."""

from __future__ import annotations

import datetime as dt

import numba
import numpy as np
import pytest

from assemblier.compiled import njit
from assemblier.errors import BadInput
from assemblier.parameters import load_parameters
from assemblier.perimeters.contiguity import (
    Contiguity,
    neighbours_from_contours,
    neighbours_from_points,
)
from assemblier.perimeters.flows import flows_between, mix
from assemblier.perimeters.living_areas.delineation import (
    area_table,
    service_area_rule,
    ttwa_rule,
    zone_table,
)
from assemblier.perimeters.living_areas.flow_draws import poisson
from assemblier.perimeters.living_areas.service_areas import ServiceAreaRule, service_areas
from assemblier.perimeters.living_areas.stability import area_stability
from assemblier.perimeters.living_areas.ttwa import TtwaRule, travel_to_work_areas

# A (100 workers) and B (100) exchange 80; C (100) and D (40) exchange 30; B sends 10 to C.
COMMUTERS = [
    ("A", "A", 80),
    ("A", "B", 20),
    ("B", "B", 30),
    ("B", "A", 60),
    ("B", "C", 10),
    ("C", "C", 90),
    ("C", "D", 10),
    ("D", "D", 20),
    ("D", "C", 20),
]
RULE = TtwaRule(50, 100, 0.6, 0.75)

VISITS = [
    ("a", "a", 10),
    ("a", "b", 2),
    ("b", "a", 6),
    ("b", "b", 4),
    ("c", "d", 5),
    ("c", "c", 3),
    ("c", "a", 1),
    ("d", "d", 8),
    ("e", "a", 5),  # most go to a, which e does not touch
    ("e", "d", 4),
    ("f", "f", 2),  # stays home, but f has 5 people
    ("f", "d", 1),
]
PEOPLE = [100, 50, 40, 100, 30, 5]
TOUCHING = Contiguity(np.array(list("abcdde")), np.array(list("bcdeff")), "dessin")


def flows(rows, **options):
    origin, destination, flow = zip(*rows, strict=True)
    return flows_between(list(origin), list(destination), list(flow), **options)


def test_totals_and_links_of_a_toy():
    found = flows(COMMUTERS)
    assert found.zones.tolist() == ["A", "B", "C", "D"]
    assert found.outflow.tolist() == [100, 100, 100, 40]
    assert found.inflow.tolist() == [140, 50, 120, 30]
    assert found.within.tolist() == [80, 30, 90, 20]
    assert found.neighbour[found.indptr[1] : found.indptr[2]].tolist() == [0, 2]
    assert found.sent[found.indptr[1] : found.indptr[2]].tolist() == [60, 10]
    assert found.received[found.indptr[1] : found.indptr[2]].tolist() == [20, 0]
    assert found.pairs == len(COMMUTERS)


def test_ttwa_toy_solved_by_hand():
    areas = travel_to_work_areas(flows(COMMUTERS), RULE)
    # Scores: A .571/.75, B .3/.75 = .4 (worst), C 1, D .76 × .5/.75 = .5067.
    # B joins A: 60²/(100·140) + 20²/(100·50) = .33714, against 10²/(100·120) with C.
    # D joins C: 20²/(40·120) + 10²/(100·30) = .11667.
    assert areas.label.tolist() == [0, 0, 1, 1]
    assert areas.names.tolist() == ["A", "C"]
    assert areas.size.tolist() == [200, 140]
    assert areas.jobs.tolist() == [190, 150]
    assert areas.inside.tolist() == [190, 140]
    assert areas.supply_containment.tolist() == [0.95, 1.0]
    assert areas.demand_containment.tolist() == pytest.approx([1.0, 140 / 150])
    assert areas.steps == 2
    assert areas.log is not None
    assert areas.log.zone.tolist() == [1, 3]
    assert areas.log.left.tolist() == [1, 3]
    assert areas.log.joined.tolist() == [0, 2]
    assert areas.log.cohesion == pytest.approx(
        [3600 / 14000 + 400 / 5000, 400 / 4800 + 100 / 3000], rel=1e-14
    )
    assert areas.log.score == pytest.approx([0.4, 0.76 * 0.5 / 0.75], rel=1e-14)
    assert areas.reserve.size == 0
    assert area_table(areas)["area"].tolist() == ["A", "C"]
    assert zone_table(areas)["area"].tolist() == ["A", "A", "C", "C"]


def test_size_and_containment_are_traded():
    # Containment .7: enough for 100 workers, not for 50 (which need .75).
    large = [("A", "A", 70), ("A", "B", 30), ("B", "A", 30), ("B", "B", 70)]
    small = [(i, j, flow / 2) for i, j, flow in large]
    assert travel_to_work_areas(flows(large), RULE).count == 2
    assert travel_to_work_areas(flows(small), RULE).count == 1
    # Exactly on both bounds: .75 with the least size, .6 with the target size.
    least = [("A", "A", 37.5), ("A", "B", 12.5), ("B", "A", 12.5), ("B", "B", 37.5)]
    target = [("A", "A", 60), ("A", "B", 40), ("B", "A", 40), ("B", "B", 60)]
    assert travel_to_work_areas(flows(least), RULE).count == 2
    assert travel_to_work_areas(flows(target), RULE).count == 2


@pytest.mark.parametrize("size", [100, 100.0001])
def test_size_alone_refuses_when_containment_is_not_traded(size):
    rule = TtwaRule(100.00005, 200, 0.5, 0.5)
    both = flows([("A", "A", size - 1), ("A", "B", 1), ("B", "B", 400)])
    assert travel_to_work_areas(both, rule).count == (1 if size == 100 else 2)


def test_zones_without_links_wait_in_the_reserve():
    rows = [*COMMUTERS, ("E", "E", 10), ("F", "E", 5)]
    areas = travel_to_work_areas(flows(rows, zones=list("ABCDEFG")), RULE)
    assert areas.label.tolist() == [0, 0, 1, 1, -1, -1, -1]
    assert areas.reserve.tolist() == [4, 5, 6]
    assert zone_table(areas)["area"].isna().tolist() == [False] * 4 + [True] * 3


def test_a_reserve_finds_its_area_once_a_link_has_one():
    # E lives off F alone, F is dissolved first: E waits, then follows F.
    rows = [*COMMUTERS, ("E", "F", 4), ("F", "A", 3), ("F", "E", 1)]
    areas = travel_to_work_areas(flows(rows), RULE)
    assert areas.label.tolist() == [0, 0, 1, 1, 0, 0]


def test_no_area_can_reach_the_rule():
    areas = travel_to_work_areas(flows([("A", "A", 3), ("A", "B", 1)]), RULE)
    assert areas.count == 0
    assert areas.label.tolist() == [-1, -1]
    assert area_table(areas).empty


def test_flows_to_elsewhere_count_against_containment():
    rows = [("A", "A", 60), ("A", "X", 140), ("X", "A", 5), ("X", "Y", 9)]
    kept = flows(rows, zones=["A"])
    assert kept.outflow.tolist() == [200]
    assert kept.inflow.tolist() == [65]
    assert kept.left_out == 9
    assert travel_to_work_areas(kept, RULE).count == 0
    assert (
        travel_to_work_areas(flows(rows[:1], zones=["A"]), TtwaRule(50, 60, 0.6, 0.75)).count == 1
    )


def test_inputs_are_not_changed():
    given = flows(COMMUTERS)
    before = [getattr(given, name).copy() for name in ("sent", "within", "outflow", "inflow")]
    travel_to_work_areas(given, RULE)
    after = [getattr(given, name) for name in ("sent", "within", "outflow", "inflow")]
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))


def test_unusable_flows_are_all_named_at_once():
    with pytest.raises(BadInput) as refused:
        flows_between(["A", "B", None], ["A", "B", "C"], [1, -1, np.nan])
    assert len(refused.value.problems) == 3
    with pytest.raises(BadInput, match="longueur"):
        flows_between(["A"], ["A", "B"], [1])
    with pytest.raises(BadInput, match="deux fois"):
        flows_between(["A"], ["A"], [1], zones=["A", "A"])
    with pytest.raises(BadInput) as refused:
        TtwaRule(10, 5, 0.9, 0.8)
    assert len(refused.value.problems) == 2
    with pytest.raises(BadInput):
        ServiceAreaRule(-1, 2)


def test_service_areas_toy_solved_by_hand():
    found = service_areas(flows(VISITS), PEOPLE, ServiceAreaRule(20, 0.3), contiguity=TOUCHING)
    # {a, b} and {c, d}; e prefers a but touches d only; f (5 people) merges into d.
    assert found.plurality.tolist() == [0, 0, 3, 3, 0, 5]
    assert found.attached.tolist() == [4]
    assert found.label.tolist() == [1, 1, 0, 0, 0, 0]
    assert found.names.tolist() == ["d", "a"]
    assert found.population.tolist() == [175, 150]
    assert found.localisation == pytest.approx([23 / 29, 1.0])
    assert found.log.left.tolist() == [5]
    assert found.log.joined.tolist() == [3]
    assert found.log.visits.tolist() == [1]
    assert found.log.score == pytest.approx([5 / 20])
    assert found.meets_rule.all()
    assert area_table(found)["zones"].tolist() == [4, 2]


def test_service_areas_without_contiguity_follow_plurality():
    found = service_areas(flows(VISITS), PEOPLE, ServiceAreaRule(0, 0))
    assert found.label.tolist() == [0, 0, 1, 1, 0, 2]
    assert found.contiguity is None


def test_service_areas_that_cannot_be_helped_are_flagged():
    rows = [*VISITS, ("g", "a", 3)]
    found = service_areas(
        flows(rows, zones=list("abcdefgh")),
        [*PEOPLE, 9, 9],
        ServiceAreaRule(20, 0.3),
        contiguity=TOUCHING,
    )
    # g and h touch nobody: each alone, neither reaches 20 people.
    assert found.meets_rule.tolist() == [True, True, False, False]
    assert np.isnan(found.localisation[found.label[7]])
    alone = service_areas(
        flows(rows, zones=list("abcdefgh")), [*PEOPLE, 9, 9], ServiceAreaRule(0, 0)
    )
    assert alone.reserve.tolist() == [7]


def test_a_ring_of_preferences_is_one_area():
    ring = flows([("a", "b", 5), ("b", "c", 5), ("c", "a", 6), ("d", "a", 1)])
    found = service_areas(ring, [1, 1, 1, 1], ServiceAreaRule(0, 0))
    assert found.label.tolist() == [0, 0, 0, 0]
    assert found.names.tolist() == ["a"]


def test_service_areas_refuse_a_missing_population():
    with pytest.raises(BadInput, match="zone b"):
        service_areas(flows(VISITS), [1, np.nan, 1, 1, 1, 1], ServiceAreaRule(0, 0))
    with pytest.raises(BadInput, match="longueur"):
        service_areas(flows(VISITS), [1], ServiceAreaRule(0, 0))


def test_neighbours_of_a_grid_of_points_and_of_squares():
    from shapely import box

    x, y = (axis.ravel() for axis in np.meshgrid(np.arange(3), np.arange(3)))
    codes = np.array([f"{i}{j}" for i, j in zip(x, y, strict=True)])
    near = neighbours_from_points(codes, x, y, count=2)
    pairs = set(zip(near.first.tolist(), near.second.tolist(), strict=True))
    # The centre has four points at the distance of the second: all four are kept.
    assert {b for a, b in pairs if a == "11"} >= {"01", "21", "10", "12"}
    squares = neighbours_from_contours(
        codes, [box(i, j, i + 1, j + 1) for i, j in zip(x, y, strict=True)]
    )
    indptr, _ = squares.rows(np.sort(codes))
    assert np.diff(indptr).tolist() == [3, 5, 3, 5, 8, 5, 3, 5, 3]
    with pytest.raises(BadInput, match="sans position"):
        neighbours_from_points(["a", "b"], [0, np.nan], [0, 0], count=1)


@njit
def _many(mean, count, seed):
    drawn = np.empty(count)
    for i in range(count):
        drawn[i] = poisson(mean, np.exp(-mean), mix(seed + np.uint64(i)))
    return drawn


@pytest.mark.parametrize("mean", [0.3, 4.0, 11.9, 12.1, 60.0, 5_000.0])
def test_poisson_numbers_follow_their_law(mean):
    from scipy import stats

    drawn = _many(mean, 100_000, np.uint64(11))
    cuts = np.unique(stats.poisson.ppf(np.linspace(0.02, 0.98, 40), mean))
    expected = np.diff(np.concatenate([[0], stats.poisson.cdf(cuts, mean), [1]])) * drawn.size
    seen = np.bincount(np.searchsorted(cuts, drawn), minlength=cuts.size + 1)
    assert stats.chisquare(seen, expected).pvalue > 1e-3


def test_stability_of_firm_and_of_fragile_areas():
    firm = flows([(i, j, flow * 1_000) for i, j, flow in COMMUTERS])
    rule = TtwaRule(50_000, 100_000, 0.6, 0.75)
    found = area_stability(firm, travel_to_work_areas(firm, rule), draws=20, seed=3)
    assert found.with_core.tolist() == [1, 1, 1, 1]
    assert found.together.tolist() == [1, 1, 1, 1]
    assert found.area_together.tolist() == [1, 1]
    assert found.counts.tolist() == [2] * 20
    # X hangs between two like towns: half the draws send it to the other.
    torn = flows([("A", "A", 800), ("B", "B", 800), ("X", "A", 21), ("X", "B", 20)])
    areas = travel_to_work_areas(torn, RULE)
    found = area_stability(torn, areas, draws=400, seed=3)
    assert 0.35 < found.with_core[2] < 0.75
    assert found.with_core[:2].tolist() == [1, 1]
    assert found.together[2] < 1
    coarse = area_stability(firm, travel_to_work_areas(firm, rule), draws=50, record_weight=40_000)
    assert coarse.counts.std() > 0


def test_stability_is_the_same_on_one_core_and_for_one_seed():
    torn = flows([("A", "A", 800), ("B", "B", 800), ("X", "A", 21), ("X", "B", 20), ("Y", "X", 3)])
    areas = travel_to_work_areas(torn, RULE)
    found = area_stability(torn, areas, draws=60, seed=8)
    cores = numba.get_num_threads()
    numba.set_num_threads(1)
    try:
        again = area_stability(torn, areas, draws=60, seed=8)
    finally:
        numba.set_num_threads(cores)
    assert np.array_equal(found.with_core, again.with_core)
    assert np.array_equal(found.together, again.together)
    other = area_stability(torn, areas, draws=60, seed=9)
    assert not np.array_equal(found.with_core, other.with_core)


def test_stability_is_null_in_the_reserve_and_refuses_other_flows():
    given = flows([*COMMUTERS, ("E", "E", 10)])
    areas = travel_to_work_areas(given, RULE)
    found = area_stability(given, areas, draws=5)
    assert np.isnan(found.with_core).tolist() == [False] * 4 + [True]
    table = zone_table(areas, found)
    assert table["with_core"].isna().tolist() == [False] * 4 + [True]
    with pytest.raises(BadInput, match="mêmes zones"):
        area_stability(flows(COMMUTERS), areas)
    with pytest.raises(BadInput) as refused:
        area_stability(given, areas, draws=0, record_weight=0)
    assert len(refused.value.problems) == 2
    with pytest.raises(BadInput, match="mêmes zones"):
        zone_table(travel_to_work_areas(flows(COMMUTERS), RULE), found)


def test_stability_of_service_areas_of_a_firm_and_of_a_fragile_zone():
    # X sends as many visits to A as to B: half the draws put it with the other
    given = flows([("A", "A", 900), ("B", "B", 900), ("X", "A", 31), ("X", "B", 30)])
    people = np.array([500.0, 400.0, 40.0])
    areas = service_areas(given, people, ServiceAreaRule(100, 0.1))
    assert areas.count == 2
    found = area_stability(given, areas, draws=300, seed=5, people=people)
    assert found.with_core[:2].tolist() == [1, 1]
    assert 0.35 < found.with_core[2] < 0.7
    assert found.counts.tolist() == [2] * 300
    assert 0.9 < found.area_together.min() < 1
    with pytest.raises(BadInput, match="habitants"):
        area_stability(given, areas, draws=2)


def test_dated_thresholds():
    parameters = load_parameters()
    day = dt.date(2024, 1, 1)
    assert ttwa_rule(parameters, day) == TtwaRule(3_500, 25_000, 0.667, 0.75)
    assert service_area_rule(parameters, day) == ServiceAreaRule(1_000, 0.3)
