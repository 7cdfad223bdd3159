"""The perimeter bench: every grid that a territory meets, what each holds of it, what each cuts.

A territory is a set of communes. A grid is a partition of communes into zones, or a cover whose
zones may overlap or leave communes out. For each grid the bench says how people, ground and doctors
of the territory fall into zones; zones that overlap are shown together, communes in no zone in a
row *hors zonage*, so that shares always sum to one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from assemblier.errors import BadInput, Problem

__all__ = [
    "JOINED",
    "OUTSIDE_NAME",
    "SUPPOSED",
    "GridMet",
    "Ground",
    "Perimeter",
    "ZoneMet",
    "cover_labels",
    "held_by",
    "perimeters_of",
    "supposed",
    "zones_met",
]

OUTSIDE_NAME = "hors zonage"
JOINED = " + "


@dataclass(frozen=True, slots=True)
class Ground:
    """All communes of a country, and which of them are the territory.

    Attributes
    ----------
    codes
        Codes, shape (n,), unique.
    inside
        Which are in the territory, shape (n,).
    population
        Inhabitants, shape (n,); unknown counts as nobody, its codes are in ``unpeopled``.
    area
        km², shape (n,), NaN where unknown.
    gps
        General practitioners, shape (n,), NaN where unknown.
    names
        Code → name.
    """

    codes: NDArray
    inside: NDArray[np.bool_]
    population: NDArray[np.float64]
    area: NDArray[np.float64]
    gps: NDArray[np.float64]
    names: Mapping[str, str]

    def __post_init__(self) -> None:
        if not self.inside.any():
            raise BadInput(
                Problem(
                    "le territoire n’a aucune commune dans la géographie de référence",
                    advice="Vérifiez ses codes et leur année.",
                )
            )


@dataclass(frozen=True, slots=True)
class ZoneMet:
    """One zone of a grid and what the territory has in it.

    Attributes
    ----------
    code
        Code of the zone; several joined by `` + `` where zones overlap; None out of any zone.
    communes, communes_total
        Communes of the territory in the zone, and all communes of the zone.
    population, population_total
        The same for inhabitants.
    population_share, area_share, gps_share
        Share of the territory that lies in the zone; null where the total is unknown or zero.
    inside_share
        Share of the zone's inhabitants who live in the territory; null out of any zone.
    whole
        Whether every commune of the zone is in the territory.
    """

    code: str | None
    name: str
    communes: int
    communes_total: int | None
    population: float
    population_total: float | None
    gps: float | None
    population_share: float | None
    area_share: float | None
    gps_share: float | None
    inside_share: float | None
    whole: bool

    @property
    def mostly_inside(self) -> bool:
        """Whether more than half of the zone's inhabitants live in the territory."""
        return self.inside_share is not None and self.inside_share > 0.5


@dataclass(frozen=True, slots=True)
class GridMet:
    """A grid and its zones that the territory meets, the most populous share first.

    Attributes
    ----------
    vintage
        Edition of the grid's table, with the commune codes it is written in.
    many
        Its zones as a sentence names them, ``toutes les intercommunalités``.
    zones
        Zones met; the row *hors zonage* is last when there is one. Zones that overlap are told
        together, so that shares sum to one.
    members
        Zones met, each by itself: the same but for zones that overlap, where a commune of two
        counts in both.
    cut_inside
        Communes of the territory whose zones all lie mostly outside: the limit parts them from it.
    cut_outside
        Communes outside the territory one of whose zones lies mostly inside.
    cut_inside_population, cut_outside_population
        Their inhabitants.
    fit
        Inhabitants common to the territory and the zones that are mostly inside, over those of
        either (Jaccard): 1 when the territory is made of whole zones.
    """

    grid: str
    label: str
    vintage: str
    many: str
    zones: tuple[ZoneMet, ...]
    members: tuple[ZoneMet, ...]
    cut_inside: tuple[str, ...]
    cut_outside: tuple[str, ...]
    cut_inside_population: float
    cut_outside_population: float
    fit: float

    @property
    def whole_zones(self) -> int:
        """How many zones are wholly in the territory."""
        return sum(zone.whole for zone in self.members)

    @property
    def parts_it(self) -> bool:
        """Whether a zone lies mostly in the territory: else nothing tells what the limit cuts."""
        return any(zone.mostly_inside for zone in self.members)

    @property
    def overlapping(self) -> bool:
        """Whether a commune of the territory is in several zones."""
        held = sum(zone.communes for zone in self.zones if zone.code is not None)
        return sum(zone.communes for zone in self.members) > held

    def drawn(self, rule: str) -> str:
        """Say which zones of the grid, taken whole, make a perimeter by a rule.

        Parameters
        ----------
        rule
            ``majoritaires`` or ``rencontrées``, see :class:`Perimeter`.
        """
        every, _, zones = self.many.partition(" ")
        if rule == "rencontrées":
            return f"{self.many} {'touchées' if every == 'toutes' else 'touchés'}"
        return f"{zones} surtout à l’intérieur"


