"""The projection as it is printed: what leaves, what may come, what it takes to hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from assemblier.blocks import (
    Bars,
    Block,
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
from assemblier.futures.projection.figures import (
    ACCESS,
    ARRIVALS,
    DEPARTURES,
    HEADCOUNT,
    LEVEL,
    figure_of,
    leaving_span,
    span_of,
)
from assemblier.futures.projection.project import Projection
from assemblier.futures.told import changes_map, resting_on, told_from
from assemblier.indicators.told import TerritoryStory, Told
from assemblier.language import percent, plural

__all__ = ["ToldProjection", "projection_blocks"]

PARAMETERS = (
    "futures.departures.hazards",
    "futures.departures.structure",
    "futures.arrivals.window",
    "futures.arrivals.past_departures",
    "futures.projection.levels",
    "futures.projection.watch",
)
SAYS_NOT = (
    "La projection prolonge le passé : elle ne sait rien d’un projet en cours ni d’une décision "
    "nouvelle.",
    "Aucun départ n’est celui d’une personne : ce sont des probabilités par âge.",
)
OF_ARRIVALS = frozenset({"arrivals", "doctors_after", "density_after", "apl_after", "apl_65_after"})
"""Figures that suppose a rhythm of arrivals."""
MOST = 10
"""Zones of each grid in the table; the others follow in an annex, the likeliest loss first."""
FEW_MORE = 5
"""A grid with so few zones more than that is printed whole: they would make a poor annex."""
PRINTED = ("bv2022", "epci")
"""Grids printed; the others are in the files."""
MOSTLY, NOTABLE = 0.5, 0.05
"""A zone is told when half of its people, or a twentieth of the territory's, are in both."""
GRIDS = {
    "bv2022": "Bassin de vie",
    "epci": "Intercommunalité",
    "commune": "Commune",
}


@dataclass(frozen=True, slots=True)
class ToldProjection:
    """A projection ready to be printed.

    Attributes
    ----------
    bounds
        Of the classes of the map of changes.
    loss, probability
        A zone is watched when it loses this part of its doctors with this probability.
    coming
        Whether somebody is expected to come; otherwise only departures are told.
    tables
        Tables of the lake it rests on beside those of the baseline.
    """

    baseline: Baseline
    projection: Projection
    bounds: Sequence[float]
    loss: float
    probability: float
    coming: bool = True
    tables: tuple[str, ...] = ()


def projection_blocks(story: TerritoryStory, made: ToldProjection) -> list[Block]:
    """Write the projection of a territory."""
    found = made.projection
    own = found.zones[found.zones["grid"] == "territoire"].sort_values("years")
    if own.empty:
        return []
    told = told_from(
        story, made.baseline, "projection", PARAMETERS, SAYS_NOT,
        year=str(found.start), tables=made.tables,
    )  # fmt: skip
    rows = [{str(k): v for k, v in row.items()} for row in own.to_dict("records")]
    if not own["doctors"].iloc[0] > 0:
        return _nobody(story, told, made, rows[-1])
    blocks: list[Block] = [Paragraph(tuple(_sentence(told, made, rows)))]
    if found.estimated:
        blocks.append(
            Callout(
                Tone.LIMIT,
                "Des âges présumés",
                (
                    f"L’âge de {percent(found.estimated, 0)} de ces médecins est présumé ou "
                    "modélisé : ces chiffres sont des estimations. Une liste locale des âges, sans "
                    "nom, les remplace (assemblier project --ages).",
                ),
            )
        )
    blocks += [
        _key_figures(told, made, rows[-1]),
        _headcount(told, made, rows),
        _horizons(told, made, rows),
    ]
    drawn = _map(story, told, made, int(rows[-1]["years"]))
    if drawn is not None:
        blocks.append(drawn)
    zones = _zones(story, told, made, int(rows[-1]["years"]))
    if zones:
        blocks += [Heading("Où le départ pèse le plus"), *zones]
    return [*blocks, *resting_on([HEADCOUNT, *found.notes])]


def _when(found: Projection, row: Mapping[str, object]) -> str:
    return str(found.start + int(row["years"]))  # type: ignore[call-overload]


