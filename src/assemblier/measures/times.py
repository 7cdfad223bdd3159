"""Travel times between demand and supply: one sparse, sorted, integer form for every engine."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["TravelTimes"]


@dataclass(frozen=True, slots=True)
class TravelTimes:
    """Times from origins (demand) to destinations (supply), as compressed sparse rows.

    Attributes
    ----------
    origins, destinations
        Identifiers, shape (n,) and (m,), unique.
    indptr
        Shape (n + 1,), int64: row i holds the pairs ``indptr[i]:indptr[i + 1]``.
    indices
        Shape (pairs,), int32: position of the destination; sorted and unique in each row.
    seconds
        Shape (pairs,), int32: whole seconds, so that bounds of a catchment are exact. A pair that
        is not stored is farther than ``limit`` or cannot be travelled.
    limit
        The search stopped at this many seconds (inclusive).
    engine
        What computed the times, with its vintage; printed beside every result.
    """

    origins: NDArray
    destinations: NDArray
    indptr: NDArray[np.int64]
    indices: NDArray[np.int32]
    seconds: NDArray[np.int32]
    limit: int
    engine: str

    @property
    def pairs(self) -> int:
        """Number of stored pairs."""
        return int(self.indices.size)
