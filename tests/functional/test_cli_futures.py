"""The commands of the futures: what they print and write, how they refuse, all problems at once."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
import yaml

from assemblier.cli.main import main

SITE = (
    "sites", "alternatives", "value", "gain", "bound", "gap_of_gain", "seconds", "baseline",
    "proved", "marginal", "by_hand", "notes", "files",
)  # fmt: skip


@pytest.fixture
def territory(artificial_raw: Path) -> Path:
    return artificial_raw / "territoires" / "territoire.csv"


@pytest.fixture
def run(artificial_lake, tmp_path, capsys):
    """Run a command on the artificial lake; return its exit code and what it printed."""

    def ran(*arguments: object, lake: bool = True) -> tuple[int, str, str]:
        given = [str(each) for each in arguments]
        if lake:
            given += ["--lake", str(artificial_lake.folder)]
        code = main(given)
        said = capsys.readouterr()
        return code, said.out, said.err

    return ran


def communes(territory: Path) -> list[str]:
    return pd.read_csv(territory, dtype=str)["code"].tolist()


def test_site_prints_one_object_and_writes_what_it_reads_back(run, territory, tmp_path):
    out = tmp_path / "site"
    code, said, _ = run("site", territory, "--cog", 2024, "--add", 2, "--json", "--out", out,
                        "--format", "html,xlsx")  # fmt: skip
    assert code == 0
    made = json.loads(said)
    assert set(SITE) <= set(made)
    assert sum(each["count"] for each in made["sites"]) == 2
    assert made["gain"] == pytest.approx(made["baseline"] - made["value"])
    assert made["gap_of_gain"] == 0
    assert made["proved"]
    assert 0 < made["marginal"] < made["gain"]
    assert all(each["share"] <= 1 + 1e-9 for each in made["by_hand"])
    assert {Path(each).suffix for each in made["files"]} == {".html", ".xlsx", ".csv", ".yaml"}
    # the sites written are a list of decided places: nothing is left to choose, the value is kept
    again = json.loads(
        run("site", territory, "--cog", 2024, "--add", 2, "--json", "--fixed",
            out / "implantation_sites.csv")[1]
    )  # fmt: skip
    assert again["value"] == pytest.approx(made["value"])
    # and the same answer as a scenario gives the same change of access
    code, said, _ = run("scenario", "run", out / "implantation_scenario.yaml", "--json")
    assert code == 0
    scenario = json.loads(said)["scenarios"][0]
    assert scenario["summary"]["after"] == pytest.approx(made["summary"]["after"])


def test_a_siting_is_kept_listed_asked_again_and_dropped(run, territory, tmp_path):
    space = ("--workspace", tmp_path / "a.sqlite")
    assert run("territory", "add", "Pays", "--communes", territory, "--cog", 2024, *space)[0] == 0
    msp = ("--minimum-team", 2, "--most-sites", 1)
    code, said, _ = run("site", "Pays", "--add", 2, *msp, "--keep", "MSP", "--json", *space)
    assert code == 0
    made = json.loads(said)
    assert made["kept"] == {"name": "MSP", "version": 1}
    # a team moves whole: another place is told with what it costs
    assert {each["moved"] for each in made["alternatives"]} == {2}
    (listed,) = json.loads(run("sitings", "list", "Pays", "--json", *space)[1])["sitings"]
    assert listed["answer"]["sites"] == {each["code"]: each["count"] for each in made["sites"]}
    assert listed["request"]["team"] == 2
    again = json.loads(run("sitings", "run", "Pays", "MSP", "--json", *space)[1])
    assert again["same_sites"]
    assert again["value"] == pytest.approx(made["value"])
    assert again["kept"]["version"] == 1
    code, _, told = run("sitings", "run", "Pays", "Autre", *space)
    assert code == 3
    assert "MSP" in told
    assert run("sitings", "drop", "Pays", "MSP", *space)[0] == 0
    assert "Aucune implantation" in run("sitings", "list", "Pays", *space)[1]


def test_site_obeys_lists_and_says_what_binds(run, territory, tmp_path):
    codes = communes(territory)
    candidates, barred = tmp_path / "candidates.csv", tmp_path / "non.csv"
    candidates.write_text("code;maximum\n" + "\n".join(f"{c};2" for c in codes[:6]), "utf-8")
    barred.write_text(f"code\n{codes[0]}\n", "utf-8")
    asked = ("site", territory, "--cog", 2024, "--candidates", candidates, "--forbidden", barred)
    made = json.loads(run(*asked, "--add", 3, "--json")[1])
    chosen = {each["code"]: each["count"] for each in made["sites"]}
    assert set(chosen) <= set(codes[1:6])
    assert max(chosen.values()) <= 2
    code, _, said = run(*asked, "--add", 11)
    assert code == 3
    assert "au plus 10" in said
    code, _, said = run(*asked, "--add", 4, "--minimum-team", 3)
    assert code == 3
    code, _, said = run(*asked, "--add", 2, "--objective", "p-median", "--minimum-team", 2,
                        "--most-sites", 1)  # fmt: skip
    assert code == 3
    assert "équipe minimale" in said
    assert "nombre de sites" in said


def test_site_tells_every_wrong_cell_with_its_line(run, territory, tmp_path):
    codes = communes(territory)
    candidates, fixed = tmp_path / "candidates.csv", tmp_path / "fixes.csv"
    candidates.write_text(f"code\n{codes[0]}\nZZZZZ\n\n{codes[0]}\n", "utf-8")
    fixed.write_text(f"code,medecins\n{codes[1]},deux\n,1\n", "utf-8")
    code, _, said = run("site", territory, "--cog", 2024, "--add", 2, "--candidates", candidates,
                        "--fixed", fixed)  # fmt: skip
    assert code == 3
    for part in (
        "candidates.csv, ligne 3", "ZZZZZ", "candidates.csv, ligne 5", "deux fois",
        "fixes.csv, ligne 2", "« deux »", "fixes.csv, ligne 3",
    ):  # fmt: skip
        assert part in said


def test_site_tells_every_impossible_number_with_what_is_wrong_in_its_lists(
    run, territory, tmp_path
):
    barred = tmp_path / "non.csv"
    barred.write_text("code\nZZZZZ\n", "utf-8")
    code, _, said = run("site", territory, "--cog", 2024, "--add=-2", "--budget=-5",
                        "--doctor-cost=-3", "--most-sites", 0, "--radius=-3", "--minimum-team", 0,
                        "--most-per-site", 0, "--seconds", 0, "--forbidden", barred)  # fmt: skip
    assert code == 3
    for part in (
        "le nombre de médecins", "le budget", "le coût par médecin", "le nombre de sites au plus",
        "la durée", "l’équipe minimale", "le maximum par site", "le temps", "non.csv, ligne 2",
    ):  # fmt: skip
        assert part in said


def test_a_site_that_changes_nothing_is_said_to(run, territory, tmp_path):
    out = tmp_path / "rien"
    code, said, _ = run("site", territory, "--cog", 2024, "--add", 1, "--objective", "coverage",
                        "--radius", 500, "--out", out, "--format", "html")  # fmt: skip
    assert code == 0
    assert "rien à gagner" in said
    assert "du gain" not in said
    assert "Rien à gagner" in next(out.glob("*.html")).read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("site", "X", "--add", "2", "--objective", "hasard"), 2),
        (("site", "X"), 2),
        (("site", "inconnu", "--add", "2"), 4),
        (("project", "inconnu"), 4),
        (("zoning", "simulate", "--rule", "2099"), 2),
        (("scenario", "run", "absent.yaml"), 4),
    ],
)
def test_refusals_have_their_code(run, tmp_path, monkeypatch, arguments, expected):
    monkeypatch.chdir(tmp_path)
    code, _, said = run(*arguments)
    assert code == expected
    assert said.strip()


@pytest.mark.parametrize(
    "arguments",
    [
        ("site", "X", "--add", "1"),
        ("project", "X"),
        ("zoning", "simulate", "--rule", "2021"),
        ("nowcast", "apl", "--to", "2019"),
    ],
)
def test_a_lake_that_is_not_there_is_a_missing_source(run, tmp_path, arguments):
    code, _, said = run(*arguments, "--lake", tmp_path / "rien", lake=False)
    assert code == 4
    assert "lac" in said.lower()


def test_project_prints_one_object_and_names_nobody(run, territory, tmp_path):
    codes = communes(territory)
    ages = tmp_path / "ages.csv"
    listed = [code for code in codes for _ in range(2)]
    ages.write_text("code,age\n" + "\n".join(f"{c},{58 + k % 9}" for k, c in enumerate(listed)))
    code, said, _ = run("project", territory, "--cog", 2024, "--json", "--ages", ages, "--out",
                        tmp_path / "out", "--format", "docx")  # fmt: skip
    assert code == 0
    made = json.loads(said)
    own = [each for each in made["zones"] if each["grid"] == "territoire"]
    assert [each["years"] for each in own] == [5, 10]
    for each in own:
        assert each["doctors"] == len(listed)
        assert each["departures_low_80"] <= each["departures"] <= each["departures_high_80"]
        assert each["apl_alone"] <= each["apl_after"]
    # two doctors by commune are too few for a local list to be told commune by commune
    hidden = [each for each in made["zones"] if each["grid"] == "commune" and each["doctors"]]
    assert hidden
    assert all(each["status"] == "secret" and each["departures"] is None for each in hidden)
    assert not [each for each in made["watched"] if each["grid"] == "commune"]
    assert any(Path(each).suffix == ".docx" for each in made["files"])
    assert made["estimated"] < 0.2


def test_project_tells_all_that_is_wrong_in_its_files(run, territory, tmp_path):
    ages, rhythm = tmp_path / "ages.csv", tmp_path / "arrivees.csv"
    ages.write_text("code,age\nZZZZZ,61\nY1001,soixante\n", "utf-8")
    rhythm.write_text("tvs,arrivees,annees\nnulle,2,10\n", "utf-8")
    code, _, said = run("project", territory, "--cog", 2024, "--ages", ages, "--arrivals-file",
                        rhythm)  # fmt: skip
    assert code == 3
    for part in ("ages.csv, ligne 2", "ages.csv, ligne 3", "soixante", "arrivees.csv, ligne 2"):
        assert part in said
    code, _, said = run("project", territory, "--arrivals", "peut-être", "--cog", 2024)
    assert code == 3
    assert "observed, none" in said


def test_project_refuses_a_population_that_nobody_can_read(run, territory, tmp_path):
    here = communes(territory)[0]
    people = tmp_path / "population.csv"
    people.write_text(
        f"code,annee,population\n{here},2015,100\n{here},2015,120\nZZZZZ,2035,90\n", "utf-8"
    )
    code, _, said = run("project", territory, "--cog", 2024, "--population", people)
    assert code == 3
    assert "population.csv, ligne 4" in said
    people.write_text(f"code,annee,population\n{here},2015,100\n{here},2015,120\n", "utf-8")
    code, _, said = run("project", territory, "--cog", 2024, "--population", people)
    assert code == 3
    assert "population.csv, ligne 3" in said
    assert "deux fois" in said


def test_scenarios_run_compare_and_are_kept(run, territory, tmp_path, artificial_lake):
    codes = communes(territory)
    file = tmp_path / "choix.yaml"
    told = {
        "territory": str(territory),
        "cog": 2024,
        "scenarios": [
            {"name": "Arrivée", "changes": [{"arrive": {"commune": codes[0], "doctors": 2}}]},
            {"name": "Départs", "changes": [{"leave": {"doctors": "60+"}}]},
        ],
    }
    file.write_text(yaml.safe_dump(told, allow_unicode=True), "utf-8")
    code, said, _ = run("scenario", "run", file, "--json", "--out", tmp_path / "out", "--format",
                        "html")  # fmt: skip
    assert code == 0
    made = json.loads(said)
    first, second = made["scenarios"]
    assert first["summary"]["delta"] > 0 > second["summary"]["delta"]
    assert 1 <= len(first["sensitivity"]) <= 3
    page = next(Path(each) for each in made["files"] if each.endswith(".html")).read_text("utf-8")
    assert "Qui gagne, qui perd" in page
    assert "2 médecins s’installent" in page
    # kept in the workspace, read again as it was written
    workspace = tmp_path / "espace.sqlite"
    where = ("--workspace", workspace)
    assert run("territory", "add", "Pays", "--communes", territory, "--cog", 2024, *where)[0] == 0
    kept = run("scenario", "keep", file, "--territory", "Pays", *where, lake=False)
    assert kept[0] == 0
    assert "version 1" in kept[1]
    shown = run("scenario", "kept", "Pays", *where, lake=False)[1]
    assert yaml.safe_load(shown) == told
    assert run("scenario", "drop", "Pays", *where, lake=False)[0] == 0
    assert "Aucun scénario" in run("scenario", "kept", "Pays", *where, lake=False)[1]


def test_scenarios_tell_every_wrong_line(run, territory, tmp_path):
    file = tmp_path / "faux.yaml"
    file.write_text(
        f"territory: {territory}\ncog: 2024\nscenarios:\n  - name: A\n    changes:\n"
        "      - arrive: {commune: Y1001, doctors: -2}\n      - arrivee: {commune: Y1001}\n"
        "  - name: A\n",
        "utf-8",
    )
    code, _, said = run("scenario", "run", file)
    assert code == 3
    for part in ("ligne 6", "ligne 7", "ligne 8", "même nom"):
        assert part in said


def test_the_schema_of_scenarios_is_printed(run):
    code, said, _ = run("scenario", "schema", lake=False)
    assert code == 0
    assert json.loads(said)["required"] == ["territory", "scenarios"]


def test_zoning_prints_one_object(run):
    code, said, _ = run("zoning", "simulate", "--rule", "2021", "--json")
    assert code == 0
    made = json.loads(said)
    assert {"rule", "apl", "gauges", "zones"} <= set(made)
