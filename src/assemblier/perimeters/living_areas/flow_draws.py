"""Flows drawn again: each a Poisson number of the records that were observed.

The random numbers of a flow follow from the draw and from the two zones it joins, never from
their order: a draw is the same on one core and on many, and however zones are numbered.
"""
# ruff: noqa: ANN001, ANN201, ANN202 — compiled functions take whatever arrays they are given

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from assemblier.compiled import njit
from assemblier.errors import BadInput, Problem
from assemblier.perimeters.flows import Flows, mix, total_by, zone_keys

__all__ = ["drawn_flows", "poisson", "redraw", "streams"]

SMALL_MEAN = 12.0
"""Below this mean a Poisson number is found by inversion, above by Hörmann's rejection."""
ONE_OVER = 1.0 / np.maximum(np.arange(64.0), 1.0)
LAST = ONE_OVER.size - 1
"""Past it a Poisson number of a small mean has no chance left: under 1e-23 at mean 12."""
MOST_RECORDS = 2.0**30
"""Records of one flow that a draw may count."""
STEP = np.uint64(0x9E3779B97F4A7C15)
"""Between two states of a stream (SplitMix64: Steele, Lea & Flood 2014)."""


@njit(cache=True, inline="always")
def _uniform(state):  # type: ignore[no-untyped-def]
    """Turn the state of a stream into a number in (0, 1)."""
    return (np.float64(mix(state) >> np.uint64(11)) + 0.5) / 9007199254740992.0


@njit(cache=True)
def poisson(mean, nothing, state):  # type: ignore[no-untyped-def]
    """Draw a Poisson number (inversion; PTRS of Hörmann 1993, doi 10.1016/0167-6687(93)90997-4).

    ``nothing`` is the chance of zero, ``exp(-mean)``; only small means use it.
    """
    if mean <= 0.0:
        return np.int32(0)
    if mean < SMALL_MEAN:
        left = _uniform(state)
        chance = nothing
        count = np.int32(0)
        while left > chance and count < LAST:
            left -= chance
            count += np.int32(1)
            chance *= mean * ONE_OVER[count]
        return count
    b = 0.931 + 2.53 * np.sqrt(mean)
    a = -0.059 + 0.02483 * b
    inverse = 1.1239 + 1.1328 / (b - 3.4)
    ratio = 0.9277 - 3.6224 / (b - 2.0)
    while True:
        u = _uniform(state) - 0.5
        v = _uniform(state + STEP)
        state += STEP + STEP
        us = 0.5 - np.abs(u)
        k = np.floor((2.0 * a / us + b) * u + mean + 0.43)
        if us >= 0.07 and v <= ratio:
            return np.int32(k)
        if k < 0.0 or (us < 0.013 and v > us):
            continue
        if np.log(v * inverse / (a / (us * us) + b)) <= k * np.log(mean) - mean - _log_factorial(k):
            return np.int32(k)


@njit(cache=True)
def _log_factorial(k):  # type: ignore[no-untyped-def]
    """Logarithm of k! (Stirling's series from 10 on, exact to 1e-10)."""
    if k < 10.0:
        total = 0.0
        for i in range(2, int(k) + 1):
            total += np.log(float(i))
        return total
    x = k + 1.0
    return (x - 0.5) * np.log(x) - x + 0.9189385332046727 + 1.0 / (12.0 * x) - 1.0 / (360.0 * x**3)


@njit(cache=True)
def _mirror(indptr, neighbour):  # type: ignore[no-untyped-def]
    """Find for each link the place of the same pair seen from the other end."""
    n = indptr.size - 1
    cursor = indptr[:-1].copy()
    place = np.empty(neighbour.size, np.int64)
    for i in range(n):
        for e in range(indptr[i], indptr[i + 1]):
            j = neighbour[e]
            place[e] = cursor[j]
            cursor[j] += 1
    return place


