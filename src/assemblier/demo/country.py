"""The whole artificial country, drawn once from a seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assemblier.demo.doctors import Doctors, draw_doctors
from assemblier.demo.facilities import Facilities, draw_facilities
from assemblier.demo.geography import Atoms, build_atoms
from assemblier.demo.history import History, draw_history
from assemblier.demo.people import People, draw_people
from assemblier.demo.published import APL_YEARS, PublishedApl, publish_apl, zoning_levels
from assemblier.demo.roads import Roads, build_roads
from assemblier.demo.zones import Zones, draw_zones, pays_atoms

__all__ = ["Country", "draw_country"]

CENTRE = np.array([40e3, 43e3])
"""Middle of the pays, local metres: near the inlet and where the three départements meet."""


@dataclass(frozen=True, slots=True)
class Country:
    """Everything that is true in the artificial country.

    Attributes
    ----------
    seed
        What it was drawn from.
    atoms, history, roads, zones, people, doctors, facilities
        Communes before events, events, roads and times, zonings, inhabitants, GPs, equipment.
    pays
        Which atoms the pays holds.
    apl
        Published APL by year.
    levels
        Zoning level of each TVS.
    """

    seed: int
    atoms: Atoms
    history: History
    roads: Roads
    zones: Zones
    pays: NDArray[np.bool_]
    people: People
    doctors: Doctors
    facilities: Facilities
    apl: dict[int, PublishedApl]
    levels: dict[str, str]

    def generator(self, topic: str) -> np.random.Generator:
        """Return a stream of randomness of its own for a topic, whatever else was drawn."""
        return np.random.default_rng([self.seed, *topic.encode()])

    def zone(self, zoning: str, year: int) -> dict[str, str]:
        """Return the zone of each commune of COG ``year``."""
        return {
            code: self.zones.of[zoning][members[0]]
            for code, members in self.history.members(year).items()
        }

    def pays_codes(self, year: int) -> list[str]:
        """Return the communes of the pays in COG ``year``."""
        return [
            code for code, members in self.history.members(year).items() if self.pays[members[0]]
        ]


def draw_country(seed: int) -> Country:
    """Draw the artificial country.

    Parameters
    ----------
    seed
        Any whole number; the same number gives the same country.

    Returns
    -------
    Country
    """
    topics = ["land", "roads", "events", "zones", "people", "doctors", "facilities"]
    land, road, event, zone, person, doctor, facility = (
        np.random.default_rng([seed, rank]) for rank in range(len(topics))
    )
    atoms = build_atoms(land)
    roads = build_roads(atoms, road)
    history = draw_history(atoms, CENTRE, event)
    zones = draw_zones(history, roads, zone)
    pays = pays_atoms(history, zones, CENTRE)
    people = draw_people(atoms, pays, roads.minutes, person)
    doctors = draw_doctors(atoms, pays, people.population(2022), roads.minutes, doctor)
    facilities = draw_facilities(atoms, pays, people.population(2022), doctors, facility)
    apl = {y: publish_apl(history, people, doctors, roads.minutes, y) for y in APL_YEARS}
    levels = zoning_levels(
        apl[2018], [zones.of["TVS"][m[0]] for m in history.members(apl[2018].cog).values()]
    )
    return Country(
        seed, atoms, history, roads, zones, pays, people, doctors, facilities, apl, levels
    )
