"""Insee's long files (Melodi): one observation a row, dimensions by code."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pandas as pd

from assemblier.sources.readers.age_bands import finest, melodi_band
from assemblier.sources.readers.contract import (
    Extract,
    Reader,
    Recognised,
    commune_codes,
    decimal,
    scaled,
)
from assemblier.sources.readers.raw import RawFile

__all__ = ["READERS"]

ALWAYS = ("GEO", "GEO_OBJECT", "TIME_PERIOD", "OBS_VALUE")
VINTAGE = re.compile(r"\d{4}-")
SEXES = {"F": "F", "M": "H", "_T": "T"}


def _recogniser(
    own: tuple[str, ...], card: str, edition: str, label: str, *, later: int = 2
) -> Callable[[RawFile], Recognised | None]:
    """Return what recognises a long file by its own dimensions.

    ``later`` is the number of years from the year described to that of the communes, where no
    place of the file tells it.
    """

    def recognise(raw: RawFile) -> Recognised | None:
        for grid in raw.grids:
            found = grid.find(*ALWAYS, *own, exact=True)
            if found is None or found.row:
                continue
            years = raw.cells([found.columns["TIME_PERIOD"]], after=0, names=["annee"])
            said = sorted(
                {year for year in years["annee"].dropna().str.slice(0, 4) if year.isdigit()}
            )
            if not said:
                continue
            first, last = said[0], said[-1]
            span = first if first == last else f"{first}–{last}"
            header = grid.rows[0]
            # a place written 2025-COM-01001 tells the year of its code
            places = {row[found.columns["GEO"]] for row in grid.rows[1:] if len(row) == len(header)}
            vintages = {int(place[:4]) for place in places if VINTAGE.match(place)}
            return Recognised(
                f"{card}@{edition.format(year=last)}",
                f"{label}, {span}",
                cog=min(vintages, default=int(last) + later),
                cog_sure=len(vintages) == 1,
                period=span,
                detail={"header": header},
            )
        return None

    return recognise


def _observations(raw: RawFile, found: Recognised, own: dict[str, str]) -> tuple[pd.DataFrame, str]:
    """Read the observations of communes; other levels of geography are left out and counted."""
    header: tuple[str, ...] = found.detail["header"]
    names = {
        "GEO": "code",
        "GEO_OBJECT": "niveau",
        "TIME_PERIOD": "annee",
        "OBS_VALUE": "valeur",
        **own,
    }
    heads = [head for head in names if head in header]
    cells = raw.cells(
        [header.index(head) for head in heads], after=0, names=[names[head] for head in heads]
    )
    communes = cells["niveau"] == "COM"
    said = f"{int((~communes).sum())} observations d’autres niveaux que la commune écartées"
    cells = cells[communes].reset_index(drop=True)
    # the place is written 01001, COM-01001 or 2025-COM-01001
    cells["code"] = commune_codes(cells["code"].str.rsplit("-", n=1).str[-1])
    cells["annee"] = cells["annee"].str.slice(0, 4)
    cells["valeur"] = decimal(cells["valeur"])
    return cells, said


HEADINGS = {"code": "GEO", "annee": "TIME_PERIOD"}


def _read_populations(raw: RawFile, found: Recognised) -> Iterator[Extract]:
    cells, said = _observations(raw, found, {"POPREF_MEASURE": "mesure"})
    kinds = {"PMUN": "municipale", "PTOT": "totale", "PSDC": "recensement", "SDC": "recensement"}
    kept = cells["mesure"].isin(list(kinds)) & cells["valeur"].notna()
    others = sorted(set(cells.loc[~cells["mesure"].isin(list(kinds)), "mesure"].dropna()))
    notes = (said, *((f"mesures écartées : {', '.join(others)}",) if others else ()))
    yield Extract(
        "population",
        cells[kept]
        .assign(genre=cells["mesure"].map(kinds))
        .rename(columns={"valeur": "population"})
        .reset_index(drop=True),
        headings={**HEADINGS, "population": "OBS_VALUE"},
        notes=notes,
    )


def _read_ages(raw: RawFile, found: Recognised) -> Iterator[Extract]:
    cells, said = _observations(raw, found, {"SEX": "sexe", "AGE": "age", "RP_MEASURE": "mesure"})
    notes = [said]
    if "mesure" in cells:
        other = cells["mesure"] != "POP"
        if other.any():
            notes.append(f"{int(other.sum())} observations d’autres mesures que POP écartées")
        cells = cells[~other]
    bands = {code: melodi_band(code) for code in cells["age"].dropna().unique()}
    kept = finest(band for band in bands.values() if band is not None)
    dropped = sorted(code for code, band in bands.items() if band not in kept)
    if dropped:
        notes.append(f"totaux et classes qui se recouvrent écartés : {', '.join(dropped)}")
    of = cells["age"].map({code: band for code, band in bands.items() if band in kept})
    cells = cells[of.notna()].assign(ages=of).reset_index(drop=True)
    cells["age_min"] = cells["ages"].str[0]
    cells["age_max"] = cells["ages"].str[1]
    cells["sexe"] = cells["sexe"].map(SEXES).fillna(cells["sexe"])
    yield Extract(
        "population_age",
        cells.rename(columns={"valeur": "population"}),
        headings={**HEADINGS, "population": "OBS_VALUE", "sexe": "SEX"},
        notes=tuple(notes),
    )


def _read_incomes(raw: RawFile, found: Recognised) -> Iterator[Extract]:
    own = {
        "FILOSOFI_MEASURE": "mesure",
        "CONF_STATUS": "statut",
        "UNIT_MULT": "puissance",
    }
    cells, said = _observations(raw, found, own)
    if "puissance" in cells:
        power = pd.to_numeric(cells["puissance"], errors="coerce").fillna(0)
        if (power != 0).any():
            cells["valeur"] = scaled(cells["valeur"], 10.0**power)
    # C is statistical secrecy, an empty value is under the threshold of publication
    hidden = (cells["statut"] == "C") | cells["valeur"].isna()
    cells.loc[hidden, "valeur"] = None
    yield Extract(
        "revenu",
        cells.assign(secret=hidden),
        headings={**HEADINGS, "valeur": "OBS_VALUE", "mesure": "FILOSOFI_MEASURE"},
        notes=(said,),
    )


def _read_facilities(raw: RawFile, found: Recognised) -> Iterator[Extract]:
    own = {"FACILITY_TYPE": "type", "BPE_MEASURE": "mesure"}
    cells, said = _observations(raw, found, own)
    kept = cells["type"].str.fullmatch("[A-G][0-9]{3}", na=False)
    kept &= cells["mesure"].eq("FACILITIES") & cells["valeur"].notna()
    yield Extract(
        "equipement",
        cells[kept].assign(iris=None).rename(columns={"valeur": "nombre"}).reset_index(drop=True),
        headings={**HEADINGS, "type": "FACILITY_TYPE", "nombre": "OBS_VALUE"},
        notes=(said, f"{int((~kept).sum())} totaux de domaines et autres mesures écartés"),
    )


READERS = (
    Reader(
        "melodi.populations",
        ("population",),
        _recogniser(
            ("POPREF_MEASURE",),
            "insee-populations-historiques",
            "melodi-{year}",
            "populations des communes (fichier long)",
        ),
        _read_populations,
    ),
    Reader(
        "melodi.ages",
        ("population_age",),
        _recogniser(
            ("SEX", "AGE"),
            "insee-rp-age-detaille",
            "{year}",
            "population des communes par âge et sexe (fichier long)",
        ),
        _read_ages,
    ),
    Reader(
        "melodi.revenus",
        ("revenu",),
        _recogniser(
            ("FILOSOFI_MEASURE", "CONF_STATUS"),
            "insee-filosofi",
            "{year}",
            "revenus et pauvreté des communes (fichier long)",
        ),
        _read_incomes,
    ),
    Reader(
        "melodi.equipements",
        ("equipement",),
        _recogniser(
            ("FACILITY_TYPE", "BPE_MEASURE"),
            "insee-bpe",
            "{year}",
            "base permanente des équipements (fichier long)",
            later=0,
        ),
        _read_facilities,
    ),
)
