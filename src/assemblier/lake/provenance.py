"""What the lake knows of each file and each part of a table, so that a figure finds its rows."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["FileOutcome", "Manifest", "Part"]


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of one table that came from one raw file: an immutable Parquet object.

    Attributes
    ----------
    table
        Declared table.
    source
        ``card@edition``.
    file, sha256
        Raw file, relative to the folder the lake was built from, and its hash.
    reader
        ``id/version`` of the reader.
    cog
        Year of the commune codes, None where rows are not communes.
    period
        Year or years described.
    rows
        Number of rows.
    object
        Name of the Parquet object.
    notes
        How the vintage was known; what was left out.
    years
        Distinct values of the column ``annee``, where there is one.
    grids
        Distinct values of the column ``grille``, where there is one.
    supposed_cog
        Year that the reader could only suppose, 0 for none; None where the file tells it.
    """

    table: str
    source: str
    file: str
    sha256: str
    reader: str
    cog: int | None
    period: str
    rows: int
    object: str
    notes: tuple[str, ...] = ()
    years: tuple[int, ...] = ()
    grids: tuple[str, ...] = ()
    supposed_cog: int | None = None

    @property
    def card(self) -> str:
        """Source card without its edition."""
        return self.source.partition("@")[0]


@dataclass(frozen=True, slots=True)
class FileOutcome:
    """What became of one raw file: recognised, ignored or refused, and why.

    ``outcome`` is ``recognised``, ``ignored`` or ``refused``; ``problems`` are sentences.
    """

    file: str
    sha256: str
    size: int
    outcome: str
    said: str
    notes: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    reader: str = ""
    seconds: float = field(default=0.0, compare=False)


@dataclass(frozen=True, slots=True)
class Manifest:
    """One version of the lake.

    Attributes
    ----------
    version
        ``<date>-<hash of the contents>``: the same raw files give the same hash.
    created
        Moment of the build, UTC, ISO 8601.
    program
        Version of the program that built it.
    folder
        Folder it was built from, for the record.
    """

    version: str
    created: str
    program: str
    folder: str
    files: tuple[FileOutcome, ...]
    parts: tuple[Part, ...]

    def to_json(self) -> str:
        """Write the manifest."""
        return json.dumps(dataclasses.asdict(self), ensure_ascii=False, indent=1)

    @classmethod
    def from_json(cls, text: str) -> Manifest:
        """Read a manifest that :meth:`to_json` wrote."""
        raw: Mapping[str, Any] = json.loads(text)
        return cls(
            version=raw["version"],
            created=raw["created"],
            program=raw["program"],
            folder=raw["folder"],
            files=tuple(FileOutcome(**_tuples(item)) for item in raw["files"]),
            parts=tuple(Part(**_tuples(item)) for item in raw["parts"]),
        )


def _tuples(item: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in item.items()}
