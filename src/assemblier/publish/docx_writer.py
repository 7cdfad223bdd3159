"""What a text-processor file is written with: paragraphs, figures, tables, drawings, sections."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape, quoteattr

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
from assemblier.publish.columns import Column, columns_of, shared
from assemblier.publish.docx_pieces import (
    ILLEGAL,
    field,
    run,
)
from assemblier.publish.docx_styles import NAMESPACE
from assemblier.publish.drawings import Drawings
from assemblier.publish.layout import (
    Layout,
    layout,
    note_lines,
    shown_value,
)
from assemblier.publish.lineage import printed_provenance
from assemblier.publish.marks import TONE_NAMES, marks_of, statuses_in

__all__ = ["TWIPS_PER_CM", "WHOLE_LINE", "Writer"]

LANDSCAPE_CM = 25.3
TWIPS_PER_CM, EMU_PER_CM = 567, 360_000
CELLS = {"Assemblier Cellule": 9.0, "Assemblier Cellule serrée": 8.0}
"""Styles of the text of tables, the larger first, and their sizes where a template says none."""
WHOLE_LINE = '<w:spacing w:line="240" w:lineRule="auto"/>'
"""What a picture asks of its line: one lower than its height would cut it."""
CM_PER_PT = 0.0366
"""Width of an em by point of size, with room for a typeface a little broader than ours."""
PADDING = 1.15
"""Left and right of a cell, in ems."""


class Writer:
    """Appends blocks to the body of the file, in order."""

    def __init__(
        self, held: Any, document: Document, drawings: Drawings, pictures: Mapping[str, bytes]
    ) -> None:
        self.held = held
        self.document = document
        self.drawn = drawings.by_id
        self.cover = drawings.cover
        self.pictures = pictures
        self.laid: Layout = layout(document)
        self.told = printed_provenance(document)
        self.entry_of = (
            {key: entry.number for entry in self.told.entries for key in entry.keys}
            if document.form is Form.REPORT
            else {}
        )
        self.style = {
            name: held.styles[name].style_id
            for name in (
                "Title",
                "Subtitle",
                "Heading 1",
                "Heading 2",
                "Heading 3",
                "Heading 4",
                "Caption",
                "List Bullet",
                "List Number",
                "Normal",
                "Assemblier Note",
                "Assemblier Encadré",
                "Assemblier Attention",
                "Assemblier Manque",
                "Assemblier Question",
                "Assemblier Cellule",
                "Assemblier Cellule serrée",
                "Assemblier Chiffre",
                "Assemblier Chiffre clé",
                "Assemblier Tableau",
                "Assemblier Sommaire",
            )
        }
        self.bookmarks = 0
        self.numbering = 0
        self.sideways = False
        self.cell_open: Any = None
        page = held.sections[0]
        self.text_cm = (page.page_width - page.left_margin - page.right_margin) / EMU_PER_CM

    @property
    def ems(self) -> dict[str, float]:
        """Width of an em of the text of tables, in cm, by style."""
        sizes = {name: self.held.styles[name].font.size for name in CELLS}
        return {
            name: (size.pt if size else CELLS[name]) * CM_PER_PT for name, size in sizes.items()
        }

    def add(self, xml: str) -> Any:
        """Append an element of the body and return it."""
        from docx.oxml import parse_xml  # noqa: PLC0415

        element = parse_xml(xml.replace(">", f" {NAMESPACE}>", 1) if NAMESPACE not in xml else xml)
        if self.cell_open is not None:
            self.cell_open.append(element)
        else:
            body = self.held.element.body
            body.insert(len(body) - 1, element)
        return element

    def paragraph(self, runs: str, style: str = "Normal", extra: str = "") -> Any:
        """Append a paragraph of runs, by the name of its style."""
        return self.add(
            f'<w:p {NAMESPACE}><w:pPr><w:pStyle w:val="{self.style[style]}"/>{extra}</w:pPr>'
            f"{runs}</w:p>"
        )

    def bookmark(self, name: str, inside: str) -> str:
        """Wrap runs in a bookmark that fields refer to."""
        self.bookmarks += 1
        return (
            f'<w:bookmarkStart w:id="{self.bookmarks}" w:name="{name}"/>{inside}'
            f'<w:bookmarkEnd w:id="{self.bookmarks}"/>'
        )

    def figure(self, figure: Figure, *, bold: bool = False) -> str:
        """Write a figure, with its marks and where its provenance is."""
        made = run(figure.text, self.style["Assemblier Chiffre"], bold=bold)
        entry = self.entry_of.get(figure.key)
        if entry is not None:
            told = self.document.provenance[figure.key]
            value = "sans valeur" if told.value is None else shown_value(told.value)
            tip = f"{told.label} – {value} {told.unit} [{figure.key}]"
            made = (
                f'<w:hyperlink w:anchor="prov_{entry}" w:history="1" '
                f"w:tooltip={quoteattr(tip.translate(ILLEGAL))}>{made}</w:hyperlink>"
            )
        marks = marks_of(figure)
        return made + (run(marks, raised=True) if marks else "")

    def inline(self, content: Sequence[Inline]) -> str:
        """Write text and figures that follow one another."""
        return "".join(
            run(piece, bold=isinstance(piece, Strong))
            if isinstance(piece, str)
            else self.figure(piece)
            for piece in content
        )

    def cell(self, cell: Cell, *, bold: bool = False) -> str:
        """Write what a cell holds."""
        if cell is None:
            return ""
        if isinstance(cell, Figure):
            return self.figure(cell, bold=bold)
        return run(cell, bold=bold)

    def caption(self, block_id: str, title: str) -> None:
        """Append the numbered caption of an illustration."""
        caption = self.laid.captions[block_id]
        number = field(f"SEQ {caption.kind} \\* ARABIC", str(caption.number))
        self.paragraph(
            self.bookmark(f"v_{caption.kind}_{caption.number}", run(f"{caption.kind} ") + number)
            + run(f". {title}"),
            "Caption",
            "<w:keepNext/>",
        )

    def note(self, note: SourceNote, signs: str = "", drawn: Sequence[str] = ()) -> None:
        """Append what stands under an illustration: signs, field, reading, notes, sources."""
        lines = [("", text[:1].upper() + text[1:]) for text in drawn]
        if signs:
            lines.append(("Signes", f"{signs}."))
        for what, text in (*lines, *note_lines(note)):
            named = run(f"{what} : ", bold=True) if what else ""
            self.paragraph(named + run(text), "Assemblier Note")

    def heading(self, text: str, level: int) -> None:
        """Append a heading, on an upright page."""
        self.upright()
        self.paragraph(run(text), f"Heading {min(level, 4)}")

    def filled_field(self, code: str, lines: Sequence[str]) -> None:
        """Append a field with the lines that it shows until it is refreshed."""
        begin = (
            '<w:r><w:fldChar w:fldCharType="begin" w:dirty="true"/></w:r>'
            f'<w:r><w:instrText xml:space="preserve"> {escape(code)} </w:instrText></w:r>'
            '<w:r><w:fldChar w:fldCharType="separate"/></w:r>'
        )
        end = '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
        for i, line in enumerate(lines):
            first, last = i == 0, i == len(lines) - 1
            self.paragraph((begin if first else "") + run(line) + (end if last else ""))

    def block(self, block: Block) -> None:
        """Append a block of any kind."""
        if isinstance(block, Heading):
            self.heading(block.text, block.level)
        elif isinstance(block, Paragraph):
            self.paragraph(self.inline(block.content))
        elif isinstance(block, Bullets):
            restart = self.new_list() if block.ordered else ""
            for item in block.items:
                self.paragraph(
                    self.inline(item), "List Number" if block.ordered else "List Bullet", restart
                )
        elif isinstance(block, Callout):
            head = TONE_NAMES[block.tone] + (f" · {block.title}" if block.title else "")
            style = (
                "Assemblier Attention" if block.tone.value == "warning" else "Assemblier Encadré"
            )
            self.paragraph(run(head, bold=True), style, "<w:keepNext/>")
            self.paragraph(self.inline(block.content), style)
        elif isinstance(block, KeyFigures):
            self.key_figures(block)
        elif isinstance(block, TableBlock):
            if block.annex:
                name = self.laid.captions[block.id].name
                self.paragraph(run(f"Détail en annexe : {name}, {block.title}."))
            else:
                self.table(block)
        elif isinstance(block, Gap):
            self.paragraph(
                run("Manque ici · ") + run(block.missing, bold=True),
                "Assemblier Manque",
                "<w:keepNext/>",
            )
            self.paragraph(run(f"Ce qui le comblerait : {block.fills}"), "Assemblier Manque")
            self.paragraph(run(f"Où l’obtenir : {block.where}"), "Assemblier Manque")
        else:
            self.visual(block)

    def new_list(self) -> str:
        """Return the properties of a numbered list that starts again at one."""
        numbering = self.held.part.numbering_part.element
        style = self.held.styles["List Number"].element
        linked = style.find(f".//{{{NAMESPACE.split(chr(34))[1]}}}numId")
        if linked is None:
            return ""
        value = f"{{{NAMESPACE.split(chr(34))[1]}}}val"
        base = numbering.num_having_numId(int(linked.get(value)))
        made = numbering.add_num(base.abstractNumId.val)
        made.add_lvlOverride(ilvl=0).add_startOverride(1)
        return f'<w:numPr><w:ilvl w:val="0"/><w:numId w:val="{made.numId}"/></w:numPr>'

    def key_figures(self, block: KeyFigures) -> None:
        """Append key figures side by side."""
        small, big = "Assemblier Cellule", "Assemblier Chiffre clé"
        count = len(block.items)
        brief = self.document.form is not Form.REPORT
        across = count if count <= 4 or (count == 5 and brief) else 3 if count in (5, 6, 9) else 4
        for start in range(0, count, across):
            items = block.items[start : start + across]
            rows: list[list[str]] = [[run(item.label) for item in items], []]
            for item in items:
                below = [run(item.unit)] if item.unit else []
                below += [self.inline(item.compared)] if item.compared else []
                rows[1].append(
                    self.figure(item.figure)
                    + "".join(self.next_paragraph(small) + runs for runs in below)
                )
            widths = [self.text_cm / across] * len(items)
            self.grid(
                rows, widths, [False] * len(items), styles=[small, big], description="Chiffres clés"
            )

    def next_paragraph(self, style: str) -> str:
        """Close the paragraph of a cell and open another."""
        return f'</w:p><w:p><w:pPr><w:pStyle w:val="{self.style[style]}"/></w:pPr>'

    def table(self, block: TableBlock) -> None:
        """Append a table, on pages turned sideways only where it needs them."""
        columns = columns_of(block)
        wide, widths, style = False, None, ""
        ems = self.ems
        for style, em in ems.items():  # noqa: B007 — the style that fits is kept
            widths = shared(columns, self.text_cm / em, PADDING)
            if widths is not None:
                break
        if widths is None:
            wide, room = True, LANDSCAPE_CM / ems[style]
            widths = shared(columns, room, PADDING) or _squeezed(columns, room)
        if wide:
            self.turn()
        else:
            self.upright()
        self.caption(block.id, block.title)
        rows = [[run(name) for name in block.columns]]
        rows += [
            [self.cell(cell, bold=i in block.emphasised) for cell in row]
            for i, row in enumerate(block.rows)
        ]
        self.grid(
            rows,
            [width * ems[style] for width in widths],
            list(block.numeric),
            styles=[style] * len(rows),
            description=block.title,
        )
        self.note(block.note, statuses_in(block))
        if wide:
            self.upright()

    def grid(
        self,
        rows: Sequence[Sequence[str]],
        widths: Sequence[float],
        numeric: Sequence[bool],
        styles: Sequence[str] = (),
        description: str = "",
    ) -> None:
        """Write a table whose first row is a header repeated on every page."""
        twips = [round(width * TWIPS_PER_CM) for width in widths]
        parts = [
            f"<w:tbl {NAMESPACE}><w:tblPr>"
            f'<w:tblStyle w:val="{self.style["Assemblier Tableau"]}"/>'
            f'<w:tblW w:w="{sum(twips)}" w:type="dxa"/><w:tblLayout w:type="fixed"/>'
            '<w:tblLook w:val="0020" w:firstRow="1" w:lastRow="0" w:firstColumn="0" '
            'w:lastColumn="0" w:noHBand="1" w:noVBand="1"/>'
            f"<w:tblDescription w:val={quoteattr(description.translate(ILLEGAL))}/></w:tblPr>"
            "<w:tblGrid>" + "".join(f'<w:gridCol w:w="{w}"/>' for w in twips) + "</w:tblGrid>"
        ]
        for i, row in enumerate(rows):
            header = "<w:tblHeader/>" if i == 0 else ""
            parts.append(f"<w:tr><w:trPr><w:cantSplit/>{header}</w:trPr>")
            style = styles[i] if i < len(styles) else "Assemblier Cellule"
            for j, runs in enumerate(row):
                side = '<w:jc w:val="right"/>' if numeric[j] else ""
                keep = "<w:keepNext/>" if i == 0 else ""
                parts.append(
                    f'<w:tc><w:tcPr><w:tcW w:w="{twips[j]}" w:type="dxa"/></w:tcPr><w:p><w:pPr>'
                    f'<w:pStyle w:val="{self.style[style]}"/>{keep}{side}</w:pPr>{runs}</w:p>'
                    "</w:tc>"
                )
            parts.append("</w:tr>")
        self.add("".join(parts) + "</w:tbl>")
        self.paragraph("", "Assemblier Note")

    def visual(self, block: Bars | Lines | MapBlock) -> None:
        """Append a drawing with its text alternative."""
        from docx.shared import Cm  # noqa: PLC0415
        from docx.text.paragraph import Paragraph as Paragraph_  # noqa: PLC0415

        one = self.drawn[block.id]
        self.caption(block.id, block.title)
        most = self.text_cm if self.document.form is Form.REPORT else self.text_cm / 2 - 0.8
        width = min(most, 15.5 * one.width / one.height)
        line = self.paragraph("", "Normal", f"<w:keepNext/>{WHOLE_LINE}")
        held = Paragraph_(line, self.held._body)  # noqa: SLF001
        picture = held.add_run().add_picture(io.BytesIO(self.pictures[block.id]), width=Cm(width))
        told = picture._inline.docPr  # noqa: SLF001
        told.set("descr", one.alternative.translate(ILLEGAL))
        told.set("title", block.title.translate(ILLEGAL))
        self.note(block.note, "", one.notes)

    def turn(self) -> None:
        """Begin a page turned sideways."""
        if self.sideways:
            return
        self.sideways = True
        self._section(landscape=True)

    def upright(self) -> None:
        """Come back to upright pages."""
        if not self.sideways:
            return
        self.sideways = False
        self._section(landscape=False)

    def _section(self, *, landscape: bool) -> None:
        from docx.enum.section import WD_ORIENT, WD_SECTION  # noqa: PLC0415

        made = self.held.add_section(WD_SECTION.NEW_PAGE)
        long, short = sorted((made.page_width, made.page_height), reverse=True)
        made.orientation = WD_ORIENT.LANDSCAPE if landscape else WD_ORIENT.PORTRAIT
        made.page_width, made.page_height = (long, short) if landscape else (short, long)


def _squeezed(columns: Sequence[Column], room: float) -> tuple[float, ...]:
    """Share the room in proportion, where even the longest words do not fit side by side."""
    asked = [column.least + PADDING for column in columns]
    return tuple(width * room / sum(asked) for width in asked)
