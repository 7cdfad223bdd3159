"""Insee: lists of communes, what happened to them, and the passage from a year to another."""

from __future__ import annotations

from collections.abc import Iterator

from assemblier.sources.readers.contract import (
    Extract,
    Reader,
    Recognised,
    cog_year,
    commune_codes,
    edition,
    year_named,
)
from assemblier.sources.readers.raw import RawFile

__all__ = ["READERS"]


def _recognise_cog(raw: RawFile) -> Recognised | None:
    for grid in raw.grids:
        found = grid.find("typecom", "com", "reg", "dep", "ncc", "libelle", "comparent", exact=True)
        if found is None:
            continue
        cells = raw.cells(
            [found.columns["typecom"], found.columns["com"]],
            after=found.row,
            sheet=grid.name,
            names=["type", "code"],
        )
        year, notes = cog_year(cells.loc[cells["type"] == "COM", "code"], raw.names)
        return Recognised(
            f"insee-cog@{edition(year)}",
            f"code officiel géographique {year}",
            cog=year,
            period=str(year or ""),
            notes=notes,
            detail={"columns": found.columns, "row": found.row},
        )
    return None


def _read_cog(raw: RawFile, found: Recognised) -> Iterator[Extract]:
    columns: dict[str, int] = found.detail["columns"]
    names = {
        "com": "code",
        "libelle": "nom",
        "typecom": "type",
        "dep": "departement",
        "reg": "region",
        "comparent": "parent",
    }
    cells = raw.cells(
        [columns[head] for head in names], after=found.detail["row"], names=list(names.values())
    )
    cells["code"] = commune_codes(cells["code"])
    yield Extract("commune", cells, headings={new: head for head, new in names.items()})


def _recognise_cog_events(raw: RawFile) -> Recognised | None:
    for grid in raw.grids:
        old = grid.find("DEP", "COM", "EFF", "MOD", "COMECH", "NCCOFF", "DEPCOM", exact=True)
        new = grid.find(
            "MOD",
            "DATE_EFF",
            "TYPECOM_AV",
            "COM_AV",
            "LIBELLE_AV",
            "TYPECOM_AP",
            "COM_AP",
            "LIBELLE_AP",
            exact=True,
        )
        columns = old or new
        if columns:
            year, notes = year_named(raw)
            return Recognised(
                f"insee-cog-mouvements@{edition(year)}",
                f"événements survenus aux communes, édition {edition(year)}",
                cog=year,
                period=f"1943–{year or ''}",
                notes=notes,
                detail={"old": bool(old), "columns": columns.columns, "row": columns.row},
            )
    return None


def _read_cog_events(raw: RawFile, found: Recognised) -> Iterator[Extract]:
    columns: dict[str, int] = found.detail["columns"]
    if found.detail["old"]:
        names = {
            "EFF": "date",
            "MOD": "modification",
            "COMECH": "code_avant",
            "NCCOFF": "nom_apres",
            "DEPCOM": "code_apres",
        }
        cells = raw.cells(
            [columns[head] for head in names], after=found.detail["row"], names=list(names.values())
        )
        cells["nom_avant"] = None
    else:
        names = {
            "DATE_EFF": "date",
            "MOD": "modification",
            "COM_AV": "code_avant",
            "LIBELLE_AV": "nom_avant",
            "COM_AP": "code_apres",
            "LIBELLE_AP": "nom_apres",
        }
        kept = [*names, "TYPECOM_AV", "TYPECOM_AP"]
        cells = raw.cells(
            [columns[head] for head in kept],
            after=found.detail["row"],
            names=[*names.values(), "avant", "apres"],
        )
        cells = cells[(cells["avant"] == "COM") & (cells["apres"] == "COM")].reset_index(drop=True)
    for name in ("code_avant", "code_apres"):
        cells[name] = commune_codes(cells[name])
    yield Extract("evenement", cells, headings={new: head for head, new in names.items()})


def _recognise_passage(raw: RawFile) -> Recognised | None:
    for grid in raw.grids:
        found = grid.find(
            "year_from",
            "year_to",
            "code_from",
            "code_to",
            "annee",
            "typemodif",
            "ratio",
            exact=True,
        )
        if found:
            return Recognised(
                "cogugaison-passage@1968-2024",
                "passage des communes entre deux années, 1968 à 2024",
                period="1968–2024",
                detail={"columns": found.columns, "row": found.row},
            )
    return None


def _read_passage(raw: RawFile, found: Recognised) -> Iterator[Extract]:
    columns: dict[str, int] = found.detail["columns"]
    names = {
        "year_from": "year_from",
        "year_to": "year_to",
        "code_from": "code_from",
        "code_to": "code_to",
        "annee": "date",
        "typemodif": "kind",
        "ratio": "ratio",
    }
    cells = raw.cells(
        [columns[head] for head in names], after=found.detail["row"], names=list(names.values())
    )
    for name in ("code_from", "code_to"):
        cells[name] = commune_codes(cells[name])
    # a few dates are written day first
    cells["date"] = cells["date"].str.replace(r"^(\d{2})/(\d{2})/(\d{4})$", r"\3-\2-\1", regex=True)
    yield Extract("passage", cells, headings={new: head for head, new in names.items()})


READERS = (
    Reader("insee.cog", ("commune",), _recognise_cog, _read_cog),
    Reader("insee.cog_evenements", ("evenement",), _recognise_cog_events, _read_cog_events),
    Reader("cogugaison.passage", ("passage",), _recognise_passage, _read_passage),
)
