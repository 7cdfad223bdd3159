"""Pages of help and sentences about a command worded wrongly, in the language that was asked for.

The library that reads the command line speaks English and prints types of the language it is
written in; people get words and examples instead.
"""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import typer
from typer.main import get_command

from assemblier.cli.translation import LANGUAGES, translated
from assemblier.errors import UsageError

__all__ = ["EXAMPLES", "Speaker", "speak_for", "taken_language", "wrong_use"]

WIDEST = 100
INDENT = 2
NAMES = {
    "name": "NOM",
    "territory": "TERRITOIRE",
    "source": "FICHIER",
    "target": "CIBLE",
    "first": "PREMIER",
    "second": "SECOND",
    "folder": "DOSSIER",
    "file": "FICHIER",
    "chapter": "CHAPITRE",
    "search": "TEXTE",
    "ids": "FICHES",
    "card": "FICHE",
    "lever": "LEVIER",
    "holder": "DÉTENTEUR",
    "role": "RÔLE",
}
"""Name of an argument in the code → what stands for it in a page."""
EXIT_CODES = (
    ("0", "fait"),
    ("2", "commande mal formée"),
    ("3", "donnée refusée"),
    ("4", "source ou partie absente"),
    ("5", "refus : secret statistique ou rôle"),
    ("1", "disque plein, droits, ou erreur du programme"),
    ("130", "arrêté à votre demande"),
)
EXAMPLES: Mapping[str, tuple[str, ...]] = {
    "demo": ("assemblier demo --out demo-out",),
    "sources list": ("assemblier sources list", "assemblier sources list APL"),
    "sources show": ("assemblier sources show insee-bpe",),
    "sources fetch": (
        "assemblier sources fetch insee-cog drees-apl-mg --into brut",
        "assemblier sources fetch --mirror /media/cle/brut --into brut",
    ),
    "sources verify": ("assemblier sources verify brut",),
    "lake build": ("assemblier lake build --from brut --lake lac",),
    "lake show": ("assemblier lake show --lake lac",),
    "lake export": ("assemblier lake export . --lake lac",),
    "lake import": ("assemblier lake import assemblier-20260301.lac.tar --lake lac",),
    "territory add": (
        'assemblier territory add "Mon pays" --communes communes.csv',
        'assemblier territory add "Poher" --epci "Poher communauté" --commune 22025',
        'assemblier territory add "Le pays" --communes liste_2018.csv --declared-communes 98 '
        '--declared-by "la fiche du pays"',
    ),
    "territory resolve": (
        'assemblier territory resolve "Le pays" --keep 96 --why "liste votée le 3 mars"',
    ),
    "territory show": ('assemblier territory show "Mon pays"',),
    "territory compare": ('assemblier territory compare "Mon pays" epci:200067072',),
    "text set": ('assemblier text set "Mon pays" offre paragraphe.txt',),
    "workspace backup": ("assemblier workspace backup /media/cle",),
    "workspace restore": (
        "assemblier workspace restore assemblier-20260301T120000.sauvegarde.sqlite",
    ),
    "diagnose": (
        'assemblier diagnose "Mon pays" --out diagnostic',
        'assemblier diagnose "Poher communauté" --format html,pdf',
        "assemblier diagnose departement:36 --documents diagnostic,synthese",
        "assemblier diagnose communes.csv --chapters offre,territoire",
    ),
    "perimeters": (
        'assemblier perimeters "Mon pays"',
        'assemblier perimeters "Mon pays" --grid secteurs.csv --json',
    ),
    "living-areas": (
        "assemblier living-areas --flows lac:travail --method ttwa --out bassins.csv",
        "assemblier living-areas --flows navettes.csv --method ttwa --out bassins.csv "
        "--bootstrap 200 --compare bv2022",
    ),
    "project": ('assemblier project "Mon pays" --years 10',),
    "site": (
        'assemblier site "Mon pays" --add 2 --least-population 1000',
        'assemblier site "Mon pays" --add 3 --minimum-team 3 --most-sites 1 --keep "Une MSP"',
    ),
    "sitings run": ('assemblier sitings run "Mon pays" "Une MSP" --out implantation',),
    "zoning simulate": ("assemblier zoning simulate --rule 2021",),
    "scenario run": ("assemblier scenario run scenarios.yaml",),
}
"""Command → lines that a person can copy."""
KINDS = {"path": "un chemin", "int": "un nombre entier", "float": "un nombre"}
"""Python type of a value → what a sentence calls it."""
PLACES = {"un chemin": "CHEMIN", "un nombre entier": "NOMBRE", "un nombre": "NOMBRE"}
"""What a sentence calls a value → what stands for it in a page."""


