"""What the travel times alone change: one measure, one demand, one supply, two matrices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from assemblier.errors import BadInput, Problem
from assemblier.measures.access import Access, Demand

__all__ = ["MatrixChange", "matrix_change"]


@dataclass(frozen=True, slots=True)
class MatrixChange:
    """Change of a measure that is due to the matrix alone.

    Attributes
    ----------
    table
        ``id, first, second, change``, in the order of the demand; NaN where a cost has no value.
    first, second
        Engines.
    mean_first, mean_second
        Means weighted by the population, over rows that have both values.
    mean_absolute
        Mean absolute change, same weights.
    largest
        Largest absolute change.
    spearman
        Correlation of ranks between both, unweighted.
    crossing
        Share of the population that is on the other side of the threshold, from 0 to 1; NaN
        without a threshold.
    """

    table: pd.DataFrame
    first: str
    second: str
    mean_first: float
    mean_second: float
    mean_absolute: float
    largest: float
    spearman: float
    crossing: float


def matrix_change(
    first: Access, second: Access, demand: Demand, *, threshold: float | None = None
) -> MatrixChange:
    """Compare two answers that differ by their travel times only.

    Parameters
    ----------
    first, second
        Answers of the same measure for the same demand and supply.
    demand
        Gives the weights: the population that the measure counted.
    threshold
        Value under which a place is said badly served.

    Raises
    ------
    BadInput
        The answers are not of the same measure, or not for this demand.
    """
    if first.measure != second.measure or first.asked != second.asked:
        raise BadInput(
            Problem(
                "les deux calculs ne sont pas la même mesure",
                value=f"{first.measure} {first.asked} et {second.measure} {second.asked}",
            )
        )
    if not (np.array_equal(first.ids, demand.ids) and np.array_equal(second.ids, demand.ids)):
        raise BadInput(Problem("les deux calculs ne portent pas sur la même demande"))
    weight = demand.counted(first.population or "population")
    both = np.isfinite(first.value) & np.isfinite(second.value) & (weight > 0)
    if both.sum() < 2:
        raise BadInput(Problem("moins de deux lieux ont une valeur avec les deux matrices"))
    a, b, w = first.value[both], second.value[both], weight[both]
    change = second.value - first.value
    ranks = [pd.Series(values).rank().to_numpy() for values in (a, b)]
    moves = all(np.ptp(rank) > 0 for rank in ranks)
    crossing = float("nan")
    if threshold is not None:
        crossing = float(np.average((a < threshold) != (b < threshold), weights=w))
    return MatrixChange(
        table=pd.DataFrame(
            {"id": demand.ids, "first": first.value, "second": second.value, "change": change}
        ),
        first=first.engine,
        second=second.engine,
        mean_first=float(np.average(a, weights=w)),
        mean_second=float(np.average(b, weights=w)),
        mean_absolute=float(np.average(np.abs(b - a), weights=w)),
        largest=float(np.abs(b - a).max()),
        spearman=float(np.corrcoef(ranks[0], ranks[1])[0, 1]) if moves else float("nan"),
        crossing=crossing,
    )
