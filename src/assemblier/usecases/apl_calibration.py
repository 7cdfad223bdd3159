"""Use case: fit the coefficients of the recomputed APL on published values, and judge them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from assemblier.errors import MissingSource
from assemblier.indicators.context import Context
from assemblier.indicators.national import NationalSupply, day_of, national_supply
from assemblier.indicators.national_times import national_times
from assemblier.indicators.recomputed_access import supplied_units
from assemblier.lake.lake import Lake
from assemblier.measures.agreement import (
    Agreement,
    ChangeAgreement,
    Published,
    agreement,
    anchored_forecast,
    change_agreement,
    unexplained,
)
from assemblier.measures.calibration import Calibration, Knob, calibrate_apl
from assemblier.measures.crowfly import CrowFlyModel
from assemblier.measures.recomputed import RecomputedModel, recompute_apl
from assemblier.measures.times import TravelTimes
from assemblier.progress import Work

__all__ = ["AplCalibration", "OtherYear", "fit_apl", "laid_on", "published_apl"]


@dataclass(frozen=True, slots=True)
class OtherYear:
    """What the fitted coefficients are worth in a year that they were not fitted on.

    Attributes
    ----------
    year
        Year of the published values.
    supplied_on
        Year of the latest dated supply that was used.
    agreement
        With the values published for the year.
    change
        Published value of the fitted year moved by the recomputed change, against the published
        change; None where fewer than three zones are published in both.
    """

    year: int
    supplied_on: int
    agreement: Agreement
    change: ChangeAgreement | None


@dataclass(frozen=True, slots=True)
class AplCalibration:
    """The recomputed APL fitted again on published values.

    Attributes
    ----------
    year
        Year of the published values.
    fit
        Coefficients, their number and the cross-validation.
    shipped
        Agreement of the coefficients that the program ships with.
    by_region
        What is left unexplained, région by région.
    others
        The other years that the lake has published values of.
    """

    year: int
    fit: Calibration
    shipped: Agreement
    by_region: pd.DataFrame
    others: tuple[OtherYear, ...]


def fit_apl(
    *,
    lake: Path,
    year: int | None = None,
    folds: int | None = None,
    rounds: int | None = None,
    work: Work | None = None,
) -> AplCalibration:
    """Fit the coefficients of the recomputed APL on published values, and cross-validate.

    Parameters
    ----------
    year
        Year of the published values; the earliest that covers the country without it.
    folds
        Groups of départements left out in turn; 0 for none.
    rounds
        Passes of the search.

    Raises
    ------
    MissingSource
        The lake has no published APL, or not what the recomputed one needs.
    """
    work = work or Work()
    context = Context.of(Lake.open(lake))
    plan = context.parameters["apl.recomputed.calibration"].latest
    published, told = published_apl(context, year)
    run = _Model(context, told)
    known = laid_on(context, run.supply, published)
    runs = 0

    def predict(values: Mapping[str, float]) -> NDArray[np.float64]:
        nonlocal runs
        runs += 1
        # nobody knows how many runs the search will take
        work.step(1.0 - 1.0 / (1.0 + runs / 100.0), f"calcul {runs}")
        return run.predict(values)

    fit = calibrate_apl(
        predict,
        known,
        [Knob(**knob) for knob in plan["coefficients"]],
        rounds=plan["rounds"] if rounds is None else rounds,
        folds=plan["folds"] if folds is None else folds,
    )
    membership = context.geography.membership.reindex(run.supply.communes["id"])
    names = context.geography.zone_names.get("region", {})
    region = membership["region"].map(lambda code: names.get(code, code)).astype(object)
    fitted = predict(fit.values)
    return AplCalibration(
        told,
        fit,
        agreement(predict({}), known),
        unexplained(fitted, known, region.fillna("").to_numpy(object)),
        tuple(
            _other_year(context, each, fit.values, pd.Series(fitted, run.ids), known, run.ids)
            for each in _published_years(context)
            if each != told
        ),
    )


class _Model:
    """The recomputed APL of one year as a function of its coefficients.

    The times of the last travel model are kept: most coefficients leave them as they are.
    """

    def __init__(self, context: Context, year: int) -> None:
        self.supply = national_supply(context, year)
        self.ids = pd.Index(self.supply.communes["id"].to_numpy(object), dtype=object)
        self.model = RecomputedModel.on(context.parameters, day_of(year))
        self.context = context
        self.supplied = supplied_units(self.supply)
        self._of: tuple[CrowFlyModel, float] | None = None
        self._times: TravelTimes | None = None

    def predict(self, values: Mapping[str, float]) -> NDArray[np.float64]:
        """Return the APL of every unit."""
        model = self.model.changed(values)
        of = (model.travel, model.decay.limit)
        if self._of != of:
            self._times = national_times(self.context, self.supply, self.supplied, model)
            self._of = of
        return recompute_apl(
            self.supply.communes,
            self.supply.totals,
            model,
            others=self.supply.others,
            times=self._times,
        ).access.value


def _other_year(
    context: Context,
    year: int,
    values: Mapping[str, float],
    before: pd.Series,
    known: Published,
    ids: pd.Index,
) -> OtherYear:
    run = _Model(context, year)
    later = laid_on(context, run.supply, published_apl(context, year)[0])
    predicted = run.predict(values)
    earlier = np.asarray(pd.Series(known.value, ids).reindex(run.ids), dtype=np.float64)
    moved = np.asarray(before.reindex(run.ids), dtype=np.float64)
    change = None
    both = np.isfinite(earlier) & np.isfinite(moved) & later.usable()
    if len(set(later.zone[both])) > 2:
        forecast = anchored_forecast(
            np.where(np.isfinite(moved), earlier, np.nan),
            np.nan_to_num(moved),
            predicted,
            later.weight,
        )
        change = change_agreement(forecast, earlier, later.value, later.weight, later.zone)
    supplied_on = min(year, max(each for p in context.parts("medecin_tvs") for each in p.years))
    return OtherYear(year, supplied_on, agreement(predicted, later), change)


def _published_years(context: Context) -> list[int]:
    """Years of the published APL of all doctors."""
    years: set[int] = set()
    for part in context.parts("apl"):
        rows = context.lake.read(part, ["annee", "profession", "ages"])
        rows = rows[(rows["profession"] == "mg") & (rows["ages"] == "tous")]
        years |= {int(each) for each in rows["annee"]}
    return sorted(years)


def published_apl(context: Context, year: int | None) -> tuple[pd.DataFrame, int]:
    """Published APL of all doctors in the reference communes, and its year."""
    found: dict[int, tuple[int, pd.DataFrame]] = {}
    for part in context.parts("apl"):
        rows = context.lake.read(part, ["annee", "profession", "ages"])
        rows = rows[(rows["profession"] == "mg") & (rows["ages"] == "tous")]
        for each in set(rows["annee"]):
            count = int((rows["annee"] == each).sum())
            if (year is None or each == year) and count > found.get(int(each), (0,))[0]:
                frame, _ = context.converted(
                    part,
                    ["apl", "population_standardisee"],
                    where={"annee": int(each), "profession": "mg", "ages": "tous"},
                )
                found[int(each)] = (count, frame)
    if not found:
        raise MissingSource("Le lac n’a pas d’APL publié sur quoi caler.")
    widest = max(count for count, _ in found.values())
    told = min(each for each, (count, _) in found.items() if count > 0.9 * widest)
    return found[told][1], told


def laid_on(context: Context, supply: NationalSupply, published: pd.DataFrame) -> Published:
    """Lay published values on the units of a national table, with their bassins de vie."""
    ids = supply.communes["id"]
    held = published.reindex(ids)
    membership = context.geography.membership.reindex(ids)
    zone = next(name for name in ("bv2022", "bv2012", "tvs2019") if name in membership)
    return Published(
        held["apl"].to_numpy(np.float64),
        supply.communes["standardised"].to_numpy(np.float64),
        membership[zone].astype(object).fillna("").to_numpy(object),
        membership["departement"].astype(object).fillna("").to_numpy(object),
    )
