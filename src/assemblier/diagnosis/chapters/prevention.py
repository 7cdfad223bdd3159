"""Chapter 6: prevention, and how far the services are."""

from __future__ import annotations

from collections.abc import Sequence

from assemblier.blocks import Block, Callout, Gap, Heading, Inline, Paragraph, Tone
from assemblier.declarations import Chapter, Need
from assemblier.diagnosis.maps import choropleth
from assemblier.diagnosis.story import Story

__all__ = ["CHAPTER"]

DISTANCE = (
    "minutes_mg_1",
    "minutes_mg_3",
    "plus20min_mg",
    "plus20min_sante",
    "plus30min_urgences",
    "population_sans_mg",
    "population_sans_pharmacie",
    "population_trio",
)
PLACES = ("ecoles", "france_services", "pharmacie")


def build(story: Story) -> Sequence[Block]:
    """Tell how far services are, and where prevention can reach people."""
    far = [name for name in DISTANCE if name in story.figures.indicators and story.has(name)]
    places = [name for name in PLACES if story.has(name)]
    if not far and not places:
        return ()
    blocks: list[Block] = []
    if far:
        blocks.append(Heading("À quelle distance sont les soins"))
        blocks.append(Paragraph(tuple(_distances(story))))
        if "plus20min_sante" in far and len(story.inside) > 1:
            made = choropleth(
                story,
                "carte-plus20min",
                "Part de la population à plus de 20 minutes d’un service de santé",
                "plus20min_sante",
                bounds=(1.0, 5.0, 20.0, 50.0),
            )
            if made:
                blocks.append(made)
        blocks.append(
            story.comparison(
                "comparaison-proximite", "Proximité des soins, territoire et comparateurs", far
            )
        )
    if places:
        blocks.append(Heading("Où la prévention peut atteindre les habitants"))
        blocks.append(Paragraph(tuple(_places(story))))
        blocks.append(
            story.comparison(
                "comparaison-lieux", "Lieux où la prévention peut atteindre les habitants", places
            )
        )
    blocks += [
        Callout(
            Tone.LIMIT,
            "Ce que ces chiffres ne disent pas",
            (
                "Ils disent où sont les services, non qui les utilise : ni les dépistages faits, ni les vaccinations, ni ceux qui "
                "renoncent. Une distance en voiture suppose une voiture et quelqu’un pour conduire.",
            ),
        ),
        Gap(
            "Les dépistages et les vaccinations ne sont pas dans le lac.",
            "les taux de dépistage organisé (sein, côlon, col) et de couverture vaccinale",
            "Santé publique France, Géodes et Odissé, par département ; le centre régional de dépistage pour une maille plus fine",
        ),
    ]
    return blocks


def _distances(story: Story) -> list[Inline]:
    text: list[Inline] = []
    if story.has("plus20min_mg"):
        text += [
            story.fig("plus20min_mg"),
            f" des habitants sont à plus de 20 minutes en voiture d’un généraliste ({story.year('plus20min_mg')})",
            *story.against("plus20min_mg"),
            ". ",
        ]
    if story.has("plus30min_urgences"):
        text += [
            story.fig("plus30min_urgences"),
            " sont à plus de 30 minutes d’un service d’urgences",
            *story.against("plus30min_urgences"),
            ". ",
        ]
    if story.has("plus20min_sante"):
        text += [
            story.fig("plus20min_sante"),
            f" des habitants sont à plus de 20 minutes d’un service de santé de proximité ({story.year('plus20min_sante')})",
            *story.against("plus20min_sante"),
            ". ",
        ]
    if story.has("population_sans_mg") and len(story.territory.communes) > 1:
        text += [
            story.fig("population_sans_mg"),
            f" vivent dans une commune sans généraliste ({story.year('population_sans_mg')})",
            *story.against("population_sans_mg"),
        ]
        if story.has("population_trio"):
            text += [
                " ; ",
                story.fig("population_trio"),
                " ont dans leur commune à la fois un généraliste, un infirmier et une pharmacie",
                *story.against("population_trio"),
            ]
        text.append(".")
    if text and isinstance(text[-1], str) and text[-1].endswith(" "):
        text[-1] = text[-1].rstrip()
    return text


def _places(story: Story) -> list[Inline]:
    pieces: list[list[Inline]] = []
    for name, one, many in (
        ("ecoles", "établissement scolaire ouvert", "établissements scolaires ouverts"),
        ("france_services", "espace France services", "espaces France services"),
        ("pharmacie", "pharmacie", "pharmacies"),
    ):
        if story.has(name):
            pieces.append(
                [story.fig(name), f" {story.plural(name, one, many)} ({story.year(name)})"]
            )
    text: list[Inline] = ["Le territoire compte "]
    for at, piece in enumerate(pieces):
        if at:
            text.append(" et " if at == len(pieces) - 1 else ", ")
        text += piece
    text.append(". Ce sont des lieux où l’on peut parler de santé à ceux qui ne consultent pas.")
    return text


CHAPTER = Chapter(
    "prevention",
    6,
    "La prévention et l’accès",
    "Les services sont-ils à portée, et qui ne les atteint pas ?",
    (
        Need("les dépistages et la vaccination", "Santé publique France, Géodes et Odissé"),
        Need(
            "les distances d’accès aux équipements",
            "Insee, distances d’accès (carte « insee-acces-equipements »)",
        ),
    ),
    build,
)
