"""Where doctors would settle best: a question in communes put to the exact models of doctors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from assemblier.futures.baseline import Baseline
from assemblier.futures.siting.alternatives import tried_exchanges, tried_marginal
from assemblier.futures.siting.doctors import (
    addable_sites,
    place_doctors,
    raise_worst_served,
    reduce_people_under,
)
from assemblier.futures.siting.hand_choices import hand_choices
from assemblier.futures.siting.question import (
    ANY,
    DECIMALS,
    SitingAnswer,
    SitingQuestion,
    SitingRules,
    shown,
)
from assemblier.futures.siting.reach import between, helped, inside_of, places_of
from assemblier.futures.siting.shortfall import Shortfall, shortfall_problem
from assemblier.futures.siting.wishes import Wishes

__all__ = ["settle_doctors"]


def settle_doctors(
    baseline: Baseline, territory: Sequence[str], question: SitingQuestion, rules: SitingRules
) -> SitingAnswer:
    """Place doctors where they do most good by the objective of the question."""
    codes = np.array(question.candidates, dtype=object)
    columns = places_of(baseline, question.candidates)
    rows = helped(baseline, columns)
    population = baseline.prepared.demand.population[rows]
    problem = shortfall_problem(
        between(baseline.times, columns, rows),
        baseline.decay,
        standardised=baseline.need[rows],
        access=baseline.value[rows],
        capacity=baseline.acts_per_doctor * rules.arrival_activity,
        bands=rules.bands,
    )
    inside = inside_of(baseline, territory)[rows]
    if question.within:
        # neighbours press on the sites all the same: only what is sought leaves them out
        problem = replace(problem, people=np.where(inside, problem.people, 0.0))
        population = np.where(inside, population, 0.0)
    wishes = _wishes(question)
    value_of: Callable[[NDArray[np.int64]], float] = problem.value
    if question.objective == "shortfall":
        found = place_doctors(problem, wishes, seconds=rules.seconds, margin=ANY)
        unit = "consultations qui manquent par an, pondérées"
    elif question.objective == "maximin":
        found = raise_worst_served(problem, wishes, seconds=rules.seconds)
        reached = _reached_rows(problem, wishes)
        value_of = lambda counts: float(problem.access_with(counts)[reached].min())  # noqa: E731
        unit = "consultations par an et habitant standardisé, là où l’accès est le plus faible"
    else:
        found = reduce_people_under(
            problem, wishes, people=population, threshold=rules.threshold, seconds=rules.seconds
        )
        enough = rules.threshold * (1 - 1e-6)
        value_of = lambda counts: float(  # noqa: E731
            population[problem.access_with(counts) < enough].sum()
        )
        unit = f"habitants sous {rules.threshold:g} consultations par an".replace(".", ",")
    counts = np.zeros(codes.size, dtype=np.int64)
    counts[found.sites] = found.counts
    if question.objective != "shortfall":
        found = replace(
            found,
            marginal=tried_marginal(value_of, counts, found, addable_sites(wishes, counts)),
            alternatives=tried_exchanges(
                value_of, counts, found, ANY,
                at_least=wishes.at_least, at_most=wishes.at_most,
                allowed=lambda tried: not wishes.broken(tried),
            ),
        )  # fmt: skip
    table = baseline.communes.loc[list(codes)]
    hand = hand_choices(
        value_of,
        found,
        population=table["population"].to_numpy(np.float64),
        doctors=table["doctors"].to_numpy(np.float64),
        access=baseline.value[baseline.rows(codes)],
        units=question.add,
        at_least=wishes.at_least,
        at_most=wishes.at_most,
        team=question.team,
        allowed=lambda tried: not wishes.broken(tried),
    )
    return SitingAnswer(
        question,
        shown(found, rules),
        codes,
        {str(codes[at]): int(counts[at]) for at in np.flatnonzero(counts)},
        float(population.sum()),
        hand,
        (problem.consultations(), problem.consultations(counts)),
        unit,
        DECIMALS.get(question.objective, 0),
    )


def _reached_rows(problem: Shortfall, wishes: Wishes) -> NDArray[np.bool_]:
    owner = np.repeat(np.arange(problem.sites), np.diff(problem.starts))
    reached = np.zeros(problem.access.size, dtype=np.bool_)
    reached[problem.rows[wishes.at_most[owner] > 0]] = True
    return reached & (problem.people > 0)


def _wishes(question: SitingQuestion) -> Wishes:
    codes = question.candidates
    place = {code: at for at, code in enumerate(codes)}

    def by_site(given: Mapping[str, float] | None, otherwise: float) -> NDArray[np.float64]:
        return np.array([(given or {}).get(code, otherwise) for code in codes], dtype=np.float64)

    return Wishes.of(
        question.add,
        len(codes),
        at_least=by_site(question.fixed, 0),
        at_most=by_site(question.most_here, question.add),
        forbidden=[place[code] for code in question.forbidden if code in place],
        team=question.team,
        most_sites=question.most_sites,
        budget=question.budget,
        unit_cost=None if question.doctor_cost is None else by_site(question.doctor_cost, 0),
        opening_cost=None if question.opening_cost is None else by_site(question.opening_cost, 0),
        names=codes,
    )
