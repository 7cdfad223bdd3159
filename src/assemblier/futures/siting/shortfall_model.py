"""Implantations as mixed-integer programmes: the shortfall, the worst served, people under a level.

One set of columns serves the three: whole numbers of doctors by candidate, told apart by rank (the
t-th doctor of a site is credited with what his colleagues leave missing, which is exact for whole
doctors and tightens the relaxation), and a yes or no by site where a wish needs it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assemblier.futures.siting.mixed_integer import Programme, Solved
from assemblier.futures.siting.shortfall import Shortfall
from assemblier.futures.siting.wishes import Wishes

__all__ = [
    "Placed",
    "Relaxed",
    "cheapest",
    "feasible_counts",
    "fewest_sites",
    "fits",
    "relax_shortfall",
    "solve_maximin",
    "solve_shortfall",
    "solve_under_threshold",
]

_RANKS = 6
_WISH_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Placed:
    """Numbers of doctors found by HiGHS, with the bound it proved.

    ``counts`` is None when the time ran out before any was found.
    """

    counts: NDArray[np.int64] | None
    bound: float
    proved: bool


@dataclass(frozen=True, slots=True)
class _Columns:
    """Columns of doctors: candidate, rank, most doctors, position in the programme."""

    site: NDArray[np.int64]
    rank: NDArray[np.int64]
    most: NDArray[np.int64]
    place: NDArray[np.int64]

    def counts(self, solved: Solved, sites: int) -> NDArray[np.int64] | None:
        if solved.x is None:
            return None
        held = np.rint(solved.x[self.place]).astype(np.int64)
        return np.bincount(self.site, weights=held, minlength=sites).astype(np.int64)

    def point(self, counts: NDArray[np.int64]) -> NDArray[np.float64]:
        """Spread numbers by site over the ranks."""
        left = counts[self.site] - self.rank
        held: NDArray[np.float64] = np.clip(left, 0, self.most).astype(np.float64)
        return held


def _columns(programme: Programme, wishes: Wishes, ranks: int) -> _Columns:
    sites = np.flatnonzero(wishes.at_most > 0)
    told = np.minimum(wishes.at_most[sites], ranks)
    site = np.repeat(sites, told)
    rank = np.arange(site.size) - np.repeat(np.cumsum(told) - told, told)
    last = rank == ranks - 1
    most = np.where(last, wishes.at_most[site] - rank, 1)
    least = np.where(
        last, np.maximum(0, wishes.at_least[site] - rank), wishes.at_least[site] > rank
    )
    place = programme.add_columns(site.size, lower=least, upper=most, whole=True)
    return _Columns(site, rank, most, place)


def _wish(
    programme: Programme,
    columns: _Columns,
    wishes: Wishes,
    *,
    units: bool = True,
    team: bool = True,
    most_sites: bool = True,
    budget: bool = True,
) -> NDArray[np.int64]:
    """Add the wishes; return the yes-or-no columns by site (−1 where there is none)."""
    if units:
        programme.add_row(columns.place, 1.0, lower=wishes.units, upper=wishes.units)
    opens = np.full(wishes.at_most.size, -1, dtype=np.int64)
    if wishes.plain:
        return opens
    sites = np.unique(columns.site)
    opens[sites] = programme.add_columns(
        sites.size, lower=(wishes.at_least[sites] > 0).astype(float), upper=1.0, whole=True
    )
    linked = programme.add_rows(columns.site.size, upper=0.0)
    programme.add_entries(linked, columns.place, 1.0)
    programme.add_entries(linked, opens[columns.site], -columns.most.astype(float))
    if team and wishes.team > 1:
        position = np.full(wishes.at_most.size, -1, dtype=np.int64)
        position[sites] = programme.add_rows(sites.size, lower=0.0)
        programme.add_entries(position[columns.site], columns.place, 1.0)
        programme.add_entries(position[sites], opens[sites], -float(wishes.team))
    if most_sites and wishes.most_sites is not None:
        programme.add_row(opens[sites], 1.0, upper=wishes.most_sites)
    if budget and wishes.budget is not None:
        every, price = _money(columns, opens, wishes)
        programme.add_row(every, price, upper=wishes.budget)
    return opens


def _money(
    columns: _Columns, opens: NDArray[np.int64], wishes: Wishes
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    sites = np.flatnonzero(opens >= 0)
    unit = np.zeros(wishes.at_most.size) if wishes.unit_cost is None else wishes.unit_cost
    opening = np.zeros(wishes.at_most.size) if wishes.opening_cost is None else wishes.opening_cost
    return (
        np.concatenate((columns.place, opens[sites])),
        np.concatenate((unit[columns.site], opening[sites])),
    )


def feasible_counts(wishes: Wishes, *, with_team: bool = True) -> NDArray[np.int64] | None:
    """Return numbers of doctors that meet the wishes, or None when there are none."""
    programme = Programme()
    columns = _columns(programme, wishes, 1)
    _wish(programme, columns, wishes, team=with_team)
    return columns.counts(programme.solve(seconds=_WISH_SECONDS), wishes.at_most.size)


def fits(wishes: Wishes, *, with_team: bool = True) -> bool:
    """Whether some placement meets the wishes."""
    return feasible_counts(wishes, with_team=with_team) is not None


def fewest_sites(wishes: Wishes, *, with_budget: bool) -> int | None:
    """Return the fewest sites that meet the other wishes, or None."""
    programme = Programme()
    columns = _columns(programme, wishes, 1)
    opens = _wish(programme, columns, wishes, most_sites=False, budget=with_budget)
    cost = np.zeros(programme.columns)
    cost[opens[opens >= 0]] = 1.0
    programme.cost = [cost]
    solved = programme.solve(seconds=_WISH_SECONDS)
    return None if solved.x is None else round(solved.value)


def cheapest(wishes: Wishes, *, with_sites: bool) -> float | None:
    """Return the least money that meets the other wishes, or None."""
    programme = Programme()
    columns = _columns(programme, wishes, 1)
    opens = _wish(programme, columns, wishes, most_sites=with_sites, budget=False)
    cost = np.zeros(programme.columns)
    every, price = _money(columns, opens, wishes)
    cost[every] = price
    programme.cost = [cost]
    solved = programme.solve(seconds=_WISH_SECONDS)
    return None if solved.x is None else solved.value


def _pairs(
    problem: Shortfall, columns: _Columns
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float64]]:
    """Return column, demand and gain of each pair of the programme."""
    lengths = np.diff(problem.starts)[columns.site]
    column = np.repeat(np.arange(columns.site.size), lengths)
    offset = np.arange(column.size) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    pair = problem.starts[columns.site[column]] + offset
    return column, problem.rows[pair], problem.gain[pair]


@dataclass(frozen=True, slots=True)
class _Lacks:
    """The part of a programme that says what doctors take off each band."""

    constant: float
    columns: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]]


def _lacks(programme: Programme, columns: _Columns, problem: Shortfall) -> _Lacks:
    """Add what is taken off; for each band, the demands, columns and rows concerned."""
    column, row, gain = _pairs(problem, columns)
    need = problem.needs
    full = problem.people[:, None] * problem.bands.increments[None, :]
    direct = np.zeros(columns.site.size)
    parts = []
    for b in range(need.shape[1]):
        credit = np.minimum(gain, np.maximum(0.0, need[row, b] - columns.rank[column] * gain))
        most = np.bincount(row, weights=credit * columns.most[column], minlength=need.shape[0])
        # where the doctors allowed cannot fill the band, each takes off all that he brings
        linear = most <= need[:, b]
        direct += np.bincount(
            column,
            weights=np.where(linear[row], credit * full[row, b], 0.0),
            minlength=direct.size,
        )
        curved = np.flatnonzero(~linear & (need[:, b] > 0) & (full[:, b] > 0))
        position = np.full(need.shape[0], -1, dtype=np.int64)
        taken_off = programme.add_columns(
            curved.size, cost=-full[curved, b] * need[curved, b], upper=1.0
        )
        lines = programme.add_rows(curved.size, lower=0.0)
        position[curved] = lines
        programme.add_entries(lines, taken_off, -1.0)
        used = (position[row] >= 0) & (credit > 0)
        programme.add_entries(
            position[row[used]], columns.place[column[used]], credit[used] / need[row[used], b]
        )
        parts.append((curved, taken_off, lines))
    programme.cost[0] = programme.cost[0] - direct
    return _Lacks(float((full * need).sum()), parts)


def solve_shortfall(
    problem: Shortfall,
    wishes: Wishes,
    *,
    seconds: float,
    start: NDArray[np.int64] | None = None,
    gap: float = 0.0,
) -> Placed:
    """Place doctors so that the weighted shortfall is smallest.

    Parameters
    ----------
    problem, wishes
        The access before, with no doctor of the wishes in it, and what is asked.
    seconds, start, gap
        Most time, numbers of doctors to start from, relative gap at which to stop.
    """
    programme = Programme()
    columns = _columns(programme, wishes, _RANKS)
    _wish(programme, columns, wishes)
    lacks = _lacks(programme, columns, problem)
    point = None
    if start is not None and wishes.plain:
        point = np.zeros(programme.columns)
        point[columns.place] = columns.point(start)
        brought = problem.access_with(start) - problem.access
        for b, (curved, taken_off, _) in enumerate(lacks.columns):
            point[taken_off] = np.minimum(1.0, brought[curved] / problem.needs[curved, b])
    solved = programme.solve(seconds=seconds, start=point, gap=gap)
    return Placed(
        columns.counts(solved, problem.sites), lacks.constant + solved.bound, solved.proved
    )


@dataclass(frozen=True, slots=True)
class Relaxed:
    """Doctors in parts, and what each band of each demand is worth.

    Attributes
    ----------
    parts
        Doctors by candidate, not whole, shape (m,).
    multipliers
        y, shape (n, bands), to hand to :func:`..shortfall_bound.price`.
    one_more
        What one more doctor is worth.
    """

    parts: NDArray[np.float64]
    multipliers: NDArray[np.float64]
    one_more: float


def relax_shortfall(
    problem: Shortfall,
    units: int,
    room: NDArray[np.int64],
    *,
    told: NDArray[np.int64],
    ranks: int,
    seconds: float,
) -> Relaxed | None:
    """Solve the linear relaxation on some columns; None when the time ran out.

    Parameters
    ----------
    problem, units, room
        As in :func:`..shortfall_bound.price`.
    told
        Ranks of each candidate that take part, shape (m,); zero leaves it out.
    ranks
        Doctors of one site told apart.
    seconds
        Most time.
    """
    programme = Programme()
    sites = np.flatnonzero(told > 0)
    site = np.repeat(sites, told[sites])
    rank = np.arange(site.size) - np.repeat(np.cumsum(told[sites]) - told[sites], told[sites])
    most = np.where(rank == ranks - 1, room[site] - rank, 1)
    place = programme.add_columns(site.size, upper=most)
    columns = _Columns(site, rank, most, place)
    all_units = programme.add_rows(1, upper=units)
    programme.add_entries(all_units, place, 1.0)
    lacks = _lacks(programme, columns, problem)
    solved = programme.solve(seconds=seconds, relaxed=True)
    if solved.x is None or not solved.proved:
        return None
    full = problem.people[:, None] * problem.bands.increments[None, :]
    y = full.copy()
    for b, (curved, _, lines) in enumerate(lacks.columns):
        y[curved, b] = solved.prices[lines] / problem.needs[curved, b]
    return Relaxed(
        np.bincount(site, weights=solved.x[place], minlength=problem.sites).astype(np.float64),
        np.clip(y, 0.0, full),
        -float(solved.prices[all_units[0]]),
    )


def solve_maximin(
    problem: Shortfall,
    wishes: Wishes,
    *,
    helped: NDArray[np.bool_],
    seconds: float,
) -> Placed:
    """Place doctors so that the worst served of the demands that can be helped has the most.

    The bound is a ceiling on that access.
    """
    programme = Programme()
    columns = _columns(programme, wishes, 1)
    _wish(programme, columns, wishes)
    column, row, gain = _pairs(problem, columns)
    level = programme.add_columns(1, cost=-1.0)
    concerned = np.flatnonzero(helped)
    position = np.full(problem.access.size, -1, dtype=np.int64)
    position[concerned] = programme.add_rows(concerned.size, lower=-problem.access[concerned])
    used = position[row] >= 0
    programme.add_entries(position[row[used]], columns.place[column[used]], gain[used])
    programme.add_entries(position[concerned], level[0], -1.0)
    solved = programme.solve(seconds=seconds)
    return Placed(columns.counts(solved, problem.sites), -solved.bound, solved.proved)


def solve_under_threshold(
    problem: Shortfall,
    wishes: Wishes,
    *,
    people: NDArray[np.float64],
    threshold: float,
    seconds: float,
) -> Placed:
    """Place doctors so that the fewest people stay under a threshold of access."""
    programme = Programme()
    columns = _columns(programme, wishes, _RANKS)
    _wish(programme, columns, wishes)
    column, row, gain = _pairs(problem, columns)
    need = np.maximum(0.0, threshold - problem.access)
    credit = np.minimum(gain, np.maximum(0.0, need[row] - columns.rank[column] * gain))
    most = np.bincount(row, weights=credit * columns.most[column], minlength=need.size)
    # those that even everything allowed would leave under the threshold are under it for sure
    slack = 1e-9 * threshold
    concerned = np.flatnonzero((need > slack) & (most >= need - slack) & (people > 0))
    lost = float(people[(need > slack) & (most < need - slack)].sum())
    under = programme.add_columns(concerned.size, cost=people[concerned], upper=1.0, whole=True)
    position = np.full(need.size, -1, dtype=np.int64)
    position[concerned] = programme.add_rows(concerned.size, lower=1.0)
    programme.add_entries(position[concerned], under, 1.0)
    used = position[row] >= 0
    programme.add_entries(
        position[row[used]], columns.place[column[used]], credit[used] / need[row[used]]
    )
    solved = programme.solve(seconds=seconds)
    return Placed(columns.counts(solved, problem.sites), lost + solved.bound, solved.proved)
