"""Zonings of the artificial country: EPCI, cantons, bassins de vie, TVS… and the pays itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assemblier.demo.geography import REGION_OF
from assemblier.demo.history import History
from assemblier.demo.names import plain
from assemblier.demo.roads import Roads

__all__ = ["PAYS_COMMUNES", "Zones", "draw_zones", "pays_atoms"]

PAYS_COMMUNES = 97
"""Communes of the pays in COG 2024; the texts about it say 108, a box says 98."""

ANNEXED = 16
"""Communes of the pays taken outside the EPCI it is made of."""


@dataclass(frozen=True, slots=True)
class Zones:
    """Code of the zone of each atom, one list per zoning, and names of the zones.

    ``of[zoning][atom]`` is a code; ``names[zoning][code]`` a label. Atoms that merge one day
    share their zones, so that every zoning is a partition of the communes of every COG.
    """

    of: dict[str, list[str]]
    names: dict[str, dict[str, str]]


def anchors(history: History) -> NDArray[np.int64]:
    """Return, for each atom, the atom whose zones it shares (itself, or its chief town)."""
    anchor = np.arange(len(history.atoms))
    for event in history.events:
        if event.kind == "merge":
            anchor[list(event.atoms)] = event.atoms[0]
    return anchor


def _departement(history: History) -> list[str]:
    return [code[:2] for code in history.codes(2024)]


def _assign(
    poles: list[int], minutes: NDArray[np.float64], anchor: NDArray[np.int64],
    departement: list[str], penalty: float,
) -> NDArray[np.int64]:  # fmt: skip
    dep = np.array(departement)
    cost = minutes[:, poles] + penalty * (dep[:, None] != dep[poles][None, :])
    return np.asarray(np.array(poles)[np.argmin(cost, axis=1)][anchor])


def draw_zones(history: History, roads: Roads, rng: np.random.Generator) -> Zones:
    """Draw the zonings by driving time to their poles.

    Parameters
    ----------
    history, roads
        Communes over time, true driving times.
    rng
        Source of randomness, for the choice of poles.

    Returns
    -------
    Zones
    """
    atoms, minutes = history.atoms, roads.minutes
    anchor, departement = anchors(history), _departement(history)
    big = [int(i) for i in np.flatnonzero(atoms.size >= 3)]
    small = [int(i) for i in rng.permutation(np.flatnonzero(atoms.size == 2)) if anchor[i] == i]
    of: dict[str, list[str]] = {}
    names: dict[str, dict[str, str]] = {}
    _code, label = atoms.code, atoms.name
    own = history.codes(2024)

    def add(
        zoning: str, poles: list[int], penalty: float, coded: dict[int, str], said: str
    ) -> None:
        place = _assign(sorted(poles), minutes, anchor, departement, penalty)
        of[zoning] = [coded[int(p)] for p in place]
        used = {int(p) for p in place}
        names[zoning] = {
            coded[p]: said.format(label[p]) for p in sorted(used, key=lambda p: coded[p])
        }

    def numbered(poles: list[int], form: str) -> dict[int, str]:
        return {p: form.format(dep=departement[p], n=i + 1) for i, p in enumerate(sorted(poles))}

    def per_departement(poles: list[int], width: int) -> dict[int, str]:
        seen: dict[str, int] = {}
        coded = {}
        for p in sorted(poles):
            seen[departement[p]] = seen.get(departement[p], 0) + 1
            coded[p] = f"{departement[p]}{seen[departement[p]]:0{width}d}"
        return coded

    # Siren-like numbers that start with 9999: no public body can have one
    seats = big + small[:8]
    add("EPCI", seats, 7.0, numbered(seats, "9999{n:05d}"), "CC de {}")
    for p in np.flatnonzero(atoms.size == 4).tolist():
        key = numbered(seats, "9999{n:05d}")[p]
        names["EPCI"][key] = f"CA de {label[p]}"
    cantons = big + small[:14]
    add("CV", cantons, 1e3, per_departement(cantons, 2), "{}")
    arrs = [int(i) for i in np.flatnonzero(atoms.size >= 3)]
    arrs = [i for i in arrs if atoms.size[i] == 4] + [i for i in arrs if atoms.size[i] == 3][:3]
    add("ARR", arrs, 1e3, per_departement(arrs, 1), "{}")
    poles = big + small
    as_commune = {p: own[p] for p in poles}
    add("BV2012", poles, 0.0, as_commune, "{}")
    add("BV2022", big + small[:-6], 0.0, as_commune, "{}")
    add("TVS", big + small[2:-3], 0.0, as_commune, "{}")
    labour = [i for i in big if atoms.size[i] == 4] + big[:2]
    labour = sorted(set(labour))
    region = {p: f"{REGION_OF[departement[p]]}{i + 1:02d}" for i, p in enumerate(labour)}
    add("ZE", labour, 0.0, region, "{}")
    _urban(history, minutes, anchor, departement, of=of, names=names)
    return Zones(of, names)


def _urban(
    history: History, minutes: NDArray[np.float64], anchor: NDArray[np.int64],
    departement: list[str], *, of: dict[str, list[str]], names: dict[str, dict[str, str]],
) -> None:  # fmt: skip
    """Urban units (bourgs and above) and areas of attraction (towns, by time)."""
    atoms = history.atoms
    unit, units = [], {}
    for atom in range(len(atoms)):
        pole = int(anchor[atom])
        if atoms.size[pole] >= 2:
            unit.append(f"{departement[pole]}1{int(atoms.code[pole][2:]) % 100:02d}")
            units[unit[-1]] = atoms.name[pole]
        else:
            unit.append(f"{departement[pole]}000")
            units[unit[-1]] = f"Communes rurales ({departement[pole]})"
    of["UU"], names["UU"] = unit, dict(sorted(units.items()))
    area, category, areas = [], [], {"000": "Commune hors attraction des villes"}
    big = np.flatnonzero(atoms.size >= 3)
    reach = np.where(atoms.size[big] == 4, 24.0, 12.0)
    for atom in range(len(atoms)):
        pole = int(anchor[atom])
        slack = minutes[pole, big] / reach
        best = int(np.argmin(slack))
        if slack[best] > 1:
            area.append("000")
            category.append("30")
        else:
            area.append(f"Y{best + 1:02d}")
            category.append("11" if big[best] == pole else "20")
            areas[area[-1]] = atoms.name[int(big[best])]
    of["AAV"], names["AAV"] = area, dict(sorted(areas.items()))
    of["CATEAAV"], names["CATEAAV"] = category, {}


def pays_atoms(history: History, zones: Zones, centre: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which atoms the pays holds: whole EPCI around its centre, then communes beside them.

    Parameters
    ----------
    history, zones
        Communes and their EPCI.
    centre
        Middle of the pays, local metres.

    Returns
    -------
    ndarray of bool, shape (n,)
        :data:`PAYS_COMMUNES` communes of COG 2024.
    """
    chief = history.chief(2024)
    codes = history.codes(2024)
    spot = {c: history.atoms.xy[i] for c, i in chief.items()}
    epci = dict(zip(codes, zones.of["EPCI"], strict=True))
    capital = {e for e, name in zones.names["EPCI"].items() if name.startswith("CA ")}
    around_capitals = frozenset(capital)
    centroid = {
        e: np.mean([spot[c] for c in spot if epci[c] == e], axis=0) for e in zones.names["EPCI"]
    }
    gap = {e: float(np.sqrt(((centroid[e] - centre) ** 2).sum())) for e in centroid}
    # two towns, the nearest to the centre; the others stay beside the pays
    towns = np.flatnonzero(history.atoms.size == 3)
    away = ((history.atoms.xy[towns] - centre) ** 2).sum(axis=1)
    barred = {codes[i] for i in towns[np.argsort(away)][2:]}
    capital |= {epci[c] for c in barred}
    held: list[str] = []
    for e in sorted(set(gap) - capital, key=lambda e: gap[e]):
        inside = [c for c in spot if epci[c] == e]
        if len(held) + len(inside) <= PAYS_COMMUNES:
            held += inside
        if len(held) > PAYS_COMMUNES - ANNEXED:
            break
    rest = sorted(
        (c for c in spot if c not in held and c not in barred and epci[c] not in around_capitals),
        key=lambda c: float(((spot[c] - centre) ** 2).sum()),
    )
    chosen = set(held) | set(rest[: PAYS_COMMUNES - len(held)])
    return np.array([c in chosen for c in codes])


def sort_key(name: str) -> str:
    """Return the key by which producers sort names: plain capitals."""
    return plain(name)
