"""What a projection takes from the lake: hazards, ages, arrivals, announced changes, population."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from assemblier.errors import BadInput, MissingSource, Problem
from assemblier.futures.baseline import Baseline
from assemblier.futures.projection.arrivals import (
    ArrivalRates,
    observed_arrivals,
    shrunk_rates,
)
from assemblier.futures.projection.departures import AgeStructure, Hazards, age_band, cohort_hazards
from assemblier.futures.projection.rules import Arrivals, ProjectionRules, ProjectionZone
from assemblier.indicators.context import Context
from assemblier.indicators.national import day_of
from assemblier.language import plural
from assemblier.measures.series_breaks import broken_years
from assemblier.measures.supply_corrections import correction_kind
from assemblier.territory.codes import ARRONDISSEMENTS

__all__ = [
    "AgeSources",
    "ArrivalSources",
    "age_sources",
    "arrivals_of",
    "corrections_of",
    "population_factor",
    "projection_rules",
    "zones_of_territory",
]

DEMOGRAPHY = "professionnel_departement"
GENERAL = "général"
LIBERAL = ("lib", "mixte")
OLDER_FROM = 60
OPEN = 100
PROFESSION = "mg"


@dataclass(frozen=True, slots=True)
class AgeSources:
    """Hazards and structures by age, what must be said of them (French), and tables read."""

    hazards: Hazards
    younger: AgeStructure
    older: AgeStructure
    notes: tuple[str, ...]
    tables: tuple[str, ...] = ()


def projection_rules(context: Context, year: int, *, seed: int = 0) -> ProjectionRules:
    """Read the rules of a projection from dated parameters."""
    on = {name: context.parameters[f"futures.projection.{name}"].on(day_of(year))
          for name in ("levels", "draws", "watch")}  # fmt: skip
    limits = context.parameters["apl.gp.age_limits"].on(day_of(year))
    return ProjectionRules(
        levels=tuple(on["levels"]["intervals"]),
        held=tuple(on["levels"]["held"]),
        draws=int(on["draws"]),
        loss=float(on["watch"]["loss"]),
        probability=float(on["watch"]["probability"]),
        minimum=int(on["watch"]["minimum"]),
        age_limit=max(limits),
        seed=seed,
    )


def age_sources(context: Context, year: int, departments: Sequence[str]) -> AgeSources:
    """Return hazards and structures: the demography by age where the lake has it, else parameters.

    Parameters
    ----------
    departments
        Codes of the départements of the study zone, whose structure of ages is taken.
    """
    day = day_of(year)
    parameters = context.parameters
    given = parameters["futures.departures.hazards"]
    hazards = Hazards.of_bands(given.on(max(day, given.values[0].since)), "repères publiés (DREES)")
    assumed = parameters["futures.departures.structure"].on(day)
    younger = AgeStructure.of_bands(assumed["younger"], "structure nationale supposée")
    older = AgeStructure.of_bands(assumed["older"], "structure nationale supposée")
    counts = _demography(context)
    if counts.empty:
        return AgeSources(
            hazards,
            younger,
            older,
            (
                "Le lac n’a pas la démographie des médecins par âge : probabilités de départ et "
                "âges exacts sont des repères nationaux à vérifier.",
            ),
        )
    followed = cohort_hazards(counts)
    minimum = float(parameters["futures.departures.cohorts"].latest)
    found = followed.hazards(hazards, minimum)
    notes = [
        f"Probabilités de départ : {found.origin}."
        if found is not hazards
        else "La démographie par âge suit trop peu de médecins : repères nationaux à vérifier."
    ]
    if followed.hidden:
        notes.append(
            f"{followed.hidden} effectifs secrets (moins de dix) laissés hors des cohortes."
        )
    near = counts[counts["place"].isin(list(departments))]
    told = near["year"].unique()
    if told.size:
        last = min(told, key=lambda each: abs(each - year - 1))
        held = (
            near[near["year"] == last]
            .groupby("low")
            .agg(high=("high", "max"), count=("count", "sum"))
        )
        text = f"départements {', '.join(sorted(departments))}, {last} (DREES)"
        bands = {
            f"{int(low)}-{int(high)}" if high < OPEN else f"{int(low)}+": float(count)
            for low, high, count in zip(
                held.index.to_numpy(),
                held["high"].to_numpy(),
                held["count"].to_numpy(),
                strict=True,
            )
        }
        whole = AgeStructure.of_bands(bands, text) if sum(bands.values()) > 0 else None
        if whole is not None:
            younger = whole.between(0, OLDER_FROM - 1) or younger
            older = whole.between(OLDER_FROM, 100) or older
            notes.append(f"Structure par âge : {text}, appliquée à chaque commune.")
    return AgeSources(found, younger, older, tuple(notes), (DEMOGRAPHY,))


def _demography(context: Context) -> pd.DataFrame:
    """Liberal general practitioners by département, year and class of age: NaN where secret."""
    made = []
    for part in context.parts(DEMOGRAPHY):
        ages = context.lake.read(part, ["age"])["age"].astype(object)
        if not any(digit in str(each) for each in ages.unique() for digit in "0123456789"):
            continue
        rows = context.lake.read(
            part, ["departement", "annee", "profession", "exercice", "age", "sexe", "effectif"]
        )
        said = rows["profession"].astype(str).str.lower()
        mode = rows["exercice"].astype(str).str.lower()
        kept = said.str.contains(GENERAL) & said.str.contains("médecin")
        kept &= mode.str.contains("|".join(LIBERAL))
        kept &= rows["age"].astype(str).str.contains(r"\d")
        if kept.any():
            made.append(rows[kept])
    if not made:
        return pd.DataFrame()
    rows = pd.concat(made, ignore_index=True)
    bands = {text: age_band(text) for text in rows["age"].unique()}
    return pd.DataFrame(
        {
            "place": rows["departement"].astype(str),
            "year": rows["annee"].astype(int),
            "low": rows["age"].map(lambda each: bands[each][0]).astype(int),
            "high": rows["age"].map(lambda each: bands[each][1]).astype(int),
            "count": rows["effectif"].astype(float),
        }
    )


@dataclass(frozen=True, slots=True)
class ArrivalSources:
    """Rates of arrival of every territoire de vie-santé.

    Attributes
    ----------
    arrivals
        Rates, and where arrivals settle.
    regions
        Indexed by region: ``rate`` (by inhabitant and year), ``shape`` and ``exposure`` of its
        gamma distribution (infinite shape where its territoires do not differ more than chance).
    yearly_departure
        Part of the doctors who left each year, taken to turn a balance into arrivals.
    notes
        What must be said of them (French).
    unknown
        Regions whose series the lake does not have: nobody knows who comes there.
    """

    arrivals: Arrivals
    regions: pd.DataFrame
    yearly_departure: float
    notes: tuple[str, ...]
    unknown: frozenset[str] = frozenset()


def arrivals_of(
    context: Context,
    baseline: Baseline,
    *,
    given: Mapping[str, tuple[float, float]] | None = None,
    around: Collection[str] | None = None,
) -> ArrivalSources:
    """Return the rates of arrival of every territoire de vie-santé, shrunk to their region.

    Parameters
    ----------
    given
        By territoire, arrivals observed locally and over how many years: they replace the series.
    around
        Regions whose breaks in the series are told; all without it.

    Raises
    ------
    MissingSource
        When the lake has no series of doctors.
    """
    parts = context.parts("medecin_tvs")
    if not parts:
        raise MissingSource("Le lac n’a pas la série des médecins par territoire de vie-santé.")
    part = max(parts, key=lambda each: (max(each.years), each.rows))
    wide = context.lake.read(part, ["tvs", "annee", "total"]).pivot_table(
        index="tvs", columns="annee", values="total"
    )
    last = min(baseline.year, int(max(wide.columns)))
    span = int(context.parameters["futures.arrivals.window"].on(day_of(last)))
    people = baseline.communes.groupby("zone")["population"].sum()
    wide.index = pd.Index(wide.index.astype(str), dtype=object)
    zones = np.array(sorted(set(wide.index) & set(people.index.astype(str)) - {""}), dtype=object)
    region = _region_of(context, baseline.communes, zones)
    tolerance = float(context.parameters["futures.arrivals.break"].on(day_of(last)))
    wide, dropped = _without_breaks(wide.reindex(zones), region, tolerance, around)
    told = wide.columns.to_numpy(np.int64)
    told = told[(told >= last - span) & (told <= last)]
    wide = wide[list(told)]
    series = wide.to_numpy(np.float64)
    yearly = float(context.parameters["futures.arrivals.past_departures"].on(day_of(last)))
    observed = observed_arrivals(series, yearly)
    exposure = people.reindex(zones).to_numpy(np.float64)
    observed_years = np.isfinite(np.diff(series, axis=1)).sum(axis=1).astype(np.float64)
    unknown = sorted(set(given or {}) - set(zones))
    if unknown:
        raise BadInput([Problem("territoire de vie-santé inconnu", value=name) for name in unknown])
    for k, name in enumerate(zones):
        if name in (given or {}):
            observed[k], observed_years[k] = (given or {})[name]
    told_regions = set(context.geography.membership["region"].dropna().astype(str))
    shape, rate, raw = np.empty(zones.size), np.empty(zones.size), np.empty(zones.size)
    regions = {}
    for each in sorted(set(region)):
        at = region == each
        if not (exposure[at] * observed_years[at]).sum() > 0:
            shape[at], rate[at], raw[at] = np.inf, 0.0, np.nan
            continue
        found = shrunk_rates(observed[at], exposure[at] * observed_years[at])
        shape[at], rate[at], raw[at] = found.shape, found.rate, found.observed
        regions[each] = {
            "rate": found.mean, "shape": found.prior_shape, "exposure": found.prior_rate
        }  # fmt: skip
    whole = float(observed.sum() / (exposure * observed_years).sum())
    rates = ArrivalRates(shape, rate, raw, whole, np.nan, np.nan)
    code, zone, share = _settling(baseline, zones)
    percent = f"{100 * yearly:.1f}".replace(".", ",")
    note = (
        f"Arrivées : solde des médecins par territoire de vie-santé de {int(told.min())} à "
        f"{last}, augmenté de {percent} % de départs par an, rapproché du rythme de la région là "
        "où le territoire est petit (modèle gamma-Poisson)."
    )
    return ArrivalSources(
        Arrivals(rates, zones, exposure, code, zone, share),
        pd.DataFrame.from_dict(regions, orient="index"),
        yearly,
        (note, *dropped),
        frozenset(map(str, set(region) | told_regions)) - set(map(str, regions)),
    )


def _without_breaks(
    wide: pd.DataFrame, region: NDArray, tolerance: float, around: Collection[str] | None
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Leave out the years in which the source lacks part of a region; a line joins those around."""
    made = wide.copy()
    notes = []
    for each in sorted(set(region)):
        at = region == each
        held = wide[at]
        whole = held[held.notna().all(axis=1)]
        broken = broken_years(whole.sum().to_numpy(np.float64), tolerance)
        if broken.any():
            made.loc[at, wide.columns[broken]] = np.nan
            if around is not None and each not in around:
                continue
            said = ", ".join(str(year) for year in wide.columns[broken])
            notes.append(f"Série des médecins : {said} écartée dans la région {each} (rupture).")
    return made.interpolate(axis=1, limit_area="inside"), tuple(notes)


