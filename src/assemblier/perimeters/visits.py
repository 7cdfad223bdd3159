"""Visits between places: modelled from potential access, or observed in a file.

Modelled visits are ``T_ij = P*_i · w_ij · R_j`` with ``R_j = S_j / Σ_i P*_i · w_ij``, the two steps
of a floating catchment (Luo & Qi 2009, doi 10.1016/j.healthplace.2009.06.002) read as flows. They
sum over origins to the supply that is reached and over destinations to P*·A. They are distance over
again: *théoriques*, they support no claim about where people really live or seek care.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from assemblier.errors import BadInput, Problem
from assemblier.measures.access import Demand, Supply
from assemblier.measures.catchment.pairs import catchments, column_sums, ratios
from assemblier.measures.decay import Decay
from assemblier.measures.matching import positions
from assemblier.measures.times import TravelTimes

__all__ = ["MODELLED", "OBSERVED", "Visits", "modelled_visits", "observed_visits"]

MODELLED = "théoriques"
OBSERVED = "observés"


@dataclass(frozen=True, slots=True)
class Visits:
    """Visits, or people, between places.

    Attributes
    ----------
    places
        Codes, shape (n,), unique.
    origin, destination
        Position of both ends of each pair, -1 for an end that is not one of the places;
        shape (pairs,).
    count
        Visits a year, or people, shape (pairs,).
    kind
        ``théoriques`` or ``observés``.
    what
        What is counted, in French: ``consultations``, ``actifs occupés``…
    source
        Where they come from, as printed.
    masked
        Both ends of the pairs whose count the producer hides: they are in no sum.
    residents_only
        Whether the file holds the residents of some places only, so that arrivals from elsewhere
        are missing.
    """

    places: NDArray
    origin: NDArray[np.int64]
    destination: NDArray[np.int64]
    count: NDArray[np.float64]
    kind: str
    what: str
    source: str
    masked: tuple[NDArray[np.int64], NDArray[np.int64]] | None = None
    residents_only: bool = False

    def by_origin(self) -> NDArray[np.float64]:
        """Sum over destinations, shape (n,)."""
        held = self.origin >= 0
        return np.bincount(
            self.origin[held], weights=self.count[held], minlength=self.places.size
        ).astype(np.float64)

    def by_destination(self) -> NDArray[np.float64]:
        """Sum over origins, shape (n,)."""
        held = self.destination >= 0
        return np.bincount(
            self.destination[held], weights=self.count[held], minlength=self.places.size
        ).astype(np.float64)

    def to_table(self) -> pd.DataFrame:
        """Write ``origin, destination, flow``; ends that are not places are left out."""
        held = (self.origin >= 0) & (self.destination >= 0)
        return pd.DataFrame(
            {
                "origin": self.places[self.origin[held]],
                "destination": self.places[self.destination[held]],
                "flow": self.count[held],
            }
        )


def modelled_visits(
    demand: Demand, supply: Supply, times: TravelTimes, decay: Decay, *, source: str
) -> Visits:
    """Read the two steps of a floating catchment as flows.

    Parameters
    ----------
    demand
        People; the standardised population presses when it is given.
    supply
        Visits offered a year; its places must be places of the demand.
    times, decay
        Minutes and weight of each.
    source
        What to print beside the flows.

    Raises
    ------
    BadInput
        A place of supply is not one of the demand.
    """
    at = positions(demand.ids, supply.ids)
    if (lost := np.flatnonzero(at < 0)).size:
        raise BadInput(
            [
                Problem(
                    "lieu d’offre inconnu de la demande",
                    value=str(supply.ids[row]),
                    advice="Donnez-lui une ligne dans la demande, fût-elle sans habitant.",
                )
                for row in lost
            ]
        )
    population = "population" if demand.standardised is None else "standardised"
    c = catchments(times, demand, supply, decay, population)  # type: ignore[arg-type]
    offered = ratios(c.capacity, column_sums(c, c.weight, c.people))
    row = np.repeat(np.arange(demand.ids.size, dtype=np.int64), np.diff(c.indptr))
    count = c.people[row] * c.weight * offered[c.indices]
    kept = count > 0
    return Visits(
        places=demand.ids,
        origin=row[kept],
        destination=at[c.indices[kept]].astype(np.int64),
        count=count[kept],
        kind=MODELLED,
        what="consultations",
        source=source,
    )


def observed_visits(
    places: NDArray,
    origin: NDArray,
    destination: NDArray,
    count: NDArray[np.float64],
    what: str,
    source: str,
) -> Visits:
    """Lay observed rows on places; rows without a count are hidden by the producer.

    Parameters
    ----------
    origin, destination
        Codes, shape (rows,).
    count
        People or acts, shape (rows,), NaN where hidden.
    """
    hidden = np.isnan(count)
    index = pd.Index(places)
    start = index.get_indexer(pd.Index(origin)).astype(np.int64)
    end = index.get_indexer(pd.Index(destination)).astype(np.int64)
    known = ~hidden & ((start >= 0) | (end >= 0))
    rows = (
        pd.DataFrame({"i": start[known], "j": end[known], "n": count[known]})
        .groupby(["i", "j"], as_index=False, sort=True)["n"]
        .sum()
    )
    i, j = rows["i"].to_numpy(np.int64), rows["j"].to_numpy(np.int64)
    return Visits(
        places=places,
        origin=i,
        destination=j,
        count=rows["n"].to_numpy(np.float64),
        kind=OBSERVED,
        what=what,
        source=source,
        masked=(start[hidden], end[hidden]),
        residents_only=_residents_only(i, j),
    )


FEW_ORIGINS = 0.5
"""Where fewer than half of the places people go to have residents in the file, it holds part of
the country's residents only, and arrivals are missing."""


def _residents_only(i: NDArray[np.int64], j: NDArray[np.int64]) -> bool:
    homes, goals = set(i[i >= 0].tolist()), set(j[j >= 0].tolist())
    return bool(goals) and len(homes & goals) < FEW_ORIGINS * len(goals)
