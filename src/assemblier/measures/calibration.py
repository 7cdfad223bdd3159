"""Calibration of a recomputed APL on published values, with few and counted parameters.

What is fitted is how well ranks agree, between communes and between bassins de vie, since the level
of a recomputed APL is one more parameter. Cross-validation leaves whole départements out, because
neighbours share doctors and would tell each other's answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assemblier.errors import BadInput, Problem
from assemblier.measures.agreement import Agreement, Published, agreement

__all__ = [
    "Calibration",
    "Knob",
    "Search",
    "calibrate_apl",
    "folds_by_department",
    "pattern_search",
]

Predict = Callable[[Mapping[str, float]], NDArray[np.float64]]

_LEAST_GAIN = 1e-6


@dataclass(frozen=True, slots=True)
class Knob:
    """A parameter that may be fitted.

    Attributes
    ----------
    name
        Key under which the model gets it.
    start
        First value.
    step
        First step of the search, above 0.
    low, high
        Bounds, inclusive.
    """

    name: str
    start: float
    step: float
    low: float = -np.inf
    high: float = np.inf


@dataclass(frozen=True, slots=True)
class Search:
    """Where a pattern search ended."""

    values: Mapping[str, float]
    score: float
    evaluations: int


@dataclass(frozen=True, slots=True)
class Calibration:
    """A calibration, with what cross-validation says of it.

    Attributes
    ----------
    values
        Fitted parameters, by name.
    parameters
        How many they are.
    before, fitted
        Agreement with the first values and with the fitted ones, on all that was fitted on.
    held_out
        Agreement on the départements of each fold, fitted on the others.
    held_out_before
        The same with the first values: what calibration brings outside what it saw.
    pooled
        Agreement over the whole country of predictions that never saw the département they are
        for; None without folds.
    evaluations
        Times the model was run.
    """

    values: Mapping[str, float]
    parameters: int
    before: Agreement
    fitted: Agreement
    held_out: tuple[Agreement, ...]
    held_out_before: tuple[Agreement, ...]
    pooled: Agreement | None
    evaluations: int

    def lines(self) -> tuple[str, ...]:
        """Say the calibration in French, the number of parameters first."""
        said = [
            f"Paramètres calés : {self.parameters} (modèle évalué {self.evaluations} fois).",
            f"Avant : {self.before}.",
            f"Après : {self.fitted}.",
        ]
        if self.pooled:
            said.append(
                f"Chaque département prédit sans lui ({len(self.held_out)} groupes) : "
                f"{self.pooled}."
            )
        said += [f"  {name} = {value:g}" for name, value in self.values.items()]
        return tuple(said)


def pattern_search(
    score: Callable[[Mapping[str, float]], float], knobs: Sequence[Knob], *, rounds: int
) -> Search:
    """Climb a score one parameter at a time, with steps that halve (Hooke & Jeeves 1961).

    Ranks make the score a staircase, on which gradients say nothing. The path depends on nothing
    but the arguments.

    Parameters
    ----------
    score
        What to maximise.
    knobs
        Parameters, in the order in which they are tried.
    rounds
        Number of passes; steps are halved after each.
    """
    values = {knob.name: knob.start for knob in knobs}
    best = score(values)
    evaluations = 1
    for halving in range(rounds):
        for knob in knobs:
            for way in (1.0, -1.0):
                moved = False
                while True:
                    tried = values[knob.name] + way * knob.step / 2**halving
                    if not knob.low <= tried <= knob.high:
                        break
                    candidate = {**values, knob.name: tried}
                    reached = score(candidate)
                    evaluations += 1
                    if reached <= best + _LEAST_GAIN:
                        break
                    best, values, moved = reached, candidate, True
                if moved:
                    break
    return Search(values, best, evaluations)


def folds_by_department(department: NDArray, folds: int) -> NDArray[np.int64]:
    """Deal départements out to folds in turn, in the order of their codes, shape (n,)."""
    names, member = np.unique(np.asarray(department, dtype=object).astype(str), return_inverse=True)
    if folds > names.size:
        raise BadInput(
            Problem(
                "plus de groupes que de départements",
                value=str(folds),
                allowed=f"au plus {names.size}",
            )
        )
    return np.asarray(member % folds, dtype=np.int64)


def calibrate_apl(
    predict: Predict,
    published: Published,
    knobs: Sequence[Knob],
    *,
    rounds: int,
    folds: int = 0,
) -> Calibration:
    """Fit parameters of a recomputed APL on published values, and cross-validate.

    Parameters
    ----------
    predict
        The model: APL of every commune, shape (n,), from the values of the knobs. Supply and demand
        are those of the whole country whatever is fitted on.
    published
        Values to fit on.
    knobs
        Parameters to fit.
    rounds
        Passes of the search.
    folds
        Groups of départements left out in turn; 0 for none.
    """

    def fit(among: NDArray[np.bool_]) -> Search:
        return pattern_search(
            lambda values: agreement(predict(values), published, among).score, knobs, rounds=rounds
        )

    everyone = np.ones(published.value.size, dtype=np.bool_)
    found = fit(everyone)
    evaluations = found.evaluations
    first = predict({knob.name: knob.start for knob in knobs})
    held_out, held_out_before = [], []
    unseen = first.copy()
    for fold in range(folds):
        out = np.asarray(folds_by_department(published.department, folds) == fold)
        learned = fit(~out)
        evaluations += learned.evaluations
        predicted = predict(learned.values)
        unseen[out] = predicted[out]
        held_out.append(agreement(predicted, published, out))
        held_out_before.append(agreement(first, published, out))
    return Calibration(
        values=found.values,
        parameters=len(knobs),
        before=agreement(first, published),
        fitted=agreement(predict(found.values), published),
        held_out=tuple(held_out),
        held_out_before=tuple(held_out_before),
        pooled=agreement(unseen, published) if folds else None,
        evaluations=evaluations,
    )
