"""p-median with proof: where p sites make the weighted cost of reaching the nearest one smallest.

Interchange gives a value, the Lagrangean a bound and settles most sites; what is left is split,
best bound first, each half starting from the multipliers of its parent.
"""

from __future__ import annotations

import heapq
import itertools
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from assemblier.errors import BadInput, Problem
from assemblier.futures.alternatives import exchanges
from assemblier.futures.interchange import greedy_opening, interchange
from assemblier.futures.p_median_bound import Ascent, ascend, lagrangean_bound
from assemblier.futures.siting import Siting, open_mask
from assemblier.futures.sorted_costs import CLOSED, OPEN, SortedCosts, reduced, serving_cost

__all__ = [
    "Located",
    "Search",
    "check_sites",
    "climb_root",
    "first_search",
    "locate",
    "p_median",
    "split",
]

# Efforts, tuned on uniform planes; they change the time, not the answer.
_ROOT_STEPS, _ROOT_ROUNDS, _NODE_STEPS = 150, 40, 60
_ROOT_THETA, _NODE_THETA = 1.0, 0.15
_CANDIDATES_TO_SPLIT, _PROBE_STEPS = 6, 12
_EPSILON = 1e-9
_DEAR = 10.0


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


@dataclass(slots=True)
class Search:
    """A search under way: the problem, what may be opened, and the best answer met."""

    costs: SortedCosts
    p: int
    locked: NDArray[np.bool_]
    allowed: NDArray[np.bool_]
    whole: bool
    gap: float
    value: float
    is_open: NDArray[np.bool_]

    @property
    def cutoff(self) -> float:
        """Bound above which nothing better is left."""
        if self.whole:
            return (
                max(self.value - 1 + 1e-6, self.value * (1 - self.gap))
                if self.gap
                else (self.value - 1 + 1e-6)
            )
        return self.value - max(self.gap, _EPSILON) * abs(self.value)

    def offer(self, is_open: NDArray[np.bool_], *, improve: bool) -> bool:
        """Take sites if they are better; return whether they were."""
        if int(is_open.sum()) != self.p:
            return False
        if improve:
            is_open = interchange(
                _dearer(self.costs), is_open, locked=self.locked, allowed=self.allowed
            )
        cost, lost = serving_cost(self.costs, is_open)
        if (lost and not self.costs.exact) or cost >= self.value:
            return False
        self.value, self.is_open = cost, is_open.copy()
        return True


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


def _dearer(costs: SortedCosts) -> SortedCosts:
    """Make what lies beyond a cut row dear, so that answers serve everyone within their row."""
    return costs if costs.exact else replace(costs, beyond=_DEAR * costs.beyond)


def first_search(
    costs: SortedCosts, p: int, *, locked: NDArray[np.bool_], allowed: NDArray[np.bool_], gap: float
) -> tuple[Search, NDArray[np.int8]]:
    """Open greedily, exchange, and return the search with the state of each site."""
    dear = _dearer(costs)
    first = greedy_opening(dear, p, opened=locked, allowed=allowed)
    first = interchange(dear, first, locked=locked, allowed=allowed)
    value, lost = serving_cost(costs, first)
    if lost and not costs.exact:
        value = float("inf")
    state = np.where(locked, OPEN, np.where(allowed, 0, CLOSED)).astype(np.int8)
    return Search(costs, p, locked, allowed, costs.whole, gap, value, first), state


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
    begun = time.perf_counter()
    search, state = first_search(costs, p, locked=locked, allowed=allowed, gap=gap)
    root, rows = climb_root(search, state, begun + seconds)
    free = int((root.state == 0).sum())
    bound = min(root.bound, search.value)
    nodes = 1
    if bound <= search.cutoff and free and tree:
        bound, nodes = split(search, rows, root, begun + seconds)
    if bound > search.cutoff or not free:
        bound = search.value if not gap else min(max(bound, search.cutoff), search.value)
    alone = lagrangean_bound(costs, p, root.multipliers, locked=locked, allowed=allowed)
    return Located(
        search.is_open,
        search.value,
        max(min(bound, search.value), min(alone, search.value)),
        root.multipliers,
        alone,
        nodes,
        free,
    )


def _finished(search: Search, node: Ascent) -> bool:
    """Whether nothing better is left under this node; a settled node is weighed first."""
    if node.bound > search.cutoff:
        return True
    if (node.state == 0).any():
        return False
    search.offer(node.state == OPEN, improve=False)
    return True


