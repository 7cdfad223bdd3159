"""The benchmarks of access run, agree with their peers, and print a table."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks"


@pytest.mark.parametrize(
    ("script", "arguments", "expected"),
    [
        (
            "access_family",
            ["--demand", "300", "--sites", "100", "--pairs", "6000", "--repeat", "1"],
            "changed capacity, prepared",
        ),
        ("raam", ["--demand", "500", "--sites", "100", "--near", "20", "--no-peers"], "500 × 100"),
        ("scenario", ["--places", "400", "--changes", "5", "--repeats", "1"], "| yes |"),
        ("grid_200m", ["--cells", "3000", "--sites", "100", "--repeat", "1"], "| yes |"),
    ],
)
def test_runs_and_prints_a_table(script, arguments, expected, capsys):
    described = importlib.util.spec_from_file_location(script, FOLDER / f"{script}.py")
    module = importlib.util.module_from_spec(described)
    described.loader.exec_module(module)
    module.main(arguments)
    printed = capsys.readouterr().out
    assert expected in printed
    assert "|---" in printed
    assert "| NO |" not in printed
