"""Zoning and nowcast on the real open data: what they find, and that it does not drift."""

from __future__ import annotations

import pytest

from assemblier.errors import UsageError
from assemblier.futures.nowcast.update import lasting_share
from assemblier.indicators.context import Context
from assemblier.lake.lake import Lake
from assemblier.usecases.nowcast import nowcast_apl
from assemblier.usecases.zoning import simulate_zoning

pytestmark = pytest.mark.real


def test_zoning_of_2017_against_the_decree(real_lake: Lake) -> None:
    made = simulate_zoning(rule="2017", lake=real_lake.folder, apl="2023")
    assert made.agreement is not None
    assert made.agreement.agreeing == pytest.approx(0.894, abs=0.005)
    assert made.zoning.frame["classe"].value_counts()["ZIP"] == pytest.approx(857, abs=3)


def test_pools_of_2021_come_near_the_shares_stated_for_a_region(real_lake: Lake) -> None:
    made = simulate_zoning(rule="2021", lake=real_lake.folder, apl="2016", region="24")
    stated = made.zoning.rule.stated_shares["24"]["ZIP"]
    share = next(
        each.share for each in made.zoning.gauges if each.region == "24" and each.classe == "ZIP"
    )
    assert share == pytest.approx(stated, abs=0.03)


def test_a_rule_without_ceilings_refuses_one(real_lake: Lake) -> None:
    with pytest.raises(UsageError, match="pas de plafond"):
        simulate_zoning(rule="2017", lake=real_lake.folder, apl="2023", ceilings=["53:ZIP=0.1"])


def test_lasting_share_is_that_of_the_series_alone(real_context: Context) -> None:
    told = real_context.parameters["nowcast.lasting"].latest
    part = real_context.parts("medecin_tvs")[0]
    rows = real_context.lake.read(part, ["tvs", "annee", "total"])
    wide = rows.pivot_table(index="tvs", columns="annee", values="total")
    kept = wide[[year for year in wide.columns if told["first"] <= year <= told["last"]]]
    found = lasting_share(kept, least=told["least"], without=tuple(told["without"]))
    assert found == pytest.approx(told["share"], abs=0.01)


@pytest.mark.endurance
def test_nowcast_beats_unchanged_on_the_extract_and_not_without_news(real_lake: Lake) -> None:
    made = nowcast_apl(since=2016, to=2018, lake=real_lake.folder)
    assert made.errors is not None
    assert made.errors_same_population is not None
    assert made.errors.unchanged == pytest.approx(0.209, abs=0.003)
    assert made.errors.error < 0.16
    assert made.errors.error_shifted < 0.145
    assert made.errors_same_population.beats_unchanged
    by_facilities = nowcast_apl(since=2016, to=2018, lake=real_lake.folder, moved_by="bpe")
    assert by_facilities.errors is not None
    assert made.errors.error < by_facilities.errors.error < by_facilities.errors.unchanged
    assert any("Insee prévient" in note for note in by_facilities.notes)
    assert any("2017 n’est pas vu" in note for note in by_facilities.notes)
    later = nowcast_apl(to=2023, lake=real_lake.folder)
    assert later.errors is not None
    assert not later.errors.beats_unchanged
    assert "ne fait PAS mieux" in later.verdict
    assert any("2019" in note for note in later.notes)
