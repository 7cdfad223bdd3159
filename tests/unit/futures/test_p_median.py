"""p-median, p-centre: equal to every choice tried, with bounds recomputed apart."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assemblier.errors import BadInput
from assemblier.futures.p_center import p_center
from assemblier.futures.p_median import p_median
from assemblier.futures.p_median_bound import lagrangean_bound
from assemblier.futures.sorted_costs import SortedCosts
from assemblier.measures.times import TravelTimes


def plane(n: int, m: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    here, there = draw.random((n, 2)) * 100, draw.random((m, 2)) * 100
    far = np.hypot(*(here[:, None] - there[None]).transpose(2, 0, 1))
    return far, draw.integers(1, 50, n).astype(float)


def best_by_trying(cost: np.ndarray, weight: np.ndarray, p: int, kept=(), barred=()) -> float:
    m = cost.shape[1]
    choices = (
        chosen
        for chosen in itertools.combinations(range(m), p)
        if set(kept) <= set(chosen) and not set(barred) & set(chosen)
    )
    return min(float(weight @ cost[:, list(chosen)].min(axis=1)) for chosen in choices)


@given(st.integers(0, 10_000), st.integers(4, 25), st.integers(3, 9), st.data())
def test_equal_to_every_choice_tried(seed, n, m, data):
    cost, weight = plane(n, m, seed)
    if seed % 2:
        cost = np.rint(cost)
    p = data.draw(st.integers(1, m - 1))
    kept = data.draw(st.lists(st.integers(0, m - 1), max_size=min(1, p - 1), unique=True))
    barred = [j for j in data.draw(st.lists(st.integers(0, m - 1), max_size=1)) if j not in kept]
    found = p_median(cost, p, weight=weight, existing=kept, forbidden=barred)
    assert found.proved
    assert found.value == pytest.approx(best_by_trying(cost, weight, p, kept, barred))
    assert found.value == pytest.approx(float(weight @ cost[:, found.sites].min(axis=1)))
    assert found.bound <= found.value * (1 + 1e-9) + 1e-9
    assert set(kept) <= set(found.sites)
    assert not set(barred) & set(found.sites)


@given(st.integers(0, 10_000))
def test_any_multipliers_bound_from_below(seed):
    cost, weight = plane(12, 7, seed)
    draw = np.random.default_rng(seed)
    costs = SortedCosts.of(cost, weight)
    lam = draw.random(12) * 100 * weight
    assert lagrangean_bound(costs, 3, lam) <= best_by_trying(cost, weight, 3) + 1e-6


def test_bound_is_recomputed_from_the_full_matrix():
    cost, weight = plane(200, 60, 5)
    found = p_median(cost, 6, weight=weight)
    weighted = cost * weight[:, None]
    rho = np.minimum(0, weighted - found.multipliers[:, None]).sum(axis=0)
    again = found.multipliers.sum() + np.sort(rho)[:6].sum()
    assert again == pytest.approx(found.relaxation_bound, rel=1e-12)
    assert again <= found.bound <= found.value * (1 + 1e-12)
    assert found.bound - again < 0.01 * found.value


@pytest.mark.parametrize("seed", [0, 1])
def test_value_does_not_depend_on_order(seed):
    cost, weight = plane(150, 40, seed)
    draw = np.random.default_rng(seed + 100)
    rows, columns = draw.permutation(150), draw.permutation(40)
    found = p_median(cost, 5, weight=weight)
    other = p_median(cost[rows][:, columns], 5, weight=weight[rows])
    assert other.value == pytest.approx(found.value)
    assert sorted(columns[other.sites]) == sorted(found.sites)


def test_rows_cut_to_the_nearest_keep_a_valid_bound():
    cost, weight = plane(300, 80, 3)
    whole = p_median(cost, 8, weight=weight)
    cut = p_median(cost, 8, weight=weight, nearest=30)
    assert cut.bound <= whole.value * (1 + 1e-9)
    assert cut.value >= whole.value * (1 - 1e-9)
    assert cut.value == pytest.approx(float(weight @ cost[:, cut.sites].min(axis=1)))


def test_people_out_of_reach_count_the_minutes_asked():
    times = TravelTimes.from_pairs(
        np.array(["a", "b", "c"]),
        np.array(["x", "y"]),
        rows=[0, 1],
        columns=[0, 1],
        minutes=[5.0, 8.0],
        engine="à la main",
    )
    found = p_median(SortedCosts.of_times(times, [10, 4, 1], beyond=30.0), 1)
    assert found.value == 10 * 5 + 4 * 30 + 1 * 30
    assert list(found.sites) == [0]
    assert found.out_of_reach == 1


def test_alternatives_are_exact_and_ties_are_shown():
    line = np.array([[0.0, 0.0, 4.0], [3.0, 3.0, 0.0], [9.0, 9.0, 8.0]])
    found = p_median(line, 2, existing=[2], margin=0.5)
    assert [(tie.enters, tie.loss) for tie in found.alternatives] == [(1 - found.sites[0], 0.0)]
    cost, weight = plane(60, 12, 9)
    found = p_median(cost, 4, weight=weight, margin=0.5)
    assert found.alternatives
    for other in found.alternatives:
        sites = [j for j in found.sites if j != other.leaves] + [other.enters]
        assert other.value == pytest.approx(float(weight @ cost[:, sites].min(axis=1)))
        assert other.loss <= 0.5 * found.value * (1 + 1e-9)


def test_inputs_are_left_alone():
    cost, weight = plane(30, 10, 1)
    before = cost.copy(), weight.copy()
    p_median(cost, 3, weight=weight)
    np.testing.assert_array_equal(cost, before[0])
    np.testing.assert_array_equal(weight, before[1])


def test_wishes_that_cannot_be_met_say_what_binds():
    cost, _ = plane(5, 4, 0)
    with pytest.raises(BadInput, match="sites conservés"):
        p_median(cost, 1, existing=[0, 1])
    with pytest.raises(BadInput, match="sites interdits bloquent"):
        p_median(cost, 3, forbidden=[0, 1])
    with pytest.raises(BadInput, match="à la fois conservé et interdit"):
        p_median(cost, 2, existing=[1], forbidden=[1])
    with pytest.raises(BadInput, match="coût manque"):
        p_median(np.array([[1.0, np.nan]]), 1)


@given(st.integers(0, 10_000), st.integers(3, 20), st.integers(3, 8), st.data())
def test_p_center_equals_every_choice_tried(seed, n, m, data):
    cost, _ = plane(n, m, seed)
    if seed % 2:
        cost = np.rint(cost / 10)
    p = data.draw(st.integers(1, m - 1))
    found = p_center(cost, p)
    best = min(
        cost[:, list(chosen)].min(axis=1).max() for chosen in itertools.combinations(range(m), p)
    )
    assert found.proved
    assert found.sites.size == p
    assert found.value == best == found.bound


def test_p_center_says_who_cannot_be_reached():
    with pytest.raises(BadInput, match="portée d’aucun site"):
        p_center(np.array([[1.0, 2.0], [np.inf, np.inf]]), 1)
