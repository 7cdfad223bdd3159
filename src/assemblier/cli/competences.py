"""Commands ``assemblier competences``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from assemblier.cli.options import JsonOption, WorkspaceOption, workspace_of
from assemblier.cli.shown import as_json, say, tell
from assemblier.usecases import kept_competences as usecases

__all__ = ["commands", "register"]

commands = typer.Typer(
    help="Qui tient quel levier sur quel déterminant de la santé : une matrice par territoire.",
    no_args_is_help=True,
)
Territory = Annotated[str, typer.Argument(help="Territoire de l’espace de travail.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    app.add_typer(commands, name="competences")


@commands.command("start")
def start(
    territory: Territory, workspace: WorkspaceOption = None, *, json: JsonOption = False
) -> None:
    """Commence la matrice d’un territoire, depuis le modèle daté."""
    slug, version = usecases.start_competences(
        territory=territory, workspace=workspace_of(workspace)
    )
    tell(
        f"Matrice commencée : {slug}, version {version}. Vérifiez chaque ligne.",
        {"territory": slug, "version": version},
        json=json,
    )


@commands.command("set")
def set_(
    territory: Territory,
    lever: Annotated[str, typer.Argument(help="Levier : urbanisme, mobilite, cls…")],
    holder: Annotated[str, typer.Argument(help="Détenteur : commune, epci, ars…")],
    role: Annotated[str, typer.Argument(help="Rôle : decide, partage, finance… ou aucun.")],
    workspace: WorkspaceOption = None,
    *,
    json: JsonOption = False,
) -> None:
    """Change le rôle d’un détenteur dans un levier."""
    slug, version = usecases.set_role(
        territory=territory,
        lever=lever,
        holder=holder,
        role=role,
        workspace=workspace_of(workspace),
    )
    tell(
        f"{slug} : {lever}, {holder} : {role} (version {version}).",
        {"territory": slug, "version": version},
        json=json,
    )


@commands.command("perimeter")
def perimeter(
    territory: Territory,
    holder: Annotated[str, typer.Argument(help="Détenteur : epci, cls, cpts…")],
    grid: Annotated[str | None, typer.Option(help="Grille : epci, departement…")] = None,
    zone: Annotated[list[str] | None, typer.Option(help="Code d’une zone ; répétable.")] = None,
    communes: Annotated[Path | None, typer.Option(help="CSV de communes (colonne code).")] = None,
    workspace: WorkspaceOption = None,
    *,
    json: JsonOption = False,
) -> None:
    """Donne son périmètre à un détenteur."""
    slug, version = usecases.set_perimeter(
        territory=territory,
        holder=holder,
        grid=grid,
        zones=zone or (),
        communes=communes,
        workspace=workspace_of(workspace),
    )
    tell(
        f"{slug} : périmètre de {holder} gardé (version {version}).",
        {"territory": slug, "version": version},
        json=json,
    )


@commands.command("import")
def import_(
    territory: Territory,
    file: Annotated[Path, typer.Argument(help="Matrice remplie : CSV ou YAML.")],
    why: Annotated[str, typer.Option(help="Ce qui a changé, pour l’histoire.")] = "",
    workspace: WorkspaceOption = None,
    *,
    json: JsonOption = False,
) -> None:
    """Garde une matrice lue dans un fichier."""
    slug, version = usecases.keep_competences_file(
        territory=territory, file=file, why=why, workspace=workspace_of(workspace)
    )
    tell(
        f"Matrice gardée : {slug}, version {version}.",
        {"territory": slug, "version": version},
        json=json,
    )


@commands.command("export")
def export(
    territory: Territory,
    out: Annotated[Path, typer.Option(help="Fichier écrit : .csv (tableur) ou .yaml.")],
    workspace: WorkspaceOption = None,
    *,
    replace: Annotated[
        bool, typer.Option("--replace", help="Écrase le fichier s’il existe.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Écrit la matrice d’un territoire, à remplir dans un tableur."""
    made = usecases.export_competences(
        territory=territory, out=out, workspace=workspace_of(workspace), replace=replace
    )
    tell(str(made), {"file": made}, json=json)


@commands.command("show")
def show(
    territory: Territory,
    workspace: WorkspaceOption = None,
    *,
    history: Annotated[bool, typer.Option("--history", help="Montre les versions.")] = False,
    json: JsonOption = False,
) -> None:
    """Montre la matrice d’un territoire, ou son histoire."""
    where = workspace_of(workspace)
    if history:
        versions = usecases.competences_history(territory=territory, workspace=where)
        if json:
            as_json({"versions": versions})
            return
        for each in versions:
            say(f"version {each.number}, {each.created:%d/%m/%Y %H:%M} UTC : {each.why}")
        return
    version, matrix = usecases.show_competences(territory=territory, workspace=where)
    if json:
        as_json({"competences": matrix, "version": version})
        return
    names = {each.id: each.short for each in matrix.holders}
    for lever in matrix.levers:
        told = ", ".join(f"{names[each]} ({role})" for each, role in lever.roles.items())
        say(f"{lever.label} — {told or 'personne'}")
