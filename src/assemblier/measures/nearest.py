"""Minutes to the nearest, and to the n-th nearest, place that offers something."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from assemblier.compiled import njit, prange
from assemblier.errors import BadInput, Problem
from assemblier.measures.access import Access, Demand, Supply
from assemblier.measures.catchment.pairs import decayed
from assemblier.measures.decay import Decay
from assemblier.measures.times import TravelTimes

__all__ = ["nearest", "nth_nearest"]

_SLACK = 1e-12
"""Capacities are sums of part-times: three thirds make one doctor."""


@njit(cache=True, parallel=True)
def _smallest(indptr: Any, indices: Any, minutes: Any, counted: Any, usable: Any) -> Any:
    rows = indptr.size - 1
    found = np.full(rows, np.nan)
    for row in prange(rows):
        best = np.inf
        for pair in range(indptr[row], indptr[row + 1]):
            if usable[pair] and counted[indices[pair]] > 0.0 and minutes[pair] < best:
                best = minutes[pair]
        if best < np.inf:
            found[row] = best
    return found


@njit(cache=True, parallel=True)
def _nth_smallest(
    indptr: Any, indices: Any, minutes: Any, counted: Any, usable: Any, n: float
) -> Any:
    rows = indptr.size - 1
    found = np.full(rows, np.nan)
    for row in prange(rows):
        first = indptr[row]
        order = np.argsort(minutes[first : indptr[row + 1]])
        seen = 0.0
        for rank in range(order.size):
            pair = first + order[rank]
            if usable[pair]:
                seen += counted[indices[pair]]
                if seen >= n:
                    found[row] = minutes[pair]
                    break
    return found


@njit(cache=True)
def _columns_used(indices: Any, usable: Any, sites: int) -> Any:
    used = np.zeros(sites, dtype=np.bool_)
    for pair in range(indices.size):
        if usable[pair]:
            used[indices[pair]] = True
    return used


def nth_nearest(
    times: TravelTimes,
    demand: Demand,
    supply: Supply,
    n: int,
    decay: Decay | None = None,
    *,
    count: str = "sites",
) -> Access:
    """Minutes to the n-th nearest site with a capacity.

    Parameters
    ----------
    times, demand, supply
        Travel times, people, and capacity; a site whose capacity is zero does not count.
    n
        Rank, 1 for the nearest.
    decay
        Where given, only the pairs within its catchment count.
    count
        ``sites``: each site counts once. ``capacity``: a site of three doctors counts three times,
        so that the answer is the minutes to the n-th doctor.

    Returns
    -------
    Access
        Minutes; NaN and ``unreachable`` where fewer than n are within reach.

    Raises
    ------
    BadInput
        ``n`` is not a whole number of at least 1.
    """
    if isinstance(n, bool) or int(n) != n or n < 1:
        raise BadInput(Problem("le rang est inutilisable", value=str(n), allowed="un entier ≥ 1"))
    aligned = times.aligned(demand.ids, supply.ids)
    usable: NDArray[np.bool_] = (
        np.ones(aligned.pairs, dtype=np.bool_) if decay is None else decayed(aligned, decay) > 0
    )
    offered = supply.capacity > 0
    counted = supply.capacity if count == "capacity" else offered.astype(np.float64)
    if count == "sites" and n == 1:
        value = _smallest(aligned.indptr, aligned.indices, aligned.minutes, counted, usable)
    else:
        value = _nth_smallest(
            aligned.indptr, aligned.indices, aligned.minutes, counted, usable, n * (1.0 - _SLACK)
        )
    value = np.asarray(value)
    used = np.asarray(_columns_used(aligned.indices, usable, supply.ids.size), dtype=np.bool_)
    return Access(
        measure="nearest" if n == 1 else "nth-nearest",
        ids=demand.ids,
        value=value,
        reached=np.isfinite(value),
        unreached=supply.ids[offered & ~used],
        supply_total=float(supply.capacity.sum()),
        supply_reached=float(supply.capacity[used].sum()),
        population=None,
        engine=times.engine,
        asked=f"n={n}" + ("" if decay is None else f" {decay}"),
    )


def nearest(
    times: TravelTimes, demand: Demand, supply: Supply, decay: Decay | None = None
) -> Access:
    """Minutes to the nearest site with a capacity; see :func:`nth_nearest`."""
    return nth_nearest(times, demand, supply, 1, decay)
