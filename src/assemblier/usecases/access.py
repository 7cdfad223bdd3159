"""Use cases: a measure of access on anybody's tables; what the travel times alone change."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from assemblier.errors import BadInput, Problem
from assemblier.measures.access import Access, Demand
from assemblier.measures.matrix_change import MatrixChange, matrix_change
from assemblier.measures.tables_access import access_from_frames
from assemblier.usecases.given_tables import read_given, require_files, write_table

__all__ = ["Measured", "compare_matrices", "measure_access"]


@dataclass(frozen=True, slots=True)
class Measured:
    """A measure computed, and where it was written."""

    access: Access
    out: Path


def measure_access(
    *,
    measure: str,
    od: Path,
    demand: Path,
    supply: Path,
    out: Path,
    decay: str | None = None,
    n: int | None = None,
    tau: float | None = None,
    rho: float | None = None,
    engine: str | None = None,
) -> Measured:
    """Compute a measure from three files (CSV or Parquet) and write ``id, value, status``.

    Parameters
    ----------
    engine
        What computed the times, printed with the result; the name of the file without it.
    """
    made = _measured(measure, od, demand, supply, decay=decay, n=n, tau=tau, rho=rho, engine=engine)
    write_table(made.to_table(), out)
    return Measured(made, out)


def compare_matrices(
    *,
    measure: str,
    first: Path,
    second: Path,
    demand: Path,
    supply: Path,
    out: Path | None = None,
    decay: str | None = None,
    threshold: float | None = None,
) -> MatrixChange:
    """Compute one measure with two matrices of times and say what the matrix alone changes.

    Parameters
    ----------
    first, second
        ``origin, destination, minutes``.
    out
        Where to write ``id, first, second, change``, if anywhere.
    threshold
        Value under which a place is said badly served.
    """
    require_files(first, second, demand, supply)
    made = [_measured(measure, od, demand, supply, decay=decay) for od in (first, second)]
    people = Demand.from_table(read_given(demand), file=demand.name)
    change = matrix_change(made[0], made[1], people, threshold=threshold)
    if out is not None:
        write_table(change.table, out)
    return change


def _measured(
    measure: str,
    od: Path,
    demand: Path,
    supply: Path,
    *,
    decay: str | None = None,
    n: int | None = None,
    tau: float | None = None,
    rho: float | None = None,
    engine: str | None = None,
) -> Access:
    require_files(od, demand, supply)
    tables: list[pd.DataFrame] = []
    problems: list[Problem] = []
    for path in (od, demand, supply):
        try:
            tables.append(read_given(path))
        except BadInput as error:
            problems += error.problems
    if problems:
        raise BadInput(problems)
    return access_from_frames(
        measure,
        tables[0],
        tables[1],
        tables[2],
        decay,
        n=n,
        tau=tau,
        rho=rho,
        engine=engine or f"matrice de {od.name}",
        files=(od.name, demand.name, supply.name),
    )
