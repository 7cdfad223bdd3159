"""Two-step floating catchment areas: 2SFCA, E2SFCA, Gaussian and kernel density.

They differ by the decay alone: R_j = S_j / Σ_i P_i w_ij, then A_i = Σ_j R_j w_ij.
All conserve supply: Σ P·A = Σ S over the sites that some demand reaches.
"""

from __future__ import annotations

from assemblier.measures.access import Access, Demand, Supply
from assemblier.measures.catchment.pairs import (
    Catchments,
    PairWeights,
    floating,
    needs,
)
from assemblier.measures.decay import Binary, Decay, Epanechnikov, Gaussian
from assemblier.measures.times import TravelTimes

__all__ = ["e2sfca", "gaussian_2sfca", "kd2sfca", "pair_weights", "two_step"]


def pair_weights(c: Catchments) -> PairWeights:
    """Press and serve with the decay itself."""
    return PairWeights(c.weight, c.weight)


def two_step(times: TravelTimes, demand: Demand, supply: Supply, decay: Decay) -> Access:
    """2SFCA: a binary catchment (Luo & Wang 2003, 10.1068/b29120)."""
    kept = needs(decay, Binary, "2sfca", "binary:30")
    return floating("2sfca", pair_weights, times, demand, supply, kept)


def e2sfca(times: TravelTimes, demand: Demand, supply: Supply, decay: Decay) -> Access:
    """E2SFCA: a decay inside the catchment (Luo & Qi 2009, 10.1016/j.healthplace.2009.06.002)."""
    return floating("e2sfca", pair_weights, times, demand, supply, decay)


def gaussian_2sfca(times: TravelTimes, demand: Demand, supply: Supply, decay: Decay) -> Access:
    """Gaussian 2SFCA (Dai 2010, 10.1016/j.healthplace.2010.06.012)."""
    return floating(
        "gaussian",
        pair_weights,
        times,
        demand,
        supply,
        needs(decay, Gaussian, "gaussian", "gaussian:30"),
    )


def kd2sfca(times: TravelTimes, demand: Demand, supply: Supply, decay: Decay) -> Access:
    """KD2SFCA: an Epanechnikov kernel (Dai & Wang 2011, 10.1068/b36149)."""
    return floating(
        "kd2sfca",
        pair_weights,
        times,
        demand,
        supply,
        needs(decay, Epanechnikov, "kd2sfca", "epanechnikov:30"),
    )
