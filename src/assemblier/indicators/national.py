"""The national table that a recomputed APL needs, put together from the tables of the lake.

One row by unit (commune, or arrondissement of Paris, Lyon and Marseille) of the reference
geography, for the whole country of the lake: an APL cut at a border is wrong near it.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from assemblier.errors import MissingSource
from assemblier.indicators.components import Read
from assemblier.indicators.context import Context
from assemblier.indicators.facilities import types_of
from assemblier.indicators.salaried import salaried_doctors
from assemblier.lake.provenance import Part
from assemblier.language import plural
from assemblier.measures.activity import log_density
from assemblier.measures.crowfly import landmark_steepness
from assemblier.measures.need import fill_standardised
from assemblier.territory.codes import ARRONDISSEMENTS, city_of
from assemblier.territory.shapes import Shapes

__all__ = ["NationalSupply", "latest_year", "national_places", "national_supply"]

PROFESSION = "mg"
CENTRES = "centre_sante"
RESPIRATORY = "prevalence_respiratoire"
UNEMPLOYED = "chomeurs_1564"


@dataclass(frozen=True, slots=True)
class NationalSupply:
    """What :func:`assemblier.measures.recomputed.recompute_apl` needs, and where it comes from.

    Attributes
    ----------
    year
        Year of the APL: supply of 31 December.
    communes
        Columns of ``recompute_apl``, ``steepness`` (minutes by km), ``area_km2``, and ``size`` and
        ``density`` (as :class:`assemblier.measures.crowfly.Places` has them).
    totals
        Doctors by territoire de vie-santé: ``at`` and, where known, ``before, after``.
    others
        Columns of ``communes`` that hold headcounts of other sources.
    reads
        What was read of the lake.
    notes
        What a reader must know, in French.
    """

    year: int
    communes: pd.DataFrame
    totals: pd.DataFrame
    others: tuple[str, ...]
    reads: tuple[Read, ...]
    notes: tuple[str, ...]


def latest_year(context: Context) -> int:
    """Return the latest year whose dated supply and standardised population are both at hand.

    Raises
    ------
    MissingSource
        When no year has both.
    """
    supplied = {year for part in context.parts("medecin_tvs") for year in part.years}
    needed = {year for part in context.parts("population_standardisee") for year in part.years}
    both = supplied & needed
    if not both or not context.parts("medecin_commune"):
        raise MissingSource(
            "L’APL ne peut être recalculé : le lac n’a pas, pour une même année, les médecins "
            "généralistes (par commune et par territoire de vie-santé) et la population "
            "standardisée."
        )
    return max(both)


def national_supply(context: Context, year: int | None = None) -> NationalSupply:
    """Put together the national table of one year, the latest possible without a year.

    Parameters
    ----------
    year
        A year after the last dated supply takes the last one, and the notes say so.

    Raises
    ------
    MissingSource
        When the doctors, the population, the standardised population or the points are not in
        the lake.
    """
    asked = latest_year(context) if year is None else year
    return context.once(("national_supply", asked), lambda: _national_supply(context, asked))


def _national_supply(context: Context, year: int) -> NationalSupply:
    reads: list[Read] = []
    notes: list[str] = []
    doctors, counted_on = _doctors(context, reads)
    index = _units(context, doctors.index)
    people = _people(context, index, year, reads)
    standardised, note = _standardised(context, index, people, year, reads)
    notes += note
    places = national_places(context)
    membership = context.geography.membership.reindex(index)
    communes = pd.DataFrame(
        {
            "id": index.to_numpy(object),
            "lon": places["lon"].reindex(index).to_numpy(np.float64),
            "lat": places["lat"].reindex(index).to_numpy(np.float64),
            "landmark": places["landmark"].reindex(index).to_numpy(np.float64),
            "steepness": places["steepness"].reindex(index).to_numpy(np.float64),
            "area_km2": places["area_km2"].reindex(index).to_numpy(np.float64),
            "size": places["size"].reindex(index).to_numpy(np.float64),
            "density": places["density"].reindex(index).to_numpy(np.float64),
            "population": people.to_numpy(np.float64),
            "standardised": standardised,
            "zone": membership["tvs2019"].fillna("").to_numpy(object)
            if "tvs2019" in membership
            else "",
            "gps": doctors["total"].reindex(index).to_numpy(np.float64),
            "older_gps": doctors["plus60"].reindex(index).to_numpy(np.float64),
            "unemployed": _unemployed(context, index, year, reads),
            "respiratory": _respiratory(context, membership, reads),
        }
    )
    others = []
    for name, counts in _facilities(context, counted_on, reads, PROFESSION).items():
        communes[name] = counts.reindex(index).fillna(0.0).to_numpy(np.float64)
        others.append(name)
    centres = _facilities(context, counted_on, reads, CENTRES)
    communes["salaried"], note = salaried_doctors(context, communes, day_of(year), centres)
    notes += note
    totals, note = _totals(context, year, reads)
    notes += note
    reads += [Read(part, ("secondes",)) for part in [landmark_part(context)] if part is not None]
    needed = ["lon", "lat", "population", "standardised", "gps", "older_gps"]
    whole = communes[needed].notna().all(axis=1).to_numpy()
    left = int((~whole).sum())
    if left:
        lost = sorted({_department(code) for code in communes["id"][~whole]})
        notes.append(
            "hors du calcul, faute de point, de population ou d’effectif de médecins : "
            f"{left} {plural(left, 'commune')} (départements {', '.join(lost)})"
        )
    supplied_on = min(year, counted_on)
    notes.append(
        f"médecins par commune : registre de {counted_on}, accordé à la BPE ({len(others)} "
        f"éditions) et ramené au total de chaque territoire de vie-santé fin {supplied_on}"
    )
    return NationalSupply(
        year,
        communes[whole].reset_index(drop=True),
        totals,
        tuple(others),
        tuple(reads),
        tuple(notes),
    )


def national_places(context: Context, steepness: str = "apl.recomputed.steepness") -> pd.DataFrame:
    """Return where units are: ``lon, lat, area_km2, landmark, steepness, size, density``, by code.

    ``landmark`` is minutes to one common place (NaN where unknown), ``steepness`` the slope of
    these times around the unit; ``size`` and ``density`` are logarithms of the inhabitants and of
    the inhabitants by km² around, of the latest population whatever the year asked, since the time
    between two places does not change with it.

    Parameters
    ----------
    steepness
        Parameter that says over which neighbourhood the slope is measured.
    """
    rule = context.parameters[steepness].latest
    around = float(context.parameters["apl.recomputed.density_radius"].latest)
    return context.prepared(f"places|{rule}|{around}", lambda: _places(context, rule, around))


def _places(context: Context, rule: dict[str, float], around: float) -> pd.DataFrame:
    points = Shapes(context.geography, context.parameters).points.set_index("code")
    points.index = pd.Index(points.index.to_numpy(object), dtype=object)
    made = points[["lon", "lat", "area_km2"]].astype(np.float64)
    landmark = _landmark(context, made.index)
    steepness = landmark_steepness(
        made["lon"].to_numpy(),
        made["lat"].to_numpy(),
        landmark,
        **rule,  # type: ignore[arg-type]
    )
    people = np.full(len(made), np.nan)
    if context.parts("population"):
        people = _people(context, made.index, dt.date.max.year, []).to_numpy(np.float64)
    # a city told by its arrondissements counts once
    twice = [code in ARRONDISSEMENTS for code in made.index]
    counted = np.where(twice, np.nan, people)
    return made.assign(
        landmark=landmark,
        steepness=steepness,
        size=np.log(np.maximum(people, 1.0)),
        density=log_density(made["lon"], made["lat"], counted, made["area_km2"], around),
    )


def landmark_part(context: Context) -> Part | None:
    """Return the times of most places to one common place; None when the lake has none."""
    found = []
    for part in context.parts("temps"):
        held = context.lake.read(part, ["origine", "destination"])
        if len(held) > 1 and (held["destination"] == held["destination"].iloc[0]).all():
            found.append(part)
    return max(found, key=lambda part: part.rows, default=None)


def _landmark(context: Context, index: pd.Index) -> NDArray[np.float64]:
    """Minutes to the common place; a commune merged since takes the mean of its parts."""
    part = landmark_part(context)
    if part is None:
        return np.full(len(index), np.nan)
    rows = context.lake.read(part, ["origine", "secondes"])
    times = pd.Series(
        rows["secondes"].to_numpy(np.float64) / 60.0, index=rows["origine"].astype(object)
    )
    times = times[~times.index.duplicated()]
    own = times.reindex(index)
    year = _likeliest_cog(context, times.index)
    moves = context.geography.crosswalk(year).targets(times.index)
    parts = moves.assign(minutes=times.reindex(moves["code_from"]).to_numpy())
    merged = parts.groupby("code_to")["minutes"].mean()
    merged.index = pd.Index(merged.index.to_numpy(object), dtype=object)
    return np.asarray(own.fillna(merged.reindex(index)), dtype=np.float64)


def _likeliest_cog(context: Context, codes: pd.Index) -> int:
    """Year of the official list that knows most of the codes."""
    known = {}
    for part in context.parts("commune"):
        if part.cog is not None and part.cog not in known:
            official = context.geography.communes_of(part.cog)
            known[part.cog] = 0 if official is None else int(codes.isin(official["code"]).sum())
    return max(known, key=lambda year: (known[year], -year), default=context.geography.cog)


def _doctors(context: Context, reads: list[Read]) -> tuple[pd.DataFrame, int]:
    parts = context.parts("medecin_commune")
    if not parts:
        raise MissingSource("Le lac n’a pas les médecins généralistes par commune.")
    part = max(parts, key=lambda each: (max(each.years), each.rows))
    year = max(part.years)
    frame, read = context.converted(part, ["total", "plus60"], where={"annee": year})
    reads.append(read)
    return frame, year


def _units(context: Context, given: pd.Index) -> pd.Index:
    """Communes and, where the source tells them, arrondissements in place of their city."""
    codes = context.geography.membership.index
    split = {city_of(code) for code in given if city_of(code) != code}
    boroughs = {code for city in split for code in ARRONDISSEMENTS[city]}
    kept = [
        code
        for code in codes
        if (code in boroughs) or (city_of(code) == code and code not in split)
    ]
    units: pd.Index = pd.Index(sorted(kept), dtype=object, name="code")
    return units


def _people(context: Context, index: pd.Index, year: int, reads: list[Read]) -> pd.Series:
    """Population two years before (the lag of the legal population), as many units as can be."""
    boroughs = {code for code in index if city_of(code) != code}
    editions = sorted(
        (
            (abs(each - (year - 2)), -part.rows, each, part)
            for part in context.parts("population")
            for each in part.years
        ),
        key=lambda edition: edition[:3],
    )
    ranked = []
    for _, _, each, part in editions:
        rows = context.lake.read(part, ["code", "genre"], where={"annee": each})
        codes = set(rows.loc[rows["genre"] != "totale", "code"].unique())
        if codes:
            ranked.append((len(boroughs - codes), each, part))
        if ranked and not ranked[-1][0]:
            break
    if not ranked:
        raise MissingSource("Le lac n’a aucune population par commune.")
    _, told, part = min(ranked, key=lambda each: each[0])
    rows = context.lake.read(part, ["genre"], where={"annee": told})
    kinds = set(rows["genre"].unique()) - {"totale"}
    frame, read = context.converted(
        part, ["population"], where={"annee": told, "genre": min(kinds)}
    )
    reads.append(read)
    return frame["population"].reindex(index)


def _standardised(
    context: Context, index: pd.Index, people: pd.Series, year: int, reads: list[Read]
) -> tuple[NDArray[np.float64], list[str]]:
    editions = [
        (abs(each - year), -part.rows, each, part)
        for part in context.parts("population_standardisee")
        for each in part.years
    ]
    if not editions:
        raise MissingSource("Le lac n’a pas de population standardisée.")
    told, part = min(editions, key=lambda each: each[:3])[2:]
    frame, read = context.converted(
        part, ["population_standardisee"], where={"annee": told, "profession": PROFESSION}
    )
    reads.append(read)
    notes = (
        [] if told == year else [f"population standardisée de {told} tenue pour celle de {year}"]
    )
    need = frame["population_standardisee"].reindex(index).to_numpy(np.float64, copy=True)
    ages = _broad_ages(context, index, people, year, reads)
    if ages is None:
        return need, notes
    filled = fill_standardised(need, ages)
    expected = ages @ filled.recovered.weight
    gap = context.parameters["apl.recomputed.need_gap"].latest
    # communes merged while the edition was made: the value is that of one of their parts
    partial = need < (1.0 - gap) * expected
    filled = fill_standardised(np.where(partial, np.nan, need), ages)
    count = int(np.isfinite(filled.standardised[filled.estimated]).sum())
    if count:
        notes.append(
            "population standardisée estimée par les âges dans "
            f"{count} {plural(count, 'commune')} ou {plural(count, 'arrondissement')} "
            f"(poids retrouvés par moindres carrés, {100 * filled.recovered.explained:.0f} % de la "
            "variance expliquée)"
            + (
                f", dont {int(partial.sum())} où elle est publiée pour une partie des habitants"
                if partial.any()
                else ""
            )
        )
    return filled.standardised, notes


def _broad_ages(
    context: Context, index: pd.Index, people: pd.Series, year: int, reads: list[Read]
) -> NDArray[np.float64] | None:
    """Population by broad age, shape (n, k): the bands of the file that tells most units."""
    ranked = [
        (-part.rows / max(len(part.years), 1), abs(each - (year - 2)), each, part)
        for part in context.parts("population_age")
        for each in part.years
        if _covers(context, part, index)
    ]
    if not ranked:
        return None
    # the coarsest file that covers the units is enough, and the quickest to read
    told, part = max(ranked, key=lambda each: (each[0], -each[1]))[2:]
    frame, read = context.converted(
        part,
        ["population"],
        where={"annee": told, "sexe": "T"},
        keys=("age_min", "age_max"),
    )
    reads.append(read)
    rows = frame.reset_index()
    wide = rows.pivot_table(
        index="code", columns=["age_min", "age_max"], values="population", aggfunc="sum"
    ).sort_index(axis=1)
    wide.index = pd.Index(wide.index.to_numpy(object), dtype=object)
    ages = wide.reindex(index).to_numpy(np.float64)
    bands = [(int(band[0]), int(band[1])) for band in wide.columns.to_list()]
    ends = [0, *(high + 1 for _, high in bands[:-1])]
    if [low for low, _ in bands] == ends and bands[-1][1] >= 90:
        return ages
    rest = people.to_numpy(np.float64) - ages.sum(axis=1)
    return np.column_stack([ages, np.maximum(rest, 0.0)])


def _covers(context: Context, part: Part, index: pd.Index) -> bool:
    """Say whether an age file tells nearly every unit."""
    held = set(context.lake.read(part, ["code"])["code"].unique())
    boroughs = [code for code in index if city_of(code) != code]
    return all(code in held for code in boroughs) and len(held) > 0.9 * len(index)


def _unemployed(
    context: Context, index: pd.Index, year: int, reads: list[Read]
) -> NDArray[np.float64]:
    for part in context.parts("social"):
        if UNEMPLOYED not in set(context.lake.read(part, ["mesure"])["mesure"].unique()):
            continue
        told = min(part.years, key=lambda each: abs(each - (year - 2)))
        frame, read = context.converted(
            part, ["effectif"], where={"annee": told, "mesure": UNEMPLOYED}
        )
        reads.append(read)
        return frame["effectif"].reindex(index).to_numpy(np.float64)
    return np.full(len(index), np.nan)


def _respiratory(
    context: Context, membership: pd.DataFrame, reads: list[Read]
) -> NDArray[np.float64]:
    for part in context.parts("part_departement"):
        rows = context.lake.read(
            part, ["departement", "annee", "valeur"], where={"mesure": RESPIRATORY}
        )
        if rows.empty:
            continue
        rows = rows.sort_values("annee").drop_duplicates("departement", keep="last")
        value = pd.Series(
            rows["valeur"].to_numpy(np.float64), index=rows["departement"].astype(object)
        )
        reads.append(Read(part, ("valeur",), {"mesure": RESPIRATORY}))
        return value.reindex(membership["departement"]).to_numpy(np.float64)
    return np.full(len(membership), np.nan)


def _facilities(
    context: Context, near: int, reads: list[Read], facility: str
) -> dict[str, pd.Series]:
    """Counts of the facilities base around the date of the register, edition by edition."""
    reach = int(context.parameters["apl.recomputed.facilities_reach"].latest)
    found: dict[str, pd.Series] = {}
    for part in context.parts("equipement"):
        for year in part.years:
            name = f"bpe_{year}"
            codes = types_of(context.parameters, facility, year)
            if abs(year - near) > reach or name in found or not codes:
                continue
            frame, read = context.converted(
                part, ["nombre"], where={"annee": year, "type": list(codes)}, zero=True
            )
            reads.append(read)
            found[name] = frame["nombre"]
    return dict(sorted(found.items()))


def _totals(context: Context, year: int, reads: list[Read]) -> tuple[pd.DataFrame, list[str]]:
    parts = context.parts("medecin_tvs")
    if not parts:
        raise MissingSource("Le lac n’a pas les médecins par territoire de vie-santé.")
    part = max(parts, key=lambda each: (max(each.years), each.rows))
    rows = context.lake.read(part, ["tvs", "annee", "total"])
    wide = rows.pivot_table(index="tvs", columns="annee", values="total")
    wide.index = pd.Index(wide.index.to_numpy(object), dtype=object)
    last = int(max(wide.columns))
    at = min(year, last)
    reads.append(Read(part, ("total",), {"annee": at}))
    around = {"before": at - 1, "at": at, "after": at + 1}
    around = {name: each for name, each in around.items() if each in wide}
    notes = [] if year <= last else [f"médecins de fin {last} tenus pour ceux de fin {year}"]
    return wide[list(around.values())].set_axis(list(around), axis=1), notes


def _department(code: str) -> str:
    return code[:3] if code.startswith(("97", "98")) else code[:2]


def day_of(year: int) -> dt.date:
    """Return the day the supply of a year describes."""
    return dt.date(year, 12, 31)
