"""Chapters 0 and 12: the facts, the issues they raise, and the cross-reading of strengths and gaps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from assemblier.blocks import (
    Block,
    Bullets,
    Callout,
    Heading,
    Inline,
    KeyFigure,
    KeyFigures,
    Paragraph,
    Tone,
)
from assemblier.declarations import Chapter, Direction
from assemblier.diagnosis.story import Story

__all__ = ["CROSSING", "SYNTHESIS"]

FACT_INDICATORS = (
    "apl_mg",
    "mg_60plus",
    "population_sous_2_5",
    "mg_densite",
    "part_65plus",
    "population_tcam",
    "infirmier_densite",
    "kine_densite",
    "dentiste_densite",
    "part_zip",
    "fedi",
    "pharmacie_densite",
)
FACTS = 5


@dataclass(frozen=True, slots=True)
class Gap:
    """How far the territory stands from its reference, in spreads of the similar zones."""

    indicator: str
    gap: float
    worse: bool | None


def gaps(story: Story) -> list[Gap]:
    """Measure how far the territory stands from the similar zones, indicator by indicator.

    The gap is against the median of the similar zones in units of their half-span, against France
    where there are no similar zones.
    """
    found = []
    for name in FACT_INDICATORS:
        own = story.value(name).value
        if own is None:
            continue
        others = story.similar_values(name)
        reference = story.figures.value(name, "france", "FR", story.year(name)).value
        if len(others) >= 3:
            middle = median(others)
            spread = (max(others) - min(others)) / 2 or abs(middle) or 1.0
        elif reference is not None:
            middle, spread = reference, abs(reference) or 1.0
        else:
            continue
        gap = (own - middle) / spread
        direction = story.figures.indicators[name].direction
        worse = None
        if direction is not Direction.NEUTRAL:
            worse = gap < 0 if direction is Direction.HIGHER else gap > 0
        found.append(Gap(name, gap, worse))
    return sorted(found, key=lambda each: -abs(each.gap))


def _fact(story: Story, name: str) -> tuple[Inline, ...]:
    similar = story.similar_text(name)
    text: list[Inline] = [
        f"{story.label(name)} : ",
        story.fig(name),
        f" ({story.year(name)})",
        *story.against(name),
    ]
    if similar:
        text.append(f" ; zones similaires : {similar}")
    text.append(".")
    return tuple(text)


ISSUES: tuple[tuple[str, str, str], ...] = (
    (
        "population_sous_2_5",
        "Donner accès à un généraliste aux habitants des communes les plus mal desservies.",
        "7",
    ),
    ("apl_mg", "Augmenter le temps médical accessible, au-delà du nombre de médecins.", "7"),
    ("mg_60plus", "Préparer la relève des médecins qui approchent de la retraite.", "7"),
    ("part_65plus", "Adapter l’offre à une population âgée qui consulte plus souvent.", "2"),
    ("kine_densite", "Compléter le premier recours là où une profession manque.", "7"),
    ("dentiste_densite", "Compléter l’offre de soins dentaires.", "7"),
    ("part_zip", "Tirer parti des aides ouvertes par le zonage.", "7"),
    ("population_tcam", "Accompagner l’évolution de la population dans les projets de santé.", "2"),
    ("fedi", "Agir sur les conditions de vie, qui pèsent sur la santé.", "3"),
)


def _issues(story: Story, found: Sequence[Gap]) -> list[tuple[Inline, ...]]:
    known = {each.indicator: each for each in found}
    chosen: list[tuple[float, tuple[Inline, ...]]] = []
    for name, sentence, chapter in ISSUES:
        each = known.get(name)
        if each is None:
            continue
        against = _against_france(story, name)
        if each.worse is True or (each.worse is None and against > 0) or against > 0:
            weight = max(abs(each.gap), against)
            chosen.append((weight, (sentence + " ", story.fig(name), f" (chapitre {chapter}).")))
    chosen.sort(key=lambda item: -item[0])
    return [item for _, item in chosen[:FACTS]]


def _against_france(story: Story, name: str) -> float:
    own = story.value(name).value
    reference = story.figures.value(name, "france", "FR", story.year(name)).value
    if own is None or reference is None or reference == 0:
        return 0.0
    change = (own - reference) / abs(reference)
    direction = story.figures.indicators[name].direction
    return -change if direction is Direction.HIGHER else change


def build_synthesis(story: Story) -> Sequence[Block]:
    """Say five facts and the issues that they raise."""
    found = gaps(story)
    if not found:
        return ()
    facts = [each.indicator for each in found[:FACTS]]
    blocks: list[Block] = []
    key = [
        name
        for name in ("population", "mg_densite", "apl_mg", "population_sous_2_5")
        if story.has(name)
    ]
    blocks.append(
        KeyFigures(
            tuple(
                KeyFigure(
                    f"{story.label(name)} ({story.year(name)})",
                    story.fig(name, unit=name not in {"mg_densite", "population"}),
                    "pour 10 000 habitants"
                    if name == "mg_densite"
                    else ("habitants" if name == "population" else ""),
                    ()
                    if name == "population"
                    else (
                        "France : ",
                        story.other(name, "france", "FR", unit=name != "mg_densite"),
                    ),
                )
                for name in key
            )
        )
    )
    blocks.append(Heading("Cinq faits"))
    blocks.append(Bullets(tuple(_fact(story, name) for name in facts), ordered=True))
    issues = _issues(story, found)
    if issues:
        blocks.append(Heading("Des enjeux à débattre"))
        blocks.append(
            Paragraph(
                (
                    "Ces enjeux sont déduits des écarts mesurés. Ils ne sont pas des priorités : les priorités se votent (chapitre 13).",
                )
            )
        )
        blocks.append(Bullets(tuple(issues), ordered=True))
    blocks.append(
        Callout(
            Tone.METHOD,
            "Comment ces faits sont choisis",
            (
                "Ce sont les indicateurs où le territoire s’écarte le plus des zones similaires, mesurés en demi-étendue de ces zones. "
                "Un écart n’est ni une faute ni un mérite.",
            ),
        )
    )
    return blocks


def build_crossing(story: Story) -> Sequence[Block]:
    """Sort the indicators between strengths and weaknesses, beside what opens and what threatens."""
    found = gaps(story)
    if not found:
        return ()
    strengths = [
        _fact(story, each.indicator)
        for each in found
        if each.worse is False and abs(each.gap) > 0.1
    ]
    weak = [
        _fact(story, each.indicator) for each in found if each.worse is True and abs(each.gap) > 0.1
    ]
    opportunities: list[tuple[Inline, ...]] = []
    threats: list[tuple[Inline, ...]] = []
    if (story.value("part_zip").value or 0) > 0:
        opportunities.append(
            ("Une partie de la population vit en zone aidée : ", story.fig("part_zip"), " en ZIP.")
        )
    if (story.value("centre_sante").value or 0) > 0:
        opportunities.append(
            ("Des centres de santé existent déjà : ", story.fig("centre_sante"), ".")
        )
    if story.has("mg_60plus") and (story.value("mg_60plus").value or 0) > 20:
        threats.append(
            (
                "Des départs à attendre : ",
                story.fig("mg_60plus"),
                " des généralistes présumés de 60 ans et plus.",
            )
        )
    if story.has("part_65plus"):
        threats.append(
            (
                "Un besoin de soins qui croît avec l’âge : ",
                story.fig("part_65plus"),
                " de 65 ans et plus.",
            )
        )
    blocks: list[Block] = []
    for title, items in (
        ("Atouts", strengths),
        ("Faiblesses", weak),
        ("Opportunités", opportunities),
        ("Menaces", threats),
    ):
        blocks.append(Heading(title))
        blocks.append(
            Bullets(tuple(items))
            if items
            else Paragraph(("Rien de net dans les chiffres à disposition.",))
        )
    blocks.append(
        Callout(
            Tone.FINDING,
            "Les chiffres devant les paroles",
            (
                "Ce croisement ne repose que sur des chiffres. Il attend les paroles des professionnels, des élus et des habitants : "
                "un désaccord entre les deux sera un constat, non une erreur.",
            ),
        )
    )
    return blocks


SYNTHESIS = Chapter("synthese", 0, "Synthèse", "Que faut-il retenir ?", (), build_synthesis)
CROSSING = Chapter(
    "croisement",
    12,
    "Lecture croisée",
    "Qu’est-ce qui aide, qu’est-ce qui freine ?",
    (),
    build_crossing,
)
