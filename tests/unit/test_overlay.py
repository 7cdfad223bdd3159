"""Ready times laid over estimated ones: each pair told by hand, the rest untouched."""

from __future__ import annotations

import numpy as np

from assemblier.measures.overlay import cut_apart, laid_over
from assemblier.measures.times import TravelTimes


def times(origins, destinations, pairs, *, limit=1200, engine="estimé"):
    at = [(origins.index(o), destinations.index(d), s / 60) for o, d, s in pairs]
    rows, columns, minutes = zip(*at, strict=True)
    return TravelTimes.from_pairs(
        np.array(origins, dtype=object),
        np.array(destinations, dtype=object),
        rows=rows,
        columns=columns,
        minutes=minutes,
        limit=limit,
        engine=engine,
    )


def told(made):
    rows = np.repeat(np.arange(made.origins.size), np.diff(made.indptr))
    return {
        (made.origins[i], made.destinations[j]): int(s)
        for i, j, s in zip(rows, made.indices, made.seconds, strict=True)
    }


def test_each_pair_takes_the_best_time_at_hand():
    estimated = times(
        ["a", "b", "c", "d"],
        ["b", "c", "d"],
        [
            ("a", "b", 300),
            ("a", "c", 900),
            ("a", "d", 600),
            ("b", "b", 0),
            ("b", "c", 400),
            ("c", "c", 0),
            ("d", "d", 0),
            ("d", "b", 500),
        ],
    )
    before = told(estimated)
    # c lies 2 000 s from a: too far; b–c is not known to the matrix; z is nobody's; 77 s inside b
    ready = times(
        ["z", "c", "b", "a"],
        ["a", "c", "b", "z"],
        [
            ("a", "b", 350),
            ("a", "c", 2000),
            ("c", "b", 410),
            ("b", "b", 77),
            ("z", "b", 10),
            ("b", "z", 10),
            ("b", "a", 5),
        ],
        limit=5000,
        engine="routes",
    )
    made = laid_over(estimated, ready)
    assert told(made) == {
        ("a", "b"): 350,
        ("a", "d"): 600,
        ("b", "b"): 0,
        ("c", "c"): 0,
        ("c", "b"): 410,
        ("d", "d"): 0,
        ("d", "b"): 500,
    }
    for i in range(4):
        assert (np.diff(made.indices[made.indptr[i] : made.indptr[i + 1]]) > 0).all()
    assert made.limit == 1200
    assert made.engine == "estimé ; routes"
    assert told(estimated) == before


def test_nobody_drives_from_one_land_to_another():
    whole = times(
        ["a", "b", "i", "j"],
        ["b", "i"],
        [("a", "b", 300), ("a", "i", 200), ("b", "b", 0), ("i", "i", 0), ("i", "b", 400),
         ("j", "i", 100), ("j", "b", 500)],
    )  # fmt: skip
    before = told(whole)
    made = cut_apart(whole, np.array([0, 0, 3, 3]), np.array([0, 3]))
    assert told(made) == {("a", "b"): 300, ("b", "b"): 0, ("i", "i"): 0, ("j", "i"): 100}
    assert (made.limit, made.engine) == (whole.limit, whole.engine)
    assert told(whole) == before
    none = np.zeros(4, dtype=np.int64)
    assert cut_apart(whole, none, none[:2]) is whole
