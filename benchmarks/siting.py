"""Siting: time to proof, beside HiGHS given the whole model in the same run.

``python benchmarks/siting.py [--instances 20] [--peer-seconds 60] [--no-peers] [--national]``
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence

import numpy as np
from scipy.spatial import cKDTree

from assemblier.futures.coverage import maximal_covering
from assemblier.futures.doctors import place_doctors
from assemblier.futures.mixed_integer import Programme
from assemblier.futures.p_center import p_center
from assemblier.futures.p_median import p_median
from assemblier.futures.shortfall import Bands, Shortfall, shortfall_problem
from assemblier.futures.siting import Siting
from assemblier.futures.wishes import Wishes
from assemblier.measures.times import TravelTimes

DECAY = "steps:10=1,15=2/3,20=1/3"


def plane(n: int, m: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw demands and sites uniformly; return distances and weights."""
    draw = np.random.default_rng(seed)
    here, there = draw.random((n, 2)) * 100, draw.random((m, 2)) * 100
    far = np.hypot(*(here[:, None] - there[None]).transpose(2, 0, 1))
    return far, draw.integers(1, 100, n).astype(float)


def towns(n: int, sites: int, seed: int, threshold: float) -> Shortfall:
    """Draw a country of communes, the largest of which are candidates."""
    draw = np.random.default_rng(seed)
    side = np.sqrt(n * 15.0)
    here = draw.random((n, 2)) * side
    people = np.rint(draw.lognormal(6.2, 1.2, n))
    candidates = np.sort(np.argsort(-people)[:sites])
    near = cKDTree(here).query_ball_point(here[candidates], 14.4)
    column = np.repeat(np.arange(sites), [len(rows) for rows in near])
    row = np.concatenate([np.asarray(rows) for rows in near])
    minutes = 2 + 1.25 * np.hypot(*(here[row] - here[candidates[column]]).T)
    times = TravelTimes.from_pairs(
        np.arange(n), np.arange(sites), rows=row, columns=column, minutes=minutes,
        engine="à vol d’oiseau, tiré au sort",
    )  # fmt: skip
    smooth = draw.normal(0, 1, (40, 40))
    cell = np.minimum((here / side * 40).astype(int), 39)
    access = np.clip(3.4 + 0.9 * smooth[cell[:, 0], cell[:, 1]] + draw.normal(0, 0.3, n), 0.1, None)
    return shortfall_problem(
        times, DECAY, standardised=people, access=access, capacity=5400.0,
        bands=Bands.under(threshold, ["1", "2/3", "1/3"], [1, 2, 4]),
    )  # fmt: skip


def direct_p_median(cost: np.ndarray, weight: np.ndarray, p: int, seconds: float) -> float:
    """Give HiGHS the whole p-median; return the gap it reached."""
    n, m = cost.shape
    programme = Programme()
    served = programme.add_columns(n * m, cost=(cost * weight[:, None]).ravel(), upper=1.0)
    opened = programme.add_columns(m, upper=1.0, whole=True)
    programme.add_entries(
        np.repeat(programme.add_rows(n, lower=1.0, upper=1.0), m), served, np.ones(n * m)
    )
    linked = programme.add_rows(n * m, upper=0.0)
    programme.add_entries(linked, served, 1.0)
    programme.add_entries(linked, np.tile(opened, n), -1.0)
    programme.add_row(opened, 1.0, lower=p, upper=p)
    found = programme.solve(seconds=seconds)
    return float("inf") if found.x is None else (found.value - found.bound) / found.value


def direct_covering(covered: np.ndarray, weight: np.ndarray, p: int, seconds: float) -> float:
    """Give HiGHS the whole maximal covering; return the gap it reached."""
    n, m = covered.shape
    programme = Programme()
    opened = programme.add_columns(m, upper=1.0, whole=True)
    missed = programme.add_columns(n, cost=weight, upper=1.0)
    lines = programme.add_rows(n, lower=1.0)
    row, column = np.nonzero(covered)
    programme.add_entries(lines, missed, 1.0)
    programme.add_entries(lines[row], opened[column], 1.0)
    programme.add_row(opened, 1.0, lower=p, upper=p)
    found = programme.solve(seconds=seconds)
    return float("inf") if found.x is None else (found.value - found.bound) / weight.sum()


Row = tuple[str, list[float], list[float], str]


