"""APL of the other professions: what is computed, what is refused, and from the command line."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from assemblier.cli.main import main
from assemblier.errors import MissingSource, UsageError
from assemblier.indicators import professions_access
from assemblier.indicators.compute import compute
from assemblier.indicators.professions_access import profession_apl
from assemblier.measures.agreement import Published, agreement
from assemblier.usecases.national_apl import PROFESSIONS, recompute_profession_apl
from assemblier.values import Reason, Status


@pytest.mark.parametrize("profession", ["inf", "mk", "sf"])
def test_what_people_get_is_what_is_offered(artificial_context, profession):
    made = profession_apl(artificial_context, profession)
    rule = artificial_context.parameters["apl.professions.recomputed"].latest[profession]
    table = made.table
    got = float(table["apl"] @ table["population"])
    assert got == pytest.approx(table["heads"].sum() * rule["fte_per_head"] * 1e5, rel=1e-9)
    assert table["heads"].sum() > 0
    assert table.loc[~table["reached"], "apl"].eq(0).all()
    assert any("non ceux du producteur" in note for note in made.notes)
    assert all(read.part.table != "apl" for read in made.reads)


def test_dentists_are_refused_with_what_would_fill_the_gap(artificial_context, artificial_lake):
    with pytest.raises(MissingSource, match=r"classeur de la DREES.*chirurgiens-dentistes"):
        profession_apl(artificial_context, "cd")
    assert main(["apl", "--profession", "dentiste", "--lake", str(artificial_lake.folder)]) == 4
    with pytest.raises(UsageError, match="sage-femme"):
        recompute_profession_apl(lake=artificial_lake.folder, profession="vétérinaire")
    with pytest.raises(MissingSource, match="1900"):
        profession_apl(artificial_context, "mk", 1899)


def test_dentists_are_computed_with_the_parameters_one_brings(artificial_lake, tmp_path, capsys):
    rule, out = tmp_path / "cd.yaml", tmp_path / "cd.csv"
    rule.write_text(
        "steps: 'steps:15=1,30=1/2'\nsigma: 0.13\nfte_per_head: 0.5\nreference: Essai\n",
        encoding="utf-8",
    )
    arguments = ["apl", "--profession", "dentiste", "--lake", str(artificial_lake.folder)]
    arguments += ["--parameters", str(rule)]
    assert main([*arguments, "--out", str(out), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert any("référence : Essai" in note for note in told["notes"])
    table = pd.read_csv(out, dtype={"code": str})
    assert table["effectif"].sum() > 0
    got = float(table["apl"] @ table["population"])
    assert got == pytest.approx(table["effectif"].sum() * 0.5 * 1e5, rel=1e-9)
    rule.write_text("steps: 'gaussian:30'\nsigma: -1\nfte_per_head: oui\nbornes: 3\n", "utf-8")
    assert main(arguments) == 3
    said = capsys.readouterr().err
    for word in ("steps", "sigma", "fte_per_head", "bornes", "reference"):
        assert word in said
    assert main(["apl", "--lake", str(artificial_lake.folder), "--parameters", str(rule)]) == 2


def test_the_command_writes_every_commune_and_its_zones(artificial_lake, tmp_path, capsys):
    out, zones = tmp_path / "kine.csv", tmp_path / "zones.csv"
    arguments = ["apl", "--profession", "kine", "--lake", artificial_lake.folder, "--out", out]
    assert main([str(each) for each in (*arguments, "--zones-out", zones, "--json")]) == 0
    told = json.loads(capsys.readouterr().out)
    table = pd.read_csv(out, dtype={"code": str})
    assert len(table) == told["communes"]
    assert told["profession"] == PROFESSIONS["kine"]
    means = pd.read_csv(zones, dtype={"code": str})
    inside = table["apl"] @ table["population"]
    assert (means["apl"] @ means["population"]) <= inside * (1 + 1e-9)
    assert len(means) == told["zones"]
    assert main([str(each) for each in (*arguments, "--since", 2016)]) == 2


def test_the_indicators_are_estimated_and_say_why_they_differ(artificial_context):
    results = compute(artificial_context, professions_access.INDICATORS, ["france"]).frame
    assert set(results["indicator"]) == {each.id for each in professions_access.INDICATORS}
    assert (results["status"] == Status.ESTIMATED).all()
    assert (results["reason"] == Reason.MODELLED).all()
    for each in professions_access.INDICATORS:
        for word in ("champ", "date", "unité", "géographie"):
            assert word in each.differs["DREES, APL publié"]


@pytest.mark.real
@pytest.mark.parametrize(
    ("profession", "communes", "zones"),
    [("inf", 0.645, 0.78), ("mk", 0.735, 0.845), ("sf", 0.64, 0.715)],
)
def test_ranks_follow_the_published_values_of_2016(real_context, profession, communes, zones):
    """Headcounts of 1 January 2018 are the nearest; floors a little under 2026-11-22."""
    made = profession_apl(real_context, profession, 2017)
    for part in real_context.parts("apl", year=2016):
        where = {"annee": 2016, "profession": profession, "ages": "tous"}
        frame, _ = real_context.converted(part, ["apl"], where=where)
        if frame["apl"].notna().any():
            break
    membership = real_context.geography.membership.reindex(made.table.index)
    held = Published(
        frame["apl"].reindex(made.table.index).to_numpy(np.float64),
        made.table["population"].to_numpy(np.float64),
        membership["bv2022"].fillna("").to_numpy(object),
        membership["departement"].fillna("").to_numpy(object),
    )
    got = agreement(made.table["apl"].to_numpy(np.float64), held)
    assert got.commune_count > 34_700
    assert got.communes > communes
    assert got.zones > zones
    level = np.average(made.table["apl"], weights=made.table["population"])
    known = np.isfinite(held.value)
    assert level / np.average(held.value[known], weights=held.weight[known]) == pytest.approx(
        1.0, abs=0.05
    )
