"""Lagrangean bound of the p-median, with sites settled on the way.

Relaxing Σ_j y_ij = 1 by λ_i leaves ρ_j = Σ_i min(0, c_ij − λ_i) and the bound
Σ λ_i + the p smallest ρ_j (Cornuéjols, Fisher & Nemhauser 1977, 10.1287/mnsc.23.8.789). Rows are
sorted, so a row is read only while c_ij < λ_i. Multipliers climb by a deflected subgradient
(Camerini, Fratta & Maffioli 1975, 10.1007/BFb0120697). A site whose ρ is so far from the p-th that
the bound with the other choice passes the best value known is settled for good (Beasley 1993,
10.1016/0377-2217(93)90036-E).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assemblier.compiled import njit
from assemblier.futures.siting.sorted_costs import CLOSED, OPEN, SortedCosts, reduced

__all__ = ["Ascent", "ascend", "lagrangean_bound", "settled"]

# Tuned on uniform planes of 1,000 × 200; they change the time, never the validity of the bound.
_DEFLECTION, _SHRINK, _STILL, _SMALLEST = 0.3, 0.6, 12, 2e-4
_MEMORY = 0.05


@dataclass(frozen=True, slots=True)
class Ascent:
    """Where the multipliers have climbed to.

    Attributes
    ----------
    bound
        Best bound, over the demands of the rows given.
    multipliers
        λ that gives it, shape (n,).
    state
        0 free, 1 open, 2 closed, shape (m,), with what was settled on the way.
    chosen
        How often each site was taken lately, in [0, 1]: an estimate of the relaxed optimum.
    best, best_open
        Lowest cost met on the way and its sites (infinite when none was looked at).
    iterations
        Steps made.
    """

    bound: float
    multipliers: NDArray[np.float64]
    state: NDArray[np.int8]
    chosen: NDArray[np.float64]
    best: float
    best_open: NDArray[np.bool_]
    iterations: int


@njit(cache=True)
def _ascend(
    indptr: Any,
    site: Any,
    cost: Any,
    beyond: Any,
    state: Any,
    p: int,
    lam: Any,
    cutoff: float,
    aim: float,
    iterations: int,
    theta: float,
    chosen: Any,
    exact: Any,
    best_open: Any,
) -> Any:
    rows = indptr.size - 1
    m = state.size
    rho = np.empty(m)
    free = np.empty(m, dtype=np.int64)
    taken = np.zeros(m, dtype=np.bool_)
    direction = np.zeros(rows)
    best_lam = lam.copy()
    bound = -np.inf
    best = np.inf
    still = 0
    made = 0
    for step in range(iterations):
        made = step + 1
        rho[:] = 0.0
        base = 0.0
        for row in range(rows):
            held = lam[row]
            base += held
            for pair in range(indptr[row], indptr[row + 1]):
                c = cost[pair]
                if c >= held:
                    break
                rho[site[pair]] += c - held
        opened = 0
        count = 0
        value = base
        taken[:] = False
        for j in range(m):
            if state[j] == 0:
                free[count] = j
                count += 1
            elif state[j] == OPEN:
                opened += 1
                taken[j] = True
                value += rho[j]
        left = p - opened
        if left < 0 or left > count:
            bound = np.inf  # what was settled cannot be met together
            break
        order = np.argsort(rho[free[:count]])
        for at in range(min(left, count)):
            j = free[order[at]]
            taken[j] = True
            value += rho[j]
        if value > bound:
            bound = value
            best_lam[:] = lam
            still = 0
        else:
            still += 1
        if bound > cutoff:
            break
        # settle what cannot be otherwise in a better answer
        if 0 < left < count:
            last = rho[free[order[left - 1]]]
            following = rho[free[order[left]]]
            settled = 0
            for at in range(count):
                j = free[order[at]]
                if at < left:
                    if value + following - rho[j] > cutoff:
                        state[j] = OPEN
                        settled += 1
                elif value + rho[j] - last > cutoff:
                    state[j] = CLOSED
                    settled += 1
            if settled == count:
                break
        else:
            for at in range(count):
                state[free[at]] = CLOSED if left == 0 else OPEN
            break
        for j in range(m):
            chosen[j] += 0.05 * ((1.0 if taken[j] else 0.0) - chosen[j])
        # the subgradient, and the cost of the sites taken
        squares = 0.0
        total = 0.0
        lost = False
        for row in range(rows):
            held = lam[row]
            slack = 1.0
            paid = -1.0
            for pair in range(indptr[row], indptr[row + 1]):
                c = cost[pair]
                if c >= held and paid >= 0.0:
                    break
                if taken[site[pair]]:
                    if paid < 0.0:
                        paid = c
                    if c < held:
                        slack -= 1.0
            if paid < 0.0:
                paid = beyond[row]
                lost = lost or paid > 0.0
            total += paid
            if slack > 0.0 and held >= beyond[row]:
                slack = 0.0
            move = slack + 0.3 * direction[row]
            direction[row] = move
            squares += move * move
        if (exact or not lost) and total < best:
            best = total
            best_open[:] = taken
        if squares <= 1e-12:
            break
        if still >= 12:
            still = 0
            theta *= 0.6
            lam[:] = best_lam
            direction[:] = 0.0
            if theta < 2e-4:
                break
            continue
        stride = theta * max(aim - value, 1e-6 * abs(aim)) / squares
        for row in range(rows):
            now = lam[row] + stride * direction[row]
            now = min(now, beyond[row])
            if indptr[row] < indptr[row + 1]:
                floor = cost[indptr[row]]
                now = max(now, floor)
            else:
                now = beyond[row]
            lam[row] = now
    return bound, best_lam, best, made


def ascend(
    costs: SortedCosts,
    p: int,
    *,
    state: NDArray[np.int8],
    multipliers: NDArray[np.float64],
    cutoff: float,
    aim: float,
    iterations: int,
    theta: float,
    chosen: NDArray[np.float64],
) -> Ascent:
    """Climb from given multipliers; inputs are not changed.

    Parameters
    ----------
    costs
        Sorted costs.
    p
        Sites to open, with those already open.
    state
        0 free, 1 open, 2 closed, shape (m,).
    multipliers
        Start, shape (n,).
    cutoff
        A bound above it ends the matter: nothing better is left.
    aim
        Best value known, for the length of steps.
    iterations, theta
        Most steps, and the first factor on the length of a step.
    chosen
        Estimate so far, shape (m,).
    """
    now = state.copy()
    estimate = chosen.copy()
    best_open = np.zeros(state.size, dtype=np.bool_)
    bound, best_lam, best, made = _ascend(
        costs.indptr, costs.site, costs.cost, costs.beyond, now, p, multipliers.copy(), cutoff,
        aim, iterations, theta, estimate, costs.exact, best_open,
    )  # fmt: skip
    return Ascent(float(bound), best_lam, now, estimate, float(best), best_open, int(made))


def lagrangean_bound(
    costs: SortedCosts,
    p: int,
    multipliers: NDArray[np.float64],
    *,
    locked: NDArray[np.bool_] | None = None,
    allowed: NDArray[np.bool_] | None = None,
) -> float:
    """Recompute the bound from its multipliers alone, in plain NumPy.

    Multipliers are first brought under ``beyond``: over it, sites that are not stored would count.

    Parameters
    ----------
    costs
        Sorted costs.
    p
        Sites open in all, those locked with them.
    multipliers
        λ, shape (n,).
    locked, allowed
        Sites that must be open, and those that may be.
    """
    lam = np.minimum(multipliers, costs.beyond)
    rows = np.repeat(np.arange(lam.size), np.diff(costs.indptr))
    rho = np.bincount(
        costs.site, weights=np.minimum(costs.cost - lam[rows], 0.0), minlength=costs.sites
    )
    locked = np.zeros(costs.sites, np.bool_) if locked is None else locked
    free = ~locked if allowed is None else allowed & ~locked
    left = p - int(locked.sum())
    return float(lam.sum() + rho[locked].sum() + np.sort(rho[free])[:left].sum())


def settled(
    costs: SortedCosts,
    p: int,
    *,
    state: NDArray[np.int8],
    multipliers: NDArray[np.float64],
    cutoff: float,
) -> tuple[NDArray[np.int8], float]:
    """Settle the sites whose other choice the multipliers prove to pass a cutoff.

    Parameters
    ----------
    costs
        Sorted costs.
    p
        Sites open in all.
    state
        0 free, 1 open, 2 closed, shape (m,); not changed.
    multipliers
        λ, shape (n,).
    cutoff
        A bound above it leaves nothing better.

    Returns
    -------
    tuple
        The state with what is settled, and the bound of the multipliers at the state given.
    """
    rows = reduced(costs, state)
    lam = np.minimum(multipliers, rows.beyond)
    owner = np.repeat(np.arange(lam.size), np.diff(rows.indptr))
    worth = np.minimum(rows.cost - lam[owner], 0.0)
    rho = np.bincount(rows.site, weights=worth, minlength=costs.sites)
    free = np.flatnonzero(state == 0)
    left = p - int((state == OPEN).sum())
    now = state.copy()
    if not 0 < left < free.size:
        now[free] = CLOSED if left == 0 else OPEN
        return now, float(lam.sum() + (rho[free].sum() if left else 0.0))
    order = free[np.argsort(rho[free], kind="stable")]
    bound = float(lam.sum() + rho[order[:left]].sum())
    last, following = rho[order[left - 1]], rho[order[left]]
    now[order[:left][bound + following - rho[order[:left]] > cutoff]] = OPEN
    now[order[left:][bound + rho[order[left:]] - last > cutoff]] = CLOSED
    return now, bound
