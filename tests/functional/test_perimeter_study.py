"""The study of a perimeter, its commands and its chapter, on the artificial territory."""

from __future__ import annotations

import gzip
import json
import re
from dataclasses import replace
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from assemblier.blocks import (
    Bullets,
    Callout,
    Figure,
    Gap,
    Heading,
    KeyFigures,
    MapBlock,
    Paragraph,
    TableBlock,
)
from assemblier.cli.main import main
from assemblier.diagnosis.assemble import diagnose
from assemblier.diagnosis.documents import documents
from assemblier.indicators.compute import compute
from assemblier.indicators.registry import INDICATORS
from assemblier.indicators.units import Units
from assemblier.language import number
from assemblier.perimeters import grids
from assemblier.perimeters import lived_areas as lived
from assemblier.perimeters.care import care_of, care_visits, times_between
from assemblier.perimeters.chapter import blocks_of, note_blocks
from assemblier.perimeters.choice_blocks import widest
from assemblier.perimeters.study import ground_of, study_perimeters
from assemblier.perimeters.values_under import influence, latest_components
from assemblier.sources.catalogue import Catalogue
from assemblier.territory.lists import convert_codes
from assemblier.territory.shapes import Shapes
from assemblier.territory.territory import TerritorySpec, resolve


@pytest.fixture(scope="module")
def territory(artificial_context, artificial_raw):
    codes = pd.read_csv(artificial_raw / "territoires" / "territoire.csv", dtype=str)["code"]
    return resolve(
        TerritorySpec("Pays d’essai", listed=tuple(codes), cog=2024), artificial_context.geography
    )


@pytest.fixture(scope="module")
def study(artificial_context, territory):
    return study_perimeters(artificial_context, territory)


def test_every_grid_sums_to_one(study):
    grids = {grid.grid for grid in study.grids}
    assert {"commune", "epci", "canton", "bv2012", "bv2022", "tvs2019", "cpts", "cls"} <= grids
    for grid in study.grids:
        for name in ("population_share", "area_share", "gps_share"):
            shares = [getattr(zone, name) for zone in grid.zones]
            assert sum(shares) == pytest.approx(1.0, abs=1e-9)
        assert sum(zone.communes for zone in grid.zones) == len(study.perimeters[0].communes)
        assert grid.vintage


def test_values_of_the_territory_are_those_of_the_indicators(study, artificial_context, territory):
    names = [each.indicator for each in study.indicators]
    assert len(names) >= 8
    results = compute(
        artificial_context, [INDICATORS[name] for name in names], [], territory=territory
    )
    for each in study.indicators:
        expected = results.value(each.indicator, "territoire", territory.slug, each.year)
        assert each.own.value == pytest.approx(expected.value, rel=1e-12)
        assert each.own.status is expected.status


def test_spread_holds_its_own_value_and_says_so(study):
    for each in study.indicators:
        known = [v.value.value for v in each.values if v.comparable and v.value.value is not None]
        assert each.low.value.value == min(known)
        assert each.high.value.value == max(known)
        assert each.low.value.value <= each.own.value <= each.high.value.value
        assert "choix du périmètre" in each.sentence


def test_one_commune_more_or_less_equals_a_full_computation(artificial_context, territory):
    geography = artificial_context.geography
    units = Units.of(geography.membership, geography.population)
    inside = geography.membership["commune"].isin(territory.communes).to_numpy(bool)
    left = territory.communes[3]
    commune = geography.membership["commune"].to_numpy(object)
    chosen = [
        INDICATORS[name] for name in ("population", "mg_densite", "apl_mg", "population_tcam")
    ]
    rest = resolve(
        TerritorySpec("Reste", listed=tuple(c for c in territory.communes if c != left), cog=2024),
        geography,
    )
    results = compute(artificial_context, chosen, [], territory=rest)
    for one in latest_components(artificial_context, chosen, units, inside):
        (change,) = influence(
            one,
            inside,
            {"commune": {left: ("x", commune == left)}},
            people=units.people,
            comparable_from=0.0,
            most=1,
        )
        expected = results.value(one.indicator.id, "territoire", rest.slug, one.components.year)
        assert change.way == "retrait"
        assert change.value == pytest.approx(expected.value, rel=1e-12)


