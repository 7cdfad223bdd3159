"""What can go wrong, said once: each error knows its exit code, its HTTP status and its sentence.

Interfaces catch :class:`AssemblierError` and nothing else; they never word an error themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

__all__ = [
    "AssemblierError",
    "BadInput",
    "Cancelled",
    "CannotWrite",
    "MissingPart",
    "MissingSource",
    "Problem",
    "Refused",
    "UsageError",
    "as_read",
]

SHOWN_PROBLEMS = 20
"""How many problems a sentence lists before it says how many more there are."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in what was given, with all a person needs to mend it.

    Parameters
    ----------
    what
        What is wrong, in plain French.
    file, line, column
        Where: name of the file, 1-based line in the raw file, name of the column.
    value
        The offending value as it was read.
    allowed
        What would have been accepted.
    advice
        What to do.
    """

    what: str
    file: str | None = None
    line: int | None = None
    column: str | None = None
    value: str | None = None
    allowed: str | None = None
    advice: str | None = None

    def __str__(self) -> str:
        place = ", ".join(
            part
            for part in (
                self.file,
                f"ligne {self.line}" if self.line is not None else None,
                f"colonne « {self.column} »" if self.column is not None else None,
            )
            if part
        )
        said = f"{place} : {self.what}" if place else self.what
        if self.value is not None:
            said += f" (lu : « {self.value} »)" if self.value.strip() else " (cellule vide)"
        said += "."
        if self.allowed:
            said += f" Valeurs admises : {self.allowed}."
        if self.advice:
            said += f" {self.advice}"
        return said


def as_read(value: object) -> str:
    """Return a value as a person sees it in the file: a number that is missing is an empty cell."""
    return "" if value is None or value != value else str(value)  # noqa: PLR0124 — NaN alone differs


class AssemblierError(Exception):
    """Base of every error that is meant for a person."""

    exit_code = 1
    http_status = 500


class UsageError(AssemblierError):
    """The command or the call was worded wrongly."""

    exit_code = 2
    http_status = 400


class BadInput(AssemblierError):
    """A file or a value that was given cannot be used; carries every problem at once."""

    exit_code = 3
    http_status = 422

    def __init__(self, problems: Problem | str | Iterable[Problem]) -> None:
        if isinstance(problems, str):
            problems = Problem(problems)
        if isinstance(problems, Problem):
            problems = [problems]
        self.problems: Sequence[Problem] = tuple(problems)
        super().__init__(self._sentence())

    def _sentence(self) -> str:
        shown = [str(problem) for problem in self.problems[:SHOWN_PROBLEMS]]
        more = len(self.problems) - len(shown)
        if more > 0:
            shown.append(f"… et {more} autres problèmes.")
        return "\n".join(shown)


class MissingSource(AssemblierError):
    """A source, a table or a file that the work needs is not at hand."""

    exit_code = 4
    http_status = 404


class MissingPart(AssemblierError):
    """An optional part of the program is not installed."""

    exit_code = 4
    http_status = 501


class Refused(AssemblierError):
    """Statistical secrecy or a role forbids the answer."""

    exit_code = 5
    http_status = 403


class CannotWrite(AssemblierError):
    """The disk is full, or the folder may not be written to; what was there stays."""

    http_status = 507


class Cancelled(AssemblierError):
    """The person stopped the work; nothing was changed."""

    exit_code = 130
    http_status = 409
