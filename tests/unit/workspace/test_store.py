"""The workspace: opened, brought forward, written by two at once; nothing kept is lost."""

from __future__ import annotations

import importlib
import multiprocessing
import pkgutil
import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from assemblier import workspace as package
from assemblier.errors import BadInput, MissingSource
from assemblier.territory.selection import Selection
from assemblier.territory.territory import Declared, TerritorySpec
from assemblier.workspace import schema, store
from assemblier.workspace.model import Base, TerritoryRow
from assemblier.workspace.scenarios import keep_scenarios, kept_scenarios
from assemblier.workspace.store import Workspace
from assemblier.workspace.territories import keep_territory, kept_territories, kept_territory
from assemblier.workspace.texts import keep_text, own_texts, text_history

CHAPTERS = ("offre", "synthese")
PAYS = TerritorySpec(
    name="Pays d’Essai",
    selections=(Selection("epci", "200000001"),),
    declared=(Declared(98, "l’encadré"), Declared(108, "le texte")),
)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.open(tmp_path / "a.sqlite", create=True)


def test_files_of_scenarios_keep_their_history(workspace: Workspace) -> None:
    assert keep_scenarios(workspace, "pays", "") == 0
    assert keep_scenarios(workspace, "pays", "territory: pays\n") == 1
    assert keep_scenarios(workspace, "pays", "territory: pays") == 1
    assert keep_scenarios(workspace, "pays", "") == 2
    assert keep_scenarios(workspace, "ailleurs", "territory: ailleurs\n") == 1
    told = [(each.number, each.text) for each in kept_scenarios(workspace, "pays")]
    assert told == [(1, "territory: pays\n"), (2, "")]


def test_the_tables_are_those_of_the_models(workspace: Workspace) -> None:
    for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        importlib.import_module(module.name)
    with workspace.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_the_head_is_the_last_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(schema.__file__).parent / "migrations"))
    scripts = ScriptDirectory.from_config(config)
    assert scripts.get_current_head() == schema.HEAD
    assert scripts.get_bases() == [schema.FIRST]


def test_a_workspace_is_made_only_when_asked(tmp_path: Path) -> None:
    with pytest.raises(MissingSource, match="territory add"):
        Workspace.open(tmp_path / "none.sqlite")
    assert not list(tmp_path.iterdir())


def old_workspace(path: Path) -> None:
    """Write a workspace as it was before versions were written down."""
    with sqlite3.connect(path) as made:
        made.executescript(
            """
            CREATE TABLE territory (slug VARCHAR(80) NOT NULL PRIMARY KEY, name VARCHAR(200) NOT NULL,
                current INTEGER NOT NULL, revision INTEGER NOT NULL);
            CREATE TABLE territory_version (id INTEGER NOT NULL PRIMARY KEY, slug VARCHAR(80) NOT NULL
                REFERENCES territory(slug), number INTEGER NOT NULL, created DATETIME NOT NULL,
                why TEXT NOT NULL, spec JSON NOT NULL, UNIQUE (slug, number));
            CREATE TABLE job (id VARCHAR(32) NOT NULL PRIMARY KEY, usecase VARCHAR(80) NOT NULL,
                asked JSON NOT NULL, state VARCHAR(12) NOT NULL, done FLOAT NOT NULL,
                said TEXT NOT NULL, result JSON, created DATETIME NOT NULL, ended DATETIME,
                cancel INTEGER NOT NULL);
            CREATE TABLE own_text (territory VARCHAR(80) NOT NULL, chapter VARCHAR(40) NOT NULL,
                text TEXT NOT NULL, changed DATETIME NOT NULL, PRIMARY KEY (territory, chapter));
            INSERT INTO territory VALUES ('pays', 'Pays', 1, 1);
            INSERT INTO territory_version VALUES
                (1, 'pays', 1, '2026-01-02 03:04:05', '', '{"name": "Pays", "listed": ["22001"]}');
            INSERT INTO own_text VALUES ('pays', 'offre', 'Deux départs.', '2026-01-02 03:04:05');
            """
        )
    made.close()


def test_an_old_workspace_comes_forward_with_all_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "old.sqlite"
    old_workspace(path)
    before = sqlite_dump(path)
    opened = Workspace.open(path)
    assert kept_territory(opened, "pays").spec.listed == ("22001",)
    assert own_texts(opened, "pays") == {"offre": "Deux départs."}
    assert text_history(opened, "pays")[0].number == 1
    assert sqlite_dump(tmp_path / "old.avant-0001.sqlite") == before
    # once is enough
    Workspace.open(path)
    assert len(list(tmp_path.glob("*.avant-*"))) == 1
    with opened.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_a_step_that_fails_leaves_the_workspace_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "old.sqlite"
    old_workspace(path)
    before = sqlite_dump(path)
    monkeypatch.setattr(schema, "HEAD", "9999")
    with pytest.raises(Exception, match="9999"):
        Workspace.open(path)
    monkeypatch.undo()
    assert sqlite_dump(path) == before
    assert own_texts(Workspace.open(path), "pays") == {"offre": "Deux départs."}


