"""Commands ``assemblier text``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from assemblier.cli.options import JsonOption, WorkspaceOption, workspace_of
from assemblier.cli.shown import as_json, say, tell
from assemblier.usecases.diagnoses import set_text, texts_of
from assemblier.usecases.given_text import read_text

__all__ = ["register"]

commands = typer.Typer(
    help="Les paragraphes propres au territoire, gardés à chaque diagnostic.", no_args_is_help=True
)


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    app.add_typer(commands, name="text")


@commands.command("set")
def set_(
    territory: Annotated[str, typer.Argument(help="Territoire de l’espace de travail.")],
    chapter: Annotated[str, typer.Argument(help="Chapitre : synthese, territoire, offre…")],
    file: Annotated[
        Path, typer.Argument(help="Fichier texte ; une ligne vide sépare deux paragraphes.")
    ],
    after: Annotated[
        int | None,
        typer.Option(help="Version que vous aviez lue : refuse si un autre texte a suivi."),
    ] = None,
    workspace: WorkspaceOption = None,
    *,
    json: JsonOption = False,
) -> None:
    """Place un texte du territoire en tête d’un chapitre ; un fichier vide le retire."""
    text = read_text(file)
    slug, version = set_text(
        territory=territory,
        chapter=chapter,
        text=text,
        workspace=workspace_of(workspace),
        after=after,
    )
    said = "gardé" if text.strip() else "retiré"
    tell(
        f"Texte {said} : {slug}, chapitre « {chapter} », version {version}.",
        {"territory": slug, "chapter": chapter, "version": version},
        json=json,
    )


@commands.command("show")
def show(
    territory: Annotated[str, typer.Argument(help="Territoire de l’espace de travail.")],
    *,
    history: Annotated[bool, typer.Option("--history", help="Montre toutes les versions.")] = False,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Montre les textes du territoire, avec leur version et leur date."""
    kept = texts_of(territory=territory, workspace=workspace_of(workspace))
    if not history:
        last = {each.chapter: each for each in kept}
        kept = [each for each in last.values() if each.text]
    if json:
        as_json({"texts": kept})
        return
    if not kept:
        say("Aucun texte.")
    for each in kept:
        say(f"— {each.chapter}, version {each.number}, {each.created:%d/%m/%Y %H:%M} UTC")
        say(each.text or "(texte retiré)")
