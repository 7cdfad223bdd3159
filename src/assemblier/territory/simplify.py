"""Light contours for screens: simplified together, so that shared borders stay shared."""

from __future__ import annotations

import json
from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from assemblier.territory.geometry import zones_of

__all__ = ["geojson_text", "simplified"]

_WGS84 = 4326
_SNAP_DECIMALS = 2  # of a metre


def simplified(contours: gpd.GeoDataFrame, tolerance_m: float) -> gpd.GeoDataFrame:
    """Return the contours with fewer vertices, neighbours still touching each other.

    Parameters
    ----------
    contours
        ``code, geometry`` in WGS 84, of neighbours that do not overlap.
    tolerance_m
        Side in metres of the square whose area is the least a vertex must matter by.

    References
    ----------
    Visvalingam and Whyatt (1993), "Line generalisation by repeated elimination of points",
    *The Cartographic Journal* 30(1), doi:10.1179/000870493786962263, on the edges of a coverage.
    """
    zones = zones_of(contours["code"])
    shapes = np.full(len(contours), None, dtype=object)
    for epsg in np.unique(zones):
        here = np.flatnonzero(zones == epsg)
        flat = contours.geometry.iloc[here].to_crs(int(epsg)).to_numpy()
        light = _light(flat, tolerance_m)
        gone = shapely.is_empty(light)
        light[gone] = flat[gone]
        shapes[here] = gpd.GeoSeries(light, crs=int(epsg)).to_crs(_WGS84).to_numpy()
    return contours.set_geometry(gpd.GeoSeries(shapes, index=contours.index, crs=_WGS84))


def _light(flat: NDArray, tolerance_m: float) -> NDArray:
    """Simplify neighbours together; shapes that nothing can be done with keep their vertices."""
    # vertices that two neighbours share may differ by a rounding error in the file
    snapped = shapely.transform(flat, lambda pairs: np.round(pairs, _SNAP_DECIMALS))
    torn = ~shapely.is_valid(snapped)
    try:
        # rings of scattered cells may touch themselves once snapped
        whole = shapely.buffer(flat[torn], 0.0)
        snapped[torn] = shapely.set_precision(whole, 10.0**-_SNAP_DECIMALS)
        light = np.asarray(shapely.coverage_simplify(snapped, tolerance_m), dtype=object)
    except shapely.errors.GEOSException:
        return np.asarray(snapped)
    return light


def geojson_text(
    contours: gpd.GeoDataFrame, properties: Sequence[str] = ("code",), *, decimals: int = 4
) -> str:
    """Return a compact GeoJSON text (RFC 7946), coordinates rounded.

    Parameters
    ----------
    properties
        Columns that go with each contour; the code is also the ``id`` of its feature.
    decimals
        Of degrees: 4 is about 10 m.
    """
    rounded = shapely.transform(
        contours.geometry.to_numpy(), lambda pairs: np.round(pairs, decimals)
    )
    shapes = [json.loads(text) for text in shapely.to_geojson(rounded)]
    told = contours[list(properties)].astype(object)
    told = told.where(told.notna(), None)
    features = [
        {"type": "Feature", "id": code, "properties": row, "geometry": shape}
        for code, row, shape in zip(contours["code"], told.to_dict("records"), shapes, strict=True)
    ]
    return json.dumps(
        {"type": "FeatureCollection", "features": features},
        ensure_ascii=False,
        separators=(",", ":"),
    )
