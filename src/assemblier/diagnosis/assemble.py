"""Put a diagnosis together: results, comparators, shapes, chapters, one document."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from assemblier import __version__
from assemblier.blocks import Document
from assemblier.declarations import Indicator
from assemblier.diagnosis.contents import chosen, section
from assemblier.diagnosis.story import Story
from assemblier.diagnosis.windows import (
    Window,
    coarse_zones,
    detail_of,
    drawn_window,
    gathered,
    widest,
)
from assemblier.futures.scenarios.files import Scenario
from assemblier.futures.siting.request import NamedSiting
from assemblier.indicators.comparators import Comparators, comparators
from assemblier.indicators.components import Components
from assemblier.indicators.compute import Results, compute
from assemblier.indicators.context import Context
from assemblier.indicators.figures import Figures, worded
from assemblier.indicators.registry import INDICATORS
from assemblier.language import date, number, plain, plural
from assemblier.parameters import Parameters
from assemblier.perimeters.competences import Competences
from assemblier.progress import Work
from assemblier.sources.catalogue import Catalogue
from assemblier.territory.shapes import Shapes
from assemblier.territory.territory import Territory

__all__ = ["Diagnosis", "diagnose"]

PART_GRIDS = ("bv2022", "epci", "departement")
"""Grids a territory may be described by, finest first."""
MOST_PARTS = 30
KINDS = {"canton": "Canton", "departement": "Département", "region": "Région"}
"""Kinds of zones whose name alone does not say what they are."""
EDITIONS = "insee-bpe"
"""Card whose editions are not read as a trend: only the last one is computed."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """A diagnosis: the document, and the results it was made of."""

    document: Document
    results: Results
    story: Story


def diagnose(
    context: Context,
    territory: Territory,
    *,
    catalogue: Catalogue,
    chapters: Sequence[str] | None = None,
    texts: Mapping[str, str] | None = None,
    scenarios: Sequence[Scenario] = (),
    sitings: Sequence[NamedSiting] = (),
    competences: Competences | None = None,
    today: dt.date | None = None,
    work: Work | None = None,
) -> Diagnosis:
    """Build the diagnosis of a territory.

    Parameters
    ----------
    chapters
        Identifiers of the chapters to build, or of parts of them; all by default.
    competences
        The matrix that the territory keeps.
    scenarios
        Scenarios kept for the territory, run and told in their chapter.
    sitings
        Questions of siting kept for it, asked again and told after them.
    texts
        Chapter → own paragraphs of the territory, printed as local.
    today
        Date printed on the document.

    Raises
    ------
    UsageError
        When a chapter is unknown.
    """
    work = work or Work()
    contents = chosen(chapters)
    work.step(0.0, "périmètre et comparateurs")
    shapes = context.once(Shapes, lambda: Shapes(context.geography, context.parameters))
    areas = shapes.points.set_index("code")["area_km2"]
    compared = comparators(context, territory, areas if areas.notna().any() else None)
    detail, inside = detail_of(territory)
    around = widest(shapes, detail, inside)
    coarse = coarse_zones(context.geography, detail, around, inside)
    parts_grid, parts = _parts(context, territory)
    grids = ["france", "region", "departement", parts_grid, detail]
    if compared.similar is not None:
        grids.append(compared.similar.grid)
    shown: dict[str, Collection[str]] = {detail: around, parts_grid: parts}
    if coarse is not None:
        grids.append(coarse.grid)
        shown[coarse.grid] = coarse.zones | set(shown.get(coarse.grid, ()))
    with work.part(0.1, 0.7) as share:
        results = compute(
            context,
            [_latest_edition(indicator) for indicator in INDICATORS],
            list(dict.fromkeys(grids)),
            territory=territory,
            keep=_kept(context, territory, compared, shown),
            work=share,
        )
    work.step(0.7, "cartes")
    window, drawn = drawn_window(shapes, detail, around, inside)
    windows: tuple[Window, ...] = (window,)
    drawings: dict[str, Mapping[str, object]] = {detail: drawn.shapes}
    approximate = {detail: drawn.approximate}
    if coarse is not None:
        windows = (coarse, window)
        drawings[coarse.grid] = gathered(context.geography, coarse, drawn.shapes)
        approximate[coarse.grid] = coarse.zones if drawn.approximate else frozenset()
    figures = Figures(
        context,
        catalogue,
        results,
        {indicator.id: indicator for indicator in INDICATORS},
        {("territoire", territory.slug): territory.name},
    )
    story = Story(
        territory=territory,
        context=context,
        figures=figures,
        comparators=compared,
        detail=detail,
        window=window.zones,
        inside=window.inside,
        windows=windows,
        parts_grid=parts_grid,
        parts=parts,
        shapes=drawings,
        approximate=approximate,
        area=shapes.area(territory.communes),
        points=shapes.points.set_index("code")[["lon", "lat"]].dropna(),
        texts=dict(texts or {}),
        scenarios=tuple(scenarios),
        sitings=tuple(sitings),
        competences=competences,
    )
    sections = []
    for at, entry in enumerate(contents):
        work.step(0.8 + 0.2 * at / len(contents), entry.chapter.title)
        sections.append(section(entry, story))
    day = today or dt.date.today()  # noqa: DTZ011 — the day printed is the reader's
    document = Document(
        id=f"diagnostic-{territory.slug}",
        kind="Diagnostic territorial de santé",
        title=territory.name,
        subtitle=_subtitle(territory),
        date=date(day),
        sections=tuple(sections),
        warnings=territory.warnings,
        sources=tuple(sorted(set(figures.used_sources.values()))),
        asked=_asked(results, territory, context.parameters),
        provenance=figures.provenance,
        shapes=story.shapes,
        dictionary=_dictionary(story),
    )
    return Diagnosis(document, results, story)


def _latest_edition(indicator: Indicator) -> Indicator:
    """Keep the last edition of the facilities: Insee advises against reading them as a change."""
    if EDITIONS not in indicator.cards:
        return indicator

    def build(context: Context) -> Iterator[Components]:
        found = list(indicator.build(context))
        last = max((each.year for each in found), default="")
        yield from (each for each in found if each.year == last)

    return replace(indicator, build=build)


def _kept(
    context: Context,
    territory: Territory,
    compared: Comparators,
    shown: Mapping[str, Collection[str]],
) -> Mapping[str, Collection[str]]:
    """Return the zones whose results the document may print: all others are computed away."""
    kept = {grid: set(zones) for grid, zones in shown.items()}
    for grid, zone in compared.own:
        kept.setdefault(grid, set()).add(zone)
    if compared.similar is not None:
        kept.setdefault(compared.similar.grid, set()).update(compared.similar.zones)
    touched = context.geography.membership.loc[list(territory.communes), "departement"].dropna()
    kept.setdefault("departement", set()).update(map(str, touched.unique()))
    kept.setdefault("region", set())
    kept["territoire"] = {territory.slug}
    return kept


def _subtitle(territory: Territory) -> str:
    """Say what the territory is and how large, under its name."""
    count = len(territory.communes)
    size = f"{number(count)} {plural(count, 'commune')} de {territory.cog}"
    kinds = {part.partition(" ")[0] for part in territory.parts}
    if len(territory.parts) == 1 and not territory.spec.listed:
        return f"{KINDS[kind]}, {size}" if (kind := kinds.pop()) in KINDS else size
    return size


def _parts(context: Context, territory: Territory) -> tuple[str, tuple[str, ...]]:
    """Return the grid whose zones describe the territory: fine, but not too many."""
    membership = context.geography.membership
    rows = membership.loc[list(territory.communes)]
    best: tuple[str, tuple[str, ...]] = ("epci", ())
    for grid in PART_GRIDS:
        if grid not in rows:
            continue
        zones = tuple(
            sorted(
                (str(zone) for zone in rows[grid].dropna().unique()),
                key=lambda zone, grid=grid: plain(context.geography.zone_name(grid, zone)),  # type: ignore[misc]
            )
        )
        best = (grid, zones)
        if len(zones) <= MOST_PARTS:
            break
    return best


def _asked(results: Results, territory: Territory, parameters: Parameters) -> dict[str, str]:
    asked = results.asked
    said = {
        "Territoire": f"{territory.name} ({_subtitle(territory)})",
        "Version du lac de données": asked.lake,
        "Version du programme": f"assemblier {__version__}",
        "Situation": asked.scenario or "telle qu’elle est connue, sans scénario",
    }
    for name in asked.parameters:
        parameter = parameters[name]
        value = parameter.latest
        label = f"{parameter.label_fr[:1].upper()}{parameter.label_fr[1:]}"
        # what holds in one number is told; the rest unfolds behind each figure
        said[label] = (
            f"{worded(value)} ({parameter.unit})"
            if isinstance(value, int | float | str)
            else f"paramètre « {name} », vérifié le {date(parameter.checked_on)}"
        )
    return said


def _dictionary(story: Story) -> tuple[tuple[str, ...], ...]:
    rows = []
    for indicator in INDICATORS:
        if story.years(indicator.id):
            rows.append(
                (
                    indicator.id,
                    indicator.code,
                    indicator.label_fr,
                    indicator.unit,
                    indicator.definition,
                    " ".join(indicator.says_not),
                    indicator.reference,
                )
            )
    return tuple(rows)
