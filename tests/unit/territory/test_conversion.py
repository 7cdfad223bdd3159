"""Tables from one vintage to another: sums kept, means weighted, classes, medians refused."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assemblier.errors import BadInput, MissingSource
from assemblier.tables import CLASS, NOT_AGGREGABLE, SUM, Aggregation, Column, Kind, Table
from assemblier.territory.codes import arrondissement_crosswalk
from assemblier.territory.conversion import convert
from assemblier.territory.lists import convert_codes
from assemblier.territory.movements import Change, movements_of, movements_table
from assemblier.territory.passage import Passage, composed


def steps(*rows) -> pd.DataFrame:
    return pd.DataFrame(
        rows, columns=["year_from", "year_to", "code_from", "code_to", "kind", "ratio"]
    )


# A takes in B in 2010; C is split into C and D in 2011; E becomes F in 2011; B is restored in 2012
STEPS = steps(
    (2009, 2010, "A", "A", "f", 1.0),
    (2009, 2010, "B", "A", "f", 1.0),
    (2010, 2011, "C", "C", "d", 0.75),
    (2010, 2011, "C", "D", "d", 0.25),
    (2010, 2011, "E", "F", "c", 1.0),
    (2011, 2012, "A", "A", "d", 0.4),
    (2011, 2012, "A", "B", "d", 0.6),
)
PASSAGE = Passage.of(STEPS)
POPULATION = pd.Series({"A": 100.0, "B": 300.0, "C": 400.0, "E": 50.0, "G": 7.0})
TABLE = pd.DataFrame(
    {
        "code": ["A", "B", "C", "E", "G"],
        "population": [100, 300, 400, 50, 7],
        "part": [0.1, 0.5, 0.2, 0.3, 0.9],
        "mediane": [20.0, 30.0, 25.0, 22.0, 21.0],
        "classe": ["x", "y", "z", "x", "y"],
    }
)
RULES = {
    "population": SUM,
    "part": Aggregation.mean("population"),
    "mediane": NOT_AGGREGABLE,
    "classe": CLASS,
}


def cell(made, code, column):
    return made.table.set_index("code").loc[code, column]


def status(made, code, column):
    found = made.statuses[(made.statuses["code"] == code) & (made.statuses["column"] == column)]
    return tuple(found[["status", "reason"]].iloc[0]) if len(found) else ("ok", "")


def test_a_merger_adds_counts_weighs_means_and_refuses_medians():
    made = convert(TABLE, RULES, PASSAGE.crosswalk(2009, 2010))
    assert list(made.table["code"]) == ["A", "C", "E", "G"]
    assert cell(made, "A", "population") == 400
    assert cell(made, "A", "part") == pytest.approx((100 * 0.1 + 300 * 0.5) / 400)
    assert pd.isna(cell(made, "A", "mediane"))
    assert pd.isna(cell(made, "A", "classe"))
    assert status(made, "A", "mediane") == ("absent", "merged_communes")
    assert status(made, "A", "classe") == ("absent", "merged_communes")
    assert status(made, "A", "population") == ("ok", "")
    assert cell(made, "C", "mediane") == 25
    assert made.table["population"].dtype == np.float64
    assert TABLE["population"].dtype == np.int64  # the table that was given is untouched


def test_a_split_shares_counts_keeps_means_and_refuses_medians():
    made = convert(TABLE, RULES, PASSAGE.crosswalk(2010, 2011))
    assert cell(made, "C", "population") == 300
    assert cell(made, "D", "population") == 100
    assert cell(made, "C", "part") == cell(made, "D", "part") == pytest.approx(0.2)
    assert status(made, "D", "population") == ("estimated", "converted")
    assert status(made, "D", "part") == ("estimated", "converted")
    assert status(made, "D", "mediane") == ("absent", "not_aggregable")
    assert cell(made, "D", "classe") == "z"
    assert cell(made, "F", "mediane") == 22  # a new code alone changes nothing


def test_a_restored_commune_has_its_own_ground_back():
    walk = PASSAGE.crosswalk(2009, 2012)
    assert set(walk.moves["code_from"]) == {"C", "E"}  # A and B are what they were
    made = convert(TABLE, RULES, walk)
    assert cell(made, "A", "population") == 100
    assert cell(made, "B", "mediane") == 30


def test_a_third_commune_stays_with_the_one_it_joined():
    passage = Passage.of(
        steps(
            (1, 2, "A", "A", "f", 1.0),
            (1, 2, "B", "A", "f", 1.0),
            (1, 2, "H", "A", "f", 1.0),
            (2, 3, "A", "A", "d", 0.5),
            (2, 3, "A", "B", "d", 0.5),
        )
    )
    moves = passage.crosswalk(1, 3).moves
    assert set(zip(moves["code_from"], moves["code_to"], strict=True)) == {("A", "A"), ("H", "A")}
    assert moves["weight"].eq(1).all()


def test_a_new_commune_takes_its_share_of_those_that_were_not_restored():
    passage = Passage.of(
        steps(
            (1, 2, "A", "A", "f", 1.0),
            (1, 2, "B", "A", "f", 1.0),
            (2, 3, "A", "A", "d", 0.3),
            (2, 3, "A", "B", "d", 0.6),
            (2, 3, "A", "N", "d", 0.1),
        )
    )
    moves = passage.crosswalk(1, 3).moves.set_index(["code_from", "code_to"])["weight"]
    assert moves.to_dict() == pytest.approx({("A", "A"): 0.75, ("A", "N"): 0.25})


def test_classes_by_seat_and_by_population():
    walk = PASSAGE.crosswalk(2009, 2010)
    seat = convert(TABLE, RULES, walk, class_rule="seat")
    assert cell(seat, "A", "classe") == "x"
    largest = convert(TABLE, RULES, walk, class_rule="largest", populations=POPULATION)
    assert cell(largest, "A", "classe") == "y"
    assert status(largest, "A", "classe") == ("estimated", "converted")
    detail = largest.statuses.set_index("column").loc["classe", "detail"]
    assert detail == "classe prise à la plus peuplée, B"
    with pytest.raises(BadInput):
        convert(TABLE, RULES, walk, class_rule="largest")


def test_equal_classes_are_kept():
    table = TABLE.assign(classe=["y", "y", "z", "x", "y"])
    made = convert(table, RULES, PASSAGE.crosswalk(2009, 2010))
    assert cell(made, "A", "classe") == "y"
    assert status(made, "A", "classe") == ("ok", "")


def test_medians_refuse_the_whole_conversion_when_asked():
    with pytest.raises(BadInput, match="mediane"):
        convert(TABLE, RULES, PASSAGE.crosswalk(2009, 2010), refuse_medians=True)
    far = TABLE[TABLE["code"] == "G"]
    convert(far, RULES, PASSAGE.crosswalk(2009, 2010), refuse_medians=True)


def test_a_part_that_is_not_published_leaves_the_merger_absent():
    table = TABLE.assign(population=[100, np.nan, 400, 50, 7])
    made = convert(table, RULES, PASSAGE.crosswalk(2009, 2010))
    assert math.isnan(cell(made, "A", "population"))
    assert status(made, "A", "population") == ("absent", "not_published")
    assert status(made, "A", "part") == ("absent", "not_published")
    (account,) = made.conservation.to_dict("records")
    assert account["withheld"] == 100
    assert account["gap"] == 0


def test_an_absent_row_is_missing_unless_the_table_lists_only_what_exists():
    table = TABLE[TABLE["code"] != "B"]
    walk = PASSAGE.crosswalk(2009, 2010)
    assert status(convert(table, RULES, walk), "A", "population") == ("absent", "not_published")
    made = convert(table, {"population": SUM}, walk, absent_rows="zero")
    assert cell(made, "A", "population") == 100


def test_rows_of_a_commune_are_told_apart_by_keys():
    table = pd.DataFrame(
        {
            "code": ["A", "A", "B", "G"],
            "type": ["D201", "D232", "D201", "D201"],
            "nombre": [1, 2, 3, 4],
        }
    )
    made = convert(
        table,
        {"nombre": SUM},
        PASSAGE.crosswalk(2009, 2010),
        keys=["type"],
        absent_rows="zero",
    )
    assert made.table.values.tolist() == [
        ["A", "D201", 4.0],
        ["A", "D232", 2.0],
        ["G", "D201", 4.0],
    ]
    with pytest.raises(BadInput, match="ligne en double"):
        convert(table, {"nombre": SUM}, PASSAGE.crosswalk(2009, 2010))


def test_unknown_codes_are_set_aside_and_listed_or_refused():
    communes = pd.DataFrame(
        {"code": list("ABCE"), "nom": ["Aa", "Bb", "Cc", "Ee"], "departement": ["A"] * 4}
    )
    made = convert(TABLE, RULES, PASSAGE.crosswalk(2009, 2010), communes=communes)
    assert [found.code for found in made.unknown] == ["G"]
    assert made.conservation["set_aside"].iloc[0] == 7
    assert made.conservation["gap"].iloc[0] == 0
    with pytest.raises(BadInput, match="G"):
        convert(TABLE, RULES, PASSAGE.crosswalk(2009, 2010), communes=communes, unknown="refuse")


def test_every_problem_of_a_table_is_told_at_once():
    with pytest.raises(BadInput) as told:
        convert(
            TABLE[["code", "part"]],
            {"absente": SUM, "part": Aggregation.mean("population")},
            PASSAGE.crosswalk(2009, 2010),
        )
    assert len(told.value.problems) == 2


def test_the_declaration_of_a_table_serves_as_rules():
    declared = Table(
        "t",
        "t",
        (
            Column("code", Kind.CODE, "commune"),
            Column("population", Kind.NUMBER, "habitants", aggregation=SUM),
        ),
        geography="code",
    )
    made = convert(TABLE[["code", "population"]], declared, PASSAGE.crosswalk(2009, 2010))
    assert list(made.table) == ["code", "population"]


def test_lineage_names_the_rows_a_figure_stands_on():
    made = convert(TABLE, RULES, PASSAGE.crosswalk(2009, 2010))
    rows = made.lineage[made.lineage["code_to"] == "A"]
    assert sorted(zip(rows["row"], rows["code_from"], strict=True)) == [(0, "A"), (1, "B")]


def test_back_in_time_needs_the_populations_of_the_finer_vintage():
    with pytest.raises(MissingSource, match="COG 2009"):
        PASSAGE.conversion(2010, 2009)
    with pytest.raises(MissingSource, match="B"):
        PASSAGE.conversion(2010, 2009, POPULATION.drop("B"))
    back = convert(
        pd.DataFrame({"code": ["A", "C"], "n": [40.0, 5.0]}),
        {"n": SUM},
        PASSAGE.conversion(2010, 2009, POPULATION),
    )
    assert back.table.set_index("code")["n"].to_dict() == {"A": 10, "B": 30, "C": 5}
    assert set(back.statuses["status"]) == {"estimated"}


def test_communes_without_inhabitants_cannot_be_taken_apart():
    with pytest.raises(BadInput, match="aucun habitant"):
        PASSAGE.conversion(2010, 2009, pd.Series({"A": 0.0, "B": 0.0}))


def test_arrondissements_are_one_explicit_step():
    table = pd.DataFrame({"code": ["75101", "75102", "01001"], "n": [1.0, 2.0, 4.0]})
    walk = arrondissement_crosswalk(2018)
    with_all = convert(table, {"n": SUM}, walk, absent_rows="zero")
    assert with_all.table.set_index("code")["n"].to_dict() == {"01001": 4, "75056": 3}
    assert status(convert(table, {"n": SUM}, walk), "75056", "n")[0] == "absent"
    both = pd.DataFrame({"code": ["75101", "75056"], "n": [1.0, 2.0]})
    with pytest.raises(BadInput, match="compteraient deux fois"):
        convert(both, {"n": SUM}, walk)
    # from one vintage to another they may stand side by side, as producers print them
    assert convert(both, {"n": SUM}, PASSAGE.crosswalk(2009, 2010)).table["n"].sum() == 3


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([(2009, 2010, "A", "B", "d", 0.4), (2009, 2010, "A", "C", "d", 0.4)], "totalisent"),
        ([(2009, 2010, "A", "B", "f", 1.5)], "hors de"),
        ([(2009, 2010, "A", "B", "f", 0.5), (2009, 2010, "A", "B", "f", 0.5)], "double"),
        ([(2009, 2011, "A", "B", "f", 1.0), (2010, 2011, "C", "B", "f", 1.0)], "saute"),
    ],
)
def test_a_passage_table_that_does_not_hold_is_refused(rows, message):
    with pytest.raises(BadInput, match=message):
        Passage.of(steps(*rows))


def test_vintages_that_the_passage_does_not_link_are_refused():
    with pytest.raises(BadInput, match="2009, 2010"):
        PASSAGE.crosswalk(2009, 2026)
    with pytest.raises(BadInput, match="remonte"):
        PASSAGE.crosswalk(2012, 2009)


def test_divisions_take_the_shares_of_known_populations():
    better = PASSAGE.reweighted({2011: pd.Series({"C": 90.0, "D": 10.0})})
    moves = better.crosswalk(2010, 2011).moves.set_index("code_to")["weight"]
    assert moves["D"] == pytest.approx(0.1)
    assert PASSAGE.reweighted({2011: pd.Series({"C": 90.0})}).steps.equals(PASSAGE.steps)


def test_movements_are_told_in_french():
    told = {
        m.change: str(m) for m in movements_of(PASSAGE.crosswalk(2009, 2011), names={"A": "Ax"})
    }
    assert told[Change.MERGED] == (
        "Ax (A), B ont été réunies dans Ax (A) entre le COG 2009 et le COG 2011"
    )
    assert told[Change.SPLIT] == (
        "C a été partagée entre C (75,0 %), D (25,0 %) entre le COG 2009 et le COG 2011"
    )
    assert told[Change.RECODED] == "E a pris le code F entre le COG 2009 et le COG 2011"
    table = movements_table(movements_of(PASSAGE.crosswalk(2009, 2011), {"B"}))
    assert list(zip(table["code_from"], table["code_to"], strict=True)) == [("A", "A"), ("B", "A")]


def test_a_list_that_takes_in_ground_from_outside_says_so():
    made = convert_codes(["B"], PASSAGE, 2009, 2010, populations=POPULATION)
    assert made.codes == ("A",)
    assert made.shares.to_dict("records") == [{"code": "A", "share": 0.75, "outside": "A"}]
    assert not made.same_ground
    assert math.isnan(convert_codes(["B"], PASSAGE, 2009, 2010).shares["share"].iloc[0])


def test_a_list_forward_and_back_names_the_same_ground():
    there = convert_codes(["A", "B", "C"], PASSAGE, 2009, 2011)
    assert there.codes == ("A", "C", "D")
    assert there.same_ground
    back = convert_codes(there.codes, PASSAGE, 2011, 2009)
    assert back.codes == ("A", "B", "C")
    assert back.same_ground
    part = convert_codes(["D"], PASSAGE, 2011, 2009)
    assert part.shares["share"].iloc[0] == 0.25


@st.composite
def histories(draw):
    """A made-up history: communes merge into one of them, or give birth to a new one."""
    present = [f"{number:02d}" for number in range(8)]
    rows, born = [], 50
    for year in range(draw(st.integers(1, 5))):
        busy = set()
        after = list(present)
        for _ in range(draw(st.integers(0, 2))):
            free = [code for code in present if code not in busy and code in after]
            if len(free) < 2:
                continue
            kind = draw(st.sampled_from("fdc"))
            if kind == "f":
                one, other = draw(
                    st.lists(st.sampled_from(free), min_size=2, max_size=2, unique=True)
                )
                rows += [(year, year + 1, code, one, "f", 1.0) for code in (one, other)]
                busy |= {one, other}
                after.remove(other)
            else:
                one = draw(st.sampled_from(free))
                new = f"{born}"
                born += 1
                busy.add(one)
                after.append(new)
                if kind == "c":
                    rows.append((year, year + 1, one, new, "c", 1.0))
                    after.remove(one)
                else:
                    share = draw(st.floats(0.05, 0.95))
                    rows += [
                        (year, year + 1, one, one, "d", share),
                        (year, year + 1, one, new, "d", 1 - share),
                    ]
        rows.append((year, year + 1, "99", "99", "f", 1.0))
        present = after
    return Passage.of(steps(*rows)), present


@given(histories(), st.lists(st.floats(0, 1e6), min_size=8, max_size=8))
def test_any_history_conserves_sums_both_ways(history, counts):
    passage, present = history
    first, last = passage.vintages[0], passage.vintages[-1]
    table = pd.DataFrame({"code": [f"{number:02d}" for number in range(8)], "n": counts})
    there = convert(table, {"n": SUM}, passage.crosswalk(first, last))
    assert there.table["n"].sum() == pytest.approx(sum(counts), rel=1e-9, abs=1e-6)
    assert set(there.table["code"]) == set(present)
    populations = pd.Series([number + 1.0 for number in counts], index=table["code"])
    back = convert(there.table, {"n": SUM}, passage.conversion(last, first, populations))
    assert back.table["n"].sum() == pytest.approx(sum(counts), rel=1e-9, abs=1e-6)
    assert set(back.table["code"]) == set(table["code"])


@given(histories(), st.lists(st.floats(0.1, 1e3), min_size=8, max_size=8))
def test_any_history_keeps_the_mean_of_the_country(history, rates):
    passage, _ = history
    codes = [f"{number:02d}" for number in range(8)]
    table = pd.DataFrame({"code": codes, "n": [number + 1.0 for number in range(8)], "rate": rates})
    made = convert(
        table,
        {"n": SUM, "rate": Aggregation.mean("n")},
        passage.crosswalk(passage.vintages[0], passage.vintages[-1]),
    ).table
    assert (made["n"] * made["rate"]).sum() == pytest.approx((table["n"] * table["rate"]).sum())
    assert made["rate"].between(min(rates) * (1 - 1e-9), max(rates) * (1 + 1e-9)).all()


@given(histories())
def test_the_weights_themselves_come_back_exactly(history):
    passage, _ = history
    first, last = passage.vintages[0], passage.vintages[-1]
    populations = pd.Series(
        [10.0 * number + 3 for number in range(8)], index=[f"{number:02d}" for number in range(8)]
    )
    table = populations.rename("n").rename_axis("code").reset_index()
    there = convert(table, {"n": SUM}, passage.crosswalk(first, last))
    back = convert(there.table, {"n": SUM}, passage.conversion(last, first, populations))
    assert back.table["n"].to_numpy() == pytest.approx(table["n"].to_numpy(), rel=1e-9)


def test_composition_step_by_step_equals_the_long_way_without_restorations():
    whole = PASSAGE.crosswalk(2009, 2011)
    by_hand = composed(PASSAGE.crosswalk(2009, 2010), PASSAGE.crosswalk(2010, 2011))
    pd.testing.assert_frame_equal(whole.moves, by_hand.moves)
