"""A floor under the shortfall that any placement of doctors leaves, from multipliers alone.

What doctors take off a band of a demand is at most what is missing there, and at most what they
bring. Pricing the second limit at y_ib ∈ [0, P*_i λ_b] gives, for any y,

    reduction ≤ Σ_ib (P*_i λ_b − y_ib)·need_ib + Σ of the k largest Γ_jt,
    Γ_jt = Σ_ib y_ib · min(g_ij, max(0, need_ib − (t − 1) g_ij)) ,

where the t-th doctor of one site is credited only with what his t − 1 colleagues there leave
missing: valid since doctors are whole, and much tighter than crediting each with g_ij. The y are
improved by a scaled, deflected subgradient.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assemblier.compiled import njit
from assemblier.futures.shortfall import Shortfall

__all__ = ["Priced", "price", "shortfall_bound"]


@dataclass(frozen=True, slots=True)
class Priced:
    """Multipliers and what they prove.

    Attributes
    ----------
    multipliers
        y, shape (n, bands).
    bound
        Floor under the weighted shortfall.
    worth
        Γ of each candidate and rank of doctor there, shape (m, ranks).
    last, following
        The k-th and (k + 1)-th largest Γ.
    """

    multipliers: NDArray[np.float64]
    bound: float
    worth: NDArray[np.float64]
    last: float
    following: float


@njit(cache=True)
def _worth(
    starts: Any, rows: Any, gain: Any, need: Any, y: Any, room: Any, ranks: int, floor: float
) -> Any:
    """Γ by candidate and rank; a rank is not looked at once the one before is under the floor."""
    m = starts.size - 1
    bands = need.shape[1]
    worth = np.zeros((m, ranks))
    for j in range(m):
        for t in range(min(ranks, room[j])):
            total = 0.0
            for pair in range(starts[j], starts[j + 1]):
                i = rows[pair]
                g = gain[pair]
                for b in range(bands):
                    left = need[i, b] - t * g
                    if left <= 0.0:
                        break
                    total += y[i, b] * min(g, left)
            worth[j, t] = total
            if total <= floor:
                break
    return worth


@njit(cache=True)
def _price(
    starts: Any, rows: Any, gain: Any, need: Any, full: Any, y: Any, room: Any, units: int,
    ranks: int, target: float, iterations: int, theta: float, average: Any,
) -> Any:
    """Lower the ceiling on the reduction; return the best ceiling and its multipliers."""
    n, bands = need.shape
    m = starts.size - 1
    best_y = y.copy()
    direction = np.zeros((n, bands))
    cover = np.zeros((n, bands))
    taken = np.zeros(m, dtype=np.int64)
    ceiling = np.inf
    still = 0
    floor = 0.0
    for _ in range(iterations):
        base = 0.0
        for i in range(n):
            for b in range(bands):
                base += (full[i, b] - y[i, b]) * need[i, b]
        worth = _worth(starts, rows, gain, need, y, room, ranks, floor)
        flat = worth.ravel()
        count = min(units, flat.size)
        edge = np.partition(flat, flat.size - count)[flat.size - count]
        value = base
        got = 0
        taken[:] = 0
        for j in range(m):
            for t in range(ranks):
                if worth[j, t] > edge:
                    value += worth[j, t]
                    taken[j] += 1
                    got += 1
        for j in range(m):
            for t in range(taken[j], ranks):
                if got < count and worth[j, t] == edge:
                    value += edge
                    taken[j] += 1
                    got += 1
        # the last rank stands for all the doctors that follow it
        for j in range(m):
            if room[j] > ranks and worth[j, ranks - 1] > edge:
                more = min(room[j], units) - ranks
                value += more * (worth[j, ranks - 1] - edge)
        floor = 0.5 * edge
        if value < ceiling:
            ceiling = value
            best_y[:] = y
            still = 0
        else:
            still += 1
        for j in range(m):
            average[j] += 0.05 * (taken[j] - average[j])
        cover[:] = 0.0
        for j in range(m):
            if taken[j] == 0:
                continue
            for pair in range(starts[j], starts[j + 1]):
                i = rows[pair]
                for b in range(bands):
                    if need[i, b] <= 0.0:
                        break
                    cover[i, b] += min(need[i, b], taken[j] * gain[pair])
        squares = 0.0
        for i in range(n):
            for b in range(bands):
                if need[i, b] <= 0.0:
                    break
                slack = 1.0 - cover[i, b] / need[i, b]
                if slack > 0.0 and y[i, b] >= full[i, b]:
                    slack = 0.0
                if slack < 0.0 and y[i, b] <= 0.0:
                    slack = 0.0
                move = slack + 0.3 * direction[i, b]
                direction[i, b] = move
                squares += move * move * full[i, b] * need[i, b]
        if squares <= 1e-12:
            break
        if still >= 10:
            still = 0
            theta *= 0.6
            y[:] = best_y
            direction[:] = 0.0
            if theta < 1e-3:
                break
            continue
        stride = theta * max(value - target, 1e-6 * value) / squares
        for i in range(n):
            for b in range(bands):
                if need[i, b] <= 0.0:
                    break
                now = y[i, b] + stride * direction[i, b] * full[i, b]
                y[i, b] = min(max(now, 0.0), full[i, b])
    return ceiling, best_y


def price(
    problem: Shortfall,
    units: int,
    room: NDArray[np.int64],
    *,
    value: float,
    counts: NDArray[np.int64],
    ranks: int = 6,
    iterations: int = 300,
    theta: float = 1.0,
    multipliers: NDArray[np.float64] | None = None,
) -> tuple[Priced, NDArray[np.float64]]:
    """Improve multipliers from those of a good answer; return them and how often each site is taken.

    Parameters
    ----------
    problem
        With doctors already decided in ``access``.
    units, room
        Doctors to place, and most at each candidate, shape (m,).
    value, counts
        Best answer known.
    ranks
        Doctors of one site told apart.
    iterations, theta
        Most steps and first factor of the length of a step.
    multipliers
        Start; those of the answer without it.
    """
    full = problem.people[:, None] * problem.bands.increments[None, :]
    need = problem.needs
    if multipliers is None:
        access = problem.access_with(counts)
        # bands that the answer fills are worth less than those it leaves open
        multipliers = np.where(
            access[:, None] < problem.bands.thresholds[None, :], full, 0.5 * full
        )
    average = counts.astype(np.float64)
    before = problem.value()
    _, y = _price(
        problem.starts, problem.rows, problem.gain, need, full, multipliers.copy(), room, units,
        ranks, before - value, iterations, theta, average,
    )  # fmt: skip
    return _proved(problem, units, room, y, ranks), average


def _proved(
    problem: Shortfall, units: int, room: NDArray[np.int64], y: NDArray[np.float64], ranks: int
) -> Priced:
    need = problem.needs
    full = problem.people[:, None] * problem.bands.increments[None, :]
    worth = _worth(problem.starts, problem.rows, problem.gain, need, y, room, ranks, -1.0)
    most = np.minimum(room, units)
    repeats = np.where(
        np.arange(ranks) < ranks - 1, most[:, None] > np.arange(ranks), 0
    )
    repeats[:, ranks - 1] = np.maximum(0, most - (ranks - 1))
    flat = worth.ravel()
    order = np.argsort(-flat, kind="stable")
    taken = np.cumsum(repeats.ravel()[order])
    part = np.diff(np.minimum(taken, units), prepend=0)
    reduction = float(((full - y) * need).sum() + part @ flat[order])
    at = int(np.searchsorted(taken, units))
    after = int(np.searchsorted(taken, units + 1))
    last = float(flat[order[at]]) if at < order.size else 0.0
    following = float(flat[order[after]]) if after < order.size else 0.0
    return Priced(y, problem.value() - reduction, worth, last, following)


def shortfall_bound(
    problem: Shortfall, units: int, room: NDArray[np.int64], multipliers: NDArray[np.float64]
) -> float:
    """Recompute the floor from its multipliers in plain NumPy, rank by rank.

    Parameters
    ----------
    problem, units, room
        As in :func:`price`.
    multipliers
        y, shape (n, bands), brought into [0, P*λ] first.
    """
    full = problem.people[:, None] * problem.bands.increments[None, :]
    y = np.clip(multipliers, 0.0, full)
    need = problem.needs
    owner = np.repeat(np.arange(problem.sites), np.diff(problem.starts))
    best: list[NDArray[np.float64]] = []
    rank = 0
    most = np.minimum(room, units)
    while rank < int(most.max(initial=0)):
        left = np.maximum(0.0, need[problem.rows] - rank * problem.gain[:, None])
        credited = np.minimum(problem.gain[:, None], left)
        worth = np.bincount(
            owner, weights=(y[problem.rows] * credited).sum(axis=1), minlength=problem.sites
        )
        best.append(worth[most > rank])
        rank += 1
        if not (worth > 0).any():
            break
    largest = np.sort(np.concatenate(best))[::-1][:units] if best else np.zeros(0)
    reduction = ((full - y) * need).sum() + largest.sum()
    return float(problem.value() - reduction)
