"""A document as a tagged PDF (PDF/UA-1), set by Typst.

The template reads the document as data: no text of the document is ever read as markup.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any

import typst

from assemblier.blocks import (
    Bars,
    Block,
    Bullets,
    Callout,
    Cell,
    Document,
    Figure,
    Form,
    Gap,
    Heading,
    Inline,
    KeyFigures,
    Lines,
    MapBlock,
    Paragraph,
    SourceNote,
    Strong,
    TableBlock,
)
from assemblier.errors import MissingPart
from assemblier.publish.columns import columns_of, height, hyphened, shared
from assemblier.publish.drawings import Drawings, draw
from assemblier.publish.layout import (
    Layout,
    layout,
    levelled,
    note_lines,
    ranges,
)
from assemblier.publish.lineage import printed_provenance
from assemblier.publish.marks import MARK_MEANINGS, TONE_NAMES, marks_of, statuses_in
from assemblier.publish.rows import is_long, letters_after, side_by_side
from assemblier.publish.style import FAMILY, font_folders, printable

__all__ = ["pages_of", "render_pdf"]

UPRIGHT = {Form.REPORT: 470.5, Form.BRIEF: 498.0, Form.SHEETS: 498.0}
"""Width of the text of an upright page, in points; the template sets the margins that leave it."""
SIDEWAYS = 739.0
SIZES = {Form.REPORT: (9.5, 8.8, 8.2), Form.BRIEF: (9.0, 8.4, 8.0), Form.SHEETS: (9.0, 8.4, 8.0)}
"""Sizes of a table's text, in points, the first that fits being taken."""
LONG = 30
"""From how many rows a table is set in the second size at most."""
WRAPPED = 22.0
"""Over how many ems a text is expected to be wrapped."""
SQUEEZE = 1.25
"""By how much a table may ask more than the page before a smaller size is tried."""
PADDING = 0.95
"""Left and right of a cell, in ems, and a hair: a width met exactly would break the line."""
WHOLE = 20
"""Up to how many lines a table is not cut by the end of a page."""
FLOATED = 700
"""From how much after it in its chapter, in letters, a drawing may be put on the next page: what
comes after fills the page it leaves."""
STRETCHED = 0.7
"""From what share of the page a table takes the whole of it."""


def render_pdf(document: Document, drawings: Drawings | None = None) -> bytes:
    """Render a document as a tagged PDF.

    Raises
    ------
    MissingPart
        When the typeface did not reach the file: Typst replaces a missing font in silence.
    """
    drawn = drawings or draw(document)
    data = _Data(document, layout(document), drawn).whole()
    template = resources.files("assemblier.publish") / "templates" / "report.typ"
    made = typst.compile(  # type: ignore[call-overload]
        {
            "main.typ": template.read_bytes(),
            "document.json": json.dumps(data, ensure_ascii=False).encode(),
        },
        font_paths=font_folders(),
        ignore_system_fonts=True,
        format="pdf",
        pdf_standards="ua-1",
    )
    assert isinstance(made, bytes)
    _check_fonts(made)
    return made


def pages_of(made: bytes) -> int:
    """Return how many pages a PDF has."""
    counts = [
        int(found[1])
        for part in (made, *_packed_objects(made))
        for found in re.finditer(rb"/Type\s*/Pages\b[^>]*?/Count\s+(\d+)", part)
    ]
    return max(counts, default=0)


def _check_fonts(made: bytes) -> None:
    names = {
        name.decode()
        for part in (made, *_packed_objects(made))
        for name in re.findall(rb"/BaseFont\s*/([^\s/<>\[\]()]+)", part)
    }
    wanted = FAMILY.replace(" ", "")
    strangers = {name for name in names if wanted not in name}
    if strangers or not names:
        raise MissingPart(
            f"Le PDF n’est pas composé en « {FAMILY} » : police(s) trouvée(s) : "
            f"{', '.join(sorted(strangers)) or 'aucune'}. "
            "Réinstallez le paquet font-source-sans-pro."
        )


def _packed_objects(made: bytes) -> list[bytes]:
    """Return the object streams of a PDF, unpacked: fonts are declared inside them."""
    return [
        zlib.decompressobj().decompress(made[found.end() :])
        for found in re.finditer(rb"/ObjStm\b[^\x00]{0,200}?\bstream\r?\n", made)
    ]


