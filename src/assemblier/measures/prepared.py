"""A prepared matrix: what a unit of capacity at each site gives to each demand, kept ready.

Where a measure is linear in capacity, A = K·S with K_ij = down_ij / D_j fixed by people and times.
K is computed once; a changed capacity is then one pass over the pairs, and a change at a few sites
touches their columns alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from assemblier.compiled import njit, prange
from assemblier.errors import BadInput, Problem
from assemblier.measures.access import Access, Demand, Population, Supply
from assemblier.measures.catchment.pairs import (
    PairWeights,
    catchments,
    column_sums,
    weighted_rows,
)
from assemblier.measures.decay import Decay, parse_decay
from assemblier.measures.matching import positions
from assemblier.measures.registry import MEASURES, Measure
from assemblier.measures.registry import measure as registered
from assemblier.measures.times import TravelTimes

__all__ = ["Prepared", "prepare"]


@dataclass(frozen=True, slots=True)
class Prepared:
    """Demand, times and decay of one measure, ready for any capacity.

    Attributes
    ----------
    measure
        The measure.
    demand, supply
        As they were given; ``supply`` is the baseline.
    population
        Which population presses on supply.
    indptr, indices, gain
        K by rows: capacity of site ``indices`` gives ``gain`` to the demand of the row.
    columns, rows, column_gain
        K by columns, for changes at a few sites.
    pressed
        Sites on which somebody presses, shape (m,).
    place
        Position of each site by identifier.
    engine, asked
        What computed the times, and the decay.
    """

    measure: Measure
    demand: Demand
    supply: Supply
    population: Population | None
    indptr: NDArray[np.int64]
    indices: NDArray[np.int32]
    gain: NDArray[np.float64]
    columns: NDArray[np.int64]
    rows: NDArray[np.int32]
    column_gain: NDArray[np.float64]
    pressed: NDArray[np.bool_]
    place: Mapping[Any, int]
    engine: str
    asked: str

    def values(self, capacity: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return access under another capacity, shape (n,), from an array in the sites' order.

        Raises
        ------
        BadInput
            The array has another length, or holds a missing or negative capacity.
        """
        capacity = np.ascontiguousarray(capacity, dtype=np.float64)
        if capacity.shape != self.supply.capacity.shape:
            raise BadInput(
                Problem(
                    "la matrice préparée ne vaut que pour la même liste de sites",
                    value=f"{capacity.size} capacités",
                    allowed=f"{self.supply.capacity.size} capacités",
                    advice="Ajoutez d’abord les sites (avec une capacité nulle), puis préparez.",
                )
            )
        if not bool(((capacity >= 0) & np.isfinite(capacity)).all()):
            Supply.of(self.supply.ids, capacity)
        return weighted_rows(self.indptr, self.indices, self.gain, capacity)

    def with_capacity(self, supply: Supply | NDArray[np.float64] | None = None) -> Access:
        """Return access under another capacity; the sites must be those prepared.

        Parameters
        ----------
        supply
            The same sites in any order, or an array in their order; the baseline without it.

        Raises
        ------
        BadInput
            Sites are missing or unknown, or a capacity is missing or negative.
        """
        given = self.supply if supply is None else supply
        capacity = np.ascontiguousarray(
            self._in_order(given) if isinstance(given, Supply) else given, dtype=np.float64
        )
        value = self.values(capacity)
        reached = _offered(self.indptr, self.indices, capacity)
        lost = ~self.pressed & (capacity > 0)
        return Access(
            measure=self.measure.id,
            ids=self.demand.ids,
            value=value,
            reached=np.asarray(reached, dtype=np.bool_),
            unreached=self.supply.ids[lost],
            supply_total=float(capacity.sum()),
            supply_reached=float(capacity[self.pressed].sum()),
            population=self.population,
            engine=self.engine,
            asked=self.asked,
        )

    def change(self, deltas: pd.Series | dict[Any, float]) -> NDArray[np.float64]:
        """Return the change of access due to a few sites, shape (n,), zero where none reaches.

        Parameters
        ----------
        deltas
            Change of capacity by site identifier; more or less than the baseline.

        Raises
        ------
        BadInput
            A site is unknown, or would fall under zero.
        """
        items = dict(deltas)
        sites = np.array([self.place.get(name, -1) for name in items], dtype=np.int64)
        change = np.array(list(items.values()), dtype=np.float64)
        problems = [
            Problem("le site n’est pas dans la matrice préparée", value=str(name))
            for name, site in zip(items, sites, strict=True)
            if site < 0
        ]
        after = self.supply.capacity[sites] + change
        problems += [
            Problem(
                "la capacité du site deviendrait négative ou inconnue",
                value=f"{name} : {self.supply.capacity[site]:g} {delta:+g}",
            )
            for name, site, delta, left in zip(items, sites, change, after, strict=True)
            if site >= 0 and not left >= 0
        ]
        if problems:
            raise BadInput(problems)
        value = np.zeros(self.demand.ids.size)
        for site, delta in zip(sites, change, strict=True):
            held = slice(self.columns[site], self.columns[site + 1])
            value[self.rows[held]] += delta * self.column_gain[held]
        return value

    def _in_order(self, supply: Supply) -> NDArray[np.float64]:
        found = positions(supply.ids, self.supply.ids)
        foreign = positions(self.supply.ids, supply.ids) < 0
        problems = [
            Problem("le site manque dans la nouvelle offre", value=str(name))
            for name in self.supply.ids[found < 0]
        ]
        problems += [
            Problem("le site n’est pas dans la matrice préparée", value=str(name))
            for name in supply.ids[foreign]
        ]
        if problems:
            raise BadInput(problems)
        return supply.capacity[found]


