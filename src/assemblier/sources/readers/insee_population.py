"""Insee: populations of the communes, as the census and the decrees count them."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pandas as pd

from assemblier.sources.readers.contract import (
    Extract,
    Ignored,
    Reader,
    Recognised,
    cog_year,
    commune_codes,
    decimal,
    year_in,
)
from assemblier.sources.readers.raw import RawFile

__all__ = ["READERS"]

POPULATION_COG = re.compile(r"POP_COG(\d{4})")
MILLESIME = {
    1968: 1968,
    1975: 1975,
    1982: 1982,
    1990: 1990,
    1999: 1999,
    2008: 2006,
    2013: 2011,
    2018: 2016,
    2019: 2017,
    2020: 2018,
    2021: 2019,
    2022: 2019,
    2023: 2021,
    2024: 2021,
}
"""COG year of a column → year of the population it holds: the census year to 1999, then about two
years before; the columns of 2022 and 2024 repeat those of 2021 and 2023."""
REPEATED = (2022, 2024)
REPEATED_NOTE = (
    "la colonne POP_COGa contient la population légale d’environ a−2 ; 2022 et 2024, répétées, "
    "sont écartées"
)


def _recognise_history(raw: RawFile) -> Recognised | None:
    for grid in raw.grids:
        if found_at := grid.find("CODGEO", "POP_COG1968", "POP_COG2018", exact=True):
            header = grid.rows[found_at.row]
            years = [int(found[1]) for head in header if (found := POPULATION_COG.fullmatch(head))]
            if not set(years) <= set(MILLESIME) or not years or "CODGEO" not in header:
                continue
            return Recognised(
                "cogugaison-populations@1968-2024",
                f"populations des communes, {min(years)} à {max(years)}, chacune dans les communes "
                "de son année",
                period="1968–2021",
                notes=(REPEATED_NOTE,),
                detail={"header": header, "row": found_at.row},
            )
    return None


def _read_history(raw: RawFile, found: Recognised) -> Iterator[Extract]:
    header: tuple[str, ...] = found.detail["header"]
    heads = {head: int(m[1]) for head in header if (m := POPULATION_COG.fullmatch(head))}
    cells = raw.cells(
        [header.index("CODGEO"), *(header.index(head) for head in heads)],
        after=found.detail["row"],
        names=["code", *heads],
    )
    cells["code"] = commune_codes(cells["code"])
    for head, cog in heads.items():
        if cog in REPEATED:
            continue
        part = cells.loc[cells[head].notna(), ["code", head, "_row"]].rename(
            columns={head: "population"}
        )
        kind = "recensement" if cog < 2006 else "municipale"
        yield Extract(
            "population",
            part.assign(annee=MILLESIME[cog], genre=kind),
            cog=cog,
            headings={"code": "CODGEO", "population": head},
        )


LEGAL = {"COM": "code", "PMUN": "municipale", "PTOT": "totale"}


def _recognise_legal(raw: RawFile) -> Recognised | Ignored | None:
    for grid in raw.grids:
        found = grid.find(*LEGAL, exact=True)
        if found is None or grid.find("CODARR", exact=True) is None:
            continue
        codes = raw.cells([found.columns["COM"]], after=found.row, sheet=grid.name, names=["code"])
        cog, _ = cog_year(codes["code"], ())
        named = year_in(*raw.names)
        title = year_in(" ".join(cell for row in grid.rows[: found.row] for cell in row))
        # a population of year N is published in December N+2, in the communes of N+2
        year = title or named or (cog - 2 if cog else None)
        if year is None:
            return Ignored(
                "populations légales sans année : ni le fichier ni le nombre de communes ne la "
                "disent ; mettez-la dans le nom du fichier"
            )
        how = "lue dans le nom du fichier" if named and not title else "déduite des communes"
        return Recognised(
            f"insee-populations-legales@{year}",
            f"populations légales {year} des communes",
            cog=cog or year + 2,
            cog_sure=cog is not None,
            period=str(year),
            notes=() if title else (f"année {how} : {year}",),
            detail={"row": found.row, "sheet": grid.name, "columns": found.columns},
        )
    return None


def _read_legal(raw: RawFile, found: Recognised) -> Iterator[Extract]:
    columns: dict[str, int] = found.detail["columns"]
    cells = raw.cells(
        [columns[head] for head in LEGAL],
        after=found.detail["row"],
        sheet=found.detail["sheet"],
        names=list(LEGAL.values()),
    )
    cells["code"] = commune_codes(cells["code"])
    for head, kind in (("PMUN", "municipale"), ("PTOT", "totale")):
        part = cells[["code", kind, "_row"]].rename(columns={kind: "population"})
        part["population"] = decimal(part["population"])
        yield Extract(
            "population",
            part.assign(annee=int(found.period), genre=kind),
            headings={"code": "COM", "population": head},
        )


ACCESS_SHARES = {
    "part_pop_plus20min_service_sante_2023_pct": ("part_plus20min_service_sante", 2023),
    "part_foyers_rsa_caf_2024_pct": ("part_rsa", 2024),
}
"""Heading → measure and year. France Services, neighbourhoods and schools come from their own
producers' files; the urban area of the year has its own table."""


