"""What holds the data on the disk: nothing, gzip or zip; and the bytes taken out of it."""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

from assemblier.errors import BadInput, Problem

__all__ = ["damaged", "inner_name", "opened", "readable"]

GZIP = b"\x1f\x8b"
ZIP = b"PK\x03\x04"
AGAIN = "Téléchargez le fichier de nouveau."


def damaged(path: Path, what: str) -> BadInput:
    """Return the error that says a file cannot be read and what to do."""
    return BadInput(Problem(what, file=path.name, advice=AGAIN))


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Turn what decompression raises on a damaged archive into a sentence for a person."""
    try:
        yield
    except (EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise damaged(path, f"archive tronquée ou abîmée ({error})") from error
    except gzip.BadGzipFile as error:
        raise damaged(path, f"archive gzip abîmée ({error})") from error
    except RuntimeError as error:  # zipfile asks for a password this way
        raise damaged(path, f"archive chiffrée ou non prise en charge ({error})") from error
    except NotImplementedError as error:
        raise damaged(path, f"compression non prise en charge ({error})") from error


def _main_member(path: Path, archive: zipfile.ZipFile) -> str:
    """Name the largest member that is no metadata."""
    members = [
        info
        for info in archive.infolist()
        if not info.is_dir() and "meta" not in PurePosixPath(info.filename).name.lower()
    ]
    if not members:
        raise BadInput(Problem("archive sans fichier de données", path.name))
    return max(members, key=lambda info: info.file_size).filename


def inner_name(path: Path) -> str:
    """Return the name of the data inside a zip; empty for a workbook or any other file."""
    with readable(path), path.open("rb") as start:
        if start.read(4) != ZIP:
            return ""
        with zipfile.ZipFile(path) as archive:
            if "[Content_Types].xml" in archive.namelist():
                return ""
            return _main_member(path, archive)


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """Open the data of a file as a stream, taken out of its zip or gzip."""
    with readable(path):
        with path.open("rb") as start:
            head = start.read(4)
        if head[:2] == GZIP:
            with gzip.open(path) as stream:
                yield io.BufferedReader(stream)
        elif inner := inner_name(path):
            with zipfile.ZipFile(path) as archive, archive.open(inner) as member:
                yield member
        else:
            with path.open("rb") as plain:
                yield plain
