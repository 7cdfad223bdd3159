"""Perimeters on the real open data: Centre Ouest Bretagne, bassins of 2012 and 2022, codes.

Golden values were read on 2026-11-22 from the files named in the lake; they hold the ground, not
the code: three départements, Carhaix gains communes between the two editions of bassins.
"""

from __future__ import annotations

import pandas as pd
import pytest

from assemblier.indicators.context import Context
from assemblier.perimeters.ledger import ledger_sentence
from assemblier.perimeters.study import ground_of, study_perimeters
from assemblier.territory.lists import convert_codes
from assemblier.territory.territory import TerritorySpec, resolve

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def listed(real_data) -> tuple[str, ...]:
    path = real_data / "territoires" / "centre_ouest_bretagne_2018.csv"
    return tuple(pd.read_csv(path, dtype=str)["code"])


@pytest.fixture(scope="module")
def pays(real_context, listed):
    return resolve(TerritorySpec("COB", listed=listed, cog=2018), real_context.geography)


@pytest.fixture(scope="module")
def study(real_context, pays):
    return study_perimeters(real_context, pays)


def test_the_list_of_2018_is_the_same_ground_in_2024(pays, listed):
    assert len(listed) == 96
    assert len(pays.communes) == 95
    assert pays.log
    assert not pays.warnings


def test_paper_against_basins(study):
    grids = {grid.grid: grid for grid in study.grids}
    for grid in grids.values():
        assert sum(zone.population_share for zone in grid.zones) == pytest.approx(1.0)
    assert [zone.name for zone in grids["departement"].zones] == [
        "Finistère", "Côtes-d'Armor", "Morbihan",
    ]  # fmt: skip
    assert not any(zone.mostly_inside for zone in grids["departement"].zones)
    assert grids["bv2022"].zones[0].name == "Carhaix-Plouguer"
    assert len(grids["bv2022"].zones) == 16
    assert len(grids["bv2022"].cut_inside) == 13
    assert len(grids["bv2012"].zones) == 15
    # the territoires de vie-santé of 2019 are the bassins of 2012 here
    assert grids["tvs2019"].fit == grids["bv2012"].fit


def test_basins_of_2012_and_2022(study):
    here, france = study.basins, study.basins_france
    assert here.moves[0].first_name == "Huelgoat"
    assert here.moves[0].second_name == "Carhaix-Plouguer"
    assert here.changed_share == pytest.approx(0.216, abs=0.003)
    assert (france.first_zones, france.second_zones) == (1663, 1705)
    assert france.changed_share == pytest.approx(0.130, abs=0.003)
    assert france.v_measure == pytest.approx(0.950, abs=0.002)


def test_without_observed_flows_nothing_lived_is_claimed(study):
    assert study.border.observed == {}
    ledger = study.border.theoretical["epci"]
    assert 0.85 < ledger.localisation < 0.95
    assert "théoriques" in ledger_sentence(ledger)


def test_a_commune_that_split_keeps_its_ground(real_context):
    # Saline (14712 in 2018) gave back Sannerville (14666) on 1 January 2020
    geography = real_context.geography
    forward = convert_codes(["14712"], geography.passage, 2018, 2024)
    assert forward.codes == ("14666", "14712")
    assert forward.same_ground
    assert forward.movements
    territory = resolve(TerritorySpec("Saline", listed=("14712",), cog=2018), geography)
    assert territory.communes == ("14666", "14712")
    assert territory.log
    back = convert_codes(["14712"], geography.passage, 2024, 2018)
    assert back.codes == ("14712",)
    assert not back.same_ground


def test_areas_of_orne_are_those_of_its_residents_and_nothing_is_lived_elsewhere(
    real_context, study
):
    (theoretical,) = study.lived
    assert (theoretical.purpose, theoretical.draws) == ("theoriques", 0)
    assert theoretical.met.zones[0].name == "Carhaix-Plouguer"
    # Alençon: the file holds residents of Orne alone, five communes of Sarthe are out of it
    membership = real_context.geography.membership
    codes = membership.index[(membership["epci"] == "246100663") & membership["arm"].isna()]
    town = resolve(TerritorySpec("Alençon", listed=tuple(codes), cog=2024), real_context.geography)
    (lived,) = study_perimeters(real_context, town).lived
    assert (lived.purpose, lived.kind, lived.draws) == ("travail", "observés", 200)
    assert [zone.code for zone in lived.met.zones] == ["61001", None]
    assert lived.met.zones[-1].communes == 5
    assert 0.8 < lived.firm_share < 0.9


def test_nobody_is_counted_twice_and_no_territory_is_empty(real_context: Context) -> None:
    """28025 and 28276 joined others since: their people are counted there, unless asked alone."""
    areas = pd.Series(dtype="float64")
    membership = real_context.geography.membership
    region = membership.index[membership["arm"].isna() & (membership["region"] == "24")]
    whole = ground_of(real_context, list(region), areas).ground
    people = dict(zip(whole.codes, whole.population, strict=True))
    assert people["28025"] == people["28276"] == 0.0
    assert whole.population[whole.inside].sum() == pytest.approx(2_581_597)
    alone = ground_of(real_context, ["28025"], areas).ground
    assert alone.population[alone.inside].sum() > 0


def test_grids_of_the_pays_recomputed_from_the_raw_tables(study, pays, real_data):
    """The same shares and cuts by the files of Insee and pandas alone."""
    zones = pd.read_csv(
        real_data / "insee" / "table_appartenance_2024.csv", dtype=str, index_col="CODGEO"
    )
    people = pd.read_csv(
        real_data / "insee" / "communes_acces_aav_pop_2010_2026.csv",
        dtype={"code": str},
        index_col="code",
    )["pop_2022"].reindex(zones.index)
    own = zones.index.isin(pays.communes)
    grids = {grid.grid: grid for grid in study.grids}
    for grid, column in (("epci", "EPCI"), ("canton", "CANOV"), ("bv2022", "BV2022")):
        within = people[own].groupby(zones.loc[own, column]).sum()
        share = within / people[own].sum()
        assert {z.code: z.population_share for z in grids[grid].zones} == pytest.approx(
            share.to_dict()
        )
        core = within / people.groupby(zones[column]).sum() > 0.5
        mostly = zones[column].isin(core.index[core])
        assert set(grids[grid].cut_inside) == set(zones.index[own & ~mostly])
        assert set(grids[grid].cut_outside) == set(zones.index[~own & mostly])


def test_a_commune_where_nobody_lives_is_still_told(real_context: Context) -> None:
    """Beaumont-en-Verdunois was destroyed in 1916: nobody can change of basin there."""
    empty = resolve(TerritorySpec("Vide", listed=("55039",), cog=2024), real_context.geography)
    found = study_perimeters(real_context, empty)
    assert found.basins is None
    assert found.basins_france is not None
    assert found.perimeters[0].communes == {"55039"}
