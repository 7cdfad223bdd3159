"""Changes of a scenario said in French."""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from assemblier.futures.scenarios.changes import (
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

    def name(code: str) -> str:
        return names.get(code, code)

    def at(code: str) -> str:
        return _to(name(code))

    match change:
        case Arrive():
            said = f"{_doctors(change.doctors, 's’installe', 's’installent')} {at(change.commune)}"
            return said if change.acts is None else f"{said} ({number(change.acts)} actes par an)"
        case Leave():
            where = "dans tout le territoire"
            if change.commune is not None:
                where = at(change.commune)
            if change.doctors == OLDER:
                return f"les médecins présumés de 60 ans et plus cessent {where}, sans successeur"
            return f"{_doctors(float(change.doctors), 'cesse', 'cessent')} {where}, sans successeur"
        case Move():
            gone = _doctors(change.doctors, "quitte", "quittent")
            return f"{gone} {name(change.origin)} pour {name(change.to)}"
        case PartTime():
            return (
                f"{_doctors(change.doctors, 'passe', 'passent')} à temps partiel "
                f"{at(change.commune)} ({percent(change.share, 0)} d’un temps plein)"
            )
        case OpenSite():
            team = f"{_amount(change.doctors)} {plural(change.doctors, 'médecin')}"
            origin = "" if change.origin is None else f", qui quittent {name(change.origin)}"
            return f"un site ouvre {at(change.commune)} avec {team}{origin}"
        case ConsultationAvancee():
            origin = "" if change.origin is None else f", retirés {at(change.origin)}"
            return (
                f"une consultation avancée {at(change.commune)}, {_amount(change.days)} "
                f"{plural(change.days, 'jour')} par semaine{origin}"
            )
        case AssistantMedical() | Ipa():
            who = "une infirmière en pratique avancée"
            if isinstance(change, AssistantMedical):
                who = "un assistant médical"
            helped = _doctors(change.doctors, "travaille", "travaillent")
            return f"{helped} avec {who} {at(change.commune)}"
        case Road():
            return (
                f"{name(change.origin)} et {name(change.to)} sont à {number(change.minutes)} "
                "minutes l’une de l’autre"
            )
        case Bus():
            return (
                f"une ligne relie {name(change.origin)} à {name(change.to)} en "
                f"{number(change.minutes)} minutes ; {percent(change.share, 0)} des habitants la "
                "prennent"
            )
        case _:
            assert_never(change)


def _to(place: str) -> str:
    """Say to or at a place; an article is drawn in."""
    for article, drawn in (("Le ", "au "), ("Les ", "aux ")):
        if place.startswith(article):
            return drawn + place[len(article) :]
    return f"à {place}"


def _amount(count: float) -> str:
    return number(count, 0 if count == int(count) else 1)


def _doctors(count: float, verb: str, verbs: str) -> str:
    return f"{_amount(count)} {plural(count, 'médecin')} {plural(count, verb, verbs)}"
