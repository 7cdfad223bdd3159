"""Zones made of communes: every rule on hand-made memberships, then against plain dictionaries."""

from __future__ import annotations

import math
from dataclasses import fields

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assemblier.indicators.aggregate import Coverage, ZoneValues, aggregate
from assemblier.indicators.components import Chance, Components, Kind
from assemblier.indicators.units import Units, align

COVERAGE = Coverage(0.95, 0.50)
NAN = math.nan


def membership(
    zones: dict[str, str | None], boroughs: dict[str, str] | None = None
) -> pd.DataFrame:
    """Commune → zone, and borough → city."""
    cities = boroughs or {}
    codes = [*zones, *cities]
    return pd.DataFrame(
        {
            "commune": [cities.get(code, code) for code in codes],
            "arm": [code if code in cities else None for code in codes],
            "zone": [zones[cities.get(code, code)] for code in codes],
        },
        index=pd.Index(codes, dtype=object),
        dtype=object,
    )


def shown(values: ZoneValues) -> pd.DataFrame:
    """Lay the figures out as a table of zones."""
    table = pd.DataFrame(
        {
            each.name: pd.Series(getattr(values, each.name), index=values.zones)
            for each in fields(values)
            if each.name != "zones"
        }
    )
    for at, zone in enumerate(values.zones):
        one = values.one(at)
        assert (one.value is None) == math.isnan(table.loc[zone, "value"])
        assert (one.low is None) == math.isnan(table.loc[zone, "low"])
        assert (one.status, one.reason) == (table.loc[zone, "status"], table.loc[zone, "reason"])
    return table


def made(
    kind: Kind,
    numerator: dict[str, float],
    denominator: dict[str, float] | None = None,
    *,
    zones: dict[str, str | None] | None = None,
    people: dict[str, float] | None = None,
    boroughs: dict[str, str] | None = None,
    grid: str = "zone",
    **more: object,
) -> pd.DataFrame:
    zones = zones or {"a": "Z", "b": "Z", "c": "Y"}
    people = people or dict.fromkeys(zones, 100.0)
    frame = pd.DataFrame({"numerator": pd.Series(numerator, dtype="float64")})
    if denominator is not None:
        frame["denominator"] = pd.Series(denominator, dtype="float64")
    for name in ("status", "reason"):
        if name in more:
            frame[name] = pd.Series(more.pop(name), dtype=object)
    components = Components(kind, frame, "2020", "s@2020", (), **more)  # type: ignore[arg-type]
    table = membership(zones, boroughs)
    before = frame.copy(deep=True)
    units = Units.of(table, pd.Series(people, dtype="float64"))
    result = aggregate(align(components, units), units, grid, COVERAGE)
    pd.testing.assert_frame_equal(frame, before)
    return shown(result)


def test_counts_add_up() -> None:
    result = made(Kind.COUNT, {"a": 1, "b": 2, "c": 4})
    assert list(result["value"]) == [4, 3]
    assert list(result.index) == ["Y", "Z"]
    assert list(result["status"]) == ["ok", "ok"]
    assert list(result["reason"]) == ["exhaustive", "exhaustive"]


def test_a_ratio_is_a_ratio_of_sums() -> None:
    result = made(Kind.RATIO, {"a": 1, "b": 1, "c": 1}, {"a": 10, "b": 90, "c": 5}, scale=100.0)
    assert result.loc["Z", "value"] == pytest.approx(2.0)  # not the mean of 10 % and 1.1 %
    assert result.loc["Y", "value"] == pytest.approx(20.0)


def test_a_mean_is_weighted() -> None:
    result = made(Kind.MEAN, {"a": 4.0, "b": 1.0, "c": 3.0}, {"a": 100, "b": 300, "c": 7})
    assert result.loc["Z", "value"] == pytest.approx((4 * 100 + 1 * 300) / 400)
    assert result.loc["Y", "value"] == pytest.approx(3.0)
    assert set(result["reason"]) == {"no_error_published"}


def test_growth_is_yearly_and_of_the_sums() -> None:
    result = made(
        Kind.GROWTH, {"a": 110, "b": 132, "c": 50}, {"a": 100, "b": 100, "c": 100}, years=2.0
    )
    assert result.loc["Z", "value"] == pytest.approx(100 * (math.sqrt(242 / 200) - 1))
    assert result.loc["Y", "value"] == pytest.approx(100 * (math.sqrt(0.5) - 1))


