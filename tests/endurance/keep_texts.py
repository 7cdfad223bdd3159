"""Keep one text after the other in a workspace, and say each number once it is kept."""

from __future__ import annotations

import sys

from assemblier.workspace.store import Workspace
from assemblier.workspace.texts import keep_text


def main() -> None:
    """Write until killed."""
    workspace = Workspace.open(sys.argv[1])
    at = int(sys.argv[2])
    while True:
        at += 1
        number = keep_text(workspace, "pays", "offre", f"Texte {at}.", ("offre",))
        print(number, flush=True)


if __name__ == "__main__":
    main()
