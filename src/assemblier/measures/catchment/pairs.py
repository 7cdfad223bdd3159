"""The two steps that every floating catchment shares, on weights of pairs.

A measure of this family is told by two weights for each pair: ``up``, with which people press on a
site, and ``down``, with which a site serves people::

    D_j = Σ_i P_i · up_ij        R_j = S_j / D_j        A_i = Σ_j R_j · down_ij

Sums run in an order that depends on the data alone, so that results are the same bits whatever
the number of threads.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assemblier.compiled import njit, prange
from assemblier.errors import BadInput, Problem
from assemblier.language import number, plural
from assemblier.measures.access import Access, Demand, Population, Supply
from assemblier.measures.decay import ALLOWED, Decay
from assemblier.measures.times import SECONDS_PER_MINUTE, TravelTimes

__all__ = ["Catchments", "PairWeights", "catchments", "column_sums", "row_sums", "two_steps"]

_CHUNKS = 32
_LONGEST_TABLE = 1 << 24


@dataclass(frozen=True, slots=True)
class Catchments:
    """Pairs with their decay, aligned on demand and supply.

    Attributes
    ----------
    indptr, indices
        Compressed sparse rows: demand i holds ``indptr[i]:indptr[i + 1]``.
    weight
        Decay of each pair, shape (pairs,), float64; zero beyond the catchment.
    people
        Population that presses on supply, shape (n,).
    capacity
        Supply, shape (m,).
    """

    indptr: NDArray[np.int64]
    indices: NDArray[np.int32]
    weight: NDArray[np.float64]
    people: NDArray[np.float64]
    capacity: NDArray[np.float64]

    @property
    def sites(self) -> int:
        """Number of sites m."""
        return int(self.capacity.size)


@dataclass(frozen=True, slots=True)
class PairWeights:
    """Weights up (people to site) and down (site to people) of each pair, shape (pairs,)."""

    up: NDArray[np.float64]
    down: NDArray[np.float64]


@njit(cache=True, parallel=True)
def _expand(table: Any, seconds: Any) -> Any:
    weight = np.empty(seconds.size, dtype=np.float64)
    last = table.size - 1
    for pair in prange(seconds.size):
        second = seconds[pair]
        weight[pair] = table[second] if second <= last else 0.0
    return weight


@njit(cache=True, parallel=True)
def _column_sums(indptr: Any, indices: Any, weight: Any, x: Any, sites: int) -> Any:
    rows = indptr.size - 1
    pairs = indptr[rows]
    partial = np.zeros((_CHUNKS, sites), dtype=np.float64)
    for chunk in prange(_CHUNKS):
        first = np.searchsorted(indptr[:rows], pairs * chunk // _CHUNKS, side="left")
        last = rows
        if chunk + 1 < _CHUNKS:
            last = np.searchsorted(indptr[:rows], pairs * (chunk + 1) // _CHUNKS, side="left")
        if chunk == 0:
            first = 0
        mine = partial[chunk]
        for row in range(first, last):
            held = x[row]
            for pair in range(indptr[row], indptr[row + 1]):
                mine[indices[pair]] += held * weight[pair]
    total = np.empty(sites, dtype=np.float64)
    for site in prange(sites):
        summed = 0.0
        for chunk in range(_CHUNKS):
            summed += partial[chunk, site]
        total[site] = summed
    return total


@njit(cache=True, parallel=True)
def _row_sums(indptr: Any, indices: Any, weight: Any, y: Any) -> Any:
    rows = indptr.size - 1
    total = np.empty(rows, dtype=np.float64)
    for row in prange(rows):
        summed = 0.0
        for pair in range(indptr[row], indptr[row + 1]):
            summed += weight[pair] * y[indices[pair]]
        total[row] = summed
    return total


@njit(cache=True, parallel=True)
def _rows_reaching(indptr: Any, indices: Any, weight: Any, capacity: Any) -> Any:
    rows = indptr.size - 1
    reached = np.zeros(rows, dtype=np.bool_)
    for row in prange(rows):
        for pair in range(indptr[row], indptr[row + 1]):
            if weight[pair] > 0.0 and capacity[indices[pair]] > 0.0:
                reached[row] = True
                break
    return reached


def column_sums(c: Catchments, weight: NDArray[np.float64], x: NDArray[np.float64]) -> NDArray:
    """Sum ``x_i · weight_ij`` over the demand, shape (m,)."""
    return np.asarray(_column_sums(c.indptr, c.indices, weight, x, c.sites))


def row_sums(c: Catchments, weight: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray:
    """Sum ``weight_ij · y_j`` over the sites, shape (n,)."""
    return weighted_rows(c.indptr, c.indices, weight, y)


def weighted_rows(
    indptr: NDArray[np.int64],
    indices: NDArray[np.int32],
    weight: NDArray[np.float64],
    y: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Sum ``weight_ij · y_j`` over the pairs of each row, shape (n,)."""
    return np.asarray(_row_sums(indptr, indices, weight, y))


