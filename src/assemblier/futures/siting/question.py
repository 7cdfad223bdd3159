"""A question of siting as people ask it: on a territory, with its neighbours, against their habits.

The kernels know positions of sites; here they are communes. Demand is cut to the communes that a
candidate can help, wherever they are: nothing else changes, so that the cut is exact.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from assemblier.errors import BadInput, Problem
from assemblier.futures.baseline import Baseline
from assemblier.futures.scenarios.scenario import LOST
from assemblier.futures.siting.alternatives import tried_exchanges
from assemblier.futures.siting.answer import HandChoice, Siting
from assemblier.futures.siting.covering import covering_pairs, maximal_covering
from assemblier.futures.siting.doctors import place_doctors, raise_worst_served, reduce_people_under
from assemblier.futures.siting.hand_choices import hand_choices
from assemblier.futures.siting.p_center import p_center
from assemblier.futures.siting.p_median import p_median
from assemblier.futures.siting.shortfall import Bands, Shortfall, shortfall_problem
from assemblier.futures.siting.sorted_costs import SortedCosts, serving_cost
from assemblier.futures.siting.wishes import Wishes
from assemblier.measures.times import SECONDS_PER_MINUTE, TravelTimes

__all__ = [
    "OBJECTIVES",
    "OF_DOCTORS",
    "SitingAnswer",
    "SitingQuestion",
    "SitingRules",
    "answer_siting",
]

ANY = 1.0
"""Exchanges are all weighed, up to the whole gain; those worth showing are kept afterwards."""
OF_DOCTORS = ("shortfall", "maximin", "threshold")
"""Objectives that place doctors; the others open sites."""
OBJECTIVES = (*OF_DOCTORS, "p-median", "p-center", "coverage")
DECIMALS = {"maximin": 2, "p-median": 2, "p-center": 1}
"""Decimals of the values that are not whole numbers of people or consultations."""
WITHIN = ("maximin", "p-center")
"""Objectives that look at the worst served: of the territory alone, since a candidate hardly helps
the last commune it reaches."""


@dataclass(frozen=True, slots=True)
class SitingQuestion:
    """What is asked.

    Attributes
    ----------
    objective
        One of :data:`OBJECTIVES`.
    add
        Doctors to place, or sites to open.
    candidates
        Communes where that may be.
    fixed
        Commune → doctors decided there already, counted in ``add``.
    forbidden
        Communes that get nobody.
    team, most_sites, most_here, budget, doctor_cost, opening_cost
        Constraints on doctors: least team of a site, most sites, most doctors by commune, money.
    radius
        Minutes that count as covered.
    only_territory
        Whether the people of the neighbours are left out of what is sought; None lets the
        objective say.
    """

    objective: str
    add: int
    candidates: tuple[str, ...]
    fixed: Mapping[str, int] = field(default_factory=dict)
    forbidden: Collection[str] = ()
    team: int = 1
    most_sites: int | None = None
    most_here: Mapping[str, int] = field(default_factory=dict)
    budget: float | None = None
    doctor_cost: Mapping[str, float] | None = None
    opening_cost: Mapping[str, float] | None = None
    radius: float | None = None
    only_territory: bool | None = None

    @property
    def within(self) -> bool:
        """Whether only the people of the territory count."""
        return self.objective in WITHIN if self.only_territory is None else self.only_territory


@dataclass(frozen=True, slots=True)
class SitingRules:
    """Dated parameters of siting.

    Attributes
    ----------
    bands, threshold
        What lacks is weighed by bands under a threshold of APL.
    near_optimal, least_shown
        Share of the gain that another site may cost to be shown, and how many are shown whatever
        they cost.
    seconds
        Time left to the proof.
    radius
        Minutes that count as covered.
    arrival_activity
        Acts of a doctor who arrives over those of the mean doctor.
    """

    bands: Bands
    threshold: float
    near_optimal: float
    least_shown: int
    seconds: float
    radius: float
    arrival_activity: float


@dataclass(frozen=True, slots=True)
class SitingAnswer:
    """An answer in communes.

    Attributes
    ----------
    question, siting
        What was asked, and the answer with its proof, in positions of ``codes``.
    codes
        Commune of each position.
    placed
        Commune → doctors placed, or 1 for a site opened; sites that exist already are not in it.
    people
        Inhabitants who count.
    by_hand
        What people would have chosen, best first.
    consultations
        Consultations a year that lack under the threshold, before and after; None where the
        objective opens sites.
    unit
        Of the value as it is told, French.
    decimals
        Decimals of the value as it is told.
    """

    question: SitingQuestion
    siting: Siting
    codes: NDArray
    placed: Mapping[str, int]
    people: float
    by_hand: tuple[HandChoice, ...]
    consultations: tuple[float, float] | None
    unit: str
    decimals: int = 0

    def told(self, value: float) -> float:
        """Return a value as it is told: minutes by inhabitant, not by all of them together."""
        return value / self.people if self.question.objective == "p-median" else value


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
        return _doctors(baseline, territory, question, rules)
    return _sites(baseline, territory, question, rules)


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


def _between(
    times: TravelTimes, columns: NDArray[np.int64], rows: NDArray[np.bool_]
) -> TravelTimes:
    """Keep some origins (mask, shape (n,)) and some destinations, in the order given."""
    place = np.full(len(times.destinations), -1, dtype=np.int64)
    place[columns] = np.arange(columns.size)
    owner = np.repeat(np.arange(len(times.origins)), np.diff(times.indptr))
    kept = rows[owner] & (place[times.indices] >= 0)
    renumbered = np.cumsum(rows) - 1
    return TravelTimes.from_pairs(
        times.origins[rows],
        times.destinations[columns],
        rows=renumbered[owner[kept]],
        columns=place[times.indices[kept]],
        minutes=times.minutes[kept],
        limit=times.limit,
        engine=times.engine,
    )


def _helped(baseline: Baseline, columns: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Communes within reach of a site, shape (n,)."""
    times = baseline.times
    wanted = np.zeros(len(times.destinations), dtype=np.bool_)
    wanted[columns] = True
    owner = np.repeat(np.arange(len(times.origins)), np.diff(times.indptr))
    helped = np.zeros(len(times.origins), dtype=np.bool_)
    helped[owner[wanted[times.indices]]] = True
    return helped


