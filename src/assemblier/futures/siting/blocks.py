"""An answer of siting as it is printed: the sites, the proof, what others would do, who wins."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assemblier.blocks import (
    Bars,
    Block,
    Callout,
    Cell,
    Figure,
    Heading,
    Inline,
    KeyFigure,
    KeyFigures,
    Paragraph,
    TableBlock,
    Tone,
)
from assemblier.futures.scenarios.blocks import ToldScenarios, outcome_blocks
from assemblier.futures.siting.answer import HandChoice
from assemblier.futures.siting.question import OF_DOCTORS, SitingAnswer
from assemblier.futures.siting.request import NamedSiting
from assemblier.futures.told import resting_on, told_from
from assemblier.indicators.told import TerritoryStory, Told
from assemblier.language import enumeration, number, percent, plural

__all__ = ["PROPOSED", "ToldSiting", "kept_siting_blocks", "not_said", "siting_blocks"]

PARAMETERS = (
    "siting.bands",
    "siting.near_optimal",
    "siting.time_limit",
    "siting.radius",
    "futures.scenarios.arrival_activity",
    "futures.scenarios.noticeable",
    "apl.gp.thresholds",
)
SAYS_NOT = (
    "Le calcul ne sait pas si un médecin veut y vivre, ni s’il y a un local, une pharmacie, une "
    "équipe ou une école.",
    "La preuve vaut pour ce modèle et ces candidates, avec des temps de trajet estimés.",
)
SOUGHT = {
    "shortfall": "que manquent le moins de consultations, celles des moins bien servis comptant "
    "davantage",
    "maximin": "que l’accès des moins bien servis soit le plus haut",
    "threshold": "que le moins d’habitants restent sous le seuil",
    "p-median": "que le trajet moyen jusqu’au médecin le plus proche soit le plus court",
    "p-center": "que le trajet le plus long jusqu’au médecin le plus proche soit le plus court",
    "coverage": "que le plus d’habitants aient un médecin à portée",
}
MODEL = {
    "shortfall": "APL recalculé avec ces médecins ; manque sous le seuil et ses paliers, pondéré "
    "par la population standardisée.",
    "maximin": "APL recalculé avec ces médecins ; plus faible valeur des communes que l’on peut "
    "aider.",
    "threshold": "APL recalculé avec ces médecins ; habitants des communes sous le seuil.",
    "p-median": "Temps estimés vers le site ouvert le plus proche, bornés à la portée du calcul.",
    "p-center": "Temps estimés vers le site ouvert le plus proche.",
    "coverage": "Habitants dont un site ouvert est à portée.",
}
VALUE, BEFORE = "Valeur du choix proposé", "Valeur sans rien faire"
MOST = 12
PROPOSED = "l’implantation proposée"
HALF = 0.5
NEIGHBOURS = (
    "Les habitants des communes voisines comptent ici autant que ceux du territoire. Pour ne "
    "chercher que le bien de ceux-ci, posez la question avec --only-territory."
)

NO_GAIN = (
    "Aucun choix ne change ce qui est cherché : la réponse affichée n’est pas meilleure qu’une "
    "autre. Changez l’objectif, la durée qui compte comme couverte ou les candidates."
)


@dataclass(frozen=True, slots=True)
class ToldSiting:
    """An answer ready to be printed.

    Attributes
    ----------
    scenarios
        The answer run as a scenario, which tells who wins.
    threshold
        APL that is enough.
    asked
        What must be said of the question (French).
    """

    answer: SitingAnswer
    scenarios: ToldScenarios
    asked: tuple[str, ...]

    @property
    def notes(self) -> tuple[str, ...]:
        """What must be said of the question, then of the data (French)."""
        return (*self.asked, *self.scenarios.baseline.notes)

    @property
    def names(self) -> Mapping[str, str]:
        """Commune → name."""
        return self.scenarios.names


def siting_blocks(story: TerritoryStory, made: ToldSiting) -> list[Block]:
    """Write an answer of siting."""
    told = _telling(story, made, "implantation")
    return [
        *_answer(told, made, 2),
        Heading("Qui gagne, et où"),
        *_winners(story, told, made, tables=True),
        *resting_on(made.scenarios.baseline.notes),
        not_said(),
    ]


def not_said() -> Callout:
    """Return what no answer of siting says, told once after them."""
    return Callout(Tone.LIMIT, "Ce que ce calcul ne dit pas", (" ".join(SAYS_NOT),))


def kept_siting_blocks(
    story: TerritoryStory, made: ToldSiting, kept: NamedSiting, rank: int
) -> list[Block]:
    """Write the answer of a question that the territory keeps, shorter.

    Parameters
    ----------
    rank
        Of the question among those kept, from 1.
    """
    told = _telling(story, made, f"implantation-{rank}")
    blocks: list[Block] = [Heading(kept.name)]
    if dict(kept.sites) != dict(made.answer.placed):
        before = enumeration([made.names.get(code, code) for code in kept.sites])
        said = (
            f"Le {kept.kept_on}, la réponse était : {before}. Les données, le territoire ou les "
            "corrections locales ont changé depuis."
        )
        blocks.append(Callout(Tone.WARNING, "La réponse a changé", (said,)))
    return [
        *blocks,
        *_answer(told, made, 3),
        *_winners(story, told, made, tables=False),
    ]


def _telling(story: TerritoryStory, made: ToldSiting, key: str) -> Told:
    baseline = made.scenarios.baseline
    return told_from(
        story, baseline, key, PARAMETERS, SAYS_NOT, year=f"supposé, offre de fin {baseline.year}"
    )


def _answer(told: Told, made: ToldSiting, level: int) -> list[Block]:
    """Write the question, the sites, the proof, other choices and those made by hand."""
    blocks: list[Block] = [
        Paragraph((_question(made),)),
        _key_figures(told, made),
        _sites(told, made),
        Callout(Tone.METHOD, "La preuve", tuple(_proof(told, made))),
    ]
    if not made.answer.siting.gain > 0:
        return [*blocks, Callout(Tone.WARNING, "Rien à gagner", (NO_GAIN,))]
    blocks += [Heading("D’autres choix, et ce qu’ils coûtent", level), *_others(told, made)]
    hand = _by_hand(told, made)
    if hand is not None:
        best = max(made.answer.by_hand, key=lambda each: each.share)
        names = [made.names.get(code, code) for code in made.answer.codes]
        said = (
            f"Le meilleur des choix habituels, {best.name} ({_where(made, best, names)}), apporte ",
            told.of(
                "hand|share", 100 * best.share, percent(best.share, 0), unit="%",
                label="Part du gain du meilleur choix",
                method="Même calcul, sites choisis par cette règle.",
            ),
            " du gain du choix proposé.",
        )  # fmt: skip
        blocks += [Heading("Ce qu’on aurait choisi à la main", level), Paragraph(said), hand]
    return blocks


def _winners(story: TerritoryStory, told: Told, made: ToldSiting, *, tables: bool) -> list[Block]:
    """Write who gains, the answer run as a scenario."""
    outcome = made.scenarios.outcomes[0]
    blocks: list[Block] = []
    if not _of_doctors(made):
        blocks.append(Paragraph(("Supposé : un médecin d’activité moyenne dans chaque site.",)))
    blocks += outcome_blocks(story, told, made.scenarios, outcome, told.prefix, tables=tables)
    if outcome.summary["share_inside"] < HALF and not made.answer.question.within:
        blocks.append(Callout(Tone.LIMIT, "Un gain qui va surtout aux voisins", (NEIGHBOURS,)))
    return blocks


def _named(title: str, made: ToldSiting) -> str:
    """Tell tables of several questions apart by the name of theirs."""
    name = made.scenarios.outcomes[0].scenario.name
    return title if name == PROPOSED else f"{title} : {name}"


def _of_doctors(made: ToldSiting) -> bool:
    return made.answer.question.objective in OF_DOCTORS


def _unit_word(made: ToldSiting, count: int) -> str:
    return plural(count, "médecin" if _of_doctors(made) else "site")


def _question(made: ToldSiting) -> str:
    question = made.answer.question
    verb = "placer" if _of_doctors(made) else "ouvrir"
    said = (
        f"Où {verb} {number(question.add)} {_unit_word(made, question.add)} de plus pour "
        f"{SOUGHT[question.objective]} ?"
    )
    wishes = []
    if question.team > 1:
        wishes.append(f"au moins {question.team} médecins par site")
    if question.most_sites is not None:
        wishes.append(f"au plus {question.most_sites} {plural(question.most_sites, 'site')}")
    if question.fixed:
        places = enumeration([made.names.get(code, code) for code in question.fixed])
        wishes.append(f"déjà décidé : {places}")
    if question.forbidden:
        count = len(question.forbidden)
        wishes.append(f"{count} {plural(count, 'commune écartée', 'communes écartées')}")
    if question.budget is not None:
        wishes.append(f"un budget de {number(question.budget)}")
    return said + (f" Souhaits : {', '.join(wishes)}." if wishes else "")


def _value(told: Told, made: ToldSiting, key: str, value: float, label: str) -> Figure:
    answer = made.answer
    return told.number(
        key, answer.told(value), answer.decimals, label=label, unit=answer.unit,
        method=MODEL[answer.question.objective],
    )  # fmt: skip


def _key_figures(told: Told, made: ToldSiting) -> KeyFigures:
    answer, found = made.answer, made.answer.siting
    items = []
    if answer.question.objective != "shortfall":  # its weighted value is told with the proof
        items.append(
            KeyFigure(
                f"{answer.unit[0].upper()}{answer.unit[1:]}",
                _value(told, made, "value", found.value, VALUE),
                compared=("au lieu de ", _value(told, made, "baseline", found.baseline, BEFORE)),
            )
        )
    if answer.consultations is not None:
        before, after = answer.consultations
        items.append(
            KeyFigure(
                "Consultations qui manquent par an",
                told.number(
                    "lacking|after", after, label="Consultations qui manquent, après",
                    method="Σ population standardisée × (seuil − APL), là où l’APL est sous le "
                    "seuil.", unit="consultations par an",
                ),
                compared=(
                    "au lieu de ",
                    told.number(
                        "lacking|before", before, label="Consultations qui manquent, avant",
                        method="Σ population standardisée × (seuil − APL), là où l’APL est sous "
                        "le seuil.", unit="consultations par an",
                    ),
                ),
            )
        )  # fmt: skip
    if not math.isnan(found.marginal) and found.gain > 0:
        one = "Un médecin" if _of_doctors(made) else "Un site"
        items.append(
            KeyFigure(
                f"{one} de plus ajouterait au gain",
                told.of(
                    "marginal", 100 * found.marginal / found.gain,
                    percent(found.marginal / found.gain, 0), unit="%",
                    label="Gain du suivant, rapporté au gain",
                    method="Le suivant là où il apporte le plus, les autres restant en place.",
                ),
                compared=(f"gain moyen : {percent(1 / max(answer.question.add, 1), 0)} chacun",),
            )
        )  # fmt: skip
    return KeyFigures(tuple(items))


def _sites(told: Told, made: ToldSiting) -> TableBlock:
    answer = made.answer
    baseline = made.scenarios.baseline
    where = dict(zip(baseline.ids, range(baseline.ids.size), strict=True))
    rows: list[tuple[Cell, ...]] = []
    for code, count in answer.placed.items():
        name = made.names.get(code, code)
        rows.append(
            (
                name,
                code,
                *(
                    (
                        told.number(
                            f"site|{code}", count, label="Médecins placés", status="ok", zone=name,
                            method="Réponse du calcul.", unit="médecins",
                        ),
                    )
                    if _of_doctors(made)
                    else ()
                ),
                *_place(told, made, code),
                told.number(
                    f"apl|{code}", float(baseline.value[where[code]]), 2, label="APL avant",
                    method="APL recalculé.", zone=name,
                    unit="consultations par an et habitant standardisé",
                ),
            )
        )  # fmt: skip
    heads = ["Commune", "Code", *(["Médecins"] if _of_doctors(made) else [])]
    heads += ["Habitants", f"Généralistes, {baseline.year}", "APL avant"]
    return TableBlock(
        f"{told.prefix}-sites",
        _named("Les sites proposés", made),
        tuple(heads),
        tuple(rows),
        (False, False, *(True for _ in heads[2:])),
        told.note(*made.asked),
    )


def _place(told: Told, made: ToldSiting, code: str) -> tuple[Cell, Cell]:
    """Return the inhabitants and the doctors of a place today."""
    table, name = made.scenarios.baseline.communes, made.names.get(code, code)
    return (
        told.number(
            f"people|{code}", float(table["population"][code]), label="Habitants", status="ok",
            method="Population municipale.", unit="habitants", zone=name,
        ),
        told.number(
            f"present|{code}", float(table["gps"][code]), label="Généralistes présents",
            status="ok", method="Effectif du répertoire.", unit="médecins", zone=name,
        ),
    )  # fmt: skip


def _proof(told: Told, made: ToldSiting) -> list[Inline]:
    found = made.answer.siting
    seconds = number(found.seconds, 1 if found.seconds >= 1 else 2)
    weighed: list[Inline] = []
    if made.answer.question.objective == "shortfall":
        weighed = [
            "Ce qui est cherché : le moins de consultations qui manquent, pondérées, ",
            _value(told, made, "value", found.value, VALUE),
            " au lieu de ",
            _value(told, made, "baseline", found.baseline, BEFORE),
            ". ",
        ]
    if found.sense == "min" and found.value <= 0 < found.baseline:
        weighed.append("Plus rien ne manque : d’autres lieux peuvent faire aussi bien. ")
    if found.proved:
        return [
            *weighed,
            f"Aucun autre choix parmi les candidates ne fait mieux : c’est démontré ({found.method}"
            f", {seconds} s).",
        ]
    return [
        *weighed,
        "Aucun choix ne peut gagner plus de ",
        told.of(
            "gap", 100 * found.gap_of_gain, percent(found.gap_of_gain, 1), unit="%",
            label="Écart au plus grand gain possible", method=found.method,
        ),
        f" de mieux que celui-ci ({found.method}, {seconds} s).",
    ]  # fmt: skip


def _others(told: Told, made: ToldSiting) -> list[Block]:
    answer, found = made.answer, made.answer.siting
    if not found.alternatives:
        return [
            Paragraph(
                (
                    "Aucun autre choix ne s’obtient en changeant un seul "
                    + ("médecin" if _of_doctors(made) else "site")
                    + " de place sans rompre un souhait ou perdre tout le gain.",
                )
            )
        ]
    names = [made.names.get(code, code) for code in answer.codes]
    rows: list[tuple[Cell, ...]] = []
    for each in found.alternatives[:MOST]:
        tie = each.loss <= 1e-9 * max(abs(found.value), 1.0)
        gone = f"{names[each.leaves]}, {each.moved} médecins" if each.moved > 1 else ""
        rows.append(
            (
                names[each.enters],
                *_place(told, made, str(answer.codes[each.enters])),
                gone or names[each.leaves],
                told.of(
                    f"other|{answer.codes[each.leaves]}|{answer.codes[each.enters]}",
                    100 * each.share,
                    "rien" if tie else percent(each.share, 1),
                    label="Part du gain perdue", unit="%", zone=names[each.enters],
                    method="Choix proposé, où un seul site change.",
                ),
            )
        )  # fmt: skip
    more = len(found.alternatives) - len(rows)
    return [
        TableBlock(
            f"{told.prefix}-autres",
            _named("Changer un seul site, ce que cela coûte", made),
            (
                "À la place, à",
                "Habitants",
                f"Généralistes, {made.scenarios.baseline.year}",
                "Au lieu de",
                "Part du gain perdue",
            ),
            tuple(rows),
            (False, True, True, False, True),
            told.note(*([f"Et {more} autres, dans le fichier."] if more > 0 else [])),
        )
    ]


def _by_hand(told: Told, made: ToldSiting) -> Bars | None:
    answer = made.answer
    hand = [each for each in answer.by_hand if not math.isnan(each.share)]
    if not hand:
        return None
    names = [made.names.get(code, code) for code in answer.codes]
    label = "Part du gain du meilleur choix"
    figures = [
        told.of(
            "hand|best", 100.0, percent(1.0, 0), unit="%", label=label,
            method="Le choix proposé, par définition.",
        )
    ]  # fmt: skip
    labels = ["choix proposé"]
    for at, each in enumerate(hand):
        labels.append(f"{each.name} : {_where(made, each, names)}")
        figures.append(
            told.of(
                f"hand|{at}", 100 * each.share, percent(each.share, 0), unit="%", label=label,
                method="Même calcul, sites choisis par cette règle.",
            )
        )  # fmt: skip
    return Bars(
        f"{told.prefix}-a-la-main",
        _named("Ce que gagneraient les choix habituels", made),
        tuple(labels),
        tuple(100 * share for share in (1.0, *(max(each.share, 0.0) for each in hand))),
        tuple(figures),
        "% du gain du meilleur choix",
        told.note(),
        highlighted=frozenset({0}),
        description="Gain de chaque règle, rapporté à celui du choix proposé.",
    )


def _where(made: ToldSiting, hand: HandChoice, names: Sequence[str]) -> str:
    counted = _of_doctors(made) and int(hand.counts.max()) > 1
    return enumeration(
        [
            f"{names[at]}, {count} médecins" if counted else names[at]
            for at, count in zip(hand.sites, hand.counts, strict=True)
        ]
    )
