"""The documentation says what the program does: pages are fresh, commands run, links lead somewhere."""

from __future__ import annotations

import importlib.util
import re
import shlex
import subprocess
import sys
import sysconfig
from pathlib import Path
from types import ModuleType

import pytest

from assemblier.indicators.registry import INDICATORS
from assemblier.measures.registry import MEASURES
from assemblier.parameters import load_parameters
from assemblier.sources.catalogue import Catalogue
from assemblier.tables import TABLES

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(
    [*ROOT.glob("*.md"), *(path for path in DOCS.rglob("*.md") if path.name != "benchmarks.md")]
)


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def written(generator: ModuleType) -> dict[str, str]:
    return generator.pages()


@pytest.mark.parametrize(
    "name",
    [
        "commands.md",
        "indicators.md",
        "measures.md",
        "parameters.md",
        "scenario.schema.json",
        "sources.md",
        "tables.md",
    ],
)
def test_reference_pages_are_fresh(written: dict[str, str], name: str) -> None:
    kept = (DOCS / "reference" / name).read_text(encoding="utf-8")
    assert kept == written[name], f"docs/reference/{name} is stale: make docs"


def test_no_reference_page_is_left_over(written: dict[str, str]) -> None:
    assert {path.name for path in (DOCS / "reference").iterdir()} == set(written)


def headings(text: str) -> set[str]:
    return set(re.findall(r"^## (.+)$", text, re.MULTILINE))


def test_every_declared_thing_has_its_section(
    generator: ModuleType, written: dict[str, str]
) -> None:
    expected = {
        "commands.md": {f"assemblier {words}" for words in generator.commands()},
        "indicators.md": {indicator.id for indicator in INDICATORS},
        "measures.md": set(MEASURES),
        "parameters.md": set(load_parameters()),
        "sources.md": {card.id for card in Catalogue.load()},
        "tables.md": set(TABLES),
    }
    for name, ids in expected.items():
        assert headings(written[name]) == ids
        assert ids, name


def test_every_column_and_option_is_told(generator: ModuleType, written: dict[str, str]) -> None:
    for table in TABLES.values():
        for column in table.columns:
            assert f"| `{column.name}` | {column.kind} |" in written["tables.md"]
    for words, command in generator.commands().items():
        assert command.help, f"assemblier {words} has no help"
        for each in (param for param in command.params if not getattr(param, "hidden", False)):
            assert each.help, f"assemblier {words}: {each.name} has no help"
            if each.opts[0].startswith("-"):
                assert each.opts[0] in written["commands.md"]


def test_indicators_name_what_exists() -> None:
    cards = {card.id for card in Catalogue.load()}
    parameters = set(load_parameters())
    wrong = [
        f"{indicator.id}: {name}"
        for indicator in INDICATORS
        for name, known in (
            *((card, cards) for card in indicator.cards),
            *((each, parameters) for each in indicator.parameters),
        )
        if name not in known
    ]
    assert not wrong, wrong


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:)([^)#\s]+)", text):
        assert (path.parent / target).exists(), f"{path.name}: {target}"


FRENCH = {"README.fr.md", "tutorials", "how-to", "reference"}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_pages_speak_their_language(path: Path) -> None:
    """French for who uses the program, English for who changes it; no language mixed in a page."""
    prose = re.sub(
        r"```.*?```|`[^`]*`|\*[^*]+\*", " ", path.read_text(encoding="utf-8"), flags=re.DOTALL
    )
    words = re.findall(r"[a-zàâçéèêëîïôûùüœ’']+", prose.lower())
    french = sum(
        word in {"le", "la", "les", "des", "et", "est", "une", "du", "dans", "ce"} for word in words
    )
    english = sum(
        word in {"the", "of", "and", "is", "are", "to", "it", "that", "from"} for word in words
    )
    if bool(FRENCH & {path.name, *path.parts}):
        assert french > 4 * english
    else:
        assert english > 2 * french


def sentences_elsewhere() -> list[tuple[Path, str]]:
    return [(path, path.read_text(encoding="utf-8")) for path in PAGES]


def test_the_project_speaks_of_itself_alone() -> None:
    for path, text in sentences_elsewhere():
        found = re.search(r"/work/|/tmp/|/root/|/home/", text)
        assert found is None, f"{path.name}: {found and found[0]}"


def documented(path: Path) -> list[str]:
    blocks = re.findall(
        r"<!-- tested -->\n```\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL
    )
    return [line for block in blocks for line in block.splitlines() if line.strip()]


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("documented")
    run("assemblier demo --out demo-out", folder)
    return folder


def run(command: str, folder: Path) -> str:
    words = shlex.split(command)
    assert words[0] == "assemblier"
    done = subprocess.run(
        [sys.executable, "-m", "assemblier", *words[1:]],
        cwd=folder,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_the_demonstration_says_where_things_are(shown: Path) -> None:
    report = sorted((shown / "demo-out" / "diagnostic").iterdir())
    assert {path.suffix for path in report} >= {".html", ".pdf"}
    assert all(path.stat().st_size > 10_000 for path in report if path.suffix in {".html", ".pdf"})


@pytest.mark.parametrize(
    "name",
    [
        "README.md",
        "docs/tutorials/premier-diagnostic.md",
        "docs/how-to/garder-son-espace-de-travail.md",
    ],
)
def test_documented_commands_run(shown: Path, name: str) -> None:
    commands = documented(ROOT / name)
    assert commands
    for command in commands:
        if " demo " not in command:
            assert run(command, shown).strip()


def test_every_documented_command_exists(generator: ModuleType) -> None:
    known = generator.commands()
    groups = {words.split()[0] for words in known}
    for path in PAGES:
        for line in re.findall(
            r"assemblier ([a-z][a-z \-]*[a-z])", path.read_text(encoding="utf-8")
        ):
            words = line.split()
            if words[0] not in groups or words == [words[0]]:
                continue
            assert " ".join(words[:2]) in known or words[0] in known, f"{path.name}: {line}"


def test_the_command_is_installed() -> None:
    script = Path(sysconfig.get_path("scripts")) / "assemblier"
    if not script.exists() and not script.with_suffix(".exe").exists():
        pytest.skip("the package is not installed in this environment")
    assert run("assemblier --version", ROOT).startswith("assemblier ")
