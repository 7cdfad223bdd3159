"""Ready matrices of the lake: which are whole enough to be used, and what they tell."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from assemblier.indicators.national_times import ready_matrices

UNITS = ("01001", "01002", "01003")


def context(*tables: pd.DataFrame) -> Any:
    """Stand for a context whose lake holds these tables of times."""
    parts = [SimpleNamespace(source=f"temps-{at}", rows=table) for at, table in enumerate(tables)]
    return SimpleNamespace(
        geography=SimpleNamespace(membership=pd.DataFrame(index=list(UNITS))),
        parts=lambda _table: parts,
        lake=SimpleNamespace(read=lambda part, _columns: part.rows),
        once=lambda _key, make: make(),
    )


def rows(*told: tuple[str | None, str, float]) -> pd.DataFrame:
    frame = pd.DataFrame(told, columns=["origine", "destination", "secondes"])
    return frame.assign(moteur="osrm")


def whole(seconds: float = 600.0) -> list[tuple[str | None, str, float]]:
    return [(one, other, seconds) for one in ("01002", "01001") for other in ("01001", "01002")]


def test_a_whole_matrix_tells_its_times_whatever_the_order_of_its_rows() -> None:
    told = whole()
    told[1] = ("01002", "01002", 0.0)
    told[3] = ("01001", "01002", 90.0)
    (made,) = ready_matrices(context(rows(*told)))
    assert list(made.origins) == list(made.destinations) == ["01001", "01002"]
    full = np.full((2, 2), np.nan)
    for at in range(2):
        held = slice(made.indptr[at], made.indptr[at + 1])
        full[at, made.indices[held]] = made.seconds[held]
    assert full.tolist() == [[600.0, 90.0], [600.0, 0.0]]
    assert made.engine == "osrm entre 2 communes (temps-0)"


def test_ends_that_are_no_commune_are_left_out() -> None:
    told = [*whole(), (None, "01001", 60.0), ("site A", "01001", 60.0), ("01001", "2A999", 60.0)]
    (made,) = ready_matrices(context(rows(*told)))
    assert made.indices.size == 4


def test_a_pair_without_time_is_too_far_not_near() -> None:
    told = whole()
    told[0] = ("01002", "01001", np.nan)
    (made,) = ready_matrices(context(rows(*told)))
    assert made.indices.size == 3


@pytest.mark.parametrize(
    "told",
    [
        whole()[:2],  # one origin
        whole()[:3],  # a quarter of the pairs is not there: absent says nothing
        whole(np.nan),  # nothing is told
        [("site A", "site B", 60.0)],
    ],
)
def test_what_is_no_whole_matrix_is_not_used(told: list[tuple[str | None, str, float]]) -> None:
    assert ready_matrices(context(rows(*told))) == ()
