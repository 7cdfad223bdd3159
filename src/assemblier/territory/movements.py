"""The merges and splits of a conversion: a table for machines, sentences for people."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from assemblier.territory.passage import Crosswalk

__all__ = ["Change", "Movement", "movements_of", "movements_table"]


class Change(StrEnum):
    """What happened to a group of communes between two vintages."""

    RECODED = "changement_de_code"
    MERGED = "fusion"
    SPLIT = "scission"
    RECAST = "recomposition"


@dataclass(frozen=True, slots=True)
class Movement:
    """One change: the communes before, the communes after.

    Attributes
    ----------
    shares
        ``(code_from, code_to, weight)`` of each move.
    dates
        Dates of the official events that explain it, if the events were given.
    """

    change: Change
    vintage_from: int
    vintage_to: int
    before: tuple[str, ...]
    after: tuple[str, ...]
    shares: tuple[tuple[str, str, float], ...]
    names: Mapping[str, str]
    dates: tuple[str, ...] = ()

    def __str__(self) -> str:
        before = ", ".join(self._named(code) for code in self.before)
        when = f"entre le COG {self.vintage_from} et le COG {self.vintage_to}"
        if self.dates:
            when += f" ({', '.join(self.dates)})"
        if self.change is Change.RECODED:
            return f"{before} a pris le code {self._named(self.after[0])} {when}"
        if self.change is Change.MERGED:
            return f"{before} ont été réunies dans {self._named(self.after[0])} {when}"
        if self.change is Change.SPLIT:
            shares = ", ".join(
                self._named(target) + _percent(weight) for _, target, weight in self.shares
            )
            return f"{before} a été partagée entre {shares} {when}"
        after = ", ".join(self._named(code) for code in self.after)
        return f"{before} ont été redécoupées en {after} {when}"

    def _named(self, code: str) -> str:
        name = self.names.get(code)
        return f"{name} ({code})" if name else code


def movements_of(
    crosswalk: Crosswalk,
    codes: Collection[str] | None = None,
    *,
    names: Mapping[str, str] | None = None,
    dates: Mapping[tuple[str, str], str] | None = None,
) -> tuple[Movement, ...]:
    """Group the moves of a crosswalk into changes.

    Parameters
    ----------
    codes
        Codes of ``crosswalk.vintage_from``; only the changes they take part in are told.
    names
        Code → name.
    dates
        ``(code_from, code_to)`` → date of the event.
    """
    moves = crosswalk.moves
    if moves.empty:
        return ()
    origins, origin_codes = pd.factorize(moves["code_from"], sort=True)
    targets, target_codes = pd.factorize(moves["code_to"], sort=True)
    size = len(origin_codes) + len(target_codes)
    graph = coo_array(
        (np.ones(len(moves)), (origins, targets + len(origin_codes))), shape=(size, size)
    )
    _, label = connected_components(graph, directed=False)
    group = label[origins]
    if codes is not None:
        touched = np.unique(group[moves["code_from"].isin(set(codes)).to_numpy()])
        kept = np.isin(group, touched)
        moves, group = moves[kept], group[kept]
    known_names = names or {}
    known_dates = dates or {}
    parts: dict[int, list[tuple[str, str, float]]] = {}
    columns = (moves[name].tolist() for name in ("code_from", "code_to", "weight"))
    for number, *move in zip(group.tolist(), *columns, strict=True):
        parts.setdefault(number, []).append((str(move[0]), str(move[1]), float(move[2])))
    told = []
    for part in parts.values():
        before = tuple(sorted({origin for origin, _, _ in part}))
        after = tuple(sorted({target for _, target, _ in part}))
        shares = tuple(sorted(part))
        when = {known_dates[pair[:2]] for pair in shares if pair[:2] in known_dates}
        told.append(
            Movement(
                _change(before, after),
                crosswalk.vintage_from,
                crosswalk.vintage_to,
                before,
                after,
                shares,
                {code: known_names[code] for code in (*before, *after) if code in known_names},
                tuple(sorted(when)),
            )
        )
    return tuple(sorted(told, key=lambda movement: movement.after))


def movements_table(movements: Collection[Movement]) -> pd.DataFrame:
    """Return the log as a table: one row per move, the sentence of its change beside it."""
    rows = [
        (
            movement.change.value,
            movement.vintage_from,
            movement.vintage_to,
            origin,
            target,
            weight,
            str(movement),
        )
        for movement in movements
        for origin, target, weight in movement.shares
    ]
    return pd.DataFrame(
        rows,
        columns=[
            "change",
            "vintage_from",
            "vintage_to",
            "code_from",
            "code_to",
            "weight",
            "sentence",
        ],
    )


def _percent(weight: float) -> str:
    if not math.isfinite(weight):
        return ""
    return f" ({100 * weight:.1f} %)".replace(".", ",")


def _change(before: tuple[str, ...], after: tuple[str, ...]) -> Change:
    if len(before) == 1 and len(after) == 1:
        return Change.RECODED
    if len(after) == 1:
        return Change.MERGED
    if len(before) == 1:
        return Change.SPLIT
    return Change.RECAST
