"""Local corrections of supply on the artificial territory: they change what they should, only that.

The expected changes are worked out from the raw file of corrections and the plain definition of the
APL, on dense arrays.
"""

from __future__ import annotations

import datetime as dt
import shutil

import numpy as np
import pandas as pd
import pytest

from assemblier.diagnosis.assemble import diagnose
from assemblier.futures.baseline import national_baseline
from assemblier.futures.projection.sources import corrections_of
from assemblier.indicators import care, corrected, recomputed_access
from assemblier.indicators.compute import compute
from assemblier.indicators.context import Context
from assemblier.indicators.corrected import corrected_apl, local_corrections
from assemblier.indicators.national import latest_year
from assemblier.indicators.national_times import national_times
from assemblier.indicators.recomputed_access import national_apl, recomputed_table
from assemblier.indicators.registry import INDICATORS
from assemblier.lake.build import build
from assemblier.lake.lake import Lake
from assemblier.measures.access import Demand, Supply
from assemblier.measures.catchment.apl import apl
from assemblier.measures.recomputed import RecomputedModel
from assemblier.sources.catalogue import Catalogue
from assemblier.territory.territory import TerritorySpec, resolve
from assemblier.usecases.territories import read_communes
from assemblier.values import Reason, Status


@pytest.fixture(scope="module")
def told(artificial_raw):
    path = next(artificial_raw.rglob("corrections_offre.csv"))
    return pd.read_csv(path, sep=";", decimal=",", dtype={"Code commune": str})


@pytest.fixture(scope="module")
def results(artificial_context):
    chosen = [
        *corrected.INDICATORS,
        *recomputed_access.INDICATORS,
        next(each for each in care.INDICATORS if each.id == "mg_liberaux"),
    ]
    return compute(artificial_context, chosen, ["commune", "departement", "france"])


def of(results, indicator, grid="commune", year=None):
    rows = results.frame
    rows = rows[(rows["indicator"] == indicator) & (rows["grid"] == grid)]
    if year is not None:
        rows = rows[rows["year"] == year]
    return rows.set_index("zone")


def test_corrections_hold_at_the_end_of_the_year_they_were_told(artificial_context, told):
    made = local_corrections(artificial_context)
    assert made.day == dt.date(2026, 12, 31)
    assert len(made.rows) == len(told)


def test_headcounts_lose_who_leaves_and_gain_who_comes(artificial_context, results, told):
    # a departure, and an arrival, count one; a doctor at 0.4 loses 0.6
    expected = (
        told.assign(change=np.where(told["Capacité"] == 1.0, 1.0, told["Capacité"] - 1.0))
        .groupby("Code commune")["change"]
        .sum()
    )
    base, made = of(results, "mg_liberaux"), of(results, "mg_corrige")
    change = (made["value"] - base["value"].reindex(made.index)).round(9)
    changed = change[change != 0]
    limited = base["value"].reindex(expected.index).fillna(0.0) + expected < 0
    assert not limited.all()
    assert set(changed.index) <= set(expected.index)
    for code in expected.index[~limited]:
        assert change[code] == pytest.approx(expected[code])
    assert (made.loc[changed.index, "status"] == Status.ESTIMATED).all()
    assert (made.loc[changed.index, "reason"] == Reason.LOCAL).all()
    untouched = made.index.difference(expected.index)
    assert (made.loc[untouched, "status"] == Status.OK).all()
    whole = (
        of(results, "mg_corrige", "france")["value"] - of(results, "mg_liberaux", "france")["value"]
    )
    assert whole.iloc[0] == pytest.approx(change.sum())


def test_the_corrected_apl_is_that_of_the_whole_country_computed_again(artificial_context):
    year = latest_year(artificial_context)
    made = corrected_apl(artificial_context, year)
    base = recomputed_table(artificial_context, year)
    run = national_apl(artificial_context, year)
    model = RecomputedModel.on(artificial_context.parameters, dt.date(year, 12, 31))
    acts = base["acts"].add(made.supply, fill_value=0.0).reindex(base.index)
    there = ((base["acts"] > 0) | base.index.isin(made.supply.index)).to_numpy()
    again = apl(
        national_times(artificial_context, run.supply, there, model),
        Demand.of(run.demand.ids, run.demand.population, run.demand.standardised),
        Supply.of(run.demand.ids[there], acts.to_numpy()[there].clip(0.0)),
        model.decay,
    )
    assert made.table["apl"].to_numpy() == pytest.approx(again.value, abs=1e-9)
    moved = made.table["change"] != 0
    assert 0 < moved.sum() < 0.8 * len(moved)
    # Σ P*·change is the change of supply
    weight = made.table["standardised"]
    assert float(weight @ made.table["change"]) == pytest.approx(made.supply.sum(), rel=1e-9)


