"""From one vintage of the communes to another: steps, composed, with weights.

A *vintage* is the official geographic code (COG) in force on 1 January of a year. Between two
vintages a commune keeps its code, changes it, merges (``f``) or is split (``d``, for division);
``ratio`` is the share of the origin's population that goes to each target.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from assemblier.errors import BadInput, MissingSource, Problem
from assemblier.territory.moves import RATIO_TOLERANCE, chained, no_moves

__all__ = [
    "CONTINUED_UNDER",
    "PASSAGE_COLUMNS",
    "Crosswalk",
    "Passage",
    "composed",
]

PASSAGE_COLUMNS = ("year_from", "year_to", "code_from", "code_to", "kind", "ratio")
CONTINUED_UNDER: Mapping[tuple[int, str], str] = {(2024, "60054"): "60694"}
"""``(COG year, code that was divided)`` → code under which the commune goes on, when its seat left
and kept the code: Les Hauts-Talican went on as 60694 when Beaumont-les-Nonains left (Insee, 2024).
"""

_SHOWN_CODES = 10


@dataclass(frozen=True, slots=True)
class Crosswalk:
    """What becomes of each commune between two vintages.

    Attributes
    ----------
    vintage_from, vintage_to
        COG years.
    moves
        ``code_from, code_to, weight``: every commune whose code or ground changes, and the
        communes that keep their code while they take in or give up ground. ``weight`` is the
        share of ``code_from`` that goes to ``code_to``; shares of one origin add up to 1. A code
        that is not listed stays what it was.
    basis
        What the weights stand on: ``passage`` (ratios of the passage table), ``population``
        (populations of the finer vintage) or ``arrondissement``.
    """

    vintage_from: int
    vintage_to: int
    moves: pd.DataFrame
    basis: str = "passage"

    def targets(self, codes: Iterable[str]) -> pd.DataFrame:
        """Return ``code_from, code_to, weight`` for the codes that are asked, moved or not."""
        asked = pd.DataFrame({"code_from": pd.unique(pd.Series(list(codes), dtype=object))})
        found = asked.merge(self.moves, on="code_from", how="left")
        found["code_to"] = found["code_to"].fillna(found["code_from"])
        found["weight"] = found["weight"].fillna(1.0)
        return found

    def sources(self, codes: Iterable[str]) -> pd.DataFrame:
        """Return ``code_from, code_to, weight``: all that the target codes are made of."""
        asked = pd.DataFrame({"code_to": pd.unique(pd.Series(list(codes), dtype=object))})
        found = asked.merge(self.moves, on="code_to", how="left")
        found["code_from"] = found["code_from"].fillna(found["code_to"])
        found["weight"] = found["weight"].fillna(1.0)
        return found[["code_from", "code_to", "weight"]]

    def then(self, following: Crosswalk) -> Crosswalk:
        """Return this crosswalk followed by another."""
        if following.vintage_from != self.vintage_to:
            raise ValueError(
                f"crosswalks do not meet: {self.vintage_to} is not {following.vintage_from}"
            )
        basis = self.basis if self.basis == following.basis else f"{self.basis}+{following.basis}"
        return Crosswalk(
            self.vintage_from,
            following.vintage_to,
            chained(self.moves, following.moves),
            basis,
        )

    def backward(self, populations: pd.Series | None) -> Crosswalk:
        """Return the way back, weighted by the populations of the finer vintage.

        Parameters
        ----------
        populations
            Inhabitants by code of ``vintage_from``. Needed for the communes that merged.

        Raises
        ------
        MissingSource
            When a commune that merged has no population, or none is given.
        BadInput
            When the communes of a merger all have no inhabitant: nothing tells them apart.
        """
        moves = self.moves
        several = moves["code_to"].duplicated(keep=False).to_numpy()
        mass = moves["weight"].to_numpy(np.float64).copy()
        if several.any():
            inhabitants = (
                pd.Series(np.nan, index=moves.index)
                if populations is None
                else moves["code_from"].map(populations)
            ).to_numpy(np.float64)
            missing = several & ~np.isfinite(inhabitants)
            if missing.any():
                raise MissingSource(
                    f"conversion du COG {self.vintage_to} vers le COG {self.vintage_from} "
                    f"impossible : il manque la population au COG {self.vintage_from} de "
                    f"{_some(moves.loc[missing, 'code_from'])}. Sans elle, rien ne dit comment "
                    "répartir les communes fusionnées. Ajoutez les populations de cette édition."
                )
            mass = np.where(several, mass * inhabitants, 1.0)
        else:
            mass[:] = 1.0
        total = pd.Series(mass).groupby(moves["code_to"].to_numpy()).transform("sum").to_numpy()
        if (total <= 0).any():
            raise BadInput(
                Problem(
                    f"les communes réunies dans {_some(moves.loc[total <= 0, 'code_to'])} n’ont "
                    "aucun habitant : impossible de répartir entre elles",
                    advice="Convertissez vers une édition postérieure à la fusion.",
                )
            )
        back = pd.DataFrame(
            {
                "code_from": moves["code_to"].to_numpy(),
                "code_to": moves["code_from"].to_numpy(),
                "weight": mass / total,
            }
        ).sort_values(["code_from", "code_to"], ignore_index=True)
        return Crosswalk(self.vintage_to, self.vintage_from, back, "population")


@dataclass(frozen=True, slots=True)
class Passage:
    """The passage table, checked: the steps between consecutive vintages.

    Attributes
    ----------
    steps
        Columns :data:`PASSAGE_COLUMNS`.
    vintages
        COG years the table links, ascending.
    """

    steps: pd.DataFrame
    vintages: tuple[int, ...]

    @classmethod
    def of(cls, steps: pd.DataFrame) -> Passage:
        """Check a passage table and hold it.

        Raises
        ------
        BadInput
            When a column is missing, a ratio is outside ]0, 1], the shares of an origin do not
            add up to 1, a pair is listed twice, or a step jumps over another.
        """
        absent = [name for name in PASSAGE_COLUMNS if name not in steps]
        if absent:
            raise BadInput([Problem("colonne absente", column=name) for name in absent])
        steps = steps[list(PASSAGE_COLUMNS)].reset_index(drop=True)
        vintages = tuple(sorted({*steps["year_from"].tolist(), *steps["year_to"].tolist()}))
        problems = _step_problems(steps, vintages)
        if problems:
            raise BadInput(problems)
        return cls(steps, tuple(int(year) for year in vintages))

    def extended(self, steps: pd.DataFrame) -> Passage:
        """Return this passage with later steps added."""
        return Passage.of(pd.concat([self.steps, steps[list(PASSAGE_COLUMNS)]], ignore_index=True))

    def crosswalk(self, vintage_from: int, vintage_to: int) -> Crosswalk:
        """Compose the steps from one vintage to a later one (or the same).

        Raises
        ------
        BadInput
            When a vintage is not linked by the table, or the target is earlier than the origin:
            going back needs populations, see :meth:`conversion`.
        """
        self._check_vintages(vintage_from, vintage_to)
        if vintage_to < vintage_from:
            raise BadInput(
                Problem(
                    f"le passage du COG {vintage_from} au COG {vintage_to} remonte le temps",
                    advice=f"Donnez les populations au COG {vintage_to}, édition la plus fine.",
                )
            )
        moves = no_moves()
        within = self.steps[
            (self.steps["year_from"] >= vintage_from) & (self.steps["year_to"] <= vintage_to)
        ]
        for _, step in sorted(within.groupby("year_from"), key=lambda item: float(str(item[0]))):
            following = pd.DataFrame(
                {
                    "code_from": step["code_from"].astype(object).to_numpy(),
                    "code_to": step["code_to"].astype(object).to_numpy(),
                    "weight": step["ratio"].to_numpy(np.float64),
                }
            )
            moves = chained(moves, following, self._heirs(int(step["year_to"].iloc[0])))
        return Crosswalk(vintage_from, vintage_to, moves)

    def conversion(
        self, vintage_from: int, vintage_to: int, populations: pd.Series | None = None
    ) -> Crosswalk:
        """Return the crosswalk between two vintages, in either direction.

        Parameters
        ----------
        populations
            Inhabitants by code of the earlier vintage; needed only to go back in time.
        """
        if vintage_to >= vintage_from:
            return self.crosswalk(vintage_from, vintage_to)
        return self.crosswalk(vintage_to, vintage_from).backward(populations)

    def communes_at(self, vintage: int, communes: Iterable[str], known_at: int) -> frozenset[str]:
        """Return the codes of a vintage, from those of another vintage.

        Parameters
        ----------
        communes
            All the codes of the vintage ``known_at``.
        """
        if vintage >= known_at:
            return frozenset(self.crosswalk(known_at, vintage).targets(communes)["code_to"])
        return frozenset(self.crosswalk(vintage, known_at).sources(communes)["code_from"])

    def existed(self, code: str) -> tuple[tuple[int, int, tuple[str, ...]], ...]:
        """Return the steps at which a code disappeared: year before, year after, successors."""
        gone = self.steps[self.steps["code_from"] == code]
        heirs: dict[tuple[int, int], list[str]] = {}
        for before, after, heir in zip(
            gone["year_from"], gone["year_to"], gone["code_to"], strict=True
        ):
            heirs.setdefault((int(before), int(after)), []).append(heir)
        return tuple(
            (before, after, tuple(sorted(codes)))
            for (before, after), codes in sorted(heirs.items())
            if code not in codes
        )

    def reweighted(self, populations: Mapping[int, pd.Series]) -> Passage:
        """Return this passage with the shares of divisions taken from populations.

        Some divisions are published with equal shares, for want of populations at the time.

        Parameters
        ----------
        populations
            COG year → inhabitants by code. A division of that step whose parts are all known and
            inhabited takes their shares; the others keep the published ones.
        """
        steps = self.steps.copy()
        for year, inhabitants in populations.items():
            parts = (steps["year_to"] == year) & (steps["kind"] == "d")
            known = steps.loc[parts, "code_to"].map(inhabitants)
            origin = steps.loc[parts, "code_from"]
            usable = (known > 0).groupby(origin).transform("all")
            shares = (known / known.groupby(origin).transform("sum"))[usable]
            steps.loc[shares.index, "ratio"] = shares
        return Passage.of(steps)

    @staticmethod
    def _heirs(year: int) -> dict[str, str]:
        return {code: heir for (when, code), heir in CONTINUED_UNDER.items() if when == year}

    def _check_vintages(self, *asked: int) -> None:
        allowed = ", ".join(str(year) for year in self.vintages)
        problems = [
            Problem(
                "édition du COG inconnue de la table de passage", value=str(year), allowed=allowed
            )
            for year in dict.fromkeys(asked)
            if year not in self.vintages
        ]
        if problems:
            raise BadInput(problems)


def composed(*crosswalks: Crosswalk) -> Crosswalk:
    """Chain crosswalks from left to right."""
    first, *others = crosswalks
    for following in others:
        first = first.then(following)
    return first


def _step_problems(steps: pd.DataFrame, vintages: tuple[int, ...]) -> list[Problem]:
    problems: list[Problem] = []
    ratio = steps["ratio"].to_numpy(np.float64)
    wrong = ~((ratio > 0) & (ratio <= 1 + RATIO_TOLERANCE))
    problems.extend(
        Problem("part hors de ]0 ; 1]", line=int(at) + 1, column="ratio", value=str(ratio[at]))
        for at in np.flatnonzero(wrong)
    )
    key = ["year_from", "year_to", "code_from"]
    totals = steps.groupby(key)["ratio"].sum()
    wrong_totals = totals[(totals - 1).abs() > RATIO_TOLERANCE].reset_index()
    problems.extend(
        Problem(
            f"les parts de {code} entre {before} et {after} ne totalisent pas 1",
            column="ratio",
            value=f"{total:.6f}",
        )
        for before, after, code, total in wrong_totals.itertuples(index=False)
    )
    doubled = steps.duplicated([*key, "code_to"])
    problems.extend(
        Problem("passage en double", line=int(at) + 1, value=str(steps["code_from"].iloc[at]))
        for at in np.flatnonzero(doubled)
    )
    consecutive = set(pairwise(vintages))
    found = set(zip(steps["year_from"].tolist(), steps["year_to"].tolist(), strict=True))
    problems.extend(
        Problem(
            f"le passage {before} → {after} saute une édition",
            advice="Donnez les passages entre éditions qui se suivent.",
        )
        for before, after in sorted(found - consecutive)
    )
    return problems


def _some(codes: Iterable[str]) -> str:
    listed = sorted(set(codes))
    text = ", ".join(listed[:_SHOWN_CODES])
    more = len(listed) - _SHOWN_CODES
    return f"{text} et {more} autres" if more > 0 else text