def test_a_member_partly_inside_may_be_completed(artificial_context, territory):
    geography = artificial_context.geography
    units = Units.of(geography.membership, geography.population)
    commune = geography.membership["commune"]
    inside = commune.isin(territory.communes).to_numpy(bool)
    beyond = next(c for c in geography.population.index if c not in set(territory.communes))
    pair = commune.isin([territory.communes[3], beyond]).to_numpy(bool)
    whole = resolve(
        TerritorySpec("Complété", listed=(*territory.communes, beyond), cog=2024), geography
    )
    chosen = [INDICATORS["population"], INDICATORS["apl_mg"]]
    results = compute(artificial_context, chosen, [], territory=whole)
    for one in latest_components(artificial_context, chosen, units, inside):
        changes = influence(
            one,
            inside,
            {"epci": {"E": ("E", pair)}},
            people=units.people,
            comparable_from=0.0,
            most=1,
        )
        found = {change.way: change.value for change in changes}
        assert set(found) == {"retrait", "complément"}
        expected = results.value(one.indicator.id, "territoire", whole.slug, one.components.year)
        assert found["complément"] == pytest.approx(expected.value, rel=1e-12)


def test_modelled_visits_of_the_country_cut_at_forty_minutes(artificial_context, territory):
    shapes = Shapes(artificial_context.geography, artificial_context.parameters)
    care = care_of(artificial_context, shapes.points)
    inside = np.isin(care.commune, territory.communes)
    times = times_between(care)
    whole = care_visits(care, times=times)
    supply = care.doctors * care.acts_per_doctor
    received = whole.by_destination()
    assert received[received > 0] == pytest.approx(supply[received > 0], rel=1e-12)
    # reach twice: who is within 20 minutes of a place within 20 minutes of the territory
    far = np.zeros(inside.size, bool)
    row = np.repeat(np.arange(inside.size), np.diff(times.indptr))
    site = pd.Index(care.places.ids).get_indexer(pd.Index(times.destinations))[times.indices]
    seen = np.zeros(inside.size, bool)
    seen[site[inside[row]]] = True
    far[row[seen[site]]] = True
    ring = far | inside | seen
    assert ring.sum() < ring.size
    near = care_visits(care, kept=ring)
    first, other = whole.to_table(), near.to_table()
    own = set(care.places.ids[inside])
    keys = ["origin", "destination"]
    pair = first[first["origin"].isin(own)].merge(
        other[other["origin"].isin(own)], on=keys, how="outer", suffixes=("", "_ring")
    )
    assert len(pair) > 100
    assert pair["flow_ring"].to_numpy() == pytest.approx(pair["flow"].to_numpy(), rel=1e-12)


def test_ledgers_are_modelled_and_observed(study):
    border = study.border
    assert {ledger.kind for ledger in border.theoretical.values()} == {"théoriques"}
    assert {"soins", "travail"} <= set(border.observed)
    for by_grid in (border.theoretical, *border.observed.values()):
        totals = {(round(v.inside, 6), round(v.outgoing, 6)) for v in by_grid.values()}
        assert len(totals) == 1
        for ledger in by_grid.values():
            assert sum(each.outgoing for each in ledger.neighbours) == pytest.approx(
                ledger.outgoing
            )
    supplies = [each.supply for each in border.beyond]
    assert supplies == sorted(supplies)


def test_the_same_ground_in_older_codes(artificial_context, study, territory):
    geography = artificial_context.geography
    back = convert_codes(territory.communes, geography.passage, 2024, 2018)
    older = resolve(TerritorySpec("Ancien", listed=back.codes, cog=2018), geography)
    assert back.same_ground
    assert set(older.communes) == set(territory.communes)
    assert older.log
    again = study_perimeters(artificial_context, older, with_border=False)
    for one, other in zip(study.grids, again.grids, strict=True):
        assert one.zones == other.zones


