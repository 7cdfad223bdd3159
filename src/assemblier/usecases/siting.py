"""Use case: where more doctors, or more sites, do most good, with its proof."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from assemblier.errors import BadInput, Problem, UsageError
from assemblier.futures.baseline import Baseline, national_baseline
from assemblier.futures.page import page_document, page_of
from assemblier.futures.scenarios.changes import Arrive
from assemblier.futures.scenarios.files import Scenario
from assemblier.futures.scenarios.run import scenario_parameters, told_scenarios, zone_groups
from assemblier.futures.scenarios.scenario import Outcome, run_scenario
from assemblier.futures.siting.blocks import ToldSiting, siting_blocks
from assemblier.futures.siting.question import (
    OBJECTIVES,
    SitingAnswer,
    SitingQuestion,
    SitingRules,
    answer_siting,
)
from assemblier.futures.siting.shortfall import Bands
from assemblier.indicators.context import Context
from assemblier.lake.lake import Lake, write_in_one_step
from assemblier.language import number
from assemblier.parameters import Parameters
from assemblier.progress import Work
from assemblier.publish.write import write
from assemblier.territory.territory import Territory
from assemblier.usecases.futures import PAGE_FORMATS
from assemblier.usecases.given_tables import read_coded, write_table
from assemblier.usecases.territories import territory_of

__all__ = ["OBJECTIVES", "Sited", "site_doctors"]


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
    """

    territory: Territory
    year: int
    answer: SitingAnswer
    outcome: Outcome
    names: Mapping[str, str]
    notes: tuple[str, ...]
    files: tuple[Path, ...]


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
    out, formats, today
        Folder of the pages and files, formats of the pages, day printed on them.
    """
    if objective not in OBJECTIVES:
        raise UsageError(f"Objectif inconnu : {objective}. Objectifs : {', '.join(OBJECTIVES)}.")
    work = work or Work()
    context = Context.of(Lake.open(lake))
    chosen = territory_of(what=territory, geography=context.geography, workspace=workspace, cog=cog)
    known = context.geography.names
    places, decided, barred = _lists(chosen, candidates, fixed, forbidden, known)
    work.step(0.1, "carte nationale de l’offre")
    codes = [*dict.fromkeys([*places["code"], *decided])]
    baseline = national_baseline(context, [*chosen.communes, *codes], corrected=True)
    if candidates is None:
        people = baseline.communes["population"]
        fewest = least_population or 0.0
        codes = [c for c in codes if c in decided or people.get(c, -1.0) >= fewest]
    question = SitingQuestion(
        objective=objective,
        add=add,
        candidates=tuple(codes),
        fixed=decided,
        forbidden=barred,
        team=minimum_team,
        most_sites=most_sites,
        most_here=_most(places, codes, most_per_site, add),
        budget=budget,
        doctor_cost=_costs(places, "cout_medecin", doctor_cost, codes),
        opening_cost=_costs(places, "cout_ouverture", opening_cost, codes),
        radius=radius,
        only_territory=only_territory,
    )
    work.step(0.5, "recherche et preuve")
    rules = siting_rules(context.parameters, seconds=seconds)
    answer = answer_siting(baseline, chosen.communes, question, rules)
    work.step(0.8, "gagnants et perdants")
    outcome = _outcome(context, baseline, chosen, answer, rules.threshold)
    notes = [
        _candidates_note(codes, candidates, least_population),
        *_notes(answer),
        *baseline.notes,
    ]
    names = dict(known)
    files: list[Path] = []
    if out is not None:
        page = page_of(context, chosen)
        scenarios = told_scenarios(context, baseline, [outcome], {})
        document = page_document(
            page,
            siting_blocks(page, ToldSiting(answer, scenarios, tuple(notes))),
            name="implantation",
            kind="Implantation de médecins" if answer.consultations else "Ouverture de sites",
            question="Où servent-ils le plus, et qui y gagne ?",
            today=today,
        )
        files = write(document, out, list(formats))
        files += _write(answer, outcome, names, _told(territory, cog), out)
    work.step(1.0, "implantation faite")
    return Sited(chosen, baseline.year, answer, outcome, names, tuple(notes), tuple(files))


def _lists(
    chosen: Territory,
    candidates: Path | None,
    fixed: Path | None,
    forbidden: Path | None,
    known: Collection[str],
) -> tuple[pd.DataFrame, dict[str, int], frozenset[str]]:
    """Read the three lists; what is wrong in any of them is told at once."""
    problems: list[Problem] = []

    def read(path: Path, *optional: str) -> pd.DataFrame:
        try:
            return read_coded(
                path, ["code"], optional=optional, known={"code": known}, unique=["code"]
            )
        except BadInput as error:
            problems.extend(error.problems)
            return pd.DataFrame({"code": pd.Series([], dtype=object)})

    places = pd.DataFrame({"code": pd.Series(list(chosen.communes), dtype=object)})
    if candidates is not None:
        places = read(candidates, "maximum", "cout_medecin", "cout_ouverture")
    decided: dict[str, int] = {}
    if fixed is not None:
        table = read(fixed, "medecins")
        counts = table["medecins"].fillna(1) if "medecins" in table else [1] * len(table)
        decided = {str(c): int(n) for c, n in zip(table["code"], counts, strict=True)}
    barred = frozenset() if forbidden is None else frozenset(read(forbidden)["code"])
    if problems:
        raise BadInput(problems)
    return places, decided, barred


def _most(
    places: pd.DataFrame, codes: Sequence[str], most_per_site: int | None, add: int
) -> dict[str, int]:
    given = {} if most_per_site is None else dict.fromkeys(codes, most_per_site)
    if "maximum" in places:
        known = places.dropna(subset=["maximum"])
        given |= {
            str(c): min(int(n), add) for c, n in zip(known["code"], known["maximum"], strict=True)
        }
    return given


def _costs(
    places: pd.DataFrame, column: str, otherwise: float | None, codes: Sequence[str]
) -> dict[str, float] | None:
    if column not in places and otherwise is None:
        return None
    made = dict.fromkeys(codes, otherwise or 0.0)
    if column in places:
        known = places.dropna(subset=[column])
        made |= {str(c): float(n) for c, n in zip(known["code"], known[column], strict=True)}
    return made


def siting_rules(parameters: Parameters, *, seconds: float | None = None) -> SitingRules:
    """Read the rules of siting from dated parameters."""
    threshold = float(parameters["apl.gp.thresholds"].latest["under_dense"])
    bands = parameters["siting.bands"].latest
    near = parameters["siting.near_optimal"].latest
    return SitingRules(
        bands=Bands.under(threshold, bands["shares"], bands["increments"]),
        threshold=threshold,
        near_optimal=float(near["share"]),
        least_shown=int(near["least"]),
        seconds=float(parameters["siting.time_limit"].latest) if seconds is None else seconds,
        radius=float(parameters["siting.radius"].latest),
        arrival_activity=float(parameters["futures.scenarios.arrival_activity"].latest[1]),
    )


def _outcome(
    context: Context,
    baseline: Baseline,
    chosen: Territory,
    answer: SitingAnswer,
    threshold: float,
) -> Outcome:
    """Run the answer as a scenario: doctors of mean activity settle there."""
    rules, _ = scenario_parameters(context.parameters)
    changes = tuple(Arrive(code, float(count)) for code, count in answer.placed.items())
    return run_scenario(
        baseline,
        Scenario("l’implantation proposée", changes),
        chosen.communes,
        rules,
        groups=zone_groups(context, baseline, chosen),
        threshold=threshold,
    )


def _candidates_note(
    codes: Sequence[str], candidates: Path | None, least_population: float | None
) -> str:
    if candidates is not None:
        return f"Candidates : {len(codes)} communes, celles de {candidates.name}."
    if least_population:
        fewest = number(least_population)
        return f"Candidates : les {len(codes)} communes d’au moins {fewest} habitants."
    return f"Candidates : les {len(codes)} communes du territoire."


def _notes(answer: SitingAnswer) -> list[str]:
    made = [
        "Seuls les habitants du territoire comptent dans ce qui est cherché."
        if answer.question.within
        else "Les habitants des communes voisines comptent autant que ceux du territoire."
    ]
    lost = answer.siting.out_of_reach
    if lost:
        made.append(f"{lost} communes habitées ne sont à portée d’aucun site possible.")
    return made


def _told(territory: str, cog: int | None) -> list[str]:
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
