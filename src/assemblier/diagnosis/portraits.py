"""Portraits of the parts of a territory: what a bassin de vie is, on a sheet of paper."""

# ruff: noqa: E501 — sentences

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import shapely

from assemblier.blocks import (
    Bars,
    Block,
    Bullets,
    Callout,
    Cell,
    Heading,
    Inline,
    KeyFigure,
    KeyFigures,
    MapBlock,
    Paragraph,
    Section,
    TableBlock,
    Tone,
)
from assemblier.diagnosis.facts import (
    EVERYONE,
    FEWEST_DOCTORS,
    MOST_SPREADS,
    STATEMENTS,
    WEIGHTS,
)
from assemblier.diagnosis.story import LEVEL, Story
from assemblier.french import capital, counted, de, the
from assemblier.language import number
from assemblier.values import Status

__all__ = ["portrait_sections"]

INDICATORS = (
    "population",
    "population_tcam",
    "part_65plus",
    "fedi_q5",
    "mg",
    "mg_densite",
    "mg_60plus",
    "apl_mg",
    "part_zip_zac",
    "infirmier_densite",
    "kine_densite",
    "dentiste_densite",
    "pharmacie_densite",
    "specialiste_densite",
    "plus20min_sante",
    "population_sans_mg",
    "msp",
    "ehpad",
)
KEY = ("population", "part_75plus", "mg", "apl_mg", "population_sous_2_5")
BY_COMMUNE = (
    ("population", "Habitants"),
    ("population_tcam", "Évolution par an"),
    ("part_65plus", "65 ans et plus"),
    ("mg", "Généralistes"),
    ("infirmier", "Infirmiers"),
    ("kine", "Kinés"),
    ("pharmacie", "Pharmacies"),
    ("apl_mg", "APL"),
)
"""Indicators of the table of communes, and their headings."""
MOSTLY = 0.5
NOTABLE = 0.05
"""A zone gets a portrait when half of its people, or a twentieth of the territory, are in both."""
AROUND = 0.5
"""What surrounds a zone on its map, in shares of its width and height."""
NAMED = 9
"""How many communes a map names, the most peopled."""
DISTINCT = 4
"""How many lines say what sets a zone apart."""
MOST_BARS = 11
"""How many parts of the territory a chart compares, the zone among them."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """How much a portrait holds: communes listed at most, whether ages, then minutes, are drawn."""

    communes: int
    ages: bool
    minutes: bool = False


SHEETS = (
    Sheet(40, ages=True, minutes=True),
    Sheet(40, ages=True),
    Sheet(30, ages=True),
    Sheet(40, ages=False),
    Sheet(30, ages=False),
    Sheet(20, ages=False),
    Sheet(10, ages=False),
    Sheet(0, ages=False),
)
"""From the fullest to the barest: the first that holds on its sheet is taken."""


def portrait_sections(
    story: Story, maps: Mapping[str, MapBlock], holds: Callable[[Section], bool]
) -> list[Section]:
    """Return a section per part of the territory, in its order.

    Parameters
    ----------
    maps
        Maps of the territory and what surrounds it, by identifier.
    holds
        Whether a section holds on its sheet once set.
    """
    zones = _drawn(story)
    sections: list[Section] = []
    for at, zone in enumerate(zones, start=1):
        for sheet in SHEETS:
            section = _portrait(story, zone, at, zones, maps, sheet)
            if holds(section):
                break
        sections.append(section)
    return sections


def _drawn(story: Story) -> list[str]:
    """Return the parts that are more than a fringe of the territory; all when there is none."""
    geography = story.context.geography
    home = geography.membership[geography.membership["arm"].isna()][story.parts_grid]
    people = geography.population.reindex(home.index)
    whole = people.groupby(home).sum()
    inside = people[people.index.isin(story.territory.communes)].groupby(home).sum()
    own = float(inside.sum())
    kept = [
        zone
        for zone in story.parts
        if inside.get(zone, 0.0) >= MOSTLY * whole.get(zone, 0.0)
        or inside.get(zone, 0.0) >= NOTABLE * own
    ]
    return kept or list(story.parts)


def _portrait(
    story: Story,
    zone: str,
    at: int,
    zones: Sequence[str],
    maps: Mapping[str, MapBlock],
    sheet: Sheet,
) -> Section:
    name = story.figures.name(story.parts_grid, zone)
    membership = story.context.geography.membership
    own = [
        str(code)
        for code in membership.index[
            (membership[story.parts_grid] == zone) & membership["arm"].isna()
        ]
    ]
    people = story.context.geography.population
    own.sort(key=lambda code: (-float(people.get(code, 0.0)), code))
    blocks: list[Block | None] = [
        Paragraph((" ".join(_sentences(story, name, own)),)),
        _key_figures(story, zone),
        _map(story, name, zone, own, maps.get("carte-apl")),
        _bars(story, name, zone, zones, "apl_mg", "APL"),
        _indicators(story, name, zone),
        *_distinct(story, name, zone),
        _communes(story, name, zone, own, sheet.communes),
    ]
    if sheet.ages:
        blocks += [
            _map(story, name, zone, own, maps.get("carte-65plus")),
            _bars(story, name, zone, zones, "part_65plus", "65 ans et plus"),
        ]
    if sheet.minutes:
        blocks += [
            _map(story, name, zone, own, maps.get("carte-minutes-1er-mg")),
            _bars(story, name, zone, zones, "mg_densite", "généralistes pour 10 000 habitants"),
        ]
    blocks.append(
        Callout(
            Tone.LIMIT,
            "Ce que ces chiffres ne disent pas",
            (
                "Une petite zone varie beaucoup par hasard : sans l’intervalle, deux portraits ne se comparent pas. "
                "Les habitants se soignent aussi ailleurs, et d’autres viennent. L’APL n’est ni un délai de rendez-vous, "
                "ni un refus de patient.",
            ),
        )
    )
    kept = tuple(block for block in blocks if block is not None)
    return Section(f"portrait-{zone.lower()}", at, name, "", kept)


def _sentences(story: Story, name: str, communes: Sequence[str]) -> list[str]:
    inside = sum(code in set(story.territory.communes) for code in communes)
    whole = f"le bassin de vie {de(name)}" if story.parts_grid == "bv2022" else the(name)
    text = f"{capital(whole)} réunit {counted(len(communes), 'commune', feminine=True)}"
    if inside < len(communes):
        text += (
            f", dont {counted(inside, 'commune', feminine=True)} dans le territoire : les chiffres "
            "sont ceux de la zone entière"
        )
    without = _without_doctor(story, communes)
    return [f"{text}.", *([without] if without else [])]


def _without_doctor(story: Story, communes: Sequence[str]) -> str:
    when = story.year("mg")
    values = [story.figures.value("mg", story.detail, code, when) for code in communes]
    known = [value.value for value in values if value.status is Status.OK]
    if len(known) < len(communes) or len(communes) < 2:
        return ""
    none = sum(value == 0 for value in known)
    if not none:
        return f"Chacune a au moins un généraliste ({when})."
    if none == len(communes):
        return f"Aucune n’a de généraliste ({when})."
    verb = "n’a" if none == 1 else "n’ont"
    many = capital(counted(none, "commune", feminine=True))
    return f"{many} {verb} aucun généraliste ({when})."


def _key_figures(story: Story, zone: str) -> KeyFigures:
    return KeyFigures(
        tuple(
            KeyFigure(
                f"{story.label(each)} ({story.year(each)})",
                story.other(each, story.parts_grid, zone, unit="cell"),
                compared=(f"{story.territory.name} : ", story.fig(each, unit="cell"))
                if each not in {"population", "mg"}
                else (),
            )
            for each in KEY
            if story.has(each)
        )
    )


def _map(
    story: Story, name: str, zone: str, communes: Sequence[str], whole: MapBlock | None
) -> MapBlock | None:
    """Return a map of the territory, brought to the zone and what surrounds it."""
    if whole is None or whole.grid not in story.shapes:
        return None
    shapes: Mapping[str, Any] = story.shapes[whole.grid]
    home = story.context.geography.membership
    codes = list(communes)
    if whole.grid != story.detail:
        codes = sorted(map(str, home.loc[codes, whole.grid].dropna().unique()))
    own = [code for code in codes if code in whole.zones and shapes.get(code) is not None]
    if not own:
        return None
    west, south, east, north = shapely.total_bounds([shapes[code] for code in own])
    wide, tall = (east - west) * AROUND, (north - south) * AROUND
    near = [
        code
        for code in whole.zones
        if (shape := shapes.get(code)) is not None
        and west - wide <= shape.centroid.x <= east + wide
        and south - tall <= shape.centroid.y <= north + tall
    ]
    kept = {code: whole.zones[code] for code in near}
    class_of = {code: place for code, place in whole.class_of.items() if code in kept}
    places = list(class_of.values())
    title, _, year = whole.title.rpartition(", ")
    return replace(
        whole,
        id=f"{whole.id}-{zone.lower()}",
        title=f"{title} autour de {name}, {year}",
        zones=kept,
        values={code: whole.values[code] for code in kept},
        texts={code: whole.texts[code] for code in kept if code in whole.texts},
        classes=tuple(
            replace(each, count=places.count(at)) for at, each in enumerate(whole.classes)
        ),
        class_of=class_of,
        status_of={code: status for code, status in whole.status_of.items() if code in kept},
        outline=frozenset(own),
        labels=tuple(own[:NAMED]),
        description="",
        outlined=f"limite de {name}",
    )


def _bars(
    story: Story, name: str, zone: str, zones: Sequence[str], indicator: str, title: str
) -> Bars | None:
    """Compare the zone with the most peopled other zones, the territory and France."""
    if not story.has(indicator):
        return None
    when = story.year(indicator)
    people = story.context.geography.population
    home = story.context.geography.membership[story.parts_grid]
    size = people.groupby(home.reindex(people.index)).sum()
    kept = sorted((z for z in zones if z != zone), key=lambda z: -float(size.get(z, 0.0)))
    grid = story.parts_grid
    shown = [zone, *kept[: MOST_BARS - 1]]
    values = {each: story.figures.value(indicator, grid, each, when).value for each in shown}
    # the highest first, those without a value last
    shown.sort(key=lambda each: (values[each] is None, -(values[each] or 0.0)))
    places = [(grid, each) for each in shown]
    places += [("territoire", story.territory.slug), ("france", "FR")]
    told = [story.figures.value(indicator, at, each, when) for at, each in places]
    labels = [story.figures.name(grid, each) for each in shown]
    return Bars(
        f"{indicator.replace('_', '-')}-{zone.lower()}",
        f"{name} parmi les zones du territoire : {title}, {when}",
        (*labels, story.territory.name, "France"),
        tuple(each.value for each in told),
        tuple(story.figures.of(indicator, at, each, when, unit="cell") for at, each in places),
        story.unit(indicator),
        story.note(indicator),
        highlighted=frozenset({shown.index(zone)}),
    )


def _distinct(story: Story, name: str, zone: str) -> list[Block]:
    """Say what sets the zone apart from France, the most striking first, one by topic."""
    found: list[tuple[float, str]] = []
    grid = story.parts_grid
    for each, statement in STATEMENTS.items():
        if each not in story.figures.indicators or not story.has(each):
            continue
        when = story.year(each)
        own = story.figures.value(each, grid, zone, when)
        whole = story.france_value(each)
        among = story.figures.value(statement.among, grid, zone).value if statement.among else None
        few = bool(statement.among) and (among or 0.0) < story.rule(FEWEST_DOCTORS)
        # nothing of a burden that is rare anyway sets no zone apart
        spared = own.value == 0.0 and statement.after.startswith(EVERYONE)
        if own.value is None or not whole or few or spared:
            continue
        gap = abs(own.value - whole)
        chance = own.low is not None and own.high is not None and own.low <= whole <= own.high
        if chance or gap < story.rule(LEVEL) * abs(whole):
            continue
        striking = min(gap / abs(whole), float(story.rule(MOST_SPREADS)))
        found.append((striking * float(story.rule(WEIGHTS)[each]["weight"]), each))
    kept: dict[str, str] = {}
    for _, each in sorted(found, key=lambda pair: (-pair[0], pair[1])):
        kept.setdefault(STATEMENTS[each].topic, each)
    if not kept:
        return []
    items: list[tuple[Inline, ...]] = [
        (
            f"{story.row_label(each)} ({story.year(each)}) : ",
            story.other(each, grid, zone, unit="cell"),
            ", contre ",
            story.other(each, "france", "FR", unit="cell"),
            " en France et ",
            story.fig(each, unit="cell"),
            f" pour {the(story.territory.name)}.",
        )
        for each in list(kept.values())[:DISTINCT]
    ]
    return [Heading(f"Ce qui distingue {name} de la France"), Bullets(tuple(items))]


def _communes(
    story: Story, name: str, zone: str, communes: Sequence[str], most: int
) -> TableBlock | None:
    """Return the table of the communes of the zone, the most peopled first."""
    shown = [(each, label) for each, label in BY_COMMUNE if story.years(each)]
    listed = [code for code in communes if code in story.window][:most]
    if not listed or not shown:
        return None
    rows: list[tuple[Cell, ...]] = []
    for code in listed:
        cells: list[Cell] = [story.figures.name(story.detail, code)]
        cells += [
            story.figures.of(each, story.detail, code, story.year(each), unit=False)
            for each, _ in shown
        ]
        rows.append(tuple(cells))
    rest = len(communes) - len(listed)
    title = f"Les communes de {name}"
    if rest:
        title = f"Les {number(len(listed))} communes les plus peuplées de {name}, sur {number(len(communes))}"
    units = {"population_tcam": "% par an", "part_65plus": "%"}
    return TableBlock(
        f"communes-{zone.lower()}",
        title,
        (
            "Commune",
            *(
                f"{label}{f' ({units[each]})' if each in units else ''}, {story.year(each)}"
                for each, label in shown
            ),
        ),
        tuple(rows),
        (False, *(True for _ in shown)),
        replace(story.note(*(each for each, _ in shown)), notes=()),
    )


def _indicators(story: Story, name: str, zone: str) -> TableBlock:
    shown = [each for each in INDICATORS if each in story.figures.indicators and story.has(each)]
    rows: list[tuple[Cell, ...]] = [
        (
            story.row_label(each),
            story.year(each),
            story.other(each, story.parts_grid, zone, unit="cell"),
            story.figures.interval(each, story.parts_grid, zone, story.year(each)) or "–",
            story.fig(each, unit="cell"),
            story.other(each, "france", "FR", unit="cell"),
        )
        for each in shown
    ]
    return TableBlock(
        f"portrait-{zone.lower()}",
        f"{name} devant le territoire et la France",
        ("Indicateur", "Année", name, "Intervalle", story.territory.name, "France"),
        tuple(rows),
        (False, False, True, True, True, True),
        story.note(
            *shown,
            notes=(
                "Intervalle : ce que le hasard d’un petit effectif fait varier d’une année à l’autre.",
            ),
        ),
    )
