"""Use cases of the scenarios that a territory keeps: check them, keep them, read them again."""

from __future__ import annotations

from pathlib import Path

from assemblier.errors import BadInput, MissingSource, Problem
from assemblier.futures.scenarios.files import Scenario, read_scenarios
from assemblier.usecases.futures import read_scenario_file
from assemblier.workspace.scenarios import KeptScenarios, keep_scenarios, kept_scenarios
from assemblier.workspace.store import Workspace
from assemblier.workspace.territories import kept_territory

__all__ = ["drop_scenario_file", "keep_scenario_file", "scenario_files_of", "scenarios_of"]


def keep_scenario_file(
    *, file: Path, workspace: Path | str, territory: str | None = None
) -> tuple[str, int, tuple[str, ...]]:
    """Keep a file of scenarios for a territory of the workspace.

    Parameters
    ----------
    territory
        The one that the file names, without it.

    Returns
    -------
    slug, version, names
        The territory, the version of its file, the scenarios in it.

    Raises
    ------
    BadInput
        Everything that is wrong in the file, with its line.
    """
    asked = read_scenario_file(file)
    opened = Workspace.open(workspace)
    slug = kept_territory(opened, territory or asked.territory).slug
    version = keep_scenarios(opened, slug, file.read_text(encoding="utf-8-sig"))
    return slug, version, tuple(each.name for each in asked.scenarios)


def drop_scenario_file(*, territory: str, workspace: Path | str) -> str:
    """Take the scenarios of a territory away; what was kept stays in its history."""
    opened = Workspace.open(workspace)
    slug = kept_territory(opened, territory).slug
    keep_scenarios(opened, slug, "")
    return slug


def scenario_files_of(*, territory: str, workspace: Path | str) -> list[KeptScenarios]:
    """Return every version of the file of scenarios of a territory, oldest first."""
    opened = Workspace.open(workspace)
    return kept_scenarios(opened, kept_territory(opened, territory).slug)


def scenarios_of(workspace: Path | str, slug: str) -> tuple[Scenario, ...]:
    """Return the scenarios kept for a territory; none when there is no workspace yet.

    Raises
    ------
    BadInput
        When what an older program kept is no longer read.
    """
    try:
        versions = kept_scenarios(Workspace.open(workspace), slug)
    except MissingSource:
        return ()
    if not versions or not versions[-1].text.strip():
        return ()
    try:
        return read_scenarios(versions[-1].text, file=f"scénarios gardés de {slug}").scenarios
    except BadInput as error:
        advice = Problem(
            "les scénarios gardés ne se lisent plus",
            advice="Corrigez-les : assemblier scenario kept, puis scenario keep.",
        )
        raise BadInput([*error.problems, advice]) from error
