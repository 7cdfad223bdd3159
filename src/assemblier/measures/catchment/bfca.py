"""Balanced floating catchment area (Páez, Higgins & Vivona 2019, 10.1371/journal.pone.0218773).

Weights are brought to one on both sides, r_ij = w_ij / Σ_l w_il and c_ij = w_ij / Σ_k w_kj; then
R_j = S_j / Σ_i P_i r_ij and A_i = Σ_j R_j c_ij. It keeps Σ D = Σ P and Σ A = Σ R; Σ P·A is not Σ S.
"""

from __future__ import annotations

import numpy as np

from assemblier.measures.access import Access, Demand, Supply
from assemblier.measures.catchment.pairs import (
    Catchments,
    PairWeights,
    column_sums,
    floating,
    row_sums,
)
from assemblier.measures.decay import Decay
from assemblier.measures.times import TravelTimes

__all__ = ["bfca", "pair_weights"]


def pair_weights(c: Catchments) -> PairWeights:
    """Press with w over its row sum, serve with w over its column sum."""
    by_row = row_sums(c, c.weight, np.ones(c.sites))
    by_column = column_sums(c, c.weight, np.ones(c.people.size))
    row_share = np.divide(1.0, by_row, out=np.zeros_like(by_row), where=by_row > 0)
    column_share = np.divide(1.0, by_column, out=np.zeros_like(by_column), where=by_column > 0)
    return PairWeights(
        c.weight * np.repeat(row_share, np.diff(c.indptr)), c.weight * column_share[c.indices]
    )


def bfca(times: TravelTimes, demand: Demand, supply: Supply, decay: Decay) -> Access:
    """BFCA, in supply per inhabitant; see :func:`..pairs.floating` for parameters."""
    return floating("bfca", pair_weights, times, demand, supply, decay)
