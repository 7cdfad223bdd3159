"""What the figures of a future rest on, and maps of what it changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from assemblier.blocks import Block, Bullets, Heading, MapBlock, MapClass, SourceNote
from assemblier.futures.baseline import Baseline
from assemblier.indicators.told import TerritoryStory, Told, as_sentence
from assemblier.language import number
from assemblier.territory.geography import GRID_LABELS

__all__ = ["changes_map", "resting_on", "told_from", "told_on"]

UNIT = "consultations par an et habitant standardisé"
NAMED = 6
"""Communes named on a map."""
CHANGE_COLOURS = ("#8c4a0b", "#d08a3c", "#f2d6a8", "#f0f0ee", "#bcd8ea", "#5b9bc4", "#14507f")
"""Brown for a loss, blue for a gain: told apart by colour-blind eyes and in grey by their ends."""


def told_from(
    story: TerritoryStory,
    baseline: Baseline,
    what: str,
    parameters: Sequence[str],
    says_not: Sequence[str],
    *,
    year: str,
    tables: Sequence[str] = (),
) -> Told:
    """Open the figures of a future that starts from a baseline.

    Parameters
    ----------
    what
        First word of their keys: ``projection``, ``scenario``, ``implantation``.
    parameters
        Identifiers of the dated parameters it rests on.
    tables
        Tables of the lake it reads beside the baseline.
    """
    sources = [read.part.source for read in baseline.reads]
    sources += [part.source for table in tables for part in story.context.parts(table)]
    return told_on(story, sources, what, parameters, says_not, year=year)


def told_on(
    story: TerritoryStory,
    sources: Sequence[str],
    what: str,
    parameters: Sequence[str],
    says_not: Sequence[str],
    *,
    year: str,
) -> Told:
    """Open the figures of a future that rests on some sources, ``card@edition`` each."""
    held = {}
    for name in parameters:
        parameter = story.context.parameters[name]
        held[parameter.label_fr] = f"{parameter.latest} ({parameter.unit}) — {parameter.reference}"
    return Told(
        story.figures,
        what,
        story.territory.name,
        year,
        {what: tuple(dict.fromkeys(sources))},
        status="estimated",
        parameters=held,
        says_not=tuple(says_not),
    )


def resting_on(notes: Sequence[str]) -> list[Block]:
    """Write what figures rest on, once, after them; nothing without notes."""
    if not notes:
        return []
    said = tuple((as_sentence(note),) for note in dict.fromkeys(notes))
    return [Heading("Sur quoi reposent ces chiffres", 3), Bullets(said)]


def changes_map(
    story: TerritoryStory,
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


def _largest(story: TerritoryStory, codes: Sequence[str]) -> tuple[str, ...]:
    """Return the largest communes of the territory: their names help to find one’s way."""
    people = story.context.geography.population.reindex([c for c in codes if c in story.inside])
    return tuple(people.dropna().sort_values(ascending=False).index[:NAMED])
