"""How one column behaves when communes merge or split: sum, mean, class, not aggregable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from assemblier.tables import Aggregation
from assemblier.territory.passage import Crosswalk
from assemblier.values import Reason, Status

__all__ = ["ClassRule", "ConvertedColumn", "Parts", "converted_column", "numbers"]

ClassRule = Literal["same", "seat", "largest"]
"""How a merged commune takes a class when its parts differ: it takes none (``same``), that of the
part that keeps its code (``seat``), or that of the most populated part (``largest``)."""

_WHOLE = 1 - 1e-9


@dataclass(frozen=True, slots=True)
class Parts:
    """The rows that move, one part for each target they go to, and the groups they form."""

    row: np.ndarray
    """Position in the table of the known rows."""
    weight: np.ndarray
    group: np.ndarray
    origin: np.ndarray
    codes: np.ndarray
    """Target code of each group."""
    keys: pd.DataFrame
    count: np.ndarray
    """Parts present in each group."""
    expected: np.ndarray
    """Parts that the target is made of, present or not."""
    split: np.ndarray
    """Whether a group holds only a share of one of its parts."""

    @classmethod
    def of(
        cls,
        inside: pd.DataFrame,
        codes: np.ndarray,
        moved: np.ndarray,
        crosswalk: Crosswalk,
        keys: Sequence[str],
    ) -> Parts:
        """Spread the rows that move over their targets and group them by target and keys."""
        rows = np.flatnonzero(moved)
        spread = pd.DataFrame({"row": rows, "code_from": codes[rows]}).merge(
            crosswalk.moves, on="code_from", how="inner"
        )
        for key in keys:
            spread[f"key {key}"] = inside[key].to_numpy()[spread["row"].to_numpy()]
        by = ["code_to", *(f"key {key}" for key in keys)]
        grouped = spread.groupby(by, sort=True, dropna=False)
        group = grouped.ngroup().to_numpy(np.int64)
        size = int(group.max()) + 1 if len(group) else 0
        first = np.zeros(size, dtype=np.int64)
        first[group[::-1]] = np.arange(len(spread))[::-1]
        heads = spread.iloc[first]
        expected = crosswalk.moves.groupby("code_to").size()
        weight = spread["weight"].to_numpy(np.float64)
        return cls(
            row=spread["row"].to_numpy(np.int64),
            weight=weight,
            group=group,
            origin=spread["code_from"].to_numpy(object),
            codes=heads["code_to"].to_numpy(object),
            keys=pd.DataFrame({key: heads[f"key {key}"].to_numpy() for key in keys}),
            count=np.bincount(group, minlength=size),
            expected=heads["code_to"].map(expected).to_numpy(np.int64),
            split=np.bincount(group, weights=weight < _WHOLE, minlength=size) > 0,
        )

    def total(self, values: np.ndarray) -> np.ndarray:
        """Return the sum of the values over each group."""
        sums = np.bincount(self.group, weights=values, minlength=len(self.codes))
        return sums.astype(np.float64)

    def any(self, mask: np.ndarray) -> np.ndarray:
        """Return whether the mask holds anywhere in each group."""
        return self.total(mask.astype(np.float64)) > 0

    def flagged(self, column: str, made: ConvertedColumn, code: str) -> pd.DataFrame:
        """Return the rows of ``statuses`` for one column."""
        kept = made.status != Status.OK
        frame = pd.DataFrame({code: self.codes[kept]})
        for key in self.keys.columns.tolist():
            frame[key] = self.keys[key].to_numpy()[kept]
        frame["column"] = column
        frame["status"] = [str(each) for each in made.status[kept]]
        frame["reason"] = [str(each) for each in made.reason[kept]]
        frame["detail"] = made.detail[kept]
        return frame


@dataclass(frozen=True, slots=True)
class ConvertedColumn:
    """One column after conversion, one element per group of parts."""

    values: np.ndarray
    status: np.ndarray
    reason: np.ndarray
    detail: np.ndarray


def converted_column(
    inside: pd.DataFrame,
    name: str,
    rule: Aggregation,
    parts: Parts,
    *,
    absent_is_zero: bool,
    class_rule: ClassRule,
    populations: pd.Series | None,
) -> ConvertedColumn:
    """Convert the rows that move, for one column.

    Parameters
    ----------
    inside
        The known rows of the table.
    absent_is_zero
        Whether a part without a row counts as zero instead of missing.
    populations
        Of the origin vintage, for the rule ``largest``.
    """
    size = len(parts.codes)
    status = np.full(size, Status.OK, dtype=object)
    reason = np.full(size, Reason.NONE, dtype=object)
    detail = np.full(size, "", dtype=object)
    incomplete = (parts.count < parts.expected) & (not absent_is_zero)

    def flag(mask: np.ndarray, how: Status, why: Reason, said: str) -> None:
        fresh = mask & (status != Status.ABSENT)
        status[fresh], reason[fresh], detail[fresh] = how, why, said

    flag(parts.split, Status.ESTIMATED, Reason.CONVERTED, "commune partagée : part au prorata")
    if rule.rule == "sum":
        cells = numbers(inside, name)[parts.row]
        empty = parts.any(np.isnan(cells))
        values = parts.total(np.nan_to_num(cells) * parts.weight)
        flag(empty, Status.ABSENT, Reason.NOT_PUBLISHED, "une composante n’est pas publiée")
        flag(incomplete, Status.ABSENT, Reason.NOT_PUBLISHED, "une composante est absente")
        values[empty | incomplete] = np.nan
        return ConvertedColumn(values, status, reason, detail)
    if rule.rule == "mean":
        cells = numbers(inside, name)[parts.row]
        alone = (parts.count == 1) & (parts.expected == 1)
        weight = numbers(inside, str(rule.weight))[parts.row] * parts.weight
        weight = np.where(alone[parts.group], 1.0, weight)
        counts = (weight != 0) | np.isnan(weight)
        empty = parts.any(counts & (np.isnan(cells) | np.isnan(weight)))
        total = parts.total(np.nan_to_num(weight))
        nothing = (total == 0) & ~empty
        sums = parts.total(np.nan_to_num(cells) * np.nan_to_num(weight))
        values = np.divide(sums, total, out=np.full(size, np.nan), where=total != 0)
        flag(empty, Status.ABSENT, Reason.NOT_PUBLISHED, "une composante n’est pas publiée")
        flag(incomplete, Status.ABSENT, Reason.NOT_PUBLISHED, "une composante est absente")
        flag(nothing, Status.ABSENT, Reason.ZERO_DENOMINATOR, "poids nul")
        values[empty | incomplete] = np.nan
        return ConvertedColumn(values, status, reason, detail)
    taken = inside[name].to_numpy(object)[parts.row]
    values = np.full(size, None, dtype=object)
    if rule.rule == "class":
        marks = pd.factorize(taken, use_na_sentinel=False)[0]
        values[parts.group] = taken
        low, high = np.full(size, np.iinfo(np.int64).max), np.full(size, -1)
        np.minimum.at(low, parts.group, marks)
        np.maximum.at(high, parts.group, marks)
        differ = (low != high) | incomplete
        chosen = _chosen(parts, class_rule, populations) if class_rule != "same" else None
        for group in np.flatnonzero(differ):
            part = -1 if chosen is None else int(chosen[group])
            if part >= 0:
                values[group] = taken[part]
                status[group], reason[group] = Status.ESTIMATED, Reason.CONVERTED
                which = "au chef-lieu" if class_rule == "seat" else "à la plus peuplée"
                detail[group] = f"classe prise {which}, {parts.origin[part]}"
            else:
                values[group] = None
                status[group], reason[group] = Status.ABSENT, Reason.MERGED_COMMUNES
                detail[group] = "les communes réunies ne sont pas de la même classe"
        return ConvertedColumn(values, status, reason, detail)
    kept = (parts.expected == 1) & (parts.count == 1) & ~parts.split
    values[parts.group] = taken
    values[~kept] = None
    merged = ~kept & (parts.expected > 1)
    flag(merged, Status.ABSENT, Reason.MERGED_COMMUNES, "valeur non agrégeable de communes réunies")
    flag(~kept, Status.ABSENT, Reason.NOT_AGGREGABLE, "valeur non agrégeable d’une part de commune")
    return ConvertedColumn(values, status, reason, detail)


def _chosen(parts: Parts, class_rule: ClassRule, populations: pd.Series | None) -> np.ndarray:
    """Return for each group the part whose class it takes, or -1."""
    chosen = np.full(len(parts.codes), -1, dtype=np.int64)
    if class_rule == "seat":
        seat = np.flatnonzero(parts.origin == parts.codes[parts.group])
        chosen[parts.group[seat]] = seat
        return chosen
    if populations is None:
        return chosen
    inhabitants = pd.Series(parts.origin).map(populations).to_numpy(np.float64) * parts.weight
    unknown = parts.any(np.isnan(inhabitants)) | (parts.count < parts.expected)
    for part in np.lexsort((parts.origin.astype(str), np.nan_to_num(inhabitants))):
        chosen[parts.group[part]] = part  # the last one written is the most populated
    chosen[unknown] = -1
    return chosen


def numbers(frame: pd.DataFrame, name: str) -> np.ndarray:
    """Return a column as float64, empty cells as NaN."""
    return frame[name].to_numpy(dtype=np.float64, na_value=np.nan)
