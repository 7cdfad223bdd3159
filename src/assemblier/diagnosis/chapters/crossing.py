"""Chapter 12: what helps, what hinders, what opens, what threatens, and what people say of it."""

from __future__ import annotations

from collections.abc import Sequence

from assemblier.blocks import Block, Bullets, Callout, Heading, Inline, Paragraph, Tone
from assemblier.declarations import Chapter
from assemblier.diagnosis.chapters.apl import oldest
from assemblier.diagnosis.facts import facts, told
from assemblier.diagnosis.lived import disagreements
from assemblier.diagnosis.story import Story

__all__ = ["CHAPTER"]

ALERTS = "diagnosis.facts.alerts"


def build_crossing(story: Story) -> Sequence[Block]:
    """Sort the indicators between strengths and weaknesses, beside what opens and what threatens."""
    found = [each for each in facts(story) if each.net]
    lived = disagreements(story)
    if not found and not lived:
        return ()
    strengths = [told(story, each.indicator) for each in found if each.worse is False]
    weak = [told(story, each.indicator) for each in found if each.worse is True]
    split = [told(story, each.indicator) for each in found if each.split and not each.alert]
    blocks: list[Block] = []
    for title, items in (
        ("Atouts", strengths),
        ("Faiblesses", weak),
        ("Ce qui se lit de deux façons", split),
        ("Opportunités", _opportunities(story)),
        ("Menaces", _threats(story)),
    ):
        if not items and title.startswith("Ce qui"):
            continue
        blocks.append(Heading(title))
        blocks.append(
            Bullets(tuple(items))
            if items
            else Paragraph(("Rien de net dans les chiffres à disposition.",))
        )
    if split:
        blocks.append(
            Callout(
                Tone.LIMIT,
                "Deux lectures",
                (
                    "Un même chiffre peut être meilleur que celui de la France et moins bon que celui des zones similaires. "
                    "Les deux lectures sont vraies ; dire laquelle compte est un choix du groupe de travail.",
                ),
            )
        )
    blocks.append(Heading("Les chiffres devant les paroles"))
    if lived:
        blocks.append(Bullets(tuple(lived)))
    else:
        blocks.append(
            Paragraph(
                (
                    "Ce croisement ne repose que sur des chiffres. Il attend les paroles des professionnels, des élus et des "
                    "habitants : un désaccord entre les deux sera un constat, non une erreur.",
                )
            )
        )
    return blocks


def _opportunities(story: Story) -> list[tuple[Inline, ...]]:
    said: list[tuple[Inline, ...]] = []

    def positive(name: str) -> bool:
        return (story.value(name).value or 0) > 0

    if positive("part_zip_zac"):
        said.append(
            (
                "Des aides à l’installation existent : ",
                story.fig("part_zip_zac"),
                " des habitants vivent en ZIP ou en ZAC, dont ",
                story.fig("part_zip"),
                " en ZIP.",
            )
        )
    structures = [name for name in ("msp", "msp_finess") if positive(name)]
    if structures:
        name = structures[-1]
        said.append(
            (
                "Des équipes sont déjà constituées : ",
                story.fig(name),
                f" {story.plural(name, 'maison de santé', 'maisons de santé')} ({story.year(name)}).",
            )
        )
    if positive("centre_sante"):
        said.append(
            (
                "Le salariat a sa place : ",
                story.fig("centre_sante"),
                f" {story.plural('centre_sante', 'centre de santé', 'centres de santé')}"
                f" ({story.year('centre_sante')}).",
            )
        )
    if positive("france_services"):
        said.append(
            (
                "Un accueil administratif de proximité : ",
                story.fig("france_services"),
                f" {story.plural('france_services', 'espace', 'espaces')} France services.",
            )
        )
    return said


def _threats(story: Story) -> list[tuple[Inline, ...]]:
    said: list[tuple[Inline, ...]] = []
    if (story.value("mg_60plus").value or 0) >= story.rule(ALERTS)["mg_60plus"]["at"]:
        said.append(
            (
                "Des départs à attendre dans les dix ans : ",
                story.fig("mg_60plus"),
                " des généralistes libéraux sont présumés avoir 60 ans et plus.",
            )
        )
    if (
        story.has("apl_mg")
        and story.has("apl_mg_65")
        and story.relation("apl_mg", story.value("apl_mg_65").value) > 0
    ):
        said.append(
            (
                "Une accessibilité qui tient à des médecins âgés : l’APL passe de ",
                story.fig("apl_mg"),
                " à ",
                story.fig("apl_mg_65"),
                f" sans les médecins {oldest(story)}.",
            )
        )
    if story.relation("part_65plus", story.france_value("part_65plus")) > 0:
        said.append(
            (
                "Un besoin de soins porté par l’âge : ",
                story.fig("part_65plus"),
                " des habitants ont 65 ans et plus",
                *story.against("part_65plus"),
                ".",
            )
        )
    return said


CHAPTER = Chapter(
    "croisement",
    12,
    "Lecture croisée",
    "Qu’est-ce qui aide, qu’est-ce qui freine ?",
    (),
    build_crossing,
)
