"""Compiled loops: one place that says how numba compiles and where it keeps what it compiled.

The cache goes to the user's cache folder, because the package may be installed where the user
has no right to write (a laptop without administrator rights).
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from assemblier.cache import cache_folder

__all__ = ["njit", "prange"]


os.environ.setdefault("NUMBA_CACHE_DIR", str(cache_folder() / "numba"))

if TYPE_CHECKING:

    def njit(*_args: Any, **_options: Any) -> Any:
        """Compile a function (numba.njit)."""

    def prange(*_bounds: int) -> range:
        """Count in parallel inside a compiled loop (numba.prange)."""
        return range(*_bounds)

else:
    from numba import njit, prange
