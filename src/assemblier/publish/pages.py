"""How many pages a document takes once it is set, so that what is too long is cut by choice."""

from __future__ import annotations

from collections.abc import Callable

from assemblier.blocks import Document
from assemblier.publish.drawings import Drawings, draw
from assemblier.publish.pdf import pages_of, render_pdf

__all__ = ["page_fitter"]


def page_fitter() -> Callable[[Document, int], bool]:
    """Return a test: does a document hold in a number of pages.

    The drawings of a document are kept from one try to the next: a try leaves blocks out or
    shortens lists and tables, it changes no map and no chart.
    """
    kept: dict[str, Drawings] = {}

    def fits(document: Document, pages: int) -> bool:
        drawn = draw(document, kept.get(document.id))
        kept[document.id] = Drawings({**kept.get(document.id, Drawings({})).by_id, **drawn.by_id})
        return pages_of(render_pdf(document, drawn)) <= pages

    return fits
