"""Part of chapter 7: the access to general practitioners, published, recomputed, and its readings."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from assemblier.blocks import (
    Block,
    Callout,
    Heading,
    Inline,
    Paragraph,
    Tone,
)
from assemblier.diagnosis.chapters.deserts import deserts, inhabitants, values_inside
from assemblier.diagnosis.exhibits import bars, comparison
from assemblier.diagnosis.maps import choropleth
from assemblier.diagnosis.sentences import share_of
from assemblier.diagnosis.story import Story
from assemblier.indicators.national import day_of
from assemblier.language import THIN
from assemblier.measures.inequality import weighted_quantiles
from assemblier.perimeters.chapter import study_of, traced_of

__all__ = ["access", "oldest"]

BOUNDS = "diagnosis.maps.bounds"
PERCENT = 100.0
WHOLE = 0.9995
"""Share of visits that prints as all of them."""
RECOMPUTED = ("apl_mg", "apl_recalculee", "apl_mg_65", "apl_recalculee_65")


def access(story: Story) -> list[Block]:
    """Tell the access to general practitioners in all its readings."""
    return [
        *_published(story),
        *_kept_here(story),
        *_recomputed(story),
        *_zoning(story),
        *deserts(story),
    ]


def _published(story: Story) -> list[Block]:
    if not story.has("apl_mg"):
        return []
    text: list[Inline] = [
        f"En {story.year('apl_mg')}, un habitant standardisé dispose en moyenne de ",
        story.fig("apl_mg"),
        " consultations de généraliste par an",
        *story.reading("apl_mg"),
        ".",
        *_spread(story),
    ]
    if story.has("apl_mg_65"):
        text += _older(story)
    if story.has("population_sous_2_5"):
        text += [
            " ",
            *share_of(
                story,
                "population_sous_2_5",
                "ne vit dans une commune sous 2,5 consultations",
                "vivent dans une commune sous 2,5 consultations",
            ),
            *story.against("population_sous_2_5"),
            ".",
        ]
    blocks: list[Block] = [Heading("L’accessibilité (APL)"), Paragraph(tuple(text))]
    made = choropleth(
        story,
        "carte-apl",
        "APL aux médecins généralistes",
        "apl_mg",
        bounds=story.rule(BOUNDS)["apl_mg"],
        dark_is_low=True,
        notes=("L’APL n’est ni un délai de rendez-vous ni un refus de patient.",),
    )
    drawn = bars(story, "apl-comparee", "APL aux médecins généralistes", "apl_mg")
    blocks += [block for block in (made, drawn) if block is not None]
    blocks.append(
        Callout(
            Tone.WARNING,
            "Des éditions qui ne se comparent pas",
            (
                "Les APL de 2016 et 2018 et celles de 2022 et 2023 n’ont pas la même méthode : elles ne sont pas mises bout à "
                "bout.",
            ),
        )
    )
    return blocks


def _kept_here(story: Story) -> list[Block]:
    """Say which share of visits the distance alone would keep here, as the chapter on limits tells."""
    study = study_of(story)
    if study.border is None or story.has_unseen_doctors:
        return []
    ledger = next(iter(study.border.theoretical.values()), None)
    if ledger is None or ledger.localisation is None or ledger.localisation > WHOLE:
        return []
    kept = traced_of(story, study).share(
        "flux|theoriques|localisation",
        ledger.localisation,
        label="Part des flux des habitants gardée par le territoire",
        method="Flux intérieurs rapportés à tous ceux des habitants.",
        topics=("care",),
        status="estimated",
    )
    return [
        Paragraph(
            (
                "Ces consultations ne sont pas toutes dans le territoire : si chacun se répartissait selon la seule distance, ",
                kept,
                " de celles des habitants y resteraient (flux théoriques, chapitre 2). Où ils vont vraiment, seul un flux observé le dit.",
            )
        )
    ]


def _older(story: Story) -> list[Inline]:
    before, after = story.fig("apl_mg"), story.fig("apl_mg_65")
    without = f" Sans les médecins {oldest(story)}, il"
    if before.text == after.text:
        return [f"{without} serait le même (", after, ")."]
    if story.relation("apl_mg", story.value("apl_mg_65").value) == 0:
        return [f"{without} serait presque le même (", after, ")."]
    return [f"{without} n’en resterait que ", after, "."]


def oldest(story: Story) -> str:
    """Say which doctors the published APL by age leaves out: editions differ by one year of age."""
    said = story.context.parameters["apl.gp.oldest"].on(day_of(int(story.year("apl_mg_65"))))
    return str(said)


def _spread(story: Story) -> list[Inline]:
    """Say between which values eight people out of ten live."""
    people, values = inhabitants(story), values_inside(story, "apl_mg")
    known = ~np.isnan(values) & (people > 0)
    if known.sum() < 5:
        return []
    low, high = weighted_quantiles(values[known], people[known], (0.1, 0.9))
    ends = [
        story.deduced(
            f"apl_mg.{name}",
            float(value),
            of=("apl_mg",),
            decimals=2,
            label=f"APL aux médecins généralistes, {word} décile des habitants",
            method=f"Plus petite valeur des {story.detail_word} du territoire à ou sous laquelle vivent {share} des habitants.",
        )
        for name, word, share, value in (
            ("p10", "premier", f"10{THIN}%", low),
            ("p90", "dernier", f"90{THIN}%", high),
        )
    ]
    return [
        " Un habitant sur dix vit dans une commune à ",
        ends[0],
        " ou moins, un sur dix dans une commune à plus de ",
        ends[1],
        ".",
    ]


def _recomputed(story: Story) -> list[Block]:
    if not story.has("apl_recalculee"):
        return []
    text: list[Inline] = [
        f"Le programme recalcule l’APL pour toute la France à partir des médecins connus fin {story.year('apl_recalculee')} et de "
        "temps de trajet estimés : ",
        story.fig("apl_recalculee"),
        " consultations par an pour un habitant standardisé du territoire",
        *story.against("apl_recalculee"),
    ]
    if story.has("apl_recalculee_65"):
        text += [", et ", story.fig("apl_recalculee_65"), " sans les médecins de plus de 65 ans"]
    text.append(".")
    if story.has("apl_mg"):
        text += [
            " La DREES publie ",
            story.fig("apl_mg"),
            f" pour {story.year('apl_mg')} : l’un ne corrige pas l’autre. Le chiffre publié fait foi ; le chiffre recalculé sert "
            "à simuler ce qui changerait avec un médecin de plus ou de moins.",
        ]
    else:
        text.append(
            " Aucun APL publié ne couvre ce territoire : ce chiffre est le seul, et il est estimé."
        )
    declared = story.figures.indicators["apl_recalculee"]
    blocks: list[Block] = [Heading("L’APL recalculé", 3), Paragraph(tuple(text))]
    blocks.append(
        comparison(
            story,
            "comparaison-apl-recalculee",
            "APL publié et APL recalculé, territoire et comparateurs",
            RECOMPUTED,
        )
    )
    blocks += [
        Callout(Tone.METHOD, f"Pourquoi ce chiffre diffère : {other}", (why,))
        for other, why in declared.differs.items()
        if story.has("apl_mg") and other.startswith("DREES")
    ]
    return blocks


def _zoning(story: Story) -> list[Block]:
    if not story.has("part_zip"):
        return []
    date = "" if story.year("part_zip").isdigit() else " La source ne dit pas la date de l’arrêté."
    text: list[Inline] = [
        *share_of(
            story,
            "part_zip",
            "ne vit en zone d’intervention prioritaire (ZIP)",
            "vivent en zone d’intervention prioritaire (ZIP)",
        )
    ]
    both = story.value("part_zip_zac").value
    if both == 0.0:
        text += [
            " ; ",
            replace(story.fig("part_zip_zac"), text="aucun"),
            " en ZIP ou en zone d’action complémentaire (ZAC)",
            *story.against("part_zip_zac"),
        ]
    elif both is not None and story.value("part_zip").value != PERCENT:
        text += [
            " ; ",
            story.fig("part_zip_zac"),
            " en ZIP ou en zone d’action complémentaire (ZAC)",
            *story.against("part_zip_zac"),
        ]
    text.append(f" ({story.year('part_zip')}).{date}")
    name = "infirmiers_sous_dotes"
    if story.has(name):
        text += [
            " Pour les infirmiers : ",
            *share_of(
                story,
                name,
                "ne vit en zone sous-dotée ou très sous-dotée",
                "vivent en zone sous-dotée ou très sous-dotée",
                whom=("aucun habitant", "tous les habitants", " des habitants"),
            ),
            *story.against(name),
            f" ({story.year(name)}).",
        ]
    return [Heading("Le zonage de l’ARS"), Paragraph(tuple(text))]
