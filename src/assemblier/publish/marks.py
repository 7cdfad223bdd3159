"""The small marks beside figures that are not plain values, and the names of callouts."""

from __future__ import annotations

from collections.abc import Iterable

from assemblier.blocks import Figure, TableBlock, Tone

__all__ = ["MARK_MEANINGS", "TONE_NAMES", "marks_of", "statuses_in"]

MARK_MEANINGS = {"e": "valeur estimée", "l": "connaissance locale"}

TONE_NAMES = {
    Tone.WARNING: "Attention",
    Tone.LIMIT: "Limite",
    Tone.FINDING: "Constat",
    Tone.METHOD: "Méthode",
    Tone.LOCAL: "Connaissance locale",
}


def marks_of(figure: Figure) -> str:
    """Return the marks of a figure: ``e`` when estimated, ``l`` when local.

    A figure said in words bears none: a letter after ``Aucun habitant`` reads as its ending.
    """
    if not any(sign.isdigit() for sign in figure.text):
        return ""
    return ",".join(
        mark for mark, true in (("e", figure.status == "estimated"), ("l", figure.local)) if true
    )


def statuses_in(block: TableBlock) -> str:
    """Return the legend of the marks that a table bears, or an empty text."""
    return legend(cell for row in block.rows for cell in row if isinstance(cell, Figure))


def legend(figures: Iterable[Figure]) -> str:
    """Return the meaning of the marks that some figures bear."""
    found = {mark for figure in figures for mark in marks_of(figure).split(",") if mark}
    return " ; ".join(f"{mark} : {text}" for mark, text in MARK_MEANINGS.items() if mark in found)
