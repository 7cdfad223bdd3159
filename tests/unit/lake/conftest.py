"""A folder of four small raw files: two that readers know, one note, one that is damaged."""

from __future__ import annotations

from pathlib import Path

import pytest

from raw_files import write_small


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    folder = tmp_path / "raw"
    write_small(folder)
    return folder


@pytest.fixture
def lake_folder(tmp_path: Path) -> Path:
    return tmp_path / "lake"
