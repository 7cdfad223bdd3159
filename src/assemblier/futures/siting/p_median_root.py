"""p-median at the root: a first answer, then multipliers that bound it and settle sites.

Small problems climb by subgradient, which settles sites on the way; wide ones by the saddle of
sites in parts, whose parts also tell where to look for answers.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from assemblier.futures.siting.interchange import greedy_opening, interchange, shaken
from assemblier.futures.siting.p_median_bound import Ascent, ascend, settled
from assemblier.futures.siting.p_median_saddle import Saddle, saddle_bound
from assemblier.futures.siting.sorted_costs import (
    CLOSED,
    OPEN,
    SortedCosts,
    gathered,
    reduced,
    serving_cost,
)

__all__ = [
    "Search",
    "climb_root",
    "climb_wide_root",
    "finished",
    "first_search",
    "first_state",
]

# Efforts, tuned on uniform planes; they change the time, not the answer.
_ROOT_STEPS, _ROOT_ROUNDS, _ROOT_THETA, _WARM_THETA = 150, 40, 1.0, 0.15
_EPSILON = 1e-9
_DEAR = 10.0
_WIDE_TURNS, _FIRST_TOLERANCE, _TIGHTER, _PART, _TOO_NEAR = 8, 1e-3, 3.0, 1e-3, 1e-5
_BOUND_SHARE, _ANSWER_SHARE, _FEW, _PATIENCE = 0.5, 0.5, 300, 100
_CROWD, _MOST_GATHERED, _STARTS = 4, 2_000, 8


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
        if not np.isfinite(self.value):
            return np.inf
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

    def look_among(
        self,
        parts: NDArray[np.float64],
        *,
        enough: float,
        until: float,
        patience: int,
        seed: int,
    ) -> None:
        """Look for a better answer among the sites that have a part, by shaking."""
        kept = (parts > _PART) | self.is_open | self.locked
        kept[np.argsort(-parts, kind="stable")[: self.p]] = True
        kept &= self.allowed
        rows = reduced(self.costs, np.where(kept, 0, CLOSED).astype(np.int8))
        rows = rows if self.costs.exact else replace(rows, beyond=_DEAR * self.costs.beyond)
        crowded = int(kept.sum()) <= min(_MOST_GATHERED, rows.beyond.size // _CROWD)
        for answer in (
            self._gathered_answers(rows, parts, kept, enough, until, patience, seed)
            if crowded and rows.site.size
            else [self._shaken_answer(rows, kept, enough, until, patience, seed)]
        ):
            if not self.offer(answer, improve=False) and not np.isfinite(self.value):
                self.is_open = (
                    answer  # some are served beyond their row: the caller weighs it whole
                )

    def _shaken_answer(
        self,
        rows: SortedCosts,
        kept: NDArray[np.bool_],
        enough: float,
        until: float,
        patience: int,
        seed: int,
    ) -> NDArray[np.bool_]:
        """Shake the best answer, or a greedy one, on the rows themselves."""
        first = self.is_open
        if int(first.sum()) != self.p:
            first = greedy_opening(rows, self.p, opened=self.locked, allowed=kept)
        return shaken(
            rows, first, locked=self.locked, allowed=kept, until=until, enough=enough,
            patience=patience, seed=seed,
        )  # fmt: skip

    def _gathered_answers(
        self,
        rows: SortedCosts,
        parts: NDArray[np.float64],
        kept: NDArray[np.bool_],
        enough: float,
        until: float,
        patience: int,
        seed: int,
    ) -> Iterator[NDArray[np.bool_]]:
        """Shake many first answers on gathered demands, and swap on the rows themselves."""
        crowd = gathered(rows)
        places = np.flatnonzero(kept & ~self.locked)
        share = parts[places] + _PART / places.size
        drawn = self.p - int(self.locked.sum())
        draw = np.random.default_rng(seed)
        for start in range(_STARTS if 0 < drawn < places.size else 1):
            if start == 0:
                first = self.is_open
                if int(first.sum()) != self.p:
                    first = greedy_opening(crowd, self.p, opened=self.locked, allowed=kept)
            else:
                first = self.locked.copy()
                first[draw.choice(places, drawn, replace=False, p=share / share.sum())] = True
            answer = shaken(
                crowd, first, locked=self.locked, allowed=kept, until=until, patience=patience,
                seed=seed + start,
            )  # fmt: skip
            yield interchange(rows, answer, locked=self.locked, allowed=kept)
            if time.perf_counter() >= until or self.value <= enough:
                return


def _dearer(costs: SortedCosts) -> SortedCosts:
    """Make what lies beyond a cut row dear, so that answers serve everyone within their row."""
    return costs if costs.exact else replace(costs, beyond=_DEAR * costs.beyond)


def first_state(locked: NDArray[np.bool_], allowed: NDArray[np.bool_]) -> NDArray[np.int8]:
    """Return the state of each site before any is settled by proof."""
    return np.where(locked, OPEN, np.where(allowed, 0, CLOSED)).astype(np.int8)


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
    search = Search(costs, p, locked, allowed, costs.whole, gap, value, first)
    return search, first_state(locked, allowed)


def finished(search: Search, node: Ascent) -> bool:
    """Whether nothing better is left under this node; a settled node is weighed first."""
    if node.bound > search.cutoff:
        return True
    if (node.state == 0).any():
        return False
    search.offer(node.state == OPEN, improve=False)
    return True


def climb_root(
    search: Search,
    state: NDArray[np.int8],
    until: float,
    *,
    multipliers: NDArray[np.float64] | None = None,
) -> tuple[Ascent, SortedCosts]:
    """Climb at the root, improving the answer on the way; return the rows still open to choice.

    Multipliers known already are started from, and answers then no longer improved by swaps.
    """
    rows = reduced(search.costs, state)
    improve = 8 if multipliers is None else 0
    if multipliers is None:
        lam, theta = _second_cost(rows, search.is_open), _ROOT_THETA
    else:
        lam, theta = np.minimum(multipliers, rows.beyond), _WARM_THETA
    chosen = np.full(state.size, search.p / max(1, int((state != CLOSED).sum())))
    now = Ascent(-np.inf, lam, state, chosen, np.inf, np.zeros(state.size, np.bool_), 0)
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
        search.offer(now.best_open, improve=turn < improve)
        if finished(search, now) or time.perf_counter() > until:
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


def climb_wide_root(
    search: Search, state: NDArray[np.int8], until: float, *, balance: float = 0.06
) -> tuple[Ascent, SortedCosts, NDArray[np.float64]]:
    """Bound a wide problem, look for answers where parts are, settle sites, and again, tighter.

    Returns
    -------
    tuple
        Where it stopped, the rows still open to choice, and the multipliers that bound the problem
        best without any site settled.
    """
    now, tolerance, bound = state, _FIRST_TOLERANCE, -np.inf
    found: Saddle | None = None
    lam = told = np.zeros(search.costs.beyond.size)
    parts = np.zeros(search.costs.sites)
    for turn in range(_WIDE_TURNS):
        left = until - time.perf_counter()
        if left <= 0 and found is not None:
            break
        found = saddle_bound(
            search.costs, search.p, state=now, until=until - (1 - _BOUND_SHARE) * left,
            tolerance=tolerance, enough=search.cutoff, start=found,
            balance=balance,
        )  # fmt: skip
        if found.bound > bound:
            bound, lam = found.bound, found.multipliers
            told = lam if now is state else told
        parts = found.parts
        left = max(0.0, until - time.perf_counter())
        search.look_among(
            parts,
            enough=_enough(search, bound),
            until=until - (1 - _ANSWER_SHARE) * left,
            patience=_PATIENCE * 4**turn,  # settling alone often ends it
            seed=turn,
        )
        if bound > search.cutoff:
            break
        sure, _ = settled(search.costs, search.p, state=now, multipliers=lam, cutoff=search.cutoff)
        now = now if (sure == now).all() else sure
        free = int((now == 0).sum())
        if free <= _FEW or found.ceiling - bound <= _TOO_NEAR * search.value:
            break
        tolerance /= _TIGHTER
    rows = reduced(search.costs, now)
    where = Ascent(bound, lam, now, parts, search.value, search.is_open, 0)
    left = until - time.perf_counter()
    if not finished(search, where) and left > 0 and int((now == 0).sum()) <= _FEW:
        climbed, rows = climb_root(search, now, until, multipliers=lam)
        where = climbed if climbed.bound > bound else replace(climbed, bound=bound)
    return where, rows, told


def _enough(search: Search, bound: float) -> float:
    """Return the cost of an answer that the bound proves to be near enough."""
    return bound / (1 - search.gap) if search.gap else bound * (1 + _EPSILON)


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
