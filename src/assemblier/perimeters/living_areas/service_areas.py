"""Primary-care service areas: zones grouped by where their residents actually seek care.

Goodman, D. C., Mick, S. S., Bott, D. et al. (2003), "Primary Care Service Areas: A New Tool for the
Evaluation of Primary Care Services", *Health Services Research* 38(1), 287–309
(doi 10.1111/1475-6773.00116). Each zone goes where the plurality of its residents' visits go; areas
are then made contiguous, and those with too few people or too few visits kept inside are merged.

As for travel-to-work areas, choices are made against a frozen state and ties are broken by totals
of the flows, so that numbering the zones otherwise changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from assemblier.errors import BadInput, Problem
from assemblier.perimeters.contiguity import Contiguity
from assemblier.perimeters.flows import Flows, total_by, zone_keys
from assemblier.perimeters.living_areas.service_area_loops import attach, merge, plurality, roots

__all__ = ["MergeLog", "ServiceAreaRule", "ServiceAreas", "service_areas"]

PEOPLE_GRID = 2.0**-10
"""Populations are rounded to this step, on which sums are exact in any order."""


@dataclass(frozen=True, slots=True)
class ServiceAreaRule:
    """What a service area must reach: people, and share of its residents' visits kept inside."""

    minimum_population: float
    minimum_localisation: float

    def __post_init__(self) -> None:
        problems = []
        if not 0 <= self.minimum_population < np.inf:
            problems.append(
                Problem(
                    "population minimale", value=str(self.minimum_population), allowed="0 ou plus"
                )
            )
        if not 0 <= self.minimum_localisation <= 1:
            problems.append(
                Problem(
                    "localisation minimale",
                    value=str(self.minimum_localisation),
                    allowed="entre 0 et 1",
                )
            )
        if problems:
            raise BadInput(problems)


@dataclass(frozen=True, slots=True)
class MergeLog:
    """Areas merged because they missed the rule, in order, each named by a zone it held.

    Attributes
    ----------
    left, joined
        Position of the zone around which the merged and the receiving area had formed.
    visits
        Visits of the residents of the one to the other, which decided.
    score
        Share of the rule that the merged area reached.
    """

    left: NDArray[np.int64]
    joined: NDArray[np.int64]
    visits: NDArray[np.float64]
    score: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ServiceAreas:
    """A partition of n zones into k service areas, most populous first.

    Attributes
    ----------
    zones
        Codes, shape (n,).
    label
        Area of each zone, 0 to k - 1, or -1 for a zone of the reserve; shape (n,).
    plurality
        Position of the zone that receives most visits of each zone's residents, -1 without
        visits; shape (n,).
    core
        Position of the zone of each area that receives most visits; its code names the area.
    population, visits, received, inside
        People; visits of the residents; visits made in the area by anybody; visits that are both.
        Shape (k,).
    localisation
        ``inside / visits``, null for an area whose residents make no visit; shape (k,).
    meets_rule
        False for an area that misses the rule and touches no other it could join; shape (k,).
    reserve
        Positions of the zones without visits and without neighbours to join.
    attached
        Positions of the zones moved, or placed, by contiguity rather than by plurality.
    rule, contiguity
        What was asked; ``contiguity`` says what neighbours were drawn from, None without.
    log
        The merges.
    """

    zones: NDArray
    label: NDArray[np.int32]
    plurality: NDArray[np.int64]
    core: NDArray[np.int64]
    population: NDArray[np.float64]
    visits: NDArray[np.float64]
    received: NDArray[np.float64]
    inside: NDArray[np.float64]
    localisation: NDArray[np.float64]
    meets_rule: NDArray[np.bool_]
    reserve: NDArray[np.int64]
    attached: NDArray[np.int64]
    rule: ServiceAreaRule
    contiguity: str | None
    log: MergeLog

    @property
    def count(self) -> int:
        """Number of areas."""
        return int(self.core.size)

    @property
    def names(self) -> NDArray:
        """Code of the core of each area, shape (k,)."""
        return self.zones[self.core]


