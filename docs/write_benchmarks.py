"""Run every script of benchmarks/ and write what they print: ``python docs/write_benchmarks.py``.

Each script prints a Markdown table, its peers included. One that cannot run here (a peer or a file
is not at hand) is named with its reason, never left out in silence.
"""

from __future__ import annotations

import argparse
import ast
import os
import platform
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).parents[1]
TARGET = Path(__file__).parent / "benchmarks.md"
PACKAGES = (
    "numpy",
    "scipy",
    "numba",
    "pandas",
    "access",
    "pandana",
    "networkit",
    "igraph",
    "spopt",
    "pulp",
    "highspy",
)


@dataclass(frozen=True, slots=True)
class Need:
    """What a script reads that is not in the repository.

    Attributes
    ----------
    variable
        Environment variable that names a folder.
    given
        What the script is given: a path from that folder, ``.`` for the folder itself.
    pattern
        Name, or pattern of names, of the files it reads, from that folder.
    """

    variable: str
    given: str
    pattern: str


NEEDS = {
    "living_areas": Need(
        "ASSEMBLIER_REAL_DATA", "insee/communes_2026.csv", "insee/communes_2026.csv"
    ),
    "p_median_library": Need("ASSEMBLIER_OR_LIBRARY", ".", "pmed[0-9]*.txt"),
}
"""Script → what it needs; nothing for one that is not there."""


def machine() -> str:
    """Return what the figures were measured on."""
    versions = []
    for name in PACKAGES:
        try:
            versions.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            continue
    return (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}, {', '.join(versions)}."
    )


def arguments(script: Path) -> list[str] | str:
    """Return what a script is given, or why it cannot run."""
    need = NEEDS.get(script.stem)
    if need is None:
        return []
    folder = os.environ.get(need.variable, "")
    if not folder or not any(Path(folder).glob(need.pattern)):
        return f"needs {need.pattern}: set {need.variable} to the folder that holds it"
    return [str(Path(folder) / need.given)]


def section(script: Path, limit: float) -> str:
    """Run one script and return its section."""
    text = script.read_text(encoding="utf-8")
    told = (ast.get_docstring(ast.parse(text)) or "").split("\n\n")[0].replace("\n", " ")
    lines = [f"## {script.stem}", "", told, ""]
    given = arguments(script)
    if isinstance(given, str):
        return "\n".join([*lines, f"Not run: {given}."])
    begun = time.perf_counter()
    try:
        done = subprocess.run(
            [sys.executable, str(script), *given],
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=limit,
            check=False,
            env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        )
    except subprocess.TimeoutExpired:
        return "\n".join([*lines, f"Not run to its end: more than {limit:.0f} s."])
    if done.returncode:
        why = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        return "\n".join([*lines, f"Not run: {why}."])
    spent = f"Measured in {time.perf_counter() - begun:.0f} s."
    return "\n".join([*lines, done.stdout.strip(), "", spent])


def main(argv: Sequence[str] | None = None) -> None:
    """Write docs/benchmarks.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("only", nargs="*", help="names of scripts; all by default")
    parser.add_argument("--limit", type=float, default=1200.0, help="seconds for each script")
    asked = parser.parse_args(argv)
    scripts = sorted((ROOT / "benchmarks").glob("*.py"))
    chosen = [each for each in scripts if not asked.only or each.stem in asked.only]
    parts = [
        "# Benchmarks",
        "",
        "Written by `make bench`. Times are medians; ratios travel, times do not.",
        "",
    ]
    parts += [machine(), ""]
    for script in chosen:
        print(script.stem, flush=True)
        parts += [section(script, asked.limit), ""]
    TARGET.write_text("\n".join(parts).rstrip() + "\n", encoding="utf-8", newline="\n")
    print(TARGET.relative_to(ROOT))


if __name__ == "__main__":
    main()
