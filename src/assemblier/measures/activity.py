"""Activity of a doctor by place, where no file gives it: a few factors that open data tell.

Acts by doctor are not open data. The recomputed APL needs only how they differ between places.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from assemblier.compiled import njit, prange
from assemblier.measures.crowfly import EARTH_RADIUS_KM, unit_vectors

__all__ = ["ActivityModel", "log_density", "relative_activity", "sums_within"]


@dataclass(frozen=True, slots=True)
class ActivityModel:
    """Change of the logarithm of a doctor's activity by unit of each factor.

    Attributes
    ----------
    acts_per_gp
        Mean acts of a doctor a year: the level, which changes no rank.
    radius_km
        Radius in which ``gp_density`` counts doctors and people.
    gp_density
        By logarithm of doctors over standardised inhabitants within the radius.
    respiratory
        By logarithm of the prevalence of respiratory disease of the département.
    unemployment
        By unemployed over inhabitants.
    older_gps
        By share of doctors aged 60 and over.
    """

    acts_per_gp: float
    radius_km: float
    gp_density: float = 0.0
    respiratory: float = 0.0
    unemployment: float = 0.0
    older_gps: float = 0.0


@njit(cache=True, parallel=True)
def _sums_within(points: Any, height: Any, values: Any, chord2: float, strip: float) -> Any:
    """Sum the rows of ``values`` within a chord; points are sorted by height."""
    n = height.size
    total = np.zeros(values.shape)
    for i in prange(n):
        first = np.searchsorted(height, height[i] - strip)
        last = np.searchsorted(height, height[i] + strip, side="right")
        for j in range(first, last):
            dx = points[i, 0] - points[j, 0]
            dy = points[i, 1] - points[j, 1]
            dz = points[i, 2] - points[j, 2]
            if dx * dx + dy * dy + dz * dz <= chord2:
                for k in range(values.shape[1]):
                    total[i, k] += values[j, k]
    return total


def sums_within(
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    values: NDArray[np.float64],
    radius_km: float,
) -> NDArray[np.float64]:
    """Sum values over all places within a distance of each (itself included).

    Parameters
    ----------
    lon, lat
        Degrees, shape (n,).
    values
        Shape (n, k).

    Returns
    -------
    Shape (n, k).
    """
    points = unit_vectors(lon, lat)
    order = np.argsort(points[:, 2], kind="stable")
    sorted_points = np.ascontiguousarray(points[order])
    chord = 2.0 * np.sin(min(radius_km / EARTH_RADIUS_KM, np.pi) / 2.0)
    summed = _sums_within(
        sorted_points,
        np.ascontiguousarray(sorted_points[:, 2]),
        np.ascontiguousarray(values[order], dtype=np.float64),
        chord * chord,
        chord,
    )
    result = np.empty(values.shape)
    result[order] = summed
    return result


def log_density(
    lon: ArrayLike, lat: ArrayLike, people: ArrayLike, area_km2: ArrayLike, radius_km: float
) -> NDArray[np.float64]:
    """Return the natural logarithm of the inhabitants by km² within a distance, shape (n,).

    Places whose inhabitants or area are unknown (NaN) do not count; NaN where nobody counts.
    """
    longitude, latitude, counted, area = (
        np.asarray(each, dtype=np.float64) for each in (lon, lat, people, area_km2)
    )
    told = np.isfinite(counted) & (area > 0)
    both = np.stack([np.where(told, counted, 0.0), np.where(told, area, 0.0)], axis=1)
    summed = sums_within(longitude, latitude, both, radius_km)
    some = (summed > 0).all(axis=1)
    density = np.full(longitude.size, np.nan)
    density[some] = np.log(summed[some, 0] / summed[some, 1])
    return density


def relative_activity(
    model: ActivityModel,
    *,
    doctors_around: NDArray[np.float64],
    people_around: NDArray[np.float64],
    respiratory: NDArray[np.float64],
    unemployed_share: NDArray[np.float64],
    older_share: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the activity of one doctor at each place, up to a common factor, shape (n,).

    Acts by doctor are not open data. They are known to be higher where general practice is used
    more: in the north, where there is more chronic disease and unemployment, and lower past 60.
    Where a factor is not known (NaN), or nobody is around, the place takes the mean of the others.
    """
    known = (doctors_around > 0) & (people_around > 0)
    density = np.full(doctors_around.shape, np.nan)
    density[known] = np.log(doctors_around[known] / people_around[known])
    ill = np.full(respiratory.shape, np.nan)
    told = respiratory > 0
    ill[told] = np.log(respiratory[told])
    logarithm = np.zeros(doctors_around.shape)
    for weight, factor in (
        (model.gp_density, density),
        (model.respiratory, ill),
        (model.unemployment, unemployed_share),
        (model.older_gps, older_share),
    ):
        here = np.isfinite(factor)
        if weight and here.any():
            mean = float(factor[here].mean())
            logarithm += weight * (np.where(here, factor, mean) - mean)
    return np.asarray(np.exp(logarithm))
