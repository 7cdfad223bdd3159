"""Classes of a map: bounds that set zones apart."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from assemblier.diagnosis.maps import class_bounds, counted_labels, fills
from assemblier.diagnosis.windows import Window
from assemblier.values import Reason, Status, Value

COMMUNES = (1, 2, 5, 10)


def test_bounds_given_are_kept_where_they_set_zones_apart() -> None:
    assert class_bounds([0, 0, 1, 3, 12], 0, COMMUNES, counted=True) == [1, 2, 5, 10]


def test_headcounts_that_all_fall_into_one_class_take_quintiles() -> None:
    # the arrondissements of a large city all have more than ten doctors
    held = [30, 40, 60, 120, 160, 190, 240, 300, 310, 350]
    assert class_bounds(held, 0, COMMUNES, counted=True) == [56, 144, 210, 302]


def test_bounds_of_a_rate_stand_for_something_and_are_kept() -> None:
    assert class_bounds([4.6, 4.9, 5.1], 2, (1.5, 2.5, 3.5, 4.5)) == [1.5, 2.5, 3.5, 4.5]


def test_few_distinct_headcounts_are_asked_for_no_more_classes_than_they_are() -> None:
    assert class_bounds([0, 0, 1, 1], 0, COMMUNES, counted=True) == [1, 2, 5, 10]


def test_classes_of_headcounts_say_the_counts_they_hold():
    assert counted_labels([1, 2, 5, 10]) == ["0", "1", "de 2 à 4", "de 5 à 9", "10 et plus"]
    assert counted_labels([56, 1000]) == ["moins de 56", "de 56 à 999", "1\u202f000 et plus"]


def _story(known: int, grid: str) -> tuple[Any, Window]:
    """Return a territory of twenty zones, some of which have a value, and neighbours that all do."""
    own = [f"Y{at:02}" for at in range(20)]
    told = {*own[:known], "Z1", "Z2", "Z3", "Z4"}
    figures = SimpleNamespace(
        value=lambda _name, _grid, zone, _year: (
            Value(1.0)
            if zone in told
            else Value(None, Status.SECRET, reason=Reason.STATISTICAL_SECRECY)
        )
    )
    window = Window(grid, frozenset([*own, "Z1", "Z2", "Z3", "Z4"]), frozenset(own))
    return SimpleNamespace(figures=figures, detail="commune"), window


@pytest.mark.parametrize(
    ("grid", "known", "drawn"),
    [("commune", 5, False), ("commune", 6, True), ("epci", 10, False), ("epci", 11, True)],
)
def test_a_map_that_leaves_most_of_the_territory_blank_is_not_drawn(
    grid: str, known: int, drawn: bool
) -> None:
    story, window = _story(known, grid)
    assert fills(story, window, "part_pauvrete", "2016") is drawn
