"""Use cases of territories: add, settle, list, compare."""

from __future__ import annotations

import csv
import dataclasses
import datetime as dt
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from assemblier.errors import BadInput, MissingSource, Problem
from assemblier.french import de
from assemblier.lake.lake import Lake
from assemblier.language import enumeration, plain
from assemblier.sources.readers.contract import year_in
from assemblier.territory.codes import is_commune_code
from assemblier.territory.geography import Geography
from assemblier.territory.selection import Selection, near_zones, selection_of
from assemblier.territory.territory import (
    Declared,
    Territory,
    TerritorySpec,
    numbers_in_conflict,
    resolve,
    resolved,
)
from assemblier.usecases.given_text import read_text
from assemblier.workspace.store import Workspace
from assemblier.workspace.territories import (
    Kept,
    keep_territory,
    kept_territories,
    kept_territory,
)

__all__ = [
    "add_territory",
    "compare_territories",
    "list_territories",
    "read_communes",
    "settle_territory",
    "show_territory",
    "territory_of",
]

BASSINS = frozenset({"bassin", "bassin2012"})
"""Kinds of selection whose zones are named by their town."""


CODE_HEADINGS = (
    "code",
    "code commune",
    "codgeo",
    "code insee",
    "code insee commune",
    "insee",
    "code geo",
    "depcom",
    "code officiel geographique",
)
"""Headings of a column of communes, in plain letters, the surest first."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two territories side by side, in reference communes."""

    first: Territory
    second: Territory
    both: tuple[str, ...]
    only_first: tuple[str, ...]
    only_second: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ListedCommunes:
    """A list of communes that a person gave.

    Attributes
    ----------
    file, column
        Name of the file, heading of its codes.
    lines
        Code → line it stands in first.
    year
        Year that the name of the file tells, None when it tells none.
    problems
        Rows whose code cannot be read.
    repeated
        Codes written more than once, as sentences.
    """

    file: str
    column: str
    lines: Mapping[str, int]
    year: int | None
    problems: tuple[Problem, ...]
    repeated: tuple[str, ...] = ()

    def resolve(self, spec: TerritorySpec, geography: Geography) -> Territory:
        """Find the communes, or tell every problem of the file at once, in the order of its lines.

        Raises
        ------
        BadInput
            For codes that cannot be read and codes that no commune has.
        """
        problems = list(self.problems)
        try:
            made = resolve(spec, geography)
        except BadInput as error:
            for each in error.problems:
                line = self.lines.get((each.value or "").partition(" ")[0])
                place = dataclasses.replace(each, file=self.file, line=line, column=self.column)
                problems.append(each if line is None else place)
        if problems:
            raise BadInput(sorted(problems, key=lambda each: each.line or 0))
        return dataclasses.replace(made, log=(*self.repeated, *made.log))


def read_communes(path: Path) -> ListedCommunes:
    """Read a list of communes: a CSV with a column ``code``, other columns kept by who wrote it.

    Raises
    ------
    BadInput
        When the file has no column of codes.
    """
    text = read_text(path)
    lines = text.splitlines()
    separator = max(";,\t|", key=lines[0].count) if lines else ","
    rows = list(csv.reader(io.StringIO(text), delimiter=separator))
    first = 2
    if not rows:
        raise BadInput(Problem("fichier vide", path.name, allowed="une colonne « code »"))
    header = [plain(cell) for cell in rows[0]]
    column = next((header.index(name) for name in CODE_HEADINGS if name in header), None)
    if column is None and is_commune_code(rows[0][0].strip().upper().zfill(5)):
        # a bare list of codes, without a heading
        rows.insert(0, ["code"])
        column, first = 0, 1
    if column is None:
        raise BadInput(
            Problem(
                "aucune colonne de codes de communes",
                path.name,
                1,
                value=", ".join(header),
                allowed="une colonne nommée « code »",
            )
        )
    heading = rows[0][column].strip()
    problems: list[Problem] = []
    codes: dict[str, int] = {}
    repeated: list[str] = []
    for line, row in enumerate(rows[1:], start=first):
        if not any(cell.strip() for cell in row):
            continue
        code = row[column].strip().upper() if column < len(row) else ""
        code = code.zfill(5) if code else code
        if len(code) != 5 or not code.isalnum():
            problems.append(
                Problem(
                    "code de commune illisible",
                    path.name,
                    line,
                    heading,
                    code,
                    "cinq caractères, par exemple 22025 ou 2A004",
                )
            )
            continue
        if code in codes:
            repeated.append(f"{code}, lignes {codes[code]} et {line}, compte une fois")
        codes.setdefault(code, line)
    return ListedCommunes(
        path.name, heading, codes, year_in(path.name), tuple(problems), tuple(repeated)
    )


