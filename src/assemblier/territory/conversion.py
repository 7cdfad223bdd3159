"""Tables of communes from one vintage of the codes to another.

Counts keep their sum, means are computed again with their weight, classes are kept when they
agree, medians are refused; every value that could not be converted says why.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from assemblier.errors import BadInput, Problem
from assemblier.tables import Aggregation, Table
from assemblier.territory.codes import ARRONDISSEMENTS, refuse_city_and_arrondissements
from assemblier.territory.column_rules import ClassRule, Parts, converted_column, numbers
from assemblier.territory.movements import Movement, movements_of
from assemblier.territory.nearest_names import UnknownCode, explained_codes, known_codes
from assemblier.territory.passage import Crosswalk, Passage

__all__ = ["Converted", "convert"]

_DISTRICTS = frozenset(code for codes in ARRONDISSEMENTS.values() for code in codes)


@dataclass(frozen=True, slots=True)
class Converted:
    """A converted table and all that happened on the way.

    Attributes
    ----------
    table
        Code, keys and declared columns, in the target vintage; counts are float64.
    statuses
        One row per value that is not simply the published one: code, keys, ``column, status,
        reason, detail``. A value that is not listed is ``ok``.
    movements
        Merges, splits and changes of code met by the table.
    unknown
        Codes that the origin vintage does not hold; their rows were set aside.
    conservation
        For each summed column: ``column, total_in, set_aside, withheld, total_out, gap``.
        ``withheld`` is what mergers with a missing part could not show; ``gap`` is what is left
        unexplained and stays under 1e-6 of the total.
    lineage
        ``row`` (position in the given table), ``code_from``, ``code_to``, ``weight``.
    """

    table: pd.DataFrame
    statuses: pd.DataFrame
    movements: tuple[Movement, ...]
    unknown: tuple[UnknownCode, ...]
    conservation: pd.DataFrame
    lineage: pd.DataFrame


def convert(
    table: pd.DataFrame,
    columns: Mapping[str, Aggregation] | Table,
    crosswalk: Crosswalk,
    *,
    code: str = "code",
    keys: Sequence[str] = (),
    communes: pd.DataFrame | Collection[str] | None = None,
    passage: Passage | None = None,
    names: Mapping[str, str] | None = None,
    absent_rows: Literal["missing", "zero"] = "missing",
    class_rule: ClassRule = "same",
    populations: pd.Series | None = None,
    unknown: Literal["set_aside", "refuse"] = "set_aside",
    refuse_medians: bool = False,
) -> Converted:
    """Convert a table of communes to another vintage, column by column.

    Parameters
    ----------
    table
        One row per code and keys, in the codes of ``crosswalk.vintage_from``.
    columns
        Declared aggregation of each column that is converted (code and keys apart).
    code, keys
        Column of the commune code; columns (year, type…) that tell rows of a commune apart.
    communes
        Codes of the origin vintage, or ``code, nom, departement``: others are unknown.
    passage, names
        Help to explain unknown codes.
    absent_rows
        What it means that a part of a merged commune has no row: ``missing`` (the sum is then
        absent) or ``zero`` (tables that list only what exists).
    class_rule, populations
        How a merged commune takes a class; populations of the origin vintage for ``largest``.
    refuse_medians
        Refuse the whole conversion, instead of leaving absent the values that cannot be merged.

    Raises
    ------
    BadInput
        For missing columns, rows given twice, a city beside its arrondissements, unknown codes
        when refused, medians when refused.
    """
    rules = (
        {column.name: column.aggregation for column in columns.columns}
        if isinstance(columns, Table)
        else dict(columns)
    )
    rules = {name: rule for name, rule in rules.items() if name != code and name not in keys}
    _check(table, rules, code, keys)
    if class_rule == "largest" and populations is None:
        raise BadInput("la règle « plus peuplée » demande les populations de l’édition d’origine")
    changing = set(crosswalk.moves["code_from"].tolist())
    if not changing.isdisjoint(_DISTRICTS):  # else both may stand side by side
        refuse_city_and_arrondissements(table[code])
    codes = table[code].astype(object)
    known = known_codes(codes, communes)
    explained = explained_codes(codes[~known], communes, names, passage)
    if explained and unknown == "refuse":
        raise BadInput(
            [
                Problem(f"code inconnu du COG {crosswalk.vintage_from} : {each}", column=code)
                for each in explained
            ]
        )
    inside = table[known.to_numpy()].reset_index(drop=True)
    positions = np.flatnonzero(known.to_numpy())
    inside_codes = codes[known].to_numpy()
    moved = np.array([each in changing for each in inside_codes], dtype=bool)
    parts = Parts.of(inside, inside_codes, moved, crosswalk, keys)
    if refuse_medians:
        _refuse_medians(rules, parts)
    result: dict[str, pd.Series] = {}
    flags: list[pd.DataFrame] = []
    account = []
    for name, rule in rules.items():
        made = converted_column(
            inside,
            name,
            rule,
            parts,
            absent_is_zero=absent_rows == "zero",
            class_rule=class_rule,
            populations=populations,
        )
        untouched = inside.loc[~moved, name]
        if rule.rule == "sum":
            untouched = untouched.astype("float64")
            account.append(
                (name, *_account(numbers(table, name), known.to_numpy(), parts, made.values))
            )
        merged = pd.Series(made.values, dtype=_result_type(inside[name], rule))
        result[name] = pd.concat([untouched, merged], ignore_index=True)
        flags.append(parts.flagged(name, made, code))
    head = {
        code: np.concatenate([inside_codes[~moved], parts.codes]),
        **{
            key: pd.concat([inside.loc[~moved, key], parts.keys[key]], ignore_index=True)
            for key in keys
        },
    }
    whole = pd.DataFrame({**head, **result}).sort_values(
        [code, *keys], ignore_index=True, kind="stable"
    )
    lineage = pd.DataFrame(
        {
            "row": np.concatenate([positions[~moved], positions[parts.row]]),
            "code_from": np.concatenate([inside_codes[~moved], inside_codes[parts.row]]),
            "code_to": np.concatenate([inside_codes[~moved], parts.codes[parts.group]]),
            "weight": np.concatenate([np.ones(int((~moved).sum())), parts.weight]),
        }
    )
    said_names = dict(names or {})
    if isinstance(communes, pd.DataFrame):
        said_names = dict(zip(communes["code"], communes["nom"], strict=True)) | said_names
    return Converted(
        whole,
        pd.concat(flags, ignore_index=True) if flags else pd.DataFrame(),
        movements_of(crosswalk, set(inside_codes[moved]), names=said_names),
        explained,
        pd.DataFrame(
            account,
            columns=["column", "total_in", "set_aside", "withheld", "total_out", "gap"],
        ),
        lineage,
    )


def _account(
    cells: np.ndarray, known: np.ndarray, parts: Parts, values: np.ndarray
) -> tuple[float, float, float, float, float]:
    """Return where each unit of a summed column went."""
    every = np.nan_to_num(cells)
    inside = every[known]
    withheld = float((inside[parts.row] * parts.weight)[np.isnan(values)[parts.group]].sum())
    untouched = np.ones(len(inside), dtype=bool)
    untouched[parts.row] = False
    total_in, set_aside = float(every.sum()), float(every[~known].sum())
    total_out = float(inside[untouched].sum() + np.nansum(values))
    gap = total_in - set_aside - withheld - total_out
    return total_in, set_aside, withheld, total_out, gap


def _result_type(cells: pd.Series, rule: Aggregation) -> str:
    if rule.rule in {"sum", "mean"}:
        return "float64"
    if pd.api.types.is_numeric_dtype(cells) and not pd.api.types.is_bool_dtype(cells):
        return "float64"
    return "object"


def _check(
    table: pd.DataFrame, rules: Mapping[str, Aggregation], code: str, keys: Sequence[str]
) -> None:
    problems = [
        Problem("colonne absente", column=name)
        for name in dict.fromkeys([code, *keys, *rules])
        if name not in table
    ]
    problems.extend(
        Problem(
            f"la moyenne « {name} » n’a pas son poids",
            column=rule.weight,
            advice="Ajoutez la colonne qui pondère cette moyenne.",
        )
        for name, rule in rules.items()
        if rule.rule == "mean" and rule.weight not in table
    )
    if problems:
        raise BadInput(problems)
    doubled = table.duplicated([code, *keys])
    if doubled.any():
        raise BadInput(
            [
                Problem(
                    "ligne en double",
                    line=int(at) + 1,
                    column=", ".join([code, *keys]),
                    value=", ".join(str(table[name].iloc[at]) for name in [code, *keys]),
                    advice="Nommez les colonnes qui distinguent les lignes d’une même commune.",
                )
                for at in np.flatnonzero(doubled.to_numpy())
            ]
        )


def _refuse_medians(rules: Mapping[str, Aggregation], parts: Parts) -> None:
    touched = sorted(set(parts.codes[(parts.expected > 1) | parts.split]))
    if not touched:
        return
    problems = [
        Problem(
            f"« {name} » ne s’agrège pas (médiane ou taux publié sans son poids), or "
            f"{len(touched)} communes ont fusionné ou se sont partagées",
            column=name,
            value=", ".join(touched[:10]),
            advice="Utilisez l’édition de la source dans son propre découpage.",
        )
        for name, rule in rules.items()
        if rule.rule == "not_aggregable"
    ]
    if problems:
        raise BadInput(problems)
