"""Commands ``assemblier project`` and ``assemblier scenario``; siting has its own module."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
import typer

from assemblier.cli.options import JsonOption, LakeOption, WorkspaceOption, lake_of, workspace_of
from assemblier.cli.page_formats import DEFAULT_FORMATS, PageFormats, split_formats
from assemblier.cli.shown import as_json, say, say_warnings, tell, working
from assemblier.futures.scenarios.changes import scenario_schema
from assemblier.futures.scenarios.scenario import Outcome
from assemblier.language import number, percent, plural, signed
from assemblier.usecases import futures
from assemblier.usecases.kept_scenarios import (
    drop_scenario_file,
    keep_scenario_file,
    scenario_files_of,
)

__all__ = ["project", "register", "run", "schema"]

SHOWN = 8
GRIDS = {
    "tvs2019": "territoire de vie-santé",
    "bv2022": "bassin de vie",
    "epci": "intercommunalité",
}


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    app.command("project")(project)
    scenarios = typer.Typer(help="Scénarios d’offre de soins.", no_args_is_help=True)
    scenarios.command("run")(run)
    scenarios.command("schema")(schema)
    scenarios.command("keep")(keep)
    scenarios.command("kept")(kept)
    scenarios.command("drop")(drop)
    app.add_typer(scenarios, name="scenario")


def project(
    territory: Annotated[
        str, typer.Argument(help="Territoire de l’espace de travail, ou CSV de communes.")
    ],
    years: Annotated[int, typer.Option(help="Horizon en années ; la moitié est dite aussi.")] = 10,
    ages: Annotated[
        Path | None,
        typer.Option(help="Liste locale sans nom : CSV code,age, un médecin par ligne."),
    ] = None,
    arrivals: Annotated[
        str, typer.Option(help=f"Arrivées : {', '.join(futures.ARRIVALS)}.")
    ] = "observed",
    arrivals_file: Annotated[
        Path | None, typer.Option(help="Arrivées connues : CSV tvs,arrivees,annees.")
    ] = None,
    population: Annotated[
        Path | None, typer.Option(help="Population projetée : CSV code,annee,population.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Graine des tirages de l’APL.")] = 0,
    out: Annotated[Path | None, typer.Option("--out", help="Dossier des pages et tables.")] = None,
    formats: PageFormats = DEFAULT_FORMATS,
    cog: Annotated[int | None, typer.Option(help="Année des codes du fichier.")] = None,
    lake: LakeOption = None,
    workspace: WorkspaceOption = None,
    *,
    json: JsonOption = False,
) -> None:
    """Projette les médecins généralistes et l’accès d’un territoire."""
    horizons = tuple(sorted({max(years // 2, 1), years}))
    with working("projection", quiet=json) as work:
        made = futures.project_territory(
            territory=territory,
            lake=lake_of(lake),
            workspace=workspace_of(workspace),
            years=horizons,
            cog=cog,
            ages=ages,
            arrivals=arrivals,
            arrivals_file=arrivals_file,
            population=population,
            seed=seed,
            out=out,
            formats=split_formats(formats),
            work=work,
        )
    if json:
        as_json(_projection_json(made))
        return
    _say_projection(made)


def _projection_json(made: futures.Projected) -> dict[str, Any]:
    found = made.projection
    return {
        "territory": made.territory.slug,
        "warnings": made.territory.warnings,
        "start": found.start,
        "estimated": found.estimated,
        "zones": records(found.zones),
        "communes": records(found.communes),
        "watched": records(found.watched[["grid", "zone", "name", "years", "loss_probability"]]),
        "hazards": records(made.hazards),
        "regions": records(made.regions.rename_axis("region").reset_index()),
        "notes": list(found.notes),
        "files": list(made.files),
    }


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows as plain values; a missing one is null."""
    made: list[dict[str, Any]] = []
    for row in table.to_dict("records"):
        made.append({str(k): v.item() if hasattr(v, "item") else v for k, v in row.items()})
    return made


