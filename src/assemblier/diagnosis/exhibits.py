"""Tables and charts of a diagnosis: a territory among its comparators, its parts, its years."""

# ruff: noqa: E501 — sentences

from __future__ import annotations

from collections.abc import Sequence

from assemblier.blocks import Bars, Cell, Figure, Inline, Lines, TableBlock
from assemblier.diagnosis.story import TERRITORY, Story
from assemblier.language import THIN, signed
from assemblier.territory.geography import GRID_LABELS
from assemblier.values import Status

__all__ = ["bars", "by_parts", "changed", "comparison", "series_holds", "trend"]

SMALL = "diagnosis.readings.small_headcount"
ACROSS = "Une zone à cheval sur la limite du territoire est donnée tout entière : la somme des lignes peut dépasser le territoire."
SERIES_GAP = "diagnosis.readings.series_gap"


def comparison(
    story: Story, table: str, title: str, indicators: Sequence[str], *, notes: Sequence[str] = ()
) -> TableBlock:
    """Return a table: one row per indicator, the territory and its comparators in columns."""
    shown = [name for name in indicators if story.years(name)]
    zones = story.comparators.own
    columns = ["Indicateur", "Année", story.territory.name]
    columns += [story.zone_title(grid, zone) for grid, zone in zones]
    similar = story.comparators.similar is not None
    if similar:
        columns.append("Zones similaires : médiane (étendue)")
    rows: list[tuple[Cell, ...]] = []
    for name in shown:
        when = story.year(name)
        cells: list[Cell] = [story.row_label(name), when, story.fig(name, when, unit="cell")]
        cells += [story.other(name, grid, zone, when, unit="cell") for grid, zone in zones]
        if similar:
            cells.append(story.similar_figure(name, span=True) or "–")
        rows.append(tuple(cells))
    return TableBlock(
        table,
        title,
        tuple(columns),
        tuple(rows),
        (False, False, *(True for _ in columns[2:])),
        story.note(*shown, notes=notes),
    )


def by_parts(
    story: Story, table: str, title: str, indicators: Sequence[str], *, notes: Sequence[str] = ()
) -> TableBlock | None:
    """Return a table: one row per part of the territory (bassin de vie, EPCI)."""
    shown = [name for name in indicators if story.has(name)]
    # a city is described by its arrondissements
    city = story.detail == "arm"
    grid, parts = (story.detail, sorted(story.inside)) if city else (story.parts_grid, story.parts)
    if not shown or len(parts) < 2:
        return None
    rows: list[tuple[Cell, ...]] = []
    for zone in parts:
        cells: list[Cell] = [story.figures.name(grid, zone)]
        cells += [story.other(name, grid, zone, unit="cell") for name in shown]
        rows.append(tuple(cells))
    total: list[Cell] = [
        story.territory.name,
        *(story.fig(name, unit="cell") for name in shown),
    ]
    rows.append(tuple(total))
    headings = [f"{story.row_label(name)}, {story.year(name)}" for name in shown]
    one = GRID_LABELS[grid][0]
    across = () if city else (ACROSS,)
    return TableBlock(
        table,
        title,
        (one[0].upper() + one[1:], *headings),
        tuple(rows),
        (False, *(True for _ in shown)),
        story.note(
            *shown,
            notes=(*across, *notes),
        ),
        emphasised=frozenset({len(rows) - 1}),
    )


def bars(
    story: Story, chart: str, title: str, indicator: str, *, notes: Sequence[str] = ()
) -> Bars | None:
    """Return a bar chart of the territory, its comparators and the similar zones."""
    if not story.has(indicator):
        return None
    when = story.year(indicator)
    zones = [(TERRITORY, story.territory.slug), *story.comparators.own]
    if story.comparators.similar is not None:
        zones += [(story.comparators.similar.grid, z) for z in story.comparators.similar.zones]
    labels, values, texts, low, high = [], [], [], [], []
    for grid, zone in zones:
        value = story.figures.value(indicator, grid, zone, when)
        labels.append(story.territory.name if grid == TERRITORY else story.zone_title(grid, zone))
        values.append(value.value)
        texts.append(story.figures.of(indicator, grid, zone, when, unit="cell"))
        low.append(value.low)
        high.append(value.high)
    return Bars(
        chart,
        f"{title}, {when}",
        tuple(labels),
        tuple(values),
        tuple(texts),
        story.unit(indicator),
        story.note(indicator, notes=notes),
        tuple(low),
        tuple(high),
        frozenset({0}),
        description=f"{title} : {story.territory.name} {texts[0].text}, France "
        f"{story.france(indicator, when).text}.",
    )


