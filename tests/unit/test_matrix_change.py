"""What the matrix alone changes: closed forms, and refusals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from assemblier.errors import BadInput
from assemblier.measures.access import Demand, Supply
from assemblier.measures.catchment.apl import apl
from assemblier.measures.decay import parse_decay
from assemblier.measures.matrix_change import matrix_change
from assemblier.measures.nearest import nearest
from assemblier.measures.times import TravelTimes

DEMAND = Demand.of(["a", "b", "c"], [100.0, 300.0, 600.0])
SUPPLY = Supply.of(["x"], [1000.0])
DECAY = parse_decay("steps:10=1,20=0.5")


def times(minutes, engine):
    table = pd.DataFrame({"origin": ["a", "b", "c"], "destination": "x", "minutes": minutes})
    return TravelTimes.from_table(table, engine=engine, limit=3600)


def answers():
    near = apl(times([5.0, 5.0, 5.0], "roads"), DEMAND, SUPPLY, DECAY)
    far = apl(times([5.0, 15.0, 5.0], "crow"), DEMAND, SUPPLY, DECAY)
    return near, far


def test_the_change_is_that_of_the_hand_solved_case():
    near, far = answers()
    # 1000/1000 everywhere; then 1000/(100 + 150 + 600), half of it for b
    ratio = 1000 / 850
    found = matrix_change(near, far, DEMAND, threshold=0.9)
    assert found.table["change"].to_numpy() == pytest.approx(
        [ratio - 1, ratio / 2 - 1, ratio - 1], abs=1e-12
    )
    assert (found.first, found.second) == ("roads", "crow")
    # supply is conserved: the mean by inhabitant does not move
    assert found.mean_first == pytest.approx(1.0)
    assert found.mean_second == pytest.approx(1.0)
    assert found.mean_absolute == pytest.approx(0.7 * (ratio - 1) + 0.3 * (1 - ratio / 2))
    assert found.largest == pytest.approx(1 - ratio / 2)
    assert found.crossing == pytest.approx(0.3)
    # one of both has no ranks to compare
    assert np.isnan(found.spearman)


def test_the_same_matrix_changes_nothing():
    _, far = answers()
    found = matrix_change(far, far, DEMAND)
    assert (found.table["change"] == 0).all()
    assert found.spearman == pytest.approx(1.0)
    assert np.isnan(found.crossing)


def test_rows_without_a_cost_are_left_out_of_the_means():
    first = nearest(times([5.0, 6.0, 7.0], "roads"), DEMAND, SUPPLY)
    table = pd.DataFrame({"origin": ["a", "c"], "destination": "x", "minutes": [5.0, 9.0]})
    second = nearest(TravelTimes.from_table(table, origins=["a", "b", "c"]), DEMAND, SUPPLY)
    found = matrix_change(first, second, DEMAND)
    assert np.isnan(found.table["change"].iloc[1])
    assert found.mean_first == pytest.approx((100 * 5 + 600 * 7) / 700)


def test_two_measures_are_not_compared():
    near, far = answers()
    with pytest.raises(BadInput, match="même mesure"):
        matrix_change(near, nearest(times([5.0] * 3, "x"), DEMAND, SUPPLY), DEMAND)
    with pytest.raises(BadInput, match="même demande"):
        matrix_change(near, far, Demand.of(["a", "b"], [1.0, 1.0]))
