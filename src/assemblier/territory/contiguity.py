"""Which communes touch: by their contours, else by their points."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.spatial import Delaunay, QhullError

from assemblier.territory.geometry import projected, zones_of

__all__ = ["contiguity_of_contours", "contiguity_of_points"]


def contiguity_of_contours(
    contours: gpd.GeoDataFrame, *, shortest_border_m: float = 0.0
) -> pd.DataFrame:
    """Return the pairs of communes that share a border (rook contiguity).

    Parameters
    ----------
    contours
        ``code, geometry`` in WGS 84.
    shortest_border_m
        Borders must be longer than this; a corner has no length and is no border.

    Returns
    -------
    DataFrame
        ``code, neighbour, border_km``, each pair once, ``code`` < ``neighbour``.
    """
    zones = zones_of(contours["code"])
    codes = contours["code"].to_numpy(object)
    found = []
    for epsg in np.unique(zones):
        here = np.flatnonzero(zones == epsg)
        shapes = contours.geometry.iloc[here].to_crs(int(epsg)).to_numpy()
        one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
        once = one < other
        one, other = one[once], other[once]
        length = shapely.length(
            shapely.intersection(shapely.boundary(shapes[one]), shapely.boundary(shapes[other]))
        )
        long = length > shortest_border_m
        found.append(
            _pairs(codes[here[one[long]]], codes[here[other[long]]], length[long], "border_km")
        )
    return _ordered(found, "border_km")


def contiguity_of_points(points: pd.DataFrame, *, cap_km: float) -> pd.DataFrame:
    """Return the pairs of natural neighbours (Delaunay) that are not too far apart.

    Parameters
    ----------
    points
        ``code, lon, lat``; rows without a position have no neighbour.
    cap_km
        Pairs further apart, as the crow flies, are dropped: the hull of the points joins places
        that the sea or a border parts.

    Returns
    -------
    DataFrame
        ``code, neighbour, distance_km``, each pair once, ``code`` < ``neighbour``.
    """
    located = points[points["lon"].notna() & points["lat"].notna()]
    zones = zones_of(located["code"])
    codes = located["code"].to_numpy(object)
    found = []
    for epsg in np.unique(zones):
        here = np.flatnonzero(zones == epsg)
        x, y = projected(
            located["lon"].to_numpy()[here], located["lat"].to_numpy()[here], int(epsg)
        )
        edges = _edges(x, y)
        gap = np.hypot(x[edges[:, 0]] - x[edges[:, 1]], y[edges[:, 0]] - y[edges[:, 1]])
        near = gap <= cap_km * 1000
        found.append(
            _pairs(
                codes[here[edges[near, 0]]], codes[here[edges[near, 1]]], gap[near], "distance_km"
            )
        )
    return _ordered(found, "distance_km")


def _edges(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    if len(x) < 2:
        return np.zeros((0, 2), dtype=np.int64)
    try:
        triangles = Delaunay(np.column_stack([x, y]))
    except (QhullError, ValueError):  # two points, or all on one line: neighbours in order
        order = np.lexsort((y, x))
        return np.column_stack([order[:-1], order[1:]])
    corners = triangles.simplices
    edges = np.sort(corners[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    twins = np.sort(triangles.coplanar[:, [0, 2]], axis=1)  # points left out: their nearest
    return np.unique(np.vstack([edges, twins]), axis=0)


def _pairs(one: np.ndarray, other: np.ndarray, metres: np.ndarray, name: str) -> pd.DataFrame:
    first = np.where(one < other, one, other)
    second = np.where(one < other, other, one)
    return pd.DataFrame({"code": first, "neighbour": second, name: metres / 1000})


def _ordered(found: list[pd.DataFrame], name: str) -> pd.DataFrame:
    filled = [pairs for pairs in found if len(pairs)]
    if not filled:
        return pd.DataFrame({"code": [], "neighbour": [], name: []})
    pairs = pd.concat(filled, ignore_index=True)
    return pairs.sort_values(["code", "neighbour"], ignore_index=True)
