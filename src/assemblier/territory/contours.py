"""Contours of communes, converted by union; Voronoi cells of their points where there are none.

A contour that is not the official one is *approché* (approached) and every map must say so.
"""

from __future__ import annotations

from collections.abc import Collection

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import Delaunay, QhullError

from assemblier.territory.geometry import projected, zones_of
from assemblier.territory.passage import Crosswalk

__all__ = [
    "APPROACHED",
    "OFFICIAL",
    "area_km2",
    "contours_at",
    "mixed_contours",
    "voronoi_cells",
]

OFFICIAL = "contours officiels"
APPROACHED = "contours approchés"

_MAINLAND_EQUAL_AREA = 3035  # ETRS89 / LAEA Europe
_MAINLAND_EPSG = 2154
_JITTER_M = 20.0
_GRID_M = 0.01
_LEAST_GAP_M2 = 10_000.0  # smaller gaps are rounding errors between two cuts
_WGS84 = 4326


def area_km2(contours: gpd.GeoDataFrame) -> np.ndarray:
    """Return areas in km², measured in an equal-area projection (mainland) or the local UTM.

    Parameters
    ----------
    contours
        ``code, geometry`` in WGS 84.
    """
    zones = zones_of(contours["code"])
    zones[zones == _MAINLAND_EPSG] = _MAINLAND_EQUAL_AREA
    areas = np.full(len(contours), np.nan)
    for epsg in np.unique(zones):
        here = zones == epsg
        areas[here] = contours.geometry[here].to_crs(int(epsg)).area / 1e6
    return areas


def contours_at(
    contours: gpd.GeoDataFrame, crosswalk: Crosswalk, points: pd.DataFrame | None = None
) -> gpd.GeoDataFrame:
    """Return the contours of another vintage: merged communes by union.

    Parameters
    ----------
    contours
        ``code, geometry`` and perhaps ``quality``, in WGS 84, of ``crosswalk.vintage_from``.
    points
        ``code, lon, lat`` of the target vintage: a commune that was divided is cut into the
        cells of the points of its parts, marked as approached. Without them the parts are left
        out: nobody knows where the border runs.

    Returns
    -------
    GeoDataFrame
        ``code, quality, geometry``. A merged commune of which a part has no contour is left out.
    """
    quality = contours.get("quality", OFFICIAL)
    base = contours[["code", "geometry"]].assign(quality=quality)
    moves = crosswalk.moves
    still = base[~base["code"].isin(moves["code_from"])]
    shapes = dict(zip(base["code"], base.geometry, strict=True))
    qualities = dict(zip(base["code"], base["quality"], strict=True))
    where = (
        {}
        if points is None
        else {
            code: (lon, lat)
            for code, lon, lat in zip(points["code"], points["lon"], points["lat"], strict=True)
            if np.isfinite(lon) and np.isfinite(lat)
        }
    )
    pieces: dict[tuple[str, str], shapely.Geometry] = {}
    for origin, part in moves[moves["code_from"].isin(shapes)].groupby("code_from"):
        targets = part["code_to"].tolist()
        if len(targets) == 1:
            pieces[str(origin), targets[0]] = shapes[str(origin)]
        elif all(target in where for target in targets):
            cut = _cut(shapes[str(origin)], [where[target] for target in targets])
            pieces.update(
                {(str(origin), target): cell for target, cell in zip(targets, cut, strict=True)}
            )
    rows = []
    for target, part in moves.groupby("code_to"):
        pairs = [(origin, str(target)) for origin in part["code_from"]]
        if all(pair in pieces for pair in pairs):
            divided = (part["weight"] < 1 - 1e-9).any()
            worst = divided or any(qualities[origin] != OFFICIAL for origin, _ in pairs)
            shape = shapely.union_all([pieces[pair] for pair in pairs])
            rows.append((str(target), APPROACHED if worst else OFFICIAL, shape))
    made = gpd.GeoDataFrame(
        {
            "code": [code for code, _, _ in rows],
            "quality": [told for _, told, _ in rows],
        },
        geometry=[shape for _, _, shape in rows],
        crs=_WGS84,
    )
    both = made if still.empty else still if made.empty else pd.concat([still, made])
    return gpd.GeoDataFrame(
        both[["code", "quality", "geometry"]].sort_values("code", ignore_index=True), crs=_WGS84
    )


