"""Use case: where more doctors, or more sites, do most good, with its proof."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from assemblier.errors import BadInput, Problem, UsageError
from assemblier.futures.page import page_document, page_of
from assemblier.futures.scenarios.scenario import Outcome
from assemblier.futures.siting.blocks import siting_blocks
from assemblier.futures.siting.question import OBJECTIVES, SitingAnswer
from assemblier.futures.siting.request import SitingRequest
from assemblier.futures.siting.run import site_territory
from assemblier.indicators.context import Context
from assemblier.lake.lake import Lake
from assemblier.progress import Work
from assemblier.publish.write import write
from assemblier.territory.geography import Geography
from assemblier.territory.territory import Territory
from assemblier.usecases.futures import PAGE_FORMATS
from assemblier.usecases.given_communes import alike_rows, read_communes
from assemblier.usecases.given_tables import require_files, write_table
from assemblier.usecases.territories import territory_of
from assemblier.whole_files import write_in_one_step
from assemblier.workspace.sitings import keep_siting
from assemblier.workspace.store import Workspace
from assemblier.workspace.territories import kept_territory

__all__ = ["OBJECTIVES", "Sited", "answer_request", "site_doctors"]


@dataclass(frozen=True, slots=True)
class Sited:
    """Sites chosen, what they change, and the files written.

    Attributes
    ----------
    answer
        Sites, value, bound, alternatives, choices by hand.
    outcome
        What these doctors change for whom (one doctor by site where sites are opened).
    names
        Commune → name.
    kept
        Name and version under which the workspace keeps it; None when it does not.
    """

    territory: Territory
    year: int
    answer: SitingAnswer
    outcome: Outcome
    names: Mapping[str, str]
    notes: tuple[str, ...]
    files: tuple[Path, ...]
    kept: tuple[str, int] | None = None


def site_doctors(
    *,
    territory: str,
    lake: Path,
    workspace: Path | str,
    add: int,
    objective: str = "shortfall",
    candidates: Path | None = None,
    fixed: Path | None = None,
    forbidden: Path | None = None,
    minimum_team: int = 1,
    most_sites: int | None = None,
    most_per_site: int | None = None,
    budget: float | None = None,
    doctor_cost: float | None = None,
    opening_cost: float | None = None,
    radius: float | None = None,
    only_territory: bool | None = None,
    least_population: float | None = None,
    seconds: float | None = None,
    keep: str | None = None,
    cog: int | None = None,
    out: Path | None = None,
    formats: Sequence[str] = PAGE_FORMATS,
    today: dt.date | None = None,
    work: Work | None = None,
) -> Sited:
    """Place doctors, or open sites, in a territory.

    Parameters
    ----------
    territory
        Name of a territory of the workspace, or path of a CSV of communes.
    add
        Doctors to place, or sites to open beside those where doctors practise.
    objective
        One of :data:`OBJECTIVES`.
    candidates
        CSV ``code`` of the communes where they may go, with ``maximum``, ``cout_medecin`` and
        ``cout_ouverture`` where they differ; every commune of the territory without it.
    fixed
        CSV ``code`` of places decided already, with ``medecins`` (one each otherwise).
    forbidden
        CSV ``code`` of communes that get nobody.
    minimum_team, most_sites, most_per_site, budget, doctor_cost, opening_cost
        Constraints on doctors.
    radius
        Minutes that count as covered.
    only_territory
        Whether the people of the neighbours are left out of what is sought.
    least_population
        Fewest inhabitants of a candidate, where no file names the candidates.
    seconds
        Most time for the proof.
    keep
        Name under which the territory of the workspace keeps the question and its answer.
    out, formats, today
        Folder of the pages and files, formats of the pages, day printed on them.
    """
    if objective not in OBJECTIVES:
        raise UsageError(f"Objectif inconnu : {objective}. Objectifs : {', '.join(OBJECTIVES)}.")
    context = Context.of(Lake.open(lake))
    request = SitingRequest(
        objective=objective,
        add=add,
        team=minimum_team,
        most_sites=most_sites,
        most_per_site=most_per_site,
        budget=budget,
        doctor_cost=doctor_cost,
        opening_cost=opening_cost,
        radius=radius,
        only_territory=only_territory,
        least_population=least_population,
        seconds=seconds,
    )
    lists = _lists(candidates, fixed, forbidden, context.geography, request.wrong_numbers())
    places = lists.places
    if places is not None and candidates is not None:
        request = replace(
            request,
            candidates=tuple(places["code"]),
            candidates_from=candidates.name,
            most_here={code: int(most) for code, most in (_told(places, "maximum") or {}).items()},
            doctor_costs=_told(places, "cout_medecin"),
            opening_costs=_told(places, "cout_ouverture"),
        )
    request = replace(request, fixed=lists.decided, forbidden=lists.barred)
    return answer_request(
        context=context, territory=territory, workspace=workspace, request=request, keep=keep,
        cog=cog, out=out, formats=formats, today=today, notes=lists.notes, work=work,
    )  # fmt: skip


def answer_request(
    *,
    context: Context,
    territory: str,
    workspace: Path | str,
    request: SitingRequest,
    keep: str | None = None,
    cog: int | None = None,
    out: Path | None = None,
    formats: Sequence[str] = PAGE_FORMATS,
    today: dt.date | None = None,
    notes: Sequence[str] = (),
    work: Work | None = None,
) -> Sited:
    """Answer a question that is written down; see :func:`site_doctors`.

    ``notes`` say what was read otherwise than it was written.
    """
    work = work or Work()
    chosen = territory_of(what=territory, geography=context.geography, workspace=workspace, cog=cog)
    opened = None if keep is None else Workspace.open(workspace)
    if opened is not None:  # said before the work, not after
        kept_territory(opened, chosen.slug)
    work.step(0.1, "carte nationale de l’offre")
    with work.part(0.1, 0.8) as share:
        made = site_territory(context, chosen, request, work=share)
    made = replace(made, asked=(*notes, *made.asked))
    answer, baseline, outcome = made.answer, made.scenarios.baseline, made.scenarios.outcomes[0]
    names = dict(context.geography.names)
    files: list[Path] = []
    if out is not None:
        page = page_of(context, chosen)
        document = page_document(
            page,
            siting_blocks(page, made),
            name="implantation",
            kind="Implantation de médecins" if answer.consultations else "Ouverture de sites",
            question="Où servent-ils le plus, et qui y gagne ?",
            today=today,
        )
        files = write(document, out, list(formats))
        files += _write(answer, outcome, names, _for_whom(territory, cog), out)
    version = None
    if opened is not None and keep is not None:
        told = _kept_answer(answer, names, context.lake.version, baseline.year)
        number = keep_siting(opened, chosen.slug, keep, request=request.to_json(), answer=told)
        version = (keep, number)
    work.step(1.0, "implantation faite")
    return Sited(chosen, baseline.year, answer, outcome, names, made.notes, tuple(files), version)


def _kept_answer(answer: SitingAnswer, names: Mapping[str, str], lake: str, year: int) -> str:
    """Write what a kept question answered, with the data it was asked of."""
    found = answer.siting
    said = {
        "sites": dict(answer.placed),
        "names": {code: names.get(code, code) for code in answer.placed},
        "value": found.value,
        "bound": found.bound,
        "gain": found.gain,
        "gap_of_gain": found.gap_of_gain,
        "proved": found.proved,
        "unit": answer.unit,
        "year": year,
        "lake": lake,
    }
    return json.dumps(said, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class _Lists:
    """The three lists: candidates with what differs, doctors by place decided, places barred."""

    places: pd.DataFrame | None
    decided: Mapping[str, int]
    barred: tuple[str, ...]
    notes: tuple[str, ...]


def _lists(
    candidates: Path | None,
    fixed: Path | None,
    forbidden: Path | None,
    geography: Geography,
    wrong: Sequence[Problem],
) -> _Lists:
    """Read the three lists; what is wrong in any of them, or already, is told at once."""
    problems = list(wrong)
    notes: list[str] = []
    nothing = pd.DataFrame({"code": pd.Series([], dtype=object)})

    def read(path: Path | None, *optional: str) -> pd.DataFrame:
        if path is None:
            return nothing
        try:
            given = read_communes(path, geography, optional=optional, once=())
        except BadInput as error:
            problems.extend(error.problems)
            return nothing
        notes.extend(given.notes)
        return given.table

    require_files(*(each for each in (candidates, fixed, forbidden) if each is not None))
    places = read(candidates, "maximum", "cout_medecin", "cout_ouverture")
    if candidates is not None:
        try:
            places = alike_rows(places, candidates.name)
        except BadInput as error:
            problems.extend(error.problems)
    table = read(fixed, "medecins")
    counts = table["medecins"].fillna(1) if "medecins" in table else [1] * len(table)
    decided: dict[str, int] = {}
    for code, count in zip(table["code"], counts, strict=True):
        decided[str(code)] = decided.get(str(code), 0) + int(count)
    barred = tuple(dict.fromkeys(read(forbidden)["code"]))
    if problems:
        raise BadInput(problems)
    return _Lists(None if candidates is None else places, decided, barred, tuple(notes))


def _told(places: pd.DataFrame | None, column: str) -> dict[str, float] | None:
    """Return a column by commune where it is filled; None where the file has no such column."""
    if places is None or column not in places:
        return None
    known = places.dropna(subset=[column])
    return {str(c): float(n) for c, n in zip(known["code"], known[column], strict=True)}


def _for_whom(territory: str, cog: int | None) -> list[str]:
    """Write for whom a scenario file is; a path is told from anywhere."""
    path = Path(territory)
    name = str(path.resolve()) if path.is_file() else territory
    return [f"territory: {name!r}", *([] if cog is None else [f"cog: {cog}"])]


def _write(
    answer: SitingAnswer,
    outcome: Outcome,
    names: Mapping[str, str],
    told: Sequence[str],
    out: Path,
) -> list[Path]:
    """Write the sites as a table that ``--fixed`` reads back, and as a scenario file."""
    sites = pd.DataFrame(
        [
            {"code": code, "nom": names.get(code, code), "medecins": count}
            for code, count in answer.placed.items()
        ],
        columns=["code", "nom", "medecins"],
    )
    codes = answer.codes
    others = pd.DataFrame(
        [
            {
                "au_lieu_de": codes[each.leaves],
                "code": codes[each.enters],
                "nom": names.get(codes[each.enters], ""),
                "valeur": each.value,
                "perte": each.loss,
                "part_du_gain": each.share,
            }
            for each in answer.siting.alternatives
        ],
        columns=["au_lieu_de", "code", "nom", "valeur", "perte", "part_du_gain"],
    )
    communes = outcome.communes.assign(nom=outcome.communes["code"].map(names))
    files = []
    for name, table in (
        ("implantation_sites.csv", sites),
        ("implantation_autres_choix.csv", others),
        ("implantation_communes.csv", communes),
    ):
        write_table(table, out / name)
        files.append(out / name)
    lines = [*told, "scenarios:", "  - name: Implantation proposée", "    changes:"]
    lines += [
        f"      - arrive: {{commune: '{code}', doctors: {count}}}  # {names.get(code, code)}"
        for code, count in answer.placed.items()
    ]
    path = out / "implantation_scenario.yaml"
    write_in_one_step(path, ("\n".join(lines) + "\n").encode("utf-8"))
    return [*files, path]
