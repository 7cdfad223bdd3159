"""Primary-care service areas: zones grouped by where their residents actually seek care.

Goodman, D. C., Mick, S. S., Bott, D. et al. (2003), "Primary Care Service Areas: A New Tool for the
Evaluation of Primary Care Services", *Health Services Research* 38(1), 287–309
(doi 10.1111/1475-6773.00116). Each zone goes where the plurality of its residents' visits go; areas
are then made contiguous, and those with too few people or too few visits kept inside are merged.

As for travel-to-work areas, choices are made against a frozen state and ties are broken by totals
of the flows, so that numbering the zones otherwise changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from assemblier.compiled import njit
from assemblier.errors import BadInput, Problem
from assemblier.perimeters.area_heap import heap_of, remove, settle
from assemblier.perimeters.contiguity import Contiguity
from assemblier.perimeters.flows import Flows, zone_keys

__all__ = ["MergeLog", "ServiceAreaRule", "ServiceAreas", "service_areas"]

PEOPLE_GRID = 2.0**-10
"""Populations are rounded to this step, on which sums are exact in any order."""


@dataclass(frozen=True, slots=True)
class ServiceAreaRule:
    """What a service area must reach: people, and share of its residents' visits kept inside."""

    minimum_population: float
    minimum_localisation: float

    def __post_init__(self) -> None:
        problems = []
        if not 0 <= self.minimum_population < np.inf:
            problems.append(
                Problem(
                    "population minimale", value=str(self.minimum_population), allowed="0 ou plus"
                )
            )
        if not 0 <= self.minimum_localisation <= 1:
            problems.append(
                Problem(
                    "localisation minimale",
                    value=str(self.minimum_localisation),
                    allowed="entre 0 et 1",
                )
            )
        if problems:
            raise BadInput(problems)


@dataclass(frozen=True, slots=True)
class MergeLog:
    """Areas merged because they missed the rule, in order, each named by a zone it held.

    Attributes
    ----------
    left, joined
        Position of the zone around which the merged and the receiving area had formed.
    visits
        Visits of the residents of the one to the other, which decided.
    score
        Share of the rule that the merged area reached.
    """

    left: NDArray[np.int64]
    joined: NDArray[np.int64]
    visits: NDArray[np.float64]
    score: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ServiceAreas:
    """A partition of n zones into k service areas, most populous first.

    Attributes
    ----------
    zones
        Codes, shape (n,).
    label
        Area of each zone, 0 to k - 1, or -1 for a zone of the reserve; shape (n,).
    plurality
        Position of the zone that receives most visits of each zone's residents, -1 without
        visits; shape (n,).
    core
        Position of the zone of each area that receives most visits; its code names the area.
    population, visits, received, inside
        People; visits of the residents; visits made in the area by anybody; visits that are both.
        Shape (k,).
    localisation
        ``inside / visits``, null for an area whose residents make no visit; shape (k,).
    meets_rule
        False for an area that misses the rule and touches no other it could join; shape (k,).
    reserve
        Positions of the zones without visits and without neighbours to join.
    attached
        Positions of the zones moved, or placed, by contiguity rather than by plurality.
    rule, contiguity
        What was asked; ``contiguity`` says what neighbours were drawn from, None without.
    log
        The merges.
    """

    zones: NDArray
    label: NDArray[np.int32]
    plurality: NDArray[np.int64]
    core: NDArray[np.int64]
    population: NDArray[np.float64]
    visits: NDArray[np.float64]
    received: NDArray[np.float64]
    inside: NDArray[np.float64]
    localisation: NDArray[np.float64]
    meets_rule: NDArray[np.bool_]
    reserve: NDArray[np.int64]
    attached: NDArray[np.int64]
    rule: ServiceAreaRule
    contiguity: str | None
    log: MergeLog

    @property
    def count(self) -> int:
        """Number of areas."""
        return int(self.core.size)

    @property
    def names(self) -> NDArray:
        """Code of the core of each area, shape (k,)."""
        return self.zones[self.core]


