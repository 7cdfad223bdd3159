"""Nowcast of the APL: the published values moved by what changed since.

Between two editions, local supply is recovered from the published values
(:mod:`.recovered_supply`), moved by the change of the headcounts of its territoire, and the APL is
recomputed on the population of the later date; what the recovered supply does not explain is kept
as it was. Two parameters are fixed without any change of APL: the strength of the recovery by
communes left out of one edition, and the part of a change of headcount that lasts by the series of
headcounts alone (:func:`lasting_share`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from assemblier.errors import BadInput, Problem
from assemblier.futures.nowcast.recovered_supply import Recovered
from assemblier.language import number
from assemblier.measures.prepared import Prepared

__all__ = [
    "IntervalModel",
    "Nowcast",
    "NowcastErrors",
    "bounds",
    "effective_doctors",
    "judge",
    "lasting_share",
    "move_supply",
    "nowcast",
    "zone_nowcast",
]

_LARGEST_MOVE = 0.7  # a log change beyond a doubling in a year is a break of the series


@dataclass(frozen=True, slots=True)
class IntervalModel:
    """How wide the interval is: APL · q · √(1/n + common) · √max(years / years_of_fit, 1).

    Attributes
    ----------
    common
        Part of the variance that does not fade with the number of doctors.
    years_of_fit
        Years between the editions on which the multipliers were measured.
    zones, communes
        Probability → multiplier q, for means of zones and for single communes.
    """

    common: float
    years_of_fit: float
    zones: Mapping[float, float]
    communes: Mapping[float, float]


@dataclass(frozen=True, slots=True)
class Nowcast:
    """An APL moved to a later date.

    Attributes
    ----------
    value
        Nowcast of each demand, shape (n,); NaN where nothing was published.
    capacity
        Supply at the later date, shape (m,).
    doctors
        Effective number of doctors that make the value, shape (n,).
    """

    value: NDArray[np.float64]
    capacity: NDArray[np.float64]
    doctors: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class NowcastErrors:
    """Errors of a nowcast against the later published values, by zone.

    Attributes
    ----------
    error, unchanged
        Mean absolute error by zone: the nowcast, and the earlier values taken as they are.
    error_shifted, unchanged_shifted
        The same once each is brought to the later mean, which is not known beforehand.
    weighted, unchanged_weighted
        ``error`` and ``unchanged`` weighted by standardised population.
    commune, unchanged_commune
        Mean absolute error by commune.
    correlation
        Between the nowcast change and the real one, by zone; NaN when nothing moved.
    inside
        Probability → share of the zones inside their interval.
    zones
        Number of zones.
    """

    error: float
    unchanged: float
    error_shifted: float
    unchanged_shifted: float
    weighted: float
    unchanged_weighted: float
    commune: float
    unchanged_commune: float
    correlation: float
    inside: Mapping[float, float]
    zones: int

    @property
    def beats_unchanged(self) -> bool:
        """Whether it errs less than the earlier values, level given or not."""
        return self.error < self.unchanged and self.error_shifted < self.unchanged_shifted

    @property
    def sentence(self) -> str:
        """The verdict, in plain French."""
        told = (
            f"erreur absolue moyenne sur {number(self.zones)} zones : {number(self.error, 3)} "
            f"consultation, contre {number(self.unchanged, 3)} en gardant les valeurs publiées "
            f"({number(self.error_shifted, 3)} contre {number(self.unchanged_shifted, 3)} une fois "
            "la moyenne d’arrivée donnée aux deux)"
        )
        if self.beats_unchanged:
            return f"L’actualisation fait mieux que « rien ne change » : {told}."
        return f"L’actualisation ne fait PAS mieux que « rien ne change » : {told}."


def lasting_share(series: pd.DataFrame, *, least: float, without: tuple[int, ...] = ()) -> float:
    """Return the part of a two-year change of headcount that lasts, from the series alone.

    A headcount is a walk seen with an error of date and register, so that a part of each change
    is taken back the year after. With Δ the yearly change of the logarithm, the error's variance
    is −cov(Δ_t, Δ_{t+1}), and the part that lasts is 1 − 2·error / var(Δ_t + Δ_{t+1}).

    Parameters
    ----------
    series
        Doctors by zone (rows) and year (columns, in order).
    least
        Zones that ever had fewer are left out.
    without
        Years whose count is not to be trusted.

    Raises
    ------
    BadInput
        Fewer than three years, or no zone left.
    """
    kept = series.drop(columns=list(without), errors="ignore")
    kept = kept[kept.notna().all(axis=1) & (kept.min(axis=1) >= least)]
    if kept.shape[1] < 3 or kept.empty:
        raise BadInput(Problem("il faut au moins trois années et une zone pour juger la série"))
    logs = np.log(kept.to_numpy(np.float64))
    steps = np.diff(logs, axis=1)
    steps = np.clip(steps - np.median(steps, axis=0), -_LARGEST_MOVE, _LARGEST_MOVE)
    double = logs[:, 2:] - logs[:, :-2]
    double = np.clip(
        double - np.median(double, axis=0), -np.sqrt(2) * _LARGEST_MOVE, np.sqrt(2) * _LARGEST_MOVE
    )
    taken_back = max(-float(np.mean(steps[:, 1:] * steps[:, :-1])), 0.0)
    spread = float(np.mean(double**2))
    return max(1.0 - 2.0 * taken_back / spread, 0.0) if spread > 0 else 0.0


def move_supply(
    capacity: NDArray[np.float64],
    zone: NDArray,
    before: Mapping[str, float],
    after: Mapping[str, float],
    lasting: float,
) -> NDArray[np.float64]:
    """Multiply the supply of each site by (after / before)^lasting of its zone, shape (m,).

    Zones without doctors at one of the dates, or unknown, are left as they are: a ratio tells
    nothing there.
    """
    first = np.array([before.get(name, np.nan) for name in zone], dtype=np.float64)
    last = np.array([after.get(name, np.nan) for name in zone], dtype=np.float64)
    told = (first > 0) & (last > 0)
    ratio = np.divide(last, first, out=np.ones(first.size), where=told)
    return np.asarray(capacity * np.where(told, ratio, 1.0) ** lasting)


def nowcast(
    before: Prepared,
    after: Prepared,
    published: NDArray[np.float64],
    recovered: Recovered,
    moved: NDArray[np.float64],
    doctors: NDArray[np.float64],
) -> Nowcast:
    """Recompute the APL with the moved supply and the later population.

    Parameters
    ----------
    before, after
        Matrices of both dates: same places, same sites, their own population.
    published
        Published APL at the earlier date, shape (n,).
    recovered
        Supply recovered from it on ``before``.
    moved
        Supply at the later date, shape (m,).
    doctors
        Doctors at each site, shape (m,).

    Raises
    ------
    BadInput
        The matrices are not of the same places and sites.
    """
    if before.demand.ids.size != after.demand.ids.size or not (
        (before.demand.ids == after.demand.ids).all()
        and (before.supply.ids == after.supply.ids).all()
    ):
        raise BadInput(Problem("les deux dates doivent avoir les mêmes communes et mêmes sites"))
    change = after.values(moved) - recovered.fitted
    value = np.maximum(published + change, 0.0)
    everyone = np.arange(published.size)
    return Nowcast(
        value=value,
        capacity=moved,
        doctors=effective_doctors(after, moved, doctors, everyone, np.ones(published.size)),
    )


def effective_doctors(
    prepared: Prepared,
    capacity: NDArray[np.float64],
    doctors: NDArray[np.float64],
    zone: NDArray[np.int64],
    weight: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return how many equal doctors make the mean of each zone: (Σ c)² / Σ c²/n, shape (zones,).

    Parameters
    ----------
    zone
        Number of the zone of each demand, shape (n,), negative for none.
    weight
        Weight of each demand in the mean, shape (n,).
    """
    from scipy import sparse  # noqa: PLC0415 (slow to import, not always needed)

    n, m = zone.size, capacity.size
    inside = zone >= 0
    count = int(zone.max(initial=-1)) + 1
    gather = sparse.csr_matrix(
        (weight[inside], (zone[inside], np.flatnonzero(inside))), shape=(count, n)
    )
    gain = sparse.csr_matrix((prepared.gain, prepared.indices, prepared.indptr), shape=(n, m))
    parts = (gather @ gain) @ sparse.diags_array(capacity)
    whole = np.asarray(parts.sum(axis=1)).ravel()
    # half a doctor at least: a site that sources disagree on is not a crowd of tiny ones
    squares = parts.multiply(parts) @ (1.0 / np.maximum(doctors, 0.5))
    return np.asarray(np.divide(whole**2, squares, out=np.zeros(count), where=squares > 0))


