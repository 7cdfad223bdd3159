"""A document as one HTML page that needs nothing else: styles, drawings, provenance inside it."""

from __future__ import annotations

import functools
import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from importlib import resources
from typing import Any

import jinja2
from markupsafe import Markup

from assemblier.blocks import (
    Bars,
    Bullets,
    Callout,
    Document,
    Figure,
    Gap,
    Heading,
    KeyFigures,
    Lines,
    MapBlock,
    Paragraph,
    Strong,
    TableBlock,
)
from assemblier.language import number
from assemblier.publish.charts import draw_bars, draw_lines
from assemblier.publish.drawings import Drawings, draw
from assemblier.publish.layout import (
    Layout,
    layout,
    levelled,
    note_lines,
    series_rows,
    shown_value,
)
from assemblier.publish.lineage import lineages
from assemblier.publish.marks import TONE_NAMES, marks_of, statuses_in
from assemblier.publish.style import FAMILY, ON_STATUS, font_faces
from assemblier.publish.svg import COLUMN, Drawing, anchor_id

__all__ = ["render_html"]


PATH = re.compile(
    r'<path d="(?P<data>[^"]{40,})"(?P<look>[^>]*?)(?:/>|>(?P<inside><title>[^<]*</title>)</path>)'
)
"""A path long enough to be worth writing once, with its title."""


@functools.cache
def _environment() -> jinja2.Environment:
    made = jinja2.Environment(
        loader=jinja2.PackageLoader("assemblier.publish", "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    made.filters["anchor"] = anchor_id
    made.filters["nombre"] = number
    return made


def _kind(block: object) -> str:
    kinds = {
        Heading: "heading",
        Paragraph: "paragraph",
        Bullets: "bullets",
        Callout: "callout",
        KeyFigures: "key_figures",
        TableBlock: "table",
        Bars: "bars",
        Lines: "lines",
        MapBlock: "map",
        Gap: "gap",
    }
    return kinds[type(block)]


def _provenance(document: Document) -> dict[str, Any]:
    """Return what the panel reads, each text once."""
    groups = lineages(document)
    told: dict[str, list[Any]] = {}
    for position, group in enumerate(groups):
        for key in group.keys:
            entry = document.provenance[key]
            told[key] = [
                position,
                entry.zone,
                entry.year,
                shown_value(entry.value),
                ""
                if entry.low is None and entry.high is None
                else f"de {shown_value(entry.low)} à {shown_value(entry.high)}",
                entry.status,
                entry.reason,
            ]
    return {
        "groups": [
            {
                "label": group.label,
                "unit": group.unit,
                "definition": group.definition,
                "sources": group.sources,
                "parameters": list(group.parameters.items()),
                "method": group.method,
                "says_not": group.says_not,
            }
            for group in groups
        ],
        "figures": told,
        "statuses": {**ON_STATUS, "ok": "valeur publiée ou calculée"},
    }


def _script_json(data: object) -> Markup:
    """Write JSON that no text inside can close the script with."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return Markup(text)  # noqa: S704


def _part(name: str) -> Markup:
    folder = resources.files("assemblier.publish") / "templates"
    return Markup((folder / name).read_text(encoding="utf-8"))  # noqa: S704


def _shared_paths(drawings: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """Return the contours that several drawings draw, written once, and the drawings using them.

    A dozen maps of the same communes would otherwise hold a dozen times their contours.
    """
    counts = Counter(found["data"] for svg in drawings.values() for found in PATH.finditer(svg))
    names = {path: f"c{at}" for at, path in enumerate(p for p, n in counts.items() if n > 1)}

    def used(found: re.Match[str]) -> str:
        name = names.get(found["data"])
        if name is None:
            return found[0]
        return f'<use href="#{name}"{found["look"]}>{found["inside"] or ""}</use>'

    shared = "".join(f'<path id="{name}" d="{path}"/>' for path, name in names.items())
    return shared, {key: PATH.sub(used, svg) for key, svg in drawings.items()}


def _parted(svg: str, one: Drawing) -> str:
    """Return a map and its legend as two pictures: a narrow screen puts one under the other.

    The legend is drawn once, in the map, whose view leaves it out; the second picture uses it.
    """
    left, low = one.aside
    if not left:
        return svg
    high, beside = f"{one.height:.0f}", one.width - left
    whole = f'viewBox="0 0 {one.width:.0f} {high}" width="{one.width:.0f}"'
    # a little less: the strokes of the legend begin just before it
    view = f'viewBox="0 0 {left - 4:.0f} {high}" width="{left - 4:.0f}"'
    return (
        svg.replace(whole, view, 1)
        + f'<svg class="legend" viewBox="{left:.0f} 0 {beside:.0f} {low:.0f}" '
        f'width="{beside:.0f}" height="{low:.0f}" font-family="{FAMILY}, sans-serif" '
        f'aria-hidden="true"><use href="#{anchor_id(one.id)}-legende"/></svg>'
    )


def _narrow(laid: Layout, drawn: Mapping[str, Drawing]) -> dict[str, str]:
    """Return the charts drawn again for a narrow screen, where the wide ones cannot be read."""
    made: dict[str, str] = {}
    for block in laid.visuals:
        if block.id not in drawn:
            continue
        if isinstance(block, Bars):
            made[block.id] = draw_bars(replace(block, id=f"{block.id}-etroit"), COLUMN).svg
        elif isinstance(block, Lines):
            made[block.id] = draw_lines(replace(block, id=f"{block.id}-etroit"), COLUMN).svg
    return made


def render_html(document: Document, drawings: Drawings | None = None) -> str:
    """Render a document as one HTML page.

    Parameters
    ----------
    drawings
        Maps and charts already drawn, so that other formats need not draw them again.
    """
    laid: Layout = layout(document)
    drawn: Mapping[str, Drawing] = (drawings or draw(document)).by_id
    contours, written = _shared_paths({key: one.svg for key, one in drawn.items()})
    narrow = _narrow(laid, drawn)
    template = _environment().get_template("page.html")
    return template.render(
        document=document,
        laid=laid,
        contours=Markup(contours),  # noqa: S704
        drawn={key: Markup(_parted(svg, drawn[key])) for key, svg in written.items()},  # noqa: S704
        narrow={key: Markup(svg) for key, svg in narrow.items()},  # noqa: S704
        drawing=drawn,
        kind=_kind,
        levelled=levelled,
        is_figure=lambda piece: isinstance(piece, Figure),
        is_strong=lambda piece: isinstance(piece, Strong),
        marks=marks_of,
        statuses_in=statuses_in,
        note_lines=note_lines,
        series_rows=series_rows,
        tones=TONE_NAMES,
        provenance=_script_json(_provenance(document)),
        fonts=Markup(font_faces()),  # noqa: S704
        css=_part("page.css"),
        script=_part("page.js"),
    )
