"""Indicators under each perimeter, and what one commune or one intercommunalité more or less does.

A choice of perimeter is a choice of figures. Each indicator is computed again, by the rules of its
declared column, over every perimeter that the territory could have; the spread is told over the
perimeters that share most of their inhabitants with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from assemblier.blocks import Inline
from assemblier.declarations import Indicator
from assemblier.indicators.aggregate import Coverage, ZoneValues, aggregate
from assemblier.indicators.components import Components, Kind
from assemblier.indicators.context import Context
from assemblier.indicators.units import Aligned, Units, align
from assemblier.language import THIN, number
from assemblier.perimeters.bench import SUPPOSED, Perimeter
from assemblier.values import Reason, Status, Value

__all__ = [
    "Change",
    "IndicatorBench",
    "PerimeterValue",
    "influence",
    "latest_components",
    "spread_pieces",
    "values_under",
]


@dataclass(frozen=True, slots=True)
class PerimeterValue:
    """An indicator under one perimeter; ``comparable`` when it counts in the spread."""

    perimeter: str
    label: str
    value: Value
    comparable: bool


@dataclass(frozen=True, slots=True)
class Change:
    """What an indicator becomes when a commune or an intercommunalité is added or taken away.

    Attributes
    ----------
    kind
        ``commune`` or ``epci``.
    way
        ``ajout``, ``retrait``, or ``complément``: what lies outside of a member comes in.
    value
        The indicator afterwards.
    change
        Afterwards minus before.
    """

    kind: str
    way: str
    code: str
    name: str
    value: float
    change: float


@dataclass(frozen=True, slots=True)
class IndicatorBench:
    """One indicator under every perimeter.

    Attributes
    ----------
    own
        Value under the territory as it was asked for.
    values
        One per perimeter, the territory first.
    low, high
        Least and greatest value over the comparable perimeters, None when fewer than two have one.
    changes
        The most influential additions and withdrawals, the largest change first.
    """

    indicator: str
    label: str
    unit: str
    decimals: int
    year: str
    own: Value
    values: tuple[PerimeterValue, ...]
    low: PerimeterValue | None
    high: PerimeterValue | None
    changes: tuple[Change, ...]

    @property
    def sentence(self) -> str:
        """``Le choix du périmètre fait passer … de a à b``, empty without a spread."""
        return "".join(str(piece) for piece in spread_pieces(self, lambda _value, text: text))


@dataclass(frozen=True, slots=True)
class _Prepared:
    """Indicator with its latest components, laid on the units."""

    indicator: Indicator
    components: Components
    aligned: Aligned


def latest_components(
    context: Context,
    indicators: Iterable[Indicator],
    units: Units,
    inside: NDArray[np.bool_],
) -> list[_Prepared]:
    """Lay each indicator's latest year that has a value in the territory on the units.

    Parameters
    ----------
    inside
        Units of the territory, shape (n,).
    """
    found: list[_Prepared] = []
    for indicator in indicators:
        best: Components | None = None
        for components in indicator.build(context):
            held = components.frame["numerator"].dropna().index
            here = units.index[inside].isin(held).any()
            if here and (best is None or components.year > best.year):
                best = components
        if best is not None:
            found.append(_Prepared(indicator, best, align(best, units)))
    return found


def values_under(
    prepared: Sequence[_Prepared],
    perimeters: Sequence[Perimeter],
    membership: pd.DataFrame,
    population: pd.Series,
    *,
    coverage: Coverage,
    level: float,
    comparable_from: float,
    changes: Mapping[str, tuple[Change, ...]] | None = None,
) -> tuple[IndicatorBench, ...]:
    """Compute indicators under each perimeter.

    Parameters
    ----------
    prepared
        What :func:`latest_components` gave.
    membership
        Unit → commune, see ``Geography.membership``.
    comparable_from
        Least overlap with the territory for a perimeter to count in the spread.
    changes
        Indicator → its most influential changes.
    """
    columns = pd.DataFrame(index=membership.index)
    columns["arm"] = membership["arm"]
    columns["commune"] = membership["commune"]
    for perimeter in perimeters:
        held = membership["commune"].isin(perimeter.communes)
        columns[perimeter.id] = np.where(held, "x", None)  # type: ignore[call-overload]
    units = Units.of(columns, population)
    found: list[IndicatorBench] = []
    for one in prepared:
        values = []
        for perimeter in perimeters:
            made = aggregate(one.aligned, units, perimeter.id, coverage, level=level)
            values.append(
                PerimeterValue(
                    perimeter.id,
                    perimeter.label,
                    _value(made),
                    perimeter.overlap >= comparable_from and perimeter.rule != SUPPOSED,
                )
            )
        found.append(_bench(one, values, (changes or {}).get(one.indicator.id, ())))
    return tuple(found)


def _value(made: ZoneValues) -> Value:
    return made.one(0) if len(made) else Value(None, Status.ABSENT, reason=Reason.NO_SOURCE)


def _bench(
    one: _Prepared, values: Sequence[PerimeterValue], changes: tuple[Change, ...]
) -> IndicatorBench:
    known = [each for each in values if each.comparable and each.value.value is not None]
    low = high = None
    if len(known) > 1:
        low = min(known, key=lambda each: (each.value.value, each.perimeter))
        high = max(known, key=lambda each: (each.value.value, each.perimeter))
    indicator = one.indicator
    return IndicatorBench(
        indicator=indicator.id,
        label=indicator.label_fr,
        unit=indicator.unit,
        decimals=indicator.decimals,
        year=one.components.year,
        own=values[0].value,
        values=tuple(values),
        low=low,
        high=high,
        changes=changes,
    )


def spread_pieces(
    one: IndicatorBench, told: Callable[[PerimeterValue, str], Inline]
) -> tuple[Inline, ...]:
    """Say how far the choice of a perimeter moves an indicator; empty without a spread.

    Parameters
    ----------
    told
        Makes each number of the sentence from its value and its text.
    """
    low, high = one.low, one.high
    if low is None or high is None or low.value.value is None or high.value.value is None:
        return ()
    label = f"« {one.label} »"
    percents = one.unit.startswith("%")
    beside = f"{THIN}{one.unit}" if percents else ""
    texts = [number(each.value.value or 0.0, one.decimals) + beside for each in (low, high)]
    unit = f" {one.unit}" if one.unit and not percents else ""
    if texts[0] == texts[1]:
        return (f"Le choix du périmètre ne change pas {label} : ", told(low, texts[0]), f"{unit}.")
    said: tuple[Inline, ...] = (
        f"Le choix du périmètre fait passer {label} de ",
        told(low, texts[0]),
        f" ({low.label}) à ",
        told(high, texts[1]),
        f" ({high.label}){f' ; unité :{unit}' if unit else ''}.",
    )
    ends = (low.value.high, high.value.low)
    if ends[0] is not None and ends[1] is not None and ends[0] >= ends[1]:
        said += (" Les intervalles se recouvrent : l’écart n’est pas établi.",)
    return said


def influence(
    one: _Prepared,
    inside: NDArray[np.bool_],
    groups: Mapping[str, Mapping[str, tuple[str, NDArray[np.bool_]]]],
    *,
    people: NDArray[np.float64],
    comparable_from: float,
    most: int,
) -> tuple[Change, ...]:
    """Find the communes and intercommunalités whose coming or going changes an indicator most.

    Parameters
    ----------
    one
        Indicator laid on the units.
    inside
        Units of the territory, shape (n,).
    groups
        Kind → code → ``(name, units)``. A group inside loses its part of the territory, or gains
        what lies outside; one that is not is added whole.
    people
        Inhabitants of the units, shape (n,).
    comparable_from
        Changes that leave less overlap than this with the territory make another territory and
        are left aside.
    most
        How many changes are kept of each kind and way.

    Returns
    -------
    tuple of Change
        Empty for what is not aggregable.
    """
    components = one.components
    if components.kind is Kind.PUBLISHED:
        return ()
    top, bottom, used = _sums(one.aligned)
    aligned_whole = one.aligned.whole
    before = _combined(components, *_totals(top, bottom, used & inside))
    if before is None:
        return ()
    changes: list[Change] = []
    for kind, members in groups.items():
        for way in ("retrait", "complément", "ajout"):
            made = []
            for code, (name, units) in members.items():
                own = bool((units & inside).any())
                if own == (way == "ajout") or (way == "complément" and not (units & ~inside).any()):
                    continue
                after = (inside & ~units) if way == "retrait" else (inside | units)
                if not _near(
                    people, inside & aligned_whole, after & aligned_whole, comparable_from
                ):
                    continue
                value = _combined(components, *_totals(top, bottom, used & after))
                if value is None:
                    continue
                made.append(Change(kind, way, code, name, value, value - before))
            made.sort(key=lambda each: (-abs(each.change), each.code))
            changes += [each for each in made[:most] if each.change != 0]
    return tuple(sorted(changes, key=lambda each: (-abs(each.change), each.kind, each.code)))


def _near(people: NDArray, one: NDArray[np.bool_], other: NDArray[np.bool_], least: float) -> bool:
    either = float(people[one | other].sum())
    return either > 0 and float(people[one & other].sum()) >= least * either


def _sums(aligned: Aligned) -> tuple[NDArray, NDArray, NDArray[np.bool_]]:
    has = ~np.isnan(aligned.numerator)
    kind = aligned.components.kind
    if kind in {Kind.RATIO, Kind.MEAN, Kind.GROWTH}:
        has &= ~np.isnan(aligned.denominator)
    top = aligned.numerator * aligned.denominator if kind is Kind.MEAN else aligned.numerator
    return np.where(has, top, 0.0), np.nan_to_num(aligned.denominator), has & aligned.whole


def _totals(top: NDArray, bottom: NDArray, held: NDArray[np.bool_]) -> tuple[float, float, int]:
    return float(top[held].sum()), float(bottom[held].sum()), int(held.sum())


def _combined(components: Components, top: float, bottom: float, count: int) -> float | None:
    if count == 0:
        return None
    if components.kind is Kind.COUNT:
        return top
    if bottom <= 0:
        return None
    if components.kind is Kind.GROWTH:
        return 100.0 * ((top / bottom) ** (1.0 / components.years) - 1.0) if top > 0 else None
    return (1.0 if components.kind is Kind.MEAN else components.scale) * top / bottom
