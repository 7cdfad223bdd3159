"""French agreement of the sentences of the diagnosis."""

from __future__ import annotations

import pytest

from assemblier.french import counted, de, que, sentence_list


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Ouessant", "d’Ouessant"),
        ("Île-d’Yeu", "d’Île-d’Yeu"),
        ("Écueillé", "d’Écueillé"),
        ("Huelgoat", "d’Huelgoat"),
        ("Hennebont", "de Hennebont"),
        ("Hauts-de-France", "de Hauts-de-France"),
        ("Le Havre", "du Havre"),
        ("Les Herbiers", "des Herbiers"),
        ("La Rochelle", "de La Rochelle"),
        ("Paris", "de Paris"),
    ],
)
def test_diagnosis_de(name: str, said: str) -> None:
    assert de(name) == said


def test_diagnosis_que() -> None:
    assert que("en France") == "qu’en France"
    assert que("dans les zones") == "que dans les zones"


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, "aucune commune"),
        (1, "une commune"),
        (2, "deux communes"),
        (10, "dix communes"),
        (11, "11 communes"),
        (1234, "1\u202f234 communes"),
    ],
)
def test_diagnosis_counted(count: int, said: str) -> None:
    assert counted(count, "commune", feminine=True) == said


def test_diagnosis_sentence_list() -> None:
    assert sentence_list([]) == ""
    assert sentence_list(["a"]) == "a"
    assert sentence_list(["a", "b", "c"]) == "a, b et c"
    assert sentence_list(list("abcd"), most=2) == "a, b et 2 autres"
