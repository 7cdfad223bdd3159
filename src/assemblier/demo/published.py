"""What producers publish about access: APL by commune, and the zoning of doctors drawn from it.

The parameters are those printed by DREES in the sheet « Paramètres » of its workbook 2022–2023.
The computation is the plain E2SFCA (Luo & Qi 2009, doi:10.1016/j.healthplace.2009.06.002), kept
apart from the project's own measures so that either can contradict the other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assemblier.demo.doctors import Doctors
from assemblier.demo.history import History
from assemblier.demo.people import People

__all__ = ["AGE_BANDS", "AGE_WEIGHTS", "DECAY", "PublishedApl", "publish_apl", "zoning_levels"]

DECAY = ((10.0, 1.0), (15.0, 2 / 3), (20.0, 1 / 3))
"""Minutes (bound included) and weight; nothing beyond the last."""

FLOOR_ACTS, CEILING_ACTS, NEGLIGIBLE_ACTS, NEWCOMER_ACTS = 3_600.0, 6_000.0, 250.0, 5_400.0

AGE_BANDS = tuple(range(0, 95, 5))
"""First age of each band of the weights; the last is open."""

AGE_WEIGHTS = {
    2022: (0.93, 0.59, 0.55, 0.59, 0.73, 0.78, 0.84, 0.88, 0.9, 0.97, 1.06, 1.14, 1.16, 1.19,
           1.52, 1.53, 1.72, 1.99, 2.39),
    2023: (1.12, 0.58, 0.51, 0.6, 0.75, 0.79, 0.82, 0.85, 0.89, 0.93, 1.03, 1.15, 1.18, 1.23,
           1.46, 1.57, 1.63, 1.89, 2.26),
}  # fmt: skip
AGE_WEIGHTS[2024] = AGE_WEIGHTS[2023]
AGE_WEIGHTS[2018] = AGE_WEIGHTS[2022]

EXCLUDED_PRACTICES = ("angiologie", "allergologie")
"""Particular practices outside the producer's scope; the others count."""

APL_YEARS = (2018, 2022, 2023, 2024)


@dataclass(frozen=True, slots=True)
class PublishedApl:
    """APL of one year over the communes of one COG, in code order.

    Attributes
    ----------
    year, cog
        Year described, vintage of the codes.
    codes
        Communes.
    apl, apl_65
        Consultations accessible a year per standardised inhabitant: all GPs, those up to 65.
    standardised, population
        Standardised and municipal populations, of ``year`` - 2.
    supply, supply_65
        Acts counted in each commune: the truth no producer publishes.
    minutes
        True times between town halls of these communes.
    """

    year: int
    cog: int
    codes: list[str]
    apl: NDArray[np.float64]
    apl_65: NDArray[np.float64]
    standardised: NDArray[np.float64]
    population: NDArray[np.float64]
    supply: NDArray[np.float64]
    supply_65: NDArray[np.float64]
    minutes: NDArray[np.float64]


def _bounded(doctors: Doctors, year: int) -> NDArray[np.float64]:
    acts = np.clip(doctors.acts, FLOOR_ACTS, CEILING_ACTS)
    acts = np.where(doctors.acts < NEGLIGIBLE_ACTS, 0.0, acts)
    acts = np.where(doctors.start == year, NEWCOMER_ACTS, acts)
    return np.where(doctors.salaried, doctors.acts, acts)


def _weights(minutes: NDArray[np.float64]) -> NDArray[np.float64]:
    weight = np.zeros_like(minutes)
    for bound, value in reversed(DECAY):
        weight[minutes <= bound] = value
    return weight


def _access(
    supply: NDArray[np.float64], demand: NDArray[np.float64], weight: NDArray[np.float64]
) -> NDArray[np.float64]:
    return np.asarray(weight @ (supply / (weight.T @ demand)))


def publish_apl(
    history: History, people: People, doctors: Doctors, minutes: NDArray[np.float64], year: int
) -> PublishedApl:
    """Compute the APL a producer would publish for ``year``.

    Parameters
    ----------
    history, people, doctors, minutes
        The artificial country; times between atoms.
    year
        One of :data:`APL_YEARS`: supply of 31 December, populations two years before.

    Returns
    -------
    PublishedApl
        In the COG of the producer: 2019 for 2018, 2024 since.
    """
    cog = 2019 if year < 2022 else 2024
    n = len(history.atoms)
    there = doctors.active(year + 1)
    there &= ~np.isin(np.array(doctors.particular), EXCLUDED_PRACTICES)
    acts = _bounded(doctors, year)

    def by_commune(who: NDArray[np.bool_]) -> NDArray[np.float64]:
        at = np.zeros(n)
        np.add.at(at, doctors.atom[who], (acts * (1 - doctors.second_share))[who])
        other = who & (doctors.second >= 0)
        np.add.at(at, doctors.second[other], (acts * doctors.second_share)[other])
        return history.sums(cog, at)

    bands = np.add.reduceat(people.ages(year - 2).sum(axis=1), AGE_BANDS, axis=1)
    demand = history.sums(cog, bands @ np.array(AGE_WEIGHTS[year]))
    chief = list(history.chief(cog).values())
    between = minutes[np.ix_(chief, chief)]
    weight = _weights(between)
    supply = by_commune(there)
    younger = by_commune(there & (doctors.age(year + 1) <= 65))
    return PublishedApl(
        year=year,
        cog=cog,
        codes=list(history.labels(cog)),
        apl=_access(supply, demand, weight),
        apl_65=_access(younger, demand, weight),
        standardised=demand,
        population=history.sums(cog, people.population(year - 2)),
        supply=supply,
        supply_65=younger,
        minutes=between,
    )


def zoning_levels(apl: PublishedApl, zone: list[str]) -> dict[str, str]:
    """Return the level of each TVS: priority, complementary, outside the zoning, very well served.

    Parameters
    ----------
    apl
        Published values (those of GPs up to 65 are used, as by the decree).
    zone
        TVS of each commune of ``apl``.

    Returns
    -------
    dict
        TVS code to ``1_ZIP``, ``2_ZAC``, ``3_HZ`` or ``4_ZAR``.
    """
    codes = np.array(zone)
    names = sorted(set(zone))
    mean = {
        z: float(np.average(apl.apl_65[codes == z], weights=apl.standardised[codes == z]))
        for z in names
    }
    ranked = sorted(names, key=lambda z: mean[z])
    levels = {}
    for place, z in enumerate(ranked):
        share = (place + 0.5) / len(ranked)
        level = "1_ZIP" if share < 0.34 else "2_ZAC" if share < 0.8 else "3_HZ"
        levels[z] = "4_ZAR" if share > 0.95 else level
    return levels
