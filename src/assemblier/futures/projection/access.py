"""The APL of a projection: exact expectations, and seeded draws for its intervals.

The APL is linear in supply, so that only the sites that reach the communes told matter: their rows
of the national matrix are taken in full, and draws are matrix products.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from assemblier.futures.baseline import Baseline
from assemblier.futures.projection.departures import Hazards
from assemblier.futures.projection.presence import Presence
from assemblier.futures.projection.rules import Arrivals, ProjectionRules, ProjectionZone

__all__ = ["AccessDraws", "projected_access"]


@dataclass(frozen=True, slots=True)
class AccessDraws:
    """APL of the communes told: exact expectations, and draws with and without arrivals."""

    codes: pd.Index
    need: NDArray[np.float64]
    need_after: NDArray[np.float64]
    today: NDArray[np.float64]
    today_65: NDArray[np.float64]
    expected: NDArray[np.float64]
    expected_65: NDArray[np.float64]
    alone: NDArray[np.float64]
    drawn: NDArray[np.float64]
    drawn_alone: NDArray[np.float64]
    gain: NDArray[np.float64]
    sites: pd.Index
    doctors: NDArray[np.float64]
    acts_per_doctor: float
    years: int

    def communes(self, rules: ProjectionRules) -> pd.DataFrame:
        """Return one row by commune, with its intervals."""
        table = pd.DataFrame(
            {
                "code": self.codes,
                "years": self.years,
                "apl": self.today,
                "apl_after": self.expected,
                "apl_alone": self.alone,
                "apl_65": self.today_65,
                "apl_65_after": self.expected_65,
            }
        )
        for level in rules.levels:
            tail = (1.0 - level) / 2.0
            low, high = np.quantile(self.drawn, [tail, 1.0 - tail], axis=0)
            table[f"apl_after_low_{100 * level:g}"] = low
            table[f"apl_after_high_{100 * level:g}"] = high
        return table

    def zone(self, zone: ProjectionZone, rules: ProjectionRules) -> dict[str, object]:
        """Return the figures of a zone, means weighted by standardised population."""
        at = _found(self.codes, zone)
        now = self.need[at] / self.need[at].sum()
        later = self.need_after[at] / self.need_after[at].sum()
        today = float(self.today[at] @ now)
        row: dict[str, object] = {
            "apl": today,
            "apl_after": float(self.expected[at] @ later),
            "apl_alone": float(self.alone[at] @ later),
            "apl_65": float(self.today_65[at] @ now),
            "apl_65_after": float(self.expected_65[at] @ later),
        }
        drawn = self.drawn[:, at] @ later
        for level in rules.levels:
            tail = (1.0 - level) / 2.0
            low, high = np.quantile(drawn, [tail, 1.0 - tail])
            row[f"apl_after_low_{100 * level:g}"] = float(low)
            row[f"apl_after_high_{100 * level:g}"] = float(high)
        gain = float(self._one_more(zone, at) @ later)
        lost = today - self.drawn_alone[:, at] @ later
        for level in rules.held:
            needed = float(np.quantile(lost, level)) / gain if gain > 0 else np.nan
            row[f"apl_needed_{100 * level:g}"] = (
                np.nan if np.isnan(needed) else max(0.0, float(np.ceil(needed)))
            )
        return row

    def _one_more(self, zone: ProjectionZone, at: NDArray[np.intp]) -> NDArray[np.float64]:
        """APL that one doctor more, settled as the zone's are, brings to each commune of it."""
        inside = _found(self.sites, zone)
        weight = self.doctors[inside]
        if not weight.sum() > 0:
            return np.zeros(at.size)
        share = weight / weight.sum() * self.acts_per_doctor
        return np.asarray(self.gain[np.ix_(at, inside)] @ share)


def _found(codes: pd.Index, zone: ProjectionZone) -> NDArray[np.intp]:
    """Positions of the communes of a zone; an index keeps its hash from one call to the next."""
    found = codes.get_indexer(pd.Index(zone.communes, dtype=object))
    return np.sort(found[found >= 0])


