"""Tables that people hand to a command: CSV of any common shape, or Parquet."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from assemblier.errors import BadInput, MissingSource, Problem
from assemblier.lake.lake import written_in_one_step

__all__ = ["read_given", "read_points", "require_files", "write_table"]

IDENTIFIERS = ("id", "origin", "destination")
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
    )
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
    problems = [
        Problem("l’identifiant manque", path.name, int(row) + 2, "id")
        for row in table["id"].isna().to_numpy().nonzero()[0]
    ]
    problems += [
        Problem("l’identifiant est donné deux fois", path.name, row + 2, "id", str(name))
        for row, name in enumerate(table["id"])
        if twice[row]
    ]
    for axis, bound in (("lon", 180.0), ("lat", 90.0)):
        read = pd.to_numeric(table[axis], errors="coerce")
        problems += [
            Problem(
                "la coordonnée manque ou n’est pas utilisable",
                path.name,
                int(row) + 2,
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
    return table.astype({"lon": float, "lat": float})


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write CSV or Parquet (by the suffix), whole or not at all."""
    with written_in_one_step(path) as beside:
        if path.suffix == ".parquet":
            table.to_parquet(beside, index=False)
        else:
            table.to_csv(beside, index=False)
