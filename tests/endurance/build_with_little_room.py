"""Build a lake where no file may grow past a size: ``python build_with_little_room.py RAW LAKE BYTES``.

Prints the name of the error and its sentence, or ``built``.
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path

from assemblier.errors import AssemblierError
from assemblier.lake.build import build


def main(raw: Path, lake: Path, size: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
    try:
        build(raw, lake)
    except AssemblierError as error:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        print(type(error).__name__, error)
    else:
        print("built")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
