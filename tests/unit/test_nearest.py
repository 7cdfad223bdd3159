"""Nearest and n-th nearest: sites that offer nothing do not count; too few in reach is no number."""

from __future__ import annotations

import numba
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assemblier.errors import BadInput
from assemblier.measures.access import Demand, Supply
from assemblier.measures.decay import Binary
from assemblier.measures.nearest import nearest, nth_nearest
from assemblier.measures.times import TravelTimes

TIMES = TravelTimes.from_pairs(
    np.array(["a", "b", "c"], dtype=object),
    np.array(["s", "t", "u"], dtype=object),
    rows=[0, 0, 0, 1],
    columns=[0, 1, 2, 1],
    minutes=[12, 3, 7, 30],
    engine="test",
)
DEMAND = Demand.of(TIMES.origins, [1, 1, 1])
SUPPLY = Supply.of(TIMES.destinations, [1, 0, 2.5])


@pytest.fixture(autouse=True)
def one_thread():
    """Tiny cases spend their time waking threads, the more so when tests run side by side."""
    threads = numba.get_num_threads()
    numba.set_num_threads(1)
    yield
    numba.set_num_threads(threads)


def test_nearest_by_hand():
    found = nearest(TIMES, DEMAND, Supply.of(SUPPLY.ids, [1, 1, 1]))
    assert np.array_equal(found.value, [3, 30, np.nan], equal_nan=True)
    assert found.status.tolist() == ["ok", "ok", "unreachable"]
    assert found.unreached.size == 0


def test_a_site_without_capacity_does_not_count():
    found = nearest(TIMES, DEMAND, SUPPLY)
    assert np.array_equal(found.value, [7, np.nan, np.nan], equal_nan=True)


def test_nth_by_sites_and_by_capacity():
    assert nth_nearest(TIMES, DEMAND, SUPPLY, 2).value[0] == 12
    assert np.isnan(nth_nearest(TIMES, DEMAND, SUPPLY, 3).value[0])
    by_capacity = [
        nth_nearest(TIMES, DEMAND, SUPPLY, n, count="capacity").value[0] for n in (1, 2, 3)
    ]
    assert by_capacity == [7, 7, 12]
    thirds = Supply.of(SUPPLY.ids, [1 / 3, 1 / 3, 1 / 3])
    assert nth_nearest(TIMES, DEMAND, thirds, 1, count="capacity").value[0] == 12


def test_a_bound_leaves_out_what_is_beyond():
    found = nearest(TIMES, DEMAND, SUPPLY, Binary(6))
    assert np.isnan(found.value).all()
    assert found.unreached.tolist() == ["s", "u"]


@pytest.mark.parametrize("n", [0, -1, 1.5, True])
def test_a_rank_is_a_whole_number(n):
    with pytest.raises(BadInput):
        nth_nearest(TIMES, DEMAND, SUPPLY, n)


@given(seed=st.integers(0, 10**6), n=st.integers(1, 5))
def test_equals_a_sort_of_each_row(seed, n):
    draw = np.random.default_rng(seed)
    held = draw.random((8, 6)) < 0.6
    rows, columns = np.nonzero(held)
    seconds = draw.integers(0, 1000, rows.size)
    capacity = draw.integers(0, 3, 6).astype(float)
    times = TravelTimes.from_pairs(
        np.arange(8), np.arange(6), rows=rows, columns=columns, minutes=seconds / 60, engine="test"
    )
    found = nth_nearest(
        times, Demand.of(np.arange(8), np.ones(8)), Supply.of(np.arange(6), capacity), n
    )
    for row in range(8):
        usable = np.sort(seconds[(rows == row) & (capacity[columns] > 0)]) / 60
        if usable.size < n:
            assert np.isnan(found.value[row])
        else:
            assert found.value[row] == usable[n - 1]
