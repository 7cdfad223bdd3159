"""What holds for every case: conservation, scale, relabelling, order, monotony, dense formulas."""

from __future__ import annotations

import numba
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assemblier.measures.access import Demand, Supply
from assemblier.measures.decay import Binary, Epanechnikov, Gaussian, Steps, parse_decay
from assemblier.measures.prepared import prepare
from assemblier.measures.registry import MEASURES
from assemblier.measures.times import TravelTimes

FLOATING = [name for name, each in MEASURES.items() if each.pair_weights is not None]
CONSERVING = ["apl", "2sfca", "e2sfca", "gaussian", "kd2sfca", "3sfca"]


@pytest.fixture(autouse=True)
def one_thread():
    """Tiny cases spend their time waking threads, the more so when tests run side by side."""
    threads = numba.get_num_threads()
    numba.set_num_threads(1)
    yield
    numba.set_num_threads(threads)


def case(seed, n=14, m=9, share=0.5):
    draw = np.random.default_rng(seed)
    held = draw.random((n, m)) < share
    rows, columns = np.nonzero(held)
    minutes = draw.integers(0, 40 * 60, rows.size) / 60
    times = TravelTimes.from_pairs(
        np.arange(n), np.arange(m), rows=rows, columns=columns, minutes=minutes, engine="test"
    )
    population = draw.integers(0, 500, n).astype(float)
    standardised = population * draw.uniform(0.7, 1.5, n)
    capacity = draw.integers(0, 6, m).astype(float)
    dense = np.full((n, m), np.inf)
    dense[rows, columns] = minutes
    return (
        times,
        Demand.of(np.arange(n), population, standardised),
        Supply.of(np.arange(m), capacity),
        dense,
    )


def decay_for(name):
    return {"2sfca": Binary(20), "gaussian": Gaussian(30), "kd2sfca": Epanechnikov(30)}.get(
        name, Steps((10, 20, 30), (1, 0.68, 0.22))
    )


def over(a, b):
    return np.divide(a, b, out=np.zeros(np.broadcast(a, b).shape), where=np.asarray(b) > 0)


def dense_formula(name, w, P, S):
    """The formulas as they are printed, on dense arrays."""
    if name in {"apl", "2sfca", "e2sfca", "gaussian", "kd2sfca"}:
        return w @ over(S, P @ w)
    if name == "m2sfca":
        return w**2 @ over(S, P @ w)
    if name == "availability":
        return P * (w @ over(S, P @ w))
    if name == "3sfca":
        G = over(w, w.sum(1, keepdims=True))
        return (G * w) @ over(S, P @ (G * w))
    if name == "mh3sfca":
        G = over(S * w, (S * w).sum(1, keepdims=True))
        return (G * w) @ over(S, P @ G)
    r, c = over(w, w.sum(1, keepdims=True)), over(w, w.sum(0, keepdims=True))
    return c @ over(S, P @ r)


@pytest.mark.parametrize("name", FLOATING)
@given(seed=st.integers(0, 10**6))
def test_sparse_equals_the_printed_formula(name, seed):
    times, demand, supply, minutes = case(seed)
    decay = decay_for(name)
    people = demand.standardised if name == "apl" else demand.population
    w = np.where(np.isfinite(minutes), decay.weights(np.where(np.isfinite(minutes), minutes, 0)), 0)
    found = MEASURES[name].compute(times, demand, supply, decay)
    assert np.allclose(
        found.value, dense_formula(name, w, people, supply.capacity), rtol=1e-12, atol=1e-15
    )
    assert (found.reached == ((w > 0) & (supply.capacity > 0)).any(axis=1)).all()


@given(seed=st.integers(0, 10**6))
def test_what_is_within_reach_equals_its_definition(seed):
    times, demand, supply, minutes = case(seed)
    near = np.where(np.isfinite(minutes), minutes, 1e9)
    decay = Steps((10, 20, 30), (1, 0.68, 0.22))
    found = MEASURES["cumulative"].compute(times, demand, supply, decay)
    assert np.allclose(found.value, decay.weights(near) @ supply.capacity, rtol=1e-12)
    offered = np.where(supply.capacity > 0, near, 1e9)
    first = MEASURES["nearest"].compute(times, demand, supply)
    expected = np.sort(offered, axis=1)
    assert np.allclose(np.nan_to_num(first.value, nan=1e9), expected[:, 0])