@dataclass(frozen=True, slots=True)
class Perimeter:
    """A set of communes under which indicators are computed again.

    Attributes
    ----------
    id
        ``territoire``, or ``grid:rule``.
    rule
        ``demandé``; ``majoritaires``: the zones most of whose inhabitants are in the territory,
        whole; ``rencontrées``: every zone met, whole; ``supposé``: the territory with or without
        zones that were named.
    overlap
        Inhabitants common with the territory over those of either.
    same_as
        Other perimeters that are the same communes, listed once.
    """

    id: str
    label: str
    grid: str
    rule: str
    communes: frozenset[str]
    population: float
    overlap: float
    same_as: tuple[str, ...] = ()


def cover_labels(
    codes: NDArray, lists: Mapping[str, Sequence[str]]
) -> tuple[NDArray, tuple[str, ...]]:
    """Label communes by the structures that list them, those of several by all of them joined.

    Parameters
    ----------
    codes
        Communes, shape (n,).
    lists
        Structure → its communes.

    Returns
    -------
    labels
        Shape (n,), None in no structure.
    unknown
        Listed codes that are not communes.
    """
    at = {code: place for place, code in enumerate(codes)}
    held: list[list[str]] = [[] for _ in codes]
    unknown: dict[str, None] = {}
    for structure in sorted(lists):
        for code in dict.fromkeys(lists[structure]):
            if code in at:
                held[at[code]].append(structure)
            else:
                unknown[code] = None
    labels = np.array([JOINED.join(each) if each else None for each in held], dtype=object)
    return labels, tuple(sorted(unknown))


def zones_met(
    ground: Ground,
    labels: NDArray,
    *,
    grid: str,
    label: str,
    vintage: str,
    names: Mapping[str, str],
    many: str = "toutes les zones",
    lists: Mapping[str, Sequence[str]] | None = None,
) -> GridMet:
    """Say how a territory falls into the zones of a grid.

    Parameters
    ----------
    labels
        Zone of each commune, shape (n,), None in no zone.
    names
        Zone → name.
    many
        The zones as a sentence names them.
    lists
        Zone → its communes, for zones that overlap; ``labels`` are then those of
        :func:`cover_labels`.

    Raises
    ------
    BadInput
        There is not one label for each commune.
    """
    if labels.shape != ground.codes.shape:
        raise BadInput(
            Problem(
                f"la grille {grid} n’a pas une zone par commune",
                value=str(labels.size),
                allowed=f"{ground.codes.size} communes",
            )
        )
    missing = pd.isna(labels)
    met = sorted({str(each) for each in labels[ground.inside & ~missing]})
    place = pd.Index(met, dtype=object).get_indexer(pd.Index(np.where(missing, "", labels)))
    place = np.where(missing, -1, place)
    total = {
        "population": float(ground.population[ground.inside].sum()),
        "area": float(ground.area[ground.inside].sum()),
        "gps": float(np.nansum(ground.gps[ground.inside])),
    }
    known_gps = bool((~np.isnan(ground.gps[ground.inside])).any())
    zones = [
        _zone(ground, place == at, code, _named(code, names), total, known_gps=known_gps)
        for at, code in enumerate(met)
    ]
    zones.sort(key=lambda zone: (-zone.population, -zone.communes, zone.code or ""))
    apart = ground.inside & missing
    if apart.any():
        zones.append(_zone(ground, apart, None, OUTSIDE_NAME, total, known_gps=known_gps))
    if lists is None:
        members = [zone for zone in zones if zone.code is not None]
    else:
        held = [(code, held_by(ground.codes, labels, [code], lists)) for code in sorted(lists)]
        members = [
            _zone(ground, here, code, names.get(code) or code, total, known_gps=known_gps)
            for code, here in held
            if (here & ground.inside).any()
        ]
        members.sort(key=lambda zone: (-zone.population, -zone.communes, zone.code or ""))
    kept = [str(zone.code) for zone in members if zone.mostly_inside]
    core = held_by(ground.codes, labels, kept, lists)
    cut_in = ground.inside & ~core & ~missing
    cut_out = core & ~ground.inside
    return GridMet(
        grid=grid,
        label=label,
        vintage=vintage,
        many=many,
        zones=tuple(zones),
        members=tuple(members),
        cut_inside=tuple(sorted(ground.codes[cut_in])),
        cut_outside=tuple(sorted(ground.codes[cut_out])),
        cut_inside_population=float(ground.population[cut_in].sum()),
        cut_outside_population=float(ground.population[cut_out].sum()),
        fit=_overlap(ground.population, core, ground.inside),
    )


