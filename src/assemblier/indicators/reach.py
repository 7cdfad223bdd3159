"""Indicators of travel: minutes to general practitioners, people far from them or from emergencies.

Times by cell of 200 m come first where the lake has them (they are the producer's); elsewhere the
crow-fly model stands in, between communes, and every figure names which of the two made it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from assemblier.declarations import Direction, Indicator
from assemblier.errors import MissingSource
from assemblier.indicators.components import Components, Kind, Read
from assemblier.indicators.context import Context
from assemblier.indicators.facilities import types_of
from assemblier.indicators.national import NationalSupply, day_of, national_places, national_supply
from assemblier.indicators.national_times import ISLANDS, shores
from assemblier.measures.access import Demand, Supply
from assemblier.measures.crowfly import Places, crow_fly_times, minutes_inside
from assemblier.measures.nearest import nth_nearest
from assemblier.measures.times import SECONDS_PER_MINUTE
from assemblier.measures.travel import crow_fly_model
from assemblier.values import Reason, Status

__all__ = ["INDICATORS", "emergencies", "reach_minutes", "reach_table"]

MODEL = "travel.crow_fly.metric"
BOUNDS = "travel.reach.bounds"
PARAMETERS = (MODEL, BOUNDS, ISLANDS, "travel.steepness")


@dataclass(frozen=True, slots=True)
class _Reach:
    """Minutes by unit, and what they rest on; ``minutes`` is NaN where nothing is in reach."""

    minutes: pd.Series
    people: pd.Series
    year: int
    vintage: str
    reads: tuple[Read, ...]
    notes: tuple[str, ...]


def reach_minutes(
    context: Context, supply: NationalSupply, capacity: NDArray[np.float64], rank: int
) -> NDArray[np.float64]:
    """Estimate minutes from every unit to the n-th offer, by the crow-fly model, shape (n,).

    Inside a commune, the time is that of a resident spread evenly over its area. From an island
    without a road, only what it offers itself is reached; nor does anybody drive to it.

    Parameters
    ----------
    supply
        Gives the units.
    capacity
        What each unit offers, shape (n,); a unit with three doctors counts three times.
    rank
        1 for the nearest.

    Returns
    -------
    NaN where nothing is within the last bound.
    """
    day = day_of(supply.year)
    model = crow_fly_model(context.parameters, day, reference="metric")
    table = supply.communes
    where = national_places(context, "travel.steepness").reindex(table["id"])
    places = Places(
        table["id"].to_numpy(dtype=object),
        table["lon"].to_numpy(np.float64),
        table["lat"].to_numpy(np.float64),
        where["steepness"].to_numpy(np.float64),
        table["landmark"].to_numpy(np.float64),
    )
    inside = minutes_inside(
        model, table["area_km2"].to_numpy(np.float64), steepness=places.steepness
    )
    people = table["population"].to_numpy(np.float64)
    bounds = context.parameters[BOUNDS].on(day)
    shore = shores(context, places.ids, supply.year)
    found = np.full(len(table), np.nan)
    for each in range(int(shore.max()) + 1):
        offered = (capacity > 0) & (shore == each)
        # what is found within a near bound is exact; only the others are sought farther
        for bound in bounds if offered.any() else ():
            left = np.isnan(found) & (shore == each)
            if not left.any():
                break
            times = crow_fly_times(
                places.at(left),
                places.at(offered),
                model,
                limit=int(bound * SECONDS_PER_MINUTE),
                own_minutes=inside[left],
            )
            found[left] = nth_nearest(
                times,
                Demand.of(places.ids[left], people[left]),
                Supply.of(places.ids[offered], capacity[offered]),
                rank,
                count="capacity",
            ).value
    return found


def reach_table(context: Context) -> pd.DataFrame:
    """Return minutes by unit, estimated: ``population, first_gp, third_gp`` and ``emergency``.

    NaN where nothing is in reach; ``emergency`` only where the lake has a base of facilities. The
    table is kept in the lake's folder of prepared tables.

    Raises
    ------
    MissingSource
        When the lake lacks the doctors or the population.
    """
    values = {name: context.parameters[name].latest for name in PARAMETERS}
    return context.prepared(f"reach|{values}", lambda: _reach_table(context))


def _reach_table(context: Context) -> pd.DataFrame:
    supply = national_supply(context)
    table = supply.communes
    doctors = table["gps"].to_numpy(np.float64)
    made = pd.DataFrame(
        {
            "population": table["population"].to_numpy(np.float64),
            "first_gp": reach_minutes(context, supply, doctors, 1),
            "third_gp": reach_minutes(context, supply, doctors, 3),
        },
        index=pd.Index(table["id"].to_numpy(dtype=object), dtype=object, name="code"),
    )
    found = emergencies(context)
    if found is not None:
        counts = found[0].reindex(made.index).fillna(0.0).to_numpy(np.float64)
        made["emergency"] = reach_minutes(context, supply, counts, 1)
    return made


def emergencies(context: Context) -> tuple[pd.Series, int, Read] | None:
    """Return emergency departments by unit in the latest facilities, the year and what was read."""
    editions = [(year, part) for part in context.parts("equipement") for year in part.years]
    for year, part in sorted(editions, key=lambda each: (-each[0], -each[1].rows)):
        codes = types_of(context.parameters, "urgences", year)
        if codes:
            frame, read = context.converted(
                part, ["nombre"], where={"annee": year, "type": list(codes)}, zero=True
            )
            return frame["nombre"], year, read
    return None


def _modelled(context: Context, column: str) -> _Reach | None:
    try:
        supply = national_supply(context)
        table = reach_table(context)
    except MissingSource:
        return None
    if column not in table:
        return None
    engine = crow_fly_model(context.parameters, day_of(supply.year), reference="metric").engine
    own = [read for read in supply.reads if read.part.table in {"population", "temps"}]
    if column == "emergency":
        found = emergencies(context)
        assert found is not None
        _, year, read = found
    else:
        read = next(each for each in supply.reads if each.part.table == "medecin_commune")
        year = max(read.part.years)
    return _Reach(
        table[column],
        table["population"],
        year,
        read.part.source,
        (read, *own),
        (
            f"Temps de trajet : {engine}, de mairie à mairie ; dans sa commune, le temps moyen "
            "d’un habitant réparti sur son étendue. Aucun bac n’est compté : d’une île sans "
            "route, seule l’offre de l’île est atteinte.",
        ),
    )


def _cells(context: Context, facility: str, columns: list[str]) -> Iterator[_Cells]:
    """Read the producer's times by cell, summed by commune, year after year."""
    years = sorted({year for part in context.parts("acces_carreau") for year in part.years})
    for year in years:
        codes = types_of(context.parameters, facility, year)
        frames, reads = [], []
        for part in context.parts("acces_carreau", year=year):
            where = {"annee": year, "type": list(codes)}
            frame, read = context.converted(part, ["population", *columns], where=where)
            if len(frame):
                frames.append(frame)
                reads.append(read)
        if frames:
            yield _Cells(pd.concat(frames), year, reads[0].part.source, tuple(reads))


