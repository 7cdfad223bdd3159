"""RAAM: closed forms, an independent quadratic programme, PySAL access, and its own certificate."""

from __future__ import annotations

import warnings

import numba
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assemblier.errors import BadInput
from assemblier.measures.access import Demand, Supply
from assemblier.measures.decay import Binary
from assemblier.measures.raam import raam, raam_equilibrium
from assemblier.measures.times import TravelTimes


@pytest.fixture(autouse=True)
def one_thread():
    threads = numba.get_num_threads()
    numba.set_num_threads(1)
    yield
    numba.set_num_threads(threads)


def dense(minutes, population, capacity):
    minutes = np.asarray(minutes, dtype=float)
    rows, columns = np.nonzero(np.isfinite(minutes))
    n, m = minutes.shape
    times = TravelTimes.from_pairs(
        np.arange(n),
        np.arange(m),
        rows=rows,
        columns=columns,
        minutes=minutes[rows, columns],
        engine="test",
    )
    return times, Demand.of(np.arange(n), population), Supply.of(np.arange(m), capacity)


def test_one_town_and_two_sites_by_hand():
    """6/60 + x/100 = 18/60 + (100 − x)/100 gives x = 60 and a cost of 0.7."""
    found = raam_equilibrium(*dense([[6, 18]], [100], [1, 1]), tau=60, rho=100, gap=1e-12)
    assert found.access.value[0] == pytest.approx(0.7, rel=1e-12)
    assert np.allclose(found.pressure, [60, 40])
    assert found.gap <= 1e-12


def test_a_far_site_stays_empty():
    found = raam_equilibrium(*dense([[6, 90]], [100], [1, 1]), tau=60, rho=100)
    assert found.access.value[0] == pytest.approx(1.1)
    assert found.pressure.tolist() == [100, 0]


def test_two_towns_share_by_hand():
    """Each next to its own site, ten minutes apart: nobody crosses, crowding is 1 and ½."""
    found = raam(*dense([[0, 40], [40, 0]], [100, 50], [1, 1]), tau=60, rho=100)
    assert np.allclose(found.value, [1.0, 0.5])
    # with a shorter road x cross, 1 − x/100 = 12/60 + ½ + x/100, so x = 15
    found = raam(*dense([[0, 12], [12, 0]], [100, 50], [1, 1]), tau=60, rho=100, gap=1e-12)
    assert np.allclose(found.value, [0.85, 0.65])


def test_nobody_nothing_and_out_of_reach():
    inf = np.inf
    found = raam_equilibrium(
        *dense([[6, 12], [30, inf], [inf, inf], [inf, 3]], [100, 0, 5, 5], [1, 0]), tau=60, rho=100
    )
    assert np.allclose(found.access.value, [1.1, 1.5, np.nan, np.nan], equal_nan=True)
    assert found.access.status.tolist() == ["ok", "ok", "unreachable", "unreachable"]
    bounded = raam(*dense([[6, 12]], [100], [1, 1]), decay=Binary(10), tau=60, rho=100)
    assert bounded.value[0] == pytest.approx(1.1)
    assert bounded.unreached.tolist() == [1]


def test_rho_is_the_mean_load_where_it_is_not_given():
    found = raam_equilibrium(*dense([[6, 18]], [100], [1, 3]), tau=60)
    assert found.rho == 25
    assert "rho=25" in found.access.asked


@pytest.mark.parametrize(
    "options", [{"tau": 0}, {"tau": np.nan}, {"tau": 60, "rho": -1}, {"tau": 60, "gap": 0}]
)
def test_bad_parameters_are_refused(options):
    with pytest.raises(BadInput):
        raam(*dense([[6, 18]], [100], [1, 1]), **options)
    with pytest.raises(BadInput, match="offre est nulle"):
        raam(*dense([[6, 18]], [100], [0, 0]), tau=60)


def test_where_nothing_is_offered_nobody_has_a_cost():
    got = raam(*dense([[6, 18], [9, 3]], [100, 50], [0, 0]), tau=60, rho=1500)
    assert np.isnan(got.value).all()
    assert not got.reached.any()
    assert got.supply_reached == 0


