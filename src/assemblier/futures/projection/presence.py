"""Who practises where, by groups of age: what departures are drawn from.

A group is a number of doctors of one commune who share an age, or a distribution of ages where the
age is not known. Persons are never named here: a local list is counted as soon as it is read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from assemblier.errors import BadInput, Problem
from assemblier.futures.projection.departures import OLDEST, AgeStructure, Hazards

__all__ = ["Presence", "presence_of"]

WHOLE = 1e-9
"""What a share that adds up to a whole doctor may lack by rounding."""


@dataclass(frozen=True, slots=True)
class Presence:
    """Doctors by commune and group of age.

    Attributes
    ----------
    code
        Commune of each group, shape (g,).
    count
        Doctors of the group, shape (g,), whole numbers.
    structure
        Position of the group's structure in ``structures``, shape (g,).
    structures
        Distributions of age.
    estimated
        Whether ages are presumed or modelled, shape (g,).
    leaves_by
        Years after the start by which the group is known to leave, shape (g,); NaN where nothing
        is known.
    listed
        Communes whose doctors come from a local list.
    """

    code: NDArray
    count: NDArray[np.int64]
    structure: NDArray[np.int64]
    structures: tuple[AgeStructure, ...]
    estimated: NDArray[np.bool_]
    leaves_by: NDArray[np.float64]
    listed: frozenset[str] = frozenset()

    def leaving(self, hazards: Hazards, years: int) -> NDArray[np.float64]:
        """Return each group's probability of having left within some years, shape (g,)."""
        known = np.array([each.leaving(hazards, years) for each in self.structures])
        return np.where(self.leaves_by <= years, 1.0, known[self.structure])

    def counted(self, hazards: Hazards, years: int, limit: int) -> NDArray[np.float64]:
        """Return the part of each group still there and of at most ``limit`` years, shape (g,)."""
        known = np.array([each.counted(hazards, years, limit) for each in self.structures])
        return np.where(self.leaves_by <= years, 0.0, known[self.structure])

    def doctors(self) -> pd.Series:
        """Return doctors by commune."""
        return pd.Series(self.count, index=self.code).groupby(level=0).sum()

    def within(self, codes: Sequence[str] | NDArray) -> Presence:
        """Return the groups of some communes."""
        kept = pd.Index(self.code).isin(list(codes))
        return replace(
            self,
            code=self.code[kept],
            count=self.count[kept],
            structure=self.structure[kept],
            estimated=self.estimated[kept],
            leaves_by=self.leaves_by[kept],
        )

    def each_leaving(self, hazards: Hazards, years: int) -> NDArray[np.float64]:
        """Return one probability for each doctor, in the order of the groups."""
        return np.repeat(self.leaving(hazards, years), self.count)


