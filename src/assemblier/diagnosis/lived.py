"""What people lived, beside what is measured: results of local files, and where they disagree."""

# ruff: noqa: E501 — sentences

from __future__ import annotations

from dataclasses import dataclass, replace

from assemblier.blocks import Cell, Figure, Inline
from assemblier.diagnosis.story import Story
from assemblier.indicators.local import Answer, answers
from assemblier.language import THIN, number

__all__ = [
    "SUBJECTS",
    "answer_figure",
    "answer_span",
    "beside",
    "disagreements",
    "question_label",
    "respondents",
    "survey_answers",
]

QUESTIONS = {
    "nouveaux_patients": "Médecins qui prennent de nouveaux patients",
    "maitre_de_stage": "Médecins maîtres de stage",
    "successeur": "Médecins proches du départ qui ont un successeur",
    "jours_par_semaine": "Jours travaillés par semaine",
    "delai_jours": "Délai d’un rendez-vous, dit par les cabinets",
    "annee_depart_envisagee": "Année de départ envisagée",
    "q1_medecin_traitant": "Habitants qui ont un médecin traitant",
    "q2_delai_jours": "Délai du dernier rendez-vous, dit par les habitants",
    "q3_renoncement": "Habitants qui ont renoncé à un soin",
    "q4_distance_renoncement_km": "Distance du soin auquel ils ont renoncé",
    "q5_moyen": "Moyen de transport le plus cité",
}
UNITS = {
    "delai_jours": "jours",
    "q2_delai_jours": "jours",
    "q4_distance_renoncement_km": "km",
    "jours_par_semaine": "jours",
}
LEFT_OUT = frozenset({"date", "sexe", "classe_age"})
PUBLICS = {"medecins": "médecins", "habitants": "habitants"}
SURVEY_SAYS_NOT = (
    "Seuls ceux qui ont répondu sont comptés : les autres peuvent différer.",
    "L’intervalle dit le hasard du nombre de réponses, non le choix des répondants.",
)
SUBJECTS = (
    ("Trouver un médecin", "apl_mg", "nouveaux_patients"),
    ("Être assez près", "part_plus20min_mg", "q3_renoncement"),
    ("Avoir un rendez-vous", "delai_jours", "q2_delai_jours"),
    ("Être remplacé", "mg_60plus", "successeur"),
)
"""Subject, what is measured of it (or told by practices), and the question that is lived."""
SHARES = "diagnosis.lived.shares"
"""Shares, in %, from which an answer is told against a measured figure."""


def survey_answers(story: Story) -> list[Answer]:
    """Return the results of the surveys of the territory that are worth printing."""
    found = answers(story.context, story.territory.communes)
    return [each for each in found if each.question not in LEFT_OUT]


def question_label(answer: Answer) -> str:
    """Return a question in plain French; its own identifier when it is not a known one."""
    return QUESTIONS.get(answer.question, answer.question.replace("_", " "))


def answer_figure(story: Story, answer: Answer) -> Figure:
    """Return the result of a question as a local figure."""
    unit = UNITS.get(answer.question, "%" if answer.kind in {"share", "choice"} else "")
    if answer.value is None:
        text = "secret"
    elif answer.kind in {"share", "choice"}:
        text = f"{number(answer.value)}{THIN}%"
    elif answer.question.startswith("annee"):
        text = f"{answer.value:.0f}"
    else:
        text = number(answer.value, 0 if answer.value == int(answer.value) else 1)
        text += f" {unit}" if unit else ""
    return story.figures.local(
        f"local|{answer.survey}.{answer.question}|{story.territory.slug}|{answer.year}",
        text,
        label=question_label(answer),
        zone=story.territory.name,
        year=answer.year,
        value=answer.value,
        low=answer.low,
        high=answer.high,
        unit=unit,
        definition=f"Enquête locale auprès des {PUBLICS.get(answer.public, answer.public)} : "
        f"{number(answer.count)} réponses.",
        source=answer.source,
        says_not=SURVEY_SAYS_NOT,
    )


def respondents(story: Story, answer: Answer) -> Figure:
    """Return how many answered a question, as a local figure."""
    return _beside(
        story, answer, "reponses", number(answer.count), float(answer.count), "nombre de réponses"
    )


def answer_span(story: Story, answer: Answer) -> Figure | str:
    """Return the interval or the quartiles of an answer as a local figure; empty without any."""
    if answer.low is None or answer.high is None or answer.question.startswith("annee"):
        return ""
    text = f"{number(answer.low)} à {number(answer.high)}"
    return _beside(story, answer, "etendue", text, answer.low, "intervalle ou quartiles")


def _beside(story: Story, answer: Answer, what: str, text: str, value: float, label: str) -> Figure:
    return story.figures.local(
        f"local|{answer.survey}.{answer.question}.{what}|{story.territory.slug}|{answer.year}",
        text,
        label=f"{question_label(answer)} : {label}",
        zone=story.territory.name,
        year=answer.year,
        value=value,
        low=answer.low if what == "etendue" else None,
        high=answer.high if what == "etendue" else None,
        unit="",
        definition=f"Enquête locale auprès des {PUBLICS.get(answer.public, answer.public)}.",
        source=answer.source,
        says_not=SURVEY_SAYS_NOT,
    )


