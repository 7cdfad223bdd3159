"""The ground of maps: zones projected, simplified and written as paths, once for all maps."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyproj
import shapely

__all__ = ["MARGIN", "Ground", "ground"]

BLUR = 0.35
"""By how many pixels a contour may be moved when it is simplified."""
MARGIN = 8.0
"""Room left around the zones, in pixels."""
SURROUNDED = 0.05
"""What is seen around an outline, in shares of its larger side: the rest is cut straight."""
ALONE, ALONE_SURROUNDED = 2, 0.6
"""The same around an outline of so few zones that its neighbours are what the map tells."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What maps of the same zones share.

    Attributes
    ----------
    width, height
        Of the zones, in pixels.
    scale
        Pixels by metre.
    paths
        Zone code → data of its path.
    edge
        Data of the path of the outline, empty without one.
    middles
        Zone code → a point inside it, in pixels.
    parting
        Data of the path of the lines between areas, empty without any.
    """

    width: float
    height: float
    scale: float
    paths: Mapping[str, str]
    edge: str
    middles: Mapping[str, tuple[float, float]]
    parting: str = ""


def ground(
    shapes: Mapping[str, Any],
    outline: Collection[str],
    room: float,
    most_height: float,
    areas: Mapping[str, str] | None = None,
) -> Ground:
    """Lay zones out in a room, north up, in equal areas around their middle.

    Parameters
    ----------
    shapes
        Zone code → geometry, WGS 84; at least one.
    outline
        Codes of the zones whose union is outlined.
    room, most_height
        Width to fill and height not to pass, in pixels.
    areas
        Zone code → area: the lines between areas are drawn apart.
    """
    codes = list(shapes)
    flat = _projected(np.array([shapes[code] for code in codes], dtype=object))
    inside = flat[[code in outline for code in codes]]
    left, bottom, right, top = _framed(shapely.total_bounds(flat), inside)
    wide, tall = max(right - left, 1.0), max(top - bottom, 1.0)
    scale = min((room - MARGIN) / wide, most_height / tall)
    simple = shapely.simplify(flat, BLUR / scale, preserve_topology=True)
    edge = ""
    if len(inside):
        edge = _path(
            shapely.simplify(shapely.boundary(shapely.union_all(inside)), BLUR / scale),
            scale,
            left,
            top,
        )
    points = shapely.get_coordinates(shapely.point_on_surface(flat))
    return Ground(
        wide * scale,
        tall * scale,
        scale,
        {code: _path(shape, scale, left, top) for code, shape in zip(codes, simple, strict=True)},
        edge,
        {
            code: (float(x - left) * scale, float(top - y) * scale)
            for code, (x, y) in zip(codes, points, strict=True)
        },
        _path(shapely.simplify(_parting(codes, flat, areas), BLUR / scale), scale, left, top)
        if areas
        else "",
    )


def _parting(codes: Sequence[str], shapes: np.ndarray, areas: Mapping[str, str]) -> Any:
    """Return the limits of areas, those that two share once."""
    held: dict[str, list[Any]] = {}
    for code, shape in zip(codes, shapes, strict=True):
        if code in areas:
            held.setdefault(areas[code], []).append(shape)
    limits = [shapely.boundary(shapely.union_all(each)) for each in held.values()]
    return shapely.line_merge(shapely.union_all(limits))


def _framed(bounds: np.ndarray, inside: np.ndarray) -> tuple[float, float, float, float]:
    """Return what is shown: zones whole, or an outline and a straight strip around it."""
    left, bottom, right, top = map(float, bounds)
    if not len(inside):
        return left, bottom, right, top
    own = tuple(map(float, shapely.total_bounds(inside)))
    share = ALONE_SURROUNDED if len(inside) <= ALONE else SURROUNDED
    strip = share * max(own[2] - own[0], own[3] - own[1])
    return (
        max(left, own[0] - strip),
        max(bottom, own[1] - strip),
        min(right, own[2] + strip),
        min(top, own[3] + strip),
    )


def _projected(shapes: np.ndarray) -> np.ndarray:
    west, south, east, north = shapely.total_bounds(shapes)
    plane = pyproj.CRS.from_proj4(
        f"+proj=laea +lat_0={(south + north) / 2} +lon_0={(west + east) / 2} +units=m"
    )
    change = pyproj.Transformer.from_crs("EPSG:4326", plane, always_xy=True)

    def moved(points: np.ndarray) -> np.ndarray:
        return np.column_stack(change.transform(points[:, 0], points[:, 1]))

    flat = np.asarray(shapely.transform(shapes, moved), dtype=object)
    # a narrow neck, valid in degrees, may cross itself once projected; unions refuse that
    torn = ~shapely.is_valid(flat)
    flat[torn] = shapely.make_valid(flat[torn], method="structure", keep_collapsed=False)
    return flat


def _path(shape: Any, scale: float, left: float, top: float) -> str:
    """Write a shape as the data of a path, in pixels."""
    written: list[str] = []
    for part in shapely.get_parts(shape):
        if part.geom_type == "Polygon":
            rings = [part.exterior, *part.interiors]
        elif part.geom_type in ("LineString", "LinearRing"):
            rings = [part]
        else:
            continue
        for ring in rings:
            points = shapely.get_coordinates(ring)
            xs = ((points[:, 0] - left) * scale).tolist()
            ys = ((top - points[:, 1]) * scale).tolist()
            pairs = [f"{x:.1f} {y:.1f}" for x, y in zip(xs, ys, strict=True)]
            closed = part.geom_type == "Polygon"
            written.append(
                "M" + "L".join(pairs[:-1] if closed else pairs) + ("Z" if closed else "")
            )
    return "".join(written)
