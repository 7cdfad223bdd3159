"""Roads for cars from an OpenStreetMap extract (``.osm.pbf``), turn-free."""

from __future__ import annotations

import datetime as dt
import re
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assemblier.errors import BadInput, Problem
from assemblier.measures.crowfly import great_circle_km
from assemblier.measures.roads import TICKS_PER_SECOND, RoadGraph
from assemblier.parameters import Parameters

__all__ = ["CarProfile", "car_profile", "parse_duration", "parse_speed", "read_roads"]

_KMH_BY_MPH = 1.609344
_BOTH, _FORWARD, _BACKWARD = 0, 1, 2
_NO_SPEED = -1.0
_UNKNOWN, _RURAL, _URBAN = 0, 1, 2
_NOT_JOINED = ("motorway", "motorway_link", "ferry")
_STREETS = ("residential", "living_street")
_SURROUNDINGS = ("zone:traffic", "maxspeed:type", "source:maxspeed", "zone:maxspeed")
_ONEWAY = ("oneway:motorcar", "oneway:motor_vehicle", "oneway:vehicle", "oneway")
_ACCESS = ("motorcar", "motor_vehicle", "vehicle", "access")


@dataclass(frozen=True, slots=True)
class CarProfile:
    """How a car uses roads; every value is a dated parameter.

    Attributes
    ----------
    speeds
        Effective km/h by ``highway`` class, outside and inside built-up areas; ``ferry`` is the
        speed of a ferry that tells no duration. Other classes are not for cars.
    limit_share
        Share of a posted limit that is driven.
    legal_limits
        km/h of the words of ``maxspeed`` and ``zone:traffic`` (``FR:urban`` → ``urban``).
    street_km_by_km2, cell_metres
        A place is built-up where streets are denser than this, in cells of that side.
    closed
        Values of access tags that close a way.
    opened_barriers
        Kinds of ``barrier`` a car passes.
    """

    speeds: Mapping[str, Sequence[float]]
    limit_share: float
    legal_limits: Mapping[str, float]
    street_km_by_km2: float
    cell_metres: float
    closed: frozenset[str]
    opened_barriers: frozenset[str]


def car_profile(parameters: Parameters, day: dt.date) -> CarProfile:
    """Return the rules that hold on a day."""

    def value(name: str) -> Any:
        return parameters[f"travel.roads.{name}"].on(day)

    built_up, access = value("built_up"), value("access")
    return CarProfile(
        speeds=value("speeds"),
        limit_share=value("limit_share"),
        legal_limits=value("legal_limits"),
        street_km_by_km2=built_up["street_km_by_km2"],
        cell_metres=built_up["cell_metres"],
        closed=frozenset(access["closed"]),
        opened_barriers=frozenset(access["opened_barriers"]),
    )


def parse_speed(text: str | None, legal_limits: Mapping[str, float]) -> float | None:
    """Return km/h of a ``maxspeed``: ``50``, ``30 mph``, ``FR:urban``; None where it tells none."""
    if not text:
        return None
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(km/h|kmh|kph|mph)?\s*", text)
    if found:
        value = float(found[1]) * (_KMH_BY_MPH if found[2] == "mph" else 1.0)
        return value if value > 0 else None
    word = text.strip().split(":")[-1].lower().replace("zone:", "")
    return legal_limits.get("zone30" if word == "30" else word)


