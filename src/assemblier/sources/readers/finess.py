"""FINESS: establishments of health and social care, in the layouts the register has had."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from assemblier.errors import BadInput, Problem
from assemblier.sources.readers.contract import (
    Extract,
    Reader,
    Recognised,
    commune_codes,
    edition,
    year_in,
)
from assemblier.sources.readers.coordinates import lambert_to_wgs84, ordered
from assemblier.sources.readers.raw import RawFile

__all__ = ["READERS"]

STOCK = {
    "tag": 0,
    "finess": 1,
    "nom": 3,
    "nom_long": 4,
    "commune": 12,
    "departement": 13,
    "categorie": 18,
    "ouvert": 28,
}
"""Fields of a ``structureet`` line, numbered after the tag as the producer's notice does."""
STOCK_FIELDS = 31
OVERSEAS = r"9[A-Z]"
"""FINESS writes overseas départements 9A to 9J and their communes with the last three digits."""
SAMPLE_ENTITIES = 100
"""Fewer legal entities than this are a sample of the register."""
EMPTY_COLUMNS = ("nom", "categorie", "code", "longitude", "latitude", "ouvert", "ferme")


def establishments(frame: pd.DataFrame) -> pd.DataFrame:
    """Give a frame the columns of the table that its layout does not have, empty."""
    missing: dict[str, Any] = {name: None for name in EMPTY_COLUMNS if name not in frame}
    if "actif" not in frame:
        missing["actif"] = True
    return frame.assign(**missing)


def _recognise_stock(raw: RawFile) -> Recognised | None:
    if raw.kind != "csv":
        return None
    rows = raw.grids[0].rows
    if not any(row and row[0] == "structureet" and len(row) > 28 for row in rows):
        return None
    first = rows[0]
    date = first[3] if first[0] == "finess" and len(first) > 3 else ""
    known = date[:7] if date else edition(year_in(*raw.names))
    if b"\ngeolocalisation;" in raw.content:
        known += "-geolocalise"
    return Recognised(
        f"finess-etablissements@{known}",
        f"établissements FINESS, fichier national{f' du {date}' if date else ''}",
        cog=year_in(date[:4]) or year_in(*raw.names),
        cog_sure=False,
        period=date or known,
        detail={"first": 0 if date else -1},
    )


def _read_stock(raw: RawFile, found: Recognised) -> Iterator[Extract]:
    cells = raw.cells(list(STOCK.values()), after=found.detail["first"], names=list(STOCK))
    sites = cells[cells["tag"] == "structureet"].copy()
    department = sites["departement"].str.upper()
    overseas = department.str.fullmatch(OVERSEAS, na=False)
    suffix = sites["commune"].str.zfill(3)
    sites["code"] = department.str.zfill(2).mask(overseas, "97") + suffix
    sites["nom"] = sites["nom_long"].fillna(sites["nom"])
    where = cells.loc[cells["tag"] == "geolocalisation", ["finess", "_row"]]
    notes: tuple[str, ...] = ()
    if len(where):
        pairs = raw.cells(
            [0, 1, 2, 3], after=found.detail["first"], names=["tag", "finess", "x", "y"]
        )
        pairs = pairs[pairs["tag"] == "geolocalisation"].drop_duplicates("finess")
        lon, lat, swapped = lambert_to_wgs84(pairs["x"], pairs["y"])
        at = pd.DataFrame({"finess": pairs["finess"], "longitude": lon, "latitude": lat})
        sites = sites.merge(at, on="finess", how="left")
        outside = int(lon.isna().sum())
        notes = tuple(
            said
            for count, said in (
                (outside, f"{outside} positions hors du Lambert 93 (outre-mer) laissées vides"),
                (int(swapped.sum()), f"{int(swapped.sum())} positions aux colonnes inversées"),
            )
            if count
        )
    yield Extract("etablissement", establishments(sites), notes=notes)


FLAT = {
    "finess_et": "finess",
    "code_insee": "code",
    "categetab": "categorie",
    "dateouv": "ouvert",
    "lon": "longitude",
    "lat": "latitude",
}


def _recognise_flat(raw: RawFile) -> Recognised | None:
    for grid in raw.grids:
        found = grid.find(*FLAT, exact=True)
        if found:
            year = year_in(*raw.names)
            notes = (f"année lue dans le nom du fichier : {year}",) if year else ()
            codes = raw.cells([found.columns["code_insee"]], after=found.row, names=["code"])
            departments = sorted(set(commune_codes(codes["code"]).dropna().str.slice(0, 2)))
            return Recognised(
                f"finess-etablissements@{year or 2026}-occitanie",
                f"établissements FINESS de {len(departments)} départements",
                cog=year or 2026,
                cog_sure=False,
                period=str(year or ""),
                notes=notes,
                detail={"columns": found.columns, "row": found.row},
            )
    return None


