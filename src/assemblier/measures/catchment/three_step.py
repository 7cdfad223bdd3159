"""Three-step floating catchment area (Wan, Zou & Sternberg 2012, 10.1080/13658816.2011.624987).

People share themselves between the sites at hand, G_ij = w_ij / Σ_l w_il, before they press on
them: R_j = S_j / Σ_k G_kj w_kj P_k and A_i = Σ_j G_ij w_ij R_j. Every row of the supply table is a
site at hand, even where its capacity is zero. Supply is conserved.
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

__all__ = ["pair_weights", "three_step"]


def pair_weights(c: Catchments) -> PairWeights:
    """Press and serve with G·w = w² / Σ_l w_il."""
    at_hand = row_sums(c, c.weight, np.ones(c.sites))
    share = np.divide(1.0, at_hand, out=np.zeros_like(at_hand), where=at_hand > 0)
    both = c.weight * c.weight * np.repeat(share, np.diff(c.indptr))
    return PairWeights(both, both)


def three_step(times: TravelTimes, demand: Demand, supply: Supply, decay: Decay) -> Access:
    """3SFCA, in supply per inhabitant; see :func:`..pairs.floating` for parameters."""
    return floating("3sfca", pair_weights, times, demand, supply, decay)
