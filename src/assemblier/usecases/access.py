"""Use case: a measure of access on anybody's tables."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from assemblier.errors import BadInput, MissingSource, Problem
from assemblier.measures.access import Access
from assemblier.measures.tables_access import access_from_frames

__all__ = ["Measured", "measure_access"]


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
) -> Measured:
    """Compute a measure from three files (CSV or Parquet) and write ``id, value, status``."""
    made = access_from_frames(
        measure,
        _table(od),
        _table(demand),
        _table(supply),
        decay,
        n=n,
        tau=tau,
        rho=rho,
        files=(od.name, demand.name, supply.name),
    )
    table = made.to_table()
    out.parent.mkdir(parents=True, exist_ok=True)
    beside = out.with_name(f".{out.name}.tmp")
    try:
        if out.suffix == ".parquet":
            table.to_parquet(beside, index=False)
        else:
            table.to_csv(beside, index=False)
        beside.replace(out)
    finally:
        beside.unlink(missing_ok=True)
    return Measured(made, out)


def _table(path: Path) -> pd.DataFrame:
    if not path.is_file():
        raise MissingSource(f"Le fichier {path} n’existe pas.")
    identifiers = {"id": str, "origin": str, "destination": str}
    try:
        if path.suffix == ".parquet":
            return pd.read_parquet(path)
        return pd.read_csv(path, dtype=identifiers, encoding="utf-8-sig")
    except (ValueError, OSError) as error:
        raise BadInput(
            Problem("table illisible", path.name, allowed="CSV à virgules en UTF-8, ou Parquet")
        ) from error
