"""Multipliers of the shortfall by a primal–dual method, where the programme is too large.

The relaxation is a saddle: doctors in parts x against shares z ∈ [0, 1] of what each band is worth.
Both sides only need products with the gains and a clipping, with a step of its own for each column
and each band (Chambolle & Pock 2011, 10.1007/s10851-010-0251-1; Pock & Chambolle 2011,
10.1109/ICCV.2011.6126441). Whatever z it stops at proves a bound.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assemblier.compiled import njit
from assemblier.futures.siting.shortfall import Shortfall, unit_gains
from assemblier.futures.siting.shortfall_bound import Priced, price

__all__ = ["descend"]

# They change the time, never the validity of the bound.
_RANKS, _STEPS, _CHECKS, _BALANCE, _WORTHLESS = 4, 60, 40, 0.3, 0.8
_SIFTED = (0, 1, 3, 6)


@njit(cache=True)
def _scales(starts: Any, rows: Any, gain: Any, need: Any, full: Any, room: Any, ranks: int) -> Any:
    m = starts.size - 1
    column = np.zeros((m, ranks))
    line = np.zeros(need.shape)
    for j in range(m):
        for t in range(min(ranks, room[j])):
            for pair in range(starts[j], starts[j + 1]):
                i = rows[pair]
                for b in range(need.shape[1]):
                    left = need[i, b] - t * gain[pair]
                    if left <= 0.0:
                        break
                    part = full[i, b] * min(gain[pair], left)
                    column[j, t] += part
                    line[i, b] += part
    return column, line


@njit(cache=True)
def _steps(
    starts: Any,
    rows: Any,
    gain: Any,
    need: Any,
    full: Any,
    most: Any,
    column: Any,
    line: Any,
    x: Any,
    z: Any,
    units: float,
    count: int,
    balance: float,
    mean: Any,
) -> None:
    """Move x and z; leave in ``mean`` the mean of z over these steps."""
    m, ranks = x.shape
    n, bands = need.shape
    moved = np.zeros((m, ranks))
    push = np.zeros((n, bands))
    mean[:] = 0.0
    price_now = 0.0
    for _ in range(count):
        high = 0.0
        for j in range(m):
            for t in range(ranks):
                if most[j, t] <= 0.0 or column[j, t] <= 0.0:
                    break
                total = 0.0
                for pair in range(starts[j], starts[j + 1]):
                    i = rows[pair]
                    for b in range(bands):
                        left = need[i, b] - t * gain[pair]
                        if left <= 0.0:
                            break
                        total += z[i, b] * full[i, b] * min(gain[pair], left)
                moved[j, t] = x[j, t] + balance * total / column[j, t]
                high = max(high, moved[j, t] * column[j, t] / balance)
        # the price of a doctor for which no more than the number asked are placed
        low = 0.0
        for _half in range(50):
            price_now = 0.5 * (low + high)
            placed = 0.0
            for j in range(m):
                for t in range(ranks):
                    if most[j, t] <= 0.0 or column[j, t] <= 0.0:
                        break
                    held = moved[j, t] - balance * price_now / column[j, t]
                    placed += min(max(held, 0.0), most[j, t])
            if placed > units:
                low = price_now
            else:
                high = price_now
            if high - low < 1e-7 * high:
                break
        push[:] = 0.0
        for j in range(m):
            for t in range(ranks):
                if most[j, t] <= 0.0 or column[j, t] <= 0.0:
                    break
                now = min(max(moved[j, t] - balance * high / column[j, t], 0.0), most[j, t])
                ahead = 2.0 * now - x[j, t]
                x[j, t] = now
                if ahead == 0.0:
                    continue
                for pair in range(starts[j], starts[j + 1]):
                    i = rows[pair]
                    for b in range(bands):
                        left = need[i, b] - t * gain[pair]
                        if left <= 0.0:
                            break
                        push[i, b] += ahead * min(gain[pair], left)
        for i in range(n):
            for b in range(bands):
                if need[i, b] <= 0.0:
                    break
                if line[i, b] <= 0.0:
                    z[i, b] = 1.0
                else:
                    step = full[i, b] * (push[i, b] - need[i, b]) / (balance * line[i, b])
                    z[i, b] = min(max(z[i, b] - step, 0.0), 1.0)
                mean[i, b] += z[i, b] / count


def descend(
    problem: Shortfall,
    units: int,
    room: NDArray[np.int64],
    *,
    best: Priced,
    counts: NDArray[np.int64],
    target: float,
    until: float,
) -> tuple[Priced, NDArray[np.float64]]:
    """Improve multipliers until a time or a bound; return what they prove, and doctors in parts.

    Parameters
    ----------
    problem, units, room
        As in :func:`..shortfall_bound.price`.
    best
        Multipliers known.
    counts
        Doctors of the best answer known, shape (m,).
    target
        Bound that is enough.
    until
        Time to stop at, of the performance counter.
    """
    full = problem.people[:, None] * problem.bands.increments[None, :]
    need = problem.needs
    rank = np.arange(_RANKS)
    most = np.where(rank < _RANKS - 1, room[:, None] > rank, np.maximum(0, room[:, None] - rank))
    most = most.astype(np.float64)
    x = np.clip(counts[:, None] - rank[None, :], 0, most).astype(np.float64)
    z = np.divide(best.multipliers, full, out=np.ones_like(full), where=full > 0)
    mean = np.empty_like(z)
    parts = x.sum(axis=1)
    # a doctor who brings too little even to people nobody else serves is left out of the search
    worth = price(problem, units, room, full).worth[:, 0]
    floor = float(unit_gains(problem, counts).max())
    for turn in range(_CHECKS):
        if time.perf_counter() > until or best.bound >= target:
            break
        if turn in _SIFTED:
            sifted = _sift(problem, (worth > _WORTHLESS * floor) | (x.sum(axis=1) > 0))
            column, line = _scales(
                sifted.starts, sifted.rows, sifted.gain, need, full, room, _RANKS
            )
        _steps(
            sifted.starts, sifted.rows, sifted.gain, need, full, most, column, line, x, z,
            float(units), _STEPS, _BALANCE, mean,
        )  # fmt: skip
        last, average = (price(problem, units, room, shares * full) for shares in (z, mean))
        now = average if average.bound > last.bound else last
        worth, floor = now.worth[:, 0], now.last
        if now.bound > best.bound:
            best, parts = now, x.sum(axis=1)
    return best, parts


def _sift(problem: Shortfall, kept: NDArray[np.bool_]) -> Shortfall:
    owner = np.repeat(np.arange(problem.sites), np.diff(problem.starts))
    useful = kept[owner]
    size = np.bincount(owner[useful], minlength=problem.sites)
    return replace(
        problem,
        starts=np.concatenate(([0], np.cumsum(size, dtype=np.int64))),
        rows=problem.rows[useful],
        gain=problem.gain[useful],
    )
