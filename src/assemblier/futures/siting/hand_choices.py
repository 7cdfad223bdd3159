"""What people would have chosen by hand, weighed on the same measure as the proved answer."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from assemblier.futures.siting.answer import HandChoice, Siting, share_of_gain

__all__ = ["hand_choices"]

RULES = (
    ("la commune la plus peuplée", "les communes les plus peuplées"),
    (
        "la commune la moins dotée en médecins par habitant",
        "les communes les moins dotées en médecins par habitant",
    ),
    ("la commune de plus faible APL", "les communes de plus faible APL"),
)
"""Each rule, with everybody at one place and with one at each."""


def hand_choices(
    value_of: Callable[[NDArray[np.int64]], float],
    found: Siting,
    *,
    population: NDArray[np.float64],
    doctors: NDArray[np.float64],
    access: NDArray[np.float64],
    units: int,
    at_least: NDArray[np.int64],
    at_most: NDArray[np.int64],
    team: int = 1,
    allowed: Callable[[NDArray[np.int64]], bool] = lambda _counts: True,
) -> tuple[HandChoice, ...]:
    """Weigh the usual choices: the largest towns, the lowest densities, the lowest access.

    Parameters
    ----------
    value_of
        Value of numbers by site, shape (m,).
    found
        The proved answer, whose gain the others are compared with.
    population, doctors, access
        Of each site, shape (m,). Sites of equal density are ordered by population.
    units
        In all, those of ``at_least`` with them.
    at_least, at_most
        By site, shape (m,).
    team
        How many go together where they are spread.
    allowed
        Whether the other wishes allow some numbers.

    Returns
    -------
    tuple of HandChoice
        The best first: each rule with everybody at one place, and spread. A choice that does not
        place everybody, or that the wishes do not allow, is left out.
    """
    people = np.maximum(population, 1.0)
    orders = (
        np.lexsort((np.arange(people.size), -population)),
        np.lexsort((-population, doctors / people)),
        np.lexsort((-population, access)),
    )
    better = 1.0 if found.sense == "max" else -1.0
    told: dict[bytes, HandChoice] = {}
    for (one, many), order in zip(RULES, orders, strict=True):
        for together in (units, team):
            counts = _filled(order, units, at_least, at_most, together)
            if counts is None or counts.tobytes() in told or not allowed(counts):
                continue
            placed = int(((counts - at_least) > 0).sum())
            value = value_of(counts)
            told[counts.tobytes()] = HandChoice(
                one if placed == 1 else many,
                np.flatnonzero(counts > at_least),
                (counts - at_least)[counts > at_least],
                value,
                share_of_gain(better * (value - found.baseline), found.gain),
            )
    return tuple(sorted(told.values(), key=lambda each: -better * each.value))


def _filled(
    order: NDArray[np.int64],
    units: int,
    at_least: NDArray[np.int64],
    at_most: NDArray[np.int64],
    together: int,
) -> NDArray[np.int64] | None:
    """Go down an order, so many at each place; None when somebody is left."""
    counts = at_least.copy()
    left = units - int(counts.sum())
    for place in order:
        room = int(at_most[place] - counts[place])
        more = min(left, room, together)
        if more > 0:
            counts[place] += more
            left -= more
    return counts if left == 0 else None
