"""Tables that people hand to a command: CSV of any common shape, or Parquet."""

from __future__ import annotations

import csv
import io
import re
import warnings
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from assemblier.errors import BadInput, MissingSource, Problem
from assemblier.language import plural
from assemblier.whole_files import written_in_one_step

__all__ = ["read_coded", "read_given", "read_points", "require_files", "write_table"]

IDENTIFIERS = ("id", "origin", "destination", "code", "tvs")
SEPARATORS = (",", ";", "\t", "|")
SHAPES = "CSV en UTF-8 (virgules, points-virgules, tabulations ou barres) ou Parquet"
WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # first bytes of .xlsx or .ods, and of .xls
SPACES = re.compile(r"(?<=\d)[ \u00a0\u202f](?=\d{3}(?!\d))")
NOT_PLAIN = r"[ ,\u00a0\u202f]"
THOUSANDS = re.compile(r"^-?[1-9]\d{0,2},\d{3}$")
EMPTY_CELLS = ["", "NA", "N/A", "#N/A", "NaN", "nan", "NULL", "null", "None"]


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
    if content.startswith(WORKBOOKS):
        raise BadInput(
            Problem(
                "ce fichier est un classeur et non une table CSV",
                path.name,
                allowed=SHAPES,
                advice="Ouvrez-le et enregistrez la feuille en « CSV UTF-8 ».",
            )
        )
    # a file of another encoding is refused here rather than read wrong
    head = re.split(rb"[\r\n]", content, maxsplit=1)[0].decode("utf-8-sig")
    if not head.strip():
        raise BadInput(
            Problem(
                "la première ligne est vide, alors qu’elle donne le nom des colonnes",
                path.name,
                line=1,
                advice="Commencez la table à la première ligne.",
            )
        )
    separator = max(SEPARATORS, key=head.count)
    heads = [name.strip() for name in next(csv.reader([head], delimiter=separator))]
    names = [name or f"colonne {at + 1}" for at, name in enumerate(heads)]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise BadInput(
            [
                Problem(
                    "la colonne est donnée deux fois",
                    path.name,
                    line=1,
                    column=name,
                    advice="Gardez-en une seule.",
                )
                for name in twice
            ]
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            table = pd.read_csv(
                io.BytesIO(content),
                sep=separator,
                header=0,
                names=names,
                index_col=False,  # a line too long would make an index of its first cell
                dtype=dict.fromkeys(IDENTIFIERS, str),
                encoding="utf-8-sig",
                skip_blank_lines=False,
                # "NA" may well be somebody's identifier: only an empty cell has none
                keep_default_na=False,
                na_values={name: [""] if name in IDENTIFIERS else EMPTY_CELLS for name in names},
            )
    except (pd.errors.ParserError, pd.errors.ParserWarning) as error:
        raise BadInput(_ragged(content.decode("utf-8-sig"), separator, len(names), path)) from error
    table = table[table.notna().any(axis=1)]  # the index still tells the line of each row
    for name in table.columns:
        if name in IDENTIFIERS:
            table[name] = table[name].str.strip()
        elif not pd.api.types.is_numeric_dtype(table[name]):
            read = _numbers(table[name], separator)
            if bool((read.notna() | table[name].isna()).all()):
                table[name] = read
            elif read.notna().any():
                # words stay as they were written, so that errors show them and nothing else
                odd = read.notna() & table[name].str.contains(NOT_PLAIN, regex=True, na=False)
                table[name] = table[name].mask(odd, read.astype(str))
    return table


def _numbers(column: pd.Series, separator: str) -> pd.Series:
    """Read numbers with a decimal comma and with spaces between thousands; NaN for any other.

    Between commas, a column whose only commas stand before three figures may hold thousands or
    decimals: it is left unread rather than read a thousand times wrong.
    """
    told = column.astype(str).str.strip()
    commas = told[told.str.contains(",", regex=False) & column.notna()]
    unsure = separator == "," and bool(commas.str.match(THOUSANDS).all()) and not commas.empty
    if not unsure:
        told = told.str.replace(",", ".", regex=False)
    told = told.str.replace(SPACES, "", regex=True)
    return pd.to_numeric(told.where(column.notna()), errors="coerce")


def _ragged(text: str, separator: str, columns: int, path: Path) -> list[Problem]:
    """Say every line that has more cells than there are columns."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        cells = [(reader.line_num, len(row)) for row in reader if row]
    except csv.Error as error:
        return [Problem("table illisible", path.name, value=str(error), allowed=SHAPES)]
    long = [(line, count) for line, count in cells if count > columns]
    allowed = f"{columns} {plural(columns, 'cellule')}"
    if len(long) == len(cells) - 1 and long:
        return [
            Problem(
                "les lignes ont plus de cellules que la première, qui donne le nom des colonnes",
                path.name,
                line=1,
                allowed=f"une table dont la première ligne nomme {long[0][1]} colonnes",
                advice="Retirez les lignes de titre.",
            )
        ]
    problems = [
        Problem(
            "la ligne a plus de cellules qu’il n’y a de colonnes",
            path.name,
            line=line,
            value=str(count),
            allowed=allowed,
            advice="Entourez de guillemets les valeurs qui contiennent le séparateur.",
        )
        for line, count in long
    ]
    return problems or [Problem("table illisible", path.name, allowed=SHAPES)]


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
