"""Chapter 3: social determinants of health."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from assemblier.blocks import Block, Callout, Gap, Heading, Inline, Paragraph, TableBlock, Tone
from assemblier.declarations import Chapter, Need
from assemblier.diagnosis.absences import absences
from assemblier.diagnosis.exhibits import comparison
from assemblier.diagnosis.maps import choropleth
from assemblier.diagnosis.sentences import share_of
from assemblier.diagnosis.story import Story
from assemblier.french import capital, sentence_list
from assemblier.language import number, plural
from assemblier.values import Status

__all__ = ["CHAPTER"]

SUMMED = ("fedi", "fedi_q5", "part_rsa", "chomeurs_pour_mille", "part_hlm", "qpv", "population_zrr")
PUBLISHED = ("revenu_median", "taux_pauvrete")


def build(story: Story) -> Sequence[Block]:
    """Tell what is published on living conditions, at the level where it is published."""
    summed = [name for name in SUMMED if story.has(name)]
    blocks: list[Block] = []
    if summed:
        opening = _opening(story)
        if opening:
            blocks.append(Paragraph(tuple(opening)))
        blocks.append(
            comparison(
                story, "comparaison-social", "Conditions de vie, territoire et comparateurs", summed
            )
        )
    unknown: list[str] = []
    for name in (name for name in PUBLISHED if story.years(name)):
        counts = _counts(story, name)
        if counts["known"] == 0 and counts["secret"] == 0:
            unknown.append(name)
            continue
        blocks.append(Heading(story.label(name)))
        blocks.append(Paragraph(_published_text(story, name, counts)))
        if counts["known"] < FEWEST_ON_MAP:
            continue
        made = choropleth(story, f"carte-{name.replace('_', '-')}", story.label(name), name)
        if made:
            blocks.append(made)
    if unknown:
        labels = sentence_list([story.label(name) for name in unknown])
        blocks.append(
            Gap(
                f"{labels} : aucune valeur publiée pour les {story.detail_word} du territoire "
                f"({story.year(unknown[0])}).",
                "les revenus et la pauvreté par commune ou par intercommunalité",
                "Insee, Filosofi (carte « insee-filosofi ») ; outre-mer, enquêtes de l’Insee par département",
            )
        )
    few = _few_values(story) if len(story.inside) > 1 else None
    if few:
        blocks.append(few)
    if "fedi" in summed:
        made = choropleth(story, "carte-fedi", story.label("fedi"), "fedi")
        if made:
            blocks.append(made)
    if blocks:
        if any(story.years(name) for name in PUBLISHED):
            blocks.append(
                Callout(
                    Tone.WARNING,
                    "Des éditions qui ne se comparent pas",
                    (
                        "L’Insee a refait Filosofi : les revenus et la pauvreté de la nouvelle série (2023) ne se comparent pas à ceux "
                        "de l’ancienne (2012 à 2021). Une seule édition est dite ici, sans évolution.",
                    ),
                )
            )
        blocks += absences(story, SUMMED)
        blocks.append(
            Callout(
                Tone.LIMIT,
                "Ce que ces chiffres ne disent pas",
                (
                    "L’absence de valeur n’est pas l’absence de pauvreté : les petites communes sont "
                    "protégées par le secret statistique. Les ménages sans voiture et les personnes âgées "
                    "seules, qui pèsent sur l’accès aux soins, demandent le fichier détaillé du recensement.",
                ),
            )
        )
    return blocks


FEWEST_ON_MAP = 5
"""Communes with a value under which a map says nothing more than a list."""


def _opening(story: Story) -> list[Inline]:
    sentences: list[list[Inline]] = []
    if story.has("fedi_q5"):
        where = "dans une commune du cinquième le plus défavorisé de la population française"
        sentences.append(
            [
                *share_of(story, "fedi_q5", f"ne vit {where}", f"vivent {where}"),
                f", selon l’indice F-EDI ({story.year('fedi_q5')})",
                *story.against("fedi_q5"),
            ]
        )
    if story.has("part_rsa"):
        sentences.append(
            [
                story.fig("part_rsa"),
                f" des foyers bénéficient du RSA ({story.year('part_rsa')})",
                *story.against("part_rsa"),
            ]
        )
    if (story.value("qpv").value or 0) > 0:
        sentences.append(
            [
                "Le territoire compte ",
                story.fig("qpv"),
                f" {story.plural('qpv', 'quartier prioritaire', 'quartiers prioritaires')} de la politique de la ville",
            ]
        )
    elif story.has("qpv"):
        sentences.append(
            [
                "Le territoire n’a aucun quartier prioritaire de la politique de la ville : la pauvreté dispersée ne se voit pas "
                "sur cette carte"
            ]
        )
    text: list[Inline] = []
    for at, each in enumerate(sentences):
        text += [*([" "] if at else []), *each, "."]
    return text


def _published_text(story: Story, name: str, counts: dict[str, int]) -> tuple[Inline, ...]:
    when = story.year(name)
    if counts["all"] == 1:
        return (
            f"{story.label(name)} publié ({when}) : ",
            story.fig(name),
            *story.against(name),
            ".",
        )

    def one(what: str, label: str) -> Inline:
        return story.deduced(
            f"{name}.{what}",
            counts[what],
            of=(name,),
            label=f"{story.label(name)} : {story.detail_word} {label}",
            method=f"Compté parmi les {story.detail_word} du territoire.",
        )

    text: list[Inline] = [
        "Sur ",
        one("all", "du territoire"),
        f" {story.detail_word} du territoire, ",
        one("known", "dont la valeur est publiée"),
        f" {plural(counts['known'], 'a', 'ont')} une valeur publiée ({when})",
    ]
    if counts["secret"]:
        text += [
            " ; ",
            one("secret", "dont la valeur est secrète"),
            f" {plural(counts['secret'], 'relève', 'relèvent')} du secret statistique",
        ]
    if counts["other"]:
        text += [
            " ; ",
            one("other", "sans valeur"),
            f" {plural(counts['other'], 'n’a', 'n’ont')} pas de valeur",
        ]
    if story.value(name).value is not None:
        return (
            *text,
            ". Pour le territoire entier, le producteur publie ",
            story.fig(name),
            *story.against(name),
            ".",
        )
    return (
        *text,
        ". Le territoire entier ",
        replace(story.fig(name), text="n’a pas de valeur"),
        f" : une médiane ou un taux publié ne se moyenne pas entre {story.detail_word}.",
    )


def _counts(story: Story, name: str) -> dict[str, int]:
    values = [
        story.figures.value(name, story.detail, zone, story.year(name)) for zone in story.inside
    ]
    known = sum(value.value is not None for value in values)
    secret = sum(value.status is Status.SECRET for value in values)
    return {
        "all": len(values),
        "known": known,
        "secret": secret,
        "other": len(values) - known - secret,
    }


def _few_values(story: Story) -> TableBlock | None:
    """Return the communes that have a poverty rate, when they are few enough to list."""
    name = "taux_pauvrete"
    if not story.years(name):
        return None
    when = story.year(name)
    rows = []
    for zone in sorted(story.inside):
        value = story.figures.value(name, story.detail, zone, when)
        if value.value is not None:
            rows.append((value.value, zone))
    if not rows or len(rows) > 40:
        return None
    rows.sort(reverse=True)
    return TableBlock(
        "pauvrete-communes",
        f"{story.detail_word.capitalize()} du territoire dont le taux de pauvreté est publié, {when}",
        (
            capital(story.detail_word.removesuffix("s")),
            "Taux de pauvreté",
            "Niveau de vie médian (€ par an)",
        ),
        tuple(
            (
                story.figures.name(story.detail, zone),
                story.figures.of(name, story.detail, zone, when),
                story.figures.of("revenu_median", story.detail, zone, when, unit=False),
            )
            for _, zone in rows
        ),
        (False, True, True),
        story.note(
            name,
            "revenu_median",
            notes=(
                f"{number(len(rows))} {plural(len(rows), 'commune seulement a', 'communes seulement ont')} un taux publié ; "
                "ce n’est pas l’image des autres.",
            )
            if len(rows) < len(story.inside)
            else (),
        ),
    )


CHAPTER = Chapter(
    "social",
    3,
    "Les déterminants sociaux",
    "Dans quelles conditions vit-on, et qu’en sait-on vraiment ?",
    (
        Need(
            "les revenus et la pauvreté",
            "Insee, Filosofi (carte « insee-filosofi »)",
            "Ni les revenus ni la pauvreté de ce territoire ne sont dans le lac.",
        ),
        Need(
            "les ménages sans voiture et les personnes âgées seules",
            "Insee, recensement (carte « insee-rp-menages »)",
            "Ni les ménages sans voiture, ni les personnes âgées seules.",
        ),
    ),
    build,
)
