"""Interchange for location problems: open greedily, swap while it pays, then shake and swap again.

All swaps are weighed together from the sorted rows, each read up to its second open site; after a
swap only the rows whose two nearest open sites changed are weighed again (Whitaker 1983,
10.1080/03155986.1983.11731889; Resende & Werneck 2007, 10.1007/s10479-006-0154-0). Shakes exchange
a few sites around one demand (Hansen & Mladenović 1997, 10.1016/S0966-8349(98)00030-8).
"""

from __future__ import annotations

import time
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from assemblier.compiled import njit
from assemblier.futures.siting.sorted_costs import SortedCosts

__all__ = ["greedy_opening", "interchange", "shaken", "swap_losses"]

# They change the time and the answer's quality, never a bound.
_LARGEST_SHAKE, _AROUND, _SLACK, _ROUND = 5, 4, 1.0, 100


class _Swaps(NamedTuple):
    """Rows, open sites, and what every swap would change; the compiled loops fill it in place.

    ``starts``, ``rows`` and ``places`` list the rows of each site; ``held`` the site of each slot
    and ``slot`` the slot of each site (−1 when closed); ``two`` the places of the two nearest open
    sites of each row; ``gain``, ``loss`` and ``extra`` what opening, closing and both at once
    change; ``fixed`` the slots that stay, ``enterable`` the sites that may open.
    """

    indptr: Any
    site: Any
    cost: Any
    beyond: Any
    starts: Any
    rows: Any
    places: Any
    held: Any
    slot: Any
    two: Any
    gain: Any
    loss: Any
    extra: Any
    touched: Any
    marked: Any
    fixed: Any
    enterable: Any

    @property
    def is_open(self) -> NDArray[np.bool_]:
        return np.asarray(self.slot >= 0)


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
def _by_site(indptr: Any, site: Any, sites: int) -> Any:
    """List the rows and places in rows of each site."""
    starts = np.zeros(sites + 1, dtype=np.int64)
    for pair in range(site.size):
        starts[site[pair] + 1] += 1
    for j in range(sites):
        starts[j + 1] += starts[j]
    at = starts[:-1].copy()
    rows = np.empty(site.size, dtype=np.int32)
    places = np.empty(site.size, dtype=np.int32)
    for row in range(indptr.size - 1):
        for pair in range(indptr[row], indptr[row + 1]):
            j = site[pair]
            rows[at[j]] = row
            places[at[j]] = pair - indptr[row]
            at[j] += 1
    return starts, rows, places


@njit(cache=True)
def _count_row(now: Any, row: int, sign: float) -> Any:
    """Count a row in what opening, closing and both at once change; return what it pays."""
    start = now.indptr[row]
    length = now.indptr[row + 1] - start
    first, second, nearest = now.beyond[row], now.beyond[row], -1
    if now.two[row, 0] < length:
        first = now.cost[start + now.two[row, 0]]
        nearest = now.slot[now.site[start + now.two[row, 0]]]
        loss_end = now.two[row, 1]
        if loss_end < length:
            second = now.cost[start + loss_end]
        now.loss[nearest] += sign * (second - first)
    for pair in range(start, start + min(now.two[row, 1], length)):
        c = now.cost[pair]
        j = now.site[pair]
        if c < first:
            now.gain[j] += sign * (first - c)
            if nearest >= 0:
                now.extra[nearest, j] += sign * (second - first)
        elif nearest >= 0 and c < second:
            now.extra[nearest, j] += sign * (second - c)
    return sign * first


@njit(cache=True)
def _find_two(now: Any, row: int) -> None:
    """Find the places of the two nearest open sites of a row; its length where there is none."""
    start = now.indptr[row]
    length = now.indptr[row + 1] - start
    met = 0
    now.two[row, 0] = length
    now.two[row, 1] = length
    for place in range(length):
        if now.slot[now.site[start + place]] >= 0:
            now.two[row, met] = place
            met += 1
            if met == 2:
                break