def _sentence(
    told: Told, made: ToldProjection, rows: Sequence[Mapping[str, object]]
) -> list[Inline]:
    found = made.projection
    doctors = int(rows[0]["doctors"])  # type: ignore[call-overload]
    said: list[Inline] = [
        "Fin ",
        str(found.start),
        ", ",
        told.number(
            "doctors", doctors, label="Médecins généralistes libéraux",
            status="ok", method=HEADCOUNT,
        ),
        f" {plural(doctors, 'généraliste libéral', 'généralistes libéraux')} exercent dans le "
        "territoire. ",
    ]  # fmt: skip
    for row in rows:
        when = _when(found, row)
        said += [
            f"D’ici {when}, ",
            figure_of(told, row, "departures", 0, "Départs attendus", DEPARTURES, when=when),
            f" {plural(round(float(row['departures'])), 'devrait', 'devraient')} partir (",  # type: ignore[arg-type]
            leaving_span(told, row, when),
            ", 8 chances sur 10). ",
        ]
    last = rows[-1]
    when = _when(found, last)
    if made.coming:
        said += [
            "Si les arrivées gardent leur rythme, ils seraient ",
            figure_of(told, last, "doctors_after", 0, "Médecins attendus", DEPARTURES, when=when),
            f" en {when} (",
            span_of(told, last, "doctors_after", 0, "Médecins attendus", DEPARTURES, when=when),
            "). ",
        ]
    said += [
        "Sans aucune arrivée, l’APL recalculé passerait de ",
        figure_of(told, last, "apl", 2, "APL recalculé", ACCESS, when=str(found.start)),
        " à ",
        figure_of(told, last, "apl_alone", 2, "APL sans arrivée", ACCESS, when=when),
        " consultations par an et par habitant.",
    ]
    return said


def _key_figures(told: Told, made: ToldProjection, row: Mapping[str, object]) -> KeyFigures:
    found = made.projection
    when = _when(found, row)
    return KeyFigures(
        (
            KeyFigure(
                f"Départs attendus d’ici {when}",
                figure_of(told, row, "departures", 0, "Départs attendus", DEPARTURES, when=when),
                compared=(leaving_span(told, row, when), ", 8 chances sur 10"),
            ),
            KeyFigure(
                "Arrivées pour garder l’effectif",
                figure_of(
                    told, row, "needed_80", 0, "Arrivées qui gardent l’effectif, 8 fois sur 10",
                    DEPARTURES, when=when,
                ),
                compared=("8 chances sur 10",),
            ),
            *(_with_arrivals(told, row, when) if made.coming else _without(told, row, when)),
        )
    )  # fmt: skip


def _with_arrivals(told: Told, row: Mapping[str, object], when: str) -> tuple[KeyFigure, ...]:
    return (
        KeyFigure(
            "Arrivées attendues au rythme passé",
            figure_of(told, row, "arrivals", 0, "Arrivées attendues", ARRIVALS, when=when),
            compared=(f"d’ici {when}",),
        ),
        KeyFigure(
            f"APL recalculé en {when}",
            figure_of(told, row, "apl_after", 2, "APL attendue", ACCESS, when=when),
            compared=(
                "sans arrivée : ",
                figure_of(told, row, "apl_alone", 2, "APL sans arrivée", ACCESS, when=when),
            ),
        ),
    )


def _without(told: Told, row: Mapping[str, object], when: str) -> tuple[KeyFigure, ...]:
    return (
        KeyFigure(
            f"APL recalculé en {when}, sans arrivée",
            figure_of(told, row, "apl_alone", 2, "APL sans arrivée", ACCESS, when=when),
            compared=("arrivées inconnues",),
        ),
    )


def _nobody(
    story: TerritoryStory, told: Told, made: ToldProjection, row: Mapping[str, object]
) -> list[Block]:
    """Tell a territory where nobody practises: it hangs on its neighbours."""
    found = made.projection
    when = _when(found, row)
    said: list[Inline] = [
        f"Fin {found.start}, aucun généraliste libéral n’exerce dans le territoire ; les médecins "
        "salariés ne sont pas comptés ici."
    ]
    # an APL that prints as 0,00 leaves nothing to lose
    if float(row["apl"]) >= 0.005:  # type: ignore[arg-type]
        said += [
            " Son accès tient à ceux d’alentour : s’ils partent sans être remplacés, l’APL "
            "recalculé passerait de ",
            figure_of(told, row, "apl", 2, "APL recalculé", ACCESS, when=str(found.start)),
            " à ",
            figure_of(told, row, "apl_alone", 2, "APL sans arrivée", ACCESS, when=when),
            f" consultations par an et par habitant d’ici {when}.",
        ]
    zones = _zones(story, told, made, int(row["years"]))  # type: ignore[call-overload]
    return [Paragraph(tuple(said)), *zones]


