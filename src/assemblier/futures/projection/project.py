"""Projection: what becomes of doctors and of access if the past goes on, with its intervals.

Departures of a zone follow an exact Poisson-binomial, arrivals a Poisson of uncertain rate, and
their difference is the exact distribution of the headcount. The APL is linear in supply, so its
expectation is exact as well; only its intervals come from seeded draws.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from assemblier.errors import BadInput, Problem
from assemblier.futures.baseline import Baseline
from assemblier.futures.projection.access import projected_access
from assemblier.futures.projection.departures import Hazards
from assemblier.futures.projection.poisson_binomial import (
    CountDistribution,
    poisson_binomial_by_zone,
)
from assemblier.futures.projection.presence import Presence
from assemblier.futures.projection.rules import Arrivals, ProjectionRules, ProjectionZone

__all__ = ["Projection", "project"]

PER_DENSITY = 10_000
"""Densities are doctors for ten thousand inhabitants."""


@dataclass(frozen=True, slots=True)
class Projection:
    """What a projection says.

    Attributes
    ----------
    start
        Year of the supply that is projected (31 December).
    zones
        One row by zone and horizon: ``grid, zone, name, years, doctors, departures`` (expected),
        ``none_left`` (probability that nobody is left if nobody comes), ``arrivals`` (expected),
        ``doctors_after`` and ``density, density_after`` (for 10,000), ``needed_P`` (arrivals that
        hold the headcount with probability P), ``apl, apl_after, apl_alone`` (without arrivals),
        ``apl_65, apl_65_after``, ``apl_needed_P``, bounds ``…_low_L, …_high_L`` of each interval,
        ``watch`` and ``status``.
    communes
        One row by commune and horizon: ``code, years, apl, apl_after, apl_alone`` and bounds.
    estimated
        Share of the doctors of the study zone whose age is presumed.
    notes
        What a reader must know, in French.
    departures, headcount
        Exact distributions by (grid, zone, years), for those who draw them.
    """

    start: int
    zones: pd.DataFrame
    communes: pd.DataFrame
    estimated: float
    notes: tuple[str, ...] = ()
    departures: Mapping[tuple[str, str, int], CountDistribution] = field(default_factory=dict)
    headcount: Mapping[tuple[str, str, int], CountDistribution] = field(default_factory=dict)

    def without_rhythm(self) -> Projection:
        """Return it with what supposes a rhythm of arrivals left unknown, not that of nobody."""
        after = ("doctors_after", "density_after", "apl_after", "apl_65_after")

        def blank(table: pd.DataFrame) -> pd.DataFrame:
            supposed = [c for c in table if str(c) == "arrivals" or str(c).startswith(after)]
            return table.assign(**dict.fromkeys(map(str, supposed), np.nan))

        return replace(self, zones=blank(self.zones), communes=blank(self.communes), headcount={})

    @property
    def watched(self) -> pd.DataFrame:
        """Zones to watch, the most exposed first; zones only, never persons."""
        kept = self.zones[self.zones["watch"]]
        return kept.sort_values(
            ["years", "loss_probability", "zone"], ascending=[True, False, True]
        )


def project(
    baseline: Baseline,
    presence: Presence,
    hazards: Hazards,
    zones: Sequence[ProjectionZone],
    rules: ProjectionRules,
    *,
    years: Sequence[int] = (5, 10),
    arrivals: Arrivals | None = None,
    known_fte: Mapping[int, Mapping[str, float]] | None = None,
    population: Mapping[int, NDArray[np.float64]] | None = None,
    notes: Sequence[str] = (),
) -> Projection:
    """Project doctors, density and APL of zones.

    Parameters
    ----------
    baseline
        The country today.
    presence, hazards
        Who practises where, and how they leave.
    zones
        Zones to tell; the first is the one studied.
    years
        Horizons.
    arrivals
        Rates of arrival; nobody comes without them.
    known_fte
        By horizon and commune, full-time equivalents known to come (positive) or go.
    population
        By horizon, factor of the population of each commune, shape (n,); constant without it.

    Raises
    ------
    BadInput
        No zone, a horizon under one year, or a zone without any commune that is known.
    """
    _check(baseline, zones, years)
    codes = sorted({code for zone in zones for code in zone.communes})
    exact: dict[str, dict[tuple[str, str, int], CountDistribution]] = {"d": {}, "n": {}}
    rows: list[dict[str, object]] = []
    told: list[pd.DataFrame] = []
    held = presence.within(codes)
    coming = None if arrivals is None else arrivals.settling(np.asarray(codes, dtype=object))
    for horizon in years:
        factor = None if population is None else population.get(horizon)
        after = baseline if factor is None else baseline.with_population(factor)
        access = projected_access(
            baseline, after, presence, hazards, arrivals, (known_fte or {}).get(horizon, {}),
            codes, horizon, rules,
        )  # fmt: skip
        told.append(access.communes(rules))
        leaving = _departures(held, hazards, zones, horizon)
        for zone, gone in zip(zones, leaving, strict=True):
            here = held.within(zone.communes)
            n = int(here.count.sum())
            come = (
                CountDistribution(0, np.ones(1))
                if coming is None
                else coming.within(zone.communes, horizon)
            )
            left = gone.reversed().shifted(n).plus(come)
            exact["d"][zone.grid, zone.code, horizon] = gone
            exact["n"][zone.grid, zone.code, horizon] = left
            row = _counts(zone, n, gone, come, left, baseline, after, rules) | {"years": horizon}
            row |= access.zone(zone, rules)
            hidden = (
                zone.grid == "commune" and zone.code in presence.listed and 0 < n < rules.minimum
            )
            row["status"] = "secret" if hidden else "estimated" if here.estimated.any() else "ok"
            if hidden:
                keep = {"grid", "zone", "name", "years", "status", "doctors"}
                row = {
                    name: (value if name in keep else False if name == "watch" else np.nan)
                    for name, value in row.items()
                }
            rows.append(row)
    study = held.within(zones[0].communes)
    counted = max(int(study.count.sum()), 1)
    return Projection(
        baseline.year,
        pd.DataFrame(rows),
        pd.concat(told, ignore_index=True),
        float(study.count[study.estimated].sum()) / counted,
        tuple(notes),
        exact["d"],
        exact["n"],
    )


def _check(baseline: Baseline, zones: Sequence[ProjectionZone], years: Sequence[int]) -> None:
    problems = [
        Problem("horizon de projection", value=str(year), allowed="un an ou plus")
        for year in years
        if year < 1
    ]
    if not zones:
        problems.append(Problem("aucune zone à projeter"))
    problems += [
        Problem("aucune commune de la zone n’est connue du calcul", value=f"{zone.name}")
        for zone in zones
        if not baseline.rows(zone.communes).size
    ]
    if problems:
        raise BadInput(problems)


def _departures(
    presence: Presence, hazards: Hazards, zones: Sequence[ProjectionZone], years: int
) -> list[CountDistribution]:
    held = [presence.within(zone.communes).each_leaving(hazards, years) for zone in zones]
    indptr = np.concatenate(([0], np.cumsum([each.size for each in held])))
    return poisson_binomial_by_zone(np.concatenate(held), indptr)


def _counts(
    zone: ProjectionZone,
    n: int,
    gone: CountDistribution,
    come: CountDistribution,
    left: CountDistribution,
    baseline: Baseline,
    after: Baseline,
    rules: ProjectionRules,
) -> dict[str, object]:
    at = baseline.rows(zone.communes)
    people, people_after = baseline.inhabitants(at), after.inhabitants(at)

    def density(count: float, inhabitants: float) -> float:
        return PER_DENSITY * count / inhabitants if inhabitants > 0 else np.nan

    losing = gone.at_least(rules.loss * n) if n else 0.0
    row: dict[str, object] = {
        "grid": zone.grid,
        "zone": zone.code,
        "name": zone.name,
        "doctors": n,
        "departures": gone.mean,
        "none_left": gone.at_least(n) if n else np.nan,
        "loss_probability": losing,
        "arrivals": come.mean,
        "doctors_after": left.mean,
        "density": density(n, people),
        "density_after": density(left.mean, people_after),
        "watch": bool(n and losing >= rules.probability),
    }
    for level in rules.levels:
        name = f"{100 * level:g}"
        for what, law in (("departures", gone), ("doctors_after", left)):
            low, high = law.interval(level)
            row[f"{what}_low_{name}"], row[f"{what}_high_{name}"] = low, high
            if what == "doctors_after":
                row[f"density_after_low_{name}"] = density(low, people_after)
                row[f"density_after_high_{name}"] = density(high, people_after)
    for level in rules.held:
        row[f"needed_{100 * level:g}"] = gone.quantile(level)
    return row
