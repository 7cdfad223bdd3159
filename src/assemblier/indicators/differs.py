"""Why a figure differs from the one that another site shows: field, date, unit, geography.

A reader who finds another number on CartoSanté, Rézone or the site of Insee needs to know which of
the four sets them apart. Each difference tells all four, so that none is passed over.
"""

# ruff: noqa: E501 — sentences

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from assemblier.declarations import Indicator

__all__ = ["DIFFERENCES", "Difference", "with_differences"]


@dataclass(frozen=True, slots=True)
class Difference:
    """What sets a figure apart from that of another site, in French.

    Attributes
    ----------
    site
        Where the other figure is shown.
    field
        Who or what is counted.
    date
        Of what day or year.
    unit
        In what.
    geography
        On what zones, and what is hidden.
    """

    site: str
    field: str
    date: str
    unit: str
    geography: str

    @property
    def text(self) -> str:
        """The four, in one paragraph."""
        return (
            f"Le champ : {self.field}. La date : {self.date}. L’unité : {self.unit}. "
            f"La géographie : {self.geography}."
        )


REFERENCE = "ici, les communes de référence"
EDITION = "l’édition du site peut être plus récente"
CARTOSANTE_ZONES = "CartoSanté garde ses communes et masque les petits effectifs"
SAME = "la même"

