"""Supply, density and APL with the local corrections of the territory laid over the open sources.

The whole country is computed, then sliced: a doctor who leaves on one side of a border is missed on
the other. The indicators of the producers stay what they are; these stand beside them, and the
zones that a correction touches say so.
"""

# ruff: noqa: E501 — sentences

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from assemblier.declarations import Direction, Indicator
from assemblier.errors import MissingSource
from assemblier.indicators.access import APL_SAYS_NOT, APL_UNIT
from assemblier.indicators.components import Components, Kind, Read
from assemblier.indicators.context import Context
from assemblier.indicators.doctor_access import doctor_apl, placed
from assemblier.indicators.national import PROFESSION, day_of, latest_year, national_supply
from assemblier.indicators.national_times import national_times
from assemblier.indicators.population import populations
from assemblier.indicators.recomputed_access import (
    PARAMETERS,
    recomputed_engine,
    recomputed_table,
)
from assemblier.language import date, number, plural
from assemblier.measures.access import Demand, Supply
from assemblier.measures.prepared import prepare
from assemblier.measures.recomputed import RecomputedModel
from assemblier.measures.supply_corrections import CountChange, count_change
from assemblier.values import Reason, Status

__all__ = [
    "INDICATORS",
    "CorrectedApl",
    "LocalCorrections",
    "SupplyChange",
    "corrected_apl",
    "local_corrections",
    "supply_change",
]

PER_10_000 = 10_000.0


@dataclass(frozen=True, slots=True)
class LocalCorrections:
    """Local corrections of general practitioners that the lake holds.

    Attributes
    ----------
    rows
        ``place, share, begin, end`` in the reference communes.
    day
        Day on which they hold: the end of the year in which the last was told.
    reads
        What was read.
    """

    rows: pd.DataFrame
    day: dt.date
    reads: tuple[Read, ...]


def local_corrections(context: Context) -> LocalCorrections | None:
    """Read the local corrections of general practitioners; None when the lake has none.

    A correction whose commune is unknown is left out: the reader of the file has said so.
    """
    return context.once("local corrections", lambda: _local_corrections(context))


def _local_corrections(context: Context) -> LocalCorrections | None:
    frames, reads, told = [], [], []
    for part in context.parts("correction_offre"):
        rows = context.lake.read(part)
        rows = rows[rows["profession"] == PROFESSION]
        if rows.empty:
            continue
        frames.append(
            pd.DataFrame(
                {
                    "place": placed(context, part, rows["code"].astype(object)).to_numpy(object),
                    "share": rows["capacite"].to_numpy(np.float64),
                    "begin": pd.to_datetime(rows["debut"]).to_numpy(),
                    "end": pd.to_datetime(rows["fin"]).to_numpy(),
                }
            )
        )
        dates = pd.to_datetime(rows["date"]).dropna()
        if dates.empty:
            dates = pd.concat([pd.to_datetime(rows["debut"]), pd.to_datetime(rows["fin"])]).dropna()
        told += [int(each) for each in dates.dt.year]
        reads.append(Read(part, ("code", "capacite", "debut", "fin"), {"profession": PROFESSION}))
    if not frames or not told:
        return None
    table = pd.concat(frames, ignore_index=True)
    return LocalCorrections(table[table["place"].notna()], day_of(max(told)), tuple(reads))


def _register(context: Context) -> tuple[pd.Series, int, Read] | None:
    """Liberal doctors by reference commune, the year of the register and what was read."""
    parts = context.parts("medecin_commune")
    if not parts:
        return None
    part = max(parts, key=lambda each: (max(each.years), each.rows))
    year = max(part.years)
    frame, read = context.converted(part, ["total"], where={"annee": year})
    return frame["total"], year, read


def _counted(context: Context) -> tuple[pd.DataFrame, int, tuple[Read, ...], CountChange] | None:
    """Doctors by commune after the corrections, with the status of each."""
    told, register = local_corrections(context), _register(context)
    if told is None or register is None:
        return None
    doctors, year, read = register
    made = count_change(told.rows, doctors.fillna(0.0), counted_on=day_of(year), day=told.day)
    index = doctors.index.union(made.places.index)
    corrected = doctors.reindex(index)
    change = made.places.reindex(index)
    frame = pd.DataFrame({"numerator": corrected.where(change.isna(), corrected.fillna(0.0))})
    frame["numerator"] += change.fillna(0.0)
    touched = change.notna()
    frame["status"] = pd.Series(Status.ESTIMATED, index, dtype=object).where(touched, None)
    frame["reason"] = pd.Series(Reason.LOCAL, index, dtype=object).where(touched, None)
    return frame, year, (read, *told.reads), made


def _headcount(context: Context) -> Iterator[Components]:
    made = _counted(context)
    if made is None:
        return
    frame, year, reads, change = made
    yield Components(
        Kind.COUNT, frame, str(year), reads[-1].part.source, reads, notes=_notes(context, change)
    )


