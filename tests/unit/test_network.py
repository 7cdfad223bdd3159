"""Bounded shortest paths: hand-solved graphs, an independent implementation, threads, sides."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from assemblier.errors import BadInput
from assemblier.measures.network import Attachments, Network, bounded_pairs, z_order


def grid(side, seed, drop=0.3):
    """A town of noisy streets, one-way here and there, numbered at random."""
    random = np.random.default_rng(seed)
    number = np.arange(side * side).reshape(side, side)
    edges = np.vstack(
        [
            np.c_[number[:, :-1].ravel(), number[:, 1:].ravel()],
            np.c_[number[:-1].ravel(), number[1:].ravel()],
        ]
    )
    edges = random.permutation(side * side)[edges]
    both = np.vstack([edges, edges[:, ::-1]])
    both = both[random.random(len(both)) > drop]
    return Network.from_arcs(side * side, both[:, 0], both[:, 1], random.integers(1, 90, len(both)))


def by_scipy(network, origins, destinations, limit):
    graph = csr_array(
        (network.costs.astype(float), network.heads, network.indptr), shape=(network.nodes,) * 2
    )
    found = dijkstra(graph, indices=origins, limit=limit)[:, destinations]
    return np.where(np.isfinite(found), found, -1).astype(int)


def dense(found, columns):
    full = np.full((found.indptr.size - 1, columns), -1)
    rows = np.repeat(np.arange(found.indptr.size - 1), np.diff(found.indptr))
    full[rows, found.indices] = found.costs
    return full


def test_a_hand_solved_graph_with_a_one_way_street():
    # 0 → 1 (3), 1 → 2 (4), 0 → 2 (9), 2 → 0 (1)
    network = Network.from_arcs(
        3, np.array([0, 1, 0, 2]), np.array([1, 2, 2, 0]), np.array([3, 4, 9, 1])
    )
    every = Attachments.at_nodes(np.arange(3))
    found = dense(bounded_pairs(network, every, every, limit=7), 3)
    assert found.tolist() == [[0, 3, 7], [5, 0, 4], [1, 4, 0]]
    assert dense(bounded_pairs(network, every, every, limit=6), 3)[0].tolist() == [0, 3, -1]
    assert dense(bounded_pairs(network, every, every, limit=0), 3).tolist() == [
        [0, -1, -1],
        [-1, 0, -1],
        [-1, -1, 0],
    ]


@pytest.mark.parametrize("bucket", [1, 2, 7, 64, 100_000])
@pytest.mark.parametrize("sides", [(40, 90), (90, 40)])
def test_equal_to_scipy_whatever_the_bucket_and_the_smaller_side(bucket, sides):
    network = grid(30, seed=bucket)
    random = np.random.default_rng(3)
    origins, destinations = (random.choice(900, n, replace=False) for n in sides)
    found = bounded_pairs(
        network,
        Attachments.at_nodes(origins),
        Attachments.at_nodes(destinations),
        limit=400,
        bucket=bucket,
    )
    expected = by_scipy(network, origins, destinations, 400)
    assert (expected >= 0).any()
    assert (expected < 0).any()
    np.testing.assert_array_equal(dense(found, sides[1]), expected)


def test_the_number_of_threads_and_the_numbering_change_nothing():
    network = grid(40, seed=1)
    places = np.random.default_rng(0).choice(1600, 200, replace=False)
    every = Attachments.at_nodes(places)
    one = bounded_pairs(network, every, every, limit=500, threads=1)
    assert one.indices.size > 1000
    curve = z_order(np.random.default_rng(5).random(1600), np.random.default_rng(6).random(1600))
    for other in (
        bounded_pairs(network, every, every, limit=500, threads=3),
        bounded_pairs(
            network.renumbered(curve),
            every.renumbered(curve, 1600),
            every.renumbered(curve, 1600),
            limit=500,
        ),
    ):
        np.testing.assert_array_equal(one.indptr, other.indptr)
        np.testing.assert_array_equal(one.indices, other.indices)
        np.testing.assert_array_equal(one.costs, other.costs)


def test_places_hang_on_several_nodes_and_keep_the_cheapest_way():
    # 0 – 1 – 2 in line, ten each way
    network = Network.from_arcs(
        3, np.array([0, 1, 1, 2]), np.array([1, 0, 2, 1]), np.array([10, 10, 10, 10])
    )
    origin = Attachments(
        np.array([0, 2, 2]), np.array([0, 1], np.int32), np.array([1, 5], np.int32)
    )
    destination = Attachments(
        np.array([0, 2]), np.array([1, 2], np.int32), np.array([9, 2], np.int32)
    )
    for a, b in ((origin, destination), (destination, origin)):
        found = bounded_pairs(network, a, b, limit=100)
        # by node 1: 5 + 9 = 14; by nodes 1 and 2: 5 + 10 + 2 = 17; from node 0: 1 + 10 + 9 = 20
        assert found.costs.tolist() == [14]
    # a place without link is reached from nowhere
    assert bounded_pairs(network, origin, destination, limit=100).indptr.tolist() == [0, 1, 1]


def test_arcs_without_cost_parallel_arcs_and_arcs_longer_than_the_bound():
    network = Network.from_arcs(
        4,
        np.array([0, 0, 1, 2]),
        np.array([1, 1, 2, 3]),
        np.array([8, 5, 0, 2**31 - 1]),
    )
    every = Attachments.at_nodes(np.arange(4))
    found = dense(bounded_pairs(network, every, every, limit=1000), 4)
    assert found[0].tolist() == [0, 5, 5, -1]


def test_more_searches_than_labels_can_hold_start_afresh(monkeypatch):
    # with the longest bound a dozen searches use up the labels: thirty-six wrap twice
    import assemblier.measures.network as module

    monkeypatch.setattr(module, "_PARTS_BY_THREAD", 1)
    network = grid(6, seed=2)
    every = Attachments.at_nodes(np.arange(36))
    found = bounded_pairs(network, every, every, limit=2**27 - 1, threads=1, bucket=1 << 20)
    np.testing.assert_array_equal(
        dense(found, 36), by_scipy(network, np.arange(36), np.arange(36), 2**27)
    )


def test_too_little_room_is_mended_and_not_seen(monkeypatch):
    import assemblier.measures.network as module

    network = grid(20, seed=4)
    every = Attachments.at_nodes(np.arange(400))
    expected = bounded_pairs(network, every, every, limit=900)
    monkeypatch.setattr(module, "_FIRST_ROOM", 4)
    found = bounded_pairs(network, every, every, limit=900)
    np.testing.assert_array_equal(expected.costs, found.costs)
    np.testing.assert_array_equal(expected.indices, found.indices)


def test_no_place_no_pair():
    network = grid(5, seed=0)
    none, some = Attachments.at_nodes(np.arange(0)), Attachments.at_nodes(np.arange(3))
    assert bounded_pairs(network, none, some, limit=10).indptr.tolist() == [0]
    assert bounded_pairs(network, some, none, limit=10).indptr.tolist() == [0, 0, 0, 0]


def test_bad_graphs_and_bounds_are_refused():
    with pytest.raises(BadInput, match="négative"):
        Network.from_arcs(2, np.array([0]), np.array([1]), np.array([-1]))
    with pytest.raises(BadInput, match="hors du graphe"):
        Network.from_arcs(2, np.array([0]), np.array([2]), np.array([1]))
    every = Attachments.at_nodes(np.arange(2))
    network = Network.from_arcs(2, np.array([0]), np.array([1]), np.array([1]))
    with pytest.raises(BadInput, match="hors limites"):
        bounded_pairs(network, every, every, limit=-1)


def test_the_z_curve_keeps_neighbours_together():
    x, y = (axis.ravel().astype(float) for axis in np.meshgrid(np.arange(4), np.arange(4)))
    order = z_order(x, y)
    assert sorted(order.tolist()) == list(range(16))
    # a Z curve fills each quadrant before the next
    quadrants = (x[order] >= 2) + 2 * (y[order] >= 2)
    assert quadrants.tolist() == [0] * 4 + [1] * 4 + [2] * 4 + [3] * 4
