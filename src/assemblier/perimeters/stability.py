"""How firm are the areas: the same delineation on flows drawn again, many times.

A census observes a sample of commuters, a survey fewer still, and a small change of flows can tip
a zone into the next area. The bootstrap (Efron 1979) draws each flow again as a Poisson number of
observed records, delineates, and tells for each zone how often it stays with its own. Draws are
independent, so they run side by side. The random numbers of a flow follow from the draw and from
the two zones it joins, never from their order: the result is the same on one core and on many, and
however zones are numbered.
"""
# ruff: noqa: ANN001, ANN202 — compiled functions take whatever arrays they are given

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assemblier.compiled import njit, prange
from assemblier.errors import BadInput, Problem
from assemblier.perimeters.flows import Flows, mix, total_by, zone_keys
from assemblier.perimeters.ttwa import TravelToWorkAreas
from assemblier.perimeters.ttwa_loops import group_zones

__all__ = ["Stability", "area_stability"]

SMALL_MEAN = 12.0
"""Below this mean a Poisson number is found by inversion, above by Hörmann's rejection."""
ONE_OVER = 1.0 / np.maximum(np.arange(64.0), 1.0)
LAST = ONE_OVER.size - 1
"""Past it a Poisson number of a small mean has no chance left: under 1e-23 at mean 12."""
MOST_RECORDS = 2.0**30
"""Records of one flow that a draw may count."""
AT_ONCE = 8
"""Draws that may run side by side; each holds the flows once more."""


