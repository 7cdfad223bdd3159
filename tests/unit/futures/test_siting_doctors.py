"""Doctors where the shortfall falls most: every placement tried, bounds recomputed apart."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assemblier.errors import BadInput
from assemblier.futures.siting import doctors
from assemblier.futures.siting.doctors import place_doctors, raise_worst_served, reduce_people_under
from assemblier.futures.siting.meetable import refuse_unmeetable
from assemblier.futures.siting.shortfall import Bands, Shortfall, shortfall_problem
from assemblier.futures.siting.shortfall_bound import shortfall_bound
from assemblier.futures.siting.wishes import Wishes
from assemblier.measures.access import Demand, Supply
from assemblier.measures.catchment.apl import apl
from assemblier.measures.decay import parse_decay
from assemblier.measures.times import TravelTimes

DECAY = "steps:10=1,15=2/3,20=1/3"
BANDS = Bands.under(2.5, ["1", "2/3", "1/3"], [1, 2, 4])


def country(n: int, m: int, seed: int, size: float = 30.0) -> tuple[Shortfall, TravelTimes]:
    draw = np.random.default_rng(seed)
    here = draw.random((n, 2)) * size
    there = here[draw.permutation(n)[:m]]
    minutes = 2 + np.hypot(*(here[:, None] - there[None]).transpose(2, 0, 1))
    row, column = np.nonzero(minutes <= 20)
    times = TravelTimes.from_pairs(
        np.arange(n),
        np.arange(m),
        rows=row,
        columns=column,
        minutes=minutes[row, column],
        engine="à vol d’oiseau",
    )
    people = np.rint(draw.lognormal(7, 1, n))
    access = draw.uniform(0, 3.2, n)
    return shortfall_problem(
        times, DECAY, standardised=people, access=access, capacity=5400.0, bands=BANDS
    ), times


def every_placement(m: int, units: int):
    for chosen in itertools.combinations_with_replacement(range(m), units):
        yield np.bincount(chosen, minlength=m)


def counts_of(found, m: int) -> np.ndarray:
    counts = np.zeros(m, dtype=np.int64)
    counts[found.sites] = found.counts
    return counts


@given(st.integers(0, 10_000), st.integers(5, 20), st.integers(2, 5), st.integers(1, 4))
def test_equal_to_every_placement_tried(seed, n, m, units):
    problem, _ = country(n, m, seed)
    found = place_doctors(problem, Wishes.of(units, m))
    best = min(problem.value(counts) for counts in every_placement(m, units))
    assert found.proved
    assert found.value == pytest.approx(best, rel=1e-7, abs=1e-6)
    assert found.counts.sum() == units
    assert found.relaxation_bound <= best + 1e-6 * max(1.0, best)


@given(st.integers(0, 10_000), st.integers(2, 5), st.data())
def test_wishes_are_kept_and_the_best_of_those_that_keep_them(seed, m, data):
    problem, _ = country(15, m, seed)
    units = data.draw(st.integers(2, 4))
    draw = np.random.default_rng(seed)
    given_wishes = {
        "at_most": data.draw(st.integers(2, 4)),
        "team": data.draw(st.integers(1, 2)),
        "most_sites": data.draw(st.none() | st.integers(1, m)),
        "forbidden": [data.draw(st.integers(0, m - 1))] if data.draw(st.booleans()) else None,
        "budget": data.draw(st.none() | st.floats(3, 12)),
        "unit_cost": draw.uniform(0.5, 2, m),
        "opening_cost": draw.uniform(0, 2, m),
    }
    try:
        wishes = Wishes.of(units, m, **given_wishes)
        refuse_unmeetable(wishes)
    except BadInput as error:
        said = str(error)
        most = np.full(m, given_wishes["at_most"])
        if given_wishes["forbidden"]:
            most[given_wishes["forbidden"]] = 0
        loose = Wishes(
            units, np.zeros(m, np.int64), np.minimum(most, units), given_wishes["team"],
            given_wishes["most_sites"], given_wishes["budget"], given_wishes["unit_cost"],
            given_wishes["opening_cost"],
        )  # fmt: skip
        assert "bloque" in said or "plus de médecins" in said
        assert all(loose.broken(counts) for counts in every_placement(m, units))
        return
    found = place_doctors(problem, wishes)
    counts = counts_of(found, m)
    assert wishes.broken(counts) == []
    allowed = [c for c in every_placement(m, units) if not wishes.broken(c)]
    assert found.value == pytest.approx(min(map(problem.value, allowed)), rel=1e-6, abs=1e-5)
    assert found.bound <= found.value


def test_doctors_already_decided_stay():
    problem, _ = country(20, 6, 3)
    found = place_doctors(problem, Wishes.of(4, 6, at_least=[0, 2, 0, 0, 1, 0]))
    counts = counts_of(found, 6)
    assert counts[1] >= 2
    assert counts[4] >= 1
    best = min(problem.value(c) for c in every_placement(6, 4) if c[1] >= 2 and c[4] >= 1)
    assert found.value == pytest.approx(best)


def test_access_of_the_model_is_the_apl_with_the_doctors_in_it():
    draw = np.random.default_rng(8)
    _, times = country(40, 12, 8)
    people = np.rint(draw.lognormal(7, 1, 40))
    demand = Demand.of(np.arange(40), people, people * draw.uniform(0.9, 1.2, 40))
    before = Supply.of(np.arange(12), draw.integers(0, 4, 12) * 5400.0)
    decay = parse_decay(DECAY)
    problem = shortfall_problem(
        times,
        DECAY,
        standardised=demand.standardised,
        access=apl(times, demand, before, decay).value,
        capacity=5400.0,
        bands=BANDS,
    )
    found = place_doctors(problem, Wishes.of(5, 12))
    counts = counts_of(found, 12)
    after = Supply.of(np.arange(12), before.capacity + 5400.0 * counts)
    np.testing.assert_allclose(
        problem.access_with(counts), apl(times, demand, after, decay).value, rtol=1e-12
    )


def test_bound_is_recomputed_doctor_by_doctor():
    problem, _ = country(300, 80, 2, size=90.0)
    wishes = Wishes.of(15, 80)
    found = place_doctors(problem, wishes)
    y = found.multipliers
    need = np.maximum(0, BANDS.thresholds - problem.access[:, None])
    full = problem.people[:, None] * BANDS.increments
    assert ((y >= -1e-9) & (y <= full * (1 + 1e-9))).all()
    worth = []
    for j in range(80):
        pairs = slice(problem.starts[j], problem.starts[j + 1])
        rows, gain = problem.rows[pairs], problem.gain[pairs][:, None]
        for t in range(15):
            worth.append((y[rows] * np.clip(need[rows] - t * gain, 0, gain)).sum())
    reduction = ((full - y) * need).sum() + np.sort(worth)[-15:].sum()
    assert problem.value() - reduction == pytest.approx(found.relaxation_bound)
    assert found.proved
    assert found.relaxation_bound <= found.value * (1 + 1e-9)
    assert found.value - found.relaxation_bound < 0.05 * found.gain


@given(st.integers(0, 10_000))
def test_any_multipliers_give_a_floor(seed):
    problem, _ = country(12, 4, seed)
    draw = np.random.default_rng(seed)
    y = draw.random((12, 3)) * problem.people[:, None] * BANDS.increments
    best = min(problem.value(counts) for counts in every_placement(4, 3))
    floor = shortfall_bound(problem, 3, np.full(4, 3), y)
    assert floor <= best + 1e-6 * max(1.0, best)


def test_large_programmes_are_bounded_by_the_primal_dual_method(monkeypatch):
    problem, _ = country(300, 80, 2, size=90.0)
    exact = place_doctors(problem, Wishes.of(15, 80))
    monkeypatch.setattr(doctors, "_LARGEST_RELAXATION", 0)
    monkeypatch.setattr(doctors, "_LARGEST_PROGRAMME", 0)
    found = place_doctors(problem, Wishes.of(15, 80), seconds=3.0)
    assert found.bound <= exact.value * (1 + 1e-9) <= found.value * (1 + 2e-9)
    assert found.gap_of_gain < 0.05


def test_value_does_not_depend_on_the_order_of_sites():
    problem, _ = country(60, 15, 6, size=50.0)
    order = np.random.default_rng(1).permutation(15)
    lengths = np.diff(problem.starts)[order]
    pairs = np.concatenate([np.arange(problem.starts[j], problem.starts[j + 1]) for j in order])
    shuffled = Shortfall(
        np.concatenate(([0], np.cumsum(lengths))),
        problem.rows[pairs],
        problem.gain[pairs],
        problem.access,
        problem.people,
        problem.bands,
        problem.pressure[order],
    )
    one = place_doctors(problem, Wishes.of(6, 15))
    other = place_doctors(shuffled, Wishes.of(6, 15))
    assert other.value == pytest.approx(one.value)


def test_marginal_and_alternatives():
    problem, _ = country(60, 15, 6, size=50.0)
    found = place_doctors(problem, Wishes.of(4, 15), margin=0.2)
    counts = counts_of(found, 15)
    more = min(problem.value(counts + (np.arange(15) == j)) for j in range(15))
    assert found.marginal == pytest.approx(found.value - more)
    assert found.alternatives
    for other in found.alternatives:
        moved = counts.copy()
        moved[other.leaves] -= 1
        moved[other.enters] += 1
        assert other.value == pytest.approx(problem.value(moved))
        assert other.share <= 0.2 + 1e-9
    names = [f"commune {j}" for j in range(15)]
    assert "du gain" in found.alternatives[-1].sentence(names)


def test_a_team_goes_elsewhere_whole():
    """Where a team may not be split, the others places are still weighed: the whole team goes."""
    problem, _ = country(60, 15, 6, size=50.0)
    found = place_doctors(problem, Wishes.of(3, 15, team=3, most_sites=1), margin=1.0)
    (site,) = found.sites
    assert {other.moved for other in found.alternatives} == {3}
    told = {other.enters: other.value for other in found.alternatives}
    for j in range(15):
        value = problem.value(3 * (np.arange(15) == j))
        if j != site and value < problem.value():
            assert told[j] == pytest.approx(value)


def test_the_next_doctor_obeys_the_wishes():
    problem, _ = country(60, 6, 6, size=50.0)
    lone = place_doctors(problem, Wishes.of(4, 6, team=2, most_sites=1))
    counts = counts_of(lone, 6)
    (site,) = lone.sites
    after = problem.value(counts + (np.arange(6) == site))
    assert lone.marginal == pytest.approx(lone.value - after)
    full = place_doctors(problem, Wishes.of(4, 6, team=2, most_sites=1, at_most=4))
    # four at most was asked as a number of its own or only stems from four doctors: the same here
    assert full.marginal == pytest.approx(lone.marginal)


@given(st.integers(0, 10_000), st.integers(2, 5), st.integers(1, 3))
def test_worst_served_is_raised_most(seed, m, units):
    problem, _ = country(12, m, seed)
    found = raise_worst_served(problem, Wishes.of(units, m))
    helped = np.isin(np.arange(12), problem.rows)
    best = max(problem.access_with(c)[helped].min() for c in every_placement(m, units))
    assert found.proved
    assert found.value == pytest.approx(best, rel=1e-5, abs=1e-6)
    assert found.out_of_reach == int((~helped).sum())


@given(st.integers(0, 10_000), st.integers(2, 5), st.integers(1, 3))
def test_fewest_people_stay_under_the_threshold(seed, m, units):
    problem, _ = country(12, m, seed)
    people = np.random.default_rng(seed).integers(100, 5000, 12).astype(float)
    found = reduce_people_under(problem, Wishes.of(units, m), people=people, threshold=2.5)
    best = min(
        people[problem.access_with(c) < 2.5 * (1 - 1e-6)].sum() for c in every_placement(m, units)
    )
    assert found.value == pytest.approx(best)


@pytest.mark.parametrize(
    ("wishes", "said"),
    [
        ({"at_most": 1, "forbidden": [0]}, "maximums par site et les sites interdits bloquent"),
        ({"at_least": [3, 2, 0]}, "sites imposés en demandent davantage"),
        ({"at_least": [3, 0, 0], "at_most": 2}, "plus de médecins qu’il n’en peut accueillir"),
        ({"at_most": 2, "most_sites": 1}, "au moins 2 sites"),
        ({"budget": 3.0, "unit_cost": 2.0}, "le budget bloque.*au moins 8"),
        ({"team": 3, "at_most": 3}, "l’équipe minimale bloque"),
        ({"team": 3, "at_most": 2}, "l’équipe minimale passe le maximum par site"),
        ({"budget": 3.0}, "budget est donné sans coût"),
    ],
)
def test_wishes_that_cannot_be_met_say_what_binds(wishes, said):
    with pytest.raises(BadInput, match=said):
        refuse_unmeetable(Wishes.of(4, 3, **wishes))


def test_bad_arrays_are_all_said_at_once():
    _, times = country(5, 3, 0)
    with pytest.raises(BadInput) as error:
        shortfall_problem(
            times, DECAY, standardised=[1, 2], access=np.full(5, np.nan), capacity=0, bands=BANDS
        )
    assert len(error.value.problems) == 3
