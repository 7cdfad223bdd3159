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
from assemblier.diagnosis.maps import choropleth
from assemblier.diagnosis.story import Story
from assemblier.language import number, percent

__all__ = ["CHAPTER"]

APL_BOUNDS = (1.5, 2.5, 3.5, 4.5)
PROFESSIONS = ("infirmier", "kine", "dentiste", "sage_femme", "pharmacie")


def build(story: Story) -> Sequence[Block]:
    """Tell how many professionals there are, of what age, and how accessible they are."""
    blocks: list[Block] = []
    key = _key_figures(story)
    if key.items:
        blocks.append(key)
    blocks += _doctors(story)
    blocks += _ages(story)
    blocks += _access(story)
    blocks += _zoning(story)
    blocks += _others(story)
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
        ("population_sous_2_5", "Habitants sous 2,5 consultations"),
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
        f" médecins généralistes libéraux ou mixtes au 1er janvier {when}, soit ",
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
            f" {number(without)} des {number(len(story.inside))} communes n’ont aucun généraliste, {number(few)} en ont "
            "de un à quatre."
        )
    rank = story.rank("mg_densite")
    if rank:
        text.append(
            f" Parmi les zones similaires, la densité du territoire se place {rank}, du plus dense au moins dense."
            if "entre" in rank
            else f" Parmi les zones similaires, la densité du territoire est la {rank}, du plus dense au moins dense."
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
                f" (intervalle : {interval} %)." if interval else ".",
                " Sans remplaçants, ces départs se feront en une dizaine d’années.",
            )
        ),
    ]


def _access(story: Story) -> list[Block]:
    if not story.has("apl_mg"):
        return []
    when = story.year("apl_mg")
    text: list[Inline] = [
        f"En {when}, un habitant standardisé dispose en moyenne de ",
        story.fig("apl_mg"),
        " consultations de généraliste par an",
        *story.against("apl_mg"),
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
                f" ({story.year('part_zip')}). La source ne dit pas la date de l’arrêté.",
            )
        ),
    ]


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
        "Offre de premier recours par bassin de vie ou intercommunalité",
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