@dataclass(frozen=True, slots=True)
class Stability:
    """What is left of each area when flows are drawn again.

    Attributes
    ----------
    zones
        Codes, shape (n,).
    with_core
        Share of draws in which a zone is in the same area as the core of its area; null for a
        zone that has no area. Shape (n,).
    together
        Mean over draws of the overlap between the area of a zone and the area it gets (residents
        in both over residents in either: Jaccard); null for a zone that has no area. Shape (n,).
    area_together
        Mean of ``together`` over the residents of each area, shape (k,).
    counts
        Number of areas found in each draw, shape (draws,).
    draws, seed, record_weight
        What was asked.
    """

    zones: NDArray
    with_core: NDArray[np.float64]
    together: NDArray[np.float64]
    area_together: NDArray[np.float64]
    counts: NDArray[np.int64]
    draws: int
    seed: int
    record_weight: float


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
def _redraw(  # type: ignore[no-untyped-def]
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


@njit(cache=True)
def _compare(area, members, starts, core, people, same, overlap):  # type: ignore[no-untyped-def]
    """Set for each zone whether it stays with its core, and how far its area overlaps."""
    n = area.size
    total = np.zeros(n)
    for i in range(n):
        if area[i] >= 0:
            total[area[i]] += people[i]
    shared = np.zeros(n)
    for k in range(core.size):
        size = 0.0
        for m in range(starts[k], starts[k + 1]):
            i = members[m]
            size += people[i]
            if area[i] >= 0:
                shared[area[i]] += people[i]
        for m in range(starts[k], starts[k + 1]):
            i = members[m]
            if area[i] >= 0:
                same[i] = area[i] == area[core[k]]
                both = shared[area[i]]
                either = size + total[area[i]] - both
                overlap[i] = both / either if either > 0.0 else 0.0
            else:
                same[i] = False
                overlap[i] = 0.0
        for m in range(starts[k], starts[k + 1]):
            if area[members[m]] >= 0:
                shared[area[members[m]]] = 0.0


@njit(cache=True)
def _draw_some(  # type: ignore[no-untyped-def]
    start, stride, indptr, neighbour, mean, nothing, twin, own_mean, own_nothing, key, seeds,
    zone_key, rule, members, starts, core, people, same, overlap, counts,
):  # fmt: skip
    """Run every stride-th draw, in the same memory."""
    links = neighbour.size
    drawn = np.empty(links, np.int32)
    new_indptr = np.empty(indptr.size, np.int64)
    new_neighbour = np.empty(links, np.int32)
    new_tie = np.empty((links, 2), np.int32)
    for d in range(start, seeds.size, stride):
        within, out, come = _redraw(
            indptr, neighbour, mean, nothing, twin, own_mean, own_nothing, key, seeds[d],
            drawn, new_indptr, new_neighbour, new_tie,
        )  # fmt: skip
        area, _step, _moves, _marks = group_zones(
            new_indptr, new_neighbour, new_tie, within, out, come, zone_key, rule, False
        )
        _compare(area, members, starts, core, people, same[d], overlap[d])
        found = 0
        seen = np.zeros(area.size, np.bool_)
        for i in range(area.size):
            if area[i] >= 0 and not seen[area[i]]:
                seen[area[i]] = True
                found += 1
        counts[d] = found


@njit(cache=True, parallel=True)
def _draw_many(  # type: ignore[no-untyped-def]
    chunks, indptr, neighbour, mean, nothing, twin, own_mean, own_nothing, key, seeds,
    zone_key, rule, members, starts, core, people, same, overlap, counts,
):  # fmt: skip
    for chunk in prange(chunks):
        _draw_some(
            chunk, chunks, indptr, neighbour, mean, nothing, twin, own_mean, own_nothing, key,
            seeds, zone_key, rule, members, starts, core, people, same, overlap, counts,
        )  # fmt: skip


def _one_each(keys: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Tell apart the zones that share a key, in the order of their codes."""
    order = np.argsort(keys, kind="stable")
    shared = keys[order]
    first = np.append(True, shared[1:] != shared[:-1])
    rank = np.arange(keys.size) - np.maximum.accumulate(np.where(first, np.arange(keys.size), 0))
    told = np.empty_like(keys)
    told[order] = shared + rank.astype(np.uint64) * STEP
    return told


def area_stability(
    flows: Flows,
    areas: TravelToWorkAreas,
    *,
    draws: int = 200,
    seed: int = 0,
    record_weight: float = 1.0,
) -> Stability:
    """Delineate again on flows drawn again, and count how often each zone stays with its own.

    Parameters
    ----------
    flows
        The flows the areas were made of.
    areas
        The areas; their thresholds are used again.
    draws
        Number of draws.
    seed
        Start of the random streams; the same seed gives the same result on any machine.
    record_weight
        People for whom one observed record stands: 1 when everybody was counted, about 4 for the
        French census, where workplaces are coded for a quarter of the households. The larger,
        the wider the draws.

    Returns
    -------
    Stability
        Shares to show on a map.

    Raises
    ------
    BadInput
        No draw is asked, the weight is not positive, or areas and flows have different zones.
    """
    problems = []
    if draws < 1:
        problems.append(Problem("nombre de tirages", value=str(draws), allowed="1 ou plus"))
    if not (np.isfinite(record_weight) and record_weight >= flows.grid):
        problems.append(
            Problem("poids d’un enregistrement", value=str(record_weight), allowed="plus de 0")
        )
    if not np.array_equal(flows.zones, areas.zones):
        problems.append(
            Problem(
                "les bassins et les flux ne portent pas sur les mêmes zones",
                advice="Donnez les flux qui ont servi à délimiter ces bassins.",
            )
        )
    if problems:
        raise BadInput(problems)
    n = flows.zones.size
    k = areas.count
    labelled = np.flatnonzero(areas.label >= 0)
    members = labelled[np.argsort(areas.label[labelled], kind="stable")]
    starts = np.searchsorted(areas.label[members], np.arange(k + 1))
    row = np.repeat(np.arange(n), np.diff(flows.indptr))
    # draws count records: sizes of the rule are brought to them, shares have no unit
    weight = float(np.round(record_weight / flows.grid) * flows.grid)
    own_mean = np.column_stack(
        [
            flows.within,
            flows.outflow - flows.within - total_by(row, flows.sent, n),
            flows.inflow - flows.within - total_by(row, flows.received, n),
        ]
    )
    own_mean = own_mean / weight
    mean = flows.sent / weight
    if max(mean.max(initial=0.0), own_mean.max(initial=0.0)) > MOST_RECORDS:
        raise BadInput(
            Problem(
                "un flux compte trop d’enregistrements pour être tiré",
                value=str(max(mean.max(initial=0.0), own_mean.max(initial=0.0))),
                allowed=f"au plus {MOST_RECORDS:.0f}",
                advice="Donnez un poids d’enregistrement plus grand.",
            )
        )
    keys = zone_keys(flows)
    same = np.zeros((draws, n), np.bool_)
    overlap = np.zeros((draws, n), np.float32)
    counts = np.zeros(draws, np.int64)
    rule = areas.rule.as_array
    rule[:2] /= weight
    _draw_many(
        min(AT_ONCE, draws),
        flows.indptr,
        flows.neighbour,
        mean,
        np.exp(-mean),
        _mirror(flows.indptr, flows.neighbour),
        own_mean,
        np.exp(-own_mean),
        _one_each(keys),
        np.random.SeedSequence(seed).generate_state(draws, np.uint64),
        keys,
        rule,
        members,
        starts,
        areas.core,
        flows.outflow,
        same,
        overlap,
        counts,
    )
    with_core = np.full(n, np.nan)
    together = np.full(n, np.nan)
    with_core[labelled] = same[:, labelled].mean(axis=0)
    together[labelled] = overlap[:, labelled].mean(axis=0, dtype=np.float64)
    people = total_by(areas.label[labelled], flows.outflow[labelled], k)
    return Stability(
        zones=flows.zones,
        with_core=with_core,
        together=together,
        area_together=total_by(
            areas.label[labelled], flows.outflow[labelled] * together[labelled], k
        )
        / people,
        counts=counts,
        draws=draws,
        seed=seed,
        record_weight=record_weight,
    )
