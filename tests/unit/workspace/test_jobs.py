"""Jobs of the workspace: what was asked is done once, or said to have failed."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from assemblier.errors import BadInput, MissingSource, Problem
from assemblier.progress import Work
from assemblier.workspace import jobs
from assemblier.workspace.model import Job, now
from assemblier.workspace.store import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.open(tmp_path / "a.sqlite", create=True)


@pytest.fixture(autouse=True)
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "PROGRESS_SECONDS", 0.0)


def double(*, number: int, work: Work) -> dict[str, Any]:
    work.step(0.5, "moitié")
    return {"number": 2 * number}


def test_jobs_run_in_the_order_they_were_asked(workspace: Workspace) -> None:
    done: list[int] = []

    def note(*, number: int, work: Work) -> dict[str, Any]:
        done.append(number)
        return double(number=number, work=work)

    names = [jobs.submit_job(workspace, "note", {"number": each}) for each in (3, 4)]
    # the same second: the order is that of the asking all the same
    assert jobs.run_waiting_jobs(workspace, {"note": note}) == 2
    assert done == [3, 4]
    states = [jobs.job_state(workspace, name) for name in names]
    assert [state["state"] for state in states] == ["done", "done"]
    assert [state["result"] for state in states] == [{"number": 6}, {"number": 8}]
    assert jobs.run_waiting_jobs(workspace, {"note": note}) == 0


def test_progress_is_seen_from_another_opening(workspace: Workspace) -> None:
    name = jobs.submit_job(workspace, "look", {})
    seen: list[dict[str, Any]] = []

    def look(*, work: Work) -> dict[str, Any]:
        work.step(0.4, "lecture")
        seen.append(jobs.job_state(Workspace.open(workspace.address), name))
        return {}

    jobs.run_waiting_jobs(workspace, {"look": look})
    assert (seen[0]["state"], seen[0]["done"], seen[0]["said"]) == ("running", 0.4, "lecture")


def test_a_refusal_is_the_state_of_the_job(workspace: Workspace) -> None:
    def refuse(*, work: Work) -> dict[str, Any]:
        raise BadInput(Problem("colonne absente", column="code"))

    name = jobs.submit_job(workspace, "refuse", {})
    jobs.run_waiting_jobs(workspace, {"refuse": refuse})
    state = jobs.job_state(workspace, name)
    assert state["state"] == "failed"
    assert "colonne absente" in state["said"]


def test_a_fault_of_the_program_is_told_and_raised(workspace: Workspace) -> None:
    def fall(*, work: Work) -> dict[str, Any]:
        return {"never": 1 / 0}

    name = jobs.submit_job(workspace, "fall", {})
    with pytest.raises(ZeroDivisionError):
        jobs.run_waiting_jobs(workspace, {"fall": fall})
    assert jobs.job_state(workspace, name)["state"] == "failed"


def test_only_allowed_use_cases_run(workspace: Workspace) -> None:
    name = jobs.submit_job(workspace, "os:remove", {})
    jobs.run_waiting_jobs(workspace, {"double": double})
    state = jobs.job_state(workspace, name)
    assert state["state"] == "failed"
    assert "os:remove" in state["said"]


def test_a_waiting_job_is_cancelled_at_once(workspace: Workspace) -> None:
    name = jobs.submit_job(workspace, "double", {"number": 1})
    jobs.cancel_job(workspace, name)
    assert jobs.run_waiting_jobs(workspace, {"double": double}) == 0
    assert jobs.job_state(workspace, name)["state"] == "cancelled"


def test_a_running_job_stops_at_its_next_step(workspace: Workspace) -> None:
    name = jobs.submit_job(workspace, "long", {})
    steps: list[int] = []

    def long(*, work: Work) -> dict[str, Any]:
        for each in range(10):
            work.step(each / 10, "")
            steps.append(each)
            if each == 2:
                jobs.cancel_job(workspace, name)
        return {}

    jobs.run_waiting_jobs(workspace, {"long": long})
    assert steps == [0, 1, 2]
    assert jobs.job_state(workspace, name)["state"] == "cancelled"


def test_a_job_taken_by_another_worker_is_left_alone(workspace: Workspace) -> None:
    name = jobs.submit_job(workspace, "double", {"number": 1})
    assert jobs._take(workspace) == name
    assert jobs._take(Workspace.open(workspace.address)) is None
    # asked to stop too late to be taken back: it stays the worker's own
    jobs.cancel_job(workspace, name)
    assert jobs.job_state(workspace, name)["state"] == "running"


@pytest.mark.parametrize(("silence", "state"), [(3, "running"), (60, "failed")])
def test_a_silent_worker_is_held_dead(workspace: Workspace, silence: int, state: str) -> None:
    name = jobs.submit_job(workspace, "double", {"number": 1})
    jobs._take(workspace)
    with workspace.session() as session:
        heard = now() - dt.timedelta(seconds=silence)
        session.execute(update(Job).where(Job.id == name).values(alive=heard))
    assert jobs.bury_dead_jobs(workspace) == (state == "failed")
    assert jobs.job_state(workspace, name)["state"] == state


def test_a_worker_says_it_is_alive_during_a_long_step(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "ALIVE_SECONDS", 0.01)
    name = jobs.submit_job(workspace, "slow", {})
    long_ago = now() - dt.timedelta(hours=1)

    def slow(*, work: Work) -> dict[str, Any]:
        with workspace.session() as session:
            session.execute(update(Job).where(Job.id == name).values(alive=long_ago))
        limit = time.monotonic() + 20
        while time.monotonic() < limit:
            with workspace.session() as session:
                heard = session.get_one(Job, name).alive
            assert heard is not None
            if heard.replace(tzinfo=dt.UTC) > long_ago:
                return {"heard": True}
            time.sleep(0.01)
        return {"heard": False}

    jobs.run_waiting_jobs(workspace, {"slow": slow})
    assert jobs.job_state(workspace, name)["result"] == {"heard": True}


def test_an_unknown_job_is_said(workspace: Workspace) -> None:
    with pytest.raises(MissingSource, match="nowhere"):
        jobs.job_state(workspace, "nowhere")
    with pytest.raises(MissingSource, match="nowhere"):
        jobs.cancel_job(workspace, "nowhere")


WORKER = """
import sys, time
sys.path.insert(0, {folder!r})
from assemblier.workspace import jobs
jobs.ALIVE_SECONDS = 0.05
jobs.work_for_ever({address!r}, "usecases_of_a_test:ALLOWED")
"""
USECASES = """
import time
def sleep(*, work):
    work.step(0.1, "dort")
    time.sleep(600)
