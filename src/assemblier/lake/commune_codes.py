"""What the commune codes of the tables say: their year, and which of them no commune has."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq

from assemblier.lake.provenance import FileOutcome, Part
from assemblier.lake.vintage import BOROUGHS, best_cog
from assemblier.tables import TABLES

__all__ = ["dated", "with_unknown_codes"]

Located = Callable[[Part], Path]
"""Part → its Parquet file."""
SETTLED = "année des communes retenue d’après les codes"
UNKNOWN = "codes qu’aucune commune ne porte"
SHOWN_CODES = 6


def dated(parts: Iterable[Part], path: Located) -> list[Part]:
    """Settle the year of the communes where a reader could only suppose it.

    What the reader supposed stays written in the part, so that a later build, with other official
    lists, settles it again.
    """
    parts = list(parts)
    official = {
        year: frozenset(code for code, kind in codes.items() if kind == "COM")
        for year, codes in _official(parts, path).items()
    }
    made: list[Part] = []
    for part in parts:
        column = TABLES[part.table].geography
        kept = tuple(note for note in part.notes if not note.startswith(SETTLED))
        if part.supposed_cog is None or column is None or not official:
            made.append(replace(part, notes=kept))
            continue
        supposed = part.supposed_cog or None
        year, unknown, missing = best_cog(_codes(part, path), official, supposed)
        note = f"{SETTLED} : {year} ({unknown} codes inconnus, {missing} communes absentes)"
        made.append(replace(part, cog=year, notes=(*kept, note)))
    return made


def with_unknown_codes(
    outcomes: Iterable[FileOutcome], parts: Sequence[Part], path: Located
) -> list[FileOutcome]:
    """Tell beside each file the codes that its own year's official list does not hold, with rows.

    Tables of a year without an official list in the lake are not checked.
    """
    official = _official(parts, path)
    found: dict[str, dict[str, str]] = {}
    for part in parts:
        column = TABLES[part.table].geography
        if column is None or part.table == "commune" or part.cog not in official:
            continue
        unknown = sorted(
            code
            for code in set(_codes(part, path)) - official[part.cog or 0].keys()
            if not any(code.startswith(prefix) for _, prefix in BOROUGHS)
        )
        if unknown:
            said = f"COG {part.cog} : {_listed(part, path, column, unknown)}"
            found.setdefault(part.file, {}).setdefault(str(unknown), said)
    return [
        replace(
            outcome,
            notes=(
                *(note for note in outcome.notes if not note.startswith(UNKNOWN)),
                *(f"{UNKNOWN}, {said}" for said in found.get(outcome.file, {}).values()),
            ),
        )
        for outcome in outcomes
    ]


def _listed(part: Part, path: Located, column: str, unknown: Sequence[str]) -> str:
    shown = list(unknown[:SHOWN_CODES])
    rows = pq.read_table(path(part), columns=[column, "_row"], filters=pc.field(column).isin(shown))
    first = dict(
        zip(reversed(rows[column].to_pylist()), reversed(rows["_row"].to_pylist()), strict=True)
    )
    said = ", ".join(f"{code} (ligne {first[code]})" for code in shown)
    more = len(unknown) - len(shown)
    return said + (f" et {more} autres" if more else "")


def _codes(part: Part, path: Located) -> list[str]:
    column = str(TABLES[part.table].geography)
    values = pq.read_table(path(part), columns=[column])[column].unique().to_pylist()
    return [value for value in values if value]


def _official(parts: Iterable[Part], path: Located) -> Mapping[int, dict[str, str]]:
    """Return year → code → type of the official lists."""
    found: dict[int, dict[str, str]] = {}
    for part in parts:
        if part.table == "commune" and part.cog is not None:
            rows = pq.read_table(path(part), columns=["code", "type"])
            codes = zip(rows["code"].to_pylist(), rows["type"].to_pylist(), strict=True)
            known = found.setdefault(part.cog, {})
            # a code may be that of a commune and of one of its former parts: the commune counts
            known.update((code, kind) for code, kind in codes if known.get(code) != "COM")
    return found