def zone_nowcast(
    made: Nowcast,
    after: Prepared,
    doctors: NDArray[np.float64],
    zone: NDArray,
    interval: IntervalModel,
    years: float,
) -> pd.DataFrame:
    """Return the nowcast by zone with its interval.

    Parameters
    ----------
    zone
        Zone of each demand, shape (n,); an empty name is in none.
    years
        Years between both dates.

    Returns
    -------
    Indexed by zone: ``value, weight, doctors`` and ``low_50, high_50``… by probability.
    """
    need = after.demand.counted("standardised")
    names = np.asarray([str(each) if each else "" for each in zone], dtype=object)
    used = np.isfinite(made.value) & (need > 0) & (names != "")
    listed, member = np.unique(names[used].astype(str), return_inverse=True)
    at = np.full(names.size, -1, dtype=np.int64)
    at[used] = member
    weight = np.bincount(member, weights=need[used], minlength=listed.size)
    summed = np.bincount(member, weights=need[used] * made.value[used], minlength=listed.size)
    value = np.asarray(summed / weight, dtype=np.float64)
    effective = effective_doctors(after, made.capacity, doctors, at, np.where(used, need, 0.0))
    frame = pd.DataFrame(
        {"value": value, "weight": weight, "doctors": effective},
        index=pd.Index(listed.astype(object), dtype=object, name="zone"),
    )
    return frame.assign(**bounds(value, effective, interval, interval.zones, years))


