"""FINESS: what establishments are allowed to do, and the names of their categories."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from assemblier.sources.readers.contract import Extract, Reader, Recognised
from assemblier.sources.readers.finess import SAMPLE_ENTITIES
from assemblier.sources.readers.raw import RawFile

__all__ = ["READERS"]

FLAT = {
    "nofinesset": "finess",
    "nofinessej": "finess_juridique",
    "activite": "activite",
    "libactivite": "libelle",
    "modalite": "modalite",
    "forme": "forme",
    "datemeo": "debut",
    "datefin": "fin",
}
SPECIFIC = (
    ("activite", ("activiteAMM", "activiteAMF", "activiteSanitaireRegulee")),
    ("activite", ("activiteSanitaireDiverseRegulee", "activiteSocialeRegulee")),
    ("activite", ("activiteEnseignementRegulee", "typeEmlId")),
    ("modalite", ("modaliteAMM", "modaliteActivite", "modeFonctionnement")),
    ("forme", ("mentionAMM", "formeActivite", "public")),
)
"""Column → keys of the nested file; each nature of activity names its own."""


def _recognise_flat(raw: RawFile) -> Recognised | None:
    for grid in raw.grids:
        found = grid.find(*FLAT, exact=True)
        if found:
            return Recognised(
                "finess-autorisations@2026-extrait",
                "activités de soins autorisées (FINESS, ancien format)",
                period="2026",
                detail={"columns": found.columns, "row": found.row},
            )
    return None


def _read_flat(raw: RawFile, found: Recognised) -> Iterator[Extract]:
    columns: dict[str, int] = found.detail["columns"]
    cells = raw.cells(
        [columns[head] for head in FLAT], after=found.detail["row"], names=list(FLAT.values())
    )
    yield Extract(
        "activite_soin",
        cells.assign(nature="AMF", actif=True),
        headings={new: head for head, new in FLAT.items()},
    )


def _recognise_nested(raw: RawFile) -> Recognised | None:
    head = raw.json_head
    if '"schemaVersion"' not in head or '"activitesAutorisees"' not in head:
        return None
    content = raw.json()
    sample = len(content["pmej"]) < SAMPLE_ENTITIES
    return Recognised(
        "finess-activites@202607-echantillon" if sample else "finess-activites@mensuel",
        f"activités FINESS ({len(content['pmej'])} entités juridiques"
        f"{', échantillon' if sample else ''})",
        period=str(content.get("generatedAt", ""))[:10],
    )


def _read_nested(raw: RawFile, _found: Recognised) -> Iterator[Extract]:
    rows: list[dict[str, Any]] = []
    at = 0
    for entity in raw.json()["pmej"]:
        for site in entity.get("ege") or []:
            for activity in site.get("activitesExercees") or []:
                at += 1
                said = activity["caracteristiquesGeneriques"]
                nature = activity.get("nature") or {}
                row = {
                    "finess": site["numFinessEge"],
                    "finess_juridique": entity.get("numFiness"),
                    "nature": nature.get("codeNature"),
                    "libelle": None,
                    "debut": said.get("dateDebutActiviteAutorisee"),
                    "fin": said.get("dateFinActiviteAutorisee"),
                    "actif": said.get("etatObjet") == "A",
                    "_row": at,
                }
                rows.append({**row, **_specific(nature)})
    frame = pd.DataFrame(rows)
    unnamed = frame["activite"].isna() | frame["nature"].isna()
    notes = [
        "rang de l’activité exercée dans le fichier, qui n’a pas de lignes",
        "autorisations des entités juridiques écartées : elles répètent celles des établissements",
    ]
    if unnamed.any():
        notes.append(f"{int(unnamed.sum())} activités sans code écartées")
    yield Extract("activite_soin", frame[~unnamed].reset_index(drop=True), notes=tuple(notes))


def _specific(nature: dict[str, Any]) -> dict[str, Any]:
    inner = nature.get("caracteristiquesSpecifiques") or {}
    typed: dict[str, Any] = next(
        (value for key, value in inner.items() if key.startswith("type") and value), {}
    )
    found: dict[str, Any] = {"activite": None, "modalite": None, "forme": None}
    for column, keys in SPECIFIC:
        for key in keys:
            if typed.get(key):
                found[column] = typed[key]
    return found


def _recognise_categories(raw: RawFile) -> Recognised | None:
    for grid in raw.grids:
        found = grid.find("code", "libelle", "statut", "date_fermeture", exact=True)
        if found:
            return Recognised(
                "finess-categories@2026-table",
                "nomenclature des catégories d’établissements FINESS",
                period="2026",
                notes=("lignes de commentaire sautées",) if found.row else (),
                detail={
                    "row": found.row,
                    "columns": [found.columns[h] for h in ("code", "libelle")],
                },
            )
        found = grid.find("OID", "Code", "Libellé", exact=True)
        if found and any("R66" in cell for row in grid.rows[:4] for cell in row):
            return Recognised(
                "finess-categories@courant",
                "nomenclature TRE_R66 des catégories d’établissements",
                detail={
                    "row": found.row,
                    "columns": [found.columns[h] for h in ("Code", "Libellé")],
                },
            )
    return None


def _read_categories(raw: RawFile, found: Recognised) -> Iterator[Extract]:
    cells = raw.cells(
        found.detail["columns"], after=found.detail["row"], names=["categorie", "libelle"]
    )
    yield Extract("categorie_etablissement", cells, headings={"categorie": "code"})


READERS = (
    Reader("finess.autorisations", ("activite_soin",), _recognise_flat, _read_flat),
    Reader("finess.activites", ("activite_soin",), _recognise_nested, _read_nested),
    Reader(
        "finess.categories", ("categorie_etablissement",), _recognise_categories, _read_categories
    ),
)
