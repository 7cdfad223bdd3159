"""The commands of measures: what they write, what they print, how they refuse."""

from __future__ import annotations

import json
import re

import numpy as np
import pandas as pd
import pytest

from assemblier.cli.main import main

DECAY = "steps:10=1,15=2/3,20=1/3"
OD = pd.DataFrame(
    {"origin": ["01", "01", "02"], "destination": ["x", "y", "y"], "minutes": [4.0, 12.5, 18.0]}
)
DEMAND = pd.DataFrame({"id": ["01", "02", "03"], "population": [100.0, 50.5, 10.0]})
SUPPLY = pd.DataFrame({"id": ["x", "y", "z"], "capacity": [300.0, 120.5, 9.0]})
EXPECTED = [
    300 / 100 + 2 / 3 * 120.5 / (2 / 3 * 100 + 50.5 / 3),
    120.5 / 3 / (2 / 3 * 100 + 50.5 / 3),
    0.0,
]


@pytest.fixture
def write(tmp_path):
    def written(shape: str) -> dict[str, str]:
        paths = {}
        for name, table in (("od", OD), ("demand", DEMAND), ("supply", SUPPLY)):
            path = tmp_path / f"{name}.{'parquet' if shape == 'parquet' else 'csv'}"
            if shape == "parquet":
                table.to_parquet(path)
            elif shape == "excel":
                path.write_bytes(
                    b"\xef\xbb\xbf"
                    + table.to_csv(sep=";", decimal=",", index=False).replace("\n", "\r\n").encode()
                )
            else:
                table.to_csv(path, index=False)
            paths[name] = str(path)
        return paths

    return written


def run(*arguments: object) -> int:
    return main([str(each) for each in arguments])


def access(paths, out, *more) -> int:
    files = [part for name in ("od", "demand", "supply") for part in (f"--{name}", paths[name])]
    return run("access", "--measure", "apl", *files, "--decay", DECAY, "--out", out, *more)


@pytest.mark.parametrize("shape", ["csv", "excel", "parquet"])
def test_access_on_any_common_shape_of_table(write, tmp_path, capsys, shape):
    out = tmp_path / "out.csv"
    assert access(write(shape), out) == 0
    made = pd.read_csv(out, dtype={"id": str})
    assert made["id"].tolist() == ["01", "02", "03"]
    assert made["value"].to_numpy() == pytest.approx(EXPECTED, abs=1e-9)
    assert made["status"].tolist() == ["ok", "ok", "unreachable"]
    said = capsys.readouterr().out
    assert "matrice de od" in said
    assert "n’atteint (1) : z" in said


