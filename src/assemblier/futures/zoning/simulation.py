"""Simulation of a zoning rule on any APL, by territoire de vie-santé.

A rule says which zones are the most in need; the decree of the health agency says which were
retained. Setting both side by side is a finding, not an error of either.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from assemblier.errors import BadInput, Problem
from assemblier.futures.zoning.rules import Criterion, ZoningRule
from assemblier.language import number

__all__ = [
    "ABSENT",
    "Gauge",
    "Zones",
    "Zoning",
    "class_changes",
    "class_shares",
    "simulate",
    "zones_of_communes",
]

ABSENT = "ABSENT"
"""Class of a zone whose APL is not known: neither in need nor out of need."""
TOLERANCE = 1e-12


@dataclass(frozen=True, slots=True)
class Zones:
    """Zones that a rule classes.

    Attributes
    ----------
    frame
        Indexed by zone, sorted: ``name, region, region_share, regions, communes, population,
        standardised, covered, apl`` and one column by criterion. ``region`` is where most people
        of the zone live; ``covered`` the share of population whose APL is known.
    parts
        ``zone, region, population``: people of each zone in each region.
    """

    frame: pd.DataFrame
    parts: pd.DataFrame


@dataclass(frozen=True, slots=True)
class Gauge:
    """People of a class in a region against what the rule allows.

    Attributes
    ----------
    region, classe
        Region (``FR`` for the whole) and class, or ``+`` and the class for what is added.
    population, of
        People retained, and people of which the ceiling is a share.
    ceiling
        Allowed share; None when the rule sets none.
    """

    region: str
    classe: str
    population: float
    of: float
    ceiling: float | None

    @property
    def share(self) -> float:
        """Share retained, 0 where there is nobody."""
        return self.population / self.of if self.of > 0 else 0.0

    @property
    def exceeded(self) -> bool:
        """Whether the ceiling is passed."""
        return self.ceiling is not None and self.share > self.ceiling + TOLERANCE


@dataclass(frozen=True, slots=True)
class Zoning:
    """A simulated zoning.

    Attributes
    ----------
    rule
        The rule.
    frame
        The zones with ``classe, rule_classe, chosen, score, distance, edge``: the class, what the
        rule alone gives, whether it was chosen by hand, the value that ranks (low is in need),
        how far it is from the nearest cut (consultations, or share of population for a composite
        ranking) and whether that is within the margin.
    gauges
        Population against ceilings.
    absent_criteria
        Criteria of the rule that were not at hand.
    notes
        What a reader must know, in French.
    """

    rule: ZoningRule
    frame: pd.DataFrame
    gauges: tuple[Gauge, ...]
    absent_criteria: tuple[str, ...]
    notes: tuple[str, ...]


def zones_of_communes(
    communes: pd.DataFrame,
    names: Mapping[str, str],
    *,
    covered_at_least: float,
    ratios: Mapping[str, tuple[str, str]] | None = None,
) -> Zones:
    """Gather communes by zone: the APL is their mean weighted by standardised population.

    Parameters
    ----------
    communes
        ``code, zone, region, apl, standardised, population`` and the columns of ``ratios``. An
        unknown APL is NaN; a commune of no zone is left out.
    names
        Zone → name.
    covered_at_least
        Share of the population of a zone whose APL must be known; below, the APL is NaN.
    ratios
        Criterion → numerator and denominator, summed over the zone.
    """
    held = communes[communes["zone"].notna() & (communes["zone"] != "")]
    known = held["apl"].notna() & (held["standardised"] > 0)
    weighted = held.assign(
        mass=np.where(known, held["apl"] * held["standardised"], 0.0),
        weight=np.where(known, held["standardised"], 0.0),
        seen=np.where(known, held["population"].fillna(0.0), 0.0),
        people=held["population"].fillna(0.0),
    )
    parts = pd.DataFrame(weighted.groupby(["zone", "region"], sort=True)["people"].sum())
    parts = parts.reset_index().rename(columns={"people": "population"})
    first = parts.sort_values(["zone", "population", "region"], ascending=[True, False, True])
    main = first.drop_duplicates("zone").set_index("zone")
    summed = weighted.groupby("zone", sort=True)[["mass", "weight", "seen", "people"]].sum()
    covered = np.divide(
        summed["seen"].to_numpy(),
        summed["people"].to_numpy(),
        out=np.zeros(len(summed)),
        where=summed["people"].to_numpy() > 0,
    )
    apl = np.divide(
        summed["mass"].to_numpy(),
        summed["weight"].to_numpy(),
        out=np.full(len(summed), np.nan),
        where=(summed["weight"].to_numpy() > 0) & (covered >= covered_at_least),
    )
    frame = pd.DataFrame(
        {
            "name": [names.get(zone) or zone for zone in summed.index],
            "region": main["region"].reindex(summed.index).to_numpy(object),
            "region_share": _share(main["population"].reindex(summed.index), summed["people"]),
            "regions": parts.groupby("zone")["region"].agg(", ".join).reindex(summed.index),
            "communes": held.groupby("zone").size().reindex(summed.index),
            "population": summed["people"],
            "standardised": held.groupby("zone")["standardised"].sum().reindex(summed.index),
            "covered": covered,
            "apl": apl,
        },
        index=summed.index,
    )
    for name, (numerator, denominator) in (ratios or {}).items():
        both = held[[numerator, denominator]].notna().all(axis=1)
        sums = held[both].groupby("zone")[[numerator, denominator]].sum().reindex(summed.index)
        frame[name] = sums[numerator] / sums[denominator].where(sums[denominator] > 0)
    frame.index = pd.Index(frame.index.to_numpy(object), dtype=object, name="zone")
    return Zones(frame, parts)


def _share(part: pd.Series, whole: pd.Series) -> NDArray[np.float64]:
    total = whole.to_numpy(np.float64)
    held = part.to_numpy(np.float64)
    return np.asarray(np.divide(held, total, out=np.ones(len(total)), where=total > 0))


def simulate(
    zones: Zones,
    rule: ZoningRule,
    *,
    margin: float,
    edge_share: float,
    ceilings: Mapping[str, Mapping[str, float]] | None = None,
    choices: Mapping[str, str] | None = None,
) -> Zoning:
    """Class zones by a rule, then by the choices made by hand.

    Parameters
    ----------
    margin
        Distance to a cut, in consultations, within which a zone is at the edge.
    edge_share
        The same for a composite ranking, in share of the population.
    ceilings
        Region → class → share, over those of the rule (``regional_ceiling``).
    choices
        Zone → class that the agency chooses in place of the rule's.

    Raises
    ------
    BadInput
        A chosen zone or class that does not exist; a region without any ceiling.
    """
    frame = zones.frame.copy()
    if rule.regions:
        frame = frame[frame["region"].isin(rule.regions)].copy()
        if frame.empty:
            raise BadInput(
                Problem(
                    "aucun territoire dans les régions de la règle",
                    value=", ".join(rule.regions),
                )
            )
    notes: list[str] = []
    absent: tuple[str, ...] = ()
    if rule.method == "thresholds":
        made = _by_thresholds(frame, rule)
        by_share = False
    elif rule.method == "national_pools":
        made = _by_shares(frame["apl"], frame["population"], rule.classes, rule.shares)
        by_share = False
    else:
        limits = {**rule.ceilings, **(ceilings or {})}
        made, absent, by_share = _by_region(frame, rule, limits, notes)
    frame["rule_classe"] = made["classe"]
    frame["score"] = made["score"]
    frame["distance"] = made["distance"]
    limit = edge_share if by_share else margin
    frame["edge"] = (frame["distance"] <= limit).fillna(value=False).astype(bool)
    chosen = _checked(choices or {}, frame, rule)
    frame["chosen"] = [zone in chosen for zone in frame.index]
    frame["classe"] = [
        chosen.get(zone, told) for zone, told in zip(frame.index, frame["rule_classe"], strict=True)
    ]
    missing = frame["classe"] == ABSENT
    if missing.any():
        people = int(frame.loc[missing, "population"].sum())
        told = f"{number(people)} habitants" if people else "population non connue"
        notes.append(
            f"{int(missing.sum())} territoires sans valeur connue dans toute la France ({told}), "
            "non classés"
        )
    parts = zones.parts[zones.parts["zone"].isin(frame.index)]
    gauges = _gauges(frame, parts, rule, {**rule.ceilings, **(ceilings or {})})
    return Zoning(rule, frame, gauges, absent, tuple(notes))


def _by_thresholds(frame: pd.DataFrame, rule: ZoningRule) -> pd.DataFrame:
    apl = frame["apl"].to_numpy(np.float64)
    cuts = np.asarray(rule.thresholds)
    # a zone exactly at a threshold is in the class below it
    at = np.searchsorted(cuts, apl, side="left")
    classe = np.where(
        np.isfinite(apl), np.array(rule.classes, dtype=object)[np.minimum(at, cuts.size)], ABSENT
    )
    distance = np.abs(apl[:, None] - cuts[None, :]).min(axis=1)
    return pd.DataFrame({"classe": classe, "score": apl, "distance": distance}, index=frame.index)


def _by_shares(
    score: pd.Series,
    population: pd.Series,
    classes: Sequence[str],
    shares: Mapping[str, float],
) -> pd.DataFrame:
    """Fill each class in the order of need until the next zone would pass its share.

    Shares are of the people whose score is known. The distance is to the nearest cut between two
    zones of different classes, in units of score.
    """
    known = score[score.notna()]
    order = _ranked(known)
    people = population.reindex(order).to_numpy(np.float64)
    total = float(people.sum())
    classe = pd.Series(ABSENT, index=score.index, dtype=object)
    cuts: list[float] = []
    start, allowed, used = 0, 0.0, 0.0
    values = known.reindex(order).to_numpy(np.float64)
    for name in classes[:-1]:
        allowed += shares.get(name, 0.0) * total
        end = start
        while end < len(order) and used + people[end] <= allowed * (1 + TOLERANCE):
            used += people[end]
            end += 1
        classe[order[start:end]] = name
        if 0 < end < len(order):
            cuts.append((values[end - 1] + values[end]) / 2.0)
        start = end
    classe[order[start:]] = classes[-1]
    gaps = (
        np.abs(score.to_numpy(np.float64)[:, None] - np.asarray(cuts)[None, :]).min(axis=1)
        if cuts
        else np.full(len(score), np.inf)
    )
    distance = np.where(score.notna(), gaps, np.nan)
    return pd.DataFrame({"classe": classe, "score": score, "distance": distance})


def _ranked(score: pd.Series) -> pd.Index:
    """Return zones from the most in need to the least; ties follow the codes."""
    return score.index[np.lexsort((score.index.to_numpy(str), score.to_numpy(np.float64)))]


def _by_region(
    frame: pd.DataFrame,
    rule: ZoningRule,
    ceilings: Mapping[str, Mapping[str, float]],
    notes: list[str],
) -> tuple[pd.DataFrame, tuple[str, ...], bool]:
    pieces = []
    absent: list[str] = []
    composite = False
    missing = sorted(set(frame["region"]) - set(ceilings))
    if len(missing) == frame["region"].nunique():
        raise BadInput(
            [
                Problem(
                    "la règle demande un plafond de population pour cette région",
                    value=region,
                    advice="Donnez-le, par exemple 84:ZIP=0.285,ZAC=0.492.",
                )
                for region in missing
            ]
        )
    if missing:
        notes.append(f"régions sans plafond connu, non classées : {', '.join(missing)}")
        outside = frame.index[frame["region"].isin(missing)]
        pieces.append(
            pd.DataFrame({"classe": ABSENT, "score": np.nan, "distance": np.nan}, index=outside)
        )
        frame = frame.drop(index=outside)
    for region, zones in frame.groupby("region", sort=True):
        criteria = rule.criteria_of(str(region))
        at_hand = [each for each in criteria if _usable(zones, each)]
        absent += [each.name for each in criteria if at_hand and each not in at_hand]
        if not at_hand:
            # no value at all in the region, as overseas in some editions
            told = {"classe": ABSENT, "score": np.nan, "distance": np.nan}
            pieces.append(pd.DataFrame(told, index=zones.index))
            continue
        shares = ceilings[str(region)]
        if len(at_hand) == 1 and at_hand[0].sense == "low":
            score = zones[at_hand[0].name]
            pieces.append(_by_shares(score, zones["population"], rule.classes, shares))
            continue
        composite = True
        score = _composite(zones, at_hand)
        made = _by_shares(score, zones["population"], rule.classes, shares)
        made["distance"] = _distance_in_share(made, zones["population"])
        pieces.append(made)
    lost = tuple(dict.fromkeys(absent))
    if lost:
        notes.append(
            f"critères de la règle absents du lac, laissés de côté : {', '.join(lost)} ; "
            "les autres pèsent autant qu’avant l’un par rapport à l’autre"
        )
    return pd.concat(pieces), lost, composite


def _usable(zones: pd.DataFrame, criterion: Criterion) -> bool:
    return criterion.name in zones and bool(zones[criterion.name].notna().any())


def _composite(zones: pd.DataFrame, criteria: Sequence[Criterion]) -> pd.Series:
    """Mean rank by criterion, weighted; low is in need. A zone without APL has no score."""
    total = np.zeros(len(zones))
    weight = np.zeros(len(zones))
    for each in criteria:
        rank = zones[each.name].rank(pct=True, ascending=each.sense == "low").to_numpy(np.float64)
        known = np.isfinite(rank)
        total[known] += each.weight * rank[known]
        weight[known] += each.weight
    score = np.divide(total, weight, out=np.full(len(zones), np.nan), where=weight > 0)
    return pd.Series(np.where(zones["apl"].notna(), score, np.nan), index=zones.index)


def _distance_in_share(made: pd.DataFrame, population: pd.Series) -> NDArray[np.float64]:
    """Share of the population between a zone and the nearest change of class, in the ranking."""
    order = _ranked(made.loc[made["score"].notna(), "score"])
    people = population.reindex(order).to_numpy(np.float64)
    total = float(people.sum()) or 1.0
    middle = (np.cumsum(people) - people / 2.0) / total
    ends = np.cumsum(people) / total
    told = made.loc[order, "classe"].to_numpy(object)
    cuts = ends[:-1][told[1:] != told[:-1]]
    distance = pd.Series(np.nan, index=made.index)
    if cuts.size:
        distance[order] = np.abs(middle[:, None] - cuts[None, :]).min(axis=1)
    else:
        distance[order] = np.inf
    return np.asarray(distance, dtype=np.float64)


def _checked(
    choices: Mapping[str, str], frame: pd.DataFrame, rule: ZoningRule
) -> Mapping[str, str]:
    allowed = sorted(
        {*rule.classes, *(each for kept in rule.agrees_with.values() for each in kept)}
    )
    problems = [
        Problem("ce territoire n’est pas du zonage", column="tvs", value=zone)
        for zone in choices
        if zone not in frame.index
    ]
    problems += [
        Problem("classe inconnue de la règle", value=name, allowed=", ".join(allowed))
        for name in choices.values()
        if name not in allowed
    ]
    if problems:
        raise BadInput(problems)
    return choices


def _gauges(
    frame: pd.DataFrame,
    parts: pd.DataFrame,
    rule: ZoningRule,
    ceilings: Mapping[str, Mapping[str, float]],
) -> tuple[Gauge, ...]:
    joined = parts.merge(
        frame[["classe", "rule_classe", "chosen", "region"]].rename(columns={"region": "main"}),
        left_on="zone",
        right_index=True,
    )
    gauges = []
    named = [*rule.classes, *sorted(set(joined["classe"]) - {*rule.classes, ABSENT})]
    everyone = float(joined["population"].sum())
    for name in named:
        people = float(joined.loc[joined["classe"] == name, "population"].sum())
        gauges.append(Gauge("FR", name, people, everyone, rule.shares.get(name)))
    # a ceiling counts a zone whole, in the region that decides on it
    by = "main" if rule.method == "regional_ceiling" else "region"
    for region, held in joined.groupby(by, sort=True):
        total = float(held["population"].sum())
        limits = ceilings.get(str(region), {}) if rule.method == "regional_ceiling" else {}
        for name in named:
            people = float(held.loc[held["classe"] == name, "population"].sum())
            gauges.append(Gauge(str(region), name, people, total, limits.get(name)))
        if rule.added_share:
            added = held[
                held["chosen"]
                & (held["rule_classe"] == rule.outside)
                & (held["classe"] != rule.outside)
            ]
            pool = held.loc[held["rule_classe"] == rule.added_share_of, "population"].sum()
            gauges.append(
                Gauge(
                    str(region),
                    f"+{rule.added_share_of}",
                    float(added["population"].sum()),
                    float(pool),
                    rule.added_share,
                )
            )
    return tuple(gauges)


def class_shares(zoning: Zoning) -> pd.DataFrame:
    """Return the share of each class in the population, by region: one row by region and ``FR``."""
    rows: dict[str, dict[str, float]] = {}
    for gauge in zoning.gauges:
        if not gauge.classe.startswith("+"):
            rows.setdefault(gauge.region, {})[gauge.classe] = gauge.share
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("region")


def class_changes(before: Zoning, after: Zoning) -> pd.DataFrame:
    """Return the zones whose class differs between two simulations (years, scenarios, rules).

    Returns
    -------
    ``zone`` (index), ``name, region, population, before, after, apl_before, apl_after,
    edge_before``, most people first; zones absent on one side are left out.
    """
    later = after.frame[["classe", "apl"]].add_suffix("_after")
    both = before.frame.join(later, how="inner", validate="one_to_one")
    told = (both["classe"] != ABSENT) & (both["classe_after"] != ABSENT)
    changed = both[told & (both["classe"] != both["classe_after"])]
    made = changed.rename(
        columns={
            "classe": "before",
            "classe_after": "after",
            "apl": "apl_before",
            "edge": "edge_before",
        }
    )
    columns = ["name", "region", "population", "before", "after", "apl_before", "apl_after"]
    return made[[*columns, "edge_before"]].sort_values("population", ascending=False)
