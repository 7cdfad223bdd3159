"""Chapters that wait for data: each says what would fill it and where to get it."""

from __future__ import annotations

from collections.abc import Sequence

from assemblier.blocks import Block
from assemblier.declarations import Chapter, Need

__all__ = ["CHAPTERS"]


def _nothing(_story: object) -> Sequence[Block]:
    return ()


CHAPTERS = (
    Chapter(
        "environnement",
        4,
        "Les déterminants environnementaux",
        "L’air, l’eau, le bruit et le logement pèsent-ils ici ?",
        (
            Need(
                "la qualité de l’air par intercommunalité",
                "l’association agréée de surveillance de la qualité de l’air de la région",
            ),
            Need(
                "la conformité de l’eau potable",
                "le ministère chargé de la santé, résultats du contrôle sanitaire",
            ),
        ),
        _nothing,
    ),
    Chapter(
        "etat-de-sante",
        5,
        "L’état de santé",
        "De quoi souffre-t-on, de quoi meurt-on ?",
        (
            Need(
                "les affections de longue durée par intercommunalité ou département",
                "Cnam, data.ameli (carte « ameli-pathologies »)",
            ),
            Need(
                "la mortalité, années regroupées",
                "Inserm-CépiDc, par département ou intercommunalité",
            ),
        ),
        _nothing,
    ),
    Chapter(
        "prevention",
        6,
        "La prévention et l’accès",
        "Dépistages, vaccination : qui est atteint, qui ne l’est pas ?",
        (Need("les dépistages et la vaccination", "Santé publique France, Géodes et Odissé"),),
        _nothing,
    ),
    Chapter(
        "parcours",
        9,
        "Les parcours et la coordination",
        "Qui travaille avec qui, et que manque-t-il ?",
        (
            Need(
                "les structures coordonnées (MSP, centres de santé, CPTS)",
                "ANS, FINESS (carte « finess-structures ») et le périmètre des CPTS (carte « cpts-perimetres »)",
            ),
            Need(
                "les actes communs : réunions, protocoles, dossiers partagés",
                "le carnet du groupe de travail",
            ),
        ),
        _nothing,
    ),
    Chapter(
        "paroles",
        10,
        "Les paroles des professionnels, des élus et des habitants",
        "Que disent ceux qui soignent, décident et se soignent ?",
        (
            Need(
                "des entretiens et une enquête",
                "le groupe de travail : guide d’entretien, consentement, pseudonymes",
            ),
        ),
        _nothing,
    ),
    Chapter(
        "projets",
        11,
        "Les projets existants",
        "Qu’a-t-on déjà lancé, et avec quel effet ?",
        (
            Need(
                "la liste des projets, de leurs porteurs et de leurs financeurs",
                "les EPCI, l’ARS, les CPTS et le groupe de travail",
            ),
        ),
        _nothing,
    ),
    Chapter(
        "enjeux",
        13,
        "Les enjeux et les priorités",
        "Par quoi commencer ?",
        (Need("le vote du groupe de travail sur les enjeux", "une réunion du comité de pilotage"),),
        _nothing,
    ),
    Chapter(
        "suite",
        14,
        "La suite",
        "Quels leviers, quel programme, quelle évaluation ?",
        (Need("les leviers et les fiches-actions", "le programme du groupe de travail"),),
        _nothing,
    ),
)