def _density(context: Context) -> Iterator[Components]:
    made, known = _counted(context), populations(context)
    if made is None or not known:
        return
    frame, year, reads, change = made
    nearest = min(known, key=lambda each: (abs(each - year), each))
    people, people_reads = known[nearest]
    yield Components(
        Kind.RATIO,
        frame.assign(denominator=people["numerator"].reindex(frame.index)),
        str(year),
        reads[-1].part.source,
        (*reads, *people_reads),
        scale=PER_10_000,
        notes=(*_notes(context, change), f"population municipale de {nearest}"),
    )


def _notes(context: Context, change: CountChange) -> tuple[str, ...]:
    told = local_corrections(context)
    assert told is not None
    aside = len(change.lines) - change.counted
    said = (
        f"{change.counted} {plural(change.counted, 'correction locale', 'corrections locales')} au {date(told.day)}"
        + (f", {aside} sans effet à cette date ou déjà dans le registre" if aside else "")
    )
    return (said, f"{number(float(change.places.sum()), 1)} médecin à plein temps au total")


@dataclass(frozen=True, slots=True)
class SupplyChange:
    """What the local corrections change to a national supply.

    Attributes
    ----------
    doctors, acts
        Place → change, in doctors at full time and in acts a year.
    counted
        The corrections, one by one.
    reads, notes
        What was read, and what a reader must know (French).
    """

    doctors: pd.Series
    acts: pd.Series
    counted: CountChange
    reads: tuple[Read, ...]
    notes: tuple[str, ...]


def supply_change(context: Context, base: pd.DataFrame) -> SupplyChange | None:
    """Say what the local corrections change to a supply; None when the lake has none.

    Parameters
    ----------
    base
        ``doctors, acts`` by place; no place falls under zero. A doctor who comes, leaves or works
        another share has the acts of those of the place, else of the country.
    """
    told, register = local_corrections(context), _register(context)
    if told is None or register is None:
        return None
    counted = count_change(told.rows, base["doctors"], counted_on=day_of(register[1]), day=told.day)
    changes = counted.places[counted.places.index.isin(base.index)]
    each = base["acts"] / base["doctors"].where(base["doctors"] > 0)
    mean = float(base["acts"].sum() / base["doctors"].sum())
    acts = changes * each.reindex(changes.index).fillna(mean)
    return SupplyChange(changes, acts, counted, told.reads, _notes(context, counted))


@dataclass(frozen=True, slots=True)
class CorrectedApl:
    """The recomputed APL of the country with the local corrections.

    Attributes
    ----------
    table
        ``apl, change, standardised, reached`` by unit: the corrected value and what the
        corrections add to the recomputed one.
    supply
        Place → change in acts a year.
    counted
        The corrections, one by one.
    """

    table: pd.DataFrame
    supply: pd.Series
    counted: CountChange


def corrected_apl(context: Context, year: int | None = None) -> CorrectedApl | None:
    """Add the local corrections to the recomputed APL of a year; None without any.

    Access is linear in supply: only the sites that change are timed, from the whole country.

    Parameters
    ----------
    year
        Year of the supply; the latest possible without it.

    Raises
    ------
    MissingSource
        When the lake lacks what the recomputed APL needs.
    """
    year = latest_year(context) if year is None else year
    base = recomputed_table(context, year)
    made = supply_change(context, base)
    if made is None:
        return None
    acts, counted = made.acts, made.counted
    table = base[["apl", "standardised", "reached"]].assign(change=0.0)
    if acts.empty:
        return CorrectedApl(table, acts, counted)
    supply = national_supply(context, year)
    model = RecomputedModel.on(context.parameters, day_of(year))
    ids = supply.communes["id"].to_numpy(object)
    at = pd.Index(ids).isin(acts.index)
    held = base.reindex(ids)
    ready = prepare(
        "apl",
        national_times(context, supply, at, model),
        Demand.of(ids, held["population"].to_numpy(), held["standardised"].to_numpy()),
        Supply.of(ids[at], held["acts"].to_numpy(np.float64)[at]),
        model.decay,
    )
    moved = pd.Series(ready.change(acts), index=pd.Index(ids, dtype=object)).reindex(table.index)
    change = np.maximum(moved.fillna(0.0), -table["apl"])
    value = table["apl"] + change
    return CorrectedApl(
        table.assign(apl=value, change=change, reached=table["reached"] | (change > 0)),
        acts,
        counted,
    )


def _apl(column: str) -> Callable[[Context], Iterator[Components]]:
    def build(context: Context) -> Iterator[Components]:
        yield from _of_register(context, column)
        try:
            year = latest_year(context)
            made = corrected_apl(context, year)
        except MissingSource:
            return
        told = local_corrections(context)
        if made is None or told is None:
            return
        supply = national_supply(context, year)
        yield Components(
            Kind.MEAN,
            _frame(made.table[column], made.table["standardised"], made.table["change"]),
            str(year),
            told.reads[0].part.source,
            (*told.reads, *supply.reads),
            notes=(
                *_notes(context, made.counted),
                f"Temps de trajet : {recomputed_engine(context, year)}.",
            ),
        )

    return build


