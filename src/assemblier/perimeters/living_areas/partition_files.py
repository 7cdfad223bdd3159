"""Files of flows, of partitions and of people: read with every problem at once, written whole."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from assemblier.errors import BadInput, MissingSource, Problem

__all__ = ["FlowRows", "read_flows", "read_partition", "read_people", "read_zoning"]

FLOW_HEADS = {
    "origin": ("origin", "origine", "commune", "codgeo", "ori"),
    "destination": ("destination", "dclt", "des"),
    "flow": ("flow", "flux", "ipondi", "nbflux_*"),
}
"""Column → its names: ours, then those of Insee's files of commuting; ``*`` ends any name."""
ZONE_HEADS = {"zone": ("zone", "code"), "area": ("area", "bassin"), "name": ("name", "nom")}
PEOPLE_HEADS = {"zone": ("zone", "code", "id"), "population": ("population",)}


@dataclass(frozen=True, slots=True)
class FlowRows:
    """Rows of flows as they were read, shape (rows,); ``hidden`` counts rows without a flow."""

    origin: NDArray
    destination: NDArray
    flow: NDArray[np.float64]
    hidden: int


def _rows(
    path: Path, heads: Mapping[str, Sequence[str]], optional: Sequence[str] = ()
) -> tuple[pd.DataFrame, Mapping[str, str]]:
    """Read named columns of a CSV as text, whatever its separator; ``line`` counts from 1."""
    if not path.is_file():
        raise MissingSource(f"Le fichier {path} n’existe pas.")
    if path.suffix.lower() == ".parquet":
        frame = pd.read_parquet(path).astype("string").fillna("")
        header = list(frame.columns)
        cells = frame.to_numpy(object).tolist()
    else:
        raw = path.read_bytes()
        if path.suffix.lower() == ".gz":
            raw = _unpacked(raw, path)
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = raw.decode("cp1252")
        first = text.split("\n", 1)[0]
        read = list(csv.reader(io.StringIO(text), delimiter=max(",;\t|", key=first.count)))
        header, cells = (read[0], read[1:]) if read else ([], [])
    known = [head.strip().lower() for head in header]
    place = {
        name: next((at for each in also for at, head in enumerate(known) if _is(head, each)), None)
        for name, also in heads.items()
    }
    problems = [
        Problem(
            f"la colonne « {heads[name][0]} » est absente",
            path.name,
            1,
            value=", ".join(header),
            allowed=", ".join(" ou ".join(also) for also in heads.values()),
        )
        for name, at in place.items()
        if at is None and name not in optional
    ]
    if problems:
        raise BadInput(problems)
    kept = {name: at for name, at in place.items() if at is not None}
    lines, table = [], []
    for line, row in enumerate(cells, start=2):
        if any(cell.strip() for cell in row):
            lines.append(line)
            table.append([row[at].strip() if at < len(row) else "" for at in kept.values()])
    frame = pd.DataFrame(table, columns=list(kept), dtype=object)
    return frame.assign(line=lines), {name: header[at] for name, at in kept.items()}


def _is(head: str, named: str) -> bool:
    return head.startswith(named[:-1]) if named.endswith("*") else head == named


def _unpacked(raw: bytes, path: Path) -> bytes:
    try:
        return gzip.decompress(raw)
    except (OSError, EOFError, zlib.error) as error:
        raise BadInput(
            Problem("archive illisible", path.name, advice="Téléchargez le fichier à nouveau.")
        ) from error


def _numbers(
    frame: pd.DataFrame, name: str, path: Path, heads: Mapping[str, str], problems: list[Problem],
    *, empty: bool,
) -> NDArray[np.float64]:  # fmt: skip
    text = frame[name].str.replace(",", ".", regex=False).str.replace(r"\s", "", regex=True)
    found = pd.to_numeric(text, errors="coerce").to_numpy(np.float64)
    blank = (frame[name] == "").to_numpy() if empty else np.zeros(len(frame), np.bool_)
    wrong = ~blank & ~(np.isfinite(found) & (found >= 0))
    problems += [
        Problem(
            "valeur inutilisable",
            path.name,
            int(frame["line"].iloc[row]),
            heads[name],
            str(frame[name].iloc[row]),
            "un nombre, zéro ou plus" + (", ou rien si la valeur est masquée" if empty else ""),
        )
        for row in np.flatnonzero(wrong)
    ]
    return found


