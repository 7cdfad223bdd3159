"""Raw files about care and equipment that statisticians publish: BPE, APL, TVS, zoning."""

from __future__ import annotations

import numpy as np

from assemblier.demo.country import Country
from assemblier.demo.facilities import KINDS
from assemblier.demo.files import Folder, lines
from assemblier.demo.geography import ORIGIN, REGION_OF, to_wgs84
from assemblier.demo.published import AGE_WEIGHTS, PublishedApl

__all__ = ["write_care"]

_SAID = "Territoire artificiel – aucune donnée réelle. "


def write_care(country: Country, folder: Folder) -> None:
    """Write BPE, APL and zoning files.

    Parameters
    ----------
    country
        The artificial country.
    folder
        Where to write.
    """
    for year in (2018, 2019):
        _bpe_old(country, folder, year)
    _bpe_located(country, folder)
    _bpe_counts(country, folder)
    _apl(country, folder)
    _apl_2018(country, folder)
    _other_professions(country, folder)


def _gp(country: Country, cog: int, year: int) -> np.ndarray:
    doctors = country.doctors
    at = doctors.count_sites(doctors.liberal(year), len(country.atoms))
    return country.history.sums(cog, at)


def _bpe_old(country: Country, folder: Folder, year: int) -> None:
    held = {k.old: country.history.sums(year, country.facilities.count[k.new]) for k in KINDS}
    # the shops and pharmacies that closed since
    rng = country.generator(f"bpe {year}")
    for code in ("D301", "B203", "A206"):
        held[code] = held[code] + rng.binomial(held[code], 0.1)
    held["D201"] = _gp(country, year, year).astype(np.int64)
    rows: list[list[object]] = []
    for i, code in enumerate(country.history.labels(year)):
        iris = (
            f"{code}_0101" if country.atoms.size[country.history.chief(year)[code]] >= 3 else code
        )
        for kind in sorted(held):
            if held[kind][i]:
                dep = code[:2]
                rows.append([REGION_OF[dep], dep, code, iris, year, kind, int(held[kind][i])])
    folder.zipped(
        f"insee/bpe{year % 100}_ensemble_csv.zip",
        {f"bpe{year % 100}_ensemble.csv": "REG;DEP;DEPCOM;DCIRIS;AN;TYPEQU;NB_EQUIP\n"
         + lines(rows, ";")},
        card="insee-bpe-ensemble", what=f"Équipements au 1er janvier {year}", vintage=year,
        cog=year,
    )  # fmt: skip