def _region_of(context: Context, table: pd.DataFrame, zones: NDArray) -> NDArray:
    """Region of each territoire: the one where most of its people live."""
    region = context.geography.membership["region"].reindex(table.index).fillna("").astype(str)
    held = pd.DataFrame(
        {
            "zone": table["zone"].to_numpy(object),
            "region": region.to_numpy(object),
            "people": table["population"].to_numpy(np.float64),
        }
    )
    sums = held.groupby(["zone", "region"], as_index=False).sum()
    most = sums.sort_values(by="people").drop_duplicates("zone", keep="last")
    return np.asarray(most.set_index("zone")["region"].reindex(zones).fillna(""), dtype=object)


def _settling(baseline: Baseline, zones: NDArray) -> tuple[NDArray, NDArray, NDArray]:
    """Where arrivals settle: as doctors are today; as people are where there is no doctor."""
    table = baseline.communes
    sites = pd.Index(baseline.prepared.supply.ids)
    here = table[table.index.isin(sites)]
    place = {name: k for k, name in enumerate(zones)}
    here = here[here["zone"].isin(place)]
    doctors = here.groupby("zone")["doctors"].transform("sum")
    people = here.groupby("zone")["population"].transform("sum")
    share = np.where(
        doctors > 0, here["doctors"] / doctors.where(doctors > 0), here["population"] / people
    )
    return (
        here.index.to_numpy(object),
        here["zone"].map(place).to_numpy(np.int64),
        np.asarray(share, dtype=np.float64),
    )


