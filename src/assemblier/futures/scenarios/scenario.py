"""Run a scenario: a named list of changes on the country as it is, and what it changes for whom.

Two runs differ by that list alone. Where supply alone changes, the answer is one pass over the
columns of the sites touched; new times prepare the matrix again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import assert_never

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from assemblier.errors import BadInput, Problem
from assemblier.futures.baseline import Baseline
from assemblier.futures.scenarios.changes import (
    OLDER,
    Arrive,
    AssistantMedical,
    Bus,
    Change,
    ConsultationAvancee,
    Ipa,
    Leave,
    Move,
    OpenSite,
    PartTime,
    Road,
)
from assemblier.futures.scenarios.files import Scenario
from assemblier.futures.scenarios.times import with_bus, with_road

__all__ = [
    "LOST",
    "Capacities",
    "Outcome",
    "ScenarioRules",
    "ZoneGroups",
    "capacities_after",
    "run_scenario",
    "sites_of",
]

LOST = (
    "Vérifiez le code : il change quand des communes fusionnent, Paris, Lyon et Marseille se "
    "donnent par arrondissement, et quelques communes n’ont ni point ni effectif de médecins."
)
SAME = "Corrigez l’une des deux, ou retirez ce changement : deux communes ont pu fusionner."
ZONE = ("grid", "zone", "name")
_WHOLE = 1e-9


@dataclass(frozen=True, slots=True)
class ScenarioRules:
    """Parameters of scenarios.

    Attributes
    ----------
    arrival_activity
        Acts of a doctor who arrives over those of the mean doctor.
    assistant_medical, ipa
        Part of capacity that each adds to a doctor.
    week
        Days of a full-time week.
    noticeable
        Change of APL from which a commune wins or loses.
    """

    arrival_activity: float
    assistant_medical: float
    ipa: float
    week: float
    noticeable: float


@dataclass(frozen=True, slots=True)
class Capacities:
    """Supply before and after a list of changes, by site touched.

    Attributes
    ----------
    acts, doctors
        Change by commune.
    before, after
        Acts of the whole country.
    """

    acts: Mapping[str, float]
    doctors: Mapping[str, float]
    before: float
    after: float

    @property
    def conserved(self) -> bool:
        """Whether the whole supply is the same, as when doctors move."""
        return abs(self.after - self.before) <= _WHOLE * max(self.before, 1.0)


@dataclass(frozen=True, slots=True)
class ZoneGroups:
    """Zones of a baseline, z of them, ready for means of any value by commune.

    Attributes
    ----------
    zones
        ``grid, zone, name``, in order.
    rows, starts
        Positions of the communes, zone after zone, and where each zone begins, shape (z,).
    weight
        Part of each commune of ``rows`` in the standardised population of its zone; NaN without.
    population
        Inhabitants, shape (z,).
    """

    zones: pd.DataFrame
    rows: NDArray[np.int64]
    starts: NDArray[np.int64]
    weight: NDArray[np.float64]
    population: NDArray[np.float64]

    @classmethod
    def of(
        cls, baseline: Baseline, zones: Sequence[tuple[str, str, str, Sequence[str]]]
    ) -> ZoneGroups:
        """Prepare ``grid, code, name, communes``; a zone unknown of the baseline is left out."""
        held = [(zone[:3], baseline.rows(zone[3])) for zone in zones]
        held = [(zone, rows) for zone, rows in held if rows.size]
        sizes = np.array([rows.size for _, rows in held], dtype=np.int64)
        starts = np.concatenate(([0], np.cumsum(sizes)[:-1])) if held else np.empty(0, np.int64)
        rows = np.concatenate([rows for _, rows in held]) if held else np.empty(0, np.int64)
        need = baseline.need[rows]
        people = baseline.prepared.demand.population[rows]
        total = np.add.reduceat(need, starts) if held else np.empty(0)
        whole = np.repeat(np.where(total > 0, total, np.nan), sizes)
        return cls(
            pd.DataFrame([zone for zone, _ in held], columns=list(ZONE)),
            rows,
            starts,
            need / whole,
            np.add.reduceat(people, starts) if held else np.empty(0),
        )

    def means(self, value: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the means of a value by commune, weighted by standardised population."""
        if not self.starts.size:
            return np.empty(0)
        return np.asarray(np.add.reduceat(self.weight * value[self.rows], self.starts))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a scenario changes.

    Attributes
    ----------
    scenario
        As it was asked.
    capacities
        What it does to supply.
    value, delta
        APL of each commune of the baseline after it, and the difference, shape (n,).
    communes
        The communes of the territory and every other that wins or loses: ``code, inside, before,
        after, delta, population, side`` (gagne, perd, inchangé).
    zones
        Where they are grouped: ``grid, zone, name, before, after, delta, population``.
    summary
        ``before, after, delta`` of the territory; people who win and lose inside and outside it;
        people under the published threshold before and after, where a threshold is given.
    """

    scenario: Scenario
    capacities: Capacities
    value: NDArray[np.float64]
    delta: NDArray[np.float64]
    communes: pd.DataFrame
    zones: pd.DataFrame
    summary: Mapping[str, float]


def sites_of(changes: Sequence[Change]) -> tuple[str, ...]:
    """Return the communes that changes name, where the baseline must have a site."""
    codes: dict[str, None] = {}
    for change in changes:
        for name in ("commune", "origin", "to"):
            code = getattr(change, name, None)
            if code is not None:
                codes[code] = None
    return tuple(codes)


def capacities_after(
    baseline: Baseline,
    scenario: Scenario,
    territory: Sequence[str],
    rules: ScenarioRules,
    *,
    file: str | None = None,
) -> Capacities:
    """Return what a list of changes does to supply, the changes taken one after the other.

    Raises
    ------
    BadInput
        A commune is unknown, or more doctors leave a place than practise there; every such change
        is told with its line.
    """
    ledger = _Ledger(baseline, rules, tuple(territory), file)
    for k, change in enumerate(scenario.changes):
        ledger.line = scenario.lines[k] if k < len(scenario.lines) else None
        ledger.take(change)
    if ledger.problems:
        raise BadInput(ledger.problems)
    acts = {code: value for code, value in ledger.acts.items() if value != 0}
    doctors = {code: value for code, value in ledger.doctors.items() if value != 0}
    before = float(baseline.prepared.supply.capacity.sum())
    return Capacities(acts, doctors, before, before + sum(acts.values()))


class _Ledger:
    """Acts and doctors that come and go, by commune."""

    def __init__(
        self, baseline: Baseline, rules: ScenarioRules, territory: tuple[str, ...], file: str | None
    ) -> None:
        self.place = baseline.communes.index
        self.base = {
            name: baseline.communes[name].to_numpy(np.float64)
            for name in ("doctors", "acts", "gps", "older_gps")
        }
        self.known = baseline.prepared.place
        self.mean = baseline.acts_per_doctor
        self.rules = rules
        self.territory = territory
        self.file = file
        self.line: int | None = None
        self.acts: dict[str, float] = {}
        self.doctors: dict[str, float] = {}
        self.problems: list[Problem] = []

    def wrong(
        self, what: str, value: str, allowed: str | None = None, advice: str | None = None
    ) -> None:
        self.problems.append(
            Problem(what, self.file, self.line, value=value, allowed=allowed, advice=advice)
        )

    def held(self, code: str) -> tuple[float, float]:
        """Doctors and acts of a commune at this point of the list."""
        doctors, acts = self.today(code, "doctors"), self.today(code, "acts")
        return doctors + self.doctors.get(code, 0.0), acts + self.acts.get(code, 0.0)

    def today(self, code: str, name: str) -> float:
        """A figure of the baseline, 0 where the commune is not in it."""
        return float(self.base[name][self.place.get_loc(code)]) if code in self.place else 0.0

    def add(self, code: str, acts: float, doctors: float) -> None:
        self.acts[code] = self.acts.get(code, 0.0) + acts
        self.doctors[code] = self.doctors.get(code, 0.0) + doctors

    def each(self, code: str, wanted: float) -> float | None:
        """Acts of one doctor of a commune where enough of them practise; None after a problem."""
        doctors, acts = self.held(code)
        if wanted > doctors + _WHOLE:
            most = f"{np.floor(100 * max(doctors, 0.0) + 1e-6) / 100:g}".replace(".", ",")
            self.wrong(f"pas assez de médecins à {code}", f"{wanted:g}", f"au plus {most}")
            return None
        return acts / doctors if doctors > 0 else 0.0

    def take(self, change: Change) -> None:
        lost = [code for code in sites_of([change]) if code not in self.known]
        for code in lost:
            self.wrong("cette commune n’est pas dans le calcul", code, advice=LOST)
        start, end = getattr(change, "origin", None), getattr(change, "to", None)
        end = getattr(change, "commune", None) if end is None else end
        if start is not None and start == end:
            self.wrong("le départ et l’arrivée sont la même commune", start, advice=SAME)
            return
        if lost:
            return
        new = self.mean * self.rules.arrival_activity
        if isinstance(change, Arrive):
            own = new if change.acts is None else change.acts
            self.add(change.commune, change.doctors * own, change.doctors)
        elif isinstance(change, Leave):
            self._leave(change)
        elif isinstance(change, Move):
            self._move(change.origin, change.to, change.doctors)
        elif isinstance(change, PartTime):
            each = self.each(change.commune, change.doctors)
            if each is not None:
                self.add(change.commune, -change.doctors * each * (1.0 - change.share), 0.0)
        elif isinstance(change, OpenSite):
            if change.origin is None:
                self.add(change.commune, change.doctors * new, change.doctors)
            else:
                self._move(change.origin, change.commune, change.doctors)
        elif isinstance(change, ConsultationAvancee):
            part = change.days / self.rules.week
            if change.origin is None:
                self.add(change.commune, part * new, part)
            else:
                self._move(change.origin, change.commune, part)
        elif isinstance(change, AssistantMedical | Ipa):
            factor = getattr(self.rules, change.id) if change.factor is None else change.factor
            each = self.each(change.commune, change.doctors)
            if each is not None:
                self.add(change.commune, change.doctors * each * factor, 0.0)
        elif isinstance(change, Road | Bus):
            return
        else:
            assert_never(change)

    def _leave(self, change: Leave) -> None:
        places = self.territory if change.commune is None else (change.commune,)
        if change.doctors != OLDER:
            leaving = float(change.doctors)
            if change.commune is None:
                self.wrong("une commune est attendue", f"{leaving:g} départs", f"ou « {OLDER} »")
                return
            each = self.each(change.commune, leaving)
            if each is not None:
                self.add(change.commune, -leaving * each, -leaving)
            return
        for code in places:
            gps, older = self.today(code, "gps"), self.today(code, "older_gps")
            if gps > 0 and older > 0:
                doctors, acts = self.held(code)
                self.add(
                    code,
                    -min(older / gps * self.today(code, "acts"), acts),
                    -min(older / gps * self.today(code, "doctors"), doctors),
                )

    def _move(self, origin: str, to: str, doctors: float) -> None:
        each = self.each(origin, doctors)
        if each is not None:
            self.add(origin, -doctors * each, -doctors)
            self.add(to, doctors * each, doctors)


def run_scenario(
    baseline: Baseline,
    scenario: Scenario,
    territory: Sequence[str],
    rules: ScenarioRules,
    *,
    groups: ZoneGroups | None = None,
    threshold: float | None = None,
    file: str | None = None,
) -> Outcome:
    """Run a scenario.

    Parameters
    ----------
    baseline
        The country today; every commune that the scenario names must be among its sites.
    territory
        Communes of the territory.
    groups
        Zones to tell, prepared once for any number of scenarios.
    threshold
        APL under which people are counted.

    Raises
    ------
    BadInput
        A change that cannot be; see :func:`capacities_after`.
    """
    capacities = capacities_after(baseline, scenario, territory, rules, file=file)
    travel = [change for change in scenario.changes if isinstance(change, Road | Bus)]
    if travel:
        value = _under_new_times(baseline, travel, capacities)
        delta = value - baseline.value
    else:
        delta = baseline.prepared.change(dict(capacities.acts))
        value = baseline.value + delta
    inside = np.zeros(value.size, dtype=np.bool_)
    inside[baseline.rows(territory)] = True
    people = baseline.prepared.demand.population
    wins, loses = delta >= rules.noticeable, delta <= -rules.noticeable
    shown = np.flatnonzero(inside | wins | loses)
    side = np.where(wins, "gagne", np.where(loses, "perd", "inchangé"))
    communes = pd.DataFrame(
        {
            "code": baseline.ids[shown],
            "inside": inside[shown],
            "before": baseline.value[shown],
            "after": value[shown],
            "delta": delta[shown],
            "population": people[shown],
            "side": side[shown],
        }
    )
    at = np.flatnonzero(inside)
    summary = {
        "before": baseline.mean(baseline.value, at),
        "after": baseline.mean(value, at),
        "delta": baseline.mean(delta, at),
        "win_inside": float(people[wins & inside].sum()),
        "lose_inside": float(people[loses & inside].sum()),
        "win_outside": float(people[wins & ~inside].sum()),
        "lose_outside": float(people[loses & ~inside].sum()),
        "share_inside": _share_inside(baseline, delta, inside),
    }
    if threshold is not None:
        summary["under_before"] = float(people[inside & (baseline.value < threshold)].sum())
        summary["under_after"] = float(people[inside & (value < threshold)].sum())
    return Outcome(
        scenario, capacities, value, delta, communes, _grouped(baseline, value, groups), summary
    )


def _share_inside(
    baseline: Baseline, delta: NDArray[np.float64], inside: NDArray[np.bool_]
) -> float:
    """Part of the consultations added or withdrawn that fall on the territory."""
    moved = np.abs(baseline.need * delta)
    total = float(moved.sum())
    return float(moved[inside].sum()) / total if total > 0 else float("nan")


def _grouped(
    baseline: Baseline, value: NDArray[np.float64], groups: ZoneGroups | None
) -> pd.DataFrame:
    if groups is None:
        return pd.DataFrame(columns=[*ZONE, "before", "after", "delta", "population"])
    before, after = groups.means(baseline.value), groups.means(value)
    return groups.zones.assign(
        before=before, after=after, delta=after - before, population=groups.population
    )


def _under_new_times(
    baseline: Baseline, travel: Sequence[Road | Bus], capacities: Capacities
) -> NDArray[np.float64]:
    changed = baseline
    for change in travel:
        if isinstance(change, Road):
            changed = changed.with_times(
                with_road(changed.times, change.origin, change.to, change.minutes)
            )
    capacity = changed.prepared.supply.capacity.copy()
    for code, acts in capacities.acts.items():
        capacity[changed.prepared.place[code]] += acts
    buses = [change for change in travel if isinstance(change, Bus)]
    if not buses:
        return changed.prepared.values(capacity)
    return with_bus(
        changed, [(bus.origin, bus.to, bus.minutes, bus.share) for bus in buses], capacity
    )