@njit(cache=True)
def redraw(  # type: ignore[no-untyped-def]
    indptr, neighbour, mean, nothing, twin, own_mean, own_nothing, key, seed,
    drawn, new_indptr, new_neighbour, new_tie,
):  # fmt: skip
    """Draw every flow again; links that lost both their flows are left out."""
    n = own_mean.shape[0]
    within, out, come = np.empty(n), np.empty(n), np.empty(n)
    for i in range(n):
        start = mix(seed ^ key[i])
        kept = poisson(own_mean[i, 0], own_nothing[i, 0], mix(start + np.uint64(1)))
        within[i] = kept
        out[i] = kept + poisson(own_mean[i, 1], own_nothing[i, 1], mix(start + np.uint64(2)))
        come[i] = kept + poisson(own_mean[i, 2], own_nothing[i, 2], mix(start + np.uint64(3)))
        for e in range(indptr[i], indptr[i + 1]):
            drawn[e] = poisson(mean[e], nothing[e], start ^ key[neighbour[e]])
    links = 0
    for i in range(n):
        new_indptr[i] = links
        for e in range(indptr[i], indptr[i + 1]):
            sent, received = drawn[e], drawn[twin[e]]
            if sent > 0 or received > 0:
                new_neighbour[links] = neighbour[e]
                new_tie[links, 0], new_tie[links, 1] = sent, received
                out[i] += sent
                come[i] += received
                links += 1
    new_indptr[n] = links
    return within, out, come


def _one_each(keys: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Tell apart the zones that share a key, in the order of their codes."""
    order = np.argsort(keys, kind="stable")
    shared = keys[order]
    first = np.append(True, shared[1:] != shared[:-1])
    rank = np.arange(keys.size) - np.maximum.accumulate(np.where(first, np.arange(keys.size), 0))
    told = np.empty_like(keys)
    told[order] = shared + rank.astype(np.uint64) * STEP
    return told


def streams(flows: Flows, weight: float) -> tuple[NDArray, ...]:
    """Return what every draw reads: links, records expected, chances of none, keys."""
    n = flows.zones.size
    row = np.repeat(np.arange(n), np.diff(flows.indptr))
    own = np.column_stack(
        [
            flows.within,
            flows.outflow - flows.within - total_by(row, flows.sent, n),
            flows.inflow - flows.within - total_by(row, flows.received, n),
        ]
    )
    own = own / weight
    mean = flows.sent / weight
    most = max(mean.max(initial=0.0), own.max(initial=0.0))
    if most > MOST_RECORDS:
        raise BadInput(
            Problem(
                "un flux compte trop d’enregistrements pour être tiré",
                value=str(most),
                allowed=f"au plus {MOST_RECORDS:.0f}",
                advice="Donnez un poids d’enregistrement plus grand.",
            )
        )
    return (
        flows.indptr,
        flows.neighbour,
        mean,
        np.exp(-mean),
        _mirror(flows.indptr, flows.neighbour),
        own,
        np.exp(-own),
        _one_each(zone_keys(flows)),
    )


def drawn_flows(
    flows: Flows, given: tuple[NDArray, ...], seeds: NDArray[np.uint64], weight: float
) -> Iterator[Flows]:
    """Draw flows again, once for each seed."""
    links = flows.neighbour.size
    indptr = np.empty(flows.indptr.size, np.int64)
    neighbour, tie = np.empty(links, np.int32), np.empty((links, 2), np.int32)
    room = np.empty(links, np.int32)
    for seed in seeds:
        within, out, come = redraw(*given, seed, room, indptr, neighbour, tie)
        kept = int(indptr[-1])
        yield replace(
            flows,
            indptr=indptr.copy(),
            neighbour=neighbour[:kept].copy(),
            sent=np.multiply(tie[:kept, 0], weight, dtype=np.float64),
            received=np.multiply(tie[:kept, 1], weight, dtype=np.float64),
            within=within * weight,
            outflow=out * weight,
            inflow=come * weight,
        )
