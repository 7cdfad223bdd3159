"""Scenarios run on a territory from the lake, ready to be printed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from assemblier.errors import BadInput, Problem
from assemblier.futures.baseline import Baseline, national_baseline
from assemblier.futures.projection.sources import zones_of_territory
from assemblier.futures.scenarios.blocks import ToldScenarios
from assemblier.futures.scenarios.codes import with_reference_codes
from assemblier.futures.scenarios.comparison import Ranges, sensitivity
from assemblier.futures.scenarios.files import Scenario
from assemblier.futures.scenarios.scenario import (
    Outcome,
    ScenarioRules,
    ZoneGroups,
    run_scenario,
    sites_of,
)
from assemblier.indicators.context import Context
from assemblier.language import enumeration
from assemblier.measures.decay import parse_decay
from assemblier.parameters import Parameters
from assemblier.progress import Work
from assemblier.territory.territory import Territory

__all__ = ["run_on_territory", "scenario_parameters", "told_scenarios", "zone_groups"]

_NOTHING = 1e-9


def run_on_territory(
    context: Context,
    territory: Territory,
    scenarios: Sequence[Scenario],
    *,
    with_sensitivity: bool = True,
    file: str | None = None,
    work: Work | None = None,
) -> ToldScenarios:
    """Run scenarios on one baseline.

    Parameters
    ----------
    with_sensitivity
        Whether the parameters that each gain hangs on are looked for.
    file
        Where the scenarios were written, for messages.

    Raises
    ------
    BadInput
        Changes that cannot be, those of every scenario at once.
    MissingSource
        When the lake lacks the doctors or the population.
    """
    work = work or Work()
    scenarios, converted = with_reference_codes(scenarios, context.geography)
    named = [code for each in scenarios for code in sites_of(each.changes)]
    baseline = national_baseline(context, [*territory.communes, *named], corrected=True)
    home = baseline.units(territory.communes)
    work.step(0.5, "scénarios")
    rules, ranges = scenario_parameters(context.parameters)
    threshold = float(context.parameters["apl.gp.thresholds"].latest["under_dense"])
    groups = zone_groups(context, baseline, territory)
    problems: list[Problem] = []
    outcomes: list[Outcome] = []
    for each in scenarios:
        try:
            outcomes.append(
                run_scenario(
                    baseline, each, home, rules,
                    groups=groups, threshold=threshold, file=file,
                )
            )  # fmt: skip
        except BadInput as error:
            problems += error.problems
    if problems:
        raise BadInput(list(dict.fromkeys(problems)))
    work.step(0.7, "sensibilité")
    told = (
        {each.name: sensitivity(baseline, each, home, rules, ranges) for each in scenarios}
        if with_sensitivity
        else {}
    )
    said = (*converted, *_without_effect(context, outcomes))
    return told_scenarios(context, baseline, outcomes, told, converted=said)


def _without_effect(context: Context, outcomes: Sequence[Outcome]) -> list[str]:
    """Say the scenarios whose changes reach nobody of the territory: a code may be mistaken."""
    notes = []
    for each in outcomes:
        inside = each.communes[each.communes["inside"]]
        if each.scenario.changes and not inside["delta"].abs().gt(_NOTHING).any():
            places = enumeration(
                [
                    f"{context.geography.names.get(code, code)} ({code})"
                    for code in sites_of(each.scenario.changes)
                ]
            )
            notes.append(
                f"« {each.scenario.name} » ne change rien pour les habitants du territoire : "
                f"vérifiez les communes nommées ({places})."
                if places
                else f"« {each.scenario.name} » ne change rien pour les habitants du territoire."
            )
    return notes


def scenario_parameters(parameters: Parameters) -> tuple[ScenarioRules, Ranges]:
    """Read the rules of scenarios, and the ranges that sensitivity tries, from dated parameters."""
    helpers = parameters["futures.scenarios.helpers"].latest
    week = parameters["futures.scenarios.week"].latest
    activity = parameters["futures.scenarios.arrival_activity"].latest
    travel = parameters["futures.scenarios.travel"].latest
    steps = parameters["apl.gp.decay_first_version"].latest
    rules = ScenarioRules(
        arrival_activity=float(activity[1]),
        assistant_medical=float(helpers["assistant_medical"][1]),
        ipa=float(helpers["ipa"][1]),
        week=float(week[1]),
        noticeable=float(parameters["futures.scenarios.noticeable"].latest),
    )
    ranges = Ranges(
        arrival_activity=(float(activity[0]), float(activity[2])),
        assistant_medical=(
            float(helpers["assistant_medical"][0]),
            float(helpers["assistant_medical"][2]),
        ),
        ipa=(float(helpers["ipa"][0]), float(helpers["ipa"][2])),
        week=(float(week[0]), float(week[2])),
        travel=(float(travel[0]), float(travel[2])),
        decays=(("première version de l’APL", parse_decay(steps)),),
    )
    return rules, ranges


def told_scenarios(
    context: Context,
    baseline: Baseline,
    outcomes: Sequence[Outcome],
    sensitive: Mapping[str, pd.DataFrame],
    *,
    converted: Sequence[str] = (),
) -> ToldScenarios:
    """Return scenarios ready to be printed."""
    return ToldScenarios(
        baseline,
        tuple(outcomes),
        context.parameters["futures.scenarios.map_bounds"].latest,
        float(context.parameters["apl.gp.thresholds"].latest["under_dense"]),
        context.geography.names,
        sensitive,
        (*converted, *baseline.notes),
    )


def zone_groups(context: Context, baseline: Baseline, territory: Territory) -> ZoneGroups:
    """Return the zones that a scenario tells: the territory and all that it meets."""
    grids = ("bv2022", "tvs2019", "epci", "departement", "commune")
    zones = zones_of_territory(context, baseline, territory.name, territory.communes, grids)
    return ZoneGroups.of(
        baseline, [(zone.grid, zone.code, zone.name, zone.communes) for zone in zones]
    )
