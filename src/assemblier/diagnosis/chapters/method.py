"""Chapter 1: the request, the perimeter, the method, the sources, the secrecy and the limits."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from assemblier.blocks import (
    Block,
    Bullets,
    Callout,
    Heading,
    Inline,
    Paragraph,
    SourceNote,
    TableBlock,
    Tone,
)
from assemblier.declarations import Chapter
from assemblier.diagnosis.story import Story
from assemblier.french import sentence_list
from assemblier.indicators.comparators import describe
from assemblier.language import plural
from assemblier.territory.geography import GRID_LABELS

__all__ = ["CHAPTER"]

FAR = "diagnosis.readings.far_similar"


def build(story: Story) -> Sequence[Block]:
    """Tell what was asked, on which ground, and how the figures were made."""
    blocks: list[Block] = [Heading("Le périmètre"), _perimeter(story)]
    blocks += [
        Callout(Tone.WARNING, "À trancher", (warning,)) for warning in story.territory.warnings
    ]
    if story.territory.log:
        blocks.append(
            Paragraph(
                (
                    "Depuis la liste d’origine, des communes ont changé. Leurs chiffres sont convertis dans les communes "
                    f"de {story.territory.cog}, sommes conservées :",
                )
            )
        )
        blocks.append(Bullets(tuple((line + ".",) for line in story.territory.log)))
    blocks += _comparators(story)
    blocks.append(Heading("Comment les chiffres sont faits"))
    blocks.append(
        Bullets(
            (
                (
                    "Chaque chiffre d’une zone est la somme, le rapport de sommes ou la moyenne pondérée des valeurs de ses communes ; "
                    "une médiane ou un taux publié n’est jamais moyenné.",
                ),
                (
                    "Une zone dont la source couvre moins de 95 % de la population donne une valeur estimée ; moins de 50 %, aucune valeur.",
                ),
                (
                    "Une donnée absente n’est pas un zéro ; une donnée sous secret statistique est dite « secret ». Un petit « e » suit "
                    "un chiffre estimé, un petit « l » un chiffre qui vient du territoire lui-même.",
                ),
                (
                    "L’intervalle d’un petit effectif dit sa variabilité aléatoire d’une année à l’autre, non une erreur de sondage ; "
                    "les rangs sont donnés par intervalles.",
                ),
                (
                    "Aucun calcul ne s’arrête à la limite du territoire : les valeurs sont calculées pour la France entière, puis découpées.",
                ),
            )
        )
    )
    blocks.append(
        Callout(
            Tone.METHOD,
            "Comment les faits de la synthèse sont choisis",
            (
                f"Ce sont les indicateurs où le territoire s’écarte le plus {_references(story)}, un seul par sujet, et "
                "ceux dont le niveau demande une réponse même s’il est le même ailleurs. "
                "L’accès au généraliste et la relève pèsent davantage ; les poids sont des paramètres datés, avec leur raison. "
                "Un écart que le hasard d’un petit effectif explique n’est pas retenu. "
                "Un écart n’est ni une faute ni un mérite.",
            ),
        )
    )
    return blocks


def _references(story: Story) -> str:
    """Say what the territory is compared with, as the complement of a gap."""
    if story.comparators.similar is None:
        return "de la France"
    return "des zones similaires" + ("" if story.is_france else " et de la France")


KINDS = {"bassin": "bv2022"}
"""Kinds of selection whose grid has another name."""


def _named(story: Story, what: str) -> str:
    """Say what was selected in words: ``région Guadeloupe``."""
    kind, _, code = what.partition(" ")
    grid = KINDS.get(kind, kind)
    if grid not in GRID_LABELS:
        return what
    return f"{GRID_LABELS[grid][0]} {story.figures.name(grid, code)}"


ARTICLES = {
    "arrondissement": "l’",
    "bv2012": "le ",
    "bv2022": "le ",
    "canton": "le ",
    "commune": "la ",
    "departement": "le ",
    "epci": "l’",
    "region": "la ",
}
"""Article of the grids that a territory may be one whole zone of."""


def _one_zone(story: Story) -> str:
    """Name the territory when it is one whole zone of a grid; empty otherwise."""
    if len(story.territory.parts) != 1 or story.territory.spec.listed:
        return ""
    what = next(iter(story.territory.parts))
    kind, _, code = what.partition(" ")
    grid = KINDS.get(kind, kind)
    if grid not in ARTICLES:
        return ""
    label = GRID_LABELS[grid][0].removesuffix(" (EPCI)")
    return f"{ARTICLES[grid]}{label} {story.figures.name(grid, code)}"


def _perimeter(story: Story) -> Paragraph:
    communes = len(story.territory.communes)
    paper = "Un périmètre administratif n’est pas un espace vécu : où les habitants vivent et se soignent ne se lit pas sur cette liste."
    whole = _one_zone(story)
    if whole and communes == 1:
        return Paragraph(
            (
                f"Le territoire étudié est {whole}, dans le découpage de {story.territory.cog}. {paper}",
            )
        )
    if whole:
        return Paragraph(
            (
                f"Le territoire étudié est {whole}, soit ",
                story.communes(),
                f" communes du découpage de {story.territory.cog}. {paper}",
            )
        )
    return Paragraph(
        (
            f"Le territoire étudié, {story.territory.name}, est composé ainsi : ",
            *_made_of(story),
            ". Il correspond à ",
            story.communes(),
            f" {plural(communes, 'commune')} du découpage de {story.territory.cog}. {paper}",
        )
    )


def _made_of(story: Story) -> list[Inline]:
    """Say which zones and which list make the territory, each with its communes."""

    def one(what: str, count: int) -> Inline:
        return story.ground(
            f"communes.{what}",
            count,
            label=f"Communes : {what}",
            method=f"Compté dans la sélection du territoire, communes de {story.territory.cog}.",
        )

    text: list[Inline] = []
    for what, codes in story.territory.parts.items():
        text += [" ; " if text else "", _named(story, what)]
        if len(codes) > 1:
            text += [" (", one(_named(story, what), len(codes)), " communes)"]
    listed = len(story.territory.spec.listed)
    if listed:
        text += [" ; " if text else "", "une liste de ", one("liste donnée", listed)]
        text.append(f" {plural(listed, 'commune')}")
        if story.territory.spec.cog:
            text.append(f" du code officiel géographique {story.territory.spec.cog}")
    return text


def _comparators(story: Story) -> list[Block]:
    names = [story.zone_title(grid, zone) for grid, zone in story.comparators.own]
    blocks: list[Block] = [
        Heading("À qui le territoire est comparé"),
        Paragraph(
            (
                f"{plural(len(names), 'Son comparateur', 'Ses comparateurs')} : {sentence_list(names)}.",
            )
        ),
    ]
    similar = story.comparators.similar
    if similar is None:
        blocks.append(
            Paragraph(
                (
                    "Aucune zone similaire n’est retenue : trop peu de zones de cette taille lui ressemblent, ou "
                    "trop peu de traits sont connus.",
                )
            )
        )
        return blocks
    many = GRID_LABELS[similar.grid][1]
    blocks.append(
        Paragraph(
            (
                "Il est aussi comparé à ",
                story.deduced(
                    "similaires",
                    len(similar.zones),
                    of=("population",),
                    label="Zones similaires retenues",
                    method=describe(similar.traits),
                ),
                f" {many} similaires. {describe(similar.traits)}",
            )
        )
    )
    if median(similar.distances) > story.rule(FAR):
        blocks.append(
            Callout(
                Tone.WARNING,
                "Des zones qui ne ressemblent qu’en gros",
                (
                    "Peu de zones ressemblent à ce territoire : même les plus proches en sont loin. Leur médiane se lit avec "
                    "prudence.",
                ),
            )
        )
    blocks.append(
        TableBlock(
            "zones-similaires",
            f"Zones similaires ({many}), de la plus proche à la plus lointaine",
            ("Zone", "Distance au territoire", "Population"),
            tuple(
                (
                    story.figures.name(similar.grid, zone),
                    story.deduced(
                        f"distance.{zone}",
                        distance,
                        of=("population",),
                        decimals=2,
                        label=f"Distance au territoire : {story.figures.name(similar.grid, zone)}",
                        method=describe(similar.traits),
                    ),
                    story.figures.of(
                        "population", similar.grid, zone, story.year("population"), unit=False
                    ),
                )
                for zone, distance in zip(similar.zones, similar.distances, strict=True)
            ),
            (False, True, True),
            SourceNote(
                story.figures.sources_of("population", "part_65plus"),
                reading="0 : identique sur les traits comparés.",
            ),
        )
    )
    return blocks


CHAPTER = Chapter(
    "methode",
    1,
    "La demande, le périmètre et la méthode",
    "De quoi parle-t-on, et comment l’a-t-on su ?",
    (),
    build,
)