@njit(cache=True)
def _weigh(now: Any) -> float:
    """Weigh every row; return the cost now."""
    now.gain[:] = 0.0
    now.loss[:] = 0.0
    now.extra[:, :] = 0.0
    total = 0.0
    for row in range(now.indptr.size - 1):
        _find_two(now, row)
        total += _count_row(now, row, 1.0)
    return total


@njit(cache=True)
def _exchange(now: Any, out: int, into: int) -> float:
    """Let site ``into`` take slot ``out``; return the change of cost."""
    leaving = now.held[out]
    count = 0
    for at in range(now.starts[leaving], now.starts[leaving + 1]):
        if now.places[at] <= now.two[now.rows[at], 1]:
            now.touched[count] = now.rows[at]
            now.marked[now.rows[at]] = True
            count += 1
    for at in range(now.starts[into], now.starts[into + 1]):
        if now.places[at] < now.two[now.rows[at], 1] and not now.marked[now.rows[at]]:
            now.touched[count] = now.rows[at]
            now.marked[now.rows[at]] = True
            count += 1
    change = 0.0
    for at in range(count):
        row = now.touched[at]
        change += _count_row(now, row, -1.0)
    # every row that was nearest to it has been taken off: what is left is rounding
    now.loss[out] = 0.0
    now.extra[out, :] = 0.0
    now.slot[leaving] = -1
    now.slot[into] = out
    now.held[out] = into
    for at in range(count):
        row = now.touched[at]
        now.marked[row] = False
        _find_two(now, row)
        change += _count_row(now, row, 1.0)
    return change


@njit(cache=True)
def _descend(now: Any, total: float, most: int) -> float:
    """Make the best of all swaps while it pays; return the cost reached."""
    for _ in range(most):
        best = 1e-10 * abs(total)
        into = -1
        out = -1
        for r in range(now.held.size):
            if now.fixed[r]:
                continue
            for j in now.enterable:
                change = now.gain[j] - now.loss[r] + now.extra[r, j]
                if change > best and now.slot[j] < 0:
                    best = change
                    into = j
                    out = r
        if into < 0:
            break
        total += _exchange(now, out, into)
    return total


@njit(cache=True)
def _go_back(now: Any, to: Any) -> float:
    """Open the sites ``to`` again, in the slots of those that are not among them."""
    change = 0.0
    wanted = np.zeros(now.slot.size, dtype=np.bool_)
    for j in to:
        wanted[j] = True
    for r in range(now.held.size):
        if wanted[now.held[r]]:
            continue
        for j in to:
            if now.slot[j] < 0:
                change += _exchange(now, r, j)
                break
    return change


@njit(cache=True)
def _shake(now: Any, total: float, draws: Any, sizes: int, around: int, slack: float) -> float:
    """Shake and descend once for each row of draws; leave the best sites and return their cost."""
    sites = now.slot.size
    allowed = np.zeros(sites, dtype=np.bool_)
    for j in now.enterable:
        allowed[j] = True
    best_held = now.held.copy()
    base_held = now.held.copy()
    best = total
    base = total
    usual = 0.0
    entered = np.full(sites, -1, dtype=np.int64)
    near = np.empty(sites, dtype=np.int64)
    for trial in range(draws.shape[0]):
        row = int(draws[trial, 0] * (now.indptr.size - 1))
        size = 1 + int(draws[trial, 1] * sizes)
        moved = 0
        for at in range(size):
            # the open site nearest to the demand leaves, a closed one about as near enters
            leaving = -1
            reached = 0
            closed = 0
            for pair in range(now.indptr[row], now.indptr[row + 1]):
                j = now.site[pair]
                if now.slot[j] < 0:
                    if allowed[j]:
                        near[closed] = j
                        closed += 1
                    continue
                if reached == around:
                    break
                reached += 1
                if leaving < 0 and not now.fixed[now.slot[j]] and entered[j] != trial:
                    leaving = now.slot[j]
            if leaving >= 0 and closed > 0:
                into = near[int(draws[trial, 3 + 3 * at] * closed)]
                entered[into] = trial
                total += _exchange(now, leaving, into)
                moved += 1
            # go on from another demand of a site near this one
            if closed == 0:
                break
            by = near[int(draws[trial, 4 + 3 * at] * closed)]
            reach = now.starts[by + 1] - now.starts[by]
            row = now.rows[now.starts[by] + int(draws[trial, 5 + 3 * at] * reach)]
        if moved == 0:
            continue
        total = _descend(now, total, 10_000)
        if total < best - 1e-10 * abs(best):
            best = total
            best_held[:] = now.held
        rise = total - base
        if rise > 0:
            usual = rise if usual == 0.0 else usual + 0.1 * (rise - usual)
        if rise <= draws[trial, 2] * slack * usual:
            base = total
            base_held[:] = now.held  # as good, or little worse: walk on from there
        else:
            total += _go_back(now, base_held)
    total += _go_back(now, best_held)
    return best


