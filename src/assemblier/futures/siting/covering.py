"""Maximal covering with proof: where p sites put most people within reach.

It is a p-median whose cost is zero for who is covered and the weight of the demand for who is not
(Church & ReVelle 1974, 10.1007/BF01942293), so that the same bound, fixing and tree serve. Where a
short tree does not finish, HiGHS takes the reduced problem, with demands of like sites put
together.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from assemblier.errors import BadInput, Problem
from assemblier.futures.siting.alternatives import exchanges
from assemblier.futures.siting.answer import Siting, open_mask
from assemblier.futures.siting.interchange import greedy_opening, shaken
from assemblier.futures.siting.mixed_integer import Programme
from assemblier.futures.siting.p_median import check_sites
from assemblier.futures.siting.p_median_bound import lagrangean_bound
from assemblier.futures.siting.p_median_root import Search, climb_wide_root, first_search
from assemblier.futures.siting.p_median_tree import split
from assemblier.futures.siting.sorted_costs import CLOSED, OPEN, SortedCosts, serving_cost
from assemblier.language import plural
from assemblier.measures.times import TravelTimes

__all__ = ["covering_pairs", "maximal_covering"]

# They change the time, not the answer.
_TREE_SECONDS = 0.3
_SHAKING_SHARE, _PATIENCE, _BALANCE = 0.1, 1_000, 0.2


def covering_pairs(
    covered: ArrayLike | TravelTimes, weight: ArrayLike, *, minutes: float | None = None
) -> SortedCosts:
    """Write who covers whom as costs: zero when covered, the weight of the demand when not.

    Parameters
    ----------
    covered
        Shape (n, m), true where the site covers the demand; or travel times, with ``minutes``.
    weight
        People of each demand, shape (n,).
    minutes
        Largest time that counts as covered, inclusive.

    Raises
    ------
    BadInput
        Weights missing or negative, of another length; times without ``minutes``.
    """
    units = np.ascontiguousarray(weight, dtype=np.float64)
    if isinstance(covered, TravelTimes):
        if minutes is None:
            raise BadInput(Problem("la durée qui compte comme couverte n’est pas dite"))
        near = covered.within(minutes)
        indptr, site, sites = near.indptr, near.indices, len(covered.destinations)
    else:
        matrix = np.asarray(covered, dtype=np.bool_)
        indptr = np.concatenate(([0], np.cumsum(matrix.sum(axis=1), dtype=np.int64)))
        site, sites = np.nonzero(matrix)[1].astype(np.int32), matrix.shape[1]
    if units.shape != (indptr.size - 1,) or not bool((np.isfinite(units) & (units >= 0)).all()):
        raise BadInput(
            Problem(
                "le poids de chaque demande manque ou est négatif",
                allowed=f"{indptr.size - 1} nombres, zéro ou plus",
            )
        )
    counts = np.where(units > 0, np.diff(indptr), 0)
    kept = np.repeat(units > 0, np.diff(indptr))
    return SortedCosts(
        np.concatenate(([0], np.cumsum(counts, dtype=np.int64))),
        np.ascontiguousarray(site[kept], dtype=np.int32),
        np.zeros(int(kept.sum())),
        units,
        sites,
        exact=True,
    )


def _by_highs(search: Search, rows: SortedCosts, state: NDArray[np.int8], seconds: float) -> float:
    """Let HiGHS finish the reduced problem; return its bound and offer its sites."""
    free = np.flatnonzero(state == 0)
    opened = int((state == OPEN).sum())
    # demands that the same free sites cover are one demand
    draw = np.random.default_rng(0).integers(1, 2**62, rows.sites, dtype=np.uint64)
    owner = np.repeat(np.arange(rows.beyond.size), np.diff(rows.indptr))
    key = np.zeros(rows.beyond.size, dtype=np.uint64)
    np.add.at(key, owner, draw[rows.site])
    concerned = np.flatnonzero((np.diff(rows.indptr) > 0) & (rows.beyond > 0))
    _, first, group = np.unique(key[concerned], return_index=True, return_inverse=True)
    weight = np.bincount(group, weights=rows.beyond[concerned])
    column = np.full(rows.sites, -1, dtype=np.int64)
    programme = Programme()
    column[free] = programme.add_columns(free.size, upper=1.0, whole=True)
    missed = programme.add_columns(weight.size, cost=weight, upper=1.0)
    lines = programme.add_rows(weight.size, lower=1.0)
    programme.add_entries(lines, missed, 1.0)
    for line, demand in zip(lines, concerned[first], strict=True):
        sites = rows.site[rows.indptr[demand] : rows.indptr[demand + 1]]
        programme.add_entries(line, column[sites], 1.0)
    programme.add_row(column[free], 1.0, lower=search.p - opened, upper=search.p - opened)
    constant = float(rows.beyond.sum() - weight.sum())
    start = None
    if bool((search.is_open[state == OPEN]).all() and not search.is_open[state == CLOSED].any()):
        start = np.zeros(programme.columns)
        start[column[free]] = search.is_open[free]
        hit = np.zeros(weight.size, dtype=np.bool_)
        inside = np.flatnonzero(search.is_open[rows.site])
        place = np.full(rows.beyond.size, -1, dtype=np.int64)
        place[concerned] = group
        hit[place[owner[inside]][place[owner[inside]] >= 0]] = True
        start[missed] = ~hit
    solved = programme.solve(seconds=seconds, start=start, gap=search.gap)
    if solved.x is not None:
        is_open = state == OPEN
        is_open[free] = solved.x[column[free]] > 0.5
        search.offer(is_open, improve=False)
    return constant + solved.bound


def maximal_covering(
    covered: ArrayLike | TravelTimes,
    p: int,
    *,
    weight: ArrayLike,
    minutes: float | None = None,
    existing: Sequence[int] = (),
    forbidden: Sequence[int] = (),
    gap: float = 0.0,
    seconds: float = 60.0,
    margin: float = 0.0,
) -> Siting:
    """Choose p sites so that most people are covered.

    Parameters
    ----------
    covered, weight, minutes
        As in :func:`covering_pairs`.
    p
        Sites open in all, existing ones with them.
    existing, forbidden
        Positions of sites that stay open, and of sites that may not be.
    gap, seconds
        Stop at this gap relative to the people not covered, or after this long.
    margin
        Return exchanges of one site that lose no more than this share of the gain.

    Returns
    -------
    Siting
        ``value`` and ``bound`` are people covered, the bound a ceiling; ``multipliers`` give by
        :func:`..p_median_bound.lagrangean_bound` the people not covered at the least, so that
        ``relaxation_bound`` is the total less that.
    """
    begun = time.perf_counter()
    until = begun + seconds
    costs = covering_pairs(covered, weight, minutes=minutes)
    locked = open_mask(existing, costs.sites, "conservé")
    allowed = ~open_mask(forbidden, costs.sites, "interdit")
    check_sites(p, locked, ~allowed)
    search, state = first_search(costs, p, locked=locked, allowed=allowed, gap=gap)
    search.offer(
        shaken(
            costs, search.is_open, locked=locked, allowed=allowed,
            until=begun + _SHAKING_SHARE * seconds, patience=_PATIENCE,
        ),
        improve=False,
    )  # fmt: skip
    root, rows, told = climb_wide_root(search, state, until, balance=_BALANCE)
    missed, method = root.bound, "relaxation lagrangienne"
    free = int((root.state == 0).sum())
    if missed <= search.cutoff and free:
        stop = min(until, time.perf_counter() + _TREE_SECONDS)
        missed, nodes = split(search, rows, root, stop)
        method = f"relaxation lagrangienne et arborescence, {nodes} {plural(nodes, 'nœud')}"
        if missed <= search.cutoff and (left := until - time.perf_counter()) > 0:
            missed = max(missed, _by_highs(search, rows, root.state, left))
            method = f"relaxation lagrangienne, puis HiGHS sur {free} sites"
    if missed > search.cutoff or not free:
        missed = search.value if not gap else min(max(missed, search.cutoff), search.value)
    alone = lagrangean_bound(costs, p, told, locked=locked, allowed=allowed)
    missed = min(max(missed, alone), search.value)
    total = float(costs.beyond.sum())
    value = total - search.value
    baseline = total - serving_cost(costs, locked)[0]
    held = np.flatnonzero(search.is_open)
    marginal = float("nan")
    if (allowed & ~search.is_open).any():
        more = greedy_opening(costs, p + 1, opened=search.is_open, allowed=allowed)
        marginal = search.value - serving_cost(costs, more)[0]
    return Siting(
        objective="coverage",
        sense="max",
        sites=held,
        counts=np.ones(held.size, dtype=np.int64),
        value=value,
        bound=total - missed,
        baseline=baseline,
        proved=bool(search.value - missed <= 1e-9 * max(1.0, total)),
        seconds=time.perf_counter() - begun,
        marginal=marginal,
        multipliers=told,
        relaxation_bound=total - alone,
        alternatives=exchanges(
            costs, search.is_open, value, value - baseline, margin, locked=locked,
            allowed=allowed, sign=-1.0,
        ),
        out_of_reach=int(((np.diff(costs.indptr) == 0) & (costs.beyond > 0)).sum()),
        method=method,
    )  # fmt: skip
