"""Which codes of the permanent base of facilities mean what, edition by edition."""

from __future__ import annotations

import datetime as dt

from assemblier.parameters import Parameters

__all__ = ["types_of"]


def types_of(parameters: Parameters, facility: str, year: int) -> tuple[str, ...]:
    """Return the codes that mean a facility in the edition of a year; none when it has no code."""
    name = f"bpe.types.{facility}"
    if name not in parameters:
        return ()
    parameter = parameters[name]
    day = dt.date(year, 1, 1)
    if day < parameter.values[0].since:
        return ()
    return tuple(parameter.on(day))
