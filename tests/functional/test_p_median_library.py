"""The benchmark of the OR-Library's p-median instances, on one of our own solved by hand."""

from __future__ import annotations

import importlib.util
import sys
from itertools import combinations
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
N, P = 7, 2
EDGES = [
    (1, 2, 4), (2, 3, 3), (3, 4, 1), (4, 5, 9), (5, 6, 2), (6, 7, 5),
    (7, 1, 9), (2, 6, 8), (4, 3, 5),
]  # fmt: skip
"""A ring with a chord; 3–4 comes twice, turned round, and its last cost is the larger."""


def load(path):
    described = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(described)
    sys.modules[path.stem] = module  # where dataclasses look for the names of their module
    described.loader.exec_module(module)
    return module


def best(costs):
    """Try every choice of P vertices, on paths found by Floyd and Warshall."""
    vertices = range(1, N + 1)
    far = {(i, j): 0 if i == j else float("inf") for i in vertices for j in vertices}
    for (i, j), cost in costs.items():
        far[i, j] = far[j, i] = cost
    for k in vertices:
        for i in vertices:
            for j in vertices:
                far[i, j] = min(far[i, j], far[i, k] + far[k, j])
    return min(
        sum(min(far[i, site] for site in chosen) for i in vertices)
        for chosen in combinations(vertices, P)
    )


LAST = {(min(i, j), max(i, j)): cost for i, j, cost in EDGES}
FIRST = {(min(i, j), max(i, j)): cost for i, j, cost in reversed(EDGES)}
ADDED = LAST | {(3, 4): 6}


@pytest.fixture(scope="module")
def script():
    return load(ROOT / "benchmarks" / "p_median_library.py")


@pytest.fixture
def folder(tmp_path):
    lines = [f" {N} {len(EDGES)} {P} ", *(f" {i} {j} {cost} " for i, j, cost in EDGES)]
    (tmp_path / "pmed1.txt").write_text("\n".join(lines) + "\n", encoding="ascii")
    return tmp_path


def test_equals_the_optimum_found_by_trying_all(script, folder, capsys):
    assert best(LAST) not in {best(FIRST), best(ADDED)}  # so that the reading of the doubled counts
    (folder / "pmedopt.txt").write_text(
        f"Data file   Optimal solution value\npmed1 {best(LAST)}\n", encoding="ascii"
    )
    script.main([str(folder)])
    printed = capsys.readouterr().out
    figures = f"| {best(LAST)} | {best(LAST)} | {best(LAST)} | yes |"
    assert f"| pmed1 | {N} | {P} {figures}" in printed
    assert "|---" in printed


def test_says_when_it_differs(script, folder, capsys):
    script.main([str(folder)])  # no pmedopt.txt: against 5819, the optimum of the true pmed1
    assert f"| 5819 | {best(LAST)} | {best(LAST)} | NO |" in capsys.readouterr().out
    assert script.verdict(5819.0, proved=False, optimum=5819) == "yes, not proved"
    assert script.verdict(5819.4, proved=True, optimum=5819) == "NO"


def test_has_the_forty_optima(script, tmp_path):
    optima = script.published(tmp_path)
    assert len(optima) == 40
    assert (optima["pmed10"], optima["pmed31"], optima["pmed40"]) == (1255, 10086, 5128)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3 2 1\n1 2 5\n", "2 edges said, 1 there"),
        ("3 2 1\n1 2 5\n2 4 5\n", "not from 1 to 3"),
        ("3 1 1\n1 2 5\n", "cannot reach"),
    ],
)
def test_refuses_a_file_cut_short_or_a_graph_in_pieces(script, tmp_path, text, expected):
    (tmp_path / "pmed2.txt").write_text(text, encoding="ascii")
    with pytest.raises(ValueError, match=f"pmed2.txt: .*{expected}"):
        script.main([str(tmp_path)])


def test_is_named_with_its_reason_where_no_folder_is_told(folder, monkeypatch):
    writer = load(ROOT / "docs" / "write_benchmarks.py")
    library = ROOT / "benchmarks" / "p_median_library.py"
    monkeypatch.delenv("ASSEMBLIER_OR_LIBRARY", raising=False)
    section = writer.section(library, 1.0)
    assert "Not run: needs pmed[0-9]*.txt: set ASSEMBLIER_OR_LIBRARY" in section
    monkeypatch.setenv("ASSEMBLIER_OR_LIBRARY", str(folder / "elsewhere"))
    assert "Not run" in writer.section(library, 1.0)
    monkeypatch.setenv("ASSEMBLIER_OR_LIBRARY", str(folder))
    assert writer.arguments(library) == [str(folder)]
    assert set(writer.NEEDS) <= {path.stem for path in library.parent.glob("*.py")}
