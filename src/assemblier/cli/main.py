"""The program's entry: its commands, and how an error becomes a sentence and an exit code.

The module of a command is imported when it is called: ``--help`` and short commands need not wait
for what the long ones load.
"""

from __future__ import annotations

import importlib
import os
import sys
import tempfile
import traceback
from collections.abc import Mapping
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_group

from assemblier import __version__
from assemblier.cli.manual import Speaker, speak_for, taken_language, wrong_use
from assemblier.cli.settings import Settings
from assemblier.cli.shown import errors, say
from assemblier.cli.translation import LANGUAGES
from assemblier.errors import AssemblierError, UsageError

__all__ = ["COMMANDS", "app", "main"]

COMMANDS: Mapping[str, str] = {
    "demo": "demo",
    "sources": "sources",
    "lake": "lake",
    "territory": "territory",
    "text": "text",
    "competences": "competences",
    "workspace": "workspace",
    "diagnose": "diagnosis",
    "access": "measures",
    "travel": "measures",
    "compare-matrices": "measures",
    "apl": "national_apl",
    "calibrate": "measures",
    "perimeters": "perimeters",
    "living-areas": "perimeters",
    "project": "futures",
    "scenario": "futures",
    "site": "siting",
    "sitings": "siting",
    "zoning": "zoning",
    "nowcast": "zoning",
}
"""Command → module of ``assemblier.cli`` that registers it."""


class _Commands(TyperGroup):
    """The commands of the program, each module loaded when one of its own is asked for."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 — a signature of typer's
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"assemblier.cli.{COMMANDS[cmd_name]}")
        own = typer.Typer()
        module.register(own)
        return speak_for(get_group(own).commands[cmd_name], cmd_name)

    def get_help(self, ctx: Any) -> str:
        return Speaker(self, "")(ctx)


app = typer.Typer(
    name="assemblier",
    cls=_Commands,
    help="Du territoire aux soins : données ouvertes, diagnostic partagé, actions suivies.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _version(asked: bool) -> None:  # noqa: FBT001 — typer calls it so
    if asked:
        say(f"assemblier {__version__}")
        raise typer.Exit


@app.callback()
def root(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Imprime la version."),
    ] = False,
) -> None:
    """Assemblier."""


WRONG_USE: Any = typer.BadParameter.__mro__[2]
"""Base of the errors of usage, wherever this version of typer takes its own from."""


def main(arguments: list[str] | None = None) -> int:
    """Run the program and return its exit code."""
    language = LANGUAGES[0]
    try:
        asked, chosen = taken_language(sys.argv[1:] if arguments is None else list(arguments))
        language = chosen or _set_language()
        code = app(args=asked, standalone_mode=False, obj=language)
    except AssemblierError as error:
        errors.print(str(error), markup=False, style="red")
        return error.exit_code
    except typer.Exit as stop:
        return stop.exit_code
    except WRONG_USE as error:
        errors.print(wrong_use(error, language), markup=False, style="red")
        return UsageError.exit_code
    except typer.Abort:
        errors.print("Interrompu ; rien n’a été changé.", markup=False)
        return 130
    except Exception as fault:
        if os.environ.get("ASSEMBLIER_DEBUG"):
            raise
        errors.print(_fault(fault), markup=False, style="red")
        return 1
    return code if isinstance(code, int) else 0


def _set_language() -> str:
    """Return the language of the environment or of the file of settings."""
    set_to = os.environ.get("ASSEMBLIER_LANG") or Settings().lang
    return set_to if set_to in LANGUAGES else LANGUAGES[0]


def _fault(fault: Exception) -> str:
    """Say that the program failed, and where the details for its makers are."""
    said = f"Le programme a rencontré une erreur inattendue : {fault or type(fault).__name__}."
    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", prefix="assemblier-", suffix=".txt", delete=False
        ) as kept:
            kept.write("".join(traceback.format_exception(fault)))
    except OSError:
        return f"{said} Relancez avec ASSEMBLIER_DEBUG=1 pour les détails."
    return f"{said} Les détails sont dans {kept.name} : joignez ce fichier à votre signalement."


if __name__ == "__main__":
    sys.exit(main())