def _say_projection(made: futures.Projected) -> None:
    found = made.projection
    say_warnings(made.territory.warnings)
    say(f"{made.territory.name} : médecins généralistes libéraux, à partir de fin {found.start}.")
    if found.estimated:
        say(
            f"Âges présumés ou modélisés pour {percent(found.estimated)} d’entre eux : ces chiffres "
            "sont des estimations."
        )
    own = found.zones[found.zones["grid"] == "territoire"]
    for row in own.to_dict("records"):
        say()
        say(f"Dans {row['years']} ans ({found.start + row['years']}) :")
        say(
            f"  départs : {number(row['departures'], 1)} sur {number(row['doctors'])} "
            f"(de {row['departures_low_80']:.0f} à {row['departures_high_80']:.0f}, 8 chances sur 10)"
        )
        known = bool(np.isfinite(row["doctors_after"]))
        alone = f"sans aucune arrivée : {number(row['apl_alone'], 2)}"
        if known:
            say(
                f"  arrivées attendues : {number(row['arrivals'], 1)} ; médecins : "
                f"{number(row['doctors_after'], 1)} (de {row['doctors_after_low_80']:.0f} à "
                f"{row['doctors_after_high_80']:.0f}, 8 chances sur 10)"
            )
            say(
                f"  densité : {number(row['density'], 1)} → {number(row['density_after'], 1)} "
                "pour 10 000 habitants"
            )
            say(
                f"  APL recalculé : {number(row['apl'], 2)} → {number(row['apl_after'], 2)} "
                f"(de {number(row['apl_after_low_80'], 2)} à "
                f"{number(row['apl_after_high_80'], 2)}) ; {alone}"
            )
        else:
            say("  arrivées inconnues : effectif et densité à venir ne se disent pas")
            say(f"  APL recalculé : {number(row['apl'], 2)} ; {alone}")
        needed = int(row["needed_50"])
        say(
            f"  pour garder l’effectif : {needed} {plural(needed, 'arrivée')} (1 chance sur 2), "
            f"{row['needed_80']:.0f} (8 sur 10) ; pour garder l’APL : "
            f"{number(row['apl_needed_50'])} et {number(row['apl_needed_80'])}"
        )
    watched = found.watched
    watched = watched[watched["years"] == watched["years"].min()] if len(watched) else watched
    watched = watched[watched["grid"] != "territoire"]
    if len(watched):
        say()
        say(f"À surveiller d’abord (dans {watched['years'].iloc[0]} ans) :")
        for row in watched.head(SHOWN).to_dict("records"):
            doctors = int(row["doctors"])
            say(
                f"  {row['name']} ({GRIDS.get(row['grid'], row['grid'])}) : {doctors} "
                f"{plural(doctors, 'médecin')}, {number(row['departures'], 1)} "
                f"{plural(row['departures'], 'départ attendu', 'départs attendus')}"
            )
        if len(watched) > SHOWN:
            say(f"  et {len(watched) - SHOWN} autres zones")
    say()
    for note in found.notes:
        say(f"Note : {note}")
    for path in made.files:
        say(str(path))


def run(
    file: Annotated[Path, typer.Argument(help="Fichier YAML de scénarios.")],
    out: Annotated[Path | None, typer.Option("--out", help="Dossier des pages et tables.")] = None,
    formats: PageFormats = DEFAULT_FORMATS,
    lake: LakeOption = None,
    workspace: WorkspaceOption = None,
    *,
    sensitivity: Annotated[bool, typer.Option(help="Dit de quoi le gain dépend le plus.")] = True,
    json: JsonOption = False,
) -> None:
    """Calcule les scénarios d’un fichier et les compare."""
    with working("scénarios", quiet=json) as work:
        made = futures.run_scenarios(
            file=file,
            lake=lake_of(lake),
            workspace=workspace_of(workspace),
            out=out,
            formats=split_formats(formats),
            with_sensitivity=sensitivity,
            work=work,
        )
    if json:
        as_json(_scenarios_json(made))
        return
    say_warnings(made.territory.warnings)
    say(f"{made.territory.name} : APL recalculé de fin {made.year} ; chaque scénario en part.")
    for each in made.outcomes:
        _say_outcome(each, made)
    say()
    for note in made.told.notes:
        say(f"Note : {note}")
    for path in made.files:
        say(str(path))


def schema(*, json: JsonOption = False) -> None:  # noqa: ARG001 — it prints nothing else
    """Imprime le schéma JSON d’un fichier de scénarios."""
    as_json(scenario_schema())


