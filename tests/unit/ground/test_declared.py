"""The ground: parameters, declared tables, records."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from assemblier.declarations import Direction, Indicator, Registry
from assemblier.errors import BadInput, Problem
from assemblier.parameters import Parameters, load_parameters, parse_parameter
from assemblier.tables import NOT_AGGREGABLE, SUM, TABLES, Aggregation, Column, Kind, Table, checked

WHOLE = {
    "id": "a.b",
    "label_fr": "essai",
    "unit": "minutes",
    "reference": "Insee, 2020",
    "checked_on": dt.date(2024, 1, 1),
    "status": "confirmed",
    "values": [{"from": "2010-01-01", "value": 1}, {"from": "2020-01-01", "value": 2}],
}


def parsed(**changed: object) -> tuple[object, list[Problem]]:
    problems: list[Problem] = []
    raw = {key: value for key, value in {**WHOLE, **changed}.items() if value is not ...}
    return parse_parameter(raw, file="x.yaml", problems=problems), problems


def test_a_parameter_is_dated() -> None:
    parameter, problems = parsed()
    assert problems == []
    assert parameter.on(dt.date(2010, 1, 1)) == 1  # type: ignore[attr-defined]
    assert parameter.on(dt.date(2019, 12, 31)) == 1  # type: ignore[attr-defined]
    assert parameter.on(dt.date(2020, 1, 1)) == 2  # type: ignore[attr-defined]
    assert parameter.latest == 2  # type: ignore[attr-defined]
    with pytest.raises(BadInput, match="à partir du 2010-01-01"):
        parameter.on(dt.date(2009, 12, 31))  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"unit": ...}, "pas de champ « unit »"),
        ({"reference": ...}, "pas de champ « reference »"),
        ({"unit": " "}, "« unit » du paramètre a.b est vide"),
        ({"reference": None}, "« reference » du paramètre a.b est vide"),
        ({"colour": "red"}, "champ inconnu"),
        ({"status": "sure"}, "statut du paramètre"),
        ({"checked_on": "bientôt"}, "date de vérification illisible"),
        ({"values": []}, "aucune valeur"),
        ({"values": [{"since": "2010-01-01", "value": 1}]}, "mal écrite"),
        ({"values": [{"from": "2010-01-01", "value": 1}] * 2}, "se chevauchent"),
        (
            {"values": [{"from": "2020-01-01", "value": 1}, {"from": "2010-01-01", "value": 1}]},
            "se suivent mal",
        ),
    ],
)
def test_an_incomplete_parameter_is_refused(changed: dict, words: str) -> None:
    parameter, problems = parsed(**changed)
    assert parameter is None
    assert any(words in str(problem) for problem in problems), problems


def test_all_that_is_wrong_is_said_at_once() -> None:
    _, problems = parsed(unit=..., reference=..., colour="red", status="sure")
    assert len(problems) == 4


def test_the_parameters_of_the_program_are_whole() -> None:
    parameters = load_parameters()
    assert len(parameters) > 20
    for name in parameters:
        assert dt.date(2020, 1, 1) < parameters[name].checked_on < dt.date(2100, 1, 1)
        assert parameters[name].values
    with pytest.raises(BadInput, match="paramètre inconnu"):
        parameters["no.such"]
    assert "no.such" not in parameters
    assert isinstance(parameters, Parameters)


TABLE = Table(
    "essai",
    "Essai",
    (
        Column("code", Kind.CODE, "commune", pattern="[0-9A-Z]{5}"),
        Column("n", Kind.INTEGER, "nombre", "personnes", SUM, 0, 100, nullable=True),
        Column("part", Kind.NUMBER, "part", "%", Aggregation.mean("n"), 0, 100, nullable=True),
        Column("genre", Kind.CODE, "genre", allowed=("a", "b")),
        Column("jour", Kind.DATE, "jour", nullable=True),
        Column("oui", Kind.BOOLEAN, "oui", nullable=True),
    ),
    key=("code", "genre"),
    geography="code",
)


def frame(**changed: object) -> pd.DataFrame:
    whole = {
        "code": ["01001", "2A004"],
        "n": ["3", None],
        "part": ["12.5", None],
        "genre": ["a", "b"],
        "jour": ["2024-02-29", None],
        "oui": [True, None],
        "_row": [7, 9],
    }
    return pd.DataFrame(
        {key: value for key, value in {**whole, **changed}.items() if value is not ...}
    )


def test_a_frame_that_holds_is_typed() -> None:
    given = frame()
    before = given.copy(deep=True)
    made, problems = checked(given, TABLE, file="x.csv")
    assert problems == []
    assert list(made.columns) == [*TABLE.names, "_row"]
    assert made["n"].tolist() == [3, pd.NA]
    assert made["part"].iloc[0] == 12.5
    assert np.isnan(made["part"].iloc[1])
    assert made["jour"].iloc[0] == pd.Timestamp("2024-02-29")
    assert list(made["_row"]) == [7, 9]
    pd.testing.assert_frame_equal(given, before)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (
            {"code": ["1001", "2A004"]},
            "x.csv, ligne 7, colonne « Commune » : forme inattendue (lu : « 1001 »)",
        ),
        ({"code": [None, "2A004"]}, "valeur manquante"),
        ({"n": ["3.5", "2"]}, "(lu : « 3.5 »)"),
        ({"n": ["-1", "2"]}, "valeur trop petite"),
        ({"n": ["101", "2"]}, "valeur trop grande"),
        ({"n": ["x", "2"]}, "(lu : « x »)"),
        ({"genre": ["a", "c"]}, "ligne 9, colonne « genre » : valeur hors de la liste"),
        ({"jour": ["2023-02-29", None]}, "date illisible"),
        ({"part": ...}, "colonne absente"),
        ({"code": ["01001", "01001"], "genre": ["a", "a"]}, "ligne en double"),
    ],
)
def test_what_is_wrong_is_said_where_it_is(changed: dict, words: str) -> None:
    _, problems = checked(frame(**changed), TABLE, file="x.csv", headings={"code": "Commune"})
    assert len(problems) == 1
    assert words in str(problems[0])


def test_all_problems_of_a_frame_at_once() -> None:
    _, problems = checked(frame(code=["1", "2"], n=["-1", "500"], genre=["z", "a"]), TABLE)
    assert len(problems) == 5


def test_empty_is_not_zero() -> None:
    made, _ = checked(frame(n=[None, "0"]), TABLE)
    assert made["n"].isna().tolist() == [True, False]


@pytest.mark.parametrize(
    "columns",
    [
        (Column("a", Kind.TEXT, ""), Column("a", Kind.TEXT, "")),
        (Column("a", Kind.NUMBER, "", aggregation=Aggregation.mean("poids")),),
    ],
)
def test_a_table_that_contradicts_itself_is_refused(columns: tuple[Column, ...]) -> None:
    with pytest.raises(ValueError, match="table x"):
        Table("x", "X", columns)


def test_a_key_names_a_column() -> None:
    with pytest.raises(ValueError, match="names no column"):
        Table("x", "X", (Column("a", Kind.TEXT, ""),), key=("b",))


def test_every_declared_column_is_explained() -> None:
    for table in TABLES.values():
        for column in table.columns:
            assert column.meaning, f"{table.id}.{column.name}"
            assert column.aggregation.rule in {"sum", "mean", "class", "not_aggregable"}
            if column.aggregation == SUM:
                assert column.kind in {Kind.INTEGER, Kind.NUMBER}, f"{table.id}.{column.name}"


@pytest.mark.parametrize("table", [table for table in TABLES.values() if "mesure" in table.by_name])
def test_no_published_median_or_rate_can_be_averaged(table: Table) -> None:
    """Tables of measures hold medians and rates side by side: none of their values adds up."""
    values = [column for column in table.columns if column.unit == "selon la mesure"]
    assert all(column.aggregation == NOT_AGGREGABLE for column in values)


def test_published_incomes_are_not_aggregable() -> None:
    assert TABLES["revenu"].by_name["valeur"].aggregation == NOT_AGGREGABLE


def test_an_indicator_is_declared_once() -> None:
    one = Indicator(
        "x", "X1", "access", "x", "x", "", 0, Direction.NEUTRAL, "x", (), "x", lambda: None
    )
    with pytest.raises(ValueError, match="declared twice"):
        Registry((one,), (one,))
    registry = Registry((one,))
    assert registry["x"] is one
    assert len(registry) == 1
    assert "x" in registry
    assert list(registry) == [one]
