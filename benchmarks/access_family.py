"""The two-step family at national size: 35,000 demand points × 20,000 sites, 4 million pairs.

Peers run on the same tables in the same run: PySAL ``access`` and a plain scipy CSR product.
Compile time is told apart. ``python benchmarks/access_family.py [--pairs 4000000] [--repeat 5]``
"""

from __future__ import annotations

import argparse
import statistics
import time
import warnings
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from scipy import sparse

from assemblier.measures.access import Demand, Supply
from assemblier.measures.decay import Steps, parse_decay
from assemblier.measures.prepared import prepare
from assemblier.measures.registry import MEASURES
from assemblier.measures.tables_access import access_from_tables
from assemblier.measures.times import TravelTimes

DECAY = "steps:10=1,20=0.68,30=0.22"


def tables(
    n: int, m: int, pairs: int, seed: int = 1
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Draw tables with text identifiers; times are whole seconds off the bounds."""
    draw = np.random.default_rng(seed)
    key = np.sort(draw.choice(n * m, size=pairs, replace=False))
    seconds = draw.integers(0, 40 * 60, pairs)
    seconds += (seconds % 600 == 0).astype(int)
    origins = np.array([f"{i:05d}" for i in range(n)], dtype=object)
    sites = np.array([f"S{j:05d}" for j in range(m)], dtype=object)
    od = pd.DataFrame(
        {
            "origin": pd.array(origins[key // m], dtype="str"),
            "destination": pd.array(sites[key % m], dtype="str"),
            "minutes": seconds / 60,
        }
    )
    demand = pd.DataFrame({"id": origins, "population": draw.integers(50, 5000, n).astype(float)})
    supply = pd.DataFrame({"id": sites, "capacity": draw.integers(1, 9, m).astype(float)})
    return od, demand, supply


def median(run: Callable[[], object], repeat: int) -> float:
    """Return the median wall time of some runs, seconds."""
    spent = []
    for _ in range(repeat):
        begun = time.perf_counter()
        run()
        spent.append(time.perf_counter() - begun)
    return statistics.median(spent)


def by_access(od: pd.DataFrame, demand: pd.DataFrame, supply: pd.DataFrame) -> pd.Series:
    """E2SFCA by PySAL access."""
    from access.fca import two_stage_fca
    from access.weights import step_fn

    steps = parse_decay(DECAY)
    assert isinstance(steps, Steps)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return two_stage_fca(
            demand.set_index("id"),
            supply.set_index("id"),
            od,
            max_cost=30,
            demand_index=True,
            demand_name="population",
            supply_index=True,
            supply_name="capacity",
            cost_origin="origin",
            cost_dest="destination",
            cost_name="minutes",
            weight_fn=step_fn(dict(zip(steps.bounds, steps.heights, strict=True))),
        )


def by_scipy(od: pd.DataFrame, demand: pd.DataFrame, supply: pd.DataFrame) -> np.ndarray:
    """E2SFCA as a plain sparse product, with pandas to match identifiers."""
    rows = pd.Index(demand["id"]).get_indexer(od["origin"])
    columns = pd.Index(supply["id"]).get_indexer(od["destination"])
    weight = parse_decay(DECAY).weights(od["minutes"].to_numpy())
    matrix = sparse.csr_array((weight, (rows, columns)), shape=(len(demand), len(supply)))
    pressure = matrix.T @ demand["population"].to_numpy()
    return matrix @ (supply["capacity"].to_numpy() / np.where(pressure > 0, pressure, np.inf))


def main(argv: Sequence[str] | None = None) -> None:
    """Run and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--demand", type=int, default=35_000)
    parser.add_argument("--sites", type=int, default=20_000)
    parser.add_argument("--pairs", type=int, default=4_000_000)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--no-peers", action="store_true")
    options = parser.parse_args(argv)
    od, demand, supply = tables(options.demand, options.sites, options.pairs)
    begun = time.perf_counter()
    ours = access_from_tables("e2sfca", od, demand, supply, DECAY)
    first = time.perf_counter() - begun
    rows: list[tuple[str, float]] = []

    def timed(name: str, run: Callable[[], object], repeat: int = options.repeat) -> None:
        rows.append((name, median(run, repeat)))

    timed("E2SFCA from tables", lambda: access_from_tables("e2sfca", od, demand, supply, DECAY))
    compiled = first - rows[0][1]
    reference = rows[0][1]
    if not options.no_peers:
        theirs = by_access(od, demand, supply).reindex(demand["id"]).fillna(0.0).to_numpy()
        assert np.allclose(theirs, ours["value"], rtol=1e-9, atol=0)
        timed("E2SFCA, PySAL access", lambda: by_access(od, demand, supply), 3)
        assert np.allclose(by_scipy(od, demand, supply), ours["value"], rtol=1e-9, atol=0)
        timed("E2SFCA, scipy CSR", lambda: by_scipy(od, demand, supply), 3)
    people, offer = Demand.from_table(demand), Supply.from_table(supply)
    times = TravelTimes.from_table(od, origins=people.ids, destinations=offer.ids)
    steps = parse_decay(DECAY)
    for name in ("e2sfca", "m2sfca", "3sfca", "mh3sfca", "bfca", "availability"):
        compute = MEASURES[name].compute
        compute(times, people, offer, steps)
        timed(f"{name}, times at hand", lambda run=compute: run(times, people, offer, steps))
    ready = prepare("apl", times, people, offer, DECAY)
    capacity = offer.capacity * 1.1
    ready.values(capacity)
    timed("changed capacity, prepared", lambda: ready.values(capacity), 5 * options.repeat)
    ready.change({"S00007": 1.0})
    timed("one more at one site, prepared", lambda: ready.change({"S00007": 1.0}))
    print(
        f"\n{options.demand} × {options.sites}, {options.pairs} pairs; compile {compiled:.1f} s\n"
    )
    print("| what | median, ms | against E2SFCA from tables |\n|---|---:|---:|")
    for name, seconds in rows:
        print(f"| {name} | {1000 * seconds:.1f} | × {seconds / reference:.3g} |")


if __name__ == "__main__":
    main()
