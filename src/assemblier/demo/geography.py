"""Land, coast, inlet and communes of the artificial country, in Lambert 93 (EPSG:2154).

The country lies in the middle of the Bay of Biscay, where there is only water: its coordinates
pass every check of plausibility for mainland France and still designate no real place.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer
from shapely import MultiPolygon, Polygon

from assemblier.demo.names import commune_names, with_article

__all__ = [
    "BRIDGES",
    "DEPARTEMENTS",
    "ORIGIN",
    "REGIONS",
    "RIVER",
    "Atoms",
    "build_atoms",
    "to_wgs84",
    "water_barrier",
]

ORIGIN = (130_000.0, 6_480_000.0)
"""South-west corner of the artificial country, metres, Lambert 93."""

WIDTH, HEIGHT, STEP = 118_000.0, 84_000.0, 5_050.0

DEPARTEMENTS = {"Y1": "Brumelande", "Y2": "Hautes-Chimères", "Y3": "Songe-Maritime"}
"""Codes no real département can have: a letter outside Corsica's A and B, in first place."""

REGIONS = {"Y0": "Ombrelande", "Y9": "Terres-du-Songe"}
"""Two régions, so that the pays crosses the border of a région too."""

REGION_OF = {"Y1": "Y0", "Y2": "Y0", "Y3": "Y9"}

RIVER = np.array([[33e3, 40e3], [44e3, 41.5e3], [55e3, 39e3], [68e3, 41e3], [80e3, 38e3]])
"""The Reflet, a river that prolongs the inlet; crossed at the bridges only. Local metres."""

BRIDGES = np.array([[35e3, 40.3e3], [57e3, 39.3e3], [78e3, 38.5e3]])
"""Where the river is crossed, local metres."""

_TRIPOINT = np.array([47e3, 43e3])
_TO_WGS84 = Transformer.from_crs("EPSG:2154", "EPSG:4326", always_xy=True)


@dataclass(frozen=True, slots=True)
class Atoms:
    """The communes of the oldest geography: every later commune is a set of them.

    Attributes
    ----------
    code, name, tncc, departement
        Identity before any event, arrays of length n.
    xy
        Town hall, local metres from :data:`ORIGIN`, shape (n, 2).
    shape
        Polygons in local metres.
    area_km2
        Area of each polygon.
    neighbours
        Pairs (i, j), i < j, of atoms that share a border.
    size
        Kind of settlement: 4 chief town of a département, 3 town, 2 bourg, 1 village.
    coastal
        Whether the commune touches the sea.
    """

    code: list[str]
    name: list[str]
    tncc: list[int]
    departement: list[str]
    xy: NDArray[np.float64]
    shape: list[Polygon | MultiPolygon]
    area_km2: NDArray[np.float64]
    neighbours: NDArray[np.int64]
    size: NDArray[np.int64]
    coastal: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.code)


