"""Compiled loops over tiles of cells and the sites near them, for access without stored pairs.

``kind`` and ``numbers`` tell the decay as a function of squared distance in metres:

- ``STEPS``: up to four increments, ``numbers`` = four squared bounds then four heights;
- ``LOGISTIC``: ``numbers`` = a, b by metre, midpoint, scale;
- ``POLYNOMIAL``: ``numbers`` = 2 / reach, then coefficients from the highest degree, of the
  distance brought to [−1, 1].
"""

from __future__ import annotations

from typing import Any

import numpy as np

from assemblier.compiled import njit, prange

__all__ = ["LANES", "LOGISTIC", "POLYNOMIAL", "STEPS", "by_square", "press", "serve"]

STEPS, LOGISTIC, POLYNOMIAL = range(3)
LANES = 4
"""Increments in one pass of ``STEPS``."""


@njit(cache=True)
def by_square(x: Any, y: Any, corner: Any, side: float, squares: Any) -> Any:
    """Sort points by square of a grid, row by row; points keep their order inside one."""
    wide = squares[0]
    starts = np.zeros(squares[0] * squares[1] + 1, dtype=np.int64)
    place = np.empty(x.size, dtype=np.int32)
    for point in range(x.size):
        column = min(np.int64((x[point] - corner[0]) / side), wide - 1)
        row = min(np.int64((y[point] - corner[1]) / side), squares[1] - 1)
        place[point] = row * wide + column
        starts[place[point] + 1] += 1
    for square in range(starts.size - 1):
        starts[square + 1] += starts[square]
    order = np.empty(x.size, dtype=np.int32)
    cursor = starts.copy()
    for point in range(x.size):
        order[cursor[place[point]]] = point
        cursor[place[point]] += 1
    return starts, order


@njit(cache=True)
def _near_tile(
    order: Any,
    first: int,
    last: int,
    x: Any,
    y: Any,
    bin_starts: Any,
    site_order: Any,
    corner: Any,
    side: float,
    bins: Any,
    site_x: Any,
    site_y: Any,
    reach2: float,
    near: Any,
    lx: Any,
    ly: Any,
) -> int:
    """List the sites within reach of the box of some cells, and where they are; say how many."""
    west = south = np.inf
    east = north = -np.inf
    for k in range(first, last):
        cell = order[k]
        west = min(west, x[cell])
        east = max(east, x[cell])
        south = min(south, y[cell])
        north = max(north, y[cell])
    reach = np.sqrt(reach2)
    c0: Any = max(0, np.int64(np.floor((west - reach - corner[0]) / side)))
    c1: Any = min(bins[0] - 1, np.int64(np.floor((east + reach - corner[0]) / side)))
    r0: Any = max(0, np.int64(np.floor((south - reach - corner[1]) / side)))
    r1: Any = min(bins[1] - 1, np.int64(np.floor((north + reach - corner[1]) / side)))
    count = 0
    for row in range(r0, r1 + 1):
        begin = bin_starts[row * bins[0] + c0]
        end = bin_starts[row * bins[0] + c1 + 1]
        for k in range(begin, end):
            site = site_order[k]
            dx = max(west - site_x[site], 0.0, site_x[site] - east)
            dy = max(south - site_y[site], 0.0, site_y[site] - north)
            if dx * dx + dy * dy <= reach2 * (1.0 + 1e-12):
                near[count] = site
                lx[count] = site_x[site]
                ly[count] = site_y[site]
                count += 1
    return count


@njit(cache=True, inline="always")
def _logistic(d2: float, numbers: Any) -> Any:
    minutes = numbers[0] + numbers[1] * np.sqrt(d2)
    return 1.0 / (1.0 + np.exp((minutes - numbers[2]) / numbers[3]))


@njit(cache=True)
def _polynomial_weights(
    cx: float,
    cy: float,
    lx: Any,
    ly: Any,
    count: int,
    reach2: float,
    numbers: Any,
    scaled: Any,
    weight: Any,
) -> None:
    """Evaluate the polynomial at every near site, one degree after the other (Horner)."""
    for k in range(count):
        dx = lx[k] - cx
        dy = ly[k] - cy
        scaled[k] = dx * dx + dy * dy
        weight[k] = numbers[1]
    for k in range(count):
        scaled[k] = np.sqrt(scaled[k]) * numbers[0] - 1.0
    for degree in range(2, numbers.size):
        coefficient = numbers[degree]
        for k in range(count):
            weight[k] = weight[k] * scaled[k] + coefficient
    for k in range(count):
        dx = lx[k] - cx
        dy = ly[k] - cy
        weight[k] = max(weight[k], 0.0) if dx * dx + dy * dy <= reach2 else 0.0


