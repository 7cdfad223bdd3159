"""What may be wrong in a file that people of the territory filled by hand: all of it, at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from assemblier.errors import Problem
from assemblier.sources.readers.contract import decimal

__all__ = ["problems_of_corrections", "problems_of_survey", "unread_answers"]

PROFESSIONS = (
    "médecin généraliste",
    "infirmier",
    "sage-femme",
    "masseur-kinésithérapeute",
    "chirurgien-dentiste",
)
"""How the professions are written."""
YES_NO = ("oui", "non", "sans objet", "ne sait pas")
CLOSED: Mapping[str, tuple[str, ...]] = dict.fromkeys(
    (
        "nouveaux patients",
        "maitre de stage",
        "successeur",
        "q1 medecin traitant",
        "q3 renoncement",
    ),
    YES_NO,
)
"""Questions that are answered by one of a few words."""
NUMBERS: Mapping[str, tuple[float, float]] = {
    "delai jours": (0, 730),
    "q2 delai jours": (0, 730),
    "q4 distance renoncement km": (0, 2000),
    "jours par semaine": (0, 7),
    "annee depart envisagee": (2000, 2100),
}
"""Questions that are answered by a number, and the least and the most that makes sense."""
DAY = "jj/mm/aaaa ou aaaa-mm-jj"


def problems_of_corrections(
    cells: pd.DataFrame, known: Sequence[str], headings: Mapping[str, str]
) -> tuple[Problem, ...]:
    """Return what the columns alone do not show: an unknown profession, an end before its start.

    Parameters
    ----------
    cells
        Rows as read: ``profession`` by code, ``debut`` and ``fin`` as ISO dates, ``_row``.
    known
        Codes of professions.
    headings
        Column → heading in the file.
    """
    found: list[Problem] = []
    for row in cells.to_dict("records"):
        if pd.notna(row["profession"]) and row["profession"] not in known:
            found.append(
                Problem(
                    "profession inconnue",
                    line=int(row["_row"]),
                    column=headings.get("profession", "profession"),
                    value=str(row["profession"]),
                    allowed=", ".join(PROFESSIONS),
                )
            )
        begin, end = (pd.to_datetime(row[name], errors="coerce") for name in ("debut", "fin"))
        if pd.notna(begin) and pd.notna(end) and end < begin:
            found.append(
                Problem(
                    "la fin précède le début",
                    line=int(row["_row"]),
                    column=headings.get("fin", "fin"),
                    value=f"{end:%d/%m/%Y}",
                    allowed=f"après le {begin:%d/%m/%Y}",
                )
            )
    return tuple(found)


def problems_of_survey(
    cells: pd.DataFrame, who: str, questions: Sequence[str], headings: Mapping[str, str]
) -> tuple[Problem, ...]:
    """Return what is wrong in answers, one row by respondent.

    Parameters
    ----------
    cells
        Answers as text, one column by question, and ``_row``.
    who
        Column of the respondent.
    questions
        Columns of the questions.
    headings
        Column → heading in the file.
    """
    found = _respondents(cells, who, headings)
    for name in questions:
        if name in CLOSED:
            given = cells[name].str.strip().str.lower()
            wrong = given.notna() & ~given.isin(CLOSED[name])
            found += _told(
                cells,
                wrong,
                name,
                headings,
                "réponse inconnue",
                f"{', '.join(CLOSED[name])}, ou vide",
            )
        elif name in NUMBERS:
            least, most = NUMBERS[name]
            read = _numbers(cells[name])
            wrong = read.notna() & ((read < least) | (read > most))
            found += _told(
                cells,
                wrong,
                name,
                headings,
                "nombre invraisemblable",
                f"de {least:g} à {most:g}, ou vide",
            )
        elif name == "date":
            read = pd.to_datetime(cells[name], errors="coerce", format="ISO8601")
            french = pd.to_datetime(cells[name], errors="coerce", format="%d/%m/%Y")
            wrong = cells[name].notna() & read.isna() & french.isna()
            found += _told(cells, wrong, name, headings, "date illisible", DAY)
    return tuple(sorted(found, key=lambda problem: problem.line or 0))


def unread_answers(cells: pd.DataFrame, questions: Sequence[str]) -> tuple[str, ...]:
    """Say how many answers to a question in numbers are written in words, which no sum can read."""
    told = []
    for name in questions:
        if name in NUMBERS:
            words = cells[name].notna() & _numbers(cells[name]).isna()
            if words.any():
                shown = ", ".join(f"« {each} »" for each in cells.loc[words, name].unique()[:3])
                told.append(
                    f"question « {name} » : {int(words.sum())} réponse(s) en toutes lettres, "
                    f"non comptée(s) ({shown})"
                )
    return tuple(told)


def _respondents(cells: pd.DataFrame, who: str, headings: Mapping[str, str]) -> list[Problem]:
    empty = cells[who].isna()
    found = _told(
        cells, empty, who, headings, "répondant sans identifiant", "un pseudonyme, jamais un nom"
    )
    again = cells[who].duplicated(keep="first") & ~empty
    first = cells.drop_duplicates(who).set_index(who)["_row"]
    for at in np.flatnonzero(again):
        name = cells[who].iloc[at]
        found.append(
            Problem(
                f"répondant déjà écrit à la ligne {int(first[name])}",
                line=int(cells["_row"].iloc[at]),
                column=headings.get(who, who),
                value=str(name),
                advice="Gardez une seule ligne par répondant.",
            )
        )
    return found


def _numbers(cells: pd.Series) -> pd.Series:
    return pd.to_numeric(decimal(cells), errors="coerce")


def _told(
    cells: pd.DataFrame,
    wrong: pd.Series,
    name: str,
    headings: Mapping[str, str],
    what: str,
    allowed: str,
) -> list[Problem]:
    return [
        Problem(
            what,
            line=int(cells["_row"].iloc[at]),
            column=headings.get(name, name),
            value=None if pd.isna(cells[name].iloc[at]) else str(cells[name].iloc[at]),
            allowed=allowed,
        )
        for at in np.flatnonzero(wrong)
    ]
