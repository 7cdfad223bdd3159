"""The shortfall of access that new doctors can reduce: the problem, its value, quick answers.

Where access is linear in capacity, one doctor at j gives each inhabitant of i
g_ij = c·w_ij / D_j with D_j = Σ_k P*_k w_kj. The shortfall is Σ_i P*_i Σ_b λ_b max(0, T_b − A_i):
several bands, so that the worst served count more. Weighting by P* and not by inhabitants keeps a
doctor's gain from rewarding catchments whose people need less.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from assemblier.compiled import njit
from assemblier.errors import BadInput, Problem
from assemblier.measures.decay import Decay, parse_decay
from assemblier.measures.times import TravelTimes

__all__ = [
    "Bands",
    "Shortfall",
    "exchange_losses",
    "greedy_units",
    "improve_units",
    "shortfall_problem",
    "unit_gains",
]


@dataclass(frozen=True, slots=True)
class Bands:
    """Thresholds of access, highest first, and the weight each adds to what is missing under it."""

    thresholds: NDArray[np.float64]
    increments: NDArray[np.float64]

    @classmethod
    def under(cls, threshold: float, shares: ArrayLike, increments: ArrayLike) -> Bands:
        """Put bands at shares of a threshold; shares may be written as fractions.

        Raises
        ------
        BadInput
            Shares outside ]0, 1], increments not above zero, another number of them, a threshold
            that is not above zero.
        """
        parts = np.array([float(Fraction(str(share))) for share in np.atleast_1d(shares)])
        added = np.atleast_1d(np.asarray(increments, dtype=np.float64))
        if (
            parts.shape != added.shape
            or not parts.size
            or not bool(((parts > 0) & (parts <= 1)).all())
            or not bool((added > 0).all())
            or not threshold > 0
        ):
            raise BadInput(
                Problem(
                    "les paliers du manque sont mal écrits",
                    value=f"seuil {threshold:g}, parts {parts.tolist()}, poids {added.tolist()}",
                    allowed="un seuil positif, autant de parts entre 0 et 1 que de poids positifs",
                )
            )
        order = np.argsort(-parts)
        return cls(threshold * parts[order], added[order])


@dataclass(frozen=True, slots=True)
class Shortfall:
    """Demand, what one doctor brings from each candidate, and the bands.

    Attributes
    ----------
    starts, rows, gain
        By candidate (columns): ``rows[starts[j]:starts[j + 1]]`` are the demands within reach and
        ``gain`` what one doctor at j adds to the access of each.
    access
        Access before, A⁰, shape (n,).
    people
        Standardised population P*, shape (n,).
    bands
        Thresholds and weights.
    pressure
        D_j, shape (m,).
    """

    starts: NDArray[np.int64]
    rows: NDArray[np.int32]
    gain: NDArray[np.float64]
    access: NDArray[np.float64]
    people: NDArray[np.float64]
    bands: Bands
    pressure: NDArray[np.float64]

    @property
    def sites(self) -> int:
        """Number of candidates."""
        return int(self.starts.size - 1)

    @property
    def needs(self) -> NDArray[np.float64]:
        """What is missing under each band, shape (n, bands)."""
        missing: NDArray[np.float64] = np.maximum(
            0.0, self.bands.thresholds[None, :] - self.access[:, None]
        )
        return missing

    def access_with(self, counts: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return access once these doctors have settled, shape (n,)."""
        owner = np.repeat(np.arange(self.sites), np.diff(self.starts))
        added = np.bincount(
            self.rows, weights=self.gain * counts[owner], minlength=self.access.size
        )
        return self.access + added

    def value(self, counts: NDArray[np.int64] | None = None) -> float:
        """Return the weighted shortfall, before or with these doctors."""
        access = self.access if counts is None else self.access_with(counts)
        missing = np.maximum(0.0, self.bands.thresholds[None, :] - access[:, None])
        return float(self.people @ missing @ self.bands.increments)

    def consultations(self, counts: NDArray[np.int64] | None = None) -> float:
        """Return Σ P*·max(0, T − A): consultations a year that are missing under the threshold."""
        access = self.access if counts is None else self.access_with(counts)
        return float(self.people @ np.maximum(0.0, self.bands.thresholds[0] - access))


