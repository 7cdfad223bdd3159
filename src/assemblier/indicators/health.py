"""Indicators of health that producers publish by département only: shown there, never brought down."""

# ruff: noqa: E501 — sentences

from __future__ import annotations

from collections.abc import Callable, Iterator

import pandas as pd

from assemblier.declarations import Direction, Indicator
from assemblier.indicators.components import Components, Kind, Read
from assemblier.indicators.context import Context

__all__ = ["INDICATORS", "PREVALENCES"]

ONLY_DEPARTEMENT = (
    "Publié par département : le territoire n’a pas de valeur, et celle du département n’est pas la sienne.",
    "Une prévalence compte des personnes soignées ou repérées : là où l’on consulte moins, elle peut être plus basse.",
    "Une prévalence brute croît avec l’âge de la population : l’écart entre départements n’est pas un écart de risque.",
)
PER_100_000 = 100_000.0


def _by_departement(measure: str) -> Callable[[Context], Iterator[Components]]:
    def build(context: Context) -> Iterator[Components]:
        for part in context.parts("part_departement"):
            held = context.lake.read(part, ["departement", "annee", "mesure", "valeur"])
            held = held[held["mesure"] == measure]
            for year in sorted(set(held["annee"])):
                rows = held[held["annee"] == year]
                level = pd.Series(
                    rows["valeur"].to_numpy("float64"),
                    index=pd.Index(rows["departement"].to_numpy(object), dtype=object),
                )
                yield Components(
                    Kind.PUBLISHED,
                    pd.DataFrame({"numerator": pd.Series(dtype="float64")}),
                    str(int(year)),
                    part.source,
                    (Read(part, ("valeur",), {"annee": int(year), "mesure": measure}),),
                    levels={"departement": level},
                )

    return build


def _liberal_density(starts: tuple[str, ...]) -> Callable[[Context], Iterator[Components]]:
    """Liberal professionals by département for 100,000 people, from the insurance's headcounts."""

    def build(context: Context) -> Iterator[Components]:
        membership = context.geography.membership
        own = membership[membership["arm"].isna()]
        everyone, weight = context.people()
        people = everyone.reindex(own.index)
        # a département without population has no density: it is left out, not divided by zero
        zones = {
            grid: people.groupby(own[grid]).sum(min_count=1) for grid in ("departement", "region")
        }
        to_region = own.drop_duplicates("departement").set_index("departement")["region"]
        for part in context.parts("professionnel_departement", card="ameli-demographie"):
            held = context.lake.read(part)
            held = held[held["exercice"] == "liberal"]
            kept = held[held["profession"].astype(str).str.startswith(starts)]
            kept = kept[(kept["age"] == "Tout âge") & (kept["sexe"] == "tout sexe")]
            for year in sorted(set(kept["annee"])):
                rows = kept[kept["annee"] == year]
                heads = rows.groupby(rows["departement"].astype(object))["effectif"].sum()
                counted = zones["departement"].index[zones["departement"] > 0]
                heads = heads[heads.index.isin(counted)].astype("float64")
                by_region = heads.groupby(to_region.reindex(heads.index)).sum()
                whole = zones["departement"].reindex(heads.index).sum()
                yield Components(
                    Kind.PUBLISHED,
                    pd.DataFrame({"numerator": pd.Series(dtype="float64")}),
                    str(int(year)),
                    part.source,
                    (Read(part, ("effectif",), {"annee": int(year)}), *weight),
                    levels={
                        "departement": PER_100_000
                        * heads
                        / zones["departement"].reindex(heads.index),
                        "region": PER_100_000
                        * by_region
                        / zones["region"].reindex(by_region.index),
                        "france": pd.Series({"FR": PER_100_000 * heads.sum() / whole}),
                    },
                    notes=(
                        "effectifs libéraux du département rapportés à sa population municipale ; "
                        "région et France : sommes des départements publiés",
                    ),
                )

    return build


def _prevalence(name: str, code: str, label: str, english: str, what: str) -> Indicator:
    return Indicator(
        f"prevalence_{name}",
        code,
        "health",
        label,
        english,
        "%",
        1,
        Direction.LOWER,
        f"Part de la population prise en charge pour {what}, par département.",
        ONLY_DEPARTEMENT,
        "Cnam, cartographie des pathologies et des dépenses",
        _by_departement(f"prevalence_{name}"),
        ("drees-cnam-departements",),
    )


PREVALENCES = ("prevalence_diabete", "prevalence_respiratoire")

INDICATORS = (
    _prevalence("diabete", "H1", "Diabète", "Diabetes", "un diabète"),
    _prevalence(
        "respiratoire",
        "H3",
        "Maladies respiratoires chroniques",
        "Respiratory",
        "une maladie respiratoire chronique",
    ),
    Indicator(
        "medecins_55plus",
        "O4b",
        "supply",
        "Médecins de 55 ans et plus (département)",
        "Doctors of 55 and over",
        "%",
        0,
        Direction.LOWER,
        "Part des médecins de 55 ans et plus, toutes spécialités et tous modes d’exercice, par département.",
        (
            "Publié par département : le territoire n’a pas de valeur.",
            "Salariés et spécialistes compris : ce n’est pas l’âge des généralistes libéraux.",
        ),
        "DREES, démographie des professionnels de santé",
        _by_departement("part_medecins_55plus"),
        ("drees-cnam-departements",),
    ),
    *(
        Indicator(
            f"liberaux_{name}",
            code,
            "second",
            f"{label} pour 100 000 habitants (département)",
            f"{english} per 100,000",
            "pour 100 000 habitants",
            1,
            Direction.HIGHER,
            f"{label} rapportés à la population municipale du département.",
            (
                "Publié par département : le territoire n’a pas de valeur.",
                "Les praticiens salariés de l’hôpital n’y sont pas.",
            ),
            "Cnam, démographie des professionnels libéraux",
            _liberal_density(starts),
            ("ameli-demographie",),
        )
        for name, code, label, english, starts in (
            ("psychiatres", "O14a", "Psychiatres libéraux", "Psychiatrists", ("Psychiatres",)),
            (
                "ophtalmologues",
                "O14b",
                "Ophtalmologues libéraux",
                "Ophthalmologists",
                ("Ophtalmologues",),
            ),
            ("cardiologues", "O14c", "Cardiologues libéraux", "Cardiologists", ("Cardiologues",)),
            (
                "dermatologues",
                "O14d",
                "Dermatologues libéraux",
                "Dermatologists",
                ("Dermatologues",),
            ),
            ("pediatres", "O14e", "Pédiatres libéraux", "Paediatricians", ("Pédiatres",)),
        )
    ),
)
