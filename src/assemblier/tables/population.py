"""Tables of people: how many, how old, how well off, where they go."""

from __future__ import annotations

from assemblier.tables.declaration import NOT_AGGREGABLE, SUM, Column, Kind, Table
from assemblier.tables.geography import COMMUNE

__all__ = ["TABLES"]

YEAR = Column("annee", Kind.INTEGER, "année décrite", minimum=1800, maximum=2100)

TABLES = (
    Table(
        "population",
        "Population des communes",
        (
            COMMUNE,
            YEAR,
            Column(
                "genre",
                Kind.CODE,
                "municipale, totale, recensement",
                allowed=("municipale", "totale", "recensement"),
            ),
            Column("population", Kind.NUMBER, "habitants", "habitants", SUM, 0),
        ),
        key=("code", "annee", "genre"),
        geography="code",
    ),
    Table(
        "population_age",
        "Population par âge et sexe",
        (
            COMMUNE,
            YEAR,
            Column("sexe", Kind.CODE, "F, H ou T", allowed=("F", "H", "T")),
            Column(
                "age_min", Kind.INTEGER, "premier âge de la classe", "ans", minimum=0, maximum=120
            ),
            Column(
                "age_max",
                Kind.INTEGER,
                "dernier âge de la classe, 120 sans borne",
                "ans",
                minimum=0,
                maximum=120,
            ),
            Column("population", Kind.NUMBER, "habitants", "habitants", SUM, 0, nullable=True),
        ),
        key=("code", "annee", "sexe", "age_min", "age_max"),
        geography="code",
    ),
    Table(
        "population_departement_age",
        "Population des départements par âge et sexe",
        (
            Column("departement", Kind.CODE, "code du département"),
            YEAR,
            Column("sexe", Kind.CODE, "F, H ou T", allowed=("F", "H", "T")),
            Column("age_min", Kind.INTEGER, "premier âge", "ans", minimum=0),
            Column("age_max", Kind.INTEGER, "dernier âge, 120 sans borne", "ans", minimum=0),
            Column("population", Kind.NUMBER, "habitants", "habitants", SUM, 0),
        ),
        key=("departement", "annee", "sexe", "age_min"),
    ),
    Table(
        "part_population",
        "Parts de la population publiées telles quelles",
        (
            COMMUNE,
            YEAR,
            Column(
                "mesure", Kind.CODE, "mesure : part_75plus, part_plus20min_service_sante, part_rsa…"
            ),
            Column("valeur", Kind.NUMBER, "part", "%", NOT_AGGREGABLE, 0, 100, nullable=True),
        ),
        key=("code", "annee", "mesure"),
        geography="code",
    ),
    Table(
        "social",
        "Effectifs sociaux par commune",
        (
            COMMUNE,
            YEAR,
            Column("mesure", Kind.CODE, "mesure : chomeurs_1564, hlm, residences_principales…"),
            Column("effectif", Kind.NUMBER, "effectif", "", SUM, 0, nullable=True),
        ),
        key=("code", "annee", "mesure"),
        geography="code",
    ),
    Table(
        "revenu",
        "Revenus et pauvreté publiés (Filosofi et revenu fiscal)",
        (
            COMMUNE,
            YEAR,
            Column("mesure", Kind.CODE, "mesure : MED, TP60, D1, D9, RD, NBMENFISC…"),
            Column(
                "valeur",
                Kind.NUMBER,
                "valeur publiée",
                "selon la mesure",
                NOT_AGGREGABLE,
                nullable=True,
            ),
            Column("secret", Kind.BOOLEAN, "vrai si le producteur masque la valeur"),
        ),
        key=("code", "annee", "mesure"),
        geography="code",
    ),
    Table(
        "defavorisation",
        "Indices de défavorisation sociale",
        (
            COMMUNE,
            YEAR,
            Column("indice", Kind.CODE, "fdep ou fedi", allowed=("fdep", "fedi")),
            Column(
                "score",
                Kind.NUMBER,
                "score, plus haut plus défavorisé",
                "",
                NOT_AGGREGABLE,
                nullable=True,
            ),
            Column(
                "quintile",
                Kind.INTEGER,
                "quintile national",
                "",
                NOT_AGGREGABLE,
                1,
                5,
                nullable=True,
            ),
        ),
        key=("code", "annee", "indice"),
        geography="code",
    ),
    Table(
        "flux",
        "Flux de personnes entre communes",
        (
            YEAR,
            Column(
                "motif", Kind.CODE, "travail, etude, soins", allowed=("travail", "etude", "soins")
            ),
            Column("origine", Kind.CODE, "commune de résidence"),
            Column("destination", Kind.CODE, "commune de destination"),
            Column("mode", Kind.CODE, "mode de transport", nullable=True),
            Column("categorie", Kind.CODE, "catégorie sociale", nullable=True),
            Column(
                "flux",
                Kind.NUMBER,
                "personnes, ou actes pour les soins ; vide si masqué",
                "personnes",
                SUM,
                0,
                nullable=True,
            ),
        ),
    ),
)
