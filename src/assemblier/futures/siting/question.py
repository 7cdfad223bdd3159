"""A question of siting as people ask it, and its answer: in communes, not positions of sites."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from numpy.typing import NDArray

from assemblier.futures.siting.answer import HandChoice, Siting
from assemblier.futures.siting.shortfall import Bands

__all__ = ["OBJECTIVES", "OF_DOCTORS", "SitingAnswer", "SitingQuestion", "SitingRules", "shown"]

ANY = 1.0
"""Exchanges are all weighed, up to the whole gain; those worth showing are kept afterwards."""
OF_DOCTORS = ("shortfall", "maximin", "threshold")
"""Objectives that place doctors; the others open sites."""
OBJECTIVES = (*OF_DOCTORS, "p-median", "p-center", "coverage")
DECIMALS = {"maximin": 2, "p-median": 2, "p-center": 1}
"""Decimals of the values that are not whole numbers of people or consultations."""
WITHIN = ("maximin", "p-center")
"""Objectives that look at the worst served: of the territory alone, since a candidate hardly helps
the last commune it reaches."""


@dataclass(frozen=True, slots=True)
class SitingQuestion:
    """What is asked.

    Attributes
    ----------
    objective
        One of :data:`OBJECTIVES`.
    add
        Doctors to place, or sites to open.
    candidates
        Communes where that may be.
    fixed
        Commune → doctors decided there already, counted in ``add``.
    forbidden
        Communes that get nobody.
    team, most_sites, most_here, budget, doctor_cost, opening_cost
        Constraints on doctors: least team of a site, most sites, most doctors by commune, money.
    radius
        Minutes that count as covered.
    only_territory
        Whether the people of the neighbours are left out of what is sought; None lets the
        objective say.
    """

    objective: str
    add: int
    candidates: tuple[str, ...]
    fixed: Mapping[str, int] = field(default_factory=dict)
    forbidden: Collection[str] = ()
    team: int = 1
    most_sites: int | None = None
    most_here: Mapping[str, int] = field(default_factory=dict)
    budget: float | None = None
    doctor_cost: Mapping[str, float] | None = None
    opening_cost: Mapping[str, float] | None = None
    radius: float | None = None
    only_territory: bool | None = None

    @property
    def within(self) -> bool:
        """Whether only the people of the territory count."""
        return self.objective in WITHIN if self.only_territory is None else self.only_territory


@dataclass(frozen=True, slots=True)
class SitingRules:
    """Dated parameters of siting.

    Attributes
    ----------
    bands, threshold
        What lacks is weighed by bands under a threshold of APL.
    near_optimal, least_shown
        Share of the gain that another site may cost to be shown, and how many are shown whatever
        they cost.
    seconds
        Time left to the proof.
    radius
        Minutes that count as covered.
    arrival_activity
        Acts of a doctor who arrives over those of the mean doctor.
    """

    bands: Bands
    threshold: float
    near_optimal: float
    least_shown: int
    seconds: float
    radius: float
    arrival_activity: float


@dataclass(frozen=True, slots=True)
class SitingAnswer:
    """An answer in communes.

    Attributes
    ----------
    question, siting
        What was asked, and the answer with its proof, in positions of ``codes``.
    codes
        Commune of each position.
    placed
        Commune → doctors placed, or 1 for a site opened; sites that exist already are not in it.
    people
        Inhabitants who count.
    by_hand
        What people would have chosen, best first.
    consultations
        Consultations a year that lack under the threshold, before and after; None where the
        objective opens sites.
    unit
        Of the value as it is told, French.
    decimals
        Decimals of the value as it is told.
    """

    question: SitingQuestion
    siting: Siting
    codes: NDArray
    placed: Mapping[str, int]
    people: float
    by_hand: tuple[HandChoice, ...]
    consultations: tuple[float, float] | None
    unit: str
    decimals: int = 0

    def told(self, value: float) -> float:
        """Return a value as it is told: minutes by inhabitant, not by all of them together."""
        return value / self.people if self.question.objective == "p-median" else value


def shown(found: Siting, rules: SitingRules) -> Siting:
    """Keep the exchanges that are near the best, and the first ones whatever they cost."""
    kept = tuple(
        each
        for rank, each in enumerate(found.alternatives)
        if each.share <= rules.near_optimal or rank < rules.least_shown
    )
    return replace(found, alternatives=kept)
