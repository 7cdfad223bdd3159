"""The picture of a cover: the territory among what surrounds it, its towns named."""

from __future__ import annotations

from assemblier.blocks import Document, Form, MapBlock
from assemblier.publish.ground import MARGIN, ground
from assemblier.publish.maps import Lettering, clipping, names
from assemblier.publish.style import DEEP, PAPER, PETROL
from assemblier.publish.svg import Drawing, drawing

__all__ = ["COVER", "draw_cover"]

COVER = "couverture"
"""Name of the picture among the drawings of a document."""
WIDTH, HEIGHT = 720.0, 640.0
TOWNS = Lettering(16.0, PAPER, DEEP)
AROUND, LIMIT, EDGE = "#e6edf0", "#5b8ba1", "#d98f3e"


def draw_cover(document: Document) -> Drawing | None:
    """Draw the territory of a report; None where none of its maps has a limit to show."""
    if document.form is not Form.REPORT:
        return None
    block = next((each for each in _maps(document) if each.outline), None)
    if block is None:
        return None
    known = document.shapes.get(block.grid, {})
    shapes = {code: known[code] for code in block.zones if known.get(code) is not None}
    if not shapes.keys() & block.outline:
        return None
    laid = ground(shapes, block.outline, WIDTH, HEIGHT)
    inside = [path for code, path in laid.paths.items() if code in block.outline]
    around = [path for code, path in laid.paths.items() if code not in block.outline]
    clip, clipped = clipping(COVER, laid)
    body = [
        clip,
        f'<g transform="translate({(WIDTH - laid.width) / 2:.1f} {MARGIN / 2:.0f})">',
        f"<g{clipped}>",
        f'<path d="{"".join(around)}" fill="{AROUND}" stroke="#fff" stroke-width="0.6"/>',
        f'<path d="{"".join(inside)}" fill="{PETROL}" stroke="{LIMIT}" stroke-width="0.6"/>',
        f'<path d="{laid.edge}" fill="none" stroke="#fff" stroke-width="5.5" '
        'stroke-linejoin="round"/>',
        f'<path d="{laid.edge}" fill="none" stroke="{EDGE}" stroke-width="2.6" '
        'stroke-linejoin="round"/>',
        "</g>",
        *names(block, [code for code in block.labels if code in laid.paths], laid, TOWNS),
        "</g>",
    ]
    return drawing(
        COVER,
        body,
        width=WIDTH,
        height=laid.height + MARGIN,
        title=document.title,
        alternative=f"Carte de situation : {document.title} et ses environs.",
    )


def _maps(document: Document) -> list[MapBlock]:
    return [
        block
        for section in document.sections
        for block in section.blocks
        if isinstance(block, MapBlock)
    ]
