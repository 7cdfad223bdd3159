"""Insee: incomes and poverty of the communes (Filosofi), in the wide layout of 2012 to 2021."""

from __future__ import annotations

import re
from collections.abc import Iterator

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

SECRET = ("s", "c", "nd", "ns", "NS", "NC", "ND", "S", "C")


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
            cog, _ = cog_year(codes["code"], ())
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
    header: tuple[str, ...] = found.detail["header"]
    year = int(found.period)
    suffix = f"{year % 100:02d}"
    heads = [head for head in header if head.endswith(suffix) and head not in {"CODGEO", "LIBGEO"}]
    cells = raw.cells(
        [header.index("CODGEO"), *(header.index(head) for head in heads)],
        after=found.detail["row"],
        sheet=str(found.detail["sheet"]),
        names=["code", *heads],
    )
    cells["code"] = commune_codes(cells["code"])
    long = cells.melt(["code", "_row"], heads, var_name="mesure", value_name="valeur")
    long["mesure"] = long["mesure"].str.slice(0, -2)
    secret_mark = long["valeur"].isin(SECRET)
    long["valeur"] = decimal(long["valeur"], absent=SECRET)
    # an empty cell of this product is a commune under the diffusion threshold
    long["secret"] = long["valeur"].isna() | secret_mark
    yield Extract("revenu", long.assign(annee=year), headings={"code": "CODGEO"})


READERS = (Reader("insee.filosofi", ("revenu",), _recognise_filosofi, _read_filosofi),)
