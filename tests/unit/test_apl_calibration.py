"""Calibration: few counted parameters, départements left out, change between two dates."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import spearmanr

from assemblier.errors import BadInput
from assemblier.measures.agreement import (
    Published,
    agreement,
    anchored_forecast,
    change_agreement,
    unexplained,
    zone_means,
)
from assemblier.measures.calibration import (
    Knob,
    calibrate_apl,
    folds_by_department,
    pattern_search,
)


def published(n: int = 400, seed: int = 0, noise: float = 0.0) -> tuple[Published, np.ndarray]:
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(n, 3))
    value = np.exp(features @ np.array([0.5, -0.3, 0.0]) + noise * rng.normal(size=n))
    value[0] = np.nan
    zone = np.arange(n) // 8
    department = zone // 5
    return Published(value, rng.uniform(50, 5000, n), zone, department), features


def test_zone_means_are_weighted():
    got = zone_means(
        np.array([1.0, 3.0, 5.0]), np.array([3.0, 1.0, 2.0]), np.array(["b", "b", "a"])
    )
    np.testing.assert_allclose(got, [5.0, 1.5])


def test_agreement_is_spearmans_where_published():
    known, features = published()
    guess = features[:, 0]
    got = agreement(guess, known)
    used = known.usable()
    assert got.communes == pytest.approx(spearmanr(guess[used], known.value[used])[0])
    mine, theirs = (
        zone_means(v[used], known.weight[used], known.zone[used]) for v in (guess, known.value)
    )
    assert got.zones == pytest.approx(spearmanr(mine, theirs)[0])
    assert got.zone_error == pytest.approx(np.abs(mine - theirs).mean())
    assert (got.commune_count, got.zone_count) == (399, 50)
    with pytest.raises(BadInput, match="trop peu"):
        agreement(guess, known, np.arange(400) < 2)


def test_pattern_search_climbs_a_concave_score_within_bounds():
    found = pattern_search(
        lambda v: -((v["x"] - 0.7) ** 2) - (v["y"] + 0.2) ** 2,
        [Knob("x", 0.0, 0.5), Knob("y", 1.0, 0.5, low=0.0)],
        rounds=12,
    )
    assert found.values["x"] == pytest.approx(0.7, abs=1e-3)
    assert found.values["y"] == 0.0
    assert found.evaluations < 200


def test_folds_are_whole_departments():
    department = np.array(["29", "22", "29", "56", "35", "22"])
    fold = folds_by_department(department, 2)
    assert fold.tolist() == [1, 0, 1, 1, 0, 0]
    with pytest.raises(BadInput, match="plus de groupes"):
        folds_by_department(department, 5)


def test_calibration_finds_the_parameters_and_counts_them():
    known, features = published(noise=0.1)

    def predict(values):
        return np.exp(values["a"] * features[:, 0] + values["b"] * features[:, 1])

    knobs = [Knob("a", 0.5, 0.1, low=0.5, high=0.5), Knob("b", 0.0, 0.2)]
    got = calibrate_apl(predict, known, knobs, rounds=4, folds=3)
    assert got.parameters == 2
    assert got.values["a"] == 0.5
    assert got.values["b"] == pytest.approx(-0.3, abs=0.1)
    assert got.fitted.score > got.before.score
    assert len(got.held_out) == 3
    assert sum(fold.commune_count for fold in got.held_out) == 399
    for out, first in zip(got.held_out, got.held_out_before, strict=True):
        assert out.score > first.score
    assert "Paramètres calés : 2" in got.lines()[0]
    assert got.pooled is not None
    assert got.pooled.score > got.before.score
    assert "sans lui" in got.lines()[3]


def test_a_useless_parameter_brings_nothing_outside_what_it_saw():
    known, features = published(noise=0.3)
    rng = np.random.default_rng(9)
    junk = rng.normal(size=(400, 4))

    def predict(values):
        weights = np.array([values[f"j{k}"] for k in range(4)])
        return np.exp(features @ np.array([0.5, -0.3, 0.0]) + junk @ weights)

    knobs = [Knob(f"j{k}", 0.0, 0.05) for k in range(4)]
    got = calibrate_apl(predict, known, knobs, rounds=3, folds=4)
    gained = got.fitted.score - got.before.score
    outside = np.mean([o.score for o in got.held_out]) - np.mean(
        [o.score for o in got.held_out_before]
    )
    assert gained >= 0
    assert outside < gained


def test_what_is_unexplained_is_told_by_group():
    known, _ = published()
    predicted = np.nan_to_num(known.value, nan=1.0) / 2
    table = unexplained(predicted, known, np.where(np.arange(400) < 200, "nord", "sud"))
    assert table["group"].tolist() == ["nord", "sud"]
    np.testing.assert_allclose(table["ratio"], 2.0)
    np.testing.assert_allclose(table["spearman"], 1.0)
    np.testing.assert_allclose(table["spread"], 0.0, atol=1e-12)
    assert table["communes"].sum() == 399


def test_a_forecast_is_the_published_value_and_the_recomputed_change():
    before = np.array([4.0, 2.0, np.nan, 0.5])
    model_before = np.array([8.0, 4.0, 1.0, 1.0])
    model_after = np.array([6.0, 5.0, 1.0, -3.0])
    got = anchored_forecast(before, model_before, model_after, np.ones(4))
    np.testing.assert_allclose(got, [3.0, 2.5, np.nan, 0.0])


def test_agreement_of_changes():
    before = np.array([4.0, 2.0, 3.0, 1.0, np.nan])
    after = np.array([3.5, 2.5, 3.0, 0.5, 1.0])
    forecast = np.array([3.6, 2.4, 3.1, 0.6, 9.0])
    got = change_agreement(forecast, before, after, np.ones(5), np.arange(5))
    assert got.zones == 4
    assert got.error == pytest.approx(0.1)
    assert got.error_shifted == pytest.approx(np.abs(forecast[:4] - after[:4] - 0.05).mean())
    assert got.error_unchanged == pytest.approx(np.abs(before[:4] - 0.125 - after[:4]).mean())
    assert got.correlation == pytest.approx(
        np.corrcoef((forecast - before)[:4], (after - before)[:4])[0, 1]
    )
