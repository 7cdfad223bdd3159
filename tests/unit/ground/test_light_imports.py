"""What short commands load must not wait for the compiler."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize("module", ["assemblier.cache", "assemblier.workspace.backup"])
def test_no_compiler_is_loaded(module: str) -> None:
    code = f"import sys, {module}; print('numba' in sys.modules, 'pandas' in sys.modules)"
    made = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert made.stdout.split()[0] == "False"
