"""Travel times within a bound, side by side with other programs, in one run.

Compile time is apart: each program answers a small question first. Optional peers (pandana,
networkit, igraph) are timed where they are installed, on fewer origins, and brought to the same
number; what they return is checked against scipy's.
"""

from __future__ import annotations

import argparse
import importlib.util
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from assemblier.measures.crowfly import CrowFlyModel, Places, crow_fly_times
from assemblier.measures.network import Attachments, Network, bounded_pairs, z_order

SEED = 2026


@dataclass(frozen=True, slots=True)
class Town:
    """A planar network with realistic times, in seconds."""

    network: Network
    x: np.ndarray
    y: np.ndarray


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    question: str
    program: str
    seconds: float
    processor: float
    note: str


def town(nodes: int) -> Town:
    """Draw a jittered grid of 200 m streets, a third of them missing, with faster main roads."""
    random = np.random.default_rng(SEED)
    side = int(np.sqrt(nodes))
    row, column = np.divmod(np.arange(side * side), side)
    x = column * 200.0 + random.uniform(-60, 60, side * side)
    y = row * 200.0 + random.uniform(-60, 60, side * side)
    number = np.arange(side * side).reshape(side, side)
    edges = np.vstack(
        [
            np.c_[number[:, :-1].ravel(), number[:, 1:].ravel()],
            np.c_[number[:-1].ravel(), number[1:].ravel()],
        ]
    )
    edges = edges[random.random(len(edges)) < 0.675]
    main = ((row[edges] % 20 == 0).all(axis=1)) | ((column[edges] % 20 == 0).all(axis=1))
    metres = np.hypot(x[edges[:, 0]] - x[edges[:, 1]], y[edges[:, 0]] - y[edges[:, 1]])
    metres *= random.uniform(1.0, 1.4, len(edges))
    kmh = np.where(main, 90, random.choice([30, 50, 50, 70, 80], len(edges)))
    seconds = np.maximum(np.rint(metres / (kmh / 3.6)), 1).astype(np.int32)
    network = Network.from_arcs(
        side * side,
        np.r_[edges[:, 0], edges[:, 1]],
        np.r_[edges[:, 1], edges[:, 0]],
        np.r_[seconds, seconds],
    )
    # a map is numbered in no order: shuffled here, so that the renumbering is part of the work
    order = random.permutation(side * side)
    return Town(network.renumbered(order), x[order], y[order])


@dataclass(frozen=True, slots=True)
class Taken:
    """Seconds on the clock, and of processor (they say more on a machine that others use)."""

    clock: float
    processor: float

    def times(self, factor: float) -> Taken:
        """Bring to another number of origins."""
        return Taken(self.clock * factor, self.processor * factor)


def timed(work: Callable[[], object], repeats: int = 1) -> tuple[Taken, object]:
    """Return the medians of some runs, and what the last one returned."""
    clock, processor, answer = [], [], None
    for _ in range(repeats):
        start = time.perf_counter(), time.process_time()
        answer = work()
        clock.append(time.perf_counter() - start[0])
        processor.append(time.process_time() - start[1])
    return Taken(statistics.median(clock), statistics.median(processor)), answer


def ours(place: Town, origins: np.ndarray, targets: np.ndarray, limit: int, repeats: int) -> list:
    """Time the program: preparation of the network, then searches on one and two threads."""
    preparing, order = timed(lambda: z_order(place.x, place.y))
    renumbering, network = timed(lambda: place.network.renumbered(order))
    nodes = network.nodes
    sides = [Attachments.at_nodes(n).renumbered(order, nodes) for n in (origins, targets)]
    start = time.perf_counter()
    bounded_pairs(network, *(Attachments.at_nodes(np.arange(3)) for _ in range(2)), limit=10)
    compiling = time.perf_counter() - start
    rows = []
    for threads in (1, 2):
        taken, found = timed(
            lambda threads=threads: bounded_pairs(network, *sides, limit=limit, threads=threads),
            repeats,
        )
        rows.append((f"assemblier, {threads} thread(s)", taken, found))
    print(
        f"renumbering {preparing.clock + renumbering.clock:.2f} s and first compilation "
        f"{compiling:.2f} s, counted apart",
        flush=True,
    )
    return rows


def by_scipy(place: Town, origins: np.ndarray, limit: int) -> np.ndarray:
    """Search with scipy, a bounded number of rows at a time: a full row is one million floats."""
    network = place.network
    graph = csr_array(
        (network.costs.astype(float), network.heads, network.indptr), shape=(network.nodes,) * 2
    )
    return dijkstra(graph, indices=origins, limit=limit)


