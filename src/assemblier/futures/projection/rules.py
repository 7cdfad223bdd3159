"""What a projection is told: zones, how it is told, and rates of arrival."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from assemblier.futures.projection.arrivals import ArrivalRates
from assemblier.futures.projection.poisson_binomial import CountDistribution, total

__all__ = ["Arrivals", "ProjectionRules", "ProjectionZone"]


@dataclass(frozen=True, slots=True)
class ProjectionZone:
    """A zone whose future is asked: its grid, code, name and communes."""

    grid: str
    code: str
    name: str
    communes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Rates of arrival by zone of observation, and where in the zone doctors settle.

    Attributes
    ----------
    rates
        By inhabitant and year, one for each of ``zones``.
    zones
        Codes of the zones of observation, shape (z,).
    exposure
        Inhabitants of each zone, shape (z,).
    code, zone, share
        Communes where arrivals settle, shape (c,): position of their zone and their part of it;
        the parts of a zone sum to 1.
    """

    rates: ArrivalRates
    zones: NDArray
    exposure: NDArray[np.float64]
    code: NDArray
    zone: NDArray[np.int64]
    share: NDArray[np.float64]

    def expected(self, years: int) -> NDArray[np.float64]:
        """Return expected arrivals by commune of ``code`` within some years, shape (c,)."""
        return self.rates.expected[self.zone] * self.exposure[self.zone] * self.share * years

    def settling(self, sites: NDArray) -> Arrivals:
        """Keep those who settle at some communes; nothing else depends on the others."""
        kept = pd.Index(self.code).isin(sites)
        return replace(self, code=self.code[kept], zone=self.zone[kept], share=self.share[kept])

    def within(self, codes: Sequence[str], years: int) -> CountDistribution:
        """Return the exact distribution of the arrivals in some communes.

        Part of a gamma-Poisson count is a gamma-Poisson count of a smaller exposure.
        """
        inside = pd.Index(self.code).isin(list(codes))
        parts = np.bincount(self.zone[inside], self.share[inside], self.zones.size)
        return total(
            [
                self.rates.coming(int(zone), float(self.exposure[zone] * parts[zone] * years))
                for zone in np.flatnonzero(parts)
            ]
        )

    def draw(self, rng: np.random.Generator, years: int, draws: int) -> NDArray[np.int64]:
        """Draw arrivals by commune of ``code``, shape (draws, c)."""
        zones, at = np.unique(self.zone, return_inverse=True)
        shape, rate = self.rates.shape[zones], self.rates.rate[zones]
        finite = np.isfinite(shape)
        told = np.where(finite, shape, 1.0), np.where(finite, 1.0 / rate, 0.0)
        drawn = np.where(finite, rng.gamma(*told, (draws, zones.size)), rate)
        mean = drawn[:, at] * (self.exposure[self.zone] * self.share * years)
        return np.asarray(rng.poisson(mean), dtype=np.int64)


@dataclass(frozen=True, slots=True)
class ProjectionRules:
    """How a projection is told; dated parameters.

    Attributes
    ----------
    levels
        Levels of the intervals.
    held
        Probabilities with which arrivals hold today's level.
    draws, seed
        Of the APL.
    loss, probability
        A zone is watched when it loses this part of its doctors with this probability, nobody
        coming.
    minimum
        Fewest doctors of a local list for a commune to be told.
    age_limit
        Oldest age that counts in the APL of the younger doctors.
    """

    levels: tuple[float, ...]
    held: tuple[float, ...]
    draws: int
    loss: float
    probability: float
    minimum: int
    age_limit: int
    seed: int = 0
