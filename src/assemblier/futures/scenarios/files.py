"""Read a file of scenarios: every problem at once, each with its line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import MISSING, dataclass, fields
from typing import Any, get_type_hints

import yaml

from assemblier.errors import BadInput, Problem
from assemblier.futures.scenarios.changes import CHANGES, Change, file_name

__all__ = ["Scenario", "ScenarioFile", "read_scenarios"]


@dataclass(frozen=True, slots=True)
class Scenario:
    """A named list of changes; ``lines`` tells where each was written, 0 when it was not."""

    name: str
    changes: tuple[Change, ...]
    note: str = ""
    lines: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class ScenarioFile:
    """What a file of scenarios asks; included scenarios are already put in place."""

    territory: str
    scenarios: tuple[Scenario, ...]
    cog: int | None = None


@dataclass(slots=True)
class _Reader:
    file: str
    problems: list[Problem]

    def wrong(self, node: yaml.Node, what: str, **more: str | None) -> None:
        self.problems.append(Problem(what, self.file, node.start_mark.line + 1, **more))

    def pairs(
        self, node: yaml.Node, known: tuple[str, ...], where: str
    ) -> dict[str, tuple[yaml.Node, yaml.Node]]:
        if not isinstance(node, yaml.MappingNode):
            self.wrong(node, f"{where} : des champs sont attendus", allowed=", ".join(known))
            return {}
        found: dict[str, tuple[yaml.Node, yaml.Node]] = {}
        for key, value in node.value:
            name = str(key.value)
            if name not in known:
                self.wrong(key, f"{where} : champ inconnu", value=name, allowed=", ".join(known))
            elif name in found:
                self.wrong(key, f"{where} : champ donné deux fois", value=name)
            else:
                found[name] = (key, value)
        return found

    def items(self, node: yaml.Node, where: str) -> Iterator[yaml.Node]:
        if isinstance(node, yaml.SequenceNode):
            yield from node.value
        else:
            self.wrong(node, f"{where} : une liste est attendue")


def read_scenarios(text: str, *, file: str = "scénario") -> ScenarioFile:
    """Read a YAML text.

    Raises
    ------
    BadInput
        Listing everything that is wrong, with its line.
    """
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = None if error.problem_mark is None else error.problem_mark.line + 1
        raise BadInput(
            Problem("ce fichier n’est pas du YAML", file, line, advice="Vérifiez les retraits.")
        ) from error
    if root is None:
        raise BadInput(Problem("fichier vide", file, allowed="territory, scenarios"))
    read = _Reader(file, [])
    top = read.pairs(root, ("territory", "cog", "scenarios"), "fichier")
    for name in ("territory", "scenarios"):
        if name not in top and isinstance(root, yaml.MappingNode):
            read.wrong(root, f"fichier : le champ « {name} » manque")
    made: dict[str, Scenario] = {}
    if "scenarios" in top:
        for node in read.items(top["scenarios"][1], "scenarios"):
            _scenario(read, node, made)
        if not made and not read.problems:
            read.wrong(top["scenarios"][1], "aucun scénario")
    cog = None
    if "cog" in top:
        said = str(top["cog"][1].value)
        if re.fullmatch(r"(19|20)\d\d", said):
            cog = int(said)
        else:
            read.wrong(top["cog"][1], "année des codes illisible", value=said, allowed="2018…")
    if read.problems:
        raise BadInput(sorted(read.problems, key=lambda each: each.line or 0))
    return ScenarioFile(str(top["territory"][1].value), tuple(made.values()), cog)


def _scenario(read: _Reader, node: yaml.Node, made: dict[str, Scenario]) -> None:
    found = read.pairs(node, ("name", "note", "includes", "changes"), "scénario")
    if not found:
        return
    if "name" not in found:
        read.wrong(node, "scénario : le champ « name » manque")
        return
    name = str(found["name"][1].value)
    if name in made:
        read.wrong(found["name"][1], "deux scénarios portent le même nom", value=name)
        return
    changes: list[Change] = []
    lines: list[int] = []
    if "includes" in found:
        for each in read.items(found["includes"][1], "includes"):
            if str(each.value) in made:
                changes += made[str(each.value)].changes
                lines += made[str(each.value)].lines
            else:
                read.wrong(
                    each,
                    "scénario inclus inconnu",
                    value=str(each.value),
                    allowed=", ".join(made),
                    advice="Écrivez-le plus haut dans le fichier.",
                )
    if "changes" in found:
        for each in read.items(found["changes"][1], "changes"):
            change = _change(read, each)
            if change is not None:
                changes.append(change)
                lines.append(each.start_mark.line + 1)
    note = str(found["note"][1].value) if "note" in found else ""
    made[name] = Scenario(name, tuple(changes), note, tuple(lines))


def _change(read: _Reader, node: yaml.Node) -> Change | None:
    before = len(read.problems)
    found = read.pairs(node, tuple(CHANGES), "changement")
    if len(found) != 1:
        if found:
            read.wrong(node, "un changement par tiret", value=", ".join(found))
        return None
    ((name, (_, value)),) = found.items()
    kind = CHANGES[name]
    known = {file_name(each.name): each for each in fields(kind)}
    given = read.pairs(value, tuple(known), name)
    made: dict[str, Any] = {}
    hints = get_type_hints(kind)
    for said, each in known.items():
        if said in given:
            made[each.name] = _value(read, given[said][1], said, hints[each.name], each.metadata)
        elif each.default is MISSING and isinstance(value, yaml.MappingNode):
            read.wrong(node, f"{name} : le champ « {said} » manque")
    return None if len(read.problems) > before else kind(**made)


def _value(read: _Reader, node: yaml.Node, name: str, hint: Any, rules: Any) -> Any:
    text = str(node.value).strip() if isinstance(node, yaml.ScalarNode) else ""
    kinds = getattr(hint, "__args__", (hint,))
    if text in rules.get("words", ()):
        return text
    if float in kinds:
        try:
            number = float(text.replace(",", "."))
        except ValueError:
            number = float("nan")
        most = rules.get("maximum")
        if number > rules["above"] and (most is None or number <= most) and number < float("inf"):
            return number
        allowed = f"plus de {rules['above']}" + ("" if most is None else f", au plus {most}")
        for word in rules.get("words", ()):
            allowed += f", ou « {word} »"
        read.wrong(
            node, f"« {name} » : nombre hors bornes ou illisible", value=text, allowed=allowed
        )
        return None
    code = text.upper().zfill(5)
    if not re.match(rules["pattern"], code):
        read.wrong(
            node,
            f"« {name} » : code de commune illisible",
            value=text,
            allowed='cinq caractères, par exemple "22266"',
        )
    return code
