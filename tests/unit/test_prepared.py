"""A prepared matrix: by hand, in any order of sites, and what it refuses."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from assemblier.errors import BadInput
from assemblier.measures.access import Demand, Supply
from assemblier.measures.prepared import prepare
from assemblier.measures.times import TravelTimes

TIMES = TravelTimes.from_pairs(
    np.array(["a", "b", "c"], dtype=object),
    np.array(["s", "t", "u"], dtype=object),
    rows=[0, 0, 1],
    columns=[0, 1, 1],
    minutes=[5, 15, 8],
    engine="test",
)
DEMAND = Demand.of(TIMES.origins, [100, 50, 10])
SUPPLY = Supply.of(TIMES.destinations, [2, 1, 4])
STEPS = "steps:10=1,20=1/2"


def test_by_hand_and_by_parts():
    ready = prepare("apl", TIMES, DEMAND, SUPPLY, STEPS)
    assert np.allclose(ready.with_capacity().value, [0.025, 0.01, 0])
    moved = ready.with_capacity(Supply.of(["t", "s", "u"], [3, 0, 4]))
    assert np.allclose(moved.value, [0.015, 0.03, 0])
    assert moved.status.tolist() == ["ok", "ok", "unreachable"]
    assert moved.unreached.tolist() == ["u"]
    assert np.allclose(ready.change({"s": -2, "t": +2}), moved.value - [0.025, 0.01, 0])
    assert np.allclose(ready.change(pd.Series({"t": 1.0})), [0.005, 0.01, 0])
    assert ready.change({"u": 3}).tolist() == [0, 0, 0]
    emptied = ready.with_capacity(np.zeros(3))
    assert emptied.status.tolist() == ["unreachable"] * 3
    assert np.allclose(ready.values(np.array([2.0, 1.0, 4.0])), [0.025, 0.01, 0])


@pytest.mark.parametrize("name", ["mh3sfca", "raam", "nearest", "nth-nearest"])
def test_what_is_not_linear_is_refused(name):
    with pytest.raises(BadInput, match="linéaire") as caught:
        prepare(name, TIMES, DEMAND, SUPPLY, STEPS)
    assert "apl" in str(caught.value)


@pytest.mark.parametrize("name", ["3sfca", "bfca"])
def test_the_list_of_sites_is_fixed(name):
    ready = prepare(name, TIMES, DEMAND, SUPPLY, STEPS)
    for other in (Supply.of(["s", "t"], [1, 1]), Supply.of(["s", "t", "u", "v"], [1, 1, 1, 1])):
        with pytest.raises(BadInput, match="site"):
            ready.with_capacity(other)
    with pytest.raises(BadInput, match="même liste"):
        ready.values(np.ones(2))


def test_wrong_changes_are_refused_at_once():
    ready = prepare("e2sfca", TIMES, DEMAND, SUPPLY, STEPS)
    with pytest.raises(BadInput) as caught:
        ready.change({"s": -3, "zz": 1, "t": float("nan")})
    assert len(caught.value.problems) == 3
    for bad in ([-1, 1, 1], [np.nan, 1, 1]):
        with pytest.raises(BadInput):
            ready.values(np.array(bad))


def test_inputs_are_not_changed():
    ready = prepare("m2sfca", TIMES, DEMAND, SUPPLY, STEPS)
    capacity = SUPPLY.capacity.copy()
    ready.with_capacity(np.ones(3))
    ready.change({"s": 1})
    assert np.array_equal(SUPPLY.capacity, capacity)
    assert np.allclose(ready.with_capacity().value, [0.02 + 0.01 * 0.25, 0.01, 0])
