"""Cells of delimited text: fast where all rows are even, record by record where they are not."""

from __future__ import annotations

import codecs
import csv
import io
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv

from assemblier.errors import BadInput, Problem
from assemblier.sources.readers.grid import as_text

__all__ = ["Delimited", "delimited_columns", "picked"]


@dataclass(frozen=True, slots=True)
class Delimited:
    """How a delimited text is written.

    ``width`` is the number of cells of its widest row; ``file`` its name, for the messages.
    """

    encoding: str
    separator: str
    quoted: bool
    width: int
    file: str


def delimited_columns(
    content: bytes,
    written: Delimited,
    columns: Sequence[int],
    names: Sequence[str],
    after: int,
) -> pd.DataFrame:
    """Return columns as text with ``_row``, the 1-based record they stand in.

    Parameters
    ----------
    content
        Bytes of the text.
    written
        Encoding, separator, quotation, width. Where a row differs from that width the text is cut
        again, record by record.
    columns, names
        Positions of the columns and the names to give them.
    after
        0-based record of the headings; reading begins on the next.

    Raises
    ------
    BadInput
        When rows hold more cells than there are columns: their cells have shifted; or when the
        text ends in the middle of a row.
    csv.Error
        When a quotation mark is never closed.
    """
    body = content.removeprefix(codecs.BOM_UTF8)
    encoding = "utf-8" if written.encoding == "utf-8-sig" else written.encoding
    table = _even(body, encoding, written, columns, after)
    if table is None:
        records = csv.reader(
            io.StringIO(body.decode(encoding), newline=""),
            delimiter=written.separator,
            quoting=csv.QUOTE_MINIMAL if written.quoted else csv.QUOTE_NONE,
        )
        rows = list(itertools.islice(records, after + 1, None))
        _refuse_shifted(rows, written, after)
        _refuse_cut(rows, body, written, after)
        return picked(rows, columns, names, after)
    frame = pd.DataFrame(
        {
            name: table.column(f"c{at}").to_pandas().astype("str")
            for name, at in zip(names, columns, strict=True)
        }
    )
    frame["_row"] = np.arange(after + 2, after + 2 + len(frame), dtype=np.int64)
    return frame


def _even(
    body: bytes,
    encoding: str,
    written: Delimited,
    columns: Sequence[int],
    after: int,
) -> pa.Table | None:
    """Read with Arrow; None when a row is wider or narrower, or blank."""
    labels = [f"c{at}" for at in range(written.width)]
    uneven = False

    def skip(_row: pa_csv.InvalidRow) -> str:
        nonlocal uneven
        uneven = True
        return "skip"

    try:
        table = pa_csv.read_csv(
            io.BytesIO(body),
            read_options=pa_csv.ReadOptions(
                column_names=labels,
                skip_rows_after_names=after + 1,
                encoding=encoding,
                use_threads=False,
            ),
            parse_options=pa_csv.ParseOptions(
                delimiter=written.separator,
                quote_char='"' if written.quoted else False,
                newlines_in_values=written.quoted and b'"' in body,
                ignore_empty_lines=False,
                invalid_row_handler=skip,
            ),
            convert_options=pa_csv.ConvertOptions(
                column_types=dict.fromkeys(labels, pa.string()),
                strings_can_be_null=False,
                include_columns=[f"c{at}" for at in dict.fromkeys(columns)],
            ),
        )
    except pa.ArrowInvalid:
        return None
    return None if uneven else table


def _refuse_shifted(rows: Sequence[Sequence[str]], written: Delimited, after: int) -> None:
    width = written.width
    problems = [
        Problem(
            "ligne plus longue que les titres : ses cellules sont décalées",
            file=written.file,
            line=at,
            value=written.separator.join(row[width:])[:60],
            allowed=f"{width} cellules",
            advice="Une cellule qui contient le séparateur doit être entre guillemets.",
        )
        for at, row in enumerate(rows, start=after + 2)
        if len(row) > width and any(cell.strip() for cell in row[width:])
    ]
    if problems:
        raise BadInput(problems)


def _refuse_cut(rows: Sequence[Sequence[str]], body: bytes, written: Delimited, after: int) -> None:
    """Refuse a file that ends in the middle of a row: a download or a copy stopped there.

    A last row of one sentence is a footer; rows that a producer leaves short end with a line feed,
    or are as short as others of the file.
    """
    last = rows[-1] if rows else []
    footer = len(last) == 1 and len(last[0].split()) > 1
    if body.endswith((b"\n", b"\r")) or footer or not 0 < len(last) < written.width:
        return
    if any(len(row) == len(last) for row in rows[:-1]):
        return
    raise BadInput(
        Problem(
            "le fichier s’arrête au milieu d’une ligne",
            file=written.file,
            line=after + 1 + len(rows),
            value=written.separator.join(last)[:60],
            allowed=f"{written.width} cellules",
            advice="La copie ou le téléchargement s’est interrompu : reprenez le fichier entier.",
        )
    )


def picked(
    rows: Iterable[Sequence[object]], columns: Sequence[int], names: Sequence[str], after: int
) -> pd.DataFrame:
    """Keep the asked columns of rows of any width, as text, numbered from the row after."""
    kept = [[as_text(row[at]) if at < len(row) else "" for at in columns] for row in rows]
    frame = pd.DataFrame(kept, columns=pd.Index(names), dtype="str")
    frame["_row"] = np.arange(after + 2, after + 2 + len(frame), dtype=np.int64)
    return frame
