"""Flows between zones as arrays: who lives here and goes there, each pair seen from both ends.

A flow is a number of residents of an origin who work, or seek care, in a destination. Flows are
held on a binary grid (a whole number of times a power of two), so that adding and subtracting them
is exact: a total does not depend on the order of the rows, and an area that gains and loses zones
never drifts.
"""
# ruff: noqa: ANN001, ANN202 — compiled functions take whatever arrays they are given

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from assemblier.compiled import njit
from assemblier.errors import BadInput, Problem

__all__ = ["Flows", "flows_between", "total_by", "zone_keys"]

EXACT_BITS = 51
"""Sums stay below 2 ** 52 grid steps, where float64 still counts one by one."""
FINEST_GRID = 30
"""No flow is known more finely than 2 ** -30 (one billionth)."""
REFINEMENTS = 3
"""Rounds of neighbourhood refinement that tell zones with equal totals apart."""


@dataclass(frozen=True, slots=True)
class Flows:
    """Flows among n zones, as compressed sparse rows that are symmetric in their pattern.

    Attributes
    ----------
    zones
        Codes, shape (n,), sorted and unique.
    indptr, neighbour
        Row i lists at ``indptr[i]:indptr[i + 1]`` the zones that i exchanges with, sorted;
        shapes (n + 1,) int64 and (links,) int32.
    sent, received
        Flow from i to the neighbour and from the neighbour to i, shape (links,), float64.
    within
        Flow from a zone to itself, shape (n,).
    outflow, inflow
        All residents of a zone who go anywhere, all who come to it from anywhere, themselves and
        places outside the n zones included; shape (n,).
    grid
        The power of two of which every flow is a whole multiple.
    left_out
        Flow of the rows that touch none of the zones.
    """

    zones: NDArray
    indptr: NDArray[np.int64]
    neighbour: NDArray[np.int32]
    sent: NDArray[np.float64]
    received: NDArray[np.float64]
    within: NDArray[np.float64]
    outflow: NDArray[np.float64]
    inflow: NDArray[np.float64]
    grid: float
    left_out: float

    @property
    def pairs(self) -> int:
        """Number of ordered pairs with a flow, zones to themselves included."""
        return int(np.count_nonzero(self.sent) + np.count_nonzero(self.within))


def flows_between(
    origin: ArrayLike,
    destination: ArrayLike,
    flow: ArrayLike,
    *,
    zones: Sequence[Any] | NDArray | None = None,
) -> Flows:
    """Turn rows of flows into arrays; rows of the same pair are added.

    Parameters
    ----------
    origin, destination
        Codes of zones, shape (rows,).
    flow
        People or visits, shape (rows,), finite and not negative.
    zones
        The zones that are studied. A flow with one end elsewhere counts in the totals of the end
        that is studied and links it to nothing; without ``zones`` every code met is a zone.

    Returns
    -------
    Flows

    Raises
    ------
    BadInput
        Lengths differ; a flow is missing, infinite or negative; a code is missing; zones repeat.
    """
    start, end = (pd.Index(cast("Any", codes)) for codes in (origin, destination))
    weight = np.asarray(flow, dtype=np.float64)
    _check(start, end, weight, zones)
    # Coded once, then numbered in the order of codes: the order of the rows leaves no trace.
    coded, met = pd.factorize(start.append(end))
    if zones is None:
        codes = np.sort(np.asarray(met))
        place = np.argsort(np.argsort(np.asarray(met)))
    else:
        codes = np.sort(np.asarray(zones))
        place = pd.Index(codes).get_indexer(met)
    i, j = place[coded[: start.size]], place[coded[start.size :]]
    grid = _grid(float(weight.sum()))
    weight = np.round(weight / grid) * grid
    n = codes.size
    outflow = np.bincount(i[i >= 0], weights=weight[i >= 0], minlength=n)
    inflow = np.bincount(j[j >= 0], weights=weight[j >= 0], minlength=n)
    kept = (i >= 0) & (j >= 0) & (weight > 0)
    own = kept & (i == j)
    within = np.bincount(i[own], weights=weight[own], minlength=n)
    across = kept & (i != j)
    indptr, neighbour, sent, received = _link(n, i[across], j[across], weight[across])
    return Flows(
        zones=codes,
        indptr=indptr,
        neighbour=neighbour,
        sent=sent,
        received=received,
        within=within.astype(np.float64),
        outflow=outflow.astype(np.float64),
        inflow=inflow.astype(np.float64),
        grid=grid,
        left_out=float(weight[(i < 0) & (j < 0)].sum()),
    )


def total_by(group: NDArray, values: NDArray, count: int) -> NDArray[np.float64]:
    """Add values by group number (0 to ``count`` - 1)."""
    return np.bincount(group, weights=values, minlength=count).astype(np.float64, copy=False)


