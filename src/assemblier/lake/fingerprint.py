"""A hash of the program's own code: what was read or prepared by other code is made again."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

__all__ = ["code_fingerprint"]


@cache
def code_fingerprint(*folders: str) -> str:
    """Return a short hash of the code and parameters below folders of the package.

    Parameters
    ----------
    folders
        Folders relative to the package; the whole package when none is named.
    """
    package = Path(__file__).resolve().parent.parent
    digest = hashlib.sha256()
    for folder in folders or (".",):
        for path in sorted((package / folder).rglob("*")):
            if path.suffix in {".py", ".yaml"}:
                digest.update(path.relative_to(package).as_posix().encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
