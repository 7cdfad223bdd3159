"""Travel-time engines behind one interface: roads, a ready matrix, or the crow-fly model.

Whatever the engine, the answer is a :class:`~assemblier.measures.times.TravelTimes` that names it,
and the cases a reader must know of: islands, places without road, ferries, the edge of the extract.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from assemblier.errors import BadInput, Problem
from assemblier.measures.crowfly import CrowFlyModel, Places, crow_fly_times
from assemblier.measures.network import Attachments, bounded_pairs
from assemblier.measures.roads import (
    TICKS_PER_SECOND,
    PlacedPoints,
    RoadGraph,
    place_points,
    with_points,
)
from assemblier.measures.times import TravelTimes
from assemblier.parameters import Parameters

__all__ = [
    "Asymmetry",
    "CrowFlyEngine",
    "MatrixEngine",
    "NamedCase",
    "RoadEngine",
    "TimedPairs",
    "TravelEngine",
    "Triangles",
    "asymmetry",
    "crow_fly_model",
    "road_engine",
    "triangles",
]


@dataclass(frozen=True, slots=True)
class NamedCase:
    """Something a reader must know about the times of one place or line.

    ``kind`` is ``island`` (on roads that are not joined to the main ones), ``no_road``, ``ferry``
    or ``edge`` (a road that leaves the extract is within the bound: a shorter way, or supply, may
    lie outside); ``sentence`` says it in French.
    """

    kind: str
    place: str
    sentence: str


@dataclass(frozen=True, slots=True)
class TimedPairs:
    """Times and the cases to know."""

    times: TravelTimes
    cases: tuple[NamedCase, ...]


class TravelEngine(Protocol):
    """What computes times between places."""

    @property
    def name(self) -> str:
        """Name and vintage, printed beside every result."""

    def between(self, origins: Places, destinations: Places, *, limit: int) -> TimedPairs:
        """Return the times of all pairs of at most ``limit`` seconds."""


@dataclass(frozen=True, slots=True)
class CrowFlyEngine:
    """The crow-fly model, for want of roads or of a matrix.

    ``own_minutes`` is the time between places of the same identifier; None treats them as any
    other pair of their distance.
    """

    model: CrowFlyModel
    own_minutes: float | None = 0.0

    @property
    def name(self) -> str:
        """Name of the model, with its error."""
        return self.model.engine

    def between(self, origins: Places, destinations: Places, *, limit: int) -> TimedPairs:
        """Estimate times from distances."""
        own = None if self.own_minutes is None else np.full(origins.ids.size, self.own_minutes)
        times = crow_fly_times(origins, destinations, self.model, limit=limit, own_minutes=own)
        return TimedPairs(times, ())


@dataclass(frozen=True, slots=True)
class MatrixEngine:
    """A matrix that somebody else computed."""

    times: TravelTimes

    @property
    def name(self) -> str:
        """Name that came with the matrix."""
        return self.times.engine

    def between(self, origins: Places, destinations: Places, *, limit: int) -> TimedPairs:
        """Return the part of the matrix that concerns these places.

        Raises
        ------
        BadInput
            The matrix stops before the bound, or a place has no row or column in it.
        """
        problems = []
        complete = self.times.pairs == self.times.origins.size * self.times.destinations.size
        if self.times.limit < limit and not complete:
            problems.append(
                Problem(
                    "la matrice de temps s’arrête avant la borne demandée",
                    value=f"{limit / 60:g} min",
                    allowed=f"au plus {self.times.limit / 60:g} min",
                )
            )
        for places, known, which in (
            (origins, self.times.origins, "origine"),
            (destinations, self.times.destinations, "destination"),
        ):
            lost = np.setdiff1d(places.ids, known)
            problems += [
                Problem(f"une {which} n’est pas dans la matrice de temps", value=str(name))
                for name in lost
            ]
        if problems:
            raise BadInput(problems)
        return TimedPairs(_selected(self.times, origins.ids, destinations.ids, limit), ())


@dataclass(frozen=True, slots=True)
class RoadEngine:
    """Shortest times on roads.

    Attributes
    ----------
    roads
        Graph of the roads.
    farthest_metres, fragment_nodes
        See :func:`~assemblier.measures.roads.place_points`.
    access_kmh
        Speed between a place and its road.
    threads
        How many; it never changes the result.
    """

    roads: RoadGraph
    farthest_metres: float
    fragment_nodes: int
    access_kmh: float
    threads: int | None = None

    @property
    def name(self) -> str:
        """Source of the roads."""
        return self.roads.source

    def between(self, origins: Places, destinations: Places, *, limit: int) -> TimedPairs:
        """Find the shortest times, each place put on its nearest edge."""
        placed = place_points(
            self.roads,
            np.concatenate([origins.lon, destinations.lon]),
            np.concatenate([origins.lat, destinations.lat]),
            farthest_metres=self.farthest_metres,
            fragment_nodes=self.fragment_nodes,
        )
        network, attached = with_points(self.roads, placed, access_kmh=self.access_kmh)
        count = origins.ids.size
        bound = limit * TICKS_PER_SECOND
        found = bounded_pairs(
            network,
            _part(attached, 0, count),
            _part(attached, count, count + destinations.ids.size),
            limit=bound,
            threads=self.threads,
        )
        times = TravelTimes(
            origins=origins.ids,
            destinations=destinations.ids,
            indptr=found.indptr,
            indices=found.indices,
            # upwards, so that a whole bound keeps out what is beyond it
            seconds=-(-found.costs // TICKS_PER_SECOND),
            limit=limit,
            engine=self.name,
        )
        near_edge = self._near_edge(placed, limit)
        cases = [
            *_cases(origins, placed, near_edge, 0),
            *_cases(destinations, placed, near_edge, count),
        ]
        unique = dict.fromkeys(cases)
        ferries = [
            NamedCase("ferry", str(line), f"Ligne de bac : {line}") for line in self.roads.ferries
        ]
        return TimedPairs(times, (*unique, *ferries))

    def _near_edge(self, placed: PlacedPoints, limit: int) -> NDArray[np.bool_]:
        """Tell the places from which a road that leaves the extract is within the bound."""
        near = np.zeros(placed.edge.size, dtype=np.bool_)
        cut = np.flatnonzero(self.roads.cut)
        on = placed.edge >= 0
        if not cut.size or not on.any():
            return near
        # junctions that reach a cut end: distances to the nearest one, both ways of a search
        ends = np.unique(
            np.concatenate([self.roads.tail[placed.edge[on]], self.roads.head[placed.edge[on]]])
        )
        reach = bounded_pairs(
            self.roads.network(),
            Attachments.at_nodes(ends),
            Attachments.at_nodes(cut),
            limit=limit * TICKS_PER_SECOND,
            threads=self.threads,
        )
        reaches = np.zeros(self.roads.nodes, dtype=np.bool_)
        reaches[ends[np.diff(reach.indptr) > 0]] = True
        near[on] = (
            reaches[self.roads.tail[placed.edge[on]]] | reaches[self.roads.head[placed.edge[on]]]
        )
        return near


def crow_fly_model(parameters: Parameters, day: dt.date, *, reference: str) -> CrowFlyModel:
    """Return the crow-fly model fitted on ``osrm`` or ``metric`` times, as of a day."""
    return CrowFlyModel(**parameters[f"travel.crow_fly.{reference}"].on(day))


def road_engine(
    roads: RoadGraph, parameters: Parameters, day: dt.date, *, threads: int | None = None
) -> RoadEngine:
    """Return the engine on these roads, places put on them by the rules of a day."""
    return RoadEngine(roads, **parameters["travel.roads.places"].on(day), threads=threads)


@dataclass(frozen=True, slots=True)
class Triangles:
    """Triples i→j→k checked, and by how many seconds the worst breaks t_ik ≤ t_ij + t_jk."""

    checked: int
    broken: int
    worst_seconds: int


@dataclass(frozen=True, slots=True)
class Asymmetry:
    """Pairs known both ways; mean and greatest difference; pairs known one way only."""

    both_ways: int
    one_way: int
    mean_seconds: float
    worst_seconds: int


def triangles(times: TravelTimes, *, tolerance_seconds: int) -> Triangles:
    """Check the triangle inequality on a matrix whose origins are its destinations.

    Rounding up to whole seconds can break it by nothing; rounding each of three times to a minute
    may break it by one minute and a half: ``tolerance_seconds`` says what is let pass. A missing
    t_ik counts as broken where t_ij + t_jk is within the bound of the search.

    Raises
    ------
    BadInput
        Origins are not destinations in the same order.
    """
    full = _square(times)
    checked, broken, worst = 0, 0, 0
    unknown = np.iinfo(np.int64).max // 4
    for middle in range(full.shape[0]):
        to, on = full[:, middle], full[middle]
        into, out = np.flatnonzero(to < unknown), np.flatnonzero(on < unknown)
        by = to[into][:, None] + on[out][None, :]
        direct = full[np.ix_(into, out)]
        known = direct < unknown
        excess = np.where(known, direct - by, np.where(by <= times.limit, times.limit + 1 - by, 0))
        checked += int(excess.size)
        broken += int((excess > tolerance_seconds).sum())
        worst = max(worst, int(excess.max(initial=0)))
    return Triangles(checked, broken, worst)


def asymmetry(times: TravelTimes) -> Asymmetry:
    """Compare each time with the way back, on a matrix whose origins are its destinations.

    Raises
    ------
    BadInput
        Origins are not destinations in the same order.
    """
    full = _square(times)
    unknown = np.iinfo(np.int64).max // 4
    upper = np.triu_indices(full.shape[0], 1)
    there, back = full[upper], full.T[upper]
    both = (there < unknown) & (back < unknown)
    gap = np.abs(there - back)[both]
    return Asymmetry(
        both_ways=int(both.sum()),
        one_way=int(((there < unknown) ^ (back < unknown)).sum()),
        mean_seconds=float(gap.mean()) if gap.size else float("nan"),
        worst_seconds=int(gap.max(initial=0)),
    )


def _square(times: TravelTimes) -> NDArray[np.int64]:
    if not np.array_equal(times.origins, times.destinations):
        raise BadInput(
            Problem("ce contrôle demande une matrice dont les origines sont les destinations")
        )
    full = np.full((times.origins.size,) * 2, np.iinfo(np.int64).max // 4, dtype=np.int64)
    rows = np.repeat(np.arange(times.origins.size), np.diff(times.indptr))
    full[rows, times.indices] = times.seconds
    return full


def _part(places: Attachments, first: int, last: int) -> Attachments:
    links = slice(int(places.indptr[first]), int(places.indptr[last]))
    return Attachments(
        places.indptr[first : last + 1] - places.indptr[first],
        places.nodes[links],
        places.costs[links],
    )


def _selected(
    times: TravelTimes, origins: NDArray, destinations: NDArray, limit: int
) -> TravelTimes:
    table = times.within(limit / 60).to_table()
    kept = table["origin"].isin(origins) & table["destination"].isin(destinations)
    return TravelTimes.from_table(
        table[kept],
        origins=origins,
        destinations=destinations,
        limit=limit,
        engine=times.engine,
    )


def _cases(
    places: Places, placed: PlacedPoints, near_edge: NDArray[np.bool_], offset: int
) -> list[NamedCase]:
    told = []
    if places.ids.size > 1 and (placed.edge[offset : offset + places.ids.size] < 0).all():
        sentence = (
            f"aucun des {places.ids.size} {'départs' if offset == 0 else 'lieux d’arrivée'} n’est "
            "près d’une route : l’extrait ne les couvre pas, ou longitude et latitude sont "
            "échangées"
        )
        told.append(NamedCase("no_road", "", sentence))
    for at, name in enumerate(places.ids):
        place = offset + at
        if placed.edge[place] < 0:
            told.append(NamedCase("no_road", str(name), f"{name} : aucune route assez proche"))
            continue
        if placed.island[place]:
            sentence = f"{name} : routes sans lien avec le réseau principal (île, enclave)"
            told.append(NamedCase("island", str(name), sentence))
        if near_edge[place]:
            sentence = f"{name} : une route qui sort de l’extrait est à portée"
            told.append(NamedCase("edge", str(name), sentence))
    return told