def projected_access(
    baseline: Baseline,
    after: Baseline,
    presence: Presence,
    hazards: Hazards,
    arrivals: Arrivals | None,
    known_fte: Mapping[str, float],
    codes: Sequence[str],
    years: int,
    rules: ProjectionRules,
) -> AccessDraws:
    """Project the APL of communes; their sites are those that reach one of them."""
    rows = baseline.rows(codes)
    now, later = baseline.prepared, after.prepared
    reach = np.unique(
        np.concatenate([now.indices[now.indptr[r] : now.indptr[r + 1]] for r in rows])
    )
    sites = now.supply.ids[reach]
    gain_now, gain = (
        _dense(now.indptr, now.indices, now.gain, rows, reach),
        _dense(later.indptr, later.indices, later.gain, rows, reach),
    )
    acts = now.supply.capacity[reach]
    per_doctor = baseline.acts_per_doctor
    # groups of doctors at those sites
    place = {code: k for k, code in enumerate(sites)}
    group_at = np.array([place.get(code, -1) for code in presence.code], dtype=np.int64)
    kept = group_at >= 0
    at, count = group_at[kept], presence.count[kept]
    held = np.bincount(at, count, sites.size)
    each = np.divide(acts, held, out=np.zeros_like(acts), where=held > 0)  # acts of one doctor
    gone = presence.leaving(hazards, years)[kept]
    fixed = np.where(held > 0, 0.0, acts)
    fte = np.zeros(sites.size)
    for code, change in known_fte.items():
        if code in place:
            fte[place[code]] += change * per_doctor
    stay = np.bincount(at, count * (1.0 - gone), sites.size) * each + fixed + fte
    young_now = presence.counted(hazards, 0, rules.age_limit)[kept]
    young = presence.counted(hazards, years, rules.age_limit)[kept]
    stay_65 = np.bincount(at, count * young, sites.size) * each + fixed + fte
    today_65 = np.bincount(at, count * young_now, sites.size) * each + fixed
    rng = np.random.default_rng([rules.seed, years])
    remain = rng.binomial(count, 1.0 - gone, (rules.draws, count.size)).astype(np.float64)
    alone = np.maximum(_by_site(remain * each[at], at, sites.size) + fixed + fte, 0.0)
    coming = np.zeros(sites.size)
    drawn = alone
    if arrivals is not None:
        near = arrivals.settling(sites)
        to = np.array([place[code] for code in near.code], dtype=np.int64)
        coming = np.bincount(to, near.expected(years) * per_doctor, sites.size)
        settled = near.draw(rng, years, rules.draws) * per_doctor
        drawn = alone + _by_site(settled, to, sites.size)
    return AccessDraws(
        codes=pd.Index(baseline.ids[rows], dtype=object),
        need=baseline.need[rows],
        need_after=after.need[rows],
        today=gain_now @ acts,
        today_65=gain_now @ today_65,
        expected=gain @ np.maximum(stay + coming, 0.0),
        expected_65=gain @ np.maximum(stay_65 + coming, 0.0),
        alone=gain @ np.maximum(stay, 0.0),
        drawn=drawn @ gain.T,
        drawn_alone=alone @ gain.T,
        gain=gain,
        sites=pd.Index(sites, dtype=object),
        doctors=held.astype(np.float64),
        acts_per_doctor=per_doctor,
        years=years,
    )


def _by_site(
    values: NDArray[np.floating], site: NDArray[np.int64], sites: int
) -> NDArray[np.float64]:
    """Sum columns by site, shape (draws, columns) to (draws, sites)."""
    made = np.zeros((values.shape[0], sites))
    if site.size:
        order = np.argsort(site, kind="stable")
        held, starts = np.unique(site[order], return_index=True)
        made[:, held] = np.add.reduceat(values[:, order], starts, axis=1)
    return made


def _dense(
    indptr: NDArray[np.int64],
    indices: NDArray[np.int32],
    gain: NDArray[np.float64],
    rows: NDArray[np.int64],
    sites: NDArray[np.int32],
) -> NDArray[np.float64]:
    """Return the rows of a sparse matrix in full, over some of its columns, shape (r, s)."""
    made = np.zeros((rows.size, sites.size))
    for k, row in enumerate(rows):
        held = slice(indptr[row], indptr[row + 1])
        found = np.searchsorted(sites, indices[held])
        known = (found < sites.size) & (sites[np.minimum(found, sites.size - 1)] == indices[held])
        made[k, found[known]] = gain[held][known]
    return made
