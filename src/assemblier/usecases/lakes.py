"""Use cases of the lake: build, show, hand over."""

from __future__ import annotations

import contextlib
from pathlib import Path

from assemblier.diagnosis.assemble import diagnose
from assemblier.errors import BadInput, MissingSource
from assemblier.indicators.context import Context
from assemblier.indicators.registry import INDICATORS
from assemblier.lake.build import build
from assemblier.lake.exchange import export_lake, import_lake
from assemblier.lake.lake import Lake
from assemblier.progress import Work
from assemblier.sources.catalogue import Catalogue
from assemblier.territory.selection import Selection
from assemblier.territory.shapes import Shapes
from assemblier.territory.territory import TerritorySpec, resolve
from assemblier.usecases.compile_ahead import compiling_beside

__all__ = ["build_lake", "hand_over_lake", "receive_lake", "show_lake"]


def build_lake(*, folder: Path, lake: Path, prepare: bool = True, work: Work | None = None) -> Lake:
    """Build a version of the lake and prepare its tables in the reference communes.

    Parameters
    ----------
    prepare
        Whether to convert the tables that indicators read now, so that the first diagnosis is
        quick.
    """
    work = work or Work()
    beside = compiling_beside() if prepare else contextlib.nullcontext()
    with beside, work.part(0.0, 0.7) as share:
        made = build(folder, lake, work=share)
    if prepare:
        with work.part(0.7, 1.0) as share:
            prepare_lake(made, work=share)
    return made


def prepare_lake(lake: Lake, *, work: Work) -> None:
    """Convert what indicators read; a lake without a membership table is left as it is."""
    try:
        context = Context.of(lake)
    except MissingSource:
        return
    lake.forget_prepared()
    work.step(0.0, "préparation : points des communes")
    len(Shapes(context.geography, context.parameters).points)
    for at, indicator in enumerate(INDICATORS):
        work.step(0.7 * at / len(INDICATORS), f"préparation : {indicator.label_fr}")
        for _ in indicator.build(context):
            pass
    with work.part(0.7, 1.0) as share:
        _rehearse(context, share)


def _rehearse(context: Context, work: Work) -> None:
    """Diagnose an ordinary EPCI for nobody: what any diagnosis makes once is then at hand."""
    membership = context.geography.membership
    if "epci" not in membership:
        return
    zones = sorted(membership["epci"].dropna().unique())
    if not zones:
        return
    middle = str(zones[len(zones) // 2])
    spec = TerritorySpec(name=middle, selections=(Selection("epci", middle),))
    # a lake too poor for a diagnosis has nothing to prepare for one
    with contextlib.suppress(BadInput, MissingSource):
        territory = resolve(spec, context.geography)
        diagnose(context, territory, catalogue=Catalogue.load(), work=work)


def show_lake(*, lake: Path) -> Lake:
    """Open the current version of a lake."""
    return Lake.open(lake)


def hand_over_lake(*, lake: Path, target: Path, work: Work | None = None) -> Path:
    """Write the current version as one file."""
    return export_lake(Lake.open(lake), target, work=work)


def receive_lake(*, source: Path, lake: Path, work: Work | None = None) -> Lake:
    """Bring in a version that was handed over."""
    return import_lake(source, lake, work=work)
