"""Backups of a workspace: whole, told from damaged ones, given back without loss."""

from __future__ import annotations

import datetime as dt
import functools
import importlib
import os
import pkgutil
import shutil
import sqlite3
import tempfile
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from assemblier import workspace as package
from assemblier.errors import BadInput, MissingSource
from assemblier.territory.selection import Selection
from assemblier.territory.territory import TerritorySpec
from assemblier.workspace import backup, integrity, model, schema
from assemblier.workspace.backup import back_up, restore
from assemblier.workspace.integrity import NUMBERED, condition, content_digest
from assemblier.workspace.store import Workspace
from assemblier.workspace.territories import keep_territory, kept_territory
from assemblier.workspace.texts import keep_text, text_history

NOON = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
PAYS = TerritorySpec(name="Pays d’Essai", selections=(Selection("epci", "200000001"),))


@functools.cache
def empty() -> bytes:
    """Return a workspace that holds nothing: made once, its tables take a while."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.sqlite"
        Workspace.open(path, create=True).engine.dispose()
        return path.read_bytes()


def filled(path: Path, words: str = "Deux départs.") -> Path:
    path.write_bytes(empty())
    opened = Workspace.open(path)
    keep_territory(opened, PAYS)
    keep_text(opened, "pays-d-essai", "offre", words, ("offre",))
    opened.engine.dispose()
    return path


def words_of(path: Path) -> list[str]:
    return [each.text for each in text_history(Workspace.open(path), "pays-d-essai")]


def test_a_backup_opens_like_any_workspace(tmp_path: Path) -> None:
    made = back_up(filled(tmp_path / "a.sqlite"), tmp_path, moment=NOON)
    assert made.name == "a-20260301T120000.sauvegarde.sqlite"
    found = condition(made)
    assert found.sound
    assert found.sealed == NOON.isoformat()
    assert found.counts["own_text_version"] == 1
    assert words_of(made) == ["Deux départs."]
    again = back_up(tmp_path / "a.sqlite", tmp_path, moment=NOON)
    assert again != made
    with pytest.raises(BadInput, match="existe déjà"):
        back_up(tmp_path / "a.sqlite", made)


def test_what_was_there_is_kept_aside(tmp_path: Path) -> None:
    mine, hers = filled(tmp_path / "a.sqlite", "Mien."), filled(tmp_path / "b.sqlite", "Sien.")
    made = back_up(hers, tmp_path / "sauvegardes" / "sien.sqlite")
    before = made.read_bytes()
    done = restore(made, mine)
    assert words_of(mine) == ["Sien."]
    assert done.aside is not None
    assert words_of(done.aside) == ["Mien."]
    assert condition(mine).sealed is None
    assert made.read_bytes() == before
    keep_text(Workspace.open(mine), "pays-d-essai", "offre", "Ensuite.", ("offre",))
    assert condition(mine).sound


def test_a_workspace_may_be_open_while_it_is_restored(tmp_path: Path) -> None:
    mine, hers = filled(tmp_path / "a.sqlite", "Mien."), filled(tmp_path / "b.sqlite", "Sien.")
    made = back_up(hers, tmp_path)
    opened = Workspace.open(mine)
    assert [each.text for each in text_history(opened, "pays-d-essai")] == ["Mien."]
    restore(made, mine)
    assert [each.text for each in text_history(opened, "pays-d-essai")] == ["Sien."]


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_half_a_backup_is_refused(tmp_path: Path, share: float) -> None:
    mine = filled(tmp_path / "a.sqlite", "Mien.")
    made = back_up(filled(tmp_path / "b.sqlite"), tmp_path)
    whole = made.read_bytes()
    made.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(BadInput, match="Rien n’a été changé"):
        restore(made, mine)
    assert words_of(mine) == ["Mien."]
    assert not list(tmp_path.glob("*.avant-*"))
    assert not list(tmp_path.glob(".*"))


def test_one_letter_changed_is_seen(tmp_path: Path) -> None:
    mine = filled(tmp_path / "a.sqlite", "Mien.")
    made = back_up(filled(tmp_path / "b.sqlite", "Douze médecins."), tmp_path)
    made.write_bytes(made.read_bytes().replace(b"Douze m", b"Douce m"))
    with closing(sqlite3.connect(made)) as opened:
        assert opened.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    with pytest.raises(BadInput, match="fichier abîmé"):
        restore(made, mine)
    assert words_of(mine) == ["Mien."]


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"ceci est une lettre " * 300, "base lisible"), (b"", "aucune de ses tables")],
)
def test_another_file_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    other = tmp_path / "lettre.sqlite"
    other.write_bytes(content)
    with pytest.raises(BadInput, match=said):
        restore(other, tmp_path / "a.sqlite")
    assert not (tmp_path / "a.sqlite").exists()
    assert other.read_bytes() == content
    with pytest.raises(MissingSource):
        restore(tmp_path / "none", tmp_path / "a.sqlite")
    with pytest.raises(MissingSource):
        back_up(tmp_path / "none", tmp_path)


def test_a_damaged_workspace_gives_way_to_a_backup(tmp_path: Path) -> None:
    mine = filled(tmp_path / "a.sqlite", "Mien.")
    made = back_up(mine, tmp_path)
    ruin = b"x" * 9000
    mine.write_bytes(ruin)
    for end in ("-wal", "-shm"):
        mine.with_name(mine.name + end).unlink(missing_ok=True)
    done = restore(made, mine)
    assert words_of(mine) == ["Mien."]
    assert done.aside is not None
    assert done.aside.read_bytes() == ruin


def test_a_backup_of_a_newer_program_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = back_up(filled(tmp_path / "a.sqlite"), tmp_path)
    monkeypatch.setattr(integrity, "HEAD", "0001")
    with pytest.raises(BadInput, match="plus récente"):
        restore(made, tmp_path / "b.sqlite")


def test_a_backup_of_an_older_program_comes_forward(tmp_path: Path) -> None:
    old = tmp_path / "old.sqlite"
    with closing(sqlite3.connect(old)) as opened:
        opened.executescript(
            """
            CREATE TABLE territory (slug VARCHAR(80) PRIMARY KEY, name VARCHAR(200) NOT NULL,
                current INTEGER NOT NULL, revision INTEGER NOT NULL);
            CREATE TABLE territory_version (id INTEGER PRIMARY KEY, slug VARCHAR(80) NOT NULL,
                number INTEGER NOT NULL, created DATETIME NOT NULL, why TEXT NOT NULL,
                spec JSON NOT NULL, UNIQUE (slug, number));
            CREATE TABLE job (id VARCHAR(32) PRIMARY KEY, usecase VARCHAR(80), asked JSON,
                state VARCHAR(12), done FLOAT, said TEXT, result JSON, created DATETIME,
                ended DATETIME, cancel INTEGER);
            CREATE TABLE own_text (territory VARCHAR(80), chapter VARCHAR(40), text TEXT,
                changed DATETIME, PRIMARY KEY (territory, chapter));
            INSERT INTO territory VALUES ('pays', 'Pays', 1, 1);
            INSERT INTO territory_version VALUES
                (1, 'pays', 1, '2026-01-02 03:04:05', '', '{"name": "Pays", "listed": ["22001"]}');
            """
        )
    found = condition(old)
    assert found.sound
    assert found.behind
    before = old.read_bytes()
    restore(old, tmp_path / "a.sqlite")
    assert kept_territory(Workspace.open(tmp_path / "a.sqlite"), "pays").spec.listed == ("22001",)
    assert condition(tmp_path / "a.sqlite").version == schema.HEAD
    assert old.read_bytes() == before
    assert not list(tmp_path.glob("*.avant-*"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("DELETE FROM territory_version", "version courante"),
        ("UPDATE own_text_version SET number = 3", "il manque une version"),
        ("UPDATE territory_version SET spec = '{\"nom\": 1}'", "définition est illisible"),
        (
            "INSERT INTO job (id, usecase, asked, state, done, said, created, cancel) VALUES "
            "('x', 'y', '{}', 'perdu', 0, '', '2026-01-01', 0)",
            "état inconnu",
        ),
        ("UPDATE territory_version SET slug = 'nulle-part'", "n’existe pas"),
    ],
)
def test_what_cannot_be_true_is_told(tmp_path: Path, change: str, said: str) -> None:
    path = filled(tmp_path / "a.sqlite")
    assert condition(path).sound
    with closing(sqlite3.connect(path)) as opened:
        opened.execute(change)
        opened.commit()
    found = condition(path)
    assert said in " ".join(found.problems)
    with pytest.raises(BadInput):
        back_up(path, tmp_path)
    assert not list(tmp_path.glob("*sauvegarde*"))


def test_to_verify_changes_nothing(tmp_path: Path) -> None:
    path = filled(tmp_path / "a.sqlite")
    with closing(sqlite3.connect(path)) as opened:
        opened.execute("PRAGMA journal_mode=DELETE")
    before = path.read_bytes(), path.stat().st_mtime_ns
    assert condition(path).sound
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before


def test_every_table_of_versions_is_examined() -> None:
    for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        importlib.import_module(module.name)
    numbered = {
        table.name
        for table in model.Base.metadata.tables.values()
        if "number" in table.columns and table.name != "territory"
    }
    assert numbered == set(NUMBERED)


def test_a_backup_made_while_somebody_writes_agrees_with_itself(tmp_path: Path) -> None:
    path = filled(tmp_path / "a.sqlite", "Texte 0.")
    stop = threading.Event()
    kept: list[int] = []

    def write() -> None:
        opened = Workspace.open(path)
        while not stop.is_set():
            words = f"Texte {len(kept) + 1}."
            kept.append(keep_text(opened, "pays-d-essai", "offre", words, ("offre",)))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for at in range(4):
            before = len(kept)
            made = back_up(path, tmp_path / f"{at}.sqlite")
            with closing(sqlite3.connect(made)) as opened:
                numbers = [
                    row[0]
                    for row in opened.execute("SELECT number FROM own_text_version ORDER BY number")
                ]
            assert numbers == list(range(1, len(numbers) + 1))
            assert len(numbers) >= before
    finally:
        stop.set()
        writer.join()
    assert len(kept) > 4


def test_a_restoration_that_fails_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, hers = filled(tmp_path / "a.sqlite", "Mien."), filled(tmp_path / "b.sqlite", "Sien.")
    made = back_up(hers, tmp_path)
    copy = backup._copy

    def full(source: Path, target: Path) -> None:
        if target == mine:
            with backup._told(target):
                raise sqlite3.OperationalError("database or disk is full")
        copy(source, target)

    monkeypatch.setattr(backup, "_copy", full)
    with pytest.raises(backup.CannotWrite, match="plus de place"):
        restore(made, mine)
    assert words_of(mine) == ["Mien."]


def cut_everywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep the disk as a killed program would leave it, at each page copied and each file moved."""
    work, states = tmp_path / "work", tmp_path / "states"
    work.mkdir()
    states.mkdir()

    def keep(*_at: object) -> None:
        shutil.copytree(work, states / f"{len(list(states.iterdir())):03d}")

    def copy(source: Path, target: Path) -> None:
        with (
            closing(sqlite3.connect(source)) as here,
            closing(sqlite3.connect(target)) as there,
        ):
            here.backup(there, pages=3, progress=keep)
        keep()

    def around(change: Callable[..., object]) -> Callable[..., object]:
        def kept(*arguments: object, **options: object) -> object:
            keep()
            made = change(*arguments, **options)
            keep()
            return made

        return kept

    monkeypatch.setattr(backup, "_copy", copy)
    monkeypatch.setattr(Path, "replace", around(Path.replace))
    monkeypatch.setattr(Path, "unlink", around(Path.unlink))
    return states


