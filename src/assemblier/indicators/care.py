"""Indicators of care: professionals and facilities, and how many people there are for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from assemblier.declarations import Direction, Indicator
from assemblier.indicators.components import Chance, Components, Kind, Read
from assemblier.indicators.context import Context
from assemblier.indicators.facilities import types_of
from assemblier.indicators.population import populations
from assemblier.lake.provenance import Part
from assemblier.measures.series_breaks import broken_years

__all__ = ["BPE_CAVEATS", "INDICATORS", "facilities_by_unit", "facility_pair"]

BPE_CAVEATS = (
    "La BPE compte les médecins libéraux ou mixtes à leur lieu d’exercice au 1er janvier ; les salariés "
    "des centres de santé n’y sont pas.",
    "L’Insee déconseille de lire la BPE comme une évolution d’une année à l’autre.",
)
PER_10_000 = 10_000.0
SERIES_BREAK = "tvs.series.break"


def facilities_by_unit(
    context: Context, profession: str
) -> Iterator[tuple[pd.Series, int, Part, tuple[Read, ...]]]:
    """Yield the count of one kind of facility by unit, for each edition of the BPE."""
    seen: set[int] = set()
    for part in context.parts("equipement"):
        for year in part.years:
            codes = types_of(context.parameters, profession, year)
            if not codes or year in seen:
                continue
            seen.add(year)
            frame, read = context.converted(
                part, ["nombre"], where={"annee": year, "type": list(codes)}, zero=True
            )
            yield frame["nombre"], year, part, (read,)


def _count(profession: str) -> Callable[[Context], Iterator[Components]]:
    def build(context: Context) -> Iterator[Components]:
        for counts, year, part, reads in facilities_by_unit(context, profession):
            yield Components(
                Kind.COUNT,
                pd.DataFrame({"numerator": counts}),
                str(year),
                part.source,
                reads,
                complete=True,
                chance=Chance.POISSON,
            )

    return build


def _density(profession: str) -> Callable[[Context], Iterator[Components]]:
    def build(context: Context) -> Iterator[Components]:
        known = populations(context)
        for counts, year, part, reads in facilities_by_unit(context, profession):
            if not known:
                return
            nearest = min(known, key=lambda each: (abs(each - year), each))
            people, people_reads = known[nearest]
            index = counts.index.union(people.index)
            frame = pd.DataFrame({"numerator": counts}).reindex(index)
            frame["denominator"] = people["numerator"]
            yield Components(
                Kind.RATIO,
                frame,
                str(year),
                part.source,
                (*reads, *people_reads),
                scale=PER_10_000,
                complete=True,  # an existing commune without a row has none
                chance=Chance.POISSON,
                notes=(f"population municipale de {nearest}",),
            )

    return build


def liberal_gps(context: Context) -> Iterator[Components]:
    """Liberal GPs by commune at the end of a year (CartoSanté)."""
    for part in context.parts("medecin_commune"):
        for year in part.years:
            frame, read = context.converted(part, ["total"], where={"annee": year})
            yield Components(
                Kind.COUNT,
                frame.rename(columns={"total": "numerator"})[["numerator"]],
                str(year),
                part.source,
                (read,),
                chance=Chance.POISSON,
            )


def gps_60plus(context: Context) -> Iterator[Components]:
    """Share of liberal GPs presumed 60 and over."""
    for part in context.parts("medecin_commune"):
        for year in part.years:
            frame, read = context.converted(part, ["plus60", "total"], where={"annee": year})
            yield Components(
                Kind.RATIO,
                frame.rename(columns={"plus60": "numerator", "total": "denominator"}),
                str(year),
                part.source,
                (read,),
                scale=100.0,
                chance=Chance.PROPORTION,
                notes=(
                    "colonne présumée : les deux colonnes de la source portaient le même titre",
                ),
            )


def gps_by_tvs(context: Context) -> Iterator[Components]:
    """Liberal GPs each year, published by territoire de vie-santé, shared by population inside one."""
    for part in context.parts("medecin_tvs"):
        series = context.once(
            ("doctors by territoire de vie-santé", part.object),
            lambda part=part: _series(context, context.lake.read(part), "total"),  # type: ignore[misc]
        )
        for year in part.years:
            read = Read(part, ("total",), {"annee": year})
            yield from _shared_by_tvs(context, series[year], str(year), read)


def _series(context: Context, frame: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return headcounts by territoire de vie-santé and year, without the breaks of the source.

    In some years a producer lost all or half of a département; its zeros are not doctors who left.
    """
    sums = frame.groupby([frame["tvs"].astype(object), "annee"])[column].sum(min_count=1)
    # a pivot with a rule of its own for missing counts calls it cell by cell: fifty times slower
    wide = sums.unstack("annee").astype("float64")  # noqa: PD010
    rule = context.parameters[SERIES_BREAK].latest
    home = np.array([code[:3] if code.startswith("97") else code[:2] for code in wide.index])
    for departement in sorted(set(home)):
        at = home == departement
        held = wide[at]
        totals = held[held.notna().all(axis=1)].sum().to_numpy(np.float64)
        broken = broken_years(totals, rule["inside"], ends=rule["ends"])
        wide.loc[at, wide.columns[broken]] = np.nan
    return wide


