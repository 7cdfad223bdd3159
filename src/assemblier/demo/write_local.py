"""What people on the spot know: perimeters, surveys, corrections of the supply."""

from __future__ import annotations

import numpy as np

from assemblier.demo.country import Country
from assemblier.demo.files import Folder, lines

__all__ = ["write_local"]


def write_local(country: Country, folder: Folder) -> None:
    """Write the local files: territory, CPTS, CLS, surveys, corrections, training, patients.

    Parameters
    ----------
    country
        The artificial country.
    folder
        Where to write.
    """
    _perimeters(country, folder)
    _corrections(country, folder)
    _practices(country, folder)
    _inhabitants(country, folder)
    _unregistered(country, folder)


def _perimeters(country: Country, folder: Folder) -> None:
    labels, epci = country.history.labels(2024), country.zone("EPCI", 2024)
    mine = country.pays_codes(2024)
    folder.text(
        "territoires/territoire.csv",
        "code,nom,departement,epci\n" + lines([[c, labels[c][0], c[:2], epci[c]] for c in mine]),
        card="territoire-communes", what="Communes du pays", vintage=2024, cog=2024,
    )  # fmt: skip
    chief = country.history.chief(2024)
    seats = country.facilities.communities
    minutes = country.roads.minutes
    # reach of 26 minutes around each seat: some communes are in two communities, some in none
    rows: list[list[object]] = []
    for rank, seat in enumerate(seats):
        reach = 26 if rank % 3 else 19
        name = f"CPTS {country.atoms.name[seat]}"
        rows += [[f"CPTS-{rank + 1:02d}", name, code] for code, atom in chief.items()
                 if minutes[seat, atom] <= reach]  # fmt: skip
    folder.text(
        "local/cpts.csv", "cpts_id,nom,code_commune\n" + lines(rows), card="cpts-perimetres",
        what="Communes des CPTS", vintage=2025, cog=2024,
    )  # fmt: skip
    largest = max(set(epci.values()), key=lambda e: sum(epci[c] == e for c in mine))
    rows = [["CLS-1", "Contrat local de santé du Val d’Ombrelune", c] for c in mine]
    rows += [["CLS-2", "Contrat local de santé communautaire", c]
             for c in labels if epci[c] == largest]  # fmt: skip
    folder.text(
        "local/cls.csv", "cls_id,nom,code_commune\n" + lines(rows), card="cls-perimetres",
        what="Communes des contrats locaux de santé", vintage=2025, cog=2024,
    )  # fmt: skip


def _mine(country: Country) -> list[int]:
    doctors = country.doctors
    return [int(i) for i in np.flatnonzero(doctors.liberal(2025) & country.pays[doctors.atom])]


def _corrections(country: Country, folder: Folder) -> None:
    doctors, codes = country.doctors, country.history.codes(2024)
    mine = _mine(country)
    oldest = sorted(mine, key=lambda i: int(doctors.birth[i]))[:4]
    part = sorted(mine, key=lambda i: float(doctors.acts[i]))[1:4]
    rows: list[list[object]] = []
    for i in oldest:
        rows.append([f"Dr Fictif {i}", codes[doctors.atom[i]], "médecin généraliste", "",
                     "30/06/2026", "0", "non", "Part en retraite, pas de successeur connu",
                     "Animatrice santé", "12/01/2026"])  # fmt: skip
    for i in part:
        rows.append([f"Dr Fictif {i}", codes[doctors.atom[i]], "médecin généraliste", "01/01/2026",
                     "", "0,4", "non", "Exerce deux jours par semaine", "Animatrice santé",
                     "12/01/2026"])  # fmt: skip
    rows.append(["Maison de santé (arrivée annoncée)", codes[country.facilities.health_houses[0]],
                 "médecin généraliste", "01/09/2026", "", "1", "oui", "Ancienne interne, promesse",
                 "Élu", "20/01/2026"])  # fmt: skip
    head = (
        "Personne ou lieu;Code commune;Profession;De;À;Capacité;Nouveaux patients;Note;Auteur;"
        "Date\n"
    )
    folder.text(
        "local/corrections_offre.csv", head + lines(rows, ";"), card="corrections-locales",
        what="Corrections locales de l’offre", vintage=2026, cog=2024,
    )  # fmt: skip


