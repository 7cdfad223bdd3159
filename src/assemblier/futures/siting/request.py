"""A question of siting as people write it down: kept in a workspace, asked again later."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from assemblier.errors import BadInput, Problem
from assemblier.futures.siting.question import SitingQuestion
from assemblier.language import number, plural

__all__ = ["NamedSiting", "SitingRequest"]

SHORTEST = 1.0
"""Fewest minutes of a radius, and fewest seconds of a proof."""


@dataclass(frozen=True, slots=True)
class SitingRequest:
    """What is asked, before the territory is known.

    Attributes
    ----------
    objective, add
        As :class:`.question.SitingQuestion`.
    candidates
        Communes of a file; None for every commune of the territory.
    candidates_from
        Name of that file.
    fixed, forbidden
        Places decided already with their doctors, and communes that get nobody.
    team, most_sites, most_per_site, budget, doctor_cost, opening_cost
        Wishes for every site.
    most_here, doctor_costs, opening_costs
        By commune, where a file says otherwise.
    radius, only_territory, least_population, seconds
        Minutes that count as covered; whether neighbours are left out; fewest inhabitants of a
        candidate, without a file; most time for the proof.
    """

    objective: str
    add: int
    candidates: tuple[str, ...] | None = None
    candidates_from: str = ""
    fixed: Mapping[str, int] = field(default_factory=dict)
    forbidden: tuple[str, ...] = ()
    team: int = 1
    most_sites: int | None = None
    most_per_site: int | None = None
    most_here: Mapping[str, int] = field(default_factory=dict)
    budget: float | None = None
    doctor_cost: float | None = None
    doctor_costs: Mapping[str, float] | None = None
    opening_cost: float | None = None
    opening_costs: Mapping[str, float] | None = None
    radius: float | None = None
    only_territory: bool | None = None
    least_population: float | None = None
    seconds: float | None = None

    def to_json(self) -> str:
        """Write it down, one line by field that was given."""
        plain = SitingRequest(self.objective, self.add)
        said = {
            name: value for name, value in asdict(self).items() if value != getattr(plain, name)
        }
        said |= {"objective": self.objective, "add": self.add}
        return json.dumps(said, ensure_ascii=False, indent=1, sort_keys=True)

    def wrong_numbers(self) -> list[Problem]:
        """Say every number that no question can hold; nothing when all are possible."""
        asked: tuple[tuple[str, float | None, float, str], ...] = (
            ("le nombre de médecins ou de sites", self.add, 1, "1 ou plus"),
            ("l’équipe minimale", self.team, 1, "1 ou plus"),
            ("le nombre de sites au plus", self.most_sites, 1, "1 ou plus"),
            ("le maximum par site", self.most_per_site, 1, "1 ou plus"),
            ("le budget", self.budget, 0, "0 ou plus"),
            ("le coût par médecin", self.doctor_cost, 0, "0 ou plus"),
            ("le coût d’ouverture", self.opening_cost, 0, "0 ou plus"),
            ("la durée qui compte comme couverte", self.radius, SHORTEST, "1 minute ou plus"),
            ("la population minimale d’une candidate", self.least_population, 0, "0 ou plus"),
            ("le temps laissé à la preuve", self.seconds, SHORTEST, "1 seconde ou plus"),
        )
        return [
            Problem(f"{what} n’est pas possible", value=f"{value:g}", allowed=allowed)
            for what, value, least, allowed in asked
            if value is not None and not least <= value < math.inf
        ]

    @classmethod
    def from_json(cls, text: str) -> SitingRequest:
        """Read what :meth:`to_json` wrote.

        Raises
        ------
        BadInput
            When another program wrote it.
        """
        try:
            said: dict[str, Any] = json.loads(text)
            for name in ("candidates", "forbidden"):
                if said.get(name) is not None:
                    said[name] = tuple(said[name])
            return cls(**said)
        except (ValueError, TypeError) as error:
            allowed = ", ".join(each.name for each in fields(cls))
            raise BadInput(
                Problem("cette question d’implantation ne se lit pas", allowed=allowed)
            ) from error

    def places(self, territory: Sequence[str]) -> tuple[str, ...]:
        """Return the communes that may be candidates, those decided already with them."""
        asked = territory if self.candidates is None else self.candidates
        return tuple(dict.fromkeys([*asked, *self.fixed]))

    def question(self, places: Sequence[str], population: Mapping[Any, float]) -> SitingQuestion:
        """Return the question on these candidates.

        Parameters
        ----------
        places
            As :meth:`places` returns them.
        population
            Inhabitants by commune; one without any is no candidate where fewest are asked.
        """
        kept = tuple(places)
        if self.candidates is None and self.least_population:
            fewest = self.least_population
            kept = tuple(c for c in kept if c in self.fixed or population.get(c, -1.0) >= fewest)
        most = {} if self.most_per_site is None else dict.fromkeys(kept, self.most_per_site)
        most |= {code: min(count, self.add) for code, count in self.most_here.items()}
        return SitingQuestion(
            objective=self.objective,
            add=self.add,
            candidates=kept,
            fixed=self.fixed,
            forbidden=frozenset(self.forbidden),
            team=self.team,
            most_sites=self.most_sites,
            most_here=most,
            budget=self.budget,
            doctor_cost=_everywhere(kept, self.doctor_cost, self.doctor_costs),
            opening_cost=_everywhere(kept, self.opening_cost, self.opening_costs),
            radius=self.radius,
            only_territory=self.only_territory,
        )

    def candidates_note(self, count: int) -> str:
        """Say who the candidates are, in French."""
        if self.candidates is not None:
            word = plural(count, "commune")
            return f"Candidates : {count} {word}, d’après {self.candidates_from}."
        if self.least_population:
            fewest = number(self.least_population)
            return f"Candidates : les {count} communes d’au moins {fewest} habitants."
        if count == 1:
            return "Une seule candidate : la commune du territoire."
        return f"Candidates : les {count} communes du territoire."


@dataclass(frozen=True, slots=True)
class NamedSiting:
    """A question that a territory keeps.

    Attributes
    ----------
    name
        How people call it.
    sites
        Commune → doctors of the answer on the day it was kept.
    kept_on
        That day, as it is printed.
    """

    name: str
    request: SitingRequest
    sites: Mapping[str, int]
    kept_on: str


def _everywhere(
    places: Sequence[str], otherwise: float | None, by_place: Mapping[str, float] | None
) -> dict[str, float] | None:
    if otherwise is None and by_place is None:
        return None
    return dict.fromkeys(places, otherwise or 0.0) | dict(by_place or {})