def _places(baseline: Baseline, codes: Sequence[str]) -> NDArray[np.int64]:
    held = {code: at for at, code in enumerate(baseline.times.destinations)}
    return np.array([held[code] for code in codes], dtype=np.int64)


def _inside(baseline: Baseline, territory: Sequence[str]) -> NDArray[np.bool_]:
    inside = np.zeros(baseline.ids.size, dtype=np.bool_)
    inside[baseline.rows(territory)] = True
    return inside


def _doctors(
    baseline: Baseline, territory: Sequence[str], question: SitingQuestion, rules: SitingRules
) -> SitingAnswer:
    codes = np.array(question.candidates, dtype=object)
    columns = _places(baseline, question.candidates)
    rows = _helped(baseline, columns)
    population = baseline.prepared.demand.population[rows]
    problem = shortfall_problem(
        _between(baseline.times, columns, rows),
        baseline.decay,
        standardised=baseline.need[rows],
        access=baseline.value[rows],
        capacity=baseline.acts_per_doctor * rules.arrival_activity,
        bands=rules.bands,
    )
    inside = _inside(baseline, territory)[rows]
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
        _shown(found, rules),
        codes,
        {str(codes[at]): int(counts[at]) for at in np.flatnonzero(counts)},
        float(population.sum()),
        hand,
        (problem.consultations(), problem.consultations(counts)),
        unit,
        DECIMALS.get(question.objective, 0),
    )


def _shown(found: Siting, rules: SitingRules) -> Siting:
    """Keep the exchanges that are near the best, and the first ones whatever they cost."""
    kept = tuple(
        each
        for rank, each in enumerate(found.alternatives)
        if each.share <= rules.near_optimal or rank < rules.least_shown
    )
    return replace(found, alternatives=kept)


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


