"""CartoSanté and the ARS: GPs by territoire de vie-santé, patient flows, zoning of professions."""

from __future__ import annotations

from collections.abc import Iterator

from assemblier.sources.readers.contract import (
    Extract,
    Reader,
    Recognised,
    blank,
    cog_year,
    commune_codes,
    decimal,
    edition,
    year_in,
)
from assemblier.sources.readers.raw import RawFile

__all__ = ["READERS"]

ZONED = {"mg": "medecins", "inf": "infirmiers"}


def _recognise_tvs_series(raw: RawFile) -> Recognised | None:
    for grid in raw.grids:
        doctors = grid.find("code_tvs", "annee", "nb_medecins", exact=True)
        facilities = grid.find("code_tvs", "annee", "NB_D")
        found = doctors or facilities
        if found and found.row == 0:
            years = raw.cells([found.columns["annee"]], after=0, names=["annee"])["annee"].dropna()
            span = f"{years.min()}-{years.max()}"
            label = "médecins généralistes libéraux" if doctors else "équipements"
            return Recognised(
                f"{'cartosante-mg-tvs' if doctors else 'insee-bpe-tvs'}@{span}",
                f"{label} par territoire de vie-santé, {span}",
                cog=2019,
                period=span,
                detail={"header": grid.rows[0], "doctors": bool(doctors)},
            )
    return None


def _read_tvs_series(raw: RawFile, found: Recognised) -> Iterator[Extract]:
    header: tuple[str, ...] = found.detail["header"]
    cells = raw.cells(list(range(len(header))), after=0, names=list(header))
    cells = cells.rename(columns={"code_tvs": "tvs", "nb_medecins": "total"})
    cells["tvs"] = commune_codes(cells["tvs"])
    if found.detail["doctors"]:
        cells["total"] = decimal(
            cells["total"], absent=("NA", "N/A", "N/A - résultat non disponible")
        )
        absent = cells["total"].isna()
        yield Extract(
            "medecin_tvs",
            cells[~absent],
            headings={"tvs": "code_tvs", "total": "nb_medecins"},
            notes=(f"{int(absent.sum())} lignes sans valeur écartées",) if absent.any() else (),
        )
        return
    heads = [head for head in header if head.startswith("NB_")]
    long = cells.melt(["tvs", "annee", "_row"], heads, var_name="type", value_name="nombre")
    long["type"] = long["type"].str.removeprefix("NB_")
    long["nombre"] = decimal(long["nombre"], absent=("NA",))
    yield Extract("equipement_tvs", long.dropna(subset=["nombre"]), headings={"tvs": "code_tvs"})


def _recognise_tvs_communes(raw: RawFile) -> Recognised | None:
    for grid in raw.grids:
        found = grid.find(
            "code_commune", "lib_commune", "code_tvs", "lib_tvs", exact=True
        ) or grid.find(
            "Code commune",
            "Libellé de la commune",
            "Code du territoire de vie-santé",
            "Libellé du territoire de vie-santé",
            exact=True,
        )
        if found:
            columns = list(found.columns.values())
            codes = raw.cells([columns[0]], after=found.row, sheet=grid.name, names=["code"])
            cog, notes = cog_year(codes["code"], raw.names)
            return Recognised(
                f"drees-tvs@{edition(cog)}",
                f"communes des territoires de vie-santé {edition(cog)}",
                cog=cog,
                period=str(cog or ""),
                notes=notes,
                detail={"columns": columns, "row": found.row, "sheet": grid.name},
            )
    return None


def _read_tvs_communes(raw: RawFile, found: Recognised) -> Iterator[Extract]:
    columns: list[int] = found.detail["columns"]
    cells = raw.cells(
        columns,
        after=found.detail["row"],
        sheet=str(found.detail["sheet"]),
        names=["code", "nom", "zone", "libelle"],
    )
    for name in ("code", "zone"):
        cells[name] = commune_codes(cells[name])
    yield Extract("appartenance", cells[["code", "zone", "_row"]].assign(grille=f"tvs{found.cog}"))
    zones = cells.dropna(subset=["libelle"]).drop_duplicates("zone")
    counts = cells.groupby("zone")["code"].size()
    yield Extract(
        "libelle_zone",
        zones[["zone", "libelle", "_row"]].assign(
            grille=f"tvs{found.cog}", communes=zones["zone"].map(counts)
        ),
    )


def _recognise_export(raw: RawFile) -> Recognised | None:
    """Recognise an export of the screen: two title lines, then Code;Libellé;indicator."""
    for grid in raw.grids:
        found = grid.find("Code", "Libellé", "Zonage")
        if (
            found
            and found.row <= 4
            and "cartosante" in " ".join(grid.rows[0]).lower().replace("é", "e")
        ):
            zoning = found.columns["Zonage"]
            title = grid.rows[found.row][zoning].lower()
            profession = "inf" if "infirm" in title else "mg"
            codes = raw.cells([found.columns["Code"]], after=found.row, names=["code"])
            cog, notes = cog_year(codes["code"], raw.names)
            return Recognised(
                f"cartosante-zonage-{ZONED[profession]}@2024",
                f"export CartoSanté : {title}",
                cog=cog or 2024,
                period="2024",
                cog_sure=cog is not None,
                notes=notes if cog else (),
                detail={
                    "row": found.row,
                    "profession": profession,
                    "columns": [found.columns["Code"], zoning],
                },
            )
    return None


