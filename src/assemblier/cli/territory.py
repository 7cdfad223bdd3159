"""Commands ``assemblier territory``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from assemblier.cli.options import JsonOption, LakeOption, WorkspaceOption, lake_of, workspace_of
from assemblier.cli.shown import as_json, say, tell
from assemblier.errors import UsageError
from assemblier.language import plural
from assemblier.territory.territory import Territory
from assemblier.usecases import territories

__all__ = ["register"]

commands = typer.Typer(help="Les territoires d’étude.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    app.add_typer(commands, name="territory")


@commands.command("add")
def add(
    name: Annotated[str, typer.Argument(help="Nom du territoire.")],
    communes: Annotated[
        Path | None, typer.Option("--communes", help="CSV avec une colonne « code ».")
    ] = None,
    epci: Annotated[list[str] | None, typer.Option(help="EPCI, code ou nom.")] = None,
    bassin: Annotated[
        list[str] | None, typer.Option(help="Bassin de vie 2022, code ou nom.")
    ] = None,
    canton: Annotated[list[str] | None, typer.Option(help="Canton, code ou nom.")] = None,
    departement: Annotated[list[str] | None, typer.Option(help="Département, code ou nom.")] = None,
    region: Annotated[list[str] | None, typer.Option(help="Région, code ou nom.")] = None,
    commune: Annotated[list[str] | None, typer.Option(help="Commune, code ou nom.")] = None,
    cog: Annotated[int | None, typer.Option(help="Année des codes du fichier.")] = None,
    declared_communes: Annotated[
        list[int] | None, typer.Option(help="Nombre de communes déclaré par un document.")
    ] = None,
    declared_by: Annotated[list[str] | None, typer.Option(help="Document qui le déclare.")] = None,
    why: Annotated[str, typer.Option(help="Pourquoi ce territoire ou cette version.")] = "",
    lake: LakeOption = None,
    workspace: WorkspaceOption = None,
    *,
    replace: Annotated[
        bool, typer.Option(help="Fait une nouvelle version d’un territoire connu.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Ajoute un territoire : communes, EPCI, bassins, cantons, départements, ou un mélange."""
    counts, said = declared_communes or [], declared_by or []
    if len(counts) != len(said):
        raise UsageError("Donnez autant de --declared-by que de --declared-communes.")
    chosen = [
        (kind, what)
        for kind, names in (
            ("epci", epci),
            ("bassin", bassin),
            ("canton", canton),
            ("departement", departement),
            ("region", region),
            ("commune", commune),
        )
        for what in names or []
    ]
    kept, made = territories.add_territory(
        name=name,
        lake=lake_of(lake),
        workspace=workspace_of(workspace),
        communes_file=communes,
        selections=chosen,
        cog=cog,
        declared=list(zip(counts, said, strict=True)),
        replace=replace,
        why=why,
    )
    if json:
        as_json({"version": kept.version, "territory": made})
        return
    say(f"Territoire « {kept.name} », version {kept.version} : {_size(made)}.")
    _remarks(made)


@commands.command("resolve")
def settle(
    name: Annotated[str, typer.Argument(help="Nom du territoire.")],
    keep: Annotated[int, typer.Option(help="Nombre de communes retenu.")],
    why: Annotated[str, typer.Option(help="Pourquoi.")],
    lake: LakeOption = None,
    workspace: WorkspaceOption = None,
    *,
    json: JsonOption = False,
) -> None:
    """Tranche un désaccord sur le nombre de communes ; l’avertissement disparaît des documents."""
    kept = territories.settle_territory(
        name=name,
        keep=keep,
        why=why,
        lake=lake_of(lake),
        workspace=workspace_of(workspace),
    )
    tell(
        f"« {kept.name} » : {keep} communes retenues, version {kept.version}. Motif : {why}",
        {"kept": kept},
        json=json,
    )


@commands.command("list")
def every(workspace: WorkspaceOption = None, *, json: JsonOption = False) -> None:
    """Liste les territoires de l’espace de travail."""
    found = territories.list_territories(workspace=workspace_of(workspace))
    if json:
        as_json({"territories": found})
        return
    for kept in found:
        say(f"{kept.name} (version {kept.version}, {kept.created:%d/%m/%Y})")


@commands.command("show")
def show(
    name: Annotated[str, typer.Argument(help="Nom du territoire.")],
    lake: LakeOption = None,
    workspace: WorkspaceOption = None,
    *,
    json: JsonOption = False,
) -> None:
    """Montre un territoire : ce qui a été demandé, ses communes, ses avertissements."""
    kept, made = territories.show_territory(
        name=name, lake=lake_of(lake), workspace=workspace_of(workspace)
    )
    if json:
        as_json({"kept": kept, "territory": made})
        return
    say(f"{made.name} : {_size(made)}, version {kept.version}.")
    say(", ".join(made.communes))
    _remarks(made)


@commands.command("compare")
def compare(
    first: Annotated[str, typer.Argument(help="Territoire ou fichier de communes.")],
    second: Annotated[str, typer.Argument(help="Territoire ou fichier de communes.")],
    lake: LakeOption = None,
    workspace: WorkspaceOption = None,
    *,
    json: JsonOption = False,
) -> None:
    """Compare deux territoires, commune par commune."""
    found = territories.compare_territories(
        first=first, second=second, lake=lake_of(lake), workspace=workspace_of(workspace)
    )
    if json:
        as_json(found)
        return
    say(f"En commun : {len(found.both)} {plural(len(found.both), 'commune')}.")
    say(
        f"Seulement dans {found.first.name} ({len(found.only_first)}) : {', '.join(found.only_first) or 'aucune'}."
    )
    say(
        f"Seulement dans {found.second.name} ({len(found.only_second)}) : {', '.join(found.only_second) or 'aucune'}."
    )


def _size(territory: Territory) -> str:
    count = len(territory.communes)
    return f"{count} {plural(count, 'commune')} de {territory.cog}"


def _remarks(territory: Territory) -> None:
    for line in territory.log:
        say(f"  note : {line}.")
    for warning in territory.warnings:
        say(f"  ATTENTION : {warning}")
