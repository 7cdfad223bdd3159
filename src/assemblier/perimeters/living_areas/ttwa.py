"""Travel-to-work areas: zones grouped so that most residents work inside and most jobs are theirs.

Coombes, M. & Bond, S. (2008), *Travel-to-Work Areas: the 2007 review*, Office for National
Statistics. The area that trades size against self-containment worst is dissolved, and each of its
zones goes where its ties are strongest, until every area meets the rule.

Two choices make the result independent of how zones are numbered: the zones of a dissolved area
all choose against the same frozen state, and ties are broken by size, then by a key drawn from the
flows. What is known of an area (its totals) changes only when it receives a zone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assemblier.errors import BadInput, Problem
from assemblier.perimeters.flows import Flows, total_by, zone_keys
from assemblier.perimeters.living_areas.ttwa_loops import area_score, group_zones

__all__ = ["MoveLog", "TravelToWorkAreas", "TtwaRule", "travel_to_work_areas"]


@dataclass(frozen=True, slots=True)
class TtwaRule:
    """What an area must reach, in resident workers and in share of flows kept inside.

    A small area (``minimum_size``) must keep ``target_containment``; a large one (``target_size``)
    only ``minimum_containment``; in between, one is traded against the other.
    """

    minimum_size: float
    target_size: float
    minimum_containment: float
    target_containment: float

    def __post_init__(self) -> None:
        problems = []
        if not 0 <= self.minimum_size <= self.target_size < np.inf:
            problems.append(
                Problem(
                    "tailles incompatibles",
                    value=f"{self.minimum_size} et {self.target_size}",
                    allowed="0 ≤ taille minimale ≤ taille visée",
                )
            )
        if not 0 < self.minimum_containment <= self.target_containment <= 1:
            problems.append(
                Problem(
                    "parts d’autonomie incompatibles",
                    value=f"{self.minimum_containment} et {self.target_containment}",
                    allowed="0 < part minimale ≤ part visée ≤ 1",
                )
            )
        if problems:
            raise BadInput(problems)

    @property
    def as_array(self) -> NDArray[np.float64]:
        """The four thresholds, for compiled code."""
        return np.array(
            [
                self.minimum_size,
                self.target_size,
                self.minimum_containment,
                self.target_containment,
            ],
            dtype=np.float64,
        )


@dataclass(frozen=True, slots=True)
class MoveLog:
    """Each move of a zone, in order; proto-areas are named by the position of their first zone.

    Attributes
    ----------
    step
        Number of the dissolution, from 1.
    zone
        Position of the zone that moved.
    left, joined
        The proto-area it left (-1: it waited in the reserve) and the one it joined (-1: reserve).
    cohesion
        Strength of the tie that decided, null when the zone went to the reserve.
    score
        Score of the dissolved area when it was found the worst (null from the reserve).
    """

    step: NDArray[np.int64]
    zone: NDArray[np.int64]
    left: NDArray[np.int64]
    joined: NDArray[np.int64]
    cohesion: NDArray[np.float64]
    score: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class TravelToWorkAreas:
    """A partition of n zones into k areas, largest first, and what each area reaches.

    Attributes
    ----------
    zones
        Codes, shape (n,).
    label
        Area of each zone, 0 to k - 1, or -1 for a zone of the reserve; shape (n,).
    core
        Position of the zone of each area with most resident workers; shape (k,). Its code names
        the area.
    size, jobs, inside
        Resident workers, people who work there, people who do both; shape (k,).
    supply_containment, demand_containment
        ``inside / size`` and ``inside / jobs``; shape (k,). Their minimum is self-containment.
    score
        The trade-off of size and self-containment; the rule is met at
        ``minimum_containment / target_containment``.
    reserve
        Positions of the zones that no flow links to an area.
    rule
        The thresholds that were asked.
    steps
        Number of areas dissolved.
    log
        The moves, or None when they were not asked for.
    """

    zones: NDArray
    label: NDArray[np.int32]
    core: NDArray[np.int64]
    size: NDArray[np.float64]
    jobs: NDArray[np.float64]
    inside: NDArray[np.float64]
    supply_containment: NDArray[np.float64]
    demand_containment: NDArray[np.float64]
    score: NDArray[np.float64]
    reserve: NDArray[np.int64]
    rule: TtwaRule
    steps: int
    log: MoveLog | None

    @property
    def count(self) -> int:
        """Number of areas."""
        return int(self.core.size)

    @property
    def names(self) -> NDArray:
        """Code of the core of each area, shape (k,)."""
        return self.zones[self.core]

    @property
    def self_containment(self) -> NDArray[np.float64]:
        """Smaller of the two containments, shape (k,)."""
        return np.minimum(self.supply_containment, self.demand_containment)


def travel_to_work_areas(flows: Flows, rule: TtwaRule, *, log: bool = True) -> TravelToWorkAreas:
    """Group zones into travel-to-work areas.

    Every area of the result meets the rule. A zone joins the area a that is strongest in
    ``T_ia² / (O_i D_a) + T_ai² / (O_a D_i)``, where O counts residents, D people who come.

    Parameters
    ----------
    flows
        Flows among the zones.
    rule
        Thresholds.
    log
        Keep each move.

    Returns
    -------
    TravelToWorkAreas
        Zones that no flow links to an area that meets the rule are in its ``reserve``.

    References
    ----------
    Coombes & Bond (2008). The score is the one of Franconi, D'Alò & Ichim (2016), *Istat
    implementation of the algorithm to develop Labour Market Areas*.
    """
    area, steps, moves, marks = group_zones(
        flows.indptr,
        flows.neighbour,
        np.column_stack([flows.sent, flows.received]),
        flows.within,
        flows.outflow,
        flows.inflow,
        zone_keys(flows),
        rule.as_array,
        log,
    )
    return _describe(
        flows,
        rule,
        area,
        int(steps),
        MoveLog(
            step=moves[:, 0],
            zone=moves[:, 1],
            left=moves[:, 2],
            joined=moves[:, 3],
            cohesion=marks[:, 0],
            score=marks[:, 1],
        )
        if log
        else None,
    )


def _describe(
    flows: Flows, rule: TtwaRule, area: NDArray, steps: int, log: MoveLog | None
) -> TravelToWorkAreas:
    """Order areas by size and compute again what each reaches from the flows themselves."""
    n = flows.zones.size
    inner = np.flatnonzero(area >= 0)
    found, label = np.unique(area[inner], return_inverse=True)
    by_size = np.lexsort((np.arange(n)[inner], -flows.inflow[inner], -flows.outflow[inner], label))
    core = inner[by_size[np.unique(label[by_size], return_index=True)[1]]] if inner.size else inner
    size = total_by(label, flows.outflow[inner], found.size)
    rank = np.lexsort((core, -size))
    number = np.empty_like(rank)
    number[rank] = np.arange(rank.size)
    full = np.full(n, -1, np.int32)
    full[inner] = number[label]
    k = found.size
    jobs = total_by(full[inner], flows.inflow[inner], k)
    row = np.repeat(full, np.diff(flows.indptr))
    same = (row >= 0) & (row == full[flows.neighbour])
    inside = total_by(full[inner], flows.within[inner], k) + total_by(
        row[same], flows.sent[same], k
    )
    size = size[rank]
    thresholds = rule.as_array
    return TravelToWorkAreas(
        zones=flows.zones,
        label=full,
        core=core[rank],
        size=size,
        jobs=jobs,
        inside=inside,
        supply_containment=inside / size if k else np.empty(0),
        demand_containment=inside / jobs if k else np.empty(0),
        score=np.array(
            [area_score(size[a], jobs[a], inside[a], thresholds) for a in range(k)], dtype=float
        ),
        reserve=np.flatnonzero(full < 0),
        rule=rule,
        steps=steps,
        log=log,
    )
