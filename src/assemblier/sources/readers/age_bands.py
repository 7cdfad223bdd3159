"""Age classes: how producers write them, and the finest ones that do not overlap."""

from __future__ import annotations

import re
from collections.abc import Iterable

from assemblier.language import plain

__all__ = ["OPEN_END", "finest", "melodi_band", "spoken_band"]

OPEN_END = 120
"""Last age of a class without end."""

_MELODI = re.compile(
    r"Y(?P<from>\d+)T(?P<to>\d+)|Y_?(?P<rule>GE|LT|LE)(?P<bound>\d+)|Y(?P<one>\d+)"
)


def melodi_band(code: str) -> tuple[int, int] | None:
    """Read a code of Insee's statistical catalogue: ``Y15T29``, ``Y_GE75``, ``Y_LT15``, ``Y42``."""
    found = _MELODI.fullmatch(code)
    if found is None:
        return None
    if found["one"]:
        return int(found["one"]), int(found["one"])
    if found["from"]:
        return int(found["from"]), int(found["to"])
    bound = int(found["bound"])
    if found["rule"] == "GE":
        return bound, OPEN_END
    return 0, bound - (found["rule"] == "LT")


def spoken_band(text: str) -> tuple[int, int] | None:
    """Read *Moins de 5 ans*, *de 5 à 9 ans*, *Plus de 90 ans* as first and last age."""
    said = plain(text)
    if found := re.fullmatch(r"moins de (\d+) ans", said):
        return 0, int(found[1]) - 1
    if found := re.fullmatch(r"(?:de )?(\d+) a (\d+) ans", said):
        return int(found[1]), int(found[2])
    if found := re.fullmatch(r"(?:plus de (\d+) ans|(\d+) ans (?:et|ou) plus)", said):
        return int(found[1] or found[2]), OPEN_END
    return None


def finest(bands: Iterable[tuple[int, int]]) -> set[tuple[int, int]]:
    """Keep the most numerous classes that tile all ages: totals mixed with details go away.

    The classes kept follow each other without gap or overlap from the first age to the last, so
    that their sum is the total. Where no such tiling exists, the narrowest classes that do not
    overlap are kept.
    """
    distinct = sorted(set(bands))
    if not distinct:
        return set()
    first = min(low for low, _ in distinct)
    last = max(high for _, high in distinct)
    # longest path over ages: best tiling that ends just before each age
    best: dict[int, tuple[tuple[int, int], ...]] = {first: ()}
    for low, high in distinct:
        if low in best and len(best[low]) + 1 > len(best.get(high + 1, ())):
            best[high + 1] = (*best[low], (low, high))
    if last + 1 in best:
        return set(best[last + 1])
    kept: list[tuple[int, int]] = []
    for low, high in sorted(distinct, key=lambda band: (band[1] - band[0], band[0])):
        if all(high < begin or low > end for begin, end in kept):
            kept.append((low, high))
    return set(kept)
