"""Figures deduced from others: a median of similar zones, a count of communes, a change, a bound.

They are no row of the results, and unfold like the others: to the sources of the figures they are
deduced from, with the operation that made them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from assemblier.blocks import Figure, Provenance
from assemblier.indicators.figures import Figures
from assemblier.values import Status

__all__ = ["counted_zones", "deduced"]


def deduced(
    figures: Figures,
    what: str,
    text: str,
    value: float | None,
    *,
    zone: str,
    label: str,
    method: str,
    of: Iterable[Figure],
    year: str = "",
    unit: str = "",
    low: float | None = None,
    high: float | None = None,
    status: Status = Status.OK,
) -> Figure:
    """Return a printed figure deduced from others, and keep its provenance.

    Parameters
    ----------
    what
        Unique in the document.
    of
        Figures it is deduced from; its sources, parameters and warnings are theirs.
    """
    key = f"deduit|{what}"
    if key not in figures.provenance:
        bases = [figures.provenance[each.key] for each in of]
        parameters: dict[str, str] = {}
        for each in bases:
            parameters.update(each.parameters)
        figures.provenance[key] = Provenance(
            key=key,
            label=label,
            zone=zone,
            year=year or next((each.year for each in bases if each.year), ""),
            value=value,
            low=low,
            high=high,
            unit=unit,
            status=str(status),
            reason="" if value is not None else "aucune valeur à rapprocher",
            definition=" ".join(dict.fromkeys(each.definition for each in bases)),
            sources=tuple(dict.fromkeys(line for each in bases for line in each.sources)),
            parameters=parameters,
            method=method,
            says_not=tuple(dict.fromkeys(line for each in bases for line in each.says_not)),
        )
    return Figure(text, key, str(status))


def counted_zones(
    figures: Figures,
    what: str,
    text: str,
    value: float,
    *,
    zone: str,
    label: str,
    method: str,
    sources: Sequence[str],
    unit: str = "",
    year: str = "",
    parameters: Mapping[str, str] | None = None,
) -> Figure:
    """Return a count or a measure of the ground itself: communes, départements, square kilometres.

    Parameters
    ----------
    sources
        ``card@edition`` of the tables it was read in.
    """
    key = f"sol|{what}"
    if key not in figures.provenance:
        lines = [line for source in dict.fromkeys(sources) for line in figures.files_of(source)]
        figures.provenance[key] = Provenance(
            key=key,
            label=label,
            zone=zone,
            year=year or f"communes de {figures.context.geography.cog}",
            value=value,
            low=None,
            high=None,
            unit=unit,
            status=str(Status.OK),
            reason="",
            definition=label,
            sources=tuple(dict.fromkeys(lines)),
            parameters=dict(parameters or {}),
            method=method,
            says_not=(),
        )
    return Figure(text, key)
