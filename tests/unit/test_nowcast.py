"""Recovered supply and nowcast: closed forms, known truths, and the honest verdict."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from assemblier.errors import BadInput, MissingSource
from assemblier.futures.nowcast.recovered_supply import (
    RecoveryModel,
    held_out_errors,
    recover_supply,
)
from assemblier.futures.nowcast.update import (
    IntervalModel,
    effective_doctors,
    judge,
    lasting_share,
    move_supply,
    nowcast,
    zone_nowcast,
)
from assemblier.measures.access import Demand, Supply
from assemblier.measures.prepared import Prepared, prepare
from assemblier.measures.times import TravelTimes
from assemblier.usecases.nowcast import facility_headcounts

DECAY = "steps:10=1,15=2/3,20=1/3"
WEAK = RecoveryModel(strength=1e-6, least_scale=100.0, rounds=2000, tolerance=1e-15)
INTERVAL = IntervalModel(0.01, 2.0, {0.5: 0.2, 0.8: 0.4}, {0.8: 0.5})


def country(seed: int = 0, n: int = 60, m: int = 12) -> tuple[Prepared, np.ndarray, np.ndarray]:
    """Places on a plane, a true supply, and a first guess that is wrong."""
    rng = np.random.default_rng(seed)
    place = rng.uniform(0, 30, (n, 2))
    minutes = 3 + 1.2 * np.hypot(*(place[:, None, :] - place[None, :m, :]).T).T
    ids = np.array([f"p{i:03d}" for i in range(n)], dtype=object)
    rows, columns = np.nonzero(minutes <= 20)
    times = TravelTimes.from_pairs(
        ids,
        ids[:m],
        rows=rows,
        columns=columns,
        minutes=minutes[rows, columns],
        engine="essai",
    )
    people = rng.uniform(200, 3000, n)
    doctors = rng.integers(1, 9, m).astype(float)
    truth = 5000 * doctors * rng.uniform(0.7, 1.3, m)
    guess = Supply.of(ids[:m], 5000 * doctors)
    return prepare("apl", times, Demand.of(ids, people, people), guess, DECAY), truth, doctors


def test_supply_is_recovered_where_the_matrix_tells_it() -> None:
    prepared, truth, doctors = country()
    made = recover_supply(prepared, prepared.values(truth), doctors, WEAK)
    assert made.capacity == pytest.approx(truth, rel=0.02)
    assert made.error < 1e-3 < made.prior_error
    assert (made.capacity >= 0).all()


def test_recovery_equals_an_independent_least_squares() -> None:
    from scipy.optimize import lsq_linear

    prepared, truth, doctors = country(seed=3)
    model = RecoveryModel(strength=0.5, least_scale=100.0, rounds=3000, tolerance=1e-16)
    noisy = prepared.values(truth) * np.random.default_rng(1).uniform(0.8, 1.2, 60)
    made = recover_supply(prepared, noisy, doctors, model)
    need = prepared.demand.counted("standardised")
    dense = np.zeros((60, 12))
    for i in range(60):
        for pair in range(prepared.indptr[i], prepared.indptr[i + 1]):
            dense[i, prepared.indices[pair]] += prepared.gain[pair]
    start = made.level * prepared.supply.capacity
    scale = np.maximum(start, 100.0)
    pull = np.sqrt(0.5 * doctors * need.sum() / 12) / scale
    stacked = np.vstack([np.sqrt(need)[:, None] * dense, np.diag(pull)])
    wanted = np.concatenate([np.sqrt(need) * noisy, pull * start])
    reference = lsq_linear(stacked * scale, wanted, bounds=(0, np.inf), tol=1e-14).x * scale
    assert made.capacity == pytest.approx(reference, rel=1e-3, abs=1.0)


def test_a_strong_pull_leaves_the_headcounts() -> None:
    prepared, truth, doctors = country()
    strong = RecoveryModel(strength=1e9, least_scale=100.0, rounds=200, tolerance=1e-12)
    made = recover_supply(prepared, prepared.values(truth), doctors, strong)
    assert made.capacity == pytest.approx(made.level * prepared.supply.capacity, rel=1e-4)


def test_held_out_communes_prefer_the_truthful_strength() -> None:
    prepared, truth, doctors = country(n=120)
    values = prepared.values(truth)
    strong = RecoveryModel(1e9, 100.0, 200, 1e-12)
    free, held = held_out_errors(prepared, values, doctors, [WEAK, strong], folds=4, seed=0)
    assert free < 0.2 * held


def test_recovery_refuses_what_it_cannot_use() -> None:
    prepared, _, doctors = country()
    with pytest.raises(BadInput):
        recover_supply(prepared, np.full(60, np.nan), doctors, WEAK)
    with pytest.raises(BadInput):
        recover_supply(prepared, np.ones(3), doctors, WEAK)
    with pytest.raises(BadInput):
        RecoveryModel(0.0, 100.0, 10, 1e-8)


def test_supply_moves_by_the_ratio_of_its_zone() -> None:
    zone = np.array(["A", "A", "B", "C", None], dtype=object)
    moved = move_supply(
        np.full(5, 100.0), zone, {"A": 10.0, "B": 0.0, "C": 4.0}, {"A": 8.0, "B": 2.0}, 0.5
    )
    assert moved == pytest.approx([100 * 0.8**0.5] * 2 + [100.0] * 3)


def test_lasting_share_finds_the_error_of_a_simulated_series() -> None:
    rng = np.random.default_rng(5)
    walk = np.cumsum(rng.normal(0, 0.06, (6000, 8)), axis=1)
    seen = walk + rng.normal(0, 0.03, walk.shape)
    series = pd.DataFrame(np.exp(seen) * 20, columns=range(2010, 2018))
    expected = 1 - 2 * 0.03**2 / (2 * 0.06**2 + 2 * 0.03**2)
    assert lasting_share(series, least=2) == pytest.approx(expected, abs=0.02)
    steady = pd.DataFrame(np.exp(walk) * 20, columns=range(2010, 2018))
    assert lasting_share(steady, least=2) == pytest.approx(1.0, abs=0.03)
    broken = series.assign(**{"2013": 0.0}).rename(columns={"2013": 2018})
    assert lasting_share(broken, least=2, without=(2018,)) == lasting_share(series, least=2)
    with pytest.raises(BadInput):
        lasting_share(series[[2010, 2011]], least=2)


def test_nothing_moved_gives_the_published_values() -> None:
    prepared, truth, doctors = country()
    published = prepared.values(truth) + 0.3
    published[5] = np.nan
    made = recover_supply(prepared, published, doctors, WEAK)
    same = nowcast(prepared, prepared, published, made, made.capacity, doctors)
    assert same.value == pytest.approx(published, nan_ok=True)


def test_a_true_move_is_followed_and_judged() -> None:
    prepared, truth, doctors = country()
    published = prepared.values(truth)
    zone = np.array([f"z{i % 4}" for i in range(60)], dtype=object)
    ratio = {"z0": 1.3, "z1": 0.7, "z2": 1.1, "z3": 0.9}
    moved_truth = truth * np.array([ratio[name] for name in zone[:12]])
    later = prepared.values(moved_truth)
    made = recover_supply(prepared, published, doctors, WEAK)
    moved = move_supply(made.capacity, zone[:12], dict.fromkeys(ratio, 1.0), ratio, 1.0)
    value = nowcast(prepared, prepared, published, made, moved, doctors)
    people = prepared.demand.counted("standardised")
    zones = zone_nowcast(value, prepared, doctors, zone, INTERVAL, 2.0)
    told = judge(zones, value.value, published, later, people, zone)
    assert told.error < 0.05 * told.unchanged
    assert told.beats_unchanged
    assert told.correlation > 0.99
    assert told.inside[0.8] == 1.0
    assert "fait mieux" in told.sentence


def test_a_useless_nowcast_says_so() -> None:
    prepared, truth, doctors = country()
    published = prepared.values(truth)
    zone = np.array([f"z{i % 4}" for i in range(60)], dtype=object)
    made = recover_supply(prepared, published, doctors, WEAK)
    wrong = made.capacity * np.linspace(0.5, 1.5, 12)
    value = nowcast(prepared, prepared, published, made, wrong, doctors)
    people = prepared.demand.counted("standardised")
    zones = zone_nowcast(value, prepared, doctors, zone, INTERVAL, 2.0)
    told = judge(zones, value.value, published, published, people, zone)
    assert not told.beats_unchanged
    assert "ne fait PAS mieux" in told.sentence


def test_effective_doctors_of_equal_and_of_single_sites() -> None:
    ids = np.array(["a", "b"], dtype=object)
    times = TravelTimes.from_pairs(
        ids,
        ids,
        rows=[0, 0, 1, 1],
        columns=[0, 1, 0, 1],
        minutes=np.full(4, 5.0),
        engine="essai",
    )
    prepared = prepare(
        "apl", times, Demand.of(ids, np.ones(2), np.ones(2)), Supply.of(ids, np.ones(2)), DECAY
    )
    zone = np.zeros(2, dtype=np.int64)
    weight = np.ones(2)
    # four doctors on two equal sites are four; all the acts from one site of three are three
    assert effective_doctors(
        prepared, np.array([2.0, 2.0]), np.array([2.0, 2.0]), zone, weight
    ) == pytest.approx([4.0])
    assert effective_doctors(
        prepared, np.array([5.0, 0.0]), np.array([3.0, 9.0]), zone, weight
    ) == pytest.approx([3.0])


def test_the_interval_widens_with_time_but_never_below_its_fit() -> None:
    prepared, truth, doctors = country()
    published = prepared.values(truth)
    made = recover_supply(prepared, published, doctors, WEAK)
    value = nowcast(prepared, prepared, published, made, made.capacity, doctors)
    zone = np.full(60, "z", dtype=object)

    def width(years: float) -> float:
        row = zone_nowcast(value, prepared, doctors, zone, INTERVAL, years).iloc[0]
        return float(row["high_80"] - row["value"])

    assert width(1.0) == pytest.approx(width(2.0))
    assert width(8.0) == pytest.approx(2 * width(2.0))


class _Facilities:
    """Two editions of the facilities, as a context gives them."""

    def __init__(self, editions: dict[int, list[float]]) -> None:
        self.editions = editions
        value = SimpleNamespace(since=dt.date(2017, 1, 1))
        self.parameters = {
            "bpe.types.mg": SimpleNamespace(values=[value], on=lambda _day: ["A201"])
        }
        codes = pd.Index(["a", "b", "c"])
        zones = pd.DataFrame({"tvs2019": ["z", "z", "y"]}, index=codes)
        self.geography = SimpleNamespace(membership=zones)

    def parts(self, _table: str, year: int | None = None) -> list[SimpleNamespace]:
        return [SimpleNamespace(years=(each,)) for each in self.editions if year in (None, each)]

    def converted(self, part, _columns, *, where, zero):
        assert where == {"annee": part.years[0], "type": ["A201"]}
        assert zero
        return pd.DataFrame({"nombre": self.editions[part.years[0]]}, index=["a", "b", "c"]), None


def test_facilities_tell_what_they_do_not_see() -> None:
    context = _Facilities({2018: [1, 2, 4], 2019: [1, 3, 4], 2021: [9, 9, 9]})
    whole = facility_headcounts(context, 2017, 2018)
    assert whole.before == {"z": 3, "y": 4}
    assert whole.after == {"z": 4, "y": 4}
    assert not any("vu" in note for note in whole.notes)
    late = facility_headcounts(context, 2016, 2018)
    assert late.after == whole.after
    assert late.notes[-1] == "ce qui a changé de fin 2016 à fin 2017 n’est pas vu"
    short = facility_headcounts(context, 2016, 2019)
    assert "seul le changement de fin 2017 à fin 2018 est vu" in short.notes[-1]
    assert all("Insee prévient" in made.notes[0] for made in (whole, late, short))
    with pytest.raises(MissingSource, match="deux éditions"):
        facility_headcounts(context, 2018, 2019)
