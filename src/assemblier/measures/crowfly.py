"""Travel times without roads: minutes from the great-circle distance and the shape of the land.

The crow-fly model is t = a + (b + c·(σ − σ₀))·d + e·max(0, g − κ·d): d is the distance in
kilometres, σ the *steepness* of the land at both ends, and g how much farther one end is from a
common landmark than the other. It may add minutes by the size of the smaller end (a village is off
the main roads) and of the larger (a town is slow to enter and to park in), and pace by the density
around (traffic). By the triangle inequality no road between two places can be
shorter than the difference of their times to a third one (the lower bound of Goldberg & Harrelson
2005, ``ALT``): g reveals water and mountains that a straight line does not see. Steepness is the
slope of the same times between neighbours, in minutes by kilometre. Both come from one column of
real times (every commune to Paris, say), so that the model needs no roads.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assemblier.compiled import njit, prange
from assemblier.errors import BadInput, Problem
from assemblier.measures.matching import positions
from assemblier.measures.times import SECONDS_PER_MINUTE, TravelTimes

__all__ = [
    "EARTH_RADIUS_KM",
    "CrowFlyModel",
    "Places",
    "crow_fly_times",
    "great_circle_km",
    "landmark_steepness",
    "minutes_inside",
    "predict_minutes",
    "unit_vectors",
]

EARTH_RADIUS_KM = 6371.0088
"""Mean radius of the Earth (IUGG 1980), km."""

_BLOCKS = 256
_DISC = 2.0 / (3.0 * np.sqrt(np.pi))  # mean distance to the centre of a disc, by root of area


@dataclass(frozen=True, slots=True)
class Places:
    """Points between which times are estimated.

    Attributes
    ----------
    ids
        Identifiers, shape (n,), unique.
    lon, lat
        Degrees (WGS 84), shape (n,), finite.
    steepness
        Minutes by kilometre (:func:`landmark_steepness`), shape (n,); NaN where it is unknown, and
        then the reference steepness of the model is used.
    landmark
        Minutes to the common landmark, shape (n,); NaN where unknown, and then no bound is used.
    size
        Natural logarithm of the inhabitants, shape (n,); NaN for the reference of the model.
    density
        Natural logarithm of the inhabitants by km² around, shape (n,); NaN for the reference.
    """

    ids: NDArray
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    steepness: NDArray[np.float64] | None = None
    landmark: NDArray[np.float64] | None = None
    size: NDArray[np.float64] | None = None
    density: NDArray[np.float64] | None = None

    def at(self, which: NDArray) -> Places:
        """Return some of the places, by position or mask."""
        kept = (self.steepness, self.landmark, self.size, self.density)
        return Places(
            self.ids[which],
            self.lon[which],
            self.lat[which],
            *(None if values is None else values[which] for values in kept),
        )


@dataclass(frozen=True, slots=True)
class CrowFlyModel:
    """Coefficients of the crow-fly model; they are dated parameters, never constants of the code.

    Attributes
    ----------
    intercept
        a, minutes.
    pace
        b, minutes by kilometre at the reference steepness.
    pace_by_steepness
        c, added pace by unit of steepness above the reference.
    steepness_reference, steepness_low, steepness_high
        σ₀ and the bounds between which σ is kept, minutes by kilometre.
    landmark_share, landmark_pace
        e (no unit) and κ (minutes by kilometre): what a difference of times to the landmark beyond
        κ·d adds.
    minutes_by_smaller, minutes_by_larger, size_reference
        Minutes added by unit of logarithm of the inhabitants of the smaller, and of the larger, of
        both ends above the reference.
    pace_by_density, density_reference
        Pace added by unit of logarithm of the density around above the reference.
    engine
        Name printed beside every result, with the error of the model.
    """

    intercept: float
    pace: float
    pace_by_steepness: float = 0.0
    steepness_reference: float = 0.0
    steepness_low: float = 0.0
    steepness_high: float = np.inf
    landmark_share: float = 0.0
    landmark_pace: float = 0.0
    engine: str = "vol d’oiseau"
    minutes_by_smaller: float = 0.0
    minutes_by_larger: float = 0.0
    size_reference: float = 0.0
    pace_by_density: float = 0.0
    density_reference: float = 0.0

    def local_pace(
        self,
        steepness: NDArray[np.float64] | None,
        count: int,
        *,
        density: NDArray[np.float64] | None = None,
    ) -> NDArray[np.float64]:
        """Return the pace at each place, minutes by kilometre, shape (count,)."""
        pace = np.full(count, float(self.pace))
        if steepness is not None:
            kept = np.clip(
                np.where(np.isnan(steepness), self.steepness_reference, steepness),
                self.steepness_low,
                self.steepness_high,
            )
            pace += self.pace_by_steepness * (kept - self.steepness_reference)
        if density is not None:
            pace += self.pace_by_density * np.nan_to_num(density - self.density_reference)
        return pace

    def excess_size(self, places: Places) -> NDArray[np.float64]:
        """Return the logarithm of the size of each place above the reference, shape (n,)."""
        if places.size is None:
            return np.zeros(places.ids.size)
        return np.nan_to_num(places.size - self.size_reference)

    def minutes_by_size(
        self, first: NDArray[np.float64], second: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return what the sizes of both ends (:meth:`excess_size`) add, minutes."""
        return np.asarray(
            self.minutes_by_smaller * np.minimum(first, second)
            + self.minutes_by_larger * np.maximum(first, second)
        )


