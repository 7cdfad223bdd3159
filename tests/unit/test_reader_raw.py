"""A raw file as it lies on the disk: what it is, how it is cut, and that no damage goes unsaid."""

from __future__ import annotations

import csv
import gzip
import io
import random
import tempfile
import zipfile
from contextlib import suppress
from pathlib import Path

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assemblier.errors import BadInput
from assemblier.sources.readers.contract import Ignored
from assemblier.sources.readers.raw import RawFile
from assemblier.sources.readers.registry import recognise

TABLE = "code;nom\n01001;L’Abergement\n2A004;Ajaccio\n"


def raw(folder: Path, content: bytes, name: str = "x") -> RawFile:
    path = folder / name
    path.write_bytes(content)
    return RawFile(path, "0" * 64)


def columns(file: RawFile, *at: int, after: int = 0) -> list[tuple[object, ...]]:
    names = [f"n{i}" for i in at]
    frame = file.cells(list(at), after=after, names=names)
    return [
        tuple(None if pd.isna(value) else value for value in row)
        for row in frame[["_row", *names]].itertuples(index=False, name=None)
    ]


@pytest.mark.parametrize(
    ("encoding", "said"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("cp1252", "cp1252"), ("utf-16", "utf-8")],
)
def test_every_encoding_gives_the_same_text(tmp_path: Path, encoding: str, said: str) -> None:
    file = raw(tmp_path, TABLE.encode(encoding))
    assert file.encoding == said
    assert columns(file, 0, 1) == [(2, "01001", "L’Abergement"), (3, "2A004", "Ajaccio")]


def test_bytes_outside_windows_1252_are_read_as_latin_1(tmp_path: Path) -> None:
    file = raw(tmp_path, b"code;nom\n01001;\xe9\x81\n")
    assert file.encoding == "latin-1"
    assert columns(file, 0) == [(2, "01001")]


@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
def test_separator_is_the_one_that_cuts_evenly(tmp_path: Path, separator: str) -> None:
    rows = [["code", "nom", "v"], ["01001", "a, b; c", "1"], ["01002", "d", "2,5"]]
    held = io.StringIO()
    csv.writer(held, delimiter=separator).writerows(rows)
    file = raw(tmp_path, held.getvalue().encode())
    assert file.separator == separator
    assert columns(file, 1) == [(2, "a, b; c"), (3, "d")]


def test_a_quoted_new_line_and_blank_lines_keep_the_record_count(tmp_path: Path) -> None:
    file = raw(tmp_path, b'code,nom\n1,"a\nb"\n\n2,c\n,\n3,"d ""e"""\n')
    assert columns(file, 0, 1) == [(2, "1", "a\nb"), (4, "2", "c"), (6, "3", 'd "e"')]


def test_title_and_footer_rows_keep_the_record_count(tmp_path: Path) -> None:
    text = '"Un titre\nsur deux lignes"\n\ncode;v\n1;2\n3;4\nSource : x\n'
    file = raw(tmp_path, text.encode())
    assert columns(file, 0, 1, after=2) == [
        (4, "1", "2"),
        (5, "3", "4"),
        (6, "Source : x", None),
    ]


def test_trailing_separators_are_no_column(tmp_path: Path) -> None:
    file = raw(tmp_path, b"code;v;\n1;2;\n3;4;\n")
    assert columns(file, 0, 1) == [(2, "1", "2"), (3, "3", "4")]
    only_rows = raw(tmp_path, b"code;v\n1;2;\n3;4;\n", "y")
    assert columns(only_rows, 0, 1) == [(2, "1", "2"), (3, "3", "4")]


def test_shifted_rows_are_refused_all_at_once(tmp_path: Path) -> None:
    body = "".join(f"{i};a\n" for i in range(100))
    file = raw(tmp_path, f"code;nom\n{body}100;a;b\n101;c;d\n".encode())
    with pytest.raises(BadInput) as caught:
        columns(file, 0, 1)
    assert [problem.line for problem in caught.value.problems] == [102, 103]


@pytest.mark.parametrize("end", ["0100", "01001;2010", "01001;"])
def test_a_file_cut_in_a_row_is_refused(tmp_path: Path, end: str) -> None:
    whole = "code;annee;v\n01001;2009;1\n"
    file = raw(tmp_path, f"{whole}{end}".encode())
    with pytest.raises(BadInput, match="au milieu d’une ligne") as caught:
        columns(file, 0, 1)
    assert caught.value.problems[0].line == 3
    # the same short row, ended, is what its producer wrote
    assert len(columns(raw(tmp_path, f"{whole}{end}\n".encode(), "y"), 0, 1)) == 2


def test_a_footer_without_line_feed_is_no_cut(tmp_path: Path) -> None:
    file = raw(tmp_path, b"code;annee;v\n01001;2009;1\nSource : Insee, 2010")
    assert len(columns(file, 0, 1)) == 2


def test_a_stray_quotation_mark_is_text_where_nothing_is_quoted(tmp_path: Path) -> None:
    file = raw(tmp_path, b'code|nom|v\n1|"Rue du 8|2\n3|x|4\n')
    frame = file.cells([0, 1, 2], after=0, names=["a", "b", "c"], quoted=False)
    assert frame["b"].tolist() == ['"Rue du 8', "x"]