def test_order_of_the_list_changes_nothing(artificial_context, territory, study):
    turned = resolve(
        TerritorySpec("Pays d’essai", listed=tuple(reversed(territory.communes)), cog=2024),
        artificial_context.geography,
    )
    again = study_perimeters(artificial_context, turned, with_border=False)
    assert again.grids == study.grids
    assert again.indicators == study.indicators


def test_coverage_sums_to_the_population(study):
    for told in study.coverage.values():
        assert sum(told.people) == pytest.approx(study.population)
        assert sum(told.population) == pytest.approx(1.0)
    assert {fit.size for fit in study.structures["cpts"]} <= {1, 2, 3, 4}


def test_json_of_the_command(artificial_lake, artificial_raw, tmp_path, capsys):
    own = tmp_path / "mes_zones.csv"
    listed = pd.read_csv(artificial_raw / "territoires" / "territoire.csv", dtype=str)
    half = listed.assign(area=np.where(np.arange(len(listed)) % 2, "impair", "pair"))[5:]
    half.rename(columns={"code": "zone"})[["zone", "area"]].to_csv(own, index=False)
    code = main(
        [
            "perimeters", str(artificial_raw / "territoires" / "territoire.csv"), "--cog", "2024",
            "--lake", str(artificial_lake.folder), "--grid", str(own), "--no-border", "--json",
        ]
    )  # fmt: skip
    assert not code
    made = json.loads(capsys.readouterr().out)
    grids = {grid["grid"]: grid for grid in made["grids"]}
    zones = grids["mes_zones"]["zones"]
    assert {zone["name"] for zone in zones} == {"pair", "impair", "hors zonage"}
    assert zones[-1]["code"] is None
    assert zones[-1]["communes"] == 5
    assert [each["purpose"] for each in made["lived"]] == ["soins", "travail"]
    assert {"code", "name", "population_share", "communes", "whole"} <= set(zones[0])
    assert all("choix du périmètre" in each["sentence"] for each in made["indicators"])
    assert all("warning" in each for each in made["structures"]["cpts"])
    for grid in made["grids"]:
        assert grid["vintage"]
        assert sum(zone["population_share"] for zone in grid["zones"]) == pytest.approx(1.0)


@pytest.mark.parametrize(("method", "flows"), [("ttwa", "travail"), ("pcsa", "soins")])
def test_living_areas_of_the_lake(artificial_lake, tmp_path, capsys, method, flows):
    out, drawn = tmp_path / "b.csv", tmp_path / "b.gpkg"
    code = main(
        [
            "living-areas", "--flows", f"lac:{flows}", "--method", method, "--out", str(out),
            "--lake", str(artificial_lake.folder), "--compare", "bv2022", "--contours", str(drawn),
            "--json", "--bootstrap", "5",
        ]
    )  # fmt: skip
    assert not code
    made = json.loads(capsys.readouterr().out)
    table = pd.read_csv(out, dtype=str)
    assert made["kind"] == "observés"
    assert set(table["area"].dropna()) == {area["area"] for area in made["areas"]}
    assert all(0 <= area["self_containment"] <= 1 for area in made["areas"])
    assert 0 < made["localisation"] <= 1
    assert 0 <= made["compared"]["changed_share"] <= 1
    assert len(gpd.read_file(drawn, layer="bassins")) == len(made["areas"])
    zones = gpd.read_file(drawn, layer="zones")
    assert set(zones["zone"]) <= set(table["zone"])
    assert zones["changes"].any()
    changed = table.loc[table["changes"] == "True", "zone"]
    assert set(changed) == set(made["compared"]["changed"])
    assert zones["with_core"].between(0, 1).all()


def test_living_areas_of_a_file_need_no_lake(tmp_path, capsys):
    path = tmp_path / "f.csv"
    path.write_text("origine;destination;flux\nA;A;80\nA;B;20\nB;B;90\nB;A;\n", encoding="utf-8")
    code = main(
        [
            "living-areas", "--flows", str(path), "--method", "ttwa", "--out",
            str(tmp_path / "o.csv"), "--min-size", "10", "--target-size", "20", "--json",
        ]
    )  # fmt: skip
    assert not code
    made = json.loads(capsys.readouterr().out)
    assert [area["self_containment"] for area in made["areas"]] == pytest.approx([0.8, 90 / 110])
    assert any("masqué" in each for each in made["remarks"])