class _Data:
    """What the template reads: plain lists, dictionaries and texts."""

    def __init__(self, document: Document, laid: Layout, drawings: Drawings) -> None:
        self.document = document
        self.laid = laid
        self.drawn = drawings.by_id
        self.picture = drawings.cover
        self.told = printed_provenance(document)
        self.entry_of: Mapping[str, int] = (
            {key: entry.number for entry in self.told.entries for key in entry.keys}
            if document.form is Form.REPORT
            else {}
        )

    def whole(self) -> dict[str, Any]:
        told = self.document
        whole: dict[str, Any] = _printable(
            {
                "form": told.form.value,
                "kind": told.kind,
                "title": told.title,
                "subtitle": told.subtitle,
                "date": told.date,
                "warnings": told.warnings,
                "sources": told.sources,
                "asked": list(told.asked.items()),
                "glossary": list(told.glossary.items()),
                "sections": [
                    {
                        "id": section.id,
                        "number": section.number,
                        "title": section.title,
                        "question": section.question,
                        "blocks": self.blocks(levelled(section)),
                    }
                    for section in told.sections
                ],
                "annex": [self.table(block) for block in self.laid.annex],
                "marks": list(MARK_MEANINGS.items()),
                "cover": self.cover(),
                "lists": self.lists(),
                "provenance": self.provenance(),
            }
        )
        return whole

    def cover(self) -> dict[str, Any] | None:
        """Return the picture of the cover."""
        one = self.picture
        return None if one is None else {"svg": one.svg, "alternative": one.alternative}

    def provenance(self) -> dict[str, Any]:
        """Return the annex of provenance: its entries, and what they share."""
        if self.document.form is not Form.REPORT:
            return {"entries": [], "shared": []}
        return {
            "entries": [
                {
                    "number": entry.number,
                    "label": entry.label[:1].upper() + entry.label[1:],
                    "unit": entry.unit,
                    "years": _years(entry.years),
                    "definition": entry.definition,
                    "cited": self.told.cited(entry),
                }
                for entry in self.told.entries
            ],
            "shared": [{"title": title, "texts": texts} for _, title, texts in self.told.shared],
        }

    def lists(self) -> list[dict[str, Any]]:
        """Return the lists of maps, charts and tables."""
        wanted = (("Carte", "Cartes"), ("Graphique", "Graphiques"), ("Tableau", "Tableaux"))
        return [
            {
                "name": name,
                "items": [
                    {"id": v.id, "name": self.laid.captions[v.id].name, "title": v.title}
                    for v in self.laid.visuals
                    if self.laid.captions[v.id].kind == kind
                ],
            }
            for kind, name in wanted
        ]

    def inline(self, content: Sequence[Inline]) -> list[Any]:
        return [
            {"strong": str(piece)}
            if isinstance(piece, Strong)
            else piece
            if isinstance(piece, str)
            else self.figure(piece)
            for piece in content
        ]

    def figure(self, figure: Figure) -> dict[str, Any]:
        return {
            "text": figure.text,
            "entry": self.entry_of.get(figure.key),
            "status": figure.status,
            "marks": marks_of(figure),
        }

    def cell(self, cell: Cell) -> Any:
        if isinstance(cell, Figure):
            return self.figure(cell)
        return cell or ""

    def note(self, note: SourceNote, signs: str = "", drawn: Sequence[str] = ()) -> list[Any]:
        lines = [("", text[:1].upper() + text[1:]) for text in drawn]
        if signs:
            lines.append(("Signes", f"{signs}."))
        return [*lines, *note_lines(note)]

    def table(self, block: TableBlock) -> dict[str, Any]:
        size, widths, wide = _setting(block, self.document.form)
        return {
            "type": "table",
            "id": block.id,
            "name": self.laid.captions[block.id].name,
            "title": block.title,
            "columns": block.columns,
            "numeric": block.numeric,
            "rows": [[self.cell(cell) for cell in row] for row in block.rows],
            "emphasised": sorted(block.emphasised),
            "note": self.note(block.note, statuses_in(block)),
            "wide": wide,
            "whole": height(columns_of(block), [w / size - PADDING for w in widths]) <= WHOLE,
            "size": size,
            "widths": widths,
            "hyphened": hyphened(block, [width / size for width in widths], PADDING),
        }

    def blocks(self, blocks: Sequence[Block]) -> list[dict[str, Any]]:
        if self.document.form is Form.REPORT:
            return [self.block(block, blocks[at + 1 :]) for at, block in enumerate(blocks)]
        made: list[dict[str, Any]] = []
        for columns in side_by_side(blocks):
            told = [[self.block(block) for block in column] for column in columns]
            if len(told) == 1:
                made += told[0]
            else:
                made.append({"type": "row", "columns": told, "long": is_long(columns)})
        return made

    def block(self, block: Block, after: Sequence[Block] = ()) -> dict[str, Any]:
        if isinstance(block, Heading):
            return {"type": "heading", "text": block.text, "level": block.level}
        if isinstance(block, Paragraph):
            return {"type": "paragraph", "content": self.inline(block.content)}
        if isinstance(block, Bullets):
            return {
                "type": "bullets",
                "ordered": block.ordered,
                "items": [self.inline(item) for item in block.items],
            }
        if isinstance(block, Callout):
            return {
                "type": "callout",
                "tone": block.tone.value,
                "tone_name": TONE_NAMES[block.tone],
                "title": block.title,
                "content": self.inline(block.content),
            }
        if isinstance(block, KeyFigures):
            return {
                "type": "key_figures",
                "items": [
                    {
                        "label": item.label,
                        "figure": self.figure(item.figure),
                        "unit": item.unit,
                        "compared": self.inline(item.compared),
                    }
                    for item in block.items
                ],
            }
        if isinstance(block, TableBlock):
            if block.annex:
                name = self.laid.captions[block.id].name
                return {"type": "see_annex", "id": block.id, "name": name, "title": block.title}
            return self.table(block)
        if isinstance(block, Gap):
            return {
                "type": "gap",
                "missing": block.missing,
                "fills": block.fills,
                "where": block.where,
            }
        return self.visual(block, letters_after(after) >= FLOATED)

    def visual(self, block: Bars | Lines | MapBlock, floats: bool) -> dict[str, Any]:  # noqa: FBT001
        """Return a drawing; it floats where the text after it fills the page it leaves."""
        one = self.drawn[block.id]
        return {
            "type": "visual",
            "kind": self.laid.captions[block.id].kind,
            "id": block.id,
            "name": self.laid.captions[block.id].name,
            "title": block.title,
            "svg": one.svg,
            "alternative": one.alternative,
            "ratio": one.height / one.width,
            "floats": floats,
            "note": self.note(block.note, "", one.notes),
        }


