"""The perimeter bench on ground small enough to be solved by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assemblier.errors import BadInput
from assemblier.perimeters.bench import (
    OUTSIDE_NAME,
    Ground,
    cover_labels,
    perimeters_of,
    zones_met,
)
from assemblier.perimeters.grid_comparison import pair_grids

# a b c | d e are the country; the territory is a b d. Zone X = a b c, zone Y = d e.
CODES = np.array(list("abcdef"), dtype=object)
INSIDE = np.array([1, 1, 0, 1, 0, 1], dtype=bool)
PEOPLE = np.array([100.0, 50.0, 50.0, 40.0, 160.0, 10.0])
LABELS = np.array(["X", "X", "X", "Y", "Y", None], dtype=object)


def ground(inside=INSIDE, gps=None) -> Ground:
    doctors = np.array([2.0, 0.0, 1.0, 2.0, 0.0, 0.0]) if gps is None else gps
    return Ground(CODES, inside, PEOPLE, np.full(6, 10.0), doctors, {})


def met(labels=LABELS, **options):
    return zones_met(
        ground(**options), labels, grid="g", label="grille", vintage="2024", names={"X": "Ix"}
    )


def test_shares_by_hand():
    found = met()
    x, y, outside = found.zones
    assert (x.code, x.name, x.communes, x.communes_total) == ("X", "Ix", 2, 3)
    assert x.population_share == pytest.approx(150 / 200)
    assert x.area_share == pytest.approx(20 / 40)
    assert x.gps_share == pytest.approx(2 / 4)
    assert x.inside_share == pytest.approx(150 / 200)
    assert not x.whole
    assert (y.code, y.name) == ("Y", "Y")
    assert y.inside_share == pytest.approx(0.2)
    assert (outside.code, outside.name, outside.inside_share) == (None, OUTSIDE_NAME, None)
    assert outside.population_share == pytest.approx(10 / 200)


def test_communes_cut_off_by_hand():
    found = met()
    # X is mostly inside: c is cut off from the territory. Y is mostly outside: d is cut from it.
    assert found.cut_outside == ("c",)
    assert found.cut_inside == ("d",)
    assert (found.cut_inside_population, found.cut_outside_population) == (40, 50)
    # common: a b = 150; either: a b d f + c = 250
    assert found.fit == pytest.approx(150 / 250)


def test_shares_of_people_area_and_doctors_sum_to_one():
    for name in ("population_share", "area_share", "gps_share"):
        assert sum(getattr(zone, name) for zone in met().zones) == pytest.approx(1.0, abs=1e-12)


def test_unknown_doctors_are_no_zero():
    found = met(gps=np.full(6, np.nan))
    assert all(zone.gps is None and zone.gps_share is None for zone in found.zones)


def test_a_territory_without_commune_is_refused():
    with pytest.raises(BadInput, match="aucune commune"):
        ground(inside=np.zeros(6, dtype=bool))


def test_labels_of_another_length_are_refused():
    with pytest.raises(BadInput, match="une zone par commune"):
        met(labels=LABELS[:-1])


def test_structures_that_overlap_are_one_row_and_still_sum_to_one():
    labels, unknown = cover_labels(CODES, {"P": ["a", "b", "zz"], "Q": ["b", "d"]})
    assert labels.tolist() == ["P", "P + Q", None, "Q", None, None]
    assert unknown == ("zz",)
    found = zones_met(
        ground(), labels, grid="cpts", label="CPTS", vintage="", names={"P": "Pé", "Q": "Qu"}
    )
    assert {zone.name for zone in found.zones} == {"Pé", "Qu", "Pé + Qu", OUTSIDE_NAME}
    assert sum(zone.population_share for zone in found.zones) == pytest.approx(1.0)


def test_zones_that_overlap_count_one_by_one_and_cut_by_what_holds_a_commune():
    # the territory is a b d f; P = a b c is mostly inside (150 of 200), Q = b d e mostly outside
    # (90 of 250); R lies elsewhere
    lists = {"P": ("a", "b", "c"), "Q": ("b", "d", "e"), "R": ("e",)}
    labels, _ = cover_labels(CODES, lists)
    found = zones_met(
        ground(), labels, grid="cpts", label="CPTS", vintage="", names={"P": "Pé"}, lists=lists
    )
    told = {zone.code: (zone.communes, zone.population, zone.whole) for zone in found.members}
    assert told == {"P": (2, 150, False), "Q": (2, 90, False)}
    assert found.members[0].name == "Pé"
    assert found.overlapping
    assert found.whole_zones == 0
    # b is in P too: only d, in Q alone, is parted from its structure; f is in none
    assert found.cut_inside == ("d",)
    assert found.cut_outside == ("c",)
    drawn = {
        each.id: each for each in perimeters_of(ground(), [(found, labels)], covers={"cpts": lists})
    }
    assert drawn["cpts:majoritaires"].communes == frozenset("abc")
    assert drawn["cpts:rencontrées"].communes == frozenset("abcde")


def test_perimeters_by_hand():
    found = {each.id: each for each in perimeters_of(ground(), [(met(), LABELS)])}
    assert found["territoire"].communes == frozenset("abdf")
    assert found["g:majoritaires"].communes == frozenset("abc")
    assert found["g:majoritaires"].overlap == pytest.approx(150 / 250)
    assert found["g:rencontrées"].communes == frozenset("abcde")


def test_a_perimeter_equal_to_the_territory_is_listed_once():
    inside = np.array([1, 1, 1, 0, 0, 0], dtype=bool)
    here = ground(inside=inside)
    one = zones_met(here, LABELS, grid="g", label="grille", vintage="", names={})
    (only,) = perimeters_of(here, [(one, LABELS)])
    assert only.id == "territoire"
    assert set(only.same_as) == {"g:majoritaires", "g:rencontrées"}


@given(st.data())
def test_order_and_names_of_zones_change_nothing(data):
    n = data.draw(st.integers(2, 12))
    labels = np.array(
        data.draw(st.lists(st.sampled_from([None, "A", "B", "C"]), min_size=n, max_size=n)),
        dtype=object,
    )
    inside = np.array(data.draw(st.lists(st.booleans(), min_size=n, max_size=n)))
    inside[0] = True
    people = np.array(data.draw(st.lists(st.integers(0, 500), min_size=n, max_size=n)), dtype=float)
    order = np.array(data.draw(st.permutations(range(n))))
    codes = np.array([f"c{i}" for i in range(n)], dtype=object)
    area, gps = np.ones(n), np.zeros(n)

    def bench(at, names):
        return zones_met(
            Ground(codes[at], inside[at], people[at], area[at], gps[at], {}),
            np.array([names.get(each, each) for each in labels[at]], dtype=object),
            grid="g",
            label="g",
            vintage="",
            names={},
        )

    first = bench(np.arange(n), {})
    other = bench(order, {"A": "Z", "B": "Y", "C": "X"})
    assert first.cut_inside == other.cut_inside
    assert first.cut_outside == other.cut_outside
    assert first.fit == pytest.approx(other.fit)
    shares = [zone.population for zone in first.zones]
    assert sorted(shares) == sorted(zone.population for zone in other.zones)
    total = sum(zone.population_share or 0.0 for zone in first.zones)
    assert total == pytest.approx(1.0 if people[inside].sum() > 0 else 0.0)
    assert sum(zone.communes for zone in first.zones) == inside.sum()


def test_two_grids_compared_by_hand():
    first = np.array(["X", "X", "X", "Y", "Y", None], dtype=object)
    second = np.array(["M", "M", "N", "N", "N", "N"], dtype=object)
    whole = pair_grids(CODES, PEOPLE, "un", first, {}, "deux", second, {"N": "Enne"}).within()
    # X pairs with M (150 people), Y with N (200): only c changes
    assert whole.changed == ("c",)
    assert whole.changed_population == 50
    assert whole.changed_share == pytest.approx(50 / 400)
    assert whole.left_out == 10
    (move,) = whole.moves
    assert (move.first, move.second_name, move.communes) == ("X", "Enne", ("c",))
    here = pair_grids(CODES, PEOPLE, "un", first, {}, "deux", second, {}).within(INSIDE)
    assert here.changed == ()
    assert here.communes == 3
