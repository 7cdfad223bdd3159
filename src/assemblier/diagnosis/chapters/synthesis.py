"""Chapters 0 and 12: the facts, the issues they raise, and the cross-reading of strengths and gaps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from assemblier.blocks import (
    Block,
    Bullets,
    Callout,
    Gap,
    Heading,
    Inline,
    KeyFigure,
    KeyFigures,
    Paragraph,
    Tone,
)
from assemblier.declarations import Chapter
from assemblier.diagnosis.chapters.apl import oldest
from assemblier.diagnosis.chapters.supply import unseen_doctors
from assemblier.diagnosis.facts import STATEMENTS, Fact, facts, striking, told
from assemblier.diagnosis.lived import disagreements
from assemblier.diagnosis.story import Story
from assemblier.french import WORDS, sentence_list

__all__ = ["CROSSING", "SYNTHESIS", "key_figures"]

FACTS = "diagnosis.facts.count"
ALERTS = "diagnosis.facts.alerts"
KEY = ("population", "mg_densite", "apl_mg", "population_sous_2_5")
SHORT = {
    "population": "Habitants",
    "mg_densite": "Généralistes libéraux pour 10 000 habitants",
    "apl_mg": "Consultations accessibles par an (APL)",
    "population_sous_2_5": "Habitants sous 2,5 consultations",
}


def key_figures(story: Story) -> KeyFigures:
    """Return the few figures that say what the territory is."""
    items = []
    for name in KEY:
        if not story.has(name):
            continue
        compared: tuple[Inline, ...] = ()
        if name != "population" and not story.is_france:
            compared = ("France : ", story.other(name, "france", "FR", unit="cell"))
        items.append(
            KeyFigure(
                f"{SHORT[name]} ({story.year(name)})",
                story.fig(name, unit="cell"),
                compared=compared,
            )
        )
    return KeyFigures(tuple(items))


def _issues(
    story: Story, found: Sequence[Fact], chosen: Sequence[Fact]
) -> list[tuple[Inline, ...]]:
    """Return the issues raised by burdens, the heaviest first, one by topic.

    An issue that rests on none of the chosen facts says how the territory stands.
    """
    burdens = [each for each in found if _burden(story, each) and STATEMENTS[each.indicator].issue]
    already = {each.indicator for each in chosen}
    said = []
    for each in striking(burdens, story.rule(FACTS)):
        statement = STATEMENTS[each.indicator]
        sentence = told(
            story,
            each.indicator,
            reading=each.indicator not in already,
            chapter=statement.chapter,
        )
        said.append((f"{statement.issue}. Constat : ", *_lowered(sentence)))
    return said


def _burden(story: Story, fact: Fact) -> bool:
    """Whether a fact raises its issue; a population that grows, even slowly, raises none."""
    grows = fact.indicator == "population_tcam" and (story.value("population_tcam").value or 0) > 0
    return fact.worse is True and not grows


def _lowered(sentence: tuple[Inline, ...]) -> tuple[Inline, ...]:
    first, *rest = sentence
    if isinstance(first, str):
        return (first[:1].lower() + first[1:], *rest)
    return (replace(first, text=first.text[:1].lower() + first.text[1:]), *rest)


def build_synthesis(story: Story) -> Sequence[Block]:
    """Say five facts and the issues that they raise."""
    found = facts(story)
    blocks: list[Block] = []
    key = key_figures(story)
    if key.items:
        blocks.append(key)
    count = story.rule(FACTS)
    chosen = striking(found, count)
    if story.has_unseen_doctors:
        blocks.append(unseen_doctors(story))
    if chosen:
        whole = len(chosen) == count and count < len(WORDS)
        blocks.append(
            Heading(f"{WORDS[count].capitalize()} faits" if whole else "Les faits marquants")
        )
        blocks.append(Bullets(tuple(told(story, each.indicator) for each in chosen), ordered=True))
    issues = _issues(story, found, chosen)
    if issues:
        blocks.append(Heading("Des enjeux à débattre"))
        blocks.append(
            Paragraph(
                (
                    "Ces enjeux sont déduits des écarts mesurés. Ce ne sont pas encore des priorités : "
                    "les priorités se votent (chapitre 13).",
                )
            )
        )
        blocks.append(Bullets(tuple(issues), ordered=True))
    lived = disagreements(story)
    if lived:
        blocks.append(Heading("Ce que l’enquête dit autrement"))
        blocks.append(Bullets(tuple(lived)))
    if not blocks:
        return ()
    lacking = [SHORT[name] for name in KEY if not story.has(name)]
    if lacking:
        blocks.append(
            Gap(
                f"Cette synthèse est partielle ; sans valeur pour ce territoire : {sentence_list(lacking)}.",
                "une source qui couvre ce territoire",
                "les encadrés « Manque ici » des chapitres 2 à 9 disent laquelle, sujet par sujet",
            )
        )
    blocks.append(
        Callout(
            Tone.METHOD,
            "Comment ces faits sont choisis",
            (
                "Ce sont les indicateurs où le territoire s’écarte le plus des zones similaires et de la France, un seul par sujet, et "
                "ceux dont le niveau demande une réponse même s’il est le même ailleurs. "
                "L’accès au médecin généraliste et la relève pèsent davantage que le reste ; les poids et les niveaux sont des paramètres datés, avec "
                "leur raison. Un écart que le hasard d’un petit effectif suffit à expliquer n’est pas retenu. "
                "Un écart n’est ni une faute ni un mérite.",
            ),
        )
    )
    return blocks


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


SYNTHESIS = Chapter("synthese", 0, "Synthèse", "Que faut-il retenir ?", (), build_synthesis)
CROSSING = Chapter(
    "croisement",
    12,
    "Lecture croisée",
    "Qu’est-ce qui aide, qu’est-ce qui freine ?",
    (),
    build_crossing,
)
