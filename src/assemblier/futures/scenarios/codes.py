"""Bring the communes that scenarios name to the reference geography, with a log of what moved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from assemblier.futures.scenarios.changes import Change
from assemblier.futures.scenarios.files import Scenario
from assemblier.futures.scenarios.scenario import sites_of
from assemblier.territory.geography import Geography

__all__ = ["moved_codes_notes", "reference_codes", "with_reference_codes"]

PLACES = ("commune", "origin", "to")


def reference_codes(codes: Iterable[str], geography: Geography) -> dict[str, str]:
    """Return what became of codes that are no longer those of a commune.

    A code is looked up in the newest vintage that still had it. One that was split between several
    communes stays as it is: nobody can say where its doctors went.
    """
    lost = {code for code in codes if code not in geography.names}
    found: dict[str, str] = {}
    for vintage in sorted(geography.passage.vintages, reverse=True):
        left = lost - set(found)
        if not left:
            break
        if vintage > geography.cog:
            continue
        targets = geography.crosswalk(vintage).targets(sorted(left))
        alone = targets[~targets["code_from"].duplicated(keep=False)]
        found |= {
            str(old): str(new)
            for old, new in zip(alone["code_from"], alone["code_to"], strict=True)
            if old != new and new in geography.names
        }
    return found


def with_reference_codes(
    scenarios: Sequence[Scenario], geography: Geography
) -> tuple[tuple[Scenario, ...], tuple[str, ...]]:
    """Name the communes of today in scenarios written with older codes.

    Returns
    -------
    scenarios, notes
        The scenarios, and one sentence for each code that was replaced (French).
    """
    named = {code for each in scenarios for code in sites_of(each.changes)}
    moved = reference_codes(sorted(named), geography)
    if not moved:
        return tuple(scenarios), ()
    made = tuple(
        replace(each, changes=tuple(_renamed(change, moved) for change in each.changes))
        for each in scenarios
    )
    return made, moved_codes_notes(moved, geography, "des scénarios")


def moved_codes_notes(
    moved: Mapping[str, str], geography: Geography, where: str
) -> tuple[str, ...]:
    """Say each code that was replaced, and where it was written ("des scénarios"), in French."""
    return tuple(
        f"Code {old} {where} lu comme {new} ({geography.names[new]}) : la commune a changé de code "
        f"ou en a rejoint une autre avant {geography.cog}."
        for old, new in sorted(moved.items())
    )


def _renamed(change: Change, moved: Mapping[str, str]) -> Change:
    given: dict[str, Any] = {name: getattr(change, name, None) for name in PLACES}
    kept: Any = change  # each kind has its own fields, and only those it has are given
    made: Change = replace(kept, **{n: moved[c] for n, c in given.items() if c in moved})
    return made
