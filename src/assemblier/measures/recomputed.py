"""APL recomputed from open data: headcounts, estimated times and blurred steps, no published APL.

The producer has each doctor's acts and road times; open data have headcounts of several dates and
straight lines. What each lacks is told by a few coefficients, which are dated parameters:

1. headcounts of several sources agree, place by place, and follow the dated total of their zone;
2. times come from the crow-fly model (:mod:`.crowfly`);
3. the steps of the decay are blurred by the error of those times, since a place that is nine
   estimated minutes away may well be eleven;
4. the activity of a doctor varies with the place.

The identity Σ P*·APL = Σ S over the supply that is reached holds all the same.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from assemblier.errors import BadInput, Problem
from assemblier.measures.access import Access, Demand, Supply
from assemblier.measures.activity import ActivityModel, relative_activity, sums_within
from assemblier.measures.catchment.apl import apl
from assemblier.measures.crowfly import (
    CrowFlyModel,
    Places,
    crow_fly_times,
    landmark_steepness,
)
from assemblier.measures.decay import BlurredSteps, Steps, parse_decay
from assemblier.measures.headcounts import CountsModel, headcounts_on
from assemblier.measures.matching import positions
from assemblier.measures.supply import supply_from_counts
from assemblier.measures.times import SECONDS_PER_MINUTE, TravelTimes

__all__ = [
    "Recomputed",
    "RecomputedModel",
    "commune_places",
    "commune_times",
    "recompute_apl",
]

_MAY_BE_UNKNOWN = {"landmark", "respiratory", "unemployed"}
_YEARS = ("before", "at", "after")
_ADVICE = "Une valeur inconnue n’est pas un zéro : complétez-la."


@dataclass(frozen=True, slots=True)
class RecomputedModel:
    """All that the recomputed APL rests on beside its tables."""

    counts: CountsModel
    travel: CrowFlyModel
    steepness: Mapping[str, Any]
    decay: BlurredSteps
    activity: ActivityModel

    @classmethod
    def on(cls, parameters: Mapping[str, Any], day: dt.date) -> RecomputedModel:
        """Read the model from dated parameters (``apl.recomputed.*``)."""

        def read(name: str) -> Any:
            return parameters[name].on(day)

        decay = read("apl.recomputed.decay")
        steps = parse_decay(decay["steps"])
        if not isinstance(steps, Steps):
            raise BadInput(Problem("la décroissance brouillée demande des paliers", value=decay))
        return cls(
            counts=CountsModel(**read("apl.recomputed.supply")),
            travel=CrowFlyModel(**read("apl.recomputed.crow_fly")),
            steepness=read("apl.recomputed.steepness"),
            decay=BlurredSteps(steps, float(decay["sigma"])),
            activity=ActivityModel(**read("apl.recomputed.activity")),
        )

    def changed(self, values: Mapping[str, float]) -> RecomputedModel:
        """Return the model with some coefficients changed, as a calibration does.

        Parameters
        ----------
        values
            By name: fields of the travel model, of the headcounts or of the activity, or ``sigma``.

        Raises
        ------
        BadInput
            A name that is no coefficient of the model.
        """
        parts: dict[str, Any] = {
            "travel": self.travel,
            "counts": self.counts,
            "activity": self.activity,
        }
        known = {
            item.name: part
            for part, held in parts.items()
            for item in fields(held)
            if item.name != "engine"
        }
        unknown = sorted(set(values) - set(known) - {"sigma"})
        if unknown:
            raise BadInput(
                [
                    Problem(
                        "ce coefficient n’est pas du modèle",
                        value=name,
                        allowed=", ".join(sorted([*known, "sigma"])),
                    )
                    for name in unknown
                ]
            )
        changes: dict[str, Any] = {
            part: replace(held, **{k: v for k, v in values.items() if known.get(k) == part})
            for part, held in parts.items()
        }
        return replace(
            self,
            **changes,
            decay=BlurredSteps(self.decay.steps, values.get("sigma", self.decay.sigma)),
        )


@dataclass(frozen=True, slots=True)
class Recomputed:
    """The recomputed APL and what it was made of.

    Attributes
    ----------
    access
        APL of each place; unreachable places are 0 and flagged.
    doctors
        Headcount taken at each place, shape (n,), of every age.
    acts
        Acts a year at each place, shape (n,).
    mean
        Mean weighted by standardised population.
    leak
        abs(Σ P*·APL − Σ S reached) / Σ S: rounding error only.
    """

    access: Access
    doctors: NDArray[np.float64]
    acts: NDArray[np.float64]
    mean: float
    leak: float


def commune_places(communes: pd.DataFrame, model: RecomputedModel) -> Places:
    """Return the town halls with the steepness of the land around them.

    Parameters
    ----------
    communes
        ``id, lon, lat, landmark``: degrees of the town hall and minutes to the landmark (NaN where
        unknown); ``size`` and ``density`` (see :class:`.crowfly.Places`) where they are known.
    """
    lon, lat, landmark = (
        communes[name].to_numpy(dtype=np.float64) for name in ("lon", "lat", "landmark")
    )
    steep = landmark_steepness(lon, lat, landmark, **model.steepness)
    size, density = (
        communes[name].to_numpy(dtype=np.float64) if name in communes else None
        for name in ("size", "density")
    )
    return Places(communes["id"].to_numpy(dtype=object), lon, lat, steep, landmark, size, density)


def commune_times(
    places: Places,
    supplied: NDArray[np.bool_],
    model: RecomputedModel,
    *,
    limit: float | None = None,
) -> TravelTimes:
    """Estimate the times from every commune to those with some supply; nothing inside a commune.

    Parameters
    ----------
    places
        As given by :func:`commune_places`.
    supplied
        Where there is supply, shape (n,).
    limit
        Minutes; the limit of the decay of the model without it.
    """
    reach = model.decay.limit if limit is None else limit
    return crow_fly_times(
        places,
        places.at(supplied),
        model.travel,
        limit=int(np.ceil(reach * SECONDS_PER_MINUTE)),
        own_minutes=np.zeros(places.ids.size),
    )


def recompute_apl(
    communes: pd.DataFrame,
    totals: pd.DataFrame,
    model: RecomputedModel,
    *,
    others: Sequence[str] = (),
    older_left_out: float = 0.0,
    places: Places | None = None,
    times: TravelTimes | None = None,
) -> Recomputed:
    """Recompute the APL of every commune; no published APL is read.

    Parameters
    ----------
    communes
        One row by commune of the whole country (arrondissements for Paris, Lyon and Marseille; no
        cut at a border): ``id, lon, lat, landmark, population, standardised, zone, gps,
        older_gps, unemployed, respiratory`` and the columns named in ``others``. ``gps`` is the
        headcount of the reference source, ``older_gps`` those presumed 60 and over, ``zone`` the
        territoire de vie-santé, ``respiratory`` the prevalence of the département, ``landmark``
        minutes to one common place. Only ``landmark``, ``respiratory`` and ``unemployed`` may be
        NaN. ``salaried``, where there is one, is doctors to add to those counted.
    totals
        Doctors by zone on 31 December, indexed by zone: ``at`` (the year of the APL) and, where
        both are known, ``before`` and ``after`` (the years around).
    others
        Columns of headcounts of other sources, near the date.
    older_left_out
        Part, in [0, 1], of the doctors presumed 60 and over who do not count: those past the limit
        of an APL "65 and under". Their exact ages are not open by commune.
    places
        Result of :func:`commune_places`, where it is at hand already (calibration).
    times
        Better times, where some are at hand, in place of the crow-fly model.

    Raises
    ------
    BadInput
        A column absent, a value missing where none may be, a commune given twice.
    """
    wanted = ["id", "lon", "lat", "landmark", "population", "standardised", "zone", "gps"]
    wanted += ["older_gps", "unemployed", "respiratory", *others]
    _check(communes, totals, wanted)
    column = {
        name: communes[name].to_numpy(dtype=np.float64)
        for name in wanted
        if name not in {"id", "zone"}
    }
    doctors = headcounts_on(
        column["gps"],
        [column[name] for name in others],
        communes["zone"].to_numpy(dtype=object),
        {name: totals[name].to_dict() for name in totals if name in _YEARS},
        model.counts,
    )
    if "salaried" in communes:
        doctors = doctors + communes["salaried"].to_numpy(dtype=np.float64)
    around = sums_within(
        column["lon"],
        column["lat"],
        np.stack([doctors, column["standardised"]], axis=1),
        model.activity.radius_km,
    )
    people = column["population"]
    # no doctor of the reference source: nobody there is known to be old
    older = column["older_gps"] / np.maximum(column["gps"], 1.0)
    activity = relative_activity(
        model.activity,
        doctors_around=around[:, 0],
        people_around=around[:, 1],
        respiratory=column["respiratory"],
        unemployed_share=column["unemployed"] / np.maximum(people, 1.0),
        older_share=older,
    )
    acts = supply_from_counts(doctors, model.activity.acts_per_gp, relative_activity=activity)
    acts *= 1.0 - older_left_out * older
    supplied = acts > 0
    if times is None:
        places = commune_places(communes, model) if places is None else places
        times = commune_times(places, supplied, model)
    ids = communes["id"].to_numpy(dtype=object)
    # times may lead to places that one of the sources alone gives a doctor to
    supplied |= positions(times.destinations, ids) >= 0
    access = apl(
        times,
        Demand.of(ids, people, column["standardised"]),
        Supply.of(ids[supplied], acts[supplied]),
        model.decay,
    )
    need = column["standardised"]
    served = float(need @ access.value)
    return Recomputed(
        access=access,
        doctors=doctors,
        acts=acts,
        mean=served / float(need.sum()),
        leak=abs(served - access.supply_reached) / access.supply_total,
    )


def _check(communes: pd.DataFrame, totals: pd.DataFrame, wanted: Sequence[str]) -> None:
    problems = [
        Problem(f"la colonne « {name} » est absente", allowed=", ".join(wanted))
        for name in wanted
        if name not in communes
    ]
    if "at" not in totals:
        problems.append(Problem("la colonne « at » des totaux par zone est absente"))
    for name in wanted:
        if name in communes and name not in _MAY_BE_UNKNOWN:
            problems += [
                Problem("valeur manquante", line=int(row) + 2, column=name, advice=_ADVICE)
                for row in np.flatnonzero(communes[name].isna())
            ]
    if "id" in communes:
        problems += [
            Problem("commune donnée deux fois", column="id", value=str(name))
            for name in communes["id"][communes["id"].duplicated()]
        ]
    if problems:
        raise BadInput(problems)
