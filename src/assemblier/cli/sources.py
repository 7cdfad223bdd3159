"""Commands ``assemblier sources``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from assemblier.cli.options import JsonOption
from assemblier.cli.shown import as_json, say, working
from assemblier.errors import BadInput, MissingSource
from assemblier.usecases import sources

__all__ = ["register"]

commands = typer.Typer(help="Les sources : fiches et téléchargement.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    app.add_typer(commands, name="sources")


@commands.command("list")
def every(
    search: Annotated[str, typer.Argument(help="Texte cherché dans les fiches.")] = "",
    *,
    json: JsonOption = False,
) -> None:
    """Liste les fiches des sources."""
    cards = sources.list_sources(search=search)
    if json:
        as_json({"sources": cards})
        return
    for card in cards:
        say(f"{card.id} — {card.title} ({card.producer})")
    say(f"{len(cards)} sources. Aucune adresse n’a été essayée en ligne par le programme.")


@commands.command("show")
def show(
    card: Annotated[str, typer.Argument(help="Identifiant de la fiche.")],
    *,
    json: JsonOption = False,
) -> None:
    """Montre une fiche : producteur, licence, éditions, limites."""
    shown = sources.show_source(source=card)
    if json:
        as_json(shown)
        return
    say(f"{shown.title}\n  producteur : {shown.producer}\n  licence : {shown.licence.name}")
    for edition in shown.editions:
        say(
            f"  édition {edition.vintage} : {edition.address or 'à déposer à la main'} → {edition.file}"
        )
    for limit in shown.limits:
        say(f"  limite : {limit}")
    say(f"  adresse : {shown.checked.note}")


@commands.command("fetch")
def fetch(
    ids: Annotated[
        list[str] | None, typer.Argument(help="Fiches ou éditions (fiche@édition).")
    ] = None,
    into: Annotated[Path, typer.Option("--into", help="Dossier des fichiers bruts.")] = Path(
        "brut"
    ),
    mirror: Annotated[
        str | None, typer.Option(help="Dossier ou adresse qui remplace les producteurs.")
    ] = None,
    *,
    refresh: Annotated[bool, typer.Option(help="Télécharge de nouveau ce qui est là.")] = False,
    json: JsonOption = False,
) -> None:
    """Télécharge des sources, entières ou pas du tout."""
    with working("téléchargement", quiet=json) as work:
        report = sources.fetch_sources(
            into=into, sources=ids or (), mirror=mirror, refresh=refresh, work=work
        )
    if json:
        as_json(report)
    else:
        for sentence in report.sentences:
            say(sentence)
    if report.failures:
        raise typer.Exit(MissingSource.exit_code)


@commands.command("verify")
def verify(
    folder: Annotated[Path, typer.Argument(help="Dossier des fichiers bruts.")],
    *,
    json: JsonOption = False,
) -> None:
    """Vérifie les empreintes des fichiers téléchargés."""
    found = sources.verify_sources(folder=folder)
    if json:
        as_json({"ok": found.ok, "checkups": found.checkups})
    else:
        for each in found.checkups:
            say(each.sentence)
        if not found.checkups:
            say("Aucun fichier téléchargé dans ce dossier.")
    if not found.ok:
        raise typer.Exit(BadInput.exit_code)
