"""The road network as OpenStreetMap data (PBF)."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import numpy as np
import osmium
from osmium.osm import mutable

from assemblier.demo.country import Country
from assemblier.demo.files import Folder
from assemblier.demo.geography import to_wgs84

__all__ = ["write_roads"]


def write_roads(country: Country, folder: Folder) -> None:
    """Write the roads: two carriageways for motorways, a ferry and paths that no car takes.

    Parameters
    ----------
    country
        The artificial country.
    folder
        Where to write.
    """
    roads, atoms = country.roads, country.atoms
    n = len(atoms)
    points: list[np.ndarray] = [atoms.xy]
    ways: list[tuple[list[int], dict[str, str]]] = []
    following = n + 1

    def fresh(line: np.ndarray) -> list[int]:
        nonlocal following
        points.append(line)
        ids = list(range(following, following + len(line)))
        following += len(line)
        return ids

    for rank, ((i, j), highway, path) in enumerate(
        zip(roads.edges.tolist(), roads.highway, roads.path, strict=True)
    ):
        tags = {"highway": highway, "ref": f"{highway[0].upper()}{rank}"}
        if highway in {"trunk", "primary"} and rank % 3 == 0:
            tags["maxspeed"] = {"trunk": "90", "primary": "80"}[highway]
        if highway == "motorway":
            tags |= {"oneway": "yes", "maxspeed": "110"}
            beside = path[1:-1] + np.array([14.0, -14.0])
            ways.append(([i + 1, *fresh(path[1:-1]), j + 1], tags))
            ways.append(([j + 1, *fresh(beside[::-1]), i + 1], tags))
        else:
            ways.append(([i + 1, *fresh(path[1:-1]), j + 1], tags))
    for atom in np.flatnonzero(atoms.size >= 2).tolist():
        centre = atoms.xy[atom]
        ring = fresh(centre + 260 * np.array([[1, 0], [0, 1], [-1, 0], [0, -1.0]]))
        ways.append(([atom + 1, *ring, atom + 1], {"highway": "residential"}))
        ways.append(([atom + 1, ring[2]], {"highway": "footway"}))
    coast = np.flatnonzero(atoms.coastal)
    north = coast[atoms.xy[coast, 1] > 41e3]
    south = coast[atoms.xy[coast, 1] < 39e3]
    a = int(north[np.argmin(atoms.xy[north, 1])])
    b = int(south[np.argmax(atoms.xy[south, 1])])
    ways.append(([a + 1, b + 1], {"route": "ferry", "duration": "00:35", "foot": "yes"}))
    lonlat = to_wgs84(np.vstack(points))
    with tempfile.TemporaryDirectory() as made:
        target = Path(made) / "roads.osm.pbf"
        header = osmium.io.Header()
        header.set("generator", "territoire artificiel")
        with osmium.SimpleWriter(os.fspath(target), header=header) as out:
            for rank, (lon, lat) in enumerate(lonlat.tolist()):
                place = {"tags": {"place": "village", "name": atoms.name[rank]}} if rank < n else {}
                out.add_node(mutable.Node(id=rank + 1, version=1, location=(lon, lat), **place))
            for rank, (nodes, tags) in enumerate(ways):
                out.add_way(mutable.Way(id=rank + 1, version=1, nodes=nodes, tags=tags))
        content = target.read_bytes()
    folder.data(
        "osm/ombrelande.osm.pbf", content, card="osm-geofabrik", what="Routes (OpenStreetMap)",
        vintage=2026,
    )  # fmt: skip
