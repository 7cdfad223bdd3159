"""Comparing partitions: closed forms and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest

from assemblier.errors import BadInput
from assemblier.perimeters.flows import flows_between
from assemblier.perimeters.living_areas.partitions import (
    compare_partitions,
    disagreements,
    localisation,
)


def test_localisation_by_hand():
    flows = flows_between(
        ["a", "a", "b", "b", "c", "c", "c"], ["a", "b", "b", "c", "c", "a", "x"], [6, 2, 3, 1, 5, 1, 4],
        zones=["a", "b", "c", "d"],
    )  # fmt: skip
    found = localisation(flows, [7, 7, 2, -1])
    assert found.areas.tolist() == [2, 7]
    assert found.inside.tolist() == [5, 11]
    assert found.residents.tolist() == [10, 12]
    assert found.comers.tolist() == [6, 12]
    assert found.share.tolist() == [0.5, 11 / 12]
    assert found.whole == 16 / 22
    assert found.left_out == 0
    part = localisation(flows, [7, 7, -1, 3])
    assert part.left_out == 10
    assert math.isnan(part.share[0])


def test_people_who_change_area_by_hand():
    # Areas 1 = {a, b}, 2 = {c, d} against 5 = {a}, 6 = {b, c, d}; people 10, 4, 3, 8.
    found = compare_partitions([1, 1, 2, 2], [5, 6, 6, 6], weights=[10, 4, 3, 8])
    assert found.match.tolist() == [0, 1]
    assert found.matched_weight.tolist() == [10, 11]
    assert found.changed_weight == 4
    assert found.changed_share == pytest.approx(4 / 25)
    who = disagreements([1, 1, 2, 2], [5, 6, 6, 6], weights=[10, 4, 3, 8])
    assert (who.first.tolist(), who.second.tolist(), who.expected.tolist()) == ([1], [6], [5])
    assert (who.zones.tolist(), who.weight.tolist()) == ([1], [4])
    assert who.zone_changes.tolist() == [0, 1, 0, 0]


def test_pairing_is_the_best_overall_not_the_greedy_one():
    # Greedy would pair the largest overlap (6) and lose 5 + 5; the best pairing keeps 10.
    first = np.repeat([0, 0, 1], [6, 5, 5])
    second = np.repeat([0, 1, 0], [6, 5, 5])
    assert compare_partitions(first, second).changed_weight == 6


def test_an_area_without_a_pair_changes_wholly():
    found = compare_partitions([0, 0, 1, 2], [0, 0, 0, 0], weights=[5, 5, 3, 2])
    assert found.match.tolist() == [0, -1, -1]
    assert found.changed_weight == 5
    who = disagreements([0, 0, 1, 2], [0, 0, 0, 0], weights=[5, 5, 3, 2])
    assert who.expected.tolist() == [-1, -1]


def test_zones_that_one_leaves_out_are_told_apart():
    found = compare_partitions([0, 0, 1, -1], [3, 3, -1, 4], weights=[5, 5, 3, 2])
    assert found.left_out_weight == 5
    assert found.total_weight == 10
    assert found.v_measure == found.adjusted_rand == 1
    who = disagreements([0, 0, 1, -1], [3, 3, -1, 4])
    assert who.zone_changes.tolist() == [0, 0, -1, -1]
    assert who.first.size == 0


def test_one_zone_one_area():
    found = compare_partitions([0], [5])
    assert (found.v_measure, found.adjusted_rand, found.changed_share) == (1, 1, 0)


def test_unusable_partitions_are_refused():
    with pytest.raises(BadInput, match="entiers"):
        compare_partitions([0.5], [1])
    with pytest.raises(BadInput, match="longueur"):
        compare_partitions([0, 1], [1])
    with pytest.raises(BadInput, match="longueur"):
        compare_partitions([0], [1], weights=[1, 2])
    with pytest.raises(BadInput) as refused:
        compare_partitions([0, 0, 0], [1, 1, 1], weights=[1, -2, np.nan])
    assert len(refused.value.problems) == 2
    with pytest.raises(BadInput, match="à la fois"):
        compare_partitions([0, -1], [-1, 0])
