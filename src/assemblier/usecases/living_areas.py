"""Use case: living areas drawn from flows, told for a territory, compared, mapped."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from assemblier.errors import BadInput, MissingSource, Problem, UsageError
from assemblier.indicators.context import Context
from assemblier.lake.lake import Lake
from assemblier.language import number
from assemblier.parameters import load_parameters
from assemblier.perimeters.bench import GridMet, zones_met
from assemblier.perimeters.border import WHAT, observed_in_lake, reference_codes
from assemblier.perimeters.care import care_of, care_visits
from assemblier.perimeters.contiguity import Contiguity
from assemblier.perimeters.flows import Flows, flows_between
from assemblier.perimeters.grid_comparison import GridComparison, pair_grids
from assemblier.perimeters.lived_areas import PURPOSES, touching
from assemblier.perimeters.living_areas.delineation import (
    area_table,
    service_area_rule,
    ttwa_rule,
    zone_table,
)
from assemblier.perimeters.living_areas.partition_files import (
    read_flows,
    read_partition,
    read_people,
)
from assemblier.perimeters.living_areas.partitions import localisation
from assemblier.perimeters.living_areas.service_areas import ServiceAreas, service_areas
from assemblier.perimeters.living_areas.stability import Stability, area_stability
from assemblier.perimeters.living_areas.ttwa import TravelToWorkAreas, travel_to_work_areas
from assemblier.perimeters.study import ground_of
from assemblier.progress import Work
from assemblier.territory.shapes import Shapes
from assemblier.territory.territory import Territory
from assemblier.usecases.territories import territory_of
from assemblier.whole_files import written_in_one_step, written_under_its_name

__all__ = ["METHODS", "LivingAreas", "draw_living_areas"]

METHODS = ("ttwa", "pcsa")
RECORDS = {
    "ttwa": "living_areas.stability.record_weight",
    "pcsa": "living_areas.stability.acts_per_patient",
}
"""Method → for how many people or acts one record stands, unless told."""
FROM_LAKE = "lac:"
MODELLED = "theoriques"
LAYERED = "GPKG"
CONTOUR_TOLERANCE = 150.0
"""Simplification of the contours of areas, in metres."""
GEOGRAPHIC = {".gpkg": "GPKG", ".geojson": "GeoJSON"}


@dataclass(frozen=True, slots=True)
class LivingAreas:
    """Living areas drawn from flows.

    Attributes
    ----------
    areas
        The areas and what each reaches.
    names
        Zone → name, where the lake knows it.
    territory, met
        The territory of study and how it falls into the areas; None when none was asked.
    localisation
        Share of all flows of residents that stay in their area.
    stability
        None when no draw was asked.
    compared
        Against another partition of the same zones, with the localisation of that one.
    written
        Files.
    remarks
        What a reader must know: flows hidden, residents of part of the country, contours missing.
    """

    areas: TravelToWorkAreas | ServiceAreas
    names: Mapping[str, str]
    territory: str | None
    met: GridMet | None
    source: str
    modelled: bool
    localisation: float
    stability: Stability | None
    compared: GridComparison | None
    compared_localisation: float | None
    written: tuple[Path, ...]
    remarks: tuple[str, ...]

    def table(self) -> pd.DataFrame:
        """Tell the areas one a row, see :func:`area_table` of the living areas."""
        made = area_table(self.areas)
        made.insert(1, "name", [self.names.get(code, code) for code in made["area"]])
        if isinstance(self.areas, TravelToWorkAreas):
            made["self_containment"] = self.areas.self_containment
        else:
            made["self_containment"] = self.areas.localisation
        if self.stability is not None:
            made["stability"] = self.stability.area_together
        return made


def draw_living_areas(
    *,
    flows: str,
    method: str,
    out: Path | None = None,
    lake: Path | None = None,
    workspace: Path | str = "assemblier.sqlite",
    territory: str | None = None,
    cog: int | None = None,
    thresholds: Mapping[str, float] | None = None,
    population: Path | None = None,
    zones: str = "origins",
    bootstrap: int = 0,
    record_weight: float | None = None,
    seed: int = 0,
    compare: str | None = None,
    contours: Path | None = None,
    work: Work | None = None,
) -> LivingAreas:
    """Draw living areas from flows.

    Parameters
    ----------
    flows
        A CSV ``origin, destination, flow`` (or Insee's own columns), or ``lac:travail``,
        ``lac:soins``, ``lac:etude``, ``lac:theoriques`` for those of the lake.
    method
        ``ttwa`` (travel-to-work areas) or ``pcsa`` (primary-care service areas).
    out
        CSV written: one row per zone.
    lake
        For names, inhabitants, neighbours and contours; not needed for ``ttwa`` on a file.
    workspace, territory
        A territory for which the areas are told: a name of the workspace, a CSV of communes, a
        zone; it asks for a lake.
    cog
        Year of the codes of a file of flows, brought to the reference communes of the lake (as
        they are without it), and of a territory given as a file.
    thresholds
        Fields of the rule that replace the dated parameters.
    population
        CSV ``zone, population``; the lake's without it.
    zones
        ``origins``: places with residents in the file are studied; ``all``: every place met.
    bootstrap
        Number of draws of the stability, 0 for none.
    record_weight
        People for whom one record stands; the parameter by default.
    compare
        A grid of the lake (``bv2022``…) or a CSV ``zone, area[, name]``.
    contours
        GeoPackage or GeoJSON written with the contours of the areas; a GeoPackage also holds the
        zones, with their stability and whether they change area against ``compare``.
    """
    work = work or Work()
    given = [Path(each) for each in (flows, compare, territory, population) if each is not None]
    for written_to in (out, contours):
        if written_to is not None and any(_same(written_to, each) for each in given):
            raise UsageError(f"{written_to} est un fichier donné : il ne sera pas écrasé.")
    if method not in METHODS:
        raise UsageError(f"Méthode inconnue : {method}. Valeurs admises : {', '.join(METHODS)}.")
    if contours is not None and contours.suffix.lower() not in GEOGRAPHIC:
        raise UsageError(f"Contours : extension attendue parmi {', '.join(GEOGRAPHIC)}.")
    context = None if lake is None else Context.of(Lake.open(lake))
    shapes = None if context is None else Shapes(context.geography, context.parameters)
    remarks: list[str] = []
    work.step(0.0, "flux")
    chosen = None
    if territory is not None:
        if context is None:
            raise UsageError("Un territoire (--territory) demande un lac (--lake).")
        chosen = territory_of(
            what=territory, geography=context.geography, workspace=workspace, cog=cog
        )
    rows, source, modelled = _flow_rows(flows, context, shapes, chosen, remarks)
    if cog is not None and not flows.startswith(FROM_LAKE):
        if context is None:
            raise UsageError("Convertir les codes (--cog) demande un lac (--lake).")
        for end in ("origin", "destination"):
            rows[end] = reference_codes(context, rows[end], cog)
    elif context is not None:
        lost = pd.Index(rows["origin"].unique()).difference(context.geography.membership.index)
        if lost.size:
            remarks.append(
                f"{lost.size} zones ne sont pas des communes de {context.geography.cog} : elles "
                "n’ont ni nom ni contour ; donnez l’année de leurs codes avec --cog."
            )
    studied = None if zones == "all" else np.unique(rows["origin"].to_numpy(object))
    held = flows_between(rows["origin"], rows["destination"], rows["flow"], zones=studied)
    if studied is not None:
        away = float(held.outflow.sum() - held.within.sum() - held.sent.sum())
        if (goals := pd.Index(rows["destination"].unique()).difference(pd.Index(studied))).size:
            remarks.append(
                f"{number(goals.size)} lieux de destination n’ont aucun résident dans le fichier "
                f"({number(away)} sur {number(held.outflow.sum())} y vont) : ce qui en vient "
                "manque, l’autonomie du côté des arrivées est surestimée au bord."
            )
    work.step(0.2, "bassins")
    areas, people, near = _areas(
        method, held, thresholds or {}, population, context, shapes, remarks
    )
    stability = None
    if bootstrap:
        work.step(0.4, "stabilité")
        weight = record_weight or float(load_parameters()[RECORDS[method]].latest)
        stability = area_stability(
            held, areas, draws=bootstrap, seed=seed, record_weight=weight, people=people,
            contiguity=near,
        )  # fmt: skip
    names = {} if context is None else dict(context.geography.names)
    called, met = None, None
    if chosen is not None and context is not None and shapes is not None:
        called, met = chosen.name, _met(chosen, areas, method, context, shapes)
    compared = other = None
    if compare is not None:
        compared, other = _compared(compare, held, areas, names, context, population)
    written: list[Path] = []
    table = zone_table(areas, stability)
    if compared is not None:
        table["changes"] = table["zone"].isin(compared.changed)
    if out is not None:
        _write_zones(table, names, out)
        written.append(out)
    if contours is not None:
        _write_contours(areas, table, names, shapes, contours, stability, remarks)
        written.append(contours)
    work.step(1.0, "terminé")
    return LivingAreas(
        areas=areas,
        names={code: names[code] for code in held.zones if code in names},
        territory=called,
        met=met,
        source=source,
        modelled=modelled,
        localisation=localisation(held, areas.label).whole,
        stability=stability,
        compared=compared,
        compared_localisation=other,
        written=tuple(written),
        remarks=tuple(remarks),
    )


def _same(one: Path, other: Path) -> bool:
    return one.exists() and other.exists() and one.samefile(other)


def _met(
    chosen: Territory,
    areas: TravelToWorkAreas | ServiceAreas,
    method: str,
    context: Context,
    shapes: Shapes,
) -> GridMet:
    """Say how a territory falls into the areas."""
    km2 = shapes.points.drop_duplicates("code").set_index("code")["area_km2"]
    ground = ground_of(context, chosen.communes, km2).ground
    area = zone_table(areas).set_index("zone")["area"].reindex(ground.codes)
    label = PURPOSES["travail" if method == "ttwa" else "soins"][0]
    return zones_met(
        ground,
        np.where(area.isna(), None, area.to_numpy(object)),  # type: ignore[call-overload]
        grid=method,
        label=label,
        vintage=f"communes de {context.geography.cog}",
        names=ground.names,
    )


def _flow_rows(
    flows: str,
    context: Context | None,
    shapes: Shapes | None,
    territory: Territory | None,
    remarks: list[str],
) -> tuple[pd.DataFrame, str, bool]:
    if not flows.startswith(FROM_LAKE):
        read = read_flows(Path(flows))
        if read.hidden:
            remarks.append(f"{read.hidden} lignes sans flux (masqué) n’entrent dans aucune somme.")
        table = {"origin": read.origin, "destination": read.destination, "flow": read.flow}
        return pd.DataFrame(table), Path(flows).name, False
    if context is None or shapes is None:
        raise UsageError(f"Les flux « {flows} » demandent un lac (--lake).")
    what = flows.removeprefix(FROM_LAKE)
    if what == MODELLED:
        care = care_of(context, shapes.points)
        if care is None:
            raise MissingSource("Le lac n’a pas d’effectifs de médecins : aucun flux modélisé.")
        visits = care_visits(care)
        remarks.append(
            "Flux théoriques : ils redisent la distance et ne montrent aucun espace vécu."
        )
        return visits.to_table(), visits.source, True
    if what not in WHAT:
        allowed = ", ".join(f"{FROM_LAKE}{each}" for each in (*WHAT, MODELLED))
        raise UsageError(f"Flux inconnus : {flows}. Valeurs admises : {allowed}.")
    # of several files, the one that tells most about the residents of the territory
    observed = observed_in_lake(context, what, None if territory is None else territory.communes)
    if observed is None:
        whose = "" if territory is None else f" dont partent des habitants de {territory.name}"
        raise MissingSource(f"Le lac n’a pas de flux de motif « {what} »{whose}.")
    if observed.masked is not None and observed.masked[0].size:
        remarks.append(f"{observed.masked[0].size} flux masqués par le producteur.")
    return observed.to_table(), observed.source, False


def _areas(
    method: str,
    flows: Flows,
    thresholds: Mapping[str, float],
    population: Path | None,
    context: Context | None,
    shapes: Shapes | None,
    remarks: list[str],
) -> tuple[TravelToWorkAreas | ServiceAreas, NDArray | None, Contiguity | None]:
    today = dt.date.today()  # noqa: DTZ011 — thresholds of the day
    parameters = load_parameters()
    if method == "ttwa":
        rule = ttwa_rule(parameters, today)
        _known(thresholds, [field.name for field in fields(rule)])
        return travel_to_work_areas(flows, replace(rule, **thresholds), log=False), None, None
    care_rule = service_area_rule(parameters, today)
    _known(thresholds, [field.name for field in fields(care_rule)])
    people = _people(flows.zones, population, context)
    near = None
    if shapes is not None:
        count = int(parameters["living_areas.contiguity.neighbours"].latest)
        near, lost = touching(flows.zones, shapes, count)
        if lost:
            remarks.append(f"{lost} zones sans point connu n’ont aucune voisine.")
    else:
        remarks.append("Sans lac, la contiguïté n’est pas tenue : un bassin peut être en morceaux.")
    made = service_areas(flows, people, replace(care_rule, **thresholds), contiguity=near)
    return made, people, near


def _known(thresholds: Mapping[str, float], allowed: Sequence[str]) -> None:
    foreign = [name for name in thresholds if name not in allowed]
    if foreign:
        raise UsageError(
            f"Seuils qui ne valent pas pour cette méthode : {', '.join(foreign)}. "
            f"Valeurs admises : {', '.join(allowed)}."
        )


def _people(zones: NDArray, population: Path | None, context: Context | None) -> NDArray:
    if population is not None:
        series = read_people(population)
    elif context is not None:
        series = context.geography.population
    else:
        raise UsageError("La méthode pcsa demande des habitants : --population ou --lake.")
    return series.reindex(zones).to_numpy(np.float64)


def _compared(
    compare: str,
    flows: Flows,
    areas: TravelToWorkAreas | ServiceAreas,
    names: Mapping[str, str],
    context: Context | None,
    population: Path | None,
) -> tuple[GridComparison, float]:
    zones = flows.zones
    if context is not None and compare in context.geography.membership:
        other = context.geography.membership[compare].reindex(zones)
        labels = {code: context.geography.zone_name(compare, code) for code in other.dropna()}
    elif Path(compare).suffix.lower() == ".csv":
        area, labels = read_partition(Path(compare))
        other = pd.Series(area, dtype=object).reindex(zones)
        compare = Path(compare).stem
    else:
        raise BadInput(
            Problem(
                "partition à comparer inconnue",
                value=compare,
                allowed="une grille du lac (bv2022, epci…) ou un CSV zone,area",
            )
        )
    second = np.where(other.isna(), None, other.to_numpy(object))  # type: ignore[call-overload]
    own = zone_table(areas)["area"].to_numpy(object)
    weight = flows.outflow
    if population is not None or context is not None:
        found = _people(zones, population, context)
        weight = found if np.isfinite(found).all() else flows.outflow
    made = pair_grids(
        zones, weight, "bassins délimités", own, names, compare, second, labels
    ).within()
    labelled = pd.factorize(second)[0].astype(np.int64)
    return made, localisation(flows, labelled).whole


def _write_zones(table: pd.DataFrame, names: Mapping[str, str], out: Path) -> None:
    table = table.copy()
    table.insert(1, "name", [names.get(code, "") for code in table["zone"]])
    table.insert(3, "area_name", [names.get(code, "") for code in table["area"].fillna("")])
    with written_in_one_step(out) as beside:
        table.to_csv(beside, index=False)


def _write_contours(
    areas: TravelToWorkAreas | ServiceAreas,
    zone_rows: pd.DataFrame,
    names: Mapping[str, str],
    shapes: Shapes | None,
    path: Path,
    stability: Stability | None,
    remarks: list[str],
) -> None:
    if shapes is None:
        raise UsageError("Les contours demandent un lac (--lake).")
    zones = zone_table(areas).dropna()
    area_of = dict(zip(zones["zone"], zones["area"], strict=True))
    drawn = shapes.draw_zones(area_of, CONTOUR_TOLERANCE)
    lost = sorted(set(area_of) - set(shapes.points["code"]))
    if lost:
        remarks.append(f"{len(lost)} zones sans contour ni point ne sont pas dessinées.")
    table = area_table(areas)
    table.insert(1, "name", [names.get(code, code) for code in table["area"]])
    if stability is not None:
        table["stability"] = stability.area_together
    table["approximate"] = [code in drawn.approximate for code in table["area"]]
    frame = gpd.GeoDataFrame(
        table, geometry=[drawn.shapes.get(code) for code in table["area"]], crs=4326
    )
    driver = GEOGRAPHIC[path.suffix.lower()]
    with written_under_its_name(path) as made:
        if driver != LAYERED:
            frame.to_file(made, driver=driver)
            return
        frame.to_file(made, driver=driver, layer="bassins")
        # zone by zone: how firm, and whether another partition puts it elsewhere
        ground = shapes.communes(list(area_of))[["code", "geometry"]]
        ground = ground.rename(columns={"code": "zone"})
        ground.insert(1, "name", [names.get(code, code) for code in ground["zone"]])
        ground.merge(zone_rows, on="zone").to_file(made, driver=driver, layer="zones")
