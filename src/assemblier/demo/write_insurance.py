"""Raw files of the health insurance fund: headcounts and patients by département."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from assemblier.demo.country import Country
from assemblier.demo.files import Folder, lines
from assemblier.demo.geography import DEPARTEMENTS, REGION_OF, REGIONS

__all__ = ["write_insurance"]


def write_insurance(country: Country, folder: Folder) -> None:
    """Write the files of the health insurance fund.

    Parameters
    ----------
    country
        The artificial country.
    folder
        Where to write.
    """
    _cnam(country, folder)
    _patients(country, folder)


def _cnam(country: Country, folder: Folder) -> None:
    doctors = country.doctors
    head = (
        "annee,profession_sante,region,libelle_region,departement,libelle_departement,classe_age,"
        "libelle_classe_age,libelle_sexe,effectif,densite,vision_generale_all,"
        "vision_generale_prescriptions,vision_profession_territoire\n"
    )
    codes = np.array([c[:2] for c in country.history.codes(2025)])
    at = doctors.atom
    there = doctors.liberal(2025)
    mep = np.array([p != "" for p in doctors.particular])
    population = country.people.population(2022)
    n = len(country.atoms)
    counts: dict[str, NDArray[Any]] = {
        "Ensemble des médecins généralistes": np.bincount(at[there], minlength=n),
        "Médecins généralistes (hors médecins à expertise particulière - MEP)": np.bincount(
            at[there & ~mep], minlength=n
        ),
        "Médecins généralistes à expertise particulière (MEP)": np.bincount(
            at[there & mep], minlength=n
        ),
        "Infirmiers": country.facilities.count["D281"],
        "Masseurs-kinésithérapeutes": country.facilities.count["D279"],
        "Sages-femmes": country.facilities.count["D278"],
        "Ensemble des chirurgiens-dentistes": country.facilities.count["D277"],
    }
    rows: list[list[object]] = []
    for name, values in counts.items():
        places: list[tuple[str, str, str, str, NDArray[np.bool_]]] = [
            (REGION_OF[d], REGIONS[REGION_OF[d]], d, label, codes == d)
            for d, label in DEPARTEMENTS.items()
        ]
        for region, label in REGIONS.items():
            inside = np.array([REGION_OF[c] == region for c in codes.tolist()])
            places.append((region, label, "999", "Tout département", inside))
        places.append(("99", "FRANCE", "999", "FRANCE", np.ones(n, dtype=bool)))
        for region, region_label, dep, label, inside in places:
            total = int(values[inside].sum())
            density = round(total / float(population[inside].sum()) * 1e5, 1)
            rows.append([2024, name, region, region_label, dep, label, "tout_age", "Tout âge",
                         "tout sexe", total, repr(density), "oui", "oui", "oui"])  # fmt: skip
    folder.text(
        "divers/cnam_effectifs_departement_2024.csv", "\ufeff" + head + lines(rows),
        card="ameli-demographie", what="Effectifs de professionnels libéraux par département",
        vintage=2024, cog=None,
    )  # fmt: skip


def _patients(country: Country, folder: Folder) -> None:
    """Write the mean number of registered patients per GP; « NS » where it says nothing."""
    rng = country.generator("registered patients")
    head = (
        "annee;profession_sante;region;libelle_region;departement;libelle_departement;"
        "nombre_patients_medecin_traitant;taux_evolution_annuel;taux_evolution_annuel_integer\n"
    )
    rows: list[list[object]] = []
    whole, particular = (
        "Médecins généralistes (hors médecins à expertise particulière - MEP)",
        "Médecins généralistes à expertise particulière (MEP)",
    )
    for year in range(2018, 2025):
        for dep, label in DEPARTEMENTS.items():
            region = REGION_OF[dep]
            mean = round(float(rng.normal(1020 + 14 * (year - 2018), 25)), 1)
            growth = round(float(rng.normal(1.4, 0.5)), 1)
            place = [region, REGIONS[region], dep, label]
            rows.append([year, whole, *place, mean, f"{growth} %", growth])
            rows.append([year, particular, *place, "NS", "NS", ""])
        rows.append([year, whole, "99", "FRANCE", "999", "FRANCE", 1044.0, "1.4 %", 1.4])
    folder.text(
        "divers/patientele-medecintraitant-generalistes-annuelle.csv",
        "\ufeff" + head + lines(rows, ";", end="\r\n"), card="ameli-patientele",
        what="Patients par médecin traitant, par département", vintage="2018-2024", cog=None,
    )  # fmt: skip
