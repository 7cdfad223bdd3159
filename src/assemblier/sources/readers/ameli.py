"""Cnam (data.ameli): what a GP's practice is like, by département: patients, set-ups, fees."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from assemblier.sources.readers.contract import (
    Extract,
    Reader,
    Recognised,
    blank,
    decimal,
    department_codes,
)
from assemblier.sources.readers.raw import RawFile

__all__ = ["READERS"]

NATIONAL = "999"
SENTINELS = ("NS", "NC", "ND", "NA")
COMMON = {"annee": "annee", "profession_sante": "profession", "departement": "departement"}
MEASURES = {
    "nombre_patients_medecin_traitant": ("patients_medecin_traitant", "ameli-patientele"),
    "nombre_patients_uniques": ("patients_uniques", "ameli-file-active"),
    "effectif_primo_installe": ("primo_installes", "ameli-primo-installes"),
    "effectif_medecin_install_zsd": ("installes_zone_sous_dotee", "ameli-zones-sous-dotees"),
    "hono_sans_depassement_moyens": ("honoraires_moyens", "ameli-honoraires"),
}
"""Heading of the producer → measure and card. Twins in ``_integer`` hold numbers only."""


def _recognise(raw: RawFile) -> Recognised | None:
    for grid in raw.grids:
        found = grid.find(*COMMON, exact=True)
        if found is None:
            continue
        header = grid.rows[found.row]
        for head, (measure, card) in MEASURES.items():
            if head not in header:
                continue
            years = raw.cells([found.columns["annee"]], after=found.row, names=["annee"])["annee"]
            said = sorted(set(years.dropna()))
            return Recognised(
                f"{card}@courant",
                f"{measure.replace('_', ' ')} par département (Cnam)",
                period="–".join(dict.fromkeys((said[0], said[-1]))) if said else "",
                detail={
                    "columns": [*found.columns.values(), header.index(head)],
                    "row": found.row,
                    "measure": measure,
                    "head": head,
                },
            )
    return None


def _read(raw: RawFile, found: Recognised) -> Iterator[Extract]:
    cells = raw.cells(
        found.detail["columns"], after=found.detail["row"], names=[*COMMON.values(), "valeur"]
    )
    wider = cells["departement"] == NATIONAL
    cells = cells[~wider].reset_index(drop=True)
    cells["departement"] = department_codes(cells["departement"])
    cells["valeur"] = decimal(blank(cells["valeur"], *SENTINELS))
    hidden = int(pd.isna(cells["valeur"]).sum())
    notes = [f"{int(wider.sum())} totaux de régions ou de France (999) écartés"]
    if hidden:
        notes.append(f"{hidden} valeurs masquées (NS, NC) laissées vides")
    yield Extract(
        "activite_departement",
        cells.assign(mesure=found.detail["measure"]),
        headings={**{new: head for head, new in COMMON.items()}, "valeur": found.detail["head"]},
        notes=tuple(notes),
    )


READERS = (Reader("ameli.activite", ("activite_departement",), _recognise, _read),)
