"""Insee: the permanent base of facilities (BPE), counts, located points and names of the types."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator

import pandas as pd

from assemblier.errors import BadInput, Problem
from assemblier.language import plain
from assemblier.parameters import load_parameters
from assemblier.sources.readers.contract import (
    Extract,
    Ignored,
    Reader,
    Recognised,
    commune_codes,
    decimal,
    year_in,
    year_named,
)
from assemblier.sources.readers.coordinates import lambert_to_wgs84, ordered
from assemblier.sources.readers.raw import RawFile

__all__ = ["READERS", "label_problems"]

ENSEMBLE = {
    "DEPCOM": "code",
    "DCIRIS": "iris",
    "AN": "annee",
    "TYPEQU": "type",
    "NB_EQUIP": "nombre",
}


def _recognise_ensemble(raw: RawFile) -> Recognised | None:
    for grid in raw.grids:
        found = grid.find(*ENSEMBLE, exact=True)
        year = grid.cell(found.row + 1, found.columns["AN"]) if found else ""
        if found is None or not re.fullmatch(r"\d{4}", year):
            continue
        return Recognised(
            f"insee-bpe@{year}",
            f"base permanente des équipements {year}, tous types, dénombrement",
            cog=int(year),
            period=year,
            detail={"columns": found.columns, "row": found.row},
        )
    return None


def _read_ensemble(raw: RawFile, found: Recognised) -> Iterator[Extract]:
    columns: dict[str, int] = found.detail["columns"]
    cells = raw.cells(
        [columns[head] for head in ENSEMBLE],
        after=found.detail["row"],
        names=list(ENSEMBLE.values()),
    )
    cells["code"] = commune_codes(cells["code"])
    cells["nombre"] = decimal(cells["nombre"])
    yield Extract("equipement", cells, headings={new: head for head, new in ENSEMBLE.items()})


LOCATED = {"AN": "annee", "DEPCOM": "code", "TYPEQU": "type", "DCIRIS": "iris"}
POSITION = ("LAMBERT_X", "LAMBERT_Y")
DEGREES = ("LONGITUDE", "LATITUDE")
LOCATED_DOMAIN = "D"
"""Domain whose points are kept: health and social action."""


def _recognise_located(raw: RawFile) -> Recognised | None:
    for grid in raw.grids:
        found = grid.find("DEPCOM", "TYPEQU", *POSITION, exact=True)
        if found is None or found.row:
            continue
        header = grid.rows[0]
        notes: tuple[str, ...] = ()
        year: int | None
        if "AN" in header:
            years = raw.cells([header.index("AN")], after=0, names=["annee"])["annee"].dropna()
            year = year_in(years.iloc[0]) if len(years) else None
        else:
            year, notes = year_named(raw)
        if year is None:
            continue
        return Recognised(
            f"insee-bpe-localisee@{year}",
            f"base permanente des équipements {year}, localisée",
            cog=year,
            cog_sure=False,
            period=str(year),
            notes=notes,
            detail={"header": header, "year": year},
        )
    return None


def _read_located(raw: RawFile, found: Recognised) -> Iterator[Extract]:
    header: tuple[str, ...] = found.detail["header"]
    names = {
        "DEPCOM": "code",
        "TYPEQU": "type",
        "DCIRIS": "iris",
        "QUALITE_XY": "qualite",
        **{head: head for head in (*POSITION, *DEGREES)},
    }
    heads = [head for head in names if head in header]
    cells = raw.cells(
        [header.index(head) for head in heads], after=0, names=[names[head] for head in heads]
    )
    cells["code"] = commune_codes(cells["code"])
    year = found.detail["year"]
    for name in ("iris", "qualite"):
        if name not in cells:
            cells[name] = None
    counts = cells.groupby(["code", "iris", "type"], as_index=False, dropna=False).agg(
        nombre=("_row", "size"), _row=("_row", "first")
    )
    yield Extract(
        "equipement",
        counts.assign(annee=year),
        headings={"code": "DEPCOM", "type": "TYPEQU", "iris": "DCIRIS"},
        notes=(f"{len(cells)} équipements comptés par commune, IRIS et type",),
    )
    health = cells[cells["type"].str.startswith(LOCATED_DOMAIN, na=False)].reset_index(drop=True)
    metres = [decimal(health[head]) for head in POSITION]
    longitude, latitude, swapped = lambert_to_wgs84(*metres)
    if set(DEGREES) <= set(health.columns):
        said = [decimal(health[head]) for head in DEGREES]
        lon, lat, turned = ordered(*said)
        longitude, latitude = longitude.fillna(lon), latitude.fillna(lat)
        swapped = swapped | turned
    unplaced = int(pd.isna(longitude).sum())
    notes = ["points gardés : domaine D, santé et action sociale"]
    if swapped.any():
        notes.append(f"{int(swapped.sum())} positions aux colonnes inversées")
    if unplaced:
        notes.append(f"{unplaced} équipements sans position utilisable")
    yield Extract(
        "equipement_point",
        health.assign(annee=year, longitude=longitude, latitude=latitude),
        headings={"code": "DEPCOM", "type": "TYPEQU"},
        notes=tuple(notes),
    )


LABEL_HEADS = (("type", "libelle"), ("TYPEQU", "Libelle_TYPEQU"), ("COD_MOD", "LIB_MOD"))


def _recognise_labels(raw: RawFile) -> Recognised | Ignored | None:
    for grid in raw.grids:
        for heads in LABEL_HEADS:
            found = grid.find(*heads, exact=True)
            if found is None or len(grid.rows) < found.row + 2:
                continue
            columns = list(found.columns.values())
            first = grid.rows[found.row + 1]
            if len(first) <= max(columns) or not _is_type(first[columns[0]]):
                continue
            year, notes = year_named(raw)
            if year is None:
                return Ignored(
                    "libellés de types d’équipements sans année : mettez l’année de la BPE dans le "
                    "nom du fichier"
                )
            return Recognised(
                f"insee-bpe-nomenclature@{year}",
                f"libellés des types d’équipements, {year}",
                period=str(year),
                notes=notes,
                detail={"columns": columns, "row": found.row, "year": year},
            )
    return None


def _is_type(cell: str) -> bool:
    return len(cell) == 4 and cell[0].isalpha() and cell[1:].isdigit()


def _read_labels(raw: RawFile, found: Recognised) -> Iterator[Extract]:
    cells = raw.cells(found.detail["columns"], after=found.detail["row"], names=["type", "libelle"])
    problems = label_problems(cells, found.detail["year"], raw.path.name)
    if problems:
        raise BadInput(problems)
    yield Extract("libelle_equipement", cells.assign(annee=found.detail["year"]))


def label_problems(labels: pd.DataFrame, year: int, file: str | None = None) -> list[Problem]:
    """Hold the names of the types of an edition against those that the indicators suppose.

    Parameters
    ----------
    labels
        ``type``, ``libelle`` and, where known, ``_row``.
    year
        Edition of the BPE.
    file
        Name of the raw file, for the messages.

    Returns
    -------
    list of Problem
        One for each counted code that the list calls otherwise; empty when all agree.
    """
    expected: dict[str, list[str]] = load_parameters()["bpe.labels"].on(dt.date(year, 1, 1))
    problems = []
    lines = labels["_row"] if "_row" in labels else pd.Series(range(1, len(labels) + 1))
    for code, said, line in zip(labels["type"], labels["libelle"], lines, strict=True):
        words = expected.get(str(code))
        if words and not plain(str(said)).startswith(tuple(words)):
            problems.append(
                Problem(
                    f"le type {code} n’a pas le libellé attendu en {year}",
                    file=file,
                    line=int(line),
                    column="libelle",
                    value=str(said),
                    allowed=", ".join(words),
                    advice="Les codes de la BPE ont changé : vérifiez la concordance des types.",
                )
            )
    return problems


READERS = (
    Reader("insee.bpe", ("equipement",), _recognise_ensemble, _read_ensemble),
    Reader(
        "insee.bpe_localisee",
        ("equipement", "equipement_point"),
        _recognise_located,
        _read_located,
    ),
    Reader("insee.bpe_libelles", ("libelle_equipement",), _recognise_labels, _read_labels),
)
