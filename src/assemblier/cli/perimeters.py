"""Commands ``assemblier perimeters`` and ``assemblier living-areas``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from assemblier.cli.options import JsonOption, LakeOption, WorkspaceOption, lake_of, workspace_of
from assemblier.cli.shown import as_json, say, say_warnings, working
from assemblier.errors import UsageError
from assemblier.french import de
from assemblier.language import number, percent, plural
from assemblier.perimeters.bench import SUPPOSED, GridMet, ZoneMet
from assemblier.perimeters.grid_comparison import GridComparison
from assemblier.perimeters.ledger import ledger_sentence
from assemblier.perimeters.lived_areas import PURPOSES, LivedAreas
from assemblier.perimeters.study import PerimeterStudy
from assemblier.usecases import living_areas as drawing
from assemblier.usecases import perimeters
from assemblier.usecases.kept_competences import write_competences

__all__ = ["living_areas", "register", "study"]

SHOWN = 6
VERBS = {"ajout": "ajouter", "retrait": "retirer", "complément": "compléter"}


def register(app: typer.Typer) -> None:
    """Add both commands to the program."""
    app.command("perimeters")(study)
    app.command("living-areas")(living_areas)


def study(
    territory: Annotated[
        str,
        typer.Argument(
            help="Territoire de l’espace de travail, CSV de communes, ou zone : « epci:CODE », "
            "« bassin:NOM », un nom seul."
        ),
    ] = "",
    grid: Annotated[
        list[Path] | None, typer.Option(help="Votre grille : CSV zone,area[,name].")
    ] = None,
    cog: Annotated[int | None, typer.Option(help="Année des codes du fichier.")] = None,
    competences: Annotated[
        Path | None,
        typer.Option(
            help="Matrice des compétences remplie (YAML ou CSV) ; celle du territoire sinon."
        ),
    ] = None,
    competences_template: Annotated[
        Path | None, typer.Option(help="Écrit la matrice des compétences à remplir, et s’arrête.")
    ] = None,
    add: Annotated[
        list[str] | None,
        typer.Option(help="Suppose qu’une commune ou une zone s’ajoute (« epci:CODE »)."),
    ] = None,
    remove: Annotated[
        list[str] | None, typer.Option(help="Suppose qu’une commune ou une zone s’en va.")
    ] = None,
    lake: LakeOption = None,
    workspace: WorkspaceOption = None,
    *,
    border: Annotated[bool, typer.Option(help="Calcule le bilan aux limites.")] = True,
    replace: Annotated[
        bool, typer.Option("--replace", help="Écrase la matrice à remplir si elle existe.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Met un territoire en regard de toutes les grilles qu’il rencontre."""
    if competences_template is not None:
        say(str(write_competences(out=competences_template, replace=replace)))
        return
    if not territory:
        raise UsageError("Nommez un territoire, ou donnez un CSV de communes.")
    with working("périmètres", quiet=json) as work:
        found = perimeters.study_territory(
            territory=territory,
            lake=lake_of(lake),
            workspace=workspace_of(workspace),
            cog=cog,
            grids=grid or (),
            border=border,
            competences=competences,
            add=add or (),
            remove=remove or (),
            work=work,
        )
    if json:
        as_json(_study_json(found))
        return
    _say_study(found)


def _study_json(found: PerimeterStudy) -> dict[str, Any]:
    plain = {name: getattr(found, name) for name in found.__slots__ if name != "perimeters"}
    plain["grids"] = [_grid_json(grid) for grid in found.grids]
    plain["indicators"] = [_with(each, "sentence") for each in found.indicators]
    plain["lived"] = [_lived_json(each) for each in found.lived]
    plain["structures"] = {
        kind: [_with(fit, "warning") for fit in fits] for kind, fits in found.structures.items()
    }
    plain["perimeters"] = [
        {
            "id": each.id,
            "label": each.label,
            "rule": each.rule,
            "population": each.population,
            "overlap": each.overlap,
            "same_as": each.same_as,
            "communes": sorted(each.communes),
        }
        for each in found.perimeters
    ]
    return plain


def _with(record: Any, *names: str) -> dict[str, Any]:
    """Return the fields of a record, and some of its properties."""
    return {name: getattr(record, name) for name in (*record.__slots__, *names)}


def _lived_json(lived: LivedAreas) -> dict[str, Any]:
    made = _with(lived)
    for name in ("area", "firm"):  # by commune of the country: long, and told by living-areas
        del made[name]
    return made | {"met": _grid_json(lived.met)}


def _grid_json(grid: GridMet) -> dict[str, Any]:
    return _with(grid, "whole_zones")