def unit_vectors(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the points of the unit sphere, shape (n, 3), of degrees of longitude and latitude."""
    east, north = np.radians(lon), np.radians(lat)
    return np.stack(
        [np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)], axis=-1
    )


def great_circle_km(
    lon1: NDArray[np.float64],
    lat1: NDArray[np.float64],
    lon2: NDArray[np.float64],
    lat2: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return great-circle distances in kilometres (haversine, Sinnott 1984); inputs in degrees."""
    east1, north1, east2, north2 = (np.radians(v) for v in (lon1, lat1, lon2, lat2))
    half = (
        np.sin((north2 - north1) / 2) ** 2
        + np.cos(north1) * np.cos(north2) * np.sin((east2 - east1) / 2) ** 2
    )
    return np.asarray(2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(half)))


def landmark_steepness(
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    landmark: NDArray[np.float64],
    *,
    nearest_km: float,
    farthest_km: float,
    neighbours: int,
    quantile: float,
    smoothing_km: float,
) -> NDArray[np.float64]:
    """Measure the slope of the times to a landmark around each place, in minutes by kilometre.

    Where roads are straight and fast, two places ten kilometres apart are at most some ten minutes
    farther from Paris one than the other; in the mountains it may be twenty. At each place the
    quantile of abs(T_i − T_j)/d_ij is taken over its neighbours, then the median of that over the
    places around.

    Parameters
    ----------
    lon, lat, landmark
        Degrees and minutes, shape (n,); NaN in ``landmark`` gives NaN.
    nearest_km, farthest_km, neighbours
        Neighbours that count: among so many nearest, those between both distances.
    quantile
        Of the slopes, between 0 and 1.
    smoothing_km
        Radius of the median.

    Returns
    -------
    Minutes by kilometre, shape (n,); NaN where no neighbour counts.
    """
    from scipy.spatial import cKDTree  # noqa: PLC0415 (slow to import, not always needed)

    known = np.flatnonzero(~np.isnan(landmark))
    steepness = np.full(lon.size, np.nan)
    if known.size < 2:
        return steepness
    points = unit_vectors(lon[known], lat[known]) * EARTH_RADIUS_KM
    time = landmark[known]
    tree = cKDTree(points)
    distance, found = tree.query(points, k=min(neighbours + 1, known.size))
    counted = (distance >= nearest_km) & (distance <= farthest_km)
    slope = np.abs(time[found] - time[:, None]) / np.where(counted, distance, 1.0)
    slope = np.where(counted, slope, np.nan)
    raw = np.full(known.size, np.nan)
    some = counted.any(axis=1)
    raw[some] = np.nanquantile(slope[some], quantile, axis=1)
    around = tree.query_ball_point(points, smoothing_km)
    smooth = np.full(known.size, np.nan)
    for place, near in enumerate(around):
        values = raw[near]
        values = values[~np.isnan(values)]
        if values.size:
            smooth[place] = np.median(values)
    steepness[known] = smooth
    return steepness