def test_access_answers_one_json_object(write, tmp_path, capsys):
    out = tmp_path / "out.parquet"
    assert access(write("csv"), out, "--engine", "OSRM 2024", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["engine"] == "OSRM 2024"
    assert told["unreached"] == ["z"]
    assert told["unreachable"] == 1
    assert told["supply_reached"] == pytest.approx(420.5)
    assert pd.read_parquet(out)["value"].to_numpy() == pytest.approx(EXPECTED)


def test_every_problem_is_said_at_once(write, tmp_path, capsys):
    paths = write("csv")
    pd.DataFrame({"id": ["01", "01", "03"], "population": [1, -2, "beaucoup"]}).to_csv(
        paths["demand"], index=False
    )
    pd.DataFrame({"id": ["x", None], "capacity": [1, 2]}).to_csv(paths["supply"], index=False)
    assert access(paths, tmp_path / "out.csv") == 3
    said = capsys.readouterr().err
    for words in ("donné deux fois", "-2", "beaucoup", "supply.csv, ligne 3", "manque"):
        assert words in said
    assert not (tmp_path / "out.csv").exists()


def test_wrong_files_have_their_sentence_and_their_code(write, tmp_path, capsys):
    paths = write("csv")
    lost = {**paths, "od": str(tmp_path / "no.csv"), "supply": str(tmp_path / "nor.csv")}
    assert access(lost, tmp_path / "out.csv") == 4
    said = capsys.readouterr().err
    assert "no.csv" in said
    assert "nor.csv" in said
    (tmp_path / "demand.csv").write_bytes("id,population\nSaint-Étienne,3\n".encode("cp1252"))
    assert access(paths, tmp_path / "out.csv") == 3
    assert "UTF-8" in capsys.readouterr().err
    (tmp_path / "demand.parquet").write_text("not a table", encoding="utf-8")
    assert access({**paths, "demand": str(tmp_path / "demand.parquet")}, tmp_path / "o.csv") == 3
    assert "demand.parquet" in capsys.readouterr().err
    assert run("access", "--measure", "apl") == 2


SAME = {
    "od": "origin;destination;minutes\n01;x;4\n01;y;12,5\n02;y;18\n",
    "demand": "id;population\n01;100\n02;50,5\n03;10\n",
    "supply": "id;capacity\nx;300\ny;120,5\nz;9\n",
}


@pytest.mark.parametrize(
    "told",
    [
        {name: text.replace(";", "|").replace(",", ".") for name, text in SAME.items()},
        {name: text.replace("\n", "\r") for name, text in SAME.items()},
        {name: text.replace("\n", ";\n") for name, text in SAME.items()},
        {name: text.replace("\n01;", "\n\n 01 ;") for name, text in SAME.items()},
        {
            name: "".join(f"{at or ''};{line}\n" for at, line in enumerate(text.splitlines()))
            for name, text in SAME.items()
        },
        {
            name: re.sub(r"(\d+,\d+)", r'"\1"', text).replace(";", ",")
            for name, text in SAME.items()
        },
    ],
    ids=["bars", "old Mac", "separators at the ends", "empty lines", "numbered", "both commas"],
)  # fmt: skip
def test_whatever_program_wrote_the_table(write, tmp_path, told):
    paths = write("csv")
    for name, text in told.items():
        (tmp_path / f"{name}.csv").write_bytes(text.encode())
    assert access(paths, tmp_path / "out.csv") == 0
    made = pd.read_csv(tmp_path / "out.csv", dtype={"id": str})
    assert made["id"].tolist() == ["01", "02", "03"]
    assert made["value"].to_numpy() == pytest.approx(EXPECTED, abs=1e-9)


def test_spaces_between_thousands_are_read_and_doubtful_commas_are_not(write, tmp_path, capsys):
    paths = write("csv")
    spaced = "id;population\n01;1\u202f000\n02;50\u00a0500,5\n03;1 000 000\n"
    (tmp_path / "demand.csv").write_text(spaced, encoding="utf-8")
    out = tmp_path / "out.csv"
    assert access(paths, out) == 0
    value = pd.read_csv(out)["value"]
    assert value[0] == pytest.approx(0.3 + 2 / 3 * 120.5 / (2 / 3 * 1000 + 50500.5 / 3))
    capsys.readouterr()
    # between commas, 1,000 is one or a thousand: nobody can tell
    (tmp_path / "demand.csv").write_text('id,population\n01,"1,000"\n02,50\n03,7\n')
    assert access(paths, out) == 3
    assert "demand.csv, ligne 2, colonne « population »" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("table", "text", "said"),
    [
        ("od", "origin,destination,minutes\n01,x,4\n\n01,x,4\n", ["od.csv, ligne 4", "deux fois"]),
        ("demand", "id,population\n01,-1\n\n02,-2\n03,1\n", ["ligne 2,", "ligne 4,"]),
        ("demand", "id,population\n01,1,7\n02,2\n03,1,2,3\n", ["ligne 2 ", "ligne 4 ", "2 cellules"]),
        ("demand", "Population de 2019\nid,population\n01,1\n", ["ligne 1", "lignes de titre"]),
        ("demand", "id,population,population\n01,1,2\n", ["population", "donnée deux fois"]),
        ("demand", "code,pop\n01,1\n", ["lu : « code, pop »", "« id »", "« population »"]),
        ("demand", "", ["demand.csv", "première ligne est vide"]),
        ("demand", "id,population\n", ["demand.csv : la table n’a aucune ligne"]),
        ("supply", "id,capacity\n", ["supply.csv : la table n’a aucune ligne"]),
        ("demand", "PK\x03\x04 and the rest", ["classeur", "CSV UTF-8"]),
        ("od", "destination,origin,minutes\n01,x,4\n02,y,5\n", ["semblent échangées"]),
        ("od", "origin,destination,minutes\n1,x,4\n2,y,5\n", ["« 01 »", "« 02 »", "zéros de tête"]),
        ("od", "origin,destination,minutes\n01,x,inf\n02,y,-1\n03,z,\n01,y,4 min\n",
         ["ligne 2", "ligne 3", "ligne 4", "cellule vide", "ligne 5", "4 min"]),
    ],
)  # fmt: skip
def test_a_wrong_table_is_told_by_what_is_wrong(write, tmp_path, capsys, table, text, said):
    paths = write("csv")
    (tmp_path / f"{table}.csv").write_text(text, encoding="utf-8")
    assert access(paths, tmp_path / "out.csv") == 3
    told = capsys.readouterr().err
    for words in said:
        assert words in told


