"""Chapter 0: what is found, how sure it is, what it raises, and what to do at the next meeting."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from assemblier.blocks import (
    Block,
    Bullets,
    Gap,
    Heading,
    Inline,
    KeyFigure,
    KeyFigures,
    Paragraph,
    Strong,
)
from assemblier.declarations import Chapter
from assemblier.diagnosis.chapters.supply import unseen_doctors
from assemblier.diagnosis.facts import STATEMENTS, Fact, facts, striking, titled, told
from assemblier.diagnosis.lived import disagreements, survey_answers
from assemblier.diagnosis.story import Story
from assemblier.french import WORDS, sentence_list
from assemblier.indicators.local import corrected_supply, unregistered
from assemblier.language import plural
from assemblier.values import Status

__all__ = ["CHAPTER", "essentials", "key_figures"]

FACTS = "diagnosis.facts.count"
ALERTS = "diagnosis.facts.alerts"
FEWEST_DOCTORS = "diagnosis.facts.fewest_doctors"
SMALL = "diagnosis.readings.small_headcount"
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


def essentials(story: Story, *, chapters: bool) -> list[Block]:
    """Return what an élu reads first: the finding, its figures, its sureness, what it asks for.

    Parameters
    ----------
    chapters
        Whether the chapters that tell more are named: they are in the report alone.
    """
    found = facts(story)
    chosen = striking(found, story.rule(FACTS))
    issues = _issues(story, found, chosen, chapters=chapters)
    lived = disagreements(story)
    blocks: list[Block] = []
    lead = _lead(story)
    if lead:
        blocks.append(Paragraph(tuple(lead)))
    key = key_figures(story)
    if key.items:
        blocks.append(key)
    if story.has_unseen_doctors:
        blocks.append(unseen_doctors(story))
    if chosen:
        count = len(chosen)
        whole = count == story.rule(FACTS) and count < len(WORDS)
        blocks.append(
            Heading(f"{WORDS[count].capitalize()} faits" if whole else "Les faits marquants")
        )
        blocks.append(Bullets(tuple(titled(story, each) for each in chosen), ordered=True))
    if lived:
        blocks.append(Heading("Ce que l’enquête dit autrement"))
        blocks.append(Bullets(tuple(lived)))
    if chosen:
        blocks.append(Heading("À quel point est-ce sûr ?"))
        blocks.append(Bullets(tuple(_sureness(story, chosen))))
    if issues:
        blocks.append(Heading("Des enjeux à débattre"))
        blocks.append(Bullets(tuple(issues), ordered=True))
    if blocks:
        blocks.append(Heading("À la prochaine réunion"))
        blocks.append(Bullets(tuple(_next_meeting(story, issues, lived))))
    return blocks


def _lead(story: Story) -> list[Inline]:
    """Say the finding in plain words: access here and elsewhere, how uneven, how lasting."""
    reference = story.france_value("apl_mg")
    if not story.has("apl_mg") or reference is None or story.is_france:
        return []
    here = story.relation("apl_mg", reference)
    words = {1: "plus forte ici qu’en France", -1: "plus faible ici qu’en France"}
    opening = words.get(here, "du même ordre ici qu’en France")
    middle = story.similar_median("apl_mg")
    there = None if middle is None else story.relation("apl_mg", middle)
    if there is not None:
        level = ", et du même ordre que dans les zones similaires"
        if there == 0:
            opening += " et dans les zones similaires" if here == 0 else level
        elif there == here:
            opening += " et que dans les zones similaires"
        else:
            than = "plus forte" if there > 0 else "plus faible"
            opening += f", mais {than} que dans les zones similaires"
    text: list[Inline] = [Strong(f"L’offre de généralistes accessible est {opening}.")]
    under = story.value("population_sous_2_5").value
    if under is not None and len(story.inside) > 1:
        if under > 0:
            text += [
                " Elle est inégale : ",
                story.fig("population_sous_2_5", unit="cell"),
                " des habitants vivent dans une commune sous 2,5 consultations par an, le seuil de la DREES.",
            ]
        else:
            none = "Aucun arrondissement" if story.detail == "arm" else "Aucune commune"
            text.append(f" {none} n’est sous 2,5 consultations par an, le seuil de la DREES.")
    older = story.value("mg_60plus").value or 0.0
    enough = (story.value("mg").value or 0) >= story.rule(FEWEST_DOCTORS)
    if enough and older >= story.rule(ALERTS)["mg_60plus"]["at"]:
        text += [
            " Elle tient à des médecins dont la relève est à préparer : ",
            story.fig("mg_60plus"),
            " sont présumés avoir 60 ans et plus.",
        ]
    return text


def _sureness(story: Story, chosen: Sequence[Fact]) -> list[tuple[Inline, ...]]:
    """Say how far each fact can be trusted: counted everywhere, of few people, estimated, of when."""
    number_of = {each.indicator: at for at, each in enumerate(chosen, start=1)}
    estimated = [name for name in number_of if story.value(name).status is Status.ESTIMATED]
    few = [name for name in number_of if _of_few(story, name)]
    firm = [name for name in number_of if name not in {*estimated, *few}]
    said: list[tuple[Inline, ...]] = []
    if firm:
        made = plural(len(firm), "calculé", "calculés")
        said.append(
            (
                Strong("Établi. "),
                f"{_facts_named(number_of, firm)} : {made} commune par commune par le producteur, puis "
                f"{plural(len(firm), 'réuni', 'réunis')} ici.",
            )
        )
    if few:
        said.append(
            (
                Strong("Petits effectifs. "),
                f"{_facts_named(number_of, few)} : un départ ou une arrivée "
                f"{plural(len(few), 'le', 'les')} change",
                *_margins(story, number_of, few),
                ".",
            )
        )
    if estimated:
        said.append(
            (
                Strong("En partie estimé. "),
                f"{_facts_named(number_of, estimated)} : le calcul a une part d’estimation ; sa méthode est dite avec le chiffre.",
            )
        )
    dated = sorted((_last_year(story.year(name)), name) for name in number_of)
    dated = [each for each in dated if each[0]]
    if dated:
        (first, oldest), (last, _) = dated[0], dated[-1]
        when = (
            f"Les chiffres sont de {first}"
            if first == last
            else f"Les chiffres vont de {first} ({_facts_named(number_of, [oldest]).lower()}) à {last}"
        )
        said.append((Strong("Daté. "), f"{when} : ce qui a changé depuis n’y est pas."))
    beyond = (
        "Ni les délais, ni les refus de nouveaux patients, ni les horaires ne sont dans ces sources"
    )
    told_here = " : l’enquête du territoire en dit une part." if survey_answers(story) else "."
    said.append((Strong("Non mesuré. "), f"{beyond}{told_here}"))
    return said


def _of_few(story: Story, name: str) -> bool:
    """Whether a fact rests on so few professionals that one more changes it."""
    count = STATEMENTS[name].among or name.removesuffix("_densite")
    if count == name or not story.has(count):
        return False
    return bool((story.value(count).value or 0) < story.rule(SMALL)["interval_below"])


def _margins(story: Story, number_of: Mapping[str, int], names: Sequence[str]) -> list[Inline]:
    """Say between what bounds chance alone would move the facts of which it is known."""
    text: list[Inline] = []
    for name in names:
        ends = story.bounds(name)
        if ends is not None:
            text += [
                ", " if text else " ; à situation inchangée, ",
                f"le fait {number_of[name]} irait de ",
                ends[0],
                " à ",
                ends[1],
            ]
    return text


def _facts_named(number_of: Mapping[str, int], names: Sequence[str]) -> str:
    numbers = [str(number_of[name]) for name in names]
    return f"{plural(len(numbers), 'Fait', 'Faits')} {sentence_list(numbers)}"


def _last_year(when: str) -> str:
    return max(re.findall(r"(?:19|20)\d\d", when), default="")


def _issues(
    story: Story, found: Sequence[Fact], chosen: Sequence[Fact], *, chapters: bool
) -> list[tuple[Inline, ...]]:
    """Return the issues raised by burdens, the heaviest first, one by topic.

    An issue names the fact that it rests on, or says the figure when it is none of the chosen.
    """
    burdens = [each for each in found if _burden(story, each) and STATEMENTS[each.indicator].issue]
    already = {each.indicator: at for at, each in enumerate(chosen, start=1)}
    said: list[tuple[Inline, ...]] = []
    for each in striking(burdens, story.rule(FACTS)):
        statement = STATEMENTS[each.indicator]
        chapter = statement.chapter if chapters else None
        if each.indicator in already:
            more = "" if chapter is None else f", chapitre {chapter}"
            said.append((Strong(statement.issue), f" (fait {already[each.indicator]}{more})."))
        else:
            sentence = told(story, each.indicator, chapter=chapter)
            said.append((Strong(f"{statement.issue}. "), *_capital(sentence)))
    return said


def _burden(story: Story, fact: Fact) -> bool:
    """Whether a fact raises its issue; a population that grows, even slowly, raises none."""
    grows = fact.indicator == "population_tcam" and (story.value("population_tcam").value or 0) > 0
    return fact.worse is True and not grows


def _capital(sentence: tuple[Inline, ...]) -> tuple[Inline, ...]:
    first, *rest = sentence
    if isinstance(first, str):
        return (first[:1].upper() + first[1:], *rest)
    return (replace(first, text=first.text[:1].upper() + first.text[1:]), *rest)


def _next_meeting(
    story: Story, issues: Sequence[object], lived: Sequence[object]
) -> list[tuple[Inline, ...]]:
    """Say what the working group can do with this at once: check, ask, discuss, choose."""
    said: list[tuple[Inline, ...]] = []
    if story.value("mg").value:
        said.append(_list_of_doctors(story))
    if lived:
        said.append(
            (
                Strong("Discuter les désaccords. "),
                "Là où l’enquête dit autre chose que l’indicateur, dire lequel éclaire la décision.",
            )
        )
    elif not survey_answers(story):
        said.append(
            (
                Strong("Interroger les cabinets. "),
                "Trois questions suffisent pour commencer : en combien de jours recevez-vous, prenez-vous de nouveaux patients, "
                "avez-vous un successeur ?",
            )
        )
    if unregistered(story.context, story.territory.communes) is None:
        said.append(
            (
                Strong("Demander à l’assurance maladie "),
                "(CPAM, MSA) combien d’habitants n’ont pas de médecin traitant, dont en affection de longue durée : "
                "les sources réunies ici ne le disent pas.",
            )
        )
    if issues:
        said.append(
            (
                Strong("Choisir deux ou trois enjeux. "),
                "Ceux de la liste sont déduits des écarts mesurés : ce ne sont pas encore des priorités. "
                "Sur lesquels le groupe peut-il agir d’ici un an, et avec qui ?",
            )
        )
    return said


def _list_of_doctors(story: Story) -> tuple[Inline, ...]:
    if corrected_supply(story.context, story.territory.communes) is not None:
        return (
            Strong("Relire la liste corrigée des généralistes. "),
            "Elle refait déjà l’APL recalculé et la projection : reste-t-il des départs ou des arrivées à y porter ?",
        )
    many = (story.value("mg").value or 0) >= story.rule(SMALL)["interval_below"]
    who = "Faire vérifier, zone par zone, la liste des généralistes. " if many else ""
    return (
        Strong(who or "Vérifier la liste des généralistes. "),
        "La source en compte ",
        story.fig("mg"),
        f" au 1er janvier {story.year('mg')} : qui est parti, arrivé, sur le départ, ne prend plus de patients ? "
        "La liste corrigée refait l’APL recalculé et la projection.",
    )


def build_synthesis(story: Story) -> Sequence[Block]:
    """Say the essentials and what is lacking to them; chapter 1 says how the facts are chosen."""
    blocks = essentials(story, chapters=True)
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
    return blocks


CHAPTER = Chapter("synthese", 0, "Synthèse", "Que faut-il retenir ?", (), build_synthesis)
