"""Zonings of health professionals by decree: the national table, the TVS workbook, old extracts."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from assemblier.sources.readers.contract import (
    Extract,
    Ignored,
    Reader,
    Recognised,
    blank,
    commune_codes,
    year_in,
)
from assemblier.sources.readers.raw import RawFile

__all__ = ["READERS"]

PROFESSIONS = {
    "zmed": "mg",
    "zide": "inf",
    "zmk": "mk",
    "zsf": "sf",
    "zdent": "cd",
    "zortho": "ortho",
}
"""Prefix of the producer → profession."""
NATIONAL = ("niveau", "com_code", "tvs_code", "tvs_lib", "bvcv_code", "zmed_niveau")


def french_dates(cells: pd.Series) -> pd.Series:
    """Turn dd/mm/yyyy into ISO dates; what is written otherwise stays, for the check to report."""
    day, month = r"(0[1-9]|[12]\d|3[01])", r"(0[1-9]|1[0-2])"
    return cells.str.replace(rf"^{day}/{month}/(\d{{4}})$", r"\3-\2-\1", regex=True)


def _recognise_national(raw: RawFile) -> Recognised | None:
    for grid in raw.grids:
        found = grid.find(*NATIONAL, exact=True)
        if found is None:
            continue
        header = grid.rows[found.row]
        date = ""
        if "date_maj" in header:
            date = grid.cell(found.row + 1, header.index("date_maj"))
        return Recognised(
            "atlasante-zonages@courant",
            f"zonages des professionnels de santé par commune{f', au {date}' if date else ''}",
            cog=year_in(date) or 2025,
            cog_sure=False,
            period=date,
            detail={"header": header, "row": found.row},
        )
    return None


def _read_national(raw: RawFile, found: Recognised) -> Iterator[Extract]:
    header: tuple[str, ...] = found.detail["header"]
    cells = raw.cells(range(len(header)), after=found.detail["row"], names=list(header))
    communes = cells["niveau"].str.upper() == "COM"
    other = int((~communes).sum())
    cells = cells[communes].reset_index(drop=True)
    cells["code"] = commune_codes(cells["com_code"])
    year = found.cog
    for prefix, profession in PROFESSIONS.items():
        level = f"{prefix}_niveau"
        if level not in cells:
            continue
        # NC: not classified, never a level
        classe = blank(cells[level], "NC", "N/A", "NA")
        date = cells.get(f"{prefix}_date_arrete")
        part = pd.DataFrame(
            {
                "code": cells["code"],
                "classe": classe,
                "date": french_dates(date) if date is not None else None,
                "tvs": cells["tvs_code"] if profession in {"mg", "cd"} else None,
                "profession": profession,
                "_row": cells["_row"],
            }
        )
        absent = part["classe"].isna()
        notes = [f"{int(absent.sum())} communes non classées"] if absent.any() else []
        if other and profession == "mg":
            notes.append(f"{other} lignes d’autres niveaux que la commune écartées")
        yield Extract(
            "zonage_sante",
            part[~absent].reset_index(drop=True),
            headings={"code": "com_code", "classe": level, "date": f"{prefix}_date_arrete"},
            notes=tuple(notes),
        )
    for grid, name in ((f"tvs{year}", "tvs"), (f"bvcv{year}", "bvcv")):
        inside = cells.loc[cells[f"{name}_code"].notna(), ["code", f"{name}_code", "_row"]]
        yield Extract(
            "appartenance",
            inside.rename(columns={f"{name}_code": "zone"}).assign(grille=grid),
            headings={"code": "com_code", "zone": f"{name}_code"},
        )
        zones = cells.dropna(subset=[f"{name}_code", f"{name}_lib"]).drop_duplicates(f"{name}_code")
        counts = cells.groupby(f"{name}_code")["code"].size()
        named = zones[[f"{name}_code", f"{name}_lib", "_row"]].rename(
            columns={f"{name}_code": "zone", f"{name}_lib": "libelle"}
        )
        yield Extract("libelle_zone", named.assign(grille=grid, communes=named["zone"].map(counts)))


def _recognise_tvs(raw: RawFile) -> Recognised | None:
    """Recognise the workbook of the doctors' zoning by territoire de vie-santé."""
    for grid in raw.grids:
        if grid.name != "Zonage_TVS":
            continue
        for at, row in enumerate(grid.rows):
            plain_row = [cell.lower() for cell in row]
            code = next((i for i, c in enumerate(plain_row) if "code" in c and "tvs" in c), None)
            level = next((i for i, c in enumerate(plain_row) if "zonage" in c), None)
            if code is None or level is None or code == level:
                continue
            commune = next((i for i, c in enumerate(plain_row) if "code" in c and "com" in c), None)
            year = year_in(*raw.names) or 2019
            return Recognised(
                "ars-zonage-medecins@2019-tvs",
                f"zonage des médecins par territoire de vie-santé, {year}",
                cog=year,
                cog_sure=False,
                period=str(year),
                detail={
                    "sheet": grid.name,
                    "row": at,
                    "columns": (code, level, commune),
                    "heads": row,
                },
            )
    return None


def _read_tvs(raw: RawFile, found: Recognised) -> Iterator[Extract]:
    code, level, commune = found.detail["columns"]
    heads: tuple[str, ...] = found.detail["heads"]
    by_commune = commune is not None
    columns = [code, level, *([commune] if by_commune else [])]
    names = ["tvs", "classe", *(["code"] if by_commune else [])]
    cells = raw.cells(columns, after=found.detail["row"], sheet=found.detail["sheet"], names=names)
    cells["classe"] = blank(cells["classe"], "NC", "N/A", "NA")
    absent = cells["classe"].isna() | cells["tvs"].isna()
    cells = cells[~absent].reset_index(drop=True)
    cells["tvs"] = commune_codes(cells["tvs"])
    notes = (f"{int(absent.sum())} lignes sans classe écartées",) if absent.any() else ()
    if by_commune:
        cells["code"] = commune_codes(cells["code"])
        yield Extract(
            "zonage_sante",
            cells.assign(profession="mg", date=None),
            headings={"classe": heads[level], "code": heads[commune]},
            notes=notes,
        )
        return
    yield Extract(
        "zonage_tvs",
        cells.assign(profession="mg", date=None),
        headings={"tvs": heads[code], "classe": heads[level]},
        notes=notes,
    )


def _recognise_postcodes(raw: RawFile) -> Ignored | None:
    for grid in raw.grids:
        if grid.find("Code_postal", "Nom_commune", "Zonage", exact=True):
            return Ignored(
                "zonage des médecins donné par code postal et nom : une commune ne s’y reconnaît "
                "pas sûrement sans table des codes postaux ; la même liste avec les codes Insee "
                "(code_insee, zonage_medecins) est lue à sa place"
            )
    return None


def _nothing(_raw: RawFile, _found: Recognised) -> Iterator[Extract]:
    return iter(())


READERS = (
    Reader(
        "atlasante.zonages",
        ("zonage_sante", "appartenance", "libelle_zone"),
        _recognise_national,
        _read_national,
    ),
    Reader("ars.zonage_tvs", ("zonage_sante", "zonage_tvs"), _recognise_tvs, _read_tvs),
    Reader("ars.zonmed", (), _recognise_postcodes, _nothing),
)
