"""Statistical secrecy: small counts are hidden, and others so that nobody can work them out.

A table is a list of cells tied by relations, each saying that a cell is the sum of others: totals,
nested zones, zones of an earlier edition. A reader knows what is published, the relations, and that
counts are not negative. By linear programming, the least and the most that each hidden cell may be
are found; a table is safe when that range is at least the threshold for every hidden cell.

The program does not tell which cells were hidden for themselves and which for the others: knowing
that a cell is under the threshold would narrow its range.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from assemblier.errors import BadInput, Problem, Refused

__all__ = [
    "Protection",
    "Range",
    "Relation",
    "attack",
    "primary",
    "protect",
    "rounded",
]

_TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True)
class Relation:
    """The cell ``total`` is the sum of the cells ``parts``."""

    total: str
    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Range:
    """Least and most that each cell may be to a reader, shape (n,); infinite where unbounded."""

    ids: tuple[str, ...]
    low: NDArray[np.float64]
    high: NDArray[np.float64]

    @property
    def width(self) -> NDArray[np.float64]:
        """How wide each range is, shape (n,)."""
        return self.high - self.low


@dataclass(frozen=True, slots=True)
class Protection:
    """Which cells are hidden, and what a reader can still work out.

    Attributes
    ----------
    ids
        Cells, in the order given.
    hidden
        Shape (n,), bool: what must not be published.
    primary
        Shape (n,), bool: the part of it that is under the threshold. Never publish this column.
    range
        Least and most of each cell to a reader; a published cell has no width.
    threshold
        Counts from 1 to ``threshold − 1`` are secret, and hidden ranges are this wide at least.
    """

    ids: tuple[str, ...]
    hidden: NDArray[np.bool_]
    primary: NDArray[np.bool_]
    range: Range
    threshold: float


def primary(counts: ArrayLike, threshold: float, *, hide_zero: bool = False) -> NDArray[np.bool_]:
    """Say which counts are under the threshold, shape (n,).

    Parameters
    ----------
    counts
        Zero or more, shape (n,).
    threshold
        The smallest count that may be published (11, say).
    hide_zero
        Whether a zero is secret too; most producers publish it.
    """
    count = np.asarray(counts, dtype=np.float64)
    return (count < threshold) & ((count > 0) | hide_zero)


def rounded(counts: ArrayLike, base: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Round counts to a base, halves up.

    Returns
    -------
    The rounded counts, and half the width of what a reader then knows (``base / 2``), shape (n,).
    """
    count = np.asarray(counts, dtype=np.float64)
    if not base > 0:
        raise BadInput(
            Problem("la base d’arrondi est inutilisable", value=str(base), allowed="> 0")
        )
    return np.floor(count / base + 0.5) * base, np.full(count.shape, base / 2.0)


def attack(
    ids: Sequence[str],
    low: ArrayLike,
    high: ArrayLike,
    relations: Sequence[Relation],
    *,
    of: Collection[str] | None = None,
) -> Range:
    """Find the least and the most of each cell that agree with what is published.

    Parameters
    ----------
    ids
        Cells.
    low, high
        What is published of each, shape (n,): equal for an exact figure, 0 and infinity for a
        hidden one, both ends of a rounded one.
    relations
        Sums that hold between the true counts.
    of
        Cells to attack; all whose ends differ without it.

    Returns
    -------
    Range
        By linear programming: counts may be fractions, so a range is never told too narrow.

    Raises
    ------
    BadInput
        What is published contradicts the relations, or a relation names an unknown cell.
    """
    names = tuple(ids)
    known_low = np.array(low, dtype=np.float64)
    known_high = np.array(high, dtype=np.float64)
    rows = _rows(names, relations)
    wanted = np.flatnonzero(known_high > known_low)
    if of is not None:
        asked = set(of)
        wanted = np.array([at for at in wanted if names[at] in asked], dtype=np.int64)
    reader = _Reader(known_low, known_high, rows)
    found_low, found_high = known_low.copy(), known_high.copy()
    for cell in wanted:
        found_low[cell], found_high[cell] = reader.ends(int(cell))
    return Range(names, found_low, found_high)


