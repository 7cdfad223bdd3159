"""Put communes together: from components to one row per zone, with status, reason and interval.

The rules are those of the declared columns: sums add up, means carry their weight, what a producer
publishes for a commune only is not averaged. How much of the population has a value decides
between *ok*, *estimated* and *absent*.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from assemblier.indicators.components import Chance, Components, Kind
from assemblier.indicators.units import Aligned, Units
from assemblier.measures.intervals import poisson_interval, proportion_interval
from assemblier.values import Reason, Status

__all__ = ["Coverage", "aggregate"]


@dataclass(frozen=True, slots=True)
class Coverage:
    """Shares of the population under which a zone's value is estimated, then absent."""

    estimated_below: float
    absent_below: float


@dataclass(frozen=True, slots=True)
class _Sums:
    """Sums by zone: what the values are made of, and how much of the zone they cover."""

    numerator: NDArray[np.float64]
    denominator: NDArray[np.float64]
    plain: NDArray[np.float64]
    units: NDArray[np.int64]
    with_value: NDArray[np.int64]
    coverage: NDArray[np.float64]


def aggregate(
    aligned: Aligned, units: Units, grid: str, coverage: Coverage, *, level: float = 0.95
) -> pd.DataFrame:
    """Put components together over one grid.

    Parameters
    ----------
    aligned
        Components laid on the units, see :func:`assemblier.indicators.units.align`.
    grid
        A grid of ``units``.
    level
        Level of the intervals.

    Returns
    -------
    DataFrame
        Indexed by zone: ``value, low, high, status, reason, numerator, denominator, coverage``.
    """
    components = aligned.components
    codes = units.grids[grid]
    used = np.flatnonzero(aligned.used(grid) & (codes.zone >= 0))
    zone = codes.zone[used]
    size = len(codes.labels)
    sums = _sums(aligned, units, used, zone, size)
    value = _value(components, sums)
    status, reason = _status(aligned, used, zone, size, sums, value, coverage)
    shown = (status == Status.OK) | (status == Status.ESTIMATED)
    shown |= (status == Status.UNREACHABLE) & (value == 0)
    result = pd.DataFrame(
        {
            "value": np.where(shown, value, np.nan),
            "low": np.nan,
            "high": np.nan,
            "status": status,
            "reason": reason,
            "numerator": sums.numerator,
            "denominator": sums.denominator,
            "coverage": sums.coverage,
        },
        index=pd.Index(codes.labels, dtype=object),
    )
    _published_levels(components, result, grid)
    _interval(components, result, level)
    return result[sums.units > 0]


def _sums(aligned: Aligned, units: Units, used: NDArray, zone: NDArray, size: int) -> _Sums:
    numerator, denominator = aligned.numerator[used], aligned.denominator[used]
    has = ~np.isnan(numerator)
    if aligned.components.kind in {Kind.RATIO, Kind.MEAN, Kind.GROWTH}:
        has &= ~np.isnan(denominator)
    top = numerator * denominator if aligned.components.kind is Kind.MEAN else numerator
    people = units.people[used]

    def by_zone(values: NDArray) -> NDArray[np.float64]:
        return np.bincount(zone, weights=np.where(has, values, 0.0), minlength=size).astype(
            np.float64
        )

    count = np.bincount(zone, minlength=size)
    with_value = np.bincount(zone[has], minlength=size)
    everyone = np.bincount(zone, weights=people, minlength=size)
    with np.errstate(invalid="ignore", divide="ignore"):
        # a zone without inhabitants is covered by its number of communes
        share = np.where(everyone > 0, by_zone(people) / everyone, with_value / count)
    share = np.where(with_value == count, 1.0, share)
    nothing = with_value == 0
    return _Sums(
        np.where(nothing, np.nan, by_zone(top)),
        np.where(nothing, np.nan, by_zone(np.nan_to_num(denominator))),
        by_zone(np.nan_to_num(numerator)),
        count,
        with_value,
        np.nan_to_num(share),
    )


def _value(components: Components, sums: _Sums) -> NDArray[np.float64]:
    if components.kind is Kind.COUNT:
        return sums.numerator
    if components.kind is Kind.PUBLISHED:
        return np.where(sums.units == 1, sums.numerator, np.nan)
    positive = np.where(sums.denominator > 0, sums.denominator, np.nan)
    if components.kind is Kind.GROWTH:
        ratio = np.where(sums.numerator > 0, sums.numerator / positive, np.nan)
        return 100.0 * (ratio ** (1.0 / components.years) - 1.0)
    if components.kind is Kind.MEAN:
        # the mean of one commune is what was published for it, to the last digit
        return np.where(sums.with_value == 1, sums.plain, sums.numerator / positive)
    return components.scale * sums.numerator / positive


