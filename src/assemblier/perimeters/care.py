"""What modelled visits are made of, read from the lake: people, doctors, places and times.

Everything is laid on the whole country: the limit of the territory of study never cuts a
computation. Where it is sliced afterwards, a ring of twice the reach of the decay is already
exact: a site beyond one reach serves nobody inside, and who presses on a nearer one lives within
two.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from assemblier.indicators.components import Components
from assemblier.indicators.context import Context
from assemblier.indicators.national import national_places
from assemblier.indicators.registry import INDICATORS
from assemblier.indicators.units import Units, align
from assemblier.measures.access import Demand, Supply
from assemblier.measures.crowfly import Places, crow_fly_times
from assemblier.measures.decay import Decay, Steps, parse_decay
from assemblier.measures.recomputed import RecomputedModel, commune_places
from assemblier.measures.times import SECONDS_PER_MINUTE, TravelTimes
from assemblier.perimeters.visits import Visits, modelled_visits

__all__ = ["Care", "care_of", "care_visits", "times_between"]

DOCTORS = ("mg_liberaux", "mg")
LANDMARK_CARD = "temps-communes-paris"


@dataclass(frozen=True, slots=True)
class Care:
    """People and general practitioners of the whole country, at commune points.

    Attributes
    ----------
    places
        Points of communes (arrondissements of Paris, Lyon, Marseille), n of them.
    commune
        Commune of each, shape (n,).
    population, standardised
        Inhabitants, and those weighted by age, shape (n,).
    estimated
        Where the standardised population is not published and follows from the inhabitants.
    doctors
        General practitioners, shape (n,).
    acts_per_doctor
        Visits a year, the same everywhere: it changes no share.
    model, decay
        Times without roads and weight of each.
    without_point
        Places left out for want of coordinates.
    year
        Year of the doctors.
    sources
        ``card@edition`` of what was read.
    """

    places: Places
    commune: NDArray
    population: NDArray[np.float64]
    standardised: NDArray[np.float64]
    estimated: NDArray[np.bool_]
    doctors: NDArray[np.float64]
    acts_per_doctor: float
    model: RecomputedModel
    decay: Decay
    without_point: tuple[str, ...]
    year: str
    sources: tuple[str, ...]

    @property
    def engine(self) -> str:
        """What the flows rest on, as it is printed."""
        return f"modèle théorique ({self.model.travel.engine} ; {_told(self.decay)})"


def care_of(context: Context, points: pd.DataFrame, *, day: dt.date | None = None) -> Care | None:
    """Read people, doctors and places of the whole country; None when the lake lacks doctors.

    Parameters
    ----------
    points
        ``code, lon, lat``, see :attr:`assemblier.territory.shapes.Shapes.points`.
    day
        Day whose parameters are used; the newest ones by default.
    """
    doctors = _doctors(context)
    if doctors is None:
        return None
    units = Units.of(context.geography.membership, context.geography.population)
    aligned = align(doctors, units)
    used = np.flatnonzero(aligned.parts)
    codes = units.index[used].to_numpy(object)
    where = points.drop_duplicates("code").set_index("code")
    lon = where["lon"].reindex(codes).to_numpy(np.float64)
    lat = where["lat"].reindex(codes).to_numpy(np.float64)
    located = np.isfinite(lon) & np.isfinite(lat)
    lost = tuple(codes[~located])
    used, codes = used[located], codes[located]
    people = units.people[used]
    need, source = _standardised(context, codes)
    unknown = np.isnan(need)
    known = people[~unknown].sum()
    # a place without a published standardised population is taken as old as the whole country
    factor = float(need[~unknown].sum() / known) if known > 0 else 1.0
    need = np.where(unknown, people * factor, need)
    parameters = context.parameters
    asked = day or dt.date.today()  # noqa: DTZ011 — the parameters of the day, by default
    model = RecomputedModel.on(parameters, asked)
    landmark, landmark_source = _landmark(context, codes)
    known_places = national_places(context)
    steepness, density = (
        known_places[name].reindex(codes).to_numpy(np.float64) for name in ("steepness", "density")
    )
    size = np.log(np.maximum(people, 1.0))
    if not set(codes) <= set(known_places.index):
        frame = pd.DataFrame(
            {
                "id": codes,
                "lon": lon[located],
                "lat": lat[located],
                "landmark": landmark,
                "size": size,
                "density": density,
            }
        )
        places = commune_places(frame, model)
    else:
        places = Places(codes, lon[located], lat[located], steepness, landmark, size, density)
    return Care(
        places=places,
        commune=context.geography.membership["commune"].reindex(codes).to_numpy(object),
        population=people,
        standardised=need,
        estimated=unknown,
        doctors=np.nan_to_num(aligned.numerator[used]),
        acts_per_doctor=float(model.activity.acts_per_gp),
        model=model,
        decay=parse_decay(parameters["apl.gp.decay"].on(asked)),
        without_point=lost,
        year=doctors.year,
        sources=tuple(dict.fromkeys([doctors.vintage, *source, *landmark_source])),
    )


def times_between(care: Care, kept: NDArray[np.bool_] | None = None) -> TravelTimes:
    """Estimate the times from places to those with a doctor, as far as the decay reaches.

    Parameters
    ----------
    kept
        Places that take part, shape (n,); all by default.
    """
    chosen = np.ones(care.doctors.size, np.bool_) if kept is None else kept
    return crow_fly_times(
        care.places.at(chosen),
        care.places.at(chosen & (care.doctors > 0)),
        care.model.travel,
        limit=int(np.ceil(care.decay.limit * SECONDS_PER_MINUTE)),
        own_minutes=np.zeros(int(chosen.sum())),
    )


def care_visits(
    care: Care, kept: NDArray[np.bool_] | None = None, times: TravelTimes | None = None
) -> Visits:
    """Model the visits among places, all of the country's by default."""
    chosen = np.ones(care.doctors.size, np.bool_) if kept is None else kept
    supplied = chosen & (care.doctors > 0)
    ids = care.places.ids
    return modelled_visits(
        Demand.of(ids[chosen], care.population[chosen], care.standardised[chosen]),
        Supply.of(ids[supplied], care.doctors[supplied] * care.acts_per_doctor),
        times_between(care, kept) if times is None else times,
        care.decay,
        source=care.engine,
    )


