"""What an indicator is made of, commune by commune, before it is put together over a grid."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

import pandas as pd

from assemblier.lake.provenance import Part

__all__ = ["Chance", "Components", "Kind", "Read"]


class Kind(StrEnum):
    """How communes make a zone."""

    COUNT = "count"  # sum of the numerators
    RATIO = "ratio"  # sum of the numerators over sum of the denominators
    MEAN = "mean"  # mean of the numerators weighted by the denominators
    PUBLISHED = "published"  # only where the producer publishes it
    GROWTH = "growth"  # yearly rate between two sums


class Chance(StrEnum):
    """Which interval makes sense."""

    NONE = "none"
    POISSON = "poisson"  # a count of few people or events, or a density made of one
    PROPORTION = "proportion"  # a part of a count


@dataclass(frozen=True, slots=True)
class Read:
    """Rows of the lake that an indicator read: enough to find them again.

    Attributes
    ----------
    part
        Part of the table.
    columns
        Columns whose values were used.
    where
        Column → value, or values, that the rows have.
    """

    part: Part
    columns: tuple[str, ...]
    where: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Components:
    """Components of one indicator for one year, by unit of the reference geography.

    Attributes
    ----------
    frame
        Indexed by unit (commune, or arrondissement of Paris, Lyon, Marseille): ``numerator`` and,
        but for counts, ``denominator``; NaN where the source has no value. Optional ``status`` and
        ``reason`` for units whose value is not plainly published.
    year, vintage
        Period described; edition of the source.
    scale
        Factor of a ratio: 100 for a percentage, 10,000 for a density per 10,000.
    complete
        True when a commune without a row is a commune with zero (facilities that exist).
    spread
        Zone that the source really speaks of, when it is coarser than the commune: a sum over
        part of one is then estimated. Indexed like ``frame``.
    years
        Number of years between the two sums of a growth rate.
    levels
        Grid → values by zone that the producer publishes itself at that level.
    """

    kind: Kind
    frame: pd.DataFrame
    year: str
    vintage: str
    reads: tuple[Read, ...]
    scale: float = 1.0
    complete: bool = False
    chance: Chance = Chance.NONE
    spread: pd.Series | None = None
    years: float = 1.0
    levels: dict[str, pd.Series] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
