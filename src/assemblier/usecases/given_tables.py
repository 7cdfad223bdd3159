"""Tables that people hand to a command: CSV of any common shape, or Parquet."""

from __future__ import annotations

import io
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from assemblier.errors import BadInput, MissingSource, Problem
from assemblier.whole_files import written_in_one_step

__all__ = ["read_coded", "read_given", "read_points", "require_files", "write_table"]

IDENTIFIERS = ("id", "origin", "destination", "code", "tvs")
SEPARATORS = (",", ";", "\t")
SHAPES = "CSV en UTF-8 (virgules, points-virgules ou tabulations) ou Parquet"


def require_files(*paths: Path) -> None:
    """Say at once all the files that are not there.

    Raises
    ------
    MissingSource
        When at least one is not.
    """
    lost = [str(path) for path in paths if not path.is_file()]
    if len(lost) == 1:
        raise MissingSource(f"Le fichier {lost[0]} n’existe pas.")
    if lost:
        raise MissingSource(f"Ces fichiers n’existent pas : {', '.join(lost)}.")


def read_given(path: Path, wanted: Sequence[str] = ()) -> pd.DataFrame:
    """Read a table: its separator is seen, a byte-order mark passes, a decimal comma too.

    Lines left empty are passed over; the index of a row is its line in a CSV less two.

    Parameters
    ----------
    path
        CSV or Parquet (by its suffix).
    wanted
        Columns it must have.

    Raises
    ------
    MissingSource
        The file is not there.
    BadInput
        It cannot be read, or lacks columns; every column that lacks is named.
    """
    require_files(path)
    try:
        table = pd.read_parquet(path) if path.suffix == ".parquet" else _delimited(path)
    except UnicodeDecodeError as error:
        raise BadInput(
            Problem(
                "le fichier n’est pas en UTF-8",
                path.name,
                allowed=SHAPES,
                advice="Enregistrez-le de nouveau en choisissant « CSV UTF-8 ».",
            )
        ) from error
    except (ValueError, OSError) as error:
        raise BadInput(
            Problem("table illisible", path.name, value=str(error)[:120], allowed=SHAPES)
        ) from error
    table.columns = pd.Index([str(name).strip() for name in table.columns])
    lost = [name for name in wanted if name not in table]
    if lost:
        held = ", ".join(map(str, table.columns[:12]))
        raise BadInput(
            [
                Problem(
                    f"la colonne « {name} » est absente",
                    path.name,
                    value=held,
                    allowed=", ".join(wanted),
                )
                for name in lost
            ]
        )
    return table


def _delimited(path: Path) -> pd.DataFrame:
    content = path.read_bytes()
    # a file of another encoding is refused here rather than read wrong
    head = content[: content.find(b"\n") + 1 or len(content)].decode("utf-8-sig")
    separator = max(SEPARATORS, key=head.count)
    table = pd.read_csv(
        io.BytesIO(content),
        sep=separator,
        dtype=dict.fromkeys(IDENTIFIERS, str),
        encoding="utf-8-sig",
        skip_blank_lines=False,
    )
    table = table[table.notna().any(axis=1)]  # the index still tells the line of each row
    for name in table.columns:
        if name not in IDENTIFIERS and not pd.api.types.is_numeric_dtype(table[name]):
            told = table[name].astype(str).str.strip().str.replace(",", ".", regex=False)
            read = pd.to_numeric(told.where(table[name].notna()), errors="coerce")
            # a column of words stays as it is, so that errors show what was written
            if bool((read.notna() | table[name].isna()).all()):
                table[name] = read
    return table


