"""Use case: the APL of every commune of the country recomputed from open data, as a table.

No published APL is read to recompute. Published values, where the lake has some, serve to say how
far the recomputed ones are from them, and to bring a published year to a later one.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from assemblier.errors import MissingSource, UsageError
from assemblier.indicators.context import Context
from assemblier.indicators.corrected import corrected_apl
from assemblier.indicators.national import NationalSupply, latest_year, national_supply
from assemblier.indicators.professions_access import ProfessionApl, profession_apl, read_rule
from assemblier.indicators.recomputed_access import recomputed_engine, recomputed_table
from assemblier.lake.lake import Lake
from assemblier.measures.agreement import (
    Agreement,
    ChangeAgreement,
    Published,
    agreement,
    anchored_forecast,
    change_agreement,
)
from assemblier.territory.codes import city_of
from assemblier.usecases.apl_calibration import laid_on, published_apl
from assemblier.usecases.given_tables import write_table

__all__ = [
    "PROFESSIONS",
    "NationalTable",
    "ProfessionTable",
    "recompute_national_apl",
    "recompute_profession_apl",
]

GRID = "bv2022"
PROFESSIONS = {
    "infirmier": "inf",
    "kine": "mk",
    "sage-femme": "sf",
    "dentiste": "cd",
}
"""Professions other than general practitioners, as they are asked for."""


@dataclass(frozen=True, slots=True)
class NationalTable:
    """The recomputed APL of every commune.

    Attributes
    ----------
    year
        Supply of 31 December of that year.
    communes
        ``code, nom, apl, apl_65, statut`` and, in the codes of the lake, ``population,
        population_standardisee, medecins, actes``; with local corrections in the lake,
        ``apl_corrigee``; with an earlier year, ``apl_<since>`` and ``variation`` and, where that
        year is published, ``prevision``.
    zones
        ``code, nom, apl, apl_65, population_standardisee`` by zone of the grid: means weighted by
        standardised population.
    cog
        Vintage of the codes.
    covered
        Part, in [0, 1], of the communes of that vintage that have a value.
    mean
        National mean weighted by standardised population.
    engine
        What the travel times are.
    agreement
        With the APL published for the year; None when the lake has none.
    change
        Forecast against published change since the earlier year; None when it cannot be told.
    notes
        What a reader must know, in French.
    written
        Files.
    """

    year: int
    communes: pd.DataFrame
    zones: pd.DataFrame
    cog: int
    covered: float
    mean: float
    engine: str
    agreement: Agreement | None
    change: ChangeAgreement | None
    notes: tuple[str, ...]
    written: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class ProfessionTable:
    """The recomputed APL of another profession, commune by commune.

    Attributes
    ----------
    made
        The national run.
    communes
        ``code, nom, apl, statut, population, effectif`` in the codes of the lake.
    zones
        ``code, nom, apl, population`` by zone of the grid, weighted by population.
    agreement, compared
        With the latest published APL of the profession, whatever its year, and that year; None
        without any.
    written
        Files.
    """

    made: ProfessionApl
    communes: pd.DataFrame
    zones: pd.DataFrame
    agreement: Agreement | None
    compared: int | None
    written: tuple[Path, ...] = ()


def recompute_profession_apl(
    *,
    lake: Path,
    profession: str,
    year: int | None = None,
    grid: str = GRID,
    out: Path | None = None,
    zones_out: Path | None = None,
    parameters: Path | None = None,
) -> ProfessionTable:
    """Recompute the APL of a profession other than general practitioners, for the whole country.

    Parameters
    ----------
    profession
        Among :data:`PROFESSIONS`.
    year
        Year of the supply (31 December); that of the latest facilities without it.
    grid, out, zones_out
        As in :func:`recompute_national_apl`.
    parameters
        A YAML file of parameters in place of the fitted ones; the dentists have no other.

    Raises
    ------
    MissingSource
        A profession without parameters (the dentists), or a source that lacks.
    BadInput
        Parameters that cannot be used.
    UsageError
        An unknown profession or grid.
    """
    if profession not in PROFESSIONS:
        known = ", ".join(["medecin", *PROFESSIONS])
        raise UsageError(f"Profession « {profession} » inconnue. Professions : {known}.")
    context = Context.of(Lake.open(lake))
    _check_grid(context, grid)
    given = None if parameters is None else read_rule(parameters)
    made = profession_apl(context, PROFESSIONS[profession], year, given=given)
    table = made.table
    names = context.geography.names
    communes = pd.DataFrame(
        {
            "code": table.index,
            "nom": [names.get(code, "") for code in table.index],
            "apl": table["apl"].to_numpy(),
            "statut": np.where(table["reached"].to_numpy(bool), "estimated", "unreachable"),
            "population": table["population"].to_numpy(),
            "effectif": table["heads"].to_numpy(),
        }
    )
    zones = _zone_means(context, table, ["apl"], "population", grid)
    match, compared = _compared(context, made)
    for frame, path in ((communes, out), (zones, zones_out)):
        if path is not None:
            write_table(frame, path)
    written = tuple(path for path in (out, zones_out) if path is not None)
    return ProfessionTable(made, communes, zones, match, compared, written)


def _compared(context: Context, made: ProfessionApl) -> tuple[Agreement | None, int | None]:
    """Compare with the published APL of the profession, the latest of the lake."""
    found: tuple[int, pd.DataFrame] | None = None
    for part in context.parts("apl"):
        rows = context.lake.read(part, ["annee", "profession"])
        for each in sorted(set(rows.loc[rows["profession"] == made.profession, "annee"])):
            if found is None or each > found[0]:
                where = {"annee": int(each), "profession": made.profession, "ages": "tous"}
                found = (int(each), context.converted(part, ["apl"], where=where)[0])
    if found is None:
        return None, None
    membership = context.geography.membership.reindex(made.table.index)
    zone = GRID if GRID in membership else "tvs2019"
    held = Published(
        found[1]["apl"].reindex(made.table.index).to_numpy(np.float64),
        made.table["population"].to_numpy(np.float64),
        membership[zone].astype(object).fillna("").to_numpy(object),
        membership["departement"].astype(object).fillna("").to_numpy(object),
    )
    return agreement(made.table["apl"].to_numpy(np.float64), held), found[0]


def _check_grid(context: Context, grid: str) -> None:
    if grid not in context.geography.membership:
        known = ", ".join(map(str, context.geography.membership.columns))
        raise UsageError(f"Grille « {grid} » inconnue. Grilles : {known}.")


def recompute_national_apl(
    *,
    lake: Path,
    year: int | None = None,
    since: int | None = None,
    cog: int | None = None,
    grid: str = GRID,
    out: Path | None = None,
    zones_out: Path | None = None,
) -> NationalTable:
    """Recompute the APL of general practitioners of the whole country.

    Parameters
    ----------
    year
        Year of the supply (31 December); the latest that the lake allows without it.
    since
        An earlier year, recomputed by the same model: the table then tells the change and, where
        the APL of that year is published, that value moved by the recomputed change.
    cog
        Vintage of the codes of communes; that of the lake without it. A commune of an older
        vintage has the mean of the communes that it became part of.
    grid
        Grid of the table of zones.
    out, zones_out
        Where to write each table (CSV or Parquet by the suffix), if anywhere.

    Raises
    ------
    MissingSource
        The lake lacks the doctors, the population or the standardised population.
    UsageError
        Years in the wrong order, a vintage or a grid that the lake does not know.
    """
    context = Context.of(Lake.open(lake))
    told = latest_year(context) if year is None else year
    if since is not None and since >= told:
        raise UsageError(f"L’année de départ ({since}) doit précéder celle du calcul ({told}).")
    _check_grid(context, grid)
    supply = national_supply(context, told)
    table = recomputed_table(context, told)
    ids = pd.Index(supply.communes["id"].to_numpy(object), dtype=object, name="code")
    values = pd.DataFrame({"apl": table["apl"], "apl_65": table["apl_65"]}).reindex(ids)
    fixed = corrected_apl(context, told)
    if fixed is not None:
        values["apl_corrigee"] = fixed.table["apl"].reindex(ids)
    change = None
    if since is not None:
        change = _since(context, values, supply, since)
    match = _agreement(context, supply, values["apl"].to_numpy(np.float64))
    communes, vintage, covered = _coded(context, table.reindex(ids), values, cog)
    zones = _zones(context, table.reindex(ids), grid)
    weight = table["standardised"].reindex(ids)
    made = NationalTable(
        told,
        communes,
        zones,
        vintage,
        covered,
        float(np.average(values["apl"], weights=weight)),
        recomputed_engine(context, told),
        match,
        change,
        supply.notes,
        tuple(path for path in (out, zones_out) if path is not None),
    )
    if out is not None:
        write_table(communes, out)
    if zones_out is not None:
        write_table(zones, zones_out)
    return made


def _published(context: Context, year: int) -> pd.DataFrame | None:
    try:
        return published_apl(context, year)[0]
    except MissingSource:
        return None


def _agreement(
    context: Context, supply: NationalSupply, value: NDArray[np.float64]
) -> Agreement | None:
    published = _published(context, supply.year)
    if published is None:
        return None
    return agreement(value, laid_on(context, supply, published))


def _since(
    context: Context, values: pd.DataFrame, supply: NationalSupply, since: int
) -> ChangeAgreement | None:
    """Add the earlier year and the change to the values; compare with the published change."""
    before = recomputed_table(context, since).reindex(values.index)
    values[f"apl_{since}"] = before["apl"]
    values["variation"] = values["apl"] - before["apl"]
    published = _published(context, since)
    if published is None:
        return None
    known = published["apl"].reindex(values.index).to_numpy(np.float64)
    moves = before["apl"].notna().to_numpy()
    values["prevision"] = anchored_forecast(
        np.where(moves, known, np.nan),
        np.nan_to_num(before["apl"].to_numpy(np.float64)),
        values["apl"].to_numpy(np.float64),
        supply.communes["standardised"].to_numpy(np.float64),
    )
    later = _published(context, supply.year)
    if later is None:
        return None
    held = laid_on(context, supply, later)
    return change_agreement(
        values["prevision"].to_numpy(np.float64), known, held.value, held.weight, held.zone
    )


def _coded(
    context: Context, table: pd.DataFrame, values: pd.DataFrame, cog: int | None
) -> tuple[pd.DataFrame, int, float]:
    """Return the table by commune in a vintage of the codes, and the part of it that is covered."""
    geography = context.geography
    status = np.where(table["reached"].to_numpy(bool), "estimated", "unreachable")
    if cog is None or cog == geography.cog:
        made = values.assign(
            statut=status,
            population=table["population"],
            population_standardisee=table["standardised"],
            medecins=table["doctors"],
            actes=table["acts"],
        )
        made.insert(0, "nom", [geography.names.get(code, "") for code in made.index])
        units = set(geography.communes["code"])
        return made.reset_index(), geography.cog, _covered(made.index, units)
    official = geography.communes_of(cog)
    if official is None or cog > geography.cog:
        raise UsageError(
            f"Le lac ne donne pas le passage vers les codes de {cog} "
            f"(codes de référence : {geography.cog})."
        )
    boroughs = set(values.index) - set(geography.communes["code"])
    names = {
        **{code: geography.names[code] for code in boroughs},
        **dict(zip(official["code"], official["nom"], strict=True)),
    }
    codes = sorted(names)
    moves = geography.crosswalk(cog).targets(codes)
    laid = values.assign(reached=table["reached"].astype(np.float64)).reindex(moves["code_to"])
    weight = moves["weight"].to_numpy(np.float64)
    weight = np.where(laid["apl"].notna(), weight, 0.0)
    group = moves["code_from"].to_numpy(object)
    total = pd.Series(weight).groupby(group).sum()
    summed = pd.DataFrame(
        {name: laid[name].fillna(0.0).to_numpy(np.float64) * weight for name in laid}
    )
    means = summed.groupby(group).sum().div(total, axis=0)[total > 0]
    reached = means.pop("reached") > 0
    means = means.assign(statut=np.where(reached, "estimated", "unreachable"))
    means.index = pd.Index(means.index.to_numpy(object), dtype=object, name="code")
    means.insert(0, "nom", [names[code] for code in means.index])
    return means.reset_index(), cog, _covered(means.index, set(official["code"]))


def _covered(index: pd.Index, units: set[str]) -> float:
    """Part of the communes that have a value; a city given by arrondissements has them."""
    held = {city_of(code) for code in index}
    told = {city_of(code) for code in units}
    return len(held & told) / len(told)


def _zones(context: Context, table: pd.DataFrame, grid: str) -> pd.DataFrame:
    held = table.rename(columns={"standardised": "population_standardisee"})
    return _zone_means(context, held, ["apl", "apl_65"], "population_standardisee", grid)


def _zone_means(
    context: Context, table: pd.DataFrame, values: list[str], weight: str, grid: str
) -> pd.DataFrame:
    """Return ``code, nom``, the weighted means and the weight by zone."""
    zone = context.geography.membership[grid].reindex(table.index)
    known = zone.notna().to_numpy() & (zone != "").to_numpy()
    rows = table[known]
    summed = (
        rows[values]
        .mul(rows[weight], axis=0)
        .assign(**{weight: rows[weight]})
        .groupby(zone[known].to_numpy(object))
        .sum()
    )
    summed[values] = summed[values].div(summed[weight], axis=0)
    names = context.geography.zone_names.get(grid, {})
    summed.index.name = "code"
    made = summed.reset_index()
    made.insert(1, "nom", [names.get(code, "") for code in made["code"]])
    return made