@pytest.mark.parametrize(
    "head", ["COMMUNE,DCLT,IPONDI", "CODGEO,DCLT,NBFLUX_C21_ACTOCC15P", "ORI,DES,FLOW"]
)
def test_flows_are_read_under_the_names_that_insee_gives_them(tmp_path, capsys, head):
    text = f"{head}\nA,A,70\nA,A,10\nA,B,20\nB,B,90\n"
    plain, packed = tmp_path / "f.csv", tmp_path / "f.csv.gz"
    plain.write_text(text, encoding="utf-8")
    packed.write_bytes(gzip.compress(text.encode()))
    asked = ["living-areas", "--method", "ttwa", "--min-size", "10", "--target-size", "20"]
    for path in (plain, packed):
        assert not main([*asked, "--flows", str(path), "--out", str(tmp_path / "o.csv"), "--json"])
        made = json.loads(capsys.readouterr().out)
        assert [each["inside"] for each in made["areas"]] == [80, 90]
    # what was given is never written over
    assert main([*asked, "--flows", str(plain), "--out", str(plain)]) != 0
    assert plain.read_text(encoding="utf-8") == text
    packed.write_bytes(packed.read_bytes()[:20])
    capsys.readouterr()
    assert main([*asked, "--flows", str(packed), "--out", str(tmp_path / "o.csv")]) == 3
    assert "archive illisible" in capsys.readouterr().err


def test_what_a_territory_becomes_with_or_without_a_zone(
    artificial_lake, artificial_raw, artificial_context, tmp_path, capsys
):
    listed = pd.read_csv(artificial_raw / "territoires" / "territoire.csv", dtype=str)["code"]
    membership = artificial_context.geography.membership
    own = set(listed)
    whole = membership[membership["arm"].isna()]
    away = whole.loc[~whole.index.isin(own), "epci"].dropna().iloc[0]
    asked = ["perimeters", str(artificial_raw / "territoires" / "territoire.csv"), "--cog", "2024"]
    where = ["--lake", str(artificial_lake.folder), "--no-border", "--workspace", str(tmp_path)]
    supposed = ["--add", f"epci:{away}", "--remove", f"commune:{listed[0]}"]
    assert not main([*asked, *where, *supposed, "--json"])
    made = json.loads(capsys.readouterr().out)
    (told,) = (each for each in made["perimeters"] if each["rule"] == "supposé")
    expected = (own | set(whole.index[whole["epci"] == away])) - {listed[0]}
    assert set(told["communes"]) == expected
    people = {each["indicator"]: each for each in made["indicators"]}["population"]
    values = {each["perimeter"]: each["value"]["value"] for each in people["values"]}
    assert values[told["id"]] == pytest.approx(told["population"])
    # it is a question: it is not one of the perimeters that the spread is told over
    assert told["id"] not in {people["low"]["perimeter"], people["high"]["perimeter"]}
    assert not main([*asked, *where, *supposed])
    assert told["label"] in capsys.readouterr().out
    assert main([*asked, *where, "--add", f"commune:{listed[0]}"]) != 0
    assert "ne change rien" in capsys.readouterr().err