def read_points(path: Path) -> pd.DataFrame:
    """Read ``id, lon, lat`` in degrees; other columns stay.

    Raises
    ------
    BadInput
        All at once: identifiers missing or given twice, coordinates that are missing or out of
        range.
    """
    table = read_given(path, ["id", "lon", "lat"])
    twice = (table["id"].duplicated() & table["id"].notna()).to_numpy()
    lines = table.index.to_numpy() + 2
    problems = [
        Problem("l’identifiant manque", path.name, int(line), "id")
        for line in lines[table["id"].isna().to_numpy()]
    ]
    problems += [
        Problem("l’identifiant est donné deux fois", path.name, int(lines[row]), "id", str(name))
        for row, name in enumerate(table["id"])
        if twice[row]
    ]
    for axis, bound in (("lon", 180.0), ("lat", 90.0)):
        read = pd.to_numeric(table[axis], errors="coerce")
        problems += [
            Problem(
                "la coordonnée manque ou n’est pas utilisable",
                path.name,
                int(lines[row]),
                axis,
                None if pd.isna(table[axis].iloc[row]) else str(table[axis].iloc[row]),
                f"des degrés, de -{bound:g} à {bound:g}",
                "Des mètres (Lambert 93) se convertissent d’abord en degrés (WGS 84).",
            )
            for row in (~(read.abs() <= bound)).to_numpy().nonzero()[0]
        ]
    if problems:
        raise BadInput(problems)
    if table.empty:
        raise BadInput(Problem("la table n’a aucune ligne", path.name))
    return table.reset_index(drop=True).astype({"lon": float, "lat": float})


def read_coded(
    path: Path,
    texts: Sequence[str],
    numbers: Sequence[str] = (),
    *,
    optional: Sequence[str] = (),
    empty: bool = False,
    least: float = 0.0,
    known: Mapping[str, Collection[str]] | None = None,
    unique: Sequence[str] = (),
) -> pd.DataFrame:
    """Read a table of codes and numbers, every wrong cell told with its line.

    Parameters
    ----------
    texts, numbers
        Columns that must be there: codes, put in capitals, and numbers.
    optional
        Columns of numbers that may be there; an empty cell is NaN.
    empty
        Whether a cell of ``numbers`` may be empty; it is then NaN.
    least
        Smallest number allowed.
    known
        Column of codes → the codes that there are.
    unique
        Columns of codes that may not repeat.

    Returns
    -------
    pandas.DataFrame
        The columns of ``texts`` and ``numbers``, and those of ``optional`` that the file has.

    Raises
    ------
    BadInput
        All at once: columns that lack, codes that are empty, unknown or given twice, numbers that
        cannot be read.
    """
    table = read_given(path, [*texts, *numbers])
    told = [*numbers, *(name for name in optional if name in table)]
    made: dict[str, pd.Series] = {}
    lines = table.index.to_numpy() + 2
    problems: list[Problem] = []
    for name in texts:
        words = table[name].astype("string").str.strip().str.upper()
        lost = (words.isna() | (words == "")).to_numpy(bool)
        problems += [Problem("valeur absente", path.name, int(line), name) for line in lines[lost]]
        made[name] = words.astype(object)
        unknown = ~lost & ~words.isin(list((known or {}).get(name, words.dropna())))
        twice = ~lost & words.duplicated() & (name in unique)
        for what, bad in (("code inconnu", unknown), ("code donné deux fois", twice)):
            at = np.asarray(bad, dtype=bool)
            problems += [
                Problem(what, path.name, int(line), name, str(word))
                for line, word in zip(lines[at], words[at], strict=True)
            ]
    for name in told:
        read = pd.to_numeric(table[name], errors="coerce")
        written = table[name].notna().to_numpy(bool)
        may_be_empty = empty or name in optional
        bad = (written & ~(read >= least).to_numpy(bool)) | (~written & (not may_be_empty))
        problems += [
            Problem(
                "nombre absent, illisible ou trop petit",
                path.name,
                int(lines[row]),
                name,
                None if not written[row] else str(table[name].iloc[row]),
                f"un nombre, {least:g} ou plus",
            )
            for row in bad.nonzero()[0]
        ]
        made[name] = read.astype("float64")
    if problems:
        raise BadInput(sorted(problems, key=lambda each: each.line or 0))
    return pd.DataFrame(made).reset_index(drop=True)


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write CSV or Parquet (by the suffix), whole or not at all."""
    with written_in_one_step(path) as beside:
        if path.suffix == ".parquet":
            table.to_parquet(beside, index=False)
        else:
            table.to_csv(beside, index=False)
