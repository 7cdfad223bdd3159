"""Perimeter and living areas: a one-page note, two maps, and what the choice of a limit changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from assemblier.blocks import (
    Block,
    Bullets,
    Cell,
    Heading,
    Inline,
    Paragraph,
    SourceNote,
    TableBlock,
)
from assemblier.declarations import Need, Part
from assemblier.french import de
from assemblier.indicators.told import TerritoryStory, Told
from assemblier.language import enumeration, plural
from assemblier.perimeters.bench import GridMet
from assemblier.perimeters.border_blocks import border_blocks
from assemblier.perimeters.choice_blocks import choice_blocks, choice_table
from assemblier.perimeters.coverage_blocks import coverage_blocks, covers
from assemblier.perimeters.page import firmness, maps, page_blocks, theoretical_map
from assemblier.perimeters.perimeter_maps import cover_map
from assemblier.perimeters.study import PerimeterStudy, study_perimeters
from assemblier.perimeters.visits import OBSERVED

__all__ = ["NOTE_ROOMS", "PART", "blocks_of", "build", "note_blocks", "study_of", "traced_of"]

NEITHER = {"commune"}
NOTHING = "–"
NOTE_ROOMS = ((2, 5), (2, 4), (2, 3), (2, 0), (1, 5), (1, 0))
"""Maps and rows of the note, from the fullest: the first that holds in one page is taken."""
MOVES = 5
"""Groups of communes that change of basin told at most."""


def build(story: TerritoryStory) -> Sequence[Block]:
    """Set the territory against the areas where its people live; tell what the limit changes."""
    return blocks_of(story, study_of(story))


def study_of(story: TerritoryStory) -> PerimeterStudy:
    """Return the study of the territory of a story, made once."""
    territory = story.territory
    return story.context.once(
        ("perimeters", territory.slug, territory.communes),
        lambda: study_perimeters(story.context, territory),
    )


def blocks_of(story: TerritoryStory, study: PerimeterStudy) -> Sequence[Block]:
    """Write the chapter of a study that was already made."""
    traced = traced_of(story, study)
    blocks: list[Block] = page_blocks(study, traced)
    blocks += [*maps(story, study, traced), *firmness(study, traced)]
    blocks.append(_grid_table(study, traced))
    border = border_blocks(study, traced)
    # after the ledgers, before the box on what they do not say
    blocks += [*border[:-1], *theoretical_map(story, study, traced), *border[-1:]]
    blocks += choice_blocks(study, traced)
    blocks += _basins(study, traced)
    covered = coverage_blocks(study, traced)
    told = study.coverage.get("cpts")
    if told is not None and covers(told):
        note = SourceNote(traced.cited("cpts", "population"))
        drawn = cover_map(story, traced, told, note)
        # after what is said of who is covered, before the structures one by one
        at = next(n for n, each in enumerate(covered) if isinstance(each, TableBlock))
        covered[at:at] = [] if drawn is None else [drawn]
    return [*blocks, *covered]


def note_blocks(story: TerritoryStory, count: int, rows: int) -> Sequence[Block]:
    """Write one page for a meeting: three sentences, key figures, the first maps, a short table.

    Parameters
    ----------
    count, rows
        Maps, and rows of the table of what the choice of a perimeter changes.
    """
    study = study_of(story)
    traced = traced_of(story, study)
    shown = [*maps(story, study, traced), *theoretical_map(story, study, traced)]
    table = choice_table(study, traced, rows) if rows else []
    shown = shown[:count]
    if table:
        # what is said under both maps is said once, under the table
        read = dict.fromkeys(each.note.reading for each in shown if each.note.reading)
        noted = dict.fromkeys(said for each in shown for said in each.note.notes)
        under = replace(table[0].note, reading=" ".join(read), notes=(*table[0].note.notes, *noted))
        table = [replace(table[0], note=under)]
        shown = [replace(each, note=SourceNote(())) for each in shown]
    # the page cites all its sources once, at its foot
    kept = [replace(each, note=replace(each.note, sources=())) for each in shown]
    sentences, *figures = page_blocks(study, traced, brief=bool(table))[1:]
    # one map alone has the sentences beside it; two stand side by side under them
    if len(kept) == 1:
        return [*figures, *kept, sentences, *table]
    return [sentences, *figures, *kept, *table]


def traced_of(story: TerritoryStory, study: PerimeterStudy) -> Told:
    """Return what makes the figures of a study, with what each topic rests on."""
    return Told(
        story.figures,
        f"perimetre|{study.slug}",
        study.territory,
        f"communes de {story.context.geography.cog}",
        _sources(story, study),
    )


def _sources(story: TerritoryStory, study: PerimeterStudy) -> Mapping[str, Sequence[str]]:
    geography = story.context.geography
    found: dict[str, Sequence[str]] = {
        grid: (part.source,) for grid, part in geography.grid_parts.items()
    }
    found["commune"] = tuple(
        part.source for part in story.context.parts("commune", cog=geography.cog)[:1]
    )
    for kind in ("cpts", "cls"):
        met = next((grid for grid in study.grids if grid.grid == kind), None)
        if met is not None:
            found[kind] = tuple(met.vintage.partition(", communes")[0].split(", "))
    counted = [
        components
        for (name, _, _), components in sorted(story.figures.results.components.items())
        if name == "population"
    ]
    newest = counted[-1].reads if counted else ()
    found["population"] = tuple(dict.fromkeys(read.part.source for read in newest))
    found["gps"] = (study.gps_source,) if study.gps_source else ()
    if study.border is not None:
        found["care"] = study.border.sources
        for purpose, by_grid in study.border.observed.items():
            found[purpose] = tuple({each.source.partition(" (")[0] for each in by_grid.values()})
    for lived in study.lived:
        topic = "care" if lived.purpose == "theoriques" else lived.purpose
        found[topic] = found[lived.met.grid] = lived.cards
    return found


def _grid_table(study: PerimeterStudy, traced: Told) -> TableBlock:
    rows: list[tuple[Cell, ...]] = []
    observed = [each.met for each in study.lived if each.kind == OBSERVED]
    for grid in (*study.grids, *observed):
        if grid.grid in NEITHER:
            continue
        outside = next((zone for zone in grid.zones if zone.code is None), None)
        first = (grid.members or grid.zones)[0]
        told: dict[str, Any] = {
            "topics": (grid.grid, "population"),
            "year": str(study.population_year),
        }
        rows.append(
            (
                grid.label,
                _met(grid, traced),
                first.name,
                traced.share(
                    f"premiere|{grid.grid}",
                    first.population_share,
                    label=f"Part des habitants dans la première zone ({grid.label})",
                    method="Habitants du territoire dans cette zone, rapportés à tous.",
                    **told,
                ),
                traced.share(
                    f"hors|{grid.grid}",
                    0.0 if outside is None else outside.population_share,
                    label=f"Part des habitants hors zonage ({grid.label})",
                    method="Habitants des communes qui ne sont dans aucune zone.",
                    **told,
                ),
                traced.number(
                    f"coupees|{grid.grid}",
                    len(grid.cut_inside),
                    label=f"Communes dont la zone est surtout au-dehors ({grid.label})",
                    method="Zone dont plus de la moitié des habitants est hors du territoire.",
                    **told,
                )
                if grid.parts_it
                else NOTHING,
                traced.share(
                    f"accord|{grid.grid}",
                    grid.fit,
                    label=f"Accord du territoire avec des zones entières ({grid.label})",
                    method="Habitants communs au territoire et aux zones surtout à l’intérieur, "
                    "rapportés à ceux de l’un ou des autres (Jaccard).",
                    **told,
                )
                if grid.parts_it
                else NOTHING,
            )
        )
    shown = [grid for grid in (*study.grids, *observed) if grid.grid not in NEITHER]
    grids = [grid.grid for grid in shown]
    return TableBlock(
        "grilles-rencontrees",
        "Les grilles que rencontre le territoire",
        (
            "Grille",
            "Zones rencontrées, dont entières",
            "Première zone",
            "Habitants dans la première zone",
            "Hors zonage",
            "Communes coupées de leur zone",
            "Accord avec des zones entières",
        ),
        tuple(rows),
        (False, True, False, True, True, True, True),
        SourceNote(
            traced.cited(*grids, "population"),
            notes=(
                _editions(shown, traced),
                *(
                    ("– : aucune zone de la grille n’est surtout à l’intérieur du territoire.",)
                    if not all(grid.parts_it for grid in shown)
                    else ()
                ),
            ),
        ),
    )


def _editions(shown: Sequence[GridMet], traced: Told) -> str:
    """Tell the editions of grids: the commonest once, then those that have another."""
    by_edition: dict[str, list[str]] = {}
    for grid in shown:
        sources = traced.sources.get(grid.grid, ())
        edition = ", ".join(sorted({each.partition("@")[2] or each for each in sources}))
        by_edition.setdefault(edition.replace("local", "liste locale"), []).append(grid.label)
    common, *others = sorted(by_edition, key=lambda each: -len(by_edition[each]))
    told = [f"{enumeration(by_edition[each])} ({each})" for each in others if each]
    apart = f", sauf {' ; '.join(told)}" if told else ""
    return f"Éditions des grilles : {common}{apart} ; toutes sont lues sur les {traced.year}."


def _met(grid: GridMet, traced: Told) -> Cell:
    met = len(grid.members)
    return traced.of(
        f"rencontrees|{grid.grid}",
        float(met),
        f"{met}, dont {grid.whole_zones}",
        label=f"Zones rencontrées, dont entières ({grid.label})",
        method="Zones qui ont au moins une commune dans le territoire ; celles dont toutes les "
        "communes y sont.",
        topics=(grid.grid,),
    )


def _basins(study: PerimeterStudy, traced: Told) -> list[Block]:
    told, whole = study.basins, study.basins_france
    if told is None or whole is None:
        return []
    method = (
        "Bassins des deux éditions appariés sur toute la France pour que le plus d’habitants "
        "restent ensemble ; change qui n’est pas dans le bassin apparié au sien."
    )
    pieces: list[Inline] = []
    for key, each in (("territoire", told), ("france", whole)):
        pieces.append(
            traced.share(
                f"bassins|{key}",
                each.changed_share,
                label="Part des habitants qui changent de bassin de vie entre 2012 et 2022",
                method=method,
                topics=("bv2012", "bv2022", "population"),
                zone="" if key == "territoire" else "France",
            )
        )
    topics = ("bv2012", "bv2022", "population")

    def count(key: str, value: float, label: str, zone: str = "") -> Inline:
        return traced.number(
            f"bassins|{key}", value, label=label, method=method, topics=topics, zone=zone
        )

    moves = []
    for at, move in enumerate(told.moves[:MOVES]):
        way = f"du bassin {de(move.first_name)} à celui {de(move.second_name)}"
        moves.append(
            (
                count(f"mouvement|{at}|communes", len(move.communes), f"Communes passées {way}"),
                f" {plural(len(move.communes), 'commune')} (",
                count(f"mouvement|{at}|habitants", move.population, f"Habitants passés {way}"),
                f" habitants) {plural(len(move.communes), 'passe', 'passent')} {way}",
            )
        )
    blocks: list[Block] = [
        Heading("Le même sol dans les bassins de 2012 et de 2022"),
        Paragraph(
            (
                "Entre les deux éditions de l’Insee, ",
                pieces[0],
                " des habitants du territoire changent de bassin (",
                count("communes", len(told.changed), "Communes qui changent de bassin"),
                f" {plural(len(told.changed), 'commune')} sur ",
                count("comparees", told.communes, "Communes comparées"),
                "), contre ",
                pieces[1],
                " en France. Une série tenue par bassin doit dire lequel.",
            )
        ),
    ]
    if moves:
        blocks.append(Bullets(tuple(moves)))
    return blocks


PART = Part(
    "perimetre",
    "territoire",
    1,
    "Le périmètre et les bassins",
    "Notre périmètre est-il un espace où l’on vit et se soigne, ou une limite sur le papier ?",
    (
        Need(
            "les grilles officielles des communes",
            "Insee, table d’appartenance (carte « cogugaison-appartenance »)",
            "Les grilles officielles des communes ne sont pas dans le lac.",
        ),
        Need(
            "des flux de patients observés",
            "CartoSanté, flux de patients (carte « cartosante-flux-mg »)",
            "Aucun flux de patients observé n’est dans le lac.",
        ),
    ),
    build,
)
