"""Compute indicators over grids: one long table of results that carries what was asked."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from assemblier import __version__
from assemblier.declarations import Indicator
from assemblier.indicators.aggregate import Coverage, ZoneValues, aggregate
from assemblier.indicators.components import Components, Read
from assemblier.indicators.context import Context
from assemblier.indicators.units import Units, align
from assemblier.progress import Work
from assemblier.tables import TABLES
from assemblier.territory.codes import ARRONDISSEMENTS
from assemblier.territory.territory import Territory
from assemblier.values import RESULT_COLUMNS, Asked, Reason, Status, Value

__all__ = ["Results", "compute", "unfold"]


@dataclass(frozen=True, slots=True)
class Results:
    """Results of some indicators over some grids.

    Attributes
    ----------
    frame
        Columns of :data:`assemblier.values.RESULT_COLUMNS`.
    asked
        All that was asked.
    components
        ``(indicator, year, vintage)`` → components, for lineage.
    """

    frame: pd.DataFrame
    asked: Asked
    components: Mapping[tuple[str, str, str], Components]

    def value(self, indicator: str, grid: str, zone: str, year: str | None = None) -> Value:
        """Return one figure; the latest year when none is named.

        A figure that was not computed is absent for want of a source.
        """
        row = self.row(indicator, grid, zone, year)
        if row is None:
            return Value(None, Status.ABSENT, reason=Reason.NO_SOURCE)
        ends = (row["low"], row["high"])
        has = not any(pd.isna(end) for end in ends)
        return Value(
            None if pd.isna(row["value"]) else float(row["value"]),
            Status(row["status"]),
            float(ends[0]) if has else None,
            float(ends[1]) if has else None,
            Reason(row["reason"]),
        )

    def row(
        self, indicator: str, grid: str, zone: str, year: str | None = None
    ) -> pd.Series | None:
        """Return the result row of one figure, None when it was not computed."""
        frame = self.frame
        kept = frame[
            (frame["indicator"] == indicator) & (frame["grid"] == grid) & (frame["zone"] == zone)
        ]
        if year is not None:
            kept = kept[kept["year"] == year]
        if kept.empty:
            return None
        with_value = kept[kept["value"].notna()]
        chosen = with_value if not with_value.empty and year is None else kept
        return chosen.sort_values("year").iloc[-1]

    def years(self, indicator: str) -> list[str]:
        """Return the years computed for an indicator, ascending."""
        return sorted(set(self.frame.loc[self.frame["indicator"] == indicator, "year"]))


def compute(
    context: Context,
    indicators: Iterable[Indicator],
    grids: Sequence[str],
    *,
    territory: Territory | None = None,
    keep: Mapping[str, Collection[str]] | None = None,
    work: Work | None = None,
) -> Results:
    """Compute indicators for every zone of the grids, and for a territory.

    Parameters
    ----------
    grids
        Grids of the reference geography, ``france`` included.
    territory
        Adds the grid ``territoire`` with one zone, its slug.
    keep
        Grid → the only zones whose results are kept.
    work
        Progress and cancellation.
    """
    work = work or Work()
    membership = context.geography.membership
    asked_grids = list(grids)
    if territory is not None:
        membership = with_territory(membership, territory)
        asked_grids.append("territoire")
    coverage = Coverage(
        context.parameters["zones.coverage.estimated_below"].latest,
        context.parameters["zones.coverage.absent_below"].latest,
    )
    level = context.parameters["zones.interval.level"].latest
    frames: list[dict[str, NDArray]] = []
    kept: dict[tuple[str, str, str], Components] = {}
    chosen = list(indicators)
    units = Units.of(membership, context.geography.population)
    if keep is not None:
        only = {grid: units.grids[grid].only(keep[grid]) for grid in keep if grid in units.grids}
        units = replace(units, grids=units.grids | only)
    for at, indicator in enumerate(chosen):
        work.step(at / max(len(chosen), 1), indicator.label_fr)
        for components in indicator.build(context):
            kept[indicator.id, components.year, components.vintage] = components
            aligned = align(components, units)
            for grid in asked_grids:
                if grid not in units.grids:
                    continue
                made = aggregate(aligned, units, grid, coverage, level=level)
                frames.append(_long(made, indicator.id, components, grid, context.geography.cog))
    frame = pd.DataFrame(
        {name: np.concatenate([part[name] for part in frames]) for name in RESULT_COLUMNS}
        if frames
        else {name: np.array([], dtype=object) for name in RESULT_COLUMNS}
    )
    return Results(frame, _asked(context, chosen, kept, territory), kept)


def with_territory(membership: pd.DataFrame, territory: Territory) -> pd.DataFrame:
    """Add a territory as a grid of one zone."""
    inside = membership["commune"].isin(territory.communes)
    return membership.assign(
        territoire=np.where(inside, territory.slug, None)  # type: ignore[call-overload]
    )


def _long(
    made: ZoneValues, indicator: str, components: Components, grid: str, cog: int
) -> dict[str, NDArray]:
    """Return the result columns of one grid, as arrays that are put together once at the end."""
    size = len(made)
    return {
        "grid": np.full(size, grid, dtype=object),
        "cog": np.full(size, cog),
        "zone": made.zones,
        "indicator": np.full(size, indicator, dtype=object),
        "year": np.full(size, components.year, dtype=object),
        "vintage": np.full(size, components.vintage, dtype=object),
        "value": made.value,
        "low": made.low,
        "high": made.high,
        "status": np.array([str(status) for status in made.status], dtype=object),
        "reason": np.array([str(reason) for reason in made.reason], dtype=object),
    }


def _asked(
    context: Context,
    indicators: Sequence[Indicator],
    kept: Mapping[tuple[str, str, str], Components],
    territory: Territory | None,
) -> Asked:
    sources: dict[str, str] = {}
    vintages: dict[str, set[str]] = {}
    for components in kept.values():
        for read in components.reads:
            sources[read.part.source] = read.part.sha256
            vintages.setdefault(read.part.table, set()).add(read.part.source)
    names = {name for indicator in indicators for name in indicator.parameters}
    names |= {
        "zones.coverage.estimated_below",
        "zones.coverage.absent_below",
        "zones.interval.level",
    }
    return Asked(
        territory=territory.slug if territory else "",
        lake=context.lake.version,
        sources=dict(sorted(sources.items())),
        vintages={table: tuple(sorted(found)) for table, found in sorted(vintages.items())},
        parameters={name: str(context.parameters[name].latest) for name in sorted(names)},
        version=__version__,
    )


def unfold(
    context: Context, components: Components, communes: Iterable[str]
) -> list[tuple[Read, pd.DataFrame]]:
    """Return the raw rows behind a figure: for each thing read, its rows for these communes.

    Parameters
    ----------
    communes
        Communes of the zone, in the reference geography; arrondissements are added by themselves.
    """
    asked = list(communes)
    asked += [part for code in asked for part in ARRONDISSEMENTS.get(code, ())]
    rows: list[tuple[Read, pd.DataFrame]] = []
    for read in components.reads:
        code = TABLES[read.part.table].geography
        where = dict(read.where)
        columns = list(read.columns)
        if code is not None:
            crosswalk = context.geography.crosswalk(read.part.cog or context.geography.cog)
            where[code] = sorted(set(crosswalk.sources(asked)["code_from"]))
            columns = [code, *columns]
        frame = context.lake.read(read.part, columns, where=where)
        rows.append((read, frame.assign(file=read.part.file)))
    return rows
