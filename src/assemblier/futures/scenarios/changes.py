"""The changes that a scenario may name: a closed list, typed, each with what it means.

The JSON Schema of a scenario file is made from these classes, and so is the reading of it.
"""

from __future__ import annotations

from dataclasses import MISSING, dataclass, field, fields
from typing import Any, ClassVar, get_type_hints

__all__ = [
    "CHANGES",
    "OLDER",
    "Arrive",
    "AssistantMedical",
    "Bus",
    "Change",
    "ConsultationAvancee",
    "Ipa",
    "Leave",
    "Move",
    "OpenSite",
    "PartTime",
    "Road",
    "file_name",
    "scenario_schema",
]

OLDER = "60+"
"""Said in place of a number of doctors: all those presumed 60 and over."""


def _told(description: str, default: Any = MISSING, **limits: Any) -> Any:
    return field(default=default, metadata={"description": description, **limits})


COMMUNE = {"pattern": "^[0-9A-Z][0-9A-Z][0-9]{3}$"}


@dataclass(frozen=True, slots=True)
class Arrive:
    """Des médecins s’installent dans une commune."""

    id: ClassVar[str] = "arrive"
    commune: str = _told("Code de la commune", **COMMUNE)
    doctors: float = _told("Médecins à temps plein", above=0)
    acts: float | None = _told("Actes par an de chacun ; la moyenne nationale sinon", None, above=0)


@dataclass(frozen=True, slots=True)
class Leave:
    """Des médecins cessent, sans successeur ; sans commune, dans tout le territoire."""

    id: ClassVar[str] = "leave"
    doctors: float | str = _told(
        "Nombre de médecins, ou « 60+ » : tous ceux présumés de 60 ans et plus", above=0,
        words=[OLDER],
    )  # fmt: skip
    commune: str | None = _told("Code de la commune ; tout le territoire sinon", None, **COMMUNE)


@dataclass(frozen=True, slots=True)
class Move:
    """Des médecins vont d’une commune à une autre ; l’offre totale est conservée."""

    id: ClassVar[str] = "move"
    origin: str = _told("Code de la commune quittée", **COMMUNE)
    to: str = _told("Code de la commune d’arrivée", **COMMUNE)
    doctors: float = _told("Médecins", above=0)


@dataclass(frozen=True, slots=True)
class PartTime:
    """Des médecins passent à temps partiel."""

    id: ClassVar[str] = "part_time"
    commune: str = _told("Code de la commune", **COMMUNE)
    doctors: float = _told("Médecins", above=0)
    share: float = _told("Part d’un temps plein qu’ils gardent", above=0, maximum=1)


@dataclass(frozen=True, slots=True)
class OpenSite:
    """Un site ouvre (maison ou centre de santé, cabinet secondaire)."""

    id: ClassVar[str] = "open_site"
    commune: str = _told("Code de la commune", **COMMUNE)
    doctors: float = _told("Médecins à temps plein", above=0)
    origin: str | None = _told(
        "Commune d’où ils viennent ; sinon ils viennent d’ailleurs", None, **COMMUNE
    )


@dataclass(frozen=True, slots=True)
class ConsultationAvancee:
    """Un médecin consulte quelques jours par semaine dans une autre commune."""

    id: ClassVar[str] = "consultation_avancee"
    commune: str = _told("Code de la commune où il vient", **COMMUNE)
    days: float = _told("Jours par semaine", above=0, maximum=7)
    origin: str | None = _told(
        "Commune dont ces jours sont retirés ; sinon ils s’ajoutent", None, **COMMUNE
    )


@dataclass(frozen=True, slots=True)
class AssistantMedical:
    """Des médecins travaillent avec un assistant médical : leur capacité croît."""

    id: ClassVar[str] = "assistant_medical"
    commune: str = _told("Code de la commune", **COMMUNE)
    doctors: float = _told("Médecins aidés", above=0)
    factor: float | None = _told(
        "Part de capacité ajoutée ; celle des paramètres sinon", None, above=0, maximum=1
    )


