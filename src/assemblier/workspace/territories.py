"""Territories of a workspace: several in one file, each with its versions."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

from sqlalchemy import select

from assemblier.errors import BadInput, MissingSource, Problem
from assemblier.territory.selection import Selection
from assemblier.territory.territory import Declared, Resolution, TerritorySpec, slug
from assemblier.workspace.model import TerritoryRow, TerritoryVersion
from assemblier.workspace.store import Workspace

__all__ = ["Kept", "keep_territory", "kept_territories", "kept_territory", "spec_from", "spec_to"]


@dataclasses.dataclass(frozen=True, slots=True)
class Kept:
    """A territory as the workspace keeps it."""

    slug: str
    name: str
    version: int
    created: dt.datetime
    why: str
    spec: TerritorySpec


def spec_to(spec: TerritorySpec) -> dict[str, Any]:
    """Write a specification as plain data."""
    data = dataclasses.asdict(spec)
    if spec.resolution is not None:
        data["resolution"]["on"] = spec.resolution.on.isoformat()
    return data


def spec_from(data: dict[str, Any]) -> TerritorySpec:
    """Read a specification that :func:`spec_to` wrote."""
    resolution = data.get("resolution")
    return TerritorySpec(
        name=data["name"],
        selections=tuple(Selection(**each) for each in data.get("selections") or ()),
        listed=tuple(data.get("listed") or ()),
        cog=data.get("cog"),
        declared=tuple(Declared(**each) for each in data.get("declared") or ()),
        resolution=None
        if resolution is None
        else Resolution(
            resolution["keep"], resolution["why"], dt.date.fromisoformat(str(resolution["on"]))
        ),
    )


def keep_territory(
    workspace: Workspace, spec: TerritorySpec, *, why: str = "", replace: bool = False
) -> Kept:
    """Keep a territory; a new version when it is known already and may be replaced.

    Raises
    ------
    BadInput
        When a territory of this name is there and was not to be replaced.
    """
    name = slug(spec.name)
    with workspace.session() as session:
        row = session.get(TerritoryRow, name)
        if row is None:
            row = TerritoryRow(slug=name, name=spec.name, current=1)
            session.add(row)
            number = 1
        elif not replace:
            raise BadInput(
                Problem(
                    "un territoire de ce nom existe déjà",
                    value=spec.name,
                    advice="Ajoutez --replace pour en faire une nouvelle version.",
                )
            )
        else:
            number = len(row.versions) + 1
            row.current = number
            row.name = spec.name
        session.add(TerritoryVersion(territory=row, number=number, why=why, spec=spec_to(spec)))
    return kept_territory(workspace, name)


def kept_territory(workspace: Workspace, name: str, version: int | None = None) -> Kept:
    """Return a territory by its name or slug, in its current version or another.

    Raises
    ------
    MissingSource
        When it is not there; the territories that are there are named.
    """
    with workspace.session() as session:
        row = session.get(TerritoryRow, slug(name))
        if row is None:
            known = [each.name for each in session.scalars(select(TerritoryRow))]
            raise MissingSource(
                f"Aucun territoire « {name} » dans l’espace de travail."
                + (f" Territoires présents : {', '.join(sorted(known))}." if known else "")
            )
        number = version or row.current
        for each in row.versions:
            if each.number == number:
                return Kept(
                    row.slug, row.name, each.number, each.created, each.why, spec_from(each.spec)
                )
        raise MissingSource(f"Le territoire « {row.name} » n’a pas de version {number}.")


def kept_territories(workspace: Workspace) -> list[Kept]:
    """Return every territory in its current version."""
    with workspace.session() as session:
        names = list(session.scalars(select(TerritoryRow.slug).order_by(TerritoryRow.slug)))
    return [kept_territory(workspace, name) for name in names]
