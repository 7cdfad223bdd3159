"""Every measure with what a reader must know of it: formula, reference, unit, what it conserves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from assemblier.errors import BadInput, Problem
from assemblier.measures.access import Access
from assemblier.measures.catchment import (
    apl,
    availability,
    bfca,
    m2sfca,
    mh3sfca,
    three_step,
    two_step,
)
from assemblier.measures.catchment.pairs import Catchments, PairWeights
from assemblier.measures.cumulative import cumulative
from assemblier.measures.nearest import nearest, nth_nearest
from assemblier.measures.raam import raam

__all__ = ["MEASURES", "Measure", "measure"]

Linearity = Literal["always", "fixed_sites", "never"]


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure of access.

    Attributes
    ----------
    id
        Name on the command line.
    label_fr, label_en
        Names for people.
    formula
        In the notation w decay, P population, S supply, t minutes.
    reference
        Authors, year and DOI.
    conserves
        What the measure keeps, empty where it keeps nothing.
    kind
        ``opportunity`` (more is better; 0 out of reach) or ``cost`` (less is better; none out of
        reach).
    unit
        Unit of the value, in French.
    population
        Population that is counted: ``standardised`` where the demand has one, ``population``, or
        None.
    linear
        Whether access is linear in capacity: ``always``, ``fixed_sites`` (while the list of sites
        does not change) or ``never``.
    parameters
        What it needs beside times, demand and supply.
    compute
        The function.
    pair_weights
        Weights of the two steps, for the floating catchments.
    """

    id: str
    label_fr: str
    label_en: str
    formula: str
    reference: str
    conserves: str
    kind: Literal["opportunity", "cost"]
    unit: str
    population: Literal["standardised", "population"] | None
    linear: Linearity
    parameters: tuple[str, ...]
    compute: Callable[..., Access]
    pair_weights: Callable[[Catchments], PairWeights] | None = None


_PER_HEAD = "offre par habitant"
_SUPPLY = "Σ P·A = Σ S"

