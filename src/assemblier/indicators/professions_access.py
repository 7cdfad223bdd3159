"""APL of nurses, physiotherapists and midwives, recomputed from headcounts; dentists are refused.

The producer's parameters for these professions are not among the sources at hand. What is used is
fitted on its published values of 2016 and says so; where it publishes nothing at hand to fit on,
nothing is computed.
"""

# ruff: noqa: E501 — sentences

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from assemblier.declarations import Direction, Indicator
from assemblier.errors import BadInput, MissingSource, Problem
from assemblier.indicators.access import APL_SAYS_NOT, ETP_UNIT
from assemblier.indicators.components import Components, Kind, Read
from assemblier.indicators.context import Context
from assemblier.indicators.facilities import types_of
from assemblier.indicators.national import day_of, national_supply
from assemblier.indicators.national_times import national_engine, national_times
from assemblier.language import number
from assemblier.measures.access import Demand, Supply
from assemblier.measures.catchment.apl import apl
from assemblier.measures.decay import BlurredSteps, Steps, parse_decay
from assemblier.measures.recomputed import RecomputedModel
from assemblier.values import Reason, Status

__all__ = [
    "FACILITY",
    "INDICATORS",
    "WORKBOOK",
    "ProfessionApl",
    "profession_apl",
    "read_rule",
]

RULE_KEYS = ("steps", "sigma", "fte_per_head", "reference")
RULE = f"Un fichier YAML avec {', '.join(RULE_KEYS)}."
FITTED = "apl.professions.recomputed"
CUTS = "apl.professions.zoning_cuts"
PER_100_000 = 100_000.0
FACILITY = {"inf": "infirmier", "mk": "kine", "sf": "sage_femme", "cd": "dentiste"}
"""Code of a profession → its name among the facilities."""
WORKBOOK = {
    "inf": "infirmiers",
    "mk": "masseurs-kinésithérapeutes",
    "sf": "sages-femmes",
    "cd": "chirurgiens-dentistes",
}
"""Code of a profession → how the producer's workbook names it."""


@dataclass(frozen=True, slots=True)
class ProfessionApl:
    """The recomputed APL of one profession, for the whole country.

    Attributes
    ----------
    profession
        ``inf``, ``mk`` or ``sf``.
    year
        Supply of 31 December (facilities of 1 January of the next year).
    table
        Indexed by unit: ``apl`` (full-time equivalents for 100,000 inhabitants), ``population,
        heads, reached``.
    edition
        Edition of the facilities.
    engine
        What the travel times are.
    reads, notes
        What was read, and what a reader must know (French).
    """

    profession: str
    year: int
    table: pd.DataFrame
    edition: str
    engine: str
    reads: tuple[Read, ...]
    notes: tuple[str, ...]


def read_rule(path: Path) -> Mapping[str, Any]:
    """Read the parameters that a person brings for a profession, from a YAML file.

    ``steps`` (a decay by steps, as text), ``sigma`` (of the logarithm of the error of times, above
    0), ``fte_per_head`` (full-time equivalents by professional, above 0) and ``reference`` (where
    these values come from, printed with the result).

    Raises
    ------
    BadInput
        Every key that lacks, is unknown or cannot be used.
    """
    try:
        told = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise BadInput(Problem("le fichier ne se lit pas", file=path.name, advice=RULE)) from error
    if not isinstance(told, dict):
        raise BadInput(
            Problem("le fichier ne donne pas de paramètres", file=path.name, advice=RULE)
        )
    problems = []

    def wrong(name: str, what: str, allowed: str) -> None:
        value = None if told.get(name) is None else str(told[name])
        problems.append(Problem(what, file=path.name, column=name, value=value, allowed=allowed))

    for name in sorted(set(map(str, told)) - set(RULE_KEYS)):
        wrong(name, "ce paramètre est inconnu", ", ".join(RULE_KEYS))
    for name in ("sigma", "fte_per_head"):
        value = told.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e3:
            wrong(name, "la valeur manque ou n’est pas utilisable", "un nombre au-dessus de 0")
    reference = told.get("reference")
    if not isinstance(reference, str) or not reference.strip():
        wrong("reference", "la référence manque", "d’où viennent ces valeurs, en toutes lettres")
    try:
        usable = isinstance(parse_decay(str(told.get("steps"))), Steps)
    except BadInput:
        usable = False
    if not usable:
        wrong("steps", "les paliers manquent ou ne se lisent pas", "steps:10=1,15=2/3,20=1/3")
    if problems:
        raise BadInput(problems)
    return told


