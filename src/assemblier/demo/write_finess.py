"""Raw files of FINESS: the flat stock, the same with positions, and the nested form since."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass

import numpy as np

from assemblier.demo.country import Country
from assemblier.demo.files import Folder, lines
from assemblier.demo.geography import DEPARTEMENTS, ORIGIN, to_wgs84
from assemblier.demo.names import plain
from assemblier.demo.write_care import postcode

__all__ = ["write_finess"]

_CATEGORIES = {
    "355": "Centre Hospitalier (C.H.)", "620": "Pharmacie d'Officine",
    "603": "Maison de santé (L.6223-3)",
    "124": "Centre de Santé", "604": "Communautés professionnelles territoriales de santé (CPTS)",
    "500": "Etablissement d'hébergement pour personnes âgées dépendantes",
    "611": "Laboratoire de Biologie Médicale",
    "354": "Service de Soins Infirmiers A Domicile (S.S.I.A.D)",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Site:
    number: str
    name: str
    category: str
    atom: int
    code: str
    x: float
    y: float
    opened: str
    closed: str
    town: str


def _sites(country: Country) -> list[_Site]:
    rng = country.generator("finess")
    count, facilities = country.facilities.count, country.facilities
    codes, labels = country.history.codes(2025), country.history.labels(2025)
    held: list[tuple[str, str, int]] = []
    for category, kind, said in (
        ("355", "D101", "CENTRE HOSPITALIER DE"), ("620", "D307", "PHARMACIE DE"),
        ("500", "D401", "EHPAD LES SONGES DE"), ("611", "D302", "LABORATOIRE DE"),
    ):  # fmt: skip
        held += [
            (category, said, int(a)) for a in np.repeat(np.arange(len(count[kind])), count[kind])
        ]
    held += [("603", "MSP DE", a) for a in facilities.health_houses]
    held += [("124", "CENTRE DE SANTE MEDICAL DE", a) for a in facilities.health_centres]
    held += [("124", "CENTRE DE SANTE DENTAIRE DE", a) for a in facilities.health_centres[:2]]
    held += [("604", "CPTS DE", a) for a in facilities.communities]
    held += [("354", "SSIAD DE", a) for a in facilities.communities]
    sites: list[_Site] = []
    per_dep: dict[str, int] = {}
    for rank, (category, said, atom) in enumerate(held):
        code = codes[atom]
        town = plain(labels[code][0])
        per_dep[code[:2]] = per_dep.get(code[:2], 0) + 1
        xy = country.atoms.xy[atom] + rng.normal(0, 250, 2)
        year = int(rng.integers(1978, 2023)) if category not in {"603", "604"} else 2019
        # a few that closed stay in the register
        gone = category in {"620", "603"} and rank % 23 == 9
        sites.append(_Site(
            f"{code[:2]}{per_dep[code[:2]]:06d}{rank % 10}", f"{said} {town}",
            category, atom, code, float(xy[0] + ORIGIN[0]), float(xy[1] + ORIGIN[1]),
            f"{year}-0{1 + rank % 9}-01", "2024-06-30" if gone else "", town,
        ))  # fmt: skip
    return sites


def write_finess(country: Country, folder: Folder) -> None:
    """Write the register of establishments in its three layouts.

    Parameters
    ----------
    country
        The artificial country.
    folder
        Where to write.
    """
    sites = _sites(country)
    stock = [_structure(s) for s in sites]
    folder.text(
        "finess/etalab-cs1100502-stock-20260504-0342.csv",
        "finess;etalab;111;2026-05-04\n" + lines(stock, ";"), card="finess-etablissements",
        what="FINESS, établissements", vintage="2026-05-04", cog=2025,
    )  # fmt: skip
    places: list[list[object]] = []
    for rank, s in enumerate(sites):
        if rank % 37 == 20:
            continue
        pair = [round(s.x, 1), round(s.y, 1)]
        # columns that were swapped on the way, as happens
        pair = pair[::-1] if rank % 61 == 30 else pair
        places.append(["geolocalisation", s.number, *pair, ("1,ATLASANTE,100,IGN,BD_ADRESSE,V2.1,"
                       "LAMBERT_93"), "2026-05-04"])  # fmt: skip
    folder.text(
        "finess/etalab-cs1100507-stock-20260504-0343.csv",
        "finess;etalab;94;2026-05-04\n" + lines(stock, ";") + lines(places, ";"),
        card="finess-etablissements", what="FINESS, établissements avec position",
        vintage="2026-05-04", cog=2025, encoding="cp1252",
    )  # fmt: skip
    _nested(folder, sites)


def _structure(s: _Site) -> list[object]:
    label = DEPARTEMENTS[s.code[:2]].upper()
    post = f"{postcode(s.code)} {s.town}"
    name = s.name + (" (FERMEE)" if s.closed else "")
    return [
        "structureet", s.number, f"{s.code[:2]}99{s.number[4:]}", name[:38], name, "", "",
        1 + len(s.name), "R", "DES SONGES", "", "", s.code[2:], s.code[:2], label, post, "", "",
        s.category, _CATEGORIES[s.category], "", "", "", "", "", "", "", "", s.opened, s.opened,
        "2026-04-01", "",
    ]  # fmt: skip


def _nested(folder: Folder, sites: list[_Site]) -> None:
    entities = []
    for rank, s in enumerate(sites):
        lonlat = to_wgs84(np.array([[s.x - ORIGIN[0], s.y - ORIGIN[1]]]))[0]
        degrees = (f"{lonlat[0]:.6f}", f"{lonlat[1]:.6f}")
        metres = (f"{s.x:.2f}", f"{s.y:.2f}")
        # degrees and metres stand in either pair
        first, second = (degrees, metres) if rank % 4 else (metres, degrees)
        spot = {
            "coordonneeX": first[0], "coordonneeY": first[1], "directionLatitude": second[1],
            "directionLongitude": second[0], "cleInInteropBAN": None, "scoreBAN": "0.91",
        }  # fmt: skip
        place = {
            "usageAdresse": "03", "numeroVoie": "1", "typeVoie": "R", "libelleVoie": "DES SONGES",
            "lieuDit": None, "cogCommune": s.code,
            "ligneAcheminement": s.town,
            "codePostal": postcode(s.code), "coordonneesGeographique": spot if rank % 9 else None,
        }  # fmt: skip
        seat = {
            **place,
            "usageAdresse": "02",
            "cogCommune": "Y2001",
            "coordonneesGeographique": None,
        }
        state = "I" if s.closed else "A"
        site = {
            "informationsGeneralesEGE": {
                "egeId": str(rank + 1), "dateOuverture": s.opened,
                "dateFermeture": s.closed or None,
                "datePremiereAutorisation": s.opened, "nomEgeCourt": s.name[:38],
                "nomEgeLong": s.name, "numFinessEge": s.number, "siret": None, "espic": None,
            },
            "categorieentiteGeographiqueExercice": s.category, "modefixationtarifaire": None,
            "typeBudget": [], "adresse": [seat, place], "contact": [], "engagement": [],
            "evenement": [], "roleEge": [], "etatObjet": state,
            "dateDerniereMaj": "2026-07-01 00:00:00",
        }  # fmt: skip
        entities.append({
            "informationsGeneralesPMEJ": {
                "pmSmsseId": str(rank + 1), "codeApe": "86.10Z", "dateCreation": s.opened,
                "dateFermeture": None, "denominationLonguePmSmsse": s.name,
                "denominationPm": s.name[:38], "numFinessPm": f"{s.code[:2]}99{s.number[4:]}",
                "fonctionPublique": "01", "siren": None, "statutJuridique": "21",
                "typePersonneMorale": "01",
            },
            "adresse": [seat], "engagement": [], "evenement": [], "ege": [site], "etatObjet": state,
            "dateDerniereMaj": "2026-07-01 00:00:00",
        })  # fmt: skip
    content = {
        "schemaVersion": "v1.0.0", "generatedAt": "2026-07-05T02:00:00Z", "gco": [], "gcc": [],
        "pmej": entities,
    }  # fmt: skip
    text = json.dumps(content, ensure_ascii=False)
    folder.data(
        "finess/finess-structures-mensuel-202607.json.gz", gzip.compress(text.encode(), 6, mtime=0),
        card="finess-structures", what="FINESS, structures (JSON)", vintage="2026-07", cog=2025,
    )  # fmt: skip
