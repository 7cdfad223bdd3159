"""What every test shares: the Hypothesis profiles and the folder of real open data."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

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
