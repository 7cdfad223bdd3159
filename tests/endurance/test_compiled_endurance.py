"""A machine that never ran the program compiles its loops while the lake is read."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from assemblier.demo.artificial import write_raw

HERE = Path(__file__).parent


@pytest.mark.endurance
def test_nothing_is_left_to_compile_for_the_first_diagnosis(tmp_path: Path) -> None:
    raw, lake = tmp_path / "raw", tmp_path / "lake"
    write_raw(raw)

    def run(*command: object) -> str:
        return subprocess.run(
            [sys.executable, *map(str, command)],
            env={**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "numba")},
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    run("-m", "assemblier", "lake", "build", "--from", raw, "--lake", lake)
    listed = raw / "territoires" / "territoire.csv"
    told = run(HERE / "diagnose_counting_compiled.py", lake, listed, tmp_path / "out")
    assert told.split() == []
