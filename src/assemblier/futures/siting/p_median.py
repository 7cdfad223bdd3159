"""p-median with proof: where p sites make the weighted cost of reaching the nearest one smallest.

Interchange gives a value, the Lagrangean a bound and settles most sites; what is left is split,
best bound first, each half starting from the multipliers of its parent.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from assemblier.errors import BadInput, Problem
from assemblier.futures.siting.alternatives import exchanges
from assemblier.futures.siting.answer import Siting, open_mask
from assemblier.futures.siting.interchange import greedy_opening
from assemblier.futures.siting.p_median_bound import lagrangean_bound
from assemblier.futures.siting.p_median_root import (
    Search,
    climb_root,
    climb_wide_root,
    first_search,
    first_state,
)
from assemblier.futures.siting.p_median_tree import split
from assemblier.futures.siting.sorted_costs import SortedCosts, serving_cost
from assemblier.language import plural

__all__ = ["Located", "check_sites", "locate", "p_median"]

_EPSILON = 1e-9
_WIDE = 1_000_000


@dataclass(frozen=True, slots=True)
class Located:
    """Open sites with their cost and bound, before anything is said about them.

    Attributes
    ----------
    is_open
        Shape (m,).
    value, bound
        Cost of the open sites, and floor under the cost of any other choice.
    multipliers, relaxation_bound
        λ at the root, shape (n,), and the bound they give alone.
    nodes, left
        Nodes of the tree looked at, and sites still unsettled at the root.
    """

    is_open: NDArray[np.bool_]
    value: float
    bound: float
    multipliers: NDArray[np.float64]
    relaxation_bound: float
    nodes: int
    left: int


def check_sites(p: int, locked: NDArray[np.bool_], forbidden: NDArray[np.bool_]) -> None:
    """Refuse wishes that cannot be met together, and say all that binds.

    Raises
    ------
    BadInput
        A site both kept and forbidden; more sites kept than asked for; fewer allowed than asked.
    """
    problems = [
        Problem(
            "un site est à la fois conservé et interdit",
            value=str(int(place)),
            advice="Retirez-le de l’une des deux listes.",
        )
        for place in np.flatnonzero(locked & forbidden)
    ]
    if p < 1:
        problems.append(Problem("il faut ouvrir au moins un site", value=str(p)))
    elif int(locked.sum()) > p:
        problems.append(
            Problem(
                "le nombre de sites bloque : les sites conservés en demandent davantage",
                value=str(p),
                allowed=f"au moins {int(locked.sum())}",
                advice="Augmentez le nombre de sites ou conservez-en moins.",
            )
        )
    if int((~forbidden).sum()) < p:
        problems.append(
            Problem(
                "les sites interdits bloquent : il n’en reste pas assez",
                value=str(p),
                allowed=f"au plus {int((~forbidden).sum())}",
                advice="Interdisez moins de sites, ajoutez des candidats ou demandez-en moins.",
            )
        )
    if problems:
        raise BadInput(problems)


def locate(
    costs: SortedCosts,
    p: int,
    *,
    locked: NDArray[np.bool_],
    allowed: NDArray[np.bool_],
    gap: float = 0.0,
    seconds: float = 60.0,
    tree: bool = True,
) -> Located:
    """Open p sites at the least cost, with a bound.

    Parameters
    ----------
    costs
        Sorted costs.
    p
        Sites open in all.
    locked, allowed
        Sites that must be open and that may be, shape (m,).
    gap
        Stop when the bound is this close, relative to the value.
    seconds
        Stop after this long; the bound then holds but does not meet the value.
    tree
        Whether to split what the root leaves open.
    """
    until = time.perf_counter() + seconds
    if costs.site.size > _WIDE:
        nobody = np.zeros(costs.sites, dtype=np.bool_)
        search = Search(costs, p, locked, allowed, costs.whole, gap, np.inf, nobody)
        root, rows, told = climb_wide_root(search, first_state(locked, allowed), until)
    else:
        search, state = first_search(costs, p, locked=locked, allowed=allowed, gap=gap)
        root, rows = climb_root(search, state, until)
        told = root.multipliers
    free = int((root.state == 0).sum())
    bound, nodes = root.bound, 1
    if bound <= search.cutoff and free and tree:
        bound, nodes = split(search, rows, root, until)
    if bound > search.cutoff or not free:  # what was ruled out passes the cutoff, and no more
        bound = search.cutoff if gap else search.value
    alone = lagrangean_bound(costs, p, told, locked=locked, allowed=allowed)
    return Located(
        search.is_open,
        search.value,
        min(max(bound, alone), search.value),
        told,
        alone,
        nodes,
        free,
    )


def p_median(
    cost: ArrayLike | SortedCosts,
    p: int,
    *,
    weight: ArrayLike | None = None,
    existing: Sequence[int] = (),
    forbidden: Sequence[int] = (),
    nearest: int | None = None,
    gap: float = 0.0,
    seconds: float = 60.0,
    margin: float = 0.0,
) -> Siting:
    """Choose p sites so that the weighted cost of reaching the nearest one is smallest.

    Parameters
    ----------
    cost
        Cost of one unit of demand from each site, shape (n, m), or costs already weighted and
        sorted (travel times with people out of reach).
    p
        Sites open in all, existing ones with them.
    weight
        People of each demand, shape (n,); not with sorted costs.
    existing, forbidden
        Positions of sites that stay open, and of sites that may not be.
    nearest
        Keep this many sites in each row to spare memory; the bound stays valid, and the value is
        recomputed on the whole matrix.
    gap, seconds
        Stop at this relative gap, or after this long.
    margin
        Return exchanges of one site that lose no more than this share of the gain (of the value
        where no site exists yet).

    Returns
    -------
    Siting
        Sites, value, bound; the baseline is the cost with the existing sites alone.

    Raises
    ------
    BadInput
        Wishes that cannot be met together, costs missing or negative.
    """
    begun = time.perf_counter()
    costs = cost if isinstance(cost, SortedCosts) else SortedCosts.of(cost, weight, nearest=nearest)
    locked = open_mask(existing, costs.sites, "conservé")
    barred = open_mask(forbidden, costs.sites, "interdit")
    check_sites(p, locked, barred)
    found = locate(costs, p, locked=locked, allowed=~barred, gap=gap, seconds=seconds)
    value = found.value
    if not np.isfinite(value):  # some demand is served beyond its row: weigh it on the whole matrix
        if isinstance(cost, SortedCosts):
            raise BadInput(
                Problem(
                    "des habitants ne sont desservis par aucun des sites gardés pour eux",
                    advice="Gardez plus de sites proches pour chaque demande.",
                )
            )
        whole = np.asarray(cost)[:, found.is_open].min(axis=1)
        value = float(whole.sum() if weight is None else whole @ np.asarray(weight))
    baseline = serving_cost(costs, locked)[0] if locked.any() and costs.exact else float("nan")
    scale = value if np.isnan(baseline) else baseline - value
    held = np.flatnonzero(found.is_open)
    marginal = float("nan")
    addable = ~barred & ~found.is_open
    if addable.any() and costs.exact:
        more = greedy_opening(costs, p + 1, opened=found.is_open, allowed=~barred)
        marginal = value - serving_cost(costs, more)[0]
    return Siting(
        objective="p-median",
        sense="min",
        sites=held,
        counts=np.ones(held.size, dtype=np.int64),
        value=value,
        bound=found.bound,
        baseline=baseline,
        proved=bool(value - found.bound <= 2 * _EPSILON * abs(value)),
        seconds=time.perf_counter() - begun,
        marginal=marginal,
        multipliers=found.multipliers,
        relaxation_bound=found.relaxation_bound,
        alternatives=exchanges(
            costs, found.is_open, value, scale, margin, locked=locked, allowed=~barred
        ),
        out_of_reach=int(((np.diff(costs.indptr) == 0) & (costs.beyond > 0)).sum()),
        method=f"relaxation lagrangienne et arborescence, {found.nodes} "
        f"{plural(found.nodes, 'nœud')}",
    )
