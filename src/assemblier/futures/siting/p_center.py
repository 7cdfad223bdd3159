"""p-centre with proof: where p sites make the longest journey shortest.

The answer is one of the journeys at hand: the shortest radius at which p sites cover everyone
(Minieka 1970, 10.1137/1012016). Radii are searched by halves; each is settled by quick tests and,
where these do not decide, by a covering programme given to HiGHS.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from assemblier.errors import BadInput, Problem
from assemblier.futures.siting.answer import Siting, open_mask
from assemblier.futures.siting.mixed_integer import Programme
from assemblier.futures.siting.p_median import check_sites

__all__ = ["p_center"]


@dataclass(frozen=True, slots=True)
class _Cover:
    """Sites that cover everyone, or the fact that p cannot (``proved``)."""

    is_open: NDArray[np.bool_] | None
    proved: bool


def _quickly(cover: NDArray[np.bool_], p: int, opened: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Cover greedily with as many sites as it takes, up to p."""
    is_open = opened.copy()
    left = ~cover[:, is_open].any(axis=1)
    while left.any() and is_open.sum() < p:
        best = int(cover[left].sum(axis=0).argmax())
        if not cover[left, best].any():
            break
        is_open[best] = True
        left &= ~cover[:, best]
    return is_open


def _apart(cover: NDArray[np.bool_], p: int) -> bool:
    """Whether more than p demands share no site, two by two: p sites then cannot cover them."""
    left = np.ones(cover.shape[0], dtype=np.bool_)
    met = 0
    degree = cover.sum(axis=1)
    while left.any():
        candidates = np.flatnonzero(left)
        one = int(candidates[degree[candidates].argmin()])
        met += 1
        if met > p:
            return True
        left &= ~cover[:, cover[one]].any(axis=1)
    return False


def _reduced_rows(cover: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return demands whose sites include those of no other kept demand (those others suffice)."""
    rows = np.unique(cover, axis=0, return_index=True)[1]
    small = cover[rows].astype(np.float32)
    size = small.sum(axis=1)
    shared = small @ small.T
    implied = (shared >= size[:, None]) & (size[:, None] < size[None, :])
    kept: NDArray[np.int64] = rows[~implied.any(axis=0)]
    return kept


def _cover(cover: NDArray[np.bool_], p: int, opened: NDArray[np.bool_], seconds: float) -> _Cover:
    if not cover.any(axis=1).all():
        return _Cover(None, proved=True)
    quick = _quickly(cover, p, opened)
    if cover[:, quick].any(axis=1).all():
        return _Cover(quick, proved=True)
    left = ~cover[:, opened].any(axis=1)
    need = cover[left]
    if _apart(need, p - int(opened.sum())):
        return _Cover(None, proved=True)
    lines = _reduced_rows(need)
    programme = Programme()
    columns = programme.add_columns(
        cover.shape[1], cost=1.0, lower=opened.astype(float), upper=1.0, whole=True
    )
    rows = programme.add_rows(lines.size, lower=1.0)
    at, site = np.nonzero(need[lines])
    programme.add_entries(rows[at], columns[site], 1.0)
    programme.add_row(columns, 1.0, upper=p)
    solved = programme.solve(seconds=seconds)
    if solved.x is not None:
        return _Cover(solved.x > 0.5, proved=True)
    return _Cover(None, proved=solved.infeasible)


def p_center(
    cost: ArrayLike,
    p: int,
    *,
    weight: ArrayLike | None = None,
    existing: Sequence[int] = (),
    forbidden: Sequence[int] = (),
    seconds: float = 60.0,
) -> Siting:
    """Choose p sites so that the longest journey is shortest.

    Parameters
    ----------
    cost
        Journeys, shape (n, m), zero or more; infinite where there is none.
    p
        Sites open in all, existing ones with them.
    weight
        People of each demand: those without people are left out. Journeys are not weighted.
    existing, forbidden
        Positions of sites that stay open, and of sites that may not be.
    seconds
        Most time; the bound then is the longest radius proved too short, and what follows it.

    Returns
    -------
    Siting
        Value is the longest journey; the baseline that with the existing sites alone.

    Raises
    ------
    BadInput
        A demand that no allowed site reaches; wishes that cannot be met together.
    """
    begun = time.perf_counter()
    matrix = np.asarray(cost, dtype=np.float64)
    if matrix.ndim != 2 or bool(np.isnan(matrix).any() or (matrix < 0).any()):
        raise BadInput(
            Problem("un trajet manque ou est négatif", allowed="zéro ou plus, ou infini")
        )
    if weight is not None:
        matrix = matrix[np.asarray(weight, dtype=np.float64) > 0]
    locked = open_mask(existing, matrix.shape[1], "conservé")
    barred = open_mask(forbidden, matrix.shape[1], "interdit")
    check_sites(p, locked, barred)
    usable = np.where(barred[None, :], np.inf, matrix)
    floor = float(usable.min(axis=1).max())
    if np.isinf(floor):
        alone = int(np.isinf(usable.min(axis=1)).sum())
        raise BadInput(
            Problem(
                "des habitants ne sont à portée d’aucun site autorisé",
                value=f"{alone} lieux",
                advice="Ajoutez des sites candidats, ou retirez ces lieux de la question.",
            )
        )
    radii = np.unique(usable[np.isfinite(usable)])
    radii = radii[radii >= floor]
    low, high = 0, radii.size - 1  # radii under low are too short; high can be met
    is_open: NDArray[np.bool_] | None = None
    unsure = 0
    while low < high or is_open is None:
        middle = (low + high) // 2
        left = max(0.1, begun + seconds - time.perf_counter())
        found = _cover(usable <= radii[middle], p, locked, left)
        if found.is_open is not None:
            is_open = found.is_open
            reached = float(usable[:, is_open].min(axis=1).max())
            high = int(np.searchsorted(radii, reached))
        elif found.proved and not unsure:
            low = middle + 1
        else:  # the time ran out: this radius is neither met nor proved too short
            unsure = unsure or low
            low = middle + 1
            if low > high:
                raise BadInput(
                    Problem(
                        "aucune réponse n’a été trouvée dans le temps donné", value=f"{seconds} s"
                    )
                )
    bound = float(radii[unsure]) if unsure else float(radii[low])
    spare = np.flatnonzero(~is_open & ~barred)[: max(0, p - int(is_open.sum()))]
    is_open = is_open.copy()
    is_open[spare] = True
    value = float(usable[:, is_open].min(axis=1).max())
    return Siting(
        objective="p-center",
        sense="min",
        sites=np.flatnonzero(is_open),
        counts=np.ones(int(is_open.sum()), dtype=np.int64),
        value=value,
        bound=min(bound, value),
        baseline=float(usable[:, locked].min(axis=1).max()) if locked.any() else float("nan"),
        proved=not unsure,
        seconds=time.perf_counter() - begun,
        marginal=float("nan"),
        multipliers=np.empty(0),
        relaxation_bound=float("nan"),
        alternatives=(),
        out_of_reach=0,
        method="couverture de rayon décroissant, HiGHS où il le faut",
    )
