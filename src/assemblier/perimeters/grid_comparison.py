"""Two grids of the same ground: how far they agree, and what changes between two vintages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from assemblier.perimeters.partitions import compare_partitions, disagreements

__all__ = ["GridComparison", "Move", "compare_grids"]


@dataclass(frozen=True, slots=True)
class Move:
    """Communes that are with one zone in the first grid and with another in the second."""

    first: str
    first_name: str
    second: str
    second_name: str
    communes: tuple[str, ...]
    population: float


@dataclass(frozen=True, slots=True)
class GridComparison:
    """How far two grids agree over some communes.

    Attributes
    ----------
    first_zones, second_zones
        Number of zones of each.
    v_measure, adjusted_rand
        See :func:`assemblier.perimeters.partitions.compare_partitions`, weighted by inhabitants.
    changed_share, changed_population
        Inhabitants whose zone changes when zones are paired so that as many as possible stay.
    changed
        Their communes.
    moves
        Groups of communes that change, the most populous first.
    left_out
        Inhabitants of communes that one of the two grids leaves out.
    """

    first: str
    second: str
    communes: int
    first_zones: int
    second_zones: int
    v_measure: float
    adjusted_rand: float
    changed_share: float
    changed_population: float
    changed: tuple[str, ...]
    moves: tuple[Move, ...]
    left_out: float


def compare_grids(
    codes: NDArray,
    population: NDArray[np.float64],
    first: str,
    first_labels: NDArray,
    first_names: Mapping[str, str],
    second: str,
    second_labels: NDArray,
    second_names: Mapping[str, str],
    *,
    within: NDArray[np.bool_] | None = None,
) -> GridComparison:
    """Compare two grids.

    Parameters
    ----------
    codes, population
        Communes and inhabitants, shape (n,).
    first, second
        Identifiers of the grids; ``*_labels`` are the zones of communes, None in none.
    within
        Communes to speak of; zones are paired over all of them, so that a change is the same
        whether one looks at a territory or at the country.

    Raises
    ------
    BadInput
        No inhabitant is in both grids.
    """
    one, names_one = _numbered(first_labels)
    other, names_other = _numbered(second_labels)
    found = disagreements(one, other, weights=population)
    kept = np.ones(codes.size, np.bool_) if within is None else within
    compared = compare_partitions(
        np.where(kept, one, -1), np.where(kept, other, -1), weights=population
    )
    moved = kept & (found.zone_changes == 1)
    held = kept & (found.zone_changes >= 0)
    total = float(population[held].sum())
    frame = pd.DataFrame(
        {"a": one[moved], "b": other[moved], "code": codes[moved], "n": population[moved]}
    )
    moves = []
    for _, group in frame.groupby(["a", "b"], sort=True):
        left = names_one[int(group["a"].iloc[0])]
        right = names_other[int(group["b"].iloc[0])]
        moves.append(
            Move(
                left,
                first_names.get(left, left),
                right,
                second_names.get(right, right),
                tuple(sorted(group["code"])),
                float(group["n"].sum()),
            )
        )
    moves.sort(key=lambda each: (-each.population, each.first, each.second))
    people = float(population[moved].sum())
    return GridComparison(
        first=first,
        second=second,
        communes=int(held.sum()),
        first_zones=int(np.unique(one[held]).size),
        second_zones=int(np.unique(other[held]).size),
        v_measure=compared.v_measure,
        adjusted_rand=compared.adjusted_rand,
        changed_share=people / total if total > 0 else 0.0,
        changed_population=people,
        changed=tuple(sorted(codes[moved])),
        moves=tuple(moves),
        left_out=float(population[kept & ~held].sum()),
    )


def _numbered(labels: NDArray) -> tuple[NDArray[np.int64], list[str]]:
    number, names = pd.factorize(labels, sort=True)
    return number.astype(np.int64), [str(name) for name in names]
