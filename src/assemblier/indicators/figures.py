"""Turn results into printed figures, and remember where each one comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from assemblier.blocks import Figure, Provenance
from assemblier.declarations import Indicator
from assemblier.errors import MissingSource
from assemblier.indicators.components import Components, Kind
from assemblier.indicators.compute import Results
from assemblier.indicators.context import Context
from assemblier.language import THIN, number
from assemblier.sources.catalogue import Catalogue
from assemblier.tables import TABLES
from assemblier.values import Reason, Status, Value

__all__ = ["Figures", "printed", "unit_after", "worded"]

SHORT_UNITS = {
    "consultations par an et habitant standardisé": "",
    "équivalents temps plein pour 100 000 habitants standardisés": "",
}
METHODS = {
    Kind.COUNT: "Somme sur les communes de la zone.",
    Kind.RATIO: "Somme des numérateurs rapportée à celle des dénominateurs, sur les communes.",
    Kind.MEAN: "Moyenne pondérée des communes de la zone.",
    Kind.PUBLISHED: "Valeur publiée par le producteur, sans recalcul.",
    Kind.GROWTH: "Taux annuel moyen entre deux sommes, dans les communes de référence.",
}


def unit_after(indicator: Indicator) -> str:
    """Return the unit as it follows a number in a sentence or a cell."""
    if indicator.unit in SHORT_UNITS:
        return SHORT_UNITS[indicator.unit]
    if indicator.unit.startswith("%"):
        return f"{THIN}%" if indicator.unit == "%" else f"{THIN}{indicator.unit}"
    return f" {indicator.unit}" if indicator.unit else ""


def printed(value: Value, indicator: Indicator, *, unit: bool | str = True) -> str:
    """Write a value as it is printed; the word of its status where there is none.

    Parameters
    ----------
    unit
        True for the whole unit, False for none, ``cell`` for a percent sign alone: the heading
        of a table says the rest.
    """
    if value.value is None:
        return value.status.label
    text = number(value.value, indicator.decimals)
    if unit == "cell":
        return f"{text}{THIN}%" if indicator.unit.startswith("%") else text
    return text + unit_after(indicator) if unit else text


def worded(value: object) -> str:
    """Write the value of a parameter for a reader: numbers in French, names before values."""
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, int | float):
        return f"{value:g}".replace(".", ",").replace("-", "−")
    if isinstance(value, Mapping):
        return " ; ".join(f"{name} : {worded(each)}" for name, each in value.items())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(worded(each) for each in value)
    return str(value)


@dataclass(frozen=True)
class Figures:
    """Figures of one document, with the provenance of each.

    Attributes
    ----------
    provenance
        Key → provenance, filled as figures are made.
    """

    context: Context
    catalogue: Catalogue
    results: Results
    indicators: Mapping[str, Indicator]
    zone_names: Mapping[tuple[str, str], str] = field(default_factory=dict)
    provenance: dict[str, Provenance] = field(default_factory=dict)
    used_sources: dict[str, str] = field(default_factory=dict)
    rows: dict[tuple[str, str, str], dict[str, dict[str, Any]]] = field(default_factory=dict)

    def row(self, indicator: str, grid: str, zone: str, year: str | None) -> dict[str, Any] | None:
        """Return a result row: the year asked, else the latest with a value."""
        if not self.rows:
            frame = self.results.frame
            names = list(frame.columns)
            columns = [frame[name].to_numpy(object) for name in names]
            for values in zip(*columns, strict=True):
                row = dict(zip(names, values, strict=True))
                at = (row["indicator"], row["grid"], row["zone"])
                self.rows.setdefault(at, {})[row["year"]] = row
        known = self.rows.get((indicator, grid, zone))
        if not known:
            return None
        if year is not None:
            return known.get(year)
        with_value = [each for each in known if pd.notna(known[each]["value"])]
        return known[max(with_value or known)]

    def value(self, indicator: str, grid: str, zone: str, year: str | None = None) -> Value:
        """Return the value of a result row; absent for want of a source when there is none."""
        row = self.row(indicator, grid, zone, year)
        if row is None:
            return Value(None, Status.ABSENT, reason=Reason.NO_SOURCE)
        has = pd.notna(row["low"]) and pd.notna(row["high"])
        return Value(
            None if pd.isna(row["value"]) else float(row["value"]),
            Status(row["status"]),
            float(row["low"]) if has else None,
            float(row["high"]) if has else None,
            Reason(row["reason"]),
        )

    def year(self, indicator: str, grid: str, zone: str) -> str | None:
        """Return the year of the latest figure."""
        row = self.row(indicator, grid, zone, None)
        return None if row is None else str(row["year"])

    def of(
        self,
        indicator: str,
        grid: str,
        zone: str,
        year: str | None = None,
        *,
        unit: bool | str = True,
    ) -> Figure:
        """Return a printed figure and keep its provenance."""
        declared = self.indicators[indicator]
        value = self.value(indicator, grid, zone, year)
        row = self.row(indicator, grid, zone, year)
        when = year or (str(row["year"]) if row is not None else "")
        text = printed(value, declared, unit=unit)
        key = f"{indicator}|{grid}@{self.context.geography.cog}:{zone}|{when}"
        if key not in self.provenance:
            self.provenance[key] = self._provenance(key, declared, grid, zone, when, value, row)
        return Figure(text, key, str(value.status))

    def local(
        self,
        key: str,
        text: str,
        *,
        label: str,
        zone: str,
        year: str,
        value: float | None,
        unit: str,
        definition: str,
        source: str,
        says_not: tuple[str, ...] = (),
        low: float | None = None,
        high: float | None = None,
        reason: Reason = Reason.LOCAL,
    ) -> Figure:
        """Return a figure made of local knowledge, with its provenance.

        Parameters
        ----------
        key
            ``local|what|territory``.
        source
            ``card@edition`` of the local file.
        """
        status = Status.SECRET if value is None else Status.OK
        self.provenance[key] = Provenance(
            key=key,
            label=label,
            zone=zone,
            year=year,
            value=value,
            low=low,
            high=high,
            unit=unit,
            status=str(status),
            reason=reason.sentence,
            definition=definition,
            sources=(self.citation(source),),
            parameters={},
            method="Compté dans le fichier local, sans redressement.",
            says_not=says_not,
        )
        self.used_sources[source] = self.citation(source)
        return Figure(text, key, str(status), local=True)

    def interval(self, indicator: str, grid: str, zone: str, year: str | None = None) -> str:
        """Return the interval as it is printed, empty when there is none."""
        value = self.value(indicator, grid, zone, year)
        if value.low is None or value.high is None:
            return ""
        decimals = self.indicators[indicator].decimals
        return f"{number(value.low, decimals)} à {number(value.high, decimals)}"

    def name(self, grid: str, zone: str) -> str:
        """Return the name of a zone."""
        return self.zone_names.get((grid, zone)) or self.context.geography.zone_name(grid, zone)

    def sources_of(
        self, *indicators: str, years: Mapping[str, str] | None = None
    ) -> tuple[str, ...]:
        """Return the citations of some indicators, in the order met.

        Parameters
        ----------
        years
            Indicator → the only year shown; every year at hand without it.
        """
        found: dict[str, None] = {}
        for indicator in indicators:
            known = [
                (year, components)
                for (name, year, _), components in self.results.components.items()
                if name == indicator
            ]
            only = (years or {}).get(indicator)
            shown = [components for year, components in known if year == only]
            for components in shown or [components for _, components in known]:
                for source in self._citations(components):
                    found[source] = None
        return tuple(found)

    def citation(self, source: str) -> str:
        """Return how ``card@edition`` is cited."""
        card_id, _, edition = source.partition("@")
        try:
            return self.catalogue.card(card_id).cite(edition)
        except MissingSource:  # a source without a card is still named
            return source

    def _citations(self, components: Components) -> tuple[str, ...]:
        cited: dict[str, None] = {}
        for read in components.reads:
            text = self.citation(read.part.source)
            self.used_sources[read.part.source] = text
            cited[text] = None
        return tuple(cited)

    def _provenance(
        self,
        key: str,
        indicator: Indicator,
        grid: str,
        zone: str,
        year: str,
        value: Value,
        row: dict[str, Any] | None,
    ) -> Provenance:
        components = None
        if row is not None:
            at = (indicator.id, str(row["year"]), str(row["vintage"]))
            components = self.results.components.get(at)
        parameters = {}
        for name in (*indicator.parameters, "zones.coverage.estimated_below"):
            parameter = self.context.parameters[name]
            parameters[parameter.label_fr] = (
                f"{worded(parameter.latest)} ({parameter.unit}) — {parameter.reference}"
            )
        return Provenance(
            key=key,
            label=indicator.label_fr,
            zone=self.name(grid, zone),
            year=year,
            value=value.value,
            low=value.low,
            high=value.high,
            unit=indicator.unit,
            status=str(value.status),
            reason=value.reason.sentence,
            definition=indicator.definition,
            sources=self._unfolded(components) if components else (),
            parameters=parameters,
            method=(METHODS[components.kind] + " ".join(("", *components.notes)))
            if components
            else "",
            says_not=indicator.says_not,
        )

    def _unfolded(self, components: Components) -> tuple[str, ...]:
        lines = []
        for read in components.reads:
            part = read.part
            licence = self._licence(part.source)
            where = ", ".join(
                f"{name} = {value if not isinstance(value, list) else ' ou '.join(map(str, value))}"
                for name, value in read.where.items()
            )
            columns = ", ".join(read.columns)
            lines.append(
                f"{self.citation(part.source)} Fichier {part.file} (sha256 {part.sha256[:12]}…), "
                f"table « {TABLES[part.table].title} », colonne {columns}"
                f"{f' où {where}' if where else ''} ; communes du COG "
                f"{part.cog or 'sans objet'} ; licence : {licence}."
            )
            self.used_sources[part.source] = self.citation(part.source)
        return tuple(lines)

    def files_of(self, source: str) -> tuple[str, ...]:
        """Return one line per raw file of a source: citation, file, hash, licence."""
        files = {
            part.file: part.sha256
            for part in self.context.lake.manifest.parts
            if part.source == source
        }
        self.used_sources[source] = self.citation(source)
        return tuple(
            f"{self.citation(source)} Fichier {file} (sha256 {sha256[:12]}…) ; licence : "
            f"{self._licence(source)}."
            for file, sha256 in sorted(files.items())
        )

    def _licence(self, source: str) -> str:
        try:
            return self.catalogue.card(source.partition("@")[0]).licence.name
        except MissingSource:
            return "non connue"
