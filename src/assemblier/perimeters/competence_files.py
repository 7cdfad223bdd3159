"""Files of the matrix of competences: the dated template, YAML to fill, CSV for a spreadsheet.

A file is read with every problem at once, each with its line.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from assemblier.errors import BadInput, MissingSource, Problem
from assemblier.parameters import Parameters, load_parameters
from assemblier.perimeters.competences import DOMAINS, Competences, Holder, Lever

__all__ = ["matrix_csv", "matrix_text", "read_competences", "read_matrix", "template"]

KEYS = {"date", "territoire", "detenteurs", "leviers"}
HOLDER_KEYS = {"nom", "grille", "zones", "communes"}
LEVER_KEYS = {"id", "libelle", "determinant", "domaine", "detenteurs", "base", "note"}
HEADER = """\
# Matrice des compétences : qui tient quel levier sur quel déterminant de la santé.
# Point de départ daté du {day} : les détenteurs et les textes cités (base) le sont de mémoire ;
# vérifiez chaque ligne, avec les statuts locaux, et dites-le dans sa note.
# - detenteurs : gardez ceux qui existent ici et donnez leur périmètre, soit par une grille et des
#   zones (grille: epci, zones: ["242900744"]), soit par une liste de communes
#   (communes: ["29024", "29081"]). Sans périmètre, un détenteur n’est pas comparé.
# - leviers : domaine parmi {domains} ;
#   rôle de chaque détenteur parmi {roles}.
# Relisez-la avec : assemblier perimeters TERRITOIRE --competences CE_FICHIER
"""
SHEET = ("id", "libelle", "determinant", "domaine", "base", "note")
"""Columns of the sheet, before those of the holders."""


def template(parameters: Parameters | None = None, *, day: dt.date | None = None) -> str:
    """Write the dated template, ready to be filled."""
    known = parameters or load_parameters()
    asked = day or dt.date.today()  # noqa: DTZ011 — the day printed is the reader's
    dated = known["competences.levers"]
    since = max(each.since for each in dated.values if each.since <= asked)
    body = {
        "date": asked,
        "territoire": "",
        "detenteurs": {
            name: {"nom": label} for name, label in known["competences.holders"].on(asked).items()
        },
        "leviers": [
            {
                "id": lever["id"],
                "libelle": lever["label"],
                "determinant": lever["determinant"],
                "domaine": lever["domain"],
                "detenteurs": dict(lever["holders"]),
                "base": lever["basis"],
                "note": "",
            }
            for lever in dated.on(asked)
        ],
    }
    head = HEADER.format(
        day=since.isoformat(),
        domains=", ".join(DOMAINS),
        roles=", ".join(known["competences.roles"].on(asked)),
    )
    return head + yaml.safe_dump(body, allow_unicode=True, sort_keys=False, width=100)


def read_competences(path: Path, parameters: Parameters | None = None) -> Competences:
    """Read a filled matrix.

    Raises
    ------
    BadInput
        Every unknown key, holder, role, determinant and domain, with its line.
    """
    if not path.is_file():
        raise MissingSource(f"Le fichier {path} n’existe pas.")
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:  # a spreadsheet of Windows
        text = raw.decode("cp1252")
    return read_matrix(text, path.name, parameters)


def read_matrix(text: str, file: str, parameters: Parameters | None = None) -> Competences:
    """Read the text of a matrix: CSV when the name of its file says so, else YAML.

    Raises
    ------
    BadInput
        Every problem, with its line in ``file``.
    """
    known = parameters or load_parameters()
    if file.lower().endswith(".csv"):
        held, lines = _sheet(text, file)
        return _Reader(file, lines, known).read(held)
    try:
        raw = yaml.safe_load(text)
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise BadInput(
            Problem(
                "YAML illisible",
                file,
                None if mark is None else mark.line + 1,
                advice="Vérifiez les retraits, les deux-points et les guillemets.",
            )
        ) from error
    if not isinstance(raw, dict):
        raise BadInput(Problem("une matrice est un dictionnaire", file, 1))
    reader = _Reader(file, _lines(node), parameters or load_parameters())
    return reader.read(raw)


def _lines(node: Any) -> Mapping[tuple[str | int, ...], int]:
    """Tell the line of every node by the path that leads to it."""
    found: dict[tuple[str | int, ...], int] = {}

    def walk(at: Any, way: tuple[str | int, ...]) -> None:
        found[way] = at.start_mark.line + 1
        if isinstance(at, yaml.MappingNode):
            for key, value in at.value:
                walk(value, (*way, str(key.value)))
                found[*way, str(key.value)] = key.start_mark.line + 1
        elif isinstance(at, yaml.SequenceNode):
            for place, value in enumerate(at.value):
                walk(value, (*way, place))

    walk(node, ())
    return found


class _Reader:
    """Turns a raw matrix into records, keeping every problem met."""

    def __init__(
        self, file: str, lines: Mapping[tuple[str | int, ...], int], parameters: Parameters
    ) -> None:
        self.file, self.lines = file, lines
        self.roles = tuple(parameters["competences.roles"].latest)
        self.determinants = tuple(parameters["competences.determinants"].latest)
        self.problems: list[Problem] = []

    def wrong(
        self, what: str, *way: str | int, value: object = None, allowed: str | None = None
    ) -> None:
        line = next(self.lines[way[:n]] for n in range(len(way), -1, -1) if way[:n] in self.lines)
        self.problems.append(
            Problem(
                what, self.file, line, value=None if value is None else str(value), allowed=allowed
            )
        )

    def keys(self, held: Mapping[str, Any], allowed: set[str], *way: str | int) -> None:
        for key in held:
            if key not in allowed:
                self.wrong(
                    "champ inconnu", *way, str(key), value=key, allowed=", ".join(sorted(allowed))
                )

    def read(self, raw: Mapping[str, Any]) -> Competences:
        self.keys(raw, KEYS)
        date = raw.get("date")
        if not isinstance(date, dt.date):
            self.wrong("date absente ou illisible", "date", value=date, allowed="AAAA-MM-JJ")
            date = dt.date.min
        holders = self._holders(raw.get("detenteurs"))
        levers = self._levers(raw.get("leviers"), {holder.id for holder in holders})
        if self.problems:
            raise BadInput(self.problems)
        return Competences(date, str(raw.get("territoire") or ""), holders, levers)

    def _holders(self, raw: Any) -> tuple[Holder, ...]:
        if not isinstance(raw, dict) or not raw:
            self.wrong("aucun détenteur", "detenteurs", allowed="identifiant: {nom: …}")
            return ()
        found = []
        for name, held in raw.items():
            way = ("detenteurs", str(name))
            if not isinstance(held, dict):
                self.wrong("un détenteur est un dictionnaire", *way, value=held)
                continue
            self.keys(held, HOLDER_KEYS, *way)
            grid, zones, communes = (held.get(key) for key in ("grille", "zones", "communes"))
            if bool(grid) != bool(zones):
                self.wrong("une grille va avec ses zones", *way, allowed="grille et zones ensemble")
            if grid and communes:
                self.wrong("périmètre donné deux fois", *way, allowed="une grille, ou des communes")
            for key, each in (("zones", zones), ("communes", communes)):
                if each is not None and not isinstance(each, list):
                    self.wrong("une liste est attendue", *way, key, value=each)
            found.append(
                Holder(
                    str(name),
                    str(held.get("nom") or name),
                    str(grid) if grid else None,
                    tuple(map(str, zones)) if isinstance(zones, list) else (),
                    tuple(str(code).zfill(5) for code in communes)
                    if isinstance(communes, list)
                    else None,
                )
            )
        return tuple(found)

    def _levers(self, raw: Any, holders: set[str]) -> tuple[Lever, ...]:
        if not isinstance(raw, list) or not raw:
            self.wrong("aucun levier", "leviers", allowed="une liste")
            return ()
        found: dict[str, Lever] = {}
        for place, held in enumerate(raw):
            way = ("leviers", place)
            if not isinstance(held, dict):
                self.wrong("un levier est un dictionnaire", *way, value=held)
                continue
            self.keys(held, LEVER_KEYS, *way)
            name = str(held.get("id") or "")
            if not name or name in found:
                self.wrong("identifiant absent ou donné deux fois", *way, "id", value=name)
            for key, allowed in (("determinant", self.determinants), ("domaine", DOMAINS)):
                if held.get(key) not in allowed:
                    self.wrong(
                        f"{key} inconnu", *way, key, value=held.get(key), allowed=", ".join(allowed)
                    )
            roles = held.get("detenteurs")
            if not isinstance(roles, dict):
                self.wrong("détenteurs du levier", *way, "detenteurs", value=roles)
                roles = {}
            for holder, role in roles.items():
                if holder not in holders:
                    self.wrong(
                        "détenteur inconnu", *way, "detenteurs", str(holder), value=holder,
                        allowed=", ".join(sorted(holders)),
                    )  # fmt: skip
                if role not in self.roles:
                    self.wrong(
                        "rôle inconnu", *way, "detenteurs", str(holder), value=role,
                        allowed=", ".join(self.roles),
                    )  # fmt: skip
            found[name] = Lever(
                name,
                str(held.get("libelle") or name),
                str(held.get("determinant")),
                str(held.get("domaine")),
                {str(holder): str(role) for holder, role in roles.items()},
                str(held.get("base") or ""),
                str(held.get("note") or ""),
            )
        return tuple(found.values())


def matrix_text(matrix: Competences) -> str:
    """Write a matrix as YAML; it reads back the same."""
    body = {
        "date": matrix.date,
        "territoire": matrix.territory,
        "detenteurs": {each.id: _holder_body(each) for each in matrix.holders},
        "leviers": [
            {
                "id": each.id,
                "libelle": each.label,
                "determinant": each.determinant,
                "domaine": each.domain,
                "detenteurs": {
                    h.id: each.roles[h.id] for h in matrix.holders if h.id in each.roles
                },
                "base": each.basis,
                "note": each.note,
            }
            for each in matrix.levers
        ],
    }
    return yaml.safe_dump(body, allow_unicode=True, sort_keys=False, width=100)


def _holder_body(holder: Holder) -> dict[str, Any]:
    body: dict[str, Any] = {"nom": holder.name}
    if holder.grid:
        body |= {"grille": holder.grid, "zones": list(holder.zones)}
    if holder.communes is not None:
        body["communes"] = list(holder.communes)
    return body


def matrix_csv(matrix: Competences) -> str:
    """Write a matrix as a sheet: one column by holder, one row by lever; it reads back the same.

    Rows that begin with ``detenteur:`` name the holders and give their perimeters.
    """
    written = io.StringIO()
    sheet = csv.writer(written, delimiter=";", lineterminator="\n")
    holders = matrix.holders
    sheet.writerow([*SHEET, *(each.id for each in holders)])
    blank = [""] * (len(SHEET) - 2)
    told = (
        ("date", [matrix.date.isoformat(), *[""] * (len(holders) - 1)] if holders else []),
        ("territoire", [matrix.territory, *[""] * (len(holders) - 1)] if holders else []),
        ("nom", [each.name for each in holders]),
        ("grille", [each.grid or "" for each in holders]),
        ("zones", [" ".join(each.zones) for each in holders]),
        ("communes", [" ".join(each.communes or ()) for each in holders]),
    )
    for name, cells in told:
        lead = "matrice" if name in {"date", "territoire"} else "detenteur"
        sheet.writerow([f"{lead}:{name}", "", *blank, *cells])
    for lever in matrix.levers:
        own = (lever.id, lever.label, lever.determinant, lever.domain, lever.basis, lever.note)
        sheet.writerow([*own, *(lever.roles.get(each.id, "") for each in holders)])
    return written.getvalue()


def _sheet(text: str, file: str) -> tuple[dict[str, Any], Mapping[tuple[str | int, ...], int]]:
    """Turn a sheet into the body of a matrix, with the line of each part."""
    first = text.split("\n", 1)[0]
    rows = list(csv.reader(io.StringIO(text), delimiter=max(";,\t", key=first.count)))
    head = [cell.strip() for cell in rows[0]] if rows else []
    lost = [name for name in SHEET if name not in head]
    if lost:
        raise BadInput(
            [Problem("colonne absente", file, 1, value=name, allowed=", ".join(SHEET))
             for name in lost]
        )  # fmt: skip
    columns = {name: at for at, name in enumerate(head) if name not in SHEET and name}
    lines: dict[tuple[str | int, ...], int] = {(): 1, ("detenteurs",): 1, ("leviers",): 1}
    holders: dict[str, dict[str, Any]] = {name: {} for name in columns}
    body: dict[str, Any] = {"detenteurs": holders, "leviers": []}
    for line, row in enumerate(rows[1:], start=2):
        cells = [cell.strip() for cell in row] + [""] * (len(head) - len(row))
        name = cells[head.index("id")]
        if not any(cells):
            continue
        told = {each: cells[at] for each, at in columns.items() if cells[at]}
        if name.startswith("matrice:"):
            value = next(iter(told.values()), "")
            lines[(name.removeprefix("matrice:"),)] = line
            body[name.removeprefix("matrice:")] = _day(value) if name.endswith("date") else value
        elif name.startswith("detenteur:"):
            key = name.removeprefix("detenteur:")
            for holder, value in told.items():
                holders[holder][key] = value.split() if key in {"zones", "communes"} else value
                lines["detenteurs", holder, key] = line
        else:
            lines["leviers", len(body["leviers"])] = line
            own = {each: cells[head.index(each)] for each in SHEET}
            body["leviers"].append({**own, "detenteurs": told})
    return body, lines


def _day(text: str) -> dt.date | str:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return text
