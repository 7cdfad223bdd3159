"""The loops that group zones into travel-to-work areas, compiled: arrays in, arrays out.

:mod:`~assemblier.perimeters.living_areas.ttwa` says what they do and why.
"""
# ruff: noqa: ANN001, ANN201, ANN202 — compiled functions take whatever arrays they are given

from __future__ import annotations

import numpy as np

from assemblier.compiled import njit
from assemblier.perimeters.living_areas.area_heap import heap_of, remove, settle

__all__ = ["area_score", "group_zones"]

ROUNDING = 1e-12
"""Relative slack of the rule, so that an area exactly on the bound is not lost to rounding."""


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
    zone, indptr, neighbour, tie, outflow, inflow, area, total, inside, key, held, met,
):  # fmt: skip
    """Find the area to which a zone is most tied, how strongly, and what they exchange.

    The area is -1 when no flow links the zone to any.
    """
    count = 0
    for e in range(indptr[zone], indptr[zone + 1]):
        a = area[neighbour[e]]
        if a < 0 or (tie[e, 0] == 0 and tie[e, 1] == 0):
            continue
        if held[a, 0] == 0.0 and held[a, 1] == 0.0:
            met[count] = a
            count += 1
        held[a, 0] += tie[e, 0]
        held[a, 1] += tie[e, 1]
    best = -1
    strongest = 0.0
    exchanged = 0.0
    out, come = outflow[zone], inflow[zone]
    for m in range(count):
        a = met[m]
        going, coming = held[a, 0], held[a, 1]
        held[a, 0] = 0.0
        held[a, 1] = 0.0
        # most areas are far from the strongest: that is told without a division
        bound = strongest * (1.0 - ROUNDING) * total[a, 0] * total[a, 1]
        if best >= 0 and going * going * (total[a, 0] * come) + coming * coming * (
            total[a, 1] * out
        ) < bound * (out * come):
            continue
        cohesion = 0.0
        if going > 0.0:
            cohesion += going * going / (out * total[a, 1])
        if coming > 0.0:
            cohesion += coming * coming / (total[a, 0] * come)
        better = best < 0 or cohesion > strongest
        if best >= 0 and cohesion == strongest:
            if total[a, 0] != total[best, 0]:
                better = total[a, 0] > total[best, 0]
            elif total[a, 1] != total[best, 1]:
                better = total[a, 1] > total[best, 1]
            elif inside[a] != inside[best]:
                better = inside[a] > inside[best]
            elif key[a] != key[best]:
                better = key[a] < key[best]
            else:
                better = a < best
        if better:
            best = a
            strongest = cohesion
            exchanged = going + coming
    return best, strongest, exchanged


@njit(cache=True, error_model="numpy")
def group_zones(  # type: ignore[no-untyped-def]
    indptr, neighbour, tie, within, outflow, inflow, zone_key, rule, logging
):
    """Dissolve the worst area until all meet the rule; return areas, their number, the log.

    ``tie`` holds what is sent and received along each link, shape (links, 2), as any numbers.
    """
    n = within.size
    needed = rule[2] / rule[3] * (1.0 - ROUNDING)
    area = np.full(n, -1, np.int32)
    size, inside = outflow.copy(), within.copy()
    total = np.empty((n, 2))  # residents and jobs side by side: they are read together
    key = zone_key.copy()
    score = np.zeros(n)
    first = np.full(n, -1, np.int64)  # members of an area as a linked list
    follow = np.full(n, -1, np.int64)
    for i in range(n):
        total[i, 0], total[i, 1] = outflow[i], inflow[i]
        if outflow[i] > 0.0 or inflow[i] > 0.0:
            area[i] = i
            first[i] = i
            score[i] = area_score(outflow[i], inflow[i], inside[i], rule)
    heap, place = heap_of(np.flatnonzero(area >= 0), n, score, size, key)
    count = heap.size
    held = np.zeros((n, 2))
    met = np.empty(n, np.int64)
    pending = np.empty(n, np.int64)
    choice = np.empty(n, np.int64)
    strength, exchanged = np.empty(n), np.empty(n)
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
            count = remove(heap, place, left, count, score, size, key)
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
                choice[p], strength[p], exchanged[p] = _choose(
                    pending[p], indptr, neighbour, tie, outflow, inflow,
                    area, total, inside, key, held, met,
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
                if is_touched[joined]:
                    # others came before it in this round: what they exchange is inside too
                    for e in range(indptr[zone], indptr[zone + 1]):
                        if area[neighbour[e]] == joined:
                            gained += tie[e, 0] + tie[e, 1]
                else:
                    gained += exchanged[p]
                    is_touched[joined] = True
                    touched[changed] = joined
                    changed += 1
                inside[joined] += gained
                total[joined, 0] += outflow[zone]
                total[joined, 1] += inflow[zone]
                key[joined] += zone_key[zone]
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
                size[a] = total[a, 0]
                score[a] = area_score(total[a, 0], total[a, 1], inside[a], rule)
                settle(heap, place, a, count, score, size, key)
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