def held(path: Path) -> str:
    with closing(sqlite3.connect(path)) as opened:
        return content_digest(opened)


def test_a_restoration_cut_anywhere_keeps_the_old_and_gives_whole_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    states = cut_everywhere(tmp_path, monkeypatch)
    work = tmp_path / "work"
    mine, hers = filled(work / "a.sqlite", "Mien." * 3500), filled(tmp_path / "b.sqlite", "Sien.")
    made = back_up(hers, tmp_path)
    old, new = held(mine), held(made)
    restore(made, mine)
    monkeypatch.undo()
    seen = set()
    for state in sorted(states.iterdir()):
        assert condition(state / "a.sqlite").sound
        now_there = held(state / "a.sqlite")
        asides = list(state.glob("a.avant-*.sqlite"))
        assert now_there in {old, new}
        assert all(condition(each).sound and held(each) == old for each in asides), state
        assert now_there == old or asides
        seen.add((now_there == new, bool(asides)))
    assert seen == {(False, False), (False, True), (True, True)}


def test_a_restoration_where_nothing_was_cut_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    states = cut_everywhere(tmp_path, monkeypatch)
    made = back_up(filled(tmp_path / "b.sqlite", "Sien."), tmp_path)
    restore(made, tmp_path / "work" / "a.sqlite")
    monkeypatch.undo()
    found = [each for each in states.glob("*/*.sqlite") if condition(each).sound]
    assert found == list(states.glob("*/*.sqlite"))
    assert {held(each) for each in found} == {held(made)}


