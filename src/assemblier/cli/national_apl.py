"""Command ``assemblier apl``: the APL of every commune, recomputed from open data."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from assemblier.cli.options import JsonOption, LakeOption, lake_of
from assemblier.cli.shown import as_json, say
from assemblier.errors import UsageError
from assemblier.indicators.professions_access import WORKBOOK
from assemblier.language import number, percent, plural
from assemblier.usecases.national_apl import (
    GRID,
    PROFESSIONS,
    NationalTable,
    ProfessionTable,
    recompute_national_apl,
    recompute_profession_apl,
)

__all__ = ["apl", "register"]

DOCTORS = "medecin"


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("apl")(apl)


def apl(
    year: Annotated[
        int | None,
        typer.Option(help="Année de l’offre (31 décembre) ; la dernière possible sinon."),
    ] = None,
    since: Annotated[
        int | None, typer.Option(help="Année antérieure, pour dire aussi la variation.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Table par commune à écrire, code,nom,apl,apl_65,statut… (CSV ou Parquet)."
        ),
    ] = None,
    zones_out: Annotated[
        Path | None, typer.Option(help="Table par zone de la grille à écrire.")
    ] = None,
    grid: Annotated[str, typer.Option(help="Grille de la table par zone.")] = GRID,
    cog: Annotated[
        int | None, typer.Option(help="Millésime des codes de communes ; celui du lac sinon.")
    ] = None,
    profession: Annotated[str, typer.Option(help=f"medecin, {', '.join(PROFESSIONS)}.")] = DOCTORS,
    parameters: Annotated[
        Path | None,
        typer.Option(help="Paramètres de la profession (YAML), à la place de ceux du programme."),
    ] = None,
    lake: LakeOption = None,
    *,
    json: JsonOption = False,
) -> None:
    """Recalcule l’APL de toutes les communes (aux généralistes, par défaut), sans lire d’APL publié."""
    begun = time.perf_counter()
    if profession != DOCTORS:
        if since is not None or cog is not None:
            raise UsageError("--since et --cog ne valent que pour les médecins généralistes.")
        other = recompute_profession_apl(
            lake=lake_of(lake),
            profession=profession,
            year=year,
            grid=grid,
            out=out,
            zones_out=zones_out,
            parameters=parameters,
        )
        _tell(other, time.perf_counter() - begun, json=json)
        return
    if parameters is not None:
        raise UsageError("--parameters ne vaut que pour les autres professions (--profession).")
    made = recompute_national_apl(
        lake=lake_of(lake),
        year=year,
        since=since,
        cog=cog,
        grid=grid,
        out=out,
        zones_out=zones_out,
    )
    seconds = time.perf_counter() - begun
    if json:
        as_json(
            {
                "year": made.year,
                "communes": len(made.communes),
                "zones": len(made.zones),
                "cog": made.cog,
                "covered": made.covered,
                "mean": made.mean,
                "engine": made.engine,
                "agreement": made.agreement,
                "change": made.change,
                "notes": made.notes,
                "written": made.written,
                "seconds": round(seconds, 1),
            }
        )
        return
    _say(made, since, seconds)


def _tell(made: ProfessionTable, seconds: float, *, json: bool) -> None:
    run = made.made
    if json:
        as_json(
            {
                "profession": run.profession,
                "year": run.year,
                "communes": len(made.communes),
                "zones": len(made.zones),
                "engine": run.engine,
                "agreement": made.agreement,
                "compared": made.compared,
                "notes": run.notes,
                "written": made.written,
                "seconds": round(seconds, 1),
            }
        )
        return
    say(
        f"APL aux {WORKBOOK[run.profession]} recalculé, offre de fin {run.year} : "
        f"{_count(len(made.communes), 'commune')}, en {number(seconds, 0)} s."
    )
    say(f"Temps de trajet : {run.engine}. Aucun APL publié n’entre dans le calcul.")
    for note in run.notes:
        say(f"À savoir : {note}.")
    if made.agreement is not None:
        say(f"Comparé à l’APL publié de {made.compared} : {made.agreement}.")
    for path in made.written:
        say(f"Écrit : {path}")


def _say(made: NationalTable, since: int | None, seconds: float) -> None:
    say(
        f"APL recalculé, offre de fin {made.year} : {_count(len(made.communes), 'commune')} "
        f"(codes de {made.cog} ; {percent(made.covered)} des communes), "
        f"moyenne {number(made.mean, 2)}, en {number(seconds, 0)} s."
    )
    say(f"Temps de trajet : {made.engine}. Aucun APL publié n’entre dans le calcul.")
    for note in made.notes:
        say(f"À savoir : {note}.")
    if made.agreement is not None:
        say(f"Comparé à l’APL publié de {made.year} : {made.agreement}.")
    else:
        say(f"Le lac n’a pas d’APL publié de {made.year} : pas de comparaison.")
    if made.change is not None:
        change = made.change
        say(
            f"Variation {since}–{made.year} par bassin ({number(change.zones)}) : corrélation avec "
            f"la variation publiée {number(change.correlation, 2)} ; écart absolu moyen de la "
            f"prévision {number(change.error, 3)} ({number(change.error_shifted, 3)} une fois "
            f"ramenée à la moyenne), contre {number(change.error_unchanged, 3)} si rien ne "
            "changeait que la moyenne."
        )
    for path in made.written:
        say(f"Écrit : {path}")


def _count(count: int, one: str) -> str:
    return f"{number(count)} {plural(count, one)}"
