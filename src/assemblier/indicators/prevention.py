"""Indicators of prevention and access: distance to services, places where prevention can happen."""

# ruff: noqa: E501 — sentences

from __future__ import annotations

from collections.abc import Callable, Iterator

import pandas as pd

from assemblier.declarations import Direction, Indicator
from assemblier.indicators.components import Components, Kind, Read
from assemblier.indicators.context import Context
from assemblier.territory.codes import ARRONDISSEMENTS

__all__ = ["INDICATORS", "published_share"]

PER_1_000 = 1000.0


def published_share(measure: str) -> Callable[[Context], Iterator[Components]]:
    """Return the builder of a share of the population published by commune: its weighted mean."""

    def build(context: Context) -> Iterator[Components]:
        for part in context.parts("part_population"):
            held = context.lake.read(part, ["mesure", "annee"])
            for year in sorted(set(held.loc[held["mesure"] == measure, "annee"])):
                where = {"mesure": measure, "annee": int(year)}
                frame, read = context.converted(part, ["valeur"], where=where)
                people, weight = context.people()
                yield Components(
                    Kind.MEAN,
                    pd.DataFrame(
                        {"numerator": frame["valeur"], "denominator": people.reindex(frame.index)}
                    ),
                    str(int(year)),
                    part.source,
                    (read, *weight),
                    notes=("part publiée par commune, pondérée par la population municipale",),
                )

    return build


def schools(context: Context) -> Iterator[Components]:
    """Open schools (nursery and primary, collèges, lycées)."""
    for part in context.parts("ecole"):
        for year in part.years:
            frame, read = context.converted(
                part, ["nombre"], where={"annee": year, "genre": "ouverts"}, zero=True
            )
            yield Components(
                Kind.COUNT,
                frame.rename(columns={"nombre": "numerator"})[["numerator"]],
                str(year),
                part.source,
                (read,),
                complete=True,
            )


def france_services(context: Context) -> Iterator[Components]:
    """Places of the programme France services."""
    for part in context.parts("zonage_national"):
        frame = context.lake.read(part, ["code", "dispositif", "libelle"])
        frame = frame[frame["dispositif"] == "france_services"]
        if frame.empty:
            continue
        counts = pd.to_numeric(frame["libelle"], errors="coerce").fillna(1.0)
        numerator = counts.groupby(frame["code"].astype(object)).sum()
        membership = context.geography.membership
        laid = numerator.reindex(membership.index)
        for city, parts in ARRONDISSEMENTS.items():
            if city in laid.index and laid.reindex(list(parts)).notna().any():
                laid[city] = float("nan")
        yield Components(
            Kind.COUNT,
            pd.DataFrame({"numerator": laid.dropna().astype("float64")}),
            part.period[-4:],
            part.source,
            (Read(part, ("libelle",), {"dispositif": "france_services"}),),
            complete=True,
        )


INDICATORS = (
    Indicator(
        "plus20min_sante",
        "A6a",
        "proximity",
        "Population à plus de 20 minutes d’un service de santé",
        "People beyond 20 minutes of a health service",
        "%",
        1,
        Direction.LOWER,
        "Part de la population à plus de 20 minutes d’au moins un des services de santé de proximité, publiée par commune.",
        (
            "Le producteur ne dit pas ici quel service manque ; un temps en voiture suppose une voiture.",
        ),
        "Insee, ANCT",
        published_share("part_plus20min_service_sante"),
        ("anct-communes-acces",),
    ),
    Indicator(
        "ecoles",
        "H8",
        "prevention",
        "Établissements scolaires ouverts",
        "Open schools",
        "",
        0,
        Direction.NEUTRAL,
        "Écoles, collèges et lycées ouverts : des lieux où la prévention peut atteindre les enfants.",
        ("Une école ouverte n’est pas une école où passe un médecin ou une infirmière scolaire.",),
        "Éducation nationale, annuaire",
        schools,
        ("education-annuaire",),
    ),
    Indicator(
        "france_services",
        "H9",
        "prevention",
        "Espaces France services",
        "France services places",
        "",
        0,
        Direction.HIGHER,
        "Espaces France services : accueil de l’assurance maladie et d’autres services publics.",
        ("L’accueil n’est pas un soin ; les permanences itinérantes n’y sont pas toutes.",),
        "ANCT",
        france_services,
        ("anct-communes-acces",),
    ),
)