@dataclass(frozen=True, slots=True)
class _Cells:
    frame: pd.DataFrame
    year: int
    vintage: str
    reads: tuple[Read, ...]

    def covers(self, context: Context) -> bool:
        """Say whether nearly all the people of the country live in its communes."""
        people = context.geography.population
        known = people[people.index.isin(self.frame.index)].sum()
        share = context.parameters["zones.coverage.estimated_below"].latest
        return bool(known >= share * people.sum())


CELL_NOTE = (
    "Temps de trajet : Insee, distancier Metric, par carreau de 200 mètres, chacun selon sa "
    "population."
)


def _mean_minutes(column: str, facility: str | None) -> Callable[[Context], Iterator[Components]]:
    def build(context: Context) -> Iterator[Components]:
        whole = False
        for cells in _cells(context, facility, ["minutes"]) if facility else ():
            whole |= cells.covers(context)
            frame = cells.frame.rename(
                columns={"minutes": "numerator", "population": "denominator"}
            )
            yield Components(
                Kind.MEAN,
                frame[["numerator", "denominator"]],
                str(cells.year),
                cells.vintage,
                cells.reads,
                notes=(CELL_NOTE,),
            )
        reach = None if whole else _modelled(context, column)
        if reach is None:
            return
        known = reach.minutes.notna()
        frame = pd.DataFrame(
            {
                "numerator": reach.minutes,
                "denominator": reach.people,
                "status": np.where(known, Status.ESTIMATED, Status.UNREACHABLE),
                "reason": np.where(known, Reason.MODELLED, Reason.NO_ORIGIN_IN_REACH),
            }
        )
        notes = ("Pondération : population municipale.", *reach.notes)
        yield Components(Kind.MEAN, frame, str(reach.year), reach.vintage, reach.reads, notes=notes)

    return build