@njit(cache=True, inline="always")
def _weights(
    cx: float,
    cy: float,
    lx: Any,
    ly: Any,
    count: int,
    reach2: float,
    kind: int,
    numbers: Any,
    scaled: Any,
    weight: Any,
) -> None:
    """Weigh every near site from the point of a cell, one pass of plain arithmetic at a time."""
    if kind == STEPS:
        b0, b1, b2, b3 = numbers[0], numbers[1], numbers[2], numbers[3]
        h0, h1, h2, h3 = numbers[4], numbers[5], numbers[6], numbers[7]
        for k in range(count):
            dx = lx[k] - cx
            dy = ly[k] - cy
            d2 = dx * dx + dy * dy
            w = h0 if d2 <= b0 else 0.0
            w += h1 if d2 <= b1 else 0.0
            w += h2 if d2 <= b2 else 0.0
            w += h3 if d2 <= b3 else 0.0
            weight[k] = w
        return
    if kind == POLYNOMIAL:
        _polynomial_weights(cx, cy, lx, ly, count, reach2, numbers, scaled, weight)
        return
    for k in range(count):
        dx = lx[k] - cx
        dy = ly[k] - cy
        d2 = dx * dx + dy * dy
        weight[k] = _logistic(d2, numbers) if d2 <= reach2 else 0.0


@njit(cache=True, parallel=True)
def press(
    tile_starts: Any,
    order: Any,
    chunks: Any,
    bin_starts: Any,
    site_order: Any,
    corner: Any,
    side: float,
    bins: Any,
    x: Any,
    y: Any,
    people: Any,
    site_x: Any,
    site_y: Any,
    reach2: float,
    kind: int,
    numbers: Any,
) -> Any:
    """Sum people times decay on each site, shape (m,); chunks are added in their order."""
    sites = site_x.size
    partial = np.zeros((chunks.size - 1, sites), dtype=np.float64)
    for chunk in prange(chunks.size - 1):
        mine = partial[chunk]
        near = np.empty(sites, dtype=np.int32)
        lx = np.empty(sites, dtype=np.float64)
        ly = np.empty(sites, dtype=np.float64)
        held = np.empty(sites, dtype=np.float64)
        weight = np.empty(sites, dtype=np.float64)
        scaled = np.empty(sites, dtype=np.float64)
        for tile in range(chunks[chunk], chunks[chunk + 1]):
            first = tile_starts[tile]
            last = tile_starts[tile + 1]
            if first == last:
                continue
            count = _near_tile(
                order, first, last, x, y, bin_starts, site_order, corner, side, bins,
                site_x, site_y, reach2, near, lx, ly,
            )  # fmt: skip
            held[:count] = 0.0
            for c in range(first, last):
                cell = order[c]
                _weights(x[cell], y[cell], lx, ly, count, reach2, kind, numbers, scaled, weight)
                p = people[cell]
                for k in range(count):
                    held[k] += p * weight[k]
            for k in range(count):
                mine[near[k]] += held[k]
    total = np.empty(sites, dtype=np.float64)
    for site in prange(sites):
        summed = 0.0
        for chunk in range(chunks.size - 1):
            summed += partial[chunk, site]
        total[site] = summed
    return total


# the sum may be taken in vector lanes: the order is fixed when compiled, not by the threads
@njit(cache=True, fastmath={"reassoc"})
def _dot(first: Any, second: Any, count: int) -> Any:
    total = 0.0
    for k in range(count):
        total += first[k] * second[k]
    return total


@njit(cache=True, parallel=True)
def serve(
    tile_starts: Any,
    order: Any,
    chunks: Any,
    bin_starts: Any,
    site_order: Any,
    corner: Any,
    side: float,
    bins: Any,
    x: Any,
    y: Any,
    site_x: Any,
    site_y: Any,
    served: Any,
    reach2: float,
    kind: int,
    numbers: Any,
) -> Any:
    """Sum what each site serves times decay on each cell, shape (n,)."""
    sites = site_x.size
    value = np.zeros(x.size, dtype=np.float64)
    for chunk in prange(chunks.size - 1):
        near = np.empty(sites, dtype=np.int32)
        lx = np.empty(sites, dtype=np.float64)
        ly = np.empty(sites, dtype=np.float64)
        held = np.empty(sites, dtype=np.float64)
        weight = np.empty(sites, dtype=np.float64)
        scaled = np.empty(sites, dtype=np.float64)
        for tile in range(chunks[chunk], chunks[chunk + 1]):
            first = tile_starts[tile]
            last = tile_starts[tile + 1]
            if first == last:
                continue
            count = _near_tile(
                order, first, last, x, y, bin_starts, site_order, corner, side, bins,
                site_x, site_y, reach2, near, lx, ly,
            )  # fmt: skip
            for k in range(count):
                held[k] = served[near[k]]
            for c in range(first, last):
                cell = order[c]
                _weights(x[cell], y[cell], lx, ly, count, reach2, kind, numbers, scaled, weight)
                value[cell] = _dot(held, weight, count)
    return value