def protect(
    counts: Mapping[str, float],
    relations: Sequence[Relation],
    threshold: float,
    *,
    published: Collection[str] = (),
    weights: Mapping[str, float] | None = None,
    hide_zero: bool = False,
) -> Protection:
    """Hide the small counts, and as little else as keeps them from being worked out.

    Parameters
    ----------
    counts
        True count of each cell.
    relations
        Sums that hold between them: totals, nested zones, zones of an earlier edition.
    threshold
        As in :func:`primary`; also the least width of the range of a hidden cell.
    published
        Cells that are public already, in an earlier edition for instance: they cannot be hidden.
    weights
        What hiding each cell costs; its count without it.
    hide_zero
        Whether zeros are secret.

    Returns
    -------
    Protection
        Verified: every hidden cell has a range of at least ``threshold``.

    Raises
    ------
    BadInput
        A count is missing or negative, a relation does not hold or names an unknown cell.
    Refused
        No choice of cells can protect a small count, since too much is public already.

    Notes
    -----
    Cells to hide are found one small count at a time by the linear programme of Kelly, Golden &
    Assad 1992 (10.1002/net.3230220407), then those that prove needless are shown again.
    """
    names = tuple(counts)
    value = np.array([counts[name] for name in names], dtype=np.float64)
    rows = _checked(names, value, relations)
    locked = np.array([name in set(published) for name in names], dtype=np.bool_)
    small = primary(value, threshold, hide_zero=hide_zero)
    if (small & locked).any():
        raise Refused(
            "Ces petits effectifs sont déjà publiés et ne peuvent être protégés : "
            + ", ".join(names[at] for at in np.flatnonzero(small & locked))
        )
    cost = np.array(
        [max(value[at], 1.0) if weights is None else weights[name] for at, name in enumerate(names)]
    )
    hidden = small.copy()
    while True:
        narrow = _narrow(value, hidden, rows, threshold)
        if not narrow:
            break
        before = int(hidden.sum())
        for cell in narrow:
            more = _hide_more(cell, value, hidden, locked, cost, rows, threshold)
            if more is None:
                raise Refused(
                    f"L’effectif « {names[cell]} » ne peut être protégé : trop de sommes qui le "
                    "contiennent sont déjà publiées. Regroupez des zones ou retirez un total."
                )
            # none where the cells hidden for the one before suffice
            hidden |= more
        if int(hidden.sum()) == before:
            raise Refused(
                "Ces effectifs ne peuvent être protégés : "
                + ", ".join(names[cell] for cell in narrow)
            )
    for extra in sorted(np.flatnonzero(hidden & ~small), key=lambda at: -cost[at]):
        hidden[extra] = False
        if _narrow(value, hidden, rows, threshold):
            hidden[extra] = True
    low = np.where(hidden, 0.0, value)
    high = np.where(hidden, np.inf, value)
    return Protection(names, hidden, small, attack(names, low, high, relations), threshold)


class _Reader:
    """The linear programme of a reader: cells that are not exactly known, and the sums they obey.

    Solved again and again with another objective, each time from the last optimum.
    """

    def __init__(
        self,
        low: NDArray[np.float64],
        high: NDArray[np.float64],
        rows: Sequence[tuple[int, tuple[int, ...]]],
    ) -> None:
        import highspy  # noqa: PLC0415 (slow to import, not always needed)

        self._highspy = highspy
        free = np.flatnonzero(high > low)
        self._place = {int(cell): at for at, cell in enumerate(free)}
        finite = np.concatenate((low, high[np.isfinite(high)], [1.0]))
        self._most = 1e3 * float(np.abs(finite).sum())
        solver = highspy.Highs()
        solver.setOptionValue("output_flag", False)
        solver.setOptionValue("threads", 1)
        for cell in free:
            solver.addVar(float(low[cell]), min(float(high[cell]), self._most))
        for total, parts in rows:
            known = -low[total] if total not in self._place else 0.0
            index = [self._place[total]] if total in self._place else []
            factor = [-1.0] * len(index)
            for part in parts:
                if part in self._place:
                    index.append(self._place[part])
                    factor.append(1.0)
                else:
                    known += low[part]
            if index:
                solver.addRow(-known, -known, len(index), np.array(index), np.array(factor))
            elif abs(known) > _TOLERANCE * max(1.0, abs(low[total])):
                raise BadInput(Problem("ce qui est publié ne vérifie pas les sommes annoncées"))
        self._solver = solver
        self.seen_low = np.full(free.size, np.inf)
        self.seen_high = np.full(free.size, -np.inf)

    def _extreme(self, place: int, sense: Any) -> float:
        solver = self._solver
        solver.changeColCost(place, 1.0)
        solver.changeObjectiveSense(sense)
        solver.run()
        status = solver.getModelStatus()
        solver.changeColCost(place, 0.0)
        if status != self._highspy.HighsModelStatus.kOptimal:
            raise BadInput(Problem("ce qui est publié ne vérifie pas les sommes annoncées"))
        # each optimum is a table the reader cannot rule out: it widens what is known of all cells
        point = np.array(solver.getSolution().col_value)
        self.seen_low = np.minimum(self.seen_low, point)
        self.seen_high = np.maximum(self.seen_high, point)
        return float(point[place])

    def ends(self, cell: int) -> tuple[float, float]:
        """Return the least and the most of a cell."""
        place = self._place[cell]
        low = self._extreme(place, self._highspy.ObjSense.kMinimize)
        high = self._extreme(place, self._highspy.ObjSense.kMaximize)
        return low, (np.inf if high >= 0.5 * self._most else high)

    def wide(self, cell: int, width: float) -> bool:
        """Say whether the range of a cell has at least a width; most need no new optimum."""
        place = self._place[cell]
        enough = width * (1.0 - _TOLERANCE)
        if self.seen_high[place] - self.seen_low[place] >= enough:
            return True
        low, high = self.ends(cell)
        return high - low >= enough


