"""p-median, p-centre: equal to every choice tried, with bounds recomputed apart."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assemblier.errors import BadInput
from assemblier.futures.siting import p_median as p_median_module
from assemblier.futures.siting.interchange import interchange, shaken, swap_losses
from assemblier.futures.siting.mixed_integer import Programme
from assemblier.futures.siting.p_center import p_center
from assemblier.futures.siting.p_median import p_median
from assemblier.futures.siting.p_median_bound import lagrangean_bound, settled
from assemblier.futures.siting.p_median_saddle import saddle_bound
from assemblier.futures.siting.sorted_costs import OPEN, SortedCosts, gathered, serving_cost
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


@pytest.fixture(params=["narrow", "wide"], name="way")
def _way(request, monkeypatch):
    """Both ways to the root; the wide one is for millions of pairs otherwise."""
    if request.param == "wide":
        monkeypatch.setattr(p_median_module, "_WIDE", 0)
    return request.param


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 10_000), st.integers(4, 25), st.integers(3, 9), st.data())
def test_equal_to_every_choice_tried(way, seed, n, m, data):
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


def relaxed_value(cost: np.ndarray, weight: np.ndarray, p: int) -> float:
    """Give HiGHS the linear relaxation."""
    n, m = cost.shape
    programme = Programme()
    served = programme.add_columns(n * m, cost=(cost * weight[:, None]).ravel())
    opened = programme.add_columns(m, upper=1.0)
    lines = programme.add_rows(n, lower=1.0, upper=1.0)
    programme.add_entries(np.repeat(lines, m), served, np.ones(n * m))
    linked = programme.add_rows(n * m, upper=0.0)
    programme.add_entries(linked, served, 1.0)
    programme.add_entries(linked, np.tile(opened, n), -1.0)
    programme.add_row(opened, 1.0, lower=p, upper=p)
    return programme.solve(seconds=60, relaxed=True).value


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_saddle_encloses_the_linear_relaxation(seed):
    cost, weight = plane(60, 25, seed)
    weight[:3] = 0
    costs = SortedCosts.of(cost, weight)
    state = np.zeros(25, dtype=np.int8)
    found = saddle_bound(costs, 5, state=state, until=np.inf, tolerance=1e-4)
    value = relaxed_value(cost, weight, 5)
    assert found.bound - 1e-6 <= value <= found.ceiling + 1e-6
    assert found.ceiling - found.bound <= 2e-4 * value
    assert found.bound == pytest.approx(lagrangean_bound(costs, 5, found.multipliers))
    assert found.parts.sum() == pytest.approx(5)
    further = saddle_bound(costs, 5, state=state, until=np.inf, tolerance=1e-5, start=found)
    assert further.bound >= found.bound - 1e-9


@given(st.integers(0, 10_000))
def test_settled_sites_are_those_of_every_better_answer(seed):
    cost, weight = plane(20, 8, seed)
    costs = SortedCosts.of(cost, weight)
    free = np.zeros(8, dtype=np.int8)
    lam = saddle_bound(costs, 3, state=free, until=np.inf, tolerance=1e-3).multipliers
    best = best_by_trying(cost, weight, 3)
    state, bound = settled(costs, 3, state=free, multipliers=lam, cutoff=1.01 * best)
    assert bound == pytest.approx(lagrangean_bound(costs, 3, lam))
    for chosen in itertools.combinations(range(8), 3):
        if weight @ cost[:, list(chosen)].min(axis=1) <= 1.01 * best:
            is_open = np.isin(np.arange(8), chosen)
            assert is_open[state == OPEN].all()
            assert not is_open[state > OPEN].any()


@given(st.integers(0, 10_000), st.booleans())
def test_swaps_counted_one_by_one_are_those_of_the_whole(seed, tied):
    cost, weight = plane(40, 14, seed)
    cost = np.rint(cost / 20) if tied else cost
    costs = SortedCosts.of(cost, weight)
    draw = np.random.default_rng(seed)
    first = np.isin(np.arange(14), draw.choice(14, 4, replace=False))
    locked = first & (np.arange(14) == np.flatnonzero(first)[0])
    allowed = draw.random(14) < 0.8

    def value(is_open):
        return float(weight @ cost[:, is_open].min(axis=1))

    swapped = interchange(costs, first, locked=locked, allowed=allowed)
    held, change = swap_losses(costs, swapped)
    for r, leaves in enumerate(held):
        for enters in np.flatnonzero(~swapped):
            now = swapped.copy()
            now[[leaves, enters]] = False, True
            assert change[r, enters] == pytest.approx(value(now) - value(swapped), abs=1e-6)
            if allowed[enters] and not locked[leaves]:
                assert change[r, enters] >= -1e-6 * value(swapped)
    shook = shaken(costs, first, locked=locked, allowed=allowed, until=np.inf, patience=50)
    assert value(shook) <= value(swapped) * (1 + 1e-9)
    assert shook.sum() == 4
    assert shook[locked].all()
    assert not (shook & ~allowed & ~first).any()


@pytest.mark.parametrize("nearest", [None, 5])
def test_gathered_demands_never_cost_less_and_as_much_at_one_site(nearest):
    draw = np.random.default_rng(4)
    here, there = draw.random((90, 2)), draw.random((7, 2))
    far = np.hypot(*(here[:, None] - there[None]).transpose(2, 0, 1))
    costs = SortedCosts.of(far, draw.integers(0, 9, 90), nearest=nearest)
    together = gathered(costs)
    assert together.beyond.size <= 7
    lost = 0
    for size in (1, 2, 3):
        for chosen in itertools.combinations(range(7), size):
            is_open = np.isin(np.arange(7), chosen)
            alone, all_at_once = serving_cost(costs, is_open)[0], serving_cost(together, is_open)[0]
            assert all_at_once >= alone - 1e-9
            lost += all_at_once > alone + 1e-9
            if size == 1:
                assert all_at_once == pytest.approx(alone)
    assert lost  # not the same problem: some demands would rather go elsewhere than their group


def test_wide_problems_are_proved_as_narrow_ones_are(monkeypatch):
    cost, weight = plane(600, 120, 2)
    narrow = p_median(cost, 8, weight=weight)
    monkeypatch.setattr(p_median_module, "_WIDE", 0)
    wide = p_median(cost, 8, weight=weight)
    assert narrow.proved
    assert wide.proved
    assert wide.value == pytest.approx(narrow.value)
    assert wide.relaxation_bound == pytest.approx(
        lagrangean_bound(SortedCosts.of(cost, weight), 8, wide.multipliers)
    )
    near = p_median(cost, 8, weight=weight, gap=0.01)
    assert near.bound <= narrow.value * (1 + 1e-9) <= near.value * (1 + 2e-9)
    assert near.gap <= 0.01 + 1e-9


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


def test_rows_cut_to_the_nearest_keep_a_valid_bound(way):
    cost, weight = plane(300, 80, 3)
    whole = p_median(cost, 8, weight=weight)
    cut = p_median(cost, 8, weight=weight, nearest=30)
    assert cut.bound <= whole.value * (1 + 1e-9)
    assert cut.value >= whole.value * (1 - 1e-9)
    assert cut.value == pytest.approx(float(weight @ cost[:, cut.sites].min(axis=1)))


def test_rows_too_short_for_anybody_still_give_an_answer_and_a_bound(way):
    cost, weight = plane(120, 40, 3)
    best = p_median(cost, 3, weight=weight).value
    cut = p_median(cost, 3, weight=weight, nearest=4, seconds=0.5)
    assert cut.sites.size == 3
    assert cut.bound <= best * (1 + 1e-9) <= cut.value * (1 + 2e-9)
    assert cut.value == pytest.approx(float(weight @ cost[:, cut.sites].min(axis=1)))


def test_people_out_of_reach_count_the_minutes_asked(way):
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


def test_alternatives_are_exact_and_ties_are_shown(way):
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
