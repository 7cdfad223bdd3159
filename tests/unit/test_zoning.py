"""Zoning rules: data are read and checked, classes follow the text, populations are conserved."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assemblier.errors import BadInput, UsageError
from assemblier.futures.zoning.decree import decision_table, decree_agreement, decree_shares
from assemblier.futures.zoning.note import zoning_note
from assemblier.futures.zoning.rules import ZoningRule, zoning_rule, zoning_rules
from assemblier.futures.zoning.simulation import (
    ABSENT,
    Zones,
    class_changes,
    class_shares,
    simulate,
    zones_of_communes,
)
from assemblier.parameters import Dated, Parameter, load_parameters
from assemblier.usecases.zoning import parse_ceilings

DAY = dt.date(2026, 11, 22)


def rule(name: str) -> ZoningRule:
    return zoning_rule(load_parameters(), name)


def communes(apl: Mapping[str, float], population: float = 1000.0) -> pd.DataFrame:
    """One commune by zone, in region 84."""
    return pd.DataFrame(
        {
            "code": [f"C{zone}" for zone in apl],
            "zone": list(apl),
            "region": "84",
            "apl": list(apl.values()),
            "standardised": population,
            "population": population,
        }
    )


def zones(apl: Mapping[str, float]) -> Zones:
    return zones_of_communes(communes(apl), {}, covered_at_least=0.5)


def classes(apl: Mapping[str, float], name: str, **given: object) -> dict[str, str]:
    made = simulate(zones(apl), rule(name), margin=0.11, edge_share=0.01, **given)  # type: ignore[arg-type]
    return made.frame["classe"].to_dict()


def test_every_rule_says_where_it_comes_from() -> None:
    known = zoning_rules(load_parameters())
    assert list(known) == ["2017", "2021", "2025", "2026-ara"]
    for each in known.values():
        assert "arrêté" in each.reference.lower()
        assert each.checked_on >= each.since or each.since.year == 2026
        assert each.grid == "tvs2019"
        assert each.ages == "65"
        assert each.to_verify


def test_unknown_rule_names_the_known_ones() -> None:
    with pytest.raises(UsageError, match="2017, 2021, 2025"):
        zoning_rule(load_parameters(), "1999")


def test_a_wrong_rule_is_refused_with_all_its_faults() -> None:
    value = {
        "method": "magic",
        "classes": ["ZIP"],
        "grid": "tvs2019",
        "ages": "65",
        "shares": {"ZIP": 1.4},
    }
    wrong = Parameter("zoning.rule.x", "x", "x", "x", DAY, "to_verify", (Dated(DAY, value),))
    with pytest.raises(BadInput) as caught:
        zoning_rules({wrong.id: wrong})
    assert len(caught.value.problems) == 4


def test_a_zone_is_the_mean_of_its_communes_by_standardised_population() -> None:
    given = pd.DataFrame(
        {
            "code": ["a", "b", "c", "d"],
            "zone": ["Z", "Z", "Z", None],
            "region": ["84", "84", "27", "27"],
            "apl": [1.0, 4.0, np.nan, 9.0],
            "standardised": [100.0, 300.0, 50.0, 1.0],
            "population": [90.0, 310.0, 60.0, 1.0],
        }
    )
    made = zones_of_communes(given, {"Z": "Le Zed"}, covered_at_least=0.5)
    row = made.frame.loc["Z"]
    assert row["apl"] == pytest.approx((100 * 1 + 300 * 4) / 400)
    assert row["region"] == "84"
    assert row["regions"] == "27, 84"
    assert row["region_share"] == pytest.approx(400 / 460)
    assert row["covered"] == pytest.approx(400 / 460)
    hidden = zones_of_communes(given, {}, covered_at_least=0.9).frame.loc["Z", "apl"]
    assert np.isnan(hidden)


def test_thresholds_of_2017() -> None:
    apl = {"A": 2.49, "B": 2.5, "C": 2.51, "D": 4.0, "E": 4.01, "F": np.nan}
    expected = {"A": "ZIP", "B": "ZIP", "C": "VIVIER", "D": "VIVIER", "E": "HZ", "F": ABSENT}
    assert classes(apl, "2017") == expected


def test_edge_is_within_the_margin_of_a_threshold() -> None:
    made = simulate(
        zones({"A": 2.40, "B": 2.38, "C": 3.0, "D": 4.1}), rule("2017"), margin=0.11, edge_share=0.0
    )
    assert made.frame["edge"].to_dict() == {"A": True, "B": False, "C": False, "D": True}


def test_additions_are_counted_against_five_percent_of_the_pool() -> None:
    apl = {f"V{i:02d}": 3.0 for i in range(30)} | {"H1": 5.0, "H2": 5.0}
    one = simulate(zones(apl), rule("2017"), margin=0.1, edge_share=0.0, choices={"H1": "ZAC"})
    gauge = next(g for g in one.gauges if g.classe == "+VIVIER")
    assert gauge.share == pytest.approx(1 / 30)
    assert not gauge.exceeded
    two = simulate(
        zones(apl),
        rule("2017"),
        margin=0.1,
        edge_share=0.0,
        choices={"H1": "ZAC", "H2": "ZAC"},
    )
    assert next(g for g in two.gauges if g.classe == "+VIVIER").exceeded
    assert two.frame.loc["H1", "classe"] == "ZAC"
    assert two.frame.loc["H1", "rule_classe"] == "HZ"


def test_wrong_choices_are_all_told() -> None:
    with pytest.raises(BadInput) as caught:
        classes({"A": 3.0}, "2017", choices={"nowhere": "ZIP", "A": "BEST"})
    assert len(caught.value.problems) == 2


def test_pools_of_2021_stop_before_the_share_is_passed() -> None:
    apl = {f"Z{i}": float(i) for i in range(10)}
    made = classes(apl, "2021")  # 30.2 % then 42 % of ten equal zones
    assert [made[f"Z{i}"] for i in range(10)] == ["ZIP"] * 3 + ["ZAC"] * 4 + ["HZ"] * 3


def test_ceilings_are_asked_for_and_kept() -> None:
    apl = {f"Z{i}": float(i) for i in range(10)}
    with pytest.raises(BadInput, match="plafond"):
        classes(apl, "2025")
    made = simulate(
        zones(apl),
        rule("2025"),
        margin=0.1,
        edge_share=0.0,
        ceilings={"84": {"ZIP": 0.25, "ZAC": 0.30}},
    )
    assert made.frame["classe"].value_counts().to_dict() == {"HZ": 5, "ZAC": 3, "ZIP": 2}
    assert not any(each.exceeded for each in made.gauges)


def test_region_criteria_rank_and_those_absent_are_told() -> None:
    held = zones({"A": 3.0, "B": 3.0, "C": 3.0, "D": 3.0})
    frame = held.frame.assign(gp_density=[9.0, 1.0, 5.0, 7.0], gp_over_60=[0.1, 0.9, 0.5, 0.3])
    made = simulate(Zones(frame, held.parts), rule("2026-ara"), margin=0.1, edge_share=0.01)
    assert made.frame.sort_values("score").index.tolist() == ["B", "C", "D", "A"]
    assert made.frame.loc["B", "classe"] == "ZIP"
    assert "without_gp" in made.absent_criteria
    assert "apl" not in made.absent_criteria
    assert any("laissés de côté" in note for note in made.notes)


@given(
    st.lists(st.floats(0.1, 8.0), min_size=3, max_size=30),
    st.sampled_from(["2017", "2021"]),
)
def test_less_access_never_means_a_better_class(values: list[float], name: str) -> None:
    apl = {f"Z{i:02d}": value for i, value in enumerate(values)}
    made = simulate(zones(apl), rule(name), margin=0.11, edge_share=0.01)
    order = list(rule(name).classes)
    ranked = made.frame.sort_values("apl", kind="stable")
    rank = [order.index(each) for each in ranked["classe"]]
    tied = ranked["apl"].to_numpy()
    assert all(
        a <= b or tied[i] == tied[i + 1] for i, (a, b) in enumerate(itertools.pairwise(rank))
    )
    shares = class_shares(made).loc["FR"]
    assert shares.sum() == pytest.approx(1.0)


def test_agreement_counts_people_and_decree_shares_stand_for_ceilings() -> None:
    given = communes({"A": 2.0, "B": 3.0, "C": 5.0, "D": 6.0})
    given["population"] = [100.0, 200.0, 300.0, 400.0]
    held = zones_of_communes(given, {}, covered_at_least=0.5)
    made = simulate(held, rule("2017"), margin=0.11, edge_share=0.01)
    decree = {"CA": "ZAC", "CB": "ZIP", "CC": "ZAR"}
    told = decree_agreement(made, given, decree)
    # A is not in the class that the threshold imposes; B may be anything; ZAR is outside; D unknown
    assert told.agreeing == pytest.approx(500 / 600)
    assert told.same == 0.0
    assert told.confusion.loc["HZ", "ZAR"] == 300
    assert told.disagreements["zone"].tolist() == ["A"]
    shares = decree_shares(given, held.frame["region"].to_dict(), decree)
    assert shares["84"] == pytest.approx({"ZAC": 1 / 6, "ZIP": 2 / 6, "ZAR": 3 / 6})


def test_changes_name_the_zones_that_cross() -> None:
    before = simulate(
        zones({"A": 2.0, "B": 3.0, "C": np.nan}), rule("2017"), margin=0.1, edge_share=0
    )
    after = simulate(zones({"A": 2.6, "B": 3.1, "C": 1.0}), rule("2017"), margin=0.1, edge_share=0)
    changed = class_changes(before, after)
    assert changed.index.tolist() == ["A"]
    assert changed.loc["A", ["before", "after"]].tolist() == ["ZIP", "VIVIER"]


def test_decision_table_and_note_are_whole() -> None:
    given = communes({"A": 2.45, "B": 3.0, "C": 5.0})
    given.loc[3] = ["CA2", "A", "27", 2.45, 10.0, 10.0]
    held = zones_of_communes(given, {"A": "Alpha"}, covered_at_least=0.5)
    made = simulate(held, rule("2017"), margin=0.11, edge_share=0.01)
    decree = {"CA": "ZAC", "CB": "ZIP"}
    table = decision_table(
        made,
        held,
        given,
        decree,
        merged={"CB": ("B", "C")},
        quarters={"CC": ("Les Tilleuls",)},
        commune_names={"CB": "Bourg-Neuf"},
    )
    assert table.loc["A", "two_regions"]
    assert table.loc["A", "edge"]
    assert table.loc["A", "agrees"] is False
    assert table.loc["B", "merged"] == "Bourg-Neuf"
    assert table.loc["C", "quarters"] == "Les Tilleuls"
    assert table.loc["C", "decree"] == "NC"
    assert table.loc["C", "agrees"] is None
    note = zoning_note(
        made,
        apl="APL d’essai",
        agreement=decree_agreement(made, given, decree),
        decree="zonage d’essai",
        decision=table,
        changes=None,
        compared_with="",
        region=None,
        region_names={"84": "Auvergne-Rhône-Alpes"},
        day=DAY,
    )
    assert [each.number for each in note.sections] == [1, 2, 3, 4]
    assert any("non une décision" in each for each in note.warnings)
    text = repr(dataclasses.astuple(note))
    assert "Alpha" in text
    assert "tenue pour en accord avec la classe arrêtée" in text
    assert "agreeing" not in {each.label.lower() for each in note.provenance.values()}
    assert "JORFTEXT000036021089" in text


def test_ceilings_are_read_or_refused() -> None:
    assert parse_ceilings(["84:ZIP=0.285,ZAC=0.492"]) == {"84": {"ZIP": 0.285, "ZAC": 0.492}}
    for wrong in ("84", "84:ZIP", "84:ZIP=0.7,ZAC=0.7", ":ZIP=0.1"):
        with pytest.raises(UsageError):
            parse_ceilings([wrong])
