"""Who holds which lever on which determinant of health: a matrix that the territory fills.

It starts from a dated template, is read back with every problem at once, and shows where the
perimeters of those who hold health and of those who hold social work part.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from assemblier.errors import BadInput, MissingSource, Problem
from assemblier.parameters import Parameters, load_parameters
from assemblier.perimeters.bench import Ground

__all__ = ["Competences", "Holder", "Lever", "Parting", "partings", "read_competences", "template"]

DOMAINS = ("sante", "social", "autre")
KEYS = {"date", "territoire", "detenteurs", "leviers"}
HOLDER_KEYS = {"nom", "grille", "zones", "communes"}
LEVER_KEYS = {"id", "libelle", "determinant", "domaine", "detenteurs", "base", "note"}
HEADER = """\
# Matrice des compétences : qui tient quel levier sur quel déterminant de la santé.
# Point de départ daté du {day} : à vérifier ligne par ligne avec les statuts locaux.
# - detenteurs : gardez ceux qui existent ici et donnez leur périmètre, soit par une grille et des
#   zones (grille: epci, zones: ["242900744"]), soit par une liste de communes
#   (communes: ["29024", "29081"]). Sans périmètre, un détenteur n’est pas comparé.
# - leviers : domaine parmi {domains} ;
#   rôle de chaque détenteur parmi {roles}.
# Relisez-la avec : assemblier perimeters TERRITOIRE --competences CE_FICHIER
"""


@dataclass(frozen=True, slots=True)
class Holder:
    """One who holds levers; ``communes`` is None when no perimeter was given."""

    id: str
    name: str
    grid: str | None
    zones: tuple[str, ...]
    communes: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Lever:
    """A lever: its determinant, its domain (``sante``, ``social``, ``autre``), who holds it how."""

    id: str
    label: str
    determinant: str
    domain: str
    roles: Mapping[str, str]
    basis: str
    note: str


@dataclass(frozen=True, slots=True)
class Competences:
    """A matrix as it was filled, on its date."""

    date: dt.date
    territory: str
    holders: tuple[Holder, ...]
    levers: tuple[Lever, ...]

    def rows(self) -> list[tuple[str, ...]]:
        """Tell the matrix: one row per lever, label, determinant, then the role of each holder."""
        return [
            (lever.label, lever.determinant, *(lever.roles.get(h.id, "") for h in self.holders))
            for lever in self.levers
        ]

    def holding(self, domain: str) -> tuple[Holder, ...]:
        """Return those who decide, share or contract at least one lever of a domain."""
        active = {
            holder
            for lever in self.levers
            if lever.domain == domain
            for holder, role in lever.roles.items()
            if role in {"decide", "partage", "contractualise"}
        }
        return tuple(holder for holder in self.holders if holder.id in active)


@dataclass(frozen=True, slots=True)
class Parting:
    """Where the perimeters of a holder of health and of a holder of social work part.

    Attributes
    ----------
    both, only_health, only_social
        Communes of the territory in both perimeters, or in one.
    population_share
        Share of the territory's inhabitants who live where the two part.
    """

    health: str
    social: str
    both: tuple[str, ...]
    only_health: tuple[str, ...]
    only_social: tuple[str, ...]
    population_share: float


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
    text = path.read_text(encoding="utf-8-sig")
    try:
        raw = yaml.safe_load(text)
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise BadInput(
            Problem(
                "YAML illisible",
                path.name,
                None if mark is None else mark.line + 1,
                advice="Vérifiez les retraits, les deux-points et les guillemets.",
            )
        ) from error
    if not isinstance(raw, dict):
        raise BadInput(Problem("une matrice est un dictionnaire", path.name, 1))
    reader = _Reader(path.name, _lines(node), parameters or load_parameters())
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


def partings(
    competences: Competences, ground: Ground, membership: pd.DataFrame
) -> tuple[Parting, ...]:
    """Set the perimeters of those who hold health against those who hold social work.

    Parameters
    ----------
    ground
        The territory in the country.
    membership
        Commune → zone of each grid, to resolve the perimeters given by zones.

    Returns
    -------
    tuple of Parting
        One for each pair whose two perimeters were given, those that part most first.

    Raises
    ------
    BadInput
        A grid or zone that does not exist, a commune that is unknown.
    """
    problems: list[Problem] = []
    held = {
        holder.id: each
        for holder in competences.holders
        if (each := _communes(holder, ground, membership, problems)) is not None
    }
    if problems:
        raise BadInput(problems)
    everyone = float(ground.population[ground.inside].sum())
    found = []
    for health in competences.holding("sante"):
        for social in competences.holding("social"):
            if health.id == social.id or health.id not in held or social.id not in held:
                continue
            one = held[health.id] & ground.inside
            other = held[social.id] & ground.inside
            apart = float(ground.population[one ^ other].sum())
            found.append(
                Parting(
                    health.name,
                    social.name,
                    tuple(sorted(ground.codes[one & other])),
                    tuple(sorted(ground.codes[one & ~other])),
                    tuple(sorted(ground.codes[other & ~one])),
                    apart / everyone if everyone > 0 else 0.0,
                )
            )
    return tuple(sorted(found, key=lambda each: (-each.population_share, each.health, each.social)))


def _communes(
    holder: Holder, ground: Ground, membership: pd.DataFrame, problems: list[Problem]
) -> np.ndarray | None:
    if holder.communes is not None:
        unknown = sorted(set(holder.communes) - set(ground.codes))
        if unknown:
            problems.append(
                Problem(
                    f"communes inconnues dans le périmètre de « {holder.name} »",
                    value=", ".join(unknown[:10]),
                    allowed="communes de la géographie de référence",
                )
            )
        return np.isin(ground.codes, holder.communes)
    if holder.grid is None:
        return None
    if holder.grid not in membership:
        problems.append(
            Problem(
                f"grille inconnue pour « {holder.name} »",
                value=holder.grid,
                allowed=", ".join(membership.columns),
            )
        )
        return None
    zone = membership[holder.grid].reindex(ground.codes)
    unknown = sorted(set(holder.zones) - set(membership[holder.grid].dropna()))
    if unknown:
        problems.append(
            Problem(
                f"zones inconnues dans le périmètre de « {holder.name} »",
                value=", ".join(unknown),
                allowed=f"codes de la grille {holder.grid}",
            )
        )
    return zone.isin(holder.zones).to_numpy(bool)
