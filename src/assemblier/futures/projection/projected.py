"""A projection from the lake: what is read is put together, and told as it is printed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from assemblier.errors import BadInput, MissingSource, Problem
from assemblier.futures.baseline import Baseline, national_baseline
from assemblier.futures.projection.blocks import ToldProjection
from assemblier.futures.projection.presence import presence_of
from assemblier.futures.projection.project import Projection, project
from assemblier.futures.projection.sources import (
    age_sources,
    arrivals_of,
    corrections_of,
    population_factor,
    projection_rules,
    zones_of_territory,
)
from assemblier.indicators.context import Context
from assemblier.language import enumeration
from assemblier.progress import Work
from assemblier.territory.territory import Territory

__all__ = ["HORIZONS", "ProjectionRun", "run_projection"]

HORIZONS = (5, 10)
HAZARD_AGES = range(30, 81)
MOST_COMMUNES = 5000
"""Draws hold the rows of every commune in full: a larger territory would not fit in memory."""


@dataclass(frozen=True, slots=True)
class ProjectionRun:
    """A projection and what it rests on.

    Attributes
    ----------
    hazards
        ``age, probabilite, origine``: probability of leaving within the year.
    regions
        Rates of arrival by region; empty when nobody comes.
    """

    baseline: Baseline
    projection: Projection
    hazards: pd.DataFrame
    regions: pd.DataFrame
    told: ToldProjection


def run_projection(
    context: Context,
    territory: Territory,
    *,
    years: Sequence[int] = HORIZONS,
    grids: Sequence[str] = ("tvs2019", "bv2022", "epci", "commune"),
    ages: pd.DataFrame | None = None,
    coming: bool = True,
    rhythm: Mapping[str, tuple[float, float]] | None = None,
    population: pd.DataFrame | None = None,
    population_name: str | None = None,
    seed: int = 0,
    notes: Sequence[str] = (),
    work: Work | None = None,
) -> ProjectionRun:
    """Project the doctors and the access of a territory.

    Parameters
    ----------
    grids
        Grids whose zones are told beside the territory.
    ages
        ``code, age``: one row by doctor, without any name.
    coming
        Whether the past rhythm of arrivals goes on; nobody comes otherwise.
    rhythm
        Territoire de vie-santé → arrivals observed locally and over how many years.
    population, population_name
        ``code, annee, population`` and how it is called.
    seed
        Of the draws of the APL.
    notes
        What else must be said of what was handed in.

    Raises
    ------
    MissingSource
        When the lake lacks the doctors, their series, or the population, for the territory too.
    BadInput
        When the territory is too large, or what is known locally contradicts the doctors there
        are.
    """
    if len(territory.communes) > MOST_COMMUNES:
        raise BadInput(
            Problem(
                "le territoire est trop grand pour une projection",
                value=f"{len(territory.communes)} communes",
                allowed=f"au plus {MOST_COMMUNES}",
                advice="Projetez région par région.",
            )
        )
    work = work or Work()
    baseline = national_baseline(context, territory.communes)
    zones = zones_of_territory(context, baseline, territory.name, territory.communes, grids)
    if not zones[0].communes:
        raise MissingSource(
            f"Aucune commune de « {territory.name} » n’est dans le calcul national : le lac n’y a "
            "pas à la fois la population, les médecins et un point."
        )
    work.step(0.5, "départs et arrivées")
    home = context.geography.membership.reindex(list(territory.communes))
    departments = sorted(set(home["departement"].dropna()))
    regions = set(home["region"].dropna().astype(str))
    sources = age_sources(context, baseline.year, departments)
    departures, added, corrected = corrections_of(context, baseline.year, years)
    presence = presence_of(
        baseline.communes,
        younger=sources.younger,
        older=sources.older,
        ages=ages,
        departures={k: v for k, v in departures.items() if k in set(baseline.ids)},
    )
    arrivals = arrivals_of(context, baseline, given=rhythm, around=regions) if coming else None
    unseen = sorted(regions & arrivals.unknown) if arrivals is not None else []
    if arrivals is not None and unseen == sorted(regions):
        arrivals = None  # an unknown rhythm is not a rhythm of nobody
    factors = None
    told = [*notes, *baseline.notes, *sources.notes, *corrected]
    if population is not None:
        factors, said = population_factor(baseline, population, years, file=population_name)
        told += said
    else:
        told.append("Population tenue pour constante.")
    if unseen:
        named = enumeration([context.geography.zone_name("region", each) for each in unseen])
        told.append(f"Arrivées inconnues ({named}) : la série des médecins n’y est pas.")
    if arrivals is not None:
        told += arrivals.notes
    elif not coming:
        told.append("Aucune arrivée : ce que donnerait l’absence de relève.")
    rules = projection_rules(context, baseline.year, seed=seed)
    made = project(
        baseline,
        presence,
        sources.hazards,
        zones,
        rules,
        years=years,
        arrivals=None if arrivals is None else arrivals.arrivals,
        known_fte=added,
        population=factors,
        notes=told,
    )
    if coming and arrivals is None:
        made = made.without_rhythm()
    first, last = HAZARD_AGES.start, HAZARD_AGES.stop
    hazards = pd.DataFrame(
        {"age": list(HAZARD_AGES), "probabilite": sources.hazards.yearly[first:last]}
    )
    hazards["origine"] = sources.hazards.origin
    bounds = context.parameters["futures.projection.map_bounds"].latest
    return ProjectionRun(
        baseline,
        made,
        hazards,
        pd.DataFrame() if arrivals is None else arrivals.regions,
        ToldProjection(
            baseline,
            made,
            bounds,
            rules.loss,
            rules.probability,
            arrivals is not None,
            (*sources.tables, *(("medecin_tvs",) if arrivals is not None else ())),
        ),
    )
