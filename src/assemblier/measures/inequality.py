"""How unequally a quantity is shared among people: quantiles, ratios, indices and curves.

Every function takes one value for each place and the number of people there: people count, places
do not. Places without people weigh nothing. A missing value is refused: leave the place out, and
say which share of people remains.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from assemblier.errors import BadInput, Problem

__all__ = [
    "ConcentrationCurve",
    "TheilParts",
    "concentration",
    "decile_ratio",
    "gini",
    "lorenz",
    "palma",
    "theil",
    "weighted_quantiles",
]


@dataclass(frozen=True, slots=True)
class TheilParts:
    """Theil's T and its exact split between and within groups.

    Attributes
    ----------
    total
        T = Σ p_i (y_i/μ) ln(y_i/μ); zero when all have the same.
    between
        T of group means.
    within
        Σ_g s_g T_g, with s_g the share of the whole that group g holds.
    groups, of_group, share
        Names of the groups, T inside each, and the share s_g.
    """

    total: float
    between: float
    within: float
    groups: NDArray
    of_group: NDArray[np.float64]
    share: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ConcentrationCurve:
    """Cumulated share of a quantity against cumulated share of people, and its index.

    Attributes
    ----------
    people, held
        Shape (k + 1,), from 0 to 1.
    index
        Twice the area between the diagonal and the curve: positive where the quantity goes to
        those who rank last, negative where it goes to those who rank first.
    """

    people: NDArray[np.float64]
    held: NDArray[np.float64]
    index: float


def weighted_quantiles(
    values: ArrayLike, people: ArrayLike, probabilities: ArrayLike
) -> NDArray[np.float64]:
    """Return quantiles over people: the smallest value at or under which at least p of them live.

    This is the inverse of the weighted distribution function, Q(p) = min {y : F(y) ≥ p}, without
    interpolation (type 1 of Hyndman & Fan 1996, 10.1080/00031305.1996.10473566). A quantile is
    always a value that some place has.

    Parameters
    ----------
    values, people
        Shape (n,).
    probabilities
        In [0, 1], any shape.

    Raises
    ------
    BadInput
        A value is missing, a weight missing or negative, nobody lives anywhere, or a probability
        is out of bounds.
    """
    value, weight = _checked(values, people, signed=True)
    wanted = np.asarray(probabilities, dtype=np.float64)
    if not bool(((wanted >= 0) & (wanted <= 1)).all()):
        raise BadInput(Problem("une probabilité est hors de 0 à 1", value=str(probabilities)))
    order = np.argsort(value, kind="stable")
    below = np.cumsum(weight[order])
    # sums of weights carry rounding: half of 0.1 + 0.2 + 0.3 must stay half
    slack = 8 * np.finfo(np.float64).eps * below[-1]
    at = np.searchsorted(below, wanted * below[-1] - slack, side="left")
    return np.asarray(value[order][np.minimum(at, value.size - 1)])


def decile_ratio(values: ArrayLike, people: ArrayLike) -> float:
    """Return D10/D1: what the best served tenth of people have over what the worst served have.

    Both are means over a whole tenth of people; a place on the edge counts for its part. It is
    not the ratio of the quantiles D9 and D1. Infinite where the worst served have nothing.
    """
    bottom, top = _ends(values, people, 0.1, 0.9)
    return _ratio(top / 0.1, bottom / 0.1)


def palma(values: ArrayLike, people: ArrayLike) -> float:
    """Return the share of the best served 10 % over the share of the worst served 40 %.

    Palma 2011, 10.1111/j.1467-7660.2011.01646.x. Infinite where the latter have nothing.
    """
    bottom, top = _ends(values, people, 0.4, 0.9)
    return _ratio(top, bottom)


def gini(values: ArrayLike, people: ArrayLike) -> float:
    """Return the Gini index, Σ_i Σ_j p_i p_j |y_i − y_j| / 2μ, between 0 and 1.

    Raises
    ------
    BadInput
        A value is missing or negative, or all are zero.
    """
    return lorenz(values, people).index


def lorenz(values: ArrayLike, people: ArrayLike) -> ConcentrationCurve:
    """Return the Lorenz curve: people ranked by the quantity itself; its index is the Gini."""
    value, weight = _checked(values, people)
    return concentration(value, weight, value)


def concentration(values: ArrayLike, people: ArrayLike, rank_by: ArrayLike) -> ConcentrationCurve:
    """Return the concentration curve of a quantity over another rank (poverty, age…).

    People who tie in rank are taken together, so that the order of the table does not matter
    (Kakwani, Wagstaff & van Doorslaer 1997, 10.1016/S0304-4076(96)01807-6).

    Parameters
    ----------
    values, people
        Quantity per head and people, shape (n,).
    rank_by
        Shape (n,): people are ranked from the lowest.

    Raises
    ------
    BadInput
        A value is missing or negative, or all are zero.
    """
    value, weight = _checked(values, people)
    rank = np.asarray(rank_by, dtype=np.float64)
    if rank.shape != np.shape(values):
        rank = np.broadcast_to(rank, np.shape(values))
    if rank.size != value.size:  # places without people were left out
        rank = rank[np.asarray(people, dtype=np.float64) > 0]
    if np.isnan(rank).any():
        raise BadInput(Problem("un rang manque", advice="Retirez ces lieux du calcul."))
    total = float(np.sum(value * weight))
    if total <= 0:
        raise BadInput(Problem("la grandeur est nulle partout : son partage n’a pas de sens"))
    order = np.argsort(rank, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(rank[order]) > 0), rank.size - 1)
    people_share = np.cumsum(weight[order])[ends] / weight.sum()
    held_share = np.cumsum((value * weight)[order])[ends] / total
    x = np.concatenate(([0.0], people_share))
    y = np.concatenate(([0.0], held_share))
    return ConcentrationCurve(x, y, float(1.0 - np.sum(np.diff(x) * (y[1:] + y[:-1]))))


def theil(values: ArrayLike, people: ArrayLike, groups: ArrayLike | None = None) -> TheilParts:
    """Return Theil's T, split between and within groups (Theil 1967; Shorrocks 1980).

    Parameters
    ----------
    values, people
        Quantity per head, zero or more, and people, shape (n,).
    groups
        Group of each place, shape (n,); all in one without it.

    Returns
    -------
    TheilParts
        ``total`` = ``between`` + ``within``, exactly.

    Raises
    ------
    BadInput
        A value is missing or negative, or all are zero.
    """
    value, weight = _checked(values, people)
    named = np.zeros(np.shape(values), dtype=np.int64) if groups is None else np.asarray(groups)
    if named.size != value.size:
        named = named[np.asarray(people, dtype=np.float64) > 0]
    names, group = np.unique(named, return_inverse=True)
    held = np.bincount(group, weights=value * weight)
    heads = np.bincount(group, weights=weight)
    total = float(held.sum())
    if total <= 0:
        raise BadInput(Problem("la grandeur est nulle partout : son partage n’a pas de sens"))
    share = held / total
    mean = total / weight.sum()
    between = float(np.sum(share * _log(held / heads / mean)))
    group_mean = np.where(held > 0, held / heads, 1.0)
    inner = value * weight * _log(value / group_mean[group])
    of_group = np.divide(
        np.bincount(group, weights=inner), held, out=np.zeros_like(held), where=held > 0
    )
    within = float(np.sum(share * of_group))
    return TheilParts(between + within, between, within, names, of_group, share)


def _log(ratio: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return ln, and 0 at 0 where it is always multiplied by 0 (y ln y → 0)."""
    return np.log(np.where(ratio > 0, ratio, 1.0))


