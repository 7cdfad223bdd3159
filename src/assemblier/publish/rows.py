"""What stands side by side on the pages of a brief."""

from __future__ import annotations

from collections.abc import Sequence

from assemblier.blocks import (
    Bars,
    Block,
    Bullets,
    Callout,
    Heading,
    Lines,
    MapBlock,
    Paragraph,
    TableBlock,
)
from assemblier.publish.layout import sentence

__all__ = ["DRAWN", "is_long", "letters_after", "side_by_side"]

DRAWN = (Bars, Lines, MapBlock)
TEXTS = (Paragraph, Bullets, Callout)
BESIDE = 1150
"""How many letters of text stand beside a drawing without passing under it."""
TITLE = 150
"""Letters that a heading, or the mention of a table of the annex, takes the height of."""
FRAME = 250
"""Letters that the frame, the captions and the notes of a block take the height of."""
TABLE_ROW = 90
"""Letters that a row of a table takes the height of."""
LONG = 1500
"""Over how many letters in one of its columns a row may be cut by the end of a page."""


def side_by_side(blocks: Sequence[Block]) -> list[tuple[tuple[Block, ...], ...]]:
    """Return the rows of a brief: one or two columns of blocks each, all of them in order.

    A drawing goes beside the next drawing, else beside the texts that follow it, as many as are
    no longer than it is high; two short lists
    under headings of their own go side by side.
    """
    rows: list[tuple[tuple[Block, ...], ...]] = []
    at = 0
    while at < len(blocks):
        one = blocks[at]
        after = blocks[at + 1 : at + 2]
        if isinstance(one, DRAWN):
            end = at + 1
            if after and isinstance(after[0], DRAWN):
                end += 1
            else:
                while end < len(blocks) and isinstance(blocks[end], TEXTS):
                    if _letters(blocks[at + 1 : end + 1]) > BESIDE:
                        break
                    end += 1
            rows.append(((one,), tuple(blocks[at + 1 : end])) if end > at + 1 else ((one,),))
        elif _listed(blocks[at : at + 2]) and _listed(blocks[at + 2 : at + 4]):
            end = at + 4
            rows.append((tuple(blocks[at : at + 2]), tuple(blocks[at + 2 : end])))
        else:
            end = at + 1
            rows.append(((one,),))
        at = end
    return rows


def is_long(columns: Sequence[Sequence[Block]]) -> bool:
    """Whether a row may be cut by the end of a page."""
    return max(map(_letters, columns)) > LONG


def letters_after(blocks: Sequence[Block]) -> int:
    """Return how much comes after a drawing in its chapter, in letters of text.

    What is no text counts for the letters that would take its height. Drawings count for nothing:
    they may be put on the next page too.
    """
    return sum(_taken(block) for block in blocks)


def _taken(block: Block) -> int:
    if isinstance(block, TableBlock):
        return TITLE if block.annex else FRAME + TABLE_ROW * len(block.rows)
    if isinstance(block, Heading):
        return TITLE
    if isinstance(block, DRAWN):
        return 0
    return _letters((block,)) + (0 if isinstance(block, (Paragraph, Bullets)) else FRAME)


def _letters(column: Sequence[Block]) -> int:
    """Return how many letters the texts of a column have."""
    return sum(
        len(sentence(content))
        for block in column
        for content in (
            block.items
            if isinstance(block, Bullets)
            else (block.content,)
            if isinstance(block, (Paragraph, Callout))
            else ()
        )
    )


def _listed(pair: Sequence[Block]) -> bool:
    """Whether two blocks are a heading and its list, not a numbered one."""
    return (
        len(pair) == 2
        and isinstance(pair[0], Heading)
        and isinstance(pair[1], Bullets)
        and not pair[1].ordered
    )
