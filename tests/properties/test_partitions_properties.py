"""Comparing partitions: scikit-learn and a dense assignment as oracles, and what always holds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment
from sklearn import metrics

from assemblier.perimeters.flows import flows_between
from assemblier.perimeters.living_areas.partitions import (
    compare_partitions,
    disagreements,
    localisation,
)


@st.composite
def two_partitions(draw):
    n = draw(st.integers(1, 40))
    labels = st.lists(st.integers(0, draw(st.integers(0, 7))), min_size=n, max_size=n)
    weights = st.lists(st.integers(1, 6), min_size=n, max_size=n)
    return np.array(draw(labels)), np.array(draw(labels)), np.array(draw(weights))


@given(two_partitions())
def test_equal_to_scikit_learn(case):
    first, second, _ = case
    found = compare_partitions(first, second)
    expected = metrics.homogeneity_completeness_v_measure(first, second)
    assert [found.homogeneity, found.completeness, found.v_measure] == pytest.approx(
        list(expected), abs=1e-12
    )
    assert found.adjusted_rand == pytest.approx(
        metrics.adjusted_rand_score(first, second), abs=1e-12
    )


@given(two_partitions())
def test_a_weight_is_a_number_of_people(case):
    first, second, people = case
    weighted = compare_partitions(first, second, weights=people)
    one_by_one = compare_partitions(np.repeat(first, people), np.repeat(second, people))
    for name in ("homogeneity", "completeness", "v_measure", "adjusted_rand", "changed_share"):
        assert getattr(weighted, name) == pytest.approx(getattr(one_by_one, name), abs=1e-12)


@given(two_partitions())
def test_people_who_change_equal_a_dense_assignment(case):
    first, second, people = case
    table = np.zeros((first.max() + 1, second.max() + 1))
    np.add.at(table, (first, second), people)
    rows, columns = linear_sum_assignment(table, maximize=True)
    found = compare_partitions(first, second, weights=people)
    assert found.changed_weight == pytest.approx(people.sum() - table[rows, columns].sum())
    back = compare_partitions(second, first, weights=people)
    assert back.changed_weight == pytest.approx(found.changed_weight)
    assert back.homogeneity == pytest.approx(found.completeness, abs=1e-12)
    listed = disagreements(first, second, weights=people)
    assert listed.weight.sum() == pytest.approx(found.changed_weight)
    assert people[listed.zone_changes == 1].sum() == listed.weight.sum()


@given(two_partitions(), st.randoms(use_true_random=False))
def test_names_and_order_change_nothing(case, random):
    first, second, people = case
    order = np.array(random.sample(range(first.size), first.size))
    names = np.array(random.sample(range(100), int(first.max()) + 1))
    found = compare_partitions(first, second, weights=people)
    again = compare_partitions(names[first[order]], second[order], weights=people[order])
    for name in ("homogeneity", "completeness", "v_measure", "adjusted_rand", "changed_share"):
        assert getattr(found, name) == pytest.approx(getattr(again, name), abs=1e-12)


@given(st.integers(0, 10_000), st.integers(2, 12))
def test_merging_areas_never_lowers_localisation(seed, n):
    draw = np.random.default_rng(seed)
    rows = draw.integers(0, n + 2, (40, 2))
    # Codes n and n + 1 are places outside the zones that are studied.
    flows = flows_between(rows[:, 0], rows[:, 1], draw.random(40) * 100, zones=np.arange(n))
    label = draw.integers(0, n, n)
    before = localisation(flows, label)
    merged = np.where(label == label[0], label[-1], label)
    after = localisation(flows, merged)
    assert np.nan_to_num(after.whole) >= np.nan_to_num(before.whole)
    assert before.inside.sum() <= after.inside.sum()
    if flows.outflow.sum() > 0:
        assert localisation(flows, np.zeros(n, int)).whole >= after.whole
