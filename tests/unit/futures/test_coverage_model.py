"""Maximal covering: equal to every choice tried, by the tree and by HiGHS."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assemblier.errors import BadInput
from assemblier.futures.siting import covering as coverage
from assemblier.futures.siting.covering import maximal_covering
from assemblier.measures.times import TravelTimes


def plane(n: int, m: int, radius: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    here, there = draw.random((n, 2)) * 100, draw.random((m, 2)) * 100
    far = np.hypot(*(here[:, None] - there[None]).transpose(2, 0, 1))
    return far <= radius, draw.integers(0, 50, n).astype(float)


@given(st.integers(0, 10_000), st.integers(3, 30), st.integers(3, 9), st.data())
def test_equal_to_every_choice_tried(seed, n, m, data):
    covered, weight = plane(n, m, data.draw(st.sampled_from([10.0, 25.0, 40.0])), seed)
    p = data.draw(st.integers(1, m - 1))
    kept = data.draw(st.lists(st.integers(0, m - 1), max_size=min(1, p - 1), unique=True))
    found = maximal_covering(covered, p, weight=weight, existing=kept)
    best = max(
        weight[covered[:, list(chosen)].any(axis=1)].sum()
        for chosen in itertools.combinations(range(m), p)
        if set(kept) <= set(chosen)
    )
    assert found.proved
    assert found.value == best == weight[covered[:, found.sites].any(axis=1)].sum()
    assert found.bound >= best - 1e-6
    assert found.relaxation_bound >= best - 1e-6


def test_highs_gives_the_same_answer_as_the_tree(monkeypatch):
    covered, weight = plane(400, 60, 17.0, 4)
    by_tree = maximal_covering(covered, 8, weight=weight)
    monkeypatch.setattr(coverage, "_TREE_SECONDS", -1.0)
    by_highs = maximal_covering(covered, 8, weight=weight)
    assert "HiGHS" in by_highs.method
    assert by_tree.proved
    assert by_highs.proved
    assert by_tree.value == by_highs.value


def test_ceiling_is_recomputed_in_plain_numpy():
    covered, weight = plane(300, 50, 12.0, 2)
    found = maximal_covering(covered, 6, weight=weight)
    lam = np.clip(found.multipliers, 0, weight)
    rho = -(covered * lam[:, None]).sum(axis=0)
    ceiling = weight.sum() - (lam.sum() + np.sort(rho)[:6].sum())
    assert ceiling == pytest.approx(found.relaxation_bound)
    assert ceiling >= found.value - 1e-6


def test_from_travel_times_the_bound_is_inclusive():
    times = TravelTimes.from_pairs(
        np.array(["a", "b", "c"]),
        np.array(["x", "y"]),
        rows=[0, 1, 2],
        columns=[0, 1, 1],
        minutes=[10.0, 10.5, 3.0],
        engine="à la main",
    )
    found = maximal_covering(times, 1, weight=[5, 9, 3], minutes=10)
    assert list(found.sites) == [0]
    assert found.value == 5
    assert found.out_of_reach == 1
    assert found.marginal == 3
    with pytest.raises(BadInput, match="durée"):
        maximal_covering(times, 1, weight=[5, 9, 3])


def test_alternatives_lose_what_they_say():
    covered, weight = plane(100, 20, 20.0, 7)
    found = maximal_covering(covered, 3, weight=weight, margin=0.3)
    assert found.alternatives
    for other in found.alternatives:
        sites = [j for j in found.sites if j != other.leaves] + [other.enters]
        assert other.value == weight[covered[:, sites].any(axis=1)].sum()
