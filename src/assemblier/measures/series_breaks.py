"""Breaks of a yearly series: years in which a source lost part of what it counts."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["broken_years"]


def broken_years(
    totals: ArrayLike, tolerance: float, *, ends: float | None = None
) -> NDArray[np.bool_]:
    """Say which years of a series stand apart from those around them, shape (years,).

    Parameters
    ----------
    totals
        Headcount of a region at the end of each year, in order; NaN where unknown.
    tolerance
        Distance to the straight line between the years around, relative to the larger of the two,
        from which a year is taken for a break of the source (a département left out) and not for a
        movement of doctors.
    ends
        Distance of the first or the last year, which nothing surrounds, to the nearest year kept,
        relative to the larger, from which it is taken for one; they never are without it.

    Notes
    -----
    The worst year, relative to its tolerance, goes first, and the others are looked at again
    without it.
    """
    n = np.asarray(totals, dtype=np.float64)
    broken = np.zeros(n.shape, dtype=np.bool_)
    while True:
        kept = np.flatnonzero(~broken & np.isfinite(n))
        if kept.size < 3:
            return broken
        middle, before, after = kept[1:-1], kept[:-2], kept[2:]
        part = (middle - before) / (after - before)
        beside = np.concatenate(
            ([n[kept[1]]], n[before] + part * (n[after] - n[before]), [n[kept[-2]]])
        )
        allowed = np.full(kept.size, tolerance)
        allowed[[0, -1]] = np.inf if ends is None else ends
        larger = np.maximum(np.maximum(n[kept], beside), 1.0)
        apart = np.abs(n[kept] - beside) / larger / allowed
        worst = int(np.argmax(apart))
        if apart[worst] <= 1.0:
            return broken
        broken[kept[worst]] = True