def test_a_restoration_over_a_ruin_cut_anywhere_keeps_the_ruin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = back_up(filled(tmp_path / "b.sqlite", "Sien."), tmp_path)
    states = cut_everywhere(tmp_path, monkeypatch)
    mine = tmp_path / "work" / "a.sqlite"
    ruin, journal = b"x" * 9000, b"y" * 500
    mine.write_bytes(ruin)
    mine.with_name("a.sqlite-wal").write_bytes(journal)
    restore(made, mine)
    monkeypatch.undo()
    assert held(mine) == held(made)
    for state in sorted(states.iterdir()):
        names = [path.name for path in state.glob("a.*") if path.is_file()]
        bases = {state / name for name in names if name.endswith(".sqlite")}
        assert any(
            base.read_bytes() == ruin
            and base.with_name(base.name + "-wal").is_file()
            and base.with_name(base.name + "-wal").read_bytes() == journal
            for base in bases
        ), names
        assert all(base.read_bytes() == ruin or condition(base).sound for base in bases)


def test_a_backup_cut_anywhere_is_whole_or_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    states = cut_everywhere(tmp_path, monkeypatch)
    mine = filled(tmp_path / "a.sqlite", "Mien." * 3500)
    made = back_up(mine, tmp_path / "work", moment=NOON)
    monkeypatch.undo()
    copies = list(states.glob(f"*/{made.name}"))
    assert copies
    assert len(copies) < len(list(states.iterdir()))
    assert all(condition(each).sound and held(each) == held(mine) for each in copies)


