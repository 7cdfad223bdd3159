"""Commands ``assemblier site`` and ``assemblier sitings``."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Any

import typer

from assemblier.cli.options import JsonOption, LakeOption, WorkspaceOption, lake_of, workspace_of
from assemblier.cli.page_formats import DEFAULT_FORMATS, PageFormats, split_formats
from assemblier.cli.shown import as_json, say, say_warnings, tell, working
from assemblier.language import number, percent, plural
from assemblier.usecases.kept_sitings import (
    ReadSiting,
    ask_again,
    drop_siting,
    sitings_of_territory,
)
from assemblier.usecases.siting import OBJECTIVES, Sited, site_doctors

__all__ = ["register", "site"]

SHOWN = 8


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    app.command("site")(site)
    sitings = typer.Typer(help="Implantations gardées d’un territoire.", no_args_is_help=True)
    sitings.command("list")(list_)
    sitings.command("run")(run)
    sitings.command("drop")(drop)
    app.add_typer(sitings, name="sitings")


def site(
    territory: Annotated[
        str, typer.Argument(help="Territoire de l’espace de travail, ou CSV de communes.")
    ],
    add: Annotated[int, typer.Option(help="Médecins à placer, ou sites à ouvrir.")],
    objective: Annotated[
        str, typer.Option(help=f"Ce qu’on cherche : {', '.join(OBJECTIVES)}.")
    ] = OBJECTIVES[0],
    candidates: Annotated[
        Path | None,
        typer.Option(
            help="CSV code[,maximum,cout_medecin,cout_ouverture] ; toutes les communes sinon."
        ),
    ] = None,
    fixed: Annotated[
        Path | None, typer.Option(help="CSV code[,medecins] : déjà décidés, comptés dans --add.")
    ] = None,
    forbidden: Annotated[Path | None, typer.Option(help="CSV code : communes écartées.")] = None,
    minimum_team: Annotated[
        int, typer.Option(help="Médecins au moins par site (maison de santé : 2).")
    ] = 1,
    most_sites: Annotated[int | None, typer.Option(help="Sites au plus.")] = None,
    most_per_site: Annotated[int | None, typer.Option(help="Médecins au plus par site.")] = None,
    budget: Annotated[float | None, typer.Option(help="Somme disponible.")] = None,
    doctor_cost: Annotated[float | None, typer.Option(help="Coût par médecin.")] = None,
    opening_cost: Annotated[float | None, typer.Option(help="Coût d’ouverture d’un site.")] = None,
    radius: Annotated[
        float | None, typer.Option(help="Minutes qui comptent comme couvertes (coverage).")
    ] = None,
    only_territory: Annotated[
        bool | None,
        typer.Option(
            "--only-territory/--with-neighbours",
            help="Compte ou non les habitants des communes voisines ; selon l’objectif sinon.",
        ),
    ] = None,
    least_population: Annotated[
        float | None,
        typer.Option(help="Habitants au moins d’une candidate, sans fichier de candidates."),
    ] = None,
    seconds: Annotated[float | None, typer.Option(help="Temps laissé à la preuve.")] = None,
    keep: Annotated[
        str | None,
        typer.Option(
            help="Garde la question et sa réponse sous ce nom ; chaque diagnostic du territoire "
            "l’imprime."
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Dossier des pages et tables.")] = None,
    formats: PageFormats = DEFAULT_FORMATS,
    cog: Annotated[int | None, typer.Option(help="Année des codes du fichier.")] = None,
    lake: LakeOption = None,
    workspace: WorkspaceOption = None,
    *,
    json: JsonOption = False,
) -> None:
    """Place des médecins, ou ouvre des sites, là où ils servent le plus, avec la preuve."""
    with working("implantation", quiet=json) as work:
        made = site_doctors(
            territory=territory,
            lake=lake_of(lake),
            workspace=workspace_of(workspace),
            add=add,
            objective=objective,
            candidates=candidates,
            fixed=fixed,
            forbidden=forbidden,
            minimum_team=minimum_team,
            most_sites=most_sites,
            most_per_site=most_per_site,
            budget=budget,
            doctor_cost=doctor_cost,
            opening_cost=opening_cost,
            radius=radius,
            only_territory=only_territory,
            least_population=least_population,
            seconds=seconds,
            keep=keep,
            cog=cog,
            out=out,
            formats=split_formats(formats),
            work=work,
        )
    if json:
        as_json(_siting_json(made))
        return
    _say_siting(made)


TerritoryArgument = Annotated[str, typer.Argument(help="Territoire de l’espace de travail.")]
NameArgument = Annotated[str, typer.Argument(help="Nom de l’implantation gardée.")]


def list_(
    territory: TerritoryArgument,
    *,
    history: Annotated[bool, typer.Option("--history", help="Montre toutes les versions.")] = False,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Liste les implantations gardées, avec leur réponse du jour."""
    kept = sitings_of_territory(
        territory=territory, workspace=workspace_of(workspace), history=history
    )
    if json:
        as_json({"sitings": kept})
        return
    if not kept:
        say("Aucune implantation gardée.")
    for each in kept:
        say(f"{each.name} — version {each.version}, {each.created:%d/%m/%Y %H:%M} UTC")
        say(f"  {each.request.add} à placer, objectif {each.request.objective}")
        say(f"  {_kept_sites(each)} ; {'prouvé' if each.answer['proved'] else 'non prouvé'}")


