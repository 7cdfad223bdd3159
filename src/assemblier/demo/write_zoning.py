"""Raw files of health zonings and other classifications of communes."""

from __future__ import annotations

import numpy as np

from assemblier.demo.country import Country
from assemblier.demo.files import Folder, lines
from assemblier.demo.geography import DEPARTEMENTS, REGION_OF
from assemblier.demo.write_care import postcode

__all__ = ["density_levels", "write_zoning"]

_DENSITY = {
    2: "Centres urbains intermédiaires", 3: "Petites villes", 4: "Ceintures urbaines",
    5: "Bourgs ruraux", 6: "Rural à habitat dispersé", 7: "Rural à habitat très dispersé",
}  # fmt: skip


def density_levels(country: Country, year: int) -> dict[str, int]:
    """Return the level of the seven-level density grid of each commune of COG ``year``."""
    population = country.history.sums(year, country.people.population(2021))
    area = country.history.sums(year, country.atoms.area_km2)
    held = {}
    for i, (code, atom) in enumerate(country.history.chief(year).items()):
        size = int(country.atoms.size[atom])
        density = population[i] / area[i]
        rural = 4 if density > 70 else 6 if density > 18 else 7
        held[code] = {4: 2, 3: 3, 2: 5}.get(size, rural)
    return held


def write_zoning(country: Country, folder: Folder) -> None:
    """Write the zonings.

    Parameters
    ----------
    country
        The artificial country.
    folder
        Where to write.
    """
    _tvs(country, folder)
    _doctors(country, folder)
    _national(country, folder)
    _nurses(country, folder)
    _others(country, folder)


def _tvs(country: Country, folder: Folder) -> None:
    tvs, names = country.zone("TVS", 2019), country.zones.names["TVS"]
    rows: list[list[object]] = [
        [code, label, tvs[code], names[tvs[code]]]
        for code, (label, _) in country.history.labels(2019).items()
    ]
    folder.text(
        "zonages/communes_tvs_2019.csv",
        "code_commune,lib_commune,code_tvs,lib_tvs\r\n" + lines(rows, end="\r\n"),
        card="drees-tvs", what="Territoires de vie-santé 2019", vintage=2019, cog=2019,
    )  # fmt: skip
    head: list[object] = ["Code commune", "Libellé de la commune",
                          "Code du territoire de vie-santé",
                          "Libellé du territoire de vie-santé"]  # fmt: skip
    folder.workbook(
        "zonages/Correspondance_communes_tvs_2019.xlsx", {"Sheet1": [head, *rows]},
        card="drees-tvs", what="Territoires de vie-santé 2019", vintage=2019, cog=2019,
    )  # fmt: skip
    sheet: list[list[object]] = [
        ["Région", "Département", "Code TVS", "Libellé TVS", "Population", "Zonage "]
    ]
    population = country.people.population(2016)
    zones = np.array(country.zones.of["TVS"])
    for zone, level in sorted(country.levels.items()):
        sheet.append([REGION_OF[zone[:2]], zone[:2], zone, names[zone],
                      float(population[zones == zone].sum()),
                      {"1_ZIP": "ZIP", "2_ZAC": "ZAC", "3_HZ": "HZ",
                       "4_ZAR": "ZAR"}[level]])  # fmt: skip
    folder.workbook(
        "zonages/Zonage_medecin_20191231.xlsx", {"Zonage_TVS": sheet}, card="ars-zonage-medecins",
        what="Zonage des médecins par TVS", vintage="2019-12-31", cog=2019,
    )  # fmt: skip


