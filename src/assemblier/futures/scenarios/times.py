"""Travel times that a scenario changes: a quicker road for everybody, a bus for some."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from assemblier.errors import BadInput, Problem
from assemblier.futures.baseline import Baseline
from assemblier.measures.access import Demand, Supply
from assemblier.measures.matching import positions
from assemblier.measures.prepared import prepare
from assemblier.measures.times import TravelTimes

__all__ = ["with_bus", "with_road"]


def with_road(times: TravelTimes, one: str, other: str, minutes: float) -> TravelTimes:
    """Return the times when a road joins two places in some minutes, both ways.

    A trip takes the new road where this is quicker: t'_ij = min(t_ij, t_ia + m + t_bj, t_ib + m +
    t_aj). Both places must be among the destinations; times beyond the bound stay unknown.

    Raises
    ------
    BadInput
        A place is not among the origins and destinations.
    """
    problems = [
        Problem("aucun temps n’est connu vers et depuis cette commune", value=place)
        for place in (one, other)
        if place not in set(times.destinations) or place not in set(times.origins)
    ]
    if problems:
        raise BadInput(problems)
    rows = np.repeat(np.arange(times.origins.size), np.diff(times.indptr))
    found = [(rows, times.indices.astype(np.int64), times.minutes)]
    bound = times.limit / 60.0
    for a, b in ((one, other), (other, one)):
        to_a = times.indices == int(np.flatnonzero(times.destinations == a)[0])
        reach, first = rows[to_a], times.minutes[to_a]
        start = int(np.flatnonzero(times.origins == b)[0])
        held = slice(times.indptr[start], times.indptr[start + 1])
        whole = first[:, None] + minutes + times.minutes[held][None, :]
        i, j = np.nonzero(whole <= bound)
        found.append((reach[i], times.indices[held][j].astype(np.int64), whole[i, j]))
    table = pd.DataFrame(
        {
            "row": np.concatenate([each[0] for each in found]),
            "column": np.concatenate([each[1] for each in found]),
            "minutes": np.concatenate([each[2] for each in found]),
        }
    )
    best = table.groupby(["row", "column"], as_index=False, sort=True)["minutes"].min()
    return TravelTimes.from_pairs(
        times.origins,
        times.destinations,
        rows=best["row"].to_numpy(np.int64),
        columns=best["column"].to_numpy(np.int64),
        minutes=best["minutes"].to_numpy(np.float64),
        limit=times.limit,
        engine=times.engine,
    )


def with_bus(
    baseline: Baseline,
    lines: Sequence[tuple[str, str, float, float]],
    capacity: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return APL by commune when part of the residents of some communes take a line.

    Parameters
    ----------
    lines
        Commune served, commune it leads to, minutes, part of the residents who take it.
    capacity
        Acts by site, in the order of the baseline.

    Notes
    -----
    The commune is split in two groups of residents, one of which has the times of the line; its
    APL is the mean of both. Lines of the same commune share its residents out.

    Raises
    ------
    BadInput
        The parts of a commune sum to more than 1.
    """
    n, times = baseline.ids.size, baseline.times
    parts = pd.Series([line[3] for line in lines]).groupby([line[0] for line in lines]).sum()
    if (parts > 1.0).any():
        raise BadInput(
            [
                Problem("plus de voyageurs que d’habitants", value=str(code), allowed="1 en tout")
                for code in parts.index[parts > 1.0]
            ]
        )
    rows = np.repeat(np.arange(times.origins.size), np.diff(times.indptr))
    all_rows, columns, minutes = [rows], [times.indices.astype(np.int64)], [times.minutes]
    own = [int(np.flatnonzero(times.origins == line[0])[0]) for line in lines]
    for k, (row, (_, to, ride, _)) in enumerate(zip(own, lines, strict=True)):
        end = int(np.flatnonzero(times.origins == to)[0])
        held = slice(times.indptr[row], times.indptr[row + 1])
        onward = slice(times.indptr[end], times.indptr[end + 1])
        best = pd.concat(
            [
                pd.Series(times.minutes[held], index=times.indices[held]),
                pd.Series(times.minutes[onward] + ride, index=times.indices[onward]),
            ]
        )
        best = best[best <= times.limit / 60.0].groupby(level=0).min()
        all_rows.append(np.full(len(best), times.origins.size + k))
        columns.append(best.index.to_numpy(np.int64))
        minutes.append(np.asarray(best, dtype=np.float64))
    names = np.array([f"{line[0]} ligne {k}" for k, line in enumerate(lines)], dtype=object)
    split = TravelTimes.from_pairs(
        np.concatenate([times.origins.astype(object), names]),
        times.destinations,
        rows=np.concatenate(all_rows),
        columns=np.concatenate(columns),
        minutes=np.concatenate(minutes),
        limit=times.limit,
        engine=times.engine,
    )
    at = positions(baseline.ids, np.array([line[0] for line in lines], dtype=object))
    share = np.array([line[3] for line in lines])
    rest = np.ones(n)
    np.subtract.at(rest, at, share)

    def shared(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.concatenate([values * rest, values[at] * share])

    demand = Demand.of(
        np.concatenate([baseline.ids, names]),
        shared(baseline.prepared.demand.population),
        shared(baseline.need),
    )
    supply = Supply.of(baseline.prepared.supply.ids, capacity)
    value = prepare("apl", split, demand, supply, baseline.decay).values(capacity)
    mean = value[:n] * rest
    np.add.at(mean, at, value[n:] * share)
    return mean
