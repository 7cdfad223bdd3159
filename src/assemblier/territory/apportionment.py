"""Whole numbers for print that still add up: the method of the largest remainder."""

from __future__ import annotations

import numpy as np

from assemblier.errors import BadInput, Problem

__all__ = ["largest_remainder"]


def largest_remainder(values: np.ndarray, total: int | None = None) -> np.ndarray:
    """Round counts so that the printed whole numbers add up to the printed total.

    Parameters
    ----------
    values
        Counts ≥ 0, float64; NaN where there is none.
    total
        What they must add up to; by default their sum, rounded half to even.

    Returns
    -------
    ndarray
        float64, whole numbers, NaN kept; each differs from its count by less than 1. Equal
        remainders go to the first in order.

    Raises
    ------
    BadInput
        When a count is negative or the total is out of reach.

    References
    ----------
    Hamilton's method; Balinski and Young (1982), *Fair Representation*, Yale University Press.
    """
    counts = np.asarray(values, np.float64)
    known = np.isfinite(counts)
    if (counts[known] < 0).any():
        raise BadInput(Problem("un effectif est négatif", value=str(counts[known].min())))
    floors = np.floor(counts)
    wanted = int(np.rint(counts[known].sum())) if total is None else total
    missing = wanted - int(floors[known].sum())
    remainder = np.where(known, counts - floors, -1.0)
    liftable = int((remainder > 0).sum())
    if not 0 <= missing <= liftable:
        raise BadInput(
            Problem(
                "le total annoncé ne peut s’obtenir en arrondissant ces effectifs",
                value=str(wanted),
                allowed=f"de {int(floors[known].sum())} à {int(floors[known].sum()) + liftable}",
            )
        )
    lifted = np.argsort(-remainder, kind="stable")[:missing]
    whole = np.array(floors)
    whole[lifted] += 1
    return whole
