"""What has no value for a territory, why, and which source would fill it."""

# ruff: noqa: E501 — sentences

from __future__ import annotations

from collections.abc import Sequence

from assemblier.blocks import Block, Gap
from assemblier.diagnosis.story import Story
from assemblier.errors import MissingSource
from assemblier.french import sentence_list
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
    silent = [cards for cards in by_source if cards and held.issuperset(cards)]
    gaps: list[Block] = [
        _gap(story, cards, names) for cards, names in by_source.items() if cards not in silent
    ]
    if silent:
        gaps.append(_silent(story, silent, [name for each in silent for name in by_source[each]]))
    return gaps


def _gap(story: Story, cards: Sequence[str], names: Sequence[str]) -> Gap:
    """Return what is missing for want of a source that is not in the lake."""
    known = [card for card in (_card(story, each) for each in cards) if card is not None]
    return Gap(
        f"Sans valeur pour ce territoire : {_labels(story, names)}.",
        sentence_list([f"{card.producer}, {card.title}" for card in known])
        or "aucune source ouverte connue",
        sentence_list([_address(card) for card in known]) or "le groupe de travail",
    )


def _silent(story: Story, sources: Sequence[Sequence[str]], names: Sequence[str]) -> Gap:
    """Return what is missing although the sources are in the lake: they have nothing here."""
    cards = [_card(story, each) for one in sources for each in one]
    producers = dict.fromkeys(card.producer for card in cards if card is not None)
    return Gap(
        f"Sans valeur pour ce territoire : {_labels(story, names)}. Les sources sont dans le lac, mais ne donnent rien ici.",
        "une édition, ou une autre source, qui couvre ce territoire",
        f"{'le producteur' if len(producers) == 1 else 'les producteurs'} ({' ; '.join(producers)}) ou l’observatoire régional de la santé",
    )


def _labels(story: Story, names: Sequence[str]) -> str:
    return sentence_list([story.label(name) for name in names], most=6)


def _address(card: Card) -> str:
    """Say where a source is got: its page, else how it is asked; and its card."""
    where = card.page or (card.obtain or "").rstrip(".") or card.producer
    return f"{where} (carte « {card.id} »)"


def _card(story: Story, name: str) -> Card | None:
    try:
        return story.figures.catalogue.card(name)
    except MissingSource:
        return None
