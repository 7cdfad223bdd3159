"""What people of the territory write themselves: lists of communes, corrections, surveys."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath

import pandas as pd

from assemblier.errors import Problem
from assemblier.language import plain
from assemblier.sources.readers.contract import (
    Extract,
    Reader,
    Recognised,
    commune_codes,
    decimal,
    year_in,
)
from assemblier.sources.readers.local_checks import (
    problems_of_corrections,
    problems_of_survey,
    unread_answers,
)
from assemblier.sources.readers.raw import RawFile
from assemblier.sources.readers.zoning import french_dates

__all__ = ["READERS"]

CODE_HEADS = ("code", "code commune", "code insee", "commune", "insee")
COMMUNE = r"[0-9][0-9A-Z][0-9]{3}|[0-9A-Z][0-9A-Z][0-9]{3}|[0-9]{4}"
WIDEST_LIST = 8
YES = {"oui": True, "o": True, "1": True, "vrai": True, "true": True}
NO = {"non": False, "n": False, "0": False, "faux": False, "false": False}


def heading_at(header: tuple[str, ...], *names: str) -> int | None:
    """Return the column whose heading is one of the names, None when there is none."""
    said = [plain(head) for head in header]
    return next((said.index(name) for name in names if name in said), None)


def yes_no(cells: pd.Series) -> pd.Series:
    """Turn *oui* and *non* into booleans; anything else becomes empty."""
    return cells.str.lower().map({**YES, **NO}).astype("boolean")


STRUCTURES = {"cpts id": ("cpts", "cpts-perimetres"), "cls id": ("cls", "cls-perimetres")}


def _recognise_structures(raw: RawFile) -> Recognised | None:
    for grid in raw.grids:
        header = grid.rows[0] if grid.rows else ()
        for head, (kind, card) in STRUCTURES.items():
            at = heading_at(header, head)
            code = heading_at(header, "code commune", "code insee", "code")
            if at is None or code is None:
                continue
            name = heading_at(header, "nom", f"nom {kind}", f"{kind} nom")
            return Recognised(
                f"{card}@local",
                f"communes des {kind.upper()}, liste locale",
                cog=None,
                cog_sure=False,
                detail={
                    "columns": [at, code, *([name] if name is not None else [])],
                    "names": ["structure", "code", *(["nom"] if name is not None else [])],
                    "kind": kind,
                    "sheet": grid.name,
                },
            )
    return None


def _recognise_territory(raw: RawFile) -> Recognised | None:
    """Recognise a list of communes: few columns, codes in one, and nothing that is a measure."""
    for grid in raw.grids:
        if len(grid.rows) < 2 or grid.width > WIDEST_LIST:
            continue
        header = grid.rows[0]
        code = heading_at(header, *CODE_HEADS)
        if code is None or not _list_headings(header):
            continue
        codes = pd.Series([row[code] for row in grid.rows[1:] if len(row) > code and row[code]])
        if codes.empty or not codes.str.fullmatch(COMMUNE).all():
            continue
        stem = PurePath(raw.path.name).stem
        whole = raw.cells([code], after=0, sheet=grid.name, names=["code"])
        known = "centre-ouest-bretagne-2018"
        edition = known if plain(stem).replace(" ", "-") == known else stem
        year = year_in(stem.replace("_", " "))
        notes = [f"nom du territoire lu dans le nom du fichier : {stem}"]
        if year:
            notes.append(f"année des communes lue dans le nom du fichier : {year}")
        return Recognised(
            f"territoire-communes@{edition}",
            f"liste de {len(whole)} communes d’un territoire",
            cog=year,
            cog_sure=year is not None,
            period=str(year or ""),
            notes=tuple(notes),
            detail={
                "columns": [code],
                "names": ["code"],
                "kind": "territoire",
                "sheet": grid.name,
                "structure": stem,
            },
        )
    return None


LIST_HEADS = (
    "code",
    "nom",
    "commune",
    "lib",
    "dep",
    "epci",
    "bassin",
    "bv",
    "region",
    "reg",
    "canton",
    "insee",
    "siren",
    "territoire",
    "pays",
)


def _list_headings(header: tuple[str, ...]) -> bool:
    said = [plain(head) for head in header if head]
    return all(head.startswith(LIST_HEADS) for head in said)


def _read_structures(raw: RawFile, found: Recognised) -> Iterator[Extract]:
    cells = raw.cells(
        found.detail["columns"], after=0, sheet=found.detail["sheet"], names=found.detail["names"]
    )
    cells["code"] = commune_codes(cells["code"])
    if "structure" in found.detail:
        cells["structure"] = found.detail["structure"]
    if "nom" not in cells:
        cells["nom"] = None
    yield Extract("liste_communes", cells.assign(genre=found.detail["kind"]))


CORRECTION = {
    "code": ("code", "code commune", "commune", "code insee"),
    "profession": ("profession",),
    "personne": ("personne", "personne ou lieu", "medecin", "lieu"),
    "debut": ("debut", "de", "du", "depuis"),
    "fin": ("fin", "a", "au", "jusqu au"),
    "capacite": ("capacite", "part de capacite", "etp", "part d etp"),
    "nouveaux_patients": ("nouveaux patients", "prend de nouveaux patients"),
    "note": ("note", "commentaire", "remarque"),
    "auteur": ("auteur", "qui"),
    "date": ("date", "date de saisie", "dit le"),
}
PROFESSIONS = {
    "medecin generaliste": "mg",
    "generaliste": "mg",
    "medecin": "mg",
    "infirmier": "inf",
    "infirmiere": "inf",
    "sage femme": "sf",
    "kinesitherapeute": "mk",
    "masseur kinesitherapeute": "mk",
    "chirurgien dentiste": "cd",
    "dentiste": "cd",
}
"""How people name a profession → its code."""
CORRECTION_NEEDS = ("code", "profession", "capacite")


def _recognise_corrections(raw: RawFile) -> Recognised | None:
    for grid in raw.grids:
        for row, header in enumerate(grid.rows[:5]):
            found = {name: heading_at(header, *heads) for name, heads in CORRECTION.items()}
            if any(found[name] is None for name in CORRECTION_NEEDS):
                continue
            columns = {name: at for name, at in found.items() if at is not None}
            return Recognised(
                "corrections-locales@local",
                "corrections locales de l’offre de soins",
                cog=None,
                cog_sure=False,
                detail={"columns": columns, "row": row, "sheet": grid.name, "header": header},
            )
    return None


def _read_corrections(raw: RawFile, found: Recognised) -> Iterator[Extract]:
    columns: dict[str, int] = found.detail["columns"]
    header: tuple[str, ...] = found.detail["header"]
    cells = raw.cells(
        list(columns.values()),
        after=found.detail["row"],
        sheet=found.detail["sheet"],
        names=list(columns),
    )
    cells["code"] = commune_codes(cells["code"])
    cells["capacite"] = decimal(cells["capacite"])
    headings = {name: header[at] for name, at in columns.items()}
    said = cells["profession"].map(lambda text: PROFESSIONS.get(plain(str(text))))
    cells["profession"] = said.fillna(cells["profession"])
    for name in CORRECTION:
        if name not in cells:
            cells[name] = None
        elif name in {"debut", "fin", "date"}:
            cells[name] = french_dates(cells[name])
    if "nouveaux_patients" in columns:
        cells["nouveaux_patients"] = yes_no(cells["nouveaux_patients"])
    yield Extract(
        "correction_offre",
        cells,
        headings=headings,
        problems=problems_of_corrections(cells, (*PROFESSIONS.values(),), headings),
    )


LONG_SURVEY = ("enquete", "repondant", "public", "question", "reponse")


def _recognise_survey(raw: RawFile) -> Recognised | None:
    for grid in raw.grids:
        if found := grid.find(*LONG_SURVEY, exact=True):
            header = grid.rows[found.row]
            return Recognised(
                "enquete-cabinets@local",
                "réponses d’enquête, une ligne par question",
                cog=None,
                cog_sure=False,
                detail={"long": True, "header": header, "row": found.row, "sheet": grid.name},
            )
        header = grid.rows[0] if grid.rows else ()
        who = heading_at(header, *(head for heads in RESPONDENT.values() for head in heads))
        asked = heading_at(header, "nouveaux patients", "delai jours", "distance renoncement")
        if who is None or (asked is None and not _questions(header)):
            continue
        if heading_at(header, "capacite", "part de capacite") is not None:
            continue
        doctors = plain(header[who]) in RESPONDENT["medecins"]
        return Recognised(
            "enquete-cabinets@local" if doctors else "enquete-habitants@local",
            f"réponses d’enquête, une ligne par {'cabinet' if doctors else 'habitant'}",
            cog=None,
            cog_sure=False,
            notes=("nom de l’enquête lu dans le nom du fichier",),
            detail={"long": False, "header": header, "row": 0, "sheet": grid.name, "who": who},
        )
    return None


RESPONDENT = {
    "medecins": ("cabinet", "medecin", "id cabinet", "id medecin"),
    "habitants": ("repondant", "habitant", "id repondant", "id habitant", "foyer"),
}


def _questions(header: tuple[str, ...]) -> list[int]:
    return [at for at, head in enumerate(header) if plain(head).startswith(("q", "question"))]


def _read_survey(raw: RawFile, found: Recognised) -> Iterator[Extract]:
    header: tuple[str, ...] = found.detail["header"]
    names = [plain(head) or f"colonne {at}" for at, head in enumerate(header)]
    cells = raw.cells(
        range(len(header)), after=found.detail["row"], sheet=found.detail["sheet"], names=names
    )
    code = next((head for head in CODE_HEADS if head in cells), None)
    place = commune_codes(cells[code]) if code else None
    headings = dict(zip(names, header, strict=True))
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
    if found.detail["long"]:
        long = cells.assign(code=place)
    else:
        who = names[found.detail["who"]]
        public = "medecins" if who in RESPONDENT["medecins"] else "habitants"
        asked = [name for name in names if name not in {who, code}]
        problems = problems_of_survey(cells, who, asked, headings)
        notes = unread_answers(cells, asked)
        kept = cells.rename(columns={who: "repondant"}).assign(code=place)
        kept = kept[kept["repondant"].notna() & ~kept["repondant"].duplicated()]
        long = kept.melt(["repondant", "code", "_row"], asked, "question", "reponse")
        long = long[long["reponse"].notna()].reset_index(drop=True)
        long["enquete"] = PurePath(raw.path.name).stem
        long["public"] = public
        long["question"] = long["question"].str.replace(" ", "_")
    if "valeur" not in long:
        long["valeur"] = pd.to_numeric(decimal(long["reponse"]), errors="coerce")
    yield Extract(
        "enquete",
        long,
        headings={"code": headings[code] if code else "code"},
        notes=notes,
        problems=problems,
    )


TRAINERS = ("cabinet", "code_commune", "annee", "places", "internes")
UNREGISTERED = ("zone", "annee", "champ", "sans_medecin_traitant")


def _recognise_counts(raw: RawFile) -> Recognised | None:
    for grid in raw.grids:
        if found := grid.find(*TRAINERS, exact=True):
            return Recognised(
                "maitres-de-stage@local",
                "cabinets qui accueillent des internes",
                cog=None,
                cog_sure=False,
                detail={"columns": found.columns, "row": found.row, "sheet": grid.name},
            )
        if found := grid.find(*UNREGISTERED, exact=True):
            header = grid.rows[found.row]
            columns = dict(found.columns)
            if "dont_ald" in header:
                columns["dont_ald"] = header.index("dont_ald")
            return Recognised(
                "patients-sans-medecin-traitant@local",
                "patients sans médecin traitant, chiffre de la caisse",
                detail={"columns": columns, "row": found.row, "sheet": grid.name},
            )
    return None


def _read_counts(raw: RawFile, found: Recognised) -> Iterator[Extract]:
    columns: dict[str, int] = found.detail["columns"]
    cells = raw.cells(
        list(columns.values()),
        after=found.detail["row"],
        sheet=found.detail["sheet"],
        names=list(columns),
    )
    if "cabinet" in cells:
        cells = cells.rename(columns={"code_commune": "code"})
        cells["code"] = commune_codes(cells["code"])
        yield Extract("maitre_de_stage", cells, headings={"code": "code_commune"})
        return
    cells = cells.rename(columns={"sans_medecin_traitant": "effectif"})
    if "dont_ald" not in cells:
        cells["dont_ald"] = None
    for name in ("effectif", "dont_ald"):
        cells[name] = cells[name].mask(cells[name].str.upper().isin(["NC", "NS", "<11", "S"]))
    yield Extract("sans_medecin_traitant", cells, headings={"effectif": "sans_medecin_traitant"})


READERS = (
    Reader("local.structures", ("liste_communes",), _recognise_structures, _read_structures),
    Reader("local.corrections", ("correction_offre",), _recognise_corrections, _read_corrections),
    Reader(
        "local.comptages",
        ("maitre_de_stage", "sans_medecin_traitant"),
        _recognise_counts,
        _read_counts,
    ),
    Reader("local.enquete", ("enquete",), _recognise_survey, _read_survey),
    Reader("local.territoire", ("liste_communes",), _recognise_territory, _read_structures),
)
