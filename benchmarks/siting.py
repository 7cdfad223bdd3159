"""Siting: time to proof, beside spopt and HiGHS given the whole model in the same run.

``python benchmarks/siting.py [--instances 20] [--peer-seconds 45] [--no-peers] [--no-national]``;
with ASSEMBLIER_REAL_DATA set, the p-median of the communes of France too.
"""

from __future__ import annotations

import argparse
import csv
import multiprocessing
import os
import queue
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
from scipy.spatial import cKDTree

from assemblier.futures.siting.answer import Siting
from assemblier.futures.siting.covering import maximal_covering
from assemblier.futures.siting.doctors import place_doctors
from assemblier.futures.siting.mixed_integer import Programme
from assemblier.futures.siting.p_center import p_center
from assemblier.futures.siting.p_median import p_median
from assemblier.futures.siting.shortfall import Bands, Shortfall, shortfall_problem
from assemblier.futures.siting.wishes import Wishes
from assemblier.measures.times import TravelTimes

DECAY = "steps:10=1,15=2/3,20=1/3"
COVERING = [(radius, seed) for radius in (6.0, 7.0, 8.0, 8.5, 9.0, 9.5, 10.0) for seed in (0, 1)]
GRACE = 20.0  # seconds a peer has beyond its limit, to write its model and read its answer


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


def spopt_p_median(cost: np.ndarray, weight: np.ndarray, p: int, seconds: float) -> float:
    """Give spopt the p-median, solved by HiGHS; return its gap, infinite when it proved nothing."""
    import pulp
    from spopt.locate import PMedian

    model = PMedian.from_cost_matrix(cost, weight, p_facilities=p)
    model = model.solve(pulp.HiGHS(msg=False, timeLimit=seconds), results=False)
    return 0.0 if model.problem.sol_status == pulp.LpSolutionOptimal else float("inf")


def spopt_covering(far: np.ndarray, weight: np.ndarray, p: int, seconds: float) -> float:
    """Give spopt the maximal covering of radius 8, solved by HiGHS."""
    import pulp
    from spopt.locate import MCLP

    model = MCLP.from_cost_matrix(far, weight, 8.0, p_facilities=p)
    model = model.solve(pulp.HiGHS(msg=False, timeLimit=seconds), results=False)
    return 0.0 if model.problem.sol_status == pulp.LpSolutionOptimal else float("inf")


def direct_covering_8(far: np.ndarray, weight: np.ndarray, p: int, seconds: float) -> float:
    """Give HiGHS the maximal covering of radius 8."""
    return direct_covering(far <= 8.0, weight, p, seconds)