def _share_beyond(
    column: str, facility: str, minutes: int
) -> Callable[[Context], Iterator[Components]]:
    def build(context: Context) -> Iterator[Components]:
        whole = False
        for cells in _cells(context, facility, [f"plus{minutes}"]):
            whole |= cells.covers(context)
            frame = cells.frame.rename(
                columns={f"plus{minutes}": "numerator", "population": "denominator"}
            )
            yield Components(
                Kind.RATIO,
                frame[["numerator", "denominator"]],
                str(cells.year),
                cells.vintage,
                cells.reads,
                scale=100.0,
                notes=(CELL_NOTE,),
            )
        reach = None if whole else _modelled(context, column)
        if reach is None:
            return
        # who has nothing in reach is beyond, however far the model looks
        beyond = reach.minutes.isna() | (reach.minutes > minutes)
        frame = pd.DataFrame(
            {
                "numerator": reach.people.where(beyond, 0.0),
                "denominator": reach.people,
                "status": Status.ESTIMATED,
                "reason": Reason.MODELLED,
            }
        )
        yield Components(
            Kind.RATIO,
            frame,
            str(reach.year),
            reach.vintage,
            reach.reads,
            scale=100.0,
            notes=(*reach.notes, "Une commune est tout entière en deçà ou au-delà."),
        )

    return build


SAYS_NOT = (
    "Un temps de trajet en voiture ne dit ni si le médecin prend de nouveaux patients, ni comment "
    "se "
    "déplacent ceux qui n’ont pas de voiture.",
)
CARDS = ("insee-acces-equipements", "cartosante-communes", "insee-bpe", "temps-communes-paris")

INDICATORS = (
    Indicator(
        "minutes_1er_mg",
        "A5",
        "access",
        "Temps de trajet jusqu’au premier médecin généraliste",
        "Travel time to the nearest GP",
        "min",
        1,
        Direction.LOWER,
        "Minutes en voiture jusqu’au médecin généraliste le plus proche, en moyenne sur les "
        "habitants.",
        SAYS_NOT,
        "Insee, distancier Metric ; calcul du programme",
        _mean_minutes("first_gp", "mg"),
        CARDS,
        PARAMETERS,
    ),
    Indicator(
        "minutes_3e_mg",
        "A6",
        "access",
        "Temps de trajet jusqu’au troisième médecin généraliste",
        "Travel time to the third nearest GP",
        "min",
        1,
        Direction.LOWER,
        "Minutes en voiture au bout desquelles trois médecins généralistes libéraux sont à portée, "
        "en moyenne sur les habitants : ce qu’il en coûte d’avoir le choix.",
        SAYS_NOT,
        "calcul du programme",
        _mean_minutes("third_gp", None),
        CARDS[1:],
        PARAMETERS,
    ),
    Indicator(
        "part_plus20min_mg",
        "A7",
        "access",
        "Population à plus de 20 minutes d’un médecin généraliste",
        "Population more than 20 minutes from a GP",
        "%",
        1,
        Direction.LOWER,
        "Part de la population à plus de 20 minutes en voiture du médecin généraliste le plus "
        "proche.",
        SAYS_NOT,
        "Insee, distancier Metric ; calcul du programme",
        _share_beyond("first_gp", "mg", 20),
        CARDS,
        PARAMETERS,
    ),
    Indicator(
        "part_plus30min_urgences",
        "A9",
        "access",
        "Population à plus de 30 minutes d’un service d’urgences",
        "Population more than 30 minutes from an emergency department",
        "%",
        1,
        Direction.LOWER,
        "Part de la population à plus de 30 minutes en voiture du service d’urgences le plus "
        "proche.",
        (*SAYS_NOT, "Les SMUR et les médecins correspondants du SAMU ne sont pas comptés."),
        "Insee, base permanente des équipements ; calcul du programme",
        _share_beyond("emergency", "urgences", 30),
        CARDS,
        PARAMETERS,
    ),
)
