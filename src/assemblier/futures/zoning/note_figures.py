"""Figures of the note on a zoning, each with where it comes from."""

from __future__ import annotations

from assemblier.blocks import Figure, Provenance
from assemblier.futures.zoning.simulation import Zoning
from assemblier.language import percent

__all__ = ["NoteFigures"]


class NoteFigures:
    """Prints figures and keeps where each comes from."""

    def __init__(self, zoning: Zoning, apl: str) -> None:
        self.zoning = zoning
        self.apl = apl
        self.told: dict[str, Provenance] = {}

    def figure(
        self, name: str, zone: str, label: str, value: float, text: str, unit: str = ""
    ) -> Figure:
        """Return a printed figure and keep where it comes from."""
        key = f"{name}|{zone}|{self.zoning.rule.id}"
        rule = self.zoning.rule
        self.told[key] = Provenance(
            key=key,
            label=label,
            zone=zone,
            year=rule.id,
            value=float(value),
            low=None,
            high=None,
            unit=unit,
            status="estimated",
            reason="simulation",
            definition=rule.label,
            sources=(self.apl, rule.reference),
            parameters={f"zoning.rule.{rule.id}": rule.reference},
            method="moyenne des communes pondérée par la population standardisée, puis règle",
            says_not=("Une simulation ne vaut pas décision : l’ARS choisit et arrête.",),
        )
        return Figure(text, key, "estimated")

    def share(self, name: str, zone: str, label: str, value: float) -> Figure:
        """Return a share printed as a percentage."""
        return self.figure(name, zone, label, 100 * value, percent(value), "%")