def rows_reaching(c: Catchments, capacity: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Say which demand has a site with capacity within its catchment, shape (n,)."""
    return np.asarray(_rows_reaching(c.indptr, c.indices, c.weight, capacity), dtype=np.bool_)


def decayed(times: TravelTimes, decay: Decay) -> NDArray[np.float64]:
    """Expand the decay of each stored pair in float64, shape (pairs,)."""
    if times.exact is not None:
        return decay.weights(times.exact)
    last = int(times.seconds.max(initial=0))
    if np.isfinite(decay.limit):
        last = min(last, int(decay.limit * SECONDS_PER_MINUTE) + 1)
    if last > _LONGEST_TABLE:
        return decay.weights(times.minutes)
    return np.asarray(_expand(decay.by_second(last), times.seconds))


def catchments(
    times: TravelTimes,
    demand: Demand,
    supply: Supply,
    decay: Decay,
    population: Population = "population",
) -> Catchments:
    """Align times on demand and supply and expand the decay.

    Raises
    ------
    BadInput
        An identifier that has times is in neither table.
    """
    aligned = times.aligned(demand.ids, supply.ids)
    return Catchments(
        indptr=aligned.indptr,
        indices=aligned.indices,
        weight=decayed(aligned, decay),
        people=demand.counted(population),
        capacity=supply.capacity,
    )


def two_steps(c: Catchments, pairs: PairWeights) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Run both steps.

    Returns
    -------
    Access of each demand, shape (n,), and the pressure D on each site, shape (m,).
    """
    pressure = column_sums(c, pairs.up, c.people)
    return row_sums(c, pairs.down, ratios(c.capacity, pressure)), pressure


def floating(
    measure: str,
    weigh: Callable[[Catchments], PairWeights],
    times: TravelTimes,
    demand: Demand,
    supply: Supply,
    decay: Decay,
    population: Population = "population",
) -> Access:
    """Run one floating catchment: it is told by how its pairs weigh in both steps.

    Parameters
    ----------
    measure
        Identifier put on the result.
    weigh
        Weights of the pairs as people press on sites and as sites serve them.
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
        No decay, or an identifier that has times is in neither table.
    """
    needs(decay, None, measure, "")
    c = catchments(times, demand, supply, decay, population)
    value, pressure = two_steps(c, weigh(c))
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


def ratios(capacity: NDArray[np.float64], pressure: NDArray[np.float64]) -> NDArray[np.float64]:
    """Divide supply by pressure; a site on which nobody presses gives 0, shape (m,)."""
    return np.divide(capacity, pressure, out=np.zeros_like(capacity), where=pressure > 0)


def answer(
    measure: str,
    times: TravelTimes,
    demand: Demand,
    supply: Supply,
    decay: Decay,
    *,
    value: NDArray[np.float64],
    reached: NDArray[np.bool_],
    pressed: NDArray[np.bool_],
    population: Population | None,
) -> Access:
    """Put the result of a measure together with what it was computed from."""
    lost = ~pressed & (supply.capacity > 0)
    caveats = []
    if not times.pairs:
        caveats.append("la table des trajets est vide")
    elif not reached.any() and times.seconds.min() > decay.limit * SECONDS_PER_MINUTE:
        caveats.append(
            f"tous les trajets passent la borne de la décroissance ({_minutes(decay.limit)} "
            "minutes) : les temps sont-ils bien en minutes ?"
        )
    elif np.isfinite(decay.limit) and times.limit < decay.limit * SECONDS_PER_MINUTE:
        caveats.append(
            f"les temps de trajet s’arrêtent à {_minutes(times.limit / SECONDS_PER_MINUTE)} "
            f"minutes, avant la borne de la décroissance ({_minutes(decay.limit)} minutes)"
        )
    if lost.any():
        count = int(lost.sum())
        caveats.append(
            f"{count} {plural(count, 'site')} d’offre {plural(count, 'n’est', 'ne sont')} "
            f"{plural(count, 'atteint')} par aucune demande : "
            f"{plural(count, 'sa', 'leur')} capacité ne compte pas"
        )
    return Access(
        measure=measure,
        ids=demand.ids,
        value=value,
        reached=reached,
        unreached=supply.ids[lost],
        supply_total=float(supply.capacity.sum()),
        supply_reached=float(supply.capacity[pressed].sum()),
        population=population,
        engine=times.engine,
        asked=str(decay),
        caveats=tuple(caveats),
    )


def needs(decay: Decay | None, kind: type[Decay] | None, measure: str, example: str) -> Decay:
    """Return the decay, or say what this measure takes.

    Raises
    ------
    BadInput
        There is none, or it is of another kind than the measure's.
    """
    if decay is None:
        raise BadInput(
            Problem(f"la mesure « {measure} » demande une décroissance", allowed=ALLOWED)
        )
    if kind is not None and not isinstance(decay, kind):
        raise BadInput(
            Problem(
                f"la mesure « {measure} » ne prend pas cette décroissance",
                value=str(decay),
                allowed=example,
                advice="Avec une autre décroissance, choisissez la mesure « e2sfca ».",
            )
        )
    return decay


def _minutes(minutes: float) -> str:
    """Write minutes to the second, without useless decimals."""
    return number(minutes, 0 if minutes == int(minutes) else 2)
