"""Use case: fit the crow-fly model again on the real times of the lake."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import Transformer

from assemblier.errors import MissingSource
from assemblier.indicators.context import Context
from assemblier.indicators.national import (
    national_places,
)
from assemblier.lake.lake import Lake
from assemblier.measures.crowfly import CrowFlyModel, Places
from assemblier.measures.crowfly_calibration import Calibration as CrowFlyFit
from assemblier.measures.crowfly_calibration import (
    EngineLine,
    ObservedPairs,
    calibrate,
    engine_line,
    error_table,
    joined,
    observed,
    places_like,
)
from assemblier.measures.matrices import from_point_pairs, matched_points, point_names
from assemblier.measures.times import TravelTimes
from assemblier.territory.geometry import MAINLAND_EPSG

__all__ = ["CrowFlyCalibration", "fit_crow_fly"]

_SAME_POINT = 1.0  # metres
_AXES = {"x_origine": "X1", "y_origine": "Y1", "x_destination": "X2", "y_destination": "Y2"}


@dataclass(frozen=True, slots=True)
class CrowFlyCalibration:
    """The crow-fly model fitted again.

    Attributes
    ----------
    reference
        ``osrm`` or ``metric``: what the minutes are those of.
    fit
        Coefficients and errors.
    errors
        Every error, with French headings.
    line
        Metric minutes from OSRM minutes, where it was needed.
    """

    reference: str
    fit: CrowFlyFit
    errors: pd.DataFrame
    line: EngineLine | None


def fit_crow_fly(*, lake: Path, reference: str = "metric") -> CrowFlyCalibration:
    """Fit the crow-fly model on the real times of the lake.

    Parameters
    ----------
    reference
        ``osrm``, or ``metric``: OSRM times between communes are then brought to Metric by the line
        that the same pairs give.

    Raises
    ------
    MissingSource
        The lake has no real times between communes, or none between the same points by both.
    """
    context = Context.of(Lake.open(lake))
    rule = context.parameters["travel.crow_fly.fit"].latest
    stored = context.parameters[f"travel.crow_fly.{reference}"].latest
    kept = ("steepness_reference", "steepness_low", "steepness_high")
    start = CrowFlyModel(0.0, 0.0, **{name: stored[name] for name in kept})
    known, density = _known(context)
    communes = _between_communes(context, known, density, start, rule)
    points = _between_points(context)
    line = None
    if reference == "metric":
        line = engine_line(
            points["osrm"].to_numpy(np.float64),
            points["metric"].to_numpy(np.float64),
            below=rule["line_below_minutes"],
        )
        communes = dataclasses.replace(
            communes, minutes=line.intercept + line.slope * communes.minutes
        )
    pairs = joined([communes, _pairs_of(points, reference, known, density, start, rule)])
    fit = calibrate(
        pairs,
        start,
        label=f"vol d’oiseau calé sur {reference}",
        **{name: rule[name] for name in ("landmark_paces", "least_minutes", "bands")},
    )
    return CrowFlyCalibration(reference, fit, error_table(fit), line)


def _known(context: Context) -> tuple[Places, NDArray[np.float64]]:
    """Every commune with its steepness and its time to the landmark, and its density."""
    table = national_places(context, "travel.steepness")
    table = table[table["landmark"].notna() & (table["area_km2"] > 0)]
    people = context.geography.population.reindex(table.index)
    table = table[people.notna().to_numpy()]
    if table.empty:
        raise MissingSource(
            "Le lac n’a pas de temps des communes vers un lieu commun, dont le modèle a besoin."
        )
    places = Places(
        table.index.to_numpy(object),
        *(table[name].to_numpy(np.float64) for name in ("lon", "lat", "steepness", "landmark")),
    )
    return places, (people.reindex(table.index) / table["area_km2"]).to_numpy(np.float64)


def _between_communes(
    context: Context,
    known: Places,
    density: NDArray[np.float64],
    start: CrowFlyModel,
    rule: Mapping[str, Any],
) -> ObservedPairs:
    index = pd.Index(known.ids)
    best: tuple[int, pd.DataFrame] | None = None
    for part in context.parts("temps"):
        rows = context.lake.read(part, ["moteur", "origine", "destination", "secondes"])
        told = (rows["origine"].isin(index) & rows["destination"].isin(index)).to_numpy()
        to_one = bool((rows["destination"] == rows["destination"].iloc[0]).all())
        if to_one or told.mean() < 0.5:
            continue
        if best is None or len(rows) > best[0]:
            best = (len(rows), rows[told & rows["secondes"].notna()])
    if best is None:
        raise MissingSource("Le lac n’a pas de temps de trajet réels entre communes.")
    rows = best[1]
    times = TravelTimes.from_table(
        pd.DataFrame(
            {
                "origin": rows["origine"].astype(object),
                "destination": rows["destination"].astype(object),
                "minutes": rows["secondes"].to_numpy(np.float64) / 60.0,
            }
        ),
        engine=str(rows["moteur"].iloc[0]),
    )
    ends = [_among(known, index.get_indexer(ids)) for ids in (times.origins, times.destinations)]
    dense = [density[index.get_indexer(ids)] for ids in (times.origins, times.destinations)]
    return observed(
        times,
        ends[0],
        ends[1],
        start,
        source="communes",
        density=(dense[0], dense[1]),
        **_how(rule),
    )


def _how(rule: Mapping[str, Any]) -> dict[str, Any]:
    names = ("density_classes", "class_names", "farthest_km", "fold_km", "folds")
    return {name: rule[name] for name in names}


def _among(places: Places, at: NDArray[np.intp]) -> Places:
    assert places.steepness is not None
    assert places.landmark is not None
    return Places(
        places.ids[at],
        places.lon[at],
        places.lat[at],
        places.steepness[at],
        places.landmark[at],
    )


def _between_points(context: Context) -> pd.DataFrame:
    """Pairs of points that both engines timed: ``X1, Y1, X2, Y2, osrm, metric`` (minutes)."""
    found: dict[str, pd.DataFrame] = {}
    for part in context.parts("temps"):
        rows = context.lake.read(part, ["moteur", "secondes", *_AXES])
        rows = rows[rows["x_origine"].notna()].rename(columns=_AXES)
        if rows.empty:
            continue
        engine = str(rows["moteur"].iloc[0]).partition("-")[0]
        rows[engine] = rows["secondes"] / 60.0
        found[engine] = rows[[*_AXES.values(), engine]].reset_index(drop=True)
    if {"osrm", "metric"} - set(found):
        raise MissingSource(
            "Le lac n’a pas les mêmes trajets chronométrés par OSRM et par Metric (Gironde)."
        )
    both = matched_points(found["osrm"], found["metric"], tolerance=_SAME_POINT)
    return both[both["osrm"].notna() & both["metric"].notna()].reset_index(drop=True)


def _pairs_of(
    points: pd.DataFrame,
    engine: str,
    known: Places,
    density: NDArray[np.float64],
    start: CrowFlyModel,
    rule: Mapping[str, Any],
) -> ObservedPairs:
    to_degrees = Transformer.from_crs(MAINLAND_EPSG, 4326, always_xy=True)
    times = from_point_pairs(points, minutes=engine, tolerance=_SAME_POINT, engine=engine)
    around = {"neighbours": rule["neighbours"], "soften_km": rule["soften_km"]}
    dense = Places(known.ids, known.lon, known.lat, density, known.landmark)
    ends, densities = [], []
    for number, ids in ((1, times.origins), (2, times.destinations)):
        x, y = points[f"X{number}"], points[f"Y{number}"]
        lon, lat = to_degrees.transform(x.to_numpy(), y.to_numpy())
        names = point_names(x, y, tolerance=_SAME_POINT)
        at = pd.DataFrame({"lon": lon, "lat": lat}, index=names)
        at = at[~at.index.duplicated()].loc[ids]
        where = (ids, at["lon"].to_numpy(), at["lat"].to_numpy())
        ends.append(places_like(*where, known, **around))
        nearest = places_like(*where, dense, **around).steepness
        assert nearest is not None
        densities.append(nearest)
    return observed(
        times,
        ends[0],
        ends[1],
        start,
        source="points",
        density=(densities[0], densities[1]),
        **_how(rule),
    )
