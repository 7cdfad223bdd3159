"""Each measure on a case solved by hand, and the rules that all share.

d0 (100 people) ── 5 min ── s0 (2)        w = 1
d0              ── 15 min ─ s1 (1)        w = ½
d1 (50 people)  ── 8 min ── s1            w = 1
d2 (10 people)  reaches nothing; nobody reaches s2 (4)
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from assemblier.errors import BadInput
from assemblier.measures.access import Demand, Supply
from assemblier.measures.decay import parse_decay
from assemblier.measures.registry import MEASURES, measure
from assemblier.measures.tables_access import access_from_frames, access_from_tables
from assemblier.measures.times import TravelTimes

OD = pd.DataFrame(
    {
        "origin": ["d1", "d0", "d0", "d2"],
        "destination": ["s1", "s1", "s0", "s0"],
        "minutes": [8, 15, 5, 55],
    }
)
DEMAND = pd.DataFrame({"id": ["d0", "d1", "d2"], "population": [100, 50, 10]})
SUPPLY = pd.DataFrame({"id": ["s0", "s1", "s2"], "capacity": [2, 1, 4]})
STEPS = "steps:10=1,20=1/2"
FLOATING = [name for name, each in MEASURES.items() if each.pair_weights is not None]


def decay_of(name):
    return {"2sfca": "binary:20", "gaussian": "gaussian:30", "kd2sfca": "epanechnikov:30"}.get(
        name, STEPS
    )


@pytest.mark.parametrize(
    ("name", "decay", "expected"),
    [
        ("2sfca", "binary:20", [2 / 100 + 1 / 150, 1 / 150]),
        ("e2sfca", STEPS, [0.025, 0.01]),
        ("apl", STEPS, [0.025, 0.01]),
        ("m2sfca", STEPS, [0.0225, 0.01]),
        ("3sfca", STEPS, [0.0225, 0.015]),
        ("mh3sfca", STEPS, [0.02 + 1 / 700, 1 / 70]),
        ("bfca", STEPS, [0.034, 0.008]),
        ("availability", STEPS, [2.5, 0.5]),
        ("cumulative", STEPS, [2.5, 1.0]),
        ("cumulative", "binary:10", [2.0, 1.0]),
    ],
)
def test_solved_by_hand(name, decay, expected):
    found = access_from_tables(name, OD, DEMAND, SUPPLY, decay)
    assert found.columns.tolist() == ["id", "value", "status"]
    assert found.id.tolist() == ["d0", "d1", "d2"]
    assert np.allclose(found.value, [*expected, 0.0], rtol=1e-14)
    assert found.status.tolist() == ["ok", "ok", "unreachable"]


@pytest.mark.parametrize(
    ("name", "decay"), [("gaussian", "gaussian:30"), ("kd2sfca", "epanechnikov:30")]
)
def test_smooth_two_steps_by_hand(name, decay):
    w = parse_decay(decay).weights([5, 15, 8])
    ratio = [2 / (100 * w[0]), 1 / (100 * w[1] + 50 * w[2])]
    expected = [ratio[0] * w[0] + ratio[1] * w[1], ratio[1] * w[2], 0.0]
    assert np.allclose(access_from_tables(name, OD, DEMAND, SUPPLY, decay).value, expected)


def test_apl_counts_the_standardised_population_and_others_say_what_they_count():
    demand = DEMAND.assign(standardised=[120.0, 30.0, 10.0])
    found = access_from_frames("apl", OD, demand, SUPPLY, STEPS)
    assert found.population == "standardised"
    assert np.allclose(found.value, [1 / 60 + 1 / 180, 1 / 90, 0])
    assert access_from_frames("apl", OD, DEMAND, SUPPLY, STEPS).population == "population"
    other = access_from_frames("e2sfca", OD, demand, SUPPLY, STEPS)
    assert other.population == "population"
    assert np.allclose(other.value, [0.025, 0.01, 0])


@pytest.mark.parametrize("name", FLOATING)
def test_supply_nobody_reaches_is_reported_not_lost(name):
    found = access_from_frames(name, OD, DEMAND, SUPPLY, decay_of(name))
    assert found.unreached.tolist() == ["s2"]
    assert (found.supply_total, found.supply_reached) == (7, 3)
    assert any("aucune demande" in caveat for caveat in found.caveats)
    assert parse_decay(found.asked) == parse_decay(decay_of(name))
    assert found.engine == "tableau fourni"


def test_a_site_only_people_without_number_reach_counts_as_unreached():
    found = access_from_frames(
        "e2sfca", OD, DEMAND.assign(population=[100, 0, 10]), SUPPLY, "binary:10"
    )
    assert found.value.tolist() == [0.02, 0.0, 0.0]
    assert found.unreached.tolist() == ["s1", "s2"]
    assert found.status.tolist() == ["ok", "ok", "unreachable"]


@pytest.mark.parametrize("name", list(MEASURES))
def test_inputs_are_not_changed_and_the_order_of_rows_does_not_matter(name):
    options = {"n": 1} if name == "nth-nearest" else {"tau": 60.0} if name == "raam" else {}
    decay = decay_of(name) if "decay" in MEASURES[name].parameters else None
    tables = [OD.copy(deep=True), DEMAND.copy(deep=True), SUPPLY.copy(deep=True)]
    found = access_from_tables(name, *tables, decay, **options)
    for table, before in zip(tables, (OD, DEMAND, SUPPLY), strict=True):
        pd.testing.assert_frame_equal(table, before)
    mixed = access_from_tables(
        name, OD.iloc[::-1], DEMAND.iloc[::-1], SUPPLY.iloc[[1, 2, 0]], decay, **options
    )
    assert mixed.id.tolist() == ["d2", "d1", "d0"]
    assert np.allclose(
        mixed.value.iloc[::-1], found.value, rtol=1e-5 if name == "raam" else 1e-13, equal_nan=True
    )
    assert mixed.status.tolist()[::-1] == found.status.tolist()


def test_all_that_is_wrong_is_listed_at_once():
    demand = pd.DataFrame({"id": ["a", "a", None], "population": [1, -2, None]})
    supply = pd.DataFrame({"id": ["s", "s"], "capacity": [np.nan, -1]})
    with pytest.raises(BadInput) as caught:
        access_from_tables("e2sfca", OD, demand, supply, "steps:10=7", tau=3)
    said = str(caught.value)
    assert len(caught.value.problems) == 14  # 9, and the 5 places of the pairs without a table
    for word in ("tau", "steps:10=7", "deux fois", "manque", "capacity", "population"):
        assert word in said


def test_unknown_identifiers_are_listed():
    with pytest.raises(BadInput) as caught:
        access_from_tables("e2sfca", OD, DEMAND.iloc[:1], SUPPLY.iloc[:1], STEPS)
    assert {problem.value for problem in caught.value.problems} == {"d1", "d2", "s1"}


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("apl", {}), ("2sfca", {"decay": "gaussian:30"}), ("gaussian", {"decay": "binary:30"}),
        ("kd2sfca", {"decay": "binary:30"}), ("raam", {}), ("nth-nearest", {}),
        ("nth-nearest", {"n": 0}), ("raam", {"tau": -1.0}), ("nearest", {"n": 2}), ("walk", {}),
    ],
)  # fmt: skip
def test_wrong_arguments_are_refused(name, options):
    with pytest.raises(BadInput):
        access_from_tables(name, OD, DEMAND, SUPPLY, **options)


def test_the_registry_tells_what_each_measure_is():
    assert set(MEASURES) == {
        "apl", "2sfca", "e2sfca", "gaussian", "kd2sfca", "m2sfca", "3sfca", "mh3sfca", "bfca",
        "availability", "cumulative", "nearest", "nth-nearest", "raam",
    }  # fmt: skip
    for name, each in MEASURES.items():
        assert each.id == name
        assert each.label_fr
        assert each.label_en
        assert each.formula
        assert each.reference
    with pytest.raises(BadInput, match="e2sfca"):
        measure("nothing")


def test_a_catchment_wider_than_the_search_is_said():
    times = TravelTimes.from_table(OD[OD.minutes < 30], limit=900, engine="réseau")
    people, offer = Demand.from_table(DEMAND), Supply.from_table(SUPPLY)
    found = MEASURES["e2sfca"].compute(times, people, offer, parse_decay("steps:10=1,20=1/2"))
    assert any("15 minutes" in caveat for caveat in found.caveats)
    assert (
        not MEASURES["e2sfca"].compute(times, people, offer, parse_decay("binary:10")).caveats[1:]
    )


def test_asymmetric_times_are_right():
    there = pd.DataFrame({"origin": ["a", "b"], "destination": ["b", "a"], "minutes": [5, 25]})
    demand = pd.DataFrame({"id": ["a", "b"], "population": [10, 20]})
    supply = pd.DataFrame({"id": ["a", "b"], "capacity": [3, 1]})
    found = access_from_tables("e2sfca", there, demand, supply, "binary:10")
    assert found.value.tolist() == [0.1, 0.0]
    assert found.status.tolist() == ["ok", "unreachable"]
