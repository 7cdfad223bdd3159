"""Raw files of geometry: contours of communes, roads as OpenStreetMap data."""

from __future__ import annotations

import json

import numpy as np
import shapely

from assemblier.demo.country import Country
from assemblier.demo.files import Folder
from assemblier.demo.geography import REGION_OF, to_wgs84

__all__ = ["write_contours"]


def _ring(points: np.ndarray) -> list[list[float]]:
    return [[round(float(x), 5), round(float(y), 5)] for x, y in to_wgs84(points)]


def _outline(shape: shapely.Geometry) -> dict[str, object]:
    parts = [shape] if isinstance(shape, shapely.Polygon) else list(shape.geoms)
    polygons = [
        [_ring(np.array(r.coords)) for r in (p.exterior, *p.interiors)]
        for p in parts
        if isinstance(p, shapely.Polygon)
    ]
    if len(polygons) == 1:
        return {"type": "Polygon", "coordinates": polygons[0]}
    return {"type": "MultiPolygon", "coordinates": polygons}


def write_contours(country: Country, folder: Folder) -> None:
    """Write the contours of communes, in the two layouts in use.

    Parameters
    ----------
    country
        The artificial country.
    folder
        Where to write.
    """
    for year, full in ((2018, False), (2024, True)):
        epci = country.zone("EPCI", year)
        features = []
        for code, members in country.history.members(year).items():
            # densified so that neighbours share the vertices where three communes meet
            shape = shapely.union_all(np.array([country.atoms.shape[i] for i in members]))
            properties = {"code": code, "nom": country.history.labels(year)[code][0]}
            if full:
                dep = code[:2]
                properties |= {"departement": dep, "region": REGION_OF[dep], "epci": epci[code]}
            features.append(
                {"type": "Feature", "geometry": _outline(shape), "properties": properties}
            )
        name = "communes-ombrelune_2018" if year == 2018 else "communes-5m_2024"
        content = {"type": "FeatureCollection", "features": features}
        folder.text(
            f"contours/{name}.geojson",
            json.dumps(content, ensure_ascii=year == 2018, separators=(",", ":")),
            card="contours-communes", what=f"Contours des communes {year}", vintage=year, cog=year,
        )  # fmt: skip