def _of(noun: str) -> str:
    """Write *de* before a noun, elided before a vowel."""
    return f"d’{noun}" if noun[0] in "aeiouéèêh" else f"de {noun}"


def facility_pair(
    profession: str, english: str, many: str, code: str, *, theme: str = "supply"
) -> tuple[Indicator, Indicator]:
    """Return the two indicators of a kind of facility of the BPE: how many, and for how many people."""
    return (
        Indicator(
            profession,
            code,
            theme,
            f"{many[0].upper()}{many[1:]}",
            many,
            "",
            0,
            Direction.HIGHER,
            f"Nombre {_of(many)} (base permanente des équipements).",
            BPE_CAVEATS,
            "Insee, BPE",
            _count(profession),
            ("insee-bpe",),
        ),
        Indicator(
            f"{profession}_densite",
            f"{code}d",
            theme,
            f"Densité {_of(many)}",
            f"{english} density",
            "pour 10 000 habitants",
            1,
            Direction.HIGHER,
            f"{many[0].upper()}{many[1:]} pour 10 000 habitants (population municipale de l’année la plus proche).",
            (
                *BPE_CAVEATS,
                "Une densité ignore les frontières : les habitants vont aussi ailleurs, et d’autres viennent.",
            ),
            "Insee, BPE et populations légales",
            _density(profession),
            ("insee-bpe", "cogugaison-populations"),
        ),
    )


def nurses_by_tvs(context: Context) -> Iterator[Components]:
    """Nurses each year, published by territoire de vie-santé, shared by population inside one."""
    codes = context.parameters["bpe.types.infirmier"].latest
    for part in context.parts("equipement_tvs"):
        series = context.once(
            ("nurses by territoire de vie-santé", part.object),
            lambda part=part: _series(  # type: ignore[misc]
                context, context.lake.read(part, where={"type": list(codes)}), "nombre"
            ),
        )
        for year in part.years:
            read = Read(part, ("nombre",), {"annee": year, "type": list(codes)})
            yield from _shared_by_tvs(context, series[year], str(year), read)


def _shared_by_tvs(
    context: Context, totals: pd.Series, year: str, read: Read
) -> Iterator[Components]:
    """Share the totals of territoires de vie-santé between their communes, by population."""
    if "tvs2019" not in context.geography.membership:
        return
    parts = context.once("shares of territoires de vie-santé", lambda: _tvs_shares(context))
    by_label = totals.reindex(parts.labels).to_numpy(np.float64)
    homes = Read(context.geography.grid_parts["tvs2019"], ("zone",), {"grille": "tvs2019"})
    yield Components(
        Kind.COUNT,
        pd.DataFrame({"numerator": parts.share * by_label[parts.label]}, index=parts.homes.index),
        year,
        read.part.source,
        (read, homes, *context.people()[1]),
        spread=parts.homes,
        chance=Chance.POISSON,
        notes=("Entre les communes d’un même territoire de vie-santé : au prorata des habitants.",),
    )


@dataclass(frozen=True, slots=True)
class _TvsShares:
    """What each commune or arrondissement weighs in its territoire de vie-santé.

    ``homes`` gives the zone of each unit, ``label`` its position in ``labels``, ``share`` its part
    of the inhabitants, NaN in a zone without any; shape (n,).
    """

    homes: pd.Series
    labels: pd.Index
    label: NDArray[np.intp]
    share: NDArray[np.float64]


