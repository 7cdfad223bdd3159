"""Insee: who goes where to work or to study, by pair of communes or person by person."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pandas as pd

from assemblier.errors import BadInput, Problem
from assemblier.sources.readers.contract import (
    Extract,
    Reader,
    Recognised,
    commune_codes,
    decimal,
    year_in,
)
from assemblier.sources.readers.grid import Heading
from assemblier.sources.readers.raw import RawFile

__all__ = ["READERS"]

BASES = {"DCLT": "travail", "DCETUF": "etude"}
"""Heading of the destination → purpose, in the files of flows and of persons."""
COLUMNS = {
    "COMMUNE": "origine",
    "CODGEO": "origine",
    "ORI": "origine",
    "ARM": "arrondissement",
    "DCLT": "destination",
    "DCETUF": "destination",
    "DES": "destination",
    "IPONDI": "flux",
    "FLOW": "flux",
    "NBFLUX_C": "flux",
    "MODE": "mode",
    "TRANS": "mode",
    "CSP": "categorie",
    "CS1": "categorie",
}
NO_BOROUGH = ("ZZZZZ", "")


def _recognise(raw: RawFile) -> Recognised | None:
    for grid in raw.grids:
        found = grid.find("ORI", "DES", "MODE", "CSP", "FLOW", exact=True)
        if found and found.row == 0:
            named = year_in(*raw.names)
            year = named or 2014
            notes = () if named else ("année absente du fichier : 2014 supposée",)
            return _recognised("insee-mobpro-ile-de-france", year, "travail", found, notes)
        for head, motif in BASES.items():
            found = grid.find("CODGEO", "LIBGEO", head, "L_" + head, "NBFLUX_C")
            if found:
                flow = grid.rows[found.row][found.columns["NBFLUX_C"]]
                kind = "mobpro" if motif == "travail" else "mobsco"
                card = f"insee-{kind}-flux"
                if vintage := re.match(r"NBFLUX_C(\d\d)", flow):
                    return _recognised(card, 2000 + int(vintage[1]), motif, found, ())
            found = grid.find("COMMUNE", head, "IPONDI", exact=True)
            if found and found.row == 0:
                return _persons(raw, found, motif)
    return None


def _persons(raw: RawFile, found: Heading, motif: str) -> Recognised:
    """Tell the extract of one département from the national file of persons."""
    header = raw.grids[0].rows[0]
    columns = dict(found.columns)
    for head in ("ARM", "TRANS", "CS1"):
        if head in header:
            columns[head] = header.index(head)
    named = year_in(*raw.names)
    if len(header) <= 4:
        notes = () if named else ("année absente du fichier : environ 2013",)
        whole = Heading(found.row, columns)
        return _recognised("insee-mobpro-orne", named or 2013, motif, whole, notes)
    kind = "mobpro" if motif == "travail" else "mobsco"
    notes = (f"année lue dans le nom du fichier : {named}",) if named else ()
    if named is None:
        named, notes = 2021, ("année ni dans le fichier ni dans son nom : 2021 supposée",)
    return _recognised(f"insee-{kind}-detail", named, motif, Heading(found.row, columns), notes)


def _recognised(
    card: str, year: int, motif: str, found: Heading, notes: tuple[str, ...]
) -> Recognised:
    purpose = "travail" if motif == "travail" else "études"
    # a census of year N is published in the communes of about N+2; two old extracts in those of N+1
    later = 1 if card in {"insee-mobpro-orne", "insee-mobpro-ile-de-france"} else 3
    return Recognised(
        f"{card}@{year}",
        f"flux de commune à commune ({purpose}, {year})",
        cog=year + later,
        cog_sure=False,
        period=str(year),
        notes=notes,
        detail={"columns": found.columns, "row": found.row, "motif": motif},
    )


def _read(raw: RawFile, found: Recognised) -> Iterator[Extract]:
    columns: dict[str, int] = found.detail["columns"]
    kept = [head for head in columns if head in COLUMNS]
    cells = raw.cells(
        [columns[head] for head in kept],
        after=found.detail["row"],
        names=[COLUMNS[head] for head in kept],
    )
    for name in ("origine", "destination"):
        cells[name] = commune_codes(cells[name])
    if "arrondissement" in cells:
        borough = cells["arrondissement"].notna() & ~cells["arrondissement"].isin(NO_BOROUGH)
        cells["origine"] = cells["origine"].mask(borough, cells["arrondissement"])
        cells = cells.drop(columns="arrondissement")
    for name in ("mode", "categorie"):
        if name not in cells:
            cells[name] = None
    cells["flux"] = decimal(cells["flux"])
    notes: tuple[str, ...] = ()
    if "detail" in found.card:
        persons = len(cells)
        weights = pd.to_numeric(cells["flux"], errors="coerce").astype("float64")
        wrong = weights.isna() | (weights < 0)
        if wrong.any():
            raise BadInput(
                Problem("poids illisible", raw.path.name, int(row), "IPONDI", str(value), "nombre")
                for row, value in cells.loc[wrong, ["_row", "flux"]].itertuples(index=False)
            )
        cells["flux"] = weights
        cells = cells.groupby(
            ["origine", "destination", "mode", "categorie"], as_index=False, dropna=False
        ).agg(flux=("flux", "sum"), _row=("_row", "first"))
        notes = (f"{persons} personnes pondérées, sommées en {len(cells)} flux",)
    yield Extract(
        "flux",
        cells.assign(annee=int(found.period), motif=found.detail["motif"]),
        headings={COLUMNS[head]: head for head in kept},
        notes=notes,
    )


READERS = (Reader("insee.flux", ("flux",), _recognise, _read),)
