"""The artificial territory, written in the producers' shapes, is read whole and told true."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from assemblier.demo import WrittenTerritory, write_raw
from assemblier.sources.catalogue import Catalogue
from assemblier.sources.readers.contract import Ignored, Recognised
from assemblier.sources.readers.raw import RawFile
from assemblier.sources.readers.registry import recognise
from assemblier.tables import TABLES, checked

IGNORED = {"v_commune_depuis_1943.csv", "anct_zonages_2020.csv", "zonage_medecins_zonmed.csv"}


@pytest.fixture(scope="module")
def territory(tmp_path_factory: pytest.TempPathFactory) -> WrittenTerritory:
    return write_raw(tmp_path_factory.mktemp("brut"))


@pytest.fixture(scope="module")
def read(territory: WrittenTerritory) -> dict[str, tuple[Recognised, dict[str, pd.DataFrame]]]:
    found = {}
    for path in sorted(path for path in territory.root.rglob("*") if path.is_file()):
        file = RawFile(path, "0" * 64)
        known = recognise(file)
        if isinstance(known, Ignored):
            assert path.name in IGNORED, f"{path.name}: {known.reason}"
            continue
        reader, what = known
        tables: dict[str, list[pd.DataFrame]] = {}
        for extract in reader.read(file, what):
            frame, problems = checked(
                extract.frame, TABLES[extract.table], file=path.name, headings=extract.headings
            )
            assert not problems, problems[:3]
            assert len(frame), f"{path.name}: {extract.table} is empty"
            tables.setdefault(extract.table, []).append(frame)
        whole = {name: pd.concat(parts, ignore_index=True) for name, parts in tables.items()}
        found[path.name] = (what, whole)
    return found


def table(read, name: str) -> pd.DataFrame:
    """The rows of a table from whichever files bring it."""
    parts = [
        tables[name].assign(card=what.card) for what, tables in read.values() if name in tables
    ]
    return pd.concat(parts, ignore_index=True)


def test_every_file_brings_rows_without_problem(read) -> None:
    assert len(read) > 60


def test_each_card_exists(read) -> None:
    known = {card.id for card in Catalogue.load().cards}
    unknown = {what.card.split("@")[0] for what, _ in read.values()} - known
    assert unknown <= {"cartosante-flux-mg", "enquete-habitants"}


def test_populations_are_the_true_ones(read, territory: WrittenTerritory) -> None:
    frame = table(read, "population")
    frame = frame[(frame["annee"] == 2022) & (frame["card"].str.contains("historiques"))]
    assert frame["population"].sum() == pytest.approx(territory.truths.population.sum(), rel=1e-3)


def test_published_apl_is_the_true_one(read, territory: WrittenTerritory) -> None:
    apl = table(read, "apl")
    apl = apl[(apl["annee"] == 2024) & (apl["profession"] == "mg") & (apl["ages"] == "tous")]
    said = apl.set_index("code")["apl"].reindex(territory.truths.codes).to_numpy(dtype=float)
    assert np.isfinite(said).all()
    assert np.abs(said - territory.truths.apl[2024]).max() < 0.06


def test_two_shapes_of_the_same_facilities_agree(read) -> None:
    """Located points and counts of the BPE come from one truth through two files."""
    frame = table(read, "equipement")
    frame = frame[(frame["annee"] == 2025) & frame["type"].isin(["D265", "D281", "D307"])]
    sums = frame.pivot_table("nombre", ["code", "type"], "card", aggfunc="sum").dropna()
    assert len(sums) > 50
    assert (sums["insee-bpe@2025"] == sums["insee-bpe-localisee@2025"]).all()


def test_the_list_of_the_territory_is_whole(read, territory: WrittenTerritory) -> None:
    frame = table(read, "liste_communes")
    listed = set(frame.loc[frame["genre"] == "territoire", "code"])
    assert listed == set(territory.communes)


def test_finess_layouts_speak_of_the_same_establishments(read) -> None:
    frame = table(read, "etablissement")
    sites = frame.groupby("card")["finess"].agg(set)
    assert len(sites) == 3
    assert sites.iloc[0] == sites.iloc[1] == sites.iloc[2]
    codes = frame.groupby("finess")["code"].agg(lambda cells: len(set(cells)))
    assert (codes == 1).all()


def test_no_doctor_is_named(read) -> None:
    frame = read[next(name for name in read if name.startswith("PS_LibreAcces"))][1][
        "professionnel"
    ]
    assert frame["pseudonyme"].str.fullmatch("[0-9a-f]{16}").all()