def _bpe_located(country: Country, folder: Folder) -> None:
    head = (
        "AN;NOMRS;CNOMRS;NUMVOIE;INDREP;TYPVOIE;LIBVOIE;CADR;LIBCOM;CODPOS;DEPCOM;DEP;REG;DOM;SDOM;"
        "TYPEQU;SIRET;STATUT_DIFFUSION;CAPACITE;INDIC_CAPA;LAMBERT_X;LAMBERT_Y;LONGITUDE;LATITUDE;"
        "QUALITE_XY;EPSG;QUALITE_GEOLOC;TR_DIST_PRECISION;DCIRIS;QUALI_IRIS;IRISEE;QP2015;"
        "QUALI_QP2015;QP;QUALI_QP;QVA;QUALI_QVA;ZUS;QUALI_ZUS;EPCI;UU2020;BV2022;AAV2020;DENS3;"
        "DENS7\n"
    )
    n = len(country.atoms)
    doctors = country.doctors
    held = dict(country.facilities.count)
    held["D265"] = doctors.count_sites(doctors.liberal(2025), n).astype(np.int64)
    rng = country.generator("bpe 2025")
    labels, codes = country.history.labels(2025), country.history.codes(2025)
    label_of = {k.new: k.label for k in KINDS} | {"D265": "Médecin généraliste"}
    atom = np.concatenate([np.repeat(np.arange(n), held[k]) for k in sorted(held)])
    kind = np.concatenate([[k] * int(held[k].sum()) for k in sorted(held)])
    spread = np.where(country.atoms.size[atom] >= 3, 900.0, 300.0)
    xy = country.atoms.xy[atom] + rng.normal(0, 1, (len(atom), 2)) * spread[:, None]
    lonlat = to_wgs84(xy)
    # every twentieth or so could not be located better than its commune, some not at all
    quality = rng.choice(["Bonne", "Acceptable", "Mauvaise"], len(atom), p=[0.9, 0.07, 0.03])
    lost = rng.random(len(atom)) < 0.01
    zones = {z: country.zones.of[z] for z in ("EPCI", "UU", "BV2022", "AAV")}
    rows: list[list[object]] = []
    for i in np.lexsort((kind, np.array(codes)[atom])).tolist():
        a, k = int(atom[i]), str(kind[i])
        code = codes[a]
        big = country.atoms.size[a] >= 3
        place: list[object] = (
            ["", "", "", "", "", "_Z", "_Z", ""] if lost[i] else
            [f"{xy[i, 0] + ORIGIN[0]:.2f}", f"{xy[i, 1] + ORIGIN[1]:.2f}", f"{lonlat[i, 0]:.6f}",
             f"{lonlat[i, 1]:.6f}", str(quality[i]), "2154", "11", "50"]
        )  # fmt: skip
        rows.append([
            2025, f"{label_of[k].upper()} FICTIF {i}", "", 1 + i % 90, "", "RUE", "DES SONGES", "",
            labels[code][0], postcode(code), code, code[:2], REGION_OF[code[:2]], k[0], k[:2], k,
            "", "O", "", "", *place, f"{code}_0101" if big else code, "1", "1", "_Z", "_Z", "_Z",
            "_Z", "_Z", "_Z", "_Z", "_Z", zones["EPCI"][a], zones["UU"][a], zones["BV2022"][a],
            zones["AAV"][a], "2" if big else "3", "3" if big else "6",
        ])  # fmt: skip
    folder.zipped(
        "insee/BPE25.zip", {"BPE25.csv": head + lines(rows, ";")}, card="insee-bpe-localisee",
        what="Équipements localisés au 1er janvier 2025", vintage=2025, cog=2025,
    )  # fmt: skip


def _bpe_counts(country: Country, folder: Folder) -> None:
    held = {k: country.history.sums(2025, v) for k, v in country.facilities.count.items()}
    held["D265"] = _gp(country, 2025, 2025)
    rows: list[list[object]] = []
    for i, code in enumerate(country.history.labels(2025)):
        rows += [["FACILITIES", k[0], k[:2], k, code, "COM", 2025, float(held[k][i])]
                 for k in sorted(held) if held[k][i]]  # fmt: skip
        # totals are mixed with details in the producer's file
        rows.append(["FACILITIES", "D", "_T", "_T", code, "COM", 2025,
                     float(sum(held[k][i] for k in held if k[0] == "D"))])  # fmt: skip
    for dep in ("Y1", "Y2", "Y3"):
        mine = np.array([c[:2] == dep for c in country.history.labels(2025)])
        rows += [["FACILITIES", k[0], k[:2], k, dep, "DEP", 2025, float(held[k][mine].sum())]
                 for k in sorted(held)]  # fmt: skip
    head = (
        "BPE_MEASURE;FACILITY_DOM;FACILITY_SDOM;FACILITY_TYPE;GEO;GEO_OBJECT;TIME_PERIOD;"
        "OBS_VALUE\n"
    )
    meta = [["FACILITY_TYPE", k.new, k.label] for k in KINDS]
    meta.append(["FACILITY_TYPE", "D265", "Médecin généraliste"])
    folder.zipped(
        "insee/DS_BPE_CSV_FR.zip",
        {"DS_BPE_2025_data.csv": head + lines(rows, ";", quoted=True),
         "DS_BPE_2025_metadata.csv": "COD_VAR;COD_MOD;LIB_MOD\n" + lines(sorted(meta), ";")},
        card="insee-bpe-denombrement", what="Nombre d’équipements 2025", vintage=2025, cog=2025,
    )  # fmt: skip
    types = [*sorted((k.new, k.label) for k in KINDS), ("D265", "Médecin généraliste")]
    folder.text(
        "insee/TYPEQU_2025.csv", "TYPEQU;Libelle_TYPEQU\n" + lines(sorted(types), ";"),
        card="insee-bpe-types", what="Types d’équipement 2025", vintage=2025, cog=None,
    )  # fmt: skip