def corrections_of(
    context: Context, start: int, years: Sequence[int]
) -> tuple[dict[str, list[float]], dict[int, dict[str, float]], tuple[str, ...]]:
    """Return what people of the place have announced: departures by commune, equivalents by year.

    A correction without capacity and with a last day is a departure; one of a whole doctor with a
    first day is an arrival; another says the share of a full time that one who is there works.
    """
    departures: dict[str, list[float]] = {}
    added: dict[int, dict[str, float]] = {each: {} for each in years}
    origin = dt.date(start, 12, 31)
    count = 0
    for part in context.parts("correction_offre"):
        rows = context.lake.read(part, ["code", "profession", "debut", "fin", "capacite"])
        for row in rows[rows["profession"] == PROFESSION].to_dict("records"):
            begin, end, capacity = row["debut"], row["fin"], float(row["capacite"])
            since = None if pd.isna(begin) else pd.Timestamp(begin).date()
            until = None if pd.isna(end) else pd.Timestamp(end).date()
            count += 1
            if capacity == 0 and until is not None and until > origin:
                departures.setdefault(row["code"], []).append((until - origin).days / 365.25)
                continue
            comes = correction_kind(capacity, begin) == "comes"
            if comes and since is not None and since <= origin:
                continue  # the register has counted them
            for horizon in years:
                day = dt.date(start + horizon, 12, 31)
                if (since is None or since <= day) and (until is None or until >= day):
                    held = added[horizon]
                    change = capacity if comes else capacity - 1.0
                    held[row["code"]] = held.get(row["code"], 0.0) + change
    said = plural(count, "correction locale", "corrections locales")
    taken = plural(count, "prise", "prises")
    notes = (f"{count} {said} de l’offre {taken} en compte.",) if count else ()
    return departures, added, notes


