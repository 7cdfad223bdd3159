"""What an unknown code or name may have meant: the nearest names, same département first."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import pandas as pd

from assemblier.territory.codes import ARRONDISSEMENTS, department_of
from assemblier.territory.passage import Passage

__all__ = [
    "Candidate",
    "UnknownCode",
    "explain_unknown",
    "explained_codes",
    "known_codes",
    "nearest_names",
    "normalised_name",
]

_ARTICLES = re.compile(r"^(?:LE|LA|LES|L|AUX|AU) (?=.)")
_WORDS = {"ST": "SAINT", "STE": "SAINTE", "STS": "SAINTS", "STES": "SAINTES"}
_LIGATURES = str.maketrans({"œ": "oe", "Œ": "OE", "æ": "ae", "Æ": "AE"})


@dataclass(frozen=True, slots=True)
class Candidate:
    """A commune that may be meant.

    Attributes
    ----------
    similarity
        Between 0 and 1, ratio of matching blocks of the normalised names (Ratcliff and Metzener,
        1988, "Pattern matching: the Gestalt approach").
    """

    code: str
    name: str
    similarity: float


@dataclass(frozen=True, slots=True)
class UnknownCode:
    """A code that the vintage does not hold, and what may be done with it."""

    code: str
    name: str | None
    successors: tuple[str, ...]
    gone_between: tuple[int, int] | None
    candidates: tuple[Candidate, ...]

    def __str__(self) -> str:
        said = f"{self.code} ({self.name})" if self.name else self.code
        if self.gone_between is not None:
            before, after = self.gone_between
            said += (
                f" : code supprimé entre {before} et {after}, devenu {', '.join(self.successors)}"
            )
        if self.candidates:
            near = ", ".join(f"{found.name} ({found.code})" for found in self.candidates)
            said += f" ; noms les plus proches : {near}"
        return said


@lru_cache(maxsize=100_000)
def normalised_name(name: str) -> str:
    """Return a name without accents, case, article, hyphens, with *Saint* in full.

    >>> normalised_name("L'Hôpital-sous-Rochefort")
    'HOPITAL SOUS ROCHEFORT'
    >>> normalised_name("St-Pol-de-Léon")
    'SAINT POL DE LEON'
    """
    plain = unicodedata.normalize("NFKD", name.translate(_LIGATURES))
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter)).upper()
    words = re.sub(r"[^A-Z0-9]+", " ", plain).split()
    return _ARTICLES.sub("", " ".join(_WORDS.get(word, word) for word in words))


def nearest_names(
    name: str,
    communes: pd.DataFrame,
    *,
    department: str | None = None,
    count: int = 3,
    cutoff: float = 0.6,
) -> tuple[Candidate, ...]:
    """Return the communes whose names are nearest, those of the département first.

    Parameters
    ----------
    communes
        ``code, nom, departement``.
    department
        Where to look first; the rest of the country is looked at only if nothing is found there.
    cutoff
        Least similarity that counts as near.
    """
    wanted = normalised_name(name)
    if department is not None:
        inside = communes[communes["departement"] == department]
        found = _nearest(wanted, inside, count, cutoff)
        if found:
            return found
    return _nearest(wanted, communes, count, cutoff)


def explain_unknown(
    codes: Iterable[str],
    communes: pd.DataFrame,
    *,
    names: Mapping[str, str] | None = None,
    passage: Passage | None = None,
    count: int = 3,
) -> tuple[UnknownCode, ...]:
    """Say of each unknown code when it disappeared and which names are nearest.

    Parameters
    ----------
    communes
        ``code, nom, departement`` of the vintage in which the codes are unknown.
    names
        Code → name as given with the code.
    passage
        Tells whether the code once existed.
    """
    said = []
    for code in dict.fromkeys(codes):
        name = (names or {}).get(code)
        gone = passage.existed(code) if passage is not None else ()
        before, after, heirs = gone[-1] if gone else (0, 0, ())
        department = department_of(code)
        if name:
            near = nearest_names(name, communes, department=department, count=count)
        else:
            inside = communes[communes["departement"] == department]
            by_code = dict(zip(inside["code"], inside["nom"], strict=True))
            close = difflib.get_close_matches(code, list(by_code), n=count, cutoff=0.8)
            near = tuple(
                Candidate(found, by_code[found], difflib.SequenceMatcher(None, code, found).ratio())
                for found in close
            )
        said.append(UnknownCode(code, name, heirs, (before, after) if gone else None, near))
    return tuple(said)


def known_codes(codes: pd.Series, communes: pd.DataFrame | Collection[str] | None) -> pd.Series:
    """Tell which codes a vintage holds; an arrondissement is known when its city is.

    Without a list of communes every code is taken as known.
    """
    if communes is None:
        return pd.Series(True, index=codes.index)
    listed = communes["code"] if isinstance(communes, pd.DataFrame) else communes
    accepted = set(listed)
    for city, districts in ARRONDISSEMENTS.items():
        if city in accepted:
            accepted.update(districts)
    return codes.isin(accepted)


def explained_codes(
    codes: pd.Series,
    communes: pd.DataFrame | Collection[str] | None,
    names: Mapping[str, str] | None,
    passage: Passage | None,
) -> tuple[UnknownCode, ...]:
    """Explain the unknown codes with what is at hand (a bare list of codes has no names)."""
    if codes.empty:
        return ()
    listed = (
        communes
        if isinstance(communes, pd.DataFrame)
        else pd.DataFrame({"code": [], "nom": [], "departement": []})
    )
    return explain_unknown(codes, listed, names=names, passage=passage)


def _nearest(
    wanted: str, communes: pd.DataFrame, count: int, cutoff: float
) -> tuple[Candidate, ...]:
    matcher = difflib.SequenceMatcher(autojunk=False)
    matcher.set_seq2(wanted)
    scored = []
    for code, name in zip(communes["code"], communes["nom"], strict=True):
        matcher.set_seq1(normalised_name(name))
        if matcher.real_quick_ratio() < cutoff or matcher.quick_ratio() < cutoff:
            continue
        ratio = matcher.ratio()
        if ratio >= cutoff:
            scored.append(Candidate(code, name, ratio))
    scored.sort(key=lambda found: (-found.similarity, found.code))
    return tuple(scored[:count])
