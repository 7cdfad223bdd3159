"""What a reader is: it recognises a raw file by its content and turns it into declared tables."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from assemblier.errors import Problem
from assemblier.sources.readers.raw import RawFile

__all__ = [
    "CITY_OF",
    "Extract",
    "Ignored",
    "Reader",
    "Recognised",
    "blank",
    "cog_year",
    "commune_codes",
    "decimal",
    "department_codes",
    "edition",
    "scaled",
    "year_in",
    "year_named",
]


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a file turned out to be.

    Attributes
    ----------
    card
        Source card and edition, ``card@edition``.
    label
        What is said to the person: *recognised as…*.
    cog
        Year of the commune codes, None where rows are not communes.
    cog_sure
        False when the content does not tell the year: the lake then keeps the year whose official
        list of communes fits the codes best.
    period
        Year or years described, as text.
    notes
        How the edition was known when the content alone did not tell; oddities that were mended.
    detail
        What the reader wants to find again when it reads the file whole.
    """

    card: str
    label: str
    cog: int | None = None
    cog_sure: bool = True
    period: str = ""
    notes: tuple[str, ...] = ()
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ignored:
    """Why a file brings nothing to the lake, in French."""

    reason: str


@dataclass(frozen=True, slots=True)
class Extract:
    """Rows that a reader brings for one declared table.

    Attributes
    ----------
    frame
        Columns of the declared table and ``_row``.
    cog
        Year of the commune codes where it differs from the file's.
    headings
        Declared name → heading in the raw file, for messages.
    notes
        What was left out or mended while reading.
    problems
        What is wrong that the columns alone do not show, without the name of the file: the file
        is refused with it.
    """

    table: str
    frame: pd.DataFrame
    cog: int | None = None
    headings: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Reader:
    """A reader: an identifier, the tables it writes, how it recognises and how it reads.

    ``version`` grows when what it writes changes, so that the lake reads the file again.
    """

    id: str
    tables: tuple[str, ...]
    recognise: Callable[[RawFile], Recognised | Ignored | None]
    read: Callable[[RawFile, Recognised], Iterator[Extract]]
    version: int = 1


COMMUNES_BY_COG = {
    2014: 36681,
    2015: 36658,
    2016: 35885,
    2017: 35416,
    2018: 35357,
    2019: 34970,
    2020: 34968,
    2021: 34965,
    2022: 34955,
    2023: 34945,
    2024: 34935,
    2025: 34875,
}
"""Number of communes on 1 January, Insee, code officiel géographique: a list of all communes tells
its year by its length."""

ARRONDISSEMENTS = {
    "75056": tuple(f"751{i:02d}" for i in range(1, 21)),
    "69123": tuple(f"6938{i}" for i in range(1, 10)),
    "13055": tuple(f"132{i:02d}" for i in range(1, 17)),
}
"""Municipal arrondissements of Paris, Lyon and Marseille."""

CITY_OF = {code: city for city, codes in ARRONDISSEMENTS.items() for code in codes}

_YEAR = re.compile(r"(?<!\d)(19[6-9]\d|20[0-4]\d)(?!\d)")


def year_in(*texts: str) -> int | None:
    """Return the only year written in the texts, None when there is none or more than one."""
    found = {int(year) for text in texts for year in _YEAR.findall(text)}
    return found.pop() if len(found) == 1 else None


def cog_year(codes: pd.Series, names: tuple[str, ...]) -> tuple[int | None, tuple[str, ...]]:
    """Tell the year of a list of commune codes: by its length, else by the name of the file.

    Returns
    -------
    year, notes
        The year, None when nothing tells it, and how it was known.
    """
    # a list with arrondissements counts its three cities once, without Mayotte it lacks 17 communes
    distinct = codes.dropna().replace(CITY_OF).nunique()
    named = year_in(*names)
    for absent in (0, 17):
        fits = [year for year, count in COMMUNES_BY_COG.items() if count == distinct + absent]
        if fits and (named is None or named == fits[0] or absent == 0):
            return fits[0], ()
    if named is not None:
        return named, (f"année du code officiel géographique lue dans le nom du fichier : {named}",)
    return None, ("année du code officiel géographique inconnue",)


def year_named(raw: RawFile) -> tuple[int | None, tuple[str, ...]]:
    """Read the year in the name of the file, and say that it was known so."""
    year = year_in(*raw.names)
    if year is None:
        return None, ("l’année n’est ni dans le fichier ni dans son nom",)
    return year, (f"année lue dans le nom du fichier : {year}",)


def edition(year: int | None) -> str:
    """Write the year of an edition, or that it is unknown."""
    return str(year) if year is not None else "inconnue"


def department_codes(cells: pd.Series) -> pd.Series:
    """Give department codes back the leading zero that a spreadsheet took."""
    return cells.str.upper().where(cells.isna(), cells.str.upper().str.zfill(2))


def scaled(cells: pd.Series, factor: float | pd.Series) -> pd.Series:
    """Multiply numbers-as-text; a cell that is no number stays, so that the check can report it."""
    numbers = pd.to_numeric(cells, errors="coerce").astype("float64") * factor
    unread = numbers.isna() & cells.notna()
    return numbers.astype("object").where(~unread, cells) if unread.any() else numbers


def blank(cells: pd.Series, *absent: str) -> pd.Series:
    """Make sentinels empty, whatever their case."""
    return cells.mask(cells.str.upper().isin([word.upper() for word in absent]))


def commune_codes(cells: pd.Series) -> pd.Series:
    """Give commune codes back the leading zero that a spreadsheet took."""
    codes = cells.str.upper()
    # a number that lost its zero, or a zone of Corsica (2A01); the rest is left as it was read
    lost = codes.str.fullmatch(r"\d{1,4}|2[AB]\d\d").eq(other=True)
    return codes.mask(lost, codes.str.zfill(5))


def decimal(cells: pd.Series, *, absent: tuple[str, ...] = ()) -> pd.Series:
    """Turn French or English decimals into numbers-as-text; sentinels become empty.

    A cell that is no number stays as it is, so that the check of the table can report it.
    """
    text = cells.str.replace(r"[\u202f\u00a0 ]", "", regex=True).str.replace(",", ".", regex=False)
    return text.mask(text.isin([word.replace(" ", "") for word in absent])) if absent else text
