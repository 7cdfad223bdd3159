"""The ground: values, errors, French writing, progress."""

from __future__ import annotations

import datetime as dt
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assemblier.errors import (
    AssemblierError,
    BadInput,
    Cancelled,
    CannotWrite,
    MissingPart,
    MissingSource,
    Problem,
    Refused,
    UsageError,
)
from assemblier.language import date, enumeration, number, percent, plain, plural, signed
from assemblier.progress import Work
from assemblier.values import Reason, Status, Value, Zone


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((None, Status.OK), "needs a value"),
        ((None, Status.ESTIMATED), "needs a value"),
        ((1.0, Status.SECRET), "cannot carry"),
        ((1.0, Status.UNREACHABLE), "cannot carry"),
        ((math.nan,), "finite"),
        ((math.inf,), "finite"),
        ((1.0, Status.OK, 0.5), "two ends"),
        ((1.0, Status.OK, 2.0, 1.0), "above"),
        ((None, Status.ABSENT), "says why"),
    ],
)
def test_a_value_that_lies_is_refused(arguments: tuple, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Value(*arguments)


def test_unreachable_opportunity_is_zero_and_cost_is_none() -> None:
    assert Value(0.0, Status.UNREACHABLE, reason=Reason.NO_ORIGIN_IN_REACH).value == 0
    assert Value(None, Status.UNREACHABLE, reason=Reason.NO_ORIGIN_IN_REACH).value is None


def test_every_status_and_reason_has_its_words() -> None:
    assert len({status.label for status in Status}) == len(Status)
    sentences = [reason.sentence for reason in Reason if reason is not Reason.NONE]
    assert all(sentences)
    assert len(set(sentences)) == len(sentences)


@given(
    st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True),
    st.integers(1900, 2100),
    st.from_regex(r"[0-9A-Z][0-9A-Za-z.\-]{0,9}", fullmatch=True),
)
def test_a_zone_is_read_as_it_is_written(grid: str, cog: int, code: str) -> None:
    zone = Zone(grid, cog, code)
    assert Zone.parse(str(zone)) == zone


@pytest.mark.parametrize(
    "text", ["", "22025", "bv2022:22025", "bv2022@24:22025", "bv2022@2024:", "BV@2024:1"]
)
def test_a_zone_without_grid_or_year_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match=r"bv2022@2024:22025"):
        Zone.parse(text)


def test_a_problem_says_all_it_knows() -> None:
    problem = Problem("valeur trop grande", "a.csv", 12, "âge", "312", "de 0 à 120", "Corrigez.")
    assert str(problem) == (
        "a.csv, ligne 12, colonne « âge » : valeur trop grande (lu : « 312 »). "
        "Valeurs admises : de 0 à 120. Corrigez."
    )
    assert str(Problem("rien")) == "rien."
    assert str(Problem("vide", value="")) == "vide (cellule vide)."


def test_all_problems_come_at_once_and_long_lists_are_counted() -> None:
    error = BadInput(Problem(f"n° {i}") for i in range(25))
    assert len(error.problems) == 25
    assert str(error).splitlines()[-1] == "… et 5 autres problèmes."
    assert len(str(error).splitlines()) == 21
    assert str(BadInput("simple")) == "simple."


def test_exit_codes_are_those_announced() -> None:
    codes = {
        UsageError: 2,
        BadInput: 3,
        MissingSource: 4,
        MissingPart: 4,
        Refused: 5,
        Cancelled: 130,
        CannotWrite: 1,
    }
    assert {kind: kind.exit_code for kind in codes} == codes
    assert set(AssemblierError.__subclasses__()) >= set(codes)


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (0, 0, "0"),
        (1234.5, 1, "1\u202f234,5"),
        (-1234567, 0, "−1\u202f234\u202f567"),
        (-0.04, 1, "0,0"),
        (-0.0, 0, "0"),
        (-1000.4, 0, "−1\u202f000"),
        (0.125, 2, "0,13"),
        (3.605, 2, "3,61"),  # 3.60499… in binary, 3.605 as published
        (-62.5, 0, "−63"),
        (94530, 0, "94\u202f530"),
    ],
)
def test_french_numbers(value: float, decimals: int, text: str) -> None:
    assert number(value, decimals) == text


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_not_printed(value: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        number(value)


@given(st.floats(-1e12, 1e12), st.integers(0, 6))
def test_numbers_read_back(value: float, decimals: int) -> None:
    text = number(value, decimals)
    read = float(text.replace("\u202f", "").replace(",", ".").replace("−", "-"))
    # a large number is not held to more digits than it has
    assert read == pytest.approx(value, abs=0.5000001 * 10**-decimals + math.ulp(value))
    assert not text.startswith("−") or read < 0


def test_signed_percent_plural() -> None:
    assert [signed(1.2, 1), signed(-1.2, 1), signed(0.01, 1), signed(-0.01, 1)] == [
        "+1,2",
        "−1,2",
        "0,0",
        "0,0",
    ]
    assert percent(0.1234) == "12,3\u202f%"
    assert [plural(n, "commune") for n in (0, 1, 1.9, 2)] == [
        "commune",
        "commune",
        "commune",
        "communes",
    ]
    assert plural(3, "cheval", "chevaux") == "chevaux"


def test_dates_and_lists() -> None:
    assert date(dt.date(2024, 3, 1)) == "1er mars 2024"
    assert date(dt.date(2024, 12, 31)) == "31 décembre 2024"
    assert [enumeration(x) for x in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
        "",
        "a",
        "a et b",
        "a, b et c",
    ]
    assert enumeration(["a", "b"], "ou") == "a ou b"


def test_names_are_compared_without_their_dress() -> None:
    assert plain("  L'Haÿ-les-Roses ") == plain("L’HAY LES ROSES") == "l hay les roses"
    assert plain("Œuf-en-Ternois") == "oeuf en ternois"


def test_work_reports_within_bounds_and_stops() -> None:
    told: list[float] = []
    work = Work(progress=lambda done, _text: told.append(done))
    work.step(-1, "")
    work.step(2, "")
    with work.part(0.2, 0.6) as share:
        share.step(0.5, "")
        with share.part(0.5, 1.0) as inner:
            inner.step(1.0, "")
    assert told == pytest.approx([0.0, 1.0, 0.4, 0.6])
    with pytest.raises(Cancelled, match="rien n’a été changé"):
        Work(cancelled=lambda: True).step(0.5, "")
    with Work(cancelled=lambda: True).part(0, 1) as share, pytest.raises(Cancelled):
        share.step(0.1, "")