_HEADS = (
    Difference(
        "CartoSanté, Rézone",
        "l’Assurance maladie compte les libéraux conventionnés d’après ses propres fichiers ; la BPE situe les libéraux et mixtes "
        "d’après le RPPS, les salariés des centres de santé en moins",
        "CartoSanté est au 31 décembre, Rézone à sa dernière mise à jour ; la BPE est au 1er janvier",
        "des professionnels dans les deux cas, à leur lieu d’exercice dans la BPE",
        CARTOSANTE_ZONES,
    ),
    Difference(
        "Insee, statistiques locales",
        "le même (BPE)",
        EDITION,
        SAME,
        "l’Insee donne les communes de l’édition ; " + REFERENCE,
    ),
)
_PLACES = (
    Difference(
        "FINESS, annuaires d’établissements",
        "FINESS compte tout établissement ouvert d’une catégorie ; la BPE range plusieurs catégories sous un même type d’équipement",
        "FINESS est tenu à jour chaque jour ; la BPE est au 1er janvier",
        "des établissements dans les deux cas ; un site sans autorisation propre peut manquer à l’un",
        "FINESS donne l’adresse ; la BPE la commune de l’édition, et " + REFERENCE,
    ),
)
_DENSITY = (
    Difference(
        "CartoSanté, Rézone",
        "les professionnels que compte l’Assurance maladie, et non ceux de la BPE",
        "leur effectif et leur population ont leurs propres dates ; ici, le 1er janvier de l’édition et la population municipale "
        "de l’année la plus proche",
        "souvent pour 100 000 ou 1 000 habitants ; ici pour 10 000",
        CARTOSANTE_ZONES,
    ),
)
_LIBERALS = (
    Difference(
        "BPE (Insee)",
        "la BPE compte aussi les mixtes, à leur lieu d’exercice, d’après le RPPS ; CartoSanté les libéraux conventionnés",
        "la BPE est au 1er janvier, CartoSanté au 31 décembre",
        "des médecins dans les deux cas",
        REFERENCE,
    ),
    Difference(
        "Rézone",
        "Rézone suit les conventionnements en cours ; ici, ceux de la date du fichier",
        "Rézone est à sa dernière mise à jour ; ici, le 31 décembre que dit le chiffre",
        SAME,
        CARTOSANTE_ZONES,
    ),
)
_OLDER = (
    Difference(
        "CartoSanté, Rézone, data.ameli",
        "les libéraux conventionnés dans les trois ; ici, la colonne des 60 ans et plus est présumée, deux colonnes de l’export "
        "portant le même titre",
        "31 décembre de l’année affichée par chacun",
        "la part peut être celle des 55 ans ou des 60 ans et plus",
        "data.ameli ne va que jusqu’au département ; " + REFERENCE,
    ),
)
_APL = (
    Difference(
        "Rézone, CartoSanté",
        "l’un ou l’autre peut montrer l’APL de tous les médecins, des 65 ans et moins ou des 62 ans et moins",
        EDITION,
        SAME,
        "CartoSanté moyenne par territoire de vie-santé ou bassin de vie ; la pondération est ici la population standardisée",
    ),
    Difference(
        "Observatoire des territoires",
        "la colonne montrée peut exclure les exercices particuliers",
        EDITION,
        SAME,
        "Paris, Lyon et Marseille y sont d’un seul tenant ; " + REFERENCE,
    ),
)
_APL_OTHERS = (
    Difference(
        "CartoSanté",
        "le même (DREES)",
        "l’APL à disposition est celui de 2016 ; le site en montre de plus récents",
        "équivalents temps plein pour 100 000 habitants standardisés (femmes pour les sages-femmes)",
        "la moyenne d’une zone est ici pondérée par la population municipale, le fichier ne donnant pas la population standardisée",
    ),
)
_UNDER = (
    Difference(
        "DREES, communiqués",
        "la DREES compte les habitants des communes sous 2,5, tous médecins compris",
        EDITION,
        "une part de la population totale",
        "France hors Mayotte ; " + REFERENCE,
    ),
)
_ZONES = (
    Difference(
        "Rézone, CartoSanté, site de l’ARS",
        "le zonage en vigueur, qui peut avoir changé depuis le fichier",
        "la date de l’arrêté n’est pas dite par la source ; chaque ARS a la sienne",
        "une part de population ; les sites montrent la classe",
        "les médecins sont zonés par territoire de vie-santé, les infirmiers par bassin de vie ; un quartier prioritaire peut être "
        "classé dans une commune qui ne l’est pas",
    ),
)
_PEOPLE = (
    Difference(
        "commune, mairie",
        "la mairie cite souvent la population totale, qui ajoute les personnes comptées à part",
        "la population légale d’une année décrit deux ans plus tôt",
        "des habitants dans les deux cas",
        "la commune d’aujourd’hui ; " + REFERENCE,
    ),
    Difference(
        "Insee, statistiques locales",
        "la population municipale dans les deux cas",
        EDITION,
        SAME,
        "l’Insee donne les communes de l’édition ; " + REFERENCE,
    ),
)
_AGES = (
    Difference(
        "Insee, dossier complet ; CartoSanté",
        "la population municipale au recensement dans les deux cas",
        EDITION,
        "une part de la population ; l’Insee donne souvent des tranches (60–74 ans, 75 ans et plus)",
        CARTOSANTE_ZONES,
    ),
)
_INCOME = (
    Difference(
        "Insee, statistiques locales",
        "les ménages fiscaux (Filosofi) dans les deux cas",
        "l’édition 2023 a changé de méthode et ne se compare pas aux précédentes",
        "niveau de vie par unité de consommation ; un « revenu fiscal médian » d’un autre site ne l’est pas toujours",
        "une médiane ou un taux ne se moyenne pas : rien n’est montré là où l’Insee ne publie pas lui-même",
    ),
)
_SOCIAL = (
    Difference(
        "Insee, statistiques locales ; CartoSanté ; Caf",
        "les définitions du recensement ne sont ni celles de France Travail ni celles de la Caf",
        EDITION,
        "la base de la part change (ménages, résidences principales, habitants)",
        CARTOSANTE_ZONES,
    ),
)
_DISEASE = (
    Difference(
        "data.ameli (pathologies), ORS",
        "les personnes repérées par les remboursements de l’Assurance maladie ; les ALD d’un ORS n’en sont qu’une partie",
        EDITION,
        "une part brute pour 100 personnes ; les sites en montrent souvent de standardisées sur l’âge",
        "au département seulement : le territoire n’est pas mesuré lui-même",
    ),
)
_SPECIALISTS = (
    Difference(
        "data.ameli, Rézone",
        "les libéraux dans les deux cas, hôpital non compris",
        EDITION,
        "pour 100 000 habitants",
        "au département seulement ; Rézone descend à la commune",
    ),
)
_MINUTES = (
    Difference(
        "Insee, temps d’accès par carreau ; ANCT",
        "l’Insee mesure le plus proche équipement de sa base ; l’ANCT un panier de services de santé",
        EDITION,
        "des minutes en voiture ; ici par le modèle à vol d’oiseau nommé avec le chiffre, là par les routes",
        "l’Insee part du carreau de 200 m, le programme de la mairie",
    ),
)
_FINESS = (
    Difference(
        "ARS, BPE",
        "FINESS enregistre ce qui est déclaré ; une liste régionale peut compter les projets ou les labels",
        "FINESS est à la date du fichier",
        "des établissements ou des sièges, non des périmètres",
        "l’adresse du siège ; " + REFERENCE,
    ),
)

