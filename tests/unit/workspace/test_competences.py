"""The matrix of competences in the workspace: started, edited, brought in and out, with history."""

from __future__ import annotations

from pathlib import Path

import pytest

from assemblier.cli.main import main
from assemblier.errors import BadInput, MissingSource
from assemblier.territory.selection import Selection
from assemblier.territory.territory import TerritorySpec
from assemblier.usecases.kept_competences import (
    competences_history,
    competences_of,
    export_competences,
    keep_competences_file,
    set_perimeter,
    set_role,
    start_competences,
)
from assemblier.workspace.store import Workspace
from assemblier.workspace.territories import keep_territory


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    path = tmp_path / "a.sqlite"
    opened = Workspace.open(path, create=True)
    keep_territory(opened, TerritorySpec("Pays", selections=(Selection("epci", "200000001"),)))
    return path


def test_each_edit_is_a_version_that_says_what_changed(workspace: Path) -> None:
    told = {"territory": "pays", "workspace": workspace}
    assert competences_of(workspace, "pays") is None
    with pytest.raises(MissingSource, match="competences start"):
        set_role(lever="cls", holder="epci", role="decide", **told)
    assert start_competences(**told) == ("pays", 1)
    with pytest.raises(BadInput, match="déjà"):
        start_competences(**told)
    assert set_role(lever="cls", holder="epci", role="decide", **told) == ("pays", 2)
    assert set_role(lever="cls", holder="epci", role="decide", **told) == ("pays", 2)
    assert set_perimeter(holder="epci", grid="epci", zones=["200000001"], **told) == ("pays", 3)
    history = competences_history(**told)
    assert [each.number for each in history] == [1, 2, 3]
    assert [each.why for each in history][1:] == ["cls, epci : decide", "périmètre de epci"]
    kept = competences_of(workspace, "pays")
    assert kept is not None
    assert {lever.id: lever for lever in kept.levers}["cls"].roles["epci"] == "decide"
    assert {each.id: each for each in kept.holders}["epci"].zones == ("200000001",)
    with pytest.raises(BadInput, match="rôle inconnu"):
        set_role(lever="cls", holder="epci", role="regarde", **told)
    with pytest.raises(BadInput, match="périmètre"):
        set_perimeter(holder="epci", grid="epci", **told)


def test_a_sheet_goes_out_is_filled_and_comes_back(workspace: Path, tmp_path: Path) -> None:
    told = {"territory": "pays", "workspace": workspace}
    start_competences(**told)
    sheet = export_competences(out=tmp_path / "m.csv", **told)
    text = sheet.read_text(encoding="utf-8-sig")
    assert keep_competences_file(file=sheet, **told) == ("pays", 1)
    sheet.write_text(text.replace(";decide;", ";partage;", 1), encoding="utf-8")
    assert keep_competences_file(file=sheet, why="réunion du 3 mai", **told) == ("pays", 2)
    assert competences_history(**told)[-1].why == "réunion du 3 mai"
    yaml = export_competences(out=tmp_path / "m.yaml", **told)
    assert keep_competences_file(file=yaml, **told) == ("pays", 2)


def test_a_filled_file_is_never_overwritten_unless_told(
    workspace: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--workspace", str(workspace)]
    assert not main(["competences", "start", "pays", *where])
    for asked in (
        ["competences", "export", "pays", "--out", str(tmp_path / "m.csv"), *where],
        ["competences", "export", "pays", "--out", str(tmp_path / "m.yaml"), *where],
        ["perimeters", "--competences-template", str(tmp_path / "t.yaml")],
    ):
        path = Path(asked[asked.index("pays") + 2] if "pays" in asked else asked[-1])
        assert not main(asked)
        first = path.read_bytes()
        filled = first + "# rempli en réunion\n".encode()
        path.write_bytes(filled)
        capsys.readouterr()
        assert main(asked) == 3
        assert "il est intact" in capsys.readouterr().err
        assert path.read_bytes() == filled
        assert not main([*asked, "--replace"])
        assert path.read_bytes() != filled
    again = ["competences", "export", "pays", "--out", str(tmp_path / "m.csv"), *where]
    assert not main(again)  # the same again loses nothing
    assert not list(tmp_path.glob(".*.tmp"))


def test_commands(workspace: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = ["--workspace", str(workspace)]
    communes = tmp_path / "c.csv"
    communes.write_text("code\n01001\n01002\n", encoding="utf-8")
    for asked in (
        ["start", "pays"],
        ["set", "pays", "habitat", "pays", "partage"],
        ["perimeter", "pays", "cls", "--communes", str(communes)],
        ["show", "pays"],
        ["show", "pays", "--history"],
        ["show", "pays", "--json"],
        ["export", "pays", "--out", str(tmp_path / "m.csv")],
        ["import", "pays", str(tmp_path / "m.csv")],
    ):
        assert not main(["competences", *asked, *where]), asked
    assert "01001 01002" in (tmp_path / "m.csv").read_text(encoding="utf-8-sig")
    capsys.readouterr()
    assert main(["competences", "set", "pays", "rien", "epci", "decide", *where]) == 3
    assert "levier inconnu" in capsys.readouterr().err
