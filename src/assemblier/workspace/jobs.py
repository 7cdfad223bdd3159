"""Jobs: long use cases that run in a worker process, with their state in the workspace.

A worker says every few seconds that it is alive. A job whose worker fell silent is marked failed:
nothing that was acknowledged is lost, nothing is run twice in silence.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import importlib
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import or_, select, update

from assemblier.errors import AssemblierError, BadInput, Cancelled, MissingSource, Problem
from assemblier.progress import Work
from assemblier.workspace.model import Job, now
from assemblier.workspace.store import Workspace

__all__ = [
    "bury_dead_jobs",
    "cancel_job",
    "job_state",
    "run_waiting_jobs",
    "submit_job",
    "work_for_ever",
]

PROGRESS_SECONDS = 0.25
"""Least time between two writings of progress, and between two looks at whether to stop."""
POLL_SECONDS = 0.5
ALIVE_SECONDS = 5.0
DEAD_SECONDS = 30.0
"""How often a worker says that it is alive; after how long in silence it is held dead."""
Registered = Callable[..., dict[str, Any]]


def submit_job(workspace: Workspace, usecase: str, asked: dict[str, Any]) -> str:
    """Queue a use case, named ``module:function``; return the identifier of the job."""
    # names in the order of the asking: those of one second would run in any order
    name = f"{time.time_ns():016x}{uuid.uuid4().hex[:16]}"
    job = Job(id=name, usecase=usecase, asked=asked)
    with workspace.session() as session:
        session.add(job)
        identifier = job.id
    return identifier


def job_state(workspace: Workspace, identifier: str) -> dict[str, Any]:
    """Return the state of a job.

    Raises
    ------
    MissingSource
        When there is no such job.
    """
    with workspace.session() as session:
        job = session.get(Job, identifier)
        if job is None:
            raise MissingSource(f"Aucun travail {identifier}.")
        return {
            "id": job.id,
            "usecase": job.usecase,
            "state": job.state,
            "done": job.done,
            "said": job.said,
            "result": job.result,
        }


def cancel_job(workspace: Workspace, identifier: str) -> None:
    """Ask a job to stop; a job that waits is stopped at once."""
    with workspace.session() as session:
        job = session.get(Job, identifier)
        if job is None:
            raise MissingSource(f"Aucun travail {identifier}.")
        mine = update(Job).where(Job.id == identifier)
        session.execute(mine.values(cancel=1))
        # a worker may be taking it at this moment: only one of the two wins
        session.execute(mine.where(Job.state == "waiting").values(state="cancelled", ended=now()))


def run_waiting_jobs(workspace: Workspace, allowed: dict[str, Registered]) -> int:
    """Run every job that waits, oldest first; return how many were run.

    Parameters
    ----------
    allowed
        Name → use case; a job that names another is refused.
    """
    count = 0
    while (identifier := _take(workspace)) is not None:
        _run(workspace, identifier, allowed)
        count += 1
    return count


def work_for_ever(address: str, usecases: str) -> None:
    """Be the worker process: run jobs as they come.

    Parameters
    ----------
    address
        The workspace.
    usecases
        ``module:attribute`` of the dictionary of use cases allowed.
    """
    workspace = Workspace.open(address)
    module, _, attribute = usecases.partition(":")
    allowed = getattr(importlib.import_module(module), attribute)
    while True:
        bury_dead_jobs(workspace)
        if run_waiting_jobs(workspace, allowed) == 0:
            time.sleep(POLL_SECONDS)


def bury_dead_jobs(workspace: Workspace, *, after: float = DEAD_SECONDS) -> int:
    """Mark failed the jobs whose worker said nothing for some seconds; return how many."""
    last = now() - dt.timedelta(seconds=after)
    with workspace.session() as session:
        done = session.execute(
            update(Job)
            .where(Job.state == "running", or_(Job.alive.is_(None), Job.alive < last))
            .values(state="failed", said="Le travail a été interrompu ; relancez-le.", ended=now())
        )
        return int(done.rowcount)  # type: ignore[attr-defined]


def _take(workspace: Workspace) -> str | None:
    with workspace.session() as session:
        waiting = session.scalars(
            select(Job).where(Job.state == "waiting").order_by(Job.created, Job.id).limit(1)
        ).first()
        if waiting is None:
            return None
        taken = session.execute(
            update(Job)
            .where(Job.id == waiting.id, Job.state == "waiting")
            .values(state="running", alive=now())
        )
        return waiting.id if taken.rowcount == 1 else None  # type: ignore[attr-defined]


def _run(workspace: Workspace, identifier: str, allowed: dict[str, Registered]) -> None:
    with workspace.session() as session:
        job = session.get_one(Job, identifier)
        usecase, asked = job.usecase, dict(job.asked)
    told, looked = _Pause(), _Pause()

    def progress(done: float, text: str) -> None:
        if told.over():
            _set(workspace, identifier, done=done, said=text)

    def cancelled() -> bool:
        if not looked.over():
            return False
        with workspace.session() as session:
            return bool(session.scalar(select(Job.cancel).where(Job.id == identifier)))

    try:
        if usecase not in allowed:
            raise BadInput(  # noqa: TRY301 — told as any other failure of the job
                Problem("travail inconnu", value=usecase, allowed=", ".join(allowed))
            )
        with _alive(workspace, identifier):
            result = allowed[usecase](**asked, work=Work(progress, cancelled))
        _set(workspace, identifier, state="done", done=1.0, said="", result=result, ended=now())
    except Cancelled as error:
        _set(workspace, identifier, state="cancelled", said=str(error), ended=now())
    except AssemblierError as error:
        _set(workspace, identifier, state="failed", said=str(error), ended=now())
    except Exception as error:
        _set(
            workspace, identifier, state="failed", said=f"Erreur inattendue : {error}", ended=now()
        )
        raise


class _Pause:
    """Tells whether enough time went by since it last said so."""

    def __init__(self) -> None:
        self._last = float("-inf")

    def over(self) -> bool:
        moment = time.monotonic()
        if moment - self._last < PROGRESS_SECONDS:
            return False
        self._last = moment
        return True


@contextlib.contextmanager
def _alive(workspace: Workspace, identifier: str) -> Iterator[None]:
    """Say every few seconds that the worker is alive, however long a step of the work takes."""
    stop = threading.Event()

    def say() -> None:
        while not stop.wait(ALIVE_SECONDS):
            # a workspace that is busy for a moment hears it the next time
            with contextlib.suppress(BadInput):
                _set(workspace, identifier, alive=now())

    thread = threading.Thread(target=say, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _set(workspace: Workspace, identifier: str, **values: Any) -> None:
    with workspace.session() as session:
        session.execute(update(Job).where(Job.id == identifier).values(**values))
