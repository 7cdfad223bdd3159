"""What has no value for a territory, why, and which source would fill it."""

from __future__ import annotations

from collections.abc import Sequence

from assemblier.blocks import Block, Gap
from assemblier.diagnosis.french import sentence_list
from assemblier.diagnosis.story import Story
from assemblier.errors import MissingSource
from assemblier.sources.card import Card
from assemblier.values import Reason, Status

__all__ = ["absences"]

NEVER_FILLED = frozenset({Reason.NOT_AGGREGABLE, Reason.ZERO_DENOMINATOR, Reason.SINGLE_CLASS})
"""Reasons that no source would mend: the figure is published elsewhere, or has no meaning here."""


def absences(story: Story, indicators: Sequence[str]) -> list[Block]:
    """Return one gap by source for the indicators that have no value for the territory.

    Parameters
    ----------
    indicators
        Those that a chapter tells where it can.
    """
    by_source: dict[tuple[str, ...], list[str]] = {}
    for name in indicators:
        value = story.value(name)
        if value.value is not None or value.reason in NEVER_FILLED:
            continue
        if value.status in {Status.SECRET, Status.NOT_APPLICABLE}:
            continue
        by_source.setdefault(story.figures.indicators[name].cards, []).append(name)
    gaps: list[Block] = []
    for cards, names in by_source.items():
        known = [card for card in (_card(story, each) for each in cards) if card is not None]
        labels = [story.label(name) for name in names]
        gaps.append(
            Gap(
                f"Sans valeur pour ce territoire : {sentence_list(labels, most=6)}.",
                sentence_list([f"{card.producer}, {card.title}" for card in known])
                or "aucune source ouverte connue",
                sentence_list([f"carte « {card.id} »" for card in known]) or "le groupe de travail",
            )
        )
    return gaps


def _card(story: Story, name: str) -> Card | None:
    try:
        return story.figures.catalogue.card(name)
    except MissingSource:
        return None
