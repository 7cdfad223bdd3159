"""Ties and near-optimal answers, as a set: which other site would cost how much of the gain."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from assemblier.futures.interchange import swap_losses
from assemblier.futures.siting import Alternative, share_of_gain
from assemblier.futures.sorted_costs import SortedCosts

__all__ = ["exchanges"]


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
