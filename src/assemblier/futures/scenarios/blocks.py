"""Scenarios as they are printed: what is supposed, who wins, who loses, and what it hangs on."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from assemblier.blocks import (
    Block,
    Bullets,
    Callout,
    Cell,
    Heading,
    Inline,
    KeyFigure,
    KeyFigures,
    Paragraph,
    TableBlock,
    Tone,
)
from assemblier.futures.baseline import Baseline
from assemblier.futures.scenarios.scenario import Outcome
from assemblier.futures.scenarios.words import change_sentence
from assemblier.futures.told import changes_map, resting_on, told_from
from assemblier.indicators.told import TerritoryStory, Told
from assemblier.language import number, percent

__all__ = ["ToldScenarios", "outcome_blocks", "scenario_blocks"]

PARAMETERS = (
    "futures.scenarios.arrival_activity",
    "futures.scenarios.helpers",
    "futures.scenarios.week",
    "futures.scenarios.noticeable",
    "apl.gp.thresholds",
)
SAYS_NOT = (
    "Un scénario dit ce que donnerait un changement, non s’il est possible ni s’il arrivera.",
    "L’APL suppose que chacun se répartit entre les médecins à sa portée : ni refus, ni délai, ni "
    "préférence.",
)
METHOD = (
    "APL recalculé sur la carte nationale avec et sans les changements ; moyenne des communes "
    "pondérée par la population standardisée."
)
PEOPLE = "Somme des habitants des communes dont l’APL change d’au moins l’écart remarqué."
UNIT = "consultations par an et habitant standardisé"
MOST = 12
GRIDS = {
    "territoire": "Territoire",
    "bv2022": "Bassin de vie",
    "epci": "Intercommunalité",
    "departement": "Département",
}
"""Grids printed, the others are in the files."""


@dataclass(frozen=True, slots=True)
class ToldScenarios:
    """Scenarios ready to be printed.

    Attributes
    ----------
    sensitivity
        Scenario → the parameters its gain hangs on most.
    bounds
        Of the classes of the maps of changes.
    threshold
        APL under which people are counted.
    notes
        What must be said of codes that were converted, then of the data (French).
    """

    baseline: Baseline
    outcomes: tuple[Outcome, ...]
    bounds: Sequence[float]
    threshold: float
    names: Mapping[str, str]
    sensitivity: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def scenario_blocks(story: TerritoryStory, made: ToldScenarios) -> list[Block]:
    """Write several scenarios one after the other, then side by side."""
    told = told_from(
        story, made.baseline, "scenario", PARAMETERS, SAYS_NOT,
        year=f"supposé, offre de fin {made.baseline.year}",
    )  # fmt: skip
    blocks: list[Block] = []
    for at, outcome in enumerate(made.outcomes, start=1):
        scenario = outcome.scenario
        blocks.append(Heading(scenario.name))
        if scenario.note:
            blocks.append(Paragraph((f"{scenario.note[0].upper()}{scenario.note[1:]}",)))
        said = [change_sentence(change, made.names) for change in scenario.changes]
        blocks.append(Bullets(tuple((f"{each[0].upper()}{each[1:]}.",) for each in said)))
        blocks += outcome_blocks(story, told, made, outcome, f"scenario-{at}")
        table = made.sensitivity.get(scenario.name)
        if table is not None and len(table):
            blocks.append(_sensitivity(told, table, f"scenario-{at}"))
    if len(made.outcomes) > 1:
        blocks += [Heading("Les scénarios côte à côte"), _side_by_side(told, made)]
    return [*blocks, *resting_on(made.notes)]


def outcome_blocks(
    story: TerritoryStory,
    told: Told,
    made: ToldScenarios,
    outcome: Outcome,
    key: str,
    *,
    tables: bool = True,
) -> list[Block]:
    """Write what changes for whom: the territory, its neighbours, winners and losers, a map.

    Parameters
    ----------
    key
        Of the figures and drawings of this outcome.
    tables
        Whether communes and zones are told one by one.
    """
    summary = outcome.summary
    blocks: list[Block] = [
        _key_figures(told, made, outcome, key),
        Paragraph(tuple(_reach(told, outcome, key))),
    ]
    delta = dict(zip(made.baseline.ids, outcome.delta, strict=True))
    drawn = changes_map(
        story, told, f"carte-{key}", f"Qui gagne, qui perd : {outcome.scenario.name}",
        delta, made.bounds,
        said=f"Changement d’APL de chaque commune du territoire et de ses voisines ; "
        f"{number(summary['win_inside'] + summary['win_outside'])} habitants gagnent, "
        f"{number(summary['lose_inside'] + summary['lose_outside'])} perdent.",
        note=told.note(),
    )  # fmt: skip
    if drawn is not None:
        blocks.append(drawn)
    if not tables:
        return blocks
    table = _most_changed(told, made, outcome, key)
    if table is not None:
        blocks.append(table)
    blocks.append(_by_zone(told, made, outcome, key))
    return blocks


def _people(told: Told, key: str, name: str, count: float, label: str) -> Inline:
    return told.number(f"{key}|{name}", count, label=label, method=PEOPLE, unit="habitants")


def _outside(told: Told, key: str, name: str, count: float, label: str) -> tuple[Inline, ...]:
    if not count > 0:
        return ()
    return ("dont ", _people(told, key, name, count, label), " hors du territoire")


def _key_figures(told: Told, made: ToldScenarios, outcome: Outcome, key: str) -> KeyFigures:
    summary = outcome.summary
    items = [
        KeyFigure(
            "APL du territoire",
            told.number(
                f"{key}|after", summary["after"], 2, label="APL du territoire après", method=METHOD,
                unit=UNIT,
            ),
            compared=(
                "au lieu de ",
                told.number(
                    "avant", summary["before"], 2, label="APL recalculé du territoire",
                    method=METHOD, unit=UNIT,
                ),
            ),
        ),
        KeyFigure(
            "Habitants qui gagnent",
            told.number(
                f"{key}|win", summary["win_inside"] + summary["win_outside"],
                label="Habitants qui gagnent", method=PEOPLE, unit="habitants",
            ),
            compared=_outside(told, key, "win_out", summary["win_outside"], "Gagnants au-dehors"),
        ),
        KeyFigure(
            "Habitants qui perdent",
            told.number(
                f"{key}|lose", summary["lose_inside"] + summary["lose_outside"],
                label="Habitants qui perdent", method=PEOPLE, unit="habitants",
            ),
            compared=_outside(told, key, "lose_out", summary["lose_outside"], "Perdants au-dehors"),
        ),
    ]  # fmt: skip
    if "under_after" in summary:
        items.append(
            KeyFigure(
                f"Habitants du territoire sous {number(made.threshold, 1)}",
                told.number(
                    f"{key}|under", summary["under_after"], label="Habitants sous le seuil, après",
                    method="Somme des habitants des communes dont l’APL est sous le seuil.",
                    unit="habitants",
                ),
                compared=(
                    "au lieu de ",
                    told.number(
                        "avant|under", summary["under_before"],
                        label="Habitants sous le seuil, avant",
                        method="Somme des habitants des communes dont l’APL est sous le seuil.",
                        unit="habitants",
                    ),
                ),
            )
        )  # fmt: skip
    return KeyFigures(tuple(items))


def _reach(told: Told, outcome: Outcome, key: str) -> list[Inline]:
    change = outcome.capacities.after - outcome.capacities.before
    said: list[Inline]
    if outcome.capacities.conserved:
        said = ["L’offre totale ne change pas : ce que les uns gagnent, d’autres le perdent."]
    else:
        said = [
            "L’offre change de ",
            told.number(
                f"{key}|acts", change, sign=True, label="Changement de l’offre totale",
                method="Somme des changements d’activité.", unit="consultations par an",
            ),
            " consultations par an.",
        ]  # fmt: skip
    share = outcome.summary["share_inside"]
    if not math.isnan(share) and outcome.delta.any():
        said += [
            " ",
            told.of(
                f"{key}|share", 100 * share, percent(share, 0), unit="%",
                label="Part des effets dans le territoire",
                method="Consultations gagnées ou perdues par les habitants du territoire, "
                "rapportées à celles de tout le pays.",
            ),
            " des consultations gagnées ou perdues le sont par les habitants du territoire ; les "
            "autres, par leurs voisins.",
        ]  # fmt: skip
    return said


def _most_changed(told: Told, made: ToldScenarios, outcome: Outcome, key: str) -> TableBlock | None:
    table = outcome.communes[outcome.communes["side"] != "inchangé"]
    if table.empty:
        return None
    order = table["delta"].abs().sort_values(ascending=False, kind="stable").index
    rows: list[tuple[Cell, ...]] = []
    for record in table.loc[order].head(MOST).to_dict("records"):
        name = made.names.get(record["code"], record["code"])
        place = f"{key}|commune:{record['code']}"
        shared = {"method": METHOD, "unit": UNIT, "zone": name}
        rows.append(
            (
                name,
                "oui" if record["inside"] else "non",
                told.number(
                    f"{place}|population", record["population"], label="Habitants",
                    status="ok", method="Population municipale.", unit="habitants", zone=name,
                ),
                told.number(f"{place}|before", record["before"], 2, label="APL avant", **shared),
                told.number(f"{place}|after", record["after"], 2, label="APL après", **shared),
                told.number(
                    f"{place}|delta", record["delta"], 2, sign=True, label="Changement d’APL",
                    **shared,
                ),
            )
        )  # fmt: skip
    more = len(table) - len(rows)
    return TableBlock(
        f"{key}-communes",
        f"Communes qui changent le plus : {outcome.scenario.name}",
        ("Commune", "Dans le territoire", "Habitants", "APL avant", "APL après", "Changement"),
        tuple(rows),
        (False, False, True, True, True, True),
        told.note(*([f"Et {more} autres, dans le fichier des communes."] if more > 0 else [])),
    )


def _by_zone(told: Told, made: ToldScenarios, outcome: Outcome, key: str) -> TableBlock:
    rows: list[tuple[Cell, ...]] = []
    zones = outcome.zones[outcome.zones["grid"].isin(list(GRIDS))]
    moved = (zones["delta"].abs() >= made.bounds[0]) | (zones["grid"] == "territoire")
    still, zones = int((~moved).sum()), zones[moved]
    for record in zones.to_dict("records"):
        place = f"{key}|{record['grid']}:{record['zone']}"
        shared = {"method": METHOD, "unit": UNIT, "zone": record["name"]}
        rows.append(
            (
                record["name"],
                GRIDS[record["grid"]],
                told.number(f"{place}|before", record["before"], 2, label="APL avant", **shared),
                told.number(f"{place}|after", record["after"], 2, label="APL après", **shared),
                told.number(
                    f"{place}|delta", record["delta"], 2, sign=True, label="Changement d’APL",
                    **shared,
                ),
            )
        )  # fmt: skip
    return TableBlock(
        f"{key}-zones",
        f"Par zone : {outcome.scenario.name}",
        ("Zone", "Grille", "APL avant", "APL après", "Changement"),
        tuple(rows),
        (False, False, True, True, True),
        told.note(
            "Une zone à cheval sur la limite est donnée tout entière.",
            *(
                [
                    f"{still} autres zones rencontrées changent de moins de "
                    f"{number(made.bounds[0], 2)}."
                ]
                if still
                else []
            ),
        ),
        emphasised=frozenset({0}),
    )


def _sensitivity(told: Told, table: pd.DataFrame, key: str) -> Block:
    """Tell the hypotheses that move the gain as it is printed, the strongest first."""
    content: list[Inline] = []
    for at, record in enumerate(table.to_dict("records")):
        label = str(record["label"])
        if number(record["gain_low"], 2) == number(record["gain_high"], 2):
            continue
        ends = [
            told.number(
                f"{key}|sensitivity|{at}|{end}", record[f"gain_{end}"], 2, sign=True,
                label=f"Changement d’APL du territoire, {label} : {record[end]}",
                method="Scénario recalculé avec cette seule valeur changée.", unit=UNIT,
            )
            for end in ("low", "high")
        ]  # fmt: skip
        low, high = (str(record[end]).replace(".", ",") for end in ("low", "high"))
        named = f"{label[0].upper()}{label[1:]}"
        content += [f" {named}, de {low} à {high} : de ", ends[0], " à ", ends[1], "."]
    if not content:
        return Callout(
            Tone.LIMIT,
            "Ce dont le résultat dépend",
            ("Aucune des hypothèses essayées ne change le résultat au centième.",),
        )
    return Callout(
        Tone.LIMIT,
        "Ce dont le résultat dépend le plus",
        ("Le changement d’APL du territoire dépend surtout de ces hypothèses.", *content),
    )


def _side_by_side(told: Told, made: ToldScenarios) -> TableBlock:
    rows: list[tuple[Cell, ...]] = []
    for at, outcome in enumerate(made.outcomes, start=1):
        key, summary = f"scenario-{at}", outcome.summary
        rows.append(
            (
                outcome.scenario.name,
                told.number(f"{key}|after", summary["after"], 2, label="APL après", method=METHOD),
                told.number(
                    f"{key}|delta", summary["delta"], 2, sign=True, label="Changement d’APL",
                    method=METHOD, unit=UNIT,
                ),
                _people(told, key, "win_in", summary["win_inside"], "Gagnants du territoire"),
                _people(told, key, "win_out", summary["win_outside"], "Gagnants au-dehors"),
                _people(told, key, "lose_in", summary["lose_inside"], "Perdants du territoire"),
                _people(told, key, "lose_out", summary["lose_outside"], "Perdants au-dehors"),
            )
        )  # fmt: skip
    return TableBlock(
        "scenarios-comparaison",
        f"Les {len(made.outcomes)} scénarios sur le même territoire",
        (
            "Scénario",
            "APL après",
            "Changement",
            "Gagnent, dedans",
            "Gagnent, dehors",
            "Perdent, dedans",
            "Perdent, dehors",
        ),
        tuple(rows),
        (False, True, True, True, True, True, True),
        told.note(
            f"APL du territoire avant : {number(made.outcomes[0].summary['before'], 2)}.",
        ),
    )
