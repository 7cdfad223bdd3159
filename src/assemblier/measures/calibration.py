"""Calibration of a recomputed APL on published values, with few and counted parameters.

What is fitted is how well ranks agree, between communes and between bassins de vie, since the level
of a recomputed APL is one more parameter. Cross-validation leaves whole départements out, because
neighbours share doctors and would tell each other's answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from assemblier.errors import BadInput, Problem

__all__ = [
    "Agreement",
    "Calibration",
    "ChangeAgreement",
    "Knob",
    "Published",
    "Search",
    "agreement",
    "anchored_forecast",
    "calibrate_apl",
    "change_agreement",
    "folds_by_department",
    "pattern_search",
    "unexplained",
    "zone_means",
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
class Published:
    """Published values to compare with.

    Attributes
    ----------
    value
        Published APL, shape (n,); NaN where there is none.
    weight
        Standardised population, shape (n,).
    zone
        Bassin de vie of each commune, shape (n,).
    department
        Shape (n,).
    """

    value: NDArray[np.float64]
    weight: NDArray[np.float64]
    zone: NDArray
    department: NDArray

    def usable(self) -> NDArray[np.bool_]:
        """Say which communes can be compared, shape (n,)."""
        return np.asarray(np.isfinite(self.value) & (self.weight > 0))


@dataclass(frozen=True, slots=True)
class Agreement:
    """How a predicted APL agrees with the published one.

    Attributes
    ----------
    communes, zones
        Spearman's correlation.
    zone_error
        Mean absolute error by zone.
    commune_count, zone_count
        Number compared.
    """

    communes: float
    zones: float
    zone_error: float
    commune_count: int
    zone_count: int

    @property
    def score(self) -> float:
        """What the calibration maximises: the sum of both correlations."""
        return self.communes + self.zones

    def __str__(self) -> str:
        return (
            f"Spearman {self.communes:.3f} sur {self.commune_count} communes, "
            f"{self.zones:.3f} sur {self.zone_count} bassins ; "
            f"écart absolu moyen par bassin {self.zone_error:.3f}"
        )


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
    evaluations
        Times the model was run.
    """

    values: Mapping[str, float]
    parameters: int
    before: Agreement
    fitted: Agreement
    held_out: tuple[Agreement, ...]
    held_out_before: tuple[Agreement, ...]
    evaluations: int

    def lines(self) -> tuple[str, ...]:
        """Say the calibration in French, the number of parameters first."""
        said = [
            f"Paramètres calés : {self.parameters} (modèle évalué {self.evaluations} fois).",
            f"Avant : {self.before}.",
            f"Après : {self.fitted}.",
        ]
        if self.held_out:
            out, first = (
                np.mean([[fold.communes, fold.zones] for fold in folds], axis=0)
                for folds in (self.held_out, self.held_out_before)
            )
            said.append(
                f"Départements laissés de côté ({len(self.held_out)} groupes) : "
                f"{out[0]:.3f} par commune et {out[1]:.3f} par bassin, "
                f"contre {first[0]:.3f} et {first[1]:.3f} sans calage."
            )
        said += [f"  {name} = {value:g}" for name, value in self.values.items()]
        return tuple(said)


@dataclass(frozen=True, slots=True)
class ChangeAgreement:
    """How a predicted change agrees with the real one, by zone.

    Attributes
    ----------
    correlation
        Pearson's, between predicted and real change.
    error
        Mean absolute error of the later value as forecast.
    error_shifted
        The same once the forecast is brought to the later mean.
    error_unchanged
        The same for the earlier value brought to the later mean (each zone moves as the whole).
    zones
        Number of zones.
    """

    correlation: float
    error: float
    error_shifted: float
    error_unchanged: float
    zones: int


@dataclass(frozen=True, slots=True)
class _Zones:
    member: NDArray[np.int64]
    weight: NDArray[np.float64]
    total: NDArray[np.float64] = field(repr=False)

    def mean(self, value: NDArray[np.float64]) -> NDArray[np.float64]:
        size = self.total.size
        return np.bincount(self.member, weights=self.weight * value, minlength=size) / self.total


def _zones(zone: NDArray, weight: NDArray[np.float64]) -> _Zones:
    names, member = np.unique(np.asarray(zone, dtype=object).astype(str), return_inverse=True)
    total = np.bincount(member, weights=weight, minlength=names.size).astype(np.float64)
    return _Zones(member, weight, total)


def zone_means(
    value: NDArray[np.float64], weight: NDArray[np.float64], zone: NDArray
) -> NDArray[np.float64]:
    """Return the means by zone weighted by ``weight``, in the order of the sorted zones."""
    return _zones(zone, weight).mean(value)


