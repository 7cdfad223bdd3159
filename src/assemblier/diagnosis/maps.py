"""Maps of the diagnosis: classes, colours and zones of a choropleth."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from assemblier.blocks import Figure, MapBlock, MapClass
from assemblier.diagnosis.story import Story
from assemblier.diagnosis.windows import Window
from assemblier.language import number
from assemblier.territory.geography import GRID_LABELS
from assemblier.values import Status

__all__ = ["choropleth", "class_bounds", "counted_labels", "fills"]

SEQUENTIAL = ("#eef3f7", "#bcd3e3", "#7fafcf", "#3f7fae", "#14507f", "#0a2f52")
"""Light to dark blue: readable in grey and by colour-blind eyes."""
DECLINE = ("#fbe9d0", "#f0c690", "#d8954c", "#a8611d", "#6f3b0c")
"""Light to dark ochre: what is under zero, where some is over."""
CLASSES = 5
NAMED = 10
"""How many zones a map names at most."""
FEWEST = 3
"""Zones with a value under which a map shows nothing that a sentence does not say."""
TOLD_APART = 2
"""Classes that hold some zone, under which a map is of one colour and says less than a sentence."""
SHOWN, MOSTLY = 0.25, 0.5
"""Share of the zones of a territory that a map must tell: of its finest grid, of a coarser one."""
DISTINCT = 3
"""Classes of headcounts that hold some zone, under which a map tells no zone from another."""


def choropleth(
    story: Story,
    map_id: str,
    title: str,
    indicator: str,
    *,
    bounds: Sequence[float] | None = None,
    counted: bool = False,
    dark_is_low: bool = False,
    notes: Sequence[str] = (),
) -> MapBlock | None:
    """Return the map of an indicator over the territory and what surrounds it.

    Parameters
    ----------
    bounds
        Inner bounds of the classes; quintiles of the zones shown otherwise.
    counted
        Whether the values are headcounts: bounds meant for communes then suit no larger zone, nor
        arrondissements that all fall into one class.
    dark_is_low
        Dark colours for low values, where low is what worries.

    Returns
    -------
    None when too few zones have a value to draw a map, or all would be of one colour.
    """
    year = story.year(indicator)
    shown = next((w for w in story.windows if fills(story, w, indicator, year)), None)
    if shown is None:
        return None
    figures: dict[str, Figure] = {}
    values: dict[str, float | None] = {}
    statuses: dict[str, str] = {}
    names: dict[str, str] = {}
    for zone in sorted(shown.zones):
        value = story.figures.value(indicator, shown.grid, zone, year)
        names[zone] = story.figures.name(shown.grid, zone)
        values[zone] = value.value
        statuses[zone] = str(value.status)
        figures[zone] = story.figures.of(indicator, shown.grid, zone, year, unit="cell")
    known = [value for value in values.values() if value is not None]
    decimals = story.figures.indicators[indicator].decimals
    told = None if counted and shown.grid != story.detail else bounds
    inner = class_bounds(known, decimals, told, counted=counted)
    class_of = {
        zone: int(np.searchsorted(inner, value, side="right"))
        for zone, value in values.items()
        if value is not None
    }
    counts = [sum(position == at for position in class_of.values()) for at in range(len(inner) + 1)]
    if sum(count > 0 for count in counts) < TOLD_APART:
        return None
    palette = _diverging(inner) if 0.0 in inner else _palette(len(counts))
    if dark_is_low:
        palette = tuple(reversed(palette))
    whole = counted and all(value == round(value) for value in known)
    labels = counted_labels(inner) if whole else _labels(inner, decimals)
    classes = tuple(
        MapClass(label, colour, count)
        for label, colour, count in zip(labels, palette, counts, strict=True)
    )
    inside = [values[zone] for zone in shown.inside if values.get(zone) is not None]
    hidden = sum(statuses[zone] == Status.SECRET for zone in names)
    said = f"{title} : {len(known)} zones avec une valeur"
    if inside:
        low, high = min(x for x in inside if x is not None), max(x for x in inside if x is not None)
        said += (
            f" ; dans le territoire, de {number(low, decimals)} à {number(high, decimals)}"
            f" {story.unit(indicator)}".rstrip()
        )
    if hidden:
        said += f" ; {hidden} sous secret"
    called = _landmarks(story, shown, names)
    approximate = bool(story.approximate.get(shown.grid, frozenset()) & set(names))
    return MapBlock(
        map_id,
        f"{title}, {year}",
        shown.grid,
        story.unit(indicator),
        names,
        values,
        figures,
        classes,
        class_of,
        statuses,
        story.note(indicator, notes=notes),
        outline=shown.inside,
        approximate=approximate,
        description=said + ".",
        labels=tuple(called),
        called=called,
        outlined="limite du territoire"
        if shown.grid == story.detail
        else "limite des intercommunalités surtout dans le territoire",
        counted=GRID_LABELS[shown.grid][1].partition(" (")[0],
    )


def fills(story: Story, shown: Window, indicator: str, year: str) -> bool:
    """Whether enough zones have a value: a part of the finest ones, most of the coarser ones."""
    values = {
        zone: story.figures.value(indicator, shown.grid, zone, year).value for zone in shown.zones
    }
    own = sum(values[zone] is not None for zone in shown.inside)
    least = SHOWN if shown.grid == story.detail else MOSTLY
    known = sum(value is not None for value in values.values())
    return own > least * len(shown.inside) and known >= FEWEST


def _landmarks(story: Story, shown: Window, names: Mapping[str, str]) -> dict[str, str]:
    """Return the zones that a reader finds the others by, each with the name of its main town."""
    geography = story.context.geography
    people = geography.population
    own = sorted(story.inside, key=lambda code: (-float(people.get(code, 0.0)), code))
    if shown.grid == story.detail:
        return {code: names[code] for code in own[:NAMED] if code in names}
    home = geography.membership[shown.grid]
    towns: dict[str, str] = {}
    for code in own:
        zone = home.get(code)
        if zone in shown.inside and zone not in towns:
            towns[str(zone)] = story.figures.name(story.detail, code)
    return dict(list(towns.items())[:NAMED])


def class_bounds(
    values: Sequence[float],
    decimals: int,
    bounds: Sequence[float] | None = None,
    *,
    counted: bool = False,
) -> list[float]:
    """Return the inner bounds of classes: those given, else quintiles of the values.

    Parameters
    ----------
    counted
        Whether the values are headcounts: given bounds are then kept only where they set zones
        apart.
    """
    if bounds is None:
        return _quantile_bounds(values, decimals)
    filled = np.unique(np.searchsorted(list(bounds), values, side="right")).size
    if counted and filled < min(DISTINCT, len(set(values))):
        return _quantile_bounds(values, decimals)
    return list(bounds)


def _quantile_bounds(values: Sequence[float], decimals: int) -> list[float]:
    """Round quintiles to the printed decimals; fewer classes when many values tie."""
    cuts = np.quantile(np.asarray(values), np.linspace(0, 1, CLASSES + 1)[1:-1])
    top = max(abs(cuts).max(), 10.0**-decimals)
    digits = min(decimals, max(0, 2 - math.floor(math.log10(top))))
    rounded = sorted({round(float(cut), digits) for cut in cuts})
    return [cut for cut in rounded if min(values) < cut <= max(values)]


def _palette(count: int) -> tuple[str, ...]:
    if count == 1:
        return (SEQUENTIAL[2],)
    places = np.linspace(0, len(SEQUENTIAL) - 1, count).round().astype(int)
    return tuple(SEQUENTIAL[place] for place in places)


def _diverging(inner: Sequence[float]) -> tuple[str, ...]:
    """Return ochres under zero and blues over it, the darker the further from it."""
    under = list(inner).index(0.0) + 1
    over = len(inner) + 1 - under
    low = np.linspace(0, len(DECLINE) - 1, under + 1).round().astype(int)[1:]
    high = np.linspace(0, len(SEQUENTIAL) - 1, over + 1).round().astype(int)[1:]
    return (*(DECLINE[at] for at in reversed(low)), *(SEQUENTIAL[at] for at in high))


def _labels(inner: Sequence[float], decimals: int) -> list[str]:
    if not inner:
        return ["toutes les valeurs"]
    texts = [number(bound, decimals) for bound in inner]
    labels = [f"moins de {texts[0]}"]
    labels += [f"de {low} à moins de {high}" for low, high in pairwise(texts)]
    labels.append(f"{texts[-1]} et plus")
    return labels


def counted_labels(inner: Sequence[float]) -> list[str]:
    """Say classes of headcounts by the counts they hold: nobody has less than one doctor."""
    if not inner:
        return ["toutes les valeurs"]
    bounds = [math.ceil(bound) for bound in inner]
    labels = ["0" if bounds[0] == 1 else f"moins de {number(bounds[0], 0)}"]
    for low, high in pairwise(bounds):
        most = number(high - 1, 0)
        labels.append(most if high - low == 1 else f"de {number(low, 0)} à {most}")
    labels.append(f"{number(bounds[-1], 0)} et plus")
    return labels
