"""Projection: hand-computed departures, recovered cohorts, shrinkage, exact expectations, coverage."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pandas as pd
import pytest

from assemblier.errors import BadInput
from assemblier.futures.baseline import Baseline
from assemblier.futures.projection.arrivals import observed_arrivals, shrunk_rates
from assemblier.futures.projection.departures import (
    AgeStructure,
    Hazards,
    age_band,
    anchors,
    apl_without_ages,
    cohort_hazards,
)
from assemblier.futures.projection.poisson_binomial import poisson_binomial
from assemblier.futures.projection.presence import Presence, presence_of
from assemblier.futures.projection.project import project
from assemblier.futures.projection.rules import Arrivals, ProjectionRules, ProjectionZone
from assemblier.measures.decay import parse_decay
from assemblier.measures.series_breaks import broken_years
from assemblier.measures.times import TravelTimes
from assemblier.parameters import load_parameters

RULES = ProjectionRules((0.5, 0.8, 0.95), (0.5, 0.8), 4000, 0.4, 0.5, 3, 65)
HAZARDS = Hazards.of_bands({"0-59": 0.01, "60-64": 0.1, "65+": 0.2}, "essai")
YOUNG = AgeStructure.of_bands({"40-44": 1.0}, "essai")
OLD = AgeStructure.of_bands({"62": 1.0}, "essai")


@lru_cache
def _baseline() -> Baseline:
    """Three communes in a line, ten minutes apart; doctors in the first and the last."""
    communes = pd.DataFrame(
        {
            "population": [1000.0, 500.0, 2000.0],
            "standardised": [1100.0, 450.0, 2050.0],
            "zone": ["A", "A", "B"],
            "gps": [2.0, 0.0, 3.0],
            "older_gps": [1.0, 0.0, 0.0],
            "doctors": [2.0, 0.0, 3.0],
            "acts": [9000.0, 0.0, 15000.0],
        },
        index=pd.Index(["00001", "00002", "00003"], dtype=object, name="code"),
    )
    ids = communes.index.to_numpy(object)
    minutes = np.abs(np.subtract.outer(np.arange(3), np.arange(3))) * 10.0
    i, j = np.nonzero(minutes <= 20)
    times = TravelTimes.from_pairs(
        ids, ids, rows=i, columns=j, minutes=minutes[i, j], limit=1200, engine="essai"
    )
    return Baseline.of(2019, communes, times, parse_decay("steps:10=1,15=2/3,20=1/3"))


def _zones() -> list[ProjectionZone]:
    codes = ("00001", "00002", "00003")
    return [ProjectionZone("territoire", "t", "Tout", codes)] + [
        ProjectionZone("commune", code, code, (code,)) for code in codes
    ]


def _presence(**more: object) -> Presence:
    return presence_of(_baseline().communes, younger=YOUNG, older=OLD, **more)  # type: ignore[arg-type]


def test_leaving_within_some_years_by_hand() -> None:
    # at 63: 10 % at 63 and 64, then 20 % at 65
    assert HAZARDS.leaving([63], 3)[0] == pytest.approx(1 - 0.9 * 0.9 * 0.8)
    assert HAZARDS.leaving([63, 90], 0).tolist() == [0.0, 0.0]
    assert YOUNG.leaving(HAZARDS, 2) == pytest.approx(1 - 0.99**2)
    # 62 and at most 65 three years later, still there
    assert OLD.counted(HAZARDS, 3, 65) == pytest.approx(0.9**3)
    assert OLD.counted(HAZARDS, 4, 65) == 0.0


def test_shipped_hazards_find_the_published_anchors_again() -> None:
    parameters = load_parameters()
    bands = parameters["futures.departures.hazards"].latest
    told = anchors(Hazards.of_bands(bands, ""))
    known = parameters["futures.departures.anchors"].latest
    assert told.still_65_69 == pytest.approx(known["still_65_69"], abs=0.03)
    assert known["still_70_79_low"] <= told.still_70_79 <= known["still_70_79_high"]
    assert told.mean_age == pytest.approx(known["mean_age"], abs=1.0)


@pytest.mark.parametrize(
    ("text", "band"),
    [
        ("01-moins de 30 ans", (0, 29)),
        ("08-60-64 ans", (60, 64)),
        ("60-64", (60, 64)),
        ("10-70 ans et plus", (70, 100)),
        ("70+", (70, 100)),
        ("62", (62, 62)),
    ],
)
def test_bands_of_age(text: str, band: tuple[int, int]) -> None:
    assert age_band(text) == band


def test_unreadable_ages_and_holes_are_told() -> None:
    with pytest.raises(BadInput):
        age_band("tous")
    with pytest.raises(BadInput, match="aucune probabilité"):
        Hazards.of_bands({"0-59": 0.1, "65+": 0.2}, "")


def _cohorts(yearly: dict[int, float]) -> pd.DataFrame:
    """Exact headcounts of classes that lose a constant part each year, over ten years."""
    rows = []
    for year in (2012, 2017):
        for low in range(50, 75, 5):
            rows.append(("01", year, low, 200 if low == 70 else low + 4, 1000.0))
    table = pd.DataFrame(rows, columns=["place", "year", "low", "high", "count"])
    for low, q in yearly.items():
        at = (table["year"] == 2017) & (table["low"] == low + 5)
        table.loc[at, "count"] = 1000.0 * (1 - q) ** 5
    return table


def test_cohorts_give_back_the_rate_they_were_made_with() -> None:
    told = cohort_hazards(_cohorts({50: 0.0, 55: 0.02, 60: 0.08})).table.set_index("low")
    assert told.loc[60, "yearly"] == pytest.approx(0.08)
    assert told.loc[55, "yearly"] == pytest.approx(0.02)
    # the open class receives both 65–69 and 70 and over: 2000 → 1000
    assert told.loc[65, "ratio"] == pytest.approx(0.5)
    assert bool(told.loc[65, "open"])


def test_secret_headcounts_are_left_out_and_counted() -> None:
    table = _cohorts({60: 0.08})
    more = table.assign(place="02")
    more.loc[more["low"] == 65, "count"] = np.nan
    told = cohort_hazards(pd.concat([table, more]))
    assert told.table.set_index("low").loc[60, "before"] == 1000.0
    assert told.hidden == 2
    base = Hazards.of_bands({"0-59": 0.01, "60+": 0.5}, "repère")
    assert told.hazards(base, 10_000) is base
    assert told.hazards(base, 100).yearly[63] == pytest.approx(0.08)


def test_arrivals_from_a_series_by_hand() -> None:
    # 10 → 9 → 9 with a tenth leaving each year: −1 + 1 + 0.9
    assert observed_arrivals([[10, 9, 9]], 0.1)[0] == pytest.approx(0.9)
    assert observed_arrivals([[10, 2, 2]], 0.0)[0] == 0.0
    assert observed_arrivals([[np.nan, 5, 8]], 0.0)[0] == pytest.approx(3.0)


def test_a_break_of_the_source_is_seen_and_a_decline_is_not() -> None:
    assert broken_years([100, 99, 60, 98, 97], 0.05).tolist() == [False, False, True, False, False]
    assert not broken_years([100, 96, 93, 89, 85], 0.05).any()
    # the years beside a lost one are kept
    lost = broken_years([100, 101, 0, 99, 100], 0.12)
    assert lost.tolist() == [False, False, True, False, False]
    # a first year half counted is seen only when the ends are looked at
    assert not broken_years([48, 100, 101, 102], 0.12)[0]
    assert broken_years([48, 100, 101, 102], 0.12, ends=0.2).tolist() == [True, False, False, False]


def test_rates_shrink_to_the_region_the_more_the_zone_is_small() -> None:
    y = np.array([0.0, 0.0, 40.0, 5.0])
    e = np.array([100.0, 10_000.0, 10_000.0, 2_000.0])
    told = shrunk_rates(y, e)
    m = y.sum() / e.sum()
    spread = (e * (y / e - m) ** 2).sum() / e.sum()
    between = spread - m / e.mean()
    assert told.prior_shape == pytest.approx(m * m / between)
    assert told.expected == pytest.approx((m * m / between + y) / (m / between + e))
    assert abs(told.expected[0] - m) < abs(told.expected[1] - m)


def test_zones_that_differ_by_chance_alone_share_one_rate() -> None:
    told = shrunk_rates([2.0, 2.0, 2.0], [100.0, 100.0, 100.0])
    assert np.isinf(told.prior_shape)
    assert told.expected == pytest.approx([0.02] * 3)
    with pytest.raises(BadInput):
        shrunk_rates([-1.0], [10.0])


def test_expected_apl_is_exact_and_draws_surround_it() -> None:
    base = _baseline()
    made = project(base, _presence(), HAZARDS, _zones(), RULES, years=(5,))
    whole = made.zones.iloc[0]
    p = np.array([YOUNG.leaving(HAZARDS, 5), OLD.leaving(HAZARDS, 5)])
    capacity = np.array([4500 * (2 - p.sum()), 0, 15000 * (1 - p[0])])
    expected = base.prepared.values(capacity)
    assert made.communes["apl_after"].to_numpy() == pytest.approx(expected, rel=1e-12)
    assert whole["departures"] == pytest.approx(4 * p[0] + p[1])
    assert whole["apl_after"] == pytest.approx(base.mean(expected), rel=1e-12)
    assert whole["apl_after_low_95"] <= whole["apl_after"] <= whole["apl_after_high_95"]
    assert whole["status"] == "estimated"
    assert made.estimated == 1.0
    # who leaves for sure within five years is over 65 in five years, or gone
    assert whole["apl_65_after"] < whole["apl_after"]


def test_needed_arrivals_name_their_probability() -> None:
    made = project(_baseline(), _presence(), HAZARDS, _zones(), RULES, years=(10,))
    whole, law = made.zones.iloc[0], made.departures["territoire", "t", 10]
    for level in (0.5, 0.8):
        needed = int(whole[f"needed_{100 * level:g}"])
        assert law.at_most(needed) >= level > law.at_most(needed - 1)
    assert whole["needed_50"] <= whole["needed_80"]


def test_arrivals_make_up_for_departures_exactly() -> None:
    base = _baseline()
    coming = Arrivals(
        shrunk_rates([4.0, 8.0], [15_000.0, 20_000.0]),
        np.array(["A", "B"], dtype=object),
        np.array([1500.0, 2000.0]),
        np.array(["00001", "00003"], dtype=object),
        np.array([0, 1]),
        np.array([1.0, 1.0]),
    )
    made = project(base, _presence(), HAZARDS, _zones(), RULES, years=(5,), arrivals=coming)
    whole = made.zones.iloc[0]
    assert whole["arrivals"] == pytest.approx(coming.expected(5).sum(), rel=1e-9)
    assert whole["doctors_after"] == pytest.approx(5 - whole["departures"] + whole["arrivals"])
    drawn = coming.draw(np.random.default_rng(0), 5, 20_000)
    assert drawn.mean(axis=0) == pytest.approx(coming.expected(5), rel=0.05)
    gained = base.acts_per_doctor * whole["arrivals"] / base.need.sum()
    assert whole["apl_after"] - whole["apl_alone"] == pytest.approx(gained, rel=1e-9)


def test_a_known_departure_is_certain_from_its_date_on() -> None:
    presence = _presence(departures={"00003": [7.0]})
    at5 = project(_baseline(), presence, HAZARDS, _zones(), RULES, years=(5, 10)).zones
    row = at5[at5["zone"] == "00003"].set_index("years")
    p = YOUNG.leaving(HAZARDS, 10)
    assert row.loc[10, "departures"] == pytest.approx(1 + 2 * p)
    assert row.loc[5, "departures"] == pytest.approx(3 * YOUNG.leaving(HAZARDS, 5))
    with pytest.raises(BadInput, match="aucun médecin"):
        _presence(departures={"00002": [1.0]})


def test_a_local_list_of_few_is_not_told_by_commune() -> None:
    listed = pd.DataFrame({"code": ["00001", "00001"], "age": [64.0, 35.0]})
    made = project(_baseline(), _presence(ages=listed), HAZARDS, _zones(), RULES, years=(5,)).zones
    row = made[made["zone"] == "00001"].iloc[0]
    assert row["status"] == "secret"
    assert np.isnan(row["departures"])
    assert not made["watch"].fillna(value=False).astype(bool)[made["zone"] == "00001"].any()
    with pytest.raises(BadInput) as told:
        _presence(ages=pd.DataFrame({"code": ["00001", "00001"], "age": [12.0, 300.0]}))
    assert len(told.value.problems) == 2


def test_population_changes_press_on_the_same_doctors() -> None:
    base = _baseline()
    made = project(
        base, _presence(), HAZARDS, _zones(), RULES, years=(5,), population={5: np.full(3, 2.0)}
    )
    alone = project(base, _presence(), HAZARDS, _zones(), RULES, years=(5,))
    ratio = made.communes["apl_after"] / alone.communes["apl_after"]
    assert ratio.to_numpy() == pytest.approx(np.full(3, 0.5))


def test_the_published_apl_stands_in_for_ages() -> None:
    # a quarter of the supply within reach is past 65
    told = apl_without_ages(
        np.array([4.0, 4.0, 0.0]), np.array([3.0, 4.0, 0.0]), YOUNG, OLD, HAZARDS, 5
    )
    p = [YOUNG.leaving(HAZARDS, 5), OLD.leaving(HAZARDS, 5)]
    assert told[0] == pytest.approx(3.0 * (1 - p[0]) + 1.0 * (1 - p[1]))
    assert told[1] == pytest.approx(4.0 * (1 - p[0]))
    assert told[2] == 0.0
    with pytest.raises(BadInput):
        apl_without_ages(np.array([3.0]), np.array([4.0]), YOUNG, OLD, HAZARDS, 5)


def test_what_cannot_be_projected_is_told_at_once() -> None:
    with pytest.raises(BadInput) as told:
        project(
            _baseline(), _presence(), HAZARDS, [ProjectionZone("t", "t", "Rien", ("99999",))],
            RULES, years=(0, 5),
        )  # fmt: skip
    assert len(told.value.problems) == 2


def covered(worlds: int, seed: int) -> dict[float, float]:
    """Share of simulated futures that fall in the exact intervals, by level."""
    rng = np.random.default_rng(seed)
    hits = dict.fromkeys(RULES.levels, 0)
    zones = 40
    for _ in range(worlds):
        people = rng.uniform(2_000, 40_000, zones)
        rates = rng.gamma(4.0, 1.0 / 160_000, zones)
        past = rng.poisson(rates * people * 10)
        told = shrunk_rates(past, people * 10)
        ages = rng.integers(35, 70, 12)
        p = HAZARDS.leaving(ages, 5)
        gone = (rng.random(12) < p).sum()
        come = rng.poisson(rates[0] * people[0] * 5)
        law = poisson_binomial(p).reversed().plus(told.coming(0, people[0] * 5))
        for level in hits:
            low, high = law.interval(level)
            hits[level] += int(low <= come - gone <= high)
    return {level: count / worlds for level, count in hits.items()}


def test_intervals_hold_their_coverage_on_a_sample() -> None:
    found = covered(200, 5)
    for level, share in found.items():
        # whole numbers: intervals hold at least their level
        assert share >= level - 3 * np.sqrt(level * (1 - level) / 200)
        assert share <= 0.5 * (1 + level) + 0.1


@pytest.mark.endurance
def test_intervals_hold_their_coverage() -> None:
    found = covered(20_000, 6)
    for level, share in found.items():
        assert share >= level - 3 * np.sqrt(level * (1 - level) / 20_000)


def test_densities_count_one_population_for_all_communes_of_a_zone() -> None:
    base = _baseline()
    rows = np.arange(len(base.communes))
    weighing = float(base.communes["population"].sum())
    assert base.inhabitants(rows) == weighing
    newer = replace(
        base, communes=base.communes.assign(inhabitants=2.0 * base.communes["population"])
    )
    assert newer.inhabitants(rows) == 2.0 * weighing
    assert newer.with_population(np.full(rows.size, 1.5)).inhabitants(rows) == 3.0 * weighing
    # one that joined another since: its people are told there, never twice and never as none
    partly = newer.communes.assign(inhabitants=newer.communes["inhabitants"].where(rows > 0))
    assert replace(base, communes=partly).inhabitants(rows) == weighing
