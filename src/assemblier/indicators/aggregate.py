"""Put communes together: from components to one row per zone, with status, reason and interval.

The rules are those of the declared columns: sums add up, means carry their weight, what a producer
publishes for a commune only is not averaged. How much of the population has a value decides
between *ok*, *estimated* and *absent*.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assemblier.indicators.components import Chance, Components, Kind
from assemblier.indicators.units import Aligned, Units
from assemblier.measures.intervals import poisson_interval, proportion_interval
from assemblier.values import Reason, Status, Value

__all__ = ["Coverage", "ZoneValues", "aggregate"]


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


@dataclass(frozen=True, slots=True)
class ZoneValues:
    """One figure per zone, as arrays of shape (n,) in the order of ``zones``.

    Attributes
    ----------
    zones
        Codes of the zones that hold at least one unit.
    value, low, high
        The figure and its interval; NaN where there is none.
    status, reason
        Values of :class:`~assemblier.values.Status` and :class:`~assemblier.values.Reason`.
    numerator, denominator
        The sums that the value is made of.
    coverage
        Share of the inhabitants who live where there is a value.
    """

    zones: NDArray
    value: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    status: NDArray
    reason: NDArray
    numerator: NDArray[np.float64]
    denominator: NDArray[np.float64]
    coverage: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.zones)

    def one(self, position: int) -> Value:
        """Return the figure of one zone."""
        ends = float(self.low[position]), float(self.high[position])
        has = not any(np.isnan(ends))
        value = float(self.value[position])
        return Value(
            None if np.isnan(value) else value,
            Status(self.status[position]),
            ends[0] if has else None,
            ends[1] if has else None,
            Reason(self.reason[position]),
        )


def aggregate(
    aligned: Aligned, units: Units, grid: str, coverage: Coverage, *, level: float = 0.95
) -> ZoneValues:
    """Put components together over one grid.

    Parameters
    ----------
    aligned
        Components laid on the units, see :func:`assemblier.indicators.units.align`.
    grid
        A grid of ``units``.
    level
        Level of the intervals.

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
    value = np.where(shown, value, np.nan)
    _published_levels(components, codes.labels, grid, (value, status, reason))
    low, high = _interval(components, value, sums, level)
    held = np.flatnonzero(sums.units > 0)
    return ZoneValues(
        codes.labels[held],
        value[held],
        low[held],
        high[held],
        status[held],
        reason[held],
        sums.numerator[held],
        sums.denominator[held],
        sums.coverage[held],
    )


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
    for flagged, why in (
        (aligned.local, Reason.LOCAL),
        (aligned.modelled, Reason.MODELLED),
        (aligned.estimated, Reason.CONVERTED),
    ):
        touched = np.zeros(size, dtype=bool)
        touched[zone[flagged[used]]] = True
        put((status == Status.OK) & touched, Status.ESTIMATED, why)
    put(sums.with_value == 0, Status.ABSENT, Reason.NOT_PUBLISHED)
    if components.kind is Kind.PUBLISHED:
        put(~single, Status.ABSENT, Reason.NOT_AGGREGABLE)
    # one unit alone keeps the reason its producer gave
    given = aligned.told[used] & single[zone]
    status[zone[given]] = aligned.status[used[given]]
    reason[zone[given]] = aligned.reason[used[given]]
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


def _published_levels(
    components: Components, labels: NDArray, grid: str, into: tuple[NDArray, NDArray, NDArray]
) -> None:
    """Put the values that the producer publishes itself at this level."""
    published = components.levels.get(grid)
    if published is None:
        return
    known = published.dropna().reindex(labels).to_numpy(np.float64)
    there = ~np.isnan(known)
    value, status, reason = into
    value[there] = known[there]
    status[there] = Status.OK
    reason[there] = Reason.NO_ERROR_PUBLISHED


def _interval(
    components: Components, value: NDArray[np.float64], sums: _Sums, level: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    low, high = np.full(len(value), np.nan), np.full(len(value), np.nan)
    if components.chance is Chance.NONE:
        return low, high
    shown = ~np.isnan(value) & ~np.isnan(sums.numerator)
    count, total = sums.numerator[shown], sums.denominator[shown]
    if components.chance is Chance.PROPORTION:
        ends = proportion_interval(count, total, level)
        per = np.full(len(count), components.scale)
    else:
        ends = poisson_interval(count, level)
        per = np.ones(len(count))
        if components.kind is not Kind.COUNT:
            per = components.scale / total
    low[shown], high[shown] = ends.low * per, ends.high * per
    return low, high