def _status(
    aligned: Aligned,
    used: NDArray,
    zone: NDArray,
    size: int,
    sums: _Sums,
    value: NDArray,
    coverage: Coverage,
) -> tuple[NDArray, NDArray]:
    components = aligned.components
    status = np.full(size, Status.OK, dtype=object)
    reason = np.full(size, _plain_reason(components), dtype=object)

    def put(where: NDArray, how: Status, why: Reason) -> None:
        status[where] = how
        reason[where] = why

    share = sums.coverage
    single = sums.units == 1
    partial = share < (1.0 if components.kind is Kind.COUNT else coverage.estimated_below)
    put(partial, Status.ESTIMATED, Reason.PARTIAL_COVERAGE)
    limit = coverage.estimated_below if components.kind is Kind.COUNT else coverage.absent_below
    put(share < limit, Status.ABSENT, Reason.LOW_COVERAGE)
    if aligned.spread is not None:
        cut = _cut(aligned.spread, used, zone, size, aligned)
        put((status == Status.OK) & cut, Status.ESTIMATED, Reason.CONVERTED)
    estimated = aligned.status[used] == Status.ESTIMATED
    for where, why in (
        (estimated & (aligned.reason[used] == Reason.MODELLED), Reason.MODELLED),
        (estimated, Reason.CONVERTED),
    ):
        touched = np.zeros(size, dtype=bool)
        touched[zone[where]] = True
        put((status == Status.OK) & touched, Status.ESTIMATED, why)
    put(sums.with_value == 0, Status.ABSENT, Reason.NOT_PUBLISHED)
    if components.kind is Kind.PUBLISHED:
        put(~single, Status.ABSENT, Reason.NOT_AGGREGABLE)
    # one unit alone keeps the reason its producer gave
    given = np.isnan(aligned.numerator[used]) & ~pd.isna(aligned.reason[used])
    # an opportunity that nobody reaches is a zero that says so
    given |= (aligned.status[used] == Status.UNREACHABLE) & (aligned.numerator[used] == 0)
    given &= single[zone]
    status[zone[given]] = aligned.status[used][given]
    reason[zone[given]] = aligned.reason[used][given]
    lost = np.isnan(value) & ((status == Status.OK) | (status == Status.ESTIMATED))
    put(lost, Status.ABSENT, Reason.ZERO_DENOMINATOR)
    return status, reason


def _plain_reason(components: Components) -> Reason:
    """Why a published value has no interval; none where it gets one."""
    if components.chance is not Chance.NONE:
        return Reason.NONE
    if components.kind in {Kind.COUNT, Kind.RATIO, Kind.GROWTH}:
        return Reason.EXHAUSTIVE
    return Reason.NO_ERROR_PUBLISHED


def _cut(
    spread: NDArray, used: NDArray, zone: NDArray, size: int, aligned: Aligned
) -> NDArray[np.bool_]:
    """Tell the zones that hold only a part of a zone of the source."""
    source = spread[used]
    known = source >= 0
    total = np.bincount(spread[(spread >= 0) & aligned.parts])
    keys, inside = np.unique(source[known] * size + zone[known], return_counts=True)
    partial = inside < total[keys // size]
    cut = np.zeros(size, dtype=bool)
    cut[(keys % size)[partial]] = True
    return cut


def _published_levels(components: Components, result: pd.DataFrame, grid: str) -> None:
    """Put the values that the producer publishes itself at this level."""
    published = components.levels.get(grid)
    if published is None:
        return
    known = published.dropna()
    known = known[known.index.isin(result.index)]
    result.loc[known.index, "value"] = known.to_numpy(np.float64)
    result.loc[known.index, "status"] = Status.OK
    result.loc[known.index, "reason"] = Reason.NO_ERROR_PUBLISHED


def _interval(components: Components, result: pd.DataFrame, level: float) -> None:
    if components.chance is Chance.NONE:
        return
    shown = (result["value"].notna() & result["numerator"].notna()).to_numpy()
    count = result["numerator"].to_numpy(np.float64)[shown]
    if components.chance is Chance.PROPORTION:
        total = result["denominator"].to_numpy(np.float64)[shown]
        ends = proportion_interval(count, total, level)
        low, high = components.scale * ends.low, components.scale * ends.high
    else:
        ends = poisson_interval(count, level)
        per = np.ones(len(count))
        if components.kind is not Kind.COUNT:
            per = components.scale / result["denominator"].to_numpy(np.float64)[shown]
        low, high = ends.low * per, ends.high * per
    result.loc[shown, "low"] = low
    result.loc[shown, "high"] = high
