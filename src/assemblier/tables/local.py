"""Tables of local knowledge: what the people of the territory know and no producer publishes."""

from __future__ import annotations

from assemblier.tables.declaration import NOT_AGGREGABLE, SUM, Column, Kind, Table
from assemblier.tables.geography import COMMUNE
from assemblier.tables.population import YEAR

__all__ = ["TABLES"]

TABLES = (
    Table(
        "correction_offre",
        "Corrections locales de l’offre de soins",
        (
            COMMUNE,
            Column("profession", Kind.CODE, "profession concernée"),
            Column("personne", Kind.TEXT, "pseudonyme ou initiales, jamais publié", nullable=True),
            Column("debut", Kind.DATE, "premier jour où la correction vaut", nullable=True),
            Column("fin", Kind.DATE, "dernier jour où la correction vaut", nullable=True),
            Column(
                "capacite",
                Kind.NUMBER,
                "part d’un plein temps exercée pendant la période : 0 pour un départ, 0,4 pour deux jours",
                "ETP",
                NOT_AGGREGABLE,
                0,
                2,
            ),
            Column("nouveaux_patients", Kind.BOOLEAN, "prend de nouveaux patients", nullable=True),
            Column("note", Kind.TEXT, "ce que l’on sait", nullable=True),
            Column("auteur", Kind.TEXT, "qui l’a dit", nullable=True),
            Column("date", Kind.DATE, "quand", nullable=True),
        ),
        geography="code",
    ),
    Table(
        "maitre_de_stage",
        "Cabinets qui accueillent des internes",
        (
            Column("cabinet", Kind.TEXT, "cabinet, jamais publié"),
            COMMUNE,
            YEAR,
            Column("places", Kind.INTEGER, "places agréées", "places", SUM, 0, nullable=True),
            Column(
                "internes", Kind.INTEGER, "internes accueillis", "internes", SUM, 0, nullable=True
            ),
        ),
        key=("cabinet", "code", "annee"),
        geography="code",
    ),
    Table(
        "sans_medecin_traitant",
        "Patients sans médecin traitant, chiffres de la caisse",
        (
            Column("zone", Kind.CODE, "zone nommée par la caisse : commune, EPCI, département"),
            YEAR,
            Column("champ", Kind.TEXT, "patients comptés : régime, âge"),
            Column("effectif", Kind.INTEGER, "patients", "patients", SUM, 0, nullable=True),
            Column(
                "dont_ald",
                Kind.INTEGER,
                "dont en affection de longue durée",
                "patients",
                SUM,
                0,
                nullable=True,
            ),
        ),
        key=("zone", "annee", "champ"),
    ),
    Table(
        "enquete",
        "Réponses d’une enquête locale, une ligne par réponse et question",
        (
            Column("enquete", Kind.CODE, "identifiant de l’enquête"),
            Column("repondant", Kind.CODE, "pseudonyme du répondant"),
            Column("public", Kind.CODE, "medecins ou habitants"),
            Column("code", Kind.CODE, "commune", nullable=True),
            Column("question", Kind.CODE, "question"),
            Column("reponse", Kind.TEXT, "réponse telle qu’écrite", nullable=True),
            Column("valeur", Kind.NUMBER, "réponse chiffrée", "", NOT_AGGREGABLE, nullable=True),
        ),
        key=("enquete", "repondant", "question"),
        geography="code",
    ),
)
