"""General practitioners of the artificial country: careers, sites, activity."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assemblier.demo.geography import Atoms

__all__ = ["REFERENCE_YEAR", "Doctors", "draw_doctors"]

REFERENCE_YEAR = 2025
"""The supply is described on 1 January of this year; nobody moves in the year after."""

LIBERAL_IN_PAYS, OVER_55_IN_PAYS = 75, 30
"""Liberal GPs of the pays, of whom 40 % are over 55: fewer than 9 for 10,000 inhabitants."""

SECOND_SITES_IN_PAYS = 8
"""At most: sites, as the BPE counts them, stay below 9 for 10,000 inhabitants too."""

_STILL_THERE = 9999
_PARTICULAR = ("homéopathie", "acupuncture", "angiologie", "allergologie", "gériatrie")


@dataclass(frozen=True, slots=True)
class Doctors:
    """Careers of GPs, one entry per person.

    Attributes
    ----------
    birth, start, end
        Years of birth, of setting up, of leaving (9999: still there). Who leaves in year y is
        there on 31 December y-1 and no more on 31 December y.
    woman
        Sex.
    atom, second
        Commune of the main site; of a second site, or -1.
    second_share
        Share of the activity at the second site.
    salaried
        Employed by a health centre.
    particular
        Particular practice (MEP), empty for most.
    acts
        Consultations, visits and teleconsultations of a full year, all sites.
    teleconsultation
        Holds sessions at a teleconsultation point.
    """

    birth: NDArray[np.int64]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    woman: NDArray[np.bool_]
    atom: NDArray[np.int64]
    second: NDArray[np.int64]
    second_share: NDArray[np.float64]
    salaried: NDArray[np.bool_]
    particular: list[str]
    acts: NDArray[np.float64]
    teleconsultation: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.birth)

    def active(self, year: int) -> NDArray[np.bool_]:
        """Return who practises on 1 January of ``year``."""
        return np.asarray((self.start < year) & (self.end >= year))

    def liberal(self, year: int) -> NDArray[np.bool_]:
        """Return who practises as self-employed on 1 January of ``year``."""
        return self.active(year) & ~self.salaried

    def age(self, year: int) -> NDArray[np.int64]:
        """Return ages on 1 January of ``year``."""
        return np.asarray(year - 1 - self.birth)

    def count(self, who: NDArray[np.bool_], n: int) -> NDArray[np.float64]:
        """Return headcounts by atom, each person at the main site only."""
        return np.bincount(self.atom[who], minlength=n).astype(float)

    def count_sites(self, who: NDArray[np.bool_], n: int) -> NDArray[np.float64]:
        """Return headcounts by atom, a person counting at each site."""
        second = who & (self.second >= 0)
        return self.count(who, n) + np.bincount(self.second[second], minlength=n)


def _places(weight: NDArray[np.float64], count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    return np.sort(rng.choice(len(weight), count, p=weight / weight.sum()))


def draw_doctors(
    atoms: Atoms,
    pays: NDArray[np.bool_],
    population: NDArray[np.float64],
    minutes: NDArray[np.float64],
    rng: np.random.Generator,
) -> Doctors:
    """Draw the careers of GPs from 2004 on.

    Parameters
    ----------
    atoms, pays, population, minutes
        Communes, which of them the pays holds, inhabitants, true driving times.
    rng
        Source of randomness.

    Returns
    -------
    Doctors
        Exactly :data:`LIBERAL_IN_PAYS` self-employed GPs in the pays at the reference date.
    """
    len(atoms)
    factor = np.select([atoms.size == 4, atoms.size == 3, atoms.size == 2], [1.25, 1.15, 1.2], 0.3)
    weight = factor * population * (population > 260)
    liberal_out = round(0.00088 * population[~pays].sum())
    spots, births, starts, ends, salaried = [], [], [], [], []

    def current(where: NDArray[np.bool_], count: int, over: int, *, employed: bool) -> None:
        place = _places(weight * where, count, rng)
        age = np.concatenate([rng.integers(57, 71, over), rng.integers(31, 54, count - over)])
        rng.shuffle(age)
        birth = REFERENCE_YEAR - 1 - age
        spots.append(place)
        births.append(birth)
        starts.append(np.minimum(birth + rng.integers(30, 38, count), REFERENCE_YEAR - 1))
        ends.append(np.full(count, _STILL_THERE))
        salaried.append(np.full(count, employed))

    current(pays, LIBERAL_IN_PAYS, OVER_55_IN_PAYS, employed=False)
    current(~pays, liberal_out, int(0.36 * liberal_out), employed=False)
    current(pays & (atoms.size == 3), 5, 1, employed=True)
    current(~pays & (atoms.size == 4), 12, 3, employed=True)
    for year in range(2004, REFERENCE_YEAR):
        gone = int(rng.poisson(0.034 * (LIBERAL_IN_PAYS + liberal_out)))
        birth = year - np.round(rng.normal(66, 3.2, gone)).astype(np.int64)
        spots.append(_places(weight * np.where(pays, 1.5, 1.0), gone, rng))
        births.append(birth)
        starts.append(birth + rng.integers(29, 36, gone))
        ends.append(np.full(gone, year))
        salaried.append(np.zeros(gone, dtype=bool))
    atom, birth = np.concatenate(spots), np.concatenate(births)
    total = len(atom)
    acts = np.exp(rng.normal(np.log(4_750), 0.27, total)) * rng.choice(
        [1.0, 0.8, 0.6, 0.4], total, p=[0.72, 0.14, 0.1, 0.04]
    )
    employed, ends_all = np.concatenate(salaried), np.concatenate(ends)
    acts[employed] = rng.uniform(2_600, 4_200, int(employed.sum()))
    acts[rng.random(total) < 0.012] = 190.0
    second = np.full(total, -1)
    share = np.zeros(total)
    shared = 0
    for i in np.flatnonzero((rng.random(total) < 0.09) & ~employed).tolist():
        near = np.flatnonzero((minutes[atom[i]] > 0) & (minutes[atom[i]] < 22) & (atoms.size <= 2))
        near = near[pays[near] == pays[atom[i]]]
        counted = pays[atom[i]] and ends_all[i] == _STILL_THERE
        if len(near) and not (counted and shared >= SECOND_SITES_IN_PAYS):
            shared += int(counted)
            second[i] = near[int(rng.integers(len(near)))]
            share[i] = rng.choice([0.2, 0.3, 0.4, 0.5])
    particular = np.where(
        (rng.random(total) < 0.07) & ~employed & (atoms.size[atom] >= 3),
        rng.choice(_PARTICULAR, total), "",
    )  # fmt: skip
    return Doctors(
        birth=birth.astype(np.int64),
        start=np.concatenate(starts).astype(np.int64),
        end=ends_all.astype(np.int64),
        woman=rng.random(total) < np.clip(0.95 - (REFERENCE_YEAR - birth - 28) / 55, 0.12, 0.75),
        atom=atom.astype(np.int64),
        second=second,
        second_share=share,
        salaried=employed,
        particular=[str(p) for p in particular],
        acts=np.round(acts),
        teleconsultation=(rng.random(total) < 0.06) & ~employed,
    )
