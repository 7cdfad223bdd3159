"""Every printed figure is the same in every format, read back from the files."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from publish_readback import read_figures

from assemblier.blocks import Block, Document, Figure, TableBlock
from assemblier.errors import BadInput, UsageError
from assemblier.publish.exchange import read_json
from assemblier.publish.layout import printed_figures, unexplained
from assemblier.publish.write import FORMATS, write


def _expected(document: Document) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    everything, in_text = [], []
    for one in printed_figures(document):
        pair = (one.figure.text, one.figure.key)
        everything.append(pair)
        if not one.place.startswith(("Carte", "Graphique")):
            in_text.append(pair)
    return everything, in_text


def test_html_and_workbook_print_every_figure_in_order(document: Document, written: Path) -> None:
    everything, _ = _expected(document)
    assert len(everything) > 500
    for suffix in ("html", "xlsx", "json"):
        read = read_figures(written / f"exemple.{suffix}")
        assert [(one.text, one.key) for one in read] == everything, suffix


def test_docx_and_pdf_print_every_figure_of_texts_and_tables_in_order(
    document: Document, written: Path
) -> None:
    _, in_text = _expected(document)
    docx = read_figures(written / "exemple.docx")
    assert [(one.text, one.key) for one in docx] == in_text
    pdf = read_figures(written / "exemple.pdf")
    assert [one.text for one in pdf] == [text for text, _ in in_text]


def test_a_changed_figure_is_seen(document: Document, written: Path, tmp_path: Path) -> None:
    changed = (written / "exemple.html").read_text(encoding="utf-8")
    (tmp_path / "exemple.html").write_text(
        changed.replace(">97\u202f274<", ">97\u202f275<", 1), encoding="utf-8"
    )
    everything, _ = _expected(document)
    read = [(one.text, one.key) for one in read_figures(tmp_path / "exemple.html")]
    assert sum(a != b for a, b in zip(read, everything, strict=True)) == 1


def test_a_figure_changed_before_it_is_written_is_seen_in_every_format(
    document: Document, tmp_path: Path
) -> None:
    """The comparison can fail: one figure of a table told otherwise, one difference read back."""
    sections = tuple(
        dataclasses.replace(section, blocks=tuple(map(_told_otherwise, section.blocks)))
        for section in document.sections
    )
    other = dataclasses.replace(document, sections=sections)
    write(other, tmp_path, ["html", "xlsx", "json", "docx", "pdf"])
    everything, in_text = _expected(document)
    for suffix in ("html", "xlsx", "json", "docx", "pdf"):
        read = [one.text for one in read_figures(tmp_path / f"exemple.{suffix}")]
        wanted = in_text if suffix in ("docx", "pdf") else everything
        different = [(a, b) for a, (b, _) in zip(read, wanted, strict=True) if a != b]
        assert [a for a, _ in different] == ["7\u202f654"], suffix


def _told_otherwise(block: Block) -> Block:
    if not isinstance(block, TableBlock) or block.id != "comparaison":
        return block
    (*cells, last), *rows = block.rows
    assert isinstance(last, Figure)
    return dataclasses.replace(
        block, rows=((*cells, dataclasses.replace(last, text="7\u202f654")), *rows)
    )


def test_every_printed_figure_unfolds(document: Document) -> None:
    assert unexplained(document) == ()
    orphan = dataclasses.replace(document, provenance={})
    assert len(unexplained(orphan)) == len(list(printed_figures(document)))


def test_the_twin_reads_back_as_the_same_document(document: Document, written: Path) -> None:
    assert read_json(written / "exemple.json") == dataclasses.replace(document, shapes={})


def test_the_twin_refuses_another_file(tmp_path: Path) -> None:
    other = tmp_path / "autre.json"
    other.write_text('{"format": "autre"}', encoding="utf-8")
    with pytest.raises(BadInput, match="assemblier/document/1"):
        read_json(other)


def test_unknown_formats_are_refused_before_anything_is_written(
    document: Document, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="epub"):
        write(document, tmp_path / "out", ["html", "epub"])
    assert not (tmp_path / "out").exists()


def test_everything_is_written_whole_and_nothing_is_left_behind(written: Path) -> None:
    names = {path.name for path in written.iterdir()}
    files = {f"exemple.{name}" for name in FORMATS if name != "atlas"}
    assert names == files | {"exemple-atlas"}
    assert not [path for path in written.rglob("*") if path.name.startswith(".")]
    kinds = sorted(path.suffix for path in (written / "exemple-atlas").iterdir())
    assert kinds == [".csv"] * 5 + [".png"] * 5 + [".svg"] * 5


def test_a_failed_format_leaves_what_was_there(
    document: Document, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "exemple.html").write_text("avant", encoding="utf-8")

    def broken(*_: object) -> str:
        raise RuntimeError("stop")

    monkeypatch.setattr("assemblier.publish.write.render_html", broken)
    with pytest.raises(RuntimeError):
        write(document, tmp_path, ["html"])
    assert (tmp_path / "exemple.html").read_text(encoding="utf-8") == "avant"
    assert [path.name for path in tmp_path.iterdir()] == ["exemple.html"]
