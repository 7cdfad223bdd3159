"""Times of a ready matrix laid over estimated ones, where the matrix knows both ends."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from assemblier.measures.matching import positions
from assemblier.measures.times import TravelTimes

__all__ = ["cut_apart", "laid_over"]


def cut_apart(
    times: TravelTimes,
    origin_land: NDArray[np.int64],
    destination_land: NDArray[np.int64],
) -> TravelTimes:
    """Take out the pairs whose ends are not on the same land.

    Parameters
    ----------
    origin_land, destination_land
        Number of the land of each origin, shape (n,), and of each destination, shape (m,).
    """
    if not (origin_land.any() or destination_land.any()):
        return times
    rows = np.repeat(np.arange(times.origins.size), np.diff(times.indptr))
    return times.only(origin_land[rows] == destination_land[times.indices])


def laid_over(estimated: TravelTimes, ready: TravelTimes) -> TravelTimes:
    """Replace estimated times by those of a matrix between the places that it covers.

    A pair whose both ends the matrix covers takes its time, or none where the matrix has none
    within the bound; a place keeps its estimated time to itself; other pairs stay estimated.

    Parameters
    ----------
    estimated
        All pairs within a bound.
    ready
        A full matrix among some places: its origins and destinations are those it covers.

    Returns
    -------
    TravelTimes
        Origins, destinations and bound of ``estimated``; the engine names both.
    """
    rows = np.repeat(np.arange(estimated.origins.size), np.diff(estimated.indptr))
    columns = estimated.indices
    from_row = positions(ready.origins, estimated.origins)
    from_column = positions(ready.destinations, estimated.destinations)
    same = positions(estimated.destinations, estimated.origins)
    own = columns == same[rows]
    covered = (from_row[rows] >= 0) & (from_column[columns] >= 0)
    kept = own | ~covered
    to_row = positions(estimated.origins, ready.origins)
    to_column = positions(estimated.destinations, ready.destinations)
    new_rows = to_row[np.repeat(np.arange(ready.origins.size), np.diff(ready.indptr))]
    new_columns = to_column[ready.indices]
    used = (new_rows >= 0) & (new_columns >= 0) & (ready.seconds <= estimated.limit)
    used &= new_columns != same[new_rows]
    row = np.concatenate([rows[kept], new_rows[used]])
    column = np.concatenate([columns[kept], new_columns[used]])
    seconds = np.concatenate([estimated.seconds[kept], ready.seconds[used]])
    order = np.lexsort((column, row))
    indptr = np.zeros(estimated.origins.size + 1, dtype=np.int64)
    np.cumsum(np.bincount(row, minlength=estimated.origins.size), out=indptr[1:])
    return TravelTimes(
        origins=estimated.origins,
        destinations=estimated.destinations,
        indptr=indptr,
        indices=column[order].astype(np.int32),
        seconds=seconds[order].astype(np.int32),
        limit=estimated.limit,
        engine=f"{estimated.engine} ; {ready.engine}",
    )
