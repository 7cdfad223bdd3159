"""Two-step floating catchment areas: 2SFCA, E2SFCA, Gaussian and kernel density.

They differ by the decay alone: R_j = S_j / Σ_i P_i w_ij, then A_i = Σ_j R_j w_ij.
All conserve supply: Σ P·A = Σ S over the sites that some demand reaches.
"""

from __future__ import annotations

from assemblier.measures.access import Access, Demand, Population, Supply
from assemblier.measures.catchment.pairs import (
    Catchments,
    PairWeights,
    answer,
    catchments,
    needs,
    rows_reaching,
    two_steps,
)
from assemblier.measures.decay import Binary, Decay, Epanechnikov, Gaussian
from assemblier.measures.times import TravelTimes

__all__ = ["e2sfca", "gaussian_2sfca", "kd2sfca", "pair_weights", "two_step", "two_step_family"]


def pair_weights(c: Catchments) -> PairWeights:
    """Press and serve with the decay itself."""
    return PairWeights(c.weight, c.weight)


def two_step_family(
    measure: str,
    times: TravelTimes,
    demand: Demand,
    supply: Supply,
    decay: Decay,
    population: Population = "population",
) -> Access:
    """Run the two steps under the name of one measure of the family.

    Parameters
    ----------
    measure
        Identifier put on the result.
    times
        Travel times in minutes from demand to supply.
    demand, supply
        People and capacity.
    decay
        Weight of each time.
    population
        Which population of the demand presses on supply.

    Raises
    ------
    BadInput
        An identifier that has times is in neither table.
    """
    c = catchments(times, demand, supply, decay, population)
    value, pressure = two_steps(c, pair_weights(c))
    return answer(
        measure,
        times,
        demand,
        supply,
        decay,
        value=value,
        reached=rows_reaching(c, c.capacity),
        pressed=pressure > 0,
        population=population,
    )


def two_step(times: TravelTimes, demand: Demand, supply: Supply, decay: Decay) -> Access:
    """2SFCA: a binary catchment (Luo & Wang 2003, 10.1068/b29120)."""
    return two_step_family(
        "2sfca", times, demand, supply, needs(decay, Binary, "2sfca", "binary:30")
    )


def e2sfca(times: TravelTimes, demand: Demand, supply: Supply, decay: Decay) -> Access:
    """E2SFCA: a decay inside the catchment (Luo & Qi 2009, 10.1016/j.healthplace.2009.06.002)."""
    return two_step_family(
        "e2sfca", times, demand, supply, needs(decay, None, "e2sfca", "steps:10=1,20=0.68,30=0.22")
    )


def gaussian_2sfca(times: TravelTimes, demand: Demand, supply: Supply, decay: Decay) -> Access:
    """Gaussian 2SFCA (Dai 2010, 10.1016/j.healthplace.2010.06.012)."""
    return two_step_family(
        "gaussian", times, demand, supply, needs(decay, Gaussian, "gaussian", "gaussian:30")
    )


def kd2sfca(times: TravelTimes, demand: Demand, supply: Supply, decay: Decay) -> Access:
    """KD2SFCA: an Epanechnikov kernel (Dai & Wang 2011, 10.1068/b36149)."""
    return two_step_family(
        "kd2sfca", times, demand, supply, needs(decay, Epanechnikov, "kd2sfca", "epanechnikov:30")
    )
