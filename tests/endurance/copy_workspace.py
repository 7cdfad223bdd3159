"""Back up or restore without end, to be killed: ``python copy_workspace.py backup|restore A B``."""

from __future__ import annotations

import sys
from pathlib import Path

from assemblier.workspace.backup import back_up, restore


def main() -> None:
    """Say each copy once it is made."""
    what, first, second = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    sources = sorted(first.glob("*.sauvegarde.sqlite"))
    print("ready", flush=True)
    at = 0
    while True:
        at += 1
        if what == "backup":
            print(back_up(first, second).name, flush=True)
        else:
            print(restore(sources[at % len(sources)], second).aside, flush=True)


if __name__ == "__main__":
    main()
