"""What the futures bring to a diagnosis: the projection, kept scenarios, kept sitings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from assemblier.blocks import Block, Callout, Tone
from assemblier.declarations import Need, Part
from assemblier.errors import BadInput, MissingSource
from assemblier.futures.projection.blocks import projection_blocks
from assemblier.futures.projection.projected import HORIZONS, run_projection
from assemblier.futures.projection.without_ages import (
    estimate_without_ages,
    without_ages_blocks,
)
from assemblier.futures.scenarios.blocks import scenario_blocks
from assemblier.futures.scenarios.files import Scenario
from assemblier.futures.scenarios.run import run_on_territory
from assemblier.futures.siting.blocks import kept_siting_blocks, not_said
from assemblier.futures.siting.request import NamedSiting
from assemblier.futures.siting.run import site_territory
from assemblier.indicators.told import TerritoryStory

__all__ = ["PARTS", "ScenarioStory"]

MOST_COMMUNES = 2500
"""A larger territory is projected by its own command: it takes half a minute and more."""
FEW_COMMUNES = 250
"""Up to here each commune may be on the watch list."""


class ScenarioStory(TerritoryStory, Protocol):
    """A story with the scenarios and the questions of siting kept for its territory."""

    @property
    def scenarios(self) -> tuple[Scenario, ...]: ...  # noqa: D102
    @property
    def sitings(self) -> tuple[NamedSiting, ...]: ...  # noqa: D102


def _projection(story: TerritoryStory) -> Sequence[Block]:
    """Project the territory as it is known; nothing where lake or territory do not allow."""
    communes = len(story.territory.communes)
    people = story.context.geography.population.reindex(list(story.territory.communes))
    # without a known population there is nobody to project access for
    if communes > MOST_COMMUNES or not people.gt(0).any():
        return []
    grids = ("bv2022", "epci", *(["commune"] if communes <= FEW_COMMUNES else []))
    blocks: list[Block] = []
    try:
        run = run_projection(story.context, story.territory, grids=grids)
        blocks += projection_blocks(story, run.told)
    except MissingSource:
        pass  # the register is not at hand: the published APL may still tell something
    except BadInput as error:
        # a local list that contradicts the register stops the projection, not the diagnosis
        said = tuple(str(problem) for problem in error.problems)
        blocks.append(Callout(Tone.WARNING, "Une liste locale empêche la projection", said))
    second = estimate_without_ages(story.context, story.territory, HORIZONS)
    if second is not None:
        blocks += without_ages_blocks(story, second)
    return blocks


def _scenarios(story: ScenarioStory) -> Sequence[Block]:
    """Run the scenarios that are kept; nothing when there is none."""
    if not story.scenarios:
        return []
    try:
        made = run_on_territory(story.context, story.territory, story.scenarios)
    except MissingSource:
        return []
    return scenario_blocks(story, made)


def _sitings(story: ScenarioStory) -> Sequence[Block]:
    """Ask again the questions of siting that are kept; nothing when there is none."""
    blocks: list[Block] = []
    for at, kept in enumerate(story.sitings, start=1):
        try:
            made = site_territory(story.context, story.territory, kept.request, name=kept.name)
        except MissingSource:
            return []
        except BadInput as error:
            # a wish that the newer data no longer allow is told, and the others are answered
            said = tuple(str(problem) for problem in error.problems)
            blocks.append(Callout(Tone.WARNING, f"« {kept.name} » n’a plus de réponse", said))
        else:
            blocks += kept_siting_blocks(story, made, kept, at)
    return [*blocks, not_said()] if blocks else []


PARTS = (
    Part(
        "projection",
        "offre",
        1,
        "Les médecins dans cinq et dix ans",
        "Que deviennent les médecins et l’accès si rien ne change ?",
        (
            Need(
                "les généralistes par commune et par territoire de vie-santé, avec les 60 ans et "
                "plus",
                "CartoSanté (cartes « cartosante-communes » et « cartosante-mg-tvs ») ; puis la "
                "liste locale des âges, sans nom : assemblier project TERRITOIRE --ages ages.csv",
                "Les médecins de ce territoire et leurs âges ne sont pas dans le lac.",
            ),
        ),
        _projection,
    ),
    Part(
        "scenarios",
        "suite",
        1,
        "Les scénarios étudiés",
        "Que donnerait chaque choix, et pour qui ?",
        (
            Need(
                "un scénario gardé pour ce territoire",
                "le groupe de travail : assemblier scenario keep FICHIER.yaml ; "
                "assemblier scenario schema dit ce qu’il peut changer",
                "Aucun scénario n’est gardé pour ce territoire.",
            ),
        ),
        _scenarios,
    ),
    Part(
        "implantations",
        "suite",
        2,
        "Les implantations étudiées",
        "Où des médecins ou une maison de santé serviraient-ils le plus ?",
        (
            Need(
                "une question d’implantation gardée pour ce territoire",
                "le groupe de travail : assemblier site TERRITOIRE --add N --keep NOM",
                "Aucune question d’implantation n’est gardée pour ce territoire.",
            ),
        ),
        _sitings,
    ),
)
