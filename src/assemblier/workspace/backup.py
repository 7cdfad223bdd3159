"""Copies of a workspace: made while people write, given back without losing what was there.

A backup is a SQLite file that opens like any other, with one table more: the hash of what it
holds. A copy that a disk or a key has damaged is so told from a good one.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import errno
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from assemblier import __version__
from assemblier.errors import BadInput, CannotWrite, MissingSource, Problem
from assemblier.workspace.integrity import SEAL, condition, content_digest
from assemblier.workspace.model import now
from assemblier.workspace.store import BUSY_SECONDS, Workspace

__all__ = ["Restored", "back_up", "restore"]


@dataclass(frozen=True, slots=True)
class Restored:
    """A workspace given back.

    Attributes
    ----------
    aside
        Copy of what was there before; None when nothing was.
    """

    address: str
    source: Path
    aside: Path | None


def back_up(address: str | Path, target: Path, *, moment: dt.datetime | None = None) -> Path:
    """Write the workspace as it is at one instant, whoever writes in it meanwhile.

    Parameters
    ----------
    target
        A folder, where the file takes the name of the workspace and the moment, or the file.
    moment
        Now, if not given.

    Returns
    -------
    Path
        The file written; it is whole and agrees with itself, or it is not there.

    Raises
    ------
    MissingSource
        When there is no workspace.
    BadInput
        When the workspace is damaged, or the target exists already.
    CannotWrite
        When the disk is full or the folder closed.
    """
    path = _file_of(address)
    when = moment or now()
    if target.is_dir():
        target = _unused(target / f"{path.stem}-{when:%Y%m%dT%H%M%S}.sauvegarde.sqlite")
    if target.exists():
        raise BadInput(
            Problem(
                "un fichier de ce nom existe déjà ; il est intact",
                file=str(target),
                advice="Donnez un autre nom, ou un dossier : la sauvegarde y sera datée.",
            )
        )
    _refuse_unsound(path, "La sauvegarde n’a pas été faite.")
    with _beside(target) as made:
        _copy(path, made)
        _seal(made, when)
        _refuse_unsound(made, "La sauvegarde n’a pas été faite.")
        _flush(made)
        made.replace(target)
    return target


def restore(source: Path, address: str | Path, *, moment: dt.datetime | None = None) -> Restored:
    """Put a backup in the place of a workspace; what was there is copied aside first.

    The backup is written in one transaction: whoever reads meanwhile, and a machine that stops in
    the middle, find the one or the other whole.

    Raises
    ------
    MissingSource
        When the backup does not exist.
    BadInput
        When it is damaged, is no workspace or comes from a newer program; nothing was touched.
    CannotWrite
        When the disk is full or the folder closed; what was there stays.
    """
    if not source.is_file():
        raise MissingSource(f"La sauvegarde {source} n’existe pas.")
    path = _file_of(address, existing=False)
    if path.exists() and path.samefile(source):
        raise BadInput(Problem("la sauvegarde est l’espace de travail lui-même", file=str(path)))
    _refuse_unsound(source, "Rien n’a été changé : restaurez une autre sauvegarde.")
    with _beside(path) as ready:
        _copy(source, ready)
        with _sqlite(ready) as opened:
            opened.execute(f"DROP TABLE IF EXISTS {SEAL}")
            opened.commit()
        _brought_forward(ready)
        _refuse_unsound(ready, "Rien n’a été changé : restaurez une autre sauvegarde.")
        aside = _put_aside(path, moment or now()) if path.exists() else None
        _copy(ready, path)
    return Restored(str(address), source, aside)


def _file_of(address: str | Path, *, existing: bool = True) -> Path:
    if "://" in str(address):
        raise BadInput(
            Problem(
                "une base PostgreSQL se sauvegarde avec ses propres outils",
                value=str(address).partition("://")[0] + "://…",
                advice="Utilisez pg_dump et pg_restore, puis « assemblier workspace verify ».",
            )
        )
    path = Path(address)
    if existing and not path.is_file():
        raise MissingSource(f"Aucun espace de travail dans {path}.")
    return path


def _refuse_unsound(path: Path, advice: str) -> None:
    found = condition(path)
    if not found.sound:
        raise BadInput([Problem(each, file=str(path), advice=advice) for each in found.problems])


def _copy(source: Path, target: Path) -> None:
    """Copy a database over another, or to a new file, in one transaction."""
    with _sqlite(source) as here, _sqlite(target) as there:
        here.backup(there)


def _seal(path: Path, when: dt.datetime) -> None:
    with _sqlite(path) as opened:
        # one file alone, without a journal beside it
        opened.execute("PRAGMA journal_mode=DELETE")
        opened.execute(f"DROP TABLE IF EXISTS {SEAL}")
        opened.execute(f"CREATE TABLE {SEAL} (made TEXT, program TEXT, digest TEXT)")
        opened.execute(
            f"INSERT INTO {SEAL} VALUES (?, ?, ?)",
            (when.isoformat(), __version__, content_digest(opened)),
        )
        opened.commit()


def _brought_forward(path: Path) -> None:
    """Bring a copy to the tables of today; its own copy of before is of no use."""
    workspace = Workspace.open(path)
    workspace.engine.dispose()
    for each in path.parent.glob(f"{path.stem}.avant-*{path.suffix}"):
        each.unlink()
    with _sqlite(path) as opened:
        opened.execute("PRAGMA journal_mode=DELETE")


def _put_aside(path: Path, when: dt.datetime) -> Path:
    """Copy what is there; a file that is no longer a database is moved as it is."""
    aside = _unused(path.with_name(f"{path.stem}.avant-{when:%Y%m%dT%H%M%S}{path.suffix}"))
    with _told(aside):
        if condition(path).counts:
            _copy(path, aside)
            _flush(aside)
            return aside
        for end in ("", "-wal"):
            if (left := path.with_name(path.name + end)).is_file():
                shutil.copy2(left, kept := aside.with_name(aside.name + end))
                _flush(kept)
        for end in ("-shm", "-wal", ""):
            path.with_name(path.name + end).unlink(missing_ok=True)
    return aside


def _unused(path: Path) -> Path:
    """Return a name that no file has."""
    at, free = 2, path
    while free.exists():
        free = path.with_name(f"{path.stem}-{at}{path.suffix}")
        at += 1
    return free


@contextmanager
def _sqlite(path: Path) -> Iterator[sqlite3.Connection]:
    with _told(path), closing(sqlite3.connect(path, timeout=BUSY_SECONDS)) as opened:
        yield opened


@contextmanager
def _beside(path: Path) -> Iterator[Path]:
    """Give a file in the folder of another; what is left of it goes away in the end."""
    made = path.with_name(f".{path.stem}.{os.getpid()}.tmp")
    with _told(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        made.unlink(missing_ok=True)
    try:
        yield made
    finally:
        for end in ("", "-journal", "-wal", "-shm"):
            with contextlib.suppress(OSError):
                made.with_name(made.name + end).unlink(missing_ok=True)


def _flush(path: Path) -> None:
    with path.open("rb+") as opened:
        os.fsync(opened.fileno())


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Say what the system refused."""
    try:
        yield
    except (OSError, sqlite3.DatabaseError) as error:
        number = error.errno if isinstance(error, OSError) else None
        full = number == errno.ENOSPC or "disk is full" in str(error)
        why = "il n’y a plus de place sur le disque" if full else str(error)
        raise CannotWrite(
            f"Impossible d’écrire {path} : {why}. Ce qui était là est intact. "
            "Vérifiez la place, les droits et qui d’autre s’en sert, puis recommencez."
        ) from error
