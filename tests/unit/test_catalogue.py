"""The cards that come with the program, and how one is found."""

from __future__ import annotations

import re
from importlib import resources

import pytest

from assemblier.errors import BadInput, MissingSource
from assemblier.sources.catalogue import Catalogue, licence_register
from assemblier.sources.reference import sources_reference

CORE_INDICATORS = {
    *("P1", "P2", "P3", "P4", "P6", "S1", "S2", "S3", "S4"),
    *("O1", "O2", "O3", "O4", "O5", "O6", "O7", "O8", "O10", "O11", "O12", "O13", "O14"),
    *("A1", "A2", "A3", "A4", "A5", "A6", "A7", "A8", "A9", "A11", "D1", "D2"),
}


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue.load()


def test_every_core_indicator_has_a_source(catalogue) -> None:
    assert {i for i in CORE_INDICATORS if not catalogue.feeding(i)} == set()
    assert len(catalogue) >= 30


def test_no_address_is_said_to_be_tried_without_a_date(catalogue) -> None:
    assert [c.id for c in catalogue if c.checked.online != (c.checked.on is not None)] == []


def test_share_alike_sources_say_so_in_their_attribution(catalogue) -> None:
    odbl = [c for c in catalogue if c.licence.id == "odbl-1.0"]
    assert {"osm-geofabrik", "cogugaison-passage", "insee-mobpro-orne"} <= {c.id for c in odbl}
    assert all("ODbL" in c.licence.attribution for c in odbl)
    assert all(c.licence.share_alike for c in odbl)


def test_every_licence_is_used_or_of_use(catalogue) -> None:
    assert {c.licence.id for c in catalogue} <= set(licence_register())


def test_cards_name_producers_not_code_repositories(catalogue) -> None:
    package = resources.files("assemblier.sources").joinpath("cards")
    for item in package.iterdir():
        assert "github.com" not in item.read_text("utf-8"), item.name
    assert all("gitlab.com" not in (c.page or "") or "healthdatahub" in c.page for c in catalogue)


def test_editions_are_named_and_found(catalogue) -> None:
    assert catalogue.edition("insee-bpe@2019").cog == 2019
    assert catalogue.edition("insee-bpe").vintage == "2025"
    for edition in catalogue.editions:
        assert catalogue.edition(edition.key) is edition
    with pytest.raises(MissingSource, match="2018, 2019, 2024, 2025"):
        catalogue.edition("insee-bpe@1900")
    with pytest.raises(MissingSource, match=r"Les plus proches : .*insee-bpe"):
        catalogue.card("inse-bpe")


def test_selection_keeps_order_and_tells_all_unknown_names(catalogue) -> None:
    chosen = catalogue.select(["insee-epci@*", "insee-bpe@2018", "insee-epci"])
    assert [e.key for e in chosen] == [
        *("insee-epci@2024", "insee-epci@2025", "insee-epci@2026"),
        "insee-bpe@2018",
    ]
    with pytest.raises(BadInput) as refused:
        catalogue.select(["rien", "insee-bpe@1", "insee-bpe"])
    assert len(refused.value.problems) == 2


def test_core_editions_can_all_be_fetched(catalogue) -> None:
    core = catalogue.core()
    assert all(edition.fetchable for edition in core)
    assert {"insee-bpe@2025", "drees-apl-mg@2022-2024"} <= {edition.key for edition in core}
    assert sum(edition.size_mb or 0 for edition in core) < 500, "the first hour has no gigabytes"


def test_search_ignores_accents_and_puts_titles_first(catalogue) -> None:
    found = [card.id for card in catalogue.search("Généralistes APL")]
    assert found[0] == "drees-apl-mg"
    assert found == [card.id for card in catalogue.search("GENERALISTES  apl")]
    assert catalogue.search("xyzzy") == ()
    assert len(catalogue.search("")) == len(catalogue)


def test_landing_files_are_in_folders_by_theme(catalogue) -> None:
    assert all(edition.file.count("/") == 1 for edition in catalogue.editions)


def test_patterns_of_daily_addresses_match_real_names(catalogue) -> None:
    names = {
        "ans-rpps@courant": "20260407-074042/ps-libreacces-personne-activite.txt",
        "finess-structures@mensuel": "finess-structures-mensuel-202607.json.gz",
        "finess-activites@mensuel": "finess-activites-mensuel-202607.json.gz",
        "atlasante-zonages@courant": "20260730-101010/zonages-com.csv",
        "insee-acces-equipements@2025-bretagne": "donnees_2025_reg53.parquet",
        "insee-acces-equipements@2025-centre-val-de-loire": "donnees_2025_reg24.parquet",
    }
    resolved = {e.key: e.resolve for e in catalogue.editions if e.resolve is not None}
    assert set(resolved) == set(names)
    for key, name in names.items():
        assert re.search(resolved[key].matches, name), key
        assert not re.search(resolved[key].matches, "lisez-moi.pdf")


def test_reference_names_every_card_and_edition(catalogue) -> None:
    page = sources_reference(catalogue)
    assert page == sources_reference(catalogue)
    for card in catalogue:
        assert f"\n## {card.id}\n" in page
        assert card.licence.attribution in page
        assert all(f"`{edition.file}`" in page for edition in card.editions)
        assert all(limit in page for limit in card.limits)


@pytest.mark.real
def test_every_file_at_hand_has_one_card(catalogue, real_data) -> None:
    files = [p.relative_to(real_data).as_posix() for p in real_data.rglob("*") if p.is_file()]
    served = {name: [card.id for card in catalogue.serving(name)] for name in files}
    served.pop("README.md", None)
    assert {name: ids for name, ids in served.items() if len(ids) != 1} == {}
    assert len(served) > 100