def _swaps(
    costs: SortedCosts,
    is_open: NDArray[np.bool_],
    *,
    locked: NDArray[np.bool_],
    allowed: NDArray[np.bool_],
) -> tuple[_Swaps, float]:
    """Weigh every swap of the open sites; return them with the cost now."""
    n, m, held = costs.beyond.size, is_open.size, np.flatnonzero(is_open)
    slot = np.full(m, -1, dtype=np.int64)
    slot[held] = np.arange(held.size)
    starts, rows, places = _by_site(costs.indptr, costs.site, m)
    swaps = _Swaps(
        costs.indptr, costs.site, costs.cost, costs.beyond, starts, rows, places, held, slot,
        two=np.empty((n, 2), dtype=np.int32), gain=np.empty(m), loss=np.empty(held.size),
        extra=np.empty((held.size, m)), touched=np.empty(n, dtype=np.int64),
        marked=np.zeros(n, dtype=np.bool_), fixed=locked[held], enterable=np.flatnonzero(allowed),
    )  # fmt: skip
    return swaps, float(_weigh(swaps))


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
    swaps, total = _swaps(costs, is_open, locked=locked, allowed=allowed)
    _descend(swaps, total, most)
    return swaps.is_open


def shaken(
    costs: SortedCosts,
    is_open: NDArray[np.bool_],
    *,
    locked: NDArray[np.bool_],
    allowed: NDArray[np.bool_],
    until: float,
    enough: float = -np.inf,
    patience: int = 400,
    seed: int = 0,
) -> NDArray[np.bool_]:
    """Exchange a few sites around one demand drawn at random, swap while it pays, keep the best.

    Parameters
    ----------
    costs, is_open, locked, allowed
        As in :func:`interchange`.
    until
        Time to stop at, of the performance counter.
    enough
        Cost at which to stop.
    patience
        Stop after about this many shakes without a better answer; if time allows, the answer does
        not depend on the machine.
    seed
        Of the draws.
    """
    swaps, total = _swaps(costs, is_open, locked=locked, allowed=allowed)
    total = _descend(swaps, total, 10_000)
    if not swaps.held.size or swaps.fixed.all():
        return swaps.is_open
    draw = np.random.default_rng(seed)
    still = 0
    while still < patience and total > enough and time.perf_counter() < until:
        before = total
        draws = draw.random((_ROUND, 3 + 3 * _LARGEST_SHAKE))
        total = _shake(swaps, total, draws, _LARGEST_SHAKE, _AROUND, _SLACK)
        still = still + _ROUND if total >= before else 0
    return swaps.is_open


def swap_losses(
    costs: SortedCosts, is_open: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return open sites and the rise of cost of every swap, shape (open, m).

    Entry (r, j) is the exact change of cost when open site r gives way to site j; columns of sites
    that are already open hold what closing r alone costs.
    """
    none = np.zeros(is_open.size, dtype=np.bool_)
    swaps, _ = _swaps(costs, is_open, locked=none, allowed=none)
    change = swaps.loss[:, None] - swaps.gain[None, :] - swaps.extra
    change[:, swaps.held] = swaps.loss[:, None]
    return swaps.held, change
