"""Jobs: long use cases that run in one worker process, with their state in the workspace.

A job that was running when the worker died is marked failed at the next start: nothing that was
acknowledged is lost, nothing is run twice in silence.
"""

from __future__ import annotations

import importlib
import time
import uuid
from collections.abc import Callable
from typing import Any

from sqlalchemy import select, update

from assemblier.errors import AssemblierError, BadInput, Cancelled, MissingSource, Problem
from assemblier.progress import Work
from assemblier.workspace.model import Job, now
from assemblier.workspace.store import Workspace

__all__ = ["cancel_job", "job_state", "run_waiting_jobs", "submit_job", "work_for_ever"]

PROGRESS_SECONDS = 0.25
POLL_SECONDS = 0.5
Registered = Callable[..., dict[str, Any]]


def submit_job(workspace: Workspace, usecase: str, asked: dict[str, Any]) -> str:
    """Queue a use case, named ``module:function``; return the identifier of the job."""
    job = Job(id=uuid.uuid4().hex, usecase=usecase, asked=asked)
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
        job.cancel = 1
        if job.state == "waiting":
            job.state, job.ended = "cancelled", now()


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
    _bury(workspace)
    while True:
        if run_waiting_jobs(workspace, allowed) == 0:
            time.sleep(POLL_SECONDS)


def _bury(workspace: Workspace) -> None:
    """Mark the jobs that a dead worker left running."""
    with workspace.session() as session:
        session.execute(
            update(Job)
            .where(Job.state == "running")
            .values(state="failed", said="Le travail a été interrompu ; relancez-le.", ended=now())
        )


def _take(workspace: Workspace) -> str | None:
    with workspace.session() as session:
        waiting = session.scalars(
            select(Job).where(Job.state == "waiting").order_by(Job.created, Job.id).limit(1)
        ).first()
        if waiting is None:
            return None
        taken = session.execute(
            update(Job).where(Job.id == waiting.id, Job.state == "waiting").values(state="running")
        )
        return waiting.id if taken.rowcount == 1 else None  # type: ignore[attr-defined]


def _run(workspace: Workspace, identifier: str, allowed: dict[str, Registered]) -> None:
    with workspace.session() as session:
        job = session.get_one(Job, identifier)
        usecase, asked = job.usecase, dict(job.asked)
    told = {"at": 0.0}

    def progress(done: float, text: str) -> None:
        if time.monotonic() - told["at"] < PROGRESS_SECONDS:
            return
        told["at"] = time.monotonic()
        _set(workspace, identifier, done=done, said=text)

    def cancelled() -> bool:
        with workspace.session() as session:
            return bool(session.scalar(select(Job.cancel).where(Job.id == identifier)))

    try:
        if usecase not in allowed:
            raise BadInput(  # noqa: TRY301 — told as any other failure of the job
                Problem("travail inconnu", value=usecase, allowed=", ".join(allowed))
            )
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


def _set(workspace: Workspace, identifier: str, **values: Any) -> None:
    with workspace.session() as session:
        session.execute(update(Job).where(Job.id == identifier).values(**values))
