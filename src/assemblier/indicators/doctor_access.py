"""APL from the rows of a register of doctors, on roads, with what people on the spot corrected.

The register tells who practises where; it does not tell acts, so that every doctor has the mean.
Doctors are known by pseudonyms: a local correction is laid on one doctor of its commune, whichever,
since supply is counted by commune.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from assemblier.errors import MissingSource
from assemblier.indicators.age_need import AgeNeed, age_need
from assemblier.indicators.components import Read
from assemblier.indicators.context import Context
from assemblier.indicators.national import PROFESSION, day_of, national_places
from assemblier.lake.provenance import Part
from assemblier.measures.access import Access, Demand, Supply
from assemblier.measures.catchment.apl import apl
from assemblier.measures.crowfly import Places
from assemblier.measures.decay import Decay, parse_decay
from assemblier.measures.osm import car_profile, read_roads
from assemblier.measures.recomputed import RecomputedModel
from assemblier.measures.roads import RoadGraph, load_roads, place_points, save_roads
from assemblier.measures.supply import ActivityRules, DoctorSupply, supply_from_doctors
from assemblier.measures.supply_corrections import correct_doctors, correction_kind
from assemblier.measures.times import SECONDS_PER_MINUTE
from assemblier.measures.travel import CrowFlyEngine, NamedCase, TravelEngine, road_engine
from assemblier.whole_files import written_in_one_step

__all__ = [
    "DoctorApl",
    "RegisteredDoctors",
    "best_engine",
    "doctor_apl",
    "placed",
    "registered_doctors",
]


@dataclass(frozen=True, slots=True)
class RegisteredDoctors:
    """Doctors of the register, one row by doctor and site.

    Attributes
    ----------
    table
        As :func:`assemblier.measures.supply.supply_from_doctors` takes it.
    left_out
        How many lines are left out, by reason (French).
    corrections
        What the local corrections changed; empty without any.
    reads
        What was read of the lake.
    """

    table: pd.DataFrame
    left_out: dict[str, int]
    corrections: pd.DataFrame
    reads: tuple[Read, ...]


@dataclass(frozen=True, slots=True)
class DoctorApl:
    """An APL made of the doctors of a register.

    Attributes
    ----------
    year
        Year of the need and of the producer's rules.
    need
        Standardised population.
    doctors
        The register, corrected or not.
    supply
        Acts by commune, and what became of each line.
    access
        APL by commune; it names the engine of its times.
    cases
        Islands, places without road, edge of the extract.
    """

    year: int
    need: AgeNeed
    doctors: RegisteredDoctors
    supply: DoctorSupply
    access: Access
    cases: tuple[NamedCase, ...]


def doctor_apl(
    context: Context,
    year: int | None = None,
    *,
    corrected_on: dt.date | None = None,
    engine: TravelEngine | None = None,
) -> DoctorApl:
    """Compute the APL of the doctors of the register.

    Parameters
    ----------
    year
        Year of the need and of the rules; the latest with printed weights of ages without it.
    corrected_on
        Lay the local corrections that hold on that day; None leaves the register as it is.
    engine
        What computes times; :func:`best_engine` without it.

    Raises
    ------
    MissingSource
        When the lake has no register, or no population by age.
    """
    year = _latest(context) if year is None else year
    day = day_of(year)
    doctors = registered_doctors(context, day, corrected_on=corrected_on)
    need = age_need(context, year)
    rules = ActivityRules(
        **context.parameters["apl.gp.activity"].on(day),
        default=float(context.parameters["apl.gp.acts_per_gp"].on(day)),
    )
    supply = supply_from_doctors(
        doctors.table, rules, counted_practices=context.parameters["apl.gp.scope"].on(day)
    )
    places = _places(context, need)
    at = pd.Index(places.ids)
    offered = supply.places[supply.places["place"].isin(at)]
    engine = best_engine(context, places, day) if engine is None else engine
    decay = _decay(context, engine, day)
    there = at.get_indexer(offered["place"])
    timed = engine.between(
        places, places.at(there), limit=int(np.ceil(decay.limit * SECONDS_PER_MINUTE))
    )
    demand = Demand.of(
        places.ids,
        need.population.reindex(at).to_numpy(np.float64),
        need.standardised.reindex(at).to_numpy(np.float64),
    )
    access = apl(
        timed.times, demand, Supply.of(places.ids[there], offered["acts"].to_numpy()), decay
    )
    return DoctorApl(year, need, doctors, supply, access, timed.cases)


def _latest(context: Context) -> int:
    years = [year for part in context.parts("apl_poids_age") for year in part.years]
    if not years:
        raise MissingSource("Le lac n’a pas les poids des âges de l’APL.")
    return max(years)


def _decay(context: Context, engine: TravelEngine, day: dt.date) -> Decay:
    """Take the producer's steps; blurred where times are estimated and not those of roads."""
    if isinstance(engine, CrowFlyEngine):
        return RecomputedModel.on(context.parameters, day).decay
    return parse_decay(context.parameters["apl.gp.decay"].on(day))


