"""Known facts of Centre Ouest Bretagne and of hard places, read back from diagnoses of real data."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from assemblier.blocks import Bullets, Callout, Figure, Gap, Heading, Paragraph, Section
from assemblier.diagnosis.assemble import Diagnosis, diagnose
from assemblier.diagnosis.documents import PAGES, SHEET, documents
from assemblier.diagnosis.facts import STATEMENTS, facts, striking
from assemblier.indicators.context import Context
from assemblier.indicators.registry import INDICATORS
from assemblier.publish.pages import page_fitter
from assemblier.publish.pdf import pages_of, render_pdf
from assemblier.sources.catalogue import Catalogue
from assemblier.territory.selection import Selection
from assemblier.territory.territory import TerritorySpec, resolve
from assemblier.usecases.territories import territory_of
from assemblier.values import Status

pytestmark = pytest.mark.real

LIST = "territoires/centre_ouest_bretagne_2018.csv"
DAY = dt.date(2026, 11, 22)


def made(context: Context, name: str, kind: str, code: str) -> Diagnosis:
    """Diagnose a zone without a workspace."""
    spec = TerritorySpec(name=name, selections=(Selection(kind, code),))
    territory = resolve(spec, context.geography)
    return diagnose(context, territory, catalogue=Catalogue.load(), today=DAY)


@pytest.fixture(scope="module")
def cob(real_data: Path, real_context: Context, tmp_path_factory: Any) -> Diagnosis:
    territory = territory_of(
        what=str(real_data / LIST),
        geography=real_context.geography,
        workspace=tmp_path_factory.mktemp("cob") / "none.sqlite",
    )
    return diagnose(real_context, territory, catalogue=Catalogue.load(), today=DAY)


def chapters(diagnosis: Diagnosis) -> dict[int, Section]:
    return {each.number: each for each in diagnosis.document.sections}


def figures(thing: Any) -> Iterator[Figure]:
    if isinstance(thing, Figure):
        yield thing
    elif isinstance(thing, dict):
        for each in thing.values():
            yield from figures(each)
    elif isinstance(thing, (list, tuple)):
        for each in thing:
            yield from figures(each)
    elif hasattr(thing, "__dataclass_fields__"):
        for name in thing.__dataclass_fields__:
            yield from figures(getattr(thing, name))


def indicators_of(section: Section, slug: str) -> set[str]:
    """Return the indicators of which a chapter prints a value of the territory."""
    return {
        figure.key.partition("|")[0]
        for figure in figures(section.blocks)
        if f":{slug}|" in figure.key and figure.status in {"ok", "estimated"}
    } & {each.id for each in INDICATORS}


def texts(section: Section) -> str:
    words = []
    for block in section.blocks:
        if isinstance(block, Bullets):
            words += ["".join(p if isinstance(p, str) else p.text for p in i) for i in block.items]
        elif hasattr(block, "content"):
            words.append("".join(p if isinstance(p, str) else p.text for p in block.content))
    return " ".join(words)


def test_known_facts_of_centre_ouest_bretagne(cob: Diagnosis) -> None:
    story = cob.story
    assert len(story.territory.communes) == 95, "96 communes of 2018, two of them one since"
    assert story.value("population", "2016").value == pytest.approx(94_530, abs=1)
    gps = [
        story.figures.value("mg", "commune", code, story.year("mg")).value for code in story.inside
    ]
    known = [value for value in gps if value is not None]
    assert len(known) == 95
    assert sum(value == 0 for value in known) in {64, 65}
    assert sum(value > 4 for value in known) == 3
    incomes = [story.figures.value("revenu_median", "commune", c, "2016") for c in story.inside]
    rates = [story.figures.value("taux_pauvrete", "commune", c, "2016") for c in story.inside]
    assert sum(value.value is not None for value in incomes) in {93, 94}
    assert sum(value.value is not None for value in rates) == 8
    assert story.value("revenu_median").value is None, "a median is never averaged"
    assert story.value("prevalence_diabete").value is None
    assert story.departements == ("22", "29", "56")
    assert 2.8 < (story.value("apl_mg").value or 0) < 3.4


@pytest.mark.parametrize("number", [2, 6, 7, 8, 9])
def test_chapters_of_centre_ouest_bretagne_hold_real_indicators(
    cob: Diagnosis, number: int
) -> None:
    section = chapters(cob)[number]
    assert len(indicators_of(section, cob.story.territory.slug)) >= 3


def test_each_other_chapter_says_what_fills_it(cob: Diagnosis) -> None:
    found = chapters(cob)
    assert set(found) == set(range(16))
    for number, section in found.items():
        assert section.blocks
        told = {type(block) for block in section.blocks} - {Gap, Heading}
        if number in {4, 10, 11, 13}:
            assert not told, section.id
        gaps = [block for block in section.blocks if isinstance(block, Gap)]
        if not told:
            assert gaps
        assert len({gap.missing for gap in gaps}) == len(gaps), "no gap says the same twice"
        assert all(gap.fills and gap.where for gap in gaps)
    slug = cob.story.territory.slug
    assert {"apl_mg", "mg_60plus"} <= indicators_of(found[0], slug)
    assert len(indicators_of(found[12], slug)) >= 5
    assert indicators_of(found[3], slug)


def test_facts_of_centre_ouest_bretagne_are_those_of_its_subject(cob: Diagnosis) -> None:
    chosen = striking(facts(cob.story), 5)
    topics = [STATEMENTS[each.indicator].topic for each in chosen]
    assert len(chosen) == 5
    assert {"acces", "releve", "age"} <= set(topics)
    assert topics[0] in {"acces", "releve"}
    issues = texts(chapters(cob)[0])
    assert "relève" in issues
    assert "accessible" in issues


def test_readings_of_the_desert_are_told_with_their_disagreement(cob: Diagnosis) -> None:
    document = cob.document
    shares = {
        key.split("|")[1]: told.value
        for key, told in document.provenance.items()
        if key.startswith("deduit|desert.")
    }
    assert 0 < shares["desert.least"] < shares["desert.most"] < 94_530
    assert 0 <= shares["desert.every"] < shares["desert.some"] <= 100
    overlap = shares["desert.overlap.population_sous_2_5.part_zip"]
    assert 0 < overlap < 100, "the threshold of the DREES and the zone of the ARS are two things"


def test_short_documents_of_centre_ouest_bretagne_hold_on_their_pages(cob: Diagnosis) -> None:
    short, zones = documents(cob, ("synthese", "portraits"), page_fitter())
    assert pages_of(render_pdf(short)) == PAGES == 4
    assert len(zones.sections) >= 5
    assert pages_of(render_pdf(zones)) == SHEET * len(zones.sections)
    assert all("distingue" in "".join(headings(section)) for section in zones.sections)


def headings(section: Section) -> list[str]:
    return [block.text for block in section.blocks if isinstance(block, Heading)]


def test_an_island_with_salaried_doctors_is_not_told_without_a_doctor(
    real_context: Context,
) -> None:
    island = made(real_context, "L'Île-d'Yeu", "commune", "85113")
    story = island.story
    assert story.value("mg").value == 0
    assert (story.value("apl_mg").value or 0) > 3, "its doctors are those of a centre de santé"
    assert story.has_unseen_doctors
    assert story.is_island
    said = texts(chapters(island)[0])
    assert "salariés" in said
    assert "d’un généraliste" not in said
    assert "médecin généraliste pour" not in said
    names = {each.indicator for each in facts(story)}
    assert not names & {"mg_densite", "part_plus20min_mg", "population_sans_mg"}
    far = {figure.key.partition("|")[0] for figure in figures(chapters(island)[6].blocks)}
    assert "minutes_1er_mg" not in far


def test_what_is_published_for_a_departement_is_its_own(real_context: Context) -> None:
    indre = made(real_context, "Indre", "departement", "36")
    assert "le territoire lui-même n’a pas de valeur" not in texts(chapters(indre)[5])
    assert indre.document.subtitle.startswith("Département, ")


def test_what_a_source_does_not_cover_overseas_is_absent_and_told(real_context: Context) -> None:
    reunion = made(real_context, "La Réunion", "departement", "974")
    zoning = reunion.story.value("part_zip")
    assert zoning.value is None, "the file has no result for La Réunion: it is not outside"
    assert zoning.status is Status.ABSENT
    gaps = [b.missing for b in chapters(reunion)[7].blocks if isinstance(b, Gap)]
    assert any("ZIP" in gap for gap in gaps)
    assert reunion.story.value("apl_mg").value is not None
    assert (reunion.story.value("mg").value or 0) > 500

    mayotte = made(real_context, "Mayotte", "departement", "976")
    story = mayotte.story
    assert story.value("population").value is None
    assert story.value("mg_densite").value is None
    assert story.value("msp_finess").value is None, "a sample of FINESS is no count"
    assert (story.value("mg").value or 0) > 10
    for section in mayotte.document.sections:
        assert "nan" not in texts(section)


def test_a_basin_on_a_regional_border_and_an_island(real_context: Context) -> None:
    alencon = made(real_context, "Bassin d’Alençon", "bassin", "61001")
    said = texts(chapters(alencon)[2])
    assert "Normandie et Pays de la Loire" in said
    compared = {zone for grid, zone in alencon.story.comparators.own if grid == "region"}
    assert compared == {"28", "52"}
    beyond = texts(chapters(alencon)[8])
    assert "Au-delà de la limite" in beyond

    island = made(real_context, "Ouessant", "commune", "29155")
    assert len(chapters(island)) == 16
    assert "Sur 1 " not in texts(chapters(island)[7])


RAW = json.loads(Path(__file__).with_name("raw_figures.json").read_text(encoding="utf-8"))
"""Recomputed from the raw files by ``raw_figures.py``."""


def test_the_readings_of_a_desert_are_those_of_the_raw_files(cob: Diagnosis) -> None:
    told = cob.document.provenance
    for name, value in RAW["deserts"].items():
        found = told[f"deduit|desert.{name}|centre-ouest-bretagne"].value
        assert found == pytest.approx(value, rel=1e-9), name


def test_departures_are_the_exact_convolution(cob: Diagnosis) -> None:
    told = cob.document.provenance
    raw = RAW["departures"]
    for years in (5, 10):
        made = told[f"projection|departures|territoire:territoire|{years}"]
        assert made.value == pytest.approx(raw[f"expected {years}"], rel=1e-9)
        assert (made.low, made.high) == (raw[f"low {years}"], raw[f"high {years}"])


NUMBER = re.compile(r"[−\d\u202f]+(?:,(\d+))?")
AGAINST = re.compile(
    r"(plus|moins) (?:qu’en France|que dans les zones similaires) \((?:médiane )?\[([^\]]+)\]\)"
)
BOTH = re.compile(
    r"(plus|moins) qu’en France \([^)]*\) et que dans les zones similaires \(médiane \[([^\]]+)\]\)"
)
WORDS = {"aucun": 0.0, "tous les": 100.0}


def as_number(text: str) -> tuple[float, int] | None:
    """Read a printed figure back: its number and its decimals."""
    found = NUMBER.match(text)
    if found is None or not any(each.isdigit() for each in found.group()):
        return None
    plain = found.group().replace("\u202f", "").replace("−", "-").replace(",", ".")
    return float(plain), len(found.group(1) or "")


def test_what_is_printed_is_the_figure_that_unfolds(cob: Diagnosis) -> None:
    told = cob.document.provenance
    read = 0
    for figure in figures(cob.document.sections):
        whole = told[figure.key]
        ends = figure.text.split(" à ")
        values = (whole.low, whole.high) if figure.key.endswith("intervalle") else (whole.value,)
        for value, text in zip(values, ends, strict=False):
            printed = as_number(text)
            if value is None:
                assert printed is None, figure
            elif printed is not None:
                number, decimals = printed
                assert abs(number - value) <= 0.5000001 * 10**-decimals + 1e-9 * abs(value), figure
                read += 1
    assert read > 3_000


def sentences(thing: Any) -> Iterator[str]:
    """Yield the sentences of paragraphs and lists, figures in brackets."""
    if isinstance(thing, Paragraph | Callout):
        yield from _split(thing.content)
    elif isinstance(thing, Bullets):
        for item in thing.items:
            yield from _split(item)
    elif isinstance(thing, Section):
        for block in thing.blocks:
            yield from sentences(block)


def _split(content: Sequence[Any]) -> list[str]:
    text = "".join(each if isinstance(each, str) else f"[{each.text}]" for each in content)
    return re.split(r"(?<=[.;!?])\s", text)


def test_more_and_less_are_said_as_the_numbers_are(cob: Diagnosis) -> None:
    compared = 0
    for section in cob.document.sections:
        for sentence in sentences(section):
            first = re.search(r"\[([^\]]*)\]", sentence)
            if first is None:
                continue
            known = as_number(first.group(1))
            worded = (v for word, v in WORDS.items() if first.group(1).lower().startswith(word))
            own = known[0] if known else next(worded, None)
            for word, other in [*AGAINST.findall(sentence), *BOTH.findall(sentence)]:
                reference = as_number(other)
                assert own is not None, sentence
                assert reference is not None, sentence
                # equal once rounded is said too: the gap is in the digits that are not printed
                assert own >= reference[0] if word == "plus" else own <= reference[0], sentence
                compared += 1
    assert compared > 25