def to_wgs84(xy: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return longitudes and latitudes of local metres, shape (n, 2), degrees."""
    lon, lat = _TO_WGS84.transform(xy[:, 0] + ORIGIN[0], xy[:, 1] + ORIGIN[1])
    return np.column_stack([lon, lat])


def _land() -> Polygon:
    y = np.linspace(0, HEIGHT, 60)
    x = 7e3 + 3.5e3 * np.sin(y / 9e3) + 1.8e3 * np.sin(y / 3.1e3 + 1) + 1.2e3 * np.cos(y / 1.3e3)
    outline = [*zip(x, y, strict=True), (WIDTH, HEIGHT), (WIDTH + 2e3, HEIGHT / 2), (WIDTH, 0)]
    inlet = Polygon(
        [
            (-1000.0, 36000.0),
            (12000.0, 38000.0),
            (24000.0, 39000.0),
            (33000.0, 40000.0),
            (24000.0, 40400.0),
            (12000.0, 41000.0),
            (-1000.0, 43000.0),
        ]
    )
    land = Polygon(outline).difference(inlet)
    return max(land.geoms, key=lambda g: g.area) if isinstance(land, MultiPolygon) else land


def water_barrier() -> shapely.LineString:
    """Return the line that roads cross at the bridges only: axis of the inlet, then the river."""
    inlet_axis = [(-1e3, 39.5e3), (12e3, 39.5e3), (24e3, 39.7e3)]
    return shapely.LineString(inlet_axis + [tuple(p) for p in RIVER])


def _departement(xy: NDArray[np.float64]) -> list[str]:
    away = xy - _TRIPOINT
    wobble = 1.6e3 * np.sin(xy[:, 0] / 6e3) + 1.2e3 * np.sin(xy[:, 1] / 4e3)
    angle = np.degrees(np.arctan2(away[:, 1] + wobble, away[:, 0] + wobble))
    codes = np.where((angle > 68) | (angle < -172), "Y1", np.where(angle > -48, "Y2", "Y3"))
    return [str(c) for c in codes]


def _sizes(xy: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.int64]:
    size = np.ones(len(xy), dtype=np.int64)
    capitals = [(40e3, 76e3), (97e3, 55e3), (50e3, 8e3)]
    towns = [(36e3, 49e3), (52e3, 33e3)]
    towns += [(78e3, 72e3), (88e3, 24e3), (20e3, 14e3), (74e3, 10e3), (108e3, 36e3)]
    for kind, places in ((4, capitals), (3, towns)):
        for place in places:
            size[int(np.argmin(((xy - np.array(place)) ** 2).sum(axis=1)))] = kind
    for candidate in rng.permutation(len(xy)).tolist():
        important = np.flatnonzero(size >= 2)
        gap = np.sqrt(((xy[important] - xy[candidate]) ** 2).sum(axis=1)).min()
        if size[candidate] == 1 and gap > 11e3:
            size[candidate] = 2
    return size


def build_atoms(rng: np.random.Generator) -> Atoms:
    """Draw the communes: jittered points on land, Voronoi cells cut by the coast.

    Parameters
    ----------
    rng
        Source of randomness.

    Returns
    -------
    Atoms
        About 370 communes in three départements, numbered inside each by alphabetical order.
    """
    land = _land()
    columns, rows = int(WIDTH // STEP) + 1, int(HEIGHT // STEP) + 1
    points = []
    for row in range(rows):
        for column in range(columns):
            x = (column + 0.5 + 0.5 * (row % 2)) * STEP + rng.uniform(-0.33, 0.33) * STEP
            y = (row + 0.5) * STEP + rng.uniform(-0.33, 0.33) * STEP
            spot = shapely.Point(x, y)
            if land.buffer(-600).contains(spot):
                points.append((x, y))
    xy = np.round(np.array(points), 0)
    cells = shapely.voronoi_polygons(
        shapely.MultiPoint(xy), extend_to=land.buffer(20e3), ordered=True
    )
    shape = [_largest(cell.intersection(land)) for cell in cells.geoms]
    departement = _departement(xy)
    drawn = commune_names(len(xy), rng)
    labels = [with_article(*pair) for pair in drawn]
    order = sorted(range(len(xy)), key=lambda i: (departement[i], drawn[i][0]))
    counters: dict[str, int] = {}
    codes = []
    for i in order:
        counters[departement[i]] = counters.get(departement[i], 0) + 1
        codes.append(f"{departement[i]}{counters[departement[i]]:03d}")
    xy = xy[order]
    shape = [shape[i] for i in order]
    tree = shapely.STRtree(shape)
    left, right = tree.query(shape, predicate="touches")
    shared = shapely.length(shapely.intersection(np.array(shape)[left], np.array(shape)[right]))
    keep = (left < right) & (shared > 200)
    pairs = np.column_stack([left[keep], right[keep]])
    pairs = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
    west = shapely.LineString(land.exterior.coords)
    inside = shapely.box(-5e3, 300, WIDTH - 500, HEIGHT - 300)
    coast = shapely.intersection(west, inside)
    return Atoms(
        code=codes,
        name=[labels[i] for i in order],
        tncc=[drawn[i][1] for i in order],
        departement=[departement[i] for i in order],
        xy=xy,
        shape=shape,
        area_km2=shapely.area(np.array(shape)) / 1e6,
        neighbours=pairs.astype(np.int64),
        size=_sizes(xy, rng),
        coastal=np.asarray(shapely.distance(np.array(shape), coast) < 50),
    )


def _largest(part: shapely.Geometry) -> Polygon:
    if isinstance(part, Polygon):
        return part
    return max((g for g in part.geoms if isinstance(g, Polygon)), key=lambda g: g.area)