@dataclass(frozen=True, slots=True)
class Ipa:
    """Des médecins travaillent avec une infirmière en pratique avancée."""

    id: ClassVar[str] = "ipa"
    commune: str = _told("Code de la commune", **COMMUNE)
    doctors: float = _told("Médecins aidés", above=0)
    factor: float | None = _told(
        "Part de capacité ajoutée ; celle des paramètres sinon", None, above=0, maximum=1
    )


@dataclass(frozen=True, slots=True)
class Road:
    """Une route relie deux communes en moins de temps, dans les deux sens."""

    id: ClassVar[str] = "road"
    origin: str = _told("Code d’une commune", **COMMUNE)
    to: str = _told("Code de l’autre commune", **COMMUNE)
    minutes: float = _told("Minutes d’un bout à l’autre", above=0)


@dataclass(frozen=True, slots=True)
class Bus:
    """Une ligne relie deux communes ; seule une part des habitants du départ la prend."""

    id: ClassVar[str] = "bus"
    origin: str = _told("Code de la commune desservie", **COMMUNE)
    to: str = _told("Code de la commune où elle mène", **COMMUNE)
    minutes: float = _told("Minutes, attente comprise", above=0)
    share: float = _told("Part des habitants qui la prennent", above=0, maximum=1)


Change = (
    Arrive
    | Leave
    | Move
    | PartTime
    | OpenSite
    | ConsultationAvancee
    | AssistantMedical
    | Ipa
    | Road
    | Bus
)

CHANGES: dict[str, type[Change]] = {
    each.id: each
    for each in (
        Arrive, Leave, Move, PartTime, OpenSite, ConsultationAvancee, AssistantMedical, Ipa, Road,
        Bus,
    )
}  # fmt: skip
"""Name of a change in a file → its class."""

_RENAMED = {"origin": "from"}
"""Fields whose name in a file is a reserved word of the language."""


def file_name(name: str) -> str:
    """Return the name of a field in a file."""
    return _RENAMED.get(name, name)


def scenario_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a scenario file, made from the classes."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Scénarios d’offre de soins",
        "type": "object",
        "additionalProperties": False,
        "required": ["territory", "scenarios"],
        "properties": {
            "territory": {"type": "string", "description": "Nom, ou CSV de communes"},
            "cog": {"type": "integer", "description": "Année des codes du fichier de communes"},
            "scenarios": {
                "type": "array",
                "minItems": 1,
                "items": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["name"],
                    "properties": {
                        "name": {"type": "string"},
                        "note": {"type": "string"},
                        "includes": {
                            "type": "array",
                            "items": {"type": "string"},
                            "description": "Scénarios dont les changements viennent d’abord",
                        },
                        "changes": {
                            "type": "array",
                            "items": {"oneOf": [_schema_of(each) for each in CHANGES.values()]},
                        },
                    },
                },
            },
        },
    }


def _schema_of(change: type[Change]) -> dict[str, Any]:
    hints = get_type_hints(change)
    properties, required = {}, []
    for each in fields(change):
        said: dict[str, Any] = {"description": each.metadata["description"]}
        number: dict[str, Any] = {"type": "number", "exclusiveMinimum": each.metadata.get("above")}
        if "maximum" in each.metadata:
            number["maximum"] = each.metadata["maximum"]
        if "words" in each.metadata:
            said["oneOf"] = [number, {"enum": list(each.metadata["words"])}]
        elif float in getattr(hints[each.name], "__args__", (hints[each.name],)):
            said |= number
        else:
            said |= {"type": "string", "pattern": each.metadata["pattern"]}
        properties[file_name(each.name)] = said
        if each.default is MISSING:
            required.append(file_name(each.name))
    inner = {
        "type": "object",
        "additionalProperties": False,
        "required": required,
        "properties": properties,
    }
    return {
        "type": "object",
        "description": (change.__doc__ or "").strip(),
        "additionalProperties": False,
        "required": [change.id],
        "properties": {change.id: inner},
    }
