"""Interchange for location problems: open greedily, then swap while it pays.

All swaps are weighed in one pass over the sorted rows, reading each row up to its second open site
(Whitaker 1983, 10.1080/03155986.1983.11731889; Resende & Werneck 2007, 10.1007/s10479-006-0154-0).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from assemblier.compiled import njit
from assemblier.futures.sorted_costs import SortedCosts

__all__ = ["greedy_opening", "interchange", "swap_losses"]


@njit(cache=True)
def _greedy(
    indptr: Any, site: Any, cost: Any, beyond: Any, is_open: Any, allowed: Any, p: int
) -> Any:
    rows = indptr.size - 1
    paid = beyond.copy()
    opened = 0
    for j in range(is_open.size):
        if is_open[j]:
            opened += 1
    for row in range(rows):
        for pair in range(indptr[row], indptr[row + 1]):
            if cost[pair] >= paid[row]:
                break
            if is_open[site[pair]]:
                paid[row] = cost[pair]
                break
    gain = np.empty(is_open.size)
    while opened < p:
        gain[:] = 0.0
        for row in range(rows):
            for pair in range(indptr[row], indptr[row + 1]):
                if cost[pair] >= paid[row]:
                    break
                gain[site[pair]] += paid[row] - cost[pair]
        best = -1
        for j in range(is_open.size):
            if allowed[j] and not is_open[j] and (best < 0 or gain[j] > gain[best]):
                best = j
        if best < 0:
            break
        is_open[best] = True
        opened += 1
        for row in range(rows):
            for pair in range(indptr[row], indptr[row + 1]):
                if cost[pair] >= paid[row]:
                    break
                if site[pair] == best:
                    paid[row] = cost[pair]
                    break


@njit(cache=True)
def _weigh(
    indptr: Any,
    site: Any,
    cost: Any,
    beyond: Any,
    is_open: Any,
    slot: Any,
    gain: Any,
    loss: Any,
    extra: Any,
) -> float:
    """Fill what opening, closing and both at once change; return the cost now."""
    gain[:] = 0.0
    loss[:] = 0.0
    extra[:, :] = 0.0
    total = 0.0
    for row in range(indptr.size - 1):
        first = beyond[row]
        second = beyond[row]
        nearest = -1
        end = indptr[row + 1]
        for pair in range(indptr[row], indptr[row + 1]):
            if is_open[site[pair]]:
                if nearest < 0:
                    nearest = slot[site[pair]]
                    first = cost[pair]
                else:
                    second = cost[pair]
                    end = pair
                    break
        total += first
        if nearest >= 0:
            loss[nearest] += second - first
        for pair in range(indptr[row], end):
            c = cost[pair]
            j = site[pair]
            if c < first:
                gain[j] += first - c
                if nearest >= 0:
                    extra[nearest, j] += second - first
            elif nearest >= 0 and c < second:
                extra[nearest, j] += second - c
    return total


@njit(cache=True)
def _swap(
    indptr: Any,
    site: Any,
    cost: Any,
    beyond: Any,
    is_open: Any,
    locked: Any,
    allowed: Any,
    most: int,
) -> float:
    m = is_open.size
    p = 0
    for j in range(m):
        if is_open[j]:
            p += 1
    slot = np.full(m, -1, dtype=np.int64)
    held = np.empty(p, dtype=np.int64)
    at = 0
    for j in range(m):
        if is_open[j]:
            slot[j] = at
            held[at] = j
            at += 1
    gain = np.empty(m)
    loss = np.empty(p)
    extra = np.empty((p, m))
    total = _weigh(indptr, site, cost, beyond, is_open, slot, gain, loss, extra)
    for _ in range(most):
        best = 0.0
        into = -1
        out = -1
        for j in range(m):
            if is_open[j] or not allowed[j]:
                continue
            for r in range(p):
                if locked[held[r]]:
                    continue
                change = gain[j] - loss[r] + extra[r, j]
                if change > best:
                    best = change
                    into = j
                    out = r
        if into < 0 or best <= 1e-12 * abs(total):
            break
        is_open[held[out]] = False
        slot[held[out]] = -1
        is_open[into] = True
        slot[into] = out
        held[out] = into
        now = _weigh(indptr, site, cost, beyond, is_open, slot, gain, loss, extra)
        if now >= total:
            break
        total = now
    return float(total)


def greedy_opening(
    costs: SortedCosts, p: int, *, opened: NDArray[np.bool_], allowed: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Open the site that saves most, until p are open; ``opened`` is kept and not changed."""
    is_open = opened.copy()
    _greedy(costs.indptr, costs.site, costs.cost, costs.beyond, is_open, allowed, p)
    return is_open


def interchange(
    costs: SortedCosts,
    is_open: NDArray[np.bool_],
    *,
    locked: NDArray[np.bool_],
    allowed: NDArray[np.bool_],
    most: int = 10_000,
) -> NDArray[np.bool_]:
    """Swap an open site for a closed one, the best of all swaps each time, while it pays.

    Parameters
    ----------
    costs
        Sorted costs.
    is_open
        Start, shape (m,); not changed.
    locked
        Sites that stay open.
    allowed
        Sites that may be opened.
    most
        Largest number of swaps.
    """
    now = is_open.copy()
    _swap(costs.indptr, costs.site, costs.cost, costs.beyond, now, locked, allowed, most)
    return now


def swap_losses(
    costs: SortedCosts, is_open: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return open sites and the rise of cost of every swap, shape (open, m).

    Entry (r, j) is the exact change of cost when open site r gives way to site j; rows of sites
    that are already open hold what closing r alone costs.
    """
    held = np.flatnonzero(is_open)
    slot = np.full(is_open.size, -1, dtype=np.int64)
    slot[held] = np.arange(held.size)
    gain, loss = np.empty(is_open.size), np.empty(held.size)
    extra = np.empty((held.size, is_open.size))
    _weigh(costs.indptr, costs.site, costs.cost, costs.beyond, is_open, slot, gain, loss, extra)
    change = loss[:, None] - gain[None, :] - extra
    change[:, held] = loss[:, None]
    return held, change
