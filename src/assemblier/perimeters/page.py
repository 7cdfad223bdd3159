"""One page on a perimeter: our country, where its people live and seek care, what this changes."""

from __future__ import annotations

from assemblier.blocks import (
    Block,
    Bullets,
    Heading,
    Inline,
    KeyFigure,
    KeyFigures,
    MapBlock,
    Paragraph,
    SourceNote,
)
from assemblier.french import de
from assemblier.indicators.told import TerritoryStory, Told
from assemblier.language import plural
from assemblier.perimeters.bench import GridMet
from assemblier.perimeters.border_blocks import (
    ledger_told,
    ledgers_by_trust,
    localisation_told,
    topic_of,
)
from assemblier.perimeters.choice_blocks import spread_told, widest
from assemblier.perimeters.lived_areas import LivedAreas
from assemblier.perimeters.perimeter_maps import areas_map, cut_map, lived_map
from assemblier.perimeters.study import PerimeterStudy
from assemblier.perimeters.visits import OBSERVED

__all__ = ["firmness", "living_grid", "maps", "page_blocks", "theoretical_map"]

LIVING = ("bv2022", "bv2012", "tvs2019")
"""Grids of living areas, the one shown first when it is there."""
TOLD = 2
"""Changes of the choice of a perimeter that one page tells."""
SAYS_NOT = "Un flux théorique ne montre aucun espace vécu."
UNKNOWN = "Voici les bassins qu’il rencontre, faute de savoir où ses habitants se soignent : "


ALONE = (
    "Voici ce que ce choix change : rien qui se compare ici, car aucun autre découpage ne réunit "
    "assez des mêmes habitants."
)


def living_grid(study: PerimeterStudy) -> GridMet | None:
    """Return the published living areas that the territory meets, the newest first."""
    by_id = {grid.grid: grid for grid in study.grids}
    return next((by_id[name] for name in LIVING if name in by_id), None)


def page_blocks(study: PerimeterStudy, traced: Told, *, brief: bool = False) -> list[Block]:
    """Write the three sentences and the key figures of one page.

    Parameters
    ----------
    brief
        Whether a table beside them tells what the choice of a perimeter changes, and what distance
        alone would make is told in few words.
    """
    living = living_grid(study)
    items = [_ours(study, traced), _lived(study, living, traced, brief=brief)]
    changed = [spread_told(one, traced) for one in widest(study.indicators)[: 1 if brief else TOLD]]
    if changed:
        said: list[Inline] = ["Voici ce que ce choix change : "]
        for at, pieces in enumerate(changed):
            start = str(pieces[0])
            said += ([" "] if at else []) + [
                f"{start[0].lower()}{start[1:]}" if at == 0 else start,
                *pieces[1:],
            ]
        items.append(tuple(said))
    else:
        items.append((ALONE,))
    blocks: list[Block] = [Heading("En une page"), Bullets(tuple(each for each in items if each))]
    figures = _key_figures(study, living, traced)
    return [*blocks, KeyFigures(figures)] if figures else blocks


def _ours(study: PerimeterStudy, traced: Told) -> tuple[Inline, ...]:
    communes = len(study.perimeters[0].communes)
    by_id = {grid.grid: grid for grid in study.grids}
    said: list[Inline] = [
        "Voici notre pays : ",
        traced.number(
            "communes", communes, label="Communes du territoire",
            method="Communes de la liste, dans la géographie de référence.", topics=("commune",),
        ),
        f" {plural(communes, 'commune')}, ",
        *(
            (
                traced.number(
                    "population", study.population, label="Population du territoire",
                    method="Somme des populations municipales des communes.",
                    topics=("population",), unit="habitants", year=str(study.population_year),
                ),
                f" habitants ({study.population_year})",
            )
            if study.population > 0
            # no population known is not nobody
            else ("dont la population n’est pas dans le lac",)
        ),
    ]  # fmt: skip
    for grid, one, many in (
        ("epci", "intercommunalité", "intercommunalités"),
        ("departement", "département", "départements"),
    ):
        if grid not in by_id:
            continue
        met = [zone for zone in by_id[grid].zones if zone.code is not None]
        said += [", ", _zones(by_id[grid], traced), f" {plural(len(met), one, many)}"]
        if grid == "epci" and len(met) > 1:
            said += [" (dont ", _whole(by_id[grid], traced), " en entier)"]
    return (*said, ".")


def _zones(met: GridMet, traced: Told) -> Inline:
    return traced.number(
        f"zones|{met.grid}", sum(zone.code is not None for zone in met.zones),
        label=f"Zones rencontrées ({met.label})", topics=(met.grid,),
        method="Zones qui ont au moins une commune dans le territoire.",
    )  # fmt: skip


def _whole(met: GridMet, traced: Told) -> Inline:
    return traced.number(
        f"entieres|{met.grid}", met.whole_zones, label=f"Zones entières ({met.label})",
        method="Zones dont toutes les communes sont dans le territoire.", topics=(met.grid,),
    )  # fmt: skip


