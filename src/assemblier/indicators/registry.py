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
from assemblier.indicators.differs import with_differences

__all__ = ["INDICATORS"]

INDICATORS = Registry(
    *(
        with_differences(topic.INDICATORS)
        for topic in (
            population,
            social,
            health,
            prevention,
            care,
            access,
            recomputed_access,
            corrected,
            professions_access,
            reach,
            second_recourse,
            coordination,
        )
    )
)
"""All indicators by id."""
