"""Mixed-integer linear programmes handed to HiGHS (Huangfu & Hall 2018, 10.1007/s12532-017-0130-5).

Columns and rows are gathered as arrays; the answer comes back with the bound that HiGHS proved.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import highspy
import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Programme", "Solved"]

_LARGE = 3_000


@dataclass(frozen=True, slots=True)
class Solved:
    """What HiGHS found.

    Attributes
    ----------
    x
        Best point, or None when none was found.
    value, bound
        Its value and the bound proved; infinite when there is none.
    proved
        Whether the best was proved, within the tolerance asked.
    infeasible
        Whether it was proved that there is no point.
    prices
        Dual of each row, when numbers need not be whole.
    """

    x: NDArray[np.float64] | None
    value: float
    bound: float
    proved: bool
    infeasible: bool
    prices: NDArray[np.float64]


@dataclass(slots=True)
class Programme:
    """A programme being written; minimise."""

    cost: list[NDArray[np.float64]] = field(default_factory=list)
    lower: list[NDArray[np.float64]] = field(default_factory=list)
    upper: list[NDArray[np.float64]] = field(default_factory=list)
    whole: list[NDArray[np.bool_]] = field(default_factory=list)
    row_lower: list[NDArray[np.float64]] = field(default_factory=list)
    row_upper: list[NDArray[np.float64]] = field(default_factory=list)
    entries: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]] = field(
        default_factory=list
    )
    columns: int = 0
    rows: int = 0

    def add_columns(
        self,
        count: int,
        *,
        cost: ArrayLike = 0.0,
        lower: ArrayLike = 0.0,
        upper: ArrayLike = np.inf,
        whole: bool = False,
    ) -> NDArray[np.int64]:
        """Add columns and return their positions."""
        self.cost.append(_spread(cost, count))
        self.lower.append(_spread(lower, count))
        self.upper.append(_spread(upper, count))
        self.whole.append(np.full(count, whole))
        self.columns += count
        return np.arange(self.columns - count, self.columns)

    def add_rows(
        self, count: int, *, lower: ArrayLike = -np.inf, upper: ArrayLike = np.inf
    ) -> NDArray[np.int64]:
        """Add rows and return their positions."""
        self.row_lower.append(_spread(lower, count))
        self.row_upper.append(_spread(upper, count))
        self.rows += count
        return np.arange(self.rows - count, self.rows)

    def add_entries(self, rows: ArrayLike, columns: ArrayLike, values: ArrayLike) -> None:
        """Add coefficients; those of one place are summed."""
        row, column, value = np.broadcast_arrays(
            np.asarray(rows, np.int64), np.asarray(columns, np.int64), np.asarray(values, float)
        )
        self.entries.append((row.ravel(), column.ravel(), value.ravel()))

    def add_row(
        self,
        columns: ArrayLike,
        values: ArrayLike,
        *,
        lower: float = -np.inf,
        upper: float = np.inf,
    ) -> None:
        """Add one row with its coefficients."""
        self.add_entries(self.add_rows(1, lower=lower, upper=upper), columns, values)

    def solve(
        self,
        *,
        seconds: float,
        start: NDArray[np.float64] | None = None,
        gap: float = 0.0,
        relaxed: bool = False,
    ) -> Solved:
        """Hand the programme to HiGHS.

        Parameters
        ----------
        seconds
            Most time.
        start
            A point to start from.
        gap
            Relative gap at which it may stop.
        relaxed
            Leave out that numbers are whole.
        """
        h = highspy.Highs()
        h.setOptionValue("output_flag", False)
        h.setOptionValue("time_limit", max(0.01, float(seconds)))
        h.setOptionValue("mip_rel_gap", float(gap))
        h.setOptionValue("mip_abs_gap", 1e-7)
        h.setOptionValue("mip_allow_restart", False)
        if relaxed and self.rows > _LARGE:  # any duals will do for a bound: no vertex is needed
            h.setOptionValue("solver", "ipm")
            h.setOptionValue("run_crossover", "off")
        h.passModel(self._lp(relaxed=relaxed))
        if start is not None and not relaxed:
            given = highspy.HighsSolution()
            given.col_value = start.tolist()
            h.setSolution(given)
        h.run()
        status = h.getModelStatus()
        info = h.getInfo()
        ok = info.primal_solution_status == 2  # a feasible point
        proved = status == highspy.HighsModelStatus.kOptimal
        x = np.array(h.getSolution().col_value) if ok else None
        value = float(info.objective_function_value) if ok else np.inf
        whole = not relaxed and any(bool(part.any()) for part in self.whole)
        bound = float(info.mip_dual_bound) if whole else (value if proved else -np.inf)
        return Solved(
            x, value, bound, bool(proved),
            status in (
                highspy.HighsModelStatus.kInfeasible,
                highspy.HighsModelStatus.kUnboundedOrInfeasible,
            ),
            np.empty(0) if whole else np.array(h.getSolution().row_dual),
        )  # fmt: skip

    def _lp(self, *, relaxed: bool) -> Any:
        rows, columns, values = (
            np.concatenate([entry[part] for entry in self.entries])
            if self.entries
            else np.empty(0, np.int64 if part < 2 else float)
            for part in range(3)
        )
        kept = values != 0
        rows, columns, values = rows[kept], columns[kept], values[kept]
        order = np.lexsort((rows, columns))
        rows, columns, values = rows[order], columns[order], values[order]
        if rows.size:
            first = np.concatenate(
                ([True], (rows[1:] != rows[:-1]) | (columns[1:] != columns[:-1]))
            )
            values = np.add.reduceat(values, np.flatnonzero(first))
            rows, columns = rows[first], columns[first]
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = self.columns, self.rows
        lp.col_cost_ = np.concatenate(self.cost)
        lp.col_lower_ = np.concatenate(self.lower)
        lp.col_upper_ = np.concatenate(self.upper)
        lp.row_lower_ = np.concatenate(self.row_lower) if self.rows else np.empty(0)
        lp.row_upper_ = np.concatenate(self.row_upper) if self.rows else np.empty(0)
        lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        lp.a_matrix_.start_ = np.concatenate(
            ([0], np.cumsum(np.bincount(columns, minlength=self.columns)))
        ).astype(np.int32)
        lp.a_matrix_.index_ = rows.astype(np.int32)
        lp.a_matrix_.value_ = values
        whole = np.concatenate(self.whole)
        if whole.any() and not relaxed:
            kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
            lp.integrality_ = [kinds[int(is_whole)] for is_whole in whole]
        return lp


def _spread(values: ArrayLike, count: int) -> NDArray[np.float64]:
    spread: NDArray[np.float64] = np.broadcast_to(
        np.asarray(values, dtype=np.float64), (count,)
    ).copy()
    return spread
