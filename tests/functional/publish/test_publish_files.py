"""What each file is to those who open it: tags, fonts, styles, structure."""

from __future__ import annotations

import dataclasses
import io
import re
import shutil
import sqlite3
import subprocess
import zipfile
from contextlib import closing
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import docx
import openpyxl
import pikepdf
import pyogrio
import pypdf
import pytest
from fontTools.ttLib import TTFont

from assemblier.blocks import Document, Form, Heading, MapBlock, Paragraph, Section, TableBlock
from assemblier.errors import BadInput, MissingPart
from assemblier.publish import style
from assemblier.publish.docx import render_docx
from assemblier.publish.html import render_html
from assemblier.publish.layout import layout, printed_figures
from assemblier.publish.pdf import render_pdf
from assemblier.publish.xlsx import LONGEST, render_xlsx, sheet_names

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


# ---- PDF


def test_pdf_is_tagged_titled_and_in_french(document: Document, written: Path) -> None:
    with pikepdf.open(written / "exemple.pdf") as held:
        assert held.Root.MarkInfo.Marked
        assert str(held.Root.Lang).startswith("fr")
        assert held.Root.ViewerPreferences.DisplayDocTitle
        with held.open_metadata() as told:
            assert told["pdfuaid:part"] == "1"
            assert document.title in told["dc:title"]
        kinds: dict[str, int] = {}
        without_alternative = 0
        stack = [held.Root.StructTreeRoot]
        while stack:
            one = stack.pop()
            if not isinstance(one, pikepdf.Dictionary):
                continue
            kind = str(one.get("/S", ""))
            kinds[kind] = kinds.get(kind, 0) + 1
            if kind == "/Figure" and not one.get("/Alt"):
                without_alternative += 1
            below = one.get("/K")
            stack += list(below) if isinstance(below, pikepdf.Array) else [below]
        assert without_alternative == 0
        assert kinds["/Figure"] >= 5
        assert kinds["/Table"] >= 3
        assert kinds["/TH"] >= 4 + 13 + 7
        assert kinds["/H1"] >= 3
        assert kinds["/TOCI"] >= 3


