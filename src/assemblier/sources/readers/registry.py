"""All readers, and the one answer to what a file is."""

from __future__ import annotations

from assemblier.sources.readers import (
    ameli,
    cartosante,
    cartosante_communes,
    drees,
    finess,
    finess_activities,
    headcounts,
    ign,
    insee_age,
    insee_cog,
    insee_equipment,
    insee_geography,
    insee_income,
    insee_mobility,
    insee_population,
    local,
    melodi,
    national_programmes,
    rpps,
    set_aside,
    travel_times,
    zoning,
)
from assemblier.sources.readers.contract import Ignored, Reader, Recognised
from assemblier.sources.readers.raw import RawFile

__all__ = ["READERS", "recognise"]

READERS: tuple[Reader, ...] = (
    *set_aside.READERS_FIRST,
    *insee_geography.READERS,
    *insee_cog.READERS,
    *ign.READERS,
    *insee_population.READERS,
    *insee_age.READERS,
    *insee_income.READERS,
    *insee_mobility.READERS,
    *insee_equipment.READERS,
    *melodi.READERS,
    *drees.READERS,
    *cartosante_communes.READERS,
    *cartosante.READERS,
    *zoning.READERS,
    *finess.READERS,
    *finess_activities.READERS,
    *headcounts.READERS,
    *ameli.READERS,
    *rpps.READERS,
    *national_programmes.READERS,
    *travel_times.READERS,
    *local.READERS,
    *set_aside.READERS,
)
"""In the order they are asked; lists that people write come last, being the least particular."""


def recognise(raw: RawFile) -> tuple[Reader, Recognised] | Ignored:
    """Return the reader that knows this file and what it says of it, or why the file is ignored.

    Raises
    ------
    BadInput
        When the file is damaged: a truncated archive, workbook or JSON.
    """
    for reader in READERS:
        found = reader.recognise(raw)
        if isinstance(found, Ignored):
            return found
        if found is not None:
            return reader, found
    return set_aside.unknown(raw)