def postcode(code: str) -> str:
    """Return a postcode no post office serves; its leading zeros get lost in some files."""
    return f"00{code[1]}{int(code[2:]) % 40:02d}"


def _apl_rows(country: Country, apl: PublishedApl) -> list[list[object]]:
    said = next(iter(country.history.labels(apl.cog).values()))[0]
    unit = "En nombre de consultations/visites accessibles par habitant standardisé"
    rows: list[list[object]] = [
        [(f"Indicateur d'accessibilité potentielle localisée (APL) {apl.year} aux médecins "
         "généralistes")],
        [],
        [f"Millésime : {apl.year}"],
        [(f"Sources : {_SAID}Activité des médecins généralistes libéraux et salariés en centre de "
         f"santé : SNIIR-AM {apl.year}, consommations de soins par tranche d'âge : SNIIR-AM "
         f"{apl.year - 2}, Cnam ; \nPopulations par sexe et âge {apl.year - 2}, distancier Metric, "
         "Insee ; \nTraitements Drees.")],
        [("Champ : Omnipraticiens libéraux, certains médecins libéraux à exercice particulier "
         "(homéopathes, acupuncteurs, gériatres, médecine physique) et salariés en centre de "
         "santé ; France hors Mayotte.")],
        [f"Lecture : Compte tenu de la structure par âge de la population, les habitants de {said} "
         f"ont accès en moyenne à {apl.apl[0]:.1f} consultation, visite ou téléconsultation de "
         "médecine générale par an et par habitant.".replace(".", ",", 1)],
        [("Note : Pour calculer un APL moyen (agrégé au niveau du territoire de vie-santé ou du "
         "département par exemple), l'APL communal doit être pondéré par la population "
         "standardisée. \nPour comptabiliser la population sous un seuil d'APL ou calculer des "
         "quantiles, la population non standardisée doit être utilisée.")],
        [],
        ["Code commune INSEE", "Commune", "APL aux médecins généralistes",
         "APL aux médecins généralistes de moins de 65 ans",
         f"Population standardisée {apl.year - 2} pour la médecine générale",
         f"Population totale {apl.year - 2}"],
        [None, None, unit, unit, "En nombre d'habitants standardisés", "En nombre d'habitants"],
    ]  # fmt: skip
    labels = country.history.labels(apl.cog)
    for i, code in enumerate(apl.codes):
        rows.append([code, labels[code][0], round(float(apl.apl[i]), 3),
                     round(float(apl.apl_65[i]), 3), round(float(apl.standardised[i]), 3),
                     float(apl.population[i])])  # fmt: skip
    return rows


