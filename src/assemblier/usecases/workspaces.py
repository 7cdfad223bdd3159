"""Use cases of the workspace as a file: make it, examine it, copy it, give it back."""

from __future__ import annotations

from pathlib import Path

from assemblier.errors import BadInput, Problem
from assemblier.workspace.backup import Restored, back_up, restore
from assemblier.workspace.integrity import Condition, condition
from assemblier.workspace.store import Workspace

__all__ = ["back_up_workspace", "create_workspace", "restore_workspace", "verify_workspace"]


def create_workspace(*, workspace: Path | str) -> Condition:
    """Make an empty workspace.

    Raises
    ------
    BadInput
        When something is there already; it is left as it is.
    """
    if "://" not in str(workspace) and Path(workspace).exists():
        raise BadInput(
            Problem(
                "un fichier de ce nom existe déjà ; il est intact",
                file=str(workspace),
                advice="Donnez un autre chemin, ou regardez ce qu’il contient : "
                "assemblier workspace verify.",
            )
        )
    Workspace.open(workspace, create=True).engine.dispose()
    return condition(workspace)


def verify_workspace(*, workspace: Path | str) -> Condition:
    """Examine a workspace or a backup without changing it."""
    return condition(workspace)


def back_up_workspace(*, workspace: Path | str, target: Path) -> Path:
    """Write a backup, dated when ``target`` is a folder."""
    return back_up(workspace, target)


def restore_workspace(*, source: Path, workspace: Path | str) -> Restored:
    """Give a backup back; what was there is kept aside."""
    return restore(source, workspace)
