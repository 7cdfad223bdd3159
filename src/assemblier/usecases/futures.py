"""Use cases of futures: project a territory, run scenarios."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from assemblier.blocks import Block
from assemblier.errors import BadInput, Problem
from assemblier.futures.page import Page, page_document, page_of
from assemblier.futures.projection.blocks import projection_blocks
from assemblier.futures.projection.project import Projection
from assemblier.futures.projection.projected import HORIZONS, run_projection
from assemblier.futures.projection.without_ages import (
    estimate_without_ages,
    without_ages_blocks,
)
from assemblier.futures.scenarios.blocks import ToldScenarios, scenario_blocks
from assemblier.futures.scenarios.comparison import compare_outcomes
from assemblier.futures.scenarios.files import ScenarioFile, read_scenarios
from assemblier.futures.scenarios.run import run_on_territory
from assemblier.futures.scenarios.scenario import Outcome
from assemblier.indicators.context import Context
from assemblier.lake.lake import Lake
from assemblier.progress import Work
from assemblier.publish.write import write
from assemblier.territory.territory import Territory
from assemblier.usecases.given_communes import read_communes
from assemblier.usecases.given_tables import read_coded, require_files, write_table
from assemblier.usecases.territories import territory_of

__all__ = [
    "ARRIVALS",
    "PAGE_FORMATS",
    "Compared",
    "Projected",
    "project_territory",
    "read_scenario_file",
    "run_scenarios",
]

ARRIVALS = ("observed", "none")
PAGE_FORMATS = ("html", "pdf", "docx", "xlsx")
"""Formats of a page of the futures: to look at, to print, to edit."""


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
    years: Sequence[int] = HORIZONS,
    cog: int | None = None,
    ages: Path | None = None,
    arrivals: str = "observed",
    arrivals_file: Path | None = None,
    population: Path | None = None,
    seed: int = 0,
    out: Path | None = None,
    formats: Sequence[str] = PAGE_FORMATS,
    today: dt.date | None = None,
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
    out, formats, today
        Folder of the pages and the CSV files, formats of the pages, day printed on them.
    """
    if arrivals not in ARRIVALS:
        raise BadInput(
            Problem("hypothèse d’arrivées inconnue", value=arrivals, allowed=", ".join(ARRIVALS))
        )
    work = work or Work()
    context = Context.of(Lake.open(lake))
    chosen = territory_of(what=territory, geography=context.geography, workspace=workspace, cog=cog)
    given = _given(context, ages, arrivals_file, population)
    work.step(0.1, "carte nationale de l’offre")
    with work.part(0.1, 0.8) as share:
        run = run_projection(
            context,
            chosen,
            years=years,
            ages=given.ages,
            coming=arrivals == "observed",
            rhythm=given.rhythm,
            population=given.population,
            population_name=None if population is None else population.name,
            notes=given.notes,
            seed=seed,
            work=share,
        )
    made = run.projection
    work.step(0.8, "pages")
    files: tuple[Path, ...] = ()
    if out is not None:
        page = page_of(context, chosen)
        document = page_document(
            page,
            [*projection_blocks(page, run.told), *_second_reading(page, years)],
            name="projection",
            kind="Projection des médecins généralistes",
            question="Et dans cinq ou dix ans ?",
            today=today,
        )
        files = (
            *write(document, out, list(formats)),
            *_written(
                out,
                (
                    ("projection_zones.csv", made.zones),
                    ("projection_communes.csv", made.communes),
                    ("projection_a_surveiller.csv", made.watched),
                    ("projection_departs_par_age.csv", run.hazards),
                    (
                        "projection_arrivees_regions.csv",
                        run.regions.rename_axis("region").reset_index(),
                    ),
                ),
            ),
        )
    work.step(1.0, "projection faite")
    return Projected(chosen, made, run.hazards, run.regions, files)


def _second_reading(page: Page, years: Sequence[int]) -> list[Block]:
    """Write what the published APL says of departures, where it covers the territory."""
    found = estimate_without_ages(page.context, page.territory, years)
    return [] if found is None else without_ages_blocks(page, found)


@dataclass(frozen=True, slots=True)
class _Given:
    """What was handed in: ages, arrivals by territoire de vie-santé, population; and notes."""

    ages: pd.DataFrame | None
    rhythm: Mapping[str, tuple[float, float]] | None
    population: pd.DataFrame | None
    notes: tuple[str, ...]


