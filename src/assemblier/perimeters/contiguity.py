"""Which zones touch: from their contours, or from nearest neighbours where contours are missing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import coo_array
from scipy.spatial import KDTree
from shapely import STRtree

from assemblier.errors import BadInput, Problem

__all__ = ["Contiguity", "neighbours_from_contours", "neighbours_from_points"]


@dataclass(frozen=True, slots=True)
class Contiguity:
    """Pairs of zones that touch, by code; the order in a pair and of the pairs does not matter.

    Attributes
    ----------
    first, second
        Codes, shape (pairs,).
    origin
        What the pairs were drawn from, printed beside the areas.
    """

    first: NDArray
    second: NDArray
    origin: str

    def rows(self, zones: NDArray) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """Return the neighbours of each zone as compressed sparse rows, sorted, both ways.

        Pairs with an end that is not one of ``zones`` are left aside.
        """
        index = pd.Index(zones)
        i = index.get_indexer(pd.Index(self.first))
        j = index.get_indexer(pd.Index(self.second))
        kept = (i >= 0) & (j >= 0) & (i != j)
        rows, columns = np.concatenate([i[kept], j[kept]]), np.concatenate([j[kept], i[kept]])
        table = coo_array(
            (np.ones(rows.size, np.int8), (rows, columns)), shape=(zones.size, zones.size)
        ).tocsr()
        table.sort_indices()
        return table.indptr.astype(np.int64), table.indices.astype(np.int32)


def neighbours_from_points(
    codes: ArrayLike, x: ArrayLike, y: ArrayLike, *, count: int
) -> Contiguity:
    """Take as neighbours of each zone the ``count`` nearest points; a pair holds both ways.

    Parameters
    ----------
    codes, x, y
        Code and projected position of each zone (any unit), shape (n,).
    count
        Nearest points per zone; more when several are at the same distance as the last.

    Raises
    ------
    BadInput
        A position is missing.
    """
    names = np.asarray(codes)
    points = np.column_stack([np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)])
    lost = np.flatnonzero(~np.isfinite(points).all(axis=1))
    if lost.size:
        raise BadInput(
            [
                Problem(
                    "zone sans position",
                    value=str(names[row]),
                    advice="Donnez-lui un point ou retirez-la.",
                )
                for row in lost
            ]
        )
    if names.size < 2:
        return Contiguity(names[:0], names[:0], f"{count} plus proches voisins")
    tree = KDTree(points)
    reach = tree.query(points, k=[min(count + 1, names.size)])[0][:, 0]
    # All points at the distance of the last one: a tie must not depend on the order of zones.
    near = tree.query_ball_point(points, reach * (1 + 1e-12))
    i = np.repeat(np.arange(names.size), [len(found) for found in near])
    j = np.concatenate([np.asarray(found, dtype=np.int64) for found in near])
    return Contiguity(names[i[i != j]], names[j[i != j]], f"{count} plus proches voisins")


def neighbours_from_contours(codes: ArrayLike, contours: ArrayLike) -> Contiguity:
    """Take as neighbours the zones whose contours meet, be it at one point.

    Parameters
    ----------
    codes, contours
        Code and polygon (shapely) of each zone, in one projection, shape (n,).
    """
    names = np.asarray(codes)
    shapes = np.asarray(contours, dtype=object)
    i, j = STRtree(shapes).query(shapes, predicate="intersects")
    once = i < j
    return Contiguity(names[i[once]], names[j[once]], "contours")
