"""Chapter 6: prevention, and how far the services are."""

from __future__ import annotations

from collections.abc import Sequence

from assemblier.blocks import Block, Callout, Gap, Heading, Inline, MapBlock, Paragraph, Tone
from assemblier.declarations import Chapter, Need
from assemblier.diagnosis.absences import absences
from assemblier.diagnosis.exhibits import comparison
from assemblier.diagnosis.maps import choropleth
from assemblier.diagnosis.sentences import share_of
from assemblier.diagnosis.story import Story
from assemblier.values import Status

__all__ = ["CHAPTER"]

DISTANCE = (
    "minutes_1er_mg",
    "minutes_3e_mg",
    "part_plus20min_mg",
    "plus20min_sante",
    "part_plus30min_urgences",
    "population_sans_mg",
    "population_sans_pharmacie",
    "population_trio",
)
BOUNDS = "diagnosis.maps.bounds"
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
        if story.is_island:
            blocks.append(_over_the_sea())
        drawn = _map(story, far)
        if drawn:
            blocks.append(drawn)
        blocks.append(
            comparison(
                story,
                "comparaison-proximite",
                "Proximité des soins, territoire et comparateurs",
                far,
            )
        )
        blocks += _error(story)
    if places:
        blocks.append(Heading("Où la prévention peut atteindre les habitants"))
        blocks.append(Paragraph(tuple(_places(story))))
        blocks.append(
            comparison(
                story,
                "comparaison-lieux",
                "Lieux où la prévention peut atteindre les habitants",
                places,
            )
        )
    blocks += absences(story, (*DISTANCE, *PLACES))
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


def _over_the_sea() -> Callout:
    return Callout(
        Tone.WARNING,
        "Une île sans route vers le continent",
        (
            "Aucun bac n’est compté : seule l’offre de l’île est dite à portée. Vers le continent, le temps vrai est celui du bateau "
            "ou de l’hélicoptère, et de l’attente du prochain départ.",
        ),
    )


def _map(story: Story, far: Sequence[str]) -> MapBlock | None:
    """Return the map of minutes; that of people far from a health service without them."""
    for name, title in (
        ("minutes_1er_mg", "Temps de trajet estimé jusqu’au premier généraliste"),
        ("plus20min_sante", "Part de la population à plus de 20 minutes d’un service de santé"),
    ):
        if name in far and len(story.inside) > 1:
            return choropleth(
                story,
                f"carte-{name.replace('_', '-')}",
                title,
                name,
                bounds=story.rule(BOUNDS)[name],
            )
    return None


def _distances(story: Story) -> list[Inline]:
    text: list[Inline] = [*_minutes(story)]
    for name, none, some in (
        (
            "part_plus20min_mg",
            "n’est à plus de 20 minutes en voiture d’un généraliste libéral",
            "sont à plus de 20 minutes en voiture d’un généraliste libéral",
        ),
        (
            "part_plus30min_urgences",
            "n’est à plus de 30 minutes d’un service d’urgences, où qu’il soit",
            "sont à plus de 30 minutes d’un service d’urgences, où qu’il soit",
        ),
        (
            "plus20min_sante",
            "n’est à plus de 20 minutes d’un service de santé de proximité",
            "sont à plus de 20 minutes d’un service de santé de proximité",
        ),
    ):
        if story.has(name):
            text += [
                *share_of(story, name, none, some),
                *story.against(name),
                f" ({story.year(name)}). ",
            ]
    if story.has("population_sans_mg") and len(story.territory.communes) > 1:
        text += [
            *share_of(
                story,
                "population_sans_mg",
                "ne vit dans une commune sans généraliste libéral",
                "vivent dans une commune sans généraliste libéral",
            ),
            *story.against("population_sans_mg"),
        ]
        if story.has("population_trio"):
            text += [
                " ; ",
                *share_of(
                    story,
                    "population_trio",
                    "n’a dans sa commune à la fois un généraliste, un infirmier et une pharmacie",
                    "ont dans leur commune à la fois un généraliste, un infirmier et une pharmacie",
                    whom=("aucun habitant", "tous les habitants", ""),
                ),
                *story.against("population_trio"),
            ]
        text.append(f" ({story.year('population_sans_mg')}).")
    if text and isinstance(text[-1], str):
        text[-1] = text[-1].rstrip()
    return text


