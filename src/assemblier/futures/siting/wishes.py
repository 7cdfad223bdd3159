"""What is asked of an implantation of doctors, and which wish binds when all cannot be met."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from assemblier.errors import BadInput, Problem

__all__ = ["Wishes", "binding_wishes"]


@dataclass(frozen=True, slots=True)
class Wishes:
    """Doctors to place and the constraints on where.

    Attributes
    ----------
    units
        Doctors to place in all, k; those of ``at_least`` are counted in it.
    at_least
        Doctors a site gets whatever happens, shape (m,): places already decided.
    at_most
        Most doctors a site can take, shape (m,); zero forbids it.
    team
        A site that gets anyone gets at least this many (a maison de santé).
    most_sites
        At most this many sites; no limit without it.
    budget
        Money at hand; no limit without it.
    unit_cost, opening_cost
        Money for one doctor and for opening at each site, shape (m,).
    """

    units: int
    at_least: NDArray[np.int64]
    at_most: NDArray[np.int64]
    team: int = 1
    most_sites: int | None = None
    budget: float | None = None
    unit_cost: NDArray[np.float64] | None = None
    opening_cost: NDArray[np.float64] | None = None

    @classmethod
    def of(
        cls,
        units: int,
        sites: int,
        *,
        at_least: ArrayLike | None = None,
        at_most: ArrayLike | None = None,
        forbidden: ArrayLike | None = None,
        team: int = 1,
        most_sites: int | None = None,
        budget: float | None = None,
        unit_cost: ArrayLike | None = None,
        opening_cost: ArrayLike | None = None,
        names: Sequence[str] = (),
    ) -> Wishes:
        """Check wishes for a list of sites.

        Parameters
        ----------
        units, sites
            Doctors to place, and number of candidates m.
        at_least, at_most
            Numbers by site, shape (m,), or one number for all.
        forbidden
            Positions of sites that get nobody.
        team, most_sites, budget, unit_cost, opening_cost
            As the attributes; costs may be one number for all.
        names
            How sites are called in messages; their positions without it.

        Raises
        ------
        BadInput
            Values of another shape, negative, or that cannot be met together: the message names
            the wishes that bind.
        """
        problems: list[Problem] = []
        if units < 1:
            problems.append(Problem("il faut placer au moins un médecin", value=str(units)))
        lower = _by_site(0 if at_least is None else at_least, sites, "minimum", problems)
        upper = _by_site(units if at_most is None else at_most, sites, "maximum", problems)
        costs = [
            _by_site(0 if given is None else given, sites, name, problems)
            for given, name in ((unit_cost, "coût par médecin"), (opening_cost, "coût d’ouverture"))
        ]
        if team < 1:
            problems.append(Problem("l’équipe minimale est d’au moins un médecin", value=str(team)))
        if budget is not None and unit_cost is None and opening_cost is None:
            problems.append(
                Problem(
                    "un budget est donné sans coût par médecin ni coût d’ouverture",
                    advice="Donnez l’un des deux.",
                )
            )
        room = int(upper.max(initial=0))
        if 0 < room < team <= units:
            problems.append(
                Problem(
                    "l’équipe minimale passe le maximum par site",
                    value=f"équipes d’au moins {team}",
                    allowed=f"au plus {room} par site",
                    advice="Relevez le maximum par site ou réduisez l’équipe minimale.",
                )
            )
        if problems:
            raise BadInput(problems)
        most = np.minimum(upper, units).astype(np.int64)
        if forbidden is not None:
            most[np.asarray(forbidden, dtype=np.int64)] = 0
        most[most < team] = 0
        wishes = cls(
            int(units),
            lower.astype(np.int64),
            most,
            int(team),
            most_sites,
            budget,
            None if unit_cost is None else costs[0],
            None if opening_cost is None else costs[1],
        )
        binding = binding_wishes(wishes, names)
        if binding:
            raise BadInput(binding)
        return wishes

    @property
    def plain(self) -> bool:
        """Whether a number in all and numbers by site are the only wishes."""
        return self.team == 1 and self.most_sites is None and self.budget is None

    def money(self, counts: NDArray[np.int64]) -> float:
        """Return what these doctors cost."""
        total = 0.0
        if self.unit_cost is not None:
            total += float(self.unit_cost @ counts)
        if self.opening_cost is not None:
            total += float(self.opening_cost[counts > 0].sum())
        return total

    def broken(self, counts: NDArray[np.int64]) -> list[str]:
        """Return the names of the wishes that these numbers of doctors break."""
        used = counts > 0
        return [
            name
            for name, is_broken in (
                ("units", int(counts.sum()) != self.units),
                ("at_least", bool((counts < self.at_least).any())),
                ("at_most", bool((counts > self.at_most).any())),
                ("team", bool((counts[used] < self.team).any())),
                ("most_sites", self.most_sites is not None and used.sum() > self.most_sites),
                (
                    "budget",
                    self.budget is not None and self.money(counts) > self.budget * (1 + 1e-9),
                ),
            )
            if is_broken
        ]


def _by_site(
    given: ArrayLike, sites: int, what: str, problems: list[Problem]
) -> NDArray[np.float64]:
    values = np.asarray(given, dtype=np.float64)
    if values.ndim == 0:
        values = np.full(sites, float(values))
    if values.shape != (sites,) or not bool((np.isfinite(values) & (values >= 0)).all()):
        problems.append(
            Problem(f"le {what} manque ou est négatif", allowed=f"{sites} nombres, zéro ou plus")
        )
        return np.zeros(sites)
    return values


def binding_wishes(wishes: Wishes, names: Sequence[str] = ()) -> list[Problem]:
    """Say which wishes on sites and their number contradict each other; nothing when none does."""

    def called(place: int) -> str:
        return names[place] if names else f"site {int(place)}"

    problems = [
        Problem(
            "un site doit recevoir plus de médecins qu’il n’en peut accueillir",
            value=f"{called(int(place))} : au moins {int(wishes.at_least[place])}",
            allowed=f"au plus {int(wishes.at_most[place])}",
            advice="Relevez son maximum, réduisez l’équipe minimale, ou ne l’imposez pas.",
        )
        for place in np.flatnonzero(wishes.at_least > wishes.at_most)
    ]
    if problems:
        return problems
    decided = int(wishes.at_least.sum())
    if decided > wishes.units:
        return [
            Problem(
                "le nombre de médecins bloque : les sites imposés en demandent davantage",
                value=str(wishes.units),
                allowed=f"au moins {decided}",
                advice="Placez plus de médecins ou imposez-en moins.",
            )
        ]
    room = int(wishes.at_most.sum())
    if room < wishes.units:
        return [
            Problem(
                "les maximums par site et les sites interdits bloquent",
                value=f"{wishes.units} médecins à placer",
                allowed=f"au plus {room}",
                advice="Relevez les maximums, autorisez d’autres sites ou placez moins"
                " de médecins.",
            )
        ]
    return []
