"""A floor under the shortfall that any placement of doctors leaves, from multipliers alone.

What doctors take off a band of a demand is at most what is missing there, and at most what they
bring. Pricing the second limit at y_ib ∈ [0, P*_i λ_b] gives, for any y,

    reduction ≤ Σ_ib (P*_i λ_b − y_ib)·need_ib + Σ of the k largest Γ_jt,
    Γ_jt = Σ_ib y_ib · min(g_ij, max(0, need_ib − (t − 1) g_ij)) ,

where the t-th doctor of one site is credited only with what his t − 1 colleagues there leave
missing: valid since doctors are whole, and much tighter than crediting each with g_ij. The best y
are the duals of the linear relaxation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assemblier.compiled import njit
from assemblier.futures.siting.shortfall import Shortfall

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
def _worth(starts: Any, rows: Any, gain: Any, need: Any, y: Any, room: Any, ranks: int) -> Any:
    """Γ by candidate and rank."""
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
            if total <= 0.0:
                break
    return worth


def price(
    problem: Shortfall,
    units: int,
    room: NDArray[np.int64],
    multipliers: NDArray[np.float64],
    *,
    ranks: int = 6,
) -> Priced:
    """Say what multipliers prove, and what each doctor is worth at them.

    Parameters
    ----------
    problem
        With doctors already decided in ``access``.
    units, room
        Doctors to place, and most at each candidate, shape (m,).
    multipliers
        y, shape (n, bands), in [0, P*λ].
    ranks
        Doctors of one site told apart; the last rank stands for all that follow, which only
        loosens the bound.
    """
    y = multipliers
    need = problem.needs
    full = problem.people[:, None] * problem.bands.increments[None, :]
    worth = _worth(problem.starts, problem.rows, problem.gain, need, y, room, ranks)
    most = np.minimum(room, units)
    repeats = np.where(np.arange(ranks) < ranks - 1, most[:, None] > np.arange(ranks), 0)
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
    useful = need[problem.rows, 0] > 0
    owner = np.repeat(np.arange(problem.sites), np.diff(problem.starts))[useful]
    rows, gain = problem.rows[useful], problem.gain[useful]
    most = np.minimum(room, units)
    largest: NDArray[np.float64] = np.zeros(units)
    for rank in range(int(most.max(initial=0))):
        left = np.maximum(0.0, need[rows] - rank * gain[:, None])
        credited = (y[rows] * np.minimum(gain[:, None], left)).sum(axis=1)
        worth = np.bincount(owner, weights=credited, minlength=problem.sites)
        worth = worth * (most > rank)
        largest = np.sort(np.concatenate((largest, worth)))[::-1][:units].astype(np.float64)
        # a further doctor is never worth more than the one before him
        going = worth[owner] > largest[-1]
        owner, rows, gain = owner[going], rows[going], gain[going]
        if not owner.size:
            break
    reduction = ((full - y) * need).sum() + largest.sum()
    return float(problem.value() - reduction)
