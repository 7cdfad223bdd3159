"""The program's entry: its commands, and how an error becomes a sentence and an exit code."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from assemblier import __version__
from assemblier.cli import futures as future_commands
from assemblier.cli import lake as lake_commands
from assemblier.cli import measures as measure_commands
from assemblier.cli import perimeters as perimeter_commands
from assemblier.cli import sources as source_commands
from assemblier.cli import territory as territory_commands
from assemblier.cli import text as text_commands
from assemblier.cli import zoning as zoning_commands
from assemblier.cli.options import JsonOption, LakeOption, WorkspaceOption, lake_of, workspace_of
from assemblier.cli.shown import as_json, errors, say, working
from assemblier.errors import AssemblierError, UsageError
from assemblier.publish.write import FORMATS
from assemblier.usecases.demo import demonstrate
from assemblier.usecases.diagnoses import DOCUMENTS, Written, diagnose_territory

__all__ = ["app", "main"]

app = typer.Typer(
    name="assemblier",
    help="Du territoire aux soins : données ouvertes, diagnostic partagé, actions suivies.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)
app.add_typer(source_commands.commands, name="sources")
app.add_typer(lake_commands.commands, name="lake")
app.add_typer(territory_commands.commands, name="territory")
app.add_typer(text_commands.commands, name="text")
app.add_typer(zoning_commands.zonings, name="zoning")
app.add_typer(zoning_commands.nowcasts, name="nowcast")
perimeter_commands.register(app)
future_commands.register(app)
measure_commands.register(app)


def _version(asked: bool) -> None:  # noqa: FBT001 — typer calls it so
    if asked:
        say(f"assemblier {__version__}")
        raise typer.Exit


@app.callback()
def root(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Imprime la version."),
    ] = False,
) -> None:
    """Assemblier."""


@app.command("diagnose")
def diagnose(
    territory: Annotated[
        str,
        typer.Argument(
            help="Territoire de l’espace de travail, CSV de communes, ou zone : « epci:CODE », "
            "« bassin:NOM », un nom seul."
        ),
    ],
    out: Annotated[Path, typer.Option("--out", help="Dossier des documents.")] = Path("diagnostic"),
    formats: Annotated[
        str, typer.Option("--format", help=f"Parmi {', '.join(FORMATS)}, séparés par des virgules.")
    ] = ",".join(FORMATS),
    chapters: Annotated[
        str | None, typer.Option(help="Chapitres, séparés par des virgules ; tous sinon.")
    ] = None,
    documents: Annotated[
        str,
        typer.Option(help=f"Parmi {', '.join(DOCUMENTS)}, séparés par des virgules."),
    ] = DOCUMENTS[0],
    cog: Annotated[int | None, typer.Option(help="Année des codes du fichier.")] = None,
    lake: LakeOption = None,
    workspace: WorkspaceOption = None,
    *,
    json: JsonOption = False,
) -> None:
    """Écrit le diagnostic d’un territoire."""
    with working("diagnostic", quiet=json) as work:
        made = diagnose_territory(
            territory=territory,
            lake=lake_of(lake),
            workspace=workspace_of(workspace),
            out=out,
            formats=[each.strip() for each in formats.split(",") if each.strip()],
            chapters=None if chapters is None else [each.strip() for each in chapters.split(",")],
            papers=[each.strip() for each in documents.split(",") if each.strip()],
            cog=cog,
            work=work,
        )
    if json:
        as_json(_diagnosis_json(made))
        return
    for warning in made.diagnosis.document.warnings:
        say(f"ATTENTION : {warning}")
    for path in made.files:
        say(str(path))


def _diagnosis_json(made: Written) -> dict[str, object]:
    results = made.diagnosis.results
    slug = made.diagnosis.story.territory.slug
    own = results.frame[results.frame["grid"] == "territoire"]
    return {
        "files": [str(path) for path in made.files],
        "warnings": list(made.diagnosis.document.warnings),
        "territory": slug,
        "asked": results.asked,
        "indicators": own.to_dict("records"),
    }


@app.command("demo")
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
    for path in made.written.files:
        say(f"  {path.resolve()}")


WRONG_USE: Any = typer.BadParameter.__mro__[2]
"""Base of the errors of usage, wherever this version of typer takes its own from."""


def main(arguments: list[str] | None = None) -> int:
    """Run the program and return its exit code."""
    try:
        code = app(args=arguments, standalone_mode=False)
    except AssemblierError as error:
        errors.print(str(error), markup=False, style="red")
        return error.exit_code
    except typer.Exit as stop:
        return stop.exit_code
    except WRONG_USE as error:
        errors.print(error.format_message(), markup=False, style="red")
        return UsageError.exit_code
    except typer.Abort:
        errors.print("Interrompu ; rien n’a été changé.", markup=False)
        return 130
    return code if isinstance(code, int) else 0


if __name__ == "__main__":
    sys.exit(main())
