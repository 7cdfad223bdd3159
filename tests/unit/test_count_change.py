"""What local corrections change to headcounts, case by case."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assemblier.measures.supply_corrections import correction_kind, count_change

REGISTER = dt.date(2019, 12, 31)
DAY = dt.date(2026, 12, 31)
DOCTORS = pd.Series({"a": 2.0, "b": 1.0})


def rows(*lines):
    table = pd.DataFrame(lines, columns=["place", "share", "begin", "end"])
    return table.assign(begin=pd.to_datetime(table["begin"]), end=pd.to_datetime(table["end"]))


@pytest.mark.parametrize(
    ("share", "begin", "end", "change", "why"),
    [
        (0.0, None, "2026-06-30", -1.0, ""),
        (0.0, "2026-06-30", None, -1.0, ""),
        (0.0, None, None, -1.0, ""),
        (0.0, None, "2019-12-31", 0.0, "déjà dans le registre"),
        (0.0, None, "2027-01-01", 0.0, "pas encore"),
        (0.4, "2026-01-01", None, -0.6, ""),
        (0.4, "2010-01-01", None, -0.6, ""),  # a register counts heads, not days
        (0.4, None, None, -0.6, ""),
        (0.4, "2027-01-01", None, 0.0, "pas encore"),
        (0.4, "2026-01-01", "2026-03-01", 0.0, "finie"),
        (1.5, None, None, 0.5, ""),
        (1.0, "2026-09-01", None, 1.0, ""),
        (2.0, "2026-09-01", None, 2.0, ""),
        (1.0, "2018-09-01", None, 0.0, "déjà dans le registre"),
        (1.0, "2027-09-01", None, 0.0, "pas encore"),
        (1.0, "2021-09-01", "2022-09-01", 0.0, "finie"),
    ],
)
def test_each_kind_of_correction(share, begin, end, change, why):
    made = count_change(rows(("a", share, begin, end)), DOCTORS, counted_on=REGISTER, day=DAY)
    assert made.places.get("a", 0.0) == pytest.approx(change)
    assert made.lines["why"].tolist() == [why]
    assert made.counted == (not why)


def test_nobody_leaves_twice_and_an_arrival_may_be_anywhere():
    made = count_change(
        rows(
            ("b", 0.0, None, None),
            ("b", 0.0, None, None),
            ("c", 0.5, None, None),
            ("c", 1.0, "2025-01-01", None),
        ),
        DOCTORS,
        counted_on=REGISTER,
        day=DAY,
    )
    assert made.places.to_dict() == {"b": -1.0, "c": 1.0}
    lost = "aucun médecin connu dans la commune"
    assert made.lines["why"].tolist() == ["", lost, lost, ""]
    assert DOCTORS.to_dict() == {"a": 2.0, "b": 1.0}


def test_kinds():
    assert correction_kind(0.0, pd.NaT) == "leaves"
    assert correction_kind(1.0, pd.NaT) == "works"
    assert correction_kind(1.0, pd.Timestamp("2026-01-01")) == "comes"


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a", "b", "c"]),
            st.floats(0, 2),
            st.sampled_from([None, "2015-05-05", "2024-05-05", "2030-01-01"]),
            st.sampled_from([None, "2016-05-05", "2025-05-05", "2031-01-01"]),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_no_place_falls_under_zero_and_lines_add_up(lines):
    made = count_change(rows(*lines), DOCTORS, counted_on=REGISTER, day=DAY)
    after = DOCTORS.reindex(["a", "b", "c"]).fillna(0.0).add(made.places, fill_value=0.0)
    assert (after >= -1e-12).all()
    assert len(made.lines) == len(lines)
    none = made.lines[made.lines["why"] != ""]
    assert set(made.places.index) <= set(made.lines.loc[made.lines["why"] == "", "place"])
    assert made.counted == len(lines) - len(none)
