"""Compare two ways of cutting the same zones: what each keeps inside, and who changes area.

A partition is an array of labels, one per zone: any integers, -1 for a zone that the partition
leaves out. Weights are counts of people; without weights each zone counts once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import min_weight_full_bipartite_matching

from assemblier.errors import BadInput, Problem
from assemblier.perimeters.flows import Flows, total_by

__all__ = [
    "Disagreements",
    "Localisation",
    "PartitionComparison",
    "compare_partitions",
    "disagreements",
    "localisation",
]


@dataclass(frozen=True, slots=True)
class Localisation:
    """What the areas of a partition keep of the flows of their residents.

    Attributes
    ----------
    areas
        Labels of the partition, sorted, shape (k,).
    inside, residents, comers
        Flow that starts and ends in the area; that starts in it; that ends in it. Shape (k,).
    share
        ``inside / residents``, null where nobody starts, shape (k,).
    demand_share
        ``inside / comers``, null where nobody ends, shape (k,).
    whole
        Sum of ``inside`` over all flows of residents of areas: the localisation of the partition,
        weighted by flows. Merging areas never lowers it.
    left_out
        Flow of the residents of zones that have no area.
    """

    areas: NDArray
    inside: NDArray[np.float64]
    residents: NDArray[np.float64]
    comers: NDArray[np.float64]
    share: NDArray[np.float64]
    demand_share: NDArray[np.float64]
    whole: float
    left_out: float


@dataclass(frozen=True, slots=True)
class PartitionComparison:
    """How far two partitions of the same zones agree.

    Attributes
    ----------
    homogeneity
        1 when each area of the second holds people of one area of the first only.
    completeness
        1 when each area of the first is wholly in one area of the second.
    v_measure
        Harmonic mean of the two (Rosenberg & Hirschberg 2007).
    adjusted_rand
        Share of pairs of people treated alike, corrected for chance (Hubert & Arabie 1985, doi
        10.1007/BF01908075).
    changed_share
        Share of people who change area when areas are paired so that as many as possible stay.
    changed_weight, total_weight
        The people who change, and all who are compared.
    left_out_weight
        People of zones that one of the two leaves out; they are in no other figure.
    first_areas, second_areas
        Labels, sorted.
    match
        For each area of the first the position of its pair in ``second_areas``, -1 without one.
    matched_weight
        People in both the area and its pair, same shape.
    """

    homogeneity: float
    completeness: float
    v_measure: float
    adjusted_rand: float
    changed_share: float
    changed_weight: float
    total_weight: float
    left_out_weight: float
    first_areas: NDArray
    second_areas: NDArray
    match: NDArray[np.int64]
    matched_weight: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Disagreements:
    """The groups of zones that change area, those with most people first.

    Attributes
    ----------
    first, second
        Label of the area they leave and of the one they go to.
    expected
        Label of the area of the second partition that is the pair of the one they leave; -1 when
        it has none.
    zones, weight
        Number of zones and of people in the group.
    zone_changes
        For each zone, 1 when it changes, 0 when it stays, -1 when one partition leaves it out.
    """

    first: NDArray
    second: NDArray
    expected: NDArray
    zones: NDArray[np.int64]
    weight: NDArray[np.float64]
    zone_changes: NDArray[np.int8]


def localisation(flows: Flows, label: ArrayLike) -> Localisation:
    """Measure the share of residents' flows that stay in their area.

    Parameters
    ----------
    flows
        Flows among n zones.
    label
        Area of each zone, shape (n,), -1 for none.

    Raises
    ------
    BadInput
        The partition has not one label for each zone.
    """
    labels = _labels(label, flows.zones.size)
    held = labels >= 0
    areas, index = np.unique(labels[held], return_inverse=True)
    place = np.full(labels.size, -1, np.int64)
    place[held] = index
    k = areas.size
    residents = total_by(index, flows.outflow[held], k)
    comers = total_by(index, flows.inflow[held], k)
    row = np.repeat(place, np.diff(flows.indptr))
    same = (row >= 0) & (row == place[flows.neighbour])
    inside = total_by(index, flows.within[held], k)
    inside = inside + total_by(row[same], flows.sent[same], k)
    return Localisation(
        areas=areas,
        inside=inside,
        residents=residents,
        comers=comers,
        share=_ratio(inside, residents),
        demand_share=_ratio(inside, comers),
        whole=float(_ratio(inside.sum(keepdims=True), residents.sum(keepdims=True))[0]),
        left_out=float(flows.outflow[~held].sum()),
    )


def compare_partitions(
    first: ArrayLike, second: ArrayLike, *, weights: ArrayLike | None = None
) -> PartitionComparison:
    """Compare two partitions of the same zones.

    Parameters
    ----------
    first, second
        Area of each zone, shape (n,), -1 for none; the labels of one need not match the other's.
    weights
        People of each zone, shape (n,); 1 each by default.

    Raises
    ------
    BadInput
        Lengths differ, weights are unusable, or no zone is in both partitions.
    """
    table, areas, others, left_out = _contingency(first, second, weights)
    total = float(table.sum())
    by_first = np.asarray(table.sum(axis=1)).ravel()
    by_second = np.asarray(table.sum(axis=0)).ravel()
    shared = table.data[table.data > 0]
    joint = _entropy(shared)
    entropy_first, entropy_second = _entropy(by_first), _entropy(by_second)
    mutual = entropy_first + entropy_second - joint
    homogeneity = _bounded(mutual / entropy_first) if entropy_first > 0 else 1.0
    completeness = _bounded(mutual / entropy_second) if entropy_second > 0 else 1.0
    both = homogeneity + completeness
    match, kept = _pair(table)
    return PartitionComparison(
        homogeneity=homogeneity,
        completeness=completeness,
        v_measure=2 * homogeneity * completeness / both if both > 0 else 0.0,
        adjusted_rand=_adjusted_rand(shared, by_first, by_second),
        changed_share=(total - float(kept.sum())) / total,
        changed_weight=total - float(kept.sum()),
        total_weight=total,
        left_out_weight=left_out,
        first_areas=areas,
        second_areas=others,
        match=match,
        matched_weight=kept,
    )


def disagreements(
    first: ArrayLike, second: ArrayLike, *, weights: ArrayLike | None = None
) -> Disagreements:
    """List the groups of zones that change area, and say of each zone whether it does.

    Areas are paired as in :func:`compare_partitions`.
    """
    compared = compare_partitions(first, second, weights=weights)
    one, other = _labels(first), _labels(second)
    weight = np.ones(one.size) if weights is None else np.asarray(weights, dtype=np.float64)
    held = (one >= 0) & (other >= 0)
    a = np.searchsorted(compared.first_areas, one[held])
    b = np.searchsorted(compared.second_areas, other[held])
    moved = compared.match[a] != b
    changes = np.full(one.size, -1, np.int8)
    changes[held] = moved
    groups, index = np.unique(np.column_stack([a[moved], b[moved]]), axis=0, return_inverse=True)
    index = index.ravel()
    people = total_by(index, weight[held][moved], len(groups))
    order = np.lexsort((groups[:, 1], groups[:, 0], -people))
    groups, people = groups[order], people[order]
    pair = compared.match[groups[:, 0]]
    expected = np.full(len(groups), -1, dtype=compared.second_areas.dtype)
    expected[pair >= 0] = compared.second_areas[pair[pair >= 0]]
    return Disagreements(
        first=compared.first_areas[groups[:, 0]],
        second=compared.second_areas[groups[:, 1]],
        expected=expected,
        zones=np.bincount(index, minlength=order.size)[order],
        weight=people,
        zone_changes=changes,
    )


def _labels(label: ArrayLike, n: int | None = None) -> NDArray[np.int64]:
    labels = np.asarray(label)
    if labels.ndim != 1 or not np.issubdtype(labels.dtype, np.integer):
        raise BadInput(
            Problem(
                "une partition est une suite de nombres entiers",
                value=str(labels.dtype),
                allowed="un entier par zone, -1 pour une zone sans bassin",
            )
        )
    if n is not None and labels.size != n:
        raise BadInput(
            Problem("partition de mauvaise longueur", value=str(labels.size), allowed=f"{n} zones")
        )
    return labels.astype(np.int64)


def _contingency(
    first: ArrayLike, second: ArrayLike, weights: ArrayLike | None
) -> tuple[csr_array, NDArray, NDArray, float]:
    one = _labels(first)
    other = _labels(second, one.size)
    weight = np.ones(one.size) if weights is None else np.asarray(weights, dtype=np.float64)
    if weight.shape != one.shape:
        raise BadInput(
            Problem("poids de mauvaise longueur", value=str(weight.size), allowed=f"{one.size}")
        )
    wrong = np.flatnonzero(~(np.isfinite(weight) & (weight >= 0)))
    if wrong.size:
        raise BadInput(
            [
                Problem(
                    "poids inutilisable",
                    line=int(row) + 1,
                    column="weights",
                    value=str(weight[row]),
                    allowed="un nombre fini, positif ou nul",
                )
                for row in wrong
            ]
        )
    held = (one >= 0) & (other >= 0)
    if not weight[held].sum() > 0:
        raise BadInput(
            Problem(
                "aucune personne n’est à la fois dans les deux partitions",
                advice="Vérifiez que les deux portent sur le même territoire et les mêmes codes.",
            )
        )
    areas, rows = np.unique(one[held], return_inverse=True)
    others, columns = np.unique(other[held], return_inverse=True)
    table = coo_array((weight[held], (rows, columns)), shape=(areas.size, others.size)).tocsr()
    return table, areas, others, float(weight[~held].sum())


def _ratio(part: NDArray, whole: NDArray) -> NDArray[np.float64]:
    found = np.full(np.shape(whole), np.nan)
    np.divide(part, whole, out=found, where=whole > 0)
    return found


def _entropy(weight: NDArray) -> float:
    share = weight[weight > 0] / weight.sum()
    return max(float(-(share * np.log(share)).sum()), 0.0)


def _bounded(value: float) -> float:
    return min(max(value, 0.0), 1.0)


def _adjusted_rand(shared: NDArray, by_first: NDArray, by_second: NDArray) -> float:
    def pairs(count: NDArray | float) -> float:
        return float(np.sum(count * (count - 1.0)) / 2.0)

    total = pairs(np.asarray([shared.sum()]))
    alike, in_first, in_second = pairs(shared), pairs(by_first), pairs(by_second)
    chance = in_first * in_second / total if total > 0 else 0.0
    spread = (in_first + in_second) / 2.0 - chance
    # Both cut nothing, or both cut everything: they agree.
    return (alike - chance) / spread if spread != 0 else 1.0


def _pair(table: csr_array) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Pair areas so that as many people as possible stay (assignment on the sparse table).

    Each row gets a column of its own where it may stay alone: a full matching then always exists.
    Adding one constant to every edge changes no choice, as each row takes exactly one.
    """
    k, m = table.shape
    shared = table.tocoo()
    kept = shared.data > 0
    base = max(float(shared.data.max()), 1.0) * 2.0**-20
    rows = np.concatenate([shared.row[kept], np.arange(k)])
    columns = np.concatenate([shared.col[kept], m + np.arange(k)])
    gain = np.concatenate([shared.data[kept] + base, np.full(k, base)])
    graph = csr_array(coo_array((gain, (rows, columns)), shape=(k, m + k)))
    _, taken = min_weight_full_bipartite_matching(graph, maximize=True)
    match = np.where(taken < m, taken, -1).astype(np.int64)
    weight = np.zeros(k)
    found = match >= 0
    weight[found] = np.asarray(table[np.flatnonzero(found), match[found]]).ravel()
    return match, weight
