"""Chapter 7: primary care, who provides it and how far it is."""

from __future__ import annotations

from collections.abc import Sequence

from assemblier.blocks import (
    Block,
    Callout,
    Heading,
    Inline,
    KeyFigure,
    KeyFigures,
    Paragraph,
    Tone,
)
from assemblier.declarations import Chapter, Need
from assemblier.diagnosis.chapters.health import departement_table
from assemblier.diagnosis.chapters.voices import local_supply
from assemblier.diagnosis.maps import choropleth
from assemblier.diagnosis.story import Story
from assemblier.language import number, percent, plural

__all__ = ["CHAPTER"]

APL_BOUNDS = (1.5, 2.5, 3.5, 4.5)
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


def build(story: Story) -> Sequence[Block]:
    """Tell how many professionals there are, of what age, and how accessible they are."""
    blocks: list[Block] = []
    key = _key_figures(story)
    if key.items:
        blocks.append(key)
    blocks += _doctors(story)
    blocks += _ages(story)
    blocks += _ages_of_departements(story)
    blocks += _access(story)
    blocks += _zoning(story)
    blocks += _others(story)
    blocks += _trend_of_nurses(story)
    blocks += local_supply(story)
    if not blocks:
        return ()
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
        ("mg", "Médecins généralistes"),
        ("mg_densite", "Médecins généralistes pour 10 000 habitants"),
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
    when = story.year("mg")
    without = sum(
        story.figures.value("mg", story.detail, zone, when).value == 0 for zone in story.inside
    )
    few = sum(
        1 <= (story.figures.value("mg", story.detail, zone, when).value or 0) <= 4
        for zone in story.inside
    )
    interval = story.figures.interval("mg_densite", "territoire", story.territory.slug)
    text: list[Inline] = [
        "Le territoire compte ",
        story.fig("mg"),
        f" {story.plural('mg', 'médecin généraliste libéral ou mixte', 'médecins généralistes libéraux ou mixtes')}"
        f" au 1er janvier {when}, soit ",
        story.fig("mg_densite"),
        *story.against("mg_densite"),
        ".",
    ]
    if interval:
        text.append(
            f" Un effectif aussi petit varie par hasard d’une année à l’autre : à situation inchangée, la densité "
            f"irait de {interval}."
        )
    if len(story.inside) > 1:
        text.append(
            f" Sur {number(len(story.inside))} {story.detail_word}, {_without(without)} et {_few(few)}."
        )
    rank = story.rank("mg_densite")
    if rank:
        text.append(
            f" Parmi les zones similaires, du plus dense au moins dense, le territoire se place {rank}."
        )
    elif story.comparators.similar is not None:
        text.append(
            " Parmi les zones similaires, les intervalles se recouvrent : aucun rang ne se dégage."
        )
    blocks: list[Block] = [Heading("Les médecins généralistes"), Paragraph(tuple(text))]
    made = choropleth(
        story,
        "carte-mg",
        "Médecins généralistes par commune",
        "mg",
        bounds=(1.0, 2.0, 5.0, 10.0),
        notes=(
            "Une commune sans médecin n’est pas une commune sans soins : ses habitants vont ailleurs.",
        ),
    )
    if made:
        blocks.append(made)
    trend = story.trend(
        "mg-serie",
        "Médecins généralistes libéraux au 31 décembre",
        "mg_tvs",
        notes=(
            "Effectifs publiés par territoire de vie-santé ; un territoire qui n’en réunit pas d’entiers reçoit une part "
            "estimée selon la population. La BPE, elle, ne doit pas être lue comme une évolution.",
        ),
    )
    if trend:
        years = trend.years
        first = story.value("mg_tvs", str(years[0])).value
        last = story.value("mg_tvs", str(years[-1])).value
        if first and last:
            change = (last - first) / first
            word = "augmenté" if change > 0 else "diminué"
            blocks.append(
                Paragraph(
                    (
                        f"Entre {years[0]} et {years[-1]}, le nombre de généralistes libéraux a {word} de "
                        f"{percent(abs(change), 0)} (de ",
                        story.fig("mg_tvs", str(years[0])),
                        " à ",
                        story.fig("mg_tvs", str(years[-1])),
                        ", part estimée).",
                    )
                )
            )
        blocks.append(trend)
    return blocks


def _without(count: int) -> str:
    if count == 0:
        return "il n’en est pas sans généraliste"
    return f"{number(count)} {plural(count, 'n’a', 'n’ont')} aucun généraliste"


def _few(count: int) -> str:
    if count == 0:
        return "il n’en est pas qui en ait de un à quatre"
    return f"{number(count)} en {plural(count, 'a', 'ont')} de un à quatre"