def presence_of(
    communes: pd.DataFrame,
    *,
    younger: AgeStructure,
    older: AgeStructure,
    ages: pd.DataFrame | None = None,
    departures: Mapping[str, Sequence[float]] | None = None,
) -> Presence:
    """Return who practises where.

    Parameters
    ----------
    communes
        Indexed by code: ``gps`` and ``older_gps`` (whole numbers of the register), ``doctors`` (the
        headcount taken, where the register has nobody but another source does).
    younger, older
        Ages of those under 60, and of those presumed 60 and over.
    ages
        A local list, one row by doctor: ``code, age`` (years, NaN where unknown). It replaces the
        register in the communes it names.
    departures
        By commune, years after the start at which somebody is known to leave.

    Raises
    ------
    BadInput
        More are presumed 60 and over than there are doctors, an age out of range, a departure
        where nobody practises.
    """
    rows: list[tuple[str, int, int, bool]] = []
    structures: list[AgeStructure] = [younger, older]
    problems: list[Problem] = []
    listed: frozenset[str] = frozenset()
    if ages is not None:
        listed = frozenset(ages["code"].astype(str))
        problems += _ages_wrong(ages)
    total = communes["gps"].to_numpy(np.float64)
    old = communes["older_gps"].to_numpy(np.float64)
    other = communes["doctors"].to_numpy(np.float64)
    share_older = float(old.sum() / total.sum()) if total.sum() > 0 else 0.0
    mixed = _mix(younger, older, share_older)
    structures.append(mixed)
    for code, n, n_old, taken in zip(
        communes.index.to_numpy(object), total, old, other, strict=True
    ):
        if code in listed:
            continue
        if n_old > n:
            problems.append(
                Problem("plus de médecins de 60 ans et plus que de médecins", value=str(code))
            )
        elif n > 0:
            rows += [(code, int(n - n_old), 0, True), (code, int(n_old), 1, True)]
        elif taken > 0:
            # part of a doctor of another source is none: the supply stays, nobody is there to leave
            rows.append((code, int(float(taken) + WHOLE), 2, True))
    if problems:
        raise BadInput(problems)
    if ages is not None:
        sizes = ages.assign(age=ages["age"].fillna(-1)).groupby(["code", "age"]).size()
        for (code, age), n in zip(sizes.index.to_list(), sizes.to_numpy(), strict=True):
            if age < 0:
                rows.append((str(code), int(n), 2, True))
                continue
            share = np.zeros(OLDEST + 1)
            share[int(age)] = 1.0
            structures.append(AgeStructure(share, "liste locale"))
            rows.append((str(code), int(n), len(structures) - 1, False))
    kept = [row for row in rows if row[1] > 0]
    made = Presence(
        np.array([row[0] for row in kept], dtype=object),
        np.array([row[1] for row in kept], dtype=np.int64),
        np.array([row[2] for row in kept], dtype=np.int64),
        tuple(structures),
        np.array([row[3] for row in kept], dtype=np.bool_),
        np.full(len(kept), np.nan),
        listed,
    )
    return made if not departures else _known(made, departures)


def _mix(younger: AgeStructure, older: AgeStructure, share: float) -> AgeStructure:
    return AgeStructure(
        (1.0 - share) * younger.share + share * older.share,
        f"{younger.origin} ; {older.origin}" if younger.origin != older.origin else younger.origin,
    )


def _ages_wrong(ages: pd.DataFrame) -> list[Problem]:
    age = ages["age"].to_numpy(np.float64)
    bad = ~np.isnan(age) & ~((age >= 20) & (age <= OLDEST))
    return [
        Problem("âge hors bornes", line=int(row) + 2, column="age", value=f"{age[row]:g}",
                allowed=f"de 20 à {OLDEST} ans")
        for row in np.flatnonzero(bad)
    ]  # fmt: skip


def _known(presence: Presence, departures: Mapping[str, Sequence[float]]) -> Presence:
    """Set apart, in the oldest group of the commune first, those known to leave."""
    code, count = list(presence.code), presence.count.copy()
    mean_age = np.array([each.share @ np.arange(OLDEST + 1) for each in presence.structures])
    added: list[tuple[int, float]] = []
    problems: list[Problem] = []
    for place, years in departures.items():
        for year in sorted(years):
            here = [k for k, each in enumerate(code) if each == place and count[k] > 0]
            if not here:
                problems.append(
                    Problem(
                        "départ annoncé dans une commune où aucun médecin n’est compté",
                        value=place,
                        advice="Corrigez d’abord l’offre de cette commune.",
                    )
                )
                continue
            oldest = max(here, key=lambda k: mean_age[presence.structure[k]])
            count[oldest] -= 1
            added.append((oldest, float(year)))
    if problems:
        raise BadInput(problems)
    at = np.array([k for k, _ in added], dtype=np.int64)
    kept = count > 0
    return replace(
        presence,
        code=np.concatenate([presence.code[kept], presence.code[at]]),
        count=np.concatenate([count[kept], np.ones(at.size, dtype=np.int64)]),
        structure=np.concatenate([presence.structure[kept], presence.structure[at]]),
        estimated=np.concatenate([presence.estimated[kept], np.zeros(at.size, dtype=np.bool_)]),
        leaves_by=np.concatenate(
            [presence.leaves_by[kept], np.array([year for _, year in added], dtype=np.float64)]
        ),
    )
