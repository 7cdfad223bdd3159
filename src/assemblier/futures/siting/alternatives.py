"""Ties and near-optimal answers, as a set: which other site would cost how much of the gain."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from assemblier.futures.siting.answer import Alternative, Siting, share_of_gain
from assemblier.futures.siting.interchange import swap_losses
from assemblier.futures.siting.sorted_costs import SortedCosts

__all__ = ["exchanges", "tried_exchanges", "tried_marginal"]


def exchanges(
    costs: SortedCosts,
    is_open: NDArray[np.bool_],
    value: float,
    gain: float,
    margin: float,
    *,
    locked: NDArray[np.bool_],
    allowed: NDArray[np.bool_],
    sign: float = 1.0,
) -> tuple[Alternative, ...]:
    """List the exchanges of one site that lose no more than a share of the gain.

    Parameters
    ----------
    costs, is_open, value
        Sorted costs, open sites and their cost.
    gain
        What the loss is compared with.
    margin
        Largest share of the gain that may be lost; 0 lists ties alone.
    locked, allowed
        Sites that may not give way, and those that may enter.
    sign
        1 where values are costs, −1 where they are gains (people covered).

    Returns
    -------
    tuple of Alternative
        Smallest loss first; for each site that enters, its best exchange alone.
    """
    held, change = swap_losses(costs, is_open)
    movable = ~locked[held]
    entering = np.flatnonzero(allowed & ~is_open)
    if not movable.any() or not entering.size or not gain > 0:
        return ()
    losses = np.where(movable[:, None], change[:, entering], np.inf)
    giving = losses.argmin(axis=0)
    loss = losses[giving, np.arange(entering.size)]
    within = np.flatnonzero(loss <= margin * gain + 1e-9 * abs(value))
    within = within[np.argsort(loss[within], kind="stable")]
    return tuple(
        Alternative(
            leaves=int(held[giving[at]]),
            enters=int(entering[at]),
            value=value + sign * float(max(loss[at], 0.0)),
            loss=float(max(loss[at], 0.0)),
            share=share_of_gain(float(max(loss[at], 0.0)), gain),
        )
        for at in within
    )


def tried_exchanges(
    value_of: Callable[[NDArray[np.int64]], float],
    counts: NDArray[np.int64],
    found: Siting,
    margin: float,
    *,
    at_least: NDArray[np.int64],
    at_most: NDArray[np.int64],
    allowed: Callable[[NDArray[np.int64]], bool] = lambda _counts: True,
) -> tuple[Alternative, ...]:
    """List exchanges by trying each: for measures whose losses have no formula.

    One unit moves or, to a site that has none, all that a site may give away.

    Parameters
    ----------
    value_of
        Value of numbers by site, shape (m,).
    counts, found
        The answer.
    margin
        Largest share of the gain that may be lost.
    at_least, at_most
        By site, shape (m,).
    allowed
        Whether other wishes allow some numbers.

    Returns
    -------
    tuple of Alternative
        Smallest loss first; for each site that enters, its best exchange alone.
    """
    if not found.gain > 0:
        return ()
    sign = -1.0 if found.sense == "max" else 1.0
    told: list[Alternative] = []
    for enters in np.flatnonzero(counts < at_most):
        best: Alternative | None = None
        for leaves in np.flatnonzero(counts > at_least):
            if leaves == enters:
                continue
            team = int(counts[leaves] - at_least[leaves])
            for units in {1, team if counts[enters] == 0 else 1}:
                moved = counts.copy()
                moved[leaves] -= units
                moved[enters] += units
                if moved[enters] > at_most[enters] or not allowed(moved):
                    continue
                value = value_of(moved)
                loss = max(sign * (value - found.value), 0.0)
                if best is None or loss < best.loss:
                    share = share_of_gain(loss, found.gain)
                    best = Alternative(int(leaves), int(enters), value, loss, share, units)
        if best is not None and best.loss <= margin * found.gain + 1e-9 * abs(found.value):
            told.append(best)
    return tuple(sorted(told, key=lambda each: each.loss))


def tried_marginal(
    value_of: Callable[[NDArray[np.int64]], float],
    counts: NDArray[np.int64],
    found: Siting,
    addable: NDArray[np.bool_],
) -> float:
    """Return the gain of one more unit placed best, the others staying; NaN where none may be.

    Parameters
    ----------
    value_of, counts, found
        As in :func:`tried_exchanges`.
    addable
        Sites that may get one more, shape (m,).
    """
    better = 1.0 if found.sense == "max" else -1.0
    best = float("nan")
    for place in np.flatnonzero(addable):
        more = counts.copy()
        more[place] += 1
        best = float(np.fmax(best, better * (value_of(more) - found.value)))
    return best
