"""Maps and charts drawn once, as SVG and PNG, for every format that shows them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import typst

from assemblier.blocks import Bars, Document, Form, Lines, MapBlock
from assemblier.publish.charts import draw_bars, draw_lines
from assemblier.publish.cover import draw_cover
from assemblier.publish.ground import Ground
from assemblier.publish.layout import layout
from assemblier.publish.maps import draw_map
from assemblier.publish.style import font_folders
from assemblier.publish.svg import COLUMN, PAGE, Drawing

__all__ = ["Drawings", "draw", "rasterise"]

_PAGES = """
#let held = json("drawings.json")
#set page(width: auto, height: auto, margin: 0pt)
#for one in held {
  page(image(bytes(one.svg), format: "svg", width: one.width * 0.75pt))
}
"""


@dataclass(frozen=True, slots=True)
class Drawings:
    """The drawings of a document by block id, and the picture of its cover."""

    by_id: Mapping[str, Drawing]
    cover: Drawing | None = None


def draw(document: Document, known: Drawings | None = None) -> Drawings:
    """Draw every map and chart of a document, in the width that its form gives them.

    Parameters
    ----------
    known
        Drawings of the same blocks in the same form: what is there is not drawn again.
    """
    frame = PAGE if document.form is Form.REPORT else COLUMN
    drawn: dict[str, Drawing] = {}
    grounds: dict[object, Ground] = {}
    for block in layout(document).visuals:
        if known is not None and block.id in known.by_id:
            drawn[block.id] = known.by_id[block.id]
        elif isinstance(block, Bars):
            drawn[block.id] = draw_bars(block, frame)
        elif isinstance(block, Lines):
            drawn[block.id] = draw_lines(block, frame)
        elif isinstance(block, MapBlock):
            drawn[block.id] = draw_map(document, block, frame, grounds)
    return Drawings(drawn, draw_cover(document))


def rasterise(drawings: Drawings, ppi: float = 192.0) -> dict[str, bytes]:
    """Return each drawing as PNG; ``ppi`` of 96 is one pixel of picture per CSS pixel."""
    order = [*drawings.by_id.values(), *([drawings.cover] if drawings.cover else [])]
    if not order:
        return {}
    data = [{"svg": one.svg, "width": one.width} for one in order]
    pages = typst.compile(  # type: ignore[call-overload]
        {"main.typ": _PAGES.encode(), "drawings.json": json.dumps(data).encode()},
        font_paths=font_folders(),
        ignore_system_fonts=True,
        format="png",
        ppi=ppi,
    )
    if isinstance(pages, bytes):
        pages = [pages]
    return {one.id: bytes(page) for one, page in zip(order, pages, strict=True)}