def _run(name: str, cases: Sequence[Callable[[], Siting]]) -> Row:
    seconds, busy, gaps = [], [], []
    for case in cases:
        begun, processor = time.perf_counter(), time.process_time()
        found = case()
        seconds.append(time.perf_counter() - begun)
        busy.append(time.process_time() - processor)
        gaps.append(0.0 if found.proved else (found.gap_of_gain or found.gap))
    proved = sum(gap == 0 for gap in gaps)
    return name, seconds, busy, f"{proved}/{len(cases)} proved, worst gap {max(gaps):.2%}"


def _peer(name: str, run: Callable[[], float]) -> Row:
    begun, processor = time.perf_counter(), time.process_time()
    gap = run()
    said = "proved" if gap < 1e-6 else ("nothing found" if np.isinf(gap) else f"gap {gap:.2%}")
    return name, [time.perf_counter() - begun], [time.process_time() - processor], said


def main(argv: Sequence[str] | None = None) -> None:
    """Run and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--instances", type=int, default=20)
    parser.add_argument("--peer-seconds", type=float, default=60.0)
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--national", action="store_true", help="34,690 demands too")
    options = parser.parse_args(argv)
    few = max(1, options.instances // 4)
    small, units = plane(60, 20, 0)
    begun = time.perf_counter()
    p_median(small, 3, weight=units)
    maximal_covering(small < 20, 3, weight=units)
    place_doctors(towns(200, 20, 0, 2.5), Wishes.of(3, 20), seconds=5)
    compiled = time.perf_counter() - begun

    def median(seed: int) -> Callable[[], Siting]:
        cost, weight = plane(1000, 200, seed)
        return lambda: p_median(cost, 10, weight=weight)

    def covering(seed: int, radius: float) -> Callable[[], Siting]:
        far, weight = plane(5000, 500, seed)
        covered = far <= radius
        return lambda: maximal_covering(covered, 20, weight=weight, seconds=60)

    def doctors(n: int, sites: int, k: int, seconds: float) -> Callable[[], Siting]:
        problem = towns(n, sites, 1, 3.5)
        return lambda: place_doctors(problem, Wishes.of(k, sites), seconds=seconds)

    cost, weight = plane(1000, 200, 0)
    far, people = plane(5000, 500, 0)
    rows = [
        _run("p-median 1,000 × 200, p = 10", [median(seed) for seed in range(options.instances)])
    ]
    if not options.no_peers:
        rows.append(
            _peer(
                f"HiGHS, whole model, first of them, {options.peer_seconds:.0f} s",
                lambda: direct_p_median(cost, weight, 10, options.peer_seconds),
            )
        )
    rows += [
        _run(f"covering 5,000 × 500, p = 20, radius {radius}",
             [covering(seed, radius) for seed in range(few)])
        for radius in (8.0, 9.0)
    ]  # fmt: skip
    if not options.no_peers:
        rows.append(
            _peer(
                f"HiGHS, whole model, radius 8, first of them, {options.peer_seconds:.0f} s",
                lambda: direct_covering(far <= 8.0, people, 20, options.peer_seconds),
            )
        )
    rows += [
        _run("p-centre 1,000 × 200, p = 10", [lambda: p_center(cost, 10)]),
        _run("shortfall 1,200 × 300, k = 10", [doctors(1200, 300, 10, 30)] * 3),
        _run("shortfall 34,690 × 2,000, k = 100", [doctors(34_690, 2000, 100, 30)] * 2),
    ]
    if options.national:
        rows.append(
            _run("shortfall 34,690 × 34,690, k = 1,000", [doctors(34_690, 34_690, 1000, 10)])
        )
        wide, crowd = plane(34_690, 2000, 1)
        rows.append(
            _run("p-median 34,690 × 2,000, p = 50",
                 [lambda: p_median(wide, 50, weight=crowd, nearest=300, gap=0.003, seconds=30)])
        )  # fmt: skip
    print(f"\ncompile and first call {compiled:.1f} s\n")
    print("| case | median s | longest s | median processor s | |\n|---|---:|---:|---:|---|")
    for name, seconds, busy, said in rows:
        print(f"| {name} | {np.median(seconds):.2f} | {max(seconds):.2f} | {np.median(busy):.2f} "
              f"| {said} |")  # fmt: skip


if __name__ == "__main__":
    main()
