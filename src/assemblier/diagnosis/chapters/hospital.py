"""Chapter 8: second recourse, hospital and medico-social."""

from __future__ import annotations

from collections.abc import Sequence

from assemblier.blocks import Block, Callout, Paragraph, Tone
from assemblier.declarations import Chapter, Need
from assemblier.diagnosis.story import Story

__all__ = ["CHAPTER"]

FACILITIES = ("hopital_mco", "urgences", "maternite", "laboratoire", "centre_sante", "ehpad")


def build(story: Story) -> Sequence[Block]:
    """Tell which hospital and medico-social facilities the territory holds."""
    names = [name for name in FACILITIES if story.has(name)]
    if not names:
        return ()
    when = story.year(names[0])
    return [
        Paragraph(
            (
                f"Au 1er janvier {when}, la base des équipements compte dans le territoire ",
                story.fig("hopital_mco"),
                " établissements de court séjour, ",
                story.fig("urgences"),
                " services d’urgences, ",
                story.fig("maternite"),
                " maternités, ",
                story.fig("laboratoire"),
                " laboratoires, ",
                story.fig("centre_sante"),
                " centres de santé et ",
                story.fig("ehpad"),
                " établissements d’hébergement pour personnes âgées.",
            )
        ),
        story.comparison(
            "comparaison-hopital", "Équipements de second recours et médico-sociaux", names
        ),
        Callout(
            Tone.LIMIT,
            "Ce que ces chiffres ne disent pas",
            (
                "Un équipement compté n’est pas un équipement ouvert jour et nuit : ni les lits, ni les horaires, ni les délais ne "
                "sont dans cette source. Les habitants sont aussi soignés hors du territoire.",
            ),
        ),
    ]


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