def prepare(
    identifier: str, times: TravelTimes, demand: Demand, supply: Supply, decay: str | Decay
) -> Prepared:
    """Prepare a measure for changes of capacity.

    Parameters
    ----------
    identifier
        A measure that is linear in capacity; for ``3sfca`` and ``bfca`` every row of the supply
        counts as a site whatever its capacity, so that the list of sites stays fixed.
    times, demand, supply
        Minutes, people and baseline capacity.
    decay
        Weight of each time.

    Raises
    ------
    BadInput
        The measure is not linear in capacity.
    """
    found = registered(identifier)
    if found.linear == "never":
        raise BadInput(
            Problem(
                f"la mesure « {identifier} » n’est pas linéaire en capacité : "
                "elle ne peut être préparée",
                allowed=", ".join(name for name, m in MEASURES.items() if m.linear != "never"),
                advice="Recalculez-la entièrement pour chaque offre.",
            )
        )
    read = parse_decay(decay)
    population: Population = (
        "standardised"
        if found.population == "standardised" and demand.standardised is not None
        else "population"
    )
    c = catchments(times, demand, supply, read, population)
    if found.pair_weights is None:  # cumulative: capacity counts whole, whoever presses
        pairs = PairWeights(c.weight, c.weight)
        inverse = np.ones(c.sites)
        pressed = column_sums(c, c.weight, np.ones(c.people.size)) > 0
    else:
        pairs = found.pair_weights(c)
        pressure = column_sums(c, pairs.up, c.people)
        pressed = pressure > 0
        inverse = np.divide(1.0, pressure, out=np.zeros_like(pressure), where=pressed)
    kept = c.weight > 0
    before = np.concatenate(([0], np.cumsum(kept, dtype=np.int64)))
    indices = c.indices[kept]
    gain = pairs.down[kept] * inverse[indices]
    by_rows = TravelTimes(
        demand.ids,
        supply.ids,
        before[c.indptr],
        indices,
        np.arange(gain.size, dtype=np.int32),
        0,
        "",
    )
    by_columns = by_rows.transpose()
    return Prepared(
        measure=found,
        demand=demand,
        supply=supply,
        population=None if found.population is None else population,
        indptr=by_rows.indptr,
        indices=indices,
        gain=gain,
        columns=by_columns.indptr,
        rows=by_columns.indices,
        column_gain=gain[by_columns.seconds],
        pressed=np.asarray(pressed, dtype=np.bool_),
        place={name: site for site, name in enumerate(supply.ids.tolist())},
        engine=times.engine,
        asked=str(read),
    )


@njit(cache=True, parallel=True)
def _offered(indptr: Any, indices: Any, capacity: Any) -> Any:
    rows = indptr.size - 1
    reached = np.zeros(rows, dtype=np.bool_)
    for row in prange(rows):
        for pair in range(indptr[row], indptr[row + 1]):
            if capacity[indices[pair]] > 0.0:
                reached[row] = True
                break
    return reached
