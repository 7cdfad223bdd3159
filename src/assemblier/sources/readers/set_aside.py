"""Files that are known and bring nothing to the lake, and what to say of one that nobody knows."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assemblier.sources.readers.contract import Extract, Ignored, Reader, Recognised
from assemblier.sources.readers.raw import RawFile

__all__ = ["READERS", "READERS_FIRST", "unknown"]

CLAIMS = "la lecture des remboursements (SNDS, Open DAMIR) n’est pas encore construite"
SNDS_COLUMN = re.compile(r"[A-Z]{2,3}_[A-Z0-9]{2,6}_[A-Z0-9]{1,6}|TEC_COL|[A-Z]{2,8}")
DICTIONARY = (("COD_VAR", "LIB_VAR"), ("VARIABLE", "LIBELLE"), ("Variable", "Libellé"))
SEPARATOR_NAMES = {";": "point-virgule", ",": "virgule", "\t": "tabulation", "|": "barre"}
KIND_NAMES = {
    "csv": "texte",
    "xlsx": "classeur Excel",
    "xls": "ancien classeur Excel",
    "json": "JSON",
    "parquet": "Parquet",
    "dbf": "table dBASE",
    "xml": "XML",
    "unknown": "contenu binaire",
}
SHOWN_HEADINGS = 6
TITLE = re.compile(r"#{1,3} \S")
MARKUP = re.compile(r"^(\||- |\* |#{1,3} )", re.MULTILINE)


def _recognise_kind(raw: RawFile) -> Ignored | None:
    if raw.kind == "empty":
        return Ignored("fichier vide")
    if raw.kind == "html":
        return Ignored(
            "page web et non des données : le téléchargement a sans doute renvoyé une page "
            "d’erreur ou d’accueil ; téléchargez le fichier de nouveau"
        )
    return None


def _recognise_claims(raw: RawFile) -> Ignored | None:
    head = raw.json_head
    if '"fields"' in head and ('"type_oracle"' in head or '"nomenclature"' in head):
        return Ignored(f"schéma d’une table du SNDS : {CLAIMS}")
    if raw.kind == "xls" and any(grid.name == "PRS_NAT" for grid in raw.grids):
        return Ignored(f"lexique d’Open DAMIR : {CLAIMS}")
    if raw.kind != "csv" or not raw.grids[0].rows:
        return None
    header = tuple(name for name in raw.grids[0].rows[0] if name)
    if header and header[-1] == "TEC_COL":
        return Ignored(f"liste de codes du SNDS : {CLAIMS}")
    named = sum("_" in name and SNDS_COLUMN.fullmatch(name) is not None for name in header)
    if len(header) >= 4 and named >= 0.6 * len(header):
        if "FLX_ANN_MOI" in header and raw.separator == ";":
            return Ignored(f"remboursements d’Open DAMIR, par région : {CLAIMS}")
        return Ignored(
            "lignes dans la forme d’une table du SNDS (celles qui sont diffusées sont tirées au "
            f"hasard et ne décrivent personne) : {CLAIMS}"
        )
    return None


def _recognise_names_since_1943(raw: RawFile) -> Ignored | None:
    for grid in raw.grids:
        if grid.find("COM", "NCC", "LIBELLE", "DATE_DEBUT", "DATE_FIN", exact=True):
            return Ignored(
                "noms successifs des communes depuis 1943 : les événements (v_mvt_commune) disent "
                "déjà ce que chaque commune est devenue"
            )
    return None


def _recognise_documentation(raw: RawFile) -> Ignored | None:
    if raw.kind != "csv":
        return None
    if re.match(r"#{1,3} \S", raw.head) and re.search(
        r"^(\||- |\* |#{1,3} )", raw.head[3:], re.MULTILINE
    ):
        return Ignored("documentation (texte Markdown), pas des données")
    for grid in raw.grids:
        for names in DICTIONARY:
            if grid.find(*names, exact=True) and grid.width <= 8:
                return Ignored("dictionnaire de variables d’un producteur, pas des données")
    return None


def unknown(raw: RawFile) -> Ignored:
    """Say what a file that no reader knows looks like."""
    said = [KIND_NAMES.get(raw.kind, raw.kind)]
    if raw.kind == "csv":
        said.append(f"codage {raw.encoding}")
        said.append(f"séparateur {SEPARATOR_NAMES[raw.separator]}")
    rows = next((grid.rows for grid in raw.grids if grid.rows), ())
    first = next((row for row in rows if any(row)), ())
    heads = [head[:40] for head in first if head][:SHOWN_HEADINGS]
    if heads:
        said.append(f"premiers titres : {', '.join(heads)}")
    return Ignored(f"aucun lecteur ne reconnaît ce contenu ({' ; '.join(said)})")


def _nothing(_raw: RawFile, _found: Recognised) -> Iterator[Extract]:
    return iter(())


READERS_FIRST = (Reader("vide.genre", (), _recognise_kind, _nothing),)
READERS = (
    Reader("snds", (), _recognise_claims, _nothing),
    Reader("insee.communes_1943", (), _recognise_names_since_1943, _nothing),
    Reader("documentation", (), _recognise_documentation, _nothing),
)