def by_quadratic_programme(minutes, P, S, tau, rho):
    """Solve the programme of Beckmann with HiGHS: an implementation that shares nothing."""
    import highspy

    n, m = minutes.shape
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    for cost in (minutes / tau).ravel():
        solver.addVar(0, highspy.kHighsInf)
        solver.changeColCost(solver.getNumCol() - 1, float(cost))
    for _ in range(m):
        solver.addVar(0, highspy.kHighsInf)
    for i in range(n):
        solver.addRow(float(P[i]), float(P[i]), m, np.arange(i * m, i * m + m), np.ones(m))
    for j in range(m):
        index = np.append(np.arange(j, n * m, m), n * m + j)
        solver.addRow(0.0, 0.0, n + 1, index, np.append(np.ones(n), -1.0))
    count = n * m + m
    starts = np.concatenate((np.zeros(n * m), np.arange(m + 1))).astype(np.int32)
    solver.passHessian(
        count,
        m,
        int(highspy.HessianFormat.kTriangular),
        starts,
        np.arange(n * m, count, dtype=np.int32),
        1 / (rho * S),
    )
    solver.run()
    point = np.array(solver.getSolution().col_value)
    x, D = point[: n * m].reshape(n, m), point[n * m :]
    return (x * (minutes / tau + D / (rho * S))).sum(1) / P


@pytest.mark.parametrize("seed", range(6))
def test_equals_an_independent_quadratic_programme(seed):
    draw = np.random.default_rng(seed)
    minutes = draw.integers(1, 60, (7, 4)).astype(float)
    P, S = draw.uniform(20, 200, 7), draw.uniform(0.5, 4, 4)
    expected = by_quadratic_programme(minutes, P, S, 60, 40)
    found = raam(*dense(minutes, P, S), tau=60, rho=40, gap=1e-10)
    assert np.allclose(found.value, expected, rtol=1e-5)


@given(seed=st.integers(0, 10**6))
def test_the_certificate_holds(seed):
    """Pressure adds up to people, costs are bounded by the cheapest, and the gap is theirs."""
    draw = np.random.default_rng(seed)
    n, m = 20, 8
    minutes = np.where(draw.random((n, m)) < 0.6, draw.integers(0, 90, (n, m)), np.inf)
    P, S = draw.integers(0, 300, n).astype(float), draw.integers(0, 4, m).astype(float)
    S[0] = 1.0
    if P.sum() == 0:
        return
    found = raam_equilibrium(*dense(minutes, P, S), tau=60, gap=1e-7)
    cost = minutes / 60 + np.divide(
        found.pressure, found.rho * S, out=np.full(m, np.inf), where=S > 0
    )
    cheapest = cost.min(axis=1)
    usable = np.isfinite(cheapest)
    assert (found.access.reached == usable).all()
    assert found.pressure.sum() == pytest.approx(P[usable].sum())
    assert (found.pressure[S == 0] == 0).all()
    assert np.allclose(found.cheapest[usable], cheapest[usable], rtol=1e-9)
    assert (found.access.value[usable] >= cheapest[usable] * (1 - 1e-12)).all()
    spent = np.sum(P[usable] * found.access.value[usable])
    gap = (spent - np.sum(P[usable] * cheapest[usable])) / spent if spent else 0.0
    assert gap <= 1e-7
    assert gap == pytest.approx(found.gap, abs=1e-12)


def test_close_to_access_at_many_cycles():
    """``access`` moves whole people by ever smaller steps: many people and many cycles near it."""
    theirs = pytest.importorskip("access.raam")
    draw = np.random.default_rng(4)
    n, m = 40, 12
    minutes = draw.integers(1, 60, (n, m)).astype(float)
    P, S = draw.integers(10**7, 10**8, n), draw.integers(1, 6, m).astype(float)
    times, demand, supply = dense(minutes, P, S)
    ours = raam(times, demand, supply, tau=60, gap=1e-9)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = theirs.raam(
            pd.DataFrame({"demand": P}, index=np.arange(n)),
            pd.DataFrame({"supply": S}, index=np.arange(m)),
            times.to_table().rename(columns={"destination": "dest", "minutes": "cost"}),
            tau=60,
            max_cycles=3000,
            min_step=1e-5,
            half_life=150,
        ).reindex(np.arange(n))
    assert np.allclose(ours.value, found, rtol=2e-3)


def test_the_same_bits_on_one_and_two_threads():
    draw = np.random.default_rng(2)
    case = dense(
        draw.integers(1, 90, (300, 60)), draw.integers(1, 900, 300), draw.integers(1, 5, 60)
    )
    alone = raam(*case, tau=60).value
    numba.set_num_threads(min(2, numba.config.NUMBA_NUM_THREADS))
    assert np.array_equal(raam(*case, tau=60).value, alone)
