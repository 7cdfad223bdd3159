"""The entry of the program: commands loaded when called, errors that a person can act on."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from assemblier import cli
from assemblier.cli.main import COMMANDS, main


def registered(module: str) -> set[str]:
    """Return the names that a module of commands registers."""
    holder = typer.Typer()
    importlib.import_module(f"assemblier.cli.{module}").register(holder)
    names = {each.name for each in holder.registered_commands}
    return {str(name) for name in names | {each.name for each in holder.registered_groups}}


def test_every_command_of_every_module_is_offered() -> None:
    folder = Path(next(iter(cli.__path__)))
    modules = {
        path.stem for path in folder.glob("*.py") if "def register" in path.read_text("utf-8")
    }
    assert set(COMMANDS.values()) <= modules
    assert set().union(*(registered(module) for module in modules)) == set(COMMANDS)
    assert {name for name, module in COMMANDS.items() if name not in registered(module)} == set()


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_has_a_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name, "--help"]) == 0
    assert "Utilisation" in capsys.readouterr().out


def test_a_short_command_loads_no_long_one() -> None:
    code = (
        "import sys; from assemblier.cli.main import main; main(['sources', '--help']);"
        "print(sorted(m for m in sys.modules if m.startswith('assemblier.futures')"
        " or m in {'pandas', 'numba', 'scipy'}))"
    )
    made = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert made.stdout.strip().splitlines()[-1] == "[]"


def test_a_command_that_does_not_exist_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diagnostiquer"]) == 2
    assert "diagnostiquer" in capsys.readouterr().err


def test_a_fault_of_the_program_is_a_sentence_and_a_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def fall(**_asked: object) -> None:
        raise RuntimeError("coincé")

    monkeypatch.delenv("ASSEMBLIER_DEBUG", raising=False)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("assemblier.cli.diagnosis.diagnose_territory", fall)
    assert main(["diagnose", "x"]) == 1
    (kept,) = tmp_path.glob("assemblier-*.txt")
    said = "".join(capsys.readouterr().err.split())
    assert "coincé" in said
    assert kept.name in said
    assert "RuntimeError: coincé" in kept.read_text(encoding="utf-8")
    monkeypatch.setenv("ASSEMBLIER_DEBUG", "1")
    with pytest.raises(RuntimeError):
        main(["diagnose", "x"])
