"""Local corrections laid over a table of doctors, and the log of what they changed.

People on the ground know of a departure before any register does. What they say is an overlay with
a reason on each line: the source stays what it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd

from assemblier.errors import BadInput, Problem

__all__ = ["CorrectedDoctors", "correct_doctors"]

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