ALLOWED = {"sleep": sleep, "double": lambda *, number, work: {"number": 2 * number}}
"""


def test_a_killed_worker_loses_nothing(workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "usecases_of_a_test.py").write_text(USECASES, encoding="utf-8")
    code = WORKER.format(folder=str(tmp_path), address=workspace.address)
    first = jobs.submit_job(workspace, "double", {"number": 21})
    hung = jobs.submit_job(workspace, "sleep", {})
    after = jobs.submit_job(workspace, "double", {"number": 1})
    worker = subprocess.Popen([sys.executable, "-c", code], env=dict(os.environ))
    try:
        _until(workspace, hung, "running")
    finally:
        worker.send_signal(signal.SIGTERM)
        worker.wait(30)
    assert jobs.job_state(workspace, first)["result"] == {"number": 42}
    assert jobs.job_state(workspace, hung)["state"] == "running"
    assert jobs.bury_dead_jobs(workspace, after=-5) == 1
    assert jobs.job_state(workspace, hung)["state"] == "failed"
    assert jobs.job_state(workspace, after)["state"] == "waiting"


def _until(workspace: Workspace, name: str, state: str) -> None:
    limit = time.monotonic() + 60
    while jobs.job_state(workspace, name)["state"] != state:
        assert time.monotonic() < limit
        time.sleep(0.05)
