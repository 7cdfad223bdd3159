"""All readers, and the one answer to: what is this file?"""

from __future__ import annotations

from assemblier.sources.readers import (
    cartosante,
    drees,
    insee_equipment,
    insee_geography,
    insee_population,
)
from assemblier.sources.readers.contract import Ignored, Reader, Recognised
from assemblier.sources.readers.raw import RawFile

__all__ = ["READERS", "recognise"]

READERS: tuple[Reader, ...] = (
    *insee_geography.READERS,
    *insee_population.READERS,
    *insee_equipment.READERS,
    *drees.READERS,
    *cartosante.READERS,
)


def recognise(raw: RawFile) -> tuple[Reader, Recognised] | Ignored:
    """Return the reader that knows this file and what it says of it, or why the file is ignored."""
    for reader in READERS:
        found = reader.recognise(raw)
        if isinstance(found, Ignored):
            return found
        if found is not None:
            return reader, found
    seen = f"{raw.kind}, titres : {', '.join(raw.grids[0].rows[0][:6])}" if raw.grids else raw.kind
    return Ignored(f"aucun lecteur ne reconnaît ce contenu ({seen})")
