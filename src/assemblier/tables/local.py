"""Tables of local knowledge: what the people of the territory know and no producer publishes."""

from __future__ import annotations

from assemblier.tables.declaration import NOT_AGGREGABLE, SUM, Column, Kind, Table
from assemblier.tables.geography import COMMUNE

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
                "part d’un plein temps ajoutée (positive) ou retirée (négative)",
                "ETP",
                SUM,
                -50,
                50,
            ),
            Column("nouveaux_patients", Kind.BOOLEAN, "prend de nouveaux patients", nullable=True),
            Column("note", Kind.TEXT, "ce que l’on sait", nullable=True),
            Column("auteur", Kind.TEXT, "qui l’a dit", nullable=True),
            Column("date", Kind.DATE, "quand", nullable=True),
        ),
        geography="code",
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
