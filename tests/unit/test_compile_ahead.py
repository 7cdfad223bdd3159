"""Loops are compiled beside the work of a lake, and never hold it up."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from assemblier.usecases import compile_ahead
from assemblier.usecases.compile_ahead import compiling_beside


class Beside:
    """Stands for the other process."""

    def __init__(self, command: list[str], **_how: Any) -> None:
        self.command, self.told = command, list[str]()
        Beside.last = self

    last: Beside

    def kill(self) -> None:
        self.told.append("killed")

    def wait(self) -> None:
        self.told.append("awaited")


def test_the_other_process_is_awaited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "Popen", Beside)
    with compiling_beside():
        assert Beside.last.told == []
    assert Beside.last.told == ["awaited"]
    assert Beside.last.command == [sys.executable, "-m", "assemblier.usecases.compile_ahead"]


def test_the_other_process_ends_with_work_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "Popen", Beside)
    with pytest.raises(KeyboardInterrupt), compiling_beside():
        raise KeyboardInterrupt
    assert Beside.last.told == ["killed", "awaited"]


def test_a_machine_that_starts_no_process_works_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refused(*_args: Any, **_how: Any) -> None:
        raise PermissionError

    monkeypatch.setattr(subprocess, "Popen", refused)
    done = []
    with compiling_beside():
        done.append(1)
    assert done == [1]


def test_the_loops_run_on_the_small_country() -> None:
    compile_ahead.compile_ahead()
