"""Use case: the published APL brought to a later date, and how far it errs where that is known."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from assemblier.errors import MissingSource, UsageError
from assemblier.futures.nowcast.recovered_supply import RecoveryModel, recover_supply
from assemblier.futures.nowcast.update import (
    IntervalModel,
    NowcastErrors,
    bounds,
    judge,
    move_supply,
    nowcast,
    zone_nowcast,
)
from assemblier.futures.zoning.inputs import published_apl, published_years
from assemblier.indicators.context import Context
from assemblier.indicators.facilities import types_of
from assemblier.indicators.recomputed_access import NationalApl, national_apl
from assemblier.lake.lake import Lake
from assemblier.measures.access import Demand
from assemblier.measures.prepared import Prepared, prepare
from assemblier.progress import Work
from assemblier.whole_files import written_in_one_step

__all__ = [
    "GRID",
    "MOVED_BY",
    "Headcounts",
    "NowcastMade",
    "facility_headcounts",
    "nowcast_apl",
]

GRID = "bv2022"
GRID_OF_SERIES = "tvs2019"
MOVED_BY = ("series", "bpe")
PROFESSION = "mg"
BPE_WARNING = (
    "l’offre est déplacée par l’écart entre deux éditions de la Base permanente des équipements : "
    "l’Insee prévient que cette base n’est pas faite pour suivre des évolutions"
)


@dataclass(frozen=True, slots=True)
class NowcastMade:
    """A nowcast of the whole country.

    Attributes
    ----------
    since, to
        Year of the published values and year they are brought to.
    communes
        ``code, published, value, low_80, high_80…``.
    zones
        By bassin de vie: ``value, published, weight, doctors, low_80, high_80…``.
    errors
        Against the values published for ``to``; None when the lake has none.
    errors_same_population
        The same with the earlier population, as when the later one is not out yet.
    verdict
        What the errors say, or that they cannot be told, in French.
    notes
        What a reader must know.
    written
        Files.
    """

    since: int
    to: int
    communes: pd.DataFrame
    zones: pd.DataFrame
    errors: NowcastErrors | None
    errors_same_population: NowcastErrors | None
    verdict: str
    notes: tuple[str, ...]
    written: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Headcounts:
    """Doctors by territoire at both ends, and what a reader must know of them."""

    before: Mapping[str, float]
    after: Mapping[str, float]
    notes: tuple[str, ...]


def nowcast_apl(
    *,
    to: int,
    lake: Path,
    since: int | None = None,
    ages: str = "tous",
    moved_by: str = "series",
    out: Path | None = None,
    work: Work | None = None,
) -> NowcastMade:
    """Bring a published APL to a later year.

    Parameters
    ----------
    to, since
        Years; without ``since``, the last published year before ``to`` that covers the country.
    ages
        Doctors counted: ``tous`` or ``65``.
    moved_by
        ``series``: doctors by territoire de vie-santé; ``bpe``: two editions of the facilities.
    out
        Folder of the CSV files; nothing is written without it.

    Raises
    ------
    UsageError
        Years in the wrong order, an unknown option.
    MissingSource
        What the nowcast needs is not in the lake.
    """
    work = work or Work()
    if moved_by not in MOVED_BY:
        raise UsageError(f"Source inconnue : {moved_by}. Admises : {', '.join(MOVED_BY)}.")
    context = Context.of(Lake.open(lake))
    since = _start(context, to, since)
    day = dt.date(to, 12, 31)
    published = published_apl(context, since, ages).frame["apl"]
    work.step(0.05, f"temps de trajet et offre de {since}")
    base = national_apl(context, since, up_to_65=ages != "tous")
    before = _prepared(base, base.demand)
    ids = pd.Index(base.demand.ids, dtype=object)
    sites = pd.Index(base.offer.ids, dtype=object)
    zone_of = context.geography.membership
    held = pd.Series(base.result.doctors, index=ids).reindex(sites)
    doctors = np.asarray(held, dtype=np.float64)
    values = np.asarray(published.reindex(ids), dtype=np.float64)
    work.step(0.5, "offre locale retrouvée")
    model = RecoveryModel(**context.parameters["nowcast.recovery"].on(day))
    recovered = recover_supply(before, values, doctors, model)
    work.step(0.8, f"offre de {to}")
    counts = _headcounts(context, since, to, moved_by)
    lasting = float(context.parameters["nowcast.lasting"].on(day)["share"])
    moved = move_supply(
        recovered.capacity,
        zone_of[GRID_OF_SERIES].reindex(sites).to_numpy(object),
        counts.before,
        counts.after,
        lasting,
    )
    later, population_note = _later_population(context, base, to)
    after = before if later is None else _prepared(base, later)
    unmoved = np.array_equal(moved, recovered.capacity)
    interval = _interval(
        context.parameters["nowcast.interval"].on(day), "unmoved" if unmoved else "moved"
    )
    zone = zone_of[GRID].reindex(ids).fillna("").to_numpy(object)
    years = float(to - since)
    made = nowcast(before, after, values, recovered, moved, doctors)
    zones = zone_nowcast(made, after, doctors, zone, interval, years)
    communes = pd.DataFrame(
        {"code": ids, "published": values, "value": made.value}
        | bounds(made.value, made.doctors, interval, interval.communes, years)
    )
    known = _later_values(context, to, ages, ids)
    errors = same = None
    if known is not None:
        errors = judge(zones, made.value, values, known[0], known[1], zone)
        still = nowcast(before, before, values, recovered, moved, doctors)
        flat = zone_nowcast(still, before, doctors, zone, interval, years)
        same = judge(flat, still.value, values, known[0], known[1], zone)
    names = context.geography.zone_names.get(GRID, {})
    weight = np.where(np.isfinite(values), after.demand.counted("standardised"), 0.0)
    earlier = pd.DataFrame({"zone": zone, "w": weight, "wx": weight * np.nan_to_num(values)})
    summed = earlier.groupby("zone")[["w", "wx"]].sum()
    zones.insert(0, "name", [names.get(each) or each for each in zones.index])
    zones.insert(1, "published", (summed["wx"] / summed["w"]).reindex(zones.index))
    notes = (
        *counts.notes,
        population_note,
        f"temps : {before.engine} ; part durable d’une variation d’effectif : {lasting:g}".replace(
            ".", ","
        ),
        *(f"{note}" for note in base.supply.notes),
    )
    result = NowcastMade(
        since, to, communes, zones, errors, same, _verdict(errors, same, since, to), notes
    )
    return result if out is None else replace(result, written=_write(result, out))


def _start(context: Context, to: int, since: int | None) -> int:
    known = published_years(context)
    if since is not None:
        if since >= to:
            raise UsageError(f"L’année de départ ({since}) doit précéder celle d’arrivée ({to}).")
        return since
    size = {
        year: max(part.rows for part in context.parts("apl", card="drees-apl-mg", year=year))
        for year in known
    }
    # an extract of a few départements is no ground for a national nowcast
    whole = [year for year in known if year < to and 2 * size[year] > max(size.values())]
    if not whole:
        raise MissingSource(f"Le lac n’a pas d’APL publié avant {to} pour toute la France.")
    return max(whole)


def _prepared(base: NationalApl, demand: Demand) -> Prepared:
    return prepare("apl", base.times, demand, base.offer, base.decay)


def _headcounts(context: Context, since: int, to: int, moved_by: str) -> Headcounts:
    if moved_by == "bpe":
        return facility_headcounts(context, since, to)
    parts = context.parts("medecin_tvs")
    if not parts:
        raise MissingSource("Le lac n’a pas les médecins par territoire de vie-santé.")
    part = max(parts, key=lambda each: (max(each.years), each.rows))
    rows = context.lake.read(part, ["tvs", "annee", "total"])
    wide = rows.pivot_table(index="tvs", columns="annee", values="total")
    last = int(max(wide.columns))
    notes = []
    if last < to:
        notes.append(
            f"les effectifs par territoire de vie-santé s’arrêtent fin {last} : "
            + (
                "l’offre n’est pas déplacée, seule la population l’est"
                if last <= since
                else f"l’offre est celle de fin {last}"
            )
        )
    else:
        notes.append(f"effectifs par territoire de vie-santé de fin {since} et de fin {to}")
    before, after = (
        dict(zip(map(str, wide.index), map(float, wide[min(year, last)]), strict=True))
        for year in (since, to)
    )
    return Headcounts(before, after, tuple(notes))


def facility_headcounts(context: Context, since: int, to: int) -> Headcounts:
    """Count doctors by territoire in two editions, each dated 1 January of the year after.

    Where the editions of both ends are not at hand, the nearest inside the period serve, and what
    they do not see is said.

    Raises
    ------
    MissingSource
        Fewer than two editions inside the period.
    """
    zone_of = context.geography.membership[GRID_OF_SERIES]
    known = sorted({year for part in context.parts("equipement") for year in part.years})
    told = [year for year in known if types_of(context.parameters, PROFESSION, year)]
    first = min((year for year in told if year > since), default=None)
    last = max((year for year in told if year <= to + 1), default=None)
    if first is None or last is None or first >= last:
        raise MissingSource(
            f"Il faut deux éditions de la BPE, du 1er janvier {since + 1} au 1er janvier {to + 1}. "
            f"Éditions à disposition : {', '.join(map(str, known)) or 'aucune'}."
        )
    found: list[dict[str, float]] = []
    for year in (first, last):
        frame, _ = context.converted(
            context.parts("equipement", year=year)[0],
            ["nombre"],
            where={"annee": year, "type": list(types_of(context.parameters, PROFESSION, year))},
            zero=True,
        )
        by = frame["nombre"].groupby(zone_of.reindex(frame.index).to_numpy(object)).sum()
        found.append({str(zone): float(count) for zone, count in by.items()})
    notes = [BPE_WARNING, f"éditions comparées : 1er janvier {first} et 1er janvier {last}"]
    if (first, last) != (since + 1, to + 1):
        notes.append(
            f"ce qui a changé de fin {since} à fin {first - 1} n’est pas vu"
            if last == to + 1
            else f"seul le changement de fin {first - 1} à fin {last - 1} est vu, pas toute la "
            f"période de fin {since} à fin {to}"
        )
    return Headcounts(found[0], found[1], tuple(notes))


def _later_population(context: Context, base: NationalApl, to: int) -> tuple[Demand | None, str]:
    """Return the demand of the later year when its standardised population is published."""
    parts = [p for p in context.parts("population_standardisee") if to in p.years]
    if not parts:
        return None, f"population standardisée de {base.supply.year} gardée : celle de {to} manque"
    part = max(parts, key=lambda each: each.rows)
    frame, _ = context.converted(
        part, ["population_standardisee"], where={"annee": to, "profession": PROFESSION}
    )
    ids = pd.Index(base.demand.ids, dtype=object)
    held = pd.Series(base.demand.counted("standardised"), index=ids)
    later = frame["population_standardisee"].reindex(ids)
    told = float(later.notna().mean())
    need = later.fillna(held).to_numpy(np.float64)
    note = f"population standardisée publiée de {to} ({100 * told:.0f} % des communes)"
    return Demand.of(base.demand.ids, base.demand.population, need), note


def _interval(raw: Mapping[str, Any], which: str) -> IntervalModel:
    def multipliers(name: str) -> dict[float, float]:
        return {float(key): float(each) for key, each in raw[which][name].items()}

    return IntervalModel(
        float(raw["common"]),
        float(raw["years_of_fit"]),
        multipliers("zones"),
        multipliers("communes"),
    )


def _later_values(
    context: Context, to: int, ages: str, ids: pd.Index
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    if to not in published_years(context):
        return None
    frame = published_apl(context, to, ages).frame.reindex(ids)
    weight = np.nan_to_num(frame["standardised"].to_numpy(np.float64))
    return frame["apl"].to_numpy(np.float64), weight


def _verdict(errors: NowcastErrors | None, same: NowcastErrors | None, since: int, to: int) -> str:
    if errors is None or same is None:
        return (
            f"Pas d’APL publié de {to} dans le lac : l’erreur de cette actualisation de {since} "
            "n’est pas connue. Mesurée sur 2016–2018, elle était inférieure à celle de "
            "« rien ne change »."
        )
    without = same.sentence[0].lower() + same.sentence[1:]
    return f"{errors.sentence} Sans la population de {to}, {without}"


def _write(made: NowcastMade, out: Path) -> tuple[Path, ...]:
    out.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, frame in (
        ("communes", made.communes),
        ("bassins-de-vie", made.zones.reset_index()),
    ):
        path = out / f"apl-actualise-{made.since}-{made.to}-{name}.csv"
        with written_in_one_step(path) as beside:
            frame.to_csv(beside, index=False, sep=";", decimal=",", encoding="utf-8-sig")
        paths.append(path)
    return tuple(paths)
