"""Doctors turned into acts by place, and local corrections."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assemblier.errors import BadInput
from assemblier.measures.supply import (
    ActivityRules,
    bounded_acts,
    supply_from_counts,
    supply_from_doctors,
)
from assemblier.measures.supply_corrections import correct_doctors
from assemblier.parameters import load_parameters

RULES = ActivityRules(nothing_up_to=250, floor=3600, ceiling=6000, imputed=5400, default=4900)


def doctors(*rows: dict) -> pd.DataFrame:
    return pd.DataFrame([{"doctor": i, "place": "A", **row} for i, row in enumerate(rows)])


def acts_at(result, place):
    return result.places.set_index("place").loc[place, "acts"]


def test_the_rules_are_the_producers():
    value = load_parameters()["apl.gp.activity"].on(dt.date(2023, 12, 31))
    assert {name: getattr(RULES, name) for name in value} == value


def test_bounds():
    acts = np.array([0, 249, 250, 251, 3600, 3601, 5999.5, 6000, 9000, np.nan])
    got = bounded_acts(acts, RULES)
    np.testing.assert_array_equal(got, [0, 0, 0, 3600, 3600, 3601, 5999.5, 6000, 6000, np.nan])
    free = bounded_acts(acts, RULES, bounded=np.zeros(10, dtype=bool))
    np.testing.assert_array_equal(free, acts)


def test_health_centres_have_no_bounds():
    got = supply_from_doctors(doctors({"acts": 1000, "salaried": True}, {"acts": 1000}), RULES)
    assert got.acts == 1000 + 3600


def test_new_doctors_are_imputed_whatever_they_did():
    got = supply_from_doctors(doctors({"acts": 800, "new": True}, {}), RULES)
    assert got.acts == 5400 + 4900
    assert got.imputed == 2


def test_part_time_multiplies_imputed_acts_only():
    table = doctors({"part_time": 0.5}, {"acts": 4000, "part_time": 0.5})
    got = supply_from_doctors(table, RULES)
    assert got.lines["acts"].tolist() == [2450, 4000]


def test_several_sites_share_equally_or_as_known():
    table = pd.DataFrame(
        {
            "doctor": [1, 1, 2, 2, 3, 3],
            "place": ["A", "B", "A", "B", "A", "A"],
            "site": ["a", "b", "a", "b", "a1", "a2"],
            "acts": [6000, 6000, 5000, 5000, 4000, 4000],
            "share": [None, None, 0.8, 0.2, None, None],
        }
    )
    got = supply_from_doctors(table, RULES)
    assert acts_at(got, "A") == pytest.approx(3000 + 4000 + 4000)
    assert acts_at(got, "B") == pytest.approx(3000 + 1000)
    np.testing.assert_allclose(got.places["doctors"], [0.5 + 0.8 + 1, 0.5 + 0.2])


def test_teleconsultation_points_are_not_sites():
    table = pd.DataFrame(
        {"doctor": [1, 1], "place": ["A", "Z"], "acts": [5000, 5000], "remote": [False, True]}
    )
    got = supply_from_doctors(table, RULES)
    assert got.places["place"].tolist() == ["A"]
    assert got.acts == 5000
    assert got.left_out["reason"].tolist() == ["point de téléconsultation"]


def test_particular_practice_is_left_out_unless_it_counts():
    table = doctors({"practice": "angiologie"}, {"practice": "homéopathie"}, {"practice": None})
    got = supply_from_doctors(table, RULES, counted_practices={"homéopathie"})
    assert got.lines["doctor"].tolist() == [1, 2]
    assert got.left_out["reason"].tolist() == ["exercice particulier"]


@pytest.mark.parametrize(("included", "left"), [(True, [0, 1]), (False, [0])])
def test_the_age_limit_says_which_side_it_is_on(included, left):
    table = doctors({"age": 64}, {"age": 65}, {"age": 66})
    got = supply_from_doctors(table, RULES, age_limit=65, limit_included=included)
    assert got.lines["doctor"].tolist() == left


def test_an_unknown_age_is_neither_young_nor_old():
    table = doctors({"age": 40}, {"age": None})
    with pytest.raises(BadInput, match="âge inconnu"):
        supply_from_doctors(table, RULES, age_limit=65)
    assert len(supply_from_doctors(table, RULES, age_limit=65, unknown_age="keep").lines) == 2
    dropped = supply_from_doctors(table, RULES, age_limit=65, unknown_age="drop")
    assert dropped.left_out["reason"].tolist() == ["âge inconnu"]


def test_every_problem_is_told_at_once():
    table = pd.DataFrame(
        {
            "doctor": [1, 1, 2, 2, None, 4],
            "place": ["A", "B", "A", "A", "A", None],
            "share": [0.5, None, 0.3, 0.3, None, None],
            "acts": [10, 10, -1, -1, 5, 5],
            "part_time": [1, 1, 1, 1, 2, 1],
        }
    )
    with pytest.raises(BadInput) as caught:
        supply_from_doctors(table, RULES, file="medecins.csv")
    said = str(caught.value)
    for part in (
        "pas d’identifiant",
        "lieu d’exercice manque",
        "négative",
        "temps partiel",
        "deux fois",
        "une partie des lieux",
        "ne font pas 1",
        "medecins.csv, ligne 6",
    ):
        assert part in said, part


def test_the_table_is_not_changed():
    table = doctors({"acts": 100}, {"age": 70})
    before = table.copy(deep=True)
    supply_from_doctors(table, RULES)
    pd.testing.assert_frame_equal(table, before)


@given(st.integers(0, 10_000))
def test_acts_are_conserved_over_sites(seed):
    rng = np.random.default_rng(seed)
    rows = [
        {"doctor": d, "place": f"p{p}", "acts": acts}
        for d, acts in enumerate(rng.uniform(0, 9000, 20))
        for p in rng.choice(8, rng.integers(1, 5), replace=False)
    ]
    table = pd.DataFrame(rows)
    got = supply_from_doctors(table, RULES)
    each = table.groupby("doctor")["acts"].first().to_numpy()
    assert got.acts == pytest.approx(bounded_acts(each, RULES).sum(), rel=1e-12)
    assert got.places["doctors"].sum() == pytest.approx(20)


def test_counts_keep_their_mean_activity():
    counts = np.array([2.0, 0.0, 6.0])
    got = supply_from_counts(counts, 5000.0, relative_activity=np.array([3.0, 1.0, 1.0]))
    assert got.sum() == pytest.approx(8 * 5000)
    assert (got[0] / 2) / (got[2] / 6) == pytest.approx(3)
    np.testing.assert_array_equal(supply_from_counts(counts, 10.0), [20, 0, 60])
    with pytest.raises(BadInput, match="manquant"):
        supply_from_counts(np.array([np.nan]), 1.0)
    with pytest.raises(BadInput, match="relative"):
        supply_from_counts(np.ones(1), 1.0, relative_activity=np.zeros(1))


def test_corrections_are_laid_over_and_logged():
    table = pd.DataFrame({"doctor": ["x", "y"], "place": ["A", "A"], "acts": [5000.0, 4000.0]})
    before = table.copy(deep=True)
    corrections = pd.DataFrame(
        {
            "action": ["remove", "replace", "add"],
            "doctor": ["x", "y", "z"],
            "place": [None, "B", "C"],
            "acts": [None, None, 3700.0],
            "reason": ["retraite", "déménagé en mars", "arrivée"],
        }
    )
    got = correct_doctors(table, corrections)
    pd.testing.assert_frame_equal(table, before)
    assert got.doctors[["doctor", "place"]].to_numpy().tolist() == [["y", "B"], ["z", "C"]]
    assert got.log["reason"].tolist() == ["retraite", "déménagé en mars", "arrivée"]
    assert got.log.loc[1, ["column", "before", "after"]].tolist() == ["place", "A", "B"]
    assert supply_from_doctors(got.doctors, RULES).acts == 4000 + 3700


def test_a_correction_needs_a_reason_and_something_to_correct():
    table = pd.DataFrame({"doctor": ["x"], "place": ["A"]})
    corrections = pd.DataFrame(
        {
            "action": ["remove", "replace", "guess"],
            "doctor": ["nobody", "x", "x"],
            "place": [None, "B", None],
            "reason": ["parti", None, "?"],
        }
    )
    with pytest.raises(BadInput) as caught:
        correct_doctors(table, corrections, file="corrections.csv")
    said = str(caught.value)
    assert "aucune ligne" in said
    assert "pas motivée" in said
    assert "action inconnue" in said
    with pytest.raises(BadInput, match="reason"):
        correct_doctors(table, corrections.drop(columns="reason"))
