"""Command ``assemblier demo``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from assemblier.cli.options import JsonOption
from assemblier.cli.shown import as_json, say, say_files, working
from assemblier.usecases.demo import demonstrate

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("demo")(demo)


def demo(
    out: Annotated[Path, typer.Option("--out", help="Dossier de la démonstration.")] = Path(
        "demo-out"
    ),
    *,
    json: JsonOption = False,
) -> None:
    """Mène le travail de bout en bout sur un territoire artificiel."""
    with working("démonstration", quiet=json) as work:
        made = demonstrate(out=out, work=work)
    if json:
        as_json(
            {"lake": made.lake.version, "territory": made.territory, "files": made.written.files}
        )
        return
    say(f"Territoire artificiel « {made.territory} » (aucune donnée réelle).")
    say(f"Lac de données : {made.lake.folder}")
    say(f"Espace de travail : {made.workspace}")
    say("Diagnostic :")
    say_files([path.resolve() for path in made.written.files])
    page = next((path for path in made.written.files if path.suffix == ".html"), None)
    if page is not None:
        say()
        say(f"Ouvrez-le dans un navigateur : {page.resolve().as_uri()}")
