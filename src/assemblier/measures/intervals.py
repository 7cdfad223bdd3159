"""Intervals of counts, proportions, ratios and densities, and of ranks.

The count of a census has no sampling error: its interval tells how much it may vary from one year
to the next by chance alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

from assemblier.errors import BadInput, Problem

__all__ = [
    "Interval",
    "RankInterval",
    "density_interval",
    "poisson_interval",
    "proportion_interval",
    "rank_intervals",
    "ratio_interval",
]

LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Interval:
    """Estimates with both ends, shape (n,) each."""

    value: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RankInterval:
    """Ranks from 1 (lowest) with the best and the worst rank that intervals allow, shape (n,)."""

    rank: NDArray[np.int64]
    low: NDArray[np.int64]
    high: NDArray[np.int64]


def poisson_interval(count: ArrayLike, level: float = LEVEL) -> Interval:
    """Exact interval of a count (Garwood 1936, 10.1093/biomet/28.3-4.437).

    Parameters
    ----------
    count
        Counts, zero or more, shape (n,); they need not be whole (part-times).
    level
        Probability that the interval covers, at least.

    Raises
    ------
    BadInput
        A count is missing or negative, or the level is not between 0 and 1.
    """
    from scipy.special import gammaincinv  # noqa: PLC0415 (slow to import, not always needed)

    seen = _numbers(count, "effectif")
    tail = _tail(level)
    low = np.where(seen > 0, gammaincinv(np.where(seen > 0, seen, 1.0), tail), 0.0)
    return Interval(seen, low, np.asarray(gammaincinv(seen + 1.0, 1.0 - tail)))


def proportion_interval(successes: ArrayLike, trials: ArrayLike, level: float = LEVEL) -> Interval:
    """Score interval of a proportion (Wilson 1927, 10.1080/01621459.1927.10502953).

    ``trials`` of zero give NaN: there is nothing to take a proportion of.

    Raises
    ------
    BadInput
        Numbers are missing or negative, or there are more successes than trials.
    """
    k, n = np.broadcast_arrays(_numbers(successes, "effectif"), _numbers(trials, "total"))
    if bool((k > n).any()):
        raise BadInput(Problem("un effectif dépasse le total dont il est une part"))
    z = _deviate(level)
    some = n > 0
    size = np.where(some, n, 1.0)
    share = k / size
    middle = (share + z * z / (2 * size)) / (1 + z * z / size)
    half = z / (1 + z * z / size) * np.sqrt(share * (1 - share) / size + (z / (2 * size)) ** 2)
    # at 0 and n the ends are exact, and rounding must not step over them
    low = np.where(k == 0, 0.0, np.maximum(middle - half, 0.0))
    high = np.where(k == n, 1.0, np.minimum(middle + half, 1.0))
    return Interval(*(np.where(some, column, np.nan) for column in (share, low, high)))


def ratio_interval(observed: ArrayLike, expected: ArrayLike, level: float = LEVEL) -> Interval:
    """Interval of a ratio of observed to expected (Byar, in Breslow & Day 1987, p. 69).

    An expectation of zero gives NaN.

    Raises
    ------
    BadInput
        Numbers are missing or negative.
    """
    seen, due = np.broadcast_arrays(_numbers(observed, "observé"), _numbers(expected, "attendu"))
    z = _deviate(level)
    some = seen > 0
    count = np.where(some, seen, 1.0)
    low = np.where(some, count * (1 - 1 / (9 * count) - z / (3 * np.sqrt(count))) ** 3, 0.0)
    above = seen + 1.0
    high = above * (1 - 1 / (9 * above) + z / (3 * np.sqrt(above))) ** 3
    scale = np.where(due > 0, due, np.nan)
    return Interval(seen / scale, np.maximum(low, 0.0) / scale, high / scale)


def density_interval(
    count: ArrayLike, people: ArrayLike, per: float, level: float = LEVEL
) -> Interval:
    """Density with the interval of its count; ``per`` people (100,000, say).

    Nobody to count gives NaN.

    Raises
    ------
    BadInput
        Numbers are missing or negative.
    """
    exact = poisson_interval(count, level)
    heads = _numbers(people, "population")
    scale = per / np.where(heads > 0, heads, np.nan)
    return Interval(exact.value * scale, exact.low * scale, exact.high * scale)


def rank_intervals(value: ArrayLike, low: ArrayLike, high: ArrayLike) -> RankInterval:
    """Ranks with the span of ranks that the intervals leave open.

    The lowest rank of i is one more than the number of j wholly under it (high_j < low_i); its
    highest, the number of all less those wholly above (low_j > high_i). Intervals that overlap
    are no test of difference.

    Parameters
    ----------
    value, low, high
        Shape (n,), no missing value, low ≤ value ≤ high.

    Raises
    ------
    BadInput
        A value is missing or the ends are not in order.
    """
    middle, under, over = (np.asarray(column, dtype=np.float64) for column in (value, low, high))
    if not bool(((under <= middle) & (middle <= over)).all()):
        raise BadInput(
            Problem(
                "une valeur manque ou n’est pas dans son intervalle", allowed="bas ≤ valeur ≤ haut"
            )
        )
    rank = np.searchsorted(np.sort(middle), middle, side="left") + 1
    lowest = np.searchsorted(np.sort(over), under, side="left") + 1
    highest = np.searchsorted(np.sort(under), over, side="right")
    return RankInterval(rank.astype(np.int64), lowest.astype(np.int64), highest.astype(np.int64))


def _tail(level: float) -> float:
    if not 0 < level < 1:
        raise BadInput(Problem("le niveau n’est pas entre 0 et 1", value=str(level)))
    return (1.0 - level) / 2.0


def _deviate(level: float) -> float:

    return NormalDist().inv_cdf(1.0 - _tail(level))


def _numbers(column: ArrayLike, name: str) -> NDArray[np.float64]:
    read = np.asarray(column, dtype=np.float64)
    if not bool((np.isfinite(read) & (read >= 0)).all()):
        raise BadInput(
            Problem("une valeur manque ou est négative", column=name, allowed="un nombre ≥ 0")
        )
    return read
