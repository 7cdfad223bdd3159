"""A document as a text-processor file that officials can edit.

Headings, captions, lists and tables are real ones, so that a table of contents can be refreshed,
a template can restyle them and LibreOffice keeps them.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from assemblier.blocks import (
    Block,
    Document,
    Form,
)
from assemblier.errors import MissingPart
from assemblier.publish.cover import COVER
from assemblier.publish.docx_pieces import (
    run,
)
from assemblier.publish.docx_styles import NAMESPACE, prepare
from assemblier.publish.docx_writer import TWIPS_PER_CM, WHOLE_LINE, Writer
from assemblier.publish.drawings import Drawings, draw, rasterise
from assemblier.publish.layout import (
    levelled,
)
from assemblier.publish.rows import side_by_side

__all__ = ["render_docx"]


def render_docx(
    document: Document,
    template: Path | None = None,
    drawings: Drawings | None = None,
    pictures: Mapping[str, bytes] | None = None,
) -> bytes:
    """Render a document as DOCX.

    Parameters
    ----------
    template
        A DOCX or DOTX of the user: its styles, header, footer and page are kept; its text is not.
    drawings, pictures
        What was already drawn, as SVG and as PNG, by block id.

    Raises
    ------
    MissingPart
        When python-docx is not installed.
    """
    try:
        import docx  # noqa: PLC0415
    except ImportError as error:
        raise MissingPart(
            "Le format DOCX demande la partie « office » : pip install 'assemblier[office]'."
        ) from error
    drawn = drawings or draw(document)
    held = prepare(docx, document, template)
    _Whole(held, document, drawn, pictures or rasterise(drawn)).whole()
    out = io.BytesIO()
    held.save(out)
    return out.getvalue()


class _Whole(Writer):
    """Writes a whole document."""

    def whole(self) -> None:
        told = self.document
        report = told.form is Form.REPORT
        self.masthead(report)
        if told.warnings:
            self.paragraph(run("À régler avant diffusion", bold=True), "Assemblier Attention")
            for text in told.warnings:
                self.paragraph(run(f"• {text}"), "Assemblier Attention")
        if report:
            self.contents()
        for at, section in enumerate(told.sections):
            if told.form is Form.SHEETS and at:
                self.paragraph("", "Assemblier Note", "<w:pageBreakBefore/>")
            self.heading(f"{section.number}. {section.title}" if report else section.title, 1)
            if section.question and report:
                self.paragraph(run(section.question), "Assemblier Question", "<w:keepNext/>")
            if report:
                for block in levelled(section):
                    self.block(block)
            else:
                self.rows(levelled(section))
        if self.laid.annex:
            self.heading("Annexe – Tableaux détaillés", 1)
            for table in self.laid.annex:
                self.table(table)
        if told.glossary:
            self.heading("Annexe – Glossaire", 1)
            for term, text in told.glossary.items():
                self.paragraph(run(f"{term} : ", bold=True) + run(text))
        if not report:
            self.origin()
            return
        self.heading("Annexe – Sources et demande", 1)
        for text in told.sources:
            self.paragraph(run(text), "List Bullet")
        for term, text in told.asked.items():
            self.paragraph(run(f"{term} : ", bold=True) + run(text))
        self.provenance()
        self.illustrations()

    def masthead(self, report: bool) -> None:  # noqa: FBT001
        """Say what the document is, of where and when; on a page of its own in a report."""
        from docx.shared import Cm  # noqa: PLC0415
        from docx.text.paragraph import Paragraph as Paragraph_  # noqa: PLC0415

        told, cover = self.document, self.cover
        self.paragraph(run(told.kind), "Assemblier Question")
        self.paragraph(run(told.title), "Title")
        if not report:
            self.paragraph(run(f"{told.subtitle} · {told.date}"), "Subtitle")
            return
        if told.subtitle:
            self.paragraph(run(told.subtitle), "Subtitle")
        self.paragraph(run(told.date), "Assemblier Question")
        if cover is not None and COVER in self.pictures:
            place = Paragraph_(self.paragraph("", "Normal", WHOLE_LINE), self.held._body)  # noqa: SLF001
            width = min(self.text_cm, 13.0 * cover.width / cover.height)
            drawn = place.add_run().add_picture(io.BytesIO(self.pictures[COVER]), width=Cm(width))
            drawn._inline.docPr.set("descr", cover.alternative)  # noqa: SLF001

    def origin(self) -> None:
        """Say where the figures of a brief come from, in two lines."""
        if self.document.sources:
            sources = " ; ".join(each.removesuffix(".") for each in self.document.sources)
            self.paragraph(run("Sources : ", bold=True) + run(sources), "Assemblier Note")
        self.paragraph(
            run(
                "La provenance de chaque chiffre est dans la page HTML et le classeur qui "
                "accompagnent ce document."
            ),
            "Assemblier Note",
        )

    def contents(self) -> None:
        """Write the table of contents as a field, filled in so that it reads before a refresh."""
        self.paragraph(
            run("Sommaire", bold=True),
            "Assemblier Sommaire",
            "<w:keepNext/><w:pageBreakBefore/>" if self.cover is not None else "<w:keepNext/>",
        )
        titles = [f"{s.number}. {s.title}" for s in self.document.sections]
        titles += ["Annexe – Sources et demande", "Annexe – Provenance des chiffres"]
        self.filled_field('TOC \\o "1-2" \\h \\z \\u', titles)

    def rows(self, blocks: Sequence[Block]) -> None:
        """Write the blocks of a brief, drawings beside drawings or texts in a bare table."""
        for columns in side_by_side(blocks):
            if len(columns) == 1:
                for block in (block for column in columns for block in column):
                    self.block(block)
                continue
            width = round(self.text_cm / 2 * TWIPS_PER_CM)
            cell = f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/></w:tcPr></w:tc>'
            table = self.add(
                f'<w:tbl {NAMESPACE}><w:tblPr><w:tblW w:w="{2 * width}" w:type="dxa"/>'
                '<w:tblLayout w:type="fixed"/></w:tblPr>'
                f'<w:tblGrid><w:gridCol w:w="{width}"/><w:gridCol w:w="{width}"/></w:tblGrid>'
                f"<w:tr><w:trPr><w:cantSplit/></w:trPr>{cell}{cell}</w:tr></w:tbl>"
            )
            for self.cell_open, column in zip(table.tr_lst[0].tc_lst, columns, strict=True):
                for block in column:
                    self.block(block)
            self.cell_open = None
            self.paragraph("", "Assemblier Note")

    def provenance(self) -> None:
        self.heading("Annexe – Provenance des chiffres", 1)
        self.paragraph(
            run(
                "Chaque chiffre de ce document est un lien vers l’une des entrées ci-dessous ; au "
                "survol, il montre sa valeur non arrondie et son identifiant."
            )
        )
        for entry in self.told.entries:
            years = f" ({', '.join(entry.years)})" if entry.years else ""
            label = entry.label[:1].upper() + entry.label[1:]
            self.paragraph(
                self.bookmark(
                    f"prov_{entry.number}", run(f"{entry.number}. {label}{years}", bold=True)
                ),
                "Assemblier Note",
                '<w:keepNext/><w:spacing w:before="120"/>',
            )
            unit = f"Unité : {entry.unit}." if entry.unit else ""
            cited = self.told.cited(entry)
            text = " ".join(part for part in (entry.definition, unit, cited) if part)
            self.paragraph(run(text), "Assemblier Note")
        for _, title, texts in self.told.shared:
            self.paragraph(
                run(title, bold=True), "Assemblier Note", '<w:keepNext/><w:spacing w:before="240"/>'
            )
            for position, text in enumerate(texts, start=1):
                self.paragraph(run(f"{position}. {text}"), "Assemblier Note")

    def illustrations(self) -> None:
        self.heading("Annexe – Liste des cartes, graphiques et tableaux", 1)
        for kind, title in (
            ("Carte", "Cartes"),
            ("Graphique", "Graphiques"),
            ("Tableau", "Tableaux"),
        ):
            lines = [
                f"{self.laid.captions[v.id].name}. {v.title}"
                for v in self.laid.visuals
                if self.laid.captions[v.id].kind == kind
            ]
            if lines:
                self.heading(title, 2)
                self.filled_field(f'TOC \\h \\z \\c "{kind}"', lines)
