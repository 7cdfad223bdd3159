"""Commands ``assemblier lake``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from assemblier.cli.options import JsonOption, LakeOption, lake_of
from assemblier.cli.shown import as_json, say, tell, working
from assemblier.lake.lake import Lake
from assemblier.language import number, plural
from assemblier.usecases import lakes

__all__ = ["register"]

commands = typer.Typer(
    help="Le lac de données : construire, montrer, remettre.", no_args_is_help=True
)


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    app.add_typer(commands, name="lake")


REFUSED = 3


@commands.command("build")
def build(
    source: Annotated[Path, typer.Option("--from", help="Dossier des fichiers bruts.")],
    lake: LakeOption = None,
    *,
    prepare: Annotated[bool, typer.Option(help="Convertit d’avance les tables utiles.")] = True,
    json: JsonOption = False,
) -> None:
    """Construit une version du lac et dit de chaque fichier ce qu’il est devenu."""
    with working("lecture", quiet=json) as work:
        made = lakes.build_lake(folder=source, lake=lake_of(lake), prepare=prepare, work=work)
    _show(made, json=json, every=True)
    if any(outcome.outcome == "refused" for outcome in made.manifest.files):
        raise typer.Exit(REFUSED)


@commands.command("show")
def show(lake: LakeOption = None, *, json: JsonOption = False) -> None:
    """Montre la version courante : fichiers, tables, éditions."""
    _show(lakes.show_lake(lake=lake_of(lake)), json=json, every=False)


@commands.command("export")
def export(
    target: Annotated[Path, typer.Argument(help="Fichier à écrire, ou dossier.")],
    lake: LakeOption = None,
    *,
    json: JsonOption = False,
) -> None:
    """Écrit la version courante en un seul fichier daté."""
    with working("export", quiet=json) as work:
        path = lakes.hand_over_lake(lake=lake_of(lake), target=target, work=work)
    size = path.stat().st_size
    tell(
        f"Lac remis dans {path} ({number(size / 1e6, 1)} Mo).",
        {"file": path, "bytes": size},
        json=json,
    )


@commands.command("import")
def bring_in(
    source: Annotated[Path, typer.Argument(help="Fichier remis.")],
    lake: LakeOption = None,
    *,
    json: JsonOption = False,
) -> None:
    """Reçoit une version remise par quelqu’un d’autre et en fait la version courante."""
    with working("import", quiet=json) as work:
        made = lakes.receive_lake(source=source, lake=lake_of(lake), work=work)
    tell(f"Version {made.version} reçue.", {"version": made.version}, json=json)


def _show(lake: Lake, *, json: bool, every: bool) -> None:
    manifest = lake.manifest
    if json:
        as_json(manifest)
        return
    words = {"recognised": "reconnu comme", "ignored": "ignoré :", "refused": "REFUSÉ :"}
    for outcome in manifest.files:
        if not every and outcome.outcome == "ignored":
            continue
        say(f"{outcome.file} — {words[outcome.outcome]} {outcome.said}")
        for note in outcome.notes:
            say(f"    note : {note}")
        for problem in outcome.problems[:10]:
            say(f"    {problem}")
        if len(outcome.problems) > 10:
            say(
                f"    … et {_count(len(outcome.problems) - 10, 'autre problème', 'autres problèmes')}."
            )
    counts = {kind: sum(outcome.outcome == kind for outcome in manifest.files) for kind in words}
    tables = len({part.table for part in manifest.parts})
    rows = sum(part.rows for part in manifest.parts)
    said = (
        _count(counts["recognised"], "fichier reconnu", "fichiers reconnus"),
        _count(counts["ignored"], "ignoré"),
        _count(counts["refused"], "refusé"),
        _count(tables, "table"),
        _count(rows, "ligne"),
    )
    say(f"Version {manifest.version} : {', '.join(said)}.")


def _count(count: int, one: str, many: str | None = None) -> str:
    return f"{number(count)} {plural(count, one, many)}"