def _check(
    start: pd.Index, end: pd.Index, weight: NDArray, zones: Sequence[Any] | NDArray | None
) -> None:
    if not start.shape == end.shape == weight.shape:
        raise BadInput(
            Problem(
                "origines, destinations et flux n’ont pas la même longueur",
                value=f"{start.shape}, {end.shape}, {weight.shape}",
                advice="Donnez trois colonnes du même tableau.",
            )
        )
    problems = []
    for name, codes in (("origin", start), ("destination", end)):
        if (missing := np.flatnonzero(codes.isna())).size:
            problems.append(
                Problem(
                    f"{missing.size} code(s) manquant(s)",
                    line=int(missing[0]) + 1,
                    column=name,
                    advice="Retirez ces lignes ou complétez leur code.",
                )
            )
    wrong = np.flatnonzero(~(np.isfinite(weight) & (weight >= 0)))
    problems += [
        Problem(
            "flux inutilisable",
            line=int(row) + 1,
            column="flow",
            value=str(weight[row]),
            allowed="un nombre fini, positif ou nul",
            advice="Un flux secret ou inconnu se retire du tableau : il ne vaut pas zéro.",
        )
        for row in wrong
    ]
    if zones is not None:
        repeated = pd.Index(np.asarray(zones))
        repeated = repeated[repeated.duplicated()].unique()
        problems += [Problem("zone donnée deux fois", value=str(code)) for code in repeated]
    if problems:
        raise BadInput(problems)


def _grid(total: float) -> float:
    """Choose the step on which every sum of flows is exact."""
    bits = math.ceil(math.log2(total)) if total > 0 else 0
    return 2.0 ** -min(FINEST_GRID, EXACT_BITS - bits)


@njit(cache=True)
def _link(n, start, end, weight):  # type: ignore[no-untyped-def]
    """Sort ordered pairs into symmetric rows, in time linear in the number of pairs."""
    pairs = start.size
    # Radix order: by the far end first, then (stable) by the near end.
    counts = np.zeros(n + 1, np.int64)
    for p in range(pairs):
        counts[end[p] + 1] += 1
        counts[start[p] + 1] += 1
    places = np.cumsum(counts)
    cursor = places[:-1].copy()
    by_far = np.empty(2 * pairs, np.int64)
    for p in range(pairs):
        by_far[cursor[end[p]]] = 2 * p
        cursor[end[p]] += 1
        by_far[cursor[start[p]]] = 2 * p + 1
        cursor[start[p]] += 1
    cursor = places[:-1].copy()
    order = np.empty(2 * pairs, np.int64)
    for slot in by_far:
        near = start[slot // 2] if slot % 2 == 0 else end[slot // 2]
        order[cursor[near]] = slot
        cursor[near] += 1
    indptr = np.zeros(n + 1, np.int64)
    neighbour = np.empty(2 * pairs, np.int32)
    sent = np.zeros(2 * pairs)
    received = np.zeros(2 * pairs)
    links = 0
    for i in range(n):
        first = links
        for place in range(places[i], places[i + 1]):
            pair = order[place] // 2
            outward = order[place] % 2 == 0
            far = end[pair] if outward else start[pair]
            if links == first or neighbour[links - 1] != far:
                neighbour[links] = far
                links += 1
            if outward:
                sent[links - 1] += weight[pair]
            else:
                received[links - 1] += weight[pair]
        indptr[i + 1] = links
    return indptr, neighbour[:links].copy(), sent[:links].copy(), received[:links].copy()


@njit(cache=True)
def mix(value):  # type: ignore[no-untyped-def]
    """Scatter 64 bits (finaliser of SplitMix64: Steele, Lea & Flood 2014)."""
    value = np.uint64(value) + np.uint64(0x9E3779B97F4A7C15)
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


@njit(cache=True)
def _refine(indptr, neighbour, sent, received, own, rounds):  # type: ignore[no-untyped-def]
    n = own.shape[0]
    key = np.empty(n, np.uint64)
    for i in range(n):
        value = np.uint64(0)
        for column in range(own.shape[1]):
            value = mix(value ^ own[i, column])
        key[i] = value
    for _ in range(rounds):
        fresh = np.empty(n, np.uint64)
        for i in range(n):
            # A sum does not see the order of the neighbours.
            total = np.uint64(0)
            for e in range(indptr[i], indptr[i + 1]):
                total += mix(mix(key[neighbour[e]] ^ sent[e]) ^ received[e])
            fresh[i] = mix(key[i] ^ mix(total))
        key = fresh
    return key


def zone_keys(flows: Flows, *, rounds: int = REFINEMENTS) -> NDArray[np.uint64]:
    """Give each zone a number that depends on its flows and never on its code or its place.

    It breaks exact ties so that a delineation does not change when zones are renumbered. Each
    round mixes in the keys of the neighbours (colour refinement, Weisfeiler & Leman 1968); zones
    that still share a key play the same part in the network as far as ``rounds`` steps away, and
    only they fall back on the order of codes.

    Returns
    -------
    ndarray
        Shape (n,), uint64.
    """
    own = np.column_stack([flows.outflow, flows.inflow, flows.within]) + 0.0
    return np.asarray(
        _refine(
            flows.indptr,
            flows.neighbour,
            flows.sent.view(np.uint64),
            flows.received.view(np.uint64),
            np.ascontiguousarray(own).view(np.uint64),
            rounds,
        )
    )
