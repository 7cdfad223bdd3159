"""How far CPTS and CLS cover a territory (*maillage*), and how each fits the areas people live in.

Coordinated structures may overlap and leave white zones. A structure that reaches a size class only
by merging thin territories, each of which lives apart, is an *agglomérat*: a size on paper.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from assemblier.blocks import Inline
from assemblier.french import de
from assemblier.language import number, percent, plural
from assemblier.perimeters.bench import JOINED, Ground, cover_labels

__all__ = [
    "CoverageStudy",
    "Critical",
    "Overlap",
    "StructureFit",
    "cover",
    "critical_pieces",
    "fit_structures",
    "size_class",
]

TIMES = ("0", "1", "2+")


@dataclass(frozen=True, slots=True)
class Overlap:
    """Communes of the territory that the same several structures cover, and their inhabitants."""

    structures: tuple[str, ...]
    communes: tuple[str, ...]
    population: float


@dataclass(frozen=True, slots=True)
class CoverageStudy:
    """Shares of a territory covered 0, 1 and 2 times or more; each triple sums to 1.

    Attributes
    ----------
    communes, population, gps
        Shares; ``gps`` is null where no doctor is known.
    counts, people
        Number of communes and inhabitants covered 0, 1 and 2 times or more.
    labels
        Structures of each commune of the country, joined, shape (n,), None in none.
    white
        Communes that no structure covers.
    overlaps
        What several structures cover together, the most populous first.
    unknown
        Codes listed by a structure that are not reference communes.
    """

    communes: tuple[float, float, float]
    population: tuple[float, float, float] | None
    gps: tuple[float, float, float] | None
    counts: tuple[int, int, int]
    people: tuple[float, float, float]
    labels: NDArray
    white: tuple[str, ...]
    overlaps: tuple[Overlap, ...]
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Critical:
    """Thin areas merged on paper: what gives a structure its size.

    Attributes
    ----------
    basins, first_share
        Living areas it merges, and the share of its inhabitants in the first.
    density
        Inhabitants by km².
    reached, without
        Its size class, and the one it would have without its smallest living area.
    smallest, smallest_share
        That living area and its share of the inhabitants.
    least
        Inhabitants of the first bound of the size classes.
    """

    basins: int
    first_share: float
    density: float
    reached: int
    without: int
    smallest: str
    smallest_share: float
    least: float


@dataclass(frozen=True, slots=True)
class StructureFit:
    """A structure as a whole, inside and outside the territory, against living areas.

    Attributes
    ----------
    population, area
        Inhabitants and km² of the structure; ``area`` is null where a commune's is unknown.
    in_territory
        Share of its inhabitants who live in the territory.
    of_territory
        Share of the territory's inhabitants who live in it.
    size
        1 to 4, None without size classes.
    basins
        Living areas it meets: ``(code, name, share of its inhabitants, share of the area's)``.
    fit
        Inhabitants common to the structure and the living areas that are mostly in it, over those
        of either: 1 when it is made of whole living areas.
    cut
        Its inhabitants whose living area lies mostly outside it.
    critical
        The sign of *critical size*, None when there is none.
    """

    id: str
    name: str
    communes: int
    population: float
    area: float | None
    in_territory: float
    of_territory: float
    size: int | None
    basins: tuple[tuple[str, str, float, float], ...]
    fit: float
    cut: float
    critical: Critical | None

    @property
    def warning(self) -> str:
        """The sentence of *critical size*, empty when there is no sign of it."""
        return "".join(str(piece) for piece in critical_pieces(self, lambda _k, _v, text: text))


def cover(ground: Ground, lists: Mapping[str, Sequence[str]]) -> CoverageStudy:
    """Count how many structures cover each commune of the territory.

    Parameters
    ----------
    lists
        Structure → its communes.
    """
    labels, unknown = cover_labels(ground.codes, lists)
    inside = ground.inside
    held = [() if each is None else tuple(str(each).split(JOINED)) for each in labels[inside]]
    times = np.minimum(np.array([len(each) for each in held], dtype=np.int64), 2)
    codes = ground.codes[inside]
    gps = np.nan_to_num(ground.gps[inside])
    counts = np.bincount(times, minlength=3)
    people = np.bincount(times, weights=ground.population[inside], minlength=3)
    return CoverageStudy(
        communes=_shares(counts) or (1.0, 0.0, 0.0),
        population=_shares(people),
        gps=_shares(np.bincount(times, weights=gps, minlength=3)),
        counts=(int(counts[0]), int(counts[1]), int(counts[2])),
        people=(float(people[0]), float(people[1]), float(people[2])),
        labels=labels,
        white=tuple(sorted(codes[times == 0])),
        overlaps=_overlaps(codes, held, ground.population[inside]),
        unknown=unknown,
    )


def _overlaps(
    codes: NDArray, held: Sequence[tuple[str, ...]], people: NDArray[np.float64]
) -> tuple[Overlap, ...]:
    found: dict[tuple[str, ...], list[int]] = {}
    for at, structures in enumerate(held):
        if len(structures) > 1:
            found.setdefault(structures, []).append(at)
    made = [
        Overlap(structures, tuple(sorted(codes[at])), float(people[at].sum()))
        for structures, at in found.items()
    ]
    return tuple(sorted(made, key=lambda each: (-each.population, each.structures)))


def _shares(parts: NDArray[Any]) -> tuple[float, float, float] | None:
    total = float(parts.sum())
    if total <= 0:
        return None
    return (float(parts[0] / total), float(parts[1] / total), float(parts[2] / total))


def size_class(population: float, bounds: Sequence[float]) -> int:
    """Return the size class, from 1; a bound belongs to the class above it."""
    return 1 + int(np.searchsorted(np.asarray(bounds, dtype=np.float64), population, side="right"))


def fit_structures(
    ground: Ground,
    lists: Mapping[str, Sequence[str]],
    names: Mapping[str, str],
    basin: NDArray,
    basin_names: Mapping[str, str],
    *,
    sizes: Sequence[float],
    signs: Mapping[str, float],
) -> tuple[StructureFit, ...]:
    """Set each structure against living areas.

    Parameters
    ----------
    basin
        Living area of each commune, shape (n,), None in none.
    sizes
        Bounds of the size classes, empty when the structure has none.
    signs
        ``basins``, ``largest_share``, ``density``: what tells a size on paper.
    """
    own_people = float(ground.population[ground.inside].sum())
    everyone = pd.Series(ground.population).groupby(pd.Series(basin, dtype=object), sort=True).sum()
    found = []
    for structure in sorted(lists):
        held = pd.Index(ground.codes).isin(list(lists[structure]))
        if not held.any():
            continue
        people = float(ground.population[held].sum())
        own = (
            pd.Series(ground.population[held])
            .groupby(pd.Series(basin[held], dtype=object), sort=True)
            .sum()
        )
        basins = sorted(
            (
                (
                    str(code),
                    basin_names.get(str(code), str(code)),
                    _part(n, people),
                    _part(n, everyone[str(code)]),
                )
                for code, n in zip(own.index.tolist(), own.tolist(), strict=True)
            ),
            key=lambda each: (-each[2], each[0]),
        )
        mostly = [code for code, _, _, of_basin in basins if of_basin > 0.5]
        core = pd.Series(basin, dtype=object).isin(mostly).to_numpy(bool)
        either = float(ground.population[core | held].sum())
        shared = float(ground.population[held & ground.inside].sum())
        area = float(ground.area[held].sum())
        known = bool(np.isfinite(area) and area > 0)
        found.append(
            StructureFit(
                id=structure,
                name=names.get(structure, structure),
                communes=int(held.sum()),
                population=people,
                area=area if known else None,
                in_territory=_part(shared, people),
                of_territory=_part(shared, own_people),
                size=size_class(people, sizes) if sizes else None,
                basins=tuple(basins),
                fit=_part(float(ground.population[core & held].sum()), either),
                cut=float(ground.population[held & ~core].sum()),
                critical=_critical(
                    people,
                    area if known else None,
                    basins,
                    sizes,
                    signs,
                ),
            )
        )
    return tuple(sorted(found, key=lambda each: (-each.of_territory, each.id)))


def _part(part: float, whole: float) -> float:
    return float(part / whole) if whole > 0 else 0.0


def _critical(
    people: float,
    area: float | None,
    basins: Sequence[tuple[str, str, float, float]],
    sizes: Sequence[float],
    signs: Mapping[str, float],
) -> Critical | None:
    """Tell when a structure reaches its size only by merging thin areas that live apart."""
    several = len(basins) >= signs["basins"]
    if not (several and sizes and area and basins[0][2] <= signs["largest_share"]):
        return None
    density = people / area
    if density >= signs["density"]:
        return None
    reached = size_class(people, sizes)
    smallest = min(basins, key=lambda each: (each[2], each[0]))
    without = size_class(people * (1 - smallest[2]), sizes)
    each_alone = max(share for _, _, share, _ in basins) * people < sizes[0]
    if without == reached and not (each_alone and reached > 1):
        return None
    return Critical(
        len(basins), basins[0][2], density, reached, without, smallest[1], smallest[2],
        float(sizes[0]),
    )  # fmt: skip


def critical_pieces(fit: StructureFit, told: Callable[[str, float, str], Inline]) -> list[Inline]:
    """Say the sign of critical size of a structure; empty without one.

    Parameters
    ----------
    told
        Makes each number of the sentence from its key, its value and its text.
    """
    sign = fit.critical
    if sign is None:
        return []
    why: list[Inline] = (
        [
            f"sans le bassin {de(sign.smallest)} (",
            told("moindre", sign.smallest_share, percent(sign.smallest_share)),
            " de ses habitants), elle passerait de la taille ",
            told("taille", float(sign.reached), str(sign.reached)),
            " à la taille ",
            told("sans", float(sign.without), str(sign.without)),
        ]
        if sign.without != sign.reached
        else [
            "aucun de ses bassins n’atteint seul ",
            told("seuil", sign.least, number(sign.least)),
            " habitants",
        ]
    )
    return [
        f"{fit.name} : taille critique atteinte sur le papier ? Elle réunit ",
        told("bassins", float(sign.basins), str(sign.basins)),
        f" {plural(sign.basins, 'bassin')} de vie dont aucun ne l’emporte (le premier a ",
        told("premier", sign.first_share, percent(sign.first_share)),
        " de ses habitants), à ",
        told("densite", sign.density, number(sign.density)),
        " habitants au km² ; ",
        *why,
        ". Une taille réunie n’est pas une coordination : regardez les actes communs.",
    ]
