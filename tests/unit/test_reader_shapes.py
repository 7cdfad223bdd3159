"""Shapes of producers that are not at hand, written here small by hand with their traps."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from shapely import from_wkb

from assemblier.errors import BadInput, Problem
from assemblier.sources.readers.contract import Ignored, Recognised
from assemblier.sources.readers.raw import RawFile
from assemblier.sources.readers.registry import recognise
from assemblier.tables import TABLES, checked

Tables = dict[str, pd.DataFrame]


def known_and_read(
    folder: Path, content: bytes | str, name: str = "fichier"
) -> tuple[Recognised, Tables, list[str]]:
    """Write, recognise, read and check a file; problems fail the test."""
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    file = RawFile(path, "0" * 64)
    known = recognise(file)
    assert not isinstance(known, Ignored), known.reason
    reader, what = known
    parts: dict[str, list[pd.DataFrame]] = {}
    notes = list(what.notes)
    for extract in reader.read(file, what):
        assert extract.table in reader.tables
        frame, problems = checked(
            extract.frame, TABLES[extract.table], file=name, headings=extract.headings
        )
        assert not problems, problems[:3]
        parts.setdefault(extract.table, []).append(frame)
        notes.extend(extract.notes)
    return what, {k: pd.concat(v, ignore_index=True) for k, v in parts.items()}, notes


def problems_of(folder: Path, content: str) -> list[Problem]:
    path = folder / "fichier.csv"
    path.write_bytes(content.encode())
    file = RawFile(path, "0" * 64)
    known = recognise(file)
    assert not isinstance(known, Ignored), known.reason
    reader, what = known
    found: list[Problem] = []
    for extract in reader.read(file, what):
        table = TABLES[extract.table]
        found += checked(extract.frame, table, file="fichier.csv", headings=extract.headings)[1]
    return found


def zipped(**members: str) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name, text in members.items():
            archive.writestr(name.replace("__", "."), text)
    return held.getvalue()


def workbook(**sheets: list[list[object]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


def rows(frame: pd.DataFrame, *names: str) -> set[tuple[object, ...]]:
    return {
        tuple(None if pd.isna(v) else v for v in row)
        for row in frame[list(names)].itertuples(index=False, name=None)
    }


def test_legal_populations(tmp_path: Path) -> None:
    text = (
        "REG;Région;DEP;CODARR;CODCAN;CODCOM;COM;Commune;PMUN;PCAP;PTOT\n"
        "84;Auvergne-Rhône-Alpes;1;2;08;001;1001;L'Abergement-Clémenciat;859;14;873\n"
        "94;Corse;2A;1;01;004;2A004;Ajaccio;73 822;1 000;74 822\n"
        "01;Guadeloupe;971;1;99;01;97101;Les Abymes;50000;10;50010\n"
    )
    content = zipped(metadonnees_communes__csv="COD_VAR;LIB_VAR\n", donnees_communes__csv=text)
    what, tables, _ = known_and_read(tmp_path, content, "populations_legales_2022.zip")
    assert what.card == "insee-populations-legales@2022"
    assert rows(tables["population"], "code", "annee", "genre", "population", "_row") == {
        ("01001", 2022, "municipale", 859.0, 2),
        ("01001", 2022, "totale", 873.0, 2),
        ("2A004", 2022, "municipale", 73822.0, 3),
        ("2A004", 2022, "totale", 74822.0, 3),
        ("97101", 2022, "municipale", 50000.0, 4),
        ("97101", 2022, "totale", 50010.0, 4),
    }
    path = tmp_path / "ensemble.zip"
    path.write_bytes(content)
    unnamed = recognise(RawFile(path, ""))
    assert isinstance(unnamed, Ignored)
    assert "nom du fichier" in unnamed.reason


def test_census_age_bands_keep_decimals_and_drop_overlapping_classes(tmp_path: Path) -> None:
    text = (
        "CODGEO;P22_POP;P22_POP0014;P22_POP1529;P22_POP3044;P22_POP4559;P22_POP6074;P22_POP7589;"
        "P22_POP90P;P22_H0019;P22_H2064;P22_H65P;P22_H0014;P22_H1529;P22_H3044;P22_H4559;P22_H6074;"
        "P22_H7589;P22_H90P\n"
        "1001;100;10,5;20.5;30;15;14;8;2;1;1;1;5;10;15;7;7;3;1\n"
    )
    what, tables, _ = known_and_read(tmp_path, zipped(b__CSV=text))
    ages = tables["population_age"]
    assert what.card == "insee-rp-age-tranches@2022"
    everyone = ages[ages["sexe"] == "T"]
    assert everyone["population"].sum() == 100
    assert rows(everyone, "age_min", "age_max") == {
        (0, 14), (15, 29), (30, 44), (45, 59), (60, 74), (75, 89), (90, 120),
    }  # fmt: skip
    assert rows(ages[ages["sexe"] == "H"], "age_min", "age_max") == rows(
        everyone, "age_min", "age_max"
    )
    assert set(ages["code"]) == {"01001"}


def test_melodi_ages_never_mix_totals_with_details(tmp_path: Path) -> None:
    head = "GEO;GEO_OBJECT;AGE;SEX;RP_MEASURE;TIME_PERIOD;OBS_VALUE\n"
    ages = {"_T": 10, "Y0T14": 3, "Y_GE15": 7, "Y15T29": 2, "Y15T19": 1, "Y_GE30": 5}
    text = head + "".join(
        f'"2025-COM-01001";"COM";"{age}";"{sex}";"POP";"2022";{value}\n'
        for age, value in ages.items()
        for sex in ("_T", "F", "M")
    )
    text += '"2025-DEP-01";"DEP";"_T";"_T";"POP";"2022";99999\n'
    text += '"2025-COM-01001";"COM";"Y0T14";"_T";"HOUSEHOLD";"2022";777\n'
    what, tables, notes = known_and_read(tmp_path, text)
    assert (what.cog, what.cog_sure) == (2025, True)
    frame = tables["population_age"]
    assert rows(frame[frame["sexe"] == "T"], "code", "age_min", "age_max", "population") == {
        ("01001", 0, 14, 3.0),
        ("01001", 15, 29, 2.0),
        ("01001", 30, 120, 5.0),
    }
    assert set(frame["sexe"]) == {"T", "F", "H"}
    assert any("_T" in note and "Y15T19" in note for note in notes)


def test_melodi_populations(tmp_path: Path) -> None:
    text = (
        "FREQ;GEO;GEO_OBJECT;POPREF_MEASURE;TIME_PERIOD;OBS_VALUE\n"
        "A;COM-01001;COM;PMUN;2023;859\nA;01002;COM;PMUN;2023;267\n"
        "A;COM-01001;COM;PCAP;2023;14\nA;FRANCE-F;FRANCE;PMUN;2023;68000000\n"
    )
    what, tables, notes = known_and_read(tmp_path, text)
    assert what.card == "insee-populations-historiques@melodi-2023"
    assert rows(tables["population"], "code", "annee", "genre", "population", "_row") == {
        ("01001", 2023, "municipale", 859.0, 2),
        ("01002", 2023, "municipale", 267.0, 3),
    }
    assert any("PCAP" in note for note in notes)


def test_filosofi_2023_tells_secret_from_value(tmp_path: Path) -> None:
    text = (
        "GEO;GEO_OBJECT;FILOSOFI_MEASURE;UNIT_MEASURE;UNIT_MULT;CONF_STATUS;OBS_STATUS;"
        "TIME_PERIOD;OBS_VALUE\n"
        "01001;COM;MED_SL;EUR_YR;0;F;A;2023;24660\n"
        "01001;COM;PR_MD60;PT;0;C;A;2023;\n"
        "01002;COM;MED_SL;EUR_YR;0;F;O;2023;\n"
        "01004;COM;S_SOC_BEN_DI;EUR;3;F;A;2023;1,5\n"
    )
    what, tables, _ = known_and_read(tmp_path, text)
    assert what.card == "insee-filosofi@2023"
    assert rows(tables["revenu"], "code", "mesure", "valeur", "secret") == {
        ("01001", "MED_SL", 24660.0, False),
        ("01001", "PR_MD60", None, True),
        ("01002", "MED_SL", None, True),
        ("01004", "S_SOC_BEN_DI", 1500.0, False),
    }


def test_bpe_counts_of_the_long_file(tmp_path: Path) -> None:
    text = (
        "BPE_MEASURE;FACILITY_DOM;FACILITY_SDOM;FACILITY_TYPE;GEO;GEO_OBJECT;TIME_PERIOD;OBS_VALUE\n"
        '"FACILITIES";"D";"D2";"D265";"01004";"COM";"2025";"12"\n'
        '"FACILITIES";"D";"_T";"_T";"01004";"COM";"2025";"99"\n'
        '"FACILITIES";"D";"D2";"D265";"01";"DEP";"2025";"400"\n'
        '"CAPACITY";"D";"D4";"D401";"01004";"COM";"2025";"80"\n'
    )
    what, tables, _ = known_and_read(tmp_path, text)
    assert what.card == "insee-bpe@2025"
    assert rows(tables["equipement"], "code", "type", "annee", "nombre") == {
        ("01004", "D265", 2025, 12.0)
    }


BPE_HEAD = "AN;LIBCOM;DEPCOM;TYPEQU;LAMBERT_X;LAMBERT_Y;LONGITUDE;LATITUDE;QUALITE_XY;DCIRIS\n"


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_located_bpe_counts_and_places(tmp_path: Path, form: str) -> None:
    lines = [
        "2025;Paris;75101;D265;652469.0;6862035.0;;;Bonne;751010101",
        "2025;Paris;75101;D265;6862035.0;652469.0;;;Bonne;751010101",
        "2025;Bourg;1053;B207;870000.5;6570000.5;;;Bonne;01053",
        "2025;Abymes;97101;D265;660000;1800000;-61,5;16,27;Acceptable;97101",
    ]
    content: bytes = (BPE_HEAD + "\n".join(lines) + "\n").encode()
    if form == "parquet":
        heads = BPE_HEAD.strip().split(";")
        columns = zip(*(line.split(";") for line in lines), strict=True)
        held = io.BytesIO()
        pq.write_table(pa.table({h: list(c) for h, c in zip(heads, columns, strict=True)}), held)
        content = held.getvalue()
    what, tables, notes = known_and_read(tmp_path, content)
    assert what.card == "insee-bpe-localisee@2025"
    assert rows(tables["equipement"], "code", "iris", "type", "nombre") == {
        ("75101", "751010101", "D265", 2.0),
        ("01053", "01053", "B207", 1.0),
        ("97101", "97101", "D265", 1.0),
    }
    points = tables["equipement_point"]
    assert set(points["type"]) == {"D265"}
    paris = points[points["code"] == "75101"]
    # the Louvre, whichever column is first
    assert paris["longitude"].tolist() == pytest.approx([2.3515, 2.3515], abs=0.01)
    assert paris["latitude"].tolist() == pytest.approx([48.857, 48.857], abs=0.01)
    abymes = points[points["code"] == "97101"].iloc[0]
    assert (abymes["longitude"], abymes["latitude"]) == (-61.5, 16.27)
    assert any("inversées" in note for note in notes)


def test_bpe_labels_that_changed_meaning_are_refused(tmp_path: Path) -> None:
    good = "TYPEQU;Libelle_TYPEQU\nD265;Médecin généraliste\nD281;Infirmier\n"
    what, tables, _ = known_and_read(tmp_path, good, "TYPEQU_2025.csv")
    assert what.card == "insee-bpe-nomenclature@2025"
    assert len(tables["libelle_equipement"]) == 2
    bad = "TYPEQU;Libelle_TYPEQU\nD251;Médecin généraliste\nD265;Gynécologue\nD307;Parfumerie\n"
    path = tmp_path / "TYPEQU_2026.csv"
    path.write_text(bad, encoding="utf-8")
    file = RawFile(path, "")
    known = recognise(file)
    assert not isinstance(known, Ignored)
    with pytest.raises(BadInput) as caught:
        list(known[0].read(file, known[1]))
    assert [problem.line for problem in caught.value.problems] == [3, 4]
    assert "Gynécologue" in str(caught.value)


RPPS_HEAD = (
    "Type d'identifiant PP|Identifiant PP|Identification nationale PP|Code civilité d'exercice|"
    "Nom d'exercice|Prénom d'exercice|Code profession|Libellé profession|Code savoir-faire|"
    "Code mode exercice|Numéro FINESS site|Identifiant technique de la structure|"
    "Code postal (coord. structure)|Code commune (coord. structure)|Code secteur d'activité|\n"
)


def test_rpps_keeps_no_name_and_no_number(tmp_path: Path) -> None:
    text = RPPS_HEAD + (
        '8|10001234567|810001234567|DR|DURAND "le vieux|Ève|10|Médecin|SM54|L||R100|1000|1053|SA07|\n'
        "8|10001234567|810001234567|DR|DURAND|Ève|10|Médecin|SM54|L|010000001||01000|01053|SA52|\n"
        "8|10001234567|810001234567|DR|DURAND|Ève|10|Médecin|SM54|L|010000001||01000|01053|SA52|\n"
        "8|10009999999|810009999999|M|PETIT|Léo|60|Infirmier||L||R100|20000||SA07|\n"
    )
    what, tables, _ = known_and_read(tmp_path, text, "PS_LibreAcces.txt")
    frame = tables["professionnel"]
    assert what.card == "ans-rpps@courant"
    assert len(frame) == 3
    doctor = frame[frame["profession"] == "10"]
    assert len(set(doctor["pseudonyme"])) == 1, "rows of one person stay linked"
    assert set(doctor["code"]) == {"01053"}
    assert set(doctor["code_postal"]) == {"01000"}
    assert "010000001" in set(frame["site"])
    written = frame.to_csv()
    for secret in ("10001234567", "DURAND", "Ève", "R100", "PETIT"):
        assert secret not in written
    _, again, _ = known_and_read(tmp_path, text, "PS_LibreAcces.txt")
    assert set(again["professionnel"]["pseudonyme"]).isdisjoint(frame["pseudonyme"])


def test_finess_stock(tmp_path: Path) -> None:
    def site(number: str, commune: str, department: str, category: str) -> str:
        fields = [""] * 31
        fields[0], fields[2], fields[3] = number, "MSP", "MAISON DE SANTE"
        fields[11], fields[12], fields[17], fields[27] = commune, department, category, "2015-03-01"
        return ";".join(["structureet", *fields])

    text = "\n".join(
        [
            "finess;etalab;111;2026-05-12",
            site("010000001", "053", "01", "603"),
            site("2A0000001", "004", "2A", "124"),
            site("970100001", "105", "9A", "620"),
            "geolocalisation;010000001;870000.5;6570000.5;1,ATLASANTE;2026-01-01",
            "geolocalisation;970100001;660000;1800000;1,ATLASANTE;2026-01-01",
        ]
    )
    what, tables, notes = known_and_read(tmp_path, text.encode("cp1252"))
    frame = tables["etablissement"]
    assert what.card == "finess-etablissements@2026-05-geolocalise"
    assert rows(frame, "finess", "code", "categorie", "_row") == {
        ("010000001", "01053", "603", 2),
        ("2A0000001", "2A004", "124", 3),
        ("970100001", "97105", "620", 4),
    }
    assert frame["ouvert"].dt.year.tolist() == [2015, 2015, 2015]
    placed = frame[frame["longitude"].notna()]
    assert placed["finess"].tolist() == ["010000001"]
    assert placed["latitude"].iloc[0] == pytest.approx(46.2, abs=0.1)
    assert any("outre-mer" in note for note in notes)


def test_national_zoning(tmp_path: Path) -> None:
    head = (
        "source,date_maj,niveau,code,lib,com_code,com_lib,pop,tvs_code,tvs_lib,bvcv_code,bvcv_lib,"
        "zmed_niveau,zmed_date_arrete,zide_niveau,zide_date_arrete"
    )
    lines = [
        'ARS,30/07/2026,COM,1,x,1053,Bourg,"57 587",1053,TVS de Bourg,1053,Bourg,1_ZIP,01/06/2025,NC,',
        "ARS,30/07/2026,COM,1,x,2A004,Ajaccio,5,2A004,A,2A004,A,2_ZAC,01/06/2025,1_Tres,02/05/2024",
        "ARS,30/07/2026,QPV,9,x,2A004,Ajaccio,5,2A004,Ajaccio,2A004,Ajaccio,1_ZIP,01/06/2025,NC,",
    ]
    quoted = "\n".join(
        ",".join(f'"{cell}"' for cell in next(iter_csv(line))) for line in [head, *lines]
    )
    what, tables, _ = known_and_read(tmp_path, quoted)
    assert what.card == "atlasante-zonages@courant"
    zoning = tables["zonage_sante"]
    zoning["date"] = zoning["date"].dt.strftime("%Y-%m-%d")
    assert rows(zoning, "code", "profession", "classe", "date", "tvs") == {
        ("01053", "mg", "1_ZIP", "2025-06-01", "1053"),
        ("2A004", "mg", "2_ZAC", "2025-06-01", "2A004"),
        ("2A004", "inf", "1_Tres", "2024-05-02", None),
    }
    assert set(tables["appartenance"]["grille"]) == {"tvs2026", "bvcv2026"}


def test_doctors_zoning_leaves_out_communes_without_result(tmp_path: Path) -> None:
    text = (
        "code_insee,nom,zonage_medecins,zrr_2021,dans_cog_2026\n"
        "01001,L'Abergement-Clémenciat,2_ZAC,NC - Commune non classée,1\n"
        "97411,Saint-Denis,N/A - résultat non disponible,,1\n"
    )
    _, tables, notes = known_and_read(tmp_path, text, "zonage.csv")
    assert rows(tables["zonage_sante"], "code", "classe") == {("01001", "2_ZAC")}
    assert "1 communes sans résultat" in notes


def iter_csv(line: str) -> Iterator[list[str]]:
    return csv.reader([line])


def test_zoning_workbook_by_tvs(tmp_path: Path) -> None:
    sheet = [
        ["Source : ARS"],
        [],
        ["Code TVS", "Libellé TVS", "Zonage 2019"],
        ["01004", "Ambérieu", "1_ZIP"],
        [2001.0, "Autre", "NC"],
    ]
    what, tables, _ = known_and_read(
        tmp_path, workbook(Lisez_moi=[["x"]], Zonage_TVS=sheet), "Zonage_medecin_20191231.xlsx"
    )
    assert rows(tables["zonage_tvs"], "tvs", "classe", "_row") == {("01004", "1_ZIP", 4)}
    assert what.cog == 2019


def test_apl_workbook_with_titles_units_and_footers(tmp_path: Path) -> None:
    sheet: list[list[object]] = [
        ["Source : une ligne de titre qui commence ainsi"],
        ["APL aux médecins généralistes"],
        [],
        [
            " Code commune  INSEE",
            "Commune",
            "APL aux médecins généralistes ",
            "APL aux médecins généralistes de 65 ans et moins",
            "Population standardisée 2021 pour la médecine générale",
            "Population totale 2021",
        ],
        [None, None, "consultations par an", "consultations par an", "habitants", "habitants"],
        [1001.0, "L’Abergement", 2.5, 1.5, 850.25, 860],
        ["2A004", "Ajaccio", "3,25", "NS", 70000, 73822],
        ["75101", "Paris 1er", 5.0, 4.0, 15000, 15500],
        ["Lecture : …"],
        ["Champ : France hors Mayotte"],
    ]
    what, tables, _ = known_and_read(
        tmp_path, workbook(**{"Lisez-moi": [["x"]], "APL 2023": sheet})
    )
    assert what.card == "drees-apl-mg@2023"
    apl = tables["apl"]
    assert rows(apl, "code", "annee", "ages", "apl", "_row") == {
        ("01001", 2023, "tous", 2.5, 6),
        ("2A004", 2023, "tous", 3.25, 7),
        ("75101", 2023, "tous", 5.0, 8),
        ("01001", 2023, "65", 1.5, 6),
        ("2A004", 2023, "65", None, 7),
        ("75101", 2023, "65", 4.0, 8),
    }


def test_demography_workbook_drops_totals_and_keeps_nd_missing(tmp_path: Path) -> None:
    head = [
        "territoire", "region", "departement", "specialites_agregees", "specialites", "exercice",
        "tranche_age", "sexe", "effectif_2024", "effectif_2025",
    ]  # fmt: skip
    mg = ["1-Médecine générale", "01-Médecine générale"]
    body = [
        [
            "3-Départements",
            "84",
            "001-Ain",
            *mg,
            "1-Libéral exclusif",
            "03-30-34 ans",
            "1-Hommes",
            12,
            "ND",
        ],
        [
            "3-Départements",
            "94",
            "02A-Corse-du-Sud",
            *mg,
            "1-Libéral exclusif",
            "03-30-34 ans",
            "2-Femmes",
            3,
            4,
        ],
        [
            "3-Départements",
            "01",
            "971 -Guadeloupe",
            *mg,
            "1-Libéral exclusif",
            "03-30-34 ans",
            "2-Femmes",
            5,
            6,
        ],
        ["3-Départements", "84", "001-Ain", *mg, "0-Ensemble", "03-30-34 ans", "1-Hommes", 20, 20],
        [
            "3-Départements",
            "84",
            "001-Ain",
            *mg,
            "1-Libéral exclusif",
            "00-Ensemble",
            "1-Hommes",
            90,
            90,
        ],
        [
            "3-Départements",
            "84",
            "001-Ain",
            *mg,
            "1-Libéral exclusif",
            "03-30-34 ans",
            "0-Ensemble",
            90,
            90,
        ],
        [
            "0-France",
            "0-Ensemble",
            "000-Ensemble",
            *mg,
            "1-Libéral exclusif",
            "03-30-34 ans",
            "1-Hommes",
            900,
            900,
        ],
    ]
    what, tables, _ = known_and_read(
        tmp_path, workbook(Effectifs=[head, *body]), "medecins_rpps_2012_2026.xlsx"
    )
    assert what.card == "drees-demographie@2024-2025-medecins"
    assert rows(
        tables["professionnel_departement"], "departement", "annee", "effectif", "_row"
    ) == {
        ("01", 2024, 12.0, 2),
        ("01", 2025, None, 2),
        ("2A", 2024, 3.0, 3),
        ("2A", 2025, 4.0, 3),
        ("971", 2024, 5.0, 4),
        ("971", 2025, 6.0, 4),
    }


def test_cnam_totals_sentinels_and_lost_zeros(tmp_path: Path) -> None:
    head = (
        "annee,profession_sante,region,libelle_region,departement,libelle_departement,classe_age,"
        "libelle_classe_age,libelle_sexe,effectif,densite\n"
    )

    def line(profession: str, department: str, age: str, sex: str, count: str) -> str:
        return f"2024,{profession},84,x,{department},y,a,{age},{sex},{count},1\n"

    text = head + (
        line("Infirmiers", "1", "Moins de 25 ans", "hommes", "7")
        + line("Infirmiers", "1", "Moins de 25 ans", "femmes", "NS")
        + line("Infirmiers", "1", "Tout âge", "hommes", "70")
        + line("Infirmiers", "1", "Moins de 25 ans", "tout sexe", "12")
        + line("Infirmiers", "999", "Moins de 25 ans", "hommes", "9999")
        + line("Ensemble des auxiliaires médicaux", "1", "Moins de 25 ans", "hommes", "50")
    )
    what, tables, notes = known_and_read(tmp_path, "\ufeff" + text)
    assert what.card == "ameli-demographie@courant"
    frame = tables["professionnel_departement"]
    assert rows(frame, "departement", "age", "sexe", "effectif", "_row") == {
        ("01", "Moins de 25 ans", "hommes", 7.0, 2),
        ("01", "Moins de 25 ans", "femmes", None, 3),
    }
    assert sum("écartés" in note for note in notes) == 4


def test_commuting_persons_are_summed_and_parisians_keep_their_arrondissement(
    tmp_path: Path,
) -> None:
    held = io.BytesIO()
    pq.write_table(
        pa.table(
            {
                "COMMUNE": ["01001", "01001", "75056", "01001"],
                "ARM": ["ZZZZZ", "ZZZZZ", "75101", "ZZZZZ"],
                "DCLT": ["01053", "01053", "92026", "SU001"],
                "IPONDI": [1.5, 2.25, 4.0, 1.0],
                "TRANS": ["5", "5", "6", "5"],
                "CS1": ["3", "3", "3", "4"],
            }
        ),
        held,
    )
    what, tables, _ = known_and_read(tmp_path, held.getvalue(), "RP2021_mobpro.parquet")
    assert what.card == "insee-mobpro-detail@2021"
    assert rows(tables["flux"], "origine", "destination", "flux", "mode") == {
        ("01001", "01053", 3.75, "5"),
        ("75101", "92026", 4.0, "6"),
        ("01001", "SU001", 1.0, "5"),
    }


@pytest.mark.parametrize(
    ("text", "card", "motif"),
    [
        (
            "CODGEO;LIBGEO;DCLT;L_DCLT;NBFLUX_C22_ACTOCC15P\n1001;A;01053;B;12,5\n",
            "insee-mobpro-flux@2022",
            "travail",
        ),
        (
            "CODGEO;LIBGEO;DCETUF;L_DCETUF;NBFLUX_C21_SCOL02P\n01001;A;01053;B;12.5\n",
            "insee-mobsco-flux@2021",
            "etude",
        ),
    ],
)
def test_flows_of_pairs(tmp_path: Path, text: str, card: str, motif: str) -> None:
    what, tables, _ = known_and_read(tmp_path, text)
    assert what.card == card
    assert rows(tables["flux"], "origine", "destination", "flux", "motif") == {
        ("01001", "01053", 12.5, motif)
    }


def test_cells_of_200_metres_are_summed_by_commune(tmp_path: Path) -> None:
    held = io.BytesIO()
    pq.write_table(
        pa.table(
            {
                "X": [1.0] * 5,
                "Y": [1.0] * 5,
                "pop": [100.0, 300.0, 50.0, 10.0, 5.0],
                "depcom": ["29001", "29001", "29002", "29002", "29001"],
                "typeeq_id": ["D265", "D265", "D265", "D265", "B207"],
                "duree": [10.0, 25.0, 31.0, None, 1.0],
            }
        ),
        held,
    )
    what, tables, _ = known_and_read(tmp_path, held.getvalue(), "donnees_2025_reg53.parquet")
    assert what.card == "insee-acces-equipements@2025-bretagne"
    names = ("code", "type", "population", "minutes", "plus20", "plus30")
    assert rows(tables["acces_carreau"], *names) == {
        ("29001", "D265", 400.0, (1000 + 7500) / 400, 300.0, 0.0),
        ("29002", "D265", 50.0, 31.0, 50.0, 50.0),
    }


def test_density_grid_workbook(tmp_path: Path) -> None:
    sheet = [
        ["Grille communale de densité"], [], [], [],
        ["CODGEO", "LIBGEO", "DENS", "LIBDENS", "PMUN21"],
        ["01001", "A", 6, "Rural", 859],
        ["2B033", "Bastia", 2.0, "Centres", 48000],
        ["Source : Insee"],
    ]  # fmt: skip
    what, tables, _ = known_and_read(
        tmp_path, workbook(Grille_Densite=sheet), "grille_densite_7_niveaux_2024.xlsx"
    )
    assert what.card == "insee-grille-densite@2024"
    assert rows(tables["densite"], "code", "niveau") == {("01001", 6), ("2B033", 2)}


def test_commune_list_and_moves_of_2026(tmp_path: Path) -> None:
    head = "TYPECOM,COM,REG,DEP,CTCD,ARR,TNCC,NCC,NCCENR,LIBELLE,CAN,COMPARENT\n"
    text = head + (
        '"COM","01001","84","01","01D","012","5","ABERGEMENT","Abergement","L’Abergement","0108",""\n'
        '"COMD","01015","","","","","1","ARBIGNIEU","Arbignieu","Arbignieu","","01015"\n'
        '"ARM","75101","11","75","75C","751","0","PARIS 1","Paris 1","Paris 1er","","75056"\n'
    )
    what, tables, _ = known_and_read(tmp_path, text, "v_commune_2026.csv")
    assert what.card == "insee-cog@2026"
    assert rows(tables["commune"], "code", "type", "parent") == {
        ("01001", "COM", None),
        ("01015", "COMD", "01015"),
        ("75101", "ARM", "75056"),
    }
    head = (
        "MOD,DATE_EFF,TYPECOM_AV,COM_AV,TNCC_AV,NCC_AV,NCCENR_AV,LIBELLE_AV,TYPECOM_AP,COM_AP,"
        "TNCC_AP,NCC_AP,NCCENR_AP,LIBELLE_AP\n"
    )
    text = head + (
        '"32","2025-01-01","COM","01015","0","X","X","Arbignieu","COM","01015","0","Y","Y","Arboys"\n'
        '"32","2025-01-01","COM","01015","0","X","X","Arbignieu","COMD","01015","0","X","X","Arb"\n'
    )
    what, tables, _ = known_and_read(tmp_path, text, "v_mvt_commune_2026.csv")
    assert what.card == "insee-cog-mouvements@2026"
    assert rows(tables["evenement"], "modification", "code_avant", "code_apres", "_row") == {
        ("32", "01015", "01015", 2)
    }


def test_local_lists_corrections_and_surveys(tmp_path: Path) -> None:
    text = "cpts_id;nom;code_commune\nC1;CPTS du Centre;1001\nC1;CPTS du Centre;2A004\n"
    what, tables, _ = known_and_read(tmp_path, text)
    assert what.card == "cpts-perimetres@local"
    assert rows(tables["liste_communes"], "structure", "genre", "code") == {
        ("C1", "cpts", "01001"),
        ("C1", "cpts", "2A004"),
    }
    text = (
        "Code commune;Profession;Personne ou lieu;De;À;Part de capacité;Nouveaux patients;Note;"
        "Auteur;Date\n"
        "1053;mg;Dr X;01/06/2026;;0;non;part en juin;CM;2026-01-15\n"
        "1053;mg;Dr Y;;;0,4;oui;;;\n"
    )
    what, tables, _ = known_and_read(tmp_path, text)
    assert what.card == "corrections-locales@local"
    names = ("code", "personne", "capacite", "nouveaux_patients", "debut")
    assert rows(tables["correction_offre"], *names) == {
        ("01053", "Dr X", 0.0, False, pd.Timestamp("2026-06-01")),
        ("01053", "Dr Y", 0.4, True, None),
    }
    text = "cabinet;code_commune;date;nouveaux_patients;delai_jours\nA;1053;2026-01-15;oui;12\n"
    what, tables, _ = known_and_read(tmp_path, text, "enquete_2026.csv")
    assert rows(tables["enquete"], "enquete", "public", "code", "question", "valeur") == {
        ("enquete_2026", "medecins", "01053", "date", None),
        ("enquete_2026", "medecins", "01053", "nouveaux_patients", None),
        ("enquete_2026", "medecins", "01053", "delai_jours", 12.0),
    }
    text = "code,nom,departement,epci\n1001,A,01,200000001\n2B033,B,2B,200000002\n"
    what, tables, _ = known_and_read(tmp_path, text, "mon_pays.csv")
    assert rows(tables["liste_communes"], "structure", "genre", "code") == {
        ("mon_pays", "territoire", "01001"),
        ("mon_pays", "territoire", "2B033"),
    }


def test_programmes_and_neighbourhoods(tmp_path: Path) -> None:
    text = "LIB_QP;LIST_COM_2025\nQuartier Nord;01053, 01344\nCentre;2A004\n"
    _, tables, _ = known_and_read(tmp_path, text)
    assert rows(tables["zonage_national"], "code", "libelle") == {
        ("01053", "Quartier Nord"),
        ("01344", "Quartier Nord"),
        ("2A004", "Centre"),
    }
    text = (
        "Code_insee;Departement;Commune;Classement FRR et FRR+ au 10 juillet 2025;\r\n"
        "1001;Ain;A;FRR socle;\r\n01002;Ain;B;Non classée;\r\n"
    )
    _, tables, _ = known_and_read(tmp_path, text)
    assert rows(tables["zonage_national"], "code", "dispositif", "libelle") == {
        ("01001", "frr", "FRR socle")
    }
    text = "insee_com,lib_com,date_signature\n01053,Bourg,2021\n"
    what, tables, _ = known_and_read(tmp_path, text, "liste-pvd-com2023-20240102.csv")
    assert (what.card, what.cog) == ("anct-programmes@pvd-2024-01", 2023)
    assert rows(tables["zonage_national"], "code", "dispositif") == {("01053", "pvd")}


def test_deprivation_indices(tmp_path: Path) -> None:
    text = "Commune Code,EDI,Quintile natonal,Millésime EDI\n1001,-3.05,1,2021\n75101,2.5,4,2021\n"
    what, tables, _ = known_and_read(tmp_path, text)
    assert what.card == "spf-fedi@2021"
    assert rows(tables["defavorisation"], "code", "indice", "score", "quintile") == {
        ("01001", "fedi", -3.05, 1),
        ("75101", "fedi", 2.5, 4),
    }


def test_contours_in_lambert_are_turned_to_degrees(tmp_path: Path) -> None:
    ring = [[870000, 6570000], [871000, 6570000], [871000, 6571000], [870000, 6570000]]
    feature = {
        "type": "Feature",
        "properties": {"codgeo": "01053", "libgeo": "Bourg"},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    content = json.dumps({"type": "FeatureCollection", "features": [feature]})
    _, tables, notes = known_and_read(tmp_path, content, "a-com2025.geojson")
    left, bottom, _, _ = from_wkb(tables["contour"]["geometrie"].iloc[0]).bounds
    assert (left, bottom) == pytest.approx((5.21, 46.2), abs=0.02)
    assert any("Lambert" in note for note in notes)


def test_patients_by_doctor_and_patient_flows_keep_what_is_hidden_missing(tmp_path: Path) -> None:
    text = (
        "\ufeffannee;profession_sante;region;libelle_region;departement;libelle_departement;"
        "nombre_patients_medecin_traitant;taux_evolution_annuel\n"
        "2024;Médecins généralistes;84;x;1;Ain;1036,6;0.9 %\n"
        "2024;Médecins généralistes;84;x;2A;Corse;NS;NS\n"
        "2024;Médecins généralistes;99;France;999;France;1100;1\n"
    )
    what, tables, _ = known_and_read(tmp_path, text)
    assert what.card == "ameli-patientele@courant"
    assert rows(tables["activite_departement"], "departement", "mesure", "valeur", "_row") == {
        ("01", "patients_medecin_traitant", 1036.6, 2),
        ("2A", "patients_medecin_traitant", None, 3),
    }
    text = (
        "CartoSanté; ; ; ; \nFlux de patients, 2023 – France; ; ; ; \n"
        "Code commune patient;Commune patient;Code commune médecin;Commune médecin;Actes\n"
        "1001;A;01053;B;1 250\n01002;C;01053;B;NC\n"
    )
    _, tables, notes = known_and_read(tmp_path, text)
    assert rows(tables["flux"], "origine", "destination", "motif", "annee", "flux") == {
        ("01001", "01053", "soins", 2023, 1250.0),
        ("01002", "01053", "soins", 2023, None),
    }
    assert any("masqués" in note for note in notes)


def test_swapped_degrees_are_put_back_and_said(tmp_path: Path) -> None:
    text = (
        "finess_et,finess_ej,code_insee,dep,categetab,categorie,dateouv,lon,lat\n"
        "010000001,1,1053,1,603,MSP,2015-01-01,5.22,46.2\n"
        "010000002,1,1053,1,603,MSP,2015-01-01,46.2,5.22\n"
        "970000003,1,97611,976,603,MSP,2015-01-01,45.2,-12.8\n"
    )
    _, tables, notes = known_and_read(tmp_path, text)
    assert rows(tables["etablissement"], "finess", "code", "longitude", "latitude") == {
        ("010000001", "01053", 5.22, 46.2),
        ("010000002", "01053", 5.22, 46.2),
        ("970000003", "97611", 45.2, -12.8),
    }
    assert any(note.startswith("1 positions") for note in notes)


def test_a_coordinate_that_is_no_number_is_reported(tmp_path: Path) -> None:
    text = (
        "finess_et,finess_ej,code_insee,dep,categetab,categorie,dateouv,lon,lat\n"
        "010000001,1,1053,1,603,MSP,2015-01-01,cinq,46.2\n"
    )
    (problem,) = problems_of(tmp_path, text)
    assert (problem.line, problem.column, problem.value) == (2, "lon", "cinq")


def test_all_problems_are_said_at_once_with_their_place(tmp_path: Path) -> None:
    lines = ["DEPCOM;DCIRIS;AN;TYPEQU;NB_EQUIP", "01001;;2019;D201;1"]
    lines += ["01004;;2019;201;2", "1004;;2019;D201;deux", "01004;;2019;D232;-1", ";;2019;D201;1"]
    found = problems_of(tmp_path, "\n".join(lines) + "\n")
    assert {(p.line, p.column, p.value) for p in found} == {
        (3, "TYPEQU", "201"),
        (4, "NB_EQUIP", "deux"),
        (5, "NB_EQUIP", "-1"),
        (6, "DEPCOM", None),
    }
    assert all(p.file == "fichier.csv" for p in found)
    assert next(p for p in found if p.line == 3).allowed == "forme de D201"
