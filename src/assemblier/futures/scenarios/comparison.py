"""Several scenarios side by side, and what each answer hangs on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from assemblier.futures.baseline import Baseline
from assemblier.futures.scenarios.changes import (
    Arrive,
    AssistantMedical,
    ConsultationAvancee,
    Ipa,
    OpenSite,
)
from assemblier.futures.scenarios.files import Scenario
from assemblier.futures.scenarios.scenario import Outcome, ScenarioRules, run_scenario
from assemblier.measures.decay import Decay

__all__ = ["Ranges", "compare_outcomes", "sensitivity"]

MOST = 3
"""How many parameters a sensitivity tells."""


@dataclass(frozen=True, slots=True)
class Ranges:
    """Low and high values to try, one pair by parameter, and other decays by name."""

    arrival_activity: tuple[float, float]
    assistant_medical: tuple[float, float]
    ipa: tuple[float, float]
    week: tuple[float, float]
    travel: tuple[float, float]
    decays: tuple[tuple[str, Decay], ...] = ()


LABELS = {
    "arrival_activity": "activité d’un médecin qui arrive (rapport à la moyenne)",
    "assistant_medical": "capacité ajoutée par un assistant médical",
    "ipa": "capacité ajoutée par une infirmière en pratique avancée",
    "week": "jours d’une semaine à temps plein",
    "travel": "temps de trajet (facteur)",
    "decay": "décroissance avec le temps",
}


def compare_outcomes(outcomes: Sequence[Outcome]) -> pd.DataFrame:
    """Put scenarios side by side.

    Returns
    -------
    One row by zone: ``grid, zone, name, before`` and, for each scenario, its ``after`` under the
    scenario's name, then ``best`` (the scenario of the highest APL, empty when all tie).
    """
    first = outcomes[0].zones[["grid", "zone", "name", "population", "before"]].copy()
    names = [each.scenario.name for each in outcomes]
    for each in outcomes:
        first[each.scenario.name] = each.zones["after"].to_numpy()
    after = first[names].to_numpy(np.float64)
    tie = np.isclose(after.max(axis=1), after.min(axis=1), rtol=0, atol=1e-12)
    best = np.array(names, dtype=object)[after.argmax(axis=1)]
    return first.assign(best=np.where(tie, "", best))


def sensitivity(
    baseline: Baseline,
    scenario: Scenario,
    territory: Sequence[str],
    rules: ScenarioRules,
    ranges: Ranges,
) -> pd.DataFrame:
    """Say on which parameters the gain of the territory hangs most.

    Returns
    -------
    The most influential, first: ``parameter, label, low, high, gain_low, gain_high, spread``;
    ``gain`` is the change of the territory's mean APL, one parameter changed at a time.
    """

    def gain(of: Baseline, under: ScenarioRules) -> float:
        return run_scenario(of, scenario, territory, under).summary["delta"]

    used = {type(change) for change in scenario.changes}
    tried: list[tuple[str, str, str, float, float]] = []
    asked: dict[str, set[type]] = {
        "arrival_activity": {Arrive, OpenSite, ConsultationAvancee},
        "assistant_medical": {AssistantMedical},
        "ipa": {Ipa},
        "week": {ConsultationAvancee},
    }
    for name, kinds in asked.items():
        if used & kinds:
            low, high = getattr(ranges, name)
            less, more = (gain(baseline, replace(rules, **{name: value})) for value in (low, high))
            tried.append((name, f"{low:g}", f"{high:g}", less, more))
    low, high = ranges.travel
    tried.append(
        ("travel", f"{low:g}", f"{high:g}", gain(baseline.slower(low), rules),
         gain(baseline.slower(high), rules))
    )  # fmt: skip
    here: Callable[[Decay], float] = lambda decay: gain(  # noqa: E731
        baseline.with_times(baseline.times, decay), rules
    )
    for label, decay in ranges.decays:
        tried.append(("decay", "celle du calcul", label, gain(baseline, rules), here(decay)))
    table = pd.DataFrame(tried, columns=["parameter", "low", "high", "gain_low", "gain_high"])
    table["label"] = table["parameter"].map(LABELS)
    table["spread"] = (table["gain_high"] - table["gain_low"]).abs()
    ranked = table.sort_values(by="spread", ascending=False, kind="stable")
    return ranked.head(MOST).reset_index(drop=True)
