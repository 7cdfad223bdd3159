"""How firm are the areas: the same delineation on flows drawn again, many times.

A census observes a sample of commuters, a survey fewer still, and a small change of flows can tip
a zone into the next area. The bootstrap (Efron 1979) draws each flow again, delineates, and tells
for each zone how often it stays with its own. Draws are independent, so they run side by side.
"""
# ruff: noqa: ANN001, ANN202 — compiled functions take whatever arrays they are given

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assemblier.compiled import njit, prange
from assemblier.errors import BadInput, Problem
from assemblier.perimeters.contiguity import Contiguity
from assemblier.perimeters.flows import Flows, total_by, zone_keys
from assemblier.perimeters.living_areas.flow_draws import drawn_flows, redraw, streams
from assemblier.perimeters.living_areas.service_areas import ServiceAreas, service_areas
from assemblier.perimeters.living_areas.ttwa import TravelToWorkAreas
from assemblier.perimeters.living_areas.ttwa_loops import group_zones

__all__ = ["Stability", "area_stability"]

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
        within, out, come = redraw(
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


def area_stability(
    flows: Flows,
    areas: TravelToWorkAreas | ServiceAreas,
    *,
    draws: int = 200,
    seed: int = 0,
    record_weight: float = 1.0,
    people: NDArray[np.float64] | None = None,
    contiguity: Contiguity | None = None,
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
        People, or acts, for which one observed record stands: 1 when everybody was counted, about
        4 for the French census, where workplaces are coded for a quarter of the households. The
        larger, the wider the draws.
    people, contiguity
        What service areas were made with, people in the order of ``flows.zones``.

    Returns
    -------
    Stability
        Shares to show on a map.

    Raises
    ------
    BadInput
        No draw is asked, the weight is not positive, areas and flows have different zones, or
        service areas come without their people.
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
    if isinstance(areas, ServiceAreas) and people is None:
        problems.append(
            Problem(
                "la stabilité des bassins de recours demande leurs habitants",
                advice="Donnez la population qui a servi à les délimiter.",
            )
        )
    if problems:
        raise BadInput(problems)
    n, k = flows.zones.size, areas.count
    weigh = flows.outflow if people is None else people
    labelled = np.flatnonzero(areas.label >= 0)
    members = labelled[np.argsort(areas.label[labelled], kind="stable")]
    starts = np.searchsorted(areas.label[members], np.arange(k + 1))
    given = (members, starts, areas.core, weigh)
    # draws count records: sizes of the rule are brought to them, shares have no unit
    weight = float(np.round(record_weight / flows.grid) * flows.grid)
    given_flows = streams(flows, weight)
    seeds = np.random.SeedSequence(seed).generate_state(draws, np.uint64).astype(np.uint64)
    same = np.zeros((draws, n), np.bool_)
    overlap = np.zeros((draws, n), np.float32)
    counts = np.zeros(draws, np.int64)
    if isinstance(areas, TravelToWorkAreas):
        rule = areas.rule.as_array
        rule[:2] /= weight
        _draw_many(
            min(AT_ONCE, draws), *given_flows, seeds, zone_keys(flows), rule, *given,
            same, overlap, counts,
        )  # fmt: skip
    else:
        for draw, drawn in enumerate(drawn_flows(flows, given_flows, seeds, weight)):
            again = service_areas(drawn, weigh, areas.rule, contiguity=contiguity)
            _compare(again.label, *given, same[draw], overlap[draw])
            counts[draw] = again.count
    with_core = np.full(n, np.nan)
    together = np.full(n, np.nan)
    with_core[labelled] = same[:, labelled].mean(axis=0)
    together[labelled] = overlap[:, labelled].mean(axis=0, dtype=np.float64)
    residents = total_by(areas.label[labelled], weigh[labelled], k)
    area_together = np.full(k, np.nan)
    np.divide(
        total_by(areas.label[labelled], weigh[labelled] * together[labelled], k),
        residents,
        out=area_together,
        where=residents > 0,
    )
    return Stability(
        zones=flows.zones,
        with_core=with_core,
        together=together,
        area_together=area_together,
        counts=counts,
        draws=draws,
        seed=seed,
        record_weight=record_weight,
    )