@given(
    st.lists(
        st.lists(st.text('ab;,"\n é', max_size=4), min_size=3, max_size=3), min_size=1, max_size=8
    )
)
def test_any_table_written_is_read_back(rows: list[list[str]]) -> None:
    """Against the csv module: same cells, same records, whatever is quoted."""
    held = io.StringIO()
    writer = csv.writer(held, delimiter=";", lineterminator="\n")
    writer.writerow(["h1", "h2", "h3"])
    writer.writerows(rows)
    records = list(csv.reader(io.StringIO(held.getvalue(), newline=""), delimiter=";"))
    with tempfile.TemporaryDirectory() as folder:
        file = raw(Path(folder), held.getvalue().encode())
        if file.separator != ";":
            return  # a table of commas in semicolons is ambiguous to anyone
        frame = file.cells([0, 1, 2], after=0, names=["a", "b", "c"])
    expected = {
        at: [cell.strip() or None for cell in record]
        for at, record in enumerate(records, start=1)
        if at > 1 and any(cell.strip() for cell in record)
    }
    names = ("a", "b", "c")
    found = {
        int(frame["_row"][i]): [None if frame[n].isna()[i] else frame[n][i] for n in names]
        for i in range(len(frame))
    }
    assert found == expected


def test_a_workbook_keeps_its_row_numbers_and_text(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet["B4"], sheet["C4"] = "code", "v"
    sheet["B5"], sheet["C5"] = "01001", 3.0
    sheet["B7"], sheet["C7"] = "2B033", 2.5
    book.save(tmp_path / "x")
    file = RawFile(tmp_path / "x", "")
    assert file.kind == "xlsx"
    grid = file.grids[0]
    found = grid.find("code", "v", exact=True)
    assert found is not None
    frame = file.cells(
        list(found.columns.values()), after=found.row, sheet=grid.name, names=["code", "v"]
    )
    assert frame["_row"].tolist() == [5, 7]
    assert frame["code"].tolist() == ["01001", "2B033"]
    assert frame["v"].tolist() == ["3", "2.5"]


def test_zip_and_gzip_are_taken_out_and_metadata_left(tmp_path: Path) -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("metadonnees.csv", "x" * 10_000)
        archive.writestr("donnees.csv", TABLE)
    file = raw(tmp_path, held.getvalue())
    assert file.names == ("x", "donnees.csv")
    assert columns(file, 0) == [(2, "01001"), (3, "2A004")]
    zipped = raw(tmp_path, gzip.compress(TABLE.encode()), "y")
    assert columns(zipped, 0) == [(2, "01001"), (3, "2A004")]


def workbook() -> bytes:
    held = io.BytesIO()
    book = openpyxl.Workbook()
    for at in range(500):
        book.active.append([at, "texte", at / 7])
    book.save(held)
    return held.getvalue()


def archive() -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as opened:
        drawn = random.Random(1)
        opened.writestr("a.csv", "code;v\n" + "".join(f"{drawn.random()};1\n" for _ in range(5000)))
    return held.getvalue()


def parquet() -> bytes:
    held = io.BytesIO()
    pq.write_table(pa.table({"a": list(range(5000))}), held)
    return held.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        archive(),
        workbook(),
        gzip.compress(("code;v\n" + "1;2\n" * 50_000).encode()),
        parquet(),
        b'{"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": {"type": "Polygon"',
        b'{"schemaVersion": "v1", "gco": [], "pmej": [{"a": ',
    ],
    ids=["zip", "xlsx", "gzip", "parquet", "geojson", "finess"],
)
@pytest.mark.parametrize("share", [0.3, 0.7, 0.98])
def test_truncated_files_are_refused_with_a_sentence(
    tmp_path: Path, content: bytes, share: float
) -> None:
    cut = content[: int(len(content) * share)]
    if cut[:1] == b"{":
        cut = content
    file = raw(tmp_path, cut, "coupé")
    with pytest.raises(BadInput) as caught:
        recognise(file)
    problem = caught.value.problems[0]
    assert problem.file == "coupé"
    assert problem.advice == "Téléchargez le fichier de nouveau."


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "fichier vide"),
        (b"  \n\n", "fichier vide"),
        (b"\xef\xbb\xbf", "fichier vide"),
        (b"<!DOCTYPE html>\n<html><body>503</body></html>", "page web"),
        (b"\n<html lang='fr'><head>", "page web"),
        (bytes(range(256)) * 40, "contenu binaire"),
        (b"%PDF-1.7\n\x00\x01\x02", "contenu binaire"),
        ("un;deux;trois\n1;2;é\n".encode("cp1252"), "codage cp1252 ; séparateur point-virgule"),
        (b"# Titre\n\n- un point\n- deux\n", "documentation"),
        (b'{"autre": 1}', "JSON"),
        (b"a", "aucun lecteur"),
    ],
)
def test_what_is_not_known_is_described(tmp_path: Path, content: bytes, why: str) -> None:
    known = recognise(raw(tmp_path, content, "page.csv"))
    assert isinstance(known, Ignored)
    assert why in known.reason


def test_an_unknown_table_says_its_headings(tmp_path: Path) -> None:
    known = recognise(raw(tmp_path, b"alpha,beta\n1,2\n3,4\n"))
    assert isinstance(known, Ignored)
    assert "premiers titres : alpha, beta" in known.reason


@given(st.binary(max_size=400))
def test_no_bytes_bring_a_traceback(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = raw(Path(folder), content)
        with suppress(BadInput):
            known = recognise(file)
            assert isinstance(known, Ignored)
            assert known.reason
