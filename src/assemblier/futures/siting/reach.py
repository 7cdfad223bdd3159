"""Who a question of siting concerns, cut out of the country.

Demand is cut to the communes that a candidate can help, wherever they are: nothing else changes, so
that the cut is exact.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from assemblier.futures.baseline import Baseline
from assemblier.measures.times import TravelTimes

__all__ = ["between", "helped", "inside_of", "nearer", "places_of"]


def between(times: TravelTimes, columns: NDArray[np.int64], rows: NDArray[np.bool_]) -> TravelTimes:
    """Keep some origins (mask, shape (n,)) and some destinations, in the order given."""
    place = np.full(len(times.destinations), -1, dtype=np.int64)
    place[columns] = np.arange(columns.size)
    owner = np.repeat(np.arange(len(times.origins)), np.diff(times.indptr))
    kept = rows[owner] & (place[times.indices] >= 0)
    renumbered = np.cumsum(rows) - 1
    return TravelTimes.from_pairs(
        times.origins[rows],
        times.destinations[columns],
        rows=renumbered[owner[kept]],
        columns=place[times.indices[kept]],
        minutes=times.minutes[kept],
        limit=times.limit,
        engine=times.engine,
    )


def helped(baseline: Baseline, columns: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Communes within reach of a site, shape (n,)."""
    times = baseline.times
    wanted = np.zeros(len(times.destinations), dtype=np.bool_)
    wanted[columns] = True
    owner = np.repeat(np.arange(len(times.origins)), np.diff(times.indptr))
    helped = np.zeros(len(times.origins), dtype=np.bool_)
    helped[owner[wanted[times.indices]]] = True
    return helped


def nearer(
    baseline: Baseline, columns: NDArray[np.int64], existing: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Communes that some site is nearer to than any existing one, shape (n,)."""
    times = baseline.times
    wanted = np.zeros(existing.size, dtype=np.bool_)
    wanted[columns] = True
    owner = np.repeat(np.arange(len(times.origins)), np.diff(times.indptr))
    nearest = []
    for kept in (wanted[times.indices], existing[times.indices]):
        near = np.full(len(times.origins), np.inf)
        np.minimum.at(near, owner[kept], times.minutes[kept])
        nearest.append(near)
    return np.asarray(nearest[0] < nearest[1])


def places_of(baseline: Baseline, codes: Sequence[str]) -> NDArray[np.int64]:
    """Positions of communes among the sites of the country."""
    held = {code: at for at, code in enumerate(baseline.times.destinations)}
    return np.array([held[code] for code in codes], dtype=np.int64)


def inside_of(baseline: Baseline, territory: Sequence[str]) -> NDArray[np.bool_]:
    """Whether each commune of the country is of the territory, shape (n,)."""
    inside = np.zeros(baseline.ids.size, dtype=np.bool_)
    inside[baseline.rows(territory)] = True
    return inside