def voronoi_cells(
    points: pd.DataFrame,
    *,
    reach: float,
    cap_km: float,
    spread: float | None = None,
    land: shapely.Geometry | None = None,
) -> gpd.GeoDataFrame:
    """Return the Voronoi cell of each commune point, kept off the sea and the neighbours.

    Parameters
    ----------
    points
        ``code, lon, lat`` and perhaps ``area_km2``; rows without a position are left out.
    reach
        A cell goes no further from its point than ``reach`` × the median distance to its natural
        neighbours: on a coast or a border it stays its own size, inland nothing is cut.
    cap_km
        … and never further than this, in km.
    spread
        … nor than ``spread`` × √area where the area is known: islands keep their size.
    land
        Known ground, in WGS 84, to which the cells are cut.

    Returns
    -------
    GeoDataFrame
        ``code, quality, geometry`` in WGS 84, in the order of the points, all approached.

    References
    ----------
    Okabe, Boots, Sugihara and Chiu (2000), *Spatial Tessellations*, 2nd ed., Wiley.
    """
    located = points[points["lon"].notna() & points["lat"].notna()].reset_index(drop=True)
    zones = zones_of(located["code"])
    shapes = np.full(len(located), None, dtype=object)
    for epsg in np.unique(zones):
        here = np.flatnonzero(zones == epsg)
        x, y = projected(
            located["lon"].to_numpy()[here], located["lat"].to_numpy()[here], int(epsg)
        )
        cap = np.full(len(here), cap_km * 1000)
        if spread is not None and "area_km2" in located:
            area = located["area_km2"].to_numpy(np.float64)[here] * 1e6
            cap = np.fmin(cap, spread * np.sqrt(area))
        cells = _cells(x, y, reach, cap)
        back = gpd.GeoSeries(cells, crs=int(epsg)).to_crs(_WGS84).to_numpy()
        crossed = ~shapely.is_valid(back)
        back[crossed] = shapely.buffer(back[crossed], 0)
        shapes[here] = back
    if land is not None:
        shapely.prepare(land)
        crossing = ~shapely.contains_properly(land, shapes)
        shapes[crossing] = shapely.intersection(shapes[crossing], land)
    return gpd.GeoDataFrame(
        {"code": located["code"].to_numpy(object), "quality": APPROACHED},
        geometry=shapes,
        crs=_WGS84,
    )


def mixed_contours(
    codes: Collection[str],
    official: gpd.GeoDataFrame | None,
    points: pd.DataFrame,
    *,
    reach: float,
    cap_km: float,
    spread: float | None = None,
) -> gpd.GeoDataFrame:
    """Return one contour per commune: the known one, else a Voronoi cell beside the known ones.

    Parameters
    ----------
    codes
        Communes that are asked.
    official
        ``code, geometry`` (and ``quality``) of the same vintage, in WGS 84.
    points
        ``code, lon, lat`` (and ``area_km2``) of the same vintage: those around the communes too,
        else the cells of the edge are too large.

    reach, cap_km, spread
        See :func:`voronoi_cells`.

    Returns
    -------
    GeoDataFrame
        ``code, quality, geometry``, by code; communes with neither contour nor point are absent.
    """
    asked = set(codes)
    if official is None or official.empty:
        cells = voronoi_cells(points, reach=reach, cap_km=cap_km, spread=spread)
        found = cells[cells["code"].isin(asked)]
        return gpd.GeoDataFrame(found.sort_values("code", ignore_index=True), crs=_WGS84)
    quality = official.get("quality", OFFICIAL)
    known = official[["code", "geometry"]].assign(quality=quality)
    wanted = known[known["code"].isin(asked)]
    lacking = asked.difference(known["code"])
    if not lacking:
        both = wanted
    else:
        cells = voronoi_cells(points, reach=reach, cap_km=cap_km, spread=spread)
        cells = cells[cells["code"].isin(lacking)].reset_index(drop=True)
        shapes = cells.geometry.to_numpy().copy()
        tree = shapely.STRtree(known.geometry.to_numpy())
        cell, shape = tree.query(shapes, predicate="intersects")
        for at in np.unique(cell):
            taken = shapely.union_all(known.geometry.to_numpy()[shape[cell == at]])
            shapes[at] = shapely.difference(shapes[at], taken)
        cells = cells.set_geometry(gpd.GeoSeries(shapes, crs=_WGS84))
        cells = cells[~cells.geometry.is_empty]
        both = pd.concat([wanted, cells]) if len(wanted) else cells
    return gpd.GeoDataFrame(
        both[["code", "quality", "geometry"]].sort_values("code", ignore_index=True), crs=_WGS84
    )


