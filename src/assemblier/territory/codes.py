"""The official codes of communes: their form, arrondissements, Corsica, the vintage of a list.

Normalised tables this room works on (columns in this order, codes as text):

``passage``
    ``year_from, year_to, code_from, code_to, kind, ratio``: what became of each commune between
    two consecutive vintages; ``kind`` is ``f`` (merger), ``d`` (division) or ``c`` (the code
    alone changed); ``ratio`` is the share of the origin's population, and the shares of an
    origin add up to 1.
``communes`` of a vintage
    ``code, nom, departement, region``: one row per commune, arrondissements apart.
``events``
    ``date, kind, code_from, code_to, name_from, name_to``, see :mod:`.events`.
``populations`` of a vintage
    A series, inhabitants by code. The label of a population file names the *codes*, not the
    year: the legal population in force in year y is that of about y − 2, in the codes of y.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

import pandas as pd

from assemblier.errors import BadInput, Problem
from assemblier.territory.passage import Crosswalk, Passage

__all__ = [
    "ARRONDISSEMENTS",
    "FittingVintages",
    "arrondissement_crosswalk",
    "city_of",
    "corsican_codes",
    "department_of",
    "fitting_vintages",
    "is_commune_code",
    "normalised_code",
    "refuse_city_and_arrondissements",
]

ARRONDISSEMENTS: Mapping[str, tuple[str, ...]] = {
    "75056": tuple(f"751{number:02d}" for number in range(1, 21)),
    "69123": tuple(f"6938{number}" for number in range(1, 10)),
    "13055": tuple(f"132{number:02d}" for number in range(1, 17)),
}
"""Arrondissements of Paris, Lyon and Marseille (law of 31 December 1982), by commune."""

_CITY_OF = {part: city for city, parts in ARRONDISSEMENTS.items() for part in parts}
_CODE = re.compile(r"(?:0[1-9]|[1-8]\d|9[0-5]|2[AB])\d{3}|9[78]\d{3}")


def is_commune_code(text: str) -> bool:
    """Tell whether a text has the form of a commune code (1968 Corsica, ``20xxx``, included)."""
    return _CODE.fullmatch(text) is not None


def normalised_code(raw: object) -> str:
    """Return a code as five characters: leading zero, capital A and B, no blank, no ``.0``.

    Raises
    ------
    BadInput
        When no commune code can be read.

    Examples
    --------
    >>> normalised_code(1004), normalised_code("2a004"), normalised_code(" 1004.0 ")
    ('01004', '2A004', '01004')
    """
    text = re.sub(r"\.0+$", "", str(raw).strip()).upper()
    text = text.zfill(5)
    if not is_commune_code(text):
        raise BadInput(
            Problem(
                "code de commune illisible",
                value=str(raw),
                allowed="cinq caractères du code officiel géographique, par exemple 22025 ou 2A004",
            )
        )
    return text


def department_of(code: str) -> str:
    """Return the département of a commune code (three characters overseas).

    >>> department_of("2A004"), department_of("97411"), department_of("01004")
    ('2A', '974', '01')
    """
    return code[:3] if code[:2] in {"97", "98"} else code[:2]


def city_of(code: str) -> str:
    """Return the commune of an arrondissement of Paris, Lyon or Marseille; else the code itself."""
    return _CITY_OF.get(code, code)


def arrondissement_crosswalk(vintage: int) -> Crosswalk:
    """Return the step from arrondissements to their communes, in one vintage.

    The way back (``.backward``) needs the populations of the arrondissements.
    """
    pairs = sorted(_CITY_OF.items())
    moves = pd.DataFrame(
        {
            "code_from": [part for part, _ in pairs],
            "code_to": [city for _, city in pairs],
            "weight": [1.0] * len(pairs),
        }
    ).astype({"code_from": object, "code_to": object})
    return Crosswalk(vintage, vintage, moves, "arrondissement")


def refuse_city_and_arrondissements(codes: Iterable[str]) -> None:
    """Refuse a list in which a city and its arrondissements would be counted twice.

    Raises
    ------
    BadInput
        When both are present; names each of them.
    """
    present = set(codes)
    problems = [
        Problem(
            f"la commune {city} et ses arrondissements sont dans la même liste : ils compteraient "
            "deux fois",
            value=", ".join(sorted(present.intersection(parts))),
            advice="Gardez la commune ou ses arrondissements, pas les deux.",
        )
        for city, parts in ARRONDISSEMENTS.items()
        if city in present and present.intersection(parts)
    ]
    if problems:
        raise BadInput(problems)


def corsican_codes(codes: Iterable[str], passage: Passage) -> dict[str, str]:
    """Return the ``2A``/``2B`` code of each Corsican code of before 1976 (``20xxx``).

    Corsica became two départements on 1 January 1976; the passage table says which commune went
    where.

    Raises
    ------
    BadInput
        For the codes ``20xxx`` that the passage table does not know.
    """
    old = [code for code in dict.fromkeys(codes) if code.startswith("20")]
    steps = passage.steps
    split = steps[steps["code_from"].str.startswith("20") & ~steps["code_to"].str.startswith("20")]
    became = dict(zip(split["code_from"], split["code_to"], strict=True))
    unknown = [code for code in old if code not in became]
    if unknown:
        raise BadInput(
            [
                Problem(
                    "code corse antérieur à 1976 inconnu de la table de passage",
                    value=code,
                    advice="Utilisez les codes 2A et 2B.",
                )
                for code in unknown
            ]
        )
    return {code: became[code] for code in old}


@dataclass(frozen=True, slots=True)
class FittingVintages:
    """The vintages of the COG in which a list of codes makes sense.

    Attributes
    ----------
    fits
        Vintages that know every code, ascending.
    grounds
        The same vintages in groups: inside a group the list names the same ground, between
        groups it does not (a commune kept its code while it took in or gave up ground).
    complete
        Vintages among ``fits`` in which the list is every commune of the départements it touches:
        a national or departmental file fits its own vintage this way.
    nearest
        The vintages that know most of the codes, when none knows all (else empty).
    unknown
        Vintage → codes it does not know, for the vintages of ``nearest``.
    """

    fits: tuple[int, ...]
    grounds: tuple[tuple[int, ...], ...]
    complete: tuple[int, ...]
    nearest: tuple[int, ...]
    unknown: Mapping[int, tuple[str, ...]]

    @property
    def ambiguous(self) -> bool:
        """Whether the vintage must be asked for: several fit, with different results."""
        return len(self.grounds) > 1 and self.chosen is None

    @property
    def chosen(self) -> int | None:
        """Return the latest vintage of the only ground that fits, None when it must be asked."""
        grounds = [
            group
            for group in self.grounds
            if not self.complete or set(group).intersection(self.complete)
        ]
        if len(grounds) != 1:
            return None
        return max(set(grounds[0]).intersection(self.complete) or grounds[0])

    def __str__(self) -> str:
        if not self.fits:
            worst = self.nearest[-1] if self.nearest else None
            if worst is None:
                return "aucune édition du COG n’est à disposition"
            return (
                "aucune édition du COG ne connaît tous ces codes ; la plus proche est "
                f"{worst}, sauf {', '.join(self.unknown[worst])}"
            )
        spans = [_span(group) for group in self.grounds]
        if self.ambiguous:
            return (
                f"ces codes existent dans plusieurs éditions du COG ({' ; '.join(spans)}) et n’y "
                "désignent pas le même territoire : précisez l’édition"
            )
        if len(spans) > 1:
            return f"édition du COG : {self.chosen} (liste complète de ses départements)"
        return f"édition du COG : {spans[0]}"


def fitting_vintages(
    codes: Collection[str],
    communes_by_vintage: Mapping[int, Collection[str]],
    passage: Passage | None = None,
) -> FittingVintages:
    """Find the vintages that know every code, and whether they name the same ground.

    Parameters
    ----------
    codes
        Codes of communes (arrondissements count as their city).
    communes_by_vintage
        Codes of each vintage.
    passage
        Tells whether the ground is the same; without it, vintages are supposed to differ.
    """
    asked = {city_of(code) for code in codes}
    unknown = {
        vintage: tuple(sorted(asked.difference(known)))
        for vintage, known in sorted(communes_by_vintage.items())
    }
    fits = tuple(vintage for vintage, codes_out in unknown.items() if not codes_out)
    if not fits:
        least = min((len(codes_out) for codes_out in unknown.values()), default=0)
        nearest = tuple(v for v, codes_out in unknown.items() if len(codes_out) == least)
        return FittingVintages((), (), (), nearest, {v: unknown[v] for v in nearest})
    groups: list[list[int]] = [[fits[0]]]
    for before, after in pairwise(fits):
        if passage is not None and same_ground(asked, passage, before, after):
            groups[-1].append(after)
        else:
            groups.append([after])
    departments = {department_of(code) for code in asked}
    complete = tuple(
        vintage
        for vintage in fits
        if all(
            code in asked
            for code in communes_by_vintage[vintage]
            if department_of(code) in departments
        )
    )
    return FittingVintages(fits, tuple(tuple(group) for group in groups), complete, (), {})


def same_ground(codes: Collection[str], passage: Passage, before: int, after: int) -> bool:
    """Tell whether a list of codes names the same ground in two vintages."""
    if not {before, after} <= set(passage.vintages):
        return False
    asked = set(codes)
    crosswalk = passage.crosswalk(min(before, after), max(before, after))
    reached = set(crosswalk.targets(asked)["code_to"])
    made_of = set(crosswalk.sources(asked)["code_from"])
    return reached == asked and made_of == asked


def _span(years: tuple[int, ...]) -> str:
    return str(years[0]) if len(years) == 1 else f"{years[0]}–{years[-1]}"
