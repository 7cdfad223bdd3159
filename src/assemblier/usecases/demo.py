"""Use case: the main job from end to end on the artificial territory."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

from assemblier.demo.artificial import write_raw
from assemblier.lake.lake import Lake
from assemblier.progress import Work
from assemblier.usecases.diagnoses import FORMATS, Written, diagnose_territory
from assemblier.usecases.kept_scenarios import keep_scenario_file
from assemblier.usecases.lakes import build_lake
from assemblier.usecases.siting import site_doctors
from assemblier.usecases.territories import add_territory
from assemblier.whole_files import write_in_one_step

__all__ = ["Demonstration", "demonstrate"]

DOCTORS, LEAST_POPULATION = 2, 500
"""Doctors that the demonstration places, and inhabitants of a commune where they may go."""
REFERENCE_COG = 2024
"""Vintage of the codes in the artificial list of communes."""


@dataclass(frozen=True, slots=True)
class Demonstration:
    """Where everything of the demonstration lies."""

    raw: Path
    lake: Lake
    workspace: Path
    territory: str
    written: Written


def demonstrate(
    *, out: Path, formats: tuple[str, ...] = FORMATS, work: Work | None = None
) -> Demonstration:
    """Write the artificial raw files, build the lake, keep the territory, write its diagnosis."""
    work = work or Work()
    raw, lake, workspace = out / "brut", out / "lac", out / "assemblier.sqlite"
    with work.part(0.0, 0.2) as share:
        made = write_raw(raw, on_progress=lambda what, done: share.step(done, what))
    with work.part(0.2, 0.5) as share:
        built = build_lake(folder=raw, lake=lake, work=share)
    add_territory(
        name=made.name,
        lake=lake,
        workspace=workspace,
        communes_file=raw / "territoires" / "territoire.csv",
        cog=REFERENCE_COG,
        declared=[(each.communes, each.said_by) for each in made.declared],
        replace=True,
        why="démonstration",
    )
    with work.part(0.5, 0.6) as share:
        _keep_scenarios(made.name, lake, workspace, out / "avenir", share)
    with work.part(0.6, 1.0) as share:
        written = diagnose_territory(
            territory=made.name,
            lake=lake,
            workspace=workspace,
            out=out / "diagnostic",
            formats=formats,
            work=share,
        )
    return Demonstration(raw, built, workspace, made.name, written)


def _keep_scenarios(territory: str, lake: Path, workspace: Path, out: Path, work: Work) -> None:
    """Look for the best places of two doctors, and keep that choice beside departures."""
    sited = site_doctors(
        territory=territory,
        lake=lake,
        workspace=workspace,
        add=DOCTORS,
        least_population=LEAST_POPULATION,
        out=out,
        formats=("html",),
        work=work,
    )
    scenarios = [
        {
            "name": "Départ des 60 ans et plus",
            "note": "Si aucun n’est remplacé.",
            "changes": [{"leave": {"doctors": "60+"}}],
        },
        {
            "name": "Deux médecins là où ils servent le plus",
            "note": "Sites démontrés les meilleurs parmi les communes assez peuplées.",
            "changes": [
                {"arrive": {"commune": code, "doctors": count}}
                for code, count in sited.answer.placed.items()
            ],
        },
    ]
    file = out / "scenarios.yaml"
    told = yaml.safe_dump(
        {"territory": territory, "scenarios": scenarios}, allow_unicode=True, sort_keys=False
    )
    write_in_one_step(file, told.encode())
    keep_scenario_file(file=file, workspace=workspace)
