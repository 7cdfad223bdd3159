"""How a document is laid out, whatever the format: numbers of its tables, its annexes, its notes.

Every format calls a map « Carte 3 » because it asks here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from assemblier.blocks import (
    Bars,
    Block,
    Bullets,
    Callout,
    Cell,
    Document,
    Figure,
    Heading,
    Inline,
    KeyFigures,
    Lines,
    MapBlock,
    Paragraph,
    Section,
    SourceNote,
    TableBlock,
)
from assemblier.language import number

__all__ = [
    "Caption",
    "Layout",
    "Printed",
    "described",
    "layout",
    "levelled",
    "note_lines",
    "printed_figures",
    "ranges",
    "sentence",
    "series_rows",
    "shown_value",
    "unexplained",
]

Visual = TableBlock | Bars | Lines | MapBlock
KINDS: dict[type, str] = {
    TableBlock: "Tableau",
    Bars: "Graphique",
    Lines: "Graphique",
    MapBlock: "Carte",
}


VINTAGE = re.compile(r"(?P<what>.+), (?P<word>édition )?(?P<when>\d{4}(?:[-–]\d{4})?)")
"""A citation that ends by its vintage."""


@dataclass(frozen=True, slots=True)
class Caption:
    """How a table, a chart or a map is called throughout the document."""

    kind: str
    number: int

    @property
    def name(self) -> str:
        """``Carte 3``."""
        return f"{self.kind}\u00a0{self.number}"


@dataclass(frozen=True, slots=True)
class Layout:
    """Captions by block id, tables printed in the annex, and every visual in reading order."""

    captions: Mapping[str, Caption]
    annex: tuple[TableBlock, ...]
    visuals: tuple[Visual, ...]


def layout(document: Document) -> Layout:
    """Number the tables, charts and maps of a document in the order they are read.

    Raises
    ------
    ValueError
        When two blocks bear the same id: an anchor, a sheet and a file are named after it.
    """
    annex: list[TableBlock] = []
    visuals: list[Visual] = []
    for block in (b for section in document.sections for b in section.blocks):
        if isinstance(block, TableBlock) and block.annex:
            annex.append(block)
        elif isinstance(block, Visual):
            visuals.append(block)
    visuals += annex
    captions: dict[str, Caption] = {}
    counts: dict[str, int] = {}
    for visual in visuals:
        if visual.id in captions:
            raise ValueError(f"two blocks are called {visual.id!r}")
        kind = KINDS[type(visual)]
        counts[kind] = counts.get(kind, 0) + 1
        captions[visual.id] = Caption(kind, counts[kind])
    return Layout(captions, tuple(annex), tuple(visuals))


@dataclass(frozen=True, slots=True)
class Printed:
    """A figure where it is printed: chapter, what holds it, what it is beside."""

    chapter: str
    place: str
    beside: str
    figure: Figure


def levelled(section: Section) -> tuple[Block, ...]:
    """Return the blocks of a chapter, its headings without a skipped level."""
    blocks: list[Block] = []
    above = 1
    for block in section.blocks:
        if isinstance(block, Heading):
            above = max(2, min(block.level, above + 1))
            blocks.append(replace(block, level=above))
        else:
            blocks.append(block)
    return tuple(blocks)


def sentence(content: Sequence[Inline]) -> str:
    """Return text and figures as plain text."""
    return "".join(piece if isinstance(piece, str) else piece.text for piece in content)


def printed_figures(document: Document) -> Iterator[Printed]:
    """Walk the figures of a document in the order every format prints them.

    Figures of charts and maps come with their block: they are printed as labels of the drawing
    and in the table beside it.
    """
    laid = layout(document)
    for section in document.sections:
        chapter = f"{section.number}. {section.title}"
        for block in section.blocks:
            if not (isinstance(block, TableBlock) and block.annex):
                yield from _figures_of(block, chapter, laid)
    for table in laid.annex:
        yield from _figures_of(table, "Annexe", laid)


def _figures_of(block: Block, chapter: str, laid: Layout) -> Iterator[Printed]:
    def among(content: Sequence[Inline], place: str) -> Iterator[Printed]:
        for piece in content:
            if isinstance(piece, Figure):
                yield Printed(chapter, place, sentence(content), piece)

    if isinstance(block, Paragraph):
        yield from among(block.content, "texte")
    elif isinstance(block, Callout):
        yield from among(block.content, "encadré")
    elif isinstance(block, Bullets):
        for item in block.items:
            yield from among(item, "texte")
    elif isinstance(block, KeyFigures):
        for key in block.items:
            yield Printed(chapter, "chiffre clé", key.label, key.figure)
            yield from among(key.compared, "chiffre clé")
    elif isinstance(block, TableBlock):
        name = laid.captions[block.id].name
        for row in block.rows:
            beside = next((cell for cell in row if isinstance(cell, str)), "")
            for cell in row:
                if isinstance(cell, Figure):
                    yield Printed(chapter, name, beside, cell)
    elif isinstance(block, Bars):
        name = laid.captions[block.id].name
        for label, figure in zip(block.labels, block.texts, strict=True):
            yield Printed(chapter, name, label, figure)
    elif isinstance(block, Lines):
        name = laid.captions[block.id].name
        for row in series_rows(block):
            for series, cell in zip(block.series, row[1:], strict=True):
                if isinstance(cell, Figure):
                    yield Printed(chapter, name, f"{series}, {row[0]}", cell)
    elif isinstance(block, MapBlock):
        name = laid.captions[block.id].name
        for code, zone in block.zones.items():
            if code in block.texts:
                yield Printed(chapter, name, zone, block.texts[code])


def series_rows(block: Lines) -> tuple[tuple[Cell, ...], ...]:
    """Return the table of a line chart: a row per year, its figures where they are traced."""

    def cell(name: str, at: int) -> Cell:
        figure = block.texts[name][at] if name in block.texts else None
        if figure is not None:
            return figure
        value = block.series[name][at]
        return None if value is None else number(float(value), block.decimals)

    return tuple(
        (str(year), *(cell(name, at) for name in block.series))
        for at, year in enumerate(block.years)
    )


def unexplained(document: Document) -> tuple[Printed, ...]:
    """Return the printed figures that unfold to nothing; there should be none."""
    return tuple(p for p in printed_figures(document) if p.figure.key not in document.provenance)


def ranges(numbers: Sequence[int]) -> str:
    """Write sorted numbers briefly: ``1, 3 à 6``."""
    runs: list[list[int]] = []
    for value in numbers:
        if runs and value == runs[-1][-1] + 1:
            runs[-1].append(value)
        else:
            runs.append([value])
    return ", ".join(
        str(run[0]) if len(run) == 1 else f"{run[0]}{' à ' if len(run) > 2 else ', '}{run[-1]}"
        for run in runs
    )


def shown_value(value: float | None) -> str:
    """Write a value unrounded, French, as a provenance shows it."""
    if value is None:
        return "–"
    text = repr(float(value))
    if "e" in text or "n" in text:
        return text.replace(".", ",").replace("-", "−")
    decimals = len(text.partition(".")[2].rstrip("0"))
    return number(float(value), decimals)


def note_lines(note: SourceNote) -> tuple[tuple[str, str], ...]:
    """Return the lines under a table, chart or map, as (what, text)."""
    lines: list[tuple[str, str]] = []
    if note.field:
        lines.append(("Champ", note.field))
    if note.reading:
        lines.append(("Lecture", note.reading))
    if note.notes:
        told = " ".join(_ended(text[:1].upper() + text[1:]) for text in note.notes)
        lines.append(("Note" if len(note.notes) == 1 else "Notes", told))
    if note.sources:
        cited = _cited_once(note.sources)
        lines.append(("Source" if len(cited) == 1 else "Sources", f"{' ; '.join(cited)}."))
    return tuple(lines)


def _ended(text: str) -> str:
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def _cited_once(sources: Sequence[str]) -> list[str]:
    """Gather sources that differ by their vintage only: ``…, éditions 2018 et 2019``."""
    vintages: dict[tuple[str, str], list[str]] = {}
    for source in sources:
        found = VINTAGE.fullmatch(source.removesuffix("."))
        key, when = (
            ((found["what"], found["word"] or ""), found["when"])
            if found
            else ((source.removesuffix("."), ""), "")
        )
        known = vintages.setdefault(key, [])
        if when not in known:
            known.append(when)
    cited = []
    for (what, word), known in vintages.items():
        several = word.replace("édition ", "éditions ") if len(known) > 1 else word
        when = " et ".join([", ".join(known[:-1]), known[-1]] if len(known) > 1 else known)
        cited.append(f"{what}, {several}{when}" if when else what)
    return cited


def described(block: Bars | Lines | MapBlock) -> str:
    """Return the text alternative of a drawing: what it shows and its numbers, briefly."""
    parts = [block.description.strip() or f"{block.title}."]
    if isinstance(block, Bars):
        shown = zip(block.labels, block.texts, strict=True)
        parts.append(f"Valeurs ({block.unit}) : " if block.unit else "Valeurs : ")
        parts.append(" ; ".join(f"{label} : {figure.text}" for label, figure in shown) + ".")
    elif isinstance(block, Lines):
        for name, values in block.series.items():
            known = [
                (year, value)
                for year, value in zip(block.years, values, strict=True)
                if value is not None
            ]
            if known:
                first, last = known[0], known[-1]
                parts.append(
                    f"{name} : {number(first[1], block.decimals)} en {first[0]}, "
                    f"{number(last[1], block.decimals)} en {last[0]} ({block.unit})."
                )
            else:
                parts.append(f"{name} : aucune valeur.")
    else:
        classes = "; ".join(f"{c.label} : {c.count}" for c in block.classes).replace(";", " ;")
        if classes:
            parts.append(f"Nombre de zones par classe ({block.unit}) – {classes}.")
        for status in ("estimated", "secret", "absent", "unreachable", "not_applicable"):
            count = sum(block.status_of.get(code) == status for code in block.zones)
            if count:
                parts.append(f"{ON_STATUS_TITLE[status]} : {count}.")
    return " ".join(parts)


ON_STATUS_TITLE = {
    "estimated": "Zones à valeur estimée",
    "secret": "Zones sous secret statistique",
    "absent": "Zones sans donnée",
    "unreachable": "Zones hors d’atteinte",
    "not_applicable": "Zones sans objet",
}