def climb_root(search: Search, state: NDArray[np.int8], until: float) -> tuple[Ascent, SortedCosts]:
    """Climb at the root, improving the answer on the way; return the rows still open to choice."""
    rows = reduced(search.costs, state)
    lam = _second_cost(rows, search.is_open)
    chosen = np.full(state.size, search.p / max(1, int((state != CLOSED).sum())))
    now = Ascent(-np.inf, lam, state, chosen, np.inf, np.zeros(state.size, np.bool_), 0)
    theta = _ROOT_THETA
    best_bound, best_lam = -np.inf, lam
    for turn in range(_ROOT_ROUNDS):
        before = int((now.state == 0).sum())
        aim = search.value if np.isfinite(search.value) else 1.05 * max(now.bound, 1.0)
        now = ascend(
            rows, search.p, state=now.state, multipliers=now.multipliers, cutoff=search.cutoff,
            aim=aim, iterations=_ROOT_STEPS, theta=theta, chosen=now.chosen,
        )  # fmt: skip
        gained = now.bound - best_bound
        if now.bound > best_bound:
            best_bound, best_lam = now.bound, now.multipliers
        search.offer(now.best_open, improve=turn < 8)
        if _finished(search, now) or time.perf_counter() > until:
            break
        left = int((now.state == 0).sum())
        theta *= 0.7
        if gained < 1e-5 * abs(best_bound) and left == before and turn > 3:
            break
        if left < 0.9 * before:
            rows = reduced(search.costs, now.state)
    rows = reduced(search.costs, now.state)
    return (
        Ascent(best_bound, best_lam, now.state, now.chosen, now.best, now.best_open, 0),
        rows,
    )


def _second_cost(rows: SortedCosts, is_open: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Start each multiplier between the costs of the nearest and the second open site."""
    near = np.full(rows.beyond.size, np.nan)
    second = rows.beyond.copy()
    row = np.repeat(np.arange(rows.beyond.size), np.diff(rows.indptr))
    hit = np.flatnonzero(is_open[rows.site])
    owner = row[hit]
    opening = np.concatenate(([True], owner[1:] != owner[:-1])) if hit.size else hit
    firsts = np.flatnonzero(opening)
    near[owner[firsts]] = rows.cost[hit[firsts]]
    after = firsts + 1
    after = after[(after < hit.size)]
    after = after[owner[after] == owner[after - 1]]
    second[owner[after]] = rows.cost[hit[after]]
    near = np.where(np.isnan(near), rows.beyond, near)
    between: NDArray[np.float64] = near + 0.5 * (np.minimum(second, 3 * near) - near)
    return np.minimum(between, rows.beyond)


def split(search: Search, root_rows: SortedCosts, root: Ascent, until: float) -> tuple[float, int]:
    """Split, best bound first; return the bound reached and the number of nodes."""
    ticket = itertools.count()
    heap: list[tuple[float, int, NDArray[np.int8], NDArray[np.float64], NDArray[np.float64]]] = [
        (root.bound, next(ticket), root.state, root.multipliers, root.chosen)
    ]
    nodes = 1
    while heap:
        bound, _, state, lam, chosen = heapq.heappop(heap)
        if bound > search.cutoff:
            return bound, nodes
        if time.perf_counter() > until:
            return bound, nodes
        rows = reduced(root_rows, state)
        place = _to_split(search, rows, state, lam, chosen)
        for choice in (OPEN, CLOSED):
            half = state.copy()
            half[place] = choice
            part = reduced(rows, half)
            node = ascend(
                part, search.p, state=half, multipliers=np.minimum(lam, part.beyond),
                cutoff=search.cutoff, aim=search.value, iterations=_NODE_STEPS,
                theta=_NODE_THETA, chosen=chosen,
            )  # fmt: skip
            nodes += 1
            search.offer(node.best_open, improve=False)
            if _finished(search, node):
                continue
            heapq.heappush(
                heap,
                (max(node.bound, bound), next(ticket), node.state, node.multipliers, node.chosen),
            )
    return float("inf"), nodes


def _to_split(
    search: Search,
    rows: SortedCosts,
    state: NDArray[np.int8],
    lam: NDArray[np.float64],
    chosen: NDArray[np.float64],
) -> int:
    """Choose the site whose two halves both raise the bound most, probing a few."""
    free = np.flatnonzero(state == 0)
    doubt = np.abs(chosen[free] - 0.5)
    near = free[np.argsort(doubt, kind="stable")[:_CANDIDATES_TO_SPLIT]]
    best, where = -np.inf, int(near[0])
    for place in near:
        ends = []
        for choice in (OPEN, CLOSED):
            half = state.copy()
            half[place] = choice
            part = reduced(rows, half)
            probe = ascend(
                part, search.p, state=half, multipliers=np.minimum(lam, part.beyond),
                cutoff=search.cutoff, aim=search.value, iterations=_PROBE_STEPS,
                theta=_NODE_THETA, chosen=chosen,
            )  # fmt: skip
            ends.append(min(probe.bound, search.value))
        score = min(ends) + 0.2 * max(ends)
        if score > best:
            best, where = score, int(place)
    return where


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
        method=f"relaxation lagrangienne et arborescence, {found.nodes} nœuds",
    )
