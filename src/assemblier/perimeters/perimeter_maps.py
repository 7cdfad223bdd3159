"""Maps of a perimeter: areas drawn from flows, published areas, and the communes that it cuts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from assemblier.blocks import Figure, MapBlock, MapClass, SourceNote
from assemblier.french import de
from assemblier.indicators.told import TerritoryStory, Told
from assemblier.language import number, plural
from assemblier.perimeters.bench import JOINED, GridMet
from assemblier.perimeters.coverage import CoverageStudy
from assemblier.perimeters.lived_areas import LivedAreas
from assemblier.perimeters.visits import OBSERVED
from assemblier.territory.geography import GRID_LABELS
from assemblier.territory.shapes import Shapes

__all__ = ["areas_map", "cover_map", "cut_map", "lived_map"]

QUALITATIVE = (
    "#7fb3d5", "#f5b971", "#9bc995", "#d98f8f", "#b9a5d6", "#e8d16b",
    "#8fcfc6", "#d7a77a", "#a9b7c6", "#c9d98a", "#e3a6c8", "#7f9fd0",
)  # fmt: skip
"""Soft colours told apart by colour-blind eyes when neighbours differ; the legend names each."""
OTHERS, BEYOND, UNTOLD = "#c8c8c8", "#f3f3f0", "#ffffff"
CUT = ("#f3f3f0", "#f2c27d", "#c0504d", "#7fafcf")
GRID = "commune"
TELLING = 2
"""Areas, or communes of the territory, under which a map tells nothing."""
CITY_MARGIN, CITY_TOLERANCE = 4.0, 300.0
"""Around one city, in shares of its width; simplification of contours in metres."""


@dataclass(frozen=True, slots=True)
class _Ground:
    """What a map shows: communes of the window, and those of the territory."""

    window: tuple[str, ...]
    inside: frozenset[str]
    approximate: bool


def _ground(story: TerritoryStory) -> _Ground:
    """Return the ground of the maps: communes, even where others tell a city by its parts."""
    if story.detail == GRID:
        window, inside = story.window, story.inside
    else:
        context = story.context
        shapes = context.once(Shapes, lambda: Shapes(context.geography, context.parameters))
        inside = frozenset(story.territory.communes)
        window = shapes.around(inside, CITY_MARGIN)
        if GRID not in story.shapes:
            drawn = shapes.draw(window, CITY_TOLERANCE)
            story.shapes[GRID] = drawn.shapes
            story.approximate[GRID] = drawn.approximate
    approximate = bool(story.approximate.get(GRID, frozenset()) & window)
    return _Ground(tuple(sorted(window)), inside, approximate)


def lived_map(
    story: TerritoryStory, traced: Told, lived: LivedAreas, note: SourceNote
) -> MapBlock | None:
    """Map areas drawn from flows, hatched where they are not firm, with the limit over them."""
    ground = _ground(story)
    codes = story.context.geography.membership
    at = {code: place for place, code in enumerate(codes.index[codes["arm"].isna()])}
    area_of = {code: lived.area[at[code]] for code in ground.window if code in at}
    if len({zone for zone in area_of.values() if zone}) < TELLING:
        return None
    observed = lived.kind == OBSERVED
    topic = lived.purpose if observed else "care"
    nothing = "hors du fichier de flux" if observed else "sans généraliste à portée dans le modèle"
    near = [zone.code for zone in lived.met.zones if zone.code is not None]
    # the legend reads from the last class to the first: what is named comes before the rest
    place = {code: n + 3 for n, code in enumerate(reversed(near[: len(QUALITATIVE)]))}
    untold, other, rest = 0, 1, 2
    class_of, texts, status_of = {}, {}, {}
    for code in ground.window:
        zone = area_of.get(code)
        firm = float(lived.firm[at[code]]) if code in at else np.nan
        fragile = zone is not None and lived.draws > 0 and firm < lived.firm_from
        status_of[code] = "estimated" if fragile else "ok"
        class_of[code] = (
            untold if zone is None else place.get(zone, rest if zone in near else other)
        )
        name = nothing if zone is None else story.figures.name(GRID, str(zone))
        texts[code] = traced.of(
            f"carte|{lived.met.grid}|{code}",
            None if np.isnan(firm) else firm,
            f"autour {de(name)}" if zone else name,
            label=f"{lived.label} de la commune",
            method=f"Délimité sur les flux {lived.kind} ; la valeur est la part des tirages où la "
            "commune reste avec le centre de son bassin.",
            topics=(topic,),
            status="ok" if observed else "estimated",
            zone=story.figures.name(GRID, code),
            parameters={name: f"{value:g}" for name, value in lived.rule.items()},
        )
    labels = [nothing, f"autre {lived.label}, hors du territoire", "autres bassins rencontrés"]
    labels += [story.figures.name(GRID, code) for code in reversed(near[: len(QUALITATIVE)])]
    colours = [UNTOLD, BEYOND, OTHERS, *reversed(QUALITATIVE[: len(place)])]
    title = {
        "soins": "Où l’on se soigne : les bassins que dessinent les recours observés",
        "travail": "Où l’on vit et travaille : les bassins que dessinent les navettes observées",
        "theoriques": "Bassins théoriques de recours : ce que dessinerait la seule distance",
    }[lived.purpose]
    said = f"{len(near)} {plural(len(near), 'bassin rencontré', 'bassins rencontrés')}."
    if lived.draws:
        said += " Les communes hachurées hésitent entre deux bassins."
    return _map(
        story,
        ground,
        f"carte-{lived.met.grid}",
        title,
        f"{lived.label}, autour de",
        class_of,
        texts,
        labels,
        colours,
        note,
        said,
        status_of=status_of,
        poles=[code for code in near if code in area_of],
        areas={code: str(zone) for code, zone in area_of.items() if zone is not None},
        hatched="dont commune hésitante" if lived.draws else "",
    )


def areas_map(
    story: TerritoryStory,
    traced: Told,
    met: GridMet,
    zone_of: pd.Series,
    note: SourceNote,
) -> MapBlock | None:
    """Map the zones of a grid that the territory meets, one colour each, and its limit.

    Parameters
    ----------
    zone_of
        Zone of each commune.
    """
    ground = _ground(story)
    listed = [zone for zone in met.zones if zone.code is not None]
    shown = listed[: len(QUALITATIVE)]
    # the legend reads from the last class to the first: what is named comes before the rest
    place = {zone.code: at + 2 for at, zone in enumerate(reversed(shown))}
    rest = {zone.code for zone in listed[len(QUALITATIVE) :]}
    if zone_of.reindex(list(ground.window)).nunique() < TELLING:
        return None
    class_of, texts = {}, {}
    for commune in ground.window:
        code = zone_of.get(commune)
        known = code is not None and not pd.isna(code)
        if known and code in rest:
            class_of[commune] = 1
        else:
            class_of[commune] = place.get(code, 0) if known else 0
        name = story.context.geography.zone_name(met.grid, str(code)) if known else "hors zonage"
        texts[commune] = traced.of(
            f"carte|{met.grid}|{code}",
            None,
            name,
            label=f"{met.label} de la commune",
            method="Appartenance publiée de la commune.",
            topics=(met.grid,),
        )
    labels = ["autre bassin, hors du territoire", "autres bassins rencontrés"]
    labels += [f"{zone.name}" for zone in reversed(shown)]
    colours = [BEYOND, OTHERS, *reversed(QUALITATIVE[: len(shown)])]
    return _map(
        story,
        ground,
        f"carte-{met.grid}",
        f"Les {met.label.replace('bassin de vie', 'bassins de vie')} que rencontre le territoire",
        met.label,
        class_of,
        texts,
        labels,
        colours,
        note,
        f"{len(listed)} zones rencontrées, dont {met.whole_zones} entières dans le territoire.",
        poles=[str(zone.code) for zone in listed if zone.code in class_of],
        areas=_areas(zone_of, ground),
    )


def _areas(zone_of: pd.Series, ground: _Ground) -> dict[str, str]:
    """Return the area of each commune shown, for the lines between areas."""
    held = zone_of.reindex(list(ground.window)).dropna()
    return dict(zip(held.index.astype(str), held.astype(str), strict=True))


def cut_map(
    story: TerritoryStory, traced: Told, met: GridMet, zone_of: pd.Series, note: SourceNote
) -> MapBlock | None:
    """Map the communes that the limit parts from the zone they belong to.

    Parameters
    ----------
    zone_of
        Zone of each commune.
    """
    if not (met.cut_inside or met.cut_outside) or len(story.territory.communes) < TELLING:
        return None
    ground = _ground(story)
    inside, cut_in, cut_out = ground.inside, set(met.cut_inside), set(met.cut_outside)
    labels = [
        "hors du territoire",
        "hors du territoire, mais son bassin est surtout dedans",
        "dans le territoire, mais son bassin est surtout au-dehors",
        "dans le territoire avec son bassin",
    ]
    class_of, texts = {}, {}
    for commune in ground.window:
        at = 3 if commune in inside else 0
        at = 2 if commune in cut_in else 1 if commune in cut_out else at
        class_of[commune] = at
        texts[commune] = traced.of(
            f"carte-coupure|{met.grid}|{at}",
            None,
            labels[at],
            label=f"Place de la commune entre le territoire et son {met.label}",
            method="Un bassin est surtout dedans quand plus de la moitié de ses habitants y sont.",
            topics=(met.grid, "population"),
        )
    return _map(
        story,
        ground,
        f"carte-coupures-{met.grid}",
        f"Ce que la limite coupe ({met.label})",
        "commune et son bassin",
        class_of,
        texts,
        labels,
        list(CUT),
        note,
        f"{len(cut_in)} communes du territoire ({number(met.cut_inside_population)} habitants) ont "
        f"un bassin surtout au-dehors ; {len(cut_out)} communes voisines "
        f"({number(met.cut_outside_population)} habitants) ont un bassin surtout dedans.",
        areas=_areas(zone_of, ground),
    )


def cover_map(
    story: TerritoryStory, traced: Told, told: CoverageStudy, note: SourceNote
) -> MapBlock | None:
    """Map how many CPTS cover each commune, when some have none or several."""
    if not (told.white or told.overlaps) or len(story.territory.communes) < TELLING:
        return None
    ground = _ground(story)
    membership = story.context.geography.membership
    held = pd.Series(told.labels, index=membership.index[membership["arm"].isna()])
    classes = ["hors du territoire", "dans deux CPTS ou plus", "dans aucune CPTS", "dans une seule"]
    class_of, texts = {}, {}
    for commune in ground.window:
        listed = [] if pd.isna(zone := held.get(commune)) else str(zone).split(JOINED)
        at = (2, 3, 1)[min(len(listed), 2)] if commune in ground.inside else 0
        class_of[commune] = at
        texts[commune] = traced.of(
            f"carte-maillage|{at}", None, classes[at], label="CPTS qui listent la commune",
            method="Communes listées par chaque CPTS.", topics=("cpts",),
        )  # fmt: skip
    return _map(
        story,
        ground,
        "carte-maillage-cpts",
        "Le maillage du territoire par les CPTS",
        "commune",
        class_of,
        texts,
        classes,
        list(CUT),
        note,
        f"{told.counts[0]} communes sans CPTS, {told.counts[1]} dans une seule, {told.counts[2]} "
        "dans deux ou plus.",
    )


def _map(
    story: TerritoryStory,
    ground: _Ground,
    identifier: str,
    title: str,
    unit: str,
    class_of: Mapping[str, int],
    texts: Mapping[str, Figure],
    labels: list[str],
    colours: list[str],
    note: SourceNote,
    said: str,
    *,
    status_of: Mapping[str, str] | None = None,
    poles: list[str] | None = None,
    areas: Mapping[str, str] | None = None,
    hatched: str = "",
) -> MapBlock:
    counts = [sum(at == place for at in class_of.values()) for place in range(len(labels))]
    drawn = [place for place, count in enumerate(counts) if count]
    renumber = {place: at for at, place in enumerate(drawn)}
    codes = list(ground.window)
    return MapBlock(
        identifier,
        title,
        GRID,
        unit,
        {code: story.figures.name(GRID, code) for code in codes},
        {code: float(renumber[class_of[code]]) if code in class_of else None for code in codes},
        texts,
        tuple(MapClass(labels[place], colours[place], counts[place]) for place in drawn),
        {code: renumber[place] for code, place in class_of.items()},
        status_of or dict.fromkeys(codes, "ok"),
        note,
        outline=ground.inside,
        approximate=ground.approximate,
        description=f"{title} : {said}",
        labels=tuple(poles or ()),
        areas=areas or {},
        parted="limite entre bassins" if areas else "",
        hatched=hatched,
        counted=GRID_LABELS[GRID][1],
    )
