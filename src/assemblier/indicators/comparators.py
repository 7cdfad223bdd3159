"""Whom a territory is compared with: its départements, regions, France, and similar zones.

Similar zones are those of one official grid that are nearest on a few standardised traits; the
method is printed and the list is shown, so that a reader can object.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from assemblier.indicators.context import Context
from assemblier.territory.territory import Territory

__all__ = ["Comparators", "comparators", "similar_zones"]

CANDIDATE_GRIDS = ("bv2022", "epci", "arrondissement", "departement")
TRAITS: Mapping[str, str] = {
    "population": "population (en logarithme)",
    "density": "densité de population (en logarithme)",
    "part_65plus": "part des 65 ans et plus",
    "part_moins18": "part des moins de 18 ans",
    "largest": "part de la commune la plus peuplée",
}
"""Traits, all of equal weight after standardisation."""
HOW_MANY = 10
FEWEST = 5
"""Zones under which nothing is compared: the middle of so few says little."""
MOSTLY = 0.5
"""Share of zones that must have a trait for it to be compared."""


@dataclass(frozen=True, slots=True)
class Similar:
    """Similar zones: the grid they come from, nearest first, and their distance.

    ``traits`` names those of :data:`TRAITS` that were known, on which the zones were compared.
    """

    grid: str
    zones: tuple[str, ...]
    distances: tuple[float, ...]
    traits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparators:
    """Zones to compare a territory with, as ``(grid, zone)``, from the nearest to the widest."""

    own: tuple[tuple[str, str], ...]
    similar: Similar | None


def comparators(context: Context, territory: Territory, areas: pd.Series | None) -> Comparators:
    """Choose the comparators of a territory.

    Parameters
    ----------
    areas
        Area of the reference communes in km², None when it is not known.
    """
    membership = context.geography.membership
    rows = membership.loc[membership.index.isin(territory.communes)]
    own: list[tuple[str, str]] = []
    for grid in ("departement", "region"):
        zones = rows[grid].dropna().unique()
        whole = {
            zone
            for zone in zones
            if set(membership.index[(membership[grid] == zone) & membership["arm"].isna()])
            == set(territory.communes)
        }
        own.extend((grid, str(zone)) for zone in sorted(zones) if zone not in whole)
    own.append(("france", "FR"))
    return Comparators(tuple(own), similar_zones(context, territory, areas))


def similar_zones(
    context: Context, territory: Territory, areas: pd.Series | None, *, count: int = HOW_MANY
) -> Similar | None:
    """Find the zones that look most like a territory.

    The grid is the one whose zones are nearest in size to the territory. Traits are standardised
    over its zones of at least a quarter and at most four times the population of the territory;
    zones that share ground with the territory are left out, and so are those no nearer than two
    zones taken at random: standardised traits then differ by √(2 × number of traits) on average
    (root mean square), and such a zone is not alike.

    Returns
    -------
    Similar or None
        At most ``count`` zones; None when fewer than :data:`FEWEST` are alike.
    """
    geography = context.geography
    population = geography.population
    base = geography.membership[geography.membership["arm"].isna()]
    own = population.reindex(list(territory.communes)).sum()
    if not own > 0:
        return None
    grid = _grid_of_size(base, population, own)
    if grid is None:
        return None
    frame = _traits(context, base[grid], areas)
    mine = _traits(
        context,
        pd.Series("own", index=pd.Index(territory.communes, dtype=object)),
        areas,
    ).iloc[0]
    touched = set(base.loc[base.index.isin(territory.communes), grid].dropna())
    near = frame["inhabitants"].between(own / 4, own * 4)
    pool = frame[near & ~frame.index.isin(touched)]
    # a trait that most zones lack is left out; a zone that lacks a kept trait is
    names = [
        name
        for name in TRAITS
        if name in pool and pd.notna(mine.get(name)) and pool[name].notna().mean() > MOSTLY
    ]
    pool = pool.dropna(subset=names)
    if len(pool) < FEWEST or not names:
        return None
    spread = pool[names].std(ddof=0).replace(0.0, np.nan)
    gaps = (pool[names] - mine[names].astype("float64")) / spread
    distance = np.sqrt((gaps**2).sum(axis=1)).sort_values(kind="stable")
    best = distance[distance < math.sqrt(2 * len(names))].iloc[:count]
    if len(best) < FEWEST:
        return None
    return Similar(
        grid, tuple(map(str, best.index)), tuple(float(each) for each in best), tuple(names)
    )


def _grid_of_size(base: pd.DataFrame, population: pd.Series, own: float) -> str | None:
    gaps: dict[str, float] = {}
    for grid in CANDIDATE_GRIDS:
        if grid not in base:
            continue
        sizes = population.reindex(base.index).groupby(base[grid]).sum()
        gaps[grid] = float(np.median(np.abs(np.log(sizes[sizes > 0] / own))))
    return min(gaps, key=lambda grid: gaps[grid]) if gaps else None


def _traits(context: Context, zone: pd.Series, areas: pd.Series | None) -> pd.DataFrame:
    """Return the traits of zones, from sums of their communes."""
    population = context.geography.population.reindex(zone.index)
    grouped = population.groupby(zone)
    people = grouped.sum()
    frame = pd.DataFrame({"inhabitants": people})
    frame["population"] = np.log(people.where(people > 0))
    frame["largest"] = grouped.max() / people
    if areas is not None:
        area = areas.reindex(zone.index).groupby(zone).sum(min_count=1)
        frame["density"] = np.log((people / area).where(people > 0))
    for part in context.parts("population_age"):
        bands = _bands(context, part)
        if bands is None:
            continue
        total = _total(context, part)
        if total is None:
            break
        everyone = _of_communes(context, total)
        for name, counts in bands.items():
            frame[name] = (
                _of_communes(context, counts).reindex(zone.index).groupby(zone).sum()
                / everyone.reindex(zone.index).groupby(zone).sum()
            )
        break
    return frame


def _bands(context: Context, part: object) -> Mapping[str, pd.Series] | None:
    found: dict[str, pd.Series] = {}
    for name, where in (
        ("part_65plus", {"sexe": "T", "age_min": 65, "age_max": 120}),
        ("part_moins18", {"sexe": "T", "age_min": 0, "age_max": 17}),
    ):
        year = part.years[-1]  # type: ignore[attr-defined]
        frame, _ = context.converted(part, ["population"], where={"annee": year, **where})  # type: ignore[arg-type]
        if frame.empty:
            return None
        found[name] = frame["population"]
    return found


def _of_communes(context: Context, counts: pd.Series) -> pd.Series:
    """Sum counts by commune: a city counted by arrondissement gets the sum of its own."""
    homes = context.geography.membership["commune"].reindex(counts.index)
    return counts.groupby(homes).sum(min_count=1)


def _total(context: Context, part: object) -> pd.Series | None:
    year = part.years[-1]  # type: ignore[attr-defined]
    for other in context.parts("population", year=year):
        if other.file == part.file:  # type: ignore[attr-defined]
            frame, _ = context.converted(other, ["population"], where={"annee": year})
            return frame["population"]
    return None


def describe(names: Sequence[str]) -> str:
    """Say the method in one French sentence."""
    return (
        "Parmi les zones qui ont d’un quart à quatre fois sa population, ce sont les plus proches "
        "de lui sur des traits standardisés de même poids ("
        + " ; ".join(TRAITS[name] for name in names)
        + "), à distance euclidienne ; celles qui partagent des communes avec lui sont écartées, "
        "comme celles qui ne lui ressemblent pas plus que deux zones prises au hasard entre elles."
    )
