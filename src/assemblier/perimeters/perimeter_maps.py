"""Two maps of a perimeter: the living areas it meets, and the communes that its limit cuts."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from assemblier.blocks import MapBlock, MapClass, SourceNote
from assemblier.language import number
from assemblier.perimeters.bench import GridMet
from assemblier.perimeters.traced import PerimeterStory, Traced

__all__ = ["areas_map", "cut_map"]

QUALITATIVE = (
    "#7fb3d5", "#f5b971", "#9bc995", "#d98f8f", "#b9a5d6", "#e8d16b",
    "#8fcfc6", "#d7a77a", "#a9b7c6", "#c9d98a", "#e3a6c8", "#7f9fd0",
)  # fmt: skip
"""Soft colours told apart by colour-blind eyes when neighbours differ; the legend names each."""
OTHERS, BEYOND = "#c8c8c8", "#f3f3f0"
CUT = ("#f3f3f0", "#f2c27d", "#c0504d", "#7fafcf")


def areas_map(
    story: PerimeterStory,
    traced: Traced,
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
    if story.detail != "commune":
        return None
    listed = [zone for zone in met.zones if zone.code is not None]
    shown = listed[: len(QUALITATIVE)]
    place = {zone.code: at + 1 for at, zone in enumerate(reversed(shown))}
    rest = {zone.code for zone in listed[len(QUALITATIVE) :]}
    class_of, texts = {}, {}
    for commune in sorted(story.window):
        code = zone_of.get(commune)
        known = code is not None and not pd.isna(code)
        if known and code in rest:
            class_of[commune] = len(shown) + 1
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
    labels = ["autre bassin, hors du territoire"]
    labels += [f"{zone.name}" for zone in reversed(shown)]
    colours = [BEYOND, *reversed(QUALITATIVE[: len(shown)])]
    if rest:
        labels.append("autres bassins rencontrés")
        colours.append(OTHERS)
    return _map(
        story,
        f"carte-{met.grid}",
        f"Les {met.label.replace('bassin de vie', 'bassins de vie')} que rencontre le territoire",
        met.label,
        class_of,
        texts,
        labels,
        colours,
        note,
        f"{len(listed)} zones rencontrées, dont {met.whole_zones} entières dans le territoire.",
    )


def cut_map(
    story: PerimeterStory, traced: Traced, met: GridMet, note: SourceNote
) -> MapBlock | None:
    """Map the communes that the limit parts from the zone they belong to."""
    if story.detail != "commune" or not (met.cut_inside or met.cut_outside):
        return None
    inside, cut_in, cut_out = set(story.inside), set(met.cut_inside), set(met.cut_outside)
    labels = [
        "hors du territoire",
        "hors du territoire, mais son bassin est surtout dedans",
        "dans le territoire, mais son bassin est surtout au-dehors",
        "dans le territoire avec son bassin",
    ]
    class_of, texts = {}, {}
    for commune in sorted(story.window):
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
    )


def _map(
    story: PerimeterStory,
    identifier: str,
    title: str,
    unit: str,
    class_of: Mapping[str, int],
    texts: Mapping[str, object],
    labels: list[str],
    colours: list[str],
    note: SourceNote,
    said: str,
) -> MapBlock:
    counts = [sum(at == place for at in class_of.values()) for place in range(len(labels))]
    drawn = [place for place, count in enumerate(counts) if count]
    renumber = {place: at for at, place in enumerate(drawn)}
    codes = list(class_of)
    return MapBlock(
        identifier,
        title,
        story.detail,
        unit,
        {code: story.figures.name(story.detail, code) for code in codes},
        {code: float(renumber[class_of[code]]) for code in codes},
        texts,  # type: ignore[arg-type]
        tuple(MapClass(labels[place], colours[place], counts[place]) for place in drawn),
        {code: renumber[class_of[code]] for code in codes},
        dict.fromkeys(codes, "ok"),
        note,
        outline=story.inside,
        approximate=bool(story.approximate.get(story.detail, frozenset()) & set(codes)),
        description=f"{title} : {said}",
    )
