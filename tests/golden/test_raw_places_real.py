"""Similar zones and perimeters against ``raw_places.json``, recomputed from raw files by a script."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from assemblier.indicators.comparators import similar_zones
from assemblier.indicators.context import Context
from assemblier.perimeters.study import study_perimeters
from assemblier.territory.shapes import Shapes
from assemblier.territory.territory import Territory, TerritorySpec, resolve

pytestmark = pytest.mark.real

GOLDEN: Mapping[str, Any] = json.loads(
    Path(__file__).with_name("raw_places.json").read_text(encoding="utf-8")
)


def place(name: str, context: Context, real_data: Path) -> Territory:
    grid, _, code = name.partition(":")
    if not code:
        path = real_data / "territoires" / "centre_ouest_bretagne_2018.csv"
        listed = tuple(pd.read_csv(path, dtype=str)["code"])
        spec = TerritorySpec(name, listed=listed, cog=2018)
    elif grid == "commune":
        spec = TerritorySpec(code, listed=(code,), cog=2024)
    else:
        home = context.geography.membership[grid]
        spec = TerritorySpec(code, listed=tuple(home.index[home == code]), cog=2024)
    return resolve(spec, context.geography)


@pytest.mark.parametrize("name", GOLDEN["similar"])
def test_similar_zones_are_those_of_the_raw_files(
    name: str, real_context: Context, real_data: Path
) -> None:
    """Rhône counts the ages of Lyon's arrondissements; nothing in France is like Paris."""
    shapes = real_context.once(
        Shapes, lambda: Shapes(real_context.geography, real_context.parameters)
    )
    areas = shapes.points.set_index("code")["area_km2"]
    found = similar_zones(real_context, place(name, real_context, real_data), areas)
    wanted = GOLDEN["similar"][name]
    if wanted is None:
        assert found is None
        return
    assert found is not None
    assert (found.grid, list(found.zones)) == (wanted["grid"], wanted["zones"])
    assert found.distances == pytest.approx(wanted["distances"], abs=1e-8)


@pytest.mark.parametrize("name", GOLDEN["bench"])
def test_a_bench_is_that_of_the_raw_files(
    name: str, real_context: Context, real_data: Path
) -> None:
    study = study_perimeters(real_context, place(name, real_context, real_data), with_border=False)
    wanted = GOLDEN["bench"][name]
    grids = {grid.grid: grid for grid in study.grids}
    for grid, told in wanted["met"].items():
        met = grids[grid]
        ours = {
            "zones": sum(zone.code is not None for zone in met.zones),
            "whole": met.whole_zones,
            "cut": len(met.cut_inside),
            "cut people": met.cut_inside_population,
            "beyond": len(met.cut_outside),
            "beyond people": met.cut_outside_population,
            "fit": met.fit,
        }
        assert ours == pytest.approx(told, rel=1e-9), grid
    for one in study.indicators:
        low, high = wanted["under"][one.indicator]
        assert one.low is not None
        assert one.high is not None
        assert (one.low.value.value, one.high.value.value) == pytest.approx((low, high), rel=1e-9)
