"""Write files whole or not at all: beside their place first, then moved there in one step.

Whoever reads meanwhile finds what was there before; a full disk, a refused right or a program that
is killed leaves it as it was.
"""

from __future__ import annotations

import contextlib
import errno
import glob
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from assemblier.errors import CannotWrite

__all__ = [
    "FULL",
    "copy_in_one_step",
    "sweep_abandoned",
    "unused",
    "workroom",
    "write_in_one_step",
    "written_in_one_step",
    "written_under_its_name",
]

CHUNK = 1 << 20
ABANDONED_AFTER = 3600.0
"""Seconds after which what a killed program left unfinished is removed."""
FULL = frozenset({errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)})
"""Error numbers of a full disk or quota."""
FORBIDDEN = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


@contextmanager
def written_in_one_step(path: Path) -> Iterator[Path]:
    """Give a place beside a file to write to; it is flushed, then renamed over the file.

    Raises
    ------
    CannotWrite
        When the disk is full or the folder may not be written to; the file is as it was.
    """
    # two threads or two programs that write the same file do not meet
    beside = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}.tmp")
    with _told(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        _sweep_beside(path)
        try:
            yield beside
            _move(beside, path)
        finally:
            with contextlib.suppress(OSError):
                beside.unlink(missing_ok=True)


@contextmanager
def written_under_its_name(path: Path) -> Iterator[Path]:
    """Like :func:`written_in_one_step`, for what writes other files beside it, or its name in it.

    When nothing is written there, the file stays as it was.

    Raises
    ------
    CannotWrite
        When the disk is full or the folder may not be written to; the file is as it was.
    """
    with workroom(path) as folder:
        beside = folder / path.name
        yield beside
        if beside.exists():
            _move(beside, path)


@contextmanager
def workroom(path: Path) -> Iterator[Path]:
    """Give a folder beside a file, on the same disk; it goes away with all that is in it.

    Raises
    ------
    CannotWrite
        When the disk is full or the folder may not be written to.
    """
    with _told(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        _sweep_beside(path)
        with tempfile.TemporaryDirectory(
            dir=path.parent, prefix=f".{path.name}.", suffix=".tmp", ignore_cleanup_errors=True
        ) as folder:
            yield Path(folder)


def write_in_one_step(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    with written_in_one_step(path) as beside:
        beside.write_bytes(content)


def copy_in_one_step(source: IO[bytes], path: Path) -> None:
    """Copy a stream of any size to a file, whole or not at all."""
    with written_in_one_step(path) as beside, beside.open("wb") as opened:
        shutil.copyfileobj(source, opened, CHUNK)


def unused(path: Path) -> Path:
    """Return a name that no file has."""
    at, free = 2, path
    while free.exists():
        free = path.with_name(f"{path.stem}-{at}{path.suffix}")
        at += 1
    return free


def sweep_abandoned(folder: Path, pattern: str) -> None:
    """Remove what killed programs left unfinished, unless another may still be writing it."""
    old = time.time() - ABANDONED_AFTER
    for left in folder.glob(pattern):
        with contextlib.suppress(OSError):
            if left.stat().st_mtime >= old:
                continue
            if left.is_dir():
                shutil.rmtree(left)
            else:
                left.unlink()


def _sweep_beside(path: Path) -> None:
    sweep_abandoned(path.parent, f".{glob.escape(path.name)}.*.tmp")


def _move(beside: Path, path: Path) -> None:
    with beside.open("rb+") as opened:
        os.fsync(opened.fileno())
    beside.replace(path)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Say what the system refused."""
    try:
        yield
    except OSError as error:
        full = error.errno in FULL
        if not full and error.errno not in FORBIDDEN:
            raise
        why = "il n’y a plus de place sur le disque" if full else (error.strerror or "refusé")
        mend = "Libérez de la place" if full else "Vérifiez vos droits sur ce dossier"
        raise CannotWrite(
            f"Impossible d’écrire dans {path.parent} : {why}. Rien n’est perdu : "
            f"ce qui était déjà dans le dossier est intact. {mend}, puis recommencez."
        ) from error
