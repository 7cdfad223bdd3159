"""The crow-fly model: closed forms, an independent computation of all pairs, the fit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assemblier.errors import BadInput
from assemblier.measures.crowfly import (
    EARTH_RADIUS_KM,
    CrowFlyModel,
    Places,
    crow_fly_times,
    great_circle_km,
    landmark_steepness,
    minutes_inside,
    predict_minutes,
)
from assemblier.measures.crowfly_calibration import (
    ObservedPairs,
    calibrate,
    engine_line,
    error_table,
    fit_errors,
    joined,
    places_like,
)

MODEL = CrowFlyModel(
    intercept=2.0,
    pace=1.25,
    pace_by_steepness=0.5,
    steepness_reference=1.3,
    steepness_low=0.9,
    steepness_high=2.0,
    landmark_share=0.8,
    landmark_pace=1.0,
    engine="essai",
)


def some_places(count, seed, prefix):
    random = np.random.default_rng(seed)
    steepness = random.uniform(0.5, 3, count)
    landmark = random.uniform(100, 160, count)
    steepness[::7], landmark[::5] = np.nan, np.nan
    return Places(
        np.array([f"{prefix}{k}" for k in range(count)]),
        random.uniform(2, 3, count),
        random.uniform(45, 46, count),
        steepness,
        landmark,
    )


def kept(steepness):
    return np.clip(np.where(np.isnan(steepness), 1.3, steepness), 0.9, 2.0)


def test_distances_of_known_places():
    # a degree of meridian, a quarter of the Earth, Paris to Lyon
    degree = great_circle_km(np.array(0.0), np.array(0.0), np.array(0.0), np.array(1.0))
    assert degree == pytest.approx(EARTH_RADIUS_KM * np.pi / 180)
    quarter = great_circle_km(np.array(0.0), np.array(0.0), np.array(90.0), np.array(0.0))
    assert quarter == pytest.approx(EARTH_RADIUS_KM * np.pi / 2)
    lyon = great_circle_km(np.array(2.3522), np.array(48.8566), np.array(4.8357), np.array(45.764))
    assert lyon == pytest.approx(391.5, abs=0.5)


def test_every_pair_equals_the_formula_computed_whole():
    origins, destinations = some_places(60, 1, "o"), some_places(90, 2, "d")
    distance = great_circle_km(
        origins.lon[:, None], origins.lat[:, None], destinations.lon, destinations.lat
    )
    steepness = (kept(origins.steepness)[:, None] + kept(destinations.steepness)) / 2
    gap = np.abs(origins.landmark[:, None] - destinations.landmark)
    minutes = 2 + (1.25 + 0.5 * (steepness - 1.3)) * distance
    minutes += 0.8 * np.nan_to_num(np.maximum(gap - distance, 0))
    by_function = predict_minutes(
        MODEL, distance.ravel(), steepness=steepness.ravel(), landmark_gap=gap.ravel()
    )
    np.testing.assert_allclose(by_function, minutes.ravel())
    seconds = np.rint(60 * minutes)
    times = crow_fly_times(origins, destinations, MODEL, limit=3600)
    rows, columns = np.nonzero(seconds <= 3600)
    assert 500 < rows.size < 60 * 90
    np.testing.assert_array_equal(times.indices, columns)
    np.testing.assert_array_equal(np.repeat(np.arange(60), np.diff(times.indptr)), rows)
    np.testing.assert_array_equal(times.seconds, seconds[rows, columns])
    assert times.engine == "essai"
    assert times.limit == 3600


@pytest.mark.parametrize(("smaller", "larger"), [(-0.4, 0.8), (0.7, -0.3), (-0.2, -0.5)])
def test_sizes_and_density_add_what_the_model_says_and_lose_no_pair(smaller, larger):
    random = np.random.default_rng(5)
    sized = []
    for count, seed, prefix in ((50, 6, "o"), (70, 7, "d")):
        size = random.uniform(3, 13, count)
        density = random.uniform(0, 9, count)
        size[::9], density[::8] = np.nan, np.nan
        sized.append(replace(some_places(count, seed, prefix), size=size, density=density))
    model = replace(
        MODEL,
        minutes_by_smaller=smaller,
        minutes_by_larger=larger,
        size_reference=9.0,
        pace_by_density=0.05,
        density_reference=4.0,
    )
    origins, destinations = sized
    distance = great_circle_km(
        origins.lon[:, None], origins.lat[:, None], destinations.lon, destinations.lat
    )
    minutes = np.empty(distance.shape)
    for i in range(50):
        for j in range(70):
            ends = [(origins, i), (destinations, j)]
            pace = np.mean(
                [
                    1.25
                    + 0.5 * (kept(p.steepness)[k] - 1.3)
                    + (0 if np.isnan(p.density[k]) else 0.05 * (p.density[k] - 4))
                    for p, k in ends
                ]
            )
            size = sorted(0 if np.isnan(p.size[k]) else p.size[k] - 9 for p, k in ends)
            gap = abs(origins.landmark[i] - destinations.landmark[j])
            hidden = 0 if np.isnan(gap) else 0.8 * max(gap - distance[i, j], 0)
            minutes[i, j] = (
                2 + pace * distance[i, j] + hidden + smaller * size[0] + larger * size[1]
            )
    seconds = np.rint(60 * np.maximum(minutes, 0))
    times = crow_fly_times(origins, destinations, model, limit=2400)
    rows, columns = np.nonzero(seconds <= 2400)
    assert rows.size > 200
    np.testing.assert_array_equal(np.repeat(np.arange(50), np.diff(times.indptr)), rows)
    np.testing.assert_array_equal(times.indices, columns)
    np.testing.assert_array_equal(times.seconds, seconds[rows, columns])
    part = crow_fly_times(origins.at(np.arange(3)), destinations, model, limit=2400)
    np.testing.assert_array_equal(part.seconds, times.seconds[: times.indptr[3]])


def test_the_own_pair_takes_the_time_that_is_told():
    here = some_places(30, 3, "c")
    own = np.where(np.arange(30) % 2 == 0, 4.0, np.nan)
    times = crow_fly_times(here, here, MODEL, limit=900, own_minutes=own)
    rows = np.repeat(np.arange(30), np.diff(times.indptr))
    diagonal = times.seconds[rows == times.indices]
    assert diagonal.tolist() == [240, 120] * 15
    for row in range(30):
        found = times.indices[times.indptr[row] : times.indptr[row + 1]]
        assert (np.diff(found) > 0).all()
    far = crow_fly_times(here, here, MODEL, limit=200, own_minutes=np.full(30, 4.0))
    assert not (np.repeat(np.arange(30), np.diff(far.indptr)) == far.indices).any()


def test_inputs_are_left_as_they_were_and_overseas_is_no_special_case():
    here = Places(np.array(["a", "b"]), np.array([55.45, 55.50]), np.array([-20.88, -20.90]))
    before = here.lon.copy(), here.lat.copy()
    times = crow_fly_times(here, here, CrowFlyModel(1, 1), limit=3600)
    distance = great_circle_km(here.lon[:1], here.lat[:1], here.lon[1:], here.lat[1:])[0]
    assert times.seconds.tolist() == [60, round(60 + 60 * distance), round(60 + 60 * distance), 60]
    np.testing.assert_array_equal(here.lon, before[0])
    np.testing.assert_array_equal(here.lat, before[1])


def test_no_place_and_places_without_point():
    none = Places(np.array([], dtype=str), np.array([]), np.array([]))
    some = some_places(3, 0, "a")
    assert crow_fly_times(none, some, MODEL, limit=600).indptr.tolist() == [0]
    assert crow_fly_times(some, none, MODEL, limit=600).pairs == 0
    lost = Places(np.array(["2A004", "x"]), np.array([np.nan, 1.0]), np.array([1.0, 1.0]))
    with pytest.raises(BadInput, match="2A004"):
        crow_fly_times(lost, some, MODEL, limit=600)
    with pytest.raises(BadInput, match="positive"):
        crow_fly_times(some, some, CrowFlyModel(2, -1), limit=600)


@given(st.floats(0.1, 50), st.floats(0.1, 50), st.floats(0.9, 2.0), st.floats(0, 60))
def test_farther_steeper_and_more_hidden_is_never_nearer(near, more, steepness, gap):
    def minutes(distance, slope, landmark):
        return predict_minutes(
            MODEL,
            np.array([distance]),
            steepness=np.array([slope]),
            landmark_gap=np.array([landmark]),
        )[0]

    here = minutes(near, steepness, 0.0)
    assert minutes(near + more, steepness, 0.0) > here
    assert minutes(near, min(steepness + 0.5, 2.0), 0.0) >= here
    assert minutes(near, steepness, gap) >= here


def test_steepness_of_a_plain_is_its_pace():
    # times grow by 1.1 minutes by kilometre northwards, on a grid of one kilometre
    north, east = (axis.ravel() for axis in np.meshgrid(np.arange(40), np.arange(40)))
    lat = 45 + np.degrees(north / EARTH_RADIUS_KM)
    lon = 3 + np.degrees(east / EARTH_RADIUS_KM) / np.cos(np.radians(45.18))
    steepness = landmark_steepness(
        lon,
        lat,
        50 + 1.1 * north,
        nearest_km=2,
        farthest_km=8,
        neighbours=60,
        quantile=1.0,
        smoothing_km=5,
    )
    inside = (north > 8) & (north < 32) & (east > 8) & (east < 32)
    np.testing.assert_allclose(steepness[inside], 1.1, rtol=1e-6)
    unknown = np.full(lon.size, np.nan)
    unknown[:1] = 5.0
    assert np.isnan(
        landmark_steepness(
            lon, lat, unknown, nearest_km=2, farthest_km=8, neighbours=6, quantile=1, smoothing_km=5
        )
    ).all()


def test_minutes_inside_a_commune_are_those_of_a_disc():
    random = np.random.default_rng(0)
    radius = np.sqrt(random.random(200_000)) * 3.0
    area = np.array([np.pi * 9])
    assert minutes_inside(MODEL, area)[0] == pytest.approx(1.25 * radius.mean(), rel=5e-3)
    assert minutes_inside(MODEL, area, steepness=np.array([2.0]))[0] == pytest.approx(
        1.6 * radius.mean(), rel=5e-3
    )


def drawn(count, seed, noise, source="ici"):
    random = np.random.default_rng(seed)
    distance = random.uniform(1, 30, count)
    steepness = random.uniform(0.9, 2.0, count)
    gap = np.abs(random.normal(0, 25, count))
    minutes = predict_minutes(MODEL, distance, steepness=steepness, landmark_gap=gap)
    return ObservedPairs(
        distance,
        minutes + random.normal(0, noise, count),
        np.full(count, source),
        random.integers(0, 5, count),
        steepness,
        gap,
        np.where(steepness > 1.4, "accidenté", "plat"),
    )


def fit(pairs):
    start = CrowFlyModel(0, 0, steepness_reference=1.3, steepness_low=0.9, steepness_high=2.0)
    return calibrate(
        pairs, start, landmark_paces=[0.8, 1.0, 1.2], least_minutes=5, bands=[10, 20], label="essai"
    )


def test_the_fit_finds_the_coefficients_that_made_the_times():
    exact = fit(drawn(500, 0, 0.0)).model
    for name in ("intercept", "pace", "pace_by_steepness", "landmark_share", "landmark_pace"):
        assert getattr(exact, name) == pytest.approx(getattr(MODEL, name), rel=1e-6)
    noisy = fit(joined([drawn(3000, 1, 1.0, "ici"), drawn(100, 2, 1.0, "là")]))
    assert noisy.model.pace == pytest.approx(1.25, abs=0.03)
    assert [error.group for error in noisy.validated] == ["ici", "là"]
    assert [error.group for error in noisy.left_out] == ["ici", "là"]
    assert noisy.validated[0].mae == pytest.approx(np.sqrt(2 / np.pi), rel=0.1)
    assert noisy.validated[1].pairs == 100
    assert {error.group for error in noisy.by_kind} == {"accidenté", "plat"}
    assert [error.group for error in noisy.by_band] == [
        "10 à 20 min",
        "20 min et plus",
        "moins de 10 min",
    ]
    assert noisy.model.engine == "essai, écart absolu moyen 0,8 min"
    assert noisy.parameters == 5
    told = error_table(noisy)
    assert len(told) == 2 + 2 + 2 + 2 + 3
    assert told["trajets"].iloc[:2].tolist() == [3000, 100]
    assert told["écart absolu moyen (min)"].iloc[2] == noisy.validated[0].mae


def test_errors_of_a_group_by_hand():
    error = fit_errors(np.array([1.0, 3.0, 9.0]), np.array([2.0, 2.0, 9.0]), ["a", "a", "b"])
    assert (error[0].pairs, error[0].mae, error[0].rmse, error[0].bias, error[0].r2) == (
        2,
        1,
        1,
        0,
        0,
    )
    assert np.isnan(error[1].r2)


def test_too_few_or_missing_times_are_refused():
    with pytest.raises(BadInput, match="trop peu"):
        fit(drawn(5, 0, 0.0))
    bad = drawn(20, 0, 0.0)
    bad.minutes[3] = np.nan
    with pytest.raises(BadInput, match="1 valeur"):
        fit(bad)


def test_a_line_between_engines():
    minutes = np.arange(60.0)
    other = np.where(minutes < 45, 2 + 0.9 * minutes, 0)
    line = engine_line(minutes, other, below=45)
    assert (line.intercept, line.slope) == pytest.approx((2, 0.9))
    assert line.pairs == 45
    assert line.mae == pytest.approx(0, abs=1e-9)


def test_points_take_what_is_known_around_them():
    known = Places(
        np.array(["a", "b"]),
        np.array([2.0, 2.1]),
        np.array([46.0, 46.0]),
        np.array([1.0, 2.0]),
        np.array([100.0, 110.0]),
    )
    found = places_like(
        np.array(["p", "q"]),
        np.array([2.0, 2.05]),
        np.array([46.0, 46.0]),
        known,
        neighbours=2,
        soften_km=1e-6,
    )
    assert found.landmark == pytest.approx([100, 105], abs=1e-3)
    assert found.steepness[0] == 1.0
