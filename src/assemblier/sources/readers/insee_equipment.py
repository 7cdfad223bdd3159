"""Insee: the permanent base of facilities (BPE), counts by commune and located points."""

from __future__ import annotations

from collections.abc import Iterator

from assemblier.sources.readers.contract import Extract, Reader, Recognised, commune_codes, year_in
from assemblier.sources.readers.raw import RawFile

__all__ = ["READERS"]

ENSEMBLE = {
    "DEPCOM": "code",
    "DCIRIS": "iris",
    "AN": "annee",
    "TYPEQU": "type",
    "NB_EQUIP": "nombre",
}


def _recognise_ensemble(raw: RawFile) -> Recognised | None:
    for grid in raw.grids:
        found = grid.find(*ENSEMBLE, exact=True)
        if found is None or len(grid.rows) <= found.row + 1:
            continue
        year = int(grid.rows[found.row + 1][found.columns["AN"]])
        return Recognised(
            f"insee-bpe@{year}",
            f"base permanente des équipements {year}, tous types, dénombrement",
            cog=year,
            period=str(year),
            detail={"columns": found.columns, "row": found.row},
        )
    return None


def _read_ensemble(raw: RawFile, found: Recognised) -> Iterator[Extract]:
    columns: dict[str, int] = found.detail["columns"]  # type: ignore[assignment]
    cells = raw.cells(
        [columns[head] for head in ENSEMBLE],
        after=found.detail["row"],  # type: ignore[arg-type]
        names=list(ENSEMBLE.values()),
    )
    cells["code"] = commune_codes(cells["code"])
    yield Extract("equipement", cells, headings={new: head for head, new in ENSEMBLE.items()})


def _recognise_labels(raw: RawFile) -> Recognised | None:
    for grid in raw.grids:
        plain = grid.find("type", "libelle", exact=True) or grid.find(
            "TYPEQU", "Libelle_TYPEQU", exact=True
        )
        if plain is None or len(grid.rows) < plain.row + 2:
            continue
        first = grid.rows[plain.row + 1][next(iter(plain.columns.values()))]
        if len(first) != 4 or not first[0].isalpha() or not first[1:].isdigit():
            continue
        year = year_in(*raw.names)
        return Recognised(
            f"insee-bpe-libelles@{year}",
            f"libellés des types d’équipements, {year}",
            period=str(year),
            notes=(f"année lue dans le nom du fichier : {year}",),
            detail={"columns": plain.columns, "row": plain.row, "year": year},
        )
    return None


def _read_labels(raw: RawFile, found: Recognised) -> Iterator[Extract]:
    columns: dict[str, int] = found.detail["columns"]  # type: ignore[assignment]
    cells = raw.cells(list(columns.values()), after=found.detail["row"], names=["type", "libelle"])  # type: ignore[arg-type]
    yield Extract("libelle_equipement", cells.assign(annee=found.detail["year"]))


READERS = (
    Reader("insee.bpe", ("equipement",), _recognise_ensemble, _read_ensemble),
    Reader("insee.bpe_libelles", ("libelle_equipement",), _recognise_labels, _read_labels),
)