def shortfall_problem(
    times: TravelTimes,
    decay: str | Decay,
    *,
    standardised: ArrayLike,
    access: ArrayLike,
    capacity: float,
    bands: Bands,
) -> Shortfall:
    """Build the problem from travel times to the candidates.

    Parameters
    ----------
    times
        From every demand that would press on a candidate (neighbours too) to the candidates.
    decay
        Weight w of each time; the one of the measure that gave ``access``.
    standardised, access
        P* and A⁰ of each demand, shape (n,), in the order of the origins.
    capacity
        Consultations a year of one doctor, c.
    bands
        Thresholds and weights.

    Raises
    ------
    BadInput
        Arrays of another length, missing or negative; a capacity that is not above zero.
    """
    people, before = (
        np.ascontiguousarray(given, dtype=np.float64) for given in (standardised, access)
    )
    n = len(times.origins)
    problems = [
        Problem(f"{what} manque ou est négatif", allowed=f"{n} nombres, zéro ou plus")
        for what, values in (("la population standardisée", people), ("l’accessibilité", before))
        if values.shape != (n,) or not bool((np.isfinite(values) & (values >= 0)).all())
    ]
    if not (np.isfinite(capacity) and capacity > 0):
        problems.append(
            Problem(
                "l’activité d’un médecin doit être un nombre supérieur à 0", value=f"{capacity}"
            )
        )
    if problems:
        raise BadInput(problems)
    weight = parse_decay(decay).weights(times.minutes)
    owner = np.repeat(np.arange(n, dtype=np.int32), np.diff(times.indptr))
    kept = weight > 0
    site, row, weight = times.indices[kept], owner[kept], weight[kept]
    m = len(times.destinations)
    pressure = np.bincount(site, weights=people[row] * weight, minlength=m)
    order = np.argsort(site, kind="stable")
    site, row, weight = site[order], row[order], weight[order]
    used = pressure[site] > 0
    site, row, weight = site[used], row[used], weight[used]
    return Shortfall(
        np.concatenate(([0], np.cumsum(np.bincount(site, minlength=m), dtype=np.int64))),
        row.astype(np.int32),
        capacity * weight / pressure[site],
        before,
        people,
        bands,
        pressure.astype(np.float64),
    )


@njit(cache=True)
def _lack(access: float, thresholds: Any, increments: Any) -> float:
    total = 0.0
    for b in range(thresholds.size):
        if access < thresholds[b]:
            total += increments[b] * (thresholds[b] - access)
    return total


@njit(cache=True)
def _unit_gains(
    starts: Any, rows: Any, gain: Any, access: Any, people: Any, T: Any, lam: Any
) -> Any:
    gains = np.zeros(starts.size - 1)
    for j in range(gains.size):
        total = 0.0
        for pair in range(starts[j], starts[j + 1]):
            i = rows[pair]
            if access[i] < T[0]:
                total += people[i] * (
                    _lack(access[i], T, lam) - _lack(access[i] + gain[pair], T, lam)
                )
        gains[j] = total
    return gains


class _Settling(NamedTuple):
    """Candidates and demands both ways, and where things stand; the loops fill it in place."""

    starts: Any
    rows: Any
    gain: Any
    by_row: Any
    columns: Any
    row_gain: Any
    people: Any
    thresholds: Any
    increments: Any
    access: Any
    gains: Any
    counts: Any


@njit(cache=True)
def _settle(now: Any, j: int, sign: float) -> None:
    """Add a doctor at j, or take one away, and bring the gains of all candidates up to date."""
    T, lam = now.thresholds, now.increments
    now.counts[j] += int(sign)
    for pair in range(now.starts[j], now.starts[j + 1]):
        i = now.rows[pair]
        before = now.access[i]
        after = before + sign * now.gain[pair]
        now.access[i] = after
        if before >= T[0] and after >= T[0]:
            continue
        level = _lack(before, T, lam) - _lack(after, T, lam)
        for k in range(now.by_row[i], now.by_row[i + 1]):
            g = now.row_gain[k]
            now.gains[now.columns[k]] -= now.people[i] * (
                level - _lack(before + g, T, lam) + _lack(after + g, T, lam)
            )


