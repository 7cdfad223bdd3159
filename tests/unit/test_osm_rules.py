"""What a small hand-drawn map says about ways, one-ways, access, speeds, ferries and gaps."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from assemblier.errors import BadInput
from assemblier.measures.crowfly import Places, great_circle_km
from assemblier.measures.osm import car_profile, parse_duration, parse_speed, read_roads
from assemblier.measures.roads import components, load_roads, place_points, save_roads
from assemblier.measures.travel import road_engine
from assemblier.parameters import load_parameters

DAY = dt.date(2026, 1, 1)
PROFILE = car_profile(load_parameters(), DAY)


def write(path, nodes, ways):
    """Write an OpenStreetMap XML file; a node is (id, lon, lat, tags), a way (refs, tags)."""
    lines = ["<osm version='0.6' generator='hand'>"]
    for name, lon, lat, *tags in nodes:
        lines.append(f"<node id='{name}' version='1' lon='{lon}' lat='{lat}'>")
        lines += [f"<tag k='{k}' v='{v}'/>" for k, v in (tags[0] if tags else {}).items()]
        lines.append("</node>")
    for name, (refs, tags) in enumerate(ways, start=1000):
        lines.append(f"<way id='{name}' version='1'>")
        lines += [f"<nd ref='{ref}'/>" for ref in refs]
        lines += [f"<tag k='{k}' v='{v}'/>" for k, v in tags.items()]
        lines.append("</way>")
    path.write_text("\n".join([*lines, "</osm>"]), encoding="utf-8")
    return path


LINE = [(k, 2.0 + k / 100, 46.0) for k in range(1, 7)]


def roads_of(tmp_path, ways, nodes=LINE):
    return read_roads(write(tmp_path / "carte.osm", nodes, ways), PROFILE, source="carte")


def kmh(roads, edge=0, way="forward"):
    return roads.length[edge] / (getattr(roads, way)[edge] / 10) * 3.6


def test_a_way_is_cut_at_junctions_alone(tmp_path):
    nodes = [*LINE, (9, 2.03, 46.01)]
    roads = roads_of(
        tmp_path,
        [([1, 2, 3, 4], {"highway": "primary"}), ([3, 9], {"highway": "tertiary"})],
        nodes,
    )
    assert roads.nodes == 4
    assert roads.tail.size == 3
    assert np.diff(roads.shape_ptr).tolist() == [3, 2, 2]
    expected = 1000 * great_circle_km(
        np.array(2.01), np.array(46.0), np.array(2.03), np.array(46.0)
    )
    assert roads.length[0] == pytest.approx(expected, rel=1e-6)
    assert kmh(roads) == pytest.approx(65, rel=1e-3)
    assert roads.forward.tolist() == roads.backward.tolist()


@pytest.mark.parametrize(
    ("tags", "forward", "backward"),
    [
        ({}, True, True),
        ({"oneway": "yes"}, True, False),
        ({"oneway": "-1"}, False, True),
        ({"oneway": "no", "junction": "roundabout"}, True, True),
        ({"junction": "roundabout"}, True, False),
        ({"highway": "motorway"}, True, False),
        ({"oneway": "yes", "oneway:motor_vehicle": "no"}, True, True),
    ],
)
def test_one_way_rules(tmp_path, tags, forward, backward):
    roads = roads_of(tmp_path, [([1, 2], {"highway": "primary", **tags})])
    assert (roads.forward[0] >= 0, roads.backward[0] >= 0) == (forward, backward)


@pytest.mark.parametrize(
    ("tags", "kept"),
    [
        ({}, True),
        ({"access": "private"}, False),
        ({"access": "no", "motor_vehicle": "yes"}, True),
        ({"motor_vehicle": "no"}, False),
        ({"vehicle": "no", "motorcar": "destination"}, True),
        ({"highway": "footway"}, False),
        ({"highway": "track"}, False),
        ({"area": "yes"}, False),
        ({"oneway": "reversible"}, False),
    ],
)
def test_access_rules(tmp_path, tags, kept):
    roads = roads_of(
        tmp_path, [([1, 2], {"highway": "service", **tags}), ([3, 4], {"highway": "primary"})]
    )
    assert roads.tail.size == 1 + kept


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"maxspeed": "90"}, 72),
        ({"maxspeed": "FR:urban"}, 40),
        ({"maxspeed": "FR:rural"}, 64),
        ({"maxspeed": "50 mph"}, 0.8 * 50 * 1.609344),
        ({"maxspeed": "signals"}, 65),
        ({"zone:traffic": "FR:urban"}, 40),
        ({"maxspeed:forward": "50", "maxspeed": "80"}, 40),
    ],
)
def test_speeds(tmp_path, tags, expected):
    roads = roads_of(tmp_path, [([1, 2], {"highway": "primary", **tags})])
    assert kmh(roads) == pytest.approx(expected, rel=3e-3)


def test_a_speed_of_one_direction_leaves_the_other(tmp_path):
    roads = roads_of(tmp_path, [([1, 2], {"highway": "primary", "maxspeed:backward": "50"})])
    assert kmh(roads) == pytest.approx(65, rel=1e-3)
    assert kmh(roads, way="backward") == pytest.approx(40, rel=1e-3)


def test_dense_streets_make_a_road_slower(tmp_path):
    # nine streets of 220 m around the road, in one cell
    nodes = [(k, 2.0 + k / 1000, 46.0001) for k in range(4)]
    nodes += [(10 + k, 2.0005 + k / 10000, 46.0001 + j / 500) for k in range(9) for j in [0]]
    nodes += [(30 + k, 2.0005 + k / 10000, 46.0021) for k in range(9)]
    streets = [([10 + k, 30 + k], {"highway": "residential"}) for k in range(9)]
    town = roads_of(tmp_path, [([1, 2], {"highway": "primary"}), *streets], nodes)
    country = roads_of(tmp_path, [([1, 2], {"highway": "primary"}), *streets[:1]], nodes)
    assert kmh(town) == pytest.approx(40, rel=1e-2)
    assert kmh(country) == pytest.approx(65, rel=1e-2)
    said = roads_of(
        tmp_path, [([1, 2], {"highway": "primary", "zone:traffic": "FR:rural"}), *streets], nodes
    )
    assert kmh(said) == pytest.approx(65, rel=1e-2)


@pytest.mark.parametrize(("barrier", "passes"), [("bollard", False), ("gate", True)])
def test_a_barrier_cuts_the_way_where_a_car_does_not_pass(tmp_path, barrier, passes):
    nodes = [LINE[0], (2, 2.02, 46.0, {"barrier": barrier}), LINE[2]]
    roads = roads_of(tmp_path, [([1, 2, 3], {"highway": "primary"})], nodes)
    assert (np.bincount(components(roads)).size == 1) == passes


def test_a_ferry_takes_the_time_it_tells_and_is_named(tmp_path):
    roads = roads_of(
        tmp_path,
        [
            ([1, 2], {"highway": "primary"}),
            ([2, 3, 4], {"route": "ferry", "duration": "00:20", "name": "Bac de Royan"}),
            ([4, 5], {"highway": "primary"}),
        ],
    )
    assert roads.forward[roads.ferry].sum() == 20 * 600
    assert not roads.joinable[roads.ferry].any()
    assert roads.ferries.tolist() == ["Bac de Royan : 20 min"]
    walkers = roads_of(
        tmp_path,
        [([1, 2], {"highway": "primary"}), ([2, 3], {"route": "ferry", "foot": "yes"})],
    )
    assert not walkers.ferry.any()


def test_where_nodes_are_missing_the_road_stops_and_says_so(tmp_path):
    roads = roads_of(
        tmp_path, [([1, 2, 99, 3, 4], {"highway": "primary"}), ([98, 5, 6], {"highway": "primary"})]
    )
    assert roads.tail.size == 3  # nothing bridges the gap
    assert np.sort(roads.lon[roads.cut]).tolist() == pytest.approx([2.02, 2.03, 2.05])


def test_durations_and_speeds_in_words():
    assert parse_duration("1:05") == 65
    assert parse_duration("00:07:30") == 7.5
    assert parse_duration("PT1H5M") == 65
    assert parse_duration("40") == 40
    assert parse_duration("une heure") is None
    assert parse_duration("0") is None
    assert parse_speed("FR:zone30", PROFILE.legal_limits) == 30
    assert parse_speed("0", PROFILE.legal_limits) is None
    assert parse_speed("none", PROFILE.legal_limits) is None


def test_not_a_map_and_a_map_without_roads_are_refused(tmp_path):
    bad = tmp_path / "faux.osm.pbf"
    bad.write_bytes(b"rien")
    with pytest.raises(BadInput, match=r"faux\.osm\.pbf"):
        read_roads(bad, PROFILE, source="x")
    with pytest.raises(BadInput, match="aucune route"):
        roads_of(tmp_path, [([1, 2], {"highway": "footway"})])


def test_the_cache_gives_back_the_same_graph(tmp_path):
    roads = roads_of(tmp_path, [([1, 2, 3], {"highway": "primary"}), ([2, 5], {"route": "ferry"})])
    path = tmp_path / "routes.npz"
    save_roads(roads, path)
    again = load_roads(path)
    for name in roads.__slots__:
        np.testing.assert_array_equal(getattr(roads, name), getattr(again, name))
    path.write_bytes(b"rien")
    with pytest.raises(BadInput, match=r"routes\.npz"):
        load_roads(path)


def places(*points):
    lon, lat = (np.array([point[k] for point in points], dtype=float) for k in (0, 1))
    return Places(np.array([f"p{k}" for k in range(len(points))]), lon, lat)


def test_two_places_of_one_edge_take_the_direct_way_and_obey_one_ways(tmp_path):
    # a loop of one-way roads, 1 → 2 → 3 → 1
    nodes = [(1, 2.0, 46.0), (2, 2.1, 46.0), (3, 2.05, 46.05)]
    tags = {"highway": "primary", "oneway": "yes", "zone:traffic": "FR:rural"}
    roads = roads_of(tmp_path, [([1, 2], tags), ([2, 3], tags), ([3, 1], tags)], nodes)
    engine = road_engine(roads, load_parameters(), DAY)
    here = places((2.02, 46.0), (2.07, 46.0))
    times = engine.between(here, here, limit=7200).times
    full = np.zeros((2, 2))
    full[np.repeat([0, 1], np.diff(times.indptr)), times.indices] = times.seconds
    half = 0.5 * roads.forward[0] / 10
    assert full[0, 1] == pytest.approx(half, abs=1.1)
    assert full[1, 0] == pytest.approx(roads.forward.sum() / 10 - half, abs=1.1)
    assert full[0, 0] == 0


def test_access_to_the_road_is_added_on_both_sides(tmp_path):
    roads = roads_of(tmp_path, [([1, 6], {"highway": "primary", "zone:traffic": "FR:rural"})])
    engine = road_engine(roads, load_parameters(), DAY)
    near, far = (
        engine.between(places((2.02, 46.0)), places((2.05, lat)), limit=7200).times.seconds[0]
        for lat in (46.0, 46.001)
    )
    metres = 6_371_008.8 * np.radians(0.001)
    assert far - near == pytest.approx(metres / (10 / 3.6), abs=1.1)


def test_islands_far_places_ferries_and_edges_are_named(tmp_path):
    nodes = [*LINE, (7, 2.00, 46.2), (8, 2.01, 46.2), (9, 2.02, 46.2)]
    roads = roads_of(
        tmp_path,
        [
            ([1, 2, 3, 4, 99], {"highway": "primary"}),
            ([2, 5], {"highway": "primary"}),
            ([7, 8], {"highway": "primary"}),
            ([8, 9], {"route": "ferry", "duration": "5", "name": "Bac"}),
        ],
        nodes,
    )
    parameters = load_parameters()["travel.roads.places"].on(DAY)
    placed = place_points(
        roads,
        np.array([2.015, 2.005, 5.0]),
        np.array([46.001, 46.2, 40.0]),
        farthest_metres=parameters["farthest_metres"],
        fragment_nodes=2,
    )
    assert placed.island.tolist() == [False, True, False]
    assert placed.edge[2] == -1
    assert np.isnan(placed.metres[2])
    engine = road_engine(roads, load_parameters(), DAY)
    timed = engine.between(places((2.015, 46.0)), places((5.0, 40.0)), limit=1200)
    assert timed.times.pairs == 0
    assert [(case.kind, case.place) for case in timed.cases] == [
        ("edge", "p0"),
        ("no_road", "p0"),
        ("ferry", "Bac : 5 min"),
    ]
    assert timed.times.engine == "carte"


def test_small_fragments_are_passed_over(tmp_path):
    nodes = [*LINE, (7, 2.03, 46.001), (8, 2.04, 46.001)]
    ways = [([k, k + 1], {"highway": "primary"}) for k in range(1, 6)]
    roads = roads_of(tmp_path, [*ways, ([7, 8], {"highway": "service"})], nodes)
    point = np.array([2.035]), np.array([46.001])
    passed = place_points(roads, *point, farthest_metres=5000, fragment_nodes=3)
    joined = place_points(roads, *point, farthest_metres=5000, fragment_nodes=2)
    assert passed.metres[0] == pytest.approx(111.2, rel=1e-2)
    assert not passed.island[0]
    assert joined.metres[0] == pytest.approx(0, abs=1)
    assert joined.island[0]
