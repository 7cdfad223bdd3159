"""Chapter 8: second recourse, hospital and medico-social."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from assemblier.blocks import Block, Callout, Heading, Inline, Paragraph, Tone
from assemblier.declarations import Chapter, Need
from assemblier.diagnosis.absences import absences
from assemblier.diagnosis.chapters.health import by_departement_note, departement_table
from assemblier.diagnosis.exhibits import comparison
from assemblier.diagnosis.sentences import share_of
from assemblier.diagnosis.story import Story
from assemblier.french import sentence_list
from assemblier.indicators.reach import emergencies
from assemblier.indicators.second_recourse import SPECIALISTS
from assemblier.measures.crowfly import great_circle_km
from assemblier.values import Status

__all__ = ["CHAPTER"]

NOUNS = {
    "hopital_mco": ("établissement de court séjour", "établissements de court séjour"),
    "ssr": (
        "établissement de soins de suite et de réadaptation",
        "établissements de soins de suite et de réadaptation",
    ),
    "urgences": ("service d’urgences", "services d’urgences"),
    "maternite": ("maternité", "maternités"),
    "dialyse": ("centre de dialyse", "centres de dialyse"),
    "psychiatrie_ambulatoire": (
        "structure psychiatrique en ambulatoire",
        "structures psychiatriques en ambulatoire",
    ),
    "had": ("service d’hospitalisation à domicile", "services d’hospitalisation à domicile"),
    "ehpad": (
        "établissement d’hébergement pour personnes âgées",
        "établissements d’hébergement pour personnes âgées",
    ),
    "ssiad": (
        "service de soins à domicile pour personnes âgées",
        "services de soins à domicile pour personnes âgées",
    ),
    "ambulance": ("entreprise d’ambulances", "entreprises d’ambulances"),
    "laboratoire": ("laboratoire", "laboratoires"),
}
MOST_NAMES = 8
NEAREST = 3
FARTHEST_KM = 100.0
"""Distance beyond which a place of the table is no neighbour: it is across the sea."""
LIBERAL = (
    "liberaux_psychiatres",
    "liberaux_ophtalmologues",
    "liberaux_cardiologues",
    "liberaux_dermatologues",
    "liberaux_pediatres",
)


def build(story: Story) -> Sequence[Block]:
    """Tell which specialists, hospital and medico-social facilities the territory holds."""
    names = [name for name in NOUNS if story.has(name)]
    blocks: list[Block] = []
    if names:
        blocks += [Heading("Les établissements"), _facilities(story, names)]
        absent = _none(story, names)
        if absent:
            blocks.append(Paragraph((absent,)))
        blocks += _emergencies(story)
        blocks.append(
            comparison(
                story,
                "comparaison-hopital",
                "Établissements de second recours et médico-sociaux, territoire et comparateurs",
                names,
            )
        )
    if story.has("specialiste"):
        blocks += [Heading("Les médecins spécialistes"), Paragraph(tuple(_specialists(story)))]
        blocks.append(
            comparison(
                story,
                "comparaison-specialistes",
                "Médecins spécialistes, territoire et comparateurs",
                (
                    "specialiste",
                    "specialiste_densite",
                    *(f"{name}_densite" for name in SPECIALISTS if story.has(name)),
                ),
            )
        )
    liberal = departement_table(
        story,
        "liberaux-departement",
        "Spécialistes libéraux par département, dans les effectifs de l’assurance maladie",
        LIBERAL,
        notes=(by_departement_note(story),),
    )
    if liberal:
        blocks.append(liberal)
    if not blocks:
        return ()
    blocks += absences(story, (*NOUNS, "specialiste", "part_plus30min_urgences"))
    blocks.append(
        Callout(
            Tone.LIMIT,
            "Ce que ces chiffres ne disent pas",
            (
                "Un équipement compté n’est pas un équipement ouvert jour et nuit : ni les lits, ni les horaires, ni les délais ne "
                "sont dans cette source, et un service peut avoir fermé depuis. Les habitants sont aussi soignés hors du "
                "territoire, et d’autres viennent.",
            ),
        )
    )
    return blocks


def _facilities(story: Story, names: Sequence[str]) -> Paragraph:
    present = [name for name in names if (story.value(name).value or 0) > 0]
    if not present:
        return Paragraph(
            (
                f"Au 1er janvier {story.year(names[0])}, la base des équipements ne compte dans le territoire aucun des "
                "établissements suivis ici.",
            )
        )
    text: list[Inline] = [
        f"Au 1er janvier {story.year(present[0])}, la base des équipements compte dans le territoire "
    ]
    for at, name in enumerate(present):
        if at:
            text.append(" et " if at == len(present) - 1 else ", ")
        text += [story.fig(name), f" {story.plural(name, *NOUNS[name])}"]
    text.append(".")
    return Paragraph(tuple(text))


def _emergencies(story: Story) -> list[Block]:
    """Tell how far emergencies are and where the nearest are, on both sides of the limit."""
    name = "part_plus30min_urgences"
    text: list[Inline] = []
    if story.has(name):
        estimated = story.value(name).status is Status.ESTIMATED
        when = f"temps estimé, {story.year(name)}" if estimated else story.year(name)
        text += [
            *share_of(
                story,
                name,
                f"n’est à plus de 30 minutes d’un service d’urgences, de quelque côté de la limite qu’il soit ({when})",
                f"sont à plus de 30 minutes d’un service d’urgences, de quelque côté de la limite qu’il soit ({when})",
            ),
            *story.reading(name),
            ".",
        ]
    if story.has("urgences") and story.detail == "commune":
        inside, outside = _with_emergencies(story)
        if inside and len(inside) <= MOST_NAMES:
            text.append(
                f" Dans le territoire, un service d’urgences se trouve à {sentence_list(inside)}."
            )
        if outside:
            text.append(
                f" Au-delà de la limite, les plus proches à vol d’oiseau sont à {sentence_list(outside)}."
            )
    if text and isinstance(text[0], str):
        text[0] = text[0].lstrip()
    return (
        [Heading("Les urgences, de part et d’autre de la limite"), Paragraph(tuple(text))]
        if text
        else []
    )


def _with_emergencies(story: Story) -> tuple[list[str], list[str]]:
    """Name the communes that have emergencies: inside, and the nearest outside as the crow flies."""
    found = emergencies(story.context)
    if found is None:
        return [], []
    counts, _, _ = found
    held = set(counts.index[counts > 0])
    inside = sorted(story.figures.name(story.detail, zone) for zone in held & story.inside)
    points = story.points
    own = points[points.index.isin(story.inside)]
    others = points[points.index.isin(held - story.inside)]
    if own.empty or others.empty:
        return inside, []
    away = great_circle_km(
        others["lon"].to_numpy()[:, None],
        others["lat"].to_numpy()[:, None],
        own["lon"].to_numpy()[None, :],
        own["lat"].to_numpy()[None, :],
    ).min(axis=1)
    near = [str(code) for code in others.index[np.argsort(away, kind="stable")]]
    kept = [code for code, km in zip(near, np.sort(away), strict=True) if km <= FARTHEST_KM]
    return inside, [story.figures.name("commune", code) for code in kept[:NEAREST]]


def _none(story: Story, names: Sequence[str]) -> str:
    """Say what the territory has none of, in words."""
    lacking = [NOUNS[name][0] for name in names if story.value(name).value == 0]
    if not lacking or len(lacking) == len(names):
        return ""
    # ni … ni … needs two of them
    if len(lacking) == 1:
        elided = lacking[0][0] in "aeéhi"
        return f"Elle n’y compte pas {'d’' if elided else 'de '}{lacking[0]}."
    return f"Elle n’y compte ni {', ni '.join(lacking[:-1])} ni {lacking[-1]}."


def _specialists(story: Story) -> list[Inline]:
    if story.value("specialiste").value == 0:
        return [
            "La base des équipements ne compte dans le territoire ",
            replace(story.fig("specialiste"), text="aucun"),
            f" médecin spécialiste libéral ({story.year('specialiste')}).",
        ]
    text: list[Inline] = [
        "Le territoire compte ",
        story.fig("specialiste"),
        f" {story.plural('specialiste', 'médecin spécialiste libéral', 'médecins spécialistes libéraux')} "
        f"({story.year('specialiste')})",
    ]
    if story.has("specialiste_densite"):
        text += [
            ", soit ",
            story.fig("specialiste_densite"),
            *story.against("specialiste_densite"),
        ]
    text.append(".")
    nouns = {
        "cardiologue": "cardiologue",
        "psychiatre": "psychiatre",
        "ophtalmologue": "ophtalmologue",
        "pediatre": "pédiatre",
        "gynecologue": "gynécologue",
    }
    lacking = [nouns[name] for name in SPECIALISTS if story.value(name).value == 0]
    if lacking:
        text.append(
            f" La base n’y compte aucun {lacking[0]}."
            if len(lacking) == 1
            else f" La base n’y compte ni {' ni '.join(lacking)}."
        )
    return text


CHAPTER = Chapter(
    "second-recours",
    8,
    "Le second recours, l’hôpital et le médico-social",
    "Que trouve-t-on au-delà du premier recours ?",
    (
        Need(
            "les établissements",
            "Insee, BPE (carte « insee-bpe ») ; ANS, FINESS (carte « finess-structures »)",
            "Les établissements de ce territoire ne sont pas dans le lac.",
        ),
    ),
    build,
)
