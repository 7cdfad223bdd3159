"""Insee: populations by age and sex, of communes and of départements."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pandas as pd

from assemblier.sources.readers.age_bands import OPEN_END, finest
from assemblier.sources.readers.contract import (
    Extract,
    Reader,
    Recognised,
    cog_year,
    commune_codes,
    decimal,
    department_codes,
)
from assemblier.sources.readers.raw import RawFile

__all__ = ["READERS"]

BAND = re.compile(r"P(\d\d)_(POP|H|F)(\d\d)(\d\d|P)")
SEXES = {"POP": "T", "H": "H", "F": "F"}


def _recognise_bands(raw: RawFile) -> Recognised | None:
    for grid in raw.grids:
        found = grid.find("CODGEO", exact=True)
        if found is None:
            continue
        header = grid.rows[found.row]
        years = sorted({2000 + int(m[1]) for head in header if (m := BAND.fullmatch(head))})
        if not years:
            continue
        codes = raw.cells(
            [found.columns["CODGEO"]], after=found.row, sheet=grid.name, names=["code"]
        )
        cog, notes = cog_year(codes["code"], ())
        return Recognised(
            f"insee-rp-age-tranches@{years[-1]}",
            f"population des communes par tranche d’âge et sexe (recensement {years[-1]})",
            cog=cog or years[-1] + 3,
            cog_sure=cog is not None,
            period=", ".join(map(str, years)),
            notes=notes if cog else (),
            detail={"header": header, "row": found.row, "sheet": grid.name, "years": years},
        )
    return None


def _read_bands(raw: RawFile, found: Recognised) -> Iterator[Extract]:
    header: tuple[str, ...] = found.detail["header"]
    bands = {
        head: (
            2000 + int(m[1]),
            SEXES[m[2]],
            (int(m[3]), OPEN_END if m[4] == "P" else int(m[4])),
        )
        for head in header
        if (m := BAND.fullmatch(head))
    }
    cells = raw.cells(
        [header.index("CODGEO"), *(header.index(head) for head in bands)],
        after=found.detail["row"],
        sheet=found.detail["sheet"],
        names=["code", *bands],
    )
    cells["code"] = commune_codes(cells["code"])
    for year in found.detail["years"]:
        parts = []
        for sex in ("T", "F", "H"):
            kept = finest(ages for of, who, ages in bands.values() if (of, who) == (year, sex))
            for head, (of, who, ages) in bands.items():
                if (of, who) == (year, sex) and ages in kept:
                    part = cells[["code", head, "_row"]].rename(columns={head: "population"})
                    # weighted counts are decimal and stay so
                    part["population"] = decimal(part["population"])
                    parts.append(part.assign(sexe=sex, age_min=ages[0], age_max=ages[1]))
        yield Extract(
            "population_age",
            pd.concat(parts, ignore_index=True).assign(annee=year),
            headings={"code": "CODGEO"},
        )


PYRAMID = ("CODGEO", "LIBGEO", "Age", "Nb_H", "Nb_F")


def _recognise_pyramid(raw: RawFile) -> Recognised | None:
    for grid in raw.grids:
        found = grid.find(*PYRAMID, exact=True)
        if found:
            return Recognised(
                "insee-rp-age-detaille@2021-villes-occitanie",
                "population par âge détaillé de quelques villes (recensement 2021)",
                cog=2024,
                period="2021",
                notes=("100 : 100 ans et plus",),
                detail={"columns": found.columns, "row": found.row},
            )
    return None


def _read_pyramid(raw: RawFile, found: Recognised) -> Iterator[Extract]:
    columns: dict[str, int] = found.detail["columns"]
    cells = raw.cells(
        [columns[head] for head in ("CODGEO", "Age", "Nb_H", "Nb_F")],
        after=found.detail["row"],
        names=["code", "age_min", "H", "F"],
    )
    cells["code"] = commune_codes(cells["code"])
    cells["age_max"] = cells["age_min"].replace("100", str(OPEN_END))
    long = cells.melt(["code", "age_min", "age_max", "_row"], ["H", "F"], "sexe", "population")
    yield Extract(
        "population_age",
        long.assign(annee=2021),
        headings={"code": "CODGEO", "age_min": "Age", "population": "Nb_H, Nb_F"},
    )


DEPARTMENTS = {
    "dep": "departement",
    "annee": "annee",
    "sexe": "sexe",
    "age_max_cat": "age",
    "value": "population",
}
STEP = 5


def _recognise_departments(raw: RawFile) -> Recognised | None:
    for grid in raw.grids:
        found = grid.find(*DEPARTMENTS, exact=True)
        if found:
            return Recognised(
                "insee-population-departement-age@2009-2014",
                "population des départements par sexe et tranche de cinq ans, 2009 à 2014",
                period="2009–2014",
                detail={"columns": found.columns, "row": found.row},
            )
    return None


def _read_departments(raw: RawFile, found: Recognised) -> Iterator[Extract]:
    columns: dict[str, int] = found.detail["columns"]
    cells = raw.cells(
        [columns[head] for head in DEPARTMENTS],
        after=found.detail["row"],
        names=list(DEPARTMENTS.values()),
    )
    cells["departement"] = department_codes(cells["departement"])
    cells["sexe"] = cells["sexe"].str.upper()
    # the class is named by its last age; the last class has no end
    last = pd.to_numeric(cells["age"].mask(cells["age"] == "inf"), errors="coerce")
    open_start = int(last.max()) + 1 if last.notna().any() else 0
    ended = cells["age"] != "inf"
    cells["age_min"] = (last - (STEP - 1)).where(ended, open_start)
    cells["age_max"] = last.where(ended, OPEN_END)
    yield Extract(
        "population_departement_age",
        cells.drop(columns="age"),
        headings={
            "departement": "dep",
            "population": "value",
            "age_min": "age_max_cat",
            "age_max": "age_max_cat",
        },
    )


READERS = (
    Reader("insee.ages_tranches", ("population_age",), _recognise_bands, _read_bands),
    Reader("insee.pyramide", ("population_age",), _recognise_pyramid, _read_pyramid),
    Reader(
        "insee.ages_departements",
        ("population_departement_age",),
        _recognise_departments,
        _read_departments,
    ),
)
