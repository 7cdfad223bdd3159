"""Chapter 8: second recourse, hospital and medico-social."""

from __future__ import annotations

from collections.abc import Sequence

from assemblier.blocks import Block, Callout, Heading, Inline, Paragraph, Tone
from assemblier.declarations import Chapter, Need
from assemblier.diagnosis.chapters.health import departement_table
from assemblier.diagnosis.french import sentence_list
from assemblier.diagnosis.story import Story
from assemblier.indicators.second_recourse import SPECIALISTS

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
        blocks.append(
            story.comparison(
                "comparaison-hopital",
                "Établissements de second recours et médico-sociaux, territoire et comparateurs",
                names,
            )
        )
    if story.has("specialiste"):
        blocks += [Heading("Les médecins spécialistes"), Paragraph(tuple(_specialists(story)))]
        blocks.append(
            story.comparison(
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
        notes=("Publié par département : le territoire n’a pas de valeur.",),
    )
    if liberal:
        blocks.append(liberal)
    if not blocks:
        return ()
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


def _none(story: Story, names: Sequence[str]) -> str:
    """Say what the territory has none of, in words."""
    lacking = [NOUNS[name][0] for name in names if story.value(name).value == 0]
    if not lacking or len(lacking) == len(names):
        return ""
    # ni … ni … needs two of them
    if len(lacking) == 1:
        return (
            f"Elle n’y compte pas de {lacking[0]}."
            if lacking[0][0] not in "aeéhi"
            else (f"Elle n’y compte pas d’{lacking[0]}.")
        )
    return f"Elle n’y compte pas, en revanche : {sentence_list(lacking)}."


def _specialists(story: Story) -> list[Inline]:
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
        ),
    ),
    build,
)
