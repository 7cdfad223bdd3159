"""The same answers as an independent program, PySAL ``access`` 1.1.10.post3, off the bounds.

``access`` takes bounds as strict and drops people whom nothing reaches: times are drawn off the
bounds, and its missing rows must be our unreachable ones.
"""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

from assemblier.measures.decay import parse_decay
from assemblier.measures.tables_access import access_from_tables

fca = pytest.importorskip("access.fca")
STEPS = "steps:10=1,20=0.68,30=0.22"


def tables(seed, whole):
    draw = np.random.default_rng(seed)
    n, m = 120, 40
    rows, columns = np.nonzero(draw.random((n, m)) < 0.25)
    rows, columns = rows[rows > 5], columns[rows > 5]
    minutes = draw.uniform(0, 45, rows.size)
    if whole:
        minutes = (np.floor(minutes * 60) + 0.5) / 60
    od = pd.DataFrame(
        {
            "origin": [f"o{r}" for r in rows],
            "destination": [f"s{c}" for c in columns],
            "minutes": minutes,
        }
    )
    demand = pd.DataFrame(
        {"id": [f"o{r}" for r in range(n)], "population": draw.integers(1, 900, n)}
    )
    supply = pd.DataFrame({"id": [f"s{c}" for c in range(m)], "capacity": draw.uniform(0.2, 9, m)})
    return od, demand, supply


def theirs(function, od, demand, supply, decay):
    weigh = parse_decay(decay)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return function(
            demand.set_index("id").astype(float),
            supply.set_index("id"),
            od.copy(),
            max_cost=weigh.limit,
            demand_index=True,
            demand_name="population",
            supply_index=True,
            supply_name="capacity",
            cost_origin="origin",
            cost_dest="destination",
            cost_name="minutes",
            weight_fn=lambda minutes: float(weigh.weights(minutes)),
        ).reindex(demand["id"])


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize(
    ("name", "decay", "function"),
    [
        ("2sfca", "binary:20", "two_stage_fca"),
        ("e2sfca", STEPS, "two_stage_fca"),
        ("gaussian", "gaussian:30", "two_stage_fca"),
        ("kd2sfca", "epanechnikov:30", "two_stage_fca"),
        ("3sfca", STEPS, "three_stage_fca"),
        ("3sfca", "gaussian:30", "three_stage_fca"),
    ],
)
def test_parity(name, decay, function, seed):
    od, demand, supply = tables(seed, whole=seed == 0)
    expected = theirs(getattr(fca, function), od, demand, supply, decay)
    found = access_from_tables(name, od, demand, supply, decay)
    assert np.allclose(found["value"], expected.fillna(0.0), rtol=1e-9, atol=0)
    assert (found["status"] == "unreachable").sum() >= 6
    assert (expected.isna() | (expected == 0)).to_numpy().tolist() == (
        found["status"] == "unreachable"
    ).tolist()
