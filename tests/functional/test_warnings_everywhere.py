"""Declared numbers of communes that disagree: a warning in every output until they are settled."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from assemblier.cli.main import main
from assemblier.indicators.context import Context

SAID = "Nombre de communes en désaccord : 12 (l’article) déclarées"


@pytest.fixture(scope="module")
def where(artificial_context: Context, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("disputed")
    taken = ["--lake", str(artificial_context.lake.folder), "--workspace", str(folder / "a.sqlite")]
    membership = artificial_context.geography.membership
    zone = min(membership["epci"].dropna().unique())
    declared = ["--declared-communes", "12", "--declared-by", "l’article"]
    assert main(["territory", "add", "Essai", "--epci", zone, *declared, *taken]) == 0
    return taken


def run(asked: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    assert main(asked) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize(
    "asked",
    [
        ["territory", "show", "Essai"],
        ["perimeters", "Essai"],
        ["project", "Essai", "--years", "2"],
        ["site", "Essai", "--add", "1", "--seconds", "2"],
    ],
)
def test_in_words_and_in_json(
    where: list[str], asked: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert SAID in run([*asked, *where], capsys)
    found = json.loads(run([*asked, *where, "--json"], capsys))
    warnings = found.get("warnings") or found["territory"]["warnings"]
    assert SAID in warnings[0]


def test_in_the_layers_of_a_map(
    where: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    short = ["--format", "gpkg,html", "--chapters", "territoire"]
    run(["diagnose", "Essai", *where, "--out", str(tmp_path), *short], capsys)
    (path,) = tmp_path.glob("*.gpkg")
    with closing(sqlite3.connect(path)) as opened:
        told = opened.execute(
            "SELECT description FROM gpkg_contents WHERE data_type = 'features'"
        ).fetchall()
    assert told
    assert all(SAID in row[0] for row in told)
    (page,) = tmp_path.glob("*.html")
    assert SAID in page.read_text(encoding="utf-8")