@njit(cache=True)
def _plurality(indptr, neighbour, sent, within, inflow, key):  # type: ignore[no-untyped-def]
    """Find where the plurality of each zone's visits go; a tie stays home, then goes to the most
    visited.
    """
    n = within.size
    choice = np.full(n, -1, np.int64)
    for i in range(n):
        most = within[i]
        if most > 0.0:
            choice[i] = i
        for e in range(indptr[i], indptr[i + 1]):
            j = neighbour[e]
            best = choice[i]
            if sent[e] > most:
                choice[i], most = j, sent[e]
            elif sent[e] == most and most > 0.0 and best != i:
                if inflow[j] > inflow[best] or (inflow[j] == inflow[best] and key[j] < key[best]):
                    choice[i] = j
    return choice


@njit(cache=True)
def _roots(choice, inflow, key):  # type: ignore[no-untyped-def]
    """Follow the choices to the zone that stays home, or to the most visited of a ring."""
    n = choice.size
    root = np.full(n, -1, np.int64)
    walk = np.full(n, -1, np.int64)
    for start in range(n):
        if choice[start] < 0 or root[start] >= 0:
            continue
        i = start
        while root[i] < 0 and walk[i] != start and choice[i] >= 0:
            walk[i] = start
            i = choice[i]
        if root[i] >= 0:
            end = root[i]
        elif choice[i] < 0:
            end = i  # people go there, nobody who lives there seeks care
        else:
            end = i
            j = choice[i]
            while j != i:
                if inflow[j] > inflow[end] or (inflow[j] == inflow[end] and key[j] < key[end]):
                    end = j
                j = choice[j]
        root[end] = end
        i = start
        while root[i] < 0:
            root[i] = end
            i = choice[i]
    return root


@njit(cache=True)
def _attach(  # type: ignore[no-untyped-def]
    indptr, neighbour, sent, near_ptr, near, area, population, key
):
    """Keep of each area what touches its root; the rest joins a touching area, round by round."""
    n = area.size
    fixed = np.zeros(n, np.bool_)
    queue = np.empty(n, np.int64)
    head, tail = 0, 0
    for i in range(n):
        if area[i] == i:
            fixed[i] = True
            queue[tail] = i
            tail += 1
    while head < tail:
        i = queue[head]
        head += 1
        for e in range(near_ptr[i], near_ptr[i + 1]):
            j = near[e]
            if not fixed[j] and area[j] == area[i]:
                fixed[j] = True
                queue[tail] = j
                tail += 1
    people = np.zeros(n)
    for i in range(n):
        if fixed[i]:
            people[area[i]] += population[i]
    loose = np.flatnonzero(~fixed)
    visits, shared = np.zeros(n), np.zeros(n)
    choice = np.empty(n, np.int64)
    while True:
        moved = 0
        for i in loose:
            choice[i] = -1
            if fixed[i]:
                continue
            for e in range(indptr[i], indptr[i + 1]):
                j = neighbour[e]
                if fixed[j]:
                    visits[area[j]] += sent[e]
            for e in range(near_ptr[i], near_ptr[i + 1]):
                if fixed[near[e]]:
                    shared[area[near[e]]] += 1.0
            best = -1
            for e in range(near_ptr[i], near_ptr[i + 1]):
                if not fixed[near[e]]:
                    continue
                a = area[near[e]]
                if a == best:
                    continue
                better = best < 0
                if not better:
                    if visits[a] != visits[best]:
                        better = visits[a] > visits[best]
                    elif shared[a] != shared[best]:
                        better = shared[a] > shared[best]
                    elif people[a] != people[best]:
                        better = people[a] > people[best]
                    elif key[a] != key[best]:
                        better = key[a] < key[best]
                    else:
                        better = a < best
                if better:
                    best = a
            choice[i] = best
            for e in range(indptr[i], indptr[i + 1]):
                if fixed[neighbour[e]]:
                    visits[area[neighbour[e]]] = 0.0
            for e in range(near_ptr[i], near_ptr[i + 1]):
                if fixed[near[e]]:
                    shared[area[near[e]]] = 0.0
        for i in loose:
            if choice[i] >= 0 and not fixed[i]:
                area[i] = choice[i]
                moved += 1
        for i in loose:
            if choice[i] >= 0 and not fixed[i]:
                fixed[i] = True
                people[area[i]] += population[i]
        if moved == 0:
            break
    # What touches no area at all (an island) makes one with what it touches.
    for start in loose:
        if fixed[start]:
            continue
        head, tail = 0, 1
        queue[0] = start
        fixed[start] = True
        while head < tail:
            i = queue[head]
            head += 1
            area[i] = start
            for e in range(near_ptr[i], near_ptr[i + 1]):
                if not fixed[near[e]]:
                    fixed[near[e]] = True
                    queue[tail] = near[e]
                    tail += 1
    return loose


