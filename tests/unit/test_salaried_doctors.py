"""Salaried doctors of health centres: the parameter of the day, the latest edition, nobody unsaid."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from assemblier.indicators.salaried import salaried_doctors

VALUES = {2016: 1.0, 2030: 3.0}
COMMUNES = pd.DataFrame(
    {"id": ["a", "b", "c"], "lon": [2.0, 2.0, np.nan], "lat": [46.0, 49.0, 46.0],
     "population": [1e4, 1e4, 1e4]}
)  # fmt: skip
CENTRES = {
    "bpe_2018": pd.Series({"a": 9.0, "b": 9.0}),
    "bpe_2019": pd.Series({"a": 4.0, "c": 4.0}),
}


class Dated:
    """A parameter with two dated values."""

    def on(self, day: dt.date) -> dict[str, float]:
        since = max(year for year in VALUES if year <= day.year)
        return {"radius_km": 20, "sparse": 0.75, "dense": 2.25, "gps_per_centre": VALUES[since]}


def context(names: list[str]) -> SimpleNamespace:
    def prepared(name, make):
        names.append(name)
        return make()

    return SimpleNamespace(parameters={"apl.recomputed.centres": Dated()}, prepared=prepared)


@pytest.mark.parametrize(("year", "each"), [(2019, 1.0), (2030, 3.0)])
def test_the_parameter_of_the_day_is_used(year: int, each: float) -> None:
    names: list[str] = []
    made, notes = salaried_doctors(context(names), COMMUNES, dt.date(year, 12, 31), CENTRES)
    # four centres for 10,000 people count in full; a place without a point is not counted
    assert made.tolist() == [4 * each, 0.0, 0.0]
    assert f"estimés à {4 * each:.0f} dans 1 commune" in notes[0]
    assert str(year) in names[0]
    assert "bpe_2019" in names[0]


def test_without_centres_nothing_is_estimated() -> None:
    assert salaried_doctors(context([]), COMMUNES, dt.date(2019, 12, 31), {})[1] == []
    none = {"bpe_2019": pd.Series({"a": 0.0})}
    made, notes = salaried_doctors(context([]), COMMUNES, dt.date(2019, 12, 31), none)
    assert made.tolist() == [0.0, 0.0, 0.0]
    assert notes == []
