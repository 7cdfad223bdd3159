"""RPPS: the open directory of health professionals, rid of names as it is read.

Numbers of professionals are replaced by a hash keyed with a salt that is drawn for each reading and
thrown away: rows of one person stay linked inside the file, and nobody can go back to the register
by trying every number.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator

import pandas as pd

from assemblier.sources.readers.contract import Extract, Ignored, Reader, Recognised, commune_codes
from assemblier.sources.readers.raw import RawFile

__all__ = ["READERS", "pseudonyms"]

COLUMNS = {
    "Identifiant PP": "pseudonyme",
    "Code profession": "profession",
    "Code savoir-faire": "specialite",
    "Code mode exercice": "mode",
    "Code secteur d'activité": "secteur",
    "Numéro FINESS site": "finess",
    "Identifiant technique de la structure": "structure",
    "Code commune (coord. structure)": "code",
    "Code postal (coord. structure)": "code_postal",
}


def pseudonyms(cells: pd.Series, salt: bytes) -> pd.Series:
    """Replace identifiers by a keyed hash (BLAKE2b, 64 bits); empty cells stay empty.

    Parameters
    ----------
    cells
        Identifiers as text.
    salt
        Key of 16 to 64 bytes, never stored.
    """
    known = cells.dropna().unique()
    digest = {
        value: hashlib.blake2b(str(value).encode(), key=salt, digest_size=8).hexdigest()
        for value in known
    }
    return cells.map(digest).astype("str")


def _recognise(raw: RawFile) -> Recognised | Ignored | None:
    for grid in raw.grids:
        found = grid.find(*COLUMNS, exact=True)
        if found is None:
            continue
        if len(grid.rows) <= found.row + 1:
            return Ignored("ligne de titres de l’annuaire RPPS, sans aucune donnée")
        return Recognised(
            "ans-rpps@courant",
            "activités des professionnels de santé (annuaire RPPS), noms écartés",
            cog=None,
            cog_sure=False,
            notes=("identifiants remplacés par des pseudonymes propres à cette lecture",),
            detail={"columns": found.columns, "row": found.row},
        )
    return None


def _read(raw: RawFile, found: Recognised) -> Iterator[Extract]:
    columns: dict[str, int] = found.detail["columns"]
    cells = raw.cells(
        [columns[head] for head in COLUMNS],
        after=found.detail["row"],
        names=list(COLUMNS.values()),
        quoted=False,
    )
    salt = secrets.token_bytes(32)
    cells["pseudonyme"] = pseudonyms(cells["pseudonyme"], salt)
    # the number of a practice of one is as good as a name; an establishment's number is public
    cells["site"] = cells["finess"].fillna(pseudonyms(cells["structure"], salt))
    cells["code"] = commune_codes(cells["code"])
    # a place abroad has a code that is no commune
    abroad = cells["code"].notna() & ~cells["code"].str.fullmatch("[0-9A-Z]{5}", na=False)
    cells.loc[abroad, "code"] = None
    cells["code_postal"] = cells["code_postal"].str.zfill(5)
    kept = cells.drop(columns=["finess", "structure"])
    content = [name for name in kept.columns if name != "_row"]
    twice = kept.duplicated(content)
    no_commune = int(kept["code"].isna().sum())
    yield Extract(
        "professionnel",
        kept[~twice].reset_index(drop=True),
        headings={new: head for head, new in COLUMNS.items()},
        notes=(
            f"{int(twice.sum())} lignes répétées écartées",
            f"{no_commune} activités sans commune, dont le code postal reste",
        ),
    )


READERS = (Reader("rpps.annuaire", ("professionnel",), _recognise, _read),)