def communes(path: Path, sites: int) -> tuple[np.ndarray, np.ndarray]:
    """Read the communes of metropolitan France; distances in km to the most peopled, people."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = [
            (each["rep_lon"], each["rep_lat"], each["population_etalab"])
            for each in csv.DictReader(file)
            if each["type"] == "commune-actuelle"
        ]
    told = np.array([row for row in rows if "\\N" not in row and "" not in row], dtype=float)
    told = told[(np.abs(told[:, 0] - 2) < 8) & (told[:, 1] > 41)]
    here = told[:, :2] * [111.2 * np.cos(np.radians(46.6)), 111.2]
    most = np.sort(np.argsort(-told[:, 2], kind="stable")[:sites])
    return np.hypot(*(here[:, None] - here[most][None]).transpose(2, 0, 1)), told[:, 2]


Row = tuple[str, list[float], list[float], str]


def _run(name: str, cases: Iterable[Callable[[], Siting]]) -> Row:
    seconds, busy, gaps = [], [], []
    for case in cases:
        begun, processor = time.perf_counter(), time.process_time()
        found = case()
        seconds.append(time.perf_counter() - begun)
        busy.append(time.process_time() - processor)
        gaps.append(0.0 if found.proved else (found.gap_of_gain or found.gap))
    proved = sum(gap == 0 for gap in gaps)
    return name, seconds, busy, f"{proved}/{len(gaps)} proved, worst gap {max(gaps):.2%}"


def _wide(name: str, cost: np.ndarray, weight: np.ndarray, gap: float) -> Row:
    """Prove a p-median with long rows cut to their nearest 300, or its gap in 30 s."""
    return _run(name, [lambda: p_median(cost, 50, weight=weight, nearest=300, gap=gap, seconds=28)])


Peer = Callable[[np.ndarray, np.ndarray, int, float], float]


def _child(run: Peer, given: tuple[np.ndarray, np.ndarray, int, float], answers: object) -> None:
    try:
        answers.put(run(*given))  # type: ignore[attr-defined]
    except ImportError as error:
        answers.put(str(error))  # type: ignore[attr-defined]


def _peer(name: str, run: Peer, costs: np.ndarray, weight: np.ndarray, p: int, limit: float) -> Row:
    """Run a peer in a process of its own, stopped when it passes its limit."""
    spawned = multiprocessing.get_context("spawn")
    answers = spawned.Queue()
    begun = time.perf_counter()
    child = spawned.Process(target=_child, args=(run, (costs, weight, p, limit), answers))
    child.start()
    try:
        gap = answers.get(timeout=limit + GRACE)
    except queue.Empty:
        gap = float("inf")
    spent = time.perf_counter() - begun
    child.terminate()
    child.join()
    if isinstance(gap, str):
        return name, [float("nan")], [float("nan")], f"not run: {gap}"
    said = "proved" if gap < 1e-6 else ("not proved" if np.isinf(gap) else f"gap {gap:.2%}")
    return name, [spent], [float("nan")], f"{said}, limit {limit:.0f} s"


def _tell(row: Row) -> None:
    name, seconds, busy, said = row
    figures = (np.median(seconds), max(seconds), np.median(busy))
    shown = " | ".join("–" if np.isnan(each) else f"{each:.2f}" for each in figures)
    print(f"| {name} | {shown} | {said} |", flush=True)


def main(argv: Sequence[str] | None = None) -> None:
    """Run and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--instances", type=int, default=20)
    parser.add_argument("--peer-seconds", type=float, default=45.0)
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--no-national", action="store_true")
    options = parser.parse_args(argv)
    small, units = plane(60, 20, 0)
    begun = time.perf_counter()
    p_median(small, 3, weight=units)
    maximal_covering(small < 20, 3, weight=units)
    place_doctors(towns(200, 20, 0, 2.5), Wishes.of(3, 20), seconds=5)
    compiled = time.perf_counter() - begun

    def median(seed: int) -> Callable[[], Siting]:
        cost, weight = plane(1000, 200, seed)
        return lambda: p_median(cost, 10, weight=weight)

    def covering(seed: int, radius: float, seconds: float = 60.0) -> Callable[[], Siting]:
        far, weight = plane(5000, 500, seed)
        covered = far <= radius
        return lambda: maximal_covering(covered, 20, weight=weight, seconds=seconds)

    def doctors(n: int, sites: int, k: int, seconds: float) -> Callable[[], Siting]:
        problem = towns(n, sites, 1, 3.5)
        return lambda: place_doctors(problem, Wishes.of(k, sites), seconds=seconds)

    cost, weight = plane(1000, 200, 0)
    far, people = plane(5000, 500, 0)
    limit = options.peer_seconds
    peers = not options.no_peers
    print(f"\ncompile and first call {compiled:.1f} s\n")
    print("| case | median s | longest s | median processor s | |\n|---|---:|---:|---:|---|")
    _tell(_run("p-median 1,000 × 200, p = 10", map(median, range(options.instances))))
    if peers:
        direct, theirs = "– the first, HiGHS on the whole model", "– the first, spopt with HiGHS"
        _tell(_peer(direct, direct_p_median, cost, weight, 10, limit))
        _tell(_peer(theirs, spopt_p_median, cost, weight, 10, limit))
    cases = (covering(seed, radius) for radius, seed in COVERING)
    _tell(_run("covering 5,000 × 500, p = 20, radius 6 to 10", cases))
    if peers:
        name = "– radius 8, the first, "
        _tell(_peer(f"{name}HiGHS on the whole model", direct_covering_8, far, people, 20, limit))
        _tell(_peer(f"{name}spopt with HiGHS", spopt_covering, far, people, 20, limit))
    _tell(_run("covering, radius 12 (86 % covered), 30 s", [covering(0, 12.0, 30.0)]))
    _tell(_run("p-centre 1,000 × 200, p = 10", [lambda: p_center(cost, 10)]))
    _tell(_run("shortfall 1,200 × 300, k = 10", [doctors(1200, 300, 10, 30)] * 3))
    _tell(_run("shortfall 34,690 × 2,000, k = 100", [doctors(34_690, 2000, 100, 30)] * 2))
    if options.no_national:
        return
    _tell(_run("shortfall 34,690 × 34,690, k = 1,000", [doctors(34_690, 34_690, 1000, 8)]))
    _tell(_wide("p-median 34,690 × 2,000 uniform, p = 50", *plane(34_690, 2000, 1), 0.003))
    held = Path(os.environ.get("ASSEMBLIER_REAL_DATA", "")) / "insee" / "communes_2026.csv"
    if held.is_file():
        _tell(_wide("p-median, communes of France × 2,000, p = 50", *communes(held, 2000), 0.0))


if __name__ == "__main__":
    main()
