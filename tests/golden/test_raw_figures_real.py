"""The figures of the diagnosis against ``raw_figures.json``, recomputed from raw files by a script."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from assemblier.indicators.compute import Results, compute
from assemblier.indicators.context import Context
from assemblier.indicators.registry import INDICATORS
from assemblier.territory.territory import Territory, TerritorySpec, resolve
from assemblier.values import Status

pytestmark = pytest.mark.real

GOLDEN: Mapping[str, Any] = json.loads(
    Path(__file__).with_name("raw_figures.json").read_text(encoding="utf-8")
)
ZONES: Mapping[str, Mapping[str, float]] = GOLDEN["zones"]
TOLD_BY_TOO_FEW = {
    ("population_zrr|2021", "departement:974"),
    ("population_zrr|2021", "region:04"),
}
"""Fewer than half of the people live in a commune whose class is told: no value is given."""


@pytest.fixture(scope="module")
def territory(real_data: Path, real_context: Context) -> Territory:
    path = real_data / "territoires" / "centre_ouest_bretagne_2018.csv"
    listed = tuple(pd.read_csv(path, dtype=str).iloc[:, 0])
    return resolve(TerritorySpec("cob", listed=listed, cog=2018), real_context.geography)


@pytest.fixture(scope="module")
def results(real_context: Context, territory: Territory) -> Results:
    names = sorted({name.partition("|")[0] for name in ZONES} | {"mg_tvs"})
    keep: dict[str, list[str]] = {}
    for zones in ZONES.values():
        for zone in zones:
            grid, _, code = zone.partition(":")
            keep.setdefault(grid, []).append(code)
    return compute(
        real_context,
        [INDICATORS[name] for name in names],
        [grid for grid in keep if grid != "territoire"],
        territory=territory,
        keep={grid: codes for grid, codes in keep.items() if grid != "territoire"},
    )


def test_doctors_of_a_ground_that_cuts_health_territories(results: Results) -> None:
    for year, value in GOLDEN["mg_tvs"].items():
        ours = results.value("mg_tvs", "territoire", "cob", year)
        assert (ours.value, ours.status) == (pytest.approx(value, rel=1e-9), Status.ESTIMATED)


def test_a_year_that_the_source_broke_is_no_headcount(results: Results) -> None:
    """Paris: 2,602, 3,163 and 2,764 GPs in three years of the file; 2,500, 2,136 and 2,449."""
    kept = {
        str(year): results.value("mg_tvs", "departement", "75", str(year)).value
        for year in (2004, 2005, 2006, 2013, 2014, 2015)
    }
    assert kept == {
        "2004": 2602,
        "2005": None,
        "2006": 2764,
        "2013": 2500,
        "2014": None,
        "2015": 2449,
    }


@pytest.mark.parametrize("figure", sorted(ZONES))
def test_a_figure_is_that_of_the_raw_files(figure: str, results: Results) -> None:
    """Every zone of the golden file, to ten digits; what the raw files lack is absent."""
    name, _, year = figure.partition("|")
    frame = results.frame
    frame = frame[(frame["indicator"] == name) & (frame["year"] == year)]
    # an indicator read in two sources has one row for each: the golden one is among them
    ours: dict[str, set[float]] = {}
    for row in frame.itertuples():
        kept = ours.setdefault(f"{row.grid}:{row.zone}", set())
        if not np.isnan(row.value):
            kept.add(float(row.value))
    wrong = {
        zone: (value, ours.get(zone))
        for zone, value in ZONES[figure].items()
        if (figure, zone) not in TOLD_BY_TOO_FEW
        and not any(value == pytest.approx(each, rel=1e-9, abs=1e-9) for each in ours.get(zone, ()))
    }
    assert not wrong
    assert not any(ours.get(zone) for told, zone in TOLD_BY_TOO_FEW if told == figure)
    if all(zone.startswith("departement:") for zone in ZONES[figure]):
        return  # published by département only: a few of them are looked at
    looked_at = {zone for zones in ZONES.values() for zone in zones}
    made_up = {
        zone: values
        for zone, values in ours.items()
        if values and zone in looked_at and zone not in ZONES[figure]
    }
    assert not made_up
