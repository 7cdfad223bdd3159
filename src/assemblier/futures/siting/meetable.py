"""Whether wishes can be met together, and which of them bind when they cannot."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from assemblier.errors import BadInput, Problem
from assemblier.futures.siting.shortfall_model import cheapest, fewest_sites, fits
from assemblier.futures.siting.wishes import Wishes
from assemblier.language import plural

__all__ = ["refuse_unmeetable"]


def refuse_unmeetable(wishes: Wishes) -> None:
    """Refuse wishes that cannot be met together.

    Wishes are relaxed one at a time: those whose relaxation makes the rest possible bind, and the
    message says how far each would have to give way.

    Raises
    ------
    BadInput
        Naming every wish that binds.
    """
    problems = _binding_together(wishes)
    if problems:
        raise BadInput(problems)


def _binding_together(wishes: Wishes) -> list[Problem]:
    if wishes.plain or fits(wishes):
        return []
    problems: list[Problem] = []
    if wishes.most_sites is not None:
        need = fewest_sites(wishes, with_budget=True)
        if need is not None:
            problems.append(
                Problem(
                    "le nombre de sites bloque",
                    value=f"au plus {wishes.most_sites}",
                    allowed=f"au moins {need} {plural(need, 'site')}, les autres souhaits restant "
                    "les mêmes",
                    advice="Autorisez plus de sites ou plus de médecins par site.",
                )
            )
    if wishes.budget is not None:
        need_money = cheapest(wishes, with_sites=True)
        if need_money is not None:
            problems.append(
                Problem(
                    "le budget bloque",
                    value=f"{wishes.budget:g}",
                    allowed=f"au moins {need_money:g}, les autres souhaits restant les mêmes",
                    advice="Augmentez le budget ou placez moins de médecins.",
                )
            )
    roomier = replace(wishes, at_most=np.where(wishes.at_most > 0, wishes.units, 0))
    if int(wishes.at_most.max()) < wishes.units and fits(roomier):
        problems.append(
            Problem(
                "le maximum par site bloque",
                value=f"au plus {int(wishes.at_most.max())} médecins par site",
                allowed=f"au moins {_least_room(wishes)}, les autres souhaits restant les mêmes",
                advice="Relevez le maximum par site ou placez moins de médecins.",
            )
        )
    if wishes.team > 1 and fits(wishes, with_team=False):
        problems.append(
            Problem(
                "l’équipe minimale bloque : ce nombre de médecins ne s’y répartit pas",
                value=f"{wishes.units} médecins par équipes d’au moins {wishes.team}",
                advice="Changez le nombre de médecins, l’équipe minimale ou les maximums.",
            )
        )
    return problems or [
        Problem(
            "plusieurs souhaits se bloquent ensemble : nombre de sites, budget, équipe minimale",
            advice="Assouplissez-en deux à la fois.",
        )
    ]


def _least_room(wishes: Wishes) -> int:
    """Smallest maximum, the same at every allowed site, with which the rest can be met."""
    low, high = int(wishes.at_most.max()) + 1, wishes.units
    while low < high:
        middle = (low + high) // 2
        room = np.where(wishes.at_most > 0, np.maximum(wishes.at_most, middle), 0)
        if fits(replace(wishes, at_most=room)):
            high = middle
        else:
            low = middle + 1
    return low