def _headcount(told: Told, made: ToldProjection, rows: Sequence[Mapping[str, object]]) -> Bars:
    found = made.projection
    labels, values, texts, low, high = [], [], [], [], []
    today = float(rows[0]["doctors"])  # type: ignore[arg-type]
    labels.append(f"fin {found.start}")
    values.append(today)
    texts.append(
        told.number(
            "doctors", today, label="Médecins généralistes libéraux",
            status="ok", method=HEADCOUNT,
        )
    )  # fmt: skip
    low.append(today)
    high.append(today)
    for row in rows:
        when = _when(found, row)
        if made.coming:
            labels.append(f"{when}, arrivées au rythme passé")
            values.append(float(row["doctors_after"]))  # type: ignore[arg-type]
            texts.append(
                figure_of(told, row, "doctors_after", 0, "Médecins attendus", DEPARTURES, when=when)
            )
            low.append(float(row[f"doctors_after_low_{LEVEL}"]))  # type: ignore[arg-type]
            high.append(float(row[f"doctors_after_high_{LEVEL}"]))  # type: ignore[arg-type]
        left = today - float(row["departures"])  # type: ignore[arg-type]
        labels.append(f"{when}, aucune arrivée")
        values.append(left)
        ends = [today - float(row[f"departures_{end}_{LEVEL}"]) for end in ("high", "low")]  # type: ignore[arg-type]
        texts.append(
            told.number(
                f"left|{row['years']}", left, label="Médecins restants sans arrivée",
                method=DEPARTURES, year=when, low=ends[0], high=ends[1],
            )
        )  # fmt: skip
        low.append(ends[0])
        high.append(ends[1])
    return Bars(
        "projection-effectif",
        "Médecins généralistes libéraux du territoire, aujourd’hui et demain",
        tuple(labels),
        tuple(values),
        tuple(texts),
        "médecins",
        told.note("Trait : intervalle de 80 %."),
        tuple(low),
        tuple(high),
        frozenset({0}),
        description="Effectif attendu aux deux horizons, avec et sans arrivées.",
    )


def _horizons(told: Told, made: ToldProjection, rows: Sequence[Mapping[str, object]]) -> TableBlock:
    found = made.projection
    measures: tuple[tuple[str, str, int, str, str], ...] = (
        ("departures", "Départs attendus", 0, DEPARTURES, ""),
        ("arrivals", "Arrivées attendues au rythme passé", 0, ARRIVALS, ""),
        ("doctors_after", "Médecins", 0, DEPARTURES, "doctors"),
        ("density_after", "Médecins pour 10 000 habitants", 1, DEPARTURES, "density"),
        ("apl_after", "APL recalculé", 2, ACCESS, "apl"),
        ("apl_alone", "APL recalculé sans aucune arrivée", 2, ACCESS, "apl"),
        ("apl_65_after", "APL recalculé, médecins de 65 ans et moins", 2, ACCESS, "apl_65"),
        ("needed_50", "Arrivées pour garder l’effectif, 1 chance sur 2", 0, DEPARTURES, ""),
        ("needed_80", "Arrivées pour garder l’effectif, 8 chances sur 10", 0, DEPARTURES, ""),
        ("apl_needed_80", "Arrivées pour garder l’APL, 8 chances sur 10", 0, ACCESS, ""),
    )
    lines: list[tuple[Cell, ...]] = []
    for name, label, decimals, method, today in measures:
        if name in OF_ARRIVALS and not made.coming:
            continue
        if name not in rows[0] or not np.isfinite(float(rows[0][name])):  # type: ignore[arg-type]
            continue
        cells: list[Cell] = [label]
        start = str(found.start)
        cells.append(
            figure_of(told, {**rows[0], "years": 0}, today, decimals, label, method, when=start)
            if today
            else "–"
        )
        for row in rows:
            when = _when(found, row)
            cells.append(figure_of(told, row, name, decimals, label, method, when=when))
            cells.append(
                span_of(told, row, name, decimals, label, method, when=when)
                if f"{name}_low_{LEVEL}" in row
                else "–"
            )
        lines.append(tuple(cells))
    heads = [f"Fin {found.start}"]
    for row in rows:
        heads += [_when(found, row), "8 chances sur 10"]
    return TableBlock(
        "projection-horizons",
        "Ce que donne le passé prolongé",
        ("Ce qui est compté", *heads),
        tuple(lines),
        (False, *(True for _ in heads)),
        told.note(),
    )


def _map(story: TerritoryStory, told: Told, made: ToldProjection, years: int) -> Block | None:
    table = made.projection.communes
    last = table[table["years"] == years].set_index("code")
    delta = last["apl_alone"] - last["apl"]
    when = made.projection.start + years
    return changes_map(
        story,
        told,
        "carte-projection-apl",
        f"Changement d’APL d’ici {when} si personne n’arrive",
        {str(code): float(value) for code, value in delta.items()},
        made.bounds,
        said=f"Changement d’APL recalculé de {made.projection.start} à {when}, sans arrivée, dans "
        "le territoire et les zones qu’il rencontre.",
        note=told.note(),
    )


