"""Indicators of second recourse: specialists, hospital and medico-social facilities of the BPE."""

from __future__ import annotations

from assemblier.indicators.care import facility_pair

__all__ = ["INDICATORS", "SPECIALISTS"]

SPECIALISTS = ("cardiologue", "psychiatre", "ophtalmologue", "pediatre", "gynecologue")

INDICATORS = (
    *facility_pair("specialiste", "specialist", "médecins spécialistes", "O13a", theme="second"),
    *facility_pair("cardiologue", "cardiologist", "cardiologues", "O13b", theme="second"),
    *facility_pair("psychiatre", "psychiatrist", "psychiatres", "O13c", theme="second"),
    *facility_pair("ophtalmologue", "ophthalmologist", "ophtalmologues", "O13d", theme="second"),
    *facility_pair("pediatre", "paediatrician", "pédiatres", "O13e", theme="second"),
    *facility_pair("gynecologue", "gynaecologist", "gynécologues", "O13f", theme="second"),
    *facility_pair("orthophoniste", "speech therapist", "orthophonistes", "O10g"),
    *facility_pair("pedicure", "podiatrist", "pédicures-podologues", "O10h"),
    *facility_pair("psychologue", "psychologist", "psychologues", "O10i"),
    *facility_pair(
        "ssr",
        "rehabilitation",
        "établissements de soins de suite et de réadaptation",
        "O11f",
        theme="second",
    )[:1],
    *facility_pair(
        "psychiatrie_ambulatoire",
        "outpatient psychiatry",
        "structures psychiatriques en ambulatoire",
        "O11g",
        theme="second",
    )[:1],
    *facility_pair("dialyse", "dialysis", "centres de dialyse", "O11h", theme="second")[:1],
    *facility_pair(
        "had", "hospital at home", "services d’hospitalisation à domicile", "O11i", theme="second"
    )[:1],
    *facility_pair(
        "ssiad",
        "home nursing",
        "services de soins à domicile pour personnes âgées",
        "O11j",
        theme="second",
    )[:1],
    *facility_pair("ambulance", "ambulance", "entreprises d’ambulances", "O11k", theme="second")[
        :1
    ],
)