@pytest.mark.parametrize(("last", "status"), [(0.0, "absent"), (10.0, "ok")])
def test_growth_to_nothing_has_no_rate(last: float, status: str) -> None:
    result = made(Kind.GROWTH, {"c": last}, {"c": 10.0}, zones={"c": "Y"})
    assert result.loc["Y", "status"] == status
    assert math.isnan(result.loc["Y", "value"]) == (status == "absent")


@pytest.mark.parametrize(
    ("covered", "status", "reason"),
    [
        (1000, "ok", "no_error_published"),
        (951, "ok", "no_error_published"),
        (950, "ok", "no_error_published"),
        (949, "estimated", "partial_coverage"),
        (500, "estimated", "partial_coverage"),
        (499, "absent", "low_coverage"),
        (0, "absent", "not_published"),
    ],
)
def test_coverage_of_a_mean(covered: float, status: str, reason: str) -> None:
    known = {"a": 2.0} if covered else {"b": NAN}
    if covered == 1000:
        known = {"a": 2.0, "b": 2.0}
    result = made(
        Kind.MEAN,
        known,
        dict.fromkeys(known, 1.0),
        zones={"a": "Z", "b": "Z"},
        people={"a": covered, "b": 1000 - covered},
    )
    row = result.loc["Z"]
    assert (row["status"], row["reason"]) == (status, reason)
    assert math.isnan(row["value"]) == (status == "absent")
    if status != "absent":
        assert row["value"] == 2.0


@pytest.mark.parametrize(
    ("covered", "status"), [(1000, "ok"), (960, "estimated"), (950, "estimated"), (940, "absent")]
)
def test_a_part_of_a_count_is_not_the_count(covered: float, status: str) -> None:
    known = {"a": 3.0, "b": 1.0} if covered == 1000 else {"a": 3.0}
    result = made(
        Kind.COUNT, known, zones={"a": "Z", "b": "Z"}, people={"a": covered, "b": 1000 - covered}
    )
    assert result.loc["Z", "status"] == status


def test_a_zone_without_inhabitants_is_covered_by_its_communes() -> None:
    zones = {"a": "Z", "b": "Z", "c": "Z", "d": "Z"}
    empty = dict.fromkeys(zones, 0.0)
    half = made(Kind.MEAN, {"a": 1, "b": 1}, {"a": 1, "b": 1}, zones=zones, people=empty)
    assert half.loc["Z", "coverage"] == 0.5
    assert half.loc["Z", "status"] == "estimated"
    one = made(Kind.MEAN, {"a": 1}, {"a": 1}, zones=zones, people=empty)
    assert one.loc["Z", "status"] == "absent"


def test_what_a_producer_publishes_is_not_averaged() -> None:
    result = made(Kind.PUBLISHED, {"a": 20_000, "b": 22_000, "c": 19_000})
    assert math.isnan(result.loc["Z", "value"])
    assert (result.loc["Z", "status"], result.loc["Z", "reason"]) == ("absent", "not_aggregable")
    assert (result.loc["Y", "value"], result.loc["Y", "status"]) == (19_000, "ok")


def test_values_of_the_producer_at_a_level_win() -> None:
    result = made(
        Kind.PUBLISHED,
        {"a": 20_000, "b": 22_000, "c": 1},
        levels={"zone": pd.Series({"Z": 20_900.0})},
    )
    assert (result.loc["Z", "value"], result.loc["Z", "status"]) == (20_900, "ok")


def test_a_secret_stays_secret() -> None:
    result = made(
        Kind.PUBLISHED,
        {"a": NAN, "b": 5.0, "c": NAN},
        zones={"a": "X", "b": "Y", "c": "Z"},
        status={"a": "secret", "b": None, "c": "absent"},
        reason={"a": "statistical_secrecy", "b": None, "c": "merged_communes"},
    )
    assert list(result["status"]) == ["secret", "ok", "absent"]
    assert list(result["reason"]) == [
        "statistical_secrecy",
        "no_error_published",
        "merged_communes",
    ]
    assert result["value"].isna().tolist() == [True, False, True]


def test_a_secret_is_never_a_zero_of_a_complete_source() -> None:
    result = made(
        Kind.COUNT,
        {"a": NAN, "b": 2.0},
        zones={"a": "X", "b": "Y", "c": "Z"},
        status={"a": "secret", "b": None},
        reason={"a": "statistical_secrecy", "b": None},
        complete=True,
    )
    assert result.loc["X", "status"] == "secret"
    assert math.isnan(result.loc["X", "value"])
    assert (result.loc["Z", "value"], result.loc["Z", "status"]) == (0.0, "ok")