@dataclass(frozen=True, slots=True)
class Speaker:
    """Writes the help of one command, whose words are ``called``."""

    command: Any
    called: str

    def __call__(self, context: Any) -> str:
        """Return the page in the language of the context."""
        language = context.obj if context.obj in LANGUAGES else LANGUAGES[0]
        width = min(shutil.get_terminal_size().columns, WIDEST)
        return "\n".join(self._lines(language, width)).rstrip()

    def _lines(self, language: str, width: int) -> Iterator[str]:
        def said(text: str) -> str:
            return translated(text, language)

        shown = [each for each in self.command.params if not getattr(each, "hidden", False)]
        given = [each for each in shown if each.param_type_name == "argument"]
        options = [each for each in shown if each.param_type_name == "option"]
        children = _children(self.command)
        places = [_place(each, said) for each in given]
        if children:
            places.append(said("COMMANDE"))
        if options or not children:
            places.append("[OPTIONS]")
        called = " ".join(each for each in ("assemblier", self.called, *places) if each)
        yield from _wrapped(
            f"{said('Utilisation :')} {called}",
            width,
            4,
        )
        yield ""
        yield from _wrapped(said((self.command.help or "").strip()), width, 0, INDENT)
        sections = (
            ("À donner :", [(_place(each, said), _about(each, said)) for each in given]),
            ("Commandes :", [(name, said(_first(each))) for name, each in children]),
            ("Options :", [(_option(each, said), _about(each, said)) for each in options]),
        )
        for title, rows in sections:
            if rows:
                yield from ("", said(title), *_columns(rows, width))
        yield from (
            "",
            said("Partout :"),
            *_columns(
                [
                    ("--lang fr|en", said("Langue de cette aide.")),
                    ("--help", said("Montre cette aide.")),
                ],
                width,
            ),
        )
        if not self.called:
            rows = [(code, said(about)) for code, about in EXIT_CODES]
            yield from ("", said("Codes de sortie :"), *_columns(rows, width))
        if examples := EXAMPLES.get(self.called):
            yield from ("", said("Exemples :"))
            yield from (f"{' ' * INDENT}{line}" for line in examples)
        if children:
            yield ""
            whole = f"assemblier {self.called}".strip()
            yield from _wrapped(
                said("L’aide d’une commande :") + f" {whole} {children[0][0]} --help", width, 0
            )


def speak_for(command: Any, called: str = "") -> Any:
    """Give a command, and those below it, pages of help and the options that all of them take."""
    command.get_help = Speaker(command, called)
    children = getattr(command, "commands", None)
    if children is None:
        taken = {name for each in command.params for name in each.opts}
        command.params.extend(each for each in _unused() if taken.isdisjoint(each.opts))
    else:
        for name, child in children.items():
            speak_for(child, f"{called} {name}".strip())
    return command


def _unused() -> list[Any]:
    """Return the options that every command takes, for those that have no use for them."""
    holder = typer.Typer()

    @holder.command()
    def _taken(
        lake: Annotated[str | None, typer.Option(hidden=True)] = None,
        workspace: Annotated[str | None, typer.Option(hidden=True)] = None,
    ) -> None:
        """Nothing."""

    made = [each for each in get_command(holder).params if each.name in {"lake", "workspace"}]
    for each in made:
        each.expose_value = False
    return made


def taken_language(arguments: list[str]) -> tuple[list[str], str | None]:
    """Take ``--lang`` out of a command line, wherever it stands.

    Raises
    ------
    UsageError
        When the language is not one of the program's.
    """
    left: list[str] = []
    language: str | None = None
    words = iter(arguments)
    for word in words:
        name, equals, value = word.partition("=")
        if name != "--lang":
            left.append(word)
            continue
        language = value if equals else next(words, "")
        if language not in LANGUAGES:
            raise UsageError(f"Langue inconnue : « {language} ». Admises : {', '.join(LANGUAGES)}.")
    return left, language


