"""Who holds which lever on which determinant of health: a matrix that the territory fills.

It shows where the perimeters of those who hold health and of those who hold social work part. Its
files are in :mod:`~assemblier.perimeters.competence_files`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from assemblier.errors import BadInput, Problem
from assemblier.perimeters.bench import Ground

__all__ = ["DOMAINS", "Competences", "Holder", "Lever", "Parting", "partings"]

DOMAINS = ("sante", "social", "autre")


@dataclass(frozen=True, slots=True)
class Holder:
    """One who holds levers; ``communes`` is None when no perimeter was given."""

    id: str
    name: str
    grid: str | None
    zones: tuple[str, ...]
    communes: tuple[str, ...] | None

    @property
    def short(self) -> str:
        """Acronym when the name gives one in brackets, else the name before them."""
        name, _, told = self.name.partition(" (")
        told = told.rstrip(")")
        return told if told.isupper() and " " not in told else name


@dataclass(frozen=True, slots=True)
class Lever:
    """A lever: its determinant, its domain (``sante``, ``social``, ``autre``), who holds it how."""

    id: str
    label: str
    determinant: str
    domain: str
    roles: Mapping[str, str]
    basis: str
    note: str


@dataclass(frozen=True, slots=True)
class Competences:
    """A matrix as it was filled, on its date."""

    date: dt.date
    territory: str
    holders: tuple[Holder, ...]
    levers: tuple[Lever, ...]

    def by_role(self, lever: Lever, role: str) -> tuple[Holder, ...]:
        """Return those who hold a lever in a role, in the order of the matrix."""
        return tuple(each for each in self.holders if lever.roles.get(each.id) == role)

    def with_role(self, lever: str, holder: str, role: str) -> Competences:
        """Return the matrix where a holder has another role in a lever.

        Raises
        ------
        BadInput
            The lever or the holder is not in the matrix.
        """
        problems = [
            Problem(f"{what} inconnu", value=value, allowed=", ".join(known))
            for what, value, known in (
                ("levier", lever, [each.id for each in self.levers]),
                ("détenteur", holder, [each.id for each in self.holders]),
            )
            if value not in known
        ]
        if problems:
            raise BadInput(problems)
        return replace(
            self,
            levers=tuple(
                replace(each, roles={**each.roles, holder: role}) if each.id == lever else each
                for each in self.levers
            ),
        )

    def with_perimeter(
        self,
        holder: str,
        *,
        grid: str | None = None,
        zones: Sequence[str] = (),
        communes: Sequence[str] | None = None,
    ) -> Competences:
        """Return the matrix where a holder has a perimeter: zones of a grid, or communes.

        Raises
        ------
        BadInput
            The holder is not in the matrix.
        """
        known = [each.id for each in self.holders]
        if holder not in known:
            raise BadInput(Problem("détenteur inconnu", value=holder, allowed=", ".join(known)))
        held = None if communes is None else tuple(communes)
        return replace(
            self,
            holders=tuple(
                replace(each, grid=grid, zones=tuple(zones), communes=held)
                if each.id == holder
                else each
                for each in self.holders
            ),
        )

    def holding(self, domain: str) -> tuple[Holder, ...]:
        """Return those who decide, share or contract at least one lever of a domain."""
        active = {
            holder
            for lever in self.levers
            if lever.domain == domain
            for holder, role in lever.roles.items()
            if role in {"decide", "partage", "contractualise"}
        }
        return tuple(holder for holder in self.holders if holder.id in active)


@dataclass(frozen=True, slots=True)
class Parting:
    """Where the perimeters of a holder of health and of a holder of social work part.

    Attributes
    ----------
    both, only_health, only_social
        Communes of the territory in both perimeters, or in one.
    population_share
        Share of the territory's inhabitants who live where the two part.
    """

    health: str
    social: str
    both: tuple[str, ...]
    only_health: tuple[str, ...]
    only_social: tuple[str, ...]
    population_share: float


def partings(
    competences: Competences, ground: Ground, membership: pd.DataFrame
) -> tuple[Parting, ...]:
    """Set the perimeters of those who hold health against those who hold social work.

    Parameters
    ----------
    ground
        The territory in the country.
    membership
        Commune → zone of each grid, to resolve the perimeters given by zones.

    Returns
    -------
    tuple of Parting
        One for each pair whose two perimeters were given, those that part most first.

    Raises
    ------
    BadInput
        A grid or zone that does not exist, a commune that is unknown.
    """
    problems: list[Problem] = []
    held = {
        holder.id: each
        for holder in competences.holders
        if (each := _communes(holder, ground, membership, problems)) is not None
    }
    if problems:
        raise BadInput(problems)
    everyone = float(ground.population[ground.inside].sum())
    found = []
    for health in competences.holding("sante"):
        for social in competences.holding("social"):
            if health.id == social.id or health.id not in held or social.id not in held:
                continue
            one = held[health.id] & ground.inside
            other = held[social.id] & ground.inside
            apart = float(ground.population[one ^ other].sum())
            found.append(
                Parting(
                    health.name,
                    social.name,
                    tuple(sorted(ground.codes[one & other])),
                    tuple(sorted(ground.codes[one & ~other])),
                    tuple(sorted(ground.codes[other & ~one])),
                    apart / everyone if everyone > 0 else 0.0,
                )
            )
    return tuple(sorted(found, key=lambda each: (-each.population_share, each.health, each.social)))


def _communes(
    holder: Holder, ground: Ground, membership: pd.DataFrame, problems: list[Problem]
) -> np.ndarray | None:
    if holder.communes is not None:
        unknown = sorted(set(holder.communes) - set(ground.codes))
        if unknown:
            problems.append(
                Problem(
                    f"communes inconnues dans le périmètre de « {holder.name} »",
                    value=", ".join(unknown[:10]),
                    allowed="communes de la géographie de référence",
                )
            )
        held: np.ndarray = pd.Index(ground.codes).isin(holder.communes)
        return held
    if holder.grid is None:
        return None
    if holder.grid not in membership:
        problems.append(
            Problem(
                f"grille inconnue pour « {holder.name} »",
                value=holder.grid,
                allowed=", ".join(membership.columns),
            )
        )
        return None
    zone = membership[holder.grid].reindex(ground.codes)
    unknown = sorted(set(holder.zones) - set(membership[holder.grid].dropna()))
    if unknown:
        problems.append(
            Problem(
                f"zones inconnues dans le périmètre de « {holder.name} »",
                value=", ".join(unknown),
                allowed=f"codes de la grille {holder.grid}",
            )
        )
    return zone.isin(holder.zones).to_numpy(bool)
