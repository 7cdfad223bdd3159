"""Where doctors who settle do most good, with proof.

Greedy and moves give an answer; multipliers prove how far from the best it can be, settle most
candidates one way or the other; HiGHS finishes what is left.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from assemblier.errors import BadInput, Problem
from assemblier.futures.siting.answer import Alternative, Siting, share_of_gain
from assemblier.futures.siting.meetable import refuse_unmeetable
from assemblier.futures.siting.shortfall import (
    Shortfall,
    exchange_losses,
    greedy_units,
    improve_units,
    unit_gains,
)
from assemblier.futures.siting.shortfall_bound import Priced, price, shortfall_bound
from assemblier.futures.siting.shortfall_descent import descend
from assemblier.futures.siting.shortfall_model import (
    Placed,
    feasible_counts,
    relax_shortfall,
    solve_maximin,
    solve_shortfall,
    solve_under_threshold,
)
from assemblier.futures.siting.wishes import Wishes

__all__ = ["addable_sites", "place_doctors", "raise_worst_served", "reduce_people_under"]

# They change the time, never the validity of the bound.
_ROUNDS, _NEARLY = 8, 0.8
_ROUNDINGS = (0.0, 0.3, 0.5)
_PROVED = 1e-9
_MILLIONTH = 2e-6  # HiGHS gives its bounds within one
_LARGEST_PROGRAMME, _LARGEST_RELAXATION = 60_000, 150_000
_NEAR_ENOUGH, _FOR_THE_REST = 0.005, 0.3


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
    if units == 0:
        nothing = start.value(counts)
        return _Answer(given, nothing, _full(start), nothing, "rien à placer")
    priced, parts = _relaxed(start, units, room, counts, until)
    for share in _ROUNDINGS:
        trial = np.minimum(np.floor(parts + share).astype(np.int64), room)
        if trial.sum() <= units:
            trial = greedy_units(start, units - int(trial.sum()), counts=trial, at_most=room)
            trial = improve_units(start, trial, at_least=zero, at_most=room)
            if start.value(trial) < start.value(counts):
                counts = trial
    value = start.value(counts)
    floor, method = priced.bound, "relaxation linéaire"
    cutoff = value - max(gap, _PROVED) * abs(value)
    if floor < cutoff:
        floor, counts, method = _finish(start, units, room, counts, priced, cutoff, gap, until)
    relaxation = shortfall_bound(start, units, room, priced.multipliers)
    return _Answer(given + counts, max(floor, relaxation), priced.multipliers, relaxation, method)


def _relaxed(
    problem: Shortfall, units: int, room: NDArray[np.int64], counts: NDArray[np.int64], until: float
) -> tuple[Priced, NDArray[np.float64]]:
    """Solve the linear relaxation on few columns, then let in those that its duals call for."""
    full = _full(problem)
    access = problem.access_with(counts)
    open_bands = access[:, None] < problem.bands.thresholds[None, :]
    best = price(problem, units, room, np.where(open_bands, full, 0.0))
    if problem.rows.size > _LARGEST_RELAXATION:
        value = problem.value(counts)
        enough = value - _NEAR_ENOUGH * (problem.value() - value)
        left = until - time.perf_counter()
        return descend(
            problem, units, room, best=best, counts=counts, target=enough,
            until=until - _FOR_THE_REST * left,
        )  # fmt: skip
    ranks = best.worth.shape[1]
    most = np.minimum(room, ranks)
    told = np.minimum((best.worth > _NEARLY * best.last).sum(axis=1), most)
    told = np.maximum(told, np.minimum(counts + (counts > 0), most))
    parts = counts.astype(np.float64)
    for _ in range(_ROUNDS):
        seconds = until - time.perf_counter()
        if seconds <= 0:
            break
        relaxed = relax_shortfall(problem, units, room, told=told, ranks=ranks, seconds=seconds)
        if relaxed is None:
            break
        parts = relaxed.parts
        now = price(problem, units, room, relaxed.multipliers)
        if now.bound > best.bound:
            best = now
        called = np.minimum((now.worth > relaxed.one_more * (1 + 1e-6)).sum(axis=1), most)
        if (called <= told).all():
            break
        told = np.maximum(told, called)
    return best, parts


def _full(problem: Shortfall) -> NDArray[np.float64]:
    full: NDArray[np.float64] = problem.people[:, None] * problem.bands.increments[None, :]
    return full


def _finish(
    problem: Shortfall,
    units: int,
    room: NDArray[np.int64],
    counts: NDArray[np.int64],
    priced: Priced,
    cutoff: float,
    gap: float,
    until: float,
) -> tuple[float, NDArray[np.int64], str]:
    """Settle what the duals settle, and let HiGHS place the other doctors."""
    ranks = priced.worth.shape[1]
    out = priced.bound + priced.last - priced.worth >= cutoff
    most = np.minimum(room, np.where(out.any(axis=1), out.argmax(axis=1), room))
    sure = priced.bound + priced.worth - priced.following >= cutoff
    sure[:, ranks - 1] = False  # the last rank stands for several doctors
    least = np.minimum(np.cumprod(sure, axis=1).sum(axis=1), most).astype(np.int64)
    value = problem.value(counts)
    remaining = until - time.perf_counter()
    if least.sum() > units or most.sum() < units:
        return value, counts, "relaxation linéaire"  # nothing better is left
    small = _only(problem, most > 0)
    if remaining <= 0 or small.rows.size > _LARGEST_PROGRAMME:
        return priced.bound, counts, "relaxation linéaire"
    wishes = Wishes(units, least, most)
    usable = bool((counts >= least).all() and (counts <= most).all())
    found = solve_shortfall(
        small, wishes, seconds=remaining, start=counts if usable else None, gap=gap
    )
    if found.counts is not None and problem.value(found.counts) < value:
        counts, value = found.counts, problem.value(found.counts)
    # what was ruled out cannot be better than the value known then
    return (
        max(priced.bound, min(found.bound, value)),
        counts,
        f"relaxation linéaire, puis HiGHS sur {int((most > least).sum())} sites",
    )


def place_doctors(
    problem: Shortfall,
    wishes: Wishes,
    *,
    gap: float = 0.0,
    seconds: float = 60.0,
    margin: float = 0.0,
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
        Return moves of one doctor, or of a whole team where there are further wishes, that lose no
        more than this share of the gain.

    Returns
    -------
    Siting
        Value and baseline are weighted shortfalls. ``multipliers`` give ``relaxation_bound`` by
        :func:`..shortfall_bound.shortfall_bound` on the problem with the doctors already decided.
    """
    refuse_unmeetable(wishes)
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
    addable = addable_sites(wishes, answer.counts)
    return Siting(
        objective="shortfall",
        sense="min",
        sites=np.flatnonzero(answer.counts),
        counts=answer.counts[answer.counts > 0],
        value=value,
        bound=bound,
        baseline=baseline,
        proved=bool(value - bound <= 10 * _PROVED * max(abs(value), 1.0) + _MILLIONTH),
        seconds=time.perf_counter() - begun,
        marginal=float(extra[addable].max()) if addable.any() else float("nan"),
        multipliers=answer.multipliers,
        relaxation_bound=answer.relaxation,
        alternatives=_moves(problem, wishes, answer.counts, value, gain, margin),
        out_of_reach=int((_lacking(problem) & ~_reached(problem, wishes)).sum()),
        method=answer.method,
    )


