"""What the choice of a perimeter changes, as blocks: values under each, one member more or less."""

from __future__ import annotations

from collections.abc import Sequence

from assemblier.blocks import (
    Block,
    Cell,
    Figure,
    Heading,
    Inline,
    Paragraph,
    SourceNote,
    TableBlock,
)
from assemblier.indicators.told import Told
from assemblier.language import enumeration, number, percent
from assemblier.perimeters.bench import Perimeter
from assemblier.perimeters.study import PerimeterStudy
from assemblier.perimeters.values_under import (
    Change,
    IndicatorBench,
    PerimeterValue,
    spread_pieces,
)

__all__ = ["choice_blocks", "choice_table", "spread_told", "widest"]


BESIDE = 4
"""Perimeters that one page sets beside the territory."""


def widest(indicators: Sequence[IndicatorBench]) -> list[IndicatorBench]:
    """Order indicators by their spread relative to their value; counts of people come last."""

    def spread(one: IndicatorBench) -> float:
        if one.low is None or one.high is None or one.indicator == "population":
            return -1.0
        low, high = one.low.value.value or 0.0, one.high.value.value or 0.0
        middle = abs(one.own.value or 0.0) or 1.0
        overlap = (
            one.low.value.high is not None
            and one.high.value.low is not None
            and one.low.value.high >= one.high.value.low
        )
        return (high - low) / middle * (0.1 if overlap else 1.0)

    # a rate of growth near zero has no relative spread worth a headline
    kept = [one for one in indicators if one.sentence and one.indicator != "population_tcam"]
    return sorted(kept, key=lambda one: (-spread(one), one.indicator))


def spread_told(one: IndicatorBench, traced: Told) -> tuple[Inline, ...]:
    """Say how far the choice of a perimeter moves an indicator, with what each value rests on."""

    def told(end: PerimeterValue, text: str) -> Inline:
        return _end(one, "bas" if end is one.low else "haut", end, traced, text)

    return spread_pieces(one, told)


def _end(one: IndicatorBench, at: str, end: PerimeterValue, traced: Told, text: str = "") -> Figure:
    value = end.value.value
    return traced.of(
        f"{one.indicator}|{at}",
        value,
        text or ("absent" if value is None else number(value, one.decimals)),
        label=one.label,
        method=f"Indicateur recalculé commune par commune sous : {end.label}.",
        topics=(one.indicator,),
        year=one.year,
        unit=one.unit,
        status=str(end.value.status),
        zone=end.label,
    )


def _beside(study: PerimeterStudy, told: Sequence[IndicatorBench]) -> list[Perimeter]:
    """Choose the perimeters that one page sets beside the territory.

    First those that the sentence above names, then those that people know best.
    """
    least = float(study.parameters["perimeters.comparable_overlap"])
    known = {each.id: each for each in study.perimeters[1:] if each.overlap >= least}
    named = [end.perimeter for one in told for end in (one.low, one.high) if end is not None]
    grids = ("epci", *(each.met.grid for each in study.lived), "bv2022", "cpts", "canton")
    ordered = [f"{grid}:{rule}" for rule in ("majoritaires", "rencontrées") for grid in grids]
    kept = dict.fromkeys(name for name in (*named, *ordered) if name in known)
    return sorted([known[name] for name in list(kept)[:BESIDE]], key=lambda each: each.population)


def _heading(each: Perimeter) -> str:
    """Say a perimeter in few words, at the head of a column."""
    said = each.label.removeprefix("les ")
    said = said.replace("surtout à l’intérieur", "surtout dedans")
    return f"{said[:1].upper()}{said[1:]}"


def choice_table(study: PerimeterStudy, traced: Told, rows: int) -> list[TableBlock]:
    """Set the territory beside the perimeters people know best, one indicator a row.

    Parameters
    ----------
    rows
        Indicators told: the inhabitants, then those that the choice moves most.
    """
    moved = [one for one in widest(study.indicators) if one.indicator != "population"]
    people = [one for one in study.indicators if one.indicator == "population"]
    beside = _beside(study, moved[:1])
    shown = [*people, *moved][:rows]
    if not beside or not moved:
        return []
    found: list[tuple[Cell, ...]] = []
    for one in shown:
        values = {each.perimeter: each for each in one.values}
        cells: list[Cell] = [
            f"{one.label}{f' ({one.unit})' if one.unit else ''}, {one.year}",
            traced.figures.of(one.indicator, "territoire", study.slug, one.year, unit=False),
            *(_end(one, each.id, values[each.id], traced) for each in beside),
        ]
        found.append(tuple(cells))
    return [
        TableBlock(
            "ce-que-change-le-perimetre",
            "Le même indicateur sous d’autres périmètres",
            (
                "Indicateur, année",
                "Notre territoire",
                *(_heading(each) for each in beside),
            ),
            tuple(found),
            (False, True, *(True for _ in beside)),
            SourceNote((), notes=("Les zones d’un autre périmètre sont prises entières.",)),
        )
    ]