_ALL = (
    Measure(
        "apl",
        "Accessibilité potentielle localisée",
        "Local potential accessibility",
        "R_j = S_j / Σ_i P*_i w_ij ; APL_i = Σ_j R_j w_ij",
        "Barlet, Coldefy, Collin & Lucas-Gabrielli 2012, DREES et IRDES",
        "Σ P*·APL = Σ S",
        "opportunity",
        "consultations accessibles par an et par habitant standardisé",
        "standardised",
        "always",
        ("decay",),
        apl.apl,
        apl.pair_weights,
    ),
    Measure(
        "2sfca",
        "Aire flottante en deux étapes",
        "Two-step floating catchment area",
        "R_j = S_j / Σ_i P_i w_ij ; A_i = Σ_j R_j w_ij ; w binaire",
        "Luo & Wang 2003, 10.1068/b29120",
        _SUPPLY,
        "opportunity",
        _PER_HEAD,
        "population",
        "always",
        ("decay",),
        two_step.two_step,
        two_step.pair_weights,
    ),
    Measure(
        "e2sfca",
        "Aire flottante en deux étapes, pondérée",
        "Enhanced two-step floating catchment area",
        "R_j = S_j / Σ_i P_i w_ij ; A_i = Σ_j R_j w_ij",
        "Luo & Qi 2009, 10.1016/j.healthplace.2009.06.002",
        _SUPPLY,
        "opportunity",
        _PER_HEAD,
        "population",
        "always",
        ("decay",),
        two_step.e2sfca,
        two_step.pair_weights,
    ),
    Measure(
        "gaussian",
        "Aire flottante en deux étapes, gaussienne",
        "Gaussian two-step floating catchment area",
        "w = (e^(−½(t/t0)²) − e^(−½)) / (1 − e^(−½)) pour t ≤ t0",
        "Dai 2010, 10.1016/j.healthplace.2010.06.012",
        _SUPPLY,
        "opportunity",
        _PER_HEAD,
        "population",
        "always",
        ("decay",),
        two_step.gaussian_2sfca,
        two_step.pair_weights,
    ),
    Measure(
        "kd2sfca",
        "Aire flottante en deux étapes, noyau d’Epanechnikov",
        "Kernel density two-step floating catchment area",
        "w = ¾ (1 − (t/t0)²) pour t ≤ t0",
        "Dai & Wang 2011, 10.1068/b36149",
        _SUPPLY,
        "opportunity",
        _PER_HEAD,
        "population",
        "always",
        ("decay",),
        two_step.kd2sfca,
        two_step.pair_weights,
    ),
    Measure(
        "m2sfca",
        "Aire flottante en deux étapes, modifiée",
        "Modified two-step floating catchment area",
        "A_i = Σ_j S_j w_ij² / Σ_k P_k w_kj",
        "Delamater 2013, 10.1016/j.healthplace.2013.07.012",
        "",
        "opportunity",
        _PER_HEAD,
        "population",
        "always",
        ("decay",),
        m2sfca.m2sfca,
        m2sfca.pair_weights,
    ),
    Measure(
        "3sfca",
        "Aire flottante en trois étapes",
        "Three-step floating catchment area",
        "G_ij = w_ij / Σ_l w_il ; R_j = S_j / Σ_k G_kj w_kj P_k ; A_i = Σ_j G_ij w_ij R_j",
        "Wan, Zou & Sternberg 2012, 10.1080/13658816.2011.624987",
        _SUPPLY,
        "opportunity",
        _PER_HEAD,
        "population",
        "fixed_sites",
        ("decay",),
        three_step.three_step,
        three_step.pair_weights,
    ),
    Measure(
        "mh3sfca",
        "Aire flottante en trois étapes, Huff modifiée",
        "Modified Huff three-step floating catchment area",
        "G_ij = S_j w_ij / Σ_l S_l w_il ; R_j = S_j / Σ_k G_kj P_k ; A_i = Σ_j G_ij w_ij R_j",
        "Jörg, Lenz, Wetz & Widmer 2019",
        "",
        "opportunity",
        _PER_HEAD,
        "population",
        "never",
        ("decay",),
        mh3sfca.mh3sfca,
        mh3sfca.pair_weights,
    ),
    Measure(
        "bfca",
        "Aire flottante équilibrée",
        "Balanced floating catchment area",
        "r_ij = w_ij/Σ_l w_il ; c_ij = w_ij/Σ_k w_kj ; R_j = S_j/Σ_i P_i r_ij ; A_i = Σ_j R_j c_ij",
        "Páez, Higgins & Vivona 2019, 10.1371/journal.pone.0218773",
        "Σ D = Σ P et Σ A = Σ R",
        "opportunity",
        _PER_HEAD,
        "population",
        "fixed_sites",
        ("decay",),
        bfca.bfca,
        bfca.pair_weights,
    ),
    Measure(
        "availability",
        "Disponibilité spatiale",
        "Spatial availability",
        "V_i = Σ_j S_j P_i w_ij / Σ_k P_k w_kj",
        "Soukhov, Páez, Higgins & Mohamed 2023, 10.1371/journal.pone.0278468",
        "Σ V = Σ S",
        "opportunity",
        "unité de l’offre",
        "population",
        "always",
        ("decay",),
        availability.availability,
        availability.pair_weights,
    ),
    Measure(
        "cumulative",
        "Offre à portée",
        "Cumulative opportunities",
        "A_i = Σ_j S_j w_ij",
        "Hansen 1959, 10.1080/01944365908978307",
        "",
        "opportunity",
        "unité de l’offre",
        None,
        "always",
        ("decay",),
        cumulative,
    ),
    Measure(
        "nearest",
        "Temps d’accès au plus proche",
        "Time to the nearest",
        "A_i = min_j t_ij, S_j > 0",
        "définition",
        "",
        "cost",
        "minutes",
        None,
        "never",
        (),
        nearest,
    ),
    Measure(
        "nth-nearest",
        "Temps d’accès au n-ième plus proche",
        "Time to the n-th nearest",
        "A_i = n-ième plus petit t_ij, S_j > 0",
        "définition",
        "",
        "cost",
        "minutes",
        None,
        "never",
        ("n",),
        nth_nearest,
    ),
    Measure(
        "raam",
        "Coût d’accès à l’équilibre (RAAM)",
        "Rational agent access model",
        "c_ij = t_ij/τ + D_j/(ρ S_j) à l’équilibre ; A_i = Σ_j x_ij c_ij / P_i",
        "Saxon & Snow 2020, 10.1080/24694452.2019.1629870",
        "Σ D = Σ P",
        "cost",
        "sans unité",
        "population",
        "never",
        ("tau", "rho"),
        raam,
    ),
)

MEASURES: Mapping[str, Measure] = MappingProxyType({each.id: each for each in _ALL})
"""Measures by identifier."""


def measure(identifier: str) -> Measure:
    """Return a measure by its identifier.

    Raises
    ------
    BadInput
        There is none of that name; the message lists them.
    """
    found = MEASURES.get(identifier)
    if found is None:
        raise BadInput(
            Problem("la mesure est inconnue", value=identifier, allowed=", ".join(MEASURES))
        )
    return found
