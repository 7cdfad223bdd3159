"""Equipment of the artificial communes: shops, schools, care, with the codes of both BPE series."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assemblier.demo.doctors import Doctors
from assemblier.demo.geography import Atoms

__all__ = ["KINDS", "Facilities", "Kind", "draw_facilities"]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of equipment.

    Attributes
    ----------
    old, new
        Code of the editions up to 2024 and since, equal where it did not change.
    label
        Label, as in the producer's list.
    rate
        How many for 10,000 inhabitants.
    least
        Smallest kind of settlement that may have one (1 village … 4 chief town).
    fixed
        Exactly ``rate`` in each settlement of at least that kind, instead of a draw.
    """

    old: str
    new: str
    label: str
    rate: float
    least: int = 1
    fixed: bool = False


KINDS = (
    Kind("D221", "D277", "Chirurgien-dentiste", 5.6, 2),
    Kind("D231", "D278", "Sage-femme", 1.1, 2),
    Kind("D232", "D281", "Infirmier", 16.0),
    Kind("D233", "D279", "Masseur-kinésithérapeute", 9.5),
    Kind("D235", "D282", "Orthophoniste", 2.4, 2),
    Kind("D237", "D280", "Pédicure-podologue", 2.0, 2),
    Kind("D301", "D307", "Pharmacie", 3.3),
    Kind("D302", "D302", "Laboratoire d’analyses et de biologie médicale", 1, 3, True),
    Kind("D303", "D303", "Ambulance", 1.2, 2),
    Kind("D101", "D101", "Établissement santé court séjour", 1, 3, True),
    Kind("D102", "D102", "Établissement santé moyen séjour", 1, 3, True),
    Kind("D106", "D106", "Urgences", 1, 4, True),
    Kind("D107", "D107", "Maternité", 1, 4, True),
    Kind("D108", "D108", "Centre de santé", 0.0),
    Kind("D113", "D113", "Maison de santé pluridisciplinaire", 0.0),
    Kind("D206", "D270", "Spécialiste en ophtalmologie", 0.9, 3),
    Kind("D207", "D272", "Spécialiste en pédiatrie", 0.6, 3),
    Kind("D202", "D266", "Spécialiste en cardiologie", 0.8, 3),
    Kind("D401", "D401", "Personnes âgées : hébergement", 1.9),
    Kind("C101", "C107", "École maternelle", 0.9, 2),
    Kind("C104", "C109", "École élémentaire", 5.5),
    Kind("C201", "C201", "Collège", 1.0, 2),
    Kind("C301", "C301", "Lycée d’enseignement général et/ou technologique", 1, 3, True),
    Kind("B101", "B101", "Hypermarché", 0.5, 3),
    Kind("B201", "B201", "Supérette", 1.9),
    Kind("B203", "B207", "Boulangerie-pâtisserie", 6.1),
    Kind("A203", "A203", "Banque, caisse d’épargne", 3.4, 2),
    Kind("A206", "A206", "Bureau de poste", 1.6),
    Kind("A501", "A501", "Coiffure", 10.5),
    Kind("A504", "A504", "Restaurant - Restauration rapide", 15.0),
    Kind("F121", "F121", "Salle multisport (gymnase)", 2.6),
)
"""Kinds that are drawn; GPs (D201, then D265) come from the careers."""


@dataclass(frozen=True, slots=True)
class Facilities:
    """Counts by atom.

    Attributes
    ----------
    count
        New code to counts on 1 January 2025, arrays of length n.
    health_houses, health_centres, communities
        Atoms that hold a maison de santé, a centre de santé, the seat of a CPTS.
    """

    count: dict[str, NDArray[np.int64]]
    health_houses: list[int]
    health_centres: list[int]
    communities: list[int]


def draw_facilities(
    atoms: Atoms,
    pays: NDArray[np.bool_],
    population: NDArray[np.float64],
    doctors: Doctors,
    rng: np.random.Generator,
) -> Facilities:
    """Draw the equipment.

    Parameters
    ----------
    atoms, pays, population, doctors
        Communes, which of them the pays holds, inhabitants, GPs.
    rng
        Source of randomness.

    Returns
    -------
    Facilities
    """
    n = len(atoms)
    centrality = np.select(
        [atoms.size == 4, atoms.size == 3, atoms.size == 2], [1.3, 1.4, 1.5], 0.5
    )
    count: dict[str, NDArray[np.int64]] = {}
    for kind in KINDS:
        allowed = atoms.size >= kind.least
        if kind.fixed:
            count[kind.new] = (allowed * int(kind.rate)).astype(np.int64)
        else:
            expected = (
                kind.rate * population / 10_000 * centrality * (0.78 if kind.new[0] == "D" else 1)
            )
            count[kind.new] = rng.poisson(expected * allowed * np.where(pays, 0.9, 1.0))
    # the larger town of the pays has an emergency unit, no maternity
    town = int(np.argmax(population * pays))
    count["D106"][town] = 1
    practice = doctors.count(doctors.liberal(2025), n)
    houses = [int(i) for i in np.flatnonzero((practice >= 3) & (atoms.size <= 3))]
    houses = sorted(int(i) for i in rng.permutation(houses)[: max(8, len(houses) // 2)])
    centres = sorted({int(i) for i in doctors.atom[doctors.salaried & doctors.active(2025)]})
    count["D113"] = np.bincount(houses, minlength=n)
    count["D108"] = np.bincount(centres, minlength=n)
    return Facilities(count, houses, centres, [int(i) for i in np.flatnonzero(atoms.size >= 3)])
