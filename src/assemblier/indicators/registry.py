"""Every indicator of the program, in the order a reader meets them."""

from __future__ import annotations

from assemblier.declarations import Registry
from assemblier.indicators import access, care, population, social

__all__ = ["INDICATORS"]

INDICATORS = Registry(population.INDICATORS, social.INDICATORS, care.INDICATORS, access.INDICATORS)
"""All indicators by id."""
