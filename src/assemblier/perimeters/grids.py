"""The grids of a lake laid on its communes: official ones, CPTS and CLS, and a user's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from assemblier.indicators.context import Context
from assemblier.lake.provenance import Part
from assemblier.language import plural
from assemblier.perimeters.bench import cover_labels
from assemblier.territory.geography import GRID_LABELS

__all__ = [
    "LISTED",
    "OFFICIAL",
    "OTHER_LABELS",
    "Grid",
    "Structure",
    "grids_of",
    "listed_by_arrondissement",
    "structures_of",
    "user_grid",
]

LEFT_OUT = {"france", "arm", "territoire"}
OTHER_LABELS = {
    "epci": ("intercommunalité", "intercommunalités"),
    "ept": ("établissement public territorial", "établissements publics territoriaux"),
    "cpts": ("CPTS", "CPTS"),
    "cls": ("contrat local de santé", "contrats locaux de santé"),
}
"""Grid → its name in French, one and many, where a shorter or another one is told."""
LISTED = ("cpts", "cls")
SHOWN = 10
"""Unknown codes of a grid told at most."""
FEMININE = ("intercommunalité", "zone", "unité", "aire", "région", "CPTS")
"""First words of the grids whose zones are feminine."""


@dataclass(frozen=True, slots=True)
class Grid:
    """A grid laid on communes.

    Attributes
    ----------
    id, label
        Identifier and name in French, singular.
    vintage
        Edition of its table and the commune codes it is written in.
    labels
        Zone of each commune, shape (n,), None in none.
    names
        Zone → name.
    lists
        Zone → its communes, where zones overlap (CPTS, CLS); None where each commune has one zone.
    remarks
        What a reader must know of it.
    """

    id: str
    label: str
    vintage: str
    labels: NDArray
    names: Mapping[str, str]
    lists: Mapping[str, tuple[str, ...]] | None = None
    remarks: tuple[str, ...] = ()

    @property
    def many(self) -> str:
        """Its zones as a sentence names them: ``tous les cantons``."""
        known = OTHER_LABELS.get(self.id) or GRID_LABELS.get(self.id)
        if known is None:
            return f"toutes les zones de « {self.label} »"
        many = known[1]
        return f"{'toutes' if many.startswith(FEMININE) else 'tous'} les {many}"


@dataclass(frozen=True, slots=True)
class Structure:
    """A structure that covers communes: a CPTS, a CLS.

    Attributes
    ----------
    communes
        In the reference communes.
    """

    id: str
    kind: str
    name: str
    communes: tuple[str, ...]
    source: str
    cog: int | None


def grids_of(context: Context, codes: NDArray) -> tuple[Grid, ...]:
    """Return every grid of the lake, and the CPTS and CLS whose lists it holds.

    Parameters
    ----------
    codes
        Reference communes, in the order wanted.
    """
    geography = context.geography
    rows = geography.membership.loc[codes]
    known, communes = geography.zone_names, geography.names
    found = []
    for grid in [name for name in GRID_LABELS if name in rows] + [
        name for name in OTHER_LABELS if name in rows and name not in GRID_LABELS
    ]:
        if grid in LEFT_OUT or rows[grid].isna().all():
            continue
        part = geography.grid_parts.get(grid)
        labels = np.where(rows[grid].isna(), None, rows[grid].to_numpy(object))  # type: ignore[call-overload]
        told = known.get(grid, {})
        names = {
            zone: told.get(zone) or communes.get(zone) or zone for zone in pd.unique(labels) if zone
        }
        label = (OTHER_LABELS.get(grid) or GRID_LABELS[grid])[0]
        found.append(Grid(grid, label, _vintage(part, geography.cog), labels, names))
    for kind in LISTED:
        structures = structures_of(context, kind)
        if structures:
            found.append(_cover(kind, OTHER_LABELS[kind][0], structures, codes))
    return tuple(found)


def _vintage(part: Part | None, cog: int) -> str:
    if part is None:
        return f"communes de {cog}"
    carried = "" if part.cog in {None, cog} else f", portée aux communes de {cog}"
    return f"{part.source}, communes de {part.cog or cog}{carried}"


def structures_of(context: Context, kind: str) -> tuple[Structure, ...]:
    """Return the structures of a kind (``cpts``, ``cls``) listed in the lake."""
    found: dict[str, Structure] = {}
    for part in context.parts("liste_communes"):
        rows = context.lake.read(part, ["structure", "genre", "nom", "code"])
        rows = rows[rows["genre"] == kind]
        crosswalk = context.geography.crosswalk(part.cog or context.geography.cog)
        for structure, held in rows.groupby("structure", sort=True):
            if str(structure) in found:  # the list in the newest codes is the one kept
                continue
            named = held["nom"].dropna()
            targets = crosswalk.targets(held["code"].astype(object))["code_to"]
            found[str(structure)] = Structure(
                str(structure),
                kind,
                str(named.iloc[0]) if len(named) else str(structure),
                tuple(sorted(set(targets))),
                part.source,
                part.cog,
            )
    return tuple(found[each] for each in sorted(found))


def listed_by_arrondissement(
    context: Context, communes: Sequence[str], kind: str
) -> tuple[str, ...]:
    """Return the cities among communes that structures list by arrondissement, by code.

    Communes do not tell who covers which part of such a city.
    """
    membership = context.geography.membership
    parts = membership[membership["arm"].notna() & membership["commune"].isin(list(communes))]
    if parts.empty:
        return ()
    listed = {code for each in structures_of(context, kind) for code in each.communes}
    return tuple(sorted(set(parts.loc[parts.index.isin(listed), "commune"])))


def _cover(kind: str, label: str, structures: Sequence[Structure], codes: NDArray) -> Grid:
    lists = {each.id: each.communes for each in structures}
    labels, unknown = cover_labels(codes, lists)
    remarks = (
        (f"Communes listées inconnues de la géographie de référence : {', '.join(unknown)}.",)
        if unknown
        else ()
    )
    sources = ", ".join(sorted({each.source for each in structures}))
    cog = max((each.cog or 0 for each in structures), default=0)
    return Grid(
        kind,
        label,
        f"{sources}, communes de {cog}" if cog else sources,
        labels,
        {each.id: each.name for each in structures},
        lists=lists,
        remarks=remarks,
    )


OFFICIAL = frozenset({*GRID_LABELS, *OTHER_LABELS})
"""Identifiers that no grid of a user may take."""


def user_grid(
    identifier: str, label: str, lists: Mapping[str, Sequence[str]], names: Mapping[str, str],
    codes: NDArray, vintage: str,
) -> Grid:  # fmt: skip
    """Lay a grid given by the user on communes; zones may overlap or leave communes out."""
    labels, unknown = cover_labels(codes, lists)
    remarks: tuple[str, ...] = ()
    if unknown:
        shown = ", ".join(unknown[:SHOWN]) + ("…" if len(unknown) > SHOWN else "")
        left = plural(len(unknown), "code inconnu laissé de côté", "codes inconnus laissés de côté")
        remarks = (f"Grille « {label} », {len(unknown)} {left} : {shown}.",)
    known = set(codes)
    held = [code for communes in lists.values() for code in set(communes) if code in known]
    kept = {zone: tuple(communes) for zone, communes in lists.items()}
    overlap = len(held) > len(set(held))
    return Grid(
        identifier, label, vintage, labels, names, lists=kept if overlap else None, remarks=remarks
    )
