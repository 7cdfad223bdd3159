"""Secrecy: what a reader can work out by sums is at least the threshold wide.

The judge is a program of its own: scipy's ``linprog`` on every cell, from what is published.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from assemblier.disclosure import Relation, attack, primary, protect, rounded
from assemblier.errors import BadInput, Refused


def crossed(values):
    """A table with its margins and grand total."""
    values = np.asarray(values)
    rows, columns = values.shape
    counts = {f"{i},{j}": int(values[i, j]) for i in range(rows) for j in range(columns)}
    relations = []
    for i in range(rows):
        counts[f"{i},T"] = int(values[i].sum())
        relations.append(Relation(f"{i},T", tuple(f"{i},{j}" for j in range(columns))))
    for j in range(columns):
        counts[f"T,{j}"] = int(values[:, j].sum())
        relations.append(Relation(f"T,{j}", tuple(f"{i},{j}" for i in range(rows))))
    counts["T,T"] = int(values.sum())
    relations.append(Relation("T,T", tuple(f"{i},T" for i in range(rows))))
    relations.append(Relation("T,T", tuple(f"T,{j}" for j in range(columns))))
    return counts, relations


def judged(counts, relations, hidden):
    """Range of each hidden cell by an independent linear programme."""
    names = list(counts)
    place = {name: at for at, name in enumerate(names)}
    matrix = np.zeros((len(relations), len(names)))
    for row, relation in enumerate(relations):
        matrix[row, place[relation.total]] = -1
        for part in relation.parts:
            matrix[row, place[part]] += 1
    bounds = [
        (0, None) if h else (counts[n], counts[n]) for n, h in zip(names, hidden, strict=True)
    ]
    ranges = {}
    for at in np.flatnonzero(hidden):
        cost = np.zeros(len(names))
        ends = []
        for sign in (1, -1):
            cost[at] = sign
            found = linprog(cost, A_eq=matrix, b_eq=np.zeros(len(relations)), bounds=bounds)
            ends.append(np.inf if found.status == 3 else sign * found.fun)
        ranges[names[at]] = (ends[0], abs(ends[1]))
    return ranges


def test_one_hidden_cell_in_a_sum_is_no_secret():
    """5 + 40 + 60 = 105: hiding 5 alone hides nothing; the smallest of the others must follow."""
    counts = {"a": 5, "b": 40, "c": 60, "all": 105}
    relations = [Relation("all", ("a", "b", "c"))]
    naive = attack(list(counts), [0, 40, 60, 105], [np.inf, 40, 60, 105], relations)
    assert (naive.low[0], naive.high[0]) == (5, 5)
    found = protect(counts, relations, 11)
    assert found.hidden.tolist() == [True, True, False, False]
    assert found.primary.tolist() == [True, False, False, False]
    assert (found.range.low[0], found.range.high[0]) == (0, 45)


def test_nothing_small_hides_nothing():
    counts, relations = crossed([[20, 30], [40, 50]])
    assert not protect(counts, relations, 11).hidden.any()


def test_zero_is_published_unless_it_is_said_secret():
    assert primary([0, 1, 10, 11], 11).tolist() == [False, True, True, False]
    assert primary([0, 1, 10, 11], 11, hide_zero=True).tolist() == [True, True, True, False]


def test_nested_zones_and_an_earlier_edition():
    """Communes in zones in a department; an earlier edition gave the sum of two of them."""
    counts = {"a": 4, "b": 30, "c": 50, "d": 70, "z1": 34, "z2": 120, "dep": 154, "old": 54}
    relations = [
        Relation("z1", ("a", "b")), Relation("z2", ("c", "d")), Relation("dep", ("z1", "z2")),
        Relation("old", ("a", "c")),
    ]  # fmt: skip
    found = protect(counts, relations, 11, published={"old", "dep"})
    assert not found.hidden[[6, 7]].any()
    # a+b and a+c are known, so b, c and d must hide with a, or z1 and c
    assert found.hidden.sum() >= 3
    for low, high in judged(counts, relations, found.hidden).values():
        assert high - low >= 11 - 1e-6


def test_too_much_public_already_is_refused():
    relations = [Relation("all", ("a", "b"))]
    with pytest.raises(Refused, match="« a »"):
        protect({"a": 3, "b": 30, "all": 33}, relations, 11, published={"b", "all"})
    with pytest.raises(Refused, match="déjà publiés"):
        protect({"a": 3, "b": 30, "all": 33}, relations, 11, published={"a"})


def test_what_costs_more_is_kept():
    counts = {"a": 5, "b": 40, "c": 60, "all": 105}
    found = protect(
        counts, [Relation("all", ("a", "b", "c"))], 11, weights={"a": 1, "b": 99, "c": 2, "all": 50}
    )
    assert found.hidden.tolist() == [True, False, True, False]


@settings(max_examples=15)
@given(st.integers(0, 10**6), st.integers(2, 5), st.integers(2, 4), st.sampled_from([5, 11, 20]))
def test_every_hidden_cell_is_safe_to_an_independent_judge(seed, rows, columns, threshold):
    draw = np.random.default_rng(seed)
    counts, relations = crossed(draw.poisson(draw.gamma(1, 25, (rows, columns))))
    try:
        found = protect(counts, relations, threshold)
    except Refused:  # a table that small may have nothing left to hide behind
        assert sum(counts.values()) / 4 < 4 * threshold
        return
    secret = primary(list(counts.values()), threshold)
    assert (found.primary == secret).all()
    assert found.hidden[secret].all()
    ranges = judged(counts, relations, found.hidden)
    for at, name in enumerate(counts):
        if not found.hidden[at]:
            assert found.range.low[at] == found.range.high[at] == counts[name]
            continue
        low, high = ranges[name]
        assert high - low >= threshold * (1 - 1e-5)
        assert low <= counts[name] <= high
        assert found.range.low[at] == pytest.approx(low, abs=1e-5)
        assert found.range.high[at] == pytest.approx(high, abs=1e-5)


@settings(max_examples=10)
@given(st.integers(0, 10**6))
def test_no_secondary_cell_is_needless(seed):
    draw = np.random.default_rng(seed)
    counts, relations = crossed(draw.poisson(draw.gamma(1, 40, (3, 4))) + 1)
    found = protect(counts, relations, 11)
    for at in np.flatnonzero(found.hidden & ~found.primary):
        without = found.hidden.copy()
        without[at] = False
        widths = [high - low for low, high in judged(counts, relations, without).values()]
        assert min(widths) < 11


def test_rounding_leaves_a_range_that_sums_may_narrow():
    values, half = rounded([3, 7, 10, 12.5], 5)
    assert values.tolist() == [5, 5, 10, 15]
    assert half.tolist() == [2.5] * 4
    found = attack(
        ["a", "b", "all"], [2.5, 2.5, 4], [7.5, 7.5, 6], [Relation("all", ("a", "b"))], of=["a"]
    )
    assert (found.low[0], found.high[0]) == pytest.approx((2.5, 3.5))
    with pytest.raises(BadInput):
        rounded([1], 0)


def test_contradictions_and_unknown_cells_are_refused():
    with pytest.raises(BadInput, match="n’est pas la somme"):
        protect({"a": 1, "b": 2, "all": 4}, [Relation("all", ("a", "b"))], 5)
    with pytest.raises(BadInput, match="inconnue"):
        protect({"a": 1}, [Relation("all", ("a",))], 5)
    with pytest.raises(BadInput, match="négatif"):
        protect({"a": -1}, [], 5)
    with pytest.raises(BadInput, match="vérifie pas"):
        attack(["a", "b", "all"], [0, 0, 9], [3, 3, 9], [Relation("all", ("a", "b"))])
