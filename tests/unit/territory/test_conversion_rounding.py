"""Printed whole numbers add up."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assemblier.errors import BadInput
from assemblier.territory.apportionment import largest_remainder


def test_the_largest_remainders_are_lifted():
    assert largest_remainder(np.array([1.6, 1.3, 1.1])).tolist() == [2, 1, 1]
    assert largest_remainder(np.array([1.5, 1.5, 1.0])).tolist() == [2, 1, 1]
    assert largest_remainder(np.array([0.4, np.nan, 0.6]))[[0, 2]].tolist() == [0, 1]
    assert largest_remainder(np.array([1.2, 1.2]), 3).tolist() == [2, 1]


def test_what_cannot_add_up_is_refused():
    with pytest.raises(BadInput, match="total"):
        largest_remainder(np.array([1.2, 1.2]), 5)
    with pytest.raises(BadInput, match="négatif"):
        largest_remainder(np.array([-1.0]))


@given(st.lists(st.floats(0, 1e5), min_size=1, max_size=50))
def test_they_add_up_and_stay_near(values):
    counts = np.array(values)
    whole = largest_remainder(counts)
    assert whole.sum() == np.rint(counts.sum())
    assert (np.abs(whole - counts) < 1).all()
    assert (whole == np.floor(whole)).all()