def test_a_grid_may_overlap_be_of_older_codes_or_lie_elsewhere(
    artificial_lake, artificial_raw, tmp_path, capsys
):
    listed = pd.read_csv(artificial_raw / "territoires" / "territoire.csv", dtype=str)["code"]
    over, cut, away = (tmp_path / f"{name}.csv" for name in ("double", "moities", "ailleurs"))
    over.write_text(
        "code;bassin;nom\n"
        + "".join(f"{code};A;Nord\n" for code in listed[:60])
        + "".join(f"{code};B;Sud\n" for code in listed[50:]),
        encoding="utf-8",
    )
    cut.write_text(
        "zone,area\n" + "".join(f"{c},{n % 2}\n" for n, c in enumerate(listed)) + "99999,1\n",
        encoding="utf-8",
    )
    away.write_text("zone,area\n99998,Z\n", encoding="utf-8")
    asked = [str(artificial_raw / "territoires" / "territoire.csv"), "--cog", "2024"]
    where = ["--lake", str(artificial_lake.folder), "--no-border", "--json"]
    given = [word for path in (over, cut, away) for word in ("--grid", str(path))]
    assert not main(["perimeters", *asked, *where, *given])
    made = json.loads(capsys.readouterr().out)
    grids = {grid["grid"]: grid for grid in made["grids"]}
    zones = {zone["code"]: zone for zone in grids["double"]["zones"]}
    assert {code: zone["communes"] for code, zone in zones.items()} == {
        "A": 50, "A + B": 10, "B": len(listed) - 60,
    }  # fmt: skip
    assert zones["A + B"]["name"] == "Nord + Sud"
    assert sum(zone["population_share"] for zone in zones.values()) == pytest.approx(1.0)
    members = {zone["code"]: zone for zone in grids["double"]["members"]}
    # each zone by itself: a commune of two counts in both
    assert {code: zone["communes"] for code, zone in members.items()} == {
        "A": 60, "B": len(listed) - 50,
    }  # fmt: skip
    assert grids["double"]["whole_zones"] == 2
    told = {each["id"]: each for each in made["perimeters"]}
    # every grid draws the territory again, those whose zones overlap too
    drawn = [*told, *(same for each in told.values() for same in each["same_as"])]
    assert any(name.startswith("moities:") for name in drawn)
    assert any(name.startswith("double:") for name in drawn)
    cpts = told["cpts:rencontrées"]
    assert cpts["label"] == "toutes les CPTS touchées"
    assert "ailleurs" not in grids
    said = " ".join(made["remarks"])
    assert "« moities », 1 code inconnu laissé de côté" in said
    assert "« ailleurs » n’a aucune commune du territoire" in said


def test_living_areas_told_for_a_territory(artificial_lake, artificial_raw, tmp_path, capsys):
    listed = artificial_raw / "territoires" / "territoire.csv"
    code = main(
        [
            "living-areas", "--flows", "lac:travail", "--method", "ttwa", "--out",
            str(tmp_path / "a.csv"), "--lake", str(artificial_lake.folder), "--territory",
            str(listed), "--cog", "2024", "--json",
        ]
    )  # fmt: skip
    assert not code
    made = json.loads(capsys.readouterr().out)
    zones = made["territory"]["zones"]
    assert sum(zone["population_share"] for zone in zones) == pytest.approx(1.0)
    area = pd.read_csv(tmp_path / "a.csv", dtype=str).set_index("zone")["area"]
    own = area.reindex(pd.read_csv(listed, dtype=str)["code"])
    assert {z["code"]: z["communes"] for z in zones} == own.value_counts().to_dict()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("origin,flow\nA,1\n", "destination"),
        ("origin,destination,flow\nA,B,-1\n,B,2\nA,B,x\n", "ligne 2"),
        ("origin,destination,flow\n", "aucune ligne"),
    ],
)
def test_bad_flows_are_refused_with_their_lines(tmp_path, capsys, text, said):
    path = tmp_path / "f.csv"
    path.write_text(text, encoding="utf-8")
    arguments = ["living-areas", "--flows", str(path), "--method", "ttwa", "--out", "o.csv"]
    assert main(arguments) == 3
    assert said in capsys.readouterr().err.replace("\n", " ")


@pytest.mark.parametrize(
    ("asked", "code", "said"),
    [
        (["--flows", "lac:rien", "--method", "ttwa"], 2, "lac:theoriques"),
        (["--flows", "absent.csv", "--method", "ttwa"], 4, "absent.csv"),
        (["--flows", "lac:travail", "--method", "autre"], 2, "pcsa"),
        (["--flows", "lac:travail", "--method", "ttwa", "--min-population", "3"], 2, "Seuils"),
        (["--flows", "lac:travail", "--method", "ttwa", "--compare", "rien"], 3, "à comparer"),
    ],
)
def test_wrong_questions_have_their_exit_code(artificial_lake, tmp_path, capsys, asked, code, said):
    where = ["--lake", str(artificial_lake.folder), "--out", str(tmp_path / "o.csv")]
    assert main(["living-areas", *asked, *where]) == code
    assert said in capsys.readouterr().err
    assert not (tmp_path / "o.csv").exists()


