"""Decays: closed forms, inclusive bounds, text and back, what is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assemblier.errors import BadInput
from assemblier.measures.decay import (
    Binary,
    BlurredSteps,
    Epanechnikov,
    Exponential,
    Gaussian,
    Logistic,
    Steps,
    parse_decay,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("binary:20", Binary(20)),
        ("steps:10=1,15=1/3,20=0.1", Steps((10, 15, 20), (1, 1 / 3, 0.1))),
        (" steps: 10=1, 15=2/3 ", Steps((10, 15), (1, 2 / 3))),
        ("gaussian:30", Gaussian(30)),
        ("epanechnikov:30", Epanechnikov(30)),
        ("exponential:0.1", Exponential(0.1)),
        ("exponential:1/12,max=60", Exponential(1 / 12, 60)),
        ("logistic:20,5", Logistic(20, 5)),
        ("logistic:20,5,max=60", Logistic(20, 5, 60)),
        ("blurred-steps:10=1,15=1/3,sigma=0.13", BlurredSteps(Steps((10, 15), (1, 1 / 3)), 0.13)),
    ],
)
def test_text_and_value_are_the_same_thing(text, value):
    assert parse_decay(text) == value
    assert parse_decay(str(value)) == value
    assert parse_decay(value) is value


def test_fractions_are_written_as_fractions():
    assert str(Steps((10, 15, 20), (1, 2 / 3, 0.1))) == "steps:10=1,15=2/3,20=0.1"


def test_bounds_are_inclusive():
    assert Binary(20).weights([20.0, np.nextafter(20, 21)]).tolist() == [1, 0]
    steps = Steps((5, 10, 15), (1, 0.3, 0.1))
    assert steps.weights([0, 5, 5.01, 10, 15, 15.01]).tolist() == [1, 1, 0.3, 0.3, 0.1, 0]
    assert parse_decay("steps:6.1=1").by_second(367)[[366, 367]].tolist() == [1, 0]


def test_smooth_decays_have_their_closed_form():
    at = np.array([0.0, 7.5, 15.0, 29.0, 30.0, 31.0])
    floor = math.exp(-0.5)
    gauss = [(math.exp(-0.5 * (t / 30) ** 2) - floor) / (1 - floor) if t < 30 else 0 for t in at]
    assert np.allclose(Gaussian(30).weights(at), gauss, rtol=1e-14, atol=0)
    kernel = [0.75 * (1 - (t / 30) ** 2) if t < 30 else 0 for t in at]
    assert np.allclose(Epanechnikov(30).weights(at), kernel, rtol=1e-14, atol=0)
    assert np.allclose(Exponential(0.1).weights(at), np.exp(-0.1 * at), rtol=1e-14)
    assert Exponential(0.1, 30).weights([30, 30.1]).tolist() == [math.exp(-3), 0]
    assert np.allclose(Logistic(20, 5).weights(at), 1 / (1 + np.exp((at - 20) / 5)), rtol=1e-13)
    assert Logistic(20, 5).weights([1e6])[0] == 0


@pytest.mark.parametrize(
    "text",
    [
        "", "binary", "binary:", "binary:-1", "binary:nan", "binary:20,30", "cubic:3", "steps:",
        "steps:10=1,10=0.5", "steps:20=1,10=0.5", "steps:10=0.5,20=1", "steps:10=2", "steps:10=-1",
        "steps:10", "steps:10=0", "steps:10=1/0", "gaussian:0", "epanechnikov:-3", "exponential:0",
        "exponential:0.1,60", "exponential:0.1,min=3", "logistic:20", "logistic:20,0", "binary:1e999",
        "blurred-steps:10=1", "blurred-steps:10=1,sigma=0", "blurred-steps:sigma=0.1",
    ],
)  # fmt: skip
def test_bad_text_is_refused_with_what_is_allowed(text):
    with pytest.raises(BadInput) as caught:
        parse_decay(text)
    assert "binary:20" in str(caught.value)
    assert "minutes" in str(caught.value)


def test_all_that_is_wrong_is_said_at_once():
    with pytest.raises(BadInput) as caught:
        Steps((20, 10), (0.5, 2))
    assert len(caught.value.problems) == 2


numbers = st.floats(0.01, 200, allow_nan=False)
steps = st.lists(
    st.tuples(numbers, st.floats(0.001, 1)), min_size=1, max_size=5, unique_by=lambda p: p[0]
).map(
    lambda pairs: Steps(
        tuple(sorted(b for b, _ in pairs)), tuple(sorted((h for _, h in pairs), reverse=True))
    )
)


@given(
    st.one_of(
        steps,
        st.builds(BlurredSteps, steps, st.floats(0.01, 1)),
        st.builds(Binary, numbers),
        st.builds(Gaussian, numbers),
        st.builds(Epanechnikov, numbers),
        st.builds(Exponential, numbers, st.one_of(numbers, st.just(math.inf))),
        st.builds(Logistic, numbers, numbers, st.one_of(numbers, st.just(math.inf))),
    )
)
def test_any_decay_reads_back_and_never_grows(decay):
    assert parse_decay(str(decay)) == decay
    at = np.linspace(0, 300, 601)
    weight = decay.weights(at)
    assert ((weight >= 0) & (weight <= 1)).all()
    assert (np.diff(weight) <= 1e-15).all()
    assert (weight[at > decay.limit] == 0).all()