def test_what_a_killed_copy_left_goes_away_later(tmp_path: Path) -> None:
    mine = filled(tmp_path / "a.sqlite")
    made = back_up(mine, tmp_path, moment=NOON)
    left = tmp_path / f".{made.name}.abc.tmp"
    left.mkdir()
    (left / made.name).write_bytes(b"half")
    made.unlink()
    assert back_up(mine, made, moment=NOON) == made
    assert left.exists(), "another program may still be writing it"
    os.utime(left, (0, 0))
    made.unlink()
    back_up(mine, made, moment=NOON)
    assert not left.exists()


def test_a_database_for_a_team_has_its_own_backups(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="pg_dump"):
        back_up("postgresql://equipe:secret@hote/base", tmp_path)
    with pytest.raises(BadInput) as told:
        restore(filled(tmp_path / "a.sqlite"), "postgresql://equipe:secret@hote/base")
    assert "secret" not in str(told.value)


def test_columns_of_a_sealed_file_are_those_of_the_models(tmp_path: Path) -> None:
    path = filled(tmp_path / "a.sqlite")
    made = back_up(path, tmp_path)
    restore(made, path)
    with Workspace.open(path).engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM own_text_version")).scalar() == 1
        names = {row[0] for row in connection.execute(text("SELECT name FROM sqlite_master"))}
    assert integrity.SEAL not in names
