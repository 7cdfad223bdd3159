"""What a figure is: a value with its interval, or the reason why there is none.

Missing is not zero, secret is not zero. Every figure of the program is a row of the result table
declared here, and every row knows the zone, the period and the edition it speaks of.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from assemblier.errors import BadInput, Problem

__all__ = ["RESULT_COLUMNS", "Asked", "Reason", "Status", "Value", "Zone"]


class Status(StrEnum):
    """How far a figure can be trusted."""

    OK = "ok"
    ESTIMATED = "estimated"
    SECRET = "secret"  # noqa: S105 — statistical secrecy
    ABSENT = "absent"
    UNREACHABLE = "unreachable"
    NOT_APPLICABLE = "not_applicable"

    @property
    def label(self) -> str:
        """Return the word that is printed in place of the figure."""
        return _STATUS_LABELS[self]


_STATUS_LABELS = {
    Status.OK: "publié",
    Status.ESTIMATED: "estimé",
    Status.SECRET: "secret",
    Status.ABSENT: "absent",
    Status.UNREACHABLE: "hors d’atteinte",
    Status.NOT_APPLICABLE: "sans objet",
}


class Reason(StrEnum):
    """Closed list: why a value is absent, else why it is estimated or has no interval."""

    NONE = ""
    # why there is no value
    NO_SOURCE = "no_source"
    NOT_PUBLISHED = "not_published"
    OUT_OF_SCOPE = "out_of_scope"
    # one word for both kinds of secrecy: to say which would tell more of the hidden count
    STATISTICAL_SECRECY = "statistical_secrecy"
    NOT_AGGREGABLE = "not_aggregable"
    MERGED_COMMUNES = "merged_communes"
    LOW_COVERAGE = "low_coverage"
    ZERO_DENOMINATOR = "zero_denominator"
    NOT_COMPARABLE = "not_comparable"
    NO_ORIGIN_IN_REACH = "no_origin_in_reach"
    SINGLE_CLASS = "single_class"
    # why it is estimated
    PARTIAL_COVERAGE = "partial_coverage"
    MODELLED = "modelled"
    CONVERTED = "converted"
    LOCAL = "local"
    # why there is no interval
    EXHAUSTIVE = "exhaustive"
    NO_ERROR_PUBLISHED = "no_error_published"
    DETERMINISTIC = "deterministic"

    @property
    def sentence(self) -> str:
        """Return the reason in plain French."""
        return _REASONS[self]


_REASONS = {
    Reason.NONE: "",
    Reason.NO_SOURCE: "aucune source à disposition dans le lac de données",
    Reason.NOT_PUBLISHED: "le producteur ne publie pas cette valeur ici",
    Reason.OUT_OF_SCOPE: "hors du champ de la source",
    Reason.STATISTICAL_SECRECY: "masqué par le secret statistique",
    Reason.NOT_AGGREGABLE: "une médiane ou un taux publié ne se moyenne pas entre communes",
    Reason.MERGED_COMMUNES: "communes fusionnées depuis l’édition de la source",
    Reason.LOW_COVERAGE: "la source couvre moins de la moitié de la population de la zone",
    Reason.ZERO_DENOMINATOR: "dénominateur nul",
    Reason.NOT_COMPARABLE: "les éditions ne sont pas comparables",
    Reason.NO_ORIGIN_IN_REACH: "aucune offre dans le rayon de calcul",
    Reason.SINGLE_CLASS: "une seule classe présente",
    Reason.PARTIAL_COVERAGE: "la source ne couvre qu’une partie de la population de la zone",
    Reason.MODELLED: "valeur issue d’un modèle",
    Reason.CONVERTED: "valeur répartie d’un découpage à un autre",
    Reason.LOCAL: "donnée locale",
    Reason.EXHAUSTIVE: "comptage exhaustif : pas d’erreur d’échantillonnage",
    Reason.NO_ERROR_PUBLISHED: "le producteur ne publie pas d’intervalle",
    Reason.DETERMINISTIC: "calcul sans part aléatoire",
}

_WITH_VALUE = {Status.OK, Status.ESTIMATED}


@dataclass(frozen=True, slots=True)
class Value:
    """One figure: a number with an optional interval, a status and a reason.

    ``value`` is None unless the status is ok or estimated, or 0 for an opportunity measure that is
    unreachable; ``low`` and ``high`` come together or not at all.
    """

    value: float | None
    status: Status = Status.OK
    low: float | None = None
    high: float | None = None
    reason: Reason = Reason.NONE

    def __post_init__(self) -> None:
        if self.value is not None and not math.isfinite(self.value):
            raise ValueError("a value is finite or None")
        if self.status in _WITH_VALUE and self.value is None:
            raise ValueError(f"status {self.status} needs a value")
        if self.status not in _WITH_VALUE and self.value is not None:
            unreachable_opportunity = self.status is Status.UNREACHABLE and self.value == 0
            if not unreachable_opportunity:
                raise ValueError(f"status {self.status} cannot carry a value")
        if (self.low is None) != (self.high is None):
            raise ValueError("an interval has two ends")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError("the lower end of an interval is above the upper end")
        if self.value is None and self.reason is Reason.NONE:
            raise ValueError("an absent value says why")


_ZONE = re.compile(r"^(?P<grid>[a-z][a-z0-9_]*)@(?P<cog>\d{4}):(?P<code>[\w.\-]+)$")


@dataclass(frozen=True, slots=True, order=True)
class Zone:
    """A zone of a grid, in the commune codes of one year: ``bv2022@2024:22025``."""

    grid: str
    cog: int
    code: str

    def __str__(self) -> str:
        return f"{self.grid}@{self.cog}:{self.code}"

    @classmethod
    def parse(cls, text: str) -> Zone:
        """Read a zone from its written form.

        Raises
        ------
        BadInput
            When the text does not have the form ``grid@year:code``.
        """
        found = _ZONE.match(text)
        if found is None:
            raise BadInput(
                Problem(
                    "zone illisible",
                    value=text,
                    allowed="grille@année:code, par exemple bv2022@2024:22025",
                )
            )
        return cls(found["grid"], int(found["cog"]), found["code"])


RESULT_COLUMNS = (
    "grid",
    "cog",
    "zone",
    "indicator",
    "year",
    "vintage",
    "value",
    "low",
    "high",
    "status",
    "reason",
)
"""Columns of the result table: ``year`` is the period described, ``vintage`` the edition."""


@dataclass(frozen=True, slots=True)
class Asked:
    """All that was asked for one set of results: enough to compute it again.

    Attributes
    ----------
    territory
        Name and version of the territory.
    lake
        Identifier of the lake version.
    sources
        ``card@edition`` → sha256 of the raw file.
    vintages
        Table → editions read.
    parameters
        Parameter id → value used, as text.
    scenario
        Name of the scenario, empty for the situation as it is known.
    version
        Version of the program.
    """

    territory: str
    lake: str
    sources: Mapping[str, str] = field(default_factory=dict)
    vintages: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    scenario: str = ""
    version: str = ""
