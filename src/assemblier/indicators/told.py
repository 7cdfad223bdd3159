"""Printed numbers that are not indicators, each with what it unfolds to.

A perimeter, a projection, a siting print numbers of their own: counts of zones, flows, doctors to
come. They are kept in the same document, beside the figures of the indicators, with their sources,
their parameters and what they do not say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from assemblier.blocks import Figure, Provenance, SourceNote
from assemblier.indicators.context import Context
from assemblier.indicators.figures import Figures
from assemblier.language import THIN, number, signed
from assemblier.territory.territory import Territory

__all__ = ["TerritoryStory", "Told", "as_sentence"]

ESTIMATED, ABSENT = "estimated", "absent"
MODELLED = "valeur issue d’un modèle"


class TerritoryStory(Protocol):
    """What the pages on a territory need of the document they are printed in.

    ``window`` holds the zones of ``detail`` that maps show, ``inside`` those of the territory,
    ``shapes`` and ``approximate`` what is drawn of each grid.
    """

    @property
    def territory(self) -> Territory: ...  # noqa: D102
    @property
    def context(self) -> Context: ...  # noqa: D102
    @property
    def figures(self) -> Figures: ...  # noqa: D102
    @property
    def detail(self) -> str: ...  # noqa: D102
    @property
    def window(self) -> frozenset[str]: ...  # noqa: D102
    @property
    def inside(self) -> frozenset[str]: ...  # noqa: D102
    @property
    def approximate(self) -> dict[str, frozenset[str]]: ...  # noqa: D102
    @property
    def shapes(self) -> dict[str, Mapping[str, object]]: ...  # noqa: D102


@dataclass(frozen=True)
class Told:
    """Makes figures and keeps the provenance of each in the document.

    Attributes
    ----------
    figures
        Figures of the document.
    prefix
        First word of the keys: ``projection``, ``scenario``, ``perimetre|<territory>``.
    zone, year
        What figures speak of, unless they say otherwise.
    sources
        Topic → ``card@edition`` of what its figures rest on; an indicator is a topic too.
    status
        Status of a figure that says none.
    parameters
        Label of a parameter → value and reference, for figures that say none.
    says_not
        What no figure says, for those that say none.
    """

    figures: Figures
    prefix: str
    zone: str
    year: str
    sources: Mapping[str, Sequence[str]] = field(default_factory=dict)
    status: str = "ok"
    parameters: Mapping[str, str] = field(default_factory=dict)
    says_not: tuple[str, ...] = ()

    def cited(self, *topics: str) -> tuple[str, ...]:
        """Return the citations of topics, all by default, counted among the document's sources."""
        found: dict[str, None] = {}
        for topic in topics or tuple(self.sources):
            if topic in self.figures.indicators and topic not in self.sources:
                found |= dict.fromkeys(self.figures.sources_of(topic))
            for source in self.sources.get(topic, ()):
                if "@" not in source:
                    found[source] = None
                    continue
                text = self.figures.citation(source)
                self.figures.used_sources[source] = text
                found[text] = None
        return tuple(found)

    def unfolded(self, *topics: str) -> tuple[str, ...]:
        """Return the raw files behind topics, all by default, with their hashes and licences."""
        found: dict[str, None] = {}
        for topic in topics or tuple(self.sources):
            sources = list(self.sources.get(topic, ()))
            if topic in self.figures.indicators and topic not in self.sources:
                sources = [
                    read.part.source
                    for (name, _, _), components in self.figures.results.components.items()
                    if name == topic
                    for read in components.reads
                ]
            for source in dict.fromkeys(sources):
                lines = self.figures.files_of(source) if "@" in source else ()
                found |= dict.fromkeys(lines or (source,))
        return tuple(found)

    def of(
        self,
        key: str,
        value: float | None,
        text: str,
        *,
        label: str,
        method: str,
        topics: Sequence[str] = (),
        unit: str = "",
        zone: str = "",
        year: str = "",
        low: float | None = None,
        high: float | None = None,
        status: str = "",
        says_not: Sequence[str] | None = None,
        parameters: Mapping[str, str] | None = None,
    ) -> Figure:
        """Return a figure as it is printed.

        Parameters
        ----------
        key
            Unique under the prefix.
        topics
            What it rests on, all sources by default.
        """
        full = f"{self.prefix}|{key}"
        held = status or self.status
        if full not in self.figures.provenance:
            known = value is not None and np.isfinite(value)
            self.figures.provenance[full] = Provenance(
                key=full,
                label=label,
                zone=zone or self.zone,
                year=year or self.year,
                value=float(value) if known and value is not None else None,
                low=low,
                high=high,
                unit=unit,
                status=held,
                reason=MODELLED if held == ESTIMATED else "",
                definition=label,
                sources=self.unfolded(*topics),
                parameters=dict(self.parameters if parameters is None else parameters),
                method=method,
                says_not=tuple(self.says_not if says_not is None else says_not),
            )
        return Figure(text, full, held)

    def number(
        self,
        key: str,
        value: float | None,
        decimals: int = 0,
        *,
        sign: bool = False,
        label: str,
        method: str,
        topics: Sequence[str] = (),
        unit: str = "",
        zone: str = "",
        year: str = "",
        low: float | None = None,
        high: float | None = None,
        status: str = "",
        says_not: Sequence[str] | None = None,
        parameters: Mapping[str, str] | None = None,
    ) -> Figure:
        """Return a number as it is printed; ``absent`` where there is none."""
        if value is None or not np.isfinite(value):
            value, text, status = None, "absent", ABSENT
        else:
            text = signed(value, decimals) if sign else number(value, decimals)
        return self.of(
            key, value, text, label=label, method=method, topics=topics, unit=unit, zone=zone,
            year=year, low=low, high=high, status=status, says_not=says_not, parameters=parameters,
        )  # fmt: skip

    def share(
        self,
        key: str,
        value: float | None,
        decimals: int = 1,
        *,
        label: str,
        method: str,
        topics: Sequence[str] = (),
        zone: str = "",
        year: str = "",
        status: str = "",
        says_not: Sequence[str] | None = None,
        parameters: Mapping[str, str] | None = None,
    ) -> Figure:
        """Return a share between 0 and 1 as a percentage; ``absent`` where there is none."""
        known = value is not None and np.isfinite(value)
        percentage = 100 * value if known and value is not None else None
        text = "absent" if percentage is None else f"{number(percentage, decimals)}{THIN}%"
        return self.of(
            key, percentage, text, label=label, method=method, topics=topics, unit="%", zone=zone,
            year=year, status=status if known else ABSENT, says_not=says_not,
            parameters=parameters,
        )  # fmt: skip

    def note(self, *notes: str, reading: str = "") -> SourceNote:
        """Return the note under a table or a map that rests on all sources."""
        return SourceNote(self.cited(), reading=reading, notes=tuple(map(as_sentence, notes)))


def as_sentence(note: str) -> str:
    """Begin a note with a capital and end it with a full stop."""
    return f"{note[:1].upper()}{note[1:]}" + ("" if note.endswith(".") else ".")
