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
    Gap,
    Heading,
    Inline,
    KeyFigures,
    Lines,
    MapBlock,
    Paragraph,
    SourceNote,
    TableBlock,
)
from assemblier.errors import MissingPart
from assemblier.publish.drawings import Drawings, draw
from assemblier.publish.layout import (
    Layout,
    entries,
    layout,
    levelled,
    note_lines,
    ranges,
    sentence,
)
from assemblier.publish.marks import MARK_MEANINGS, TONE_NAMES, marks_of, statuses_in
from assemblier.publish.style import FAMILY, font_folders, printable, text_width

__all__ = ["render_pdf"]

WIDE = 64.0
"""From how many ems asked by its columns a table is printed on a page turned sideways."""


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
        self.entries, self.files = entries(document)
        self.entry_of: Mapping[str, int] = {
            key: entry.number for entry in self.entries for key in entry.keys
        }

    def whole(self) -> dict[str, Any]:
        told = self.document
        whole: dict[str, Any] = _printable(
            {
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
                        "blocks": [self.block(block) for block in levelled(section)],
                    }
                    for section in told.sections
                ],
                "annex": [self.table(block) for block in self.laid.annex],
                "marks": list(MARK_MEANINGS.items()),
                "lists": self.lists(),
                "files": self.files,
                "provenance": [
                    {
                        "number": entry.number,
                        "label": entry.label,
                        "unit": entry.unit,
                        "years": _years(entry.years),
                        "definition": entry.definition,
                        "files": ranges(entry.files),
                        "parameters": list(entry.parameters.items()),
                        "method": entry.method,
                        "says_not": entry.says_not,
                    }
                    for entry in self.entries
                ],
            }
        )
        return whole

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
        return [piece if isinstance(piece, str) else self.figure(piece) for piece in content]

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
        widths = _widths(block)
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
            "wide": sum(widths) >= WIDE,
            "widths": widths,
        }

    def block(self, block: Block) -> dict[str, Any]:
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
        return self.visual(block)

    def visual(self, block: Bars | Lines | MapBlock) -> dict[str, Any]:
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
            "note": self.note(block.note, "", one.notes),
        }


def _years(years: Sequence[str]) -> str:
    if all(year.isdigit() for year in years):
        return ranges([int(year) for year in years])
    return ", ".join(years)


def _widths(block: TableBlock) -> list[float]:
    """Share the width of the page between columns: what their longest words and texts ask."""
    asked = []
    for position, name in enumerate(block.columns):
        texts = [_cell_text(row[position]) for row in block.rows]
        longest = max((text_width(text, 1.0) for text in texts), default=0.0)
        word = max((text_width(part, 1.0, 600) for part in name.split()), default=0.0)
        whole = text_width(name, 1.0, 600)
        asked.append(max(min(longest, 16.0), word, min(whole / 2, 8.0)) + 1.2)
    return asked


def _cell_text(cell: Cell) -> str:
    if cell is None:
        return ""
    return cell if isinstance(cell, str) else sentence((cell,)) + marks_of(cell)


def _printable(data: Any) -> Any:
    """Replace, everywhere but in drawings, the letters that the typeface lacks."""
    if isinstance(data, str):
        return data if data.startswith("<svg") else printable(data)
    if isinstance(data, dict):
        return {key: _printable(value) for key, value in data.items()}
    if isinstance(data, (list, tuple)):
        return [_printable(value) for value in data]
    return data