def _narrow(
    value: NDArray[np.float64],
    hidden: NDArray[np.bool_],
    rows: Sequence[tuple[int, tuple[int, ...]]],
    threshold: float,
) -> list[int]:
    """Return the hidden cells whose range is too narrow."""
    if not hidden.any():
        return []
    reader = _Reader(np.where(hidden, 0.0, value), np.where(hidden, np.inf, value), rows)
    return [int(cell) for cell in np.flatnonzero(hidden) if not reader.wide(int(cell), threshold)]


def _hide_more(  # noqa: PLR0917
    cell: int,
    value: NDArray[np.float64],
    hidden: NDArray[np.bool_],
    locked: NDArray[np.bool_],
    cost: NDArray[np.float64],
    rows: Sequence[tuple[int, tuple[int, ...]]],
    width: float,
) -> NDArray[np.bool_] | None:
    """Return the cheapest cells that must move for a cell to have a range, or None.

    Two tables that agree with the relations are sought, whose cells differ by ``width`` at this
    one: up_c − a_c and a_c − down_c cost by cell, nothing where it is hidden already.
    """
    import highspy  # noqa: PLC0415

    count = value.size
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    price = np.where(hidden, 0.0, cost)
    for _ in range(2):
        for at in range(count):  # a rise, then a fall, of each cell
            solver.addVar(0.0, 0.0 if locked[at] else 10.0 * width)
        for at in range(count):
            solver.addVar(0.0, 0.0 if locked[at] else min(float(value[at]), 10.0 * width))
    for block in (0, 2 * count):
        for at in range(count):
            solver.changeColCost(block + at, float(price[at]))
            solver.changeColCost(block + count + at, float(price[at]))
        for total, parts in rows:
            index = [block + total, block + count + total]
            factor = [-1.0, 1.0]
            for part in parts:
                index += [block + part, block + count + part]
                factor += [1.0, -1.0]
            solver.addRow(0.0, 0.0, len(index), np.array(index), np.array(factor))
    apart = np.array([cell, count + cell, 2 * count + cell, 3 * count + cell])
    solver.addRow(width, highspy.kHighsInf, 4, apart, np.array([1.0, -1.0, -1.0, 1.0]))
    solver.run()
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return None
    moved = np.abs(np.array(solver.getSolution().col_value)).reshape(4, count).max(axis=0)
    return np.asarray((moved > _TOLERANCE) & ~hidden, dtype=np.bool_)


def _rows(names: Sequence[str], relations: Sequence[Relation]) -> list[tuple[int, tuple[int, ...]]]:
    place = {name: at for at, name in enumerate(names)}
    unknown = sorted(
        {
            name
            for relation in relations
            for name in (relation.total, *relation.parts)
            if name not in place
        }
    )
    if unknown:
        raise BadInput(
            [Problem("une somme nomme une cellule inconnue", value=name) for name in unknown]
        )
    return [
        (place[relation.total], tuple(place[part] for part in relation.parts))
        for relation in relations
    ]


def _checked(
    names: Sequence[str], value: NDArray[np.float64], relations: Sequence[Relation]
) -> list[tuple[int, tuple[int, ...]]]:
    problems = [
        Problem("un effectif manque ou est négatif", value=f"{names[at]} : {value[at]}")
        for at in map(int, np.flatnonzero(~(np.isfinite(value) & (value >= 0))))
    ]
    rows = _rows(names, relations)
    if not problems:
        problems = [
            Problem(
                f"« {names[total]} » n’est pas la somme de ses parties",
                value=f"{value[total]:g} au lieu de {value[list(parts)].sum():g}",
            )
            for total, parts in rows
            if abs(value[total] - value[list(parts)].sum()) > _TOLERANCE * max(1.0, value[total])
        ]
    if problems:
        raise BadInput(problems)
    return rows