@pytest.mark.parametrize(
    ("option", "text", "said"),
    [
        ("--grid", "foo,bar\n1,2\n", "« zone » est absente"),
        ("--grid", "zone,area\n,B\n", "ligne 2"),
        ("--competences", "date: 2024-01-01\nfoo: 1\n", "ligne 2"),
    ],
)
def test_wrong_files_are_refused_with_their_lines(
    artificial_lake, artificial_raw, tmp_path, capsys, option, text, said
):
    path = tmp_path / "f"
    path.write_text(text, encoding="utf-8")
    asked = [str(artificial_raw / "territoires" / "territoire.csv"), "--cog", "2024"]
    where = ["--lake", str(artificial_lake.folder), "--workspace", str(tmp_path / "none.sqlite")]
    assert main(["perimeters", *asked, *where, option, str(path)]) == 3
    assert said in capsys.readouterr().err


def test_modelled_flows_are_called_theoretical(artificial_lake, tmp_path, capsys):
    arguments = [
        "living-areas", "--flows", "lac:theoriques", "--method", "pcsa", "--out",
        str(tmp_path / "t.csv"), "--lake", str(artificial_lake.folder), "--json",
    ]  # fmt: skip
    assert not main(arguments)
    made = json.loads(capsys.readouterr().out)
    assert made["kind"] == "théoriques"
    assert any("espace vécu" in each for each in made["remarks"])


NAMES = (
    r"\b(19|20)\d\d\b(–\d{4})?",  # years and vintages
    r"Sur 100 ",
    r"(≤|plus de|et) \d+ ans|\d+ ans (et|ou) (plus|moins)|\d+ à \d+ ans",  # ages in a label
    r"[Ss]ous 2,5 consultations",
    r"pour (10|1)[\u202f ]000 habitants",
    r"\d+ minutes au plus",
    r"Communes? [A-Z]*\d+",
)
"""Digits that name a thing: they are no result."""


def _inlines(blocks):
    """Every piece of the sentences, tables and key figures of a chapter."""
    for block in blocks:
        if isinstance(block, Paragraph | Callout):
            yield from block.content
        elif isinstance(block, Bullets):
            for item in block.items:
                yield from item
        elif isinstance(block, KeyFigures):
            for item in block.items:
                yield from (item.figure, item.label, *item.compared)
        elif isinstance(block, TableBlock):
            for row in block.rows:
                yield from (cell for cell in row if cell is not None)


def _texts(blocks):
    for block in blocks:
        if isinstance(block, Paragraph):
            yield "".join(p if isinstance(p, str) else p.text for p in block.content)
        if isinstance(block, Bullets):
            for item in block.items:
                yield "".join(p if isinstance(p, str) else p.text for p in item)


def test_chapter_tells_its_three_sentences_and_traces_its_numbers(artificial_context, territory):
    made = diagnose(
        artificial_context, territory, catalogue=Catalogue.load(), chapters=["perimetre"]
    )
    (section,) = made.document.sections
    blocks = section.blocks
    texts = list(_texts(blocks))
    for start in ("Voici notre pays", "Voici où vivent", "Voici ce que ce choix change"):
        assert any(text.startswith(start) for text in texts)
    drawn = [block.id for block in blocks if isinstance(block, MapBlock)]
    assert drawn == [
        "carte-delimite-soins", "carte-delimite-travail", "carte-bv2022", "carte-coupures-bv2022",
        "carte-maillage-cpts",
    ]  # fmt: skip
    titles = {block.text for block in blocks if isinstance(block, Heading)}
    assert "Ce que le choix du périmètre change" in titles
    figures = [each for each in _inlines(blocks) if isinstance(each, Figure)]
    assert len(figures) > 150
    for figure in figures:
        told = made.document.provenance[figure.key]
        assert told.sources, figure
        assert all("sha256" in source for source in told.sources), figure
        assert told.method
    loose = [
        text
        for text in _inlines(blocks)
        if isinstance(text, str) and re.search(r"\d", re.sub("|".join(NAMES), "", text))
    ]
    assert loose == []
    for block in blocks:
        if isinstance(block, MapBlock):
            assert set(block.class_of.values()) == set(range(len(block.classes)))
            assert sum(each.count for each in block.classes) == len(block.zones)