def _places(context: Context, need: AgeNeed) -> Places:
    where = national_places(context).reindex(need.standardised.index)
    where = where[where["lon"].notna()]
    names = ("lon", "lat", "steepness", "landmark", "size", "density")
    return Places(
        where.index.to_numpy(object), *(where[name].to_numpy(np.float64) for name in names)
    )


def best_engine(context: Context, places: Places, day: dt.date) -> TravelEngine:
    """Return the best engine at hand: roads of the lake that reach the places, else crow-fly."""
    rules = context.parameters["travel.roads.places"].on(day)
    least = context.parameters["apl.doctors.roads_cover"].on(day)
    for part in context.parts("route"):
        roads = _roads(context, part, day)
        placed = place_points(
            roads,
            places.lon,
            places.lat,
            farthest_metres=rules["farthest_metres"],
            fragment_nodes=rules["fragment_nodes"],
        )
        if (placed.edge >= 0).mean() >= least:
            return road_engine(roads, context.parameters, day)
    return CrowFlyEngine(RecomputedModel.on(context.parameters, day).travel)


def _roads(context: Context, part: Part, day: dt.date) -> RoadGraph:
    """Read an extract of the lake, or the graph that was kept of it."""
    row = context.lake.read(part, ["fichier", "empreinte"]).iloc[0]
    profile = car_profile(context.parameters, day)
    told = hashlib.sha256(f"{row['empreinte']}|{profile}".encode()).hexdigest()
    name = f"roads-{told[:24]}.npz"
    kept = context.lake.prepared_folder / name
    if kept.is_file():
        return load_roads(kept)
    roads = read_roads(
        context.lake.kept_file(str(row["empreinte"])), profile, source=f"routes de {part.source}"
    )
    _keep(roads, kept)
    return roads


def _keep(roads: RoadGraph, path: Path) -> None:
    with written_in_one_step(path) as beside:
        save_roads(roads, beside)