def _recognise_access(raw: RawFile) -> Recognised | None:
    for grid in raw.grids:
        found = grid.find("code", "aav2020", *ACCESS_SHARES, exact=True)
        if found is None or not any(head.startswith("pop_") for head in grid.rows[found.row]):
            continue
        return Recognised(
            "anct-communes-acces@2010-2026",
            "populations légales de 2010 à 2022, aires d’attraction, services de santé et France "
            "Services des communes",
            cog=2023,
            cog_sure=False,
            period="2010–2026",
            detail={"row": found.row, "header": grid.rows[found.row]},
        )
    return None


def _read_access(raw: RawFile, found: Recognised) -> Iterator[Extract]:
    header: tuple[str, ...] = found.detail["header"]
    heads = [head for head in header if head != "code"]
    cells = raw.cells(
        [header.index("code"), *(header.index(head) for head in heads)],
        after=found.detail["row"],
        names=["code", *heads],
    )
    cells["code"] = commune_codes(cells["code"])
    for head in heads:
        if not re.fullmatch(r"pop_\d{4}", head):
            continue
        part = cells.loc[cells[head].notna(), ["code", head, "_row"]]
        yield Extract(
            "population",
            part.rename(columns={head: "population"}).assign(
                annee=int(head[-4:]), genre="municipale"
            ),
            # the series is in the communes of one year, told by their number; other columns are not
            cog=cog_year(part["code"], ())[0],
            headings={"population": head},
        )
    shares = []
    for head, (measure, year) in ACCESS_SHARES.items():
        part = cells[["code", head, "_row"]].rename(columns={head: "valeur"})
        part["valeur"] = decimal(part["valeur"])
        shares.append(part.assign(annee=year, mesure=measure))
    yield Extract("part_population", pd.concat(shares, ignore_index=True))
    areas = cells.loc[cells["aav2020"].notna(), ["code", "aav2020", "_row"]]
    yield Extract(
        "appartenance",
        areas.rename(columns={"aav2020": "zone"}).assign(grille="aav2020"),
        headings={"zone": "aav2020"},
    )
    houses = cells.loc[
        cells["france_services_2025"].notna() & (cells["france_services_2025"] != "0"),
        ["code", "france_services_2025", "_row"],
    ]
    yield Extract(
        "zonage_national",
        houses.rename(columns={"france_services_2025": "libelle"}).assign(
            dispositif="france_services"
        ),
        headings={"libelle": "france_services_2025"},
        notes=("écoles et quartiers prioritaires : lus dans les fichiers de leur producteur",),
    )


READERS = (
    Reader("cogugaison.populations", ("population",), _recognise_history, _read_history),
    Reader("insee.populations_legales", ("population",), _recognise_legal, _read_legal),
    Reader(
        "anct.communes_acces",
        ("population", "part_population", "appartenance", "zonage_national"),
        _recognise_access,
        _read_access,
    ),
)
