"""Raw files about doctors: RPPS, headcounts by age and département, CartoSanté."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from assemblier.demo.country import Country
from assemblier.demo.facilities import KINDS
from assemblier.demo.files import Folder, lines
from assemblier.demo.geography import DEPARTEMENTS, REGION_OF, REGIONS
from assemblier.demo.names import GIVEN_NAMES, family_name, plain
from assemblier.demo.write_care import postcode

__all__ = ["RPPS_HEAD", "write_doctors"]

RPPS_HEAD = (
    "Type d'identifiant PP|Identifiant PP|Identification nationale PP|Code civilité d'exercice|"
    "Libellé civilité exercice|Code civilité|Libellé civilité|Nom d'exercice|Prénom d'exercice|"
    "Code profession|Libellé profession|Code catégorie professionnelle|"
    "Libellé catégorie professionnelle|Code type savoir-faire|Libellé type savoir-faire|"
    "Code savoir-faire|Libellé savoir-faire|Code mode exercice|Libellé mode exercice|"
    "Numéro SIRET site|Numéro SIREN site|Numéro FINESS site|Numéro FINESS établissement juridique|"
    "Identifiant technique de la structure|Raison sociale site|Enseigne commerciale site|"
    "Complément destinataire (coord. structure)|Complément point géographique (coord. structure)|"
    "Numéro Voie (coord. structure)|Indice répétition voie (coord. Structure)|"
    "Code type de voie (coord. structure)|Libellé type de voie (coord. structure)|"
    "Libellé Voie (coord. structure)|Mention distribution (coord. structure)|"
    "Bureau cedex (coord. structure)|Code postal (coord. structure)|"
    "Code commune (coord. structure)|Libellé commune (coord. structure)|"
    "Code pays (coord. structure)|Libellé pays (coord. structure)|Téléphone (coord. structure)|"
    "Téléphone 2 (coord. structure)|Télécopie (coord. structure)|"
    "Adresse e-mail (coord. structure)|Code département (coord. structure)|"
    "Libellé département (coord. structure)|Ancien identifiant de la structure|"
    "Autorité d'enregistrement|Code secteur d'activité|Libellé secteur d'activité|"
    "Code section tableau pharmaciens|Libellé section tableau pharmaciens|Code fonction|"
    "Libellé fonction|Code genre d'activité|Libellé genre d'activité|"
)
"""Heading line of the open directory; it ends with a separator, as each line does."""

_COLUMNS = {name: i for i, name in enumerate(RPPS_HEAD.split("|")[:-1])}
_GP_SKILLS = (
    ("SM26", "Qualifié en Médecine Générale"),
    ("SM54", "Médecine Générale"),
    ("SM53", "Spécialiste en Médecine Générale"),
)
_SECTORS = {
    "SA01": "Etablissement public de santé", "SA05": "Centre de santé",
    "SA07": "Cabinet individuel", "SA08": "Cabinet de groupe",
    "SA52": "Maison de santé", "SA64": "Société de téléconsultation",
    "SA33": "Pharmacie d'officine",
}  # fmt: skip
_OTHERS = {
    "D277": ("40", "Chirurgien-Dentiste", "SA07"), "D278": ("50", "Sage-Femme", "SA07"),
    "D281": ("60", "Infirmier", "SA08"), "D279": ("70", "Masseur-Kinésithérapeute", "SA08"),
    "D307": ("21", "Pharmacien", "SA33"), "D280": ("80", "Pédicure-Podologue", "SA07"),
    "D266": ("10", "Médecin", "SA08"), "D270": ("10", "Médecin", "SA08"),
    "D272": ("10", "Médecin", "SA07"),
}  # fmt: skip
_SPECIALTIES = {
    "D266": ("SM04", "Cardiologie et maladies vasculaires"),
    "D270": ("SM38", "Ophtalmologie"), "D272": ("SM40", "Pédiatrie"),
}  # fmt: skip
_AGE_CLASSES = (
    ("01-moins de 30 ans", 0, 29), ("02-30-34 ans", 30, 34), ("03-35-39 ans", 35, 39),
    ("04-40-44 ans", 40, 44), ("05-45-49 ans", 45, 49), ("06-50-54 ans", 50, 54),
    ("07-55-59 ans", 55, 59), ("08-60-64 ans", 60, 64), ("09-65-69 ans", 65, 69),
    ("10-70 ans et plus", 70, 120),
)  # fmt: skip


def write_doctors(country: Country, folder: Folder) -> None:
    """Write the files about doctors.

    Parameters
    ----------
    country
        The artificial country.
    folder
        Where to write.
    """
    _rpps(country, folder)
    _demography(country, folder)
    _cartosante(country, folder)
    _tvs_series(country, folder)


def _line(**cells: str) -> str:
    row = [""] * len(_COLUMNS)
    for name, value in cells.items():
        row[_COLUMNS[_SHORT[name]]] = value
    return "|".join(row) + "|\n"


_SHORT = {
    "kind": "Type d'identifiant PP", "id": "Identifiant PP",
    "national": "Identification nationale PP",
    "title": "Code civilité d'exercice", "titled": "Libellé civilité exercice",
    "civil": "Code civilité", "civility": "Libellé civilité", "family": "Nom d'exercice",
    "given": "Prénom d'exercice", "job": "Code profession", "jobbed": "Libellé profession",
    "category": "Code catégorie professionnelle",
    "categorised": "Libellé catégorie professionnelle",
    "skilltype": "Code type savoir-faire", "skilltyped": "Libellé type savoir-faire",
    "skill": "Code savoir-faire", "skilled": "Libellé savoir-faire", "mode": "Code mode exercice",
    "moded": "Libellé mode exercice", "finess": "Numéro FINESS site",
    "structure": "Identifiant technique de la structure", "firm": "Raison sociale site",
    "postcode": "Code postal (coord. structure)", "commune": "Code commune (coord. structure)",
    "place": "Libellé commune (coord. structure)", "dep": "Code département (coord. structure)",
    "department": "Libellé département (coord. structure)",
    "authority": "Autorité d'enregistrement", "sector": "Code secteur d'activité",
    "sectored": "Libellé secteur d'activité", "function": "Code fonction",
    "functioned": "Libellé fonction", "type": "Code genre d'activité",
    "typed": "Libellé genre d'activité",
}  # fmt: skip


def _activity(
    places: list[tuple[str, str]], rank: int, atom: int, *, woman: bool, sector: str, mode: str,
    job: tuple[str, str], skill: tuple[str, str] | None, blank: bool = False,
) -> str:  # fmt: skip
    code, label = places[atom]
    number = f"99{rank:09d}"
    spot = {} if blank else {"commune": code, "place": label}
    known = {} if skill is None else {
        "skilltype": "S", "skilltyped": "Spécialité ordinale", "skill": skill[0],
        "skilled": skill[1],
    }  # fmt: skip
    return _line(
        kind="8", id=number, national=f"8{number}", civil="MME" if woman else "M",
        civility="Madame" if woman else "Monsieur",
        title="DR" if job[0] == "10" else "", titled="Docteur" if job[0] == "10" else "",
        family=plain(family_name(rank)), given=GIVEN_NAMES[0 if woman else 1][rank % 8].upper(),
        job=job[0], jobbed=job[1], category="C", categorised="Civil", **known, mode=mode,
        moded={"L": "Libéral, indépendant", "S": "Salarié"}[mode],
        structure=f"R99{rank:06d}{atom:04d}", firm=f"CABINET FICTIF {rank}",
        postcode=postcode(code), **spot, dep=code[:2], department=DEPARTEMENTS[code[:2]],
        authority="CNOM" if job[0] == "10" else "ARS/CPAM", sector=sector,
        sectored=_SECTORS[sector], function="FON-01" if mode == "L" else "FON-36",
        functioned="Titulaire de cabinet" if mode == "L" else "Salarié", type="GENR01",
        typed="Activité standard de soin ou de pharmacien",
    )  # fmt: skip


def _rpps(country: Country, folder: Folder) -> None:
    doctors, rng = country.doctors, country.generator("rpps")
    houses = set(country.facilities.health_houses)
    labels = country.history.labels(2025)
    places = [(code, labels[code][0]) for code in country.history.codes(2025)]
    out: list[str] = []
    gp = ("10", "Médecin")
    present = np.flatnonzero(doctors.active(2025) & (doctors.end >= 2026)).tolist()
    for rank, i in enumerate(present):
        skill = _GP_SKILLS[int(rng.choice(3, p=[0.45, 0.15, 0.4]))]
        woman = bool(doctors.woman[i])
        for atom in (int(doctors.atom[i]), int(doctors.second[i])):
            if atom < 0:
                continue
            sector = "SA52" if atom in houses and rng.random() < 0.6 else "SA08"
            sector = "SA07" if sector == "SA08" and rng.random() < 0.4 else sector
            mode = "S" if doctors.salaried[i] else "L"
            sector = "SA05" if mode == "S" else sector
            skills = [skill]
            if rng.random() < 0.03:
                skills = [_GP_SKILLS[0], _GP_SKILLS[2]]
            for known in skills:
                out.append(_activity(
                    places, rank, atom, woman=woman, sector=sector, mode=mode, job=gp, skill=known,
                    blank=bool(rng.random() < 0.05),
                ))  # fmt: skip
        if doctors.teleconsultation[i]:
            out.append(_activity(
                places, rank, int(doctors.atom[i]), woman=woman, sector="SA64", mode="S", job=gp,
                skill=skill,
            ))  # fmt: skip
    rank = 100_000
    for atom in np.flatnonzero(country.facilities.count["D101"]).tolist():
        for _ in range(6):
            out.append(_activity(
                places, rank, atom, woman=rank % 2 == 0, sector="SA01", mode="S", job=gp,
                skill=_GP_SKILLS[0],
            ))  # fmt: skip
            rank += 1
    for code, (job, label, sector) in _OTHERS.items():
        atoms = np.repeat(np.arange(len(country.atoms)), country.facilities.count[code])
        for atom in atoms.tolist():
            out.append(_activity(
                places, rank, atom, woman=rank % 3 > 0, sector=sector, mode="L", job=(job, label),
                skill=_SPECIALTIES.get(code),
            ))  # fmt: skip
            rank += 1
    order = rng.permutation(len(out))
    folder.text(
        "sante/PS_LibreAcces_Personne_activite_202601050900.txt",
        RPPS_HEAD + "\n" + "".join(out[i] for i in order), card="ans-rpps",
        what="Annuaire des professionnels de santé (RPPS), extraction du 05/01/2026",
        vintage="2026-01-05", cog=2025,
    )  # fmt: skip


def _department(country: Country) -> NDArray[np.str_]:
    codes = np.array([c[:2] for c in country.history.codes(2025)])
    return codes[country.doctors.atom]


def _demography(country: Country, folder: Folder) -> None:
    """Write the headcounts by département, mode, age class and sex; ND under ten."""
    doctors = country.doctors
    years = list(range(2012, 2026))
    department = _department(country)
    regions = np.array([REGION_OF[d] for d in department.tolist()])
    places: list[tuple[str, str, str, NDArray[np.bool_]]] = [
        ("0-France entière", "00-Ensemble", "000-Ensemble", np.ones(len(doctors), dtype=bool))
    ]
    for region, label in REGIONS.items():
        said = f"{region}-{label}"
        places.append(("1-Régions", said, "000-Ensemble", regions == region))
    for dep, label in DEPARTEMENTS.items():
        said = f"{REGION_OF[dep]}-{REGIONS[REGION_OF[dep]]}"
        places.append(("2-Départements", said, f"0{dep}-{label}", department == dep))
    modes = {"0-Ensemble": np.ones(len(doctors), dtype=bool),
             "1-Libéral exclusif": ~doctors.salaried, "3-Salarié": doctors.salaried}  # fmt: skip
    sexes = {"0-Ensemble": np.ones(len(doctors), dtype=bool), "1-Hommes": ~doctors.woman,
             "2-Femmes": doctors.woman}  # fmt: skip
    ages = (("00-Ensemble", 0, 200), *_AGE_CLASSES)
    rows: list[list[object]] = [
        ["territoire", "region", "departement", "specialites_agregees", "specialites", "exercice",
         "tranche_age", "sexe", *(f"effectif_{y}" for y in years)]
    ]  # fmt: skip
    for territory, region, dep, inside in places:
        for mode, of_mode in modes.items():
            for age, low, high in ages:
                for sex, of_sex in sexes.items():
                    who = inside & of_mode & of_sex
                    row: list[object] = [territory, region, dep, "1-Médecine générale",
                                         "01-Médecine générale", mode, age, sex]  # fmt: skip
                    for year in years:
                        old = doctors.age(year)
                        total = int(
                            (who & doctors.active(year) & (old >= low) & (old <= high)).sum()
                        )
                        row.append("ND" if 0 < total < 10 else total)
                    rows.append(row)
    note: list[list[object]] = [["Territoire artificiel – aucune donnée réelle"]]
    folder.workbook(
        "drees/medecins_rpps_2012_2025.xlsx", {"Effectifs": rows, "Lisez-moi": note},
        card="drees-demographie", what="Démographie des médecins par département, 2012–2025",
        vintage="2012-2025", cog=None,
    )  # fmt: skip


def _cartosante(country: Country, folder: Folder) -> None:
    people, doctors, n = country.people, country.doctors, len(country.atoms)
    head = (
        "code,libelle,pop_municipale_2016,pop_moins18_2016,pop_65plus_2016,chomeurs_1564_2016,"
        "chomeurs_1524_2016,rp_hlm_2016,revenu_fiscal_median_2016,taux_natalite_2016,"
        "residences_principales_2016,densite_2016,mg_lib_col_a_presume_60plus_2019,"
        "mg_lib_col_b_presume_total_2019\n"
    )
    ages = people.ages(2016).sum(axis=1)
    total = country.history.sums(2019, people.population(2016))
    young = country.history.sums(2019, ages[:, :18].sum(axis=1))
    old = country.history.sums(2019, ages[:, 65:].sum(axis=1))
    area = country.history.sums(2019, country.atoms.area_km2)
    income = country.history.sums(2019, people.population(2016) * people.median_income) / total
    there = doctors.liberal(2020)
    all_gp = country.history.sums(2019, doctors.count(there, n))
    senior = country.history.sums(2019, doctors.count(there & (doctors.age(2020) >= 60), n))
    rows: list[list[object]] = []
    for i, (code, (label, _)) in enumerate(country.history.labels(2019).items()):
        jobless = round(float(total[i]) * 0.051)
        homes = round(float(total[i]) / 2.2)
        rows.append([code, label, total[i], round(float(young[i])), round(float(old[i])), jobless,
                     round(jobless * 0.2), round(homes * 0.06), round(float(income[i]) * 0.93),
                     round(7.5 + i % 40 / 10, 1), homes, round(float(total[i] / area[i]), 1),
                     senior[i], all_gp[i]])  # fmt: skip
    folder.text(
        "sante/communes_age_social_mg_2016_2019.csv", head + lines(rows, end="\r\n"),
        card="cartosante-communes", what="Population, social, médecins généralistes libéraux",
        vintage="2016-2019", cog=2019,
    )  # fmt: skip


def _tvs_series(country: Country, folder: Folder) -> None:
    tvs = np.array(country.zones.of["TVS"])
    doctors = country.doctors
    names = sorted(set(tvs.tolist()))
    rows: list[list[object]] = []
    for zone in names:
        for year in range(2004, 2020):
            who = doctors.liberal(year + 1) & (tvs[doctors.atom] == zone)
            rows.append([zone, year, int(who.sum())])
    folder.text(
        "sante/medecins_generalistes_tvs_2004_2019.csv",
        "code_tvs,annee,nb_medecins\n" + lines(rows), card="cartosante-mg-tvs",
        what="Médecins généralistes libéraux par TVS, 2004–2019", vintage="2004-2019", cog=None,
    )  # fmt: skip
    kinds = {"NB_D232": "D281", "NB_D101": "D101", "NB_D102": "D102", "NB_D103": "", "NB_D104": "",
             "NB_D105": "", "NB_D106": "D106", "NB_D401": "D401"}  # fmt: skip
    known = {k.new for k in KINDS}
    rows = []
    for zone in names:
        inside = tvs == zone
        for year in range(2006, 2020):
            held = [int(country.facilities.count[k][inside].sum()) if k in known else 0
                    for k in kinds.values()]  # fmt: skip
            held[0] = round(held[0] * (0.55 + 0.45 * (year - 2006) / 13))
            rows.append([zone, year, *held])
    folder.text(
        "sante/bpe_tvs_2006_2019.csv", f"code_tvs,annee,{','.join(kinds)}\n" + lines(rows),
        card="insee-bpe-tvs", what="Équipements de santé par TVS, 2006–2019", vintage="2006-2019",
        cog=None,
    )  # fmt: skip
