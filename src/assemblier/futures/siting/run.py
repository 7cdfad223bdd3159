"""Questions of siting answered on a territory from the lake, ready to be printed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from assemblier.errors import BadInput, Problem
from assemblier.futures.baseline import Baseline, national_baseline
from assemblier.futures.scenarios.changes import Arrive
from assemblier.futures.scenarios.files import Scenario
from assemblier.futures.scenarios.run import scenario_parameters, told_scenarios, zone_groups
from assemblier.futures.scenarios.scenario import LOST, Outcome, run_scenario
from assemblier.futures.siting.blocks import PROPOSED, ToldSiting
from assemblier.futures.siting.opening import open_sites
from assemblier.futures.siting.question import (
    OBJECTIVES,
    OF_DOCTORS,
    SitingAnswer,
    SitingQuestion,
    SitingRules,
)
from assemblier.futures.siting.request import SitingRequest
from assemblier.futures.siting.settling import settle_doctors
from assemblier.futures.siting.shortfall import Bands
from assemblier.indicators.context import Context
from assemblier.parameters import Parameters
from assemblier.progress import Work
from assemblier.territory.codes import ARRONDISSEMENTS
from assemblier.territory.territory import Territory

__all__ = ["answer_siting", "site_territory", "siting_rules"]


def site_territory(
    context: Context,
    territory: Territory,
    request: SitingRequest,
    *,
    name: str = PROPOSED,
    work: Work | None = None,
) -> ToldSiting:
    """Answer a question of siting on a territory.

    Parameters
    ----------
    name
        What the answer is called under its tables and its map.

    Raises
    ------
    BadInput
        Wishes that do not go with the objective, or that cannot be met together.
    MissingSource
        When the lake lacks the doctors or the population.
    """
    work = work or Work()
    if wrong := request.wrong_numbers():
        raise BadInput(wrong)
    places = request.places(territory.communes)
    parts = [part for code in places for part in ARRONDISSEMENTS.get(code, ())]
    baseline = national_baseline(context, [*territory.communes, *places, *parts], corrected=True)
    home, places = baseline.units(territory.communes), baseline.units(places)
    request = replace(request, forbidden=baseline.units(request.forbidden))
    question = request.question(places, baseline.communes["population"].to_dict())
    work.step(0.5, "recherche et preuve")
    rules = siting_rules(context.parameters, seconds=request.seconds)
    answer = answer_siting(baseline, home, question, rules)
    work.step(0.9, "gagnants et perdants")
    outcome = _outcome(context, baseline, territory, answer, rules.threshold, name)
    notes = (
        request.candidates_note(len(question.candidates)),
        *_notes(answer),
    )
    return ToldSiting(answer, told_scenarios(context, baseline, [outcome], {}), notes)


def answer_siting(
    baseline: Baseline,
    territory: Sequence[str],
    question: SitingQuestion,
    rules: SitingRules,
) -> SitingAnswer:
    """Answer a question of siting.

    Parameters
    ----------
    baseline
        The country today; every candidate is among its sites.
    territory
        Communes of the territory.

    Raises
    ------
    BadInput
        Constraints that do not go with the objective, or that cannot be met together.
    """
    _check(baseline, question)
    if question.objective in OF_DOCTORS:
        return settle_doctors(baseline, territory, question, rules)
    return open_sites(baseline, territory, question, rules)


def _check(baseline: Baseline, question: SitingQuestion) -> None:
    problems = []
    if question.objective not in OBJECTIVES:
        problems.append(
            Problem("objectif inconnu", value=question.objective, allowed=", ".join(OBJECTIVES))
        )
    if question.add < 1:
        problems.append(Problem("rien à placer", value=str(question.add), allowed="1 ou plus"))
    if not question.candidates:
        problems.append(
            Problem("aucun site candidat", advice="Donnez au moins une commune avec des habitants.")
        )
    problems += [
        Problem("cette commune n’est pas dans le calcul", value=code, advice=LOST)
        for code in question.candidates
        if code not in baseline.prepared.place
    ]
    problems += [
        Problem("une commune imposée est interdite", value=code)
        for code in question.fixed
        if code in question.forbidden
    ]
    if question.objective in OBJECTIVES and question.objective not in OF_DOCTORS:
        problems += [
            Problem(
                f"{what} ne va pas avec l’objectif « {question.objective} », qui ouvre des sites "
                "sans compter leurs médecins",
                allowed=", ".join(OF_DOCTORS),
            )
            for what, given in (
                ("l’équipe minimale", question.team > 1),
                ("le nombre de sites", question.most_sites is not None),
                ("le maximum par site", bool(question.most_here)),
                ("le budget", question.budget is not None),
            )
            if given
        ]
    if problems:
        raise BadInput(problems)


def siting_rules(parameters: Parameters, *, seconds: float | None = None) -> SitingRules:
    """Read the rules of siting from dated parameters."""
    threshold = float(parameters["apl.gp.thresholds"].latest["under_dense"])
    bands = parameters["siting.bands"].latest
    near = parameters["siting.near_optimal"].latest
    return SitingRules(
        bands=Bands.under(threshold, bands["shares"], bands["increments"]),
        threshold=threshold,
        near_optimal=float(near["share"]),
        least_shown=int(near["least"]),
        seconds=float(parameters["siting.time_limit"].latest) if seconds is None else seconds,
        radius=float(parameters["siting.radius"].latest),
        arrival_activity=float(parameters["futures.scenarios.arrival_activity"].latest[1]),
    )


def _outcome(
    context: Context,
    baseline: Baseline,
    territory: Territory,
    answer: SitingAnswer,
    threshold: float,
    name: str,
) -> Outcome:
    """Run the answer as a scenario: doctors of mean activity settle there."""
    rules, _ = scenario_parameters(context.parameters)
    changes = tuple(Arrive(code, float(count)) for code, count in answer.placed.items())
    return run_scenario(
        baseline,
        Scenario(name, changes),
        baseline.units(territory.communes),
        rules,
        groups=zone_groups(context, baseline, territory),
        threshold=threshold,
    )


def _notes(answer: SitingAnswer) -> list[str]:
    made = [
        "Seuls les habitants du territoire comptent dans ce qui est cherché."
        if answer.question.within
        else "Les habitants des communes voisines comptent autant que ceux du territoire."
    ]
    lost = answer.siting.out_of_reach
    if lost:
        made.append(f"{lost} communes habitées ne sont à portée d’aucun site possible.")
    return made
