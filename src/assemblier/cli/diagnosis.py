"""Command ``assemblier diagnose``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from assemblier.cli.options import JsonOption, LakeOption, WorkspaceOption, lake_of, workspace_of
from assemblier.cli.shown import as_json, say, say_files, working
from assemblier.publish.write import FORMATS
from assemblier.usecases.diagnoses import DOCUMENTS, Written, diagnose_territory

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("diagnose")(diagnose)


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
    template: Annotated[
        Path | None,
        typer.Option(
            help="Modèle .docx : ses styles, ses marges, son en-tête et son pied de page habillent "
            "les documents DOCX. Un document DOCX déjà écrit peut servir de départ."
        ),
    ] = None,
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
            template=template,
            cog=cog,
            work=work,
        )
    if json:
        as_json(_diagnosis_json(made))
        return
    for warning in made.diagnosis.document.warnings:
        say(f"ATTENTION : {warning}")
    say_files(made.files)


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
