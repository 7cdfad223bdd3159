"""Demand, supply and access: what every measure takes and what it gives back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from assemblier.errors import BadInput, Problem, as_read
from assemblier.measures.matching import duplicated, missing
from assemblier.measures.reading import absent_columns, as_numbers, lines_of

__all__ = ["Access", "Demand", "Supply"]

Population = Literal["population", "standardised"]


@dataclass(frozen=True, slots=True)
class Demand:
    """People at points.

    Attributes
    ----------
    ids
        Identifiers, shape (n,), unique.
    population
        Inhabitants, shape (n,), zero or more.
    standardised
        Inhabitants weighted by need (age, say), shape (n,), where it is known.
    """

    ids: NDArray
    population: NDArray[np.float64]
    standardised: NDArray[np.float64] | None = None

    @classmethod
    def of(
        cls, ids: ArrayLike, population: ArrayLike, standardised: ArrayLike | None = None
    ) -> Demand:
        """Check and keep arrays; see :meth:`from_table` for the errors."""
        table: dict[str, ArrayLike] = {"id": np.asarray(ids), "population": population}
        if standardised is not None:
            table["standardised"] = standardised
        return cls.from_table(pd.DataFrame(table))

    @classmethod
    def from_table(cls, table: pd.DataFrame, *, file: str | None = None) -> Demand:
        """Read ``id, population[, standardised]``; the table is not changed.

        Raises
        ------
        BadInput
            Every missing or duplicate identifier and every missing or negative number.
        """
        columns = ["population", "standardised"] if "standardised" in table else ["population"]
        ids, values = _read(table, columns, file)
        return cls(ids, values[0], values[1] if len(values) > 1 else None)

    def counted(self, population: Population) -> NDArray[np.float64]:
        """Return the population asked for, shape (n,)."""
        if population == "standardised" and self.standardised is not None:
            return self.standardised
        return self.population


@dataclass(frozen=True, slots=True)
class Supply:
    """What is offered at points.

    Attributes
    ----------
    ids
        Identifiers, shape (m,), unique.
    capacity
        Acts a year, full-time equivalents or doctors, shape (m,), zero or more.
    """

    ids: NDArray
    capacity: NDArray[np.float64]

    @classmethod
    def of(cls, ids: ArrayLike, capacity: ArrayLike) -> Supply:
        """Check and keep arrays; see :meth:`from_table` for the errors."""
        return cls.from_table(pd.DataFrame({"id": np.asarray(ids), "capacity": capacity}))

    @classmethod
    def from_table(cls, table: pd.DataFrame, *, file: str | None = None) -> Supply:
        """Read ``id, capacity``; the table is not changed.

        Raises
        ------
        BadInput
            Every missing or duplicate identifier and every missing or negative capacity.
        """
        ids, (capacity,) = _read(table, ["capacity"], file)
        return cls(ids, capacity)


@dataclass(frozen=True, slots=True)
class Access:
    """The answer of one measure, in the order of the demand.

    Attributes
    ----------
    measure
        Identifier of the measure.
    ids
        Identifiers of the demand, shape (n,).
    value
        Shape (n,), float64. Out of reach: 0 for an opportunity, NaN for a cost.
    reached
        Shape (n,), bool: whether some supply is within reach.
    unreached
        Identifiers of the supply (with a capacity) that no demand reaches.
    supply_total, supply_reached
        Capacity in all, and the part of it that some demand reaches.
    population
        Which population was counted: ``population`` or ``standardised``; None where the measure
        counts none.
    engine
        What computed the times.
    asked
        Decay or other parameters, as text.
    caveats
        What a reader must know of this result, in French.
    """

    measure: str
    ids: NDArray
    value: NDArray[np.float64]
    reached: NDArray[np.bool_]
    unreached: NDArray
    supply_total: float
    supply_reached: float
    population: Population | None
    engine: str
    asked: str
    caveats: tuple[str, ...] = ()

    @property
    def status(self) -> NDArray[np.str_]:
        """``ok`` or ``unreachable`` for each row, shape (n,)."""
        return np.where(self.reached, "ok", "unreachable")

    def to_table(self) -> pd.DataFrame:
        """Write ``id, value, status`` in the order of the demand."""
        return pd.DataFrame({"id": self.ids, "value": self.value, "status": self.status})


def _read(
    table: pd.DataFrame, columns: list[str], file: str | None
) -> tuple[NDArray, list[NDArray[np.float64]]]:
    absent = absent_columns(table, ["id", *columns], file)
    if absent:
        raise BadInput(absent)
    lines = lines_of(table, file)
    ids = np.asarray(table["id"])
    if ids.dtype.kind not in "iuO":
        ids = ids.astype(object)
    gone = missing(table["id"])
    problems = [
        Problem(
            "l’identifiant manque",
            file=file,
            line=int(lines[row]),
            column="id",
            advice="Complétez cette cellule ou retirez la ligne.",
        )
        for row in np.flatnonzero(gone)
    ]
    problems += [
        Problem(
            "l’identifiant est donné deux fois",
            file=file,
            line=int(lines[row]),
            column="id",
            value=str(ids[row]),
            advice="Gardez une seule ligne par identifiant.",
        )
        for row in np.flatnonzero(duplicated(ids) & ~gone)
    ]
    values = []
    for name in columns:
        read = as_numbers(table[name])
        problems += [
            Problem(
                "la valeur manque ou n’est pas utilisable",
                file=file,
                line=int(lines[row]),
                column=name,
                value=as_read(table[name].iloc[row]),
                allowed="un nombre, zéro ou plus",
                advice="Une valeur inconnue n’est pas un zéro : complétez-la ou retirez la ligne.",
            )
            for row in np.flatnonzero(~((read >= 0) & np.isfinite(read)))
        ]
        values.append(np.array(read))
    if problems:
        raise BadInput(problems)
    return ids, values