def _zones(story: TerritoryStory, told: Told, made: ToldProjection, years: int) -> list[TableBlock]:
    """Return the zones whose loss is likeliest, then an annex of the others; never persons."""
    found = made.projection
    last = found.zones[(found.zones["years"] == years) & (found.zones["status"] != "secret")]
    last = last[last["doctors"] > 0].sort_values("loss_probability", ascending=False, kind="stable")
    parts = [_mostly_inside(story, last[last["grid"] == grid]) for grid in PRINTED]
    watched = last[(last["grid"] == "commune") & last["watch"]]
    parts = [part for part in parts if len(part) > 1]
    cuts = [len(part) if len(part) <= MOST + FEW_MORE else MOST for part in parts]
    cut = list(zip(parts, cuts, strict=True))
    shown = pd.concat([*(part.head(most) for part, most in cut), watched.head(MOST)])
    others = pd.concat([*(part.iloc[most:] for part, most in cut), watched.head(0)])
    if shown.empty:
        return []
    when = str(found.start + years)
    title = f"Zones entières que rencontre le territoire, et communes à surveiller, d’ici {when}"
    watch = [
        f"À surveiller : au moins {percent(made.probability, 0)} de chances d’y perdre "
        f"{percent(made.loss, 0)} des médecins si personne n’arrive.",
        "Une zone à cheval sur la limite est donnée tout entière.",
    ]
    notes = list(watch)
    if len(others):
        notes.append(f"Les {MOST} premières zones de chaque grille ; les autres sont en annexe.")
    if (left := len(watched) - MOST) > 0:
        notes.append(
            f"{left} {plural(left, 'autre commune', 'autres communes')} à surveiller : la commande "
            "assemblier project les écrit toutes (projection_zones.csv)."
        )
    tables = [_zone_table(told, made, shown, when, "projection-zones", title, notes)]
    if len(others):
        rest = _zone_table(
            told, made, others, when, "projection-autres-zones",
            f"Les autres zones que rencontre le territoire, d’ici {when}", watch,
        )  # fmt: skip
        tables.append(replace(rest, annex=True))
    return tables


def _zone_table(
    told: Told,
    made: ToldProjection,
    zones: pd.DataFrame,
    when: str,
    name: str,
    title: str,
    notes: Sequence[str],
) -> TableBlock:
    found = made.projection
    rows: list[tuple[Cell, ...]] = []
    for record in zones.to_dict("records"):
        row = {str(key): value for key, value in record.items()}
        rows.append(
            (
                f"{row['name']}",
                GRIDS.get(str(row["grid"]), str(row["grid"])),
                figure_of(
                    told, row, "doctors", 0, "Médecins", HEADCOUNT,
                    when=str(found.start),
                ),
                figure_of(told, row, "departures", 1, "Départs attendus", DEPARTURES, when=when),
                leaving_span(told, row, when),
                figure_of(told, row, "apl", 2, "APL recalculé", ACCESS, when=str(found.start)),
                figure_of(told, row, "apl_alone", 2, "APL sans arrivée", ACCESS, when=when),
                "à surveiller" if row["watch"] else "",
            )
        )  # fmt: skip
    return TableBlock(
        name,
        title,
        (
            "Zone",
            "Grille",
            f"Médecins, {found.start}",
            "Départs attendus",
            "Départs, 8 chances sur 10",
            f"APL, {found.start}",
            f"APL sans arrivée, {when}",
            "Veille",
        ),
        tuple(rows),
        (False, False, True, True, True, True, True, False),
        told.note(*notes),
    )


def _mostly_inside(story: TerritoryStory, zones: pd.DataFrame) -> pd.DataFrame:
    """Keep the zones that are more than a fringe of the territory."""
    if zones.empty:
        return zones
    geography = story.context.geography
    home = geography.membership[geography.membership["arm"].isna()][str(zones["grid"].iloc[0])]
    people = geography.population.reindex(home.index)
    inside = people[people.index.isin(story.territory.communes)]
    own = inside.groupby(home.reindex(inside.index)).sum()
    whole = people.groupby(home).sum()
    shares, weights = own / whole.reindex(own.index), own / inside.sum()
    kept = own.index[(shares >= MOSTLY) | (weights >= NOTABLE)]
    return zones[zones["zone"].isin(kept)]
