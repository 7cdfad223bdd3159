"""The recomputed APL and minutes of the whole country, from the lake of the real open files.

Floors are a little under what was measured on 2026-11-22, in the reference communes of 2024:
2016 0.730 by commune and 0.876 by bassin, extract of 2018 0.797 and 0.905, 2023 with the doctors
of 2019 0.69 and 0.78.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from assemblier.indicators import reach, recomputed_access
from assemblier.indicators.compute import compute
from assemblier.indicators.national import day_of, latest_year, national_supply
from assemblier.indicators.national_times import commune_places_of
from assemblier.indicators.reach import reach_table
from assemblier.indicators.recomputed_access import (
    national_apl,
    recomputed_table,
)
from assemblier.measures.agreement import Published, agreement
from assemblier.measures.recomputed import RecomputedModel, recompute_apl
from assemblier.usecases.crow_fly_calibration import fit_crow_fly

pytestmark = pytest.mark.real


def published(context, year: int, index) -> Published:
    best = None
    for part in context.parts("apl", year=year):
        where = {"annee": year, "profession": "mg", "ages": "tous"}
        frame, _ = context.converted(part, ["apl", "population_standardisee"], where=where)
        if len(frame) and (best is None or len(frame) > len(best)):
            best = frame
    assert best is not None
    laid = best.reindex(index)
    membership = context.geography.membership.reindex(index)
    return Published(
        laid["apl"].to_numpy(np.float64),
        laid["population_standardisee"].fillna(0.0).to_numpy(np.float64),
        membership["bv2022"].fillna("").to_numpy(object),
        membership["departement"].to_numpy(object),
    )


@pytest.mark.parametrize(
    ("year", "communes", "zones", "count"),
    [
        (2016, 0.72, 0.872, 34_700),
        (2018, 0.79, 0.90, 4_000),
        # the doctors are those of 2019
        (2023, 0.68, 0.765, 34_800),
    ],
)
def test_no_published_apl_is_read_and_ranks_are_followed(
    real_context, year, communes, zones, count
):
    supply = national_supply(real_context, year)
    assert all(read.part.table != "apl" for read in supply.reads)
    model = RecomputedModel.on(real_context.parameters, day_of(year))
    made = recompute_apl(
        supply.communes,
        supply.totals,
        model,
        others=supply.others,
        places=commune_places_of(supply),
    )
    got = agreement(
        made.access.value, published(real_context, year, supply.communes["id"].to_numpy(object))
    )
    assert got.commune_count > count
    assert got.communes >= communes
    assert got.zones >= zones
    assert made.leak < 1e-9
    assert ("médecins de fin 2019" in " ".join(supply.notes)) == (year > 2019)


def test_more_than_ninety_nine_communes_in_a_hundred_are_covered(real_context):
    assert latest_year(real_context) == 2018
    run = national_apl(real_context)
    units = len(real_context.geography.communes)
    assert len(run.demand.ids) > 0.995 * units
    assert run.result.access.reached.mean() > 0.998
    people = real_context.geography.population.sum()
    assert run.demand.population.sum() > 0.98 * people


def test_nobody_crosses_the_sea_for_a_doctor(real_context):
    table = recomputed_table(real_context, 2018)
    # no doctor on Molène, Hœdic and Arz: the published APL is 0.16, 0 and 0
    assert (table.loc[["29084", "56085", "56088"], "apl"] == 0).all()
    assert not table.loc[["29084", "56085", "56088"], "reached"].any()
    # Bréhat and the Île-aux-Moines share their doctor with nobody: 11.6 and 5.1 are published
    assert table.loc["22016", "apl"] == pytest.approx(11.6, abs=1.5)
    assert table.loc["56087", "apl"] == pytest.approx(5.1, abs=1.5)
    # the four communes of Belle-Île have roads between them
    assert (table.loc[["56009", "56114", "56152", "56241"], "apl"] > 3).all()


def test_salaried_doctors_are_those_of_the_former_mines(real_context):
    supply = national_supply(real_context, 2018)
    table = supply.communes
    assert 30 < table["salaried"].sum() < 60
    by = table.groupby(table["id"].str[:2])["salaried"].sum()
    assert by.idxmax() == "57"
    assert by[["75", "13", "22"]].sum() == 0
    assert any("salariés" in note for note in supply.notes)


def test_the_second_time_computes_nothing(real_context, monkeypatch):
    before = recomputed_table(real_context), reach_table(real_context)
    real_context._memory.clear()

    def again(*_given: object, **_asked: object) -> None:
        pytest.fail("what was prepared is computed again")

    monkeypatch.setattr(recomputed_access, "national_apl", again)
    monkeypatch.setattr(reach, "_reach_table", again)
    pd.testing.assert_frame_equal(recomputed_table(real_context), before[0])
    pd.testing.assert_frame_equal(reach_table(real_context), before[1])


def test_minutes_are_plausible_everywhere(real_context):
    table = reach_table(real_context)
    weight = table["population"]
    first = np.average(table["first_gp"].fillna(90.0), weights=weight)
    third = np.average(table["third_gp"].fillna(90.0), weights=weight)
    assert 2 < first < third < 6
    assert table["first_gp"].isna().sum() < 25
    # nobody drives off an island without a road: no liberal GP on L’Île-d’Yeu
    assert table.loc[["85113"], "first_gp"].isna().all()
    # Palais serves Belle-Île, and a bridge joins Noirmoutier
    assert (table.loc[["56009", "56152", "85163"], "first_gp"] < 20).all()
    assert table.loc[["22016", "29155"], "emergency"].isna().all()
    far = weight[table["first_gp"].isna() | (table["first_gp"] > 20)].sum() / weight.sum()
    assert 0.001 < far < 0.01
    means = table.assign(department=table.index.str[:2])
    by = {
        code: np.average(rows["emergency"].fillna(90.0), weights=rows["population"])
        for code, rows in means.groupby("department")
    }
    assert by["75"] < 5 < by["35"] < by["23"]
    assert by["48"] > 20


def test_every_indicator_has_a_value_for_the_country(real_context):
    chosen = [*recomputed_access.INDICATORS, *reach.INDICATORS]
    results = compute(real_context, chosen, ["france", "departement"])
    whole = results.frame[results.frame["grid"] == "france"].set_index("indicator")
    assert set(whole.index) == {indicator.id for indicator in chosen}
    assert (whole["status"] == "estimated").all()
    assert (whole["reason"] == "modelled").all()
    assert whole.loc["apl_recalculee", "value"] == pytest.approx(4.0, abs=0.15)
    assert whole.loc["apl_recalculee_65", "value"] == pytest.approx(3.65, abs=0.15)
    # Paris is made of its arrondissements and is an estimate like any other
    paris = results.frame[
        (results.frame["grid"] == "departement") & (results.frame["zone"] == "75")
    ]
    assert (paris["status"] == "estimated").all()


@pytest.mark.parametrize("reference", ["metric", "osrm"])
def test_the_crow_fly_model_is_fitted_again_from_the_lake(real_lake, reference):
    made = fit_crow_fly(lake=real_lake.folder, reference=reference)
    stored = {"metric": (2.67, 1.16), "osrm": (1.415, 1.22)}[reference]
    # town halls stand here for the points of the producers
    assert made.fit.model.intercept == pytest.approx(stored[0], abs=0.3)
    assert made.fit.model.pace == pytest.approx(stored[1], abs=0.06)
    assert (made.line is None) == (reference == "osrm")
    assert {"communes", "points"} <= set(made.errors["groupe"])
