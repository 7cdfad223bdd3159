"""Annexes: the table of communes, and the figures that may differ elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

from assemblier.blocks import Block, Cell, Heading, SourceNote, TableBlock
from assemblier.declarations import Chapter
from assemblier.diagnosis.french import sentence_list
from assemblier.diagnosis.story import Story

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
    """Return the table of communes and the reasons why figures differ elsewhere."""
    blocks: list[Block] = []
    shown = [(name, label) for name, label in COLUMNS if story.years(name)]
    zones = sorted(story.inside, key=lambda zone: story.figures.name(story.detail, zone))
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
                    unit=name in {"population_tcam", "part_65plus"},
                )
                for name, _ in shown
            ]
            rows.append(tuple(cells))
        blocks += [
            Heading("Les communes du territoire"),
            TableBlock(
                "communes",
                f"Principaux chiffres des communes de {story.territory.name}",
                ("Code", "Commune", *(f"{label}, {story.year(name)}" for name, label in shown)),
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
