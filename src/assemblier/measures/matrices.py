"""Ready matrices of travel times, in the shapes that engines and statistical offices write."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from assemblier.errors import BadInput, Problem
from assemblier.measures.times import SECONDS_PER_MINUTE, TravelTimes

__all__ = [
    "from_osrm_table",
    "from_point_pairs",
    "from_square",
    "matched_points",
    "nearest_by_commune",
    "point_names",
]


def from_square(
    seconds: ArrayLike,
    *,
    origins: ArrayLike,
    destinations: ArrayLike,
    engine: str,
    limit: int | None = None,
    file: str | None = None,
) -> TravelTimes:
    """Read a full table of seconds, one row for each origin.

    Parameters
    ----------
    seconds
        Shape (n, m); NaN where there is no route.
    origins, destinations
        Identifiers, shape (n,) and (m,).
    engine, file
        Name of what computed the times, and of the file, for messages.
    limit
        Keep times of at most this many seconds.

    Raises
    ------
    BadInput
        The table has not the shape of its identifiers, a name comes twice, a time is negative.
    """
    table = np.asarray(seconds, dtype=np.float64)
    names = np.asarray(origins), np.asarray(destinations)
    problems = []
    if table.shape != (names[0].size, names[1].size):
        problems.append(
            Problem(
                "la matrice n’a pas la taille de ses identifiants",
                file=file,
                value=" × ".join(str(size) for size in table.shape),
                allowed=f"{names[0].size} × {names[1].size}",
            )
        )
    for which, ids in zip(("origine", "destination"), names, strict=True):
        twice = pd.Series(ids)[pd.Series(ids).duplicated()].unique()
        problems += [
            Problem(f"l’identifiant d’{which} est donné deux fois", file=file, value=str(name))
            for name in twice
        ]
    if problems:
        raise BadInput(problems)
    kept = ~np.isnan(table)
    if limit is not None:
        kept &= ~(table > limit)
    rows, columns = np.nonzero(kept)
    return TravelTimes.from_pairs(
        names[0],
        names[1],
        rows=rows,
        columns=columns,
        minutes=table[rows, columns] / SECONDS_PER_MINUTE,
        limit=limit,
        engine=engine,
        file=file,
    )


def from_osrm_table(
    answer: Mapping[str, Any],
    *,
    origins: ArrayLike,
    destinations: ArrayLike,
    engine: str,
    limit: int | None = None,
    file: str | None = None,
) -> TravelTimes:
    """Read the answer of the OSRM ``table`` service: ``durations`` in seconds, null without route.

    Raises
    ------
    BadInput
        The service answered with an error, or without durations.
    """
    code = answer.get("code", "Ok")
    if code != "Ok" or "durations" not in answer:
        raise BadInput(
            Problem(
                "la réponse d’OSRM ne contient pas de durées",
                file=file,
                value=str(answer.get("message", code)),
                advice="Demandez le service « table » avec annotations=duration.",
            )
        )
    durations = np.array(
        [[np.nan if cell is None else cell for cell in row] for row in answer["durations"]],
        dtype=np.float64,
    )
    return from_square(
        durations,
        origins=origins,
        destinations=destinations,
        engine=engine,
        limit=limit,
        file=file,
    )


def point_names(x: ArrayLike, y: ArrayLike, *, tolerance: float) -> NDArray[np.str_]:
    """Name points by their cell of side ``tolerance`` (the unit of the coordinates)."""
    east = np.rint(np.asarray(x, dtype=np.float64) / tolerance).astype(np.int64)
    north = np.rint(np.asarray(y, dtype=np.float64) / tolerance).astype(np.int64)
    return np.char.add(np.char.add(east.astype(str), "_"), north.astype(str))


def from_point_pairs(
    pairs: pd.DataFrame,
    *,
    minutes: str,
    tolerance: float,
    engine: str,
    no_route: float | None = None,
    limit: int | None = None,
    file: str | None = None,
) -> TravelTimes:
    """Read a list of pairs known by coordinates alone: ``X1, Y1, X2, Y2`` and minutes.

    Parameters
    ----------
    pairs
        One row for each pair; it is not changed.
    minutes
        Name of the column of minutes.
    tolerance
        Coordinates that round to the same multiple are one point.
    no_route
        The value that stands for "no route" (9999 in Metric); these pairs are left out.
    """
    kept = pairs if no_route is None else pairs[pairs[minutes] != no_route]
    return TravelTimes.from_table(
        pd.DataFrame(
            {
                "origin": point_names(kept["X1"], kept["Y1"], tolerance=tolerance),
                "destination": point_names(kept["X2"], kept["Y2"], tolerance=tolerance),
                "minutes": kept[minutes].to_numpy(),
            }
        ),
        engine=engine,
        limit=limit,
        file=file,
    )


def matched_points(left: pd.DataFrame, right: pd.DataFrame, *, tolerance: float) -> pd.DataFrame:
    """Join two lists of pairs on the coordinates of both ends.

    Columns of the same name (the coordinates) are those of ``left``.

    Raises
    ------
    BadInput
        A pair of ``right`` is in no row of ``left``, or one list has a pair twice.
    """
    keys = []
    problems = []
    for table, which in ((left, "première"), (right, "seconde")):
        ends = [
            point_names(table[f"X{end}"], table[f"Y{end}"], tolerance=tolerance) for end in (1, 2)
        ]
        key = pd.Series(ends[0]) + ">" + pd.Series(ends[1])
        problems += [
            Problem(f"un trajet est donné deux fois dans la {which} liste", value=str(name))
            for name in key[key.duplicated()].unique()
        ]
        keys.append(key.to_numpy())
    problems += [
        Problem("un trajet de la seconde liste n’est pas dans la première", value=str(name))
        for name in np.setdiff1d(keys[1], keys[0])
    ]
    if problems:
        raise BadInput(problems)
    added = right[[name for name in right.columns if name not in left.columns]]
    return (
        left.assign(_pair=keys[0])
        .merge(added.assign(_pair=keys[1]), on="_pair", how="inner", validate="one_to_one")
        .drop(columns="_pair")
    )


def nearest_by_commune(cells: pd.DataFrame) -> pd.DataFrame:
    """Mean minutes to the nearest equipment by commune, from 200 m cells weighted by population.

    The commune's value is Σ duree·pop / Σ pop over the cells that have a time; all Paris has one
    code (75056) in this file. It tells the nearest only: no catchment can be made of it.

    Parameters
    ----------
    cells
        ``depcom``, ``typeeq_id``, ``pop``, ``duree`` (minutes), one row for each cell and type.

    Returns
    -------
    ``commune, equipment, minutes, population, share_covered``: minutes are NaN where no resident of
    the commune has a time; the share is that of residents whose cell has one.

    Raises
    ------
    BadInput
        A column is absent, a population is missing or negative, a time is negative.
    """
    needed = ("depcom", "typeeq_id", "pop", "duree")
    problems = [
        Problem(f"la colonne « {name} » est absente", allowed=", ".join(needed))
        for name in needed
        if name not in cells
    ]
    if problems:
        raise BadInput(problems)
    for name, bad in (("pop", ~(cells["pop"] >= 0)), ("duree", cells["duree"] < 0)):
        problems += [
            Problem(
                "valeur manquante ou négative",
                line=int(row) + 2,
                column=name,
                value=str(cells[name].iloc[row]),
                allowed="0 ou plus",
            )
            for row in np.flatnonzero(bad)
        ]
    if problems:
        raise BadInput(problems)
    timed = cells["duree"].notna()
    sums = (
        pd.DataFrame(
            {
                "commune": cells["depcom"],
                "equipment": cells["typeeq_id"],
                "population": cells["pop"].astype(np.float64),
                "covered": cells["pop"].where(timed, 0).astype(np.float64),
                "weighted": (cells["pop"] * cells["duree"].fillna(0)).astype(np.float64),
            }
        )
        .groupby(["commune", "equipment"], as_index=False, sort=True)
        .sum()
    )
    some = sums["covered"] > 0
    return pd.DataFrame(
        {
            "commune": sums["commune"],
            "equipment": sums["equipment"],
            "minutes": (sums["weighted"] / sums["covered"].where(some)).astype(np.float64),
            "population": sums["population"],
            "share_covered": sums["covered"] / sums["population"].where(sums["population"] > 0),
        }
    )
