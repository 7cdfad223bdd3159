"""Chapter 3: social determinants of health."""

from __future__ import annotations

from collections.abc import Sequence

from assemblier.blocks import Block, Callout, Heading, Paragraph, TableBlock, Tone
from assemblier.declarations import Chapter, Need
from assemblier.diagnosis.maps import choropleth
from assemblier.diagnosis.story import Story
from assemblier.language import number
from assemblier.values import Status

__all__ = ["CHAPTER"]

PUBLISHED = ("revenu_median", "taux_pauvrete")


def build(story: Story) -> Sequence[Block]:
    """Tell what is published on living conditions, at the level where it is published."""
    summed = [name for name in ("part_hlm", "chomeurs_pour_mille", "fedi") if story.has(name)]
    blocks: list[Block] = []
    if summed:
        blocks.append(
            story.comparison(
                "comparaison-social", "Conditions de vie, territoire et comparateurs", summed
            )
        )
    told = [name for name in PUBLISHED if story.years(name)]
    for name in told:
        counts = _counts(story, name)
        if counts["known"] == 0 and counts["secret"] == 0:
            continue
        blocks.append(Heading(story.label(name)))
        blocks.append(
            Paragraph(
                (
                    f"Sur {counts['all']} communes du territoire, {counts['known']} ont une valeur publiée "
                    f"({story.year(name)}), {counts['secret']} sont sous le seuil de diffusion du producteur"
                    + (f" et {counts['other']} n’ont pas de valeur" if counts["other"] else "")
                    + ". Le territoire lui-même n’a pas de valeur : ",
                    story.fig(name),
                    ", car une médiane ou un taux publié ne se moyenne pas entre communes.",
                )
            )
        )
        made = choropleth(story, f"carte-{name.replace('_', '-')}", story.label(name), name)
        if made:
            blocks.append(made)
    few = _few_values(story)
    if few:
        blocks.append(few)
    if "fedi" in summed:
        made = choropleth(story, "carte-fedi", story.label("fedi"), "fedi")
        if made:
            blocks.append(made)
    if blocks:
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
        f"Communes du territoire dont le taux de pauvreté est publié, {when}",
        ("Commune", "Taux de pauvreté", "Niveau de vie médian (€ par an)"),
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
                f"{number(len(rows))} communes seulement ont un taux publié ; elles ne représentent pas les autres.",
            ),
        ),
    )


CHAPTER = Chapter(
    "social",
    3,
    "Les déterminants sociaux",
    "Dans quelles conditions vit-on, et qu’en sait-on vraiment ?",
    (
        Need("les revenus et la pauvreté", "Insee, Filosofi (carte « insee-filosofi »)"),
        Need(
            "les ménages sans voiture et les personnes âgées seules",
            "Insee, recensement (carte « insee-rp-menages »)",
        ),
    ),
    build,
)
