"""Use cases of the questions of siting that a territory keeps: list, ask again, drop."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assemblier.errors import BadInput, MissingSource, Problem
from assemblier.futures.siting.request import NamedSiting, SitingRequest
from assemblier.indicators.context import Context
from assemblier.lake.lake import Lake
from assemblier.progress import Work
from assemblier.usecases.futures import PAGE_FORMATS
from assemblier.usecases.siting import Sited, answer_request
from assemblier.workspace.sitings import KeptSiting, keep_siting, kept_sitings, siting_history
from assemblier.workspace.store import Workspace
from assemblier.workspace.territories import kept_territory

__all__ = ["ReadSiting", "ask_again", "drop_siting", "sitings_of", "sitings_of_territory"]


@dataclass(frozen=True, slots=True)
class ReadSiting:
    """A kept question, read.

    Attributes
    ----------
    answer
        Sites, value, bound, gain of the day it was kept, with its lake.
    """

    name: str
    version: int
    created: dt.datetime
    request: SitingRequest
    answer: Mapping[str, Any]


def sitings_of_territory(
    *, territory: str, workspace: Path | str, history: bool = False
) -> list[ReadSiting]:
    """Return the questions that a territory keeps, or every version of them, oldest first."""
    opened = Workspace.open(workspace)
    slug = kept_territory(opened, territory).slug
    rows = siting_history(opened, slug) if history else kept_sitings(opened, slug)
    return [_read(row) for row in rows if row.request]


def ask_again(
    *,
    territory: str,
    name: str,
    lake: Path,
    workspace: Path | str,
    out: Path | None = None,
    formats: Sequence[str] = PAGE_FORMATS,
    work: Work | None = None,
) -> tuple[Sited, ReadSiting]:
    """Ask a kept question again on the lake as it is, and keep the new answer if it differs.

    Returns
    -------
    sited, before
        The answer now, and what had been kept.
    """
    before = _named(territory, name, workspace)
    sited = answer_request(
        context=Context.of(Lake.open(lake)),
        territory=territory,
        workspace=workspace,
        request=before.request,
        keep=name,
        out=out,
        formats=formats,
        work=work,
    )
    return sited, before


def drop_siting(*, territory: str, name: str, workspace: Path | str) -> str:
    """Take a question away; what was kept stays in its history."""
    _named(territory, name, workspace)
    opened = Workspace.open(workspace)
    slug = kept_territory(opened, territory).slug
    keep_siting(opened, slug, name, request="", answer="")
    return slug


def sitings_of(workspace: Path | str, slug: str) -> tuple[NamedSiting, ...]:
    """Return the questions kept for a territory; none when there is no workspace yet."""
    try:
        rows = kept_sitings(Workspace.open(workspace), slug)
    except MissingSource:
        return ()
    read = [_read(row) for row in rows]
    return tuple(
        NamedSiting(each.name, each.request, each.answer["sites"], f"{each.created:%d/%m/%Y}")
        for each in read
    )


def _named(territory: str, name: str, workspace: Path | str) -> ReadSiting:
    kept = sitings_of_territory(territory=territory, workspace=workspace)
    for each in kept:
        if each.name == name:
            return each
    raise BadInput(
        Problem(
            "implantation inconnue de ce territoire",
            value=name,
            allowed=", ".join(each.name for each in kept) or "aucune n’est gardée",
            advice="Gardez-en une : assemblier site TERRITOIRE --add N --keep NOM.",
        )
    )


def _read(row: KeptSiting) -> ReadSiting:
    request = SitingRequest.from_json(row.request)
    return ReadSiting(row.name, row.number, row.created, request, json.loads(row.answer))
