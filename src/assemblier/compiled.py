"""Compiled loops: one place that says how numba compiles and where it keeps what it compiled.

The cache goes to the user's cache folder, because the package may be installed where the user
has no right to write (a laptop without administrator rights).
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

__all__ = ["cache_folder", "njit", "prange"]


def cache_folder() -> Path:
    """Return the folder of this user where compiled code may be kept."""
    if named := os.environ.get("ASSEMBLIER_CACHE"):
        return Path(named)
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    return base / "assemblier"


os.environ.setdefault("NUMBA_CACHE_DIR", str(cache_folder() / "numba"))

if TYPE_CHECKING:

    def njit(*_args: Any, **_options: Any) -> Any:
        """Compile a function (numba.njit)."""

    def prange(*_bounds: int) -> range:
        """Count in parallel inside a compiled loop (numba.prange)."""
        return range(*_bounds)

else:
    from numba import njit, prange
