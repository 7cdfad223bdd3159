"""What has no value for a territory, why, and which source would fill it."""

# ruff: noqa: E501 — sentences

from __future__ import annotations

from collections.abc import Collection, Sequence

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
    held = {part.card for part in story.context.lake.manifest.parts}
    return [_gap(story, cards, names, held) for cards, names in by_source.items()]


def _gap(story: Story, cards: Sequence[str], names: Sequence[str], held: Collection[str]) -> Gap:
    """Return what is missing: a source that is not in the lake, or one that is and has nothing here."""
    known = [card for card in (_card(story, each) for each in cards) if card is not None]
    labels = sentence_list([story.label(name) for name in names], most=6)
    titles = sentence_list([f"{card.producer}, {card.title}" for card in known])
    missing = f"Sans valeur pour ce territoire : {labels}."
    if known and all(card.id in held for card in known):
        return Gap(
            f"{missing} La source est dans le lac, mais elle ne donne rien pour ce territoire.",
            "une édition, ou une autre source, qui couvre ce territoire",
            f"le producteur ({sentence_list([card.producer for card in known])}), l’ARS ou l’observatoire régional de la santé",
        )
    return Gap(
        missing,
        titles or "aucune source ouverte connue",
        sentence_list([_address(card) for card in known]) or "le groupe de travail",
    )


def _address(card: Card) -> str:
    """Say where a source is got: its page, else how it is asked; and its card."""
    where = card.page or (card.obtain or "").rstrip(".") or card.producer
    return f"{where} (carte « {card.id} »)"


def _card(story: Story, name: str) -> Card | None:
    try:
        return story.figures.catalogue.card(name)
    except MissingSource:
        return None
