"""Who holds which lever, as blocks: a part of the chapter on pathways and coordination."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from assemblier.blocks import Block, Callout, Cell, Heading, SourceNote, TableBlock, Tone
from assemblier.declarations import Need, Part
from assemblier.indicators.told import TerritoryStory, Told
from assemblier.language import date
from assemblier.parameters import Parameters
from assemblier.perimeters.competences import Competences, Parting, partings
from assemblier.perimeters.study import ground_of
from assemblier.territory.shapes import Shapes

__all__ = ["PART", "CompetencesStory", "competence_blocks"]

ROLES = ("decide", "partage", "contractualise")
"""Roles that have a column, the strongest first."""
BESIDE = ("finance", "consulte")
"""Roles told together in the last column."""
SHOWN = 12
"""Pairs of perimeters that part, told at most."""


class CompetencesStory(TerritoryStory, Protocol):
    """A story with the matrix that its territory keeps."""

    @property
    def competences(self) -> Competences | None: ...  # noqa: D102


def build(story: CompetencesStory) -> Sequence[Block]:
    """Tell the matrix and where perimeters part; nothing when none is kept."""
    matrix = story.competences
    if matrix is None:
        return []
    context = story.context
    shapes = context.once(Shapes, lambda: Shapes(context.geography, context.parameters))
    areas = shapes.points.drop_duplicates("code").set_index("code")["area_km2"]
    ground = ground_of(context, story.territory.communes, areas).ground
    found = partings(matrix, ground, context.geography.membership)
    people = [
        read.part.source
        for (name, _, _), components in sorted(story.figures.results.components.items())
        if name == "population"
        for read in components.reads
    ]
    traced = Told(
        story.figures,
        f"perimetre|{story.territory.slug}",
        story.territory.name,
        f"communes de {context.geography.cog}",
        {"population": tuple(dict.fromkeys(people[-1:]))},
    )
    return competence_blocks(matrix, found, traced, context.parameters)


def competence_blocks(
    matrix: Competences, found: Sequence[Parting], traced: Told, parameters: Parameters
) -> list[Block]:
    """Write the matrix, one row by lever, then the perimeters of health and social work."""
    determinants = parameters["competences.determinants"].latest
    roles = parameters["competences.roles"].latest
    rows: list[tuple[Cell, ...]] = [
        (
            lever.label,
            determinants.get(lever.determinant, lever.determinant),
            *(", ".join(each.short for each in matrix.by_role(lever, role)) for role in ROLES),
            " ; ".join(
                f"{roles[role]} : {', '.join(each.short for each in held)}"
                for role in BESIDE
                if (held := matrix.by_role(lever, role))
            ),
        )
        for lever in matrix.levers
    ]
    headings = [f"{roles[role][0].upper()}{roles[role][1:]}" for role in ROLES]
    blocks: list[Block] = [
        TableBlock(
            "competences",
            f"Les leviers et leurs détenteurs, au {date(matrix.date)}",
            ("Levier", "Déterminant", *headings, "Autre rôle"),
            tuple(rows),
            tuple(False for _ in range(3 + len(ROLES))),
            SourceNote(
                ("Matrice des compétences tenue par le territoire.",),
                notes=(
                    "Le modèle de départ cite les textes de mémoire : une ligne que le territoire "
                    "n’a pas relue n’est pas vérifiée.",
                ),
            ),
        )
    ]
    apart = [each for each in found if each.population_share > 0]
    if apart:
        blocks += [
            Heading("Où les périmètres de la santé et du social se séparent"),
            _partings(apart, traced),
        ]
    elif not found:
        blocks.append(
            Callout(
                Tone.LIMIT,
                "Périmètres à donner",
                (
                    "Aucun couple de détenteurs, l’un pour la santé, l’autre pour le social, n’a "
                    "encore de périmètre : où les deux se séparent n’est pas connu.",
                ),
            )
        )
    return blocks


def _partings(apart: Sequence[Parting], traced: Told) -> TableBlock:
    rows: list[tuple[Cell, ...]] = []
    for each in apart[:SHOWN]:
        key = f"competences|{each.health}|{each.social}"
        counts = [
            traced.number(
                f"{key}|{name}", len(communes), label=f"Communes du territoire {label}",
                method="Communes des deux périmètres donnés dans la matrice.",
                topics=("population",), zone=f"{each.health} et {each.social}",
            )
            for name, label, communes in (
                ("deux", "dans les deux périmètres", each.both),
                ("sante", "dans celui de la santé seul", each.only_health),
                ("social", "dans celui du social seul", each.only_social),
            )
        ]  # fmt: skip
        share = traced.share(
            key, each.population_share,
            label="Part des habitants là où les deux périmètres se séparent",
            method="Habitants dans un seul des deux périmètres, rapportés à tous.",
            topics=("population",), zone=f"{each.health} et {each.social}",
        )  # fmt: skip
        rows.append((each.health, each.social, *counts, share))
    return TableBlock(
        "perimetres-qui-se-separent",
        "Les périmètres de la santé et du social",
        (
            "Santé",
            "Social",
            "Communes dans les deux",
            "Santé seule",
            "Social seul",
            "Habitants concernés",
        ),
        tuple(rows),
        (False, False, True, True, True, True),
        SourceNote(
            (*traced.cited("population"), "Matrice des compétences tenue par le territoire."),
            reading="là où les deux se séparent, un habitant relève de l’un sans relever de "
            "l’autre : une action commune y demande une convention.",
        ),
    )


PART = Part(
    "competences",
    "parcours",
    1,
    "Qui tient quel levier",
    "Qui peut agir sur quel déterminant, et sur quel périmètre ?",
    (
        Need(
            "la matrice des compétences : qui tient quel levier, sur quel périmètre",
            "le groupe de travail (assemblier competences start, puis export et import)",
            "Aucune matrice des compétences n’est gardée pour ce territoire.",
        ),
    ),
    build,
)
