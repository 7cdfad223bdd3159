"""Intervals against published tables, against scipy, and by exact coverage."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from assemblier.errors import BadInput
from assemblier.measures.intervals import (
    density_interval,
    poisson_interval,
    proportion_interval,
    rank_intervals,
    ratio_interval,
)


def test_garwood_equals_the_classical_table():
    """95 % limits of Garwood 1936: 0 (0, 3.69), 1 (0.0253, 5.57), 10 (4.80, 18.39), 50 (37.11, 65.92)."""
    found = poisson_interval([0, 1, 10, 50])
    assert np.allclose(found.low, [0, 0.0253, 4.7954, 37.1110], atol=5e-5)
    assert np.allclose(found.high, [3.6889, 5.5716, 18.3904, 65.9184], atol=5e-4)


@pytest.mark.parametrize("mean", [0.3, 2.0, 7.7, 40.0])
@pytest.mark.parametrize("level", [0.8, 0.95])
def test_garwood_covers_at_least_its_level(mean, level):
    counts = np.arange(400)
    found = poisson_interval(counts, level)
    inside = (found.low <= mean) & (mean <= found.high)
    assert stats.poisson.pmf(counts, mean)[inside].sum() >= level


@given(st.integers(1, 500), st.data())
def test_wilson_equals_scipy(n, data):
    k = data.draw(st.integers(0, n))
    found = proportion_interval(k, n)
    expected = stats.binomtest(k, n).proportion_ci(method="wilson")
    assert found.low == pytest.approx(expected.low, abs=1e-12)
    assert found.high == pytest.approx(expected.high, abs=1e-12)
    assert 0 <= found.low <= found.value <= found.high <= 1


def test_byar_by_hand_and_near_the_exact_interval():
    """Ten seen, eight due: 10(1 − 1/90 − 1.96/(3√10))³/8 and 11(1 − 1/99 + 1.96/(3√11))³/8."""
    found = ratio_interval(10, 8.0)
    z = 1.959963984540054
    assert found.value == 1.25
    assert found.low == pytest.approx(10 * (1 - 1 / 90 - z / (3 * 10**0.5)) ** 3 / 8)
    assert found.high == pytest.approx(11 * (1 - 1 / 99 + z / (3 * 11**0.5)) ** 3 / 8)
    seen = np.arange(5, 200)
    exact, near = poisson_interval(seen), ratio_interval(seen, np.ones(seen.size))
    assert np.allclose(near.low, exact.low, rtol=0.02)
    assert np.allclose(near.high, exact.high, rtol=0.01)
    assert ratio_interval(0, 2.0).low == 0
    assert np.isnan(ratio_interval(3, 0.0).value)


def test_density_carries_the_interval_of_its_count():
    found = density_interval([10, 3], [20_000, 0], per=100_000)
    exact = poisson_interval(10)
    assert found.value[0] == 50
    assert (found.low[0], found.high[0]) == pytest.approx((exact.low * 5, exact.high * 5))
    assert np.isnan(found.value[1])
    assert np.isnan(found.high[1])


def test_nothing_out_of_nothing_is_no_proportion():
    found = proportion_interval([0, 0], [0, 5])
    assert np.isnan([found.value[0], found.low[0], found.high[0]]).all()
    assert found.low[1] == 0


def test_ranks_by_hand():
    found = rank_intervals([1, 2, 5, 9], [0, 1.5, 4, 8], [3, 2.5, 6, 10])
    assert found.rank.tolist() == [1, 2, 3, 4]
    assert found.low.tolist() == [1, 1, 3, 4]
    assert found.high.tolist() == [2, 2, 3, 4]


@given(
    st.lists(st.tuples(st.floats(0, 9), st.floats(0, 3), st.floats(0, 3)), min_size=1, max_size=15)
)
def test_ranks_equal_a_count_of_pairs(rows):
    value = np.array([v for v, _, _ in rows])
    low, high = value - [d for _, d, _ in rows], value + [u for _, _, u in rows]
    found = rank_intervals(value, low, high)
    assert found.low.tolist() == [1 + int((high < one).sum()) for one in low]
    assert found.high.tolist() == [len(rows) - int((low > one).sum()) for one in high]
    assert (found.low <= found.rank).all()
    assert (found.rank <= found.high).all()


@pytest.mark.parametrize(
    "call",
    [
        lambda: poisson_interval([-1]), lambda: poisson_interval([np.nan]), lambda: poisson_interval(3, 1.0),
        lambda: proportion_interval(3, 2), lambda: ratio_interval(-1, 2),
        lambda: rank_intervals([1], [2], [3]), lambda: density_interval([1], [-5], 1e5),
    ],
)  # fmt: skip
def test_what_has_no_meaning_is_refused(call):
    with pytest.raises(BadInput):
        call()
