"""The APL of the artificial territory, from its raw files to the workbook its producer published.

Tolerances. With the acts and the times that only the producer knows, the published value is met to
its rounding. With a register that tells no acts and lacks the commune of one site in twenty, on
roads whose speeds are those of the program, ranks agree at 0.8 and the mean within 12 %.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from assemblier.demo.artificial import write_raw
from assemblier.errors import UsageError
from assemblier.indicators import reach, recomputed_access
from assemblier.indicators.age_need import age_need
from assemblier.indicators.compute import compute
from assemblier.indicators.corrected import corrected_apl
from assemblier.indicators.doctor_access import best_engine, doctor_apl
from assemblier.indicators.national import national_supply
from assemblier.indicators.national_times import commune_places_of
from assemblier.indicators.recomputed_access import (
    national_apl,
    recomputed_table,
)
from assemblier.measures.access import Demand, Supply
from assemblier.measures.catchment.apl import apl
from assemblier.measures.crowfly import Places
from assemblier.measures.decay import parse_decay
from assemblier.measures.times import TravelTimes
from assemblier.measures.travel import CrowFlyEngine, RoadEngine
from assemblier.usecases.national_apl import recompute_national_apl
from assemblier.values import Reason, Status

YEAR = 2024
DAY = dt.date(YEAR, 12, 31)


@pytest.fixture(scope="module")
def truths(tmp_path_factory):
    return write_raw(tmp_path_factory.mktemp("truths")).truths


@pytest.fixture(scope="module")
def published(artificial_context):
    """The workbook as the lake holds it."""
    for part in artificial_context.parts("apl", year=YEAR):
        where = {"annee": YEAR, "profession": "mg", "ages": "tous"}
        frame, _ = artificial_context.converted(
            part, ["apl", "population_standardisee"], where=where
        )
        if frame["apl"].notna().any():
            return frame
    raise AssertionError


@pytest.fixture(scope="module")
def need(artificial_context):
    return age_need(artificial_context, YEAR)


@pytest.fixture(scope="module")
def register(artificial_context):
    return doctor_apl(artificial_context, YEAR)


def agreement(access, published):
    value = pd.Series(access.value, index=access.ids).reindex(published.index)
    known = value.notna() & published["apl"].notna()
    weight = published["population_standardisee"][known]
    mine = np.average(value[known], weights=weight)
    theirs = np.average(published["apl"][known], weights=weight)
    return value[known].corr(published["apl"][known], method="spearman"), mine / theirs


def test_the_need_is_that_of_the_workbook(need, published):
    ratio = (need.standardised / published["population_standardisee"]).dropna()
    assert need.printed == YEAR
    assert need.year == YEAR - 2
    # one commune was merged since and its ages are those of the whole
    assert (np.abs(ratio - 1) < 1e-5).sum() >= len(published) - 2


def test_weights_that_are_not_printed_are_found_again(artificial_context, need):
    found = age_need(artificial_context, YEAR, printed=False)
    assert found.printed is None
    assert found.explained > 0.9999
    assert found.weights.weight == pytest.approx(need.weights.weight, abs=0.01)
    assert "moindres carrés" not in " ".join(need.notes)
    assert "retrouvés" in " ".join(found.notes)


def test_with_the_acts_and_times_of_the_producer_its_values_are_met(truths, need, published):
    ids = np.array(truths.codes, dtype=object)
    rows, columns = np.nonzero(truths.minutes <= 20)
    times = TravelTimes.from_pairs(
        ids, ids, rows=rows, columns=columns, minutes=truths.minutes[rows, columns],
        limit=20 * 60, engine="vrai",
    )  # fmt: skip
    told = need.standardised.reindex(ids)
    standardised = told.fillna(pd.Series(truths.standardised[YEAR], index=ids)).to_numpy()
    demand = Demand.of(ids, truths.population, standardised)
    made = apl(times, demand, Supply.of(ids, truths.supply[YEAR]), parse_decay(
        "steps:10=1,15=2/3,20=1/3"))  # fmt: skip
    gap = np.abs(made.value - published["apl"].reindex(ids).to_numpy(np.float64))
    # whole seconds may put a pair on the other side of a bound
    assert np.nanmedian(gap) < 0.002
    assert np.nanquantile(gap, 0.95) < 0.05
    assert standardised @ made.value == pytest.approx(made.supply_reached, rel=1e-9)


def test_the_register_follows_the_workbook_on_roads(register, published):
    assert "routes" in register.access.engine
    ranks, level = agreement(register.access, published)
    assert ranks > 0.8
    assert level == pytest.approx(1.0, abs=0.12)
    served = register.need.standardised.reindex(register.access.ids) @ register.access.value
    assert served == pytest.approx(register.access.supply_reached, rel=1e-9)


def test_lines_that_do_not_count_are_told(register, truths):
    left = register.doctors.left_out
    assert set(left) == {
        "salariés hors des centres de santé",
        "lignes répétées d’un même site",
        "sites sans commune connue",
    }
    remote = register.supply.left_out
    assert set(remote["reason"]) == {"point de téléconsultation"}
    # sites are shared as 1/k, so that shares add up to persons
    lines = register.supply.lines
    assert lines.groupby("doctor")["share"].sum().to_numpy() == pytest.approx(1.0)
    assert (lines.groupby("doctor").size() > 1).any()
    persons = lines["doctor"].nunique()
    assert register.supply.places["doctors"].sum() == pytest.approx(persons)
    assert persons == pytest.approx(truths.liberal_doctors.sum() + 17, rel=0.08)


def test_local_corrections_are_an_overlay(artificial_context, register):
    after = doctor_apl(artificial_context, YEAR, corrected_on=dt.date(2026, 12, 31))
    log = after.doctors.corrections
    assert log["action"].value_counts().to_dict() == {"remove": 4, "replace": 3, "add": 1}
    rules = artificial_context.parameters["apl.gp.acts_per_gp"].on(DAY)
    # four leave, three work two days of five, one arrives; all on one site here
    expected = rules * (1 - 4 - 3 * 0.6)
    assert after.supply.acts - register.supply.acts == pytest.approx(expected)
    # before any of them holds, nothing moves
    early = doctor_apl(artificial_context, YEAR, corrected_on=dt.date(2020, 1, 1))
    assert early.doctors.corrections.empty
    assert early.supply.acts == register.supply.acts
    assert register.doctors.corrections.empty


def test_roads_are_used_only_where_they_reach(artificial_context):
    supply = national_supply(artificial_context)
    here = commune_places_of(supply)
    assert isinstance(best_engine(artificial_context, here, DAY), RoadEngine)
    away = Places(here.ids, here.lon + 20, here.lat, here.steepness, here.landmark)
    assert isinstance(best_engine(artificial_context, away, DAY), CrowFlyEngine)


def test_the_national_run_conserves_supply_and_names_its_engine(artificial_context):
    run = national_apl(artificial_context)
    assert run.supply.year == 2018
    assert run.result.leak < 1e-9
    assert run.times.engine.startswith("vol d’oiseau")
    assert len(run.result.access.value) == len(run.demand.ids) == len(run.supply.communes)
    served = run.demand.standardised @ run.result.access.value
    assert served == pytest.approx(run.offer.capacity.sum(), rel=1e-9)
    younger = national_apl(artificial_context, up_to_65=True)
    assert (younger.result.access.value <= run.result.access.value + 1e-12).all()
    assert younger.result.mean < run.result.mean
    table = recomputed_table(artificial_context)
    assert np.array_equal(table["apl"].to_numpy(), run.result.access.value)
    assert np.array_equal(table["apl_65"].to_numpy(), younger.result.access.value)


def test_indicators_say_what_made_them(artificial_context):
    chosen = [*recomputed_access.INDICATORS, *reach.INDICATORS]
    results = compute(artificial_context, chosen, ["france", "commune"])
    for indicator in chosen:
        assert results.years(indicator.id), indicator.id
        for (name, _, _), components in results.components.items():
            if name == indicator.id:
                assert any("Temps de trajet" in note for note in components.notes)
                assert components.reads
    whole = results.frame[results.frame["grid"] == "france"].set_index("indicator")
    assert set(whole.loc["apl_recalculee", "year"]) == {"2018", str(YEAR)}
    assert (whole.loc["apl_recalculee", "status"] == Status.ESTIMATED).all()
    assert (whole.loc["apl_recalculee", "reason"] == Reason.MODELLED).all()
    # cells of 200 m are the producer's and come before the crow-fly model
    assert whole.loc["minutes_1er_mg", "year"] == "2025"
    assert whole.loc["minutes_1er_mg", "status"] == Status.OK
    assert whole.loc["minutes_3e_mg", "status"] == Status.ESTIMATED
    assert whole.loc["minutes_3e_mg", "value"] > whole.loc["minutes_1er_mg", "value"] * 0.8
    communes = results.frame[results.frame["grid"] == "commune"]
    lost = communes[communes["status"] == Status.UNREACHABLE]
    assert (lost["value"].isna() | (lost["value"] == 0)).all()
    assert (lost["reason"] == Reason.NO_ORIGIN_IN_REACH).all()


def test_the_share_by_cell_is_the_sum_of_the_cells(artificial_context):
    made = [
        components
        for indicator in reach.INDICATORS
        if indicator.id == "part_plus30min_urgences"
        for components in indicator.build(artificial_context)
    ]
    assert len(made) == 1
    total = far = 0.0
    for part in artificial_context.parts("acces_carreau"):
        rows = artificial_context.lake.read(part, where={"type": "D106"})
        total += rows["population"].sum()
        far += rows["plus30"].sum()
    assert made[0].frame["denominator"].sum() == pytest.approx(total)
    assert made[0].frame["numerator"].sum() == pytest.approx(far)


def test_minutes_to_the_nth_doctor_by_hand(artificial_context):
    supply = national_supply(artificial_context)
    # a commune split between two has parts of a doctor
    doctors = np.floor(supply.communes["gps"].to_numpy(np.float64))
    first, third = (reach.reach_minutes(artificial_context, supply, doctors, n) for n in (1, 3))
    assert (first <= third).all()
    # three doctors in the commune: the third is at the time inside it, as is the first
    own = doctors >= 3
    assert own.any()
    assert np.array_equal(first[own], third[own])
    alone = reach.reach_minutes(artificial_context, supply, np.where(doctors > 0, 1.0, 0.0), 1)
    assert np.array_equal(first, alone)


def test_the_national_table_is_the_indicator_commune_by_commune(
    artificial_lake, artificial_context, tmp_path
):
    out, zones_out = tmp_path / "apl.csv", tmp_path / "zones.parquet"
    made = recompute_national_apl(lake=artificial_lake.folder, out=out, zones_out=zones_out)
    table = recomputed_table(artificial_context, made.year)
    written = pd.read_csv(out, dtype={"code": str}).set_index("code")
    assert list(written.index) == list(table.index)
    assert written["apl"].to_numpy() == pytest.approx(table["apl"].to_numpy(), abs=1e-12)
    units = set(artificial_context.geography.communes["code"])
    assert made.covered == pytest.approx(len(units & set(table.index)) / len(units))
    assert 0.99 < made.covered < 1.0
    assert "vol d’oiseau" in made.engine
    fixed = corrected_apl(artificial_context, made.year)
    assert written["apl_corrigee"].to_numpy() == pytest.approx(fixed.table["apl"].to_numpy())
    assert (written["apl_corrigee"] != written["apl"]).any()
    zones = pd.read_parquet(zones_out).set_index("code")
    zone = artificial_context.geography.membership["bv2022"].reindex(table.index)
    one = zones.index[0]
    rows = table[(zone == one).to_numpy()]
    expected = (rows["apl"] * rows["standardised"]).sum() / rows["standardised"].sum()
    assert zones.loc[one, "apl"] == pytest.approx(expected, rel=1e-12)


def test_a_merged_commune_gives_its_value_to_those_it_was_made_of(
    artificial_lake, artificial_context
):
    now = recompute_national_apl(lake=artificial_lake.folder)
    geography = artificial_context.geography
    older = min(part.cog for part in artificial_context.parts("commune") if part.cog)
    then = recompute_national_apl(lake=artificial_lake.folder, cog=older)
    assert then.cog == older
    value = now.communes.set_index("code")["apl"]
    moves = geography.crosswalk(older).targets(then.communes["code"])
    single = moves[~moves["code_from"].duplicated(keep=False)]
    mine = then.communes.set_index("code")["apl"]
    assert mine[single["code_from"]].to_numpy() == pytest.approx(
        value[single["code_to"]].to_numpy(), rel=1e-12
    )
    assert (single["code_from"] != single["code_to"]).any()


def test_an_unknown_grid_or_a_later_start_is_refused(artificial_lake):
    with pytest.raises(UsageError, match="bv2022"):
        recompute_national_apl(lake=artificial_lake.folder, grid="canton1900")
    with pytest.raises(UsageError, match="départ"):
        recompute_national_apl(lake=artificial_lake.folder, year=2018, since=2018)
    with pytest.raises(UsageError, match="1950"):
        recompute_national_apl(lake=artificial_lake.folder, cog=1950)
