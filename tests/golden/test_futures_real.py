"""The futures on real open data: the same country however it is put together, answers checked."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

from assemblier.futures.baseline import Baseline, national_baseline
from assemblier.futures.projection.projected import run_projection
from assemblier.futures.projection.without_ages import estimate_without_ages
from assemblier.futures.siting.question import SitingQuestion
from assemblier.futures.siting.run import answer_siting, siting_rules
from assemblier.indicators.recomputed_access import national_apl
from assemblier.territory.territory import Territory, TerritorySpec, resolve
from assemblier.usecases.territories import read_communes

pytestmark = pytest.mark.real

HUELGOAT, CALLAC, PELEM = "29081", "22025", "22321"


@pytest.fixture(scope="module")
def cob(real_context, real_data: Path) -> Territory:
    listed = read_communes(real_data / "territoires" / "centre_ouest_bretagne_2018.csv")
    spec = TerritorySpec(name="Centre Ouest Bretagne", listed=tuple(listed.lines), cog=2018)
    return resolve(spec, real_context.geography)


@pytest.fixture(scope="module")
def country(real_context, cob) -> Baseline:
    return national_baseline(real_context, cob.communes)


def test_the_baseline_is_the_recomputed_apl(real_context, country):
    whole = national_apl(real_context, country.year)
    assert list(country.ids) == list(whole.demand.ids)
    np.testing.assert_allclose(country.value, whole.result.access.value, rtol=1e-9, atol=1e-12)


def test_three_doctors_go_where_every_choice_says(real_context, country, cob):
    """Triples of the best candidates one by one, on the whole national matrix."""
    people = country.communes["population"]
    candidates = tuple(code for code in cob.communes if people.get(code, 0) >= 1000)
    rules = siting_rules(real_context.parameters)
    made = answer_siting(country, cob.communes, SitingQuestion("shortfall", 3, candidates), rules)
    assert made.siting.proved
    # Saint-Nicolas-du-Pélem gains or loses its doctor with the calibration of times
    assert {CALLAC, HUELGOAT} <= set(made.placed) <= {CALLAC, PELEM, HUELGOAT}

    def lacking(value: np.ndarray) -> float:
        missing = np.maximum(0.0, rules.bands.thresholds[None, :] - value[:, None])
        return float(country.need @ missing @ rules.bands.increments)

    acts = country.acts_per_doctor * rules.arrival_activity
    each = {code: country.prepared.change({code: acts}) for code in candidates}
    before = lacking(country.value)
    alone = sorted(candidates, key=lambda code: lacking(country.value + each[code]))[:9]
    best = max(
        before - lacking(country.value + sum(each[code] for code in chosen))
        for chosen in itertools.combinations_with_replacement(alone, 3)
    )
    assert made.siting.gain == pytest.approx(best, rel=1e-9)


def test_two_readings_of_departures_agree(real_context, cob):
    """Ages presumed in 2019 and the published APL of 2023, without any age, tell the same fall."""
    own = run_projection(real_context, cob, grids=()).projection.zones.set_index("years")
    published = estimate_without_ages(real_context, cob, (5, 10))
    assert published is not None
    assert own["doctors"].iloc[0] == 78  # as the register counts them
    for years in (5, 10):
        first = own.loc[years, "apl_alone"] / own.loc[years, "apl"]
        second = published.after[years] / published.every
        assert first == pytest.approx(second, abs=0.06)
