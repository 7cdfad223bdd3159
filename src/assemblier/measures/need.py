"""Need: population standardised by age, and the weights of ages found again where none is printed.

P*_i = Σ_a k_a P_{i,a}, where k_a is the consumption of general practice of age class a by head over
the national mean, so that Σ P* = Σ P over the country (DREES, APL workbook, sheet Paramètres).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from assemblier.errors import BadInput, Problem

__all__ = [
    "AgeWeights",
    "FilledNeed",
    "RecoveredWeights",
    "age_weights",
    "fill_standardised",
    "recover_weights",
    "standardised_population",
    "weights_on_bands",
]

_BAND = re.compile(r"^(\d+)(?:-(\d+)|(\+))$")


@dataclass(frozen=True, slots=True)
class AgeWeights:
    """Weights by age class.

    Attributes
    ----------
    lower
        First age of each class, years, shape (k,), increasing; the last class is open.
    weight
        Consumption of the class over the national mean, shape (k,).
    """

    lower: NDArray[np.int64]
    weight: NDArray[np.float64]

    @property
    def labels(self) -> tuple[str, ...]:
        """Classes as text: ``0-4``, …, ``90+``."""
        return band_labels(self.lower)


@dataclass(frozen=True, slots=True)
class RecoveredWeights:
    """Weights found again from published standardised populations.

    Attributes
    ----------
    weight
        Shape (k,), zero or more.
    explained
        Share of the variance of P*/P between places that the weights explain; NaN where P*/P is
        the same everywhere.
    mean_error, largest_error
        Mean and largest of abs(error) by inhabitant, over places with inhabitants.
    places
        Number of places used.
    independent
        Number of age classes that the data tell apart; fewer than k means that some weights are
        one choice among others.
    """

    weight: NDArray[np.float64]
    explained: float
    mean_error: float
    largest_error: float
    places: int
    independent: int


@dataclass(frozen=True, slots=True)
class FilledNeed:
    """Standardised population with the places that the producer leaves out estimated.

    Attributes
    ----------
    standardised
        Shape (n,).
    estimated
        Shape (n,), bool: where the value is an estimate.
    recovered
        Weights the estimate rests on.
    """

    standardised: NDArray[np.float64]
    estimated: NDArray[np.bool_]
    recovered: RecoveredWeights


def band_labels(lower: Sequence[int] | NDArray[np.int64]) -> tuple[str, ...]:
    """Write age classes of given first ages: ``0-4``, ``5-9``, …, ``90+``."""
    first = [int(age) for age in lower]
    closed = [f"{a}-{b - 1}" for a, b in pairwise(first)]
    return (*closed, f"{first[-1]}+")


def age_weights(weights: Mapping[str, float]) -> AgeWeights:
    """Read weights written by class (``{"0-4": 0.93, …, "90+": 2.39}``).

    Raises
    ------
    BadInput
        Classes that are unreadable, overlap or leave a gap, do not begin at 0, a last class that
        is not open, a weight that is negative or missing.
    """
    problems: list[Problem] = []
    read: list[tuple[int, int | None, float]] = []
    for label, weight in weights.items():
        found = _BAND.match(str(label).strip())
        if found is None:
            problems.append(
                Problem("tranche d’âge illisible", value=str(label), allowed="0-4, 5-9, …, 90+")
            )
            continue
        if not (np.isfinite(weight) and weight >= 0):
            problems.append(
                Problem(
                    f"le poids de la tranche {label} n’est pas utilisable",
                    value=str(weight),
                    allowed="un nombre, zéro ou plus",
                )
            )
        last = None if found[3] else int(found[2])
        read.append((int(found[1]), last, float(weight)))
    read.sort(key=lambda band: band[0])
    starts = [0, *(-1 if last is None else last + 1 for _, last, _ in read[:-1])]
    for (first, _, _), expected in zip(read, starts, strict=False):
        if first != expected:
            problems.append(
                Problem(
                    f"les tranches d’âge ne se suivent pas à {first} ans",
                    advice="Chaque tranche commence l’année qui suit la fin de la précédente.",
                )
            )
    if not read or read[-1][1] is not None:
        problems.append(Problem("la dernière tranche d’âge doit être ouverte", allowed="90+"))
    if problems:
        raise BadInput(problems)
    return AgeWeights(
        np.array([first for first, _, _ in read], dtype=np.int64),
        np.array([weight for _, _, weight in read]),
    )


def weights_on_bands(
    weights: AgeWeights, lower: Sequence[int], reference: NDArray[np.float64]
) -> AgeWeights:
    """Bring the producer's weights onto coarser classes, as means by a reference population.

    Parameters
    ----------
    weights
        By the producer's classes.
    lower
        First ages of the classes wanted, beginning at 0; each is one of the producer's bounds.
    reference
        Population (of the country) by the producer's classes, shape (k,).

    Raises
    ------
    BadInput
        A bound that cuts a class of the producer, a reference of another length, or a class in
        which the reference has nobody.
    """
    wanted = np.asarray(lower, dtype=np.int64)
    cut = sorted(set(wanted.tolist()) - set(weights.lower.tolist()))
    if cut or wanted[0] != 0:
        raise BadInput(
            Problem(
                "ces tranches d’âge ne sont pas des regroupements de celles du producteur",
                value=", ".join(band_labels(wanted)),
                allowed=", ".join(weights.labels),
            )
        )
    if np.shape(reference) != weights.weight.shape:
        raise BadInput(
            Problem(
                "la population de référence n’a pas les tranches d’âge des poids",
                value=str(np.shape(reference)),
                allowed=", ".join(weights.labels),
            )
        )
    member = np.searchsorted(wanted, weights.lower, side="right") - 1
    people = np.bincount(member, weights=reference, minlength=wanted.size)
    if (people <= 0).any():
        raise BadInput(Problem("une tranche d’âge de la population de référence est vide"))
    total = np.bincount(member, weights=reference * weights.weight, minlength=wanted.size)
    return AgeWeights(wanted, total / people)


def standardised_population(
    population: NDArray[np.float64],
    weights: NDArray[np.float64],
    *,
    national: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Return P*_i = Σ_a k_a P_{i,a}.

    Parameters
    ----------
    population
        Inhabitants by place and age class, shape (n, k).
    weights
        k_a, shape (k,).
    national
        Population of the country by age class, shape (k,): weights are then brought to the scale
        at which Σ P* = Σ P over the country. Without it they are used as printed.

    Raises
    ------
    BadInput
        Shapes that do not agree, or a population that is missing or negative.
    """
    if population.ndim != 2 or population.shape[1:] != np.shape(weights):
        raise BadInput(
            Problem(
                "la population par âge et les poids n’ont pas les mêmes tranches",
                value=f"{population.shape} et {np.shape(weights)}",
            )
        )
    bad = np.flatnonzero(~(np.isfinite(population) & (population >= 0)).all(axis=1))
    if bad.size:
        raise BadInput(
            [Problem("population par âge manquante ou négative", line=int(i) + 2) for i in bad]
        )
    scale = 1.0 if national is None else float(national.sum() / (national @ weights))
    return np.asarray(population @ weights * scale)


