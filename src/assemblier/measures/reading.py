"""What every reading of a table that was handed in has in common: columns, lines and numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from assemblier.errors import Problem, as_read
from assemblier.measures.matching import missing

__all__ = [
    "SECONDS_PER_MINUTE",
    "Lines",
    "absent_columns",
    "as_numbers",
    "bad_minutes",
    "lines_of",
    "repeated_pairs",
    "unknown_places",
]

SECONDS_PER_MINUTE = 60
_LONGEST = np.iinfo(np.int32).max  # seconds are kept in 32 bits
_SHOWN = 12


def absent_columns(table: pd.DataFrame, wanted: Sequence[str], file: str | None) -> list[Problem]:
    """Say each column that is wanted and absent, beside those that the table holds."""
    held = [str(name) for name in table.columns]
    said = ", ".join(held[:_SHOWN]) + (" …" if len(held) > _SHOWN else "")
    return [
        Problem(
            f"la colonne « {name} » est absente",
            file=file,
            value=said or None,
            allowed=", ".join(wanted),
            advice="Renommez les colonnes du fichier ainsi.",
        )
        for name in wanted
        if name not in table
    ]


@dataclass(frozen=True, slots=True)
class Lines:
    """The line of each row in its file; made of nothing where rows follow each other.

    Attributes
    ----------
    index
        Line less two of each row, shape (n,); None where row n is on line n + 2.
    """

    index: NDArray[np.int64] | None = None

    def __getitem__(self, rows: Any) -> Any:
        """Return the lines of some rows, by position or mask."""
        if self.index is not None:
            return self.index[rows] + 2
        at = np.asarray(rows)
        return (np.flatnonzero(at) if at.dtype == np.bool_ else at) + 2


def lines_of(table: pd.DataFrame, file: str | None) -> Lines:
    """Return the lines of the rows of a table.

    The index of a table that was read from a file is the line less two, which empty lines do not
    shift; that of any other table means nothing, and rows are then counted.
    """
    index = table.index
    plain = isinstance(index, pd.RangeIndex) and (index.start, index.step) == (0, 1)
    if file is None or plain or not pd.api.types.is_integer_dtype(index):
        return Lines()
    return Lines(index.to_numpy(dtype=np.int64))


def as_numbers(column: pd.Series) -> NDArray[np.float64]:
    """Read a column of numbers or of their text; NaN where it is none, shape (n,).

    Dates, durations and truth values are no numbers, though they could be counted.
    """
    kind = column.dtype
    if (
        pd.api.types.is_bool_dtype(kind)
        or pd.api.types.is_datetime64_any_dtype(kind)
        or pd.api.types.is_timedelta64_dtype(kind)
    ):
        return np.full(len(column), np.nan)
    return np.asarray(
        pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    )


def unknown_places(
    column: pd.Series,
    found: NDArray[np.int32],
    known: NDArray,
    lines: Lines,
    file: str | None,
) -> list[Problem]:
    """Say each place of a table of times that demand or supply does not have, once.

    Parameters
    ----------
    column
        ``origin`` or ``destination``, shape (n,); its name says which table should have it.
    found
        Position of each among ``known``, -1 where there is none, shape (n,).
    known
        Identifiers of that table.
    """
    lost = np.flatnonzero(found < 0)
    if not lost.size:
        return []
    gone = missing(column.iloc[lost])
    table = "de la demande" if column.name == "origin" else "de l’offre"
    problems = [
        Problem(
            "l’identifiant manque",
            file=file,
            line=int(lines[row]),
            column=str(column.name),
            advice="Complétez cette cellule ou retirez la ligne.",
        )
        for row in lost[gone]
    ]
    rows = lost[~gone]
    names = column.iloc[rows].astype(str).to_numpy()
    first = np.sort(np.unique(names, return_index=True)[1])
    # spreadsheets drop the zeros in front of codes
    bare = {str(name).lstrip("0"): str(name) for name in known} if first.size else {}
    for at in first:
        like = bare.get(str(names[at]).lstrip("0"))
        problems.append(
            Problem(
                f"l’identifiant est inconnu dans la table {table}",
                file=file,
                line=int(lines[rows[at]]),
                column=str(column.name),
                value=str(names[at]),
                advice="Ajoutez-le à cette table, ou retirez ses trajets."
                if like is None
                else f"Cette table a « {like} » : un tableur a-t-il ôté les zéros de tête ?",
            )
        )
    return problems


def repeated_pairs(
    origins: Iterable[object],
    destinations: Iterable[object],
    lines: Iterable[int],
    file: str | None,
) -> list[Problem]:
    """Say each pair that repeats one above it."""
    return [
        Problem(
            f"le trajet de « {origin} » à « {destination} » est donné deux fois",
            file=file,
            line=int(line),
            advice="Gardez une seule ligne par couple origine-destination.",
        )
        for origin, destination, line in zip(origins, destinations, lines, strict=True)
    ]


def bad_minutes(
    minutes: NDArray[np.float64],
    lines: Lines,
    file: str | None,
    shown: pd.Series | None = None,
) -> list[Problem]:
    """Say each time that is missing, negative or endless; ``shown`` is how it was written."""
    if minutes.size == 0 or (minutes.min() >= 0 and minutes.max() * SECONDS_PER_MINUTE < _LONGEST):
        return []  # NaN fails both comparisons
    bad = ~((minutes >= 0) & (minutes * SECONDS_PER_MINUTE < _LONGEST))
    return [
        Problem(
            "le temps de trajet manque ou n’est pas utilisable",
            file=file,
            line=int(lines[row]),
            column="minutes",
            value=as_read(minutes[row] if shown is None else shown.iloc[row]),
            allowed="un nombre de minutes, zéro ou plus",
            advice="Retirez la ligne si le trajet est impossible.",
        )
        for row in np.flatnonzero(bad)
    ]
