"""Points, areas and contours of the communes, from IGN and Etalab."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from pyproj import Transformer
from shapely import to_wkb, transform
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from assemblier.errors import BadInput, Problem
from assemblier.sources.readers.contract import (
    Extract,
    Reader,
    Recognised,
    commune_codes,
    edition,
    year_named,
)
from assemblier.sources.readers.coordinates import ordered
from assemblier.sources.readers.raw import RawFile

__all__ = ["READERS"]

POINTS = {
    "mairie": ("mairie_lon", "mairie_lat"),
    "interieur": ("rep_lon", "rep_lat"),
    "centroide": ("centroid_lon", "centroid_lat"),
}
NO_ZONE = ("ZZZZZZZZZ", "ZZZZZ")
CODE_NAMES = ("code", "codgeo", "INSEE_COM", "insee_com", "id")
NAME_NAMES = ("nom", "name", "libgeo", "NOM")
REGIONS = {
    ("22", "29", "35", "56"): "-bretagne",
    ("18", "28", "36", "37", "41", "45"): "-centre-val-de-loire",
}
"""Départements of an extract of the contours → end of its edition."""


def _recognise_points(raw: RawFile) -> Recognised | None:
    for grid in raw.grids:
        heads = [head for pair in POINTS.values() for head in pair]
        found = grid.find("code", "nom", "departement", *heads, "area_km2_approx", exact=True)
        if found:
            year, notes = year_named(raw)
            return Recognised(
                f"etalab-communes@{edition(year)}",
                f"communes, points et superficies, COG {edition(year)}",
                cog=year,
                cog_sure=year is not None,
                period=str(year or ""),
                notes=notes,
                detail={"header": grid.rows[found.row], "row": found.row},
            )
    return None


def _read_points(raw: RawFile, found: Recognised) -> Iterator[Extract]:
    header: tuple[str, ...] = found.detail["header"]
    wanted = ["code", "nom", "type", "departement", "region", "epci", "area_km2_approx"]
    wanted += [head for pair in POINTS.values() for head in pair]
    cells = raw.cells(
        [header.index(head) for head in wanted], after=found.detail["row"], names=wanted
    )
    cells["code"] = commune_codes(cells["code"])
    # the table mixes communes and municipal arrondissements
    borough = cells["type"].str.startswith("arrondissement")
    communes = cells[["code", "nom", "departement", "region", "_row"]].assign(
        type=borough.map({True: "ARM", False: "COM"}), parent=None
    )
    yield Extract("commune", communes)
    epci = cells.loc[cells["epci"].notna() & ~cells["epci"].isin(NO_ZONE), ["code", "epci", "_row"]]
    yield Extract("appartenance", epci.rename(columns={"epci": "zone"}).assign(grille="epci"))
    areas = cells.loc[cells["area_km2_approx"].notna(), ["code", "area_km2_approx", "_row"]]
    yield Extract("superficie", areas.rename(columns={"area_km2_approx": "km2"}))
    points = []
    turned = 0
    for kind, (lon, lat) in POINTS.items():
        has = cells[lon].notna() & cells[lat].notna()
        part = cells.loc[has, ["code", "_row"]]
        longitude, latitude, swapped = ordered(cells.loc[has, lon], cells.loc[has, lat])
        turned += int(swapped.sum())
        points.append(part.assign(genre=kind, longitude=longitude, latitude=latitude))
    notes = (f"{turned} points dont longitude et latitude étaient inversées",) if turned else ()
    yield Extract("point", pd.concat(points, ignore_index=True), notes=notes)


def _recognise_contours(raw: RawFile) -> Recognised | None:
    if '"FeatureCollection"' not in raw.json_head or "olygon" not in raw.head:
        return None
    features = raw.json()["features"]
    properties: dict[str, Any] = (features[0].get("properties") or {}) if features else {}
    code = next((name for name in CODE_NAMES if name in properties), None)
    if code is None or len(str(properties[code])) != 5:
        return None
    departments = tuple(sorted({str(f["properties"].get(code, ""))[:2] for f in features}))
    detail = {"code": code}
    extent = f"contours de {len(features)} communes ({len(departments)} départements)"
    if len(departments) <= 8:
        extent = f"contours de {len(features)} communes (départements {', '.join(departments)})"
    if {"lon", "lat", "population"} <= set(properties) and departments == ("38",):
        return Recognised(
            "temps-isere@2021-points",
            f"{extent} et points de départ des temps de trajet",
            cog=2021,
            cog_sure=False,
            period="2021",
            notes=("population sans date : écartée",),
            detail=detail,
        )
    year, notes = year_named(raw)
    return Recognised(
        f"etalab-contours@{edition(year)}{REGIONS.get(departments, '')}",
        extent,
        cog=year,
        cog_sure=year is not None,
        period=str(year or ""),
        notes=notes,
        detail=detail,
    )


def _read_contours(raw: RawFile, found: Recognised) -> Iterator[Extract]:
    code: str = found.detail["code"]
    rows: list[dict[str, object]] = []
    points: list[dict[str, object]] = []
    problems: list[Problem] = []
    metres = 0
    for at, feature in enumerate(raw.json()["features"], start=1):
        properties = feature.get("properties") or {}
        try:
            geometry, turned = _degrees(shape(feature["geometry"]))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            problems.append(Problem(f"contour illisible ({error})", raw.path.name, at, "geometry"))
            continue
        metres += turned
        name = next((properties[key] for key in NAME_NAMES if properties.get(key)), None)
        commune = {"code": str(properties.get(code)).zfill(5), "_row": at}
        rows.append({**commune, "nom": name, "geometrie": to_wkb(geometry)})
        if "lon" in properties and "lat" in properties:
            points.append(
                {**commune, "longitude": properties["lon"], "latitude": properties["lat"]}
            )
    if problems:
        raise BadInput(problems)
    notes = (f"{metres} contours en Lambert 93 convertis en WGS 84",) if metres else ()
    yield Extract("contour", pd.DataFrame(rows), notes=notes)
    if points:
        yield Extract("point", pd.DataFrame(points).assign(genre="interieur"))


def _degrees(geometry: BaseGeometry) -> tuple[BaseGeometry, bool]:
    """Return the contour in WGS 84; some files are in Lambert 93 in spite of the format."""
    if geometry.is_empty or (abs(geometry.bounds[0]) <= 180 and abs(geometry.bounds[1]) <= 90):
        return geometry, False
    transformer = Transformer.from_crs("EPSG:2154", "EPSG:4326", always_xy=True)

    def turned(points: np.ndarray) -> np.ndarray:
        return np.column_stack(transformer.transform(points[:, 0], points[:, 1]))

    return transform(geometry, turned), True


READERS = (
    Reader(
        "ign.points",
        ("commune", "appartenance", "superficie", "point"),
        _recognise_points,
        _read_points,
    ),
    Reader("ign.contours", ("contour", "point"), _recognise_contours, _read_contours, version=2),
)
