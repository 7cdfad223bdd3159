"""Two grids of the same ground: how far they agree, and what changes between two vintages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from assemblier.perimeters.living_areas.partitions import compare_partitions, disagreements

__all__ = ["GridComparison", "Move", "PairedGrids", "pair_grids"]


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
        See :func:`~assemblier.perimeters.living_areas.partitions.compare_partitions`, weighted by
        inhabitants.
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


@dataclass(frozen=True, slots=True)
class PairedGrids:
    """Two grids whose zones are paired over the whole country.

    Attributes
    ----------
    codes, population
        Communes and inhabitants, shape (n,).
    first, second
        Number of the zone of each commune in ``first_zones`` and ``second_zones``, -1 in none.
    changes
        For each commune, 1 when its zone changes, 0 when it stays, -1 when one grid leaves it out.
    """

    codes: NDArray
    population: NDArray[np.float64]
    grids: tuple[str, str]
    first: NDArray[np.int64]
    first_zones: tuple[str, ...]
    first_names: Mapping[str, str]
    second: NDArray[np.int64]
    second_zones: tuple[str, ...]
    second_names: Mapping[str, str]
    changes: NDArray[np.int8]

    def within(self, kept: NDArray[np.bool_] | None = None) -> GridComparison:
        """Compare the grids over some communes, all by default.

        A change is the same whether one looks at a territory or at the country.

        Raises
        ------
        BadInput
            No inhabitant is in both grids.
        """
        here = np.ones(self.codes.size, np.bool_) if kept is None else kept
        compared = compare_partitions(
            np.where(here, self.first, -1),
            np.where(here, self.second, -1),
            weights=self.population,
        )
        moved = np.flatnonzero(here & (self.changes == 1))
        held = here & (self.changes >= 0)
        total = float(self.population[held].sum())
        people = float(self.population[moved].sum())
        return GridComparison(
            first=self.grids[0],
            second=self.grids[1],
            communes=int(held.sum()),
            first_zones=int(np.unique(self.first[held]).size),
            second_zones=int(np.unique(self.second[held]).size),
            v_measure=compared.v_measure,
            adjusted_rand=compared.adjusted_rand,
            changed_share=people / total if total > 0 else 0.0,
            changed_population=people,
            changed=tuple(sorted(self.codes[moved])),
            moves=self._moves(moved),
            left_out=float(self.population[here & ~held].sum()),
        )

    def _moves(self, moved: NDArray[np.int64]) -> tuple[Move, ...]:
        a, b = self.first[moved], self.second[moved]
        order = np.lexsort((self.codes[moved].astype(str), b, a))
        a, b, moved = a[order], b[order], moved[order]
        starts = np.flatnonzero(np.append(True, (a[1:] != a[:-1]) | (b[1:] != b[:-1])))
        found = []
        for group in np.split(moved, starts[1:]) if moved.size else []:
            left = self.first_zones[self.first[group[0]]]
            right = self.second_zones[self.second[group[0]]]
            found.append(
                Move(
                    left,
                    self.first_names.get(left, left),
                    right,
                    self.second_names.get(right, right),
                    tuple(self.codes[group].tolist()),
                    float(self.population[group].sum()),
                )
            )
        return tuple(sorted(found, key=lambda each: (-each.population, each.first, each.second)))


def pair_grids(
    codes: NDArray,
    population: NDArray[np.float64],
    first: str,
    first_labels: NDArray,
    first_names: Mapping[str, str],
    second: str,
    second_labels: NDArray,
    second_names: Mapping[str, str],
) -> PairedGrids:
    """Pair the zones of two grids so that as many inhabitants as possible stay.

    Parameters
    ----------
    codes, population
        Communes and inhabitants, shape (n,).
    first, second
        Identifiers of the grids; ``*_labels`` are the zones of communes, None in none.

    Raises
    ------
    BadInput
        No inhabitant is in both grids.
    """
    one, zones_one = _numbered(first_labels)
    other, zones_other = _numbered(second_labels)
    return PairedGrids(
        codes,
        population,
        (first, second),
        one,
        zones_one,
        first_names,
        other,
        zones_other,
        second_names,
        disagreements(one, other, weights=population).zone_changes,
    )


def _numbered(labels: NDArray) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    number, names = pd.factorize(labels, sort=True)
    return number.astype(np.int64), tuple(str(name) for name in names)