def wrong_use(error: Any, language: str) -> str:
    """Say what is wrong with a command, and where its help is."""

    def said(text: str) -> str:
        return translated(text, language)

    kind = type(error).__name__
    if kind == "NoArgsIsHelpError":
        return str(error.format_message())
    param = getattr(error, "param", None)
    name = "" if param is None else (param.opts[0] if _is_option(param) else _place(param, said))
    if kind == "NoSuchOption":
        told = f"{said('Option inconnue :')} {error.option_name}."
        if error.possibilities:
            told += f" {said('Options proches :')} {', '.join(sorted(error.possibilities))}."
    elif kind == "MissingParameter":
        told = f"{said('Il manque')} {name}{_why(param, said)}."
    elif kind == "BadParameter" and name:
        told = f"{said('Valeur refusée pour')} {name} ({said(_kind(param))})."
    elif kind == "BadOptionUsage":
        told = f"{said('Il manque la valeur de')} {error.option_name}."
    elif "extra argument" in error.message:
        extra = error.message.partition("(")[2].rpartition("(")[2].rstrip(").")
        told = f"{said('Mots en trop :')} {extra}. {said('Un nom de plusieurs mots se met entre guillemets.')}"
    elif "No such command" in error.message:
        told = f"{said('Commande inconnue :')} {error.message.split(chr(39))[1]}."
        if near := error.message.partition("Did you mean ")[2]:
            told += f" {said('Vouliez-vous dire :')} {near.rstrip('?')} ?"
    else:
        told = str(error.format_message())
    context = getattr(error, "ctx", None)
    if context is None:
        return told
    speaker = context.command.get_help
    called = speaker.called if isinstance(speaker, Speaker) else ""
    return f"{told} {said('Aide :')} {f'assemblier {called}'.strip()} --help"


def _why(param: Any, said: Any) -> str:
    about = said(getattr(param, "help", None) or "")
    return f" ({about.rstrip('.')})" if about else ""


def _children(command: Any) -> list[tuple[str, Any]]:
    if not hasattr(command, "list_commands"):
        return []
    names = command.list_commands(None)
    return [(name, command.get_command(None, name)) for name in names]


def _first(command: Any) -> str:
    return (command.help or "").strip()


def _is_option(param: Any) -> bool:
    return bool(param.param_type_name == "option")


def _place(param: Any, said: Any) -> str:
    name: str = said(NAMES.get(param.name, param.name.upper()))
    whole = f"{name}…" if param.nargs == -1 else name
    return whole if param.required else f"[{whole}]"


def _kind(param: Any) -> str:
    described = getattr(param, "type_descriptor", None)
    words = str(described.annotation if described is not None else param.type).lower()
    return next((kind for name, kind in KINDS.items() if name in words), "un texte")


def _option(param: Any, said: Any) -> str:
    names = ", ".join(param.opts)
    if getattr(param, "is_flag", False):
        return f"{names} / {', '.join(param.secondary_opts)}" if param.secondary_opts else names
    return f"{names} {said(PLACES.get(_kind(param), 'TEXTE'))}"


def _about(param: Any, said: Any) -> str:
    about: str = said(getattr(param, "help", None) or "")
    if getattr(param, "multiple", False):
        about += f" {said('Répétable.')}"
    if param.required and _is_option(param):
        about += f" {said('Nécessaire.')}"
    default = param.default
    if isinstance(default, bool):
        if param.secondary_opts and getattr(param, "is_flag", False):
            about += f" {said('Sinon :')} {(param.opts if default else param.secondary_opts)[0]}."
    elif default not in {None, "", ()} and not callable(default):
        about += f" {said('Sinon :')} {default}."
    return about


def _wrapped(text: str, width: int, hanging: int, indent: int = 0) -> list[str]:
    # French punctuation never starts a line
    for mark in (";", ":", "?", "!", "»", "…"):
        text = text.replace(f" {mark}", f"\u00a0{mark}")
    lines = textwrap.wrap(
        text.replace("« ", "«\u00a0"),
        width,
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + hanging),
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [line.replace("\u00a0", " ") for line in lines]


def _columns(rows: list[tuple[str, str]], width: int) -> Iterator[str]:
    """Yield two columns; a long name has its line."""
    first = min(max(len(name) for name, _ in rows), width // 3) + 2 * INDENT
    for name, about in rows:
        lines = _wrapped(about, width, 0, first) or [""]
        if len(name) + 2 * INDENT <= first:
            yield f"{' ' * INDENT}{name:<{first - INDENT}}{lines[0].lstrip()}".rstrip()
            yield from lines[1:]
        else:
            yield f"{' ' * INDENT}{name}"
            yield from lines
