"""The atlas: each map and chart as a picture that stands alone, and its numbers."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from assemblier.blocks import Bars, Document, Lines, MapBlock
from assemblier.language import plain
from assemblier.publish.drawings import Drawings, draw, rasterise
from assemblier.publish.layout import Layout, layout, note_lines
from assemblier.publish.style import MUTED, wrapped
from assemblier.publish.svg import Drawing, drawing, text_at

__all__ = ["render_atlas"]

MARGIN = 24.0


def render_atlas(document: Document, drawings: Drawings | None = None) -> dict[str, bytes]:
    """Return the files of the atlas by name: SVG, PNG and CSV of each map and chart.

    The picture bears its title, its notes and its sources; the CSV is read as it is by a French
    spreadsheet (semicolons, decimal commas).
    """
    drawn = (drawings or draw(document)).by_id
    laid = layout(document)
    framed: dict[str, Drawing] = {}
    files: dict[str, bytes] = {}
    for block in laid.visuals:
        if isinstance(block, Bars | Lines | MapBlock):
            name = _file_name(laid, block.id)
            framed[name] = _framed(document, laid, block, drawn[block.id])
            files[f"{name}.svg"] = framed[name].svg.encode()
            files[f"{name}.csv"] = _numbers(block).encode("utf-8-sig")
    named = Drawings({name: _renamed(one, name) for name, one in framed.items()})
    for name, picture in rasterise(named).items():
        files[f"{name}.png"] = picture
    return files


def _renamed(one: Drawing, name: str) -> Drawing:
    return replace(one, id=name)


def _file_name(laid: Layout, block_id: str) -> str:
    caption = laid.captions[block_id]
    tail = re.sub(r"[^a-z0-9]+", "-", plain(block_id)).strip("-")[:50]
    return f"{caption.kind.lower()}-{caption.number:02d}-{tail}"


def _framed(
    document: Document, laid: Layout, block: Bars | Lines | MapBlock, one: Drawing
) -> Drawing:
    """Put a title above a drawing, its notes and sources below."""
    width = one.width + 2 * MARGIN
    body: list[str] = [f'<rect width="{width:.0f}" height="100%" fill="#fff"/>']
    y = MARGIN + 16
    for row in wrapped(f"{document.title} – {block.title}", one.width, 19, 700, lines=3):
        body.append(text_at(MARGIN, y, row, size=19, weight=700))
        y += 24
    y += 2
    start = one.svg.index("<svg") + 4
    body.append(f'<svg x="{MARGIN:.0f}" y="{y:.0f}"{one.svg[start:]}'.replace(' role="img"', "", 1))
    y += one.height + 22
    lines: Sequence[tuple[str, str]] = [
        *(("", text[:1].upper() + text[1:]) for text in one.notes),
        *note_lines(block.note),
        ("", f"{document.kind}, {document.date}."),
    ]
    for what, text in lines:
        for row in wrapped(f"{what} : {text}" if what else text, one.width, 12, lines=6):
            body.append(text_at(MARGIN, y, row, size=12, fill=MUTED))
            y += 15.5
    caption = laid.captions[block.id]
    return drawing(
        f"atlas-{caption.kind}-{caption.number}",
        body,
        width=width,
        height=y + MARGIN - 8,
        title=block.title,
        alternative=one.alternative,
    )


def _numbers(block: Bars | Lines | MapBlock) -> str:
    held = io.StringIO()
    writer = csv.writer(held, delimiter=";", lineterminator="\r\n")
    writer.writerows(_rows(block))
    return held.getvalue()


def _rows(block: Bars | Lines | MapBlock) -> Iterator[tuple[str, ...]]:
    def told(value: float | None) -> str:
        return "" if value is None else repr(float(value)).replace(".", ",")

    if isinstance(block, MapBlock):
        yield ("code", "zone", "valeur", "imprimé", "statut", "classe", "unité", "clé")
        for code, zone in block.zones.items():
            figure = block.texts.get(code)
            place = block.class_of.get(code)
            yield (
                code,
                zone,
                told(block.values.get(code)),
                figure.text if figure else "absent",
                block.status_of.get(code, "ok" if place is not None else "absent"),
                "" if place is None else block.classes[place].label,
                block.unit,
                figure.key if figure else "",
            )
    elif isinstance(block, Bars):
        yield ("libellé", "valeur", "borne basse", "borne haute", "imprimé", "unité", "clé")
        nothing = (None,) * len(block.values)
        low, high = block.low or nothing, block.high or nothing
        for i, label in enumerate(block.labels):
            figure = block.texts[i]
            yield (
                label,
                told(block.values[i]),
                told(low[i]),
                told(high[i]),
                figure.text,
                block.unit,
                figure.key,
            )
    else:
        yield ("année", *(f"{name} ({block.unit})" for name in block.series))
        for i, year in enumerate(block.years):
            yield (str(year), *(told(values[i]) for values in block.series.values()))
