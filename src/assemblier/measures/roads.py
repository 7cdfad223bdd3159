"""Roads as a graph: junctions, edges with a duration each way, and places put on them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assemblier.errors import BadInput, Problem
from assemblier.measures.crowfly import EARTH_RADIUS_KM
from assemblier.measures.network import Attachments, Network, z_order

__all__ = [
    "TICKS_PER_SECOND",
    "PlacedPoints",
    "RoadGraph",
    "components",
    "load_roads",
    "place_points",
    "save_roads",
    "with_points",
]

TICKS_PER_SECOND = 10
"""Durations of edges are whole tenths of a second: rounding each to a second would add up."""

_METRES = 1000.0
_FORMAT = 1


@dataclass(frozen=True, slots=True)
class RoadGraph:
    """Roads between junctions.

    Attributes
    ----------
    lon, lat
        Degrees (WGS 84) of the junctions, shape (nodes,).
    tail, head
        Shape (edges,), int32: ends of each edge in the direction it was drawn.
    forward, backward
        Shape (edges,), int32: tenths of a second from tail to head and back; -1 where that way is
        forbidden.
    length
        Metres, shape (edges,).
    joinable
        Shape (edges,), bool: a place may be put on it (not a motorway, not a ferry).
    ferry
        Shape (edges,), bool.
    shape_ptr, shape_lon, shape_lat
        Points of each edge from tail to head: ``shape_ptr[e]:shape_ptr[e + 1]``.
    ferries
        Name and minutes of each ferry line, in words, shape (ferries,).
    cut
        Shape (nodes,), bool: a road goes on there beyond the extract.
    source
        Where the roads come from and their date; part of the name of the engine.
    """

    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    forward: NDArray[np.int32]
    backward: NDArray[np.int32]
    length: NDArray[np.float64]
    joinable: NDArray[np.bool_]
    ferry: NDArray[np.bool_]
    shape_ptr: NDArray[np.int64]
    shape_lon: NDArray[np.float64]
    shape_lat: NDArray[np.float64]
    ferries: NDArray[np.str_]
    cut: NDArray[np.bool_]
    source: str

    @property
    def nodes(self) -> int:
        """Number of junctions."""
        return int(self.lon.size)

    def network(self) -> Network:
        """Return the directed graph of the edges, costs in tenths of a second."""
        go, back = self.forward >= 0, self.backward >= 0
        return Network.from_arcs(
            self.nodes,
            np.concatenate([self.tail[go], self.head[back]]),
            np.concatenate([self.head[go], self.tail[back]]),
            np.concatenate([self.forward[go], self.backward[back]]),
        )


@dataclass(frozen=True, slots=True)
class PlacedPoints:
    """Points put on the nearest edge they may join.

    Attributes
    ----------
    edge
        Shape (n,), int64; -1 where no edge is near enough.
    along
        Shape (n,): share of the edge's length from its tail, between 0 and 1.
    metres
        Distance from the point to the edge, shape (n,); NaN without edge.
    island
        Shape (n,), bool: the edge does not belong to the largest connected part of the roads.
    """

    edge: NDArray[np.int64]
    along: NDArray[np.float64]
    metres: NDArray[np.float64]
    island: NDArray[np.bool_]


def components(roads: RoadGraph) -> NDArray[np.int64]:
    """Label junctions by strongly connected part, the largest being 0; shape (nodes,)."""
    from scipy.sparse import csr_array  # noqa: PLC0415 (slow to import, not always needed)
    from scipy.sparse.csgraph import connected_components  # noqa: PLC0415

    network = roads.network()
    graph = csr_array(
        (np.ones(network.heads.size, dtype=np.int8), network.heads, network.indptr),
        shape=(roads.nodes, roads.nodes),
    )
    count, label = connected_components(graph, directed=True, connection="strong")
    order = np.argsort(-np.bincount(label, minlength=count), kind="stable")
    rank = np.empty(count, dtype=np.int64)
    rank[order] = np.arange(count)
    return np.asarray(rank[label])


def place_points(
    roads: RoadGraph,
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    *,
    farthest_metres: float,
    fragment_nodes: int,
) -> PlacedPoints:
    """Put each point on the nearest edge, at the nearest point of its line.

    Parts of fewer than ``fragment_nodes`` junctions (a car park behind a private road) are passed
    over; larger parts that are not the main one are islands, and said so.

    Parameters
    ----------
    lon, lat
        Degrees, shape (n,), finite.
    farthest_metres
        Beyond this distance the point has no road.
    fragment_nodes
        Smallest part of the roads that is one.

    Raises
    ------
    BadInput
        Points without coordinates.
    """
    import shapely  # noqa: PLC0415 (slow to import, not always needed)

    lost = ~(np.isfinite(lon) & np.isfinite(lat))
    if lost.any():
        raise BadInput(
            Problem(f"{int(lost.sum())} point(s) sans coordonnées à placer sur la route")
        )
    part = components(roads)
    size = np.bincount(part, minlength=1)
    whole = (part[roads.tail] == part[roads.head]) & roads.joinable
    whole &= size[part[roads.tail]] >= min(fragment_nodes, size.max(initial=0))
    # segments of the edges that may be joined; Mercator is conformal: nearest stays nearest
    x, y = _mercator(roads.shape_lon, roads.shape_lat)
    edge_of = np.repeat(np.arange(roads.tail.size), np.diff(roads.shape_ptr))
    first = np.flatnonzero((edge_of[:-1] == edge_of[1:]) & whole[edge_of[:-1]])
    edge = np.full(lon.size, -1, dtype=np.int64)
    along = np.zeros(lon.size)
    metres = np.full(lon.size, np.nan)
    island = np.zeros(lon.size, dtype=np.bool_)
    if not first.size or not lon.size:
        return PlacedPoints(edge, along, metres, island)
    ends = np.stack(
        [np.stack([x[first], y[first]], 1), np.stack([x[first + 1], y[first + 1]], 1)], 1
    )
    tree = shapely.STRtree(shapely.linestrings(ends))
    px, py = _mercator(lon, lat)
    who, which = tree.query_nearest(shapely.points(px, py), all_matches=True)
    # ties (a junction is on several edges) go to the edge of the lowest number
    order = np.lexsort((which, who))
    who, which = who[order], which[order]
    who, at = np.unique(who, return_index=True)
    k = first[which[at]]
    dx, dy = x[k + 1] - x[k], y[k + 1] - y[k]
    square = dx * dx + dy * dy
    share = np.where(
        square > 0,
        ((px[who] - x[k]) * dx + (py[who] - y[k]) * dy) / np.where(square > 0, square, 1),
        0,
    )
    share = np.clip(share, 0.0, 1.0)
    gap = np.hypot(px[who] - x[k] - share * dx, py[who] - y[k] - share * dy)
    distance = gap * np.cos(np.radians(lat[who])) * EARTH_RADIUS_KM * _METRES
    near = distance <= farthest_metres
    step = np.hypot(np.diff(x), np.diff(y))
    step[edge_of[:-1] != edge_of[1:]] = 0.0
    run = np.concatenate([[0.0], np.cumsum(step)])
    begin = run[roads.shape_ptr[:-1]][edge_of[k]]
    total = run[roads.shape_ptr[1:] - 1][edge_of[k]] - begin
    position = (run[k] - begin + share * step[k]) / np.where(total > 0, total, 1.0)
    edge[who[near]] = edge_of[k][near]
    along[who[near]] = np.clip(position, 0.0, 1.0)[near]
    metres[who[near]] = distance[near]
    island[who[near]] = part[roads.tail[edge_of[k]]][near] != 0
    return PlacedPoints(edge, along, metres, island)


def with_points(
    roads: RoadGraph, placed: PlacedPoints, *, access_kmh: float
) -> tuple[Network, Attachments]:
    """Return the network with a node for each placed point, and how the points hang on it.

    An edge that holds points is cut in pieces beside the edge itself, so that two points of one
    edge find the direct way, and one-way streets are obeyed. From the point to the road one goes
    straight, at ``access_kmh``.
    """
    on = np.flatnonzero(placed.edge >= 0)
    order = on[np.lexsort((placed.along[on], placed.edge[on]))]
    edge, along = placed.edge[order], placed.along[order]
    node = roads.nodes + np.arange(order.size)
    starts = np.flatnonzero(np.r_[True, edge[1:] != edge[:-1]]) if order.size else order
    # chain of each edge: tail, its points in order, head
    chain = np.insert(node, starts, roads.tail[edge[starts]])
    share = np.insert(along, starts, 0.0)
    of = np.insert(edge, starts, edge[starts])
    ends = np.r_[starts[1:], order.size] + np.arange(1, starts.size + 1) if order.size else starts
    chain = np.insert(chain, ends, roads.head[edge[starts]])
    share = np.insert(share, ends, 1.0)
    of = np.insert(of, ends, edge[starts])
    link = np.flatnonzero(of[:-1] == of[1:])
    a, b, e = chain[link], chain[link + 1], of[link]
    tails, heads, costs = [], [], []
    for one, two, whole in ((a, b, roads.forward), (b, a, roads.backward)):
        open_ = whole[e] >= 0
        # pieces of an edge add up to it exactly: differences of rounded positions
        piece = np.rint(share[link + 1] * whole[e]) - np.rint(share[link] * whole[e])
        tails.append(one[open_])
        heads.append(two[open_])
        costs.append(piece[open_])
    base = roads.network()
    network = Network.from_arcs(
        roads.nodes + order.size,
        np.concatenate([base.tails, *tails]),
        np.concatenate([base.heads, *heads]),
        np.concatenate([base.costs, *costs]).astype(np.int64),
    )
    counts = (placed.edge >= 0).astype(np.int64)
    nodes = np.empty(placed.edge.size, dtype=np.int32)
    nodes[order] = node
    seconds = placed.metres[on] / (access_kmh * _METRES / 3600.0)
    attached = Attachments(
        np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        nodes[on],
        np.rint(seconds * TICKS_PER_SECOND).astype(np.int32),
    )
    lon = np.concatenate([roads.lon, roads.lon[roads.tail[edge]]])
    lat = np.concatenate([roads.lat, roads.lat[roads.tail[edge]]])
    curve = z_order(lon, lat)
    return network.renumbered(curve), attached.renumbered(curve, network.nodes)


def save_roads(roads: RoadGraph, path: Path) -> None:
    """Write the graph to one ``.npz`` file, to be read again by :func:`load_roads`."""
    arrays = {field.name: getattr(roads, field.name) for field in fields(roads)}
    with path.open("wb") as out:
        np.savez(out, format=np.int64(_FORMAT), **arrays)


def load_roads(path: Path) -> RoadGraph:
    """Read a graph that :func:`save_roads` wrote.

    Raises
    ------
    BadInput
        The file is not one, or of another version of the program.
    """
    advice = "Refaites le graphe à partir de l’extrait OpenStreetMap."
    try:
        with np.load(path, allow_pickle=False) as stored:
            if int(stored["format"]) != _FORMAT:
                raise BadInput(
                    Problem("ce graphe routier est d’une autre version", path.name, advice=advice)
                )
            values = {field.name: stored[field.name] for field in fields(RoadGraph)}
    except (ValueError, KeyError, OSError, EOFError) as error:
        raise BadInput(
            Problem("ce fichier n’est pas un graphe routier", path.name, advice=advice)
        ) from error
    values["source"] = str(values["source"])
    return RoadGraph(**values)


def _mercator(
    lon: NDArray[np.float64], lat: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return np.radians(lon), np.arctanh(np.sin(np.radians(lat)))