DIFFERENCES: tuple[tuple[tuple[str, ...], tuple[Difference, ...]], ...] = (
    (("population", "population_tcam"), _PEOPLE),
    (("part_65plus", "part_75plus", "part_moins18"), _AGES),
    (("revenu_median", "taux_pauvrete"), _INCOME),
    (("part_hlm", "chomeurs_pour_mille", "part_rsa"), _SOCIAL),
    (
        (
            "prevalence_diabete",
            "prevalence_respiratoire",
        ),
        _DISEASE,
    ),
    (("medecins_55plus",), _OLDER),
    (
        (
            "liberaux_psychiatres",
            "liberaux_ophtalmologues",
            "liberaux_cardiologues",
            "liberaux_dermatologues",
            "liberaux_pediatres",
        ),
        _SPECIALISTS,
    ),
    (
        (
            "mg",
            "infirmier",
            "infirmier_tvs",
            "kine",
            "dentiste",
            "sage_femme",
            "specialiste",
            "cardiologue",
            "psychiatre",
            "ophtalmologue",
            "pediatre",
            "gynecologue",
            "orthophoniste",
            "pedicure",
            "psychologue",
        ),
        _HEADS,
    ),
    (
        (
            "pharmacie",
            "laboratoire",
            "urgences",
            "maternite",
            "hopital_mco",
            "ehpad",
            "centre_sante",
            "ssr",
            "psychiatrie_ambulatoire",
            "dialyse",
            "had",
            "ssiad",
            "ambulance",
            "msp",
        ),
        _PLACES,
    ),
    (
        (
            "mg_densite",
            "infirmier_densite",
            "kine_densite",
            "dentiste_densite",
            "sage_femme_densite",
            "pharmacie_densite",
            "specialiste_densite",
            "cardiologue_densite",
            "psychiatre_densite",
            "ophtalmologue_densite",
            "pediatre_densite",
            "gynecologue_densite",
            "orthophoniste_densite",
            "pedicure_densite",
            "psychologue_densite",
        ),
        _DENSITY,
    ),
    (("mg_liberaux", "mg_tvs"), _LIBERALS),
    (("mg_60plus",), _OLDER),
    (("apl_mg", "apl_mg_65"), _APL),
    (("apl_infirmier", "apl_kine", "apl_sage_femme"), _APL_OTHERS),
    (("population_sous_2_5",), _UNDER),
    (("part_zip", "part_zip_zac", "infirmiers_sous_dotes"), _ZONES),
    (
        (
            "minutes_1er_mg",
            "minutes_3e_mg",
            "part_plus20min_mg",
            "part_plus30min_urgences",
            "plus20min_sante",
        ),
        _MINUTES,
    ),
    (("msp_finess", "cpts_sieges"), _FINESS),
)
"""Indicators that another site shows → what sets each apart."""


def with_differences(indicators: Iterable[Indicator]) -> tuple[Indicator, ...]:
    """Return the indicators with what sets them apart from other sites.

    What an indicator tells of a site itself stays, under the name it gave.
    """
    told = {name: found for names, found in DIFFERENCES for name in names}
    return tuple(
        replace(
            each,
            differs={**{d.site: d.text for d in told.get(each.id, ())}, **each.differs},
        )
        for each in indicators
    )
