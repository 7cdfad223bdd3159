"""The few SVG pieces that maps and charts are drawn with."""

from __future__ import annotations

from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from assemblier.publish.style import FAMILY, INK, printable

__all__ = ["COLUMN", "PAGE", "Drawing", "Frame", "anchor_id", "attributes", "drawing", "text_at"]


@dataclass(frozen=True, slots=True)
class Frame:
    """What a drawing is made to fit.

    Attributes
    ----------
    width
        Of the whole drawing, in CSS pixels; its texts are read at the size they have there.
    legend
        Width of the legend beside a map; 0 to write it under the map.
    map_height, plot_height
        Most height of the ground of a map; height of the plot of a line chart.
    label
        Most width of the labels of bars.
    """

    width: float
    legend: float
    map_height: float
    plot_height: float
    label: float


PAGE = Frame(width=720.0, legend=216.0, map_height=385.0, plot_height=250.0, label=250.0)
"""The width of the text of a page."""
COLUMN = Frame(width=440.0, legend=0.0, map_height=270.0, plot_height=215.0, label=160.0)
"""Half the width of a page, beside a text or another drawing."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """A map or a chart drawn once for every format.

    Attributes
    ----------
    id
        Of the block it draws.
    svg
        A whole SVG, without any outside reference.
    width, height
        In CSS pixels.
    alternative
        What is said in its place to who cannot see it.
    notes
        What the drawing must say under it (zones without contour, approximate contours).
    aside
        Where the legend of a map begins, from the left, when it stands beside the map, and its
        height; zeros if not. It is the group called ``<anchor>-legende``.
    """

    id: str
    svg: str
    width: float
    height: float
    alternative: str
    notes: tuple[str, ...] = ()
    aside: tuple[float, float] = (0.0, 0.0)


def anchor_id(text: str) -> str:
    """Return an identifier that XML, CSS and file systems all take."""
    kept = "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "-" for c in text)
    return kept if kept[:1].isalpha() else f"b-{kept}"


def attributes(**pairs: str | float) -> str:
    """Write attributes; underscores become hyphens, floats are written short."""
    written = []
    for name, value in pairs.items():
        text = value if isinstance(value, str) else f"{value:.2f}".rstrip("0").rstrip(".")
        written.append(f"{name.rstrip('_').replace('_', '-')}={quoteattr(text)}")
    return " ".join(written)


def text_at(
    x: float,
    y: float,
    text: str,
    *,
    size: float = 13,
    weight: int = 400,
    fill: str = INK,
    anchor: str = "start",
    halo: str = "",
    italic: bool = False,
) -> str:
    """Write a text whose baseline is at (x, y)."""
    around = f' stroke="{halo}" stroke-width="3" stroke-linejoin="round"' if halo else ""
    slant = ' font-style="italic"' if italic else ""
    placed = attributes(
        x=x, y=y, font_size=size, font_weight=str(weight), fill=fill, text_anchor=anchor
    )
    words = escape(printable(text))
    under = f"<text {placed}{around}{slant} aria-hidden='true'>{words}</text>" if halo else ""
    return f"{under}<text {placed}{slant}>{words}</text>"


def drawing(
    block_id: str,
    body: list[str],
    *,
    width: float,
    height: float,
    title: str,
    alternative: str,
    notes: tuple[str, ...] = (),
    aside: tuple[float, float] = (0.0, 0.0),
) -> Drawing:
    """Wrap what was drawn into a whole SVG with its text alternative."""
    anchor = anchor_id(block_id)
    head = (
        '<svg xmlns="http://www.w3.org/2000/svg" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}" '
        f'font-family="{FAMILY}, sans-serif" role="img" '
        f'aria-labelledby="{anchor}-titre" aria-describedby="{anchor}-desc">'
        f'<title id="{anchor}-titre">{escape(title)}</title>'
        f'<desc id="{anchor}-desc">{escape(alternative)}</desc>'
    )
    svg = head + "".join(body) + "</svg>"
    return Drawing(block_id, svg, width, height, alternative, notes, aside)
