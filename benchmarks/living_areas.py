"""How long the delineation of living areas takes at the scale of France.

The flows are artificial (a gravity model on the real communes and their populations), drawn so
that they have the size of the national commuting file: about 34,700 communes, 2.4 million pairs.

    python benchmarks/living_areas.py COMMUNES.csv [--draws 200]
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from assemblier.perimeters.contiguity import neighbours_from_points
from assemblier.perimeters.flows import Flows, flows_between, zone_keys
from assemblier.perimeters.living_areas.partitions import compare_partitions
from assemblier.perimeters.living_areas.service_areas import ServiceAreaRule, service_areas
from assemblier.perimeters.living_areas.stability import area_stability
from assemblier.perimeters.living_areas.ttwa import TtwaRule, travel_to_work_areas

RULE = TtwaRule(3_500, 25_000, 2 / 3, 0.75)
MAINLAND_LONGITUDES = (-6.0, 10.0)
MAINLAND_LATITUDES = (41.0, 52.0)
KM_PER_DEGREE = 111.2


def communes(path: Path) -> pd.DataFrame:
    """Read mainland communes with a population and a point, positions in km."""
    table = pd.read_csv(path, dtype={"code": str, "departement": str}, na_values="\\N")
    table = table[table["type"] == "commune-actuelle"]
    table = table.rename(columns={"population_etalab": "population"})
    table = table.dropna(subset=["population", "centroid_lon", "centroid_lat"])
    table = table[
        table["centroid_lon"].between(*MAINLAND_LONGITUDES)
        & table["centroid_lat"].between(*MAINLAND_LATITUDES)
    ]
    table["x"] = table["centroid_lon"] * KM_PER_DEGREE * np.cos(np.radians(46.5))
    table["y"] = table["centroid_lat"] * KM_PER_DEGREE
    return table[["code", "population", "x", "y"]].reset_index(drop=True)


def gravity(
    table: pd.DataFrame, *, seed: int = 1, near: int = 230, poles: int = 25
) -> pd.DataFrame:
    """Draw commuters from a gravity model: neighbours, and the nearest large towns."""
    draw = np.random.default_rng(seed)
    points = table[["x", "y"]].to_numpy()
    people = table["population"].to_numpy(float)
    large = np.argsort(-people, kind="stable")[:1_500]
    _, close = cKDTree(points).query(points, k=near)
    _, town = cKDTree(points[large]).query(points, k=poles)
    origin = np.repeat(np.arange(len(table)), near + poles)
    destination = np.concatenate([close, large[town]], axis=1).ravel()
    pair = np.unique(origin * len(table) + destination)
    origin, destination = pair // len(table), pair % len(table)
    km = np.hypot(*(points[origin] - points[destination]).T)
    pull = people[destination] ** 1.15 * np.exp(-km / 8.0) + people[destination] * 2e-4
    pull[origin == destination] *= 2.5
    share = pull / np.bincount(origin, weights=pull)[origin]
    flow = draw.poisson(0.42 * people[origin] * share)
    kept = flow > 0
    return pd.DataFrame(
        {
            "origin": table["code"].to_numpy()[origin[kept]],
            "destination": table["code"].to_numpy()[destination[kept]],
            "flow": flow[kept].astype(float),
        }
    )


def told(what: str, times: int, call) -> None:
    """Print the median elapsed and computing time of a call."""
    elapsed, computing = [], []
    for _ in range(times):
        start, busy = time.perf_counter(), time.process_time()
        call()
        elapsed.append(time.perf_counter() - start)
        computing.append(time.process_time() - busy)
    print(f"{what}: {np.median(elapsed):.3f} s elapsed, {np.median(computing):.3f} s of computing")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("communes", type=Path)
    parser.add_argument("--draws", type=int, default=200)
    asked = parser.parse_args()
    table = communes(asked.communes)
    rows = gravity(table)
    columns = (rows["origin"], rows["destination"], rows["flow"])
    flows: Flows = flows_between(*columns)
    areas = travel_to_work_areas(flows, RULE)
    print(f"{flows.zones.size} communes, {flows.pairs} pairs")
    told("rows to arrays", 3, lambda: flows_between(*columns))
    told("keys against ties", 5, lambda: zone_keys(flows))
    told("travel-to-work areas, no log", 5, lambda: travel_to_work_areas(flows, RULE, log=False))
    told("travel-to-work areas, log", 5, lambda: travel_to_work_areas(flows, RULE))
    print(f"{areas.count} areas, {areas.steps} dissolutions, {areas.reserve.size} in reserve")

    shuffled = np.random.default_rng(2).permutation(flows.zones.size)
    new = pd.Series(shuffled, index=flows.zones)
    other = flows_between(rows["origin"].map(new), rows["destination"].map(new), rows["flow"])
    again = travel_to_work_areas(other, RULE, log=False)
    same = compare_partitions(areas.label, again.label[shuffled]).adjusted_rand
    print(f"adjusted Rand after renumbering every commune: {same}")

    placed = table.set_index("code").loc[flows.zones]
    touching = neighbours_from_points(flows.zones, placed["x"], placed["y"], count=6)
    people = placed["population"].to_numpy()
    rule = ServiceAreaRule(1_000, 0.3)
    service_areas(flows, people, rule, contiguity=touching)
    told("service areas", 3, lambda: service_areas(flows, people, rule, contiguity=touching))

    area_stability(flows, areas, draws=2)
    told(
        f"stability, {asked.draws} draws",
        1,
        lambda: area_stability(flows, areas, draws=asked.draws),
    )
    found = area_stability(flows, areas, draws=20)
    print(
        f"mean share of draws with the core {np.nanmean(found.with_core):.3f}, "
        f"{found.counts.min()} to {found.counts.max()} areas"
    )


if __name__ == "__main__":
    main()
