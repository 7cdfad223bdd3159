"""Events of the artificial communes: mergers, a restoration, a change of code, a new name."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assemblier.demo.geography import Atoms
from assemblier.demo.names import with_article

__all__ = ["Event", "History", "draw_history"]


@dataclass(frozen=True, slots=True)
class Event:
    """One change of the map, in force from ``date`` (ISO).

    ``kind`` is ``merge`` (commune nouvelle, or simple merger before 2010), ``split``, ``recode``
    or ``rename``; ``atoms`` are the members, the chief town first; ``code`` and ``name`` what the
    result bears (empty for a split: members take their own again).
    """

    date: str
    kind: str
    atoms: tuple[int, ...]
    code: str = ""
    name: str = ""
    tncc: int = 0

    @property
    def year(self) -> int:
        """First COG year (1 January) that knows the event."""
        return int(self.date[:4]) + (0 if self.date.endswith("-01-01") else 1)


@dataclass(frozen=True, slots=True)
class History:
    """The atoms and what happened to them."""

    atoms: Atoms
    events: tuple[Event, ...]

    def codes(self, year: int) -> list[str]:
        """Return the code of the commune that holds each atom on 1 January of ``year``."""
        return [code for code, _, _ in self._state(year)]

    def labels(self, year: int) -> dict[str, tuple[str, int]]:
        """Return name and article code of each commune of COG ``year``, sorted by code."""
        return dict(sorted((code, (name, tncc)) for code, name, tncc in self._state(year)))

    def chief(self, year: int) -> dict[str, int]:
        """Return the atom that holds the town hall of each commune of COG ``year``."""
        own = dict(zip(self.atoms.code, range(len(self.atoms)), strict=True))
        own |= {e.code: e.atoms[0] for e in self.events if e.kind == "recode"}
        return {code: own[code] for code in self.labels(year)}

    def members(self, year: int) -> dict[str, list[int]]:
        """Return the atoms of each commune of COG ``year``, sorted by code."""
        held: dict[str, list[int]] = {code: [] for code in self.labels(year)}
        for atom, code in enumerate(self.codes(year)):
            held[code].append(atom)
        return held

    def sums(self, year: int, values: NDArray[Any]) -> NDArray[Any]:
        """Return values of atoms (n, …) summed over the communes of COG ``year``, in code order."""
        rank = {code: i for i, code in enumerate(self.labels(year))}
        total = np.zeros((len(rank), *values.shape[1:]), dtype=values.dtype)
        np.add.at(total, [rank[code] for code in self.codes(year)], values)
        return total

    def _state(self, year: int) -> list[tuple[str, str, int]]:
        atoms = self.atoms
        state = list(zip(atoms.code, atoms.name, atoms.tncc, strict=True))
        own = list(state)
        for event in self.events:
            if event.year > year:
                continue
            for atom in event.atoms:
                if event.kind == "split":
                    state[atom] = own[atom]
                else:
                    state[atom] = (event.code, event.name, event.tncc)
                    if event.kind in {"recode", "rename"}:
                        own[atom] = state[atom]
        return state


def _grow(
    start: int, wanted: int, links: list[list[int]], free: NDArray[np.bool_], atoms: Atoms
) -> tuple[int, ...]:
    group = [start]
    while len(group) < wanted:
        around = [
            j
            for i in group
            for j in links[i]
            if free[j] and j not in group and atoms.departement[j] == atoms.departement[start]
        ]
        if not around:
            break
        group.append(min(around, key=lambda j: float(((atoms.xy[j] - atoms.xy[start]) ** 2).sum())))
    return tuple(sorted(group, key=lambda i: (-int(atoms.size[i]), atoms.code[i])))


def draw_history(atoms: Atoms, centre: NDArray[np.float64], rng: np.random.Generator) -> History:
    """Draw the events: fifteen communes nouvelles, one restored, a change of département, a name.

    Parameters
    ----------
    atoms
        The communes before any event.
    centre
        Middle of the pays, local metres: half of the mergers happen around it.
    rng
        Source of randomness.

    Returns
    -------
    History
    """
    n = len(atoms)
    links: list[list[int]] = [[] for _ in range(n)]
    for i, j in atoms.neighbours.tolist():
        links[i].append(j)
        links[j].append(i)
    free = np.asarray(atoms.size < 4)
    gap = np.sqrt(((atoms.xy - centre) ** 2).sum(axis=1))
    near = np.flatnonzero((gap < 20e3) & (atoms.size <= 2))
    far = np.flatnonzero((gap > 34e3) & (atoms.size <= 2))

    def take(pool: NDArray[np.int64], wanted: int) -> tuple[int, ...]:
        for start in rng.permutation(pool).tolist():
            if not free[start]:
                continue
            group = _grow(start, wanted, links, free, atoms)
            if len(group) == wanted:
                free[list(group)] = False
                return group
        raise ValueError("no group of communes left to merge")

    plan = [
        ("1973-01-01", far, 2), ("2016-01-01", near, 2), ("2016-01-01", near, 3),
        ("2016-01-01", far, 2), ("2016-01-01", far, 4), ("2017-01-01", near, 2),
        ("2017-01-01", far, 3), ("2018-01-01", near, 2), ("2018-01-01", far, 2),
        ("2019-01-01", near, 3), ("2019-01-01", near, 2), ("2019-01-01", far, 2),
        ("2019-01-01", far, 2), ("2025-01-01", far, 2),
    ]  # fmt: skip
    events: list[Event] = []
    for rank, (date, pool, wanted) in enumerate(plan):
        group = take(pool, wanted)
        chief = group[0]
        if rank in {2, 6, 9}:
            name, tncc = with_article(f"Val-{_bare(atoms, chief)}-Nouvelle", 0), 0
        else:
            name, tncc = atoms.name[chief], atoms.tncc[chief]
        events.append(Event(date, "merge", group, atoms.code[chief], name, tncc))
    events.append(replace(events[0], date="1988-03-15", kind="split", code="", name=""))
    events.append(replace(events[1], date="2024-01-01", kind="split", code="", name=""))
    border = [
        (i, j)
        for i, j in [*atoms.neighbours.tolist(), *atoms.neighbours[:, ::-1].tolist()]
        if atoms.departement[i] == "Y3" and atoms.departement[j] == "Y1" and free[i]
    ]
    moved = min(border)[0]
    free[moved] = False
    number = sum(d == "Y1" for d in atoms.departement) + 1
    events.append(
        Event("2018-01-01", "recode", (moved,), f"Y1{number:03d}", atoms.name[moved],
              atoms.tncc[moved])
    )  # fmt: skip
    renamed = int(next(i for i in near.tolist() if free[i] and "-" not in atoms.name[i]))
    events.append(
        Event("2017-06-20", "rename", (renamed,), atoms.code[renamed],
              f"{_bare(atoms, renamed)}-en-Ombrelune", int(atoms.tncc[renamed] == 1))
    )  # fmt: skip
    return History(atoms, tuple(sorted(events, key=lambda e: e.date)))


def _bare(atoms: Atoms, atom: int) -> str:
    name, tncc = atoms.name[atom], atoms.tncc[atom]
    cut = {2: 3, 3: 3, 4: 4, 5: 2}.get(tncc, 0)
    return name[cut:]
