"""Every real open file at hand: recognised by its content, read without problem, row by row true.

The figures were counted in the raw files with grep, awk and an independent script.
"""

from __future__ import annotations

import csv
import gzip
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from assemblier.sources.catalogue import Catalogue
from assemblier.sources.readers.contract import Extract, Ignored, Reader, Recognised
from assemblier.sources.readers.raw import RawFile
from assemblier.sources.readers.registry import recognise
from assemblier.tables import TABLES, checked

pytestmark = pytest.mark.real

IGNORED = {
    "README.md": "documentation",
    "divers/entete_PS_LibreAcces_Personne_activite.txt": "sans aucune donnée",
    "zonages/anct_zonages_2020.csv": "sans code de commune",
    "zonages/zonage_medecins_zonmed.csv": "code postal",
    "snds/": "remboursements",
}
ROWS = {
    "divers/cnam_effectifs_departement_2024.csv": {"professionnel_departement": 3333},
    "divers/drees_rpps_effectifs_2013_2014.csv": {"professionnel_departement": 33128},
    "divers/finess_gironde_2017.csv": {"etablissement": 2007},
    "divers/population_departement_age_2009_2014.csv": {"population_departement_age": 24000},
    "divers/rpps_gironde_2017_par_commune.csv": {"professionnel_commune": 224},
    "drees/APL2016_MG.xlsx": {"apl": 69664, "population_standardisee": 34832},
    "finess/finess_etablissements_occitanie_2026.csv": {"etablissement": 10007},
    "finess/finess_activites_soin_ancien_csv_extrait40.csv": {"activite_soin": 39},
    "finess/nomenclature_categorie_finess.csv": {"categorie_etablissement": 274},
    "insee/bpe18_ensemble_csv.zip": {"equipement": 1035564},
    "insee/ecoles_2026_par_commune.csv": {"ecole": 6 * 21234},
    "insee/pyramide_villes_occitanie_rp2021.csv": {"population_age": 2 * 2525},
    "sante/departements_medecins55plus_pathologies.csv": {"part_departement": 3 * 105},
    "temps/isere_voiture_osrm_2021.csv": {"temps": 512 * 511},
    "temps/communes_vers_paris_osrm.csv": {"temps": 34838, "point": 34838},
    "temps/gironde_metric_heures_creuses.dbf": {"temps": 2500},
    "temps/gironde_osrm.csv": {"temps": 2500},
    "territoires/centre_ouest_bretagne_2018.csv": {"liste_communes": 96},
}


def raw_file(path: Path) -> RawFile:
    return RawFile(path, "0" * 64)


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


@pytest.fixture(scope="module")
def read(real_data: Path) -> dict[str, tuple[Reader, Recognised, list[Extract]] | Ignored]:
    """Every file once: what it is and what it brings."""
    found: dict[str, tuple[Reader, Recognised, list[Extract]] | Ignored] = {}
    for path in files(real_data):
        raw = raw_file(path)
        known = recognise(raw)
        name = path.relative_to(real_data).as_posix()
        if isinstance(known, Ignored):
            found[name] = known
        else:
            reader, what = known
            found[name] = (reader, what, list(reader.read(raw, what)))
    return found


def test_each_file_is_recognised_or_ignored_for_a_stated_reason(read) -> None:
    for name, known in read.items():
        expected = next((why for start, why in IGNORED.items() if name.startswith(start)), None)
        if isinstance(known, Ignored):
            assert expected is not None, f"{name}: {known.reason}"
            assert expected in known.reason
        else:
            assert expected is None, name


def test_no_row_breaks_its_declaration(read) -> None:
    for name, known in read.items():
        if isinstance(known, Ignored):
            continue
        reader, _, extracts = known
        for extract in extracts:
            assert extract.table in reader.tables
            frame, problems = checked(
                extract.frame, TABLES[extract.table], file=name, headings=extract.headings
            )
            assert not problems, f"{name}: {problems[0]}"
            assert len(frame)


def test_rows_are_as_many_as_counted(read) -> None:
    for name, tables in ROWS.items():
        _, _, extracts = read[name]
        counted: dict[str, int] = {}
        for extract in extracts:
            counted[extract.table] = counted.get(extract.table, 0) + len(extract.frame)
        assert counted == tables, name


def test_each_card_and_edition_exists(read) -> None:
    cards = Catalogue.load().cards
    known = {f"{card.id}@{edition.vintage}" for card in cards for edition in card.editions}
    said = {name: found[1].card for name, found in read.items() if not isinstance(found, Ignored)}
    assert {name: card for name, card in said.items() if card not in known} == {}


def test_a_file_is_known_whatever_its_name(read, real_data: Path, tmp_path: Path) -> None:
    for at, (name, known) in enumerate(read.items()):
        link = tmp_path / f"x{at:03d}"
        link.symlink_to(real_data / name)
        again = recognise(raw_file(link))
        if isinstance(known, Ignored):
            assert isinstance(again, Ignored), name
        elif isinstance(again, Ignored):
            assert "nom du fichier" in again.reason, name
        else:
            assert again[0].id == known[0].id, name
            if again[1].card != known[1].card:
                said = " ".join((*again[1].notes, *known[1].notes))
                assert "nom" in said, name


