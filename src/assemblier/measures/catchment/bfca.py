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
    answer,
    catchments,
    column_sums,
    needs,
    row_sums,
    rows_reaching,
    two_steps,
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
    """BFCA, in supply per inhabitant; see :func:`..two_step.two_step_family` for parameters."""
    needs(decay, None, "bfca", "")
    c = catchments(times, demand, supply, decay)
    value, pressure = two_steps(c, pair_weights(c))
    return answer(
        "bfca",
        times,
        demand,
        supply,
        decay,
        value=value,
        reached=rows_reaching(c, c.capacity),
        pressed=pressure > 0,
        population="population",
    )