def parse_duration(text: str | None) -> float | None:
    """Return minutes of a ``duration``: ``20``, ``00:20``, ``1:05:00``, ``PT1H5M``."""
    if not text:
        return None
    text = text.strip()
    if found := re.fullmatch(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?", text):
        hours, minutes, seconds = (float(part or 0) for part in found.groups())
    elif re.fullmatch(r"\d+(:\d+){1,2}", text):
        hours, minutes, seconds = (float(part) for part in (text + ":0").split(":")[:3])
    elif re.fullmatch(r"\d+(\.\d+)?", text):
        hours, minutes, seconds = 0.0, float(text), 0.0
    else:
        return None
    whole = 60 * hours + minutes + seconds / 60
    return whole if whole > 0 else None


def read_roads(path: Path, profile: CarProfile, *, source: str) -> RoadGraph:
    """Read the roads that a car may use.

    A way is kept when its class has a speed and no tag closes it to cars. It is one-way by its
    tags, on a roundabout or on a motorway. A node with a barrier that a car does not pass cuts the
    way. Where the extract lacks nodes of a way, its ends are marked as cut. Edges run between
    junctions; lengths are great-circle; speeds are the share driven of the
    posted limit, else that of the class in its surroundings. Turn restrictions are not read.

    Parameters
    ----------
    path
        Extract; nodes come before ways, as every published extract has them.
    profile
        Speeds and rules.
    source
        Name and date of the extract, printed with every result.

    Raises
    ------
    BadInput
        The file is not an OpenStreetMap extract, or holds no road for cars.
    """
    ways = _read(path, profile)
    if not ways.classes:
        raise BadInput(Problem("aucune route pour les voitures dans cet extrait", path.name))
    return _build(ways, profile, source)


class _Ways:
    """Growing lists of what the ways say."""

    def __init__(self) -> None:
        self.refs = array("q")
        self.lon = array("d")
        self.lat = array("d")
        self.cut = array("b")
        self.ptr = array("q", [0])
        self.classes: list[str] = []
        self.direction = array("b")
        self.surroundings = array("b")
        self.limits: tuple[array, array] = (array("d"), array("d"))
        self.minutes = array("d")
        self.ferries: list[str] = []


def _read(path: Path, profile: CarProfile) -> _Ways:
    import osmium  # noqa: PLC0415 (slow to import, not always needed)

    ways = _Ways()
    blocked: set[int] = set()
    apart = 0
    # an extract kept under its hash has lost its suffix
    kind_of_file = "" if path.suffix else "pbf"
    try:
        stream = (
            osmium.FileProcessor(
                osmium.io.File(str(path), kind_of_file), osmium.osm.NODE | osmium.osm.WAY
            )
            .with_locations()
            .with_filter(osmium.filter.KeyFilter("highway", "route", "barrier"))
        )
        for entity in stream:
            tags = {tag.k: tag.v for tag in entity.tags}
            if entity.is_node():
                if _blocks(tags, profile):
                    blocked.add(entity.id)
                continue
            kind = _kind(tags, profile)
            if kind is None:
                continue
            for run, cut in _runs(entity.nodes, blocked):
                for at, node in enumerate(run):
                    if node.ref in blocked:
                        # each side of the barrier gets a node of its own: nothing passes
                        apart -= 1
                        ways.refs.append(apart)
                    else:
                        ways.refs.append(node.ref)
                    ways.lon.append(node.lon)
                    ways.lat.append(node.lat)
                    ways.cut.append(at in cut)
                ways.ptr.append(len(ways.refs))
                _note(ways, tags, kind, profile)
    except (RuntimeError, OSError) as error:
        raise BadInput(
            Problem(
                "ce fichier n’est pas un extrait OpenStreetMap lisible",
                path.name,
                value=str(error),
                advice="Téléchargez à nouveau l’extrait .osm.pbf.",
            )
        ) from error
    return ways


def _runs(nodes: Iterable[Any], blocked: set[int]) -> Iterator[tuple[list[Any], set[int]]]:
    """Cut a way at barriers and where the extract lacks its nodes; tell the ends at such a gap."""
    run: list[Any] = []
    cut: set[int] = set()
    for node in nodes:
        if node.location.valid():
            run.append(node)
            if node.ref in blocked and len(run) > 1:
                yield run, cut
                run, cut = [node], set()
        elif run:
            if len(run) > 1:
                yield run, cut | {len(run) - 1}
            run, cut = [], {0}
        else:
            cut = {0}
    if len(run) > 1:
        yield run, cut


def _blocks(tags: Mapping[str, str], profile: CarProfile) -> bool:
    access = next((tags[key] for key in _ACCESS if key in tags), None)
    if access is not None:
        return access in profile.closed
    return "barrier" in tags and tags["barrier"] not in profile.opened_barriers


def _kind(tags: Mapping[str, str], profile: CarProfile) -> str | None:
    """Return the class of a way that a car may use, or None."""
    kind = "ferry" if tags.get("route") == "ferry" else tags.get("highway", "")
    if kind not in profile.speeds or tags.get("area") == "yes":
        return None
    access = next((tags[key] for key in _ACCESS if key in tags), None)
    if access in profile.closed or tags.get("oneway") == "reversible":
        return None
    if kind == "ferry" and access is None and tags.get("foot") and "bicycle" not in tags:
        return None  # a boat that says it takes walkers alone
    return kind


def _note(ways: _Ways, tags: Mapping[str, str], kind: str, profile: CarProfile) -> None:
    ways.classes.append(kind)
    said = next((tags[key] for key in _ONEWAY if key in tags), None)
    if said in ("-1", "reverse"):
        direction = _BACKWARD
    elif said in ("yes", "true", "1") or (
        said is None and (kind == "motorway" or tags.get("junction") in ("roundabout", "circular"))
    ):
        direction = _FORWARD
    else:
        direction = _BOTH
    ways.direction.append(direction)
    words = [tags.get(key, "") for key in (*_SURROUNDINGS, "maxspeed")]
    if any(word.endswith("urban") for word in words) or kind == "living_street":
        ways.surroundings.append(_URBAN)
    elif any(word.endswith("rural") for word in words):
        ways.surroundings.append(_RURAL)
    else:
        ways.surroundings.append(_UNKNOWN)
    for side, limits in zip(("forward", "backward"), ways.limits, strict=True):
        limit = parse_speed(
            tags.get(f"maxspeed:{side}") or tags.get("maxspeed"), profile.legal_limits
        )
        limits.append(_NO_SPEED if limit is None else limit * profile.limit_share)
    minutes = parse_duration(tags.get("duration")) if kind == "ferry" else None
    ways.minutes.append(np.nan if minutes is None else minutes)
    if kind == "ferry":
        name = tags.get("name", "sans nom")
        told = "durée non dite" if minutes is None else f"{minutes:g} min"
        ways.ferries.append(f"{name} : {told}")


def _build(ways: _Ways, profile: CarProfile, source: str) -> RoadGraph:
    refs = np.frombuffer(ways.refs, dtype=np.int64)
    lon = np.frombuffer(ways.lon, dtype=np.float64)
    lat = np.frombuffer(ways.lat, dtype=np.float64)
    ptr = np.frombuffer(ways.ptr, dtype=np.int64)
    count = np.diff(ptr)
    way = np.repeat(np.arange(count.size), count)
    distinct, place, uses = np.unique(refs, return_inverse=True, return_counts=True)
    junction = uses[place] > 1
    junction[ptr[:-1]] = True
    junction[ptr[1:] - 1] = True
    segment = np.flatnonzero(way[:-1] == way[1:])
    metres = np.zeros(refs.size)
    metres[segment] = 1000 * great_circle_km(
        lon[segment], lat[segment], lon[segment + 1], lat[segment + 1]
    )
    # an edge begins at each junction that is not the last point of its way
    last = np.zeros(refs.size, dtype=np.bool_)
    last[ptr[1:] - 1] = True
    begin = np.flatnonzero(junction & ~last)
    ends = np.flatnonzero(junction & ~_first(ptr, refs.size))
    of = way[begin]
    run = np.concatenate([[0.0], np.cumsum(metres)])
    length = run[ends] - run[begin]
    nodes = np.unique(place[junction])
    number = np.full(distinct.size, -1, dtype=np.int32)
    number[nodes] = np.arange(nodes.size, dtype=np.int32)
    where = np.empty(distinct.size, dtype=np.int64)
    where[place[::-1]] = np.arange(refs.size)[::-1]
    at = where[nodes]
    classes = np.array(ways.classes)
    built = _built_up(profile, lon, lat, metres, np.isin(classes, _STREETS)[way], begin, ends)
    said = np.frombuffer(ways.surroundings, dtype=np.int8)[of]
    inside = np.where(said == _UNKNOWN, built, said == _URBAN).astype(np.int64)
    names, which = np.unique(classes, return_inverse=True)
    usual = np.array([profile.speeds[name] for name in names], dtype=np.float64)
    direction = np.frombuffer(ways.direction, dtype=np.int8)[of]
    crossing = np.frombuffer(ways.minutes, dtype=np.float64)
    whole = np.add.reduceat(metres, ptr[:-1])
    durations = []
    for limits, closed in zip(ways.limits, (_BACKWARD, _FORWARD), strict=True):
        posted = np.frombuffer(limits, dtype=np.float64)[of]
        kmh = np.where(posted > 0, posted, usual[which[of], inside])
        seconds = length / (kmh / 3.6)
        timed = ~np.isnan(crossing[of]) & (whole[of] > 0)
        share = length / np.where(whole[of] > 0, whole[of], 1.0)
        seconds = np.where(timed, 60 * crossing[of] * share, seconds)
        ticks = np.rint(seconds * TICKS_PER_SECOND).astype(np.int32)
        durations.append(np.where(direction == closed, np.int32(-1), ticks))
    shape_size = ends - begin + 1
    shape_ptr = np.concatenate([[0], np.cumsum(shape_size)])
    shape = np.repeat(begin - shape_ptr[:-1], shape_size) + np.arange(shape_ptr[-1])
    return RoadGraph(
        lon=lon[at],
        lat=lat[at],
        tail=number[place[begin]],
        head=number[place[ends]],
        forward=durations[0],
        backward=durations[1],
        length=length,
        joinable=~np.isin(classes, _NOT_JOINED)[of],
        ferry=(classes == "ferry")[of],
        shape_ptr=shape_ptr,
        shape_lon=lon[shape],
        shape_lat=lat[shape],
        ferries=np.array(ways.ferries, dtype=np.str_),
        cut=np.bincount(
            number[place[np.flatnonzero(np.frombuffer(ways.cut, dtype=np.int8))]],
            minlength=nodes.size,
        )
        > 0,
        source=source,
    )


def _first(ptr: NDArray[np.int64], size: int) -> NDArray[np.bool_]:
    first = np.zeros(size, dtype=np.bool_)
    first[ptr[:-1]] = True
    return first


def _built_up(
    profile: CarProfile,
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    metres: NDArray[np.float64],
    street: NDArray[np.bool_],
    *ends: Iterable[int],
) -> NDArray[np.bool_]:
    """Tell the edges whose two ends lie where streets are dense."""
    step = np.degrees(profile.cell_metres / 6_371_008.8)
    row = np.floor(lat / step).astype(np.int64)
    # cells narrow with latitude, by rows, so that all have the same area
    column = np.floor(lon * np.cos(np.radians((row + 0.5) * step)) / step).astype(np.int64)
    _, cell = np.unique(row * (1 << 32) + column, return_inverse=True)
    kilometres = np.bincount(cell, weights=np.where(street, metres, 0.0)) / 1000
    dense = kilometres / (profile.cell_metres / 1000) ** 2 >= profile.street_km_by_km2
    both = [dense[cell[np.asarray(end)]] for end in ends]
    return np.asarray(both[0] & both[1])
