"""Use case: travel times on roads between anybody's points."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from assemblier.errors import BadInput, Problem, UsageError
from assemblier.measures.crowfly import Places
from assemblier.measures.osm import car_profile, read_roads
from assemblier.measures.roads import RoadGraph, load_roads, save_roads
from assemblier.measures.travel import NamedCase, road_engine
from assemblier.parameters import load_parameters
from assemblier.progress import Work
from assemblier.usecases.given_tables import read_points, require_files, write_table

__all__ = ["Travelled", "travel_times"]


@dataclass(frozen=True, slots=True)
class Travelled:
    """Travel times that were written, and the cases to know.

    Attributes
    ----------
    out
        Table ``origin, destination, minutes``; a pair that is absent is beyond the bound or
        cannot be travelled.
    engine
        What computed the times.
    origins, destinations, pairs
        How many.
    without
        Origins that reach no destination within the bound.
    cases
        Islands, places without road, ferries, edge of the extract.
    """

    out: Path
    engine: str
    origins: int
    destinations: int
    pairs: int
    without: tuple[str, ...]
    cases: tuple[NamedCase, ...]


def travel_times(
    *,
    origins: Path,
    destinations: Path,
    max_minutes: float,
    out: Path,
    roads: Path | None = None,
    graph: Path | None = None,
    keep_graph: Path | None = None,
    day: dt.date | None = None,
    work: Work | None = None,
) -> Travelled:
    """Find the shortest times by car of all pairs within a bound.

    Parameters
    ----------
    origins, destinations
        ``id, lon, lat``, CSV or Parquet.
    max_minutes
        Bound, inclusive.
    out
        CSV or Parquet to write.
    roads, graph
        One of both: an OpenStreetMap extract (``.osm.pbf``), or a graph kept before.
    keep_graph
        Where to keep the graph, so that the next run need not read the extract.
    day
        Day whose speeds and rules are used; today without it.

    Raises
    ------
    UsageError
        Neither roads nor graph, or both.
    MissingSource, BadInput
        Files that are not there or cannot be used.
    """
    work = work or Work()
    if (roads is None) == (graph is None):
        raise UsageError(
            "Donnez soit --roads (extrait OpenStreetMap), soit --graph (graphe gardé)."
        )
    if not 0 < max_minutes < np.inf:
        raise BadInput(
            Problem("la borne de temps est inutilisable", value=f"{max_minutes:g}", allowed="> 0")
        )
    network = roads if roads is not None else graph
    assert network is not None
    require_files(network, origins, destinations)
    ends: list[pd.DataFrame] = []
    problems: list[Problem] = []
    for path in (origins, destinations):
        try:
            ends.append(read_points(path))
        except BadInput as error:
            problems += error.problems
    if problems:
        raise BadInput(problems)
    parameters, day = load_parameters(), day or dt.date.today()  # noqa: DTZ011 — a local day
    work.step(0.1, "routes")
    held: RoadGraph = (
        read_roads(network, car_profile(parameters, day), source=f"routes de {network.name}")
        if roads is not None
        else load_roads(network)
    )
    if keep_graph is not None:
        save_roads(held, keep_graph)
    work.step(0.5, "plus courts chemins")
    made = road_engine(held, parameters, day).between(
        _places(ends[0]), _places(ends[1]), limit=round(max_minutes * 60)
    )
    work.step(0.9, "écriture")
    write_table(made.times.to_table(), out)
    alone = np.diff(made.times.indptr) == 0
    return Travelled(
        out,
        made.times.engine,
        len(ends[0]),
        len(ends[1]),
        made.times.pairs,
        tuple(str(name) for name in made.times.origins[alone]),
        made.cases,
    )


def _places(table: pd.DataFrame) -> Places:
    return Places(
        table["id"].astype(str).to_numpy(dtype=object),
        table["lon"].to_numpy(dtype=np.float64),
        table["lat"].to_numpy(dtype=np.float64),
    )
