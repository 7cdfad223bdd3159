"""Record types that rooms register: indicators and chapters; and how a figure is traced.

A room declares its own records; the diagnosis and the interfaces put them together. Nothing here
computes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

__all__ = ["Chapter", "Direction", "Indicator", "Need", "Part", "Registry"]


class Direction(StrEnum):
    """Which way is better for the inhabitants; neutral where no way is."""

    HIGHER = "higher"
    LOWER = "lower"
    NEUTRAL = "neutral"


@dataclass(frozen=True, slots=True)
class Indicator:
    """What an indicator is, as it is printed and explained.

    Attributes
    ----------
    id
        Identifier in results and files.
    code
        Short code of the core set (``P1``, ``O2``…), shown beside the label.
    theme
        ``population``, ``social``, ``supply``, ``access``, ``zoning``.
    unit
        Unit in French, as it follows the number; empty for a plain count of people.
    decimals
        Decimals printed; the value itself is never rounded.
    definition
        What it is, one sentence.
    says_not
        What the figure does not say, in plain French.
    reference
        Where the definition comes from.
    parameters
        Parameters it uses.
    cards
        Source cards it reads.
    differs
        Other producer → why its figure differs.
    build
        Function of the room that computes the components.
    """

    id: str
    code: str
    theme: str
    label_fr: str
    label_en: str
    unit: str
    decimals: int
    direction: Direction
    definition: str
    says_not: tuple[str, ...]
    reference: str
    build: Callable[..., Any] = field(repr=False, compare=False)
    cards: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    differs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Need:
    """What would fill a chapter that has no data, and where to get it.

    ``missing`` says what is not known meanwhile, one sentence.
    """

    what: str
    where: str
    missing: str = "Cette partie n’a pas encore de données."


@dataclass(frozen=True, slots=True)
class Chapter:
    """A chapter of the diagnosis: a number of the table of contents is that of one chapter.

    ``build`` takes the context of the diagnosis and returns blocks; an empty list means that the
    chapter has no data, and the diagnosis then prints its needs. What another room tells under
    the same number is a :class:`Part`.
    """

    id: str
    number: int
    title: str
    question: str
    needs: tuple[Need, ...]
    build: Callable[..., Sequence[Any]] = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a chapter, brought by the room that knows its topic.

    The diagnosis prints it after what the chapter tells itself, under its title; the headings of
    its blocks go one level down. Like a chapter, a part without blocks prints its needs, and it
    may hold own paragraphs of the territory.

    Attributes
    ----------
    chapter
        Identifier of the chapter it belongs to.
    place
        Rank among the parts of its chapter; two parts of a chapter never have the same.
    """

    id: str
    chapter: str
    place: int
    title: str
    question: str
    needs: tuple[Need, ...]
    build: Callable[..., Sequence[Any]] = field(repr=False, compare=False)


class Registry:
    """Records by id, in the order they were declared; a second record of the same id is refused."""

    def __init__(self, *groups: Sequence[Indicator]) -> None:
        self._records: dict[str, Indicator] = {}
        for record in (record for group in groups for record in group):
            if record.id in self._records:
                raise ValueError(f"indicator {record.id} is declared twice")
            self._records[record.id] = record

    def __getitem__(self, key: str) -> Indicator:
        return self._records[key]

    def __iter__(self) -> Any:
        return iter(self._records.values())

    def __len__(self) -> int:
        return len(self._records)

    def __contains__(self, key: object) -> bool:
        return key in self._records