def _read_flat(raw: RawFile, found: Recognised) -> Iterator[Extract]:
    columns: dict[str, int] = found.detail["columns"]
    cells = raw.cells(
        [columns[head] for head in FLAT], after=found.detail["row"], names=list(FLAT.values())
    )
    cells["code"] = commune_codes(cells["code"])
    cells["longitude"], cells["latitude"], swapped = ordered(cells["longitude"], cells["latitude"])
    turned = int(swapped.sum())
    yield Extract(
        "etablissement",
        establishments(cells),
        headings={new: head for head, new in FLAT.items()},
        notes=(f"{turned} positions aux colonnes inversées",) if turned else (),
    )


def _recognise_points(raw: RawFile) -> Recognised | None:
    for grid in raw.grids:
        found = grid.find("code", "label", "long", "lat", exact=True)
        if found and grid.width == 4 and len(grid.rows) > found.row + 1:
            first = grid.cell(found.row + 1, found.columns["code"])
            if len(first) == 9 and first[2:].isdigit():
                return Recognised(
                    "finess-etablissements@2017-gironde",
                    "positions d’établissements FINESS, sans commune ni catégorie",
                    period="2017",
                    detail={"columns": found.columns, "row": found.row},
                )
    return None


def _read_points(raw: RawFile, found: Recognised) -> Iterator[Extract]:
    columns: dict[str, int] = found.detail["columns"]
    cells = raw.cells(
        [columns[head] for head in ("code", "label", "long", "lat")],
        after=found.detail["row"],
        names=["finess", "nom", "longitude", "latitude"],
    )
    cells["longitude"], cells["latitude"], _ = ordered(cells["longitude"], cells["latitude"])
    yield Extract(
        "etablissement",
        establishments(cells),
        headings={"finess": "code", "nom": "label", "longitude": "long", "latitude": "lat"},
    )


def _recognise_structures(raw: RawFile) -> Recognised | None:
    head = raw.json_head
    if '"schemaVersion"' not in head or '"gco"' not in head:
        return None
    content = raw.json()
    if "pmej" not in content:
        return None
    entities = content["pmej"]
    sample = len(entities) < SAMPLE_ENTITIES
    date = str(content.get("generatedAt", ""))[:10]
    return Recognised(
        "finess-structures@202607-echantillon" if sample else "finess-structures@mensuel",
        f"structures FINESS ({len(entities)} entités juridiques"
        f"{', échantillon' if sample else ''})",
        cog=year_in(date[:4]),
        cog_sure=False,
        period=date,
    )


def _read_structures(raw: RawFile, _found: Recognised) -> Iterator[Extract]:
    rows: list[dict[str, Any]] = []
    problems: list[Problem] = []
    for entity in raw.json()["pmej"]:
        for site in entity.get("ege") or []:
            at = len(rows) + len(problems) + 1
            said = site.get("informationsGeneralesEGE") or {}
            if not said.get("numFinessEge"):
                problems.append(
                    Problem("établissement sans numéro FINESS", raw.path.name, at, "numFinessEge")
                )
                continue
            rows.append(_site(site, said, at))
    if problems:
        raise BadInput(problems)
    frame = pd.DataFrame(rows)
    twice = frame.duplicated("finess")
    closed = int((~frame["actif"]).sum())
    yield Extract(
        "etablissement",
        establishments(frame[~twice].reset_index(drop=True)),
        notes=(
            f"{closed} établissements fermés gardés, marqués inactifs",
            "rang de l’établissement dans le fichier, qui n’a pas de lignes",
            *((f"{int(twice.sum())} établissements répétés écartés",) if twice.any() else ()),
        ),
    )


def _site(site: dict[str, Any], said: dict[str, Any], at: int) -> dict[str, Any]:
    # an establishment has several addresses; 03 is where it stands
    addresses = site.get("adresse") or []
    address: dict[str, Any] = next(
        (one for one in addresses if one.get("usageAdresse") == "03"), {}
    )
    longitude, latitude = _position(address.get("coordonneesGeographique") or {})
    return {
        "finess": said["numFinessEge"],
        "nom": said.get("nomEgeLong") or said.get("nomEgeCourt"),
        "categorie": site.get("categorieentiteGeographiqueExercice"),
        "code": address.get("cogCommune"),
        "longitude": longitude,
        "latitude": latitude,
        "ouvert": said.get("dateOuverture"),
        "ferme": said.get("dateFermeture"),
        "actif": site.get("etatObjet") == "A",
        "_row": at,
    }


def _position(said: dict[str, Any]) -> tuple[float | None, float | None]:
    """Take the pair that is in degrees: producers put degrees and metres in either pair."""
    for east, north in (
        ("coordonneeX", "coordonneeY"),
        ("directionLongitude", "directionLatitude"),
    ):
        try:
            longitude, latitude = float(said.get(east)), float(said.get(north))  # type: ignore[arg-type]
        except (TypeError, ValueError):
            continue
        if abs(longitude) <= 180 and abs(latitude) <= 90:
            return longitude, latitude
    return None, None


READERS = (
    Reader("finess.stock", ("etablissement",), _recognise_stock, _read_stock),
    Reader("finess.plat", ("etablissement",), _recognise_flat, _read_flat),
    Reader("finess.positions", ("etablissement",), _recognise_points, _read_points),
    Reader("finess.structures", ("etablissement",), _recognise_structures, _read_structures),
)
