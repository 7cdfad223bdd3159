"""Travel times and roads: matrices, pairs of points, cells of 200 m, OpenStreetMap extracts."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from assemblier.sources.readers.contract import (
    Extract,
    Reader,
    Recognised,
    commune_codes,
    decimal,
    scaled,
    year_in,
)
from assemblier.sources.readers.raw import RawFile

__all__ = ["READERS"]

PARIS = "75056"
NO_ROUTE = "9999"
SECONDS = 60.0
TIME_COLUMNS = ("km", "x_origine", "y_origine", "x_destination", "y_destination")
PAIR = {"X1": "x_origine", "Y1": "y_origine", "X2": "x_destination", "Y2": "y_destination"}


def _times(frame: pd.DataFrame, engine: str) -> pd.DataFrame:
    """Give a frame the columns of the table of times that its layout does not have, empty."""
    absent = dict.fromkeys(name for name in TIME_COLUMNS if name not in frame)
    return frame.assign(moteur=engine, **absent)


def _recognise_matrix(raw: RawFile) -> Recognised | None:
    if raw.kind != "csv" or len(raw.grids[0].rows) < 2:
        return None
    header, first = raw.grids[0].rows[:2]
    if len(header) < 3 or header[0] != "id" or len(header) < 3 or len(first) != len(header):
        return None
    if any(len(head) != 5 for head in header[1:]) or len(first[0]) != 5:
        return None
    if set(header[1:]) & {"long", "label"} or not all(head[2:].isdigit() for head in header[1:]):
        return None
    departments = sorted({head[:2] for head in header[1:]})
    year = year_in(*raw.names)
    return Recognised(
        f"temps-isere@{year or 2021}",
        f"temps en voiture entre {len(header) - 1} communes "
        f"(départements {', '.join(departments)})",
        cog=year or 2021,
        cog_sure=False,
        period=str(year or 2021),
        notes=(
            f"année lue dans le nom du fichier : {year}" if year else "année supposée : 2021",
            "secondes, moteur OSRM",
        ),
        detail={"header": header},
    )


def _read_matrix(raw: RawFile, found: Recognised) -> Iterator[Extract]:
    header: tuple[str, ...] = found.detail["header"]
    cells = raw.cells(range(len(header)), after=0, names=["origine", *header[1:]])
    long = cells.melt(["origine", "_row"], list(header[1:]), "destination", "secondes")
    diagonal = long["origine"] == long["destination"]
    notes = [f"{int(diagonal.sum())} temps d’une commune à elle-même écartés"]
    if set(cells["origine"].dropna()) != set(header[1:]):
        notes.append("origines et destinations ne sont pas les mêmes communes")
    kept = long[~diagonal].reset_index(drop=True)
    unreached = int(kept["secondes"].isna().sum())
    if unreached:
        notes.append(f"{unreached} couples sans itinéraire")
    yield Extract("temps", _times(kept, f"osrm-{found.period}"), notes=tuple(notes))


def _recognise_pairs(raw: RawFile) -> Recognised | None:
    for grid in raw.grids:
        if found := grid.find("id1", *PAIR, "id2", "Dist_min", "Dist_km", exact=True):
            return Recognised(
                "temps-gironde-osrm@2021",
                "temps et distances OSRM de couples de points en Lambert 93",
                period="2021",
                detail={"columns": found.columns, "engine": "osrm", "row": found.row},
            )
        found = grid.find(*PAIR, "HC", exact=True)
        if found:
            return Recognised(
                "temps-gironde-metric@2021",
                "temps Metric (heures creuses) de couples de points en Lambert 93",
                period="2021",
                detail={"columns": found.columns, "engine": "metric", "row": found.row},
            )
    return None


def _read_pairs(raw: RawFile, found: Recognised) -> Iterator[Extract]:
    columns: dict[str, int] = found.detail["columns"]
    engine = found.detail["engine"]
    osrm = engine == "osrm"
    names = {**PAIR, **({"Dist_min": "minutes", "Dist_km": "km"} if osrm else {"HC": "minutes"})}
    if osrm:
        names |= {"id1": "origine", "id2": "destination"}
    cells = raw.cells(
        [columns[head] for head in names], after=found.detail["row"], names=list(names.values())
    )
    for name in set(names.values()) - {"origine", "destination"}:
        cells[name] = decimal(cells[name])
    if not osrm:
        # no identifiers: the points themselves name the ends, to the centimetre
        for end in ("origine", "destination"):
            cells[end] = _point_name(cells[f"x_{end}"], cells[f"y_{end}"])
    minutes = cells["minutes"]
    lost = minutes.str.fullmatch(rf"{NO_ROUTE}(\.0*)?", na=False)
    cells["secondes"] = scaled(minutes.mask(lost), SECONDS)
    notes = (f"{int(lost.sum())} couples sans itinéraire (9999)",) if lost.any() else ()
    yield Extract(
        "temps",
        _times(cells.drop(columns="minutes"), f"{engine}-{found.period}"),
        headings={new: head for head, new in names.items()} | {"secondes": "Dist_min ou HC"},
        notes=notes,
    )


def _point_name(x: pd.Series, y: pd.Series) -> pd.Series:
    east = pd.to_numeric(x, errors="coerce").round(2).astype("str")
    north = pd.to_numeric(y, errors="coerce").round(2).astype("str")
    return "L93 " + east + " " + north


def _recognise_paris(raw: RawFile) -> Recognised | None:
    for grid in raw.grids:
        found = grid.find("id", "pop", "area", "lon", "lat", "duration", exact=True)
        if found and grid.cell(found.row + 1, found.columns["id"]).startswith("FR_"):
            return Recognised(
                "temps-communes-paris@2020",
                "temps en voiture de chaque commune à Paris",
                cog=2019,
                period="2020",
                notes=("population et superficie sans date : écartées",),
                detail={"columns": found.columns, "row": found.row},
            )
    return None


def _read_paris(raw: RawFile, found: Recognised) -> Iterator[Extract]:
    columns: dict[str, int] = found.detail["columns"]
    cells = raw.cells(
        [columns[name] for name in ("id", "duration", "lon", "lat")],
        after=found.detail["row"],
        names=["origine", "secondes", "longitude", "latitude"],
    )
    cells["origine"] = cells["origine"].str.removeprefix("FR_")
    cells["secondes"] = decimal(cells["secondes"], absent=("NA", "NaN"))
    absent = int(cells["secondes"].isna().sum())
    yield Extract(
        "temps",
        _times(cells[["origine", "secondes", "_row"]].assign(destination=PARIS), "osrm-2020"),
        headings={"origine": "id", "secondes": "duration"},
        notes=(f"{absent} communes sans itinéraire",) if absent else (),
    )
    points = cells.rename(columns={"origine": "code"}).drop(columns="secondes")
    for axis in ("longitude", "latitude"):
        points[axis] = decimal(points[axis])
    yield Extract(
        "point",
        points.assign(genre="centroide"),
        headings={"code": "id", "longitude": "lon", "latitude": "lat"},
        notes=("le producteur ne dit pas ce que le point désigne : tenu pour un centre",),
    )


CELLS = ("pop", "depcom", "typeeq_id", "duree")
KEPT_TYPES = ("D265", "D307", "D106", "D113", "D277", "D281", "D279", "D278", "D108", "D107")
BEYOND = (20, 30)


def _recognise_cells(raw: RawFile) -> Recognised | None:
    for grid in raw.grids:
        found = grid.find(*CELLS, "X", "Y", exact=True)
        if found:
            year = year_in(*raw.names) or 2025
            return Recognised(
                f"insee-acces-equipements@{year}-{_region(raw)}",
                f"temps d’accès des carreaux de 200 m aux équipements, {year}, par commune",
                cog=year,
                cog_sure=False,
                period=str(year),
                notes=(f"types gardés : {', '.join(KEPT_TYPES)}",),
                detail={"names": list(grid.rows[found.row]), "row": found.row, "year": year},
            )
    return None


def _region(raw: RawFile) -> str:
    name = " ".join(raw.names)
    found = re.search(r"reg([0-9A-Z]{2})", name)
    code = found[1] if found else "inconnue"
    return {"53": "bretagne", "24": "centre-val-de-loire"}.get(code, code)


def _read_cells(raw: RawFile, found: Recognised) -> Iterator[Extract]:
    """Sum the cells of each commune as they stream by: the files are of hundreds of megabytes."""
    sums: list[pd.DataFrame] = []
    at = 0
    for batch in raw.parquet().iter_batches(columns=list(CELLS), batch_size=1 << 20):
        rows = np.arange(at + 1, at + 1 + batch.num_rows, dtype=np.int64)
        at += batch.num_rows
        wanted = pc.is_in(batch.column("typeeq_id").cast(pa.string()), pa.array(KEPT_TYPES))
        part = batch.filter(wanted).to_pandas()
        part["_row"] = rows[wanted.to_numpy(zero_copy_only=False)]
        reached = part["duree"].notna() & part["pop"].notna()
        part = part[reached]
        part["minutes"] = part["duree"] * part["pop"]
        for bound in BEYOND:
            part[f"plus{bound}"] = part["pop"].where(part["duree"] > bound, 0.0)
        sums.append(_summed(part.rename(columns={"depcom": "code", "typeeq_id": "type"})))
    whole = _summed(pd.concat(sums, ignore_index=True))
    whole["minutes"] /= whole["pop"].where(whole["pop"] > 0)
    empty = whole["minutes"].isna()
    whole = whole[~empty].rename(columns={"pop": "population"}).reset_index(drop=True)
    whole["code"] = commune_codes(whole["code"].astype("str"))
    yield Extract(
        "acces_carreau",
        whole.assign(annee=found.detail["year"]),
        notes=(f"{at} carreaux et types lus, sommés en {len(whole)} lignes",),
    )


def _summed(part: pd.DataFrame) -> pd.DataFrame:
    kept = {name: (name, "sum") for name in ("pop", "minutes", "plus20", "plus30")}
    return part.groupby(["code", "type"], as_index=False).agg(**kept, _row=("_row", "first"))


def _recognise_osm(raw: RawFile) -> Recognised | None:
    if raw.kind != "pbf":
        return None
    name = raw.path.name.lower()
    known = {"monaco": "monaco-2022", "andorra": "andorre", "bretagne": "bretagne"}
    stem = name.split(".")[0].removesuffix("-latest")
    edition = next((value for key, value in known.items() if key in name), stem)
    return Recognised(
        f"osm-geofabrik@{edition}",
        "extrait d’OpenStreetMap, gardé tel quel pour le calcul des temps",
        notes=("étendue et date lues dans le nom du fichier",),
    )


def _read_osm(raw: RawFile, _found: Recognised) -> Iterator[Extract]:
    yield Extract(
        "route",
        pd.DataFrame(
            {
                "fichier": [raw.path.name],
                "empreinte": [raw.sha256],
                "octets": [raw.path.stat().st_size],
                "_row": [1],
            }
        ),
    )


READERS = (
    Reader("temps.matrice", ("temps",), _recognise_matrix, _read_matrix),
    Reader("temps.couples", ("temps",), _recognise_pairs, _read_pairs),
    Reader("temps.paris", ("temps", "point"), _recognise_paris, _read_paris, version=2),
    Reader("insee.acces_carreaux", ("acces_carreau",), _recognise_cells, _read_cells),
    Reader("osm.extrait", ("route",), _recognise_osm, _read_osm),
)
