"""All readers, and the one answer to: what is this file?"""

from __future__ import annotations

from assemblier.sources.readers import (
    cartosante,
    drees,
    insee_equipment,
    insee_geography,
    insee_population,
)
from assemblier.sources.readers.contract import Reader, Recognised
from assemblier.sources.readers.raw import RawFile

__all__ = ["READERS", "recognise"]

READERS: tuple[Reader, ...] = (
    *insee_geography.READERS,
    *insee_population.READERS,
    *insee_equipment.READERS,
    *drees.READERS,
    *cartosante.READERS,
)


def recognise(raw: RawFile) -> tuple[Reader, Recognised] | None:
    """Return the reader that knows this file and what it says of it, None when none does."""
    for reader in READERS:
        found = reader.recognise(raw)
        if found is not None:
            return reader, found
    return None
