"""Modified Huff three-step floating catchment area (Jörg, Lenz, Wetz & Widmer 2019).

The choice of a site weighs its capacity, G_ij = S_j w_ij / Σ_l S_l w_il; then
R_j = S_j / Σ_k G_kj P_k and A_i = Σ_j G_ij w_ij R_j. Supply is not conserved, and access is not
linear in capacity.
"""

from __future__ import annotations

import numpy as np

from assemblier.measures.access import Access, Demand, Supply
from assemblier.measures.catchment.pairs import (
    Catchments,
    PairWeights,
    floating,
    row_sums,
)
from assemblier.measures.decay import Decay
from assemblier.measures.times import TravelTimes

__all__ = ["mh3sfca", "pair_weights"]


def pair_weights(c: Catchments) -> PairWeights:
    """Press with the Huff probability G, serve with G·w."""
    at_hand = row_sums(c, c.weight, c.capacity)
    share = np.divide(1.0, at_hand, out=np.zeros_like(at_hand), where=at_hand > 0)
    chosen = c.capacity[c.indices] * c.weight * np.repeat(share, np.diff(c.indptr))
    return PairWeights(chosen, chosen * c.weight)


def mh3sfca(times: TravelTimes, demand: Demand, supply: Supply, decay: Decay) -> Access:
    """MH3SFCA, in supply per inhabitant; see :func:`..pairs.floating` for parameters."""
    return floating("mh3sfca", pair_weights, times, demand, supply, decay)
