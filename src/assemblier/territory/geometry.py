"""Points of communes: which one stands for a commune, in which projection, and can it be right.

A commune is stood for by its town hall, where people and offices are; else by a point inside it;
else by its centroid. A town hall that lies outside the reach of its commune is a registering
error (a lost minus sign, the latitude twice, a namesake): it is set aside, and that is recorded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
import pandas as pd
from pyproj import Transformer

from assemblier.errors import BadInput, Problem
from assemblier.territory.codes import department_of
from assemblier.territory.passage import Crosswalk

__all__ = [
    "MAINLAND_EPSG",
    "PointSource",
    "Positions",
    "commune_points",
    "points_at",
    "positions",
    "projected",
    "projection_of",
    "unprojected",
    "zones_of",
]

PointSource = Literal["mairie", "point intérieur", "centre"]

MAINLAND_EPSG = 2154
"""RGF93 / Lambert-93, the legal projection of mainland France (decree 2000-1276)."""

_OVERSEAS_EPSG = {
    "971": 5490,  # RGAF09 / UTM 20N
    "972": 5490,
    "973": 2972,  # RGFG95 / UTM 22N
    "974": 2975,  # RGR92 / UTM 40S
    "975": 4467,  # RGSPM06 / UTM 21N
    "976": 4471,  # RGM04 / UTM 38S
    "977": 5490,
    "978": 5490,
    "986": 8903,  # RGWF96 / UTM 1S
    "987": 3297,  # RGPF / UTM 6S
    "988": 3163,  # RGNC91-93 / Lambert New Caledonia
}
_WORLD_EPSG = 6933  # equal-area cylinder, for the lands no local projection is legal in
_WGS84 = 4326

# west, south, east, north of the lands a French file speaks of, with some sea around
_LANDS = (
    (-5.6, 41.2, 9.8, 51.4),  # mainland and Corsica
    (-63.3, 14.2, -60.7, 18.3),  # Antilles
    (-54.8, 2.0, -51.4, 6.0),  # Guyane
    (55.0, -21.6, 56.0, -20.7),  # La Réunion
    (44.8, -13.2, 45.5, -12.4),  # Mayotte
    (-56.6, 46.6, -55.9, 47.3),  # Saint-Pierre-et-Miquelon
)
_LAMBERT93 = (90_000.0, 6_030_000.0, 1_250_000.0, 7_130_000.0)
_MOST = 0.95


@dataclass(frozen=True, slots=True)
class Positions:
    """Longitudes and latitudes, and how they were given.

    Attributes
    ----------
    given
        ``degrees``, ``swapped`` (latitude in the column of longitudes) or ``lambert93``.
    doubtful
        Rows that lie in no French land; their position is kept as it was given.
    """

    lon: np.ndarray
    lat: np.ndarray
    given: Literal["degrees", "swapped", "lambert93"]
    doubtful: np.ndarray


def positions(x: np.ndarray, y: np.ndarray) -> Positions:
    """Read two columns of coordinates, whatever they hold.

    Parameters
    ----------
    x, y
        What is said to be longitude and latitude, or Lambert 93 metres; NaN where unknown.

    Raises
    ------
    BadInput
        When neither degrees, degrees swapped nor Lambert 93 put 95 % of the rows in France.
    """
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    known = np.isfinite(x) & np.isfinite(y)
    readings: list[tuple[Literal["degrees", "swapped", "lambert93"], np.ndarray]] = [
        ("degrees", _in_france(x, y)),
        ("swapped", _in_france(y, x)),
        ("lambert93", _within(x, y, _LAMBERT93)),
    ]
    given, inside = max(readings, key=lambda reading: int(reading[1].sum()))
    if known.any() and inside[known].mean() < _MOST:
        at = int(np.flatnonzero(known & ~inside)[0])
        raise BadInput(
            Problem(
                f"{int((known & ~inside).sum())} points sur {int(known.sum())} hors de France",
                line=at + 1,
                value=f"{x[at]} ; {y[at]}",
                allowed="longitude et latitude en degrés (WGS 84) ou Lambert 93 en mètres",
                advice="Vérifiez les deux colonnes et la projection.",
            )
        )
    if given == "swapped":
        x, y = y, x
    elif given == "lambert93":
        x, y = unprojected(x, y, MAINLAND_EPSG)
    return Positions(x, y, given, known & ~inside)


def projection_of(code: str) -> int:
    """Return the EPSG code of the metric projection in which a commune is measured."""
    department = department_of(code)
    if len(department) == 2:
        return MAINLAND_EPSG
    return _OVERSEAS_EPSG.get(department, _WORLD_EPSG)


def zones_of(codes: Iterable[str]) -> np.ndarray:
    """Return the projection of each code, one EPSG code per element."""
    known: dict[str, int] = {}
    return np.array(
        [known.setdefault(department_of(code), projection_of(code)) for code in codes],
        dtype=np.int64,
    )


def projected(lon: np.ndarray, lat: np.ndarray, epsg: int) -> tuple[np.ndarray, np.ndarray]:
    """Return metres east and north in a projection."""
    x, y = _transformer(_WGS84, epsg).transform(np.asarray(lon), np.asarray(lat))
    return np.asarray(x), np.asarray(y)


def unprojected(x: np.ndarray, y: np.ndarray, epsg: int) -> tuple[np.ndarray, np.ndarray]:
    """Return longitudes and latitudes (WGS 84) of metres in a projection."""
    lon, lat = _transformer(epsg, _WGS84).transform(np.asarray(x), np.asarray(y))
    return np.asarray(lon), np.asarray(lat)


def commune_points(
    communes: pd.DataFrame,
    *,
    reach: float,
    slack_km: float,
    order: Sequence[PointSource] = ("mairie", "point intérieur", "centre"),
) -> pd.DataFrame:
    """Choose the point that stands for each commune.

    Parameters
    ----------
    communes
        ``code``, and where known ``mairie_lon, mairie_lat, rep_lon, rep_lat`` (a point inside),
        ``centroid_lon, centroid_lat`` in degrees, ``area_km2``.
    reach
        A town hall is believed when it is within ``reach`` × √area of the point inside;
        dimensionless (a disc has its edge at 0.56 √area of its centre).
    order
        Which point is preferred: the default suits journeys; cells drawn around points are
        nearer to the true contours around centroids (``centre`` first).
    slack_km
        Distance that is believed whatever the area, in km.

    Returns
    -------
    DataFrame
        ``code, lon, lat, source, distance_km, area_km2``; ``source`` is ``mairie``, ``point
        intérieur``, ``centre`` or ``absent``, ``distance_km`` that of a town hall set aside.
    """
    lon = np.full(len(communes), np.nan)
    lat = np.full(len(communes), np.nan)
    source = np.full(len(communes), "absent", dtype=object)
    hall, inside, centre = (_pair(communes, name) for name in ("mairie", "rep", "centroid"))
    witness = np.where(np.isfinite(inside), inside, centre)
    away = _distance_km(hall, witness)
    area = (
        communes["area_km2"].to_numpy(np.float64)
        if "area_km2" in communes
        else np.full(len(communes), np.nan)
    )
    limit = np.maximum(slack_km, reach * np.sqrt(np.nan_to_num(area)))
    strange = np.isfinite(away) & (away > limit)
    unchecked = ~np.isfinite(away) & ~_in_france(hall[0], hall[1])
    hall = np.where(strange | unchecked, np.nan, hall)
    namesake = _shared(hall, away)
    hall = np.where(namesake, np.nan, hall)
    strange |= namesake & np.isfinite(away)
    known = {"mairie": hall, "point intérieur": inside, "centre": centre}
    for name in order:
        pair = known[name]
        free = ~np.isfinite(lon) & np.isfinite(pair).all(axis=0)
        lon[free], lat[free], source[free] = pair[0][free], pair[1][free], name
    return pd.DataFrame(
        {
            "code": communes["code"].to_numpy(object),
            "lon": lon,
            "lat": lat,
            "source": source,
            "distance_km": np.where(strange, away, np.nan),
            "area_km2": area,
        }
    )


def points_at(
    points: pd.DataFrame, crosswalk: Crosswalk, populations: pd.Series | None = None
) -> pd.DataFrame:
    """Return the points of another vintage.

    A merged commune takes the mean of its parts weighted by their populations; a commune that
    came out of another takes the point of that other, for want of its own.

    Parameters
    ----------
    points
        ``code, lon, lat, source`` of ``crosswalk.vintage_from``.
    populations
        Inhabitants by code of that vintage. Without a population for each part the mean is
        simple, and says so.

    Returns
    -------
    DataFrame
        ``code, lon, lat, source``, by code.
    """
    made_elsewhere = points["code"].isin(crosswalk.moves["code_to"]) & ~points["code"].isin(
        crosswalk.moves["code_from"]
    )  # a city listed beside its arrondissements: these say better where its people are
    given = points.loc[~made_elsewhere, ["code", "lon", "lat", "source"]]
    spread = given.merge(
        crosswalk.moves, left_on="code", right_on="code_from", how="left", indicator=True
    )
    moved = spread["_merge"].eq("both").to_numpy()
    kept = spread.loc[~moved, ["code", "lon", "lat", "source"]]
    parts = spread[moved & spread["lon"].notna().to_numpy()]
    inhabitants = (
        pd.Series(np.nan, index=parts.index)
        if populations is None
        else parts["code_from"].map(populations).astype("float64")
    )
    mass = (inhabitants * parts["weight"]).to_numpy(np.float64)
    target = parts["code_to"].to_numpy(object)
    total = pd.Series(mass).groupby(target).transform(lambda each: each.sum(skipna=False))
    weighted = (total > 0).to_numpy()
    mass = np.where(weighted, mass, 1.0)
    frame = pd.DataFrame(
        {
            "code": target,
            "mass": mass,
            "lon": parts["lon"].to_numpy() * mass,
            "lat": parts["lat"].to_numpy() * mass,
            "weighted": weighted,
            "share": parts["weight"].to_numpy(),
            "origin": parts["code_from"].to_numpy(object),
            "own": parts["source"].to_numpy(object),
        }
    )
    grouped = frame.groupby("code", sort=True)
    sums = grouped[["mass", "lon", "lat"]].sum()
    count = grouped.size()
    first = grouped[["weighted", "share", "origin", "own"]].first()
    source = np.where(
        count > 1,
        np.where(
            first["weighted"],
            "moyenne des communes réunies, pondérée par la population",
            "moyenne simple des communes réunies",
        ),
        np.where(
            first["share"] < 1 - 1e-9,
            "point de la commune d’origine, " + first["origin"],
            first["own"],
        ),
    )
    made = pd.DataFrame(
        {
            "code": sums.index.to_numpy(object),
            "lon": (sums["lon"] / sums["mass"]).to_numpy(),
            "lat": (sums["lat"] / sums["mass"]).to_numpy(),
            "source": source,
        }
    )
    return pd.concat([kept, made]).sort_values("code", ignore_index=True)


@cache
def _transformer(origin: int, target: int) -> Transformer:
    return Transformer.from_crs(origin, target, always_xy=True)


def _shared(hall: np.ndarray, away: np.ndarray) -> np.ndarray:
    """Tell which town halls stand on that of another commune, nearer to its own ground."""
    order = np.lexsort((np.nan_to_num(away, nan=np.inf), hall[0], hall[1]))
    lon, lat = hall[0][order], hall[1][order]
    again = np.zeros(len(order), dtype=bool)
    again[1:] = (lon[1:] == lon[:-1]) & (lat[1:] == lat[:-1])
    shared = np.zeros(len(order), dtype=bool)
    shared[order] = again
    return shared


def _pair(frame: pd.DataFrame, name: str) -> np.ndarray:
    columns: Mapping[str, pd.Series] = {
        axis: frame[f"{name}_{axis}"]
        if f"{name}_{axis}" in frame
        else pd.Series(np.nan, index=frame.index)
        for axis in ("lon", "lat")
    }
    return np.vstack([columns[axis].to_numpy(np.float64) for axis in ("lon", "lat")])


def _distance_km(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return great-circle distances in km (haversine, sphere of 6371.0088 km, IUGG mean radius)."""
    lon, lat, lon2, lat2 = np.radians([one[0], one[1], other[0], other[1]])
    half = (
        np.sin((lat2 - lat) / 2) ** 2 + np.cos(lat) * np.cos(lat2) * np.sin((lon2 - lon) / 2) ** 2
    )
    return np.asarray(2 * 6371.0088 * np.arcsin(np.sqrt(half)))


def _in_france(lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    inside = np.zeros(np.shape(lon), dtype=bool)
    for land in _LANDS:
        inside |= _within(lon, lat, land)
    return inside


def _within(x: np.ndarray, y: np.ndarray, box: tuple[float, float, float, float]) -> np.ndarray:
    west, south, east, north = box
    return np.asarray((x >= west) & (x <= east) & (y >= south) & (y <= north))
