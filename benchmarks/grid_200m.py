"""APL on a synthetic 200 m grid: 2.3 million cells × 20,000 sites, without storing the pairs.

``python benchmarks/grid_200m.py [--cells 2300000]``; results must be the same bits on one and two
threads.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Sequence

import numba
import numpy as np

from assemblier.measures.streaming import CrowFlyLine, pairs_within, stream_two_step

LINE = CrowFlyLine(constant=3.0, per_km=0.55)
DECAYS = ("steps:10=1,15=2/3,20=1/3", "gaussian:20", "epanechnikov:20", "exponential:0.1,max=20")


def country(cells: int, sites: int, seed: int = 1) -> tuple[np.ndarray, ...]:
    """Draw distinct 200 m cells in towns and countryside, and sites where people are."""
    draw = np.random.default_rng(seed)
    wide = 4500
    towns = draw.random((1500, 2)) * wide
    share = draw.dirichlet(np.full(len(towns), 0.3))
    spread = 12 + 900 * np.sqrt(share)
    kept = np.empty(0, dtype=np.int64)
    while kept.size < cells:
        town = draw.choice(len(towns), cells, p=share)
        place = towns[town] + draw.normal(0, 1, (cells, 2)) * spread[town][:, None]
        rural = draw.random(cells) < 0.45
        place[rural] = draw.random((int(rural.sum()), 2)) * wide
        inside = ((place >= 0) & (place < wide)).all(axis=1)
        column, row = place[inside].astype(np.int64).T
        kept = np.unique(np.concatenate((kept, row * wide + column)))
    kept = np.sort(draw.choice(kept, cells, replace=False))
    x, y = (kept % wide) * 200.0 + 100, (kept // wide) * 200.0 + 100
    people = np.ceil(draw.lognormal(2.6, 1.2, cells))
    chosen = draw.choice(cells, sites, p=people / people.sum())
    near = draw.normal(0, 300, (2, sites))
    capacity = draw.integers(1, 9, sites) * 4900.0
    return x, y, people, x[chosen] + near[0], y[chosen] + near[1], capacity


def memory() -> str:
    """Return the highest memory of this process so far."""
    if sys.platform == "win32":
        return "not measured"
    import resource

    scale = 1024**3 if sys.platform == "darwin" else 1024**2
    return f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / scale:.2f} GiB"


def main(argv: Sequence[str] | None = None) -> None:
    """Run and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=int, default=2_300_000)
    parser.add_argument("--sites", type=int, default=20_000)
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args(argv)
    small = country(2000, 50, seed=3)
    begun = time.perf_counter()
    for decay in DECAYS:
        stream_two_step(*small, decay=decay, line=LINE)
    compiled = time.perf_counter() - begun
    grid = country(options.cells, options.sites)
    pairs = pairs_within(*grid[:2], *grid[3:5], decay=DECAYS[0], line=LINE)
    print(f"\n{options.cells} cells × {options.sites} sites, {pairs:,} pairs within 20 minutes")
    print(f"compile {compiled:.1f} s; peak memory before {memory()}\n")
    print("| decay | threads | median, s | peak memory | same bits on 1 thread |")
    print("|---|---:|---:|---:|---|")
    threads = numba.get_num_threads()
    for decay in DECAYS:
        spent = []
        for _ in range(options.repeat):
            begun = time.perf_counter()
            found = stream_two_step(*grid, decay=decay, line=LINE)
            spent.append(time.perf_counter() - begun)
        kept = np.sum(found.value * grid[2]), grid[5][~found.unreached].sum()
        assert abs(kept[0] / kept[1] - 1) < 1e-9, kept
        numba.set_num_threads(1)
        alone = stream_two_step(*grid, decay=decay, line=LINE)
        numba.set_num_threads(threads)
        same = np.array_equal(alone.value, found.value)
        print(
            f"| {decay} | {threads} | {statistics.median(spent):.2f} | {memory()} | "
            f"{'yes' if same else 'NO'} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
