"""The units that zones are made of, numbered once so that sums over grids are sums over arrays."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from assemblier.indicators.components import Components, Kind
from assemblier.values import Reason, Status

__all__ = ["Aligned", "GridCodes", "Units", "align"]

BOROUGH_GRIDS = ("arm", "tvs2019")
"""Grids whose zones may be smaller than Paris, Lyon or Marseille."""


@dataclass(frozen=True, slots=True)
class GridCodes:
    """A grid over the units: ``zone[i]`` is a position in ``labels``, -1 in no zone."""

    labels: NDArray
    zone: NDArray[np.int64]

    def only(self, zones: Collection[str]) -> GridCodes:
        """Return the grid with these zones alone; the units of the others are in no zone."""
        kept = pd.Index(self.labels).isin(list(zones))
        place = np.where(kept, np.cumsum(kept) - 1, -1)
        return GridCodes(
            self.labels[kept], np.where(self.zone >= 0, place[self.zone], -1).astype(np.int64)
        )


@dataclass(frozen=True)
class Units:
    """Communes and municipal arrondissements of the reference geography, in a fixed order.

    Attributes
    ----------
    index
        Codes, n of them.
    borough
        Whether a unit is an arrondissement, shape (n,).
    city
        Position of the city of an arrondissement, of the commune itself else, shape (n,).
    people
        Inhabitants, shape (n,); those of a city shared evenly between its arrondissements.
    grids
        Grid → codes.
    """

    index: pd.Index
    borough: NDArray[np.bool_]
    city: NDArray[np.int64]
    people: NDArray[np.float64]
    grids: dict[str, GridCodes]

    @classmethod
    def of(cls, membership: pd.DataFrame, population: pd.Series) -> Units:
        """Number the units of a membership table (see ``Geography.membership``)."""
        index = pd.Index(membership.index.to_numpy(object), dtype=object)
        borough = membership["arm"].notna().to_numpy(bool)
        city = index.get_indexer(pd.Index(membership["commune"].to_numpy(object), dtype=object))
        known = pd.Series(population.to_numpy(np.float64), index=population.index.astype(object))
        people = known.reindex(index).to_numpy(np.float64)
        count = np.bincount(city[borough], minlength=len(index))
        people = np.where(borough, people[city] / np.maximum(count[city], 1), people)
        grids = {}
        for grid in membership.columns:
            zone, labels = pd.factorize(membership[grid].to_numpy(object), sort=True)
            grids[grid] = GridCodes(np.asarray(labels, dtype=object), zone.astype(np.int64))
        return cls(index, borough, city.astype(np.int64), np.nan_to_num(people), grids)


@dataclass(frozen=True, slots=True)
class Aligned:
    """Components laid on the units.

    Attributes
    ----------
    numerator, denominator, status, reason
        As in the components, shape (n,); ``None`` where no status was given.
    spread
        Zone that the source speaks of, -1 in none.
    whole, parts
        Units used by grids of communes, arrondissements folded into their city; by grids of
        arrondissements.
    estimated, modelled, local
        Units whose value is estimated; by a model; by what people of the place told.
    told
        Units that keep what their producer said of them: why they have no value, or that nobody
        reaches them, which is a zero that says so.
    """

    components: Components
    numerator: NDArray[np.float64]
    denominator: NDArray[np.float64]
    status: NDArray
    reason: NDArray
    spread: NDArray[np.int64] | None
    whole: NDArray[np.bool_]
    parts: NDArray[np.bool_]
    estimated: NDArray[np.bool_]
    modelled: NDArray[np.bool_]
    local: NDArray[np.bool_]
    told: NDArray[np.bool_]

    def used(self, grid: str) -> NDArray[np.bool_]:
        """Return the mask of the units that make this grid."""
        return self.parts if grid in BOROUGH_GRIDS else self.whole


def align(components: Components, units: Units) -> Aligned:
    """Lay components on the units, fold arrondissements, fill the zeros of complete sources."""
    frame = components.frame
    at = units.index.get_indexer(frame.index.astype(object))
    inside = at >= 0
    numerator = _laid(frame, "numerator", at, inside, len(units.index))
    denominator = _laid(frame, "denominator", at, inside, len(units.index))
    status = _flags(frame, "status", Status, at, len(units.index))
    reason = _flags(frame, "reason", Reason, at, len(units.index))
    with_value = ~np.isnan(numerator)
    split = np.zeros(len(units.index), dtype=bool)
    split[units.city[units.borough & with_value]] = True
    folded = _fold(components, units, numerator, denominator, split)
    for city in folded:
        # a city is estimated as soon as one of its parts is
        boroughs = np.flatnonzero(units.borough & (units.city == city))
        for flags in (status, reason):
            said = [flag for flag in flags[boroughs] if flag]
            flags[city] = said[0] if said else flags[city]
    if components.complete:
        empty = np.isnan(numerator)
        if "status" in frame:
            empty &= pd.isna(status)
        empty &= ~(units.borough & ~split[units.city])
        numerator[empty] = 0.0
    spread = None
    if components.spread is not None:
        home = components.spread
        where = units.index.get_indexer(pd.Index(home.index.to_numpy(object), dtype=object))
        codes, _ = pd.factorize(home.to_numpy(object))
        spread = np.full(len(units.index), -1, dtype=np.int64)
        spread[where[where >= 0]] = codes[where >= 0]
    # most sources say nothing beside their values: no need to look at every unit
    estimated = told = modelled = local = np.zeros(len(units.index), dtype=bool)
    if "status" in frame:
        estimated = status == Status.ESTIMATED
        modelled = estimated & (reason == Reason.MODELLED)
        local = estimated & (reason == Reason.LOCAL)
        told = (status == Status.UNREACHABLE) & (numerator == 0)
    if "reason" in frame:
        told = told | (np.isnan(numerator) & ~pd.isna(reason))
    return Aligned(
        components,
        numerator,
        denominator,
        status,
        reason,
        spread,
        whole=~units.borough,
        parts=np.where(units.borough, split[units.city], ~split),
        estimated=estimated,
        modelled=modelled,
        local=local,
        told=told,
    )


def _laid(
    frame: pd.DataFrame, name: str, at: NDArray, inside: NDArray, size: int
) -> NDArray[np.float64]:
    laid = np.full(size, np.nan)
    if name in frame:
        laid[at[inside]] = frame[name].to_numpy(np.float64, na_value=np.nan)[inside]
    return laid


def _flags(frame: pd.DataFrame, name: str, kind: type[StrEnum], at: NDArray, size: int) -> NDArray:
    """Lay a column of statuses or reasons on the units, ``None`` where nothing is said."""
    laid = np.full(size, None, dtype=object)
    if name in frame:
        codes, said = pd.factorize(frame[name].to_numpy(object))
        members = np.array([*(kind(each) for each in said), None], dtype=object)
        laid[at[at >= 0]] = members[codes[at >= 0]]
    return laid


def _fold(
    components: Components,
    units: Units,
    numerator: NDArray[np.float64],
    denominator: NDArray[np.float64],
    split: NDArray[np.bool_],
) -> NDArray[np.intp]:
    """Give a city the sum, or the mean, of its arrondissements where it has no row of its own."""
    if components.kind is Kind.PUBLISHED:
        return np.empty(0, dtype=np.intp)
    cities = np.flatnonzero(split & np.isnan(numerator))
    for city in cities:
        own = units.borough & (units.city == city) & ~np.isnan(numerator)
        if components.kind is Kind.MEAN:
            weight = denominator[own].sum()
            numerator[city] = (numerator[own] * denominator[own]).sum() / weight
            denominator[city] = weight
        else:
            numerator[city] = numerator[own].sum()
            if np.isnan(denominator[city]):
                denominator[city] = denominator[own].sum()
    return cities