def bounds(
    value: NDArray[np.float64],
    doctors: NDArray[np.float64],
    interval: IntervalModel,
    multipliers: Mapping[float, float],
    years: float,
) -> dict[str, NDArray[np.float64]]:
    """Return ``low_80, high_80``… by probability, zero or more; NaN where no doctor is seen."""
    spread = np.sqrt(
        np.divide(1.0, doctors, out=np.full(doctors.size, np.nan), where=doctors > 0)
        + interval.common
    )
    horizon = float(np.sqrt(max(years / interval.years_of_fit, 1.0)))
    made = {}
    for probability, multiplier in sorted(multipliers.items()):
        half = value * multiplier * spread * horizon
        name = round(100 * probability)
        made[f"low_{name}"] = np.maximum(value - half, 0.0)
        made[f"high_{name}"] = value + half
    return made


def judge(
    zones: pd.DataFrame,
    value: NDArray[np.float64],
    before: NDArray[np.float64],
    after: NDArray[np.float64],
    weight: NDArray[np.float64],
    zone: NDArray,
) -> NowcastErrors:
    """Compare a nowcast with the later published values.

    Parameters
    ----------
    zones
        Result of :func:`zone_nowcast`, for the intervals.
    value, before, after
        Nowcast, earlier and later published values, shape (n,).
    weight
        Standardised population of the later edition, shape (n,).
    zone
        Zone of each commune.

    Raises
    ------
    BadInput
        Nothing to compare.
    """
    names = np.asarray([str(each) if each else "" for each in zone], dtype=object)
    used = np.isfinite(value) & np.isfinite(before) & np.isfinite(after) & (weight > 0)
    used &= names != ""
    if used.sum() < 3:
        raise BadInput(Problem("trop peu de communes publiées aux deux dates pour juger"))
    listed, member = np.unique(names[used].astype(str), return_inverse=True)
    total = np.bincount(member, weights=weight[used])

    def mean(what: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(np.bincount(member, weights=weight[used] * what[used]) / total)

    f, b, a = mean(value), mean(before), mean(after)
    missed, shift = (float(np.average(a - each, weights=total)) for each in (f, b))
    moved = float(np.std(f - b)) > 0 and float(np.std(a - b)) > 0
    told = zones.reindex(listed.astype(object))
    half = {}
    for name in (each for each in told.columns if each.startswith("high_")):
        probability = int(name.removeprefix("high_")) / 100
        # the interval goes with the mean of the communes that are compared
        width = (told[name] - told["value"]).to_numpy(np.float64)
        half[probability] = float((np.abs(f - a) <= width).mean())
    return NowcastErrors(
        error=float(np.abs(f - a).mean()),
        unchanged=float(np.abs(b - a).mean()),
        error_shifted=float(np.abs(f + missed - a).mean()),
        unchanged_shifted=float(np.abs(b + shift - a).mean()),
        weighted=float(np.average(np.abs(f - a), weights=total)),
        unchanged_weighted=float(np.average(np.abs(b - a), weights=total)),
        commune=float(np.abs(value - after)[used].mean()),
        unchanged_commune=float(np.abs(before - after)[used].mean()),
        correlation=float(np.corrcoef(f - b, a - b)[0, 1]) if moved else float("nan"),
        inside=half,
        zones=int(listed.size),
    )
