"""Accessibilité potentielle localisée, APL (Barlet, Coldefy, Collin & Lucas-Gabrielli 2012).

The two steps with people weighted by their need: R_j = S_j / Σ_i P*_i w_ij, APL_i = Σ_j R_j w_ij,
consultations accessible in a year for each standardised inhabitant. Σ P*·APL = Σ S.
"""

from __future__ import annotations

from assemblier.measures.access import Access, Demand, Population, Supply
from assemblier.measures.catchment.pairs import floating
from assemblier.measures.catchment.two_step import pair_weights
from assemblier.measures.decay import Decay
from assemblier.measures.times import TravelTimes

__all__ = ["apl", "pair_weights"]


def apl(times: TravelTimes, demand: Demand, supply: Supply, decay: Decay) -> Access:
    """APL; the standardised population presses where the demand has it, else the plain one.

    The result says which population was used. Parameters and errors as in
    :func:`..pairs.floating`.
    """
    population: Population = "population" if demand.standardised is None else "standardised"
    return floating("apl", pair_weights, times, demand, supply, decay, population)
