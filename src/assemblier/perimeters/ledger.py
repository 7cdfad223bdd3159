"""The border ledger: who crosses the limit of a territory to be cared for, or to work, and where.

A ledger of modelled visits says what distance alone would make; a ledger of observed flows says
what people do. Only the second supports a sentence about living space.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from assemblier.blocks import Inline
from assemblier.language import number, percent, plural
from assemblier.measures.times import SECONDS_PER_MINUTE, TravelTimes
from assemblier.perimeters.visits import OBSERVED, Visits

__all__ = [
    "Beyond",
    "Ledger",
    "Neighbour",
    "Teller",
    "border_ledger",
    "ledger_pieces",
    "ledger_sentence",
    "supply_beyond",
]


FIRST = 3
"""Neighbours that a sentence names."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """What a territory exchanges with one zone beyond its limit.

    Attributes
    ----------
    code
        None for places outside the country's communes, or in no zone.
    outgoing
        From the territory to this zone.
    incoming
        From this zone to the territory; null where the file holds no resident of it.
    """

    code: str | None
    name: str
    outgoing: float
    incoming: float | None


@dataclass(frozen=True, slots=True)
class Ledger:
    """Visits inside, out of and into a territory.

    Attributes
    ----------
    grid
        Grid of the neighbours.
    inside, outgoing
        Visits of the residents: in the territory, beyond it.
    incoming
        Visits in the territory by people who live beyond it; null where they are not in the file.
    localisation
        ``inside / (inside + outgoing)``: share of the residents' visits that stay.
    attraction
        ``incoming / (inside + incoming)``: share of the visits in the territory that come from
        beyond.
    neighbours
        The zones it exchanges with, the largest exchange first.
    masked
        Pairs with an end in the territory that the producer hides, in no sum.
    """

    grid: str
    kind: str
    what: str
    source: str
    inside: float
    outgoing: float
    incoming: float | None
    localisation: float | None
    attraction: float | None
    neighbours: tuple[Neighbour, ...]
    masked: int
    residents_only: bool


@dataclass(frozen=True, slots=True)
class Beyond:
    """Supply that lies beyond the limit but near: within so many minutes of a place inside.

    Attributes
    ----------
    supply, places
        Supply beyond the limit within ``minutes``, and in how many places.
    population_share
        Share of the territory's inhabitants who have some of it within ``minutes``.
    """

    minutes: float
    supply: float
    places: int
    population_share: float


def border_ledger(
    visits: Visits,
    inside: NDArray[np.bool_],
    zone: NDArray,
    *,
    grid: str,
    names: Mapping[str, str],
) -> Ledger:
    """Sum visits on both sides of a limit.

    Parameters
    ----------
    visits
        Visits among n places.
    inside
        Which places are in the territory, shape (n,).
    zone
        Zone of each place, by which neighbours are told, shape (n,), None in none.
    names
        Zone → name.
    """
    # a place that is not one of the country's falls on the added last position
    is_in = np.append(inside, False)
    start, end = is_in[visits.origin], is_in[visits.destination]
    count = visits.count
    stay = float(count[start & end].sum())
    out, come = start & ~end, ~start & end
    labels = np.append(np.where(pd.isna(zone), None, zone), None)  # type: ignore[call-overload]
    incoming_known = not visits.residents_only
    leaving = _by_zone(labels[visits.destination[out]], count[out])
    coming = _by_zone(labels[visits.origin[come]], count[come])
    # of a zone that the limit cuts, only what lies beyond is a neighbour
    shared = {code for code in labels[is_in] if code is not None}
    found = [
        Neighbour(
            code,
            "ailleurs"
            if code is None
            else f"{names.get(code) or code}{' hors du territoire' if code in shared else ''}",
            leaving.get(code, 0.0),
            coming.get(code, 0.0) if incoming_known else None,
        )
        for code in {**leaving, **coming}
    ]
    found.sort(key=lambda each: (-(each.outgoing + (each.incoming or 0.0)), each.code or ""))
    outgoing, incoming = float(count[out].sum()), float(count[come].sum())
    return Ledger(
        grid=grid,
        kind=visits.kind,
        what=visits.what,
        source=visits.source,
        inside=stay,
        outgoing=outgoing,
        incoming=incoming if incoming_known else None,
        localisation=stay / (stay + outgoing) if stay + outgoing > 0 else None,
        attraction=incoming / (stay + incoming) if incoming_known and stay + incoming > 0 else None,
        neighbours=tuple(found),
        masked=_masked(visits, is_in),
        residents_only=visits.residents_only,
    )


def _masked(visits: Visits, is_in: NDArray[np.bool_]) -> int:
    if visits.masked is None:
        return 0
    start, end = visits.masked
    return int((is_in[start] | is_in[end]).sum())


def _by_zone(labels: NDArray, count: NDArray[np.float64]) -> dict[str | None, float]:
    frame = pd.DataFrame({"zone": pd.Series(labels, dtype=object), "n": count})
    summed = frame.groupby("zone", dropna=False, sort=True)["n"].sum()
    return {
        code if isinstance(code, str) else None: float(n)
        for code, n in zip(summed.index.tolist(), summed.tolist(), strict=True)
    }


def supply_beyond(
    times: TravelTimes,
    inside: NDArray[np.bool_],
    population: NDArray[np.float64],
    supply_inside: NDArray[np.bool_],
    supply: NDArray[np.float64],
    bands: Sequence[float],
) -> tuple[Beyond, ...]:
    """Count the supply just beyond the limit.

    Parameters
    ----------
    times
        From n places of people to m places of supply.
    inside, population
        Which places of people are in the territory, and inhabitants, shape (n,).
    supply_inside, supply
        The same for places of supply, shape (m,).
    bands
        Minutes, inclusive.
    """
    row = np.repeat(np.arange(inside.size), np.diff(times.indptr))
    crossing = inside[row] & ~supply_inside[times.indices] & (supply[times.indices] > 0)
    row, column, seconds = row[crossing], times.indices[crossing], times.seconds[crossing]
    everyone = float(population[inside].sum())
    found = []
    for minutes in bands:
        near = seconds <= minutes * SECONDS_PER_MINUTE
        sites, people = np.unique(column[near]), np.unique(row[near])
        share = float(population[people].sum()) / everyone if everyone > 0 else 0.0
        found.append(Beyond(float(minutes), float(supply[sites].sum()), int(sites.size), share))
    return tuple(found)


Teller = Callable[[str, float, str], Inline]
"""Makes a number of a sentence from its key, its value and its text."""


def ledger_sentence(ledger: Ledger) -> str:
    """Say a ledger in one sentence of plain text, see :func:`ledger_pieces`."""
    return "".join(str(piece) for piece in ledger_pieces(ledger, lambda _k, _v, text: text))


def ledger_pieces(ledger: Ledger, told: Teller, *, masked: bool = True) -> tuple[Inline, ...]:
    """Say a ledger in one sentence; modelled visits are said to be so and claim nothing lived.

    Parameters
    ----------
    told
        Makes each number of the sentence.
    masked
        Whether the flows that the producer hides are counted in it.
    """
    if ledger.localisation is None:
        return ("Aucun flux n’est connu pour les habitants.",)
    where = _first_neighbours(ledger, told)
    if ledger.kind == OBSERVED:
        who = "des habitants" if ledger.what == "consultations" else "habitant ici"
        said: list[Inline] = [
            f"Sur 100 {ledger.what} {who}, ",
            told("localisation", ledger.localisation, number(100 * ledger.localisation)),
            " restent dans le territoire",
            *([" ; les autres vont d’abord vers ", *where] if where else []),
            ".",
        ]
        if ledger.masked and masked:
            said += [
                " ",
                told("masques", float(ledger.masked), number(ledger.masked)),
                plural(
                    ledger.masked,
                    " petit flux masqué par le producteur n’est dans aucune somme.",
                    " petits flux masqués par le producteur ne sont dans aucune somme.",
                ),
            ]
        if ledger.residents_only:
            said.append(
                " Le fichier ne tient que des résidents d’une partie du pays : les arrivées "
                "manquent, et la part gardée du côté des emplois n’est pas calculable."
            )
        return tuple(said)
    leaves = 1 - ledger.localisation
    return (
        "Si chacun se répartissait selon la seule distance (flux théoriques), ",
        told("localisation", ledger.localisation, percent(ledger.localisation)),
        f" des {ledger.what} des habitants resteraient dans le territoire et ",
        told("sortants", leaves, percent(leaves)),
        " iraient au-delà",
        *([", d’abord vers ", *where] if where else []),
        ". Un flux théorique ne dit pas où les habitants vont : seul un flux observé le dirait.",
    )


def _first_neighbours(ledger: Ledger, told: Teller) -> list[Inline]:
    first = [each for each in ledger.neighbours if each.code is not None and each.outgoing > 0]
    first.sort(key=lambda each: -each.outgoing)
    said: list[Inline] = []
    for each in first[:FIRST]:
        share = each.outgoing / (ledger.inside + ledger.outgoing)
        said += [
            f"{', ' if said else ''}{each.name} (",
            told(f"vers|{each.code}", share, percent(share)),
            ")",
        ]
    return said
