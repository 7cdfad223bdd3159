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
        By linear programming, over counts that may be fractions. Whole counts leave the same
        range in a table with totals in two directions, and may leave a narrower one in a web of
        overlapping zones.

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
    found_low, found_high = known_low.copy(), known_high.copy()
    asked_of = set(wanted.tolist())
    _check_published(known_low, known_high, rows)
    for group in _groups(known_high > known_low, rows):
        if asked_of.isdisjoint(group):
            continue
        reader = _Reader(known_low, known_high, rows, group)
        for cell in asked_of.intersection(group):
            found_low[cell], found_high[cell] = reader.ends(cell)
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
    cheapest = _Cheapest(value, locked, cost, rows, threshold)
    while narrow := [
        cell for group in _groups(hidden, rows) for cell in _narrow(value, rows, group, threshold)
    ]:
        before = int(hidden.sum())
        for cell in narrow:
            more = cheapest.hide(cell, hidden)
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
    for group in _groups(hidden, rows):
        _show_needless(group, value, hidden, small, cost, rows, threshold)
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
        rows: _Rows,
        free: Sequence[int],
    ) -> None:
        import highspy  # noqa: PLC0415 (slow to import, not always needed)

        self._highspy = highspy
        self._place = {cell: at for at, cell in enumerate(free)}
        touched = sorted({row for cell in free for row in rows.of_cell[cell]})
        known_sum = sum(abs(low[part]) for row in touched for part in rows.parts[row])
        ends = [high[cell] for cell in free if np.isfinite(high[cell])]
        self._most = 1e3 * float(known_sum + sum(ends) + 1.0)
        solver = _solver()
        for cell in free:
            solver.addVar(float(low[cell]), min(float(high[cell]), self._most))
        for row in touched:
            known = 0.0
            index, factor = [], []
            for sign, cell in rows.signed(row):
                if cell in self._place:
                    index.append(self._place[cell])
                    factor.append(sign)
                else:
                    known += sign * low[cell]
            solver.addRow(-known, -known, len(index), np.array(index), np.array(factor))
        self._solver = solver
        self.seen_low = np.full(len(free), np.inf)
        self.seen_high = np.full(len(free), -np.inf)

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


class _Cheapest:
    """The linear programme that finds the cheapest cells to hide for one that is not safe.

    Two tables that agree with the relations are sought, whose cells differ by ``width`` at this
    one; each cell that moves costs by how far, nothing where it is hidden already.
    """

    def __init__(
        self,
        value: NDArray[np.float64],
        locked: NDArray[np.bool_],
        cost: NDArray[np.float64],
        rows: _Rows,
        width: float,
    ) -> None:
        import highspy  # noqa: PLC0415

        self._highspy = highspy
        self._count = count = value.size
        self._paid = np.zeros(count, dtype=np.bool_)
        solver = _solver()
        rise = np.where(locked, 0.0, 10.0 * width)
        fall = np.where(locked, 0.0, np.minimum(value, 10.0 * width))
        upper = np.concatenate((rise, fall, rise, fall))
        solver.addVars(4 * count, np.zeros(4 * count), upper)
        every = np.arange(4 * count, dtype=np.int32)
        solver.changeColsCost(4 * count, every, np.tile(cost, 4))
        for block in (0, 2 * count):
            for row in range(len(rows.parts)):
                index, factor = [], []
                for sign, cell in rows.signed(row):
                    index += [block + cell, block + count + cell]
                    factor += [sign, -sign]
                solver.addRow(0.0, 0.0, len(index), np.array(index), np.array(factor))
        self._apart = solver.getNumRow()
        solver.addRow(width, highspy.kHighsInf, 0, np.array([], dtype=np.int32), np.array([]))
        self._solver = solver

    def hide(self, cell: int, hidden: NDArray[np.bool_]) -> NDArray[np.bool_] | None:
        """Return the cells to hide as well, shape (n,); None where nothing can help."""
        count, solver = self._count, self._solver
        free = np.flatnonzero(hidden & ~self._paid)
        if free.size:
            index = np.concatenate([free + block * count for block in range(4)]).astype(np.int32)
            solver.changeColsCost(index.size, index, np.zeros(index.size))
            self._paid |= hidden
        signs = (1.0, -1.0, -1.0, 1.0)
        for block, sign in enumerate(signs):
            solver.changeCoeff(self._apart, block * count + cell, sign)
        solver.run()
        status = solver.getModelStatus()
        point = np.array(solver.getSolution().col_value)
        for block in range(len(signs)):
            solver.changeCoeff(self._apart, block * count + cell, 0.0)
        if status != self._highspy.HighsModelStatus.kOptimal:
            return None
        moved = np.abs(point).reshape(4, count).max(axis=0)
        return np.asarray((moved > _TOLERANCE) & ~hidden, dtype=np.bool_)


