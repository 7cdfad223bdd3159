"""The styles of the text-processor file: named so that a template can redefine each of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from assemblier.blocks import Document, Form
from assemblier.errors import BadInput, Problem
from assemblier.publish.docx_fonts import embed
from assemblier.publish.style import FAMILY

__all__ = ["NAMESPACE", "prepare"]

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
NAMESPACE = f'xmlns:w="{WORD}"'
FONT = FAMILY
MARGIN_CM = {Form.REPORT: 2.2, Form.BRIEF: 1.7, Form.SHEETS: 1.7}
"""Margins of the page, when no template says them."""
BRIEF = 0.9
"""How much smaller a brief is set than a report."""
LINE = {Form.REPORT: 0.94, Form.BRIEF: 0.86, Form.SHEETS: 0.86}
"""Height of a line, in those of the typeface, which stands tall."""

# name, based on, points, colour, bold, italic, space before, space after, border, ground
PARAGRAPHS: tuple[tuple[str, str, float, str, bool, bool, float, float, str, str], ...] = (
    ("Assemblier Note", "Normal", 8.5, "56616B", False, False, 0, 1, "", ""),
    ("Assemblier Encadré", "Normal", 10.5, "1D2730", False, False, 0, 0, "14506A", "F3F6F7"),
    ("Assemblier Attention", "Normal", 10.5, "1D2730", False, False, 0, 0, "B8660F", "FFF8EC"),
    ("Assemblier Manque", "Normal", 10, "1D2730", False, False, 0, 0, "94A1A9", ""),
    ("Assemblier Question", "Normal", 12, "56616B", False, False, 0, 8, "", ""),
    ("Assemblier Cellule", "Normal", 9, "1D2730", False, False, 1, 1, "", ""),
    ("Assemblier Cellule serrée", "Assemblier Cellule", 8, "1D2730", False, False, 1, 1, "", ""),
    ("Assemblier Chiffre clé", "Normal", 17, "0D3A4E", True, False, 2, 2, "", ""),
    ("Assemblier Sommaire", "Normal", 14, "0D3A4E", True, False, 18, 6, "", ""),
)
BUILT_IN: tuple[tuple[str, float, str, bool, float, float], ...] = (
    ("Normal", 10.5, "1D2730", False, 0, 6),
    ("Title", 26, "0D3A4E", True, 0, 6),
    ("Subtitle", 13, "1D2730", False, 0, 8),
    ("Heading 1", 18, "0D3A4E", True, 26, 6),
    ("Heading 2", 14, "14506A", True, 16, 5),
    ("Heading 3", 11.5, "1D2730", True, 12, 4),
    ("Heading 4", 10.5, "1D2730", True, 10, 3),
    ("Caption", 10.5, "1D2730", True, 14, 5),
    ("List Bullet", 10.5, "1D2730", False, 0, 3),
    ("List Number", 10.5, "1D2730", False, 0, 3),
)

TABLE_STYLE = f"""<w:style {NAMESPACE} w:type="table" w:customStyle="1"
w:styleId="AssemblierTableau">
<w:name w:val="Assemblier Tableau"/><w:basedOn w:val="TableNormal"/>
<w:uiPriority w:val="59"/><w:qFormat/>
<w:tblPr><w:tblBorders>
<w:bottom w:val="single" w:sz="4" w:space="0" w:color="D5DBDF"/>
<w:insideH w:val="single" w:sz="4" w:space="0" w:color="D5DBDF"/></w:tblBorders>
<w:tblCellMar><w:left w:w="85" w:type="dxa"/><w:right w:w="85" w:type="dxa"/>
</w:tblCellMar></w:tblPr>
<w:tblStylePr w:type="firstRow"><w:rPr><w:b/><w:color w:val="0D3A4E"/></w:rPr>
<w:tcPr>
<w:tcBorders><w:bottom w:val="single" w:sz="8" w:space="0" w:color="14506A"/></w:tcBorders>
<w:shd w:val="clear" w:color="auto" w:fill="E6EEF2"/><w:vAlign w:val="bottom"/></w:tcPr>
</w:tblStylePr>
</w:style>"""


def prepare(docx: Any, document: Document, template: Path | None) -> Any:
    """Open the template (or the bare file), empty its text, make sure every style is there.

    Raises
    ------
    BadInput
        When the template cannot be opened.
    """
    scale = 1.0 if document.form is Form.REPORT or template is not None else BRIEF
    if template is not None:
        held = _opened(docx, template)
        body = held.element.body
        for element in list(body)[:-1]:
            body.remove(element)
    else:
        held = docx.Document()
        _page(docx, held, MARGIN_CM[document.form])
        for name, size, colour, bold, before, after in BUILT_IN:
            _set(docx, held.styles[name], size * scale, colour, bold, False, before * scale, after)
        held.styles["Normal"].paragraph_format.line_spacing = LINE[document.form]
        _plain_titles(held)
        embed(docx, held)
    _add_missing(docx, held, scale)
    _language(held)
    told = held.core_properties
    told.title, told.subject, told.language = document.title, document.kind, "fr-FR"
    told.author, told.last_modified_by, told.comments = "Assemblier", "Assemblier", ""
    told.keywords = document.date
    if template is None:
        _running(docx, held, document)
    return held


def _opened(docx: Any, template: Path) -> Any:
    try:
        return docx.Document(str(template))
    except Exception as error:
        raise BadInput(
            Problem(
                "le modèle n’a pas pu être ouvert comme un document Word",
                file=str(template),
                allowed="un fichier .docx",
                advice="Ouvrez-le dans Word ou LibreOffice et enregistrez-le au format .docx.",
            )
        ) from error


def _page(docx: Any, held: Any, margin: float) -> None:
    cm = docx.shared.Cm
    section = held.sections[0]
    section.page_width, section.page_height = cm(21), cm(29.7)
    section.left_margin = section.right_margin = cm(margin)
    section.top_margin = section.bottom_margin = cm(margin)
    section.header_distance = section.footer_distance = cm(0.4 * margin)
    section.different_first_page_header_footer = True


def _set(
    docx: Any,
    style: Any,
    size: float,
    colour: str,
    bold: bool,  # noqa: FBT001
    italic: bool,  # noqa: FBT001
    before: float,
    after: float,
) -> None:
    font, paragraph = style.font, style.paragraph_format
    font.name, font.size = FONT, docx.shared.Pt(size)
    font.color.rgb = docx.shared.RGBColor.from_string(colour)
    font.bold, font.italic = bold, italic
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for name in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(f"{{{WORD}}}{name}", None)
    for name in ("ascii", "hAnsi", "cs", "eastAsia"):
        fonts.set(f"{{{WORD}}}{name}", FONT)
    paragraph.space_before = docx.shared.Pt(before)
    paragraph.space_after = docx.shared.Pt(after)


def _plain_titles(held: Any) -> None:
    """Take off the rule and the spaced letters that the titles of the bare file come with."""
    properties = held.styles["Title"].element.pPr
    for border in properties.findall(f"{{{WORD}}}pBdr"):
        properties.remove(border)
    for name in ("Title", "Subtitle"):
        letters = held.styles[name].element.rPr
        for spacing in letters.findall(f"{{{WORD}}}spacing"):
            letters.remove(spacing)
    for name in ("Heading 1", "Heading 2", "Heading 3", "Heading 4"):
        held.styles[name].paragraph_format.keep_with_next = True


def _add_missing(docx: Any, held: Any, scale: float) -> None:
    kind = docx.enum.style.WD_STYLE_TYPE
    present = {style.name for style in held.styles}
    for name, *_ in BUILT_IN:
        if name not in present:
            held.styles.add_style(name, kind.PARAGRAPH, builtin=True)
    for name, base, size, colour, bold, italic, before, after, edge, ground in PARAGRAPHS:
        if name in present:
            continue
        style = held.styles.add_style(name, kind.PARAGRAPH)
        style.base_style = held.styles[base]
        style.quick_style = True
        _set(docx, style, size * scale, colour, bold, italic, before, after)
        if edge:
            _box(docx, style, edge, ground, dashed=name.endswith("Manque"))
    if "Assemblier Chiffre" not in present:
        style = held.styles.add_style("Assemblier Chiffre", kind.CHARACTER)
        style.quick_style = True
    if "Assemblier Tableau" not in present:
        held.styles.element.append(docx.oxml.parse_xml(TABLE_STYLE))


def _box(docx: Any, style: Any, edge: str, ground: str, *, dashed: bool) -> None:
    """Give a paragraph style an edge and a ground."""
    properties = style.element.get_or_add_pPr()
    line = "dashed" if dashed else "single"
    sides = ("top", "left", "bottom", "right") if dashed else ("left",)
    width = 6 if dashed else 24
    borders = "".join(
        f'<w:{side} w:val="{line}" w:sz="{width}" w:space="8" w:color="{edge}"/>' for side in sides
    )
    pieces = [f"<w:pBdr {NAMESPACE}>{borders}</w:pBdr>"]
    if ground:
        pieces.append(f'<w:shd {NAMESPACE} w:val="clear" w:color="auto" w:fill="{ground}"/>')
    spacing = properties.find(f"{{{WORD}}}spacing")
    for piece in pieces:
        element = docx.oxml.parse_xml(piece)
        if spacing is not None:
            spacing.addprevious(element)
        else:
            properties.append(element)
    style.paragraph_format.left_indent = docx.shared.Cm(0.4)
    style.paragraph_format.space_before = docx.shared.Pt(4)
    style.paragraph_format.space_after = docx.shared.Pt(4)
    style.paragraph_format.keep_together = True


def _language(held: Any) -> None:
    """Say that the text is French, for spelling and for reading aloud."""
    for tag in held.styles.element.iter(f"{{{WORD}}}lang"):
        tag.set(f"{{{WORD}}}val", "fr-FR")
        tag.set(f"{{{WORD}}}eastAsia", "fr-FR")


def _running(docx: Any, held: Any, document: Document) -> None:
    """Write the running header and the page numbers."""
    section = held.sections[0]
    for part, text in (
        (section.header, f"{document.title} – {document.date}"),
        (section.footer, f"{document.kind} – page "),
        (section.first_page_footer, f"{document.kind} – page "),
    ):
        paragraph = part.paragraphs[0]
        paragraph.style = held.styles["Assemblier Note"]
        paragraph.add_run(text)
        if part is not section.header:
            for piece in (
                '<w:fldChar {} w:fldCharType="begin"/>',
                "<w:instrText {}> PAGE </w:instrText>",
                '<w:fldChar {} w:fldCharType="end"/>',
            ):
                run = paragraph.add_run()
                run._r.append(docx.oxml.parse_xml(piece.format(NAMESPACE)))  # noqa: SLF001
