"""Tables of communes that people hand to a command, brought to the communes of today.

A list may be older than the reference geography: codes of communes that merged or were renumbered
are read as what they became, with a note for each.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from assemblier.errors import BadInput, Problem
from assemblier.futures.scenarios.codes import moved_codes_notes, reference_codes
from assemblier.territory.geography import Geography
from assemblier.usecases.given_tables import read_coded, read_given

__all__ = ["GivenCommunes", "alike_rows", "read_communes"]


@dataclass(frozen=True, slots=True)
class GivenCommunes:
    """A table of communes as it was handed in, with the codes of today.

    Attributes
    ----------
    table
        Its rows in order; communes that merged have several rows of one code.
    notes
        One sentence for each code that was replaced (French).
    """

    table: pd.DataFrame
    notes: tuple[str, ...] = ()


def read_communes(
    path: Path,
    geography: Geography,
    numbers: Sequence[str] = (),
    *,
    optional: Sequence[str] = (),
    others: Collection[str] = (),
    empty: bool = False,
    once: Sequence[str] | None = None,
) -> GivenCommunes:
    """Read a table of communes by their ``code``, of today or of before.

    Parameters
    ----------
    numbers, optional, empty
        As in :func:`..given_tables.read_coded`.
    others
        Codes that are not those of communes and may be there too (départements).
    once
        Columns of numbers that with the code may not repeat: none of them lets a code be written
        once only.

    Raises
    ------
    MissingSource
        The file is not there.
    BadInput
        All at once, with the line of each: codes that never were those of one commune, codes given
        twice, numbers that cannot be read.
    """
    raw = read_given(path, ["code", *numbers])
    written = raw["code"].astype("string").str.strip().str.upper()
    here = {*geography.membership.index, *geography.names, *others}
    moved = reference_codes(sorted(set(written.dropna()) - here), geography)
    table = read_coded(
        path,
        ["code"],
        numbers,
        optional=optional,
        empty=empty,
        known={"code": here | set(moved)},
        unique=["code"] if once is not None and not once else (),
    )
    twice = table.duplicated(["code", *(once or ())]).to_numpy() & bool(once)
    if twice.any():
        raise BadInput(
            [
                Problem("code donné deux fois", path.name, int(line), "code", str(code))
                for line, code in zip(raw.index[twice] + 2, table["code"][twice], strict=True)
            ]
        )
    table["code"] = table["code"].map(lambda code: moved.get(code, code))
    return GivenCommunes(table, moved_codes_notes(moved, geography, f"de {path.name}"))


def alike_rows(table: pd.DataFrame, file: str) -> pd.DataFrame:
    """Keep one row by commune where communes that merged say the same.

    Raises
    ------
    BadInput
        When two rows of one commune of today differ.
    """
    once = table.drop_duplicates()
    problems = [
        Problem(
            "deux anciennes communes n’en font plus qu’une et leurs lignes diffèrent",
            file,
            column="code",
            value=str(code),
            advice="Écrivez une seule ligne avec le code d’aujourd’hui.",
        )
        for code in once["code"][once["code"].duplicated()].unique()
    ]
    if problems:
        raise BadInput(problems)
    return once.reset_index(drop=True)
