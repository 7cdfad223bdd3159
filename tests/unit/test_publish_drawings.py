"""Cells, ticks, legends: the small pieces that drawings and workbooks stand on."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from assemblier.blocks import Bars, Document, Figure, Lines, MapBlock, MapClass, SourceNote
from assemblier.language import number, percent, signed
from assemblier.publish.cells import as_cell, shown
from assemblier.publish.charts import draw_bars, draw_lines, ticks
from assemblier.publish.ground import ground
from assemblier.publish.layout import ranges, shown_value
from assemblier.publish.lineage import printed_provenance
from assemblier.publish.maps import draw_map
from assemblier.publish.style import sequential, text_width, wrapped

NOTE = SourceNote(("Source fictive",))
SVG = "{http://www.w3.org/2000/svg}"


@given(st.floats(-1e9, 1e9), st.integers(0, 4))
def test_a_number_cell_shows_what_is_printed(value: float, decimals: int) -> None:
    text = number(value, decimals)
    cell = as_cell(text, value)
    assert cell is not None
    assert shown(cell.number, cell.format) == text


@pytest.mark.parametrize("text", ["2027", "999", "1\u202f999", "2027,5"])
def test_a_year_keeps_no_space(text: str) -> None:
    value = float(text.replace("\u202f", "").replace(",", "."))
    cell = as_cell(text, value)
    assert cell is not None
    assert shown(cell.number, cell.format) == text


@given(st.floats(-2, 2), st.integers(0, 3))
def test_a_percentage_cell_shows_what_is_printed(share: float, decimals: int) -> None:
    text = percent(share, decimals)
    cell = as_cell(text, share)
    assert cell is not None
    assert shown(cell.number, cell.format) == text


@given(st.floats(-1e6, 1e6), st.integers(0, 2))
def test_a_signed_cell_shows_what_is_printed(value: float, decimals: int) -> None:
    text = signed(value, decimals)
    cell = as_cell(text, value)
    assert cell is not None
    assert shown(cell.number, cell.format) == text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("secret", None),
        ("absent", 3.0),
        ("de 3 à 5", 4.0),
        ("97,3 milliers", 97300.0),
        ("12", 13.0),
    ],
)
def test_what_is_not_its_value_stays_text(text: str, value: float | None) -> None:
    assert as_cell(text, value) is None


def test_percentages_already_in_hundredths_and_halves() -> None:
    cell = as_cell("12,5\u202f%", 12.5)
    assert cell is not None
    assert shown(cell.number, cell.format) == "12,5\u202f%"
    half = as_cell("2", 2.5)  # printed half to even, a spreadsheet would show 3
    assert half is not None
    assert half.number == 2


@given(st.floats(-1e8, 1e8), st.floats(1e-3, 1e8))
def test_ticks_cover_the_range_with_few_round_numbers(low: float, width: float) -> None:
    marks = ticks(low, low + width)
    assert marks[0] <= low + width * 1e-6
    assert marks[-1] >= low + width - width * 1e-6
    assert 2 <= len(marks) <= 9


def test_shown_value_is_whole() -> None:
    assert shown_value(1234.5678901234) == "1\u202f234,5678901234"
    assert shown_value(97274.0) == "97\u202f274"
    assert shown_value(1.23e-06) == "1,23e−06"
    assert shown_value(None) == "–"


def test_ranges() -> None:
    assert ranges([1, 2, 3, 5, 7, 8]) == "1 à 3, 5, 7, 8"


def test_wrapped_lines_hold_in_their_width() -> None:
    rows = wrapped(
        "Masseurs-kinésithérapeutes et infirmiers libéraux du territoire", 120, 13, lines=2
    )
    assert len(rows) <= 2
    assert all(text_width(row, 13) <= 120 for row in rows)


def test_sequential_darkens() -> None:
    def light(colour: str) -> float:
        red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    for ramp in ("bleu", "ocre", "prune"):
        for count in range(2, 8):
            shades = [light(colour) for colour in sequential(count, ramp)]
            assert all(a - b > 12 for a, b in pairwise(shades))


def _figure(text: str, status: str = "ok") -> Figure:
    return Figure(text, f"k|{text}|2024", status)


def test_bars_draw_an_absent_value_as_text_without_bar() -> None:
    block = Bars(
        "b", "Titre", ("a", "b", "c"), (1.0, None, 0.0),
        (_figure("1,0"), _figure("secret", "secret"), _figure("0,0")), "unité", NOTE,
    )  # fmt: skip
    root = ET.fromstring(draw_bars(block).svg)
    assert len(root.findall(f".//{SVG}rect")) == 2
    assert "secret" in [t.text for t in root.iter(f"{SVG}text")]


def test_lines_break_where_a_year_is_missing() -> None:
    block = Lines("l", "Titre", (2001, 2002, 2003, 2004), {"a": (1.0, 2.0, None, 4.0)}, "u", NOTE)
    root = ET.fromstring(draw_lines(block).svg)
    path = root.find(f".//{SVG}path")
    assert path is not None
    assert path.get("d", "").count("M") == 2
    assert len(root.findall(f".//{SVG}circle")) == 3


def test_charts_without_any_value_are_drawn() -> None:
    empty = Bars("b", "T", ("a",), (None,), (_figure("absent", "absent"),), "u", NOTE)
    ET.fromstring(draw_bars(empty).svg)
    ET.fromstring(draw_lines(Lines("l", "T", (2001,), {"a": (None,)}, "u", NOTE)).svg)


def _document(shapes: dict[str, object]) -> Document:
    return Document("d", "k", "t", "", "", (), (), (), {}, {}, {"g": shapes})


def _map(statuses: dict[str, str]) -> MapBlock:
    classed = {c: 0 for c, s in statuses.items() if s in ("ok", "estimated")}
    return MapBlock(
        "m", "Titre", "g", "u", {c: f"Zone {c}" for c in statuses},
        {c: 1.0 if c in classed else None for c in statuses},
        {c: _figure("1,0" if c in classed else s, s) for c, s in statuses.items()},
        (MapClass("tout", "#287192", len(classed)),), classed, statuses, NOTE,
        outline=frozenset({"a", "b"}),
    )  # fmt: skip


def test_statuses_are_drawn_apart_and_counted() -> None:
    statuses = {"a": "ok", "b": "estimated", "c": "secret", "d": "absent", "e": "unreachable"}
    shapes = {c: shapely.box(i, 45, i + 1, 46) for i, c in enumerate(statuses)}
    drawn = draw_map(_document(shapes), _map(statuses))
    root = ET.fromstring(drawn.svg)
    fills = {
        one.find(f"{SVG}title").text: one.get("fill")  # type: ignore[union-attr]
        for one in root.iter(f"{SVG}path")
        if one.find(f"{SVG}title") is not None
    }
    assert len(fills) == 5
    assert fills["Zone c : secret (secret statistique)"] == "url(#m-secret)"
    told = " ".join(t.text or "" for t in root.iter(f"{SVG}text"))
    for words in (
        "tout (2)",
        "dont valeur estimée (1)",
        "secret statistique (1)",
        "donnée absente (1)",
        "hors d’atteinte (1)",
        "n = 5",
        "limite du territoire",
    ):
        assert words in told
    assert "km" in told


def test_a_map_of_estimates_only_says_so_once_and_is_not_hatched() -> None:
    statuses = {"a": "estimated", "b": "estimated", "c": "secret"}
    shapes = {c: shapely.box(i, 45, i + 1, 46) for i, c in enumerate(statuses)}
    svg = draw_map(_document(shapes), _map(statuses)).svg
    told = " ".join(t.text or "" for t in ET.fromstring(svg).iter(f"{SVG}text"))
    assert "toutes les valeurs sont estimées" in told
    assert "dont valeur estimée" not in told
    assert "url(#m-estimated)" not in svg
    assert "url(#m-secret)" in svg
    one_published = draw_map(_document(shapes), _map(statuses | {"a": "ok"})).svg
    assert "url(#m-estimated)" in one_published


def test_zones_without_contour_are_told_not_lost() -> None:
    drawn = draw_map(_document({"a": shapely.box(0, 45, 1, 46)}), _map({"a": "ok", "b": "secret"}))
    assert any("1 zone sans contour" in note for note in drawn.notes)
    nothing = draw_map(_document({}), _map({"a": "ok"}))
    ET.fromstring(nothing.svg)


def test_entries_of_an_empty_document() -> None:
    assert printed_provenance(_document({})).entries == ()


def test_a_neck_that_crosses_itself_once_projected_is_drawn() -> None:
    # a parallel is a straight edge in degrees and a curve on the ground: the notch crosses it
    notched = shapely.Polygon([(0, 46), (1, 46), (1, 47), (0.5, 46.0001), (0, 47)])
    below = shapely.box(0, 45, 1, 46)
    assert shapely.is_valid(notched)
    laid = ground({"notched": notched, "below": below}, ["notched", "below"], 600.0, 600.0)
    assert laid.edge.startswith("M")
    assert all(laid.paths.values())


def test_a_line_parts_areas_and_them_only() -> None:
    boxes = {name: shapely.box(at, 0, at + 1, 1) for at, name in enumerate("abcd")}
    areas = {"a": "X", "b": "X", "c": "Y"}  # d is in no area
    laid = ground(boxes, list(boxes), 408.0, 600.0, areas)
    xs = {round(float(pair.split()[0])) for pair in re.findall(r"[\d.]+ [\d.]+", laid.parting)}
    # the sides of X and Y, never the line between a and b
    assert {0, 200, 300} <= xs
    assert not any(95 < x < 105 for x in xs)
    assert ground(boxes, ["a"], 408.0, 600.0).parting == ""
    block = replace(
        _map(dict.fromkeys("abc", "ok")), areas={"a": "X", "b": "X", "c": "Y"}, parted="limite X"
    )
    drawn = draw_map(_document({name: boxes[name] for name in "abc"}), block)
    assert "limite X" in drawn.svg
