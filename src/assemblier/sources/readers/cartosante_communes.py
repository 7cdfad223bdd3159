"""CartoSanté: population, incomes, social figures and liberal GPs of each commune."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pandas as pd

from assemblier.sources.readers.contract import (
    Extract,
    Reader,
    Recognised,
    cog_year,
    commune_codes,
    decimal,
)
from assemblier.sources.readers.raw import RawFile

__all__ = ["READERS"]

DOCTORS = {"mg_lib_col_b_presume_total": "total", "mg_lib_col_a_presume_60plus": "plus60"}
SOCIAL = {
    "chomeurs_1564": "chomeurs_1564",
    "chomeurs_1524": "chomeurs_1524",
    "rp_hlm": "hlm",
    "residences_principales": "residences_principales",
}


DATED = (
    "pop_municipale",
    "pop_moins18",
    "pop_65plus",
    "revenu_fiscal_median",
    *SOCIAL,
    *DOCTORS,
)


def _dated(header: tuple[str, ...], prefix: str) -> str | None:
    """Return the heading that begins so and ends with a year."""
    return next((head for head in header if re.fullmatch(rf"{prefix}_?\d{{4}}", head)), None)


def _recognise_age_social(raw: RawFile) -> Recognised | None:
    for grid in raw.grids:
        found = grid.find("code", *DATED)
        if found and found.row == 0:
            header = grid.rows[0]
            if any(_dated(header, prefix) is None for prefix in DATED):
                continue
            codes = raw.cells([found.columns["code"]], after=0, names=["code"])
            cog, notes = cog_year(codes["code"], ())
            return Recognised(
                "cartosante-communes@2016-2019",
                "population par âge, social et médecins généralistes libéraux des communes",
                cog=cog or 2019,
                period="2016, 2019",
                notes=(
                    *notes,
                    "médecins de 60 ans et plus : colonne présumée, deux portaient le même titre",
                ),
                detail={"header": header},
            )
    return None


def _read_age_social(raw: RawFile, found: Recognised) -> Iterator[Extract]:
    header: tuple[str, ...] = found.detail["header"]
    heads = [head for head in header if head not in {"code", "libelle"}]
    cells = raw.cells(
        [header.index("code"), *(header.index(head) for head in heads)],
        after=0,
        names=["code", *heads],
    )
    cells["code"] = commune_codes(cells["code"])
    for head in heads:
        cells[head] = decimal(cells[head], absent=("N/A - résultat non disponible", "NA", "N/A"))

    def column(prefix: str) -> tuple[str, int]:
        head = _dated(header, prefix) or ""
        return head, int(head[-4:])

    total, year = column("pop_municipale")
    yield Extract(
        "population",
        cells[["code", total, "_row"]]
        .rename(columns={total: "population"})
        .dropna(subset=["population"])
        .assign(annee=year, genre="municipale"),
        headings={"population": total},
    )
    ages = []
    for prefix, low, high in (("pop_moins18", 0, 17), ("pop_65plus", 65, 120)):
        head, year = column(prefix)
        part = cells[["code", head, "_row"]].rename(columns={head: "population"})
        ages.append(part.assign(annee=year, sexe="T", age_min=low, age_max=high))
    yield Extract("population_age", pd.concat(ages, ignore_index=True))
    social = []
    for prefix, measure in SOCIAL.items():
        head, year = column(prefix)
        part = cells[["code", head, "_row"]].rename(columns={head: "effectif"})
        social.append(part.assign(annee=year, mesure=measure))
    yield Extract("social", pd.concat(social, ignore_index=True))
    head, year = column("revenu_fiscal_median")
    income = cells[["code", head, "_row"]].rename(columns={head: "valeur"})
    yield Extract(
        "revenu",
        income.assign(annee=year, mesure="REVENU_FISCAL_MEDIAN", secret=income["valeur"].isna()),
    )
    doctors = cells[["code", "_row"]].copy()
    for prefix, name in DOCTORS.items():
        head, year = column(prefix)
        doctors[name] = cells[head]
    yield Extract(
        "medecin_commune",
        doctors.dropna(subset=["total", "plus60"]).assign(annee=year),
        headings={name: head for head, name in DOCTORS.items()},
    )


READERS = (
    Reader(
        "cartosante.communes",
        ("population", "population_age", "social", "revenu", "medecin_commune"),
        _recognise_age_social,
        _read_age_social,
    ),
)