@njit(cache=True)
def _fill(now: Any, at_most: Any, units: int) -> None:
    for _ in range(units):
        best = -1
        for j in range(now.counts.size):
            if now.counts[j] < at_most[j] and (best < 0 or now.gains[j] > now.gains[best]):
                best = j
        if best < 0:
            return
        _settle(now, best, 1.0)


@njit(cache=True)
def _improve(now: Any, at_least: Any, at_most: Any, passes: int) -> None:
    for _ in range(passes):
        moved = False
        for j in range(now.counts.size):
            if now.counts[j] <= at_least[j]:
                continue
            _settle(now, j, -1.0)
            best = j
            for other in range(now.counts.size):
                if now.counts[other] < at_most[other] and (
                    now.gains[other] > now.gains[best] * (1 + 1e-9)
                ):
                    best = other
            _settle(now, best, 1.0)
            moved = moved or best != j
        if not moved:
            return


@njit(cache=True)
def _exchange(now: Any, at_least: Any, at_most: Any, loss: Any, giving: Any) -> None:
    for j in range(now.counts.size):
        if now.counts[j] <= at_least[j]:
            continue
        _settle(now, j, -1.0)
        for other in range(now.counts.size):
            change = now.gains[j] - now.gains[other]
            if other != j and now.counts[other] < at_most[other] and change < loss[other]:
                loss[other] = change
                giving[other] = j
        _settle(now, j, 1.0)


def exchange_losses(
    problem: Shortfall,
    counts: NDArray[np.int64],
    *,
    at_least: NDArray[np.int64],
    at_most: NDArray[np.int64],
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Weigh the move of one doctor to each candidate, from the site where he is missed least.

    Returns
    -------
    tuple of arrays
        Rise of the shortfall, shape (m,), infinite where no move is allowed; and the site left.
    """
    loss = np.full(problem.sites, np.inf)
    giving = np.full(problem.sites, -1, dtype=np.int64)
    _exchange(_settling(problem, counts), at_least, at_most, loss, giving)
    return loss, giving


def _settling(problem: Shortfall, counts: NDArray[np.int64]) -> _Settling:
    """Say where things stand with these doctors, which are not changed."""
    order = np.argsort(problem.rows, kind="stable")
    owner = np.repeat(np.arange(problem.sites, dtype=np.int32), np.diff(problem.starts))
    met = np.bincount(problem.rows, minlength=problem.access.size)
    return _Settling(
        problem.starts, problem.rows, problem.gain,
        by_row=np.concatenate(([0], np.cumsum(met, dtype=np.int64))),
        columns=owner[order], row_gain=problem.gain[order], people=problem.people,
        thresholds=problem.bands.thresholds, increments=problem.bands.increments,
        access=problem.access_with(counts), gains=unit_gains(problem, counts),
        counts=counts.astype(np.int64),
    )  # fmt: skip


def unit_gains(problem: Shortfall, counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return what one more doctor at each candidate takes off the shortfall, shape (m,)."""
    gains: NDArray[np.float64] = _unit_gains(
        problem.starts, problem.rows, problem.gain, problem.access_with(counts), problem.people,
        problem.bands.thresholds, problem.bands.increments,
    )  # fmt: skip
    return gains


def greedy_units(
    problem: Shortfall,
    units: int,
    *,
    counts: NDArray[np.int64],
    at_most: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Settle doctors one by one where each takes most off the shortfall; ``counts`` is kept."""
    now = _settling(problem, counts)
    _fill(now, at_most, units)
    return np.asarray(now.counts)


def improve_units(
    problem: Shortfall,
    counts: NDArray[np.int64],
    *,
    at_least: NDArray[np.int64],
    at_most: NDArray[np.int64],
    passes: int = 20,
) -> NDArray[np.int64]:
    """Move doctors one at a time to where each brings most, until none moves."""
    now = _settling(problem, counts)
    _improve(now, at_least, at_most, passes)
    return np.asarray(now.counts)
