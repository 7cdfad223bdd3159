"""The country as it is: the prepared matrix of the recomputed APL, that futures change.

Every projection and every scenario starts from the same object, so that two answers differ by what
was changed and by nothing else.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from assemblier.errors import BadInput, Problem
from assemblier.indicators.components import Read
from assemblier.indicators.context import Context
from assemblier.indicators.corrected import supply_change
from assemblier.indicators.national import day_of, latest_year, national_supply
from assemblier.indicators.national_times import national_times
from assemblier.indicators.population import populations
from assemblier.indicators.recomputed_access import recomputed_table
from assemblier.measures.access import Demand, Supply
from assemblier.measures.decay import Decay
from assemblier.measures.matching import positions
from assemblier.measures.prepared import Prepared, prepare
from assemblier.measures.recomputed import RecomputedModel
from assemblier.measures.times import TravelTimes
from assemblier.territory.codes import ARRONDISSEMENTS

__all__ = ["Baseline", "national_baseline", "weighted_mean"]

FROM_TABLE = ("population", "standardised", "gps", "older_gps")
COLUMNS = ("population", "standardised", "zone", "gps", "older_gps", "doctors", "acts")


@dataclass(frozen=True, slots=True)
class Baseline:
    """What futures start from.

    Attributes
    ----------
    year
        The supply is that of 31 December.
    communes
        Indexed by code, n of them: ``population, standardised, zone`` (territoire de vie-santé),
        ``gps, older_gps`` (headcounts of the register, presumed 60 and over), ``doctors`` (the
        headcount taken), ``acts`` (a year); ``inhabitants``, for densities, is the municipal
        population of the year of supply, NaN where it is not told.
    times, decay
        From every commune to the sites.
    prepared
        Acts at each site to APL of each commune; sites without any doctor may be among them.
    value
        APL today, shape (n,).
    vintage
        Edition of the register of doctors.
    reads, notes
        What was read, and what a reader must know (French).
    """

    year: int
    communes: pd.DataFrame
    times: TravelTimes
    decay: Decay
    prepared: Prepared
    value: NDArray[np.float64]
    vintage: str = ""
    reads: tuple[Read, ...] = ()
    notes: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        year: int,
        communes: pd.DataFrame,
        times: TravelTimes,
        decay: Decay,
        *,
        vintage: str = "",
        reads: tuple[Read, ...] = (),
        notes: tuple[str, ...] = (),
    ) -> Baseline:
        """Prepare the matrix; the sites are the destinations of ``times``.

        Raises
        ------
        BadInput
            A column is absent, or acts lie where ``times`` do not lead.
        """
        problems = [
            Problem(f"la colonne « {name} » est absente", allowed=", ".join(COLUMNS))
            for name in COLUMNS
            if name not in communes
        ]
        if problems:
            raise BadInput(problems)
        ids = communes.index.to_numpy(object)
        at = positions(times.destinations, ids)
        acts = communes["acts"].to_numpy(np.float64)
        lost = (at < 0) & (acts > 0)
        if lost.any():
            raise BadInput(
                [Problem("aucun temps ne mène à ce lieu", value=str(code)) for code in ids[lost]]
            )
        demand = Demand.of(
            ids,
            communes["population"].to_numpy(np.float64),
            communes["standardised"].to_numpy(np.float64),
        )
        sites = at >= 0
        prepared = prepare("apl", times, demand, Supply.of(ids[sites], acts[sites]), decay)
        value = prepared.values(prepared.supply.capacity)
        return cls(year, communes, times, decay, prepared, value, vintage, reads, notes)

    @property
    def ids(self) -> NDArray:
        """Codes of the communes, shape (n,)."""
        return self.prepared.demand.ids

    @property
    def need(self) -> NDArray[np.float64]:
        """Standardised population, shape (n,)."""
        return self.prepared.demand.counted("standardised")

    @property
    def acts_per_doctor(self) -> float:
        """Mean acts a year of a doctor of the country."""
        doctors = float(self.communes["doctors"].sum())
        return float(self.communes["acts"].sum()) / doctors if doctors > 0 else 0.0

    def rows(self, codes: Collection[str]) -> NDArray[np.int64]:
        """Return the positions of communes that the baseline knows, in the order given."""
        # the index of the table keeps its hash from one call to the next
        found = self.communes.index.get_indexer(pd.Index(list(codes), dtype=object))
        return np.asarray(found[found >= 0], dtype=np.int64)

    def units(self, codes: Sequence[str]) -> tuple[str, ...]:
        """Name a city by its arrondissements where the calculation knows it by them alone."""
        named: list[str] = []
        for code in codes:
            parts = () if code in self.communes.index else ARRONDISSEMENTS.get(code, ())
            named += [part for part in parts if part in self.communes.index] or [code]
        return tuple(dict.fromkeys(named))

    def mean(self, value: NDArray[np.float64], rows: NDArray[np.int64] | None = None) -> float:
        """Return the mean of a value by commune, weighted by standardised population."""
        if rows is None:
            return weighted_mean(value, self.need)
        return weighted_mean(value[rows], self.need[rows])

    def inhabitants(self, rows: NDArray[np.int64]) -> float:
        """Return the people of communes, as densities count them.

        One population for all of them: the one that weighs demand where any of them lacks the
        other (arrondissements; a commune whose people a newer file counts in the one it joined).
        """
        weighing = self.communes["population"].to_numpy(np.float64)[rows]
        if "inhabitants" not in self.communes:
            return float(weighing.sum())
        counted = self.communes["inhabitants"].to_numpy(np.float64)[rows]
        return float((weighing if np.isnan(counted).any() else counted).sum())

    def with_population(self, factor: NDArray[np.float64]) -> Baseline:
        """Return the baseline with the population of each commune multiplied, shape (n,)."""
        counted = ("population", "inhabitants", "standardised")
        changed = self.communes.assign(
            **{name: self.communes[name] * factor for name in counted if name in self.communes}
        )
        return Baseline.of(
            self.year,
            changed,
            self.times,
            self.decay,
            vintage=self.vintage,
            reads=self.reads,
            notes=self.notes,
        )

    def with_times(self, times: TravelTimes, decay: Decay | None = None) -> Baseline:
        """Return the baseline under other times to the same sites, or another decay."""
        return Baseline.of(
            self.year,
            self.communes,
            times,
            self.decay if decay is None else decay,
            vintage=self.vintage,
            reads=self.reads,
            notes=self.notes,
        )

    def slower(self, factor: float) -> Baseline:
        """Return the baseline with every time multiplied; the bound of the search moves too."""
        t = self.times
        exact = t.minutes * factor
        times = replace(
            t,
            seconds=np.rint(exact * 60.0).astype(t.seconds.dtype),
            exact=exact,
            limit=int(np.ceil(t.limit * factor)),
        )
        return self.with_times(times)


def weighted_mean(value: NDArray[np.float64], weight: NDArray[np.float64]) -> float:
    """Return Σ w·v / Σ w, NaN without weight."""
    total = float(weight.sum())
    return float(value @ weight) / total if total > 0 else float("nan")


def national_baseline(
    context: Context,
    sites: Sequence[str] = (),
    *,
    year: int | None = None,
    corrected: bool = False,
) -> Baseline:
    """Return the baseline of the whole country from the lake.

    Parameters
    ----------
    sites
        Communes where a future may put a doctor, beside those that have one.
    year
        Year of the supply; that of the register of doctors without it.
    corrected
        Lay the local corrections over the supply; the notes then say so.

    Raises
    ------
    MissingSource
        When the lake lacks the doctors, the population or the standardised population.
    """
    if year is None:
        registers = [max(part.years) for part in context.parts("medecin_commune") if part.years]
        year = max(registers, default=None)
    year = latest_year(context) if year is None else year
    supply = national_supply(context, year)
    model = RecomputedModel.on(context.parameters, day_of(supply.year))
    table = supply.communes
    ids = table["id"].to_numpy(dtype=object)
    kept = recomputed_table(context, year).reindex(ids)
    change = supply_change(context, kept) if corrected else None
    notes = supply.notes
    if change is not None:
        for name, by in (("acts", change.acts), ("doctors", change.doctors)):
            # a sum of two floats may miss zero by a rounding
            kept[name] = (kept[name] + by.reindex(kept.index).fillna(0.0)).clip(lower=0.0)
        notes = (*notes, f"offre corrigée localement : {' ; '.join(change.notes)}")
    acts, doctors = (kept[name].to_numpy(np.float64) for name in ("acts", "doctors"))
    offered = (acts > 0) | pd.Index(ids).isin(list(sites))
    times = national_times(context, supply, offered, model)
    communes = pd.DataFrame(
        {
            **{name: table[name].to_numpy(np.float64) for name in FROM_TABLE},
            "zone": table["zone"].to_numpy(object),
            "doctors": doctors,
            "acts": acts,
        },
        index=pd.Index(ids, dtype=object, name="code"),
    )
    communes["inhabitants"], counted = _inhabitants(context, communes.index, supply.year)
    vintage = next(
        (read.part.source for read in supply.reads if read.part.table == "medecin_commune"), ""
    )
    return Baseline.of(
        supply.year,
        communes,
        times,
        model.decay,
        vintage=vintage,
        reads=(*supply.reads, *(() if change is None else change.reads), *counted),
        notes=notes,
    )


def _inhabitants(
    context: Context, communes: pd.Index, year: int
) -> tuple[pd.Series, tuple[Read, ...]]:
    """Return the population that densities are told for, as the indicators do.

    The population that weighs demand is older by the lag of its publication.
    """
    known = populations(context)
    if not known:
        return pd.Series(np.nan, index=communes), ()
    nearest = min(known, key=lambda each: (abs(each - year), each))
    people, reads = known[nearest]
    return people["numerator"].reindex(communes), reads