def keep(
    file: Annotated[Path, typer.Argument(help="Fichier YAML de scénarios.")],
    territory: Annotated[
        str | None, typer.Option(help="Territoire de l’espace de travail ; celui du fichier sinon.")
    ] = None,
    workspace: WorkspaceOption = None,
    *,
    json: JsonOption = False,
) -> None:
    """Garde un fichier de scénarios : chaque diagnostic du territoire les imprime."""
    slug, version, names = keep_scenario_file(
        file=file, territory=territory, workspace=workspace_of(workspace)
    )
    tell(
        f"Scénarios gardés : {slug}, version {version} ({', '.join(names)}).",
        {"territory": slug, "version": version, "scenarios": names},
        json=json,
    )


def kept(
    territory: Annotated[str, typer.Argument(help="Territoire de l’espace de travail.")],
    *,
    history: Annotated[bool, typer.Option("--history", help="Montre toutes les versions.")] = False,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Imprime le fichier de scénarios gardé, prêt à être modifié."""
    versions = scenario_files_of(territory=territory, workspace=workspace_of(workspace))
    shown = versions if history else [each for each in versions[-1:] if each.text]
    if json:
        as_json({"scenarios": shown})
        return
    if not shown:
        say("Aucun scénario gardé.")
    for each in shown:
        say(f"# version {each.number}, {each.created:%d/%m/%Y %H:%M} UTC")
        say(each.text.rstrip() or "# (retiré)")


def drop(
    territory: Annotated[str, typer.Argument(help="Territoire de l’espace de travail.")],
    workspace: WorkspaceOption = None,
    *,
    json: JsonOption = False,
) -> None:
    """Retire les scénarios gardés d’un territoire ; leur histoire reste."""
    slug = drop_scenario_file(territory=territory, workspace=workspace_of(workspace))
    tell(f"Scénarios retirés : {slug}.", {"territory": slug}, json=json)


def _scenarios_json(made: futures.Compared) -> dict[str, Any]:
    return {
        "territory": made.territory.slug,
        "warnings": made.territory.warnings,
        "year": made.year,
        "scenarios": [
            {
                "name": each.scenario.name,
                "summary": dict(each.summary),
                "supply_before": each.capacities.before,
                "supply_after": each.capacities.after,
                "conserved": each.capacities.conserved,
                "acts": dict(each.capacities.acts),
                "communes": records(each.communes),
                "zones": records(each.zones),
                "sensitivity": records(made.told.sensitivity[each.scenario.name])
                if each.scenario.name in made.told.sensitivity
                else [],
            }
            for each in made.outcomes
        ],
        "comparison": records(made.comparison),
        "notes": list(made.told.notes),
        "files": list(made.files),
    }


def _decimal(said: object) -> str:
    return str(said).replace(".", ",")


def _say_outcome(each: Outcome, made: futures.Compared) -> None:
    told = each.summary
    say()
    say(each.scenario.name + (f" — {each.scenario.note}" if each.scenario.note else ""))
    say(
        f"  territoire : {number(told['before'], 2)} → {number(told['after'], 2)} "
        f"({signed(told['delta'], 2)} consultations par an et habitant standardisé)"
    )
    change = each.capacities.after - each.capacities.before
    supply = "offre totale inchangée" if each.capacities.conserved else (
        f"offre totale : {signed(change, 0)} consultations par an"
    )  # fmt: skip
    share = told["share_inside"]
    kept = "" if share != share else f" ; {percent(share)} des effets dans le territoire"  # noqa: PLR0124
    say(f"  {supply}{kept}")
    say(
        f"  gagnent : {number(told['win_inside'])} habitants du territoire, "
        f"{number(told['win_outside'])} au-dehors ; perdent : {number(told['lose_inside'])} et "
        f"{number(told['lose_outside'])}"
    )
    if "under_before" in told:
        say(
            f"  habitants sous {number(made.told.threshold, 1)} : {number(told['under_before'])} → {number(told['under_after'])}"
        )
    most = each.communes.reindex(each.communes["delta"].abs().sort_values(ascending=False).index)
    shown = [
        f"{made.told.names.get(row['code'], row['code'])} {signed(row['delta'], 2)}"
        + ("" if row["inside"] else " (hors territoire)")
        for row in most[most["side"] != "inchangé"].head(SHOWN).to_dict("records")
    ]
    if shown:
        say(f"  le plus : {', '.join(shown)}")
    table = made.told.sensitivity.get(each.scenario.name)
    if table is not None:
        for row in table.to_dict("records"):
            say(
                f"  dépend de : {row['label']}, de {_decimal(row['low'])} à {_decimal(row['high'])} : "
                f"{signed(row['gain_low'], 2)} à {signed(row['gain_high'], 2)}"
            )
