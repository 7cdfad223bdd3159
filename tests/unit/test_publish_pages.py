"""How pages are shared: columns of tables, rows of briefs, provenance gathered, letters kept."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pypdf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assemblier.blocks import (
    Bars,
    Block,
    Bullets,
    Callout,
    Document,
    Figure,
    Gap,
    Heading,
    Paragraph,
    Provenance,
    Section,
    SourceNote,
    TableBlock,
    Tone,
)
from assemblier.publish import style
from assemblier.publish.columns import NUMBER, Column, columns_of, height, shared
from assemblier.publish.lineage import printed_provenance
from assemblier.publish.pdf import render_pdf
from assemblier.publish.rows import letters_after, side_by_side
from assemblier.publish.style import text_width

NOTE = SourceNote(("Source fictive",))

COLUMNS = st.lists(
    st.tuples(st.floats(0.5, 12), st.lists(st.floats(0, 60), min_size=4, max_size=4)).map(
        lambda w: Column(w[0], max(w[0], *w[1]), tuple(w[1]))
    ),
    min_size=1,
    max_size=7,
)


@given(COLUMNS, st.floats(5, 120), st.floats(0, 1.5))
def test_columns_share_the_page_and_cut_no_word(
    columns: list[Column], room: float, padding: float
) -> None:
    widths = shared(columns, room, padding)
    least = sum(column.least + padding for column in columns)
    if widths is None:
        assert least > room - 1e-9
        return
    assert sum(widths) <= room + 1e-6
    for width, column in zip(widths, columns, strict=True):
        assert column.least + padding - 1e-9 <= width <= column.most + padding + 1e-6
    asked = sum(column.most + padding for column in columns)
    assert sum(widths) == pytest.approx(min(asked, room))


@given(COLUMNS, st.floats(5, 120))
def test_shared_columns_make_the_table_no_taller_than_shares_in_proportion(
    columns: list[Column], room: float
) -> None:
    widths = shared(columns, room, 0.0)
    least = sum(c.least for c in columns)
    most = sum(c.most for c in columns)
    if widths is None or most <= room:
        return
    part = (room - least) / (most - least)
    fair = [c.least + part * (c.most - c.least) for c in columns]
    alike = [min(c.most, c.least + (room - least) / len(columns)) for c in columns]
    # a descent by halving steps: near the best, not always at it
    assert height(columns, widths) <= 1.1 * min(height(columns, fair), height(columns, alike)) + 1


def test_paragraphs_take_the_page_from_short_texts() -> None:
    short = Column(4.0, 30.0, (6.0, 30.0, 12.0, 20.0))
    paragraph = Column(6.0, 600.0, (8.0, 600.0, 500.0, 550.0))
    first, second, third = shared([short, short, paragraph], 48.0, 1.0) or (0.0, 0.0, 0.0)
    assert third > 0.6 * 48.0
    assert min(first, second) >= 5.0
    lists = Column(6.0, 200.0, (6.0, 200.0, 40.0, 60.0))
    first, second, third = shared([lists, short, paragraph], 48.0, 1.0) or (0.0, 0.0, 0.0)
    assert second < first < third


def test_a_number_is_never_broken_and_a_text_may_be() -> None:
    number, text = "67\u202f735\u202f313", "Densité de masseurs-kinésithérapeutes"
    table = TableBlock(
        "t", "T", ("Indicateur", "France"), ((text, Figure(number, "k")),), (False, True), NOTE
    )
    name, value = columns_of(table)
    assert value.least >= text_width(number, 1.0)
    assert value.least <= NUMBER
    assert name.least == pytest.approx(text_width("kinésithérapeutes", 1.0))
    assert name.most >= text_width(text, 1.0)


def _bars(name: str) -> Bars:
    return Bars(name, "T", ("a",), (1.0,), (Figure("1", "k"),), "u", NOTE)


BLOCKS = st.lists(
    st.one_of(
        st.integers(0, 99).map(lambda n: _bars(f"b{n}")),
        st.text("ab", max_size=3).map(lambda t: Paragraph((t,))),
        st.just(Heading("Titre")),
        st.just(Bullets((("un",), ("deux",)))),
        st.just(Bullets((("un",),), ordered=True)),
        st.just(Callout(Tone.LIMIT, "", ("x",))),
        st.just(TableBlock("t", "T", ("A",), (("a",),), (False,), NOTE)),
    ),
    max_size=14,
)


@given(BLOCKS)
def test_rows_keep_every_block_in_order(blocks: list[Block]) -> None:
    rows = side_by_side(blocks)
    assert [block for row in rows for column in row for block in column] == blocks
    assert all(1 <= len(row) <= 2 and all(row) for row in rows)


def test_a_drawing_goes_beside_a_drawing_else_beside_its_texts() -> None:
    one, two, text, head = _bars("1"), _bars("2"), Paragraph(("t",)), Heading("h")
    assert side_by_side([one, two, text]) == [((one,), (two,)), ((text,),)]
    assert side_by_side([one, text, text, head]) == [((one,), (text, text)), ((head,),)]
    short = Bullets((("a",),))
    assert side_by_side([head, short, head, short]) == [((head, short), (head, short))]


def _told(key: str, label: str, method: str, definition: str = "") -> Provenance:
    return Provenance(
        key, label, "zone", "2024", 1.0, None, None, "%", "ok", "", definition or label,
        ("Insee, fichier, 2024. Fichier a.csv (sha256 12), table « T », colonne x ; licence : L.",),
        {"seuil": "3"}, method, ("Ne dit pas tout.",),
    )  # fmt: skip


def _document(provenance: list[Provenance]) -> Document:
    paragraph = Paragraph(tuple(Figure("1", told.key) for told in provenance))
    section = Section("s", 1, "S", "", (paragraph,))
    return Document("d", "k", "t", "", "", (section,), (), (), {}, {p.key: p for p in provenance})


def test_what_comes_after_a_drawing_is_counted_whatever_it_is() -> None:
    text = Paragraph(("x" * 400,))
    table = TableBlock("t", "T", ("a",), (("b",),) * 5, (False,), NOTE)
    gap = Gap("Il manque un fichier.", "une source", "un producteur")
    assert letters_after(()) == 0
    assert letters_after((text,)) == 400
    assert letters_after((_bars("1"), text, _bars("2"))) == 400, "a drawing may be put off too"
    assert letters_after((table,)) > letters_after((replace(table, rows=table.rows[:2]),)) > 0
    assert letters_after((replace(table, annex=True),)) < letters_after((table,))
    assert letters_after((Heading("Suite"), gap, text)) > 400


def test_a_page_is_not_left_empty_before_a_drawing() -> None:
    # the drawing does not hold under the texts: what comes after it goes under them instead
    texts = [Paragraph((f"Texte {at} " + "de la page pleine " * 42,)) for at in range(4)]
    after = Callout(Tone.LIMIT, "Ce qui suit", ("Une remarque après le dessin. " * 12,))
    names = tuple(f"zone {at}" for at in range(20))
    drawn = replace(
        _bars("1"), labels=names, values=(1.0,) * 20, texts=tuple(Figure("1", "k") for _ in names)
    )
    rest = (Heading("Suite"), after, replace(after, title="Encore"))
    whole = _document([_told("k", "Libellé", "Méthode")])
    (section,) = whole.sections
    document = replace(whole, sections=(replace(section, blocks=(*texts, drawn, *rest)),))
    pages = [
        page.extract_text() for page in pypdf.PdfReader(io.BytesIO(render_pdf(document))).pages
    ]
    first = next(page for page in pages if "Texte 3" in page)
    assert "Ce qui suit" in first
    assert "Graphique" not in first


def test_paper_says_once_what_many_figures_share() -> None:
    told = [
        _told("a", "Part hors zonage (canton)", "Somme."),
        _told("b", "Part hors zonage (bassin)", "Somme."),
        _told("c", "Population", "Recalculée sous : canton.", ""),
        _told("d", "Population", "Recalculée sous : bassin.", ""),
        _told("e", "Densité", "Somme.", "Médecins pour 10 000 habitants."),
    ]
    printed = printed_provenance(_document(told))
    assert [entry.label for entry in printed.entries] == [
        "Part hors zonage (canton, bassin)",
        "Population",
        "Densité",
    ]
    assert printed.methods == ("Somme.", "Recalculée sous …")
    assert printed.files == ("Insee, fichier, 2024. Fichier a.csv (sha256 12) ; licence : L.",)
    assert printed.says_not == ("Ne dit pas tout.",)
    assert printed.cited(printed.entries[2]) == (
        "Méthode 1 ; paramètre 1 ; précaution 1 ; fichier 1."
    )


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["Part de la zone (a)", "Part de la zone (b)", "Population", "APL"]),
            st.sampled_from(["M.", "M : a.", "M : b."]),
            st.sampled_from(["", "Une définition."]),
        ),
        max_size=12,
    )
)
def test_every_figure_is_in_one_entry_whose_citations_exist(
    told: list[tuple[str, str, str]],
) -> None:
    document = _document([_told(str(at), *each) for at, each in enumerate(told)])
    printed = printed_provenance(document)
    keys = [key for entry in printed.entries for key in entry.keys]
    assert sorted(keys) == sorted(document.provenance)
    for entry in printed.entries:
        for cited, held in (
            (entry.methods, printed.methods),
            (entry.files, printed.files),
            (entry.parameters, printed.parameters),
            (entry.says_not, printed.says_not),
        ):
            assert cited
            assert max(cited) <= len(held)


def test_the_cut_typeface_is_kept_and_a_spoilt_file_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut: list[int] = []

    def face(weight: int, _: str) -> str:
        cut.append(weight)
        return f"@font-face{{font-weight:{weight}}}"

    monkeypatch.setattr(style, "cache_folder", lambda: tmp_path)
    monkeypatch.setattr(style, "_font_face", face)
    make = style.font_faces.__wrapped__
    first = make()
    assert cut == [400, 600, 700]
    assert make() == first
    assert len(cut) == 3
    (kept,) = (tmp_path / "fonts").iterdir()
    kept.write_text(first[:20], encoding="ascii")
    assert make() == first
    assert len(cut) == 6
    monkeypatch.setattr(style, "cache_folder", lambda: kept)  # a file where a folder should be
    assert make() == first
