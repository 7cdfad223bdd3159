"""The pages of the futures on the artificial territory: what they print, and what it unfolds to."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest

from assemblier.blocks import (
    Bars,
    Callout,
    Figure,
    KeyFigures,
    MapBlock,
    Paragraph,
    TableBlock,
    Tone,
)
from assemblier.errors import BadInput, MissingSource, Problem
from assemblier.futures import chapter
from assemblier.futures.baseline import national_baseline
from assemblier.futures.page import Page, page_document, page_of
from assemblier.futures.projection import blocks as projection_module
from assemblier.futures.projection import projected
from assemblier.futures.projection.blocks import projection_blocks
from assemblier.futures.projection.projected import run_projection
from assemblier.futures.projection.without_ages import estimate_without_ages, without_ages_blocks
from assemblier.futures.scenarios.blocks import scenario_blocks
from assemblier.futures.scenarios.changes import (
    Arrive,
    AssistantMedical,
    Bus,
    ConsultationAvancee,
    Ipa,
    Leave,
    Move,
    OpenSite,
    PartTime,
    Road,
)
from assemblier.futures.scenarios.files import Scenario
from assemblier.futures.scenarios.run import run_on_territory
from assemblier.futures.scenarios.words import change_sentence
from assemblier.futures.siting.blocks import PROPOSED, ToldSiting, siting_blocks
from assemblier.futures.siting.question import OBJECTIVES, SitingQuestion
from assemblier.futures.siting.request import NamedSiting, SitingRequest
from assemblier.futures.siting.run import answer_siting, site_territory, siting_rules
from assemblier.publish.write import write
from assemblier.territory.territory import Territory, TerritorySpec, resolve
from assemblier.usecases.territories import read_communes

PARTS = {part.id: part for part in chapter.PARTS}


@pytest.fixture(scope="module")
def territory(artificial_raw, artificial_context) -> Territory:
    listed = read_communes(artificial_raw / "territoires" / "territoire.csv")
    spec = TerritorySpec(name="Pays d’Essai", listed=tuple(listed.lines), cog=2024)
    return resolve(spec, artificial_context.geography)


@pytest.fixture
def page(artificial_context, territory) -> Page:
    return page_of(artificial_context, territory)


def figures(value: Any) -> Iterator[Figure]:
    """Every figure anywhere in some blocks."""
    if isinstance(value, Figure):
        yield value
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for each in dataclasses.fields(value):
            yield from figures(getattr(value, each.name))
    elif isinstance(value, dict):
        for each in value.values():
            yield from figures(each)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for each in value:
            yield from figures(each)


def said(blocks: Sequence[Any]) -> str:
    """All the words of paragraphs and remarks."""
    pieces = [
        piece if isinstance(piece, str) else piece.text
        for block in blocks
        if isinstance(block, Paragraph | Callout)
        for piece in block.content
    ]
    return "".join(pieces)


def unfolds(page: Page, blocks: Sequence[Any]) -> None:
    found = list(figures(blocks))
    assert found
    for each in found:
        told = page.figures.provenance[each.key]
        assert told.sources, each.key
        assert all("sha256" in line and "licence" in line for line in told.sources)
        assert told.method
        assert told.zone
        assert told.year
        assert told.parameters


def test_the_projection_prints_what_was_computed(page, territory, artificial_context):
    run = run_projection(artificial_context, territory)
    blocks = projection_blocks(page, run.told)
    unfolds(page, blocks)
    own = run.projection.zones.query("grid == 'territoire'").set_index("years")
    kinds = [type(block) for block in blocks]
    assert kinds.count(KeyFigures) == 1
    (bars,) = [block for block in blocks if isinstance(block, Bars)]
    assert bars.values[0] == own["doctors"].iloc[0]
    assert bars.values[-1] == pytest.approx(own["doctors"].iloc[0] - own.loc[10, "departures"])
    (drawn,) = [block for block in blocks if isinstance(block, MapBlock)]
    assert sum(each.count for each in drawn.classes) == len(drawn.zones)
    tables = {block.id: block for block in blocks if isinstance(block, TableBlock)}
    named = {row[0] for row in tables["projection-zones"].rows}
    assert named <= set(run.projection.zones["name"])
    departures = page.figures.provenance["projection|departures|territoire:territoire|10"]
    assert departures.value == pytest.approx(own.loc[10, "departures"])
    assert departures.low == own.loc[10, "departures_low_80"]
    assert departures.status == "estimated"
    # an interval is a figure too: it unfolds to its bounds, and no column goes unnamed
    span = page.figures.provenance["projection|departures|territoire:territoire|10|intervalle"]
    assert (span.low, span.high) == (departures.low, departures.high)
    for table in tables.values():
        assert all(table.columns)


def test_an_unknown_rhythm_is_not_a_rhythm_of_nobody(
    page, territory, artificial_context, monkeypatch
):
    known = projected.arrivals_of

    def blind(*given: Any, **more: Any) -> Any:
        made = known(*given, **more)
        home = artificial_context.geography.membership["region"].dropna().astype(str)
        return dataclasses.replace(made, unknown=frozenset(home))

    monkeypatch.setattr(projected, "arrivals_of", blind)
    run = run_projection(artificial_context, territory)
    assert any("Arrivées inconnues" in note for note in run.projection.notes)
    unknown = run.projection.zones[["arrivals", "doctors_after", "density_after", "apl_after"]]
    assert unknown.isna().all(axis=None)
    assert run.projection.zones[["departures", "apl_alone"]].notna().any(axis=None)
    blocks = projection_blocks(page, run.told)
    assert "arrivées gardent leur rythme" not in said(blocks)
    (table,) = [b for b in blocks if isinstance(b, TableBlock) and b.id == "projection-horizons"]
    labels = {str(row[0]) for row in table.rows}
    assert not any("rythme passé" in label for label in labels)
    assert any("sans aucune arrivée" in label for label in labels)


def test_zones_too_many_for_a_page_follow_in_an_annex(
    page, territory, artificial_context, monkeypatch
):
    run = run_projection(artificial_context, territory)
    last = run.projection.zones.query("years == 10 and grid == 'epci' and status != 'secret'")
    watched = run.projection.zones.query("years == 10 and grid == 'commune' and watch")
    monkeypatch.setattr(projection_module, "MOST", 1000)
    whole = [b for b in projection_blocks(page, run.told) if isinstance(b, TableBlock)]
    assert not any(b.annex for b in whole)
    told = {row[:2] for b in whole if b.id == "projection-zones" for row in b.rows}
    whole_first = next(b for b in whole if b.id == "projection-zones").rows[0][0]
    monkeypatch.setattr(projection_module, "MOST", 1)
    monkeypatch.setattr(projection_module, "FEW_MORE", 0)
    fresh = page_of(artificial_context, territory)
    tables = {b.id: b for b in projection_blocks(fresh, run.told) if isinstance(b, TableBlock)}
    first, rest = tables["projection-zones"], tables["projection-autres-zones"]
    assert rest.annex
    assert not first.annex
    assert len(first.rows) < len(told)
    # no zone is lost or told twice; communes beyond the first are counted, not listed
    apart = {row[:2] for row in (*first.rows, *rest.rows)}
    assert len(apart) == len(first.rows) + len(rest.rows)
    assert {row for row in told if row[1] != "Commune"} == {r for r in apart if r[1] != "Commune"}
    assert first.rows[0][0] == whole_first, "the likeliest loss comes first"
    assert len(last) > 1
    if len(watched) > 1:
        assert any(f"{len(watched) - 1} autre" in note for note in first.note.notes)


def test_a_territory_without_doctors_hangs_on_its_neighbours(artificial_context, territory):
    run = run_projection(artificial_context, territory)
    zones = run.projection.zones
    empty = zones[(zones["grid"] == "commune") & (zones["doctors"] == 0) & (zones["apl"] > 0)]
    code = str(empty["zone"].iloc[0])
    spec = TerritorySpec(name="Une commune", listed=(code,), cog=artificial_context.geography.cog)
    alone = resolve(spec, artificial_context.geography)
    page = page_of(artificial_context, alone)
    blocks = projection_blocks(page, run_projection(artificial_context, alone).told)
    assert "aucun généraliste libéral" in said(blocks)
    assert "ceux d’alentour" in said(blocks)


def test_the_published_apl_tells_departures_without_any_age(page, territory, artificial_context):
    made = estimate_without_ages(artificial_context, territory, (5, 10))
    assert made is not None
    assert made.every >= made.up_to_limit > made.after[5] > made.after[10] > 0
    blocks = without_ages_blocks(page, made)
    unfolds(page, blocks)
    assert "Estimation sans l’âge" in said(blocks)


def test_the_part_tells_the_published_apl_where_the_register_is_absent(page, monkeypatch):
    def absent(*_given: Any, **_more: Any) -> Any:
        raise MissingSource("Le lac n’a pas de registre.")

    monkeypatch.setattr(chapter, "run_projection", absent)
    projection = PARTS["projection"]
    blocks = projection.build(page)
    assert [type(block) for block in blocks] == [Callout]
    monkeypatch.setattr(chapter, "estimate_without_ages", lambda *_given: None)
    assert projection.build(page) == []  # the diagnosis then prints what would fill it


def test_a_local_list_that_contradicts_the_register_is_told(page, monkeypatch):
    def contradicted(*_given: Any, **_more: Any) -> Any:
        raise BadInput(Problem("plus de départs que de médecins", value="Y1001 : 2"))

    monkeypatch.setattr(chapter, "run_projection", contradicted)
    first, *others = PARTS["projection"].build(page)
    assert isinstance(first, Callout)
    assert "liste locale" in first.title
    assert "Y1001" in said([first])
    assert others  # the published APL still tells something


def test_scenarios_print_winners_and_losers(page, territory, artificial_context, tmp_path):
    zones = run_projection(artificial_context, territory).projection.zones
    practising = zones[(zones["grid"] == "commune") & (zones["doctors"] >= 2)]["zone"].tolist()
    scenarios = (
        Scenario("Déménagement", (Move(practising[0], practising[1], 1.0),)),
        Scenario("Départs", (Leave("60+"),), note="Sans relève."),
    )
    made = run_on_territory(artificial_context, territory, scenarios)
    blocks = scenario_blocks(page, made)
    unfolds(page, blocks)
    assert "L’offre totale ne change pas" in said(blocks)
    maps = [block for block in blocks if isinstance(block, MapBlock)]
    assert len(maps) == 2
    first = maps[0]
    delta = dict(zip(made.baseline.ids, made.outcomes[0].delta, strict=True))
    for code, place in first.class_of.items():
        label = first.classes[place].label
        if abs(delta[code]) < made.bounds[0]:
            assert label.startswith("change de moins")
        else:
            assert label.startswith("gagne" if delta[code] > 0 else "perd")
    gained = [code for code in first.zones if delta[code] >= made.bounds[0]]
    assert gained
    (table,) = [b for b in blocks if isinstance(b, TableBlock) and b.id == "scenarios-comparaison"]
    assert [row[0] for row in table.rows] == ["Déménagement", "Départs"]
    document = page_document(
        page, blocks, name="scenarios", kind="Scénarios", question="Que donnerait chaque choix ?"
    )
    files = write(document, tmp_path, ["html", "xlsx"])
    assert all(path.stat().st_size > 1000 for path in files)


def test_every_change_is_said_in_words():
    names = {"1": "Ici", "2": "Là", "3": "Le Faouët"}
    expected = {
        Arrive("1", 2.0): "2 médecins s’installent à Ici",
        Arrive("1", 0.5, 4000.0): "0,5 médecin s’installe à Ici",
        Leave(1.0, "2"): "1 médecin cesse à Là, sans successeur",
        Leave("60+"): "présumés de 60 ans et plus cessent dans tout le territoire",
        Move("1", "2", 3.0): "3 médecins quittent Ici pour Là",
        PartTime("1", 1.0, 0.6): "1 médecin passe à temps partiel à Ici",
        OpenSite("1", 2.0, "2"): "un site ouvre à Ici avec 2 médecins, qui quittent Là",
        ConsultationAvancee("1", 1.5): "une consultation avancée à Ici, 1,5 jour par semaine",
        AssistantMedical("1", 2.0): "2 médecins travaillent avec un assistant médical à Ici",
        Ipa("3", 1.0): "1 médecin travaille avec une infirmière en pratique avancée au Faouët",
        Road("1", "2", 12.0): "Ici et Là sont à 12 minutes l’une de l’autre",
        Bus("1", "2", 25.0, 0.1): "une ligne relie Ici à Là en 25 minutes",
    }
    for change, words in expected.items():
        assert words in change_sentence(change, names)


def test_kept_scenarios_fill_their_part_of_the_diagnosis(page, territory, artificial_context):
    part = PARTS["scenarios"]
    code = territory.communes[0]
    story = _WithKept(page, (Scenario("Un médecin", (Arrive(code, 1.0),)),))
    assert "Un médecin" in str(part.build(story))
    assert part.build(_WithKept(page)) == []


def test_kept_sitings_are_asked_again_in_the_diagnosis(page, territory, artificial_context):
    part = PARTS["implantations"]
    team = SitingRequest("shortfall", 2, team=2, most_sites=1, forbidden=territory.communes[:3])
    placed = site_territory(artificial_context, territory, team).answer.placed
    wide = SitingRequest("coverage", 1, candidates=territory.communes[:25], radius=8.0)
    story = _WithKept(
        page,
        sitings=(
            NamedSiting("Une maison de santé", team, placed, "22/11/2026"),
            NamedSiting("Un site de plus", wide, {territory.communes[0]: 9}, "22/11/2026"),
            NamedSiting("Impossible", SitingRequest("shortfall", 2, budget=1.0), {}, "22/11/2026"),
        ),
    )
    blocks = list(part.build(story))
    unfolds(page, blocks)
    tables = [block.id for block in blocks if isinstance(block, TableBlock)]
    assert len(tables) == len(set(tables))
    titles = [b.title for b in blocks if isinstance(b, TableBlock | MapBlock | Bars)]
    assert len(titles) == len(set(titles))
    warned = [b.title for b in blocks if isinstance(b, Callout) and b.tone is Tone.WARNING]
    assert warned == ["La réponse a changé", "« Impossible » n’a plus de réponse"]
    assert part.build(_WithKept(page)) == []


def test_a_question_of_siting_is_read_as_it_was_written():
    for asked in (
        SitingRequest("shortfall", 3),
        SitingRequest(
            "coverage", 2, candidates=("22266", "29024"), candidates_from="bourgs.csv",
            fixed={"22266": 1}, forbidden=("29024",), most_here={"22266": 2}, radius=12.5,
            doctor_costs={"22266": 1000.0}, budget=9e4, only_territory=False, seconds=3.0,
        ),
    ):  # fmt: skip
        assert SitingRequest.from_json(asked.to_json()) == asked
    with pytest.raises(BadInput, match="ne se lit pas"):
        SitingRequest.from_json('{"objective": "shortfall", "add": 1, "autre": 2}')


class _WithKept:
    """A page that has scenarios and questions of siting, as a diagnosis has."""

    def __init__(
        self,
        page: Page,
        scenarios: tuple[Scenario, ...] = (),
        sitings: tuple[NamedSiting, ...] = (),
    ) -> None:
        self.scenarios = scenarios
        self.sitings = sitings
        self._page = page

    def __getattr__(self, name: str) -> Any:
        return getattr(self._page, name)


def test_projection_repeats_itself_under_a_seed(territory, artificial_context):
    first, second, other = (
        run_projection(artificial_context, territory, seed=seed, grids=("bv2022",))
        for seed in (1, 1, 2)
    )
    name = "apl_after_low_80"
    told = [each.projection.zones[name].to_numpy() for each in (first, second, other)]
    np.testing.assert_array_equal(told[0], told[1])
    assert not np.array_equal(told[0], told[2])


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_an_answer_of_siting_prints_its_proof(
    page, territory, artificial_context, objective, tmp_path
):
    baseline = national_baseline(artificial_context, territory.communes, corrected=True)
    rules = siting_rules(artificial_context.parameters, seconds=20)
    question = SitingQuestion(objective, 2, territory.communes[:25], radius=8.0)
    answer = answer_siting(baseline, territory.communes, question, rules)
    ran = run_on_territory(
        artificial_context,
        territory,
        [Scenario(PROPOSED, tuple(Arrive(code, float(n)) for code, n in answer.placed.items()))],
        with_sensitivity=False,
    )
    blocks = siting_blocks(page, ToldSiting(answer, ran, ("Une note de données",)))
    unfolds(page, blocks)
    tables = {block.id: block for block in blocks if isinstance(block, TableBlock)}
    assert [row[1] for row in tables["implantation-sites"].rows] == list(answer.placed)
    assert tables["implantation-sites"].note.notes == ("Une note de données.",)
    proof = said([block for block in blocks if isinstance(block, Callout)])
    assert ("c’est démontré" in proof) == answer.siting.proved
    (bars,) = [block for block in blocks if isinstance(block, Bars)]
    assert bars.values[0] == 100.0
    assert len(bars.values) == 1 + len(answer.by_hand)
    others = tables.get("implantation-autres")
    assert (others is None) == (not answer.siting.alternatives)
    document = page_document(page, blocks, name="ou", kind="Implantation", question="Où ?")
    assert [path.suffix for path in write(document, tmp_path, ["html"])] == [".html"]


def test_a_territory_too_large_is_refused_with_advice(territory, artificial_context, monkeypatch):
    monkeypatch.setattr(projected, "MOST_COMMUNES", 3)
    with pytest.raises(BadInput, match="région par région"):
        run_projection(artificial_context, territory)