def _lived(
    study: PerimeterStudy, living: GridMet | None, traced: Told, *, brief: bool
) -> tuple[Inline, ...]:
    best = ledgers_by_trust(study)
    observed = [each for each in study.lived if each.kind == OBSERVED]
    said: list[Inline] = []
    if observed:
        cared = any(each.purpose == "soins" for each in observed)
        said.append(
            "Voici où vivent et se soignent ses habitants : "
            if cared
            else "Voici où vivent ses habitants (où ils se soignent n’est pas connu) : "
        )
        for at, each in enumerate(observed):
            pieces = lived_told(each, traced)
            start = str(pieces[0])
            said += [start if at == 0 else f"{start[0].upper()}{start[1:]}", *pieces[1:]]
    elif living is not None:
        named = [zone for zone in living.zones if zone.code is not None]
        if len(named) == 1:
            part = "s’y confond" if named[0].whole else "n’en est qu’une partie"
            said += [
                "Voici le bassin qu’il rencontre, faute de savoir où ses habitants se soignent : "
                f"{living.label} {de(named[0].name)} ; le territoire {part}. "
            ]
        else:
            said += [
                UNKNOWN,
                _zones(living, traced),
                f" {living.label.replace('bassin', 'bassins', 1)}, dont ",
                _whole(living, traced),
                " en entier",
            ]
            if living.cut_inside_population > 0:
                said += [
                    " ; ",
                    _cut(study, living, traced),
                    " habitants ont un bassin tourné surtout vers le dehors",
                ]
            said.append(". ")
    elif best is not None:
        said.append(UNKNOWN)
    if best is not None and brief and best.kind != OBSERVED and best.localisation is not None:
        said += [
            "À la seule distance (flux théoriques), ",
            localisation_told(best, traced),
            " de leurs consultations resteraient ici ; seul un flux observé dirait où ils vont.",
        ]
    elif best is not None:
        said += ledger_told(best, traced, masked=False)
    return tuple(said)


def lived_told(lived: LivedAreas, traced: Told) -> list[Inline]:
    """Say the areas drawn from observed flows."""
    named = [zone for zone in lived.met.zones if zone.code is not None]
    what = "les recours aux soins" if lived.purpose == "soins" else "les navettes vers le travail"
    topics = (lived.purpose, "population")
    key = f"delimite|{lived.purpose}"
    method = (
        f"{'Bassins de recours' if lived.purpose == 'soins' else 'Bassins de navettes'} délimités "
        "sur tous les flux observés du fichier, puis lus sur le territoire."
    )
    said: list[Inline] = [
        f"{what} dessinent ",
        traced.number(f"{key}|nombre", len(named), label="Bassins rencontrés", method=method,
                     topics=topics, parameters=_rule(lived)),
        f" {plural(len(named), 'bassin', 'bassins ; le premier')} ({named[0].name})"
        f"{plural(len(named), ', qui réunit', ' réunit')} ",
        traced.share(f"{key}|premier", named[0].population_share,
                     label=f"Part des habitants dans le bassin {de(named[0].name)}", method=method,
                     topics=topics, parameters=_rule(lived)),
        " des habitants",
    ]  # fmt: skip
    if lived.turned_away > 0:
        said += [
            ", et ",
            traced.share(f"{key}|dehors", lived.turned_away,
                         label="Part des habitants dont le bassin a son centre au-dehors",
                         method=method, topics=topics, parameters=_rule(lived)),
            " dépendent d’un centre situé au-dehors",
        ]  # fmt: skip
    return [*said, ". "]


def firmness(study: PerimeterStudy, traced: Told) -> list[Block]:
    """Say how firmly people are attached to the areas drawn from observed flows."""
    said: list[Inline] = []
    for each in study.lived:
        if each.kind != OBSERVED or each.firm_share is None:
            continue
        said += [
            " ; " if said else "Ces bassins sont-ils fermes ? ",
            traced.share(
                f"delimite|{each.purpose}|ferme", each.firm_share,
                label="Part des habitants fermement attachés à leur bassin",
                method="Communes qui restent avec le centre de leur bassin dans au moins "
                f"{100 * each.firm_from:.0f} % des {each.draws} tirages des flux.",
                topics=(each.purpose, "population"), parameters=_rule(each),
            ),
            f" des habitants vivent dans une commune fermement attachée à son {each.label}",
        ]  # fmt: skip
    return [Paragraph((*said, "."))] if said else []


def _rule(lived: LivedAreas) -> dict[str, str]:
    return {name: f"{value:g}" for name, value in lived.rule.items()}


def _cut(study: PerimeterStudy, living: GridMet, traced: Told) -> Inline:
    return traced.number(
        f"coupes|{living.grid}",
        living.cut_inside_population,
        label=f"Habitants du territoire dont le {living.label} est surtout au-dehors",
        method="Somme des habitants des communes dont le bassin a plus de la moitié de ses "
        "habitants hors du territoire.",
        topics=(living.grid, "population"),
        unit="habitants",
        year=str(study.population_year),
    )


