"""The form of codes, arrondissements, the vintage of a list, nearest names."""

from __future__ import annotations

import pandas as pd
import pytest

from assemblier.errors import BadInput
from assemblier.territory.codes import (
    arrondissement_crosswalk,
    city_of,
    corsican_codes,
    department_of,
    fitting_vintages,
    normalised_code,
    refuse_city_and_arrondissements,
)
from assemblier.territory.nearest_names import explain_unknown, nearest_names, normalised_name
from assemblier.territory.passage import Passage


def steps(*rows) -> pd.DataFrame:
    return pd.DataFrame(
        rows, columns=["year_from", "year_to", "code_from", "code_to", "kind", "ratio"]
    )


@pytest.fixture
def passage() -> Passage:
    return Passage.of(
        steps(
            (1975, 1982, "20004", "2A004", "c", 1.0),
            (1982, 1990, "01001", "01001", "f", 1.0),
            (1982, 1990, "01002", "01001", "f", 1.0),
        )
    )


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (1004, "01004"),
        (1004.0, "01004"),
        ("2a004", "2A004"),
        (" 22025 ", "22025"),
        ("97411", "97411"),
        ("20004", "20004"),
        ("98735", "98735"),
    ],
)
def test_codes_take_their_official_form(raw, code):
    assert normalised_code(raw) == code


@pytest.mark.parametrize("raw", ["", "FR_01004", "00123", "96001", "ABCDE", "123456", float("nan")])
def test_what_is_no_code_is_refused(raw):
    with pytest.raises(BadInput):
        normalised_code(raw)


def test_department_of_mainland_corsica_and_overseas():
    assert [department_of(code) for code in ("01004", "2B033", "97611")] == ["01", "2B", "976"]


def test_arrondissements_belong_to_their_city():
    assert city_of("75120") == "75056"
    assert city_of("69389") == "69123"
    assert city_of("13216") == "13055"
    assert city_of("69290") == "69290"
    moves = arrondissement_crosswalk(2024).moves
    assert moves.groupby("code_to").size().to_dict() == {"75056": 20, "69123": 9, "13055": 16}


def test_a_city_beside_its_arrondissements_is_refused():
    refuse_city_and_arrondissements(["75101", "75102", "69123"])
    with pytest.raises(BadInput, match="compteraient deux fois"):
        refuse_city_and_arrondissements(["75056", "75101"])


def test_corsica_of_before_1976(passage):
    assert corsican_codes(["20004", "01001"], passage) == {"20004": "2A004"}
    with pytest.raises(BadInput, match="20999"):
        corsican_codes(["20999"], passage)


def test_a_list_fits_the_vintages_that_know_all_its_codes(passage):
    vintages = {
        1975: {"01001", "01002", "20004"},
        1982: {"01001", "01002", "2A004"},
        1990: {"01001", "2A004"},
    }
    found = fitting_vintages(["01001", "01002"], vintages, passage)
    assert found.fits == (1975, 1982)
    assert found.grounds == ((1975, 1982),)
    assert not found.ambiguous


def test_a_code_that_took_in_its_neighbour_is_ambiguous(passage):
    vintages = {1982: {"01001", "01002", "01009"}, 1990: {"01001", "01009"}}
    found = fitting_vintages(["01001"], vintages, passage)
    assert found.grounds == ((1982,), (1990,))
    assert found.ambiguous
    assert found.chosen is None
    assert "précisez" in str(found)
    whole = fitting_vintages(["01001", "01009"], vintages, passage)
    assert whole.grounds == ((1982,), (1990,))
    assert whole.chosen == 1990
    assert "2" not in str(whole).replace("1990", "")


def test_codes_of_two_vintages_fit_none(passage):
    vintages = {1975: {"01001", "20004"}, 1990: {"01001", "2A004"}}
    found = fitting_vintages(["01001", "20004", "2A004"], vintages, passage)
    assert found.fits == ()
    assert found.nearest == (1975, 1990)
    assert found.unknown == {1975: ("2A004",), 1990: ("20004",)}


def test_names_are_compared_without_accents_articles_or_abbreviations():
    assert normalised_name("L'Hôpital-sous-Rochefort") == "HOPITAL SOUS ROCHEFORT"
    assert normalised_name("St-Pol-de-Léon") == normalised_name("SAINT POL DE LEON")
    assert normalised_name("Vœuil-et-Giget") == "VOEUIL ET GIGET"
    assert normalised_name("La") == "LA"


COMMUNES = pd.DataFrame(
    {
        "code": ["22024", "22025", "29227", "56024"],
        "nom": ["Calanhel", "Callac", "Poullaouen", "Calan"],
        "departement": ["22", "22", "29", "56"],
    }
)


def test_nearest_names_stay_in_the_departement_first():
    assert nearest_names("Calanel", COMMUNES, department="22")[0].code == "22024"
    assert nearest_names("Poulaouen", COMMUNES, department="22")[0].code == "29227"
    assert nearest_names("Zzz", COMMUNES, department="22") == ()


def test_an_unknown_code_says_when_it_disappeared_and_what_is_near(passage):
    (unknown,) = explain_unknown(["01002"], COMMUNES, names={"01002": "Calac"}, passage=passage)
    assert unknown.gone_between == (1982, 1990)
    assert unknown.successors == ("01001",)
    assert unknown.candidates[0].name == "Callac"
    assert "supprimé entre 1982 et 1990" in str(unknown)


@pytest.mark.real
def test_every_real_list_fits_its_own_vintage_only(real_geography):
    by_vintage = real_geography.communes_by_vintage()
    known = {year: by_vintage[year] for year in (1968, 2008, 2013, 2018, 2019, 2021, 2024)}
    for year, codes in known.items():
        found = fitting_vintages(codes, known, real_geography.passage)
        # every code of 2019 stood in 2018 too: only the completeness of the list tells
        assert found.complete == (year,)
        assert found.chosen == year
        assert not found.ambiguous


@pytest.mark.real
def test_centre_ouest_bretagne_is_ambiguous_between_vintages(real_geography):
    listed = pd.read_csv(
        real_geography.folder / "territoires" / "centre_ouest_bretagne_2018.csv", dtype=str
    )
    found = fitting_vintages(
        listed["code"], real_geography.communes_by_vintage(), real_geography.passage
    )
    # Locmaria-Berrien joined Poullaouen on 1 December 2018: 2019 does not know it any more
    assert max(found.fits) == 2018
    assert 2018 in found.fits
    assert found.grounds[-1] == (2018,)
    assert found.ambiguous


@pytest.mark.real
def test_the_vintage_of_a_table_is_derived_from_another_through_the_passage(real_geography):
    passage, by_vintage = real_geography.passage, real_geography.communes_by_vintage()
    for year in (1999, 2008, 2013, 2018, 2021):
        assert passage.communes_at(2024, by_vintage[year], year) == by_vintage[2024]
        assert passage.communes_at(year, by_vintage[2024], 2024) == by_vintage[year]
