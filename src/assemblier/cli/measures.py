"""Commands ``assemblier access``, ``travel``, ``compare-matrices`` and ``calibrate``."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated

import typer

from assemblier.cli.options import JsonOption, LakeOption, lake_of
from assemblier.cli.shown import as_json, say, working
from assemblier.errors import UsageError
from assemblier.language import number, percent, plural
from assemblier.measures.registry import MEASURES
from assemblier.usecases.access import compare_matrices, measure_access
from assemblier.usecases.apl_calibration import OtherYear, fit_apl
from assemblier.usecases.crow_fly_calibration import fit_crow_fly
from assemblier.usecases.travel import travel_times

__all__ = ["access", "calibrate", "compare", "register", "travel"]

SHOWN = 10
REGION_HEADINGS = {
    "group": "région",
    "published": "publié",
    "predicted": "recalculé",
    "ratio": "publié/recalculé",
    "spread": "écart-type",
}
REFERENCES = ("metric", "osrm")

calibrate = typer.Typer(
    help="Caler de nouveau les modèles sur les tables du lac.", no_args_is_help=True
)


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    app.command("access")(access)
    app.command("travel")(travel)
    app.command("compare-matrices")(compare)
    app.add_typer(calibrate, name="calibrate")


MeasureOption = Annotated[str, typer.Option(help=f"Parmi : {', '.join(MEASURES)}.")]
DemandOption = Annotated[Path, typer.Option(help="Demande : id,population[,standardised].")]
SupplyOption = Annotated[Path, typer.Option(help="Offre : id,capacity.")]
DecayOption = Annotated[
    str | None, typer.Option(help="Décroissance, par exemple steps:10=1,15=2/3,20=1/3.")
]


def access(
    measure: MeasureOption,
    od: Annotated[Path, typer.Option(help="Temps : origin,destination,minutes (CSV ou Parquet).")],
    demand: DemandOption,
    supply: SupplyOption,
    out: Annotated[Path, typer.Option(help="Résultat : id,value,status (CSV ou Parquet).")],
    decay: DecayOption = None,
    n: Annotated[int | None, typer.Option(help="Rang, pour nth-nearest.")] = None,
    tau: Annotated[
        float | None, typer.Option(help="Échelle des temps de RAAM, en minutes.")
    ] = None,
    rho: Annotated[float | None, typer.Option(help="Échelle de l’encombrement de RAAM.")] = None,
    engine: Annotated[
        str | None, typer.Option(help="Ce qui a calculé les temps, cité avec le résultat.")
    ] = None,
    *,
    json: JsonOption = False,
) -> None:
    """Calcule une mesure d’accessibilité sur vos tables."""
    made = measure_access(
        measure=measure,
        od=od,
        demand=demand,
        supply=supply,
        out=out,
        decay=decay,
        n=n,
        tau=tau,
        rho=rho,
        engine=engine,
    )
    got = made.access
    lost = [str(name) for name in got.unreached]
    alone = int((~got.reached).sum())
    if json:
        as_json(
            {
                "out": made.out,
                "measure": got.measure,
                "asked": got.asked,
                "engine": got.engine,
                "population": got.population,
                "rows": len(got.value),
                "unreachable": alone,
                "unreached": lost,
                "supply_total": got.supply_total,
                "supply_reached": got.supply_reached,
                "caveats": got.caveats,
            }
        )
        return
    say(f"{_count(len(got.value), 'ligne')} dans {made.out}.")
    say(f"Mesure : {got.measure} {got.asked}".rstrip() + f". Temps : {got.engine}.")
    if alone:
        say(f"Demande hors d’atteinte de toute offre : {_count(alone, 'lieu', 'lieux')}.")
    if lost:
        say(f"Offre qu’aucune demande n’atteint ({len(lost)}) : {_some(lost)}.")
    for caveat in got.caveats:
        say(f"À savoir : {caveat}")


def travel(
    origins: Annotated[Path, typer.Option(help="Départs : id,lon,lat (CSV ou Parquet).")],
    destinations: Annotated[Path, typer.Option(help="Arrivées : id,lon,lat.")],
    out: Annotated[Path, typer.Option(help="Résultat : origin,destination,minutes.")],
    roads: Annotated[
        Path | None, typer.Option(help="Routes : extrait OpenStreetMap (.osm.pbf).")
    ] = None,
    graph: Annotated[
        Path | None, typer.Option(help="Routes : graphe gardé par --keep-graph.")
    ] = None,
    max_minutes: Annotated[float, typer.Option(help="Borne des temps, comprise.")] = 30.0,
    keep_graph: Annotated[
        Path | None, typer.Option(help="Garde le graphe lu, pour la fois suivante (.npz).")
    ] = None,
    *,
    json: JsonOption = False,
) -> None:
    """Calcule des temps de trajet en voiture sur les routes."""
    with working("trajets", quiet=json) as work:
        made = travel_times(
            origins=origins,
            destinations=destinations,
            max_minutes=max_minutes,
            out=out,
            roads=roads,
            graph=graph,
            keep_graph=keep_graph,
            work=work,
        )
    if json:
        as_json(made)
        return
    say(
        f"{_count(made.pairs, 'trajet')} d’au plus {number(max_minutes, 0)} minutes dans "
        f"{made.out} ({_count(made.origins, 'départ')}, {_count(made.destinations, 'arrivée')})."
    )
    say(f"Temps : {made.engine}.")
    if made.without:
        say(f"Sans arrivée à portée ({len(made.without)}) : {_some(made.without)}.")
    for case in made.cases[:SHOWN]:
        say(f"À savoir : {case.sentence}.")
    if len(made.cases) > SHOWN:
        say(f"… et {len(made.cases) - SHOWN} autres cas (voir --json).")


def compare(
    first: Annotated[Path, typer.Option(help="Première matrice : origin,destination,minutes.")],
    second: Annotated[Path, typer.Option(help="Seconde matrice, mêmes lieux.")],
    demand: DemandOption,
    supply: SupplyOption,
    measure: MeasureOption = "apl",
    decay: DecayOption = None,
    threshold: Annotated[
        float | None, typer.Option(help="Seuil sous lequel un lieu est dit mal desservi.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Résultat : id,first,second,change.")] = None,
    *,
    json: JsonOption = False,
) -> None:
    """Dit ce que la seule matrice de temps change à une mesure (à l’APL, par défaut)."""
    made = compare_matrices(
        measure=measure,
        first=first,
        second=second,
        demand=demand,
        supply=supply,
        out=out,
        decay=decay,
        threshold=threshold,
    )
    if json:
        as_json(
            {
                "measure": measure,
                "first": made.first,
                "second": made.second,
                "mean_first": made.mean_first,
                "mean_second": made.mean_second,
                "mean_absolute": made.mean_absolute,
                "largest": made.largest,
                "spearman": made.spearman,
                "crossing": made.crossing,
                "out": out,
            }
        )
        return
    say(f"Changement dû à la seule matrice de temps ({measure}), de « {made.first} » à "
        f"« {made.second} » :")  # fmt: skip
    say(f"  moyenne : {number(made.mean_first, 3)} puis {number(made.mean_second, 3)}")
    say(f"  écart absolu moyen : {number(made.mean_absolute, 3)} ; le plus grand : "
        f"{number(made.largest, 3)}")  # fmt: skip
    if not math.isnan(made.spearman):
        say(f"  accord des rangs (Spearman) : {number(made.spearman, 3)}")
    if not math.isnan(made.crossing):
        say(f"  population qui change de côté du seuil : {percent(made.crossing)}")
    if out is not None:
        say(f"Lieu par lieu : {out}")


@calibrate.command("crow-fly")
def crow_fly(
    reference: Annotated[
        str, typer.Option(help="Minutes de référence : metric ou osrm.")
    ] = "metric",
    lake: LakeOption = None,
    *,
    json: JsonOption = False,
) -> None:
    """Cale le modèle à vol d’oiseau sur les temps réels du lac et imprime ses erreurs."""
    if reference not in REFERENCES:
        raise UsageError(f"Référence « {reference} » inconnue. Valeurs : {', '.join(REFERENCES)}.")
    made = fit_crow_fly(lake=lake_of(lake), reference=reference)
    if json:
        as_json(
            {
                "reference": made.reference,
                "parameters": made.fit.parameters,
                "model": made.fit.model,
                "line": made.line,
                "errors": made.errors.to_dict("records"),
            }
        )
        return
    model = made.fit.model
    say(f"Modèle : {model.engine}.")
    say(f"Coefficients calés : {made.fit.parameters}.")
    for name in ("intercept", "pace", "pace_by_steepness", "landmark_share", "landmark_pace"):
        say(f"  {name} = {getattr(model, name):.4g}")
    if made.line is not None:
        say(
            f"De OSRM à Metric : {made.line.intercept:.2f} + {made.line.slope:.3f} t "
            f"({_count(made.line.pairs, 'trajet')}, écart absolu moyen {made.line.mae:.2f} min)."
        )
    say(made.errors.round(2).to_string(index=False))


@calibrate.command("apl")
def apl(
    year: Annotated[int | None, typer.Option(help="Année de l’APL publié.")] = None,
    folds: Annotated[
        int | None, typer.Option(help="Groupes de départements de la validation croisée ; 0 : non.")
    ] = None,
    rounds: Annotated[int | None, typer.Option(help="Passes de la recherche.")] = None,
    lake: LakeOption = None,
    *,
    json: JsonOption = False,
) -> None:
    """Cale l’APL recalculé sur l’APL publié ; dit ce qui reste inexpliqué."""
    with working("calage de l’APL", quiet=json) as work:
        made = fit_apl(lake=lake_of(lake), year=year, folds=folds, rounds=rounds, work=work)
    if json:
        as_json(
            {
                "year": made.year,
                "parameters": made.fit.parameters,
                "values": made.fit.values,
                "before": made.fit.before,
                "fitted": made.fit.fitted,
                "held_out": made.fit.held_out,
                "pooled": made.fit.pooled,
                "shipped": made.shipped,
                "evaluations": made.fit.evaluations,
                "unexplained": made.by_region.to_dict("records"),
                "other_years": made.others,
            }
        )
        return
    say(f"APL publié de {made.year}.")
    for line in made.fit.lines():
        say(line)
    say(f"Coefficients livrés avec le programme : {made.shipped}.")
    for other in made.others:
        say(_other_year(other, made.year))
    say("Ce qui reste inexpliqué, par région (écart-type du logarithme de publié sur recalculé) :")
    say(made.by_region.rename(columns=REGION_HEADINGS).round(2).to_string(index=False))
    say(
        "L’activité de chaque médecin, les salariés des centres de santé, les routes réelles et "
        "les "
        "médecins inscrits qui n’exercent guère ne sont pas dans les données ouvertes."
    )


def _other_year(other: OtherYear, fitted_on: int) -> str:
    """Say what the coefficients are worth in another year."""
    old = f" (offre de fin {other.supplied_on})" if other.supplied_on < other.year else ""
    said = f"Mêmes coefficients, APL publié de {other.year}{old} : {other.agreement}."
    if other.change is not None:
        said += (
            f" Variation depuis {fitted_on} par bassin : corrélation avec la variation publiée "
            f"{number(other.change.correlation, 2)} ; écart absolu moyen de la prévision "
            f"{number(other.change.error_shifted, 3)} à moyenne égale, contre "
            f"{number(other.change.error_unchanged, 3)} si rien ne changeait que la moyenne."
        )
    return said


def _count(count: int, one: str, many: str | None = None) -> str:
    return f"{number(count)} {plural(count, one, many)}"


def _some(names: list[str] | tuple[str, ...]) -> str:
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" … et {more} autres" if more > 0 else "")