def _ages(story: Story) -> list[Block]:
    if not story.has("mg_60plus"):
        return []
    interval = story.figures.interval("mg_60plus", "territoire", story.territory.slug)
    return [
        Heading("L’âge des généralistes"),
        Paragraph(
            (
                "Présumés de 60 ans et plus : ",
                story.fig("mg_60plus"),
                f" des généralistes libéraux fin {story.year('mg_60plus')}",
                *story.against("mg_60plus"),
                ".",
                f" Intervalle dû au petit nombre : {interval}\u202f%." if interval else "",
                " Ces départs sont à attendre dans une dizaine d’années ; l’âge exact de chacun n’est dans aucune source ouverte."
                if (story.value("mg_60plus").value or 0) > 0
                else "",
            )
        ),
    ]


def _ages_of_departements(story: Story) -> list[Block]:
    table = departement_table(
        story,
        "medecins-55plus",
        "Médecins de 55 ans et plus, par département",
        ("medecins_55plus",),
        notes=("Toutes spécialités et tous modes d’exercice ; le territoire n’a pas de valeur.",),
    )
    return [] if table is None else [table]


def _access(story: Story) -> list[Block]:
    if not story.has("apl_mg"):
        return []
    when = story.year("apl_mg")
    text: list[Inline] = [
        f"En {when}, un habitant standardisé dispose en moyenne de ",
        story.fig("apl_mg"),
        " consultations de généraliste par an",
        *story.reading("apl_mg"),
        ".",
    ]
    if story.has("apl_mg_65"):
        text += [
            " Sans les médecins de plus de 65 ans, il n’en resterait que ",
            story.fig("apl_mg_65"),
            ".",
        ]
    if story.has("population_sous_2_5"):
        text += [
            " ",
            story.fig("population_sous_2_5"),
            " des habitants vivent dans une commune sous 2,5 consultations",
            *story.against("population_sous_2_5"),
            ".",
        ]
    blocks: list[Block] = [Heading("L’accessibilité (APL)"), Paragraph(tuple(text))]
    made = choropleth(
        story,
        "carte-apl",
        "APL aux médecins généralistes",
        "apl_mg",
        bounds=APL_BOUNDS,
        dark_is_low=True,
        notes=("L’APL n’est ni un délai de rendez-vous ni un refus de patient.",),
    )
    if made:
        blocks.append(made)
    bars = story.bars("apl-comparee", "APL aux médecins généralistes", "apl_mg")
    if bars:
        blocks.append(bars)
    blocks.append(
        Callout(
            Tone.WARNING,
            "Des éditions qui ne se comparent pas",
            (
                "Les APL de 2016 et 2018 et celles de 2022 et 2023 n’ont pas la même méthode : elles ne sont pas mises bout à "
                "bout.",
            ),
        )
    )
    return blocks


def _zoning(story: Story) -> list[Block]:
    if not story.has("part_zip"):
        return []
    return [
        Heading("Le zonage de l’ARS"),
        Paragraph(
            (
                story.fig("part_zip"),
                " de la population vit en zone d’intervention prioritaire (ZIP) et ",
                story.fig("part_zip_zac"),
                " en ZIP ou en zone d’action complémentaire (ZAC)",
                *story.against("part_zip_zac"),
                f" ({story.year('part_zip')})."
                + (
                    ""
                    if story.year("part_zip").isdigit()
                    else " La source ne dit pas la date de l’arrêté."
                ),
                *_nurse_zoning(story),
            )
        ),
    ]


def _nurse_zoning(story: Story) -> tuple[Inline, ...]:
    name = "infirmiers_sous_dotes"
    if not story.has(name):
        return ()
    return (
        " Pour les infirmiers, ",
        story.fig(name),
        f" des habitants vivent en zone sous-dotée ou très sous-dotée ({story.year(name)})",
        *story.against(name),
        ".",
    )


def _others(story: Story) -> list[Block]:
    names = [name for each in PROFESSIONS for name in (each, f"{each}_densite") if story.has(name)]
    if not names:
        return []
    table = story.comparison(
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
        Paragraph(
            (
                "Le premier recours tient aussi aux infirmiers (",
                story.fig("infirmier"),
                "), aux kinésithérapeutes (",
                story.fig("kine"),
                "), aux chirurgiens-dentistes (",
                story.fig("dentiste"),
                "), aux sages-femmes (",
                story.fig("sage_femme"),
                ") et aux pharmacies (",
                story.fig("pharmacie"),
                ").",
            )
        ),
        table,
    ]
    parts = story.by_parts(
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


def _trend_of_nurses(story: Story) -> list[Block]:
    trend = story.trend(
        "infirmiers-serie",
        "Infirmiers libéraux au 1er janvier",
        "infirmier_tvs",
        notes=(
            "La base des équipements a changé de sources et de champ au fil des éditions : une tendance longue s’y lit, "
            "un écart d’une année à l’autre non.",
        ),
    )
    return [] if trend is None else [trend]


CHAPTER = Chapter(
    "offre",
    7,
    "L’offre de soins de premier recours",
    "Qui soigne, de quel âge, à quelle distance ?",
    (
        Need(
            "les équipements et professionnels",
            "Insee, base permanente des équipements (carte « insee-bpe »)",
        ),
        Need("l’APL", "DREES (carte « drees-apl-mg »)"),
    ),
    build,
)
