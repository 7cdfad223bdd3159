"""Standardised population: the producer's formula, and its weights found again."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import lsq_linear

from assemblier.errors import BadInput
from assemblier.measures.need import (
    age_weights,
    fill_standardised,
    recover_weights,
    standardised_population,
    weights_on_bands,
)
from assemblier.parameters import load_parameters


def test_the_producers_weights_are_dated_and_change_with_the_vintage():
    weights = load_parameters()["apl.gp.age_weights"]
    first = age_weights(weights.on(dt.date(2022, 12, 31)))
    second = age_weights(weights.on(dt.date(2023, 12, 31)))
    assert first.labels[0] == "0-4"
    assert first.labels[-1] == "90+"
    assert first.lower.tolist() == [*range(0, 91, 5)]
    assert (first.weight[0], second.weight[0]) == (0.93, 1.12)
    assert (first.weight[-1], second.weight[-1]) == (2.39, 2.26)


def test_standardised_population_by_hand():
    people = np.array([[10.0, 20.0], [0.0, 5.0]])
    got = standardised_population(people, np.array([0.5, 2.0]))
    np.testing.assert_allclose(got, [45.0, 10.0], rtol=1e-15)


def test_on_the_country_standardised_and_plain_population_are_equal():
    people = np.array([[10.0, 20.0], [0.0, 5.0]])
    got = standardised_population(people, np.array([0.5, 2.0]), national=people.sum(axis=0))
    assert got.sum() == pytest.approx(people.sum(), rel=1e-14)
    assert got[0] / got[1] == pytest.approx(4.5)


@pytest.mark.parametrize("people", [np.array([[1.0, np.nan]]), np.array([[1.0, -1.0]])])
def test_a_missing_age_class_is_not_a_zero(people):
    with pytest.raises(BadInput, match="manquante"):
        standardised_population(people, np.ones(2))


def test_shapes_must_agree():
    with pytest.raises(BadInput, match="tranches"):
        standardised_population(np.ones((3, 2)), np.ones(3))


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        ({"0-4": 1.0, "6+": 1.0}, "ne se suivent pas"),
        ({"0-4": 1.0, "5-9": 1.0}, "ouverte"),
        ({"0-4": -1.0, "5+": 1.0}, "poids"),
        ({"jeunes": 1.0, "0+": 1.0}, "illisible"),
        ({"1-4": 1.0, "5+": 1.0}, "ne se suivent pas"),
        ({"0+": 1.0, "90+": 1.0}, "ne se suivent pas"),
    ],
)
def test_bad_classes_are_named(weights, said):
    with pytest.raises(BadInput, match=said):
        age_weights(weights)


def test_coarser_classes_are_means_by_the_reference_population():
    fine = age_weights({"0-4": 1.0, "5-9": 3.0, "10+": 2.0})
    coarse = weights_on_bands(fine, [0, 10], np.array([30.0, 10.0, 5.0]))
    assert coarse.labels == ("0-9", "10+")
    np.testing.assert_allclose(coarse.weight, [1.5, 2.0])
    with pytest.raises(BadInput, match="regroupements"):
        weights_on_bands(fine, [0, 7], np.ones(3))
    with pytest.raises(BadInput, match="référence"):
        weights_on_bands(fine, [0, 10], np.ones(2))


@given(st.integers(0, 10_000), st.integers(1, 7))
def test_weights_are_recovered_from_exact_values(seed, classes):
    rng = np.random.default_rng(seed)
    people = rng.integers(0, 500, (60, classes)).astype(float)
    weights = rng.uniform(0, 3, classes)
    standardised = people @ weights
    standardised[3] = np.nan
    found = recover_weights(people, standardised)
    np.testing.assert_allclose(found.weight, weights, atol=1e-8)
    assert found.places == 59
    assert found.independent == classes
    assert found.largest_error < 1e-7


@given(st.integers(0, 10_000))
def test_noisy_recovery_equals_an_independent_solver(seed):
    rng = np.random.default_rng(seed)
    people = rng.integers(0, 50, (40, 4)).astype(float)
    standardised = people @ np.array([0.0, 0.6, 1.1, 2.0]) + rng.normal(0, 20, 40)
    found = recover_weights(people, standardised)
    peer = lsq_linear(people, standardised, bounds=(0, np.inf), method="bvls")
    np.testing.assert_allclose(found.weight, peer.x, atol=1e-8)
    assert (found.weight >= 0).all()


def test_classes_that_cannot_be_told_apart_are_said():
    one = np.arange(1.0, 30.0)
    found = recover_weights(np.stack([one, one], axis=1), 2 * one)
    assert found.independent == 1


def test_too_few_places_are_refused():
    with pytest.raises(BadInput, match="trop peu"):
        recover_weights(np.ones((2, 3)), np.ones(2))


def test_absent_standardised_population_is_estimated_and_flagged():
    rng = np.random.default_rng(1)
    people = rng.integers(1, 900, (50, 3)).astype(float)
    exact = people @ np.array([0.7, 0.9, 1.6])
    published = exact.copy()
    published[[4, 9]] = np.nan
    before = published.copy()
    filled = fill_standardised(published, people)
    np.testing.assert_allclose(filled.standardised, exact, rtol=1e-9)
    assert np.flatnonzero(filled.estimated).tolist() == [4, 9]
    np.testing.assert_array_equal(published, before)