def _say_study(found: PerimeterStudy) -> None:
    people = number(found.population)
    say_warnings(found.warnings)
    say(f"{found.territory} : {people} habitants ({found.population_year}), codes de {found.cog}.")
    for grid in found.grids:
        if grid.grid == "commune":
            continue
        say()
        say(f"{grid.label} — {grid.vintage}")
        _say_zones(grid)
        _say_cut(grid)
    say()
    asked = {each.id for each in found.perimeters if each.rule == SUPPOSED}
    for each in found.indicators:
        own = "" if each.own.value is None else f" : {number(each.own.value, each.decimals)}"
        say(each.sentence or f"« {each.label} »{own} ; aucun autre périmètre ne s’y compare.")
        for under in each.values:
            if under.perimeter in asked and under.value.value is not None:
                value = number(under.value.value, each.decimals)
                say(f"  → {under.label} : {value} (le territoire{own})")
        for change in each.changes[:2]:
            say(f"  {VERBS[change.way]} {change.name} : {number(change.value, each.decimals)}")
    for kind, told in (("sur ce territoire", found.basins), ("en France", found.basins_france)):
        if told is not None:
            say(_basins(kind, told))
    for lived in found.lived:
        _say_lived(lived)
    if found.border is not None:
        ledgers = [found.border.theoretical, *found.border.observed.values()]
        for by_grid in ledgers:
            if by_grid:
                say(ledger_sentence(next(iter(by_grid.values()))))
        for near in found.border.beyond:
            say(
                f"À {number(near.minutes)} minutes au plus au-delà de la limite : "
                f"{number(near.supply)} {plural(near.supply, 'généraliste')}, à portée de {percent(near.population_share)} "
                "des habitants (temps estimés à vol d’oiseau)."
            )
    for kind, told_by in found.coverage.items():
        shares = told_by.population
        if shares is not None:
            say(
                f"Maillage {kind.upper()} : {percent(shares[0])} des habitants hors de tout "
                f"périmètre, {percent(shares[1])} dans un, {percent(shares[2])} dans deux ou plus."
            )
        for fit in found.structures.get(kind, ()):
            if fit.warning:
                say(f"ATTENTION : {fit.warning}")
    for parting in found.partings:
        say(
            f"{parting.health} et {parting.social} se séparent pour "
            f"{percent(parting.population_share)} des habitants."
        )
    for remark in found.remarks:
        say(f"Remarque : {remark}")


def _say_zones(grid: GridMet) -> None:
    # one more zone takes no more room than saying that there is one
    most = SHOWN if len(grid.members) > SHOWN + 1 else SHOWN + 1
    for zone in grid.members[:most]:
        _say_zone(zone)
    if rest := grid.members[most:]:
        shares = [zone.population_share for zone in rest if zone.population_share is not None]
        told = "" if grid.overlapping or not shares else f" : {percent(sum(shares))} des habitants"
        say(f"  et {len(rest)} autres zones{told}")
    if grid.overlapping:
        say("  des communes sont dans plusieurs zones : ces parts se recouvrent")
    for zone in grid.zones:
        if zone.code is None:
            _say_zone(zone)


def _say_zone(zone: ZoneMet) -> None:
    share = "–" if zone.population_share is None else percent(zone.population_share)
    own = "" if zone.inside_share is None else f", {percent(zone.inside_share)} de la zone"
    said = f"{zone.communes} {plural(zone.communes, 'commune')}"
    say(f"  {zone.name} : {share} des habitants ({said}{own})")


def _say_cut(grid: GridMet) -> None:
    if not grid.members:
        return
    if not grid.parts_it:
        say("  aucune de ces zones n’est surtout à l’intérieur du territoire")
        return
    say(
        f"  communes coupées de leur zone : {len(grid.cut_inside)} dans le territoire "
        f"({number(grid.cut_inside_population)} habitants), {len(grid.cut_outside)} au-dehors "
        f"({number(grid.cut_outside_population)} habitants)"
    )


def _say_lived(lived: LivedAreas) -> None:
    met = lived.met.members
    rank = "le premier " if len(met) > 1 else ""
    first = f", {rank}autour {de(met[0].name)}" if met else ""
    said = f"Flux {lived.kind} : {len(met)} {plural(len(met), *PURPOSES[lived.purpose])}{first}"
    if lived.firm_share is not None:
        said += f" ; {percent(lived.firm_share)} des habitants fermement attachés à leur bassin"
    say(f"{said}.")


def _basins(where: str, told: GridComparison) -> str:
    return (
        f"Bassins de vie 2012 et 2022 {where} : {percent(told.changed_share)} des habitants "
        f"changent de bassin ({number(len(told.changed))} "
        f"{plural(len(told.changed), 'commune')} sur {number(told.communes)}) ; "
        f"V-mesure {number(told.v_measure, 3)}."
    )


