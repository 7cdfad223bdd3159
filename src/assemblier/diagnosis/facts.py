"""Facts of a territory: which figures are striking, what they say, and which issue they raise.

A fact is chosen by its gap with the similar zones and with France, times a weight; it is kept when it
is net of at least one of them, or when it reaches a level that asks for an answer wherever it is
met. When the two readings disagree, both are told. Weights and levels are dated parameters.
"""

# ruff: noqa: E501 — sentences

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from assemblier.blocks import Figure, Inline, Strong
from assemblier.declarations import Direction
from assemblier.diagnosis.exhibits import changed, series_holds
from assemblier.diagnosis.story import Story
from assemblier.language import plural

__all__ = ["STATEMENTS", "TOPICS", "Fact", "Statement", "facts", "striking", "titled", "told"]

WEIGHTS = "diagnosis.facts.weights"
ALERTS = "diagnosis.facts.alerts"
MOST_SPREADS = "diagnosis.facts.most_spreads"
FEWEST_DOCTORS = "diagnosis.facts.fewest_doctors"
ALERT_SCORE = "diagnosis.facts.alert_score"
WHOLE = 100.0
NOBODY = (("vivent", "ne vit"), ("sont", "n’est"), ("ont", "n’a"))
"""Verb of everyone and of nobody."""
EVERYONE = " des habitants "


@dataclass(frozen=True, slots=True)
class Statement:
    """How an indicator is told in a sentence, and the issue that a bad gap raises.

    Attributes
    ----------
    before, after
        Words around the figure.
    topic
        One fact by topic is enough.
    adverse
        1 when a high value is a burden, -1 when a low one is, 0 when neither; the direction of
        the indicator says it when it is not told here.
    issue
        The issue raised, as an infinitive.
    chapter
        Where it is told.
    unit
        Whether the figure carries its unit.
    noun
        Noun that agrees with the figure and comes right after it, singular and plural.
    among
        Indicator whose value must be large enough for the figure to be a fact: of few doctors, a
        share tells little.
    """

    before: str
    after: str
    topic: str
    chapter: int
    issue: str = ""
    adverse: int | None = None
    unit: bool | str = "cell"
    noun: tuple[str, str] = ("", "")
    among: str = ""


STATEMENTS: dict[str, Statement] = {
    "apl_mg": Statement(
        "Un habitant dispose de ",
        " consultations de généraliste accessibles par an, à âge égal, selon l’APL",
        "acces",
        7,
        "Augmenter le temps médical accessible, au-delà du nombre de médecins",
    ),
    "population_sous_2_5": Statement(
        "",
        " des habitants vivent dans une commune sous 2,5 consultations accessibles par an",
        "acces",
        7,
        "Donner accès à un généraliste aux habitants des communes les plus mal desservies",
    ),
    "mg_densite": Statement(
        "On compte ",
        " pour 10 000 habitants",
        "mg",
        7,
        "Attirer et garder des médecins généralistes",
        unit=False,
        noun=("médecin généraliste libéral", "médecins généralistes libéraux"),
    ),
    "mg_60plus": Statement(
        "",
        " des généralistes libéraux sont présumés avoir 60 ans et plus",
        "releve",
        7,
        "Préparer la relève des médecins qui approchent de la retraite",
        among="mg",
    ),
    "mg_isoles": Statement(
        "",
        " des généralistes exercent dans une commune qui en compte moins de trois",
        "isolement",
        9,
        "Entourer les médecins des communes qui n’en ont qu’un ou deux",
        among="mg",
    ),
    "mg_pluripro": Statement(
        "",
        " des généralistes exercent dans une commune qui a aussi infirmier, kinésithérapeute et pharmacie",
        "isolement",
        9,
        "Réunir les professions du premier recours",
        among="mg",
    ),
    "part_65plus": Statement(
        "",
        " des habitants ont 65 ans et plus",
        "age",
        2,
        "Adapter l’offre à une population âgée, qui consulte plus souvent",
        adverse=1,
    ),
    "part_75plus": Statement(
        "",
        " des habitants ont 75 ans et plus",
        "age",
        2,
        "Organiser le soin à domicile des plus âgés",
        adverse=1,
    ),
    "population_tcam": Statement(
        "La population évolue de ",
        " par an",
        "population",
        2,
        "Projeter les besoins de soins d’une population qui ne grandit plus",
        adverse=-1,
    ),
    "infirmier_densite": Statement(
        "On compte ",
        " pour 10 000 habitants",
        "infirmier",
        7,
        "Consolider les soins infirmiers",
        unit=False,
        noun=("infirmier", "infirmiers"),
    ),
    "kine_densite": Statement(
        "On compte ",
        " pour 10 000 habitants",
        "kine",
        7,
        "Renforcer la rééducation de proximité",
        unit=False,
        noun=("masseur-kinésithérapeute", "masseurs-kinésithérapeutes"),
    ),
    "dentiste_densite": Statement(
        "On compte ",
        " pour 10 000 habitants",
        "dentiste",
        7,
        "Compléter l’offre de soins dentaires",
        unit=False,
        noun=("chirurgien-dentiste", "chirurgiens-dentistes"),
    ),
    "pharmacie_densite": Statement(
        "On compte ",
        " pour 10 000 habitants",
        "pharmacie",
        7,
        "Maintenir le réseau des pharmacies",
        unit=False,
        noun=("pharmacie", "pharmacies"),
    ),
    "orthophoniste_densite": Statement(
        "On compte ",
        " pour 10 000 habitants",
        "orthophoniste",
        7,
        "Réduire l’attente d’un orthophoniste, des enfants d’abord",
        unit=False,
        noun=("orthophoniste", "orthophonistes"),
    ),
    "specialiste_densite": Statement(
        "On compte ",
        " pour 10 000 habitants",
        "specialiste",
        8,
        "Faciliter l’accès aux avis spécialisés (consultations avancées, télé-expertise)",
        unit=False,
        noun=("médecin spécialiste libéral", "médecins spécialistes libéraux"),
    ),
    "plus20min_sante": Statement(
        "",
        " des habitants sont à plus de 20 minutes d’un service de santé",
        "proximite",
        6,
        "Rapprocher les services de santé des habitants les plus éloignés",
    ),
    "part_plus20min_mg": Statement(
        "",
        " des habitants sont à plus de 20 minutes d’un généraliste libéral",
        "proximite",
        6,
        "Rapprocher un médecin des habitants les plus éloignés",
    ),
    "part_plus30min_urgences": Statement(
        "",
        " des habitants sont à plus de 30 minutes d’un service d’urgences",
        "urgences",
        6,
        "Garantir les soins urgents à moins de 30 minutes",
    ),
    "population_sans_mg": Statement(
        "",
        " des habitants vivent dans une commune sans généraliste libéral",
        "sans-mg",
        6,
        "Organiser les déplacements vers les communes pourvues d’un médecin",
    ),
    "fedi_q5": Statement(
        "",
        " des habitants vivent dans les communes du cinquième le plus défavorisé selon le F-EDI",
        "precarite",
        3,
        "Agir sur les conditions de vie, qui pèsent sur la santé",
    ),
    "part_rsa": Statement(
        "",
        " des foyers bénéficient du RSA",
        "rsa",
        3,
        "Lever les freins sociaux aux soins (droits, mobilité)",
    ),
    "part_zip": Statement(
        "",
        " des habitants vivent en zone d’intervention prioritaire",
        "zonage",
        7,
        "Tirer parti des aides ouvertes par le zonage",
    ),
    "infirmiers_sous_dotes": Statement(
        "",
        " des habitants vivent dans une zone sous-dotée en infirmiers",
        "zonage-inf",
        7,
        "Tirer parti des aides à l’installation des infirmiers",
    ),
}


