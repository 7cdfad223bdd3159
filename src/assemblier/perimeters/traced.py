"""Printed numbers of a study that are no row of the result table, with what each unfolds to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from assemblier.blocks import Figure, Provenance
from assemblier.indicators.context import Context
from assemblier.indicators.figures import Figures
from assemblier.language import THIN, number
from assemblier.perimeters.border import WHAT
from assemblier.perimeters.ledger import Ledger
from assemblier.perimeters.visits import OBSERVED
from assemblier.territory.territory import Territory

__all__ = ["PerimeterStory", "Traced"]


class PerimeterStory(Protocol):
    """What the chapter needs of the story that a diagnosis gives it."""

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
    def area(self) -> float | None: ...  # noqa: D102
    @property
    def shapes(self) -> dict[str, Mapping[str, object]]: ...  # noqa: D102


@dataclass(frozen=True)
class Traced:
    """Makes figures and keeps the provenance of each in the document.

    Attributes
    ----------
    figures
        Figures of the document.
    zone
        What the figures speak of, as printed.
    sources
        Topic → ``card@edition`` of what its figures rest on.
    """

    figures: Figures
    zone: str
    slug: str
    sources: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def topic_of(self, ledger: Ledger) -> str:
        """Return the topic of a ledger: what its flows rest on."""
        return (
            next((topic for topic, what in WHAT.items() if what == ledger.what), "care")
            if ledger.kind == OBSERVED
            else "care"
        )

    def cited(self, *topics: str) -> tuple[str, ...]:
        """Return the citations of topics or indicators, counted among the document's sources."""
        found: dict[str, None] = {}
        for topic in topics:
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
        """Return the raw files behind topics or indicators, with their hashes and licences."""
        found: dict[str, None] = {}
        for topic in topics:
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
        topics: Sequence[str],
        unit: str = "",
        status: str = "ok",
        year: str = "",
        says_not: Sequence[str] = (),
        parameters: Mapping[str, str] | None = None,
        zone: str = "",
    ) -> Figure:
        """Return a figure.

        Parameters
        ----------
        key
            Unique in the study.
        """
        full = f"perimetre|{self.slug}|{key}"
        if full not in self.figures.provenance:
            self.figures.provenance[full] = Provenance(
                key=full,
                label=label,
                zone=zone or self.zone,
                year=year or f"communes de {self.figures.context.geography.cog}",
                value=value,
                low=None,
                high=None,
                unit=unit,
                status=status,
                reason="" if status == "ok" else "valeur issue d’un modèle",
                definition=label,
                sources=self.unfolded(*topics),
                parameters=dict(parameters or {}),
                method=method,
                says_not=tuple(says_not),
            )
        return Figure(text, full, status)

    def share(self, key: str, value: float | None, decimals: int = 1, **told: object) -> Figure:
        """Return a share between 0 and 1 as a percentage; ``absent`` when it is unknown."""
        text = "absent" if value is None else f"{number(100 * value, decimals)}{THIN}%"
        percentage = None if value is None else 100 * value
        return self.of(key, percentage, text, unit="%", **told)  # type: ignore[arg-type]

    def count(self, key: str, value: float | None, decimals: int = 0, **told: object) -> Figure:
        """Return a count; ``absent`` when it is unknown."""
        text = "absent" if value is None else number(value, decimals)
        return self.of(key, value, text, **told)  # type: ignore[arg-type]
