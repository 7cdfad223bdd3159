"""Use case: the diagnosis of a territory, in every format."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from assemblier.diagnosis.assemble import Diagnosis, diagnose
from assemblier.indicators.context import Context
from assemblier.lake.lake import Lake
from assemblier.progress import Work
from assemblier.publish.write import FORMATS, write
from assemblier.sources.catalogue import Catalogue
from assemblier.usecases.territories import territory_of

__all__ = ["FORMATS", "Written", "diagnose_territory"]


@dataclass(frozen=True, slots=True)
class Written:
    """A diagnosis written: the files, and what it was made of."""

    files: tuple[Path, ...]
    diagnosis: Diagnosis


def diagnose_territory(
    *,
    territory: str,
    lake: Path,
    workspace: Path | str,
    out: Path,
    formats: Sequence[str] = FORMATS,
    chapters: Sequence[str] | None = None,
    cog: int | None = None,
    today: dt.date | None = None,
    work: Work | None = None,
) -> Written:
    """Build the diagnosis of a territory and write it.

    Parameters
    ----------
    territory
        Name of a territory of the workspace, or path of a CSV of communes.
    out
        Folder of the documents; made when it is absent.
    """
    work = work or Work()
    context = Context.of(Lake.open(lake))
    chosen = territory_of(what=territory, geography=context.geography, workspace=workspace, cog=cog)
    with work.part(0.0, 0.6) as share:
        made = diagnose(
            context, chosen, catalogue=Catalogue.load(), chapters=chapters, today=today, work=share
        )
    work.step(0.6, "documents")
    out.mkdir(parents=True, exist_ok=True)
    files = write(made.document, out, list(formats))
    work.step(1.0, "terminé")
    return Written(tuple(files), made)