def _sites(
    baseline: Baseline, territory: Sequence[str], question: SitingQuestion, rules: SitingRules
) -> SitingAnswer:
    """Open sites beside those where doctors practise today."""
    asked = _places(baseline, question.candidates)
    rows = _helped(baseline, asked)
    inside = _inside(baseline, territory)
    if question.within:
        rows &= inside
    rows &= baseline.prepared.demand.population > 0
    practising = baseline.communes["doctors"].to_numpy(np.float64) > 0
    held = baseline.rows(baseline.times.destinations)
    existing = practising[held]
    touched = np.zeros(held.size, dtype=np.bool_)
    owner = np.repeat(np.arange(rows.size), np.diff(baseline.times.indptr))
    touched[baseline.times.indices[rows[owner]]] = True
    columns = np.unique(np.concatenate([np.flatnonzero(existing & touched), asked]))
    codes = baseline.times.destinations[columns]
    times = _between(baseline.times, columns, rows)
    people = baseline.prepared.demand.population[rows]
    is_existing = existing[columns]
    candidate = np.isin(columns, asked) & ~is_existing
    barred = np.isin(codes, np.array(list(question.forbidden), dtype=object)) & ~is_existing
    decided = np.isin(codes, np.array(list(question.fixed), dtype=object)) & ~is_existing
    locked = np.flatnonzero(is_existing | decided).tolist()
    shut = np.flatnonzero(barred | ~(candidate | is_existing | decided)).tolist()
    total = int(is_existing.sum()) + question.add
    minutes = rules.radius if question.radius is None else question.radius
    farthest = times.limit / SECONDS_PER_MINUTE
    value_of: Callable[[NDArray[np.int64]], float]
    if question.objective == "coverage":
        found = maximal_covering(
            times, total, weight=people, minutes=minutes, existing=locked, forbidden=shut,
            seconds=rules.seconds, margin=ANY,
        )  # fmt: skip
        costs = covering_pairs(times, people, minutes=minutes)
        value_of = lambda counts: float(  # noqa: E731
            people.sum() - serving_cost(costs, counts > 0)[0]
        )
        nobody = value_of(is_existing.astype(np.int64))
        unit = f"habitants à {minutes:g} minutes au plus d’un médecin".replace(".", ",")
    elif question.objective == "p-median":
        costs = SortedCosts.of_times(times, people, beyond=farthest)
        found = p_median(
            costs, total, existing=locked, forbidden=shut,
            seconds=rules.seconds, margin=ANY,
        )  # fmt: skip
        value_of = lambda counts: serving_cost(costs, counts > 0)[0]  # noqa: E731
        nobody = value_of(is_existing.astype(np.int64))
        unit = "minutes en moyenne jusqu’au médecin le plus proche"
    else:
        whole = np.full((len(times.origins), codes.size), np.inf)
        owner = np.repeat(np.arange(len(times.origins)), np.diff(times.indptr))
        whole[owner, times.indices] = times.minutes
        found = p_center(whole, total, existing=locked, forbidden=shut, seconds=rules.seconds)
        value_of = lambda counts: float(  # noqa: E731
            np.minimum(whole[:, counts > 0].min(axis=1, initial=np.inf), farthest).max()
        )
        nobody = value_of(is_existing.astype(np.int64))
        unit = "minutes, trajet le plus long jusqu’au médecin le plus proche"
    found = replace(found, baseline=nobody)
    counts = np.zeros(codes.size, dtype=np.int64)
    counts[found.sites] = 1
    least = np.zeros(codes.size, dtype=np.int64)
    least[locked] = 1
    most = np.where(candidate & ~barred, 1, least)
    if question.objective == "p-center":
        found = replace(
            found,
            alternatives=tried_exchanges(
                value_of, counts, found, ANY, at_least=least, at_most=most
            ),
        )
    table = baseline.communes.loc[list(codes)]
    hand = hand_choices(
        value_of,
        found,
        population=table["population"].to_numpy(np.float64),
        doctors=table["doctors"].to_numpy(np.float64),
        access=baseline.value[baseline.rows(codes)],
        units=total,
        at_least=least,
        at_most=most,
    )
    return SitingAnswer(
        question,
        _shown(found, rules),
        codes,
        {str(codes[at]): 1 for at in np.flatnonzero((counts > 0) & ~is_existing)},
        float(people.sum()),
        hand,
        None,
        unit,
        DECIMALS.get(question.objective, 0),
    )
