"""Commands ``assemblier zoning`` and ``assemblier nowcast``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from assemblier.cli.options import JsonOption, LakeOption, lake_of
from assemblier.cli.shown import as_json, say, working
from assemblier.language import number, percent, plural
from assemblier.usecases.nowcast import MOVED_BY, NowcastMade, nowcast_apl
from assemblier.usecases.zoning import NOTE_FORMATS, ZoningMade, known_rules, simulate_zoning

__all__ = ["register"]

zonings = typer.Typer(help="Zonage des médecins : simuler une règle.", no_args_is_help=True)
nowcasts = typer.Typer(help="Actualiser une mesure publiée.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add both groups of commands to the program."""
    app.add_typer(zonings, name="zoning")
    app.add_typer(nowcasts, name="nowcast")


@zonings.callback()
def _zonings() -> None:
    """Keep ``simulate`` a command of its own."""


@nowcasts.callback()
def _nowcasts() -> None:
    """Keep ``apl`` a command of its own."""


@zonings.command("rules")
def rules(*, json: JsonOption = False) -> None:
    """Liste les règles datées, leur adresse et ce qui reste à vérifier."""
    known = known_rules()
    if json:
        as_json({"rules": known})
        return
    for rule in known:
        say(f"{rule.id} : {rule.label}, depuis le {rule.since:%d/%m/%Y}")
        say(f"  {rule.reference}")
        for each in rule.to_verify:
            say(f"  à vérifier : {each}")


@zonings.command("simulate")
def simulate(
    rule: Annotated[str, typer.Option(help="Règle : voir « zoning rules ».")],
    apl: Annotated[
        str | None,
        typer.Option(
            help="Année publiée, recalcule, recalcule:2018, ou CSV code;apl (projection, scénario)."
        ),
    ] = None,
    compare: Annotated[
        str | None, typer.Option(help="Autre APL, dont on dit ce qui change de classe.")
    ] = None,
    ceiling: Annotated[
        list[str] | None,
        typer.Option(help="Plafond d’une région, par exemple 84:ZIP=0.285,ZAC=0.492."),
    ] = None,
    choices: Annotated[
        Path | None, typer.Option(help="CSV tvs;classe : les choix de l’ARS.")
    ] = None,
    region: Annotated[str | None, typer.Option(help="Code de la région de la note.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="Dossier de la note et des tables ; rien sinon.")
    ] = None,
    formats: Annotated[
        str, typer.Option("--format", help="Formats de la note, séparés par des virgules.")
    ] = ",".join(NOTE_FORMATS),
    lake: LakeOption = None,
    *,
    json: JsonOption = False,
) -> None:
    """Simule une règle de zonage et la compare au zonage arrêté."""
    with working("zonage", quiet=json) as work:
        made = simulate_zoning(
            rule=rule,
            lake=lake_of(lake),
            apl=apl,
            compare=compare,
            ceilings=ceiling or (),
            choices=choices,
            region=region,
            out=out,
            formats=[each.strip() for each in formats.split(",") if each.strip()],
            work=work,
        )
    if json:
        as_json(_zoning_json(made))
        return
    _say_zoning(made, region)


def _zoning_json(made: ZoningMade) -> dict[str, Any]:
    agreement = made.agreement
    return {
        "rule": made.zoning.rule,
        "apl": made.apl.label,
        "gauges": [
            {
                "region": each.region,
                "classe": each.classe,
                "population": each.population,
                "of": each.of,
                "share": each.share,
                "ceiling": each.ceiling,
                "exceeded": each.exceeded,
            }
            for each in made.zoning.gauges
        ],
        "absent_criteria": made.zoning.absent_criteria,
        "notes": made.zoning.notes,
        "zones": made.decision.reset_index().to_dict("records"),
        "decree": made.decree,
        "agreement": None
        if agreement is None
        else {
            "agreeing": agreement.agreeing,
            "same": agreement.same,
            "confusion": agreement.confusion.to_dict("index"),
            "regions": agreement.regions.to_dict("index"),
        },
        "compared_with": made.compared_with or None,
        "changes": None if made.changes is None else made.changes.reset_index().to_dict("records"),
        "files": made.written,
    }


def _say_zoning(made: ZoningMade, region: str | None) -> None:
    rule = made.zoning.rule
    say(f"{rule.label}, sur : {made.apl.label}")
    for each in made.zoning.gauges:
        if each.region == (region or "FR") or each.exceeded:
            limit = "" if each.ceiling is None else f" (plafond {percent(each.ceiling)})"
            say(f"  {each.region} {each.classe} : {percent(each.share)} des habitants{limit}")
    edge = int(made.decision["edge"].sum())
    say(f"{edge} {plural(edge, 'territoire')} au bord d’un seuil.")
    if made.agreement is not None and (region or "FR") in made.agreement.regions.index:
        row = made.agreement.regions.loc[region or "FR"].to_dict()
        say(
            f"Zonage en vigueur ({made.decree}) : {percent(row['agreeing'])} des habitants "
            f"comparés en accord, {percent(row['same'])} dans la même classe."
        )
    if made.changes is not None:
        people = float(made.changes["population"].sum())
        say(
            f"{len(made.changes)} territoires ({number(people)} habitants) changent de classe "
            f"depuis : {made.compared_with}."
        )
    for note in made.zoning.notes:
        say(f"Remarque : {note}.")
    for doubt in rule.to_verify:
        say(f"À vérifier dans le texte : {doubt}.")
    for path in made.written:
        say(str(path))


@nowcasts.command("apl")
def nowcast(
    to: Annotated[int, typer.Option(help="Année d’arrivée.")],
    since: Annotated[
        int | None, typer.Option("--from", help="Année publiée de départ ; la dernière sinon.")
    ] = None,
    ages: Annotated[str, typer.Option(help="Médecins comptés : tous ou 65.")] = "tous",
    moved_by: Annotated[
        str, typer.Option("--moved-by", help=f"Ce qui déplace l’offre : {', '.join(MOVED_BY)}.")
    ] = MOVED_BY[0],
    out: Annotated[Path | None, typer.Option(help="Dossier des tables ; rien sinon.")] = None,
    lake: LakeOption = None,
    *,
    json: JsonOption = False,
) -> None:
    """Amène l’APL publié à une année plus récente, avec son intervalle et ses erreurs connues."""
    with working("actualisation", quiet=json) as work:
        made = nowcast_apl(
            to=to,
            since=since,
            ages=ages,
            moved_by=moved_by,
            lake=lake_of(lake),
            out=out,
            work=work,
        )
    if json:
        as_json(_nowcast_json(made))
        return
    say(made.verdict)
    for note in made.notes:
        say(f"Remarque : {note}.")
    for path in made.written:
        say(str(path))


def _nowcast_json(made: NowcastMade) -> dict[str, Any]:
    return {
        "from": made.since,
        "to": made.to,
        "verdict": made.verdict,
        "beats_unchanged": None if made.errors is None else made.errors.beats_unchanged,
        "errors": made.errors,
        "errors_same_population": made.errors_same_population,
        "zones": made.zones.reset_index().to_dict("records"),
        "notes": made.notes,
        "files": made.written,
    }