def _cells(x: np.ndarray, y: np.ndarray, reach: float, cap: np.ndarray) -> np.ndarray:
    """Return one polygon per point, in metres."""
    x, y = _apart(x, y)
    if len(x) == 1:
        return np.array([shapely.buffer(shapely.Point(x[0], y[0]), cap[0])], dtype=object)
    dots = shapely.points(x, y)
    edge = float(cap.max())
    span = shapely.box(x.min() - edge, y.min() - edge, x.max() + edge, y.max() + edge)
    found = shapely.voronoi_polygons(shapely.multipoints(dots), extend_to=span, ordered=True)
    cells = shapely.get_parts(found)
    radius = np.minimum(cap, reach * _neighbour_distance(x, y))
    # only the cells with a corner further than that are cut: inland ones are left whole
    corners, cell = shapely.get_coordinates(cells, return_index=True)
    far = np.zeros(len(x))
    np.maximum.at(far, cell, np.hypot(corners[:, 0] - x[cell], corners[:, 1] - y[cell]))
    long = far > radius
    discs = shapely.buffer(dots[long], radius[long], quad_segs=8)
    # on a grid of one centimetre, so that no cut leaves a spike without width
    cells[long] = shapely.set_precision(_trimmed(cells[long], discs), _GRID_M)
    return np.asarray(cells, dtype=object)


def _trimmed(cells: np.ndarray, discs: np.ndarray) -> np.ndarray:
    """Cut off what reaches beyond the discs, but for the gaps closed on all sides: inland ones.

    A gap is open when it is joined, gap by gap, to the edge of the diagram.
    """
    parts, owner = shapely.get_parts(shapely.difference(cells, discs), return_index=True)
    if not len(parts):
        return cells
    one, other = shapely.STRtree(parts).query(parts, predicate="intersects")
    graph = coo_array((np.ones(len(one)), (one, other)), shape=(len(parts), len(parts)))
    _, group = connected_components(graph, directed=False)
    bounds = shapely.bounds(parts)
    edge = shapely.total_bounds(parts)
    at_edge = (bounds[:, :2] <= edge[:2] + 1).any(axis=1) | (bounds[:, 2:] >= edge[2:] - 1).any(
        axis=1
    )
    size = np.bincount(group, weights=shapely.area(parts))
    opened = np.isin(group, np.unique(group[at_edge])) | (size[group] < _LEAST_GAP_M2)
    trimmed = cells.copy()
    whole = np.isin(np.arange(len(cells)), owner[~opened])
    plain = ~whole & np.isin(np.arange(len(cells)), owner[opened])
    trimmed[plain] = shapely.intersection(cells[plain], discs[plain])
    for at in np.intersect1d(owner[~opened], owner[opened]):
        sea = shapely.union_all(parts[(owner == at) & opened])
        trimmed[at] = shapely.difference(cells[at], sea)
    return trimmed


def _neighbour_distance(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return for each point the median distance to its natural (Delaunay) neighbours."""
    try:
        corners = Delaunay(np.column_stack([x, y])).simplices
    except (QhullError, ValueError):  # fewer than three points, or all on one line
        gap = np.hypot(x[:, None] - x[None, :], y[:, None] - y[None, :])
        np.fill_diagonal(gap, np.inf)
        return np.asarray(gap.min(axis=1))
    one = corners[:, [0, 1, 2, 1, 2, 0]].ravel()
    other = corners[:, [1, 2, 0, 0, 1, 2]].ravel()
    gaps = pd.Series(np.hypot(x[one] - x[other], y[one] - y[other]))
    return gaps.groupby(one).median().reindex(np.arange(len(x))).to_numpy(np.float64)


def _apart(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Move apart, by a few metres and always the same way, the points that coincide."""
    rank = pd.DataFrame({"x": np.round(x, 1), "y": np.round(y, 1)}).groupby(["x", "y"]).cumcount()
    step = rank.to_numpy(np.float64)
    return x + _JITTER_M * step, y + _JITTER_M * step


def _cut(shape: shapely.Geometry, where: list[tuple[float, float]]) -> list[shapely.Geometry]:
    """Cut a contour into the cells of some points."""
    cells = shapely.voronoi_polygons(
        shapely.multipoints(where), extend_to=shapely.envelope(shape), ordered=True
    )
    return [shapely.intersection(shape, cell) for cell in shapely.get_parts(cells)]
