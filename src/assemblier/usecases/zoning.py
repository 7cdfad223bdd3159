"""Use case: a zoning rule simulated on an APL, set against the decree, written as a note."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from assemblier.errors import BadInput, MissingSource, Problem, UsageError
from assemblier.futures.zoning.decree import (
    DecreeAgreement,
    decision_table,
    decree_agreement,
    decree_shares,
)
from assemblier.futures.zoning.inputs import (
    AplSource,
    decreed_classes,
    merged_communes,
    published_apl,
    published_years,
    quarters_of,
    recomputed_apl,
    zoned_communes,
)
from assemblier.futures.zoning.note import zoning_note
from assemblier.futures.zoning.rules import ZoningRule, zoning_rule, zoning_rules
from assemblier.futures.zoning.simulation import Zones, Zoning, class_changes, simulate
from assemblier.indicators.context import Context
from assemblier.lake.lake import Lake
from assemblier.parameters import load_parameters
from assemblier.progress import Work
from assemblier.publish.write import FORMATS, write
from assemblier.whole_files import written_in_one_step

__all__ = [
    "NOTE_FORMATS",
    "ZoningMade",
    "known_rules",
    "parse_ceilings",
    "read_choices",
    "simulate_zoning",
]

RECOMPUTED = "recalcule"
COVERED = "zones.coverage.absent_below"
NOTE_FORMATS = tuple(name for name in ("docx", "xlsx") if name in FORMATS)


@dataclass(frozen=True, slots=True)
class ZoningMade:
    """A zoning simulated, compared and written.

    Attributes
    ----------
    zoning, zones
        The simulation and its zones.
    apl
        What it was simulated on.
    agreement
        Against the decree at hand; None without one.
    decree
        How the decree is named.
    decision
        Decision table, one row by zone.
    changes
        Zones whose class differs from the simulation it is compared with; None without one.
    compared_with
        How that one is named.
    written
        Files.
    """

    zoning: Zoning
    zones: Zones
    apl: AplSource
    agreement: DecreeAgreement | None
    decree: str
    decision: pd.DataFrame
    changes: pd.DataFrame | None
    compared_with: str
    written: tuple[Path, ...] = ()


def known_rules() -> tuple[ZoningRule, ...]:
    """Return the rules, oldest first."""
    return tuple(zoning_rules(load_parameters()).values())


def simulate_zoning(
    *,
    rule: str,
    lake: Path,
    apl: str | None = None,
    compare: str | None = None,
    ceilings: Sequence[str] = (),
    choices: Path | None = None,
    region: str | None = None,
    out: Path | None = None,
    formats: Sequence[str] = NOTE_FORMATS,
    today: dt.date | None = None,
    work: Work | None = None,
) -> ZoningMade:
    """Simulate a rule.

    Parameters
    ----------
    rule
        Identifier: ``2017``, ``2021``, ``2025``, ``2026-ara``.
    apl
        A published year, ``recalcule``, ``recalcule:2018``, or a CSV ``code;apl`` (a projection, a
        scenario); the newest published year that covers the country without it.
    compare
        Another APL, named the same way: the change of class from it to ``apl`` is told.
    ceilings
        ``84:ZIP=0.285,ZAC=0.492`` by region. Without any, the shares that the decree at hand
        classes stand for the ceilings of the rule, and the notes say so.
    choices
        CSV ``tvs;classe``: what an agency chooses by hand.
    region
        Code of the region of the note and the decision table; the whole country without it.
    out
        Folder of the documents and CSV; nothing is written without it.

    Raises
    ------
    UsageError, BadInput, MissingSource
        With a sentence for a person.
    """
    work = work or Work()
    context = Context.of(Lake.open(lake))
    chosen = zoning_rule(context.parameters, rule)
    limits = parse_ceilings(ceilings)
    if limits and chosen.method != "regional_ceiling":
        raise UsageError(
            f"La règle {rule} n’a pas de plafond régional à fixer : retirez --ceiling, ou "
            "choisissez une règle à plafond (voir « zoning rules »)."
        )
    work.step(0.1, "APL par commune")
    source = _apl(context, chosen, apl or str(_newest(context)))
    decree, decree_name = decreed_classes(context)
    hands = {} if choices is None else read_choices(choices)
    communes, zones, zoning = _run(context, chosen, source, limits, hands, decree)
    changes = None
    other = None
    if compare is not None:
        work.step(0.5, "comparaison")
        other = _apl(context, chosen, compare)
        changes = class_changes(_run(context, chosen, other, limits, {}, decree)[2], zoning)
    work.step(0.7, "tables")
    agreement = decree_agreement(zoning, communes, decree) if decree else None
    decision = decision_table(
        zoning,
        zones,
        communes,
        decree,
        merged=merged_communes(context, chosen.grid),
        quarters=quarters_of(context),
        commune_names=context.geography.names,
    )
    regions = context.geography.zone_names.get("region", {})
    if region is not None:
        if region not in set(decision["region"]):
            raise UsageError(
                f"Région sans territoire simulé : {region}. Régions : "
                f"{', '.join(sorted(set(decision['region'])))}."
            )
        decision = decision[decision["regions"].str.split(", ").map(lambda each: region in each)]
        if changes is not None:
            changes = changes[changes["region"] == region]
    made = ZoningMade(
        zoning,
        zones,
        source,
        agreement,
        decree_name,
        decision,
        changes,
        "" if other is None else other.label,
    )
    if out is None:
        return made
    work.step(0.8, "note et tables")
    note = zoning_note(
        zoning,
        apl=source.label,
        agreement=agreement,
        decree=decree_name,
        decision=decision,
        changes=changes,
        compared_with=made.compared_with,
        region=region,
        region_names=regions,
        day=today or dt.datetime.now(tz=dt.UTC).date(),
    )
    out.mkdir(parents=True, exist_ok=True)
    files = [*write(note, out, list(formats)), *_tables(made, note.id, out)]
    return replace(made, written=tuple(files))


def _newest(context: Context) -> int:
    """Newest published year that is not an extract."""
    size = {
        year: max(part.rows for part in context.parts("apl", card="drees-apl-mg", year=year))
        for year in published_years(context)
    }
    whole = [year for year, rows in size.items() if 2 * rows > max(size.values())]
    if not whole:
        raise MissingSource("Le lac n’a pas d’APL publié ; donnez --apl recalcule ou un fichier.")
    return max(whole)


def _apl(context: Context, rule: ZoningRule, asked: str) -> AplSource:
    if asked.isdigit():
        return published_apl(context, int(asked), rule.ages)
    name, _, year = asked.partition(":")
    if name == RECOMPUTED and (not year or year.isdigit()):
        return recomputed_apl(context, int(year) if year else None, rule.ages)
    path = Path(asked)
    if path.suffix.lower() != ".csv":
        raise UsageError(
            f"APL inconnu : {asked}. Donnez une année publiée, « {RECOMPUTED} », "
            f"« {RECOMPUTED}:2018 » ou un fichier CSV code;apl."
        )
    frame = _csv(path, ("code", "apl"))
    value = pd.to_numeric(frame["apl"].str.replace(",", "."), errors="coerce")
    problems = [
        Problem("APL illisible", path.name, line=row + 2, column="apl", value=str(told))
        for row, told in _lines(frame["apl"][(value.isna() & (frame["apl"] != "")) | (value < 0)])
    ]
    problems += [
        Problem("commune donnée deux fois", path.name, line=row + 2, column="code", value=code)
        for row, code in _lines(frame["code"][frame["code"].duplicated()])
    ]
    unknown = frame["code"][~frame["code"].isin(context.geography.membership.index)]
    problems += [
        Problem(
            f"commune inconnue du COG {context.geography.cog}",
            path.name,
            line=row + 2,
            column="code",
            value=code,
        )
        for row, code in _lines(unknown)
    ]
    if problems:
        raise BadInput(problems)
    index = pd.Index(frame["code"].to_numpy(object), dtype=object, name="code")
    table = pd.DataFrame({"apl": value.to_numpy()}, index=index)
    return AplSource(f"APL du fichier {path.name}", table.assign(standardised=float("nan")))


def _run(
    context: Context,
    rule: ZoningRule,
    source: AplSource,
    limits: Mapping[str, Mapping[str, float]],
    hands: Mapping[str, str],
    decree: Mapping[str, str],
) -> tuple[pd.DataFrame, Zones, Zoning]:
    day = rule.since
    covered = float(context.parameters[COVERED].on(day))
    communes, zones = zoned_communes(context, rule, source, covered_at_least=covered)
    notes = list(source.notes)
    used = dict(limits)
    if rule.method == "regional_ceiling" and not used and not rule.ceilings and decree:
        shares = decree_shares(communes, _texts(zones.frame["region"]), decree)
        kept = rule.classes[:-1]
        used = {
            region: {name: told.get(name, 0.0) for name in kept} for region, told in shares.items()
        }
        notes.append(
            "plafonds réglementaires non à disposition : celui de chaque région est pris égal à la "
            "part de sa population que le zonage à disposition classe"
        )
    made = simulate(
        zones,
        rule,
        margin=float(context.parameters["zoning.edge_margin"].on(day)),
        edge_share=float(context.parameters["zoning.edge_share"].on(day)),
        ceilings=used,
        choices=hands,
    )
    return communes, zones, replace(made, notes=(*notes, *made.notes))


def parse_ceilings(asked: Sequence[str]) -> dict[str, dict[str, float]]:
    """Read ceilings written ``84:ZIP=0.285,ZAC=0.492``.

    Raises
    ------
    UsageError
        A ceiling that cannot be read.
    """
    made: dict[str, dict[str, float]] = {}
    for each in asked:
        region, _, told = each.partition(":")
        try:
            shares = {
                name.strip(): float(share)
                for name, share in (one.split("=") for one in told.split(","))
            }
        except ValueError:
            shares = {}
        if not region or not shares or sum(shares.values()) > 1 or min(shares.values()) < 0:
            raise UsageError(
                f"Plafond illisible : {each}. Écrivez par exemple 84:ZIP=0.285,ZAC=0.492 "
                "(parts de 0 à 1)."
            )
        made[region.strip()] = shares
    return made


def read_choices(path: Path) -> dict[str, str]:
    """Read the choices of an agency: ``tvs;classe``.

    Raises
    ------
    BadInput
        The file cannot be read, or a zone is given twice.
    """
    frame = _csv(path, ("tvs", "classe"))
    twice = frame["tvs"][frame["tvs"].duplicated()]
    if len(twice):
        raise BadInput(
            [
                Problem(
                    "territoire donné deux fois",
                    path.name,
                    line=row + 2,
                    column="tvs",
                    value=zone,
                )
                for row, zone in _lines(twice)
            ]
        )
    return dict(zip(frame["tvs"], frame["classe"].str.upper(), strict=True))


def _lines(column: pd.Series) -> list[tuple[int, str]]:
    """Positions and texts of the cells kept of a column that was read whole."""
    return list(zip(column.index.to_numpy(dtype=int).tolist(), map(str, column), strict=True))


def _texts(column: pd.Series) -> dict[str, str]:
    return dict(zip(map(str, column.index), map(str, column), strict=True))


def _csv(path: Path, columns: tuple[str, ...]) -> pd.DataFrame:
    if not path.is_file():
        raise MissingSource(f"Le fichier {path} n’existe pas.")
    try:
        frame = pd.read_csv(
            path, sep=None, engine="python", dtype=str, encoding="utf-8-sig", keep_default_na=False
        )
    except (ValueError, OSError) as error:
        raise BadInput(
            Problem("table illisible", path.name, allowed=f"CSV en UTF-8 : {';'.join(columns)}")
        ) from error
    absent = [name for name in columns if name not in frame]
    if absent:
        raise BadInput(
            [Problem(f"la colonne « {name} » est absente", path.name) for name in absent]
        )
    return frame


def _tables(made: ZoningMade, stem: str, out: Path) -> list[Path]:
    tables = {"decision": made.decision.reset_index()}
    if made.agreement is not None:
        tables["accord-regions"] = made.agreement.regions.reset_index()
        tables["confusion"] = made.agreement.confusion.reset_index()
    if made.changes is not None:
        tables["changements"] = made.changes.reset_index()
    written = []
    for name, frame in tables.items():
        path = out / f"{stem}-{name}.csv"
        with written_in_one_step(path) as beside:
            frame.to_csv(beside, index=False, sep=";", decimal=",", encoding="utf-8-sig")
        written.append(path)
    return written
