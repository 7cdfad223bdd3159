"""Exact distributions of counts: closed forms, an independent convolution, a million draws."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from assemblier.errors import BadInput
from assemblier.futures.projection.poisson_binomial import (
    CountDistribution,
    gamma_poisson,
    poisson_binomial,
    poisson_binomial_by_zone,
    total,
)

PROBABILITIES = st.lists(st.floats(0, 1), max_size=60)


def _full(d: CountDistribution, n: int) -> np.ndarray:
    made = np.zeros(n + 1)
    made[d.start : d.start + d.mass.size] = d.mass
    return made


def test_by_hand() -> None:
    # two people, 0.5 and 0.2: 0.4, 0.5, 0.1
    d = poisson_binomial([0.5, 0.2])
    assert d.mass == pytest.approx([0.4, 0.5, 0.1])
    assert d.mean == pytest.approx(0.7)
    assert d.variance == pytest.approx(0.25 + 0.16)
    assert (d.quantile(0.4), d.quantile(0.41), d.quantile(0.95)) == (0, 1, 2)
    assert d.at_least(1) == pytest.approx(0.6)
    assert d.at_most(0) == pytest.approx(0.4)
    assert d.interval(0.8) == (0, 1)


def test_nobody_and_the_certain() -> None:
    assert _full(poisson_binomial([]), 0) == pytest.approx([1.0])
    sure = poisson_binomial([0.0, 1.0, 1.0, 0.5])
    assert (sure.start, sure.mass.tolist()) == (2, [0.5, 0.5])


def test_equal_probabilities_give_a_binomial() -> None:
    d = poisson_binomial(np.full(301, 0.13))
    assert _full(d, 301) == pytest.approx(stats.binom(301, 0.13).pmf(np.arange(302)), abs=1e-15)


@given(PROBABILITIES)
def test_equals_a_plain_convolution(p: list[float]) -> None:
    plain = np.ones(1)
    for each in p:
        plain = np.convolve(plain, [1.0 - each, each])
    d = poisson_binomial(p)
    assert np.abs(_full(d, len(p)) - plain).max() < 1e-14
    assert abs(d.mean - sum(p)) < 1e-10
    assert d.dropped <= 1e-19


@given(st.lists(PROBABILITIES, min_size=1, max_size=6))
def test_zones_do_not_touch_one_another(zones: list[list[float]]) -> None:
    indptr = np.concatenate(([0], np.cumsum([len(each) for each in zones])))
    flat = [p for each in zones for p in each]
    for one, alone in zip(poisson_binomial_by_zone(flat, indptr), zones, strict=True):
        other = poisson_binomial(alone)
        assert one.start == other.start
        assert np.array_equal(one.mass, other.mass)


def test_a_moving_window_keeps_every_moment_of_sixty_thousand() -> None:
    p = np.random.default_rng(1).uniform(0, 0.4, 60_000)
    d = poisson_binomial(p)
    assert d.mass.size < 3_000
    assert 0 < d.dropped <= 1e-20
    assert d.mean == pytest.approx(p.sum(), rel=1e-12)
    assert d.variance == pytest.approx((p * (1 - p)).sum(), rel=1e-9)
    assert float(d.mass.sum()) == pytest.approx(1.0, abs=1e-11)


def test_a_million_draws_agree_within_their_error() -> None:
    rng = np.random.default_rng(2)
    p = rng.uniform(0, 1, 12)
    draws = 1_000_000
    counted = np.zeros(13)
    for _ in range(10):
        drawn = (rng.random((draws // 10, 12)) < p).sum(axis=1)
        counted += np.bincount(drawn, minlength=13)
    exact = _full(poisson_binomial(p), 12)
    error = np.sqrt(exact * (1 - exact) / draws)
    assert np.all(np.abs(counted / draws - exact) <= 4.5 * error + 1e-12)


def test_quantiles_are_the_smallest_that_reach() -> None:
    d = poisson_binomial(np.linspace(0.05, 0.9, 40))
    for level in (0.01, 0.2, 0.5, 0.8, 0.999):
        k = d.quantile(level)
        assert d.at_most(k) >= level - 1e-12 > d.at_most(k - 1) - 1e-12


def test_gamma_poisson_is_a_negative_binomial_and_splits() -> None:
    d = gamma_poisson(3.0, 2.0, 5.0)
    assert d.mean == pytest.approx(7.5, rel=1e-9)
    assert d.variance == pytest.approx(7.5 + 3.0 * 25 / 4, rel=1e-8)
    known = gamma_poisson(np.inf, 0.3, 10.0)
    assert known.mass[:4] == pytest.approx(stats.poisson(3.0).pmf(range(4)))
    assert gamma_poisson(3.0, 2.0, 0.0).mean == 0.0


def test_sums_differences_and_shifts() -> None:
    d = poisson_binomial([0.5, 0.5])
    left = d.reversed().shifted(2).plus(gamma_poisson(np.inf, 1.0, 1.0))
    assert left.mean == pytest.approx(2 - 1 + 1)
    assert total([d, d]).mean == pytest.approx(2.0)
    assert total([]).mean == 0.0


def test_wrong_probabilities_are_all_told() -> None:
    with pytest.raises(BadInput) as told:
        poisson_binomial([0.5, -0.1, np.nan, 1.2])
    assert [problem.line for problem in told.value.problems] == [2, 3, 4]
    with pytest.raises(BadInput):
        poisson_binomial([0.5]).quantile(1.5)
