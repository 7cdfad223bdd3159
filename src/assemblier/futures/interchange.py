"""Interchange for location problems: open greedily, swap while it pays, then shake and swap again.

All swaps are weighed together from the sorted rows, each read up to its second open site; after a
swap only the rows whose two nearest open sites changed are weighed again (Whitaker 1983,
10.1080/03155986.1983.11731889; Resende & Werneck 2007, 10.1007/s10479-006-0154-0). Shakes exchange
a few sites around one demand (Hansen & Mladenović 1997, 10.1016/S0966-8349(98)00030-8).
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assemblier.compiled import njit
from assemblier.futures.sorted_costs import SortedCosts

__all__ = ["greedy_opening", "interchange", "shaken", "swap_losses"]

# They change the time and the answer's quality, never a bound.
_LARGEST_SHAKE, _AROUND, _SLACK, _ROUND = 5, 4, 1.0, 100


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
def _count_row(
    row: int,
    sign: float,
    indptr: Any,
    site: Any,
    cost: Any,
    beyond: Any,
    slot: Any,
    two: Any,
    gain: Any,
    loss: Any,
    extra: Any,
) -> Any:
    """Count a row in what opening, closing and both at once change; return what it pays."""
    start = indptr[row]
    length = indptr[row + 1] - start
    first, second, nearest = beyond[row], beyond[row], -1
    if two[row, 0] < length:
        first = cost[start + two[row, 0]]
        nearest = slot[site[start + two[row, 0]]]
        loss_end = two[row, 1]
        if loss_end < length:
            second = cost[start + loss_end]
        loss[nearest] += sign * (second - first)
    for pair in range(start, start + min(two[row, 1], length)):
        c = cost[pair]
        j = site[pair]
        if c < first:
            gain[j] += sign * (first - c)
            if nearest >= 0:
                extra[nearest, j] += sign * (second - first)
        elif nearest >= 0 and c < second:
            extra[nearest, j] += sign * (second - c)
    return sign * first


@njit(cache=True)
def _find_two(row: int, indptr: Any, site: Any, slot: Any, two: Any) -> None:
    """Find the places of the two nearest open sites of a row; its length where there is none."""
    start = indptr[row]
    length = indptr[row + 1] - start
    met = 0
    two[row, 0] = length
    two[row, 1] = length
    for place in range(length):
        if slot[site[start + place]] >= 0:
            two[row, met] = place
            met += 1
            if met == 2:
                break


@njit(cache=True)
def _weigh(
    indptr: Any,
    site: Any,
    cost: Any,
    beyond: Any,
    slot: Any,
    two: Any,
    gain: Any,
    loss: Any,
    extra: Any,
) -> float:
    """Weigh every row; return the cost now."""
    gain[:] = 0.0
    loss[:] = 0.0
    extra[:, :] = 0.0
    total = 0.0
    for row in range(indptr.size - 1):
        _find_two(row, indptr, site, slot, two)
        total += _count_row(row, 1.0, indptr, site, cost, beyond, slot, two, gain, loss, extra)
    return total


@njit(cache=True)
def _exchange(
    out: int,
    into: int,
    indptr: Any,
    site: Any,
    cost: Any,
    beyond: Any,
    starts: Any,
    rows: Any,
    places: Any,
    held: Any,
    slot: Any,
    two: Any,
    gain: Any,
    loss: Any,
    extra: Any,
    touched: Any,
    marked: Any,
) -> float:
    """Let site ``into`` take slot ``out``; return the change of cost."""
    leaving = held[out]
    count = 0
    for at in range(starts[leaving], starts[leaving + 1]):
        if places[at] <= two[rows[at], 1]:
            touched[count] = rows[at]
            marked[rows[at]] = True
            count += 1
    for at in range(starts[into], starts[into + 1]):
        if places[at] < two[rows[at], 1] and not marked[rows[at]]:
            touched[count] = rows[at]
            marked[rows[at]] = True
            count += 1
    change = 0.0
    for at in range(count):
        row = touched[at]
        change += _count_row(row, -1.0, indptr, site, cost, beyond, slot, two, gain, loss, extra)
    # every row that was nearest to it has been taken off: what is left is rounding
    loss[out] = 0.0
    extra[out, :] = 0.0
    slot[leaving] = -1
    slot[into] = out
    held[out] = into
    for at in range(count):
        row = touched[at]
        marked[row] = False
        _find_two(row, indptr, site, slot, two)
        change += _count_row(row, 1.0, indptr, site, cost, beyond, slot, two, gain, loss, extra)
    return change


@njit(cache=True)
def _descend(
    indptr: Any,
    site: Any,
    cost: Any,
    beyond: Any,
    starts: Any,
    rows: Any,
    places: Any,
    held: Any,
    slot: Any,
    two: Any,
    gain: Any,
    loss: Any,
    extra: Any,
    touched: Any,
    marked: Any,
    fixed: Any,
    enterable: Any,
    total: float,
    most: int,
) -> float:
    """Make the best of all swaps while it pays; return the cost reached."""
    for _ in range(most):
        best = 1e-10 * abs(total)
        into = -1
        out = -1
        for r in range(held.size):
            if fixed[r]:
                continue
            for j in enterable:
                change = gain[j] - loss[r] + extra[r, j]
                if change > best and slot[j] < 0:
                    best = change
                    into = j
                    out = r
        if into < 0:
            break
        total += _exchange(
            out, into, indptr, site, cost, beyond, starts, rows, places, held, slot, two, gain,
            loss, extra, touched, marked,
        )  # fmt: skip
    return total


@njit(cache=True)
def _go_back(
    to: Any,
    indptr: Any,
    site: Any,
    cost: Any,
    beyond: Any,
    starts: Any,
    rows: Any,
    places: Any,
    held: Any,
    slot: Any,
    two: Any,
    gain: Any,
    loss: Any,
    extra: Any,
    touched: Any,
    marked: Any,
) -> float:
    """Open the sites ``to`` again, in the slots of those that are not among them."""
    change = 0.0
    wanted = np.zeros(slot.size, dtype=np.bool_)
    for j in to:
        wanted[j] = True
    for r in range(held.size):
        if wanted[held[r]]:
            continue
        for j in to:
            if slot[j] < 0:
                change += _exchange(
                    r, j, indptr, site, cost, beyond, starts, rows, places, held, slot, two, gain,
                    loss, extra, touched, marked,
                )  # fmt: skip
                break
    return change


@njit(cache=True)
def _shake(
    indptr: Any,
    site: Any,
    cost: Any,
    beyond: Any,
    starts: Any,
    rows: Any,
    places: Any,
    held: Any,
    slot: Any,
    two: Any,
    gain: Any,
    loss: Any,
    extra: Any,
    touched: Any,
    marked: Any,
    fixed: Any,
    enterable: Any,
    total: float,
    draws: Any,
    sizes: int,
    around: int,
    slack: float,
) -> float:
    """Shake and descend once for each row of draws; leave the best sites and return their cost."""
    sites = slot.size
    allowed = np.zeros(sites, dtype=np.bool_)
    for j in enterable:
        allowed[j] = True
    best_held = held.copy()
    base_held = held.copy()
    best = total
    base = total
    usual = 0.0
    entered = np.full(sites, -1, dtype=np.int64)
    near = np.empty(sites, dtype=np.int64)
    for trial in range(draws.shape[0]):
        row = int(draws[trial, 0] * (indptr.size - 1))
        size = 1 + int(draws[trial, 1] * sizes)
        moved = 0
        for at in range(size):
            # the open site nearest to the demand leaves, a closed one about as near enters
            leaving = -1
            reached = 0
            closed = 0
            for pair in range(indptr[row], indptr[row + 1]):
                j = site[pair]
                if slot[j] < 0:
                    if allowed[j]:
                        near[closed] = j
                        closed += 1
                    continue
                if reached == around:
                    break
                reached += 1
                if leaving < 0 and not fixed[slot[j]] and entered[j] != trial:
                    leaving = slot[j]
            if leaving >= 0 and closed > 0:
                into = near[int(draws[trial, 3 + 3 * at] * closed)]
                entered[into] = trial
                total += _exchange(
                    leaving, into, indptr, site, cost, beyond, starts, rows, places, held, slot,
                    two, gain, loss, extra, touched, marked,
                )  # fmt: skip
                moved += 1
            # go on from another demand of a site near this one
            if closed == 0:
                break
            by = near[int(draws[trial, 4 + 3 * at] * closed)]
            reach = starts[by + 1] - starts[by]
            row = rows[starts[by] + int(draws[trial, 5 + 3 * at] * reach)]
        if moved == 0:
            continue
        total = _descend(
            indptr, site, cost, beyond, starts, rows, places, held, slot, two, gain, loss, extra,
            touched, marked, fixed, enterable, total, 10_000,
        )  # fmt: skip
        if total < best - 1e-10 * abs(best):
            best = total
            best_held[:] = held
        rise = total - base
        if rise > 0:
            usual = rise if usual == 0.0 else usual + 0.1 * (rise - usual)
        if rise <= draws[trial, 2] * slack * usual:
            base = total
            base_held[:] = held  # as good, or little worse: walk on from there
        else:
            total += _go_back(
                base_held, indptr, site, cost, beyond, starts, rows, places, held, slot, two, gain,
                loss, extra, touched, marked,
            )  # fmt: skip
    total += _go_back(
        best_held, indptr, site, cost, beyond, starts, rows, places, held, slot, two, gain, loss,
        extra, touched, marked,
    )  # fmt: skip
    return best


class _Swaps:
    """Open sites, and what every swap would change."""

    def __init__(
        self,
        costs: SortedCosts,
        is_open: NDArray[np.bool_],
        *,
        locked: NDArray[np.bool_],
        allowed: NDArray[np.bool_],
    ) -> None:
        held = np.flatnonzero(is_open)
        slot = np.full(is_open.size, -1, dtype=np.int64)
        slot[held] = np.arange(held.size)
        n = costs.beyond.size
        self.held, self.slot = held, slot
        self.gain, self.loss = np.empty(is_open.size), np.empty(held.size)
        self.extra = np.empty((held.size, is_open.size))
        rows = (costs.indptr, costs.site, costs.cost, costs.beyond)
        two = np.empty((n, 2), dtype=np.int32)
        self.total = float(_weigh(*rows, slot, two, self.gain, self.loss, self.extra))
        self.shared = (
            *rows, *_by_site(costs.indptr, costs.site, is_open.size), held, slot, two, self.gain,
            self.loss, self.extra, np.empty(n, dtype=np.int64), np.zeros(n, dtype=np.bool_),
            locked[held], np.flatnonzero(allowed),
        )  # fmt: skip

    @property
    def is_open(self) -> NDArray[np.bool_]:
        return np.asarray(self.slot >= 0)


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
    swaps = _Swaps(costs, is_open, locked=locked, allowed=allowed)
    _descend(*swaps.shared, swaps.total, most)
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
    swaps = _Swaps(costs, is_open, locked=locked, allowed=allowed)
    total = _descend(*swaps.shared, swaps.total, 10_000)
    if not swaps.held.size or swaps.shared[-2].all():
        return swaps.is_open
    draw = np.random.default_rng(seed)
    still = 0
    while still < patience and total > enough and time.perf_counter() < until:
        before = total
        draws = draw.random((_ROUND, 3 + 3 * _LARGEST_SHAKE))
        total = _shake(*swaps.shared, total, draws, _LARGEST_SHAKE, _AROUND, _SLACK)
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
    swaps = _Swaps(costs, is_open, locked=none, allowed=none)
    change = swaps.loss[:, None] - swaps.gain[None, :] - swaps.extra
    change[:, swaps.held] = swaps.loss[:, None]
    return swaps.held, change
