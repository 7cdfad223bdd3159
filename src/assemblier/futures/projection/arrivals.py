"""Arrivals of doctors: a Poisson count whose rate is shrunk to that of the region.

A zone of three doctors has seen nobody come in ten years: its rate is not zero, it is unknown. The
gamma-Poisson model borrows from the region what the zone cannot tell, and keeps the uncertainty of
the rate in the count to come.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from assemblier.errors import BadInput, Problem
from assemblier.futures.projection.poisson_binomial import CountDistribution, gamma_poisson

__all__ = ["ArrivalRates", "observed_arrivals", "shrunk_rates"]


@dataclass(frozen=True, slots=True)
class ArrivalRates:
    """Rates of arrival by unit of exposure (inhabitant and year).

    Attributes
    ----------
    shape, rate
        Of the gamma distribution of each zone's rate, shape (z,). An infinite ``shape`` means that
        the zones of the region do not differ more than chance: ``rate`` is then the common rate.
    observed
        Raw rates, shape (z,), NaN without exposure.
    mean
        Rate of the region.
    prior_shape, prior_rate
        Of the region's distribution; infinite shape where zones do not differ.
    """

    shape: NDArray[np.float64]
    rate: NDArray[np.float64]
    observed: NDArray[np.float64]
    mean: float
    prior_shape: float
    prior_rate: float

    @property
    def expected(self) -> NDArray[np.float64]:
        """Shrunk rates, shape (z,)."""
        return np.where(np.isinf(self.shape), self.rate, self.shape / self.rate)

    def coming(self, zone: int, exposure: float) -> CountDistribution:
        """Return the distribution of the arrivals of a zone over an exposure to come."""
        return gamma_poisson(float(self.shape[zone]), float(self.rate[zone]), exposure)

    def draw(
        self, rng: np.random.Generator, exposure: NDArray[np.float64], draws: int
    ) -> NDArray[np.int64]:
        """Draw arrivals, shape (draws, z)."""
        size = (draws, self.rate.size)
        finite = np.isfinite(self.shape)
        shape, scale = np.where(finite, self.shape, 1.0), np.where(finite, 1.0 / self.rate, 0.0)
        rates = np.where(finite, rng.gamma(shape, scale, size), self.rate)
        return rng.poisson(rates * exposure)


def observed_arrivals(
    headcounts: ArrayLike, yearly_departure: ArrayLike | float
) -> NDArray[np.float64]:
    """Return the arrivals that a series of headcounts implies, shape (z,), zero or more.

    Parameters
    ----------
    headcounts
        Doctors of each zone at the end of each year, shape (z, years + 1), NaN where unknown.
    yearly_departure
        Part of the doctors who leave each year, shape (z,) or one number: a series of headcounts
        tells the balance alone.

    Notes
    -----
    arrivals = last − first + Σ departures expected, over the years known; never under the sum of
    the yearly rises, which cannot have come otherwise.
    """
    n = np.asarray(headcounts, dtype=np.float64)
    left = np.asarray(yearly_departure, dtype=np.float64)
    steps = np.diff(n, axis=1)
    known = np.isfinite(steps)
    balance = np.where(known, steps, 0.0).sum(axis=1)
    departures = left * np.where(known, n[:, :-1], 0.0).sum(axis=1)
    return np.asarray(np.maximum(balance + departures, 0.0))


def shrunk_rates(arrivals: ArrayLike, exposure: ArrayLike) -> ArrivalRates:
    """Shrink the rates of the zones of one region to the region's rate.

    Parameters
    ----------
    arrivals
        Arrivals observed by zone, shape (z,), zero or more.
    exposure
        Inhabitants times years over which they were observed, shape (z,), zero or more.

    Notes
    -----
    Gamma prior fitted by moments (Marshall 1991, Applied Statistics 40, doi:10.2307/2347593):
    m = Σy/ΣE, s² = Σ E (y/E − m)² / ΣE, between-zone variance A = s² − m/Ē (Ē the mean exposure),
    prior shape m²/A and rate m/A; posterior shape + y and rate + E.

    Raises
    ------
    BadInput
        A count or an exposure missing or negative, or no exposure at all.
    """
    y, e = np.asarray(arrivals, dtype=np.float64), np.asarray(exposure, dtype=np.float64)
    problems = [
        Problem(what, line=int(row) + 1, value=f"{values[row]:g}", allowed="zéro ou plus")
        for values, what in ((y, "arrivées manquantes ou négatives"), (e, "exposition"))
        for row in np.flatnonzero(~(np.isfinite(values) & (values >= 0)))
    ]
    if not problems and not e.sum() > 0:
        problems.append(Problem("aucune population exposée : aucun rythme d’arrivée"))
    if problems:
        raise BadInput(problems)
    m = float(y.sum() / e.sum())
    some = e > 0
    raw = np.where(some, y / np.where(some, e, 1.0), np.nan)
    spread = float((e[some] * (raw[some] - m) ** 2).sum() / e.sum())
    between = spread - m / float(e[some].mean())
    if m <= 0 or between <= 0:
        same = np.full(y.shape, np.inf)
        return ArrivalRates(same, np.full(y.shape, m), raw, m, np.inf, m)
    shape, rate = m * m / between, m / between
    return ArrivalRates(shape + y, rate + e, raw, m, shape, rate)
