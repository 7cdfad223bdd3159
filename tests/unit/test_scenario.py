"""Scenarios: what each change means by hand, conservation, new times, files and their errors."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from types import SimpleNamespace
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assemblier.errors import BadInput
from assemblier.futures.baseline import Baseline
from assemblier.futures.scenarios.changes import (
    CHANGES,
    Arrive,
    AssistantMedical,
    Bus,
    Change,
    ConsultationAvancee,
    Ipa,
    Leave,
    Move,
    OpenSite,
    PartTime,
    Road,
    scenario_schema,
)
from assemblier.futures.scenarios.codes import with_reference_codes
from assemblier.futures.scenarios.comparison import Ranges, compare_outcomes, sensitivity
from assemblier.futures.scenarios.files import Scenario, read_scenarios
from assemblier.futures.scenarios.scenario import (
    Outcome,
    ScenarioRules,
    ZoneGroups,
    run_scenario,
    sites_of,
)
from assemblier.measures.decay import parse_decay
from assemblier.measures.times import TravelTimes
from assemblier.territory.passage import Crosswalk

RULES = ScenarioRules(1.0, 0.1, 0.2, 4.0, 0.01)
A, B, C, D = "00001", "00002", "00003", "00004"
TERRITORY = (A, B)


@lru_cache
def _baseline(places: int = 4, apart: float = 8.0) -> Baseline:
    """Places in a line, eight minutes apart; each may have doctors."""
    rng = np.random.default_rng(3)
    gps = np.array([2.0, 0.0, 4.0, 5.0]) if places == 4 else rng.integers(0, 5, places) * 1.0
    communes = pd.DataFrame(
        {
            "population": rng.uniform(500, 3000, places),
            "standardised": rng.uniform(500, 3000, places),
            "zone": "Z",
            "gps": gps,
            "older_gps": np.minimum(gps, [1.0, 0.0, 0.0, 2.0] if places == 4 else 1.0),
            "doctors": gps,
            "acts": 5000.0 * gps,
        },
        index=pd.Index([f"{k + 1:05d}" for k in range(places)], dtype=object, name="code"),
    )
    ids = communes.index.to_numpy(object)
    near = [(i, j) for i in range(places) for j in range(max(0, i - 3), min(places, i + 4))
            if abs(i - j) * apart <= 24]  # fmt: skip
    i, j = np.array(near).T
    times = TravelTimes.from_pairs(
        ids, ids, rows=i, columns=j, minutes=np.abs(i - j) * apart, limit=1800, engine="essai"
    )
    return Baseline.of(2019, communes, times, parse_decay("steps:10=1,15=2/3,20=1/3"))


def _run(*changes: Change, baseline: Baseline | None = None) -> Outcome:
    base = baseline or _baseline()
    groups = ZoneGroups.of(base, [("territoire", "t", "Tout", TERRITORY)])
    return run_scenario(
        base, Scenario("essai", tuple(changes)), TERRITORY, RULES, groups=groups, threshold=2.5
    )


def _gained(outcome: Outcome) -> float:
    """Consultations that people gain in all: Σ P*·Δ."""
    return float(_baseline().need @ outcome.delta)


@pytest.mark.parametrize(
    ("change", "acts"),
    [
        (Arrive(A, 2), 10_000),
        (Arrive(B, 1, 3_600), 3_600),
        (Leave(1, A), -5_000),
        (Leave("60+", A), -5_000),
        (Leave("60+"), -5_000),
        (Leave("60+", D), -10_000),
        (PartTime(C, 2, 0.5), -5_000),
        (OpenSite(B, 1), 5_000),
        (OpenSite(B, 1, C), 0),
        (ConsultationAvancee(B, 2), 2_500),
        (ConsultationAvancee(B, 2, C), 0),
        (AssistantMedical(C, 3), 1_500),
        (AssistantMedical(C, 3, 0.2), 3_000),
        (Ipa(C, 1), 1_000),
        (Move(D, A, 2), 0),
    ],
)
def test_supply_that_each_change_brings(change: Change, acts: float) -> None:
    made = _run(change)
    assert made.capacities.after - made.capacities.before == pytest.approx(acts)
    # nobody gains more than what comes, nor loses more than what goes
    assert _gained(made) == pytest.approx(acts, abs=1e-6)
    assert made.capacities.conserved == (acts == 0)


def test_a_move_has_winners_and_losers_neighbours_included() -> None:
    made = _run(Move(D, A, 2))
    side = made.communes.set_index("code")["side"]
    assert side[A] == "gagne"
    assert side[D] == "perd"
    assert not made.communes.set_index("code").loc[D, "inside"]
    assert made.summary["lose_outside"] > 0 < made.summary["win_inside"]


def test_a_fast_answer_equals_a_whole_computation() -> None:
    base = _baseline()
    changed = base.communes.copy()
    changed.loc[B, "acts"] += 5_000
    whole = Baseline.of(2019, changed, base.times, base.decay)
    assert _run(Arrive(B, 1)).value == pytest.approx(whole.value, rel=1e-12)


@given(st.integers(1, 4), st.floats(0.1, 4))
def test_coming_then_leaving_changes_nothing(place: int, doctors: float) -> None:
    code = f"{place:05d}"
    made = _run(Arrive(code, doctors), Leave(doctors, code))
    assert np.abs(made.delta).max() < 1e-9


@given(st.permutations([Arrive(A, 1), Arrive(B, 2), Arrive(C, 0.5), Move(D, C, 1)]))
def test_order_does_not_matter_between_changes_that_do_not_meet(changes: list[Change]) -> None:
    assert _run(*changes).value == pytest.approx(
        _run(Arrive(A, 1), Arrive(B, 2), Arrive(C, 0.5), Move(D, C, 1)).value, rel=1e-12
    )


def test_a_quicker_road_gives_the_times_of_the_shortest_way() -> None:
    base = _baseline()
    # one to four takes 24 minutes; a road of 6 minutes between them
    made = _run(Road(A, D, 6.0), baseline=base)
    minutes = np.array([[0, 8, 14, 6], [8, 0, 8, 14], [14, 8, 0, 8], [6, 14, 8, 0]], dtype=float)
    ids = base.ids
    i, j = np.nonzero(minutes >= 0)
    times = TravelTimes.from_pairs(
        ids, ids, rows=i, columns=j, minutes=minutes[i, j], limit=1800, engine="essai"
    )
    whole = base.with_times(times)
    assert made.value == pytest.approx(whole.value, rel=1e-12)
    assert base.need @ made.value == pytest.approx(base.communes["acts"].sum())


def test_a_bus_that_all_take_is_a_shorter_way_for_their_commune_alone() -> None:
    base = _baseline()
    part = _run(Bus(A, D, 6.0, 0.5), baseline=base)
    assert base.need @ part.value == pytest.approx(base.communes["acts"].sum())
    assert part.delta[0] > 0
    nobody = _run(Bus(A, D, 500.0, 0.5), baseline=base)
    assert np.abs(nobody.delta).max() < 1e-12
    with pytest.raises(BadInput, match="plus de voyageurs"):
        _run(Bus(A, D, 6.0, 0.7), Bus(A, C, 6.0, 0.7), baseline=base)


def test_what_cannot_be_is_told_with_its_line() -> None:
    scenario = Scenario("essai", (Leave(9, A), Arrive("99999", 1), Move(B, A, 1)), "", (4, 5, 6))
    with pytest.raises(BadInput) as told:
        run_scenario(_baseline(), scenario, TERRITORY, RULES, file="s.yaml")
    assert [(each.file, each.line) for each in told.value.problems] == [
        ("s.yaml", 4), ("s.yaml", 5), ("s.yaml", 6),
    ]  # fmt: skip


def test_a_change_that_cannot_be_does_not_count_in_those_after_it() -> None:
    changes = (Leave(500, A), Leave(501, A), Move(A, A, 1), Road(A, A, 5.0))
    with pytest.raises(BadInput) as told:
        run_scenario(_baseline(), Scenario("essai", changes), TERRITORY, RULES)
    problems = told.value.problems
    assert [each.value for each in problems] == ["500", "501", A, A]
    # the second departure meets the doctors there are, not what the first one would have left
    assert problems[0].allowed == problems[1].allowed
    assert "-" not in str(problems[0].allowed)
    assert all("même commune" in each.what for each in problems[2:])


def test_comparison_names_the_best_and_no_best_among_equals() -> None:
    one, two = _run(Arrive(A, 1)), _run(Arrive(C, 1))
    two = Outcome(Scenario("autre", ()), two.capacities, two.value, two.delta, two.communes,
                  two.zones, two.summary)  # fmt: skip
    table = compare_outcomes([one, two])
    assert table.loc[0, "best"] in {"essai", "autre"}
    assert table.loc[0, "best"] == (
        "essai" if table.loc[0, "essai"] > table.loc[0, "autre"] else "autre"
    )
    assert compare_outcomes([one, Outcome(Scenario("même", ()), *[
        getattr(one, name) for name in ("capacities", "value", "delta", "communes", "zones", "summary")
    ])]).loc[0, "best"] == ""  # fmt: skip


def test_sensitivity_ranks_the_three_parameters_that_weigh_most() -> None:
    ranges = Ranges(
        (0.5, 1.5), (0.05, 0.2), (0.05, 0.2), (4, 5), (0.9, 1.1),
        (("autre", parse_decay("steps:5=1,10=0.3")),),
    )  # fmt: skip
    scenario = Scenario("essai", (Arrive(A, 1), ConsultationAvancee(B, 1)))
    table = sensitivity(_baseline(), scenario, TERRITORY, RULES, ranges)
    assert len(table) == 3
    assert table["spread"].is_monotonic_decreasing
    row = table.set_index("parameter").loc["arrival_activity"]
    assert row["gain_high"] == pytest.approx(3 * row["gain_low"])


GOOD = """\
territory: cob.csv
cog: 2018
scenarios:
  - name: Trois
    changes:
      - arrive: {commune: "22266", doctors: 3}
      - leave: {doctors: 60+}
  - name: Tout
    includes: [Trois]
    changes:
      - move: {from: "29024", to: "22266", doctors: 1,}
      - road: {from: 22266, to: "29024", minutes: 12}
