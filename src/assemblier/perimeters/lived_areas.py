"""The areas where the people of a territory live and seek care, delineated from flows of the lake.

Observed flows come first: care by service areas, commuting by travel-to-work areas, each with how
firm it is. Where no observed flow tells the residents of the territory, modelled visits stand in;
their areas are *théoriques*, distance over again, and no sentence calls them lived.

A delineation is made on every commune that the flows tell, once for a version of the lake.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from assemblier.indicators.context import Context
from assemblier.perimeters.bench import GridMet, Ground, zones_met
from assemblier.perimeters.border import observed_part, reference_flows
from assemblier.perimeters.care import care_of, care_visits
from assemblier.perimeters.contiguity import Contiguity, neighbours_from_points
from assemblier.perimeters.flows import Flows, flows_between
from assemblier.perimeters.living_areas.delineation import service_area_rule, ttwa_rule, zone_table
from assemblier.perimeters.living_areas.service_areas import service_areas
from assemblier.perimeters.living_areas.stability import area_stability
from assemblier.perimeters.living_areas.ttwa import travel_to_work_areas
from assemblier.perimeters.visits import MODELLED, OBSERVED
from assemblier.territory.contiguity import contiguity_of_contours
from assemblier.territory.geometry import projected, zones_of
from assemblier.territory.shapes import Shapes

__all__ = ["PURPOSES", "LivedAreas", "lived_areas", "touching"]

PURPOSES = {
    "soins": ("bassin de soins", "bassins de soins"),
    "travail": ("bassin de navettes", "bassins de navettes"),
    "theoriques": ("bassin théorique de recours", "bassins théoriques de recours"),
}
"""What flows are for → what the areas drawn from them are called, one and several."""
RECORDS = {
    "soins": "living_areas.stability.acts_per_patient",
    "travail": "living_areas.stability.record_weight",
}


@dataclass(frozen=True, slots=True)
class LivedAreas:
    """Areas delineated from flows, laid on the communes of the country.

    Attributes
    ----------
    purpose
        ``soins``, ``travail`` or ``theoriques``.
    kind
        ``observés`` or ``théoriques``.
    area
        Code of the core of the area of each commune, shape (n,), None where the flows tell none.
    firm
        Share of the draws in which a commune stays with the core of its area, shape (n,), NaN
        where it was not measured.
    met
        How the territory falls into the areas.
    draws
        Number of draws, 0 when none was made.
    firm_from
        Share of draws from which a commune is said firmly attached.
    firm_share
        Share of the territory's inhabitants whose commune is; null without draws.
    turned_away
        Share of the territory's inhabitants whose area has its core beyond the limit.
    rule
        Thresholds of the delineation, as parameter → value.
    """

    purpose: str
    kind: str
    label: str
    source: str
    cards: tuple[str, ...]
    area: NDArray
    firm: NDArray[np.float64]
    met: GridMet
    draws: int
    firm_from: float
    firm_share: float | None
    turned_away: float
    rule: Mapping[str, float]


def lived_areas(
    context: Context, ground: Ground, shapes: Shapes, *, day: dt.date | None = None
) -> tuple[LivedAreas, ...]:
    """Delineate the areas of every kind of observed flow, else of the modelled visits.

    Parameters
    ----------
    ground
        The territory in the country.
    day
        Day whose thresholds are used; the newest ones by default.
    """
    asked = day or dt.date.today()  # noqa: DTZ011 — the parameters of the day, by default
    found = [
        made
        for purpose in ("soins", "travail")
        if (made := _observed(context, ground, shapes, purpose, asked)) is not None
    ]
    if found:
        return tuple(found)
    modelled = _modelled(context, ground, shapes, asked)
    return () if modelled is None else (modelled,)


def _observed(
    context: Context, ground: Ground, shapes: Shapes, purpose: str, day: dt.date
) -> LivedAreas | None:
    communes = ground.codes[ground.inside].tolist()
    part = observed_part(context, purpose, communes)
    if part is None:
        return None
    parameters = context.parameters
    draws = int(parameters["living_areas.stability.draws"].on(day))
    weight = float(parameters[RECORDS[purpose]].on(day))
    rule = _rule(context, purpose, day)

    def made() -> pd.DataFrame:
        rows = reference_flows(context, part, purpose)
        rows = rows[rows["flow"].notna()]
        own = rows.index.intersection(pd.Index(ground.codes))
        flows = flows_between(
            rows.index.to_numpy(object),
            rows["destination"].to_numpy(object),
            rows["flow"].to_numpy(np.float64),
            zones=np.unique(own.to_numpy(object)),
        )
        return _delineated(context, flows, shapes, purpose, day, draws=draws, weight=weight)

    table = context.prepared(f"areas {part.object} {purpose} {rule} {draws} {weight}", made)
    source = f"{part.source} ({max(part.years or (0,))})"
    return _laid(
        context, ground, table, purpose, OBSERVED, source, (part.source,), draws, rule, day
    )


def _modelled(context: Context, ground: Ground, shapes: Shapes, day: dt.date) -> LivedAreas | None:
    care = care_of(context, shapes.points, day=day)
    if care is None:
        return None
    rule = _rule(context, "theoriques", day)

    def made() -> pd.DataFrame:
        rows = care_visits(care).to_table()
        city = pd.Series(care.commune, index=care.places.ids)
        flows = flows_between(rows["origin"].map(city), rows["destination"].map(city), rows["flow"])
        return _delineated(context, flows, shapes, "theoriques", day, draws=0, weight=1.0)

    table = context.prepared(f"areas théoriques {care.engine} {rule} {day.year}", made)
    return _laid(
        context, ground, table, "theoriques", MODELLED, care.engine, care.sources, 0, rule, day
    )


def _rule(context: Context, purpose: str, day: dt.date) -> dict[str, float]:
    rule = ttwa_rule if purpose == "travail" else service_area_rule
    return asdict(rule(context.parameters, day))


def _delineated(
    context: Context,
    flows: Flows,
    shapes: Shapes,
    purpose: str,
    day: dt.date,
    *,
    draws: int,
    weight: float,
) -> pd.DataFrame:
    """Return ``area, with_core`` by commune."""
    if purpose == "travail":
        areas = travel_to_work_areas(flows, ttwa_rule(context.parameters, day), log=False)
        stability = (
            area_stability(flows, areas, draws=draws, record_weight=weight) if draws else None
        )
        table = zone_table(areas, stability)
    else:
        people = context.geography.population.reindex(flows.zones).fillna(0.0).to_numpy(np.float64)
        count = int(context.parameters["living_areas.contiguity.neighbours"].on(day))
        near, _ = touching(flows.zones, shapes, count)
        served = service_areas(
            flows, people, service_area_rule(context.parameters, day), contiguity=near
        )
        stability = (
            area_stability(
                flows, served, draws=draws, record_weight=weight, people=people, contiguity=near
            )
            if draws
            else None
        )
        table = zone_table(served, stability)
    if "with_core" not in table:
        table["with_core"] = np.nan
    return table.set_index("zone")[["area", "with_core"]]


def _laid(
    context: Context,
    ground: Ground,
    table: pd.DataFrame,
    purpose: str,
    kind: str,
    source: str,
    cards: tuple[str, ...],
    draws: int,
    rule: Mapping[str, float],
    day: dt.date,
) -> LivedAreas:
    held = table.reindex(ground.codes)
    area = np.where(held["area"].isna(), None, held["area"].to_numpy(object))  # type: ignore[call-overload]
    firm = held["with_core"].to_numpy(np.float64)
    label = PURPOSES[purpose][0]
    met = zones_met(
        ground,
        area,
        grid=f"delimite-{purpose}",
        label=label,
        vintage=source,
        many=f"tous les {PURPOSES[purpose][1]}",
        names={zone: ground.names.get(zone, zone) for zone in pd.unique(area) if zone},
    )
    people = ground.population[ground.inside]
    total = float(people.sum())
    least = float(context.parameters["perimeters.firm_from"].on(day))
    own = set(ground.codes[ground.inside])
    away = np.array([zone is not None and zone not in own for zone in area[ground.inside]])
    sure = firm[ground.inside] >= least
    return LivedAreas(
        purpose=purpose,
        kind=kind,
        label=label,
        source=source,
        cards=cards,
        area=area,
        firm=firm,
        met=met,
        draws=draws,
        firm_from=least,
        firm_share=float(people[sure].sum()) / total if draws and total > 0 else None,
        turned_away=float(people[away].sum()) / total if total > 0 else 0.0,
        rule=rule,
    )


def touching(zones: NDArray, shapes: Shapes, count: int) -> tuple[Contiguity, int]:
    """Return which zones touch, and how many have no known place.

    By their contours when all are known, else by the ``count`` nearest points.
    """
    official = shapes.official
    drawn = None if official is None else official[official["code"].isin(zones)]
    if drawn is not None and len(drawn) == zones.size:
        pairs = contiguity_of_contours(drawn)
        found = Contiguity(
            pairs["code"].to_numpy(object), pairs["neighbour"].to_numpy(object), "contours"
        )
        return found, 0
    points = shapes.points.drop_duplicates("code").set_index("code").reindex(zones)
    held = points["lon"].notna()
    points = points[held].reset_index()
    first: list[NDArray] = []
    second: list[NDArray] = []
    epsg = zones_of(points["code"])
    for each in np.unique(epsg):
        here = points[epsg == each]
        x, y = projected(here["lon"].to_numpy(), here["lat"].to_numpy(), int(each))
        near = neighbours_from_points(here["code"].to_numpy(object), x, y, count=count)
        first.append(near.first)
        second.append(near.second)
    none = np.empty(0, dtype=object)
    made = Contiguity(
        np.concatenate([*first, none]),
        np.concatenate([*second, none]),
        f"{count} plus proches voisins",
    )
    return made, int((~held).sum())
