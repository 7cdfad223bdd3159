"""Annexes: the table of communes, figures that differ elsewhere, the words, a guide for interviews."""

from __future__ import annotations

from collections.abc import Sequence

from assemblier.blocks import Block, Bullets, Cell, Heading, Paragraph, SourceNote, TableBlock
from assemblier.declarations import Chapter
from assemblier.diagnosis.glossary import INTERVIEW, TERMS
from assemblier.diagnosis.story import Story
from assemblier.french import capital, de, sentence_list
from assemblier.language import plain

__all__ = ["CHAPTER"]

COLUMNS = (
    ("population", "Population"),
    ("population_tcam", "Évolution par an"),
    ("part_65plus", "65 ans et plus"),
    ("mg", "Généralistes"),
    ("infirmier", "Infirmiers"),
    ("kine", "Kinés"),
    ("pharmacie", "Pharmacies"),
    ("apl_mg", "APL"),
    ("apl_mg_65", "APL ≤ 65 ans"),
)
MOST_COMMUNES = 400
MOST_LABELS = 60


def build(story: Story) -> Sequence[Block]:
    """Return the table of communes, why figures differ elsewhere, the glossary, the guide."""
    blocks: list[Block] = []
    shown = [(name, label) for name, label in COLUMNS if story.years(name)]
    zones = sorted(story.inside, key=lambda zone: plain(story.figures.name(story.detail, zone)))
    one = capital(story.detail_word.removesuffix("s"))
    if shown and len(zones) <= MOST_COMMUNES:
        rows: list[tuple[Cell, ...]] = []
        for zone in zones:
            cells: list[Cell] = [zone, story.figures.name(story.detail, zone)]
            cells += [
                story.figures.of(
                    name,
                    story.detail,
                    zone,
                    story.year(name),
                    unit="cell" if name in {"population_tcam", "part_65plus"} else False,
                )
                for name, _ in shown
            ]
            rows.append(tuple(cells))
        blocks += [
            Heading(f"Les {story.detail_word} du territoire"),
            TableBlock(
                "communes",
                f"Principaux chiffres des {story.detail_word} {de(story.territory.name)}",
                ("Code", one, *(f"{label}, {story.year(name)}" for name, label in shown)),
                tuple(rows),
                (False, False, *(True for _ in shown)),
                story.note(*(name for name, _ in shown)),
            ),
        ]
    differs = _differences(story)
    if differs:
        blocks += [
            Heading("Pourquoi un chiffre diffère ailleurs"),
            TableBlock(
                "differences",
                "Ces chiffres, vus par d’autres producteurs",
                ("Indicateurs", "Ailleurs", "Pourquoi ils diffèrent"),
                differs,
                (False, False, False),
                SourceNote(()),
            ),
        ]
    blocks += [
        Heading("Les mots de ce diagnostic"),
        TableBlock(
            "glossaire",
            "Glossaire",
            ("Mot", "Ce qu’il veut dire ici"),
            tuple(
                (term.word, term.meaning)
                for term in TERMS
                if not term.indicators or any(story.has(name) for name in term.indicators)
            ),
            (False, False),
            SourceNote(
                (),
                notes=(
                    "Chaque indicateur, son unité, sa définition et ce qu’il ne dit pas sont dans le classeur, feuille « Dictionnaire ».",
                ),
            ),
        ),
        Heading("Un guide pour les entretiens"),
        Paragraph(
            (
                "Des questions ouvertes, à poser aux professionnels, aux élus et aux habitants. Avant : dire à quoi sert l’entretien, qui "
                "le lira, et recueillir l’accord de la personne. Après : noter sous un pseudonyme, jamais sous le nom.",
            )
        ),
        Bullets(tuple((question,) for question in INTERVIEW), ordered=True),
    ]
    return blocks


def _differences(story: Story) -> tuple[tuple[Cell, ...], ...]:
    """Return why figures differ elsewhere: indicators that share a reason on one line."""
    told: dict[tuple[str, str], list[str]] = {}
    for declared in story.figures.indicators.values():
        if story.has(declared.id):
            for other, why in declared.differs.items():
                told.setdefault((other, why), []).append(declared.label_fr)
    return tuple(
        (sentence_list(labels, most=MOST_LABELS), other, why)
        for (other, why), labels in told.items()
    )


CHAPTER = Chapter("annexes", 15, "Annexes", "Le détail, commune par commune", (), build)
