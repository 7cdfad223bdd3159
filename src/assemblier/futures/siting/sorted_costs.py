"""Costs of serving each demand from each site, by rows, nearest first.

Location problems read a row from its nearest site and stop early, so rows are kept sorted. A row
may end before the last site: ``beyond`` is then what a demand costs when none of the stored sites
is open, and ``exact`` says whether that is its true cost (nobody is sent farther: people out of
reach, not covered, or already served by an existing site) or only a floor under it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from assemblier.compiled import njit
from assemblier.errors import BadInput, Problem
from assemblier.measures.times import TravelTimes

__all__ = ["SortedCosts", "gathered", "reduced", "serving_cost"]

_CHUNK = 2048
OPEN, CLOSED = 1, 2


@dataclass(frozen=True, slots=True)
class SortedCosts:
    """Weighted costs by demand, sorted.

    Attributes
    ----------
    indptr
        Shape (n + 1,), int64: row i holds the pairs ``indptr[i]:indptr[i + 1]``.
    site
        Shape (pairs,), int32: position of the site.
    cost
        Shape (pairs,), float64: weight of the demand times its cost, not decreasing in a row, below
        ``beyond``.
    beyond
        Shape (n,), float64: cost when no stored site is open.
    sites
        Number of sites m.
    exact
        Whether ``beyond`` is the true cost rather than a floor under it.
    """

    indptr: NDArray[np.int64]
    site: NDArray[np.int32]
    cost: NDArray[np.float64]
    beyond: NDArray[np.float64]
    sites: int
    exact: bool

    @classmethod
    def of(
        cls, cost: ArrayLike, weight: ArrayLike | None = None, *, nearest: int | None = None
    ) -> SortedCosts:
        """Sort a full matrix, shape (n, m), of costs for one unit of demand.

        Parameters
        ----------
        cost
            Finite, zero or more.
        weight
            Units of each demand, shape (n,), zero or more; one each without it.
        nearest
            Keep this many sites in each row; the bound stays valid, as what lies beyond costs at
            least the last one kept.

        Raises
        ------
        BadInput
            Shapes that do not match; costs or weights that are missing or negative.
        """
        matrix = np.asarray(cost)
        if matrix.ndim != 2 or 0 in matrix.shape:
            raise BadInput(
                Problem(
                    "les coûts forment un tableau de la demande (lignes) aux sites (colonnes)",
                    value=str(matrix.shape),
                )
            )
        n, m = matrix.shape
        units = _weights(weight, n)
        if not (np.isfinite(matrix.min()) and matrix.min() >= 0 and np.isfinite(matrix.max())):
            raise BadInput(
                Problem(
                    "un coût manque ou est négatif",
                    allowed="des nombres, zéro ou plus",
                    advice="Donnez les trajets impossibles par une liste de couples.",
                )
            )
        kept = m if nearest is None else min(nearest, m)
        site = np.empty((n, kept), dtype=np.int32)
        sorted_cost = np.empty((n, kept))
        for first in range(0, n, _CHUNK):
            part = matrix[first : first + _CHUNK]
            if kept < m:
                near = np.sort(np.argpartition(part, kept - 1, axis=1)[:, :kept], axis=1)
                order = np.argsort(np.take_along_axis(part, near, 1), axis=1, kind="stable")
                order = np.take_along_axis(near, order, 1)
            else:
                order = np.argsort(part, axis=1, kind="stable")
            site[first : first + _CHUNK] = order
            sorted_cost[first : first + _CHUNK] = np.take_along_axis(part, order, 1)
        sorted_cost *= units[:, None]
        last = sorted_cost[:, -1].copy()
        beyond = last if kept < m else np.full(n, max(float(last.sum()), 1.0) * 2 + 1)
        return cls(
            np.arange(n + 1, dtype=np.int64) * kept,
            site.ravel(),
            sorted_cost.ravel(),
            beyond,
            m,
            exact=kept == m,
        )

    @classmethod
    def of_times(
        cls, times: TravelTimes, weight: ArrayLike | None = None, *, beyond: float
    ) -> SortedCosts:
        """Sort travel times in minutes; people without a site within reach count ``beyond``.

        Parameters
        ----------
        times
            From demand to candidate sites.
        weight
            People of each demand, shape (n,).
        beyond
            Minutes counted for people who reach no open site; also the most anybody is counted.

        Raises
        ------
        BadInput
            ``beyond`` is not a number above zero, or weights are missing or negative.
        """
        if not (np.isfinite(beyond) and beyond > 0):
            raise BadInput(
                Problem(
                    "les minutes comptées hors d’atteinte doivent être un nombre supérieur à 0",
                    value=str(beyond),
                )
            )
        units = _weights(weight, len(times.origins))
        rows = np.repeat(np.arange(len(times.origins)), np.diff(times.indptr))
        minutes = times.minutes
        order = np.lexsort((times.indices, minutes, rows))
        order = order[minutes[order] < beyond]
        counts = np.bincount(rows[order], minlength=len(times.origins))
        return cls(
            np.concatenate(([0], np.cumsum(counts, dtype=np.int64))),
            np.ascontiguousarray(times.indices[order], dtype=np.int32),
            minutes[order] * units[rows[order]],
            beyond * units,
            len(times.destinations),
            exact=True,
        )

    @property
    def whole(self) -> bool:
        """Whether every cost is a whole number, so that two values differ by one at least."""
        top = self.beyond if self.exact else self.cost[:1]
        return bool((self.cost == np.rint(self.cost)).all() and (top == np.rint(top)).all())


def _weights(weight: ArrayLike | None, n: int) -> NDArray[np.float64]:
    units = np.ones(n) if weight is None else np.ascontiguousarray(weight, dtype=np.float64)
    if units.shape != (n,) or not bool((np.isfinite(units) & (units >= 0)).all()):
        raise BadInput(
            Problem(
                "le poids de chaque demande manque ou est négatif",
                allowed=f"{n} nombres, zéro ou plus",
            )
        )
    return units


@njit(cache=True)
def _reduced(indptr: Any, site: Any, cost: Any, beyond: Any, state: Any) -> Any:
    rows = indptr.size - 1
    top = beyond.copy()
    starts = np.zeros(rows + 1, dtype=np.int64)
    kept_site = np.empty(site.size, dtype=np.int32)
    kept_cost = np.empty(site.size, dtype=np.float64)
    used = 0
    for row in range(rows):
        for pair in range(indptr[row], indptr[row + 1]):
            if cost[pair] >= top[row]:
                break
            now = state[site[pair]]
            if now == OPEN:
                top[row] = cost[pair]
                break
            if now != CLOSED:
                kept_site[used] = site[pair]
                kept_cost[used] = cost[pair]
                used += 1
        starts[row + 1] = used
    return starts, kept_site[:used].copy(), kept_cost[:used].copy(), top


def reduced(costs: SortedCosts, state: NDArray[np.int8]) -> SortedCosts:
    """Drop closed sites, and let open ones (state 1) cap what each demand costs.

    A demand is never served at more than its cost from an open site, so its row ends there.
    """
    starts, site, cost, top = _reduced(costs.indptr, costs.site, costs.cost, costs.beyond, state)
    return SortedCosts(starts, site, cost, top, costs.sites, costs.exact)


def gathered(costs: SortedCosts) -> SortedCosts:
    """Put demands of one nearest site together, as if they all went to the same open site.

    It is never cheaper than the true problem, and has as many rows as sites: good answers of it are
    found soon, and improved on the true rows.
    """
    lengths = np.diff(costs.indptr)
    served = np.flatnonzero(lengths)
    owner = np.repeat(np.arange(costs.beyond.size), lengths)
    nearest, group = np.unique(costs.site[costs.indptr[served]], return_inverse=True)
    row = np.empty(costs.beyond.size, dtype=np.int64)
    row[served] = group
    sites, column = np.unique(costs.site, return_inverse=True)
    beyond = np.bincount(group, weights=costs.beyond[served], minlength=nearest.size).astype(float)
    less = np.bincount(
        row[owner] * sites.size + column,
        weights=costs.beyond[owner] - costs.cost,
        minlength=nearest.size * sites.size,
    ).reshape(nearest.size, sites.size)
    order = np.argsort(-less, axis=1, kind="stable")
    less = np.take_along_axis(less, order, axis=1)
    kept = less > 0
    return SortedCosts(
        np.concatenate(([0], np.cumsum(kept.sum(axis=1), dtype=np.int64))),
        sites[order[kept]],
        np.maximum(beyond[:, None] - less, 0.0)[kept],
        beyond,
        costs.sites,
        costs.exact,
    )


@njit(cache=True)
def _serving(indptr: Any, site: Any, cost: Any, beyond: Any, is_open: Any) -> Any:
    total = 0.0
    lost = 0
    for row in range(indptr.size - 1):
        paid = beyond[row]
        found = False
        for pair in range(indptr[row], indptr[row + 1]):
            if is_open[site[pair]]:
                paid = cost[pair]
                found = True
                break
        if not found and paid > 0.0:
            lost += 1
        total += paid
    return total, lost


def serving_cost(costs: SortedCosts, is_open: NDArray[np.bool_]) -> tuple[float, int]:
    """Return the cost when these sites are open, and how many demands fall beyond their row."""
    total, lost = _serving(costs.indptr, costs.site, costs.cost, costs.beyond, is_open)
    return float(total), int(lost)