def records(path: Path, sheet: str | None) -> list[list[str]]:
    """The raw records, read by other means than the readers'."""
    content = path.read_bytes()
    if content[:2] == b"\x1f\x8b":
        content = gzip.decompress(content)
    if sheet is not None:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        rows = book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
        return [[str(cell) for cell in row] for row in rows]
    if content[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            content = archive.read(archive.namelist()[0])
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252")
    separator = ";" if text.splitlines()[-1].count(";") > text.splitlines()[-1].count(",") else ","
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))


def text_files(read, real_data: Path) -> Iterator[tuple[str, list[Extract]]]:
    for name, known in read.items():
        if isinstance(known, Ignored) or not name.endswith((".csv", ".csv.gz", ".zip")):
            continue
        yield name, known[2]


IDENTIFIERS = ("code", "finess", "tvs", "origine", "zone", "categorie", "type", "code_from")


def number(cell: str) -> float | None:
    try:
        return float(cell.replace(",", ".").replace(" ", ""))
    except ValueError:
        return None


def test_the_row_said_is_the_row_of_the_raw_file(read, real_data: Path) -> None:
    drawn = np.random.default_rng(20261122)
    compared = 0
    for name, extracts in text_files(read, real_data):
        raw = records(real_data / name, None)
        for extract in extracts:
            frame = extract.frame
            names = [column for column in IDENTIFIERS if column in frame]
            if extract.table == "equipement_tvs":
                names.remove("type")  # a heading, not a cell
            for at in drawn.integers(len(frame), size=12):
                row = frame.iloc[int(at)]
                line = [cell.strip() for cell in raw[int(row["_row"]) - 1]]
                padded = [cell.zfill(5).upper() for cell in line] + line
                padded += [cell.removeprefix("FR_") for cell in line]
                for column in names:
                    value = row[column]
                    if pd.isna(value):
                        continue
                    whole = "".join(line)
                    fine = (
                        value in padded
                        or str(value) in whole
                        or number(str(value)) in {number(cell) for cell in line}
                    )
                    assert fine, (name, extract.table, column, value, line)
                    compared += 1
    assert compared > 1000


def test_values_of_a_workbook_are_those_of_their_row(read, real_data: Path) -> None:
    name = "drees/apl_generalistes_drees_2022_2023.xlsx"
    raw = records(real_data / name, "APL 2023")
    apl = next(
        e.frame
        for e in read[name][2]
        if e.table == "apl"
        and e.frame["annee"].iloc[0] == 2023
        and e.frame["ages"].iloc[0] == "tous"
    )
    for at in np.random.default_rng(3).integers(len(apl), size=50):
        row = apl.iloc[int(at)]
        line = raw[int(row["_row"]) - 1]
        assert row["code"] in line
        values = [number(cell) for cell in line]
        said = float(row["apl"])
        assert any(value is not None and abs(value - said) < 1e-9 for value in values)


def test_cnam_totals_are_the_sum_of_what_was_kept(read, real_data: Path) -> None:
    """Dropping *Ensemble des médecins généralistes* loses nobody: its two parts remain."""
    raw = pd.read_csv(real_data / "divers/cnam_effectifs_departement_2024.csv", dtype=str)
    total = raw[raw["profession_sante"] == "Ensemble des médecins généralistes"]
    total = total[total["departement"] != "999"]["effectif"].astype(float).sum()
    kept = read["divers/cnam_effectifs_departement_2024.csv"][2][0].frame
    parts = kept[kept["profession"].str.startswith("Médecins généralistes")]
    assert parts["effectif"].astype(float).sum() == pytest.approx(total)
    assert "999" not in set(kept["departement"])
    assert {"01", "2A", "2B", "971", "976"} <= set(kept["departement"])


def test_metric_and_osrm_speak_of_the_same_pairs(read) -> None:
    metric = read["temps/gironde_metric_heures_creuses.dbf"][2][0].frame
    osrm = read["temps/gironde_osrm.csv"][2][0].frame
    keys = ["x_origine", "y_origine", "x_destination", "y_destination"]
    left = metric[keys].astype(float).round(0).assign(metric=metric["secondes"])
    right = osrm[keys].astype(float).round(0).assign(osrm=osrm["secondes"])
    both = left.merge(right, on=keys)
    assert len(both) == 2500
    reached = both.dropna()
    assert len(reached) < len(both), "9999 is no time"
    assert reached["metric"].max() < 4 * 3600
    assert reached[["metric", "osrm"]].corr().iloc[0, 1] > 0.9


def test_finess_structures_stand_in_their_commune(read) -> None:
    """Degrees are chosen by value whichever pair holds them: all fall in the right country."""
    frame = read["finess/finess_structures_202607_echantillon_sans_contact.json.gz"][2][0].frame
    here = frame[frame["code"].str[:2].ne("97") & frame["longitude"].notna()]
    assert here["longitude"].astype(float).between(-6, 10).all()
    assert here["latitude"].astype(float).between(41, 52).all()
    guyane = frame[frame["code"].str.startswith("973") & frame["longitude"].notna()]
    assert len(guyane)
    assert guyane["longitude"].astype(float).between(-55, -51).all()


def test_legal_populations_are_in_the_communes_their_number_tells(read) -> None:
    """34,858 communes and the 17 of Mayotte are the 34,875 of 2025; the areas are older."""
    extracts = read["insee/communes_acces_aav_pop_2010_2026.csv"][2]
    assert {extract.cog for extract in extracts if extract.table == "population"} == {2025}
