"""Pieces of sentences around a figure: who is concerned, from nobody to everyone."""

from __future__ import annotations

from dataclasses import replace

from assemblier.blocks import Inline
from assemblier.diagnosis.story import Story
from assemblier.language import THIN, number

__all__ = ["share_of"]


def share_of(
    story: Story,
    indicator: str,
    none: str,
    some: str,
    *,
    whom: tuple[str, str, str] = ("Aucun habitant", "Tous les habitants", " des habitants"),
) -> tuple[Inline, ...]:
    """Say a share of people: nobody, everyone, or the percentage; the figure unfolds either way.

    Parameters
    ----------
    none, some
        What follows: ``ne vit en zone sous-dotée``, ``vivent en zone sous-dotée``.
    whom
        How nobody, everyone and some are named.
    """
    figure, value = story.fig(indicator), story.value(indicator).value
    if value == 0.0:
        return (replace(figure, text=whom[0]), f" {none}")
    if value == 100.0:
        return (replace(figure, text=whom[1]), f" {some}")
    least = 10.0 ** -story.figures.indicators[indicator].decimals
    if value is not None and value < least / 2:
        decimals = story.figures.indicators[indicator].decimals
        text = f"Moins de {number(least, decimals)}{THIN}%"
        return (replace(figure, text=text), f"{whom[2]} {some}")
    return (figure, f"{whom[2]} {some}")
