"""Short documents from the same figures: synthesis, portraits, note on the perimeter."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from assemblier.blocks import (
    Bars,
    Block,
    Bullets,
    Callout,
    Cell,
    Document,
    Figure,
    Form,
    Heading,
    KeyFigures,
    Lines,
    MapBlock,
    Paragraph,
    Provenance,
    Section,
    TableBlock,
    Tone,
)
from assemblier.diagnosis.assemble import Diagnosis
from assemblier.diagnosis.chapters.synthesis import essentials
from assemblier.diagnosis.portraits import portrait_sections
from assemblier.diagnosis.story import Story
from assemblier.perimeters import chapter as perimeters

__all__ = ["DOCUMENTS", "PAGES", "documents", "perimeter_note", "portraits", "synthesis"]

DOCUMENTS = ("diagnostic", "synthese", "portraits", "perimetre")
PAGES = 4
"""Pages of the synthesis."""
SHEET = 2
"""Pages of a portrait: a sheet, printed on both sides."""

ESSENTIAL = (
    "population",
    "population_tcam",
    "part_65plus",
    "part_75plus",
    "fedi_q5",
    "part_rsa",
    "mg",
    "mg_densite",
    "mg_60plus",
    "apl_mg",
    "apl_mg_65",
    "population_sous_2_5",
    "part_zip_zac",
    "infirmier_densite",
    "kine_densite",
    "dentiste_densite",
    "pharmacie_densite",
    "specialiste_densite",
    "population_sans_mg",
    "plus20min_sante",
    "msp",
    "ehpad",
)
"""Indicators of the synthesis in the order they are read."""
LEAST_ESSENTIAL = (
    "ehpad",
    "msp",
    "part_75plus",
    "apl_mg_65",
    "pharmacie_densite",
    "part_rsa",
    "plus20min_sante",
    "kine_densite",
    "part_zip_zac",
    "fedi_q5",
)
"""Indicators left out where there is no room, the first first."""


@dataclass(frozen=True, slots=True)
class Room:
    """How much a synthesis holds.

    Attributes
    ----------
    listed
        Items of a list of the cross-reading.
    left_out
        How many of the least essential indicators are left out.
    paragraphs
        Paragraphs of a chapter.
    limits
        Limits recalled at the end.
    """

    listed: int
    left_out: int
    paragraphs: int
    limits: int


ROOMS = (
    Room(12, 0, 6, 6),
    Room(9, 0, 4, 4),
    Room(7, 0, 4, 3),
    Room(6, 0, 3, 3),
    Room(5, 2, 3, 2),
    Room(4, 4, 2, 2),
    Room(3, 6, 2, 1),
    Room(3, 8, 1, 1),
    Room(2, 10, 1, 0),
)
"""From the fullest to the barest: the first that holds in its pages is taken."""

SPARING = ROOMS[:3]
"""Rooms that leave out so little that a page is better spared."""

Fits = Callable[[Document, int], bool]
"""Whether a document, once set, holds in a number of pages."""


def documents(diagnosis: Diagnosis, names: Sequence[str], fits: Fits) -> list[Document]:
    """Return the documents asked, in the order of :data:`DOCUMENTS`.

    Parameters
    ----------
    fits
        Tells whether a document holds in a number of pages once it is set: what is least needed
        is left out until it does; nothing is set smaller.
    """
    made: list[Document] = []
    if "diagnostic" in names:
        made.append(diagnosis.document)
    if "synthese" in names:
        made.append(synthesis(diagnosis, fits))
    if "portraits" in names:
        portrait = portraits(diagnosis, fits)
        if portrait is not None:
            made.append(portrait)
    if "perimetre" in names:
        made.append(perimeter_note(diagnosis, fits))
    return made


def perimeter_note(diagnosis: Diagnosis, fits: Fits) -> Document:
    """Return one page for a meeting: our country, where its people live, what this changes."""
    story = diagnosis.story
    made = diagnosis.document
    for maps, rows in perimeters.NOTE_ROOMS:
        blocks = tuple(perimeters.note_blocks(story, maps, rows))
        section = Section("perimetre", 1, perimeters.PART.title, perimeters.PART.question, blocks)
        made = _document(
            diagnosis.document,
            f"note-perimetre-{story.territory.slug}",
            "Note sur le périmètre",
            [section],
            Form.BRIEF,
        )
        if fits(made, 1):
            break
    return made


def synthesis(diagnosis: Diagnosis, fits: Fits) -> Document:
    """Return the synthesis: the essential, care, the territory, cross-reading.

    It has four pages, three of a place of which little is told.
    """
    made = _synthesis(diagnosis, ROOMS[0])
    if fits(made, PAGES):
        # nothing has to be left out: a little is, where that spares a last page of a few lines
        for room in SPARING:
            shorter = _synthesis(diagnosis, room)
            if fits(shorter, PAGES - 1):
                return shorter
        return made
    for room in ROOMS[1:]:
        made = _synthesis(diagnosis, room)
        if fits(made, PAGES):
            break
    return made


def _synthesis(diagnosis: Diagnosis, room: Room) -> Document:
    whole, story = diagnosis.document, diagnosis.story
    by_id = {section.id: section for section in whole.sections}
    visuals = {
        block.id: block
        for section in whole.sections
        for block in section.blocks
        if not isinstance(block, Paragraph | Bullets | Callout | Heading) and hasattr(block, "id")
    }
    made = (
        ("synthese", "L’essentiel", _essential(story, by_id.get("synthese"))),
        ("offre", "Se soigner ici", _care(story, by_id, visuals, room)),
        ("territoire", "Le territoire et sa population", _territory(by_id, visuals, room)),
        ("croisement", "Lecture croisée", _crossing(by_id, room)),
    )
    sections = [
        Section(name, number, title, "", blocks)
        for number, (name, title, blocks) in enumerate(made, start=1)
        if blocks
    ]
    return _document(
        whole,
        f"synthese-{story.territory.slug}",
        "Synthèse du diagnostic de santé",
        sections,
        Form.BRIEF,
    )


def _essential(story: Story, section: Section | None) -> tuple[Block, ...]:
    """Return the first page: it is never cut, the rest is."""
    if section is None:
        return ()
    return (*_own(section), *essentials(story, chapters=False))


def _territory(
    by_id: Mapping[str, Section], visuals: Mapping[str, Block], room: Room
) -> tuple[Block, ...]:
    section = by_id.get("territoire")
    told = _paragraphs(section, room.paragraphs)
    chart, *maps = (
        [visuals[name]] if name in visuals else []
        for name in ("population-serie", "carte-65plus", "carte-evolution")
    )
    # what it is, then the maps side by side, then the chart beside the texts that follow it
    shown = [block for each in maps for block in each]
    return (*told[:1], *shown, *chart, *told[1:], *_own(section))


def _compared(story: Story, names: Sequence[str]) -> TableBlock | None:
    """Return the essential indicators of a territory before its region and France."""
    shown = [name for name in names if name in story.figures.indicators and story.has(name)]
    if not shown:
        return None
    own = story.comparators.own
    grids = [grid for grid, _ in own]
    zones = [
        (grid, zone)
        for grid, zone in own
        if grid in {"region", "france"} or (grid == "departement" and grids.count(grid) == 1)
    ]
    similar = story.comparators.similar is not None
    columns = ["Indicateur", "Année", story.territory.name]
    columns += [story.zone_title(grid, zone) for grid, zone in zones]
    columns += ["Zones similaires : médiane (étendue)"] if similar else []
    rows: list[tuple[Cell, ...]] = []
    for name in shown:
        when = story.year(name)
        cells: list[Cell] = [story.row_label(name), when, story.fig(name, when, unit="cell")]
        cells += [story.other(name, grid, zone, when, unit="cell") for grid, zone in zones]
        if similar:
            cells.append(story.similar_figure(name, span=True) or "–")
        rows.append(tuple(cells))
    note = story.note(*shown)
    return TableBlock(
        "essentiel",
        f"{story.territory.name} en {len(shown)} chiffres",
        tuple(columns),
        tuple(rows),
        (False, False, *(True for _ in columns[2:])),
        replace(note, sources=()),
    )


def _care(
    story: Story, by_id: Mapping[str, Section], visuals: Mapping[str, Block], room: Room
) -> tuple[Block, ...]:
    supply = by_id.get("offre")
    blocks: list[Block] = [visuals[name] for name in ("carte-apl", "mg-serie") if name in visuals]
    kept = set(ESSENTIAL) - set(LEAST_ESSENTIAL[: room.left_out])
    table = _compared(story, [name for name in ESSENTIAL if name in kept])
    if table is not None:
        blocks.append(table)
    blocks += _paragraphs(supply, 2 * room.paragraphs - 1)
    blocks += _own(supply)
    for name, title in (
        ("second-recours", "Au-delà du premier recours"),
        ("parcours", "Travailler ensemble"),
    ):
        told = _paragraphs(by_id.get(name), max(1, room.paragraphs - 2))
        if told:
            blocks += [Heading(title), *told]
    return tuple(blocks)


def _crossing(by_id: Mapping[str, Section], room: Room) -> tuple[Block, ...]:
    section = by_id.get("croisement")
    kept: list[Block] = []
    for block in section.blocks if section is not None else ():
        if isinstance(block, Bullets):
            kept.append(replace(block, items=block.items[: room.listed]))
        elif isinstance(block, (Heading, Paragraph)):
            kept.append(block)
    limits = [
        block
        for name in ("offre", "territoire", "second-recours", "parcours")
        if name in by_id
        for block in by_id[name].blocks
        if isinstance(block, Callout) and block.tone is Tone.LIMIT
    ]
    if limits[: room.limits]:
        kept.append(
            Callout(
                Tone.LIMIT,
                "Ce que ces chiffres ne disent pas",
                tuple(
                    piece
                    for i, block in enumerate(limits[: room.limits])
                    for piece in ((" ", *block.content) if i else block.content)
                ),
            )
        )
    return tuple(kept)


def _paragraphs(section: Section | None, count: int) -> list[Block]:
    """Return the first paragraph under each heading of a chapter, then the next ones."""
    if section is None:
        return []
    ranks: list[tuple[int, int]] = []
    rank = 0
    for at, block in enumerate(section.blocks):
        if isinstance(block, Heading):
            rank = 0
        elif isinstance(block, Paragraph):
            ranks.append((rank, at))
            rank += 1
    chosen = sorted(at for _, at in sorted(ranks)[:count])
    return [section.blocks[at] for at in chosen]


def _own(section: Section | None) -> list[Block]:
    """Return what local knowledge says in a chapter."""
    return [block for block in (section.blocks if section is not None else ()) if _is_local(block)]


def _is_local(block: Block) -> bool:
    return isinstance(block, Callout) and block.tone is Tone.LOCAL


def portraits(diagnosis: Diagnosis, fits: Fits) -> Document | None:
    """Return the portraits of the parts of a territory, a sheet each; None without parts."""
    story, whole = diagnosis.story, diagnosis.document
    if len(story.parts) < 2:
        return None
    maps = {
        block.id: block
        for section in whole.sections
        for block in section.blocks
        if isinstance(block, MapBlock)
    }
    name, kind = f"portraits-{story.territory.slug}", f"Portraits par {story.part_word}"

    def holds(section: Section) -> bool:
        return fits(_document(whole, name, kind, [section], Form.SHEETS), SHEET)

    return _document(whole, name, kind, portrait_sections(story, maps, holds), Form.SHEETS)


def _document(
    whole: Document, name: str, kind: str, sections: Sequence[Section], form: Form
) -> Document:
    """Return a document with the sections and the provenance of their figures only."""
    keys = set(_keys(block for section in sections for block in section.blocks))
    provenance: dict[str, Provenance] = {
        key: told for key, told in whole.provenance.items() if key in keys
    }
    maps = [b for s in sections for b in s.blocks if isinstance(b, MapBlock)]
    shapes: dict[str, Mapping[str, object]] = {
        grid: zones for grid, zones in whole.shapes.items() if any(b.grid == grid for b in maps)
    }
    indicators = {key.partition("|")[0] for key in keys}
    return replace(
        whole,
        id=name,
        kind=kind,
        sections=tuple(sections),
        sources=_cited(provenance, whole.sources),
        provenance=provenance,
        shapes=shapes,
        dictionary=tuple(row for row in whole.dictionary if row[0] in indicators),
        form=form,
    )


def _cited(provenance: Mapping[str, Provenance], sources: Sequence[str]) -> tuple[str, ...]:
    """Return the sources of some figures, among those of the whole."""
    lines = {line for told in provenance.values() for line in told.sources}
    return tuple(each for each in sources if any(line.startswith(each) for line in lines))


def _keys(blocks: Iterable[Block]) -> Iterable[str]:
    for block in blocks:
        yield from (figure.key for figure in _figures(block))


def _figures(block: Any) -> Iterable[Figure]:
    if isinstance(block, Figure):
        yield block
    elif isinstance(block, (Paragraph, Callout)):
        yield from (each for each in block.content if isinstance(each, Figure))
    elif isinstance(block, Bullets):
        yield from (each for item in block.items for each in item if isinstance(each, Figure))
    elif isinstance(block, KeyFigures):
        for item in block.items:
            yield item.figure
            yield from (each for each in item.compared if isinstance(each, Figure))
    elif isinstance(block, TableBlock):
        yield from (each for row in block.rows for each in row if isinstance(each, Figure))
    elif isinstance(block, Bars):
        yield from block.texts
    elif isinstance(block, Lines):
        yield from (each for texts in block.texts.values() for each in texts if each is not None)
    elif isinstance(block, MapBlock):
        yield from block.texts.values()
