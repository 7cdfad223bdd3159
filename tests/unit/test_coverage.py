"""Coverage by CPTS and CLS: shares by hand, size classes, the warning of a size on paper."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assemblier.parameters import load_parameters
from assemblier.perimeters.bench import Ground
from assemblier.perimeters.coverage import cover, fit_structures, size_class

CODES = np.array(list("abcdefgh"), dtype=object)
BASIN = np.array(list("XXYYZZWW"), dtype=object)
SIGNS = load_parameters()["coverage.critical_size"].latest
SIZES = load_parameters()["coverage.cpts_sizes"].latest


def ground(people=10_000.0, area=200.0) -> Ground:
    return Ground(
        CODES,
        np.array([1, 1, 1, 1, 1, 1, 0, 0], dtype=bool),
        np.full(8, people),
        np.full(8, area),
        np.array([1.0, 2, 3, 4, 0, 0, 5, 5]),
        {},
    )


def test_covered_zero_one_and_two_times_by_hand():
    found = cover(ground(), {"P": list("abc"), "Q": list("cdgh")})
    assert found.counts == (2, 3, 1)
    assert found.communes == pytest.approx((2 / 6, 3 / 6, 1 / 6))
    assert found.people == (20_000, 30_000, 10_000)
    assert found.gps == pytest.approx((0, 7 / 10, 3 / 10))
    assert found.white == ("e", "f")
    (shared,) = found.overlaps
    assert (shared.structures, shared.communes) == (("P", "Q"), ("c",))


@given(
    st.lists(st.sets(st.sampled_from("abcdefgh")), min_size=0, max_size=4),
    st.lists(st.integers(0, 900), min_size=8, max_size=8),
)
def test_shares_sum_to_one_and_to_the_population(lists, people):
    here = ground()
    weighed = Ground(CODES, here.inside, np.array(people, float), here.area, here.gps, {})
    found = cover(weighed, {f"S{at}": sorted(each) for at, each in enumerate(lists)})
    assert sum(found.communes) == pytest.approx(1.0)
    assert sum(found.people) == pytest.approx(sum(people[:6]))
    if found.population is not None:
        assert sum(found.population) == pytest.approx(1.0)
    assert len(found.white) == found.counts[0]


def test_size_classes_at_their_bounds():
    assert [size_class(n, SIZES) for n in (39_999, 40_000, 80_000, 174_999, 175_000)] == [
        1, 2, 3, 3, 4,
    ]  # fmt: skip


def fit(here, communes, sizes=SIZES):
    (found,) = fit_structures(
        here, {"P": communes}, {"P": "CPTS P"}, BASIN, {}, sizes=sizes, signs=SIGNS
    )
    return found


def test_a_structure_against_living_areas_by_hand():
    found = fit(ground(), list("abcgh"))
    assert found.population == 50_000
    assert found.size == 2
    assert found.in_territory == pytest.approx(3 / 5)
    assert [(code, share, of) for code, _, share, of in found.basins] == [
        ("W", pytest.approx(0.4), 1.0),
        ("X", pytest.approx(0.4), 1.0),
        ("Y", pytest.approx(0.2), 0.5),
    ]
    # Y is not mostly inside: W and X are; common 40 000, either 50 000
    assert found.fit == pytest.approx(0.8)
    assert found.cut == 10_000


def test_thin_areas_merged_to_reach_a_size_are_told():
    # 10 000 people on 1,000 km² each commune: three areas, none of which reaches 40 000 alone
    found = fit(ground(area=1_000.0), list("abcdef"))
    assert found.size == 2
    assert "taille critique" in found.warning
    assert "3 bassins" in found.warning


@pytest.mark.parametrize(
    ("communes", "area"),
    [("abcd", 1_000.0), ("abcdef", 20.0)],
    ids=["two areas", "dense"],
)
def test_no_warning_without_its_signs(communes, area):
    assert fit(ground(area=area), list(communes)).warning == ""


def test_no_warning_when_no_size_is_reached():
    assert fit(ground(people=1_000.0, area=1_000.0), list("abcdef")).warning == ""


def test_structures_without_size_classes_have_none():
    found = fit(ground(area=1_000.0), list("abcdef"), sizes=())
    assert found.size is None
    assert found.warning == ""
