"""Look at a workspace without touching it: whether the file is whole, and agrees with itself.

The file is opened for reading only: whoever checks a damaged workspace must not make it worse.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, inspect, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import NullPool

from assemblier.errors import BadInput, MissingSource
from assemblier.workspace.schema import HEAD, schema_version
from assemblier.workspace.territories import spec_from

__all__ = ["NUMBERED", "SEAL", "Condition", "condition", "content_digest", "read_only"]

NUMBERED: dict[str, tuple[str, ...]] = {
    "territory_version": ("slug",),
    "own_text_version": ("territory", "chapter"),
    "scenario_version": ("territory",),
    "competences_version": ("territory",),
    "siting_version": ("territory", "name"),
}
"""Tables whose versions follow one another from 1, and what the versions are of."""
JOB_STATES = frozenset({"waiting", "running", "done", "failed", "cancelled"})
SEAL = "backup_seal"
"""Table of a backup that tells when it was made and the hash of what it holds."""
SHOWN_FAULTS = 10
"""Faults that the database itself reports, at most."""


@dataclass(frozen=True, slots=True)
class Condition:
    """What was found in a workspace.

    Attributes
    ----------
    version
        Version of its tables; None when it has none of a workspace.
    head
        Version that this program writes.
    counts
        Table → rows.
    sealed
        When the backup was made, for a backup.
    problems
        What is wrong, as sentences; empty when all is well.
    """

    address: str
    version: str | None
    head: str
    counts: dict[str, int]
    sealed: str | None
    problems: tuple[str, ...]

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems

    @property
    def behind(self) -> bool:
        """Whether the program brings the file forward when it opens it next."""
        return self.version is not None and self.version < self.head


def read_only(address: str | Path) -> Engine:
    """Open a workspace for reading only.

    Raises
    ------
    MissingSource
        When the file does not exist.
    """
    words = str(address)
    if "://" in words:
        return create_engine(words)
    path = Path(words)
    if not path.is_file():
        raise MissingSource(f"Aucun espace de travail dans {path}.")
    where = f"{path.resolve().as_uri()}?mode=ro"
    return create_engine(
        "sqlite://", creator=lambda: sqlite3.connect(where, uri=True), poolclass=NullPool
    )


def condition(address: str | Path) -> Condition:
    """Examine a workspace or a backup of one: the file, its tables, and what they say together.

    Raises
    ------
    MissingSource
        When the file does not exist.
    """
    engine = read_only(address)
    try:
        with engine.connect() as connection:
            return _examined(connection, str(address))
    except DatabaseError as error:
        fault = f"le fichier n’est pas une base lisible ({error.orig})"
        return Condition(str(address), None, HEAD, {}, None, (fault,))
    finally:
        engine.dispose()


def _examined(connection: Connection, address: str) -> Condition:
    problems: list[str] = []
    if connection.dialect.name == "sqlite":
        said = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA integrity_check")]
        problems += [f"base abîmée : {each}" for each in said[:SHOWN_FAULTS] if each != "ok"]
    tables = sorted(set(inspect(connection).get_table_names()) - {SEAL})
    version = schema_version(connection)
    if version is None:
        problems.append("ce fichier n’est pas un espace de travail : aucune de ses tables n’y est")
        return Condition(address, None, HEAD, {}, None, tuple(problems))
    if version > HEAD:
        problems.append(
            f"écrit par une version plus récente du programme (tables {version}, celle-ci lit "
            f"jusqu’à {HEAD}) : mettez le programme à jour"
        )
    counts = {
        name: int(connection.execute(text(f'SELECT count(*) FROM "{name}"')).scalar_one())
        for name in tables
        if name != "alembic_version"
    }
    if connection.dialect.name == "sqlite":
        orphans = list(connection.exec_driver_sql("PRAGMA foreign_key_check"))
        problems += [
            f"table {row[0]}, ligne {row[1]} : renvoie à une ligne de {row[2]} qui n’existe pas"
            for row in orphans[:SHOWN_FAULTS]
        ]
    if version == HEAD:
        problems += _disagreements(connection)
    sealed = None
    if connection.dialect.name == "sqlite" and inspect(connection).has_table(SEAL):
        made, digest = connection.execute(text(f"SELECT made, digest FROM {SEAL}")).one()
        sealed = str(made)
        if digest != content_digest(connection.connection.driver_connection):  # type: ignore[arg-type]
            problems.append(
                f"le contenu n’est plus celui de la sauvegarde du {made} : fichier abîmé, ou "
                "modifié depuis"
            )
    return Condition(address, version, HEAD, counts, sealed, tuple(problems))


def _disagreements(connection: Connection) -> Iterator[str]:
    """Yield what the tables of today say that cannot be true together."""
    for table, of in NUMBERED.items():
        keys = ", ".join(of)
        query = f"SELECT {keys}, number FROM {table} ORDER BY {keys}, number"
        numbers: dict[tuple[Any, ...], list[int]] = {}
        for row in connection.execute(text(query)):
            numbers.setdefault(tuple(row[:-1]), []).append(row[-1])
        for key, found in numbers.items():
            if found != list(range(1, len(found) + 1)):
                yield f"table {table}, {', '.join(map(str, key))} : il manque une version"
    for slug, current in connection.execute(text("SELECT slug, current FROM territory")):
        known = connection.execute(
            text("SELECT count(*) FROM territory_version WHERE slug = :slug AND number = :number"),
            {"slug": slug, "number": current},
        ).scalar_one()
        if not known:
            yield f"territoire {slug} : sa version courante ({current}) n’existe pas"
    for slug, at, spec in connection.execute(
        text("SELECT slug, number, spec FROM territory_version")
    ):
        try:
            spec_from(json.loads(spec) if isinstance(spec, str) else spec)
        except (ValueError, KeyError, TypeError, AttributeError, BadInput):
            yield f"territoire {slug}, version {at} : sa définition est illisible"
    for identifier, state in connection.execute(text("SELECT id, state FROM job")):
        if state not in JOB_STATES:
            yield f"travail {identifier} : état inconnu « {state} »"


def content_digest(connection: sqlite3.Connection) -> str:
    """Hash every row of every table: what a copy must have in common with its original."""
    digest = hashlib.sha256()
    names = [
        row[0]
        for row in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' "
            "AND name != ? ORDER BY name",
            (SEAL,),
        )
    ]
    for name in names:
        with closing(connection.execute(f'SELECT * FROM "{name}" ORDER BY rowid')) as rows:
            columns = [each[0] for each in rows.description]
            digest.update(json.dumps([name, columns]).encode())
            for row in rows:
                digest.update(json.dumps(row, default=bytes.hex).encode())
    return digest.hexdigest()
