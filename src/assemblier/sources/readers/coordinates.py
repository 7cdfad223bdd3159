"""Coordinates as producers write them: Lambert 93, longitude and latitude swapped or not."""

from __future__ import annotations

import numpy as np
import pandas as pd
from pyproj import Transformer

__all__ = ["lambert_to_wgs84", "ordered"]

LAMBERT_X = (0.0, 1_300_000.0)
LAMBERT_Y = (6_000_000.0, 7_200_000.0)
"""Plausible Lambert 93 coordinates, metres: mainland France, Corsica and the sea around."""
MAINLAND_LATITUDE = (41.0, 52.0)
MAINLAND_LONGITUDE = (-6.0, 10.0)


def ordered(longitude: pd.Series, latitude: pd.Series) -> tuple[pd.Series, pd.Series, np.ndarray]:
    """Put swapped pairs of degrees back in order.

    A pair is swapped when it only falls in mainland France the other way round. Overseas pairs are
    never touched: no overseas latitude looks like a mainland longitude and the reverse together.

    Returns
    -------
    longitude, latitude, swapped
        Numbers; pairs outside the globe are empty; a cell that is no number is left as it is.
    """
    lon = pd.to_numeric(longitude, errors="coerce").astype("float64")
    lat = pd.to_numeric(latitude, errors="coerce").astype("float64")
    swapped = (lon.between(*MAINLAND_LATITUDE) & lat.between(*MAINLAND_LONGITUDE)).to_numpy()
    first = lon.where(~swapped, lat)
    second = lat.where(~swapped, lon)
    valid = first.between(-180, 180) & second.between(-90, 90)
    return (
        _with_unread(first.where(valid), longitude, lon),
        _with_unread(second.where(valid), latitude, lat),
        swapped,
    )


def _with_unread(numbers: pd.Series, cells: pd.Series, read: pd.Series) -> pd.Series:
    """Put back the cells that hold something else than a number, for the check to report them."""
    unread = read.isna() & cells.notna()
    return numbers.astype("object").where(~unread, cells) if unread.any() else numbers


def lambert_to_wgs84(x: pd.Series, y: pd.Series) -> tuple[pd.Series, pd.Series, np.ndarray]:
    """Turn Lambert 93 metres (EPSG:2154) into longitude and latitude; mend swapped columns.

    Returns
    -------
    longitude, latitude, swapped
        Empty where the pair is not in mainland France (overseas systems are not guessed).
    """
    east = pd.to_numeric(x, errors="coerce").astype("float64")
    north = pd.to_numeric(y, errors="coerce").astype("float64")
    swapped = (east.between(*LAMBERT_Y) & north.between(*LAMBERT_X)).to_numpy()
    first = east.where(~swapped, north)
    second = north.where(~swapped, east)
    inside = (first.between(*LAMBERT_X) & second.between(*LAMBERT_Y)).to_numpy()
    lon = np.full(len(first), np.nan)
    lat = np.full(len(first), np.nan)
    if inside.any():
        transformer = Transformer.from_crs("EPSG:2154", "EPSG:4326", always_xy=True)
        lon[inside], lat[inside] = transformer.transform(
            first.to_numpy()[inside], second.to_numpy()[inside]
        )
    return pd.Series(lon, index=x.index), pd.Series(lat, index=x.index), swapped & inside
