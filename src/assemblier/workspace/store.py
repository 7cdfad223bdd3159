"""Open a workspace: one SQLite file, or a PostgreSQL address for a team."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import DatabaseError, IntegrityError, OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from assemblier.errors import BadInput, MissingSource, Problem
from assemblier.workspace.schema import bring_forward

__all__ = ["Workspace"]

NETWORK_FILESYSTEMS = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "afs"})
BUSY_SECONDS = 10


@dataclass(frozen=True)
class Workspace:
    """A workspace, open.

    Attributes
    ----------
    address
        Path of the SQLite file, or address of the database.
    """

    address: str
    engine: Engine

    @classmethod
    def open(cls, address: str | Path, *, create: bool = False) -> Workspace:
        """Open a workspace, or make it.

        Raises
        ------
        MissingSource
            When it does not exist and was not to be made.
        BadInput
            When the file is no workspace, or lies on a network drive where SQLite loses data.
        """
        text = str(address)
        if "://" in text:
            engine = create_engine(text)
        else:
            path = Path(text)
            if not create and not path.is_file():
                raise MissingSource(
                    f"Aucun espace de travail dans {path} ; le premier territoire ajouté le crée : "
                    "assemblier territory add"
                )
            path.parent.mkdir(parents=True, exist_ok=True)
            if _on_network(path.parent):
                raise BadInput(
                    Problem(
                        "un espace de travail SQLite ne peut pas vivre sur un lecteur réseau",
                        file=str(path),
                        advice="Placez-le sur ce poste, ou utilisez une adresse PostgreSQL.",
                    )
                )
            engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": BUSY_SECONDS})
            event.listen(engine, "connect", _sqlite_settings)
        try:
            bring_forward(engine, text)
        except OperationalError as error:
            raise _unwritten(text, error) from error
        except DatabaseError as error:
            raise BadInput(
                Problem(
                    "ce fichier n’est pas un espace de travail lisible",
                    file=text,
                    advice="Restaurez une sauvegarde ou créez-en un autre.",
                )
            ) from error
        return cls(text, engine)

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Give a session whose work is kept whole or not at all.

        Raises
        ------
        BadInput
            When somebody else changed the same thing meanwhile, or the disk refused.
        """
        with Session(self.engine) as session:
            try:
                yield session
                session.commit()
            except (StaleDataError, IntegrityError) as error:
                session.rollback()
                raise BadInput(
                    Problem(
                        "quelqu’un d’autre a modifié ceci entre-temps",
                        advice="Relisez la version enregistrée, puis recommencez.",
                    )
                ) from error
            except OperationalError as error:
                session.rollback()
                raise _unwritten(self.address, error) from error


def _unwritten(address: str, error: OperationalError) -> BadInput:
    return BadInput(
        Problem(
            f"l’espace de travail n’a pas pu être lu ou écrit : {error.orig}",
            file=address,
            advice="Vérifiez la place, les droits et qui d’autre s’en sert ; rien n’a été changé.",
        )
    )


def _sqlite_settings(connection: sqlite3.Connection, _record: object) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _on_network(folder: Path) -> bool:
    """Tell whether a folder lies on a network drive, where it can be told."""
    where = str(folder.resolve())
    if where.startswith("\\\\"):
        return True
    if not sys.platform.startswith("linux"):
        return False
    best, kind = "", ""
    try:
        mounts = Path("/proc/mounts").read_text(encoding="utf-8")
    except OSError:
        return False
    for line in mounts.splitlines():
        fields = line.split()
        if len(fields) > 2 and (where + "/").startswith(fields[1].rstrip("/") + "/"):
            if len(fields[1]) >= len(best):
                best, kind = fields[1], fields[2]
    return kind in NETWORK_FILESYSTEMS
