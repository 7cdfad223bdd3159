"""Exact bounded shortest paths on a road graph, from many places to many places.

Dijkstra's algorithm stopped at a bound, with a bucket queue (Dial 1969; buckets wider than the
shortest arc, and a place improved inside its bucket scanned again, as in Cherkassky, Goldberg &
Radzik 1996). Costs are integers, so that results are exact and the same whatever the number of
threads. For twenty or thirty minutes of road it is faster than any preprocessing of the graph.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assemblier.compiled import njit
from assemblier.errors import BadInput, Problem

__all__ = ["Attachments", "Network", "ReachedPairs", "bounded_pairs", "z_order"]

_UNREACHED = 2**31 - 1
_FIRST_BASE = 2**30
_LAST_BASE = -(2**31)
_LONGEST = 2**27  # keeps base + 2·(cost + arc) + 1 within 32 bits
_FIRST_ROOM = 1 << 19
_PARTS_BY_THREAD = 8
_SEARCHES_BY_PART = 512
_BITS = 16


@dataclass(frozen=True, slots=True)
class Network:
    """Directed graph as compressed sparse rows, with integer costs.

    Attributes
    ----------
    indptr
        Shape (nodes + 1,), int64: arcs that leave node u are ``indptr[u]:indptr[u + 1]``.
    heads
        Shape (arcs,), int32: node at the end of each arc.
    costs
        Shape (arcs,), int32, not negative.
    """

    indptr: NDArray[np.int64]
    heads: NDArray[np.int32]
    costs: NDArray[np.int32]

    @property
    def nodes(self) -> int:
        """Number of nodes."""
        return int(self.indptr.size - 1)

    @classmethod
    def from_arcs(
        cls,
        nodes: int,
        tails: NDArray[np.integer],
        heads: NDArray[np.integer],
        costs: NDArray[np.integer],
    ) -> Network:
        """Sort arcs by tail; parallel arcs are kept (the cheapest wins by itself).

        Raises
        ------
        BadInput
            A negative cost, or an arc that leaves the graph.
        """
        problems = []
        if costs.size and int(costs.min()) < 0:
            problems.append(Problem("un tronçon a une durée négative", value=str(costs.min())))
        if tails.size and not (
            min(tails.min(), heads.min()) >= 0 and max(tails.max(), heads.max()) < nodes
        ):
            problems.append(Problem("un tronçon mène hors du graphe"))
        if problems:
            raise BadInput(problems)
        order = np.argsort(tails, kind="stable")
        indptr = np.zeros(nodes + 1, dtype=np.int64)
        np.cumsum(np.bincount(tails, minlength=nodes), out=indptr[1:])
        return cls(
            indptr,
            np.ascontiguousarray(heads[order], dtype=np.int32),
            np.ascontiguousarray(costs[order], dtype=np.int32),
        )

    @property
    def tails(self) -> NDArray[np.int32]:
        """Node at the start of each arc, shape (arcs,)."""
        return np.repeat(np.arange(self.nodes, dtype=np.int32), np.diff(self.indptr))

    def reversed(self) -> Network:
        """Return the graph with every arc turned round."""
        return Network.from_arcs(self.nodes, self.heads, self.tails, self.costs)

    def renumbered(self, order: NDArray[np.integer]) -> Network:
        """Return the same graph where the node ``order[k]`` has become node k."""
        place = np.empty(self.nodes, dtype=np.int32)
        place[order] = np.arange(self.nodes, dtype=np.int32)
        return Network.from_arcs(self.nodes, place[self.tails], place[self.heads], self.costs)


@dataclass(frozen=True, slots=True)
class Attachments:
    """How places hang on the nodes of a network.

    Attributes
    ----------
    indptr
        Shape (places + 1,), int64: the links of place p are ``indptr[p]:indptr[p + 1]``; a place
        without link is not reached.
    nodes, costs
        Shape (links,), int32: node, and what it costs to reach it from the place (an origin) or
        the place from it (a destination).
    """

    indptr: NDArray[np.int64]
    nodes: NDArray[np.int32]
    costs: NDArray[np.int32]

    @property
    def places(self) -> int:
        """Number of places."""
        return int(self.indptr.size - 1)

    @classmethod
    def at_nodes(cls, nodes: NDArray[np.integer]) -> Attachments:
        """Attach each place to one node at no cost."""
        return cls(
            np.arange(nodes.size + 1, dtype=np.int64),
            np.ascontiguousarray(nodes, dtype=np.int32),
            np.zeros(nodes.size, dtype=np.int32),
        )

    def renumbered(self, order: NDArray[np.integer], nodes: int) -> Attachments:
        """Follow :meth:`Network.renumbered`."""
        place = np.empty(nodes, dtype=np.int32)
        place[order] = np.arange(nodes, dtype=np.int32)
        return replace(self, nodes=place[self.nodes])


@dataclass(frozen=True, slots=True)
class ReachedPairs:
    """Costs of the pairs within the bound, as compressed sparse rows sorted by destination."""

    indptr: NDArray[np.int64]
    indices: NDArray[np.int32]
    costs: NDArray[np.int32]


def z_order(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.int64]:
    """Order points along a Z curve (Morton 1966), so that neighbours lie near in memory.

    Returns
    -------
    Permutation, shape (n,): ``order[k]`` is the k-th point of the curve; stable.
    """
    code = np.zeros(x.size, dtype=np.uint64)
    for shift, axis in enumerate((x, y)):
        low, high = (float(axis.min()), float(axis.max())) if axis.size else (0.0, 0.0)
        scaled = (axis - low) * ((2**_BITS - 1) / (high - low) if high > low else 0.0)
        code |= _spread(scaled.astype(np.uint64)) << np.uint64(shift)
    return np.argsort(code, kind="stable")


def _spread(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    # put a zero between two bits
    for step, mask in ((8, 0x00FF00FF), (4, 0x0F0F0F0F), (2, 0x33333333), (1, 0x55555555)):
        values = (values | (values << np.uint64(step))) & np.uint64(mask)
    return values


def bounded_pairs(
    network: Network,
    origins: Attachments,
    destinations: Attachments,
    *,
    limit: int,
    bucket: int | None = None,
    threads: int | None = None,
) -> ReachedPairs:
    """Find the cheapest path of every pair within a bound.

    Searches start from whichever side has fewer places: from destinations, on the graph turned
    round, where they are fewer than origins.

    Parameters
    ----------
    network
        Best renumbered along :func:`z_order`.
    origins, destinations
        Places and their links.
    limit
        Greatest cost kept (inclusive).
    bucket
        Width of a bucket of the queue; half the median cost of an arc where it is not told. It
        changes the time that the search takes, never its result.
    threads
        How many; as many as the machine has where it is not told. It never changes the result.

    Raises
    ------
    BadInput
        A negative bound, or one too long for 32-bit costs.
    """
    if not 0 <= limit < _LONGEST:
        raise BadInput(
            Problem(
                "la borne des temps est hors limites", value=str(limit), allowed=f"0 à {_LONGEST}"
            )
        )
    if destinations.places < origins.places:
        turned = bounded_pairs(
            network.reversed(), destinations, origins, limit=limit, bucket=bucket, threads=threads
        )
        return _transposed(turned, origins.places)
    width = bucket or max(int(np.median(network.costs)) // 2 if network.costs.size else 1, 1)
    shift = max(width.bit_length() - 1, 0)
    flags, target_ptr, target_ids, target_costs = _by_node(destinations, network.nodes)
    arcs = np.empty(2 * network.heads.size, dtype=np.int32)
    arcs[0::2], arcs[1::2] = network.heads, 2 * np.minimum(network.costs, limit + 1)
    doubled = (2 * network.indptr).astype(np.uint32)
    # neighbours one after the other find the same nodes in the processor's cache
    first = np.full(origins.places, network.nodes, dtype=np.int64)
    linked = np.diff(origins.indptr) > 0
    first[linked] = origins.nodes[origins.indptr[:-1][linked]]
    order = np.argsort(first, kind="stable")
    workers = max(threads or os.cpu_count() or 1, 1)
    parts = max(workers * _PARTS_BY_THREAD, -(-order.size // _SEARCHES_BY_PART))
    chunks = np.array_split(order, max(min(parts, order.size), 1))
    room = _FIRST_ROOM

    def search(chunk: NDArray[np.int64]) -> Any:
        nonlocal room  # what one part needed, the next will need: only speed depends on it
        while True:
            tried = room
            counts, pairs = _search(
                doubled,
                arcs,
                chunk,
                origins.indptr,
                origins.nodes,
                origins.costs,
                flags,
                target_ptr,
                target_ids,
                target_costs,
                limit,
                shift,
                tried,
            )
            if counts.size == chunk.size:
                return counts, pairs
            room = max(room, 4 * tried)

    if workers == 1:
        found = [search(chunk) for chunk in chunks]
    else:
        with ThreadPoolExecutor(workers) as pool:
            found = list(pool.map(search, chunks))
    counts = np.zeros(origins.places, dtype=np.int64)
    counts[order] = np.concatenate([part[0] for part in found])
    indptr = np.zeros(origins.places + 1, dtype=np.int64)
    np.cumsum(counts, out=indptr[1:])
    indices = np.empty(int(indptr[-1]), dtype=np.int32)
    costs = np.empty(int(indptr[-1]), dtype=np.int32)
    for chunk, (_, pairs) in zip(chunks, found, strict=True):
        _unpack(chunk, indptr, pairs, indices, costs)
    return ReachedPairs(indptr, indices, costs)


def _by_node(places: Attachments, nodes: int) -> tuple[NDArray, NDArray, NDArray, NDArray]:
    order = np.argsort(places.nodes, kind="stable")
    counts = np.bincount(places.nodes, minlength=nodes)
    pointer = np.zeros(nodes + 1, dtype=np.int64)
    np.cumsum(counts, out=pointer[1:])
    owner = np.repeat(np.arange(places.places, dtype=np.int32), np.diff(places.indptr))
    return (counts > 0).astype(np.uint8), pointer, owner[order], places.costs[order]


def _transposed(pairs: ReachedPairs, columns: int) -> ReachedPairs:
    order = np.argsort(pairs.indices, kind="stable")
    indptr = np.zeros(columns + 1, dtype=np.int64)
    np.cumsum(np.bincount(pairs.indices, minlength=columns), out=indptr[1:])
    rows = np.repeat(np.arange(pairs.indptr.size - 1, dtype=np.int32), np.diff(pairs.indptr))
    return ReachedPairs(indptr, rows[order], pairs.costs[order])


@njit(cache=True, nogil=True)
def _unpack(chunk: Any, indptr: Any, pairs: Any, indices: Any, costs: Any) -> None:
    at = 0
    for source in chunk:
        for place in range(indptr[source], indptr[source + 1]):
            indices[place] = pairs[at] >> 32
            costs[place] = pairs[at] & 0xFFFFFFFF
            at += 1


@njit(cache=True, nogil=True)
def _search(
    indptr: Any,
    arcs: Any,
    sources: Any,
    source_ptr: Any,
    source_nodes: Any,
    source_costs: Any,
    flags: Any,
    target_ptr: Any,
    target_ids: Any,
    target_costs: Any,
    limit: int,
    shift: int,
    room: int,
) -> Any:
    """Search from each source in turn; return how many pairs each has, and all of them packed.

    ``indptr`` counts in steps of two: ``arcs`` holds the head of an arc, then twice its cost.

    The label of a node is base + 2·cost, + 1 while it waits to be scanned. The base falls by more
    than 2·limit from one search to the next, so that labels of former searches are larger than any
    new one: nothing is reset. A pair is packed as destination · 2³² + cost.

    Arrays have a fixed ``room``, as growing them inside the loops makes these several times slower;
    where it is too small, the first array returned is empty.
    """
    too_small = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    one = np.uint32(1)
    two = np.uint32(2)
    label = np.full(indptr.size - 1, np.int32(_UNREACHED), dtype=np.int32)
    buckets = (limit >> shift) + 1
    bucket_of = np.full(buckets, -1, dtype=np.int32)
    waiting = np.empty(room, dtype=np.uint32)
    following = np.empty(room, dtype=np.int32)
    reached = np.empty(room, dtype=np.uint32)
    packed = np.empty(room, dtype=np.int64)
    counts = np.zeros(sources.size, dtype=np.int64)
    total = 0
    step = np.int32(2 * (limit + 1))
    twice = shift + 1
    base = np.int32(_FIRST_BASE)
    for s in range(sources.size):
        if base < _LAST_BASE + step:
            label[:] = np.int32(_UNREACHED)
            base = np.int32(_FIRST_BASE)
        base = np.int32(base - step)
        beyond = np.int32(base + step)
        entries = np.uint32(0)
        targets = np.uint32(0)
        start = total
        source = sources[s]
        if source_ptr[source + 1] - source_ptr[source] > room:
            return too_small
        for link in range(source_ptr[source], source_ptr[source + 1]):
            cost = source_costs[link]
            if cost > limit:
                continue
            node = np.uint32(source_nodes[link])
            key = np.int32(base + 2 * cost + 1)
            old = label[node]
            if key < old:
                label[node] = key
                if old >= beyond and flags[node]:
                    reached[targets] = node
                    targets += one
                waiting[entries] = node
                following[entries] = bucket_of[cost >> shift]
                bucket_of[cost >> shift] = entries
                entries += one
        for b in range(buckets):
            entry = bucket_of[b]
            while entry >= 0:
                bucket_of[b] = following[entry]
                node = waiting[entry]
                key = label[node]
                if key & 1:
                    label[node] = key - 1
                    arc = indptr[node]
                    last = indptr[node + one]
                    if entries + (last - arc) > room or targets + (last - arc) > room:
                        return too_small
                    while arc < last:
                        head = np.uint32(arcs[arc])
                        farther = np.int32(key + arcs[arc + one])
                        arc += two
                        old = label[head]
                        if farther >= min(old, beyond):
                            continue
                        label[head] = farther
                        to = (farther - base) >> twice
                        if old >= beyond:
                            if flags[head]:
                                reached[targets] = head
                                targets += one
                        elif old & 1 and (old - base) >> twice == to:
                            continue  # it waits in that bucket already
                        waiting[entries] = head
                        following[entries] = bucket_of[to]
                        bucket_of[to] = entries
                        entries += one
                entry = bucket_of[b]
        # labels are final only now: a bucket may improve what it has already scanned
        for k in range(targets):
            node = reached[k]
            cost = (label[node] - base) >> 1
            if total + (target_ptr[node + one] - target_ptr[node]) > room:
                return too_small
            for link in range(target_ptr[node], target_ptr[node + one]):
                whole = np.int64(cost) + target_costs[link]
                if whole <= limit:
                    packed[total] = (np.int64(target_ids[link]) << 32) | whole
                    total += 1
        packed[start:total].sort()
        # a destination that hangs on several nodes keeps its cheapest way, which sorts first
        kept = start
        for k in range(start, total):
            if k == start or packed[k] >> 32 != packed[kept - 1] >> 32:
                packed[kept] = packed[k]
                kept += 1
        total = kept
        counts[s] = total - start
    return counts, packed[:total].copy()
