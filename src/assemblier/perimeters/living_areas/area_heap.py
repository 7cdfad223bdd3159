"""The worst area first: a binary heap of areas whose scores change as they gain zones.

The heap keeps the place of each area, so that a change costs the logarithm of the number of areas.
Areas are ordered by score, then size, then key, none of which depends on how zones are numbered.
"""
# ruff: noqa: ANN001, ANN201, ANN202 — compiled functions take whatever arrays they are given

from __future__ import annotations

import numpy as np

from assemblier.compiled import njit

__all__ = ["heap_of", "remove", "settle"]


@njit(cache=True, inline="always")
def _before(a, b, score, size, key):  # type: ignore[no-untyped-def]
    if score[a] != score[b]:
        return score[a] < score[b]
    if size[a] != size[b]:
        return size[a] < size[b]
    if key[a] != key[b]:
        return key[a] < key[b]
    return a < b


@njit(cache=True)
def _up(heap, place, slot, score, size, key):  # type: ignore[no-untyped-def]
    area = heap[slot]
    while slot > 0:
        above = (slot - 1) // 2
        if not _before(area, heap[above], score, size, key):
            break
        heap[slot] = heap[above]
        place[heap[slot]] = slot
        slot = above
    heap[slot] = area
    place[area] = slot
    return slot


@njit(cache=True)
def _down(heap, place, slot, count, score, size, key):  # type: ignore[no-untyped-def]
    area = heap[slot]
    while True:
        below = 2 * slot + 1
        if below >= count:
            break
        if below + 1 < count and _before(heap[below + 1], heap[below], score, size, key):
            below += 1
        if not _before(heap[below], area, score, size, key):
            break
        heap[slot] = heap[below]
        place[heap[slot]] = slot
        slot = below
    heap[slot] = area
    place[area] = slot
    return slot


@njit(cache=True)
def heap_of(areas, n, score, size, key):  # type: ignore[no-untyped-def]
    """Order areas; return the heap and the place of each of n areas in it (-1: not there)."""
    heap = areas.copy()
    place = np.full(n, -1, np.int64)
    for slot in range(heap.size):
        place[heap[slot]] = slot
    for slot in range(heap.size // 2, -1, -1):
        if slot < heap.size:
            _down(heap, place, slot, heap.size, score, size, key)
    return heap, place


@njit(cache=True)
def settle(heap, place, area, count, score, size, key):  # type: ignore[no-untyped-def]
    """Put an area whose score changed where it belongs."""
    slot = _up(heap, place, place[area], score, size, key)
    _down(heap, place, slot, count, score, size, key)


@njit(cache=True)
def remove(heap, place, area, count, score, size, key):  # type: ignore[no-untyped-def]
    """Take an area out; return how many are left."""
    slot = place[area]
    place[area] = -1
    count -= 1
    if slot != count:
        heap[slot] = heap[count]
        place[heap[slot]] = slot
        slot = _up(heap, place, slot, score, size, key)
        _down(heap, place, slot, count, score, size, key)
    return count