def recover_weights(
    population: NDArray[np.float64], standardised: NDArray[np.float64]
) -> RecoveredWeights:
    """Find the weights of ages by non-negative least squares (Lawson & Hanson 1974).

    Parameters
    ----------
    population
        Inhabitants by place and age class, shape (n, k).
    standardised
        Published P*, shape (n,); NaN rows are left out.

    Raises
    ------
    BadInput
        Fewer usable places than age classes.
    """
    from scipy.optimize import nnls  # noqa: PLC0415 (slow to import, not always needed)

    used = np.isfinite(standardised) & np.isfinite(population).all(axis=1)
    rows, target = population[used], standardised[used]
    if rows.shape[0] < rows.shape[1]:
        raise BadInput(
            Problem(
                "trop peu de lieux pour retrouver les poids des âges",
                value=str(rows.shape[0]),
                allowed=f"au moins {rows.shape[1]}",
            )
        )
    # the triangular factor holds all that k unknowns can see of the n equations
    q, r = np.linalg.qr(rows)
    weight, _ = nnls(r, q.T @ target)
    people = rows.sum(axis=1)
    lived_in = people > 0
    error = (rows[lived_in] @ weight - target[lived_in]) / people[lived_in]
    ratio = target[lived_in] / people[lived_in]
    mean = np.average(ratio, weights=people[lived_in])
    spread = float(people[lived_in] @ (ratio - mean) ** 2)
    left = float(people[lived_in] @ error**2)
    flat = spread <= 1e-18 * float(people[lived_in].sum())
    return RecoveredWeights(
        weight=weight,
        explained=np.nan if flat else 1.0 - left / spread,
        mean_error=float(np.average(np.abs(error), weights=people[lived_in])),
        largest_error=float(np.abs(error).max(initial=0.0)),
        places=int(rows.shape[0]),
        independent=int(np.linalg.matrix_rank(r)),
    )


def fill_standardised(
    standardised: NDArray[np.float64], population: NDArray[np.float64]
) -> FilledNeed:
    """Estimate P* where it is not published, from the ages of the population there.

    The arrondissements of Paris, Lyon and Marseille are the case: they press on the supply around
    and have no published value.

    Parameters
    ----------
    standardised
        Published P*, shape (n,); NaN where absent.
    population
        Inhabitants by place and (broad) age class, shape (n, k).
    """
    recovered = recover_weights(population, standardised)
    absent = ~np.isfinite(standardised)
    filled = np.where(absent, population @ recovered.weight, standardised)
    return FilledNeed(filled, absent, recovered)
