"""Commands ``assemblier text``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from assemblier.cli.options import WorkspaceOption, workspace_of
from assemblier.cli.shown import say
from assemblier.errors import MissingSource
from assemblier.usecases.diagnoses import set_text

__all__ = ["commands"]

commands = typer.Typer(
    help="Les paragraphes propres au territoire, gardés à chaque diagnostic.", no_args_is_help=True
)


@commands.command("set")
def set_(
    territory: Annotated[str, typer.Argument(help="Territoire de l’espace de travail.")],
    chapter: Annotated[str, typer.Argument(help="Chapitre : synthese, territoire, offre…")],
    file: Annotated[
        Path, typer.Argument(help="Fichier texte ; une ligne vide sépare deux paragraphes.")
    ],
    workspace: WorkspaceOption = None,
) -> None:
    """Place un texte du territoire en tête d’un chapitre ; un fichier vide le retire."""
    if not file.is_file():
        raise MissingSource(f"Le fichier {file} n’existe pas.")
    text = file.read_text(encoding="utf-8-sig")
    slug = set_text(
        territory=territory, chapter=chapter, text=text, workspace=workspace_of(workspace)
    )
    said = "gardé" if text.strip() else "retiré"
    say(f"Texte {said} : {slug}, chapitre « {chapter} ».")
