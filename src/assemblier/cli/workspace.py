"""Commands ``assemblier workspace``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from assemblier.cli.options import JsonOption, WorkspaceOption, workspace_of
from assemblier.cli.shown import as_json, say, tell
from assemblier.errors import BadInput
from assemblier.language import plural
from assemblier.usecases import workspaces
from assemblier.workspace.integrity import Condition

__all__ = ["register"]

commands = typer.Typer(
    help="L’espace de travail : le créer, le vérifier, le sauvegarder, le restaurer.",
    no_args_is_help=True,
)
HELD = {
    "territory": ("territoire", "territoires"),
    "territory_version": ("version de territoire", "versions de territoires"),
    "own_text_version": ("version de texte propre", "versions de textes propres"),
    "scenario_version": ("version de scénarios", "versions de scénarios"),
    "competences_version": ("version de matrice", "versions de matrices"),
    "siting_version": ("version d’implantation", "versions d’implantations"),
    "job": ("travail", "travaux"),
}


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    app.add_typer(commands, name="workspace")


@commands.command("create")
def create(workspace: WorkspaceOption = None, *, json: JsonOption = False) -> None:
    """Crée un espace de travail vide."""
    made = workspaces.create_workspace(workspace=workspace_of(workspace))
    if json:
        as_json(made)
    else:
        say(f"Espace de travail créé : {made.address}")


@commands.command("verify")
def verify(workspace: WorkspaceOption = None, *, json: JsonOption = False) -> None:
    """Vérifie un espace de travail ou une sauvegarde, sans rien y changer."""
    found = workspaces.verify_workspace(workspace=workspace_of(workspace))
    if json:
        as_json(found)
    else:
        _tell(found)
    if not found.sound:
        raise typer.Exit(BadInput.exit_code)


def _tell(found: Condition) -> None:
    say(f"{found.address}{'' if any(found.counts.values()) else ' : vide'}")
    if found.sealed:
        say(f"  sauvegarde du {found.sealed}")
    if found.version:
        say(f"  version des tables : {found.version}")
    if found.behind:
        say(
            f"  le programme la portera à {found.head} à la prochaine ouverture, "
            "après en avoir fait une copie"
        )
    for table, count in found.counts.items():
        if count:
            say(f"  {count} {plural(count, *HELD.get(table, (table, table)))}")
    for problem in found.problems:
        say(f"  PROBLÈME : {problem}")
    if found.sound:
        say("Tout est en ordre.")
    else:
        say("Restaurez une sauvegarde : assemblier workspace restore FICHIER")


@commands.command("backup")
def backup(
    target: Annotated[
        Path, typer.Argument(help="Dossier où écrire la sauvegarde datée, ou fichier.")
    ],
    workspace: WorkspaceOption = None,
    *,
    json: JsonOption = False,
) -> None:
    """Sauvegarde l’espace de travail, même pendant que d’autres y écrivent."""
    path = workspaces.back_up_workspace(workspace=workspace_of(workspace), target=target)
    tell(f"Sauvegarde écrite et vérifiée : {path}", {"file": path}, json=json)


@commands.command("restore")
def restore(
    source: Annotated[Path, typer.Argument(help="Sauvegarde à restaurer.")],
    workspace: WorkspaceOption = None,
    *,
    json: JsonOption = False,
) -> None:
    """Restaure une sauvegarde ; ce qui était là est d’abord mis de côté."""
    done = workspaces.restore_workspace(source=source, workspace=workspace_of(workspace))
    if json:
        as_json(done)
        return
    say(f"Espace de travail restauré : {done.address}")
    if done.aside:
        say(f"Ce qui était là est gardé dans {done.aside}")
