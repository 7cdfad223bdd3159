"""Use cases of futures: project a territory, run scenarios."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from assemblier.errors import BadInput, CannotWrite, MissingSource, Problem
from assemblier.futures.baseline import national_baseline
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
from assemblier.indicators.context import Context
from assemblier.lake.lake import Lake
from assemblier.progress import Work
from assemblier.territory.territory import Territory
from assemblier.usecases.territories import territory_of

__all__ = ["ARRIVALS", "Projected", "project_territory"]

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
    listed = None if ages is None else _numbers(ages, ["code"], ["age"], empty=True)
    rhythm = (
        None if arrivals_file is None else _numbers(arrivals_file, ["tvs"], ["arrivees", "annees"])
    )
    people = None if population is None else _numbers(population, ["code"], ["annee", "population"])
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
        coming = arrivals_of(context, baseline, sources, given=given)
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
        files = tuple(
            write_table(table, out / name)
            for name, table in (
                ("projection_zones.csv", made.zones),
                ("projection_communes.csv", made.communes),
                ("projection_a_surveiller.csv", made.watched),
                ("projection_departs_par_age.csv", hazards),
                ("projection_arrivees_regions.csv", regions.rename_axis("region").reset_index()),
            )
            if len(table)
        )
    return Projected(chosen, made, hazards, regions, files)


def write_table(table: pd.DataFrame, path: Path) -> Path:
    """Write a CSV beside its place, then put it there; nothing half written stays."""
    beside = path.with_name(f".{path.name}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        table.to_csv(beside, index=False, float_format="%.6g")
        beside.replace(path)
    except OSError as error:
        raise CannotWrite(f"Le fichier {path} ne peut être écrit : {error.strerror}.") from error
    finally:
        beside.unlink(missing_ok=True)
    return path


def _numbers(
    path: Path, texts: list[str], numbers: list[str], *, empty: bool = False
) -> pd.DataFrame:
    """Read a CSV of codes and numbers, every wrong cell told with its line."""
    if not path.is_file():
        raise MissingSource(f"Le fichier {path} n’existe pas.")
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("cp1252")
    first = text.partition("\n")[0]
    rows = list(csv.reader(io.StringIO(text), delimiter=max(";,\t", key=first.count)))
    header = [cell.strip().lower() for cell in rows[0]] if rows else []
    wanted = [*texts, *numbers]
    problems = [
        Problem(f"la colonne « {name} » est absente", path.name, 1, allowed=", ".join(wanted))
        for name in wanted
        if name not in header
    ]
    if problems:
        raise BadInput(problems)
    made: dict[str, list[object]] = {name: [] for name in wanted}
    for line, row in enumerate(rows[1:], start=2):
        if not any(cell.strip() for cell in row):
            continue
        for name in wanted:
            place = header.index(name)
            cell = row[place].strip() if place < len(row) else ""
            if name in texts:
                if not cell:
                    problems.append(Problem("valeur absente", path.name, line, name))
                made[name].append(cell.upper())
                continue
            try:
                value = float(cell.replace(",", ".")) if cell or not empty else float("nan")
            except ValueError:
                problems.append(Problem("nombre illisible", path.name, line, name, cell))
                value = float("nan")
            made[name].append(value)
    if problems:
        raise BadInput(problems)
    return pd.DataFrame(made)