def sqlite_dump(path: Path) -> list[str]:
    opened = sqlite3.connect(path)
    try:
        return list(opened.iterdump())
    finally:
        opened.close()


def test_a_workspace_of_a_newer_program_is_refused(workspace: Workspace) -> None:
    with workspace.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9000'"))
    with pytest.raises(BadInput, match="plus récente"):
        Workspace.open(workspace.address)


def test_another_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "photos.sqlite"
    with sqlite3.connect(path) as made:
        made.execute("CREATE TABLE photo (id INTEGER)")
    made.close()
    with pytest.raises(BadInput, match="autre chose"):
        Workspace.open(path)
    assert inspect(Workspace.open(tmp_path / "b.sqlite", create=True).engine).has_table("territory")


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.sqlite"
    path.write_text("ceci n’est pas une base, mais il faut plus de cent octets pour le dire " * 20)
    with pytest.raises(BadInput, match="espace de travail lisible"):
        Workspace.open(path)
    assert path.read_text().startswith("ceci")


def test_a_network_drive_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "_on_network", lambda _folder: True)
    with pytest.raises(BadInput, match="lecteur réseau"):
        Workspace.open(tmp_path / "a.sqlite", create=True)


def _open_at_once(path: str, gate: object, told: object) -> None:
    gate.wait()  # type: ignore[attr-defined]
    try:
        Workspace.open(path, create=True)
        told.put("ok")  # type: ignore[attr-defined]
    except Exception as error:  # noqa: BLE001
        told.put(repr(error))  # type: ignore[attr-defined]


def test_two_programs_make_the_same_workspace_at_once(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    gate, told = spawn.Barrier(3), spawn.Queue()
    path = str(tmp_path / "a.sqlite")
    both = [spawn.Process(target=_open_at_once, args=(path, gate, told)) for _ in range(3)]
    for each in both:
        each.start()
    assert [told.get(timeout=120) for _ in both] == ["ok"] * 3
    for each in both:
        each.join(30)


def test_territories_keep_their_versions(workspace: Workspace) -> None:
    first = keep_territory(workspace, PAYS)
    with pytest.raises(BadInput, match="existe déjà"):
        keep_territory(workspace, PAYS)
    other = TerritorySpec(name="Pays d’Essai", listed=("22001", "22002"), cog=2018)
    second = keep_territory(workspace, other, why="retrait d’une commune", replace=True)
    assert (first.version, second.version) == (1, 2)
    assert kept_territory(workspace, "Pays d’Essai").spec == other
    assert kept_territory(workspace, "pays-d-essai", version=1).spec == PAYS
    keep_territory(workspace, TerritorySpec(name="Autre", listed=("29001",)))
    assert [each.name for each in kept_territories(workspace)] == ["Autre", "Pays d’Essai"]
    with pytest.raises(MissingSource, match="Autre, Pays d’Essai"):
        kept_territory(workspace, "ailleurs")


def test_two_people_change_the_same_territory(workspace: Workspace) -> None:
    keep_territory(workspace, PAYS)

    def hers_while_mine_is_open() -> None:
        with workspace.session() as mine:
            row = mine.get_one(TerritoryRow, "pays-d-essai")
            hers = Workspace.open(workspace.address)
            keep_territory(hers, PAYS, why="elle d’abord", replace=True)
            row.name = "Mon nom"

    with pytest.raises(BadInput, match="entre-temps"):
        hers_while_mine_is_open()
    assert kept_territory(workspace, "pays-d-essai").why == "elle d’abord"


def test_texts_keep_their_history(workspace: Workspace) -> None:
    def keep(words: str, after: int | None = None) -> int:
        return keep_text(workspace, "pays", "offre", words, CHAPTERS, after=after)

    assert keep("Un départ.", 0) == 1
    assert keep("Un départ.") == 1  # the same words are no new version
    assert keep("Deux départs.", 1) == 2
    with pytest.raises(BadInput, match="entre-temps"):
        keep("Trois départs.", 1)
    assert own_texts(workspace, "pays") == {"offre": "Deux départs."}
    assert keep(" \n") == 3
    assert own_texts(workspace, "pays") == {}
    assert [each.text for each in text_history(workspace, "pays")] == [
        "Un départ.",
        "Deux départs.",
        "",
    ]
    with pytest.raises(BadInput, match="chapitre inconnu"):
        keep_text(workspace, "pays", "cuisine", "x", CHAPTERS)
    with pytest.raises(BadInput, match="trop long"):
        keep("x" * 20_001)
