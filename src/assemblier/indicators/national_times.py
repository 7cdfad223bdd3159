"""Travel times between all units of the country: the best at hand for each pair, named.

Estimated by the crow-fly model, but for the communes among which the lake has a ready matrix: its
times are taken there.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from assemblier.indicators.context import Context
from assemblier.indicators.national import NationalSupply, day_of
from assemblier.lake.provenance import Part
from assemblier.measures.crowfly import Places
from assemblier.measures.overlay import cut_apart, laid_over
from assemblier.measures.recomputed import RecomputedModel, commune_times
from assemblier.measures.times import SECONDS_PER_MINUTE, TravelTimes

__all__ = [
    "ISLANDS",
    "commune_places_of",
    "national_engine",
    "national_times",
    "ready_matrices",
    "shores",
]

ISLANDS = "travel.reach.islands"

_FULL = 0.9  # part of all pairs that a matrix must hold to say that an absent one is too far


def commune_places_of(supply: NationalSupply) -> Places:
    """Return the units of a national table as places, with all that the crow-fly model reads."""
    table = supply.communes
    names = ("lon", "lat", "steepness", "landmark", "size", "density")
    return Places(
        table["id"].to_numpy(dtype=object),
        *(table[name].to_numpy(dtype=np.float64) for name in names),
    )


def shores(context: Context, ids: NDArray, year: int) -> NDArray[np.int64]:
    """Number the land of each unit: 0 where roads go on, then one number for each island."""
    islands = context.parameters[ISLANDS].on(day_of(year))
    number = {code: at for at, codes in enumerate(islands, start=1) for code in codes}
    return np.array([number.get(code, 0) for code in ids], dtype=np.int64)


def national_times(
    context: Context,
    supply: NationalSupply,
    supplied: NDArray[np.bool_],
    model: RecomputedModel,
    *,
    limit: float | None = None,
) -> TravelTimes:
    """Return times from every unit to those with some supply; nothing inside a commune.

    Nobody drives to an island without a road, nor from it.

    Parameters
    ----------
    supplied
        Where there is supply, shape (n,).
    limit
        Minutes; the limit of the decay of the model without it.
    """
    times = commune_times(commune_places_of(supply), supplied, model, limit=limit)
    times = cut_apart(
        times,
        shores(context, times.origins, supply.year),
        shores(context, times.destinations, supply.year),
    )
    for ready in ready_matrices(context):
        times = laid_over(times, ready)
    return times


def national_engine(context: Context, model: RecomputedModel) -> str:
    """Name what the times of :func:`national_times` are."""
    return " ; ".join([model.travel.engine, *(each.engine for each in ready_matrices(context))])


def ready_matrices(context: Context) -> tuple[TravelTimes, ...]:
    """Return the full matrices of the lake among communes of the reference geography."""
    return context.once("ready_matrices", lambda: tuple(_matrices(context)))


def _matrices(context: Context) -> list[TravelTimes]:
    units = set(context.geography.membership.index)
    found = (_matrix(context, part, units) for part in context.parts("temps"))
    return [each for each in found if each is not None]


def _matrix(context: Context, part: Part, units: set[str]) -> TravelTimes | None:
    """Read one part of the lake; None when it is no full matrix among communes."""
    rows = context.lake.read(part, ["moteur", "origine", "destination", "secondes"])
    met_from, place_from = _placed(rows["origine"], units)
    met_to, place_to = _placed(rows["destination"], units)
    within = (place_from >= 0) & (place_to >= 0)
    origins, row = _present(met_from, place_from[within])
    destinations, column = _present(met_to, place_to[within])
    pairs = origins.size * destinations.size
    if destinations.size < 2 or origins.size < 2 or row.size < _FULL * pairs:
        return None
    seconds = rows["secondes"].to_numpy(np.float64, na_value=np.nan)[within]
    told = ~np.isnan(seconds)
    if not told.any():
        return None
    engine = rows["moteur"].to_numpy(object)[within][told][0]
    return TravelTimes.from_pairs(
        origins,
        destinations,
        rows=row[told],
        columns=column[told],
        minutes=np.rint(seconds[told]) / SECONDS_PER_MINUTE,
        engine=f"{engine} entre {origins.size} communes ({part.source})",
    )


def _placed(column: pd.Series, units: set[str]) -> tuple[NDArray, NDArray[np.int64]]:
    """Return the codes met, in order, and the place of each row among them; -1 for no unit."""
    coded, met = pd.factorize(column)
    codes = np.asarray(met, dtype=object)
    order = np.argsort(codes)
    place = np.full(codes.size + 1, -1, dtype=np.int64)  # the last is that of a missing code
    place[order] = np.arange(codes.size)
    place[:-1][[code not in units for code in codes]] = -1
    return codes[order], place[coded]


def _present(codes: NDArray, place: NDArray[np.int64]) -> tuple[NDArray, NDArray[np.int64]]:
    """Return the codes that rows use, and the place of each row among those."""
    used, row = np.unique(place, return_inverse=True)
    return codes[used], row
