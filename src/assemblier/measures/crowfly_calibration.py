"""Fit the crow-fly model to real travel times, and say how wrong it is, by type of territory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from assemblier.errors import BadInput, Problem
from assemblier.measures.crowfly import (
    EARTH_RADIUS_KM,
    CrowFlyModel,
    Places,
    great_circle_km,
    predict_minutes,
    unit_vectors,
)
from assemblier.measures.times import TravelTimes

__all__ = [
    "Calibration",
    "EngineLine",
    "FitError",
    "ObservedPairs",
    "calibrate",
    "engine_line",
    "error_table",
    "fit_errors",
    "joined",
    "observed",
    "places_like",
]

_COEFFICIENTS = 5  # a, b, c, e, κ


@dataclass(frozen=True, slots=True)
class ObservedPairs:
    """Real travel times, one row for each pair of different places.

    Attributes
    ----------
    distance_km, minutes
        Great-circle distance and real time, shape (pairs,).
    source
        Which file each pair comes from, shape (pairs,): every source weighs the same in the fit,
        however many pairs it has.
    fold
        Group of each pair for cross-validation, shape (pairs,): neighbouring pairs belong together.
    steepness
        Mean of the steepness of both ends, each kept within the bounds of the model; NaN unknown.
    landmark_gap
        Absolute difference of the times to the landmark, minutes; NaN unknown.
    kind
        Type of territory of each pair, in words.
    """

    distance_km: NDArray[np.float64]
    minutes: NDArray[np.float64]
    source: NDArray
    fold: NDArray
    steepness: NDArray[np.float64]
    landmark_gap: NDArray[np.float64]
    kind: NDArray


@dataclass(frozen=True, slots=True)
class FitError:
    """Error of predicted minutes over a group of pairs; bias is predicted minus real."""

    group: str
    pairs: int
    mae: float
    rmse: float
    r2: float
    bias: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """Fitted model with its errors.

    Attributes
    ----------
    model
        Coefficients fitted on all pairs; its engine name tells the cross-validated error.
    fitted
        Errors on the pairs of the fit, by source.
    validated
        Cross-validated errors, by source.
    by_kind, by_band
        Cross-validated errors by type of territory and by band of real minutes.
    left_out
        Errors on each source of a model fitted on the others alone: the honest error elsewhere.
    parameters
        How many coefficients were fitted.
    """

    model: CrowFlyModel
    fitted: tuple[FitError, ...]
    validated: tuple[FitError, ...]
    by_kind: tuple[FitError, ...]
    by_band: tuple[FitError, ...]
    left_out: tuple[FitError, ...]
    parameters: int


@dataclass(frozen=True, slots=True)
class EngineLine:
    """Minutes of one engine from those of another: ``intercept + slope · minutes``."""

    intercept: float
    slope: float
    pairs: int
    mae: float


def engine_line(
    minutes: NDArray[np.float64], other: NDArray[np.float64], *, below: float
) -> EngineLine:
    """Fit the line that gives ``other`` from ``minutes``, on pairs of less than ``below``."""
    used = minutes < below
    slope, intercept = np.polyfit(minutes[used], other[used], 1)
    gap = intercept + slope * minutes[used] - other[used]
    return EngineLine(float(intercept), float(slope), int(used.sum()), float(np.abs(gap).mean()))


def places_like(
    ids: NDArray,
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    known: Places,
    *,
    neighbours: int,
    soften_km: float,
) -> Places:
    """Give points the steepness and landmark time of the known places around them.

    Steepness is that of the nearest; the time to the landmark is a mean weighted by
    1/(d + ``soften_km``)², so that it is that of the place itself where one is at hand.
    """
    from scipy.spatial import cKDTree  # noqa: PLC0415 (slow to import, not always needed)

    assert known.steepness is not None
    assert known.landmark is not None
    some = np.flatnonzero(~np.isnan(known.landmark))
    tree = cKDTree(unit_vectors(known.lon[some], known.lat[some]) * EARTH_RADIUS_KM)
    distance, found = tree.query(unit_vectors(lon, lat) * EARTH_RADIUS_KM, k=neighbours)
    weight = 1.0 / (distance + soften_km) ** 2
    return Places(
        ids,
        lon,
        lat,
        known.steepness[some][found[:, 0]],
        (weight * known.landmark[some][found]).sum(axis=1) / weight.sum(axis=1),
    )


def observed(
    times: TravelTimes,
    origins: Places,
    destinations: Places,
    start: CrowFlyModel,
    *,
    source: str,
    density: tuple[NDArray[np.float64], NDArray[np.float64]],
    density_classes: Sequence[float],
    class_names: Sequence[str],
    farthest_km: float,
    fold_km: float,
    folds: int,
) -> ObservedPairs:
    """Turn real times into pairs to fit on; a place to itself is left out.

    Parameters
    ----------
    times
        Real times; places are in the order of its origins and destinations.
    start
        Gives the bounds of steepness.
    source
        Name of the file.
    density
        Inhabitants by km² of origins and of destinations; a pair has the geometric mean.
    density_classes, class_names
        Bounds of the types of territory, and one name more.
    farthest_km
        Longer pairs are left out.
    fold_km, folds
        Pairs whose middles lie in the same square of this side are validated together.
    """
    rows = np.repeat(np.arange(times.origins.size), np.diff(times.indptr))
    columns = times.indices.astype(np.int64)
    o_lon, o_lat = origins.lon[rows], origins.lat[rows]
    d_lon, d_lat = destinations.lon[columns], destinations.lat[columns]
    distance = great_circle_km(o_lon, o_lat, d_lon, d_lat)
    kept = (distance > 0) & (distance < farthest_km)
    rows, columns = rows[kept], columns[kept]
    square = np.degrees(fold_km / EARTH_RADIUS_KM)
    north = np.floor((o_lat + d_lat)[kept] / 2 / square)
    east = np.floor((o_lon + d_lon)[kept] / 2 / square)
    both = np.sqrt(density[0][rows] * density[1][columns])
    names = np.asarray(class_names)[np.searchsorted(density_classes, both, side="right")]
    return ObservedPairs(
        distance_km=distance[kept],
        minutes=times.minutes[kept],
        source=np.full(rows.size, source),
        # a step of three by row spreads neighbouring squares over the folds
        fold=((3 * north + east) % folds).astype(np.int64),
        steepness=(_kept(origins, start)[rows] + _kept(destinations, start)[columns]) / 2,
        landmark_gap=np.abs(_landmark(origins)[rows] - _landmark(destinations)[columns]),
        kind=np.char.add(source + " : ", names),
    )


def joined(parts: Sequence[ObservedPairs]) -> ObservedPairs:
    """Put pairs of several sources together."""
    return ObservedPairs(
        **{
            name: np.concatenate([getattr(part, name) for part in parts])
            for name in ObservedPairs.__slots__
        }
    )


def _kept(places: Places, start: CrowFlyModel) -> NDArray[np.float64]:
    if places.steepness is None:
        return np.full(places.ids.size, start.steepness_reference)
    known = np.where(np.isnan(places.steepness), start.steepness_reference, places.steepness)
    return np.clip(known, start.steepness_low, start.steepness_high)


def _landmark(places: Places) -> NDArray[np.float64]:
    return np.full(places.ids.size, np.nan) if places.landmark is None else places.landmark


def calibrate(
    pairs: ObservedPairs,
    start: CrowFlyModel,
    *,
    landmark_paces: Sequence[float],
    least_minutes: float,
    bands: Sequence[float],
    label: str,
) -> Calibration:
    """Fit a, b, c, e by weighted least squares for each κ offered, and keep the best κ.

    A pair weighs 1/max(t, ``least_minutes``), between absolute and relative error, divided by the
    number of pairs of its source.

    Parameters
    ----------
    pairs
        Real times.
    start
        Gives the reference and bounds of steepness; its coefficients are not used.
    landmark_paces
        Values of κ tried, minutes by kilometre.
    least_minutes
        Below this time, errors weigh alike.
    bands
        Bounds of the bands of real minutes for the report.
    label
        What was fitted and when; begins the name of the engine.

    Raises
    ------
    BadInput
        Fewer pairs than coefficients, or values that are not finite.
    """
    problems = [
        Problem(f"{what} : {int(bad.sum())} valeur(s) manquante(s) ou négative(s)")
        for what, bad in (
            ("distance", ~(pairs.distance_km >= 0)),
            ("temps réel", ~(pairs.minutes >= 0)),
        )
        if bad.any()
    ]
    if pairs.minutes.size <= _COEFFICIENTS:
        problems.append(Problem("trop peu de trajets réels pour caler le modèle"))
    if problems:
        raise BadInput(problems)
    weight = _weights(pairs, least_minutes)
    everything = np.ones(pairs.minutes.size, dtype=np.bool_)
    model = _fit(pairs, start, weight, everything, landmark_paces)
    predicted = _predict(model, pairs)
    validated = np.empty_like(predicted)
    for fold in np.unique(pairs.fold):
        out = pairs.fold == fold
        validated[out] = _predict(_fit(pairs, start, weight, ~out, landmark_paces), pairs)[out]
    sources = np.unique(pairs.source)
    left_out: list[FitError] = []
    if sources.size > 1:
        for source in sources:
            out = pairs.source == source
            other = _predict(_fit(pairs, start, weight, ~out, landmark_paces), pairs)
            left_out += fit_errors(pairs.minutes[out], other[out], pairs.source[out])
    edges = np.asarray(bands, dtype=np.float64)
    band = np.array(
        [f"moins de {edges[0]:g} min"]
        + [f"{a:g} à {b:g} min" for a, b in pairwise(edges)]
        + [f"{edges[-1]:g} min et plus"]
    )[np.searchsorted(edges, pairs.minutes, side="right")]
    by_source = fit_errors(pairs.minutes, validated, pairs.source)
    mae = float(np.mean([error.mae for error in by_source]))
    return Calibration(
        model=replace(model, engine=f"{label}, écart absolu moyen {mae:.1f} min".replace(".", ",")),
        fitted=fit_errors(pairs.minutes, predicted, pairs.source),
        validated=by_source,
        by_kind=fit_errors(pairs.minutes, validated, pairs.kind),
        by_band=fit_errors(pairs.minutes, validated, band),
        left_out=tuple(left_out),
        parameters=_COEFFICIENTS,
    )


def error_table(calibration: Calibration) -> pd.DataFrame:
    """Write every error of a calibration in one table, with French headings, for a reader."""
    parts = (
        ("trajets du calage", calibration.fitted),
        ("validation croisée", calibration.validated),
        ("calé sur les autres sources seules", calibration.left_out),
        ("validation croisée, par type de territoire", calibration.by_kind),
        ("validation croisée, par durée réelle", calibration.by_band),
    )
    return pd.DataFrame(
        [
            {
                "épreuve": title,
                "groupe": error.group,
                "trajets": error.pairs,
                "écart absolu moyen (min)": error.mae,
                "écart quadratique (min)": error.rmse,
                "R²": error.r2,
                "biais (min)": error.bias,
            }
            for title, errors in parts
            for error in errors
        ]
    )


def fit_errors(
    real: NDArray[np.float64], predicted: NDArray[np.float64], group: ArrayLike
) -> tuple[FitError, ...]:
    """Return the errors of each group, in the order of its name."""
    groups = np.asarray(group)
    errors = []
    for name in np.unique(groups):
        of = groups == name
        gap = predicted[of] - real[of]
        spread = float(((real[of] - real[of].mean()) ** 2).sum())
        errors.append(
            FitError(
                group=str(name),
                pairs=int(of.sum()),
                mae=float(np.abs(gap).mean()),
                rmse=float(np.sqrt((gap**2).mean())),
                r2=1.0 - float((gap**2).sum()) / spread if spread > 0 else float("nan"),
                bias=float(gap.mean()),
            )
        )
    return tuple(errors)


def _weights(pairs: ObservedPairs, least_minutes: float) -> NDArray[np.float64]:
    _, which, count = np.unique(pairs.source, return_inverse=True, return_counts=True)
    return np.asarray(1.0 / np.maximum(pairs.minutes, least_minutes) / count[which])


def _fit(
    pairs: ObservedPairs,
    start: CrowFlyModel,
    weight: NDArray[np.float64],
    used: NDArray[np.bool_],
    landmark_paces: Sequence[float],
) -> CrowFlyModel:
    from scipy.optimize import nnls  # noqa: PLC0415 (slow to import, not always needed)

    root = np.sqrt(weight[used])
    d = pairs.distance_km[used]
    known = np.where(np.isnan(pairs.steepness), start.steepness_reference, pairs.steepness)[used]
    gap = np.where(np.isnan(pairs.landmark_gap), 0.0, pairs.landmark_gap)[used]
    # written on both ends of the range of steepness, non-negative coefficients keep every pace
    # positive: pace = low·(1 − s) + high·s, s in [0, 1]
    low, high = start.steepness_low, start.steepness_high
    share = (known - low) / (high - low)
    best: tuple[float, CrowFlyModel] | None = None
    for kappa in landmark_paces:
        columns = np.stack(
            [np.ones_like(d), (1 - share) * d, share * d, np.maximum(gap - kappa * d, 0.0)], axis=1
        )
        found, residual = nnls(columns * root[:, None], pairs.minutes[used] * root)
        by_steepness = float(found[2] - found[1]) / (high - low)
        model = replace(
            start,
            intercept=float(found[0]),
            pace=float(found[1]) + by_steepness * (start.steepness_reference - low),
            pace_by_steepness=by_steepness,
            landmark_share=float(found[3]),
            landmark_pace=float(kappa),
        )
        if best is None or residual < best[0]:
            best = float(residual), model
    assert best is not None
    return best[1]


def _predict(model: CrowFlyModel, pairs: ObservedPairs) -> NDArray[np.float64]:
    return predict_minutes(
        model, pairs.distance_km, steepness=pairs.steepness, landmark_gap=pairs.landmark_gap
    )