def service_areas(
    flows: Flows,
    population: ArrayLike,
    rule: ServiceAreaRule,
    *,
    contiguity: Contiguity | None = None,
) -> ServiceAreas:
    """Group zones into primary-care service areas.

    Parameters
    ----------
    flows
        Visits from the zone of residence to the zone of care, among n zones.
    population
        People of each zone, shape (n,), in the order of ``flows.zones``.
    rule
        Least population and least localisation.
    contiguity
        Zones that touch. Without it areas may be in several pieces, and an area merges with any
        other it exchanges visits with.

    Returns
    -------
    ServiceAreas

    Raises
    ------
    BadInput
        The population of a zone is missing or negative.
    """
    people = np.asarray(population, dtype=np.float64)
    n = flows.zones.size
    if people.shape != (n,):
        raise BadInput(
            Problem("population de mauvaise longueur", value=str(people.size), allowed=f"{n} zones")
        )
    wrong = np.flatnonzero(~(np.isfinite(people) & (people >= 0)))
    if wrong.size:
        raise BadInput(
            [
                Problem(
                    f"population inutilisable pour la zone {flows.zones[row]}",
                    column="population",
                    value=str(people[row]),
                    allowed="un nombre fini, positif ou nul",
                )
                for row in wrong
            ]
        )
    people = np.round(people / PEOPLE_GRID) * PEOPLE_GRID
    key = zone_keys(flows)
    links = (flows.indptr, flows.neighbour, flows.sent)
    chosen = plurality(*links, flows.within, flows.inflow, key)
    area = roots(chosen, flows.inflow, key)
    near_ptr, near = np.zeros(n + 1, np.int64), np.empty(0, np.int32)
    attached = np.empty(0, np.int64)
    if contiguity is not None:
        near_ptr, near = contiguity.rows(flows.zones)
        attached = attach(*links, near_ptr, near, area, people, key)
    merges, marks = merge(
        *links,
        flows.received,
        flows.within,
        flows.outflow,
        people,
        near_ptr,
        near,
        contiguity is not None,
        area,
        key,
        float(rule.minimum_population),
        float(rule.minimum_localisation),
    )
    log = MergeLog(left=merges[:, 0], joined=merges[:, 1], visits=marks[:, 0], score=marks[:, 1])
    origin = contiguity.origin if contiguity is not None else None
    return _describe(flows, people, rule, origin, chosen, area, attached, log)


def _describe(
    flows: Flows,
    people: NDArray,
    rule: ServiceAreaRule,
    origin: str | None,
    choice: NDArray,
    area: NDArray,
    attached: NDArray,
    log: MergeLog,
) -> ServiceAreas:
    """Order areas by population and compute again what each reaches from the flows themselves."""
    n = flows.zones.size
    inner = np.flatnonzero(area >= 0)
    found, index = np.unique(area[inner], return_inverse=True)
    k = found.size
    by_visits = np.lexsort((inner, -people[inner], -flows.inflow[inner], index))
    core = inner[by_visits[np.unique(index[by_visits], return_index=True)[1]]]
    rank = np.lexsort((core, -total_by(index, people[inner], k)))
    number = np.empty_like(rank)
    number[rank] = np.arange(k)
    label = np.full(n, -1, np.int32)
    label[inner] = number[index]
    row = np.repeat(label, np.diff(flows.indptr))
    same = (row >= 0) & (row == label[flows.neighbour])
    inside = total_by(label[inner], flows.within[inner], k)
    inside = inside + total_by(row[same], flows.sent[same], k)
    population = total_by(label[inner], people[inner], k)
    visits = total_by(label[inner], flows.outflow[inner], k)
    localisation = np.full(k, np.nan)
    np.divide(inside, visits, out=localisation, where=visits > 0)
    return ServiceAreas(
        zones=flows.zones,
        label=label,
        plurality=choice,
        core=core[rank],
        population=population,
        visits=visits,
        received=total_by(label[inner], flows.inflow[inner], k),
        inside=inside,
        localisation=localisation,
        meets_rule=(population >= rule.minimum_population)
        & (
            (np.nan_to_num(localisation) >= rule.minimum_localisation)
            | (rule.minimum_localisation == 0)
        ),
        reserve=np.flatnonzero(label < 0),
        attached=attached,
        rule=rule,
        contiguity=origin,
        log=log,
    )
