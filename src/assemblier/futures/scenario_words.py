"""Changes of a scenario said in French."""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from assemblier.futures.scenario_changes import (
    OLDER,
    Arrive,
    AssistantMedical,
    Bus,
    Change,
    ConsultationAvancee,
    Ipa,
    Leave,
    Move,
    OpenSite,
    PartTime,
    Road,
)
from assemblier.language import number, percent, plural

__all__ = ["change_sentence"]


def change_sentence(change: Change, names: Mapping[str, str]) -> str:
    """Say a change, without capital nor full stop.

    Parameters
    ----------
    names
        Commune → name.
    """

    def at(code: str) -> str:
        return names.get(code, code)

    match change:
        case Arrive():
            said = (
                f"{_doctors(change.doctors, 's’installe', 's’installent')} à {at(change.commune)}"
            )
            return said if change.acts is None else f"{said} ({number(change.acts)} actes par an)"
        case Leave():
            where = "dans tout le territoire"
            if change.commune is not None:
                where = f"à {at(change.commune)}"
            if change.doctors == OLDER:
                return f"les médecins présumés de 60 ans et plus cessent {where}, sans successeur"
            return f"{_doctors(float(change.doctors), 'cesse', 'cessent')} {where}, sans successeur"
        case Move():
            gone = _doctors(change.doctors, "va", "vont")
            return f"{gone} de {at(change.origin)} à {at(change.to)}"
        case PartTime():
            return (
                f"{_doctors(change.doctors, 'passe', 'passent')} à temps partiel à "
                f"{at(change.commune)} ({percent(change.share, 0)} d’un temps plein)"
            )
        case OpenSite():
            team = f"{_amount(change.doctors)} {plural(change.doctors, 'médecin')}"
            origin = "" if change.origin is None else f", venus de {at(change.origin)}"
            return f"un site ouvre à {at(change.commune)} avec {team}{origin}"
        case ConsultationAvancee():
            origin = "" if change.origin is None else f", retirés à {at(change.origin)}"
            return (
                f"une consultation avancée à {at(change.commune)}, {_amount(change.days)} "
                f"{plural(change.days, 'jour')} par semaine{origin}"
            )
        case AssistantMedical() | Ipa():
            who = "une infirmière en pratique avancée"
            if isinstance(change, AssistantMedical):
                who = "un assistant médical"
            helped = _doctors(change.doctors, "travaille", "travaillent")
            return f"{helped} avec {who} à {at(change.commune)}"
        case Road():
            return (
                f"{at(change.origin)} et {at(change.to)} sont à {number(change.minutes)} minutes "
                "l’une de l’autre"
            )
        case Bus():
            return (
                f"une ligne mène de {at(change.origin)} à {at(change.to)} en "
                f"{number(change.minutes)} minutes ; {percent(change.share, 0)} des habitants la "
                "prennent"
            )
        case _:
            assert_never(change)


def _amount(count: float) -> str:
    return number(count, 0 if count == int(count) else 1)


def _doctors(count: float, verb: str, verbs: str) -> str:
    return f"{_amount(count)} {plural(count, 'médecin')} {plural(count, verb, verbs)}"