def test_every_measure_is_held_by_an_independent_check():
    """A measure added to the registry is added to the checks of this file, or to its own."""
    own_file = {"nearest", "nth-nearest", "raam", "cumulative"}
    assert set(MEASURES) == set(FLOATING) | own_file


@pytest.mark.parametrize("name", CONSERVING)
@given(seed=st.integers(0, 10**6))
def test_what_people_get_is_what_is_supplied(name, seed):
    times, demand, supply, _ = case(seed)
    found = MEASURES[name].compute(times, demand, supply, decay_for(name))
    got = np.sum(demand.counted(found.population) * found.value)
    assert got == pytest.approx(found.supply_reached, rel=1e-9, abs=1e-12)
    lost = supply.capacity[np.isin(supply.ids, found.unreached)].sum()
    assert found.supply_reached + lost == pytest.approx(found.supply_total)


@given(seed=st.integers(0, 10**6))
def test_availability_conserves_and_per_head_is_two_step(seed):
    times, demand, supply, _ = case(seed)
    decay = decay_for("e2sfca")
    available = MEASURES["availability"].compute(times, demand, supply, decay)
    two = MEASURES["e2sfca"].compute(times, demand, supply, decay)
    assert available.value.sum() == pytest.approx(available.supply_reached, rel=1e-9, abs=1e-12)
    lived = demand.population > 0
    assert np.allclose(
        available.value[lived] / demand.population[lived], two.value[lived], rtol=1e-12
    )


