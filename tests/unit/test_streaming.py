"""Streaming gives what stored pairs give, conserves supply, and does not depend on threads."""

from __future__ import annotations

import numba
import numpy as np
import pytest

from assemblier.errors import BadInput
from assemblier.measures.decay import parse_decay
from assemblier.measures.streaming import CrowFlyLine, pairs_within, stream_two_step

LINE = CrowFlyLine(constant=2.0, per_km=1.1)
DECAYS = [
    "binary:20", "steps:10=1,15=2/3,20=1/3", "steps:4=1,8=0.8,12=0.6,16=0.4,20=0.2,24=0.1",
    "gaussian:25", "epanechnikov:25", "exponential:0.1,max=30", "logistic:12,3,max=30",
    "logistic:12,0.2,max=30",
]  # fmt: skip


def draw(n=400, m=30, seed=0, side=60_000):
    rng = np.random.default_rng(seed)
    return (
        rng.uniform(6e5, 6e5 + side, n), rng.uniform(6.8e6, 6.8e6 + side, n), rng.integers(0, 90, n).astype(float),
        rng.uniform(6e5, 6e5 + side, m), rng.uniform(6.8e6, 6.8e6 + side, m), rng.integers(0, 5, m).astype(float),
    )  # fmt: skip


def stored(x, y, people, sx, sy, capacity, decay):
    distance = np.hypot(x[:, None] - sx, y[:, None] - sy)
    w = parse_decay(decay).weights(LINE.constant + LINE.per_km * distance / 1000)
    pressure = people @ w
    served = np.divide(capacity, pressure, out=np.zeros_like(capacity), where=pressure > 0)
    return w @ served, pressure, ((w > 0) & (capacity > 0)).any(axis=1)


@pytest.mark.parametrize("decay", DECAYS)
@pytest.mark.parametrize("side", [60_000, 600_000])
def test_equals_stored_pairs(decay, side):
    case = draw(side=side)
    value, pressure, reached = stored(*case, decay)
    found = stream_two_step(*case, decay=decay, line=LINE)
    assert np.allclose(found.value, value, rtol=1e-10, atol=1e-14)
    assert np.allclose(found.pressure, pressure, rtol=1e-10, atol=1e-12)
    assert (found.reached == reached).all()
    kept = case[5][~found.unreached].sum()
    assert np.sum(found.value * case[2]) == pytest.approx(kept, rel=1e-9)


def test_counts_pairs():
    case = draw()
    distance = np.hypot(case[0][:, None] - case[3], case[1][:, None] - case[4])
    expected = int((LINE.constant + LINE.per_km * distance / 1000 <= 20).sum())
    assert pairs_within(*case[:2], *case[3:5], decay="binary:20", line=LINE) == expected


@pytest.mark.parametrize("decay", DECAYS)
def test_the_same_bits_on_one_and_two_threads(decay):
    case = draw(n=5000, m=200)
    threads = numba.get_num_threads()
    found = stream_two_step(*case, decay=decay, line=LINE)
    try:
        numba.set_num_threads(1)
        alone = stream_two_step(*case, decay=decay, line=LINE)
    finally:
        numba.set_num_threads(threads)
    assert np.array_equal(found.value, alone.value)
    assert np.array_equal(found.pressure, alone.pressure)


def test_a_bound_is_inclusive_and_a_reach_of_nothing_reaches_nothing():
    line = CrowFlyLine(0.0, 1.0)
    one = (
        np.array([0.0]),
        np.array([0.0]),
        np.array([10.0]),
        np.array([20_000.0]),
        np.array([0.0]),
        np.array([5.0]),
    )
    assert stream_two_step(*one, decay="binary:20", line=line).value.tolist() == [0.5]
    out = stream_two_step(*one, decay="binary:19", line=line)
    assert out.value.tolist() == [0.0]
    assert not out.reached[0]
    assert out.unreached[0]
    nothing = stream_two_step(*one, decay="binary:1", line=CrowFlyLine(2.0, 1.0))
    assert nothing.value.tolist() == [0.0]


def test_wrong_inputs_are_refused():
    case = list(draw())
    with pytest.raises(BadInput, match="borne"):
        stream_two_step(*case, decay="exponential:0.1", line=LINE)
    with pytest.raises(BadInput, match="vol d’oiseau"):
        stream_two_step(*case, decay="binary:20", line=CrowFlyLine(1.0, 0.0))
    case[2] = case[2].copy()
    case[2][3] = np.nan
    with pytest.raises(BadInput, match="cellules"):
        stream_two_step(*case, decay="binary:20", line=LINE)
    case[2] = case[2][:-1]
    with pytest.raises(BadInput, match="longueur"):
        stream_two_step(*case, decay="binary:20", line=LINE)
