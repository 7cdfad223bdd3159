"""Insee: populations of the communes, incomes, and where people go to work."""

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


def _recognise_history(raw: RawFile) -> Recognised | None:
    for grid in raw.grids:
        if grid.find("CODGEO", "POP_COG1968", "POP_COG2018", exact=True):
            header = grid.rows[0]
            years = [int(found[1]) for head in header if (found := POPULATION_COG.fullmatch(head))]
            return Recognised(
                "cogugaison-populations@1968-2024",
                f"populations des communes, {min(years)} à {max(years)}, chacune dans les communes de son année",
                period="1968–2021",
                notes=(
                    "la colonne POP_COGa contient la population légale d’environ a−2 ; 2022 et 2024, répétées, sont écartées",
                ),
                detail={"header": header},
            )
    return None


def _read_history(raw: RawFile, found: Recognised) -> Iterator[Extract]:
    header: tuple[str, ...] = found.detail["header"]  # type: ignore[assignment]
    heads = {head: int(m[1]) for head in header if (m := POPULATION_COG.fullmatch(head))}
    cells = raw.cells(
        [header.index("CODGEO"), *(header.index(head) for head in heads)],
        after=0,
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


FILOSOFI = re.compile(r"([A-Z]+[A-Z0-9]*?)(\d{2})")


def _recognise_filosofi(raw: RawFile) -> Recognised | None:
    for grid in raw.grids:
        for header in grid.rows[:8]:
            if "CODGEO" not in header:
                continue
            years = {m[1] for head in header if (m := re.fullmatch(r"(?:MED|Q2)(\d{2})", head))}
            if len(years) != 1:
                continue
            year = 2000 + int(years.pop())
            row = grid.rows.index(header)
            codes = raw.cells([header.index("CODGEO")], after=row, sheet=grid.name, names=["code"])
            cog, notes = cog_year(codes["code"], ())
            return Recognised(
                f"insee-filosofi@{year}",
                f"revenus et pauvreté des communes (Filosofi {year})",
                cog=cog or year + 1,
                period=str(year),
                cog_sure=cog is not None,
                detail={"row": row, "sheet": grid.name, "header": header},
            )
    return None


def _read_filosofi(raw: RawFile, found: Recognised) -> Iterator[Extract]:
    header: tuple[str, ...] = found.detail["header"]  # type: ignore[assignment]
    year = int(found.period)
    suffix = f"{year % 100:02d}"
    heads = [head for head in header if head.endswith(suffix) and head not in {"CODGEO", "LIBGEO"}]
    cells = raw.cells(
        [header.index("CODGEO"), *(header.index(head) for head in heads)],
        after=found.detail["row"],
        sheet=str(found.detail["sheet"]),
        names=["code", *heads],  # type: ignore[arg-type]
    )
    cells["code"] = commune_codes(cells["code"])
    long = cells.melt(["code", "_row"], heads, var_name="mesure", value_name="valeur")
    long["mesure"] = long["mesure"].str.slice(0, -2)
    secret_mark = long["valeur"].isin(["s", "c", "nd", "ns"])
    long["valeur"] = decimal(long["valeur"], absent=("s", "c", "nd", "ns"))
    # an empty cell of this product is a commune under the diffusion threshold
    long["secret"] = long["valeur"].isna() | secret_mark
    yield Extract("revenu", long.assign(annee=year), headings={"code": "CODGEO"})


def _recognise_commuting(raw: RawFile) -> Recognised | None:
    for grid in raw.grids:
        detail = grid.find("COMMUNE", "DCLT", "IPONDI", exact=True)
        modes = grid.find("ORI", "DES", "MODE", "CSP", "FLOW", exact=True)
        base = next(
            (
                grid.find("CODGEO", "LIBGEO", head, "L_" + head, "NBFLUX_C")
                for head in ("DCLT", "DCETUF")
                if grid.find("CODGEO", "LIBGEO", head, "L_" + head, "NBFLUX_C")
            ),
            None,
        )
        found = detail or modes or base
        if found is None or found.row:
            continue
        motif = "etude" if "DCETUF" in found.columns else "travail"
        year = year_in(*raw.names)
        notes: tuple[str, ...] = ()
        if base:
            flow = next(head for head in grid.rows[0] if head.startswith("NBFLUX_C"))
            year = 2000 + int(flow[8:10])
        if year is None:
            year = 2013
            notes = ("année absente du fichier : environ 2013",)
        names = list(found.columns)
        place = "orne" if detail else "ile-de-france"
        card = (
            f"insee-mobpro-{place}@{year}"
            if not base
            else f"insee-mob{'sco' if motif == 'etude' else 'pro'}@{year}"
        )
        return Recognised(
            card,
            f"flux de commune à commune ({'études' if motif == 'etude' else 'travail'}, {year})",
            cog=year + 1,
            period=str(year),
            notes=notes,
            detail={"columns": found.columns, "names": names, "motif": motif},
        )
    return None


def _read_commuting(raw: RawFile, found: Recognised) -> Iterator[Extract]:
    columns: dict[str, int] = found.detail["columns"]  # type: ignore[assignment]
    new = {
        "COMMUNE": "origine",
        "CODGEO": "origine",
        "ORI": "origine",
        "DCLT": "destination",
        "DCETUF": "destination",
        "DES": "destination",
        "IPONDI": "flux",
        "FLOW": "flux",
        "NBFLUX_C": "flux",
        "MODE": "mode",
        "CSP": "categorie",
    }
    kept = [head for head in columns if head in new]
    cells = raw.cells([columns[head] for head in kept], after=0, names=[new[head] for head in kept])
    for name in ("origine", "destination"):
        cells[name] = commune_codes(cells[name])
    for name in ("mode", "categorie"):
        if name not in cells:
            cells[name] = None
    cells["flux"] = decimal(cells["flux"])
    yield Extract(
        "flux",
        cells.assign(annee=int(found.period), motif=found.detail["motif"]),
        headings={new[head]: head for head in kept},
    )


READERS = (
    Reader("cogugaison.populations", ("population",), _recognise_history, _read_history),
    Reader("insee.filosofi", ("revenu",), _recognise_filosofi, _read_filosofi),
    Reader("insee.flux", ("flux",), _recognise_commuting, _read_commuting),
)
