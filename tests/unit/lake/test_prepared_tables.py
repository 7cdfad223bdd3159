"""Tables made once from a lake: made again when they must be, never in the way."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from assemblier.lake import lake as lake_module
from assemblier.lake.lake import Lake
from assemblier.lake.provenance import Manifest


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path, Manifest("v", "2026-01-01T00:00:00", "0", "", (), ()))


def table(value: float) -> pd.DataFrame:
    return pd.DataFrame({"a": [value]}, index=pd.Index(["x"], name="code"))


def test_a_table_is_made_once(lake: Lake) -> None:
    first = lake.prepared("a|b", lambda: table(1.0))
    again = lake.prepared("a|b", lambda: table(2.0))
    pd.testing.assert_frame_equal(first, table(1.0))
    pd.testing.assert_frame_equal(again, table(1.0), check_index_type=False)
    assert lake.prepared("a|c", lambda: table(3.0)).loc["x", "a"] == 3.0


def test_a_damaged_table_is_made_again(lake: Lake) -> None:
    lake.prepared("a", lambda: table(1.0))
    (kept,) = lake.prepared_folder.glob("*.parquet")
    kept.write_bytes(kept.read_bytes()[:40])
    assert lake.prepared("a", lambda: table(2.0)).loc["x", "a"] == 2.0
    assert lake.prepared("a", lambda: table(3.0)).loc["x", "a"] == 2.0


def test_another_program_makes_its_own(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    lake.prepared("a", lambda: table(1.0))
    old = lake.prepared_folder
    (old.parent / "of-before-folders.parquet").write_bytes(b"")
    monkeypatch.setattr(lake_module, "code_fingerprint", lambda: "newer")
    assert lake.prepared("a", lambda: table(2.0)).loc["x", "a"] == 2.0
    lake.forget_prepared()
    assert [each.name for each in old.parent.iterdir()] == ["newer"]
    assert lake.prepared("a", lambda: table(3.0)).loc["x", "a"] == 2.0
