"""Travel times between demand and supply: one sparse, sorted, integer form for every engine."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from assemblier.compiled import njit, prange
from assemblier.errors import BadInput, Problem
from assemblier.measures.matching import distinct, missing, positions
from assemblier.measures.reading import (
    SECONDS_PER_MINUTE,
    Lines,
    absent_columns,
    as_numbers,
    bad_minutes,
    lines_of,
    repeated_pairs,
    unknown_places,
)

__all__ = ["SECONDS_PER_MINUTE", "TravelTimes"]

_NEAR_A_SECOND = 1e-6


@dataclass(frozen=True, slots=True)
class TravelTimes:
    """Times from origins (demand) to destinations (supply), as compressed sparse rows.

    Attributes
    ----------
    origins, destinations
        Identifiers, shape (n,) and (m,), unique.
    indptr
        Shape (n + 1,), int64: row i holds the pairs ``indptr[i]:indptr[i + 1]``.
    indices
        Shape (pairs,), int32: position of the destination; sorted and unique in each row.
    seconds
        Shape (pairs,), int32: whole seconds, so that bounds of a catchment are exact. A pair that
        is not stored is farther than ``limit`` or cannot be travelled.
    limit
        The search stopped at this many seconds (inclusive).
    engine
        What computed the times, with its vintage; printed beside every result.
    exact
        Shape (pairs,), float64, minutes as they were given, only where a table that was handed in
        holds fractions of a second; ``seconds`` is then rounded up, so that a whole bound keeps
        out what is beyond it.
    """

    origins: NDArray
    destinations: NDArray
    indptr: NDArray[np.int64]
    indices: NDArray[np.int32]
    seconds: NDArray[np.int32]
    limit: int
    engine: str
    exact: NDArray[np.float64] | None = None

    @property
    def pairs(self) -> int:
        """Number of stored pairs."""
        return int(self.indices.size)

    @property
    def minutes(self) -> NDArray[np.float64]:
        """Minutes of each stored pair, shape (pairs,)."""
        if self.exact is not None:
            return self.exact
        return self.seconds / float(SECONDS_PER_MINUTE)

    @classmethod
    def from_pairs(
        cls,
        origins: NDArray,
        destinations: NDArray,
        *,
        rows: ArrayLike,
        columns: ArrayLike,
        minutes: ArrayLike,
        limit: int | None = None,
        engine: str,
        file: str | None = None,
        lines: Lines | None = None,
    ) -> TravelTimes:
        """Build the sparse form from positions and minutes, in any order.

        Parameters
        ----------
        origins, destinations
            Identifiers, shape (n,) and (m,).
        rows, columns
            Positions of origin and destination of each pair, shape (pairs,).
        minutes
            Travel time of each pair, shape (pairs,), finite and not negative.
        limit
            Bound of the search, seconds; the longest time at hand where it is not told.
        engine
            What computed the times.
        file, lines
            Name of the file the pairs came from and the line of each, for messages.

        Raises
        ------
        BadInput
            Times missing, negative or too long; a pair given twice. All are listed at once.
        """
        row = np.ascontiguousarray(rows, dtype=np.int32)
        column = np.ascontiguousarray(columns, dtype=np.int32)
        time = np.ascontiguousarray(minutes, dtype=np.float64)
        told = Lines() if lines is None else lines
        problems = bad_minutes(time, told, file)
        if problems:
            raise BadInput(problems)
        indptr, order, is_sorted = _sorted_order(row, column, len(origins), len(destinations))
        if is_sorted:
            indices = column.copy()
        else:
            indices, time = column[order], time[order]
        twice = _first_repeats(indptr, indices)
        if twice.size:
            at = twice if is_sorted else order[twice]
            raise BadInput(
                repeated_pairs(origins[row[at]], destinations[column[at]], told[at], file)
            )
        seconds, whole = _to_seconds(time)
        return cls(
            origins=origins,
            destinations=destinations,
            indptr=indptr,
            indices=indices,
            seconds=seconds,
            limit=int(seconds.max(initial=0)) if limit is None else limit,
            engine=engine,
            exact=None if whole else (time.copy() if is_sorted else time),
        )

    @classmethod
    def from_table(
        cls,
        table: pd.DataFrame,
        *,
        origins: ArrayLike | None = None,
        destinations: ArrayLike | None = None,
        limit: int | None = None,
        engine: str = "tableau fourni",
        file: str | None = None,
    ) -> TravelTimes:
        """Read a table ``origin, destination, minutes``, one row for each pair, in any order.

        Parameters
        ----------
        table
            Origins–destinations; it is not changed.
        origins, destinations
            Identifiers wanted, in order (those of demand and supply); without them, those of the
            table in the order of first appearance.
        limit
            Bound of the search in seconds, where it is known.
        engine, file
            Name of what computed the times, and of the file, for messages.

        Raises
        ------
        BadInput
            A column is absent, an identifier is missing or unknown, a time is missing or negative,
            a pair is given twice.
        """
        absent = absent_columns(table, ["origin", "destination", "minutes"], file)
        if absent:
            raise BadInput(absent)
        lines = lines_of(table, file)
        problems: list[Problem] = []
        ends: list[tuple[NDArray, NDArray[np.int32]]] = []
        for name, wanted in (("origin", origins), ("destination", destinations)):
            known = distinct(table[name]) if wanted is None else np.asarray(wanted)
            known = known[~missing(known)] if wanted is None else known
            found = positions(known, table[name])
            problems += unknown_places(table[name], found, known, lines, file)
            ends.append((known, found))
        minutes = as_numbers(table["minutes"])
        problems += bad_minutes(minutes, lines, file, table["minutes"])
        if len(table) and all((found < 0).all() for _, found in ends):
            turned = [
                positions(ends[1][0], table["origin"]),
                positions(ends[0][0], table["destination"]),
            ]
            if all((found >= 0).all() for found in turned):
                raise BadInput(
                    Problem(
                        "les colonnes « origin » et « destination » semblent échangées",
                        file=file,
                        advice="« origin » est un lieu de la demande, « destination » de l’offre.",
                    )
                )
        if problems:
            pairs = table[["origin", "destination"]]
            again = (pairs.duplicated() & pairs.notna().all(axis=1)).to_numpy()
            problems += repeated_pairs(
                pairs["origin"][again], pairs["destination"][again], lines[again], file
            )
            raise BadInput(problems)
        return cls.from_pairs(
            ends[0][0],
            ends[1][0],
            rows=ends[0][1],
            columns=ends[1][1],
            minutes=minutes,
            limit=limit,
            engine=engine,
            file=file,
            lines=lines,
        )

    def to_table(self) -> pd.DataFrame:
        """Write ``origin, destination, minutes``, sorted by origin then destination."""
        rows = np.repeat(np.arange(len(self.origins)), np.diff(self.indptr))
        return pd.DataFrame(
            {
                "origin": self.origins[rows],
                "destination": self.destinations[self.indices],
                "minutes": self.minutes,
            }
        )

    def transpose(self) -> TravelTimes:
        """Return the same pairs by destination: destinations become the rows."""
        indptr, order = _transposed(self.indices, len(self.destinations))
        rows = np.repeat(np.arange(len(self.origins), dtype=np.int32), np.diff(self.indptr))
        return replace(
            self,
            origins=self.destinations,
            destinations=self.origins,
            indptr=indptr,
            indices=rows[order],
            seconds=self.seconds[order],
            exact=None if self.exact is None else self.exact[order],
        )

    def within(self, minutes: float) -> TravelTimes:
        """Keep the pairs of at most this many minutes (inclusive)."""
        kept = self.only(self.minutes <= minutes)
        return replace(kept, limit=min(self.limit, int(minutes * SECONDS_PER_MINUTE)))

    def only(self, kept: NDArray[np.bool_]) -> TravelTimes:
        """Keep some of the pairs, told by a mask of shape (pairs,); the bound stays."""
        before = np.concatenate(([0], np.cumsum(kept, dtype=np.int64)))
        return replace(
            self,
            indptr=before[self.indptr],
            indices=self.indices[kept],
            seconds=self.seconds[kept],
            exact=None if self.exact is None else self.exact[kept],
        )

    def aligned(self, origins: ArrayLike, destinations: ArrayLike) -> TravelTimes:
        """Return the same pairs on other lists of identifiers, in their order.

        An identifier of the new lists that has no time gets an empty row or column; one that has
        times must be in the new lists.

        Raises
        ------
        BadInput
            An identifier that has times is in neither list; all are listed.
        """
        wanted = np.asarray(origins), np.asarray(destinations)
        if _equal(self.origins, wanted[0]) and _equal(self.destinations, wanted[1]):
            return self
        row = positions(wanted[0], self.origins)
        column = positions(wanted[1], self.destinations)
        lengths = np.diff(self.indptr)
        used = np.zeros(len(self.destinations), dtype=np.bool_)
        used[self.indices] = True
        problems = [
            Problem(
                f"« {name} » a des temps de trajet mais n’est pas dans la table {which}",
                value=str(name),
                advice="Complétez cette table, ou retirez ces trajets.",
            )
            for which, unknown in (
                ("de la demande", self.origins[(row < 0) & (lengths > 0)]),
                ("de l’offre", self.destinations[(column < 0) & used]),
            )
            for name in unknown
        ]
        if problems:
            raise BadInput(problems)
        rows = np.repeat(row, lengths)
        columns = column[self.indices]
        indptr, order, is_sorted = _sorted_order(rows, columns, len(wanted[0]), len(wanted[1]))
        take: Any = slice(None) if is_sorted else order
        return replace(
            self,
            origins=wanted[0],
            destinations=wanted[1],
            indptr=indptr,
            indices=columns[take],
            seconds=self.seconds[take],
            exact=None if self.exact is None else self.exact[take],
        )


def _equal(one: NDArray, other: NDArray) -> bool:
    return one is other or (
        one.shape == other.shape
        and one.dtype.kind == other.dtype.kind
        and bool(np.array_equal(one, other))
    )


@njit(cache=True, parallel=True)
def _seconds_of(minutes: Any, near: float) -> Any:
    seconds = np.empty(minutes.size, dtype=np.int32)
    fractions = 0
    for pair in prange(minutes.size):
        exact = minutes[pair] * 60.0
        nearest = np.rint(exact)
        if abs(exact - nearest) <= near:
            seconds[pair] = np.int32(nearest)
        else:
            seconds[pair] = np.int32(np.ceil(exact))
            fractions += 1
    return seconds, fractions


def _to_seconds(minutes: NDArray[np.float64]) -> tuple[NDArray[np.int32], bool]:
    seconds, fractions = _seconds_of(minutes, _NEAR_A_SECOND)
    return seconds, fractions == 0


@njit(cache=True)
def _in_order(rows: Any, columns: Any) -> bool:
    for pair in range(1, rows.size):
        if rows[pair] < rows[pair - 1]:
            return False
        if rows[pair] == rows[pair - 1] and columns[pair] < columns[pair - 1]:
            return False
    return True


@njit(cache=True)
def _counting_sort(keys: Any, count: int, before: Any) -> Any:
    starts = np.zeros(count + 1, dtype=np.int64)
    for pair in range(keys.size):
        starts[keys[pair] + 1] += 1
    for key in range(count):
        starts[key + 1] += starts[key]
    order = np.empty(keys.size, dtype=np.int32)
    cursor = starts.copy()
    for at in range(keys.size):
        pair = before[at] if before.size else at
        key = keys[pair]
        order[cursor[key]] = pair
        cursor[key] += 1
    return starts, order


def _sorted_order(
    rows: NDArray[np.int32], columns: NDArray[np.int32], n: int, m: int
) -> tuple[NDArray[np.int64], NDArray[np.int32], bool]:
    """Return row starts, the order that sorts pairs, and whether they were sorted already."""
    none = np.empty(0, dtype=np.int32)
    if _in_order(rows, columns):
        starts = np.concatenate(([0], np.cumsum(np.bincount(rows, minlength=n), dtype=np.int64)))
        return starts, none, True
    by_column = none if _in_order(columns, np.zeros(1, np.int32).repeat(columns.size)) else None
    if by_column is None:
        _, by_column = _counting_sort(columns, m, none)
    starts, order = _counting_sort(rows, n, by_column)
    return starts, order, False


@njit(cache=True)
def _first_repeats(indptr: Any, indices: Any) -> Any:
    count = 0
    for row in range(indptr.size - 1):
        for pair in range(indptr[row] + 1, indptr[row + 1]):
            if indices[pair] == indices[pair - 1]:
                count += 1
    repeats = np.empty(count, dtype=np.int64)
    at = 0
    for row in range(indptr.size - 1):
        for pair in range(indptr[row] + 1, indptr[row + 1]):
            if indices[pair] == indices[pair - 1]:
                repeats[at] = pair
                at += 1
    return repeats


def _transposed(indices: NDArray[np.int32], m: int) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return column starts and the pairs in column order (rows stay sorted: the sort is stable)."""
    starts, order = _counting_sort(indices, m, np.empty(0, dtype=np.int32))
    return starts, order
