"""Tables of access: how much care is within reach, how zones are ranked, how long the road is."""

from __future__ import annotations

from assemblier.tables.declaration import NOT_AGGREGABLE, SUM, Aggregation, Column, Kind, Table
from assemblier.tables.geography import COMMUNE
from assemblier.tables.population import YEAR

__all__ = ["TABLES"]

PROFESSION = Column(
    "profession",
    Kind.CODE,
    "médecin généraliste mg, infirmier inf, sage-femme sf, kinésithérapeute mk, chirurgien-dentiste cd…",
)

TABLES = (
    Table(
        "apl",
        "Accessibilité potentielle localisée publiée",
        (
            COMMUNE,
            YEAR,
            PROFESSION,
            Column("ages", Kind.CODE, "âge des médecins comptés : tous, 65, 62, 60"),
            Column(
                "apl",
                Kind.NUMBER,
                "APL",
                "consultations par an et habitant standardisé ou ETP pour 100 000",
                Aggregation.mean("population_standardisee"),
                0,
                nullable=True,
            ),
            Column(
                "population_standardisee",
                Kind.NUMBER,
                "population standardisée de l’édition",
                "habitants standardisés",
                SUM,
                0,
                nullable=True,
            ),
        ),
        key=("code", "annee", "profession", "ages"),
        geography="code",
    ),
    Table(
        "population_standardisee",
        "Population standardisée pour une profession",
        (
            COMMUNE,
            YEAR,
            PROFESSION,
            Column(
                "population_standardisee",
                Kind.NUMBER,
                "population standardisée",
                "habitants standardisés",
                SUM,
                0,
                nullable=True,
            ),
            Column(
                "population",
                Kind.NUMBER,
                "population totale de l’édition",
                "habitants",
                SUM,
                0,
                nullable=True,
            ),
        ),
        key=("code", "annee", "profession"),
        geography="code",
    ),
    Table(
        "apl_poids_age",
        "Poids de consommation de soins par âge (paramètres de l’APL)",
        (
            YEAR,
            PROFESSION,
            Column("age_min", Kind.INTEGER, "premier âge", "ans", minimum=0),
            Column("age_max", Kind.INTEGER, "dernier âge, 120 sans borne", "ans", minimum=0),
            Column(
                "poids", Kind.NUMBER, "consommation rapportée à la moyenne", "", NOT_AGGREGABLE, 0
            ),
        ),
        key=("annee", "profession", "age_min"),
    ),
    Table(
        "zonage_sante",
        "Zonage conventionnel des professionnels de santé",
        (
            COMMUNE,
            PROFESSION,
            Column("classe", Kind.CODE, "classe de l’arrêté"),
            Column(
                "date",
                Kind.DATE,
                "date de l’arrêté, vide si la source ne la dit pas",
                nullable=True,
            ),
            Column("tvs", Kind.CODE, "territoire de vie-santé", nullable=True),
        ),
        key=("code", "profession"),
        geography="code",
    ),
    Table(
        "zonage_tvs",
        "Zonage des professionnels de santé par territoire de vie-santé",
        (
            Column("tvs", Kind.CODE, "territoire de vie-santé"),
            PROFESSION,
            Column("classe", Kind.CODE, "classe de l’arrêté"),
            Column("date", Kind.DATE, "date de l’arrêté", nullable=True),
        ),
        key=("tvs", "profession"),
    ),
    Table(
        "temps",
        "Temps de trajet entre communes ou points",
        (
            Column("moteur", Kind.CODE, "moteur et édition"),
            Column("origine", Kind.CODE, "origine"),
            Column("destination", Kind.CODE, "destination"),
            Column(
                "secondes",
                Kind.NUMBER,
                "temps de trajet",
                "secondes",
                NOT_AGGREGABLE,
                0,
                nullable=True,
            ),
            Column(
                "km", Kind.NUMBER, "distance par la route", "km", NOT_AGGREGABLE, 0, nullable=True
            ),
            Column(
                "x_origine", Kind.NUMBER, "abscisse Lambert 93", "m", NOT_AGGREGABLE, nullable=True
            ),
            Column(
                "y_origine", Kind.NUMBER, "ordonnée Lambert 93", "m", NOT_AGGREGABLE, nullable=True
            ),
            Column(
                "x_destination",
                Kind.NUMBER,
                "abscisse Lambert 93",
                "m",
                NOT_AGGREGABLE,
                nullable=True,
            ),
            Column(
                "y_destination",
                Kind.NUMBER,
                "ordonnée Lambert 93",
                "m",
                NOT_AGGREGABLE,
                nullable=True,
            ),
        ),
    ),
    Table(
        "acces_carreau",
        "Temps d’accès des carreaux de 200 m à l’équipement le plus proche, par commune",
        (
            COMMUNE,
            YEAR,
            Column("type", Kind.CODE, "type d’équipement"),
            Column("population", Kind.NUMBER, "habitants des carreaux", "habitants", SUM, 0),
            Column(
                "minutes",
                Kind.NUMBER,
                "temps moyen en voiture",
                "minutes",
                Aggregation.mean("population"),
                0,
            ),
            Column("plus20", Kind.NUMBER, "habitants à plus de 20 minutes", "habitants", SUM, 0),
            Column("plus30", Kind.NUMBER, "habitants à plus de 30 minutes", "habitants", SUM, 0),
        ),
        key=("code", "annee", "type"),
        geography="code",
    ),
    Table(
        "route",
        "Extraits du réseau routier conservés tels quels",
        (
            Column("fichier", Kind.TEXT, "nom de l’extrait"),
            Column("empreinte", Kind.TEXT, "sha256 de l’extrait"),
            Column("octets", Kind.INTEGER, "taille", "octets", NOT_AGGREGABLE, 0),
        ),
        key=("empreinte",),
    ),
)
