"""The p-median instances of the OR-Library (Beasley 1985): our proved values, the published optima.

``python benchmarks/p_median_library.py FOLDER [--seconds 60]``, FOLDER holding pmed1.txt to
pmed40.txt, or some of them, as https://people.brunel.ac.uk/~mastjjb/jeb/orlib/pmedinfo.html gives
them; a file pmedopt.txt beside them goes before the optima written here.
"""

from __future__ import annotations

import argparse
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import csgraph_from_dense, shortest_path

from assemblier.futures.siting.p_median import p_median

# Beasley (1985), A note on solving large p-median problems, doi:10.1016/0377-2217(85)90284-2;
# the values are those of the OR-Library's file pmedopt.txt, pmed1 to pmed40.
PUBLISHED = (
    5819, 4093, 4250, 3034, 1355, 7824, 5631, 4445, 2734, 1255,
    7696, 6634, 4374, 2968, 1729, 8162, 6999, 4809, 2845, 1789,
    9138, 8579, 4619, 2961, 1828, 9917, 8307, 4498, 3033, 1989,
    10086, 9297, 4700, 3013, 10400, 9934, 5057, 11060, 9423, 5128,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Instance:
    """A graph each vertex of which is a demand of one and a site.

    Attributes
    ----------
    p
        Sites to open.
    cost
        Length of the shortest path between vertices, shape (n, n).
    """

    p: int
    cost: NDArray[np.float64]


def read_instance(path: Path) -> Instance:
    """Read ``n edges p``, then one ``i j cost`` for each undirected edge, vertices from 1.

    An edge given twice has its last cost, as the OR-Library asks, be it the larger one.
    """
    told = np.array(path.read_text(encoding="ascii").split(), dtype=np.int64)
    n, edges, p = (int(each) for each in told[:3])
    if told.size != 3 + 3 * edges:
        raise ValueError(f"{path.name}: {edges} edges said, {(told.size - 3) / 3:g} there")
    ends, length = told[3:].reshape(-1, 3)[:, :2], told[5::3]
    if ends.size and (ends.min() < 1 or ends.max() > n):
        raise ValueError(f"{path.name}: a vertex is not from 1 to {n}")
    graph = np.full((n, n), np.inf)
    for (i, j), cost in zip(ends - 1, length, strict=True):
        graph[i, j] = graph[j, i] = cost
    cost = shortest_path(csgraph_from_dense(graph, null_value=np.inf))
    if np.isinf(cost).any():
        raise ValueError(f"{path.name}: some vertices cannot reach each other")
    return Instance(p, cost)


def published(folder: Path) -> dict[str, int]:
    """Return the optimum of each instance: that of the folder's pmedopt.txt where it has one."""
    optima = {f"pmed{place}": value for place, value in enumerate(PUBLISHED, start=1)}
    beside = folder / "pmedopt.txt"
    if beside.is_file():
        said = re.findall(r"(pmed\d+)\s+(\d+)", beside.read_text(encoding="ascii"))
        optima |= {name: int(value) for name, value in said}
    return optima


def verdict(value: float, optimum: int | None, *, proved: bool) -> str:
    """Say whether a value is the published one, and proved."""
    if optimum is None:
        return "none published"
    if abs(value - optimum) > 1e-6:
        return "NO"
    return "yes" if proved else "yes, not proved"


def main(argv: Sequence[str] | None = None) -> None:
    """Run and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seconds", type=float, default=60.0, help="for each instance")
    asked = parser.parse_args(argv)
    held = {
        int(path.stem[4:]): path
        for path in asked.folder.glob("pmed*.txt")
        if path.stem[4:].isdigit()
    }
    if not held:
        parser.error(f"no pmed*.txt in {asked.folder}")
    optima = published(asked.folder)
    p_median(np.abs(np.subtract.outer(np.arange(30.0), np.arange(30.0))), 3)  # compile
    print("| instance | n | p | published optimum | ours | proved bound | equal | seconds |")
    print("|---|---:|---:|---:|---:|---:|---|---:|")
    for _, path in sorted(held.items()):
        told = read_instance(path)
        begun = time.perf_counter()
        found = p_median(told.cost, told.p, seconds=asked.seconds)
        spent = time.perf_counter() - begun
        optimum = optima.get(path.stem)
        figures = f"{'–' if optimum is None else optimum} | {found.value:.10g} | {found.bound:.10g}"
        equal = verdict(found.value, optimum, proved=found.proved)
        print(
            f"| {path.stem} | {len(told.cost)} | {told.p} | {figures} | {equal} | {spent:.2f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
