"""Indicators of people: how many, how fast that changes, how old."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pandas as pd

from assemblier.declarations import Direction, Indicator
from assemblier.indicators.components import Components, Kind, Read
from assemblier.indicators.context import Context
from assemblier.lake.provenance import Part

__all__ = ["INDICATORS", "populations"]

LEGAL_KINDS = ("municipale", "recensement")


def populations(context: Context) -> dict[int, tuple[pd.DataFrame, tuple[Read, ...]]]:
    """Return one population by year, in the reference communes; the widest source of a year wins."""
    best: dict[int, Part] = {}
    for part in context.parts("population"):
        for year in part.years:
            other = best.get(year)
            if other is None or part.rows > other.rows:
                best[year] = part
    result: dict[int, tuple[pd.DataFrame, tuple[Read, ...]]] = {}
    for year, part in sorted(best.items()):
        frame, read = context.converted(
            part,
            ["population"],
            where={"annee": year, "genre": list(LEGAL_KINDS)},
        )
        result[year] = (frame.rename(columns={"population": "numerator"}), (read,))
    return result


def population(context: Context) -> Iterator[Components]:
    """Population of each year at hand."""
    for year, (frame, reads) in populations(context).items():
        yield Components(Kind.COUNT, frame[["numerator"]], str(year), reads[0].part.source, reads)


STARTS = (1968, 1999, 2010, 2015)
"""Years near which a span starts: the census counts whole between them, five years apart at least."""
SHORTEST = 5


def spans(years: list[int]) -> list[tuple[int, int]]:
    """Choose the spans over which growth is shown, among the years at hand.

    Neighbouring years of the rolling census share their surveys: a span has five years at least.
    """
    ends = [min(years, key=lambda year: (abs(year - near), year)) for near in STARTS]
    marks = sorted({*ends, max(years)})
    kept = [marks[0]]
    for mark in marks[1:]:
        if mark - kept[-1] >= SHORTEST:
            kept.append(mark)
    if kept[-1] != marks[-1]:
        kept[-1] = marks[-1]
    return list(pairwise(kept))


def growth(context: Context) -> Iterator[Components]:
    """Yearly rate of change between two populations, by millésime."""
    known = populations(context)
    if len(known) < 2:
        return
    for start, end in spans(sorted(known)):
        before, first = known[start]
        after, second = known[end]
        frame = pd.DataFrame({"numerator": after["numerator"], "denominator": before["numerator"]})
        yield Components(
            Kind.GROWTH,
            frame,
            f"{start}–{end}",
            second[0].part.source,
            (*first, *second),
            years=float(end - start),
        )


def _share_of_age(context: Context, low: int, high: int) -> Iterator[Components]:
    for part in context.parts("population_age"):
        for year in part.years:
            bands = context.lake.read(part, ["sexe", "age_min", "age_max"], where={"annee": year})
            kept = bands[(bands["sexe"] == "T")].drop_duplicates(["age_min", "age_max"])
            exact = kept[(kept["age_min"] >= low) & (kept["age_max"] <= high)]
            if (
                exact.empty
                or exact["age_min"].min() != low
                or exact["age_max"].max() < min(high, 120)
            ):
                continue
            where = {
                "annee": year,
                "sexe": "T",
                "age_min": sorted(set(exact["age_min"].astype(int))),
            }
            frame, read = context.converted(part, ["population"], where=where)
            total = _population_of(context, year, part.file)
            if total is None:
                continue
            whole, total_read = total
            yield Components(
                Kind.RATIO,
                pd.DataFrame({"numerator": frame["population"], "denominator": whole}),
                str(year),
                part.source,
                (read, *total_read),
                scale=100.0,
            )


def _population_of(
    context: Context, year: int, file: str
) -> tuple[pd.Series, tuple[Read, ...]] | None:
    """Return the population of a year, from the same file when it has one."""
    for same in (True, False):
        for part in context.parts("population", year=year):
            if same and part.file != file:
                continue
            frame, read = context.converted(
                part, ["population"], where={"annee": year, "genre": list(LEGAL_KINDS)}
            )
            return frame["population"], (read,)
    for part in context.parts("population_age", year=year):
        if part.file == file:
            frame, read = context.converted(
                part, ["population"], where={"annee": year, "sexe": "T"}
            )
            return frame["population"], (read,)
    return None


def share_65plus(context: Context) -> Iterator[Components]:
    """Share of people of 65 and over."""
    yield from _share_of_age(context, 65, 120)


def share_75plus(context: Context) -> Iterator[Components]:
    """Share of people of 75 and over: from counts, else the published share of each commune."""
    found = list(_share_of_age(context, 75, 120))
    yield from found
    if found:
        return
    for part in context.parts("part_population"):
        measures = context.lake.read(part, ["mesure", "annee"])
        for year in sorted(set(measures.loc[measures["mesure"] == "part_75plus", "annee"])):
            where = {"mesure": "part_75plus", "annee": int(year)}
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


def share_under_18(context: Context) -> Iterator[Components]:
    """Share of people under 18."""
    yield from _share_of_age(context, 0, 17)


INDICATORS = (
    Indicator(
        "population",
        "P1",
        "population",
        "Population municipale",
        "Municipal population",
        "habitants",
        0,
        Direction.NEUTRAL,
        "Nombre d’habitants ayant leur résidence habituelle dans le territoire (population municipale).",
        (
            "Ni les résidents secondaires ni les touristes n’y sont comptés ; le recensement est tournant, "
            "deux années voisines ne se comparent pas.",
        ),
        "Insee, populations légales",
        population,
        ("cogugaison-populations", "insee-populations-legales"),
    ),
    Indicator(
        "population_tcam",
        "P2",
        "population",
        "Évolution annuelle moyenne de la population",
        "Yearly population change",
        "% par an",
        2,
        Direction.NEUTRAL,
        "Taux annuel moyen entre deux populations, dans les communes d’aujourd’hui.",
        ("Le solde naturel et le solde migratoire n’y sont pas distingués.",),
        "Insee",
        growth,
        ("cogugaison-populations",),
    ),
    Indicator(
        "part_65plus",
        "P4",
        "population",
        "Part des 65 ans et plus",
        "Share aged 65 and over",
        "%",
        1,
        Direction.NEUTRAL,
        "Habitants de 65 ans et plus rapportés à la population.",
        (
            "L’âge n’est pas l’état de santé : il annonce une demande de soins plus forte, il ne la mesure pas.",
        ),
        "Insee, recensement",
        share_65plus,
        ("cartosante-communes",),
    ),
    Indicator(
        "part_75plus",
        "P4b",
        "population",
        "Part des 75 ans et plus",
        "Share aged 75 and over",
        "%",
        1,
        Direction.NEUTRAL,
        "Habitants de 75 ans et plus rapportés à la population.",
        ("Part publiée par commune : le nombre exact de personnes n’est pas connu.",),
        "Insee, recensement",
        share_75plus,
        ("spf-fedi", "insee-rp-age-tranches"),
    ),
    Indicator(
        "part_moins18",
        "P3",
        "population",
        "Part des moins de 18 ans",
        "Share under 18",
        "%",
        1,
        Direction.NEUTRAL,
        "Habitants de moins de 18 ans rapportés à la population.",
        (),
        "Insee, recensement",
        share_under_18,
        ("cartosante-communes",),
    ),
)
