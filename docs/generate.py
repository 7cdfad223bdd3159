"""Write the reference pages from what the program declares: ``python docs/generate.py``.

Every page is a pure function of the program; a test writes them again and compares.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import typer

from assemblier.cli.main import app
from assemblier.cli.manual import EXAMPLES, NAMES
from assemblier.declarations import Direction, Indicator
from assemblier.futures.scenarios.changes import scenario_schema
from assemblier.indicators.registry import INDICATORS
from assemblier.language import date
from assemblier.measures.registry import MEASURES, Measure
from assemblier.parameters import Parameter, load_parameters
from assemblier.sources.catalogue import Catalogue
from assemblier.sources.reference import sources_reference
from assemblier.tables import TABLES, Table

REFERENCE = Path(__file__).parent / "reference"
GENERATED = "<!-- Page écrite par « make docs » : ne pas la modifier à la main. -->"
DIRECTIONS = {
    Direction.HIGHER: "une valeur plus haute est meilleure pour les habitants",
    Direction.LOWER: "une valeur plus basse est meilleure pour les habitants",
    Direction.NEUTRAL: "ni plus haut ni plus bas n’est meilleur",
}
STATUSES = {
    "confirmed": "lu dans le texte du producteur",
    "to_verify": "usage courant, à vérifier",
    "fitted": "mesuré par une commande du programme",
}


def cell(text: object) -> str:
    """Return a text that a Markdown table can hold."""
    return str(text).replace("|", "\\|").replace("\n", " ")


def page(title: str, introduction: str, lines: Iterator[str]) -> str:
    """Return a page whole."""
    return "\n".join([f"# {title}", "", GENERATED, "", introduction, "", *lines]).rstrip() + "\n"


def indicators_page() -> str:
    """Return the page of the indicators."""

    def lines() -> Iterator[str]:
        yield "| code | indicateur | unité | identifiant |"
        yield "|---|---|---|---|"
        for each in INDICATORS:
            name = f"[`{each.id}`](#{each.id})"
            yield f"| {each.code} | {cell(each.label_fr)} | {cell(each.unit)} | {name} |"
        for each in INDICATORS:
            yield from ("", *indicator_section(each))

    return page(
        "Indicateurs",
        f"{len(INDICATORS)} indicateurs. Chacun dit aussi ce qu’il ne dit pas, et pourquoi "
        "d’autres producteurs affichent un autre chiffre.",
        lines(),
    )


def indicator_section(indicator: Indicator) -> Iterator[str]:
    """Yield the section of one indicator."""
    yield f"## {indicator.id}"
    yield ""
    yield f"**{indicator.code} — {indicator.label_fr}** ({indicator.label_en})"
    yield ""
    yield indicator.definition
    yield ""
    if indicator.unit:
        yield f"- Unité : {indicator.unit}"
    yield f"- Sens : {DIRECTIONS[indicator.direction]}"
    yield f"- Référence : {indicator.reference}"
    if indicator.cards:
        cards = ", ".join(f"[`{card}`](sources.md#{card})" for card in indicator.cards)
        yield f"- Sources : {cards}"
    for name in indicator.parameters:
        yield f"- Paramètre : [`{name}`](parameters.md#{anchor(name)})"
    for says_not in indicator.says_not:
        yield f"- Ce qu’il ne dit pas : {says_not}"
    for other, why in indicator.differs.items():
        yield f"- Diffère de {other} : {why}"


def anchor(text: str) -> str:
    """Return the anchor that Markdown renderers give to a heading."""
    return "".join(c for c in text.lower() if c.isalnum() or c in "-_ ").replace(" ", "-")


def parameters_page() -> str:
    """Return the page of the parameters."""
    parameters = load_parameters()

    def lines() -> Iterator[str]:
        for name in parameters:
            yield from (*parameter_section(parameters[name]), "")

    return page(
        "Paramètres",
        f"{len(parameters)} paramètres. Aucun nombre n’est caché dans le code : chacun est daté, "
        "a une unité et une référence, et le jour où il a été contrôlé.",
        lines(),
    )


def parameter_section(parameter: Parameter) -> Iterator[str]:
    """Yield the section of one parameter."""
    yield f"## {parameter.id}"
    yield ""
    label = parameter.label_fr
    yield f"{label[0].upper()}{label[1:]}."
    yield ""
    yield f"- Unité : {parameter.unit}"
    yield f"- Référence : {parameter.reference}"
    yield f"- Contrôlé le {date(parameter.checked_on)} : {STATUSES[parameter.status]}"
    if parameter.note:
        yield f"- Note : {' '.join(parameter.note.split())}"
    for dated in parameter.values:
        yield f"- À partir du {date(dated.since)} : {shown(dated.value)}"


def shown(value: object) -> str:
    """Return a value of a parameter as one line; long ones are counted."""
    if isinstance(value, Mapping):
        kept = [f"{key} : {shown(each)}" for key, each in list(value.items())[:8]]
        more = f" … ({len(value)} en tout)" if len(value) > 8 else ""
        return "{" + " ; ".join(kept) + "}" + more
    if isinstance(value, list | tuple):
        kept = [shown(each) for each in value[:12]]
        more = f" … ({len(value)} en tout)" if len(value) > 12 else ""
        return "[" + ", ".join(kept) + "]" + more
    return f"`{value}`"


def tables_page() -> str:
    """Return the data dictionary."""

    def lines() -> Iterator[str]:
        for table in TABLES.values():
            yield from (*table_section(table), "")

    return page(
        "Tables du lac de données",
        f"{len(TABLES)} tables. La dernière colonne dit comment une grandeur s’agrège : "
        "`sum` s’additionne, `mean(poids)` se pondère, `class` se garde quand tous sont d’accord, "
        "`not_aggregable` ne s’agrège pas. Chaque ligne garde aussi `_source` (fiche et édition) "
        "et `_row` (ligne du fichier brut, à partir de 1).",
        lines(),
    )


def table_section(table: Table) -> Iterator[str]:
    """Yield the section of one table."""
    yield f"## {table.id}"
    yield ""
    yield f"{table.title}." + (f" {table.note}" if table.note else "")
    if table.key:
        yield ""
        yield f"Clé : {', '.join(f'`{name}`' for name in table.key)}."
    yield ""
    yield "| colonne | type | sens | unité | admis | agrégation |"
    yield "|---|---|---|---|---|---|"
    for column in table.columns:
        allowed = column.constraint + (" ; peut manquer" if column.nullable else "")
        yield (
            f"| `{column.name}` | {column.kind} | {cell(column.meaning)} | {cell(column.unit)} "
            f"| {cell(allowed.removeprefix(' ; '))} | {column.aggregation} |"
        )


def measures_page() -> str:
    """Return the page of the measures of access."""

    def lines() -> Iterator[str]:
        for each in MEASURES.values():
            yield from (*measure_section(each), "")

    return page(
        "Mesures d’accessibilité",
        f"{len(MEASURES)} mesures, à appeler par `assemblier access --measure`. Notation : "
        "w décroissance, P population, P* population standardisée, S offre, t minutes.",
        lines(),
    )


def measure_section(measure: Measure) -> Iterator[str]:
    """Yield the section of one measure."""
    yield f"## {measure.id}"
    yield ""
    yield f"**{measure.label_fr}** ({measure.label_en})"
    yield ""
    yield f"- Formule : `{measure.formula}`"
    yield f"- Référence : {measure.reference}"
    yield f"- Unité : {measure.unit}"
    if measure.conserves:
        yield f"- Conserve : `{measure.conserves}`"
    if measure.parameters:
        yield f"- Demande : {', '.join(f'`{name}`' for name in measure.parameters)}"


def commands() -> dict[str, Any]:
    """Return every command of the program by its words: ``lake build``."""
    found: dict[str, Any] = {}

    def walk(command: Any, words: tuple[str, ...]) -> None:
        if not hasattr(command, "list_commands"):
            found[" ".join(words)] = command
            return
        for name in command.list_commands(None):
            walk(command.get_command(None, name), (*words, name))

    walk(typer.main.get_command(app), ())
    return found


def commands_page() -> str:
    """Return the page of the commands."""

    def lines() -> Iterator[str]:
        for words, command in commands().items():
            yield from (*command_section(words, command), "")

    return page(
        "Commandes",
        "Codes de sortie : 0 fait, 2 commande mal formée, 3 donnée refusée, 4 source ou partie "
        "absente, 5 refus (secret statistique ou rôle), 130 arrêté à votre demande.",
        lines(),
    )


def named(argument: Any) -> str:
    """Return what stands for an argument in a page."""
    return NAMES.get(argument.name, argument.name.upper())


def command_section(words: str, command: Any) -> Iterator[str]:
    """Yield the section of one command."""
    arguments = [each for each in command.params if not each.opts[0].startswith("-")]
    options = [each for each in command.params if each.opts[0].startswith("-") and not each.hidden]
    called = " ".join(named(each) if each.required else f"[{named(each)}]" for each in arguments)
    yield f"## assemblier {words}"
    yield ""
    yield " ".join((command.help or "").split())
    yield ""
    yield f"`assemblier {words}{' ' + called if called else ''}{' [options]' if options else ''}`"
    if examples := EXAMPLES.get(words):
        yield from ("", "```", *examples, "```")
    yield ""
    for each in arguments:
        yield f"- `{named(each)}` : {each.help or ''}"
    for each in options:
        needed = " (nécessaire)" if each.required else ""
        default = each.default
        said = f" Sinon : `{default}`." if default not in {None, False, True, ()} else ""
        yield f"- `{', '.join(each.opts)}`{needed} : {each.help or ''}{said}"


def pages() -> dict[str, str]:
    """Return every reference page by its file name."""
    return {
        "commands.md": commands_page(),
        "indicators.md": indicators_page(),
        "measures.md": measures_page(),
        "parameters.md": parameters_page(),
        "scenario.schema.json": json.dumps(scenario_schema(), ensure_ascii=False, indent=2) + "\n",
        "sources.md": sources_reference(Catalogue.load()),
        "tables.md": tables_page(),
    }


def main() -> None:
    """Write the pages."""
    REFERENCE.mkdir(exist_ok=True)
    for name, text in pages().items():
        (REFERENCE / name).write_text(text, encoding="utf-8", newline="\n")
        print(f"docs/reference/{name}")


if __name__ == "__main__":
    main()
