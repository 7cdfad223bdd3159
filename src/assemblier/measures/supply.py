"""Supply: doctors turned into acts a year by place, by the producer's rules.

Each doctor's acts are brought between a floor and a ceiling, then shared between the doctor's sites
(DREES, APL workbook, sheet Paramètres). Local knowledge comes as an overlay of corrections
(:mod:`.supply_corrections`), kept apart from the source so that both can be told.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from assemblier.errors import BadInput, Problem

__all__ = [
    "ActivityRules",
    "DoctorSupply",
    "bounded_acts",
    "supply_from_counts",
    "supply_from_doctors",
]

UnknownAge = Literal["refuse", "keep", "drop"]

_SHARES_SUM = 1e-6


@dataclass(frozen=True, slots=True)
class ActivityRules:
    """What counts of a doctor's activity; dated parameters of the producer.

    Attributes
    ----------
    nothing_up_to
        Acts a year up to which (inclusive) a liberal doctor counts for nothing.
    floor, ceiling
        Bounds of the acts counted of the others.
    imputed
        Acts of a liberal doctor without liberal activity the year before.
    default
        Acts of a doctor whose activity is not known at all.
    """

    nothing_up_to: float
    floor: float
    ceiling: float
    imputed: float
    default: float


@dataclass(frozen=True, slots=True)
class DoctorSupply:
    """Supply by place, and what became of each line.

    Attributes
    ----------
    places
        ``place, acts, doctors``: acts a year and the sum of the shares of doctors, one row by
        place, sorted.
    lines
        The lines counted, with ``acts`` of the doctor, ``share`` and ``counted`` acts.
    left_out
        The lines that do not count, with ``reason`` (French).
    imputed
        Number of doctors whose acts were imputed.
    """

    places: pd.DataFrame
    lines: pd.DataFrame
    left_out: pd.DataFrame
    imputed: int

    @property
    def acts(self) -> float:
        """Acts a year in all."""
        return float(self.places["acts"].sum())


def bounded_acts(
    acts: NDArray[np.float64], rules: ActivityRules, *, bounded: NDArray[np.bool_] | None = None
) -> NDArray[np.float64]:
    """Bring acts a year between the floor and the ceiling; a tiny activity counts for nothing.

    Parameters
    ----------
    acts
        Acts a year, shape (n,); NaN stays NaN.
    bounded
        Where bounds apply (not in health centres), shape (n,); everywhere without it.
    """
    kept = np.where(acts <= rules.nothing_up_to, 0.0, np.clip(acts, rules.floor, rules.ceiling))
    kept = np.where(np.isnan(acts), np.nan, kept)
    return kept if bounded is None else np.where(bounded, kept, acts)


def supply_from_counts(
    counts: NDArray[np.float64],
    acts_per_gp: float,
    *,
    relative_activity: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Turn headcounts into acts a year where no activity file is at hand, shape (n,).

    Parameters
    ----------
    counts
        Doctors by place, zero or more.
    acts_per_gp
        Mean acts of a doctor; it stays the mean over doctors whatever the relative activity.
    relative_activity
        Activity of one doctor at each place against another's, shape (n,), positive.

    Raises
    ------
    BadInput
        A count that is missing or negative.
    """
    _refuse_rows(~(np.isfinite(counts) & (counts >= 0)), "nombre de médecins manquant ou négatif")
    if relative_activity is None:
        return np.asarray(counts * acts_per_gp)
    _refuse_rows(
        ~(np.isfinite(relative_activity) & (relative_activity > 0)),
        "activité relative manquante, nulle ou négative",
    )
    weighted = counts * relative_activity
    total = float(weighted.sum())
    scale = float(counts.sum()) / total if total > 0 else 1.0
    return np.asarray(weighted * scale * acts_per_gp)


