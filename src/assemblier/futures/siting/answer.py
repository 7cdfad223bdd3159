"""What a question of siting answers: places, a value, a bound nobody can pass, other choices.

``sense`` says which way a value is better (minutes and shortfall are small, people covered many);
the gain is how much better than doing nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from assemblier.errors import BadInput, Problem

__all__ = ["Alternative", "HandChoice", "Siting", "open_mask", "relative_gap", "share_of_gain"]

Sense = Literal["min", "max"]


@dataclass(frozen=True, slots=True)
class Alternative:
    """One doctor, a whole team or a site of the answer gone elsewhere, all else equal.

    Attributes
    ----------
    leaves, enters
        Positions of the site that gives way and of the one that takes its place.
    value
        Exact value of the answer so changed.
    loss
        How much worse it is than the answer, zero for a tie.
    share
        Loss as a share of the gain of the answer; NaN when there is no gain to compare with.
    moved
        How many go: one, or the team of a site.
    """

    leaves: int
    enters: int
    value: float
    loss: float
    share: float
    moved: int = 1

    def sentence(self, names: Sequence[str]) -> str:
        """Say it in French."""
        exchanged = f"{names[self.enters]} au lieu de {names[self.leaves]}"
        if self.loss <= 0:
            return f"{exchanged} : même résultat"
        if np.isnan(self.share):
            return f"{exchanged} : {self.loss:.4g} de plus".replace(".", ",")
        return f"{exchanged} coûte {100 * self.share:.1f} % du gain".replace(".", ",")


@dataclass(frozen=True, slots=True)
class HandChoice:
    """What people would have chosen by hand, on the same measure.

    Attributes
    ----------
    name
        The rule followed, in French.
    sites, counts
        Positions of the sites and how many units each gets.
    value
        Its value.
    share
        Its gain as a share of the gain of the answer; NaN without a gain.
    """

    name: str
    sites: NDArray[np.int64]
    counts: NDArray[np.int64]
    value: float
    share: float


@dataclass(frozen=True, slots=True)
class Siting:
    """An answer with its proof.

    Attributes
    ----------
    objective
        What was sought: ``p-median``, ``p-center``, ``coverage``, ``shortfall``, ``maximin``,
        ``under_threshold``.
    sense
        ``min`` or ``max``: which way ``value`` is better.
    sites, counts
        Positions of the sites that get something, increasing, and how much each gets.
    value
        Value of the answer, recomputed from the sites.
    bound
        No answer is better than this.
    baseline
        Value when nothing is done; NaN where that means nothing (no site at all).
    proved
        Whether the bound meets the value.
    seconds
        Time spent.
    marginal
        Gain of one more unit placed best, the others staying; NaN when it was not asked or no
        unit can be added.
    multipliers
        What the bound is recomputed from, where a relaxation gave it; empty otherwise.
    relaxation_bound
        The bound that these multipliers alone give; the tree may have raised ``bound`` since.
    alternatives
        Exchanges of one site that cost less than the margin asked.
    out_of_reach
        Number of demands that no allowed site can help.
    method
        How the proof was made.
    """

    objective: str
    sense: Sense
    sites: NDArray[np.int64]
    counts: NDArray[np.int64]
    value: float
    bound: float
    baseline: float
    proved: bool
    seconds: float
    marginal: float
    multipliers: NDArray[np.float64]
    relaxation_bound: float
    alternatives: tuple[Alternative, ...]
    out_of_reach: int
    method: str

    @property
    def gap(self) -> float:
        """How far the value may be from the best, relative to the value; zero when proved."""
        return 0.0 if self.proved else relative_gap(self.value, self.bound)

    @property
    def gain(self) -> float:
        """How much better than doing nothing; NaN without a baseline."""
        return abs(self.baseline - self.value)

    @property
    def gap_of_gain(self) -> float:
        """How far the gain may be from the largest possible one, as a share of the latter."""
        if self.proved:
            return 0.0
        largest = abs(self.baseline - self.bound)
        return abs(self.value - self.bound) / largest if largest > 0 else 0.0


def relative_gap(value: float, bound: float) -> float:
    """Return |value − bound| / |value|, zero where both are zero."""
    if value == bound:
        return 0.0
    return abs(value - bound) / abs(value) if value else float("inf")


def share_of_gain(loss: float, gain: float) -> float:
    """Return a loss as a share of a gain; NaN where there is no gain."""
    return loss / gain if gain > 0 else float("nan")


def open_mask(
    chosen: Sequence[int] | NDArray[np.int64], sites: int, what: str
) -> NDArray[np.bool_]:
    """Turn positions of sites into a mask, shape (m,).

    Raises
    ------
    BadInput
        A position is not that of a site.
    """
    positions = np.asarray(chosen, dtype=np.int64).reshape(-1)
    bad = positions[(positions < 0) | (positions >= sites)]
    if bad.size:
        raise BadInput(
            Problem(
                f"un site {what} n’est pas dans la liste des candidats",
                value=str(int(place)),
                allowed=f"de 0 à {sites - 1}",
            )
            for place in bad
        )
    mask = np.zeros(sites, dtype=np.bool_)
    mask[positions] = True
    return mask