def registered_doctors(
    context: Context, day: dt.date, *, corrected_on: dt.date | None = None
) -> RegisteredDoctors:
    """Read the general practitioners of the register, one row by doctor and site.

    Parameters
    ----------
    day
        Day whose rules hold.
    corrected_on
        Day for which local corrections are laid; None for none.

    Raises
    ------
    MissingSource
        When the lake has no register.
    """
    part = context.lake.part("professionnel")
    rule = context.parameters["apl.doctors.register"].on(day)
    rows = context.lake.read(part).drop(columns=["_row"])
    rows = rows.astype({name: object for name in rows.columns if rows[name].dtype != object})
    rows = rows[
        (rows["profession"] == rule["profession"]) & rows["specialite"].isin(rule["skills"])
    ]
    left: dict[str, int] = {}

    def leave(kept: pd.Series, why: str) -> pd.DataFrame:
        if (~kept).any():
            left[why] = int((~kept).sum())
        return rows[kept]

    liberal = rows["mode"].isin(rule["liberal_modes"])
    remote = rows["secteur"].isin(rule["remote_sectors"])
    salaried = ~liberal & rows["secteur"].isin(rule["salaried_sectors"])
    rows = leave(liberal | salaried | remote, "salariés hors des centres de santé")
    # several skills make several lines of one site
    rows = leave(rows["pseudonyme"].notna(), "sans identifiant")
    rows = rows.assign(site=rows["site"].fillna(rows["code"]))
    rows = rows.sort_values(["pseudonyme", "site", "code"], na_position="last")
    rows = leave(~rows.duplicated(["pseudonyme", "site"]), "lignes répétées d’un même site")
    rows = rows.assign(place=placed(context, part, rows["code"]))
    rows = leave(rows["place"].notna(), "sites sans commune connue")
    table = pd.DataFrame(
        {
            "doctor": rows["pseudonyme"].to_numpy(object),
            "place": rows["place"].to_numpy(object),
            "site": rows["site"].to_numpy(object),
            "salaried": ~rows["mode"].isin(rule["liberal_modes"]).to_numpy(bool),
            "remote": rows["secteur"].isin(rule["remote_sectors"]).to_numpy(bool),
            "part_time": 1.0,
        }
    )
    table.loc[table["remote"], "salaried"] = False
    reads = [Read(part, ("pseudonyme", "specialite", "mode", "secteur", "site", "code"))]
    log = pd.DataFrame()
    if corrected_on is not None:
        table, log, more = _corrected(context, table, corrected_on)
        reads += more
    return RegisteredDoctors(table, left, log, tuple(reads))


def placed(context: Context, part: Part, codes: pd.Series) -> pd.Series:
    """Bring the communes of the register to the reference, the largest part of each."""
    known = sorted(set(codes.dropna()))
    moves = context.geography.crosswalk(part.cog or context.geography.cog).targets(known)
    moves = moves.sort_values("weight", ascending=False).drop_duplicates("code_from")
    to = dict(zip(moves["code_from"], moves["code_to"], strict=True))
    units = set(context.geography.membership.index)
    return codes.map(lambda code: to.get(code, code)).where(lambda placed: placed.isin(units))


def _corrected(
    context: Context, table: pd.DataFrame, day: dt.date
) -> tuple[pd.DataFrame, pd.DataFrame, list[Read]]:
    """Lay the local corrections that hold on a day on doctors of their communes."""
    changes: list[dict[str, Any]] = []
    reads = []
    sites = table.groupby("doctor")["site"].transform("size")
    real = table[~table["remote"]].assign(sites=sites).sort_values(["sites", "doctor"])
    taken: set[str] = set()
    when = pd.Timestamp(day)
    for part in context.parts("correction_offre"):
        rows = context.lake.read(part)
        rows = rows[rows["profession"] == PROFESSION]
        reads.append(Read(part, ("capacite", "debut", "fin"), {"profession": PROFESSION}))
        places = placed(context, part, rows["code"].astype(object))
        for number, (row, place) in enumerate(zip(rows.to_dict("records"), places, strict=True)):
            share = float(row["capacite"])
            kind = correction_kind(share, row["debut"])
            begun = pd.isna(row["debut"]) or row["debut"] <= when
            ended = pd.notna(row["fin"]) and row["fin"] <= when
            gone = ended if pd.notna(row["fin"]) else begun
            if not (gone if kind == "leaves" else begun and not ended):
                continue
            why = row["note"] if pd.notna(row["note"]) else "correction locale"
            if kind == "comes":
                changes.append(
                    {
                        "action": "add",
                        "doctor": f"arrivée {number + 1}",
                        "place": place,
                        "part_time": 1.0,
                        "salaried": False,
                        "remote": False,
                        "reason": why,
                    }
                )
                continue
            here = real[(real["place"] == place) & ~real["doctor"].isin(taken)]
            if here.empty:
                continue
            who, site = here.iloc[0]["doctor"], here.iloc[0]["site"]
            taken.add(who)
            change = {"doctor": who, "site": site, "reason": why}
            if kind == "leaves":
                changes.append({"action": "remove", **change})
            else:
                changes.append({"action": "replace", "part_time": min(share, 1.0), **change})
    if not changes:
        return table, pd.DataFrame(), reads
    made = correct_doctors(table, pd.DataFrame(changes))
    return made.doctors, made.log, reads
