"""Short documents from the same figures: the four-page synthesis and the two-page portraits."""

# ruff: noqa: E501 — sentences

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from assemblier.blocks import (
    Bars,
    Block,
    Bullets,
    Callout,
    Cell,
    Document,
    Figure,
    KeyFigure,
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
from assemblier.diagnosis.french import counted, de
from assemblier.diagnosis.story import Story
from assemblier.language import number
from assemblier.values import Status

__all__ = ["DOCUMENTS", "documents", "portraits", "synthesis"]

DOCUMENTS = ("diagnostic", "synthese", "portraits")

CHOSEN: Mapping[str, tuple[str, ...]] = {
    "territoire": ("comparaison-population",),
    "offre": ("carte-apl", "mg-serie"),
    "parcours": (),
}
"""Chapter → identifiers of the tables, maps and charts kept in the synthesis."""
PORTRAIT = (
    "population",
    "population_tcam",
    "part_65plus",
    "part_75plus",
    "fedi_q5",
    "mg",
    "mg_densite",
    "mg_60plus",
    "apl_mg",
    "population_sous_2_5",
    "part_zip_zac",
    "infirmier_densite",
    "kine_densite",
    "dentiste_densite",
    "pharmacie_densite",
    "specialiste_densite",
    "plus20min_sante",
    "population_sans_mg",
    "mg_isoles",
    "msp",
    "centre_sante",
    "ehpad",
)
PORTRAIT_KEY = ("population", "mg", "apl_mg", "population_sous_2_5")
MOSTLY = 0.5
NOTABLE = 0.05
"""A zone gets a portrait when half of its people, or a twentieth of the territory, are in both."""


def documents(diagnosis: Diagnosis, names: Sequence[str]) -> list[Document]:
    """Return the documents asked, in the order of :data:`DOCUMENTS`."""
    made: list[Document] = []
    if "diagnostic" in names:
        made.append(diagnosis.document)
    if "synthese" in names:
        made.append(synthesis(diagnosis))
    if "portraits" in names:
        portrait = portraits(diagnosis)
        if portrait is not None:
            made.append(portrait)
    return made


def synthesis(diagnosis: Diagnosis) -> Document:
    """Return the synthesis in four pages: facts, issues, the essential of supply, cross-reading."""
    whole = diagnosis.document
    by_id = {section.id: section for section in whole.sections}
    sections: list[Section] = []
    for name in ("synthese", "territoire", "offre", "parcours", "croisement"):
        section = by_id.get(name)
        if section is None:
            continue
        blocks = section.blocks if name in {"synthese", "croisement"} else _short(section)
        if blocks:
            sections.append(replace(section, number=len(sections), blocks=tuple(blocks)))
    return _document(
        whole, f"synthese-{diagnosis.story.territory.slug}", "Synthèse du diagnostic", sections
    )


def _short(section: Section) -> list[Block]:
    """Keep the key figures, the first paragraphs and the chosen tables and drawings of a chapter."""
    chosen = CHOSEN[section.id]
    kept: list[Block] = []
    paragraphs = 0
    for block in section.blocks:
        if isinstance(block, (TableBlock, MapBlock, Bars, Lines)):
            if block.id in chosen:
                kept.append(block)
        elif isinstance(block, Paragraph) and paragraphs < 2:
            paragraphs += 1
            kept.append(block)
        elif isinstance(block, Callout) and block.tone is Tone.LOCAL:
            kept.append(block)
    return kept


def portraits(diagnosis: Diagnosis) -> Document | None:
    """Return the portraits of the parts of a territory, two pages each; None without parts."""
    story = diagnosis.story
    if len(story.parts) < 2:
        return None
    sections = [_portrait(story, zone, at) for at, zone in enumerate(_drawn(story), start=1)]
    return _document(
        diagnosis.document,
        f"portraits-{story.territory.slug}",
        f"Portraits par {story.part_word}",
        sections,
    )


def _drawn(story: Story) -> list[str]:
    """Return the parts that are more than a fringe of the territory; all when there is none."""
    geography = story.context.geography
    home = geography.membership[geography.membership["arm"].isna()][story.parts_grid]
    people = geography.population.reindex(home.index)
    whole = people.groupby(home).sum()
    inside = people[people.index.isin(story.territory.communes)].groupby(home).sum()
    own = float(inside.sum())
    kept = [
        zone
        for zone in story.parts
        if inside.get(zone, 0.0) >= MOSTLY * whole.get(zone, 0.0)
        or inside.get(zone, 0.0) >= NOTABLE * own
    ]
    return kept or list(story.parts)


def _portrait(story: Story, zone: str, at: int) -> Section:
    name = story.figures.name(story.parts_grid, zone)
    membership = story.context.geography.membership
    communes = membership.index[(membership[story.parts_grid] == zone) & membership["arm"].isna()]
    inside = sum(code in set(story.territory.communes) for code in communes)
    others = len(communes) - inside
    text = f"{name} réunit {counted(len(communes), 'commune', feminine=True)}" + (
        "."
        if not others
        else f", dont {counted(inside, 'commune', feminine=True)} dans le territoire : les chiffres sont "
        "ceux de la zone entière."
    )
    key = KeyFigures(
        tuple(
            KeyFigure(
                f"{story.label(each)} ({story.year(each)})",
                story.other(each, story.parts_grid, zone, unit="cell"),
                compared=(f"{story.territory.name} : ", story.fig(each, unit="cell"))
                if each not in {"population", "mg"}
                else (),
            )
            for each in PORTRAIT_KEY
            if story.has(each)
        )
    )
    shown = [each for each in PORTRAIT if each in story.figures.indicators and story.has(each)]
    rows: list[tuple[Cell, ...]] = [
        (
            story.row_label(each),
            story.year(each),
            story.other(each, story.parts_grid, zone, unit="cell"),
            _interval(story, each, zone),
            story.fig(each, unit="cell"),
            story.other(each, "france", "FR", unit="cell"),
        )
        for each in shown
    ]
    table = TableBlock(
        f"portrait-{at}",
        f"{name} devant le territoire et la France",
        ("Indicateur", "Année", name, "Intervalle", story.territory.name, "France"),
        tuple(rows),
        (False, False, True, True, True, True),
        story.note(
            *shown,
            notes=(
                "Intervalle : ce que le hasard d’un petit effectif fait varier d’une année à l’autre.",
            ),
        ),
    )
    blocks: list[Block] = [Paragraph((text,)), key, table]
    without = _without_doctor(story, list(communes))
    if without:
        blocks.append(Paragraph((without,)))
    blocks.append(
        Callout(
            Tone.LIMIT,
            "Ce que ces chiffres ne disent pas",
            (
                "Une petite zone varie beaucoup par hasard : sans l’intervalle, deux portraits ne se comparent pas. "
                "Les habitants se soignent aussi ailleurs.",
            ),
        )
    )
    return Section(f"portrait-{zone.lower()}", at, name, f"Un portrait {de(name)}", tuple(blocks))


def _interval(story: Story, name: str, zone: str) -> str:
    return story.figures.interval(name, story.parts_grid, zone, story.year(name)) or "–"


def _without_doctor(story: Story, communes: Sequence[str]) -> str:
    when = story.year("mg")
    values = [story.figures.value("mg", story.detail, code, when) for code in communes]
    known = [value.value for value in values if value.status is Status.OK]
    if len(known) < len(communes) or len(communes) < 2:
        return ""
    none = sum(value == 0 for value in known)
    if not none:
        return (
            f"Chacune de ses {number(len(communes))} communes a au moins un généraliste ({when})."
        )
    verb = "n’a" if none == 1 else "n’ont"
    return f"Sur ses {number(len(communes))} communes, {number(none)} {verb} aucun généraliste ({when})."


def _document(whole: Document, name: str, kind: str, sections: Sequence[Section]) -> Document:
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
        provenance=provenance,
        shapes=shapes,
        dictionary=tuple(row for row in whole.dictionary if row[0] in indicators),
    )


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
    elif isinstance(block, MapBlock):
        yield from block.texts.values()