def test_missing_is_not_zero_unless_the_source_is_complete() -> None:
    zones = {"a": "Z", "b": "Z"}
    partial = made(Kind.COUNT, {"a": 3}, zones=zones)
    assert partial.loc["Z", "status"] == "absent"  # half of the people are not covered
    assert math.isnan(partial.loc["Z", "value"])
    whole = made(Kind.COUNT, {"a": 3}, zones=zones, complete=True)
    assert (whole.loc["Z", "value"], whole.loc["Z", "status"]) == (3, "ok")


def test_a_zero_denominator_has_no_rate() -> None:
    result = made(Kind.RATIO, {"a": 0, "b": 0, "c": 1}, {"a": 0, "b": 0, "c": 2})
    assert (result.loc["Z", "status"], result.loc["Z", "reason"]) == ("absent", "zero_denominator")
    assert math.isnan(result.loc["Z", "value"])


def test_part_of_a_coarser_zone_is_estimated() -> None:
    homes = pd.Series({"a": "S", "b": "S", "c": "T"})
    whole = made(Kind.COUNT, {"a": 1, "b": 1, "c": 1}, spread=homes)
    assert list(whole["status"]) == ["ok", "ok"]
    cut = made(
        Kind.COUNT, {"a": 1, "b": 1, "c": 1}, spread=homes, zones={"a": "Z", "b": "Y", "c": "Y"}
    )
    assert list(cut["status"]) == ["estimated", "estimated"]
    assert set(cut["reason"]) == {"converted"}


def test_an_estimated_commune_makes_an_estimated_zone() -> None:
    result = made(
        Kind.COUNT, {"a": 1, "b": 1, "c": 1}, status={"a": "estimated", "b": None, "c": None}
    )
    assert result.loc["Z", "status"] == "estimated"
    assert result.loc["Y", "status"] == "ok"


BOROUGHS = {"p1": "p", "p2": "p"}


@pytest.mark.parametrize("given", ["city", "boroughs"])
def test_boroughs_are_counted_once(given: str) -> None:
    numerator = {"p": 5.0} if given == "city" else {"p1": 2.0, "p2": 3.0}
    zones = {"p": "Z", "a": "Z"}
    result = made(Kind.COUNT, {**numerator, "a": 1.0}, zones=zones, boroughs=BOROUGHS)
    assert (result.loc["Z", "value"], result.loc["Z", "status"]) == (6.0, "ok")


def test_a_city_and_its_boroughs_are_counted_once() -> None:
    result = made(
        Kind.COUNT,
        {"p": 5.0, "p1": 2.0, "p2": 3.0, "a": 1.0},
        zones={"p": "Z", "a": "Z"},
        boroughs=BOROUGHS,
    )
    assert result.loc["Z", "value"] == 6.0


def test_a_mean_over_boroughs_is_weighted() -> None:
    result = made(
        Kind.MEAN,
        {"p1": 2.0, "p2": 4.0},
        {"p1": 300, "p2": 100},
        zones={"p": "Z"},
        boroughs=BOROUGHS,
    )
    assert result.loc["Z", "value"] == pytest.approx(2.5)


def test_published_boroughs_say_nothing_of_their_city() -> None:
    result = made(Kind.PUBLISHED, {"p1": 20_000, "p2": 30_000}, zones={"p": "Z"}, boroughs=BOROUGHS)
    assert math.isnan(result.loc["Z", "value"])


def test_each_borough_is_a_zone_of_its_own_grid() -> None:
    result = made(
        Kind.COUNT, {"p1": 2.0, "p2": 3.0}, zones={"p": "Z"}, boroughs=BOROUGHS, grid="arm"
    )
    assert dict(result["value"]) == {"p1": 2.0, "p2": 3.0}


def test_a_complete_source_by_city_gives_no_zero_to_boroughs() -> None:
    result = made(
        Kind.COUNT,
        {"p": 5.0},
        zones={"p": "Z", "a": "Z"},
        boroughs=BOROUGHS,
        grid="arm",
        complete=True,
    )
    assert not (result["value"] == 0).any()


def test_communes_of_no_zone_are_left_out() -> None:
    result = made(Kind.COUNT, {"a": 1, "b": 2, "c": 4}, zones={"a": "Z", "b": None, "c": "Z"})
    assert dict(result["value"]) == {"Z": 5.0}


def test_codes_that_the_reference_lacks_are_left_out_of_zones() -> None:
    result = made(Kind.COUNT, {"a": 1, "b": 2, "c": 4, "gone": 100.0})
    assert list(result["value"]) == [4, 3]


