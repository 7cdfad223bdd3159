"""The synthesis in four pages, the portraits on a sheet each: counted in the files themselves."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import docx
import pypdf
import pytest

from assemblier.blocks import Bullets, Document, Form, MapBlock, Section, TableBlock
from assemblier.diagnosis.documents import PAGES, SHEET, documents, portraits, synthesis
from assemblier.publish.docx import render_docx
from assemblier.publish.drawings import draw
from assemblier.publish.layout import printed_figures, unexplained
from assemblier.publish.pages import page_fitter
from assemblier.publish.pdf import pages_of, render_pdf
from assemblier.publish.write import write
from assemblier.usecases.diagnoses import diagnose_territory
from functional.diagnosis.conftest import Made

sys.path.insert(0, str(Path(__file__).parents[1] / "publish"))

from publish_readback import read_figures

FULL = 0.7
"""Least share of a page that its text reaches down to."""
LAST = 0.5
"""The same of the last page: it holds what is left."""
FOOTER = 50.0
"""Height of the footer, in points."""


@pytest.fixture(scope="module")
def short(made: Made) -> dict[str, Document]:
    found = documents(made.diagnosis, ("synthese", "portraits"), page_fitter())
    return {document.id.partition("-")[0]: document for document in found}


@pytest.fixture(scope="module")
def readers(short: dict[str, Document]) -> dict[str, pypdf.PdfReader]:
    return {
        name: pypdf.PdfReader(io.BytesIO(render_pdf(document))) for name, document in short.items()
    }


@pytest.fixture(scope="module")
def texts(readers: dict[str, pypdf.PdfReader]) -> dict[str, list[str]]:
    return {name: [page.extract_text() for page in one.pages] for name, one in readers.items()}


def _lowest(page: pypdf.PageObject) -> float:
    """Return how far down the text of a page goes, as a share, the footer left out."""
    heights: list[float] = []

    def visit(text: str, page_at: list[float], text_at: list[float], *_: object) -> None:
        height = text_at[5] * page_at[3] + page_at[5]
        if text.strip() and height > FOOTER:
            heights.append(height)

    page.extract_text(visitor_text=visit)
    return 1 - min(heights) / float(page.mediabox.height)


def test_the_synthesis_is_four_full_pages(readers: dict[str, pypdf.PdfReader]) -> None:
    pages = readers["synthese"].pages
    assert len(pages) == PAGES == 4
    *before, last = [_lowest(page) for page in pages]
    assert [round(each, 2) for each in before if each < FULL] == []
    assert last >= LAST


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_the_synthesis_is_four_pages_in_a_text_processor_too(
    short: dict[str, Document], tmp_path: Path
) -> None:
    (tmp_path / "synthese.docx").write_bytes(render_docx(short["synthese"]))
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    asked = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path)]
    subprocess.run([*asked, str(tmp_path / "synthese.docx")], check=True, capture_output=True)
    assert len(pypdf.PdfReader(tmp_path / "synthese.pdf").pages) == PAGES


def test_a_portrait_is_one_sheet(short: dict[str, Document], texts: dict[str, list[str]]) -> None:
    document, pages = short["portraits"], texts["portraits"]
    assert document.form is Form.SHEETS
    assert len(pages) == SHEET * len(document.sections)
    for at, section in enumerate(document.sections):
        front = " ".join(pages[SHEET * at].split())
        assert section.title.replace("-", "") in front.replace("-", "")
        assert pages[SHEET * at + 1].strip()


def test_every_figure_of_a_short_document_is_printed_in_order(
    short: dict[str, Document], texts: dict[str, list[str]]
) -> None:
    for name, document in short.items():
        assert unexplained(document) == ()
        text = _bare("".join(texts[name]))
        figures = [
            one.figure.text
            for one in printed_figures(document)
            if not one.place.startswith(("Carte", "Graphique", "chiffre clé", "Tableau"))
        ]
        assert figures or name == "portraits"
        at = 0
        for figure in figures:
            found = text.find(_bare(figure), at)
            assert found >= 0, (name, figure)
            at = found
        tables = [
            one.figure.text for one in printed_figures(document) if one.place.startswith("Tableau")
        ]
        assert not [figure for figure in tables if _bare(figure) not in text]


def _bare(text: str) -> str:
    return re.sub(r"\s", "", text)


def test_what_does_not_hold_is_left_out_by_choice_not_set_smaller(made: Made) -> None:
    tried: list[Document] = []

    def never(document: Document, _: int) -> bool:
        tried.append(document)
        return False

    barest = synthesis(made.diagnosis, never)
    assert barest == tried[-1]
    lengths = [len(list(printed_figures(document))) for document in tried]
    assert len(lengths) >= 5
    assert all(b <= a for a, b in pairwise(lengths))
    assert lengths[-1] < lengths[0]
    fullest, least = (_items(tried[at].sections) for at in (0, -1))
    for title, items in least.items():
        assert items == fullest[title][: len(items)], "the first of a list are the ones kept"
    sizes = {block.columns for block in _tables(tried[0])} & {
        block.columns for block in _tables(barest)
    }
    assert sizes


def _items(sections: tuple[Section, ...]) -> dict[str, tuple[object, ...]]:
    return {
        f"{section.id} {at}": block.items
        for section in sections
        for at, block in enumerate(b for b in section.blocks if isinstance(b, Bullets))
    }


def _tables(document: Document) -> list[TableBlock]:
    return [b for section in document.sections for b in section.blocks if isinstance(b, TableBlock)]


def test_a_document_too_long_for_its_pages_is_seen(made: Made) -> None:
    fits = page_fitter()
    assert not fits(made.diagnosis.document, 4)
    whole = render_pdf(synthesis(made.diagnosis, lambda *_: True))
    assert pages_of(whole) == len(pypdf.PdfReader(io.BytesIO(whole)).pages)


def test_the_map_of_a_portrait_is_brought_to_its_zone(
    short: dict[str, Document], made: Made
) -> None:
    membership = made.context.geography.membership
    story = made.diagnosis.story
    maps = [
        block
        for section in short["portraits"].sections
        for block in section.blocks
        if isinstance(block, MapBlock)
    ]
    assert maps
    for block in maps:
        assert block.outline
        assert len(block.zones) < len(story.window)
        assert len({membership.at[code, story.parts_grid] for code in block.outline}) == 1
        assert sum(each.count for each in block.classes) == len(block.class_of)
        assert set(block.labels) <= block.outline
    assert len(draw(short["portraits"]).by_id) >= len(maps)


def test_the_whole_diagnosis_prints_the_same_figures_in_every_format(
    made: Made, tmp_path: Path
) -> None:
    document = made.diagnosis.document
    write(document, tmp_path, ["html", "pdf", "docx", "xlsx", "json"])
    everything = list(printed_figures(document))
    in_text = [one for one in everything if not one.place.startswith(("Carte", "Graphique"))]
    assert len(in_text) > 1000
    for suffix in ("html", "xlsx", "json", "docx", "pdf"):
        read = read_figures(tmp_path / f"{document.id}.{suffix}")
        wanted = in_text if suffix in ("docx", "pdf") else everything
        assert [one.text for one in read] == [one.figure.text for one in wanted], suffix
        if suffix != "pdf":
            assert [one.key for one in read] == [one.figure.key for one in wanted], suffix


def test_a_template_is_asked_from_the_program(made: Made, tmp_path: Path) -> None:
    held = docx.Document()
    held.styles["Heading 1"].font.name = "Georgia"
    held.save(str(tmp_path / "modele.docx"))
    written = diagnose_territory(
        territory=f"commune:{made.territory.communes[0]}",
        lake=made.lake,
        workspace=tmp_path / "none.sqlite",
        out=tmp_path / "out",
        formats=["docx"],
        chapters=["territoire"],
        template=tmp_path / "modele.docx",
    )
    (path,) = written.files
    assert docx.Document(str(path)).styles["Heading 1"].font.name == "Georgia"


def test_without_parts_there_is_no_portrait(made: Made) -> None:
    alone = replace(made.diagnosis, story=replace(made.diagnosis.story, parts=()))
    assert portraits(alone, page_fitter()) is None
