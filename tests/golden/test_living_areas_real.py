"""Travel-to-work areas on real commuting: Île-de-France (2014) and Orne (about 2013)."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from assemblier.parameters import load_parameters
from assemblier.perimeters.flows import Flows, flows_between
from assemblier.perimeters.living_areas.delineation import ttwa_rule
from assemblier.perimeters.living_areas.partitions import compare_partitions, localisation
from assemblier.perimeters.living_areas.service_areas import ServiceAreaRule, service_areas
from assemblier.perimeters.living_areas.stability import area_stability
from assemblier.perimeters.living_areas.ttwa import TtwaRule, travel_to_work_areas

pytestmark = pytest.mark.real
LOOSER = TtwaRule(3_500, 25_000, 0.5, 0.6)


@pytest.fixture(scope="module")
def published():
    return ttwa_rule(load_parameters(), dt.date(2014, 1, 1))


@pytest.fixture(scope="module")
def ile_de_france(real_data) -> tuple[pd.DataFrame, Flows]:
    rows = pd.read_csv(
        real_data / "insee" / "mobpro_ile_de_france_2014.csv.gz", dtype={"ORI": str, "DES": str}
    ).rename(columns={"ORI": "i", "DES": "j", "FLOW": "flow"})
    return rows, flows_between(rows["i"], rows["j"], rows["flow"])


@pytest.fixture(scope="module")
def orne(real_data) -> tuple[pd.DataFrame, Flows]:
    rows = pd.read_csv(
        real_data / "insee" / "mobpro_orne.csv", dtype={"COMMUNE": str, "DCLT": str}
    ).rename(columns={"COMMUNE": "i", "DCLT": "j", "IPONDI": "flow"})
    own = rows.loc[rows["i"].str.startswith("61"), "i"].unique()
    return rows, flows_between(rows["i"], rows["j"], rows["flow"], zones=own)


def check(areas, rows):
    """Recompute each area from the rows of the file alone, and hold it to the rule."""
    area = pd.Series(areas.label, index=areas.zones)
    area = area[area >= 0]
    home, work = rows["i"].map(area), rows["j"].map(area)
    size = rows["flow"].groupby(home).sum()
    jobs = rows["flow"].groupby(work).sum()
    inside = rows["flow"][home == work].groupby(home[home == work]).sum()
    assert len(size) == areas.count
    assert np.allclose(size.sort_index(), areas.size, rtol=1e-6)
    share = np.minimum(inside / size, inside / jobs)
    assert np.allclose(share.sort_index(), areas.self_containment, rtol=1e-6)
    rule = areas.rule
    assert (size >= rule.minimum_size).all()
    short = ((rule.target_size - size) / (rule.target_size - rule.minimum_size)).clip(lower=0)
    ratio = rule.minimum_containment / rule.target_containment
    assert (share >= rule.minimum_containment / (1 - (1 - ratio) * short) - 1e-9).all()


def test_ile_de_france_is_one_area_at_the_published_thresholds(ile_de_france, published):
    rows, flows = ile_de_france
    areas = travel_to_work_areas(flows, published)
    check(areas, rows)
    assert areas.count == 1
    assert areas.reserve.size == 0
    # The file is closed on the region: with all of it in one area nothing can leave.
    assert areas.self_containment.tolist() == [1.0]


def test_ile_de_france_with_looser_thresholds(ile_de_france):
    rows, flows = ile_de_france
    areas = travel_to_work_areas(flows, LOOSER)
    check(areas, rows)
    assert areas.count == 6
    # Paris and five poles: Massy, Versailles, Meaux, Saint-Germain-en-Laye, Melun.
    assert areas.names.tolist() == ["75115", "91377", "78646", "77284", "78551", "77288"]
    assert areas.self_containment.min() > 0.5
    fine = travel_to_work_areas(flows, TtwaRule(3_500, 25_000, 0.4, 0.5))
    check(fine, rows)
    assert fine.count > areas.count
    assert localisation(flows, fine.label).whole < localisation(flows, areas.label).whole


def test_ile_de_france_does_not_depend_on_numbering(ile_de_france):
    rows, flows = ile_de_france
    areas = travel_to_work_areas(flows, LOOSER)
    draw = np.random.default_rng(5)
    code = draw.permutation(flows.zones.size)
    new = pd.Series(code, index=flows.zones)
    mixed = rows.sample(frac=1, random_state=5)
    other = flows_between(mixed["i"].map(new), mixed["j"].map(new), mixed["flow"])
    again = travel_to_work_areas(other, LOOSER)
    assert compare_partitions(areas.label, again.label[code]).adjusted_rand == 1.0


def test_ile_de_france_stability(ile_de_france):
    _, flows = ile_de_france
    areas = travel_to_work_areas(flows, LOOSER)
    found = area_stability(flows, areas, draws=20, record_weight=4)
    assert 0.5 < np.nanmean(found.with_core) <= 1
    assert found.area_together[0] > 0.8


def test_orne_residents_only_inflates_the_demand_side(orne, published):
    rows, flows = orne
    areas = travel_to_work_areas(flows, published)
    check(areas, rows)
    assert areas.count == 5
    names = areas.names.tolist()
    # Alençon, L'Aigle (with the Perche), Flers, Argentan; the fifth is La Ferté-Macé.
    assert set(names) == {"61001", "61214", "61169", "61006", "61168"}
    # Almost nobody enters: containment of jobs is always above containment of residents.
    assert (areas.demand_containment > areas.supply_containment).all()
    assert np.array_equal(areas.self_containment, areas.supply_containment)
    entering = flows.inflow.sum() - flows.within.sum() - flows.received.sum()
    assert entering < 0.001 * flows.inflow.sum()
    leaving = flows.outflow.sum() - flows.within.sum() - flows.sent.sum()
    assert leaving > 0.1 * flows.outflow.sum()


def test_service_areas_of_orne_by_commuting(orne):
    _, flows = orne
    areas = service_areas(flows, flows.outflow, ServiceAreaRule(1_000, 0.5))
    # Three communes at the edge work outside the département only: nothing here can help them.
    assert (~areas.meets_rule).sum() == 3
    for a in np.flatnonzero(~areas.meets_rule):
        assert np.diff(flows.indptr)[areas.label == a].sum() == 0
    assert areas.localisation[areas.meets_rule].min() >= 0.5
    assert areas.names[0] == "61001"
