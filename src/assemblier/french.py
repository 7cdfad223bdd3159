"""French agreement: elision, articles, counts as words, so that sentences read as written by hand."""

# ruff: noqa: E501 — sentences

from __future__ import annotations

from assemblier.language import number, plural

__all__ = ["WORDS", "capital", "counted", "de", "que", "sentence_list", "the"]

VOWELS = frozenset("aeiouyàâäéèêëîïôöùûüœæ")
ASPIRATED = frozenset(
    [
        "hacher",
        "haie",
        "hall",
        "halte",
        "hameau",
        "handicap",
        "hangar",
        "hanse",
        "haricot",
        "hasard",
        "hausse",
        "haut",
        "haute",
        "hauts",
        "hautes",
        "havre",
        "hennebont",
        "herbignac",
        "héros",
        "hiérarchie",
        "hors",
        "houlgate",
        "hunspach",
        "huit",
        "hollande",
    ]
)
"""Words with an aspirated h, and names of places that take *de* before it."""
MASCULINE = frozenset(
    {"Bassin", "Canton", "Centre-Val", "Département", "Grand", "Pays", "Territoire", "Val"}
)
FEMININE = frozenset({"Commune", "Communauté", "Métropole", "Région", "Ville"})
"""Kinds of places that keep their article when they begin a name."""
WORDS = ("", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix")


def _elides(word: str) -> bool:
    first = word[:1].lower()
    if first == "h":
        head = word.lower().replace("’", "'").split("'")[0].split("-")[0].split(" ")[0]
        return head not in ASPIRATED
    return first in VOWELS


def de(name: str) -> str:
    """Write *de* before a name: ``d’Ouessant``, ``du Havre``, ``des Herbiers``, ``de La Rochelle``.

    Examples
    --------
    >>> de("Ouessant"), de("Le Havre"), de("Les Herbiers"), de("Paris"), de("Hauts-de-France")
    ('d’Ouessant', 'du Havre', 'des Herbiers', 'de Paris', 'de Hauts-de-France')
    >>> de("Bassin d’Alençon"), de("Communauté de la Haute-Sarthe")
    ('du Bassin d’Alençon', 'de la Communauté de la Haute-Sarthe')
    """
    if name.split(" ", maxsplit=1)[0] in MASCULINE:
        return f"du {name}"
    if name.split(" ", maxsplit=1)[0] in FEMININE:
        return f"de la {name}"
    if name.startswith("Le "):
        return f"du {name[3:]}"
    if name.startswith("Les "):
        return f"des {name[4:]}"
    return f"d’{name}" if _elides(name) else f"de {name}"


def the(name: str) -> str:
    """Write a name with the article that a sentence needs: ``la Communauté…``, ``Centre Ouest…``.

    Examples
    --------
    >>> the("Communauté de communes du Pays d’Issoudun"), the("Bassin d’Alençon"), the("Paris")
    ('la Communauté de communes du Pays d’Issoudun', 'le Bassin d’Alençon', 'Paris')
    """
    first = name.split(" ", maxsplit=1)[0]
    if first in MASCULINE:
        return f"le {name}"
    return f"la {name}" if first in FEMININE else name


def capital(text: str) -> str:
    """Begin a sentence with a capital letter."""
    return text[:1].upper() + text[1:]


def que(following: str) -> str:
    """Write *que* before a word, elided before a vowel.

    Examples
    --------
    >>> que("en France"), que("dans la région")
    ('qu’en France', 'que dans la région')
    """
    return f"qu’{following}" if _elides(following) else f"que {following}"


def counted(count: int, one: str, many: str | None = None, *, feminine: bool = False) -> str:
    """Write a count and its noun, agreed; none is said with *aucun*.

    Examples
    --------
    >>> counted(0, "commune", feminine=True), counted(1, "commune", feminine=True)
    ('aucune commune', 'une commune')
    >>> counted(12, "service d’urgences", "services d’urgences")
    '12 services d’urgences'
    """
    if count == 0:
        return f"{'aucune' if feminine else 'aucun'} {one}"
    if count == 1:
        return f"{'une' if feminine else 'un'} {one}"
    said = WORDS[count] if count < len(WORDS) else number(count)
    return f"{said} {plural(count, one, many)}"


def sentence_list(items: list[str], *, most: int = 12) -> str:
    """Write names as a sentence does, the last ones counted when there are too many."""
    if len(items) > most:
        rest = len(items) - most
        return f"{', '.join(items[:most])} et {number(rest)} {plural(rest, 'autre')}"
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} et {items[-1]}"
