"""The table of contents: one chapter by number, parts in their place under their title."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from assemblier.blocks import Callout, Gap, Heading, Paragraph
from assemblier.declarations import Chapter, Need, Part
from assemblier.diagnosis.contents import CHAPTERS, PARTS, arranged, chosen, identifiers, section
from assemblier.errors import UsageError


def said(text: str, *, headed: bool = False) -> Any:
    def build(_story: object) -> list[Any]:
        return [*([Heading("Dedans")] if headed else []), Paragraph((text,))]

    return build


def nothing(_story: object) -> list[Any]:
    return []


NEED = (Need("un fichier", "la mairie"),)
TOWN = Chapter("ville", 2, "La ville", "Où ?", NEED, said("la ville"))
END = Chapter("fin", 3, "La fin", "Et après ?", (), nothing)
STREETS = Part("rues", "ville", 2, "Les rues", "Par où ?", NEED, said("les rues", headed=True))
GATES = Part("portes", "ville", 1, "Les portes", "D’où ?", NEED, nothing)


def story(**texts: str) -> Any:
    return SimpleNamespace(texts=texts)


def test_parts_come_in_their_place_under_their_title_one_level_down() -> None:
    first, last = arranged((END, TOWN), (STREETS, GATES))
    assert [first.chapter.id, last.chapter.id] == ["ville", "fin"]
    made = section(first, story())
    assert (made.number, made.title) == (2, "La ville")
    assert made.blocks == (
        Paragraph(("la ville",)),
        Heading("Les portes", 2),
        Gap("Cette partie n’a pas encore de données.", "un fichier", "la mairie"),
        Heading("Les rues", 2),
        Heading("Dedans", 3),
        Paragraph(("les rues",)),
    )


def test_own_paragraphs_come_first_in_the_chapter_and_in_the_part() -> None:
    first, _ = arranged((END, TOWN), (STREETS,))
    made = section(first, story(ville="Un.\n\nDeux.", rues="Trois."))
    kinds = [type(block) for block in made.blocks]
    assert kinds == [Callout, Callout, Paragraph, Heading, Callout, Heading, Paragraph]


def test_an_empty_chapter_without_needs_says_so() -> None:
    _, last = arranged((END, TOWN), ())
    (only,) = section(last, story()).blocks
    assert isinstance(only, Paragraph)


@pytest.mark.parametrize(
    ("chapters", "parts", "what"),
    [
        ((TOWN, Chapter("autre", 2, "", "", (), nothing)), (), "number"),
        ((TOWN, Chapter("ville", 5, "", "", (), nothing)), (), "identifier"),
        ((TOWN,), (Part("ville", "ville", 1, "", "", (), nothing),), "identifier"),
        ((TOWN,), (GATES, Part("murs", "ville", 1, "", "", (), nothing)), "place"),
        ((END,), (GATES,), "not declared"),
    ],
)
def test_a_wrong_table_of_contents_is_refused(chapters: Any, parts: Any, what: str) -> None:
    with pytest.raises(ValueError, match=what):
        arranged(chapters, parts)


def test_the_diagnosis_has_fifteen_chapters_and_annexes() -> None:
    assert [entry.chapter.number for entry in arranged(CHAPTERS, PARTS)] == list(range(16))


def test_a_part_alone_comes_under_the_title_of_its_chapter() -> None:
    (only,) = chosen(["perimetre"])
    assert only.chapter.number == 2
    assert not only.whole
    assert [part.id for part in only.parts] == ["perimetre"]
    (both,) = chosen(["territoire"])
    assert both.whole
    assert both.parts == only.parts


def test_an_unknown_chapter_is_refused_with_those_admitted() -> None:
    with pytest.raises(UsageError, match="cuisine") as refused:
        chosen(["offre", "cuisine"])
    assert all(name in str(refused.value) for name in identifiers())
