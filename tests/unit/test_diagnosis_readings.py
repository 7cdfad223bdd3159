"""Readings of one desert: closed forms and properties."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from assemblier.diagnosis.readings import agreement

NAN = float("nan")


def test_two_readings_of_four_zones() -> None:
    people = np.array([100.0, 200.0, 300.0, 400.0])
    made = agreement(people, {"apl": np.array([1, 1, 0, 0.0]), "zip": np.array([0, 1, 1, NAN])})
    assert made.shares["apl"].people == 300
    assert made.shares["zip"].people == 500
    assert made.shares["zip"].zones == 2
    assert made.shares["zip"].unknown == 400
    assert made.known == 600
    assert (made.every, made.some) == (200, 600)
    assert made.overlap["apl", "zip"] == pytest.approx(200 / 600)


def test_shares_of_a_zone_count_for_their_part() -> None:
    made = agreement(np.array([1000.0]), {"a": np.array([0.25]), "b": np.array([1.0])})
    assert (made.every, made.some) == (250, 1000)
    assert made.overlap["a", "b"] == pytest.approx(0.25)


def test_no_overlap_is_told_where_nobody_is_in_a_desert() -> None:
    made = agreement(np.array([10.0, 10.0]), {"a": np.zeros(2), "b": np.array([0.0, NAN])})
    assert made.overlap["a", "b"] is None


def test_wrong_readings_are_refused() -> None:
    with pytest.raises(ValueError, match="two readings"):
        agreement(np.ones(2), {"a": np.ones(2)})
    with pytest.raises(ValueError, match="each zone"):
        agreement(np.ones(2), {"a": np.ones(2), "b": np.ones(3)})


@given(
    arrays(np.float64, 6, elements=st.floats(0, 1e6)),
    arrays(np.float64, (3, 6), elements=st.one_of(st.floats(0, 1), st.just(NAN))),
)
def test_what_all_tell_is_less_than_what_each_tells(people, shares) -> None:
    before = (people.copy(), shares.copy())
    made = agreement(people, dict(zip("abc", shares, strict=True)))
    assert np.array_equal(people, before[0])
    assert np.array_equal(shares, before[1], equal_nan=True)
    slack = 1e-6 * (1 + people.sum())
    assert made.every <= made.some + slack
    assert made.some <= made.known + slack
    for name in "abc":
        assert made.every <= made.shares[name].people + slack
        assert made.shares[name].people + made.shares[name].unknown <= people.sum() + slack
    for value in made.overlap.values():
        assert value is None or -1e-9 <= value <= 1 + 1e-9
