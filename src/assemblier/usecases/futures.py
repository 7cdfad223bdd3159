"""Use cases of futures: project a territory, run scenarios."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from assemblier.errors import BadInput, Problem
from assemblier.futures.baseline import Baseline, national_baseline
from assemblier.futures.comparison import Ranges, compare_outcomes, sensitivity
from assemblier.futures.presence import presence_of
from assemblier.futures.projection import Projection, project
from assemblier.futures.projection_sources import (
    age_sources,
    arrivals_of,
    corrections_of,
    population_factor,
    projection_rules,
    zones_of_territory,
)
from assemblier.futures.scenario import Outcome, ScenarioRules, run_scenario, sites_of
from assemblier.futures.scenario_files import read_scenarios
from assemblier.indicators.context import Context
from assemblier.lake.lake import Lake
from assemblier.measures.decay import parse_decay
from assemblier.parameters import Parameters
from assemblier.progress import Work
from assemblier.territory.territory import Territory
from assemblier.usecases.given_tables import read_coded, require_files, write_table
from assemblier.usecases.territories import territory_of

__all__ = [
    "ARRIVALS",
    "Compared",
    "Projected",
    "project_territory",
    "run_scenarios",
    "scenario_parameters",
    "zone_groups",
]

ARRIVALS = ("observed", "none")


@dataclass(frozen=True, slots=True)
class Projected:
    """A projection, the territory, the rates it rests on, and the files written."""

    territory: Territory
    projection: Projection
    hazards: pd.DataFrame
    regions: pd.DataFrame
    files: tuple[Path, ...]


def project_territory(
    *,
    territory: str,
    lake: Path,
    workspace: Path | str,
    years: Sequence[int] = (5, 10),
    cog: int | None = None,
    ages: Path | None = None,
    arrivals: str = "observed",
    arrivals_file: Path | None = None,
    population: Path | None = None,
    seed: int = 0,
    out: Path | None = None,
    work: Work | None = None,
) -> Projected:
    """Project the doctors and the access of a territory.

    Parameters
    ----------
    territory
        Name of a territory of the workspace, or path of a CSV of communes.
    ages
        A local list, CSV ``code, age``: one row by doctor, without any name.
    arrivals
        ``observed`` (the past rhythm goes on) or ``none`` (nobody comes).
    arrivals_file
        CSV ``tvs, arrivees, annees``: arrivals known locally.
    population
        CSV ``code, annee, population``: projections by commune or département.
    out
        Folder of the CSV files.
    """
    if arrivals not in ARRIVALS:
        raise BadInput(
            Problem("hypothèse d’arrivées inconnue", value=arrivals, allowed=", ".join(ARRIVALS))
        )
    work = work or Work()
    listed = None if ages is None else read_coded(ages, ["code"], ["age"], empty=True)
    rhythm = (
        None
        if arrivals_file is None
        else read_coded(arrivals_file, ["tvs"], ["arrivees", "annees"])
    )
    people = (
        None if population is None else read_coded(population, ["code"], ["annee", "population"])
    )
    context = Context.of(Lake.open(lake))
    chosen = territory_of(what=territory, geography=context.geography, workspace=workspace, cog=cog)
    work.step(0.1, "carte nationale de l’offre")
    baseline = national_baseline(context, chosen.communes)
    work.step(0.7, "départs et arrivées")
    departments = sorted(
        set(context.geography.membership["departement"].reindex(list(chosen.communes)).dropna())
    )
    sources = age_sources(context, baseline.year, departments)
    departures, added, notes = corrections_of(context, baseline.year, years)
    presence = presence_of(
        baseline.communes,
        younger=sources.younger,
        older=sources.older,
        ages=listed,
        departures={k: v for k, v in departures.items() if k in set(baseline.ids)},
    )
    coming = None
    if arrivals == "observed":
        given = None if rhythm is None else {
            str(row["tvs"]): (float(row["arrivees"]), float(row["annees"]))
            for row in rhythm.to_dict("records")
        }  # fmt: skip
        coming = arrivals_of(context, baseline, given=given)
    factors = None
    told = [*baseline.notes, *sources.notes, *notes]
    if people is not None and population is not None:
        factors, said = population_factor(baseline, people, years, file=population.name)
        told += said
    else:
        told.append("Population tenue pour constante.")
    told += coming.notes if coming else ("Aucune arrivée : ce que donnerait l’absence de relève.",)
    made = project(
        baseline,
        presence,
        sources.hazards,
        zones_of_territory(context, baseline, chosen.name, chosen.communes),
        projection_rules(context, baseline.year, seed=seed),
        years=years,
        arrivals=None if coming is None else coming.arrivals,
        known_fte=added,
        population=factors,
        notes=told,
    )
    work.step(1.0, "projection faite")
    hazards = pd.DataFrame({"age": range(30, 81), "probabilite": sources.hazards.yearly[30:81]})
    hazards["origine"] = sources.hazards.origin
    regions = pd.DataFrame() if coming is None else coming.regions
    files: tuple[Path, ...] = ()
    if out is not None:
        files = _written(
            out,
            (
                ("projection_zones.csv", made.zones),
                ("projection_communes.csv", made.communes),
                ("projection_a_surveiller.csv", made.watched),
                ("projection_departs_par_age.csv", hazards),
                ("projection_arrivees_regions.csv", regions.rename_axis("region").reset_index()),
            ),
        )
    return Projected(chosen, made, hazards, regions, files)


@dataclass(frozen=True, slots=True)
class Compared:
    """Scenarios run on one territory.

    Attributes
    ----------
    year
        Year of the supply they start from.
    outcomes
        One by scenario.
    comparison
        Zones by scenario.
    sensitivity
        For each scenario, the parameters its gain hangs on most.
    """

    territory: Territory
    year: int
    outcomes: tuple[Outcome, ...]
    comparison: pd.DataFrame
    sensitivity: dict[str, pd.DataFrame]
    names: dict[str, str]
    notes: tuple[str, ...]
    files: tuple[Path, ...]


def run_scenarios(
    *,
    file: Path,
    lake: Path,
    workspace: Path | str,
    out: Path | None = None,
    with_sensitivity: bool = True,
    work: Work | None = None,
) -> Compared:
    """Run every scenario of a YAML file and compare them.

    Parameters
    ----------
    file
        Its ``territory`` is a name of the workspace or a CSV of communes, beside the file.
    out
        Folder of the CSV files.
    """
    require_files(file)
    work = work or Work()
    asked = read_scenarios(file.read_text(encoding="utf-8-sig"), file=file.name)
    context = Context.of(Lake.open(lake))
    beside = file.parent / asked.territory
    chosen = territory_of(
        what=str(beside) if beside.is_file() else asked.territory,
        geography=context.geography,
        workspace=workspace,
        cog=asked.cog,
    )
    work.step(0.1, "carte nationale de l’offre")
    named = [code for each in asked.scenarios for code in sites_of(each.changes)]
    baseline = national_baseline(context, [*chosen.communes, *named])
    rules, ranges = scenario_parameters(context.parameters)
    threshold = float(context.parameters["apl.gp.thresholds"].latest["under_dense"])
    groups = zone_groups(context, baseline, chosen)
    problems: list[Problem] = []
    outcomes: list[Outcome] = []
    for each in asked.scenarios:
        try:
            outcomes.append(
                run_scenario(
                    baseline, each, chosen.communes, rules,
                    groups=groups, threshold=threshold, file=file.name,
                )
            )  # fmt: skip
        except BadInput as error:
            problems += error.problems
    if problems:
        raise BadInput(list(dict.fromkeys(problems)))
    work.step(0.8, "sensibilité")
    told = (
        {
            each.name: sensitivity(baseline, each, chosen.communes, rules, ranges)
            for each in asked.scenarios
        }
        if with_sensitivity
        else {}
    )
    compared = compare_outcomes(outcomes)
    names = dict(context.geography.names)
    files: tuple[Path, ...] = ()
    if out is not None:
        communes = [
            each.communes.assign(scenario=each.scenario.name, name=each.communes["code"].map(names))
            for each in outcomes
        ]
        rows = [table.assign(scenario=name) for name, table in told.items()]
        files = _written(
            out,
            (
                ("scenarios_comparaison.csv", compared),
                ("scenarios_communes.csv", pd.concat(communes)),
                ("scenarios_sensibilite.csv", pd.concat(rows) if rows else pd.DataFrame()),
            ),
        )
    work.step(1.0, "scénarios faits")
    return Compared(
        chosen, baseline.year, tuple(outcomes), compared, told, names, baseline.notes, files
    )


def zone_groups(
    context: Context, baseline: Baseline, chosen: Territory
) -> list[tuple[str, str, str, tuple[str, ...]]]:
    """Return the zones that a scenario tells: the territory and all that it meets."""
    grids = ("bv2022", "tvs2019", "epci", "departement", "commune")
    return [
        (zone.grid, zone.code, zone.name, zone.communes)
        for zone in zones_of_territory(context, baseline, chosen.name, chosen.communes, grids)
    ]


def _written(out: Path, tables: Sequence[tuple[str, pd.DataFrame]]) -> tuple[Path, ...]:
    """Write the tables that have rows."""
    kept = [(out / name, table) for name, table in tables if len(table)]
    for path, table in kept:
        write_table(table, path)
    return tuple(path for path, _ in kept)


def scenario_parameters(parameters: Parameters) -> tuple[ScenarioRules, Ranges]:
    """Read the rules of scenarios, and the ranges that sensitivity tries, from dated parameters."""
    helpers = parameters["futures.scenarios.helpers"].latest
    week = parameters["futures.scenarios.week"].latest
    activity = parameters["futures.scenarios.arrival_activity"].latest
    travel = parameters["futures.scenarios.travel"].latest
    steps = parameters["apl.gp.decay_first_version"].latest
    rules = ScenarioRules(
        arrival_activity=float(activity[1]),
        assistant_medical=float(helpers["assistant_medical"][1]),
        ipa=float(helpers["ipa"][1]),
        week=float(week[1]),
        noticeable=float(parameters["futures.scenarios.noticeable"].latest),
    )
    ranges = Ranges(
        arrival_activity=(float(activity[0]), float(activity[2])),
        assistant_medical=(
            float(helpers["assistant_medical"][0]),
            float(helpers["assistant_medical"][2]),
        ),
        ipa=(float(helpers["ipa"][0]), float(helpers["ipa"][2])),
        week=(float(week[0]), float(week[2])),
        travel=(float(travel[0]), float(travel[2])),
        decays=(("première version de l’APL", parse_decay(steps)),),
    )
    return rules, ranges
