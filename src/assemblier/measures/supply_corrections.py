"""Local corrections laid over a table of doctors, and the log of what they changed.

People on the ground know of a departure before any register does. What they say is an overlay with
a reason on each line: the source stays what it is.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd

from assemblier.errors import BadInput, Problem

__all__ = [
    "CorrectedDoctors",
    "CountChange",
    "correct_doctors",
    "correction_kind",
    "count_change",
]

_ACTIONS = ("add", "remove", "replace")


class _Change(NamedTuple):
    doctor: object
    site: object
    action: str
    column: str | None
    before: object
    after: object
    reason: object


@dataclass(frozen=True, slots=True)
class CorrectedDoctors:
    """A table of doctors with local corrections laid over it.

    Attributes
    ----------
    doctors
        The table corrected.
    log
        ``doctor, site, action, column, before, after, reason``: one row by change.
    """

    doctors: pd.DataFrame
    log: pd.DataFrame


def correct_doctors(
    doctors: pd.DataFrame, corrections: pd.DataFrame, *, file: str | None = None
) -> CorrectedDoctors:
    """Lay local corrections over a table of doctors; neither is changed.

    Parameters
    ----------
    doctors
        As in :func:`supply_from_doctors`.
    corrections
        ``action, doctor, reason`` and columns of doctors. ``add`` adds a line, ``remove`` takes
        away the lines of the doctor (or of the doctor at ``site``), ``replace`` puts the values
        that are given in place of those of the lines. In order.

    Raises
    ------
    BadInput
        An unknown action, a correction without reason, or one that finds no line.
    """
    absent = sorted({"action", "doctor", "reason"} - set(corrections.columns))
    if absent:
        raise BadInput([Problem(f"la colonne « {name} » est absente", file) for name in absent])
    table = doctors.copy().reset_index(drop=True)
    if "site" not in table:
        table["site"] = table["place"]
    fields = [name for name in corrections if name not in {"action", "doctor", "reason", "site"}]
    for name in fields:
        if name not in table:
            table[name] = None
    table = table.astype(object)
    problems: list[Problem] = []
    log: list[_Change] = []
    for line, row in enumerate(corrections.to_dict("records"), start=2):
        action, who, why = row["action"], row["doctor"], row["reason"]
        if action not in _ACTIONS:
            problems.append(
                Problem("action inconnue", file, line, "action", str(action), ", ".join(_ACTIONS))
            )
            continue
        if pd.isna(why) or not str(why).strip():
            problems.append(
                Problem(
                    "la correction n’est pas motivée",
                    file,
                    line,
                    "reason",
                    advice="Écrivez d’où vous le savez.",
                )
            )
        site = row.get("site")
        said = {str(name): row[name] for name in fields if not pd.isna(row[name])}
        if action == "add":
            new = {"doctor": who, **said}
            new["site"] = said.get("place") if site is None or pd.isna(site) else site
            table = pd.concat([table, pd.DataFrame([new], dtype=object)], ignore_index=True)
            log.append(_Change(who, new["site"], action, None, None, said.get("place"), why))
            continue
        hit = table["doctor"] == who
        if site is not None and not pd.isna(site):
            hit &= table["site"] == site
        if not hit.any():
            problems.append(
                Problem(
                    "aucune ligne de médecin ne correspond à la correction",
                    file,
                    line,
                    "doctor",
                    str(who),
                )
            )
        elif action == "remove":
            log += [
                _Change(who, s, action, None, p, None, why)
                for s, p in zip(table.loc[hit, "site"], table.loc[hit, "place"], strict=True)
            ]
            table = table[~hit].reset_index(drop=True)
        else:
            for name, value in said.items():
                log += [
                    _Change(who, s, action, name, before, value, why)
                    for s, before in zip(table.loc[hit, "site"], table.loc[hit, name], strict=True)
                ]
                table.loc[hit, name] = value
    if problems:
        raise BadInput(problems)
    return CorrectedDoctors(table.infer_objects(), pd.DataFrame(log, columns=list(_Change._fields)))


@dataclass(frozen=True, slots=True)
class CountChange:
    """What local corrections change to headcounts on a day.

    Attributes
    ----------
    places
        Place → change, in doctors at full time, never below what the place has; places that do
        not change are left out.
    lines
        One row by correction, in order: ``place, kind`` (``leaves``, ``comes``, ``works``),
        ``change`` asked and ``why`` nothing changed (French, empty where something did).
    """

    places: pd.Series
    lines: pd.DataFrame

    @property
    def counted(self) -> int:
        """How many corrections change something."""
        return int((self.lines["why"] == "").sum())


def correction_kind(share: float, begin: pd.Timestamp) -> str:
    """Say what a correction is: a doctor ``leaves``, ``comes``, or ``works`` another share.

    Parameters
    ----------
    share
        Share of a full time that remains, 0 to 2.
    begin
        First day; NaT where it is not told.
    """
    if share <= 0:
        return "leaves"
    return "comes" if pd.notna(begin) and share >= 1 else "works"


def count_change(
    corrections: pd.DataFrame, doctors: pd.Series, *, counted_on: dt.date, day: dt.date
) -> CountChange:
    """Tell what local corrections change to the headcounts of a register, on a day.

    A departure or an arrival that is older than the register is taken as counted in it; how much a
    doctor works never is, since a register counts heads.

    Parameters
    ----------
    corrections
        ``place, share, begin, end``: share of a full time that remains (0 to 2), first and last
        day (NaT where not told). A departure leaves on its last day, else on its first; without a
        day it has left.
    doctors
        Headcount by place; a place that is not there has none.
    counted_on
        Day of the register.
    day
        Day on which the corrections hold or not.
    """
    then, now = pd.Timestamp(counted_on), pd.Timestamp(day)
    left = {place: float(count) for place, count in doctors.items()}
    total: dict[object, float] = {}
    lines = []
    for row in corrections.to_dict("records"):
        place, share, begin, end = row["place"], float(row["share"]), row["begin"], row["end"]
        kind = correction_kind(share, begin)
        asked, why = share - 1.0, ""
        if kind == "leaves":
            when = end if pd.notna(end) else begin
            if pd.notna(when) and when <= then:
                why = "déjà dans le registre"
            elif pd.notna(when) and when > now:
                why = "pas encore"
        elif kind == "comes":
            asked = share
            why = "déjà dans le registre" if begin <= then else "pas encore" if begin > now else ""
        elif pd.notna(begin) and begin > now:
            why = "pas encore"
        if not why and kind != "leaves" and pd.notna(end) and end < now:
            why = "finie"
        if not why:
            made = max(asked, -left.get(place, 0.0))
            if made == 0.0 and asked < 0:
                why = "aucun médecin connu dans la commune"
            else:
                left[place] = left.get(place, 0.0) + made
                total[place] = total.get(place, 0.0) + made
        lines.append({"place": place, "kind": kind, "change": asked, "why": why})
    places = pd.Series(total, dtype=float)
    return CountChange(
        places[places != 0.0], pd.DataFrame(lines, columns=["place", "kind", "change", "why"])
    )