def _frame(value: pd.Series, weight: pd.Series, change: pd.Series) -> pd.DataFrame:
    reached = (value > 0) | (change != 0)
    local = change != 0
    status = np.where(reached, Status.ESTIMATED, Status.UNREACHABLE)
    reason = np.where(reached, Reason.MODELLED, Reason.NO_ORIGIN_IN_REACH)
    return pd.DataFrame(
        {
            "numerator": value,
            "denominator": weight,
            "status": status,
            "reason": np.where(local, Reason.LOCAL, reason),
        },
        index=value.index,
    )


def _of_register(context: Context, column: str) -> Iterator[Components]:
    """Do the same with the register of persons, where the lake holds it."""
    told = local_corrections(context)
    if told is None:
        return
    try:
        before = doctor_apl(context)
    except MissingSource:
        return
    after = doctor_apl(context, before.year, corrected_on=told.day)
    ids = pd.Index(before.access.ids, dtype=object, name="code")
    corrected = pd.Series(after.access.value, index=after.access.ids).reindex(ids)
    change = (corrected - pd.Series(before.access.value, index=ids)).round(12)
    count = len(after.doctors.corrections)
    yield Components(
        Kind.MEAN,
        _frame(
            corrected if column == "apl" else change,
            before.need.standardised.reindex(ids),
            change,
        ),
        str(before.year),
        told.reads[0].part.source,
        (*told.reads, *before.doctors.reads, *before.need.reads),
        notes=(
            f"{count} {plural(count, 'correction locale', 'corrections locales')} au {date(told.day)}.",
            f"Temps de trajet : {after.access.engine}.",
        ),
    )


LOCAL_SAYS_NOT = (
    "Une correction locale est ce que le territoire sait ; elle n’est vérifiée par aucun producteur.",
    "Une annonce de départ ou d’arrivée n’est pas encore un fait.",
)
_CARDS = ("corrections-locales",)
_APL_CARDS = (
    *_CARDS,
    "cartosante-communes",
    "cartosante-mg-tvs",
    "insee-bpe",
    "drees-population-standardisee",
)

INDICATORS = (
    Indicator(
        "mg_corrige",
        "O1c",
        "supply",
        "Médecins généralistes libéraux, corrigé localement",
        "Liberal GPs, corrected locally",
        "équivalents temps plein",
        1,
        Direction.HIGHER,
        "Médecins généralistes libéraux du registre, moins les départs, plus les arrivées, chacun compté pour la part de "
        "temps que le territoire dit.",
        LOCAL_SAYS_NOT,
        "CartoSanté ; corrections du territoire",
        _headcount,
        (*_CARDS, "cartosante-communes"),
        differs={
            "CartoSanté": "CartoSanté compte des têtes au 31 décembre de l’année du registre ; ici, les temps partiels, départs et "
            "arrivées que le territoire connaît s’y ajoutent."
        },
    ),
    Indicator(
        "mg_corrige_densite",
        "O1cd",
        "supply",
        "Densité de médecins généralistes libéraux, corrigée localement",
        "Density of liberal GPs, corrected locally",
        "pour 10 000 habitants",
        1,
        Direction.HIGHER,
        "Les mêmes médecins pour 10 000 habitants (population municipale de l’année la plus proche).",
        LOCAL_SAYS_NOT,
        "CartoSanté, populations légales ; corrections du territoire",
        _density,
        (*_CARDS, "cartosante-communes", "cogugaison-populations"),
        differs={
            "CartoSanté, Rézone": "Leur densité compte des têtes à leur date ; celle-ci compte les temps de travail que le territoire "
            "connaît, sur la population municipale."
        },
    ),
    Indicator(
        "apl_corrigee",
        "A1c",
        "access",
        "APL aux médecins généralistes, recalculé et corrigé localement",
        "Potential access to GPs, recomputed and corrected locally",
        APL_UNIT,
        2,
        Direction.HIGHER,
        "L’APL recalculé de toute la France, l’offre changée là où le territoire la connaît mieux que le registre.",
        (*APL_SAYS_NOT[:2], *LOCAL_SAYS_NOT),
        "DREES, Accessibilité potentielle localisée (méthode) ; calcul du programme ; corrections du territoire",
        _apl("apl"),
        _APL_CARDS,
        PARAMETERS,
        differs={
            "DREES, APL publié": "La DREES ne connaît ni les départs annoncés ni les temps partiels dits sur place ; voyez aussi ce qui "
            "sépare l’APL recalculé de l’APL publié."
        },
    ),
    Indicator(
        "apl_correction",
        "A1cv",
        "access",
        "Ce que les corrections locales changent à l’APL recalculé",
        "What local corrections change in the recomputed potential access",
        APL_UNIT,
        2,
        Direction.HIGHER,
        "APL recalculé avec les corrections locales moins le même sans elles ; les communes voisines y perdent ou y gagnent aussi.",
        LOCAL_SAYS_NOT,
        "Calcul du programme ; corrections du territoire",
        _apl("change"),
        _APL_CARDS,
        PARAMETERS,
    ),
)