def supply_from_doctors(
    doctors: pd.DataFrame,
    rules: ActivityRules,
    *,
    counted_practices: Collection[str] = (),
    age_limit: int | None = None,
    limit_included: bool = True,
    unknown_age: UnknownAge = "refuse",
    file: str | None = None,
) -> DoctorSupply:
    """Turn doctors into acts a year by place.

    Parameters
    ----------
    doctors
        One row by doctor and site: ``doctor, place`` and, where they are known, ``site`` (of the
        place, where a doctor has two there), ``acts`` (a year, of the doctor in all), ``age``
        (years), ``practice`` (particular practice; empty for a general practitioner),
        ``salaried`` (of a health centre), ``new`` (no liberal activity the year before),
        ``part_time`` (in ]0, 1]), ``share`` (of the doctor's acts at this site) and ``remote`` (a
        point of teleconsultation). It is not changed.
    rules
        The producer's bounds.
    counted_practices
        Particular practices that count with general practice; the others are left out.
    age_limit, limit_included
        Oldest age that counts: 65 and not included is "under 65".
    unknown_age
        What to do with a doctor of unknown age when there is a limit.

    Notes
    -----
    Bounds apply to known liberal activity. Part time multiplies imputed acts only: known acts are
    part time already. The acts of a doctor of k sites go 1/k to each, unless shares are known for
    all of them; points of teleconsultation are not sites.

    Raises
    ------
    BadInput
        A column absent, a doctor without identifier, a site given twice, shares that do not sum to
        1 or are known for some sites only, values out of range, an unknown age where refused.
    """
    _check_columns(doctors, {"doctor", "place"}, file)
    t = doctors.copy()
    for name in ("acts", "age", "part_time", "share"):
        t[name] = pd.to_numeric(t[name], errors="coerce") if name in t else np.nan
    for name in ("salaried", "new", "remote"):
        t[name] = t[name].fillna(False).astype(bool) if name in t else False
    t["site"] = t["site"].where(t["site"].notna(), t["place"]) if "site" in t else t["place"]
    practice = t["practice"].fillna("").astype(str) if "practice" in t else pd.Series("", t.index)
    t["practice"] = practice.str.strip()
    _check_doctors(t, age_limit is not None and unknown_age == "refuse", file)

    reason = pd.Series("", index=t.index, dtype=object)
    reason[t["remote"]] = "point de téléconsultation"
    particular = (t["practice"] != "") & ~t["practice"].isin(list(counted_practices))
    reason[particular & (reason == "")] = "exercice particulier"
    if age_limit is not None:
        old = t["age"] > age_limit if limit_included else t["age"] >= age_limit
        reason[old & (reason == "")] = f"au-delà de la borne d’âge ({age_limit} ans)"
        if unknown_age == "drop":
            reason[t["age"].isna() & (reason == "")] = "âge inconnu"
    kept = t[reason == ""].copy()
    kept["share"] = _shares(kept)
    known = kept["acts"].notna() & ~kept["new"]
    acts = bounded_acts(
        kept["acts"].to_numpy(dtype=np.float64), rules, bounded=~kept["salaried"].to_numpy()
    )
    presence = kept["part_time"].fillna(1.0).to_numpy(dtype=np.float64)
    imputed = np.where(kept["new"], rules.imputed, rules.default) * presence
    kept["acts"] = np.where(known, acts, imputed)
    kept["counted"] = kept["acts"] * kept["share"]
    places = (
        kept.groupby("place", as_index=False, sort=True)
        .agg(acts=("counted", "sum"), doctors=("share", "sum"))
        .astype({"acts": np.float64, "doctors": np.float64})
    )
    left = t[reason != ""].assign(reason=reason[reason != ""])
    guessed = int(kept.loc[~known, "doctor"].nunique())
    return DoctorSupply(places, kept, left, guessed)


def _shares(lines: pd.DataFrame) -> NDArray[np.float64]:
    sites = lines.groupby("doctor")["site"].transform("size").to_numpy(dtype=np.float64)
    told = lines["share"].to_numpy(dtype=np.float64)
    held = lines.groupby("doctor")["share"].transform("sum").to_numpy(dtype=np.float64)
    # a doctor some of whose sites were left out keeps all the acts on the others
    return np.where(np.isnan(told) | (held <= 0), 1.0 / sites, told / np.where(held > 0, held, 1.0))


def _check_columns(table: pd.DataFrame, wanted: set[str], file: str | None) -> None:
    absent = sorted(wanted - set(table.columns))
    if absent:
        raise BadInput([Problem(f"la colonne « {name} » est absente", file) for name in absent])


def _check_doctors(t: pd.DataFrame, needs_age: bool, file: str | None) -> None:  # noqa: FBT001
    problems: list[Problem] = []

    def say(bad: NDArray[np.bool_], what: str, column: str, allowed: str | None = None) -> None:
        problems.extend(
            Problem(what, file, int(i) + 2, column, str(t[column].iloc[i]), allowed)
            for i in np.flatnonzero(bad)
        )

    say(t["doctor"].isna().to_numpy(), "le médecin n’a pas d’identifiant", "doctor")
    say(t["place"].isna().to_numpy(), "le lieu d’exercice manque", "place")
    say((t["acts"] < 0).to_numpy(), "activité négative", "acts", "zéro ou plus")
    part = t["part_time"]
    say(((part <= 0) | (part > 1)).to_numpy(), "temps partiel", "part_time", "au-dessus de 0 et 1")
    say(((t["share"] < 0) | (t["share"] > 1)).to_numpy(), "part d’activité", "share", "de 0 à 1")
    say(t.duplicated(["doctor", "site"]).to_numpy(), "lieu d’exercice donné deux fois", "site")
    one = t.groupby("doctor")["acts"].transform("nunique") > 1
    say(one.to_numpy(), "activité différente d’une ligne à l’autre d’un même médecin", "acts")
    if needs_age:
        say(t["age"].isna().to_numpy(), "âge inconnu alors qu’une borne d’âge est demandée", "age")
    real = t[~t["remote"]]
    by = real.groupby("doctor")["share"]
    known, lines, total = by.count(), by.size(), by.sum()
    for doctor in known.index[(known > 0) & (known < lines)]:
        problems.append(
            Problem(
                "les parts d’activité ne sont données que pour une partie des lieux",
                file,
                column="share",
                value=str(doctor),
                advice="Donnez-les toutes, ou aucune (parts égales).",
            )
        )
    whole = known == lines
    for doctor in known.index[whole & ((total - 1.0).abs() > _SHARES_SUM)]:
        problems.append(
            Problem(
                "les parts d’activité d’un médecin ne font pas 1",
                file,
                column="share",
                value=f"{doctor} : {total[doctor]:g}",
            )
        )
    if problems:
        raise BadInput(problems)


def _refuse_rows(bad: NDArray[np.bool_], what: str) -> None:
    rows = np.flatnonzero(bad)
    if rows.size:
        raise BadInput([Problem(what, line=int(row) + 2) for row in rows])
