"""Rules of the zoning of doctors: dated data with their legal address, read and checked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from assemblier.errors import BadInput, Problem, UsageError
from assemblier.parameters import Parameter

__all__ = ["METHODS", "PREFIX", "Criterion", "ZoningRule", "zoning_rule", "zoning_rules"]

PREFIX = "zoning.rule."
METHODS = ("thresholds", "national_pools", "regional_ceiling")
SENSES = ("low", "high")
EVERYWHERE = "*"


@dataclass(frozen=True, slots=True)
class Criterion:
    """One criterion of a composite ranking.

    Attributes
    ----------
    name
        Column of the zones.
    sense
        ``low``: the lower the value, the greater the need; ``high``: the higher.
    weight
        Part in the mean of ranks, above 0.
    """

    name: str
    sense: str
    weight: float


@dataclass(frozen=True, slots=True)
class ZoningRule:
    """A rule as it was in force.

    Attributes
    ----------
    id
        ``2017``, ``2021``, ``2025``…
    since
        First day in force.
    method
        ``thresholds``, ``national_pools`` or ``regional_ceiling``.
    grid
        Zones that are classed.
    ages
        Doctors counted by the APL of the rule, as the published tables name them.
    classes
        From the most to the least in need; the last is outside.
    thresholds
        Upper APL of each class but the last (``thresholds``).
    added_share, added_share_of
        Share of the population of a class that may be added from outside.
    shares
        Class → share of the national population (``national_pools``).
    stated_shares
        Region → class → share that the rule itself states: what the simulation is checked with.
    ceilings
        Region → class → share of its population (``regional_ceiling``).
    criteria
        Region, or ``*`` → criteria.
    regions
        Regions where the rule holds; empty: all.
    agrees_with
        Simulated class → classes of a decree that agree with it.
    reference, checked_on, to_verify, note
        Legal address, day of the last check, what was not read in the text itself.
    """

    id: str
    label: str
    since: dt.date
    method: str
    grid: str
    ages: str
    classes: tuple[str, ...]
    agrees_with: Mapping[str, tuple[str, ...]]
    thresholds: tuple[float, ...]
    added_share: float
    added_share_of: str
    shares: Mapping[str, float]
    stated_shares: Mapping[str, Mapping[str, float]]
    ceilings: Mapping[str, Mapping[str, float]]
    criteria: Mapping[str, tuple[Criterion, ...]]
    regions: tuple[str, ...]
    reference: str
    checked_on: dt.date
    to_verify: tuple[str, ...]
    note: str

    @property
    def outside(self) -> str:
        """Class of the zones that are not retained."""
        return self.classes[-1]

    def criteria_of(self, region: str) -> tuple[Criterion, ...]:
        """Return the criteria of a region."""
        return self.criteria.get(region, self.criteria.get(EVERYWHERE, ()))


def zoning_rules(parameters: Mapping[str, Parameter]) -> dict[str, ZoningRule]:
    """Read every rule, by id, oldest first.

    Raises
    ------
    BadInput
        Listing all that is wrong in the rules.
    """
    problems: list[Problem] = []
    made = []
    for name in parameters:
        if name.startswith(PREFIX):
            rule = _rule(parameters[name], problems)
            if rule is not None:
                made.append(rule)
    if problems:
        raise BadInput(problems)
    return {rule.id: rule for rule in sorted(made, key=lambda each: (each.since, each.id))}


def zoning_rule(parameters: Mapping[str, Parameter], wanted: str) -> ZoningRule:
    """Return one rule.

    Raises
    ------
    UsageError
        No rule has this id.
    """
    rules = zoning_rules(parameters)
    if wanted not in rules:
        raise UsageError(f"Règle de zonage inconnue : {wanted}. Règles : {', '.join(rules)}.")
    return rules[wanted]


def _rule(parameter: Parameter, problems: list[Problem]) -> ZoningRule | None:
    dated = parameter.values[-1]
    value: Mapping[str, Any] = dated.value
    classes = tuple(value.get("classes", ()))
    method = value.get("method")

    def wrong(what: str, read: object = None, allowed: str | None = None) -> None:
        problems.append(
            Problem(
                f"règle {parameter.id} : {what}",
                value=None if read is None else str(read),
                allowed=allowed,
            )
        )

    before = len(problems)
    if method not in METHODS:
        wrong("méthode inconnue", method, ", ".join(METHODS))
    if len(classes) < 2:
        wrong("il faut au moins deux classes", classes)
    agrees = {name: tuple(kept) for name, kept in value.get("agrees_with", {}).items()}
    if set(agrees) != set(classes):
        wrong("chaque classe simulée dit avec quelles classes elle s’accorde", sorted(agrees))
    thresholds = tuple(float(each) for each in value.get("thresholds", ()))
    if method == "thresholds" and (
        len(thresholds) != len(classes) - 1 or list(thresholds) != sorted(set(thresholds))
    ):
        wrong("un seuil par classe sauf la dernière, croissants", thresholds)
    shares = {name: float(each) for name, each in value.get("shares", {}).items()}
    if method == "national_pools" and set(shares) != set(classes[:-1]):
        wrong("une part par classe sauf la dernière", shares)
    ceilings = {
        str(region): {name: float(each) for name, each in kept.items()}
        for region, kept in value.get("ceilings", {}).items()
    }
    for given in (shares, *ceilings.values()):
        if any(each < 0 for each in given.values()) or sum(given.values()) > 1:
            wrong("des parts de population vont de 0 à 1 et leur somme aussi", given)
    criteria = {
        str(region): tuple(
            Criterion(str(each["name"]), str(each["sense"]), float(each["weight"]))
            for each in listed
        )
        for region, listed in value.get("criteria", {}).items()
    }
    for each in (one for listed in criteria.values() for one in listed):
        if each.sense not in SENSES or each.weight <= 0:
            wrong("critère au sens ou au poids inconnu", each.name, "low ou high, poids positif")
    if method == "regional_ceiling" and not criteria:
        wrong("aucun critère")
    if len(problems) > before:
        return None
    return ZoningRule(
        id=parameter.id.removeprefix(PREFIX),
        label=parameter.label_fr,
        since=dated.since,
        method=str(method),
        grid=str(value["grid"]),
        ages=str(value["ages"]),
        classes=classes,
        agrees_with=agrees,
        thresholds=thresholds,
        added_share=float(value.get("added_share", 0.0)),
        added_share_of=str(value.get("added_share_of", "")),
        shares=shares,
        stated_shares=value.get("stated_shares", {}),
        ceilings=ceilings,
        criteria=criteria,
        regions=tuple(str(each) for each in value.get("regions", ())),
        reference=parameter.reference,
        checked_on=parameter.checked_on,
        to_verify=tuple(value.get("to_verify", ())),
        note=parameter.note,
    )
