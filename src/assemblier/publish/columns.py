"""How wide the columns of a printed table are: natural where there is room, shared where not.

A number is never broken and a word only in a heading; where texts must be wrapped, columns get
the widths that make the table shortest. A table is turned sideways only when its longest words
side by side are wider than the page.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from assemblier.blocks import Cell, TableBlock
from assemblier.publish.layout import sentence
from assemblier.publish.marks import marks_of
from assemblier.publish.style import text_width

__all__ = ["Column", "columns_of", "height", "hyphened", "shared"]

BREAKS = re.compile(r"[ \n]+|(?<=[-–/])")
"""Where a line may be broken: never inside a number, whose spaces are not breaking."""
NUMBER = 9.0
"""Up to how many ems a cell of numbers is kept on one line."""
HYPHENED = 5.0
"""Over how many ems a word of a heading may be hyphened, where the page is full."""
HYPHENABLE = re.compile(r"[^’']*")
"""Headings whose words may be hyphened: not those with an apostrophe."""
HEADING_LINES = 3
"""In how many lines a heading is readily set."""
BOLD = 600
RAGGED = 1.08
"""How much longer a text is once it is broken into lines."""
CUT = 0.75
"""What a hyphened word costs, in lines."""
EVEN = 0.02
"""What a line costs that does not make its row taller, in lines."""
STEPS = (8.0, 4.0, 2.0, 1.0, 0.5, 0.25)
"""How many ems are moved from one column to another, largest first."""


@dataclass(frozen=True, slots=True)
class Column:
    """What a column asks, in ems of the table's text.

    Attributes
    ----------
    least
        Its longest word.
    most
        Its longest text on one line, its heading in three.
    lengths
        Width of each of its texts on one line, that of its heading first.
    word
        Longest word of its heading.
    """

    least: float
    most: float
    lengths: tuple[float, ...]
    word: float = 0.0


def columns_of(block: TableBlock) -> tuple[Column, ...]:
    """Return what each column of a table asks, without the padding of cells."""
    asked = []
    for position, name in enumerate(block.columns):
        bold = [BOLD if i in block.emphasised else 400 for i in range(len(block.rows))]
        texts = [_printed(row[position]) for row in block.rows]
        whole = [text_width(t, 1.0, b) for t, b in zip(texts, bold, strict=True)]
        words = [_longest_word(t, b) for t, b in zip(texts, bold, strict=True)]
        if block.numeric[position]:
            words = [w if w <= NUMBER else part for w, part in zip(whole, words, strict=True)]
        heading = text_width(name, 1.0, BOLD)
        title = _longest_word(name, BOLD)
        least = max([min(title, HYPHENED) if HYPHENABLE.fullmatch(name) else title, *words])
        most = max([least, title, heading / HEADING_LINES, *whole])
        asked.append(Column(least, most, (heading, *whole), title))
    return tuple(asked)


def shared(columns: Sequence[Column], room: float, padding: float) -> tuple[float, ...] | None:
    """Share ``room`` ems between columns; None when the longest words alone do not fit.

    Parameters
    ----------
    padding
        Left and right together, of each column.
    """
    least = np.array([column.least + padding for column in columns])
    most = np.array([column.most + padding for column in columns])
    if most.sum() <= room:
        return tuple(most.tolist())
    if least.sum() > room:
        return None
    widths = np.array(_filled(least.tolist(), most.tolist(), room))
    lengths, words = _measures(columns)
    best = _height(lengths, words, widths - padding)
    for step in STEPS:
        moved = True
        while moved:
            moved = False
            for taker in range(len(columns)):
                for giver in range(len(columns)):
                    part = min(step, widths[giver] - least[giver], most[taker] - widths[taker])
                    if giver == taker or part < step / 2:
                        continue
                    tried = widths.copy()
                    tried[giver] -= part
                    tried[taker] += part
                    tall = _height(lengths, words, tried - padding)
                    if tall < best - 1e-9:
                        widths, best, moved = tried, tall, True
    return tuple(widths.tolist())


def height(columns: Sequence[Column], widths: Sequence[float]) -> float:
    """Return about how many lines a table takes at some widths, in ems without padding."""
    return _height(*_measures(columns), np.array(widths))


def hyphened(block: TableBlock, widths: Sequence[float], padding: float) -> list[bool]:
    """Return which headings have a word wider than their column, in ems."""
    return [
        _longest_word(name, BOLD) > width - padding + 1e-6
        for name, width in zip(block.columns, widths, strict=True)
    ]


def _measures(columns: Sequence[Column]) -> tuple[np.ndarray, np.ndarray]:
    return (
        np.array([column.lengths for column in columns], dtype=np.float64).T,
        np.array([column.word for column in columns]),
    )


def _height(lengths: np.ndarray, words: np.ndarray, widths: np.ndarray) -> float:
    """Count the lines of rows; those beside the tallest cell count little, cut words too."""
    wide = np.maximum(widths, 1e-6) + 1e-6
    lines = np.where(lengths <= wide, 1.0, np.ceil(lengths * RAGGED / wide))
    cut = float(np.count_nonzero(words > wide))
    return float(lines.max(axis=1).sum() + EVEN * lines.sum() + CUT * cut)


def _filled(given: Sequence[float], wanted: Sequence[float], room: float) -> list[float]:
    """Widen columns up to what they want: a small wish is granted whole, a large one partly."""
    widths = list(given)
    spare = room - sum(widths)
    wish = [want - had for want, had in zip(wanted, given, strict=True)]
    waiting = sorted((i for i in range(len(widths)) if wish[i] > 0), key=lambda i: wish[i])
    weight = sum(math.sqrt(wish[i]) for i in waiting)
    for i in waiting:
        part = min(wish[i], spare * math.sqrt(wish[i]) / weight)
        weight -= math.sqrt(wish[i])
        widths[i] += part
        spare -= part
    return widths


def _longest_word(text: str, weight: int) -> float:
    return max((text_width(part, 1.0, weight) for part in BREAKS.split(text)), default=0.0)


def _printed(cell: Cell) -> str:
    if cell is None:
        return ""
    return cell if isinstance(cell, str) else sentence((cell,)) + marks_of(cell)