def agreement(
    predicted: NDArray[np.float64],
    published: Published,
    among: NDArray[np.bool_] | None = None,
) -> Agreement:
    """Compare a predicted APL with the published one.

    Parameters
    ----------
    predicted
        Shape (n,).
    published
        What it is compared with.
    among
        Communes to compare, shape (n,); all that are published without it. A zone that they cover
        in part is compared on that part.

    Raises
    ------
    BadInput
        Fewer than three communes or zones to compare.
    """
    used = published.usable() if among is None else published.usable() & among
    zones = _zones(published.zone[used], published.weight[used])
    if used.sum() < 3 or zones.total.size < 3:
        raise BadInput(
            Problem(
                "trop peu de communes ou de zones publiées pour comparer",
                value=f"{int(used.sum())} communes, {zones.total.size} zones",
                allowed="au moins trois de chaque",
            )
        )
    mine, theirs = predicted[used], published.value[used]
    mean_mine, mean_theirs = zones.mean(mine), zones.mean(theirs)
    return Agreement(
        communes=_spearman(mine, theirs),
        zones=_spearman(mean_mine, mean_theirs),
        zone_error=float(np.abs(mean_mine - mean_theirs).mean()),
        commune_count=int(used.sum()),
        zone_count=int(zones.total.size),
    )


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
    for fold in range(folds):
        out = np.asarray(folds_by_department(published.department, folds) == fold)
        learned = fit(~out)
        evaluations += learned.evaluations
        held_out.append(agreement(predict(learned.values), published, out))
        held_out_before.append(agreement(first, published, out))
    return Calibration(
        values=found.values,
        parameters=len(knobs),
        before=agreement(first, published),
        fitted=agreement(predict(found.values), published),
        held_out=tuple(held_out),
        held_out_before=tuple(held_out_before),
        evaluations=evaluations,
    )


def unexplained(
    predicted: NDArray[np.float64], published: Published, group: NDArray
) -> pd.DataFrame:
    """Tell what is left unexplained, by group of communes (région, density class…).

    Returns
    -------
    ``group, communes, published, predicted, ratio, spearman, spread``: means weighted by
    standardised population, their ratio, the agreement within the group, and the standard
    deviation of the logarithm of published over predicted where both are above 0.
    """
    used = published.usable()
    rows = []
    for name in sorted(set(group[used])):
        here = used & (group == name)
        mine, theirs, weight = predicted[here], published.value[here], published.weight[here]
        above = (mine > 0) & (theirs > 0)
        spread = float(np.log(theirs[above] / mine[above]).std()) if above.any() else np.nan
        rows.append(
            {
                "group": name,
                "communes": int(here.sum()),
                "published": float(np.average(theirs, weights=weight)),
                "predicted": float(np.average(mine, weights=weight)),
                "spearman": _spearman(mine, theirs) if here.sum() > 2 else np.nan,
                "spread": spread,
            }
        )
    table = pd.DataFrame(rows)
    table.insert(4, "ratio", table["published"] / table["predicted"])
    return table


def anchored_forecast(
    published_before: NDArray[np.float64],
    recomputed_before: NDArray[np.float64],
    recomputed_after: NDArray[np.float64],
    weight: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Forecast a later APL as the published earlier one plus the recomputed change, shape (n,).

    The recomputed change is brought to the level of the published values; nothing is fitted. Zero
    is the least an APL can be.

    Parameters
    ----------
    published_before
        Published earlier APL; NaN where there is none (the forecast is then NaN).
    recomputed_before, recomputed_after
        The same model at both dates.
    weight
        Standardised population, for the level.
    """
    known = np.isfinite(published_before)
    level = float(
        np.average(published_before[known], weights=weight[known])
        / np.average(recomputed_before[known], weights=weight[known])
    )
    forecast = published_before + level * (recomputed_after - recomputed_before)
    return np.asarray(np.maximum(forecast, 0.0))


def change_agreement(
    forecast: NDArray[np.float64],
    before: NDArray[np.float64],
    after: NDArray[np.float64],
    weight: NDArray[np.float64],
    zone: NDArray,
) -> ChangeAgreement:
    """Compare a forecast change with the real one by zone; NaN rows are left out.

    Parameters
    ----------
    forecast, before, after
        Forecast, and published values at both dates, shape (n,).
    weight
        Standardised population, shape (n,).
    zone
        Shape (n,).
    """
    used = np.isfinite(forecast) & np.isfinite(before) & np.isfinite(after) & (weight > 0)
    zones = _zones(zone[used], weight[used])
    f, b, a = (zones.mean(value[used]) for value in (forecast, before, after))
    shift, missed = (float(np.average(a - v, weights=zones.total)) for v in (b, f))
    return ChangeAgreement(
        correlation=float(np.corrcoef(f - b, a - b)[0, 1]),
        error=float(np.abs(f - a).mean()),
        error_shifted=float(np.abs(f + missed - a).mean()),
        error_unchanged=float(np.abs(b + shift - a).mean()),
        zones=int(zones.total.size),
    )


def _spearman(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    from scipy.stats import rankdata  # noqa: PLC0415 (slow to import, not always needed)

    return float(np.corrcoef(rankdata(a), rankdata(b))[0, 1])
