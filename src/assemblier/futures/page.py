"""A document of its own for one future, outside of any diagnosis."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from assemblier import __version__
from assemblier.blocks import Block, Document, Section
from assemblier.indicators.compute import Results
from assemblier.indicators.context import Context
from assemblier.indicators.figures import Figures
from assemblier.language import date, number, plural
from assemblier.sources.catalogue import Catalogue
from assemblier.territory.codes import ARRONDISSEMENTS
from assemblier.territory.shapes import Shapes
from assemblier.territory.territory import Territory
from assemblier.values import RESULT_COLUMNS, Asked

__all__ = ["Page", "page_document", "page_of"]

MARGIN = 0.3
"""Around the territory on maps, in shares of its width: what changes goes beyond its limit."""
MANY, FINE_TOLERANCE, COARSE_TOLERANCE = 400, 100.0, 600.0
"""Simplification of contours in metres, of some communes or of many."""


@dataclass(frozen=True)
class Page:
    """What the blocks of a future are written in (a ``TerritoryStory``)."""

    territory: Territory
    context: Context
    figures: Figures
    detail: str
    window: frozenset[str]
    inside: frozenset[str]
    shapes: dict[str, Mapping[str, object]]
    approximate: dict[str, frozenset[str]]


def page_of(context: Context, territory: Territory) -> Page:
    """Open a page on a territory and what surrounds it."""
    communes = frozenset(territory.communes)
    city = len(communes) == 1 and territory.communes[0] in ARRONDISSEMENTS
    window: frozenset[str] = communes
    drawn: dict[str, Mapping[str, object]] = {}
    approximate: dict[str, frozenset[str]] = {}
    if not city:
        shapes = Shapes(context.geography, context.parameters)
        window = shapes.around(communes, MARGIN)
        made = shapes.draw(window, COARSE_TOLERANCE if len(communes) > MANY else FINE_TOLERANCE)
        drawn["commune"], approximate["commune"] = made.shapes, made.approximate
    nothing = Results(
        pd.DataFrame(columns=list(RESULT_COLUMNS)), Asked(territory.name, context.lake.version), {}
    )
    figures = Figures(
        context,
        Catalogue.load(),
        nothing,
        {},
        {("territoire", territory.slug): territory.name},
    )
    detail = "arm" if city else "commune"
    return Page(territory, context, figures, detail, window, communes, drawn, approximate)


def page_document(
    page: Page,
    blocks: Sequence[Block],
    *,
    name: str,
    kind: str,
    question: str,
    today: dt.date | None = None,
) -> Document:
    """Return the document of one future.

    Parameters
    ----------
    name
        Base of the file names: ``projection``, ``scenarios``, ``implantation``.
    kind, question
        What it is, and what it answers.
    """
    territory = page.territory
    count = len(territory.communes)
    day = today or dt.date.today()  # noqa: DTZ011 — the day printed is the reader's
    return Document(
        id=f"{name}-{territory.slug}",
        kind=kind,
        title=territory.name,
        subtitle=f"{number(count)} {plural(count, 'commune')} de {territory.cog}",
        date=date(day),
        sections=(Section(name, 1, kind, question, tuple(blocks)),),
        warnings=territory.warnings,
        sources=tuple(sorted(set(page.figures.used_sources.values()))),
        asked={
            "Territoire": territory.name,
            "Version du lac de données": page.context.lake.version,
            "Version du programme": f"assemblier {__version__}",
        },
        provenance=page.figures.provenance,
        shapes=page.shapes,
    )