def profession_apl(
    context: Context,
    profession: str,
    year: int | None = None,
    *,
    given: Mapping[str, Any] | None = None,
) -> ProfessionApl:
    """Recompute the APL of nurses (``inf``), physiotherapists (``mk``) or midwives (``sf``).

    Parameters
    ----------
    year
        Year of the supply (31 December); that of the latest facilities without it.
    given
        Parameters of your own (:func:`read_rule`), in place of the fitted ones: needed for the
        dentists (``cd``).

    Raises
    ------
    MissingSource
        A profession whose parameters are neither printed nor fitted, or no facilities of the year;
        the message names what would fill the gap.
    """
    fitted = context.parameters[FITTED].latest
    if given is None and profession not in fitted:
        name = WORKBOOK.get(profession, profession)
        raise MissingSource(
            f"L’APL aux {name} ne peut être recalculé : ses paliers, ses bornes d’activité et ses "
            "poids par âge ne sont pas à disposition, ni aucun APL publié sur quoi les caler. "
            f"Apportez le classeur de la DREES « Indicateur d’accessibilité potentielle localisée "
            f"(APL) aux {name} » (data.drees.solidarites-sante.gouv.fr, feuille « Paramètres »), et donnez ses paramètres par --parameters."
        )
    heads, told, read = _heads(context, profession, year)
    supply = national_supply(context, told)
    rule = fitted[profession] if given is None else given
    model = RecomputedModel.on(context.parameters, day_of(told))
    steps = parse_decay(rule["steps"])
    assert isinstance(steps, Steps)
    decay = BlurredSteps(steps, float(rule["sigma"]))
    ids = supply.communes["id"].to_numpy(object)
    index = pd.Index(ids, dtype=object, name="code")

    def make() -> pd.DataFrame:
        people = supply.communes["population"].to_numpy(np.float64)
        count = heads.reindex(index).fillna(0.0).to_numpy(np.float64)
        there = count > 0
        offered = count[there] * float(rule["fte_per_head"]) * PER_100_000
        times = national_times(context, supply, there, model, limit=decay.limit)
        made = apl(times, Demand.of(ids, people), Supply.of(ids[there], offered), decay)
        return pd.DataFrame(
            {"apl": made.value, "population": people, "heads": count, "reached": made.reached},
            index=index,
        )

    table = context.prepared(f"profession apl|{profession}|{told}|{rule}|{model.travel}", make)
    return ProfessionApl(
        profession,
        told,
        table,
        read.part.source,
        national_engine(context, model),
        (read, *(each for each in supply.reads if each.part.table == "population")),
        (
            f"paliers calés sur l’APL publié de 2016 ({_said(steps)}), non ceux du producteur"
            if given is None
            else f"paramètres donnés par fichier ({_said(steps)}) ; référence : {given['reference']}",
            "besoin : population municipale, sans poids par âge",
            f"un professionnel compte pour {number(rule['fte_per_head'], 2)} équivalent temps plein "
            "partout",
            *_cuts(context, profession),
        ),
    )


def _cuts(context: Context, profession: str) -> tuple[str, ...]:
    """Recall the cuts of the zoning, which apply to the published APL and not to this one."""
    name = f"{CUTS}.{profession}"
    if name not in context.parameters:
        return ()
    parameter = context.parameters[name]
    told = [number(cut, 1) for cut in parameter.latest]
    classes = ("très sous-dotée", "sous-dotée", "intermédiaire", "très dotée")
    below = ", ".join(f"{each} jusqu’à {cut}" for each, cut in zip(classes, told, strict=True))
    return (
        f"bornes du zonage, fixées pour l’APL publié : {below}, sur-dotée au-delà "
        f"({parameter.reference.partition(' ;')[0]})",
    )