def test_the_note_of_one_page_sets_the_territory_beside_the_perimeters_it_names(
    artificial_context, territory, study
):
    made = diagnose(artificial_context, territory, catalogue=Catalogue.load(), chapters=["methode"])
    story = made.story
    bare, full = (note_blocks(story, 2, rows) for rows in (0, 4))
    assert not any(isinstance(block, TableBlock) for block in bare)
    (table,) = (block for block in full if isinstance(block, TableBlock))
    assert len(table.rows) == 4
    assert table.rows[0][0].startswith("Population municipale")
    # the extremes that the sentence names are columns of the table, with the same values
    (told,) = (text for text in _texts(full) if text.startswith("Voici ce que ce choix change"))
    first = widest(study.indicators)[0]
    row = next(row for row in table.rows if row[0].startswith(first.label))
    shown = {cell.text for cell in row[1:]}
    for end in (first.low, first.high):
        assert end.label in told
        assert number(end.value.value, first.decimals) in shown
    # what both maps say below them is said once
    maps = [block for block in full if isinstance(block, MapBlock)]
    assert len(maps) == 2
    assert all(not block.note.reading and not block.note.notes for block in maps)
    assert all(block.areas and block.parted for block in maps)
    assert table.note.reading


def test_without_observed_flows_the_note_claims_nothing_lived(
    artificial_context, territory, study, monkeypatch
):
    monkeypatch.setattr(lived, "observed_part", lambda *_asked: None)
    shapes = Shapes(artificial_context.geography, artificial_context.parameters)
    areas = shapes.points.drop_duplicates("code").set_index("code")["area_km2"]
    ground = ground_of(artificial_context, territory.communes, areas).ground
    (drawn,) = lived.lived_areas(artificial_context, ground, shapes)
    assert (drawn.kind, drawn.draws, drawn.firm_share) == ("théoriques", 0, None)
    assert sum(zone.population_share for zone in drawn.met.zones) == pytest.approx(1.0)
    made = diagnose(artificial_context, territory, catalogue=Catalogue.load(), chapters=["methode"])
    border = replace(study.border, observed={})
    blocks = blocks_of(made.story, replace(study, border=border, lived=(drawn,)))
    texts = list(_texts(blocks))
    assert any(text.startswith("Voici les bassins qu’il rencontre, faute") for text in texts)
    assert not any("où vivent" in text for text in texts)
    assert any("Aucun flux de patients observé" in getattr(b, "missing", "") for b in blocks)
    shown = next(b for b in blocks if getattr(b, "id", "") == "carte-delimite-theoriques")
    assert "théoriques" in shown.title
    assert not shown.hatched
    for word in ("vivent", "se soignent", "vécu"):
        assert word not in shown.title + shown.description


def test_a_city_listed_by_arrondissement_is_never_called_a_white_zone(
    artificial_context, territory, study, monkeypatch
):
    inside = territory.communes[0]
    structures = grids.structures_of(artificial_context, "cpts")
    listed = replace(structures[0], communes=(*structures[0].communes, "X9901"))
    membership = artificial_context.geography.membership
    part = membership.loc[[inside]].assign(arm="X9901").set_axis(["X9901"])
    city = SimpleNamespace(
        geography=SimpleNamespace(membership=pd.concat([membership, part])),
        parts=artificial_context.parts, lake=artificial_context.lake,
    )  # fmt: skip
    asked = grids.listed_by_arrondissement
    with monkeypatch.context() as patched:
        patched.setattr(grids, "structures_of", lambda _context, kind: (listed,) * (kind == "cpts"))
        assert asked(city, territory.communes, "cpts") == (inside,)
        assert asked(city, territory.communes, "cls") == ()
        assert asked(city, territory.communes[1:], "cpts") == ()
        assert asked(artificial_context, territory.communes, "cpts") == ()
    monkeypatch.setattr(
        "assemblier.perimeters.study.listed_by_arrondissement",
        lambda _context, _communes, kind: (inside,) * (kind == "cpts"),
    )
    found = study_perimeters(artificial_context, territory, with_border=False)
    assert found.by_arrondissement == ("cpts",)
    assert "cpts" not in found.coverage
    assert "cpts" not in {grid.grid for grid in found.grids}
    assert any("par arrondissement" in remark for remark in found.remarks)
    made = diagnose(artificial_context, territory, catalogue=Catalogue.load(), chapters=["methode"])
    gaps = [b.missing for b in blocks_of(made.story, found) if isinstance(b, Gap)]
    assert any(text.startswith("Les CPTS d’ici sont listées par arrondissement") for text in gaps)
    assert not any("CPTS" in text and "pas dans le lac" in text for text in gaps)