def run(
    territory: TerritoryArgument,
    name: NameArgument,
    out: Annotated[Path | None, typer.Option("--out", help="Dossier des pages et tables.")] = None,
    formats: PageFormats = DEFAULT_FORMATS,
    lake: LakeOption = None,
    workspace: WorkspaceOption = None,
    *,
    json: JsonOption = False,
) -> None:
    """Pose de nouveau une question gardée, sur les données du jour."""
    with working("implantation", quiet=json) as work:
        made, before = ask_again(
            territory=territory,
            name=name,
            lake=lake_of(lake),
            workspace=workspace_of(workspace),
            out=out,
            formats=split_formats(formats),
            work=work,
        )
    same = dict(before.answer["sites"]) == dict(made.answer.placed)
    if json:
        as_json({**_siting_json(made), "same_sites": same})
        return
    _say_siting(made)
    if not same:
        say(f"Réponse changée ; la version {before.version} disait : {_kept_sites(before)}")


def drop(
    territory: TerritoryArgument,
    name: NameArgument,
    workspace: WorkspaceOption = None,
    *,
    json: JsonOption = False,
) -> None:
    """Retire une implantation gardée ; son histoire reste."""
    slug = drop_siting(territory=territory, name=name, workspace=workspace_of(workspace))
    found = {"territory": slug, "name": name}
    tell(f"Implantation retirée de {slug} : {name}.", found, json=json)


def _kept_sites(kept: ReadSiting) -> str:
    told = {code: kept.answer["names"].get(code, code) for code in kept.answer["sites"]}
    counts = kept.answer["sites"]
    return ", ".join(
        name if counts[code] == 1 else f"{name} ({counts[code]})" for code, name in told.items()
    )


def _siting_json(made: Sited) -> dict[str, Any]:
    answer, found = made.answer, made.answer.siting
    codes = answer.codes
    inside = set(made.territory.communes)
    return {
        "territory": made.territory.slug,
        "warnings": made.territory.warnings,
        "year": made.year,
        "objective": answer.question.objective,
        "sense": found.sense,
        "unit": answer.unit,
        "sites": [
            {
                "code": code,
                "name": made.names.get(code, code),
                "count": count,
                "inside": code in inside,
            }
            for code, count in answer.placed.items()
        ],
        "alternatives": [
            {
                "leaves": codes[each.leaves],
                "enters": codes[each.enters],
                "moved": each.moved,
                "value": each.value,
                "loss": each.loss,
                "share": each.share,
                "sentence": each.sentence([made.names.get(code, code) for code in codes]),
            }
            for each in found.alternatives
        ],
        "by_hand": [
            {
                "name": each.name,
                "sites": [
                    {"code": codes[at], "count": int(count)}
                    for at, count in zip(each.sites, each.counts, strict=True)
                ],
                "value": each.value,
                "share": each.share,
            }
            for each in answer.by_hand
        ],
        "value": found.value,
        "baseline": found.baseline,
        "gain": found.gain,
        "bound": found.bound,
        "gap_of_gain": found.gap_of_gain,
        "proved": found.proved,
        "seconds": found.seconds,
        "marginal": found.marginal,
        "consultations": answer.consultations,
        "people": answer.people,
        "out_of_reach": found.out_of_reach,
        "method": found.method,
        "kept": None if made.kept is None else {"name": made.kept[0], "version": made.kept[1]},
        "summary": dict(made.outcome.summary),
        "notes": made.notes,
        "files": made.files,
    }


def _say_siting(made: Sited) -> None:
    answer, found = made.answer, made.answer.siting
    names = [made.names.get(code, code) for code in answer.codes]
    of_doctors = answer.consultations is not None
    say_warnings(made.territory.warnings)
    say(f"{made.territory.name} : supposé à partir de l’offre de fin {made.year}.")
    for code, count in answer.placed.items():
        what = f" : {count} {plural(count, 'médecin')}" if of_doctors else ""
        say(f"  {made.names.get(code, code)} ({code}){what}")
    before, after = (
        number(answer.told(value), answer.decimals) for value in (found.baseline, found.value)
    )
    say(f"{answer.unit} : {before} → {after}")
    if not found.gain > 0:
        say("rien à gagner : aucun choix ne change ce qui est cherché, cette réponse en est une")
    if answer.consultations is not None:
        lacking, still = answer.consultations
        say(f"consultations qui manquent par an : {number(lacking)} → {number(still)}")
    proof = (
        "prouvé : aucun autre choix ne fait mieux"
        if found.proved
        else f"aucun choix ne gagne plus de {percent(found.gap_of_gain, 2)} de mieux"
    )
    say(f"{proof} ({number(found.seconds, 2)} s, {found.method})")
    if found.gain > 0 and not math.isnan(found.marginal):
        share = found.marginal / found.gain
        one = "un médecin" if of_doctors else "un site"
        say(f"{one} de plus, bien placé, ajouterait {percent(share)} du gain")
    if found.alternatives:
        say("En changeant un seul site :")
        for other in found.alternatives[:SHOWN]:
            say(f"  {other.sentence(names)}")
        if len(found.alternatives) > SHOWN:
            say(f"  et {len(found.alternatives) - SHOWN} autres")
    if answer.by_hand:
        say("Choix à la main :")
        for hand in answer.by_hand:
            where = ", ".join(
                f"{names[at]}" + (f" ({count})" if of_doctors else "")
                for at, count in zip(hand.sites, hand.counts, strict=True)
            )
            worth = "" if math.isnan(hand.share) else f" : {percent(hand.share)} du gain"
            say(f"  {hand.name} — {where}{worth}")
    told = made.outcome.summary
    say(
        f"Gagnent : {number(told['win_inside'])} habitants du territoire, "
        f"{number(told['win_outside'])} au-dehors ; "
        f"{percent(told['share_inside'], 0)} des effets dans le territoire"
    )
    for note in made.notes:
        say(f"Note : {note}")
    if made.kept is not None:
        say(f"Gardée : « {made.kept[0]} », version {made.kept[1]}.")
    for path in made.files:
        say(str(path))
