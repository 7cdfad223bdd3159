"""Spatial availability (Soukhov, Páez, Higgins & Mohamed 2023, 10.1371/journal.pone.0278468).

V_i = Σ_j S_j · P_i w_ij / Σ_k P_k w_kj: the part of supply that goes to the place, so that
Σ V = Σ S; V_i / P_i is the two-step access.
"""

from __future__ import annotations

import numpy as np

from assemblier.measures.access import Access, Demand, Supply
from assemblier.measures.catchment.pairs import (
    Catchments,
    PairWeights,
    floating,
)
from assemblier.measures.decay import Decay
from assemblier.measures.times import TravelTimes

__all__ = ["availability", "pair_weights"]


def pair_weights(c: Catchments) -> PairWeights:
    """Press with w, serve with P·w."""
    return PairWeights(c.weight, c.weight * np.repeat(c.people, np.diff(c.indptr)))


def availability(times: TravelTimes, demand: Demand, supply: Supply, decay: Decay) -> Access:
    """Availability V, in units of supply; see :func:`..pairs.floating` for parameters."""
    return floating("availability", pair_weights, times, demand, supply, decay)
