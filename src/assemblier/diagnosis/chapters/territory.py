"""Chapter 2: the territory and its people."""

from __future__ import annotations

from collections.abc import Sequence

from assemblier.blocks import (
    Block,
    Callout,
    Gap,
    Heading,
    Inline,
    KeyFigure,
    KeyFigures,
    Paragraph,
    Tone,
)
from assemblier.declarations import Chapter, Need
from assemblier.diagnosis.absences import absences
from assemblier.diagnosis.exhibits import by_parts, comparison, trend
from assemblier.diagnosis.maps import choropleth
from assemblier.diagnosis.story import Story
from assemblier.french import capital, counted, de, sentence_list, the

__all__ = ["CHAPTER"]


def build(story: Story) -> Sequence[Block]:
    """Tell who lives here, how that changes, and how old people are."""
    if not story.has("population"):
        return [
            _intro(story),
            *(Gap(each.missing, each.what, each.where) for each in CHAPTER.needs),
        ]
    blocks: list[Block] = [_intro(story), _key_figures(story)]
    spans = _known_spans(story)
    if spans:
        pieces: list[Inline] = ["Son évolution annuelle moyenne a été de "]
        for at, span in enumerate(spans):
            start, _, end = span.partition("–")
            pieces += [
                ", puis de " if at else "",
                story.fig("population_tcam", span, unit="cell"),
                f" entre {start} et {end}",
            ]
        pieces.append(
            ". Ces taux sont calculés entre deux années assez éloignées pour que le recensement "
            "tournant puisse être comparé, dans les communes d’aujourd’hui."
        )
        blocks += [Heading("Une population qui évolue"), Paragraph(tuple(pieces))]
    drawn = trend(
        story,
        "population-serie",
        f"Population {de(story.territory.name)}",
        "population",
        notes=(
            "Chaque point est une population légale de son millésime, dans les communes d’aujourd’hui.",
        ),
    )
    if drawn:
        blocks.append(drawn)
    made = choropleth(
        story,
        "carte-evolution",
        "Évolution annuelle de la population",
        "population_tcam",
        bounds=story.rule("diagnosis.maps.bounds")["population_tcam"],
    )
    if made:
        blocks.append(made)
    if story.has("part_65plus") or story.has("part_75plus"):
        blocks.append(Heading("Des habitants plus ou moins âgés"))
        name = "part_65plus" if story.has("part_65plus") else "part_75plus"
        old = "65" if name == "part_65plus" else "75"
        blocks.append(
            Paragraph(
                (
                    f"Les personnes de {old} ans et plus forment ",
                    story.fig(name),
                    f" de la population ({story.year(name)})",
                    *story.against(name),
                    ". Une population âgée consulte plus souvent ; l’APL en tient compte par la "
                    "population standardisée.",
                )
            )
        )
        made = choropleth(story, "carte-65plus", story.label(name), name)
        if made:
            blocks.append(made)
    blocks.append(
        comparison(
            story,
            "comparaison-population",
            "Population et âges, territoire et comparateurs",
            ("population", "population_tcam", "part_moins18", "part_65plus", "part_75plus"),
        )
    )
    parts = by_parts(
        story,
        "population-par-zone",
        f"Population et âges par {story.part_word}",
        ("population", "population_tcam", "part_65plus", "part_75plus"),
    )
    if parts:
        blocks.append(parts)
    blocks.append(
        Callout(
            Tone.LIMIT,
            "Ce que ces chiffres ne disent pas",
            (
                "La population municipale ne compte ni les résidents secondaires ni les visiteurs, "
                "qui consultent aussi ; elle est publiée avec deux à trois ans de retard.",
            ),
        )
    )
    blocks += absences(story, ("population_tcam", "part_moins18", "part_65plus", "part_75plus"))
    return blocks


def _known_spans(story: Story) -> list[str]:
    """Return the spans over which the territory has a rate of change."""
    return [
        span
        for span in story.years("population_tcam")
        if story.value("population_tcam", span).value is not None
    ]


def _intro(story: Story) -> Paragraph:
    geography = story.context.geography
    rows = geography.membership.loc[list(story.territory.communes)]
    departments = [
        geography.zone_name("departement", z) for z in rows["departement"].dropna().unique()
    ]
    regions = [geography.zone_name("region", z) for z in rows["region"].dropna().unique()]
    where = (
        f"département {departments[0]}"
        if len(departments) == 1
        else (
            f"{counted(len(departments), 'département', 'départements')} "
            f"({sentence_list(sorted(departments))})"
        )
    )
    places = (
        f"région {regions[0]}"
        if len(regions) == 1
        else (f"régions {sentence_list(sorted(regions))}")
    )
    name = capital(the(story.territory.name))
    alone = len(story.territory.communes) == 1
    if story.is_departement and story.territory.name == departments[0] and not alone:
        # the name of the département is the subject: it is not told twice
        where, name = "", f"Le département {story.territory.name}"
    text: list[Inline] = []
    if alone:
        text.append(f"{name} est une commune : {where}, {places}")
    else:
        text += [
            f"{name} réunit ",
            story.communes(),
            f" communes (dans leur découpage de {story.territory.cog})",
            f" : {where}, {places}" if where else f", {places}",
        ]
    if story.area is not None:
        text += _area(story, story.area)
    if not story.has("population"):
        return Paragraph((*text, "."))
    return Paragraph(
        (*text, ". On y compte ", story.fig("population"), f" en {story.year('population')}.")
    )


def _area(story: Story, area: float) -> list[Inline]:
    text: list[Inline] = [
        ", sur ",
        story.ground(
            "superficie",
            area,
            label="Superficie du territoire",
            method="Somme des superficies des communes : publiées, sinon mesurées sur leurs contours.",
            decimals=0 if area >= 10 else 1,
            unit="km²",
        ),
    ]
    people = story.value("population").value
    if people is not None and area > 0:
        text += [
            ", soit ",
            story.deduced(
                "densite",
                people / area,
                of=("population",),
                decimals=0 if people >= 100 * area else 1,
                unit="habitants au km²",
                label="Densité de population",
                method="Population municipale rapportée à la superficie du territoire.",
            ),
        ]
    return text


def _key_figures(story: Story) -> KeyFigures:
    items = [
        KeyFigure(
            f"Population municipale ({story.year('population')})",
            story.fig("population", unit=False),
            "habitants",
        )
    ]
    spans = _known_spans(story)
    if spans:
        items.append(
            KeyFigure(
                f"Évolution par an ({spans[-1]})",
                story.fig("population_tcam", spans[-1], unit="cell"),
                compared=(
                    "France : ",
                    story.other("population_tcam", "france", "FR", spans[-1], unit="cell"),
                ),
            )
        )
    for name, label in (("part_65plus", "65 ans et plus"), ("part_75plus", "75 ans et plus")):
        if story.has(name):
            items.append(
                KeyFigure(
                    f"{label} ({story.year(name)})",
                    story.fig(name),
                    compared=("France : ", story.france(name)),
                )
            )
    return KeyFigures(tuple(items))


CHAPTER = Chapter(
    "territoire",
    2,
    "Le territoire et sa population",
    "Qui vit ici, et comment cela change-t-il ?",
    (
        Need(
            "la population des communes",
            "Insee, populations légales (carte « insee-populations-legales »)",
            "Aucune population de ce territoire n’est dans le lac : ni densités, ni évolution.",
        ),
        Need(
            "la population par âge",
            "Insee, recensement (carte « insee-rp-age-tranches »)",
            "Ni les âges de ses habitants.",
        ),
    ),
    build,
)
