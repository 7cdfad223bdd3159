"""What maps show: zones seen in a straight frame, intercommunalities of a region."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
import shapely

from assemblier.diagnosis.windows import (
    FEW_COMMUNES,
    FEW_STRIP,
    REGION,
    STRIP,
    Window,
    coarse_zones,
    drawn_window,
    gathered,
    widest,
)
from assemblier.publish.ground import ALONE, ALONE_SURROUNDED, SURROUNDED, ground
from assemblier.territory.shapes import Drawn

SQUARES = {f"{x}-{y}": shapely.box(x, y, x + 1, y + 1) for x in range(9) for y in range(9)}
"""Degrees at the equator: as long as wide."""
INSIDE = frozenset(f"{x}-{y}" for x in (3, 4, 5) for y in (3, 4, 5))


class _Shapes:
    def draw(self, zones: frozenset[str], tolerance: float) -> Drawn:
        assert tolerance > 0
        return Drawn({zone: SQUARES[zone] for zone in zones}, frozenset({"2-2", "0-0"}))


def test_a_map_counts_the_zones_seen_in_its_frame_and_no_other() -> None:
    found, drawn = drawn_window(_Shapes(), "commune", frozenset(SQUARES), INSIDE)  # type: ignore[arg-type]
    assert found.zones == {f"{x}-{y}" for x in range(2, 7) for y in range(2, 7)}
    assert found.inside == INSIDE
    assert set(drawn.shapes) == found.zones
    assert drawn.approximate == {"2-2"}


@pytest.mark.parametrize("inside", [INSIDE, frozenset({"4-4"}), frozenset({"4-4", "4-5"})])
def test_what_is_counted_covers_what_is_drawn(inside: frozenset[str]) -> None:
    assert STRIP > SURROUNDED, "the frame of the drawing lies inside that of the count"
    assert FEW_STRIP > ALONE_SURROUNDED
    assert FEW_COMMUNES == ALONE
    found, drawn = drawn_window(_Shapes(), "commune", frozenset(SQUARES), inside)  # type: ignore[arg-type]
    laid = ground(drawn.shapes, inside, 500.0, 500.0)
    own = [code for code in laid.paths if code in inside]
    for code in found.zones:
        x, y = _box(laid.paths[code])
        assert x[0] < laid.width, code
        assert x[1] > 0, code
        assert y[0] < laid.height, code
        assert y[1] > 0, code
    for code in own:
        x, y = _box(laid.paths[code])
        assert 0 <= x[0] <= x[1] <= laid.width
        assert 0 <= y[0] <= y[1] <= laid.height


def test_a_commune_alone_is_shown_among_its_neighbours() -> None:
    codes = [f"{x}-{y}" for x in range(9) for y in range(9)]
    # five kilometres from one point to the next
    places = [(0.045 * int(code[0]), 0.045 * int(code[2])) for code in codes]
    points = pd.DataFrame(places, columns=["lon", "lat"]).assign(code=codes)
    shapes: Any = SimpleNamespace(points=points, around=lambda inside, _margin: inside)
    near = widest(shapes, "commune", frozenset({"4-4"}))
    assert {"4-4", "3-4", "5-5", "6-4"} <= near
    assert "0-0" not in near
    assert "8-4" not in near


def _box(path: str) -> tuple[tuple[float, float], tuple[float, float]]:
    pairs = [p.split() for p in path.replace("Z", "").replace("M", "L").split("L") if p.strip()]
    xs, ys = [float(p[0]) for p in pairs], [float(p[1]) for p in pairs]
    return (min(xs), max(xs)), (min(ys), max(ys))


def _geography(home: dict[str, str]) -> Any:
    return SimpleNamespace(membership=pd.DataFrame({"epci": pd.Series(home)}))


def test_a_region_is_shown_by_the_intercommunalities_mostly_in_it() -> None:
    home = {f"c{i}": f"e{i // 20}" for i in range(REGION + 220)}
    geography = _geography(home)
    inside = frozenset(f"c{i}" for i in range(REGION + 50))
    around = inside | {f"c{i}" for i in range(REGION + 50, REGION + 105)}
    found = coarse_zones(geography, "commune", around, inside)
    assert found is not None
    # 52 whole ones, the 53rd by half; then those of which half at least is around
    assert found.inside == {f"e{i}" for i in range(53)}
    assert found.zones == found.inside | {"e53", "e54"} | (
        {"e55"} if sum(home[c] == "e55" for c in around) >= 10 else set()
    )


@pytest.mark.parametrize("count", [1, REGION])
def test_a_smaller_territory_is_shown_by_its_communes(count: int) -> None:
    home = {f"c{i}": "e" for i in range(count)}
    inside = frozenset(home)
    assert coarse_zones(_geography(home), "commune", inside, inside) is None
    assert coarse_zones(_geography(home), "arm", inside, inside) is None


def test_an_intercommunality_is_the_union_of_its_communes() -> None:
    geography = _geography({"0-0": "A", "1-0": "A", "5-5": "B"})
    window = Window("epci", frozenset({"A"}), frozenset({"A"}))
    found = gathered(geography, window, SQUARES)
    assert set(found) == {"A"}
    assert found["A"].equals(shapely.box(0, 0, 2, 1))  # type: ignore[attr-defined]
