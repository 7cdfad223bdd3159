"""What a zoning is simulated on, read from the lake: APL by commune, people, decree, quarters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from assemblier.errors import MissingSource
from assemblier.futures.zoning.rules import ZoningRule
from assemblier.futures.zoning.simulation import Zones, zones_of_communes
from assemblier.indicators.components import Read
from assemblier.indicators.context import Context
from assemblier.indicators.recomputed_access import recomputed_table
from assemblier.territory.codes import city_of

__all__ = [
    "AplSource",
    "decreed_classes",
    "merged_communes",
    "published_apl",
    "published_years",
    "quarters_of",
    "recomputed_apl",
    "zoned_communes",
]

PROFESSION = "mg"
CARD = "drees-apl-mg"
DECREE_CLASSES = "zoning.decree_classes"
CRITERIA = {
    "gp_density": ("doctors", "people_10000"),
    "gp_over_60": ("older_doctors", "doctors"),
}
"""Criterion → the columns of the communes it is the ratio of."""


@dataclass(frozen=True, slots=True)
class AplSource:
    """An APL by commune and where it comes from.

    Attributes
    ----------
    label
        As it is printed.
    frame
        Indexed by commune: ``apl, standardised``.
    reads
        Parts of the lake that were read.
    notes
        What a reader must know.
    """

    label: str
    frame: pd.DataFrame
    reads: tuple[Read, ...] = ()
    notes: tuple[str, ...] = ()


def published_years(context: Context) -> tuple[int, ...]:
    """Years of the published APL of general practitioners in the lake."""
    return tuple(sorted({year for part in context.parts("apl", card=CARD) for year in part.years}))


def published_apl(context: Context, year: int, ages: str) -> AplSource:
    """Read the published APL of one year, by the ages of the doctors counted.

    Raises
    ------
    MissingSource
        When the lake has no such year.
    """
    for part in context.parts("apl", card=CARD):
        if year not in part.years:
            continue
        where = {"annee": year, "profession": PROFESSION, "ages": ages}
        frame, read = context.converted(part, ["apl", "population_standardisee"], where=where)
        if frame["apl"].notna().any():
            made = frame.rename(columns={"population_standardisee": "standardised"})
            counted = "tous âges" if ages == "tous" else f"médecins de {ages} ans et moins"
            return AplSource(
                f"APL publié {year} ({counted})", made[["apl", "standardised"]], (read,)
            )
    known = ", ".join(map(str, published_years(context))) or "aucune"
    raise MissingSource(f"Le lac n’a pas d’APL publié de {year}. Années à disposition : {known}.")


def recomputed_apl(context: Context, year: int | None, ages: str) -> AplSource:
    """Recompute the APL of one year (the latest possible without it)."""
    table = recomputed_table(context, year)
    column = "apl" if ages == "tous" else "apl_65"
    made = table[[column, "standardised"]].rename(columns={column: "apl"})
    told = "dernière année possible" if year is None else str(year)
    return AplSource(
        f"APL recalculé ({told})",
        made,
        notes=("l’APL recalculé est une estimation : il ne remplace pas l’APL publié",),
    )


def zoned_communes(
    context: Context, rule: ZoningRule, apl: AplSource, *, covered_at_least: float
) -> tuple[pd.DataFrame, Zones]:
    """Put communes and zones together.

    Returns
    -------
    communes
        ``code, zone, region, apl, standardised, population, doctors, older_doctors,
        people_10000``; municipal arrondissements in place of their city where the APL tells them.
    zones
        Their zones.

    Raises
    ------
    MissingSource
        When the lake does not know the zones of the rule.
    """
    membership = context.geography.membership
    if rule.grid not in membership:
        raise MissingSource(
            f"Le lac n’a pas la composition des territoires de la règle ({rule.grid})."
        )
    zone_of = membership[rule.grid]
    # a city counts by its arrondissements where the APL or the zones tell them apart
    split = {
        city_of(code)
        for code in membership.index
        if city_of(code) != code
        and (
            zone_of.get(city_of(code)) is None
            or (code in apl.frame.index and np.isfinite(apl.frame["apl"][code]))
        )
    }
    kept = [
        code
        for code in membership.index
        if (city_of(code) in split if city_of(code) != code else code not in split)
    ]
    index = pd.Index(kept, dtype=object, name="code")
    people, standardised = _people(context, index)
    own = apl.frame.reindex(index)
    communes = pd.DataFrame(
        {
            "code": index,
            "zone": zone_of.reindex(index).to_numpy(object),
            "region": membership["region"].reindex(index).to_numpy(object),
            "apl": own["apl"].to_numpy(np.float64),
            "standardised": own["standardised"].fillna(standardised).to_numpy(np.float64),
            "population": people.to_numpy(np.float64),
        }
    )
    doctors = _doctors(context, index)
    communes = communes.assign(
        doctors=doctors["total"].to_numpy(np.float64),
        older_doctors=doctors["plus60"].to_numpy(np.float64),
        people_10000=communes["population"] / 10_000.0,
    )
    communes = communes[communes["zone"].notna() & communes["region"].notna()]
    communes = communes.reset_index(drop=True)
    names = context.geography.zone_names.get(rule.grid, {})
    zones = zones_of_communes(communes, names, covered_at_least=covered_at_least, ratios=CRITERIA)
    return communes, zones


def _people(context: Context, index: pd.Index) -> tuple[pd.Series, pd.Series]:
    """Newest total and standardised population of the published editions, else the legal one."""
    total = pd.Series(np.nan, index=index)
    standardised = pd.Series(np.nan, index=index)
    parts = sorted(
        context.parts("population_standardisee"), key=lambda part: (-max(part.years), -part.rows)
    )
    for part in parts:
        where = {"annee": max(part.years), "profession": PROFESSION}
        frame, _ = context.converted(part, ["population", "population_standardisee"], where=where)
        total = total.fillna(frame["population"].reindex(index))
        standardised = standardised.fillna(frame["population_standardisee"].reindex(index))
        if total.notna().mean() > 0.99:
            break
    return total.fillna(context.geography.population.reindex(index)), standardised


def _doctors(context: Context, index: pd.Index) -> pd.DataFrame:
    parts = context.parts("medecin_commune")
    if not parts:
        return pd.DataFrame(np.nan, index=index, columns=["total", "plus60"])
    part = max(parts, key=lambda each: (max(each.years), each.rows))
    frame, _ = context.converted(part, ["total", "plus60"], where={"annee": max(part.years)})
    return frame.reindex(index)


def decreed_classes(context: Context) -> tuple[dict[str, str], str]:
    """Return commune → class of the decree at hand, and how it is named; empty without any."""
    words: Mapping[str, str] = context.parameters[DECREE_CLASSES].latest
    for part in context.parts("zonage_sante"):
        rows = context.lake.read(part, ["code", "classe", "date"], where={"profession": PROFESSION})
        if rows.empty:
            continue
        cog = part.cog or context.geography.cog
        rows["code"] = rows["code"].astype(object)
        rows["classe"] = [words.get(str(each)) for each in rows["classe"]]
        rows = rows[rows["classe"].notna()]
        moves = context.geography.crosswalk(cog).targets(rows["code"])
        joined = moves.merge(rows, left_on="code_from", right_on="code")
        people = joined["code_from"].map(context.geography.population).fillna(1.0)
        joined = joined.assign(mass=joined["weight"] * people)
        # a merged commune takes the class where most of its people are
        by = pd.DataFrame(joined.groupby(["code_to", "classe"])["mass"].sum()).reset_index()
        by = by.sort_values(["code_to", "mass", "classe"], ascending=[True, False, True])
        by = by.drop_duplicates("code_to")
        found = dict(zip(by["code_to"].astype(str), by["classe"].astype(str), strict=True))
        for code in context.geography.membership.index:
            if code not in found and city_of(code) in found:
                found[code] = found[city_of(code)]
        dates = rows["date"].dropna()
        told = f"arrêtés au {max(dates):%d/%m/%Y}" if len(dates) else "date des arrêtés non dite"
        return found, f"{part.source} ({told})"
    return {}, ""


def merged_communes(context: Context, grid: str) -> dict[str, tuple[str, ...]]:
    """Return commune → zones of the communes it was made of, where there are several."""
    part = context.geography.grid_parts.get(grid)
    if part is None or part.cog is None or part.cog == context.geography.cog:
        return {}
    rows = context.lake.read(part, ["code", "zone"], where={"grille": grid})
    rows["code"] = rows["code"].astype(object)
    moves = context.geography.crosswalk(part.cog).targets(rows["code"])
    joined = moves.merge(rows, left_on="code_from", right_on="code")
    found = joined.groupby("code_to")["zone"].unique()
    return {
        str(code): tuple(sorted(map(str, zones))) for code, zones in found.items() if len(zones) > 1
    }


def quarters_of(context: Context) -> dict[str, tuple[str, ...]]:
    """Return commune → quarters of the city policy (QPV)."""
    found: dict[str, tuple[str, ...]] = {}
    for part in context.parts("zonage_national"):
        rows = context.lake.read(part, ["code", "libelle"], where={"dispositif": "qpv"})
        for code, name in zip(rows["code"].astype(str), rows["libelle"], strict=True):
            found[code] = (*found.get(code, ()), str(name))
    return found
