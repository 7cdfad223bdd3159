"""Use case: the study of a perimeter."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from assemblier.indicators.context import Context
from assemblier.lake.lake import Lake
from assemblier.language import enumeration
from assemblier.perimeters.border import short_name
from assemblier.perimeters.competence_files import read_competences
from assemblier.perimeters.grids import OFFICIAL, Grid, user_grid
from assemblier.perimeters.living_areas.partition_files import read_zoning
from assemblier.perimeters.study import PerimeterStudy, study_perimeters
from assemblier.progress import Work
from assemblier.territory.territory import Territory
from assemblier.usecases.kept_competences import competences_of
from assemblier.usecases.territories import territory_of

__all__ = ["study_territory"]


def study_territory(
    *,
    territory: str,
    lake: Path,
    workspace: Path | str,
    cog: int | None = None,
    grids: Sequence[Path] = (),
    border: bool = True,
    competences: Path | None = None,
    add: Sequence[str] = (),
    remove: Sequence[str] = (),
    work: Work | None = None,
) -> PerimeterStudy:
    """Study the perimeter of a territory.

    Parameters
    ----------
    territory
        Name of a territory of the workspace, path of a CSV of communes, or a zone
        (``epci:CODE``, ``bassin:NAME``, a bare name).
    grids
        The user's own grids: CSV files ``zone, area[, name]``, zone being a commune. Codes that
        the reference geography does not know are read as codes of the year ``cog``.
    border
        Whether the border ledger is computed.
    competences
        A filled matrix of competences (YAML or CSV); the one the territory keeps without it.
    add, remove
        Zones (``commune:CODE``, ``epci:CODE``, a name) that the territory is supposed to win or
        lose: every indicator is told under this perimeter too.

    Raises
    ------
    BadInput
        A zone that is not found; zones that change nothing, or leave nothing.
    """
    context = Context.of(Lake.open(lake))
    chosen = territory_of(what=territory, geography=context.geography, workspace=workspace, cog=cog)
    filled = (
        competences_of(workspace, chosen.slug)
        if competences is None
        else read_competences(competences)
    )
    return study_perimeters(
        context,
        chosen,
        grids=_own_grids(grids, context, cog),
        with_border=border,
        competences=filled,
        variant=_variant(chosen, add, remove, context, workspace, cog),
        work=work,
    )


def _variant(
    chosen: Territory,
    add: Sequence[str],
    remove: Sequence[str],
    context: Context,
    workspace: Path | str,
    cog: int | None,
) -> tuple[str, frozenset[str]] | None:
    """Return what a territory becomes with and without zones, and how it is said."""
    if not add and not remove:
        return None
    zones = [
        [territory_of(what=each, geography=context.geography, workspace=workspace, cog=cog)
         for each in asked]
        for asked in (add, remove)
    ]  # fmt: skip
    won, lost = ({code for zone in each for code in zone.communes} for each in zones)
    said = [
        f"{word} {enumeration([short_name(zone.name) for zone in each])}"
        for word, each in zip(("avec", "sans"), zones, strict=True)
        if each
    ]
    return ", ".join(said), frozenset((set(chosen.communes) | won) - lost)


def _own_grids(paths: Sequence[Path], context: Context, cog: int | None) -> list[Grid]:
    """Read the user's grids; a file that is named like an official grid stands beside it."""
    taken = set(OFFICIAL)
    found = []
    for path in paths:
        name, at = path.stem, 2
        while name in taken:
            name, at = f"{path.stem}-{at}", at + 1
        taken.add(name)
        found.append(_own_grid(path, name, context, cog))
    return found


def _own_grid(path: Path, name: str, context: Context, cog: int | None) -> Grid:
    """Read a grid of the user's and lay it on the reference communes; zones may overlap."""
    rows, names = read_zoning(path)
    membership = context.geography.membership
    codes = membership.index[membership["arm"].isna()].to_numpy(object)
    known = set(codes)
    # a spreadsheet takes the first zero away from 01001
    listed = [(f"{code:0>5}" if code.isdigit() else code, area) for code, area in rows]
    goes: dict[str, list[str]] = {}
    if cog is not None:
        older = pd.Series(sorted({code for code, _ in listed} - known), dtype=object)
        moves = context.geography.crosswalk(cog).targets(older)
        for code, target in zip(moves["code_from"], moves["code_to"], strict=True):
            goes.setdefault(str(code), []).append(str(target))
    lists: dict[str, list[str]] = {}
    for code, area in listed:
        lists.setdefault(area, []).extend([code] if code in known else goes.get(code, [code]))
    return user_grid(name, name, lists, names, codes, f"fichier {path.name}")
