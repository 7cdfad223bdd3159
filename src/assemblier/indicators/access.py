"""Indicators of access and zoning: published APL, people under the threshold, ARS classes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

import pandas as pd

from assemblier.declarations import Direction, Indicator
from assemblier.indicators.components import Components, Kind, Read
from assemblier.indicators.context import Context
from assemblier.lake.provenance import Part

__all__ = ["INDICATORS"]

APL_SAYS_NOT = (
    "L’APL n’est ni un délai de rendez-vous, ni un refus de patient, ni un secteur d’honoraires.",
    "Une moyenne cache les écarts : regardez aussi la part de la population sous le seuil et la carte.",
    "Les éditions 2016–2018 et 2022–2023 n’ont pas la même méthode : elles ne se comparent pas.",
)

STANDARDISED = "Pondération : population standardisée."
NOT_STANDARDISED = (
    "Pondération : population municipale, faute de population standardisée publiée pour cette "
    "profession."
)

EDITION = ("annee", "profession", "ages")
"""What tells the editions of one table of the APL apart."""


def _parts(context: Context, profession: str, ages: str) -> Iterator[tuple[Part, int]]:
    for part in context.parts("apl"):
        held = context.once(
            ("editions of the APL", part.object),
            lambda part=part: frozenset(  # type: ignore[misc]
                context.lake.read(part, list(EDITION))[list(EDITION)]
                .drop_duplicates()
                .itertuples(index=False, name=None)
            ),
        )
        for year, whom, which in sorted(held):
            if (whom, which) == (profession, ages):
                yield part, int(year)


def _apl(profession: str, ages: str) -> Callable[[Context], Iterator[Components]]:
    def build(context: Context) -> Iterator[Components]:
        for part, year in _parts(context, profession, ages):
            where = {"annee": year, "profession": profession, "ages": ages}
            frame, read = context.converted(part, ["apl", "population_standardisee"], where=where)
            weight = frame["population_standardisee"]
            reads: tuple[Read, ...] = (read,)
            notes: tuple[str, ...] = (STANDARDISED,)
            if weight.isna().all():
                # the file of the other professions prints no weight: the municipal population stands in
                people, weighed = context.people()
                weight = people.reindex(frame.index)
                reads = (Read(part, ("apl",), where), *weighed)
                notes = (NOT_STANDARDISED,)
            made = pd.DataFrame({"numerator": frame["apl"], "denominator": weight})
            yield Components(Kind.MEAN, made, str(year), part.source, reads, notes=notes)

    return build


def under_threshold(context: Context) -> Iterator[Components]:
    """Share of the population of communes whose APL is under the threshold, edition by edition."""
    threshold = context.parameters["zones.under_dense.threshold"].on(dt.date(2023, 1, 1))
    for part, year in _parts(context, "mg", "tous"):
        where = {"annee": year, "profession": "mg", "ages": "tous"}
        frame, read = context.converted(part, ["apl", "population_standardisee"], where=where)
        people, reads = _people(context, part, year)
        known = frame["apl"].notna()
        made = pd.DataFrame(
            {
                "numerator": people.where(frame["apl"] < threshold, 0.0).where(known),
                "denominator": people.where(known),
            }
        )
        yield Components(Kind.RATIO, made, str(year), part.source, (read, *reads), scale=100.0)


def _people(context: Context, part: Part, year: int) -> tuple[pd.Series, tuple]:
    """Return the plain population of the edition, else the municipal population."""
    for other in context.parts("population_standardisee", source=part.source, year=year):
        where = {"annee": year, "profession": "mg"}
        frame, read = context.converted(other, ["population"], where=where)
        if frame["population"].notna().any():
            return frame["population"], (read,)
    return context.people()


ZONES = {"zip": ("1_ZIP",), "zac": ("2_ZAC",), "zip_zac": ("1_ZIP", "2_ZAC")}


UNDERSERVED = ("1_Tres_sous_dotee", "2_Sous_dotee")


def _in_class(
    classes: tuple[str, ...], profession: str = "mg"
) -> Callable[[Context], Iterator[Components]]:
    def build(context: Context) -> Iterator[Components]:
        people, weight = context.people()
        seen = False
        for part in context.parts("zonage_sante"):
            held = context.lake.read(part, ["profession"])
            if seen or profession not in held["profession"].unique():
                continue
            seen = True
            frame, read = context.converted(part, ["classe"], where={"profession": profession})
            known = frame["classe"].notna()
            inhabitants = people.reindex(frame.index)
            made = pd.DataFrame(
                {
                    "numerator": inhabitants.where(frame["classe"].isin(classes), 0.0).where(known),
                    "denominator": inhabitants.where(known),
                }
            )
            yield Components(
                Kind.RATIO, made, part.period, part.source, (read, *weight), scale=100.0
            )

    return build


APL_UNIT = "consultations par an et habitant standardisé"
ETP_UNIT = "équivalents temps plein pour 100 000 habitants standardisés"

INDICATORS = (
    Indicator(
        "apl_mg",
        "A1",
        "access",
        "APL aux médecins généralistes",
        "Potential access to GPs",
        APL_UNIT,
        2,
        Direction.HIGHER,
        "Consultations de médecine générale accessibles par an et par habitant standardisé, compte tenu de l’offre et de la demande "
        "à moins de 20 minutes ; une zone est la moyenne de ses communes pondérée par la population standardisée.",
        APL_SAYS_NOT,
        "DREES, Accessibilité potentielle localisée",
        _apl("mg", "tous"),
        ("drees-apl-mg",),
    ),
    Indicator(
        "apl_mg_65",
        "A2",
        "access",
        "APL aux médecins généralistes de 65 ans et moins",
        "Potential access to GPs up to 65",
        APL_UNIT,
        2,
        Direction.HIGHER,
        "La même, en ne comptant que les médecins de 65 ans et moins (de moins de 65 ans dans le "
        "classeur 2022–2023) ; c’est celle du zonage.",
        APL_SAYS_NOT,
        "DREES, Accessibilité potentielle localisée",
        _apl("mg", "65"),
        ("drees-apl-mg",),
    ),
    Indicator(
        "population_sous_2_5",
        "A4",
        "access",
        "Population sous 2,5 consultations",
        "Population under 2.5 consultations",
        "%",
        1,
        Direction.LOWER,
        "Part de la population vivant dans une commune dont l’APL est inférieure à 2,5.",
        (
            "Le seuil de la DREES par commune, la classe du territoire de vie-santé et la zone de l’ARS sont trois choses.",
        ),
        "DREES",
        under_threshold,
        ("drees-apl-mg",),
        ("zones.under_dense.threshold",),
    ),
    Indicator(
        "apl_infirmier",
        "A1i",
        "access",
        "APL aux infirmiers",
        "Potential access to nurses",
        ETP_UNIT,
        0,
        Direction.HIGHER,
        "Équivalents temps plein d’infirmiers accessibles pour 100 000 habitants.",
        APL_SAYS_NOT[:2],
        "DREES",
        _apl("inf", "tous"),
        ("drees-apl-autres",),
    ),
    Indicator(
        "apl_kine",
        "A1k",
        "access",
        "APL aux masseurs-kinésithérapeutes",
        "Potential access to physiotherapists",
        ETP_UNIT,
        0,
        Direction.HIGHER,
        "Équivalents temps plein de kinésithérapeutes accessibles pour 100 000 habitants.",
        APL_SAYS_NOT[:2],
        "DREES",
        _apl("mk", "tous"),
        ("drees-apl-autres",),
    ),
    Indicator(
        "apl_sage_femme",
        "A1s",
        "access",
        "APL aux sages-femmes",
        "Potential access to midwives",
        ETP_UNIT,
        0,
        Direction.HIGHER,
        "Équivalents temps plein de sages-femmes accessibles pour 100 000 femmes.",
        APL_SAYS_NOT[:2],
        "DREES",
        _apl("sf", "tous"),
        ("drees-apl-autres",),
    ),
    Indicator(
        "part_zip",
        "A8",
        "zoning",
        "Population en zone d’intervention prioritaire (ZIP)",
        "Population in priority zone",
        "%",
        1,
        Direction.LOWER,
        "Part de la population des communes classées ZIP par l’ARS pour les médecins.",
        (
            "La date de l’arrêté n’est pas dite par la source (avant juin 2025).",
            "Une commune classée ouvre droit à des aides ; elle n’est pas pour autant la plus mal desservie.",
        ),
        "ARS, zonage médecins",
        _in_class(ZONES["zip"]),
        ("ars-zonage-medecins",),
    ),
    Indicator(
        "part_zip_zac",
        "A8b",
        "zoning",
        "Population en ZIP ou en zone d’action complémentaire (ZAC)",
        "Population in ZIP or ZAC",
        "%",
        1,
        Direction.LOWER,
        "Part de la population des communes classées ZIP ou ZAC par l’ARS pour les médecins.",
        ("La date de l’arrêté n’est pas dite par la source (avant juin 2025).",),
        "ARS, zonage médecins",
        _in_class(ZONES["zip_zac"]),
        ("ars-zonage-medecins",),
    ),
    Indicator(
        "infirmiers_sous_dotes",
        "A8i",
        "zoning",
        "Population en zone sous-dotée en infirmiers",
        "People in zones short of nurses",
        "%",
        1,
        Direction.LOWER,
        "Part de la population des communes classées sous-dotées ou très sous-dotées en infirmiers.",
        (
            "Un classement ouvre ou ferme des installations ; il ne dit pas qui prend de nouveaux patients.",
        ),
        "ARS, zonage infirmiers",
        _in_class(UNDERSERVED, "inf"),
        ("cartosante-zonage-infirmiers",),
    ),
)
