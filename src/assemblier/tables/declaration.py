"""How a table is declared: each column once, with its unit, its meaning and how it adds up.

The same declaration checks what a reader brings, writes the data dictionary, and tells which
conversions between geographies are allowed: nobody averages a median.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
import pandas as pd

from assemblier.errors import Problem

__all__ = [
    "CLASS",
    "NOT_AGGREGABLE",
    "SUM",
    "Aggregation",
    "Column",
    "Kind",
    "Table",
    "checked",
]


class Kind(StrEnum):
    """What a column holds."""

    TEXT = "text"
    CODE = "code"
    INTEGER = "integer"
    NUMBER = "number"
    DATE = "date"
    BOOLEAN = "boolean"
    GEOMETRY = "geometry"


@dataclass(frozen=True, slots=True)
class Aggregation:
    """How a column behaves when zones are put together or taken apart.

    ``rule`` is ``sum``, ``mean`` (then ``weight`` names the column that weighs it), ``class``
    (kept when all agree) or ``not_aggregable``.
    """

    rule: str
    weight: str | None = None

    @classmethod
    def mean(cls, weight: str) -> Aggregation:
        """Return the mean weighted by another column of the same table."""
        return cls("mean", weight)

    def __str__(self) -> str:
        return f"mean({self.weight})" if self.weight else self.rule


SUM = Aggregation("sum")
CLASS = Aggregation("class")
NOT_AGGREGABLE = Aggregation("not_aggregable")


@dataclass(frozen=True, slots=True)
class Column:
    """One column: name, kind, unit, meaning, aggregation and what is allowed in it.

    Attributes
    ----------
    minimum, maximum
        Bounds of a number, both allowed.
    allowed
        Closed list of values.
    pattern
        Regular expression that a text matches whole.
    nullable
        Whether a cell may be empty. Empty means not published, never zero.
    example
        Values of the pattern, for who cannot read it.
    """

    name: str
    kind: Kind
    meaning: str
    unit: str = ""
    aggregation: Aggregation = CLASS
    minimum: float | None = None
    maximum: float | None = None
    allowed: tuple[str, ...] = ()
    pattern: str | None = None
    nullable: bool = False
    example: str = ""

    @property
    def constraint(self) -> str:
        """Return in French what the column accepts, for messages and the dictionary."""
        said = []
        if self.allowed:
            said.append(", ".join(self.allowed))
        if self.pattern:
            said.append(f"forme de {self.example}" if self.example else f"forme {self.pattern}")
        if self.minimum is not None and self.maximum is not None:
            said.append(f"de {self.minimum:g} à {self.maximum:g}")
        elif self.minimum is not None:
            said.append(f"au moins {self.minimum:g}")
        elif self.maximum is not None:
            said.append(f"au plus {self.maximum:g}")
        if self.kind is Kind.INTEGER:
            said.append("nombre entier")
        elif self.kind is Kind.NUMBER and not said:
            said.append("nombre")
        return " ; ".join(said)


@dataclass(frozen=True, slots=True)
class Table:
    """A declared table of the lake.

    Attributes
    ----------
    key
        Columns whose values together are unique in one edition of one source.
    geography
        Column that holds the commune code, None where rows are not communes.
    """

    id: str
    title: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    geography: str | None = None
    note: str = ""
    by_name: Mapping[str, Column] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_name = {column.name: column for column in self.columns}
        if len(by_name) != len(self.columns):
            raise ValueError(f"table {self.id}: a column is declared twice")
        for column in self.columns:
            weight = column.aggregation.weight
            if weight is not None and weight not in by_name:
                raise ValueError(f"table {self.id}: no column {weight} to weigh {column.name}")
        missing = set(self.key) - set(by_name)
        if missing or (self.geography is not None and self.geography not in by_name):
            raise ValueError(f"table {self.id}: key or geography names no column")
        object.__setattr__(self, "by_name", by_name)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the declared columns, in order."""
        return tuple(column.name for column in self.columns)


