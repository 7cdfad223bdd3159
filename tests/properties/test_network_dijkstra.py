"""Bounded shortest paths equal scipy's on any graph, and obey what shortest paths obey."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse.csgraph import dijkstra

from assemblier.measures.network import Attachments, Network, bounded_pairs


@st.composite
def graphs(draw):
    nodes = draw(st.integers(1, 12))
    arcs = draw(
        st.lists(
            st.tuples(st.integers(0, nodes - 1), st.integers(0, nodes - 1), st.integers(1, 50)),
            max_size=40,
        )
    )
    return nodes, arcs


def all_pairs(nodes, arcs, limit, bucket=None):
    tails, heads, costs = (np.array([arc[k] for arc in arcs], dtype=int) for k in range(3))
    every = Attachments.at_nodes(np.arange(nodes))
    found = bounded_pairs(
        Network.from_arcs(nodes, tails, heads, costs),
        every,
        every,
        limit=limit,
        bucket=bucket,
        threads=1,
    )
    full = np.full((nodes, nodes), np.inf)
    full[np.repeat(np.arange(nodes), np.diff(found.indptr)), found.indices] = found.costs
    return full


@given(graphs(), st.integers(0, 120), st.integers(1, 60))
def test_equal_to_scipy(graph, limit, bucket):
    nodes, arcs = graph
    cheapest = np.zeros((nodes, nodes))
    for tail, head, cost in arcs:
        if cheapest[tail, head] == 0 or cost < cheapest[tail, head]:
            cheapest[tail, head] = cost
    expected = dijkstra(cheapest, limit=limit)
    np.testing.assert_array_equal(all_pairs(nodes, arcs, limit, bucket), expected)


@given(graphs(), st.integers(0, 120))
def test_a_longer_bound_adds_pairs_and_changes_none(graph, limit):
    nodes, arcs = graph
    short, long = all_pairs(nodes, arcs, limit), all_pairs(nodes, arcs, limit + 30)
    np.testing.assert_array_equal(short, np.where(long <= limit, long, np.inf))


@given(graphs())
def test_turning_every_arc_round_transposes_the_times(graph):
    nodes, arcs = graph
    turned = [(head, tail, cost) for tail, head, cost in arcs]
    np.testing.assert_array_equal(all_pairs(nodes, arcs, 200), all_pairs(nodes, turned, 200).T)
