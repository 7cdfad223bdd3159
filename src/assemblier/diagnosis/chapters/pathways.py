"""Chapter 9: pathways and coordination, from structures to joint acts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from assemblier.blocks import (
    Block,
    Callout,
    Cell,
    Figure,
    Gap,
    Heading,
    Inline,
    Paragraph,
    SourceNote,
    TableBlock,
    Tone,
)
from assemblier.declarations import Chapter, Need
from assemblier.diagnosis.absences import absences
from assemblier.diagnosis.exhibits import by_parts, comparison
from assemblier.diagnosis.sentences import share_of
from assemblier.diagnosis.story import Story
from assemblier.indicators.local import Covering, covering
from assemblier.language import number

__all__ = ["CHAPTER", "perimeter_count"]

GROUND = (
    "mg_pluripro",
    "mg_isoles",
    "infirmiers_par_mg",
    "msp",
    "msp_finess",
    "cpts_sieges",
    "centre_sante",
    "laboratoire",
    "ssiad",
    "had",
)
KINDS = {"cpts": "CPTS", "cls": "contrat local de santé"}


def build(story: Story) -> Sequence[Block]:
    """Tell which structures exist, who practises beside whom, and what is not known of joint acts."""
    names = [name for name in GROUND if story.has(name)]
    perimeters = covering(story.context, story.territory.communes)
    if not names and not perimeters:
        return ()
    blocks: list[Block] = []
    structures = _structures(story)
    if structures:
        blocks += [Heading("Des structures qui coordonnent"), Paragraph(tuple(structures))]
    if perimeters:
        blocks.append(_perimeters(story, perimeters))
    beside = _beside(story)
    if beside:
        blocks += [Heading("Des professions côte à côte"), Paragraph(tuple(beside))]
    if names:
        blocks.append(
            comparison(
                story,
                "comparaison-coordination",
                "Structures et voisinage des professions, territoire et comparateurs",
                names,
            )
        )
        parts = by_parts(
            story,
            "coordination-par-zone",
            f"Structures et voisinage des professions par {story.part_word}",
            ("mg_pluripro", "mg_isoles", "infirmiers_par_mg", "msp", "centre_sante"),
        )
        if parts:
            blocks.append(parts)
    blocks += [
        Callout(
            Tone.LIMIT,
            "Côte à côte n’est pas ensemble",
            (
                "Exercer dans la même commune, appartenir à la même structure ou au même périmètre ne dit pas que l’on "
                "travaille ensemble. Une réunion de territoires sans actes communs est un agglomérat, chacun gardant son "
                "morceau, et non une coordination.",
            ),
        ),
        Gap(
            "Les actes communs ne sont dans aucune source ouverte.",
            "les réunions de concertation, les protocoles, les dossiers partagés et les adressages, comptés par structure",
            "le carnet du groupe de travail, les rapports d’activité des MSP et des CPTS (accord conventionnel interprofessionnel)",
        ),
    ]
    blocks += absences(story, GROUND)
    if not perimeters:
        blocks.append(
            Gap(
                "Le périmètre des CPTS n’est pas dans le lac.",
                "la liste des communes de chaque CPTS et de chaque contrat local de santé",
                "l’ARS ou la CPAM (carte « cpts-perimetres »), un fichier « structure, commune »",
            )
        )
    return blocks


MSP = ("maison de santé pluridisciplinaire", "maisons de santé pluridisciplinaires")
CDS = ("centre de santé", "centres de santé")
MSP_OPEN = ("maison de santé en activité", "maisons de santé en activité")
SEATS = ("siège de CPTS", "sièges de CPTS")


def _structures(story: Story) -> list[Inline]:
    text: list[Inline] = []
    if story.has("msp"):
        text += [
            f"Au 1er janvier {story.year('msp')}, la base des équipements ",
            *_held(story, (("msp", MSP), ("centre_sante", CDS))),
        ]
    if story.has("msp_finess"):
        text += [
            " " if text else "",
            f"Le répertoire FINESS, plus récent ({story.year('msp_finess')}), ",
            *_held(story, (("msp_finess", MSP_OPEN), ("cpts_sieges", SEATS))),
        ]
    elif text:
        text.append(
            " Le répertoire FINESS, plus récent, ne couvre pas ce territoire dans le lac : les maisons de santé et les CPTS "
            "créées depuis n’y sont pas."
        )
    return text


def _held(story: Story, kinds: Sequence[tuple[str, tuple[str, str]]]) -> list[Inline]:
    """Say what a source counts in the territory, and what it counts none of."""
    known = [(name, nouns) for name, nouns in kinds if story.has(name)]
    some = [(name, nouns) for name, nouns in known if story.value(name).value]
    none = [(name, nouns) for name, nouns in known if not story.value(name).value]
    text: list[Inline] = ["compte dans le territoire " if some else "ne compte dans le territoire "]
    for at, (name, nouns) in enumerate(some):
        text += [" et " if at else "", story.fig(name), f" {story.plural(name, *nouns)}"]
    if some and none:
        text.append(" ; elle n’y compte " if kinds[0][0] == "msp" else " ; il n’y compte ")
    for at, (name, nouns) in enumerate(none):
        text += [
            " ni " if at else "",
            replace(story.fig(name), text="de" if at else "pas de"),
            f" {nouns[0]}",
        ]
    return [*text, "."]


def _perimeters(story: Story, found: Sequence[Covering]) -> TableBlock:
    whole = float(story.context.geography.population.reindex(list(story.territory.communes)).sum())
    rows: list[tuple[Cell, ...]] = []
    sources: dict[str, None] = {}
    for at, each in enumerate(found):
        share = 100.0 * each.people / whole if whole > 0 else None
        figure = story.figures.local(
            f"local|perimetre.{at}|{story.territory.slug}",
            "absent" if share is None else f"{number(share)}\u202f%",
            label=f"Part de la population du territoire dans le périmètre : {each.name}",
            zone=story.territory.name,
            year="",
            value=share,
            unit="%",
            definition="Population municipale des communes communes au territoire et au périmètre déclaré.",
            source=each.source,
            says_not=("Être dans un périmètre n’est pas travailler ensemble.",),
        )
        sources[story.figures.citation(each.source)] = None
        rows.append(
            (
                each.name,
                KINDS.get(each.kind, each.kind),
                perimeter_count(story, each, "en tout", each.communes),
                perimeter_count(story, each, "dans le territoire", each.inside),
                figure,
            )
        )
    return TableBlock(
        "perimetres-coordination",
        "CPTS et contrats locaux de santé qui touchent le territoire (listes locales)",
        (
            "Structure",
            "Genre",
            "Communes",
            "Dont dans le territoire",
            "Part de la population du territoire",
        ),
        tuple(rows),
        (False, False, True, True, True),
        SourceNote(tuple(sources), notes=("Donnée locale.",)),
    )


def perimeter_count(story: Story, perimeter: Covering, what: str, count: int) -> Figure:
    """Return how many communes a declared perimeter has, as a local figure."""
    return story.figures.local(
        f"local|perimetre.{perimeter.kind}.{perimeter.name}.{what}|{story.territory.slug}",
        number(count),
        label=f"Communes de {perimeter.name}, {what}",
        zone=story.territory.name,
        year="",
        value=float(count),
        unit="communes",
        definition="Communes du périmètre déclaré par la liste locale.",
        source=perimeter.source,
        says_not=("Être dans un périmètre n’est pas travailler ensemble.",),
    )


def _beside(story: Story) -> list[Inline]:
    text: list[Inline] = []
    if story.has("mg_pluripro"):
        where = "dans une commune qui a aussi un infirmier, un kinésithérapeute et une pharmacie"
        text += [
            *share_of(
                story,
                "mg_pluripro",
                f"n’exerce {where}",
                f"exercent {where}",
                whom=("Aucun généraliste", "Tous les généralistes", " des généralistes"),
            ),
            f" ({story.year('mg_pluripro')})",
            *story.against("mg_pluripro"),
            ".",
        ]
    if story.has("mg_isoles"):
        text += [
            " À l’inverse, " if text else "",
            *share_of(
                story,
                "mg_isoles",
                "n’exerce dans une commune qui compte moins de trois généralistes",
                "exercent dans une commune qui compte moins de trois généralistes",
                whom=("aucun généraliste", "tous les généralistes", " des généralistes"),
            ),
            *story.against("mg_isoles"),
            ".",
        ]
    if story.has("infirmiers_par_mg"):
        text += [
            " On compte ",
            story.fig("infirmiers_par_mg", unit=False),
            " infirmiers pour un généraliste",
            *story.against("infirmiers_par_mg"),
            ".",
        ]
    return text


CHAPTER = Chapter(
    "parcours",
    9,
    "Les parcours et la coordination",
    "Qui exerce auprès de qui, et qui travaille avec qui ?",
    (
        Need(
            "les structures coordonnées (MSP, centres de santé, CPTS)",
            "ANS, FINESS (carte « finess-structures ») et le périmètre des CPTS (carte « cpts-perimetres »)",
            "Les structures coordonnées de ce territoire ne sont pas dans le lac.",
        ),
        Need(
            "les actes communs : réunions, protocoles, dossiers partagés",
            "le carnet du groupe de travail",
            "Les actes communs ne sont dans aucune source ouverte.",
        ),
    ),
    build,
)