def addable_sites(wishes: Wishes, counts: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Say where one more doctor may go, shape (m,); a limit that only stems from k moves with k."""
    room = np.where(wishes.at_most >= wishes.units, wishes.units + 1, wishes.at_most)
    more = replace(wishes, units=wishes.units + 1, at_most=room)
    allowed: NDArray[np.bool_] = (wishes.at_most > 0) & (room > counts)
    if not wishes.plain:
        for at in np.flatnonzero(allowed):
            tried = counts.copy()
            tried[at] += 1
            allowed[at] = not more.broken(tried)
    return allowed


def _constrained(problem: Shortfall, wishes: Wishes, gap: float, until: float) -> _Answer:
    """Answer under a team, a number of sites or a budget: HiGHS on the whole programme."""
    start = _only(problem, wishes.at_most > 0)
    found = solve_shortfall(start, wishes, seconds=max(0.1, until - time.perf_counter()), gap=gap)
    counts = _checked(found, wishes)
    # leaving the further wishes out can only help: its bound holds here too
    given = wishes.at_least
    eased = _decided(problem, given)
    units = wishes.units - int(given.sum())
    room = np.minimum(wishes.at_most - given, units)
    if units <= 0:
        return _Answer(counts, problem.value(counts), np.zeros_like(problem.needs), np.nan, "")
    eased = _only(eased, room > 0)
    priced, _ = _relaxed(eased, units, room, counts - given, until)
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
    lacking: NDArray[np.bool_] = (problem.access < problem.bands.thresholds[0]) & (
        problem.people > 0
    )
    return lacking


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
    """Move one doctor, or a whole team where wishes bind teams; keep the best for each site."""
    if not gain > 0:
        return ()
    lacking = _only(problem, wishes.at_most > 0)
    found = _moves_of_one(lacking, wishes, counts, value, gain, margin)
    if not wishes.plain:
        best = {each.enters: each for each in found}
        for each in _moves_of_teams(lacking, wishes, counts, value, gain, margin):
            held = best.get(each.enters)
            if held is None or each.loss < held.loss:
                best[each.enters] = each
        found = sorted(best.values(), key=lambda each: each.loss)
    return tuple(found)


def _moves_of_teams(
    problem: Shortfall,
    wishes: Wishes,
    counts: NDArray[np.int64],
    value: float,
    gain: float,
    margin: float,
) -> list[Alternative]:
    """Move all the doctors that a site could do without to a site that had none."""
    found = []
    for leaves in np.flatnonzero(counts > wishes.at_least):
        team = int(counts[leaves] - wishes.at_least[leaves])
        left = counts.copy()
        left[leaves] -= team
        without = replace(problem, access=problem.access_with(left), gain=team * problem.gain)
        brought = unit_gains(without, np.zeros_like(left))
        loss = problem.value(left) - brought - value
        for enters in np.flatnonzero((counts == 0) & (wishes.at_most >= team)):
            lost = float(max(loss[enters], 0.0))
            moved = left.copy()
            moved[enters] = team
            if lost <= margin * gain + 1e-9 * abs(value) and not wishes.broken(moved):
                found.append(
                    Alternative(
                        int(leaves), int(enters), value + lost, lost, share_of_gain(lost, gain),
                        team,
                    )
                )  # fmt: skip
    return found


def _moves_of_one(
    lacking: Shortfall,
    wishes: Wishes,
    counts: NDArray[np.int64],
    value: float,
    gain: float,
    margin: float,
) -> list[Alternative]:
    loss, giving = exchange_losses(
        lacking, counts, at_least=wishes.at_least, at_most=wishes.at_most
    )
    within = np.flatnonzero(loss <= margin * gain + 1e-9 * abs(value))
    found = []
    for enters in within[np.argsort(loss[within], kind="stable")]:
        leaves = int(giving[enters])
        if not wishes.plain:
            moved = counts.copy()
            moved[leaves] -= 1
            moved[enters] += 1
            if wishes.broken(moved):
                continue
        lost = float(max(loss[enters], 0.0))
        found.append(
            Alternative(leaves, int(enters), value + lost, lost, share_of_gain(lost, gain))
        )
    return found


def _told(
    objective: str,
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
        out_of_reach=out,
        method="programme en nombres entiers, HiGHS",
    )


def raise_worst_served(problem: Shortfall, wishes: Wishes, *, seconds: float = 60.0) -> Siting:
    """Place doctors so that the lowest access is highest, among the demands that can be helped.

    Demands with people that no allowed site reaches are left out and counted in ``out_of_reach``.
    """
    refuse_unmeetable(wishes)
    begun = time.perf_counter()
    reached = _reached(problem, wishes)
    helped = reached & (problem.people > 0)
    if not helped.any():
        raise BadInput(Problem("aucun site autorisé n’est à portée de la population"))
    found = solve_maximin(problem, wishes, helped=helped, seconds=seconds)
    counts = _checked(found, wishes)
    return _told(
        "maximin", found, counts, float(problem.access_with(counts)[helped].min()),
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
    refuse_unmeetable(wishes)
    begun = time.perf_counter()
    counted = np.asarray(people, dtype=np.float64)
    found = solve_under_threshold(
        problem, wishes, people=counted, threshold=threshold, seconds=seconds
    )
    counts = _checked(found, wishes)
    enough = threshold * (1 - 1e-6)
    return _told(
        "under_threshold", found, counts,
        float(counted[problem.access_with(counts) < enough].sum()),
        float(counted[problem.access < enough].sum()), begun,
        int(((problem.access < enough) & (counted > 0) & ~_reached(problem, wishes)).sum()),
    )  # fmt: skip
