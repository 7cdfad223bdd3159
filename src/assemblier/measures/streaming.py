"""Two-step access without storing pairs, for millions of cells, from crow-fly times t = a + b·d.

Cells are grouped in tiles; the sites within reach of a tile are laid side by side, and each cell
of the tile meets them in one straight loop. Two passes: people press on sites, then sites serve
people. The work is cut in a fixed number of chunks whose sums are added in order, so that results
are the same bits whatever the number of threads.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from assemblier.compiled import njit, prange
from assemblier.errors import BadInput, Problem
from assemblier.measures.catchment.pairs import ratios
from assemblier.measures.decay import (
    Binary,
    Decay,
    Logistic,
    Steps,
    parse_decay,
)

__all__ = ["CrowFlyLine", "Streamed", "pairs_within", "stream_two_step"]

_CHUNKS = 64
_TILES_IN_REACH = 8
_BINS_IN_REACH = 2
_LANES = 4
_METRES_PER_KM = 1000.0
_HIGHEST_DEGREE = 24
_POLYNOMIAL_ERROR = 1e-14
_STEPS, _LOGISTIC, _POLYNOMIAL = range(3)


@dataclass(frozen=True, slots=True)
class CrowFlyLine:
    """Minutes of travel as a straight line of distance.

    Attributes
    ----------
    constant
        Minutes at distance zero, a.
    per_km
        Minutes by kilometre as the crow flies, b.
    """

    constant: float
    per_km: float

    def metres(self, minutes: float) -> float:
        """Return the distance covered in some minutes; negative where it is less than nothing."""
        return (minutes - self.constant) / self.per_km * _METRES_PER_KM


@dataclass(frozen=True, slots=True)
class Streamed:
    """Access of each cell, and what reached the sites.

    Attributes
    ----------
    value
        Shape (n,): supply per head of the population given; 0 where nothing is within reach.
    reached
        Shape (n,), bool: some site with a capacity is within reach.
    pressure
        Shape (m,): weighted people D on each site.
    unreached
        Shape (m,), bool: sites with a capacity that nobody reaches.
    """

    value: NDArray[np.float64]
    reached: NDArray[np.bool_]
    pressure: NDArray[np.float64]
    unreached: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Laid:
    """Cells by tile and sites by bin."""

    tile_starts: NDArray[np.int64]
    cell_order: NDArray[np.int32]
    chunk_starts: NDArray[np.int64]
    bin_starts: NDArray[np.int64]
    site_order: NDArray[np.int32]
    corner: NDArray[np.float64]
    bin_side: float
    bins: NDArray[np.int64]


def stream_two_step(
    cell_x: ArrayLike,
    cell_y: ArrayLike,
    people: ArrayLike,
    site_x: ArrayLike,
    site_y: ArrayLike,
    capacity: ArrayLike,
    *,
    decay: str | Decay,
    line: CrowFlyLine,
) -> Streamed:
    """Compute R_j = S_j / Σ_i P_i w_ij and A_i = Σ_j R_j w_ij without storing the pairs.

    Parameters
    ----------
    cell_x, cell_y, people
        Metres in a plane projection and population (standardised, for the APL), shape (n,).
    site_x, site_y, capacity
        Metres and supply, shape (m,).
    decay
        Weight of each time; it needs a bound (``exponential:0.1,max=60``).
    line
        Minutes from distance. Times are not rounded.

    Raises
    ------
    BadInput
        A coordinate or number is missing or negative, shapes differ, or the decay has no bound.
    """
    read = parse_decay(decay)
    cells = _checked("cellules", cell_x, cell_y, people)
    sites = _checked("sites", site_x, site_y, capacity)
    reach = _reach(read, line)
    laid = _lay(cells, sites, reach)
    groups = _groups(read, line)
    pressure = np.zeros(sites[0].size)
    for kind, numbers in groups:
        partial = _press(*_loops(laid), *cells, sites[0], sites[1], reach * reach, kind, numbers)
        pressure += partial
    served = ratios(sites[2], pressure)
    value = np.zeros(cells[0].size)
    for kind, numbers in groups:
        value += _serve(
            *_loops(laid), cells[0], cells[1], *sites[:2], served, reach * reach, kind, numbers
        )
    reached = value > 0
    if not bool(reached.all()):
        offered = (sites[2] > 0).astype(np.float64)
        kind, numbers = _groups(Binary(read.limit), line)[0]
        reached |= (
            _serve(
                *_loops(laid), cells[0], cells[1], *sites[:2], offered, reach * reach, kind, numbers
            )
            > 0
        )
    return Streamed(
        value=value,
        reached=reached,
        pressure=pressure,
        unreached=(pressure == 0) & (sites[2] > 0),
    )


def pairs_within(
    cell_x: ArrayLike,
    cell_y: ArrayLike,
    site_x: ArrayLike,
    site_y: ArrayLike,
    *,
    decay: str | Decay,
    line: CrowFlyLine,
) -> int:
    """Count the pairs within the bound of a decay; parameters as in :func:`stream_two_step`."""
    read = parse_decay(decay)
    cells = _checked("cellules", cell_x, cell_y, np.ones(np.shape(cell_x)))
    sites = _checked("sites", site_x, site_y, np.ones(np.shape(site_x)))
    reach = _reach(read, line)
    kind, numbers = _groups(Binary(read.limit), line)[0]
    laid = _lay(cells, sites, reach)
    reached = _press(*_loops(laid), *cells, sites[0], sites[1], reach * reach, kind, numbers)
    return round(float(reached.sum()))


def _checked(
    what: str, x: ArrayLike, y: ArrayLike, held: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    columns = [np.ascontiguousarray(column, dtype=np.float64) for column in (x, y, held)]
    if len({column.shape for column in columns}) != 1 or columns[0].ndim != 1:
        raise BadInput(Problem(f"les colonnes des {what} n’ont pas la même longueur"))
    problems = []
    for name, column, floor in zip(
        ("x", "y", "effectif"), columns, (-np.inf, -np.inf, 0.0), strict=True
    ):
        bad = ~(np.isfinite(column) & (column >= floor))
        if bad.any():
            first = int(np.flatnonzero(bad)[0])
            problems.append(
                Problem(
                    f"{int(bad.sum())} {what} ont une valeur manquante ou négative",
                    column=name,
                    line=first + 1,
                    value=str(column[first]),
                )
            )
    if problems:
        raise BadInput(problems)
    return columns[0], columns[1], columns[2]


def _reach(decay: Decay, line: CrowFlyLine) -> float:
    if not (line.per_km > 0 and line.constant >= 0):
        raise BadInput(
            Problem(
                "le modèle à vol d’oiseau est inutilisable",
                value=f"a={line.constant}, b={line.per_km}",
                allowed="a ≥ 0 et b > 0",
            )
        )
    if not math.isfinite(decay.limit):
        raise BadInput(
            Problem(
                "la décroissance n’a pas de borne",
                value=str(decay),
                allowed="par exemple exponential:0.1,max=60",
                advice="Sans borne, toutes les paires compteraient.",
            )
        )
    return max(0.0, line.metres(decay.limit))


def _groups(decay: Decay, line: CrowFlyLine) -> list[tuple[int, NDArray[np.float64]]]:
    """Return kernels and their numbers; steps are increments, four at a time."""
    a, b = line.constant, line.per_km / _METRES_PER_KM
    if isinstance(decay, Binary):
        decay = Steps((decay.minutes,), (1.0,))
    if isinstance(decay, Steps):
        heights = np.append(decay.heights, 0.0)
        squares = [line.metres(bound) for bound in decay.bounds]
        steps = [
            (square * square if square >= 0 else -1.0, height)
            for square, height in zip(squares, heights[:-1] - heights[1:], strict=True)
        ]
        groups = []
        for first in range(0, len(steps), _LANES):
            held = steps[first : first + _LANES]
            held += [(-1.0, 0.0)] * (_LANES - len(held))
            groups.append((_STEPS, np.array(held).T.ravel()))
        return groups
    reach = max(0.0, line.metres(decay.limit))
    fitted = _polynomial(decay, line, reach)
    if fitted is not None:
        return [(_POLYNOMIAL, fitted)]
    if isinstance(decay, Logistic):
        return [(_LOGISTIC, np.array([a, b, decay.midpoint, decay.scale]))]
    raise BadInput(Problem("cette décroissance ne peut être calculée au fil", value=str(decay)))


def _polynomial(decay: Decay, line: CrowFlyLine, reach: float) -> NDArray[np.float64] | None:
    """Write a smooth decay as a polynomial of distance, exact to rounding, or None.

    A polynomial runs in vector lanes where an exponential does not. The fit is at Chebyshev
    points of [0, reach] and is checked between them.
    """

    def weight(u: Any) -> Any:
        minutes = line.constant + line.per_km / _METRES_PER_KM * reach * (u + 1.0) / 2.0
        # at the very bound, rounding must not fall outside
        return decay.weights(np.minimum(minutes, np.nextafter(decay.limit, 0.0)))

    if reach <= 0:
        return np.zeros(2)
    between = np.linspace(-1.0, 1.0, 2001)
    truth = weight(between)
    for degree in (2, 4, 8, 12, 16, 20, _HIGHEST_DEGREE):
        fit: Any = np.polynomial.chebyshev.chebinterpolate(weight, degree)
        powers = np.polynomial.chebyshev.cheb2poly(fit)
        value = np.polynomial.polynomial.polyval(between, powers)
        if np.abs(value - truth).max() <= _POLYNOMIAL_ERROR:
            return np.concatenate(([2.0 / reach], powers[::-1]))
    return None


def _lay(cells: Any, sites: Any, reach: float) -> _Laid:
    corner = np.array(
        [
            min(cells[0].min(initial=np.inf), sites[0].min(initial=np.inf)),
            min(cells[1].min(initial=np.inf), sites[1].min(initial=np.inf)),
        ]
    )
    corner = np.where(np.isfinite(corner), corner, 0.0)
    extent = max(
        1.0,
        *(
            float((axis - low).max(initial=0.0))
            for axis, low in zip(cells[:2], corner, strict=True)
        ),
        *(
            float((axis - low).max(initial=0.0))
            for axis, low in zip(sites[:2], corner, strict=True)
        ),
    )
    # neither side so small that the table of tiles would outgrow the data
    tile = max(reach / _TILES_IN_REACH, extent / 1024)
    side = max(reach / _BINS_IN_REACH, extent / 512)
    tiles = np.array([int(extent // tile) + 1] * 2)
    bins = np.array([int(extent // side) + 1] * 2)
    tile_starts, cell_order = _by_square(cells[0], cells[1], corner, tile, tiles)
    bin_starts, site_order = _by_square(sites[0], sites[1], corner, side, bins)
    wanted = cells[0].size * np.arange(_CHUNKS + 1) // _CHUNKS
    chunk_starts = np.searchsorted(tile_starts, wanted, side="left")
    chunk_starts[0], chunk_starts[-1] = 0, tile_starts.size - 1
    return _Laid(tile_starts, cell_order, chunk_starts, bin_starts, site_order, corner, side, bins)


def _loops(laid: _Laid) -> tuple[Any, ...]:
    return (
        laid.tile_starts,
        laid.cell_order,
        laid.chunk_starts,
        laid.bin_starts,
        laid.site_order,
        laid.corner,
        laid.bin_side,
        laid.bins,
    )


@njit(cache=True)
def _by_square(x: Any, y: Any, corner: Any, side: float, squares: Any) -> Any:
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
) -> int:
    """List the sites within reach of the box of some cells; return how many."""
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


@njit(cache=True, parallel=True)
def _press(
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
    sites = site_x.size
    partial = np.zeros((chunks.size - 1, sites), dtype=np.float64)
    for chunk in prange(chunks.size - 1):
        mine = partial[chunk]
        near = np.empty(sites, dtype=np.int32)
        lx = np.empty(sites, dtype=np.float64)
        ly = np.empty(sites, dtype=np.float64)
        held = np.empty(sites, dtype=np.float64)
        for tile in range(chunks[chunk], chunks[chunk + 1]):
            first = tile_starts[tile]
            last = tile_starts[tile + 1]
            if first == last:
                continue
            count = _near_tile(
                order, first, last, x, y, bin_starts, site_order, corner, side, bins,
                site_x, site_y, reach2, near,
            )  # fmt: skip
            for k in range(count):
                lx[k] = site_x[near[k]]
                ly[k] = site_y[near[k]]
                held[k] = 0.0
            _press_tile(
                order, first, last, x, y, people, lx, ly, held, count, reach2, kind, numbers
            )
            for k in range(count):
                mine[near[k]] += held[k]
    total = np.empty(sites, dtype=np.float64)
    for site in prange(sites):
        summed = 0.0
        for chunk in range(chunks.size - 1):
            summed += partial[chunk, site]
        total[site] = summed
    return total


@njit(cache=True)
def _press_tile(
    order: Any,
    first: int,
    last: int,
    x: Any,
    y: Any,
    people: Any,
    lx: Any,
    ly: Any,
    held: Any,
    count: int,
    reach2: float,
    kind: int,
    numbers: Any,
) -> None:
    if kind == 0:
        b0, b1, b2, b3 = numbers[0], numbers[1], numbers[2], numbers[3]
        h0, h1, h2, h3 = numbers[4], numbers[5], numbers[6], numbers[7]
        for c in range(first, last):
            cell = order[c]
            cx = x[cell]
            cy = y[cell]
            p = people[cell]
            for k in range(count):
                dx = lx[k] - cx
                dy = ly[k] - cy
                d2 = dx * dx + dy * dy
                w = h0 if d2 <= b0 else 0.0
                w += h1 if d2 <= b1 else 0.0
                w += h2 if d2 <= b2 else 0.0
                w += h3 if d2 <= b3 else 0.0
                held[k] += p * w
        return
    if kind == 2:
        scaled = np.empty(count, dtype=np.float64)
        weight = np.empty(count, dtype=np.float64)
        for c in range(first, last):
            cell = order[c]
            _polynomial_weights(x[cell], y[cell], lx, ly, count, reach2, numbers, scaled, weight)
            p = people[cell]
            for k in range(count):
                held[k] += p * weight[k]
        return
    for c in range(first, last):
        cell = order[c]
        for k in range(count):
            dx = lx[k] - x[cell]
            dy = ly[k] - y[cell]
            d2 = dx * dx + dy * dy
            if d2 <= reach2:
                held[k] += people[cell] * _logistic(d2, numbers)


@njit(cache=True, parallel=True)
def _serve(
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
    sites = site_x.size
    value = np.zeros(x.size, dtype=np.float64)
    for chunk in prange(chunks.size - 1):
        near = np.empty(sites, dtype=np.int32)
        lx = np.empty(sites, dtype=np.float64)
        ly = np.empty(sites, dtype=np.float64)
        held = np.empty(sites, dtype=np.float64)
        for tile in range(chunks[chunk], chunks[chunk + 1]):
            first = tile_starts[tile]
            last = tile_starts[tile + 1]
            if first == last:
                continue
            count = _near_tile(
                order, first, last, x, y, bin_starts, site_order, corner, side, bins,
                site_x, site_y, reach2, near,
            )  # fmt: skip
            for k in range(count):
                lx[k] = site_x[near[k]]
                ly[k] = site_y[near[k]]
                held[k] = served[near[k]]
            _serve_tile(order, first, last, x, y, lx, ly, held, count, reach2, kind, numbers, value)
    return value


# sums may be taken in vector lanes: the order is fixed when compiled, not by the threads
@njit(cache=True, fastmath={"reassoc"})
def _serve_tile(
    order: Any,
    first: int,
    last: int,
    x: Any,
    y: Any,
    lx: Any,
    ly: Any,
    held: Any,
    count: int,
    reach2: float,
    kind: int,
    numbers: Any,
    value: Any,
) -> None:
    if kind == 0:
        b0, b1, b2, b3 = numbers[0], numbers[1], numbers[2], numbers[3]
        h0, h1, h2, h3 = numbers[4], numbers[5], numbers[6], numbers[7]
        for c in range(first, last):
            cell = order[c]
            cx = x[cell]
            cy = y[cell]
            total = 0.0
            for k in range(count):
                dx = lx[k] - cx
                dy = ly[k] - cy
                d2 = dx * dx + dy * dy
                w = h0 if d2 <= b0 else 0.0
                w += h1 if d2 <= b1 else 0.0
                w += h2 if d2 <= b2 else 0.0
                w += h3 if d2 <= b3 else 0.0
                total += held[k] * w
            value[cell] = total
        return
    if kind == 2:
        scaled = np.empty(count, dtype=np.float64)
        weight = np.empty(count, dtype=np.float64)
        for c in range(first, last):
            cell = order[c]
            _polynomial_weights(x[cell], y[cell], lx, ly, count, reach2, numbers, scaled, weight)
            total = 0.0
            for k in range(count):
                total += held[k] * weight[k]
            value[cell] = total
        return
    for c in range(first, last):
        cell = order[c]
        total = 0.0
        for k in range(count):
            dx = lx[k] - x[cell]
            dy = ly[k] - y[cell]
            d2 = dx * dx + dy * dy
            if d2 <= reach2:
                total += held[k] * _logistic(d2, numbers)
        value[cell] = total