def _communes(key: str, count: int, living: GridMet, traced: Told) -> tuple[Inline, ...]:
    figure = traced.number(
        f"{key}|{living.grid}|communes", count, label=f"Communes coupées de leur {living.label}",
        method="Communes que la limite sépare du bassin auquel elles appartiennent.",
        topics=(living.grid, "population"),
    )  # fmt: skip
    return (figure, f" {plural(count, 'commune')}")


def _key_figures(
    study: PerimeterStudy, living: GridMet | None, traced: Told
) -> tuple[KeyFigure, ...]:
    items = []
    if living is not None:
        items += [
            KeyFigure(
                "Habitants dont le bassin de vie est surtout au-dehors",
                traced.share(
                    f"part-coupee|{living.grid}",
                    living.cut_inside_population / study.population if study.population else None,
                    label=f"Part des habitants dont le {living.label} est surtout au-dehors",
                    method="Habitants des communes coupées, rapportés à ceux du territoire.",
                    topics=(living.grid, "population"),
                ),
                compared=_communes("coupees-ici", len(living.cut_inside), living, traced),
            ),
            KeyFigure(
                "Habitants au-dehors dont le bassin de vie est surtout dedans",
                traced.number(
                    f"coupes-dehors|{living.grid}",
                    living.cut_outside_population,
                    label=f"Habitants hors du territoire dont le {living.label} est surtout dedans",
                    method="Somme des habitants des communes voisines dont le bassin a plus de la "
                    "moitié de ses habitants dans le territoire.",
                    topics=(living.grid, "population"),
                ),
                compared=_communes("coupees-la", len(living.cut_outside), living, traced),
            ),
        ]
    best = ledgers_by_trust(study)
    if best is not None and best.localisation is not None:
        observed = best.kind == OBSERVED
        items.append(
            KeyFigure(
                f"{best.what[0].upper()}{best.what[1:]} qui restent dans le territoire",
                traced.share(
                    f"localisation|{best.what}|{best.kind}",
                    best.localisation,
                    label=f"Part des flux ({best.what}) des habitants gardée par le territoire",
                    method=f"Flux {best.kind} : intérieur rapporté à intérieur et sortant.",
                    topics=(topic_of(best),),
                    status="ok" if observed else "estimated",
                    says_not=()
                    if observed
                    else ("Un flux théorique ne montre aucun espace vécu.",),
                ),
                compared=(f"flux {best.kind}",),
            )
        )
    return tuple(items)


def maps(story: TerritoryStory, study: PerimeterStudy, traced: Told) -> list[MapBlock]:
    """Return the maps: areas drawn from observed flows, else published ones; what is cut."""
    found = [
        lived_map(story, traced, each, _lived_note(each, traced))
        for each in study.lived
        if each.kind == OBSERVED
    ]
    living = living_grid(study)
    if living is not None:
        zone_of = story.context.geography.membership[living.grid]
        note = SourceNote(
            traced.cited(living.grid, "population"),
            reading="un bassin de vie est l’aire la plus petite où l’on trouve les équipements "
            "courants (Insee) ; c’est une lecture de l’espace vécu, pas sa définition.",
            notes=(f"Grille de {_edition(living, traced)}, lue sur les {traced.year}.",),
        )
        found += [
            areas_map(story, traced, living, zone_of, note),
            cut_map(story, traced, living, zone_of, note),
        ]
    return [each for each in found if each is not None]


def _edition(met: GridMet, traced: Told) -> str:
    return ", ".join(each.partition("@")[2] or each for each in traced.sources.get(met.grid, ()))


def theoretical_map(story: TerritoryStory, study: PerimeterStudy, traced: Told) -> list[MapBlock]:
    """Return the map of the areas of modelled visits, when nothing was observed."""
    made = [
        lived_map(story, traced, each, _lived_note(each, traced))
        for each in study.lived
        if each.kind != OBSERVED
    ]
    return [each for each in made if each is not None]


def _lived_note(lived: LivedAreas, traced: Told) -> SourceNote:
    if lived.kind != OBSERVED:
        return SourceNote(
            traced.cited("care", "population"),
            reading="ces bassins répartissent les besoins sur l’offre selon la seule distance ; "
            "ils sont théoriques et ne montrent aucun espace vécu.",
            notes=(f"{lived.source[:1].upper()}{lived.source[1:]}.",),
        )
    if lived.purpose == "soins":
        reading = (
            "chaque commune va avec celle où ses habitants se soignent le plus, d’un seul tenant "
            "(Goodman et al. 2003)."
        )
    else:
        reading = (
            "dans un bassin, la plupart des actifs travaillent sur place et la plupart des emplois "
            "sont tenus par eux (Coombes et Bond 2008)."
        )
    return SourceNote(
        traced.cited(lived.purpose, "population"),
        reading=reading,
        notes=(
            f"Hachures : communes qui restent avec le centre de leur bassin dans moins de "
            f"{100 * lived.firm_from:.0f} % des {lived.draws} tirages des flux (Efron 1979).",
        ),
    )
