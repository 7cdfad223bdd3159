"""Agreement of a predicted APL with the published one, and of a predicted change with the real one.

Ranks are compared between communes and between bassins de vie; a zone is the mean of its communes
weighted by standardised population, as the producer aggregates.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from assemblier.errors import BadInput, Problem
from assemblier.language import number

__all__ = [
    "Agreement",
    "ChangeAgreement",
    "Published",
    "agreement",
    "anchored_forecast",
    "change_agreement",
    "unexplained",
    "zone_means",
]


@dataclass(frozen=True, slots=True)
class Published:
    """Published values to compare with.

    Attributes
    ----------
    value
        Published APL, shape (n,); NaN where there is none.
    weight
        Standardised population, shape (n,).
    zone
        Bassin de vie of each commune, shape (n,).
    department
        Shape (n,).
    """

    value: NDArray[np.float64]
    weight: NDArray[np.float64]
    zone: NDArray
    department: NDArray

    def usable(self) -> NDArray[np.bool_]:
        """Say which communes can be compared, shape (n,)."""
        return np.asarray(np.isfinite(self.value) & (self.weight > 0))


@dataclass(frozen=True, slots=True)
class Agreement:
    """How a predicted APL agrees with the published one.

    Attributes
    ----------
    communes, zones
        Spearman's correlation.
    zone_error
        Mean absolute error by zone.
    commune_count, zone_count
        Number compared.
    """

    communes: float
    zones: float
    zone_error: float
    commune_count: int
    zone_count: int

    @property
    def score(self) -> float:
        """What the calibration maximises: the sum of both correlations."""
        return self.communes + self.zones

    def __str__(self) -> str:
        return (
            f"Spearman {number(self.communes, 3)} sur {number(self.commune_count)} communes, "
            f"{number(self.zones, 3)} sur {number(self.zone_count)} bassins ; "
            f"écart absolu moyen par bassin {number(self.zone_error, 3)}"
        )


@dataclass(frozen=True, slots=True)
class ChangeAgreement:
    """How a predicted change agrees with the real one, by zone.

    Attributes
    ----------
    correlation
        Pearson's, between predicted and real change.
    error
        Mean absolute error of the later value as forecast.
    error_shifted
        The same once the forecast is brought to the later mean.
    error_unchanged
        The same for the earlier value brought to the later mean (each zone moves as the whole).
    zones
        Number of zones.
    """

    correlation: float
    error: float
    error_shifted: float
    error_unchanged: float
    zones: int


@dataclass(frozen=True, slots=True)
class _Zones:
    member: NDArray[np.int64]
    weight: NDArray[np.float64]
    total: NDArray[np.float64] = field(repr=False)

    def mean(self, value: NDArray[np.float64]) -> NDArray[np.float64]:
        size = self.total.size
        return np.bincount(self.member, weights=self.weight * value, minlength=size) / self.total


def _zones(zone: NDArray, weight: NDArray[np.float64]) -> _Zones:
    names, member = np.unique(np.asarray(zone, dtype=object).astype(str), return_inverse=True)
    total = np.bincount(member, weights=weight, minlength=names.size).astype(np.float64)
    return _Zones(member, weight, total)


def zone_means(
    value: NDArray[np.float64], weight: NDArray[np.float64], zone: NDArray
) -> NDArray[np.float64]:
    """Return the means by zone weighted by ``weight``, in the order of the sorted zones."""
    return _zones(zone, weight).mean(value)


def agreement(
    predicted: NDArray[np.float64],
    published: Published,
    among: NDArray[np.bool_] | None = None,
) -> Agreement:
    """Compare a predicted APL with the published one.

    Parameters
    ----------
    predicted
        Shape (n,).
    published
        What it is compared with.
    among
        Communes to compare, shape (n,); all that are published without it. A zone that they cover
        in part is compared on that part.

    Raises
    ------
    BadInput
        Fewer than three communes or zones to compare.
    """
    used = published.usable() if among is None else published.usable() & among
    zones = _zones(published.zone[used], published.weight[used])
    if used.sum() < 3 or zones.total.size < 3:
        raise BadInput(
            Problem(
                "trop peu de communes ou de zones publiées pour comparer",
                value=f"{int(used.sum())} communes, {zones.total.size} zones",
                allowed="au moins trois de chaque",
            )
        )
    mine, theirs = predicted[used], published.value[used]
    mean_mine, mean_theirs = zones.mean(mine), zones.mean(theirs)
    return Agreement(
        communes=_spearman(mine, theirs),
        zones=_spearman(mean_mine, mean_theirs),
        zone_error=float(np.abs(mean_mine - mean_theirs).mean()),
        commune_count=int(used.sum()),
        zone_count=int(zones.total.size),
    )


def unexplained(
    predicted: NDArray[np.float64], published: Published, group: NDArray
) -> pd.DataFrame:
    """Tell what is left unexplained, by group of communes (région, density class…).

    Returns
    -------
    ``group, communes, published, predicted, ratio, spearman, spread``: means weighted by
    standardised population, their ratio, the agreement within the group, and the standard
    deviation of the logarithm of published over predicted where both are above 0.
    """
    used = published.usable()
    rows = []
    for name in sorted(set(group[used])):
        here = used & (group == name)
        mine, theirs, weight = predicted[here], published.value[here], published.weight[here]
        above = (mine > 0) & (theirs > 0)
        spread = float(np.log(theirs[above] / mine[above]).std()) if above.any() else np.nan
        rows.append(
            {
                "group": name,
                "communes": int(here.sum()),
                "published": float(np.average(theirs, weights=weight)),
                "predicted": float(np.average(mine, weights=weight)),
                "spearman": _spearman(mine, theirs) if here.sum() > 2 else np.nan,
                "spread": spread,
            }
        )
    table = pd.DataFrame(rows)
    table.insert(4, "ratio", table["published"] / table["predicted"])
    return table


def anchored_forecast(
    published_before: NDArray[np.float64],
    recomputed_before: NDArray[np.float64],
    recomputed_after: NDArray[np.float64],
    weight: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Forecast a later APL as the published earlier one plus the recomputed change, shape (n,).

    The recomputed change is brought to the level of the published values; nothing is fitted. Zero
    is the least an APL can be.

    Parameters
    ----------
    published_before
        Published earlier APL; NaN where there is none (the forecast is then NaN).
    recomputed_before, recomputed_after
        The same model at both dates.
    weight
        Standardised population, for the level.
    """
    known = np.isfinite(published_before)
    level = float(
        np.average(published_before[known], weights=weight[known])
        / np.average(recomputed_before[known], weights=weight[known])
    )
    forecast = published_before + level * (recomputed_after - recomputed_before)
    return np.asarray(np.maximum(forecast, 0.0))


