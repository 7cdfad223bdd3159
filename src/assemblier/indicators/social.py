"""Indicators of living conditions: what is published commune by commune, and what can be summed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pandas as pd

from assemblier.declarations import Direction, Indicator
from assemblier.indicators.components import Components, Kind, Read
from assemblier.indicators.context import Context
from assemblier.indicators.prevention import published_share
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
                made.loc[masked, "reason"] = Reason.STATISTICAL_SECRECY
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
            people, weight = context.people()
            made = pd.DataFrame(
                {"numerator": frame["score"], "denominator": people.reindex(frame.index)}
            )
            notes = ("Pondération : population municipale.",)
            reads = (read, *weight)
            yield Components(Kind.MEAN, made, str(year), part.source, reads, notes=notes)


def most_deprived(context: Context) -> Iterator[Components]:
    """Share of people whose commune is in the most deprived fifth of the F-EDI.

    The fifth is the producer's when it prints one; else communes are ranked by their score and the
    last fifth of the population is taken.
    """
    for part in context.parts("defavorisation"):
        for year in part.years:
            frame, read = context.converted(
                part, ["score", "quintile"], where={"indice": "fedi", "annee": year}
            )
            everyone, weight = context.people()
            people = everyone.reindex(frame.index)
            printed = frame["quintile"].notna().any()
            if printed:
                known = frame["quintile"].notna()
                last = frame["quintile"] == MOST_DEPRIVED
            else:
                known = frame["score"].notna() & people.notna()
                order = frame.loc[known, "score"].astype("float64").sort_values(kind="stable").index
                reached = people.reindex(order).cumsum() / people.reindex(order).sum()
                last = pd.Series(False, index=frame.index)
                last.loc[reached.index[reached > FOUR_FIFTHS]] = True
            made = pd.DataFrame(
                {
                    "numerator": people.where(last, 0.0).where(known),
                    "denominator": people.where(known),
                }
            )
            notes = (
                () if printed else ("cinquième de la population calculé sur les scores communaux",)
            )
            yield Components(
                Kind.RATIO,
                made,
                str(year),
                part.source,
                (read, *weight),
                scale=100.0,
                notes=notes,
            )


FOUR_FIFTHS = 0.8
MOST_DEPRIVED = 5


def _programme(name: str) -> Callable[[Context], Iterator[Components]]:
    """Count the places of a national programme by commune."""

    def build(context: Context) -> Iterator[Components]:
        for part in context.parts("zonage_national"):
            frame = context.lake.read(part, ["code", "dispositif", "libelle"])
            frame = frame[frame["dispositif"] == name]
            if frame.empty:
                continue
            counts = frame["code"].astype(object).value_counts().astype("float64")
            yield Components(
                Kind.COUNT,
                pd.DataFrame({"numerator": counts}),
                part.period[-4:],
                part.source,
                (Read(part, ("libelle",), {"dispositif": name}),),
                complete=True,
            )

    return build


def rural_zoning(context: Context) -> Iterator[Components]:
    """Share of people in a commune of a rural revitalisation zone."""
    people, weight = context.people()
    for part in context.parts("zonage_national"):
        frame = context.lake.read(part, ["code", "dispositif", "libelle"])
        frame = frame[frame["dispositif"].astype(str).str.startswith("zrr")]
        if frame.empty:
            continue
        told = frame.assign(code=frame["code"].astype(object)).drop_duplicates("code")
        label = told.set_index("code")["libelle"]
        # neither a commune without a class nor one classed in part is outside the zone
        known = label.str.startswith(("C -", "NC -")).fillna(False).astype(bool)
        inhabitants = people.reindex(label.index).where(known)
        classed = label.str.startswith("C -").fillna(False).astype(bool)
        made = pd.DataFrame(
            {
                "numerator": inhabitants.where(classed, 0.0).where(inhabitants.notna()),
                "denominator": inhabitants,
            }
        )
        year = str(frame["dispositif"].iloc[0])[-4:]
        where: dict[str, object] = {"dispositif": str(frame["dispositif"].iloc[0])}
        yield Components(
            Kind.RATIO,
            made,
            year,
            part.source,
            (Read(part, ("libelle",), where), *weight),
            scale=100.0,
        )


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
    Indicator(
        "fedi_q5",
        "S6b",
        "social",
        "Population des communes les plus défavorisées (F-EDI)",
        "People in the most deprived communes",
        "%",
        1,
        Direction.LOWER,
        "Part de la population des communes du cinquième national le plus défavorisé selon le F-EDI.",
        ("Une commune défavorisée compte aussi des habitants aisés, et l’inverse.",),
        "Santé publique France",
        most_deprived,
        ("spf-fedi",),
    ),
    Indicator(
        "part_rsa",
        "S7",
        "social",
        "Part des foyers bénéficiaires du RSA",
        "Households on the RSA",
        "%",
        1,
        Direction.LOWER,
        "Foyers bénéficiaires du RSA rapportés aux foyers, publiés par commune ; une zone est la moyenne de ses communes pondérée par la population.",
        (
            "Tous ceux qui ont droit au RSA ne le demandent pas.",
            "Une petite commune peut ne pas avoir de valeur : elle n’entre pas dans la moyenne.",
        ),
        "Cnaf, ANCT",
        published_share("part_rsa"),
        ("anct-communes-acces",),
    ),
    Indicator(
        "qpv",
        "S8",
        "social",
        "Quartiers prioritaires de la ville",
        "Priority neighbourhoods",
        "",
        0,
        Direction.NEUTRAL,
        "Nombre de quartiers prioritaires ; un quartier sur deux communes est compté dans chacune.",
        (
            "Le nombre d’habitants des quartiers n’est pas dans la source.",
            "La pauvreté rurale, dispersée, n’y paraît pas.",
        ),
        "ANCT",
        _programme("qpv"),
        ("insee-qpv-communes",),
    ),
    Indicator(
        "population_zrr",
        "S9",
        "social",
        "Population en zone de revitalisation rurale (ZRR)",
        "People in rural revitalisation zones",
        "%",
        1,
        Direction.NEUTRAL,
        "Part de la population des communes classées entièrement en ZRR.",
        (
            "Les ZRR ont laissé place à « France ruralités revitalisation » en juillet 2024 : lisez ce classement comme un passé récent.",
        ),
        "ANCT",
        rural_zoning,
        ("ars-zonage-medecins",),
    ),
)
