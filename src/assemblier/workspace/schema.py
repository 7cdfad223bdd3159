"""The tables of a workspace: which version a file has, and bringing it to the program's own.

A workspace outlives the program that made it. Its tables carry a version number; a file that is
behind is copied aside, then brought forward step by step; one that is ahead is refused.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from assemblier.errors import BadInput, Problem
from assemblier.whole_files import unused, written_under_its_name

__all__ = ["HEAD", "bring_forward", "schema_version"]

HEAD = "0005"
"""Version of the tables that this program reads and writes."""
FIRST = "0001"
"""Version of the workspaces made before versions were written down."""
VERSION_TABLE = "alembic_version"
LOCK = {
    "sqlite": "BEGIN IMMEDIATE",
    "postgresql": "SELECT pg_advisory_xact_lock(7023461)",
}
"""How each database lets one program at a time change the tables; the number is any of ours."""


def schema_version(connection: Connection) -> str | None:
    """Return the version of the tables; None when there is no table yet."""
    tables = set(inspect(connection).get_table_names())
    if VERSION_TABLE in tables:
        found = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()
        return None if found is None else str(found)
    return FIRST if "territory" in tables else None


def bring_forward(engine: Engine, address: str) -> Path | None:
    """Bring the tables to :data:`HEAD`; return the copy made before, when one was.

    Raises
    ------
    BadInput
        When a newer program wrote the workspace, or the file is something else.
    """
    with engine.connect() as connection:
        found = schema_version(connection)
        tables = set(inspect(connection).get_table_names())
    if found == HEAD:
        return None
    if found is None and tables:
        raise BadInput(
            Problem(
                "cette base contient autre chose qu’un espace de travail",
                file=address,
                value=", ".join(sorted(tables)[:3]),
                advice="Donnez un autre chemin.",
            )
        )
    if found is not None and found > HEAD:
        raise BadInput(
            Problem(
                "cet espace de travail a été écrit par une version plus récente du programme",
                file=address,
                value=f"version {found} des tables, celle-ci lit jusqu’à {HEAD}",
                advice="Mettez le programme à jour.",
            )
        )
    return _upgrade(engine, address, found)


def _copy_aside(engine: Engine, address: str, version: str) -> Path | None:
    """Copy a SQLite workspace beside itself, whole; a database for a team has its own backups."""
    if engine.dialect.name != "sqlite":
        return None
    path = Path(address)
    copy = unused(path.with_name(f"{path.stem}.avant-{version}{path.suffix}"))
    with (
        written_under_its_name(copy) as made,
        closing(sqlite3.connect(path)) as source,
        closing(sqlite3.connect(made)) as target,
    ):
        source.backup(target)
    return copy


def _upgrade(engine: Engine, address: str, found: str | None) -> Path | None:
    # slow to import and seldom needed
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with engine.begin() as connection:
        # of two programs that open one workspace at once, the second waits, then has nothing to do
        connection.exec_driver_sql(LOCK[engine.dialect.name])
        if schema_version(connection) == HEAD:
            return None
        copy = None if found is None else _copy_aside(engine, address, found)
        config.attributes["connection"] = connection
        if found == FIRST and VERSION_TABLE not in inspect(connection).get_table_names():
            command.stamp(config, FIRST)
        command.upgrade(config, HEAD)
    return copy
