"""A scenario on a prepared national matrix, against the whole computation done again.

Thirty doctors arrive in thirty communes; zones, winners and losers are told each time. The same
values come from a matrix prepared anew with the changed supply: compared, and timed beside.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from assemblier.futures.baseline import Baseline
from assemblier.futures.scenarios.changes import Arrive
from assemblier.futures.scenarios.files import Scenario
from assemblier.futures.scenarios.scenario import ScenarioRules, ZoneGroups, run_scenario
from assemblier.measures.crowfly import CrowFlyModel, Places, crow_fly_times
from assemblier.measures.decay import parse_decay
from assemblier.measures.times import TravelTimes

SEED = 2026
DECAY = "steps:10=1,15=2/3,20=1/3"


def country(places: int) -> tuple[pd.DataFrame, TravelTimes]:
    """Draw communes over a plane as dense as France, six in ten without a doctor."""
    random = np.random.default_rng(SEED)
    side = 9.0 * np.sqrt(places / 35_000)
    ids = np.array([f"{at:05d}" for at in range(places)], dtype=object)
    where = Places(ids, random.uniform(-2, side - 2, places), 43 + random.uniform(0, side, places))
    people = np.rint(random.lognormal(6.3, 1.2, places)) + 20
    doctors = np.where(random.random(places) < 0.4, random.poisson(people / 700), 0).astype(float)
    communes = pd.DataFrame(
        {
            "population": people,
            "standardised": people * random.uniform(0.9, 1.2, places),
            "zone": "Z",
            "gps": doctors,
            "older_gps": np.floor(doctors / 3),
            "doctors": doctors,
            "acts": 5000.0 * doctors,
        },
        index=pd.Index(ids, name="code"),
    )
    return communes, crow_fly_times(where, where, CrowFlyModel(2.0, 1.25), limit=1200)


def median(work: Callable[[], object], repeats: int) -> float:
    """Return the median of several runs, in milliseconds."""
    spent = []
    for _ in range(repeats):
        begun = time.perf_counter()
        work()
        spent.append(1000 * (time.perf_counter() - begun))
    return statistics.median(spent)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark and print its table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--places", type=int, default=35_000)
    parser.add_argument("--changes", type=int, default=30)
    parser.add_argument("--repeats", type=int, default=15)
    chosen = parser.parse_args(argv)
    communes, times = country(chosen.places)
    baseline = Baseline.of(2026, communes, times, parse_decay(DECAY))
    territory = [str(code) for code in communes.index[: chosen.changes]]
    scenario = Scenario("thirty arrivals", tuple(Arrive(code, 1) for code in territory))
    rules = ScenarioRules(1.0, 0.1, 0.2, 4.0, 0.01)
    groups = ZoneGroups.of(baseline, [("territory", "t", "All", tuple(territory))])

    def answered() -> np.ndarray:
        return run_scenario(
            baseline, scenario, territory, rules, groups=groups, threshold=2.5
        ).value

    changed = communes.copy()
    for code, acts in run_scenario(baseline, scenario, territory, rules).capacities.acts.items():
        changed.loc[code, "acts"] += acts

    def again() -> np.ndarray:
        return Baseline.of(2026, changed, times, parse_decay(DECAY)).value

    one, other = answered(), again()
    equal = "yes" if np.allclose(one, other, rtol=1e-9, atol=1e-12) else "NO"
    quick, slow = median(answered, chosen.repeats), median(again, 3)
    print(f"{chosen.places} communes, {times.pairs} pairs, {chosen.changes} changes\n")
    print("| what | median, ms | ratio | same values |\n|---|---:|---:|---|")
    print(f"| scenario on the prepared matrix | {quick:.1f} | × 1 | {equal} |")
    print(f"| matrix prepared again | {slow:.1f} | × {slow / quick:.3g} | {equal} |")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
