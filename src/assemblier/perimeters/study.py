"""The study of a perimeter from end to end: bench, values, neighbours, ledger, coverage.

Pure functions of this room do the work; this module reads the lake and puts them together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from assemblier.indicators.aggregate import Coverage
from assemblier.indicators.context import Context
from assemblier.indicators.registry import INDICATORS
from assemblier.indicators.units import Units, align
from assemblier.language import enumeration
from assemblier.perimeters.bench import (
    GridMet,
    Ground,
    Perimeter,
    perimeters_of,
    supposed,
    zones_met,
)
from assemblier.perimeters.border import BorderStudy, short_name, study_border
from assemblier.perimeters.competences import Competences, Parting, partings
from assemblier.perimeters.coverage import CoverageStudy, StructureFit, cover, fit_structures
from assemblier.perimeters.grid_comparison import GridComparison, PairedGrids, pair_grids
from assemblier.perimeters.grids import (
    LISTED,
    OTHER_LABELS,
    Grid,
    grids_of,
    listed_by_arrondissement,
    structures_of,
)
from assemblier.perimeters.lived_areas import LivedAreas, lived_areas
from assemblier.perimeters.values_under import (
    Change,
    IndicatorBench,
    influence,
    latest_components,
    values_under,
)
from assemblier.perimeters.visits import OBSERVED
from assemblier.progress import Work
from assemblier.territory.contiguity import contiguity_of_contours, contiguity_of_points
from assemblier.territory.shapes import Shapes
from assemblier.territory.territory import Territory

__all__ = ["PerimeterStudy", "Weighed", "ground_of", "neighbours_of", "study_perimeters"]

BASINS = ("bv2012", "bv2022")
NEAR_DEGREES = 0.6
"""How far around a territory its neighbours are looked for, in degrees: some 50 km."""


@dataclass(frozen=True, slots=True)
class PerimeterStudy:
    """All that is known of a perimeter.

    Attributes
    ----------
    grids
        Every grid met.
    perimeters
        The territory, then what each grid would make of it.
    indicators
        Indicators under each perimeter.
    basins, basins_france
        Bassins de vie 2012 against 2022 on the ground of the territory and everywhere; None
        when the lake lacks one.
    border
        Ledgers of visits and flows, supply beyond the limit.
    lived
        Areas delineated from flows: observed ones, else those of the model alone.
    coverage, structures
        By kind (``cpts``, ``cls``): who is covered, and how each structure fits living areas.
    by_arrondissement
        Kinds of structures that list a city of the territory by arrondissement: which part they
        cover is not told by communes, so nothing is said of their coverage.
    cpts_sizes
        Bounds of the size classes of CPTS, in inhabitants.
    competences, partings
        The matrix of competences when it was given, and where perimeters of health and of social
        work part.
    """

    territory: str
    slug: str
    cog: int
    population: float
    population_year: int
    gps: float | None
    gps_year: str
    gps_source: str
    grids: tuple[GridMet, ...]
    perimeters: tuple[Perimeter, ...]
    indicators: tuple[IndicatorBench, ...]
    basins: GridComparison | None
    basins_france: GridComparison | None
    border: BorderStudy | None
    lived: tuple[LivedAreas, ...]
    coverage: Mapping[str, CoverageStudy]
    by_arrondissement: tuple[str, ...]
    cpts_sizes: tuple[float, ...]
    structures: Mapping[str, tuple[StructureFit, ...]]
    competences: Competences | None
    partings: tuple[Parting, ...]
    remarks: tuple[str, ...]
    warnings: tuple[str, ...]
    parameters: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Weighed:
    """The ground, and the years and source of what it is weighed with."""

    ground: Ground
    population_year: int
    gps_year: str
    gps_source: str


def ground_of(context: Context, communes: Sequence[str], areas: pd.Series) -> Weighed:
    """Weigh the communes of the country by their newest population and doctors.

    Parameters
    ----------
    communes
        Communes of the territory.
    areas
        km² by commune.
    """
    geography = context.geography
    membership = geography.membership
    whole = membership["arm"].isna()
    codes = membership.index[whole].to_numpy(object)
    gps = np.full(codes.size, np.nan)
    year = source = ""
    for name in ("mg_liberaux", "mg"):
        for components in INDICATORS[name].build(context):
            if components.year > year:
                aligned = align(components, Units.of(membership, geography.population))
                gps = aligned.numerator[whole.to_numpy(bool)]
                year, source = components.year, components.vintage
    population = geography.population.reindex(codes).to_numpy(np.float64)
    people_year = geography.population_year
    for components in INDICATORS["population"].build(context):
        if int(components.year) > people_year:
            newest = components.frame["numerator"].reindex(codes).to_numpy(np.float64)
            # a commune without a value of its own is counted in the one it joined; a département
            # without any is one that the source leaves out
            home = membership.loc[codes, "departement"]
            told = home.isin(set(home[~np.isnan(newest)])).to_numpy(bool)
            # a territory that joined others whole keeps the last population of its own
            within = pd.Index(codes).isin(list(communes))
            told = told & ~(within & np.isnan(newest[within]).all())
            population = np.where(told, newest, population)
            people_year = int(components.year)
    ground = Ground(
        codes=codes,
        inside=pd.Index(codes).isin(list(communes)),
        population=np.nan_to_num(population),
        area=areas.reindex(codes).to_numpy(np.float64),
        gps=gps,
        names=geography.names,
    )
    return Weighed(ground, people_year, year, source)


def neighbours_of(shapes: Shapes, communes: Sequence[str], cap_km: float) -> tuple[str, ...]:
    """Return the communes that touch a territory: by contours if all are known, else by points."""
    own = set(communes)
    points = shapes.points
    here = points[points["code"].isin(own)]
    if here.empty:
        return ()
    near = points[
        points["lon"].between(here["lon"].min() - NEAR_DEGREES, here["lon"].max() + NEAR_DEGREES)
        & points["lat"].between(here["lat"].min() - NEAR_DEGREES, here["lat"].max() + NEAR_DEGREES)
    ]
    known = shapes.geography.membership
    near = near[near["code"].isin(known.index[known["arm"].isna()])]
    official = shapes.official
    drawn = None if official is None else official[official["code"].isin(near["code"])]
    if drawn is not None and len(drawn) == near["code"].nunique():
        pairs = contiguity_of_contours(drawn)
    else:
        pairs = contiguity_of_points(near.reset_index(drop=True), cap_km=cap_km)
    one, other = pairs["code"].isin(own), pairs["neighbour"].isin(own)
    found = set(pairs.loc[other & ~one, "code"]) | set(pairs.loc[one & ~other, "neighbour"])
    return tuple(sorted(found))


def study_perimeters(
    context: Context,
    territory: Territory,
    *,
    shapes: Shapes | None = None,
    grids: Sequence[Grid] = (),
    with_border: bool = True,
    competences: Competences | None = None,
    variant: tuple[str, frozenset[str]] | None = None,
    work: Work | None = None,
) -> PerimeterStudy:
    """Study the perimeter of a territory.

    Parameters
    ----------
    shapes
        Points and contours of the reference communes, made when not given.
    grids
        The user's own grids, beside those of the lake; laid on the communes without
        arrondissements, in the order of ``Geography.membership``.
    with_border
        Whether the ledgers are computed (a national model of visits).
    variant
        What the territory would be with or without some zones: how it is told, its communes.

    Raises
    ------
    BadInput
        The variant is the same territory, or empty.
    """
    work = work or Work()
    shapes = shapes or context.once(Shapes, lambda: Shapes(context.geography, context.parameters))
    work.step(0.0, "grilles rencontrées")
    areas = shapes.points.drop_duplicates("code").set_index("code")["area_km2"]
    weighed = ground_of(context, territory.communes, areas)
    ground = weighed.ground
    cities = {kind: listed_by_arrondissement(context, territory.communes, kind) for kind in LISTED}
    parted = tuple(kind for kind, found in cities.items() if found)
    known_grids = (
        *(grid for grid in grids_of(context, ground.codes) if grid.id not in parted),
        *grids,
    )
    every = [each for each in known_grids if not pd.isna(each.labels[ground.inside]).all()]
    met = tuple(
        zones_met(
            ground,
            grid.labels,
            grid=grid.id,
            label=grid.label,
            vintage=grid.vintage,
            names=grid.names,
            many=grid.many,
            lists=grid.lists,
        )
        for grid in every
    )
    work.step(0.1, "bassins délimités")
    lived = lived_areas(context, ground, shapes)
    # a grid that leaves many people out (urban units) cannot draw the territory again
    least = float(context.parameters["zones.coverage.estimated_below"].latest)
    perimeters = perimeters_of(
        ground,
        [
            *(
                (one, grid.labels)
                for one, grid in zip(met, every, strict=True)
                if grid.id != "commune" and _covers(one, least)
            ),
            *(
                (each.met, each.area)
                for each in lived
                if each.kind == OBSERVED and _covers(each.met, least)
            ),
        ],
        name=territory.name,
        covers={grid.id: grid.lists for grid in every if grid.lists is not None},
    )
    if variant is not None:
        perimeters = (*perimeters, supposed(ground, *variant))
    work.step(0.2, "indicateurs sous chaque périmètre")
    indicators = _indicators(context, territory, shapes, perimeters)
    by_id = {grid.id: grid for grid in every}
    work.step(0.5, "bassins de 2012 et de 2022")
    local = national = None
    if all(each in by_id for each in BASINS):
        basins = _basins(ground, by_id)
        national = basins.within()
        # where nobody lives there is nobody to change of basin
        if ground.population[ground.inside & (basins.changes >= 0)].any():
            local = basins.within(ground.inside)
    work.step(0.6, "bilan aux limites")
    border = study_border(context, territory, shapes) if with_border else None
    work.step(0.9, "maillage")
    coverage, fits = _coverage(context, ground, by_id, parted)
    remarks = [remark for grid in known_grids for remark in grid.remarks]
    remarks += [
        f"La grille « {grid.label} » n’a aucune commune du territoire."
        for grid in grids
        if pd.isna(grid.labels[ground.inside]).all()
    ]
    for kind in parted:
        named = enumeration([ground.names.get(code, code) for code in cities[kind]])
        remarks.append(
            f"Les {OTHER_LABELS[kind][1]} listent {named} par arrondissement : leur maillage, "
            "compté par commune, n’est pas dit."
        )
    lost = int(np.isnan(ground.gps[ground.inside]).sum())
    if lost and weighed.gps_year:
        remarks.append(f"{lost} communes du territoire n’ont pas d’effectif de généralistes connu.")
    known = ~np.isnan(ground.gps[ground.inside])
    names = [name for name in context.parameters if name.startswith(("perimeters.", "coverage."))]
    return PerimeterStudy(
        territory=territory.name,
        slug=territory.slug,
        cog=territory.cog,
        population=float(ground.population[ground.inside].sum()),
        population_year=weighed.population_year,
        gps=float(np.nansum(ground.gps[ground.inside])) if known.any() else None,
        gps_year=weighed.gps_year,
        gps_source=weighed.gps_source,
        grids=met,
        perimeters=perimeters,
        indicators=indicators,
        basins=local,
        basins_france=national,
        border=border,
        lived=lived,
        coverage=coverage,
        by_arrondissement=parted,
        cpts_sizes=tuple(context.parameters["coverage.cpts_sizes"].latest),
        structures=fits,
        competences=competences,
        partings=()
        if competences is None
        else partings(competences, ground, context.geography.membership),
        remarks=tuple(remarks),
        warnings=territory.warnings,
        parameters={name: str(context.parameters[name].latest) for name in names},
    )


def _covers(met: GridMet, least: float) -> bool:
    return sum(zone.population_share or 0.0 for zone in met.zones if zone.code) >= least


def _indicators(
    context: Context, territory: Territory, shapes: Shapes, perimeters: Sequence[Perimeter]
) -> tuple[IndicatorBench, ...]:
    geography, parameters = context.geography, context.parameters
    membership = geography.membership
    units = Units.of(membership, geography.population)
    inside = membership["commune"].isin(territory.communes).to_numpy(bool)
    chosen = [
        INDICATORS[name]
        for name in parameters["perimeters.core_indicators"].latest
        if name in INDICATORS
    ]
    prepared = latest_components(context, chosen, units, inside)
    groups = _groups(context, territory, shapes, membership)
    most = int(parameters["perimeters.influence_shown"].latest)
    comparable = float(parameters["perimeters.comparable_overlap"].latest)
    changes: dict[str, tuple[Change, ...]] = {
        one.indicator.id: influence(
            one, inside, groups, people=units.people, comparable_from=comparable, most=most
        )
        for one in prepared
    }
    return values_under(
        prepared,
        perimeters,
        membership,
        geography.population,
        coverage=Coverage(
            parameters["zones.coverage.estimated_below"].latest,
            parameters["zones.coverage.absent_below"].latest,
        ),
        level=parameters["zones.interval.level"].latest,
        comparable_from=comparable,
        changes=changes,
    )


def _groups(
    context: Context, territory: Territory, shapes: Shapes, membership: pd.DataFrame
) -> dict[str, dict[str, tuple[str, NDArray[np.bool_]]]]:
    """Name what may be added or taken away: communes at the limit or inside, and their EPCI."""
    near = neighbours_of(
        shapes,
        territory.communes,
        float(context.parameters["perimeters.neighbour_cap"].latest),
    )
    place, codes = pd.factorize(membership["commune"].to_numpy(object))
    candidates = (*territory.communes, *near)
    names = context.geography.names
    at = pd.Index(codes).get_indexer(list(candidates))
    groups = {
        "commune": {
            code: (names.get(code, code), (place == here) & (here >= 0))
            for code, here in zip(candidates, at, strict=True)
        }
    }
    if "epci" in membership:
        zones = membership.loc[list(candidates), "epci"].dropna().unique()
        label = membership["epci"].to_numpy(object)
        groups["epci"] = {
            str(zone): (short_name(context.geography.zone_name("epci", str(zone))), label == zone)
            for zone in sorted(zones)
        }
    return groups


def _basins(ground: Ground, by_id: Mapping[str, Grid]) -> PairedGrids:
    one, other = by_id[BASINS[0]], by_id[BASINS[1]]
    return pair_grids(
        ground.codes,
        ground.population,
        one.id,
        one.labels,
        one.names,
        other.id,
        other.labels,
        other.names,
    )


def _coverage(
    context: Context, ground: Ground, by_id: Mapping[str, Grid], left_out: Sequence[str]
) -> tuple[dict[str, CoverageStudy], dict[str, tuple[StructureFit, ...]]]:
    studies: dict[str, CoverageStudy] = {}
    fits: dict[str, tuple[StructureFit, ...]] = {}
    parameters = context.parameters
    basin = by_id.get("bv2022") or by_id.get("bv2012")
    for kind in LISTED:
        structures = structures_of(context, kind)
        if not structures or kind in left_out:
            continue
        studies[kind] = cover(ground, {each.id: each.communes for each in structures})
        if basin is None:
            continue
        met = [each for each in structures if set(each.communes) & set(ground.codes[ground.inside])]
        fits[kind] = fit_structures(
            ground,
            {each.id: each.communes for each in met},
            {each.id: each.name for each in met},
            basin.labels,
            basin.names,
            sizes=parameters["coverage.cpts_sizes"].latest if kind == "cpts" else (),
            signs=parameters["coverage.critical_size"].latest,
        )
    return studies, fits
