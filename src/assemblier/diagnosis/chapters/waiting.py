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
