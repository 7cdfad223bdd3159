"""Perimeter and living areas: a one-page note, two maps, and what the choice of a limit changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from assemblier.blocks import (
    Block,
    Bullets,
    Cell,
    Gap,
    Heading,
    Inline,
    KeyFigure,
    KeyFigures,
    Paragraph,
    SourceNote,
    TableBlock,
)
from assemblier.declarations import Need, Part
from assemblier.language import number, plural
from assemblier.perimeters.bench import GridMet
from assemblier.perimeters.border_blocks import border_blocks, ledgers_by_trust
from assemblier.perimeters.choice_blocks import choice_blocks, widest
from assemblier.perimeters.coverage_blocks import coverage_blocks
from assemblier.perimeters.ledger import ledger_sentence
from assemblier.perimeters.perimeter_maps import areas_map, cut_map
from assemblier.perimeters.study import PerimeterStudy, study_perimeters
from assemblier.perimeters.traced import PerimeterStory, Traced
from assemblier.perimeters.visits import OBSERVED

__all__ = ["PART", "blocks_of", "build"]

LIVING = ("bv2022", "bv2012", "tvs2019")
"""Grids of living areas, the one shown first when it is there."""
NEITHER = {"commune"}


def build(story: PerimeterStory) -> Sequence[Block]:
    """Set the territory against the areas where its people live; tell what the limit changes."""
    return blocks_of(story, study_perimeters(story.context, story.territory))


def blocks_of(story: PerimeterStory, study: PerimeterStudy) -> Sequence[Block]:
    """Write the chapter of a study that was already made."""
    traced = Traced(story.figures, study.territory, study.slug, _sources(story, study))
    by_id = {grid.grid: grid for grid in study.grids}
    living = next((by_id[name] for name in LIVING if name in by_id), None)
    blocks: list[Block] = _page(study, by_id, living, traced)
    if living is not None:
        blocks.append(_key_figures(study, living, traced))
        zone_of = story.context.geography.membership[living.grid]
        note = SourceNote(
            traced.cited(living.grid, "population"),
            reading="un bassin de vie est l’aire la plus petite où l’on trouve les équipements "
            "courants (Insee) ; c’est une lecture de l’espace vécu, pas sa définition.",
            notes=(f"Grille : {living.vintage}.",),
        )
        for made in (
            areas_map(story, traced, living, zone_of, note),
            cut_map(story, traced, living, note),
        ):
            if made is not None:
                blocks.append(made)
    blocks.append(_grid_table(study, traced))
    blocks += border_blocks(study, traced)
    blocks += choice_blocks(study, traced)
    blocks += _basins(study, traced)
    blocks += coverage_blocks(study, traced)
    blocks += _competences(study, traced)
    return blocks


def _sources(story: PerimeterStory, study: PerimeterStudy) -> Mapping[str, Sequence[str]]:
    geography = story.context.geography
    found: dict[str, Sequence[str]] = {
        grid: (part.source,) for grid, part in geography.grid_parts.items()
    }
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
    return found


def _page(
    study: PerimeterStudy,
    by_id: Mapping[str, GridMet],
    living: GridMet | None,
    traced: Traced,
) -> list[Block]:
    """Tell the one-page note: our country, where its people live, what the choice changes."""
    communes = len(study.perimeters[0].communes)
    ours: list[Inline] = [
        f"Voici notre pays : {communes} {plural(communes, 'commune')}, ",
        traced.count(
            "population",
            study.population,
            label="Population du territoire",
            method="Somme des populations municipales des communes.",
            topics=("population",),
            unit="habitants",
            year=str(study.population_year),
        ),
        f" habitants ({study.population_year})",
    ]
    for grid, one, many in (
        ("epci", "intercommunalité", "intercommunalités"),
        ("departement", "département", "départements"),
    ):
        if grid in by_id:
            met = [zone for zone in by_id[grid].zones if zone.code is not None]
            whole = f" (dont {by_id[grid].whole_zones} en entier)" if grid == "epci" else ""
            ours.append(f", {len(met)} {plural(len(met), one, many)}{whole}")
    ours.append(".")
    items: list[tuple[Inline, ...]] = [tuple(ours)]
    best = ledgers_by_trust(study)
    lived: list[Inline] = [
        "Voici où vivent et se soignent ses habitants : "
        if best is not None and best.kind == OBSERVED
        else "Voici les bassins qu’il rencontre, faute de savoir où ses habitants se soignent : "
    ]
    if living is not None:
        zones = sum(zone.code is not None for zone in living.zones)
        label = living.label.replace("bassin", plural(zones, "bassin"), 1)
        lived += [
            f"{zones} {label}, dont {living.whole_zones} en entier ; ",
            _cut(study, living, traced),
            " habitants ont un bassin tourné surtout vers le dehors. ",
        ]
    if best is not None:
        lived.append(ledger_sentence(best, study.territory))
    if len(lived) > 1:
        items.append(tuple(lived))
    changed = widest(study.indicators)
    if changed:
        said = changed[0].sentence
        items.append((f"Voici ce que ce choix change : {said[0].lower()}{said[1:]}",))
    return [Heading("En une page"), Bullets(tuple(items))]


def _cut(study: PerimeterStudy, living: GridMet, traced: Traced) -> Inline:
    return traced.count(
        f"coupes|{living.grid}",
        living.cut_inside_population,
        label=f"Habitants du territoire dont le {living.label} est surtout au-dehors",
        method="Somme des habitants des communes dont le bassin a plus de la moitié de ses "
        "habitants hors du territoire.",
        topics=(living.grid, "population"),
        unit="habitants",
        year=str(study.population_year),
    )


def _key_figures(study: PerimeterStudy, living: GridMet, traced: Traced) -> KeyFigures:
    items = [
        KeyFigure(
            "Habitants dont le bassin est surtout au-dehors",
            traced.share(
                f"part-coupee|{living.grid}",
                living.cut_inside_population / study.population if study.population else None,
                label=f"Part des habitants dont le {living.label} est surtout au-dehors",
                method="Habitants des communes coupées, rapportés à ceux du territoire.",
                topics=(living.grid, "population"),
            ),
            compared=(f"{len(living.cut_inside)} communes",),
        ),
        KeyFigure(
            "Habitants au-dehors dont le bassin est surtout dedans",
            traced.count(
                f"coupes-dehors|{living.grid}",
                living.cut_outside_population,
                label=f"Habitants hors du territoire dont le {living.label} est surtout dedans",
                method="Somme des habitants des communes voisines dont le bassin a plus de la "
                "moitié de ses habitants dans le territoire.",
                topics=(living.grid, "population"),
            ),
            compared=(f"{len(living.cut_outside)} communes",),
        ),
    ]
    best = ledgers_by_trust(study)
    if best is not None and best.localisation is not None:
        items.append(
            KeyFigure(
                f"{best.what[0].upper()}{best.what[1:]} qui restent dans le territoire",
                traced.share(
                    f"localisation|{best.what}|{best.kind}",
                    best.localisation,
                    label=f"Part des flux ({best.what}) des habitants gardée par le territoire",
                    method=f"Flux {best.kind} : intérieur rapporté à intérieur et sortant.",
                    topics=("care",) if best.kind == "théoriques" else ("soins", "travail"),
                    status="estimated" if best.kind == "théoriques" else "ok",
                    says_not=("Un flux théorique ne montre aucun espace vécu.",)
                    if best.kind == "théoriques"
                    else (),
                ),
                compared=(f"flux {best.kind}",),
            )
        )
    return KeyFigures(tuple(items))


def _grid_table(study: PerimeterStudy, traced: Traced) -> TableBlock:
    rows: list[tuple[Cell, ...]] = []
    for grid in study.grids:
        if grid.grid in NEITHER:
            continue
        outside = next((zone for zone in grid.zones if zone.code is None), None)
        first = grid.zones[0]
        told: dict[str, Any] = {
            "topics": (grid.grid, "population"),
            "year": str(study.population_year),
        }
        rows.append(
            (
                grid.label,
                f"{sum(zone.code is not None for zone in grid.zones)}, dont {grid.whole_zones}",
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
                traced.count(
                    f"coupees|{grid.grid}",
                    len(grid.cut_inside),
                    label=f"Communes dont la zone est surtout au-dehors ({grid.label})",
                    method="Zone dont plus de la moitié des habitants est hors du territoire.",
                    **told,
                ),
                traced.share(
                    f"accord|{grid.grid}",
                    grid.fit,
                    label=f"Accord du territoire avec des zones entières ({grid.label})",
                    method="Habitants communs au territoire et aux zones surtout dedans, rapportés "
                    "à ceux de l’un ou des autres (Jaccard).",
                    **told,
                ),
            )
        )
    grids = [grid.grid for grid in study.grids if grid.grid not in NEITHER]
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
                "Millésimes : "
                + " ; ".join(
                    f"{grid.label}, {grid.vintage}" for grid in study.grids if grid.grid in grids
                )
                + ".",
            ),
        ),
    )


def _basins(study: PerimeterStudy, traced: Traced) -> list[Block]:
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
    moves = [
        (
            f"{len(move.communes)} {plural(len(move.communes), 'commune')} "
            f"({number(move.population)} habitants) passent de {move.first_name} à "
            f"{move.second_name}",
        )
        for move in told.moves[:5]
    ]
    blocks: list[Block] = [
        Heading("Le même sol dans les bassins de 2012 et de 2022"),
        Paragraph(
            (
                "Entre les deux éditions de l’Insee, ",
                pieces[0],
                f" des habitants du territoire changent de bassin ({len(told.changed)} communes "
                f"sur {told.communes}), contre ",
                pieces[1],
                " en France. Une série tenue par bassin doit dire lequel.",
            )
        ),
    ]
    if moves:
        blocks.append(Bullets(tuple(moves)))
    return blocks


def _competences(study: PerimeterStudy, traced: Traced) -> list[Block]:
    if study.competences is None:
        return [
            Gap(
                "La matrice des compétences n’est pas remplie : qui tient quel levier, et où les "
                "périmètres de la santé et du social se séparent.",
                "un fichier YAML à compléter, ligne par ligne",
                "assemblier perimeters --competences-template competences.yaml",
            )
        ]
    matrix = study.competences
    blocks: list[Block] = [
        Heading("Qui tient quel levier"),
        TableBlock(
            "competences",
            f"Les leviers et leurs détenteurs au {matrix.date.isoformat()}",
            ("Levier", "Déterminant", *(holder.name for holder in matrix.holders)),
            tuple(matrix.rows()),
            tuple(False for _ in range(2 + len(matrix.holders))),
            SourceNote(("Matrice remplie par le territoire.",)),
        ),
    ]
    parted = [
        (
            f"{each.health} et {each.social} : ",
            traced.share(
                f"competences|{each.health}|{each.social}",
                each.population_share,
                label="Part des habitants là où les deux périmètres se séparent",
                method="Habitants dans un seul des deux périmètres, rapportés à tous.",
                topics=("population",),
            ),
            " des habitants sont dans l’un sans être dans l’autre",
        )
        for each in study.partings
        if each.population_share > 0
    ]
    if parted:
        blocks += [
            Paragraph(("Les périmètres de la santé et du social se séparent :",)),
            Bullets(tuple(parted)),
        ]
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
        ),
        Need(
            "des flux de patients observés",
            "CartoSanté, flux de patients (carte « cartosante-flux-mg »)",
        ),
    ),
    build,
)