"""


def test_a_file_is_read_and_scenarios_include_others() -> None:
    made = read_scenarios(GOOD)
    assert (made.territory, made.cog) == ("cob.csv", 2018)
    assert made.scenarios[0].changes == (Arrive("22266", 3), Leave("60+"))
    assert made.scenarios[1].changes[:2] == made.scenarios[0].changes
    assert made.scenarios[1].changes[2:] == (
        Move("29024", "22266", 1),
        Road("22266", "29024", 12),
    )
    assert made.scenarios[1].lines == (6, 7, 11, 12)
    assert sites_of(made.scenarios[1].changes) == ("22266", "29024")


def test_everything_wrong_in_a_file_is_told_at_once_with_lines() -> None:
    text = """\
territory: x
scenarios:
  - name: Un
    changes:
      - arrive: {commune: "2226", doctors: -1}
      - arive: {commune: "22266"}
      - leave: {commune: "22266"}
      - part_time: {commune: "22266", doctors: 1, share: 1.5}
      - move: {from: "ABCDEF", to: "22266", doctors: un}
  - name: Un
    includes: [Deux]
  - note: sans nom
autre: 1
"""
    with pytest.raises(BadInput) as told:
        read_scenarios(text, file="s.yaml")
    lines = [problem.line for problem in told.value.problems]
    assert lines == sorted(lines)
    assert set(lines) >= {5, 6, 7, 8, 9, 10, 12, 13}
    assert all(problem.file == "s.yaml" for problem in told.value.problems)


@pytest.mark.parametrize("text", ["", "a: [", "- 1", "territory: x", "territory: x\nscenarios: []"])
def test_files_that_are_no_scenarios(text: str) -> None:
    with pytest.raises(BadInput):
        read_scenarios(text)


def test_the_schema_tells_every_change_and_its_required_fields() -> None:
    schema = scenario_schema()
    items = schema["properties"]["scenarios"]["items"]["properties"]["changes"]["items"]["oneOf"]
    told = {next(iter(each["properties"])): each for each in items}
    assert set(told) == set(CHANGES)
    move = told["move"]["properties"]["move"]
    assert move["required"] == ["from", "to", "doctors"]
    assert all(each["description"] for each in told.values())


class _Merged:
    """A geography where B joined A in 2016, and D was split between A and C in 2018."""

    cog = 2024
    names: ClassVar = {A: "Ah", C: "Ce"}
    passage = SimpleNamespace(vintages=(2014, 2017, 2024))

    def crosswalk(self, cog: int) -> Crosswalk:
        steps = [(B, A, 1.0)] if cog < 2016 else []
        steps += [(D, A, 0.5), (D, C, 0.5)] if cog < 2018 else []
        moves = pd.DataFrame(steps, columns=["code_from", "code_to", "weight"])
        return Crosswalk(cog, self.cog, moves)


def test_merged_communes_of_a_file_are_read_as_those_of_today():
    asked = Scenario("essai", (Move(B, C, 1.0), Leave("60+"), Arrive(D, 1.0)), lines=(3, 4, 5))
    (made,), notes = with_reference_codes((asked,), _Merged())
    # a commune that was split stays as written: the run then refuses it, with its line
    assert made.changes == (Move(A, C, 1.0), Leave("60+"), Arrive(D, 1.0))
    assert made.lines == asked.lines
    assert len(notes) == 1
    assert B in notes[0]
    assert "Ah" in notes[0]
    assert with_reference_codes((made,), _Merged()) == ((made,), ())


def test_a_city_is_known_by_its_arrondissements_where_they_alone_are_there():
    base = _baseline()
    assert base.units([A, C, A]) == (A, C)
    split = replace(base, communes=base.communes.rename(index={A: "75101", B: "75102"}))
    assert split.units(["75056", C]) == ("75101", "75102", C)
    assert base.units(["75056"]) == ("75056",)
