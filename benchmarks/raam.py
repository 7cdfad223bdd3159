"""RAAM to a certified gap: 35,000 demand points × 20,000 sites, 4 million pairs.

``access`` builds a dense matrix, so it is met on a small case only, at 1,000 cycles.
``python benchmarks/raam.py [--gap 1e-5]``
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from assemblier.measures.access import Demand, Supply
from assemblier.measures.raam import raam_equilibrium
from assemblier.measures.times import TravelTimes

TAU = 60.0


def country(n: int, m: int, near: int, seed: int = 1) -> tuple[TravelTimes, Demand, Supply]:
    """Draw towns and countryside; each demand reaches its nearest sites by the crow."""
    draw = np.random.default_rng(seed)
    side = np.sqrt(n)
    towns = draw.random((max(3, n // 120), 2)) * side
    share = draw.dirichlet(np.full(len(towns), 0.5))

    def points(count: int) -> np.ndarray:
        place = towns[draw.choice(len(towns), count, p=share)] + draw.normal(0, 3, (count, 2))
        rural = draw.random(count) < 0.5
        place[rural] = draw.random((int(rural.sum()), 2)) * side
        return place

    here, there = points(n), points(m)
    distance, site = cKDTree(there).query(here, k=near)
    minutes = np.rint((distance / np.quantile(distance, 0.9) * 25 + 2) * 60) / 60
    ids = np.array([f"{i:05d}" for i in range(n)], dtype=object)
    sites = np.array([f"S{j:05d}" for j in range(m)], dtype=object)
    times = TravelTimes.from_pairs(
        ids,
        sites,
        rows=np.repeat(np.arange(n), near),
        columns=site.ravel(),
        minutes=minutes.ravel(),
        engine="à vol d’oiseau, tiré au sort",
    )
    demand = Demand.of(ids, np.round(draw.lognormal(6, 1.2, n)))
    return times, demand, Supply.of(sites, draw.integers(1, 8, m).astype(float))


def by_access(times: TravelTimes, demand: Demand, supply: Supply, cycles: int) -> np.ndarray:
    """RAAM by PySAL access, with ever smaller steps where there are cycles enough."""
    from access.raam import raam as theirs

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = theirs(
            # it moves whole people: costs do not change with their number, its rounding does
            pd.DataFrame({"demand": np.rint(demand.population * 1e5)}, index=demand.ids),
            pd.DataFrame({"supply": supply.capacity}, index=supply.ids),
            times.to_table().rename(columns={"destination": "dest", "minutes": "cost"}),
            tau=TAU,
            max_cycles=cycles,
            **({} if cycles < 1000 else {"min_step": 1e-5, "half_life": cycles / 20}),
        )
    return found.reindex(demand.ids).to_numpy()


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
    parser.add_argument("--demand", type=int, default=35_000)
    parser.add_argument("--sites", type=int, default=20_000)
    parser.add_argument("--near", type=int, default=114)
    parser.add_argument("--gap", type=float, default=1e-5)
    parser.add_argument("--no-peers", action="store_true")
    options = parser.parse_args(argv)
    small = country(600, 200, 40, seed=2)
    begun = time.perf_counter()
    raam_equilibrium(*small, tau=TAU)
    compiled = time.perf_counter() - begun
    begun = time.perf_counter()
    ours = raam_equilibrium(*small, tau=TAU, gap=1e-6)
    rows = [("600 × 200, 24,000 pairs", time.perf_counter() - begun, ours.gap, "")]
    times, demand, supply = country(options.demand, options.sites, options.near)
    for gap in sorted({1e-4, options.gap}, reverse=True):
        begun, busy = time.perf_counter(), time.process_time()
        large = raam_equilibrium(times, demand, supply, tau=TAU, gap=gap)
        spent, busy = time.perf_counter() - begun, time.process_time() - busy
        rows.append(
            (
                f"{options.demand} × {options.sites}, {times.pairs} pairs "
                f"({busy:.1f} s of processor)",
                spent,
                large.gap,
                memory(),
            )
        )
    if not options.no_peers:
        for cycles in (151, 1000, 3000):
            begun = time.perf_counter()
            theirs = by_access(*small, cycles)
            spent = time.perf_counter() - begun
            far = float(np.mean(np.abs(theirs - ours.access.value)))
            rows.append((f"access, {cycles} cycles, 600 × 200", spent, far, ""))
    print(f"\ncompile {compiled:.1f} s; for `access`, the gap column is the mean difference\n")
    print("| case | seconds | gap | peak memory |\n|---|---:|---:|---:|")
    for name, spent, gap, peak in rows:
        print(f"| {name} | {spent:.2f} | {gap:.1e} | {peak} |")


if __name__ == "__main__":
    main()
