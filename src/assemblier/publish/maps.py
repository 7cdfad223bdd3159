"""Choropleth maps, drawn as SVG from the shapes of the document.

Missing, secret and estimated zones are drawn apart by a pattern, never by colour alone.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from assemblier.blocks import Document, MapBlock
from assemblier.language import number, plain, plural
from assemblier.publish.ground import MARGIN, Ground, ground
from assemblier.publish.layout import described
from assemblier.publish.style import INK, MUTED, PAPER, text_width, wrapped
from assemblier.publish.svg import (
    PAGE,
    Drawing,
    Frame,
    anchor_id,
    attributes,
    drawing,
    text_at,
)

__all__ = ["LEGEND_OF_STATUS", "Lettering", "clipping", "draw_map", "names"]

GAP = 18.0
NAMED = 14
"""Up to how many zones have their name written on the map, whatever the map asks."""
PARTING, EDGE = 0.9, 2.2
"""Widths of the line between areas and, in the legend, of the limit."""
FINEST = 40.0
"""How many times its limit a zone is wide, at least."""

LEGEND_OF_STATUS = {
    "estimated": "dont valeur estimée",
    "secret": "secret statistique",
    "absent": "donnée absente",
    "unreachable": "hors d’atteinte",
    "not_applicable": "sans objet",
}


Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Lettering:
    """How names are written on a map: size, colour, colour of what surrounds the letters."""

    size: float = 11.5
    fill: str = INK
    halo: str = PAPER


def _patterns(prefix: str) -> str:
    """Return the patterns that statuses are drawn with."""

    def pattern(name: str, size: float, ground: str, marks: str, turn: int = 0) -> str:
        turned = f' patternTransform="rotate({turn})"' if turn else ""
        under = f'<rect width="{size}" height="{size}" fill="{ground}"/>' if ground else ""
        return (
            f'<pattern id="{prefix}-{name}" width="{size}" height="{size}" '
            f'patternUnits="userSpaceOnUse"{turned}>{under}{marks}</pattern>'
        )

    line = '<line x1="0" y1="0" x2="0" y2="{0}" stroke="{1}" stroke-width="{2}"/>'
    return (
        "<defs>"
        + pattern("absent", 6, "#fff", line.format(6, "#8d979e", 1.6), 45)
        + pattern("secret", 6, "#e9ebed", '<circle cx="3" cy="3" r="1.35" fill="#4c565e"/>')
        + pattern("unreachable", 7, "#fff", line.format(7, "#3b444b", 2.2), 90)
        + pattern("not_applicable", 8, "#f1f1ef", "")
        + pattern(
            "estimated",
            6,
            "",
            line.format(6, "#1d2730", 1.8)
            + '<line x1="1.6" y1="0" x2="1.6" y2="6" stroke="#fff" stroke-width="1"/>',
            135,
        )  # dark and pale together: seen on every class
        + "</defs>"
    )


def draw_map(
    document: Document,
    block: MapBlock,
    frame: Frame = PAGE,
    grounds: dict[object, Ground] | None = None,
) -> Drawing:
    """Draw a map: zones by class, statuses apart, outline, scale, north, legend with counts.

    Parameters
    ----------
    grounds
        Grounds already laid out for other maps of the document, to which this one's is added.
    """
    known = document.shapes.get(block.grid, {})
    shapes = {code: known[code] for code in block.zones if known.get(code) is not None}
    prefix = anchor_id(block.id)
    body = [_patterns(prefix)]
    notes: list[str] = []
    if block.approximate:
        notes.append("contours approchés (polygones de Voronoï autour des chefs-lieux).")
    lost = len(block.zones) - len(shapes)
    if lost:
        notes.append(
            f"{number(lost)} {plural(lost, 'zone')} sans contour connu, "
            f"non {plural(lost, 'dessinée')}."
        )
    high = 120.0 if frame.legend else 0.0
    room = frame.width - (frame.legend + GAP if frame.legend else 0.0)
    if shapes:
        kept = grounds if grounds is not None else {}
        parts = frozenset(block.areas.items())
        same = (block.grid, frozenset(shapes), block.outline, frame, parts)
        if same not in kept:
            kept[same] = ground(shapes, block.outline, room, frame.map_height, block.areas)
        laid = kept[same]
        high = laid.height + MARGIN
        clip, clipped = clipping(prefix, laid)
        body.append(clip)
        body.append(f'<g transform="translate({(room - laid.width) / 2:.1f} {MARGIN / 2:.0f})">')
        body.append(f"<g{clipped}>")
        body += _zones(block, laid, prefix)
        body.append("</g>")
        named = tuple(laid.paths) if len(laid.paths) <= NAMED else block.labels
        measure, corner = _scale_and_north(laid, room)
        codes = [code for code in named if code in laid.paths]
        body += [*measure, *names(block, codes, laid, taken=(corner,)), "</g>"]
    if frame.legend:
        lines, low = _legend(block, prefix, room + GAP, 0.0, frame.legend - GAP, 1)
        high = max(high, low)
    else:
        lines, high = _legend(block, prefix, 0.0, high, frame.width, 2)
        low = 0.0
    body += [f'<g id="{prefix}-legende">', *lines, "</g>"]
    return drawing(
        block.id,
        body,
        width=frame.width,
        height=high + 4,
        title=block.title,
        alternative=described(block),
        notes=tuple(notes),
        aside=(room + GAP, low) if frame.legend else (0.0, 0.0),
    )


def _zones(block: MapBlock, laid: Ground, prefix: str) -> list[str]:
    body: list[str] = []
    hatched: list[str] = []
    hatching = not _all_estimated(block)
    # the finer the zones, the finer their limits: on a region they would hide the colours
    side = math.sqrt(laid.width * laid.height / max(len(laid.paths), 1))
    limit = min(0.5, side / FINEST)
    body.append(
        f'<g stroke="#fff" stroke-width="{limit:.2f}" stroke-linejoin="round" class="zones">'
    )
    for code, drawn in laid.paths.items():
        status = block.status_of.get(code, "ok")
        place = block.class_of.get(code)
        if place is not None:
            fill = block.classes[place].colour
        else:
            known = status if status in LEGEND_OF_STATUS and status != "estimated" else "absent"
            fill = f"url(#{prefix}-{known})"
        figure = block.texts.get(code)
        told = figure.text if figure is not None else "donnée absente"
        apart = _legend_of(block).get(status)
        if apart is not None and apart != told:
            told += f" ({apart.removeprefix('dont ')})"
        unit = f" {block.unit}" if figure is not None and place is not None else ""
        edge = "" if place is not None else ' stroke="#8d979e"'
        body.append(
            f'<path d="{drawn}" fill="{fill}"{edge}>'
            f"<title>{escape(block.zones[code])} : {escape(told)}"
            f"{escape(unit) if unit.strip() and unit.strip() not in told else ''}</title></path>"
        )
        if status == "estimated" and place is not None and hatching:
            hatched.append(drawn)
    body.append("</g>")
    if hatched:
        body.append(
            f'<path d="{"".join(hatched)}" fill="url(#{prefix}-estimated)" pointer-events="none"/>'
        )
    if laid.parting:
        body.append(
            f'<path d="{laid.parting}" fill="none" stroke="{INK}" stroke-width="{PARTING}" '
            'stroke-linejoin="round" pointer-events="none"/>'
        )
    if laid.edge:
        # a pale casing, so that the limit is seen on the darkest class
        body += [
            f'<path d="{laid.edge}" fill="none" stroke="{colour}" stroke-width="{width}" '
            'stroke-linejoin="round" pointer-events="none"/>'
            for colour, width in ((PAPER, 4.6), (INK, 2.1))
        ]
    return body


def clipping(prefix: str, laid: Ground) -> tuple[str, str]:
    """Return what cuts zones straight at the frame of a map, and the attribute that asks it."""
    name = f"{prefix}-cadre"
    return (
        f'<clipPath id="{name}"><rect width="{laid.width:.1f}" height="{laid.height:.1f}"/>'
        "</clipPath>",
        f' clip-path="url(#{name})"',
    )


def names(
    block: MapBlock,
    codes: list[str],
    laid: Ground,
    look: Lettering = Lettering(),
    taken: Sequence[Box] = (),
) -> list[str]:
    """Write the names of some zones, the first first, leaving out what would cover another.

    Parameters
    ----------
    taken
        Boxes that no name covers: left, top, right, bottom.
    """
    covered = list(taken)
    body: list[str] = []
    line = look.size * 1.09
    for code in codes:
        x, y = laid.middles[code]
        if not (0 <= x <= laid.width and 0 <= y <= laid.height):
            continue
        called = block.called.get(code, block.zones[code])
        rows = wrapped(called, 12.5 * look.size, look.size, 600, lines=2)
        half = max(text_width(row, look.size, 600) for row in rows) / 2
        tall = line * len(rows) / 2
        x = min(max(x, half + 2), max(laid.width - half - 2, half + 2))
        box = (x - half - 2, y - tall - 1, x + half + 2, y + tall + 1)
        covers = any(
            box[0] < b[2] and b[0] < box[2] and box[1] < b[3] and b[1] < box[3] for b in covered
        )
        if covers and len(laid.paths) > NAMED:
            continue
        covered.append(box)
        body += [
            text_at(
                x,
                y + 0.35 * look.size + (i - (len(rows) - 1) / 2) * line,
                row,
                size=look.size,
                weight=600,
                fill=look.fill,
                anchor="middle",
                halo=look.halo,
            )
            for i, row in enumerate(rows)
        ]
    return body


def _scale_and_north(laid: Ground, room: float) -> tuple[list[str], Box]:
    """Draw a scale of a round length and an arrow to the north in a corner; return its box too."""
    wanted = room * 0.2 / laid.scale
    power = 10.0 ** math.floor(math.log10(wanted))
    length = next(m * power for m in (5, 2, 1) if m * power <= wanted)
    pixels = length * laid.scale
    told = f"{number(length / 1000)} km" if length >= 1000 else f"{number(length)} m"
    wide = 38 + pixels + text_width(told, 11.5)
    top, x = laid.height - 36, 26.0
    back = attributes(x=0, y=top, width=wide, height=36, fill=PAPER, fill_opacity=0.86)
    return [
        f"<rect {back}/>",
        f'<path d="M8 {top + 19:.1f}L12 {top + 4:.1f}L16 {top + 19:.1f}L12 {top + 15.5:.1f}Z" '
        f'fill="{MUTED}"/>',
        text_at(12, top + 30.5, "N", size=10.5, weight=600, fill=MUTED, anchor="middle"),
        f'<path d="M{x:.1f} {top + 17:.1f}v5h{pixels:.1f}v-5" fill="none" stroke="{MUTED}" '
        'stroke-width="1.4"/>',
        text_at(x + pixels + 6, top + 24, told, size=11.5, fill=MUTED),
    ], (0.0, top, wide, laid.height)


def _all_estimated(block: MapBlock) -> bool:
    """Whether each value is estimated: said once, for hatching would hide the whole map."""
    return (
        bool(block.class_of)
        and not block.hatched
        and all(block.status_of.get(code) == "estimated" for code in block.class_of)
    )


def _legend_of(block: MapBlock) -> Mapping[str, str]:
    """Return what each status drawn apart is called on a map."""
    return LEGEND_OF_STATUS | ({"estimated": block.hatched} if block.hatched else {})


def _legend(
    block: MapBlock, prefix: str, x: float, y: float, width: float, across: int
) -> tuple[list[str], float]:
    """Draw the legend: unit, classes with how many zones, statuses present, outline.

    Returns what was drawn and how low it reaches.
    """
    body: list[str] = []
    y += 16.0
    unit = f"en {block.unit}" if block.unit.startswith(("%", "€")) else block.unit
    rows = wrapped(unit, width, 13, 600, lines=3)
    for row in rows:
        body.append(text_at(x, y, row, size=13, weight=600))
        y += 16
    of = "d’" if plain(block.counted)[:1] in "aeiou" else "de "
    body.append(text_at(x, y, f"(nombre {of}{block.counted})", size=12, fill=MUTED))
    y += 12
    # a line has a width where a class has a colour
    entries: list[tuple[str | float, str]] = [
        (entry.colour, f"{entry.label} ({number(entry.count)})")
        for entry in reversed(block.classes)
    ]
    statuses = [
        block.status_of.get(code, "ok" if code in block.class_of else "absent")
        for code in block.zones
    ]
    for status, label in _legend_of(block).items():
        count = statuses.count(status)
        if count and not (status == "estimated" and _all_estimated(block)):
            entries.append((f"url(#{prefix}-{status})", f"{label} ({number(count)})"))
    if block.areas and block.parted:
        entries.append((PARTING, block.parted))
    if block.outline:
        entries.append((EDGE, block.outlined))
    column = width / across
    tall = -(-len(entries) // across)
    lowest = y
    for i, (fill, label) in enumerate(entries):
        if i % tall == 0:
            at, left = y, x + column * (i // tall)
        rows = wrapped(label, column - 34, 13, lines=3)
        body.append(
            "<rect "
            + attributes(x=left, y=at, width=26, height=16, fill=fill, stroke="#6b7780")
            + ' stroke-width="0.6"/>'
            if isinstance(fill, str)
            else f'<path d="M{left:.1f} {at + 8:.1f}h26" stroke="{INK}" stroke-width="{fill}" '
            'fill="none"/>'
        )
        for j, row in enumerate(rows):
            body.append(text_at(left + 34, at + 12.5 + 15 * j, row, size=13))
        at += max(22.0, 15.0 * len(rows) + 7)
        lowest = max(lowest, at)
    own = sum(code in block.outline for code in block.zones)
    told = f"n = {number(len(block.zones))}"
    if 0 < own < len(block.zones):
        told += f", dont {number(own)} dans la limite"
    if _all_estimated(block):
        told += " ; toutes les valeurs sont estimées"
    for row in wrapped(told, width, 12, lines=3):
        body.append(text_at(x, lowest + 13, row, size=12, fill=MUTED))
        lowest += 15
    return body, lowest + 6
