"""Insee and IGN: communes, their events, their points and shapes, the grids they belong to."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
from shapely import to_wkb
from shapely.geometry import shape

from assemblier.sources.readers.contract import (
    Extract,
    Reader,
    Recognised,
    cog_year,
    commune_codes,
    year_in,
)
from assemblier.sources.readers.raw import RawFile

__all__ = ["READERS"]

GRIDS = {
    "DEP": "departement",
    "REG": "region",
    "EPCI": "epci",
    "EPT": "ept",
    "ARR": "arrondissement",
    "CV": "canton",
    "CANOV": "canton",
    "ZE2010": "ze2010",
    "ZE2020": "ze2020",
    "UU2010": "uu2010",
    "UU2020": "uu2020",
    "AU2010": "au2010",
    "AAV2020": "aav2020",
    "BV2012": "bv2012",
    "BV2022": "bv2022",
}
"""Heading of the producer → grid of the program."""
NO_ZONE = ("ZZZZZZZZZ", "ZZZZZ")


def _grid(raw: RawFile) -> list[tuple[str, int]]:
    header = raw.grids[0].rows[0] if raw.grids else ()
    return [(name, at) for at, name in enumerate(header)]


def _recognise_membership(raw: RawFile) -> Recognised | None:
    for grid in raw.grids:
        found = grid.find("CODGEO", "LIBGEO", "DEP", exact=True)
        if found is None or grid.name not in {"", "COM", "ARM"}:
            continue
        columns = {name: at for at, name in enumerate(grid.rows[found.row]) if name in GRIDS}
        if not {"EPCI", "BV2012", "BV2022"} & set(columns):
            continue
        codes = raw.cells(
            [found.columns["CODGEO"]], after=found.row, sheet=grid.name, names=["code"]
        )
        year, notes = cog_year(codes["code"], raw.names)
        return Recognised(
            f"insee-appartenance@{year}",
            f"table d’appartenance géographique des communes, COG {year}",
            cog=year,
            period=str(year),
            notes=notes,
            detail={
                "sheet": grid.name,
                "row": found.row,
                "columns": columns,
                "code": found.columns["CODGEO"],
                "name": found.columns["LIBGEO"],
            },
        )
    return None


def _read_membership(raw: RawFile, found: Recognised) -> Iterator[Extract]:
    columns: dict[str, int] = found.detail["columns"]  # type: ignore[assignment]
    heads = list(columns)
    cells = raw.cells(
        [found.detail["code"], found.detail["name"], *columns.values()],  # type: ignore[list-item]
        after=found.detail["row"],  # type: ignore[arg-type]
        sheet=found.detail["sheet"],  # type: ignore[arg-type]
        names=["code", "nom", *heads],
    )
    cells["code"] = commune_codes(cells["code"])
    communes = pd.DataFrame(
        {
            "code": cells["code"],
            "nom": cells["nom"],
            "type": "COM",
            "departement": cells.get("DEP"),
            "region": cells.get("REG"),
            "parent": None,
            "_row": cells["_row"],
        }
    )
    yield Extract("commune", communes, headings={"code": "CODGEO", "nom": "LIBGEO"})
    long = cells.melt(["code", "_row"], heads, var_name="grille", value_name="zone")
    dep = cells.set_index("code")["DEP"]
    long["grille"] = long["grille"].map(GRIDS)
    long = long[long["zone"].notna() & ~long["zone"].isin(NO_ZONE)]
    # a canton and an arrondissement are numbered inside their département in some editions
    short = long["grille"].isin(["arrondissement", "canton"]) & (long["zone"].str.len() <= 2)
    long.loc[short, "zone"] = long.loc[short, "code"].map(dep) + long.loc[short, "zone"]
    yield Extract("appartenance", long, headings={"code": "CODGEO"})


def _recognise_zone_names(raw: RawFile) -> Recognised | None:
    for grid in raw.grids:
        found = grid.find("NIVGEO", "CODGEO", "LIBGEO", exact=True)
        if found is None:
            continue
        levels = raw.cells(
            [found.columns["NIVGEO"]], after=found.row, sheet=grid.name, names=["niveau"]
        )
        known = {level for level in levels["niveau"].dropna() if level in GRIDS}
        year = year_in(*raw.names)
        return Recognised(
            f"insee-libelles-zonages@{year}",
            f"noms des zones des grilles officielles, {year}",
            cog=year,
            period=str(year),
            notes=(f"année lue dans le nom du fichier : {year}",),
            detail={"row": found.row, "sheet": grid.name, "known": sorted(known)},
        )
    return None


def _read_zone_names(raw: RawFile, found: Recognised) -> Iterator[Extract]:
    sheet: str = found.detail["sheet"]  # type: ignore[assignment]
    grid = next(grid for grid in raw.grids if grid.name == sheet)
    row: int = found.detail["row"]  # type: ignore[assignment]
    header = grid.rows[row]
    count = header.index("NB_COM") if "NB_COM" in header else header.index("CODGEO")
    cells = raw.cells(
        [header.index("NIVGEO"), header.index("CODGEO"), header.index("LIBGEO"), count],
        after=row,
        sheet=sheet,
        names=["grille", "zone", "libelle", "communes"],
    )
    if "NB_COM" not in header:
        cells["communes"] = None
    cells["grille"] = cells["grille"].map(GRIDS)
    kept = cells[cells["grille"].notna() & cells["libelle"].notna()]
    yield Extract("libelle_zone", kept, headings={"zone": "CODGEO", "libelle": "LIBGEO"})


def _recognise_cog(raw: RawFile) -> Recognised | None:
    for grid in raw.grids:
        found = grid.find("typecom", "com", "reg", "dep", "ncc", "libelle", "comparent", exact=True)
        if found is None or found.row:
            continue
        cells = raw.cells(
            [found.columns["typecom"], found.columns["com"]], after=0, names=["type", "code"]
        )
        year, notes = cog_year(cells.loc[cells["type"] == "COM", "code"], raw.names)
        return Recognised(
            f"insee-cog@{year}",
            f"code officiel géographique {year}",
            cog=year,
            period=str(year),
            notes=notes,
            detail={"columns": found.columns},
        )
    return None


def _read_cog(raw: RawFile, found: Recognised) -> Iterator[Extract]:
    columns: dict[str, int] = found.detail["columns"]  # type: ignore[assignment]
    names = {
        "com": "code",
        "libelle": "nom",
        "typecom": "type",
        "dep": "departement",
        "reg": "region",
        "comparent": "parent",
    }
    cells = raw.cells([columns[head] for head in names], after=0, names=list(names.values()))
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
        if old or new:
            year = year_in(*raw.names)
            return Recognised(
                f"insee-cog-evenements@{year}",
                f"événements survenus aux communes, édition {year}",
                cog=year,
                period=f"1943–{year}",
                notes=(f"année lue dans le nom du fichier : {year}",),
                detail={"old": bool(old), "columns": (old or new).columns},  # type: ignore[union-attr]
            )
    return None


def _read_cog_events(raw: RawFile, found: Recognised) -> Iterator[Extract]:
    columns: dict[str, int] = found.detail["columns"]  # type: ignore[assignment]
    if found.detail["old"]:
        names = {
            "EFF": "date",
            "MOD": "modification",
            "COMECH": "code_avant",
            "NCCOFF": "nom_apres",
            "DEPCOM": "code_apres",
        }
        cells = raw.cells([columns[head] for head in names], after=0, names=list(names.values()))
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
            [columns[head] for head in kept], after=0, names=[*names.values(), "avant", "apres"]
        )
        cells = cells[(cells["avant"] == "COM") & (cells["apres"] == "COM")]
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
                detail={"columns": found.columns},
            )
    return None


def _read_passage(raw: RawFile, found: Recognised) -> Iterator[Extract]:
    columns: dict[str, int] = found.detail["columns"]  # type: ignore[assignment]
    names = {
        "year_from": "year_from",
        "year_to": "year_to",
        "code_from": "code_from",
        "code_to": "code_to",
        "annee": "date",
        "typemodif": "kind",
        "ratio": "ratio",
    }
    cells = raw.cells([columns[head] for head in names], after=0, names=list(names.values()))
    for name in ("code_from", "code_to"):
        cells[name] = commune_codes(cells[name])
    # a few dates are written day first
    cells["date"] = cells["date"].str.replace(r"^(\d{2})/(\d{2})/(\d{4})$", r"\3-\2-\1", regex=True)
    yield Extract("passage", cells, headings={new: head for head, new in names.items()})


POINTS = {
    "mairie": ("mairie_lon", "mairie_lat"),
    "interieur": ("rep_lon", "rep_lat"),
    "centroide": ("centroid_lon", "centroid_lat"),
}


def _recognise_points(raw: RawFile) -> Recognised | None:
    for grid in raw.grids:
        found = grid.find(
            "code",
            "nom",
            "departement",
            "region",
            "epci",
            "centroid_lon",
            "centroid_lat",
            "mairie_lon",
            "mairie_lat",
            "area_km2_approx",
            exact=True,
        )
        if found:
            year = year_in(*raw.names)
            return Recognised(
                f"ign-communes-points@{year}",
                f"communes, points et superficies, COG {year}",
                cog=year,
                period=str(year),
                notes=(f"année lue dans le nom du fichier : {year}",),
                detail={"row": found.row},
            )
    return None


def _read_points(raw: RawFile, found: Recognised) -> Iterator[Extract]:
    header = dict(_grid(raw))
    wanted = ["code", "nom", "type", "departement", "region", "epci", "area_km2_approx"]
    wanted += [head for pair in POINTS.values() for head in pair]
    cells = raw.cells([header[head] for head in wanted], after=0, names=wanted)
    cells["code"] = commune_codes(cells["code"])
    # the table mixes communes and municipal arrondissements
    borough = cells["type"].str.startswith("arrondissement")
    communes = cells[["code", "nom", "departement", "region", "_row"]].assign(
        type=borough.map({True: "ARM", False: "COM"}), parent=None
    )
    yield Extract("commune", communes)
    epci = cells.loc[cells["epci"].notna() & ~cells["epci"].isin(NO_ZONE), ["code", "epci", "_row"]]
    yield Extract("appartenance", epci.rename(columns={"epci": "zone"}).assign(grille="epci"))
    areas = cells.loc[cells["area_km2_approx"].notna(), ["code", "area_km2_approx", "_row"]]
    yield Extract("superficie", areas.rename(columns={"area_km2_approx": "km2"}))
    points = []
    for kind, (lon, lat) in POINTS.items():
        has = cells[lon].notna() & cells[lat].notna()
        part = cells.loc[has, ["code", lon, lat, "_row"]]
        part.columns = pd.Index(["code", "longitude", "latitude", "_row"])
        points.append(part.assign(genre=kind))
    yield Extract("point", pd.concat(points, ignore_index=True))


def _recognise_contours(raw: RawFile) -> Recognised | None:
    head = raw.json_head
    if '"FeatureCollection"' not in head or "olygon" not in raw.head:
        return None
    content = raw.json()
    features = content["features"]  # type: ignore[index]
    properties = features[0].get("properties", {})
    code = next(
        (name for name in ("code", "codgeo", "INSEE_COM", "id") if name in properties), None
    )
    if code is None or len(str(properties[code])) != 5:
        return None
    year = year_in(*raw.names)
    departments = sorted({str(f["properties"][code])[:2] for f in features})
    return Recognised(
        f"contours-communes@{year}" if year else "isere-communes@2021",
        f"contours de {len(features)} communes (départements {', '.join(departments)})",
        cog=year,
        period=str(year or ""),
        notes=(f"année lue dans le nom du fichier : {year}",)
        if year
        else ("année des contours inconnue",),
        detail={"code": code},
    )


def _read_contours(raw: RawFile, found: Recognised) -> Iterator[Extract]:
    content = raw.json()
    code = str(found.detail["code"])
    rows = []
    for at, feature in enumerate(content["features"], start=1):  # type: ignore[index]
        properties = feature["properties"]
        rows.append(
            {
                "code": str(properties[code]),
                "nom": properties.get("nom") or properties.get("name") or properties.get("libgeo"),
                "geometrie": to_wkb(shape(feature["geometry"])),
                "_row": at,
            }
        )
    yield Extract("contour", pd.DataFrame(rows))


READERS = (
    Reader(
        "insee.appartenance", ("commune", "appartenance"), _recognise_membership, _read_membership
    ),
    Reader("insee.libelles_zonages", ("libelle_zone",), _recognise_zone_names, _read_zone_names),
    Reader("insee.cog", ("commune",), _recognise_cog, _read_cog),
    Reader("insee.cog_evenements", ("evenement",), _recognise_cog_events, _read_cog_events),
    Reader("cogugaison.passage", ("passage",), _recognise_passage, _read_passage),
    Reader(
        "ign.points",
        ("commune", "appartenance", "superficie", "point"),
        _recognise_points,
        _read_points,
    ),
    Reader("ign.contours", ("contour",), _recognise_contours, _read_contours),
)