def _said(steps: Steps) -> str:
    return ", ".join(
        f"{number(height, 2)} jusqu’à {number(bound, 0)} min"
        for bound, height in zip(steps.bounds, steps.heights, strict=True)
    )


def _heads(context: Context, profession: str, year: int | None) -> tuple[pd.Series, int, Read]:
    """Professionals by unit, the year whose 31 December they describe, and what was read."""
    name = FACILITY[profession]
    editions = [
        (edition, part)
        for part in context.parts("equipement")
        for edition in part.years
        if types_of(context.parameters, name, edition)
    ]
    asked = [each for each in editions if year is None or each[0] == year + 1]
    if not asked:
        known = ", ".join(str(edition) for edition in sorted({each for each, _ in editions}))
        raise MissingSource(
            f"Le lac n’a pas les {WORKBOOK[profession]} de la base permanente des équipements"
            f"{'' if year is None else f' de {year + 1}'}. Éditions à disposition : {known or 'aucune'}."
        )
    edition, part = max(asked, key=lambda each: each[0])
    codes = types_of(context.parameters, name, edition)
    frame, read = context.converted(
        part, ["nombre"], where={"annee": edition, "type": list(codes)}, zero=True
    )
    return frame["nombre"], edition - 1, read


def _build(profession: str) -> Callable[[Context], Iterator[Components]]:
    def build(context: Context) -> Iterator[Components]:
        try:
            made = profession_apl(context, profession)
        except MissingSource:
            return
        table = made.table
        reached = table["reached"].to_numpy(bool)
        yield Components(
            Kind.MEAN,
            pd.DataFrame(
                {
                    "numerator": table["apl"],
                    "denominator": table["population"],
                    "status": np.where(reached, Status.ESTIMATED, Status.UNREACHABLE),
                    "reason": np.where(reached, Reason.MODELLED, Reason.NO_ORIGIN_IN_REACH),
                },
                index=table.index,
            ),
            str(made.year),
            made.edition,
            made.reads,
            notes=(
                f"Temps de trajet : {made.engine}.",
                *(f"{note[0].upper()}{note[1:]}." for note in made.notes),
            ),
        )

    return build


def _indicator(profession: str, of: str, code: str, english: str, per: str) -> Indicator:
    name = {"inf": "apl_infirmier", "mk": "apl_kine", "sf": "apl_sage_femme"}[profession]
    return Indicator(
        f"{name}_recalculee",
        code,
        "access",
        f"APL aux {of}, recalculé",
        f"Potential access to {english}, recomputed",
        ETP_UNIT,
        0,
        Direction.HIGHER,
        f"Équivalents temps plein {'d’' if of[0] in 'aeiouéh' else 'de '}{of} accessibles pour 100 000 {per}, recalculés pour toute la France "
        "d’après les effectifs de la base permanente des équipements et des temps de trajet estimés.",
        (
            *APL_SAYS_NOT[:2],
            "Les paramètres sont calés sur l’APL publié de 2016 : ce ne sont pas ceux du producteur.",
        ),
        "DREES, Accessibilité potentielle localisée (méthode) ; calcul du programme",
        _build(profession),
        ("insee-bpe", "cogugaison-populations"),
        (FITTED, "apl.recomputed.crow_fly"),
        differs={
            "DREES, APL publié": "Le champ : la DREES compte l’activité de chaque professionnel (équivalents temps plein d’après les actes "
            "remboursés) ; ici, des têtes à activité égale partout. La date : 1er janvier de l’édition des équipements ; l’APL publié à "
            "disposition est celui de 2016. L’unité : la même ; la population n’est pas pondérée par l’âge. La géographie : communes de "
            "référence du lac. Le moteur : à vol d’oiseau, et non les routes."
        },
    )


INDICATORS = (
    _indicator("inf", "infirmiers", "A1ir", "nurses", "habitants"),
    _indicator("mk", "masseurs-kinésithérapeutes", "A1kr", "physiotherapists", "habitants"),
    _indicator("sf", "sages-femmes", "A1sr", "midwives", "femmes"),
)
