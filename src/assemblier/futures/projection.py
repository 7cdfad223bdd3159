"""Projection: what becomes of doctors and of access if the past goes on, with its intervals.

Departures of a zone follow an exact Poisson-binomial, arrivals a Poisson of uncertain rate, and
their difference is the exact distribution of the headcount. The APL is linear in supply, so its
expectation is exact as well; only its intervals come from seeded draws.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from assemblier.errors import BadInput, Problem
from assemblier.futures.arrivals import ArrivalRates
from assemblier.futures.baseline import Baseline
from assemblier.futures.departures import Hazards
from assemblier.futures.poisson_binomial import (
    CountDistribution,
    poisson_binomial_by_zone,
    total,
)
from assemblier.futures.presence import Presence

__all__ = ["Arrivals", "Projection", "ProjectionRules", "ProjectionZone", "project"]

PER_DENSITY = 10_000
"""Densities are doctors for ten thousand inhabitants."""


@dataclass(frozen=True, slots=True)
class ProjectionZone:
    """A zone whose future is asked: its grid, code, name and communes."""

    grid: str
    code: str
    name: str
    communes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Rates of arrival by zone of observation, and where in the zone doctors settle.

    Attributes
    ----------
    rates
        By inhabitant and year, one for each of ``zones``.
    zones
        Codes of the zones of observation, shape (z,).
    exposure
        Inhabitants of each zone, shape (z,).
    code, zone, share
        Communes where arrivals settle, shape (c,): position of their zone and their part of it;
        the parts of a zone sum to 1.
    """

    rates: ArrivalRates
    zones: NDArray
    exposure: NDArray[np.float64]
    code: NDArray
    zone: NDArray[np.int64]
    share: NDArray[np.float64]

    def expected(self, years: int) -> NDArray[np.float64]:
        """Return expected arrivals by commune of ``code`` within some years, shape (c,)."""
        return self.rates.expected[self.zone] * self.exposure[self.zone] * self.share * years

    def within(self, codes: Sequence[str], years: int) -> CountDistribution:
        """Return the exact distribution of the arrivals in some communes.

        Part of a gamma-Poisson count is a gamma-Poisson count of a smaller exposure.
        """
        inside = np.isin(self.code, np.asarray(list(codes), dtype=object))
        parts = np.bincount(self.zone[inside], self.share[inside], self.zones.size)
        return total(
            [
                self.rates.coming(int(zone), float(self.exposure[zone] * parts[zone] * years))
                for zone in np.flatnonzero(parts)
            ]
        )

    def draw(self, rng: np.random.Generator, years: int, draws: int) -> NDArray[np.int64]:
        """Draw arrivals by commune of ``code``, shape (draws, c)."""
        finite = np.isfinite(self.rates.shape)
        shape = np.where(finite, self.rates.shape, 1.0)
        scale = np.where(finite, 1.0 / np.where(finite, self.rates.rate, 1.0), 0.0)
        rate = np.where(finite, rng.gamma(shape, scale, (draws, self.zones.size)), self.rates.rate)
        mean = rate[:, self.zone] * (self.exposure[self.zone] * self.share * years)
        return np.asarray(rng.poisson(mean), dtype=np.int64)


