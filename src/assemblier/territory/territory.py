"""A territory: what the person asked for, and the communes it comes to.

A territory is a mix of communes, intercommunalités, bassins, cantons and départements, by codes or
names, across any border. What was asked is kept; the list of communes is computed from it.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from assemblier.errors import BadInput, Problem
from assemblier.language import date, enumeration, number, plain
from assemblier.territory.codes import city_of, fitting_vintages
from assemblier.territory.geography import Geography
from assemblier.territory.lists import convert_codes
from assemblier.territory.selection import Selection, selected, whole_cities

__all__ = [
    "Declared",
    "Resolution",
    "Territory",
    "TerritorySpec",
    "numbers_in_conflict",
    "resolve",
    "slug",
]


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
        found = selected(selection, geography, problems, warnings)
        codes.update(found)
        parts[f"{selection.kind} {selection.what}"] = tuple(sorted(found))
    if spec.listed:
        codes.update(_listed(spec, geography, problems, log, warnings))
    problems.extend(
        Problem(
            "un territoire compte au moins une commune",
            value=str(each.count),
            advice="Corrigez --declared-communes.",
        )
        for each in spec.declared
        if each.count < 1
    )
    if not spec.selections and not spec.listed:
        problems.append(
            Problem(
                f"le territoire « {spec.name} » n’a aucune commune",
                allowed="des communes, EPCI, bassins, cantons ou départements",
            )
        )
    if problems:
        raise BadInput(problems)
    _conflicts(spec, len(codes), warnings, log)
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
    codes = geography.codes_of(cog)
    if codes is None:
        years = sorted({*geography.passage.vintages, *geography.listed_vintages})
        problems.append(
            Problem(
                "année du code officiel géographique inconnue du lac",
                value=str(cog),
                allowed=", ".join(map(str, years)) or str(geography.cog),
                advice="Corrigez --cog.",
            )
        )
        return set()
    warnings.extend(whole_cities(spec.listed))
    if cog == geography.cog or cog not in geography.passage.vintages:
        given = [city_of(code) for code in spec.listed]
        problems.extend(
            Problem(f"code de commune inconnu en {cog}", value=code)
            for code, city in zip(spec.listed, given, strict=True)
            if city not in codes
        )
        # a vintage after the last of the passage: what is not a reference commune has no place
        problems.extend(
            Problem(
                f"commune de {cog} qui n’existe pas en {geography.cog}, année du lac",
                value=code,
                advice="Aucune table de passage ne relie ces deux années.",
            )
            for code, city in zip(spec.listed, given, strict=True)
            if city in codes and city not in geography.names
        )
        return {city for city in given if city in geography.names}
    known = geography.communes_of(cog)
    old = {} if known is None else dict(zip(known["code"], known["nom"], strict=True))
    made = convert_codes(
        [city_of(code) for code in spec.listed],
        geography.passage,
        cog,
        geography.cog,
        communes=codes if known is None else known,
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
    lists = {year: geography.codes_of(year) or frozenset() for year in geography.listed_vintages}
    # a vintage that no passage links to the others would never be told from them
    linked = {each: lists[each] for each in lists if each in geography.passage.vintages}
    fits = fitting_vintages(spec.listed, linked or lists, geography.passage)
    if not fits.fits and linked:
        fits = fitting_vintages(spec.listed, lists, geography.passage)
    if not fits.fits:
        # older than any list of the lake: the passage tells which codes there were
        asked = {city_of(code) for code in spec.listed}
        for year in reversed(geography.passage.vintages):
            if year not in lists and asked <= (geography.codes_of(year) or frozenset()):
                return year
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


def _conflicts(spec: TerritorySpec, counted: int, warnings: list[str], log: list[str]) -> None:
    """Say declared numbers of communes that differ from the list or from each other."""
    listed = _number_listed(spec, counted)
    said = [f"{declared.count} ({declared.by})" for declared in spec.declared]
    if not spec.declared or {declared.count for declared in spec.declared} == {listed}:
        return
    if spec.resolution is not None:
        kept, when = spec.resolution.keep, date(spec.resolution.on)
        log.append(
            f"{enumeration(said)} communes déclarées, {listed} dans la liste : {kept} retenues le "
            f"{when} ({spec.resolution.why})"
        )
        return
    warnings.append(
        f"Nombre de communes en désaccord : {enumeration(said)} déclarées, {listed} dans la liste. "
        "Rien n’a été choisi à votre place ; tranchez avec « assemblier territory resolve »."
    )


def _number_listed(spec: TerritorySpec, counted: int) -> int:
    """Return how many communes were listed, before those that have merged became one."""
    return len(spec.listed) if spec.listed and not spec.selections else counted


def numbers_in_conflict(spec: TerritorySpec, counted: int | None) -> frozenset[int] | None:
    """Return the numbers of communes between which a person may decide; None if not known.

    Parameters
    ----------
    counted
        Reference communes of the territory, None when they were not looked up.
    """
    declared = {each.count for each in spec.declared}
    if counted is None:
        return None if spec.selections else frozenset({*declared, len(spec.listed)})
    return frozenset({*declared, _number_listed(spec, counted), counted})


def resolved(
    spec: TerritorySpec, keep: int, why: str, on: dt.date, *, among: frozenset[int] | None = None
) -> TerritorySpec:
    """Return the specification with its conflict of numbers settled.

    Parameters
    ----------
    among
        Numbers that may be kept, see :func:`numbers_in_conflict`; any when None.

    Raises
    ------
    BadInput
        When no reason is given, or a number that nobody declared is kept.
    """
    if not why.strip():
        raise BadInput(Problem("dites pourquoi ce nombre est retenu"))
    if among is not None and keep not in among:
        raise BadInput(
            Problem(
                "ce nombre de communes n’est ni déclaré ni celui de la liste",
                value=str(keep),
                allowed=enumeration([str(each) for each in sorted(among)], "ou"),
                advice="Un autre nombre vient d’un autre document : ajoutez-le d’abord avec "
                "--declared-communes, ou corrigez la liste.",
            )
        )
    return replace(spec, resolution=Resolution(keep, why.strip(), on))