def living_areas(
    flows: Annotated[
        str,
        typer.Option(
            help="CSV origin,destination,flow ; ou lac:travail, lac:soins, lac:etude, "
            "lac:theoriques."
        ),
    ],
    method: Annotated[str, typer.Option(help=f"Parmi {', '.join(drawing.METHODS)}.")],
    out: Annotated[Path, typer.Option(help="CSV : une ligne par zone.")],
    min_size: Annotated[float | None, typer.Option(help="ttwa : actifs, au moins.")] = None,
    target_size: Annotated[float | None, typer.Option(help="ttwa : actifs, taille visée.")] = None,
    min_containment: Annotated[
        float | None, typer.Option(help="ttwa : autonomie d’un grand bassin (0 à 1).")
    ] = None,
    target_containment: Annotated[
        float | None, typer.Option(help="ttwa : autonomie d’un petit bassin (0 à 1).")
    ] = None,
    min_population: Annotated[float | None, typer.Option(help="pcsa : habitants.")] = None,
    min_localisation: Annotated[
        float | None, typer.Option(help="pcsa : part des visites gardée (0 à 1).")
    ] = None,
    population: Annotated[
        Path | None, typer.Option(help="pcsa : CSV zone,population (sinon celle du lac).")
    ] = None,
    zones: Annotated[
        str, typer.Option(help="origins : lieux qui ont des résidents ; all : tous.")
    ] = "origins",
    bootstrap: Annotated[int, typer.Option(help="Tirages de la stabilité ; 0 : aucun.")] = 0,
    record_weight: Annotated[
        float | None, typer.Option(help="Personnes par enregistrement (4 pour le recensement).")
    ] = None,
    seed: Annotated[int, typer.Option(help="Graine des tirages.")] = 0,
    cog: Annotated[
        int | None,
        typer.Option(help="Année des codes des flux et du territoire donnés en fichiers."),
    ] = None,
    compare: Annotated[
        str | None, typer.Option(help="Grille du lac (bv2022…) ou CSV zone,area à comparer.")
    ] = None,
    contours: Annotated[
        Path | None, typer.Option(help="Écrit aussi les contours (.gpkg ou .geojson).")
    ] = None,
    territory: Annotated[
        str | None,
        typer.Option(help="Dit aussi comment un territoire tombe dans les bassins (avec un lac)."),
    ] = None,
    lake: LakeOption = None,
    workspace: WorkspaceOption = None,
    *,
    json: JsonOption = False,
) -> None:
    """Délimite des bassins à partir de flux, et les compare à une autre grille."""
    asked = {
        "minimum_size": min_size,
        "target_size": target_size,
        "minimum_containment": min_containment,
        "target_containment": target_containment,
        "minimum_population": min_population,
        "minimum_localisation": min_localisation,
    }
    if zones not in {"origins", "all"}:
        raise UsageError("--zones : origins ou all.")
    with working("bassins", quiet=json) as work:
        made = drawing.draw_living_areas(
            flows=flows,
            method=method,
            out=out,
            lake=_lake(lake),
            workspace=workspace_of(workspace),
            territory=territory,
            cog=cog,
            thresholds={name: each for name, each in asked.items() if each is not None},
            population=population,
            zones=zones,
            bootstrap=bootstrap,
            record_weight=record_weight,
            seed=seed,
            compare=compare,
            contours=contours,
            work=work,
        )
    table = made.table()
    if json:
        as_json(
            {
                "areas": table.to_dict("records"),
                "method": method,
                "flows": made.source,
                "kind": "théoriques" if made.modelled else "observés",
                "rule": made.areas.rule,
                "localisation": made.localisation,
                "reserve": list(map(str, made.areas.zones[made.areas.reserve])),
                "draws": None if made.stability is None else made.stability.draws,
                "territory": None
                if made.met is None
                else {"name": made.territory, **_grid_json(made.met)},
                "compared": made.compared,
                "compared_localisation": made.compared_localisation,
                "files": made.written,
                "remarks": made.remarks,
            }
        )
        return
    kind = "théoriques" if made.modelled else "observés"
    many = f"{number(made.areas.count)} {plural(made.areas.count, 'bassin')}"
    say(f"{many} sur {number(made.areas.zones.size)} zones (flux {kind}).")
    say(f"Part des flux gardée dans les bassins : {percent(made.localisation)}.")
    for row in table.head(20).to_dict("records"):
        firm = f", stabilité {percent(row['stability'])}" if "stability" in row else ""
        kept = row["self_containment"]
        own = "sans visite" if kept != kept else percent(kept)  # noqa: PLR0124 — not a number
        zones_of = f"{row['zones']} {plural(row['zones'], 'zone')}"
        say(f"  {row['name']} : {zones_of}, autonomie {own}{firm}")
    if made.met is not None:
        say(f"{made.territory} :")
        _say_zones(made.met)
    if made.compared is not None:
        told = made.compared
        say(
            f"Contre {told.second} : {percent(told.changed_share)} des habitants changent de bassin, "
            f"V-mesure {number(told.v_measure, 3)} ; flux gardés {percent(made.localisation)} "
            f"contre {percent(made.compared_localisation or 0.0)}."
        )
    for remark in made.remarks:
        say(f"Remarque : {remark}")
    for path in made.written:
        say(str(path))


def _lake(option: Path | None) -> Path | None:
    """Return the lake that is asked for, or the usual one where there is one."""
    found = lake_of(option)
    return found if option is not None or found.is_dir() else None
