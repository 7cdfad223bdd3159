"""Indicators of living conditions: what is published commune by commune, and what can be summed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pandas as pd

from assemblier.declarations import Direction, Indicator
from assemblier.indicators.components import Components, Kind
from assemblier.indicators.context import Context
from assemblier.values import Reason, Status

__all__ = ["INDICATORS"]

NO_MEAN = (
    "Valeur publiée commune par commune : la médiane ou le taux d’un territoire ne se calcule pas à partir de ceux "
    "de ses communes, aucune valeur n’est donc donnée pour une zone que le producteur ne publie pas.",
)


def _published(measure: str) -> Callable[[Context], Iterator[Components]]:
    def build(context: Context) -> Iterator[Components]:
        for part in context.parts("revenu"):
            held = context.lake.read(part, ["mesure", "annee"])
            for year in sorted(set(held.loc[held["mesure"] == measure, "annee"])):
                where = {"mesure": measure, "annee": int(year)}
                frame, read = context.converted(part, ["valeur"], where=where)
                secret = context.lake.read(part, ["code", "secret"], where=where)
                hidden = set(secret.loc[secret["secret"].astype(bool), "code"])
                made = frame.rename(columns={"valeur": "numerator"})[["numerator"]].copy()
                lost = made["numerator"].isna()
                masked = lost & made.index.isin(list(hidden))
                made["status"] = None
                made["reason"] = None
                made.loc[lost, "status"], made.loc[lost, "reason"] = (
                    Status.ABSENT,
                    Reason.MERGED_COMMUNES,
                )
                made.loc[masked, "status"] = Status.SECRET
                made.loc[masked, "reason"] = Reason.UNDER_THRESHOLD
                yield Components(Kind.PUBLISHED, made, str(int(year)), part.source, (read,))

    return build


def _ratio(numerator: str, denominator: str) -> Callable[[Context], Iterator[Components]]:
    def build(context: Context) -> Iterator[Components]:
        for part in context.parts("social"):
            for year in part.years:
                top, first = context.converted(
                    part, ["effectif"], where={"mesure": numerator, "annee": year}
                )
                bottom, second = context.converted(
                    part, ["effectif"], where={"mesure": denominator, "annee": year}
                )
                frame = pd.DataFrame(
                    {"numerator": top["effectif"], "denominator": bottom["effectif"]}
                )
                yield Components(
                    Kind.RATIO, frame, str(year), part.source, (first, second), scale=100.0
                )

    return build


def _per_head(measure: str) -> Callable[[Context], Iterator[Components]]:
    def build(context: Context) -> Iterator[Components]:
        for part in context.parts("social"):
            for year in part.years:
                top, first = context.converted(
                    part, ["effectif"], where={"mesure": measure, "annee": year}
                )
                for people in context.parts("population", year=year):
                    if people.file != part.file:
                        continue
                    bottom, second = context.converted(
                        people, ["population"], where={"annee": year}
                    )
                    frame = pd.DataFrame(
                        {"numerator": top["effectif"], "denominator": bottom["population"]}
                    )
                    yield Components(
                        Kind.RATIO, frame, str(year), part.source, (first, second), scale=1000.0
                    )

    return build


def deprivation(context: Context) -> Iterator[Components]:
    """Population-weighted mean of the F-EDI deprivation score."""
    for part in context.parts("defavorisation"):
        for year in part.years:
            frame, read = context.converted(
                part, ["score"], where={"indice": "fedi", "annee": year}
            )
            people = context.geography.population.reindex(frame.index)
            made = pd.DataFrame({"numerator": frame["score"], "denominator": people})
            yield Components(Kind.MEAN, made, str(year), part.source, (read,))


INDICATORS = (
    Indicator(
        "revenu_median",
        "S2",
        "social",
        "Niveau de vie médian",
        "Median standard of living",
        "€ par an",
        0,
        Direction.HIGHER,
        "Revenu disponible par unité de consommation que la moitié des habitants dépasse.",
        NO_MEAN,
        "Insee, Filosofi",
        _published("MED"),
        ("insee-filosofi",),
    ),
    Indicator(
        "taux_pauvrete",
        "S1",
        "social",
        "Taux de pauvreté",
        "Poverty rate",
        "%",
        1,
        Direction.LOWER,
        "Part des habitants sous 60 % du niveau de vie médian national.",
        (
            *NO_MEAN,
            "Publié seulement pour les communes assez peuplées : une commune sans valeur n’est pas une commune sans pauvreté.",
        ),
        "Insee, Filosofi",
        _published("TP60"),
        ("insee-filosofi",),
    ),
    Indicator(
        "part_hlm",
        "S5",
        "social",
        "Part des résidences principales en HLM",
        "Social housing share",
        "%",
        1,
        Direction.NEUTRAL,
        "Résidences principales HLM rapportées aux résidences principales.",
        (),
        "Insee, recensement",
        _ratio("hlm", "residences_principales"),
        ("cartosante-communes",),
    ),
    Indicator(
        "chomeurs_pour_mille",
        "S3",
        "social",
        "Chômeurs de 15 à 64 ans",
        "Unemployed aged 15 to 64",
        "pour 1 000 habitants",
        1,
        Direction.LOWER,
        "Chômeurs de 15 à 64 ans au sens du recensement, pour 1 000 habitants de tous âges.",
        (
            "Ce n’est pas le taux de chômage : la population active n’est pas dans la source à disposition.",
        ),
        "Insee, recensement",
        _per_head("chomeurs_1564"),
        ("cartosante-communes",),
    ),
    Indicator(
        "fedi",
        "S6",
        "social",
        "Indice de défavorisation F-EDI",
        "European deprivation index",
        "",
        1,
        Direction.LOWER,
        "Score communal de défavorisation ; plus haut, plus défavorisé ; moyenne pondérée par la population.",
        ("Un score n’a pas d’unité : seul son écart à la moyenne se lit.",),
        "Santé publique France",
        deprivation,
        ("spf-fedi",),
    ),
)