def test_problems_of_the_three_files_come_together(write, tmp_path, capsys):
    paths = write("csv")
    (tmp_path / "demand.csv").write_text("id,population\n01,1\n01,2\n02,5\n03,6\n")
    (tmp_path / "supply.csv").write_text("id,capacity\nx,\ny,2\n")
    (tmp_path / "od.csv").write_text(
        "origin,destination,minutes\n01,x,4\n01,x,5\n09,y,-3\n02,z,1\n"
    )
    assert access(paths, tmp_path / "out.csv") == 3
    told = capsys.readouterr().err
    for words in (
        "demand.csv, ligne 3", "supply.csv, ligne 2", "« 01 » à « x »", "lu : « 09 »",
        "lu : « -3 »", "lu : « z »",
    ):  # fmt: skip
        assert words in told
    (tmp_path / "demand.csv").write_text("")
    (tmp_path / "supply.csv").write_text("")
    assert access(paths, tmp_path / "out.csv") == 3
    told = capsys.readouterr().err
    assert "demand.csv" in told
    assert "supply.csv" in told


def test_an_identifier_may_be_named_like_an_absent_value(write, tmp_path):
    paths = write("csv")
    (tmp_path / "demand.csv").write_text("id,population\nNA,100\nnull,50.5\nnan,10\n")
    (tmp_path / "od.csv").write_text("origin,destination,minutes\nNA,x,4\nNA,y,12.5\nnull,y,18\n")
    assert access(paths, tmp_path / "out.csv") == 0
    made = pd.read_csv(tmp_path / "out.csv", keep_default_na=False)
    assert made["id"].tolist() == ["NA", "null", "nan"]
    assert made["value"].to_numpy() == pytest.approx(EXPECTED, abs=1e-9)


@pytest.mark.parametrize(
    "capacity",
    [[True, False, True], pd.to_datetime(["2020-01-01"] * 3), pd.to_timedelta([1, 2, 3], "h")],
)
def test_dates_and_truth_values_are_no_numbers(write, tmp_path, capsys, capacity):
    paths = write("parquet")
    pd.DataFrame({"id": ["x", "y", "z"], "capacity": capacity}).to_parquet(paths["supply"])
    assert access(paths, tmp_path / "out.csv") == 3
    assert capsys.readouterr().err.count("colonne « capacity »") == 3


def test_times_in_seconds_raise_a_doubt(write, tmp_path, capsys):
    paths = write("csv")
    OD.assign(minutes=OD["minutes"] * 60).to_csv(paths["od"], index=False)
    assert access(paths, tmp_path / "out.csv") == 0
    assert "les temps sont-ils bien en minutes ?" in capsys.readouterr().out
    paths = write("csv")
    assert access(paths, tmp_path / "out.csv") == 0
    assert "bien en minutes" not in capsys.readouterr().out


def test_compare_matrices_says_what_the_times_alone_change(write, tmp_path, capsys):
    paths = write("csv")
    slow = tmp_path / "slow.csv"
    OD.assign(minutes=[4.0, 12.5, 21.0]).to_csv(slow, index=False)
    out = tmp_path / "change.csv"
    code = run(
        "compare-matrices", "--first", paths["od"], "--second", slow, "--demand", paths["demand"],
        "--supply", paths["supply"], "--decay", DECAY, "--threshold", 1, "--out", out, "--json",
    )  # fmt: skip
    assert code == 0
    told = json.loads(capsys.readouterr().out)
    change = pd.read_csv(out, dtype={"id": str}).set_index("id")["change"]
    # 02 loses all it had; 01, alone on y, has the whole of it
    assert change["02"] == pytest.approx(-EXPECTED[1])
    assert change["01"] == pytest.approx(300 / 100 + 120.5 / 100 - EXPECTED[0])
    assert told["second"] == "matrice de slow.csv"
    assert told["mean_first"] == pytest.approx(told["mean_second"])


@pytest.fixture(scope="module")
def roads(artificial_raw, tmp_path_factory):
    """Town halls of the artificial territory, and its roads."""
    folder = tmp_path_factory.mktemp("travel")
    table = pd.read_csv(artificial_raw / "insee/communes_2026.csv", dtype=str, na_values="\\N")
    points = pd.DataFrame(
        {
            "id": table["code"],
            "lon": table["mairie_lon"].astype(float),
            "lat": table["mairie_lat"].astype(float),
        }
    ).dropna()
    points[:40].to_csv(folder / "from.csv", index=False)
    points[20:60].to_parquet(folder / "to.parquet", index=False)
    extract = next((artificial_raw / "osm").glob("*.osm.pbf"))
    return folder, extract


