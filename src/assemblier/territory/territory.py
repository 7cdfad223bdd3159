"""A territory: what the person asked for, and the communes it comes to.

A territory is a mix of communes, intercommunalités, bassins, cantons and départements, by codes or
names, across any border. What was asked is kept; the list of communes is computed from it.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import pandas as pd

from assemblier.errors import BadInput, Problem
from assemblier.language import enumeration, number, plain
from assemblier.territory.codes import fitting_vintages
from assemblier.territory.geography import GRID_LABELS, Geography
from assemblier.territory.lists import convert_codes
from assemblier.territory.nearest_names import nearest_names

__all__ = [
    "Declared",
    "Resolution",
    "Selection",
    "Territory",
    "TerritorySpec",
    "resolve",
    "selection_of",
    "slug",
]

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
LEGAL_FORM = re.compile(
    r"^(communaute (de communes|d.agglomeration|urbaine)|cc|ca|cu|metropole)"
    r"( (de la|des|du|de|d.))? "
)
"""What official names of EPCI begin with."""
SHOWN_ZONES = 10
"""Zones of one name that a message lists."""


@dataclass(frozen=True, slots=True)
class Selection:
    """One thing asked for: ``kind`` (commune, epci, bassin…) and a code or a name."""

    kind: str
    what: str


@dataclass(frozen=True, slots=True)
class Declared:
    """A number of communes that somebody declared, and who."""

    count: int
    by: str


@dataclass(frozen=True, slots=True)
class Resolution:
    """The decision that settles a conflict of numbers: which is kept, why, when."""

    keep: int
    why: str
    on: dt.date


@dataclass(frozen=True, slots=True)
class TerritorySpec:
    """What was asked for.

    Attributes
    ----------
    name
        Name of the territory.
    selections
        What it is made of; their communes are put together.
    listed
        Commune codes given by a file, in the communes of ``cog``.
    cog
        Vintage of ``listed``; None lets the codes tell.
    declared
        Numbers of communes declared by documents.
    resolution
        What settled a conflict between them.
    """

    name: str
    selections: tuple[Selection, ...] = ()
    listed: tuple[str, ...] = ()
    cog: int | None = None
    declared: tuple[Declared, ...] = ()
    resolution: Resolution | None = None


@dataclass(frozen=True, slots=True)
class Territory:
    """A territory in the reference communes.

    Attributes
    ----------
    slug
        Short identifier made of the name.
    cog
        Vintage of ``communes``.
    communes
        Codes, sorted.
    log
        Merges, splits and changes of code met on the way, as sentences.
    warnings
        What a reader of any document about it must know until it is settled.
    """

    name: str
    slug: str
    cog: int
    communes: tuple[str, ...]
    spec: TerritorySpec
    log: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    parts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def slug(name: str) -> str:
    """Turn a name into a short identifier: ``Pays d’Argoat`` → ``pays-d-argoat``."""
    made = re.sub(r"[^a-z0-9]+", "-", plain(name)).strip("-")
    if not made:
        raise BadInput(Problem("le nom d’un territoire contient au moins une lettre", value=name))
    return made


def resolve(spec: TerritorySpec, geography: Geography) -> Territory:
    """Find the communes of a territory.

    Raises
    ------
    BadInput
        Listing every name or code that is unknown or ambiguous, with the nearest names; or asking
        for the vintage when the codes fit several with different results.
    """
    problems: list[Problem] = []
    codes: set[str] = set()
    log: list[str] = []
    warnings: list[str] = []
    parts: dict[str, tuple[str, ...]] = {}
    for selection in spec.selections:
        found = _selected(selection, geography, problems)
        codes.update(found)
        parts[f"{selection.kind} {selection.what}"] = tuple(sorted(found))
    if spec.listed:
        codes.update(_listed(spec, geography, problems, log, warnings))
    if not spec.selections and not spec.listed:
        problems.append(
            Problem(
                f"le territoire « {spec.name} » n’a aucune commune",
                allowed="des communes, EPCI, bassins, cantons ou départements",
            )
        )
    if problems:
        raise BadInput(problems)
    warnings.extend(_conflicts(spec, len(codes)))
    return Territory(
        name=spec.name,
        slug=slug(spec.name),
        cog=geography.cog,
        communes=tuple(sorted(codes)),
        spec=spec,
        log=tuple(log),
        warnings=tuple(warnings),
        parts=parts,
    )


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
    hits: list[tuple[Selection, str]] = []
    near: list[tuple[Selection, str]] = []
    for one, grids in kinds.items():
        for grid in grids:
            if grid not in communes:
                continue
            for zone in communes[grid].dropna().unique():
                name = geography.zone_name(grid, zone)
                short = _without_legal_form(name)
                if wanted == zone or short == words:
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


def _selected(selection: Selection, geography: Geography, problems: list[Problem]) -> set[str]:
    grids = SELECTABLE.get(selection.kind)
    if grids is None:
        problems.append(
            Problem("genre de zone inconnu", value=selection.kind, allowed=", ".join(SELECTABLE))
        )
        return set()
    membership = geography.membership
    communes = membership[membership["arm"].isna()]
    for grid in grids:
        if grid not in membership:
            continue
        zones = communes[grid].dropna()
        if selection.what in set(zones):
            return set(zones.index[zones == selection.what])
        wanted = plain(selection.what)
        named = {z: geography.zone_name(grid, z) for z in zones.unique()}
        hits = [zone for zone, name in named.items() if plain(name) == wanted]
        if not hits:
            hits = [zone for zone, name in named.items() if wanted in plain(name)]
        if len(hits) == 1:
            return set(zones.index[zones == hits[0]])
        one = GRID_LABELS[grid][0]
        if hits:
            listed = [f"{zone} {named[zone]}" for zone in sorted(hits)[:10]]
            problems.append(
                Problem(
                    f"plusieurs zones répondent à ce nom ({one})",
                    value=selection.what,
                    allowed=" ; ".join(listed),
                    advice="Donnez le code.",
                )
            )
            return set()
        near = nearest_names(
            selection.what,
            pd.DataFrame({"code": list(named), "nom": list(named.values()), "departement": ""}),
        )
        shown = " ; ".join(f"{each.code} {each.name}" for each in near)
        problems.append(
            Problem(
                f"aucune zone de ce nom ni de ce code ({one})",
                value=selection.what,
                advice=f"Noms proches : {shown}." if shown else None,
            )
        )
    return set()


def _listed(
    spec: TerritorySpec,
    geography: Geography,
    problems: list[Problem],
    log: list[str],
    warnings: list[str],
) -> set[str]:
    cog = spec.cog or _vintage(spec, geography, problems)
    if cog is None:
        return set()
    if cog == geography.cog or cog not in geography.passage.vintages:
        unknown = [code for code in spec.listed if code not in geography.names]
        problems.extend(
            Problem(f"code de commune inconnu en {cog}", value=code) for code in unknown
        )
        return {code for code in spec.listed if code in geography.names}
    known = geography.communes_of(cog)
    old = {} if known is None else dict(zip(known["code"], known["nom"], strict=True))
    made = convert_codes(
        spec.listed,
        geography.passage,
        cog,
        geography.cog,
        communes=known,
        populations=geography.population_of(cog),
        names={**old, **geography.names},
    )
    problems.extend(
        Problem(f"code de commune inconnu en {cog}", value=str(each)) for each in made.unknown
    )
    log.extend(str(movement) for movement in made.movements)
    shares = made.shares
    for code, part, outside in zip(
        shares["code"].astype(str), shares["share"].astype(float), shares["outside"], strict=True
    ):
        share = "" if math.isnan(part) else f" ({number(100 * part, 0)} % de ses habitants)"
        warnings.append(
            f"La commune {code} {geography.names.get(code, '')} de {geography.cog} réunit "
            f"des communes de la liste{share} et d’autres qui n’y sont pas : {outside}."
        )
    return set(made.codes)


def _vintage(spec: TerritorySpec, geography: Geography, problems: list[Problem]) -> int | None:
    years = {part.cog for part in geography.lake.parts("commune") if part.cog is not None}
    lists: dict[int, Iterable[str]] = {}
    for year in sorted(years):
        frame = geography.communes_of(year)
        if frame is not None:
            lists[year] = frozenset(frame["code"])
    fits = fitting_vintages(spec.listed, lists, geography.passage)  # type: ignore[arg-type]
    if fits.ambiguous:
        problems.append(
            Problem(
                f"les codes conviennent à plusieurs années sans désigner le même terrain : {fits}",
                advice="Dites laquelle avec --cog ANNÉE.",
            )
        )
        return None
    if not fits.fits and fits.nearest:
        nearest = fits.nearest[-1]
        problems.extend(
            Problem("code de commune inconnu", value=code, allowed=f"codes du COG {nearest}")
            for code in fits.unknown[nearest]
        )
        return None
    if not fits.fits:
        problems.append(Problem(str(fits)))
        return None
    return fits.fits[-1]


def _conflicts(spec: TerritorySpec, counted: int) -> Sequence[str]:
    """Say declared numbers of communes that differ from the list or from each other."""
    listed = len(spec.listed) if spec.listed and not spec.selections else counted
    numbers = {declared.count for declared in spec.declared} | {listed}
    if not spec.declared or len(numbers) == 1:
        return ()
    if spec.resolution is not None:
        return ()
    said = [f"{declared.count} ({declared.by})" for declared in spec.declared]
    said_so = (
        f"Nombre de communes en désaccord : {enumeration(said)} déclarées, {listed} dans la liste. "
        "Rien n’a été choisi à votre place ; tranchez avec « assemblier territory resolve »."
    )
    return (said_so,)


def resolved(spec: TerritorySpec, keep: int, why: str, on: dt.date) -> TerritorySpec:
    """Return the specification with its conflict of numbers settled.

    Raises
    ------
    BadInput
        When no reason is given.
    """
    if not why.strip():
        raise BadInput(Problem("dites pourquoi ce nombre est retenu"))
    return replace(spec, resolution=Resolution(keep, why.strip(), on))