def _doctors(country: Country, folder: Folder) -> None:
    tvs = country.zone("TVS", 2025)
    rows: list[list[object]] = []
    raw: list[list[object]] = []
    for i, (code, (label, _)) in enumerate(country.history.labels(2025).items()):
        level = country.levels[tvs[code]]
        level = "N/A - résultat non disponible" if i % 140 == 77 else level
        zrr = "C - Classée en ZRR" if i % 3 else "NC - Commune non classée"
        rows.append([code, label, level, zrr, 1])
        # the postcode lost its leading zeros
        raw.append([str(int(postcode(code))), label, level])
    folder.text(
        "zonages/zonage_medecins_par_commune.csv",
        "code_insee,nom,zonage_medecins,zrr_2021,dans_cog_2026\r\n" + lines(rows, end="\r\n"),
        card="ars-zonage-medecins", what="Zonage des médecins par commune", vintage=2025, cog=2025,
    )  # fmt: skip
    folder.text(
        "zonages/zonage_medecins_zonmed.csv",
        "Code_postal,Nom_commune,Zonage\r\n" + lines(raw, end="\r\n"), card="ars-zonage-medecins",
        what="Zonage des médecins, code postal et nom", vintage=2025, cog=2025,
    )  # fmt: skip


def _national(country: Country, folder: Folder) -> None:
    head = [
        "source",
        "date_maj",
        "niveau",
        "code",
        "lib",
        "com_code",
        "com_lib",
        "com_region",
        "pop",
        "tvs_region",
        "tvs_dpt",
        "tvs_code",
        "tvs_lib",
        "bvcv_region",
        "bvcv_dpt",
        "bvcv_code",
        "bvcv_lib",
        "bvcv_type",
        "zmed_niveau",
        "zmed_date_arrete",
        "zide_niveau",
        "zide_date_arrete",
        "zmk_niveau",
        "zmk_date_arrete",
        "zsf_niveau",
        "zsf_date_arrete",
        "zdent_niveau",
        "zdent_date_arrete",
        "zortho_niveau",
        "zortho_date_arrete",
    ]
    tvs, bv = country.zone("TVS", 2025), country.zone("BV2022", 2025)
    names = country.zones.names
    population = country.history.sums(2025, country.people.population(2021))
    dates = {"Y1": "14/03/2022", "Y2": "14/03/2022", "Y3": "02/11/2023"}
    levels = ("1_Tres_sous_dotee", "2_Sous_dotee", "3_intermediaire", "4_Tres_dotee", "5_Sur_dotee")
    rows: list[list[object]] = []
    for i, (code, (label, _)) in enumerate(country.history.labels(2025).items()):
        z, b = tvs[code], bv[code]
        pop = f"{int(population[i]):,}".replace(",", " ")
        date = dates[code[:2]]
        rank = int(b[2:]) + int(b[1])
        others: list[object] = []
        for shift in range(5):
            level = levels[(rank + 3 * shift) % 5] if (rank + shift) % 19 else "NC"
            others += [level, date if level != "NC" else ""]
        row: list[object] = [
            "Atlasanté", "30/07/2026", "COM", code, label, code, label, REGION_OF[code[:2]], pop,
            REGION_OF[z[:2]], z[:2], z, names["TVS"][z], REGION_OF[b[:2]], b[:2], b,
            names["BV2022"][b], "BV", country.levels[z], date, *others,
        ]  # fmt: skip
        rows.append(row)
        if i % 170 == 12:
            # a priority quarter has its own line, which is not the commune's
            rows.append([*row[:2], "QPV", f"QN{code}", f"Quartier des Veilleuses ({label})",
                         *row[5:8], "1 240", *row[9:18], "1_ZIP", *row[19:]])  # fmt: skip
    folder.text(
        "zonages/zonages-com-20260730.csv", lines([head, *rows], quoted=True),
        card="atlasante-zonages", what="Zonages des professionnels de santé par commune",
        vintage="2026-07-30", cog=2025,
    )  # fmt: skip


def _nurses(country: Country, folder: Folder) -> None:
    bv = country.zone("BV2022", 2024)
    levels = ("1_Tres_sous_dotee", "2_Sous_dotee", "3_intermediaire", "4_Tres_dotee", "5_Sur_dotee")
    rows: list[list[object]] = [
        [code, label, levels[int(bv[code][2:]) % 5]]
        for code, (label, _) in country.history.labels(2024).items()
    ]
    folder.text(
        "zonages/zonage_infirmiers_communes_cartosante.csv",
        "\ufeffCartoSanté; ; \nRéférentiel géographique : Territoire artificiel par commune; ; \n"
        "Code;Libellé;Zonage infirmiers\n" + lines(rows, ";"), card="cartosante-zonage-infirmiers",
        what="Zonage des infirmiers (export CartoSanté)", vintage=2024, cog=2024,
    )  # fmt: skip


