"""Inhabitants of the artificial communes: populations by year, ages, incomes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assemblier.demo.geography import Atoms

__all__ = ["YEARS", "People", "draw_people"]

YEARS = (1968, 1975, 1982, 1990, 1999, *range(2006, 2024))
"""Census years, then the years of the rolling census."""

PAYS_POPULATION = 97_000
"""Inhabitants of the pays in 2022."""

_ERAS = np.array([1968, 1975, 1982, 1990, 1999, 2006, 2011, 2016, 2024])
_GROWTH = {  # yearly rates by era, per cent
    1: [-1.2, -0.9, -0.5, -0.4, 0.4, 0.2, -0.2, -0.2],
    2: [-0.2, 0.1, 0.1, 0.0, 0.4, 0.3, 0.0, -0.1],
    3: [1.1, 0.5, 0.0, -0.2, 0.0, -0.1, -0.3, -0.2],
    4: [1.6, 0.9, 0.4, 0.3, 0.3, 0.2, 0.1, 0.2],
}
_KNOTS = np.array([0, 10, 18, 20, 25, 30, 40, 50, 60, 70, 75, 80, 85, 90, 95, 100])
_YOUNG = np.array([1.15, 1.25, 1.2, 1.3, 1.25, 1.25, 1.3, 1.3, 1.2, 1, 0.75, 0.5, 0.35, 0.2, 0.07, 0.01])  # fmt: skip  # noqa: E501
_OLD = np.array([0.75, 0.95, 0.95, 0.6, 0.55, 0.7, 0.95, 1.25, 1.5, 1.55, 1.25, 0.85, 0.65, 0.38, 0.13, 0.02])  # fmt: skip  # noqa: E501


@dataclass(frozen=True, slots=True)
class People:
    """Inhabitants of each atom.

    Attributes
    ----------
    municipal
        Municipal population, shape (n, len(YEARS)), whole numbers.
    shares
        Share of each sex (men, women) and single age (0…100, the last open), shape (n, 2, 101);
        sums to 1 for each atom; held constant over 2020–2023.
    median_income
        Median standard of living, euros a year.
    poverty
        Poverty rate, per cent.
    """

    municipal: NDArray[np.float64]
    shares: NDArray[np.float64]
    median_income: NDArray[np.float64]
    poverty: NDArray[np.float64]

    def population(self, year: int) -> NDArray[np.float64]:
        """Return the municipal population of atoms in a year of :data:`YEARS`."""
        return self.municipal[:, YEARS.index(year)]

    def ages(self, year: int) -> NDArray[np.float64]:
        """Return inhabitants by atom, sex and single age, decimals, shape (n, 2, 101)."""
        return np.asarray(self.shares * self.population(year)[:, None, None])


def draw_people(
    atoms: Atoms, pays: NDArray[np.bool_], minutes: NDArray[np.float64], rng: np.random.Generator
) -> People:
    """Draw populations, ages and incomes.

    Parameters
    ----------
    atoms
        Communes before any event.
    pays
        Which atoms the pays holds: they sum to :data:`PAYS_POPULATION` in 2022.
    minutes
        True driving times, for the suburbs of the chief towns.
    rng
        Source of randomness.

    Returns
    -------
    People
    """
    n = len(atoms)
    size = atoms.size
    now = np.exp(rng.normal(np.log(430), 0.62, n)).clip(62, 1750)
    now[size == 2] = rng.uniform(2050, 4700, int((size == 2).sum()))
    now[size == 3] = rng.uniform(7800, 15800, int((size == 3).sum()))
    now[size == 4] = rng.permutation([88_400.0, 46_700.0, 33_900.0])
    inside = np.flatnonzero(pays & (size == 3))
    now[inside] = np.linspace(13_900, 9_300, len(inside))
    chiefs = np.flatnonzero(size == 4)
    suburb = np.exp(-minutes[:, chiefs].min(axis=1) / 14) * (size == 1)
    now *= 1 + 2.2 * suburb
    free = pays & (size < 3)
    now[free] *= (PAYS_POPULATION - now[pays & (size == 3)].sum()) / now[free].sum()
    now = np.round(now)
    drift = rng.normal(0, 0.3, n) + 1.4 * suburb
    municipal = np.empty((n, len(YEARS)))
    rates = np.array([_GROWTH[int(s)] for s in size]) + drift[:, None]
    for column, year in enumerate(YEARS):
        span = np.clip(np.minimum(2022, _ERAS[1:]) - np.maximum(year, _ERAS[:-1]), 0, None)
        if year > 2022:
            span = np.where(_ERAS[1:] == 2024, -(year - 2022.0), 0.0)
        wobble = rng.normal(0, 0.004, n) if year != 2022 else np.zeros(n)
        municipal[:, column] = np.round(now * np.exp(-(rates * span).sum(axis=1) / 100 + wobble))
    elder = np.clip(
        rng.normal(0.75, 0.16, n) - 0.9 * suburb - 0.25 * (size == 4) - 0.05 * (size == 3)
        + 0.12 * atoms.coastal + 0.06 * pays, 0.02, 1.0,
    )  # fmt: skip
    age = np.arange(101)
    young, old = np.interp(age, _KNOTS, _YOUNG), np.interp(age, _KNOTS, _OLD)
    profile = (1 - elder)[:, None] * young + elder[:, None] * old
    profile = profile * rng.gamma(40, 1 / 40, (n, 101))
    women = np.interp(age, [0, 60, 75, 85, 95, 100], [0.487, 0.505, 0.54, 0.63, 0.75, 0.82])
    women = np.clip(women + rng.normal(0, 0.02, (n, 101)), 0.3, 0.9)
    both = np.stack([profile * (1 - women), profile * women], axis=1)
    shares = both / both.sum(axis=(1, 2), keepdims=True)
    income = np.round(rng.normal(20_900, 900, n) + 3_400 * suburb - 700 * (size == 3), -1)
    poverty = np.round(np.clip(15.5 - (income - 20_900) / 420 + rng.normal(0, 1.2, n), 4, 32))
    return People(municipal, shares, income, poverty)