TOPICS = {
    "acces": "Accès au généraliste",
    "mg": "Nombre de généralistes",
    "releve": "Relève",
    "isolement": "Exercice à plusieurs",
    "age": "Âge des habitants",
    "population": "Évolution de la population",
    "infirmier": "Infirmiers",
    "kine": "Kinésithérapeutes",
    "dentiste": "Dentistes",
    "pharmacie": "Pharmacies",
    "orthophoniste": "Orthophonistes",
    "specialiste": "Spécialistes",
    "proximite": "Éloignement",
    "urgences": "Urgences",
    "sans-mg": "Communes sans généraliste",
    "precarite": "Conditions de vie",
    "rsa": "Précarité",
    "zonage": "Zonage des médecins",
    "zonage-inf": "Zonage des infirmiers",
}
"""What the statements of a topic are about, as the first words of a fact."""

SEEN_BY_LIBERALS = frozenset({"mg_densite", "part_plus20min_mg", "population_sans_mg"})
"""Statements made of liberal doctors: false where the only doctors are salaried."""
BY_COMMUNE = frozenset({"population_sans_mg", "mg_isoles", "mg_pluripro"})
"""Statements that tell communes apart: they say nothing of one commune alone."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A figure of the territory and how it stands.

    Attributes
    ----------
    france, similar
        1 over, -1 under, 0 level; None without a reference.
    score
        How striking it is.
    worse
        True when it is a burden against at least one reference and a relief against none; None
        when the readings disagree or no way is better. A level that asks for an answer is a burden.
    alert
        Whether it reaches such a level.
    spared
        Whether the territory has nothing of a burden: a strength that is no striking fact.
    """

    indicator: str
    france: int | None
    similar: int | None
    score: float
    worse: bool | None
    alert: bool = False
    spared: bool = False

    @property
    def split(self) -> bool:
        """Whether the two readings go opposite ways."""
        return (
            self.france is not None
            and self.similar is not None
            and (self.france * self.similar < 0)
        )

    @property
    def net(self) -> bool:
        """Whether it stands apart from at least one reference, or asks for an answer anyway."""
        return bool(self.france) or bool(self.similar) or self.alert


def facts(story: Story) -> list[Fact]:
    """Measure every statement of the territory, the most striking first."""
    found = [each for name in STATEMENTS if (each := _fact(story, name)) is not None]
    return sorted(found, key=lambda each: (-each.score, each.indicator))


