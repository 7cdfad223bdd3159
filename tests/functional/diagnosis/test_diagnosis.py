"""The diagnosis of the artificial territory: complete, traced, well written, repeatable."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from assemblier.blocks import (
    Bullets,
    Callout,
    Document,
    Figure,
    Gap,
    Heading,
    KeyFigures,
    MapBlock,
    Paragraph,
    Strong,
    TableBlock,
    Tone,
)
from assemblier.declarations import Need
from assemblier.diagnosis.absences import absences
from assemblier.diagnosis.chapters.apl import oldest
from assemblier.diagnosis.chapters.prevention import build as build_prevention
from assemblier.diagnosis.chapters.synthesis import build_synthesis, essentials
from assemblier.diagnosis.contents import CHAPTERS, PARTS
from assemblier.diagnosis.documents import documents, portraits, synthesis
from assemblier.diagnosis.facts import STATEMENTS, facts, striking, told
from assemblier.diagnosis.lived import beside, disagreements
from assemblier.errors import BadInput
from assemblier.indicators.comparators import Similar
from assemblier.indicators.doctor_access import placed
from assemblier.indicators.local import answers
from assemblier.indicators.registry import INDICATORS
from assemblier.language import plain
from assemblier.publish.marks import marks_of
from assemblier.usecases.diagnoses import diagnose_territory, set_text
from assemblier.usecases.territories import add_territory
from assemblier.values import Reason, Status, Value
from assemblier.workspace.store import Workspace
from assemblier.workspace.texts import own_texts
from functional.diagnosis.conftest import OWN, Made, build

WAITING = {"environnement", "enjeux", "suite"}
"""Chapters that wait for a source or for the workspace."""
FORBIDDEN = (
    (r"\bnan\b|\bNone\b|\binf\b|\bNaT\b", "a value that is none"),
    (r"  ", "two spaces"),
    (r" ,| \.(?!\d)", "a space before a comma or a full stop"),
    (r"\bde (?!un à )(?!onze|huit|haut|hors)[aeiouyéèêh]", "no elision of de"),
    (r"\bque [aeiouéèê]", "no elision of que"),
    (
        r"(?<![\d\u202f,])\b[01] (?:communes|maisons|services|centres|médecins|habitants) ",
        "no agreement",
    ),
    (r"\{|\}", "an unfilled brace"),
)


def strings(thing: Any) -> Iterator[str]:
    """Walk every printed text of blocks."""
    if isinstance(thing, str):
        yield thing
    elif isinstance(thing, Figure):
        yield thing.text
    elif isinstance(thing, (tuple, list, frozenset)):
        for each in thing:
            yield from strings(each)
    elif is_dataclass(thing) and not isinstance(thing, type):
        for each in fields(thing):
            if each.name not in {"id", "grid", "class_of", "status_of", "zones"}:
                yield from strings(getattr(thing, each.name))
    elif isinstance(thing, dict):
        for each in thing.values():
            yield from strings(each)


def figures(thing: Any) -> Iterator[Figure]:
    if isinstance(thing, Figure):
        yield thing
    elif isinstance(thing, (tuple, list)):
        for each in thing:
            yield from figures(each)
    elif isinstance(thing, dict):
        for each in thing.values():
            yield from figures(each)
    elif is_dataclass(thing) and not isinstance(thing, type):
        for each in fields(thing):
            yield from figures(getattr(thing, each.name))


def sentence(content: tuple[Any, ...]) -> str:
    return "".join(each.text if isinstance(each, Figure) else each for each in content)


def sentences(document: Document) -> Iterator[str]:
    """Every sentence as it is read, figures in their place."""
    for section in document.sections:
        for block in section.blocks:
            if isinstance(block, (Paragraph, Callout)):
                yield sentence(block.content)
            elif isinstance(block, Bullets):
                for item in block.items:
                    yield sentence(item)


def test_diagnosis_has_every_chapter_in_order(made: Made) -> None:
    numbers = [section.number for section in made.diagnosis.document.sections]
    assert numbers == list(range(16)), "one chapter by number of the table of contents"
    assert len(CHAPTERS) == 16


def test_diagnosis_every_need_says_what_is_not_known_meanwhile() -> None:
    default = Need("", "").missing
    for record in (*CHAPTERS, *PARTS):
        for need in record.needs:
            assert need.missing != default, (record.id, need.what)


def test_diagnosis_chapters_without_data_say_what_would_fill_them(made: Made) -> None:
    for section in made.diagnosis.document.sections:
        assert section.blocks, section.id
        # a chapter may wait as a whole and hold a part that waits too
        only_gaps = all(isinstance(block, (Gap, Heading)) for block in section.blocks)
        assert only_gaps == (section.id in WAITING), section.id
        for block in section.blocks:
            if isinstance(block, Gap):
                assert block.fills
                assert block.where


@pytest.mark.parametrize(
    ("chapter", "least"),
    [("territoire", 3), ("prevention", 3), ("offre", 3), ("second-recours", 3), ("parcours", 3)],
)
def test_diagnosis_chapters_hold_enough_indicators(made: Made, chapter: str, least: int) -> None:
    section = next(s for s in made.diagnosis.document.sections if s.id == chapter)
    slug = made.territory.slug
    keys = {
        f.key.split("|")[0]
        for f in figures(section.blocks)
        if f":{slug}|" in f.key and f.status in {"ok", "estimated"}
    }
    assert len(keys) >= least, keys


@pytest.mark.parametrize(("pattern", "what"), FORBIDDEN)
def test_diagnosis_is_well_written(made: Made, pattern: str, what: str) -> None:
    found = [text for text in sentences(made.diagnosis.document) if re.search(pattern, text)]
    assert not found, f"{what}: {found[:3]}"


def test_diagnosis_prints_no_missing_value_as_text(made: Made) -> None:
    bad = re.compile(r"\b(nan|None|inf|NaT)\b")
    assert not [t for t in strings(made.diagnosis.document.sections) if bad.search(t)]


def test_diagnosis_figures_are_traced_to_their_sources(made: Made) -> None:
    document = made.diagnosis.document
    known = document.provenance
    for figure in figures(document.sections):
        told_of = known[figure.key]
        if figure.key.startswith("perimetre|"):
            continue
        if figure.status in {"ok", "estimated"} and figure.text not in {"absent", "secret"}:
            assert told_of.sources, figure
            assert told_of.value is not None
            assert told_of.definition


def test_diagnosis_figures_print_the_value_of_the_results(made: Made) -> None:
    frame = made.diagnosis.results.frame
    rows = {(r.indicator, r.grid, r.zone, r.year): r.value for r in frame.itertuples()}
    checked = 0
    for key, told_of in made.diagnosis.document.provenance.items():
        if key.partition("|")[0] not in INDICATORS or told_of.value is None:
            continue
        indicator, where, year = key.split("|")
        grid, _, zone = where.partition("@")
        assert rows[indicator, grid, zone.partition(":")[2], year] == told_of.value
        checked += 1
    assert checked > 500


def test_diagnosis_of_the_same_inputs_is_the_same(made: Made) -> None:
    again = build(made.context, made.territory, OWN).document
    first = made.diagnosis.document
    assert again.sections == first.sections
    # the first, shared by the tests, also knows what documents made of it since have printed
    assert again.provenance == {key: first.provenance[key] for key in again.provenance}
    assert again.sources == first.sources


def test_diagnosis_shows_own_paragraphs_as_local(made: Made) -> None:
    section = next(s for s in made.diagnosis.document.sections if s.id == "offre")
    own = [
        b for b in section.blocks if isinstance(b, Callout) and b.title == "Le mot du territoire"
    ]
    assert [sentence(b.content) for b in own] == [
        "Le Dr X part en juin.",
        "Le cabinet de la gare cherche un successeur.",
    ]
    assert all(b.tone is Tone.LOCAL for b in own)


def test_diagnosis_shows_local_knowledge_as_local(made: Made) -> None:
    document = made.diagnosis.document
    voices = next(s for s in document.sections if s.id == "paroles")
    local = [f for f in figures(voices.blocks) if f.key.startswith("local|")]
    assert len(local) >= 6
    assert all(f.local for f in local)
    text = " ".join(strings(voices.blocks))
    assert "désaccord" in text
    (both,) = [b for b in voices.blocks if isinstance(b, TableBlock) and b.id == "mesure-et-vecu"]
    assert len(both.rows) >= 3
    for row in both.rows:
        assert isinstance(row[2], Figure)
        assert isinstance(row[4], Figure)
        assert row[4].local
    assert "désaccord" in {row[5] for row in both.rows}
    assert "Dr Fictif" not in " ".join(strings(document.sections)), "no name of a person is printed"


def test_diagnosis_draws_what_local_corrections_change(made: Made) -> None:
    supply = next(s for s in made.diagnosis.document.sections if s.id == "offre")
    (drawn,) = [
        b for b in supply.blocks if isinstance(b, MapBlock) and b.id == "carte-apl-correction"
    ]
    own = [drawn.values[zone] for zone in drawn.outline]
    assert any(value is not None and value < 0 for value in own), "doctors who leave are missed"
    assert sum(each.count for each in drawn.classes) == len(drawn.class_of)


def test_diagnosis_counts_the_answers_of_a_commune_that_joined_another(made: Made) -> None:
    whole = {
        (a.survey, a.question): a.count for a in answers(made.context, made.territory.communes)
    }
    assert whole["enquete_medecins", "nouveaux_patients"] > 20
    part = made.context.parts("enquete")[0]
    codes = made.context.lake.read(part)["code"].astype(object)
    assert placed(made.context, part, codes.dropna()).notna().all()


def test_diagnosis_compares_no_trait_with_the_zones_chosen_on_it(made: Made) -> None:
    alike = Similar("departement", ("Y1", "Y2", "Y3"), (0.1, 0.2, 0.3), ("part_65plus",))
    story = replace(
        made.diagnosis.story, comparators=replace(made.diagnosis.story.comparators, similar=alike)
    )
    assert story.similar_median("part_65plus") is None
    assert "zones similaires" not in sentence(story.reading("part_65plus"))
    assert story.similar_median("apl_mg") is not None
    assert "zones similaires" in sentence(story.reading("apl_mg"))


def retold(made: Made, own: Mapping[str, float], similar: Sequence[float] = ()) -> Any:
    """Return the story of a territory with other values, and other values of similar zones."""
    story = made.diagnosis.story

    class Retold(type(story)):  # type: ignore[misc]
        def value(self, indicator: str, year: str | None = None) -> Value:
            return Value(own[indicator]) if indicator in own else super().value(indicator, year)

        def similar_values(self, indicator: str) -> list[float]:
            return [*similar] or super().similar_values(indicator)

    alike = Similar("departement", ("Y1", "Y2", "Y3"), (0.1, 0.2, 0.3))
    kept = {f.name: getattr(story, f.name) for f in fields(story)}
    return Retold(**kept | {"comparators": replace(story.comparators, similar=alike)})


def test_diagnosis_calls_no_gap_net_that_is_less_than_half_a_point(made: Made) -> None:
    story = retold(made, {"population_sans_mg": 0.0, "apl_mg": 3.0})
    assert story.relation("population_sans_mg", 0.3) == 0
    assert story.relation("population_sans_mg", 0.6) == -1
    assert story.relation("apl_mg", 3.3) == -1, "an APL is no percentage"


@pytest.mark.parametrize(
    ("apl", "reading", "said"),
    [(2.0, "se confirment", "est inférieure"), (9.0, "désaccord", "n’est pas inférieure")],
)
def test_diagnosis_reads_refusals_beside_the_apl(
    made: Made, apl: float, reading: str, said: str
) -> None:
    story = retold(made, {"apl_mg": apl, "part_plus20min_mg": 0.0})
    rows = {row[0]: row[5] for row in beside(story)}
    assert rows["Trouver un médecin"] == reading
    text = " ".join(sentence(each) for each in disagreements(story))
    assert said in text
    assert "alors qu’aucun habitant ne vit à plus de 20 minutes" in text, "none is not unknown"


@pytest.mark.parametrize(
    ("year", "said"), [("2018", "de plus de 65 ans"), ("2023", "de 65 ans et plus")]
)
def test_diagnosis_names_the_doctors_that_an_edition_of_the_apl_leaves_out(
    made: Made, year: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = made.diagnosis.story
    monkeypatch.setattr(type(story), "year", lambda _self, _name: year)
    assert oldest(story) == said


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ((0.0, 0.0, 1.0, 1.0), "0,5 (0 à 1)"),
        ((65_431.0, 74_630.0, 74_645.0, 104_301.0), "74\u202f638 (65\u202f431 à 104\u202f301)"),
    ],
)
def test_diagnosis_prints_a_half_only_of_few(
    made: Made, values: tuple[float, ...], said: str
) -> None:
    figure = retold(made, {}, values).similar_figure("population", span=True)
    assert figure is not None
    assert figure.text == said


def test_diagnosis_issue_names_its_fact_or_says_how_the_territory_stands(made: Made) -> None:
    lists = after_headings(made.diagnosis.document.sections[0].blocks)
    told_facts = next(items for title, items in lists.items() if "faits" in title)
    told_issues = lists["Des enjeux à débattre"]
    assert told_issues
    for item in told_issues:
        said = sentence(item)
        named = re.search(r"\(fait (\d)", said)
        if named:
            assert 1 <= int(named[1]) <= len(told_facts)
        else:
            assert any(isinstance(each, Figure) for each in item)
            assert "en France" in said or "la France" in said


def after_headings(blocks: Any) -> dict[str, tuple[Any, ...]]:
    """Return heading → items of the list right under it."""
    return {
        above.text: below.items
        for above, below in pairwise(blocks)
        if isinstance(above, Heading) and isinstance(below, Bullets)
    }


def test_diagnosis_essentials_say_what_is_found_how_sure_and_what_to_do(made: Made) -> None:
    whole = essentials(made.diagnosis.story, chapters=False)
    lists = after_headings(whole)
    lists.pop("Ce que l’enquête dit autrement", None)
    found, sure, *asked = lists
    assert "faits" in found
    assert sure == "À quel point est-ce sûr ?"
    assert asked == ["Des enjeux à débattre", "À la prochaine réunion"]
    numbers = [
        int(each)
        for item in lists[sure]
        if not item[0].startswith(("Daté", "Non"))
        for part in re.findall(r"Faits? ([\d, et]+) :", sentence(item))
        for each in re.findall(r"\d", part)
    ]
    assert sorted(numbers) == list(range(1, len(lists[found]) + 1)), "each fact, and once"
    assert all(isinstance(item[0], Strong) for items in lists.values() for item in items)
    assert "chapitre" not in " ".join(
        sentence(each) for items in lists.values() for each in items
    ), "a synthesis has no chapters"
    opening = whole[0]
    assert isinstance(opening, Paragraph)
    assert isinstance(opening.content[0], Strong)


@pytest.mark.parametrize(
    ("own", "france", "similar", "said"),
    [
        (2.0, 3.0, 3.0, "plus faible ici qu’en France et que dans les zones similaires"),
        (2.0, 3.0, 1.0, "plus faible ici qu’en France, mais plus forte que"),
        (2.0, 3.0, 2.0, "plus faible ici qu’en France, et du même ordre que"),
        (3.0, 3.0, 3.0, "du même ordre ici qu’en France et dans les zones"),
        (3.0, 3.0, 2.0, "du même ordre ici qu’en France, mais plus forte que dans"),
        (4.0, 3.0, None, "plus forte ici qu’en France."),
    ],
)
def test_diagnosis_opens_on_what_both_readings_say(
    made: Made, own: float, france: float, similar: float | None, said: str
) -> None:
    story = made.diagnosis.story

    class Told(type(story)):  # type: ignore[misc]
        def value(self, indicator: str, year: str | None = None) -> Value:
            return Value(own) if indicator == "apl_mg" else super().value(indicator, year)

        def france_value(self, indicator: str) -> float | None:
            return france if indicator == "apl_mg" else super().france_value(indicator)

        def similar_values(self, indicator: str) -> list[float]:
            known = [] if similar is None else [similar] * 3
            return known if indicator == "apl_mg" else super().similar_values(indicator)

    told_so = Told(**{f.name: getattr(story, f.name) for f in fields(story)})
    opening = essentials(told_so, chapters=False)[0]
    assert said in sentence(opening.content)


def test_diagnosis_says_words_without_a_mark() -> None:
    assert marks_of(Figure("Aucun habitant", "k", "estimated")) == ""
    assert marks_of(Figure("4,1", "k", "estimated")) == "e"


def without_liberal_doctors(made: Made) -> Any:
    """Return the story of a territory whose only doctors are salaried."""
    story = made.diagnosis.story

    class Salaried(type(story)):  # type: ignore[misc]
        def value(self, indicator: str, year: str | None = None) -> Value:
            zero = {"mg": 0.0, "mg_densite": 0.0, "apl_recalculee": 0.0, "apl_mg": 3.4}
            if indicator in zero:
                return Value(zero[indicator])
            return super().value(indicator, year)

    return Salaried(**{f.name: getattr(story, f.name) for f in fields(story)})


def test_diagnosis_tells_no_fact_that_sources_of_liberal_doctors_cannot_see(made: Made) -> None:
    assert not made.diagnosis.story.has_unseen_doctors
    story = without_liberal_doctors(made)
    assert story.has_unseen_doctors
    names = {each.indicator for each in facts(story)}
    assert not names & {"mg_densite", "part_plus20min_mg", "population_sans_mg"}
    assert "apl_mg" in names
    said = [b for b in build_synthesis(story) if isinstance(b, Callout)]
    assert any("salariés" in sentence(b.content) for b in said)


def test_diagnosis_of_an_island_says_that_no_ferry_is_counted(made: Made) -> None:
    story = made.diagnosis.story

    class Island(type(story)):  # type: ignore[misc]
        is_island = True

    island = Island(**{f.name: getattr(story, f.name) for f in fields(story)})
    titles = [b.title for b in build_prevention(island) if isinstance(b, Callout)]
    assert any("île" in title for title in titles)
    assert not any("île" in b.title for b in build_prevention(story) if isinstance(b, Callout))


def test_diagnosis_has_a_glossary_and_a_guide(made: Made) -> None:
    annexes = made.diagnosis.document.sections[-1]
    assert annexes.number == 15
    (words,) = [b for b in annexes.blocks if isinstance(b, TableBlock) and b.id == "glossaire"]
    assert {"Habitant standardisé", "ZIP, ZAC"} <= {row[0] for row in words.rows}
    names = next(b for b in annexes.blocks if isinstance(b, TableBlock) and b.id == "communes").rows
    order = [plain(str(row[1])) for row in names]
    assert order == sorted(order)


def test_diagnosis_gap_tells_a_silent_source_from_an_absent_one(made: Made) -> None:
    story = made.diagnosis.story
    silent = replace(story, figures=_Empty(story.figures, "fedi"))
    (gap,) = absences(silent, ("fedi",))
    assert "dans le lac" in gap.missing


class _Empty:
    """Figures without a value for one indicator."""

    def __init__(self, figures: Any, name: str) -> None:
        self._figures, self._name = figures, name

    def __getattr__(self, name: str) -> Any:
        return getattr(self._figures, name)

    def value(self, indicator: str, *args: Any) -> Value:
        if indicator == self._name:
            return Value(None, Status.ABSENT, reason=Reason.NO_SOURCE)
        return self._figures.value(indicator, *args)


def test_diagnosis_facts_are_net_and_one_by_topic(made: Made) -> None:
    found = facts(made.diagnosis.story)
    chosen = striking(found, 5)
    assert 1 <= len(chosen) <= 5
    topics = [STATEMENTS[each.indicator].topic for each in chosen]
    assert len(set(topics)) == len(topics)
    for each in chosen:
        assert each.net
        said = sentence(told(made.diagnosis.story, each.indicator))
        figures_said = re.findall(r"\d[\d\u202f]*(?:,\d+)?", said)
        assert figures_said
        if each.split:
            assert " mais " in said


def test_diagnosis_weaknesses_are_never_better_than_a_reference(made: Made) -> None:
    for each in facts(made.diagnosis.story):
        if each.alert:
            level = made.diagnosis.story.rule("diagnosis.facts.alerts")[each.indicator]["at"]
            assert (made.diagnosis.story.value(each.indicator).value or 0) >= level
        elif each.worse is not None:
            signs = {sign for sign in (each.france, each.similar) if sign}
            assert len(signs) == 1


def test_diagnosis_weights_and_levels_are_of_statements_and_say_why(made: Made) -> None:
    weights = made.diagnosis.story.rule("diagnosis.facts.weights")
    assert set(weights) == set(STATEMENTS)
    levels = made.diagnosis.story.rule("diagnosis.facts.alerts")
    assert set(levels) <= set(STATEMENTS)
    for told_of in (*weights.values(), *levels.values()):
        assert len(str(told_of["reason"])) > 10
    assert all(each["weight"] > 0 for each in weights.values())


def test_diagnosis_synthesis_and_portraits_print_the_same_figures(made: Made) -> None:
    whole = made.diagnosis.document
    made_of = documents(made.diagnosis, ("diagnostic", "synthese", "portraits"), lambda *_: True)
    assert [d.id.split("-")[0] for d in made_of] == ["diagnostic", "synthese", "portraits"]
    for document in made_of[1:]:
        for figure in figures(document.sections):
            assert document.provenance[figure.key] == whole.provenance[figure.key]
    short = synthesis(made.diagnosis, lambda *_: True)
    assert 3 <= len(short.sections) <= 6
    zones = portraits(made.diagnosis, lambda *_: True)
    assert zones is not None
    assert 2 <= len(zones.sections) <= len(made.diagnosis.story.parts)
    assert all(any(isinstance(b, KeyFigures) for b in s.blocks) for s in zones.sections)


def test_diagnosis_own_texts_survive_in_the_workspace(made: Made, tmp_path) -> None:
    address = tmp_path / "w.sqlite"
    commune = made.territory.communes[0]
    add_territory(
        name="Essai", lake=made.lake, workspace=address, selections=[("commune", commune)]
    )
    set_text(territory="Essai", chapter="offre", text="Un mot.", workspace=address)
    add_territory(
        name="Essai",
        lake=made.lake,
        workspace=address,
        replace=True,
        selections=[("commune", made.territory.communes[1])],
    )
    assert own_texts(Workspace.open(address), "essai") == {"offre": "Un mot."}
    set_text(territory="Essai", chapter="offre", text=" ", workspace=address)
    assert own_texts(Workspace.open(address), "essai") == {}
    with pytest.raises(BadInput):
        set_text(territory="Essai", chapter="cuisine", text="x", workspace=address)


def test_diagnosis_prints_own_paragraphs_again_when_the_perimeter_changes(
    made: Made, tmp_path: Path
) -> None:
    address = tmp_path / "w.sqlite"
    for at, commune in enumerate(made.territory.communes[:2]):
        add_territory(
            name="Essai",
            lake=made.lake,
            workspace=address,
            replace=at > 0,
            selections=[("commune", commune)],
        )
        if at == 0:
            set_text(territory="Essai", chapter="parcours", text="Nos mots.", workspace=address)
        written = diagnose_territory(
            territory="Essai",
            lake=made.lake,
            workspace=address,
            out=tmp_path / str(at),
            formats=["json"],
            chapters=["parcours"],
        )
        (section,) = written.diagnosis.document.sections
        first = section.blocks[0]
        assert isinstance(first, Callout)
        assert first.tone is Tone.LOCAL
        assert sentence(first.content) == "Nos mots."
        assert "Nos mots." in written.files[0].read_text(encoding="utf-8")


def test_diagnosis_of_one_commune(made: Made) -> None:
    alone = replace(
        made.territory, communes=made.territory.communes[:1], log=(), warnings=(), parts={}
    )
    document = build(made.context, alone).document
    for text in sentences(document):
        assert not re.search(r"\bnan\b|None|  ", text)
    supply = next(s for s in document.sections if s.id == "offre")
    assert "Sur 1 " not in " ".join(strings(supply.blocks))
    whole = replace(made.diagnosis, story=replace(made.diagnosis.story, parts=()))
    assert portraits(whole, lambda *_: True) is None
