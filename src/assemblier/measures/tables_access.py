"""Access from anybody's tables: origins–destinations, demand and supply in, one table out."""

from __future__ import annotations

from typing import Any

import pandas as pd
from numpy.typing import NDArray

from assemblier.errors import BadInput, Problem
from assemblier.measures.access import Access, Demand, Supply
from assemblier.measures.decay import ALLOWED, Decay, parse_decay
from assemblier.measures.matching import distinct, missing
from assemblier.measures.registry import Measure
from assemblier.measures.registry import measure as registered
from assemblier.measures.times import TravelTimes

__all__ = ["access_from_frames", "access_from_tables"]


def access_from_frames(
    measure: str,
    od: pd.DataFrame,
    demand: pd.DataFrame,
    supply: pd.DataFrame,
    decay: str | Decay | None = None,
    *,
    n: int | None = None,
    tau: float | None = None,
    rho: float | None = None,
    engine: str | None = None,
    files: tuple[str | None, str | None, str | None] = (None, None, None),
) -> Access:
    """Compute a measure and return it with its totals, its unreached supply and its caveats.

    Parameters and errors are those of :func:`access_from_tables`; ``engine`` names what computed
    the times.
    """
    found = registered(measure)
    given = {"decay": decay, "n": n, "tau": tau, "rho": rho}
    problems = _arguments(found, given)
    named: dict[str, Any] = {} if engine is None else {"engine": engine}
    read: list[Any] = []
    for reader, table, file in ((Demand, demand, files[1]), (Supply, supply, files[2])):
        try:
            read.append(reader.from_table(table, file=file))
        except BadInput as error:
            problems += error.problems
        if "id" in table and not len(table):
            problems.append(Problem("la table n’a aucune ligne", file))
    # pairs are looked at even where a table beside them is wrong, so that all is said at once
    ends = (_told(demand), _told(supply)) if len(read) < 2 else (read[0].ids, read[1].ids)
    try:
        times = TravelTimes.from_table(
            od, origins=ends[0], destinations=ends[1], file=files[0], **named
        )
    except BadInput as error:
        problems += error.problems
    if problems:
        raise BadInput(problems)
    people, offer = read
    options: dict[str, Any] = {
        name: given[name] for name in ("n", "tau", "rho") if name in found.parameters
    }
    value = None if decay is None else parse_decay(decay)
    return found.compute(times, people, offer, decay=value, **options)


def access_from_tables(
    measure: str,
    od: pd.DataFrame,
    demand: pd.DataFrame,
    supply: pd.DataFrame,
    decay: str | Decay | None = None,
    *,
    n: int | None = None,
    tau: float | None = None,
    rho: float | None = None,
    files: tuple[str | None, str | None, str | None] = (None, None, None),
) -> pd.DataFrame:
    """Compute a measure of access from tables.

    Parameters
    ----------
    measure
        Identifier: apl, 2sfca, e2sfca, gaussian, kd2sfca, m2sfca, 3sfca, mh3sfca, bfca,
        availability, cumulative, nearest, nth-nearest, raam.
    od
        ``origin, destination, minutes``; a pair that is absent cannot be travelled.
    demand
        ``id, population[, standardised]``.
    supply
        ``id, capacity``.
    decay
        Text or value; needed by the floating catchments and ``cumulative``. For a cost, it bounds
        the pairs that count.
    n
        Rank, for ``nth-nearest``.
    tau, rho
        Parameters of ``raam``.
    files
        Names of the three files, for messages.

    Returns
    -------
    ``id, value, status``, one row for each row of the demand, in its order.

    Raises
    ------
    BadInput
        All that is wrong in the arguments, in demand and supply, and in the pairs, at once.
    """
    return access_from_frames(
        measure, od, demand, supply, decay, n=n, tau=tau, rho=rho, files=files
    ).to_table()


def _told(table: pd.DataFrame) -> NDArray | None:
    """Return the identifiers of a table that may have errors; None where it tells none."""
    if "id" not in table or not len(table):
        return None
    ids = table["id"]
    return distinct(ids[~missing(ids)])


def _arguments(found: Measure, given: dict[str, Any]) -> list[Problem]:
    problems = []
    needed = {"decay": ALLOWED, "n": "un entier ≥ 1", "tau": "des minutes, par exemple 60"}
    for name, allowed in needed.items():
        if name in found.parameters and given[name] is None:
            problems.append(
                Problem(f"la mesure « {found.id} » demande « {name} »", allowed=allowed)
            )
    problems += [
        Problem(
            f"la mesure « {found.id} » ne prend pas « {name} »",
            value=str(given[name]),
            advice="Retirez cette option.",
        )
        for name in ("n", "tau", "rho")
        if name not in found.parameters and given[name] is not None
    ]
    if given["decay"] is not None:
        try:
            parse_decay(given["decay"])
        except BadInput as error:
            problems += error.problems
    return problems
