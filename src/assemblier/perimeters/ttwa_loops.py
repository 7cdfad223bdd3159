"""The loops that group zones into travel-to-work areas, compiled: arrays in, arrays out.

:mod:`~assemblier.perimeters.ttwa` says what they do and why.
"""
# ruff: noqa: ANN001, ANN201, ANN202 — compiled functions take whatever arrays they are given

from __future__ import annotations

import numpy as np

from assemblier.compiled import njit
from assemblier.perimeters.area_heap import heap_of, remove, settle

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
