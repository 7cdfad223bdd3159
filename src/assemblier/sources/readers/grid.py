"""The first rows of a table of text, and how headings are found in it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from assemblier.language import plain

__all__ = ["Grid", "Heading", "as_text", "text_rows"]


@dataclass(frozen=True, slots=True)
class Heading:
    """Where the headings of a grid are, and which column answers each name that was asked."""

    row: int
    columns: dict[str, int]


@dataclass(frozen=True)
class Grid:
    """The first rows of a table of text: a CSV file, one sheet of a workbook, a Parquet table.

    ``rows`` are the cells as text, stripped; row 0 is line 1 of the raw file.
    """

    name: str
    rows: tuple[tuple[str, ...], ...]

    @cached_property
    def _plain(self) -> tuple[tuple[str, ...], ...]:
        return tuple(tuple(plain(cell) for cell in row) for row in self.rows)

    def find(self, *names: str, exact: bool = False) -> Heading | None:
        """Find the row that holds all these headings, whatever their accents, case and spaces.

        Parameters
        ----------
        names
            Headings sought. A heading matches when it begins with the name, unless ``exact``.
        """
        wanted = [plain(name) for name in names]
        for at, cells in enumerate(self._plain):
            if len(cells) < len(wanted):
                continue
            columns: dict[str, int] = {}
            for name, sought in zip(names, wanted, strict=True):
                hit = cells.index(sought) if sought in cells else -1
                if hit < 0 and not exact:
                    starts = (i for i, cell in enumerate(cells) if cell.startswith(sought))
                    hit = next(starts, -1)
                if hit < 0:
                    break
                columns[name] = hit
            else:
                return Heading(at, columns)
        return None

    def cell(self, row: int, column: int) -> str:
        """Return a cell of the sample, empty where the sample or its row ends before it."""
        if row >= len(self.rows) or column >= len(self.rows[row]):
            return ""
        return self.rows[row][column]

    @property
    def width(self) -> int:
        """The widest row of the sample."""
        return max((len(row) for row in self.rows), default=0)


def text_rows(rows: Sequence[Sequence[object]]) -> tuple[tuple[str, ...], ...]:
    """Write rows of a workbook as text."""
    return tuple(tuple(as_text(cell) for cell in row) for row in rows)


def as_text(cell: object) -> str:
    """Write a workbook's cell as text: whole floats without their point, midnight dates as days."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, dt.datetime) and cell.time() == dt.time():
        return cell.date().isoformat()
    return str(cell).strip()
