"""Local knowledge counted for one territory: surveys, corrections of supply, training places.

Nothing here is official: results come from files that the territory keeps, and are printed as local.
"""

# ruff: noqa: E501 — sentences

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd

from assemblier.indicators.context import Context
from assemblier.indicators.doctor_access import placed
from assemblier.measures.intervals import proportion_interval
from assemblier.measures.supply_corrections import correction_kind

__all__ = [
    "Answer",
    "Corrected",
    "Covering",
    "Training",
    "Unregistered",
    "answers",
    "corrected_supply",
    "covering",
    "training",
    "unregistered",
]

YES_NO = frozenset({"oui", "non"})


@dataclass(frozen=True, slots=True)
class Answer:
    """What one question of a survey gives inside a territory.

    Attributes
    ----------
    kind
        ``share`` (of yes among yes and no, in %), ``median``, or ``choice`` (most frequent answer,
        its share in %).
    count
        Answers counted.
    value, low, high
        Share with its 95 % interval, or median with its quartiles; None under the threshold.
    text
        The most frequent answer of a choice.
    """

    survey: str
    public: str
    question: str
    kind: str
    count: int
    value: float | None
    low: float | None
    high: float | None
    text: str
    source: str
    year: str


@dataclass(frozen=True, slots=True)
class Corrected:
    """Local corrections of supply inside a territory.

    Attributes
    ----------
    rows
        How many corrections.
    closed, reduced, coming
        Doctors told to leave, to work part of the week, to arrive.
    """

    rows: int
    closed: int
    reduced: int
    coming: int
    source: str
    year: str


@dataclass(frozen=True, slots=True)
class Training:
    """Practices that host interns: how many, their places, the interns."""

    practices: int
    places: int
    interns: int
    source: str
    year: str


@dataclass(frozen=True, slots=True)
class Unregistered:
    """Patients without a médecin traitant, told by the insurance fund for its zones."""

    patients: int
    hidden: int
    zones: int
    scope: str
    source: str
    year: str


@dataclass(frozen=True, slots=True)
class Covering:
    """A structure with a perimeter (CPTS, CLS) and how much of the territory it holds."""

    kind: str
    name: str
    communes: int
    inside: int
    people: float
    source: str


def answers(context: Context, communes: Collection[str]) -> list[Answer]:
    """Return the results of local surveys, question by question, for respondents of a territory.

    Respondents without a commune are counted: a survey is led by the territory itself.
    """
    least = int(context.parameters["survey.least_answers"].latest)
    found: list[Answer] = []
    for part in context.parts("enquete"):
        frame = context.lake.read(part)
        code = frame["code"].astype(object)
        # a respondent may give the code of a commune that has joined another since
        frame = frame[placed(context, part, code).isin(list(communes)) | code.isna()]
        date = frame.loc[frame["question"] == "date", "reponse"].dropna().astype(str)
        years = date.str.extract(r"(\d{4})")[0].dropna()
        year = str(years.max()) if len(years) else part.period
        for (survey, public, question), rows in frame.groupby(
            ["enquete", "public", "question"], sort=True, observed=True
        ):
            made = _answer(rows, least)
            if made is not None:
                found.append(
                    Answer(str(survey), str(public), str(question), *made, part.source, year)
                )
    return found


