"""Headcounts of doctors by place on a date, from sources that disagree and dated totals by zone.

No open source gives the doctors of each commune on the last day of a year. Two facilities
databases and a register, some months off, give their places; the yearly series of a coarser zone
gives how many there were.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "CentresModel",
    "CountsModel",
    "agreed_counts",
    "dated_counts",
    "headcounts_on",
    "salaried_in_centres",
]


@dataclass(frozen=True, slots=True)
class CountsModel:
    """How headcounts of several sources become those of a date; dated parameters.

    Attributes
    ----------
    reference_weight
        Part of the reference source in the mean; the others share the rest.
    gap, gap_share
        A source that strays from the reference by more doctors than both of these (a number, and a
        share of the reference) is turned down at that place.
    trust
        Exponent of the correction to the total of the zone.
    trend
        Part of the change from the year before to the year after that is added.
    """

    reference_weight: float
    gap: float
    gap_share: float
    trust: float
    trend: float


@dataclass(frozen=True, slots=True)
class CentresModel:
    """How many salaried doctors a health centre stands for; dated parameters.

    Attributes
    ----------
    radius_km
        Radius in which the density of centres is measured.
    sparse, dense
        Centres for 10,000 inhabitants within the radius: up to the first no doctor is counted,
        from the second on each centre counts in full.
    gps_per_centre
        General practitioners of one centre that counts in full.
    """

    radius_km: float
    sparse: float
    dense: float
    gps_per_centre: float


def salaried_in_centres(
    centres: NDArray[np.float64],
    centres_around: NDArray[np.float64],
    people_around: NDArray[np.float64],
    model: CentresModel,
) -> NDArray[np.float64]:
    """Estimate the salaried general practitioners of health centres, shape (n,).

    Lists of facilities do not tell centres of general medicine from those of nurses or dentists.
    Where centres are many for the people around (the networks of the former mines), they are of
    general medicine; elsewhere none is counted.

    Parameters
    ----------
    centres
        Health centres of each place, shape (n,).
    centres_around, people_around
        Centres and inhabitants within ``model.radius_km`` of each place, itself included.
    """
    density = np.divide(
        1e4 * centres_around, people_around, out=np.zeros(centres.size), where=people_around > 0
    )
    share = np.clip((density - model.sparse) / (model.dense - model.sparse), 0.0, 1.0)
    return np.asarray(centres * model.gps_per_centre * share)


def agreed_counts(
    reference: NDArray[np.float64], others: Sequence[NDArray[np.float64]], model: CountsModel
) -> NDArray[np.float64]:
    """Average the headcounts of sources, after turning down those that stray from a reference.

    A source may put in one commune fifty doctors that others do not see (a register's address of
    a hospital, of a group): such a count is replaced by the reference's.

    Parameters
    ----------
    reference
        Headcounts of the source trusted most, shape (n,).
    others
        Headcounts of the others, each of shape (n,); they share the rest of the weight.
    """
    if not others:
        return reference.copy()
    tolerated = np.maximum(model.gap, model.gap_share * reference)
    mean = np.mean(
        [np.where(np.abs(other - reference) > tolerated, reference, other) for other in others],
        axis=0,
    )
    return np.asarray(model.reference_weight * reference + (1.0 - model.reference_weight) * mean)


def dated_counts(
    counts: NDArray[np.float64],
    zone: NDArray,
    totals: Mapping[Any, float],
    trust: float,
) -> NDArray[np.float64]:
    """Bring the counts of the places of each zone towards the total of the zone at a date.

    Counts are multiplied by (total / sum of counts) to the power ``trust``: 1 meets the total, 0
    leaves the counts. Zones whose total is not known are left as they are.

    Parameters
    ----------
    counts
        Shape (n,).
    zone
        Zone of each place, shape (n,).
    totals
        Doctors of each zone at the date.
    """
    names, member = np.unique(np.asarray(zone, dtype=object).astype(str), return_inverse=True)
    held = np.bincount(member, weights=counts, minlength=names.size)
    total = np.array([totals.get(name, np.nan) for name in names], dtype=np.float64)
    ratio = np.divide(total, held, out=np.ones(names.size), where=held > 0)
    factor = np.where(np.isnan(ratio), 1.0, ratio) ** trust
    return np.asarray(counts * factor[member])


def headcounts_on(
    reference: NDArray[np.float64],
    others: Sequence[NDArray[np.float64]],
    zone: NDArray,
    totals: Mapping[str, Mapping[Any, float]],
    model: CountsModel,
) -> NDArray[np.float64]:
    """Return the doctors of each place on a date, shape (n,), zero or more.

    Parameters
    ----------
    reference, others
        As in :func:`agreed_counts`.
    zone
        Zone of each place, shape (n,).
    totals
        Doctors of each zone: ``at`` the date and, for the trend, ``before`` and ``after``. Where
        one of them is unknown for a zone, the trend of that zone is left out.
    """
    agreed = agreed_counts(reference, others, model)
    doctors = dated_counts(agreed, zone, totals["at"], model.trust)
    if model.trend and {"before", "after"} <= set(totals):
        both = {
            name
            for name in totals["before"]
            if not np.isnan(totals["before"][name] + totals["after"].get(name, np.nan))
        }
        earlier, later = (
            dated_counts(agreed, zone, {name: totals[year][name] for name in both}, model.trust)
            for year in ("before", "after")
        )
        doctors = doctors + model.trend * (later - earlier)
    # a zone whose dated total is zero while the reference still sees doctors: half of them
    lost = (doctors <= 0) & (reference > 0)
    return np.where(lost, reference / 2.0, np.maximum(doctors, 0.0))
