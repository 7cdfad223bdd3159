"""Chapter 7: primary care, who provides it and how far it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from assemblier.blocks import (
    Block,
    Callout,
    Figure,
    Heading,
    Inline,
    KeyFigure,
    KeyFigures,
    Paragraph,
    Tone,
)
from assemblier.declarations import Chapter, Need
from assemblier.diagnosis.absences import absences
from assemblier.diagnosis.chapters.apl import access
from assemblier.diagnosis.chapters.health import by_departement_note, departement_table
from assemblier.diagnosis.chapters.voices import local_supply
from assemblier.diagnosis.exhibits import by_parts, changed, comparison, series_holds, trend
from assemblier.diagnosis.maps import choropleth
from assemblier.diagnosis.story import Story
from assemblier.language import plural
from assemblier.values import Status

__all__ = ["CHAPTER", "unseen_doctors"]

WANTED = (
    "mg_densite",
    "mg_60plus",
    "mg_tvs",
    "apl_mg",
    "population_sous_2_5",
    "apl_recalculee",
    "apl_infirmier",
    "apl_kine",
    "apl_sage_femme",
    "part_zip",
    "infirmiers_sous_dotes",
)
"""Indicators whose absence is told."""
BOUNDS = "diagnosis.maps.bounds"
SMALL = "diagnosis.readings.small_headcount"
PROFESSIONS = (
    "infirmier",
    "kine",
    "dentiste",
    "sage_femme",
    "pharmacie",
    "orthophoniste",
    "pedicure",
    "psychologue",
)
ALSO = (
    ("infirmier", "aux infirmiers"),
    ("kine", "aux kinésithérapeutes"),
    ("dentiste", "aux chirurgiens-dentistes"),
    ("sage_femme", "aux sages-femmes"),
    ("pharmacie", "aux pharmacies"),
)


def build(story: Story) -> Sequence[Block]:
    """Tell how many professionals there are, of what age, and how accessible they are."""
    blocks: list[Block] = []
    key = _key_figures(story)
    if key.items:
        blocks.append(key)
    if story.has_unseen_doctors:
        blocks.append(unseen_doctors(story))
    blocks += _doctors(story)
    blocks += _ages(story)
    blocks += _ages_of_departements(story)
    blocks += access(story)
    blocks += _others(story)
    blocks += _trend_of_nurses(story)
    blocks += local_supply(story)
    if not blocks:
        return ()
    blocks += absences(story, WANTED)
    blocks.append(
        Callout(
            Tone.LIMIT,
            "Ce que ces chiffres ne disent pas",
            (
                "Ni la densité ni l’APL ne disent si un médecin prend de nouveaux patients, en combien de jours il "
                "reçoit, ni s’il part bientôt : une enquête locale et la liste corrigée par le territoire le disent. "
                "La densité compte des têtes ; l’APL compte des consultations et regarde au-delà de la limite.",
            ),
        )
    )
    return blocks


def _key_figures(story: Story) -> KeyFigures:
    items = []
    for name, label in (
        ("mg", "Médecins généralistes libéraux"),
        ("mg_densite", "Généralistes libéraux pour 10 000 habitants"),
        ("mg_60plus", "Généralistes présumés de 60 ans et plus"),
        ("apl_mg", "Consultations accessibles par an (APL)"),
    ):
        if not story.has(name):
            continue
        bare = name == "mg_densite"
        compared: tuple[Inline, ...] = ()
        if name != "mg":
            compared = ("France : ", story.other(name, "france", "FR", unit=not bare))
        items.append(
            KeyFigure(
                f"{label} ({story.year(name)})", story.fig(name, unit=not bare), compared=compared
            )
        )
    return KeyFigures(tuple(items))


def _doctors(story: Story) -> list[Block]:
    if not story.has("mg"):
        return []
    blocks: list[Block] = [
        Heading("Les médecins généralistes"),
        Paragraph((*_headcount(story), *_by_commune(story), *_place(story))),
    ]
    made = choropleth(
        story,
        "carte-mg",
        "Nombre de médecins généralistes",
        "mg",
        bounds=story.rule(BOUNDS)["mg"],
        counted=True,
        notes=(
            "Une commune sans médecin n’est pas une commune sans soins : ses habitants vont ailleurs.",
        ),
    )
    if made:
        blocks.append(made)
    if not series_holds(story):
        return [*blocks, _far_from_register(story)]
    drawn = trend(
        story,
        "mg-serie",
        "Médecins généralistes libéraux au 31 décembre",
        "mg_tvs",
        notes=(
            "Effectifs publiés par territoire de vie-santé ; un territoire qui n’en réunit pas d’entiers reçoit une part "
            "estimée selon la population. La BPE, elle, ne doit pas être lue comme une évolution.",
            "Les années où la source perd une part d’un département (ruptures) n’y sont pas.",
        ),
    )
    if drawn:
        change = changed(story, "mg_tvs")
        if change:
            blocks.append(
                Paragraph(
                    ("Le nombre de généralistes libéraux ", *change, *_by_register(story), ".")
                )
            )
        blocks.append(drawn)
    return blocks


def _by_register(story: Story) -> list[Inline]:
    """Say what the register by commune counts, beside a series shared out by population."""
    register = story.value("mg_liberaux")
    if story.value("mg_tvs").status is not Status.ESTIMATED or register.value is None:
        return []
    return [
        " ; compté commune par commune, le registre en donne ",
        story.fig("mg_liberaux"),
        f" fin {story.year('mg_liberaux')}",
    ]


def _far_from_register(story: Story) -> Paragraph:
    """Say that the series of the zones it is published for does not come down to the territory."""
    return Paragraph(
        (
            "Le nombre de généralistes libéraux n’est suivi d’année en année que par territoire de vie-santé. Répartie selon la "
            "population, cette série donnerait ",
            story.fig("mg_tvs"),
            f" généralistes au territoire fin {story.year('mg_tvs')}, quand le registre par commune en compte ",
            story.fig("mg_liberaux"),
            " : elle n’est donc pas dite ici.",
        )
    )


def unseen_doctors(story: Story) -> Callout:
    """Warn that salaried doctors consult here, whom sources of liberal doctors do not see."""
    text: list[Inline] = [
        "Aucun généraliste libéral n’est compté dans le territoire, mais l’APL publié y est de ",
        story.fig("apl_mg"),
        f" ({story.year('apl_mg')}) : il compte les médecins salariés des centres de santé, que les sources de libéraux ne "
        "voient pas. ",
    ]
    if story.value("centre_sante").value:
        text += [
            "La base des équipements compte ici ",
            story.fig("centre_sante"),
            f" {story.plural('centre_sante', 'centre de santé', 'centres de santé')}"
            f" ({story.year('centre_sante')}). ",
        ]
    text.append(
        "Les effectifs, les minutes jusqu’au médecin, l’APL recalculé et la projection valent pour les seuls libéraux : ils ne "
        "disent pas l’accès réel, et ne sont pas retenus parmi les faits."
    )
    return Callout(Tone.WARNING, "Des médecins que ces sources ne voient pas", tuple(text))


def _headcount(story: Story) -> list[Inline]:
    if story.value("mg").value == 0:
        return [
            "La base des équipements ne compte dans le territoire ",
            replace(story.fig("mg"), text="aucun"),
            f" médecin généraliste libéral ou mixte au 1er janvier {story.year('mg')}."
            + (
                ""
                if story.has_unseen_doctors
                else " Ses habitants vont ailleurs : l’accès se lit avec les médecins d’alentour."
            ),
        ]
    text: list[Inline] = [
        "Le territoire compte ",
        story.fig("mg"),
        f" {story.plural('mg', 'médecin généraliste libéral ou mixte', 'médecins généralistes libéraux ou mixtes')}"
        f" au 1er janvier {story.year('mg')}",
    ]
    if story.has("mg_densite"):
        text += [", soit ", story.fig("mg_densite"), *story.against("mg_densite")]
    text.append(".")
    ends = story.bounds("mg_densite")
    small = (story.value("mg").value or 0) < story.rule(SMALL)["interval_below"]
    if ends and small:
        text += [
            " Un effectif aussi petit varie par hasard d’une année à l’autre : à situation inchangée, la densité irait de ",
            ends[0],
            " à ",
            ends[1],
            ".",
        ]
    return text


def _by_commune(story: Story) -> list[Inline]:
    if len(story.inside) < 2:
        return []
    when = story.year("mg")
    values = [story.figures.value("mg", story.detail, zone, when).value for zone in story.inside]
    known = [value for value in values if value is not None]
    if not known:
        return []

    def one(what: str, count: int, label: str) -> Figure:
        return story.deduced(
            f"mg.{what}",
            count,
            of=("mg",),
            label=label,
            method=f"Compté parmi les {story.detail_word} du territoire dont l’effectif est connu.",
        )

    none, few = sum(value == 0 for value in known), sum(1 <= value <= 4 for value in known)
    word = story.detail_word
    text: list[Inline] = [" Sur ", one("known", len(known), f"{word.capitalize()} du territoire")]
    text.append(f" {word}, ")
    if none:
        text += [
            one("none", none, f"{word.capitalize()} sans généraliste"),
            f" {plural(none, 'n’a', 'n’ont')} aucun généraliste",
        ]
    else:
        text.append("il n’en est pas sans généraliste")
    if few:
        text += [
            " et ",
            one("few", few, f"{word.capitalize()} de un à quatre généralistes"),
            f" en {plural(few, 'a', 'ont')} de un à quatre",
        ]
    return [*text, "."]


def _place(story: Story) -> list[Inline]:
    if story.value("mg").value == 0:
        return []
    rank = story.rank("mg_densite")
    if rank:
        return [
            " Parmi les zones similaires, du plus dense au moins dense, le territoire se place ",
            *rank,
            ".",
        ]
    if story.similar_figure("mg_densite") is not None:
        return [
            " Parmi les zones similaires, les intervalles se recouvrent : aucun rang ne se dégage."
        ]
    return []


def _ages(story: Story) -> list[Block]:
    if not story.has("mg_60plus"):
        return []
    ends = story.bounds("mg_60plus")
    share = story.value("mg_60plus").value or 0
    text: list[Inline] = [
        "Présumés de 60 ans et plus : ",
        story.fig("mg_60plus"),
        f" des généralistes libéraux fin {story.year('mg_60plus')}",
        *story.against("mg_60plus"),
        ".",
    ]
    if ends and (story.value("mg").value or 0) < story.rule(SMALL)["interval_below"]:
        text += [" Intervalle dû au petit nombre : de ", ends[0], " à ", ends[1], "."]
    if share > 0:
        text.append(
            " Ces départs sont à attendre dans les dix ans ; l’âge exact de chacun n’est dans aucune source ouverte."
        )
    return [Heading("L’âge des généralistes"), Paragraph(tuple(text))]


def _ages_of_departements(story: Story) -> list[Block]:
    table = departement_table(
        story,
        "medecins-55plus",
        "Médecins de 55 ans et plus, par département",
        ("medecins_55plus",),
        notes=("Toutes spécialités et tous modes d’exercice.", by_departement_note(story)),
    )
    return [] if table is None else [table]


def _others(story: Story) -> list[Block]:
    names = [name for each in PROFESSIONS for name in (each, f"{each}_densite") if story.has(name)]
    if not names:
        return []
    table = comparison(
        story,
        "comparaison-offre",
        "Densités de premier recours, territoire et comparateurs",
        (
            "mg_densite",
            *(name for name in names if name.endswith("_densite")),
            "apl_infirmier",
            "apl_kine",
            "apl_sage_femme",
        ),
    )
    blocks: list[Block] = [
        Heading("Les autres professions du premier recours"),
        Paragraph(tuple(_counts(story))),
        table,
    ]
    parts = by_parts(
        story,
        "offre-par-zone",
        f"Offre de premier recours par {story.part_word}",
        (
            "mg",
            "mg_densite",
            "apl_mg",
            "population_sous_2_5",
            "infirmier",
            "kine",
            "dentiste",
            "pharmacie",
        ),
    )
    if parts:
        blocks.append(parts)
    return blocks


def _counts(story: Story) -> list[Inline]:
    known = [(name, words) for name, words in ALSO if story.has(name)]
    named = [(name, words) for name, words in known if story.value(name).value]
    if known and not named:
        return [
            "La base des équipements ne compte dans le territoire aucune de ces professions : infirmiers, kinésithérapeutes, "
            f"chirurgiens-dentistes, sages-femmes, ni aucune pharmacie, au 1er janvier {story.year(known[0][0])}."
        ]
    text: list[Inline] = ["Le premier recours tient aussi "]
    for at, (name, words) in enumerate(named):
        if at:
            text.append(" et " if at == len(named) - 1 else ", ")
        text += [f"{words} (", story.fig(name), ")"]
    return [*text, f", au 1er janvier {story.year(named[0][0])}."] if named else []


def _trend_of_nurses(story: Story) -> list[Block]:
    drawn = trend(
        story,
        "infirmiers-serie",
        "Infirmiers libéraux au 1er janvier",
        "infirmier_tvs",
        notes=(
            "La base des équipements a changé de sources et de champ au fil des éditions : une tendance longue s’y lit, "
            "un écart d’une année à l’autre non.",
        ),
    )
    return [] if drawn is None else [drawn]


CHAPTER = Chapter(
    "offre",
    7,
    "L’offre de soins de premier recours",
    "Qui soigne, de quel âge, à quelle distance ?",
    (
        Need(
            "les équipements et professionnels",
            "Insee, base permanente des équipements (carte « insee-bpe »)",
            "Ni professionnels, ni équipements de ce territoire ne sont dans le lac.",
        ),
        Need("l’APL", "DREES (carte « drees-apl-mg »)", "L’APL n’est pas dans le lac."),
    ),
    build,
)
