"""Names that belong to no place and to nobody: communes, people, shops of the artificial territory.

The compounds were chosen so that no commune of France, present or past, bears them; a test
compares every name with the official list.
"""

from __future__ import annotations

import unicodedata

import numpy as np

__all__ = ["GIVEN_NAMES", "PAYS_NAME", "commune_names", "family_name", "plain"]

PAYS_NAME = "Pays du Val d'Ombrelune"
"""Name of the artificial pays."""

_FIRST = [
    "Ombre",
    "Brume",
    "Songe",
    "Givre",
    "Vesper",
    "Sylphe",
    "Chimère",
    "Murmure",
    "Opale",
    "Ambre",
    "Corail",
    "Nacre",
    "Étincelle",
    "Crépuscule",
    "Licorne",
    "Alizé",
    "Mirage",
    "Féerine",
    "Plumerêve",
    "Écaille",
    "Sélène",
    "Zéphyr",
    "Farfadet",
    "Lutine",
    "Velours",
    "Astrée",
    "Cendrelune",
    "Moirée",
    "Halo",
    "Boréale",
]
_LAST = [
    "lande",
    "lune",
    "veille",
    "brise",
    "fange",
    "sylve",
    "dragon",
    "comète",
    "rive",
    "sable",
    "tourbe",
    "mousse",
    "nuée",
    "onde",
    "clairière",
    "bruyère",
    "givrette",
    "ronce",
    "étoile",
    "argent",
]

GIVEN_NAMES = (
    ("Aubélie", "Brisélie", "Candoline", "Élunée", "Faustrine", "Lunaïs", "Mirabeth", "Ondalie"),
    ("Alardin", "Brumaël", "Célandre", "Doriand", "Ombrelin", "Silvandre", "Thélian", "Valombre"),
)
"""Given names of women, then of men."""

_FAMILY_FIRST = ("Brum", "Songe", "Lunar", "Vesp", "Opal", "Zéphi", "Murmu", "Sylvo", "Cendr")
_FAMILY_LAST = ("elande", "ivoire", "andrel", "imbert", "olune", "azure", "écaille", "orgueil")


def plain(name: str) -> str:
    """Return a name in capitals without accents, hyphens or apostrophes, as the COG's NCC."""
    spelled = name.replace("œ", "oe").replace("Œ", "OE")
    flat = unicodedata.normalize("NFKD", spelled).encode("ascii", "ignore").decode()
    return flat.upper().replace("-", " ").replace("'", " ")


def commune_names(count: int, rng: np.random.Generator) -> list[tuple[str, int]]:
    """Draw distinct commune names with their article code (TNCC of the COG).

    Parameters
    ----------
    count
        How many names; at most 1,200.
    rng
        Source of randomness.

    Returns
    -------
    list of (name without article, TNCC)
        TNCC 0 no article, 1 vowel, 2 « Le », 3 « La », 4 « Les », 5 « L' ».
    """
    stems = [
        first + last
        for first in _FIRST
        for last in _LAST
        if plain(first)[-3:] != plain(last)[-3:] and plain(last) not in plain(first)
    ]
    order = rng.permutation(len(stems))
    if count > len(stems):
        raise ValueError(f"{count} names asked for, {len(stems)} at hand")
    names: list[tuple[str, int]] = []
    for rank, index in enumerate(order[:count].tolist()):
        stem = stems[index]
        vowel = plain(stem)[0] in "AEIOUY"
        tncc = 1 if vowel else 0
        if rank % 17 == 5:
            tncc = 5 if vowel else 3
        elif rank % 29 == 7 and not vowel:
            tncc = 4
        elif rank % 31 == 3:
            stem, tncc = f"Saint-{stem}", 0
        elif rank % 23 == 11:
            stem = f"{stem}-sur-Reflet"
        elif rank % 37 == 13:
            stem = f"{stem}-le-Cœur-Feint"
        names.append((stem, tncc))
    return names


def with_article(name: str, tncc: int) -> str:
    """Return the full label of a commune: article and name."""
    article = {2: "Le ", 3: "La ", 4: "Les ", 5: "L'"}.get(tncc, "")
    return article + name


def family_name(rank: int) -> str:
    """Return an invented family name, the same for the same rank."""
    first = _FAMILY_FIRST[rank % len(_FAMILY_FIRST)]
    last = _FAMILY_LAST[(rank // len(_FAMILY_FIRST)) % len(_FAMILY_LAST)]
    again = rank // (len(_FAMILY_FIRST) * len(_FAMILY_LAST))
    return first + last + ("" if again == 0 else f"-{'bcdfghjklmnpqrstvwxz'[again % 20]}eau")