def trend(
    story: Story, chart: str, title: str, indicator: str, *, notes: Sequence[str] = ()
) -> Lines | None:
    """Return a line chart of the territory over the years at hand, as it is."""
    kept = _known_years(story, indicator)
    if len(kept) < 3 or _too_small(story, indicator, kept):
        return None
    values = tuple(story.value(indicator, year).value for year in kept)
    first, last = story.fig(indicator, kept[0]).text, story.fig(indicator, kept[-1]).text
    return Lines(
        chart,
        title,
        tuple(int(year) for year in kept),
        {story.territory.name: values},
        story.unit(indicator) or story.label(indicator),
        story.note(indicator, notes=notes, every_year=True),
        decimals=story.figures.indicators[indicator].decimals,
        highlighted=story.territory.name,
        description=f"{title} : de {first} en {kept[0]} à {last} en {kept[-1]}.",
        texts={
            story.territory.name: tuple(story.fig(indicator, year, unit="cell") for year in kept)
        },
    )


def changed(story: Story, indicator: str) -> tuple[Inline, ...]:
    """Say how a headcount changed over its series: ``est passé de 84 à 75 entre 2004 et 2019``.

    The change is given in % from a headcount that is not too small; the share of a territory that
    holds no whole zone of the producer is said estimated.
    """
    kept = _known_years(story, indicator)
    if len(kept) < 2 or _too_small(story, indicator, kept):
        return ()
    first, last = story.value(indicator, kept[0]), story.value(indicator, kept[-1])
    if not first.value or last.value is None:
        return ()
    start, end = story.fig(indicator, kept[0]), story.fig(indicator, kept[-1])
    span = f" entre {kept[0]} et {kept[-1]}"
    if start.text == end.text:
        return (f"est resté le même{span} (", end, ")")
    said: list[Inline] = ["est passé de ", start, " à ", end, span]
    beside: list[Inline] = []
    if first.value >= story.rule(SMALL)["percent_from"]:
        beside.append(_relative(story, indicator, start, end, first.value, last.value))
    if Status.ESTIMATED in {first.status, last.status}:
        beside.append(", effectifs estimés" if beside else "effectifs estimés")
    if beside:
        said += [" (", *beside, ")"]
    return tuple(said)


def series_holds(story: Story) -> bool:
    """Tell whether the series of doctors, shared out by population, meets the register by commune.

    Doctors do not settle as people live: where the two differ too much, the series tells the slope
    of the zones it is published for, not the level of the territory.
    """
    series, register = story.value("mg_tvs"), story.value("mg_liberaux")
    if series.status is not Status.ESTIMATED or series.value is None or register.value is None:
        return True
    return abs(series.value - register.value) <= float(story.rule(SERIES_GAP)) * register.value


def _relative(
    story: Story, indicator: str, start: Figure, end: Figure, first: float, last: float
) -> Figure:
    change = 100.0 * (last - first) / first
    return story.deduced(
        f"{indicator}.change",
        change,
        of=(start, end),
        text=f"{signed(change)}{THIN}%",
        label=f"{story.label(indicator)}, changement sur la série",
        method="Différence entre la dernière et la première année, rapportée à la première.",
        unit="%",
    )


def _too_small(story: Story, indicator: str, years: Sequence[str]) -> bool:
    """Tell whether a series is a share of too few people, brought down from a wider zone."""
    values = [story.value(indicator, year) for year in years]
    return any(each.status is Status.ESTIMATED for each in values) and max(
        each.value or 0.0 for each in values
    ) < float(story.rule(SMALL)["share_from"])


def _known_years(story: Story, indicator: str) -> list[str]:
    years = [year for year in story.years(indicator) if year.isdigit()]
    return [year for year in years if story.value(indicator, year).value is not None]
