"""Every commune a candidate, a thousand doctors: the answer and its bound, recomputed apart.

``python benchmarks/shortfall_certificate.py [--communes 34690] [--doctors 1000] [--seconds 8]``.
Nothing of the package weighs here but the answer and the multipliers it leaves: access, shortfall
and the floor that the multipliers prove are computed again from the pairs, in plain NumPy.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

from siting import towns

from assemblier.futures.siting.doctors import place_doctors
from assemblier.futures.siting.wishes import Wishes

Array = np.ndarray


def lacking(access: Array, people: Array, thresholds: Array, increments: Array) -> float:
    """Weighted consultations that lack: Σ P* Σ_b λ_b max(0, T_b − A)."""
    total = 0.0
    for threshold, increment in zip(thresholds, increments, strict=True):
        total += increment * float(people @ np.maximum(0.0, threshold - access))
    return total


def floor_of(
    pairs: tuple[Array, Array, Array],
    access: Array,
    people: Array,
    thresholds: Array,
    increments: Array,
    doctors: int,
    multipliers: Array,
) -> float:
    """Least shortfall that the multipliers y ∈ [0, P*λ] allow any placement of whole doctors.

    A band of a demand is relieved of no more than what lacks there, and of no more than what comes;
    pricing the latter at y, any k doctors relieve at most Σ (P*λ − y)·lack, and what the k dearest
    are worth, where the t-th doctor of one site is worth Σ y·min(g, lack − (t − 1)·g).
    """
    demand, site, gain = pairs
    sites = int(site.max()) + 1
    relief = 0.0
    priced, lack = [], []
    for band, (threshold, increment) in enumerate(zip(thresholds, increments, strict=True)):
        most = people * increment
        y = np.clip(multipliers[:, band], 0.0, most)
        missing = np.maximum(0.0, threshold - access)
        relief += float((most - y) @ missing)
        priced.append(y[demand])
        lack.append(missing[demand])
    worths: list[Array] = []
    for colleagues in range(doctors):
        worth = np.zeros(sites)
        for y, missing in zip(priced, lack, strict=True):
            brought = np.clip(missing - colleagues * gain, 0.0, gain)
            worth += np.bincount(site, weights=y * brought, minlength=sites)
        worths.append(worth)
        # doctors of one site are worth less and less: none of those left can be among the dearest
        dearest = np.sort(np.concatenate(worths))[::-1][:doctors]
        if dearest.size == doctors and worth.max() <= dearest[-1]:
            break
    best = np.sort(np.concatenate(worths))[::-1][:doctors]
    return lacking(access, people, thresholds, increments) - relief - float(best.sum())


def main(argv: Sequence[str] | None = None) -> None:
    """Place doctors, recompute what is claimed, and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--communes", type=int, default=34_690)
    parser.add_argument("--doctors", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=8.0)
    options = parser.parse_args(argv)
    n, k = options.communes, options.doctors
    print("| threshold | seconds | reduction | gap claimed | gap recomputed |")
    print("|---:|---:|---:|---:|---:|")
    place_doctors(towns(200, 200, 0, 2.5), Wishes.of(3, 200), seconds=5)  # compile
    for threshold in (2.5, 3.5):
        problem = towns(n, n, 1, threshold)
        begun = time.perf_counter()
        found = place_doctors(problem, Wishes.of(k, n), seconds=options.seconds)
        spent = time.perf_counter() - begun
        site = np.repeat(np.arange(n), np.diff(problem.starts))
        pairs = (np.asarray(problem.rows), site, np.asarray(problem.gain))
        counts = np.zeros(n)
        counts[found.sites] = found.counts
        if counts.sum() != k:
            raise SystemExit("not every doctor is placed")
        after = problem.access + np.bincount(pairs[0], pairs[2] * counts[site], minlength=n)
        bands = (problem.bands.thresholds, problem.bands.increments)
        before = lacking(problem.access, problem.people, *bands)
        value = lacking(after, problem.people, *bands)
        floor = floor_of(pairs, problem.access, problem.people, *bands, k, found.multipliers)
        gap = (value - floor) / (before - floor)
        print(
            f"| {threshold} | {spent:.1f} | {before - value:,.0f} | {found.gap_of_gain:.2%} | "
            f"{gap:.2%} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
