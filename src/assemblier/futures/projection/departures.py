"""Departures of doctors from their ages: yearly hazards, cohorts that measure them, anchors.

A doctor of age a has left within h years with probability 1 − Π_{s<h} (1 − q_{a+s}). Where the age
is known only as a class, the probability is the mean over the class, and is then an estimate.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from assemblier.errors import BadInput, Problem

__all__ = [
    "AgeStructure",
    "Anchors",
    "CohortHazards",
    "Hazards",
    "age_band",
    "anchors",
    "apl_without_ages",
    "cohort_hazards",
]

OLDEST = 100
"""Ages are followed to here; the last band is open."""

FOLLOWED_FROM = 50
"""Cohorts are read from this age: before it, arrivals weigh more than departures."""

STEP = 5
"""Width of the classes of age of the demography, in years."""


@dataclass(frozen=True, slots=True)
class Hazards:
    """Yearly probability of leaving, by age.

    Attributes
    ----------
    yearly
        ``yearly[a]`` for a doctor of age a (years), shape (101,); older ages take the last.
    origin
        Where it comes from, in French.
    """

    yearly: NDArray[np.float64]
    origin: str

    @classmethod
    def of_bands(cls, bands: Mapping[str, float], origin: str) -> Hazards:
        """Read ``{"60-64": 0.08, "70+": 0.05}``; bands must follow one another from 0.

        Raises
        ------
        BadInput
            A hole between bands, or a probability out of [0, 1].
        """
        yearly = np.full(OLDEST + 1, np.nan)
        problems: list[Problem] = []
        for name, value in bands.items():
            low, high = age_band(name)
            if not 0 <= value <= 1:
                problems.append(
                    Problem("probabilité de départ hors bornes", value=f"{name} : {value}")
                )
            yearly[low : high + 1] = value
        if np.isnan(yearly).any():
            first = int(np.flatnonzero(np.isnan(yearly))[0])
            problems.append(Problem("aucune probabilité de départ à cet âge", value=str(first)))
        if problems:
            raise BadInput(problems)
        return cls(yearly, origin)

    def leaving(self, ages: ArrayLike, years: int) -> NDArray[np.float64]:
        """Return the probability of having left within some years, shape of ``ages``.

        Parameters
        ----------
        ages
            Whole years at the start.
        years
            Horizon, zero or more.
        """
        start = np.asarray(ages, dtype=np.int64)
        stays = np.ones(start.shape)
        for later in range(years):
            stays *= 1.0 - self.yearly[np.minimum(start + later, OLDEST)]
        return 1.0 - stays


@dataclass(frozen=True, slots=True)
class AgeStructure:
    """Distribution of the ages of a group of doctors.

    Attributes
    ----------
    share
        Part of the group at each age, shape (101,), sums to 1.
    origin
        Where it comes from, in French.
    """

    share: NDArray[np.float64]
    origin: str

    @classmethod
    def of_bands(cls, bands: Mapping[str, float], origin: str) -> AgeStructure:
        """Spread each band evenly over its ages; an open band ``70+`` is spread over ten years."""
        share = np.zeros(OLDEST + 1)
        for name, value in bands.items():
            low, high = age_band(name)
            high = min(high, low + 9) if name.strip().endswith("+") else high
            share[low : high + 1] += value / (high + 1 - low)
        total = share.sum()
        if not total > 0:
            raise BadInput(Problem("structure par âge vide", value=origin))
        return cls(share / total, origin)

    def leaving(self, hazards: Hazards, years: int) -> float:
        """Return the mean probability of having left within some years."""
        return float(self.share @ hazards.leaving(np.arange(OLDEST + 1), years))

    def counted(self, hazards: Hazards, years: int, limit: int) -> float:
        """Return the part still practising after some years and of at most ``limit`` years."""
        ages = np.arange(OLDEST + 1)
        stays = 1.0 - hazards.leaving(ages, years)
        return float((self.share * stays)[ages + years <= limit].sum())

    def between(self, low: int, high: int) -> AgeStructure | None:
        """Return the structure of the ages of [low, high] alone; None when nobody is there."""
        kept = np.zeros_like(self.share)
        kept[low : high + 1] = self.share[low : high + 1]
        return AgeStructure(kept / kept.sum(), self.origin) if kept.sum() > 0 else None


@dataclass(frozen=True, slots=True)
class Anchors:
    """What hazards imply for those who still practise at 50, to set against published figures.

    Attributes
    ----------
    still_65_69, still_70_79
        Part still practising, mean over the ages.
    mean_age
        Mean age at the end of practice of those who stop at 60 or later.
    """

    still_65_69: float
    still_70_79: float
    mean_age: float


def anchors(hazards: Hazards, *, since: int = 50) -> Anchors:
    """Return what hazards imply for a cohort followed from an age on."""
    ages = np.arange(since, OLDEST + 1)
    q = hazards.yearly[ages]
    stays = np.concatenate(([1.0], np.cumprod(1.0 - q)))[:-1]
    leaves = np.where(ages >= 60, stays * q, 0.0)

    def still(low: int, high: int) -> float:
        return float(stays[(ages >= low) & (ages <= high)].mean())

    return Anchors(still(65, 69), still(70, 79), float((ages + 0.5) @ leaves / leaves.sum()))


@dataclass(frozen=True, slots=True)
class CohortHazards:
    """Net yearly rates of leaving measured by following classes of age over five years.

    Attributes
    ----------
    table
        ``low`` (first age of the class), ``before``, ``after`` (headcounts followed, all years and
        places together), ``ratio``, ``yearly`` (1 − ratio^(1/5), negative where more came than
        left), one row by class.
    hidden
        Pairs left out because one of the two headcounts is secret or absent.
    """

    table: pd.DataFrame
    hidden: int

    def hazards(self, base: Hazards, minimum: float) -> Hazards:
        """Return hazards where enough doctors were followed, those of ``base`` elsewhere.

        A class followed from [a, a + 4] to [a + 5, a + 9] lives through the ages centred on
        a + 4.5: its rate serves ages a + 2 to a + 6. A negative net rate counts for zero.
        """
        yearly = base.yearly.copy()
        kept = self.table[(self.table["before"] >= minimum) & (self.table["low"] >= FOLLOWED_FROM)]
        lows = kept["low"].to_numpy(np.int64)
        rates = np.maximum(kept["yearly"].to_numpy(np.float64), 0.0)
        for low, rate, last in zip(lows, rates, kept["open"].to_numpy(bool), strict=True):
            yearly[low + 2 : OLDEST + 1 if last else low + 7] = rate
        if kept.empty:
            return base
        return Hazards(yearly, "cohortes quinquennales de la démographie des médecins (DREES)")


def cohort_hazards(counts: pd.DataFrame) -> CohortHazards:
    """Follow five-year classes of age over five years.

    Parameters
    ----------
    counts
        ``place, year, low, high, count``: headcounts by class of age, NaN where secret; the last
        class is open (``high`` of 100 or more). Give one sex at a time for rates by sex. It is not
        changed.

    Notes
    -----
    ratio = Σ N(a+5, t+5) / Σ N(a, t) over the places and years where both are known. The open class
    receives the one before it: ratio = Σ N(a+, t+5) / Σ [N(a−5, t) + N(a+, t)]. Secret headcounts
    are small ones, so the pairs that remain are those of the larger places.
    """
    n = _summed(
        counts.assign(low=counts["low"].astype(int), year=counts["year"].astype(int)),
        ["place", "year", "low"],
    )
    open_low = int(n["low"].max())
    later = n.rename(columns={"count": "after"})
    pairs = n.assign(year=n["year"] + STEP, to=n["low"] + STEP)
    closed = pairs[pairs["to"] < open_low].merge(
        later.rename(columns={"low": "to"}), on=["place", "year", "to"]
    )
    feeding = pairs[pairs["low"] >= open_low - STEP]
    both = feeding.groupby(["place", "year"])["low"].transform("size") == 2
    fed = (
        _summed(feeding[both], ["place", "year"])
        .assign(low=open_low - STEP)
        .merge(later[later["low"] == open_low].drop(columns="low"), on=["place", "year"])
    )
    every = pd.concat(
        [closed[["low", "count", "after"]].assign(open=False), fed.assign(open=True)],
        ignore_index=True,
    )
    known = every["count"].notna() & every["after"].notna()
    table = (
        every[known]
        .groupby("low", as_index=False)
        .agg(before=("count", "sum"), after=("after", "sum"), open=("open", "any"))
    )
    ratio = table["after"] / table["before"].where(table["before"] > 0)
    table = table.assign(ratio=ratio, yearly=1.0 - ratio ** (1.0 / STEP))
    return CohortHazards(table.dropna(subset=["ratio"]), int((~known).sum()))


def apl_without_ages(
    every: NDArray[np.float64],
    up_to_limit: NDArray[np.float64],
    younger: AgeStructure,
    older: AgeStructure,
    hazards: Hazards,
    years: int,
) -> NDArray[np.float64]:
    """Estimate the APL left after departures from two published APL, where no age is at hand.

    Parameters
    ----------
    every, up_to_limit
        Published APL of all doctors, and of those up to the age limit (65), shape (n,); their
        difference is the supply within reach of the older ones. NaN stays NaN.
    younger, older
        Ages of those up to the limit, and past it.
    years
        Horizon; nobody comes.

    Returns
    -------
    An estimate, to be marked as such, shape (n,): APL is linear in supply.

    Raises
    ------
    BadInput
        An APL up to the limit is above that of all doctors.
    """
    bad = np.flatnonzero(up_to_limit > every + 1e-6)
    if bad.size:
        raise BadInput(
            [
                Problem(
                    "l’APL des médecins sous la borne d’âge dépasse celle de tous",
                    line=int(row) + 1,
                    value=f"{up_to_limit[row]:g} > {every[row]:g}",
                )
                for row in bad
            ]
        )
    stay = 1.0 - younger.leaving(hazards, years), 1.0 - older.leaving(hazards, years)
    return np.asarray(up_to_limit * stay[0] + (every - up_to_limit) * stay[1])


def _summed(table: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Sum ``count`` by keys; a sum with a secret term is secret."""
    by = table.assign(secret=table["count"].isna()).groupby(keys, as_index=False)
    sums = by[["count", "secret"]].sum()
    return sums.assign(count=sums["count"].where(sums["secret"] == 0)).drop(columns="secret")


def age_band(text: str) -> tuple[int, int]:
    """Read the ages of ``60-64``, ``70+``, ``08-60-64 ans``, ``01-moins de 30 ans``.

    Raises
    ------
    BadInput
        No age can be read.
    """
    said = re.sub(r"^\d{2}-(?=\d{2}-\d|\d{2} ans|moins)", "", str(text).strip())
    numbers = [int(each) for each in re.findall(r"\d+", said)]
    if len(numbers) == 2 and numbers[0] <= numbers[1]:
        return numbers[0], numbers[1]
    if len(numbers) == 1 and "moins" in said:
        return 0, numbers[0] - 1
    if len(numbers) == 1 and ("plus" in said or said.endswith("+")):
        return numbers[0], OLDEST
    if len(numbers) == 1:
        return numbers[0], numbers[0]
    raise BadInput(
        Problem("classe d’âge illisible", value=str(text), allowed="par exemple 60-64 ou 70+")
    )
