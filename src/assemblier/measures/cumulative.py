"""Cumulative opportunities: the supply within a time (Hansen 1959, 10.1080/01944365908978307)."""

from __future__ import annotations

from assemblier.measures.access import Access, Demand, Supply
from assemblier.measures.catchment.pairs import (
    answer,
    catchments,
    column_sums,
    needs,
    row_sums,
    rows_reaching,
)
from assemblier.measures.decay import Decay
from assemblier.measures.times import TravelTimes

__all__ = ["cumulative"]


def cumulative(times: TravelTimes, demand: Demand, supply: Supply, decay: Decay) -> Access:
    """Supply within reach, Σ_j S_j w_ij, whoever else uses it.

    Parameters
    ----------
    times, demand, supply
        Travel times, people (whose number does not matter) and capacity.
    decay
        ``binary:20`` counts what is within twenty minutes; other decays weigh it.

    Returns
    -------
    Access
        In units of supply; 0 and ``unreachable`` where nothing is within reach.
    """
    needs(decay, None, "cumulative", "")
    c = catchments(times, demand, supply, decay)
    reaching = column_sums(c, c.weight, (c.people >= 0).astype(float))
    return answer(
        "cumulative",
        times,
        demand,
        supply,
        decay,
        value=row_sums(c, c.weight, c.capacity),
        reached=rows_reaching(c, c.capacity),
        pressed=reaching > 0,
        population=None,
    )
