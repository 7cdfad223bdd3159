"""A build says what became of every file, reads only what is new, and never changes what it wrote."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from assemblier.errors import BadInput, Cancelled, MissingSource
from assemblier.lake.build import build
from assemblier.lake.lake import Lake
from assemblier.lake.provenance import Manifest
from assemblier.progress import Work
from raw_files import COMMUNES, write_more, write_small


def contents(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def digest(lake: Lake) -> str:
    return lake.version.partition("-")[2]


def test_every_file_has_an_outcome(raw: Path, lake_folder: Path) -> None:
    made = build(raw, lake_folder)
    said = {outcome.file: outcome for outcome in made.manifest.files}
    assert {name: outcome.outcome for name, outcome in said.items()} == {
        "LISEZMOI.md": "ignored",
        "communes2023.csv": "refused",
        "communes2024.csv": "recognised",
        "coupe.xlsx": "refused",
        "sous/pays.csv": "recognised",
    }
    assert all(outcome.said for outcome in said.values())
    # all problems of a file at once, each with its line and column
    problems = said["communes2023.csv"].problems
    assert len(problems) == 3
    assert any("ligne 3" in each and "typecom" in each and "COMD" in each for each in problems)
    assert any("ligne 4" in each and "libelle" in each for each in problems)
    assert any("ligne 4" in each and "« Z2 »" in each for each in problems)
    assert "tronquée" in said["coupe.xlsx"].problems[0]


def test_a_refused_file_brings_no_row(raw: Path, lake_folder: Path) -> None:
    made = build(raw, lake_folder)
    assert {part.file for part in made.manifest.parts} == {"communes2024.csv", "sous/pays.csv"}
    with pytest.raises(MissingSource, match="COG 2023"):
        made.part("commune", cog=2023)


def test_provenance_beside_each_part(raw: Path, lake_folder: Path) -> None:
    made = build(raw, lake_folder)
    part = made.part("commune")
    file = raw / part.file
    assert part.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    assert (part.source, part.card, part.cog, part.rows) == (
        "insee-cog@2024",
        "insee-cog",
        2024,
        12,
    )
    assert made.manifest.folder == str(raw)
    stored = pq.read_table(made.path(part)).to_pandas()
    assert set(stored["_source"]) == {"insee-cog@2024"}


def test_row_is_the_line_of_the_raw_file(raw: Path, lake_folder: Path) -> None:
    made = build(raw, lake_folder)
    for part in made.manifest.parts:
        lines = (raw / part.file).read_text(encoding="utf-8").splitlines()
        for code, row in made.read(part, ["code"])[["code", "_row"]].itertuples(index=False):
            assert code in lines[row - 1].split(",")


def test_a_supposed_vintage_is_settled_by_the_codes(raw: Path, lake_folder: Path) -> None:
    part = build(raw, lake_folder).part("liste_communes")
    assert part.cog == 2024
    assert any("0 codes inconnus, 7 communes absentes" in note for note in part.notes)


def test_the_same_content_is_the_same_version(raw: Path, lake_folder: Path, tmp_path: Path) -> None:
    first = build(raw, lake_folder)
    before = contents(lake_folder)
    assert build(raw, lake_folder).version == first.version
    assert contents(lake_folder) == before
    elsewhere = build(raw, tmp_path / "other")
    assert digest(elsewhere) == digest(first)
    copied = tmp_path / "copied"
    write_small(copied)
    assert digest(build(copied, tmp_path / "third")) == digest(first)


def test_only_what_is_new_is_read(
    raw: Path, lake_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(raw, lake_folder)
    write_more(raw)
    seen: list[str] = []
    from assemblier.lake import build as module

    inner = module._read_file
    monkeypatch.setattr(
        module,
        "_read_file",
        lambda path, name, *rest: (seen.append(name), inner(path, name, *rest))[1],
    )
    build(raw, lake_folder)
    assert seen == ["canton0.csv", "canton1.csv", "canton2.csv", "sous/pays.csv"]


def test_a_new_reader_reads_again(
    raw: Path, lake_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from assemblier.lake import build as module

    build(raw, lake_folder)
    monkeypatch.setattr(module, "_readers_fingerprint", lambda: "other")
    seen: list[str] = []
    inner = module._read_file
    monkeypatch.setattr(
        module,
        "_read_file",
        lambda path, name, *rest: (seen.append(name), inner(path, name, *rest))[1],
    )
    build(raw, lake_folder)
    assert len(seen) == 5


def test_versions_are_immutable(raw: Path, lake_folder: Path) -> None:
    first = build(raw, lake_folder)
    before = {name: h for name, h in contents(lake_folder).items() if name != "current"}
    write_more(raw)
    second = build(raw, lake_folder)
    assert second.version != first.version
    after = contents(lake_folder)
    assert {name: after[name] for name in before} == before
    # the older version still opens, with its own rows
    old = Lake.open(lake_folder, first.version)
    assert len(old.read(old.part("liste_communes"))) == 5
    new = Lake.open(lake_folder)
    assert {p.file: p.rows for p in new.parts("liste_communes")}["sous/pays.csv"] == 2


def test_a_file_that_leaves_takes_its_rows_along(raw: Path, lake_folder: Path) -> None:
    build(raw, lake_folder)
    (raw / "sous" / "pays.csv").unlink()
    assert "liste_communes" not in build(raw, lake_folder).tables


def test_a_lost_object_is_read_again(raw: Path, lake_folder: Path) -> None:
    first = build(raw, lake_folder)
    first.path(first.part("commune")).unlink()
    again = build(raw, lake_folder)
    assert len(again.read(again.part("commune"))) == len(COMMUNES)


def test_reading_with_a_condition(raw: Path, lake_folder: Path) -> None:
    made = build(raw, lake_folder)
    part = made.part("commune")
    one = made.read(part, ["nom"], where={"code": "Z1003"})
    pd.testing.assert_frame_equal(
        one, pd.DataFrame({"nom": ["Lieu003"], "_row": [4]}), check_dtype=False
    )
    two = made.read(part, ["code"], where={"code": ["Z1001", "Z1002"], "type": "COM"})
    assert list(two["code"]) == ["Z1001", "Z1002"]
    assert made.read(part, ["code"], where={"code": "75056"}).empty


def test_cancelled_work_changes_nothing(raw: Path, lake_folder: Path) -> None:
    first = build(raw, lake_folder)
    write_more(raw)
    steps: list[str] = []
    work = Work(progress=lambda _done, text: steps.append(text), cancelled=lambda: len(steps) > 2)
    with pytest.raises(Cancelled):
        build(raw, lake_folder, work=work)
    assert Lake.open(lake_folder).version == first.version


def test_progress_goes_from_nothing_to_all(raw: Path, lake_folder: Path) -> None:
    told: list[tuple[float, str]] = []
    build(raw, lake_folder, work=Work(progress=lambda done, text: told.append((done, text))))
    shares = [done for done, _ in told]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)
    assert [text for _, text in told][:2] == ["LISEZMOI.md", "communes2023.csv"]


@pytest.mark.parametrize("empty", [True, False])
def test_nothing_to_read_is_said(tmp_path: Path, empty: bool) -> None:
    folder = tmp_path / "nothing"
    if empty:
        folder.mkdir()
    with pytest.raises(
        MissingSource, match="ne contient aucun fichier" if empty else "n’existe pas"
    ):
        build(folder, tmp_path / "lake")
    assert not (tmp_path / "lake").exists()


def test_a_lake_inside_its_own_raw_folder_is_left_out(raw: Path) -> None:
    first = build(raw, raw / "lake")
    assert build(raw, raw / "lake").version == first.version


def test_no_lake_and_no_version_are_said(raw: Path, lake_folder: Path) -> None:
    with pytest.raises(MissingSource, match="assemblier lake build"):
        Lake.open(lake_folder)
    build(raw, lake_folder)
    with pytest.raises(MissingSource, match="n’existe pas dans le lac"):
        Lake.open(lake_folder, "20200101T000000-0000000000")


def test_a_damaged_manifest_is_said_then_mended(raw: Path, lake_folder: Path) -> None:
    first = build(raw, lake_folder)
    (lake_folder / "versions" / f"{first.version}.json").write_text(
        '{"version": "x"', encoding="utf-8"
    )
    with pytest.raises(BadInput, match="endommagée"):
        Lake.open(lake_folder)
    assert len(build(raw, lake_folder).manifest.parts) == 2


def test_the_manifest_goes_through_json(raw: Path, lake_folder: Path) -> None:
    manifest = build(raw, lake_folder).manifest
    assert Manifest.from_json(manifest.to_json()) == manifest
    assert json.loads(manifest.to_json())["version"] == manifest.version


def test_the_same_file_under_two_names_counts_once(raw: Path, lake_folder: Path) -> None:
    first = build(raw, lake_folder)
    (raw / "zz-copie.csv").write_bytes((raw / "communes2024.csv").read_bytes())
    made = build(raw, lake_folder)
    (copy,) = [each for each in made.manifest.files if each.file == "zz-copie.csv"]
    assert (copy.outcome, copy.said) == ("ignored", "même contenu que communes2024.csv")
    assert made.manifest.parts == first.manifest.parts
    # once the first is gone, the copy is read
    (raw / "communes2024.csv").unlink()
    again = build(raw, lake_folder)
    (copy,) = [each for each in again.manifest.files if each.file == "zz-copie.csv"]
    assert copy.outcome == "recognised"
    assert sum(part.rows for part in again.manifest.parts) == sum(
        part.rows for part in first.manifest.parts
    )
