"""What a chapter is given to tell its story: figures, comparisons, series of a territory."""

# ruff: noqa: E501 — sentences

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

import numpy as np

from assemblier.blocks import Bars, Cell, Figure, Inline, Lines, SourceNote, TableBlock
from assemblier.diagnosis.french import que
from assemblier.indicators.comparators import Comparators
from assemblier.indicators.context import Context
from assemblier.indicators.figures import Figures
from assemblier.language import THIN, number, plural
from assemblier.measures.intervals import rank_intervals
from assemblier.territory.geography import GRID_LABELS
from assemblier.territory.territory import Territory
from assemblier.values import Status, Value

__all__ = ["Story"]

TERRITORY = "territoire"
LEVEL = 0.03
"""Relative difference under which two figures are said level."""
COMPARED = {1: "plus ", 0: "à peu près autant ", -1: "moins "}


@dataclass(frozen=True)
class Story:
    """The material of the chapters.

    Attributes
    ----------
    territory
        The territory of study.
    figures
        Results as printed figures.
    comparators
        Whom it is compared with.
    detail
        Grid in which the territory is detailed on maps and in annexes (``commune`` or ``arm``).
    parts
        Grid of the zones that the territory is described by (``bv2022`` or ``epci``), and them.
    window
        Zones of ``detail`` shown on maps: the territory and its surroundings.
    """

    territory: Territory
    context: Context
    figures: Figures
    comparators: Comparators
    detail: str
    window: frozenset[str]
    inside: frozenset[str]
    parts_grid: str
    parts: tuple[str, ...]
    shapes: dict[str, Mapping[str, object]] = field(default_factory=dict)
    approximate: dict[str, frozenset[str]] = field(default_factory=dict)
    area: float | None = None
    texts: Mapping[str, str] = field(default_factory=dict)

    @property
    def departements(self) -> tuple[str, ...]:
        """Départements that the territory touches, by code."""
        homes = self.context.geography.membership.loc[list(self.territory.communes), "departement"]
        return tuple(sorted(str(each) for each in homes.dropna().unique()))

    def value(self, indicator: str, year: str | None = None) -> Value:
        """Return a value of the territory."""
        return self.figures.value(indicator, TERRITORY, self.territory.slug, year)

    def has(self, indicator: str) -> bool:
        """Whether the territory has a value for an indicator, whatever the year."""
        return self.value(indicator).value is not None

    def plural(self, indicator: str, one: str, many: str) -> str:
        """Return the noun that agrees with a count of the territory."""
        return plural(self.value(indicator).value or 0, one, many)

    def year(self, indicator: str) -> str:
        """Return the year of the latest value."""
        return self.figures.year(indicator, TERRITORY, self.territory.slug) or ""

    def years(self, indicator: str) -> list[str]:
        """Return the years for which the territory has a row."""
        self.figures.row(indicator, TERRITORY, self.territory.slug, None)
        return sorted(self.figures.rows.get((indicator, TERRITORY, self.territory.slug), {}))

    @property
    def detail_word(self) -> str:
        """Return what the zones of maps and annexes are called, in the plural."""
        return "arrondissements" if self.detail == "arm" else "communes"

    @property
    def part_word(self) -> str:
        """Return what the parts of the territory are called, in the singular."""
        return GRID_LABELS[self.parts_grid][0]

    def published_year(self, indicator: str, grid: str, zones: Sequence[str]) -> str:
        """Return the latest year for which one of the zones has a value, empty without any."""
        if indicator not in self.figures.indicators:
            return ""
        found = [
            self.figures.year(indicator, grid, zone) or ""
            for zone in zones
            if self.figures.value(indicator, grid, zone).value is not None
        ]
        return max(found, default="")

    def fig(self, indicator: str, year: str | None = None, *, unit: bool | str = True) -> Figure:
        """Return a printed figure of the territory."""
        return self.figures.of(indicator, TERRITORY, self.territory.slug, year, unit=unit)

    def other(
        self,
        indicator: str,
        grid: str,
        zone: str,
        year: str | None = None,
        *,
        unit: bool | str = True,
    ) -> Figure:
        """Return a printed figure of another zone, for the year of the territory's."""
        when = year or self.figures.year(indicator, TERRITORY, self.territory.slug)
        return self.figures.of(indicator, grid, zone, when, unit=unit)

    def france(self, indicator: str, year: str | None = None) -> Figure:
        """Return the figure of France."""
        return self.other(indicator, "france", "FR", year)

    def label(self, indicator: str) -> str:
        """Return the label of an indicator with its unit when the numbers do not carry it."""
        declared = self.figures.indicators[indicator]
        return declared.label_fr

    def unit(self, indicator: str) -> str:
        """Return the unit of an indicator."""
        return self.figures.indicators[indicator].unit

    def note(
        self,
        *indicators: str,
        reading: str = "",
        notes: Sequence[str] = (),
        scope: str = "",
        every_year: bool = False,
    ) -> SourceNote:
        """Return the note of sources of some indicators: of the year shown, or of every year."""
        years = None if every_year else {name: self.year(name) for name in indicators}
        return SourceNote(
            self.figures.sources_of(*indicators, years=years),
            field=scope,
            reading=reading,
            notes=tuple(notes),
        )

    def similar_values(self, indicator: str) -> list[float]:
        """Return the values of the similar zones that have one, for the territory's year."""
        similar = self.comparators.similar
        if similar is None:
            return []
        when = self.figures.year(indicator, TERRITORY, self.territory.slug)
        values = [self.figures.value(indicator, similar.grid, zone, when) for zone in similar.zones]
        return [value.value for value in values if value.value is not None]

    def similar_text(self, indicator: str) -> str:
        """Say the median of the similar zones and their span, empty when there is none."""
        values = self.similar_values(indicator)
        if len(values) < 3:
            return ""
        decimals = self.figures.indicators[indicator].decimals
        sign = f"{THIN}%" if self.unit(indicator).startswith("%") else ""
        return (
            f"{number(median(values), decimals)}{sign} "
            f"({number(min(values), decimals)} à {number(max(values), decimals)})"
        )

    def rank(self, indicator: str) -> str:
        """Say the rank of the territory among the similar zones, as an interval when it is one.

        Empty when the intervals overlap so much that any rank is possible.
        """
        similar = self.comparators.similar
        if similar is None:
            return ""
        when = self.figures.year(indicator, TERRITORY, self.territory.slug)
        own = self.value(indicator, when)
        others = [self.figures.value(indicator, similar.grid, zone, when) for zone in similar.zones]
        known = [each for each in [own, *others] if each.value is not None]
        if own.value is None or len(known) < 4:
            return ""
        value = np.array([each.value for each in known], dtype=np.float64)
        low = np.array([each.value if each.low is None else each.low for each in known])
        high = np.array([each.value if each.high is None else each.high for each in known])
        ranks = rank_intervals(value, low.astype(np.float64), high.astype(np.float64))
        # ranks count from the lowest; a reader counts from the highest
        first = len(known) + 1 - int(ranks.high[0])
        last = len(known) + 1 - int(ranks.low[0])
        if first == last:
            return f"au {_ordinal(first)} rang sur {len(known)}"
        if first == 1 and last == len(known):
            return ""
        return f"entre le {_ordinal(first)} et le {_ordinal(last)} rang sur {len(known)}"

    def comparison(
        self, table: str, title: str, indicators: Sequence[str], *, notes: Sequence[str] = ()
    ) -> TableBlock:
        """Return a table: one row per indicator, the territory and its comparators in columns."""
        shown = [name for name in indicators if self.years(name)]
        zones = self.comparators.own
        columns = ["Indicateur", "Année", self.territory.name]
        columns += [self.zone_title(grid, zone) for grid, zone in zones]
        similar = self.comparators.similar is not None
        if similar:
            columns.append("Zones similaires : médiane (étendue)")
        rows: list[tuple[Cell, ...]] = []
        for name in shown:
            when = self.year(name)
            cells: list[Cell] = [self.row_label(name), when, self.fig(name, when, unit="cell")]
            cells += [self.other(name, grid, zone, when, unit="cell") for grid, zone in zones]
            if similar:
                cells.append(self.similar_text(name) or "–")
            rows.append(tuple(cells))
        return TableBlock(
            table,
            title,
            tuple(columns),
            tuple(rows),
            (False, False, *(True for _ in columns[2:])),
            self.note(*shown, notes=notes),
        )

    def row_label(self, name: str) -> str:
        """Return the label with its unit when the numbers do not carry it."""
        unit, label = self.unit(name), self.label(name)
        if not unit or unit in {"%", "habitants"} or unit in label or unit == label:
            return label
        return f"{label} ({unit})"

    def zone_title(self, grid: str, zone: str) -> str:
        """Return the name of a zone as a column heading."""
        if grid == "france":
            return "France"
        return self.figures.name(grid, zone)

    def by_parts(
        self, table: str, title: str, indicators: Sequence[str], *, notes: Sequence[str] = ()
    ) -> TableBlock | None:
        """Return a table: one row per part of the territory (bassin de vie, EPCI)."""
        shown = [name for name in indicators if self.has(name)]
        if not shown or len(self.parts) < 2:
            return None
        rows: list[tuple[Cell, ...]] = []
        for zone in self.parts:
            cells: list[Cell] = [self.figures.name(self.parts_grid, zone)]
            cells += [self.other(name, self.parts_grid, zone, unit="cell") for name in shown]
            rows.append(tuple(cells))
        total: list[Cell] = [
            self.territory.name,
            *(self.fig(name, unit="cell") for name in shown),
        ]
        rows.append(tuple(total))
        headings = [f"{self.row_label(name)}, {self.year(name)}" for name in shown]
        one = GRID_LABELS[self.parts_grid][0]
        return TableBlock(
            table,
            title,
            (one[0].upper() + one[1:], *headings),
            tuple(rows),
            (False, *(True for _ in shown)),
            self.note(
                *shown,
                notes=(
                    "Une zone à cheval sur la limite du territoire est donnée tout entière : la somme des lignes peut dépasser le territoire.",
                    *notes,
                ),
            ),
            emphasised=frozenset({len(rows) - 1}),
        )

    def bars(
        self, chart: str, title: str, indicator: str, *, notes: Sequence[str] = ()
    ) -> Bars | None:
        """Return a bar chart of the territory, its comparators and the similar zones."""
        if not self.has(indicator):
            return None
        when = self.year(indicator)
        zones = [(TERRITORY, self.territory.slug), *self.comparators.own]
        if self.comparators.similar is not None:
            zones += [(self.comparators.similar.grid, z) for z in self.comparators.similar.zones]
        labels, values, texts, low, high = [], [], [], [], []
        for grid, zone in zones:
            value = self.figures.value(indicator, grid, zone, when)
            labels.append(self.territory.name if grid == TERRITORY else self.zone_title(grid, zone))
            values.append(value.value)
            texts.append(self.figures.of(indicator, grid, zone, when, unit="cell"))
            low.append(value.low)
            high.append(value.high)
        return Bars(
            chart,
            f"{title}, {when}",
            tuple(labels),
            tuple(values),
            tuple(texts),
            self.unit(indicator),
            self.note(indicator, notes=notes),
            tuple(low),
            tuple(high),
            frozenset({0}),
            description=f"{title} : {self.territory.name} {texts[0].text}, France "
            f"{self.france(indicator, when).text}.",
        )

    def trend(
        self, chart: str, title: str, indicator: str, *, notes: Sequence[str] = ()
    ) -> Lines | None:
        """Return a line chart of the territory over the years at hand, as it is."""
        years = [year for year in self.years(indicator) if year.isdigit()]
        kept = [year for year in years if self.value(indicator, year).value is not None]
        if len(kept) < 3:
            return None
        values = tuple(self.value(indicator, year).value for year in kept)
        first, last = self.fig(indicator, kept[0]).text, self.fig(indicator, kept[-1]).text
        return Lines(
            chart,
            title,
            tuple(int(year) for year in kept),
            {self.territory.name: values},
            self.unit(indicator) or self.label(indicator),
            self.note(indicator, notes=notes, every_year=True),
            decimals=self.figures.indicators[indicator].decimals,
            highlighted=self.territory.name,
            description=f"{title} : de {first} en {kept[0]} à {last} en {kept[-1]}.",
        )

    def relation(self, indicator: str, reference: float | None) -> int:
        """Tell whether the territory is over (1), under (-1) or level (0) with a reference.

        Level when the reference lies inside the interval of the territory, when both print the
        same, or when they differ by less than 3 %.
        """
        own = self.value(indicator)
        if own.value is None or reference is None:
            return 0
        if own.low is not None and own.high is not None and own.low <= reference <= own.high:
            return 0
        decimals = self.figures.indicators[indicator].decimals
        same = number(own.value, decimals) == number(reference, decimals)
        if same or abs(own.value - reference) < LEVEL * abs(reference):
            return 0
        return 1 if own.value > reference else -1

    def france_value(self, indicator: str) -> float | None:
        """Return the value of France, None when there is none."""
        return self.figures.value(indicator, "france", "FR", self.year(indicator)).value

    def similar_median(self, indicator: str) -> float | None:
        """Return the median of the similar zones, None when fewer than three have a value."""
        values = self.similar_values(indicator)
        return median(values) if len(values) >= 3 else None

    def against(self, indicator: str) -> tuple[Inline, ...]:
        """Say how the territory stands against France, as a piece of sentence."""
        own, reference = self.value(indicator).value, self.france_value(indicator)
        if own is None or reference is None or self.is_france:
            return ()
        figure = self.other(indicator, "france", "FR", unit="cell")
        decimals = self.figures.indicators[indicator].decimals
        if number(own, decimals) == number(reference, decimals):
            return (", comme en France",)
        if self.relation(indicator, reference) == 0:
            return (", sans écart net avec la France (", figure, ")")
        return (", contre ", figure, " en France")

    @property
    def is_france(self) -> bool:
        """Whether the territory is the whole country of the lake."""
        membership = self.context.geography.membership
        return len(self.territory.communes) == int(membership["arm"].isna().sum())

    def reading(self, indicator: str) -> tuple[Inline, ...]:
        """Say how the territory stands against France and the similar zones, both when they disagree."""
        pieces: list[tuple[int, str, tuple[Inline, ...]]] = []
        reference = self.france_value(indicator)
        if reference is not None and not self.is_france:
            figure = self.other(indicator, "france", "FR", unit="cell")
            pieces.append((self.relation(indicator, reference), "en France", (figure,)))
        middle = self.similar_median(indicator)
        if middle is not None:
            decimals = self.figures.indicators[indicator].decimals
            sign = f"{THIN}%" if self.unit(indicator).startswith("%") else ""
            text = f"médiane {number(middle, decimals)}{sign}"
            pieces.append((self.relation(indicator, middle), "dans les zones similaires", (text,)))
        if not pieces:
            return ()
        said: list[Inline] = [", "]
        for at, (sign_of, where, inner) in enumerate(pieces):
            same = at > 0 and sign_of == pieces[0][0]
            if at > 0:
                said.append(" et " if same else " mais ")
            said += [f"{que(where) if same else COMPARED[sign_of] + que(where)} (", *inner, ")"]
        return tuple(said)

    def listed(self, status: Status, indicator: str) -> int:
        """Count the zones of the detail grid inside the territory that have this status."""
        return sum(
            self.figures.value(indicator, self.detail, zone, self.year(indicator)).status is status
            for zone in self.inside
        )


def _ordinal(rank: int) -> str:
    return "1er" if rank == 1 else f"{rank}e"