def test_pdf_is_set_in_its_typeface_all_embedded(written: Path) -> None:
    reader = pypdf.PdfReader(written / "exemple.pdf")
    names = set()
    for page in reader.pages:
        for font in page["/Resources"].get("/Font", {}).values():
            told = font.get_object()
            names.add(told["/BaseFont"])
            inner = told["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
            assert {"/FontFile2", "/FontFile3"} & set(inner)
    assert names
    assert all("SourceSansPro" in name for name in names)


def test_pdf_lists_each_drawing_at_the_page_it_is_on(document: Document, written: Path) -> None:
    pages = [page.extract_text() for page in pypdf.PdfReader(written / "exemple.pdf").pages]
    told = [" ".join(page.split()) for page in pages]
    start = next(i for i, page in enumerate(told) if "Annexe – Liste des cartes" in page and i > 1)
    listed = " ".join(told[start:])
    laid = layout(document)
    for visual in laid.visuals:
        name = laid.captions[visual.id].name.replace("\u00a0", " ")
        found = re.search(rf"{name}\. .*? (\d+)(?= (?:Carte|Graphique|Tableau)|$)", listed)
        assert found, name
        assert f"{name}. " in told[int(found[1]) - 1], (name, found[1])


def test_pdf_says_the_warnings_on_its_first_page(document: Document, written: Path) -> None:
    first = " ".join(pypdf.PdfReader(written / "exemple.pdf").pages[0].extract_text().split())
    for warning in document.warnings:
        assert warning[:40] in first


def test_a_missing_typeface_fails_loudly(
    document: Document, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assemblier.publish.pdf.font_folders", lambda: [str(tmp_path)])
    with pytest.raises(MissingPart, match="Source Sans Pro"):
        render_pdf(document)


def test_no_text_is_read_as_markup(written: Path) -> None:
    text = "".join(page.extract_text() for page in pypdf.PdfReader(written / "exemple.pdf").pages)
    for piece in ("<b>&amp;", "#titre $x$ @ref _sou_ *gras* `code` [lien]"):
        assert piece in " ".join(text.split())
    html = (written / "exemple.html").read_text(encoding="utf-8")
    assert "<b>" not in html
    assert "&lt;b&gt;&amp;amp;" in html


def test_letters_without_a_glyph_are_replaced_and_the_rest_kept() -> None:
    assert style.printable("œ ’ − \u202f « » é €") == "œ ’ − \u202f « » é €"
    assert style.printable("a🏥b\u2011c") == "ab-c"


# ---- HTML


class _Outline(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.headings: list[int] = []
        self.outside: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        if len(tag) == 2 and tag[0] == "h" and tag[1].isdigit():
            self.headings.append(int(tag[1]))
        if told.get("id"):
            self.ids.append(told["id"] or "")
        for name in ("src", "href", "action", "srcset"):
            value = told.get(name) or ""
            if value and not value.startswith("#"):
                self.outside.append(value)


def test_html_loads_nothing_and_keeps_its_outline(written: Path) -> None:
    html = (written / "exemple.html").read_text(encoding="utf-8")
    page = _Outline()
    page.feed(html)
    assert page.outside == []
    assert "@import" not in html
    assert "url(" not in html.replace("url(data:", "").replace("url(#", "")
    assert len(page.ids) == len(set(page.ids))
    assert page.headings.count(1) == 1
    assert all(b - a <= 1 for a, b in zip(page.headings, page.headings[1:], strict=False))


def test_contours_drawn_twice_are_written_once(document: Document, written: Path) -> None:
    html = (written / "exemple.html").read_text(encoding="utf-8")
    paths = re.findall(r' d="([^"]{40,})"', html)
    assert len(paths) == len(set(paths))
    assert set(re.findall(r'<use href="#(c\d+)"', html)) <= set(re.findall(r'id="(c\d+)"', html))
    maps = [block for block in layout(document).visuals if isinstance(block, MapBlock)]
    twice = dataclasses.replace(maps[0], id="encore")
    section = Section("s", 1, "S", "", (maps[0], twice))
    once = render_html(dataclasses.replace(document, sections=(section,)))
    assert once.count("<use ") >= 2 * len([c for c in maps[0].zones if c in maps[0].class_of])


def test_a_column_without_a_name_is_no_empty_heading(document: Document) -> None:
    (table,) = (b for s in document.sections for b in s.blocks if b_id(b) == "comparaison")
    bare = dataclasses.replace(table, columns=("", *table.columns[1:]))
    section = Section("s", 1, "S", "", (bare,))
    html = render_html(dataclasses.replace(document, sections=(section,)))
    assert '<th scope="col"></th>' not in html
    assert render_pdf(dataclasses.replace(document, sections=(section,))).startswith(b"%PDF-")


def b_id(block: object) -> str:
    return getattr(block, "id", "")


def test_no_text_closes_the_script_of_the_provenance(document: Document) -> None:
    key, one = next(iter(document.provenance.items()))
    mean = dataclasses.replace(one, definition="</script><script>alert(1)</script>")
    html = render_html(dataclasses.replace(document, provenance={**document.provenance, key: mean}))
    assert "<script>alert" not in html


def test_skipped_heading_levels_are_mended(document: Document) -> None:
    section = Section("a", 1, "Un", "", (Heading("Trop bas", 4), Paragraph(("texte",))))
    small = dataclasses.replace(document, sections=(section,), provenance={}, glossary={})
    page = _Outline()
    page.feed(render_html(small))
    assert page.headings[:4] == [1, 2, 2, 3]
    assert render_pdf(small).startswith(b"%PDF-")


def test_two_blocks_of_one_id_are_refused(document: Document) -> None:
    twice = dataclasses.replace(document, sections=(*document.sections, *document.sections))
    with pytest.raises(ValueError, match="carte_apl"):
        layout(twice)


# ---- DOCX


def _structure(path: Path) -> tuple[list[str], list[tuple[int, int]]]:
    held = docx.Document(str(path))
    titles = [p.text for p in held.paragraphs if (p.style.name or "").startswith("Heading")]
    return titles, [(len(t.rows), len(t.columns)) for t in held.tables]


def test_docx_has_real_headings_captions_and_tables(document: Document, written: Path) -> None:
    path = written / "exemple.docx"
    titles, tables = _structure(path)
    assert "7. Offre de soins primaires" in titles
    assert (99, 7) in tables
    with zipfile.ZipFile(path) as held:
        body = ET.fromstring(held.read("word/document.xml"))
        styles = held.read("word/styles.xml").decode()
    codes = "".join(one.text or "" for one in body.iter(f"{W}instrText"))
    assert codes.count("SEQ ") == len(layout(document).visuals)
    assert 'TOC \\o "1-2"' in codes
    assert len(list(body.iter(f"{W}tblHeader"))) == len(tables)
    described = [one.get("descr") for one in body.iter() if one.tag.endswith("}docPr")]
    assert len(described) == 5 + 1, "the drawings, and the picture of the cover"
    assert all(described)
    assert 'w:lang w:val="fr-FR"' in styles
    assert docx.Document(str(path)).core_properties.title == document.title


def test_docx_carries_its_typeface(written: Path) -> None:
    """The obfuscation undone, each typeface of the file is a whole one of the right family."""
    with zipfile.ZipFile(written / "exemple.docx") as held:
        table = ET.fromstring(held.read("word/fontTable.xml"))
        links = ET.fromstring(held.read("word/_rels/fontTable.xml.rels"))
        settings = held.read("word/settings.xml").decode()
        targets = {one.get("Id"): one.get("Target") for one in links}
        found = 0
        for font in table:
            for one in font:
                key = one.get(f"{W}fontKey")
                if key is None:
                    continue
                link = one.get(
                    "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
                )
                raw = held.read(f"word/{targets[link]}")
                mask = bytes.fromhex(key.strip("{}").replace("-", ""))[::-1] * 2
                letters = bytes(a ^ b for a, b in zip(raw[:32], mask, strict=True)) + raw[32:]
                with TTFont(io.BytesIO(letters)) as read:
                    assert read["name"].getDebugName(1) == font.get(f"{W}name") == style.FAMILY
                    assert {ord(c) for c in "éœÀ’«€−"} <= set(read.getBestCmap())
                found += 1
    assert found == 3
    assert "embedTrueTypeFonts" in settings


def test_docx_takes_the_styles_of_a_template(
    document: Document, written: Path, tmp_path: Path
) -> None:
    """A template restyles built-in styles, ours, the page, the header; its text is left out."""
    held = docx.Document(str(written / "exemple.docx"))  # what an official would start from
    held.styles["Heading 1"].font.name = "Georgia"
    held.styles["Assemblier Encadré"].font.size = docx.shared.Pt(13)
    held.styles["Assemblier Cellule"].font.color.rgb = docx.shared.RGBColor(0x80, 0, 0)
    held.sections[0].left_margin = held.sections[0].right_margin = docx.shared.Cm(4)
    held.sections[0].header.paragraphs[0].text = "Communauté de communes fictive"
    held.add_paragraph("Texte du modèle, à retirer")
    held.save(str(tmp_path / "modele.docx"))
    made = tmp_path / "restyle.docx"
    made.write_bytes(render_docx(document, tmp_path / "modele.docx"))
    read = docx.Document(str(made))
    for name, look in (
        ("Heading 1", lambda style: style.font.name == "Georgia"),
        ("Assemblier Encadré", lambda style: style.font.size.pt == 13),
        ("Assemblier Cellule", lambda style: str(style.font.color.rgb) == "800000"),
    ):
        assert look(read.styles[name]), name
        assert any(p.style.name == name for p in _every_paragraph(read)), f"{name} is not used"
    assert read.sections[0].header.paragraphs[0].text == "Communauté de communes fictive"
    widest = max(sum(cell.width.cm for cell in table.rows[0].cells) for table in read.tables)
    usual = max(
        sum(cell.width.cm for cell in table.rows[0].cells)
        for table in docx.Document(str(written / "exemple.docx")).tables
    )
    assert widest < usual, "tables follow the margins of the template"
    runs = [
        run
        for paragraph in _every_paragraph(read)
        for run in paragraph.runs
        if run.font.size is not None or run.font.name is not None or run.font.color.rgb is not None
    ]
    assert not runs, "no look is written outside the styles, where a template could not reach it"
    assert "Texte du modèle" not in "".join(p.text for p in read.paragraphs)
    (tmp_path / "faux.docx").write_text("rien", encoding="utf-8")
    with pytest.raises(BadInput, match="faux"):
        render_docx(document, tmp_path / "faux.docx")


def _every_paragraph(held: Any) -> list[Any]:
    cells = [cell for table in held.tables for row in table.rows for cell in row.cells]
    return [*held.paragraphs, *(p for cell in cells for p in cell.paragraphs)]


@pytest.mark.parametrize("form", [Form.BRIEF, Form.SHEETS])
def test_a_brief_has_neither_contents_nor_annexes(document: Document, form: Form) -> None:
    sections = tuple(
        dataclasses.replace(
            section,
            blocks=tuple(
                dataclasses.replace(block, annex=False) if isinstance(block, TableBlock) else block
                for block in section.blocks
            ),
        )
        for section in document.sections
    )
    brief = dataclasses.replace(document, form=form, sections=sections, glossary={})
    held = docx.Document(io.BytesIO(render_docx(brief)))
    titles = [p.text for p in held.paragraphs if (p.style.name or "").startswith("Heading")]
    assert [s.title for s in brief.sections] == [
        p.text for p in held.paragraphs if p.style.name == "Heading 1"
    ]
    assert not [title for title in titles if title.startswith("Annexe")]
    assert "Sommaire" not in [p.text for p in held.paragraphs]
    text = "".join(p.text for p in _every_paragraph(held))
    for one in printed_figures(brief):
        if not one.place.startswith(("Carte", "Graphique")):
            assert one.figure.text in text
    pdf = pypdf.PdfReader(io.BytesIO(render_pdf(brief)))
    said = "".join(page.extract_text() for page in pdf.pages)
    assert "Annexe" not in said
    assert "Sommaire" not in said


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_docx_keeps_its_structure_through_libreoffice(written: Path, tmp_path: Path) -> None:
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"

    def convert(source: Path, to: str, folder: Path) -> Path:
        subprocess.run(
            ["soffice", profile, "--headless", "--convert-to", to, "--outdir", folder, source],
            check=True, capture_output=True, timeout=150,
        )  # fmt: skip
        return folder / f"{source.stem}.{to}"

    odt = convert(written / "exemple.docx", "odt", tmp_path / "odt")
    back = convert(odt, "docx", tmp_path / "back")
    titles, tables = _structure(written / "exemple.docx")
    titles_back, tables_back = _structure(back)
    assert titles_back == titles
    assert tables_back == tables
    for count, what in ((_captions, "captions"), (_headers, "headers"), (_described, "texts")):
        assert count(back) == count(written / "exemple.docx") > 0, what
    pdf = convert(written / "exemple.docx", "pdf", tmp_path / "pdf")
    assert len(pypdf.PdfReader(pdf).pages) > 5


def _body(path: Path) -> ET.Element:
    with zipfile.ZipFile(path) as held:
        return ET.fromstring(held.read("word/document.xml"))


def _captions(path: Path) -> int:
    """Return how many numbers of captions are fields, refreshed when one is added."""
    codes = "".join(one.text or "" for one in _body(path).iter(f"{W}instrText"))
    return codes.count("SEQ ")


def _headers(path: Path) -> int:
    return len(list(_body(path).iter(f"{W}tblHeader")))


def _described(path: Path) -> int:
    return sum(bool(one.get("descr")) for one in _body(path).iter() if one.tag.endswith("}docPr"))


# ---- XLSX


def test_workbook_sheets_and_true_numbers(document: Document, written: Path) -> None:
    book = openpyxl.load_workbook(written / "exemple.xlsx")
    assert book.sheetnames[0] == "Lisez-moi"
    assert book.sheetnames[-3:] == ["Chiffres imprimés", "Dictionnaire", "Provenance"]
    sheet = book["communes"]
    assert sheet.freeze_panes == "B4"
    assert sheet.auto_filter.ref == "A3:G101"
    assert [cell.value for cell in sheet[3]][:2] == ["Commune", "Code"]
    assert sheet["B4"].value == "99000"
    assert sheet["C4"].value == 120
    assert sheet["E8"].value == "secret"
    assert isinstance(sheet["D4"].value, float)
    read = [str(c.value) for row in book["Lisez-moi"].iter_rows() for c in row if c.value]
    assert all(warning in read for warning in document.warnings)
    assert book["Provenance"].max_row == len(document.provenance) + 1


def test_sheet_names_are_short_unique_and_legal(document: Document) -> None:
    long = "x" * 40
    blocks = [
        b for s in document.sections for b in s.blocks if getattr(b, "id", "") == "comparaison"
    ]
    many = tuple(
        dataclasses.replace(blocks[0], id=name)
        for name in (long + "1", long + "2", "a/b:c", "A-B-C", "Lisez-moi")
    )
    told = dataclasses.replace(document, sections=(Section("s", 1, "S", "", many),))
    names = list(sheet_names(told).values())
    assert len({name.casefold() for name in names}) == 5
    assert all(len(name) <= LONGEST and not set(name) & set("[]:*?/\\'") for name in names)
    assert render_xlsx(told)


# ---- GeoPackage


def test_geopackage_opens_with_its_styles(document: Document, written: Path) -> None:
    path = written / "exemple.gpkg"
    layers = dict(pyogrio.list_layers(path))
    assert set(layers) == {"carte_apl", "carte_bassins", "layer_styles"}
    table = pyogrio.read_dataframe(path, layer="carte_apl")
    assert len(table) == 98
    assert table.crs.to_epsg() == 4326
    assert table.loc[table["statut"] == "secret", "valeur"].isna().all()
    assert table.loc[table["statut"] == "secret", "imprime"].eq("secret").all()
    lost = pyogrio.read_dataframe(path, layer="carte_bassins").set_index("code")
    assert lost.geometry.isna().to_dict()["sans"]
    with closing(sqlite3.connect(path)) as held:
        named = held.execute("SELECT column_name, title FROM gpkg_data_columns").fetchall()
        assert {name for name, _ in named} == set(table.columns) - {"geometry"}
        assert dict(named)["imprime"] == "Valeur imprimée"
        assert held.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        rows = held.execute(
            "SELECT f_table_name, f_geometry_column, styleQML, useAsDefault FROM layer_styles"
        ).fetchall()
        columns = dict(held.execute("SELECT table_name, column_name FROM gpkg_geometry_columns"))
    assert {row[0] for row in rows} == {"carte_apl", "carte_bassins"}
    for name, geometry, qml, default in rows:
        assert geometry == columns[name]
        assert default == 1
        root = ET.fromstring(qml)
        rules = root.findall(".//rule")
        symbols = {one.get("name") for one in root.findall("./renderer-v2/symbols/symbol")}
        assert {rule.get("symbol") for rule in rules} == symbols
    apl = next(row[2] for row in rows if row[0] == "carte_apl")
    assert "\"statut\" = 'secret'" in ET.fromstring(apl).findall(".//rule")[-2].get("filter", "")


def test_a_document_without_maps_has_no_geopackage(document: Document, tmp_path: Path) -> None:
    from assemblier.publish.write import write

    bare = dataclasses.replace(document, sections=document.sections[:1])
    assert write(bare, tmp_path, ["gpkg", "atlas"]) == []
    assert list(tmp_path.iterdir()) == []