@given(seed=st.integers(0, 10**6))
def test_balanced_keeps_demand_and_ratios(seed):
    times, demand, supply, minutes = case(seed, share=0.8)
    decay = decay_for("bfca")
    found = MEASURES["bfca"].compute(times, demand, supply, decay)
    w = np.where(np.isfinite(minutes), decay.weights(np.where(np.isfinite(minutes), minutes, 0)), 0)
    r = over(w, w.sum(1, keepdims=True))
    D = demand.population @ r
    assert D.sum() == pytest.approx(demand.population[w.sum(1) > 0].sum())
    assert found.value.sum() == pytest.approx(over(supply.capacity, D).sum(), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("name", FLOATING)
@given(seed=st.integers(0, 10**6), factor=st.floats(0.1, 10))
def test_twice_the_supply_is_twice_the_access_and_twice_the_people_half(name, seed, factor):
    times, demand, supply, _ = case(seed)
    compute, decay = MEASURES[name].compute, decay_for(name)
    base = compute(times, demand, supply, decay).value
    more = compute(times, demand, Supply(supply.ids, factor * supply.capacity), decay).value
    assert np.allclose(more, factor * base, rtol=1e-9)
    crowd = Demand(demand.ids, factor * demand.population, factor * demand.standardised)
    expected = base if name == "availability" else base / factor
    assert np.allclose(compute(times, crowd, supply, decay).value, expected, rtol=1e-9)


@pytest.mark.parametrize("name", [*FLOATING, "cumulative", "nearest", "raam"])
@given(seed=st.integers(0, 10**6))
def test_names_and_order_of_rows_do_not_matter(name, seed):
    times, demand, supply, _ = case(seed)
    if supply.capacity.sum() == 0 or demand.population.sum() == 0:
        return
    options = {"tau": 60.0, "gap": 1e-9} if name == "raam" else {}
    compute, decay = MEASURES[name].compute, decay_for(name)
    base = compute(times, demand, supply, decay=decay, **options)
    draw = np.random.default_rng(seed)
    p, q = draw.permutation(demand.ids.size), draw.permutation(supply.ids.size)
    mixed = compute(
        times,
        Demand(demand.ids[p], demand.population[p], demand.standardised[p]),
        Supply(supply.ids[q], supply.capacity[q]),
        decay=decay,
        **options,
    )
    tolerance = 1e-4 if name == "raam" else 1e-12
    assert np.allclose(mixed.value, base.value[p], rtol=tolerance, equal_nan=True)
    assert sorted(mixed.unreached) == sorted(base.unreached)


@pytest.mark.parametrize(
    "name", ["apl", "e2sfca", "m2sfca", "3sfca", "bfca", "availability", "cumulative"]
)
@given(seed=st.integers(0, 10**6), site=st.integers(0, 8))
def test_more_capacity_somewhere_harms_nobody(name, seed, site):
    times, demand, supply, _ = case(seed)
    compute, decay = MEASURES[name].compute, decay_for(name)
    capacity = supply.capacity.copy()
    capacity[site] += 1
    before = compute(times, demand, supply, decay).value
    after = compute(times, demand, Supply(supply.ids, capacity), decay).value
    assert (after >= before - 1e-12).all()


@given(seed=st.integers(0, 10**6))
def test_more_people_do_not_help_their_neighbours(seed):
    times, demand, supply, _ = case(seed)
    decay = decay_for("e2sfca")
    crowd = Demand(demand.ids, demand.population + np.eye(14)[0] * 50)
    before = MEASURES["e2sfca"].compute(times, demand, supply, decay).value[1:]
    after = MEASURES["e2sfca"].compute(times, crowd, supply, decay).value[1:]
    # a site nobody pressed on opens to those without number: leave those aside
    lived = demand.population[1:] > 0
    assert (after[lived] <= before[lived] + 1e-12).all()


@pytest.mark.parametrize(
    "name", [name for name, each in MEASURES.items() if each.linear != "never"]
)
@given(seed=st.integers(0, 10**6))
def test_prepared_equals_computed_again(name, seed):
    times, demand, supply, _ = case(seed)
    compute, decay = MEASURES[name].compute, decay_for(name)
    ready = prepare(name, times, demand, supply, decay)
    draw = np.random.default_rng(seed)
    other = Supply(supply.ids, draw.integers(0, 9, supply.ids.size).astype(float))
    expected = compute(times, demand, other, decay)
    found = ready.with_capacity(other)
    assert np.allclose(found.value, expected.value, rtol=1e-12, atol=1e-15)
    assert (found.reached == expected.reached).all()
    assert found.unreached.tolist() == expected.unreached.tolist()
    assert found.supply_reached == pytest.approx(expected.supply_reached)
    assert found.population == expected.population
    deltas = {int(j): float(d) for j, d in enumerate(other.capacity - supply.capacity) if d}
    base = ready.with_capacity().value
    assert np.allclose(base + ready.change(deltas), expected.value, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", FLOATING)
def test_the_same_bits_on_one_and_two_threads(name):
    times, demand, supply, _ = case(5, n=700, m=90, share=0.3)
    compute, decay = MEASURES[name].compute, decay_for(name)
    alone = compute(times, demand, supply, decay).value
    numba.set_num_threads(min(2, numba.config.NUMBA_NUM_THREADS))
    found = compute(times, demand, supply, decay).value
    assert np.array_equal(found, alone)


def test_smooth_decays_accept_times_with_fractions_of_a_second():
    draw = np.random.default_rng(0)
    rows, columns = np.nonzero(np.ones((6, 4)))
    minutes = draw.uniform(0, 40, rows.size)
    times = TravelTimes.from_pairs(
        np.arange(6), np.arange(4), rows=rows, columns=columns, minutes=minutes, engine="test"
    )
    P, S = draw.uniform(1, 9, 6), draw.uniform(1, 9, 4)
    decay = parse_decay("gaussian:30")
    found = MEASURES["gaussian"].compute(
        times, Demand.of(np.arange(6), P), Supply.of(np.arange(4), S), decay
    )
    w = decay.weights(minutes.reshape(6, 4))
    assert np.allclose(found.value, w @ (S / (P @ w)), rtol=1e-13)