@njit(cache=True)
def _score(people, visits, inside, least_people, least_share):  # type: ignore[no-untyped-def]
    score = 1.0
    if people < least_people:
        score = people / least_people
    if least_share > 0.0:
        share = inside / visits if visits > 0.0 else 0.0
        if share < least_share:
            score = min(score, share / least_share)
    return score


@njit(cache=True)
def _merge(  # type: ignore[no-untyped-def]
    indptr, neighbour, sent, received, within, outflow, population, near_ptr, near, bounded,
    area, zone_key, least_people, least_share,
):  # fmt: skip
    """Merge the area that misses the rule by most into the neighbour its residents visit most."""
    n = area.size
    people, visits, inside = np.zeros(n), np.zeros(n), np.zeros(n)
    key = np.zeros(n, np.uint64)
    score = np.ones(n)
    first, follow = np.full(n, -1, np.int64), np.full(n, -1, np.int64)
    last = np.full(n, -1, np.int64)
    for i in range(n):
        a = area[i]
        if a < 0:
            continue
        people[a] += population[i]
        visits[a] += outflow[i]
        inside[a] += within[i]
        key[a] += zone_key[i]
        for e in range(indptr[i], indptr[i + 1]):
            if area[neighbour[e]] == a:
                inside[a] += sent[e]
        follow[i] = first[a]
        if first[a] < 0:
            last[a] = i
        first[a] = i
    for a in range(n):
        if first[a] >= 0:
            score[a] = _score(people[a], visits[a], inside[a], least_people, least_share)
    heap, place = heap_of(np.flatnonzero(first >= 0), n, score, people, key)
    count = heap.size
    going, coming = np.zeros(n), np.zeros(n)
    known = np.zeros(n, np.bool_)
    met = np.empty(n, np.int64)
    merges = np.empty((count + 1, 2), np.int64)
    marks = np.empty((count + 1, 2))
    done = 0
    while count > 0 and score[heap[0]] < 1.0:
        left = heap[0]
        count = remove(heap, place, left, count, score, people, key)
        found = 0
        i = first[left]
        while i >= 0:
            for e in range(indptr[i], indptr[i + 1]):
                a = area[neighbour[e]]
                if a >= 0 and a != left:
                    going[a] += sent[e]
                    coming[a] += received[e]
                    if not bounded and not known[a]:
                        known[a] = True
                        met[found] = a
                        found += 1
            for e in range(near_ptr[i], near_ptr[i + 1]):
                a = area[near[e]]
                if a >= 0 and a != left and not known[a]:
                    known[a] = True
                    met[found] = a
                    found += 1
            i = follow[i]
        best = -1
        for m in range(found):
            a = met[m]
            known[a] = False
            better = best < 0
            if not better:
                if going[a] != going[best]:
                    better = going[a] > going[best]
                elif coming[a] != coming[best]:
                    better = coming[a] > coming[best]
                elif people[a] != people[best]:
                    better = people[a] > people[best]
                elif key[a] != key[best]:
                    better = key[a] < key[best]
                else:
                    better = a < best
            if better:
                best = a
        if best >= 0:
            merges[done, 0], merges[done, 1] = left, best
            marks[done, 0], marks[done, 1] = going[best], score[left]
            done += 1
            inside[best] += inside[left] + going[best] + coming[best]
            people[best] += people[left]
            visits[best] += visits[left]
            key[best] += key[left]
        i = first[left]
        while i >= 0:
            for e in range(indptr[i], indptr[i + 1]):
                a = area[neighbour[e]]
                if a >= 0:
                    going[a] = 0.0
                    coming[a] = 0.0
            i = follow[i]
        if best >= 0:
            i = first[left]
            while i >= 0:
                area[i] = best
                i = follow[i]
            follow[last[best]] = first[left]
            last[best] = last[left]
            score[best] = _score(
                people[best], visits[best], inside[best], least_people, least_share
            )
            settle(heap, place, best, count, score, people, key)
    return merges[:done].copy(), marks[:done].copy()


