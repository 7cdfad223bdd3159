"""Read the printed figures back from a file: what says that every format prints the same."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from assemblier.errors import MissingPart, UsageError
from assemblier.publish.cells import shown
from assemblier.publish.exchange import read_json
from assemblier.publish.layout import layout, printed_figures

__all__ = ["ReadFigure", "read_figures"]

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


@dataclass(frozen=True, slots=True)
class ReadFigure:
    """A figure as a file prints it.

    Attributes
    ----------
    text
        What is printed.
    key
        Key of its provenance; empty where the format does not carry it (PDF).
    drawn
        Whether it stands in the table of values of a chart or a map.
    """

    text: str
    key: str
    drawn: bool = False


def read_figures(path: Path) -> tuple[ReadFigure, ...]:
    """Return the figures printed in a file, in reading order.

    PDF and DOCX print the figures of drawings inside the drawing: they are not in their list.

    Raises
    ------
    UsageError
        When the format is not one that prints figures.
    MissingPart
        When the reader of that format is not installed.
    """
    readers = {
        ".html": _html, ".docx": _docx, ".xlsx": _xlsx, ".pdf": _pdf, ".json": _json,
    }  # fmt: skip
    reader = readers.get(path.suffix)
    if reader is None:
        raise UsageError(f"Format non relu : « {path.suffix} ». Admis : {', '.join(readers)}.")
    return tuple(reader(path))


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[ReadFigure] = []
        self.key: str | None = None
        self.text = ""
        self.drawn = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        if tag == "details" and told.get("class") == "data":
            self.drawn = True
        if tag == "span" and (told.get("class") or "").split()[:1] == ["fig"]:
            self.key, self.text = told.get("data-k") or "", ""

    def handle_data(self, data: str) -> None:
        if self.key is not None:
            self.text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "span" and self.key is not None:
            self.found.append(ReadFigure(self.text, self.key, self.drawn))
            self.key = None
        if tag == "details":
            self.drawn = False


def _html(path: Path) -> list[ReadFigure]:
    page = _Page()
    page.feed(path.read_text(encoding="utf-8"))
    return page.found


def _docx(path: Path) -> Iterator[ReadFigure]:
    with zipfile.ZipFile(path) as held:
        body = ET.fromstring(held.read("word/document.xml"))
    for link in body.iter(f"{W}hyperlink"):
        key = re.search(r"\[([^\]]*\|[^\]]*)\]$", link.get(f"{W}tooltip", ""))
        if key:
            yield ReadFigure("".join(t.text or "" for t in link.iter(f"{W}t")), key[1])


def _xlsx(path: Path) -> Iterator[ReadFigure]:
    try:
        import openpyxl
    except ImportError as error:
        raise MissingPart("Relire un classeur demande openpyxl.") from error
    book = openpyxl.load_workbook(path)
    for row in book["Chiffres imprimés"].iter_rows(min_row=2):
        place, cell, key = str(row[1].value), row[3], str(row[6].value)
        text = cell.value
        if isinstance(text, (int, float)):
            text = shown(float(text), cell.number_format)
        yield ReadFigure(str(text), key, place.startswith(("Carte", "Graphique")))


def _json(path: Path) -> Iterator[ReadFigure]:
    document = read_json(path)
    captions = layout(document).captions.values()
    drawn = {c.name for c in captions if c.kind in ("Carte", "Graphique")}
    for one in printed_figures(document):
        yield ReadFigure(one.figure.text, one.figure.key, one.place in drawn)


def _pdf(path: Path) -> Iterator[ReadFigure]:
    """Read the links to the annex of provenance through the tags of the file."""
    try:
        import pikepdf
    except ImportError as error:
        raise MissingPart("Relire un PDF demande pikepdf.") from error
    with pikepdf.open(path) as held:
        texts: dict[Any, dict[int, str]] = {}
        for page in held.pages:
            texts[page.objgen] = _marked_texts(pikepdf, page)
        yield from _links(held.Root.StructTreeRoot, None, texts)


def _links(node: Any, page: Any, texts: dict[Any, dict[int, str]]) -> Iterator[ReadFigure]:
    stack: list[tuple[Any, Any]] = [(node, page)]
    while stack:
        one, above = stack.pop()
        here = one.get("/Pg", above)
        kids = _kids(one)
        if one.get("/S") == "/Link" and _points_to_provenance(kids):
            yield ReadFigure("".join(_texts_under(one, here, texts)), "")
            continue
        stack += [(kid, here) for kid in reversed(kids) if hasattr(kid, "get")]


def _kids(one: Any) -> list[Any]:
    kids = one.get("/K")
    if kids is None:
        return []
    return list(kids) if str(getattr(kids, "_type_name", "")) == "array" else [kids]


def _points_to_provenance(kids: list[Any]) -> bool:
    for kid in kids:
        if hasattr(kid, "get") and kid.get("/Type") == "/OBJR":
            return str(kid["/Obj"].get("/Dest", "")).startswith("prov-")
    return False


def _texts_under(one: Any, page: Any, texts: dict[Any, dict[int, str]]) -> Iterator[str]:
    here = one.get("/Pg", page)
    for kid in _kids(one):
        if isinstance(kid, int):
            yield texts[here.objgen].get(kid, "")
        elif kid.get("/Type") == "/MCR":
            yield texts[kid.get("/Pg", here).objgen].get(int(kid["/MCID"]), "")
        elif kid.get("/Type") != "/OBJR":
            yield from _texts_under(kid, here, texts)


def _marked_texts(pikepdf: Any, page: Any) -> dict[int, str]:
    """Return the text of each marked content of a page."""
    fonts = {name: _letters(font) for name, font in page.Resources.get("/Font", {}).items()}
    found: dict[int, str] = {}
    open_marks: list[int | None] = []
    letters: dict[int, str] = {}
    for operands, operator in pikepdf.parse_content_stream(page):
        word = str(operator)
        if word in ("BDC", "BMC"):
            told: Any = operands[1] if len(operands) > 1 else {}
            mark = told.get("/MCID") if hasattr(told, "get") else None
            open_marks.append(None if mark is None else int(mark))
        elif word == "EMC":
            open_marks.pop()
        elif word == "Tf":
            letters = fonts[str(operands[0])]
        elif word in ("Tj", "TJ"):
            mark = next((m for m in reversed(open_marks) if m is not None), None)
            pieces = operands[0] if word == "TJ" else [operands[0]]
            if mark is not None:
                read = "".join(
                    _decoded(p, letters) for p in pieces if isinstance(p, pikepdf.String)
                )
                found[mark] = found.get(mark, "") + read
    return found


def _decoded(piece: Any, letters: dict[int, str]) -> str:
    codes = bytes(piece)
    return "".join(
        letters.get(int.from_bytes(codes[i : i + 2], "big"), "") for i in range(0, len(codes), 2)
    )


def _letters(font: Any) -> dict[int, str]:
    """Return the letters of a font's codes, from its ToUnicode table."""
    table = font.get("/ToUnicode")
    if table is None:
        return {}
    text = table.read_bytes().decode("latin-1")
    letters: dict[int, str] = {}
    for part in re.findall(r"beginbfchar(.*?)endbfchar", text, re.DOTALL):
        for code, told in re.findall(r"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", part):
            letters[int(code, 16)] = bytes.fromhex(told).decode("utf-16-be")
    for part in re.findall(r"beginbfrange(.*?)endbfrange", text, re.DOTALL):
        for first, last, told in re.findall(
            r"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", part
        ):
            start = int(told, 16)
            for i in range(int(last, 16) - int(first, 16) + 1):
                letters[int(first, 16) + i] = chr(start + i)
    return letters
