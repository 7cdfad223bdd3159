"""The table of contents of a diagnosis: chapters, and the parts that rooms bring to them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from assemblier.blocks import Block, Callout, Gap, Heading, Paragraph, Section, Tone
from assemblier.declarations import Chapter, Need, Part
from assemblier.diagnosis.chapters import (
    annexes,
    crossing,
    health,
    hospital,
    method,
    pathways,
    prevention,
    social,
    supply,
    synthesis,
    territory,
    voices,
    waiting,
)
from assemblier.diagnosis.story import Story
from assemblier.errors import UsageError
from assemblier.futures import chapter as futures
from assemblier.perimeters import chapter as perimeters
from assemblier.perimeters import competence_blocks

__all__ = ["CHAPTERS", "PARTS", "Entry", "arranged", "chosen", "identifiers", "section"]

CHAPTERS: tuple[Chapter, ...] = (
    synthesis.CHAPTER,
    method.CHAPTER,
    territory.CHAPTER,
    social.CHAPTER,
    health.CHAPTER,
    prevention.CHAPTER,
    supply.CHAPTER,
    hospital.CHAPTER,
    pathways.CHAPTER,
    voices.VOICES,
    voices.PROJECTS,
    crossing.CHAPTER,
    annexes.CHAPTER,
    *waiting.CHAPTERS,
)
"""Chapters of the diagnosis, one by number."""

PARTS: tuple[Part, ...] = (perimeters.PART, competence_blocks.PART, *futures.PARTS)
"""Parts that rooms bring to chapters."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A chapter as it will be printed.

    Attributes
    ----------
    whole
        Whether the chapter tells its own blocks; False when only parts of it were asked.
    parts
        Its parts, in their order.
    """

    chapter: Chapter
    whole: bool
    parts: tuple[Part, ...]


def arranged(chapters: Iterable[Chapter], parts: Iterable[Part]) -> tuple[Entry, ...]:
    """Arrange chapters by number, and parts in their chapter by place.

    Raises
    ------
    ValueError
        When two chapters bear one number, two records one identifier, two parts of a chapter one
        place, or when a part belongs to no chapter: the program is put together wrong.
    """
    ordered = sorted(chapters, key=lambda chapter: chapter.number)
    brought = sorted(parts, key=lambda part: (part.chapter, part.place))
    _no_double("number", [str(chapter.number) for chapter in ordered])
    _no_double("identifier", [*(each.id for each in ordered), *(each.id for each in brought)])
    _no_double("place", [f"{part.chapter} {part.place}" for part in brought])
    homeless = {part.chapter for part in brought} - {chapter.id for chapter in ordered}
    if homeless:
        raise ValueError(f"parts of chapters that are not declared: {sorted(homeless)}")
    return tuple(
        Entry(chapter, True, tuple(part for part in brought if part.chapter == chapter.id))
        for chapter in ordered
    )


def _no_double(what: str, values: Sequence[str]) -> None:
    double = sorted({value for value in values if values.count(value) > 1})
    if double:
        raise ValueError(f"declared twice, {what}: {double}")


def identifiers() -> tuple[str, ...]:
    """Return the identifiers of chapters and parts, in the order of the document."""
    return tuple(
        name
        for entry in arranged(CHAPTERS, PARTS)
        for name in (entry.chapter.id, *(part.id for part in entry.parts))
    )


def chosen(names: Collection[str] | None) -> tuple[Entry, ...]:
    """Return the entries asked by identifiers of chapters and parts; all without any.

    A part that is asked without its chapter comes alone under the chapter's title.

    Raises
    ------
    UsageError
        When an identifier is unknown.
    """
    contents = arranged(CHAPTERS, PARTS)
    if names is None:
        return contents
    unknown = sorted(set(names) - set(identifiers()))
    if unknown:
        raise UsageError(
            f"Chapitre inconnu : {', '.join(unknown)}. Chapitres admis : "
            f"{', '.join(identifiers())}."
        )
    kept = []
    for entry in contents:
        if entry.chapter.id in names:
            kept.append(entry)
        else:
            parts = tuple(part for part in entry.parts if part.id in names)
            if parts:
                kept.append(Entry(entry.chapter, False, parts))
    return tuple(kept)


def section(entry: Entry, story: Story) -> Section:
    """Build a chapter: what it tells itself, then each part under its title."""
    chapter = entry.chapter
    blocks = _filled(chapter, story) if entry.whole else []
    for part in entry.parts:
        blocks.append(Heading(part.title))
        blocks += [_lower(block) for block in _filled(part, story)]
    return Section(chapter.id, chapter.number, chapter.title, chapter.question, tuple(blocks))


def _filled(record: Chapter | Part, story: Story) -> list[Block]:
    """Return the blocks of a chapter or a part: its needs without any; own paragraphs first."""
    blocks: list[Block] = list(record.build(story)) or _waiting(record.needs)
    own = story.texts.get(record.id, "").strip()
    return [*_own_text(own), *blocks] if own else blocks


def _waiting(needs: Sequence[Need]) -> list[Block]:
    if not needs:
        return [Paragraph(("Rien à dire encore : ce chapitre se construit avec les autres.",))]
    return [Gap(need.missing, need.what, need.where) for need in needs]


def _own_text(text: str) -> list[Block]:
    """Return the own paragraphs of a territory: one callout, its paragraphs after it."""
    paragraphs = [" ".join(each.split()) for each in text.split("\n\n") if each.strip()]
    return [Callout(Tone.LOCAL, "Le mot du territoire", (each,)) for each in paragraphs]


def _lower(block: Block) -> Block:
    return replace(block, level=block.level + 1) if isinstance(block, Heading) else block