def test_travel_from_an_extract_and_from_the_graph_kept(roads, capsys):
    folder, extract = roads
    ends = ("--origins", folder / "from.csv", "--destinations", folder / "to.parquet")
    graph = folder / "graph.npz"
    code = run(
        "travel", "--roads", extract, *ends, "--max-minutes", 30, "--keep-graph", graph,
        "--out", folder / "a.csv", "--json",
    )  # fmt: skip
    assert code == 0
    told = json.loads(capsys.readouterr().out)
    assert extract.name in told["engine"]
    made = pd.read_csv(folder / "a.csv", dtype={"origin": str, "destination": str})
    assert len(made) == told["pairs"] > 40
    assert made["minutes"].max() <= 30
    same = made[made["origin"] == made["destination"]]
    assert len(same) == 20
    # tenths of a second are rounded up to a whole one
    assert (same["minutes"] <= 1.001 / 60).all()
    assert run("travel", "--graph", graph, *ends, "--out", folder / "b.parquet") == 0
    said = capsys.readouterr().out
    assert "trajets d’au plus 30 minutes" in said
    again = pd.read_parquet(folder / "b.parquet")
    assert np.array_equal(again["minutes"].to_numpy(), made["minutes"].to_numpy())


def test_travel_refuses_with_a_sentence(roads, capsys):
    folder, extract = roads
    good = ("--destinations", folder / "to.parquet", "--out", folder / "no.csv")
    assert run("travel", "--origins", folder / "from.csv", *good) == 2
    assert "--roads" in capsys.readouterr().err
    assert run("travel", "--roads", extract, "--origins", folder / "none.csv", *good) == 4
    bad = folder / "bad.csv"
    bad.write_text("id;lon;lat\na;700000;1\na;;2\n;1;1\n", encoding="utf-8")
    assert run("travel", "--roads", extract, "--origins", bad, *good) == 3
    said = capsys.readouterr().err
    for words in ("700000", "deux fois", "ligne 3, colonne « lon »", "ligne 4, colonne « id »"):
        assert words in said
    assert run("travel", "--roads", bad, "--origins", folder / "from.csv", *good) == 3
    assert "extrait OpenStreetMap" in capsys.readouterr().err
    # a word in a column does not make the decimal commas beside it wrong
    bad.write_text("id;lon;lat\na;2,5;47,25\nb;2,6 E;47,5\n", encoding="utf-8")
    assert run("travel", "--roads", extract, "--origins", bad, *good) == 3
    said = capsys.readouterr().err
    assert "ligne 3, colonne « lon »" in said
    assert "ligne 2" not in said


def test_exchanged_coordinates_raise_a_doubt(roads, capsys):
    folder, extract = roads
    points = pd.read_csv(folder / "from.csv", dtype={"id": str})
    points.rename(columns={"lon": "lat", "lat": "lon"}).to_csv(folder / "turned.csv", index=False)
    ends = ("--destinations", folder / "to.parquet", "--out", folder / "none.csv")
    assert run("travel", "--roads", extract, "--origins", folder / "turned.csv", *ends) == 0
    assert "longitude et latitude sont échangées" in capsys.readouterr().out
    assert run("travel", "--roads", extract, "--origins", folder / "from.csv", *ends) == 0
    assert "échangées" not in capsys.readouterr().out


def test_calibrations_say_what_they_lack(artificial_lake, capsys, tmp_path):
    assert run("calibrate", "crow-fly", "--lake", artificial_lake.folder) == 4
    assert "temps" in capsys.readouterr().err
    assert run("calibrate", "crow-fly", "--reference", "x", "--lake", artificial_lake.folder) == 2
    assert run("calibrate", "apl", "--lake", tmp_path) == 4
    assert "lake build" in capsys.readouterr().err


def test_calibrate_apl_prints_its_parameters_and_what_is_left(artificial_lake, capsys):
    code = run(
        "calibrate", "apl", "--lake", artificial_lake.folder, "--rounds", 1, "--folds", 0, "--json"
    )
    assert code == 0
    told = json.loads(capsys.readouterr().out)
    assert told["parameters"] == 11 == len(told["values"])
    assert told["fitted"]["communes"] + told["fitted"]["zones"] >= (
        told["before"]["communes"] + told["before"]["zones"]
    )
    assert told["pooled"] is None
    assert told["fitted"]["commune_count"] > 300
    assert sum(row["communes"] for row in told["unexplained"]) == told["fitted"]["commune_count"]
    years = [each["year"] for each in told["other_years"]]
    assert told["year"] not in years
    assert years == sorted(set(years))
    for other in told["other_years"]:
        assert other["supplied_on"] <= other["year"]
        assert other["agreement"]["commune_count"] > 300
        assert -1 <= other["change"]["correlation"] <= 1