def service_areas(
    flows: Flows,
    population: ArrayLike,
    rule: ServiceAreaRule,
    *,
    contiguity: Contiguity | None = None,
) -> ServiceAreas:
    """Group zones into primary-care service areas.

    Parameters
    ----------
    flows
        Visits from the zone of residence to the zone of care, among n zones.
    population
        People of each zone, shape (n,), in the order of ``flows.zones``.
    rule
        Least population and least localisation.
    contiguity
        Zones that touch. Without it areas may be in several pieces, and an area merges with any
        other it exchanges visits with.

    Returns
    -------
    ServiceAreas

    Raises
    ------
    BadInput
        The population of a zone is missing or negative.
    """
    people = np.asarray(population, dtype=np.float64)
    n = flows.zones.size
    if people.shape != (n,):
        raise BadInput(
            Problem("population de mauvaise longueur", value=str(people.size), allowed=f"{n} zones")
        )
    wrong = np.flatnonzero(~(np.isfinite(people) & (people >= 0)))
    if wrong.size:
        raise BadInput(
            [
                Problem(
                    f"population inutilisable pour la zone {flows.zones[row]}",
                    column="population",
                    value=str(people[row]),
                    allowed="un nombre fini, positif ou nul",
                )
                for row in wrong
            ]
        )
    people = np.round(people / PEOPLE_GRID) * PEOPLE_GRID
    key = zone_keys(flows)
    links = (flows.indptr, flows.neighbour, flows.sent)
    choice = _plurality(*links, flows.within, flows.inflow, key)
    area = _roots(choice, flows.inflow, key)
    near_ptr, near = np.zeros(n + 1, np.int64), np.empty(0, np.int32)
    attached = np.empty(0, np.int64)
    if contiguity is not None:
        near_ptr, near = contiguity.rows(flows.zones)
        attached = _attach(*links, near_ptr, near, area, people, key)
    merges, marks = _merge(
        *links,
        flows.received,
        flows.within,
        flows.outflow,
        people,
        near_ptr,
        near,
        contiguity is not None,
        area,
        key,
        float(rule.minimum_population),
        float(rule.minimum_localisation),
    )
    log = MergeLog(left=merges[:, 0], joined=merges[:, 1], visits=marks[:, 0], score=marks[:, 1])
    origin = contiguity.origin if contiguity is not None else None
    return _describe(flows, people, rule, origin, choice, area, attached, log)


def _describe(
    flows: Flows,
    people: NDArray,
    rule: ServiceAreaRule,
    origin: str | None,
    choice: NDArray,
    area: NDArray,
    attached: NDArray,
    log: MergeLog,
) -> ServiceAreas:
    """Number areas by population and recompute what each reaches from the flows themselves."""
    n = flows.zones.size
    inner = np.flatnonzero(area >= 0)
    found, index = np.unique(area[inner], return_inverse=True)
    k = found.size
    by_visits = np.lexsort((inner, -people[inner], -flows.inflow[inner], index))
    core = inner[by_visits[np.unique(index[by_visits], return_index=True)[1]]]
    rank = np.lexsort((core, -np.bincount(index, people[inner], k)))
    number = np.empty_like(rank)
    number[rank] = np.arange(k)
    label = np.full(n, -1, np.int32)
    label[inner] = number[index]
    row = np.repeat(label, np.diff(flows.indptr))
    same = (row >= 0) & (row == label[flows.neighbour])
    inside = np.bincount(label[inner], flows.within[inner], k)
    inside = inside + np.bincount(row[same], flows.sent[same], k)
    population = np.bincount(label[inner], people[inner], k)
    visits = np.bincount(label[inner], flows.outflow[inner], k)
    localisation = np.full(k, np.nan)
    np.divide(inside, visits, out=localisation, where=visits > 0)
    return ServiceAreas(
        zones=flows.zones,
        label=label,
        plurality=choice,
        core=core[rank],
        population=population,
        visits=visits,
        received=np.bincount(label[inner], flows.inflow[inner], k),
        inside=inside,
        localisation=localisation,
        meets_rule=(population >= rule.minimum_population)
        & (
            (np.nan_to_num(localisation) >= rule.minimum_localisation)
            | (rule.minimum_localisation == 0)
        ),
        reserve=np.flatnonzero(label < 0),
        attached=attached,
        rule=rule,
        contiguity=origin,
        log=log,
    )
