"""Printed numbers of a future, with what each unfolds to, and maps of what changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from assemblier.blocks import Figure, MapBlock, MapClass, Provenance, SourceNote
from assemblier.futures.baseline import Baseline
from assemblier.indicators.context import Context
from assemblier.indicators.figures import Figures
from assemblier.language import number, signed
from assemblier.territory.geography import GRID_LABELS
from assemblier.territory.territory import Territory

__all__ = ["FuturesStory", "Told", "changes_map"]

UNIT = "consultations par an et habitant standardisé"
NAMED = 6
"""Communes named on a map."""
CHANGE_COLOURS = ("#8c4a0b", "#d08a3c", "#f2d6a8", "#f0f0ee", "#bcd8ea", "#5b9bc4", "#14507f")
"""Brown for a loss, blue for a gain: told apart by colour-blind eyes and in grey by their ends."""


class FuturesStory(Protocol):
    """What the pages of the futures need of the document they are printed in."""

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


@dataclass(frozen=True)
class Told:
    """Makes the figures of one future and keeps the provenance of each in the document.

    Attributes
    ----------
    figures
        Figures of the document.
    what
        First word of the keys: ``projection``, ``scenario``, ``implantation``.
    zone, year
        What figures speak of, unless they say otherwise.
    lines
        One line for each raw file behind the figures.
    cited
        Citations, for the notes under tables.
    parameters
        Label of a parameter → value and reference.
    """

    figures: Figures
    what: str
    zone: str
    year: str
    lines: tuple[str, ...]
    cited: tuple[str, ...]
    parameters: Mapping[str, str]
    says_not: tuple[str, ...]

    @classmethod
    def of_baseline(
        cls,
        story: FuturesStory,
        baseline: Baseline,
        what: str,
        parameters: Sequence[str],
        says_not: Sequence[str],
        *,
        year: str,
        tables: Sequence[str] = (),
    ) -> Told:
        """Tell a future that starts from a baseline.

        Parameters
        ----------
        parameters
            Identifiers of the dated parameters it rests on.
        tables
            Tables of the lake it reads beside the baseline.
        """
        sources = [read.part.source for read in baseline.reads]
        sources += [part.source for table in tables for part in story.context.parts(table)]
        return cls.of_sources(story, sources, what, parameters, says_not, year=year)

    @classmethod
    def of_sources(
        cls,
        story: FuturesStory,
        sources: Sequence[str],
        what: str,
        parameters: Sequence[str],
        says_not: Sequence[str],
        *,
        year: str,
    ) -> Told:
        """Tell a future that rests on some sources, ``card@edition`` each."""
        figures = story.figures
        once = list(dict.fromkeys(sources))
        told = {}
        for name in parameters:
            parameter = story.context.parameters[name]
            told[parameter.label_fr] = (
                f"{parameter.latest} ({parameter.unit}) — {parameter.reference}"
            )
        return cls(
            figures,
            what,
            story.territory.name,
            year,
            tuple(line for source in once for line in figures.files_of(source)),
            tuple(dict.fromkeys(figures.citation(source) for source in once)),
            told,
            tuple(says_not),
        )

    def of(
        self,
        key: str,
        value: float | None,
        text: str,
        *,
        label: str,
        method: str,
        unit: str = "",
        zone: str = "",
        year: str = "",
        low: float | None = None,
        high: float | None = None,
        status: str = "estimated",
    ) -> Figure:
        """Return a figure.

        Parameters
        ----------
        key
            Unique in this future.
        """
        full = f"{self.what}|{key}"
        known = value is not None and np.isfinite(value)
        if full not in self.figures.provenance:
            self.figures.provenance[full] = Provenance(
                key=full,
                label=label,
                zone=zone or self.zone,
                year=year or self.year,
                value=float(value) if known and value is not None else None,
                low=low,
                high=high,
                unit=unit,
                status=status,
                reason="valeur issue d’un modèle" if status == "estimated" else "",
                definition=label,
                sources=self.lines,
                parameters=self.parameters,
                method=method,
                says_not=self.says_not,
            )
        return Figure(text, full, status)

    def number(
        self,
        key: str,
        value: float,
        decimals: int = 0,
        *,
        sign: bool = False,
        label: str,
        method: str,
        unit: str = "",
        zone: str = "",
        year: str = "",
        low: float | None = None,
        high: float | None = None,
        status: str = "estimated",
    ) -> Figure:
        """Return a number as it is printed; ``absent`` where there is none.

        Parameters
        ----------
        status
            ``ok`` for what was counted or asked rather than modelled.
        """
        if not np.isfinite(value):
            text, status = "absent", "absent"
        else:
            text = signed(value, decimals) if sign else number(value, decimals)
        return self.of(
            key, value, text, label=label, method=method, unit=unit, zone=zone, year=year,
            low=low, high=high, status=status,
        )  # fmt: skip

    def note(self, *notes: str, reading: str = "") -> SourceNote:
        """Return the note under a table or a map."""
        return SourceNote(self.cited, reading=reading, notes=tuple(map(_sentence, notes)))


def _sentence(note: str) -> str:
    return f"{note[:1].upper()}{note[1:]}" + ("" if note.endswith(".") else ".")


def changes_map(
    story: FuturesStory,
    told: Told,
    identifier: str,
    title: str,
    delta: Mapping[str, float],
    bounds: Sequence[float],
    *,
    said: str,
    note: SourceNote,
) -> MapBlock | None:
    """Map changes of APL by commune, losses and gains apart; None where maps are not of communes.

    Parameters
    ----------
    delta
        By commune; those of the window are drawn.
    bounds
        Three positive bounds: from which a change is noticed, clear, large.
    said
        What the map shows, in one sentence.
    """
    if story.detail != "commune":
        return None
    steps = [-each for each in reversed(bounds)] + list(bounds)
    codes = sorted(story.window & set(delta))
    unchanged = told.of(
        f"{identifier}|inchangé", None, f"moins de {number(bounds[0], 2)}",
        label="Changement d’APL trop petit pour être remarqué", zone="communes de la carte",
        method="APL après moins APL avant.", unit=UNIT,
    )  # fmt: skip
    texts = {
        code: told.number(
            f"{identifier}|{code}", delta[code], 2, sign=True,
            label="Changement d’APL de la commune", method="APL après moins APL avant.", unit=UNIT,
            zone=story.figures.name("commune", code),
        )
        if abs(delta[code]) >= bounds[0]
        else unchanged
        for code in codes
    }  # fmt: skip
    small = [number(each, 2) for each in bounds]
    labels = (
        f"perd {small[2]} ou plus", f"perd de {small[1]} à {small[2]}",
        f"perd de {small[0]} à {small[1]}", f"change de moins de {small[0]}",
        f"gagne de {small[0]} à {small[1]}", f"gagne de {small[1]} à {small[2]}",
        f"gagne {small[2]} ou plus",
    )  # fmt: skip
    place = {}
    for code in codes:
        side = "right" if delta[code] > 0 else "left"
        place[code] = int(np.searchsorted(steps, delta[code], side=side))  # type: ignore[call-overload]
    drawn = sorted(set(place.values()))
    rank = {at: k for k, at in enumerate(drawn)}
    counts = {at: sum(each == at for each in place.values()) for at in drawn}
    return MapBlock(
        identifier,
        title,
        "commune",
        UNIT,
        {code: story.figures.name("commune", code) for code in codes},
        {code: float(delta[code]) for code in codes},
        texts,
        tuple(MapClass(labels[at], CHANGE_COLOURS[at], counts[at]) for at in drawn),
        {code: rank[at] for code, at in place.items()},
        dict.fromkeys(codes, "ok"),
        note,
        outline=story.inside,
        approximate=bool(story.approximate.get("commune", frozenset()) & set(codes)),
        description=said,
        labels=_largest(story, codes),
        counted=GRID_LABELS["commune"][1],
    )


def _largest(story: FuturesStory, codes: Sequence[str]) -> tuple[str, ...]:
    """Return the largest communes of the territory: their names help to find one’s way."""
    people = story.context.geography.population.reindex([c for c in codes if c in story.inside])
    return tuple(people.dropna().sort_values(ascending=False).index[:NAMED])
