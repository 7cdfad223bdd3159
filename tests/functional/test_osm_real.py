"""Monaco and Andorra: the same times as an independent reading and an independent search."""

from __future__ import annotations

import datetime as dt
import itertools
import math
from dataclasses import replace

import networkx as nx
import numpy as np
import osmium
import pytest

from assemblier.measures.crowfly import Places
from assemblier.measures.network import Attachments, bounded_pairs
from assemblier.measures.osm import car_profile, read_roads
from assemblier.measures.roads import components
from assemblier.measures.travel import asymmetry, road_engine, triangles
from assemblier.parameters import load_parameters

pytestmark = pytest.mark.real

DAY = dt.date(2026, 1, 1)
PARAMETERS = load_parameters()


def independent_graph(path):
    """Read every segment of every way as two arcs, with the rules written a second time."""
    speeds = PARAMETERS["travel.roads.speeds"].on(DAY)
    share = PARAMETERS["travel.roads.limit_share"].on(DAY)
    limits = PARAMETERS["travel.roads.legal_limits"].on(DAY)
    access = PARAMETERS["travel.roads.access"].on(DAY)
    graph = nx.DiGraph()

    class Handler(osmium.SimpleHandler):
        def __init__(self):
            super().__init__()
            self.barriers = set()
            self.ways = []

        def node(self, node):
            tags = dict(node.tags)
            told = [
                tags[k] for k in ("motorcar", "motor_vehicle", "vehicle", "access") if k in tags
            ]
            if (
                told[0] in access["closed"]
                if told
                else ("barrier" in tags and tags["barrier"] not in access["opened_barriers"])
            ):
                self.barriers.add(node.id)

        def way(self, way):
            tags = dict(way.tags)
            if tags.get("highway") not in speeds or tags.get("area") == "yes":
                return
            told = [
                tags[k] for k in ("motorcar", "motor_vehicle", "vehicle", "access") if k in tags
            ]
            if told and told[0] in access["closed"]:
                return
            self.ways.append(
                (tags, [(n.ref, n.lat, n.lon) for n in way.nodes if n.location.valid()])
            )

    handler = Handler()
    handler.apply_file(str(path), locations=True)
    position = {}
    for number, (tags, nodes) in enumerate(handler.ways):
        said = tags.get("oneway:motor_vehicle", tags.get("oneway:vehicle", tags.get("oneway")))
        around = tags.get("junction") in ("roundabout", "circular") or tags["highway"] == "motorway"
        forward = said != "-1"
        backward = said == "-1" or (
            said not in ("yes", "true", "1") and not (around and said is None)
        )
        text = tags.get("maxspeed", "")
        kmh = None
        if text.isdigit():
            kmh = share * int(text)
        elif text.startswith("FR:"):
            kmh = share * limits[text[3:]]
        for k, (one, two) in enumerate(itertools.pairwise(nodes)):
            u, v = (
                (n[0], number, k + j) if n[0] in handler.barriers else n[0]
                for j, n in enumerate((one, two))
            )
            if isinstance(u, tuple):
                u = (*u, "after")
            position[u], position[v] = one[1:], two[1:]
            a, b = (tuple(map(math.radians, n[1:])) for n in (one, two))
            # by the chord of the sphere, where the program uses haversines
            chord = math.dist(
                *(
                    (
                        math.cos(p[0]) * math.cos(p[1]),
                        math.cos(p[0]) * math.sin(p[1]),
                        math.sin(p[0]),
                    )
                    for p in (a, b)
                )
            )
            metres = 6_371_008.8 * 2 * math.asin(chord / 2)
            for tail, head, opened, here in (
                (u, v, forward, tags.get("maxspeed:forward")),
                (v, u, backward, tags.get("maxspeed:backward")),
            ):
                if not opened:
                    continue
                speed = share * int(here) if here and here.isdigit() else kmh
                both = (speed, speed) if speed else speeds[tags["highway"]]
                cost = [metres / (value / 3.6) for value in both]
                known = graph.get_edge_data(tail, head)
                if known is None or cost[0] < known["fast"]:
                    graph.add_edge(tail, head, fast=cost[0], slow=cost[1])
    return graph, position


@pytest.mark.parametrize("name", ["monaco-2022.osm.pbf", "andorra.osm.pbf"])
def test_times_equal_an_independent_shortest_path(real_data, name):
    path = real_data / "osm" / name
    # surroundings are an estimate of ours: here every class keeps its speed of the open country
    profile = car_profile(PARAMETERS, DAY)
    flat = {kind: (pair[0], pair[0]) for kind, pair in profile.speeds.items()}
    roads = read_roads(path, replace(profile, speeds=flat), source=name)
    graph, position = independent_graph(path)
    # junctions of ours found among theirs by place
    places = {}
    for node, at in position.items():
        if not isinstance(node, tuple):
            places.setdefault((round(at[0], 7), round(at[1], 7)), node)
    shared = [
        (round(a, 7), round(o, 7)) in places for a, o in zip(roads.lat, roads.lon, strict=True)
    ]
    main = np.flatnonzero((components(roads) == 0) & shared)
    assert main.size > 0.8 * roads.nodes
    chosen = np.random.default_rng(0).choice(main, 40, replace=False)
    keys = [places[round(roads.lat[n], 7), round(roads.lon[n], 7)] for n in chosen]
    every = Attachments.at_nodes(chosen)
    found = bounded_pairs(roads.network(), every, every, limit=36_000)
    full = np.full((40, 40), np.nan)
    full[np.repeat(np.arange(40), np.diff(found.indptr)), found.indices] = found.costs / 10
    for row, key in enumerate(keys):
        lengths = nx.single_source_dijkstra_path_length(graph, key, weight="fast")
        expected = np.array([lengths.get(other, np.nan) for other in keys])
        # each edge of a path is rounded to a tenth of a second
        np.testing.assert_allclose(full[row], expected, rtol=0.004, atol=1.0)


def test_monaco_obeys_what_road_times_obey(real_data):
    roads = read_roads(
        real_data / "osm" / "monaco-2022.osm.pbf",
        car_profile(PARAMETERS, DAY),
        source="Monaco 2022",
    )
    assert roads.nodes > 800
    assert 50_000 < roads.length.sum() < 90_000
    assert (roads.backward < 0).mean() > 0.4  # a town of one-way streets
    random = np.random.default_rng(1)
    at = random.choice(roads.nodes, 60, replace=False)
    here = Places(
        np.array([f"p{k}" for k in range(60)]),
        roads.lon[at] + random.normal(0, 2e-4, 60),
        roads.lat[at] + random.normal(0, 2e-4, 60),
    )
    timed = road_engine(roads, PARAMETERS, DAY).between(here, here, limit=3600)
    assert timed.times.engine == "Monaco 2022"
    assert timed.times.pairs == 3600
    checked = triangles(timed.times, tolerance_seconds=2)
    assert checked.checked == 60**3
    assert checked.broken == 0
    both = asymmetry(timed.times)
    assert both.one_way == 0
    assert both.mean_seconds > 10  # one-way streets are obeyed
    two_ways = roads.__class__(
        **{
            name: np.maximum(roads.forward, roads.backward)
            if name in ("forward", "backward")
            else getattr(roads, name)
            for name in roads.__slots__
        }
    )
    assert (
        asymmetry(
            road_engine(two_ways, PARAMETERS, DAY).between(here, here, limit=3600).times
        ).worst_seconds
        == 0
    )