def test_structures_that_lie_elsewhere_leave_no_white_zone(artificial_context, territory, study):
    made = diagnose(artificial_context, territory, catalogue=Catalogue.load(), chapters=["methode"])
    covered = study.coverage["cpts"]
    away = replace(covered, counts=(len(territory.communes), 0, 0), overlaps=())
    blocks = blocks_of(made.story, replace(study, coverage={"cpts": away}, structures={}))
    shown = [getattr(block, "id", "") for block in blocks]
    assert "maillage" not in shown
    assert "carte-maillage-cpts" not in shown
    assert any("Aucune commune du territoire" in getattr(b, "missing", "") for b in blocks)
    blocks = blocks_of(made.story, study)
    drawn = next(block for block in blocks if getattr(block, "id", "") == "carte-maillage-cpts")
    counts = {each.label: each.count for each in drawn.classes}
    assert counts["dans aucune CPTS"] == covered.counts[0] == len(covered.white)
    assert counts["dans une seule"] == covered.counts[1]
    assert counts["dans deux CPTS ou plus"] == covered.counts[2]
    told = " ".join(_texts(blocks))
    names = [artificial_context.geography.names[code] for code in covered.white]
    assert covered.white
    assert all(name in told for name in names)


def test_areas_of_observed_flows_and_how_firm_they_are(artificial_context, study):
    membership = artificial_context.geography.membership
    codes = membership.index[membership["arm"].isna()]
    care, work = study.lived
    assert (care.purpose, work.purpose) == ("soins", "travail")
    for each in (care, work):
        assert (each.kind, each.draws) == ("observés", 200)
        assert 0 < each.firm_share <= 1
        assert ((each.firm >= 0) & (each.firm <= 1))[[a is not None for a in each.area]].all()
        own = [zone.code for zone in each.met.zones if zone.code is not None]
        assert set(own) <= set(each.area)
        # the core of an area is in the area
        at = dict(zip(codes, each.area, strict=True))
        assert all(at[code] == code for code in own)


def test_the_note_is_one_page_with_its_maps(artificial_context, territory):
    made = diagnose(
        artificial_context, territory, catalogue=Catalogue.load(), chapters=["perimetre"]
    )
    asked = []

    def fits(document, pages):
        rows = [len(b.rows) for b in document.sections[0].blocks if isinstance(b, TableBlock)]
        asked.append((len(list(_maps(document))), *rows, pages))
        return len(asked) == 6

    (note,) = documents(made, ["perimetre"], fits)
    # the fullest first: rows go before a map does
    assert asked == [(2, 5, 1), (2, 4, 1), (2, 3, 1), (2, 1), (1, 5, 1), (1, 1)]
    assert note.id == "note-perimetre-pays-d-essai"
    (section,) = note.sections
    texts = list(_texts(section.blocks))
    assert [text.split(" : ")[0] for text in texts] == [
        "Voici notre pays",
        "Voici où vivent et se soignent ses habitants",
        "Voici ce que ce choix change",
    ]
    assert [block.id for block in _maps(note)] == ["carte-delimite-soins"]
    for each in _inlines(section.blocks):
        assert not isinstance(each, Figure) or each.key in note.provenance


def _maps(document):
    return (b for s in document.sections for b in s.blocks if isinstance(b, MapBlock))
