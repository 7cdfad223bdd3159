"""Exact distributions of counts: how many of n people leave, each with a probability of their own.

The number of departures is a Poisson-binomial. Its distribution is computed by convolution, one
person after the other, and not by simulation; the window of values that carry mass moves along, so
that the work grows with the standard deviation and not with n. What falls out of the window is
counted and reported.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from assemblier.compiled import njit
from assemblier.errors import BadInput, Problem

__all__ = [
    "DROPPED_MASS",
    "CountDistribution",
    "gamma_poisson",
    "poisson_binomial",
    "poisson_binomial_by_zone",
    "total",
]

DROPPED_MASS = 1e-20
"""Most mass that the moving window may drop: far below what a double can tell from zero."""

_SLACK = 1e-12


@dataclass(frozen=True, slots=True)
class CountDistribution:
    """Distribution of a whole number.

    Attributes
    ----------
    start
        Smallest value that carries mass; it may be negative (a change of headcount).
    mass
        Probability of ``start, start + 1, …``, shape (w,).
    dropped
        Mass left out of the window, at most.
    """

    start: int
    mass: NDArray[np.float64]
    dropped: float = 0.0

    @property
    def values(self) -> NDArray[np.int64]:
        """The values that carry mass, shape (w,)."""
        return self.start + np.arange(self.mass.size, dtype=np.int64)

    @property
    def mean(self) -> float:
        """Expected value."""
        return float(self.values @ self.mass)

    @property
    def variance(self) -> float:
        """Variance."""
        return float((self.values - self.mean) ** 2 @ self.mass)

    def at_most(self, value: float) -> float:
        """Return the probability of a value or less."""
        last = int(np.floor(value)) - self.start
        if last < 0:
            return 0.0
        return min(float(self.mass[: last + 1].sum()), 1.0)

    def at_least(self, value: float) -> float:
        """Return the probability of a value or more."""
        first = max(int(np.ceil(value)) - self.start, 0)
        return min(float(self.mass[first:].sum()), 1.0)

    def quantile(self, probability: float) -> int:
        """Return the smallest value whose cumulated probability reaches ``probability``.

        Raises
        ------
        BadInput
            A probability out of [0, 1].
        """
        if not 0.0 <= probability <= 1.0:
            raise BadInput(
                Problem("probabilité hors bornes", value=f"{probability:g}", allowed="de 0 à 1")
            )
        reached = np.cumsum(self.mass) >= probability - _SLACK
        found = int(np.argmax(reached)) if reached.any() else self.mass.size - 1
        return self.start + found

    def interval(self, level: float) -> tuple[int, int]:
        """Return the central interval that holds at least ``level``, equal tails at most."""
        tail = (1.0 - level) / 2.0
        return self.quantile(tail), self.quantile(1.0 - tail)

    def reversed(self) -> CountDistribution:
        """Return the distribution of the opposite number."""
        return CountDistribution(
            -(self.start + self.mass.size - 1), self.mass[::-1].copy(), self.dropped
        )

    def shifted(self, by: int) -> CountDistribution:
        """Return the distribution of the number plus a constant."""
        return CountDistribution(self.start + by, self.mass, self.dropped)

    def plus(self, other: CountDistribution) -> CountDistribution:
        """Return the distribution of the sum with an independent number."""
        return CountDistribution(
            self.start + other.start,
            np.convolve(self.mass, other.mass),
            self.dropped + other.dropped,
        )


def poisson_binomial(
    probabilities: ArrayLike, *, dropped: float = DROPPED_MASS
) -> CountDistribution:
    """Return the exact distribution of a sum of independent Bernoulli variables.

    Parameters
    ----------
    probabilities
        Shape (n,), each in [0, 1]; the empty sum is zero for sure.
    dropped
        Most mass the moving window may leave out in all.

    Notes
    -----
    Direct convolution (Poisson 1837; Hong 2013, doi:10.1016/j.csda.2012.10.006, method RNA
    compares the exact ways). Every term is positive, so relative errors stay of the order of n
    times the rounding unit, in the tails as well: no Fourier transform does so.

    Raises
    ------
    BadInput
        A probability missing or out of [0, 1].
    """
    p = _checked(probabilities)
    return poisson_binomial_by_zone(p, np.array([0, p.size]), dropped=dropped)[0]


def poisson_binomial_by_zone(
    probabilities: ArrayLike, indptr: ArrayLike, *, dropped: float = DROPPED_MASS
) -> list[CountDistribution]:
    """Return one distribution for each zone.

    Parameters
    ----------
    probabilities
        Shape (n,), zone after zone.
    indptr
        Shape (z + 1,): the zone k holds ``probabilities[indptr[k]:indptr[k + 1]]``.
    """
    p = _checked(probabilities)
    bounds = np.ascontiguousarray(indptr, dtype=np.int64)
    flat, starts, sizes, lost = _convolve_zones(p, bounds, dropped)
    ends = np.cumsum(sizes)
    return [
        CountDistribution(int(start), flat[end - size : end].copy(), float(out))
        for start, size, end, out in zip(starts, sizes, ends, lost, strict=True)
    ]


def gamma_poisson(
    shape: float, rate: float, exposure: float, *, tail: float = 1e-14
) -> CountDistribution:
    """Return the distribution of a Poisson count whose rate is itself a gamma variable.

    Parameters
    ----------
    shape, rate
        Of the gamma distribution of the rate by unit of exposure. An infinite shape means a rate
        known for sure: ``rate`` is then its value.
    exposure
        Units of exposure over which events are counted, zero or more.

    Notes
    -----
    The mixture is a negative binomial with r = shape and p = rate / (rate + exposure); with a rate
    known for sure it is a Poisson.
    """
    if exposure <= 0 or shape == 0:
        return CountDistribution(0, np.ones(1))
    known = np.isinf(shape)
    mean = rate * exposure if known else shape * exposure / rate
    spread = np.sqrt(mean if known else mean * (1.0 + exposure / rate))
    last = int(np.ceil(mean + 8.0 * spread)) + 32
    while True:
        k = np.arange(1, last + 1, dtype=np.float64)
        if known:
            first, ratio, at_most = -mean, np.log(mean / k), 0.0
        else:
            at_most = exposure / (rate + exposure)
            first = shape * np.log(rate / (rate + exposure))
            ratio = np.log((k - 1.0 + shape) / k * at_most)
        mass = np.exp(first + np.concatenate(([0.0], np.cumsum(ratio))))
        beyond = np.cumsum(mass[::-1])[::-1]  # summed from the small end
        # past the last value the ratio falls, or rises to its limit: a geometric sum is over it
        falling = max(float(np.exp(ratio[-1])), at_most)
        left = mass[-1] * falling / (1.0 - falling) if falling < 1.0 else np.inf
        if left <= tail / 2.0:
            break
        last *= 2
    kept = int(np.flatnonzero(beyond > tail / 2.0)[-1]) + 1
    out = float(left) + (float(beyond[kept]) if kept < mass.size else 0.0)
    return CountDistribution(0, mass[:kept].copy(), out)


def total(distributions: Sequence[CountDistribution]) -> CountDistribution:
    """Return the distribution of a sum of independent numbers; zero for sure without any."""
    made = CountDistribution(0, np.ones(1))
    for each in distributions:
        made = made.plus(each)
    return made


def _checked(probabilities: ArrayLike) -> NDArray[np.float64]:
    p = np.ascontiguousarray(probabilities, dtype=np.float64)
    bad = np.flatnonzero(~((p >= 0) & (p <= 1)))
    if bad.size:
        raise BadInput(
            [
                Problem(
                    "probabilité manquante ou hors bornes",
                    line=int(row) + 1,
                    value=f"{p[row]:g}",
                    allowed="de 0 à 1",
                )
                for row in bad
            ]
        )
    return p


@njit(cache=True, fastmath={"contract"})
def _four(mass: Any, other: Any, low: int, high: int, c: Any) -> None:
    """Convolve the window [low, high] with five taps: one pass for four people."""
    c0, c1, c2, c3, c4 = c[0], c[1], c[2], c[3], c[4]
    # the window stands four places further in both buffers, with zeros on either side
    for k in range(low, high + 5):
        other[k + 4] = (
            mass[k + 4] * c0 + mass[k + 3] * c1 + mass[k + 2] * c2 + mass[k + 1] * c3 + mass[k] * c4
        )


@njit(cache=True)
def _convolve(p: Any, mass: Any, other: Any, dropped: float) -> Any:
    """Convolve one zone; return the buffer that holds it, first and last value, mass dropped.

    The value k is at index k + 4 of the buffers, which hold n + 12 numbers each.
    """
    n = p.size
    budget_of_one = dropped / (2.0 * max(n, 1))
    mass[: n + 12] = 0.0
    other[: n + 12] = 0.0
    mass[4] = 1.0
    low, high, lost = 0, 0, 0.0  # window [low, high] of values
    taps = np.zeros(5)
    for first in range(0, n, 4):
        people = min(4, n - first)
        taps[:] = 0.0
        taps[0] = 1.0
        for one in range(people):
            q = p[first + one]
            for k in range(one + 1, 0, -1):
                taps[k] = taps[k] * (1.0 - q) + taps[k - 1] * q
            taps[0] *= 1.0 - q
        _four(mass, other, low, high, taps)
        # what was left of the window must read as zero at the next pass
        mass, other = other, mass
        high += people
        budget = budget_of_one * people
        while low < high and mass[low + 4] <= budget:
            budget -= mass[low + 4]
            lost += mass[low + 4]
            mass[low + 4] = 0.0
            low += 1
        budget = budget_of_one * people
        while high > low and mass[high + 4] <= budget:
            budget -= mass[high + 4]
            lost += mass[high + 4]
            mass[high + 4] = 0.0
            high -= 1
        for k in range(1, 5):
            mass[high + 4 + k] = 0.0
            mass[low + 4 - k] = 0.0
    return mass, low, high, lost


@njit(cache=True)
def _convolve_zones(p: Any, indptr: Any, dropped: float) -> Any:
    zones = indptr.size - 1
    longest = 0
    for zone in range(zones):
        longest = max(longest, indptr[zone + 1] - indptr[zone])
    one, two = np.empty(longest + 12), np.empty(longest + 12)
    starts = np.zeros(zones, dtype=np.int64)
    sizes = np.zeros(zones, dtype=np.int64)
    lost = np.zeros(zones)
    flat = np.empty(p.size + zones)
    used = 0
    for zone in range(zones):
        mass, low, high, out = _convolve(p[indptr[zone] : indptr[zone + 1]], one, two, dropped)
        starts[zone], sizes[zone], lost[zone] = low, high - low + 1, out
        flat[used : used + sizes[zone]] = mass[low + 4 : high + 5]
        used += sizes[zone]
    return flat[:used], starts, sizes, lost