def check(found: object, distances: np.ndarray, rows: np.ndarray, targets: np.ndarray) -> int:
    """Compare some rows with scipy's, pair by pair; return how many pairs were compared."""
    compared = 0
    for row, distance in zip(rows, distances, strict=True):
        expected = distance[targets]
        reached = np.flatnonzero(np.isfinite(expected))
        part = slice(found.indptr[row], found.indptr[row + 1])
        if not np.array_equal(found.indices[part], reached) or not np.array_equal(
            found.costs[part], expected[reached]
        ):
            raise AssertionError(f"row {row} differs from scipy's")
        compared += reached.size
    return compared


def peers(place: Town, origins: np.ndarray, limit: int) -> list[tuple[str, Taken]]:
    """Time what else is installed, by origin."""
    network, some = place.network, origins[:20]
    rows = []
    if importlib.util.find_spec("igraph"):
        import igraph

        graph = igraph.Graph(
            n=network.nodes, edges=np.c_[network.tails, network.heads], directed=True
        )
        graph.es["weight"] = network.costs
        taken, _ = timed(lambda: graph.distances(some[:3].tolist(), weights="weight"))
        rows.append(("igraph (unbounded)", taken.times(1 / 3)))
    if importlib.util.find_spec("networkit"):
        import networkit

        graph = networkit.Graph(network.nodes, weighted=True, directed=True)
        for tail, head, cost in zip(
            network.tails.tolist(), network.heads.tolist(), network.costs.tolist(), strict=True
        ):
            graph.addEdge(tail, head, cost)
        taken, _ = timed(
            lambda: [networkit.distance.Dijkstra(graph, int(s), False).run() for s in some[:3]]
        )
        rows.append(("networkit (unbounded)", taken.times(1 / 3)))
    if importlib.util.find_spec("pandana"):
        import pandana
        import pandas as pd

        net = pandana.Network(
            pd.Series(place.x),
            pd.Series(place.y),
            pd.Series(network.tails),
            pd.Series(network.heads),
            pd.DataFrame({"s": network.costs.astype(float)}),
            twoway=False,
        )
        taken, _ = timed(lambda: net.nodes_in_range(some.tolist(), limit))
        rows.append(("pandana", taken.times(1 / some.size)))
    return rows


def row_of(question: str, program: str, taken: Taken, note: str) -> Row:
    """Make a line of the table."""
    return Row(question, program, taken.clock, taken.processor, note)


def table(rows: Sequence[Row], reference: dict[str, Taken]) -> str:
    """Write the rows in Markdown, with the ratio of clocks to the program on two threads."""
    lines = [
        "| question | program | seconds | of processor | ratio | |",
        "|---|---|---:|---:|---:|---|",
    ]
    for row in rows:
        ratio = row.seconds / reference[row.question].clock
        lines.append(
            f"| {row.question} | {row.program} | {row.seconds:.2f} | {row.processor:.2f} "
            f"| {ratio:.1f} × | {row.note} |"
        )
    return "\n".join(lines)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark and print its table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--checked", type=int, default=40, help="rows compared with scipy")
    parser.add_argument(
        "--without-peers",
        action="store_true",
        help="leave out pandana, networkit and igraph (their preparation takes minutes)",
    )
    chosen = parser.parse_args(argv)
    place = town(chosen.nodes)
    random = np.random.default_rng(SEED + 1)
    size = place.network.nodes
    print(f"{size} crossings, {place.network.heads.size} arcs")
    rows: list[Row] = []
    reference: dict[str, Taken] = {}
    for origins, targets, minutes in ((2_000, 20_000, 30), (35_000, 20_000, 20)):
        n, m = (min(count, size // 4) for count in (origins, targets))
        question = f"{n} × {m}, {minutes} min"
        here, there = (random.choice(size, count, replace=False) for count in (n, m))
        for program, taken, found in ours(place, here, there, 60 * minutes, chosen.repeats):
            rows.append(row_of(question, program, taken, f"{found.indices.size} pairs"))
            reference[question] = taken
        count = min(chosen.checked, n)
        taken, distances = timed(lambda h=here, c=count, t=minutes: by_scipy(place, h[:c], 60 * t))
        compared = check(found, distances, np.arange(count), there)
        note = f"measured on {count} origins; {compared} pairs equal"
        rows.append(row_of(question, "scipy dijkstra(limit=)", taken.times(n / count), note))
        if minutes == 30 and not chosen.without_peers:
            for name, each in peers(place, here, 60 * minutes):
                rows.append(row_of(question, name, each.times(n), "measured on few origins"))
    question = "35,000 communes by crow-fly, 20 min"
    count = min(35_000, size)
    france = Places(
        np.arange(count).astype(str), random.uniform(-3, 7, count), random.uniform(43, 50, count)
    )
    model = CrowFlyModel(2.0, 1.25)
    crow_fly_times(france, france, model, limit=60)
    taken, found = timed(lambda: crow_fly_times(france, france, model, limit=1200), chosen.repeats)
    reference[question] = taken
    rows.append(row_of(question, "assemblier", taken, f"{found.pairs} pairs"))
    print("\n" + table(rows, reference))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
