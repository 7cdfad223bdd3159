"""Indicators of the ground of coordination: structures, and professions side by side in a commune.

To practise in the same commune is not to work together. These figures tell where coordination has
people at hand; joint acts (meetings, protocols, shared records) are told by the working group.
"""

# ruff: noqa: E501 — sentences

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd

from assemblier.declarations import Direction, Indicator
from assemblier.indicators.care import BPE_CAVEATS, facilities_by_unit, facility_pair
from assemblier.indicators.components import Components, Kind, Read
from assemblier.indicators.context import Context
from assemblier.lake.provenance import Part
from assemblier.territory.codes import ARRONDISSEMENTS

__all__ = ["INDICATORS"]

SIDE_BY_SIDE = (
    "Exercer dans la même commune n’est pas travailler ensemble : les actes communs ne sont dans aucune source ouverte.",
    "Une grande commune réunit toutes les professions sans que personne s’y connaisse.",
)
OTHERS = ("infirmier", "kine", "pharmacie")
MSP, CPTS = ("603",), ("604",)


def _by_year(
    context: Context, facility: str
) -> dict[int, tuple[pd.Series, Part, tuple[Read, ...]]]:
    return {
        year: (counts, part, reads)
        for counts, year, part, reads in facilities_by_unit(context, facility)
    }


def _units(context: Context, *counts: pd.Series) -> pd.DataFrame:
    """Lay counts on every unit, zero where a commune has none; a city gives way to its parts."""
    index = context.geography.membership.index
    frame = pd.DataFrame(
        {at: each.groupby(level=0).sum().reindex(index) for at, each in enumerate(counts)}
    )
    return frame.fillna(0.0).drop(index=[city for city in ARRONDISSEMENTS if city in index])


def nurses_per_gp(context: Context) -> Iterator[Components]:
    """Nurses for one GP."""
    nurses, gps = _by_year(context, "infirmier"), _by_year(context, "mg")
    for year in sorted(set(nurses) & set(gps)):
        frame = _units(context, nurses[year][0], gps[year][0])
        yield Components(
            Kind.RATIO,
            frame.set_axis(["numerator", "denominator"], axis=1),
            str(year),
            gps[year][1].source,
            (*nurses[year][2], *gps[year][2]),
        )


def gps_beside_others(context: Context) -> Iterator[Components]:
    """Share of GPs who practise in a commune with a nurse, a physiotherapist and a pharmacy."""
    gps = _by_year(context, "mg")
    found = [_by_year(context, other) for other in OTHERS]
    for year in sorted(set(gps).intersection(*found)):
        frame = _units(context, gps[year][0], *(each[year][0] for each in found))
        beside = (frame[[1, 2, 3]] > 0).all(axis=1)
        yield Components(
            Kind.RATIO,
            pd.DataFrame({"numerator": frame[0].where(beside, 0.0), "denominator": frame[0]}),
            str(year),
            gps[year][1].source,
            (*gps[year][2], *(read for each in found for read in each[year][2])),
            scale=100.0,
        )


def isolated_gps(context: Context) -> Iterator[Components]:
    """Share of GPs who practise in a commune with fewer than three of them."""
    least = context.parameters["coordination.isolated.gps"].latest
    for year, (counts, part, reads) in sorted(_by_year(context, "mg").items()):
        frame = _units(context, counts)
        yield Components(
            Kind.RATIO,
            pd.DataFrame(
                {"numerator": frame[0].where(frame[0] < least, 0.0), "denominator": frame[0]}
            ),
            str(year),
            part.source,
            reads,
            scale=100.0,
        )


def _people_where(
    facilities: tuple[str, ...], *, without: bool
) -> Callable[[Context], Iterator[Components]]:
    """Share of people whose commune has all the facilities, or none of the first."""

    def build(context: Context) -> Iterator[Components]:
        found = [_by_year(context, each) for each in facilities]
        index = context.geography.membership.index
        everyone, weight = context.people()
        people = everyone.reindex(index)
        for year in sorted(set(found[0]).intersection(*found[1:])):
            counts = [
                each[year][0].groupby(level=0).sum().reindex(index).fillna(0.0) for each in found
            ]
            for city, parts in ARRONDISSEMENTS.items():
                for each in counts:
                    if city in each.index:
                        each[city] = max(each[city], each.reindex(list(parts)).sum())
            present = pd.concat(counts, axis=1).gt(0).all(axis=1)
            chosen = ~present if without else present
            yield Components(
                Kind.RATIO,
                pd.DataFrame(
                    {
                        "numerator": people.where(chosen, 0.0).where(people.notna()),
                        "denominator": people,
                    }
                ),
                str(year),
                found[0][year][1].source,
                (*(read for each in found for read in each[year][2]), *weight),
                scale=100.0,
            )

    return build


