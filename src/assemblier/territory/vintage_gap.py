"""What no passage table explains between two vintages: listed, with what it may be.

When the events of a year are not at hand, two lists of communes still tell a part: a code that
changed while the name stayed, a former commune that has its code back. The rest is listed with
the neighbours whose population jumped; nothing of that is used without a person's word.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from assemblier.territory.codes import ARRONDISSEMENTS, department_of
from assemblier.territory.geometry import projected, projection_of, zones_of
from assemblier.territory.nearest_names import Candidate, nearest_names, normalised_name
from assemblier.territory.passage import PASSAGE_COLUMNS, Passage

__all__ = [
    "GoneCommune",
    "NewCommune",
    "VintageGap",
    "likely_heirs",
    "merger_steps",
    "moves_back",
    "vintage_gap",
]

_DISTRICTS = frozenset(code for codes in ARRONDISSEMENTS.values() for code in codes)
_LEAST_JUMP = 0.8
"""Part of the lost inhabitants that a neighbour must have gained to be named."""


@dataclass(frozen=True, slots=True)
class GoneCommune:
    """A code of the earlier vintage that the later one does not hold and nothing explains."""

    code: str
    name: str
    candidates: tuple[Candidate, ...]

    def __str__(self) -> str:
        near = ", ".join(f"{found.name} ({found.code})" for found in self.candidates)
        said = f"{self.name} ({self.code}) n’existe plus et aucune table ne dit pourquoi"
        return f"{said} ; noms les plus proches : {near}" if near else said


@dataclass(frozen=True, slots=True)
class NewCommune:
    """A code of the later vintage that the earlier one does not hold.

    Attributes
    ----------
    origin
        ``arrondissement``, ``collectivité d’outre-mer`` (not in the communes of départements),
        ``changement de code`` (``parent`` had the same name), ``rétablissement`` (of a former
        commune that had joined ``parent``) or ``inexpliqué``.
    """

    code: str
    name: str
    origin: str
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class VintageGap:
    """Differences between two lists of communes that no passage table explains."""

    vintage_from: int
    vintage_to: int
    gone: tuple[GoneCommune, ...]
    new: tuple[NewCommune, ...]

    def steps(self, populations: pd.Series | None = None) -> pd.DataFrame:
        """Return the passage steps that the lists tell by themselves.

        Parameters
        ----------
        populations
            Inhabitants by code of the later vintage: shares of the restored communes, which are
            left out without it.
        """
        rows: list[tuple[int, int, str, str, str, float]] = []
        years = (self.vintage_from, self.vintage_to)
        parts: dict[str, list[str]] = {}
        for found in self.new:
            if found.parent is None:
                continue
            if found.origin == "changement de code":
                rows.append((*years, found.parent, found.code, "c", 1.0))
            elif found.origin == "rétablissement":
                parts.setdefault(found.parent, [found.parent]).append(found.code)
        if populations is not None:
            for parent, codes in parts.items():
                inhabitants = populations.reindex(codes)
                if bool((inhabitants > 0).all()):
                    shares = (inhabitants / inhabitants.sum()).to_dict()
                    rows.extend((*years, parent, str(code), "d", shares[code]) for code in codes)
        return pd.DataFrame(rows, columns=list(PASSAGE_COLUMNS))


def vintage_gap(
    before: pd.DataFrame,
    after: pd.DataFrame,
    vintage_from: int,
    vintage_to: int,
    passage: Passage | None = None,
) -> VintageGap:
    """Compare two lists of communes and say what can be said of the differences.

    Parameters
    ----------
    before, after
        ``code, nom, departement`` of the two vintages.
    passage
        Steps up to ``vintage_from``: a new code that once existed is a restored commune.
    """
    old = dict(zip(before["code"], before["nom"], strict=True))
    young = dict(zip(after["code"], after["nom"], strict=True))
    lost = sorted(set(old).difference(young))
    found = sorted(set(young).difference(old))
    by_name: dict[tuple[str, str], list[str]] = {}
    for code in lost:
        by_name.setdefault((department_of(code), normalised_name(old[code])), []).append(code)
    departments = {department_of(code) for code in old}
    heirs = {} if passage is None else _heirs(found, passage, vintage_from)
    new = []
    explained = set()
    for code in found:
        same = by_name.get((department_of(code), normalised_name(young[code])), [])
        origin, parent = "inexpliqué", None
        if code in _DISTRICTS:
            origin = "arrondissement"
        elif department_of(code) not in departments:
            origin = "collectivité d’outre-mer"
        elif len(same) == 1:
            origin, parent = "changement de code", same[0]
            explained.add(parent)
        elif heirs.get(code) in young:
            origin, parent = "rétablissement", heirs[code]
        new.append(NewCommune(code, young[code], origin, parent))
    gone = tuple(
        GoneCommune(
            code, old[code], nearest_names(old[code], after, department=department_of(code))
        )
        for code in lost
        if code not in explained
    )
    return VintageGap(vintage_from, vintage_to, gone, tuple(new))


def likely_heirs(
    gone: Collection[str],
    before: pd.Series,
    after: pd.Series,
    points: pd.DataFrame,
    *,
    radius_km: float,
) -> pd.DataFrame:
    """Return, for communes that disappeared, the neighbour whose population jumped by as much.

    A hint for a person who knows the place, never used by a conversion.

    Parameters
    ----------
    before, after
        Inhabitants by code of the two vintages.
    points
        ``code, lon, lat`` of the earlier vintage.
    radius_km
        How far neighbours are looked for.

    Returns
    -------
    DataFrame
        ``code, heir, lost, gained, distance_km, balance``; ``heir`` is null when no neighbour
        gained 80 % of the inhabitants that were lost; ``balance``, near 1 when all fits, is what
        the heir gained over what the communes that may have joined it lost.
    """
    located = points[points["lon"].notna()].set_index("code")
    grown = (after - before).dropna()
    rows: list[tuple[str, str | None, float, float, float]] = []
    zones = zones_of(located.index)
    for epsg in sorted({projection_of(code) for code in gone}):
        here = located[zones == epsg]
        east, north = projected(here["lon"].to_numpy(), here["lat"].to_numpy(), epsg)
        place = pd.Series(list(zip(east, north, strict=True)), index=here.index, dtype=object)
        near = place.index.intersection(grown.index)
        tree = cKDTree(np.array(place[near].tolist())) if len(near) else None
        for code in sorted(each for each in gone if projection_of(each) == epsg):
            lost = float(before.get(code, np.nan))
            heir: tuple[str | None, float, float] = (None, np.nan, np.nan)
            if tree is not None and code in place.index and np.isfinite(lost):
                around = near[tree.query_ball_point(place[code], radius_km * 1000)]
                gains = grown.loc[around]
                enough = gains[gains >= _LEAST_JUMP * lost]
                if len(enough):
                    # the jump that stands out most against what the place was
                    name = str((enough / before[enough.index]).idxmax())
                    away = np.subtract(place[name], place[code])
                    heir = (name, float(enough[name]), float(np.hypot(*away)) / 1000)
            rows.append((code, heir[0], lost, heir[1], heir[2]))
    found = pd.DataFrame(rows, columns=["code", "heir", "lost", "gained", "distance_km"])
    found["balance"] = found["gained"] / found.groupby("heir")["lost"].transform("sum")
    return found


def merger_steps(accepted: pd.DataFrame, vintage_from: int, vintage_to: int) -> pd.DataFrame:
    """Return the passage steps of mergers that a person has accepted.

    Parameters
    ----------
    accepted
        ``code, heir``: communes that disappeared and the one that took them in, which keeps its
        code.
    """
    heirs = sorted(set(accepted["heir"]))
    pairs = [*zip(accepted["code"], accepted["heir"], strict=True), *zip(heirs, heirs, strict=True)]
    rows = [(vintage_from, vintage_to, code, heir, "f", 1.0) for code, heir in sorted(pairs)]
    return pd.DataFrame(rows, columns=list(PASSAGE_COLUMNS))


def moves_back(
    later: Collection[str], reference: Collection[str], passage: Passage, vintage: int
) -> pd.DataFrame:
    """Return what brings restored communes of a later list back to the commune they had joined.

    A merged commune that moves its seat, or that is undone, uses again the code of a former
    commune: its inhabitants are those of the commune of the reference that holds its ground.

    Parameters
    ----------
    later
        Codes that a table of a later vintage holds.
    reference, vintage
        Communes to come back to, and their year.

    Returns
    -------
    DataFrame
        ``code_from, code_to, weight``, as in a crosswalk.
    """
    held, there = set(later), set(reference)
    heirs = _heirs(held - there, passage, vintage)
    rows = [(code, heir, 1.0) for code, heir in heirs.items() if heir in there]
    rows += [(heir, heir, 1.0) for heir in sorted({row[1] for row in rows} & held)]
    made = pd.DataFrame(rows, columns=["code_from", "code_to", "weight"])
    return made.astype({"code_from": object, "code_to": object, "weight": "float64"})


def _heirs(codes: Collection[str], passage: Passage, vintage: int) -> dict[str, str]:
    """Return the commune that each former code had become in a vintage, where it is one."""
    since: dict[int, list[str]] = {}
    for code in sorted(codes):
        if ends := passage.existed(code):
            since.setdefault(ends[-1][0], []).append(code)
    heirs: dict[str, str] = {}
    for year, left in since.items():
        moves = passage.crosswalk(year, vintage).targets(left)
        alone = moves[~moves["code_from"].duplicated(keep=False)]
        heirs |= dict(zip(alone["code_from"].tolist(), alone["code_to"].tolist(), strict=True))
    return heirs