def _years(years: Sequence[str]) -> str:
    if all(year.isdigit() for year in years):
        return ranges([int(year) for year in years])
    return ", ".join(years)


def _setting(block: TableBlock, form: Form) -> tuple[float, list[float], bool]:
    """Return the size of a table's text, the widths of its columns in points, if it is turned.

    The largest size at which every column has what it asks; failing that, the largest at which no
    word is cut; failing that, a page turned sideways.
    """
    columns = columns_of(block)
    sizes = SIZES[form][1:] if len(block.rows) >= LONG else SIZES[form]
    room = UPRIGHT[form]
    asked = sum(min(column.most, max(column.least, WRAPPED)) + PADDING for column in columns)
    for size in sizes[:-1]:
        if asked * size <= room * SQUEEZE and (found := shared(columns, room / size, PADDING)):
            return size, _stretched([width * size for width in found], room), False
    size = sizes[-1]
    if found := shared(columns, room / size, PADDING):
        return size, _stretched([width * size for width in found], room), False
    size = sizes[0]
    found = shared(columns, SIDEWAYS / size, PADDING)
    if found is None:
        total = sum(column.least + PADDING for column in columns)
        size = SIDEWAYS / total
        found = tuple(column.least + PADDING for column in columns)
    return size, [width * size for width in found], True


def _stretched(widths: list[float], room: float) -> list[float]:
    total = sum(widths)
    return [width * room / total for width in widths] if total > STRETCHED * room else widths


def _printable(data: Any) -> Any:
    """Replace, everywhere but in drawings, the letters that the typeface lacks."""
    if isinstance(data, str):
        return data if data.startswith("<svg") else printable(data)
    if isinstance(data, dict):
        return {key: _printable(value) for key, value in data.items()}
    if isinstance(data, (list, tuple)):
        return [_printable(value) for value in data]
    return data
