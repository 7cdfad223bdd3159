"""Check of source cards: every problem of every card at once, in plain French."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from assemblier.errors import Problem

__all__ = ["card_schema", "problems_across", "problems_of_card", "read_mapping"]

PLACEHOLDER = re.compile(r"\{([^}]*)\}")
TYPE_NAMES = {
    "string": "un texte (entre guillemets si c’est un nombre)",
    "integer": "un nombre entier",
    "number": "un nombre",
    "boolean": "true ou false",
    "array": "une liste",
    "object": "un bloc de clés",
    "null": "null",
}


if TYPE_CHECKING:
    _SafeLoader = yaml.SafeLoader
else:
    # The C parser is several times as fast; PyYAML may be built without it.
    _SafeLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_SafeLoader):
    """Safe YAML that refuses a key written twice and leaves dates as text."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"clé « {key} » écrite deux fois", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep=deep)


_Loader.yaml_implicit_resolvers = {
    first: [(tag, regexp) for tag, regexp in pairs if tag != "tag:yaml.org,2002:timestamp"]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@cache
def card_schema() -> dict[str, Any]:
    """Return the JSON Schema of a card."""
    text = resources.files("assemblier.sources").joinpath("card_schema.json").read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def read_mapping(text: str, file: str) -> tuple[dict[str, Any] | None, list[Problem]]:
    """Parse a YAML file that must hold a mapping; return it, or the problems that forbid it."""
    try:
        content = yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = mark.line + 1 if mark else None
        return None, [
            Problem(
                f"YAML illisible : {error.problem}",
                file=file,
                line=line,
                advice="Vérifier l’indentation et les guillemets.",
            )
        ]
    if not isinstance(content, dict):
        return None, [Problem("la fiche doit être un bloc de clés", file=file, line=1)]
    return content, []


def problems_of_card(
    raw: Mapping[str, Any], text: str, file: str, licences: Iterable[str]
) -> list[Problem]:
    """Return all that is wrong in one card: its shape, then its sense.

    Parameters
    ----------
    raw, text, file
        The card as parsed, as written (for line numbers) and its file name.
    licences
        Ids of the licences known.
    """
    errors = sorted(_validator().iter_errors(dict(raw)), key=lambda e: str(e.path))
    if errors:
        node = yaml.compose(text, Loader=_Loader)
        return [_problem(error, node, file) for error in errors]
    return _sense(raw, text, file, sorted(licences))


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(card_schema())


def _sense(raw: Mapping[str, Any], text: str, file: str, licences: Sequence[str]) -> list[Problem]:
    found: list[Problem] = []

    def wrong(what: str, *path: str | int, **details: str) -> None:
        node = yaml.compose(text, Loader=_Loader)
        found.append(Problem(what, file=file, line=_line(node, path), **details))

    if file.rpartition("/")[2] != f"{raw['id']}.yaml":
        wrong("le nom du fichier n’est pas celui de la fiche", "id", allowed=f"{raw['id']}.yaml")
    if raw["licence"]["id"] not in licences:
        wrong(
            "licence inconnue", "licence", "id",
            value=raw["licence"]["id"], allowed=", ".join(licences),
        )  # fmt: skip
    attribution = raw["licence"]["attribution"]
    for sentence, path, known in (
        (raw["citation"], ("citation",), ("vintage",)),
        (attribution, ("licence", "attribution"), ("vintage", "date")),
    ):
        for name in PLACEHOLDER.findall(sentence):
            if name not in known:
                wrong(
                    "champ à remplir inconnu",
                    *path,
                    value="{" + name + "}",
                    allowed=", ".join("{" + word + "}" for word in known),
                )
    if "{vintage}" not in raw["citation"]:
        wrong("la citation ne nomme pas l’édition", "citation", advice="Y mettre {vintage}.")
    if raw["checked"]["online"] and "on" not in raw["checked"]:
        wrong("adresse dite essayée sans date", "checked", advice="Ajouter « on: AAAA-MM-JJ ».")
    for vintage, times in Counter(e["vintage"] for e in raw["editions"]).items():
        if times > 1:
            wrong("édition écrite plusieurs fois", "editions", value=vintage)
    by_hand = raw["access"] in {"manual", "key", "local"}
    if by_hand and "obtain" not in raw:
        wrong("rien ne dit comment obtenir le fichier", "access", advice="Ajouter « obtain ».")
    for rank, edition in enumerate(raw["editions"]):
        at = ("editions", rank)
        has_address = edition["address"] is not None
        if has_address != ("seen" in edition):
            wrong("« seen » va avec une adresse, et seulement avec elle", *at, "vintage")
        if not has_address and "alternates" in edition:
            wrong("« alternates » sans adresse principale", *at, "vintage")
        if not has_address and "resolve" not in edition and "obtain" not in raw:
            wrong("édition sans adresse, et la fiche ne dit pas comment l’obtenir",
                  *at, "vintage", advice="Ajouter une adresse ou « obtain ».")  # fmt: skip
        if "resolve" in edition:
            try:
                re.compile(edition["resolve"]["matches"])
            except re.error as error:
                wrong(f"expression régulière fautive : {error}", *at, "resolve")
    return found


def problems_across(cards: Sequence[tuple[str, Mapping[str, Any]]]) -> list[Problem]:
    """Return what is wrong between cards: an id or a landing file used twice.

    Parameters
    ----------
    cards
        Pairs of file name and card content, each already accepted alone.
    """
    found: list[Problem] = []
    first_id: dict[str, str] = {}
    first_file: dict[str, str] = {}
    for file, raw in cards:
        if raw["id"] in first_id:
            found.append(
                Problem(
                    f"identifiant déjà pris par {first_id[raw['id']]}", file=file, value=raw["id"]
                )
            )
        first_id.setdefault(raw["id"], file)
        for edition in raw["editions"]:
            # Windows and macOS do not tell upper from lower case.
            key = f"{raw['id']}@{edition['vintage']}"
            owner = first_file.setdefault(edition["file"].lower(), key)
            if owner != key:
                found.append(
                    Problem(
                        f"deux éditions arriveraient au même endroit ({owner} et {key})",
                        file=file,
                        value=edition["file"],
                    )
                )
    return found


def _problem(error: ValidationError, node: yaml.Node | None, file: str) -> Problem:
    path = tuple(error.absolute_path)
    where = ".".join(str(step) for step in path) or None
    what = "valeur refusée"
    value: str | None = _short(error.instance)
    allowed: str | None = None
    match error.validator:
        case "required":
            absent = [k for k in error.validator_value if k not in error.instance]
            what, value = f"il manque {', '.join(f'« {k} »' for k in absent)}", None
        case "additionalProperties":
            known = set(error.schema.get("properties", {}))
            unknown = sorted(str(k) for k in error.instance if k not in known)
            what, value = f"clé inconnue {', '.join(f'« {k} »' for k in unknown)}", None
            allowed = ", ".join(sorted(known))
        case "type":
            kinds = error.validator_value
            kinds = [kinds] if isinstance(kinds, str) else kinds
            allowed = " ou ".join(TYPE_NAMES.get(k, k) for k in kinds)
        case "enum":
            allowed = ", ".join(map(str, error.validator_value))
        case "pattern":
            allowed = f"motif {error.validator_value}"
        case "minLength" | "minItems":
            what = "trop court ou vide"
        case "uniqueItems":
            what = "valeur répétée dans la liste"
        case "anyOf":
            allowed = "voir le schéma des fiches"
        case _:
            pass
    return Problem(
        what, file=file, line=_line(node, path), column=where, value=value, allowed=allowed
    )


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 80 else text[:77] + "…"


def _line(node: yaml.Node | None, path: Sequence[str | int]) -> int | None:
    """Return the 1-based line of the deepest part of `path` that the file has."""
    if node is None:
        return None
    line: int = node.start_mark.line + 1
    for step in path:
        inner: yaml.Node | None = None
        if isinstance(node, yaml.MappingNode):
            for key, held in node.value:
                if key.value == step:
                    line, inner = key.start_mark.line + 1, held
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            inner = node.value[step]
            line = inner.start_mark.line + 1
        if inner is None:
            break
        node = inner
    return line