def population_factor(
    baseline: Baseline, table: pd.DataFrame, years: Sequence[int], *, file: str | None = None
) -> tuple[dict[int, NDArray[np.float64]], tuple[str, ...]]:
    """Return, by horizon, the factor of the population of each commune.

    Parameters
    ----------
    table
        ``code, annee, population``: projections by commune or département.

    Raises
    ------
    BadInput
        A population missing or negative, no year around the start or an horizon.
    """
    bad = ~(table["population"].to_numpy(np.float64) > 0)
    problems = [
        Problem("population projetée manquante ou nulle", file, int(row) + 2, "population")
        for row in np.flatnonzero(bad)
    ]
    told = sorted(table["annee"].unique())
    needed = [baseline.year, *(baseline.year + each for each in years)]
    if not problems and (needed[0] < told[0] or needed[-1] > told[-1]):
        problems.append(
            Problem(
                "les années de la projection ne couvrent pas l’horizon", file, column="annee",
                value=f"{told[0]}–{told[-1]}", allowed=f"{needed[0]}–{needed[-1]}",
            )
        )  # fmt: skip
    if problems:
        raise BadInput(problems)
    wide = table.pivot_table(index="code", columns="annee", values="population")
    at = wide.reindex(columns=sorted({*told, *needed})).interpolate(axis=1)
    code = pd.Series(baseline.ids.astype(str))
    department = code.where(~code.str.startswith("97"), code.str[:3]).where(
        code.str.startswith("97"), code.str[:2]
    )
    factors = {}
    for each in years:
        growth = at[baseline.year + each] / at[baseline.year]
        own = code.map(growth)
        factors[each] = own.fillna(department.map(growth)).fillna(1.0).to_numpy(np.float64)
    known = code.isin(wide.index)
    shared = department.isin(wide.index) & ~known
    note = f"Population projetée d’après {file or 'la table donnée'}"
    if shared.any():
        note += " ; celle du département est répartie comme aujourd’hui entre ses communes"
    if (~known & ~shared).any():
        note += " ; constante dans les communes sans projection"
    return factors, (f"{note}.",)


def zones_of_territory(
    context: Context,
    baseline: Baseline,
    name: str,
    communes: Sequence[str],
    grids: Sequence[str] = ("tvs2019", "epci", "commune"),
) -> list[ProjectionZone]:
    """Return the territory, the whole zones that it meets in some grids, and its communes."""
    membership = context.geography.membership
    names = context.geography.names
    known = set(baseline.ids)

    def units(codes: Iterable[str]) -> tuple[str, ...]:
        """Codes the computation knows: a city told by its arrondissements is theirs."""
        parts = ((code,) if code in known else ARRONDISSEMENTS.get(code, ()) for code in codes)
        return tuple(each for part in parts for each in part if each in known)

    own = units(communes)
    made = [ProjectionZone("territoire", "territoire", name, own)]
    for grid in grids:
        if grid == "commune":
            made += [
                ProjectionZone("commune", code, names.get(code, code), (code,)) for code in own
            ]
            continue
        if grid not in membership:
            continue
        column = membership[grid]
        whole = membership["arm"].isna() if "arm" in membership else column.notna()
        for zone in sorted(set(column.reindex(list(communes)).dropna())):
            held = units(column.index[(column == zone) & whole])
            label = context.geography.zone_name(grid, str(zone))
            if held:
                made.append(ProjectionZone(grid, str(zone), label, held))
    return made
