"""A raw file as it lies on the disk: unwrapped, decoded, cut into cells, never trusted by its name.

A file is opened once for its sample (kind, encoding, separator, first rows) and read whole only by
the reader that recognised the sample.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv
from python_calamine import CalamineWorkbook

from assemblier.errors import BadInput, Problem
from assemblier.language import plain

__all__ = ["Grid", "Heading", "RawFile"]

SAMPLE_BYTES = 65_536
SAMPLE_ROWS = 30
SEPARATORS = (";", ",", "\t", "|")
EMPTY = ("", "\\N")
"""What producers write in an empty cell; other sentinels belong to the reader that knows them."""


@dataclass(frozen=True, slots=True)
class Heading:
    """Where the headings of a grid are, and which column answers each name that was asked."""

    row: int
    columns: dict[str, int]


@dataclass(frozen=True, slots=True)
class Grid:
    """The first rows of a table of text: a CSV file, or one sheet of a workbook.

    ``rows`` are the cells as text, stripped; row 0 is line 1 of the raw file.
    """

    name: str
    rows: tuple[tuple[str, ...], ...]

    def find(self, *names: str, exact: bool = False) -> Heading | None:
        """Find the row that holds all these headings, whatever their accents, case and spaces.

        Parameters
        ----------
        names
            Headings sought. A heading matches when it begins with the name, unless ``exact``.
        """
        wanted = [plain(name) for name in names]
        for at, row in enumerate(self.rows):
            cells = [plain(cell) for cell in row]
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

    @property
    def width(self) -> int:
        """The widest row of the sample."""
        return max((len(row) for row in self.rows), default=0)


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
    def content(self) -> bytes:
        """Bytes of the data, taken out of a zip or gzip when it is in one."""
        raw = self.path.read_bytes()
        if raw[:2] == b"\x1f\x8b":
            return gzip.decompress(raw)
        if raw[:4] == b"PK\x03\x04" and not _is_workbook(raw):
            with zipfile.ZipFile(io.BytesIO(raw)) as archive:
                return archive.read(self._main_member(archive))
        return raw

    def _main_member(self, archive: zipfile.ZipFile) -> str:
        members = [
            info
            for info in archive.infolist()
            if not info.is_dir() and "meta" not in PurePosixPath(info.filename).name.lower()
        ]
        if not members:
            raise BadInput(Problem("archive sans fichier de données", self.path.name))
        return max(members, key=lambda info: info.file_size).filename

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Name of the file and of the data inside it, for what only a name tells."""
        inner: tuple[str, ...] = ()
        with self.path.open("rb") as opened:
            start = opened.read(4)
        if start == b"PK\x03\x04":
            with zipfile.ZipFile(self.path) as archive:
                if "[Content_Types].xml" not in archive.namelist():
                    inner = (self._main_member(archive),)
        return (self.path.name, *inner)

    @cached_property
    def kind(self) -> str:
        """What the bytes are: csv, xlsx, xls, json, parquet, pbf, dbf or unknown."""
        head = self.content[:SAMPLE_BYTES]
        if head[:4] == b"PK\x03\x04":
            return "xlsx"
        if head[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
            return "xls"
        if head[:4] == b"PAR1":
            return "parquet"
        if b"OSMHeader" in head[:64]:
            return "pbf"
        if _is_dbf(head, len(self.content)):
            return "dbf"
        if b"\x00" in head:
            return "unknown"
        start = head.lstrip(b"\xef\xbb\xbf \r\n\t")[:1]
        if start in {b"{", b"["}:
            return "json"
        return "csv" if head.strip() else "empty"

    @cached_property
    def encoding(self) -> str:
        """UTF-8 where it decodes, else Windows-1252 (Latin-1 with its printable upper half)."""
        content = self.content
        if content[:3] == b"\xef\xbb\xbf":
            return "utf-8-sig"
        try:
            content.decode("utf-8")
        except UnicodeDecodeError:
            return "cp1252"
        return "utf-8"

    @cached_property
    def head(self) -> str:
        """The first characters of a text file."""
        return self.content[:SAMPLE_BYTES].decode(self.encoding, errors="replace")

    @cached_property
    def separator(self) -> str:
        """The separator that cuts the first lines into the most even and numerous cells."""
        lines = [line for line in self.head.splitlines()[:SAMPLE_ROWS] if line.strip()][:-1]
        lines = lines or self.head.splitlines()[:1]
        best, best_score = ",", -1.0
        for separator in SEPARATORS:
            widths = [len(row) for row in csv.reader(lines, delimiter=separator)]
            if not widths:
                continue
            width = max(set(widths), key=widths.count)
            score = (width - 1) * widths.count(width) / len(widths)
            if score > best_score:
                best, best_score = separator, score
        return best

    @cached_property
    def json_head(self) -> str:
        """The first characters of a JSON file, for recognition."""
        return self.head[:4000] if self.kind == "json" else ""

    def json(self) -> object:
        """Return the JSON content whole."""
        return json.loads(self.content.decode(self.encoding))

    @cached_property
    def grids(self) -> tuple[Grid, ...]:
        """The first rows of each table of text in the file; empty for other kinds."""
        if self.kind == "csv":
            reader = csv.reader(io.StringIO(self.head), delimiter=self.separator)
            rows = []
            for row in reader:
                rows.append(tuple(cell.strip() for cell in row))
                if len(rows) >= SAMPLE_ROWS:
                    break
            return (Grid("", tuple(rows)),)
        if self.kind in {"xlsx", "xls"}:
            book = self._book
            return tuple(
                Grid(name, _text_rows(book.get_sheet_by_name(name).to_python(nrows=SAMPLE_ROWS)))
                for name in book.sheet_names
            )
        return ()

    @cached_property
    def _book(self) -> CalamineWorkbook:
        return CalamineWorkbook.from_filelike(io.BytesIO(self.content))

    def cells(
        self, columns: Sequence[int], *, after: int, sheet: str = "", names: Sequence[str]
    ) -> pd.DataFrame:
        """Return the asked columns as text, with ``_row``, from the row after the headings.

        Parameters
        ----------
        columns
            Positions of the columns, 0-based.
        after
            0-based row of the headings; reading begins on the next.
        sheet
            Name of the sheet, for a workbook.
        names
            Names to give to the columns, in the same order.

        Returns
        -------
        DataFrame
            Text stripped, None where the cell is empty; ``_row`` is 1-based in the raw file. Rows
            wholly empty are left out.
        """
        if self.kind == "csv":
            frame = self._csv_cells(columns, after, names)
        else:
            rows = _text_rows(self._book.get_sheet_by_name(sheet).to_python()[after + 1 :])
            frame = pd.DataFrame(
                {
                    name: [row[at] if at < len(row) else "" for row in rows]
                    for name, at in zip(names, columns, strict=True)
                },
                dtype="str",
            )
            frame["_row"] = np.arange(after + 2, after + 2 + len(frame), dtype=np.int64)
        texts = [name for name in frame.columns if name != "_row"]
        for name in texts:
            stripped = frame[name].str.strip()
            frame[name] = stripped.mask(stripped.isin(EMPTY))
        return frame[frame[texts].notna().any(axis=1)].reset_index(drop=True)

    def _csv_cells(self, columns: Sequence[int], after: int, names: Sequence[str]) -> pd.DataFrame:
        content = self.content
        encoding = self.encoding
        if encoding == "utf-8-sig":
            content, encoding = content[3:], "utf-8"
        width = max(self.grids[0].width, max(columns) + 1)
        labels = [f"c{i}" for i in range(width)]
        uneven: list[int] = []

        def skip(row: pa_csv.InvalidRow) -> str:
            uneven.append(row.number if row.number is not None else -1)
            return "skip"

        table = pa_csv.read_csv(
            io.BytesIO(content),
            read_options=pa_csv.ReadOptions(
                column_names=labels, skip_rows=after + 1, encoding=encoding, use_threads=False
            ),
            parse_options=pa_csv.ParseOptions(
                delimiter=self.separator,
                newlines_in_values=b'"' in content[:SAMPLE_BYTES],
                ignore_empty_lines=False,
                invalid_row_handler=skip,
            ),
            convert_options=pa_csv.ConvertOptions(
                column_types=dict.fromkeys(labels, pa.string()),
                strings_can_be_null=False,
                include_columns=[f"c{i}" for i in columns],
            ),
        )
        if uneven:
            return self._uneven_cells(content.decode(encoding), columns, after, names)
        frame = pd.DataFrame(
            {
                name: table.column(f"c{at}").to_pandas().astype("str")
                for name, at in zip(names, columns, strict=True)
            }
        )
        frame["_row"] = np.arange(after + 2, after + 2 + len(frame), dtype=np.int64)
        return frame

    def _uneven_cells(
        self, text: str, columns: Sequence[int], after: int, names: Sequence[str]
    ) -> pd.DataFrame:
        """Read a file whose rows differ in width (footers, trailing separators), line by line."""
        rows = list(csv.reader(io.StringIO(text), delimiter=self.separator))[after + 1 :]
        frame = pd.DataFrame(
            {
                name: [row[at] if at < len(row) else "" for row in rows]
                for name, at in zip(names, columns, strict=True)
            },
            dtype="str",
        )
        frame["_row"] = np.arange(after + 2, after + 2 + len(frame), dtype=np.int64)
        return frame


def _is_workbook(raw: bytes) -> bool:
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        return "[Content_Types].xml" in archive.namelist()


def _is_dbf(head: bytes, size: int) -> bool:
    """Tell a dBASE table by its header: version byte, header and record lengths that fit."""
    if len(head) < 32 or head[0] not in {0x03, 0x83, 0x8B, 0x30}:
        return False
    records = int.from_bytes(head[4:8], "little")
    header = int.from_bytes(head[8:10], "little")
    width = int.from_bytes(head[10:12], "little")
    return abs(header + records * width - size) <= 1


def _text_rows(rows: Sequence[Sequence[object]]) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(_text(cell) for cell in row) for row in rows)


def _text(cell: object) -> str:
    """Write a workbook's cell as text: whole floats without their decimal point."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()
