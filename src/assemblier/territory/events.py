"""The official history of communes: dated events, and the passage steps that they make.

Two shapes of the same register (Insee, *Code officiel géographique*) are read here once a reader
has brought them as text columns: the *historique des communes* published until 2019 (three-digit
``MOD``) and the *mouvements* published since (two-digit ``MOD``, before and after on one row).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise

import numpy as np
import pandas as pd

from assemblier.errors import BadInput, MissingSource, Problem
from assemblier.territory.moves import chained, no_moves
from assemblier.territory.passage import PASSAGE_COLUMNS

__all__ = [
    "EVENT_COLUMNS",
    "event_dates",
    "events_of_history",
    "events_of_movements",
    "steps_of_events",
]

EVENT_COLUMNS = ("date", "kind", "code_from", "code_to", "name_from", "name_to")
"""``kind``: ``f`` merger, ``d`` division (restoration, creation), ``c`` change of code."""

# Historique des communes: MOD of the row of the commune that goes into COMECH (310 fusion simple,
# 311 commune nouvelle, 330 fusion-association, 331 to 333 commune nouvelle with déléguées)
_HISTORY_MERGED = ("310", "311", "330", "331", "332", "333")
# MOD of the row of the commune that COMECH leaves (210 rétablissement told by the restored)
_HISTORY_RESTORED = ("210",)
# MOD of the row of the commune that gives ground to the new COMECH (220 création)
_HISTORY_GAVE = ("220",)
_HISTORY_DEPARTMENT = ("410", "411")
_HISTORY_SEAT = ("500",)

_MOVEMENT_KINDS = {
    "20": "d",
    "21": "d",
    "30": "f",
    "31": "f",
    "32": "f",
    "33": "f",
    "41": "c",
    "50": "c",
}
_ORDER = {"c": 0, "d": 1, "f": 2}


def events_of_history(history: pd.DataFrame) -> pd.DataFrame:
    """Return the events that change codes or ground, from the *historique des communes*.

    Parameters
    ----------
    history
        ``MOD, EFF, DEPCOM, COMECH, DEPANC, C_LOFF, C_LANC, NCCOFF`` as text.

    Returns
    -------
    DataFrame
        Columns :data:`EVENT_COLUMNS`, by date. Exchanges of plots (600 to 630), renamings,
        associated communes that lose their status are left out: no code changes ground.
    """
    rows = history[history["EFF"].notna()]

    def taken(mods: tuple[str, ...], kind: str, origin: str, target: str) -> pd.DataFrame:
        found = rows[rows["MOD"].isin(mods) & rows[origin].notna() & rows[target].notna()]
        own = "name_from" if origin == "DEPCOM" else "name_to"
        other = "name_to" if own == "name_from" else "name_from"
        return pd.DataFrame(
            {
                "date": found["EFF"],
                "kind": kind,
                "code_from": found[origin],
                "code_to": found[target],
                own: found["NCCOFF"],
                other: "",
            }
        )

    seats = taken(_HISTORY_SEAT, "c", "C_LANC", "C_LOFF").drop_duplicates(
        ["date", "code_from", "code_to"]
    )
    parts = [
        taken(_HISTORY_MERGED, "f", "DEPCOM", "COMECH"),
        taken(_HISTORY_RESTORED, "d", "COMECH", "DEPCOM"),
        taken(_HISTORY_GAVE, "d", "DEPCOM", "COMECH"),
        taken(_HISTORY_DEPARTMENT, "c", "DEPANC", "DEPCOM"),
        seats,
    ]
    return _of_communes(_ordered(pd.concat(parts, ignore_index=True)))


def events_of_movements(movements: pd.DataFrame) -> pd.DataFrame:
    """Return the events that change codes or ground, from the *mouvements des communes*.

    Parameters
    ----------
    movements
        ``MOD, DATE_EFF, TYPECOM_AV, COM_AV, LIBELLE_AV, TYPECOM_AP, COM_AP, LIBELLE_AP`` as text.

    Raises
    ------
    BadInput
        For a ``MOD`` that changes the code of a commune and is not known here.
    """
    whole = movements[(movements["TYPECOM_AV"] == "COM") & (movements["TYPECOM_AP"] == "COM")]
    kinds = whole["MOD"].map(_MOVEMENT_KINDS)
    strange = kinds.isna() & (whole["COM_AV"] != whole["COM_AP"])
    if strange.any():
        raise BadInput(
            [
                Problem(
                    "type d’événement inconnu",
                    column="MOD",
                    value=str(mod),
                    allowed=", ".join(sorted({*_MOVEMENT_KINDS, "10"})),
                )
                for mod in sorted(set(whole.loc[strange, "MOD"]))
            ]
        )
    whole, kinds = whole[kinds.notna()], kinds.dropna()
    return _ordered(
        pd.DataFrame(
            {
                "date": whole["DATE_EFF"],
                "kind": kinds,
                "code_from": whole["COM_AV"],
                "code_to": whole["COM_AP"],
                "name_from": whole["LIBELLE_AV"],
                "name_to": whole["LIBELLE_AP"],
            }
        )
    )


def event_dates(events: pd.DataFrame) -> dict[tuple[str, str], str]:
    """Return ``(code_from, code_to)`` → date of the last event between them."""
    return {
        (str(origin), str(target)): str(date)
        for origin, target, date in zip(
            events["code_from"], events["code_to"], events["date"], strict=True
        )
    }


def steps_of_events(
    events: pd.DataFrame,
    vintages: Iterable[int],
    populations: Mapping[int, pd.Series] | None = None,
) -> pd.DataFrame:
    """Return the passage steps between vintages that dated events make.

    An event is in force in the vintage of year y when its date is 1 January y or before.

    Parameters
    ----------
    vintages
        COG years, ascending; one step between each and the next.
    populations
        COG year → inhabitants by code. The shares of a division are those of the communes that
        come out of it, in the vintage where they first stand.

    Raises
    ------
    MissingSource
        When a commune was divided and the populations of its parts are not given.
    """
    steps = []
    for before, after in pairwise(sorted(vintages)):
        within = events[
            (events["date"] > f"{before:04d}-01-01") & (events["date"] <= f"{after:04d}-01-01")
        ]
        inhabitants = (populations or {}).get(after)
        moves = no_moves()
        for _, together in within.groupby(["date", within["kind"].map(_ORDER)], sort=True):
            moves = chained(moves, _moves(together, inhabitants, after))
        several_to = moves["code_from"].duplicated(keep=False)
        several_from = moves["code_to"].duplicated(keep=False)
        steps.append(
            pd.DataFrame(
                {
                    "year_from": before,
                    "year_to": after,
                    "code_from": moves["code_from"],
                    "code_to": moves["code_to"],
                    "kind": np.where(several_to, "d", np.where(several_from, "f", "c")),
                    "ratio": moves["weight"],
                }
            )
        )
    filled = [step for step in steps if len(step)]
    if not filled:
        return no_moves().assign(year_from=0, year_to=0, kind="", ratio=0.0)[list(PASSAGE_COLUMNS)]
    return pd.concat(filled, ignore_index=True)


def _moves(together: pd.DataFrame, inhabitants: pd.Series | None, vintage: int) -> pd.DataFrame:
    """Return the weighted moves of the events of one day and one kind."""
    pairs = together[["code_from", "code_to"]].drop_duplicates()
    if together["kind"].iloc[0] == "d":
        divided = pairs["code_from"].unique()
        pairs = pd.concat([pairs, pd.DataFrame({"code_from": divided, "code_to": divided})])
        pairs = pairs.drop_duplicates(ignore_index=True)
        known = (
            pd.Series(np.nan, index=pairs.index)
            if inhabitants is None
            else pairs["code_to"].map(inhabitants)
        )
        if known.isna().any():
            parts = ", ".join(sorted(pairs.loc[known.isna(), "code_to"]))
            raise MissingSource(
                f"des communes se sont séparées et il manque la population au COG {vintage} de "
                f"{parts} : rien ne dit comment partager. Ajoutez les populations de cette édition."
            )
        total = known.groupby(pairs["code_from"]).transform("sum")
        return pairs.assign(weight=known / total)
    if together["kind"].iloc[0] == "f":
        takes = pairs["code_to"].unique()
        gone = set(pairs["code_from"])
        stays = [code for code in takes if code not in gone]
        pairs = pd.concat([pairs, pd.DataFrame({"code_from": stays, "code_to": stays})])
    return pairs.drop_duplicates(ignore_index=True).assign(weight=1.0)


def _of_communes(events: pd.DataFrame) -> pd.DataFrame:
    """Leave out the mergers of communes that were no longer: associated ones made *déléguées*.

    The history is told from 1943 on, so the walk knows which codes stand at each date.
    """
    gone: set[str] = set()
    kept = []
    today, leaving = "", set[str]()
    for date, kind, origin, target in zip(
        events["date"], events["kind"], events["code_from"], events["code_to"], strict=True
    ):
        if date != today:  # a commune that leaves today still takes part in today's events
            gone |= leaving
            today, leaving = date, set()
        kept.append(kind != "f" or (origin not in gone and origin != target))
        gone.discard(target)
        if kind in {"f", "c"} and origin != target:
            leaving.add(origin)
        if kind != "f":
            leaving.discard(target)
    return events[kept].reset_index(drop=True)


def _ordered(events: pd.DataFrame) -> pd.DataFrame:
    events = events[list(EVENT_COLUMNS)].assign(order=events["kind"].map(_ORDER))
    ordered = events.sort_values(["date", "order", "code_from", "code_to"], kind="stable")
    return ordered.drop(columns="order").reset_index(drop=True)