def _parameters() -> list[list[object]]:
    rows: list[list[object]] = [
        ["Paramètres de l'indicateur d'APL aux médecins généralistes"], [],
        ["Champ de l'indicateur"],
        [("Omnipraticiens libéraux, certains médecins libéraux à exercice particulier "
          "(homéopathes, acupuncteurs, gériatres, médecine physique) et salariés en centre de "
          "santé.")], [],
        ["Comptabilisation de l'activité"],
        [("Nombre de consultations, visites et téléconsultations effectuées dans l'année d'après "
         "les données du SNIIR-AM"),
         "Nombre de consultations, visites et téléconsultations comptabilisées dans l'indicateur"],
        ["Moins de 250", 0], ["Entre 251 et 3 600", 3600],
        ["Entre 3 601 et 6 000", ("Nombre de consultations et visites effectués dans l'année "
         "d'après les données du SNIIR-AM")], ["Plus de 6 000", 6000],
        [("Exceptions : Pour les médecins libéraux n'ayant pas exercé d'activité libérale l'année "
         "précédente, une offre de 5 400 consultations ou visites est imputée ; \npour les centres "
         "de santé, les bornes d'activité ne sont pas appliquées.")], [],
        ["Décroissance de l'accessibilité avec la distance"],
        ["Temps de trajet entre communes", "Accessibilité"], ["Moins de  10 minutes", 1],
        ["Entre 10 et 15 minutes", 2 / 3], ["Entre 15 et 20 minutes", 1 / 3],
        ["Plus de 20 minutes", 0], [], ["Pondération de la population selon l'âge"],
        ["Tranche d'âge", *(f"Poids de la tranche d'âge en {y}" for y in (2022, 2023, 2024))],
    ]  # fmt: skip
    for rank in range(19):
        first = rank * 5
        name = f"de {first} à {first + 4} ans"
        name = {0: "Moins de 5 ans", 18: "Plus de 90 ans"}.get(rank, name)
        rows.append([name, *(AGE_WEIGHTS[y][rank] for y in (2022, 2023, 2024))])
    rows += [
        [(f"Sources : {_SAID}DCIR 2020 et 2021, Cnam ; populations municipales 2020 et 2021, "
         "Insee. Traitements Drees. ")],
        [("Champ : Consommations de soins auprès des professionnels de santé libéraux et des "
         "établissements de santé privés.")],
        [("Note : Le poids d'une tranche d'âge est calculé comme la consommation moyenne en soins "
         "de médecine générale de la tranche d'âge, rapportée à la consommation moyenne "
         "nationale. \n")],
    ]  # fmt: skip
    return rows


def _apl(country: Country, folder: Folder) -> None:
    sheets = {"Paramètres": _parameters()}
    sheets |= {f"APL {y}": _apl_rows(country, country.apl[y]) for y in (2022, 2023, 2024)}
    folder.workbook(
        "drees/indicateur_d_apl_aux_medecins_generalistes.xlsx", sheets, card="drees-apl-mg",
        what="APL aux médecins généralistes 2022, 2023 et 2024", vintage="2022-2024", cog=2024,
    )  # fmt: skip


def _apl_2018(country: Country, folder: Folder) -> None:
    apl = country.apl[2018]
    unit = "Nombre de consultations/visites accessibles par habitant standardisé"
    rows: list[list[object]] = [
        ["Accessibilité potentielle localisée (APL) aux médecins généralistes en 2018"], [],
        [f"Source : DREES – {_SAID}"], [], [], [], [],
        ["Code commune INSEE", "Commune", "APL aux médecins généralistes (sans borne d’âge)",
         "APL aux médecins généralistes de 65 ans et moins ",
         "Population standardisée 2016 pour la médecine générale"],
        [None, None, unit, unit, None],
    ]  # fmt: skip
    labels = country.history.labels(apl.cog)
    for i, code in enumerate(apl.codes):
        rows.append([code, labels[code][0], round(float(apl.apl[i]), 3),
                     round(float(apl.apl_65[i]), 3), float(apl.standardised[i])])  # fmt: skip
    rows += [["Lecture : valeurs artificielles, publiées par personne"], ["Source : DREES"]]
    folder.workbook(
        "drees/APL2018MG.xlsx", {"APL_2018": rows}, card="drees-apl-mg",
        what="APL aux médecins généralistes 2018", vintage=2018, cog=2019,
    )  # fmt: skip


def _other_professions(country: Country, folder: Folder) -> None:
    rng = country.generator("other professions")
    rows: list[list[object]] = []
    for i, (code, (label, _)) in enumerate(country.history.labels(2019).items()):
        level = country.apl[2018].apl[i] / 3.7
        values = [round(float(level * m * np.exp(rng.normal(0, 0.25))), 3) for m in (120, 15, 80)]
        rows.append([code, label, *values])
    folder.text(
        "drees/apl_2016_autres_professions.csv",
        "code,lib_com,apl_inf2016,apl_sf2016,apl_mk2016\n" + lines(rows),
        card="drees-apl-autres", what="APL infirmiers, sages-femmes, kinésithérapeutes",
        vintage=2016, cog=2019,
    )  # fmt: skip
