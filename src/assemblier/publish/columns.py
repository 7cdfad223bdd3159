"""How wide the columns of a printed table are: natural where there is room, shared where not.

A number is never broken and a word only in a heading; a table is turned sideways only when its
longest words side by side are wider than the page.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from assemblier.blocks import Cell, TableBlock
from assemblier.publish.layout import sentence
from assemblier.publish.marks import marks_of
from assemblier.publish.style import text_width

__all__ = ["Column", "columns_of", "hyphened", "shared"]

BREAKS = re.compile(r"[ \n]+|(?<=[-–/])")
"""Where a line may be broken: never inside a number, whose spaces are not breaking."""
NUMBER = 9.0
"""Up to how many ems a cell of numbers is kept on one line."""
HYPHENED = 5.0
"""Over how many ems a word of a heading may be hyphened, where the page is full."""
HYPHENABLE = re.compile(r"[^’']*")
"""Headings whose words may be hyphened: not those with an apostrophe."""
READABLE = 14.0
"""From how many ems a column of texts is read with ease."""
NARROW, LONG_TEXT = 9.0, 2.0
"""To how many ems a column of texts may be narrowed for another whose texts would fill more than so
many lines of the page."""
HEADING_LINES = 3
"""In how many lines a heading is readily set."""
BOLD = 600


@dataclass(frozen=True, slots=True)
class Column:
    """What a column asks, in ems of the table's text.

    Attributes
    ----------
    least
        Its longest word.
    enough
        What it reads well at: numbers on one line, texts in a few.
    most
        Its longest text on one line.
    """

    least: float
    enough: float
    most: float


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
        enough = least if block.numeric[position] else max(least, min(most, READABLE))
        asked.append(Column(least, enough, most))
    return tuple(asked)


def shared(columns: Sequence[Column], room: float, padding: float) -> tuple[float, ...] | None:
    """Share ``room`` ems between columns; None when the longest words alone do not fit.

    Parameters
    ----------
    padding
        Left and right together, of each column.
    """
    least = [column.least + padding for column in columns]
    most = [column.most + padding for column in columns]
    if sum(most) <= room:
        return tuple(most)
    enough = [column.enough + padding for column in columns]
    if max(most) > LONG_TEXT * room:
        # beside a column of paragraphs, one of short texts is read well enough when narrower
        roots = [math.sqrt(column.most) for column in columns]
        fair = [max(NARROW, room * root / sum(roots)) for root in roots]
        enough = [
            max(column.least, min(column.enough, part)) + padding
            for column, part in zip(columns, fair, strict=True)
        ]
    if sum(least) > room:
        return None
    if sum(enough) > room:
        return tuple(_filled(least, enough, room))
    return tuple(_filled(enough, most, room))


def hyphened(block: TableBlock, widths: Sequence[float], padding: float) -> list[bool]:
    """Return which headings have a word wider than their column, in ems."""
    return [
        _longest_word(name, BOLD) > width - padding + 1e-6
        for name, width in zip(block.columns, widths, strict=True)
    ]


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
