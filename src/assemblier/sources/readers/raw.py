"""A raw file as it lies on the disk: unwrapped, decoded, cut into cells, never trusted by its name.

A file is opened once for its sample (kind, encoding, separator, first rows) and read whole only by
the reader that recognised the sample.
"""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from python_calamine import CalamineSheet, CalamineWorkbook

from assemblier.errors import BadInput, Problem
from assemblier.sources.readers.container import damaged, inner_name, opened
from assemblier.sources.readers.dbase import dbase_columns, dbase_fields, is_dbase
from assemblier.sources.readers.delimited import Delimited, delimited_columns, picked
from assemblier.sources.readers.grid import Grid, Heading, text_rows

__all__ = ["Grid", "Heading", "RawFile"]

SAMPLE_BYTES = 65_536
SAMPLE_ROWS = 30
SEPARATORS = (";", ",", "\t", "|")
EMPTY = ("", "\\N")
"""What producers write in an empty cell; other sentinels belong to the reader that knows them."""
UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
COMMENT = "#"
CONTROL = bytes(code for code in range(32) if code not in b"\t\n\r\x0c\x1a\x1b")
DECODED_AT_ONCE = 1 << 22


@dataclass(frozen=True)
class RawFile:
    """One raw file, or the one data file inside a zip or gzip.

    Attributes
    ----------
    path
        The file on the disk.
    sha256
        Hash of the bytes on the disk.
    """

    path: Path
    sha256: str
    member: str = field(default="", compare=False)

    @cached_property
    def sample(self) -> bytes:
        """The first bytes of the data, as stored."""
        with opened(self.path) as stream:
            return stream.read(SAMPLE_BYTES)

    @cached_property
    def content(self) -> bytes:
        """Bytes of the data, taken out of a zip or gzip; UTF-16 text is turned into UTF-8.

        Raises
        ------
        BadInput
            When the archive is truncated, damaged or empty.
        """
        with opened(self.path) as stream:
            content = stream.read()
        if content[:2] in UTF16:
            try:
                return content.decode("utf-16").encode("utf-8")
            except UnicodeDecodeError:
                return content
        return content

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Name of the file and of the data inside it, for what only a name tells."""
        inner = inner_name(self.path)
        return (self.path.name, inner) if inner else (self.path.name,)

    @cached_property
    def kind(self) -> str:
        """What the bytes are: csv, xlsx, xls, json, html, parquet, pbf, dbf, empty or unknown."""
        head = self.sample
        if head[:2] in UTF16:
            head = self.content[:SAMPLE_BYTES]
        signatures = (
            (b"PK\x03\x04", "xlsx"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "xls"),
            (b"PAR1", "parquet"),
        )
        for signature, kind in signatures:
            if head.startswith(signature):
                return kind
        if b"OSMHeader" in head[:64]:
            return "pbf"
        if is_dbase(head):
            return "dbf"
        controls = len(head) - len(head.translate(None, CONTROL))
        if controls * 200 > len(head):
            return "unknown"
        start = head.removeprefix(codecs.BOM_UTF8).lstrip()
        if not start:
            return "empty"
        if start[:1] in {b"{", b"["}:
            return "json"
        opening = start[:200].lower()
        if opening.startswith((b"<!doctype html", b"<html")) or b"<html" in opening:
            return "html"
        return "xml" if opening.startswith(b"<?xml") else "csv"

    @cached_property
    def encoding(self) -> str:
        """UTF-8 where it decodes, else Windows-1252, else Latin-1 where even that fails."""
        content = self.content
        if content.startswith(codecs.BOM_UTF8):
            return "utf-8-sig"
        for encoding in ("utf-8", "cp1252"):
            decoder = codecs.getincrementaldecoder(encoding)()
            try:
                for start in range(0, len(content), DECODED_AT_ONCE):
                    decoder.decode(content[start : start + DECODED_AT_ONCE])
                decoder.decode(b"", final=True)
            except UnicodeDecodeError:
                continue
            return encoding
        return "latin-1"

    @cached_property
    def head(self) -> str:
        """The first characters of a text file."""
        return self.content[:SAMPLE_BYTES].decode(self.encoding, errors="replace")

    @cached_property
    def separator(self) -> str:
        """The separator that cuts the first lines into the most even and numerous cells."""
        lines = [line for line in self.head.splitlines() if line.strip() and line[0] != COMMENT]
        lines = lines[:SAMPLE_ROWS]
        lines = lines[:-1] or lines
        best, best_score = ",", -1.0
        for separator in SEPARATORS:
            widths = [len(row) for row in csv.reader(lines, delimiter=separator)]
            if not widths:
                continue
            width = max(sorted(set(widths)), key=widths.count)
            score = (width - 1) * widths.count(width) / len(widths)
            if score > best_score:
                best, best_score = separator, score
        return best

    @cached_property
    def json_head(self) -> str:
        """The first characters of a JSON file, for recognition."""
        return self.head[:4000] if self.kind == "json" else ""

    def json(self) -> Any:
        """Return the JSON content whole, read once; it is never to be changed.

        Raises
        ------
        BadInput
            When it is cut short or is no JSON.
        """
        return self._json

    @cached_property
    def _json(self) -> Any:
        try:
            return json.loads(self.content.decode(self.encoding))
        except ValueError as error:
            raise damaged(self.path, f"JSON illisible ou tronqué ({error})") from error

    @cached_property
    def grids(self) -> tuple[Grid, ...]:
        """The first rows of each table of text in the file; empty for other kinds."""
        if self.kind == "csv":
            cut = len(self.content) > SAMPLE_BYTES
            records = csv.reader(io.StringIO(self.head), delimiter=self.separator)
            rows: list[tuple[str, ...]] = []
            try:
                said = 0
                for row in records:
                    rows.append(tuple(cell.strip() for cell in row))
                    said += not (row and row[0].startswith(COMMENT))
                    if said > SAMPLE_ROWS:
                        break
            except csv.Error as error:
                raise damaged(self.path, f"guillemets mal fermés ({error})") from error
            if said > SAMPLE_ROWS or (cut and len(rows) > 1):
                rows.pop()  # the last record may be cut by the end of the sample
            return (Grid("", tuple(rows)),)
        if self.kind in {"xlsx", "xls"}:
            return tuple(
                Grid(name, text_rows(list(itertools.islice(sheet.iter_rows(), SAMPLE_ROWS))))
                for name, sheet in self._sheets.items()
            )
        if self.kind == "parquet":
            return (Grid("", (tuple(self.parquet().schema_arrow.names),)),)
        if self.kind == "dbf":
            return (Grid("", (tuple(name for name, _, _ in dbase_fields(self.sample)),)),)
        return ()

    @cached_property
    def _sheets(self) -> dict[str, CalamineSheet]:
        try:
            book = CalamineWorkbook.from_filelike(io.BytesIO(self.content))
            return {name: book.get_sheet_by_name(name) for name in book.sheet_names}
        except BaseException as error:
            # the Rust library panics on some damaged workbooks: that is no Exception
            if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
                raise
            raise damaged(self.path, f"classeur illisible ou tronqué ({error})") from error

    def _sheet(self, name: str) -> CalamineSheet:
        """Return a sheet by its name; the only one where a reader of text asks for none."""
        if name in self._sheets:
            return self._sheets[name]
        if len(self._sheets) == 1:
            return next(iter(self._sheets.values()))
        raise BadInput(
            Problem(
                "classeur de plusieurs feuilles là où une seule table est attendue",
                self.path.name,
                allowed="une feuille",
                advice="Gardez la feuille des données seule, ou enregistrez-la en CSV.",
            )
        )

    def parquet(self) -> pq.ParquetFile:
        """Open a Parquet table; from the disk when it lies there bare, so that it can be streamed.

        Raises
        ------
        BadInput
            When it is truncated.
        """
        try:
            with self.path.open("rb") as start:
                bare = start.read(4) == b"PAR1"
            return pq.ParquetFile(self.path if bare else io.BytesIO(self.content))
        except (pa.ArrowException, OSError) as error:
            raise damaged(self.path, f"Parquet illisible ou tronqué ({error})") from error

    def cells(
        self,
        columns: Sequence[int],
        *,
        after: int,
        sheet: str = "",
        names: Sequence[str],
        quoted: bool = True,
    ) -> pd.DataFrame:
        """Return the asked columns as text, with ``_row``, from the row after the headings.

        Parameters
        ----------
        columns
            Positions of the columns, 0-based.
        after
            0-based row of the headings; reading begins on the next. -1 when there are none.
        sheet
            Name of the sheet, for a workbook.
        names
            Names to give to the columns, in the same order.
        quoted
            False where the producer never quotes and a quotation mark is an ordinary character.

        Returns
        -------
        DataFrame
            Text stripped, None where the cell is empty; ``_row`` is the 1-based record of the raw
            file (a quoted cell that holds a new line stays one record). Rows wholly empty are left
            out.

        Raises
        ------
        BadInput
            When the file cannot be cut into cells.
        """
        if self.kind == "csv":
            body = [len(row) for row in self.grids[0].rows[after + 1 :] if any(row)]
            width = max([*body, len(self.grids[0].rows[max(after, 0)]), max(columns) + 1])
            written = Delimited(self.encoding, self.separator, quoted, width, self.path.name)
            try:
                frame = delimited_columns(self.content, written, columns, names, after)
            except (csv.Error, UnicodeDecodeError) as error:
                raise damaged(self.path, f"texte ou guillemets illisibles ({error})") from error
        elif self.kind == "parquet":
            frame = self._parquet_cells(columns, names)
        elif self.kind == "dbf":
            frame = dbase_columns(self.content, columns, names)
            frame["_row"] = np.arange(1, len(frame) + 1, dtype=np.int64)
        else:
            rows = itertools.islice(self._sheet(sheet).iter_rows(), after + 1, None)
            frame = picked(rows, columns, names, after)
        texts = [name for name in frame.columns if name != "_row"]
        for name in texts:
            stripped = frame[name].str.strip()
            frame[name] = stripped.mask(stripped.isin(EMPTY))
        return frame[frame[texts].notna().any(axis=1)].reset_index(drop=True)

    def _parquet_cells(self, columns: Sequence[int], names: Sequence[str]) -> pd.DataFrame:
        opened_table = self.parquet()
        heads = opened_table.schema_arrow.names
        table = opened_table.read(columns=[heads[at] for at in columns])
        frame = pd.DataFrame(
            {
                name: table.column(heads[at]).cast(pa.string()).to_pandas().astype("str")
                for name, at in zip(names, columns, strict=True)
            }
        )
        frame["_row"] = np.arange(1, len(frame) + 1, dtype=np.int64)
        return frame