def _told(decay: Decay) -> str:
    """Say the weights of a decay by steps as a sentence does; others by the text they read from."""
    if not isinstance(decay, Steps):
        return str(decay)
    steps = [each.split("=") for each in str(decay).partition(":")[2].split(",")]
    return "un recours pèse " + ", ".join(
        f"{weight} jusqu’à {bound} minutes" for bound, weight in steps
    )


def _doctors(context: Context) -> Components | None:
    """Return the newest count of general practitioners; liberal ones win a tie."""
    best: Components | None = None
    for name in DOCTORS:
        for components in INDICATORS[name].build(context):
            if best is None or components.year > best.year:
                best = components
    return best


def _standardised(context: Context, codes: NDArray) -> tuple[NDArray[np.float64], Sequence[str]]:
    parts = [
        (year, part) for part in context.parts("population_standardisee") for year in part.years
    ]
    if not parts:
        return np.full(codes.size, np.nan), ()
    year, part = max(parts, key=lambda item: (item[0], item[1].rows))
    frame, _ = context.converted(
        part, ["population_standardisee"], where={"annee": year, "profession": "mg"}
    )
    series = frame["population_standardisee"]
    return series.reindex(codes).to_numpy(np.float64), (part.source,)


def _landmark(context: Context, codes: NDArray) -> tuple[NDArray[np.float64], Sequence[str]]:
    for part in context.parts("temps"):
        if part.card != LANDMARK_CARD:
            continue
        rows = context.lake.read(part, ["origine", "secondes"]).drop_duplicates("origine")
        seconds = pd.Series(
            rows["secondes"].to_numpy(np.float64), index=rows["origine"].astype(object)
        )
        return seconds.reindex(codes).to_numpy(np.float64) / SECONDS_PER_MINUTE, (part.source,)
    return np.full(codes.size, np.nan), ()