def choice_blocks(study: PerimeterStudy, traced: Told) -> list[Block]:
    """Tell the indicators under each comparable perimeter, and who weighs most."""
    shown = [one for one in study.indicators if one.low is not None and one.high is not None]
    if not shown:
        return []
    rows: list[tuple[Cell, ...]] = []
    for one in shown:
        cells: list[Cell] = [f"{one.label}{f' ({one.unit})' if one.unit else ''}", one.year]
        cells.append(
            traced.figures.of(one.indicator, "territoire", study.slug, one.year, unit=False)
        )
        for at, end in (("bas", one.low), ("haut", one.high)):
            if end is None:
                continue
            cells += [_end(one, at, end, traced), end.label]
        rows.append(tuple(cells))
    names = [one.indicator for one in shown]
    return [
        Heading("Ce que le choix du périmètre change"),
        Paragraph((_moved(study),)),
        TableBlock(
            "indicateurs-par-perimetre",
            "Les indicateurs sous les périmètres comparables",
            (
                "Indicateur",
                "Année",
                study.territory,
                "Le plus bas",
                "sous",
                "Le plus haut",
                "sous",
            ),
            tuple(rows),
            (False, False, True, True, False, True, False),
            SourceNote(
                traced.figures.sources_of(*names),
                notes=(
                    "Périmètres comparables : ceux qui partagent avec le territoire au moins "
                    f"{_comparable(study)} de leurs habitants. Les zones d’une grille sont prises "
                    "entières : toutes celles que le territoire touche, ou celles dont la plupart "
                    "des habitants y vivent ; une grille qui laisse beaucoup d’habitants hors "
                    "zonage n’en dessine aucun.",
                ),
            ),
        ),
        *_influence(shown, study, traced),
    ]


def _comparable(study: PerimeterStudy) -> str:
    return percent(float(study.parameters["perimeters.comparable_overlap"]), 0)


def _moved(study: PerimeterStudy) -> str:
    """Name the indicators that the choice moves by more than a share of their value."""
    least = float(study.parameters["perimeters.wide_spread"])
    wide: list[str] = []
    firm: list[str] = []
    for one in widest(study.indicators):
        low, high = (None if end is None else end.value.value for end in (one.low, one.high))
        own = one.own.value
        if low is None or high is None or not own or one.indicator == "population":
            continue
        (wide if high - low > least * abs(own) else firm).append(f"« {one.label} »")
    if not wide:
        return "Aucun indicateur ne dépend nettement du périmètre choisi."
    said = f"Le périmètre choisi pèse surtout sur {enumeration(wide)}"
    return f"{said} ; il change peu {enumeration(firm)}." if firm else f"{said}."


def _influence(shown: Sequence[IndicatorBench], study: PerimeterStudy, traced: Told) -> list[Block]:
    """Tell the member or neighbour whose going or coming changes each indicator most."""
    rows: list[tuple[Cell, ...]] = []
    for one in shown:
        found: list[Cell] = []
        for kind in ("epci", "commune"):
            change = next((each for each in one.changes if each.kind == kind), None)
            found += ["–", "–"] if change is None else _change(one, change, traced)
        if set(found) != {"–"}:
            rows.append((one.label, *found))
    if not rows:
        return []
    return [
        TableBlock(
            "une-de-plus-une-de-moins",
            "Une intercommunalité, une commune de plus ou de moins",
            (
                "Indicateur",
                "L’intercommunalité qui pèse le plus",
                "Valeur",
                "La commune qui pèse le plus",
                "Valeur",
            ),
            tuple(rows),
            (False, False, True, False, True),
            SourceNote(
                traced.figures.sources_of(*(one.indicator for one in shown)),
                reading="la valeur donnée est celle du territoire après l’ajout d’une voisine "
                "(« avec »), de ce qui manque d’un membre (« en entier ») ou après le retrait d’un "
                "membre (« sans »).",
                notes=(
                    f"Un ajout ou un retrait qui laisserait moins de {_comparable(study)} "
                    "d’habitants communs est écarté : ce serait un autre territoire.",
                ),
            ),
        )
    ]


def _change(one: IndicatorBench, change: Change, traced: Told) -> list[Cell]:
    said = f"{'sans' if change.way == 'retrait' else 'avec'} {change.name}"
    said += " en entier" if change.way == "complément" else ""
    figure = traced.of(
        f"{one.indicator}|{change.way}|{change.kind}|{change.code}",
        change.value,
        number(change.value, one.decimals),
        label=one.label,
        method=f"Indicateur recalculé commune par commune sur le territoire {said}.",
        topics=(one.indicator,),
        year=one.year,
        unit=one.unit,
        zone=f"{traced.zone}, {said}",
    )
    return [said, figure]
