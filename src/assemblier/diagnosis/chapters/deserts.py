"""Part of chapter 7: several readings of one desert, who is inside which, how far they agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from assemblier.blocks import (
    Block,
    Callout,
    Cell,
    Figure,
    Heading,
    Inline,
    Paragraph,
    TableBlock,
    Tone,
)
from assemblier.diagnosis.readings import Agreement, agreement
from assemblier.diagnosis.story import Story
from assemblier.french import counted, sentence_list
from assemblier.language import THIN, number
from assemblier.territory.geography import GRID_LABELS

__all__ = ["deserts", "inhabitants", "values_inside"]

THIN_DENSITY = "diagnosis.deserts.density_share"
PERCENT = 100.0
READINGS = (
    ("population_sous_2_5", "Commune sous 2,5 consultations, APL de la DREES"),
    ("part_zip", "Zone d’intervention prioritaire de l’ARS"),
    ("part_plus20min_mg", "À plus de 20 minutes d’un généraliste"),
    ("population_sans_mg", "Commune sans généraliste"),
)
DENSITY = "mg_densite"
SHORT = {
    "population_sous_2_5": "Sous 2,5 (APL)",
    "part_zip": "ZIP (ARS)",
    "part_plus20min_mg": "Plus de 20 minutes",
    "population_sans_mg": "Sans généraliste",
    DENSITY: "Peu dense",
}


def inhabitants(story: Story) -> NDArray[np.float64]:
    """Return the inhabitants of the zones inside the territory, by code, NaN unknown, shape (n,)."""
    people = story.context.geography.population
    return people.reindex(sorted(story.inside)).to_numpy(np.float64)


def values_inside(story: Story, indicator: str) -> NDArray[np.float64]:
    """Return the values of the zones inside the territory, by code, NaN where there is none."""
    when = story.year(indicator)
    found = [
        story.figures.value(indicator, story.detail, zone, when).value
        for zone in sorted(story.inside)
    ]
    return np.array([np.nan if value is None else value for value in found])


def _thin(story: Story) -> NDArray[np.float64]:
    """Tell which zones lie in a part whose density is low, shape (n,)."""
    when, france = story.year(DENSITY), story.france_value(DENSITY)
    home = story.context.geography.membership[story.parts_grid]
    found = []
    for zone in sorted(story.inside):
        part = home.get(zone)
        value = (
            story.figures.value(DENSITY, story.parts_grid, str(part), when).value
            if part is not None and story.detail == "commune"
            else None
        )
        found.append(
            np.nan
            if value is None or france is None
            else float(value < story.rule(THIN_DENSITY) * france)
        )
    return np.array(found)


def deserts(story: Story) -> list[Block]:
    """Tell who is inside which reading of the desert, and how far the readings agree."""
    if len(story.inside) < 2:
        return []
    labels, years, given = {}, {}, {}
    for name, label in READINGS:
        values = values_inside(story, name) / PERCENT if story.has(name) else np.array([])
        if len(values) and not np.isnan(values).all():
            labels[name], years[name], given[name] = label, story.year(name), values
    thin = _thin(story)
    if story.has(DENSITY) and not np.isnan(thin).all():
        share = number(PERCENT * story.rule(THIN_DENSITY))
        labels[DENSITY] = (
            f"{GRID_LABELS[story.parts_grid][0].capitalize()} sous {share}{THIN}% de la densité nationale de généralistes"
        )
        years[DENSITY], given[DENSITY] = story.year(DENSITY), thin
    if len(given) < 2:
        return []
    people = np.nan_to_num(inhabitants(story))
    made = agreement(people, given)
    # a reading that tells nobody agrees with none: the others are compared without it
    telling = [name for name in labels if made.shares[name].people > 0]
    blocks: list[Block] = [
        Heading("Plusieurs lectures d’un même désert"),
        Paragraph(tuple(_told(story, made, labels, telling))),
        _shares_table(story, made, labels, years, float(people.sum())),
    ]
    if len(telling) > 1:
        compared = agreement(people, {name: given[name] for name in telling})
        blocks += [
            Paragraph(tuple(_together(story, compared, telling))),
            _overlap_table(story, compared, labels),
        ]
    return [
        *blocks,
        Callout(
            Tone.LIMIT,
            "Aucune lecture n’est la bonne",
            (
                "Le seuil de la DREES, la zone de l’ARS, la distance et la densité ne mesurent pas la même chose ; une même commune "
                "peut être dans l’une et hors de l’autre. Une action qui vise « le désert » doit dire lequel.",
            ),
        ),
    ]


def _figure(
    story: Story, what: str, value: float, bases: Sequence[str], label: str, unit: str = ""
) -> Figure:
    return story.deduced(
        f"desert.{what}",
        value,
        of=("population", *bases),
        label=label,
        method=f"Population des {story.detail_word} du territoire, selon la lecture de chacune.",
        decimals=1 if unit == "%" else 0,
        unit=unit,
    )


def _told(
    story: Story, made: Agreement, labels: Mapping[str, str], telling: Sequence[str]
) -> list[Inline]:
    """Say from how many to how many people live in a desert, and which readings tell nobody."""
    if not telling:
        return ["Aucune des lectures à disposition ne désigne ici de désert."]
    counts = sorted((made.shares[name].people, name) for name in telling)
    low, high = counts[0], counts[-1]
    most = _figure(story, "most", high[0], (high[1],), f"Habitants, {labels[high[1]]}")
    if len(telling) == 1:
        return [
            "Une seule des lectures à disposition désigne ici un désert : ",
            most,
            f" habitants ({labels[high[1]].lower()}).",
        ]
    text: list[Inline] = [
        "Selon la lecture retenue, de ",
        _figure(story, "least", low[0], (low[1],), f"Habitants, {labels[low[1]]}"),
        " à ",
        most,
        " habitants vivent dans un désert",
    ]
    silent = [labels[name] for name in labels if name not in telling]
    if silent:
        text.append(
            f" ; une lecture n’en désigne aucun (« {silent[0]} »)"
            if len(silent) == 1
            else f" ; d’autres lectures n’en désignent aucun ({sentence_list(silent)})"
        )
    return [*text, "."]


def _together(story: Story, made: Agreement, telling: Sequence[str]) -> list[Inline]:
    """Say whom all readings tell in the desert, and whom at least one does."""
    whole = made.known or 1.0

    def one(what: str, people: float, label: str) -> Figure:
        return _figure(story, what, PERCENT * people / whole, telling, label, "%")

    these = f"Ces {counted(len(telling), 'lecture')}" if len(telling) > 2 else "Les deux lectures"
    every = one("every", made.every, "Habitants désignés par toutes ces lectures")
    if made.every == 0.0:
        start: list[Inline] = [
            replace(every, text="Aucun habitant"),
            " n’est dans toutes ces lectures ; ",
        ]
    else:
        start = [f"{these} désignent ensemble ", every, " des habitants ; "]
    return [
        *start,
        "l’une au moins en désigne ",
        one("some", made.some, "Habitants désignés par une de ces lectures au moins"),
        ".",
    ]


def _shares_table(
    story: Story, made: Agreement, labels: dict[str, str], years: dict[str, str], people: float
) -> TableBlock:
    rows: list[tuple[Cell, ...]] = []
    for name, label in labels.items():
        share = made.shares[name]
        known = people - share.unknown
        rows.append(
            (
                label,
                years[name],
                _figure(
                    story,
                    f"zones.{name}",
                    share.zones,
                    (name,),
                    f"{story.detail_word.capitalize()}, {label}",
                ),
                _figure(story, f"people.{name}", share.people, (name,), f"Habitants, {label}"),
                story.fig(name, unit="cell")
                if name != DENSITY
                else _figure(
                    story,
                    "share",
                    PERCENT * share.people / known,
                    (name,),
                    f"Part des habitants, {label}",
                    "%",
                ),
            )
        )
    return TableBlock(
        "lectures-du-desert",
        "Qui vit dans un désert, selon la lecture",
        ("Lecture", "Année", story.detail_word.capitalize(), "Habitants", "Part des habitants"),
        tuple(rows),
        (False, False, True, True, True),
        story.note(
            "population",
            *labels,
            notes=(
                "Habitants : population municipale de "
                f"{story.context.geography.population_year}, celle qui pèse les communes.",
            ),
        ),
    )


def _overlap_table(story: Story, made: Agreement, labels: Mapping[str, str]) -> TableBlock:
    names = list(made.shares)
    rows: list[tuple[Cell, ...]] = []
    for one in names[:-1]:
        cells: list[Cell] = [labels[one]]
        for other in names[1:]:
            value = made.overlap.get((one, other))
            cells.append(
                _figure(
                    story,
                    f"overlap.{one}.{other}",
                    PERCENT * value,
                    (one, other),
                    f"Recouvrement : {labels[one]} et {labels[other]}",
                    "%",
                )
                if value is not None
                else None
            )
        rows.append(tuple(cells))
    return TableBlock(
        "accord-des-lectures",
        "Recouvrement de deux lectures",
        ("Lecture", *(SHORT[name] for name in names[1:])),
        tuple(rows),
        (False, *(True for _ in names[1:])),
        story.note(
            *names,
            reading=f"100{THIN}% : les deux lectures désignent les mêmes habitants ; 0{THIN}% : aucun habitant n’est dans les deux.",
            notes=(
                "Habitants dans les deux lectures, rapportés à ceux qui sont dans l’une au moins (indice de Jaccard, 1901).",
            ),
        ),
    )