def _given(
    context: Context, ages: Path | None, arrivals_file: Path | None, population: Path | None
) -> _Given:
    """Read the files that were handed in; what is wrong in any of them is told at once."""
    require_files(*(each for each in (ages, arrivals_file, population) if each is not None))
    problems: list[Problem] = []
    notes: list[str] = []
    membership = context.geography.membership

    def communes(path: Path | None, *numbers: str, **rules: Any) -> pd.DataFrame | None:
        if path is None:
            return None
        try:
            given = read_communes(path, context.geography, numbers, **rules)
        except BadInput as error:
            problems.extend(error.problems)
            return None
        notes.extend(given.notes)
        return given.table

    listed = communes(ages, "age", empty=True)
    rhythm = None
    if arrivals_file is not None:
        known = set(membership["tvs2019"].dropna()) if "tvs2019" in membership else None
        try:
            rhythm = read_coded(
                arrivals_file,
                ["tvs"],
                ["arrivees", "annees"],
                known=None if known is None else {"tvs": known},
                unique=["tvs"],
            )
        except BadInput as error:
            problems.extend(error.problems)
    departments = set(membership["departement"].dropna().astype(str))
    people = communes(population, "annee", "population", others=departments, once=["annee"])
    if population is not None and people is not None:
        try:
            people = _together(people, population.name)
        except BadInput as error:
            problems.extend(error.problems)
    if problems:
        raise BadInput(problems)
    coming = None if rhythm is None else {
        str(row["tvs"]): (float(row["arrivees"]), float(row["annees"]))
        for row in rhythm.to_dict("records")
    }  # fmt: skip
    return _Given(listed, coming, people, tuple(notes))


def _together(people: pd.DataFrame, file: str) -> pd.DataFrame:
    """Add up the people of communes that merged; each year must have as many of them."""
    rows = people.groupby(["code", "annee"], sort=False)["population"].agg(["sum", "size"])
    sizes = rows["size"].groupby("code")
    uneven = sizes.min() < sizes.max()
    problems = [
        Problem(
            "des communes ont fusionné, et elles n’ont pas toutes les mêmes années",
            file,
            column="annee",
            value=str(code),
            advice="Donnez à chaque ancienne commune une ligne par année.",
        )
        for code in uneven.index[uneven]
    ]
    if problems:
        raise BadInput(problems)
    return rows["sum"].rename("population").reset_index()


@dataclass(frozen=True, slots=True)
class Compared:
    """Scenarios run on one territory.

    Attributes
    ----------
    told
        Outcomes, and for each scenario the parameters its gain hangs on most.
    comparison
        Zones by scenario.
    """

    territory: Territory
    told: ToldScenarios
    comparison: pd.DataFrame
    files: tuple[Path, ...]

    @property
    def year(self) -> int:
        """Year of the supply they start from."""
        return self.told.baseline.year

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """One by scenario."""
        return self.told.outcomes


def read_scenario_file(file: Path) -> ScenarioFile:
    """Read a file of scenarios.

    Raises
    ------
    MissingSource
        When it is not there.
    BadInput
        Listing everything that is wrong, with its line.
    """
    require_files(file)
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(
            Problem(
                "le fichier n’est pas en UTF-8",
                file.name,
                advice="Enregistrez-le de nouveau en choisissant « UTF-8 ».",
            )
        ) from error
    return read_scenarios(text, file=file.name)


def run_scenarios(
    *,
    file: Path,
    lake: Path,
    workspace: Path | str,
    out: Path | None = None,
    formats: Sequence[str] = PAGE_FORMATS,
    with_sensitivity: bool = True,
    today: dt.date | None = None,
    work: Work | None = None,
) -> Compared:
    """Run every scenario of a YAML file and compare them.

    Parameters
    ----------
    file
        Its ``territory`` is a name of the workspace or a CSV of communes, beside the file.
    out, formats, today
        Folder of the pages and the CSV files, formats of the pages, day printed on them.
    """
    work = work or Work()
    asked = read_scenario_file(file)
    context = Context.of(Lake.open(lake))
    beside = file.parent / asked.territory
    chosen = territory_of(
        what=str(beside) if beside.is_file() else asked.territory,
        geography=context.geography,
        workspace=workspace,
        cog=asked.cog,
    )
    work.step(0.1, "carte nationale de l’offre")
    with work.part(0.1, 0.8) as share:
        made = run_on_territory(
            context,
            chosen,
            asked.scenarios,
            with_sensitivity=with_sensitivity,
            file=file.name,
            work=share,
        )
    outcomes = made.outcomes
    compared = compare_outcomes(outcomes)
    work.step(0.8, "pages")
    names = dict(context.geography.names)
    files: tuple[Path, ...] = ()
    if out is not None:
        page = page_of(context, chosen)
        document = page_document(
            page,
            scenario_blocks(page, made),
            name="scenarios",
            kind="Scénarios d’offre de soins",
            question="Que donnerait chaque choix, pour qui ?",
            today=today,
        )
        communes = [
            each.communes.assign(scenario=each.scenario.name, name=each.communes["code"].map(names))
            for each in outcomes
        ]
        rows = [table.assign(scenario=name) for name, table in made.sensitivity.items()]
        files = (
            *write(document, out, list(formats)),
            *_written(
                out,
                (
                    ("scenarios_comparaison.csv", compared),
                    ("scenarios_communes.csv", pd.concat(communes)),
                    ("scenarios_sensibilite.csv", pd.concat(rows) if rows else pd.DataFrame()),
                ),
            ),
        )
    work.step(1.0, "scénarios faits")
    return Compared(chosen, made, compared, files)


def _written(out: Path, tables: Sequence[tuple[str, pd.DataFrame]]) -> tuple[Path, ...]:
    """Write the tables that have rows."""
    kept = [(out / name, table) for name, table in tables if len(table)]
    for path, table in kept:
        write_table(table, path)
    return tuple(path for path, _ in kept)