def _others(country: Country, folder: Folder) -> None:
    labels, chief = country.history.labels(2025), country.history.chief(2025)
    rows: list[list[object]] = []
    for code, atom in chief.items():
        for rank in range(max(0, int(country.atoms.size[atom]) - 2)):
            rows.append([code, ("Les Veilleuses", "La Lanterne - Belle Lune")[rank]])
    folder.text(
        "zonages/qpv_2025_par_commune.csv", "code,qpv\r\n" + lines(rows, end="\r\n"),
        card="insee-qpv-communes", what="Quartiers prioritaires par commune", vintage=2025,
        cog=2025,
    )  # fmt: skip
    levels = density_levels(country, 2024)
    population = country.history.sums(2024, country.people.population(2021))
    sheet: list[list[object]] = [
        ["Grille communale de densité à 7 niveaux – Territoire artificiel, aucune donnée réelle"],
        ["Géographie au 1er janvier 2024"], [], ["Source : Insee"],
        ["CODGEO", "LIBGEO", "DENS", "LIBDENS", "PMUN21"],
    ]  # fmt: skip
    for i, (code, (label, _)) in enumerate(country.history.labels(2024).items()):
        level = levels[code]
        sheet.append([code, label, str(level), _DENSITY[level], float(population[i])])
    folder.workbook(
        "insee/grille_densite_7_niveaux_2024.xlsx", {"Grille_Densite": sheet},
        card="insee-grille-densite", what="Grille communale de densité 2024", vintage=2024,
        cog=2024,
    )  # fmt: skip
    schools = {k: country.history.sums(2026, country.facilities.count[k])
               for k in ("C107", "C109", "C201", "C301")}  # fmt: skip
    rows = []
    for i, code in enumerate(country.history.labels(2026)):
        low = int(schools["C107"][i] + schools["C109"][i])
        mid, high = int(schools["C201"][i]), int(schools["C301"][i])
        total = low + mid + high
        if total:
            private = total // 4
            rows.append([code, total, low, mid, high, total - private, private])
    folder.text(
        "insee/ecoles_2026_par_commune.csv",
        "code,ouverts,ecoles,colleges,lycees,public,prive\n" + lines(rows),
        card="education-annuaire", what="Établissements scolaires par commune", vintage=2026,
        cog=2026,
    )  # fmt: skip
    rng = country.generator("fedi")
    ages = country.history.sums(2025, country.people.ages(2022)).sum(axis=1)
    rows = []
    for i, code in enumerate(labels):
        share = round(float(ages[i, 75:].sum() / ages[i].sum()) * 100, 1)
        score = "" if i % 150 == 60 else round(float(rng.normal(0, 3)), 9)
        rows.append([code, score, share])
    folder.text(
        "sante/communes_fedi_75plus.csv", "code,fedi,part_75plus_pct\n" + lines(rows),
        card="spf-fedi", what="Défavorisation F-EDI et part des 75 ans et plus", vintage=2021,
        cog=2025,
    )  # fmt: skip
    programmes = {"Petites villes de demain": "pvd"}
    rows = [
        [f"{short}{code}", label, "Commune", 1, "", "", "", f"{short} zonage"]
        for short in programmes.values()
        for code, (label, _) in labels.items()
        if country.atoms.size[chief[code]] == 2 and code[:2] in DEPARTEMENTS
    ]
    rows += [
        [f"ZRR{code}", label, "Commune", 1, "Classée en ZRR", "", "", "zrr zonage"]
        for i, (code, (label, _)) in enumerate(labels.items())
        if i % 3
    ]
    folder.text(
        "zonages/anct_zonages_2020.csv",
        "id,lib,perimetre,nbcom,info1,info2,info3,layer\n" + lines(rows), card="anct-zonages",
        what="Zonages nationaux (programmes, ZRR)", vintage=2020, cog=2025,
    )  # fmt: skip
