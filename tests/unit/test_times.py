"""Travel times: tables in and out, turning, cutting, aligning, and what is refused."""

from __future__ import annotations

import numba
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assemblier.errors import BadInput
from assemblier.measures.matching import distinct, missing, positions
from assemblier.measures.times import TravelTimes


def table(*rows):
    return pd.DataFrame(rows, columns=["origin", "destination", "minutes"])


UNSORTED = table(("b", "y", 3.0), ("a", "y", 1.5), ("a", "x", 2.0))


@pytest.fixture(autouse=True)
def one_thread():
    """Tiny cases spend their time waking threads, the more so when tests run side by side."""
    threads = numba.get_num_threads()
    numba.set_num_threads(1)
    yield
    numba.set_num_threads(threads)


def test_pairs_are_sorted_and_times_are_whole_seconds():
    times = TravelTimes.from_table(UNSORTED, origins=["a", "b", "c"], destinations=["x", "y"])
    assert times.indptr.tolist() == [0, 2, 3, 3]
    assert times.indices.tolist() == [0, 1, 1]
    assert times.seconds.tolist() == [120, 90, 180]
    assert times.seconds.dtype == np.int32
    assert times.indices.dtype == np.int32
    assert times.limit == 180
    assert times.exact is None
    assert times.pairs == 3


def test_fractions_of_a_second_are_kept_and_do_not_cross_a_bound():
    times = TravelTimes.from_table(table(("a", "x", 20.001), ("a", "y", 19.9999)))
    assert times.minutes.tolist() == [20.001, 19.9999]
    assert times.seconds.tolist() == [1201, 1200]
    assert times.within(20).to_table().destination.tolist() == ["y"]


def test_without_identifiers_the_order_is_that_of_the_table():
    times = TravelTimes.from_table(UNSORTED)
    assert times.origins.tolist() == ["b", "a"]
    assert times.destinations.tolist() == ["y", "x"]


def test_turning_twice_changes_nothing_and_once_swaps_the_table():
    times = TravelTimes.from_table(UNSORTED)
    turned = times.transpose()
    assert turned.indices.tolist() == [0, 1, 1]
    expected = times.to_table().rename(columns={"origin": "destination", "destination": "origin"})
    columns = ["origin", "destination", "minutes"]
    pd.testing.assert_frame_equal(
        turned.to_table().sort_values(columns, ignore_index=True),
        expected[columns].sort_values(columns, ignore_index=True),
    )
    pd.testing.assert_frame_equal(turned.transpose().to_table(), times.to_table())


def test_cut_is_inclusive():
    cut = TravelTimes.from_table(UNSORTED).within(2)
    assert cut.to_table().minutes.tolist() == [1.5, 2.0]
    assert cut.limit == 120


def test_aligned_follows_other_lists_and_refuses_what_they_lack():
    times = TravelTimes.from_table(UNSORTED)
    same = times.aligned(["z", "a", "b"], ["x", "y", "w"])
    assert same.to_table().values.tolist() == [["a", "x", 2.0], ["a", "y", 1.5], ["b", "y", 3.0]]
    with pytest.raises(BadInput) as caught:
        times.aligned(["a"], ["x"])
    assert {problem.value for problem in caught.value.problems} == {"b", "y"}


def test_every_offender_is_listed_at_once():
    bad = table(("a", "x", 1), ("a", "q", 2), (None, "x", 3), ("r", "x", -1), ("a", "y", np.nan))
    with pytest.raises(BadInput) as caught:
        TravelTimes.from_table(bad, origins=["a"], destinations=["x", "y"], file="od.csv")
    found = {(problem.line, problem.column) for problem in caught.value.problems}
    assert found == {
        (3, "destination"), (4, "origin"), (5, "origin"), (5, "minutes"), (6, "minutes"),
    }  # fmt: skip


def test_a_pair_given_twice_is_refused_sorted_or_not():
    for rows in (
        [("a", "x", 1), ("a", "x", 2), ("b", "x", 1)],
        [("b", "x", 1), ("a", "x", 2), ("a", "y", 3), ("a", "x", 1)],
    ):
        with pytest.raises(BadInput, match="« a » à « x » est donné deux fois"):
            TravelTimes.from_table(table(*rows))


def test_missing_columns_are_named():
    with pytest.raises(BadInput, match="minutes"):
        TravelTimes.from_table(pd.DataFrame({"origin": [], "destination": []}))


def test_no_pair_at_all_is_a_table_too():
    times = TravelTimes.from_table(table(), origins=["a"], destinations=["x"])
    assert times.pairs == 0
    assert times.transpose().indptr.tolist() == [0, 0]


def test_the_table_is_not_changed():
    before = UNSORTED.copy(deep=True)
    TravelTimes.from_table(UNSORTED).within(1)
    pd.testing.assert_frame_equal(UNSORTED, before)


@pytest.mark.parametrize("kind", ["str", "object", "category", "string", "int64"])
def test_identifiers_of_any_type_meet(kind):
    numbers = [101, 102, 103]
    known = np.array(numbers if kind == "int64" else [str(n) for n in numbers], dtype=object)
    known = known.astype(np.int64) if kind == "int64" else known
    column = pd.Series([103, 101, 999], dtype="int64")
    column = column if kind == "int64" else column.astype(str).astype(kind)
    assert positions(known, column).tolist() == [2, 0, -1]
    assert positions(known.astype(str).astype(object), column).tolist() == [2, 0, -1]


def test_missing_identifiers_are_seen():
    assert missing(pd.Series(["a", None, ""])).tolist() == [False, True, True]
    assert missing(np.array(["a", None, ""], dtype=object)).tolist() == [False, True, True]
    assert not missing(np.array([1, 2])).any()


texts = st.text(min_size=1, max_size=6)


@given(st.lists(texts, min_size=1, max_size=40, unique=True), st.lists(texts, max_size=60))
def test_positions_equal_a_dictionary(known, sought):
    sought = sought + known[::-1]
    place = {name: at for at, name in enumerate(known)}
    found = positions(np.array(known, dtype=object), np.array(sought, dtype=object))
    assert found.tolist() == [place.get(name, -1) for name in sought]
    assert distinct(np.array(sought, dtype=object)).tolist() == list(dict.fromkeys(sought))


@given(st.data())
def test_table_of_a_table_is_the_table(data):
    pairs = data.draw(
        st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=40, unique=True)
    )
    minutes = data.draw(st.lists(st.floats(0, 500), min_size=len(pairs), max_size=len(pairs)))
    given_table = table(*((f"o{o}", f"d{d}", t) for (o, d), t in zip(pairs, minutes, strict=True)))
    back = TravelTimes.from_table(given_table).to_table()
    keys = ["origin", "destination"]
    merged = given_table.merge(back, on=keys, suffixes=("", "_back"))
    assert len(merged) == len(back) == len(given_table)
    assert np.allclose(merged["minutes"].astype(float), merged["minutes_back"], atol=1e-7)
