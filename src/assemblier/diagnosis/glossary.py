"""Words of the diagnosis that a reader may not know, and a guide for interviews."""

# ruff: noqa: E501 — sentences

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["INTERVIEW", "TERMS", "Term"]


@dataclass(frozen=True, slots=True)
class Term:
    """A word, what it means here, and the indicators that use it; every diagnosis without any."""

    word: str
    meaning: str
    indicators: tuple[str, ...] = ()


TERMS = (
    Term(
        "APL (accessibilité potentielle localisée)",
        "Nombre de consultations de généraliste accessibles par an et par habitant standardisé, compte tenu des médecins et des habitants à moins de 20 minutes. Calculée par la DREES ; recalculée ici pour simuler.",
        ("apl_mg", "apl_recalculee"),
    ),
    Term(
        "Habitant standardisé",
        "Un habitant compté selon ce qu’on consulte à son âge : un enfant de dix ans compte pour moins d’un, une personne de 80 ans pour plus d’un. À l’échelle du pays, il y en a autant que d’habitants.",
        ("apl_mg", "apl_recalculee"),
    ),
    Term(
        "Bassin de vie",
        "La plus petite aire où l’on trouve les équipements et services courants, tracée par l’Insee (éditions 2012 et 2022).",
    ),
    Term(
        "BPE",
        "Base permanente des équipements de l’Insee : ce qui existe dans chaque commune au 1er janvier d’une année.",
        ("mg", "infirmier", "pharmacie"),
    ),
    Term(
        "Densité",
        "Nombre de professionnels pour 10 000 habitants de la zone. Elle ne voit ni les habitants qui se soignent ailleurs, ni ceux qui viennent d’ailleurs.",
        ("mg_densite",),
    ),
    Term(
        "CPTS, MSP, CDS",
        "Communauté professionnelle territoriale de santé (des professionnels d’un territoire qui s’organisent ensemble) ; maison de santé pluriprofessionnelle (plusieurs professions libérales, un projet commun) ; centre de santé (professionnels salariés).",
        ("msp", "centre_sante", "cpts_sieges", "msp_finess"),
    ),
    Term(
        "F-EDI",
        "Indice de défavorisation sociale d’une commune, fait de plusieurs traits de sa population (Santé publique France). Haut : plus défavorisée.",
        ("fedi", "fedi_q5"),
    ),
    Term(
        "Intervalle",
        "Entre quelles valeurs un chiffre varierait par hasard d’une année à l’autre, si rien ne changeait. Deux zones dont les intervalles se recouvrent ne se classent pas.",
    ),
    Term(
        "Médiane, étendue",
        "Médiane : la moitié des zones est au-dessous. Étendue : de la plus petite à la plus grande.",
    ),
    Term(
        "Population municipale",
        "Habitants qui ont leur résidence habituelle dans la commune, d’après le recensement ; ni résidents secondaires, ni visiteurs.",
        ("population",),
    ),
    Term(
        "Secret statistique",
        "Un chiffre qui existe mais que le producteur ne publie pas, parce qu’il laisserait reconnaître des personnes.",
    ),
    Term(
        "TVS (territoire de vie-santé)",
        "Bassin de vie, découpé là où il est trop grand, par lequel les agences régionales de santé classent les médecins.",
        ("mg_tvs", "part_zip"),
    ),
    Term(
        "ZIP, ZAC",
        "Zone d’intervention prioritaire et zone d’action complémentaire, arrêtées par l’ARS : elles ouvrent des aides à l’installation des médecins, plus fortes en ZIP.",
        ("part_zip", "part_zip_zac"),
    ),
    Term(
        "ZRR",
        "Zone de revitalisation rurale, classement de communes qui ouvrait des exonérations.",
        ("population_zrr",),
    ),
)

INTERVIEW = (
    "Qu’est-ce qui vous a fait venir ici, et qu’est-ce qui vous y retient ? Qu’est-ce qui ferait partir ?",
    "Comment se passe une semaine ordinaire : horaires, visites, gardes, secrétariat, remplacements ?",
    "Prenez-vous de nouveaux patients ? Sinon, que devient celui qui vous appelle ?",
    "Avec qui travaillez-vous vraiment ? Qui manque quand un cas est difficile ?",
    "La nuit et le week-end, que font les patients ? Que savent-ils de ce qui existe ?",
    "Qu’a trouvé, ou n’a pas trouvé, la famille d’un médecin qui s’installe : emploi, école, logement ?",
    "Qu’a-t-on déjà essayé ici ? Qu’est-ce qui a marché, qu’est-ce qui n’a rien changé ?",
    "Parmi les freins que l’on cite, lequel vous paraît faux ?",
)
"""Open questions, from what is told to what is supposed."""