def held_by(
    codes: NDArray,
    labels: NDArray,
    zones: Sequence[str],
    lists: Mapping[str, Sequence[str]] | None = None,
) -> NDArray[np.bool_]:
    """Say which communes some zones of a grid hold, see :func:`zones_met`; shape (n,)."""
    if lists is None:
        return pd.Series(labels, dtype=object).isin(list(zones)).to_numpy(bool)
    listed = {commune for zone in zones for commune in lists[zone]}
    return pd.Series(codes, dtype=object).isin(listed).to_numpy(bool)


def _named(code: str, names: Mapping[str, str]) -> str:
    return JOINED.join(names.get(each) or each for each in code.split(JOINED))


def _zone(
    ground: Ground,
    held: NDArray[np.bool_],
    code: str | None,
    name: str,
    total: Mapping[str, float],
    *,
    known_gps: bool,
) -> ZoneMet:
    own = held & ground.inside
    people = float(ground.population[own].sum())
    everyone = float(ground.population[held].sum())
    gps = float(np.nansum(ground.gps[own])) if known_gps else None
    known_area = np.isfinite(total["area"]) and total["area"] > 0
    # a zone without inhabitants is weighed by its communes
    share = people / everyone if everyone > 0 else float(own.sum() / held.sum())
    return ZoneMet(
        code=code,
        name=name,
        communes=int(own.sum()),
        communes_total=None if code is None else int(held.sum()),
        population=people,
        population_total=None if code is None else everyone,
        gps=gps,
        population_share=people / total["population"] if total["population"] > 0 else None,
        area_share=float(ground.area[own].sum()) / total["area"] if known_area else None,
        gps_share=gps / total["gps"] if gps is not None and total["gps"] > 0 else None,
        inside_share=None if code is None else share,
        whole=code is not None and bool((held & ~ground.inside).sum() == 0),
    )


def _overlap(weight: NDArray, one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    either = float(weight[one | other].sum())
    return float(weight[one & other].sum()) / either if either > 0 else 0.0


SUPPOSED = "supposé"


def supposed(ground: Ground, label: str, communes: frozenset[str]) -> Perimeter:
    """Return the perimeter that a territory would be with or without some communes.

    Raises
    ------
    BadInput
        Nobody would be left in it, or it would be the same territory.
    """
    held = pd.Series(ground.codes, dtype=object).isin(communes).to_numpy(bool)
    if not held.any() or np.array_equal(held, ground.inside):
        raise BadInput(
            Problem(
                "ce qui est ajouté ou retiré ne change rien"
                if held.any()
                else "il ne reste aucune commune au territoire",
                value=label,
                advice="Nommez une zone qui ajoute des communes au territoire, ou lui en retire "
                "sans le vider.",
            )
        )
    return Perimeter(
        "suppose",
        label,
        "territoire",
        SUPPOSED,
        frozenset(ground.codes[held]),
        float(ground.population[held].sum()),
        _overlap(ground.population, held, ground.inside),
    )


def perimeters_of(
    ground: Ground,
    grids: Sequence[tuple[GridMet, NDArray]],
    *,
    name: str = "territoire demandé",
    covers: Mapping[str, Mapping[str, Sequence[str]]] | None = None,
) -> tuple[Perimeter, ...]:
    """List the perimeters that a territory could be drawn with: itself, then two for each grid.

    Parameters
    ----------
    grids
        What :func:`zones_met` gave, with the labels it was given.
    covers
        Grid → zone → its communes, for the grids whose zones overlap.

    Returns
    -------
    tuple of Perimeter
        The territory first. Perimeters of the same communes are one, and name each other.
    """
    own = frozenset(ground.codes[ground.inside])
    found: dict[frozenset[str], Perimeter] = {
        own: Perimeter(
            "territoire",
            name,
            "territoire",
            "demandé",
            own,
            float(ground.population[ground.inside].sum()),
            1.0,
        )
    }
    for met, labels in grids:
        for rule, kept in (
            ("majoritaires", [str(zone.code) for zone in met.members if zone.mostly_inside]),
            ("rencontrées", [str(zone.code) for zone in met.members]),
        ):
            held = held_by(ground.codes, labels, kept, (covers or {}).get(met.grid))
            communes = frozenset(ground.codes[held])
            if not communes:
                continue
            label = met.drawn(rule)
            identifier = f"{met.grid}:{rule}"
            known = found.get(communes)
            if known is not None:
                found[communes] = Perimeter(
                    known.id,
                    known.label,
                    known.grid,
                    known.rule,
                    known.communes,
                    known.population,
                    known.overlap,
                    (*known.same_as, identifier),
                )
                continue
            found[communes] = Perimeter(
                identifier,
                label,
                met.grid,
                rule,
                communes,
                float(ground.population[held].sum()),
                _overlap(ground.population, held, ground.inside),
            )
    return tuple(found.values())
