"""Every indicator of the program, in the order a reader meets them."""

from __future__ import annotations

from assemblier.declarations import Registry
from assemblier.indicators import (
    access,
    care,
    coordination,
    corrected,
    health,
    population,
    prevention,
    professions_access,
    reach,
    recomputed_access,
    second_recourse,
    social,
)

__all__ = ["INDICATORS"]

INDICATORS = Registry(
    population.INDICATORS,
    social.INDICATORS,
    health.INDICATORS,
    prevention.INDICATORS,
    care.INDICATORS,
    access.INDICATORS,
    recomputed_access.INDICATORS,
    corrected.INDICATORS,
    professions_access.INDICATORS,
    reach.INDICATORS,
    second_recourse.INDICATORS,
    coordination.INDICATORS,
)
"""All indicators by id."""
