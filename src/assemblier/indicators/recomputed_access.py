"""Indicators of the APL recomputed from open data, and the national run behind them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from assemblier.declarations import Direction, Indicator
from assemblier.errors import MissingSource
from assemblier.indicators.access import APL_SAYS_NOT, APL_UNIT
from assemblier.indicators.components import Components, Kind
from assemblier.indicators.context import Context
from assemblier.indicators.doctor_access import doctor_apl
from assemblier.indicators.national import NationalSupply, day_of, latest_year, national_supply
from assemblier.indicators.national_times import ISLANDS, national_engine, national_times
from assemblier.lake.provenance import Part
from assemblier.measures.access import Demand, Supply
from assemblier.measures.decay import BlurredSteps
from assemblier.measures.matching import positions
from assemblier.measures.recomputed import (
    Recomputed,
    RecomputedModel,
    recompute_apl,
)
from assemblier.measures.times import TravelTimes
from assemblier.values import Reason, Status

__all__ = [
    "INDICATORS",
    "NationalApl",
    "national_apl",
    "recomputed_engine",
    "recomputed_table",
    "supplied_units",
]

PARAMETERS = (
    "apl.recomputed.supply",
    "apl.recomputed.centres",
    "apl.recomputed.crow_fly",
    "apl.recomputed.steepness",
    "apl.recomputed.density_radius",
    "apl.recomputed.decay",
    "apl.recomputed.activity",
    "apl.recomputed.facilities_reach",
    ISLANDS,
)
OVER_65 = "apl.recomputed.over_65_share"


@dataclass(frozen=True, slots=True)
class NationalApl:
    """A recomputed APL of the whole country, with all that it was made of.

    Attributes
    ----------
    supply
        The national table and where it comes from.
    demand
        Every unit: population and standardised population, n of them.
    offer
        Acts a year at the units where some source sees a doctor, m of them, as ``times`` orders
        its destinations.
    times
        From every unit to every unit with doctors; its engine is named.
    decay
        Steps blurred by the error of the times.
    result
        APL by unit, in the order of ``demand``.
    """

    supply: NationalSupply
    demand: Demand
    offer: Supply
    times: TravelTimes
    decay: BlurredSteps
    result: Recomputed


def national_apl(
    context: Context, year: int | None = None, *, up_to_65: bool = False
) -> NationalApl:
    """Recompute the APL of the whole country; no published APL is read.

    Parameters
    ----------
    year
        Year of the supply (31 December); the latest possible without it.
    up_to_65
        Leave out the part of the older doctors presumed past 65.

    Raises
    ------
    MissingSource
        When the lake lacks the doctors, the population or the standardised population.
    """
    supply = national_supply(context, year)
    return _run(context, supply, times=None, up_to_65=up_to_65)


def _run(
    context: Context, supply: NationalSupply, *, times: TravelTimes | None, up_to_65: bool
) -> NationalApl:
    model = RecomputedModel.on(context.parameters, day_of(supply.year))
    table = supply.communes
    if times is None:
        times = national_times(context, supply, supplied_units(supply), model)
    left_out = context.parameters[OVER_65].on(day_of(supply.year)) if up_to_65 else 0.0
    made = recompute_apl(
        table, supply.totals, model, others=supply.others, older_left_out=left_out, times=times
    )
    ids = table["id"].to_numpy(dtype=object)
    offered = positions(times.destinations, ids) >= 0
    return NationalApl(
        supply=supply,
        demand=Demand.of(ids, table["population"].to_numpy(), table["standardised"].to_numpy()),
        offer=Supply.of(ids[offered], made.acts[offered]),
        times=times,
        decay=model.decay,
        result=made,
    )


def supplied_units(supply: NationalSupply) -> np.ndarray:
    """Say where some source sees a doctor, shape (n,)."""
    counts = supply.communes[["gps", "salaried", *supply.others]].to_numpy(dtype=np.float64)
    return np.asarray((counts > 0).any(axis=1))


def recomputed_table(context: Context, year: int | None = None) -> pd.DataFrame:
    """Return ``apl, apl_65, standardised, population, acts, doctors, reached`` by unit.

    It is kept in the lake's folder of prepared tables. ``attrs`` is empty; see
    :func:`national_apl` for all that the figures rest on.
    """
    year = latest_year(context) if year is None else year
    values = {name: context.parameters[name].on(day_of(year)) for name in (*PARAMETERS, OVER_65)}

    def make() -> pd.DataFrame:
        whole = national_apl(context, year)
        younger = _run(context, whole.supply, times=whole.times, up_to_65=True)
        return pd.DataFrame(
            {
                "apl": whole.result.access.value,
                "apl_65": younger.result.access.value,
                "standardised": whole.demand.counted("standardised"),
                "population": whole.demand.population,
                "acts": whole.result.acts,
                "doctors": whole.result.doctors,
                "reached": whole.result.access.reached,
            },
            index=pd.Index(whole.demand.ids, dtype=object, name="code"),
        )

    return context.prepared(f"recomputed apl|{year}|{values}", make)


def recomputed_engine(context: Context, year: int) -> str:
    """Return the name of what the travel times of the recomputed APL of a year are."""
    return national_engine(context, RecomputedModel.on(context.parameters, day_of(year)))


def _of_register(context: Context) -> Iterator[Components]:
    """APL of the doctors of the register, where the lake holds it and the ages of the population.

    Nothing for doctors of 65 and under: the open register tells no age.
    """
    try:
        made = doctor_apl(context)
    except MissingSource:
        return
    reached = made.access.reached
    frame = pd.DataFrame(
        {
            "numerator": made.access.value,
            "denominator": made.need.standardised.reindex(made.access.ids).to_numpy(),
            "status": np.where(reached, Status.ESTIMATED, Status.UNREACHABLE),
            "reason": np.where(reached, Reason.MODELLED, Reason.NO_ORIGIN_IN_REACH),
        },
        index=pd.Index(made.access.ids, dtype=object, name="code"),
    )
    left = [f"{count} {why}" for why, count in made.doctors.left_out.items()]
    yield Components(
        Kind.MEAN,
        frame,
        str(made.year),
        made.doctors.reads[0].part.source,
        (*made.doctors.reads, *made.need.reads),
        notes=(
            "Pondération : population standardisée.",
            f"Temps de trajet : {made.access.engine}.",
            "Médecins de l’annuaire, même activité pour tous ; lignes écartées : "
            f"{', '.join(left)}.",
            *(f"{note}." for note in made.need.notes),
        ),
    )


def _build(column: str) -> Callable[[Context], Iterator[Components]]:
    def build(context: Context) -> Iterator[Components]:
        if column == "apl":
            yield from _of_register(context)
        try:
            supply = national_supply(context)
        except MissingSource:
            return
        table = recomputed_table(context, supply.year)
        engine = recomputed_engine(context, supply.year)
        reached = table["reached"].to_numpy(bool)
        frame = pd.DataFrame(
            {
                "numerator": table[column],
                "denominator": table["standardised"],
                "status": np.where(reached, Status.ESTIMATED, Status.UNREACHABLE),
                "reason": np.where(reached, Reason.MODELLED, Reason.NO_ORIGIN_IN_REACH),
            },
            index=table.index,
        )
        yield Components(
            Kind.MEAN,
            frame,
            str(supply.year),
            _vintage(supply),
            supply.reads,
            notes=(
                "Pondération : population standardisée.",
                f"Temps de trajet : {engine}.",
                *(f"{note}." for note in supply.notes),
            ),
        )

    return build


def _vintage(supply: NationalSupply) -> str:
    """Name the edition by that of the register of doctors."""
    parts: list[Part] = [read.part for read in supply.reads]
    return next(part.source for part in parts if part.table == "medecin_commune")


CONTRASTS = (
    "Ses contrastes sont trop forts : d’ordinaire, les territoires les moins bien dotés y sont "
    "plus bas que dans l’APL publié, les mieux dotés plus haut. Lisez le rang plus que l’écart."
)
"""Known bias, measured on the published values of 2016."""

DIFFERS = {
    "DREES, APL publié": (
        "Le champ : l’APL publié compte l’activité réelle de chaque médecin (bornée de 3 600 à "
        "6 000 actes), les centres de santé et certains exercices particuliers, d’après les "
        "données "
        "de l’assurance maladie ; ici, des effectifs de libéraux, "
        "des salariés là où les centres de santé sont nombreux, et une activité moyenne qui ne "
        "varie "
        "qu’avec le lieu. La date : l’offre est celle de la fin de l’année indiquée, ramenée au "
        "total de chaque territoire de vie-santé. L’unité : la même, des consultations par an et "
        "par habitant standardisé. La géographie : communes de référence du lac, arrondissements "
        "de Paris, Lyon et Marseille. Le moteur : à vol d’oiseau, et les routes seulement là où le "
        "lac a une matrice de temps. Sur toute la France de 2016, les rangs s’accordent à 0,73 "
        "(communes) et 0,88 (bassins de vie)."
    ),
    "Rézone, CartoSanté": (
        "Ils reprennent l’APL publié par la DREES, d’une autre année ou sans les médecins de plus "
        "de 65 ans."
    ),
}

INDICATORS = (
    Indicator(
        "apl_recalculee",
        "A1r",
        "access",
        "APL aux médecins généralistes, recalculé",
        "Potential access to GPs, recomputed",
        APL_UNIT,
        2,
        Direction.HIGHER,
        "Consultations accessibles par an et par habitant standardisé, recalculées pour toute la "
        "France à partir des effectifs de médecins et de temps de trajet estimés, sans lire aucun "
        "APL publié.",
        (
            *APL_SAYS_NOT[:2],
            "C’est une estimation : elle classe assez bien les bassins de vie, moins bien les "
            "communes ; là où l’APL publié existe pour la même année, préférez-le.",
            CONTRASTS,
        ),
        "DREES, Accessibilité potentielle localisée (méthode) ; calcul du programme",
        _build("apl"),
        ("cartosante-communes", "cartosante-mg-tvs", "insee-bpe", "drees-population-standardisee"),
        PARAMETERS,
        differs=DIFFERS,
    ),
    Indicator(
        "apl_recalculee_65",
        "A2r",
        "access",
        "APL aux médecins généralistes de 65 ans et moins, recalculé",
        "Potential access to GPs up to 65, recomputed",
        APL_UNIT,
        2,
        Direction.HIGHER,
        "La même, en retirant des médecins présumés de 60 ans et plus la part qui a plus de "
        "65 ans.",
        (
            *APL_SAYS_NOT[:2],
            CONTRASTS,
            "La part des plus de 65 ans est la même partout, faute d’âges exacts par commune.",
        ),
        "DREES, Accessibilité potentielle localisée (méthode) ; calcul du programme",
        _build("apl_65"),
        ("cartosante-communes", "cartosante-mg-tvs", "insee-bpe", "drees-population-standardisee"),
        (*PARAMETERS, OVER_65),
        differs=DIFFERS,
    ),
)
