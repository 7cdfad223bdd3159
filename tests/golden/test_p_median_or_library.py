"""p-median instances of the OR-Library, against their published optima.

Beasley 1985 (10.1002/net.3230150206); OR-Library, https://people.brunel.ac.uk/~mastjjb/jeb/orlib/,
files pmed1 and pmed5: ``vertices edges p``, then ``from to cost``; an edge given twice keeps the
last cost, and costs are shortest paths. Optima from the library's own file ``pmedopt``.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.sparse.csgraph import floyd_warshall

from assemblier.futures.p_median import p_median

FOLDER = Path(__file__).parent / "or_library"


def journeys(name: str) -> tuple[np.ndarray, int]:
    lines = (FOLDER / f"{name}.txt").read_text(encoding="ascii").splitlines()
    vertices, edges, p = map(int, lines[0].split())
    costs = np.full((vertices, vertices), np.inf)
    for line in lines[1:]:
        one, other, cost = map(int, line.split())
        costs[one - 1, other - 1] = costs[other - 1, one - 1] = cost
    assert len(lines) == edges + 1
    return floyd_warshall(costs), p


@pytest.mark.parametrize(("name", "optimum"), [("pmed1", 5819), ("pmed5", 1355)])
def test_published_optimum(name, optimum):
    cost, p = journeys(name)
    found = p_median(cost, p)
    assert found.proved
    assert found.value == optimum
    assert found.bound > optimum - 1
