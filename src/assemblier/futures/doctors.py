"""Where doctors who settle do most good, with proof.

Greedy and moves give an answer; multipliers prove how far from the best it can be, settle most
candidates one way or the other and shrink the problem; HiGHS finishes what is left.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from assemblier.errors import BadInput, Problem
from assemblier.futures.shortfall import (
    Shortfall,
    greedy_units,
    improve_units,
    unit_gains,
)
from assemblier.futures.shortfall_bound import price, shortfall_bound
from assemblier.futures.shortfall_model import (
    Placed,
    feasible_counts,
    solve_maximin,
    solve_shortfall,
    solve_under_threshold,
)
from assemblier.futures.siting import Alternative, HandChoice, Siting, share_of_gain
from assemblier.futures.wishes import Wishes

__all__ = ["place_doctors", "raise_worst_served", "reduce_people_under"]

_ROUNDS, _ROUND_STEPS = 6, 120
_PROVED = 1e-9
_LARGEST_PROGRAMME = 60_000


@dataclass(frozen=True, slots=True)
class _Answer:
    counts: NDArray[np.int64]
    bound: float
    multipliers: NDArray[np.float64]
    relaxation: float
    method: str


def _decided(problem: Shortfall, counts: NDArray[np.int64]) -> Shortfall:
    return replace(problem, access=problem.access_with(counts)) if counts.any() else problem


def _only(problem: Shortfall, kept: NDArray[np.bool_]) -> Shortfall:
    """Keep the pairs of some candidates with demands that lack something."""
    owner = np.repeat(np.arange(problem.sites), np.diff(problem.starts))
    useful = kept[owner] & (problem.access[problem.rows] < problem.bands.thresholds[0])
    counts = np.bincount(owner[useful], minlength=problem.sites)
    return replace(
        problem,
        starts=np.concatenate(([0], np.cumsum(counts, dtype=np.int64))),
        rows=problem.rows[useful],
        gain=problem.gain[useful],
    )


def _plain(problem: Shortfall, wishes: Wishes, gap: float, until: float) -> _Answer:
    """Answer where numbers are the only wishes."""
    given = wishes.at_least
    start = _decided(problem, given)
    units = wishes.units - int(given.sum())
    room = np.minimum(wishes.at_most - given, units)
    zero = np.zeros_like(given)
    start = _only(start, room > 0)
    counts = greedy_units(start, units, counts=zero, at_most=room)
    counts = improve_units(start, counts, at_least=zero, at_most=room)
    value = start.value(counts)
    floor = -np.inf
    now, left, settled, rooms = start, units, zero.copy(), room.copy()
    multipliers = np.zeros_like(start.needs)
    average = counts.astype(np.float64)
    y: NDArray[np.float64] | None = None
    theta = 1.0
    first = True
    for _ in range(_ROUNDS):
        if left <= 0:
            break
        priced, average = price(
            now, left, rooms, value=value, counts=counts - settled, iterations=_ROUND_STEPS,
            theta=theta, multipliers=y,
        )  # fmt: skip
        if first or not settled.any():
            multipliers, first = priced.multipliers, False
        floor = max(floor, priced.bound)
        trial = settled + np.minimum(np.floor(average + 0.4).astype(np.int64), rooms)
        if trial.sum() <= units:
            trial = greedy_units(start, units - int(trial.sum()), counts=trial, at_most=room)
            trial = improve_units(start, trial, at_least=settled, at_most=room)
            if (better := start.value(trial)) < value:
                value, counts = better, trial
        cutoff = value - max(gap, _PROVED) * abs(value)
        if floor >= cutoff or time.perf_counter() > until:
            break
        rank = np.arange(priced.worth.shape[1])
        out = priced.bound + priced.last - priced.worth >= cutoff
        most = np.where(out.any(axis=1), out.argmax(axis=1), rooms)
        inside = (priced.bound + priced.worth - priced.following >= cutoff) & (
            (rank < rank[-1])[None, :] & (rank[None, :] < rooms[:, None])
        )
        taken = np.minimum(np.cumprod(inside, axis=1).sum(axis=1), rooms).astype(np.int64)
        rooms = np.minimum(rooms, most)
        taken = np.minimum(taken, rooms)
        if taken.any() and taken.sum() <= left:
            settled = settled + taken
            now = _decided(now, taken)
            left -= int(taken.sum())
            rooms = np.minimum(rooms - taken, left)
        now = _only(now, rooms > 0)
        y = np.minimum(priced.multipliers, _full(now))
        theta *= 0.6
    method = "relaxation lagrangienne"
    cutoff = value - max(gap, _PROVED) * abs(value)
    if floor < cutoff:
        floor, counts, method = _finish(
            now, left, rooms, settled, counts, value, floor, gap, until, start
        )
        value = start.value(counts)
    relaxation = shortfall_bound(start, units, room, multipliers)
    return _Answer(given + counts, max(floor, relaxation), multipliers, relaxation, method)


def _full(problem: Shortfall) -> NDArray[np.float64]:
    full: NDArray[np.float64] = problem.people[:, None] * problem.bands.increments[None, :]
    return full


def _finish(
    now: Shortfall,
    left: int,
    rooms: NDArray[np.int64],
    settled: NDArray[np.int64],
    counts: NDArray[np.int64],
    value: float,
    floor: float,
    gap: float,
    until: float,
    start: Shortfall,
) -> tuple[float, NDArray[np.int64], str]:
    """Let HiGHS place the doctors that are not settled."""
    if left <= 0 or rooms.sum() < left:
        return value, counts, "relaxation lagrangienne"
    remaining = until - time.perf_counter()
    if now.rows.size > _LARGEST_PROGRAMME or remaining <= 0:
        return floor, counts, "relaxation lagrangienne"
    wishes = Wishes(left, np.zeros_like(rooms), rooms)
    warm = counts - settled
    usable = bool((warm >= 0).all() and (warm <= rooms).all())
    found = solve_shortfall(now, wishes, seconds=remaining, start=warm if usable else None, gap=gap)
    if found.counts is not None:
        trial = settled + found.counts
        if (better := start.value(trial)) < value:
            value, counts = better, trial
    # what was ruled out before cannot be better than the value known then
    return (
        max(floor, min(found.bound, value)),
        counts,
        f"relaxation lagrangienne, puis HiGHS sur {int((rooms > 0).sum())} sites",
    )


def place_doctors(
    problem: Shortfall,
    wishes: Wishes,
    *,
    gap: float = 0.0,
    seconds: float = 60.0,
    margin: float = 0.0,
    by_hand: dict[str, ArrayLike] | None = None,
) -> Siting:
    """Place doctors where the weighted shortfall becomes smallest.

    Parameters
    ----------
    problem
        What a doctor brings from each candidate, and the access before.
    wishes
        Doctors to place and constraints.
    gap, seconds
        Stop at this relative gap, or after this long; the bound always holds.
    margin
        Return moves of one doctor that lose no more than this share of the gain.
    by_hand
        Orders of preference to compare with, by name: for each, a number by candidate, shape (m,);
        doctors go one by one to the highest numbers that the wishes allow.

    Returns
    -------
    Siting
        Value and baseline are weighted shortfalls. ``multipliers`` give ``relaxation_bound`` by
        :func:`..shortfall_bound.shortfall_bound` on the problem with the doctors already decided.
    """
    begun = time.perf_counter()
    until = begun + seconds
    if wishes.plain:
        answer = _plain(problem, wishes, gap, until)
    else:
        answer = _constrained(problem, wishes, gap, until)
    value = problem.value(answer.counts)
    baseline = problem.value()
    bound = min(answer.bound, value)
    gain = baseline - value
    extra = unit_gains(problem, answer.counts)
    addable = wishes.at_most > answer.counts if wishes.plain else wishes.at_most > 0
    return Siting(
        objective="shortfall",
        sense="min",
        sites=np.flatnonzero(answer.counts),
        counts=answer.counts[answer.counts > 0],
        value=value,
        bound=bound,
        baseline=baseline,
        proved=bool(value - bound <= 10 * _PROVED * max(abs(value), 1.0)),
        seconds=time.perf_counter() - begun,
        marginal=float(extra[addable].max()) if addable.any() else float("nan"),
        multipliers=answer.multipliers,
        relaxation_bound=answer.relaxation,
        alternatives=_moves(problem, wishes, answer.counts, value, gain, margin),
        by_hand=_by_hand(problem, wishes, by_hand or {}, baseline, gain),
        out_of_reach=int((_lacking(problem) & ~_reached(problem, wishes)).sum()),
        method=answer.method,
    )


def _constrained(problem: Shortfall, wishes: Wishes, gap: float, until: float) -> _Answer:
    """Answer under a team, a number of sites or a budget: HiGHS on the whole programme."""
    start = _only(problem, wishes.at_most > 0)
    found = solve_shortfall(
        start, wishes, seconds=max(0.1, until - time.perf_counter()), gap=gap
    )
    counts = _checked(found, wishes)
    # leaving the further wishes out can only help: its bound holds here too
    given = wishes.at_least
    eased = _decided(problem, given)
    units = wishes.units - int(given.sum())
    room = np.minimum(wishes.at_most - given, units)
    if units <= 0:
        return _Answer(counts, problem.value(counts), np.zeros_like(problem.needs), np.nan, "")
    priced, _ = price(
        _only(eased, room > 0), units, room, value=problem.value(counts), counts=counts - given
    )
    relaxation = shortfall_bound(eased, units, room, priced.multipliers)
    return _Answer(
        counts, max(found.bound, relaxation), priced.multipliers, relaxation,
        "programme en nombres entiers, HiGHS",
    )  # fmt: skip


def _checked(found: Placed, wishes: Wishes) -> NDArray[np.int64]:
    if found.counts is not None and not wishes.broken(found.counts):
        return found.counts
    counts = feasible_counts(wishes)
    if counts is None:
        raise BadInput(
            Problem(
                "les souhaits ne peuvent pas être tenus ensemble",
                advice="Assouplissez le nombre de sites, le budget ou l’équipe minimale.",
            )
        )
    return counts


def _lacking(problem: Shortfall) -> NDArray[np.bool_]:
    return (problem.access < problem.bands.thresholds[0]) & (problem.people > 0)


def _reached(problem: Shortfall, wishes: Wishes) -> NDArray[np.bool_]:
    owner = np.repeat(np.arange(problem.sites), np.diff(problem.starts))
    reached = np.zeros(problem.access.size, dtype=np.bool_)
    reached[problem.rows[wishes.at_most[owner] > 0]] = True
    return reached


def _moves(
    problem: Shortfall,
    wishes: Wishes,
    counts: NDArray[np.int64],
    value: float,
    gain: float,
    margin: float,
) -> tuple[Alternative, ...]:
    """Move one doctor of one site at a time; keep for each new site its best exchange."""
    if not gain > 0:
        return ()
    best: dict[int, tuple[float, int]] = {}
    limit = margin * gain + 1e-9 * abs(value)
    for leaves in np.flatnonzero(counts > wishes.at_least):
        without = counts.copy()
        without[leaves] -= 1
        gains = unit_gains(problem, without)
        loss = gains[leaves] - gains
        loss[leaves] = np.inf
        loss[without >= wishes.at_most] = np.inf
        for enters in np.flatnonzero(loss <= limit):
            if loss[enters] < best.get(int(enters), (np.inf, 0))[0]:
                if not wishes.plain:
                    moved = without.copy()
                    moved[enters] += 1
                    if wishes.broken(moved):
                        continue
                best[int(enters)] = (float(loss[enters]), int(leaves))
    return tuple(
        Alternative(leaves, enters, value + max(0.0, loss), max(0.0, loss),
                    share_of_gain(max(0.0, loss), gain))
        for enters, (loss, leaves) in sorted(best.items(), key=lambda item: (item[1], item[0]))
    )  # fmt: skip


def _by_hand(
    problem: Shortfall,
    wishes: Wishes,
    rules: dict[str, ArrayLike],
    baseline: float,
    gain: float,
) -> tuple[HandChoice, ...]:
    choices = []
    for name, numbers in rules.items():
        score = np.asarray(numbers, dtype=np.float64)
        if score.shape != (problem.sites,):
            raise BadInput(
                Problem(
                    f"la règle « {name} » ne donne pas un nombre à chaque candidat",
                    value=str(score.shape),
                    allowed=str(problem.sites),
                )
            )
        counts = wishes.at_least.copy()
        left = wishes.units - int(counts.sum())
        for place in np.argsort(-score, kind="stable"):
            more = min(left, int(wishes.at_most[place] - counts[place]))
            counts[place] += more
            left -= more
            if not left:
                break
        value = problem.value(counts)
        choices.append(
            HandChoice(
                name, np.flatnonzero(counts), counts[counts > 0], value,
                share_of_gain(baseline - value, gain),
            )
        )  # fmt: skip
    return tuple(choices)


def _told(
    objective: str,
    problem: Shortfall,
    found: Placed,
    counts: NDArray[np.int64],
    value: float,
    baseline: float,
    begun: float,
    out: int,
) -> Siting:
    upward = objective == "maximin"
    bound = max(found.bound, value) if upward else min(found.bound, value)
    return Siting(
        objective=objective,
        sense="max" if upward else "min",
        sites=np.flatnonzero(counts),
        counts=counts[counts > 0],
        value=value,
        bound=bound,
        baseline=baseline,
        proved=bool(abs(value - bound) <= 1e-6 * max(abs(value), 1.0)),
        seconds=time.perf_counter() - begun,
        marginal=float("nan"),
        multipliers=np.empty(0),
        relaxation_bound=float("nan"),
        alternatives=(),
        by_hand=(),
        out_of_reach=out,
        method="programme en nombres entiers, HiGHS",
    )


def raise_worst_served(problem: Shortfall, wishes: Wishes, *, seconds: float = 60.0) -> Siting:
    """Place doctors so that the lowest access is highest, among the demands that can be helped.

    Demands with people that no allowed site reaches are left out and counted in ``out_of_reach``.
    """
    begun = time.perf_counter()
    reached = _reached(problem, wishes)
    helped = reached & (problem.people > 0)
    if not helped.any():
        raise BadInput(Problem("aucun site autorisé n’est à portée de la population"))
    found = solve_maximin(problem, wishes, helped=helped, seconds=seconds)
    counts = _checked(found, wishes)
    return _told(
        "maximin", problem, found, counts, float(problem.access_with(counts)[helped].min()),
        float(problem.access[helped].min()), begun, int(((problem.people > 0) & ~reached).sum()),
    )  # fmt: skip


def reduce_people_under(
    problem: Shortfall,
    wishes: Wishes,
    *,
    people: ArrayLike,
    threshold: float,
    seconds: float = 60.0,
) -> Siting:
    """Place doctors so that the fewest people stay under a threshold of access.

    Parameters
    ----------
    problem, wishes
        As in :func:`place_doctors`.
    people
        Inhabitants counted, shape (n,).
    threshold
        Access that is enough; reached within rounding counts as reached.
    seconds
        Most time.
    """
    begun = time.perf_counter()
    counted = np.asarray(people, dtype=np.float64)
    found = solve_under_threshold(
        problem, wishes, people=counted, threshold=threshold, seconds=seconds
    )
    counts = _checked(found, wishes)
    enough = threshold * (1 - 1e-6)
    return _told(
        "under_threshold", problem, found, counts,
        float(counted[problem.access_with(counts) < enough].sum()),
        float(counted[problem.access < enough].sum()), begun,
        int(((problem.access < enough) & (counted > 0) & ~_reached(problem, wishes)).sum()),
    )  # fmt: skip