def _solver() -> Any:
    import highspy  # noqa: PLC0415

    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    return solver


def _narrow(
    value: NDArray[np.float64], rows: _Rows, group: Sequence[int], threshold: float
) -> list[int]:
    """Return the cells of a hidden group whose range is too narrow."""
    low, high = value.copy(), value.copy()
    low[list(group)], high[list(group)] = 0.0, np.inf
    reader = _Reader(low, high, rows, group)
    return [cell for cell in group if not reader.wide(cell, threshold)]


def _show_needless(
    group: Sequence[int],
    value: NDArray[np.float64],
    hidden: NDArray[np.bool_],
    small: NDArray[np.bool_],
    cost: NDArray[np.float64],
    rows: _Rows,
    threshold: float,
) -> None:
    """Show again, in ``hidden``, the dearest cells of a group without which it stays safe."""
    held = list(group)
    for extra in sorted((cell for cell in group if not small[cell]), key=lambda at: -cost[at]):
        rest = [cell for cell in held if cell != extra]
        hidden[extra] = False
        if rest and _narrow(value, rows, rest, threshold):
            hidden[extra] = True
        else:
            held = rest


def _groups(free: NDArray[np.bool_], rows: _Rows) -> list[list[int]]:
    """Return the cells not known that sums tie together, group by group."""
    groups = []
    seen = ~free
    for start in np.flatnonzero(free):
        if seen[start]:
            continue
        seen[start] = True
        group, ahead = [], [int(start)]
        while ahead:
            cell = ahead.pop()
            group.append(cell)
            for row in rows.of_cell[cell]:
                for _, other in rows.signed(row):
                    if not seen[other]:
                        seen[other] = True
                        ahead.append(other)
        groups.append(sorted(group))
    return groups


def _check_published(low: NDArray[np.float64], high: NDArray[np.float64], rows: _Rows) -> None:
    """Refuse sums of published cells that do not add up."""
    for row in range(len(rows.parts)):
        signed = rows.signed(row)
        if all(low[cell] == high[cell] for _, cell in signed):
            off = sum(sign * low[cell] for sign, cell in signed)
            if abs(off) > _TOLERANCE * max(1.0, abs(low[rows.total[row]])):
                raise BadInput(Problem("ce qui est publié ne vérifie pas les sommes annoncées"))


@dataclass(frozen=True, slots=True)
class _Rows:
    """Relations by position of their cells, and the relations each cell is in."""

    total: tuple[int, ...]
    parts: tuple[tuple[int, ...], ...]
    of_cell: tuple[tuple[int, ...], ...]

    def signed(self, row: int) -> list[tuple[float, int]]:
        """Return the cells of a relation with their sign: parts less total is zero."""
        return [(-1.0, self.total[row]), *((1.0, part) for part in self.parts[row])]


def _rows(names: Sequence[str], relations: Sequence[Relation]) -> _Rows:
    place = {name: at for at, name in enumerate(names)}
    named = {name for relation in relations for name in (relation.total, *relation.parts)}
    unknown = sorted(named - place.keys())
    if unknown:
        what = "une somme nomme une cellule inconnue"
        raise BadInput([Problem(what, value=name) for name in unknown])
    total = tuple(place[relation.total] for relation in relations)
    parts = tuple(tuple(place[part] for part in relation.parts) for relation in relations)
    of_cell: list[list[int]] = [[] for _ in names]
    for row, cells in enumerate(parts):
        for cell in (total[row], *cells):
            of_cell[cell].append(row)
    return _Rows(total, parts, tuple(tuple(held) for held in of_cell))


def _checked(
    names: Sequence[str], value: NDArray[np.float64], relations: Sequence[Relation]
) -> _Rows:
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
            for total, parts in zip(rows.total, rows.parts, strict=True)
            if abs(value[total] - value[list(parts)].sum()) > _TOLERANCE * max(1.0, value[total])
        ]
    if problems:
        raise BadInput(problems)
    return rows