def _establishments(categories: tuple[str, ...]) -> Callable[[Context], Iterator[Components]]:
    """Active establishments of FINESS by commune, where a file covers the département."""

    def build(context: Context) -> Iterator[Components]:
        people = context.geography.population
        membership = context.geography.membership
        homes = membership["departement"]
        most = context.parameters["finess.coverage.people_per_establishment"].latest
        seen: set[str] = set()
        for part in sorted(
            context.parts("etablissement"), key=lambda each: each.period, reverse=True
        ):
            frame = context.lake.read(part, ["code", "categorie", "actif"])
            frame = frame[frame["code"].notna() & frame["categorie"].notna()]
            codes = frame["code"].astype(object)
            held = homes.reindex(codes).value_counts()
            # without a known population, nothing tells a sample from the whole département
            inhabitants = people.groupby(homes.reindex(people.index)).sum(min_count=1)
            covered = {
                str(zone)
                for zone, count in held.items()
                if inhabitants.get(zone, np.nan) / count <= most
            } - seen
            if not covered:
                continue
            seen |= covered
            kept = frame[frame["categorie"].isin(list(categories)) & frame["actif"].astype(bool)]
            counts = kept["code"].astype(object).value_counts()
            units = membership.index[homes.isin(covered) & membership["arm"].isna()]
            yield Components(
                Kind.COUNT,
                pd.DataFrame({"numerator": counts.reindex(units).fillna(0.0).astype("float64")}),
                part.period[:4],
                part.source,
                (Read(part, ("categorie",), {"categorie": list(categories)}),),
                notes=(
                    "établissements en activité ; départements couverts : "
                    + ", ".join(sorted(covered)),
                ),
            )
            return

    return build


INDICATORS = (
    *facility_pair(
        "msp",
        "multi-professional practice",
        "maisons de santé pluridisciplinaires",
        "O12a",
        theme="coordination",
    )[:1],
    Indicator(
        "msp_finess",
        "O12b",
        "coordination",
        "Maisons de santé (FINESS)",
        "Practices in FINESS",
        "",
        0,
        Direction.HIGHER,
        "Maisons de santé en activité au répertoire FINESS (catégorie 603).",
        ("Des établissements fermés restent parfois au répertoire.",),
        "ANS, FINESS",
        _establishments(MSP),
        ("finess-etablissements", "finess-structures"),
        ("finess.coverage.people_per_establishment",),
        {"BPE": "La BPE compte les maisons de santé au 1er janvier de son édition, plus ancienne."},
    ),
    Indicator(
        "cpts_sieges",
        "O12c",
        "coordination",
        "Sièges de CPTS (FINESS)",
        "CPTS seats",
        "",
        0,
        Direction.HIGHER,
        "Communautés professionnelles territoriales de santé dont le siège est dans le territoire (catégorie 604).",
        ("Le siège ne dit pas le périmètre : une CPTS couvre bien plus que sa commune.",),
        "ANS, FINESS",
        _establishments(CPTS),
        ("finess-etablissements", "finess-structures"),
        ("finess.coverage.people_per_establishment",),
    ),
    Indicator(
        "infirmiers_par_mg",
        "G4",
        "coordination",
        "Infirmiers pour un généraliste",
        "Nurses per GP",
        "",
        1,
        Direction.NEUTRAL,
        "Infirmiers libéraux rapportés aux médecins généralistes, à leur lieu d’exercice.",
        (
            "Beaucoup d’infirmiers pour un médecin peut dire un appui solide comme un manque de médecins.",
            *BPE_CAVEATS[1:],
        ),
        "Insee, BPE",
        nurses_per_gp,
        ("insee-bpe",),
    ),
    Indicator(
        "mg_pluripro",
        "G5",
        "coordination",
        "Généralistes exerçant auprès d’autres professions",
        "GPs beside other professions",
        "%",
        0,
        Direction.HIGHER,
        "Part des généralistes dont la commune a aussi un infirmier, un kinésithérapeute et une pharmacie.",
        SIDE_BY_SIDE,
        "Insee, BPE",
        gps_beside_others,
        ("insee-bpe",),
    ),
    Indicator(
        "mg_isoles",
        "G6",
        "coordination",
        "Généralistes en exercice isolé",
        "Isolated GPs",
        "%",
        0,
        Direction.LOWER,
        "Part des généralistes dont la commune compte moins de trois généralistes.",
        (
            "Une commune n’est pas un cabinet : un médecin seul dans sa commune peut appartenir à une équipe, et l’inverse.",
        ),
        "Insee, BPE",
        isolated_gps,
        ("insee-bpe",),
        ("coordination.isolated.gps",),
    ),
    Indicator(
        "population_sans_mg",
        "A10a",
        "proximity",
        "Population d’une commune sans généraliste",
        "People in a commune without GP",
        "%",
        1,
        Direction.LOWER,
        "Part de la population qui vit dans une commune sans médecin généraliste.",
        ("Le médecin d’à côté peut être à deux minutes : ce n’est pas un temps de trajet.",),
        "Insee, BPE et populations légales",
        _people_where(("mg",), without=True),
        ("insee-bpe", "cogugaison-populations"),
    ),
    Indicator(
        "population_sans_pharmacie",
        "A10b",
        "proximity",
        "Population d’une commune sans pharmacie",
        "People in a commune without pharmacy",
        "%",
        1,
        Direction.LOWER,
        "Part de la population qui vit dans une commune sans pharmacie.",
        ("La pharmacie d’à côté peut être à deux minutes : ce n’est pas un temps de trajet.",),
        "Insee, BPE et populations légales",
        _people_where(("pharmacie",), without=True),
        ("insee-bpe", "cogugaison-populations"),
    ),
    Indicator(
        "population_trio",
        "A10c",
        "proximity",
        "Population d’une commune avec généraliste, infirmier et pharmacie",
        "People in a commune with GP, nurse and pharmacy",
        "%",
        1,
        Direction.HIGHER,
        "Part de la population dont la commune réunit un généraliste, un infirmier et une pharmacie.",
        SIDE_BY_SIDE[1:],
        "Insee, BPE et populations légales",
        _people_where(("mg", "infirmier", "pharmacie"), without=False),
        ("insee-bpe", "cogugaison-populations"),
    ),
)