def predict_minutes(
    model: CrowFlyModel,
    distance_km: NDArray[np.float64],
    *,
    steepness: NDArray[np.float64] | None = None,
    landmark_gap: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Return the minutes of the model for given pairs of places of reference size and density.

    Parameters
    ----------
    distance_km
        Great-circle distances, shape (pairs,).
    steepness
        Mean of the steepness kept at both ends, shape (pairs,); NaN for the reference.
    landmark_gap
        Absolute difference of the times to the landmark, minutes, shape (pairs,); NaN for none.
    """
    pace = model.local_pace(steepness, distance_km.size)
    minutes = model.intercept + pace * distance_km
    if landmark_gap is not None and model.landmark_share:
        beyond = np.maximum(landmark_gap - model.landmark_pace * distance_km, 0.0)
        minutes = minutes + model.landmark_share * np.where(np.isnan(beyond), 0.0, beyond)
    return np.asarray(np.maximum(minutes, 0.0))


def minutes_inside(
    model: CrowFlyModel,
    area_km2: NDArray[np.float64],
    *,
    steepness: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Estimate the mean minutes from a resident to the centre of the resident's own commune.

    The mean distance to the centre of a disc of area A is 2/3·√(A/π): residents are taken as
    spread evenly, at the local pace and without the intercept, so that the value is an upper
    estimate where people live around the centre.

    Parameters
    ----------
    area_km2
        Areas, shape (n,).
    """
    pace = model.local_pace(steepness, area_km2.size)
    return np.asarray(pace * _DISC * np.sqrt(area_km2))


def crow_fly_times(
    origins: Places,
    destinations: Places,
    model: CrowFlyModel,
    *,
    limit: int,
    own_minutes: NDArray[np.float64] | None = None,
) -> TravelTimes:
    """Estimate the times of all pairs within a bound, by the crow-fly model.

    Parameters
    ----------
    origins, destinations
        Demand and supply.
    model
        Coefficients.
    limit
        Bound, seconds (inclusive).
    own_minutes
        Minutes between an origin and the destination of the same identifier, shape (n,); without
        it, the pair is treated as any other of its distance.

    Returns
    -------
    TravelTimes
        Whole seconds, rounded to the nearest; the engine is the name of the model.

    Raises
    ------
    BadInput
        A place without coordinates, or a model whose pace is not positive.
    """
    problems = _without_point(origins, "de départ") + _without_point(destinations, "d’arrivée")
    pace_o = model.local_pace(origins.steepness, origins.ids.size, density=origins.density)
    pace_d = model.local_pace(
        destinations.steepness, destinations.ids.size, density=destinations.density
    )
    size_o, size_d = model.excess_size(origins), model.excess_size(destinations)
    slowest = min(pace_o.min(initial=np.inf), pace_d.min(initial=np.inf))
    if origins.ids.size and destinations.ids.size and slowest <= 0:
        problems.append(
            Problem(
                "l’allure du modèle à vol d’oiseau n’est pas positive",
                value=f"{slowest:g}",
                allowed="plus de 0 minute par kilomètre",
            )
        )
    if problems:
        raise BadInput(problems)
    own = np.full(origins.ids.size, -1, dtype=np.int64)
    own_seconds = np.full(origins.ids.size, -1, dtype=np.int64)
    if own_minutes is not None:
        own[:] = positions(destinations.ids, origins.ids)
        told = ~np.isnan(own_minutes)
        own_seconds[told] = np.rint(own_minutes[told] * SECONDS_PER_MINUTE)
    fixed = model.intercept + _least_by_size(model, size_o, size_d)
    radius = max(limit / SECONDS_PER_MINUTE - fixed, 0.0) / slowest
    order = np.argsort(destinations.lat, kind="stable")
    # a column read from a table may be read-only: numba would compile a second loop for it
    arguments = (
        unit_vectors(origins.lon, origins.lat),
        np.array(origins.lat, dtype=np.float64),
        np.array(pace_o, dtype=np.float64),
        np.array(size_o, dtype=np.float64),
        np.array(_landmark(origins)),
        unit_vectors(destinations.lon, destinations.lat)[order],
        np.asarray(destinations.lat, dtype=np.float64)[order],
        pace_d[order],
        size_d[order],
        _landmark(destinations)[order],
        order.astype(np.int32),
        own,
        own_seconds,
        np.array(
            [
                model.intercept,
                model.landmark_share,
                model.landmark_pace,
                model.minutes_by_smaller,
                model.minutes_by_larger,
                radius,
            ],
            dtype=np.float64,
        ),
        limit,
    )
    nothing = np.empty(0, dtype=np.int32)
    indptr = np.zeros(origins.ids.size + 1, dtype=np.int64)
    _pairs(*arguments, indptr, nothing, nothing, False)
    np.cumsum(indptr, out=indptr)
    indices = np.empty(int(indptr[-1]), dtype=np.int32)
    seconds = np.empty(int(indptr[-1]), dtype=np.int32)
    _pairs(*arguments, indptr, indices, seconds, True)
    return TravelTimes(
        origins=origins.ids,
        destinations=destinations.ids,
        indptr=indptr,
        indices=indices,
        seconds=seconds,
        limit=limit,
        engine=model.engine,
    )


def _least_by_size(
    model: CrowFlyModel, first: NDArray[np.float64], second: NDArray[np.float64]
) -> float:
    """Bound from below what sizes add: linear on each side of equal sizes, so least at a corner."""
    both = np.concatenate([first, second])
    if not both.size:
        return 0.0
    ends = np.array([both.min(), both.max()])
    return float(model.minutes_by_size(ends[[0, 1, 0]], ends[[0, 1, 1]]).min())


def _landmark(places: Places) -> NDArray[np.float64]:
    if places.landmark is None:
        return np.full(places.ids.size, np.nan)
    return np.asarray(places.landmark, dtype=np.float64)


def _without_point(places: Places, which: str) -> list[Problem]:
    lost = ~(np.isfinite(places.lon) & np.isfinite(places.lat))
    return [
        Problem(
            f"le lieu {which} n’a pas de coordonnées",
            value=str(name),
            advice="Complétez sa longitude et sa latitude, ou retirez-le.",
        )
        for name in places.ids[lost]
    ]


@njit(cache=True, parallel=True)
def _pairs(
    origin: Any,
    origin_lat: Any,
    origin_pace: Any,
    origin_size: Any,
    origin_landmark: Any,
    target: Any,
    target_lat: Any,
    target_pace: Any,
    target_size: Any,
    target_landmark: Any,
    order: Any,
    own: Any,
    own_seconds: Any,
    model: Any,
    limit: int,
    indptr: Any,
    indices: Any,
    seconds: Any,
    fill: bool,  # noqa: FBT001
) -> None:
    """Count the pairs of each origin, or write them where a first pass counted them.

    Destinations are sorted by latitude: candidates are the contiguous strip whose latitude is near
    enough; a squared chord then tells most of them away before any trigonometry.
    """
    n = origin_lat.size
    intercept, share, kappa, smaller, larger, radius = model
    angle = min(radius / EARTH_RADIUS_KM, np.pi)
    strip = np.degrees(angle) * (1.0 + 1e-9) + 1e-9
    chord2 = (2.0 * np.sin(angle / 2.0)) ** 2 * (1.0 + 1e-9) + 1e-18
    for block in prange(_BLOCKS):
        for i in range(n * block // _BLOCKS, n * (block + 1) // _BLOCKS):
            first = np.searchsorted(target_lat, origin_lat[i] - strip)
            last = np.searchsorted(target_lat, origin_lat[i] + strip, side="right")
            at = indptr[i]
            count = 0
            packed = np.empty(indptr[i + 1] - at if fill else 0, dtype=np.int64)
            has_own = own[i] >= 0 and 0 <= own_seconds[i] <= limit
            if has_own:
                if fill:
                    packed[0] = (np.int64(own[i]) << 32) | own_seconds[i]
                count = 1
            for k in range(first, last):
                dx = origin[i, 0] - target[k, 0]
                dy = origin[i, 1] - target[k, 1]
                dz = origin[i, 2] - target[k, 2]
                square = dx * dx + dy * dy + dz * dz
                if square > chord2:
                    continue
                if order[k] == own[i] and own_seconds[i] >= 0:
                    continue
                d = 2.0 * EARTH_RADIUS_KM * np.arcsin(min(np.sqrt(square) / 2.0, 1.0))
                minutes = intercept + 0.5 * (origin_pace[i] + target_pace[k]) * d
                smallest = min(origin_size[i], target_size[k])
                minutes += smaller * smallest + larger * max(origin_size[i], target_size[k])
                beyond = abs(origin_landmark[i] - target_landmark[k]) - kappa * d
                if beyond > 0.0:  # false where a landmark time is unknown
                    minutes += share * beyond
                second = np.int64(np.rint(max(minutes, 0.0) * 60.0))
                if second <= limit:
                    if fill:
                        packed[count] = (np.int64(order[k]) << 32) | second
                    count += 1
            if fill:
                packed.sort()  # by position of the destination
                for p in range(count):
                    indices[at + p] = packed[p] >> 32
                    seconds[at + p] = packed[p] & 0xFFFFFFFF
            else:
                indptr[i + 1] = count
