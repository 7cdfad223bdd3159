"""What a territory is asked for by: one zone, named by its code or by words.

Nothing is chosen in silence: several zones of one name are listed, an unknown one comes with the
nearest names, one of the past with what became of it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import pandas as pd

from assemblier.errors import BadInput, Problem
from assemblier.language import enumeration, plain, plural
from assemblier.territory.codes import ARRONDISSEMENTS, city_of
from assemblier.territory.geography import GRID_LABELS, Geography
from assemblier.territory.nearest_names import nearest_names

__all__ = ["SELECTABLE", "Selection", "near_zones", "selected", "selection_of", "whole_cities"]

SELECTABLE = {
    "commune": ("commune",),
    "epci": ("epci",),
    "bassin": ("bv2022",),
    "bassin2012": ("bv2012",),
    "canton": ("canton",),
    "departement": ("departement",),
    "region": ("region",),
    "tvs": ("tvs2019",),
}
"""What a selection may name → grid it is looked up in."""
DIGITS = {"commune": 5, "departement": 2, "region": 2, "canton": 4, "bassin": 5, "tvs": 5}
"""Digits of a code, for those that a spreadsheet took the first zero from."""
LEGAL_FORM = re.compile(
    r"^(communaute (de communes|d.agglomeration|urbaine)|cc|ca|cu|metropole)"
    r"( (de la|des|du|de|d.))? "
)
"""What official names of EPCI begin with."""
GENERIC = frozenset(
    [
        "communaute",
        "communes",
        "agglomeration",
        "agglo",
        "urbaine",
        "metropole",
        "cc",
        "ca",
        "cu",
        "de",
        "du",
        "des",
        "la",
        "le",
        "les",
        "l",
        "d",
        "et",
        "en",
        "intercommunalite",
        "pays",
    ]
)
"""Words that do not tell one EPCI from another."""
NEAR_ENOUGH = 0.75
"""Similarity from which a name may be another one misspelt."""
SHOWN_ZONES = 10
"""Zones of one name that a message lists."""


@dataclass(frozen=True, slots=True)
class Selection:
    """One thing asked for: ``kind`` (commune, epci, bassin…) and a code or a name."""

    kind: str
    what: str


def selection_of(what: str, geography: Geography) -> tuple[Selection, str] | None:
    """Find the one zone that words name: ``epci:200067460``, ``bassin:Carhaix`` or a bare name.

    Returns
    -------
    selection, name
        None when no zone has this name.

    Raises
    ------
    BadInput
        When several zones have it, or some nearly: nothing is chosen in silence.
    """
    kind, colon, rest = what.partition(":")
    kinds = {kind: SELECTABLE[kind]} if colon and kind in SELECTABLE else SELECTABLE
    wanted = rest.strip() if kinds is not SELECTABLE else what.strip()
    communes = geography.membership[geography.membership["arm"].isna()]
    words = _without_legal_form(wanted)
    if words != plain(wanted) and "epci" in kinds:
        kinds = {"epci": kinds["epci"]}  # only an EPCI has a legal form
    own = _own_words(wanted) or None
    hits: list[tuple[Selection, str]] = []
    near: list[tuple[Selection, str]] = []
    for one, grids in kinds.items():
        for grid in grids:
            if grid not in communes:
                continue
            for zone in communes[grid].dropna().unique():
                name = geography.zone_name(grid, zone)
                short = _without_legal_form(name)
                if wanted == zone or short == words or (grid == "epci" and own == _own_words(name)):
                    hits.append((Selection(one, str(zone)), name))
                elif words and words in short:
                    near.append((Selection(one, str(zone)), name))
    full = [hit for hit in hits if plain(hit[1]) == plain(wanted)]
    if len(full) == 1 or (full and _one_ground(full, communes)):
        return full[0]
    if hits and _one_ground(hits, communes):
        return hits[0]
    if not hits and not near:
        return None
    raise BadInput(
        Problem(
            "plusieurs zones portent ce nom" if hits else "aucune zone ne porte ce nom exactement",
            value=what,
            allowed=" ; ".join(
                f"{each.kind}:{each.what} ({GRID_LABELS[SELECTABLE[each.kind][0]][0]} {name})"
                for each, name in (hits or near)[:SHOWN_ZONES]
            ),
            advice="Donnez celle que vous voulez dire.",
        )
    )


def near_zones(what: str, geography: Geography) -> list[tuple[Selection, str]]:
    """Return the zones whose name is nearest to words that name none, nearest first."""
    communes = geography.membership[geography.membership["arm"].isna()]
    found: list[tuple[float, Selection, str]] = []
    for kind in ("epci", "bassin", "commune", "canton", "departement", "region"):
        grid = SELECTABLE[kind][0]
        if grid not in communes:
            continue
        zones = [str(each) for each in communes[grid].dropna().unique()]
        names = [_without_legal_form(geography.zone_name(grid, zone)) for zone in zones]
        table = pd.DataFrame({"code": zones, "nom": names, "departement": ""})
        found += [
            (each.similarity, Selection(kind, each.code), geography.zone_name(grid, each.code))
            for each in nearest_names(_without_legal_form(what), table, cutoff=NEAR_ENOUGH)
        ]
    found.sort(key=lambda each: -each[0])
    return [(selection, name) for _, selection, name in found[:3]]


def _own_words(name: str) -> frozenset[str]:
    """Return the words of a name of EPCI that are its own: *CA Seine Eure*, *Seine-Eure Agglo*."""
    return frozenset(plain(name).split()) - GENERIC


def _one_ground(hits: Sequence[tuple[Selection, str]], communes: pd.DataFrame) -> bool:
    """Tell whether zones are one and the same ground: an island that is also a canton."""
    grounds = {
        frozenset(communes.index[communes[SELECTABLE[each.kind][0]] == each.what])
        for each, _ in hits
    }
    return len(grounds) == 1


def _without_legal_form(name: str) -> str:
    """Return a plain name without the legal form that people leave out: *Poher communauté*."""
    return LEGAL_FORM.sub("", plain(name)).strip()


def selected(
    selection: Selection, geography: Geography, problems: list[Problem], warnings: list[str]
) -> set[str]:
    """Return the reference communes of a selection.

    Parameters
    ----------
    problems, warnings
        Take what is wrong, and what is more than was asked for.
    """
    grids = SELECTABLE.get(selection.kind)
    if grids is None:
        problems.append(
            Problem("genre de zone inconnu", value=selection.kind, allowed=", ".join(SELECTABLE))
        )
        return set()
    wanted = selection.what.strip()
    membership = geography.membership
    communes = membership[membership["arm"].isna()]
    for grid in grids:
        if grid not in membership:
            continue
        zones = communes[grid].dropna()
        code = _as_code(wanted, selection.kind)
        if selection.kind == "commune":
            code = _city(code, geography, warnings)
        if code in set(zones):
            return set(zones.index[zones == code])
        words = plain(wanted)
        named = {z: geography.zone_name(grid, z) for z in zones.unique()}
        hits = [zone for zone, name in named.items() if plain(name) == words]
        if not hits and words:
            hits = [zone for zone, name in named.items() if words in plain(name)]
        if not hits and (own := _own_words(wanted)):
            hits = [zone for zone, name in named.items() if own == _own_words(name)]
        if len(hits) == 1:
            return set(zones.index[zones == hits[0]])
        problems.append(_unfound(selection, grid, hits, named, geography, code))
    return set()


def _as_code(wanted: str, kind: str) -> str:
    """Return a code with its capital and the zero that a spreadsheet took away."""
    code = wanted.upper()
    return code.zfill(DIGITS[kind]) if kind in DIGITS and code.isdigit() else code


def _city(code: str, geography: Geography, warnings: list[str]) -> str:
    """Return the reference commune of an arrondissement or of a commune that has joined another."""
    city = city_of(code)
    if city != code:
        warnings.extend(whole_cities([code]))
        return city
    if code in geography.names:
        return code
    gone = geography.passage.existed(code)
    if gone:
        before, after, _ = gone[-1]
        reached = geography.passage.crosswalk(before, geography.cog).targets([code])["code_to"]
        if len(reached) == 1:
            heir = str(reached.iloc[0])
            name = geography.names.get(heir, heir)
            warnings.append(
                f"La commune {code} n’existe plus depuis {after} : {name} ({heir}), où elle est "
                "entrée, est retenue entière."
            )
            return heir
    return code


def whole_cities(codes: Collection[str]) -> list[str]:
    """Say which cities are taken whole though only some of their arrondissements are named."""
    said = []
    for city, parts in ARRONDISSEMENTS.items():
        given = sorted(set(codes).intersection(parts))
        if given and city not in codes and len(given) < len(parts):
            are = plural(len(given), "est un arrondissement", "sont des arrondissements")
            said.append(f"{enumeration(given)} {are} : la commune entière ({city}) est retenue.")
    return said


def _unfound(
    selection: Selection,
    grid: str,
    hits: Sequence[str],
    named: dict[str, str],
    geography: Geography,
    code: str,
) -> Problem:
    one = GRID_LABELS[grid][0]
    if hits:
        return Problem(
            f"plusieurs zones répondent à ce nom ({one})",
            value=selection.what,
            allowed=" ; ".join(f"{zone} {named[zone]}" for zone in sorted(hits)[:SHOWN_ZONES]),
            advice="Donnez le code.",
        )
    what = f"aucune zone de ce nom ni de ce code ({one})"
    if selection.kind == "departement" and code == "20":
        return Problem(what, value=selection.what, advice="La Corse : 2A et 2B.")
    if became := _became(selection.what, code, grid, geography):
        return Problem(what, value=selection.what, advice=became)
    near = nearest_names(
        selection.what,
        pd.DataFrame({"code": list(named), "nom": list(named.values()), "departement": ""}),
    )
    shown = " ; ".join(f"{each.code} {each.name}" for each in near)
    return Problem(what, value=selection.what, advice=f"Noms proches : {shown}." if shown else None)


def _became(wanted: str, code: str, grid: str, geography: Geography) -> str | None:
    """Say where the communes of a zone of earlier years are now."""
    for year, name, gone in geography.former_zones(grid, code, plain(wanted)):
        known = geography.crosswalk(year).targets(gone)["code_to"]
        if grid == "commune":
            now = enumeration(
                [f"{geography.names.get(each, each)} ({each})" for each in sorted(set(known))]
            )
            return f"{name} existait en {year} ; son sol est aujourd’hui dans {now}."
        places = geography.membership.reindex(sorted(set(known)))[grid].value_counts()
        now = enumeration(
            [
                f"{geography.zone_name(grid, str(zone))} ({zone}, {count} "
                f"{plural(count, 'commune')})"
                for zone, count in places.items()
            ]
        )
        return f"{name} existait en {year} ; ses communes sont aujourd’hui dans {now}."
    return None
