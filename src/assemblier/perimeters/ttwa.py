"""Travel-to-work areas: zones grouped so that most residents work inside and most jobs are theirs.

Coombes, M. & Bond, S. (2008), *Travel-to-Work Areas: the 2007 review*, Office for National
Statistics. The area that trades size against self-containment worst is dissolved, and each of its
zones goes where its ties are strongest, until every area meets the rule.

Two choices make the result independent of how zones are numbered: the zones of a dissolved area
all choose against the same frozen state, and ties are broken by size, then by a key drawn from the
flows. What is known of an area (its totals) changes only when it receives a zone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assemblier.compiled import njit
from assemblier.errors import BadInput, Problem
from assemblier.perimeters.area_heap import heap_of, remove, settle
from assemblier.perimeters.flows import Flows, zone_keys

__all__ = ["MoveLog", "TravelToWorkAreas", "TtwaRule", "travel_to_work_areas"]

ROUNDING = 1e-12
"""Relative slack of the rule, so that an area exactly on the bound is not lost to rounding."""


@dataclass(frozen=True, slots=True)
class TtwaRule:
    """What an area must reach, in resident workers and in share of flows kept inside.

    A small area (``minimum_size``) must keep ``target_containment``; a large one (``target_size``)
    only ``minimum_containment``; in between, one is traded against the other.
    """

    minimum_size: float
    target_size: float
    minimum_containment: float
    target_containment: float

    def __post_init__(self) -> None:
        problems = []
        if not 0 <= self.minimum_size <= self.target_size < np.inf:
            problems.append(
                Problem(
                    "tailles incompatibles",
                    value=f"{self.minimum_size} et {self.target_size}",
                    allowed="0 ≤ taille minimale ≤ taille visée",
                )
            )
        if not 0 < self.minimum_containment <= self.target_containment <= 1:
            problems.append(
                Problem(
                    "parts d’autonomie incompatibles",
                    value=f"{self.minimum_containment} et {self.target_containment}",
                    allowed="0 < part minimale ≤ part visée ≤ 1",
                )
            )
        if problems:
            raise BadInput(problems)

    @property
    def as_array(self) -> NDArray[np.float64]:
        """The four thresholds, for compiled code."""
        return np.array(
            [
                self.minimum_size,
                self.target_size,
                self.minimum_containment,
                self.target_containment,
            ],
            dtype=np.float64,
        )


@dataclass(frozen=True, slots=True)
class MoveLog:
    """Each move of a zone, in order; proto-areas are named by the position of their first zone.

    Attributes
    ----------
    step
        Number of the dissolution, from 1.
    zone
        Position of the zone that moved.
    left, joined
        The proto-area it left (-1: it waited in the reserve) and the one it joined (-1: reserve).
    cohesion
        Strength of the tie that decided, null when the zone went to the reserve.
    score
        Score of the dissolved area when it was found the worst (null from the reserve).
    """

    step: NDArray[np.int64]
    zone: NDArray[np.int64]
    left: NDArray[np.int64]
    joined: NDArray[np.int64]
    cohesion: NDArray[np.float64]
    score: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class TravelToWorkAreas:
    """A partition of n zones into k areas, largest first, and what each area reaches.

    Attributes
    ----------
    zones
        Codes, shape (n,).
    label
        Area of each zone, 0 to k - 1, or -1 for a zone of the reserve; shape (n,).
    core
        Position of the zone of each area with most resident workers; shape (k,). Its code names
        the area.
    size, jobs, inside
        Resident workers, people who work there, people who do both; shape (k,).
    supply_containment, demand_containment
        ``inside / size`` and ``inside / jobs``; shape (k,). Their minimum is self-containment.
    score
        The trade-off of size and self-containment; the rule is met at
        ``minimum_containment / target_containment``.
    reserve
        Positions of the zones that no flow links to an area.
    rule
        The thresholds that were asked.
    steps
        Number of areas dissolved.
    log
        The moves, or None when they were not asked for.
    """

    zones: NDArray
    label: NDArray[np.int32]
    core: NDArray[np.int64]
    size: NDArray[np.float64]
    jobs: NDArray[np.float64]
    inside: NDArray[np.float64]
    supply_containment: NDArray[np.float64]
    demand_containment: NDArray[np.float64]
    score: NDArray[np.float64]
    reserve: NDArray[np.int64]
    rule: TtwaRule
    steps: int
    log: MoveLog | None

    @property
    def count(self) -> int:
        """Number of areas."""
        return int(self.core.size)

    @property
    def names(self) -> NDArray:
        """Code of the core of each area, shape (k,)."""
        return self.zones[self.core]

    @property
    def self_containment(self) -> NDArray[np.float64]:
        """Smaller of the two containments, shape (k,)."""
        return np.minimum(self.supply_containment, self.demand_containment)


@njit(cache=True, error_model="numpy")
def area_score(out, come, inside, rule):  # type: ignore[no-untyped-def]
    """Trade size against self-containment; an area meets the rule at rule[2] / rule[3]."""
    if out <= 0.0 or come <= 0.0:
        return 0.0
    contained = min(inside / out, inside / come, rule[3]) / rule[3]
    needed = rule[2] / rule[3]
    if rule[1] > rule[0]:
        short = max(rule[1] - out, 0.0) / (rule[1] - rule[0])
    else:
        short = 0.0 if out >= rule[1] else 1.0
    score = (1.0 - (1.0 - needed) * short) * contained
    if out < rule[0] and score >= needed * (1.0 - ROUNDING):
        # Without a trade-off (both containments equal) size alone must still refuse.
        score = needed * out / rule[0] * (1.0 - 2.0 * ROUNDING)
    return score


@njit(cache=True, error_model="numpy")
def _choose(  # type: ignore[no-untyped-def]
    zone, indptr, neighbour, sent, received, outflow, inflow,
    area, out, come, inside, key, going, coming, met,
):  # fmt: skip
    """Find the area to which a zone is most tied; -1 when no flow links it to any."""
    count = 0
    for e in range(indptr[zone], indptr[zone + 1]):
        a = area[neighbour[e]]
        if a < 0 or (sent[e] == 0.0 and received[e] == 0.0):
            continue
        if going[a] == 0.0 and coming[a] == 0.0:
            met[count] = a
            count += 1
        going[a] += sent[e]
        coming[a] += received[e]
    best = -1
    strongest = 0.0
    for m in range(count):
        a = met[m]
        cohesion = 0.0
        if going[a] > 0.0:
            cohesion += going[a] * going[a] / (outflow[zone] * come[a])
        if coming[a] > 0.0:
            cohesion += coming[a] * coming[a] / (out[a] * inflow[zone])
        going[a] = 0.0
        coming[a] = 0.0
        better = best < 0 or cohesion > strongest
        if best >= 0 and cohesion == strongest:
            if out[a] != out[best]:
                better = out[a] > out[best]
            elif come[a] != come[best]:
                better = come[a] > come[best]
            elif inside[a] != inside[best]:
                better = inside[a] > inside[best]
            elif key[a] != key[best]:
                better = key[a] < key[best]
            else:
                better = a < best
        if better:
            best = a
            strongest = cohesion
    return best, strongest


@njit(cache=True, error_model="numpy")
def group_zones(  # type: ignore[no-untyped-def]
    indptr, neighbour, sent, received, within, outflow, inflow, zone_key, rule, logging
):
    """Dissolve the worst area until all meet the rule; return areas, their number, the log."""
    n = within.size
    needed = rule[2] / rule[3] * (1.0 - ROUNDING)
    area = np.full(n, -1, np.int32)
    out, come, inside = outflow.copy(), inflow.copy(), within.copy()
    key = zone_key.copy()
    score = np.zeros(n)
    first = np.full(n, -1, np.int64)  # members of an area as a linked list
    follow = np.full(n, -1, np.int64)
    for i in range(n):
        if outflow[i] > 0.0 or inflow[i] > 0.0:
            area[i] = i
            first[i] = i
            score[i] = area_score(out[i], come[i], inside[i], rule)
    heap, place = heap_of(np.flatnonzero(area >= 0), n, score, out, key)
    count = heap.size
    going, coming = np.zeros(n), np.zeros(n)
    met = np.empty(n, np.int64)
    pending = np.empty(n, np.int64)
    choice = np.empty(n, np.int64)
    strength = np.empty(n)
    touched = np.empty(n, np.int64)
    is_touched = np.zeros(n, np.bool_)
    moves = np.empty((4 * n + 16 if logging else 1, 4), np.int64)
    marks = np.empty((moves.shape[0], 2))
    logged = 0
    step = 0
    while True:
        left = -1
        waiting = 0
        worst = np.nan
        if count > 0 and score[heap[0]] < needed:
            step += 1
            left = heap[0]
            worst = score[left]
            count = remove(heap, place, left, count, score, out, key)
            zone = first[left]
            while zone >= 0:
                pending[waiting] = zone
                waiting += 1
                area[zone] = -1
                zone = follow[zone]
        else:
            # Every area meets the rule: what waits in the reserve may now find its area.
            for i in range(n):
                if area[i] < 0 and indptr[i + 1] > indptr[i]:
                    pending[waiting] = i
                    waiting += 1
        moved = False
        while waiting > 0:
            for p in range(waiting):
                choice[p], strength[p] = _choose(
                    pending[p], indptr, neighbour, sent, received, outflow, inflow,
                    area, out, come, inside, key, going, coming, met,
                )  # fmt: skip
            still = 0
            changed = 0
            for p in range(waiting):
                zone, joined = pending[p], choice[p]
                if joined < 0:
                    pending[still] = zone
                    still += 1
                    continue
                area[zone] = joined
                follow[zone] = first[joined]
                first[joined] = zone
                gained = within[zone]
                for e in range(indptr[zone], indptr[zone + 1]):
                    if area[neighbour[e]] == joined:
                        gained += sent[e] + received[e]
                inside[joined] += gained
                out[joined] += outflow[zone]
                come[joined] += inflow[zone]
                key[joined] += zone_key[zone]
                if not is_touched[joined]:
                    is_touched[joined] = True
                    touched[changed] = joined
                    changed += 1
                if logging:
                    if logged == moves.shape[0]:
                        moves = np.concatenate((moves, np.empty_like(moves)))
                        marks = np.concatenate((marks, np.empty_like(marks)))
                    moves[logged] = np.array([step, zone, left, joined])
                    marks[logged, 0], marks[logged, 1] = strength[p], worst
                    logged += 1
            for t in range(changed):
                a = touched[t]
                is_touched[a] = False
                score[a] = area_score(out[a], come[a], inside[a], rule)
                settle(heap, place, a, count, score, out, key)
            moved = moved or changed > 0
            if still == waiting:
                break
            waiting = still
        if left < 0 and not moved:
            break
        if logging and left >= 0:
            for p in range(waiting):
                if logged == moves.shape[0]:
                    moves = np.concatenate((moves, np.empty_like(moves)))
                    marks = np.concatenate((marks, np.empty_like(marks)))
                moves[logged] = np.array([step, pending[p], left, -1])
                marks[logged, 0], marks[logged, 1] = np.nan, worst
                logged += 1
    return area, step, moves[:logged].copy(), marks[:logged].copy()


def travel_to_work_areas(flows: Flows, rule: TtwaRule, *, log: bool = True) -> TravelToWorkAreas:
    """Group zones into travel-to-work areas.

    Every area of the result meets the rule. A zone joins the area a that is strongest in
    ``T_ia² / (O_i D_a) + T_ai² / (O_a D_i)``, where O counts residents, D people who come.

    Parameters
    ----------
    flows
        Flows among the zones.
    rule
        Thresholds.
    log
        Keep each move.

    Returns
    -------
    TravelToWorkAreas
        Zones that no flow links to an area that meets the rule are in its ``reserve``.

    References
    ----------
    Coombes & Bond (2008). The score is the one of Franconi, D'Alò & Ichim (2016), *Istat
    implementation of the algorithm to develop Labour Market Areas*.
    """
    area, steps, moves, marks = group_zones(
        flows.indptr,
        flows.neighbour,
        flows.sent,
        flows.received,
        flows.within,
        flows.outflow,
        flows.inflow,
        zone_keys(flows),
        rule.as_array,
        log,
    )
    return _describe(
        flows,
        rule,
        area,
        int(steps),
        MoveLog(
            step=moves[:, 0],
            zone=moves[:, 1],
            left=moves[:, 2],
            joined=moves[:, 3],
            cohesion=marks[:, 0],
            score=marks[:, 1],
        )
        if log
        else None,
    )


def _describe(
    flows: Flows, rule: TtwaRule, area: NDArray, steps: int, log: MoveLog | None
) -> TravelToWorkAreas:
    """Number areas by size and recompute what each reaches from the flows themselves."""
    n = flows.zones.size
    inner = np.flatnonzero(area >= 0)
    found, label = np.unique(area[inner], return_inverse=True)
    by_size = np.lexsort((np.arange(n)[inner], -flows.inflow[inner], -flows.outflow[inner], label))
    core = inner[by_size[np.unique(label[by_size], return_index=True)[1]]] if inner.size else inner
    size = np.bincount(label, weights=flows.outflow[inner], minlength=found.size)
    rank = np.lexsort((core, -size))
    number = np.empty_like(rank)
    number[rank] = np.arange(rank.size)
    full = np.full(n, -1, np.int32)
    full[inner] = number[label]
    k = found.size
    jobs = np.bincount(full[inner], weights=flows.inflow[inner], minlength=k)
    row = np.repeat(full, np.diff(flows.indptr))
    same = (row >= 0) & (row == full[flows.neighbour])
    inside = np.bincount(full[inner], weights=flows.within[inner], minlength=k) + np.bincount(
        row[same], weights=flows.sent[same], minlength=k
    )
    size = size[rank]
    thresholds = rule.as_array
    return TravelToWorkAreas(
        zones=flows.zones,
        label=full,
        core=core[rank],
        size=size,
        jobs=jobs,
        inside=inside,
        supply_containment=inside / size if k else np.empty(0),
        demand_containment=inside / jobs if k else np.empty(0),
        score=np.array(
            [area_score(size[a], jobs[a], inside[a], thresholds) for a in range(k)], dtype=float
        ),
        reserve=np.flatnonzero(full < 0),
        rule=rule,
        steps=steps,
        log=log,
    )
