"""Standardised population from the ages of the lake, with the producer's weights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from assemblier.errors import MissingSource
from assemblier.indicators.components import Read
from assemblier.indicators.context import Context
from assemblier.indicators.national import PROFESSION
from assemblier.lake.provenance import Part
from assemblier.measures.need import AgeWeights, recover_weights, standardised_population

__all__ = ["AgeNeed", "age_need"]

_SAME_PEOPLE = 0.02  # both files describe one population; beyond, it is not the same commune


@dataclass(frozen=True, slots=True)
class AgeNeed:
    """Need of each unit, from its ages.

    Attributes
    ----------
    population, standardised
        Inhabitants and P*, indexed by code.
    year
        Year of the ages.
    weights
        Weight of each age class.
    printed
        Year whose weights the producer printed; None when they were found again by non-negative
        least squares on the published P*.
    explained
        Share of the variance that the weights found again explain; NaN where they are printed.
    reads, notes
        What was read of the lake; what a reader must know, in French.
    """

    population: pd.Series
    standardised: pd.Series
    year: int
    weights: AgeWeights
    printed: int | None
    explained: float
    reads: tuple[Read, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _AgeFile:
    part: Part
    year: int
    sexes: tuple[str, ...]
    lower: NDArray[np.int64]
    communes: int


def age_need(context: Context, year: int, *, printed: bool = True) -> AgeNeed:
    """Standardise the population two years before the year of an APL, the producer's lag.

    Parameters
    ----------
    year
        Year of the APL.
    printed
        Use the weights that the producer printed for that year, else for the nearest; False finds
        them again on the published P* of that year, as for a vintage that prints none.

    Raises
    ------
    MissingSource
        The lake has no population by age, or nothing to weigh it with.
    """
    known = _printed_weights(context, year)
    told = known if printed else None
    # a vintage that prints no weights is taken to have the classes of one that does
    wanted = known[0].lower if known is not None else None
    chosen = _age_file(context, year - 2, wanted)
    if chosen is None:
        raise MissingSource("Le lac n’a pas de population par classe d’âge et par commune.")
    lower = chosen.lower if wanted is None else wanted
    ages, read = _by_band(context, chosen, lower)
    values = ages.to_numpy(np.float64)
    reads = [read]
    notes = [f"population par âge de {chosen.year}"]
    explained = float("nan")
    if told is not None:
        weights, edition, part = told
        reads.append(Read(part, ("poids",), {"annee": edition, "profession": PROFESSION}))
        notes.append(f"poids des âges imprimés par la DREES pour {edition}")
    else:
        need, read = _published_need(context, year)
        reads.append(read)
        target = need["population_standardisee"].reindex(ages.index).to_numpy(np.float64, copy=True)
        people = need["population"].reindex(ages.index).to_numpy(np.float64)
        # communes merged or restored between both files would be equations that do not hold
        same = np.abs(values.sum(axis=1) / np.maximum(people, 1.0) - 1.0) <= _SAME_PEOPLE
        target[~(same | np.isnan(people))] = np.nan
        recovered = recover_weights(values, target)
        weights, edition, explained = AgeWeights(lower, recovered.weight), None, recovered.explained
        notes.append(
            f"poids des âges retrouvés sur la population standardisée publiée de {year} "
            f"({recovered.places} communes, {100 * explained:.1f} % de la variance expliquée)"
        )
    return AgeNeed(
        population=ages.sum(axis=1),
        standardised=pd.Series(standardised_population(values, weights.weight), index=ages.index),
        year=chosen.year,
        weights=weights,
        printed=edition,
        explained=explained,
        reads=tuple(reads),
        notes=tuple(notes),
    )


def _printed_weights(context: Context, year: int) -> tuple[AgeWeights, int, Part] | None:
    """Weights of the year, or of the nearest that is printed."""
    parts = [(each, part) for part in context.parts("apl_poids_age") for each in part.years]
    if not parts:
        return None
    edition, part = min(parts, key=lambda each: (abs(each[0] - year), each[0]))
    rows = context.lake.read(part, where={"annee": edition, "profession": PROFESSION})
    rows = rows.sort_values("age_min")
    weights = AgeWeights(rows["age_min"].to_numpy(np.int64), rows["poids"].to_numpy(np.float64))
    return weights, edition, part


def _age_file(context: Context, year: int, wanted: NDArray[np.int64] | None) -> _AgeFile | None:
    """Choose the file of ages: those that hold the wanted classes, then the nearest, the widest."""
    found: list[_AgeFile] = []
    for part in context.parts("population_age"):
        for each in part.years:
            rows = context.lake.read(
                part, ["code", "sexe", "age_min", "age_max"], where={"annee": each}
            )
            sexes = ("T",) if (rows["sexe"] == "T").any() else ("F", "H")
            rows = rows[rows["sexe"].isin(sexes)]
            bands = rows[["age_min", "age_max"]].drop_duplicates().sort_values("age_min")
            low, high = bands["age_min"].to_numpy(np.int64), bands["age_max"].to_numpy(np.int64)
            whole = low.size > 1 and low[0] == 0 and np.array_equal(low[1:], high[:-1] + 1)
            if not whole or (wanted is not None and np.setdiff1d(wanted, low).size):
                continue
            found.append(_AgeFile(part, each, sexes, low, rows["code"].nunique()))
    return min(
        found,
        key=lambda each: (-each.communes, abs(each.year - year), each.lower.size),
        default=None,
    )


def _by_band(
    context: Context, chosen: _AgeFile, lower: NDArray[np.int64]
) -> tuple[pd.DataFrame, Read]:
    """Inhabitants by unit and class, classes in order."""
    frame, read = context.converted(
        chosen.part,
        ["population"],
        where={"annee": chosen.year, "sexe": list(chosen.sexes)},
        keys=("sexe", "age_min"),
    )
    rows = frame["population"].reset_index()
    ages = rows["age_min"].to_numpy(np.int64)
    rows["band"] = np.searchsorted(lower, ages, side="right") - 1
    wide = rows.pivot_table(
        index="code", columns="band", values="population", aggfunc="sum", fill_value=0.0
    ).reindex(columns=range(lower.size), fill_value=0.0)
    wide.index = pd.Index(wide.index.to_numpy(object), dtype=object, name="code")
    return wide, read


def _published_need(context: Context, year: int) -> tuple[pd.DataFrame, Read]:
    parts = context.parts("population_standardisee", year=year)
    if not parts:
        raise MissingSource(f"Le lac n’a pas de population standardisée publiée pour {year}.")
    part = max(parts, key=lambda each: each.rows)
    frame, read = context.converted(
        part,
        ["population_standardisee", "population"],
        where={"annee": year, "profession": PROFESSION},
    )
    return frame, read
