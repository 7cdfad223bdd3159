"""The recomputed APL: headcounts, blurred steps, activity, and the identity that must hold."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from assemblier.errors import BadInput
from assemblier.measures.activity import ActivityModel, relative_activity, sums_within
from assemblier.measures.crowfly import great_circle_km
from assemblier.measures.decay import BlurredSteps, Steps
from assemblier.measures.headcounts import (
    CentresModel,
    CountsModel,
    agreed_counts,
    dated_counts,
    headcounts_on,
    salaried_in_centres,
)
from assemblier.measures.recomputed import (
    RecomputedModel,
    commune_places,
    recompute_apl,
)
from assemblier.parameters import load_parameters

COUNTS = CountsModel(reference_weight=0.5, gap=5, gap_share=0.4, trust=1.0, trend=0.0)
STEPS = Steps((10, 15, 20), (1, 2 / 3, 1 / 3))


def test_blurred_steps_are_the_expected_weight_over_the_error_of_times():
    blurred = BlurredSteps(STEPS, 0.2)
    rng = np.random.default_rng(0)
    error = np.exp(0.2 * rng.standard_normal(200_000))
    for minutes in (3.0, 9.0, 12.0, 18.0, 25.0):
        drawn = STEPS.weights(minutes * error).mean()
        assert blurred.weights(minutes) == pytest.approx(drawn, abs=4e-3)


def test_blurred_steps_by_hand_and_at_the_ends():
    blurred = BlurredSteps(Steps((10,), (1,)), 0.5)
    assert blurred.weights(0.0) == 1.0
    assert blurred.weights(10.0) == pytest.approx(0.5)
    assert blurred.weights(10 * np.exp(0.5)) == pytest.approx(norm.cdf(-1))
    assert blurred.weights(blurred.limit + 1e-6) == 0.0
    assert blurred.weights(blurred.limit) < 1e-4


def test_almost_no_blur_is_the_steps():
    minutes = np.array([0, 9, 11, 14, 16, 19, 21.0])
    np.testing.assert_allclose(
        BlurredSteps(STEPS, 1e-4).weights(minutes), STEPS.weights(minutes), atol=1e-12
    )
    with pytest.raises(BadInput, match="écart-type"):
        BlurredSteps(STEPS, 0.0)


@given(st.floats(0.01, 0.6))
def test_blurred_steps_never_grow(sigma):
    weight = BlurredSteps(STEPS, sigma).weights(np.linspace(0, 90, 500))
    assert (np.diff(weight) <= 1e-15).all()
    assert weight.max() <= 1.0
    assert weight.min() >= 0.0


def test_a_source_that_strays_is_turned_down():
    reference = np.array([10.0, 20.0, 4.0])
    other = np.array([12.0, 78.0, 9.0])
    got = agreed_counts(reference, [other], COUNTS)
    np.testing.assert_allclose(got, [11.0, 20.0, 6.5])
    np.testing.assert_array_equal(agreed_counts(reference, [], COUNTS), reference)


def test_only_dense_networks_of_centres_have_salaried_doctors():
    model = CentresModel(radius_km=20, sparse=1.0, dense=3.0, gps_per_centre=2.0)
    got = salaried_in_centres(
        np.array([4.0, 1.0, 3.0, 2.0, 0.0, 1.0]),
        np.array([10.0, 10.0, 10.0, 9.0, 10.0, 1.0]),
        np.array([1e5, 5e4, 2e4, 1e6, 1e4, 0.0]),  # 1, 2, 5, 0.09, 10 for 10,000; nobody
        model,
    )
    np.testing.assert_allclose(got, [0.0, 1.0, 6.0, 0.0, 0.0, 0.0])


def test_counts_meet_the_total_of_their_zone():
    counts = np.array([2.0, 6.0, 5.0, 0.0])
    zone = np.array(["a", "a", "b", "c"], dtype=object)
    got = dated_counts(counts, zone, {"a": 4.0, "c": 3.0}, trust=1.0)
    np.testing.assert_allclose(got, [1.0, 3.0, 5.0, 0.0])
    half = dated_counts(counts, zone, {"a": 4.0}, trust=0.5)
    np.testing.assert_allclose(half[:2], counts[:2] * np.sqrt(0.5))


def test_the_trend_adds_part_of_the_change_around_the_date():
    model = CountsModel(0.5, 5, 0.4, trust=1.0, trend=0.5)
    counts = np.array([5.0, 5.0, 3.0, 2.0])
    zone = np.array(["a", "a", "b", "c"], dtype=object)
    totals = {
        "before": {"a": 12.0, "b": 3.0, "c": 2.0},
        "at": {"a": 10.0, "b": 3.0, "c": 0.0},
        "after": {"a": 8.0, "b": np.nan, "c": 0.0},
    }
    got = headcounts_on(counts, [], zone, totals, model)
    np.testing.assert_allclose(got, [4.0, 4.0, 3.0, 1.0])
    assert headcounts_on(counts, [], zone, {"at": totals["at"]}, model)[0] == 5.0


@given(st.integers(0, 1000))
def test_sums_within_equal_the_plain_double_loop(seed):
    rng = np.random.default_rng(seed)
    lon, lat = rng.uniform(-3, -2, 40), rng.uniform(48, 49, 40)
    values = rng.uniform(0, 5, (40, 2))
    apart = great_circle_km(lon[:, None], lat[:, None], lon[None], lat[None])
    np.testing.assert_allclose(
        sums_within(lon, lat, values, 25.0), (apart <= 25.0).astype(float) @ values, rtol=1e-12
    )


def test_activity_by_hand_and_unknown_factors_change_nothing():
    model = ActivityModel(acts_per_gp=1.0, radius_km=30, gp_density=0.5, older_gps=-0.1)
    got = relative_activity(
        model,
        doctors_around=np.array([4.0, 1.0, 0.0]),
        people_around=np.array([1.0, 1.0, 1.0]),
        respiratory=np.full(3, np.nan),
        unemployed_share=np.zeros(3),
        older_share=np.array([0.0, 0.5, 0.25]),
    )
    assert got[0] / got[1] == pytest.approx(2.0 * np.exp(0.05))
    # nobody around: the mean of the logarithms of the others
    assert got[2] == pytest.approx(np.sqrt(got[0] * got[1]))


def country(n: int = 60, seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(seed)
    people = rng.integers(50, 5000, n).astype(float)
    gps = rng.poisson(people / 1000).astype(float)
    communes = pd.DataFrame(
        {
            "id": [f"{i:05d}" for i in range(n)],
            "lon": rng.uniform(-3, -2, n),
            "lat": rng.uniform(48, 48.6, n),
            "landmark": rng.uniform(200, 260, n),
            "population": people,
            "standardised": people * rng.uniform(0.9, 1.2, n),
            "zone": rng.choice(["z1", "z2", "z3"], n),
            "gps": gps,
            "older_gps": np.floor(gps / 3),
            "unemployed": people * 0.05,
            "respiratory": 5.0,
            "bpe": gps + 1,
        }
    )
    at = communes.groupby("zone")["gps"].sum() * 0.9
    return communes, pd.DataFrame({"before": at + 1, "at": at, "after": at - 1})


def shipped() -> RecomputedModel:
    return RecomputedModel.on(load_parameters(), dt.date(2018, 12, 31))


@given(st.integers(0, 50))
def test_acts_are_conserved(seed):
    communes, totals = country(seed=seed)
    got = recompute_apl(communes, totals, shipped(), others=["bpe"])
    need = communes["standardised"].to_numpy()
    assert need @ got.access.value == pytest.approx(got.access.supply_reached, rel=1e-9)
    assert got.leak < 1e-9
    assert got.acts.sum() == pytest.approx(got.access.supply_total)
    assert got.access.ids.tolist() == communes["id"].tolist()
    assert got.mean == pytest.approx(got.access.supply_reached / need.sum())


def test_places_at_hand_give_the_same_and_tables_are_not_changed():
    communes, totals = country()
    before = communes.copy(deep=True), totals.copy(deep=True)
    model = shipped()
    first = recompute_apl(communes, totals, model, others=["bpe"])
    again = recompute_apl(
        communes, totals, model, others=["bpe"], places=commune_places(communes, model)
    )
    np.testing.assert_array_equal(first.access.value, again.access.value)
    pd.testing.assert_frame_equal(communes, before[0])
    pd.testing.assert_frame_equal(totals, before[1])


def test_the_level_of_activity_changes_no_rank():
    from dataclasses import replace

    communes, totals = country()
    model = shipped()
    double = replace(
        model, activity=replace(model.activity, acts_per_gp=2 * model.activity.acts_per_gp)
    )
    one, two = (recompute_apl(communes, totals, m).access.value for m in (model, double))
    np.testing.assert_allclose(two, 2 * one)


def test_what_is_missing_is_told_at_once():
    communes, totals = country()
    communes.loc[3, "population"] = np.nan
    communes.loc[5, "id"] = communes.loc[4, "id"]
    with pytest.raises(BadInput) as caught:
        recompute_apl(communes.drop(columns="gps"), totals.drop(columns="at"), shipped())
    said = str(caught.value)
    for part in ("« gps »", "« at »", "ligne 5", "deux fois"):
        assert part in said, part


def test_coefficients_are_changed_by_name():
    model = shipped()
    got = model.changed({"sigma": 0.3, "pace": 2.0, "gp_density": 0.0, "trust": 0.5})
    assert (got.decay.sigma, got.travel.pace) == (0.3, 2.0)
    assert (got.activity.gp_density, got.counts.trust) == (0.0, 0.5)
    assert got.travel.intercept == model.travel.intercept
    assert model.changed({}) == model
    with pytest.raises(BadInput, match="n’est pas du modèle"):
        model.changed({"vitesse": 1.0})


def test_every_coefficient_of_the_calibration_is_one_of_the_model():
    model = shipped()
    plan = load_parameters()["apl.recomputed.calibration"].latest
    changed = model.changed({knob["name"]: knob["start"] for knob in plan["coefficients"]})
    assert changed != model
    assert len(plan["coefficients"]) <= 200


def test_older_doctors_left_out_lower_the_supply_where_they_are():
    communes, totals = country()
    everyone = recompute_apl(communes, totals, shipped())
    fewer = recompute_apl(communes, totals, shipped(), older_left_out=0.3)
    share = (communes["older_gps"] / communes["gps"].clip(lower=1)).to_numpy()
    np.testing.assert_allclose(fewer.acts, everyone.acts * (1 - 0.3 * share))
    assert (fewer.access.value <= everyone.access.value + 1e-12).all()


def test_salaried_doctors_add_to_those_counted():
    communes, totals = country()
    more = np.zeros(len(communes))
    more[[3, 7]] = 2.0, 0.5
    base = recompute_apl(communes, totals, shipped())
    with_them = recompute_apl(communes.assign(salaried=more), totals, shipped())
    np.testing.assert_allclose(with_them.doctors - base.doctors, more, atol=1e-12)
    assert with_them.leak < 1e-9
    assert (with_them.acts >= base.acts * 0.99).all()
