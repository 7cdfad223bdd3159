"""How firm are the areas: the same delineation on flows drawn again, many times.

A census observes a sample of commuters, a survey fewer still, and a small change of flows can tip
a zone into the next area. The bootstrap (Efron 1979) draws each flow again as a Poisson number of
observed records, delineates, and tells for each zone how often it stays with its own. Draws are
independent, so they run side by side; each has its own stream of random numbers, so the result is
the same on one core and on many.
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


@njit(cache=True, inline="always")
def _uniform(state):  # type: ignore[no-untyped-def]
    """Advance a stream; return a number in (0, 1)."""
    state[0] += np.uint64(0x9E3779B97F4A7C15)
    return (np.float64(mix(state[0]) >> np.uint64(11)) + 0.5) / 9007199254740992.0


@njit(cache=True)
def poisson(mean, state):  # type: ignore[no-untyped-def]
    """Draw a Poisson number (inversion; PTRS of Hörmann 1993, doi 10.1016/0167-6687(93)90997-4)."""
    if mean <= 0.0:
        return 0.0
    if mean < SMALL_MEAN:
        left = _uniform(state)
        chance = np.exp(-mean)
        k = 0.0
        while left > chance > 0.0:
            left -= chance
            k += 1.0
            chance *= mean / k
        return k
    b = 0.931 + 2.53 * np.sqrt(mean)
    a = -0.059 + 0.02483 * b
    inverse = 1.1239 + 1.1328 / (b - 3.4)
    ratio = 0.9277 - 3.6224 / (b - 2.0)
    while True:
        u = _uniform(state) - 0.5
        v = _uniform(state)
        us = 0.5 - np.abs(u)
        k = np.floor((2.0 * a / us + b) * u + mean + 0.43)
        if us >= 0.07 and v <= ratio:
            return k
        if k < 0.0 or (us < 0.013 and v > us):
            continue
        if np.log(v * inverse / (a / (us * us) + b)) <= k * np.log(mean) - mean - _log_factorial(k):
            return k


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
    indptr, neighbour, sent, within, sent_away, come_from_away, place, weight, seed
):
    n = within.size
    state = np.array([mix(np.uint64(seed))], np.uint64)
    new_sent = np.zeros(sent.size)
    new_received = np.zeros(sent.size)
    new_within = np.zeros(n)
    out = np.zeros(n)
    come = np.zeros(n)
    for i in range(n):
        new_within[i] = weight * poisson(within[i] / weight, state)
        out[i] += new_within[i] + weight * poisson(sent_away[i] / weight, state)
        come[i] += new_within[i] + weight * poisson(come_from_away[i] / weight, state)
        for e in range(indptr[i], indptr[i + 1]):
            if sent[e] > 0.0:
                flow = weight * poisson(sent[e] / weight, state)
                new_sent[e] = flow
                new_received[place[e]] = flow
                out[i] += flow
                come[neighbour[e]] += flow
    return new_sent, new_received, new_within, out, come


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


@njit(cache=True, parallel=True)
def _draw_many(  # type: ignore[no-untyped-def]
    indptr, neighbour, sent, within, sent_away, come_from_away, place, weight, seeds,
    key, rule, members, starts, core, people, same, overlap, counts,
):  # fmt: skip
    for d in prange(seeds.size):
        new_sent, new_received, new_within, out, come = _redraw(
            indptr, neighbour, sent, within, sent_away, come_from_away, place, weight, seeds[d]
        )
        area, _step, _moves, _marks = group_zones(
            indptr, neighbour, new_sent, new_received, new_within, out, come, key, rule, False
        )
        _compare(area, members, starts, core, people, same[d], overlap[d])
        found = 0
        seen = np.zeros(area.size, np.bool_)
        for i in range(area.size):
            if area[i] >= 0 and not seen[area[i]]:
                seen[area[i]] = True
                found += 1
        counts[d] = found


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
    sent_away = flows.outflow - flows.within - total_by(row, flows.sent, n)
    come_from_away = flows.inflow - flows.within - total_by(row, flows.received, n)
    same = np.zeros((draws, n), np.bool_)
    overlap = np.zeros((draws, n), np.float32)
    counts = np.zeros(draws, np.int64)
    _draw_many(
        flows.indptr,
        flows.neighbour,
        flows.sent,
        flows.within,
        sent_away,
        come_from_away,
        _mirror(flows.indptr, flows.neighbour),
        float(np.round(record_weight / flows.grid) * flows.grid),
        np.random.SeedSequence(seed).generate_state(draws, np.uint64),
        zone_keys(flows),
        areas.rule.as_array,
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
