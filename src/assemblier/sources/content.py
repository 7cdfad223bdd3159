"""Does a file hold what its name promises? Checked on the bytes, before it takes its place."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path

__all__ = ["content_fault"]

HEAD = 4096
TAIL = 64
CHUNK = 1 << 20
GROWTH = 8 * CHUNK
GZIP_ONLY = 31
SIGNATURES = {
    "zip": b"PK\x03\x04",
    "xlsx": b"PK\x03\x04",
    "xls": b"\xd0\xcf\x11\xe0",
    "gzip": b"\x1f\x8b",
    "json.gz": b"\x1f\x8b",
    "7z": b"7z\xbc\xaf\x27\x1c",
    "parquet": b"PAR1",
}
NAMES = {
    "zip": "une archive zip",
    "xlsx": "un classeur xlsx",
    "xls": "un classeur xls",
    "gzip": "un fichier gzip",
    "json.gz": "un fichier JSON compressé (gzip)",
    "7z": "une archive 7z",
    "parquet": "un fichier Parquet",
    "pbf": "un extrait OpenStreetMap (PBF)",
    "json": "un fichier JSON",
    "geojson": "un fichier GeoJSON",
    "csv": "une table CSV",
    "txt": "un texte",
    "dbf": "une table dBASE",
    "yaml": "un fichier YAML",
}
TEXT = frozenset({"csv", "txt", "json", "geojson", "yaml"})
HTML_OPENINGS = (b"<!doctype html", b"<html", b"<head", b"<body", b"<script")
CUT = "il est coupé ou abîmé"


def content_fault(path: Path, expected: str) -> str | None:
    """Say in French why a file is not what is expected, or return ``None``.

    The whole of a zip (checksums) or gzip file is read, so that one that was cut is refused.

    Parameters
    ----------
    path
        File to look at.
    expected
        Format of the card: ``csv``, ``zip``, ``xlsx``, ``parquet``…
    """
    size = path.stat().st_size
    if size == 0:
        return "le fichier est vide"
    with path.open("rb") as handle:
        head = handle.read(HEAD)
        handle.seek(max(0, size - TAIL))
        tail = handle.read()
    wanted = NAMES.get(expected, expected)
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith(HTML_OPENINGS):
        return f"une page web (HTML) est arrivée à la place d’{wanted}"
    signature = SIGNATURES.get(expected)
    if signature and not head.startswith(signature):
        return f"ce n’est pas {wanted}"
    match expected:
        case "zip" | "xlsx":
            return _zip_fault(path, wanted, workbook=expected == "xlsx")
        case "gzip" | "json.gz":
            return _gzip_fault(path)
        case "parquet" if not tail.endswith(b"PAR1"):
            return CUT
        case "pbf" if b"OSMHeader" not in head[:64]:
            return f"ce n’est pas {wanted}"
        case "json" | "geojson":
            if not text.startswith((b"{", b"[")):
                return f"ce n’est pas {wanted}"
            if not tail.rstrip(b" \t\r\n\0").endswith((b"}", b"]")):
                return CUT
        case "csv" | "txt" if text.startswith((b"<?xml", b"{")):
            return f"une réponse de service (XML ou JSON) est arrivée à la place d’{wanted}"
        case _:
            pass
    if expected in TEXT and b"\0" in head:
        return f"ce n’est pas {wanted} (octets nuls)"
    return None


def _zip_fault(path: Path, wanted: str, *, workbook: bool) -> str | None:
    try:
        with zipfile.ZipFile(path) as archive:
            if not archive.namelist():
                return "l’archive est vide"
            if workbook and "[Content_Types].xml" not in archive.namelist():
                return f"ce n’est pas {wanted} mais une autre archive"
            broken = archive.testzip()
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError):
        return CUT
    return f"{CUT} (membre {broken})" if broken else None


def _gzip_fault(path: Path) -> str | None:
    reader = None
    try:
        with path.open("rb") as handle:
            while chunk := handle.read(CHUNK):
                while True:
                    if reader is None:
                        reader = zlib.decompressobj(wbits=GZIP_ONLY)
                    # bounded output: a hostile file may grow a thousandfold
                    out = reader.decompress(chunk, GROWTH)
                    chunk = reader.unconsumed_tail
                    if reader.eof:
                        chunk, reader = reader.unused_data.lstrip(b"\0"), None
                    if not chunk and (reader is None or len(out) < GROWTH):
                        break
    except zlib.error:
        return CUT
    return None if reader is None else CUT
