"""Inequality by hand, by expansion to one person each, and its properties."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assemblier.errors import BadInput
from assemblier.measures.inequality import (
    concentration,
    decile_ratio,
    gini,
    lorenz,
    palma,
    theil,
    weighted_quantiles,
)

places = st.lists(
    st.tuples(st.integers(0, 50), st.integers(0, 6), st.integers(0, 3)), min_size=2, max_size=12
).filter(lambda rows: sum(v * p for v, p, _ in rows) > 0)


def columns(rows):
    return (np.array(column, dtype=float) for column in zip(*rows, strict=True))


def test_quantiles_by_hand():
    found = weighted_quantiles([3, 1, 2], [10, 40, 50], [0, 0.1, 0.4, 0.41, 0.9, 0.91, 1])
    assert found.tolist() == [1, 1, 1, 2, 2, 3, 3]
    # a tenth of three weights that do not add up exactly
    assert weighted_quantiles([1, 2, 3], [0.1, 0.2, 0.3], 0.5) == 2
    assert weighted_quantiles([9, 1], [0, 5], 1.0) == 1


def test_gini_by_hand():
    assert gini([1, 1, 1], [5, 9, 2]) == pytest.approx(0)
    assert gini([0, 1], [1, 1]) == pytest.approx(0.5)
    assert gini([1, 3], [1, 1]) == pytest.approx(0.25)
    assert gini([0, 1], [9, 1]) == pytest.approx(0.9)


def test_tails_by_hand():
    values, people = np.arange(1, 11.0), np.ones(10)
    assert decile_ratio(values, people) == pytest.approx(10)
    assert palma(values, people) == pytest.approx(10 / (1 + 2 + 3 + 4))
    assert decile_ratio([0, 5], [1, 1]) == np.inf
    # an edge inside a place counts for its part
    assert decile_ratio([1, 3], [5, 5]) == pytest.approx(3)


def test_theil_by_hand():
    assert theil([2, 2], [1, 7]).total == pytest.approx(0)
    assert theil([0, 1], [1, 1]).total == pytest.approx(np.log(2))
    parts = theil([1, 1, 3, 3], [1, 1, 1, 1], ["a", "a", "b", "b"])
    assert parts.within == pytest.approx(0)
    assert parts.between == pytest.approx(0.25 * np.log(0.5) + 0.75 * np.log(1.5))
    assert parts.share.tolist() == [0.25, 0.75]
    assert theil([0, 0, 1, 3], [1, 1, 1, 1], ["a", "a", "b", "b"]).of_group[0] == 0


def test_concentration_by_hand():
    """All goes to the poorer half: the index is −½; ties in rank are one step."""
    assert concentration([2, 0], [1, 1], [0, 1]).index == pytest.approx(-0.5)
    assert concentration([0, 2], [1, 1], [0, 1]).index == pytest.approx(0.5)
    tied = concentration([0, 2], [1, 1], [7, 7])
    assert tied.index == pytest.approx(0)
    assert tied.people.tolist() == [0, 1]
    assert concentration([1, 9, 2], [1, 0, 1], [0, np.nan, 1]).index == pytest.approx(1 / 6)


@given(places)
def test_equal_to_one_row_for_each_person(rows):
    value, people, group = columns(rows)
    each = np.repeat(value, people.astype(int))
    groups = np.repeat(group, people.astype(int))
    mean = each.mean()
    spread = np.abs(each[:, None] - each).mean() / (2 * mean)
    assert gini(value, people) == pytest.approx(spread, abs=1e-12)
    share = each / mean
    total = np.mean(share * np.log(np.where(share > 0, share, 1)))
    parts = theil(value, people, group)
    assert parts.total == pytest.approx(total, abs=1e-12)
    assert parts.between + parts.within == parts.total
    assert parts.between >= -1e-12
    assert parts.within >= -1e-12
    inside = sum(
        (each[groups == g].sum() / each.sum())
        * theil(each[groups == g], np.ones((groups == g).sum())).total
        for g in np.unique(groups)
        if each[groups == g].sum() > 0
    )
    assert parts.within == pytest.approx(inside, abs=1e-12)
    for p in (0.1, 0.5, 0.9):
        expected = np.quantile(each, p, method="inverted_cdf")
        assert weighted_quantiles(value, people, p) == expected


@given(places, st.floats(0.1, 20), st.permutations(range(12)))
def test_scale_copies_and_order_do_not_matter(rows, factor, order):
    value, people, _ = columns(rows)
    order = [at for at in order if at < len(value)]
    base = gini(value, people), theil(value, people).total
    assert 0 <= base[0] <= 1
    for v, p in (
        (factor * value, people),
        (value, factor * people),
        (value[order], people[order]),
        (np.repeat(value, 2), np.repeat(people, 2)),
    ):
        assert (gini(v, p), theil(v, p).total) == pytest.approx(base, abs=1e-12)


@given(places)
def test_curves_rise_and_lorenz_lies_lowest(rows):
    value, people, rank = columns(rows)
    curve, ranked = lorenz(value, people), concentration(value, people, rank)
    for each in (curve, ranked):
        assert each.people[0] == each.held[0] == 0
        assert each.people[-1] == pytest.approx(1)
        assert each.held[-1] == pytest.approx(1)
        assert (np.diff(each.people) > 0).all()
        assert (np.diff(each.held) >= 0).all()
    assert abs(ranked.index) <= curve.index + 1e-12
    assert concentration(value, people, -rank).index == pytest.approx(-ranked.index, abs=1e-12)


@pytest.mark.parametrize("function", [gini, palma, decile_ratio, lorenz, theil])
@pytest.mark.parametrize(
    ("values", "people"),
    [
        ([1, np.nan], [1, 1]),
        ([1, -1], [1, 1]),
        ([1, 2], [1, -1]),
        ([0, 0], [1, 1]),
        ([1, 2], [0, 0]),
        ([1], [1, 2]),
    ],
)
def test_what_has_no_meaning_is_refused(function, values, people):
    with pytest.raises(BadInput):
        function(values, people)


def test_a_missing_value_where_nobody_lives_does_not_matter():
    assert gini([1, np.nan, 3], [1, 0, 1]) == pytest.approx(0.25)
    with pytest.raises(BadInput):
        weighted_quantiles([1, 2], [1, 1], 1.5)