def _tvs_shares(context: Context) -> _TvsShares:
    membership = context.geography.membership
    homes = membership["tvs2019"].dropna()
    city = membership["commune"].reindex(homes.index)
    people = city.map(context.geography.population).fillna(0.0) / city.map(city.value_counts())
    label, labels = pd.factorize(homes)
    weight = people.to_numpy(np.float64)
    whole = np.bincount(label, weights=weight)[label]
    share = np.divide(weight, whole, out=np.full(len(weight), np.nan), where=whole > 0)
    return _TvsShares(homes, pd.Index(labels), label, share)


INDICATORS = (
    *facility_pair("mg", "GP", "médecins généralistes", "O1"),
    Indicator(
        "mg_liberaux",
        "O1b",
        "supply",
        "Médecins généralistes libéraux",
        "Liberal GPs",
        "",
        0,
        Direction.HIGHER,
        "Médecins généralistes libéraux au 31 décembre.",
        ("Un médecin y compte pour un, qu’il travaille deux jours ou cinq jours par semaine.",),
        "CartoSanté",
        liberal_gps,
        ("cartosante-communes",),
    ),
    Indicator(
        "mg_60plus",
        "O4",
        "supply",
        "Médecins généralistes présumés de 60 ans et plus",
        "GPs presumed 60 and over",
        "%",
        0,
        Direction.LOWER,
        "Part des médecins généralistes libéraux présumés de 60 ans et plus au 31 décembre 2019.",
        (
            "60 ans n’est pas la retraite : l’âge moyen de cessation était de 67 ans en 2017.",
            "Colonne présumée : les deux colonnes de la source portaient le même titre.",
        ),
        "CartoSanté",
        gps_60plus,
        ("cartosante-communes",),
    ),
    Indicator(
        "mg_tvs",
        "O8",
        "supply",
        "Médecins généralistes libéraux, série annuelle",
        "Liberal GPs, yearly series",
        "",
        0,
        Direction.HIGHER,
        "Médecins généralistes libéraux au 31 décembre, publiés par territoire de vie-santé.",
        (
            "Un territoire qui ne réunit pas des territoires de vie-santé entiers reçoit une part estimée selon la population.",
        ),
        "CartoSanté",
        gps_by_tvs,
        ("cartosante-mg-tvs",),
        (SERIES_BREAK,),
    ),
    Indicator(
        "infirmier_tvs",
        "O10s",
        "supply",
        "Infirmiers, série annuelle",
        "Nurses, yearly series",
        "",
        0,
        Direction.HIGHER,
        "Infirmiers libéraux au 1er janvier, publiés par territoire de vie-santé.",
        (
            *BPE_CAVEATS[1:],
            "Un territoire qui ne réunit pas des territoires de vie-santé entiers reçoit une part estimée selon la population.",
        ),
        "Insee, BPE par territoire de vie-santé",
        nurses_by_tvs,
        ("insee-bpe-tvs",),
        (SERIES_BREAK,),
    ),
    *facility_pair("infirmier", "nurse", "infirmiers", "O10a"),
    *facility_pair("kine", "physiotherapist", "masseurs-kinésithérapeutes", "O10b"),
    *facility_pair("dentiste", "dentist", "chirurgiens-dentistes", "O10c"),
    *facility_pair("sage_femme", "midwife", "sages-femmes", "O10d"),
    *facility_pair("pharmacie", "pharmacy", "pharmacies", "O10e"),
    *facility_pair("laboratoire", "laboratory", "laboratoires", "O10f")[:1],
    *facility_pair("urgences", "emergency department", "services d’urgences", "O11a")[:1],
    *facility_pair("maternite", "maternity", "maternités", "O11b")[:1],
    *facility_pair("hopital_mco", "short-stay hospital", "établissements de court séjour", "O11c")[
        :1
    ],
    *facility_pair("ehpad", "home for older people", "établissements pour personnes âgées", "O11d")[
        :1
    ],
    *facility_pair("centre_sante", "health centre", "centres de santé", "O11e")[:1],
)