def _read_export(raw: RawFile, found: Recognised) -> Iterator[Extract]:
    cells = raw.cells(found.detail["columns"], after=found.detail["row"], names=["code", "classe"])
    cells["code"] = commune_codes(cells["code"])
    absent = cells["classe"].isna() | cells["classe"].str.startswith("N/A")
    yield Extract(
        "zonage_sante",
        cells[~absent].assign(profession=found.detail["profession"], date=None, tvs=None),
        notes=(f"{int(absent.sum())} communes sans résultat",) if absent.any() else (),
    )


def _recognise_doctors_zoning(raw: RawFile) -> Recognised | None:
    for grid in raw.grids:
        found = grid.find("code_insee", "nom", "zonage_medecins", exact=True)
        if found:
            return Recognised(
                "ars-zonage-medecins@2025-communes",
                "zonage médecins par commune (date de l’arrêté non dite)",
                cog=2024,
                period="avant juin 2025",
                cog_sure=False,
                detail={
                    "columns": found.columns,
                    "header": grid.rows[found.row],
                    "row": found.row,
                },
            )
    return None


def _read_doctors_zoning(raw: RawFile, found: Recognised) -> Iterator[Extract]:
    columns: dict[str, int] = found.detail["columns"]
    header: tuple[str, ...] = found.detail["header"]
    cells = raw.cells(
        [columns["code_insee"], columns["zonage_medecins"]],
        after=found.detail["row"],
        names=["code", "classe"],
    )
    cells["code"] = commune_codes(cells["code"])
    # a commune without result is in no class: it is not outside the zones
    absent = cells["classe"].isna() | cells["classe"].str.startswith("N/A")
    yield Extract(
        "zonage_sante",
        cells[~absent].assign(profession="mg", date=None, tvs=None),
        notes=(f"{int(absent.sum())} communes sans résultat",) if absent.any() else (),
    )
    if "zrr_2021" in header:
        zrr = raw.cells(
            [columns["code_insee"], header.index("zrr_2021")],
            after=found.detail["row"],
            names=["code", "libelle"],
        )
        zrr["code"] = commune_codes(zrr["code"])
        yield Extract("zonage_national", zrr.assign(dispositif="zrr_2021"))


FLOWS = ("Code commune patient", "Code commune médecin", "Actes")


def _recognise_flows(raw: RawFile) -> Recognised | None:
    for grid in raw.grids:
        found = grid.find(*FLOWS)
        if found:
            title = " ".join(cell for row in grid.rows[: found.row] for cell in row)
            year = year_in(title) or year_in(*raw.names)
            if year is None:
                return None
            return Recognised(
                f"cartosante-flux-mg@{year}",
                f"flux de patients vers les médecins généralistes, {year} (CartoSanté)",
                cog=year + 1,
                cog_sure=False,
                period=str(year),
                detail={"columns": list(found.columns.values()), "row": found.row, "year": year},
            )
    return None


def _read_flows(raw: RawFile, found: Recognised) -> Iterator[Extract]:
    cells = raw.cells(
        found.detail["columns"],
        after=found.detail["row"],
        names=["origine", "destination", "flux"],
    )
    for name in ("origine", "destination"):
        cells[name] = commune_codes(cells[name])
    cells["flux"] = decimal(blank(cells["flux"], "NC", "N/A", "NA", "ND", "NS"))
    hidden = int(cells["flux"].isna().sum())
    yield Extract(
        "flux",
        cells.assign(annee=found.detail["year"], motif="soins", mode=None, categorie=None),
        headings=dict(zip(("origine", "destination", "flux"), FLOWS, strict=True)),
        notes=(f"{hidden} flux masqués par le producteur, laissés vides",) if hidden else (),
    )


READERS = (
    Reader("cartosante.flux", ("flux",), _recognise_flows, _read_flows),
    Reader(
        "cartosante.tvs", ("medecin_tvs", "equipement_tvs"), _recognise_tvs_series, _read_tvs_series
    ),
    Reader(
        "drees.communes_tvs",
        ("appartenance", "libelle_zone"),
        _recognise_tvs_communes,
        _read_tvs_communes,
    ),
    Reader("cartosante.export", ("zonage_sante",), _recognise_export, _read_export),
    Reader(
        "ars.zonage_medecins",
        ("zonage_sante", "zonage_national"),
        _recognise_doctors_zoning,
        _read_doctors_zoning,
    ),
)