def _minutes(story: Story) -> list[Inline]:
    if not story.has("minutes_1er_mg"):
        return []
    text: list[Inline] = [
        "En voiture, un habitant met en moyenne ",
        story.fig("minutes_1er_mg"),
        f" jusqu’au premier généraliste libéral ({story.year('minutes_1er_mg')})",
        *story.against("minutes_1er_mg"),
    ]
    if story.has("minutes_3e_mg"):
        text += [
            ", et ",
            story.fig("minutes_3e_mg"),
            f" jusqu’au troisième, ce qu’il en coûte d’avoir le choix ({story.year('minutes_3e_mg')})",
            *story.against("minutes_3e_mg"),
        ]
    return [*text, ". "]


def _error(story: Story) -> list[Block]:
    """Say how the travel times were made and how far they may err."""
    modelled = [
        name
        for name in (
            "minutes_1er_mg",
            "minutes_3e_mg",
            "part_plus20min_mg",
            "part_plus30min_urgences",
        )
        if story.has(name) and story.value(name).status is Status.ESTIMATED
    ]
    if not modelled:
        return []
    engine = story.rule("travel.crow_fly.metric")["engine"]
    why = story.figures.indicators[modelled[0]].differs
    return [
        Callout(
            Tone.METHOD,
            "Comment ces temps sont estimés",
            (
                f"Les temps de trajet sont un modèle ({engine}), de mairie à mairie, pour la France entière : la limite du territoire "
                "ne les arrête pas, et le médecin ou les urgences les plus proches peuvent être au-delà. Ni les bacs, ni "
                "l’état des routes ne sont vus. "
                + " ".join(
                    f"D’autres producteurs donnent d’autres temps ({other.replace(' ; ', ', ')}). {text}"
                    for other, text in why.items()
                    if other.startswith("Insee")
                ),
            ),
        )
    ]


def _places(story: Story) -> list[Inline]:
    pieces: list[list[Inline]] = []
    lacking: list[str] = []
    for name, one, many in (
        ("ecoles", "établissement scolaire ouvert", "établissements scolaires ouverts"),
        ("france_services", "espace France services", "espaces France services"),
        ("pharmacie", "pharmacie", "pharmacies"),
    ):
        if story.value(name).value:
            pieces.append(
                [story.fig(name), f" {story.plural(name, one, many)} ({story.year(name)})"]
            )
        elif story.has(name):
            lacking.append(one)
    if not pieces:
        return [f"Le territoire n’a ni {' ni '.join(lacking)}."]
    text: list[Inline] = ["Le territoire compte "]
    for at, piece in enumerate(pieces):
        if at:
            text.append(" et " if at == len(pieces) - 1 else ", ")
        text += piece
    if lacking:
        text.append(f", mais pas {'d’' if lacking[0][0] in 'eé' else 'de '}{lacking[0]}")
        text += [f" ni {'d’' if each[0] in 'eé' else 'de '}{each}" for each in lacking[1:]]
    text.append(". Ce sont des lieux où l’on peut parler de santé à ceux qui ne consultent pas.")
    return text


CHAPTER = Chapter(
    "prevention",
    6,
    "La prévention et l’accès",
    "Les services sont-ils à portée, et qui ne les atteint pas ?",
    (
        Need(
            "les dépistages et la vaccination",
            "Santé publique France, Géodes et Odissé",
            "Les dépistages et les vaccinations ne sont pas dans le lac.",
        ),
        Need(
            "les distances d’accès aux équipements",
            "Insee, distances d’accès (carte « insee-acces-equipements ») ; à défaut, médecins par commune et points des communes",
            "Ni distances, ni équipements de ce territoire ne sont dans le lac.",
        ),
    ),
    build,
)
