"""Rational agent access model: the cost people bear when everyone chooses the cheapest site.

People of i who use site j bear c_ij = t_ij/τ + D_j/(ρ S_j), travel plus crowding; at the
equilibrium nobody gains by changing (Saxon & Snow 2020, 10.1080/24694452.2019.1629870). It is the
optimum of the convex programme of Beckmann,

    min Σ x_ij t_ij/τ + Σ_j D_j² / (2 ρ S_j),   Σ_j x_ij = P_i,   x ≥ 0,

solved here on the pairs in use alone: each origin in turn is filled exactly (water-filling against
the crowding of all others), pairs that have become cheaper than what people bear are let in by a
pass over all pairs, and that pass gives the certificate

    gap = (Σ x c − Σ_i P_i min_j c_ij) / Σ x c ,

which bounds how far the answer is from the equilibrium. Costs are unique, flows are not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assemblier.compiled import njit, prange
from assemblier.errors import BadInput, Problem
from assemblier.measures.access import Access, Demand, Supply
from assemblier.measures.catchment.pairs import decayed
from assemblier.measures.decay import Decay
from assemblier.measures.times import TravelTimes

__all__ = ["Equilibrium", "raam", "raam_equilibrium"]

GAP = 1e-5
_PATIENCE = 200
"""Passes without a smaller gap after which rounding is taken to be reached."""
# Tuned on 35,000 origins × 20,000 sites, 4 million pairs; none changes the answer, only the time.
_FIRST_SWEEPS, _MORE_SWEEPS, _MOST_SWEEPS = 4.0, 1.5, 120
_STILL, _LONGEST_NAP = 0.1, 7


@dataclass(frozen=True, slots=True)
class Equilibrium:
    """A RAAM equilibrium with its certificate.

    Attributes
    ----------
    access
        Cost borne by each demand, as a measure.
    pressure
        People at each site D, shape (m,).
    cheapest
        Σ_j min cost of each demand, shape (n,): equal to the cost borne when the gap is zero.
    gap
        Relative duality gap reached.
    passes, sweeps
        Passes over all pairs, and sweeps over the pairs in use.
    tau, rho
        Parameters used.
    """

    access: Access
    pressure: NDArray[np.float64]
    cheapest: NDArray[np.float64]
    gap: float
    passes: int
    sweeps: int
    tau: float
    rho: float


@njit(cache=True)
def _first_fill(indptr: Any, indices: Any, travel: Any, room: Any, people: Any, D: Any) -> Any:
    """Fill each origin in turn against those before it; return the pairs in use, by origin."""
    rows = indptr.size - 1
    starts = np.zeros(rows + 1, dtype=np.int64)
    size = 4 * rows + 16
    site = np.empty(size, dtype=np.int32)
    cost = np.empty(size, dtype=np.float64)
    flow = np.empty(size, dtype=np.float64)
    widest = 0
    for row in range(rows):
        widest = max(widest, indptr[row + 1] - indptr[row])
    level = np.empty(widest, dtype=np.float64)
    used = 0
    for row in range(rows):
        starts[row] = used
        first = indptr[row]
        width = indptr[row + 1] - first
        if width == 0 or people[row] <= 0.0:
            continue
        for k in range(width):
            j = indices[first + k]
            level[k] = travel[first + k] + D[j] / room[j]
        water = np.inf
        while True:
            held = people[row]
            total = 0.0
            for k in range(width):
                if level[k] < water:
                    held += level[k] * room[indices[first + k]]
                    total += room[indices[first + k]]
            lower = held / total
            if lower >= water:
                break
            water = lower
        for k in range(width):
            if level[k] < water:
                if used == site.size:
                    site = np.concatenate((site, np.empty(used, dtype=np.int32)))
                    cost = np.concatenate((cost, np.empty(used, dtype=np.float64)))
                    flow = np.concatenate((flow, np.empty(used, dtype=np.float64)))
                j = indices[first + k]
                site[used] = j
                cost[used] = travel[first + k]
                flow[used] = (water - level[k]) * room[j]
                D[j] += flow[used]
                used += 1
    starts[rows] = used
    return starts, site[:used].copy(), cost[:used].copy(), flow[:used].copy()


@njit(cache=True)
def _sweeps(
    starts: Any,
    site: Any,
    cost: Any,
    flow: Any,
    room: Any,
    people: Any,
    D: Any,
    count: int,
    still: float,
    longest_nap: int,
) -> None:
    """Fill every origin again, ``count`` times, on the pairs in use; flow and D are updated.

    An origin that hardly moves rests for some sweeps, longer each time.
    """
    rows = starts.size - 1
    widest = 0
    for row in range(rows):
        widest = max(widest, starts[row + 1] - starts[row])
    level = np.empty(widest, dtype=np.float64)
    wait = np.zeros(rows, dtype=np.int64)
    nap = np.zeros(rows, dtype=np.int64)
    for sweep in range(count):
        for turn in range(rows):
            row = rows - 1 - turn if sweep % 2 == 0 else turn
            first = starts[row]
            width = starts[row + 1] - first
            if width < 2:
                continue
            if wait[row] > 0:
                wait[row] -= 1
                continue
            moved = 0.0
            if width == 2:
                i = site[first]
                j = site[first + 1]
                ahead = cost[first + 1] + D[j] / room[j] - cost[first] - D[i] / room[i]
                shift = ahead / (1.0 / room[i] + 1.0 / room[j])
                shift = max(-flow[first], min(flow[first + 1], shift))
                flow[first] += shift
                flow[first + 1] -= shift
                D[i] += shift
                D[j] -= shift
                moved = abs(shift)
            else:
                held = people[row]
                total = 0.0
                for k in range(width):
                    j = site[first + k]
                    level[k] = cost[first + k] + (D[j] - flow[first + k]) / room[j]
                    held += level[k] * room[j]
                    total += room[j]
                water = held / total
                while True:
                    held = people[row]
                    total = 0.0
                    for k in range(width):
                        if level[k] < water:
                            held += level[k] * room[site[first + k]]
                            total += room[site[first + k]]
                    # rounding can leave no level under water when one site holds all
                    lower = held / total if total > 0.0 else water
                    if lower >= water:
                        break
                    water = lower
                for k in range(width):
                    j = site[first + k]
                    filled = (water - level[k]) * room[j] if level[k] < water else 0.0
                    change = filled - flow[first + k]
                    D[j] += change
                    flow[first + k] = filled
                    moved += abs(change)
            if moved <= still * people[row]:
                nap[row] = min(longest_nap, 2 * nap[row] + 1)
                wait[row] = nap[row]
            else:
                nap[row] = 0


@njit(cache=True, parallel=True)
def _price(
    indptr: Any,
    indices: Any,
    travel: Any,
    crowding: Any,
    people: Any,
    starts: Any,
    site: Any,
    cost: Any,
    flow: Any,
) -> Any:
    """Give the cost borne, the cheapest cost, and how many pairs are cheaper, by origin."""
    rows = indptr.size - 1
    borne = np.zeros(rows, dtype=np.float64)
    cheapest = np.full(rows, np.nan)
    cheaper = np.zeros(rows, dtype=np.int64)
    for row in prange(rows):
        if indptr[row] == indptr[row + 1]:
            continue
        total = 0.0
        weight = 0.0
        for k in range(starts[row], starts[row + 1]):
            total += flow[k] * (cost[k] + crowding[site[k]])
            weight += flow[k]
        mean = total / weight if weight > 0.0 else -np.inf
        best = np.inf
        count = 0
        for pair in range(indptr[row], indptr[row + 1]):
            value = travel[pair] + crowding[indices[pair]]
            best = min(best, value)
            if value < mean:
                count += 1
        cheapest[row] = best
        cheaper[row] = count
        borne[row] = mean if people[row] > 0.0 and weight > 0.0 else best
    return borne, cheapest, cheaper


@njit(cache=True)
def _let_in(
    indptr: Any,
    indices: Any,
    travel: Any,
    crowding: Any,
    starts: Any,
    site: Any,
    cost: Any,
    flow: Any,
    borne: Any,
    cheaper: Any,
) -> Any:
    """Return the pairs in use without the empty ones, and with those cheaper than what is borne."""
    rows = indptr.size - 1
    size = site.size + cheaper.sum()
    new_starts = np.zeros(rows + 1, dtype=np.int64)
    new_site = np.empty(size, dtype=np.int32)
    new_cost = np.empty(size, dtype=np.float64)
    new_flow = np.empty(size, dtype=np.float64)
    used = 0
    for row in range(rows):
        new_starts[row] = used
        for k in range(starts[row], starts[row + 1]):
            if flow[k] > 0.0:
                new_site[used] = site[k]
                new_cost[used] = cost[k]
                new_flow[used] = flow[k]
                used += 1
        if cheaper[row] == 0 or starts[row] == starts[row + 1]:
            continue
        kept = used
        for pair in range(indptr[row], indptr[row + 1]):
            j = indices[pair]
            if travel[pair] + crowding[j] >= borne[row]:
                continue
            known = False
            for k in range(new_starts[row], kept):
                if new_site[k] == j:
                    known = True
                    break
            if not known:
                new_site[used] = j
                new_cost[used] = travel[pair]
                new_flow[used] = 0.0
                used += 1
    new_starts[rows] = used
    return new_starts, new_site[:used].copy(), new_cost[:used].copy(), new_flow[:used].copy()


def raam_equilibrium(
    times: TravelTimes,
    demand: Demand,
    supply: Supply,
    *,
    tau: float,
    rho: float | None = None,
    gap: float = GAP,
    decay: Decay | None = None,
) -> Equilibrium:
    """Find the equilibrium to a certified relative gap.

    Parameters
    ----------
    times, demand, supply
        Minutes, people and capacity. A site whose capacity is zero cannot be used.
    tau
        Minutes of travel that weigh as much as a crowding of one.
    rho
        People for one unit of capacity at a crowding of one; their mean over demand and supply
        where it is not given.
    gap
        Relative duality gap to reach.
    decay
        Where given, only the pairs within its catchment can be used.

    Returns
    -------
    Equilibrium
        Its cost has no unit; NaN and ``unreachable`` where no site can be used. A demand without
        people bears the cheapest cost.

    Raises
    ------
    BadInput
        A parameter is not above zero; without ``rho``, nobody is there or nothing is offered.
    """
    offered = float(supply.capacity.sum())
    problems = [
        Problem(
            f"le paramètre {name} du RAAM est inutilisable",
            value=str(value),
            allowed="un nombre supérieur à 0",
        )
        for name, value in (("tau", tau), ("rho", rho), ("gap", gap))
        if value is not None and not (0 < value < np.inf)
    ]
    if offered <= 0 and rho is None:
        problems.append(Problem("l’offre est nulle partout : donnez « rho »"))
    if problems:
        raise BadInput(problems)
    used_rho = float(demand.population.sum()) / offered if rho is None else float(rho)
    if used_rho <= 0:
        raise BadInput(Problem("la population est nulle partout : donnez « rho »"))
    indptr, indices, travel = _usable_pairs(times, demand, supply, tau, decay)
    people = demand.population
    room = np.where(supply.capacity > 0, used_rho * supply.capacity, 1.0)
    pressure = np.zeros(supply.ids.size)
    pairs = _first_fill(indptr, indices, travel, room, people, pressure)
    count, sweeps, passes, best_gap, best_pass = _FIRST_SWEEPS, 0, 0, np.inf, 0
    while True:
        counts = np.bincount(pairs[1], weights=pairs[3], minlength=supply.ids.size)
        pressure = np.asarray(counts, dtype=np.float64)
        crowding = pressure / room
        borne, cheapest, cheaper = _price(indptr, indices, travel, crowding, people, *pairs)
        passes += 1
        counted = np.isfinite(cheapest) & (people > 0)
        spent = float(np.sum(borne[counted] * people[counted]))
        least = float(np.sum(cheapest[counted] * people[counted]))
        reached_gap = (spent - least) / spent if spent > 0 else 0.0
        if reached_gap < best_gap:
            best_gap, best_pass = reached_gap, passes
        if reached_gap <= gap or passes - best_pass > _PATIENCE:
            break
        pairs = _let_in(indptr, indices, travel, crowding, *pairs, borne, cheaper)
        # nobody rests while the gap does not shrink
        still = _STILL * reached_gap if passes == best_pass else 0.0
        _sweeps(*pairs, room, people, pressure, int(count), still, _LONGEST_NAP)
        sweeps += int(count)
        count = min(count * _MORE_SWEEPS, _MOST_SWEEPS)
    served = np.isfinite(cheapest)
    at_hand = np.zeros(supply.ids.size, dtype=np.bool_)
    at_hand[indices] = True
    lost = ~at_hand & (supply.capacity > 0)
    caveats = [f"écart relatif certifié à l’équilibre : {reached_gap:.1e}"]
    if reached_gap > gap:
        caveats.append(f"l’écart demandé ({gap:.1e}) n’est pas atteint")
    access = Access(
        measure="raam",
        ids=demand.ids,
        value=np.where(served, borne, np.nan),
        reached=served,
        unreached=supply.ids[lost],
        supply_total=offered,
        supply_reached=float(supply.capacity[at_hand].sum()),
        population="population",
        engine=times.engine,
        asked=f"tau={tau:g} rho={used_rho:.6g}" + ("" if decay is None else f" {decay}"),
        caveats=tuple(caveats),
    )
    return Equilibrium(
        access=access,
        pressure=pressure,
        cheapest=cheapest,
        gap=reached_gap,
        passes=passes,
        sweeps=sweeps,
        tau=float(tau),
        rho=used_rho,
    )


def raam(
    times: TravelTimes,
    demand: Demand,
    supply: Supply,
    decay: Decay | None = None,
    *,
    tau: float,
    rho: float | None = None,
    gap: float = GAP,
) -> Access:
    """Cost borne at the equilibrium; see :func:`raam_equilibrium`."""
    return raam_equilibrium(times, demand, supply, tau=tau, rho=rho, gap=gap, decay=decay).access


def _usable_pairs(
    times: TravelTimes, demand: Demand, supply: Supply, tau: float, decay: Decay | None
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float64]]:
    aligned = times.aligned(demand.ids, supply.ids)
    travel = aligned.minutes / tau
    if decay is None and bool((supply.capacity > 0).all()):
        return aligned.indptr, aligned.indices, travel
    usable = supply.capacity[aligned.indices] > 0
    if decay is not None:
        usable &= decayed(aligned, decay) > 0
    before = np.concatenate(([0], np.cumsum(usable, dtype=np.int64)))
    return before[aligned.indptr], aligned.indices[usable], travel[usable]
