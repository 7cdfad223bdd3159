"""The border ledger: sums by hand, conservation, and nothing cut at the limit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assemblier.errors import BadInput
from assemblier.measures.access import Demand, Supply
from assemblier.measures.catchment.two_step import e2sfca
from assemblier.measures.decay import parse_decay
from assemblier.measures.times import TravelTimes
from assemblier.perimeters.flows import flows_between
from assemblier.perimeters.ledger import border_ledger, ledger_sentence, supply_beyond
from assemblier.perimeters.living_areas.partitions import localisation
from assemblier.perimeters.visits import (
    MODELLED,
    OBSERVED,
    Visits,
    modelled_visits,
    observed_visits,
)

PLACES = np.array(list("abcd"), dtype=object)
INSIDE = np.array([True, True, False, False])
ZONE = np.array(["P", "P", "Q", None], dtype=object)
ROWS = [
    ("a", "a", 60.0), ("a", "b", 20.0), ("a", "c", 15.0), ("b", "d", 5.0),
    ("c", "a", 30.0), ("d", "b", 10.0), ("c", "c", 99.0), ("a", "zz", 3.0), ("b", "c", np.nan),
]  # fmt: skip


def observed(rows=ROWS) -> Visits:
    origin, destination, count = zip(*rows, strict=True)
    return observed_visits(
        PLACES,
        np.array(origin, dtype=object),
        np.array(destination, dtype=object),
        np.array(count),
        "consultations",
        "fichier",
    )


def ledger(rows=ROWS):
    return border_ledger(observed(rows), INSIDE, ZONE, grid="g", names={"Q": "Voisine"})


def test_ledger_by_hand():
    found = ledger()
    assert (found.inside, found.outgoing, found.incoming) == (80, 23, 40)
    assert found.localisation == pytest.approx(80 / 103)
    assert found.attraction == pytest.approx(40 / 120)
    assert found.masked == 1
    by_code = {each.code: each for each in found.neighbours}
    assert (by_code["Q"].name, by_code["Q"].outgoing, by_code["Q"].incoming) == ("Voisine", 15, 30)
    # d is in no zone and zz in no country: both are elsewhere
    assert (by_code[None].outgoing, by_code[None].incoming) == (8, 10)


def test_a_file_of_residents_only_claims_no_arrival():
    found = ledger([("a", "a", 60.0), ("a", "c", 15.0), ("a", "d", 5.0), ("a", "b", 4.0)])
    assert found.residents_only
    assert found.incoming is None
    assert found.attraction is None
    assert all(each.incoming is None for each in found.neighbours)
    assert "arrivées" in ledger_sentence(found)


def test_only_observed_flows_speak_of_where_people_go():
    said = ledger_sentence(ledger())
    assert said.startswith("Sur 100 consultations des habitants, 78 restent")
    assert "1 petit flux masqué par le producteur n’est dans aucune somme" in said
    visits = observed()
    modelled = Visits(
        visits.places, visits.origin, visits.destination, visits.count, MODELLED,
        "consultations", "modèle",
    )  # fmt: skip
    told = ledger_sentence(border_ledger(modelled, INSIDE, ZONE, grid="g", names={}))
    assert "théoriques" in told
    assert "ne dit pas où les habitants vont" in told
    for word in ("vivent", "espace de vie", "espace vécu", "se soignent"):
        assert word not in told


def test_supply_beyond_by_hand():
    times = TravelTimes.from_pairs(
        PLACES,
        np.array(["a", "c", "d"], dtype=object),
        rows=[0, 0, 1, 1, 2],
        columns=[0, 1, 1, 2, 2],
        minutes=[0, 10, 12, 20, 5],
        engine="main",
    )
    found = supply_beyond(
        times,
        INSIDE,
        np.array([100.0, 50.0, 7.0, 7.0]),
        np.array([True, False, False]),
        np.array([3.0, 4.0, 2.0]),
        (9, 10, 15, 20),
    )
    assert [each.supply for each in found] == [0, 4, 4, 6]
    assert [each.places for each in found] == [0, 1, 1, 2]
    assert [each.population_share for each in found] == pytest.approx([0, 2 / 3, 1, 1])


def _scattered(seed: int, n: int = 60, side: float = 60.0):
    rng = np.random.default_rng(seed)
    xy = rng.uniform(0, side, (n, 2))
    minutes = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))
    people = rng.integers(0, 5000, n).astype(float)
    need = people * rng.uniform(0.8, 1.3, n)
    capacity = np.where(rng.random(n) < 0.4, rng.integers(1, 9, n) * 4900.0, 0.0)
    return xy, minutes, people, need, capacity


def _run(kept, minutes, people, need, capacity, decay):
    ids = np.array([f"p{i:03d}" for i in range(people.size)], dtype=object)
    supplied = kept & (capacity > 0)
    block = minutes[np.ix_(kept, supplied)]
    rows, columns = np.nonzero(block <= decay.limit)
    times = TravelTimes.from_pairs(
        ids[kept], ids[supplied], rows=rows, columns=columns, minutes=block[rows, columns],
        engine="main",
    )  # fmt: skip
    demand = Demand.of(ids[kept], people[kept], need[kept])
    supply = Supply.of(ids[supplied], capacity[supplied])
    return modelled_visits(demand, supply, times, decay, source="main"), demand, supply, times


@pytest.mark.parametrize("seed", range(5))
def test_modelled_visits_sum_to_supply_and_to_need_times_access(seed):
    decay = parse_decay("steps:10=1,15=2/3,20=1/3")
    _, minutes, people, need, capacity = _scattered(seed)
    everyone = np.ones(people.size, bool)
    visits, demand, supply, times = _run(everyone, minutes, people, need, capacity, decay)
    access = e2sfca(times, Demand.of(demand.ids, demand.standardised), supply, decay)
    assert visits.by_origin() == pytest.approx(need * access.value, rel=1e-12)
    reached = ~np.isin(demand.ids, access.unreached)
    assert visits.by_destination()[reached] == pytest.approx(capacity[reached], rel=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_national_then_sliced_equals_a_ring_of_forty_minutes(seed):
    decay = parse_decay("steps:10=1,15=2/3,20=1/3")
    xy, minutes, people, need, capacity = _scattered(seed, 400, 140.0)
    inside = np.hypot(*(xy - 70).T) < 12
    assert inside.any()
    ring = (minutes[inside] <= 40).any(axis=0)
    assert ring.sum() < people.size
    whole, *_ = _run(np.ones(people.size, bool), minutes, people, need, capacity, decay)
    near, *_ = _run(ring, minutes, people, need, capacity, decay)
    first = border_ledger(whole, inside, np.where(inside, "T", "V"), grid="g", names={})
    other = border_ledger(near, inside[ring], np.where(inside, "T", "V")[ring], grid="g", names={})
    for name in ("inside", "outgoing", "incoming"):
        assert getattr(first, name) == pytest.approx(getattr(other, name), rel=1e-12)
    # a shorter ring would cut: this test can fail
    short = (minutes[inside] <= 20).any(axis=0)
    cut, *_ = _run(short, minutes, people, need, capacity, decay)
    third = border_ledger(cut, inside[short], np.where(inside, "T", "V")[short], grid="g", names={})
    assert third.outgoing != pytest.approx(first.outgoing, rel=1e-6)


def test_supply_that_is_no_place_of_the_demand_is_refused():
    decay = parse_decay("binary:20")
    times = TravelTimes.from_pairs(
        PLACES, np.array(["x"], dtype=object), rows=[0], columns=[0], minutes=[1], engine="m"
    )
    with pytest.raises(BadInput, match="inconnu"):
        modelled_visits(
            Demand.of(PLACES, np.ones(4)), Supply.of(["x"], [1.0]), times, decay, source="m"
        )


flow_rows = st.lists(
    st.tuples(st.sampled_from("abcdef"), st.sampled_from("abcdef"), st.integers(1, 99)),
    min_size=1,
    max_size=40,
)


@given(flow_rows, st.lists(st.integers(0, 3), min_size=6, max_size=6), st.integers(0, 3))
def test_merging_zones_never_lowers_the_localisation_of_the_whole(rows, labels, into):
    origin, destination, flow = zip(*rows, strict=True)
    flows = flows_between(list(origin), list(destination), list(flow), zones=list("abcdef"))
    before = np.array(labels)
    after = np.where(before == before[0], into, before)
    assert localisation(flows, after).whole >= localisation(flows, before).whole - 1e-12


@given(flow_rows, st.permutations(range(6)))
def test_order_of_places_and_rows_changes_no_ledger(rows, order):
    places = np.array(list("abcdef"), dtype=object)
    inside = np.array([1, 1, 1, 0, 0, 0], dtype=bool)
    zone = np.array(list("PPPQQR"), dtype=object)

    def made(at, lines):
        origin, destination, count = (
            np.array(each, dtype=object) for each in zip(*lines, strict=True)
        )
        visits = observed_visits(
            places[at], origin, destination, count.astype(float), "flux", "essai"
        )
        assert visits.kind == OBSERVED
        return border_ledger(visits, inside[at], zone[at], grid="g", names={})

    first, other = made(np.arange(6), rows), made(np.array(order), rows[::-1])
    assert first.inside == pytest.approx(other.inside)
    assert first.outgoing == pytest.approx(other.outgoing)
    assert {n.code: n.outgoing for n in first.neighbours} == pytest.approx(
        {n.code: n.outgoing for n in other.neighbours}
    )
