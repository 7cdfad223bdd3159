"""Several readings of one desert: who is inside which, and how far the readings agree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Agreement", "ReadingShare", "agreement"]


@dataclass(frozen=True, slots=True)
class ReadingShare:
    """What one reading counts.

    Attributes
    ----------
    people, zones
        Inhabitants and zones that it tells in the desert.
    unknown
        Inhabitants of zones of which it tells nothing.
    """

    people: float
    zones: int
    unknown: float


@dataclass(frozen=True, slots=True)
class Agreement:
    """How readings of the same ground agree.

    Attributes
    ----------
    known
        Inhabitants of the zones of which every reading tells something.
    shares
        Reading → what it counts on its own.
    every, some
        Inhabitants told in the desert by all readings, by at least one, among ``known``.
    overlap
        Pair of readings → inhabitants in both over inhabitants in at least one, among those of
        whom both tell something; None where neither tells anyone in the desert.
    """

    known: float
    shares: Mapping[str, ReadingShare]
    every: float
    some: float
    overlap: Mapping[tuple[str, str], float | None]


def agreement(
    people: NDArray[np.float64], readings: Mapping[str, NDArray[np.float64]]
) -> Agreement:
    """Compare readings, zone by zone, weighted by inhabitants.

    The overlap of two readings is the index of Jaccard (1901) on inhabitants: 1 when both tell
    the same people in the desert, 0 when nobody is in both.

    Parameters
    ----------
    people
        Inhabitants of each zone, shape (n,); a zone without a known population counts for none.
    readings
        Name → share of each zone that is in the desert, between 0 and 1, shape (n,); NaN where
        the reading tells nothing.

    Raises
    ------
    ValueError
        Without two readings, or when shapes differ.
    """
    if len(readings) < 2:
        raise ValueError("at least two readings are compared")
    weight = np.nan_to_num(np.asarray(people, dtype=np.float64))
    shares = {name: np.asarray(share, dtype=np.float64) for name, share in readings.items()}
    if any(share.shape != weight.shape for share in shares.values()):
        raise ValueError("a reading tells a share for each zone")
    told = {name: ~np.isnan(share) for name, share in shares.items()}
    filled = {name: np.nan_to_num(share) for name, share in shares.items()}
    each = {
        name: ReadingShare(
            people=float(weight @ filled[name]),
            zones=int(np.sum(filled[name] > 0)),
            unknown=float(weight @ ~told[name]),
        )
        for name in shares
    }
    whole = np.logical_and.reduce(list(told.values()))
    stacked = np.stack([filled[name] for name in shares])
    overlap: dict[tuple[str, str], float | None] = {}
    names = list(shares)
    for at, one in enumerate(names):
        for other in names[at + 1 :]:
            both = told[one] & told[other]
            union = float(weight[both] @ np.maximum(filled[one], filled[other])[both])
            inside = float(weight[both] @ np.minimum(filled[one], filled[other])[both])
            overlap[one, other] = inside / union if union > 0 else None
    return Agreement(
        known=float(weight[whole].sum()),
        shares=each,
        every=float(weight[whole] @ stacked.min(axis=0)[whole]),
        some=float(weight[whole] @ stacked.max(axis=0)[whole]),
        overlap=overlap,
    )
