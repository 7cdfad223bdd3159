"""Raw files written byte for byte the same on each run: text, zip, workbooks, Parquet."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter

__all__ = ["Folder", "RawFile", "cell", "lines"]

_STAMP = dt.datetime(2026, 1, 5, 9, 0, 0)  # noqa: DTZ001


@dataclass(frozen=True, slots=True)
class RawFile:
    """A file that was written.

    Attributes
    ----------
    path
        Where.
    card
        Which source it imitates, in a word.
    what
        What it holds, in French.
    vintage
        Year or edition it describes.
    cog
        Vintage of its commune codes, or ``None``.
    """

    path: Path
    card: str
    what: str
    vintage: str
    cog: int | None


def cell(value: Any) -> str:
    """Return a value as producers write it: blank for none, no decimals for whole numbers."""
    if value is None:
        return ""
    if isinstance(value, float | np.floating):
        number = float(value)
        if np.isnan(number):
            return ""
        return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)
    return str(value)


def lines(
    rows: Iterable[Sequence[Any]], separator: str = ",", *, quoted: bool = False, end: str = "\n"
) -> str:
    """Return rows as separated text; fields that need it (or all) are quoted."""

    def shown(value: Any) -> str:
        text = cell(value)
        if quoted or separator in text or '"' in text or "\n" in text:
            return '"' + text.replace('"', '""') + '"'
        return text

    return "".join(separator.join(map(shown, row)) + end for row in rows)


@dataclass(slots=True)
class Folder:
    """A folder that remembers what was written in it.

    Parameters
    ----------
    root
        Where; made if absent.
    """

    root: Path
    written: list[RawFile] = field(default_factory=list)

    def _note(self, name: str, card: str, what: str, vintage: object, cog: int | None) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        self.written.append(RawFile(path, card, what, str(vintage), cog))
        return path

    def text(
        self, name: str, content: str, *, card: str, what: str, vintage: object,
        cog: int | None = None, encoding: str = "utf-8",
    ) -> None:  # fmt: skip
        """Write text in the producer's encoding."""
        path = self._note(name, card, what, vintage, cog)
        path.write_bytes(content.encode(encoding))

    def data(
        self, name: str, content: bytes, *, card: str, what: str, vintage: object,
        cog: int | None = None,
    ) -> None:  # fmt: skip
        """Write bytes made elsewhere."""
        self._note(name, card, what, vintage, cog).write_bytes(content)

    def zipped(
        self, name: str, members: dict[str, str], *, card: str, what: str, vintage: object,
        cog: int | None = None, encoding: str = "utf-8",
    ) -> None:  # fmt: skip
        """Write an archive whose dates do not depend on the day."""
        path = self._note(name, card, what, vintage, cog)
        held = io.BytesIO()
        with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
            for member, content in members.items():
                entry = zipfile.ZipInfo(member, _STAMP.timetuple()[:6])
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.create_system = 3
                archive.writestr(entry, content.encode(encoding), compresslevel=6)
        path.write_bytes(held.getvalue())

    def workbook(
        self, name: str, sheets: Mapping[str, Sequence[Sequence[Any]]], *, card: str, what: str,
        vintage: object, cog: int | None = None,
    ) -> None:  # fmt: skip
        """Write a workbook; strings stay strings, missing cells stay empty."""
        path = self._note(name, card, what, vintage, cog)
        held = io.BytesIO()
        options = {"in_memory": True, "strings_to_numbers": False, "strings_to_formulas": False}
        with xlsxwriter.Workbook(held, options) as book:
            book.set_properties({"author": "Territoire artificiel", "created": _STAMP})
            for title, rows in sheets.items():
                sheet = book.add_worksheet(title)
                for r, row in enumerate(rows):
                    for c, value in enumerate(row):
                        if value is None:
                            continue
                        if isinstance(value, str):
                            sheet.write_string(r, c, value)
                        else:
                            sheet.write_number(r, c, float(value))
        path.write_bytes(held.getvalue())

    def parquet(
        self, name: str, columns: dict[str, Any], *, card: str, what: str, vintage: object,
        cog: int | None = None,
    ) -> None:  # fmt: skip
        """Write a Parquet table."""
        path = self._note(name, card, what, vintage, cog)
        pq.write_table(pa.table(columns), path, compression="zstd")