@dataclass(frozen=True, slots=True)
class ProjectionRules:
    """How a projection is told; dated parameters.

    Attributes
    ----------
    levels
        Levels of the intervals.
    held
        Probabilities with which arrivals hold today's level.
    draws, seed
        Of the APL.
    loss, probability
        A zone is watched when it loses this part of its doctors with this probability, nobody
        coming.
    minimum
        Fewest doctors of a local list for a commune to be told.
    age_limit
        Oldest age that counts in the APL of the younger doctors.
    """

    levels: tuple[float, ...]
    held: tuple[float, ...]
    draws: int
    loss: float
    probability: float
    minimum: int
    age_limit: int
    seed: int = 0


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
    for horizon in years:
        factor = None if population is None else population.get(horizon)
        after = baseline if factor is None else baseline.with_population(factor)
        access = _access(
            baseline, after, presence, hazards, arrivals, (known_fte or {}).get(horizon, {}),
            codes, horizon, rules,
        )  # fmt: skip
        told.append(access.communes(rules))
        leaving = _departures(presence, hazards, zones, horizon)
        for zone, gone in zip(zones, leaving, strict=True):
            here = presence.within(zone.communes)
            n = int(here.count.sum())
            come = (
                CountDistribution(0, np.ones(1))
                if arrivals is None
                else arrivals.within(zone.communes, horizon)
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
    study = presence.within(zones[0].communes)
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
    people = float(baseline.prepared.demand.population[at].sum())
    people_after = float(after.prepared.demand.population[at].sum())

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


@dataclass(frozen=True, slots=True)
class _Draws:
    """APL of the communes told: exact expectations, and draws with and without arrivals."""

    codes: NDArray
    need: NDArray[np.float64]
    need_after: NDArray[np.float64]
    today: NDArray[np.float64]
    today_65: NDArray[np.float64]
    expected: NDArray[np.float64]
    expected_65: NDArray[np.float64]
    alone: NDArray[np.float64]
    drawn: NDArray[np.float64]
    drawn_alone: NDArray[np.float64]
    gain: NDArray[np.float64]
    sites: NDArray
    doctors: NDArray[np.float64]
    acts_per_doctor: float
    years: int

    def communes(self, rules: ProjectionRules) -> pd.DataFrame:
        table = pd.DataFrame(
            {
                "code": self.codes,
                "years": self.years,
                "apl": self.today,
                "apl_after": self.expected,
                "apl_alone": self.alone,
                "apl_65": self.today_65,
                "apl_65_after": self.expected_65,
            }
        )
        for level in rules.levels:
            tail = (1.0 - level) / 2.0
            low, high = np.quantile(self.drawn, [tail, 1.0 - tail], axis=0)
            table[f"apl_after_low_{100 * level:g}"] = low
            table[f"apl_after_high_{100 * level:g}"] = high
        return table

    def zone(self, zone: ProjectionZone, rules: ProjectionRules) -> dict[str, object]:
        at = np.isin(self.codes, np.asarray(zone.communes, dtype=object))
        now = self.need[at] / self.need[at].sum()
        later = self.need_after[at] / self.need_after[at].sum()
        today = float(self.today[at] @ now)
        row: dict[str, object] = {
            "apl": today,
            "apl_after": float(self.expected[at] @ later),
            "apl_alone": float(self.alone[at] @ later),
            "apl_65": float(self.today_65[at] @ now),
            "apl_65_after": float(self.expected_65[at] @ later),
        }
        drawn = self.drawn[:, at] @ later
        for level in rules.levels:
            tail = (1.0 - level) / 2.0
            low, high = np.quantile(drawn, [tail, 1.0 - tail])
            row[f"apl_after_low_{100 * level:g}"] = float(low)
            row[f"apl_after_high_{100 * level:g}"] = float(high)
        gain = float(self._one_more(zone)[at] @ later)
        lost = today - self.drawn_alone[:, at] @ later
        for level in rules.held:
            needed = float(np.quantile(lost, level)) / gain if gain > 0 else np.nan
            row[f"apl_needed_{100 * level:g}"] = (
                np.nan if np.isnan(needed) else max(0.0, float(np.ceil(needed)))
            )
        return row

    def _one_more(self, zone: ProjectionZone) -> NDArray[np.float64]:
        """APL that one doctor more brings to each commune, settled as the zone's doctors are."""
        inside = np.isin(self.sites, np.asarray(zone.communes, dtype=object))
        weight = np.where(inside, self.doctors, 0.0)
        if not weight.sum() > 0:
            return np.zeros(self.codes.size)
        return np.asarray(self.gain @ (weight / weight.sum() * self.acts_per_doctor))


def _access(
    baseline: Baseline,
    after: Baseline,
    presence: Presence,
    hazards: Hazards,
    arrivals: Arrivals | None,
    known_fte: Mapping[str, float],
    codes: Sequence[str],
    years: int,
    rules: ProjectionRules,
) -> _Draws:
    """Project the APL of communes; their sites are those that reach one of them."""
    rows = baseline.rows(codes)
    now, later = baseline.prepared, after.prepared
    reach = np.unique(
        np.concatenate([now.indices[now.indptr[r] : now.indptr[r + 1]] for r in rows])
    )
    sites = now.supply.ids[reach]
    gain_now, gain = (
        _dense(now.indptr, now.indices, now.gain, rows, reach),
        _dense(later.indptr, later.indices, later.gain, rows, reach),
    )
    acts = now.supply.capacity[reach]
    per_doctor = baseline.acts_per_doctor
    # groups of doctors at those sites
    place = {code: k for k, code in enumerate(sites)}
    group_at = np.array([place.get(code, -1) for code in presence.code], dtype=np.int64)
    kept = group_at >= 0
    at, count = group_at[kept], presence.count[kept]
    held = np.bincount(at, count, sites.size)
    each = np.divide(acts, held, out=np.zeros_like(acts), where=held > 0)  # acts of one doctor
    gone = presence.leaving(hazards, years)[kept]
    fixed = np.where(held > 0, 0.0, acts)
    fte = np.zeros(sites.size)
    for code, change in known_fte.items():
        if code in place:
            fte[place[code]] += change * per_doctor
    stay = np.bincount(at, count * (1.0 - gone), sites.size) * each + fixed + fte
    young_now = presence.counted(hazards, 0, rules.age_limit)[kept]
    young = presence.counted(hazards, years, rules.age_limit)[kept]
    stay_65 = np.bincount(at, count * young, sites.size) * each + fixed + fte
    today_65 = np.bincount(at, count * young_now, sites.size) * each + fixed
    rng = np.random.default_rng([rules.seed, years])
    remain = rng.binomial(count, 1.0 - gone, (rules.draws, count.size)).astype(np.float64)
    moved = np.zeros((count.size, sites.size))
    moved[np.arange(count.size), at] = each[at]
    alone = np.maximum(remain @ moved + fixed + fte, 0.0)
    coming = np.zeros(sites.size)
    drawn = alone
    if arrivals is not None:
        to = np.array([place.get(code, -1) for code in arrivals.code], dtype=np.int64)
        coming = np.bincount(
            to[to >= 0], arrivals.expected(years)[to >= 0] * per_doctor, sites.size
        )
        settled = np.zeros((to.size, sites.size))
        settled[np.flatnonzero(to >= 0), to[to >= 0]] = per_doctor
        drawn = alone + arrivals.draw(rng, years, rules.draws).astype(np.float64) @ settled
    return _Draws(
        codes=baseline.ids[rows],
        need=baseline.need[rows],
        need_after=after.need[rows],
        today=gain_now @ acts,
        today_65=gain_now @ today_65,
        expected=gain @ np.maximum(stay + coming, 0.0),
        expected_65=gain @ np.maximum(stay_65 + coming, 0.0),
        alone=gain @ np.maximum(stay, 0.0),
        drawn=drawn @ gain.T,
        drawn_alone=alone @ gain.T,
        gain=gain,
        sites=sites,
        doctors=held.astype(np.float64),
        acts_per_doctor=per_doctor,
        years=years,
    )


def _dense(
    indptr: NDArray[np.int64],
    indices: NDArray[np.int32],
    gain: NDArray[np.float64],
    rows: NDArray[np.int64],
    sites: NDArray[np.int32],
) -> NDArray[np.float64]:
    """Return the rows of a sparse matrix in full, over some of its columns, shape (r, s)."""
    made = np.zeros((rows.size, sites.size))
    for k, row in enumerate(rows):
        held = slice(indptr[row], indptr[row + 1])
        found = np.searchsorted(sites, indices[held])
        known = (found < sites.size) & (sites[np.minimum(found, sites.size - 1)] == indices[held])
        made[k, found[known]] = gain[held][known]
    return made