def test_intervals_of_chance() -> None:
    result = made(Kind.COUNT, {"a": 3, "b": 2, "c": 0}, chance=Chance.POISSON)
    # Garwood 1936: exact limits of a Poisson mean, tabulated
    assert result.loc["Z", ["low", "high"]].tolist() == pytest.approx([1.6235, 11.6683], abs=1e-4)
    assert result.loc["Y", ["low", "high"]].tolist() == pytest.approx([0.0, 3.6889], abs=1e-4)
    assert set(result["reason"]) == {""}


def test_intervals_of_a_density_scale_with_it() -> None:
    ratio = made(
        Kind.RATIO,
        {"a": 3, "b": 2, "c": 0},
        {"a": 2000, "b": 3000, "c": 10},
        chance=Chance.POISSON,
        scale=10_000.0,
    )
    assert ratio.loc["Z", ["value", "low", "high"]].tolist() == pytest.approx(
        [10.0, 3.2470, 23.3366], abs=1e-3
    )


def test_no_interval_without_a_value() -> None:
    result = made(Kind.COUNT, {"a": 3}, chance=Chance.POISSON)
    assert result.loc["Z", ["value", "low", "high"]].isna().all()


communes = st.lists(
    st.tuples(
        st.sampled_from("XYZ"),
        st.one_of(st.none(), st.integers(0, 50)),
        st.integers(1, 5_000),
        st.integers(0, 3_000),
    ),
    min_size=1,
    max_size=25,
)


@given(communes, st.sampled_from([Kind.COUNT, Kind.RATIO, Kind.MEAN]))
def test_against_plain_dictionaries(drawn: list, kind: Kind) -> None:
    codes = [f"c{i}" for i in range(len(drawn))]
    zones = {code: row[0] for code, row in zip(codes, drawn, strict=True)}
    numerator = {
        c: NAN if row[1] is None else float(row[1]) for c, row in zip(codes, drawn, strict=True)
    }
    denominator = {c: float(row[2]) for c, row in zip(codes, drawn, strict=True)}
    people = {c: float(row[3]) for c, row in zip(codes, drawn, strict=True)}
    result = made(kind, numerator, denominator, zones=zones, people=people)
    for zone in sorted(set(zones.values())):
        inside = [c for c in codes if zones[c] == zone]
        known = [c for c in inside if not math.isnan(numerator[c])]
        everyone = sum(people[c] for c in inside)
        share = sum(people[c] for c in known) / everyone if everyone else len(known) / len(inside)
        share = 1.0 if len(known) == len(inside) else share
        row = result.loc[zone]
        limit = 0.95 if kind is Kind.COUNT else 0.5
        if not known or share < limit:
            assert row["status"] == "absent"
            assert math.isnan(row["value"])
            continue
        if kind is Kind.COUNT:
            expected = sum(numerator[c] for c in known)
        elif kind is Kind.RATIO:
            expected = sum(numerator[c] for c in known) / sum(denominator[c] for c in known)
        else:
            weights = sum(denominator[c] for c in known)
            expected = sum(numerator[c] * denominator[c] for c in known) / weights
        assert row["value"] == pytest.approx(expected, rel=1e-12)
        plain = share >= (1.0 if kind is Kind.COUNT else 0.95)
        assert row["status"] == ("ok" if plain else "estimated")


@given(communes)
def test_zones_add_up_to_the_whole(drawn: list) -> None:
    codes = [f"c{i}" for i in range(len(drawn))]
    numerator = {c: float(row[1] or 0) for c, row in zip(codes, drawn, strict=True)}
    zones = {c: row[0] for c, row in zip(codes, drawn, strict=True)}
    parts = made(Kind.COUNT, numerator, zones=zones)
    whole = made(Kind.COUNT, numerator, zones=dict.fromkeys(codes, "all"))
    assert parts["value"].sum() == pytest.approx(whole.loc["all", "value"])


@given(communes, st.randoms())
def test_order_and_names_change_nothing(drawn: list, draw: object) -> None:
    codes = [f"c{i}" for i in range(len(drawn))]
    shuffled = codes.copy()
    draw.shuffle(shuffled)  # type: ignore[attr-defined]
    rows = dict(zip(codes, drawn, strict=True))
    other = {f"z{code}": rows[code] for code in shuffled}

    def of(table: dict) -> pd.DataFrame:
        return made(
            Kind.MEAN,
            {c: NAN if row[1] is None else float(row[1]) for c, row in table.items()},
            {c: float(row[2]) for c, row in table.items()},
            zones={c: row[0] for c, row in table.items()},
            people={c: float(row[3]) for c, row in table.items()},
        )

    first, second = of(rows), of(other)
    assert list(first["status"]) == list(second["status"])
    np.testing.assert_allclose(first["value"], second["value"], rtol=1e-12)