def checked(
    frame: pd.DataFrame,
    table: Table,
    *,
    file: str | None = None,
    headings: Mapping[str, str] | None = None,
) -> tuple[pd.DataFrame, list[Problem]]:
    """Hold a frame against its declaration.

    Parameters
    ----------
    frame
        Columns of the table and ``_row``, the 1-based row of the raw file.
    table
        The declaration.
    file
        Name of the raw file, for the messages.
    headings
        Declared name → heading in the raw file, so that messages speak of what the person sees.

    Returns
    -------
    frame
        The declared columns in order and ``_row``, typed; never the frame that was given.
    problems
        Every problem found; empty when the frame holds.
    """
    said = headings or {}
    problems: list[Problem] = []
    typed: dict[str, pd.Series] = {}
    rows = (
        frame["_row"].to_numpy(np.int64)
        if "_row" in frame
        else np.arange(1, len(frame) + 1, dtype=np.int64)
    )

    def report(column: Column, wrong: np.ndarray, what: str, cells: pd.Series) -> None:
        problems.extend(
            Problem(
                what,
                file=file,
                line=int(rows[at]),
                column=said.get(column.name, column.name),
                value=None if pd.isna(cells.iloc[at]) else str(cells.iloc[at]),
                allowed=column.constraint or None,
            )
            for at in np.flatnonzero(wrong)
        )

    for column in table.columns:
        if column.name not in frame:
            problems.append(
                Problem(
                    "colonne absente",
                    file=file,
                    column=said.get(column.name, column.name),
                    allowed=column.meaning,
                )
            )
            continue
        cells = frame[column.name]
        empty = cells.isna().to_numpy()
        if not column.nullable and empty.any():
            report(column, empty, "valeur manquante", cells)
        series, wrong, what = _typed(cells, column)
        typed[column.name] = series
        if wrong.any():
            report(column, wrong, what, cells)
        for outside, what in _outside(series, column):
            wrong = outside & ~empty & ~wrong
            if wrong.any():
                report(column, wrong, what, cells)
    if not problems and table.key:
        duplicated = pd.DataFrame(typed).duplicated(list(table.key), keep="first").to_numpy()
        for at in np.flatnonzero(duplicated):
            value = ", ".join(str(typed[name].iloc[at]) for name in table.key)
            problems.append(
                Problem(
                    "ligne en double",
                    file=file,
                    line=int(rows[at]),
                    column=", ".join(said.get(name, name) for name in table.key),
                    value=value,
                    advice="Gardez une seule ligne par clé.",
                )
            )
    result = pd.DataFrame(typed)
    result["_row"] = rows
    return result, problems


def _typed(cells: pd.Series, column: Column) -> tuple[pd.Series, np.ndarray, str]:
    """Give the column its type; tell which cells could not take it."""
    empty = cells.isna().to_numpy()
    if column.kind in {Kind.INTEGER, Kind.NUMBER}:
        numbers = pd.to_numeric(cells, errors="coerce").astype("float64")
        wrong = ~np.isfinite(numbers.to_numpy()) & ~empty
        if column.kind is Kind.INTEGER:
            fractional = ~wrong & ~empty & (numbers != np.floor(numbers)).to_numpy()
            wrong = wrong | fractional
            if not wrong.any():
                if column.nullable or empty.any():
                    return numbers.astype("Int64"), wrong, ""
                return numbers.astype("int64"), wrong, ""
        return numbers, wrong, "nombre illisible"
    if column.kind is Kind.DATE:
        dates = pd.to_datetime(cells, errors="coerce", format="%Y-%m-%d")
        return dates, dates.isna().to_numpy() & ~empty, "date illisible"
    if column.kind is Kind.BOOLEAN:
        known = cells.isin([True, False]).to_numpy(dtype=bool)
        values = cells.where(known).astype("boolean")
        return values, ~known & ~empty, "ni vrai ni faux"
    if column.kind is Kind.GEOMETRY:
        return cells, np.zeros(len(cells), dtype=bool), ""
    return cells.astype("str"), np.zeros(len(cells), dtype=bool), ""


def _outside(series: pd.Series, column: Column) -> Iterator[tuple[np.ndarray, str]]:
    """Yield masks of the cells that break the column's constraint."""
    if column.minimum is not None:
        yield _mask(series < column.minimum), "valeur trop petite"
    if column.maximum is not None:
        yield _mask(series > column.maximum), "valeur trop grande"
    if column.allowed:
        yield _mask(~series.isin(column.allowed)), "valeur hors de la liste"
    if column.pattern is not None:
        yield _mask(~series.str.fullmatch(column.pattern)), "forme inattendue"


def _mask(series: pd.Series) -> np.ndarray:
    return series.fillna(False).to_numpy(dtype=bool)
