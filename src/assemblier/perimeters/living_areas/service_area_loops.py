"""The loops that group zones into primary-care service areas, compiled: arrays in, arrays out.

:mod:`~assemblier.perimeters.living_areas.service_areas` says what they do and why.
"""
# ruff: noqa: ANN001, ANN201, ANN202 — compiled functions take whatever arrays they are given

from __future__ import annotations

import numpy as np

from assemblier.compiled import njit
from assemblier.perimeters.living_areas.area_heap import heap_of, remove, settle

__all__ = ["attach", "merge", "plurality", "roots"]


@njit(cache=True)
def plurality(indptr, neighbour, sent, within, inflow, key):  # type: ignore[no-untyped-def]
    """Find where most visits of each zone go; a tie stays home, else goes to the most visited."""
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
            elif (
                sent[e] == most
                and most > 0.0
                and best != i
                and (inflow[j] > inflow[best] or (inflow[j] == inflow[best] and key[j] < key[best]))
            ):
                choice[i] = j
    return choice


@njit(cache=True)
def roots(choice, inflow, key):  # type: ignore[no-untyped-def]
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


@njit(cache=True, inline="always")
def _stronger(a, b, first, second, people, key):  # type: ignore[no-untyped-def]
    """Whether area ``a`` goes before ``b``: ties fall to people, then to what areas are made of."""
    if first[a] != first[b]:
        return first[a] > first[b]
    if second[a] != second[b]:
        return second[a] > second[b]
    if people[a] != people[b]:
        return people[a] > people[b]
    if key[a] != key[b]:
        return key[a] < key[b]
    return a < b


@njit(cache=True)
def attach(  # type: ignore[no-untyped-def]
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
        for z in range(loose.size):
            i = loose[z]
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
                if best < 0 or _stronger(a, best, visits, shared, people, key):
                    best = a
            choice[i] = best
            for e in range(indptr[i], indptr[i + 1]):
                if fixed[neighbour[e]]:
                    visits[area[neighbour[e]]] = 0.0
            for e in range(near_ptr[i], near_ptr[i + 1]):
                if fixed[near[e]]:
                    shared[area[near[e]]] = 0.0
        for z in range(loose.size):
            i = loose[z]
            if choice[i] >= 0 and not fixed[i]:
                area[i] = choice[i]
                moved += 1
        for z in range(loose.size):
            i = loose[z]
            if choice[i] >= 0 and not fixed[i]:
                fixed[i] = True
                people[area[i]] += population[i]
        if moved == 0:
            break
    # What touches no area at all (an island) makes one with what it touches.
    for z in range(loose.size):
        start = loose[z]
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
def merge(  # type: ignore[no-untyped-def]
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
            if best < 0 or _stronger(a, best, going, coming, people, key):
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
