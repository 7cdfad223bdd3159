"""The tree of a p-median: what the root leaves open is split, best bound first.

Each half starts from the multipliers of its parent; the site to split on is chosen by probing a
few (strong branching).
"""

from __future__ import annotations

import heapq
import itertools
import time

import numpy as np
from numpy.typing import NDArray

from assemblier.futures.siting.p_median_bound import Ascent, ascend
from assemblier.futures.siting.p_median_root import Search, finished
from assemblier.futures.siting.sorted_costs import CLOSED, OPEN, SortedCosts, reduced

__all__ = ["split"]

# Efforts, tuned on uniform planes; they change the time, not the answer.
_NODE_STEPS, _NODE_THETA, _CANDIDATES_TO_SPLIT, _PROBE_STEPS = 60, 0.15, 6, 12


def split(search: Search, root_rows: SortedCosts, root: Ascent, until: float) -> tuple[float, int]:
    """Split, best bound first; return the bound reached and the number of nodes."""
    ticket = itertools.count()
    heap: list[tuple[float, int, NDArray[np.int8], NDArray[np.float64], NDArray[np.float64]]] = [
        (root.bound, next(ticket), root.state, root.multipliers, root.chosen)
    ]
    nodes = 1
    while heap:
        bound, _, state, lam, chosen = heapq.heappop(heap)
        if bound > search.cutoff:
            return bound, nodes
        if time.perf_counter() > until:
            return bound, nodes
        rows = reduced(root_rows, state)
        place = _to_split(search, rows, state, lam, chosen)
        for choice in (OPEN, CLOSED):
            half = state.copy()
            half[place] = choice
            part = reduced(rows, half)
            node = ascend(
                part, search.p, state=half, multipliers=np.minimum(lam, part.beyond),
                cutoff=search.cutoff, aim=search.value, iterations=_NODE_STEPS,
                theta=_NODE_THETA, chosen=chosen,
            )  # fmt: skip
            nodes += 1
            search.offer(node.best_open, improve=False)
            if finished(search, node):
                continue
            heapq.heappush(
                heap,
                (max(node.bound, bound), next(ticket), node.state, node.multipliers, node.chosen),
            )
    return float("inf"), nodes


def _to_split(
    search: Search,
    rows: SortedCosts,
    state: NDArray[np.int8],
    lam: NDArray[np.float64],
    chosen: NDArray[np.float64],
) -> int:
    """Choose the site whose two halves both raise the bound most, probing a few."""
    free = np.flatnonzero(state == 0)
    doubt = np.abs(chosen[free] - 0.5)
    near = free[np.argsort(doubt, kind="stable")[:_CANDIDATES_TO_SPLIT]]
    best, where = -np.inf, int(near[0])
    for place in near:
        ends = []
        for choice in (OPEN, CLOSED):
            half = state.copy()
            half[place] = choice
            part = reduced(rows, half)
            probe = ascend(
                part, search.p, state=half, multipliers=np.minimum(lam, part.beyond),
                cutoff=search.cutoff, aim=search.value, iterations=_PROBE_STEPS,
                theta=_NODE_THETA, chosen=chosen,
            )  # fmt: skip
            ends.append(min(probe.bound, search.value))
        score = min(ends) + 0.2 * max(ends)
        if score > best:
            best, where = score, int(place)
    return where
