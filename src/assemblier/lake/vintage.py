"""Which year's communes a list of codes speaks of: the year whose official list fits best."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

__all__ = ["best_cog"]

WHOLE = 0.05
"""A list that lacks a smaller share of its ground means to name all of it."""

BOROUGHS = (("75056", "751"), ("69123", "6938"), ("13055", "132"))
"""City → prefix of its municipal arrondissements."""


def _city(code: str) -> str:
    for city, prefix in BOROUGHS:
        if code.startswith(prefix) and code != city:
            return city
    return code


def best_cog(
    codes: Iterable[str], official: Mapping[int, frozenset[str]], supposed: int | None
) -> tuple[int | None, int, int]:
    """Find the year whose communes fit best.

    Départements that the list does not cover at all are left out of the comparison, so that an
    extract is compared with its own ground only.

    Parameters
    ----------
    codes
        Commune codes of the table; arrondissements count as their city.
    official
        Year → all communes of that year.
    supposed
        Year that the reader supposed; a tie goes to the year nearest to it, else to the newest.

    Returns
    -------
    year, unknown, missing
        The year; how many codes it does not know; how many of its communes, in the départements
        covered, the list lacks. The year is None when no official list is at hand.
    """
    given = {_city(code) for code in codes}
    departments = {_department(code) for code in given}
    best: tuple[tuple[int, int, int, int], int, int, int] | None = None
    for year, communes in official.items():
        covered = _by_department(communes)
        ground = set().union(*(covered[each] for each in departments if each in covered))
        unknown, missing = len(given - communes), len(ground - given)
        # what a list lacks tells its year only when it means to be whole
        lacking = missing if missing <= WHOLE * len(ground) else 0
        # a tie goes to the year nearest to the supposed one, else to the newest
        away = abs(year - supposed) if supposed is not None else -year
        score = (unknown, lacking, away, -year)
        if best is None or score < best[0]:
            best = (score, year, unknown, missing)
    if best is None:
        return None, 0, 0
    return best[1:]


@lru_cache(maxsize=256)
def _by_department(communes: frozenset[str]) -> Mapping[str, frozenset[str]]:
    """Return the communes of each département; a build compares many lists with the same years."""
    found: dict[str, set[str]] = {}
    for code in communes:
        found.setdefault(_department(code), set()).add(code)
    return {department: frozenset(codes) for department, codes in found.items()}


def _department(code: str) -> str:
    return code[:3] if code.startswith("97") else code[:2]
