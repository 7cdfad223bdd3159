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

from assemblier.errors import BadInput, Problem
from assemblier.measures.catchment.pairs import ratios
from assemblier.measures.decay import (
    Binary,
    Decay,
    Logistic,
    Steps,
    parse_decay,
)
from assemblier.measures.tiles import (
    LANES,
    LOGISTIC,
    POLYNOMIAL,
    STEPS,
    by_square,
    press,
    serve,
)

__all__ = ["CrowFlyLine", "Streamed", "pairs_within", "stream_two_step"]

_CHUNKS = 64
_TILES_IN_REACH = 8
_BINS_IN_REACH = 2
_METRES_PER_KM = 1000.0
_HIGHEST_DEGREE = 24
_POLYNOMIAL_ERROR = 1e-14


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
        partial = press(*_loops(laid), *cells, sites[0], sites[1], reach * reach, kind, numbers)
        pressure += partial
    served = ratios(sites[2], pressure)
    value = np.zeros(cells[0].size)
    for kind, numbers in groups:
        value += serve(
            *_loops(laid), cells[0], cells[1], *sites[:2], served, reach * reach, kind, numbers
        )
    reached = value > 0
    if not bool(reached.all()):
        offered = (sites[2] > 0).astype(np.float64)
        kind, numbers = _groups(Binary(read.limit), line)[0]
        reached |= (
            serve(
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
    reached = press(*_loops(laid), *cells, sites[0], sites[1], reach * reach, kind, numbers)
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
        for first in range(0, len(steps), LANES):
            held = steps[first : first + LANES]
            held += [(-1.0, 0.0)] * (LANES - len(held))
            groups.append((STEPS, np.array(held).T.ravel()))
        return groups
    reach = max(0.0, line.metres(decay.limit))
    fitted = _polynomial(decay, line, reach)
    if fitted is not None:
        return [(POLYNOMIAL, fitted)]
    if isinstance(decay, Logistic):
        return [(LOGISTIC, np.array([a, b, decay.midpoint, decay.scale]))]
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
    tile_starts, cell_order = by_square(cells[0], cells[1], corner, tile, tiles)
    bin_starts, site_order = by_square(sites[0], sites[1], corner, side, bins)
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
