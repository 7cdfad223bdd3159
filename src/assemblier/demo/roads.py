"""Roads of the artificial country: a planar graph with classes, and the true driving times."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import Delaunay

from assemblier.demo.geography import BRIDGES, Atoms, water_barrier

__all__ = ["SPEEDS_KMH", "Roads", "build_roads"]

SPEEDS_KMH = {
    "motorway": 110.0,
    "trunk": 90.0,
    "primary": 72.0,
    "secondary": 60.0,
    "tertiary": 50.0,
    "unclassified": 38.0,
}
"""Free speeds of the true times: no junction, no traffic, no parking."""

_CLASSES = list(SPEEDS_KMH)


@dataclass(frozen=True, slots=True)
class Roads:
    """Edges between town halls.

    Attributes
    ----------
    edges
        Pairs of atoms, shape (m, 2), i < j.
    highway
        OSM class of each edge.
    path
        Points of each edge, local metres, both ends included.
    minutes
        True driving times between all town halls, shape (n, n), symmetric, zero diagonal.
    """

    edges: NDArray[np.int64]
    highway: list[str]
    path: list[NDArray[np.float64]]
    minutes: NDArray[np.float64]


def _matrix(n: int, edges: NDArray[np.int64], cost: NDArray[np.float64]) -> coo_matrix:
    rows = np.concatenate([edges[:, 0], edges[:, 1]])
    columns = np.concatenate([edges[:, 1], edges[:, 0]])
    return coo_matrix((np.concatenate([cost, cost]), (rows, columns)), shape=(n, n)).tocsr()


def _candidates(atoms: Atoms) -> NDArray[np.int64]:
    triangles = Delaunay(atoms.xy).simplices
    sides = np.vstack([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [0, 2]]])
    edges = np.unique(np.sort(sides, axis=1), axis=0)
    ends = atoms.xy[edges]
    lines = shapely.linestrings(ends)
    length = shapely.length(lines)
    wet = shapely.intersects(lines, water_barrier())
    land = shapely.union_all(np.array(atoms.shape))
    dry = shapely.contains(land.buffer(50), lines)
    bridge = np.zeros(len(edges), dtype=bool)
    for spot in BRIDGES:
        gap = shapely.distance(lines, shapely.Point(spot))
        gap[~wet | (length > 12e3)] = np.inf
        bridge[int(np.argmin(gap))] = True
    return np.asarray(edges[((dry & ~wet) | bridge) & (length < 12e3)], dtype=np.int64)


def _gabriel(atoms: Atoms, edges: NDArray[np.int64]) -> NDArray[np.bool_]:
    middle = atoms.xy[edges].mean(axis=1)
    radius = ((atoms.xy[edges[:, 0]] - middle) ** 2).sum(axis=1)
    gaps = ((atoms.xy[None, :, :] - middle[:, None, :]) ** 2).sum(axis=2)
    return np.asarray((gaps < radius[:, None] - 1.0).sum(axis=1) == 0)


def _promote(
    rank: NDArray[np.int64],
    edges: NDArray[np.int64],
    length: NDArray[np.float64],
    pairs: list[tuple[int, int]],
    *,
    to: int,
) -> None:
    """Give the edges of the shortest paths between ``pairs`` at least the class ``to``."""
    n = int(edges.max()) + 1
    sources = sorted({a for a, _ in pairs})
    # better roads attract the next paths, so that a network forms instead of a bundle
    cost = length * (1 + 0.12 * rank)
    _, before = dijkstra(
        _matrix(n, edges, cost), directed=False, indices=sources, return_predecessors=True
    )
    place = {(int(a), int(b)): i for i, (a, b) in enumerate(edges)}
    for a, b in pairs:
        row = before[sources.index(a)]
        at = b
        while at != a and row[at] >= 0:
            previous = int(row[at])
            i = place[(min(at, previous), max(at, previous))]
            rank[i] = min(rank[i], to)
            at = previous


def _nearest_pairs(atoms: Atoms, kind: int, count: int) -> list[tuple[int, int]]:
    chosen = np.flatnonzero(atoms.size >= kind)
    pairs = set()
    for a in chosen.tolist():
        gap = ((atoms.xy[chosen] - atoms.xy[a]) ** 2).sum(axis=1)
        for b in chosen[np.argsort(gap, kind="stable")[1 : count + 1]].tolist():
            pairs.add((min(a, b), max(a, b)))
    return sorted(pairs)


def build_roads(atoms: Atoms, rng: np.random.Generator) -> Roads:
    """Link the town halls by roads that keep to the land and cross the river at three bridges.

    Parameters
    ----------
    atoms
        The communes.
    rng
        Source of randomness, for bends.

    Returns
    -------
    Roads
        Edges, classes, geometry and the all-pairs true times, minutes.
    """
    n = len(atoms)
    edges = _candidates(atoms)
    length = np.sqrt(((atoms.xy[edges[:, 0]] - atoms.xy[edges[:, 1]]) ** 2).sum(axis=1))
    rank = np.where(_gabriel(atoms, edges), 4, 5)
    keep = (rank == 4) | (rng.random(len(edges)) < 0.45)
    # a bridge is kept whatever its place in the graph
    keep |= np.asarray(shapely.intersects(shapely.linestrings(atoms.xy[edges]), water_barrier()))
    edges, length, rank = edges[keep], length[keep], rank[keep]
    _promote(rank, edges, length, _nearest_pairs(atoms, 2, 3), to=3)
    _promote(rank, edges, length, _nearest_pairs(atoms, 3, 4), to=2)
    capitals = np.flatnonzero(atoms.size == 4).tolist()
    pairs = [(a, b) for a in capitals for b in capitals if a < b]
    _promote(rank, edges, length, pairs, to=1)
    _promote(rank, edges, length, pairs[:1], to=0)
    path = [_bend(atoms.xy[i], atoms.xy[j], r, rng) for (i, j), r in zip(edges, rank, strict=True)]
    metres = np.array([np.sqrt((np.diff(p, axis=0) ** 2).sum(axis=1)).sum() for p in path])
    speed = np.array([SPEEDS_KMH[_CLASSES[r]] for r in rank])
    minutes = dijkstra(_matrix(n, edges, metres / 1000 / speed * 60), directed=False)
    return Roads(edges, [_CLASSES[r] for r in rank], path, minutes)


def _bend(
    a: NDArray[np.float64], b: NDArray[np.float64], rank: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    steps = 5
    at = np.linspace(0, 1, steps + 1)[:, None]
    line = a * (1 - at) + b * at
    span = float(np.sqrt(((b - a) ** 2).sum()))
    normal = np.array([-(b - a)[1], (b - a)[0]]) / span
    swing = rng.normal(0, 0.018 * (1 + 0.5 * rank), steps + 1) * span
    swing[[0, -1]] = 0
    return np.asarray(line + swing[:, None] * normal)