def _ratio(top: float, bottom: float) -> float:
    return top / bottom if bottom > 0 else float("inf")


def _ends(values: ArrayLike, people: ArrayLike, low: float, high: float) -> tuple[float, float]:
    """Return what the first ``low`` and the last ``1 − high`` of people hold, as shares."""
    curve = lorenz(values, people)
    bottom = float(np.interp(low, curve.people, curve.held))
    return bottom, 1.0 - float(np.interp(high, curve.people, curve.held))


def _checked(
    values: ArrayLike, people: ArrayLike, *, signed: bool = False
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    value = np.asarray(values, dtype=np.float64)
    weight = np.asarray(people, dtype=np.float64)
    problems = []
    if value.shape != weight.shape or value.ndim != 1:
        raise BadInput(Problem("valeurs et populations n’ont pas la même longueur"))
    bad = ~(np.isfinite(weight) & (weight >= 0))
    if bad.any():
        problems.append(Problem(f"{int(bad.sum())} populations manquent ou sont négatives"))
    lived = weight > 0
    wrong = lived & ~(np.isfinite(value) & (signed | (value >= 0)))
    if wrong.any():
        problems.append(
            Problem(
                f"{int(wrong.sum())} valeurs manquent ou sont négatives",
                advice="Retirez ces lieux et dites quelle part de la population reste.",
            )
        )
    if not problems and not lived.any():
        problems.append(Problem("la population est nulle partout"))
    if problems:
        raise BadInput(problems)
    return value[lived], weight[lived]
