"""How long work says where it is, and how a person stops it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from assemblier.errors import Cancelled

__all__ = ["Work"]


def _silent(_done: float, _text: str) -> None:
    """Say nothing."""


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Work:
    """What a long use case is given: where to report, and whether to stop.

    Attributes
    ----------
    progress
        Called with the share done (0 to 1) and a short French text.
    cancelled
        Asked at each step; True stops the work.
    """

    progress: Callable[[float, str], None] = field(default=_silent)
    cancelled: Callable[[], bool] = field(default=_never)

    def step(self, done: float, text: str) -> None:
        """Report, and stop here if the person asked for it.

        Raises
        ------
        Cancelled
            When the work was cancelled.
        """
        if self.cancelled():
            raise Cancelled("Travail arrêté à votre demande ; rien n’a été changé.")
        self.progress(min(max(done, 0.0), 1.0), text)

    @contextmanager
    def part(self, start: float, end: float) -> Iterator[Work]:
        """Give a part of the work its own scale from 0 to 1."""
        width = end - start
        yield Work(lambda done, text: self.progress(start + width * done, text), self.cancelled)
