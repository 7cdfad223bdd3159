"""Chapter 2: the territory and its people."""

from __future__ import annotations

from collections.abc import Sequence

from assemblier.blocks import Block, Callout, Heading, KeyFigure, KeyFigures, Paragraph, Tone
from assemblier.declarations import Chapter, Need
from assemblier.diagnosis.maps import choropleth
from assemblier.diagnosis.story import Story
from assemblier.language import number, plural

__all__ = ["CHAPTER"]


def build(story: Story) -> Sequence[Block]:
    """Tell who lives here, how that changes, and how old people are."""
    if not story.has("population"):
        return ()
    blocks: list[Block] = [_intro(story), _key_figures(story)]
    spans = story.years("population_tcam")
    if spans:
        pieces: list[object] = ["La population a changé de "]
        for at, span in enumerate(spans):
            pieces += [", puis de " if at else "", story.fig("population_tcam", span), f" ({span})"]
        pieces.append(
            ". Ces taux sont calculés entre deux années assez éloignées pour que le recensement "
            "tournant puisse être comparé, dans les communes d’aujourd’hui."
        )
        blocks += [Heading("Une population qui évolue"), Paragraph(tuple(pieces))]  # type: ignore[arg-type]
    trend = story.trend(
        "population-serie",
        f"Population de {story.territory.name}",
        "population",
        notes=(
            "Chaque point est une population légale de son millésime, dans les communes d’aujourd’hui.",
        ),
    )
    if trend:
        blocks.append(trend)
    made = choropleth(
        story,
        "carte-evolution",
        "Évolution annuelle de la population",
        "population_tcam",
        bounds=(-1.0, -0.5, 0.0, 0.5),
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
        story.comparison(
            "comparaison-population",
            "Population et âges, territoire et comparateurs",
            ("population", "population_tcam", "part_moins18", "part_65plus", "part_75plus"),
        )
    )
    parts = story.by_parts(
        "population-par-zone",
        "Population et âges par bassin de vie ou intercommunalité",
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
    return blocks


def _intro(story: Story) -> Paragraph:
    geography = story.context.geography
    rows = geography.membership.loc[list(story.territory.communes)]
    departments = [
        geography.zone_name("departement", z) for z in rows["departement"].dropna().unique()
    ]
    regions = [geography.zone_name("region", z) for z in rows["region"].dropna().unique()]
    communes = len(story.territory.communes)
    said = (
        f"{story.territory.name} réunit {communes} {plural(communes, 'commune')} "
        f"(communes de {story.territory.cog}), dans "
        f"{plural(len(departments), 'le département', 'les départements')} : {', '.join(sorted(departments))} "
        f"({', '.join(sorted(regions))})"
    )
    if story.area is not None:
        said += f", sur {number(story.area)} km²"
        people = story.value("population").value
        if people is not None and story.area > 0:
            said += f", soit {number(people / story.area, 1)} habitants au km²"
    return Paragraph(
        (
            said + ". Il compte ",
            story.fig("population"),
            f" en {story.year('population')}.",
        )
    )


def _key_figures(story: Story) -> KeyFigures:
    items = [
        KeyFigure(
            f"Population municipale ({story.year('population')})",
            story.fig("population", unit=False),
            "habitants",
        )
    ]
    spans = story.years("population_tcam")
    if spans:
        items.append(
            KeyFigure(
                f"Évolution par an ({spans[-1]})",
                story.fig("population_tcam", spans[-1]),
                compared=("France : ", story.france("population_tcam", spans[-1])),
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
        ),
        Need("la population par âge", "Insee, recensement (carte « insee-rp-age-tranches »)"),
    ),
    build,
)