def add_territory(
    *,
    name: str,
    lake: Path,
    workspace: Path | str,
    communes_file: Path | None = None,
    selections: Sequence[tuple[str, str]] = (),
    cog: int | None = None,
    declared: Sequence[tuple[int, str]] = (),
    replace: bool = False,
    why: str = "",
) -> tuple[Kept, Territory]:
    """Resolve a territory and keep it in the workspace.

    Parameters
    ----------
    selections
        ``(kind, code or name)``: commune, epci, bassin, canton, departement, region.
    cog
        Vintage of the codes of the file, when the codes alone do not tell.
    declared
        ``(number of communes, who declared it)``.
    """
    geography = Geography.of(Lake.open(lake))
    listed = None if communes_file is None else read_communes(communes_file)
    spec = _spec(name, listed, selections, cog, declared)
    made = resolve(spec, geography) if listed is None else listed.resolve(spec, geography)
    kept = keep_territory(Workspace.open(workspace, create=True), spec, why=why, replace=replace)
    return kept, made


def _spec(
    name: str,
    listed: ListedCommunes | None,
    selections: Sequence[tuple[str, str]],
    cog: int | None,
    declared: Sequence[tuple[int, str]],
) -> TerritorySpec:
    return TerritorySpec(
        name=name,
        selections=tuple(Selection(kind, what) for kind, what in selections),
        listed=() if listed is None else tuple(listed.lines),
        cog=cog or (None if listed is None else listed.year),
        declared=tuple(Declared(count, by) for count, by in declared),
    )


def settle_territory(
    *,
    name: str,
    keep: int,
    why: str,
    lake: Path,
    workspace: Path | str,
    today: dt.date | None = None,
) -> Kept:
    """Settle a conflict of numbers of communes, with its reason, as a new version.

    Raises
    ------
    BadInput
        When no reason is given, or the number is none of those in conflict.
    """
    opened = Workspace.open(workspace)
    kept = kept_territory(opened, name)
    day = today or dt.date.today()  # noqa: DTZ011 — the day of who decides
    try:
        counted = len(resolve(kept.spec, Geography.of(Lake.open(lake))).communes)
    except MissingSource:
        counted = None  # a decision needs no lake; the number is then checked as far as it can be
    among = numbers_in_conflict(kept.spec, counted)
    spec = resolved(kept.spec, keep, why, day, among=among)
    return keep_territory(opened, spec, why=why, replace=True)


def list_territories(*, workspace: Path | str) -> list[Kept]:
    """Return the territories of a workspace."""
    return kept_territories(Workspace.open(workspace))


def show_territory(*, name: str, lake: Path, workspace: Path | str) -> tuple[Kept, Territory]:
    """Return a territory as it was kept, and its communes today."""
    kept = kept_territory(Workspace.open(workspace), name)
    return kept, resolve(kept.spec, Geography.of(Lake.open(lake)))


def territory_of(
    *, what: str, geography: Geography, workspace: Path | str, cog: int | None = None
) -> Territory:
    """Return a territory named in the workspace, listed by a file of communes, or a zone.

    Parameters
    ----------
    what
        Name of a territory of the workspace; path of a CSV of communes; ``epci:CODE``,
        ``bassin:NAME``… or the bare name of one zone.

    Raises
    ------
    MissingSource
        When nothing has this name.
    BadInput
        When several zones have it, or the file has problems.
    """
    path = Path(what)
    if path.suffix.lower() in {".csv", ".txt"} or path.is_file():
        listed = read_communes(path)
        return listed.resolve(_spec(_name_of(path), listed, (), cog, ()), geography)
    try:
        spec = kept_territory(Workspace.open(workspace), what).spec
    except MissingSource as error:
        found = selection_of(what, geography)
        if found is None:
            near = [
                f"{name} ({each.kind}:{each.what})" for each, name in near_zones(what, geography)
            ]
            raise MissingSource(
                f"Rien ne s’appelle « {what} » : ni un territoire de l’espace de travail, ni un "
                "fichier, ni une commune, un EPCI, un bassin de vie, un canton, un département ou "
                f"une région.{f' Noms proches : {enumeration(near)}.' if near else ''} {error}"
            ) from error
        # a bassin bears the name of its town: a document on it says which of the two it is
        name = f"Bassin de vie {de(found[1])}" if found[0].kind in BASSINS else found[1]
        spec = TerritorySpec(name=name, selections=(found[0],))
    return resolve(spec, geography)


def _name_of(path: Path) -> str:
    words = [word for word in path.stem.replace("-", "_").split("_") if not word.isdigit()]
    return " ".join(word.capitalize() for word in words) or path.stem


def compare_territories(
    *, first: str, second: str, lake: Path, workspace: Path | str
) -> Comparison:
    """Put two territories side by side."""
    geography = Geography.of(Lake.open(lake))
    one = territory_of(what=first, geography=geography, workspace=workspace)
    two = territory_of(what=second, geography=geography, workspace=workspace)
    a, b = set(one.communes), set(two.communes)
    return Comparison(one, two, tuple(sorted(a & b)), tuple(sorted(a - b)), tuple(sorted(b - a)))


def named(geography: Geography, codes: Sequence[str]) -> Mapping[str, str]:
    """Return the names of communes."""
    return {code: geography.names.get(code, code) for code in codes}
