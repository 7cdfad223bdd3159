"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from assemblier.cli.settings import Settings

__all__ = ["JsonOption", "LakeOption", "WorkspaceOption", "lake_of", "workspace_of"]

LakeOption = Annotated[
    Path | None,
    typer.Option(
        "--lake", help="Dossier du lac de données (sinon ASSEMBLIER_LAKE, sinon « lac »)."
    ),
]
WorkspaceOption = Annotated[
    str | None,
    typer.Option(
        "--workspace",
        help="Espace de travail : fichier SQLite ou adresse PostgreSQL (sinon ASSEMBLIER_WORKSPACE).",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Imprime un seul objet JSON.")]


def lake_of(option: Path | None) -> Path:
    """Return the lake: the option, else the environment, else the file of settings."""
    return option if option is not None else Settings().lake


def workspace_of(option: str | None) -> str:
    """Return the workspace: the option, else the environment, else the file of settings."""
    return option if option is not None else Settings().workspace
