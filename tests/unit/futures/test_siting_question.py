"""Questions of siting in communes: every choice tried on the whole country, wishes, hand choices."""

from __future__ import annotations

import itertools
from functools import lru_cache

import numpy as np
import pandas as pd
import pytest

from assemblier.errors import BadInput
from assemblier.futures.baseline import Baseline
from assemblier.futures.siting.question import (
    OBJECTIVES,
    SitingAnswer,
    SitingQuestion,
    SitingRules,
)
from assemblier.futures.siting.run import answer_siting
from assemblier.futures.siting.shortfall import Bands
from assemblier.measures.decay import parse_decay
from assemblier.measures.times import TravelTimes

BANDS = Bands.under(2.5, ["1", "2/3", "1/3"], [1, 2, 4])
RULES = SitingRules(BANDS, 2.5, 0.05, 2, 20.0, 9.0, 1.0)
PLACES = 24
TERRITORY = tuple(f"{k:05d}" for k in range(8))
CANDIDATES = tuple(f"{k:05d}" for k in range(6))


@lru_cache
def country() -> Baseline:
    """Places on a plane; a third have doctors; times are slower than straight lines."""
    draw = np.random.default_rng(11)
    at = draw.random((PLACES, 2)) * 40.0
    doctors = np.where(np.arange(PLACES) % 3 == 0, draw.integers(1, 4, PLACES), 0).astype(float)
    ids = np.array([f"{k:05d}" for k in range(PLACES)], dtype=object)
    population = np.rint(draw.lognormal(7, 0.8, PLACES))
    communes = pd.DataFrame(
        {
            "population": population,
            "standardised": population * draw.uniform(0.8, 1.2, PLACES),
            "zone": "Z",
            "gps": doctors,
            "older_gps": 0.0,
            "doctors": doctors,
            "acts": 5000.0 * doctors,
        },
        index=pd.Index(ids, dtype=object, name="code"),
    )
    minutes = np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1))
    row, column = np.nonzero(minutes <= 24)
    times = TravelTimes.from_pairs(
        ids, ids, rows=row, columns=column, minutes=minutes[row, column], limit=1440, engine="essai"
    )
    return Baseline.of(2019, communes, times, parse_decay("steps:10=1,15=2/3,20=1/3"))


def ask(objective: str, add: int, **wishes: object) -> SitingAnswer:
    question = SitingQuestion(objective, add, CANDIDATES, **wishes)  # type: ignore[arg-type]
    return answer_siting(country(), TERRITORY, question, RULES)


def access_with(placed: dict[str, int]) -> np.ndarray:
    """The APL of the whole country, computed again."""
    base = country()
    capacity = base.prepared.supply.capacity.copy()
    for code, count in placed.items():
        capacity[base.prepared.place[code]] += count * base.acts_per_doctor
    return base.prepared.values(capacity)


def lacking(access: np.ndarray, people: np.ndarray) -> float:
    missing = np.maximum(0.0, BANDS.thresholds[None, :] - access[:, None])
    return float(people @ missing @ BANDS.increments)


def every(add: int) -> list[dict[str, int]]:
    return [
        {code: chosen.count(code) for code in set(chosen)}
        for chosen in itertools.combinations_with_replacement(CANDIDATES, add)
    ]


INSIDE = np.arange(PLACES) < len(TERRITORY)


@pytest.mark.parametrize("within", [False, True])
def test_the_shortfall_of_the_whole_country_falls_most(within):
    base = country()
    people = np.where(INSIDE, base.need, 0.0) if within else base.need
    made = ask("shortfall", 3, only_territory=within)
    before = lacking(base.value, people)
    best = min(lacking(access_with(placed), people) for placed in every(3))
    # demand was cut to who can be helped: gains are the same, levels are not
    assert made.siting.proved
    assert made.siting.gain == pytest.approx(before - best)
    assert before - lacking(access_with(dict(made.placed)), people) == pytest.approx(before - best)
    after = np.maximum(0.0, 2.5 - access_with(dict(made.placed)))
    told = np.maximum(0.0, 2.5 - base.value)
    assert made.consultations is not None
    fall = made.consultations[0] - made.consultations[1]
    assert fall == pytest.approx(float(people @ (told - after)))


