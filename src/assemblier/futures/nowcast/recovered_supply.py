"""Local supply recovered from a published APL: the capacities that would give these very values.

A published APL is A = K·S with S unknown. On the same matrix K (times and decay of the recomputed
APL), S is the non-negative least-squares solution, held near what headcounts say (Tikhonov)::

    min over S ≥ 0   Σ_i P*_i (A_i − (K·S)_i)²  +  λ (Σ P*/m) Σ_j n_j ((S_j − S⁰_j) / max(S⁰_j, c))²

n_j is the number of doctors of the site: the activity of many varies less, in proportion, than
that of one. λ is chosen by how well communes left out are found again (:func:`held_out_errors`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assemblier.errors import BadInput, Problem
from assemblier.measures.prepared import Prepared

__all__ = ["Recovered", "RecoveryModel", "held_out_errors", "recover_supply"]

_FEWEST_DOCTORS = 0.3  # a site where sources disagree on whether there is anybody


@dataclass(frozen=True, slots=True)
class RecoveryModel:
    """Dated parameters of the recovery.

    Attributes
    ----------
    strength
        λ, above 0.
    least_scale
        c, acts a year: a site that headcounts do not see may still have this much.
    rounds, tolerance
        Most iterations of the solver (L-BFGS-B, Byrd, Lu, Nocedal & Zhu 1995,
        10.1137/0916069), and relative decrease under which it stops.
    """

    strength: float
    least_scale: float
    rounds: int
    tolerance: float

    def __post_init__(self) -> None:
        if not (self.strength > 0 and self.least_scale > 0):
            raise BadInput(Problem("la force du rappel et l’échelle minimale sont supérieures à 0"))


@dataclass(frozen=True, slots=True)
class Recovered:
    """Recovered supply.

    Attributes
    ----------
    capacity
        Acts a year at each site, shape (m,), 0 or more.
    fitted
        K·S at each demand, shape (n,).
    error, prior_error
        Root mean square of what is left, weighted by standardised population: with the recovered
        supply, and with the headcounts' alone.
    level
        Factor put on the headcounts' acts so that both have the same mean.
    rounds
        Iterations.
    """

    capacity: NDArray[np.float64]
    fitted: NDArray[np.float64]
    error: float
    prior_error: float
    level: float
    rounds: int


def recover_supply(
    prepared: Prepared,
    published: NDArray[np.float64],
    doctors: NDArray[np.float64],
    model: RecoveryModel,
) -> Recovered:
    """Recover the capacity of each site.

    Parameters
    ----------
    prepared
        Matrix of the recomputed APL; its supply is the starting point S⁰.
    published
        Published APL of each demand, shape (n,); NaN where there is none.
    doctors
        Doctors at each site, shape (m,).
    model
        Parameters.

    Raises
    ------
    BadInput
        No published value at all, or arrays of other lengths.
    """
    from scipy import sparse  # noqa: PLC0415 (slow to import, not always needed)
    from scipy.optimize import minimize  # noqa: PLC0415

    need = prepared.demand.counted("standardised")
    if published.shape != need.shape or doctors.shape != prepared.supply.capacity.shape:
        raise BadInput(Problem("une valeur publiée par commune et un effectif par site"))
    known = np.isfinite(published) & (need > 0)
    if not known.any():
        raise BadInput(Problem("aucune valeur publiée à inverser"))
    weight = np.where(known, need, 0.0)
    target = np.where(known, published, 0.0)
    matrix = sparse.csr_matrix(
        (prepared.gain, prepared.indices, prepared.indptr),
        shape=(need.size, prepared.supply.capacity.size),
    )
    naive = matrix @ prepared.supply.capacity
    seen = float(weight @ naive)
    level = float(weight @ target) / seen if seen > 0 else 1.0
    start = level * prepared.supply.capacity
    scale = np.maximum(start, model.least_scale)
    scaled = matrix @ sparse.diags_array(scale)
    turned = scaled.T.tocsr()
    total = float(weight.sum())
    pull = model.strength * np.maximum(doctors, _FEWEST_DOCTORS) * total / start.size
    first = start / scale

    def objective(x: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        left = scaled @ x - target
        away = x - first
        value = 0.5 * float(weight @ (left * left) + pull @ (away * away))
        return value / total, (turned @ (weight * left) + pull * away) / total

    found = minimize(
        objective,
        first,
        jac=True,
        method="L-BFGS-B",
        bounds=[(0.0, None)] * start.size,
        options={"maxiter": model.rounds, "ftol": model.tolerance, "gtol": 0.0},
    )
    capacity = np.maximum(np.asarray(found.x, dtype=np.float64), 0.0) * scale
    fitted = np.asarray(matrix @ capacity, dtype=np.float64)
    return Recovered(
        capacity=capacity,
        fitted=fitted,
        error=_rms(fitted - target, weight),
        prior_error=_rms(level * naive - target, weight),
        level=level,
        rounds=int(found.nit),
    )


def _rms(left: NDArray[np.float64], weight: NDArray[np.float64]) -> float:
    return float(np.sqrt(weight @ (left * left) / weight.sum()))


def held_out_errors(
    prepared: Prepared,
    published: NDArray[np.float64],
    doctors: NDArray[np.float64],
    models: Sequence[RecoveryModel],
    *,
    folds: int,
    seed: int,
) -> tuple[float, ...]:
    """Return, by model, the mean absolute error at communes that it did not see.

    Communes are dealt into ``folds`` groups; each is left out in turn.
    """
    need = prepared.demand.counted("standardised")
    group = np.random.default_rng(seed).integers(0, folds, published.size)
    errors = []
    for model in models:
        gathered = 0.0
        people = 0.0
        for fold in range(folds):
            hidden = (group == fold) & np.isfinite(published) & (need > 0)
            made = recover_supply(prepared, np.where(hidden, np.nan, published), doctors, model)
            gathered += float(need[hidden] @ np.abs(made.fitted - published)[hidden])
            people += float(need[hidden].sum())
        errors.append(gathered / people)
    return tuple(errors)
