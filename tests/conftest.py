"""What every test shares: the Hypothesis profiles and the folder of real open data."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from assemblier.demo.artificial import write_raw
from assemblier.indicators.context import Context
from assemblier.lake.build import build
from assemblier.lake.lake import Lake

settings.register_profile(
    "sampled", max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile(
    "full", max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile(os.environ.get("ASSEMBLIER_HYPOTHESIS", "sampled"))


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Return the folder of real open data, or skip with a visible reason."""
    named = os.environ.get("ASSEMBLIER_REAL_DATA")
    if not named or not Path(named).is_dir():
        pytest.skip("real open data not at hand: set ASSEMBLIER_REAL_DATA")
    return Path(named)


def _built_once(shared: Path, name: str, build: Callable[[Path], None]) -> Path:
    """Let one worker build what all workers of this run share; the others wait for it."""
    place, done = shared / name, shared / f"{name}.done"
    try:
        place.mkdir()
    except FileExistsError:
        for _ in range(6000):
            if done.exists():
                return place
            time.sleep(0.1)
        pytest.fail(f"{name} was not built by the other worker")
    build(place)
    done.touch()
    return place


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that the workers of this run share."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def artificial_raw(shared_folder: Path) -> Path:
    """Return the raw files of the artificial territory, written once."""
    return _built_once(shared_folder, "artificial-raw", lambda place: write_raw(place) and None)


@pytest.fixture(scope="session")
def artificial_lake(shared_folder: Path, artificial_raw: Path) -> Lake:
    """Return the lake of the artificial territory, built once."""
    place = _built_once(
        shared_folder, "artificial-lake", lambda place: build(artificial_raw, place) and None
    )
    return Lake.open(place)


@pytest.fixture(scope="session")
def artificial_context(artificial_lake: Lake) -> Context:
    """Return where indicators are computed on the artificial territory."""
    return Context.of(artificial_lake)


@pytest.fixture(scope="session")
def real_lake(shared_folder: Path, real_data: Path) -> Lake:
    """Return the lake of the real open data, built once."""
    place = _built_once(shared_folder, "real-lake", lambda place: build(real_data, place) and None)
    return Lake.open(place)


@pytest.fixture(scope="session")
def real_context(real_lake: Lake) -> Context:
    """Return where indicators are computed on the real open data."""
    return Context.of(real_lake)
