"""Figures of a projection as they are printed: a value, its interval, how it was made."""

from __future__ import annotations

from collections.abc import Mapping

from assemblier.blocks import Figure
from assemblier.indicators.told import Told
from assemblier.language import number

__all__ = [
    "ACCESS",
    "ARRIVALS",
    "DEPARTURES",
    "HEADCOUNT",
    "LEVEL",
    "figure_of",
    "leaving_span",
    "span_of",
]

HEADCOUNT = (
    "Effectif du répertoire par commune (ou de la liste locale) ; là où il ne voit personne, celui "
    "de la base des équipements."
)
DEPARTURES = (
    "Loi exacte du nombre de départs (Poisson-binomiale) d’après l’âge des médecins et les "
    "probabilités de départ par âge."
)
ARRIVALS = (
    "Loi gamma-Poisson : rythme d’arrivée observé du territoire de vie-santé, rapproché de celui "
    "de la région."
)
ACCESS = (
    "APL recalculé avec les médecins attendus, le reste du pays évoluant de même ; intervalle par "
    "tirages."
)
COUNTED = frozenset({"doctors"})
"""Figures of today that are counted; all others come from the model."""
LEVEL = "80"
"""Interval that is printed, in per cent."""


def figure_of(
    told: Told,
    row: Mapping[str, object],
    name: str,
    decimals: int,
    label: str,
    method: str,
    *,
    when: str,
    unit: str = "",
) -> Figure:
    """Return one figure of a row of the zones, with its 80 % interval where there is one."""
    status = "ok" if name in COUNTED else "estimated"
    value = float(row[name])  # type: ignore[arg-type]
    low, high = (row.get(f"{name}_{end}_{LEVEL}") for end in ("low", "high"))
    return told.number(
        f"{name}|{row['grid']}:{row['zone']}|{row['years']}",
        value,
        decimals,
        label=label,
        method=method,
        unit=unit,
        zone=str(row["name"]),
        year=when,
        low=None if low is None else float(low),  # type: ignore[arg-type]
        high=None if high is None else float(high),  # type: ignore[arg-type]
        status=status,
    )


def span_of(
    told: Told,
    row: Mapping[str, object],
    name: str,
    decimals: int,
    label: str,
    method: str,
    *,
    when: str,
) -> Figure:
    """Return the 80 % interval of a figure, which unfolds to its bounds."""
    low, high = (float(row[f"{name}_{end}_{LEVEL}"]) for end in ("low", "high"))  # type: ignore[arg-type]
    return told.of(
        f"{name}|{row['grid']}:{row['zone']}|{row['years']}|intervalle",
        float(row[name]),  # type: ignore[arg-type]
        f"{number(low, decimals)} à {number(high, decimals)}",
        label=f"{label}, intervalle de {LEVEL} %",
        method=method,
        zone=str(row["name"]),
        year=when,
        low=low,
        high=high,
    )


def leaving_span(told: Told, row: Mapping[str, object], when: str) -> Figure:
    """Return the 80 % interval of departures."""
    return span_of(told, row, "departures", 0, "Départs attendus", DEPARTURES, when=when)
