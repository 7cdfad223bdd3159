"""Help pages: whole, in two languages, with examples that are worded rightly."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from assemblier.cli import manual
from assemblier.cli.main import app, main
from assemblier.cli.manual import EXAMPLES
from assemblier.cli.translation import catalogue
from assemblier.sources.catalogue import Catalogue


def walk(command: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    yield " ".join(words), command
    if hasattr(command, "list_commands"):
        for name in command.list_commands(None):
            yield from walk(command.get_command(None, name), (*words, name))


COMMANDS = dict(walk(get_command(app)))
LEAVES = {words: each for words, each in COMMANDS.items() if not hasattr(each, "list_commands")}


def said_in_french() -> set[str]:
    """Return every sentence that pages of help and sentences of usage may print."""
    texts = set()
    for command in COMMANDS.values():
        texts.add((command.help or "").strip())
        texts.update(
            each.help
            for each in command.params
            if getattr(each, "help", None) and each.name != "help" and not each.hidden
        )
    source = Path(manual.__file__).read_text(encoding="utf-8")
    texts.update(re.findall(r'said\(\s*"([^"]+)"', source))
    texts.update(re.findall(r"said\(\s*'([^']+)'", source))
    texts.update(*(manual.NAMES.values(), manual.KINDS.values(), manual.PLACES.values()))
    texts.update(about for _, about in manual.EXIT_CODES)
    return texts - {""}


def test_every_sentence_of_help_is_translated() -> None:
    """When this fails: add the sentences to src/assemblier/cli/translations/en.po."""
    missing = sorted(said_in_french() - set(catalogue("en")))
    assert missing == []
    assert all(catalogue("en").values())


def test_the_catalogue_holds_nothing_that_is_no_longer_said() -> None:
    dynamic = {"À donner :", "Commandes :", "Options :", "un texte", "TEXTE"}
    assert sorted(set(catalogue("en")) - said_in_french() - dynamic) == []


@pytest.mark.parametrize("words", sorted(COMMANDS))
def test_help_is_in_one_language(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*words.split(), "--help"]) == 0
    french = capsys.readouterr().out
    assert french.startswith("Utilisation :")
    assert not re.search(r"Usage|Show this|\[default|\[required|<\w+>", french)
    assert main(["--lang", "en", *words.split(), "--help"]) == 0
    english = capsys.readouterr().out
    assert english.startswith("Usage:")
    assert not re.search(r"Utilisation|Sinon|Nécessaire|Dossier|\b(une|les|dans)\b", english)


@pytest.mark.parametrize("words", sorted(LEAVES))
def test_every_command_takes_the_common_options(words: str) -> None:
    options = {name for each in LEAVES[words].params for name in each.opts}
    assert {"--json", "--lake", "--workspace"} <= options


@pytest.mark.parametrize("words", sorted(EXAMPLES))
def test_examples_are_worded_rightly(words: str) -> None:
    for line in EXAMPLES[words]:
        assert line.startswith(f"assemblier {words}")
        arguments = shlex.split(line)[1 + len(words.split()) :]
        context = LEAVES[words].make_context(words, arguments)
        for card in context.params.get("ids") or ():
            assert card in {each.id for each in Catalogue.load().cards}


@pytest.mark.parametrize(
    ("asked", "french", "english"),
    [
        (
            "lake build --fom x",
            "Option inconnue : --fom. Options proches : --from",
            "Unknown option",
        ),
        ("territory add", "Il manque NOM", "Missing: NAME"),
        ("territory add X --cog abc", "--cog (un nombre entier)", "a whole number"),
        ("lake build --from", "Il manque la valeur de --from", "Missing the value of --from"),
        ("sources show a b", "Mots en trop : b", "Too many words: b"),
        ("territory lst", "Commande inconnue : lst", "Unknown command: lst"),
    ],
)
def test_a_command_worded_wrongly(
    asked: str, french: str, english: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(asked.split()) == 2
    told = capsys.readouterr()
    assert french in told.err
    assert told.out == ""
    assert main([*asked.split(), "--lang=en"]) == 2
    assert english in capsys.readouterr().err


def test_a_language_that_is_not_spoken(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["--lang", "de", "lake"]) == 2
    assert "fr, en" in capsys.readouterr().err
    monkeypatch.setenv("ASSEMBLIER_LANG", "en")
    assert main(["lake", "--help"]) == 0
    assert capsys.readouterr().out.startswith("Usage:")
    assert main(["lake", "--help", "--lang", "fr"]) == 0
    assert capsys.readouterr().out.startswith("Utilisation :")


def test_json_is_one_object(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    address = str(tmp_path / "a.sqlite")
    for asked in (
        ["workspace", "create"],
        ["workspace", "verify"],
        ["workspace", "backup", str(tmp_path)],
        ["territory", "list"],
        ["sources", "list"],
        ["sources", "show", "insee-bpe"],
        ["scenario", "schema"],
        ["zoning", "rules"],
    ):
        assert main([*asked, "--workspace", address, "--json"]) == 0
        assert isinstance(json.loads(capsys.readouterr().out), dict), asked


def test_files_that_changed_since_they_were_fetched(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mirror = tmp_path / "mirror"
    name = "insee/populations_1968_2024.csv"
    (mirror / name).parent.mkdir(parents=True)
    (mirror / name).write_text("CODGEO,POP_COG1968\n01001,420.0\n", encoding="utf-8")
    into = tmp_path / "brut"
    fetched = ["sources", "fetch", "cogugaison-populations", "--mirror", str(mirror)]
    assert main([*fetched, "--into", str(into)]) == 0
    assert main(["sources", "verify", str(into)]) == 0
    assert "intact" in capsys.readouterr().out
    with (into / name).open("a", encoding="utf-8") as opened:
        opened.write("x")
    assert main(["sources", "verify", str(into)]) == 3
    assert "modifié depuis" in capsys.readouterr().out
    assert main(["sources", "verify", str(into), "--json"]) == 3
    assert json.loads(capsys.readouterr().out)["ok"] is False