def _practices(country: Country, folder: Folder) -> None:
    doctors, codes = country.doctors, country.history.codes(2024)
    rng = country.generator("practices")
    apl = dict(zip(country.apl[2024].codes, country.apl[2024].apl.tolist(), strict=True))
    rows: list[list[object]] = []
    trainers: list[list[object]] = []
    for rank, i in enumerate(_mine(country)):
        code = codes[doctors.atom[i]]
        age = int(doctors.age(2025)[i])
        trains = bool(rng.random() < 0.22 and age < 62)
        name = f"CAB-{rank + 1:03d}"
        if trains:
            trainers.append([name, code, 2025, int(rng.integers(1, 3)), int(rng.integers(0, 3))])
        if rng.random() > 0.81:
            continue
        takes = rng.random() < (0.12 + 0.06 * apl[code])
        delay: object = int(np.round(rng.gamma(2.2, 4.2 * 3.4 / max(apl[code], 1))))
        succession = ("oui" if rng.random() < 0.2 else "non") if age > 55 else "sans objet"
        # one does not answer the delay, another writes in words
        delay = "" if rank % 19 == 3 else "3 semaines" if rank % 41 == 7 else delay
        rows.append([name, code, f"{3 + rank % 20:02d}/11/2025", "oui" if takes else "non", delay,
                     succession, "oui" if trains else "non", int(rng.integers(2, 6)),
                     2026 + max(0, 66 - age) if age > 55 else ""])  # fmt: skip
    head = (
        "cabinet,code_commune,date,nouveaux_patients,delai_jours,successeur,maitre_de_stage,"
        "jours_par_semaine,annee_depart_envisagee\n"
    )
    folder.text(
        "local/enquete_medecins.csv", head + lines(rows), card="enquete-cabinets",
        what="Enquête auprès des médecins généralistes", vintage=2025, cog=2024,
    )  # fmt: skip
    folder.text(
        "local/maitres_de_stage.csv",
        "cabinet,code_commune,annee,places,internes\n" + lines(trainers),
        card="maitres-de-stage", what="Maîtres de stage", vintage=2025, cog=2024,
    )  # fmt: skip


def _inhabitants(country: Country, folder: Folder) -> None:
    rng = country.generator("inhabitants")
    mine = country.pays_codes(2024)
    codes = list(country.history.labels(2024))
    people = country.history.sums(2024, country.people.population(2022))
    weight = np.array([people[codes.index(c)] for c in mine])
    apl = dict(zip(country.apl[2024].codes, country.apl[2024].apl.tolist(), strict=True))
    ages = ("18-34", "35-54", "55-74", "75+")
    means = ("voiture", "accompagné", "transport", "")
    rows: list[list[object]] = []
    for rank in range(640):
        code = mine[int(rng.choice(len(mine), p=weight / weight.sum()))]
        # answers by hand: older people answer more, the young hardly
        age = ages[int(rng.choice(4, p=[0.08, 0.27, 0.43, 0.22]))]
        has = rng.random() < 0.93 - 0.25 / max(apl[code], 0.5)
        gave_up = rng.random() < 0.12 + 0.3 / max(apl[code], 0.5)
        rows.append([f"H{rank + 1:04d}", code, age, "F" if rng.random() < 0.61 else "H",
                     "oui" if has else "non", int(np.round(rng.gamma(2, 5))),
                     "oui" if gave_up else "non",
                     "" if not gave_up else int(np.round(rng.uniform(8, 40))),
                     means[int(rng.choice(4, p=[0.7, 0.16, 0.08, 0.06]))]])  # fmt: skip
    head = (
        "repondant,code_commune,classe_age,sexe,q1_medecin_traitant,q2_delai_jours,q3_renoncement,"
        "q4_distance_renoncement_km,q5_moyen\n"
    )
    folder.text(
        "local/enquete_habitants.csv", head + lines(rows), card="enquete-habitants",
        what="Enquête auprès des habitants", vintage=2025, cog=2024,
    )  # fmt: skip


def _unregistered(country: Country, folder: Folder) -> None:
    codes = country.history.labels(2024)
    people = country.history.sums(2024, country.people.population(2022))
    mine = set(country.pays_codes(2024))
    rows: list[list[object]] = []
    for i, code in enumerate(codes):
        if code not in mine:
            continue
        without = round(
            float(people[i]) * 0.85 * (0.06 + 0.22 / max(country.apl[2024].apl[i], 0.5))
        )
        severe = round(without * 0.09)
        rows.append([code, 2024, "17 ans et plus, régime général",
                     without if without >= 11 else "NC",
                     severe if severe >= 11 else "NC"])  # fmt: skip
    folder.text(
        "local/patients_sans_medecin_traitant.csv",
        "zone,annee,champ,sans_medecin_traitant,dont_ald\n" + lines(rows),
        card="patients-sans-medecin-traitant", what="Patients sans médecin traitant", vintage=2024,
        cog=2024,
    )  # fmt: skip
