"""Territories of the real country, named as people name them, of this year and of others."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from assemblier.errors import BadInput, MissingSource
from assemblier.indicators.context import Context
from assemblier.territory.geography import Geography
from assemblier.territory.selection import Selection, selection_of
from assemblier.territory.territory import (
    Declared,
    TerritorySpec,
    numbers_in_conflict,
    resolve,
    resolved,
)
from assemblier.usecases.territories import territory_of

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def geography(real_context: Context) -> Geography:
    return real_context.geography


def communes(geography: Geography, *selections: tuple[str, str]) -> tuple[str, ...]:
    spec = TerritorySpec("Essai", tuple(Selection(*each) for each in selections))
    return resolve(spec, geography).communes


def problem(geography: Geography, kind: str, what: str) -> str:
    with pytest.raises(BadInput) as told:
        communes(geography, (kind, what))
    return str(told.value)


@pytest.mark.parametrize(
    ("said", "code", "count"),
    [
        ("Terres de Montaigu", "200070233", 10),
        ("Seine-Eure Agglo", "200089456", 60),
        ("Vallée de l'Hérault", "243400694", 28),
        ("grand besancon metropole", "242500361", 68),
        ("Châteauroux Métropole", "243600327", 14),
        ("Haute-Corrèze Communauté", "200066744", 70),
        ("Poher communauté", "242900744", 11),
    ],
)
def test_epci_as_people_call_them(geography: Geography, said: str, code: str, count: int) -> None:
    made = communes(geography, ("epci", said))
    assert len(made) == count
    assert made == communes(geography, ("epci", code))
    found = selection_of(said, geography)
    assert found is not None
    assert found[0] == Selection("epci", code)


def test_codes_that_lost_their_zero(geography: Geography) -> None:
    assert communes(geography, ("commune", "1004")) == ("01004",)
    assert communes(geography, ("commune", "2a004")) == ("2A004",)
    assert communes(geography, ("departement", "1")) == communes(geography, ("departement", "Ain"))
    assert "2A et 2B" in problem(geography, "departement", "20")


def test_arrondissements_are_the_city_and_said_so(geography: Geography) -> None:
    made = resolve(TerritorySpec("P", (Selection("commune", "75101"),)), geography)
    assert made.communes == ("75056",)
    assert "75101 est un arrondissement" in made.warnings[0]
    some = resolve(TerritorySpec("P", listed=("13201", "13202", "13001")), geography)
    assert some.communes == ("13001", "13055")
    assert "sont des arrondissements" in some.warnings[0]
    every = tuple(f"751{number:02d}" for number in range(1, 21))
    whole = resolve(TerritorySpec("P", listed=every), geography)
    assert (whole.communes, whole.warnings) == (("75056",), ())


def test_zones_of_the_past_say_where_they_are_now(geography: Geography) -> None:
    said = problem(geography, "epci", "200012060")
    assert "CC Petite Montagne existait en 2019" in said
    assert "Terre d'Émeraude" in said
    assert "Poullaouen (29227)" in problem(geography, "commune", "Locmaria-Berrien")
    merged = resolve(TerritorySpec("P", (Selection("commune", "29129"),)), geography)
    assert merged.communes == ("29227",)
    assert "n’existe plus depuis 2019" in merged.warnings[0]


def test_names_nearly_right(geography: Geography, tmp_path: Path) -> None:
    assert "2223 Rostrenen" in problem(geography, "canton", "Rostrenan")
    with pytest.raises(MissingSource, match="epci:242900744"):
        territory_of(what="Poher comunaute", geography=geography, workspace=tmp_path / "a")


@pytest.mark.parametrize("year", [2012, 2014, 2016, 2018, 2020, 2022, 2024])
def test_a_list_of_another_year_is_the_same_ground(geography: Geography, year: int) -> None:
    """Every commune of four départements, in the codes of a year, names their ground of today."""
    codes = geography.codes_of(year)
    assert codes is not None
    listed = tuple(sorted(code for code in codes if code[:2] in {"22", "49", "2A", "24"}))
    made = resolve(TerritorySpec("P", listed=listed, cog=year), geography)
    wanted = communes(geography, *(("departement", each) for each in ("22", "49", "2A", "24")))
    # Freigné (49144) went to Vallons-de-l'Erdre, in another département, in 2018
    assert set(made.communes) - set(wanted) == ({"44180"} if year < 2018 else set())
    assert set(wanted) <= set(made.communes)
    # and 49160 took in Le Fresne-sur-Loire (44060) in 2016
    assert len(made.warnings) == (year < 2018) + (year < 2016)


def test_a_year_older_than_any_list_is_found(geography: Geography) -> None:
    """01340 joined 01015 in 2016: no list of the lake knows it, the passage does."""
    made = resolve(TerritorySpec("P", listed=("01015", "01340")), geography)
    assert (made.communes, made.warnings) == (("01015",), ())
    with pytest.raises(BadInput, match="inconnu en 2012"):
        resolve(TerritorySpec("P", listed=("99999",), cog=2012), geography)
    with pytest.raises(BadInput, match="inconnue du lac"):
        resolve(TerritorySpec("P", listed=("01015",), cog=1900), geography)


def test_a_plain_list_needs_no_year(geography: Geography) -> None:
    assert resolve(TerritorySpec("P", listed=("22025", "56014")), geography).communes == (
        "22025",
        "56014",
    )


def test_a_mix_across_regions_and_the_sea(geography: Geography) -> None:
    made = communes(
        geography, ("epci", "Poher communauté"), ("departement", "2B"), ("region", "Guadeloupe")
    )
    assert len(made) == 11 + 236 + 32
    assert {code[:2] for code in made} == {"22", "29", "2B", "97"}


def test_only_a_number_in_conflict_may_be_kept(geography: Geography, real_data: Path) -> None:
    path = real_data / "territoires" / "centre_ouest_bretagne_2018.csv"
    made = territory_of(what=str(path), geography=geography, workspace="none")
    spec = TerritorySpec(
        "COB",
        listed=made.spec.listed,
        cog=2018,
        declared=(Declared(108, "l’article"), Declared(98, "l’encadré")),
    )
    disputed = resolve(spec, geography)
    assert len(disputed.communes) == 95
    assert "108 (l’article) et 98 (l’encadré) déclarées, 96 dans la liste" in disputed.warnings[0]
    among = numbers_in_conflict(spec, len(disputed.communes))
    assert among == {95, 96, 98, 108}
    today = dt.date(2026, 3, 1)
    with pytest.raises(BadInput, match="95, 96, 98 ou 108"):
        resolved(spec, 100, "parce que", today, among=among)
    settled = resolve(resolved(spec, 98, "la fiche du pays", today, among=among), geography)
    assert settled.warnings == ()
    assert any("98 retenues le 1er mars 2026 (la fiche du pays)" in each for each in settled.log)
    with pytest.raises(BadInput, match="au moins une commune"):
        resolve(TerritorySpec("P", listed=("22025",), declared=(Declared(0, "x"),)), geography)
