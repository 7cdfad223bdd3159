"""Run the program: ``python -m assemblier`` or ``assemblier``."""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command line and leave with its exit code."""
    from assemblier.cli.main import main as run  # noqa: PLC0415 — help must not wait for imports

    sys.exit(run())


if __name__ == "__main__":
    main()
