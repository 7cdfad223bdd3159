"""A source that counts arrondissements beside a population that counts the city."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from assemblier.indicators.aggregate import Coverage, ZoneValues, aggregate
from assemblier.indicators.components import Chance, Components, Kind
from assemblier.indicators.units import Units, align

COVERAGE = Coverage(0.95, 0.5)


@pytest.fixture
def units() -> Units:
    membership = pd.DataFrame(
        {
            "commune": ["75056", "92001", "75056", "75056"],
            "arm": [None, None, "75101", "75102"],
            "france": ["FR"] * 4,
        },
        index=pd.Index(["75056", "92001", "75101", "75102"], name="code"),
    )
    return Units.of(membership, pd.Series({"75056": 1000.0, "92001": 500.0}))


def ratio(frame: pd.DataFrame) -> Components:
    return Components(
        Kind.RATIO, frame, "2019", "x@1", (), scale=10_000, complete=True, chance=Chance.POISSON
    )


def figure(made: ZoneValues, zone: str) -> float | None:
    """Return the figure of one zone."""
    return made.one(list(made.zones).index(zone)).value


def test_a_density_of_a_city_counts_its_arrondissements(units: Units) -> None:
    frame = pd.DataFrame(
        {
            "numerator": {"75101": 3.0, "75102": 4.0, "75056": np.nan},
            "denominator": {"75056": 1000.0, "92001": 500.0},
        }
    )
    made = aggregate(align(ratio(frame), units), units, "france", COVERAGE)
    assert figure(made, "FR") == pytest.approx(10_000 * 7 / 1500)
    city = aggregate(align(ratio(frame), units), units, "commune", COVERAGE)
    assert figure(city, "75056") == pytest.approx(70.0)
    assert figure(city, "92001") == 0.0


def test_a_city_with_a_row_of_its_own_is_not_counted_twice(units: Units) -> None:
    frame = pd.DataFrame({"numerator": {"75056": 7.0, "75101": 3.0, "75102": 4.0, "92001": 1.0}})
    count = Components(Kind.COUNT, frame, "2019", "x@1", (), complete=True)
    made = aggregate(align(count, units), units, "france", COVERAGE)
    assert figure(made, "FR") == 8.0
    parts = aggregate(align(count, units), units, "arm", COVERAGE)
    assert dict(zip(parts.zones, parts.value, strict=True)) == {"75101": 3.0, "75102": 4.0}
