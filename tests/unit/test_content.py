"""A file is refused on its bytes when it is not what its name promises, or not whole."""

from __future__ import annotations

import gzip
import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assemblier.sources.content import content_fault


def _zip(*names: str, body: bytes = b"x" * 5000) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name in names:
            archive.writestr(name, body)
    return held.getvalue()


PACKED = gzip.compress(b"code;nom\n" * 5000)
XLSX = _zip("[Content_Types].xml", "xl/workbook.xml")


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("csv", b"\xef\xbb\xbfcode;nom\n1;a\n"),
        ("csv", "code;libellé\n1;é\n".encode("latin-1")),
        ("json", b' \n{"a": [1]}\n'),
        ("geojson", b"[]"),
        ("zip", _zip("a.csv")),
        ("xlsx", XLSX),
        ("gzip", PACKED),
        ("gzip", PACKED + PACKED),
        ("gzip", PACKED + b"\0" * 512),
        ("gzip", gzip.compress(b"\0" * (40 << 20))),
        ("parquet", b"PAR1" + b"x" * 100 + b"PAR1"),
        ("pbf", b"\0\0\0\x0e\n\tOSMHeader\x18" + b"x" * 50),
        ("dbf", b"\x03" + b"x" * 40),
    ],
)
def test_good_content_is_accepted(tmp_path, kind, content) -> None:
    path = tmp_path / "f"
    path.write_bytes(content)
    assert content_fault(path, kind) is None


@pytest.mark.parametrize(
    ("kind", "content", "said"),
    [
        ("csv", b"", "vide"),
        ("csv", b"\xef\xbb\xbf \n<!DOCTYPE HTML><html>", "HTML"),
        ("csv", b'{"error": "quota"}', "réponse de service"),
        ("csv", b"<?xml version='1.0'?><Error/>", "réponse de service"),
        ("csv", b"PK\x03\x04\0\0", "octets nuls"),
        ("json", b'{"a": [1, 2', "coupé"),
        ("json", b"code;nom", "pas un fichier JSON"),
        ("zip", _zip("a.csv")[:2000], "coupé"),
        ("zip", _zip("a.csv").replace(b"xxxx", b"xxyx", 1), "abîmé"),
        ("zip", b"code;nom", "pas une archive zip"),
        ("xlsx", _zip("a.csv"), "autre archive"),
        ("gzip", PACKED[:-9], "coupé"),
        ("gzip", PACKED[:-1], "coupé"),
        ("gzip", PACKED + PACKED[:30], "coupé"),
        ("json.gz", b"{}", "gzip"),
        ("parquet", b"PAR1" + b"x" * 100, "coupé"),
        ("pbf", b"\0" * 100, "PBF"),
        ("xls", XLSX, "pas un classeur xls"),
    ],
)
def test_bad_content_is_refused(tmp_path, kind, content, said) -> None:
    path = tmp_path / "f"
    path.write_bytes(content)
    fault = content_fault(path, kind)
    assert fault is not None
    assert said in fault


@given(cut=st.integers(1, len(PACKED) - 1))
def test_any_cut_of_a_gzip_is_seen(tmp_path_factory, cut) -> None:
    path = tmp_path_factory.mktemp("coupe") / "f"
    path.write_bytes(PACKED[:cut])
    assert content_fault(path, "gzip") is not None


@given(cut=st.integers(1, len(XLSX) - 1))
def test_any_cut_of_a_workbook_is_seen(tmp_path_factory, cut) -> None:
    path = tmp_path_factory.mktemp("coupe") / "f"
    path.write_bytes(XLSX[:cut])
    assert content_fault(path, "xlsx") is not None
