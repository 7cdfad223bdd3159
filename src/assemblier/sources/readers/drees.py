"""DREES: published APL of every profession, standardised populations, age weights."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pandas as pd

from assemblier.language import plain
from assemblier.sources.readers.age_bands import spoken_band
from assemblier.sources.readers.contract import (
    Extract,
    Ignored,
    Reader,
    Recognised,
    cog_year,
    commune_codes,
    decimal,
    edition,
    year_in,
)
from assemblier.sources.readers.raw import Grid, Heading, RawFile

__all__ = ["READERS"]

PROFESSIONS = {
    "medecins generalistes": "mg",
    "infirmier": "inf",
    "masseurs kinesitherapeutes": "mk",
    "kinesitherapeutes": "mk",
    "sages femmes": "sf",
    "chirurgiens dentistes": "cd",
}
CARDS = {
    "mg": "mg",
    "inf": "infirmiers",
    "mk": "kinesitherapeutes",
    "sf": "sages-femmes",
    "cd": "chirurgiens-dentistes",
}
WEIGHT_YEARS = 6
"""Columns of years that the sheet of parameters may have."""
FOOTERS = ("lecture", "source", "champ", "note")


def _sheet_year(grid: Grid, raw: RawFile) -> int | None:
    """Year of an APL sheet: its name, else its title, else the name of the file."""
    title = next((" ".join(row) for row in grid.rows if any(row)), "")
    return year_in(grid.name.replace("_", " ")) or year_in(title) or year_in(*raw.names)


def _apl_sheets(raw: RawFile) -> list[tuple[Grid, Heading, int]]:
    sheets = []
    for grid in raw.grids:
        found = grid.find("Code commune INSEE", "APL aux", "Population standardisée") or grid.find(
            "Code commune INSEE", "APL aux", "Population féminine standardisée"
        )
        if found:
            year = _sheet_year(grid, raw)
            if year:
                sheets.append((grid, found, year))
    return sheets


def _recognise_apl(raw: RawFile) -> Recognised | None:
    sheets = _apl_sheets(raw)
    if not sheets:
        return None
    profession = _profession(sheets[0][0].rows[sheets[0][1].row])
    years = sorted(year for _, _, year in sheets)
    span = f"{years[0]}-{years[-1]}" if len(years) > 1 else str(years[0])
    grid, found, _ = sheets[-1]
    at = found.columns["Code commune INSEE"]
    codes = raw.cells([at], after=found.row, sheet=grid.name, names=["code"])
    mainland = codes["code"][codes["code"].str.fullmatch(r"[0-9][0-9AB][0-9]{3}", na=False)]
    cog, notes = cog_year(mainland, ())
    if cog is None:
        # the old series is in the communes of the year after, the new one in those of 2024
        cog = 2019 if years[-1] < 2022 else 2024
        notes = ()
    return Recognised(
        f"drees-apl-{CARDS[profession]}@{span}",
        f"APL publié ({profession}), {', '.join(map(str, years))}",
        cog=cog,
        cog_sure=False,
        period=", ".join(map(str, years)),
        notes=notes,
        detail={"profession": profession},
    )


def _profession(headings: tuple[str, ...]) -> str:
    text = " ".join(plain(head) for head in headings)
    return next((code for name, code in PROFESSIONS.items() if name in text), "mg")


def _ages(heading: str) -> str:
    """Tell which doctors an APL column counts: *tous*, or the oldest age."""
    found = re.search(r"(\d\d) ans", plain(heading))
    return found[1] if found else "tous"


def _read_apl(raw: RawFile, found: Recognised) -> Iterator[Extract]:
    profession = str(found.detail["profession"])
    for grid, heading, year in _apl_sheets(raw):
        row, code = heading.row, heading.columns["Code commune INSEE"]
        header = grid.rows[row]
        apl = [at for at, head in enumerate(header) if plain(head).startswith("apl")]
        standard = next(at for at, head in enumerate(header) if "standardisee" in plain(head))
        total = next(
            (at for at, head in enumerate(header) if plain(head).startswith("population totale")),
            None,
        )
        names = ["code", *(f"apl{at}" for at in apl), "population_standardisee"]
        columns = [code, *apl, standard]
        if total is not None:
            columns.append(total)
            names.append("population")
        cells = raw.cells(columns, after=row, sheet=grid.name, names=names)
        # a units row follows the headings; footers follow the data
        first = cells["code"].fillna("").map(plain)
        data = cells["code"].notna() & ~first.str.startswith(FOOTERS)
        cells = cells[data].reset_index(drop=True)
        cells["code"] = commune_codes(cells["code"])
        numbers = [name for name in names if name != "code"]
        for name in numbers:
            cells[name] = decimal(cells[name], absent=("NS", "NC", "ND", "nd", "ns"))
        if "population" not in cells:
            cells["population"] = None
        for at in apl:
            part = cells[["code", f"apl{at}", "population_standardisee", "_row"]].rename(
                columns={f"apl{at}": "apl"}
            )
            yield Extract(
                "apl",
                part.assign(annee=year, profession=profession, ages=_ages(header[at])),
                headings={
                    "code": header[code],
                    "apl": header[at],
                    "population_standardisee": header[standard],
                },
            )
        yield Extract(
            "population_standardisee",
            cells[["code", "population_standardisee", "population", "_row"]].assign(
                annee=year, profession=profession
            ),
            headings={"code": header[code], "population_standardisee": header[standard]},
        )
    yield from _weights(raw, profession)


def _weights(raw: RawFile, profession: str) -> Iterator[Extract]:
    """Read the age weights that the newer workbooks print."""
    for grid in raw.grids:
        if not plain(grid.name).startswith("parametre"):
            continue
        heads = [f"w{at}" for at in range(WEIGHT_YEARS)]
        book = raw.cells(range(WEIGHT_YEARS + 1), after=-1, sheet=grid.name, names=["age", *heads])
        rows = list(book.itertuples(index=False))
        start = next(
            (i for i, row in enumerate(rows) if plain(str(row.age)).startswith("tranche d age")),
            None,
        )
        if start is None:
            continue
        years = [year_in(str(cell)) for cell in rows[start][1:-1]]
        out = []
        for row in rows[start + 1 :]:
            ages = spoken_band(str(row.age))
            if ages is None:
                break
            for year, weight in zip(years, row[1:-1], strict=True):
                if year is not None and isinstance(weight, str):
                    out.append(
                        {
                            "annee": year,
                            "profession": profession,
                            "age_min": ages[0],
                            "age_max": ages[1],
                            "poids": weight,
                            "_row": row[-1],
                        }
                    )
        if out:
            yield Extract("apl_poids_age", pd.DataFrame(out))


def _recognise_standardised(raw: RawFile) -> Recognised | Ignored | None:
    for grid in raw.grids:
        found = grid.find("code", "population_standardisee", exact=True)
        if found and grid.width == 2 and found.row == 0:
            year = year_in(*raw.names)
            if year is None:
                return Ignored(
                    "population standardisée sans année : mettez l’année de l’APL dans le nom du "
                    "fichier"
                )
            return Recognised(
                f"drees-population-standardisee@{year}",
                f"population standardisée pour la médecine générale, APL {year}",
                cog=2019,
                period=str(year or ""),
                notes=(f"année lue dans le nom du fichier : {year}",),
                detail={"year": year, "columns": found.columns},
            )
    return None


def _read_standardised(raw: RawFile, found: Recognised) -> Iterator[Extract]:
    columns: dict[str, int] = found.detail["columns"]
    cells = raw.cells(list(columns.values()), after=0, names=list(columns))
    cells["code"] = commune_codes(cells["code"])
    name = "population_standardisee"
    cells[name] = decimal(cells[name], absent=("NS", "NC", "ND", "NA"))
    yield Extract(
        "population_standardisee",
        cells.assign(annee=found.detail["year"], profession="mg", population=None),
    )


OTHERS = {"apl_inf": "inf", "apl_sf": "sf", "apl_mk": "mk", "apl_cd": "cd"}


def _recognise_others(raw: RawFile) -> Recognised | None:
    for grid in raw.grids:
        found = grid.find("code", "lib_com", "apl_inf", "apl_sf", "apl_mk")
        if found and found.row == 0:
            year = year_in(grid.rows[0][found.columns["apl_inf"]].removeprefix("apl_inf"))
            if year is None:
                continue
            return Recognised(
                f"drees-apl-autres@{edition(year)}",
                f"APL {year} des infirmiers, sages-femmes et kinésithérapeutes",
                cog=2019,
                period=str(year or ""),
                detail={"columns": found.columns, "year": year},
            )
    return None


def _read_others(raw: RawFile, found: Recognised) -> Iterator[Extract]:
    columns: dict[str, int] = found.detail["columns"]
    heads = [head for head in OTHERS if head in columns]
    cells = raw.cells(
        [columns["code"], *(columns[head] for head in heads)], after=0, names=["code", *heads]
    )
    cells["code"] = commune_codes(cells["code"])
    for head in heads:
        part = cells[["code", head, "_row"]].rename(columns={head: "apl"})
        part["apl"] = decimal(part["apl"], absent=("NA",))
        yield Extract(
            "apl",
            part.assign(
                annee=found.detail["year"],
                profession=OTHERS[head],
                ages="tous",
                population_standardisee=None,
            ),
        )


READERS = (
    Reader(
        "drees.apl", ("apl", "population_standardisee", "apl_poids_age"), _recognise_apl, _read_apl
    ),
    Reader(
        "drees.population_standardisee",
        ("population_standardisee",),
        _recognise_standardised,
        _read_standardised,
    ),
    Reader("drees.apl_autres", ("apl",), _recognise_others, _read_others),
)