def _fact(story: Story, name: str) -> Fact | None:
    if name not in story.figures.indicators:
        return None
    if name in BY_COMMUNE and len(story.territory.communes) == 1:
        return None
    if name in SEEN_BY_LIBERALS and story.has_unseen_doctors:
        return None
    own = story.value(name).value
    if own is None:
        return None
    among = STATEMENTS[name].among
    if among and (story.value(among).value or 0) < story.rule(FEWEST_DOCTORS):
        return None
    whole = None if story.is_france else story.france_value(name)
    middle = story.similar_median(name)
    if whole is None and middle is None:
        return None
    france = None if whole is None else story.relation(name, whole)
    similar = None if middle is None else story.relation(name, middle)
    adverse = _adverse(story, name)
    signs = [sign * adverse for sign in (france, similar) if sign]
    worse = None
    if adverse and signs and len(set(signs)) == 1:
        worse = signs[0] > 0
    at = story.rule(ALERTS).get(name)
    alert = at is not None and own >= at["at"] and worse is not False
    score = _score(story, name, own, whole, middle) + (
        float(story.rule(ALERT_SCORE)) if alert else 0.0
    )
    weight = float(story.rule(WEIGHTS)[name]["weight"])
    # nothing of a burden: a strength, but no fact that strikes
    spared = own == 0.0 and adverse > 0
    return Fact(name, france, similar, score * weight, True if alert else worse, alert, spared)


def _score(story: Story, name: str, own: float, whole: float | None, middle: float | None) -> float:
    """Add the gaps with the similar zones and with France, in half-spans of the similar zones.

    A gap that has no other beside it counts twice: a fact is not less striking for want of a
    reference.
    """
    others = story.similar_values(name)
    spread = (max(others) - min(others)) / 2 if middle is not None else 0.0
    most = float(story.rule(MOST_SPREADS))
    gaps = []
    if middle is not None:
        gaps.append(_gap(own, middle, spread, most))
    if whole is not None:
        gaps.append(_gap(own, whole, max(spread, abs(whole) / 2), most))
    return 2.0 * sum(gaps) / len(gaps)


def _gap(own: float, reference: float, spread: float, most: float) -> float:
    if own == reference:
        return 0.0
    return min(abs(own - reference) / (spread or abs(reference) or 1.0), most)


def _adverse(story: Story, name: str) -> int:
    told = STATEMENTS[name].adverse
    if told is not None:
        return told
    direction = story.figures.indicators[name].direction
    return {Direction.LOWER: 1, Direction.HIGHER: -1, Direction.NEUTRAL: 0}[direction]


def striking(found: Sequence[Fact], count: int) -> list[Fact]:
    """Keep the most striking facts that are net, one by topic; what a territory is spared is none."""
    kept: list[Fact] = []
    topics: set[str] = set()
    for each in found:
        topic = STATEMENTS[each.indicator].topic
        if each.net and not each.spared and topic not in topics:
            kept.append(each)
            topics.add(topic)
        if len(kept) == count:
            break
    return kept


def titled(story: Story, fact: Fact) -> tuple[Inline, ...]:
    """Say a fact under the name of its topic."""
    return (
        Strong(f"{TOPICS[STATEMENTS[fact.indicator].topic]}. "),
        *told(story, fact.indicator),
    )


def told(
    story: Story, name: str, *, reading: bool = True, chapter: int | None = None
) -> tuple[Inline, ...]:
    """Say a fact as a sentence, with its readings, and the chapter that tells more."""
    statement = STATEMENTS[name]
    figure: Figure = story.fig(name, unit=statement.unit)
    pieces: list[Inline] = []
    if statement.before:
        pieces.append(statement.before)
    more = "" if chapter is None else f" ; chapitre {chapter}"
    noun = plural(story.value(name).value or 0, *statement.noun)
    after = f" {noun}{statement.after}" if noun else statement.after
    if story.value(name).value == WHOLE and after.startswith(EVERYONE) and not pieces:
        figure = replace(figure, text="Tous les habitants")
        after = f" {after.removeprefix(EVERYONE)}"
    if story.value(name).value == 0.0:
        figure, after = _nothing(figure, after)
    pieces += [figure, f"{after} ({story.year(name)}{more})"]
    if reading:
        pieces += story.reading(name)
        pieces += _besides(story, name)
    return (*pieces, ".")


def _nothing(figure: Figure, after: str) -> tuple[Figure, str]:
    """Say a value of zero: nobody in words, a density without decimals."""
    if after.startswith(EVERYONE):
        rest = after.removeprefix(EVERYONE)
        for many, one in NOBODY:
            if rest.startswith(many):
                return replace(figure, text="Aucun habitant"), f" {one}{rest.removeprefix(many)}"
    return replace(figure, text=figure.text.replace("0,0", "0")), after


def _besides(story: Story, name: str) -> tuple[Inline, ...]:
    """Say what else bears on a fact: how many doctors there were, beside how old they are."""
    if name != "mg_60plus":
        return ()
    change = changed(story, "mg_tvs") if series_holds(story) else ()
    return (" ; leur nombre ", *change) if change else ()