def test_the_indicators_say_where_they_are_corrected_and_are_the_others_elsewhere(results):
    for year in sorted(set(of(results, "apl_corrigee")["year"])):
        made, plain = (
            of(results, "apl_corrigee", year=year),
            of(results, "apl_recalculee", year=year),
        )
        made = made[made["value"].notna()]
        change = of(results, "apl_correction", year=year).loc[made.index]
        same = (made["value"] - plain["value"].reindex(made.index)).abs() < 1e-12
        assert 0.02 < (~same).mean() < 0.8
        assert (made.loc[~same, "reason"] == Reason.LOCAL).all()
        assert (made.loc[same, "reason"] != Reason.LOCAL).all()
        told = made["value"] - plain["value"].reindex(made.index)
        assert change["value"].to_numpy() == pytest.approx(told.to_numpy(), abs=1e-9)
        country = of(results, "apl_corrigee", "france", year)
        assert country["reason"].iloc[0] == Reason.LOCAL
    assert set(of(results, "apl_corrigee")["year"]) == set(of(results, "apl_recalculee")["year"])


def test_the_indicators_of_producers_do_not_move(artificial_context):
    """Nothing but the corrected indicators reads the corrections."""
    corrected_ids = {each.id for each in corrected.INDICATORS}
    for indicator in INDICATORS:
        if indicator.id in corrected_ids:
            assert "corrections-locales" in indicator.cards
        else:
            assert "corrections-locales" not in indicator.cards
    plain = next(each for each in recomputed_access.INDICATORS if each.id == "apl_recalculee")
    for components in plain.build(artificial_context):
        assert all(read.part.table != "correction_offre" for read in components.reads)


def test_scenarios_start_from_the_corrected_supply(artificial_context):
    plain = national_baseline(artificial_context)
    made = national_baseline(artificial_context, corrected=True)
    assert not any("corrigée localement" in note for note in plain.notes)
    assert any("corrigée localement" in note for note in made.notes)
    change = corrected_apl(artificial_context, made.year)
    moved = pd.Series(made.value, made.ids) - pd.Series(plain.value, plain.ids)
    assert moved.to_numpy() == pytest.approx(
        change.table["change"].reindex(made.ids).to_numpy(), abs=1e-9
    )
    doctors = made.communes["doctors"].sum() - plain.communes["doctors"].sum()
    assert doctors == pytest.approx(change.counted.places.sum())
    assert "correction_offre" in {read.part.table for read in made.reads}


def test_a_projection_takes_a_part_time_as_what_is_lost(artificial_context, told):
    """Four leave in 2026, three work two days of five, one comes."""
    start = 2024
    departures, added, notes = corrections_of(artificial_context, start, (1, 5))
    assert sum(map(len, departures.values())) == (told["Capacité"] == 0).sum()
    assert sum(added[1].values()) == 0.0
    works = told[(told["Capacité"] > 0) & (told["Capacité"] < 1)]
    comes = told[told["Capacité"] == 1]
    assert sum(added[5].values()) == pytest.approx(len(comes) - (1 - works["Capacité"]).sum())
    assert str(len(told)) in notes[0]


@pytest.fixture(scope="module")
def without(artificial_raw, tmp_path_factory):
    """Return the same lake built from the same files but that of the corrections."""
    folder = tmp_path_factory.mktemp("without")
    shutil.copytree(
        artificial_raw, folder / "raw", ignore=shutil.ignore_patterns("corrections_offre.csv")
    )
    build(folder / "raw", folder / "lake")
    return Context.of(Lake.open(folder / "lake"))


@pytest.fixture(scope="module")
def territory(artificial_raw, artificial_context):
    listed = read_communes(artificial_raw / "territoires" / "territoire.csv")
    spec = TerritorySpec(name="Pays", listed=tuple(listed.lines), cog=2024)
    return resolve(spec, artificial_context.geography)


def test_nothing_else_in_a_diagnosis_moves(artificial_context, without, territory):
    made = {}
    for name, context in (("with", artificial_context), ("without", without)):
        rows = compute(context, INDICATORS, ["france"], territory=territory).frame
        made[name] = rows.set_index(["indicator", "grid", "zone", "year", "vintage"]).sort_index()
    ours = {each.id for each in corrected.INDICATORS}
    held = made["with"].index.get_level_values("indicator")
    assert set(held[held.isin(ours)]) == ours
    assert not made["without"].index.get_level_values("indicator").isin(ours).any()
    same = made["with"][~held.isin(ours)]
    pd.testing.assert_frame_equal(same, made["without"])


def test_the_chapter_says_corrected_locally_only_with_corrections(
    artificial_context, without, territory
):
    told = {}
    for name, context in (("with", artificial_context), ("without", without)):
        made = diagnose(
            context,
            territory,
            catalogue=Catalogue.load(),
            chapters=["offre"],
            today=dt.date(2026, 3, 1),
        )
        told[name] = repr(made.document)
    assert "Corrigé localement" in told["with"]
    assert "L’APL recalculé passe de" in told["with"]
    assert "orrigé localement" not in told["without"]