def _answer(
    rows: pd.DataFrame, least: int
) -> tuple[str, int, float | None, float | None, float | None, str] | None:
    told = rows["reponse"].dropna().astype(str).str.strip().str.lower()
    numbers = rows["valeur"].dropna().astype("float64")
    plain = told[told.isin(YES_NO)]
    if len(plain) and len(plain) >= len(told) / 4 and not len(numbers):
        count, yes = len(plain), int((plain == "oui").sum())
        if count < least:
            return "share", count, None, None, None, ""
        ends = proportion_interval([yes], [count])
        return (
            "share",
            count,
            100.0 * yes / count,
            100.0 * float(ends.low[0]),
            100.0 * float(ends.high[0]),
            "",
        )
    if len(numbers):
        if len(numbers) < least:
            return "median", len(numbers), None, None, None, ""
        low, middle, high = np.quantile(numbers, [0.25, 0.5, 0.75])
        return "median", len(numbers), float(middle), float(low), float(high), ""
    if len(told) and told.nunique() <= len(told) / 3:
        counts = told.value_counts()
        if len(told) < least:
            return "choice", len(told), None, None, None, ""
        top = min(counts[counts == counts.max()].index)
        ends = proportion_interval([int(counts[top])], [len(told)])
        return (
            "choice",
            len(told),
            100.0 * float(counts[top]) / len(told),
            100.0 * float(ends.low[0]),
            100.0 * float(ends.high[0]),
            top,
        )
    return None


def corrected_supply(
    context: Context, communes: Collection[str], profession: str = "mg"
) -> Corrected | None:
    """Count the local corrections of one profession inside a territory, None without any."""
    for part in context.parts("correction_offre"):
        frame = context.lake.read(part)
        places = placed(context, part, frame["code"].astype(object))
        frame = frame[places.isin(list(communes)) & (frame["profession"] == profession)]
        if frame.empty:
            continue
        kinds = [
            correction_kind(float(share), begin)
            for share, begin in zip(frame["capacite"], frame["debut"], strict=True)
        ]
        dates = frame["date"].dropna()
        return Corrected(
            len(frame),
            kinds.count("leaves"),
            kinds.count("works"),
            kinds.count("comes"),
            part.source,
            str(pd.Timestamp(dates.max()).year) if len(dates) else part.period,
        )
    return None


def training(context: Context, communes: Collection[str]) -> Training | None:
    """Count the practices that host interns inside a territory, for the latest year."""
    for part in context.parts("maitre_de_stage"):
        frame = context.lake.read(part)
        places = placed(context, part, frame["code"].astype(object))
        frame = frame[places.isin(list(communes))]
        if frame.empty:
            continue
        year = int(frame["annee"].max())
        rows = frame[frame["annee"] == year]
        return Training(
            rows["cabinet"].nunique(),
            int(rows["places"].sum()),
            int(rows["internes"].sum()),
            part.source,
            str(year),
        )
    return None


def unregistered(context: Context, communes: Collection[str]) -> Unregistered | None:
    """Sum the patients without a médecin traitant over the communes that the fund tells."""
    for part in context.parts("sans_medecin_traitant"):
        frame = context.lake.read(part)
        frame = frame[frame["zone"].astype(object).isin(list(communes))]
        if frame.empty:
            continue
        year = int(frame["annee"].max())
        rows = frame[frame["annee"] == year]
        scope = str(rows["champ"].iloc[0])
        rows = rows[rows["champ"] == scope]
        known = rows["effectif"].notna()
        return Unregistered(
            int(rows.loc[known, "effectif"].sum()),
            int((~known).sum()),
            len(rows),
            scope,
            part.source,
            str(year),
        )
    return None


def covering(context: Context, communes: Collection[str]) -> list[Covering]:
    """Return the CPTS and CLS whose declared perimeter meets the territory, widest first."""
    inside = set(communes)
    people = context.geography.population
    found: list[Covering] = []
    for part in context.parts("liste_communes"):
        frame = context.lake.read(part)
        frame = frame[frame["genre"].isin(["cpts", "cls"])]
        for (kind, structure), rows in frame.groupby(["genre", "structure"], observed=True):
            codes = set(rows["code"].astype(object).dropna())
            both = codes & inside
            if not both:
                continue
            names = rows["nom"].dropna()
            found.append(
                Covering(
                    str(kind),
                    str(names.iloc[0]) if len(names) else str(structure),
                    len(codes),
                    len(both),
                    float(people.reindex(sorted(both)).sum()),
                    part.source,
                )
            )
    return sorted(found, key=lambda each: (each.kind, -each.people, each.name))
