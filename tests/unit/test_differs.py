"""Every indicator that another site shows says what sets it apart: field, date, unit, geography."""

from __future__ import annotations

from assemblier.indicators.differs import DIFFERENCES
from assemblier.indicators.registry import INDICATORS

OURS = {
    # made of the territory's own files, or derived by the program in a way no site shows
    "apl_correction",
    "ecoles",
    "fedi",
    "fedi_q5",
    "france_services",
    "infirmiers_par_mg",
    "mg_isoles",
    "mg_pluripro",
    "population_sans_mg",
    "population_sans_pharmacie",
    "population_trio",
    "population_zrr",
    "qpv",
}
"""Indicators that say nothing of other sites, each by choice."""


def test_every_indicator_that_another_site_shows_says_why_it_differs():
    silent = {each.id for each in INDICATORS if not each.differs}
    assert silent == OURS


def test_each_difference_tells_the_four():
    for _, found in DIFFERENCES:
        for difference in found:
            parts = (difference.field, difference.date, difference.unit, difference.geography)
            assert all(parts)
            assert not any(part.endswith(".") for part in parts)
            for head in ("Le champ : ", "La date : ", "L’unité : ", "La géographie : "):
                assert head in difference.text


def test_differences_speak_of_known_indicators_once():
    known = {each.id for each in INDICATORS}
    named = [name for names, _ in DIFFERENCES for name in names]
    assert set(named) <= known
    assert len(named) == len(set(named))
