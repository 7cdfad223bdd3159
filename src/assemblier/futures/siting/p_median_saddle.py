"""Root bound of large p-medians: a primal–dual method on sites in parts and costs of service.

The relaxation is a saddle, min over sites in parts x of max over multipliers λ of
Σ λ_i + Σ_j x_j ρ_j(λ), with ρ_j = Σ_i min(0, c_ij − λ_i). Given x, each row is served by its
nearest parts until they make one site, so that its best λ, or the best one near a given λ, is read
from the sorted row; given λ, parts are clipped. Both sides move with an extrapolation (Hamedani &
Aybat 2021, 10.1137/18M1213488), each by its own scale, renewed as the parts gather on few sites
(Pock & Chambolle 2011, 10.1109/ICCV.2011.6126441). Any λ it stops at proves a bound, and any x a
ceiling on how high bounds of this kind can climb.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assemblier.compiled import njit
from assemblier.futures.siting.sorted_costs import OPEN, SortedCosts, reduced

__all__ = ["Saddle", "saddle_bound"]

# They change the time, never the validity of the bound. Tuned on 34,690 × 2,000, p = 50: uniform
# points, and the communes of France with as candidates the largest or some drawn at random.
_RESCALE, _LOOK, _LONGEST_MEAN, _SHORTER = 20, 10, 100, 0.5
_KEPT_SPREAD, _LEAST_COLUMN, _LEAST_ROW, _LEAST_SCALE = 0.3, 0.02, 0.3, 0.1


@dataclass(frozen=True, slots=True)
class Saddle:
    """Where the two sides stopped.

    Attributes
    ----------
    multipliers
        λ of the best bound, shape (n,).
    bound
        What they prove.
    parts
        Sites in parts, shape (m,), and ``ceiling`` the cost they allow: no multipliers of this
        relaxation prove more.
    rounds
        Steps made.
    """

    multipliers: NDArray[np.float64]
    bound: float
    parts: NDArray[np.float64]
    ceiling: float
    rounds: int


@njit(cache=True)
def _serve(indptr: Any, site: Any, cost: Any, beyond: Any, x: Any, lam: Any) -> float:
    """Serve rows from their nearest parts; leave the last cost paid in ``lam``; return the cost."""
    total = 0.0
    for row in range(indptr.size - 1):
        left = 1.0
        held = beyond[row]
        for pair in range(indptr[row], indptr[row + 1]):
            part = x[site[pair]]
            if part >= left:
                held = cost[pair]
                break
            total += part * cost[pair]
            left -= part
        total += left * held
        lam[row] = held
    return total


@njit(cache=True)
def _worth(indptr: Any, site: Any, cost: Any, lam: Any, rho: Any) -> float:
    """Fill ρ; return Σ λ."""
    rho[:] = 0.0
    total = 0.0
    for row in range(indptr.size - 1):
        held = lam[row]
        total += held
        for pair in range(indptr[row], indptr[row + 1]):
            c = cost[pair]
            if c >= held:
                break
            rho[site[pair]] += c - held
    return total


@njit(cache=True)
def _raise(
    indptr: Any, site: Any, cost: Any, beyond: Any, x: Any, lam: Any, pace: Any, rho: Any
) -> float:
    """Move each λ to its best at these parts less the square of the way over twice its pace."""
    rho[:] = 0.0
    total = 0.0
    for row in range(indptr.size - 1):
        start = indptr[row]
        end = indptr[row + 1]
        held = lam[row]
        left = 1.0
        last = end
        now = beyond[row]
        stopped = False
        for pair in range(start, end):
            c = cost[pair]
            aim = held + pace[row] * left
            if aim <= c:
                now = max(aim, cost[start])
                last = pair
                stopped = True
                break
            left -= x[site[pair]]
            if held + pace[row] * left <= c:
                now = c
                last = pair
                stopped = True
                break
        if not stopped and start < end:
            now = min(beyond[row], held + pace[row] * left)
        lam[row] = now
        total += now
        for pair in range(start, last):
            rho[site[pair]] += cost[pair] - now
    return total


@njit(cache=True)
def _clip(aim: Any, pace: Any, units: float, x: Any) -> None:
    """Bring parts into [0, 1] and their sum to ``units``, nearest by the scale of each."""
    low = np.inf
    high = -np.inf
    for j in range(aim.size):
        low = min(low, (aim[j] - 1.0) / pace[j])
        high = max(high, aim[j] / pace[j])
    for _half in range(60):
        price = 0.5 * (low + high)
        placed = 0.0
        for j in range(aim.size):
            placed += min(max(aim[j] - pace[j] * price, 0.0), 1.0)
        if placed > units:
            low = price
        else:
            high = price
    for j in range(aim.size):
        x[j] = min(max(aim[j] - pace[j] * high, 0.0), 1.0)


@njit(cache=True)
def _near(
    indptr: Any,
    site: Any,
    cost: Any,
    lam: Any,
    scale: Any,
    spread: Any,
    line: Any,
    column: Any,
) -> None:
    """Sum over the pairs under λ: the spread of parts by row, the scale of λ by site."""
    line[:] = 0.0
    column[:] = 0.0
    for row in range(indptr.size - 1):
        for pair in range(indptr[row], indptr[row + 1]):
            if cost[pair] > lam[row]:
                break
            line[row] += spread[site[pair]]
            column[site[pair]] += scale[row]


def saddle_bound(
    costs: SortedCosts,
    p: int,
    *,
    state: NDArray[np.int8],
    until: float,
    tolerance: float,
    enough: float = np.inf,
    start: Saddle | None = None,
    balance: float = 0.06,
    rounds: int = 2_000,
) -> Saddle:
    """Bound the p-median from below, by multipliers, and from what parts of sites reach.

    Parameters
    ----------
    costs
        Sorted costs.
    p
        Sites to open, with those already open.
    state
        0 free, 1 open, 2 closed, shape (m,); at least ``p`` free and open.
    until
        Time to stop at, of the performance counter.
    tolerance
        Stop when bound and ceiling are this close, relative to the ceiling.
    enough
        Stop at this bound.
    start
        Where an earlier climb, with fewer sites settled, stopped.
    balance
        How fast multipliers move beside parts; it changes the time alone.
    rounds
        Most steps.
    """
    every = bool((state == 0).all())
    here = costs if every else reduced(costs, state)
    free = np.flatnonzero(state == 0)
    units = p - int((state == OPEN).sum())
    site = here.site
    if not every:
        position = np.full(state.size, -1, dtype=np.int32)
        position[free] = np.arange(free.size, dtype=np.int32)
        site = position[site]
    rows = (here.indptr, site, here.cost)
    even = np.full(free.size, units / max(1, free.size))
    lam = np.empty(here.beyond.size)
    ceiling = float(_serve(*rows, here.beyond, even, lam))
    parts = (state == OPEN).astype(np.float64)
    if not 0 < units < free.size:  # nothing to choose: these multipliers prove their own cost
        parts[free] = even
        return Saddle(lam, ceiling, parts, ceiling, 0)
    x = even.copy()
    if start is not None:
        _clip(start.parts[free], even, float(units), x)
        lam = np.minimum(start.multipliers, here.beyond)
    best_lam, bound, best_x, ceiling, made = _meet(
        rows, here.beyond, units, x, lam, until, tolerance, enough, balance, rounds
    )
    parts[free] = best_x
    return Saddle(best_lam, bound, parts, ceiling, made)


def _meet(
    rows: tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float64]],
    beyond: NDArray[np.float64],
    units: int,
    x: NDArray[np.float64],
    lam: NDArray[np.float64],
    until: float,
    tolerance: float,
    enough: float,
    balance: float,
    most: int,
) -> tuple[NDArray[np.float64], float, NDArray[np.float64], float, int]:
    """Move both sides until bound and ceiling meet; return the best of each and the steps made."""
    even = np.full(x.size, units / x.size)
    ahead, new = x.copy(), np.empty(x.size)
    rho, spare = np.empty(x.size), np.empty(lam.size)
    sum_lam, sum_x, held = np.zeros(lam.size), np.zeros(x.size), 0
    lam = lam.copy()
    best_lam, bound = lam.copy(), _bound(_worth(*rows, lam, rho), rho, units)
    best_x, ceiling = x.copy(), float(_serve(*rows, beyond, x, spare))
    scale = _scale(rows, beyond, lam)
    spread = (1 - _KEPT_SPREAD) * x + _KEPT_SPREAD * even
    lam_pace, x_pace = _paces(rows, lam, scale, spread, balance)
    apart = np.inf
    made = 0
    while made < most and bound < enough and time.perf_counter() < until:
        made += 1
        total = _raise(*rows, beyond, ahead, lam, lam_pace, rho)
        proved = _bound(total, rho, units)
        if proved > bound:
            bound, best_lam = proved, lam.copy()
        _clip(x - x_pace * rho, x_pace, float(units), new)
        ahead = 2.0 * new - x
        x[:] = new
        sum_lam += lam
        sum_x += x
        held += 1
        if made % _LOOK == 0:
            mean_lam, mean_x = sum_lam / held, sum_x / held
            proved = _bound(_worth(*rows, mean_lam, rho), rho, units)
            if proved > bound:
                bound, best_lam = proved, mean_lam
            reached = float(_serve(*rows, beyond, mean_x, spare))
            if reached < ceiling:
                ceiling, best_x = reached, mean_x
            if ceiling - bound <= tolerance * abs(ceiling):
                break
            if reached - proved < _SHORTER * apart or held >= _LONGEST_MEAN:
                if reached - proved < apart:  # start again from the mean, which is better
                    lam, x, ahead = mean_lam.copy(), mean_x.copy(), mean_x.copy()
                    apart = reached - proved
                sum_lam[:], sum_x[:], held = 0.0, 0.0, 0
        if made % _RESCALE == 0:
            spread = (1 - _KEPT_SPREAD) * x + _KEPT_SPREAD * even
            lam_pace, x_pace = _paces(
                rows, lam, np.maximum(lam, _LEAST_SCALE * scale), spread, balance
            )
    return best_lam, bound, best_x, ceiling, made


def _bound(total: float, rho: NDArray[np.float64], units: int) -> float:
    return float(total + np.partition(rho, units - 1)[:units].sum())


def _scale(
    rows: tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float64]],
    beyond: NDArray[np.float64],
    lam: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the size of each multiplier; where it is zero, of the next cost it could move to."""
    indptr, _, cost = rows
    owner = np.repeat(np.arange(lam.size), np.diff(indptr))
    following = beyond.copy()
    above = cost > 0
    np.minimum.at(following, owner[above], cost[above])
    return np.where(lam > 0, lam, following)


def _paces(
    rows: tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float64]],
    lam: NDArray[np.float64],
    scale: NDArray[np.float64],
    spread: NDArray[np.float64],
    balance: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Set the pace of each side by what it meets on the other, from sites spread as given."""
    line, column = np.empty(lam.size), np.empty(spread.size)
    _near(*rows, lam, scale, spread, line, column)
    floor = max(_LEAST_COLUMN * float(column.mean()), np.finfo(np.float64).tiny)
    return (
        balance * scale / np.maximum(line, _LEAST_ROW),
        spread / (balance * np.maximum(column, floor)),
    )
