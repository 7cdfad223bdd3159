"""Parameters are data: dated values with a unit, a reference and the day they were checked.

One folder, ``parameters/``, holds them by topic. The loader refuses an entry without unit or
reference, an unknown key, or two values that start on the same day, and says every problem at once.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

import yaml

from assemblier.errors import BadInput, Problem

__all__ = ["Dated", "Parameter", "Parameters", "load_parameters"]

REQUIRED = {"id", "label_fr", "unit", "reference", "checked_on", "status", "values"}
OPTIONAL = {"note", "label_en"}
STATUSES = ("confirmed", "to_verify", "fitted")


@dataclass(frozen=True, slots=True)
class Dated:
    """A value and the first day on which it holds."""

    since: dt.date
    value: Any


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter with all its dated values, oldest first.

    ``status`` is ``confirmed`` (read in the producer's own text), ``to_verify`` (widely used, not
    confirmed) or ``fitted`` (measured by a command of this program).
    """

    id: str
    label_fr: str
    unit: str
    reference: str
    checked_on: dt.date
    status: str
    values: tuple[Dated, ...]
    note: str = ""

    def on(self, day: dt.date) -> Any:
        """Return the value that holds on a day.

        Raises
        ------
        BadInput
            When no value had started yet.
        """
        found = [dated for dated in self.values if dated.since <= day]
        if not found:
            first = self.values[0].since.isoformat()
            raise BadInput(
                Problem(
                    f"le paramètre {self.id} n’a pas de valeur au {day.isoformat()}",
                    allowed=f"à partir du {first}",
                )
            )
        return found[-1].value

    @property
    def latest(self) -> Any:
        """The newest value."""
        return self.values[-1].value


class Parameters(Mapping[str, Parameter]):
    """All parameters of the program, by id."""

    def __init__(self, entries: Mapping[str, Parameter]) -> None:
        self._entries = dict(entries)

    def __getitem__(self, key: str) -> Parameter:
        try:
            return self._entries[key]
        except KeyError:
            raise BadInput(Problem("paramètre inconnu", value=key)) from None

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._entries))

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, key: object) -> bool:
        return key in self._entries


# the parser in C is several times as fast; PyYAML may be built without it
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@lru_cache(maxsize=1)
def load_parameters() -> Parameters:
    """Read every parameter file of the package.

    Raises
    ------
    BadInput
        Listing every entry that is incomplete, unknown or overlapping.
    """
    problems: list[Problem] = []
    entries: dict[str, Parameter] = {}
    for name, text in _files(resources.files("assemblier") / "parameters"):
        for raw in yaml.load(text, Loader=_Loader) or []:  # noqa: S506 — a safe loader
            parameter = parse_parameter(raw, file=name, problems=problems)
            if parameter is None:
                continue
            if parameter.id in entries:
                problems.append(Problem("paramètre déclaré deux fois", name, value=parameter.id))
            entries[parameter.id] = parameter
    if problems:
        raise BadInput(problems)
    return Parameters(entries)


def _files(folder: Traversable) -> Iterator[tuple[str, str]]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            yield from _files(entry)
        elif entry.name.endswith(".yaml"):
            yield entry.name, entry.read_text(encoding="utf-8")


def parse_parameter(raw: Any, *, file: str, problems: list[Problem]) -> Parameter | None:
    """Turn one entry into a parameter, adding what is wrong with it to ``problems``."""
    before = len(problems)
    if not isinstance(raw, dict):
        problems.append(Problem("une entrée de paramètre est un dictionnaire", file))
        return None
    name = str(raw.get("id", "?"))
    for key in sorted(REQUIRED - set(raw)):
        problems.append(Problem(f"le paramètre {name} n’a pas de champ « {key} »", file))
    for key in sorted(set(raw) - REQUIRED - OPTIONAL):
        problems.append(Problem(f"champ inconnu dans le paramètre {name}", file, value=key))
    for key in sorted({"unit", "reference", "label_fr"} & set(raw)):
        if not str(raw[key] or "").strip():
            problems.append(Problem(f"le champ « {key} » du paramètre {name} est vide", file))
    if raw.get("status") not in STATUSES and "status" in raw:
        problems.append(
            Problem(
                f"statut du paramètre {name}",
                file,
                value=str(raw["status"]),
                allowed=", ".join(STATUSES),
            )
        )
    checked_on = _day(raw.get("checked_on"))
    if checked_on is None and "checked_on" in raw:
        problems.append(Problem(f"date de vérification illisible pour {name}", file))
    values: list[Dated] = []
    for item in raw.get("values") or []:
        since = _day(item.get("from")) if isinstance(item, dict) else None
        if since is None or set(item) != {"from", "value"}:
            problems.append(Problem(f"valeur mal écrite pour {name}", file, allowed="from, value"))
            continue
        values.append(Dated(since, item["value"]))
    if "values" in raw and not values:
        problems.append(Problem(f"le paramètre {name} n’a aucune valeur", file))
    days = [dated.since for dated in values]
    if days != sorted(set(days)):
        problems.append(Problem(f"les dates de {name} se chevauchent ou se suivent mal", file))
    if len(problems) > before or checked_on is None:
        return None
    return Parameter(
        id=name,
        label_fr=raw["label_fr"],
        unit=str(raw["unit"]),
        reference=raw["reference"],
        checked_on=checked_on,
        status=raw["status"],
        values=tuple(values),
        note=raw.get("note", ""),
    )


def _day(raw: Any) -> dt.date | None:
    if isinstance(raw, dt.date):
        return raw
    try:
        return dt.date.fromisoformat(str(raw))
    except ValueError:
        return None
