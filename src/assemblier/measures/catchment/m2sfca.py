"""Modified two-step floating catchment area (Delamater 2013, 10.1016/j.healthplace.2013.07.012).

A_i = Σ_j S_j w_ij² / Σ_k P_k w_kj: what distance costs is lost, so supply is not conserved.
"""

from __future__ import annotations

from assemblier.measures.access import Access, Demand, Supply
from assemblier.measures.catchment.pairs import (
    Catchments,
    PairWeights,
    floating,
)
from assemblier.measures.decay import Decay
from assemblier.measures.times import TravelTimes

__all__ = ["m2sfca", "pair_weights"]


def pair_weights(c: Catchments) -> PairWeights:
    """Press with w, serve with w²."""
    return PairWeights(c.weight, c.weight * c.weight)


def m2sfca(times: TravelTimes, demand: Demand, supply: Supply, decay: Decay) -> Access:
    """M2SFCA, in supply per inhabitant; see :func:`..pairs.floating` for parameters."""
    return floating("m2sfca", pair_weights, times, demand, supply, decay)
