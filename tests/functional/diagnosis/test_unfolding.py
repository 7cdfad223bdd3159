"""Every printed number of a whole diagnosis unfolds, in the document and in its HTML and JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from assemblier.blocks import (
    Bullets,
    Callout,
    Document,
    Figure,
    KeyFigures,
    Lines,
    Paragraph,
    Provenance,
    TableBlock,
)
from assemblier.diagnosis.contents import CHAPTERS, PARTS, Entry, section
from assemblier.diagnosis.exhibits import trend
from assemblier.publish.exchange import render_json
from assemblier.publish.html import render_html
from functional.diagnosis.conftest import Made

OF_THE_LANGUAGE = re.compile(
    r"""\d\d/\d\d/\d{4}|(?:19|20)\d\d                              # a year, an edition, a grid by its year
    |1er\ janvier|1er\ et\ le|31\ décembre
    |chapitre\ \d+|COG\ \d+|rang\ sur\ \d+
    |[Ff]aits?\ \d(?:,\ \d)*(?:\ et\ \d)?           # facts by their place in the list
    |10\W?000\ habitants|100\W?000|1\W?000\ habitants|Sur\ 100\    # denominators
    |2,5(?:\ consultations)?|(?:20|30)\ minutes   # thresholds, named by the definition
    |\d\d\ ans(?:\ et\ (?:plus|moins))?|15\ à\ 64\ ans
    |(?:95|50)\ %                                 # how figures are made, told once in chapter 1
    """,
    re.VERBOSE,
)
"""Digits of sentences that are no figure: dates, denominators, thresholds of definitions."""
CODES = {"communes", "differences"}
"""Tables whose text cells hold codes, or reasons in the words of an indicator."""
TRACED = {"perimetre"}
"""Parts of other rooms that are held to the same rule."""
METHOD = "Comment ces temps sont estimés"


def texts(block: object) -> Iterator[str]:
    """Yield what is printed around the figures."""
    if isinstance(block, Callout) and block.title.startswith(("Pourquoi ce", METHOD)):
        return
    if isinstance(block, (Paragraph, Callout)):
        yield from (piece for piece in block.content if isinstance(piece, str))
    elif isinstance(block, Bullets):
        yield from (piece for item in block.items for piece in item if isinstance(piece, str))
    elif isinstance(block, KeyFigures):
        yield from (p for item in block.items for p in item.compared if isinstance(p, str))
    elif isinstance(block, TableBlock) and block.id not in CODES:
        yield from (
            cell for row in block.rows for cell in row[1:] if isinstance(cell, str) and cell != "–"
        )


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.id)
def test_no_number_is_printed_as_plain_text(made: Made, chapter: Any) -> None:
    parts = (part for part in PARTS if part.id in TRACED and part.chapter == chapter.id)
    entry = Entry(chapter, True, tuple(parts))
    story = made.diagnosis.story
    told = [text for block in section(entry, story).blocks for text in texts(block)]
    # what the list itself says, and what was said of it, name their origin in the sentence
    logged = {*story.territory.log, *(each.rstrip(".") for each in story.territory.warnings)}
    loose = [
        text
        for text in told
        if re.search(r"\d", OF_THE_LANGUAGE.sub("", text.replace("\u202f", " ")))
        and text.rstrip(".") not in logged
    ]
    assert not loose, loose[:5]


def whole(told: Provenance) -> None:
    """Check that a provenance says everything a reader may ask of a value."""
    assert told.definition, told.key
    assert told.method, told.key
    assert told.year or told.key.startswith("local|"), told.key
    assert told.sources, told.key
    if told.key.startswith("local|"):
        return
    for line in told.sources:
        assert "licence" in line, line
        assert re.search(r"sha256 [0-9a-f]{12}", line), line


def printed(document: Document) -> Iterator[Figure]:
    def walk(thing: Any) -> Iterator[Figure]:
        if isinstance(thing, Figure):
            yield thing
        elif isinstance(thing, dict):
            for each in thing.values():
                yield from walk(each)
        elif isinstance(thing, (list, tuple)):
            for each in thing:
                yield from walk(each)
        elif hasattr(thing, "__dataclass_fields__"):
            for name in thing.__dataclass_fields__:
                yield from walk(getattr(thing, name))

    for each in document.sections:
        yield from walk(each.blocks)


def test_every_value_says_source_vintage_licence_hash_and_method(made: Made) -> None:
    document = made.diagnosis.document
    rooms = ("perimetre|", "avenir|")
    checked = set()
    for figure in printed(document):
        told = document.provenance[figure.key]
        if told.value is None or figure.key.startswith(rooms):
            continue
        if figure.key not in checked:
            whole(told)
            checked.add(figure.key)
    assert len(checked) > 1000


def test_the_twin_and_the_page_know_every_figure_they_print(made: Made) -> None:
    document = made.diagnosis.document
    twin = json.loads(render_json(document))["document"]

    def keys(thing: Any) -> Iterator[str]:
        if isinstance(thing, dict):
            if thing.get("is") == "Figure":
                yield thing["key"]
            for each in thing.values():
                yield from keys(each)
        elif isinstance(thing, list):
            for each in thing:
                yield from keys(each)

    in_twin = set(keys(twin["sections"]))
    assert in_twin <= set(twin["provenance"])
    page = render_html(document)
    held = re.search(
        r'<script type="application/json" id="provenance">(.*?)</script>', page, re.DOTALL
    )
    assert held
    told = json.loads(held[1].replace("<\\/", "</"))
    in_page = set(re.findall(r'data-k="([^"]+)"', page))
    assert len(in_page) > 500
    assert in_page <= {key.replace("&", "&amp;") for key in told["figures"]}
    assert in_page <= {key.replace("&", "&amp;") for key in in_twin}
    for group in told["groups"]:
        if group["method"]:
            assert group["definition"]


def test_each_point_of_a_series_is_a_figure(made: Made) -> None:
    drawn = trend(made.diagnosis.story, "essai", "Population", "population")
    assert isinstance(drawn, Lines)
    (name,) = drawn.series
    for value, figure in zip(drawn.series[name], drawn.texts[name], strict=True):
        assert figure is not None
        assert made.diagnosis.document.provenance[figure.key].value == value
