"""Diagnose the artificial territory in this process and print the loops compiled meanwhile."""

from __future__ import annotations

import gc
import sys
from pathlib import Path

from numba.core.dispatcher import Dispatcher

from assemblier.usecases.diagnoses import diagnose_territory

lake, listed, out = (Path(each) for each in sys.argv[1:])
diagnose_territory(
    territory=str(listed),
    lake=lake,
    workspace=out / "w.sqlite",
    out=out,
    formats=("html",),
    cog=2024,
)
for each in gc.get_objects():
    if isinstance(each, Dispatcher) and each.stats.cache_misses:
        print(f"{each.py_func.__module__}.{each.py_func.__name__}")