def change_agreement(
    forecast: NDArray[np.float64],
    before: NDArray[np.float64],
    after: NDArray[np.float64],
    weight: NDArray[np.float64],
    zone: NDArray,
) -> ChangeAgreement:
    """Compare a forecast change with the real one by zone; NaN rows are left out.

    Parameters
    ----------
    forecast, before, after
        Forecast, and published values at both dates, shape (n,).
    weight
        Standardised population, shape (n,).
    zone
        Shape (n,).
    """
    used = np.isfinite(forecast) & np.isfinite(before) & np.isfinite(after) & (weight > 0)
    zones = _zones(zone[used], weight[used])
    f, b, a = (zones.mean(value[used]) for value in (forecast, before, after))
    shift, missed = (float(np.average(a - v, weights=zones.total)) for v in (b, f))
    return ChangeAgreement(
        correlation=float(np.corrcoef(f - b, a - b)[0, 1]),
        error=float(np.abs(f - a).mean()),
        error_shifted=float(np.abs(f + missed - a).mean()),
        error_unchanged=float(np.abs(b + shift - a).mean()),
        zones=int(zones.total.size),
    )


def _spearman(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    from scipy.stats import rankdata  # noqa: PLC0415 (slow to import, not always needed)

    return float(np.corrcoef(rankdata(a), rankdata(b))[0, 1])