def test_the_worst_served_of_the_territory_are_raised_most():
    made = ask("maximin", 2)
    base = country()
    places = [base.prepared.place[code] for code in CANDIDATES]
    reached = np.zeros(PLACES, dtype=bool)
    for place in places:
        reached[base.prepared.rows[slice(*base.prepared.columns[place : place + 2])]] = True
    worst = INSIDE & reached
    best = max(access_with(placed)[worst].min() for placed in every(2))
    assert made.siting.value == pytest.approx(best, abs=1e-5)
    # the next doctor, placed best while the others stay
    more = [
        access_with({**made.placed, code: made.placed.get(code, 0) + 1})[worst].min()
        for code in CANDIDATES
    ]
    assert made.siting.marginal == pytest.approx(max(more) - best, abs=1e-5)


def test_fewest_people_stay_under_the_threshold():
    made = ask("threshold", 2)
    people = country().prepared.demand.population
    before = people[country().value < 2.5].sum()
    best = min(people[access_with(placed) < 2.5 - 1e-6].sum() for placed in every(2))
    assert made.siting.gain == pytest.approx(before - best)


def journeys(placed: tuple[str, ...], only: np.ndarray) -> np.ndarray:
    """Minutes of each commune to the nearest site, at most the limit of the search."""
    base = country()
    table = base.times.to_table()
    open_ = {*base.communes.index[base.communes["doctors"] > 0], *placed}
    near = table[table["destination"].isin(open_)].groupby("origin")["minutes"].min()
    return near.reindex(base.ids).fillna(24.0).to_numpy()[only]


@pytest.mark.parametrize("objective", ["p-median", "coverage", "p-center"])
def test_sites_open_where_every_choice_says(objective):
    made = ask(objective, 2)
    people = country().prepared.demand.population
    closed = [code for code in CANDIDATES if country().communes.loc[code, "doctors"] == 0]
    only = INSIDE if objective == "p-center" else np.ones(PLACES, dtype=bool)

    def value(placed: tuple[str, ...]) -> float:
        near = journeys(placed, only)
        if objective == "p-center":
            return float(near.max())
        if objective == "coverage":
            return float(-people[near <= 9.0].sum())
        return float(near @ people)

    best = min(value(pair) for pair in itertools.combinations(closed, 2))
    assert set(made.placed) <= set(closed)
    assert value(tuple(made.placed)) == pytest.approx(best)
    assert made.siting.gain == pytest.approx(value(()) - best)


def test_sites_that_exist_are_no_candidates():
    base = country().communes
    held = [code for code in CANDIDATES if base.loc[code, "doctors"] > 0]
    free = len(CANDIDATES) - len(held)
    with pytest.raises(BadInput, match=f"trop peu de candidates.*au plus {free}"):
        ask("coverage", free + 1)


def test_wishes_are_kept_and_what_binds_is_told():
    made = ask("shortfall", 4, fixed={"00002": 1}, forbidden={"00001"}, most_here={"00003": 1})
    assert made.placed["00002"] >= 1
    assert "00001" not in made.placed
    assert made.placed.get("00003", 0) <= 1
    team = ask("shortfall", 4, team=2, most_sites=1)
    assert list(team.placed.values()) == [4]
    room = dict.fromkeys(CANDIDATES, 3)
    with pytest.raises(BadInput, match=r"maximum par site bloque.*au moins 4"):
        ask("shortfall", 4, team=2, most_sites=1, most_here=room)
    with pytest.raises(BadInput) as told:
        ask("p-median", 1, team=2, budget=3.0, fixed={"00001": 1}, forbidden={"00001"})
    assert len(told.value.problems) == 3
    with pytest.raises(BadInput, match="objectif inconnu"):
        ask("au hasard", 1)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_hand_choices_and_other_choices_never_do_better(objective):
    made = ask(objective, 2)
    found = made.siting
    assert made.by_hand
    for each in made.by_hand:
        assert each.share <= 1 + 1e-6
        assert each.counts.sum() == 2
    shares = [each.share for each in made.by_hand]
    assert shares == sorted(shares, reverse=True)
    losses = [other.loss for other in found.alternatives]
    assert losses == sorted(losses)
    for rank, other in enumerate(found.alternatives):
        assert other.share >= 0
        assert other.share <= RULES.near_optimal + 1e-9 or rank < RULES.least_shown
        names = list(made.codes)
        assert names[other.enters] in CANDIDATES
        assert "au lieu de" in other.sentence(names)


def test_ties_are_told_as_a_set():
    base = country()
    twin = base.communes.copy()
    found = ask("p-center", 1)
    tied = [each for each in found.siting.alternatives if each.loss == 0]
    best = found.siting.value
    for each in tied:
        code = str(found.codes[each.enters])
        assert journeys((code,), INSIDE).max() == pytest.approx(best)
    pd.testing.assert_frame_equal(base.communes, twin)  # nothing was changed on the way
