"""Copies of a workspace: made while people write, given back without losing what was there.

A backup is a SQLite file that opens like any other, with one table more: the hash of what it
holds. A copy that a disk or a key has damaged is so told from a good one.
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from assemblier import __version__
from assemblier.errors import BadInput, CannotWrite, MissingSource, Problem
from assemblier.whole_files import (
    FULL,
    unused,
    workroom,
    written_in_one_step,
    written_under_its_name,
)
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
        target = unused(target / f"{path.stem}-{when:%Y%m%dT%H%M%S}.sauvegarde.sqlite")
    if target.exists():
        raise BadInput(
            Problem(
                "un fichier de ce nom existe déjà ; il est intact",
                file=str(target),
                advice="Donnez un autre nom, ou un dossier : la sauvegarde y sera datée.",
            )
        )
    _refuse_unsound(path, "La sauvegarde n’a pas été faite.")
    with written_under_its_name(target) as made:
        _copy(path, made)
        _seal(made, when)
        _refuse_unsound(made, "La sauvegarde n’a pas été faite.")
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
    with workroom(path) as room:
        ready = room / path.name
        _copy(source, ready)
        with _sqlite(ready) as opened:
            opened.execute(f"DROP TABLE IF EXISTS {SEAL}")
            opened.commit()
        _brought_forward(ready)
        _refuse_unsound(ready, "Rien n’a été changé : restaurez une autre sauvegarde.")
        aside = _put_aside(path, moment or now()) if path.exists() else None
        if aside is not None and condition(aside).counts:
            # in one transaction: others may have the workspace open
            _copy(ready, path)
        else:
            _replace(ready, path)
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
    """Bring a copy to the tables of today."""
    workspace = Workspace.open(path)
    workspace.engine.dispose()
    with _sqlite(path) as opened:
        opened.execute("PRAGMA journal_mode=DELETE")


def _put_aside(path: Path, when: dt.datetime) -> Path:
    """Copy what is there, whole or not at all; what is no longer a database is copied as it is."""
    aside = unused(path.with_name(f"{path.stem}.avant-{when:%Y%m%dT%H%M%S}{path.suffix}"))
    if condition(path).counts:
        with written_under_its_name(aside) as made:
            _copy(path, made)
        return aside
    for end in ("-wal", ""):
        if (left := path.with_name(path.name + end)).is_file():
            with written_in_one_step(aside.with_name(aside.name + end)) as made:
                shutil.copyfile(left, made)
    return aside


def _replace(ready: Path, path: Path) -> None:
    """Put a workspace where there was none, or nothing that could be read."""
    with _told(path), ready.open("rb+") as opened:
        os.fsync(opened.fileno())
    with _told(path):
        # a journal of what was there before must not be read with the new file
        for end in ("-shm", "-wal"):
            path.with_name(path.name + end).unlink(missing_ok=True)
        ready.replace(path)


@contextmanager
def _sqlite(path: Path) -> Iterator[sqlite3.Connection]:
    with _told(path), closing(sqlite3.connect(path, timeout=BUSY_SECONDS)) as opened:
        yield opened


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Say what the system refused."""
    try:
        yield
    except (OSError, sqlite3.DatabaseError) as error:
        number = error.errno if isinstance(error, OSError) else None
        full = number in FULL or "disk is full" in str(error)
        why = "il n’y a plus de place sur le disque" if full else str(error)
        raise CannotWrite(
            f"Impossible d’écrire {path} : {why}. Ce qui était là est intact. "
            "Vérifiez la place, les droits et qui d’autre s’en sert, puis recommencez."
        ) from error
