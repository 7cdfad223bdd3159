"""Dated events of the official register, and the passage steps they make."""

from __future__ import annotations

import pandas as pd
import pytest

from assemblier.errors import BadInput, MissingSource
from assemblier.territory.events import (
    event_dates,
    events_of_history,
    events_of_movements,
    steps_of_events,
)
from assemblier.territory.movements import movements_of
from assemblier.territory.passage import Passage

MOVEMENT = [
    "MOD",
    "DATE_EFF",
    "TYPECOM_AV",
    "COM_AV",
    "LIBELLE_AV",
    "TYPECOM_AP",
    "COM_AP",
    "LIBELLE_AP",
]
MOVEMENTS = pd.DataFrame(
    [
        # commune nouvelle of 1 January 2025: the two communes, and their déléguées
        ("32", "2025-01-01", "COM", "22043", "Coëtlogon", "COM", "22241", "Plumieux"),
        ("32", "2025-01-01", "COM", "22241", "Plumieux", "COM", "22241", "Plumieux"),
        ("32", "2025-01-01", "COM", "22043", "Coëtlogon", "COMD", "22043", "Coëtlogon"),
        # a name alone
        ("10", "2025-01-01", "COM", "22001", "Allineuc", "COM", "22001", "Allineuc-Bourg"),
        # restoration in 2026
        ("21", "2026-01-01", "COM", "15141", "Neussargues", "COM", "15141", "Neussargues"),
        ("21", "2026-01-01", "COMD", "15031", "Celles", "COM", "15031", "Celles"),
        ("21", "2026-01-01", "COM", "15141", "Neussargues", "COM", "15031", "Celles"),
        # the seat moves, and the code
        ("50", "2025-07-01", "COM", "12076", "Conques", "COM", "12218", "Conques"),
        # after the last vintage
        ("32", "2026-02-01", "COM", "01001", "A", "COM", "01002", "B"),
    ],
    columns=MOVEMENT,
)


def test_movements_become_events_of_communes_only():
    events = events_of_movements(MOVEMENTS)
    assert len(events) == 6
    assert events["kind"].value_counts().to_dict() == {"f": 3, "d": 2, "c": 1}
    assert event_dates(events)["22043", "22241"] == "2025-01-01"


def test_an_unknown_movement_that_changes_a_code_is_refused():
    strange = MOVEMENTS.assign(MOD=["77", *MOVEMENTS["MOD"][1:]])
    with pytest.raises(BadInput, match="77"):
        events_of_movements(strange)


def test_events_extend_the_passage_to_later_vintages():
    events = events_of_movements(MOVEMENTS)
    populations = {2026: pd.Series({"15141": 900.0, "15031": 100.0})}
    steps = steps_of_events(events, [2024, 2025, 2026], populations)
    told = {
        (row.year_to, row.code_from, row.code_to): (row.kind, row.ratio)
        for row in steps.itertuples()
    }
    assert told == {
        (2025, "22043", "22241"): ("f", 1.0),
        (2025, "22241", "22241"): ("f", 1.0),
        (2026, "12076", "12218"): ("c", 1.0),
        (2026, "15141", "15141"): ("d", 0.9),
        (2026, "15141", "15031"): ("d", 0.1),
    }
    passage = Passage.of(steps)
    first = movements_of(passage.crosswalk(2024, 2026), {"22043"}, dates=event_dates(events))
    assert str(first[0]) == (
        "22043, 22241 ont été réunies dans 22241 entre le COG 2024 et le COG 2026 (2025-01-01)"
    )


def test_a_division_without_populations_is_refused():
    with pytest.raises(MissingSource, match="15031, 15141"):
        steps_of_events(events_of_movements(MOVEMENTS), [2025, 2026])


def test_no_event_makes_no_step():
    steps = steps_of_events(events_of_movements(MOVEMENTS[:0]), [2024, 2025])
    assert steps.empty
    assert list(steps) == ["year_from", "year_to", "code_from", "code_to", "kind", "ratio"]


HISTORY = pd.DataFrame(
    [
        # Amareins associated with 01165 in 1974, then a déléguée of a commune nouvelle in 2016
        ("330", "1974-01-01", "01003", "01165", None, None, None, "Amareins"),
        ("331", "2016-01-01", "01003", "01200", None, None, None, "Amareins"),
        ("331", "2016-01-01", "01165", "01200", None, None, None, "Francheleins"),
        # L'Oudon moves its seat; a commune changes of département and merges the day after
        ("500", "2014-01-07", "14697", None, None, "14472", "14697", "Tôtes"),
        ("411", "2015-12-31", "49382", None, "44060", None, None, "Fresne-sur-Loire"),
        ("331", "2016-01-01", "49382", "49160", None, None, None, "Fresne-sur-Loire"),
        # a plot of land: nothing changes code
        ("610", "1997-01-01", "01014", "01283", None, None, None, "Arbent"),
    ],
    columns=["MOD", "EFF", "DEPCOM", "COMECH", "DEPANC", "C_LOFF", "C_LANC", "NCCOFF"],
)


def test_the_history_leaves_out_communes_that_were_no_longer():
    events = events_of_history(HISTORY)
    pairs = list(zip(events["date"], events["code_from"], events["code_to"], strict=True))
    assert ("2016-01-01", "01003", "01200") not in pairs
    assert ("1974-01-01", "01003", "01165") in pairs
    assert ("2014-01-07", "14697", "14472") in pairs
    assert not any(code == "01014" for _, code, _ in pairs)


def test_a_change_of_departement_and_a_merger_chain():
    steps = steps_of_events(events_of_history(HISTORY), [2015, 2016])
    pairs = set(zip(steps["code_from"], steps["code_to"], strict=True))
    assert ("44060", "49160") in pairs
    assert ("49382", "49160") not in pairs