def _codes(
    frame: pd.DataFrame, name: str, path: Path, heads: Mapping[str, str], problems: list[Problem]
) -> NDArray:
    problems += [
        Problem("code manquant", path.name, int(line), heads[name], advice="Complétez la ligne.")
        for line in frame.loc[frame[name] == "", "line"]
    ]
    return frame[name].to_numpy(object)


def read_flows(path: Path) -> FlowRows:
    """Read ``origin, destination, flow``, or the columns of Insee's files of commuting.

    Rows of the same pair are kept apart; the file may be packed (``.gz``).

    An empty flow is one that the producer hides: it is counted, and enters no sum.

    Raises
    ------
    BadInput
        Every missing code and unusable flow.
    """
    frame, heads = _rows(path, FLOW_HEADS)
    problems: list[Problem] = []
    origin = _codes(frame, "origin", path, heads, problems)
    destination = _codes(frame, "destination", path, heads, problems)
    flow = _numbers(frame, "flow", path, heads, problems, empty=True)
    if not len(frame):
        problems.append(Problem("aucune ligne de flux", path.name))
    if problems:
        raise BadInput(problems)
    told = ~np.isnan(flow)
    return FlowRows(origin[told], destination[told], flow[told], int((~told).sum()))


@dataclass(frozen=True, slots=True)
class _Zoning:
    zone: NDArray
    area: NDArray
    line: NDArray
    head: str
    names: dict[str, str]
    problems: list[Problem]


def _zoning(path: Path) -> _Zoning:
    frame, heads = _rows(path, ZONE_HEADS, optional=("name",))
    problems: list[Problem] = []
    zone = _codes(frame, "zone", path, heads, problems)
    area = frame["area"].to_numpy(object)
    names = {}
    if "name" in frame:
        names = {a: n for a, n in zip(area, frame["name"], strict=True) if a and n}
    return _Zoning(zone, area, frame["line"].to_numpy(), heads["zone"], names, problems)


def read_zoning(path: Path) -> tuple[list[tuple[str, str]], dict[str, str]]:
    """Read ``zone, area[, name]`` where a zone may be in several areas, or in none.

    Returns
    -------
    rows
        Zone and area, each pair once, in the order of the file.
    names
        Area → name.

    Raises
    ------
    BadInput
        Every row without a code of zone; a file without any area.
    """
    held = _zoning(path)
    rows = [(z, a) for z, a in zip(held.zone, held.area, strict=True) if a]
    if not rows and not held.problems:
        held.problems.append(
            Problem("aucune zone n’est dans un bassin", path.name, advice="Remplissez « area ».")
        )
    if held.problems:
        raise BadInput(held.problems)
    return list(dict.fromkeys(rows)), held.names


def read_partition(path: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Read ``zone, area[, name]``: area of each zone, and names of areas.

    Raises
    ------
    BadInput
        A zone given twice in different areas, or without a code.
    """
    held = _zoning(path)
    found: dict[str, str] = {}
    for code, area, line in zip(held.zone, held.area, held.line, strict=True):
        if found.get(code, area) != area:
            held.problems.append(
                Problem(
                    "zone donnée dans deux bassins",
                    path.name,
                    int(line),
                    held.head,
                    str(code),
                    advice="Une partition donne un seul bassin à chaque zone.",
                )
            )
        if area:
            found[code] = area
    if held.problems:
        raise BadInput(held.problems)
    return found, held.names


def read_people(path: Path) -> pd.Series:
    """Read ``zone, population``: people by zone.

    Raises
    ------
    BadInput
        Every missing code, repeated zone and unusable number.
    """
    frame, heads = _rows(path, PEOPLE_HEADS)
    problems: list[Problem] = []
    zone = _codes(frame, "zone", path, heads, problems)
    people = _numbers(frame, "population", path, heads, problems, empty=False)
    twice = pd.Index(zone).duplicated()
    problems += [
        Problem("zone donnée deux fois", path.name, int(line), heads["zone"], str(code))
        for line, code in zip(frame.loc[twice, "line"], zone[twice], strict=True)
    ]
    if problems:
        raise BadInput(problems)
    return pd.Series(people, index=pd.Index(zone, dtype=object))
