"""What a chapter is given to tell its story: figures, comparisons, series of a territory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import numpy as np
import pandas as pd

from assemblier.blocks import Figure, Inline, SourceNote
from assemblier.diagnosis.derived import counted_zones, deduced
from assemblier.diagnosis.windows import Window
from assemblier.french import que
from assemblier.futures.scenarios.files import Scenario
from assemblier.futures.siting.request import NamedSiting
from assemblier.indicators.comparators import Comparators
from assemblier.indicators.context import Context
from assemblier.indicators.figures import Figures
from assemblier.lake.provenance import Part
from assemblier.language import THIN, number, plural
from assemblier.measures.intervals import rank_intervals
from assemblier.perimeters.competences import Competences
from assemblier.territory.geography import GRID_LABELS
from assemblier.territory.territory import Territory
from assemblier.values import Status, Value

__all__ = ["TERRITORY", "Story"]

TERRITORY = "territoire"
COMPARED = {1: "plus ", -1: "moins "}
LEVEL = "diagnosis.facts.level"
LEVEL_POINTS = "diagnosis.facts.level_points"
WIDEST_RANK = "diagnosis.readings.similar_rank"
ISLANDS = "travel.reach.islands"
UNSEEN = "diagnosis.readings.unseen_doctors"
HALVES_UNDER = 10
"""A median of headcounts is printed with its half under this; over, it is rounded like them."""
MEMBERSHIP = "departement"
"""Grid whose table tells the communes of the reference geography."""


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
    points
        Point of each reference commune, by code: ``lon, lat``.
    """

    territory: Territory
    context: Context
    figures: Figures
    comparators: Comparators
    detail: str
    window: frozenset[str]
    inside: frozenset[str]
    windows: tuple[Window, ...]
    parts_grid: str
    parts: tuple[str, ...]
    shapes: dict[str, Mapping[str, object]] = field(default_factory=dict)
    approximate: dict[str, frozenset[str]] = field(default_factory=dict)
    area: float | None = None
    points: pd.DataFrame = field(default_factory=pd.DataFrame)
    texts: Mapping[str, str] = field(default_factory=dict)
    scenarios: tuple[Scenario, ...] = ()
    sitings: tuple[NamedSiting, ...] = ()
    competences: Competences | None = None

    @property
    def departements(self) -> tuple[str, ...]:
        """Départements that the territory touches, by code."""
        homes = self.context.geography.membership.loc[list(self.territory.communes), "departement"]
        return tuple(sorted(str(each) for each in homes.dropna().unique()))

    @property
    def is_departement(self) -> bool:
        """Whether the territory is one whole département: what is published for it is its own."""
        if len(self.departements) != 1:
            return False
        membership = self.context.geography.membership
        home = membership["departement"] == self.departements[0]
        return int((home & membership["arm"].isna()).sum()) == len(self.territory.communes)

    def rule(self, name: str) -> Any:
        """Return the value of a parameter that holds now."""
        return self.context.parameters[name].latest

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
        if self.detail == "arm":
            return "arrondissement"
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

    def deduced(
        self,
        what: str,
        value: float,
        *,
        of: Sequence[Figure | str],
        label: str,
        method: str,
        text: str | None = None,
        decimals: int = 0,
        unit: str = "",
        low: float | None = None,
        high: float | None = None,
        status: Status = Status.OK,
    ) -> Figure:
        """Return a figure deduced from figures, or from indicators of the territory.

        Parameters
        ----------
        what
            Unique in the document.
        text
            As it is printed; the number and its unit otherwise.
        """
        if text is None:
            after = f"{THIN}%" if unit.startswith("%") else f" {unit}" if unit else ""
            text = number(value, decimals) + after
        bases = [self.fig(each) if isinstance(each, str) else each for each in of]
        return deduced(
            self.figures,
            f"{what}|{self.territory.slug}",
            text,
            value,
            zone=self.territory.name,
            label=label,
            method=method,
            of=bases,
            unit=unit,
            low=low,
            high=high,
            status=status,
        )

    def ground(
        self, what: str, value: float, *, label: str, method: str, decimals: int = 0, unit: str = ""
    ) -> Figure:
        """Return a count of communes or zones, or an area, read in the geography itself."""
        part = self.context.geography.grid_parts.get(MEMBERSHIP)
        sources = [part.source] if part is not None else []
        if unit == "km²":
            sources = sorted({each.source for each in self._area_parts()})
        return counted_zones(
            self.figures,
            f"{what}|{self.territory.slug}",
            number(value, decimals) + (f" {unit}" if unit else ""),
            value,
            zone=self.territory.name,
            label=label,
            method=method,
            sources=sources,
            unit=unit,
        )

    def _area_parts(self) -> list[Part]:
        lake = self.context.lake
        return [*lake.parts("superficie")] or [*lake.parts("contour")] or [*lake.parts("point")]

    def communes(self) -> Figure:
        """Return how many communes make the territory."""
        return self.ground(
            "communes",
            len(self.territory.communes),
            label="Communes du territoire",
            method=f"Compté dans le découpage de {self.territory.cog}.",
        )

    def bounds(self, indicator: str, year: str | None = None) -> tuple[Figure, Figure] | None:
        """Return the ends of the interval of a value of the territory; None without any."""
        value = self.value(indicator, year)
        if value.low is None or value.high is None:
            return None
        declared = self.figures.indicators[indicator]
        base = self.fig(indicator, year)
        low, high = (
            self.deduced(
                f"{indicator}.{which}.{year or ''}",
                end,
                of=(base,),
                label=f"{declared.label_fr}, borne {word} de l’intervalle",
                method="Intervalle à 95 % de la variabilité aléatoire d’une année à l’autre.",
                decimals=declared.decimals,
                unit="%" if declared.unit.startswith("%") else "",
            )
            for which, word, end in (("low", "basse", value.low), ("high", "haute", value.high))
        )
        return low, high

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

    def similar_figure(self, indicator: str, *, span: bool = False) -> Figure | None:
        """Return the median of the similar zones, None when fewer than three have a value.

        Parameters
        ----------
        span
            Whether the lowest and the highest are printed beside it.
        """
        values = self.similar_values(indicator)
        similar = self.comparators.similar
        if len(values) < 3 or similar is None:
            return None
        decimals = self.figures.indicators[indicator].decimals
        sign = f"{THIN}%" if self.unit(indicator).startswith("%") else ""
        middle, low, high = median(values), min(values), max(values)
        # half a maternité, between zones with none and zones with one, is neither none nor one
        halved = not decimals and not sign and middle < HALVES_UNDER and middle % 1 == 0.5
        text = f"{number(middle, 1 if halved else decimals)}{sign}"
        if span:
            text += f" ({number(low, decimals)} à {number(high, decimals)})"
        return self.deduced(
            f"{indicator}.similar{'.span' if span else ''}",
            middle,
            of=(indicator,),
            text=text,
            label=f"{self.label(indicator)}, médiane des zones similaires",
            method=f"Médiane des {len(values)} zones similaires qui ont une valeur, sur "
            f"{len(similar.zones)} ({GRID_LABELS[similar.grid][1]}, liste au chapitre 1) ; de "
            f"{number(low, decimals)} à {number(high, decimals)}.",
            unit=self.unit(indicator),
            low=low,
            high=high,
        )

    def rank(self, indicator: str) -> tuple[Inline, ...]:
        """Say the rank of the territory among the similar zones, as an interval when it is one.

        Empty when the intervals overlap so much that the rank tells nothing.
        """
        similar = self.comparators.similar
        if similar is None:
            return ()
        when = self.figures.year(indicator, TERRITORY, self.territory.slug)
        own = self.value(indicator, when)
        others = [self.figures.value(indicator, similar.grid, zone, when) for zone in similar.zones]
        known = [each for each in [own, *others] if each.value is not None]
        if own.value is None or len(known) < 4:
            return ()
        value = np.array([each.value for each in known], dtype=np.float64)
        low = np.array([each.value if each.low is None else each.low for each in known])
        high = np.array([each.value if each.high is None else each.high for each in known])
        ranks = rank_intervals(value, low.astype(np.float64), high.astype(np.float64))
        # ranks count from the lowest; a reader counts from the highest
        first = len(known) + 1 - int(ranks.high[0])
        last = len(known) + 1 - int(ranks.low[0])
        if last - first + 1 > self.rule(WIDEST_RANK) * len(known):
            return ()

        def place(which: str, rank: int) -> Figure:
            return self.deduced(
                f"{indicator}.rank.{which}",
                rank,
                of=(indicator,),
                text=_ordinal(rank),
                label=f"{self.label(indicator)}, rang parmi {len(known)} zones",
                method="Rangs compatibles avec les intervalles, du plus haut au plus bas.",
            )

        on = f" rang sur {len(known)}"
        if first == last:
            return ("au ", place("first", first), on)
        return ("entre le ", place("first", first), " et le ", place("last", last), on)

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

    def relation(self, indicator: str, reference: float | None) -> int:
        """Tell whether the territory is over (1), under (-1) or level (0) with a reference.

        Level when the reference lies inside the interval of the territory, when both print the
        same, or when they differ by less than a dated parameter: a part of the reference, and
        points for a percentage.
        """
        own = self.value(indicator)
        if own.value is None or reference is None:
            return 0
        if own.low is not None and own.high is not None and own.low <= reference <= own.high:
            return 0
        decimals = self.figures.indicators[indicator].decimals
        same = number(own.value, decimals) == number(reference, decimals)
        least = self.rule(LEVEL) * abs(reference)
        if self.unit(indicator) == "%":
            least = max(least, self.rule(LEVEL_POINTS))
        if same or abs(own.value - reference) < least:
            return 0
        return 1 if own.value > reference else -1

    def france_value(self, indicator: str) -> float | None:
        """Return the value of France, None when there is none."""
        return self.figures.value(indicator, "france", "FR", self.year(indicator)).value

    def similar_median(self, indicator: str) -> float | None:
        """Return the median of the similar zones, None when fewer than three have a value.

        None too for a trait on which they were chosen: they are near by construction, and what is
        left of a gap says nothing.
        """
        similar = self.comparators.similar
        if similar is not None and indicator in similar.traits:
            return None
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
        """Say how the territory stands against France and similar zones, both when they differ."""
        pieces: list[tuple[int, str, str, tuple[Inline, ...]]] = []
        reference = self.france_value(indicator)
        if reference is not None and not self.is_france:
            figure = self.other(indicator, "france", "FR", unit="cell")
            pieces.append(
                (self.relation(indicator, reference), "en France", "la France", (figure,))
            )
        middle = self.similar_figure(indicator)
        if middle is not None and self.similar_median(indicator) is not None:
            pieces.append(
                (
                    self.relation(indicator, self.similar_median(indicator)),
                    "dans les zones similaires",
                    "les zones similaires",
                    ("médiane ", middle),
                )
            )
        said: list[Inline] = []
        for at, (sign, where, whom, inner) in enumerate(pieces):
            again = at > 0 and sign == pieces[0][0]
            link = "" if at == 0 else " et " if again and sign else " ni " if again else " mais "
            if sign:
                word = que(where) if again else COMPARED[sign] + que(where)
            else:
                word = f"avec {whom}" if again else f"sans écart net avec {whom}"
            said += [f"{link or ', '}{word} (", *inner, ")"]
        return tuple(said)

    @property
    def is_island(self) -> bool:
        """Whether the territory lies wholly over the sea, without a road to the mainland."""
        islands = {code for island in self.rule(ISLANDS) for code in island}
        return islands.issuperset(self.territory.communes)

    @property
    def has_unseen_doctors(self) -> bool:
        """Whether the published APL counts doctors here that no source of liberal doctors sees.

        Salaried doctors of a centre de santé are the only ones of some islands and communes:
        headcounts, minutes and what is recomputed from liberal doctors then say zero.
        """
        published, made = self.value("apl_mg").value, self.value("apl_recalculee").value
        if self.value("mg").value != 0 or published is None or made is None:
            return False
        rule = self.rule(UNSEEN)
        return bool(
            published >= rule["published_from"] and made < rule["recomputed_share"] * published
        )


def _ordinal(rank: int) -> str:
    return "1er" if rank == 1 else f"{rank}e"
