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
                "L’air que l’on respire ici n’est pas dans le lac.",
            ),
            Need(
                "la conformité de l’eau potable",
                "le ministère chargé de la santé, résultats du contrôle sanitaire",
                "La conformité de l’eau du robinet n’est pas dans le lac.",
            ),
            Need(
                "les cartes de bruit et le parc de logements, par commune",
                "les préfectures (cartes de bruit stratégiques) ; l’observatoire départemental de l’habitat",
                "Ni le bruit ni le logement ne sont dans le lac.",
            ),
        ),
        _nothing,
    ),
    Chapter(
        "enjeux",
        13,
        "Les enjeux et les priorités",
        "Par quoi commencer ?",
        (
            Need(
                "le vote du groupe de travail sur les enjeux de la synthèse (chapitre 0)",
                "une réunion du comité de pilotage",
                "Aucun vote : les enjeux de la synthèse ne sont pas encore des priorités.",
            ),
        ),
        _nothing,
    ),
    Chapter(
        "suite",
        14,
        "La suite",
        "Quels leviers, quel programme, quelle évaluation ?",
        (
            Need(
                "les leviers, les fiches-actions et leurs indicateurs de suivi",
                "le programme du groupe de travail",
                "Aucun programme : ce diagnostic n’est encore suivi d’aucune action.",
            ),
        ),
        _nothing,
    ),
)
