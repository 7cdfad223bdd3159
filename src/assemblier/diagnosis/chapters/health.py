"""Chapter 5: health, as far as producers publish it."""

from __future__ import annotations

from collections.abc import Sequence

from assemblier.blocks import (
    Block,
    Callout,
    Cell,
    Gap,
    Heading,
    Paragraph,
    TableBlock,
    Tone,
)
from assemblier.declarations import Chapter, Need
from assemblier.diagnosis.story import Story
from assemblier.french import sentence_list
from assemblier.indicators.health import PREVALENCES

__all__ = ["CHAPTER", "by_departement_note", "departement_table"]

MOST_DEPARTEMENTS = 8


def departement_table(
    story: Story, table: str, title: str, names: Sequence[str], *, notes: Sequence[str] = ()
) -> TableBlock | None:
    """Return a table of what is published by département only: one column per département."""
    zones = story.departements[:MOST_DEPARTEMENTS]
    shown = [name for name in names if story.published_year(name, "departement", zones)]
    if not shown or not zones:
        return None
    wide = [
        (grid, zone)
        for grid, zone in story.comparators.own
        if grid != "departement"
        and any(story.figures.value(name, grid, zone).value is not None for name in shown)
    ]
    rows: list[tuple[Cell, ...]] = []
    for name in shown:
        when = story.published_year(name, "departement", zones)
        cells: list[Cell] = [story.row_label(name), when]
        cells += [story.figures.of(name, "departement", zone, when, unit="cell") for zone in zones]
        cells += [story.figures.of(name, grid, zone, when, unit="cell") for grid, zone in wide]
        rows.append(tuple(cells))
    columns = (
        "Indicateur",
        "Année",
        *(story.figures.name("departement", zone) for zone in zones),
        *(story.zone_title(grid, zone) for grid, zone in wide),
    )
    return TableBlock(
        table,
        title,
        columns,
        tuple(rows),
        (False, False, *(True for _ in columns[2:])),
        story.note(*shown, notes=notes),
    )


def by_departement_note(story: Story) -> str:
    """Say at which level a table is published, and what this means for the territory."""
    if story.is_departement:
        return "Publié par département."
    return "Publié par département : le territoire n’a pas de valeur."


def build(story: Story) -> Sequence[Block]:
    """Tell the prevalences of the départements, and why the territory has none."""
    table = departement_table(
        story,
        "prevalences",
        "Part de la population prise en charge, par département",
        PREVALENCES,
        notes=("Prévalences brutes : elles croissent avec l’âge de la population du département.",),
    )
    blocks: list[Block] = []
    if table is not None:
        blocks += _by_departement(story, table)
    if story.has("part_65plus"):
        blocks.append(
            Paragraph(
                (
                    "Ce que l’on sait du territoire même est l’âge, premier facteur de ces maladies : ",
                    story.fig("part_65plus"),
                    f" des habitants ont 65 ans et plus ({story.year('part_65plus')})",
                    *story.against("part_65plus"),
                    ".",
                )
            )
        )
    if not blocks:
        return ()
    if table is not None:
        blocks.append(_limit())
    blocks += [
        Gap(
            "Les affections de longue durée du territoire ne sont pas dans le lac.",
            "les effectifs en affection de longue durée (ALD) par commune ou par intercommunalité",
            "Cnam, data.ameli (carte « ameli-pathologies ») ; la CPAM et la MSA par convention",
        ),
        Gap(
            "La mortalité du territoire n’est pas dans le lac.",
            "la mortalité générale, prématurée et évitable, années regroupées",
            "Inserm-CépiDc, ou l’observatoire régional de la santé",
        ),
    ]
    return blocks


def _limit() -> Callout:
    return Callout(
        Tone.LIMIT,
        "Ce que ces chiffres ne disent pas",
        (
            "Ils comptent des personnes repérées par les remboursements : là où l’on consulte moins, la maladie se voit moins. "
            "Ils ne disent ni la gravité ni la mortalité.",
        ),
    )


def _by_departement(story: Story, table: TableBlock) -> list[Block]:
    heading = Heading("Les maladies prises en charge, au niveau où elles sont publiées")
    if story.is_departement:
        said = (
            "Ces chiffres sont publiés par département : ce sont ceux du territoire entier, et ils ne se "
            f"transportent à {'aucun' if story.detail == 'arm' else 'aucune'} de ses {story.detail_word}."
        )
        return [heading, Paragraph((said,)), table]
    names = [story.figures.name("departement", zone) for zone in story.departements]
    said = (
        f"celui du territoire ({names[0]}) est donné"
        if len(names) == 1
        else f"ceux que touche le territoire ({sentence_list(names)}) sont donnés"
    )
    return [
        heading,
        Paragraph(
            (
                f"Ces chiffres ne sont publiés que par département : {said}, et le territoire lui-même n’a pas de valeur. "
                "Une prévalence de département ne se transporte pas à un pays ou à une commune.",
            )
        ),
        table,
    ]


CHAPTER = Chapter(
    "etat-de-sante",
    5,
    "L’état de santé",
    "De quoi souffre-t-on, de quoi meurt-on ?",
    (
        Need(
            "les affections de longue durée par intercommunalité ou département",
            "Cnam, data.ameli (carte « ameli-pathologies »)",
            "Les maladies prises en charge ne sont pas dans le lac.",
        ),
        Need(
            "la mortalité, années regroupées",
            "Inserm-CépiDc, par département ou intercommunalité",
            "La mortalité n’est pas dans le lac.",
        ),
    ),
    build,
)
