"""Compile the loops of an ordinary diagnosis ahead, in a process beside the one that reads files.

Loops are compiled at their first call and kept in the user's cache folder. On a machine that never
ran this version of the program, that is half a minute which the first diagnosis would wait for;
reading a lake uses one core, so another one does it meanwhile.
``python -m assemblier.usecases.compile_ahead`` calls each of them once, on a country of six places.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

import assemblier
from assemblier.futures.projection.poisson_binomial import poisson_binomial_by_zone
from assemblier.measures.access import Demand, Supply
from assemblier.measures.activity import sums_within
from assemblier.measures.catchment.pairs import catchments, column_sums, row_sums, rows_reaching
from assemblier.measures.crowfly import CrowFlyModel, Places, crow_fly_times
from assemblier.measures.decay import parse_decay
from assemblier.measures.matching import positions
from assemblier.measures.nearest import nearest, nth_nearest
from assemblier.perimeters.contiguity import neighbours_from_points
from assemblier.perimeters.flows import flows_between
from assemblier.perimeters.living_areas.service_areas import ServiceAreaRule, service_areas
from assemblier.perimeters.living_areas.stability import area_stability
from assemblier.perimeters.living_areas.ttwa import TtwaRule, travel_to_work_areas

__all__ = ["compile_ahead", "compiling_beside"]


def compile_ahead() -> None:
    """Call the compiled loops that a diagnosis uses, on arrays of the types it gives them."""
    ids = np.array([f"{i:05d}" for i in range(6)], dtype=object)
    lon, lat = np.linspace(2.0, 2.5, 6), np.linspace(47.0, 47.2, 6)
    positions(ids, ids)
    # times and catchments
    places = Places(ids=ids, lon=lon, lat=lat)
    model = CrowFlyModel(intercept=2.0, pace=1.2)
    own = np.full(6, 3.0)
    times = crow_fly_times(places, places, model, limit=1800, own_minutes=own)
    people = np.full(6, 1000.0)
    demand, supply = Demand(ids, people), Supply(ids, np.ones(6))
    c = catchments(times, demand, supply, parse_decay("binary:20"), "population")
    row_sums(c, c.weight, column_sums(c, c.weight, c.people))
    rows_reaching(c, np.ones(6))
    nearest(times, demand, supply)
    nth_nearest(times, demand, supply, n=3)
    sums_within(lon, lat, np.ones((6, 2)), 30.0)
    # who lives and seeks care where
    here, there = np.repeat(ids, 6), np.tile(ids, 6)
    flow = np.where(here == there, 90.0, 7.0)
    flows = flows_between(here, there, flow)
    working = travel_to_work_areas(flows, TtwaRule(10.0, 100.0, 0.667, 0.75), log=False)
    area_stability(flows, working, draws=2, record_weight=4.0)
    near = neighbours_from_points(ids, lon, lat, count=2)
    cared = service_areas(flows, people, ServiceAreaRule(1500.0, 0.5), contiguity=near)
    area_stability(flows, cared, draws=2, record_weight=4.0, people=people, contiguity=near)
    # how many doctors leave
    poisson_binomial_by_zone(np.full(6, 0.4), np.array([0, 2, 6]))


@contextlib.contextmanager
def compiling_beside() -> Iterator[None]:
    """Compile ahead in another process during a block, and wait for it at the end.

    A process that cannot be started or fails is only a slower first diagnosis; one that the block
    leaves by an error is ended.
    """
    source = str(Path(assemblier.__file__).parents[1])
    paths = os.pathsep.join(filter(None, [source, os.environ.get("PYTHONPATH", "")]))
    try:
        beside = subprocess.Popen(
            [sys.executable, "-m", "assemblier.usecases.compile_ahead"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": paths},
        )
    except OSError:
        yield
        return
    try:
        yield
    except BaseException:
        beside.kill()
        raise
    finally:
        beside.wait()


if __name__ == "__main__":
    compile_ahead()
