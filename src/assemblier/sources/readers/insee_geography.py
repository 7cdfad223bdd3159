"""Insee and IGN: communes, their events, their points and shapes, the grids they belong to."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from assemblier.sources.readers.contract import (
    Extract,
    Reader,
    Recognised,
    cog_year,
    commune_codes,
    edition,
    year_named,
)
from assemblier.sources.readers.raw import RawFile

__all__ = ["READERS"]

GRIDS = {
    "DEP": "departement",
    "REG": "region",
    "EPCI": "epci",
    "EPT": "ept",
    "ARR": "arrondissement",
    "CV": "canton",
    "CANOV": "canton",
    "ZE2010": "ze2010",
    "ZE2020": "ze2020",
    "UU2010": "uu2010",
    "UU2020": "uu2020",
    "AU2010": "au2010",
    "AAV2020": "aav2020",
    "BV2012": "bv2012",
    "BV2022": "bv2022",
}
"""Heading of the producer → grid of the program."""
NO_ZONE = ("ZZZZZZZZZ", "ZZZZZ")


def _grid(raw: RawFile) -> list[tuple[str, int]]:
    header = raw.grids[0].rows[0] if raw.grids else ()
    return [(name, at) for at, name in enumerate(header)]


def _recognise_membership(raw: RawFile) -> Recognised | None:
    for grid in raw.grids:
        found = grid.find("CODGEO", "LIBGEO", "DEP", exact=True)
        if found is None or grid.name not in {"", "COM", "ARM"}:
            continue
        columns = {name: at for at, name in enumerate(grid.rows[found.row]) if name in GRIDS}
        if not {"EPCI", "BV2012", "BV2022"} & set(columns):
            continue
        codes = raw.cells(
            [found.columns["CODGEO"]], after=found.row, sheet=grid.name, names=["code"]
        )
        year, notes = cog_year(codes["code"], raw.names)
        producer = "cogugaison" if raw.kind == "csv" else "insee"
        return Recognised(
            f"{producer}-appartenance@{edition(year)}",
            f"table d’appartenance géographique des communes, COG {edition(year)}",
            cog=year,
            period=str(year or ""),
            notes=notes,
            detail={
                "sheet": grid.name,
                "row": found.row,
                "columns": columns,
                "code": found.columns["CODGEO"],
                "name": found.columns["LIBGEO"],
            },
        )
    return None


def _read_membership(raw: RawFile, found: Recognised) -> Iterator[Extract]:
    columns: dict[str, int] = found.detail["columns"]
    heads = list(columns)
    cells = raw.cells(
        [found.detail["code"], found.detail["name"], *columns.values()],
        after=found.detail["row"],
        sheet=found.detail["sheet"],
        names=["code", "nom", *heads],
    )
    cells["code"] = commune_codes(cells["code"])
    communes = pd.DataFrame(
        {
            "code": cells["code"],
            "nom": cells["nom"],
            "type": "COM",
            "departement": cells.get("DEP"),
            "region": cells.get("REG"),
            "parent": None,
            "_row": cells["_row"],
        }
    )
    yield Extract("commune", communes, headings={"code": "CODGEO", "nom": "LIBGEO"})
    home = cells.assign(departement=cells["DEP"])
    long = home.melt(["code", "departement", "_row"], heads, var_name="grille", value_name="zone")
    long["grille"] = long["grille"].map(GRIDS)
    long = long[long["zone"].notna() & ~long["zone"].isin(NO_ZONE)]
    # a canton and an arrondissement are numbered inside their département in some editions
    short = long["grille"].isin(["arrondissement", "canton"]) & (long["zone"].str.len() <= 2)
    long.loc[short, "zone"] = long.loc[short, "departement"] + long.loc[short, "zone"]
    yield Extract("appartenance", long, headings={"code": "CODGEO"})


def _recognise_zone_names(raw: RawFile) -> Recognised | None:
    for grid in raw.grids:
        found = grid.find("NIVGEO", "CODGEO", "LIBGEO", exact=True)
        if found is None:
            continue
        levels = raw.cells(
            [found.columns["NIVGEO"]], after=found.row, sheet=grid.name, names=["niveau"]
        )
        known = {level for level in levels["niveau"].dropna() if level in GRIDS}
        year, notes = year_named(raw)
        return Recognised(
            f"cogugaison-libelles-zonages@{edition(year)}"
            if raw.kind == "csv"
            else f"insee-appartenance@{edition(year)}",
            f"noms des zones des grilles officielles, {edition(year)}",
            cog=year,
            period=str(year or ""),
            notes=notes,
            detail={"row": found.row, "sheet": grid.name, "known": sorted(known)},
        )
    return None


def _read_zone_names(raw: RawFile, found: Recognised) -> Iterator[Extract]:
    sheet: str = found.detail["sheet"]
    grid = next(grid for grid in raw.grids if grid.name == sheet)
    row: int = found.detail["row"]
    header = grid.rows[row]
    count = header.index("NB_COM") if "NB_COM" in header else header.index("CODGEO")
    cells = raw.cells(
        [header.index("NIVGEO"), header.index("CODGEO"), header.index("LIBGEO"), count],
        after=row,
        sheet=sheet,
        names=["grille", "zone", "libelle", "communes"],
    )
    if "NB_COM" not in header:
        cells["communes"] = None
    cells["grille"] = cells["grille"].map(GRIDS)
    kept = cells[cells["grille"].notna() & cells["libelle"].notna()]
    yield Extract("libelle_zone", kept, headings={"zone": "CODGEO", "libelle": "LIBGEO"})


READERS = (
    Reader(
        "insee.appartenance", ("commune", "appartenance"), _recognise_membership, _read_membership
    ),
    Reader("insee.libelles_zonages", ("libelle_zone",), _recognise_zone_names, _read_zone_names),
)
