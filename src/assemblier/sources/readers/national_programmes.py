"""National zonings and programmes by commune, density grid, deprivation indices, schools."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assemblier.language import plain
from assemblier.sources.readers.contract import (
    Extract,
    Ignored,
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


def _recognise_anct(raw: RawFile) -> Ignored | None:
    for grid in raw.grids:
        if grid.find("id", "lib", "perimetre", "nbcom", "layer", exact=True):
            return Ignored(
                "zonages et contrats de 2020 nommés sans code de commune ni département : un nom "
                "seul ne désigne pas une commune, et les contrats d’EPCI n’en donnent pas la liste"
            )
    return None


def _nothing(_raw: RawFile, _found: Recognised) -> Iterator[Extract]:
    return iter(())


def _recognise_qpv(raw: RawFile) -> Recognised | None:
    for grid in raw.grids:
        found = grid.find("code", "qpv", exact=True)
        if found and grid.width == 2:
            return Recognised(
                "insee-qpv-communes@2025-communes",
                "quartiers prioritaires de la ville par commune, 2025",
                cog=2025,
                period="2025",
                detail={"row": found.row, "columns": list(found.columns.values()), "split": False},
            )
        found = grid.find("LIB_QP", "LIST_COM_")
        if found:
            head = grid.rows[found.row][found.columns["LIST_COM_"]]
            year = year_in(head.replace("_", " ")) or 2025
            return Recognised(
                f"insee-qpv-communes@{year}",
                f"quartiers prioritaires de la ville et leurs communes, {year}",
                cog=year,
                period=str(year),
                detail={
                    "row": found.row,
                    "columns": [found.columns["LIST_COM_"], found.columns["LIB_QP"]],
                    "split": True,
                },
            )
    return None


def _read_qpv(raw: RawFile, found: Recognised) -> Iterator[Extract]:
    cells = raw.cells(found.detail["columns"], after=found.detail["row"], names=["code", "libelle"])
    if found.detail["split"]:
        # a neighbourhood may lie in several communes, all in one cell
        cells["code"] = cells["code"].str.findall(r"[0-9][0-9AB][0-9]{3}")
        cells = cells.explode("code", ignore_index=True)
    cells["code"] = commune_codes(cells["code"])
    yield Extract("zonage_national", cells.assign(dispositif="qpv"), headings={"libelle": "qpv"})


PROGRAMMES = {
    "pvd": ("petites villes de demain", "pvd"),
    "acv": ("action coeur de ville", "acv"),
    "va": ("villages d avenir", "va"),
}
PROGRAMME_EDITIONS = {"pvd": "pvd-2024-01", "acv": "acv-2024-02", "va": "va-2026-06"}
CODE_HEADS = ("insee_com", "code_insee", "codgeo", "code_commune", "Code_insee", "code")


def _recognise_frr(raw: RawFile) -> Recognised | None:
    for grid in raw.grids:
        found = grid.find("Code_insee", "Classement FRR") or grid.find(
            "Code Insee", "Classement FRR"
        )
        if found:
            code, level = found.columns.values()
            title = grid.rows[found.row][level]
            year = year_in(title) or year_in(*raw.names) or 2025
            return Recognised(
                "dgcl-frr@2025-07",
                f"communes classées France ruralités revitalisation, {year}",
                cog=year,
                cog_sure=False,
                period=str(year),
                detail={"row": found.row, "sheet": grid.name, "columns": [code, level]},
            )
    return None


def _read_frr(raw: RawFile, found: Recognised) -> Iterator[Extract]:
    cells = raw.cells(
        found.detail["columns"],
        after=found.detail["row"],
        sheet=found.detail["sheet"],
        names=["code", "libelle"],
    )
    none = cells["libelle"].map(lambda text: plain(str(text)) == "non classee")
    cells = cells[~none].reset_index(drop=True)
    cells["code"] = commune_codes(cells["code"])
    yield Extract(
        "zonage_national",
        cells.assign(dispositif="frr"),
        notes=(f"{int(none.sum())} communes non classées",),
    )


def _recognise_programme(raw: RawFile) -> Recognised | None:
    """Recognise a list of towns of a programme: the content has no title, so the name may serve."""
    for grid in raw.grids:
        if not grid.rows:
            continue
        header = grid.rows[0]
        code = next((i for i, head in enumerate(header) if plain(head) in _CODE_HEADS), None)
        if code is None:
            continue
        text = plain(" ".join((*header, *raw.names)))
        words = text.split()
        for programme, names in PROGRAMMES.items():
            if names[0] in text or any(re.fullmatch(rf"{names[1]}(com\d*)?", w) for w in words):
                year = year_in(*re.findall(r"com(\d{4})", " ".join(raw.names))) or year_in(
                    *raw.names
                )
                label = next(
                    (i for i, head in enumerate(header) if plain(head).startswith("lib")), code
                )
                return Recognised(
                    f"anct-programmes@{PROGRAMME_EDITIONS[programme]}",
                    f"communes du programme {names[0]}",
                    cog=year or 2023,
                    cog_sure=year is not None,
                    period=str(year or ""),
                    notes=("programme reconnu au titre ou au nom du fichier",),
                    detail={"columns": [code, label], "programme": programme, "sheet": grid.name},
                )
    return None


_CODE_HEADS = tuple(plain(head) for head in CODE_HEADS)


def _read_programme(raw: RawFile, found: Recognised) -> Iterator[Extract]:
    cells = raw.cells(
        found.detail["columns"], after=0, sheet=found.detail["sheet"], names=["code", "libelle"]
    )
    cells["code"] = commune_codes(cells["code"])
    yield Extract("zonage_national", cells.assign(dispositif=found.detail["programme"]))


def _recognise_density(raw: RawFile) -> Recognised | None:
    for grid in raw.grids:
        regional = grid.find("code_insee", "grille_densite7", exact=True)
        national = grid.find("CODGEO", "DENS", "LIBDENS", exact=True)
        found = regional or national
        if found is None:
            continue
        code, level = list(found.columns.values())[:2]
        codes = raw.cells([code], after=found.row, sheet=grid.name, names=["code"])
        cog, notes = cog_year(codes["code"], raw.names)
        if regional:
            return Recognised(
                "insee-grille-densite@2020-occitanie",
                "grille de densité à sept niveaux des communes d’Occitanie",
                cog=2020,
                cog_sure=False,
                notes=("distance à l’urgence écartée : aucune méthode ne l’accompagne",),
                detail={"row": found.row, "sheet": grid.name, "columns": [code, level]},
            )
        return Recognised(
            f"insee-grille-densite@{edition(cog)}",
            f"grille communale de densité à sept niveaux, {edition(cog)}",
            cog=cog,
            cog_sure=cog is not None,
            period=str(cog or ""),
            notes=notes,
            detail={"row": found.row, "sheet": grid.name, "columns": [code, level]},
        )
    return None


def _read_density(raw: RawFile, found: Recognised) -> Iterator[Extract]:
    cells = raw.cells(
        found.detail["columns"],
        after=found.detail["row"],
        sheet=found.detail["sheet"],
        names=["code", "niveau"],
    )
    footer = cells["niveau"].isna() & ~cells["code"].str.fullmatch("[0-9A-Z]{4,5}", na=False)
    cells = cells[~footer].reset_index(drop=True)
    cells["code"] = commune_codes(cells["code"])
    yield Extract("densite", cells, headings={"niveau": "DENS"})


def _recognise_deprivation(raw: RawFile) -> Recognised | None:
    for grid in raw.grids:
        if found := grid.find("code", "fedi", "part_75plus_pct", exact=True):
            return Recognised(
                "spf-fedi@2021-75plus",
                "indice de défavorisation F-EDI 2021 et part des 75 ans et plus en 2022",
                cog=2021,
                cog_sure=False,
                period="2021, 2022",
                detail={"columns": list(found.columns.values()), "row": found.row, "kind": "both"},
            )
        if found := grid.find("Commune Code", "EDI", "Quintile nat"):
            return Recognised(
                "spf-fedi@2021",
                "indice de défavorisation F-EDI 2021 des communes",
                cog=2021,
                cog_sure=False,
                period="2021",
                detail={"columns": list(found.columns.values()), "row": found.row, "kind": "fedi"},
            )
        if found := grid.find("Code commune", "Indice de défavorisation en quintiles"):
            return Recognised(
                "spf-fdep@2020",
                "indice de défavorisation FDep 2020 des communes",
                cog=2020,
                cog_sure=False,
                period="2020",
                notes=("la colonne « … en quintiles » contient en fait le score",),
                detail={"columns": list(found.columns.values()), "row": found.row, "kind": "fdep"},
            )
    return None


def _read_deprivation(raw: RawFile, found: Recognised) -> Iterator[Extract]:
    kind = found.detail["kind"]
    names = {
        "both": ["code", "score", "valeur"],
        "fedi": ["code", "score", "quintile"],
        "fdep": ["code", "score"],
    }[kind]
    cells = raw.cells(found.detail["columns"], after=found.detail["row"], names=names)
    cells["code"] = commune_codes(cells["code"])
    cells["score"] = decimal(blank(cells["score"], "NA", "ND", "NS"))
    if "quintile" not in cells:
        cells["quintile"] = None
    index, year = ("fdep", 2020) if kind == "fdep" else ("fedi", 2021)
    yield Extract("defavorisation", cells.assign(annee=year, indice=index))
    if kind == "both":
        cells["valeur"] = decimal(cells["valeur"])
        yield Extract(
            "part_population",
            cells[["code", "valeur", "_row"]].assign(annee=2022, mesure="part_75plus"),
            headings={"valeur": "part_75plus_pct"},
        )


SCHOOLS = ("ouverts", "ecoles", "colleges", "lycees", "public", "prive")


def _recognise_schools(raw: RawFile) -> Recognised | None:
    for grid in raw.grids:
        found = grid.find("code", *SCHOOLS, exact=True)
        if found:
            return Recognised(
                "education-annuaire@2026-communes",
                "établissements scolaires ouverts par commune",
                cog=2026,
                period="2026",
                detail={"columns": found.columns, "row": found.row},
            )
    return None


def _read_schools(raw: RawFile, found: Recognised) -> Iterator[Extract]:
    columns: dict[str, int] = found.detail["columns"]
    cells = raw.cells(
        [columns[head] for head in ("code", *SCHOOLS)],
        after=found.detail["row"],
        names=["code", *SCHOOLS],
    )
    cells["code"] = commune_codes(cells["code"])
    long = cells.melt(["code", "_row"], list(SCHOOLS), "genre", "nombre")
    yield Extract("ecole", long.assign(annee=2026))


READERS = (
    Reader("anct.zonages_2020", (), _recognise_anct, _nothing),
    Reader("insee.qpv", ("zonage_national",), _recognise_qpv, _read_qpv),
    Reader("dgcl.frr", ("zonage_national",), _recognise_frr, _read_frr),
    Reader("insee.densite", ("densite",), _recognise_density, _read_density),
    Reader(
        "spf.defavorisation",
        ("defavorisation", "part_population"),
        _recognise_deprivation,
        _read_deprivation,
    ),
    Reader("education.ecoles", ("ecole",), _recognise_schools, _read_schools),
    Reader("anct.programmes", ("zonage_national",), _recognise_programme, _read_programme),
)