def disagreements(story: Story) -> list[tuple[Inline, ...]]:
    """Return what is measured beside what is lived, where the two disagree."""
    return [each.said for each in _findings(story).values()]


def beside(story: Story) -> list[tuple[Cell, ...]]:
    """Return the rows of a table: a subject, what is measured, what is lived, what is read of it."""
    found = {each.question: each for each in survey_answers(story) if each.value is not None}
    findings = _findings(story)
    rows: list[tuple[Cell, ...]] = []
    for subject, name, question in SUBJECTS:
        if question not in found or not (name in found or story.has(name)):
            continue
        measured = answer_figure(story, found[name]) if name in found else story.fig(name)
        label = question_label(found[name]) if name in found else story.row_label(name)
        when = "" if name in found else f" ({story.year(name)})"
        finding = findings.get(question)
        verdict = "désaccord" if finding and not finding.confirms else "se confirment"
        rows.append(
            (
                subject,
                f"{label}{when}",
                measured,
                question_label(found[question]),
                answer_figure(story, found[question]),
                verdict if finding else "pas de désaccord net",
            )
        )
    return rows


@dataclass(frozen=True, slots=True)
class _Finding:
    """What is measured beside what is lived; ``confirms`` where both say the same."""

    said: tuple[Inline, ...]
    confirms: bool = False


CONFIRMED = " Ici, la parole confirme le chiffre."


def _findings(story: Story) -> dict[str, _Finding]:
    """Return question → what is measured beside what is lived, where it is worth telling."""
    found = {each.question: each for each in survey_answers(story) if each.value is not None}
    said: dict[str, _Finding] = {}
    half, notable = story.rule(SHARES)["half"], story.rule(SHARES)["notable"]
    new = found.get("nouveaux_patients")
    if new is not None and (new.value or 0) < half:
        refused = _refused(story, new)
        if refused is not None:
            said["nouveaux_patients"] = refused
    under = story.value("population_sous_2_5").value
    few_under = under is not None and under < half
    gone = found.get("q3_renoncement")
    if gone is not None and (gone.value or 0) >= notable and few_under:
        far = story.value("part_plus20min_mg").value
        text: list[Inline] = [
            answer_figure(story, gone),
            " des ",
            respondents(story, gone),
            " habitants répondants ont renoncé à un soin",
        ]
        if far is not None and far < notable:
            near = story.fig("part_plus20min_mg")
            few = (near, " seulement des habitants vivent")
            nobody = (replace(near, text="aucun habitant"), " ne vit")
            text += [
                ", alors qu’" if far == 0 else ", alors que ",
                *(nobody if far == 0 else few),
                " à plus de 20 minutes d’un généraliste",
            ]
        else:
            text.append(" : l’offre comptée ne dit pas le renoncement")
        said["q3_renoncement"] = _Finding((*text, "."))
    by_doctors, by_people = found.get("delai_jours"), found.get("q2_delai_jours")
    if by_doctors is not None and by_people is not None:
        low, high = by_doctors.low or 0.0, by_doctors.high or 0.0
        if not low <= (by_people.value or 0.0) <= high:
            said["q2_delai_jours"] = _Finding(
                (
                    "Les délais ne se racontent pas de la même façon : ",
                    answer_figure(story, by_people),
                    " selon les habitants (médiane), ",
                    answer_figure(story, by_doctors),
                    " selon les cabinets.",
                )
            )
    heir = found.get("successeur")
    if heir is not None and (heir.value or 0) < half and story.has("mg_60plus"):
        said["successeur"] = _Finding(
            (
                "La relève manque là où les âges l’annoncent : ",
                answer_figure(story, heir),
                " des ",
                respondents(story, heir),
                " médecins concernés ont un successeur, et ",
                story.fig("mg_60plus"),
                f" des généralistes sont présumés avoir 60 ans et plus.{CONFIRMED}",
            ),
            confirms=True,
        )
    return said


def _refused(story: Story, new: Answer) -> _Finding | None:
    """Set few doctors who take new patients beside the published APL; None without one."""
    if not story.has("apl_mg"):
        return None
    answered = (answer_figure(story, new), " des ", respondents(story, new), " médecins répondants")
    if story.relation("apl_mg", story.france_value("apl_mg")) < 0:
        return _Finding(
            (
                "Trouver un médecin est difficile sur la carte comme dans les cabinets : ",
                *answered,
                " prennent de nouveaux patients, et l’APL (",
                story.fig("apl_mg"),
                f") est inférieure à celle de la France.{CONFIRMED}",
            ),
            confirms=True,
        )
    return _Finding(
        (
            "Des médecins accessibles sur la carte ne prennent plus de patients : ",
            *answered,
            " en prennent de nouveaux, alors que l’APL n’est pas inférieure à celle de la France (",
            story.fig("apl_mg"),
            ").",
        )
    )
