"""Where sites would open best, beside those where doctors practise today."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from assemblier.errors import BadInput, Problem
from assemblier.futures.baseline import Baseline
from assemblier.futures.siting.alternatives import tried_exchanges, tried_marginal
from assemblier.futures.siting.covering import covering_pairs, maximal_covering
from assemblier.futures.siting.hand_choices import hand_choices
from assemblier.futures.siting.p_center import p_center
from assemblier.futures.siting.p_median import p_median
from assemblier.futures.siting.question import (
    ANY,
    DECIMALS,
    SitingAnswer,
    SitingQuestion,
    SitingRules,
    shown,
)
from assemblier.futures.siting.reach import between, helped, inside_of, nearer, places_of
from assemblier.futures.siting.sorted_costs import SortedCosts, serving_cost
from assemblier.measures.times import SECONDS_PER_MINUTE

__all__ = ["open_sites"]


def open_sites(
    baseline: Baseline, territory: Sequence[str], question: SitingQuestion, rules: SitingRules
) -> SitingAnswer:
    """Open sites beside those where doctors practise today."""
    asked = places_of(baseline, question.candidates)
    practising = baseline.communes["doctors"].to_numpy(np.float64) > 0
    held = baseline.rows(baseline.times.destinations)
    existing = practising[held]
    # who has a doctor nearer than any candidate changes nothing of what is sought
    inside = inside_of(baseline, territory)
    rows = inside.copy() if question.within else inside | nearer(baseline, asked, existing)
    rows &= helped(baseline, asked) & (baseline.prepared.demand.population > 0)
    touched = np.zeros(held.size, dtype=np.bool_)
    owner = np.repeat(np.arange(rows.size), np.diff(baseline.times.indptr))
    touched[baseline.times.indices[rows[owner]]] = True
    columns = np.unique(np.concatenate([np.flatnonzero(existing & touched), asked]))
    codes = baseline.times.destinations[columns]
    times = between(baseline.times, columns, rows)
    people = baseline.prepared.demand.population[rows]
    is_existing = existing[columns]
    candidate = np.isin(columns, asked) & ~is_existing
    barred = pd.Index(codes).isin(list(question.forbidden)) & ~is_existing
    decided = pd.Index(codes).isin(list(question.fixed)) & ~is_existing
    _refuse_too_few(question, candidate & ~barred | decided, decided)
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
            marginal=tried_marginal(value_of, counts, found, most > counts),
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
        shown(found, rules),
        codes,
        {str(codes[at]): 1 for at in np.flatnonzero((counts > 0) & ~is_existing)},
        float(people.sum()),
        hand,
        None,
        unit,
        DECIMALS.get(question.objective, 0),
    )


def _refuse_too_few(
    question: SitingQuestion, free: NDArray[np.bool_], decided: NDArray[np.bool_]
) -> None:
    """Refuse more sites than there are candidates without a doctor, or fewer than decided."""
    if int(free.sum()) < question.add:
        raise BadInput(
            Problem(
                "trop peu de candidates : celles où un médecin exerce déjà, ou écartées, ne "
                "comptent pas",
                value=f"{question.add} sites à ouvrir",
                allowed=f"au plus {int(free.sum())}",
                advice="Ajoutez des candidates ou ouvrez moins de sites.",
            )
        )
    if int(decided.sum()) > question.add:
        raise BadInput(
            Problem(
                "le nombre de sites bloque : ceux déjà décidés en demandent davantage",
                value=str(question.add),
                allowed=f"au moins {int(decided.sum())}",
                advice="Ouvrez plus de sites ou décidez-en moins d’avance.",
            )
        )
